//! An order whose phone was thought to be lost and that was entered again from its receipt: every phone of
//! its agent ends with one.

use crate::phone::{Phone, Way, server};
use crate::world::*;
use taswiq_domain::ids::{CommandId, OrderId};
use taswiq_domain::order::Stage;
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
async fn fault_06_what_is_done_under_the_old_id_is_done_to_the_order_that_is_there() {
    let (lost, entered) = two_phones().await;
    // Before the phone has heard of the other, and after.
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
        assert!(
            order
                .sub_orders
                .iter()
                .all(|part| part.stage == Stage::Cancelled)
        );
        assert_eq!(order.from_receipt_of, Some(today()));
    }
}
