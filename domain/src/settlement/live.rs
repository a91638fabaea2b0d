//! Where an agent's month stands before it is over: "if it ended now", from the entries alone.
//!
//! The office makes the same figure by a close that it throws away. Here it is made from what a phone
//! has, by the same attribution ([`attribute`]) and the same [`outlook`], so both say the same.

use super::movement::{LineEntry, LineMoment, attribute};
use super::rules::PeriodRules;
use super::supplement::{Outlook, outlook};
use crate::ids::{CooperativeId, OrderId, PersonId};
use crate::ledger::{Account, Cause, Transfer};
use crate::money::{Centimes, Overflow};
use crate::period::Period;
use crate::sync::LedgerEntry;
use crate::time::Calendar;
use std::collections::{BTreeMap, BTreeSet};

/// What a month adds, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthNow {
    /// On what has vested in it: what is settled if it ends now.
    pub now: Outlook,
    /// On that and on what cooperatives have confirmed besides, once it vests: where the agent stands.
    pub attained: Outlook,
}

impl MonthNow {
    /// Both by the rules of the month; `vested` is its [`turnover`], `confirmed` the turnover that is
    /// confirmed and has not vested.
    ///
    /// # Errors
    /// When the figures do not fit 64 bits.
    pub fn of(
        rules: &PeriodRules,
        vested: Centimes,
        confirmed: Centimes,
    ) -> Result<Self, Overflow> {
        Ok(Self {
            now: outlook(rules, vested)?,
            attained: outlook(rules, vested.plus(confirmed)?)?,
        })
    }
}

/// A line of an order.
type LineOf = (OrderId, CooperativeId, u16);

/// The line that caused an entry.
fn line_of(transfer: &Transfer) -> Option<LineOf> {
    Some((
        transfer.cause.order()?,
        transfer.cause.cooperative()?,
        transfer.cause.line()?,
    ))
}

/// What of an entry came to an account, and the turnover with it; negative when it left.
fn came_to(account: Account, transfer: &Transfer) -> Option<(Centimes, Centimes)> {
    if transfer.credit == account {
        Some((transfer.amount, transfer.base))
    } else if transfer.debit == account {
        Some((Centimes(-transfer.amount.0), Centimes(-transfer.base.0)))
    } else {
        None
    }
}

/// An agent's net vested turnover that counts in a month and concerns it, by all entries of the agent's
/// accounts in the order of their numbers. What comes back of an earlier month's sales corrects that
/// month, and takes nothing from this one.
///
/// # Errors
/// When the figures do not fit 64 bits.
pub fn turnover<'a>(
    entries: impl Iterator<Item = &'a LedgerEntry> + Clone,
    agent: PersonId,
    period: Period,
    calendar: &dyn Calendar,
) -> Result<Centimes, Overflow> {
    let account = Account::AgentEarned(agent);
    let counts = entries
        .clone()
        .filter(|entry| entry.transfer.period == period);
    let concerned: BTreeSet<LineOf> = counts
        .clone()
        .filter_map(|entry| line_of(&entry.transfer))
        .collect();
    let mut lines: BTreeMap<LineOf, Vec<LineEntry>> = BTreeMap::new();
    for LedgerEntry { transfer, .. } in entries.clone() {
        let Some(line) = line_of(transfer).filter(|line| concerned.contains(line)) else {
            continue;
        };
        let Some((amount, base)) = came_to(account, transfer) else {
            continue;
        };
        lines.entry(line).or_default().push(LineEntry {
            moment: LineMoment {
                counts_in: transfer.period,
                at: transfer.at,
                event_number: transfer.cause.event_number().unwrap_or_default(),
            },
            happened_in: Period::at(transfer.at, calendar),
            amount,
            base,
        });
    }
    let mut turnover = Centimes::ZERO;
    for line in lines.values() {
        for part in attribute(line)? {
            let counts_in = part.moment.counts_in;
            if counts_in == period && part.concerns.min(counts_in) == period {
                turnover = turnover.plus(part.base)?;
            }
        }
    }
    // A mistake that is mended concerns the month of the mistake.
    for LedgerEntry { transfer, .. } in counts {
        let Cause::Correction { of } = transfer.cause else {
            continue;
        };
        let Some((_, base)) = came_to(account, transfer) else {
            continue;
        };
        let mended = entries.clone().find(|entry| entry.number == of);
        let happened_at = mended.map_or(transfer.at, |entry| entry.transfer.at);
        if Period::at(happened_at, calendar).min(period) == period {
            turnover = turnover.plus(base)?;
        }
    }
    Ok(turnover)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CommandId;
    use crate::ledger::Purpose;
    use crate::time::{CivilDate, FixedOffset};

    const AGENT: PersonId = PersonId(7);

    fn month(number: u32) -> Period {
        Period::new(2026, number).expect("a month")
    }

    /// An entry of the one line there is, on the second day of a month.
    fn entry(number: i64, happened: u32, counts: u32, base: i64) -> LedgerEntry {
        let order: CommandId = "019a0000-0000-7000-8000-000000000001"
            .parse()
            .expect("an id");
        let (earned, expense) = (Account::AgentEarned(AGENT), Account::CommissionExpense);
        let (debit, credit, purpose) = if base < 0 {
            (earned, expense, Purpose::CommissionReversed)
        } else {
            (expense, earned, Purpose::CommissionVested)
        };
        let day = CivilDate::new(2026, happened, 2).expect("a day");
        LedgerEntry {
            number,
            link: None,
            source: None,
            transfer: Transfer {
                debit,
                credit,
                amount: Centimes(base.abs() / 10),
                purpose,
                cause: Cause::Order {
                    order: order.into(),
                    event_number: u32::try_from(number).expect("small"),
                    told_by: None,
                    cooperative: CooperativeId(1),
                    line: 1,
                },
                base: Centimes(base.abs()),
                at: FixedOffset::default().start_of(day),
                period: month(counts),
            },
        }
    }

    fn of(entries: &[LedgerEntry], number: u32) -> i64 {
        let calendar = FixedOffset::default();
        turnover(entries.iter(), AGENT, month(number), &calendar)
            .expect("fits")
            .0
    }

    #[test]
    fn what_comes_back_of_an_earlier_month_takes_nothing_from_this_one() {
        let sold = entry(1, 10, 10, 9_000);
        let more = entry(2, 11, 11, 4_000);
        let back = entry(3, 11, 11, -6_000);
        let entries = [sold, more, back];
        // The latest month that has some of it gives first: all 4,000 of November, 2,000 of October.
        assert_eq!((of(&entries, 10), of(&entries, 11)), (9_000, 0));
    }

    #[test]
    fn what_is_told_after_its_month_was_closed_is_that_months() {
        let told_late = entry(1, 10, 11, 9_000);
        let on_time = entry(2, 11, 11, 4_000);
        assert_eq!(of(&[told_late, on_time], 11), 4_000);
    }

    #[test]
    fn what_is_mended_takes_from_the_month_of_the_mistake() {
        let mend = |of: &LedgerEntry, number| {
            let mut mended = of.clone();
            mended.number = number;
            mended.transfer =
                of.transfer
                    .correction(of.number, entry(9, 11, 11, 1).transfer.at, month(11));
            mended
        };
        let (october, november) = (entry(1, 10, 10, 9_000), entry(2, 11, 11, 4_000));
        let mended = [mend(&october, 3), mend(&november, 4)];
        let entries = [october, november, mended[0].clone(), mended[1].clone()];
        assert_eq!(of(&entries[..3], 11), 4_000);
        assert_eq!(of(&entries, 11), 0);
    }

    #[test]
    fn another_agents_entries_are_none_of_it() {
        let mut others = entry(1, 11, 11, 9_000);
        others.transfer.credit = Account::AgentEarned(PersonId(8));
        assert_eq!(of(&[others, entry(2, 11, 11, 4_000)], 11), 4_000);
    }
}
