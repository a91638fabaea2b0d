//! What lies on the disk of a phone says nothing, opens only there, and is lost by no PIN.

use crate::phone::{Phone, Server, Store, server};
use crate::world::*;
use std::collections::BTreeSet;
use taswiq_domain::ids::PersonId;
use taswiq_domain::limits::{PIN_FREE_TRIES, PIN_WAITS_MS};
use taswiq_domain::pin::Pin;
use taswiq_domain::time::Timestamp;
use taswiq_offline::phone::database_of;
use taswiq_offline::record::{HEAD, seq_key};
use taswiq_offline::store::sealed::{MemoryKeys, SEAL, Unlocking};
use taswiq_offline::store::{Batch, Fault, LocalStore, MemoryStore, Sealed, StoreError, Table};
use taswiq_offline::{Device, OpenError, Phase};

/// An agent with a customer and an order that the server has, one of each that wait, and a basket.
async fn agent(server: &Server) -> Phone {
    let phone = Phone::ready(server, AGENT, 1).await;
    for (number, body) in [(1, register("Itto")), (2, place(customer_id(1), &[(1, 1)]))] {
        let done = phone.device.act(body, id(number), phone.now()).await;
        done.expect("stored");
    }
    phone.sync().await;
    for (number, body) in [(3, register("Tuda")), (4, place(customer_id(3), &[(1, 2)]))] {
        let done = phone.device.act(body, id(number), phone.now()).await;
        done.expect("stored");
    }
    let basket = "{\"name\":\"Yamna\"}".to_owned();
    let kept = phone.device.save_draft("basket", basket, phone.now()).await;
    kept.expect("stored");
    phone
}

fn pin(digits: &str) -> Pin {
    digits.parse().expect("a PIN")
}

/// Whether a text of the disk has one of these in it.
async fn is_told(disk: &MemoryStore, words: &[&str]) -> bool {
    for table in Table::ALL {
        for (key, value) in disk.scan(table).await.expect("read") {
            if words
                .iter()
                .any(|word| key.contains(word) || value.contains(word))
            {
                return true;
            }
        }
    }
    false
}

/// The same content, as a build before this one left it.
async fn in_plain(phone: &Phone) -> MemoryStore {
    let plain = MemoryStore::new();
    let mut batch = Batch::default();
    for table in Table::ALL {
        for (key, text) in phone.sealed.scan(table).await.expect("read") {
            batch.put(table, key, text);
        }
    }
    plain.commit(batch).await.expect("stored");
    plain
}

async fn opened(disk: &MemoryStore, keys: &MemoryKeys) -> Result<Store, StoreError> {
    Sealed::open(disk.clone(), keys.clone(), &database_of(AGENT)).await
}

/// A letter of a record changed.
async fn touch(disk: &MemoryStore, table: Table, key: &str) {
    let text = disk.get(table, key).await.expect("read").expect("there");
    let at = text.len() / 2;
    let other = if &text[at..=at] == "A" { "B" } else { "A" };
    let mut batch = Batch::default();
    batch.put(table, key, [&text[..at], other, &text[at + 1..]].concat());
    disk.commit(batch).await.expect("stored");
}

/// What everybody reads in a store that is not sealed.
const PERSONAL: [&str; 6] = ["Itto", "Tuda", "Yamna", "+212", "Imouzzer", "Taswiq-Device"];

#[tokio::test]
async fn fault_32_nothing_on_the_disk_tells_of_anybody() {
    let phone = agent(&server()).await;
    assert!(!is_told(&phone.store, &PERSONAL).await);
    let plain = in_plain(&phone).await;
    assert!(is_told(&plain, &["Itto"]).await, "this look can see");
    for word in &PERSONAL[..5] {
        assert!(is_told(&plain, &[word]).await, "{word} is there to be seen");
    }
}

#[tokio::test]
async fn a_store_in_plain_is_sealed_whole_or_not_at_all_wherever_the_phone_dies() {
    let phone = agent(&server()).await;
    for fault in [Fault::CutBefore, Fault::CutAfter, Fault::Full] {
        let disk = in_plain(&phone).await;
        disk.fail_at(1, fault);
        let outcome = opened(&disk, &phone.keys).await.map(drop);
        if fault == Fault::Full {
            // It goes on without what the office can give again.
            assert_eq!(outcome, Ok(()));
        }
        assert!(!disk.fault_lies_ahead());
        let found = disk.copy();
        let is_sealed = fault != Fault::CutBefore;
        assert_eq!(is_told(&found, &PERSONAL).await, !is_sealed, "{fault:?}");
        let store = opened(&found, &phone.keys).await.expect("opens");
        assert!(!is_told(&found, &PERSONAL).await);
        let device = Device::open(store, AGENT, phone.device.id()).await;
        let device = device.expect("opens");
        assert!(device.is_ready());
        assert_eq!(
            (
                device.waiting(),
                device.drafts().len(),
                device.customers().len()
            ),
            (2, 1, 2),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn fault_07_a_store_too_full_to_hold_both_forms_is_sealed_without_copies_that_come_back() {
    let server = server();
    let phone = agent(&server).await;
    let disk = in_plain(&phone).await;
    disk.fail_at(1, Fault::Full);
    opened(&disk, &phone.keys).await.expect("opens");
    let mut batch = Batch::default();
    for table in Table::ALL {
        for (key, _) in phone.store.scan(table).await.expect("read") {
            batch.delete(table, key);
        }
        for (key, value) in disk.scan(table).await.expect("read") {
            batch.put(table, key, value);
        }
    }
    phone.store.commit(batch).await.expect("stored");
    let phone = phone.restarted().await;
    assert!(phone.device.is_ready(), "orders are taken meanwhile");
    assert_eq!(phone.device.orders().len(), 1, "the one that waits");
    phone.sync().await;
    assert_eq!(phone.device.orders().len(), 2);
    let phone = phone.restarted().await;
    assert_eq!(phone.device.orders().len(), 2);
}

#[tokio::test]
async fn two_tabs_that_seal_at_once_agree() {
    let phone = agent(&server()).await;
    let disk = in_plain(&phone).await;
    let (one, other) = tokio::join!(opened(&disk, &phone.keys), opened(&disk, &phone.keys));
    let (one, other) = (one.expect("opens"), other.expect("opens"));
    let head = one.get(Table::Meta, HEAD).await.expect("read");
    assert!(head.is_some());
    assert_eq!(other.get(Table::Meta, HEAD).await.expect("read"), head);
}

#[tokio::test]
async fn what_was_touched_is_an_error_where_only_this_phone_has_it_and_asked_for_again_elsewhere() {
    let server = server();
    let phone = agent(&server).await;
    for (table, key) in [
        (Table::Meta, HEAD.to_owned()),
        (Table::Outbox, seq_key(3)),
        (Table::Acknowledged, seq_key(1)),
        (Table::Meta, SEAL.to_owned()),
    ] {
        let disk = phone.store.copy();
        touch(&disk, table, &key).await;
        let error = match opened(&disk, &phone.keys).await {
            Err(error) => error,
            Ok(store) => match Device::open(store, AGENT, phone.device.id()).await {
                Err(OpenError::Store(error)) => error,
                _ => panic!("{key} is read all the same"),
            },
        };
        let is_named = matches!(&error, StoreError::Unreadable { table: named, key: at, .. }
            if *named == table.as_str() && *at == key);
        assert!(is_named, "{error:?}");
    }
    // Records that change places.
    let disk = phone.store.copy();
    let mut swap = Batch::default();
    for (from, to) in [(3, 4), (4, 3)] {
        let text = disk.get(Table::Outbox, &seq_key(from)).await.expect("read");
        swap.put(Table::Outbox, seq_key(to), text.expect("there"));
    }
    disk.commit(swap).await.expect("stored");
    let store = opened(&disk, &phone.keys).await.expect("opens");
    let opened_device = Device::open(store, AGENT, phone.device.id())
        .await
        .map(drop);
    assert!(matches!(
        opened_device,
        Err(OpenError::Store(StoreError::Unreadable {
            table: "outbox",
            ..
        }))
    ));

    touch(&phone.store, Table::Orders, &order_id(2).to_string()).await;
    let phone = phone.restarted().await;
    assert_eq!(
        phone.device.orders().len(),
        1,
        "it is not shown as it is now"
    );
    phone.sync().await;
    assert_eq!(phone.device.status().phase, Phase::Idle);
    let there = phone.restarted().await;
    assert!(
        there
            .device
            .order(order_id(2))
            .is_some_and(|order| order.received_at.is_some())
    );
}

#[tokio::test]
async fn what_is_slipped_in_in_plain_is_not_taken_for_a_record() {
    let phone = agent(&server()).await;
    let customers = phone.sealed.scan(Table::Customers).await.expect("read");
    let (key, text) = &customers[0];
    let mut batch = Batch::default();
    batch.put(Table::Customers, key, text.replace("Itto", "Mallory"));
    phone.store.commit(batch).await.expect("stored");
    let phone = phone.restarted().await;
    assert!(phone.device.search_customers("Mallory").is_empty());
    phone.sync().await;
    assert_eq!(phone.device.search_customers("Itto").len(), 1);
}

#[tokio::test]
async fn a_copied_disk_opens_on_no_other_phone_and_for_no_other_person() {
    let phone = agent(&server()).await;
    let unreadable = |outcome: Result<Store, StoreError>| {
        matches!(
            outcome.map(drop),
            Err(StoreError::Unreadable { table: "meta", .. })
        )
    };
    assert!(unreadable(
        opened(&phone.store.copy(), &MemoryKeys::of_phone(2)).await
    ));
    let other = database_of(PersonId(AGENT.0 + 1));
    assert!(unreadable(
        Sealed::open(phone.store.copy(), phone.keys.clone(), &other).await
    ));
    assert!(opened(&phone.store.copy(), &phone.keys).await.is_ok());
}

#[tokio::test]
async fn fault_06_a_store_that_is_written_back_brings_its_keys_along() {
    for basket_first in [false, true] {
        let phone = agent(&server()).await;
        let mut batch = Batch::default();
        for table in Table::ALL {
            for (key, _) in phone.store.scan(table).await.expect("read") {
                batch.delete(table, key);
            }
        }
        phone.store.commit(batch).await.expect("stored");
        phone.keys.clear();
        if basket_first {
            let kept = phone
                .device
                .save_draft("basket", "{}".to_owned(), phone.now());
            kept.await.expect("stored");
        }
        let done = phone
            .device
            .act(register("Hniya"), id(5), phone.now())
            .await;
        done.expect("stored");
        let phone = phone.restarted().await;
        assert_eq!(
            (phone.device.waiting(), phone.device.drafts().len()),
            (3, 1)
        );
        assert!(phone.device.is_ready());
    }
}

#[tokio::test]
async fn a_tab_whose_store_was_begun_afresh_by_another_goes_on_with_that() {
    let phone = agent(&server()).await;
    let mut batch = Batch::default();
    for table in Table::ALL {
        for (key, _) in phone.store.scan(table).await.expect("read") {
            batch.delete(table, key);
        }
    }
    phone.store.commit(batch).await.expect("stored");
    phone.keys.clear();
    let other = phone.second_tab().await;
    assert_eq!(other.device.waiting(), 0);
    let kept = phone
        .device
        .save_draft("basket", "{}".to_owned(), phone.now());
    kept.await.expect("stored");
    other.device.refresh().await.expect("read");
    let there = other.restarted().await;
    assert_eq!(there.device.drafts().len(), 1);
}

#[tokio::test]
async fn with_a_pin_copies_open_by_it_alone_and_what_waits_leaves_without() {
    let server = server();
    let phone = agent(&server).await;
    phone
        .sealed
        .set_pin(&pin("2580"), "Hassan")
        .await
        .expect("stored");
    let phone = phone.restarted().await;
    assert!(phone.sealed.is_locked());
    assert_eq!(phone.sealed.owner().as_deref(), Some("Hassan"));
    assert!(!is_told(&phone.store, &["Hassan", "2580"]).await);
    assert!(!phone.device.is_ready(), "no profile, no catalogue");
    assert!(phone.device.search_customers("Itto").is_empty());
    let mut copy = Batch::default();
    copy.put(Table::Customers, "1", "{}");
    assert_eq!(phone.sealed.commit(copy).await, Err(StoreError::Locked));

    // By the device's own key, whoever is signed in.
    assert_eq!(phone.device.waiting(), 2);
    phone.network.signed_in.set(None);
    assert!(phone.driver.hand_over().await);
    assert_eq!(phone.device.waiting(), 0);
    assert_eq!(server.borrow().answers.len(), 4);

    assert_eq!(
        unlock(&phone, "2581").await,
        Unlocking::Wrong { tries_left: 4 }
    );
    assert!(phone.sealed.is_locked());
    assert_eq!(unlock(&phone, "2580").await, Unlocking::Open);
    let device = Device::open(phone.sealed.clone(), AGENT, phone.device.id()).await;
    let device = device.expect("opens");
    assert!(device.is_ready());
    assert_eq!(device.customers().len(), 2);

    // Another one takes its place, and then there is none.
    phone
        .sealed
        .set_pin(&pin("90210"), "Hassan")
        .await
        .expect("stored");
    let phone = phone.restarted().await;
    assert_eq!(
        unlock(&phone, "2580").await,
        Unlocking::Wrong { tries_left: 4 }
    );
    assert_eq!(phone.sealed.remove_pin().await, Err(StoreError::Locked));
    assert_eq!(unlock(&phone, "90210").await, Unlocking::Open);
    phone.sealed.remove_pin().await.expect("stored");
    let phone = phone.restarted().await;
    assert!(!phone.sealed.is_locked() && phone.device.is_ready());
}

async fn unlock(phone: &Phone, digits: &str) -> Unlocking {
    phone
        .sealed
        .unlock(digits, phone.now())
        .await
        .expect("stored")
}

#[tokio::test]
async fn a_wrong_pin_costs_time_that_no_restart_and_no_clock_set_back_gives_again() {
    let mut phone = agent(&server()).await;
    phone
        .sealed
        .set_pin(&pin("2580"), "Hassan")
        .await
        .expect("stored");
    let later = |phone: &Phone, ms: i64| phone.bench.now.set(phone.now().plus_ms(ms));
    for left in (0..PIN_FREE_TRIES).rev() {
        phone = phone.restarted().await;
        assert_eq!(
            unlock(&phone, "1111").await,
            Unlocking::Wrong { tries_left: left }
        );
    }
    for wait in PIN_WAITS_MS.into_iter().chain([PIN_WAITS_MS[4]; 3]) {
        phone = phone.restarted().await;
        assert_eq!(
            unlock(&phone, "2580").await,
            Unlocking::Wait { ms: wait },
            "even the right one"
        );
        later(&phone, wait - 1);
        assert_eq!(unlock(&phone, "2580").await, Unlocking::Wait { ms: 1 });
        // The clock goes back a year: the whole wait begins again, and ends by the new clock.
        phone
            .bench
            .now
            .set(Timestamp(phone.now().0).plus_days(-365));
        assert_eq!(unlock(&phone, "2580").await, Unlocking::Wait { ms: wait });
        phone = phone.restarted().await;
        later(&phone, wait);
        assert_eq!(phone.sealed.wait_ms(phone.now()).await, Ok(0));
        assert_eq!(
            unlock(&phone, "1111").await,
            Unlocking::Wrong { tries_left: 0 }
        );
    }
    later(&phone, PIN_WAITS_MS[4]);
    assert_eq!(unlock(&phone, "2580").await, Unlocking::Open);
    assert_eq!(
        unlock(&phone, "1111").await,
        Unlocking::Wrong { tries_left: 4 },
        "all is forgiven"
    );
    assert_eq!(
        phone.device.waiting(),
        2,
        "and nothing was ever thrown away"
    );
}

#[tokio::test]
async fn a_try_is_counted_before_it_is_made_and_tabs_share_the_count() {
    let phone = agent(&server()).await;
    phone
        .sealed
        .set_pin(&pin("2580"), "Hassan")
        .await
        .expect("stored");
    phone.store.fail_at(1, Fault::CutAfter);
    assert!(phone.sealed.unlock("1111", phone.now()).await.is_err());
    let phone = phone.restarted().await;
    assert_eq!(
        unlock(&phone, "1111").await,
        Unlocking::Wrong { tries_left: 3 }
    );
    phone.store.fail_at(1, Fault::CutBefore);
    assert!(phone.sealed.unlock("2580", phone.now()).await.is_err());
    assert!(
        phone.sealed.is_locked(),
        "what cannot be counted is not tried"
    );
    let phone = phone.restarted().await;
    let other = phone.second_tab().await;
    assert_eq!(
        unlock(&other, "1111").await,
        Unlocking::Wrong { tries_left: 2 }
    );
    assert_eq!(
        unlock(&phone, "1111").await,
        Unlocking::Wrong { tries_left: 1 }
    );
    let (one, two) = tokio::join!(unlock(&phone, "1111"), unlock(&other, "1111"));
    let outcomes = BTreeSet::from([format!("{one:?}"), format!("{two:?}")]);
    let expected = [
        Unlocking::Wrong { tries_left: 0 },
        Unlocking::Wait {
            ms: PIN_WAITS_MS[0],
        },
    ];
    assert_eq!(outcomes, expected.map(|one| format!("{one:?}")).into());
}

#[tokio::test]
async fn a_forgotten_pin_costs_copies_that_come_back_and_nothing_else() {
    for fault in [None, Some(Fault::CutBefore), Some(Fault::CutAfter)] {
        let server = server();
        let phone = agent(&server).await;
        phone
            .sealed
            .set_pin(&pin("2580"), "Hassan")
            .await
            .expect("stored");
        let phone = phone.restarted().await;
        assert!(!phone.sealed.is_pin_forgotten());
        phone.sealed.note_pin_forgotten().await.expect("stored");
        let mut phone = phone.restarted().await;
        assert!(phone.sealed.is_pin_forgotten() && phone.sealed.is_locked());
        if let Some(fault) = fault {
            phone.store.fail_at(1, fault);
            assert!(phone.sealed.begin_afresh().await.is_err());
            phone = phone.restarted().await;
            assert_eq!(phone.sealed.is_locked(), fault == Fault::CutBefore);
        }
        if phone.sealed.is_locked() {
            phone.sealed.begin_afresh().await.expect("stored");
        }
        let phone = phone.restarted().await;
        assert!(!phone.sealed.is_locked() && !phone.sealed.has_pin());
        assert_eq!(
            (phone.device.waiting(), phone.device.drafts().len()),
            (2, 1)
        );
        phone.sync().await;
        assert_eq!(phone.device.waiting(), 0);
        assert_eq!(server.borrow().answers.len(), 4, "each arrived once");
        let phone = phone.restarted().await;
        assert!(phone.device.is_ready());
        assert_eq!(
            (phone.device.customers().len(), phone.device.orders().len()),
            (2, 2)
        );
    }
}

#[tokio::test]
async fn a_tab_that_is_open_goes_on_when_another_sets_a_pin_or_locks() {
    let one = agent(&server()).await;
    let other = one.second_tab().await;
    other
        .sealed
        .set_pin(&pin("2580"), "Hassan")
        .await
        .expect("stored");
    other.sealed.lock();
    assert!(other.sealed.is_locked());
    let done = one.device.act(register("Hniya"), id(5), one.now()).await;
    done.expect("stored");
    let kept = one.device.save_draft("basket", "{}".to_owned(), one.now());
    kept.await.expect("stored");
    assert!(!one.sealed.is_locked());
    assert_eq!(one.restarted().await.device.waiting(), 3);
}

#[tokio::test]
async fn fault_22_a_device_that_was_put_out_hands_over_what_waits_and_keeps_nothing_of_the_office()
{
    for (has_pin, is_signed_in) in [(false, false), (false, true), (true, false)] {
        let server = server();
        let mut phone = agent(&server).await;
        if has_pin {
            phone
                .sealed
                .set_pin(&pin("2580"), "Hassan")
                .await
                .expect("stored");
            phone = phone.restarted().await;
        }
        server.borrow_mut().revoked.insert(phone.device.id());
        if !is_signed_in {
            phone.network.signed_in.set(None);
        }
        if has_pin {
            assert!(phone.driver.hand_over().await);
        } else {
            phone.sync().await;
        }
        let phone = phone.restarted().await;
        assert!(phone.device.is_revoked());
        assert_eq!(phone.device.waiting(), 0);
        assert_eq!(server.borrow().answers.len(), 4, "nothing is lost");
        assert!(!phone.device.is_ready() && phone.device.entries().is_empty());
        for table in Table::ALL.into_iter().filter(|table| *table != Table::Meta) {
            let left = phone.sealed.scan(table).await.expect("read");
            let is_nothing = left.iter().all(|(_, text)| text.is_empty());
            assert!(is_nothing, "{table:?}: {left:?}");
        }
        if has_pin {
            // Nothing opens it any more but the password.
            let tried = unlock(&phone, "2580").await;
            assert_eq!(tried, Unlocking::Wrong { tries_left: 4 });
        }
        phone.sync().await;
        assert!(!phone.device.is_ready());
    }
}
