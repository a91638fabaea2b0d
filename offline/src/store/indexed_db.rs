//! A store in the browser's IndexedDB.
//!
//! - Every commit asks for `strict` durability: browsers may otherwise report success before the disk
//!   has it.
//! - A connection that the browser closed (it does so when it is short of memory, or while the phone
//!   slept) is opened again; what was under way is then tried once more, which the expectation of each
//!   batch makes safe.
//! - A transaction of which the browser never says how it ended (a phone that slept in the middle of one
//!   may leave it so) is given up after a while, and tried again on a new connection.
//! - A page that learns that a newer build wants to change the schema lets go at once, so that an
//!   update never waits for it.
//! - What happens to a connection outside of any call is told on the window: [`LOST`], [`TAKEN_OVER`],
//!   [`FREE`].

use super::{Batch, LocalStore, StoreError, Table, Write};
use crate::browser::{call, event, exists, get, global, name_of, object, set, tell, wait, within};
use js_sys::Array;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Told on the window when the browser has closed a connection or thrown a database away.
pub const LOST: &str = "taswiq:store-lost";
/// Told on the window when a newer build has taken a database over: this page can store nothing more.
pub const TAKEN_OVER: &str = "taswiq:store-taken-over";
/// Told on the window when a database that was [`StoreError::Blocked`] can be opened.
pub const FREE: &str = "taswiq:store-free";

/// How long a transaction may take: many times what the largest answer takes on a slow phone.
const TRANSACTION_MS_MAX: u32 = 30_000;

/// The steps by which the schema came to be. A phone takes those it has not taken yet, one by one,
/// however old its store is.
#[derive(Clone, Copy)]
enum Schema {
    /// The first nine tables.
    Tables = 1,
    /// The table of disputes.
    Disputes = 2,
    /// A place for the phone's keys. From here on records are sealed, and no older build may meet them.
    Keys = 3,
}

/// A database that is there for a moment, see [`IndexedDb::begin_new_log`].
const NEW_LOG: &str = "taswiq-new-log";
/// How long it may take, in milliseconds: a hundred times what it does.
const NEW_LOG_MS_MAX: u32 = 2_000;

/// Holds the browser's own keys, which are no texts.
const KEYS: &str = "keys";

impl Schema {
    const ALL: [Self; 3] = [Self::Tables, Self::Disputes, Self::Keys];
    const LATEST: u32 = Self::Keys as u32;

    /// The tables that a step adds. Those of steps that phones have taken never change.
    const fn tables(self) -> &'static [Table] {
        match self {
            Self::Tables => &[
                Table::Meta,
                Table::Outbox,
                Table::Acknowledged,
                Table::Parked,
                Table::Drafts,
                Table::Documents,
                Table::Customers,
                Table::Orders,
                Table::Entries,
            ],
            Self::Disputes => &[Table::Disputes],
            Self::Keys => &[],
        }
    }

    fn apply(self, database: &JsValue) -> Result<(), JsValue> {
        let keys = matches!(self, Self::Keys).then_some(KEYS);
        let tables = self.tables().iter().map(|table| table.as_str());
        for name in tables.chain(keys) {
            call(database, "createObjectStore", &[name.into()])?;
        }
        Ok(())
    }
}

const _: () = assert!(Schema::LATEST == super::VERSION);

/// A database of the browser. Clones share its connection.
#[derive(Clone)]
pub struct IndexedDb {
    name: Rc<str>,
    connection: Rc<RefCell<Connection>>,
}

#[derive(Default)]
enum Connection {
    #[default]
    Closed,
    Open(JsValue),
    TakenOver,
}

/// What went wrong, and whether a new connection may mend it.
struct Failure {
    error: StoreError,
    connection_lost: bool,
}

impl IndexedDb {
    /// Opens the database of that name, creating it or bringing its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Blocked`], [`StoreError::TakenOver`] or [`StoreError::Unavailable`].
    pub async fn open(name: &str) -> Result<Self, StoreError> {
        let store = Self {
            name: name.into(),
            connection: Rc::default(),
        };
        store.database().await?;
        Ok(store)
    }

    /// Lets the browser begin a new log, and put the one of before away. To be done before anything is written.
    ///
    /// A Chromium that is killed in the middle of a record leaves half of it at the end of its log. The next one
    /// writes on behind that half, and the one after that takes the log for damaged and throws every database of
    /// the page away, whatever was committed (google/leveldb, issue 1287: it goes on with a log that it should not).
    /// When a database is removed it begins a new log, so one is made and removed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Blocked`]; nothing but that protection is missing then.
    pub async fn begin_new_log() -> Result<(), StoreError> {
        // The first screen does not wait for a browser that never says how it ended.
        let begun = within(NEW_LOG_MS_MAX, Self::make_and_remove(NEW_LOG)).await;
        begun.unwrap_or(Err(StoreError::Blocked))
    }

    async fn make_and_remove(name: &str) -> Result<(), StoreError> {
        let made = call(&global("indexedDB"), "open", &[name.into()])
            .map_err(|error| unavailable(&error))?;
        JsFuture::from(event(&made, &["onsuccess"], &["onerror", "onblocked"]))
            .await
            .map_err(|error| unavailable(&error))?;
        let _ = call(&get(&made, "result"), "close", &[]);
        Self::remove(name).await
    }

    /// Removes the database of that name and all that is in it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remove(name: &str) -> Result<(), StoreError> {
        let request = call(&global("indexedDB"), "deleteDatabase", &[name.into()])
            .map_err(|error| unavailable(&error))?;
        match JsFuture::from(event(&request, &["onsuccess"], &["onerror", "onblocked"])).await {
            Ok(_) => Ok(()),
            Err(_) => Err(StoreError::Blocked),
        }
    }

    /// A key of the browser's that lies in this database; undefined when there is none of that name.
    pub(crate) async fn key(&self, name: &str) -> Result<JsValue, StoreError> {
        self.transact(async |database| {
            let transaction = begin_named(&database, &[KEYS], "readonly")?;
            request(&named(&transaction, KEYS)?, "get", &[name.into()]).await
        })
        .await
    }

    /// Keeps a key of the browser's in this database, durably.
    pub(crate) async fn keep_key(&self, name: &str, key: &JsValue) -> Result<(), StoreError> {
        self.transact(async |database| {
            let transaction = begin_named(&database, &[KEYS], "readwrite")?;
            let finished = event(&transaction, &["oncomplete"], &["onabort"]);
            call(
                &named(&transaction, KEYS)?,
                "put",
                &[key.clone(), name.into()],
            )
            .map_err(|error| failure(&error))?;
            let _ = call(&transaction, "commit", &[]);
            match JsFuture::from(finished).await {
                Ok(_) => Ok(()),
                Err(_) => Err(failure(&get(&transaction, "error"))),
            }
        })
        .await
    }

    /// The open connection, opened again if need be.
    async fn database(&self) -> Result<JsValue, StoreError> {
        match &*self.connection.borrow() {
            Connection::Open(database) => return Ok(database.clone()),
            Connection::TakenOver => return Err(StoreError::TakenOver),
            Connection::Closed => {}
        }
        let database = self.connect().await?;
        let store = self.clone();
        set(
            &database,
            "onclose",
            &Closure::once_into_js(move || {
                store.lose_connection();
                tell(LOST);
            }),
        );
        let (store, closing) = (self.clone(), database.clone());
        set(
            &database,
            "onversionchange",
            &Closure::once_into_js(move |event: JsValue| {
                let _ = call(&closing, "close", &[]);
                // No new version: somebody throws the database away.
                if exists(&get(&event, "newVersion")) {
                    store.connection.replace(Connection::TakenOver);
                    tell(TAKEN_OVER);
                } else {
                    store.lose_connection();
                    tell(LOST);
                }
            }),
        );
        self.connection.replace(Connection::Open(database.clone()));
        Ok(database)
    }

    fn lose_connection(&self) {
        self.connection.replace_with(|old| match old {
            Connection::TakenOver => Connection::TakenOver,
            Connection::Open(_) | Connection::Closed => Connection::Closed,
        });
    }

    async fn connect(&self) -> Result<JsValue, StoreError> {
        let factory = global("indexedDB");
        let request = call(
            &factory,
            "open",
            &[(&*self.name).into(), Schema::LATEST.into()],
        )
        .map_err(|error| unavailable(&error))?;
        let upgrading = request.clone();
        let upgrade = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
            let from = get(&event, "oldVersion").as_f64().unwrap_or_default() as u32;
            let database = get(&upgrading, "result");
            let missing = Schema::ALL.into_iter().filter(|step| *step as u32 > from);
            if missing
                .map(|step| step.apply(&database))
                .any(|applied| applied.is_err())
            {
                // Rather the old schema whole than a new one in halves.
                let _ = call(&get(&upgrading, "transaction"), "abort", &[]);
            }
        });
        set(&request, "onupgradeneeded", upgrade.as_ref());
        let opened =
            JsFuture::from(event(&request, &["onsuccess", "onblocked"], &["onerror"])).await;
        match opened {
            Ok(event) if get(&event, "type").as_string().as_deref() == Some("blocked") => {
                let late = request.clone();
                // When the other page lets go it opens after all. It must not be in the way of the next
                // attempt, which whoever listens begins.
                set(
                    &request,
                    "onsuccess",
                    &Closure::once_into_js(move || {
                        drop(call(&get(&late, "result"), "close", &[]));
                        tell(FREE);
                    }),
                );
                // The upgrade may still run; its closure has to outlive this call.
                upgrade.forget();
                Err(StoreError::Blocked)
            }
            Ok(_) => Ok(get(&request, "result")),
            Err(_) => {
                let error = get(&request, "error");
                Err(if name_of(&error) == "VersionError" {
                    StoreError::TakenOver
                } else {
                    unavailable(&error)
                })
            }
        }
    }

    /// Runs a transaction, once more on a new connection if the old one turns out dead.
    async fn transact<T>(
        &self,
        run: impl AsyncFn(JsValue) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let database = self.database().await?;
        match in_time(run(database.clone())).await {
            Err(failure) if failure.connection_lost => {
                // Whether it still hangs or is dead already.
                let _ = call(&database, "close", &[]);
                self.lose_connection();
                in_time(run(self.database().await?))
                    .await
                    .map_err(|failure| failure.error)
            }
            result => result.map_err(|failure| failure.error),
        }
    }
}

impl LocalStore for IndexedDb {
    async fn get(&self, table: Table, key: &str) -> Result<Option<String>, StoreError> {
        self.transact(async |database| {
            let transaction = begin(&database, &[table], "readonly")?;
            let found = request(&store_of(&transaction, table)?, "get", &[key.into()]).await?;
            Ok(found.as_string())
        })
        .await
    }

    async fn scan(&self, table: Table) -> Result<Vec<(String, String)>, StoreError> {
        self.transact(async |database| {
            let transaction = begin(&database, &[table], "readonly")?;
            let store = store_of(&transaction, table)?;
            // Both are asked for before either is waited for, so that they see the same.
            let keys = call(&store, "getAllKeys", &[]).map_err(|error| failure(&error))?;
            let values = call(&store, "getAll", &[]).map_err(|error| failure(&error))?;
            answer(&values).await?;
            let (keys, values) = (
                Array::from(&get(&keys, "result")),
                Array::from(&get(&values, "result")),
            );
            Ok(keys
                .iter()
                .zip(values.iter())
                .filter_map(|(key, value)| key.as_string().zip(value.as_string()))
                .collect())
        })
        .await
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let mut tables: Vec<Table> = batch
            .writes
            .iter()
            .map(|write| match write {
                Write::Put { table, .. } | Write::Delete { table, .. } => *table,
            })
            .collect();
        tables.extend(batch.expected.as_ref().map(|expected| expected.table));
        tables.sort_unstable();
        tables.dedup();
        if tables.is_empty() {
            return Ok(());
        }
        self.transact(async |database| {
            let transaction = begin(&database, &tables, "readwrite")?;
            let finished = event(&transaction, &["oncomplete"], &["onabort"]);
            if let Some(expected) = &batch.expected {
                let found = request(
                    &store_of(&transaction, expected.table)?,
                    "get",
                    &[expected.key.as_str().into()],
                )
                .await?;
                if found.as_string() != expected.value {
                    let _ = call(&transaction, "abort", &[]);
                    // Wait for it: a rejected promise that nobody looks at is reported as an error.
                    let _ = JsFuture::from(finished).await;
                    return Err(Failure {
                        error: StoreError::Conflict,
                        connection_lost: false,
                    });
                }
            }
            let written = batch.writes.iter().try_for_each(|write| {
                match write {
                    Write::Put { table, key, value } => call(
                        &store_of(&transaction, *table)?,
                        "put",
                        &[value.as_str().into(), key.as_str().into()],
                    ),
                    Write::Delete { table, key } => call(
                        &store_of(&transaction, *table)?,
                        "delete",
                        &[key.as_str().into()],
                    ),
                }
                .map(drop)
                .map_err(|error| failure(&error))
            });
            if let Err(failure) = written {
                let _ = call(&transaction, "abort", &[]);
                let _ = JsFuture::from(finished).await;
                return Err(failure);
            }
            // Without it the browser looks for further requests first, which costs a turn.
            let _ = call(&transaction, "commit", &[]);
            match JsFuture::from(finished).await {
                Ok(_) => Ok(()),
                Err(_) => Err(failure(&get(&transaction, "error"))),
            }
        })
        .await
    }
}

/// What a transaction gives, or that the browser never said how it ended.
async fn in_time<T>(run: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    within(TRANSACTION_MS_MAX, run).await.unwrap_or_else(|| {
        Err(Failure {
            error: StoreError::Unavailable {
                detail: "the browser did not say how a transaction ended".to_owned(),
            },
            connection_lost: true,
        })
    })
}

fn begin(database: &JsValue, tables: &[Table], mode: &str) -> Result<JsValue, Failure> {
    let names: Vec<&str> = tables.iter().map(|table| table.as_str()).collect();
    begin_named(database, &names, mode)
}

fn begin_named(database: &JsValue, names: &[&str], mode: &str) -> Result<JsValue, Failure> {
    let names: Array = names.iter().map(|name| JsValue::from_str(name)).collect();
    let options = object(&[("durability", "strict".into())]);
    call(
        database,
        "transaction",
        &[names.into(), mode.into(), options],
    )
    .map_err(|error| failure(&error))
}

fn store_of(transaction: &JsValue, table: Table) -> Result<JsValue, Failure> {
    named(transaction, table.as_str())
}

fn named(transaction: &JsValue, name: &str) -> Result<JsValue, Failure> {
    call(transaction, "objectStore", &[name.into()]).map_err(|error| failure(&error))
}

async fn request(store: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, Failure> {
    answer(&call(store, method, arguments).map_err(|error| failure(&error))?).await
}

/// The result of a request. It is read within the turn in which the request succeeds, so that the
/// transaction is still alive after.
async fn answer(request: &JsValue) -> Result<JsValue, Failure> {
    match wait(event(request, &["onsuccess"], &["onerror"]).into()).await {
        Ok(_) => Ok(get(request, "result")),
        Err(_) => Err(failure(&get(request, "error"))),
    }
}

fn failure(error: &JsValue) -> Failure {
    match name_of(error).as_str() {
        "QuotaExceededError" => Failure {
            error: StoreError::Full,
            connection_lost: false,
        },
        // Safari and Chromium report a lost connection by any of these, or give no reason at all for a
        // transaction that they ended.
        "" | "InvalidStateError" | "UnknownError" | "AbortError" | "TransactionInactiveError" => {
            Failure {
                error: unavailable(error),
                connection_lost: true,
            }
        }
        _ => Failure {
            error: unavailable(error),
            connection_lost: false,
        },
    }
}

fn unavailable(error: &JsValue) -> StoreError {
    let message = get(error, "message").as_string().unwrap_or_default();
    let detail = if exists(error) {
        format!("{}: {message}", name_of(error))
    } else {
        "the transaction was aborted".to_owned()
    };
    StoreError::Unavailable { detail }
}
