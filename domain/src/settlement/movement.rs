//! What moved on an agent's earned account: the material of a statement.
//!
//! A movement is an entry of the ledger seen from the account, with a sign, and with the month whose
//! figures it changes. A closed month never reopens, so a late entry counts in the first open month
//! and *concerns* an earlier one: a sale concerns the month in which it vested, and what is taken
//! back concerns the months in which that had vested, the latest first.

use super::ClosingError;
use crate::ids::{PersonId, PlanVersion};
use crate::ledger::{Account, Purpose, Transfer};
use crate::money::{Centimes, Overflow};
use crate::order::event::{Fault, OrderEvent};
use crate::period::Period;
use serde::{Deserialize, Serialize};

/// Why commission that had vested was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalReason {
    /// The customer gave goods back.
    CustomerReturned,
    /// The agent had promised wrongly.
    AgentAtFault,
    /// The customer used the right to withdraw.
    Withdrawn,
    /// The order was cancelled.
    Cancelled,
    /// The customer never paid.
    NeverPaid,
    /// A mistake was mended.
    Corrected,
}

impl ReversalReason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::CustomerReturned,
        Self::AgentAtFault,
        Self::Withdrawn,
        Self::Cancelled,
        Self::NeverPaid,
        Self::Corrected,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CustomerReturned => "customer_returned",
            Self::AgentAtFault => "agent_at_fault",
            Self::Withdrawn => "withdrawn",
            Self::Cancelled => "cancelled",
            Self::NeverPaid => "never_paid",
            Self::Corrected => "corrected",
        }
    }

    /// The reason that an event gives for what it takes back.
    pub const fn of_event(event: &OrderEvent) -> Self {
        match event {
            OrderEvent::Returned {
                fault: Fault::Agent,
                ..
            } => Self::AgentAtFault,
            OrderEvent::Returned { .. } => Self::CustomerReturned,
            OrderEvent::Withdrawn { .. } => Self::Withdrawn,
            OrderEvent::Cancelled { .. } => Self::Cancelled,
            OrderEvent::WrittenOff { .. } => Self::NeverPaid,
            _ => Self::Corrected,
        }
    }
}

/// A rule that limits what a whole month may earn by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CappedRule {
    /// Of which plan.
    pub plan: PlanVersion,
    /// Its number there.
    pub rule: u16,
    /// The most a month may earn by it.
    pub cap: Centimes,
}

/// An entry of an agent's earned account, or the sum of like ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movement {
    /// What for.
    pub purpose: Purpose,
    /// How much came to the account; negative when it left.
    pub amount: Centimes,
    /// The net turnover that came with it for tiers and targets; negative when it left.
    pub base: Centimes,
    /// The month whose figures it changes.
    pub concerns: Period,
    /// Why it was taken back.
    pub reason: Option<ReversalReason>,
    /// The rule it was earned by, when that limits the month.
    pub capped: Option<CappedRule>,
    /// Of how many entries it is the sum.
    pub count: u32,
}

impl Movement {
    /// A transfer as the agent's earned account sees it; nothing when it does not touch it. It is
    /// taken to concern the month it counts in.
    pub fn of_transfer(transfer: &Transfer, agent: PersonId) -> Option<Self> {
        let account = Account::AgentEarned(agent);
        let (amount, base) = if transfer.credit == account {
            (transfer.amount, transfer.base)
        } else if transfer.debit == account {
            (Centimes(-transfer.amount.0), Centimes(-transfer.base.0))
        } else {
            return None;
        };
        Some(Self {
            purpose: transfer.purpose,
            amount,
            base,
            concerns: transfer.period,
            reason: None,
            capped: None,
            count: 1,
        })
    }

    /// Refuses what cannot be: a refund that pays, a sale that costs, or what only a close posts.
    pub(super) fn check(&self, period: Period) -> Result<(), ClosingError> {
        let sign = match self.purpose {
            Purpose::CommissionVested | Purpose::DisputeGranted | Purpose::DisputeReleased => 1,
            Purpose::CommissionReversed | Purpose::DisputeHeld | Purpose::WrittenOff => -1,
            Purpose::Correction => self.amount.0.signum(),
            purpose => return Err(ClosingError::NotForAClose { purpose }),
        };
        // Turnover moves with what it earned, in its direction. Where an entry concerns two months,
        // one of them may have only the turnover.
        if sign != 0 && (self.amount.0.signum() == -sign || self.base.0.signum() == -sign) {
            return Err(ClosingError::WrongSign {
                purpose: self.purpose,
                amount: self.amount,
            });
        }
        if self.concerns > period {
            return Err(ClosingError::ConcernsLaterMonth {
                concerns: self.concerns,
            });
        }
        Ok(())
    }
}

/// An entry of one line: what it moved, and the month in which it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineEntry {
    /// The civil month of its time, whether or not that was still open.
    pub happened_in: Period,
    /// What it brought to the earned account; negative when it took.
    pub amount: Centimes,
    /// The turnover that moved with it.
    pub base: Centimes,
}

/// The part of an entry that concerns one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributed {
    /// Which entry, by its place in the list.
    pub entry: usize,
    /// Which month.
    pub concerns: Period,
    /// How much of its amount.
    pub amount: Centimes,
    /// How much of its turnover.
    pub base: Centimes,
}

/// Which months the entries of one line and person concern, given all of them in the ledger's order.
/// What is taken back comes off the latest month that still has some of it; what exceeds everything
/// (a mistake) concerns the month it happened in.
///
/// # Errors
/// When the figures do not fit 64 bits.
pub fn attribute(entries: &[LineEntry]) -> Result<Vec<Attributed>, Overflow> {
    let mut months: Vec<(Period, Centimes, Centimes)> = Vec::new();
    let mut attributed = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let mut parts: Vec<(Period, Centimes, Centimes)> = Vec::new();
        let (mut amount, mut base) = (entry.amount, entry.base);
        if amount < Centimes::ZERO || base < Centimes::ZERO {
            for (month, has_amount, has_base) in months.iter_mut().rev() {
                let taken_amount = amount.max(Centimes(-has_amount.0)).min(Centimes::ZERO);
                let taken_base = base.max(Centimes(-has_base.0)).min(Centimes::ZERO);
                if taken_amount == Centimes::ZERO && taken_base == Centimes::ZERO {
                    continue;
                }
                *has_amount = has_amount.plus(taken_amount)?;
                *has_base = has_base.plus(taken_base)?;
                amount = amount.minus(taken_amount)?;
                base = base.minus(taken_base)?;
                parts.push((*month, taken_amount, taken_base));
            }
        }
        if amount != Centimes::ZERO || base != Centimes::ZERO {
            if amount > Centimes::ZERO || base > Centimes::ZERO {
                let at = months.partition_point(|(month, ..)| *month < entry.happened_in);
                match months.get_mut(at) {
                    Some(month) if month.0 == entry.happened_in => {
                        month.1 = month.1.plus(amount)?;
                        month.2 = month.2.plus(base)?;
                    }
                    _ => months.insert(at, (entry.happened_in, amount, base)),
                }
            }
            parts.push((entry.happened_in, amount, base));
        }
        attributed.extend(
            parts
                .into_iter()
                .map(|(concerns, amount, base)| Attributed {
                    entry: index,
                    concerns,
                    amount,
                    base,
                }),
        );
    }
    Ok(attributed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn month(number: i32) -> Period {
        Period::from_months_since_1970(number)
    }

    fn entry(month_number: i32, amount: i64, base: i64) -> LineEntry {
        LineEntry {
            happened_in: month(month_number),
            amount: Centimes(amount),
            base: Centimes(base),
        }
    }

    fn attributed(entries: &[LineEntry]) -> Vec<(usize, i32, i64, i64)> {
        attribute(entries)
            .expect("fits")
            .into_iter()
            .map(|part| {
                (
                    part.entry,
                    part.concerns.months_since_1970(),
                    part.amount.0,
                    part.base.0,
                )
            })
            .collect()
    }

    #[test]
    fn what_is_taken_back_concerns_the_month_that_had_it() {
        assert_eq!(
            attributed(&[entry(1, 100, 1_000), entry(4, -30, -300)]),
            [(0, 1, 100, 1_000), (1, 1, -30, -300)]
        );
    }

    #[test]
    fn what_vested_in_two_months_comes_off_the_latest_first() {
        assert_eq!(
            attributed(&[
                entry(1, 50, 500),
                entry(2, 50, 500),
                entry(3, -70, -700),
                entry(3, -30, -300)
            ]),
            [
                (0, 1, 50, 500),
                (1, 2, 50, 500),
                (2, 2, -50, -500),
                (2, 1, -20, -200),
                (3, 1, -30, -300)
            ]
        );
    }

    #[test]
    fn a_sale_that_vested_late_concerns_the_month_of_its_time() {
        assert_eq!(
            attributed(&[entry(2, 10, 100), entry(1, 10, 100), entry(3, -15, -150)]),
            [
                (0, 2, 10, 100),
                (1, 1, 10, 100),
                (2, 2, -10, -100),
                (2, 1, -5, -50)
            ]
        );
    }

    proptest! {
        #[test]
        fn the_parts_of_an_entry_sum_to_it_and_no_month_gives_more_than_it_has(steps in prop::collection::vec((0i32..5, -200i64..200, 0i64..9), 0..12)) {
            let entries: Vec<LineEntry> = steps.iter().map(|&(month, amount, times)| entry(month, amount, amount * times)).collect();
            let parts = attribute(&entries).expect("fits");
            for (index, entry) in entries.iter().enumerate() {
                let of_entry = parts.iter().filter(|part| part.entry == index);
                prop_assert_eq!(of_entry.clone().map(|part| part.amount.0).sum::<i64>(), entry.amount.0);
                prop_assert_eq!(of_entry.map(|part| part.base.0).sum::<i64>(), entry.base.0);
            }
            let mut sum = 0;
            let ever_overdrawn = entries.iter().any(|entry| { sum += entry.amount.0; sum < 0 });
            if !ever_overdrawn {
                for month in (0..5).map(month) {
                    let left: i64 = parts.iter().filter(|part| part.concerns == month).map(|part| part.amount.0).sum();
                    prop_assert!(left >= 0, "{month}: {left}");
                }
            }
        }
    }
}
