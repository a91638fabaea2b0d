//! Our own engine over real HTTP/1.1, as it runs on a phone: the body compressed as the browser's transport
//! compresses it, every byte of both directions counted, heads included. The header lines that a browser adds
//! on its own are sent, and taken off again.

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use taswiq_backend::clock::{Clock, SystemClock};
use taswiq_backend::people::Person;
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

use crate::company::Company;
use crate::http::{Answer, BrokeOff, Connection, json_request};

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

/// As long as a build's name is.
const BUILD: &str = "0123456789";

/// An agent's phone on a wire.
pub struct Phone<'a> {
    driver: Driver<MemoryStore, &'a Wire, Clockwork>,
    store: MemoryStore,
    person: Person,
    templates: Vec<PlaceOrder>,
}

/// A phone whose app is closed.
pub struct PutAway {
    store: MemoryStore,
    device: DeviceId,
    person: Person,
    templates: Vec<PlaceOrder>,
}

impl<'a> Phone<'a> {
    /// A phone on which nobody has been.
    ///
    /// # Errors
    /// Never: its store is memory.
    pub async fn new(wire: &'a Wire, person: &Person) -> Result<Self> {
        let store = MemoryStore::new();
        let device = Device::open(store.clone(), person.id, DeviceId(Uuid::now_v7())).await?;
        Ok(Self {
            driver: Driver::new(device, wire, Clockwork, BUILD),
            store,
            person: person.clone(),
            templates: Vec::new(),
        })
    }

    /// The app started again over what it left.
    ///
    /// # Errors
    /// Never: its store is memory.
    pub async fn started(wire: &'a Wire, left: PutAway) -> Result<Self> {
        let PutAway {
            store,
            device,
            person,
            templates,
        } = left;
        let device = Device::open(store.clone(), person.id, device).await?;
        Ok(Self {
            driver: Driver::new(device, wire, Clockwork, BUILD),
            store,
            person,
            templates,
        })
    }

    /// The app is closed; what it leaves.
    pub fn put_away(self) -> PutAway {
        PutAway {
            device: self.device().id(),
            store: self.store,
            person: self.person,
            templates: self.templates,
        }
    }

    /// What the phone knows.
    pub fn device(&self) -> &Device<MemoryStore> {
        self.driver.device()
    }

    /// Starts, and hears all there is to hear.
    ///
    /// # Errors
    /// When it does not get there.
    pub async fn meet(&self) -> Result<()> {
        let waiting = self.device().waiting();
        self.driver.handle(Event::Started { waiting }).await;
        self.driver.handle(Event::BecameLeader).await;
        if !self.device().is_ready() {
            bail!("the phone has not met the server");
        }
        Ok(())
    }

    /// Writes down a customer who will order.
    ///
    /// # Errors
    /// When the company has nothing to order.
    pub async fn take_on_a_customer(&mut self, company: &Company) -> Result<()> {
        let customer = CommandId(Uuid::now_v7());
        let details = CustomerDetails {
            first_name: "Itto".to_owned(),
            family_name: String::new(),
            phone: None,
            place: "Imouzzer Kandar".to_owned(),
            address: String::new(),
            kind: Default::default(),
        };
        let (register, now) = (CommandBody::RegisterCustomer(details), SystemClock.now());
        self.device().act(register, customer, now).await?;
        self.templates = company.orders_of(&self.person, CustomerId(customer.0))?;
        self.hand_over().await
    }

    /// Takes so many orders.
    ///
    /// # Errors
    /// When the rules do not allow one.
    pub async fn take_orders(&self, orders: u32) -> Result<()> {
        for number in 0..orders {
            let id = Uuid::now_v7();
            let (low, high) = id.as_u64_pair();
            let order = PlaceOrder {
                code: SpokenCode::from_random(high),
                receipt_digits: ((low ^ high) % 10_000) as u16,
                ..self.templates[number as usize % self.templates.len()].clone()
            };
            let body = CommandBody::PlaceOrder(order);
            let now = SystemClock.now();
            self.device().act(body, CommandId(id), now).await?;
        }
        Ok(())
    }

    /// Hands over all that waits.
    ///
    /// # Errors
    /// When something is left, or was not taken.
    pub async fn hand_over(&self) -> Result<()> {
        self.driver.handle(Event::SyncRequested).await;
        let left = self.device().waiting();
        if left > 0 || !self.device().parked().is_empty() {
            bail!("{left} commands still wait");
        }
        Ok(())
    }
}

/// Header lines that are a browser's own.
fn of_browser(address: SocketAddr) -> String {
    let lines = OF_BROWSER.map(|line| format!("{line}\r\n")).concat();
    format!("{lines}origin: http://{address}\r\nreferer: http://{address}/field\r\n")
}

/// How many bytes those are.
pub fn of_browser_bytes(address: SocketAddr) -> u64 {
    of_browser(address).len() as u64
}

/// A transport that counts.
pub struct Wire {
    address: SocketAddr,
    headers: String,
    connection: RefCell<Option<Connection>>,
    count: Cell<Count>,
    plain: Cell<u64>,
}

/// What went over a wire, what a browser adds left out.
#[derive(Clone, Copy, Default)]
pub struct Count {
    pub requests: u32,
    pub up: u64,
    pub down: u64,
}

impl Count {
    /// Both together.
    pub const fn and(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            up: self.up + other.up,
            down: self.down + other.down,
        }
    }
}

impl Wire {
    /// # Errors
    /// When nobody listens.
    pub async fn open(address: SocketAddr, token: &str) -> Result<Self> {
        Ok(Self {
            address,
            headers: format!("cookie: taswiq={token}\r\n{}", of_browser(address)),
            connection: RefCell::new(Some(Connection::open(address).await?)),
            count: Cell::default(),
            plain: Cell::default(),
        })
    }

    /// Begins anew: the next request opens with a greeting.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn reconnect(&self) -> Result<()> {
        let connection = Connection::open(self.address).await?;
        self.connection.replace(Some(connection));
        Ok(())
    }

    /// What went over it so far.
    pub fn count(&self) -> Count {
        self.count.get()
    }

    /// Bytes of answers once they were decompressed.
    pub fn plain_bytes(&self) -> u64 {
        self.plain.get()
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
            if error.is::<BrokeOff>() {
                TransportError::BrokeOff
            } else {
                TransportError::NoNetwork
            }
        })?;
        if answer.status != 200 {
            let after = answer.header("retry-after");
            return Err(TransportError::of_status(answer.status, after.as_deref()));
        }
        let mut plain = Vec::new();
        match answer.encoding.as_str() {
            "br" => brotli::Decompressor::new(&*answer.body, 4_096).read_to_end(&mut plain),
            "gzip" => flate2::read::GzDecoder::new(&*answer.body).read_to_end(&mut plain),
            _ => answer.body.as_slice().read_to_end(&mut plain),
        }
        .map_err(|_| TransportError::Garbled)?;
        self.plain.set(self.plain.get() + plain.len() as u64);
        Ok(plain)
    }
}

/// Real time, no chance, no timers: nothing goes wrong here that would be tried again.
pub struct Clockwork;

impl Host for Clockwork {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn jitter_ppm(&self) -> u32 {
        0
    }

    fn schedule(&self, _timer: u64, _delay_ms: u64) {}
}
