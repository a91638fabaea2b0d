//! Who earns by a line: those who share it and the lead, each by themselves.

use crate::demo_catalogue::*;
use crate::ledger_balances::{any_event, live};
use crate::life::{Life, any_vesting};
use proptest::prelude::*;
use std::collections::BTreeMap;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::commission::{self, LineCommission, Standing};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::engagement::{Engagement, Share};
use taswiq_domain::ids::{PersonId, ProductId};
use taswiq_domain::ledger::{Account, Transfer};
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::basket::Door;
use taswiq_domain::order::event::{LineUnits, PackedLine};
use taswiq_domain::order::{Fault, Order, OrderEvent, Proof, Stage};
use taswiq_domain::settlement::rules::PeriodRules;

pub const SECOND: PersonId = PersonId(21);
pub const THIRD: PersonId = PersonId(22);
pub const LEAD: PersonId = PersonId(30);

/// The agent sells with two others, half for the agent, and a lead.
pub fn together() -> Engagement {
    let share = |person, part| Share {
        person,
        part: Ppm(part),
    };
    Engagement {
        lead: Some(LEAD),
        shares: vec![
            share(agent().person, 500_000),
            share(SECOND, 333_333),
            share(THIRD, 166_667),
        ],
        ..Engagement::default()
    }
}

/// An order taken by the agent on these terms; a lead earns 1.3 %.
pub fn order_on(engagement: &Engagement, lines: &[(ProductId, u32)]) -> Order {
    let mut plan = plan();
    plan.period = PeriodRules {
        lead_rate: Ppm(13_000),
        ..PeriodRules::default()
    };
    let catalogue = Catalogue {
        plans: vec![plan],
        ..catalogue()
    };
    let door = Door {
        engagement,
        ..door(&catalogue, CustomerKind::Household)
    };
    basket(lines).place(identity(), &door).expect("a basket")
}

/// What each person has standing on an order.
pub fn standings(order: &Order) -> BTreeMap<PersonId, Standing> {
    let mut sums: BTreeMap<PersonId, Standing> = BTreeMap::new();
    for sub_order in &order.sub_orders {
        for line in &sub_order.lines {
            for (person, standing) in
                commission::standings(sub_order, line, order.agent).expect("fits")
            {
                let sum = sums.entry(person).or_default();
                *sum = sum.plus(standing).expect("fits");
            }
        }
    }
    sums
}

/// The turnover that counts for each person, as the ledger has it.
fn bases(transfers: &[Transfer]) -> BTreeMap<PersonId, i64> {
    let mut bases = BTreeMap::new();
    for transfer in transfers {
        if let Account::AgentEarned(person) = transfer.credit {
            *bases.entry(person).or_default() += transfer.base.0;
        }
        if let Account::AgentEarned(person) = transfer.debit {
            *bases.entry(person).or_default() -= transfer.base.0;
        }
    }
    bases
}

/// The same order, each of its lines earning so little that most of what comes or goes rounds to nothing.
fn hardly_paid(mut order: Order, caps: [i64; 4]) -> Order {
    let lines = order
        .sub_orders
        .iter_mut()
        .flat_map(|sub_order| &mut sub_order.lines);
    for (line, cap) in lines.zip(caps) {
        let capped = LineCommission {
            cap: Some(Centimes(cap)),
            ..line.commission.clone()
        };
        line.commission = capped
            .on_base(line.commission.base, line.asked)
            .expect("fits");
    }
    order
}

/// The turnover of what vested under the usual vesting: of what the customer has, can no longer give back
/// and has paid for, and of what another's fault took. Samples lie outside commission.
fn vested_turnover(order: &Order) -> i64 {
    let mut sum = 0;
    for sub_order in &order.sub_orders {
        let for_good = sub_order.stage == Stage::Delivered && sub_order.withdrawal.is_over();
        let paid = for_good && sub_order.collected >= sub_order.due().expect("fits");
        for line in &sub_order.lines {
            let kept = if for_good || sub_order.stage == Stage::SupplyFailed {
                line.excused
            } else {
                0
            };
            if line.product != SAMPLE {
                let sold = if paid { line.kept() } else { 0 };
                sum += line.net(sold + kept).expect("fits").0;
            }
        }
    }
    sum
}

const LINES: [(ProductId, u32); 4] = [(THYME_HONEY, 12), (AMLOU, 7), (RUG, 3), (SAMPLE, 5)];

proptest! {
    #![proptest_config(crate::often::cases(1_000))]

    #[test]
    fn the_ledger_says_of_each_person_what_the_order_says(events in prop::collection::vec(any_event(), 0..40)) {
        let (state, transfers) = live(&order_on(&together(), &LINES), &events);
        let balances = balances(&transfers);
        prop_assert_eq!(balances.values().sum::<i64>(), 0);
        let of = |account: Account| balances.get(&account).copied().unwrap_or_default();
        let bases = bases(&transfers);
        for (person, standing) in standings(&state) {
            prop_assert_eq!(of(Account::AgentPending(person)), standing.pending.0);
            prop_assert_eq!(of(Account::AgentEarned(person)), standing.earned.0);
            prop_assert_eq!(bases.get(&person).copied().unwrap_or_default(), standing.base.0);
        }
        let charged: i64 = standings(&state).values().map(|standing| standing.charged.0).sum();
        let cost: i64 = standings(&state).values().map(|standing| standing.pending.0 + standing.earned.0).sum();
        prop_assert_eq!(of(Account::CommissionExpense), charged - cost);
        let mut keys: Vec<String> = transfers.iter().map(Transfer::cause_key).collect();
        keys.sort();
        let count = keys.len();
        keys.dedup();
        prop_assert_eq!(keys.len(), count, "one cause, one transfer");
    }

    #[test]
    fn turnover_counts_to_the_centime_however_little_it_earns(events in prop::collection::vec(any_event(), 0..60), caps: [u8; 4]) {
        let placed = hardly_paid(order_on(&Engagement::default(), &LINES), caps.map(|cap| i64::from(cap % 6)));
        let (state, transfers) = live(&placed, &events);
        prop_assert_eq!(bases(&transfers).get(&agent().person).copied().unwrap_or_default(), vested_turnover(&state));
        prop_assert!(transfers.iter().all(|transfer| transfer.base >= Centimes::ZERO));
    }

    #[test]
    fn turnover_of_each_who_shares_counts_however_little_it_earns_and_whenever_it_vests(events in prop::collection::vec(any_event(), 0..60), caps: [u8; 4], vesting in any_vesting()) {
        let mut placed = hardly_paid(order_on(&together(), &LINES), caps.map(|cap| i64::from(cap % 6)));
        for sub_order in &mut placed.sub_orders {
            sub_order.vesting = vesting.clone();
        }
        let (state, transfers) = live(&placed, &events);
        let bases = bases(&transfers);
        for (person, standing) in standings(&state) {
            prop_assert_eq!(bases.get(&person).copied().unwrap_or_default(), standing.base.0);
        }
    }

    #[test]
    fn nobody_earns_more_than_their_part_and_all_of_them_what_the_line_does(events in prop::collection::vec(any_event(), 0..40)) {
        let (state, _) = live(&order_on(&together(), &LINES), &events);
        for sub_order in &state.sub_orders {
            for line in &sub_order.lines {
                let each = commission::standings(sub_order, line, state.agent).expect("fits");
                let wholes = line.commission.earners(state.agent).expect("fits");
                for ((person, standing), whole) in each.iter().zip(&wholes) {
                    let all = standing.estimate.0 + standing.pending.0 + standing.earned.0;
                    prop_assert_eq!(*person, whole.person);
                    prop_assert!((0..=whole.amount.0).contains(&all));
                    prop_assert!((0..=whole.base.0).contains(&standing.base.0));
                }
                let sellers = each.iter().filter(|(person, _)| *person != LEAD);
                let sum = sellers.map(|(_, standing)| *standing).try_fold(Standing::default(), Standing::plus);
                prop_assert_eq!(sum, commission::standing(sub_order, line));
            }
        }
    }

    #[test]
    fn a_full_return_takes_exactly_everything_from_each_in_any_number_of_steps(units in 1u32..40, steps in prop::collection::vec(1u32..9, 1..10)) {
        let lines = |units| vec![LineUnits { line: 1, units }];
        let cooperative = HONEY_COOP;
        let delivered = [
            OrderEvent::Confirmed { cooperative, lines: lines(units) },
            OrderEvent::Packed { cooperative, lines: vec![PackedLine { line: 1, units, lot: String::new() }] },
            OrderEvent::Delivered { cooperative, lines: lines(units), proof: Proof::ReceiptDigits { digits: 4_711 } },
        ];
        let mut left = units;
        let mut events = delivered.to_vec();
        for step in steps.into_iter().chain([units]) {
            let step = step.min(left);
            left -= step;
            if step > 0 {
                events.push(OrderEvent::Returned { cooperative, lines: lines(step), fault: Fault::Customer });
            }
        }
        let (state, transfers) = live(&order_on(&together(), &[(THYME_HONEY, units)]), &events);
        let balances = balances(&transfers);
        prop_assert!(balances.iter().all(|(account, balance)| account.agent().is_none() || *balance == 0), "{:?}", balances);
        let nothing = [agent().person, SECOND, THIRD, LEAD].map(|person| (person, Standing::default()));
        prop_assert_eq!(standings(&state), nothing.into());
    }

    /// Each cooperative's phone keeps its own order; how the two arrive among each other is chance.
    #[test]
    fn the_parts_of_an_order_arrive_in_any_order_among_each_other(events in prop::collection::vec(any_event(), 0..30), turns in prop::collection::vec(any::<bool>(), 30)) {
        let of = |cooperative| {
            let days = events.iter().cloned().enumerate();
            days.filter(move |(_, event)| event.cooperative() == Some(cooperative)).collect::<Vec<_>>()
        };
        let (one, other) = (of(HONEY_COOP), of(RUG_COOP));
        let in_a_row: Vec<_> = one.iter().chain(&other).cloned().collect();
        let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
        let mut mixed = Vec::new();
        for turn in turns.into_iter().cycle() {
            let next = if turn && one.peek().is_some() || other.peek().is_none() { one.next() } else { other.next() };
            match next {
                Some(event) => mixed.push(event),
                None => break,
            }
        }
        let outcome = |arrived: Vec<(usize, OrderEvent)>| {
            let mut life = Life::of(order_on(&together(), &LINES));
            for (day, event) in arrived {
                // When it happened was written down where it happened.
                if let Ok(after) = life.tried(&event, noon(2026, 11, 2).plus_days(day as i64)) {
                    life = after;
                }
            }
            (life.state.sub_orders.clone(), standings(&life.state), balances(&life.transfers), bases(&life.transfers))
        };
        prop_assert_eq!(outcome(in_a_row), outcome(mixed));
    }
}

#[test]
fn a_lead_earns_on_sales_of_the_team_and_nothing_on_what_lies_outside_commission() {
    let terms = Engagement {
        lead: Some(LEAD),
        ..Engagement::default()
    };
    let order = order_on(&terms, &[(THYME_HONEY, 2), (SAMPLE, 5)]);
    let (honey, sample) = (
        &order.sub_orders[0].lines[0].commission,
        &order.sub_orders[1].lines[0].commission,
    );
    let lead = honey.lead.expect("an override");
    assert_eq!(
        (lead.person, lead.rate, lead.amount),
        (LEAD, Ppm(13_000), Centimes(260)),
        "1.3 % of 2 × 100.00 DH"
    );
    assert_eq!(sample.lead, None);
    // What the agent sees is the agent's alone; the lead's comes on top.
    assert_eq!(order.commission_asked(), Ok(Centimes(1_400)));
    assert_eq!(order.commission_of(agent().person), Ok(Centimes(1_400)));
    assert_eq!(order.commission_of(LEAD), Ok(Centimes(260)));
    // An override is no turnover of the lead's, so it reaches no tier and no second lead.
    let earners = honey.earners(order.agent).expect("fits");
    assert_eq!(earners[1].base, Centimes::ZERO);
}

#[test]
fn a_change_that_the_customer_accepts_is_shared_anew() {
    let placed = order_on(&together(), &[(THYME_HONEY, 12)]);
    let proposal = dearer_pots();
    let (accepted, transfers) = live(
        &placed,
        &[
            OrderEvent::ChangeProposed {
                cooperative: HONEY_COOP,
                proposal,
            },
            OrderEvent::ChangeAnswered {
                cooperative: HONEY_COOP,
                accepted: true,
            },
        ],
    );
    let line = &accepted.sub_orders[0].lines[0].commission;
    assert_eq!(line.amount, Centimes(9_240), "7 % of 12 × 110.00 DH");
    let amounts: Vec<i64> = line.shares.iter().map(|share| share.amount.0).collect();
    assert_eq!(amounts, [4_620, 3_080, 1_540]);
    assert_eq!(line.lead.expect("an override").amount, Centimes(1_716));
    let balances = balances(&transfers);
    let pending = [agent().person, SECOND, THIRD, LEAD]
        .map(|person| balances[&Account::AgentPending(person)]);
    assert_eq!(pending, [4_620, 3_080, 1_540, 1_716]);
}

#[test]
fn a_fault_of_the_cooperative_is_charged_for_everybody_at_once() {
    let lines = vec![LineUnits { line: 1, units: 3 }];
    let cooperative = HONEY_COOP;
    let (_, transfers) = live(
        &order_on(&together(), &[(THYME_HONEY, 3)]),
        &[
            OrderEvent::Confirmed {
                cooperative,
                lines: lines.clone(),
            },
            OrderEvent::Packed {
                cooperative,
                lines: vec![PackedLine {
                    line: 1,
                    units: 2,
                    lot: String::new(),
                }],
            },
        ],
    );
    let charged: Vec<&Transfer> = transfers
        .iter()
        .filter(|transfer| transfer.debit == Account::CooperativeSales(cooperative))
        .collect();
    // 7 % and 1.3 % of 100.00 DH, the shares each rounded by itself.
    let amounts: Vec<i64> = charged.iter().map(|transfer| transfer.amount.0).collect();
    assert_eq!(amounts, [830]);
    let balances = balances(&transfers);
    let kept: i64 = [agent().person, SECOND, THIRD]
        .iter()
        .map(|person| balances[&Account::AgentPending(*person)])
        .sum();
    assert_eq!(kept, 2_100, "all of it is kept");
}
