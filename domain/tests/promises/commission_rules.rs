//! Which rule wins, and what it pays.

use crate::demo_catalogue::*;
use proptest::prelude::*;
use taswiq_domain::catalogue::Channel;
use taswiq_domain::commission::{
    Conditions, LineCommission, Pays, Plan, PlanError, Rule, Sale, of_line,
};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::ids::{CategoryId, PersonId};
use taswiq_domain::money::{Centimes, Ppm};

const SALE: Sale<'static> = Sale {
    agent: PersonId(20),
    grade: "senior",
    product: THYME_HONEY,
    category: CategoryId(1),
    cooperative: HONEY_COOP,
    customer_kind: CustomerKind::Household,
    channel: Channel::Door,
    units: 3,
    base: Centimes(10_000),
};

/// Every combination of conditions that fits [`SALE`], by bit.
fn conditions(bits: u8) -> Conditions {
    let given = |bit: u8| bits >> bit & 1 == 1;
    Conditions {
        agent: given(6).then_some(SALE.agent),
        product: given(5).then_some(SALE.product),
        cooperative: given(4).then_some(SALE.cooperative),
        category: given(3).then_some(SALE.category),
        grade: given(2).then(|| SALE.grade.to_owned()),
        customer_kind: given(1).then_some(SALE.customer_kind),
        channel: given(0).then_some(SALE.channel),
    }
}

#[test]
fn the_published_order_of_rules_holds() {
    let agent = Conditions {
        agent: Some(PersonId(20)),
        ..Conditions::default()
    };
    let ladder = [
        Conditions {
            product: Some(THYME_HONEY),
            ..agent.clone()
        },
        Conditions {
            cooperative: Some(HONEY_COOP),
            ..agent
        },
        Conditions {
            product: Some(THYME_HONEY),
            ..Conditions::default()
        },
        Conditions {
            cooperative: Some(HONEY_COOP),
            category: Some(CategoryId(1)),
            ..Conditions::default()
        },
        Conditions {
            cooperative: Some(HONEY_COOP),
            ..Conditions::default()
        },
        Conditions {
            category: Some(CategoryId(1)),
            ..Conditions::default()
        },
        Conditions {
            grade: Some("senior".to_owned()),
            ..Conditions::default()
        },
        Conditions {
            customer_kind: Some(CustomerKind::Household),
            ..Conditions::default()
        },
        Conditions {
            channel: Some(Channel::Door),
            ..Conditions::default()
        },
        Conditions::default(),
    ];
    assert!(
        ladder
            .windows(2)
            .all(|pair| pair[0].specificity() > pair[1].specificity())
    );
}

proptest! {
    #[test]
    fn the_most_specific_rule_wins_in_whatever_order_they_stand(mut bits in prop::collection::hash_set(0u8..128, 1..20).prop_map(|set| set.into_iter().collect::<Vec<_>>()), seed in any::<usize>()) {
        bits.push(0);
        bits.sort_unstable();
        bits.dedup();
        let most_specific = *bits.last().expect("at least the default");
        let turn = seed % bits.len();
        bits.rotate_left(turn);
        let rules = bits.iter().enumerate().map(|(index, &bits)| rule(index as u16 + 1, conditions(bits), Pays::PerUnit { amount: Centimes(i64::from(bits) + 1) })).collect();
        let plan = Plan { rules, ..plan() };
        prop_assert_eq!(plan.check(), Ok(()));
        prop_assert_eq!(of_line(&plan, &SALE).expect("a rule").amount, Centimes((i64::from(most_specific) + 1) * 3));
    }

    #[test]
    fn no_rate_pays_more_than_the_base_and_no_cap_is_passed(base in 0i64..2_000_000_000, rate in 1u32..=1_000_000, cap in 1i64..1_000_000) {
        let commission = LineCommission { rule: 1, pays: Pays::Rate { rate: Ppm(rate) }, cap: Some(Centimes(cap)), ..LineCommission::default() };
        let amount = commission.on_base(Centimes(base), 1).expect("fits").amount;
        prop_assert!(amount.0 <= base.min(cap) && amount.0 >= 0);
    }
}

#[test]
fn a_rule_that_names_another_does_not_fit() {
    for bit in 0..7 {
        let mut other = SALE;
        match bit {
            6 => other.agent = PersonId(21),
            5 => other.product = RUG,
            4 => other.cooperative = RUG_COOP,
            3 => other.category = CategoryId(2),
            2 => other.grade = "junior",
            1 => other.customer_kind = CustomerKind::Professional,
            _ => other.channel = Channel::Shop,
        }
        let rules = vec![
            rule(
                1,
                Conditions::default(),
                Pays::PerUnit {
                    amount: Centimes(1),
                },
            ),
            rule(
                2,
                conditions(1 << bit),
                Pays::PerUnit {
                    amount: Centimes(2),
                },
            ),
        ];
        let plan = Plan { rules, ..plan() };
        assert_eq!(plan.rule_for(&SALE).map(|rule| rule.number), Some(2));
        assert_eq!(
            plan.rule_for(&other).map(|rule| rule.number),
            Some(1),
            "condition {bit}"
        );
    }
}

#[test]
fn a_plan_with_a_gap_a_tie_or_an_impossible_figure_is_not_published() {
    let rate = |ppm| Pays::Rate { rate: Ppm(ppm) };
    let check = |rules: Vec<Rule>| Plan { rules, ..plan() }.check();
    let default = || rule(1, Conditions::default(), rate(70_000));
    assert_eq!(check(vec![default()]), Ok(()));
    assert_eq!(
        check(vec![rule(1, conditions(4), rate(1))]),
        Err(PlanError::NoDefaultRule)
    );
    assert_eq!(
        check(vec![default(), rule(2, Conditions::default(), rate(1))]),
        Err(PlanError::Tie {
            first: 1,
            second: 2
        })
    );
    assert_eq!(
        check(vec![default(), rule(1, conditions(4), rate(1))]),
        Err(PlanError::NumberTwice { number: 1 })
    );
    assert_eq!(
        check(vec![rule(1, Conditions::default(), rate(1_000_001))]),
        Err(PlanError::RateAboveWhole { number: 1 })
    );
    assert_eq!(
        check(vec![rule(1, Conditions::default(), rate(0))]),
        Err(PlanError::ReasonMissing { number: 1 })
    );
    assert_eq!(
        check(vec![rule(
            1,
            Conditions::default(),
            Pays::Nothing {
                reason: " ".to_owned()
            }
        )]),
        Err(PlanError::ReasonMissing { number: 1 })
    );
    assert_eq!(
        check(vec![rule(
            1,
            Conditions::default(),
            Pays::PerUnit {
                amount: Centimes(-1)
            }
        )]),
        Err(PlanError::SumNotValid { number: 1 })
    );
    assert_eq!(
        check(vec![Rule {
            cap: Some(Centimes(0)),
            ..default()
        }]),
        Err(PlanError::SumNotValid { number: 1 })
    );
}
