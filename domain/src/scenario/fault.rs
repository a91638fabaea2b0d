//! What can be wrong with a scenario, as codes with their figures: the command line says them in
//! English, the office in its reader's language.

use crate::commission::PlanError;
use crate::dispute::DisputeRefusal;
use crate::engagement::EngagementError;
use crate::ids::{CooperativeId, PersonId};
use crate::limits;
use crate::money::Overflow;
use crate::order::vesting::VestingError;
use crate::period::Period;
use crate::refusal::Refusal;
use crate::settlement::ClosingError;
use crate::settlement::tax::TaxTermsError;

/// What is wrong at one place of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioFault {
    /// It is no JSON, or not what is needed at that place.
    #[error("{detail}")]
    Unreadable {
        /// What the reader stumbled over.
        detail: String,
    },
    /// Something else than an object.
    #[error("an object is needed here")]
    ObjectNeeded,
    /// Something else than a list.
    #[error("a list is needed here")]
    ListNeeded,
    /// A field that nothing reads.
    #[error("no such field; there may be {known}")]
    NoSuchField {
        /// The fields that there may be.
        known: String,
    },
    /// An event of a kind that no order has.
    #[error("no such kind; there may be {known}")]
    NoSuchKind {
        /// The kinds that there may be.
        known: String,
    },
    /// A field that must be there.
    #[error("the field is missing")]
    FieldMissing,
    /// One field twice in one object.
    #[error("the field is given twice")]
    FieldTwice,
    /// No moment and no date.
    #[error(
        "a moment is written 2026-10-03T14:20:00Z or 2026-10-03T15:20:00+01:00, and a date alone is its first moment in Morocco"
    )]
    NotAMoment,
    /// A list that is too long for whoever plays it.
    #[error("there may be {most} at most")]
    TooMany {
        /// How many there may be.
        most: usize,
    },
    /// Two of a kind with one number.
    #[error("the number is given twice")]
    NumberTwice,
    /// Versions that do not follow each other in time.
    #[error("each holds from a later moment than the one before it")]
    NotLater,
    /// A cooperative that is not in the scenario.
    #[error("no cooperative has the number {number}")]
    UnknownCooperative {
        /// The number.
        number: CooperativeId,
    },
    /// An agent who is not in the scenario.
    #[error("no agent has the number {number}")]
    UnknownAgent {
        /// The number.
        number: PersonId,
    },
    /// An order that was not placed, or not yet.
    #[error("no order {name} was placed before")]
    UnknownOrder {
        /// Its name.
        name: String,
    },
    /// A dispute that was not opened, or not yet.
    #[error("no dispute {name} was opened before")]
    UnknownDispute {
        /// Its name.
        name: String,
    },
    /// A rate above the whole.
    #[error("the rate is above 100 %")]
    RateAboveWhole,
    /// A price that nothing can have.
    #[error(
        "a price is a number of centimes from 1 to {}",
        limits::UNIT_PRICE_CENTIMES
    )]
    PriceOutOfRange,
    /// Nothing or less.
    #[error("the amount is not positive")]
    AmountNotPositive,
    /// A plan that would not be published.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Parts of a vesting that are not the whole.
    #[error(transparent)]
    Vesting(#[from] VestingError),
    /// Terms of an agent that would not be published.
    #[error(transparent)]
    Engagement(#[from] EngagementError),
    /// Terms of tax that would not be published.
    #[error(transparent)]
    Tax(#[from] TaxTermsError),
    /// What the rules of orders and disputes refuse.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A month that cannot be closed.
    #[error("agent {agent}: {error}")]
    Closing {
        /// Whose month.
        agent: PersonId,
        /// Why.
        error: ClosingError,
    },
    /// An order with a name that is taken.
    #[error("the order {name} is placed twice")]
    OrderTwice {
        /// The name.
        name: String,
    },
    /// A dispute with a name that is taken.
    #[error("the dispute {name} is opened twice")]
    DisputeTwice {
        /// The name.
        name: String,
    },
    /// An order to which nothing happens, or two things.
    #[error("an order is either placed or has one event")]
    OrderOneThing,
    /// A dispute to which nothing happens, or two things.
    #[error("a dispute is either opened or has one event")]
    DisputeOneThing,
    /// An event without anything that happens.
    #[error("nothing happens: order, dispute, advance, paid or closed is needed")]
    NothingHappens,
    /// An event with more than one thing that happens.
    #[error("two things happen in one event")]
    TwoThingsHappen,
    /// An order is placed by what was asked, never by an event that says how it stands.
    #[error("an order is placed by what was asked")]
    PlacedByEvent,
    /// No plan holds at that moment.
    #[error("no plan is in force at that moment")]
    NoPlan,
    /// An agent without terms at that moment.
    #[error("agent {agent} is not engaged at that moment")]
    NotEngaged {
        /// Who.
        agent: PersonId,
    },
    /// A month that was not closed for that agent.
    #[error("{period} is not closed for agent {agent}")]
    NotClosed {
        /// Which month.
        period: Period,
        /// Whose.
        agent: PersonId,
    },
    /// A statement that was paid before.
    #[error("the statement is paid already")]
    PaidAlready,
    /// A month that is not the next to be closed.
    #[error("the month that is open is {open}; months are closed one after the other")]
    NotTheOpenMonth {
        /// The month that is.
        open: Period,
    },
    /// A month that is closed before it is over.
    #[error("{period} has not ended by then")]
    MonthNotOver {
        /// Which month.
        period: Period,
    },
}

impl From<DisputeRefusal> for ScenarioFault {
    fn from(refusal: DisputeRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<Overflow> for ScenarioFault {
    fn from(overflow: Overflow) -> Self {
        Self::Refused(overflow.into())
    }
}

impl From<serde_json::Error> for ScenarioFault {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable {
            detail: error.to_string(),
        }
    }
}
