//! What is not yet in a statement, and why: every centime that an agent may expect has a reason.

use crate::ids::{CooperativeId, OrderId};
use crate::money::{Centimes, Overflow};
use crate::order::{Stage, SubOrder, Withdrawal};
use crate::reading::read_tagged;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why commission has not been settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum NotYetInReason {
    /// The cooperative has not answered, or the customer has not answered the cooperative.
    AwaitingAnswer,
    /// The goods are not with the customer.
    NotDelivered,
    /// The customer may still withdraw.
    WithdrawalOpen {
        /// Until when.
        closes_at: Timestamp,
    },
    /// The customer has not paid all of it.
    NotPaid,
    /// The money has not reached the bank.
    NotDeposited,
    /// Somebody disputes it.
    Disputed {
        /// In which dispute.
        dispute: Uuid,
    },
    /// It vested, and counts in a month that has not been closed.
    MonthOpen,
}

read_tagged!(NotYetInReason by "because" {
    "awaiting_answer" => AwaitingAnswer,
    "not_delivered" => NotDelivered,
    "withdrawal_open" => WithdrawalOpen { closes_at },
    "not_paid" => NotPaid,
    "not_deposited" => NotDeposited,
    "disputed" => Disputed { dispute },
    "month_open" => MonthOpen,
});

impl NotYetInReason {
    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingAnswer => "awaiting_answer",
            Self::NotDelivered => "not_delivered",
            Self::WithdrawalOpen { .. } => "withdrawal_open",
            Self::NotPaid => "not_paid",
            Self::NotDeposited => "not_deposited",
            Self::Disputed { .. } => "disputed",
            Self::MonthOpen => "month_open",
        }
    }
}

/// A part of an order that is not yet in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotYetIn {
    /// Of which order.
    pub order: OrderId,
    /// Of whose part.
    pub cooperative: CooperativeId,
    /// How much of the agent's commission.
    pub amount: Centimes,
    /// Why.
    pub why: NotYetInReason,
}

/// What the commission of a sub-order still waits for; nothing when it waits for nothing, be it that
/// it vested or that nothing will come of it.
///
/// # Errors
/// When its sums do not fit 64 bits.
pub fn why_not_in(sub_order: &SubOrder) -> Result<Option<NotYetInReason>, Overflow> {
    Ok(match sub_order.stage {
        Stage::Awaiting | Stage::ChangeProposed => Some(NotYetInReason::AwaitingAnswer),
        stage if stage.is_dead() => None,
        Stage::Delivered if sub_order.is_written_off()? => None,
        Stage::Delivered => match sub_order.withdrawal {
            Withdrawal::Open { closes_at } => Some(NotYetInReason::WithdrawalOpen { closes_at }),
            _ if sub_order.has_vested()? => None,
            _ if sub_order.is_paid()? => Some(NotYetInReason::NotDeposited),
            _ => Some(NotYetInReason::NotPaid),
        },
        _ => Some(NotYetInReason::NotDelivered),
    })
}
