//! An order that comes twice, from its phone and from its receipt, is one; anything else is another.

use crate::demo_catalogue::*;
use crate::often::cases;
use crate::wire_golden::golden;
use proptest::prelude::*;
use taswiq_domain::Refusal;
use taswiq_domain::customer::{CustomerDetails, CustomerKind};
use taswiq_domain::ids::{CommandId, CustomerId, OrderId, PersonId, ProductId};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::again::{Taken, door_of};
use taswiq_domain::order::{CancelledBy, Order, OrderEvent, PaymentMethod, Reason};
use taswiq_domain::sync::{CancelOrder, Collect, Command, CommandBody, PlaceOrder, Shown};
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};
use uuid::Uuid;

type Lines = Vec<(ProductId, u32)>;

const PRODUCTS: [ProductId; 4] = [THYME_HONEY, AMLOU, RUG, SAMPLE];

fn day() -> CivilDate {
    CivilDate::new(2026, 11, 1).expect("a date")
}

fn customer(first_name: &str) -> CustomerDetails {
    CustomerDetails {
        first_name: first_name.to_owned(),
        family_name: String::new(),
        phone: None,
        place: "Sefrou".to_owned(),
        address: String::new(),
        kind: CustomerKind::Household,
    }
}

/// The order as it is read off its receipt, with another id and another customer of the same name.
fn from_receipt(lines: &[(ProductId, u32)]) -> Order {
    Order {
        id: OrderId(Uuid::from_u128(7)),
        customer: CustomerId(Uuid::from_u128(8)),
        from_receipt_of: Some(day()),
        ..order(lines)
    }
}

fn are_one(one: (&Order, &str), two: (&Order, &str)) -> bool {
    let (details, others) = (customer(one.1), customer(two.1));
    let one = Taken {
        order: one.0,
        customer: &details,
    };
    let two = Taken {
        order: two.0,
        customer: &others,
    };
    let is_one = one.is_one_with(&two, &CALENDAR).expect("fits");
    assert_eq!(is_one, two.is_one_with(&one, &CALENDAR).expect("fits"));
    is_one
}

/// Products of an order, each with its units, and in which other order they are read off.
fn baskets() -> impl Strategy<Value = (Lines, Lines)> {
    let lines = prop::sample::subsequence(PRODUCTS.to_vec(), 1..=4).prop_flat_map(|products| {
        let count = products.len();
        let units = prop::collection::vec(1u32..50, count);
        units.prop_map(move |units| products.iter().copied().zip(units).collect::<Lines>())
    });
    lines.prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle()))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn the_same_goods_in_another_order_are_the_same_order((lines, shuffled) in baskets()) {
        let (original, read) = (order(&lines), from_receipt(&shuffled));
        prop_assert!(are_one((&original, "Fatima"), (&read, "  FATIMA ")));
        for (there, came) in [(&original, &read), (&read, &original)] {
            let event = OrderEvent::FoundAgain { order: Box::new(came.clone()) };
            let after = there.after(&event, Timestamp(1)).expect("taken in");
            // Nothing that anybody pays or earns has moved.
            prop_assert_eq!(&after.sub_orders, &there.sub_orders);
            let known = after.known_as(came.id).expect("known");
            for part in &came.sub_orders {
                for line in &part.lines {
                    let here = after.sub_order(part.cooperative).expect("there").line(known.number(line.number));
                    prop_assert_eq!(here.map(|line| line.product), Some(line.product));
                }
            }
            prop_assert_eq!(after.after(&event, Timestamp(2)), Err(Refusal::CommandIdReused));
        }
    }

    #[test]
    fn an_amendment_leads_from_the_other_id_to_no_other_product((lines, shuffled) in baskets(), amendments in prop::collection::vec(baskets(), 1..4)) {
        let original = order(&lines);
        let found = OrderEvent::FoundAgain { order: Box::new(original.clone()) };
        let mut there = from_receipt(&shuffled).after(&found, Timestamp(1)).expect("taken in");
        let product_of = |order: &Order, number: u16| {
            let mut lines = order.sub_orders.iter().flat_map(|part| &part.lines);
            lines.find(|line| line.number == number).map(|line| line.product)
        };
        for (_, amended) in amendments {
            let amend = OrderEvent::Amended { order: Box::new(Order { id: there.id, ..order(&amended) }) };
            let before = there.clone();
            there = there.after(&amend, Timestamp(2)).expect("untouched");
            let (then, now) = (before.known_as(original.id).expect("known"), there.known_as(original.id).expect("known"));
            for (number, product) in (1..).zip(lines.iter().map(|(product, _)| *product)) {
                let is_kept = then.number(number) != 0 && amended.iter().any(|(kept, _)| *kept == product);
                prop_assert_eq!(product_of(&there, now.number(number)), is_kept.then_some(product));
                prop_assert_eq!(now.number(number) == 0, !is_kept);
            }
        }
    }

    #[test]
    fn whatever_is_read_otherwise_makes_it_another_order((lines, shuffled) in baskets(), which in 0usize..7, at in any::<prop::sample::Index>()) {
        let mut lines_read = shuffled;
        let mut name = "Fatima";
        let at = at.index(lines_read.len());
        match which {
            0 => lines_read[at].1 += 1,
            1 if lines_read.len() > 1 => { lines_read.remove(at); }
            2 => name = "Fatiha",
            _ => {}
        }
        let mut read = from_receipt(&lines_read);
        match which {
            3 => read.from_receipt_of = Some(day().plus_days(1)),
            4 => read.agent = PersonId(99),
            5 => read.code = taswiq_domain::spoken_code::SpokenCode::from_random(98),
            6 => read.sub_orders[0].lines[0].unit_price.0 += 1,
            _ => {}
        }
        let is_changed = which != 1 || lines_read.len() < lines.len();
        prop_assert_eq!(are_one((&order(&lines), "Fatima"), (&read, name)), !is_changed);
    }

    #[test]
    fn a_receipts_door_is_on_its_day_and_not_in_the_future(days in -40i32..=1, hours in 0i64..24) {
        let now = noon(2026, 11, 12).plus_hours(hours - 12);
        let taken_on = CALENDAR.date_at(now).plus_days(days);
        let door = door_of(taken_on, now, &CALENDAR);
        prop_assert!(door <= now);
        prop_assert_eq!(CALENDAR.date_at(door), taken_on.min(CALENDAR.date_at(now)));
    }
}

#[test]
fn the_receipt_is_believed_only_until_its_phone_speaks() {
    let (original, mut read) = (order(&[(AMLOU, 2)]), from_receipt(&[(AMLOU, 2)]));
    read.receipt_digits = Some(1_174);
    let found = |there: &Order, came: &Order| {
        let event = OrderEvent::FoundAgain {
            order: Box::new(came.clone()),
        };
        there.after(&event, Timestamp(1)).expect("taken in")
    };
    assert_eq!(found(&read, &original).receipt_digits, Some(4_711));
    assert_eq!(found(&original, &read).receipt_digits, Some(4_711));
}

#[test]
fn what_came_again_is_kept_when_the_order_is_changed() {
    let mut read = from_receipt(&[(AMLOU, 2)]);
    read = read
        .after(
            &OrderEvent::FoundAgain {
                order: Box::new(order(&[(AMLOU, 2)])),
            },
            Timestamp(1),
        )
        .expect("taken in");
    let amended = OrderEvent::Amended {
        order: Box::new(order(&[(AMLOU, 3)])),
    };
    let after = read.after(&amended, Timestamp(2)).expect("untouched");
    assert_eq!(after.also, read.also);
    assert_eq!(after.from_receipt_of, read.from_receipt_of);
}

#[test]
fn the_wire_of_an_order_from_a_receipt() {
    golden(
        "from-receipt-command-v1",
        &Command {
            id: CommandId(Uuid::from_u128(7)),
            seq: 1,
            made_at: noon(2026, 11, 12),
            body: CommandBody::PlaceOrder(PlaceOrder {
                customer: CustomerId(Uuid::from_u128(8)),
                code: identity().code,
                receipt_digits: 4_711,
                channel: Default::default(),
                basket: basket(&[(AMLOU, 2)]),
                place: None,
                shown: Shown {
                    total: Centimes(17_100),
                    commission: Centimes(1_000),
                },
                from_receipt_of: Some(day()),
            }),
        },
    );
    let event = OrderEvent::FoundAgain {
        order: Box::new(order(&[(AMLOU, 2)])),
    };
    let found = from_receipt(&[(AMLOU, 2)])
        .after(&event, noon(2026, 11, 12))
        .expect("taken in");
    golden("from-receipt-order-v1", &found);
    golden("from-receipt-event-v1", &event);
    golden(
        "from-receipt-refusals-v1",
        &vec![
            Refusal::ReceiptTooOld { days: 14 },
            Refusal::ReceiptDiffers {
                order: OrderId(Uuid::from_u128(1)),
                total: Centimes(17_100),
                placed_on: day(),
            },
        ],
    );
    golden(
        "told-twice-commands-v1",
        &vec![
            CommandBody::CancelOrder(CancelOrder {
                order: OrderId(Uuid::from_u128(1)),
                by: CancelledBy::Agent,
                reason: Reason::Mistake,
                other_ids: 0,
            })
            .knowing(1),
            CommandBody::Collect(Collect {
                order: OrderId(Uuid::from_u128(1)),
                cooperative: HONEY_COOP,
                amount: Centimes(120_000),
                method: PaymentMethod::Cash,
                other_ids: 0,
            })
            .knowing(2),
        ],
    );
    golden(
        "told-twice-refusal-v1",
        &Refusal::ToldTwice {
            order: OrderId(Uuid::from_u128(1)),
        },
    );
}
