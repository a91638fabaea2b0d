//! The rules of a plan that look at a whole month: tiers, targets, a guaranteed minimum and the
//! override of a team lead.
//!
//! They stand in the plan and are published with it, so they hold from the plan's date on and an
//! edit never reaches a month that has begun under another.

use crate::limits;
use crate::money::{Centimes, Ppm};
use serde::{Deserialize, Serialize};

/// What a plan adds to the lines' commissions. The default adds nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodRules {
    /// Slices of a month's net vested turnover, lowest first, without gap from zero on; the last
    /// one is open. None: no supplement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// What a month's net vested turnover may reach, lowest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    /// The least an agent is given for a month. What it adds is owed, and recovered from later
    /// months.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub guaranteed: Centimes,
    /// What a team lead earns on the net turnover of each line sold by an agent supervised. One
    /// level: an override is no sale, so nobody earns on it.
    #[serde(default, skip_serializing_if = "is_no_rate")]
    pub lead_rate: Ppm,
}

fn is_zero(amount: &Centimes) -> bool {
    *amount == Centimes::ZERO
}

fn is_no_rate(rate: &Ppm) -> bool {
    *rate == Ppm(0)
}

/// A slice of turnover, half-open, and what each dirham that falls into it adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The first centime in it.
    pub from: Centimes,
    /// The first centime above it; nothing when it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Centimes>,
    /// The full rate of the slice, on top of what the lines earned. It may be zero.
    pub rate: Ppm,
}

/// A turnover to reach. The highest one reached counts and takes the place of those below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The net vested turnover from which on it is reached.
    pub reach: Centimes,
    /// What reaching it is worth.
    pub bonus: Centimes,
}

/// Why the rules of a month cannot be published. Tiers and targets are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PeriodRulesError {
    /// Turnover below the first tier would find no tier.
    #[error("tier 1 begins at {from} instead of 0: what lies below has no tier")]
    FirstTierNotFromZero {
        /// Where it begins.
        from: Centimes,
    },
    /// Turnover between two tiers would find no tier.
    #[error("between tier {first} (below {below}) and tier {second} (from {from}) lies a gap")]
    TierGap {
        /// The lower tier.
        first: usize,
        /// The upper one.
        second: usize,
        /// Where the lower ends.
        below: Centimes,
        /// Where the upper begins.
        from: Centimes,
    },
    /// Some turnover would find two tiers.
    #[error("tier {first} and tier {second} (from {from}) overlap")]
    TierOverlap {
        /// The tier that stands first.
        first: usize,
        /// The one that begins inside it, or below it.
        second: usize,
        /// Where the second begins.
        from: Centimes,
    },
    /// Turnover above the last tier would find no tier.
    #[error("tier {tier} is the last and ends at {below}: what lies above has no tier")]
    LastTierNotOpen {
        /// Which.
        tier: usize,
        /// Where it ends.
        below: Centimes,
    },
    /// No turnover would find the tier.
    #[error("tier {tier} ends at {below}, where it begins or before")]
    TierEmpty {
        /// Which.
        tier: usize,
        /// Where it ends.
        below: Centimes,
    },
    /// A tier's rate above the whole.
    #[error("the rate of tier {tier} is above 100 %")]
    TierRateAboveWhole {
        /// Which.
        tier: usize,
    },
    /// A target that is not worth more than the one before it, or is not harder to reach.
    #[error("target {second} must lie above target {first} in both turnover and bonus")]
    TargetOrder {
        /// The lower target.
        first: usize,
        /// The one that should lie above.
        second: usize,
    },
    /// A target's turnover or bonus that is not positive, or far too large.
    #[error("the {field} of target {target} is not a valid sum")]
    TargetNotValid {
        /// Which.
        target: usize,
        /// `reach` or `bonus`.
        field: String,
    },
    /// A negative or far too large guaranteed minimum.
    #[error("the guaranteed minimum is not a valid sum")]
    GuaranteedNotValid,
    /// An override above the whole.
    #[error("the override of a team lead is above 100 %")]
    LeadRateAboveWhole,
}

impl PeriodRules {
    /// Refuses rules with gaps, overlaps or impossible figures, before anything is settled by them.
    ///
    /// # Errors
    /// The first thing wrong, by the place where it stands.
    pub fn check(&self) -> Result<(), PeriodRulesError> {
        self.check_tiers()?;
        self.check_targets()?;
        if !(0..=limits::PERIOD_TURNOVER_CENTIMES).contains(&self.guaranteed.0) {
            return Err(PeriodRulesError::GuaranteedNotValid);
        }
        if self.lead_rate.0 > limits::RATE_PPM {
            return Err(PeriodRulesError::LeadRateAboveWhole);
        }
        Ok(())
    }

    fn check_tiers(&self) -> Result<(), PeriodRulesError> {
        let mut lower: Option<&Tier> = None;
        for (tier, number) in self.tiers.iter().zip(1..) {
            if tier.rate.0 > limits::RATE_PPM {
                return Err(PeriodRulesError::TierRateAboveWhole { tier: number });
            }
            if let Some(below) = tier.below.filter(|below| *below <= tier.from) {
                return Err(PeriodRulesError::TierEmpty {
                    tier: number,
                    below,
                });
            }
            match lower {
                None if tier.from != Centimes::ZERO => {
                    return Err(PeriodRulesError::FirstTierNotFromZero { from: tier.from });
                }
                None => {}
                Some(lower) => match lower.below {
                    Some(below) if below == tier.from => {}
                    Some(below) if below < tier.from => {
                        return Err(PeriodRulesError::TierGap {
                            first: number - 1,
                            second: number,
                            below,
                            from: tier.from,
                        });
                    }
                    _ => {
                        return Err(PeriodRulesError::TierOverlap {
                            first: number - 1,
                            second: number,
                            from: tier.from,
                        });
                    }
                },
            }
            lower = Some(tier);
        }
        match lower.and_then(|last| last.below) {
            Some(below) => Err(PeriodRulesError::LastTierNotOpen {
                tier: self.tiers.len(),
                below,
            }),
            None => Ok(()),
        }
    }

    fn check_targets(&self) -> Result<(), PeriodRulesError> {
        let valid = 1..=limits::PERIOD_TURNOVER_CENTIMES;
        let mut lower: Option<&Target> = None;
        for (target, number) in self.targets.iter().zip(1..) {
            for (field, sum) in [("reach", target.reach), ("bonus", target.bonus)] {
                if !valid.contains(&sum.0) {
                    return Err(PeriodRulesError::TargetNotValid {
                        target: number,
                        field: field.to_owned(),
                    });
                }
            }
            if lower.is_some_and(|lower| target.reach <= lower.reach || target.bonus <= lower.bonus)
            {
                return Err(PeriodRulesError::TargetOrder {
                    first: number - 1,
                    second: number,
                });
            }
            lower = Some(target);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::read;

    fn tier(from: i64, below: Option<i64>, rate: u32) -> Tier {
        Tier {
            from: Centimes(from),
            below: below.map(Centimes),
            rate: Ppm(rate),
        }
    }

    fn tiers(tiers: &[Tier]) -> Result<(), PeriodRulesError> {
        PeriodRules {
            tiers: tiers.to_vec(),
            ..PeriodRules::default()
        }
        .check()
    }

    fn targets(pairs: &[(i64, i64)]) -> Result<(), PeriodRulesError> {
        PeriodRules {
            targets: pairs
                .iter()
                .map(|&(reach, bonus)| Target {
                    reach: Centimes(reach),
                    bonus: Centimes(bonus),
                })
                .collect(),
            ..PeriodRules::default()
        }
        .check()
    }

    #[test]
    fn rules_without_gap_or_overlap_pass() {
        assert_eq!(PeriodRules::default().check(), Ok(()));
        assert_eq!(tiers(&[tier(0, None, 10_000)]), Ok(()));
        assert_eq!(
            tiers(&[
                tier(0, Some(1_000_000), 0),
                tier(1_000_000, Some(5_000_000), 20_000),
                tier(5_000_000, None, 10_000),
            ]),
            Ok(())
        );
        assert_eq!(targets(&[(1, 1), (2, 2)]), Ok(()));
    }

    #[test]
    fn a_gap_names_both_tiers() {
        let error = tiers(&[
            tier(0, Some(100), 0),
            tier(100, Some(200), 1),
            tier(201, None, 2),
        ]);
        assert_eq!(
            error,
            Err(PeriodRulesError::TierGap {
                first: 2,
                second: 3,
                below: Centimes(200),
                from: Centimes(201)
            })
        );
        let message = error.expect_err("a gap").to_string();
        assert!(message.contains("tier 2") && message.contains("tier 3"));
    }

    #[test]
    fn an_overlap_names_both_tiers() {
        let overlap = |from| {
            Err(PeriodRulesError::TierOverlap {
                first: 1,
                second: 2,
                from: Centimes(from),
            })
        };
        assert_eq!(
            tiers(&[tier(0, Some(100), 0), tier(99, None, 1)]),
            overlap(99)
        );
        assert_eq!(tiers(&[tier(0, None, 0), tier(100, None, 1)]), overlap(100));
        assert_eq!(
            tiers(&[tier(0, Some(100), 0), tier(-100, None, 1)]),
            overlap(-100)
        );
    }

    #[test]
    fn every_turnover_must_find_a_tier() {
        assert_eq!(
            tiers(&[tier(1, None, 0)]),
            Err(PeriodRulesError::FirstTierNotFromZero { from: Centimes(1) })
        );
        assert_eq!(
            tiers(&[tier(-1, None, 0)]),
            Err(PeriodRulesError::FirstTierNotFromZero { from: Centimes(-1) })
        );
        assert_eq!(
            tiers(&[tier(0, Some(100), 0)]),
            Err(PeriodRulesError::LastTierNotOpen {
                tier: 1,
                below: Centimes(100)
            })
        );
        assert_eq!(
            tiers(&[tier(0, Some(0), 0), tier(0, None, 0)]),
            Err(PeriodRulesError::TierEmpty {
                tier: 1,
                below: Centimes(0)
            })
        );
    }

    #[test]
    fn impossible_figures_are_refused_by_name() {
        assert_eq!(tiers(&[tier(0, None, 1_000_000)]), Ok(()));
        assert_eq!(
            tiers(&[tier(0, None, 1_000_001)]),
            Err(PeriodRulesError::TierRateAboveWhole { tier: 1 })
        );
        assert_eq!(
            PeriodRules {
                guaranteed: Centimes(-1),
                ..PeriodRules::default()
            }
            .check(),
            Err(PeriodRulesError::GuaranteedNotValid)
        );
        assert_eq!(
            PeriodRules {
                lead_rate: Ppm(1_000_001),
                ..PeriodRules::default()
            }
            .check(),
            Err(PeriodRulesError::LeadRateAboveWhole)
        );
        for (pairs, target, field) in [
            ([(0, 1), (2, 2)], 1, "reach"),
            ([(1, 1), (2, -2)], 2, "bonus"),
            ([(1, 1), (i64::MAX, 2)], 2, "reach"),
        ] {
            assert_eq!(
                targets(&pairs),
                Err(PeriodRulesError::TargetNotValid {
                    target,
                    field: field.to_owned()
                })
            );
        }
    }

    #[test]
    fn a_target_must_lie_above_the_one_before_it() {
        for pairs in [[(5, 1), (5, 2)], [(5, 1), (4, 2)], [(5, 2), (6, 2)]] {
            assert_eq!(
                targets(&pairs),
                Err(PeriodRulesError::TargetOrder {
                    first: 1,
                    second: 2
                })
            );
        }
    }

    #[test]
    fn rules_that_add_nothing_take_no_room() {
        assert_eq!(
            serde_json::to_string(&PeriodRules::default()).expect("writes"),
            "{}"
        );
        let rules = PeriodRules {
            tiers: vec![tier(0, Some(100), 0), tier(100, None, 20_000)],
            targets: vec![Target {
                reach: Centimes(5),
                bonus: Centimes(6),
            }],
            guaranteed: Centimes(7),
            lead_rate: Ppm(8),
        };
        let written = serde_json::to_string(&rules).expect("writes");
        assert_eq!(read::<PeriodRules>(&written).expect("reads"), rules);
        assert_eq!(
            read::<PeriodRules>("{}").expect("reads"),
            PeriodRules::default()
        );
    }
}
