//! What one version of a plan says otherwise than the one before it.
//!
//! A rule is known by when it applies, for a plan has one rule at most for the same sales: rules of
//! two versions with the same conditions are one rule, whatever their numbers.

use super::{Plan, Rule};
use crate::money::{Centimes, Ppm};
use crate::settlement::rules::{Target, Tier};

/// One difference between two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanChange<'a> {
    /// The earlier version had no rule for these sales in particular.
    RuleAdded(&'a Rule),
    /// The later version has no rule for these sales in particular.
    RuleRemoved(&'a Rule),
    /// Both have one, which pays or limits otherwise.
    RuleChanged {
        /// In the earlier version.
        before: &'a Rule,
        /// In the later one.
        after: &'a Rule,
    },
    /// Other tiers.
    Tiers {
        /// In the earlier version.
        before: &'a [Tier],
        /// In the later one.
        after: &'a [Tier],
    },
    /// Other targets.
    Targets {
        /// In the earlier version.
        before: &'a [Target],
        /// In the later one.
        after: &'a [Target],
    },
    /// Another minimum of a month.
    Guaranteed {
        /// In the earlier version.
        before: Centimes,
        /// In the later one.
        after: Centimes,
    },
    /// Another override of leads.
    LeadRate {
        /// In the earlier version.
        before: Ppm,
        /// In the later one.
        after: Ppm,
    },
}

/// How `after` differs from `before`: its rules in its own order, then the rules that are gone, then
/// what looks at a whole month.
pub fn changes<'a>(before: &'a Plan, after: &'a Plan) -> Vec<PlanChange<'a>> {
    let same = |rules: &'a [Rule], rule: &Rule| rules.iter().find(|known| known.when == rule.when);
    let mut changes = Vec::new();
    for rule in &after.rules {
        match same(&before.rules, rule) {
            None => changes.push(PlanChange::RuleAdded(rule)),
            Some(known) if says_the_same(known, rule) => {}
            Some(known) => changes.push(PlanChange::RuleChanged {
                before: known,
                after: rule,
            }),
        }
    }
    let gone = before
        .rules
        .iter()
        .filter(|rule| same(&after.rules, rule).is_none());
    changes.extend(gone.map(PlanChange::RuleRemoved));
    let (was, is) = (&before.period, &after.period);
    if was.tiers != is.tiers {
        changes.push(PlanChange::Tiers {
            before: &was.tiers,
            after: &is.tiers,
        });
    }
    if was.targets != is.targets {
        changes.push(PlanChange::Targets {
            before: &was.targets,
            after: &is.targets,
        });
    }
    if was.guaranteed != is.guaranteed {
        changes.push(PlanChange::Guaranteed {
            before: was.guaranteed,
            after: is.guaranteed,
        });
    }
    if was.lead_rate != is.lead_rate {
        changes.push(PlanChange::LeadRate {
            before: was.lead_rate,
            after: is.lead_rate,
        });
    }
    changes
}

/// What a cap is counted over is no difference where there is no cap.
fn says_the_same(one: &Rule, other: &Rule) -> bool {
    one.pays == other.pays
        && one.cap == other.cap
        && (one.cap.is_none() || one.cap_per == other.cap_per)
}

#[cfg(test)]
mod tests {
    use super::super::{CapPer, Conditions, Pays};
    use super::*;
    use crate::ids::{PlanVersion, ProductId};
    use crate::settlement::rules::PeriodRules;
    use crate::time::Timestamp;

    fn rule(number: u16, product: Option<i64>, rate: u32) -> Rule {
        Rule {
            number,
            when: Conditions {
                product: product.map(ProductId),
                ..Conditions::default()
            },
            pays: Pays::Rate { rate: Ppm(rate) },
            ..Rule::default()
        }
    }

    fn plan(rules: Vec<Rule>) -> Plan {
        Plan {
            version: PlanVersion(1),
            valid_from: Timestamp(0),
            rules,
            period: PeriodRules::default(),
        }
    }

    #[test]
    fn a_plan_does_not_differ_from_itself_in_another_order_or_with_other_numbers() {
        let one = plan(vec![rule(1, None, 80_000), rule(2, Some(3), 100_000)]);
        let mut other = plan(vec![rule(7, Some(3), 100_000), rule(9, None, 80_000)]);
        // Nothing is limited, so what a limit would be counted over says nothing.
        other.rules[0].cap_per = CapPer::Order;
        assert_eq!(changes(&one, &other), []);
    }

    #[test]
    fn rules_are_added_removed_and_changed_by_the_sales_they_hold_for() {
        let before = plan(vec![
            rule(1, None, 80_000),
            rule(2, Some(3), 100_000),
            rule(3, Some(4), 1),
        ]);
        let mut after = plan(vec![
            rule(1, Some(5), 100_000),
            rule(2, None, 90_000),
            rule(3, Some(4), 1),
        ]);
        after.rules[2].cap = Some(Centimes(100));
        assert_eq!(
            changes(&before, &after),
            [
                PlanChange::RuleAdded(&after.rules[0]),
                PlanChange::RuleChanged {
                    before: &before.rules[0],
                    after: &after.rules[1]
                },
                PlanChange::RuleChanged {
                    before: &before.rules[2],
                    after: &after.rules[2]
                },
                PlanChange::RuleRemoved(&before.rules[1]),
            ]
        );
    }

    #[test]
    fn what_looks_at_a_month_is_told_piece_by_piece() {
        let before = plan(vec![rule(1, None, 1)]);
        let mut after = before.clone();
        after.period = PeriodRules {
            tiers: vec![Tier {
                from: Centimes::ZERO,
                below: None,
                rate: Ppm(10),
            }],
            targets: vec![Target {
                reach: Centimes(5),
                bonus: Centimes(1),
            }],
            guaranteed: Centimes(7),
            lead_rate: Ppm(9),
        };
        let told = changes(&before, &after);
        assert_eq!(told.len(), 4);
        assert_eq!(
            told[2],
            PlanChange::Guaranteed {
                before: Centimes::ZERO,
                after: Centimes(7)
            }
        );
        assert_eq!(
            told[3],
            PlanChange::LeadRate {
                before: Ppm(0),
                after: Ppm(9)
            }
        );
    }
}
