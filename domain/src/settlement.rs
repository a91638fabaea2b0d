//! The end of a month: what a plan adds to the lines' commissions, and what becomes of all of it.
//!
//! Lines earn as they vest and are never rated again. What depends on the whole month is settled at
//! its close, by [`rules`] of the plan, as entries of their own: a [`supplement`] of marginal slices,
//! a bonus, a guaranteed minimum, limits. Then [`close`] takes what moved ([`movement`]) to a
//! [`Statement`] and the entries that settle it: what is payable, what is withheld for [`tax`], what
//! is recovered, what is paid, what is carried. What is [`not_yet_in`] is listed with its reason.
//!
//! Before it is over, [`live`] says what the month would bring if it ended now, from what is on a phone.
//!
//! A closed month never reopens. What comes late counts in the first open month and is tagged with
//! the month it concerns, whose supplement it corrects by the difference.

mod closing;
pub mod live;
mod month;
pub mod movement;
pub mod not_yet_in;
mod payment;
pub mod rules;
mod statement;
pub mod supplement;
pub mod tax;

pub use closing::{Closing, ClosingError, ClosingInput, EarlierMonth, MonthRules, Posting, close};
pub use month::{CappedEarnings, MonthChange, SettledMonth};
pub use movement::{CappedRule, Movement, ReversalReason};
pub use not_yet_in::{NotYetIn, NotYetInReason, why_not_in};
pub use payment::PaymentState;
pub use rules::PeriodRules;
pub use statement::{AdvanceGiven, Nothing, Statement, StatementLine};
