//! What every store promises, as a suite that each of them passes: the one in memory natively, the
//! browser's in a real browser (`runConformance`, see below).

use super::{Batch, Expected, LocalStore, StoreError, Table};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;

/// A promise and whether it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What is promised.
    pub promise: &'static str,
    /// What was found instead, if it was not kept.
    pub broken: Option<String>,
}

/// Checks every promise. `open` opens the store of that name; opened twice, both are the same store.
pub async fn check<S: LocalStore>(open: impl AsyncFn(&str) -> Result<S, StoreError>) -> Vec<Case> {
    let mut cases = Vec::new();
    macro_rules! case {
        ($promise:literal, $name:literal, $check:expr) => {{
            let outcome = match open($name).await {
                Ok(store) => $check(store).await,
                Err(error) => Err(error.to_string()),
            };
            cases.push(Case {
                promise: $promise,
                broken: outcome.err(),
            });
        }};
    }
    case!(
        "an empty store holds nothing",
        "empty",
        nothing_in_an_empty_store
    );
    case!(
        "what was put is read and listed by key",
        "listed",
        listed_by_key
    );
    case!("tables do not mix", "tables", tables_do_not_mix);
    case!("texts come back to the letter", "texts", texts_come_back);
    case!(
        "writes of a batch happen in order",
        "order",
        writes_in_order
    );
    case!(
        "a batch whose expectation fails changes nothing",
        "expectation",
        failed_expectation_changes_nothing
    );
    case!(
        "absence can be expected",
        "absence",
        absence_can_be_expected
    );
    case!("a batch of many writes is one", "many", many_writes);
    case!(
        "a commit is seen by whoever opens the store after",
        "reopened",
        async |store: S| {
            put(&store, Table::Meta, "key", "value").await?;
            drop(store);
            let again = open("reopened").await.map_err(|error| error.to_string())?;
            same(
                &read(&again, Table::Meta, "key").await?,
                &Some("value".to_owned()),
            )
        }
    );
    case!(
        "of two who expect the same, one wins",
        "race",
        async |one: S| {
            let other = open("race").await.map_err(|error| error.to_string())?;
            for round in 0..8_u32 {
                let before = read(&one, Table::Meta, "head").await?;
                let batch = |who: &str| {
                    let mut batch = Batch {
                        expected: Some(Expected {
                            table: Table::Meta,
                            key: "head".into(),
                            value: before.clone(),
                        }),
                        ..Batch::default()
                    };
                    batch.put(Table::Meta, "head", format!("{round} {who}"));
                    batch.put(Table::Outbox, format!("{round}"), who);
                    batch
                };
                let outcomes = both(one.commit(batch("one")), other.commit(batch("other"))).await;
                let winner = match outcomes {
                    (Ok(()), Err(StoreError::Conflict)) => "one",
                    (Err(StoreError::Conflict), Ok(())) => "other",
                    outcomes => return Err(format!("{outcomes:?}")),
                };
                same(
                    &read(&one, Table::Meta, "head").await?,
                    &Some(format!("{round} {winner}")),
                )?;
                same(
                    &read(&other, Table::Outbox, &format!("{round}")).await?,
                    &Some(winner.to_owned()),
                )?;
            }
            Ok(())
        }
    );
    cases
}

type Outcome = Result<(), String>;

async fn nothing_in_an_empty_store(store: impl LocalStore) -> Outcome {
    for table in Table::ALL {
        same(&read(&store, table, "key").await?, &None)?;
        same(&list(&store, table).await?, &Vec::new())?;
    }
    Ok(())
}

async fn listed_by_key(store: impl LocalStore) -> Outcome {
    for (key, value) in [("b", "2"), ("a", "1"), ("10", "x"), ("9", "y"), ("b", "3")] {
        put(&store, Table::Orders, key, value).await?;
    }
    let expected = [("10", "x"), ("9", "y"), ("a", "1"), ("b", "3")];
    same(
        &list(&store, Table::Orders).await?,
        &expected
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec(),
    )
}

async fn tables_do_not_mix(store: impl LocalStore) -> Outcome {
    for table in Table::ALL {
        put(&store, table, "key", table.as_str()).await?;
    }
    for table in Table::ALL {
        same(
            &list(&store, table).await?,
            &vec![("key".to_owned(), table.as_str().to_owned())],
        )?;
    }
    Ok(())
}

async fn texts_come_back(store: impl LocalStore) -> Outcome {
    let long = "عسل ⵜⴰⵎⵎⵏⵜ ".repeat(20_000);
    let texts = ["", " ", "\u{0}", "\"quoted\" \\ 'so'", "أركان", "🫒", &long];
    for (index, text) in texts.iter().enumerate() {
        put(&store, Table::Drafts, &index.to_string(), text).await?;
    }
    for (index, text) in texts.iter().enumerate() {
        same(
            &read(&store, Table::Drafts, &index.to_string()).await?,
            &Some((*text).to_owned()),
        )?;
    }
    Ok(())
}

async fn writes_in_order(store: impl LocalStore) -> Outcome {
    let mut batch = Batch::default();
    batch.put(Table::Outbox, "replaced", "first");
    batch.put(Table::Outbox, "replaced", "second");
    batch.put(Table::Outbox, "gone", "soon");
    batch.delete(Table::Outbox, "gone");
    batch.delete(Table::Outbox, "back");
    batch.put(Table::Outbox, "back", "again");
    batch.delete(Table::Parked, "never there");
    commit(&store, batch).await?;
    same(
        &list(&store, Table::Outbox).await?,
        &vec![
            ("back".to_owned(), "again".to_owned()),
            ("replaced".to_owned(), "second".to_owned()),
        ],
    )
}

async fn failed_expectation_changes_nothing(store: impl LocalStore) -> Outcome {
    put(&store, Table::Meta, "head", "1").await?;
    for expected in [Some("2".to_owned()), None] {
        let mut batch = Batch {
            expected: Some(Expected {
                table: Table::Meta,
                key: "head".into(),
                value: expected,
            }),
            ..Batch::default()
        };
        batch.put(Table::Meta, "head", "3");
        batch.put(Table::Outbox, "1", "order");
        same(&store.commit(batch).await, &Err(StoreError::Conflict))?;
    }
    same(
        &read(&store, Table::Meta, "head").await?,
        &Some("1".to_owned()),
    )?;
    same(&list(&store, Table::Outbox).await?, &Vec::new())
}

async fn absence_can_be_expected(store: impl LocalStore) -> Outcome {
    let first = || {
        let mut batch = Batch {
            expected: Some(Expected {
                table: Table::Meta,
                key: "head".into(),
                value: None,
            }),
            ..Batch::default()
        };
        batch.put(Table::Meta, "head", "1");
        batch
    };
    commit(&store, first()).await?;
    same(&store.commit(first()).await, &Err(StoreError::Conflict))
}

async fn many_writes(store: impl LocalStore) -> Outcome {
    let mut batch = Batch::default();
    for number in 0..2_000 {
        batch.put(
            Table::Customers,
            format!("{number:05}"),
            format!("customer {number}"),
        );
    }
    commit(&store, batch).await?;
    let listed = list(&store, Table::Customers).await?;
    same(&listed.len(), &2_000)?;
    same(
        &listed[1_999],
        &("01999".to_owned(), "customer 1999".to_owned()),
    )
}

async fn put(store: &impl LocalStore, table: Table, key: &str, value: &str) -> Outcome {
    let mut batch = Batch::default();
    batch.put(table, key, value);
    commit(store, batch).await
}

async fn commit(store: &impl LocalStore, batch: Batch) -> Outcome {
    store.commit(batch).await.map_err(|error| error.to_string())
}

async fn read(store: &impl LocalStore, table: Table, key: &str) -> Result<Option<String>, String> {
    store
        .get(table, key)
        .await
        .map_err(|error| error.to_string())
}

async fn list(store: &impl LocalStore, table: Table) -> Result<Vec<(String, String)>, String> {
    store.scan(table).await.map_err(|error| error.to_string())
}

fn same<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Outcome {
    if found == expected {
        Ok(())
    } else {
        Err(format!("found {found:?} instead of {expected:?}"))
    }
}

/// Runs two futures side by side.
async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |context| {
        if first.is_none()
            && let Poll::Ready(value) = one.as_mut().poll(context)
        {
            first = Some(value);
        }
        if second.is_none()
            && let Poll::Ready(value) = other.as_mut().poll(context)
        {
            second = Some(value);
        }
        match (first.take(), second.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            (one, other) => {
                (first, second) = (one, other);
                Poll::Pending
            }
        }
    })
    .await
}

/// Runs the suite on the browser's store, as it is and sealed: `await runConformance()` gives one line for each promise,
/// beginning with `kept` or `broken`. The databases it makes are removed before and after.
#[cfg(all(target_arch = "wasm32", feature = "conformance"))]
#[wasm_bindgen::prelude::wasm_bindgen(js_name = runConformance)]
pub async fn run_conformance() -> String {
    const NAMES: [&str; 10] = [
        "empty",
        "listed",
        "tables",
        "texts",
        "order",
        "expectation",
        "absence",
        "many",
        "reopened",
        "race",
    ];
    let database = |name: &str| format!("taswiq-conformance-{name}");
    let sweep = async || {
        for name in NAMES {
            // One that is not there is as good as removed.
            let _ = super::IndexedDb::remove(&database(name)).await;
        }
    };
    sweep().await;
    let plain = check(async |name: &str| super::IndexedDb::open(&database(name)).await).await;
    sweep().await;
    let sealed =
        check(async |name: &str| super::PhoneStore::open_database(&database(name)).await).await;
    sweep().await;
    let line = |form: &str, case: Case| match case.broken {
        None => format!("kept: {form}: {}", case.promise),
        Some(found) => format!("broken: {form}: {}: {found}", case.promise),
    };
    let plain = plain.into_iter().map(|case| line("plain", case));
    let sealed = sealed.into_iter().map(|case| line("sealed", case));
    plain.chain(sealed).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sealed::MemoryKeys;
    use crate::store::{MemoryStore, Sealed};
    use std::cell::RefCell;
    use std::collections::HashMap;

    #[tokio::test]
    async fn a_sealed_store_keeps_every_promise() {
        let stores: RefCell<HashMap<String, (MemoryStore, MemoryKeys)>> = RefCell::default();
        let cases = check(async |name: &str| {
            let (store, keys) = stores
                .borrow_mut()
                .entry(name.to_owned())
                .or_default()
                .clone();
            Sealed::open(store, keys, name).await
        })
        .await;
        let broken: Vec<_> = cases.iter().filter(|case| case.broken.is_some()).collect();
        assert!(broken.is_empty(), "{broken:?}");
        assert_eq!(cases.len(), 10);
    }

    #[tokio::test]
    async fn the_store_in_memory_keeps_every_promise() {
        let stores: RefCell<HashMap<String, MemoryStore>> = RefCell::default();
        let cases = check(async |name: &str| {
            Ok(stores
                .borrow_mut()
                .entry(name.to_owned())
                .or_default()
                .clone())
        })
        .await;
        let broken: Vec<_> = cases.iter().filter(|case| case.broken.is_some()).collect();
        assert!(broken.is_empty(), "{broken:?}");
        assert_eq!(cases.len(), 10);
    }
}
