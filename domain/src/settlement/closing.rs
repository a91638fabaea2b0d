//! The close of an agent's month: a pure function from what moved to a statement and its postings.

use super::month::{MonthChange, SettledMonth};
use super::movement::{Movement, ReversalReason};
use super::not_yet_in::{NotYetIn, NotYetInReason};
use super::rules::PeriodRules;
use super::statement::{AdvanceGiven, Nothing, Statement, StatementLine};
use super::tax::{TaxTerms, withheld};
use crate::engagement::EngagementKind;
use crate::ids::{PersonId, PlanVersion};
use crate::ledger::{Account, Cause, Purpose, Transfer};
use crate::limits;
use crate::money::{Centimes, Overflow};
use crate::period::Period;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// A month and the rules by which it is settled: those of the plan in force when it began.
#[derive(Clone, Debug)]
pub struct MonthRules<'a> {
    /// The plan.
    pub plan: PlanVersion,
    /// Its rules for a month.
    pub rules: &'a PeriodRules,
}

/// An earlier month that late entries concern.
#[derive(Clone, Debug)]
pub struct EarlierMonth<'a> {
    /// Its rules.
    pub rules: MonthRules<'a>,
    /// Its figures as the last statement that settled it left them; for a month that has none, a
    /// month without turnover.
    pub settled: &'a SettledMonth,
}

/// What is known of an agent when a month is closed.
#[derive(Clone, Debug)]
pub struct ClosingInput<'a> {
    /// Counts the agent's statements.
    pub number: u32,
    /// Whose.
    pub agent: PersonId,
    /// Which month.
    pub period: Period,
    /// When it is closed.
    pub closed_at: Timestamp,
    /// The rules of the month. The guaranteed minimum in them is drawn, so an agent who is not
    /// engaged for the month is closed by rules without one.
    pub rules: MonthRules<'a>,
    /// The earlier months that movements concern.
    pub earlier: &'a [EarlierMonth<'a>],
    /// What the agent owes from before, advances of this month aside. Never negative.
    pub owed: Centimes,
    /// Everything that moved on the earned account and counts in the month.
    pub movements: &'a [Movement],
    /// What was paid in advance during the month.
    pub advances: &'a [AdvanceGiven],
    /// The kind of the agent's engagement.
    pub kind: EngagementKind,
    /// What is withheld.
    pub tax: &'a TaxTerms,
    /// What the programme has paid the agent in the year of the close, tax included.
    pub paid_this_year_before: Centimes,
    /// What is not yet in.
    pub not_yet_in: Vec<NotYetIn>,
}

/// An entry that a close posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Where it comes from.
    pub debit: Account,
    /// Where it goes.
    pub credit: Account,
    /// How much; always positive.
    pub amount: Centimes,
    /// What for.
    pub purpose: Purpose,
    /// The month it concerns.
    pub concerns: Period,
    /// Which of several of one purpose: the place, from 1, of a rule in the month's list of rules
    /// that limit it; the number of a target; 0 when there is one.
    pub item: u16,
}

impl Posting {
    /// The transfer that posts it with the statement.
    pub const fn transfer(&self, statement: &Statement) -> Transfer {
        Transfer {
            debit: self.debit,
            credit: self.credit,
            amount: self.amount,
            purpose: self.purpose,
            cause: Cause::Settlement {
                agent: statement.agent,
                period: self.concerns,
                item: self.item,
            },
            base: Centimes::ZERO,
            at: statement.closed_at,
            period: statement.period,
        }
    }
}

/// What a close makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The statement.
    pub statement: Statement,
    /// What it posts, in this order.
    pub postings: Vec<Posting>,
}

/// Why a month cannot be closed: each is a fault of the books, not of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClosingError {
    /// A movement that goes the wrong way: a refund that pays, a sale that costs.
    #[error("{} of {amount} goes the wrong way", purpose.as_str())]
    WrongSign {
        /// What for.
        purpose: Purpose,
        /// How much.
        amount: Centimes,
    },
    /// A movement that only a close makes: the month is closed already, or the entry is not of the
    /// earned account.
    #[error("{} is nothing that a close finds", purpose.as_str())]
    NotForAClose {
        /// What for.
        purpose: Purpose,
    },
    /// A movement that concerns a month which has not come.
    #[error("an entry concerns {concerns}, which is later than the month closed")]
    ConcernsLaterMonth {
        /// Which month.
        concerns: Period,
    },
    /// A movement that concerns an earlier month whose figures were not given.
    #[error("an entry concerns {concerns}, whose settled figures are not known")]
    MonthNotKnown {
        /// Which month.
        concerns: Period,
    },
    /// A negative debt.
    #[error("what is owed from before is negative")]
    OwedNegative,
    /// An advance that is not positive.
    #[error("an advance is not positive")]
    AdvanceNotPositive,
    /// Figures beyond all limits.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

/// Closes an agent's month.
///
/// # Errors
/// When the books it is given contradict themselves.
pub fn close(input: ClosingInput<'_>) -> Result<Closing, ClosingError> {
    if input.owed < Centimes::ZERO {
        return Err(ClosingError::OwedNegative);
    }
    if input
        .advances
        .iter()
        .any(|advance| advance.amount <= Centimes::ZERO)
    {
        return Err(ClosingError::AdvanceNotPositive);
    }
    for movement in input.movements {
        movement.check(input.period)?;
    }
    let mut book = Book::new(input.agent);
    for movement in input.movements {
        book.count(movement)?;
    }
    let months = settle_months(&input, &mut book)?;
    let total = Centimes::sum(book.lines.values().map(|(amount, _)| *amount))?;

    let guaranteed = input.rules.rules.guaranteed;
    let earned = total.max(Centimes::ZERO);
    let draw = guaranteed.minus(earned)?.max(Centimes::ZERO);
    let payable = earned.plus(draw)?;
    let fallen_short = earned.minus(total)?;
    let tax = withheld(payable, input.paid_this_year_before, input.kind, input.tax)?;
    let rest = payable.minus(tax.amount)?;
    let recovered = recovered(input.owed, rest, payable.minus(guaranteed)?);
    let rest = rest.minus(recovered)?;
    let advanced = Centimes::sum(input.advances.iter().map(|advance| advance.amount))?;
    let advances_deducted = advanced.min(rest);
    let net = rest.minus(advances_deducted)?;
    let carried_forward = Centimes::sum([input.owed, fallen_short, draw, advanced])?
        .minus(recovered)?
        .minus(advances_deducted)?;

    let (own, carried) = (
        Account::AgentPayable(input.agent),
        Account::AgentCarried(input.agent),
    );
    let account = Account::AgentEarned(input.agent);
    let withheld_for_tax = Account::AgentWithheld(input.agent);
    for (debit, credit, amount, purpose) in [
        (carried, account, fallen_short, Purpose::CarriedForward),
        (carried, account, draw, Purpose::GuaranteedDraw),
        (account, own, payable, Purpose::Settled),
        (own, withheld_for_tax, tax.amount, Purpose::TaxWithheld),
        (own, carried, recovered, Purpose::Recovered),
        (own, carried, advances_deducted, Purpose::Advance),
    ] {
        book.post(Posting {
            debit,
            credit,
            amount,
            purpose,
            concerns: input.period,
            item: 0,
        });
    }
    let lines: Vec<StatementLine> = book
        .lines
        .iter()
        .map(|(kind, (amount, count))| StatementLine {
            purpose: kind.purpose,
            reason: kind.reason,
            concerns: kind.concerns,
            amount: *amount,
            count: *count,
        })
        .collect();
    let nothing = (net == Centimes::ZERO)
        .then(|| why_nothing(&lines, total, payable, tax.amount, &input.not_yet_in));
    Ok(Closing {
        statement: Statement {
            number: input.number,
            agent: input.agent,
            period: input.period,
            closed_at: input.closed_at,
            opening: Centimes(-input.owed.0),
            lines,
            total,
            draw,
            payable,
            tax,
            recovered,
            advances: input.advances.to_vec(),
            advances_deducted,
            net,
            carried_forward,
            // The meter follows what is paid: now, and in advance during the month.
            paid_this_year: Centimes::sum([
                input.paid_this_year_before,
                net,
                tax.amount,
                advanced,
            ])?,
            months,
            not_yet_in: input.not_yet_in,
            nothing,
            chain_head: String::new(),
        },
        postings: book.postings,
    })
}

/// What is recovered of a debt from what remains after tax: a part of it at most, rounded down, and
/// nothing of what is guaranteed, for that would be drawn again to be recovered again.
fn recovered(owed: Centimes, rest: Centimes, above_guaranteed: Centimes) -> Centimes {
    let part_max = i128::from(rest.0) * i128::from(limits::RECOVERED_PPM_MAX) / 1_000_000;
    let part_max = Centimes(i64::try_from(part_max).unwrap_or(i64::MAX));
    owed.min(part_max).min(above_guaranteed).max(Centimes::ZERO)
}

/// The lines and postings under way.
struct Book {
    agent: PersonId,
    lines: BTreeMap<LineKind, (Centimes, u32)>,
    postings: Vec<Posting>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct LineKind {
    concerns: Period,
    purpose: Purpose,
    reason: Option<ReversalReason>,
}

impl Book {
    const fn new(agent: PersonId) -> Self {
        Self {
            agent,
            lines: BTreeMap::new(),
            postings: Vec::new(),
        }
    }

    fn add(&mut self, kind: LineKind, amount: Centimes, count: u32) -> Result<(), Overflow> {
        let line = self.lines.entry(kind).or_default();
        line.0 = line.0.plus(amount)?;
        line.1 = line.1.saturating_add(count);
        Ok(())
    }

    fn count(&mut self, movement: &Movement) -> Result<(), Overflow> {
        let kind = LineKind {
            concerns: movement.concerns,
            purpose: movement.purpose,
            reason: movement.reason,
        };
        self.add(kind, movement.amount, movement.count)
    }

    fn post(&mut self, posting: Posting) {
        if posting.amount > Centimes::ZERO {
            self.postings.push(posting);
        }
    }

    /// Something that the close itself adds to what was earned, or takes off.
    fn earn(
        &mut self,
        purpose: Purpose,
        concerns: Period,
        item: u16,
        amount: Centimes,
    ) -> Result<(), Overflow> {
        if amount == Centimes::ZERO {
            return Ok(());
        }
        let kind = LineKind {
            concerns,
            purpose,
            reason: None,
        };
        self.add(kind, amount, 1)?;
        let (expense, account) = (Account::CommissionExpense, Account::AgentEarned(self.agent));
        let (debit, credit) = if amount > Centimes::ZERO {
            (expense, account)
        } else {
            (account, expense)
        };
        self.post(Posting {
            debit,
            credit,
            amount: Centimes(amount.0.checked_abs().ok_or(Overflow)?),
            purpose,
            concerns,
            item,
        });
        Ok(())
    }
}

/// Supplements, bonuses and limits of the month itself and of the earlier ones concerned.
fn settle_months(
    input: &ClosingInput<'_>,
    book: &mut Book,
) -> Result<Vec<SettledMonth>, ClosingError> {
    let mut changes: BTreeMap<Period, MonthChange> = BTreeMap::new();
    changes.insert(input.period, MonthChange::default());
    for movement in input.movements {
        let change = changes.entry(movement.concerns).or_default();
        change.count(movement.amount, movement.base, movement.capped)?;
    }
    let mut months = Vec::new();
    for (period, change) in changes {
        if period == input.period {
            months.push(settle_month(
                &input.rules,
                &SettledMonth::untouched(period, input.rules.plan),
                &change,
                Purpose::TierSupplement,
                book,
            )?);
        } else if !change.is_nothing() {
            let earlier = input
                .earlier
                .iter()
                .find(|earlier| earlier.settled.period == period)
                .ok_or(ClosingError::MonthNotKnown { concerns: period })?;
            months.push(settle_month(
                &earlier.rules,
                earlier.settled,
                &change,
                Purpose::SupplementCorrection,
                book,
            )?);
        }
    }
    Ok(months)
}

/// Posts what a month adds now above what it had added before.
fn settle_month(
    month: &MonthRules<'_>,
    settled: &SettledMonth,
    change: &MonthChange,
    supplement_purpose: Purpose,
    book: &mut Book,
) -> Result<SettledMonth, Overflow> {
    let settled = settled.changed(month, change)?;
    let (period, before, now) = (settled.period, &settled.before, &settled.now);
    let supplement = now.supplement.amount.minus(before.supplement.amount)?;
    book.earn(supplement_purpose, period, 0, supplement)?;
    let target = month
        .rules
        .targets
        .iter()
        .zip(1..)
        .find(|(target, _)| Some(**target) == now.target)
        .map_or(0, |(_, number)| number);
    let bonus = now.bonus().minus(before.bonus())?;
    book.earn(Purpose::TargetBonus, period, target, bonus)?;
    for (capped, item) in settled.capped.iter().zip(1..) {
        let given_back = capped.over_before()?.minus(capped.over()?)?;
        book.earn(Purpose::PeriodCap, period, item, given_back)?;
    }
    Ok(settled)
}

/// Why nothing is paid. Something always says it.
fn why_nothing(
    lines: &[StatementLine],
    total: Centimes,
    payable: Centimes,
    tax: Centimes,
    not_yet_in: &[NotYetIn],
) -> Nothing {
    let held: i64 = lines
        .iter()
        .filter(|line| line.purpose == Purpose::DisputeHeld)
        .map(|line| line.amount.0)
        .fold(0, i64::saturating_add);
    if payable > Centimes::ZERO {
        if tax == payable {
            Nothing::Taxed
        } else {
            Nothing::Advanced
        }
    } else if total.0.saturating_sub(held) > 0 {
        Nothing::Held
    } else if lines.iter().any(|line| line.amount != Centimes::ZERO) {
        Nothing::TakenBack
    } else if not_yet_in.is_empty() {
        Nothing::NothingSold
    } else if not_yet_in
        .iter()
        .all(|part| matches!(part.why, NotYetInReason::Disputed { .. }))
    {
        Nothing::Held
    } else {
        Nothing::NothingVested
    }
}
