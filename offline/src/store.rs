//! Where a device keeps its records: a few tables of texts by key, changed in atomic steps.
//!
//! Small on purpose. The rules above it never depend on a database, so thousands of phones can live
//! in one test process, and a browser's store has little to get wrong.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
#[cfg(target_arch = "wasm32")]
pub mod indexed_db;
mod memory;

pub mod sealed;

#[cfg(target_arch = "wasm32")]
pub use indexed_db::IndexedDb;
pub use memory::{Fault, MemoryStore};
pub use sealed::Sealed;

/// The store of a phone: in the browser, sealed.
#[cfg(target_arch = "wasm32")]
pub type PhoneStore = Sealed<IndexedDb, sealed::BrowserKeys>;

#[cfg(target_arch = "wasm32")]
impl PhoneStore {
    /// Opens the database of that name, sealed; see [`IndexedDb::open`] and [`Sealed::open`].
    ///
    /// # Errors
    /// Those of both.
    pub async fn open_database(name: &str) -> Result<Self, StoreError> {
        let database = IndexedDb::open(name).await?;
        let keys = sealed::BrowserKeys::new(&database);
        Self::open(database, keys, name).await
    }
}

/// The version of the schema and of what is written in it. Whoever raises it adds a store of the new
/// version to `tests/golden`, so that every build to come is held to opening it.
pub const VERSION: u32 = 3;

/// A table: texts by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// The head: counters and the place in the change feed.
    Meta,
    /// Commands that the server has not decided, by sequence number.
    Outbox,
    /// Commands that the server has taken in, by sequence number.
    Acknowledged,
    /// Commands that a person must look at, by sequence number.
    Parked,
    /// Baskets under way.
    Drafts,
    /// The profile and the catalogue.
    Documents,
    /// Customers, by id.
    Customers,
    /// Orders, by id.
    Orders,
    /// Entries of the ledger, by number.
    Entries,
    /// Disputes, by id.
    Disputes,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 10] = [
        Self::Meta,
        Self::Outbox,
        Self::Acknowledged,
        Self::Parked,
        Self::Drafts,
        Self::Documents,
        Self::Customers,
        Self::Orders,
        Self::Entries,
        Self::Disputes,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Outbox => "outbox",
            Self::Acknowledged => "acknowledged",
            Self::Parked => "parked",
            Self::Drafts => "drafts",
            Self::Documents => "documents",
            Self::Customers => "customers",
            Self::Orders => "orders",
            Self::Entries => "entries",
            Self::Disputes => "disputes",
        }
    }

    /// Whether it holds copies of what the server has, which it can give again. The other tables hold
    /// what only this phone has.
    pub const fn is_copy(self) -> bool {
        match self {
            Self::Documents | Self::Customers | Self::Orders | Self::Entries | Self::Disputes => {
                true
            }
            Self::Meta | Self::Outbox | Self::Acknowledged | Self::Parked | Self::Drafts => false,
        }
    }
}

/// Changes that take effect together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// What must still be stored for the batch to be carried out, looked at within its transaction:
    /// two tabs that decide on the same state cannot both write.
    pub expected: Option<Expected>,
    /// In this order.
    pub writes: Vec<Write>,
}

/// See [`Batch::expected`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// In which table.
    pub table: Table,
    /// Under which key.
    pub key: String,
    /// The text; nothing when there must be none.
    pub value: Option<String>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Puts a text under a key, replacing what was there.
    Put {
        /// In which table.
        table: Table,
        /// Under which key.
        key: String,
        /// The text.
        value: String,
    },
    /// Takes a key out; no harm when it is not there.
    Delete {
        /// Of which table.
        table: Table,
        /// Which key.
        key: String,
    },
}

impl Batch {
    /// Adds a [`Write::Put`].
    pub fn put(&mut self, table: Table, key: impl Into<String>, value: impl Into<String>) {
        self.writes.push(Write::Put {
            table,
            key: key.into(),
            value: value.into(),
        });
    }

    /// Adds a [`Write::Delete`].
    pub fn delete(&mut self, table: Table, key: impl Into<String>) {
        self.writes.push(Write::Delete {
            table,
            key: key.into(),
        });
    }
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The phone has no room left. Nothing was changed.
    #[error("the phone has no room left")]
    Full,
    /// [`Batch::expected`] was not there any more. Nothing was changed; read again and decide again.
    #[error("something else was stored meanwhile")]
    Conflict,
    /// A newer build of the app has opened the store: this page must be loaded again.
    #[error("a newer version of the app uses the store")]
    TakenOver,
    /// Another page of an older build keeps the store open and does not let go.
    #[error("an older page of the app keeps the store open")]
    Blocked,
    /// The store is locked, and this needs the PIN.
    #[error("the store is locked")]
    Locked,
    /// A record cannot be read by this build.
    #[error("the record {key} in {table} cannot be read: {detail}")]
    Unreadable {
        /// The table's stored name.
        table: &'static str,
        /// The record's key.
        key: String,
        /// What the reader stumbled over.
        detail: String,
    },
    /// The browser refuses or lost the store (a private window, a failing disk).
    #[error("the store is not available: {detail}")]
    Unavailable {
        /// In the words of the browser.
        detail: String,
    },
}

/// Keeps records.
///
/// A commit that returned is on the disk, not on its way to it. A commit that failed changed nothing.
// One thread runs a phone, and native callers run a device on one thread too: no future needs `Send`.
#[allow(async_fn_in_trait, reason = "a device lives on one thread")]
pub trait LocalStore {
    /// The text under that key.
    async fn get(&self, table: Table, key: &str) -> Result<Option<String>, StoreError>;
    /// Every key and text of a table, in the order of the keys.
    async fn scan(&self, table: Table) -> Result<Vec<(String, String)>, StoreError>;
    /// Carries out a batch, all of it, durably; or nothing of it.
    async fn commit(&self, batch: Batch) -> Result<(), StoreError>;
    /// Throws away every copy of what the server has, for a phone that has no business with it any more.
    async fn forget_copies(&self) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for table in Table::ALL.into_iter().filter(|table| table.is_copy()) {
            for (key, _) in self.scan(table).await? {
                batch.delete(table, key);
            }
        }
        self.commit(batch).await
    }
}
