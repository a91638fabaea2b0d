//! Random lives of orders: whatever happens, in whatever order, the books balance.

use crate::demo_catalogue::*;
use crate::life::{Life, any_vesting};
use proptest::prelude::*;
use taswiq_domain::commission::{standing, standing_of};
use taswiq_domain::ledger::{Account, Transfer};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::event::{LineUnits, PackedLine};
use taswiq_domain::order::{CancelledBy, Fault, Order, OrderEvent, PaymentMethod, Proof, Reason};
use taswiq_domain::time::Timestamp;

/// Anything that can be told of an order, and more often what lets it live on: an order that is refused
/// at first shows nothing.
pub fn any_event() -> impl Strategy<Value = OrderEvent> {
    let cooperative = prop_oneof![Just(HONEY_COOP), Just(RUG_COOP)];
    (cooperative, 0u8..28, 0u32..14, 0u32..9, 1i64..200_000).prop_map(
        |(cooperative, kind, first, second, amount)| {
            let (one, two) = if cooperative == HONEY_COOP {
                (1, 2)
            } else {
                (3, 4)
            };
            let lines = || {
                vec![
                    LineUnits {
                        line: one,
                        units: first,
                    },
                    LineUnits {
                        line: two,
                        units: second,
                    },
                ]
            };
            match kind {
                0..=7 => OrderEvent::Confirmed {
                    cooperative,
                    lines: lines(),
                },
                8 => OrderEvent::Refused {
                    cooperative,
                    reason: Reason::OutOfStock,
                },
                9 => OrderEvent::PreparationStarted { cooperative },
                10..=14 => OrderEvent::Packed {
                    cooperative,
                    lines: lines()
                        .into_iter()
                        .map(|line| PackedLine {
                            line: line.line,
                            units: line.units,
                            lot: String::new(),
                        })
                        .collect(),
                },
                15..=17 => OrderEvent::Delivered {
                    cooperative,
                    lines: lines(),
                    proof: Proof::ReceiptDigits { digits: 4_711 },
                },
                18 | 19 => OrderEvent::Returned {
                    cooperative,
                    lines: lines(),
                    fault: [
                        Fault::Customer,
                        Fault::Cooperative,
                        Fault::Logistics,
                        Fault::Agent,
                    ][first as usize % 4],
                },
                20 => OrderEvent::Collected {
                    cooperative,
                    amount: Centimes(amount),
                    method: PaymentMethod::Cash,
                },
                21 => OrderEvent::DeclaredEarly {
                    cooperative,
                    amount: Centimes(amount),
                    method: PaymentMethod::Wallet,
                },
                22 => OrderEvent::WithdrawalClosed { cooperative },
                23 => OrderEvent::Withdrawn { cooperative },
                24 => OrderEvent::SupplyFailed {
                    cooperative,
                    fault: if first % 2 == 0 {
                        Fault::Logistics
                    } else {
                        Fault::Cooperative
                    },
                },
                25 => OrderEvent::Deposited {
                    cooperative,
                    amount: Centimes(amount),
                    holder: None,
                },
                26 => OrderEvent::WrittenOff { cooperative },
                _ => OrderEvent::Cancelled {
                    by: CancelledBy::Customer,
                    reason: Reason::CustomerCancelled,
                },
            }
        },
    )
}

/// A day for each event at first, then a week, so that even what is never paid for comes to its end.
pub fn moment_of(index: usize) -> Timestamp {
    let index = index as i64;
    noon(2026, 11, 2).plus_days(index + (index - 15).max(0) * 6)
}

/// Plays events against an order, skipping those it refuses; gives the states and the transfers.
pub fn live(order: &Order, events: &[OrderEvent]) -> (Order, Vec<Transfer>) {
    let mut life = Life::of(order.clone());
    for (day, event) in events.iter().enumerate() {
        if let Ok(after) = life.tried(event, moment_of(day)) {
            life = after;
        }
    }
    (life.state, life.transfers)
}

proptest! {
    #![proptest_config(crate::often::cases(2_000))]

    #[test]
    fn the_ledger_says_what_the_order_says(events in prop::collection::vec(any_event(), 0..40), vesting in any_vesting()) {
        let mut order = order(&[(THYME_HONEY, 12), (AMLOU, 7), (RUG, 3), (SAMPLE, 5)]);
        for sub_order in &mut order.sub_orders {
            sub_order.vesting = vesting.clone();
        }
        let (state, transfers) = live(&order, &events);
        let balances = balances(&transfers);
        prop_assert_eq!(balances.values().sum::<i64>(), 0, "all balances sum to zero");
        let of = |account: Account| balances.get(&account).copied().unwrap_or_default();
        let (mut pending, mut earned, mut charged_to_transport) = (0, 0, 0);
        let (mut held, mut collected) = (0, 0);
        for sub_order in &state.sub_orders {
            let standing = standing_of(sub_order).expect("fits");
            pending += standing.pending.0;
            earned += standing.earned.0;
            charged_to_transport += standing.charged_to_transport.0;
            held += sub_order.held.0;
            collected += sub_order.collected.0;
        }
        prop_assert_eq!(of(Account::AgentPending(agent().person)), pending);
        prop_assert_eq!(of(Account::AgentEarned(agent().person)), earned);
        prop_assert_eq!(of(Account::Deposits), held);
        prop_assert_eq!(of(Account::Logistics), -charged_to_transport);
        prop_assert_eq!(of(Account::Cash(agent().person)) + of(Account::Bank), -(held + collected));
    }

    #[test]
    fn no_two_transfers_share_a_cause_and_none_is_empty(events in prop::collection::vec(any_event(), 0..40)) {
        let (_, transfers) = live(&order(&[(THYME_HONEY, 12), (AMLOU, 7), (RUG, 3), (SAMPLE, 5)]), &events);
        let mut keys: Vec<String> = transfers.iter().map(Transfer::cause_key).collect();
        keys.sort();
        let count = keys.len();
        keys.dedup();
        prop_assert_eq!(keys.len(), count);
        prop_assert!(transfers.iter().all(|transfer| transfer.debit != transfer.credit));
        prop_assert!(transfers.iter().all(|transfer| transfer.amount > Centimes::ZERO || (transfer.amount == Centimes::ZERO && transfer.base > Centimes::ZERO)));
    }

    #[test]
    fn commission_never_exceeds_what_was_seen_at_the_door(events in prop::collection::vec(any_event(), 0..40)) {
        let (state, _) = live(&order(&[(THYME_HONEY, 12), (AMLOU, 7), (RUG, 3), (SAMPLE, 5)]), &events);
        for sub_order in &state.sub_orders {
            for line in &sub_order.lines {
                let standing = standing(sub_order, line).expect("fits");
                let total = standing.estimate.0 + standing.pending.0 + standing.earned.0;
                prop_assert!((0..=line.commission.amount.0).contains(&total));
                prop_assert!((0..=total).contains(&standing.charged.0));
            }
        }
    }

    #[test]
    fn units_gone_in_many_steps_take_away_what_they_take_in_one(returns in prop::collection::vec(1u32..5, 1..8)) {
        let total: u32 = returns.iter().sum::<u32>().min(12);
        let until_delivered = |order: &Order| {
            let lines = vec![LineUnits { line: 1, units: 12 }];
            live(order, &[
                OrderEvent::Confirmed { cooperative: HONEY_COOP, lines: lines.clone() },
                OrderEvent::Packed { cooperative: HONEY_COOP, lines: vec![PackedLine { line: 1, units: 12, lot: String::new() }] },
                OrderEvent::Delivered { cooperative: HONEY_COOP, lines, proof: Proof::ReceiptDigits { digits: 4_711 } },
            ]).0
        };
        let give_back = |units| OrderEvent::Returned { cooperative: HONEY_COOP, lines: vec![LineUnits { line: 1, units }], fault: Fault::Customer };
        let delivered = until_delivered(&order(&[(THYME_HONEY, 12)]));
        let in_one = live(&delivered, &[give_back(total)]).0;
        let mut left = total;
        let steps: Vec<OrderEvent> = returns.iter().map(|&units| { let step = units.min(left); left -= step; step }).filter(|units| *units > 0).map(give_back).collect();
        let in_many = live(&delivered, &steps).0;
        prop_assert_eq!(standing_of(&in_one.sub_orders[0]), standing_of(&in_many.sub_orders[0]));
        if total == 12 {
            prop_assert_eq!(standing_of(&in_many.sub_orders[0]).expect("fits").pending, Centimes::ZERO);
        }
    }

    #[test]
    fn replay_of_the_events_gives_the_state(events in prop::collection::vec(any_event(), 0..40)) {
        let first = order(&[(THYME_HONEY, 12), (AMLOU, 7), (RUG, 3), (SAMPLE, 5)]);
        let mut log = vec![(OrderEvent::Placed { order: Box::new(first.clone()) }, first.placed_at)];
        let mut state = first;
        for (day, event) in events.into_iter().enumerate() {
            let at = noon(2026, 11, 1).plus_days(day as i64 + 1);
            if let Ok(after) = state.after(&event, at) {
                state = after;
                log.push((event, at));
            }
        }
        let stored: Vec<(OrderEvent, Timestamp)> = log.iter().map(|(event, at)| (serde_json::from_str(&serde_json::to_string(event).expect("writes")).expect("reads"), *at)).collect();
        prop_assert_eq!(Order::replay(stored.iter().map(|(event, at)| (event, *at))), Ok(state));
    }
}

#[test]
fn goods_returned_for_the_cooperatives_fault_cost_the_agent_nothing() {
    let first = order(&[(THYME_HONEY, 12)]);
    let lines = |units| vec![LineUnits { line: 1, units }];
    let cooperative = HONEY_COOP;
    let (state, transfers) = live(
        &first,
        &[
            OrderEvent::Confirmed {
                cooperative,
                lines: lines(12),
            },
            OrderEvent::Packed {
                cooperative,
                lines: vec![PackedLine {
                    line: 1,
                    units: 12,
                    lot: String::new(),
                }],
            },
            OrderEvent::Delivered {
                cooperative,
                lines: lines(12),
                proof: Proof::ReceiptDigits { digits: 4_711 },
            },
            OrderEvent::DeclaredEarly {
                cooperative,
                amount: Centimes(144_000),
                method: PaymentMethod::Cash,
            },
            OrderEvent::PreparationStarted { cooperative },
            OrderEvent::PreparationStarted { cooperative },
            OrderEvent::PreparationStarted { cooperative },
            OrderEvent::WithdrawalClosed { cooperative },
            OrderEvent::Returned {
                cooperative,
                lines: lines(12),
                fault: Fault::Cooperative,
            },
        ],
    );
    assert_eq!(state.sub_orders[0].lines[0].returned, 12);
    let balances = balances(&transfers);
    assert_eq!(
        balances[&Account::AgentEarned(agent().person)],
        8_400,
        "7 % of 12 × 100.00 DH"
    );
    assert_eq!(
        balances[&Account::CooperativeSales(cooperative)],
        -8_400,
        "charged to the cooperative"
    );
    assert_eq!(
        balances
            .get(&Account::CommissionExpense)
            .copied()
            .unwrap_or_default(),
        0
    );
}
