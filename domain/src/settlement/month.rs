//! The figures of a month, and what changes them: one road for a close, for the correction of a closed
//! month, and for a month that is not over.

use super::closing::MonthRules;
use super::movement::CappedRule;
use super::supplement::{Outlook, outlook};
use crate::ids::PlanVersion;
use crate::money::{Centimes, Overflow};
use crate::period::Period;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The figures of a month as a statement leaves them. The next statement that changes them begins
/// from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledMonth {
    /// Which month.
    pub period: Period,
    /// The plan whose month rules hold for it.
    pub plan: PlanVersion,
    /// What it had added before: nothing in the statement of the month itself.
    #[serde(default)]
    pub before: Outlook,
    /// What it adds in all, and on which turnover.
    pub now: Outlook,
    /// What it earned by the rules that limit a month.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capped: Vec<CappedEarnings>,
}

/// What a month earned by a rule that limits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CappedEarnings {
    /// Which rule.
    pub rule: CappedRule,
    /// What its lines had earned, when it was last settled.
    pub before: Centimes,
    /// What they earn in all; what exceeds the cap is taken off.
    pub earned: Centimes,
}

impl CappedEarnings {
    /// What exceeds the cap and is taken off. Never negative.
    ///
    /// # Errors
    /// When the difference does not fit 64 bits.
    pub fn over(&self) -> Result<Centimes, Overflow> {
        self.over_of(self.earned)
    }

    /// What had been taken off when it was last settled.
    ///
    /// # Errors
    /// When the difference does not fit 64 bits.
    pub fn over_before(&self) -> Result<Centimes, Overflow> {
        self.over_of(self.before)
    }

    fn over_of(&self, earned: Centimes) -> Result<Centimes, Overflow> {
        Ok(earned.minus(self.rule.cap)?.max(Centimes::ZERO))
    }
}

/// What movements change in the figures of a month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonthChange {
    /// The net turnover that vested, less what came back.
    pub turnover: Centimes,
    /// What was earned by each rule that limits the month.
    pub capped: BTreeMap<CappedRule, Centimes>,
}

impl MonthChange {
    /// Counts something that moved.
    ///
    /// # Errors
    /// When a sum does not fit 64 bits.
    pub fn count(
        &mut self,
        amount: Centimes,
        base: Centimes,
        capped: Option<CappedRule>,
    ) -> Result<(), Overflow> {
        self.turnover = self.turnover.plus(base)?;
        if let Some(rule) = capped {
            let earned = self.capped.entry(rule).or_default();
            *earned = earned.plus(amount)?;
        }
        Ok(())
    }

    /// Both together.
    ///
    /// # Errors
    /// When a sum does not fit 64 bits.
    pub fn plus(&self, other: &Self) -> Result<Self, Overflow> {
        let mut sum = self.clone();
        sum.turnover = sum.turnover.plus(other.turnover)?;
        for (rule, amount) in &other.capped {
            sum.count(*amount, Centimes::ZERO, Some(*rule))?;
        }
        Ok(sum)
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.turnover == Centimes::ZERO
            && self.capped.values().all(|amount| *amount == Centimes::ZERO)
    }
}

impl SettledMonth {
    /// A month of which nothing was settled yet.
    pub fn untouched(period: Period, plan: PlanVersion) -> Self {
        Self {
            period,
            plan,
            before: Outlook::default(),
            now: Outlook::default(),
            capped: Vec::new(),
        }
    }

    /// The same month after a change, by its rules.
    ///
    /// # Errors
    /// When the figures do not fit 64 bits.
    pub fn changed(&self, rules: &MonthRules<'_>, change: &MonthChange) -> Result<Self, Overflow> {
        let turnover = self.now.supplement.turnover.plus(change.turnover)?;
        let mut capped: Vec<CappedEarnings> = self
            .capped
            .iter()
            .map(|capped| CappedEarnings {
                before: capped.earned,
                ..*capped
            })
            .collect();
        for (&rule, &amount) in &change.capped {
            match capped.iter_mut().find(|capped| capped.rule == rule) {
                Some(capped) => capped.earned = capped.earned.plus(amount)?,
                None => capped.push(CappedEarnings {
                    rule,
                    before: Centimes::ZERO,
                    earned: amount,
                }),
            }
        }
        Ok(Self {
            period: self.period,
            plan: rules.plan,
            before: self.now.clone(),
            now: outlook(rules.rules, turnover)?,
            capped,
        })
    }

    /// What it adds in all to the commissions of its lines: supplement and bonus, less what its limits
    /// take off.
    ///
    /// # Errors
    /// When the sum does not fit 64 bits.
    pub fn adds(&self) -> Result<Centimes, Overflow> {
        self.capped
            .iter()
            .try_fold(self.now.amount()?, |sum, capped| sum.minus(capped.over()?))
    }

    /// What it had added when it was last settled.
    ///
    /// # Errors
    /// When the sum does not fit 64 bits.
    pub fn added_before(&self) -> Result<Centimes, Overflow> {
        self.capped
            .iter()
            .try_fold(self.before.amount()?, |sum, capped| {
                sum.minus(capped.over_before()?)
            })
    }
}
