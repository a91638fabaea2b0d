//! A company that sold a whole month: so many agents, so many orders, all of them of one month.
//!
//! Every order is priced, moved and posted by the rules, as a phone and the server would have done it.
//! What is chosen here is who sells what and when, and it is chosen so that the close has all to do that
//! it has in life: three orders in five may be withdrawn from for seven days, so those of the last days
//! are not yet in when the month ends; some are refused, some withdrawn, some given back after they were
//! paid.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use taswiq_backend::bulk::{Batch, Company, History};
use taswiq_backend::catalogue::{CooperativeDetails, NewPrice, PlanDraft, ProductDetails};
use taswiq_backend::clock::{Casablanca, Clock, SettableClock};
use taswiq_backend::customers::StoredCustomer;
use taswiq_backend::people::PersonDetails;
use taswiq_backend::{Office, Options};
use taswiq_domain::Refusal;
use taswiq_domain::catalogue::{
    Catalogue, Channel, Convention, Cooperative, PriceList, PriceTier, Product, ProductPrice,
    VatRate,
};
use taswiq_domain::commission::{CapPer, Conditions, Pays, Rule};
use taswiq_domain::customer::{Customer, CustomerDetails, CustomerKind};
use taswiq_domain::engagement::{Engagement, EngagementKind};
use taswiq_domain::ids::{
    CategoryId, CooperativeId, CustomerId, OrderId, PersonId, PlanVersion, PriceListVersion,
    ProductId,
};
use taswiq_domain::law::Regime;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::basket::{Basket, BasketLine, Door, OrderIdentity, Promise};
use taswiq_domain::order::event::{LineUnits, PackedLine, PaymentMethod, Proof, Reason};
use taswiq_domain::order::{Fault, OrderEvent, Withdrawal};
use taswiq_domain::period::Period;
use taswiq_domain::person::Role;
use taswiq_domain::settlement::PeriodRules;
use taswiq_domain::settlement::rules::{Target, Tier};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{Calendar, Timestamp};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{company, document};

/// Orders in one transaction.
const BATCH_ORDERS: usize = 2_000;
/// Things are numbered by their place: the administrator first, then one member for each cooperative.
const ADMINISTRATOR: PersonId = PersonId(1);
const COOPERATIVES: i64 = 2;
const FIRST_AGENT: i64 = 2 + COOPERATIVES;
/// Of each cooperative.
const PRODUCTS: i64 = 10;
const HOUR_MS: i64 = 3_600_000;

/// How large a month is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub agents: u32,
    pub orders: u32,
}

/// The month that is closed: the last whole one.
pub fn period(calendar: &dyn Calendar, now: Timestamp) -> Period {
    let present = Period::at(now, calendar);
    Period::at(present.start(calendar).plus_ms(-1), calendar)
}

/// The company's file, made if there is none of this month.
///
/// # Errors
/// When it cannot be made.
pub async fn make(folder: &Path, size: Size, period: Period) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    let Size { agents, orders } = size;
    let prefix = format!("month-{agents}-{orders}-");
    let made = folder.join(format!("{prefix}{period}.sqlite"));
    if made.is_file() {
        return Ok(made);
    }
    for entry in std::fs::read_dir(folder)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            std::fs::remove_file(entry.path())?;
        }
    }
    eprintln!("making a month of {agents} agents and {orders} orders");
    let unfinished = folder.join(format!("{prefix}unfinished.sqlite"));
    let calendar = Casablanca::default();
    let clock = Arc::new(SettableClock::new(period.start(&calendar)));
    let office = open(&unfinished, clock.clone()).await?;
    office
        .found_company(company(size, period, &calendar))
        .await?;
    clock.set(period.end(&calendar));
    fill(&office, size, period).await?;
    company::close(office, &unfinished).await?;
    std::fs::rename(&unfinished, &made)?;
    Ok(made)
}

/// Opens a company by a clock.
///
/// # Errors
/// When it cannot be opened.
pub async fn open(database: &Path, clock: Arc<dyn Clock>) -> Result<Office> {
    let url = database.to_str().context("a path that is text")?;
    Ok(Office::open(url, clock, Options::default()).await?)
}

/// The numbers of the agents.
pub fn agents(size: Size) -> impl Iterator<Item = PersonId> {
    (FIRST_AGENT..FIRST_AGENT + i64::from(size.agents)).map(PersonId)
}

async fn fill(office: &Office, size: Size, period: Period) -> Result<()> {
    let catalogue = office.catalogue().await?;
    let customers: Vec<StoredCustomer> = agents(size)
        .map(|agent| customer(agent, office.calendar(), period))
        .collect();
    let first = Batch::new(&customers, &[], office.calendar())?;
    office.bulk_load(Arc::new(first)).await?;
    let (sender, mut batches) = mpsc::channel::<Result<Batch>>(1);
    // Orders are lived a batch ahead of the writer.
    let living = tokio::task::spawn_blocking(move || {
        let calendar = Casablanca::default();
        let mut numbers = 0..size.orders;
        loop {
            let some: Result<Vec<History>, Refusal> = numbers
                .by_ref()
                .take(BATCH_ORDERS)
                .map(|number| live(&catalogue, &calendar, size, period, number))
                .collect();
            let is_last = !matches!(&some, Ok(some) if some.len() == BATCH_ORDERS);
            let batch = some
                .map_err(anyhow::Error::from)
                .and_then(|some| Ok(Batch::new(&[], &some, &calendar)?));
            if sender.blocking_send(batch).is_err() || is_last {
                return;
            }
        }
    });
    while let Some(batch) = batches.recv().await {
        office.bulk_load(Arc::new(batch?)).await?;
    }
    living.await.context("the orders were not lived")
}

/// Two cooperatives, from one of which people may withdraw; a plan whose rules look at lines, and at the
/// month; agents of every kind.
pub fn company(size: Size, period: Period, calendar: &dyn Calendar) -> Company {
    let valid_from = period.start(calendar);
    let named = |name: String| LocalText::new(&name, &name);
    let person = |role, login: String, cooperatives| {
        let details = PersonDetails {
            role,
            name: named(login.clone()),
            login: Some(login),
            phone: None,
            language: "fr".to_owned(),
            cooperatives,
        };
        (details, taswiq_backend::demo::PASSWORD.to_owned())
    };
    let mut people = vec![person(
        Role::Administrator,
        "administrator".to_owned(),
        Vec::new(),
    )];
    people.extend((1..=COOPERATIVES).map(|id| {
        let login = format!("cooperative-{id}");
        person(Role::Cooperative, login, vec![CooperativeId(id)])
    }));
    people.extend(agents(size).map(|id| person(Role::Agent, format!("agent-{id}"), Vec::new())));
    let cooperatives = [Regime::Doorstep7d, Regime::OwnProduction].map(|regime| {
        let details = CooperativeDetails {
            name: named(regime.as_str().to_owned()),
            place: LocalText::new("Mesti", "مستي"),
            region: LocalText::default(),
            phone: None,
        };
        let convention = Convention {
            valid_from,
            regime,
            delivery_days: 1,
            vesting: Default::default(),
        };
        (details, vec![convention])
    });
    let products = (0..COOPERATIVES * PRODUCTS).map(|number| {
        let details = ProductDetails {
            cooperative: CooperativeId(1 + number / PRODUCTS),
            category: CategoryId(1 + number % 2),
            name: named(format!("product-{number}")),
            unit: LocalText::new("pot", "علبة"),
            picture: Default::default(),
            on_sale: true,
        };
        let vat = VatRate {
            valid_from,
            rate: Ppm(200_000),
        };
        (details, vec![vat])
    });
    let prices = (0..COOPERATIVES * PRODUCTS).map(|number| {
        let retail = Centimes(2_500 + 700 * number);
        NewPrice {
            product: ProductId(1 + number),
            retail,
            semi_wholesale: retail,
            wholesale: retail,
        }
    });
    let engagements = agents(size).map(|agent| {
        let kind = EngagementKind::ALL[agent.0 as usize % EngagementKind::ALL.len()];
        let engagement = Engagement {
            valid_from,
            kind,
            ..Engagement::default()
        };
        (agent, engagement)
    });
    Company {
        cooperatives: cooperatives.into(),
        categories: vec![
            (named("food".to_owned()), Default::default()),
            (named("craft".to_owned()), Default::default()),
        ],
        products: products.collect(),
        price_lists: vec![(valid_from, prices.collect())],
        plans: vec![(valid_from, plan())],
        people,
        engagements: engagements.collect(),
    }
}

/// The same as the engine knows it, without a database.
pub fn catalogue(size: Size, period: Period, calendar: &dyn Calendar) -> Catalogue {
    let company = company(size, period, calendar);
    let cooperatives = company.cooperatives.into_iter().zip(1..);
    let products = company.products.into_iter().zip(1..);
    let prices: Vec<NewPrice> = company
        .price_lists
        .iter()
        .flat_map(|(_, prices)| prices.iter().copied())
        .collect();
    Catalogue {
        cooperatives: cooperatives
            .map(|((details, conventions), id)| Cooperative {
                id: CooperativeId(id),
                name: details.name,
                place: details.place,
                conventions,
            })
            .collect(),
        products: products
            .map(|((details, vat), id)| Product {
                id: ProductId(id),
                cooperative: details.cooperative,
                category: details.category,
                name: details.name,
                unit: details.unit,
                picture: details.picture,
                vat,
                prices: prices
                    .iter()
                    .filter(|price| price.product == ProductId(id))
                    .map(|price| ProductPrice {
                        version: PriceListVersion(1),
                        retail: price.retail,
                        semi_wholesale: price.semi_wholesale,
                        wholesale: price.wholesale,
                    })
                    .collect(),
                on_sale: details.on_sale,
            })
            .collect(),
        price_lists: company
            .price_lists
            .iter()
            .map(|(valid_from, _)| PriceList {
                version: PriceListVersion(1),
                valid_from: *valid_from,
            })
            .collect(),
        plans: company
            .plans
            .into_iter()
            .map(|(valid_from, draft)| draft.at(PlanVersion(1), valid_from))
            .collect(),
        ..Catalogue::default()
    }
}

fn plan() -> PlanDraft {
    let rule = |number, when, pays| Rule {
        number,
        when,
        pays,
        cap: None,
        cap_per: CapPer::Line,
    };
    let craft = Conditions {
        category: Some(CategoryId(2)),
        ..Conditions::default()
    };
    let one_product = Conditions {
        product: Some(ProductId(3)),
        ..Conditions::default()
    };
    let tier = |from, below, rate| Tier {
        from: Centimes(from),
        below,
        rate: Ppm(rate),
    };
    PlanDraft {
        rules: vec![
            rule(1, Conditions::default(), Pays::Rate { rate: Ppm(80_000) }),
            rule(2, craft, Pays::Rate { rate: Ppm(100_000) }),
            rule(
                3,
                one_product,
                Pays::PerUnit {
                    amount: Centimes(250),
                },
            ),
        ],
        period: PeriodRules {
            tiers: vec![
                tier(0, Some(Centimes(2_000_000)), 0),
                tier(2_000_000, Some(Centimes(5_000_000)), 10_000),
                tier(5_000_000, None, 20_000),
            ],
            targets: vec![Target {
                reach: Centimes(4_000_000),
                bonus: Centimes(50_000),
            }],
            ..PeriodRules::default()
        },
    }
}

fn customer(agent: PersonId, calendar: &dyn Calendar, period: Period) -> StoredCustomer {
    StoredCustomer {
        customer: Customer {
            id: customer_of(agent),
            details: CustomerDetails {
                first_name: "Itto".to_owned(),
                family_name: String::new(),
                phone: None,
                place: "Imouzzer Kandar".to_owned(),
                address: String::new(),
                kind: CustomerKind::Household,
            },
        },
        agent,
        created_at: period.start(calendar),
    }
}

fn customer_of(agent: PersonId) -> CustomerId {
    CustomerId(Uuid::from_u64_pair(0x7000, 1 << 63 | agent.0 as u64))
}

/// Chance that is the same in every run.
fn mixed(number: u32) -> u64 {
    let mut mixed = (u64::from(number) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 27)
}

/// What became of the order of that number by the end of the month.
///
/// # Errors
/// When the rules refuse what is made up here.
pub fn live(
    catalogue: &Catalogue,
    calendar: &Casablanca,
    size: Size,
    period: Period,
    number: u32,
) -> Result<History, Refusal> {
    let chance = mixed(number);
    let end = period.end(calendar);
    let start = period.start(calendar);
    let agent = PersonId(FIRST_AGENT + i64::from(number % size.agents));
    // In the order of time, so that the last orders are those of the last days.
    let placed_at = start.plus_ms((end.0 - start.0) * i64::from(number) / i64::from(size.orders));
    let cooperative = CooperativeId(if chance % 5 < 3 { 1 } else { 2 });
    let first = (chance >> 8) as i64 % PRODUCTS;
    let product =
        |offset: i64| ProductId(1 + (cooperative.0 - 1) * PRODUCTS + (first + offset) % PRODUCTS);
    let lines = [(product(0), 1 + chance as u32 % 4), (product(3), 2)]
        .map(|(product, units)| BasketLine { product, units });
    let promised_on = catalogue
        .usual_promise(
            cooperative,
            CustomerKind::Household,
            placed_at,
            calendar.date_at(placed_at),
        )
        .ok_or(Refusal::NoConvention { cooperative })?;
    let basket = Basket {
        tier: PriceTier::Retail,
        price_list: PriceListVersion(1),
        plan: PlanVersion(1),
        terms_from: None,
        lines: lines.to_vec(),
        promises: vec![Promise {
            cooperative,
            on: promised_on,
        }],
        signature: document::SIGNATURE.to_owned(),
        substitution_agreed: false,
    };
    let identity = OrderIdentity {
        id: OrderId(Uuid::from_u64_pair(
            u64::try_from(placed_at.0).unwrap_or_default() << 16 | 0x7000,
            1 << 63 | u64::from(number),
        )),
        code: SpokenCode::from_random(u64::from(number)),
        receipt_digits: 4_711,
        customer: customer_of(agent),
        place: None,
    };
    let door = Door {
        catalogue,
        calendar,
        agent,
        engagement: &Engagement::default(),
        customer_kind: CustomerKind::Household,
        channel: Channel::Door,
        placed_at,
    };
    let mut life = Life {
        history: History::place(basket.place(identity, &door)?, None, placed_at),
        agent,
        cooperative,
        end,
    };
    life.go_on((chance >> 20) % 100)?;
    Ok(life.history)
}

struct Life {
    history: History,
    agent: PersonId,
    cooperative: CooperativeId,
    end: Timestamp,
}

impl Life {
    fn go_on(&mut self, percent: u64) -> Result<(), Refusal> {
        let cooperative = self.cooperative;
        let order = self.history.order();
        let placed_at = order.placed_at;
        let Some(part) = order.sub_order(cooperative) else {
            return Ok(());
        };
        let withdrawal = part.withdrawal;
        let units: Vec<LineUnits> = part
            .lines
            .iter()
            .map(|line| LineUnits {
                line: line.number,
                units: line.asked,
            })
            .collect();
        let packed = units
            .iter()
            .map(|line| PackedLine {
                line: line.line,
                units: line.units,
                lot: String::new(),
            })
            .collect();
        let answered_at = placed_at.plus_ms(6 * HOUR_MS);
        if percent < 4 {
            let reason = Reason::OutOfStock;
            return self.member(
                OrderEvent::Refused {
                    cooperative,
                    reason,
                },
                answered_at,
            );
        }
        self.member(
            OrderEvent::Confirmed {
                cooperative,
                lines: units.clone(),
            },
            answered_at,
        )?;
        let delivered_at = match withdrawal {
            Withdrawal::Open { .. } if percent < 7 => {
                let at = placed_at.plus_hours(50);
                return self.happen(OrderEvent::Withdrawn { cooperative }, Some(self.agent), at);
            }
            Withdrawal::Open { closes_at } => {
                let event = OrderEvent::WithdrawalClosed { cooperative };
                self.happen(event, None, closes_at)?;
                closes_at.plus_hours(12)
            }
            _ => placed_at.plus_hours(30),
        };
        self.member(
            OrderEvent::Packed {
                cooperative,
                lines: packed,
            },
            delivered_at.plus_ms(-HOUR_MS),
        )?;
        self.by_agent(
            OrderEvent::Delivered {
                cooperative,
                lines: units,
                proof: Proof::ReceiptDigits { digits: 4_711 },
            },
            delivered_at,
        )?;
        if delivered_at >= self.end {
            return Ok(());
        }
        let amount = self
            .history
            .order()
            .sub_order(cooperative)
            .map_or(Ok(Centimes::ZERO), |part| part.due())?;
        let method = PaymentMethod::Cash;
        let collected = OrderEvent::Collected {
            cooperative,
            amount,
            method,
        };
        self.by_agent(collected, delivered_at.plus_ms(60_000))?;
        if percent >= 98 {
            let returned = OrderEvent::Returned {
                cooperative,
                lines: vec![LineUnits { line: 2, units: 1 }],
                fault: Fault::Customer,
            };
            self.by_agent(returned, delivered_at.plus_hours(40))?;
        }
        Ok(())
    }

    fn member(&mut self, event: OrderEvent, at: Timestamp) -> Result<(), Refusal> {
        let member = PersonId(ADMINISTRATOR.0 + self.cooperative.0);
        self.happen(event, Some(member), at)
    }

    fn by_agent(&mut self, event: OrderEvent, at: Timestamp) -> Result<(), Refusal> {
        self.happen(event, Some(self.agent), at)
    }

    /// Lets it happen, if the month lasts that long.
    fn happen(
        &mut self,
        event: OrderEvent,
        actor: Option<PersonId>,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        if at >= self.end {
            return Ok(());
        }
        self.history.happen(event, actor, None, at, at)
    }
}

/// Refuses a month that is not what its figures are told for.
///
/// # Errors
/// Says what is missing.
pub fn check(size: Size, rows: i64, not_yet_in: usize) -> Result<()> {
    // Each order has two lines; three in five wait for a quarter of the month, the others for a day.
    let orders = i64::from(size.orders);
    if rows < orders || rows > 2 * orders {
        bail!("{rows} entries of {orders} orders");
    }
    let waiting = i64::try_from(not_yet_in)?;
    if waiting * 10 < orders || waiting * 3 > orders {
        bail!("{waiting} of {orders} orders are not yet in");
    }
    Ok(())
}
