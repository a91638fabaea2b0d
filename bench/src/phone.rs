//! P7: what our own engine sends and gets when it hands over so many orders at once.
//!
//! The engine runs as it does on a phone, over real HTTP/1.1 with the body compressed as the
//! browser's transport compresses it. Every byte of both directions is counted, heads included; the
//! header lines that a browser adds on its own are taken off again and reported apart.

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use taswiq_backend::clock::{Clock, SystemClock};
use taswiq_domain::customer::CustomerDetails;
use taswiq_domain::ids::{CommandId, CustomerId, DeviceId};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{CommandBody, PlaceOrder};
use taswiq_domain::time::Timestamp;
use taswiq_offline::Device;
use taswiq_offline::driver::{Driver, Host, Transport, TransportError};
use taswiq_offline::engine::Event;
use taswiq_offline::store::MemoryStore;
use uuid::Uuid;

use crate::contender::taswiq;
use crate::figures::Figures;
use crate::http::{Answer, Connection, json_request};
use crate::setting::Setting;

/// How many orders wait when a sync begins.
const ORDERS: [u32; 5] = [0, 1, 5, 30, 100];
/// The browser's transport leaves smaller bodies as they are (`offline/src/driver/browser.rs`).
const COMPRESS_BYTES_MIN: usize = 1_024;

/// What Chromium on a phone adds to a request of `fetch`, one line each.
const OF_BROWSER: [&str; 11] = [
    "connection: keep-alive",
    "sec-ch-ua-platform: \"Android\"",
    "user-agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
    "sec-ch-ua: \"Chromium\";v=\"156\", \"Not.A/Brand\";v=\"24\"",
    "sec-ch-ua-mobile: ?1",
    "accept: */*",
    "sec-fetch-site: same-origin",
    "sec-fetch-mode: cors",
    "sec-fetch-dest: empty",
    "accept-encoding: gzip, deflate, br, zstd",
    "accept-language: fr-FR,fr;q=0.9,ar;q=0.8",
];

/// # Errors
/// When a sync does not take all that waits in one go.
pub async fn measure(setting: &Setting, figures: &mut Figures) -> Result<()> {
    let company = setting.company(setting.sizes()[0], "phone").await?;
    let process = taswiq::serve(&setting.server, &company).await?;
    let (person, token) = company.agents.first().context("an agent")?;
    let store = MemoryStore::new();
    let device = Device::open(store, person.id, DeviceId(Uuid::now_v7())).await?;
    let wire = Wire::open(process.address, token.as_str()).await?;
    let driver = Driver::new(device, &wire, Clockwork, "0123456789");
    driver.handle(Event::Started { waiting: 0 }).await;
    driver.handle(Event::BecameLeader).await;
    if !driver.device().is_ready() {
        bail!("the phone has not met the server");
    }
    let first = wire.count();
    let customer = CommandId(Uuid::now_v7());
    let details = CustomerDetails {
        first_name: "Itto".to_owned(),
        family_name: String::new(),
        phone: None,
        place: "Imouzzer Kandar".to_owned(),
        address: String::new(),
        kind: Default::default(),
    };
    let now = SystemClock.now();
    let register = CommandBody::RegisterCustomer(details);
    driver.device().act(register, customer, now).await?;
    driver.handle(Event::SyncRequested).await;
    let templates = company.orders_of(person, CustomerId(customer.0))?;
    let (mut requests, mut acknowledged) = (Vec::new(), 0);
    for orders in ORDERS {
        let mut bytes = Vec::new();
        let (mut up, mut down) = (Vec::new(), Vec::new());
        for _ in 0..setting.rounds() {
            for number in 0..orders {
                let id = Uuid::now_v7();
                let (low, high) = id.as_u64_pair();
                let order = PlaceOrder {
                    code: SpokenCode::from_random(high),
                    receipt_digits: ((low ^ high) % 10_000) as u16,
                    ..templates[number as usize % templates.len()].clone()
                };
                let now = SystemClock.now();
                let body = CommandBody::PlaceOrder(order);
                driver.device().act(body, CommandId(id), now).await?;
            }
            let before = wire.count();
            driver.handle(Event::SyncRequested).await;
            let after = wire.count();
            let left = driver.device().waiting();
            if left > 0 || !driver.device().parked().is_empty() {
                bail!("{left} of {orders} orders still wait");
            }
            acknowledged += u64::from(orders);
            requests.push(f64::from(after.requests - before.requests));
            let each = f64::from(orders.max(1));
            up.push((after.up - before.up) as f64 / each);
            down.push((after.down - before.down) as f64 / each);
            bytes.push((after.up + after.down - before.up - before.down) as f64 / each);
        }
        let name = match orders {
            0 => "no order, a sync".to_owned(),
            1 => "1 order, an order".to_owned(),
            many => format!("{many} orders, an order"),
        };
        let parts = [("of it up", up), ("down", down)];
        figures.add("P7", &name, "B", &bytes, &parts, "");
    }
    figures.add("P7", "requests", "", &requests, &[], "");
    let first_bytes = [(first.up + first.down) as f64];
    figures.add("P7", "the first contact", "B", &first_bytes, &[], "");
    let browser = [of_browser_bytes(process.address) as f64];
    figures.add("P7", "what a browser adds, a sync", "B", &browser, &[], "");
    drop(driver);
    process.stop()?;
    company.check(acknowledged).await
}

/// Header lines that are a browser's own.
fn of_browser(address: SocketAddr) -> String {
    let lines = OF_BROWSER.map(|line| format!("{line}\r\n")).concat();
    format!("{lines}origin: http://{address}\r\nreferer: http://{address}/field\r\n")
}

fn of_browser_bytes(address: SocketAddr) -> u64 {
    of_browser(address).len() as u64
}

/// A transport that counts.
struct Wire {
    address: SocketAddr,
    headers: String,
    connection: RefCell<Option<Connection>>,
    count: Cell<Count>,
}

/// What went over a wire, what a browser adds left out.
#[derive(Clone, Copy, Default)]
struct Count {
    requests: u32,
    up: u64,
    down: u64,
}

impl Wire {
    async fn open(address: SocketAddr, token: &str) -> Result<Self> {
        Ok(Self {
            address,
            headers: format!("cookie: taswiq={token}\r\n{}", of_browser(address)),
            connection: RefCell::new(Some(Connection::open(address).await?)),
            count: Cell::default(),
        })
    }

    fn count(&self) -> Count {
        self.count.get()
    }

    async fn exchange(&self, body: &[u8], encoding: &str) -> Result<Answer> {
        let headers = format!("{}{encoding}", self.headers);
        let request = json_request("POST", "/api/v1/sync", self.address, &headers, body);
        // One request at a time: the engine promises it.
        let mut connection = self.connection.take().context("a second request")?;
        let (sent, received) = (connection.sent_bytes, connection.received_bytes);
        let answer = connection.exchange(&request).await?;
        let mut count = self.count.get();
        count.requests += 1;
        count.up += connection.sent_bytes - sent - of_browser_bytes(self.address);
        count.down += connection.received_bytes - received;
        self.count.set(count);
        self.connection.replace(Some(connection));
        Ok(answer)
    }
}

impl Transport for &Wire {
    async fn send(&self, body: Vec<u8>, key: Option<&str>) -> Result<Vec<u8>, TransportError> {
        // Whoever is measured is signed in.
        if key.is_some() {
            return Err(TransportError::SignInAgain);
        }
        let broken = |_| TransportError::NoNetwork;
        let answer = if body.len() >= COMPRESS_BYTES_MIN {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
            gzip.write_all(&body).map_err(broken)?;
            let body = gzip.finish().map_err(broken)?;
            self.exchange(&body, "content-encoding: gzip\r\n").await
        } else {
            self.exchange(&body, "").await
        };
        let answer = answer.map_err(|error| {
            eprintln!("{error:#}");
            TransportError::NoNetwork
        })?;
        if answer.status != 200 {
            let after = answer.header("retry-after");
            return Err(TransportError::of_status(answer.status, after.as_deref()));
        }
        let mut plain = Vec::new();
        match answer.encoding.as_str() {
            "br" => brotli::Decompressor::new(&*answer.body, 4_096).read_to_end(&mut plain),
            "gzip" => flate2::read::GzDecoder::new(&*answer.body).read_to_end(&mut plain),
            _ => return Ok(answer.body),
        }
        .map_err(|_| TransportError::Garbled)?;
        Ok(plain)
    }
}

/// Real time, no chance, no timers: nothing goes wrong here that would be tried again.
struct Clockwork;

impl Host for Clockwork {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn jitter_ppm(&self) -> u32 {
        0
    }

    fn schedule(&self, _timer: u64, _delay_ms: u64) {}
}
