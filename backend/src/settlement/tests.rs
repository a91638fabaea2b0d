//! A close beside other writing, on both databases.

use super::*;
use crate::clock::{Casablanca, SettableClock};
use crate::work::Doer;
use crate::{Office, Options, demo, testing};
use sqlx::Connection;
use std::time::Duration;
use taswiq_domain::order::OrderEvent;
use taswiq_domain::order::event::Reason;
use taswiq_domain::person::Role;
use taswiq_domain::settlement::{NotYetIn, NotYetInReason};

/// A demo company of which November is the oldest open month, and over.
async fn office(url: &str) -> (Office, Actor, Period) {
    let calendar = Casablanca::default();
    let as_of = CivilDate::new(2026, 11, 30).expect("a date");
    let options = demo::Options::as_of(1, 300, as_of, &calendar);
    let november = Period::new(2026, 11).expect("a month");
    let clock = Arc::new(SettableClock::new(options.ends_at));
    let office = Office::open(url, clock.clone(), Options::default())
        .await
        .expect("opens");
    demo::fill(&office, options, |_| ()).await.expect("filled");
    clock.set(november.end(&calendar));
    let actor = Actor {
        person: PersonId(1),
        role: Role::Administrator,
        cooperatives: Vec::new(),
    };
    let months = office.months(&actor).await.expect("months");
    let mut open: Vec<Period> = months
        .iter()
        .map(|month| month.period)
        .filter(|period| *period < november)
        .collect();
    open.sort();
    for period in open {
        office.close_period(&actor, period).await.expect("closed");
    }
    (office, actor, november)
}

async fn refuse(work: &mut Work, part: &NotYetIn) -> Result<(), OfficeError> {
    let event = OrderEvent::Refused {
        cooperative: part.cooperative,
        reason: Reason::OutOfStock,
    };
    let now = work.now;
    let stored = work.order(part.order).await?.ok_or(OfficeError::NotFound)?;
    let after = stored.order.after(&event, now)?;
    let doer = Doer {
        actor: Some(PersonId(1)),
        device: None,
        made_at: now,
        received_at: now,
    };
    work.happen(&event, after, doer).await
}

/// What a job before it does in the same transaction is not committed, and no other connection sees it.
async fn a_close_counts_what_its_own_transaction_did_before(url: &str) {
    let (office, actor, november) = office(url).await;
    let expected = office
        .month_if_closed_now(&actor, november)
        .await
        .expect("looked");
    let part = expected
        .iter()
        .flat_map(|(_, statement)| &statement.not_yet_in)
        .find(|part| part.why == NotYetInReason::AwaitingAnswer)
        .expect("an order without an answer");
    // All are in the queue before the writer is woken, so it takes them together.
    let (first, refused, closed) = tokio::join!(
        office.write((), |(), work| Box::pin(async move {
            // A connection is free a moment after whoever read on it has let it go.
            let beside = async {
                while work.read_beside().is_none() {
                    tokio::task::yield_now().await;
                }
            };
            Ok(tokio::time::timeout(Duration::from_secs(30), beside)
                .await
                .is_ok())
        })),
        office.write(*part, |part, work| Box::pin(async move {
            refuse(work, part).await?;
            Ok(work.read_beside().is_some())
        })),
        office.close_period(&actor, november),
    );
    assert!(first.expect("looked"), "nobody else reads");
    assert!(!refused.expect("refused"), "the second of three jobs");
    closed.expect("closed");
    for (_, statement) in &expected {
        let sight = office
            .statement(&actor, statement.agent, november)
            .await
            .expect("a statement");
        let awaited: Vec<NotYetIn> = statement
            .not_yet_in
            .iter()
            .copied()
            .filter(|other| (other.order, other.cooperative) != (part.order, part.cooperative))
            .collect();
        assert_eq!(sight.document.statement.not_yet_in, awaited);
    }
    office.close().await;
}

#[tokio::test]
async fn a_close_counts_what_its_own_transaction_did_before_on_sqlite() {
    testing::on_sqlite("batch", async |url| {
        a_close_counts_what_its_own_transaction_did_before(url).await
    })
    .await;
}

#[tokio::test]
async fn a_close_counts_what_its_own_transaction_did_before_on_postgres() {
    testing::on_postgres("batch", async |url| {
        a_close_counts_what_its_own_transaction_did_before(url).await
    })
    .await;
}

/// It is moved after the answer, and the writer takes up nothing else before.
#[tokio::test]
async fn the_log_of_a_close_is_moved_to_its_place_and_later_ones_as_ever() {
    testing::on_sqlite("log", async |url| the_log_is_moved(url).await).await;
}

async fn the_log_is_moved(url: &str) {
    let (office, actor, november) = office(url).await;
    office.close_period(&actor, november).await.expect("closed");
    let (pages,) = office
        .write((), |(), work| {
            Box::pin(async move {
                let Conn::Sqlite(connection) = &mut work.conn else {
                    return Err(OfficeError::NotFound);
                };
                let pages: (i64,) = sqlx::query_as("PRAGMA wal_autocheckpoint")
                    .fetch_one(&mut **connection)
                    .await?;
                Ok(pages)
            })
        })
        .await
        .expect("asked");
    assert_eq!(pages, 4_096);
    let mut other = sqlx::SqliteConnection::connect(url).await.expect("opens");
    let (_, log, moved): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(NOOP)")
        .fetch_one(&mut other)
        .await
        .expect("looked");
    assert!(log > 0 && moved == log, "{moved} of {log} pages");
    other.close().await.expect("closes");
    office.close().await;
}
