//! Phones tell what happened late and in any order; each tells what it did in the order in which it did it.
//!
//! An order is served by its agent, its cooperative, whoever drives, the office and the server's clock.
//! What each of them did is played as it happened, and then as it might have arrived: neighbours of
//! different devices change places as long as the rules accept all of it. (What one rule refuses because
//! of another's act is another history.)

use crate::demo_catalogue::*;
use crate::earners::{LEAD, SECOND, THIRD, order_on, standings, together};
use crate::life::{Life, any_vesting};
use proptest::prelude::*;
use std::collections::BTreeMap;
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::{Account, Transfer};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::event::{LineUnits, PackedLine};
use taswiq_domain::order::{Fault, Order, OrderEvent, PaymentMethod, Proof, Vesting, VestsWhen};
use taswiq_domain::period::Period;
use taswiq_domain::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Device {
    Agent,
    Cooperative,
    Driver,
    Office,
    Clock,
}

/// Something that one of them did, and when.
type Act = (Device, OrderEvent, Timestamp);

/// Acts as they happened: twelve pots or fewer on their way, what was paid, banked and given back for
/// them, between November and the end of the year.
fn acts(faults: &'static [Fault], all_packed: bool) -> impl Strategy<Value = Vec<Act>> {
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
    let returned =
        (prop::sample::select(faults), 1u32..4, 0i64..58).prop_map(move |(fault, units, day)| {
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
        });
    let money = prop::collection::vec(money, 2..9);
    let returns = prop::collection::vec(returned, 0..4);
    (
        8u32..=12,
        0u32..3,
        3i64..50,
        money,
        returns,
        0i64..50,
        0i64..50,
    )
        .prop_map(
            move |(confirmed, short, delivered, money, returns, rest, banked)| {
                let units = |units| vec![LineUnits { line: 1, units }];
                let packed = if all_packed {
                    confirmed
                } else {
                    confirmed - short
                };
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

/// The same acts as they may have arrived: each chosen pair of neighbours changes places if it may and
/// if everything is still accepted.
fn rearranged(
    order: &Order,
    acts: &[Act],
    swaps: &[prop::sample::Index],
    may_swap: &dyn Fn(&Act, &Act) -> bool,
) -> Life {
    let mut arrived = acts.to_vec();
    let mut life = accepted(order, arrived.clone()).1;
    if acts.len() < 2 {
        return life;
    }
    for swap in swaps {
        let place = swap.index(acts.len() - 1);
        if arrived[place].0 == arrived[place + 1].0
            || !may_swap(&arrived[place], &arrived[place + 1])
        {
            continue;
        }
        let mut tried = arrived.clone();
        tried.swap(place, place + 1);
        let (kept, other) = accepted(order, tried);
        if kept.len() == acts.len() {
            (arrived, life) = (kept, other);
        }
    }
    life
}

/// What each earned in each month, and the turnover that counts for it.
fn by_month(transfers: &[Transfer]) -> BTreeMap<(PersonId, Period), (i64, i64)> {
    let mut months: BTreeMap<(PersonId, Period), (i64, i64)> = BTreeMap::new();
    for transfer in transfers {
        for (account, sign) in [(transfer.credit, 1), (transfer.debit, -1)] {
            if let Account::AgentEarned(person) = account {
                let month = months.entry((person, transfer.period)).or_default();
                month.0 += sign * transfer.amount.0;
                month.1 += sign * transfer.base.0;
            }
        }
    }
    months.retain(|_, figures| *figures != (0, 0));
    months
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
    fn the_same_events_in_any_arrival_order_give_the_same_totals_for_every_order_and_agent(
        acts in acts(EVERY_FAULT, false),
        vesting in any_vesting(),
        swaps in prop::collection::vec(any::<prop::sample::Index>(), 40),
    ) {
        let mut placed = order_on(&together(), &[(THYME_HONEY, 12)]);
        placed.sub_orders[0].vesting = vesting;
        let (acts, told) = accepted(&placed, acts);
        let other = rearranged(&placed, &acts, &swaps, &|_, _| true);
        prop_assert_eq!(&told.state, &other.state);
        prop_assert_eq!(standings(&told.state), standings(&other.state));
        prop_assert_eq!(what_is_left(&told), what_is_left(&other));
        let turnover = |life: &Life, person| by_month(&life.transfers).iter().filter(|((whose, _), _)| *whose == person).map(|(_, figures)| figures.1).sum::<i64>();
        for person in [agent().person, SECOND, THIRD, LEAD] {
            prop_assert_eq!(turnover(&told, person), turnover(&other, person));
        }
    }

    /// A month's statement is made of what each earned in it and of the turnover that counts for it. What
    /// comes back is told after everything of the months before: otherwise a month may be left out that had
    /// both, or the goods that came back later settle what those of before would have.
    #[test]
    fn what_vests_at_once_counts_in_the_same_month_in_whatever_order_it_is_told(
        acts in acts(&[Fault::Customer, Fault::Agent], true),
        when in prop::sample::select(VestsWhen::ALL.to_vec()),
        swaps in prop::collection::vec(any::<prop::sample::Index>(), 40),
    ) {
        let mut placed = order_on(&Engagement { lead: Some(LEAD), ..Engagement::default() }, &[(THYME_HONEY, 12)]);
        placed.sub_orders[0].vesting = Vesting::all_when(when);
        let (acts, told) = accepted(&placed, acts);
        let month = |act: &Act| Period::at(act.2, &CALENDAR);
        let takes_back = |act: &Act| matches!(act.1, OrderEvent::Returned { .. });
        let other = rearranged(&placed, &acts, &swaps, &|one, next| {
            !(takes_back(one) || takes_back(next)) || month(one) == month(next)
        });
        prop_assert_eq!(by_month(&told.transfers), by_month(&other.transfers));
    }
}

#[test]
fn what_was_paid_in_november_and_delivered_in_december_counts_in_december() {
    let placed = order_on(&Engagement::default(), &[(THYME_HONEY, 12)]);
    let units = |units| vec![LineUnits { line: 1, units }];
    let cooperative = HONEY_COOP;
    let ready = Life::of(placed)
        .then(
            OrderEvent::Confirmed {
                cooperative,
                lines: units(12),
            },
            noon(2026, 11, 2),
        )
        .then(crate::life::packed(12), noon(2026, 11, 3))
        .then(
            OrderEvent::WithdrawalClosed { cooperative },
            noon(2026, 11, 9),
        );
    let paid = (
        crate::life::collected(144_000, PaymentMethod::Cash),
        noon(2026, 11, 28),
    );
    let brought = (crate::life::delivered(12), noon(2026, 12, 2));
    for told in [[&paid, &brought], [&brought, &paid]] {
        let life = told.into_iter().fold(ready.clone(), |life, (event, at)| {
            life.then(event.clone(), *at)
        });
        let december = Period::new(2026, 12).expect("a month");
        assert_eq!(
            by_month(&life.transfers),
            BTreeMap::from([((agent().person, december), (8_400, 120_000))])
        );
    }
}
