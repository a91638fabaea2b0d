//! A server that is lost and comes back from a backup, as real processes, with phones as they are: the real
//! engine, over real HTTP.

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use taswiq_backend::clock::{Clock, SystemClock};
use taswiq_backend::{Office, Options};
use taswiq_domain::access::Actor;
use taswiq_domain::catalogue::{Channel, PriceTier};
use taswiq_domain::customer::{CustomerDetails, CustomerKind};
use taswiq_domain::ids::{CommandId, CooperativeId, CustomerId, DeviceId, OrderId, PersonId};
use taswiq_domain::order::basket::{Basket, BasketLine, Door, OrderIdentity, Promise};
use taswiq_domain::order::event::LineUnits;
use taswiq_domain::person::Role;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{CommandBody, ConfirmSubOrder, PlaceOrder, Shown};
use taswiq_domain::time::{Calendar, Timestamp};
use taswiq_offline::driver::{Driver, Host, Transport, TransportError};
use taswiq_offline::engine::Event;
use taswiq_offline::store::MemoryStore;
use taswiq_offline::{Checked, Device};
use uuid::Uuid;

use crate::process::Running;
use crate::world;

/// A database that is not there yet: a file, or a schema of a server.
pub struct Place {
    pub url: String,
    schema: Option<(String, String)>,
}

impl Place {
    fn file(folder: &Path, name: &str) -> Self {
        let url = folder.join(name).display().to_string();
        Self { url, schema: None }
    }

    pub async fn schema(name: &str) -> Option<Self> {
        let Ok(admin) = std::env::var("TASWIQ_TEST_POSTGRES_URL") else {
            eprintln!("not tried on PostgreSQL: TASWIQ_TEST_POSTGRES_URL is not set");
            return None;
        };
        let schema = format!("taswiq_healing_{}_{name}", std::process::id());
        run(&admin, format!("CREATE SCHEMA {schema}")).await;
        let separator = if admin.contains('?') { '&' } else { '?' };
        Some(Self {
            url: format!("{admin}{separator}options[search_path]={schema}"),
            schema: Some((admin, schema)),
        })
    }

    pub async fn remove(self) {
        if let Some((admin, schema)) = self.schema {
            run(&admin, format!("DROP SCHEMA {schema} CASCADE")).await;
        }
    }
}

async fn run(url: &str, statement: String) {
    use sqlx::{AssertSqlSafe, Connection, Executor};
    let mut connection = sqlx::PgConnection::connect(url).await.expect("answers");
    let done = connection.execute(AssertSqlSafe(statement)).await;
    done.expect("runs");
    connection.close().await.expect("closes");
}

/// Runs the program to its end; what it said.
fn taswiq(arguments: &[&str]) -> (bool, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_taswiq"))
        .args(arguments)
        .output()
        .expect("run");
    let said = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (done.status.success(), said.concat())
}

fn taswiq_ok(arguments: &[&str]) -> String {
    let (ok, said) = taswiq(arguments);
    assert!(ok, "{arguments:?}: {said}");
    said
}

/// One request on a connection of its own; the head and the body of the answer.
fn ask(address: &str, head: &str, body: &[u8]) -> std::io::Result<(String, Vec<u8>)> {
    let mut stream = TcpStream::connect(address)?;
    let head = format!(
        "{head}host: {address}\r\norigin: http://{address}\r\nsec-fetch-site: same-origin\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    Ok((head, answer.split_off(end + 4)))
}

fn status(head: &str) -> u16 {
    let status = head.split_whitespace().nth(1);
    status.and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// The way from a phone to wherever the server is by now.
struct Way {
    address: RefCell<String>,
    cookie: String,
}

impl Transport for &Way {
    async fn send(&self, body: Vec<u8>, key: Option<&str>) -> Result<Vec<u8>, TransportError> {
        let shown = match key {
            Some(key) => format!("authorization: {key}"),
            None => format!("cookie: {}", self.cookie),
        };
        let head =
            format!("POST /api/v1/sync HTTP/1.1\r\ncontent-type: application/json\r\n{shown}\r\n");
        let asked = ask(&self.address.borrow(), &head, &body);
        let (head, body) = asked.map_err(|_| TransportError::NoNetwork)?;
        match status(&head) {
            200 => Ok(body),
            status => Err(TransportError::of_status(status, None)),
        }
    }
}

/// The machine's clock, and a timer that goes off when somebody waits.
#[derive(Default)]
struct Watch {
    timer: Cell<Option<u64>>,
}

impl Host for Watch {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn jitter_ppm(&self) -> u32 {
        0
    }

    fn schedule(&self, timer: u64, _delay_ms: u64) {
        self.timer.set(Some(timer));
    }
}

/// A phone as it is, in somebody's hand.
struct Phone<'a> {
    driver: Driver<MemoryStore, &'a Way, Watch>,
    /// Of whom orders are taken, or for whom they are confirmed.
    cooperative: CooperativeId,
}

fn sign_in(address: &str, login: &str) -> Way {
    let account = taswiq_backend::demo::accounts()
        .into_iter()
        .find(|account| account.login == login)
        .expect("a demo account");
    let form = format!(
        "name={login}&password={}",
        account.password.replace(' ', "+")
    );
    let head = "POST /sign-in HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    let (head, _) = ask(address, head, form.as_bytes()).expect("answered");
    let cookie = head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .unwrap_or_else(|| panic!("no session: {head}"));
    Way {
        address: RefCell::new(address.to_owned()),
        cookie: cookie.split(';').next().expect("a pair").to_owned(),
    }
}

impl<'a> Phone<'a> {
    async fn of(person: PersonId, way: &'a Way, cooperative: CooperativeId) -> Self {
        let device = Device::open(MemoryStore::new(), person, DeviceId(Uuid::now_v7()))
            .await
            .expect("opens");
        let driver = Driver::new(device, way, Watch::default(), "test");
        driver.handle(Event::Started { waiting: 0 }).await;
        driver.handle(Event::BecameLeader).await;
        let phone = Self {
            driver,
            cooperative,
        };
        assert!(phone.device().is_ready());
        phone
    }

    fn device(&self) -> &Device<MemoryStore> {
        self.driver.device()
    }

    /// Syncs until nothing waits any more.
    async fn sync(&self) {
        for _ in 0..40 {
            self.driver.handle(Event::SyncRequested).await;
            while self.device().waiting() > 0 {
                let Some(timer) = self.driver.host().timer.take() else {
                    break;
                };
                self.driver.handle(Event::TimerFired { timer }).await;
            }
            if self.device().waiting() == 0 && self.device().check_entries() != Checked::NotYet {
                return;
            }
        }
        panic!("it does not come to rest: {:?}", self.device().status());
    }

    async fn act(&self, body: CommandBody) -> CommandId {
        let id = CommandId(Uuid::now_v7());
        let done = self.device().act(body, id, SystemClock.now()).await;
        done.expect("saved")
    }

    async fn register(&self) -> CustomerId {
        let details = CustomerDetails {
            first_name: "Itto".to_owned(),
            family_name: String::new(),
            phone: None,
            place: "Imouzzer Kandar".to_owned(),
            address: String::new(),
            kind: CustomerKind::Household,
        };
        self.act(CommandBody::RegisterCustomer(details))
            .await
            .into()
    }

    /// An order of one thing of a cooperative, as the phone prices it.
    async fn order(&self, customer: CustomerId) -> OrderId {
        let device = self.device();
        let at = device.corrected(SystemClock.now());
        let (catalogue, calendar) = (device.catalogue(), device.calendar());
        let list = catalogue.price_list_at(at).expect("prices");
        let sold = |product: &&taswiq_domain::catalogue::Product| {
            product.on_sale && product.cooperative == self.cooperative
        };
        let product = catalogue.products.iter().find(sold).expect("something");
        let basket = Basket {
            tier: PriceTier::Retail,
            price_list: list,
            plan: catalogue.plan_at(at).expect("a plan").version,
            terms_from: device.terms_from(at),
            lines: vec![BasketLine {
                product: product.id,
                units: 2,
            }],
            promises: vec![Promise {
                cooperative: self.cooperative,
                on: calendar.date_at(at).plus_days(12),
            }],
            signature: "0,0;3,4".to_owned(),
            substitution_agreed: false,
        };
        let profile = device.profile().expect("a profile");
        let engagement = profile.engagement_of(Some(&basket), at);
        let door = Door {
            catalogue: &catalogue,
            calendar: &calendar,
            agent: device.person(),
            engagement: &engagement,
            customer_kind: CustomerKind::Household,
            channel: Channel::Door,
            placed_at: at,
        };
        let code = SpokenCode::from_random(Uuid::now_v7().as_u128() as u64);
        let identity = OrderIdentity {
            id: OrderId(Uuid::nil()),
            code,
            receipt_digits: 4_711,
            customer,
            place: None,
        };
        let order = basket.place(identity, &door).expect("priced");
        let body = CommandBody::PlaceOrder(PlaceOrder {
            customer,
            code,
            receipt_digits: 4_711,
            channel: Channel::Door,
            shown: Shown {
                total: order.gross_asked().expect("fits"),
                commission: order.commission_asked().expect("fits"),
            },
            basket,
            place: None,
            from_receipt_of: None,
        });
        self.act(body).await.into()
    }

    async fn confirm(&self, order: OrderId) {
        let view = self.device().order(order).expect("it came");
        let part = view.order.sub_order(self.cooperative).expect("ours");
        let lines = part.lines.iter().map(|line| LineUnits {
            line: line.number,
            units: line.asked,
        });
        let body = ConfirmSubOrder {
            order,
            cooperative: self.cooperative,
            lines: lines.collect(),
        };
        self.act(CommandBody::ConfirmSubOrder(body)).await;
    }
}

const DEMO_ORDERS: usize = 40;
const COPIES: usize = 3;

/// How many orders an audit of a database looks at; it finds nothing.
fn orders_in(database: &str) -> usize {
    let said = taswiq_ok(&["audit", "--database", database]);
    assert!(said.contains("every chain is whole"), "{said}");
    let (_, rest) = said.split_once("looked at ").expect("a count");
    let (count, _) = rest.split_once(" orders").expect("a count");
    count.parse().expect("a number")
}

/// Who signs in so, and for whom they act.
async fn person(office: &Office, login: &str) -> (PersonId, Vec<CooperativeId>) {
    let administrator = Actor {
        person: PersonId(0),
        role: Role::Administrator,
        cooperatives: Vec::new(),
    };
    let people = office
        .people(&administrator, None, "")
        .await
        .expect("listed");
    let found = people
        .into_iter()
        .find(|person| person.login.as_deref() == Some(login))
        .expect("one of the demo company");
    (found.id, found.cooperatives)
}

async fn heals(folder: &Path, first: Place, second: Place) {
    std::fs::create_dir_all(folder).expect("made");
    world::write_site(folder);
    let orders = DEMO_ORDERS.to_string();
    taswiq_ok(&["demo", "--orders", &orders, "--database", &first.url]);
    let office = Office::open(&first.url, Arc::new(SystemClock), Options::default());
    let office = office.await.expect("opens");
    let (fatima, _) = person(&office, "agent-01").await;
    let (naima, _) = person(&office, "agent-05").await;
    let (tiwizi, cooperatives) = person(&office, "argan-mesti").await;
    let cooperative = cooperatives[0];
    office.close().await;
    let server = Running::start_on(folder, &first.url);
    let ways = ["agent-01", "agent-05", "argan-mesti"].map(|login| sign_in(&server.address, login));
    let [of_fatima, of_naima, of_tiwizi] = &ways;
    let fatimas = Phone::of(fatima, of_fatima, cooperative).await;
    let naimas = Phone::of(naima, of_naima, cooperative).await;
    let tiwizis = Phone::of(tiwizi, of_tiwizi, cooperative).await;

    // Before the copy.
    let customer = fatimas.register().await;
    let early = fatimas.order(customer).await;
    fatimas.sync().await;
    tiwizis.sync().await;
    tiwizis.confirm(early).await;
    tiwizis.sync().await;
    fatimas.sync().await;

    // Copies while orders come in.
    let file = |copy: usize| folder.join(format!("{copy}.backup")).display().to_string();
    let files: Vec<String> = (0..COPIES).map(file).collect();
    let (database, copies) = (first.url.clone(), files.clone());
    let copying = std::thread::spawn(move || {
        for file in &copies {
            let said = taswiq_ok(&["backup", file, "--database", &database]);
            assert!(said.contains("complete, on the disk and checked"), "{said}");
        }
    });
    let customer_of_naima = naimas.register().await;
    let mut taken = 1;
    while !copying.is_finished() {
        naimas.order(customer_of_naima).await;
        naimas.sync().await;
        taken += 1;
    }
    copying.join().expect("copied");

    // After the last copy: received, and the phones know it.
    let late: Vec<OrderId> = vec![
        fatimas.order(customer).await,
        fatimas.order(customer).await,
        naimas.order(customer_of_naima).await,
    ];
    taken += late.len();
    fatimas.sync().await;
    naimas.sync().await;
    tiwizis.sync().await;
    tiwizis.confirm(late[0]).await;
    tiwizis.sync().await;
    fatimas.sync().await;
    assert_eq!(orders_in(&first.url), DEMO_ORDERS + taken);
    server.kill();
    // And one that nobody has heard of.
    let unsent = fatimas.order(customer).await;
    taken += 1;

    // Each copy is of one moment; the last is what is left.
    for (copy, file) in files.iter().enumerate() {
        let other = folder.join(format!("{copy}.sqlite")).display().to_string();
        let said = taswiq_ok(&["restore", file, "--database", &other]);
        assert!(said.contains("every chain is whole"), "{said}");
        assert!(orders_in(&other) > DEMO_ORDERS);
    }
    let said = taswiq_ok(&["restore", &files[COPIES - 1], "--database", &second.url]);
    assert!(
        said.contains("hand over again") && said.contains("look at the bank"),
        "{said}"
    );
    assert!(orders_in(&second.url) < DEMO_ORDERS + taken - 1);
    let server = Running::start_on(folder, &second.url);
    for way in &ways {
        way.address.replace(server.address.clone());
    }
    // The cooperative's phone first: it confirmed what the server has not heard of yet.
    for _ in 0..3 {
        for phone in [&tiwizis, &fatimas, &naimas] {
            phone.sync().await;
        }
    }
    assert_eq!(orders_in(&second.url), DEMO_ORDERS + taken);
    for phone in [&tiwizis, &fatimas, &naimas] {
        assert!(
            phone.device().parked().is_empty(),
            "{:?}",
            phone.device().parked()
        );
        assert!(matches!(phone.device().check_entries(), Checked::Whole(_)));
        assert_eq!(phone.device().followed().broken, None);
    }
    // Each once, and what the cooperative said of it.
    for (order, is_confirmed) in [
        (early, true),
        (late[0], true),
        (late[1], false),
        (unsent, false),
    ] {
        let known = fatimas.device().orders();
        assert_eq!(
            known.iter().filter(|view| view.order.id == order).count(),
            1
        );
        let order = fatimas
            .device()
            .order_in_the_books(order)
            .expect("received");
        let part = order.sub_order(cooperative).expect("a part");
        assert_eq!(part.lines[0].confirmed, if is_confirmed { 2 } else { 0 });
        assert_eq!(
            fatimas.device().entries_of(order.id).is_empty(),
            !is_confirmed
        );
    }
    server.kill();
    first.remove().await;
    second.remove().await;
    std::fs::remove_dir_all(folder).expect("removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_18_a_server_lost_and_restored_from_a_backup_has_every_order_once_on_sqlite() {
    let folder = world::folder();
    let (first, second) = (
        Place::file(&folder, "first"),
        Place::file(&folder, "second"),
    );
    heals(&folder, first, second).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_18_a_server_lost_and_restored_from_a_backup_has_every_order_once_on_postgres() {
    let (Some(first), Some(second)) = (Place::schema("first").await, Place::schema("second").await)
    else {
        return;
    };
    heals(&world::folder(), first, second).await;
}

/// Outgrowing one machine is a backup and a restore.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_moves_from_a_file_to_a_server_with_its_phones() {
    let Some(second) = Place::schema("moved").await else {
        return;
    };
    let folder = world::folder();
    let first = Place::file(&folder, "first");
    heals(&folder, first, second).await;
}

#[test]
fn a_backup_and_a_restore_say_what_they_did_or_why_not_and_leave_nothing_half() {
    let folder = world::folder();
    std::fs::create_dir_all(&folder).expect("made");
    let path = |name: &str| folder.join(name).display().to_string();
    let (database, copy, spoiled) = (path("office.sqlite"), path("copy"), path("spoiled"));
    taswiq_ok(&["demo", "--orders", "150", "--database", &database]);
    let said = taswiq_ok(&["backup", &copy, "--database", &database]);
    assert!(said.contains("orders                150"), "{said}");
    let refused = |arguments: &[&str], why: &str| {
        let (ok, said) = taswiq(arguments);
        assert!(!ok && said.contains(why), "{arguments:?}: {said}");
    };
    refused(&["backup", &copy, "--database", &database], "--overwrite");
    let said = taswiq_ok(&["restore", &copy, "--check"]);
    assert!(said.contains("is whole") && said.contains("150"), "{said}");
    let bytes = std::fs::read(&copy).expect("read");
    std::fs::write(&spoiled, &bytes[..bytes.len() - 1]).expect("written");
    let new = path("new.sqlite");
    refused(
        &["restore", &spoiled, "--database", &new],
        "spoiled is not whole",
    );
    refused(
        &["restore", &copy, "--database", &database],
        "already there",
    );
    refused(
        &["backup", &path("x"), "--database", &path("none")],
        "there is no database",
    );
    let nobody = "postgres://nobody@127.0.0.1:1/nothing";
    refused(
        &["backup", &path("x"), "--database", nobody],
        "Connection refused",
    );
    refused(
        &["restore", &copy, "--database", nobody],
        "Connection refused",
    );
    // The disk is full after a while.
    let limited = |arguments: &str| {
        let program = env!("CARGO_BIN_EXE_taswiq");
        let line = format!("trap '' XFSZ; ulimit -f 100; exec '{program}' {arguments}");
        let done = Command::new("sh")
            .args(["-c", &line])
            .output()
            .expect("run");
        assert!(!done.status.success());
        String::from_utf8_lossy(&done.stderr).into_owned()
    };
    let said = limited(&format!("backup '{}' --database '{database}'", path("x")));
    assert!(
        said.contains("cannot write") && said.contains("File too large"),
        "{said}"
    );
    let said = limited(&format!("restore '{copy}' --database '{new}'"));
    assert!(said.contains("disk"), "{said}");
    let mut left: Vec<String> = std::fs::read_dir(&folder)
        .expect("read")
        .map(|entry| {
            entry
                .expect("one")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| !name.starts_with("office.sqlite"))
        .collect();
    left.sort();
    assert_eq!(left, ["copy", "spoiled"]);
    std::fs::remove_dir_all(&folder).expect("removed");
}
