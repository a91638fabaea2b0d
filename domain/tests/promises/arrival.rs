//! Phones tell what happened late and in any order; each tells what it did in the order in which it did it.
//!
//! An order is served by its agent, its cooperative, whoever drives, the office and the server's clock.
//! What each of them did is played as it happened, and then as it might have arrived: neighbours of
//! different devices change places as long as the rules accept all of it. (What one rule refuses because
//! of another's act is another history: goods are packed before they are handed over, and nobody banks
//! cash that was not told of.) Money that changed hands at the door they accept in every order.

use crate::demo_catalogue::*;
use crate::earners::{order_on, standings, together};
use crate::life::{Life, any_vesting};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use taswiq_domain::Refusal;
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::{Account, Moment, Purpose, Transfer};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::event::{LineUnits, PackedLine, RecordedEvent};
use taswiq_domain::order::{
    CancelledBy, Fault, Order, OrderEvent, PaymentMethod, Proof, Reason, VestsWhen,
};
use taswiq_domain::period::Period;
use taswiq_domain::settlement::{Movement, ReversalReason};
use taswiq_domain::simulation::earned_by;
use taswiq_domain::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Device {
    Agent,
    /// Another phone of the agent's.
    AgentsOther,
    Cooperative,
    Driver,
    Office,
    Clock,
}

/// Something that one of them did, and when.
type Act = (Device, OrderEvent, Timestamp);

/// Acts as they happened: twelve pots or fewer on their way, what was paid, banked and given back for
/// them, between November and the end of the year.
fn acts() -> impl Strategy<Value = Vec<Act>> {
    let cooperative = HONEY_COOP;
    let money = (0u8..5, 1i64..80_000, 0i64..58).prop_map(move |(kind, amount, day)| {
        let amount = Centimes(amount);
        let collected = |method| OrderEvent::Collected {
            cooperative,
            amount,
            method,
        };
        match kind {
            0 | 1 => (Device::Agent, collected(PaymentMethod::Cash), day),
            2 => (Device::Driver, collected(PaymentMethod::Wallet), day),
            3 => (
                Device::Agent,
                OrderEvent::DeclaredEarly {
                    cooperative,
                    amount,
                    method: PaymentMethod::Cash,
                },
                day,
            ),
            _ => (
                Device::Office,
                OrderEvent::Deposited {
                    cooperative,
                    amount,
                    holder: None,
                },
                day,
            ),
        }
    });
    let returned = (prop::sample::select(EVERY_FAULT), 1u32..4, 0i64..58).prop_map(
        move |(fault, units, day)| {
            let device = if fault == Fault::Customer {
                Device::Agent
            } else {
                Device::Driver
            };
            let lines = vec![LineUnits { line: 1, units }];
            let event = OrderEvent::Returned {
                cooperative,
                lines,
                fault,
            };
            (device, event, day)
        },
    );
    let money = prop::collection::vec(money, 2..9);
    let returns = prop::collection::vec(returned, 0..4);
    let end = prop::option::weighted(0.4, ending());
    (
        8u32..=12,
        0u32..3,
        3i64..50,
        money,
        (returns, end),
        0i64..50,
        0i64..50,
    )
        .prop_map(
            move |(confirmed, short, delivered, money, (returns, end), rest, banked)| {
                let units = |units| vec![LineUnits { line: 1, units }];
                let packed = confirmed - short;
                let packing = vec![PackedLine {
                    line: 1,
                    units: packed,
                    lot: String::new(),
                }];
                let proof = Proof::ReceiptDigits { digits: 4_711 };
                let mut days = vec![
                    (
                        Device::Cooperative,
                        OrderEvent::Confirmed {
                            cooperative,
                            lines: units(confirmed),
                        },
                        0,
                    ),
                    (
                        Device::Cooperative,
                        OrderEvent::Packed {
                            cooperative,
                            lines: packing,
                        },
                        1,
                    ),
                    (
                        Device::Driver,
                        OrderEvent::Delivered {
                            cooperative,
                            lines: units(packed),
                            proof,
                        },
                        delivered,
                    ),
                    (
                        Device::Clock,
                        OrderEvent::WithdrawalClosed { cooperative },
                        7,
                    ),
                ];
                days.extend(money);
                days.extend(returns);
                days.extend(end);
                // Most are paid for in full in the end, and the cash is banked.
                for (device, kind, day) in [(Device::Agent, 0, rest), (Device::Office, 1, banked)] {
                    for step in 0..16 {
                        let amount = Centimes(12_000);
                        let event = if kind == 0 {
                            OrderEvent::Collected {
                                cooperative,
                                amount,
                                method: PaymentMethod::Cash,
                            }
                        } else {
                            OrderEvent::Deposited {
                                cooperative,
                                amount,
                                holder: None,
                            }
                        };
                        days.push((device, event, 8 + day + step / 16));
                    }
                }
                days.sort_by_key(|(_, _, day)| *day);
                days.into_iter()
                    .enumerate()
                    .map(|(hour, (device, event, day))| {
                        let at = noon(2026, 11, 2)
                            .plus_days(day)
                            .plus_ms(hour as i64 * 60_000);
                        (device, event, at)
                    })
                    .collect()
            },
        )
}

/// Something after which nothing will come of it any more, where it is not too late for that.
fn ending() -> impl Strategy<Value = (Device, OrderEvent, i64)> {
    let cooperative = HONEY_COOP;
    (0u8..3, 0i64..40).prop_map(move |(kind, day)| match kind {
        0 => (
            Device::AgentsOther,
            OrderEvent::Cancelled {
                by: CancelledBy::Customer,
                reason: Reason::CustomerCancelled,
            },
            day,
        ),
        1 => (
            Device::Cooperative,
            OrderEvent::SupplyFailed {
                cooperative,
                fault: Fault::Cooperative,
            },
            day,
        ),
        _ => (
            Device::AgentsOther,
            OrderEvent::Withdrawn { cooperative },
            day % 7,
        ),
    })
}

/// The acts that the rules accept one after the other, and the life they make.
fn accepted(order: &Order, acts: Vec<Act>) -> (Vec<Act>, Life) {
    let mut life = Life::of(order.clone());
    let mut kept = Vec::new();
    for act in acts {
        if let Ok(after) = life.tried(&act.1, act.2) {
            life = after;
            kept.push(act);
        }
    }
    (kept, life)
}

fn is_payment(event: &OrderEvent) -> bool {
    matches!(
        event,
        OrderEvent::Collected { .. } | OrderEvent::DeclaredEarly { .. }
    )
}

/// What acts that were once accepted make when they are told in this order; nothing where the rules
/// refuse one of them.
///
/// # Panics
/// When they refuse money that changed hands. (Nobody asks for it before the server has said that the
/// customer can no longer withdraw.)
fn arrived(order: &Order, acts: &[Act]) -> Option<Life> {
    let mut life = Life::of(order.clone());
    let mut is_whole = true;
    for (_, event, at) in acts {
        match life.tried(event, *at) {
            Ok(after) => life = after,
            Err(Refusal::PaymentBeforeWithdrawalCloses { .. }) => is_whole = false,
            Err(refusal) => {
                assert!(!is_payment(event), "{event:?} at {at:?}: {refusal}");
                is_whole = false;
            }
        }
    }
    is_whole.then_some(life)
}

/// The same acts as they may have arrived: each chosen pair of neighbours changes places if it may and
/// if everything is still accepted.
fn rearranged(order: &Order, acts: &[Act], swaps: &[prop::sample::Index]) -> Option<Life> {
    let mut told = acts.to_vec();
    let mut life = arrived(order, &told);
    if acts.len() < 2 {
        return life;
    }
    for swap in swaps {
        let place = swap.index(acts.len() - 1);
        if told[place].0 == told[place + 1].0 {
            continue;
        }
        let mut tried = told.clone();
        tried.swap(place, place + 1);
        if let Some(other) = arrived(order, &tried) {
            (told, life) = (tried, Some(other));
        }
    }
    life
}

/// The same acts when the phone of one of them, or both phones of the agent, had no network until
/// everybody else had told theirs.
fn away(order: &Order, acts: &[Act]) -> Vec<Life> {
    let phones: [&[Device]; 5] = [
        &[Device::Agent],
        &[Device::AgentsOther],
        &[Device::Driver],
        &[Device::Cooperative],
        &[Device::Agent, Device::AgentsOther],
    ];
    let told_last = |phones: &[Device]| {
        let mut told = acts.to_vec();
        told.sort_by_key(|(device, ..)| phones.contains(device));
        arrived(order, &told)
    };
    phones.into_iter().filter_map(told_last).collect()
}

/// What a statement is made of: whose it is, of which month, what for, which month that concerns, and
/// why it was taken back.
type Kind = (PersonId, Period, Purpose, Period, Option<ReversalReason>);

/// What stands on everybody's statements of every month, and the turnover that counts with it.
fn statements(life: &Life) -> BTreeMap<Kind, (i64, i64)> {
    let mut sums: BTreeMap<Kind, (i64, i64)> = BTreeMap::new();
    let month = |_: &RecordedEvent, moment: Moment| Period::at(moment.at, &CALENDAR);
    for earned in earned_by(&life.recorded(), &CALENDAR, &month).expect("what was lived") {
        let Movement {
            purpose,
            concerns,
            reason,
            ..
        } = earned.movement;
        let kind = (earned.agent, earned.counts_in, purpose, concerns, reason);
        let sum = sums.entry(kind).or_default();
        sum.0 += earned.movement.amount.0;
        sum.1 += earned.movement.base.0;
    }
    sums.retain(|_, figures| *figures != (0, 0));
    sums
}

/// Every account that has something.
fn what_is_left(life: &Life) -> BTreeMap<Account, i64> {
    let mut balances = balances(&life.transfers);
    balances.retain(|_, balance| *balance != 0);
    balances
}

const EVERY_FAULT: &[Fault] = &[
    Fault::Customer,
    Fault::Agent,
    Fault::Cooperative,
    Fault::Logistics,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_same_events_in_any_arrival_order_give_the_same_totals_and_the_same_statements(
        acts in acts(),
        vesting in any_vesting(),
        swaps in prop::collection::vec(any::<prop::sample::Index>(), 40),
    ) {
        let mut placed = order_on(&together(), &[(THYME_HONEY, 12)]);
        placed.sub_orders[0].vesting = vesting;
        let (acts, told) = accepted(&placed, acts);
        let others = away(&placed, &acts).into_iter().chain(rearranged(&placed, &acts, &swaps));
        for other in others {
            prop_assert_eq!(&told.state, &other.state);
            prop_assert_eq!(standings(&told.state), standings(&other.state));
            prop_assert_eq!(what_is_left(&told), what_is_left(&other));
            prop_assert_eq!(statements(&told), statements(&other));
            let keys: BTreeSet<String> = other.transfers.iter().map(Transfer::cause_key).collect();
            prop_assert_eq!(keys.len(), other.transfers.len(), "each transfer has a cause of its own");
        }
    }
}

/// An order of twelve pots that is ready, and may no longer be withdrawn from.
fn ready() -> Life {
    let cooperative = HONEY_COOP;
    Life::of(order_on(&Engagement::default(), &[(THYME_HONEY, 12)]))
        .then(crate::life::confirmed(12), noon(2026, 11, 2))
        .then(crate::life::packed(12), noon(2026, 11, 3))
        .then(
            OrderEvent::WithdrawalClosed { cooperative },
            noon(2026, 11, 9),
        )
}

/// What the agent earned in each month, gross: what came and what was taken back.
fn months_of_agent(life: &Life) -> BTreeMap<(u32, bool), (i64, i64)> {
    let mut months = BTreeMap::new();
    for ((person, period, _, _, reason), figures) in statements(life) {
        if person == agent().person {
            let (_, month) = period.year_month();
            months.insert((month, reason.is_some()), figures);
        }
    }
    months
}

const PAID: fn() -> OrderEvent = || crate::life::collected(144_000, PaymentMethod::Cash);

fn told_in_both_orders(
    life: &Life,
    one: (OrderEvent, Timestamp),
    other: (OrderEvent, Timestamp),
) -> [Life; 2] {
    [[&one, &other], [&other, &one]].map(|acts| {
        acts.into_iter().fold(life.clone(), |life, (event, at)| {
            life.then(event.clone(), *at)
        })
    })
}

#[test]
fn what_was_paid_in_november_and_delivered_in_december_counts_in_december() {
    let paid = (PAID(), noon(2026, 11, 28));
    let brought = (crate::life::delivered(12), noon(2026, 12, 2));
    for life in told_in_both_orders(&ready(), paid, brought) {
        assert_eq!(
            months_of_agent(&life),
            BTreeMap::from([((12, false), (8_400, 120_000))])
        );
    }
}

#[test]
fn what_was_paid_in_november_and_came_back_in_december_counts_in_both() {
    let brought = ready().then(crate::life::delivered(12), noon(2026, 11, 20));
    let paid = (PAID(), noon(2026, 11, 28));
    let returned = (crate::life::returned(3, Fault::Customer), noon(2026, 12, 2));
    for life in told_in_both_orders(&brought, paid, returned.clone()) {
        assert_eq!(
            months_of_agent(&life),
            BTreeMap::from([
                ((11, false), (8_400, 120_000)),
                ((12, true), (-2_100, -30_000))
            ])
        );
        let part = &life.state.sub_orders[0];
        assert_eq!(part.owed_to_customer(), Ok(Centimes(36_000)));
        assert_eq!(life.balance(Account::CustomerDue), 36_000);
        assert_eq!(life.balance(Account::Cash(agent().person)), -144_000);
    }
    let paid = (
        crate::life::collected(108_000, PaymentMethod::Cash),
        noon(2026, 11, 28),
    );
    for life in told_in_both_orders(&brought, paid, returned) {
        // Three quarters are no payment of the whole: it is the goods that came back that made it one.
        assert_eq!(
            months_of_agent(&life),
            BTreeMap::from([((12, false), (6_300, 90_000))])
        );
    }
}

#[test]
fn each_part_of_a_split_counts_in_the_month_of_what_it_waited_for() {
    let halves =
        crate::life::vesting(&[(VestsWhen::Delivered, 500_000), (VestsWhen::Paid, 500_000)]);
    let ready = ready().with_vesting(halves);
    let paid = (PAID(), noon(2026, 11, 28));
    let brought = (crate::life::delivered(12), noon(2026, 12, 2));
    for life in told_in_both_orders(&ready, paid, brought) {
        assert_eq!(
            months_of_agent(&life),
            BTreeMap::from([((12, false), (8_400, 120_000))])
        );
    }
    let brought = (crate::life::delivered(12), noon(2026, 11, 28));
    let paid = (PAID(), noon(2026, 12, 2));
    for life in told_in_both_orders(&ready, brought, paid) {
        assert_eq!(
            months_of_agent(&life),
            BTreeMap::from([
                ((11, false), (4_200, 60_000)),
                ((12, false), (4_200, 60_000))
            ])
        );
    }
}

#[test]
fn what_is_told_late_says_of_which_event_it_is_and_which_told_it() {
    let brought = ready().then(crate::life::delivered(12), noon(2026, 11, 20));
    let returned = (crate::life::returned(3, Fault::Customer), noon(2026, 12, 2));
    let paid = (
        crate::life::collected(100_000, PaymentMethod::Cash),
        noon(2026, 11, 28),
    );
    let rest = (
        crate::life::collected(8_000, PaymentMethod::Cash),
        noon(2026, 12, 1),
    );
    let life = brought
        .then(returned.0, returned.1)
        .then(rest.0, rest.1)
        .then(paid.0, paid.1);
    let vested: Vec<(Option<u32>, Option<u32>)> = life
        .transfers
        .iter()
        .filter(|transfer| transfer.credit == Account::AgentEarned(agent().person))
        .map(|transfer| (transfer.cause.event_number(), transfer.cause.told_by()))
        .collect();
    // Placed, confirmed, packed, withdrawal over, delivered: the goods came back by the sixth event, and
    // the eighth said that the rest had been paid by then.
    assert_eq!(vested, [(Some(6), Some(8))]);
}
