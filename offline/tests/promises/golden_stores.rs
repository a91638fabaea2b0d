//! A store of every version there ever was, as an installed phone left it: today's build opens it and
//! hands over what is in it, however long the phone slept. These files are only ever added to.

use crate::phone::{Phone, Server, server};
use crate::world::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use taswiq_domain::sync::{CancelOrder, CommandBody};
use taswiq_domain::{
    order::{CancelledBy, Reason},
    time::Timestamp,
};
use taswiq_offline::store::{self, Batch, LocalStore, MemoryStore, Table};
use taswiq_offline::{Phase, Whereabouts};

/// Texts by key, by table.
type Dump = BTreeMap<String, BTreeMap<String, String>>;

/// Every form in which a store was ever written, the last as it is written today. A version of the store
/// has more than one where records gained a field with a default.
const FORMS: [(u32, &str); 5] = [
    (1, "store-v1"),
    (2, "store-v2"),
    (2, "store-v2-key"),
    (2, "store-v2-sealing"),
    (3, "store-v3"),
];

fn file(form: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{form}.json"))
}

async fn dump(store: &MemoryStore) -> Dump {
    let mut dump = Dump::new();
    for table in Table::ALL {
        let records = store.scan(table).await.expect("read");
        dump.insert(table.as_str().to_owned(), records.into_iter().collect());
    }
    dump
}

/// A phone with something of everything: an order that was sent and one that was cancelled, one that
/// waits for a correction, a basket, and a customer with two orders that wait.
async fn lived(server: &Server) -> Phone {
    let phone = Phone::ready(server, AGENT, 1).await;
    let act = async |number: u64, body: CommandBody| {
        phone
            .device
            .act(body, id(number), phone.now())
            .await
            .expect("stored");
    };
    act(1, register("Itto")).await;
    act(2, place(customer_id(1), &[(1, 2)])).await;
    act(3, place(customer_id(1), &[(2, 3)])).await;
    act(
        4,
        CommandBody::CancelOrder(CancelOrder {
            order: order_id(3),
            by: CancelledBy::Agent,
            reason: Reason::Mistake,
            other_ids: 0,
        }),
    )
    .await;
    act(5, place(customer_id(1), &[(1, 4)])).await;
    server.borrow_mut().parks.push(id(5));
    phone.sync().await;
    phone
        .device
        .save_draft("basket", "{}".to_owned(), phone.now())
        .await
        .expect("stored");
    act(6, register("Tuda")).await;
    act(7, place(customer_id(6), &[(1, 5)])).await;
    act(8, place(customer_id(1), &[(3, 6)])).await;
    phone
}

#[tokio::test]
async fn the_store_is_written_as_its_version_says() {
    let server = server();
    let phone = lived(&server).await;
    let versions: Vec<u32> = FORMS.iter().map(|(version, _)| *version).collect();
    assert!((1..=store::VERSION).all(|version| versions.contains(&version)));
    let (version, form) = FORMS[FORMS.len() - 1];
    assert_eq!(version, store::VERSION);
    let path = file(form);
    let written = serde_json::to_string_pretty(&dump(&phone.store).await).expect("writes") + "\n";
    if !path.exists() && std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &written).expect("the golden file can be written");
    }
    let frozen = std::fs::read_to_string(&path).expect("make it once with UPDATE_GOLDEN=1");
    assert_eq!(
        written, frozen,
        "what is written differently is a form of its own, with a file of its own"
    );
}

#[tokio::test]
async fn fault_10_a_store_of_every_version_wakes_after_a_year_and_hands_its_orders_over_once() {
    for (_, form) in FORMS {
        let frozen =
            std::fs::read_to_string(file(form)).unwrap_or_else(|_| panic!("{form} is kept"));
        let dump: Dump = serde_json::from_str(&frozen).expect("reads");
        let server = server();
        let phone = lived(&server).await;
        let mut batch = Batch::default();
        for table in Table::ALL {
            for (key, _) in phone.store.scan(table).await.expect("read") {
                batch.delete(table, key);
            }
            for (key, value) in dump.get(table.as_str()).into_iter().flatten() {
                batch.put(table, key, value);
            }
        }
        phone.store.commit(batch).await.expect("stored");
        let year_later = Timestamp(NOON.0).plus_days(365);
        server.borrow_mut().clock = year_later;
        phone.bench.now.set(year_later);

        let phone = phone.restarted().await;
        let device = &phone.device;
        let outline = (
            device.waiting(),
            device.parked().len(),
            device.drafts().len(),
        );
        assert_eq!(outline, (3, 1, 1), "{form}");
        phone.sync().await;
        assert_eq!(phone.device.status().phase, Phase::Idle);
        assert_eq!(phone.device.waiting(), 0, "{form}");
        // Decided once, whether it is honoured after so long or somebody has to look at it.
        let told = server.borrow().answers.len();
        assert_eq!(told, 8, "{form}: each was told once");
        let orders = phone.device.orders();
        assert_eq!(orders.len(), 5, "{form}: each order is in sight");
        let on_phone = |view: &taswiq_offline::OrderView| view.whereabouts == Whereabouts::OnPhone;
        assert!(!orders.iter().any(on_phone));
        phone.sync().await;
        assert_eq!(server.borrow().answers.len(), 8);
    }
}
