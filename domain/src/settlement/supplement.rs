//! What a month's net vested turnover adds to the commissions of its lines.
//!
//! One function gives the figure of a closed month, of the month under way ("if it ended now") and of
//! a closed month that a late return corrects: the correction is the difference of two supplements,
//! so any number of corrections comes to what one would have come to.

use super::rules::{PeriodRules, Target, Tier};
use crate::money::{Centimes, Overflow, Ppm, divide_half_up};
use serde::{Deserialize, Serialize};

/// The part of a turnover that lies in one tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Where the tier begins.
    pub from: Centimes,
    /// Where it ends; nothing when it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Centimes>,
    /// The tier's rate.
    pub rate: Ppm,
    /// How much of the turnover lies in it.
    pub base: Centimes,
}

/// What tiers add to a month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supplement {
    /// The turnover it was made of.
    pub turnover: Centimes,
    /// The tiers that it reaches into.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<Slice>,
    /// What they come to: summed exactly, then rounded once.
    pub amount: Centimes,
}

/// What tiers add to a net vested turnover. Nothing below zero: a month in which more came back than
/// was sold reaches into no tier.
///
/// # Errors
/// When the figures do not fit 64 bits.
pub fn supplement(tiers: &[Tier], net_vested_turnover: Centimes) -> Result<Supplement, Overflow> {
    let mut slices = Vec::new();
    let mut sum_ppm: i128 = 0;
    for tier in tiers {
        let reached = tier
            .below
            .map_or(net_vested_turnover, |below| below.min(net_vested_turnover));
        if reached <= tier.from {
            continue;
        }
        let base = reached.minus(tier.from)?;
        sum_ppm += i128::from(base.0) * i128::from(tier.rate.0);
        slices.push(Slice {
            from: tier.from,
            below: tier.below,
            rate: tier.rate,
            base,
        });
    }
    Ok(Supplement {
        turnover: net_vested_turnover,
        slices,
        amount: divide_half_up(sum_ppm, 1_000_000)?,
    })
}

/// The highest target that a net vested turnover reaches.
pub fn target_reached(targets: &[Target], net_vested_turnover: Centimes) -> Option<Target> {
    targets
        .iter()
        .copied()
        .filter(|target| target.reach <= net_vested_turnover)
        .max_by_key(|target| target.reach)
}

/// What a month adds as its turnover stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlook {
    /// By its tiers.
    pub supplement: Supplement,
    /// The target reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The turnover at which the next tier or target begins to count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Centimes>,
}

impl Outlook {
    /// Supplement and bonus together.
    ///
    /// # Errors
    /// When the sum does not fit 64 bits.
    pub fn amount(&self) -> Result<Centimes, Overflow> {
        self.supplement.amount.plus(self.bonus())
    }

    /// What the target reached is worth.
    pub fn bonus(&self) -> Centimes {
        self.target.map_or(Centimes::ZERO, |target| target.bonus)
    }

    /// The turnover still missing to [`Outlook::next_at`].
    ///
    /// # Errors
    /// When the difference does not fit 64 bits.
    pub fn missing(&self) -> Result<Option<Centimes>, Overflow> {
        self.next_at
            .map(|next_at| next_at.minus(self.supplement.turnover))
            .transpose()
    }
}

/// What a month adds with this turnover: at its close, or if it ended now.
///
/// # Errors
/// When the figures do not fit 64 bits.
pub fn outlook(rules: &PeriodRules, net_vested_turnover: Centimes) -> Result<Outlook, Overflow> {
    Ok(Outlook {
        supplement: supplement(&rules.tiers, net_vested_turnover)?,
        target: target_reached(&rules.targets, net_vested_turnover),
        next_at: rules
            .tiers
            .iter()
            .map(|tier| tier.from)
            .chain(rules.targets.iter().map(|target| target.reach))
            .filter(|at| *at > net_vested_turnover)
            .min(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use proptest::prelude::*;

    /// Tiers that a plan may have: bounds and rates at random, without gap or overlap.
    fn any_tiers() -> impl Strategy<Value = Vec<Tier>> {
        (
            prop::collection::btree_set(1i64..3_000_000, 0..6),
            prop::collection::vec(0u32..=1_000_000, 6),
        )
            .prop_map(|(bounds, rates)| {
                let froms = std::iter::once(0).chain(bounds.iter().copied());
                let belows = bounds
                    .iter()
                    .copied()
                    .map(|bound| Some(Centimes(bound)))
                    .chain([None]);
                froms
                    .zip(belows)
                    .zip(rates)
                    .map(|((from, below), rate)| Tier {
                        from: Centimes(from),
                        below,
                        rate: Ppm(rate),
                    })
                    .collect()
            })
    }

    fn amount(tiers: &[Tier], turnover: i64) -> i64 {
        supplement(tiers, Centimes(turnover))
            .expect("fits")
            .amount
            .0
    }

    proptest! {
        #[test]
        fn a_centime_more_never_earns_less_nor_more_than_a_centime(tiers in any_tiers(), turnover in -10i64..4_000_000) {
            let step = amount(&tiers, turnover + 1) - amount(&tiers, turnover);
            prop_assert!((0..=1).contains(&step), "{step}");
        }

        #[test]
        fn the_bounds_of_tiers_are_no_steps(tiers in any_tiers()) {
            for tier in &tiers {
                for turnover in [tier.from.0 - 1, tier.from.0] {
                    let slices = supplement(&tiers, Centimes(turnover)).expect("fits").slices;
                    prop_assert!(slices.iter().all(|slice| slice.base > Centimes::ZERO));
                    let step = amount(&tiers, turnover + 1) - amount(&tiers, turnover);
                    prop_assert!((0..=1).contains(&step), "{step} at {turnover}");
                }
            }
        }

        #[test]
        fn every_centime_of_turnover_lies_in_exactly_one_slice(tiers in any_tiers(), turnover in 0i64..4_000_000) {
            let supplement = supplement(&tiers, Centimes(turnover)).expect("fits");
            let in_slices: i64 = supplement.slices.iter().map(|slice| slice.base.0).sum();
            prop_assert_eq!(in_slices, turnover);
            for slice in &supplement.slices {
                prop_assert!(slice.base.0 > 0 && slice.below.is_none_or(|below| slice.from.0 + slice.base.0 <= below.0));
            }
        }

        #[test]
        fn a_tier_cut_in_two_pays_the_same(tiers in any_tiers(), turnover in 0i64..4_000_000, cut in 1i64..4_000_000) {
            let cut_in_two: Vec<Tier> = tiers
                .iter()
                .flat_map(|tier| {
                    let at = Centimes(cut);
                    if tier.from < at && tier.below.is_none_or(|below| at < below) {
                        vec![Tier { below: Some(at), ..*tier }, Tier { from: at, ..*tier }]
                    } else {
                        vec![*tier]
                    }
                })
                .collect();
            prop_assert_eq!(amount(&tiers, turnover), amount(&cut_in_two, turnover));
        }

        #[test]
        fn corrections_in_any_number_of_steps_come_to_one(tiers in any_tiers(), turnovers in prop::collection::vec(0i64..4_000_000, 2..8)) {
            let steps: i64 = turnovers.windows(2).map(|pair| amount(&tiers, pair[1]) - amount(&tiers, pair[0])).sum();
            prop_assert_eq!(steps, amount(&tiers, turnovers[turnovers.len() - 1]) - amount(&tiers, turnovers[0]));
        }

        #[test]
        fn the_outlook_names_the_next_turnover_that_counts(tiers in any_tiers(), reach in 1i64..3_000_000, turnover in 0i64..4_000_000) {
            let rules = PeriodRules { tiers, targets: vec![Target { reach: Centimes(reach), bonus: Centimes(500) }], ..PeriodRules::default() };
            let now = outlook(&rules, Centimes(turnover)).expect("fits");
            prop_assert_eq!(now.bonus().0, if turnover >= reach { 500 } else { 0 });
            if let Some(missing) = now.missing().expect("fits") {
                prop_assert!(missing > Centimes::ZERO);
                let then = outlook(&rules, Centimes(turnover + missing.0)).expect("fits");
                prop_assert!(then.next_at > now.next_at || then.next_at.is_none());
                let before = outlook(&rules, Centimes(turnover + missing.0 - 1)).expect("fits");
                prop_assert_eq!((before.target, before.next_at), (now.target, now.next_at));
            }
        }
    }

    #[test]
    fn the_full_rate_of_a_slice_counts_for_what_lies_in_it() {
        let tier = |from, below, rate| Tier {
            from: Centimes(from),
            below,
            rate: Ppm(rate),
        };
        // 0 % below 10,000 DH, 2 % from there, 3 % from 20,000 DH.
        let tiers = [
            tier(0, Some(Centimes(1_000_000)), 0),
            tier(1_000_000, Some(Centimes(2_000_000)), 20_000),
            tier(2_000_000, None, 30_000),
        ];
        let supplement = supplement(&tiers, Centimes(2_500_000)).expect("fits");
        assert_eq!(
            supplement
                .slices
                .iter()
                .map(|slice| slice.base.0)
                .collect::<Vec<_>>(),
            [1_000_000, 1_000_000, 500_000]
        );
        assert_eq!(supplement.amount, Centimes(20_000 + 15_000));
    }

    #[test]
    fn fractions_of_slices_are_summed_before_they_are_rounded() {
        let tier = |from, below, rate| Tier {
            from: Centimes(from),
            below,
            rate: Ppm(rate),
        };
        // Two slices of a centime at 40 %: 0.8 rounds to 1, where 0.4 twice would round to 0.
        let tiers = [tier(0, Some(Centimes(1)), 400_000), tier(1, None, 400_000)];
        assert_eq!(amount(&tiers, 2), 1);
    }

    #[test]
    fn the_highest_target_reached_takes_the_place_of_those_below() {
        let target = |reach, bonus| Target {
            reach: Centimes(reach),
            bonus: Centimes(bonus),
        };
        let targets = [target(100, 5), target(200, 20)];
        for (turnover, bonus) in [(99, None), (100, Some(5)), (199, Some(5)), (200, Some(20))] {
            assert_eq!(
                target_reached(&targets, Centimes(turnover)).map(|target| target.bonus.0),
                bonus
            );
        }
    }

    #[test]
    fn the_largest_turnover_at_the_whole_rate_fits() {
        let tiers = [Tier {
            from: Centimes::ZERO,
            below: None,
            rate: Ppm(limits::RATE_PPM),
        }];
        assert_eq!(amount(&tiers, i64::MAX), i64::MAX);
        assert_eq!(amount(&tiers, i64::MIN), 0);
    }
}
