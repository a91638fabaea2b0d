//! What would be posted and paid, told as a document: plans, conventions, engagements, a small
//! catalogue and what happens at which time go in; entries, balances and statements come out.
//!
//! Nothing here knows a rule of its own. Orders are priced, moved, posted and settled by the functions
//! that phone and server use, so a scenario is what the product does. The form of the document stands
//! in `scenario.schema.json` beside this crate's manifest; what is wrong with one is named by its
//! place.
//!
//! Events are taken in the order in which they stand, which is the order in which the server hears of
//! them: one whose time lies in a month that is closed by then counts in the open one. The clock
//! closes periods of withdrawal by itself; an order that expires or is written off is an event to be
//! listed.

mod company;
mod fault;
mod happenings;
mod reader;
mod written;

pub use fault::ScenarioFault;
pub use happenings::ORDER_EVENTS;
pub use written::{Engaged, written};

use crate::ids::{OrderId, PersonId};
use crate::ledger::{Account, Transfer};
use crate::limits;
use crate::money::Centimes;
use crate::order::Progress;
use crate::settlement::Statement;
use crate::time::Calendar;
use serde::Serialize;
use std::fmt;

/// What is wrong with a scenario, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ScenarioError {
    /// The place: `events[3].advance.amount`; empty for the document as a whole.
    pub field: String,
    /// What is wrong there.
    pub fault: ScenarioFault,
}

impl ScenarioError {
    fn new(field: &str, fault: impl Into<ScenarioFault>) -> Self {
        Self {
            field: field.to_owned(),
            fault: fault.into(),
        }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            write!(out, "{}", self.fault)
        } else {
            write!(out, "{}: {}", self.field, self.fault)
        }
    }
}

/// What comes out of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The orders, as they were placed.
    pub orders: Vec<OrderOutcome>,
    /// Every entry of the ledger, oldest first.
    pub entries: Vec<Entry>,
    /// Every account that is not even.
    pub balances: Vec<Balance>,
    /// The statements, in the order in which they were closed.
    pub statements: Vec<Statement>,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderOutcome {
    /// Its name in the scenario.
    pub order: String,
    /// Its id in the entries.
    pub id: OrderId,
    /// Who took it.
    pub agent: PersonId,
    /// How far it came.
    pub progress: Progress,
    /// What it would have earned its sellers if everything asked had been kept.
    pub commission_asked: Centimes,
    /// What of that is confirmed and not vested.
    pub pending: Centimes,
    /// What of it vested.
    pub earned: Centimes,
}

/// An entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Counts the entries, from 1.
    pub number: u32,
    /// What moved.
    #[serde(flatten)]
    pub transfer: Transfer,
}

/// What stands on an account: what was credited less what was debited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// Which account.
    #[serde(flatten)]
    pub account: Account,
    /// How much.
    pub amount: Centimes,
}

/// How much of a scenario is played for whoever shares a server with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Events there may be.
    pub events: usize,
    /// Statements there may be: months closed times agents. Each looks through all that happened.
    pub statements: usize,
}

impl Bounds {
    /// For whoever plays it on a machine of their own.
    pub const NONE: Self = Self {
        events: usize::MAX,
        statements: usize::MAX,
    };
    /// For one of many who use a server.
    pub const SHARED: Self = Self {
        events: limits::SCENARIO_EVENTS,
        statements: limits::SCENARIO_STATEMENTS,
    };
}

/// Plays a scenario.
///
/// # Errors
/// The first thing that is wrong with it, that the rules refuse or that is beyond the bounds, by its
/// place.
pub fn play(text: &str, calendar: &dyn Calendar, bounds: Bounds) -> Result<Outcome, ScenarioError> {
    let mut document = reader::Node::root(text)?.object(&DOCUMENT)?;
    // For editors that look for the schema.
    if let Some(schema) = document.optional("$schema") {
        schema.read::<String>()?;
    }
    let events = document.required("events")?.list()?;
    if events.len() > bounds.events {
        let most = bounds.events;
        return Err(ScenarioError::new(
            "events",
            ScenarioFault::TooMany { most },
        ));
    }
    let company = company::Company::read(document, calendar)?;
    let mut happenings = happenings::Happenings::new(&company, calendar, bounds.statements);
    for event in events {
        happenings.take(event)?;
    }
    happenings.outcome()
}

/// The form of a scenario, as a JSON Schema (draft 2020-12).
pub const SCHEMA: &str = include_str!("../scenario.schema.json");

const DOCUMENT: [&str; 7] = [
    "$schema",
    "plans",
    "cooperatives",
    "products",
    "agents",
    "tax",
    "events",
];

/// The fields of each object that is read, so that the schema can be held to them.
pub fn fields() -> impl Iterator<Item = &'static [&'static str]> {
    let all: [&'static [&'static str]; 21] = [
        &DOCUMENT,
        &company::PLAN,
        &company::RULE,
        &company::WHEN,
        &company::DISCOUNT,
        &company::PERIOD,
        &company::TIER,
        &company::TARGET,
        &company::COOPERATIVE,
        &company::CONVENTION,
        &company::PRODUCT,
        &company::AGENT,
        &company::ENGAGEMENT,
        &company::SHARE,
        &company::TAX,
        &company::TAX_RATE,
        &happenings::EVENT,
        &happenings::PLACED,
        &happenings::ADVANCE,
        &happenings::PAID,
        &happenings::OPENED,
    ];
    let by_kind = happenings::ORDER_EVENTS.into_iter().chain(company::PAYS);
    all.into_iter().chain(by_kind.map(|(_, fields)| fields))
}
