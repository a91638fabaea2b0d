//! A commission computed again in front of whoever reads it: from what stands on the line, by the very
//! functions that made the figure, and held against the figure and against the ledger.
//!
//! An explanation that does not come out says so; it never shows a figure it did not reach.

use crate::commission::{self, CapPer, Pays, Plan};
use crate::ids::{CooperativeId, PersonId};
use crate::ledger::{Account, Cause, Transfer};
use crate::money::{Centimes, Overflow, divide_half_up};
use crate::order::{Line, Order};
use crate::settlement::supplement::{self, Slice};
use crate::settlement::{CappedRule, SettledMonth};

/// Digits after the centime in an [exact figure](exact_figures).
const EXACT_DIGITS: usize = 6;

/// What a line earns, computed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineAgain {
    /// What the customer pays for all that was asked.
    pub gross: Centimes,
    /// Of that, without value added tax.
    pub base: Centimes,
    /// What a rate makes of it before anything is rounded, in millionths of a centime.
    pub exact: Option<i128>,
    /// What the rule pays, rounded, without its cap.
    pub uncapped: Centimes,
    /// What comes out.
    pub amount: Centimes,
    /// Whether that is what stands on the line: base, amount, everybody's part, the lead's.
    pub agrees: bool,
    /// Whether the plan, where it is known, says of the rule what stands on the line.
    pub rule_agrees: Option<bool>,
}

/// Computes a line again.
///
/// # Errors
/// A figure that cannot be represented.
pub fn line(line: &Line, plan: Option<&Plan>) -> Result<LineAgain, Overflow> {
    let frozen = &line.commission;
    let base = line.net_asked()?;
    let again = frozen.on_base(base, line.asked)?;
    let exact = match &frozen.pays {
        Pays::Rate { rate } => Some(i128::from(base.0) * i128::from(rate.0)),
        Pays::PerUnit { .. } | Pays::Nothing { .. } => None,
    };
    let rule_agrees = plan.map(|plan| {
        plan.rule(frozen.rule).is_some_and(|rule| {
            rule.pays == frozen.pays && rule.cap == frozen.cap && rule.cap_per == frozen.cap_per
        })
    });
    Ok(LineAgain {
        gross: line.gross(line.asked)?,
        base,
        exact,
        uncapped: frozen.uncapped(base, line.asked)?,
        amount: again.amount,
        agrees: again == *frozen,
        rule_agrees,
    })
}

/// One person's part of a line as the rules have it, and as the ledger has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Pending by the rules, as the order stands.
    pub pending: Centimes,
    /// Earned by the rules.
    pub earned: Centimes,
    /// Pending by the entries that the line caused.
    pub posted_pending: Centimes,
    /// Earned by them.
    pub posted_earned: Centimes,
}

impl Books {
    /// Whether both say the same.
    pub fn agree(&self) -> bool {
        self.pending == self.posted_pending && self.earned == self.posted_earned
    }
}

/// Holds a person's part of a line against the entries. What was settled, disputed or corrected since
/// has causes of its own and is no matter of the line.
///
/// # Errors
/// A figure that cannot be represented.
pub fn books<'a>(
    order: &Order,
    cooperative: CooperativeId,
    number: u16,
    person: PersonId,
    entries: impl IntoIterator<Item = &'a Transfer>,
) -> Result<Option<Books>, Overflow> {
    let Some(sub_order) = order.sub_order(cooperative) else {
        return Ok(None);
    };
    let Some(line) = sub_order.line(number) else {
        return Ok(None);
    };
    let mut books = Books::default();
    for (earner, standing) in commission::standings(sub_order, line, order.agent)? {
        if earner == person {
            books.pending = books.pending.plus(standing.pending)?;
            books.earned = books.earned.plus(standing.earned)?;
        }
    }
    for transfer in entries {
        let of_line = matches!(transfer.cause, Cause::Order { order: of, cooperative: whose, line, .. }
            if of == order.id && whose == cooperative && line == number);
        if !of_line {
            continue;
        }
        for (account, amount) in [
            (transfer.credit, transfer.amount),
            (transfer.debit, Centimes::ZERO.minus(transfer.amount)?),
        ] {
            if account == Account::AgentPending(person) {
                books.posted_pending = books.posted_pending.plus(amount)?;
            }
            if account == Account::AgentEarned(person) {
                books.posted_earned = books.posted_earned.plus(amount)?;
            }
        }
    }
    Ok(Some(books))
}

/// What a month adds, computed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthAgain {
    /// What the slices come to before anything is rounded, in millionths of a centime.
    pub exact: i128,
    /// The supplement that comes out: the slices summed, then rounded once.
    pub supplement: Centimes,
    /// What comes out in all, with the bonus, less what is above the limits of a month.
    pub amount: Centimes,
    /// Whether that is what stands there, slice by slice.
    pub agrees: bool,
    /// Whether the plan of the month, where it is known, makes the same of its turnover, and limits what
    /// was earned by its rules at the same.
    pub plan_agrees: Option<bool>,
}

/// Computes again what a month adds: from its slices, and from its turnover by its plan where that is
/// known.
///
/// # Errors
/// A figure that cannot be represented.
pub fn month(month: &SettledMonth, plan: Option<&Plan>) -> Result<MonthAgain, Overflow> {
    let written = &month.now.supplement;
    let exact = written.slices.iter().map(exact_slice).sum();
    let by_slices = divide_half_up(exact, 1_000_000)?;
    let by_plan = plan
        .map(|plan| supplement::outlook(&plan.period, written.turnover))
        .transpose()?;
    let (supplement, added) = match &by_plan {
        Some(again) => (again.supplement.amount, again.amount()?),
        None => (by_slices, by_slices.plus(month.now.bonus())?),
    };
    let amount = month
        .capped
        .iter()
        .try_fold(added, |sum, capped| sum.minus(capped.over()?))?;
    let limits_agree = plan.is_none_or(|plan| {
        let of_plan = |written: &CappedRule| {
            plan.rule(written.rule)
                .is_some_and(|rule| rule.cap_per == CapPer::Period && rule.cap == Some(written.cap))
        };
        // A rule of an earlier plan stands in that one.
        let mut rules = month.capped.iter().map(|capped| capped.rule);
        rules.all(|rule| rule.plan != plan.version || of_plan(&rule))
    });
    Ok(MonthAgain {
        exact,
        supplement,
        amount,
        agrees: by_slices == written.amount,
        plan_agrees: by_plan.map(|again| {
            again.supplement == *written && again.target == month.now.target && limits_agree
        }),
    })
}

/// What a slice adds before anything is rounded, in millionths of a centime.
pub fn exact_slice(slice: &Slice) -> i128 {
    i128::from(slice.base.0) * i128::from(slice.rate.0)
}

/// Millionths of a centime as an amount in dirhams with every digit that means something, two at least:
/// `864,1969`. Read with the digits of [`Centimes::figures`].
pub fn exact_figures(millionths: i128) -> String {
    let per_centime = 10_i128.pow(EXACT_DIGITS as u32);
    let (whole, rest) = (
        millionths.unsigned_abs() / per_centime.unsigned_abs(),
        millionths.unsigned_abs() % per_centime.unsigned_abs(),
    );
    let whole = i64::try_from(whole).map_or(i64::MAX, |whole| whole);
    let mut figures = Centimes(whole).figures();
    if rest > 0 {
        let digits = format!("{rest:0EXACT_DIGITS$}");
        figures.push_str(digits.trim_end_matches('0'));
    }
    if millionths < 0 && (whole > 0 || rest > 0) {
        figures.insert(0, '\u{2212}');
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::{exact_figures, month};
    use crate::commission::{CapPer, Conditions, Pays, Plan, Rule};
    use crate::ids::PlanVersion;
    use crate::money::{Centimes, Ppm};
    use crate::period::Period;
    use crate::settlement::rules::{PeriodRules, Target, Tier};
    use crate::settlement::{CappedRule, MonthChange, MonthRules, SettledMonth};
    use crate::time::Timestamp;
    use proptest::prelude::*;

    #[test]
    fn an_exact_figure_shows_what_is_rounded_away() {
        assert_eq!(
            exact_figures(86_419_690_000),
            Centimes(86_419).figures() + "69"
        );
        assert_eq!(exact_figures(8_400_000_000), Centimes(8_400).figures());
        assert_eq!(exact_figures(1), "0,00000001");
        assert_eq!(exact_figures(0), "0,00");
        assert_eq!(exact_figures(-1_500_000), "\u{2212}0,015");
    }

    proptest! {
        #[test]
        fn rounding_the_exact_figure_gives_the_amount(base in 0i64..1_000_000_000_000, rate in 0u32..=1_000_000) {
            let exact = i128::from(base) * i128::from(rate);
            let rounded = (exact + 500_000) / 1_000_000;
            prop_assert_eq!(Centimes(rounded as i64), Centimes(base).at_rate(Ppm(rate)).expect("fits"));
        }
    }

    fn plan() -> Plan {
        let tier = |from, below, rate| Tier {
            from: Centimes(from),
            below,
            rate: Ppm(rate),
        };
        let rule = Rule {
            number: 1,
            when: Conditions::default(),
            pays: Pays::Rate { rate: Ppm(80_000) },
            cap: Some(Centimes(100)),
            cap_per: CapPer::Period,
        };
        Plan {
            version: PlanVersion(4),
            valid_from: Timestamp(0),
            rules: vec![rule],
            period: PeriodRules {
                tiers: vec![tier(0, Some(Centimes(1)), 400_000), tier(1, None, 400_000)],
                targets: vec![Target {
                    reach: Centimes(2),
                    bonus: Centimes(500),
                }],
                ..PeriodRules::default()
            },
        }
    }

    /// A month of two centimes of turnover, which earned 1.30 DH by a rule that gives 1.00 a month.
    fn told(plan: &Plan) -> SettledMonth {
        let period = Period::new(2026, 11).expect("a month");
        let rule = CappedRule {
            plan: plan.version,
            rule: 1,
            cap: Centimes(100),
        };
        let mut change = MonthChange::default();
        change
            .count(Centimes(130), Centimes(2), Some(rule))
            .expect("fits");
        let rules = MonthRules {
            plan: plan.version,
            rules: &plan.period,
        };
        SettledMonth::untouched(period, plan.version)
            .changed(&rules, &change)
            .expect("fits")
    }

    #[test]
    fn a_month_is_computed_again_from_its_slices_which_are_rounded_once() {
        let told = told(&plan());
        let again = month(&told, Some(&plan())).expect("fits");
        // 0.4 and 0.4 of a centime: 0.8, which is 1.
        assert_eq!((again.exact, again.supplement), (800_000, Centimes(1)));
        // With the bonus, less what is above the limit of the month.
        assert_eq!(again.amount, Centimes(501 - 30));
        assert_eq!(told.adds(), Ok(again.amount));
        assert_eq!((again.agrees, again.plan_agrees), (true, Some(true)));
    }

    #[test]
    fn a_month_that_does_not_come_out_says_so() {
        let told = told(&plan());
        let mut forged = told.clone();
        forged.now.supplement.amount = Centimes(2);
        let again = month(&forged, None).expect("fits");
        assert_eq!((again.agrees, again.plan_agrees), (false, None));
        let mut forged = told.clone();
        forged.now.target = None;
        let again = month(&forged, Some(&plan())).expect("fits");
        assert_eq!((again.agrees, again.plan_agrees), (true, Some(false)));
        assert_eq!(again.amount, Centimes(471), "what the plan makes of it");
        let mut forged = told.clone();
        forged.now.supplement.slices[1].base = Centimes(3);
        let again = month(&forged, Some(&plan())).expect("fits");
        assert_eq!((again.agrees, again.plan_agrees), (false, Some(false)));
        let mut forged = told;
        forged.capped[0].rule.cap = Centimes(90);
        let again = month(&forged, Some(&plan())).expect("fits");
        assert_eq!((again.agrees, again.plan_agrees), (true, Some(false)));
    }
}
