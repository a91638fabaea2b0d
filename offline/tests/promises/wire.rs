//! What a device reads of what it or others wrote, however long ago.

use crate::world::{AGENT, customer_id, id, place};
use taswiq_domain::ids::DeviceId;
use taswiq_domain::sync::{Command, Response};
use taswiq_domain::time::Timestamp;
use taswiq_offline::Device;
use taswiq_offline::driver::TransportError;
use taswiq_offline::record::{Queued, seq_key};
use taswiq_offline::store::{Batch, LocalStore, MemoryStore, Table};
use taswiq_offline::wire::decode;

#[test]
fn nothing_but_a_whole_answer_is_an_answer() {
    let whole = r#"{"protocol":1,"epoch":"e","server_time":5,"offset":60,"decided_seq":0,"results":[],"changes":[],"cursor":0,"more":0}"#;
    let response: Response = decode(whole.as_bytes()).expect("an answer");
    assert_eq!(response.server_time, Timestamp(5));
    for cut in 0..whole.len() {
        assert_eq!(
            decode(&whole.as_bytes()[..cut]),
            Err(TransportError::Garbled)
        );
    }
    for other in [
        whole.replace("\"protocol\":1", "\"protocol\":2"),
        "<html>".to_owned(),
        "null".to_owned(),
        format!("{whole}{whole}"),
    ] {
        assert_eq!(
            decode(other.as_bytes()),
            Err(TransportError::Garbled),
            "{other}"
        );
    }
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
