//! The agent's phone follows the chain of its ledger entries, and names the first that does not fit.

use crate::model_server::ModelServer;
use crate::phone::{Phone, Server, server};
use crate::world::*;
use taswiq_domain::ledger::chain::hexadecimal;
use taswiq_domain::money::Centimes;
use taswiq_domain::sync::LedgerEntry;
use taswiq_offline::Checked;
use taswiq_offline::record::Stored;
use taswiq_offline::store::{Batch, LocalStore, Table};

/// An agent's phone, and so many confirmed orders of which it has not heard yet.
async fn confirmed(server: &Server, orders: u64) -> Phone {
    let phone = Phone::ready(server, AGENT, 1).await;
    let act = async |number, body| {
        let stored = phone.device.act(body, id(number), phone.now()).await;
        stored.expect("stored");
    };
    act(1, register("Itto")).await;
    for number in 2..2 + orders {
        act(number, place(customer_id(1), &[(1, 2), (2, 1)])).await;
    }
    phone.sync().await;
    for number in 2..2 + orders {
        confirm_honey(server, number);
    }
    phone
}

fn confirm_honey(server: &Server, number: u64) {
    let order = server.borrow().orders[&order_id(number)].order.clone();
    let mut server = server.borrow_mut();
    server.act(ANIMATRICE, 100 + number, confirm(&order, HONEY));
}

/// One more order, of which the phone hears.
async fn confirmed_more(server: &Server, phone: &Phone) {
    let place = place(customer_id(1), &[(1, 2)]);
    let stored = phone.device.act(place, id(50), phone.now()).await;
    stored.expect("stored");
    phone.sync().await;
    confirm_honey(server, 50);
    phone.sync().await;
}

fn count(phone: &Phone) -> usize {
    phone.device.entries().len()
}

#[tokio::test]
async fn entries_are_followed_as_they_come_and_after_a_restart() {
    let server = server();
    let phone = confirmed(&server, 3).await;
    assert_eq!(count(&phone), 0);
    server.borrow_mut().changes_per_answer = 2;
    phone.sync().await;
    let followed = phone.device.followed();
    assert_eq!((followed.chain.length, followed.broken), (6, None));
    assert_eq!(followed.last, 6);
    assert_eq!(phone.device.check_entries(), Checked::Whole(followed.chain));
    let phone = phone.restarted().await;
    assert_eq!(phone.device.followed(), followed);
    assert_eq!(phone.device.check_entries(), Checked::Whole(followed.chain));
}

#[tokio::test]
async fn an_entry_that_was_touched_before_it_came_is_named() {
    for touch in [
        |entries: &mut Vec<LedgerEntry>| entries[3].transfer.amount = Centimes(1),
        |entries: &mut Vec<LedgerEntry>| entries[3].link = None,
        |entries: &mut Vec<LedgerEntry>| entries[3].link = entries[2].link,
    ] {
        let server = server();
        let phone = confirmed(&server, 3).await;
        touch(&mut server.borrow_mut().entries);
        phone.sync().await;
        assert_eq!(phone.device.followed().broken, Some(4));
        assert_eq!(phone.device.check_entries(), Checked::Broken(4));
        assert_eq!(count(&phone), 6, "it is shown all the same");
        let phone = phone.restarted().await;
        assert_eq!(phone.device.check_entries(), Checked::Broken(4));
    }
}

#[tokio::test]
async fn an_entry_that_is_told_again_must_be_what_it_was() {
    let server = server();
    let phone = confirmed(&server, 2).await;
    phone.sync().await;
    assert_eq!(phone.device.followed().broken, None);
    server.borrow_mut().tell_entry_again(1);
    phone.sync().await;
    assert_eq!(phone.device.followed().broken, None, "the same");
    let before = server.borrow().entries[1].clone();
    server.borrow_mut().entries[1].transfer.amount = Centimes(1);
    server.borrow_mut().tell_entry_again(1);
    phone.sync().await;
    assert_eq!(phone.device.followed().broken, Some(2));
    // Nor is it forgotten when it comes as it was.
    server.borrow_mut().entries[1] = before;
    server.borrow_mut().tell_entry_again(1);
    phone.sync().await;
    assert_eq!(phone.device.check_entries(), Checked::Broken(2));
}

#[tokio::test]
async fn nothing_is_said_of_entries_that_have_not_all_come_or_came_unfollowed() {
    let server = server();
    let phone = confirmed(&server, 2).await;
    phone.sync().await;
    let changes: [fn(&mut serde_json::Value); 3] = [
        |head| head["rereading"] = true.into(),
        |head| head["skipped_by"] = "build-0".into(),
        |head| {
            drop(
                head.as_object_mut()
                    .and_then(|head| head.remove("followed")),
            )
        },
    ];
    let heads = phone.sealed.scan(Table::Meta).await.expect("read");
    for change in changes {
        let store = phone.copied().await;
        let mut batch = Batch::default();
        for (key, value) in &heads {
            let mut head: serde_json::Value = serde_json::from_str(value).expect("read");
            change(&mut head);
            batch.put(Table::Meta, key, head.to_string());
        }
        store.commit(batch).await.expect("stored");
        let device = taswiq_offline::Device::open(store, AGENT, phone.device.id())
            .await
            .expect("opens");
        assert_eq!(device.check_entries(), Checked::NotYet);
    }
}

#[tokio::test]
async fn a_statement_names_a_head_that_the_entries_came_by() {
    let server = server();
    let phone = confirmed(&server, 2).await;
    phone.sync().await;
    let head = phone.device.followed().chain.head;
    assert!(phone.device.came_by(&hexadecimal(&head)));
    confirmed_more(&server, &phone).await;
    assert_ne!(phone.device.followed().chain.head, head);
    assert!(phone.device.came_by(&hexadecimal(&head)), "and went on");
    assert!(!phone.device.came_by(&hexadecimal(&[7; 32])));
    assert!(!phone.device.came_by(""));
}

#[tokio::test]
async fn an_entry_that_was_touched_on_the_phone_is_named_when_asked() {
    let server = server();
    let phone = confirmed(&server, 2).await;
    phone.sync().await;
    let rows = phone.sealed.scan(Table::Entries).await.expect("read");
    for (touched, gone, expected) in [(1, None, 2), (9, Some(1), 3), (9, Some(3), 4)] {
        let store = phone.copied().await;
        let mut batch = Batch::default();
        for (place, (key, value)) in rows.iter().enumerate() {
            if place == touched {
                let mut stored: Stored<LedgerEntry> = serde_json::from_str(value).expect("read");
                stored.document.transfer.amount = Centimes(1);
                let text = serde_json::to_string(&stored).expect("written");
                batch.put(Table::Entries, key, text);
            }
            if Some(place) == gone {
                batch.delete(Table::Entries, key);
            }
        }
        store.commit(batch).await.expect("stored");
        let device = taswiq_offline::Device::open(store, AGENT, phone.device.id())
            .await
            .expect("opens");
        assert_eq!(device.check_entries(), Checked::Broken(expected));
    }
}

#[tokio::test]
async fn a_server_restored_from_a_copy_is_followed_anew_without_alarm() {
    let server = server();
    let phone = confirmed(&server, 0).await;
    let place = place(customer_id(1), &[(1, 2), (2, 1)]);
    let stored = phone.device.act(place, id(2), phone.now()).await;
    stored.expect("stored");
    phone.sync().await;
    let backup = server.borrow().clone();
    confirm_honey(&server, 2);
    phone.sync().await;
    let before = phone.device.followed();
    assert_eq!(before.chain.length, 2);
    // The restored server has it confirmed an hour later: its entries are others.
    server.replace(ModelServer::restored_from(&backup, 2));
    server.borrow_mut().clock = NOON.plus_ms(3_600_000);
    confirm_honey(&server, 2);
    phone.sync().await;
    let followed = phone.device.followed();
    assert_ne!(followed.chain, before.chain);
    assert_eq!(phone.device.check_entries(), Checked::Whole(followed.chain));
    assert_eq!(count(&phone), 2);
}

/// What a server says of entries that this build cannot read.
fn an_entry_of_tomorrow(answer: &mut serde_json::Value) {
    if let Some(changes) = answer["changes"].as_array_mut() {
        changes
            .iter_mut()
            .filter(|change| change["kind"] == "entry" && change["body"]["number"] == 2)
            .for_each(|change| change["body"]["purpose"] = "purpose_of_tomorrow".into());
    }
}

#[tokio::test]
async fn an_entry_that_only_a_later_build_understands_is_no_alarm() {
    let server = server();
    let phone = confirmed(&server, 2).await;
    phone.network.younger.set(Some(an_entry_of_tomorrow));
    phone.sync().await;
    assert_eq!(count(&phone), 3);
    assert_eq!(phone.device.followed().broken, None);
    assert_eq!(phone.device.check_entries(), Checked::NotYet);
    phone.network.younger.set(None);
    phone.network.build.set("build-2");
    let phone = phone.restarted().await;
    phone.sync().await;
    assert_eq!(count(&phone), 4);
    let followed = phone.device.followed();
    assert_eq!(phone.device.check_entries(), Checked::Whole(followed.chain));
}
