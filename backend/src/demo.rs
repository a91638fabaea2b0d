//! The demo company: what `taswiq demo` fills an empty database with.
//!
//! A person who looks at Taswiq for the first time must meet a company that lives: cooperatives with
//! goods and prices, agents with customers, half a year of orders in every state, ending today. The
//! same seed and date always give the same company, to the byte, so that a picture, a measurement
//! or a mistake can be found again.
//!
//! Only what people do is made up. Every price, tax, commission, state and ledger entry comes from
//! the rules in [`taswiq_domain`], by the same functions that decide on a real order; nothing here
//! computes a figure. [`market`] says who buys what, [`life`] what happens then.
//!
//! A million orders are made as a stream ([`Demo::histories`]): none is held longer than its reader
//! wants it.

mod clientele;
mod company;
mod days;
mod life;
mod load;
mod market;
mod material;
mod random;
#[cfg(test)]
mod tests;

pub use clientele::DemoCustomer;
pub use company::{Company, DemoCooperative, DemoPerson};
pub use load::{FillError, fill};

use crate::bulk::History;
use clientele::Clientele;
use days::Days;
use market::{Knock, Market};
use material::Material;
use taswiq_domain::ids::OrderId;
use taswiq_domain::person::Role;
use taswiq_domain::refusal::Refusal;
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};

/// The password of every demo account. It is published, so the server refuses demo accounts on any
/// address but loopback.
pub const PASSWORD: &str = "taswiq-demo";
/// Orders when none are asked for.
pub const ORDERS: u32 = 30_000;
/// Days of the history: six months.
pub(crate) const HISTORY_DAYS: i32 = 183;
/// Agents, counted from 0, whose phones have not been heard of since the evening before.
const OFFLINE_AGENTS: [usize; 2] = [8, 13];
/// The last day is told until nine in the morning, when the day's first orders are in.
const LAST_MINUTE: i64 = 9 * 60;
/// Before half past seven nobody has knocked yet and the last orders are the evening's.
const FIRST_KNOCKS_MINUTE: i64 = 7 * 60 + 30;

/// Which demo company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Chance begins here.
    pub seed: u64,
    /// How many orders.
    pub orders: u32,
    /// The last day of the history.
    pub as_of: CivilDate,
    /// When the history ends, on that day.
    pub ends_at: Timestamp,
}

impl Options {
    /// The company whose history ends on the morning of `as_of`, the same whenever it is made.
    pub fn as_of(seed: u64, orders: u32, as_of: CivilDate, calendar: &dyn Calendar) -> Self {
        let ends_at = calendar.start_of(as_of).plus_ms(LAST_MINUTE * 60_000);
        Self {
            seed,
            orders,
            as_of,
            ends_at,
        }
    }

    /// The company whose history ends today, and not later than `now`: an order from the future
    /// would puzzle its reader.
    pub fn until(seed: u64, orders: u32, now: Timestamp, calendar: &dyn Calendar) -> Self {
        let options = Self::as_of(seed, orders, calendar.date_at(now), calendar);
        Self {
            ends_at: options.ends_at.min(now),
            ..options
        }
    }

    /// The first day of the history.
    pub fn first_day(&self) -> CivilDate {
        self.as_of.plus_days(1 - HISTORY_DAYS)
    }

    /// The last day on which an order is taken.
    fn last_day(&self, days: &Days) -> CivilDate {
        if days.minute_of(self.ends_at) >= FIRST_KNOCKS_MINUTE {
            self.as_of
        } else {
            self.as_of.plus_days(-1)
        }
    }

    /// For agents whose phone has not reached the server on the last day: since when. An office is
    /// never sure to know everything, and the demo shows how that looks.
    fn offline_since(&self, days: &Days, agent: usize) -> Option<Timestamp> {
        OFFLINE_AGENTS
            .contains(&agent)
            .then(|| days.at(self.last_day(days), 0).plus_hours(-4))
    }

    /// How many orders at the end still await every answer.
    fn fresh_orders(&self) -> u32 {
        market::FRESH_MAX.min(self.orders / 10)
    }
}

/// Why the demo company could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file of the raw material does not fit.
    #[error("{file}: {detail}")]
    Material {
        /// Which file of `backend/demo`.
        file: &'static str,
        /// What does not fit.
        detail: String,
    },
    /// The rules refuse what the generator made of a person.
    #[error("the rules refuse {event} of order {order}")]
    Refused {
        /// Which order.
        order: OrderId,
        /// What was meant to happen.
        event: &'static str,
        /// Why not.
        #[source]
        refusal: Refusal,
    },
    /// The rules refuse an order or a customer.
    #[error("the rules refuse a basket or a customer")]
    Basket(#[from] Refusal),
}

/// A demo company, ready to tell its history.
#[derive(Debug)]
pub struct Demo {
    options: Options,
    days: Days,
    company: Company,
    clientele: Clientele,
    market: Market,
}

impl Demo {
    /// Sets the company up: everything but the orders.
    pub fn new(options: Options, calendar: &dyn Calendar) -> Result<Self, DemoError> {
        let material = Material::read()?;
        // From before the set-up to after the last promise.
        let days = Days::new(
            options.first_day().plus_days(-100),
            options.as_of.plus_days(100),
            calendar,
        );
        let company = Company::new(&options, &material, &days)?;
        let clientele = clientele::gather(&options, &company, &material, &days)?;
        let market = Market::new(&options, &company, &days);
        Ok(Self {
            options,
            days,
            company,
            clientele,
            market,
        })
    }

    /// Which company it is.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// People, cooperatives and catalogue.
    pub fn company(&self) -> &Company {
        &self.company
    }

    /// The customers, agent by agent, each agent's in the order in which they were registered.
    pub fn customers(&self) -> impl Iterator<Item = &DemoCustomer> {
        self.clientele.iter().flatten()
    }

    /// The orders with all that happened to them, in the order in which they were taken.
    pub fn histories(&self) -> impl Iterator<Item = Result<History, DemoError>> + '_ {
        let mut first = 0;
        (0..HISTORY_DAYS as usize).flat_map(move |day| {
            let knocks = self.market.knocks(&self.options, &self.days, day, first);
            let numbers = first..;
            first += self.market.orders_of_day(day);
            knocks
                .into_iter()
                .zip(numbers)
                .map(|(knock, number)| self.history(number, &knock))
        })
    }

    fn history(&self, number: u32, knock: &Knock) -> Result<History, DemoError> {
        let world = life::World {
            options: &self.options,
            company: &self.company,
            days: &self.days,
            market: &self.market,
        };
        let mut random =
            random::Random::new(self.options.seed, random::Stream::Visit, u64::from(number));
        let customer = self
            .market
            .customer(&self.clientele, knock, &mut random)
            .ok_or(Refusal::UnknownCustomer)?;
        life::live(world, number, knock, customer)
    }
}

/// An account to show to whoever starts a demo server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoAccount {
    /// What they are.
    pub role: Role,
    /// Their name, in Latin letters.
    pub name: &'static str,
    /// What to type.
    pub login: &'static str,
    /// What to type next.
    pub password: &'static str,
}

/// A handful of accounts worth looking at: two agents, two cooperatives and the animatrice of three,
/// a manager, the administrator.
pub fn accounts() -> [DemoAccount; 7] {
    let account = |role, name, login| DemoAccount {
        role,
        name,
        login,
        password: PASSWORD,
    };
    [
        account(Role::Agent, "Fatima Bouazzaoui, Oujda", "agent-01"),
        account(Role::Agent, "Naïma Tazi, Meknès", "agent-05"),
        account(Role::Cooperative, "Coopérative Tiwizi Mesti", "argan-mesti"),
        account(
            Role::Cooperative,
            "Coopérative Maâsra Zerhoune",
            "zitoun-zerhoune",
        ),
        account(Role::Cooperative, "Animatrice: Boulemane", "animatrice"),
        account(Role::Manager, "Nadia El Fassi", "manager-01"),
        account(Role::Administrator, "Karim Benomar", "admin"),
    ]
}
