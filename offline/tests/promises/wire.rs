//! What a device reads of what it or others wrote, however long ago.

use crate::phone::{Phone, server};
use crate::world::{AGENT, customer_id, id, order_id, place, register};
use taswiq_domain::ids::DeviceId;
use taswiq_domain::refusal::Refusal;
use taswiq_domain::sync::Command;
use taswiq_domain::time::Timestamp;
use taswiq_offline::Device;
use taswiq_offline::driver::TransportError;
use taswiq_offline::record::{Queued, seq_key};
use taswiq_offline::store::{Batch, LocalStore, MemoryStore, Table};
use taswiq_offline::wire::decode;

#[test]
fn nothing_but_a_whole_answer_is_an_answer() {
    let whole = r#"{"protocol":1,"epoch":"e","server_time":5,"offset":60,"decided_seq":0,"results":[],"changes":[],"cursor":0,"more":0}"#;
    let decoded = decode(whole.as_bytes()).expect("an answer");
    assert_eq!(
        (decoded.response.server_time, decoded.skipped),
        (Timestamp(5), false)
    );
    for cut in 0..whole.len() {
        assert_eq!(
            decode(&whole.as_bytes()[..cut]),
            Err(TransportError::BrokeOff)
        );
    }
    for other in [
        whole.replace("\"protocol\":1", "\"protocol\":2"),
        "<html>".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        whole.replace("\"changes\":[]", "\"changes\":{}"),
        whole.replace("\"cursor\":0", "\"cursor\":null"),
        format!("{whole}{whole}"),
    ] {
        assert_eq!(
            decode(other.as_bytes()),
            Err(TransportError::Garbled),
            "{other}"
        );
    }
}

#[tokio::test]
async fn others_have_their_turn_between_the_changes_of_an_answer() {
    const CUSTOMERS: u64 = 40;
    let server = server();
    let elder = Phone::ready(&server, AGENT, 1).await;
    for number in 1..=CUSTOMERS {
        let name = format!("Itto {number}");
        elder
            .device
            .act(register(&name), id(number), elder.now())
            .await
            .expect("stored");
    }
    elder.sync().await;

    let phone = Phone::fresh(&server, AGENT, 2).await;
    phone.sync().await;
    assert_eq!(phone.device.customers().len(), CUSTOMERS as usize);
    assert!(phone.bench.breaths.get() > CUSTOMERS as usize);
}

/// What a server says that has learnt new kinds of changes and new reasons: orders
/// come as a kind that nobody knows, and every reason for parking is a new one.
fn speak_of_tomorrow(answer: &mut serde_json::Value) {
    if let Some(changes) = answer["changes"].as_array_mut() {
        changes
            .iter_mut()
            .filter(|change| change["kind"] == "order")
            .for_each(|change| change["kind"] = "order_of_tomorrow".into());
    }
    if let Some(results) = answer["results"].as_array_mut() {
        results
            .iter_mut()
            .filter(|result| result["status"] == "parked")
            .for_each(|result| result["refusal"]["code"] = "reason_of_tomorrow".into());
    }
}

#[tokio::test]
async fn fault_10_a_younger_server_keeps_no_order_on_an_old_phone() {
    let server = server();
    let phone = Phone::ready(&server, AGENT, 1).await;
    phone.network.younger.set(Some(speak_of_tomorrow));
    server.borrow_mut().parks.push(id(3));
    for (number, body) in [
        (1, register("Itto")),
        (2, place(customer_id(1), &[(1, 2)])),
        (3, place(customer_id(1), &[(1, 1)])),
    ] {
        phone
            .device
            .act(body, id(number), phone.now())
            .await
            .expect("stored");
    }
    phone.sync().await;
    assert_eq!(
        (phone.device.waiting(), phone.device.customers().len()),
        (0, 1)
    );
    assert_eq!(
        phone.device.parked()[0].refusal,
        Refusal::UnreadableBody {
            detail: "reason_of_tomorrow".to_owned()
        }
    );
    // The next build understands, and is told all that the old one passed over.
    phone.network.younger.set(None);
    let phone = phone.restarted().await;
    phone.sync().await;
    assert!(
        phone.device.order(order_id(2)).is_none(),
        "still the old build"
    );
    phone.network.build.set("build-2");
    let phone = phone.restarted().await;
    phone.sync().await;
    assert!(phone.device.order(order_id(2)).is_some());
    let cursor = phone
        .network
        .requests
        .borrow()
        .last()
        .map(|request| request.cursor);
    phone.sync().await;
    let again = phone
        .network
        .requests
        .borrow()
        .last()
        .map(|request| request.cursor);
    assert!(again > cursor, "only once");
}

/// The store of a phone as the first build left it, to the letter. Every later build must read it:
/// these texts lie on phones and are never edited here.
const HEAD_OF_BUILD_1: &str = r#"{"version":12,"documents_version":3,"device":"019a0000-0000-7000-8000-000000d00001","person":7,"next_seq":5,"offered_seq":2,"epoch":"epoch-1","cursor":41,"generation":0,"rereading":false,"clock_ahead_ms":-1500,"offset":60,"last_sync":1795348800000}"#;
const OUTBOX_OF_BUILD_1: &str = r#"{"command":{"id":"019a0000-0000-7000-8000-000000000001","seq":4,"made_at":1795348800000,"kind":"register_customer","body":{"first_name":"Itto","place":"Imouzzer","kind":"household"}},"corrected_at":1795348798500}"#;
const ACKNOWLEDGED_OF_BUILD_1: &str = r#"{"command":{"id":"019a0000-0000-7000-8000-000000000002","seq":2,"made_at":1795348800000,"kind":"withdraw","body":{"order":"019a0000-0000-7000-8000-000000000009","cooperative":1}},"corrected_at":1795348798500,"decided_at":1795348800000,"settling":true}"#;
const PARKED_OF_BUILD_1: &str = r#"{"command":{"id":"019a0000-0000-7000-8000-000000000003","seq":3,"made_at":1795348800000,"kind":"withdraw","body":{"order":"019a0000-0000-7000-8000-000000000009","cooperative":1}},"corrected_at":1795348798500,"refusal":{"code":"unknown_order"},"decided_at":1795348800000}"#;

#[tokio::test]
async fn fault_10_a_new_build_reads_the_queue_of_the_first() {
    let store = MemoryStore::new();
    let mut batch = Batch::default();
    batch.put(Table::Meta, "head", HEAD_OF_BUILD_1);
    batch.put(Table::Outbox, seq_key(4), OUTBOX_OF_BUILD_1);
    batch.put(Table::Acknowledged, seq_key(2), ACKNOWLEDGED_OF_BUILD_1);
    batch.put(Table::Parked, seq_key(3), PARKED_OF_BUILD_1);
    store.commit(batch).await.expect("stored");
    let device = Device::open(store, AGENT, DeviceId(id(99).0))
        .await
        .expect("opens");
    assert_eq!(device.id(), DeviceId(id(0x00d0_0001).0));
    let waiting = device.outbox();
    assert_eq!(
        (waiting.len(), waiting[0].command.seq, waiting[0].command.id),
        (1, 4, id(1))
    );
    assert_eq!(device.parked()[0].command.id, id(3));
    assert_eq!(device.status().clock_ahead_ms, -1_500);
}

#[test]
fn what_is_stored_has_not_changed_its_form() {
    let queued: Queued = serde_json::from_str(OUTBOX_OF_BUILD_1).expect("readable");
    assert_eq!(
        serde_json::to_string(&queued).expect("serialises"),
        OUTBOX_OF_BUILD_1
    );
    let order = Queued {
        command: Command {
            id: id(5),
            seq: 9,
            made_at: Timestamp(1),
            body: place(customer_id(1), &[(1, 2)]),
        },
        corrected_at: Timestamp(2),
    };
    let again: Queued = serde_json::from_str(&serde_json::to_string(&order).expect("serialises"))
        .expect("readable");
    assert_eq!(again, order);
}
