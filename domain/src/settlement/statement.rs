//! The statement of an agent for a month: what is stored, shown, printed and sent to the phone.
//!
//! It adds up from top to bottom. Its lines sum to the total; the total, never below zero, with what
//! is guaranteed, is payable; of that go tax, what is recovered and what was advanced; the rest is
//! paid. What is still owed goes on to the next.

use super::month::SettledMonth;
use super::movement::ReversalReason;
use super::not_yet_in::NotYetIn;
use super::tax::Withheld;
use crate::ids::PersonId;
use crate::ledger::Purpose;
use crate::money::Centimes;
use crate::period::Period;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What an agent is paid for a month, and how it comes about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Counts the agent's statements, from 1.
    pub number: u32,
    /// Whose.
    pub agent: PersonId,
    /// Which month.
    pub period: Period,
    /// When the month was closed.
    pub closed_at: Timestamp,
    /// What was there before: never above zero, for what is owed *to* an agent is paid, not carried.
    pub opening: Centimes,
    /// What moved, by purpose, reason and the month it concerns.
    pub lines: Vec<StatementLine>,
    /// The sum of the lines.
    pub total: Centimes,
    /// What the plan guarantees above that: given now, owed from now on.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub draw: Centimes,
    /// The total where it is above zero, and the draw.
    pub payable: Centimes,
    /// What is withheld of it for tax.
    pub tax: Withheld,
    /// What is recovered of what was owed before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub recovered: Centimes,
    /// What was paid before it was payable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advances: Vec<AdvanceGiven>,
    /// How much of that this month makes good.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub advances_deducted: Centimes,
    /// What is transferred to the agent. Never below zero.
    pub net: Centimes,
    /// What the agent owes from now on. Never below zero.
    pub carried_forward: Centimes,
    /// What the programme has paid the agent in the year with this statement, tax included: where
    /// the next one's meter begins.
    pub paid_this_year: Centimes,
    /// The months whose figures it settles: its own, and earlier ones that late entries changed.
    pub months: Vec<SettledMonth>,
    /// What is not yet in, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_yet_in: Vec<NotYetIn>,
    /// Why there is nothing to pay; nothing when there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nothing: Option<Nothing>,
    /// The head of the agent's chain of entries when it was closed; empty until it is posted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chain_head: String,
}

fn is_zero(amount: &Centimes) -> bool {
    *amount == Centimes::ZERO
}

/// Entries of one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementLine {
    /// What for.
    pub purpose: Purpose,
    /// Why it was taken back, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReversalReason>,
    /// The month it concerns: an earlier one for what came late.
    pub concerns: Period,
    /// Their sum.
    pub amount: Centimes,
    /// How many.
    pub count: u32,
}

/// An advance that was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvanceGiven {
    /// Which.
    pub advance: Uuid,
    /// When.
    pub at: Timestamp,
    /// How much.
    pub amount: Centimes,
}

/// Why a statement pays nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nothing {
    /// Nothing was sold that may still come in.
    NothingSold,
    /// Something was sold, and none of it is in yet.
    NothingVested,
    /// What was taken back came to as much as what was earned, or more.
    TakenBack,
    /// What was earned is disputed.
    Held,
    /// What was earned had been paid in advance, or went into what was owed.
    Advanced,
    /// All of it is withheld for tax.
    Taxed,
}

impl Nothing {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::NothingSold,
        Self::NothingVested,
        Self::TakenBack,
        Self::Held,
        Self::Advanced,
        Self::Taxed,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingSold => "nothing_sold",
            Self::NothingVested => "nothing_vested",
            Self::TakenBack => "taken_back",
            Self::Held => "held",
            Self::Advanced => "advanced",
            Self::Taxed => "taxed",
        }
    }
}

impl Statement {
    /// The sum of the lines of that purpose.
    pub fn sum_of(&self, purpose: Purpose) -> Centimes {
        Centimes(
            self.lines
                .iter()
                .filter(|line| line.purpose == purpose)
                .map(|line| line.amount.0)
                .fold(0, i64::saturating_add),
        )
    }

    /// What is held by disputes that are open.
    pub fn held(&self) -> Centimes {
        Centimes(
            self.not_yet_in
                .iter()
                .filter(|part| matches!(part.why, super::NotYetInReason::Disputed { .. }))
                .map(|part| part.amount.0)
                .fold(0, i64::saturating_add),
        )
    }

    /// The figures of the month itself.
    pub fn month(&self) -> Option<&SettledMonth> {
        self.months.iter().find(|month| month.period == self.period)
    }
}
