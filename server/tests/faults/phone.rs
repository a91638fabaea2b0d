//! A phone without screens: it keeps what is not acknowledged and sends it again, with the same ids.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use taswiq_backend::clock::{Clock, SystemClock};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_offline::engine::REQUEST_TIMEOUT_MS;
use uuid::Uuid;

use crate::company::Company;

/// A phone waits no longer for an answer.
const PATIENCE: Duration = Duration::from_millis(REQUEST_TIMEOUT_MS as u64);
/// How often a disk that is well may ask to come again: each time it was slow for two seconds.
const BUSY_MAX: u32 = 30;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Each command was decided.
    Decided,
    /// Nothing now, and it says when to come again.
    Busy,
    /// The server is gone, or was before it had answered.
    Nothing,
}

/// An answer over HTTP.
pub struct Answer {
    pub status: u16,
    /// Seconds.
    pub retry_after: Option<u32>,
    pub body: Vec<u8>,
}

pub struct Phone {
    session: String,
    device: Uuid,
    seq: u64,
    cursor: i64,
    epoch: String,
    waiting: Vec<Value>,
    /// Whose decision was heard, in that order.
    pub acknowledged: Vec<Uuid>,
    connection: Option<BufReader<TcpStream>>,
}

impl Phone {
    pub fn new(session: &str) -> Self {
        Self {
            session: session.to_owned(),
            device: Uuid::now_v7(),
            seq: 0,
            cursor: 0,
            epoch: String::new(),
            waiting: Vec::new(),
            acknowledged: Vec::new(),
            connection: None,
        }
    }

    /// Everything its person ever did here.
    pub fn saved(&self) -> u64 {
        self.seq
    }

    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Its person does something; gives the id.
    pub fn save(&mut self, body: Value) -> Uuid {
        let id = Uuid::now_v7();
        self.seq += 1;
        let mut command = body;
        command["id"] = json!(id);
        command["seq"] = json!(self.seq);
        command["made_at"] = json!(SystemClock.now().0);
        self.waiting.push(command);
        id
    }

    fn request(&self) -> String {
        let sent = &self.waiting[..self.waiting.len().min(100)];
        let request = json!({
            "protocol": 1,
            "device": self.device,
            "epoch": self.epoch,
            "build": "test",
            "cursor": self.cursor,
            "device_time": SystemClock.now().0,
            "waiting": { "commands": self.waiting.len(), "orders": 0 },
            "commands": sent,
        });
        request.to_string()
    }

    /// Sends what waits to a server that cannot take it; in how many seconds to come again.
    pub fn sent_away_for_s(&mut self, to: SocketAddr) -> u32 {
        let body = self.request();
        let answer = self.ask(to, "POST", "/api/v1/sync", body.as_bytes());
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 503);
        answer.retry_after.expect("when to come again")
    }

    /// Sends what waits, as far as it fits, and takes out of it what was decided.
    pub fn sync(&mut self, to: SocketAddr) -> Heard {
        let body = self.request();
        let Ok(answer) = self.ask(to, "POST", "/api/v1/sync", body.as_bytes()) else {
            return Heard::Nothing;
        };
        let text = String::from_utf8_lossy(&answer.body);
        match answer.status {
            503 => {
                assert!(
                    answer.retry_after.is_some(),
                    "503 without a word when to come again"
                );
                return Heard::Busy;
            }
            status => assert_eq!(status, 200, "{text}"),
        }
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        for result in answer["results"].as_array().expect("results") {
            let status = result["status"].as_str().expect("a status");
            assert!(
                ["applied", "already_applied"].contains(&status),
                "{result}: what was done before is there, and nobody did anything wrong"
            );
            let id: Uuid = serde_json::from_value(result["id"].clone()).expect("an id");
            self.waiting.retain(|command| command["id"] != json!(id));
            self.acknowledged.push(id);
        }
        self.cursor = answer["cursor"].as_i64().expect("a cursor");
        self.epoch = answer["epoch"].as_str().expect("an epoch").to_owned();
        Heard::Decided
    }

    /// # Errors
    /// When there is no whole answer.
    pub fn ask(
        &mut self,
        to: SocketAddr,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> io::Result<Answer> {
        let asked = self.exchange(to, method, path, body);
        if asked.is_err() {
            self.connection = None;
        }
        asked
    }

    fn exchange(
        &mut self,
        to: SocketAddr,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> io::Result<Answer> {
        let is_open = self
            .connection
            .as_ref()
            .is_some_and(|open| open.get_ref().peer_addr().is_ok_and(|peer| peer == to));
        if !is_open {
            let stream = TcpStream::connect(to)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            self.connection = Some(BufReader::new(stream));
        }
        let connection = self
            .connection
            .as_mut()
            .ok_or(io::ErrorKind::NotConnected)?;
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {to}\r\norigin: http://{to}\r\ncookie: taswiq={}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.session,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        connection.get_mut().write_all(&request)?;
        let status = whole_line(connection)?
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
        let (mut length, mut retry_after, mut closes) = (0, None, false);
        loop {
            let line = whole_line(connection)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            match name {
                "content-length" => length = value.parse().expect("a length"),
                "transfer-encoding" => panic!("an answer in pieces: its length is not known"),
                "connection" => closes = value == "close",
                "retry-after" => retry_after = value.parse().ok(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body)?;
        if closes {
            self.connection = None;
        }
        Ok(Answer {
            status,
            retry_after,
            body,
        })
    }
}

/// A line with its end: one that breaks off says nothing.
fn whole_line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    if line.ends_with('\n') {
        Ok(line)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// An agent at doors, and the cooperatives' phone that confirms what the agent has handed over.
pub struct Pair {
    pub agent: Phone,
    pub cooperative: Phone,
    /// Orders that nobody has confirmed, with the number of their template.
    placed: Vec<(Uuid, usize)>,
}

impl Pair {
    /// One for each agent of the company.
    pub fn all(company: &Company) -> Vec<Self> {
        let pair = |session: &String| Self {
            agent: Phone::new(session),
            cooperative: Phone::new(&company.cooperative),
            placed: Vec::new(),
        };
        company.agents.iter().map(pair).collect()
    }

    /// A new customer orders, so often; what was handed over before is confirmed. Saved, not sent.
    pub fn work(&mut self, company: &Company, orders: usize) {
        let acknowledged = &self.agent.acknowledged;
        let placed = std::mem::take(&mut self.placed);
        let is_known = |(order, _): &(Uuid, usize)| acknowledged.contains(order);
        let (known, unknown): (Vec<_>, Vec<_>) = placed.into_iter().partition(is_known);
        self.placed = unknown;
        for (order, number) in known {
            for confirm in &company.orders[number].confirm {
                let mut confirm = confirm.clone();
                confirm["body"]["order"] = json!(order);
                self.cooperative.save(confirm);
            }
        }
        let customer = self.agent.save(json!({
            "kind": "register_customer",
            "body": { "first_name": "Itto", "place": "Imouzzer Kandar" },
        }));
        for number in 0..orders {
            let template = (self.agent.seq as usize + number) % company.orders.len();
            let mut place = company.orders[template].place.clone();
            let (_, low) = Uuid::now_v7().as_u64_pair();
            place["body"]["customer"] = json!(customer);
            place["body"]["code"] = json!(SpokenCode::from_random(low));
            self.placed.push((self.agent.save(place), template));
        }
    }

    /// Both send what they have; what was worse is told.
    pub fn sync(&mut self, to: SocketAddr) -> Heard {
        match self.agent.sync(to) {
            Heard::Decided => self.cooperative.sync(to),
            worse => worse,
        }
    }

    pub fn phones(&self) -> [&Phone; 2] {
        [&self.agent, &self.cooperative]
    }

    pub fn has_waiting(&self) -> bool {
        self.agent.has_waiting() || self.cooperative.has_waiting()
    }

    /// Sends until nothing waits, as often as a slow disk asks to come again.
    pub fn drain(&mut self, to: SocketAddr) {
        let mut busy = 0;
        while self.has_waiting() {
            match self.sync(to) {
                Heard::Decided => {}
                Heard::Busy if busy < BUSY_MAX => busy += 1,
                heard => panic!("{heard:?}"),
            }
        }
    }
}
