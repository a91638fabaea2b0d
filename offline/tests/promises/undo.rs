//! What is offered to be taken back can be, with a network too; and nothing that is kept back for it
//! is ever lost or late.

use crate::phone::{Phone, server};
use crate::world::*;
use taswiq_domain::ids::CommandId;
use taswiq_domain::sync::CommandBody;
use taswiq_offline::UndoError;
use taswiq_offline::engine::{POLL_MS, Phase};

/// An agent with the order 2 of the customer 1, all of it sent.
async fn agent() -> Phone {
    let phone = Phone::ready(&server(), AGENT, 1).await;
    act(&phone, 1, register("Itto")).await;
    act(&phone, 2, place(customer_id(1), &[(1, 2)])).await;
    phone.sync().await;
    phone
}

async fn act(phone: &Phone, number: u64, body: CommandBody) {
    let done = phone.device.act(body, id(number), phone.now()).await;
    done.expect("stored");
}

async fn act_held(phone: &Phone, acts: Vec<(CommandId, CommandBody)>) {
    let done = phone.device.act_all_held(acts, phone.now()).await;
    done.expect("stored");
}

fn applied(phone: &Phone) -> Vec<CommandId> {
    let server = phone.network.server.borrow();
    server.applied.iter().map(|(_, _, id)| *id).collect()
}

fn numbers(range: std::ops::Range<u64>) -> Vec<CommandId> {
    range.map(id).collect()
}

#[tokio::test]
async fn what_is_kept_back_can_be_taken_back_whatever_the_network_does() {
    let phone = agent().await;
    act_held(&phone, vec![(id(3), cancel(order_id(2)))]).await;
    assert!(phone.device.is_held(id(3)));
    phone.sync().await;
    phone.sync().await;
    assert_eq!(applied(&phone), numbers(1..3));
    assert_eq!(phone.device.undo(id(3)).await, Ok(()));
    assert!(!phone.device.is_held(id(3)));
    let order = phone.device.order(order_id(2)).expect("known");
    assert!(order.order.is_untouched() && order.pending.is_empty());
    // Its number is given again, and what follows leaves.
    act(&phone, 4, place(customer_id(1), &[(1, 1)])).await;
    phone.sync().await;
    assert_eq!(applied(&phone), [1, 2, 4].map(id));
}

#[tokio::test]
async fn several_acts_are_kept_back_and_taken_back_as_one() {
    let phone = agent().await;
    act(&phone, 3, place(customer_id(1), &[(1, 1)])).await;
    let both = || vec![(id(4), cancel(order_id(2))), (id(5), cancel(order_id(3)))];
    act_held(&phone, both()).await;
    phone.sync().await;
    assert_eq!(
        applied(&phone),
        numbers(1..4),
        "what was done before does not wait"
    );
    for number in [5, 4] {
        assert!(phone.device.is_held(id(number)));
        assert_eq!(phone.device.undo(id(number)).await, Ok(()));
    }
    act_held(&phone, both()).await;
    phone.device.let_go();
    phone.sync().await;
    assert_eq!(applied(&phone), numbers(1..6));
}

#[tokio::test]
async fn what_is_let_go_leaves_and_is_no_longer_offered_back() {
    let phone = agent().await;
    act_held(&phone, vec![(id(3), cancel(order_id(2)))]).await;
    phone.device.let_go();
    assert!(!phone.device.is_held(id(3)));
    phone.sync().await;
    assert_eq!(applied(&phone), numbers(1..4));
    assert_eq!(phone.device.undo(id(3)).await, Err(UndoError::AlreadySent));
}

#[tokio::test]
async fn an_order_leaves_at_once_and_takes_along_what_was_kept_back() {
    let phone = agent().await;
    act_held(&phone, vec![(id(3), cancel(order_id(2)))]).await;
    act(&phone, 4, place(customer_id(1), &[(1, 1)])).await;
    assert!(!phone.device.is_held(id(3)), "the order may build on it");
    phone.sync().await;
    assert_eq!(applied(&phone), numbers(1..5));
}

#[tokio::test]
async fn of_two_acts_only_the_last_is_kept_back() {
    let phone = agent().await;
    act(&phone, 3, place(customer_id(1), &[(1, 1)])).await;
    act_held(&phone, vec![(id(4), cancel(order_id(2)))]).await;
    act_held(&phone, vec![(id(5), cancel(order_id(3)))]).await;
    assert_eq!(
        [4, 5].map(|number| phone.device.is_held(id(number))),
        [false, true]
    );
    phone.sync().await;
    assert_eq!(applied(&phone), numbers(1..5));
}

#[tokio::test]
async fn what_was_kept_back_when_the_app_was_closed_leaves_when_it_starts_again() {
    let phone = agent().await;
    act_held(&phone, vec![(id(3), cancel(order_id(2)))]).await;
    let phone = phone.restarted().await;
    assert!(!phone.device.is_held(id(3)));
    phone.sync().await;
    assert_eq!(applied(&phone), numbers(1..4));
}

#[tokio::test]
async fn a_tab_that_does_not_talk_to_the_server_keeps_nothing_back_and_offers_nothing() {
    let phone = agent().await;
    let other = phone.second_tab().await;
    act_held(&other, vec![(id(3), cancel(order_id(2)))]).await;
    assert!(!other.device.is_held(id(3)));
    phone.sync().await;
    assert_eq!(applied(&phone), numbers(1..4));
}

#[tokio::test]
async fn what_another_tab_does_after_it_takes_it_along() {
    let phone = agent().await;
    let other = phone.second_tab().await;
    act_held(&phone, vec![(id(3), cancel(order_id(2)))]).await;
    act(&other, 4, place(customer_id(1), &[(1, 1)])).await;
    phone.device.refresh().await.expect("read");
    assert!(!phone.device.is_held(id(3)));
    phone.sync().await;
    assert_eq!(applied(&phone), numbers(1..5));
}

#[tokio::test]
async fn a_rule_that_says_no_keeps_nothing_back() {
    let phone = agent().await;
    let refused = phone
        .device
        .act_all_held(vec![(id(3), cancel(order_id(9)))], phone.now())
        .await;
    assert!(refused.is_err() && !phone.device.is_held(id(3)));
    assert_eq!(phone.device.sendable(), 0);
}

#[tokio::test]
async fn the_phone_rests_while_it_keeps_something_back() {
    let phone = agent().await;
    act_held(&phone, vec![(id(3), cancel(order_id(2)))]).await;
    assert_eq!((phone.device.waiting(), phone.device.sendable()), (1, 0));
    phone.sync().await;
    assert_eq!(
        phone.device.status().phase,
        Phase::Idle,
        "there is nothing to wait for"
    );
    assert_eq!(
        phone.bench.scheduled.get().map(|(_, delay_ms)| delay_ms),
        Some(POLL_MS)
    );
    // The office is told what is still on the phone all the same.
    let waiting = phone
        .network
        .requests
        .borrow()
        .last()
        .map(|request| request.waiting.commands);
    assert_eq!(waiting, Some(1));
}
