//! The manager's figures equal a re-sum from the events, for every filter, whatever happened.

use super::world::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::sync::Arc;
use taswiq_backend::bulk::{Batch, History, PastDevice};
use taswiq_backend::customers::StoredCustomer;
use taswiq_backend::figures::{Breakdown, FigureFilter, FigureKey};
use taswiq_backend::rollups::{Measures, contributions};
use taswiq_domain::customer::Customer;
use taswiq_domain::ids::{CooperativeId, CustomerId, DeviceId, OrderId, PersonId, ProductId};
use taswiq_domain::order::basket::{Basket, BasketLine, Door, OrderIdentity, Promise};
use taswiq_domain::order::event::{LineUnits, PackedLine};
use taswiq_domain::order::{CancelledBy, Fault, Order, OrderEvent, PaymentMethod, Proof, Reason};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::CommandBody;
use taswiq_domain::time::{Calendar, Timestamp};
use uuid::Uuid;

/// What may be tried on an order; what the rules refuse is left out.
fn tries(order: &Order, step: u8) -> OrderEvent {
    let sub_order = &order.sub_orders[usize::from(step) % order.sub_orders.len()];
    let cooperative = sub_order.cooperative;
    let lines = |units: &dyn Fn(&taswiq_domain::order::Line) -> u32| {
        sub_order
            .lines
            .iter()
            .map(|line| LineUnits {
                line: line.number,
                units: units(line),
            })
            .collect::<Vec<_>>()
    };
    match step / 2 % 12 {
        0 => OrderEvent::Cancelled {
            by: CancelledBy::Agent,
            reason: Reason::Mistake,
        },
        1 => OrderEvent::Refused {
            cooperative,
            reason: Reason::Season,
        },
        2 => OrderEvent::Expired { cooperative },
        3 | 4 => OrderEvent::Confirmed {
            cooperative,
            lines: lines(&|line| line.asked - u32::from(step > 128 && line.asked > 1)),
        },
        5 | 6 => OrderEvent::Packed {
            cooperative,
            lines: sub_order
                .lines
                .iter()
                .map(|line| PackedLine {
                    line: line.number,
                    units: line.confirmed - u32::from(step > 200 && line.confirmed > 1),
                    lot: String::new(),
                })
                .collect(),
        },
        7 | 8 => OrderEvent::Delivered {
            cooperative,
            lines: lines(&|line| line.packed),
            proof: Proof::Signature {
                strokes: "1".to_owned(),
            },
        },
        9 => OrderEvent::Collected {
            cooperative,
            amount: sub_order.due().expect("fits"),
            method: PaymentMethod::Cash,
        },
        10 => OrderEvent::WithdrawalClosed { cooperative },
        _ => OrderEvent::Returned {
            cooperative,
            lines: vec![LineUnits {
                line: sub_order.lines[0].number,
                units: 1,
            }],
            fault: if step > 128 {
                Fault::Customer
            } else {
                Fault::Cooperative
            },
        },
    }
}

async fn histories(
    world: &World,
    random: &[(u8, u16, Vec<u8>)],
) -> (Vec<StoredCustomer>, Vec<History>) {
    let catalogue = world.office.catalogue().await.expect("a catalogue");
    let calendar = world.office.calendar();
    let mut customers = Vec::new();
    let mut histories = Vec::new();
    for (what, hours_ago, steps) in random {
        let agent = if what % 3 == 0 { OTHER_AGENT } else { AGENT };
        let CommandBody::RegisterCustomer(details) = register() else {
            panic!("a customer")
        };
        let customer = Customer {
            id: CustomerId(Uuid::now_v7()),
            details,
        };
        let placed_at = START.plus_hours(-i64::from(*hours_ago));
        customers.push(StoredCustomer {
            customer: customer.clone(),
            agent,
            created_at: placed_at,
        });
        let lines: Vec<BasketLine> = (1..=4)
            .filter(|product| what >> product & 1 == 1)
            .map(|product| BasketLine {
                product: ProductId(product),
                units: u32::from(what % 5) + 1,
            })
            .collect();
        if lines.is_empty() {
            continue;
        }
        let basket = Basket {
            tier: Default::default(),
            price_list: catalogue.price_list_at(placed_at).expect("one"),
            plan: catalogue.plan_at(placed_at).expect("one").version,
            terms_from: None,
            lines,
            promises: [HONEY, RUGS]
                .map(|cooperative| Promise {
                    cooperative,
                    on: calendar.date_at(placed_at).plus_days(9),
                })
                .to_vec(),
            signature: "s".to_owned(),
            substitution_agreed: false,
        };
        let door = Door {
            catalogue: &catalogue,
            calendar,
            agent,
            engagement: &Default::default(),
            customer_kind: customer.details.kind,
            channel: Default::default(),
            placed_at,
        };
        let identity = OrderIdentity {
            id: OrderId(Uuid::now_v7()),
            code: SpokenCode::from_random(u64::from(*hours_ago)),
            receipt_digits: 1,
            customer: customer.id,
            place: None,
        };
        let mut history = History::place(
            basket.place(identity, &door).expect("priced"),
            None,
            placed_at,
        );
        for (step, day) in steps.iter().zip(1..) {
            let at = placed_at.plus_days(day);
            let event = tries(history.order(), *step);
            // The rules decide what of it happens.
            let _ = history.happen(event, Some(agent), None, at, at);
        }
        histories.push(history);
    }
    (customers, histories)
}

type Fits<'a> = dyn Fn(&Order, Option<CooperativeId>, Option<ProductId>) -> bool + 'a;
type KeyOf<'a> = dyn Fn(&Order, Option<CooperativeId>, Option<ProductId>) -> Option<FigureKey> + 'a;

/// The figures as somebody would sum them by hand.
fn by_hand(
    orders: &[&Order],
    filter: &FigureFilter,
    calendar: &dyn Calendar,
    key_of: &KeyOf<'_>,
    fits: &Fits<'_>,
) -> BTreeMap<FigureKey, Measures> {
    let mut sums: BTreeMap<FigureKey, Measures> = BTreeMap::new();
    for order in orders {
        let day = calendar.date_at(order.placed_at);
        if day < filter.first
            || day >= filter.end
            || filter.agent.is_some_and(|agent| agent != order.agent)
        {
            continue;
        }
        for (cooperative, product, measures) in contributions(order).expect("fits") {
            if !fits(order, cooperative, product) {
                continue;
            }
            if let Some(key) = key_of(order, cooperative, product) {
                sums.entry(key)
                    .or_default()
                    .add(&measures, 1)
                    .expect("fits");
            }
        }
    }
    sums.retain(|_, measures| *measures != Measures::default());
    sums
}

promise! {
    async fn figures_equal_a_resum_for_every_filter_after_random_histories(world) {
        let strategy = prop::collection::vec((any::<u8>(), 0u16..4_000, prop::collection::vec(any::<u8>(), 0..14)), 120);
        let mut runner = TestRunner::deterministic();
        let random = strategy.new_tree(&mut runner).expect("a value").current();
        let (customers, histories) = histories(&world, &random).await;
        let batch = Batch::new(&customers, &histories, world.office.calendar()).expect("prepared");
        let batch = batch.with_devices(&[PastDevice { id: DeviceId(Uuid::now_v7()), person: AGENT, created_at: START, last_contact_at: START, orders_waiting: 2 }]);
        world.office.bulk_load(Arc::new(batch)).await.expect("loaded");
        world.assert_sound().await;
        let orders: Vec<&Order> = histories.iter().map(History::order).collect();
        let calendar = world.office.calendar();
        let days = [date(2026, 1, 1), date(2026, 7, 15), date(2026, 8, 1), date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 3)];
        let mut compared = 0;
        for (first, end) in days.iter().flat_map(|first| days.iter().map(move |end| (*first, *end))) {
            for agent in [None, Some(AGENT), Some(PersonId(99))] {
                for (cooperative, product) in [(None, None), (Some(RUGS), None), (None, Some(ProductId(2))), (Some(RUGS), Some(ProductId(3))), (Some(RUGS), Some(ProductId(1)))] {
                    let filter = FigureFilter { agent, cooperative, product, first, end };
                    for breakdown in [Breakdown::Day, Breakdown::Month, Breakdown::Agent, Breakdown::Cooperative, Breakdown::Product] {
                        let by_product = product.is_some() || breakdown == Breakdown::Product;
                        let by_cooperative = !by_product && (cooperative.is_some() || breakdown == Breakdown::Cooperative);
                        let fits = move |_: &Order, of: Option<CooperativeId>, which: Option<ProductId>| {
                            which.is_some() == by_product
                                && (by_product || of.is_some() == by_cooperative)
                                && cooperative.is_none_or(|cooperative| of == Some(cooperative))
                                && product.is_none_or(|product| which == Some(product))
                        };
                        let key_of = |order: &Order, of: Option<CooperativeId>, which: Option<ProductId>| match breakdown {
                            Breakdown::Day => Some(FigureKey::Period(calendar.date_at(order.placed_at))),
                            Breakdown::Month => Some(FigureKey::Period(calendar.date_at(order.placed_at).first_of_month())),
                            Breakdown::Agent => Some(FigureKey::Agent(order.agent)),
                            Breakdown::Cooperative => of.map(FigureKey::Cooperative),
                            Breakdown::Product => which.map(FigureKey::Product),
                        };
                        let expected = by_hand(&orders, &filter, calendar, &key_of, &fits);
                        let found: BTreeMap<_, _> = world.office.figures_by(&world.manager(), &filter, breakdown).await.expect("figures").into_iter().collect();
                        assert_eq!(found, expected, "{filter:?} by {breakdown:?}");
                        compared += found.len();
                    }
                    let mut total = Measures::default();
                    for measures in by_hand(&orders, &filter, calendar, &|_, _, _| Some(FigureKey::Agent(PersonId(0))), &move |_, of, which| {
                        which.is_some() == product.is_some()
                            && (product.is_some() || of.is_some() == cooperative.is_some())
                            && cooperative.is_none_or(|cooperative| of == Some(cooperative))
                            && product.is_none_or(|product| which == Some(product))
                    }).values() {
                        total.add(measures, 1).expect("fits");
                    }
                    assert_eq!(world.office.figures(&world.manager(), &filter).await.expect("figures"), total);
                }
            }
        }
        assert!(compared > 500, "{compared}");
        world.office.rewrite_rollups().await.expect("rewritten");
        world.assert_sound().await;
    }
}

promise! {
    async fn bulk_and_one_by_one_make_the_same_office(world) {
        let random: Vec<(u8, u16, Vec<u8>)> = (0..20).map(|n| (n * 11 + 2, u16::from(n) * 30, vec![6, 10, 14, 18, 20])).collect();
        let (customers, histories) = histories(&world, &random).await;
        world.office.bulk_load(Arc::new(Batch::new(&customers, &histories, world.office.calendar()).expect("prepared"))).await.expect("loaded");
        world.assert_sound().await;
        for history in &histories {
            let stored = world.office.order_history(&world.manager(), history.order().id).await.expect("known");
            assert_eq!(stored.order, Order { signature: String::new(), ..history.order().clone() });
        }
        // Phones get it like anything else, and go on from there.
        let mut agent = world.phone(AGENT).await;
        let told = agent.pull().await;
        let own = histories.iter().filter(|history| history.order().agent == AGENT).count();
        assert_eq!(orders_in(&told).len(), own);
        agent.place(&[(1, 1)]).await;
        world.assert_sound().await;
    }
}

promise! {
    async fn orders_are_found_by_code_customer_agent_and_page_by_page(world) {
        let (mut agent, mut other) = (world.phone(AGENT).await, world.phone(OTHER_AGENT).await);
        let mut placed = Vec::new();
        for n in 0..7 {
            world.clock.advance_ms(60_000);
            placed.push(if n % 3 == 0 { other.place(&[(3, 1)]).await } else { agent.place(&[(1, 1)]).await });
        }
        let manager = world.manager();
        let find = async |filter: taswiq_backend::orders::OrderFilter| -> Vec<OrderId> {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = world.office.orders(&manager, &filter, after, 2).await.expect("a page");
                found.extend(page.orders.iter().map(|order| order.id));
                after = page.next;
                if after.is_none() {
                    return found;
                }
            }
        };
        let filter = taswiq_backend::orders::OrderFilter::default;
        let latest_first: Vec<_> = placed.iter().rev().copied().collect();
        assert_eq!(find(filter()).await, latest_first);
        let of_other: Vec<_> = latest_first.iter().copied().filter(|id| [placed[0], placed[3], placed[6]].contains(id)).collect();
        assert_eq!(find(taswiq_backend::orders::OrderFilter { agent: Some(OTHER_AGENT), ..filter() }).await, of_other);
        assert_eq!(find(taswiq_backend::orders::OrderFilter { cooperative: Some(RUGS), ..filter() }).await, of_other);
        let order = world.order(placed[2]).await;
        for typed in [order.code.to_string(), order.code.as_str().to_lowercase()] {
            assert_eq!(find(taswiq_backend::orders::OrderFilter { text: typed, ..filter() }).await, [order.id]);
        }
        assert_eq!(find(taswiq_backend::orders::OrderFilter { customer: Some(order.customer), ..filter() }).await, [order.id]);
        assert_eq!(find(taswiq_backend::orders::OrderFilter { text: "álaoui".to_owned(), ..filter() }).await.len(), 7);
        assert_eq!(find(taswiq_backend::orders::OrderFilter { text: "0612345678".to_owned(), ..filter() }).await.len(), 7);
        assert_eq!(find(taswiq_backend::orders::OrderFilter { text: "%".to_owned(), ..filter() }).await.len(), 0);
        assert_eq!(find(taswiq_backend::orders::OrderFilter { progress: Some(taswiq_domain::order::Progress::Dead), ..filter() }).await.len(), 0);
        let from = Timestamp(START.0 + 3 * 60_000);
        assert_eq!(find(taswiq_backend::orders::OrderFilter { from: Some(from), until: Some(from.plus_ms(60_000)), ..filter() }).await, [placed[2]]);
        assert_eq!(world.office.orders_by_progress(&manager).await.expect("counted"), [(taswiq_domain::order::Progress::Awaiting, 7)]);
        let own = world.office.orders(&taswiq_domain::access::Actor { person: AGENT, role: taswiq_domain::person::Role::Agent, cooperatives: Vec::new() }, &filter(), None, 100).await.expect("own");
        assert_eq!(own.orders.len(), 4);
        assert_eq!(world.office.customers(&manager, Some(AGENT), "azzaba").await.expect("found").len(), 4);
        assert_eq!(world.office.customers(&manager, None, "06 12 34 56 78").await.expect("found").len(), 7);
    }
}
