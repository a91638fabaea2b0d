//! Which rule wins, and what it pays.

use crate::demo_catalogue::*;
use proptest::prelude::*;
use taswiq_domain::catalogue::Channel;
use taswiq_domain::commission::{
    Band, CapPer, Condition, Conditions, LineCommission, Pays, Plan, PlanError, Rule, Sale, Sum,
    of_order,
};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::engagement::{Engagement, EngagementError, Share};
use taswiq_domain::ids::{CategoryId, CooperativeId, PersonId, ProductId};
use taswiq_domain::money::{Centimes, Ppm};

const SALE: Sale<'static> = Sale {
    agent: PersonId(20),
    team: "nord",
    grade: "senior",
    product: THYME_HONEY,
    category: CategoryId(1),
    cooperative: HONEY_COOP,
    customer_kind: CustomerKind::Household,
    channel: Channel::Door,
    discount: Ppm(50_000),
    units: 3,
    base: Centimes(10_000),
};

/// Every combination of conditions that fits [`SALE`], by bit: the weightiest condition is the
/// highest.
fn conditions(bits: u16) -> Conditions {
    let given = |bit: u16| bits >> bit & 1 == 1;
    Conditions {
        agent: given(8).then_some(SALE.agent),
        product: given(7).then_some(SALE.product),
        cooperative: given(6).then_some(SALE.cooperative),
        category: given(5).then_some(SALE.category),
        team: given(4).then(|| SALE.team.to_owned()),
        grade: given(3).then(|| SALE.grade.to_owned()),
        customer_kind: given(2).then_some(SALE.customer_kind),
        channel: given(1).then_some(SALE.channel),
        discount: given(0).then_some(band(50_000, Some(100_000))),
    }
}

fn band(from: u32, below: Option<u32>) -> Band {
    Band {
        from: Ppm(from),
        below: below.map(Ppm),
    }
}

/// What [`SALE`] alone earns.
fn of_sale(plan: &Plan) -> LineCommission {
    of_order(plan, &ALONE, &[SALE]).expect("a rule").remove(0)
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
            team: Some("nord".to_owned()),
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
        Conditions {
            discount: Some(band(0, None)),
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
    fn the_most_specific_rule_wins_in_whatever_order_they_stand(mut bits in prop::collection::hash_set(0u16..512, 1..40).prop_map(|set| set.into_iter().collect::<Vec<_>>()), seed in any::<usize>()) {
        bits.push(0);
        bits.sort_unstable();
        bits.dedup();
        let most_specific = *bits.last().expect("at least the default");
        let turn = seed % bits.len();
        bits.rotate_left(turn);
        let rules = bits.iter().enumerate().map(|(index, &bits)| rule(index as u16 + 1, conditions(bits), Pays::PerUnit { amount: Centimes(i64::from(bits) + 1) })).collect();
        let plan = Plan { rules, ..plan() };
        prop_assert_eq!(plan.check(), Ok(()));
        prop_assert_eq!(of_sale(&plan).amount, Centimes((i64::from(most_specific) + 1) * 3));
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
    for bit in 0..9 {
        let mut other = SALE;
        match bit {
            8 => other.agent = PersonId(21),
            7 => other.product = RUG,
            6 => other.cooperative = RUG_COOP,
            5 => other.category = CategoryId(2),
            4 => other.team = "sud",
            3 => other.grade = "junior",
            2 => other.customer_kind = CustomerKind::Professional,
            1 => other.channel = Channel::Shop,
            // Half-open: the end of a band lies outside it.
            _ => other.discount = Ppm(100_000),
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
        Err(PlanError::SumNotValid {
            number: 1,
            sum: Sum::PerUnit
        })
    );
    for cap in [0, -1, i64::MAX] {
        assert_eq!(
            check(vec![Rule {
                cap: Some(Centimes(cap)),
                ..default()
            }]),
            Err(PlanError::SumNotValid {
                number: 1,
                sum: Sum::Cap
            })
        );
    }
}

#[test]
fn bands_of_discounts_may_touch_and_not_overlap() {
    let rule_of = |number, from, below| {
        let when = Conditions {
            team: Some("nord".to_owned()),
            discount: Some(band(from, below)),
            ..Conditions::default()
        };
        rule(number, when, Pays::Rate { rate: Ppm(1) })
    };
    let check = |one: Rule, other: Rule| {
        let default = rule(1, Conditions::default(), Pays::Rate { rate: Ppm(70_000) });
        let rules = vec![default, one, other];
        Plan { rules, ..plan() }.check()
    };
    let tie = Err(PlanError::Tie {
        first: 2,
        second: 3,
    });
    let (low, high) = (|| rule_of(2, 0, Some(50_000)), || rule_of(3, 50_000, None));
    assert_eq!(check(low(), high()), Ok(()));
    assert_eq!(check(low(), rule_of(3, 49_999, None)), tie);
    assert_eq!(check(rule_of(2, 60_000, Some(70_000)), high()), tie);
    // A narrower band is not more specific: which of the two would hold?
    assert_eq!(
        check(rule_of(2, 0, None), rule_of(3, 10_000, Some(20_000))),
        tie
    );
    // Another condition beside it makes them two groups of sales.
    let mut elsewhere = rule_of(3, 0, None);
    elsewhere.when.team = Some("sud".to_owned());
    assert_eq!(check(low(), elsewhere), Ok(()));
    assert_eq!(
        check(low(), rule_of(3, 50_000, Some(50_000))),
        Err(PlanError::BandEmpty { number: 3 })
    );
    assert_eq!(
        check(low(), rule_of(3, 1_000_001, None)),
        Err(PlanError::BandEmpty { number: 3 })
    );
}

#[test]
fn a_plan_that_names_nobody_or_nothing_known_is_not_published() {
    let catalogue = catalogue();
    let people = [agent().person].into();
    let check = |when| {
        let rules = vec![rule(7, when, Pays::Rate { rate: Ppm(1) })];
        Plan { rules, ..plan() }.check_names(&catalogue, &people)
    };
    assert_eq!(plan().check_names(&catalogue, &people), Ok(()));
    let unknown = |condition| {
        Err(PlanError::Unknown {
            number: 7,
            condition,
        })
    };
    let none = Conditions::default;
    assert_eq!(
        check(Conditions {
            agent: Some(PersonId(9)),
            ..none()
        }),
        unknown(Condition::Agent)
    );
    assert_eq!(
        check(Conditions {
            product: Some(ProductId(9)),
            ..none()
        }),
        unknown(Condition::Product)
    );
    assert_eq!(
        check(Conditions {
            cooperative: Some(CooperativeId(9)),
            ..none()
        }),
        unknown(Condition::Cooperative)
    );
    assert_eq!(
        check(Conditions {
            category: Some(CategoryId(9)),
            ..none()
        }),
        unknown(Condition::Category)
    );
    let honey = || Conditions {
        product: Some(THYME_HONEY),
        ..none()
    };
    assert_eq!(
        check(Conditions {
            cooperative: Some(HONEY_COOP),
            category: Some(CategoryId(1)),
            ..honey()
        }),
        Ok(())
    );
    assert_eq!(
        check(Conditions {
            cooperative: Some(RUG_COOP),
            ..honey()
        }),
        Err(PlanError::NeverHolds {
            number: 7,
            condition: Condition::Cooperative
        })
    );
}

/// Three lines by one rule with a cap per order, and one by another rule.
fn capped(cap: i64, bases: [i64; 3]) -> Vec<LineCommission> {
    let rules = vec![
        Rule {
            cap: Some(Centimes(cap)),
            cap_per: CapPer::Order,
            ..rule(1, Conditions::default(), Pays::Rate { rate: Ppm(100_000) })
        },
        rule(
            2,
            Conditions {
                product: Some(RUG),
                ..Conditions::default()
            },
            Pays::Rate { rate: Ppm(100_000) },
        ),
    ];
    let sale = |base| Sale {
        base: Centimes(base),
        ..SALE
    };
    let rug = Sale {
        product: RUG,
        ..sale(1_000_000)
    };
    let sales = [sale(bases[0]), rug, sale(bases[1]), sale(bases[2])];
    of_order(&Plan { rules, ..plan() }, &ALONE, &sales).expect("a rule")
}

#[test]
fn lines_of_one_order_share_a_cap_per_order_in_proportion() {
    let lines = capped(1_000, [10_000, 20_000, 30_000]);
    let amounts: Vec<i64> = lines.iter().map(|line| line.amount.0).collect();
    // 1,000 over 1,000 : 2,000 : 3,000; the centime left over goes to the largest remainder.
    assert_eq!(amounts, [167, 100_000, 333, 500]);
    // A line's part of the cap stays when its own price changes, and no other line moves.
    let dearer = lines[2].on_base(Centimes(900_000), 3).expect("fits");
    assert_eq!(dearer.amount, Centimes(333));
    let cheaper = lines[2].on_base(Centimes(1_000), 3).expect("fits");
    assert_eq!(cheaper.amount, Centimes(100));
}

proptest! {
    #[test]
    fn a_cap_per_order_takes_away_exactly_what_is_above_it(cap in 1i64..10_000, bases in prop::array::uniform3(0i64..100_000)) {
        let lines = capped(cap, bases);
        let by_rule: Vec<&LineCommission> = lines.iter().filter(|line| line.rule == 1).collect();
        let uncapped: i64 = by_rule.iter().map(|line| line.uncapped(line.base, 3).expect("fits").0).sum();
        prop_assert_eq!(by_rule.iter().map(|line| line.amount.0).sum::<i64>(), uncapped.min(cap));
        prop_assert_eq!(by_rule.iter().filter_map(|line| line.cap_part).map(|part| part.0).sum::<i64>(), cap);
        for line in by_rule {
            prop_assert!(line.amount >= Centimes::ZERO && line.amount <= line.uncapped(line.base, 3).expect("fits"));
        }
        prop_assert_eq!(lines[1].amount, Centimes(100_000));
    }

    #[test]
    fn a_cap_per_period_is_no_matter_of_a_line(base in 0i64..100_000, cap in 1i64..100) {
        let capped = |cap| {
            let rules = vec![Rule { cap, cap_per: CapPer::Period, ..rule(1, Conditions::default(), Pays::Rate { rate: Ppm(70_000) }) }];
            let sale = Sale { base: Centimes(base), ..SALE };
            of_order(&Plan { rules, ..plan() }, &ALONE, &[sale]).expect("a rule").remove(0)
        };
        prop_assert_eq!(capped(Some(Centimes(cap))).amount, capped(None).amount);
        prop_assert_eq!(capped(Some(Centimes(cap))).cap, Some(Centimes(cap)));
    }

    #[test]
    fn shares_sum_to_what_the_line_earns(base in 0i64..1_000_000, parts in prop::collection::vec(1u32..1_000, 1..10)) {
        let whole: u32 = parts.iter().sum();
        let mut parts: Vec<u32> = parts.iter().map(|part| part * (1_000_000 / whole)).collect();
        parts[0] += 1_000_000 - parts.iter().sum::<u32>();
        let shares = parts.iter().enumerate().map(|(index, &part)| Share { person: PersonId(20 + index as i64), part: Ppm(part) }).collect();
        let engagement = Engagement { shares, ..Engagement::default() };
        prop_assert_eq!(engagement.check(PersonId(20)), Ok(()));
        let sale = Sale { base: Centimes(base), ..SALE };
        let line = of_order(&plan(), &engagement, &[sale]).expect("a rule").remove(0);
        prop_assert_eq!(line.shares.len(), parts.len());
        prop_assert_eq!(Centimes::sum(line.shares.iter().map(|share| share.amount)), Ok(line.amount));
        let sellers = line.sellers(PersonId(20)).expect("fits");
        prop_assert_eq!(Centimes::sum(sellers.iter().map(|seller| seller.base)), Ok(line.base), "and so does their turnover");
    }
}

#[test]
fn terms_by_which_a_sale_cannot_be_shared_out_are_not_published() {
    let check = |lead: Option<i64>, shares: &[(i64, u32)]| {
        Engagement {
            lead: lead.map(PersonId),
            shares: shares
                .iter()
                .map(|&(person, part)| Share {
                    person: PersonId(person),
                    part: Ppm(part),
                })
                .collect(),
            ..Engagement::default()
        }
        .check(PersonId(20))
    };
    assert_eq!(check(Some(30), &[(20, 600_000), (21, 400_000)]), Ok(()));
    assert_eq!(check(None, &[]), Ok(()));
    assert_eq!(check(Some(20), &[]), Err(EngagementError::LeadOfOneself));
    assert_eq!(
        check(None, &[(20, 600_000), (21, 400_001)]),
        Err(EngagementError::SharesNotWhole {
            sum: Ppm(1_000_001)
        })
    );
    assert_eq!(
        check(None, &[(20, 600_000), (21, 399_999)]),
        Err(EngagementError::SharesNotWhole { sum: Ppm(999_999) })
    );
    assert_eq!(
        check(None, &[(20, 1_000_000), (21, 0)]),
        Err(EngagementError::ShareOfNothing {
            person: PersonId(21)
        })
    );
    assert_eq!(
        check(None, &[(20, 500_000), (20, 500_000)]),
        Err(EngagementError::ShareTwice {
            person: PersonId(20)
        })
    );
    assert_eq!(
        check(None, &[(21, 1_000_000)]),
        Err(EngagementError::AgentWithoutShare)
    );
    assert_eq!(
        check(Some(21), &[(20, 500_000), (21, 500_000)]),
        Err(EngagementError::LeadAmongShares)
    );
    let many: Vec<(i64, u32)> = (20..40).map(|person| (person, 50_000)).collect();
    assert_eq!(
        check(None, &many),
        Err(EngagementError::TooManyShares { people_max: 10 })
    );
}
