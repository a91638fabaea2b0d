//! A store whose records nobody reads from the disk.
//!
//! Every text is sealed before it is stored and opened after it was read ([`cipher`]); tables and keys,
//! which are names and numbers, stay as they are. Two keys do it:
//!
//! - the key of *acts* opens what only this phone has: the head, what waits, what was sent, what is to be
//!   corrected, baskets. It needs no PIN, so that what waits leaves whoever holds the phone, and a PIN that
//!   is forgotten loses nothing;
//! - the key of *copies* opens what the server can give again: the profile, the catalogue, customers,
//!   orders, entries, disputes. With a PIN nobody gets at it without that.
//!
//! Both lie in the store itself, in the record [`SEAL`], wrapped by a key that the phone can use and
//! nobody can read ([`PhoneKeys`]). With a PIN the key of copies is wrapped twice: first by what is made,
//! slowly, of the PIN and of something that only this phone has. So a PIN of four digits cannot be tried
//! out elsewhere.
//!
//! A store that an older build has left in plain is sealed when it is opened, all of it in one step.
//!
//! While it is locked the tables of copies show nothing and take nothing. A copy that cannot be opened
//! (somebody has touched it) is given as an empty text, which no reader takes for a document, so that it is
//! asked for again. What only this phone has is never passed over: there it is an error.

#[cfg(target_arch = "wasm32")]
mod browser_keys;
mod cipher;
mod keys;
mod pin;

#[cfg(target_arch = "wasm32")]
pub use browser_keys::BrowserKeys;
pub use keys::{MemoryKeys, PhoneKeys};
pub use pin::Unlocking;

use super::{Batch, Expected, LocalStore, StoreError, Table, Write};
use cipher::{RecordKey, Secret, decoded, encoded};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::rc::Rc;
use taswiq_domain::reading::read;

/// Key of the [`Seal`] in the table `meta`. Nobody sees it through the store.
pub const SEAL: &str = "seal";

/// How often something is tried again that another tab was faster with.
const ATTEMPTS_MAX: u32 = 16;

/// Who wrapped what for what.
const ACTS: &str = "acts";
const COPIES: &str = "copies";

/// The keys as they lie in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seal {
    /// Under which name the phone keeps the key that wraps.
    phone_key: String,
    /// The key of acts, wrapped.
    acts: String,
    /// The key of copies, wrapped; with a PIN twice.
    copies: String,
    /// Tells one key of copies from the next.
    copies_number: u64,
    /// What the PIN is tried with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pin: Option<pin::Lock>,
}

/// The keys in the hand.
struct Held {
    seal: Seal,
    /// The seal as it is stored, to the letter.
    seal_json: String,
    acts: RecordKey,
    /// Nothing while it is locked.
    copies: Option<(Secret, RecordKey)>,
}

/// See the module. Clones share the keys.
pub struct Sealed<S, K> {
    inner: S,
    phone: K,
    /// Whose store it is: what is wrapped for one opens nothing of another.
    whose: Rc<str>,
    held: Rc<RefCell<Held>>,
}

impl<S: Clone, K: Clone> Clone for Sealed<S, K> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            phone: self.phone.clone(),
            whose: Rc::clone(&self.whose),
            held: Rc::clone(&self.held),
        }
    }
}

impl<S: LocalStore, K: PhoneKeys> Sealed<S, K> {
    /// Opens a store, sealing what lies there in plain. With a PIN it is locked.
    ///
    /// # Errors
    /// The store's, and [`StoreError::Unreadable`] when the phone does not have the key any more.
    pub async fn open(inner: S, phone: K, whose: &str) -> Result<Self, StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let held = match inner.get(Table::Meta, SEAL).await? {
                Some(seal_json) => unwrapped(&phone, whose, seal_json, None).await?,
                None => {
                    let held = made(&phone, whose).await?;
                    match seal_all(&inner, &held).await {
                        Ok(()) => held,
                        // Another tab was faster: its keys are good.
                        Err(StoreError::Conflict) => continue,
                        Err(error) => return Err(error),
                    }
                }
            };
            return Ok(Self {
                inner,
                phone,
                whose: whose.into(),
                held: Rc::new(RefCell::new(held)),
            });
        }
        Err(StoreError::Conflict)
    }

    /// The store below, as it lies on the disk.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Whether the PIN is asked for first.
    pub fn is_locked(&self) -> bool {
        self.held.borrow().copies.is_none()
    }

    /// Takes the stored keys again where another tab has changed them. Whether it has.
    async fn look_again(&self) -> Result<bool, StoreError> {
        let Some(seal_json) = self.inner.get(Table::Meta, SEAL).await? else {
            return Ok(false);
        };
        if self.held.borrow().seal_json == seal_json {
            return Ok(false);
        }
        let opened = {
            let held = self.held.borrow();
            let number = held.seal.copies_number;
            held.copies.clone().map(|copies| (number, copies))
        };
        let held = unwrapped(&self.phone, &self.whose, seal_json, opened).await?;
        self.held.replace(held);
        Ok(true)
    }

    fn sealed_text(&self, table: Table, key: &str, text: &str) -> Result<String, StoreError> {
        self.held.borrow().seal_text(table, key, text)
    }

    /// What a batch is below, and whether it was given an expectation of ours: one that expects nothing
    /// of its own must still be read by the keys it was sealed with.
    fn below(&self, batch: &Batch) -> Result<(Batch, bool), StoreError> {
        let held = self.held.borrow();
        let mut writes = Vec::with_capacity(batch.writes.len() + 1);
        for write in &batch.writes {
            writes.push(match write {
                Write::Put { table, key, value } => Write::Put {
                    table: *table,
                    key: key.clone(),
                    value: held.seal_text(*table, key, value)?,
                },
                Write::Delete { .. } => write.clone(),
            });
        }
        let expected = match &batch.expected {
            Some(expected) => Expected {
                value: match &expected.value {
                    Some(value) => Some(self.sealed_text(expected.table, &expected.key, value)?),
                    None => None,
                },
                ..expected.clone()
            },
            None => held.stored(),
        };
        Ok((
            Batch {
                expected: Some(expected),
                writes,
            },
            batch.expected.is_none(),
        ))
    }

    /// Whether the store below was thrown away, keys and all.
    async fn is_gone(&self) -> Result<bool, StoreError> {
        Ok(self.inner.get(Table::Meta, SEAL).await?.is_none())
    }

    /// A batch for a store that was thrown away: the keys come with it, or nobody could ever read it.
    async fn commit_with_keys(&self, mut batch: Batch) -> Result<(), StoreError> {
        let (name, seal_json) = {
            let held = self.held.borrow();
            (held.seal.phone_key.clone(), held.seal_json.clone())
        };
        self.phone.keep(&name).await?;
        batch.expected = Some(Expected {
            table: Table::Meta,
            key: SEAL.to_owned(),
            value: None,
        });
        batch.put(Table::Meta, SEAL, seal_json);
        self.inner.commit(batch).await
    }

    fn opened(
        held: &Held,
        table: Table,
        key: &str,
        stored: &str,
    ) -> Result<Option<String>, StoreError> {
        let Some(records) = held.records(table) else {
            return Ok(None);
        };
        match records.open(table.as_str(), key, stored) {
            Some(text) => Ok(Some(text)),
            // The device asks for it again; a basket is begun again.
            None if table.is_copy() || table == Table::Drafts => Ok(Some(String::new())),
            None => Err(touched(table, key)),
        }
    }
}

impl<S: LocalStore, K: PhoneKeys> LocalStore for Sealed<S, K> {
    async fn get(&self, table: Table, key: &str) -> Result<Option<String>, StoreError> {
        if is_seal(table, key) {
            return Ok(None);
        }
        let Some(stored) = self.inner.get(table, key).await? else {
            return Ok(None);
        };
        match Self::opened(&self.held.borrow(), table, key, &stored) {
            Err(StoreError::Unreadable { .. }) => {}
            found => return found,
        }
        // Sealed by a tab that has begun the store afresh.
        self.look_again().await?;
        let Some(stored) = self.inner.get(table, key).await? else {
            return Ok(None);
        };
        Self::opened(&self.held.borrow(), table, key, &stored)
    }

    async fn scan(&self, table: Table) -> Result<Vec<(String, String)>, StoreError> {
        let records = self.inner.scan(table).await?;
        let held = self.held.borrow();
        let mut opened = Vec::with_capacity(records.len());
        for (key, stored) in records {
            if is_seal(table, &key) {
                continue;
            }
            if let Some(text) = Self::opened(&held, table, &key, &stored)? {
                opened.push((key, text));
            }
        }
        Ok(opened)
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let (below, is_ours) = self.below(&batch)?;
            let begins = batch
                .expected
                .as_ref()
                .is_some_and(|expected| expected.value.is_none());
            if begins && self.is_gone().await? {
                return self.commit_with_keys(below).await;
            }
            match self.inner.commit(below.clone()).await {
                Err(StoreError::Conflict) if is_ours => {}
                outcome => return outcome,
            }
            if !self.look_again().await? && self.is_gone().await? {
                match self.commit_with_keys(below).await {
                    Err(StoreError::Conflict) => {}
                    outcome => return outcome,
                }
            }
        }
        Err(StoreError::Conflict)
    }

    /// And the key that opened them. With a PIN it stays locked: no PIN opens anything from here on.
    async fn forget_copies(&self) -> Result<(), StoreError> {
        self.replace_copies(true).await
    }
}

impl Held {
    /// What seals the records of a table; nothing when that is locked.
    fn records(&self, table: Table) -> Option<&RecordKey> {
        if table.is_copy() {
            self.copies.as_ref().map(|(_, records)| records)
        } else {
            Some(&self.acts)
        }
    }

    fn seal_text(&self, table: Table, key: &str, text: &str) -> Result<String, StoreError> {
        let records = self.records(table).ok_or(StoreError::Locked)?;
        Ok(records.seal(table.as_str(), key, text))
    }

    /// That the keys are still these.
    fn stored(&self) -> Expected {
        Expected {
            table: Table::Meta,
            key: SEAL.to_owned(),
            value: Some(self.seal_json.clone()),
        }
    }
}

/// Fresh keys, and no PIN.
async fn made(phone: &impl PhoneKeys, whose: &str) -> Result<Held, StoreError> {
    let name: String = encoded(&phone.random()?[..12]);
    phone.keep(&name).await?;
    let (acts, copies) = (phone.random()?, phone.random()?);
    let seal = Seal {
        acts: phone
            .wrap(&name, &purpose(whose, ACTS), &encoded(&acts))
            .await?,
        copies: phone
            .wrap(&name, &purpose(whose, COPIES), &encoded(&copies))
            .await?,
        phone_key: name,
        copies_number: 1,
        pin: None,
    };
    Ok(Held {
        seal_json: json(&seal),
        seal,
        acts: RecordKey::new(&acts),
        copies: Some((copies, RecordKey::new(&copies))),
    })
}

/// The stored keys, unwrapped as far as that goes without a PIN. `opened` is the key of copies that
/// somebody has opened already, and its number.
async fn unwrapped(
    phone: &impl PhoneKeys,
    whose: &str,
    seal_json: String,
    opened: Option<(u64, (Secret, RecordKey))>,
) -> Result<Held, StoreError> {
    let seal: Seal = read(&seal_json).map_err(|_| touched(Table::Meta, SEAL))?;
    let unwrap = async |what: &str, wrapped: &str| {
        let text = phone
            .unwrap(&seal.phone_key, &purpose(whose, what), wrapped)
            .await?;
        let secret: Option<Secret> = text
            .and_then(|text| decoded(&text))
            .and_then(|secret| secret.try_into().ok());
        secret.ok_or_else(|| touched(Table::Meta, SEAL))
    };
    let acts = unwrap(ACTS, &seal.acts).await?;
    let copies = match (opened, &seal.pin) {
        (Some((number, copies)), _) if number == seal.copies_number => Some(copies),
        (_, None) => {
            let copies = unwrap(COPIES, &seal.copies).await?;
            Some((copies, RecordKey::new(&copies)))
        }
        (_, Some(_)) => None,
    };
    Ok(Held {
        seal,
        seal_json,
        acts: RecordKey::new(&acts),
        copies,
    })
}

/// Seals all that lies in a store in plain, and stores the keys, as one step. Where there is no room for
/// both forms at once it goes without what the server can give again and nobody needs at a door.
async fn seal_all(inner: &impl LocalStore, held: &Held) -> Result<(), StoreError> {
    let mut whole = Batch {
        expected: Some(Expected {
            table: Table::Meta,
            key: SEAL.to_owned(),
            value: None,
        }),
        ..Batch::default()
    };
    whole.put(Table::Meta, SEAL, held.seal_json.clone());
    let mut short = whole.clone();
    let mut is_short = false;
    for table in Table::ALL {
        for (key, text) in inner.scan(table).await? {
            if cipher::is_sealed(&text) {
                // By keys that are gone: a draft that was written into a store as it was thrown away.
                if table.is_copy() || table == Table::Drafts {
                    whole.delete(table, key.clone());
                    short.delete(table, key);
                    continue;
                }
                return Err(touched(table, &key));
            }
            let sealed = held.seal_text(table, &key, &text)?;
            if matches!(table, Table::Orders | Table::Entries | Table::Disputes) {
                is_short = true;
                short.delete(table, key.clone());
            } else {
                short.put(table, key.clone(), sealed.clone());
            }
            whole.put(table, key, sealed);
        }
    }
    match inner.commit(whole).await {
        Err(StoreError::Full) if is_short => {
            ask_again(&mut short);
            inner.commit(short).await
        }
        outcome => outcome,
    }
}

/// Leaves something among the documents that nobody can open: who finds it asks for everything again,
/// and takes it away when everything is there.
fn ask_again(batch: &mut Batch) {
    batch.put(Table::Documents, "again", "");
}

fn is_seal(table: Table, key: &str) -> bool {
    table == Table::Meta && key == SEAL
}

fn purpose(whose: &str, what: &str) -> String {
    [whose, "/", what].concat()
}

fn touched(table: Table, key: &str) -> StoreError {
    StoreError::Unreadable {
        table: table.as_str(),
        key: key.to_owned(),
        detail: "it was sealed elsewhere, or changed since".to_owned(),
    }
}

fn json(seal: &Seal) -> String {
    serde_json::to_string(seal).unwrap_or_default()
}
