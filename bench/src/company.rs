//! Demo companies of any size, with agents of our own who have nothing to catch up with, and the
//! check that what was acknowledged is stored.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use futures_util::future::try_join_all;
use taswiq_backend::clock::{Casablanca, Clock, SystemClock};
use taswiq_backend::people::{Person, PersonDetails, Token};
use taswiq_backend::{Office, Options};
use taswiq_domain::access::Actor;
use taswiq_domain::catalogue::{Catalogue, Channel, PriceTier, Product};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::{CustomerId, OrderId, PersonId};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::basket::{Basket, BasketLine, Door, OrderIdentity, Promise};
use taswiq_domain::person::Role;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{PlaceOrder, Shown};
use taswiq_domain::text::LocalText;
use taswiq_domain::time::Calendar;
use uuid::Uuid;

use crate::{document, process};

/// The largest number of connections: each has an agent of its own.
pub const AGENTS: usize = 64;
/// The agents' logins begin like this.
const LOGIN: &str = "bench-agent-";
/// Larger companies are not read whole after each run.
const RECOUNTED_ORDERS_MAX: u32 = 50_000;
/// The logins of a crowd begin like this.
const CROWD: &str = "crowd-";
/// Agents who join at the same moment.
const JOINING_AT_ONCE: usize = 256;
/// Different baskets of an agent.
const BASKETS: usize = 16;

/// A copy of a company, to be served and written to.
#[derive(Debug)]
pub struct Company {
    pub database: PathBuf,
    /// Orders it was made with.
    pub orders: u32,
    /// Orders it held before anybody took more.
    orders_before: u64,
    /// Signed in.
    pub agents: Vec<(Person, Token)>,
    pub manager: Token,
    pub catalogue: Arc<Catalogue>,
}

impl Company {
    /// A company of so many orders whose history ends today: made once a day, then copied into
    /// `run` under a name of its own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn new(
        server: &Path,
        companies: &Path,
        orders: u32,
        run: &Path,
        name: &str,
    ) -> Result<Self> {
        let made = make(server, companies, orders).await?;
        let database = run.join(format!("{name}.sqlite"));
        std::fs::copy(&made, &database).with_context(|| format!("copying {}", made.display()))?;
        let office = open(&database).await?;
        // What is due by now happens now and not while somebody measures.
        office.pass_deadlines().await?;
        let people = office.people(&administrator(), None, "").await?;
        let mut agents = Vec::new();
        for person in &people {
            if person
                .login
                .as_deref()
                .is_some_and(|login| login.starts_with(LOGIN))
            {
                let opened = office.open_session(person.id, "bench").await?;
                agents.push((person.clone(), opened.token));
            }
        }
        let manager = people
            .iter()
            .find(|person| person.role == Role::Manager)
            .context("a manager")?;
        let company = Self {
            database,
            orders,
            orders_before: count(&office).await?,
            agents,
            manager: office.open_session(manager.id, "bench").await?.token,
            catalogue: office.catalogue().await?,
        };
        close(office, &company.database).await?;
        Ok(company)
    }

    /// Lets so many more agents join, and gives each a session's token.
    ///
    /// # Errors
    /// When they cannot be stored.
    pub async fn add_agents(&self, agents: usize) -> Result<Vec<String>> {
        let office = open(&self.database).await?;
        let invite = async |number: usize| {
            let details = agent(format!("{CROWD}{number:05}"));
            office.invite(&administrator(), details).await
        };
        let numbers: Vec<usize> = (0..agents).collect();
        // The writer puts those that wait together into one transaction.
        for numbers in numbers.chunks(JOINING_AT_ONCE) {
            try_join_all(numbers.iter().map(|number| invite(*number))).await?;
        }
        let people = office
            .people(&administrator(), Some(Role::Agent), "")
            .await?;
        let joined = |person: &&Person| {
            let login = person.login.as_deref();
            login.is_some_and(|login| login.starts_with(CROWD))
        };
        let crowd: Vec<&Person> = people.iter().filter(joined).collect();
        let mut tokens = Vec::with_capacity(agents);
        for people in crowd.chunks(JOINING_AT_ONCE) {
            let opened = people
                .iter()
                .map(|person| office.open_session(person.id, "crowd"));
            let opened = try_join_all(opened).await?;
            tokens.extend(opened.iter().map(|opened| opened.token.as_str().to_owned()));
        }
        if tokens.len() != agents {
            bail!("{} of {agents} agents have joined", tokens.len());
        }
        close(office, &self.database).await?;
        Ok(tokens)
    }

    /// Checks, with nobody serving it any more, that it holds as many orders as were acknowledged and
    /// that its books balance.
    ///
    /// # Errors
    /// Says what does not fit.
    pub async fn check(&self, acknowledged: u64) -> Result<()> {
        let office = open(&self.database).await?;
        let stored = count(&office).await? - self.orders_before;
        if stored != acknowledged {
            bail!("{acknowledged} orders were acknowledged and {stored} are stored");
        }
        let sum = Centimes::sum(office.balances(&administrator()).await?.into_values())?;
        if sum != Centimes::ZERO {
            bail!("the ledger does not balance: {}", sum.0);
        }
        if self.orders <= RECOUNTED_ORDERS_MAX {
            let differences = office.recount().await?;
            if !differences.is_empty() {
                bail!("what is derived does not fit the events: {differences:?}");
            }
        }
        office.close().await;
        eprintln!("{acknowledged} orders acknowledged, as many stored, the books balance");
        Ok(())
    }

    /// Orders of three lines over two cooperatives that this agent may take now, for a household.
    ///
    /// # Errors
    /// When the catalogue has no such goods.
    pub fn orders_of(&self, agent: &Person, customer: CustomerId) -> Result<Vec<PlaceOrder>> {
        let catalogue = &*self.catalogue;
        let (now, calendar) = (SystemClock.now(), Casablanca::default());
        let price_list = catalogue.price_list_at(now).context("a price list")?;
        let plan = catalogue.plan_at(now).context("a plan")?.version;
        let tier = PriceTier::usual_for(CustomerKind::Household);
        let is_sold =
            |product: &&Product| product.on_sale && product.price(price_list, tier).is_some();
        let sold: Vec<&Product> = catalogue.products.iter().filter(is_sold).collect();
        let mut orders = Vec::new();
        // Every agent begins somewhere else, so that not all sell the same.
        let first = usize::try_from(agent.id.0)? * 7;
        for number in 0..sold.len() {
            if orders.len() == BASKETS {
                break;
            }
            let one = sold[(first + number * 5) % sold.len()];
            let with_it = sold
                .iter()
                .find(|other| other.cooperative == one.cooperative && other.id != one.id);
            let elsewhere = sold
                .iter()
                .cycle()
                .skip(first + number * 11)
                .take(sold.len())
                .find(|other| other.cooperative != one.cooperative);
            let (Some(with_it), Some(elsewhere)) = (with_it, elsewhere) else {
                continue;
            };
            let promise = |product: &Product| {
                let today = calendar.date_at(now);
                let kind = CustomerKind::Household;
                let on = catalogue.usual_promise(product.cooperative, kind, now, today)?;
                Some(Promise {
                    cooperative: product.cooperative,
                    on,
                })
            };
            let (Some(here), Some(there)) = (promise(one), promise(elsewhere)) else {
                continue;
            };
            let basket = Basket {
                tier,
                price_list,
                plan,
                terms_from: None,
                lines: [(one, 2), (with_it, 1), (elsewhere, 3)]
                    .map(|(product, units)| BasketLine {
                        product: product.id,
                        units,
                    })
                    .to_vec(),
                promises: vec![here, there],
                signature: document::SIGNATURE.to_owned(),
                substitution_agreed: false,
            };
            let identity = OrderIdentity {
                id: OrderId(Uuid::now_v7()),
                code: SpokenCode::from_random(number as u64),
                receipt_digits: 4_711,
                customer,
                place: None,
            };
            let door = Door {
                catalogue,
                calendar: &calendar,
                agent: agent.id,
                engagement: &Engagement::default(),
                customer_kind: CustomerKind::Household,
                channel: Channel::default(),
                placed_at: now,
            };
            let priced = basket.place(identity, &door)?;
            orders.push(PlaceOrder {
                customer,
                code: identity.code,
                receipt_digits: identity.receipt_digits,
                channel: door.channel,
                shown: Shown {
                    total: priced.gross_asked()?,
                    commission: priced.commission_asked()?,
                },
                basket,
                place: None,
                from_receipt_of: None,
            });
        }
        if orders.is_empty() {
            bail!("the catalogue has no goods of two cooperatives");
        }
        Ok(orders)
    }
}

/// The company's file, made today if there is none.
async fn make(server: &Path, companies: &Path, orders: u32) -> Result<PathBuf> {
    std::fs::create_dir_all(companies)
        .with_context(|| format!("creating {}", companies.display()))?;
    let today = Casablanca::default().date_at(SystemClock.now());
    let prefix = format!("company-{orders}-");
    let made = companies.join(format!("{prefix}{today}.sqlite"));
    if made.is_file() {
        return Ok(made);
    }
    // Yesterday's has deadlines that have passed since.
    for entry in std::fs::read_dir(companies)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            std::fs::remove_file(entry.path())?;
        }
    }
    let unfinished = companies.join(format!("{prefix}unfinished.sqlite"));
    eprintln!("making a company with {orders} orders");
    let (cpu_s, most_mb) = process::run(
        Command::new(server)
            .args(["demo", "--orders", &orders.to_string(), "--database"])
            .arg(&unfinished),
    )
    .await?;
    let office = open(&unfinished).await?;
    for number in 0..AGENTS {
        let details = agent(format!("{LOGIN}{number:02}"));
        office
            .add_person_with_password(details, taswiq_backend::demo::PASSWORD)
            .await?;
    }
    close(office, &unfinished).await?;
    let bytes = std::fs::metadata(&unfinished)?.len();
    eprintln!(
        "{orders} orders took {cpu_s:.0} s of processor time, {most_mb:.0} MB of memory and {} MB of file",
        bytes / 1_000_000
    );
    std::fs::rename(&unfinished, &made)?;
    Ok(made)
}

/// Opens a database.
///
/// # Errors
/// When it cannot be opened.
pub async fn open(database: &Path) -> Result<Office> {
    let url = database.to_str().context("a path that is text")?;
    Ok(Office::open(url, Arc::new(SystemClock), Options::default()).await?)
}

/// Closes a database, so that all of it is in its one file.
///
/// # Errors
/// When somebody else has it open.
pub async fn close(office: Office, database: &Path) -> Result<()> {
    office.close().await;
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    match std::fs::metadata(PathBuf::from(log)) {
        Ok(log) if log.len() > 0 => bail!("{} is still in use", database.display()),
        _ => Ok(()),
    }
}

/// Somebody who sells, known by what they sign in with.
fn agent(login: String) -> PersonDetails {
    PersonDetails {
        role: Role::Agent,
        name: LocalText::new(&login, &login),
        login: Some(login),
        phone: None,
        language: "fr".to_owned(),
        cooperatives: Vec::new(),
    }
}

/// The demo company's first person.
pub fn administrator() -> Actor {
    Actor {
        person: PersonId(1),
        role: Role::Administrator,
        cooperatives: Vec::new(),
    }
}

async fn count(office: &Office) -> Result<u64> {
    let by_progress = office.orders_by_progress(&administrator()).await?;
    let orders: i64 = by_progress.into_iter().map(|(_, count)| count).sum();
    Ok(u64::try_from(orders)?)
}
