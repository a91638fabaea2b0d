//! A store in memory, for tests, the benchmark and simulators, which can fail on demand.

use super::{Batch, LocalStore, StoreError, Table, Write};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A store in memory. Clones share their content, as two tabs share a database.
#[derive(Clone, Default)]
pub struct MemoryStore {
    shared: Rc<RefCell<Shared>>,
}

#[derive(Default)]
struct Shared {
    records: BTreeMap<(Table, String), String>,
    commits: u64,
    fault: Option<(u64, Fault)>,
    was_cut: bool,
    bytes_max: Option<usize>,
}

/// What shall go wrong at a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The phone dies before the commit: nothing is written, the caller never hears.
    CutBefore,
    /// The phone dies after the commit: all is written, the caller never hears.
    CutAfter,
    /// No room: nothing is written, the caller hears.
    Full,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many commits were asked for so far, failed ones included.
    pub fn commits(&self) -> u64 {
        self.shared.borrow().commits
    }

    /// Makes the commit that comes as number `commit` (counted from 1 from now on) go wrong, once.
    pub fn fail_at(&self, commit: u64, fault: Fault) {
        let mut shared = self.shared.borrow_mut();
        shared.fault = Some((shared.commits + commit, fault));
    }

    /// Whether the fault of [`MemoryStore::fail_at`] still lies ahead.
    pub fn fault_lies_ahead(&self) -> bool {
        self.shared.borrow().fault.is_some()
    }

    /// Whether the phone has died at a commit of this store: nothing is stored from there on, until a
    /// [`MemoryStore::copy`] is opened.
    pub fn was_cut(&self) -> bool {
        self.shared.borrow().was_cut
    }

    /// Takes the fault of [`MemoryStore::fail_at`] back.
    pub fn heal(&self) {
        self.shared.borrow_mut().fault = None;
    }

    /// Refuses commits that would make the texts longer than so many bytes in all.
    pub fn limit(&self, bytes_max: Option<usize>) {
        self.shared.borrow_mut().bytes_max = bytes_max;
    }

    /// A copy of the content in a store of its own: the phone as found after a cut.
    pub fn copy(&self) -> Self {
        let records = self.shared.borrow().records.clone();
        Self {
            shared: Rc::new(RefCell::new(Shared {
                records,
                ..Shared::default()
            })),
        }
    }
}

/// What a caller sees of a phone that died: tests stop there and open the store anew.
fn cut() -> StoreError {
    StoreError::Unavailable {
        detail: "the phone died".to_owned(),
    }
}

impl LocalStore for MemoryStore {
    async fn get(&self, table: Table, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .shared
            .borrow()
            .records
            .get(&(table, key.to_owned()))
            .cloned())
    }

    async fn scan(&self, table: Table) -> Result<Vec<(String, String)>, StoreError> {
        let shared = self.shared.borrow();
        let from_first = shared.records.range((table, String::new())..);
        Ok(from_first
            .take_while(|((of, _), _)| *of == table)
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect())
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let mut shared = self.shared.borrow_mut();
        shared.commits += 1;
        if shared.was_cut {
            return Err(cut());
        }
        let fault = match shared.fault {
            Some((commit, fault)) if commit == shared.commits => {
                shared.fault = None;
                Some(fault)
            }
            _ => None,
        };
        match fault {
            Some(Fault::CutBefore) => {
                shared.was_cut = true;
                return Err(cut());
            }
            Some(Fault::Full) => return Err(StoreError::Full),
            Some(Fault::CutAfter) | None => {}
        }
        if let Some(expected) = &batch.expected
            && shared.records.get(&(expected.table, expected.key.clone()))
                != expected.value.as_ref()
        {
            return Err(StoreError::Conflict);
        }
        let mut records = std::mem::take(&mut shared.records);
        let before = shared.bytes_max.map(|_| records.clone());
        for write in batch.writes {
            match write {
                Write::Put { table, key, value } => {
                    records.insert((table, key), value);
                }
                Write::Delete { table, key } => {
                    records.remove(&(table, key));
                }
            }
        }
        let bytes: usize = match shared.bytes_max {
            Some(_) => records
                .iter()
                .map(|((_, key), value)| key.len() + value.len())
                .sum(),
            None => 0,
        };
        match (shared.bytes_max, before) {
            (Some(bytes_max), Some(before)) if bytes > bytes_max => {
                shared.records = before;
                return Err(StoreError::Full);
            }
            _ => shared.records = records,
        }
        shared.was_cut = fault == Some(Fault::CutAfter);
        if shared.was_cut { Err(cut()) } else { Ok(()) }
    }
}
