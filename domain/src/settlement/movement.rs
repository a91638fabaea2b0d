//! What moved on an agent's earned account: the material of a statement.
//!
//! A movement is an entry of the ledger seen from the account, with a sign, and with the month whose
//! figures it changes. A closed month never reopens, so a late entry counts in the first open month
//! and *concerns* an earlier one: a sale concerns the month in which it vested, and what is taken
//! back concerns the months in which that had vested, the latest first.

use super::ClosingError;
use crate::commission::{CapPer, LineCommission};
use crate::ids::{PersonId, PlanVersion};
use crate::ledger::{Account, Purpose, Transfer};
use crate::money::{Centimes, Overflow};
use crate::order::event::{Fault, OrderEvent};
use crate::period::Period;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

impl CappedRule {
    /// The rule of a line that was sold under that plan, where it limits a month.
    pub fn of_line(plan: PlanVersion, commission: &LineCommission) -> Option<Self> {
        match (commission.cap_per, commission.cap) {
            (CapPer::Period, Some(cap)) => Some(Self {
                plan,
                rule: commission.rule,
                cap,
            }),
            _ => None,
        }
    }
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

    const fn kind(&self) -> Kind {
        (self.purpose, self.concerns, self.reason, self.capped)
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

/// An entry of one line on one person's earned account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineEntry {
    /// Of which moment.
    pub moment: LineMoment,
    /// The civil month of its time, whether or not that was still open.
    pub happened_in: Period,
    /// What it brought to the earned account; negative when it took.
    pub amount: Centimes,
    /// The turnover that moved with it.
    pub base: Centimes,
}

/// A moment of a line and the month in which its entries count. Where something was told late there are
/// several entries of one moment, which together say what it moved: see [`crate::ledger::Told`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineMoment {
    /// The month in which it counts.
    pub counts_in: Period,
    /// When.
    pub at: Timestamp,
    /// The number of the event that happened then.
    pub event_number: u32,
}

/// The part of what a moment moved that concerns one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributed {
    /// Of which moment.
    pub moment: LineMoment,
    /// Which month.
    pub concerns: Period,
    /// How much; negative when it was taken.
    pub amount: Centimes,
    /// The turnover that moved with it.
    pub base: Centimes,
}

impl Attributed {
    /// Whether it was taken back.
    pub fn is_taken(&self) -> bool {
        self.amount < Centimes::ZERO || self.base < Centimes::ZERO
    }

    /// What it is for.
    pub fn purpose(&self) -> Purpose {
        if self.is_taken() {
            Purpose::CommissionReversed
        } else {
            Purpose::CommissionVested
        }
    }

    /// The month that it concerns on a statement: what is told of a time to come counts when it was
    /// told.
    pub fn concerns_month(&self) -> Period {
        self.concerns.min(self.moment.counts_in)
    }

    /// The part as a movement. `event` is what happened at its moment.
    pub fn movement(&self, event: &OrderEvent, capped: Option<CappedRule>) -> Movement {
        Movement {
            purpose: self.purpose(),
            amount: self.amount,
            base: self.base,
            concerns: self.concerns_month(),
            reason: self.is_taken().then(|| ReversalReason::of_event(event)),
            capped,
            count: 1,
        }
    }
}

/// Which months the entries of one line and person concern, given all of them. They are looked at moment
/// by moment, by the month in which they count and within one as they happened: what was told late stands
/// where it would have stood. What is taken back comes off the latest month that still has some of it;
/// what exceeds everything (a mistake) concerns the month it happened in.
///
/// # Errors
/// When the figures do not fit 64 bits.
pub fn attribute(entries: &[LineEntry]) -> Result<Vec<Attributed>, Overflow> {
    let mut moments: BTreeMap<LineMoment, (Period, Centimes, Centimes)> = BTreeMap::new();
    for entry in entries {
        let moment = moments.entry(entry.moment).or_default();
        moment.0 = entry.happened_in;
        moment.1 = moment.1.plus(entry.amount)?;
        moment.2 = moment.2.plus(entry.base)?;
    }
    let mut months: BTreeMap<Period, (Centimes, Centimes)> = BTreeMap::new();
    let mut attributed = Vec::new();
    for (moment, (happened_in, amount, base)) in moments {
        let mut add = |concerns, amount, base| {
            if amount != Centimes::ZERO || base != Centimes::ZERO {
                attributed.push(Attributed {
                    moment,
                    concerns,
                    amount,
                    base,
                });
            }
        };
        let (mut taken, mut taken_base) = (amount.min(Centimes::ZERO), base.min(Centimes::ZERO));
        for (month, has) in months.iter_mut().rev() {
            let part = taken.max(Centimes(-has.0.0)).min(Centimes::ZERO);
            let part_base = taken_base.max(Centimes(-has.1.0)).min(Centimes::ZERO);
            *has = (has.0.plus(part)?, has.1.plus(part_base)?);
            (taken, taken_base) = (taken.minus(part)?, taken_base.minus(part_base)?);
            add(*month, part, part_base);
        }
        add(happened_in, taken, taken_base);
        let (brought, brought_base) = (amount.max(Centimes::ZERO), base.max(Centimes::ZERO));
        let has = months.entry(happened_in).or_default();
        *has = (has.0.plus(brought)?, has.1.plus(brought_base)?);
        add(happened_in, brought, brought_base);
    }
    Ok(attributed)
}

/// What movements are summed by.
type Kind = (Purpose, Period, Option<ReversalReason>, Option<CappedRule>);

/// What moved on one agent's earned account and counts in one month: like movements as one, so that
/// a month of many orders takes no more room than one of few.
#[derive(Clone, Debug, Default)]
pub struct Sums(BTreeMap<Kind, (Centimes, Centimes, u32)>);

impl Sums {
    /// Adds a movement.
    ///
    /// # Errors
    /// When a sum does not fit 64 bits.
    pub fn add(&mut self, movement: &Movement) -> Result<(), Overflow> {
        let sum = self.0.entry(movement.kind()).or_default();
        sum.0 = sum.0.plus(movement.amount)?;
        sum.1 = sum.1.plus(movement.base)?;
        sum.2 = sum.2.saturating_add(movement.count);
        Ok(())
    }

    /// Takes out what was added before, for it is told otherwise.
    ///
    /// # Errors
    /// When a sum does not fit 64 bits.
    pub fn take_out(&mut self, movement: &Movement) -> Result<(), Overflow> {
        let sum = self.0.entry(movement.kind()).or_default();
        sum.0 = sum.0.minus(movement.amount)?;
        sum.1 = sum.1.minus(movement.base)?;
        sum.2 = sum.2.saturating_sub(movement.count);
        Ok(())
    }

    /// Adds those of another part of the orders.
    ///
    /// # Errors
    /// When a sum does not fit 64 bits.
    pub fn add_all(&mut self, other: &Self) -> Result<(), Overflow> {
        other
            .movements()
            .try_for_each(|movement| self.add(&movement))
    }

    /// The sums, as movements. What came to nothing is left out.
    pub fn movements(&self) -> impl Iterator<Item = Movement> + '_ {
        let movements = self.0.iter().map(
            |(&(purpose, concerns, reason, capped), &(amount, base, count))| Movement {
                purpose,
                amount,
                base,
                concerns,
                reason,
                capped,
                count,
            },
        );
        movements
            .filter(|movement| movement.amount != Centimes::ZERO || movement.base != Centimes::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn month(number: i32) -> Period {
        Period::from_months_since_1970(number)
    }

    /// Entries of moments that follow one another: the month each happened and counts in, what it moved.
    fn entries(moved: &[(i32, i64, i64)]) -> Vec<LineEntry> {
        let entry = |(index, &(number, amount, base)): (usize, &(i32, i64, i64))| LineEntry {
            moment: LineMoment {
                counts_in: month(number),
                at: Timestamp(index as i64),
                event_number: index as u32,
            },
            happened_in: month(number),
            amount: Centimes(amount),
            base: Centimes(base),
        };
        moved.iter().enumerate().map(entry).collect()
    }

    fn attributed(entries: &[LineEntry]) -> Vec<(u32, i32, i64, i64)> {
        attribute(entries)
            .expect("fits")
            .into_iter()
            .map(|part| {
                (
                    part.moment.event_number,
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
            attributed(&entries(&[(1, 100, 1_000), (4, -30, -300)])),
            [(0, 1, 100, 1_000), (1, 1, -30, -300)]
        );
    }

    #[test]
    fn what_vested_in_two_months_comes_off_the_latest_first() {
        assert_eq!(
            attributed(&entries(&[
                (1, 50, 500),
                (2, 50, 500),
                (3, -70, -700),
                (3, -30, -300)
            ])),
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
        let mut late = entries(&[(2, 10, 100), (1, 10, 100), (3, -15, -150)]);
        late[1].moment.counts_in = month(2);
        assert_eq!(
            attributed(&late),
            [
                (0, 2, 10, 100),
                (1, 1, 10, 100),
                (2, 2, -10, -100),
                (2, 1, -5, -50)
            ]
        );
    }

    #[test]
    fn entries_of_one_moment_say_together_what_it_moved() {
        let mut told_late = entries(&[(1, 60, 600), (2, 40, 400), (2, -40, -400), (2, -15, -150)]);
        told_late[2].moment = told_late[1].moment;
        assert_eq!(attributed(&told_late), [(0, 1, 60, 600), (3, 1, -15, -150)]);
    }

    proptest! {
        #[test]
        fn the_parts_of_an_entry_sum_to_it_and_no_month_gives_more_than_it_has(steps in prop::collection::vec((0i32..5, -200i64..200, 0i64..9), 0..12)) {
            let mut steps = steps;
            steps.sort_by_key(|(month, ..)| *month);
            let moved: Vec<(i32, i64, i64)> = steps.iter().map(|&(month, amount, times)| (month, amount, amount * times)).collect();
            let parts = attribute(&entries(&moved)).expect("fits");
            for (index, (_, amount, base)) in moved.iter().enumerate() {
                let of_entry = parts.iter().filter(|part| part.moment.event_number == index as u32);
                prop_assert_eq!(of_entry.clone().map(|part| part.amount.0).sum::<i64>(), *amount);
                prop_assert_eq!(of_entry.map(|part| part.base.0).sum::<i64>(), *base);
            }
            let mut sum = 0;
            let ever_overdrawn = moved.iter().any(|(_, amount, _)| { sum += amount; sum < 0 });
            if !ever_overdrawn {
                for month in (0..5).map(month) {
                    let left: i64 = parts.iter().filter(|part| part.concerns == month).map(|part| part.amount.0).sum();
                    prop_assert!(left >= 0, "{month}: {left}");
                }
            }
        }
    }
}
