//! An order whose phone was thought to be lost and that was entered again from its receipt: every phone of
//! its agent ends with one.

use crate::phone::{Phone, Way, server};
use crate::world::*;
use taswiq_domain::Refusal;
use taswiq_domain::dispute::{Disputed, DisputedLine};
use taswiq_domain::ids::{CommandId, OrderId};
use taswiq_domain::sync::CommandBody;
use taswiq_domain::time::{Calendar, CivilDate, FixedOffset};
use taswiq_offline::{Phase, Whereabouts};

const LINES: [(i64, u32); 2] = [(1, 2), (2, 3)];

/// What is read off the receipt of an order: its lines in another order.
fn read_off(taken_on: CivilDate) -> CommandBody {
    let mut lines = LINES;
    lines.reverse();
    match place(customer_id(1), &lines) {
        CommandBody::PlaceOrder(mut place) => {
            place.from_receipt_of = Some(taken_on);
            CommandBody::PlaceOrder(place)
        }
        other => other,
    }
}

fn today() -> CivilDate {
    FixedOffset::default().date_at(NOON)
}

/// The phone that has an order (number 2) of which nobody was told, and the one on which it was entered
/// again (number 12).
async fn two_phones() -> (Phone, Phone) {
    let server = server();
    let lost = Phone::ready(&server, AGENT, 1).await;
    let act = |phone: &Phone, body, number| {
        let (device, now) = (phone.device.clone(), phone.now());
        async move { device.act(body, id(number), now).await.expect("stored") }
    };
    act(&lost, register("Itto"), 1).await;
    lost.sync().await;
    let entered = Phone::ready(&server, AGENT, 2).await;
    act(&lost, place(customer_id(1), &LINES), 2).await;
    act(&entered, read_off(today()), 12).await;
    let view = entered.device.order(order_id(12)).expect("shown");
    assert_eq!(view.order.from_receipt_of, Some(today()));
    entered.sync().await;
    (lost, entered)
}

fn shown(phone: &Phone) -> Vec<OrderId> {
    let orders = phone.device.orders();
    orders.iter().map(|view| view.order.id).collect()
}

#[tokio::test]
async fn fault_06_the_phone_with_the_original_ends_with_the_order_that_is_there() {
    let (lost, entered) = two_phones().await;
    lost.sync().await;
    entered.sync().await;
    assert_eq!(lost.device.waiting(), 0);
    assert!(lost.device.parked().is_empty());
    for phone in [&lost, &entered] {
        assert_eq!(shown(phone), [order_id(12)]);
        // A page that is open on it under its own id goes on.
        for number in [2, 12] {
            let view = phone.device.order(order_id(number)).expect("shown");
            assert_eq!(view.order.id, order_id(12));
            assert_eq!(view.whereabouts, Whereabouts::Received);
        }
        assert_eq!(phone.device.lost(), None);
    }
    assert_eq!(lost.device.earnings(), entered.device.earnings());
    let lost = lost.restarted().await;
    lost.sync().await;
    assert_eq!(shown(&lost), [order_id(12)]);
    assert_eq!(lost.device.status().phase, Phase::Idle);
}

#[tokio::test]
async fn fault_06_an_answer_that_is_lost_changes_nothing_of_that() {
    let (lost, _) = two_phones().await;
    lost.next_ways([Way::AnswerLost]);
    lost.sync().await;
    assert_eq!(shown(&lost), [order_id(2)]);
    lost.let_timer_fire().await;
    assert_eq!(shown(&lost), [order_id(12)]);
    assert_eq!(lost.device.waiting(), 0);
}

#[tokio::test]
async fn fault_06_what_is_done_under_the_old_id_by_who_knows_is_done_to_the_order_that_is_there() {
    let (lost, entered) = two_phones().await;
    lost.sync().await;
    let amended = [(1, 2), (2, 1)];
    let acts = [(3, amend(order_id(2), &amended)), (4, cancel(order_id(2)))];
    for (number, body) in acts {
        let command: CommandId = id(number);
        lost.device
            .act(body, command, lost.now())
            .await
            .expect("stored");
        lost.sync().await;
        assert!(lost.device.parked().is_empty());
        assert_eq!(shown(&lost), [order_id(12)]);
    }
    entered.sync().await;
    for phone in [&lost, &entered] {
        let order = phone.device.order(order_id(12)).expect("shown").order;
        assert!(order.is_cancelled());
        assert_eq!(order.from_receipt_of, Some(today()));
    }
}

/// An agent who finds the lost phone takes one of the two for a second order and cancels it, on either phone.
#[tokio::test]
async fn fault_06_a_cancel_by_who_does_not_know_of_the_other_cancels_nothing_and_says_why() {
    for on_the_lost_phone in [true, false] {
        let (lost, entered) = two_phones().await;
        let (phone, number, other) = if on_the_lost_phone {
            (&lost, 2, &entered)
        } else {
            lost.sync().await;
            (&entered, 12, &lost)
        };
        let cancel = cancel(order_id(number));
        let act = phone.device.act(cancel.clone(), id(30), phone.now());
        act.await.expect("stored");
        // Alone the phone knows no better.
        let order = phone.device.order(order_id(number)).expect("shown").order;
        assert!(order.is_cancelled());
        phone.sync().await;
        other.sync().await;
        for phone in [&lost, &entered] {
            assert_eq!(shown(phone), [order_id(12)]);
            let order = phone.device.order(order_id(2)).expect("shown").order;
            assert!(!order.is_cancelled());
        }
        let view = phone.device.order(order_id(12)).expect("shown");
        let why: Vec<_> = view.parked.iter().map(|parked| &parked.refusal).collect();
        let order = order_id(12);
        assert_eq!(why, [&Refusal::ToldTwice { order }]);
        assert_eq!(phone.device.waiting(), 0);
        // Whoever means it says it once more, of the order that is there.
        let act = phone.device.act(cancel, id(31), phone.now());
        act.await.expect("stored");
        phone.sync().await;
        assert!(
            phone
                .device
                .order(order)
                .expect("shown")
                .order
                .is_cancelled()
        );
    }
}

/// The phone hears of the other before its cancel has left: it shows the order as it is, and doubts.
#[tokio::test]
async fn fault_06_a_cancel_that_still_waits_when_the_phone_hears_of_the_other_is_shown_as_doubtful()
{
    let (lost, entered) = two_phones().await;
    lost.sync().await;
    let acts = vec![(id(30), cancel(order_id(12)))];
    let now = entered.now();
    entered
        .device
        .act_all_held(acts, now)
        .await
        .expect("stored");
    entered.sync().await;
    let view = entered.device.order(order_id(12)).expect("shown");
    assert!(!view.order.is_cancelled());
    let doubts: Vec<_> = view.pending.iter().map(|pending| &pending.doubt).collect();
    let order = order_id(12);
    assert_eq!(doubts, [&Some(Refusal::ToldTwice { order })]);
}

/// A page that was opened on a line under the old id shows that line, whatever its number is now.
#[tokio::test]
async fn fault_06_what_is_disputed_under_the_old_id_is_the_same_goods() {
    let (lost, _) = two_phones().await;
    let first = |device: &taswiq_offline::Device<_>| {
        let order = device.order(order_id(2)).expect("shown").order;
        let line = &order.sub_orders[0].lines[0];
        (line.number, line.product, order.sub_orders[0].cooperative)
    };
    let (line, product, cooperative) = first(&lost.device);
    lost.sync().await;
    let about = Disputed {
        entry: None,
        line: Some(DisputedLine {
            order: order_id(2),
            cooperative,
            line,
        }),
    };
    let about = lost.device.disputed(about).line.expect("a line");
    assert_eq!(about.order, order_id(12));
    let order = lost.device.order(about.order).expect("shown").order;
    let part = order.sub_order(about.cooperative).expect("a part");
    let shown = part.line(about.line).expect("a line");
    assert_eq!((shown.product, shown.number != line), (product, true));
    let known = Disputed {
        entry: None,
        line: Some(about),
    };
    assert_eq!(lost.device.disputed(known), known);
}
