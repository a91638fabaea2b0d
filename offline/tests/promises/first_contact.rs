//! A new phone hears of everything, part by part, whatever the way does to it.

use crate::phone::{Phone, Server, Way, server};
use crate::world::{AGENT, id, register};
use taswiq_domain::ids::CustomerId;
use taswiq_offline::driver::TransportError;

const CUSTOMERS: u64 = 150;
/// Timers that go off before a phone is given up.
const TIMERS_MAX: usize = 60;

/// A company whose agent has had another phone.
async fn company() -> Server {
    let server = server();
    let elder = Phone::ready(&server, AGENT, 1).await;
    for number in 1..=CUSTOMERS {
        let name = format!("Itto {number}");
        let registered = elder.device.act(register(&name), id(number), elder.now());
        registered.await.expect("stored");
    }
    elder.sync().await;
    server
}

fn known(phone: &Phone) -> Vec<CustomerId> {
    let customers = phone.device.customers();
    let mut known: Vec<CustomerId> = customers.iter().map(|customer| customer.id).collect();
    known.sort();
    known
}

/// Where the phone stood in the feed with each of its requests.
fn cursors(phone: &Phone) -> Vec<i64> {
    let requests = phone.network.requests.borrow();
    requests.iter().map(|request| request.cursor).collect()
}

#[tokio::test]
async fn a_first_contact_that_is_cut_at_any_part_goes_on_where_it_was() {
    const PARTS: usize = 4;
    let server = company().await;
    server.borrow_mut().changes_per_answer = CUSTOMERS as usize / PARTS + 1;
    let whole = Phone::fresh(&server, AGENT, 2).await;
    whole.sync().await;
    assert_eq!(known(&whole).len(), CUSTOMERS as usize);
    let parts = cursors(&whole).len();
    assert!(parts >= PARTS, "{parts}");
    let cuts = [
        Way::RequestLost,
        Way::AnswerLost,
        Way::AnswerTruncated,
        Way::Error(TransportError::Timeout),
        Way::Error(TransportError::BrokeOff),
    ];
    for (number, cut) in cuts.into_iter().enumerate() {
        for part in 0..parts {
            let device = 100 + (number * 50 + part) as u64;
            let phone = Phone::fresh(&server, AGENT, device).await;
            phone.next_ways(vec![Way::Good; part]);
            phone.next_ways([cut.clone()]);
            phone.sync().await;
            let (had, stood) = (known(&phone).len(), cursors(&phone));
            // The app is killed there, too.
            let phone = phone.restarted().await;
            assert_eq!(known(&phone).len(), had, "what came is kept");
            phone.sync().await;
            assert_eq!(known(&phone), known(&whole), "{cut:?} at {part}");
            let after = cursors(&phone);
            assert_eq!(after[stood.len()], stood[part], "{cut:?} at {part}");
            assert!(after.is_sorted(), "{after:?}");
        }
    }
}

#[tokio::test]
async fn a_way_that_breaks_under_large_answers_brings_small_ones() {
    let server = company().await;
    let whole = Phone::fresh(&server, AGENT, 2).await;
    whole.sync().await;
    let phone = Phone::fresh(&server, AGENT, 3).await;
    // A hundred customers are too much for it.
    phone.next_ways([Way::BreaksUnder(24_000)]);
    phone.sync().await;
    for _ in 0..TIMERS_MAX {
        phone.let_timer_fire().await;
        if known(&phone).len() == CUSTOMERS as usize {
            break;
        }
    }
    assert_eq!(known(&phone), known(&whole));
    // Whoever has had no trouble says nothing of it.
    let mut requests = whole.network.requests.borrow_mut();
    assert!(
        requests
            .drain(..)
            .all(|request| request.changes_max.is_none())
    );
}
