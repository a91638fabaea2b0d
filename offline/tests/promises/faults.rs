//! The faults of phones and networks, by their numbers.

use crate::model_server::ModelServer;
use crate::phone::{Phone, Server, Way, decoded, server};
use crate::world::*;
use taswiq_domain::ids::{CommandId, DeviceId};
use taswiq_domain::order::{CancelledBy, Reason};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{CancelOrder, CommandBody};
use taswiq_offline::driver::TransportError;
use taswiq_offline::engine::Event;
use taswiq_offline::store::{Batch, Fault, LocalStore, StoreError, Table};
use taswiq_offline::{ActError, Lost, Phase};

/// An agent with so many orders waiting, nothing sent but the customer (number 1). The orders have
/// the numbers 2 and up.
async fn agent_with_orders(server: &Server, orders: u64) -> Phone {
    let phone = Phone::ready(server, AGENT, 1).await;
    phone
        .device
        .act(register("Itto"), id(1), phone.now())
        .await
        .expect("stored");
    phone.sync().await;
    for number in 2..2 + orders {
        phone
            .device
            .act(
                place(customer_id(1), &[(1, number as u32)]),
                id(number),
                phone.now(),
            )
            .await
            .expect("stored");
    }
    phone
}

/// The commands that took effect, in order, and that each did once.
fn applied(server: &Server) -> Vec<CommandId> {
    let applied: Vec<_> = server
        .borrow()
        .applied
        .iter()
        .map(|(_, _, command)| *command)
        .collect();
    for (index, command) in applied.iter().enumerate() {
        assert!(!applied[..index].contains(command), "{command} twice");
    }
    applied
}

fn numbers(range: std::ops::Range<u64>) -> Vec<CommandId> {
    range.map(id).collect()
}

#[tokio::test]
async fn fault_01_a_phone_that_dies_while_saving_has_the_order_whole_or_not_at_all() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let server = server();
        let phone = agent_with_orders(&server, 1).await;
        phone.store.fail_at(1, fault);
        let outcome = phone
            .device
            .act(place(customer_id(1), &[(1, 3)]), id(3), phone.now())
            .await;
        assert!(
            outcome.is_err(),
            "nobody is told that it was saved before it was"
        );
        let phone = phone.restarted().await;
        let saved = fault == Fault::CutAfter;
        assert_eq!(phone.device.order(order_id(3)).is_some(), saved);
        assert_eq!(phone.device.waiting(), 1 + u32::from(saved));
        phone.sync().await;
        assert_eq!(applied(&server), numbers(1..3 + u64::from(saved)));
    }
}

#[tokio::test]
async fn fault_02_a_phone_that_dies_at_any_commit_of_a_sync_goes_on_where_it_was() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for commit in 1.. {
            let server = server();
            let phone = agent_with_orders(&server, 3).await;
            server.borrow_mut().changes_per_answer = 1;
            phone.store.fail_at(commit, fault);
            phone.sync().await;
            if phone.store.fault_lies_ahead() {
                assert!(commit > 3, "every commit was tried");
                break;
            }
            let phone = phone.restarted().await;
            assert_eq!(
                phone.device.orders().len(),
                3,
                "{fault:?} at commit {commit}"
            );
            phone.sync().await;
            assert_eq!(
                applied(&server),
                numbers(1..5),
                "{fault:?} at commit {commit}"
            );
            assert_eq!(
                (phone.device.waiting(), phone.device.orders().len()),
                (0, 3)
            );
        }
    }
}

#[tokio::test]
async fn fault_03_an_answer_lost_after_the_server_committed_costs_nothing() {
    let server = server();
    let phone = agent_with_orders(&server, 3).await;
    phone.next_ways(std::iter::repeat_n(Way::AnswerLost, 5));
    phone.sync().await;
    assert_eq!(
        (phone.device.waiting(), phone.device.status().phase),
        (3, Phase::Offline),
        "still to send, as far as the phone knows"
    );
    assert_eq!(applied(&server), numbers(1..5));
    let phone = phone.restarted().await;
    for _ in 0..5 {
        phone.sync().await;
    }
    assert_eq!(applied(&server), numbers(1..5));
    assert_eq!(
        (phone.device.waiting(), phone.device.orders().len()),
        (0, 3)
    );
}

#[tokio::test]
async fn fault_03_a_refusal_whose_answer_was_lost_is_the_same_refusal_later() {
    let server = server();
    let phone = agent_with_orders(&server, 1).await;
    server.borrow_mut().parks.push(id(2));
    phone.next_ways([Way::AnswerLost]);
    phone.sync().await;
    server.borrow_mut().parks.clear();
    phone.let_timer_fire().await;
    assert_eq!(phone.device.parked().len(), 1);
}

#[tokio::test]
async fn fault_04_an_id_is_never_used_for_another_content() {
    let server = server();
    let phone = agent_with_orders(&server, 1).await;
    let other = phone
        .device
        .act(place(customer_id(1), &[(2, 9)]), id(2), phone.now())
        .await;
    assert!(matches!(other, Err(ActError::Refused(_))), "{other:?}");
    phone.sync().await;
    let other = phone
        .device
        .act(place(customer_id(1), &[(2, 9)]), id(2), phone.now())
        .await;
    assert!(
        matches!(other, Err(ActError::Refused(_))),
        "nor after it was sent: {other:?}"
    );
    assert_eq!(applied(&server), numbers(1..3));
}

#[tokio::test]
async fn fault_07_a_full_phone_says_so_and_keeps_what_it_has() {
    let server = server();
    let phone = agent_with_orders(&server, 1).await;
    phone
        .device
        .save_draft("basket", "{}".to_owned(), phone.now())
        .await
        .expect("stored");
    phone.store.limit(Some(1));
    let acts = vec![(id(3), place(customer_id(1), &[(1, 3)]))];
    let outcome = phone
        .device
        .act_all(acts.clone(), phone.now(), Some("basket"))
        .await;
    assert_eq!(outcome, Err(ActError::Store(StoreError::Full)));
    assert_eq!(
        (phone.device.waiting(), phone.device.drafts().len()),
        (1, 1)
    );
    phone.store.limit(None);
    phone
        .device
        .act_all(acts, phone.now(), Some("basket"))
        .await
        .expect("stored");
    phone.sync().await;
    assert_eq!(applied(&server), numbers(1..4));
}

#[tokio::test]
async fn fault_07_an_answer_that_does_not_fit_is_asked_for_again() {
    let server = server();
    let phone = agent_with_orders(&server, 2).await;
    // The first commit of a sync notes what is offered, the second stores the answer, the third what
    // of it always fits.
    phone.store.fail_at(2, Fault::Full);
    phone.sync().await;
    assert_eq!(
        (phone.device.status().phase, phone.device.waiting()),
        (Phase::StoreTrouble, 0),
        "what was decided is stored, and that there was more is said"
    );
    assert_eq!(phone.device.orders().len(), 2, "and stays in sight");
    phone.let_timer_fire().await;
    assert_eq!(phone.device.status().phase, Phase::Idle);
    assert!(
        phone
            .device
            .orders()
            .iter()
            .all(|view| view.received_at.is_some())
    );
    assert_eq!(applied(&server), numbers(1..4));
}

/// How long all texts of a phone's store are.
async fn bytes(phone: &Phone) -> usize {
    let mut bytes = 0;
    for table in Table::ALL {
        let records = phone.store.scan(table).await.expect("read");
        bytes += records
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum::<usize>();
    }
    bytes
}

#[tokio::test]
async fn fault_07_orders_that_are_over_make_room_for_one_that_is_taken() {
    let server = server();
    let phone = agent_with_orders(&server, 4).await;
    phone.sync().await;
    for number in 2..5 {
        let cancel = CommandBody::CancelOrder(CancelOrder {
            order: order_id(number),
            by: CancelledBy::Agent,
            reason: Reason::Mistake,
            other_ids: 0,
        });
        phone
            .device
            .act(cancel, id(10 + number), phone.now())
            .await
            .expect("stored");
    }
    phone.sync().await;
    assert_eq!(phone.device.orders().len(), 4);
    phone.store.limit(Some(bytes(&phone).await));
    phone
        .device
        .act(place(customer_id(1), &[(1, 9)]), id(20), phone.now())
        .await
        .expect("there is room, once what the server can give again is let go");
    assert!(phone.device.lacks_copies());
    let orders = |phone: &Phone| -> Vec<_> {
        let mut orders: Vec<_> = phone
            .device
            .orders()
            .iter()
            .map(|view| view.order.id)
            .collect();
        orders.sort_unstable();
        orders
    };
    assert_eq!(orders(&phone), [order_id(5), order_id(20)]);
    assert_eq!(
        phone.device.take_copies_back().await,
        Ok(false),
        "there is no room yet"
    );
    let phone = phone.restarted().await;
    phone.sync().await;
    assert!(phone.device.lacks_copies(), "it is not forgotten");
    assert_eq!(phone.device.take_copies_back().await, Ok(true));
    phone.sync().await;
    let all = [2, 3, 4, 5, 20].map(order_id);
    assert_eq!(orders(&phone), all);
    assert!(!phone.device.lacks_copies());
}

#[tokio::test]
async fn fault_07_a_phone_without_any_room_hands_its_orders_over_all_the_same() {
    let server = server();
    let phone = agent_with_orders(&server, 3).await;
    // Room for a few figures more, and for no document.
    phone.store.limit(Some(bytes(&phone).await + 300));
    phone.sync().await;
    assert_eq!(applied(&server), numbers(1..5));
    assert_eq!(
        (phone.device.status().phase, phone.device.waiting()),
        (Phase::StoreTrouble, 0)
    );
    assert_eq!(phone.device.orders().len(), 3, "they stay in sight");
    phone.store.limit(None);
    phone.let_timer_fire().await;
    assert_eq!(phone.device.status().phase, Phase::Idle);
}

#[tokio::test]
async fn fault_06_a_store_thrown_away_under_an_open_page_is_written_back() {
    let server = server();
    let phone = agent_with_orders(&server, 2).await;
    phone
        .device
        .save_draft("basket", "{}".to_owned(), phone.now())
        .await
        .expect("stored");
    empty(&phone).await;
    phone
        .device
        .act(place(customer_id(1), &[(1, 9)]), id(4), phone.now())
        .await
        .expect("stored");
    let phone = phone.restarted().await;
    assert_eq!(
        (phone.device.waiting(), phone.device.drafts().len()),
        (3, 1)
    );
    assert!(phone.device.is_ready(), "the catalogue is there too");
    phone.sync().await;
    assert_eq!(applied(&server), numbers(1..5));
}

#[tokio::test]
async fn fault_06_a_store_that_is_gone_is_noticed_and_what_is_lost_is_told() {
    let server = server();
    let mut phone = agent_with_orders(&server, 1).await;
    phone.sync().await;
    let code = |number: u64| SpokenCode::from_random(number);
    for number in [3, 4] {
        let CommandBody::PlaceOrder(mut order) = place(customer_id(1), &[(1, 9)]) else {
            panic!("an order");
        };
        order.code = code(number);
        phone
            .device
            .act(CommandBody::PlaceOrder(order), id(number), phone.now())
            .await
            .expect("stored");
        if number == 3 {
            // This one arrives, and the phone never hears of it.
            phone.next_ways([Way::AnswerLost]);
            phone.sync().await;
        }
    }
    phone
        .device
        .act(register("Tuda"), id(5), phone.now())
        .await
        .expect("stored");
    let trace = phone.device.trace();
    empty(&phone).await;

    let new = DeviceId(id(999).0);
    server.borrow_mut().owners.insert(new, AGENT);
    let whole = trace.clone();
    phone = phone.opened_after(new, Some(trace)).await;
    let told = |is_known, orders| {
        Some(Lost {
            is_known,
            waiting: 3,
            orders,
            others: 1,
        })
    };
    assert_eq!(phone.device.lost(), told(false, vec![code(3), code(4)]));
    // The office hears of it too, in each request until one is answered.
    let tells = async |phone: &Phone| {
        let sent = phone.device.offer(phone.now(), "b1", 10, 10_000).await;
        sent.expect("offered").request.lost
    };
    assert_eq!(tells(&phone).await, Some(whole));
    phone.sync().await;
    assert_eq!(tells(&phone).await, None);
    assert_eq!(phone.device.lost(), told(true, vec![code(4)]));
    assert_eq!(
        phone.device.orders().len(),
        2,
        "what had arrived comes back"
    );
    phone
        .device
        .act(place(customer_id(1), &[(1, 9)]), id(6), phone.now())
        .await
        .expect("stored");
    phone.sync().await;
    assert_eq!(
        applied(&server),
        [1, 2, 3, 6].map(id),
        "no number is given twice"
    );
    let phone = phone.restarted().await;
    assert!(phone.device.lost().is_some(), "until it is read");
    phone.device.forget_lost().await.expect("stored");
    assert_eq!(phone.restarted().await.device.lost(), None);
}

#[tokio::test]
async fn fault_06_what_was_lost_twice_before_a_server_heard_of_it_is_told_whole() {
    let server = server();
    let mut phone = Phone::ready(&server, AGENT, 1).await;
    let code = SpokenCode::from_random;
    let take = async |phone: &Phone, number: u64| {
        let CommandBody::PlaceOrder(mut order) = place(customer_id(1), &[(1, 9)]) else {
            panic!("an order");
        };
        order.code = code(number);
        let order = CommandBody::PlaceOrder(order);
        let done = phone.device.act(order, id(number), phone.now()).await;
        done.expect("stored");
    };
    phone
        .device
        .act(register("Itto"), id(1), phone.now())
        .await
        .expect("stored");
    phone.sync().await;
    take(&phone, 2).await;
    let first = phone.device.trace();
    let lose = async |phone: Phone, number: u64| {
        let trace = phone.device.trace();
        empty(&phone).await;
        let new = DeviceId(id(number).0);
        server.borrow_mut().owners.insert(new, AGENT);
        phone.opened_after(new, Some(trace)).await
    };
    let tells = async |phone: &Phone| {
        let sent = phone.device.offer(phone.now(), "b1", 10, 10_000).await;
        sent.expect("offered").request.lost
    };
    // Nothing was done on the second, which was lost before it had a network.
    phone = lose(phone, 901).await;
    phone = lose(phone, 902).await;
    assert_eq!(tells(&phone).await, Some(first));
    assert_eq!(phone.device.lost().expect("told").orders, [code(2)]);
    phone.sync().await;
    // Now that it is told, it is no more remembered.
    assert_eq!(tells(&phone).await, None);
    assert_eq!(phone.device.trace().orders, []);
}

/// The browser throws all of it away.
async fn empty(phone: &Phone) {
    let mut batch = Batch::default();
    for table in Table::ALL {
        for (key, _) in phone.store.scan(table).await.expect("read") {
            batch.delete(table, key);
        }
    }
    phone.store.commit(batch).await.expect("stored");
}

#[tokio::test]
async fn fault_08_two_tabs_save_and_send_each_order_once() {
    let server = server();
    let one = agent_with_orders(&server, 0).await;
    let other = one.second_tab().await;
    for number in 2..12 {
        let tab = if number % 2 == 0 { &one } else { &other };
        tab.device
            .act(place(customer_id(1), &[(1, 1)]), id(number), tab.now())
            .await
            .expect("stored");
    }
    one.device.refresh().await.expect("read");
    let seqs: Vec<_> = one
        .device
        .outbox()
        .iter()
        .map(|queued| queued.command.seq)
        .collect();
    assert_eq!(
        seqs,
        (2..12).collect::<Vec<_>>(),
        "no number twice and none left out"
    );
    // Both believe to lead.
    one.sync().await;
    other.sync().await;
    one.sync().await;
    assert_eq!(applied(&server), numbers(1..12));
    assert_eq!((one.device.waiting(), other.device.waiting()), (0, 0));
    assert_eq!(
        (one.device.orders().len(), other.device.orders().len()),
        (10, 10)
    );
}

#[tokio::test]
async fn fault_08_two_tabs_that_send_at_the_same_time_store_each_answer_once() {
    let server = server();
    let one = agent_with_orders(&server, 3).await;
    let other = one.second_tab().await;
    let bounds = (100, 100_000);
    let first = one
        .device
        .offer(one.now(), "build", bounds.0, bounds.1)
        .await
        .expect("stored");
    let second = other
        .device
        .offer(other.now(), "build", bounds.0, bounds.1)
        .await
        .expect("stored");
    let first_answer = server.borrow_mut().handle(first.request.clone());
    let second_answer = server.borrow_mut().handle(second.request.clone());
    // The second answer overtakes the first.
    other
        .device
        .apply(&second, decoded(second_answer))
        .await
        .expect("stored");
    one.device
        .apply(&first, decoded(first_answer))
        .await
        .expect("stored");
    let reopened = one.restarted().await;
    assert_eq!(
        (reopened.device.waiting(), reopened.device.orders().len()),
        (0, 3)
    );
    reopened.sync().await;
    assert_eq!(applied(&server), numbers(1..5));
}

#[tokio::test]
async fn fault_08_a_late_answer_does_not_bring_old_documents_back() {
    let server = server();
    let one = agent_with_orders(&server, 1).await;
    one.sync().await;
    let other = one.second_tab().await;
    let late = one
        .device
        .offer(one.now(), "build", 100, 100_000)
        .await
        .expect("stored");
    let order = server.borrow().orders[&order_id(2)].order.clone();
    server
        .borrow_mut()
        .act(ANIMATRICE, 900, refuse(order_id(2), HONEY));
    let late_answer = server.borrow_mut().handle(late.request.clone());
    server
        .borrow_mut()
        .act(ANIMATRICE, 901, confirm(&order, HONEY));
    other.sync().await;
    let confirmed = other.device.order(order_id(2)).expect("known").order;
    one.device
        .apply(&late, decoded(late_answer))
        .await
        .expect("stored");
    assert_eq!(
        one.device.order(order_id(2)).expect("known").order,
        confirmed
    );
}

#[tokio::test]
async fn fault_18_a_server_restored_from_a_copy_is_told_again() {
    let server = server();
    let phone = agent_with_orders(&server, 2).await;
    phone.sync().await;
    let backup = server.borrow().clone();
    server.borrow_mut().parks.push(id(5));
    for number in 4..7 {
        phone
            .device
            .act(place(customer_id(1), &[(1, 1)]), id(number), phone.now())
            .await
            .expect("stored");
    }
    phone.sync().await;
    phone.device.discard_parked(id(5)).await.expect("stored");
    assert_eq!(applied(&server), [1, 2, 3, 4, 6].map(id));

    server.replace(ModelServer::restored_from(&backup, 2));
    assert_eq!(server.borrow().orders.len(), 2);
    phone
        .device
        .act(place(customer_id(1), &[(1, 1)]), id(7), phone.now())
        .await
        .expect("stored");
    phone.sync().await;
    assert_eq!(
        applied(&server),
        numbers(1..8),
        "in the old order, with nothing left out"
    );
    let phone = phone.restarted().await;
    assert_eq!(
        (
            phone.device.waiting(),
            phone.device.orders().len(),
            phone.device.parked().len()
        ),
        (0, 6, 0)
    );
}

#[tokio::test]
async fn fault_18_a_server_that_decides_before_the_phone_knows_loses_nothing() {
    let server = server();
    let phone = agent_with_orders(&server, 2).await;
    phone.sync().await;
    let mut backup = server.borrow().clone();
    backup.hasty = true;
    for number in 4..8 {
        phone
            .device
            .act(place(customer_id(1), &[(1, 1)]), id(number), phone.now())
            .await
            .expect("stored");
        if number == 6 {
            phone.sync().await;
        }
    }
    server.replace(ModelServer::restored_from(&backup, 2));
    phone.sync().await;
    let mut all = applied(&server);
    all.sort_unstable();
    assert_eq!(all, numbers(1..8));
    // And it goes on from there.
    phone
        .device
        .act(place(customer_id(1), &[(1, 1)]), id(8), phone.now())
        .await
        .expect("stored");
    phone.sync().await;
    assert_eq!(applied(&server).len(), 8);
}

#[tokio::test]
async fn fault_18_a_copy_older_than_the_phone_remembers_does_not_stop_it() {
    let server = server();
    let phone = agent_with_orders(&server, 1).await;
    let backup = server.borrow().clone();
    phone.sync().await;
    let later = phone.now().plus_days(40);
    phone.bench.now.set(later);
    server.borrow_mut().clock = later;
    phone.sync().await;
    phone
        .device
        .act(register("Hammou"), id(50), phone.now())
        .await
        .expect("stored");
    phone.sync().await;
    let mut backup = ModelServer::restored_from(&backup, 2);
    backup.clock = later;
    server.replace(backup);
    phone
        .device
        .act(register("Brahim"), id(51), phone.now())
        .await
        .expect("stored");
    phone.sync().await;
    assert_eq!(
        applied(&server),
        [1, 50, 51].map(id),
        "order 2 is known to nobody any longer"
    );
    assert_eq!(phone.device.waiting(), 0);
}

#[tokio::test]
async fn fault_18_what_a_file_brought_to_a_restored_server_is_asked_about_again() {
    let server = server();
    let phone = agent_with_orders(&server, 2).await;
    let backup = server.borrow().clone();
    phone.sync().await;
    assert_eq!(
        (phone.device.waiting(), phone.device.parked().len()),
        (0, 0)
    );
    // Somebody brings the file of before to the restored server, which decides otherwise about an order.
    server.replace(ModelServer::restored_from(&backup, 2));
    server.borrow_mut().hasty = true;
    server.borrow_mut().parks.push(id(3));
    let brought = phone.network.requests.borrow().clone();
    for request in brought {
        server.borrow_mut().handle(request);
    }
    phone
        .network
        .younger
        .set(Some(|answer| answer["heard_seq"] = 0.into()));
    phone.sync().await;
    let parked = phone.device.parked();
    assert_eq!(
        parked
            .iter()
            .map(|parked| parked.command.id)
            .collect::<Vec<_>>(),
        [id(3)]
    );
    assert_eq!(phone.device.waiting(), 0);
    assert_eq!(applied(&server), numbers(1..3));
}

#[tokio::test]
async fn fault_18_what_the_restored_server_does_not_know_leaves_the_phone() {
    let server = server();
    let phone = agent_with_orders(&server, 1).await;
    phone.sync().await;
    let backup = server.borrow().clone();
    let order = backup.orders[&order_id(2)].order.clone();
    server
        .borrow_mut()
        .act(ANIMATRICE, 900, confirm(&order, HONEY));
    phone.sync().await;
    assert_eq!(phone.device.entries().len(), 1);
    server.replace(ModelServer::restored_from(&backup, 2));
    server.borrow_mut().changes_per_answer = 1;
    phone.sync().await;
    assert!(
        phone.device.entries().is_empty(),
        "the confirmation never happened"
    );
    assert_eq!(
        phone
            .restarted()
            .await
            .device
            .orders()
            .iter()
            .map(|view| view.order.revision)
            .collect::<Vec<_>>(),
        [1]
    );
}

#[tokio::test]
async fn fault_19_portals_and_halves_of_answers_are_asked_again() {
    let server = server();
    let phone = agent_with_orders(&server, 2).await;
    let ways = [
        Way::Portal,
        Way::AnswerTruncated,
        Way::Error(TransportError::Garbled),
        Way::RequestLost,
        Way::Error(TransportError::Timeout),
    ];
    phone.next_ways(ways.clone());
    phone.sync().await;
    for _ in ways {
        assert_eq!(
            (phone.device.waiting(), phone.device.status().phase),
            (2, Phase::Offline)
        );
        phone.let_timer_fire().await;
    }
    assert_eq!(phone.device.waiting(), 0);
    assert_eq!(applied(&server), numbers(1..4));
}

#[tokio::test]
async fn fault_19_a_long_queue_gets_through_a_narrow_way() {
    for error in [TransportError::TooLarge, TransportError::Timeout] {
        let server = server();
        let phone = agent_with_orders(&server, 60).await;
        phone.next_ways([Way::Narrow(6_000, error)]);
        phone.sync().await;
        for _ in 0..40 {
            phone.let_timer_fire().await;
        }
        assert_eq!(phone.device.waiting(), 0);
        assert_eq!(applied(&server), numbers(1..62));
    }
}

#[tokio::test]
async fn fault_20_requests_that_arrive_twice_or_late_change_nothing() {
    let server = server();
    let phone = agent_with_orders(&server, 2).await;
    phone.next_ways([Way::Twice]);
    phone.sync().await;
    let replayed = phone.network.requests.borrow().clone();
    for request in replayed.into_iter().rev() {
        server.borrow_mut().handle(request);
    }
    assert_eq!(applied(&server), numbers(1..4));
    phone.sync().await;
    assert_eq!(phone.device.waiting(), 0);
}

#[tokio::test]
async fn a_queue_of_hundreds_goes_in_batches_and_counts() {
    let server = server();
    let phone = agent_with_orders(&server, 230).await;
    let before = phone.batches().len();
    let phases: std::rc::Rc<std::cell::RefCell<Vec<Phase>>> = std::rc::Rc::default();
    let (device, seen) = (phone.device.clone(), std::rc::Rc::clone(&phases));
    phone
        .device
        .on_change(move |_| seen.borrow_mut().push(device.status().phase));
    let waiting = phone.device.waiting();
    phone.driver.handle(Event::QueueChanged { waiting }).await;
    assert_eq!(phone.batches()[before..], [100, 100, 30]);
    assert_eq!(applied(&server), numbers(1..232));
    for expected in [0, 100, 200].map(|done| Phase::Sending { done, total: 230 }) {
        assert!(phases.borrow().contains(&expected), "{expected:?}");
    }
    for request in phone.network.requests.borrow().iter() {
        assert!(
            serde_json::to_vec(request).expect("serialises").len()
                <= taswiq_domain::limits::SYNC_REQUEST_BYTES
        );
    }
}

#[tokio::test]
async fn the_server_is_told_how_much_still_waits() {
    let server = server();
    let phone = agent_with_orders(&server, 3).await;
    phone
        .device
        .act(register("Hammou"), id(50), phone.now())
        .await
        .expect("stored");
    phone.sync().await;
    let requests = phone.network.requests.borrow();
    let told = requests
        .iter()
        .find(|request| !request.commands.is_empty() && request.waiting.commands > 1)
        .expect("sent")
        .waiting
        .clone();
    assert_eq!(
        (told.commands, told.orders, told.oldest_made_at),
        (4, 3, Some(NOON))
    );
}
