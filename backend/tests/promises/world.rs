//! A small company on a fresh database, and phones that sync with it.

use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use taswiq_backend::bulk::Company;
use taswiq_backend::catalogue::{CooperativeDetails, NewPrice, ProductDetails};
use taswiq_backend::clock::{Clock, SettableClock};
use taswiq_backend::people::{PersonDetails, Session, Token};
use taswiq_backend::{Office, OfficeError, Options};
use taswiq_domain::access::Actor;
use taswiq_domain::catalogue::{Convention, Picture, VatRate};
use taswiq_domain::commission::{Conditions, Pays, Rule};
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::engagement::{Engagement, in_force};
use taswiq_domain::hand_over::SealingKey;
use taswiq_domain::ids::{
    CategoryId, CooperativeId, DeviceId, OrderId, PersonId, PlanVersion, PriceListVersion,
    ProductId,
};
use taswiq_domain::law::Regime;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::basket::{Basket, BasketLine, Door, OrderIdentity, Promise};
use taswiq_domain::order::event::LineUnits;
use taswiq_domain::order::{Order, PaymentMethod, Proof};
use taswiq_domain::person::Role;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{
    Answer, Change, Collect, CommandBody, ConfirmSubOrder, Deliver, PROTOCOL, PackSubOrder,
    PlaceOrder, Request, Response, Shown, Trace, Waiting,
};
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};
use uuid::Uuid;

/// 2026-11-02 09:00 UTC, a Monday.
pub const START: Timestamp = Timestamp(1_793_610_000_000);
pub const ADMINISTRATOR: PersonId = PersonId(1);
pub const MANAGER: PersonId = PersonId(2);
pub const AGENT: PersonId = PersonId(3);
pub const OTHER_AGENT: PersonId = PersonId(4);
pub const BEEKEEPER: PersonId = PersonId(5);
pub const WEAVER: PersonId = PersonId(6);
/// Own production: paid at the door.
pub const HONEY: CooperativeId = CooperativeId(1);
/// Doorstep selling: seven days to withdraw.
pub const RUGS: CooperativeId = CooperativeId(2);
pub const PASSWORD: &str = "un mot de passe";

/// Runs a promise on SQLite and, when there is one, on PostgreSQL.
macro_rules! promise {
    ($(#[$meta:meta])* async fn $name:ident($world:ident) $body:block) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn keep($world: $crate::promises::world::World) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                keep($crate::promises::world::World::on_sqlite().await).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if let Some(world) = $crate::promises::world::World::on_postgres().await {
                    keep(world).await;
                }
            }
        }
    };
}
pub(crate) use promise;

pub struct World {
    pub office: Office,
    pub clock: Arc<SettableClock>,
    pub url: String,
    _place: Place,
}

/// Where a database may be, gone with all that is there at the end.
pub struct Place {
    pub url: String,
    pub file: Option<PathBuf>,
    schema: Option<(String, String)>,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

fn unique() -> String {
    format!(
        "taswiq_test_{}_{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::SeqCst)
    )
}

impl Place {
    /// A file that is not there.
    pub fn on_sqlite() -> Self {
        let file = std::env::temp_dir().join(format!("{}.sqlite", unique()));
        Self {
            url: format!("sqlite:{}", file.display()),
            file: Some(file),
            schema: None,
        }
    }

    /// A schema with nothing in it, when there is a PostgreSQL.
    pub async fn on_postgres() -> Option<Self> {
        let Ok(admin) = std::env::var("TASWIQ_TEST_POSTGRES_URL") else {
            eprintln!("not tried on PostgreSQL: TASWIQ_TEST_POSTGRES_URL is not set");
            return None;
        };
        let schema = unique();
        run(&admin, &format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await;
        run(&admin, &format!("CREATE SCHEMA {schema}")).await;
        let separator = if admin.contains('?') { '&' } else { '?' };
        Some(Self {
            url: format!("{admin}{separator}options[search_path]={schema}"),
            file: None,
            schema: Some((admin, schema)),
        })
    }
}

impl World {
    /// An empty office on a new file.
    pub async fn empty_on_sqlite() -> Self {
        Self::open(Place::on_sqlite()).await
    }

    pub async fn on_sqlite() -> Self {
        Self::empty_on_sqlite().await.founded().await
    }

    /// An empty office in a new schema, when there is a PostgreSQL.
    pub async fn empty_on_postgres() -> Option<Self> {
        Some(Self::open(Place::on_postgres().await?).await)
    }

    pub async fn on_postgres() -> Option<Self> {
        Some(Self::empty_on_postgres().await?.founded().await)
    }

    /// An office on whatever is there.
    pub async fn open(place: Place) -> Self {
        let clock = Arc::new(SettableClock::new(START));
        let options = Options {
            readers_max: 3,
            ..Options::default()
        };
        let office = Office::open(&place.url, clock.clone(), options)
            .await
            .expect("opens");
        Self {
            office,
            clock,
            url: place.url.clone(),
            _place: place,
        }
    }

    /// The same database opened once more, as another process would.
    pub async fn second_process(&self) -> Office {
        let options = Options {
            readers_max: 3,
            ..Options::default()
        };
        Office::open(&self.url, self.clock.clone(), options)
            .await
            .expect("opens again")
    }

    async fn founded(self) -> Self {
        self.office.found_company(company()).await.expect("founded");
        self
    }

    pub fn manager(&self) -> Actor {
        Actor {
            person: MANAGER,
            role: Role::Manager,
            cooperatives: Vec::new(),
        }
    }

    pub fn administrator(&self) -> Actor {
        Actor {
            person: ADMINISTRATOR,
            role: Role::Administrator,
            cooperatives: Vec::new(),
        }
    }

    pub async fn phone(&self, person: PersonId) -> Phone {
        self.phone_on(&self.office, person).await
    }

    pub async fn phone_on(&self, office: &Office, person: PersonId) -> Phone {
        let opened = office
            .open_session(person, "a phone")
            .await
            .expect("a session");
        Phone {
            office: office.clone(),
            clock: self.clock.clone(),
            token: opened.token,
            device: DeviceId(Uuid::now_v7()),
            seq: 0,
            cursor: 0,
            epoch: String::new(),
            waiting: Waiting::default(),
            lost: None,
            clock_ahead_ms: 0,
            key: None,
            sealing_key: None,
        }
    }

    /// Gives the beekeeper these cooperatives to act for.
    pub async fn beekeeper_acts_for(&self, cooperatives: &[CooperativeId]) {
        let (details, _) = person(Role::Cooperative, "beekeeper", cooperatives);
        self.office
            .change_person(&self.manager(), BEEKEEPER, details)
            .await
            .expect("changed");
    }

    pub fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn later_days(&self, days: i64) {
        self.clock.advance_ms(days * 86_400_000);
    }

    /// Everything derived is what the events say.
    pub async fn assert_sound(&self) {
        let differences = self.office.recount().await.expect("recounts");
        assert!(differences.is_empty(), "{differences:?}");
    }

    /// Runs a statement as whoever holds the database could.
    pub async fn statement(&self, statement: &str) -> Result<u64, sqlx::Error> {
        use sqlx::{AssertSqlSafe, Connection};
        let statement = AssertSqlSafe(statement.to_owned());
        if self.url.starts_with("sqlite") {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await?;
            let done = sqlx::query(statement).execute(&mut connection).await?;
            connection.close().await?;
            return Ok(done.rows_affected());
        }
        let mut connection = sqlx::PgConnection::connect(&self.url).await?;
        let done = sqlx::query(statement).execute(&mut connection).await?;
        connection.close().await?;
        Ok(done.rows_affected())
    }

    /// Runs a statement after taking away what protects the history.
    pub async fn tamper(&self, statement: &str) {
        for table in ["ledger_transfer", "order_event"] {
            for verb in ["changed", "removed"] {
                let place = if self.url.starts_with("sqlite") {
                    String::new()
                } else {
                    format!(" ON {table}")
                };
                let drop = format!("DROP TRIGGER IF EXISTS {table}_is_never_{verb}{place}");
                self.statement(&drop).await.expect("dropped");
            }
        }
        assert!(
            self.statement(statement).await.expect("runs") > 0,
            "{statement}"
        );
    }

    pub async fn audit_actions(&self) -> Vec<String> {
        self.office
            .audit(&self.administrator(), None)
            .await
            .expect("the trail")
            .into_iter()
            .map(|entry| entry.action)
            .collect()
    }

    pub async fn order(&self, id: OrderId) -> Order {
        self.office
            .order_history(&self.manager(), id)
            .await
            .expect("known")
            .order
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            for suffix in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
            }
        }
        if let Some((admin, schema)) = self.schema.take() {
            let drop = async move {
                run(&admin, &format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await
            };
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(drop));
        }
    }
}

async fn run(url: &str, statement: &str) {
    use sqlx::{AssertSqlSafe, Connection, Executor};
    let mut connection = sqlx::PgConnection::connect(url)
        .await
        .expect("PostgreSQL answers");
    connection
        .execute(AssertSqlSafe(statement.to_owned()))
        .await
        .expect("runs");
    connection.close().await.expect("closes");
}

pub fn name(text: &str) -> LocalText {
    LocalText::new(text, &format!("{text} (ar)"))
}

fn person(role: Role, login: &str, cooperatives: &[CooperativeId]) -> (PersonDetails, String) {
    let details = PersonDetails {
        role,
        name: name(login),
        login: Some(login.to_owned()),
        phone: None,
        language: "fr".to_owned(),
        cooperatives: cooperatives.to_vec(),
    };
    (details, PASSWORD.to_owned())
}

pub fn company() -> Company {
    let cooperative = |text: &str, regime| {
        let details = CooperativeDetails {
            name: name(text),
            place: name("Sefrou"),
            region: LocalText::default(),
            phone: None,
        };
        (
            details,
            vec![Convention {
                valid_from: Timestamp(0),
                regime,
                delivery_days: 3,
                vesting: Default::default(),
            }],
        )
    };
    let product = |cooperative, text: &str| {
        let picture = Picture {
            shape: "jar".to_owned(),
            tint: "honey".to_owned(),
            motif: String::new(),
        };
        let details = ProductDetails {
            cooperative,
            category: CategoryId(1),
            name: name(text),
            unit: name("pot 500 g"),
            picture,
            on_sale: true,
        };
        (
            details,
            vec![VatRate {
                valid_from: Timestamp(0),
                rate: Ppm(200_000),
            }],
        )
    };
    let price = |product, retail| NewPrice {
        product: ProductId(product),
        retail: Centimes(retail),
        semi_wholesale: Centimes(retail * 9 / 10),
        wholesale: Centimes(retail * 8 / 10),
    };
    let rule = |number, when, rate| Rule {
        number,
        when,
        pays: Pays::Rate { rate: Ppm(rate) },
        ..Rule::default()
    };
    Company {
        cooperatives: vec![
            cooperative("Miel", Regime::OwnProduction),
            cooperative("Tapis", Regime::Doorstep7d),
        ],
        categories: vec![(name("Tout"), Picture::default())],
        products: vec![
            product(HONEY, "Thym"),
            product(HONEY, "Euphorbe"),
            product(RUGS, "Petit tapis"),
            product(RUGS, "Grand tapis"),
        ],
        price_lists: vec![(
            Timestamp(0),
            vec![
                price(1, 12_000),
                price(2, 25_000),
                price(3, 99_900),
                price(4, 250_000),
            ],
        )],
        plans: vec![(
            Timestamp(0),
            vec![
                rule(1, Conditions::default(), 80_000),
                rule(
                    2,
                    Conditions {
                        product: Some(ProductId(3)),
                        ..Conditions::default()
                    },
                    125_000,
                ),
            ]
            .into(),
        )],
        people: vec![
            person(Role::Administrator, "administrator", &[]),
            person(Role::Manager, "manager", &[]),
            person(Role::Agent, "agent", &[]),
            person(Role::Agent, "other-agent", &[]),
            person(Role::Cooperative, "beekeeper", &[HONEY]),
            person(Role::Cooperative, "weaver", &[RUGS]),
        ],
        engagements: Vec::new(),
    }
}

/// A device that keeps what the protocol wants it to keep.
pub struct Phone {
    pub office: Office,
    pub clock: Arc<SettableClock>,
    pub token: Token,
    pub device: DeviceId,
    pub seq: u64,
    pub cursor: i64,
    pub epoch: String,
    pub waiting: Waiting,
    /// The store that was on it before and was thrown away.
    pub lost: Option<Trace>,
    pub clock_ahead_ms: i64,
    /// Told on every contact, when it has one.
    pub key: Option<DeviceKey>,
    pub sealing_key: Option<SealingKey>,
}

impl Phone {
    pub async fn session(&self) -> Session {
        self.office
            .session_for_sync(&self.token)
            .await
            .expect("looked up")
            .expect("a session")
    }

    pub fn clock_now(&self) -> Timestamp {
        self.clock.now().plus_ms(self.clock_ahead_ms)
    }

    /// The next command, with an id of its own.
    pub fn command(&mut self, body: &CommandBody) -> Value {
        self.command_with(Uuid::now_v7(), body)
    }

    pub fn command_with(&mut self, id: Uuid, body: &CommandBody) -> Value {
        self.seq += 1;
        let mut command = serde_json::to_value(body).expect("serialises");
        command["id"] = json!(id);
        command["seq"] = json!(self.seq);
        command["made_at"] = json!(self.clock_now().0);
        command
    }

    pub fn request(&self, commands: Vec<Value>) -> Request<Value> {
        Request {
            protocol: PROTOCOL,
            device: self.device,
            person: None,
            key: self.key.clone(),
            sealing_key: self.sealing_key.as_ref().map(SealingKey::name),
            epoch: self.epoch.clone(),
            build: "test".to_owned(),
            cursor: self.cursor,
            device_time: self.clock_now(),
            waiting: self.waiting.clone(),
            lost: self.lost.clone(),
            changes_max: None,
            commands,
        }
    }

    pub async fn try_sync(&mut self, commands: Vec<Value>) -> Result<Response, OfficeError> {
        let session = self.session().await;
        let response = self.office.sync(&session, self.request(commands)).await?;
        self.cursor = response.cursor;
        self.epoch.clone_from(&response.epoch);
        self.sealing_key = response.sealing_key.clone().or(self.sealing_key.take());
        Ok(response)
    }

    pub async fn sync(&mut self, commands: Vec<Value>) -> Response {
        self.try_sync(commands).await.expect("an answer")
    }

    /// Syncs until nothing more is to come; all changes.
    pub async fn pull(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        loop {
            let response = self.sync(Vec::new()).await;
            let more = response.more;
            changes.extend(response.changes);
            if more == 0 {
                return changes;
            }
        }
    }

    /// Does one thing; the answer.
    pub async fn act(&mut self, body: &CommandBody) -> Answer {
        let command = self.command(body);
        self.sync(vec![command]).await.results.remove(0).answer
    }

    pub async fn act_ok(&mut self, body: &CommandBody) {
        assert_eq!(self.act(body).await, Answer::Applied, "{body:?}");
    }

    /// Registers a customer; who.
    pub async fn register(&mut self) -> taswiq_domain::ids::CustomerId {
        let id = Uuid::now_v7();
        let command = self.command_with(id, &register());
        assert_eq!(
            self.sync(vec![command]).await.results[0].answer,
            Answer::Applied
        );
        taswiq_domain::ids::CustomerId(id)
    }

    /// Takes an order for a new customer; which.
    pub async fn place(&mut self, lines: &[(i64, u32)]) -> OrderId {
        let customer = self.register().await;
        let (id, body) = (Uuid::now_v7(), self.order_body(customer, lines).await);
        let command = self.command_with(id, &body);
        assert_eq!(
            self.sync(vec![command]).await.results[0].answer,
            Answer::Applied
        );
        OrderId(id)
    }

    pub async fn order_body(
        &self,
        customer: taswiq_domain::ids::CustomerId,
        lines: &[(i64, u32)],
    ) -> CommandBody {
        let person = self.session().await.person.id;
        place_order(&self.office, person, customer, lines, self.clock.now()).await
    }
}

pub fn register() -> CommandBody {
    let details = json!({"kind": "register_customer", "body": {"first_name": "Amina", "family_name": "Alaoui", "place": "Azzaba", "address": "près du four", "phone": "+212612345678"}});
    serde_json::from_value(details).expect("a customer")
}

/// What a phone sends for a basket, figures as a phone computes them.
pub async fn place_order(
    office: &Office,
    agent: PersonId,
    customer: taswiq_domain::ids::CustomerId,
    lines: &[(i64, u32)],
    at: Timestamp,
) -> CommandBody {
    let manager = Actor {
        person: MANAGER,
        role: Role::Manager,
        cooperatives: Vec::new(),
    };
    let terms = office.engagements(&manager, agent).await.expect("terms");
    let engagement = in_force(&terms, at).cloned().unwrap_or_default();
    place_order_by(office, agent, &engagement, customer, lines, at).await
}

/// What a phone sends that knows these terms of its agent.
pub async fn place_order_by(
    office: &Office,
    agent: PersonId,
    engagement: &Engagement,
    customer: taswiq_domain::ids::CustomerId,
    lines: &[(i64, u32)],
    at: Timestamp,
) -> CommandBody {
    let catalogue = office.catalogue().await.expect("a catalogue");
    let calendar = office.calendar();
    let promised = calendar.date_at(at).plus_days(12);
    let basket = Basket {
        tier: taswiq_domain::catalogue::PriceTier::Retail,
        price_list: catalogue.price_list_at(at).unwrap_or(PriceListVersion(1)),
        plan: catalogue
            .plan_at(at)
            .map_or(PlanVersion(1), |plan| plan.version),
        terms_from: Some(engagement.valid_from),
        lines: lines
            .iter()
            .map(|(product, units)| BasketLine {
                product: ProductId(*product),
                units: *units,
            })
            .collect(),
        promises: catalogue
            .cooperatives
            .iter()
            .map(|cooperative| Promise {
                cooperative: cooperative.id,
                on: promised,
            })
            .collect(),
        signature: "0,0;3,4".to_owned(),
        substitution_agreed: false,
    };
    let door = Door {
        catalogue: &catalogue,
        calendar,
        agent,
        engagement,
        customer_kind: taswiq_domain::customer::CustomerKind::Household,
        channel: taswiq_domain::catalogue::Channel::Door,
        placed_at: at,
    };
    let identity = OrderIdentity {
        id: OrderId(Uuid::nil()),
        code: SpokenCode::from_random(7),
        receipt_digits: 4_711,
        customer,
        place: None,
    };
    let order = basket.place(identity, &door).expect("priced");
    CommandBody::PlaceOrder(PlaceOrder {
        customer,
        code: SpokenCode::from_random(Uuid::now_v7().as_u128() as u64),
        receipt_digits: 4_711,
        channel: taswiq_domain::catalogue::Channel::Door,
        shown: Shown {
            total: order.gross_asked().expect("fits"),
            commission: order.commission_asked().expect("fits"),
        },
        basket,
        place: None,
        from_receipt_of: None,
    })
}

fn units(order: &Order, cooperative: CooperativeId, units: impl Fn(u32) -> u32) -> Vec<LineUnits> {
    let sub_order = order.sub_order(cooperative).expect("a part");
    sub_order
        .lines
        .iter()
        .map(|line| LineUnits {
            line: line.number,
            units: units(line.asked),
        })
        .collect()
}

pub fn confirm(order: &Order, cooperative: CooperativeId) -> CommandBody {
    CommandBody::ConfirmSubOrder(ConfirmSubOrder {
        order: order.id,
        cooperative,
        lines: units(order, cooperative, |asked| asked),
    })
}

pub fn pack(order: &Order, cooperative: CooperativeId) -> CommandBody {
    let lines = units(order, cooperative, |asked| asked);
    let lines = lines
        .into_iter()
        .map(|line| taswiq_domain::order::event::PackedLine {
            line: line.line,
            units: line.units,
            lot: "L1".to_owned(),
        })
        .collect();
    CommandBody::PackSubOrder(PackSubOrder {
        order: order.id,
        cooperative,
        lines,
    })
}

pub fn deliver(order: &Order, cooperative: CooperativeId) -> CommandBody {
    CommandBody::Deliver(Deliver {
        order: order.id,
        cooperative,
        lines: units(order, cooperative, |asked| asked),
        proof: Proof::ReceiptDigits { digits: 4_711 },
    })
}

pub fn collect(order: &Order, cooperative: CooperativeId) -> CommandBody {
    let amount = order
        .sub_order(cooperative)
        .expect("a part")
        .gross_asked()
        .expect("fits");
    CommandBody::Collect(Collect {
        order: order.id,
        cooperative,
        amount,
        method: PaymentMethod::Cash,
        other_ids: 0,
    })
}

pub fn date(year: i32, month: u32, day: u32) -> CivilDate {
    CivilDate::new(year, month, day).expect("a date")
}

pub fn orders_in(changes: &[Change]) -> Vec<&Order> {
    changes
        .iter()
        .filter_map(|change| match change {
            Change::Order(document) => Some(&document.order),
            _ => None,
        })
        .collect()
}

/// Another process in the middle of a writing transaction.
pub enum Holder {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

impl Holder {
    pub async fn take(url: &str) -> Self {
        use sqlx::{Connection, Executor};
        if url.starts_with("sqlite") {
            let mut connection = sqlx::SqliteConnection::connect(url).await.expect("opens");
            connection.execute("BEGIN IMMEDIATE").await.expect("begins");
            return Self::Sqlite(connection);
        }
        let mut connection = sqlx::PgConnection::connect(url).await.expect("opens");
        connection.execute("BEGIN").await.expect("begins");
        connection
            .execute("SELECT id FROM office WHERE id = 1 FOR UPDATE")
            .await
            .expect("locks");
        Self::Postgres(connection)
    }

    async fn run(&mut self, statement: &'static str, values: &[&str]) {
        match self {
            Self::Sqlite(connection) => {
                let query = values
                    .iter()
                    .fold(sqlx::query(statement), |query, value| query.bind(*value));
                query.execute(connection).await.expect("runs");
            }
            Self::Postgres(connection) => {
                let query = values
                    .iter()
                    .fold(sqlx::query(statement), |query, value| query.bind(*value));
                query.execute(connection).await.expect("runs");
            }
        }
    }

    /// Gives a thing in a scope the next number of the change feed.
    pub async fn change(&mut self, scope: &str, entity: &str) {
        self.run(
            "UPDATE office SET feed_number = feed_number + 1 WHERE id = 1",
            &[],
        )
        .await;
        let number = "UPDATE feed SET number = (SELECT feed_number FROM office WHERE id = 1) WHERE scope = $1 AND entity = $2";
        self.run(number, &[scope, entity]).await;
    }

    pub async fn let_go(mut self) {
        self.run("COMMIT", &[]).await;
    }
}
