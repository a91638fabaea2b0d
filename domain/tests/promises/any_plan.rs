//! Whatever a plan says and whatever becomes of an order: what is paid is what was seen at the door, less
//! what came back, and every centime of it stands on one statement.

use crate::agent_books::{Books, tier};
use crate::demo_catalogue::*;
use crate::ledger_balances::{any_event, moment_of};
use crate::life::{Life, any_vesting};
use proptest::prelude::*;
use std::collections::BTreeMap;
use taswiq_domain::catalogue::{Catalogue, Channel};
use taswiq_domain::commission::{CapPer, Conditions, Pays, Plan, Rule, standings};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::engagement::{Engagement, Share};
use taswiq_domain::ids::{CategoryId, PersonId, PlanVersion, ProductId};
use taswiq_domain::ledger::{Account, Moment, Purpose};
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::basket::Door;
use taswiq_domain::order::event::{LineUnits, PackedLine, RecordedEvent};
use taswiq_domain::order::{Fault, Order, OrderEvent, PaymentMethod, Proof};
use taswiq_domain::period::Period;
use taswiq_domain::settlement::live::{self, Counted, MonthNow};
use taswiq_domain::settlement::rules::{PeriodRules, Target};
use taswiq_domain::settlement::{MonthChange, MonthRules, Movement};
use taswiq_domain::simulation::earned_by;
use taswiq_domain::sync::LedgerEntry;

const LEAD: PersonId = PersonId(30);

/// Conditions that may fit one of the lines, or none.
fn any_conditions() -> impl Strategy<Value = Conditions> {
    let product = prop::option::weighted(0.3, prop::sample::select(vec![1, 2, 3, 4]));
    let category = prop::option::weighted(0.2, prop::sample::select(vec![1, 2]));
    let cooperative = prop::option::weighted(0.2, prop::sample::select(vec![HONEY_COOP, RUG_COOP]));
    let kind = prop::option::weighted(
        0.2,
        prop::sample::select(vec![CustomerKind::Household, CustomerKind::Professional]),
    );
    let names = (
        prop::option::weighted(0.2, prop::sample::select(vec!["nord", "sud"])),
        prop::option::weighted(0.2, prop::sample::select(vec!["junior", "senior"])),
    );
    let agent = prop::option::weighted(0.2, prop::sample::select(vec![20, 21]));
    let at_the_door = prop::bool::weighted(0.2);
    (
        product,
        category,
        cooperative,
        kind,
        names,
        agent,
        at_the_door,
    )
        .prop_map(
            |(product, category, cooperative, customer_kind, (team, grade), agent, at_the_door)| {
                Conditions {
                    agent: agent.map(PersonId),
                    product: product.map(ProductId),
                    cooperative,
                    category: category.map(CategoryId),
                    team: team.map(str::to_owned),
                    grade: grade.map(str::to_owned),
                    customer_kind,
                    channel: at_the_door.then_some(Channel::Door),
                    discount: None,
                }
            },
        )
}

fn any_pay() -> impl Strategy<Value = (Pays, Option<Centimes>, CapPer)> {
    let pays = prop_oneof![
        4 => (1u32..=1_000_000).prop_map(|rate| Pays::Rate { rate: Ppm(rate) }),
        3 => (1i64..3_000).prop_map(|amount| Pays::PerUnit { amount: Centimes(amount) }),
        1 => Just(Pays::Nothing { reason: "hors commission".to_owned() }),
    ];
    let cap = prop::option::weighted(0.4, (1i64..200_000).prop_map(Centimes));
    let per = prop::sample::select(vec![CapPer::Line, CapPer::Order, CapPer::Period]);
    (pays, cap, per).prop_map(|(pays, cap, per)| match (&pays, cap) {
        (Pays::Nothing { .. }, _) | (_, None) => (pays, None, CapPer::Line),
        (_, cap) => (pays, cap, per),
    })
}

fn any_month() -> impl Strategy<Value = PeriodRules> {
    let tiers = prop::collection::vec((1i64..300_000, 0u32..300_000), 0..4);
    let targets = prop::collection::vec((1i64..500_000, 1i64..50_000), 0..3);
    (tiers, targets, 0u32..100_000).prop_map(|(slices, targets, lead_rate)| {
        let (mut from, last, mut tiers) = (0, slices.len(), Vec::new());
        for (index, (width, rate)) in slices.into_iter().enumerate() {
            let below = (index + 1 < last).then_some(from + width);
            tiers.push(tier(from, below, rate));
            from += width;
        }
        PeriodRules {
            tiers,
            // Each further, and worth more than the one before.
            targets: targets
                .into_iter()
                .scan((0, 0), |(reach, bonus), (further, more)| {
                    *reach += further;
                    *bonus += more;
                    Some(Target {
                        reach: Centimes(*reach),
                        bonus: Centimes(*bonus),
                    })
                })
                .collect(),
            lead_rate: Ppm(lead_rate),
            ..PeriodRules::default()
        }
    })
}

/// A plan that could be published: a rule for everything, and others that do not tie.
fn any_plan() -> impl Strategy<Value = Plan> {
    let others = prop::collection::vec((any_conditions(), any_pay()), 0..6);
    (any_pay(), others, any_month()).prop_map(|(usual, others, period)| {
        let with = |number, when, (pays, cap, cap_per)| Rule {
            number,
            when,
            pays,
            cap,
            cap_per,
        };
        let mut plan = Plan {
            rules: vec![with(1, Conditions::default(), usual)],
            period,
            ..plan()
        };
        for (when, pay) in others {
            let number = plan.rules.len() as u16 + 1;
            plan.rules.push(with(number, when, pay));
            if plan.check().is_err() {
                plan.rules.pop();
            }
        }
        plan
    })
}

/// Alone or with others, with a lead or without.
fn any_terms() -> impl Strategy<Value = Engagement> {
    let shares = prop::collection::vec(1u32..1_000, 0..3);
    let grade = prop::sample::select(vec!["", "junior", "senior"]);
    (shares, any::<bool>(), grade).prop_map(|(parts, led, grade)| {
        let whole: u32 = parts.iter().sum::<u32>() + 1_000;
        let part = |part: u32| part * 1_000_000 / whole;
        let others: u32 = parts.iter().map(|one| part(*one)).sum();
        let own = Share {
            person: agent().person,
            part: Ppm(1_000_000 - others),
        };
        let theirs = (21..).zip(&parts).map(|(person, one)| Share {
            person: PersonId(person),
            part: Ppm(part(*one)),
        });
        Engagement {
            grade: grade.to_owned(),
            team: "nord".to_owned(),
            lead: led.then_some(LEAD),
            shares: if parts.is_empty() {
                Vec::new()
            } else {
                std::iter::once(own).chain(theirs).collect()
            },
            ..Engagement::default()
        }
    })
}

fn sold(plan: &Plan, engagement: &Engagement) -> Order {
    let catalogue = Catalogue {
        plans: vec![plan.clone()],
        ..catalogue()
    };
    let door = Door {
        engagement,
        ..door(&catalogue, CustomerKind::Household)
    };
    basket(&[(THYME_HONEY, 12), (AMLOU, 7), (RUG, 3), (SAMPLE, 5)])
        .place(identity(), &door)
        .expect("a plan that has a rule for everything")
}

/// Everything that moved, as a phone is told it.
fn told(life: &Life) -> Vec<LedgerEntry> {
    (1..)
        .zip(&life.transfers)
        .map(|(number, transfer)| LedgerEntry {
            number,
            transfer: transfer.clone(),
            link: None,
            source: None,
        })
        .collect()
}

fn counted_in(period: Period, entries: &[LedgerEntry], order: &Order) -> Vec<Counted> {
    let rule_of = |entry: &LedgerEntry| live::capped_rule(entry, Some(order));
    live::counted(entries.iter(), agent().person, period, &CALENDAR, &rule_of).expect("fits")
}

/// As [`Books`] have them.
fn month_rules(plan: &Plan) -> MonthRules<'_> {
    MonthRules {
        plan: PlanVersion(1),
        rules: &plan.period,
    }
}

/// Delivered, and then given back by the customer in so many steps; in none, it is kept.
fn given_back(order: Order, steps: u32) -> Life {
    let lines = |units: [u32; 2], first| {
        vec![
            LineUnits {
                line: first,
                units: units[0],
            },
            LineUnits {
                line: first + 1,
                units: units[1],
            },
        ]
    };
    let mut life = Life::of(order);
    let mut at = noon(2026, 11, 2);
    let mut tell = |life: &mut Life, event| {
        at = at.plus_hours(1);
        *life = life.clone().then(event, at);
    };
    for (cooperative, first, whole) in [(HONEY_COOP, 1, [12, 7]), (RUG_COOP, 3, [3, 5])] {
        let packed = lines(whole, first)
            .into_iter()
            .map(|line| PackedLine {
                line: line.line,
                units: line.units,
                lot: String::new(),
            })
            .collect();
        let asked = lines(whole, first);
        tell(
            &mut life,
            OrderEvent::Confirmed {
                cooperative,
                lines: asked.clone(),
            },
        );
        tell(
            &mut life,
            OrderEvent::Packed {
                cooperative,
                lines: packed,
            },
        );
        let proof = Proof::ReceiptDigits { digits: 4_711 };
        tell(
            &mut life,
            OrderEvent::Delivered {
                cooperative,
                lines: asked,
                proof,
            },
        );
        let mut left = whole;
        for step in (1..=steps).rev() {
            let units = left.map(|units| units.div_ceil(step));
            left = [left[0] - units[0], left[1] - units[1]];
            if units != [0, 0] {
                let fault = Fault::Customer;
                tell(
                    &mut life,
                    OrderEvent::Returned {
                        cooperative,
                        lines: lines(units, first),
                        fault,
                    },
                );
            }
        }
    }
    life
}

proptest! {
    #![proptest_config(crate::often::cases(500))]

    #[test]
    fn the_books_balance_and_nothing_is_taken_back_that_was_not_given(plan in any_plan(), terms in any_terms(), events in prop::collection::vec(any_event(), 0..40)) {
        prop_assert_eq!(plan.check(), Ok(()));
        let order = sold(&plan, &terms);
        for line in order.sub_orders.iter().flat_map(|sub_order| &sub_order.lines) {
            let parts = line.commission.shares.iter().map(|share| share.amount.0).sum::<i64>();
            prop_assert!(line.commission.shares.is_empty() || parts == line.commission.amount.0);
        }
        let mut life = Life::of(order);
        for (day, event) in events.iter().enumerate() {
            if let Ok(after) = life.tried(event, moment_of(day)) {
                life = after;
            }
        }
        prop_assert_eq!(balances(&life.transfers).values().sum::<i64>(), 0);
        for sub_order in &life.state.sub_orders {
            for line in &sub_order.lines {
                for (person, standing) in standings(sub_order, line, life.state.agent).expect("fits") {
                    prop_assert!(standing.pending.0 >= 0 && standing.earned.0 >= 0, "{person:?} {standing:?}");
                }
            }
        }
        // What the ledger has of each person is what the order says of them.
        let mut said: BTreeMap<PersonId, (i64, i64)> = BTreeMap::new();
        for sub_order in &life.state.sub_orders {
            for line in &sub_order.lines {
                for (person, standing) in standings(sub_order, line, life.state.agent).expect("fits") {
                    let sum = said.entry(person).or_default();
                    sum.0 += standing.pending.0;
                    sum.1 += standing.earned.0;
                }
            }
        }
        for (person, (pending, earned)) in said {
            prop_assert_eq!(life.balance(Account::AgentPending(person)), pending);
            prop_assert_eq!(life.balance(Account::AgentEarned(person)), earned);
        }
    }

    #[test]
    fn what_is_given_back_whole_leaves_nothing_in_any_number_of_steps(plan in any_plan(), terms in any_terms(), steps in 1u32..8) {
        let life = given_back(sold(&plan, &terms), steps);
        for person in [agent().person, PersonId(21), PersonId(22), LEAD] {
            prop_assert_eq!(life.balance(Account::AgentPending(person)), 0);
            prop_assert_eq!(life.balance(Account::AgentEarned(person)), 0);
        }
        prop_assert_eq!(life.balance(Account::CommissionExpense), 0);
    }

    #[test]
    fn every_centime_stands_on_one_statement(plan in any_plan(), terms in any_terms(), vesting in any_vesting(), is_paid: bool, events in prop::collection::vec(any_event(), 0..40)) {
        // Everything is delivered, and perhaps paid; then whatever may come.
        let mut life = given_back(sold(&plan, &terms), 0).with_vesting(vesting);
        if is_paid {
            for cooperative in [HONEY_COOP, RUG_COOP] {
                let due = life.state.sub_order(cooperative).expect("ordered").due().expect("fits");
                for event in [
                    OrderEvent::WithdrawalClosed { cooperative },
                    OrderEvent::Collected { cooperative, amount: due, method: PaymentMethod::Wallet },
                ] {
                    if let Ok(after) = life.tried(&event, moment_of(9)) {
                        life = after;
                    }
                }
            }
        }
        for (day, event) in events.iter().enumerate() {
            if let Ok(after) = life.tried(event, moment_of(day + 10)) {
                life = after;
            }
        }
        let month = |_: &RecordedEvent, moment: Moment| Period::at(moment.at, &CALENDAR);
        let earned = earned_by(&life.recorded(), &CALENDAR, &month).expect("what was lived");
        let mut books = Books::new(plan.period.clone());
        books.open = Period::new(2026, 11).expect("a month");
        let entries = told(&life);
        let mut stated = 0;
        // The last of the events is told before the end of the next summer.
        for _ in 0..14 {
            let movements: Vec<Movement> = earned
                .iter()
                .filter(|earned| earned.agent == agent().person && earned.counts_in == books.open)
                .map(|earned| earned.movement)
                .collect();
            let moved: i64 = movements.iter().map(|movement| movement.amount.0).sum();
            let period = books.open;
            let counted = counted_in(period, &entries, &life.state);
            let statement = &books.close_by(&movements).statement;
            let lines: i64 = statement.lines.iter().map(|line| line.amount.0).sum();
            prop_assert_eq!(statement.total.0, lines, "the total is the sum of the lines");
            let of_orders = [Purpose::CommissionVested, Purpose::CommissionReversed];
            let told: i64 = of_orders.map(|purpose| statement.sum_of(purpose).0).iter().sum();
            prop_assert_eq!(told, moved, "and the lines are the entries");
            // What the phone makes of its entries is what the close makes: the month's figures, and
            // every row with the entries it opens to.
            let change = live::change(&counted, period).expect("fits");
            let now = MonthNow::of(period, &month_rules(&plan), &change, &MonthChange::default()).expect("fits").now;
            prop_assert_eq!(Some(&now), statement.month());
            prop_assert_eq!(now.adds().expect("fits"), Centimes::sum(
                [Purpose::TierSupplement, Purpose::TargetBonus, Purpose::PeriodCap].map(|purpose| {
                    let of_month = statement.lines.iter().filter(|line| line.purpose == purpose && line.concerns == period);
                    Centimes(of_month.map(|line| line.amount.0).sum())
                })
            ).expect("fits"));
            let mut rows: BTreeMap<(Purpose, Period), i64> = BTreeMap::new();
            for line in statement.lines.iter().filter(|line| of_orders.contains(&line.purpose)) {
                *rows.entry((line.purpose, line.concerns)).or_default() += line.amount.0;
            }
            for part in &counted {
                prop_assert!(!part.entries.is_empty());
                *rows.entry((part.purpose, part.concerns)).or_default() -= part.amount.0;
            }
            prop_assert!(rows.values().all(|left| *left == 0), "{rows:?}");
            stated += told;
        }
        prop_assert_eq!(stated, life.balance(Account::AgentEarned(agent().person)));
    }

    #[test]
    fn where_the_agent_stands_is_what_the_close_gives_once_everything_has_vested(plan in any_plan(), terms in any_terms(), returned in 0u32..3) {
        // All is confirmed and nothing is paid; some of it may have come back.
        let mut life = given_back(sold(&plan, &terms), 0);
        if returned > 0 {
            let lines = vec![LineUnits { line: 1, units: returned }];
            life = life.then(OrderEvent::Returned { cooperative: HONEY_COOP, lines, fault: Fault::Customer }, noon(2026, 11, 4));
        }
        let november = Period::new(2026, 11).expect("a month");
        let standing = |life: &Life| {
            let change = live::change(&counted_in(november, &told(life), &life.state), november).expect("fits");
            let confirmed = live::confirmed(std::iter::once(&life.state), agent().person).expect("fits");
            MonthNow::of(november, &month_rules(&plan), &change, &confirmed).expect("fits")
        };
        let before = standing(&life);
        prop_assert_eq!(before.now.now.supplement.turnover, Centimes::ZERO);
        for cooperative in [HONEY_COOP, RUG_COOP] {
            let due = life.state.sub_order(cooperative).expect("ordered").due().expect("fits");
            // Of rugs there is none: they are the cooperative's own production.
            if let Ok(after) = life.tried(&OrderEvent::WithdrawalClosed { cooperative }, noon(2026, 11, 12)) {
                life = after;
            }
            if due > Centimes::ZERO {
                life = life.then(OrderEvent::Collected { cooperative, amount: due, method: PaymentMethod::Wallet }, noon(2026, 11, 13));
            }
        }
        let after = standing(&life);
        prop_assert_eq!(&after.now, &after.attained, "nothing is left to vest");
        let month = |_: &RecordedEvent, moment: Moment| Period::at(moment.at, &CALENDAR);
        let movements: Vec<Movement> = earned_by(&life.recorded(), &CALENDAR, &month)
            .expect("what was lived")
            .into_iter()
            .filter(|earned| earned.agent == agent().person)
            .map(|earned| earned.movement)
            .collect();
        let mut books = Books::new(plan.period.clone());
        books.open = november;
        let closed = books.close_by(&movements).statement.month().cloned().expect("its own month");
        prop_assert_eq!(&after.now, &closed);
        // A rule by which nothing came in is no rule of the month yet.
        let mut stood = before.attained;
        stood.capped.retain(|capped| closed.capped.iter().any(|one| one.rule == capped.rule));
        prop_assert_eq!(stood, closed);
    }
}
