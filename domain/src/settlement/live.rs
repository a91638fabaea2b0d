//! Where an agent's month stands before it is over: "if it ended now", and which entries stand behind
//! each row of a statement; both from the entries alone.
//!
//! The office makes the same figures by a close that it throws away. Here they are made from what a
//! phone has, by the same attribution ([`attribute`]) and the same rules of a month
//! ([`SettledMonth::changed`]), so both say the same.

use super::closing::MonthRules;
use super::month::{MonthChange, SettledMonth};
use super::movement::{CappedRule, LineEntry, LineMoment, attribute};
use crate::commission;
use crate::ids::{CooperativeId, OrderId, PersonId};
use crate::ledger::{Account, Cause, Purpose, Transfer};
use crate::money::{Centimes, Overflow};
use crate::order::Order;
use crate::period::Period;
use crate::sync::LedgerEntry;
use crate::time::Calendar;
use std::collections::{BTreeMap, BTreeSet};

/// What a month adds, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthNow {
    /// On what has vested in it: what is settled if it ends now.
    pub now: SettledMonth,
    /// On that and on what cooperatives have confirmed besides, once it vests: where the agent stands.
    pub attained: SettledMonth,
}

impl MonthNow {
    /// Both by the rules of the month; `vested` is what [`counted`] in it, `confirmed` what is
    /// [`confirmed`] and has not vested.
    ///
    /// # Errors
    /// When the figures do not fit 64 bits.
    pub fn of(
        period: Period,
        rules: &MonthRules<'_>,
        vested: &MonthChange,
        confirmed: &MonthChange,
    ) -> Result<Self, Overflow> {
        let untouched = SettledMonth::untouched(period, rules.plan);
        Ok(Self {
            now: untouched.changed(rules, vested)?,
            attained: untouched.changed(rules, &vested.plus(confirmed)?)?,
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

/// Part of what moved on an agent's earned account and counts in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What for, as a statement says it.
    pub purpose: Purpose,
    /// The month whose figures it changes: an earlier one for what came late.
    pub concerns: Period,
    /// What came to the account; negative when it left.
    pub amount: Centimes,
    /// The turnover that counts with it.
    pub base: Centimes,
    /// The rule it was earned by, where that limits the month.
    pub capped: Option<CappedRule>,
    /// The numbers of the entries it is of. One entry is of two where it concerns two months; several
    /// are of one where something was told late.
    pub entries: Vec<i64>,
}

/// Everything that counts in a month, by all entries of the agent's accounts in the order of their
/// numbers: what the rows of its statement sum. `rule_of` says by which rule an entry was earned, where
/// that limits a month. What comes back of an earlier month's sales concerns that month.
///
/// # Errors
/// When the figures do not fit 64 bits.
pub fn counted<'a>(
    entries: impl Iterator<Item = &'a LedgerEntry> + Clone,
    agent: PersonId,
    period: Period,
    calendar: &dyn Calendar,
    rule_of: &dyn Fn(&LedgerEntry) -> Option<CappedRule>,
) -> Result<Vec<Counted>, Overflow> {
    let account = Account::AgentEarned(agent);
    let counts = entries
        .clone()
        .filter(|entry| entry.transfer.period == period);
    let touched: BTreeSet<LineOf> = counts
        .clone()
        .filter(|entry| came_to(account, &entry.transfer).is_some())
        .filter_map(|entry| line_of(&entry.transfer))
        .collect();
    let mut lines: BTreeMap<LineOf, Vec<(LineEntry, &LedgerEntry)>> = BTreeMap::new();
    for entry in entries.clone() {
        let transfer = &entry.transfer;
        let Some(line) = line_of(transfer).filter(|line| touched.contains(line)) else {
            continue;
        };
        let Some((amount, base)) = came_to(account, transfer) else {
            continue;
        };
        let of_line = LineEntry {
            moment: LineMoment {
                counts_in: transfer.period,
                at: transfer.at,
                event_number: transfer.cause.event_number().unwrap_or_default(),
            },
            happened_in: Period::at(transfer.at, calendar),
            amount,
            base,
        };
        lines.entry(line).or_default().push((of_line, entry));
    }
    let mut counted = Vec::new();
    for line in lines.values() {
        let of_line: Vec<LineEntry> = line.iter().map(|(of_line, _)| *of_line).collect();
        let capped = line.first().and_then(|(_, entry)| rule_of(entry));
        for part in attribute(&of_line)? {
            if part.moment.counts_in != period {
                continue;
            }
            let of_moment = line
                .iter()
                .filter(|(of_line, _)| of_line.moment == part.moment);
            counted.push(Counted {
                purpose: part.purpose(),
                concerns: part.concerns_month(),
                amount: part.amount,
                base: part.base,
                capped,
                entries: of_moment.map(|(_, entry)| entry.number).collect(),
            });
        }
    }
    for LedgerEntry {
        number, transfer, ..
    } in counts
    {
        let concerns = match transfer.cause {
            // A mistake that is mended concerns the month of the mistake.
            Cause::Correction { of } => {
                let mended = entries.clone().find(|entry| entry.number == of);
                let happened_at = mended.map_or(transfer.at, |entry| entry.transfer.at);
                Period::at(happened_at, calendar).min(period)
            }
            Cause::Dispute { .. } => period,
            Cause::Settlement {
                period: concerns, ..
            } if adds_to_lines(transfer.purpose) => concerns,
            _ => continue,
        };
        if let Some((amount, base)) = came_to(account, transfer) {
            counted.push(Counted {
                purpose: transfer.purpose,
                concerns,
                amount,
                base,
                capped: None,
                entries: vec![*number],
            });
        }
    }
    Ok(counted)
}

/// Whether it is a close that adds it to what was earned, or takes it off.
const fn adds_to_lines(purpose: Purpose) -> bool {
    matches!(
        purpose,
        Purpose::TierSupplement
            | Purpose::SupplementCorrection
            | Purpose::TargetBonus
            | Purpose::PeriodCap
    )
}

/// What of that changes the figures of the month itself.
///
/// # Errors
/// When the figures do not fit 64 bits.
pub fn change(counted: &[Counted], period: Period) -> Result<MonthChange, Overflow> {
    let mut change = MonthChange::default();
    for part in counted.iter().filter(|part| part.concerns == period) {
        change.count(part.amount, part.base, part.capped)?;
    }
    Ok(change)
}

/// What an agent will have by orders once they vest: confirmed by the cooperatives, and so far neither
/// vested nor given up.
///
/// # Errors
/// When the figures do not fit 64 bits.
pub fn confirmed<'a>(
    orders: impl Iterator<Item = &'a Order>,
    agent: PersonId,
) -> Result<MonthChange, Overflow> {
    let mut change = MonthChange::default();
    for order in orders {
        for sub_order in &order.sub_orders {
            for line in &sub_order.lines {
                let capped = CappedRule::of_line(order.plan, &line.commission);
                for (earner, standing) in commission::standings(sub_order, line, order.agent)? {
                    if earner == agent {
                        change.count(standing.pending, standing.pending_base, capped)?;
                    }
                }
            }
        }
    }
    Ok(change)
}

/// By which rule an entry was earned, where that limits a month. `order` is the order that caused it; of
/// another agent's order the entry brings the line.
pub fn capped_rule(entry: &LedgerEntry, order: Option<&Order>) -> Option<CappedRule> {
    let cause = &entry.transfer.cause;
    if let Some(order) = order {
        let line = order.sub_order(cause.cooperative()?)?.line(cause.line()?)?;
        return CappedRule::of_line(order.plan, &line.commission);
    }
    let anothers = entry.source.as_ref()?.of.as_ref()?;
    CappedRule::of_line(anothers.plan, &anothers.line.commission)
}

/// Whether an agent's share of another agent's order is confirmed and has not vested. How much turnover
/// will count with it stands in that order, which the agent does not have.
pub fn has_share_pending<'a>(
    entries: impl Iterator<Item = &'a LedgerEntry>,
    agent: PersonId,
) -> bool {
    let pending: i64 = entries
        .filter(|entry| {
            let anothers = entry.source.as_ref().and_then(|source| source.of.as_ref());
            anothers.is_some_and(|anothers| {
                let shares = &anothers.line.commission.shares;
                shares.iter().any(|share| share.person == agent)
            })
        })
        .filter_map(|entry| came_to(Account::AgentPending(agent), &entry.transfer))
        .map(|(amount, _)| amount.0)
        .fold(0, i64::saturating_add);
    pending != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CommandId;
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
        let period = month(number);
        let counted = counted(entries.iter(), AGENT, period, &calendar, &|_| None).expect("fits");
        change(&counted, period).expect("fits").turnover.0
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
