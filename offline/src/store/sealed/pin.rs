//! The PIN of a store: set, tried, taken away, forgotten.
//!
//! A try is counted for good before it is made, so that no battery that falls out and no page that is
//! loaded again gives one back. What a wrong one costs is time, longer each time, and nothing else: what
//! only this phone has never depends on a PIN.

use super::cipher::{RecordKey, Secret, decoded, encoded};
use super::{ATTEMPTS_MAX, COPIES, PhoneKeys, Seal, Sealed, ask_again, json, purpose, touched};
use crate::store::{Batch, LocalStore, StoreError, Table};
use serde::{Deserialize, Serialize};
use taswiq_domain::limits::{PIN_FREE_TRIES, PIN_STRETCH_ROUNDS, PIN_WAITS_MS};
use taswiq_domain::pin::Pin;
use taswiq_domain::time::Timestamp;

/// Where the name of the owner is sealed: in no table.
const LOCK: &str = "lock";
const OWNER: &str = "owner";

/// What a PIN is tried with, and how often it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lock {
    salt: String,
    rounds: u32,
    /// What to greet its owner by, sealed by the key of acts.
    owner: String,
    /// Tries since it was last right.
    tries: u32,
    /// When the last of them was made, by the phone's clock.
    tried_at: Timestamp,
    /// Whether its owner has said that it is forgotten, and the server has ended the session they had: a
    /// session from then on was got with the password.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_forgotten: bool,
}

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlocking {
    /// It was right: the store is open.
    Open,
    /// It was wrong.
    Wrong {
        /// How often it may be wrong before there is a wait; nothing when there is one now.
        tries_left: u32,
    },
    /// It was not tried: this has to be waited for first, in milliseconds.
    Wait {
        /// So long.
        ms: i64,
    },
}

impl Lock {
    /// How long the next try has to wait, in milliseconds.
    fn wait_ms(&self, now: Timestamp) -> i64 {
        let wait = wait_after(self.tries);
        let passed = now.0.saturating_sub(self.tried_at.0);
        // A clock that was set back has let nothing pass.
        if passed < 0 {
            wait
        } else {
            (wait - passed).max(0)
        }
    }
}

/// How long to wait after so many wrong tries, in milliseconds.
fn wait_after(tries: u32) -> i64 {
    match tries.checked_sub(PIN_FREE_TRIES) {
        None => 0,
        Some(beyond) => {
            let last = PIN_WAITS_MS.len() - 1;
            PIN_WAITS_MS[(beyond as usize).min(last)]
        }
    }
}

impl<S: LocalStore, K: PhoneKeys> Sealed<S, K> {
    /// Whether it has a PIN.
    pub fn has_pin(&self) -> bool {
        self.held.borrow().seal.pin.is_some()
    }

    /// Whether it has one by now, should another tab have set or taken it.
    ///
    /// # Errors
    /// The store's.
    pub async fn has_pin_now(&self) -> Result<bool, StoreError> {
        self.look_again().await?;
        Ok(self.has_pin())
    }

    /// What was kept to greet the owner by when the PIN was set.
    pub fn owner(&self) -> Option<String> {
        let held = self.held.borrow();
        let lock = held.seal.pin.as_ref()?;
        held.acts.open(LOCK, OWNER, &lock.owner)
    }

    /// Whether the PIN was said to be forgotten.
    pub fn is_pin_forgotten(&self) -> bool {
        let held = self.held.borrow();
        held.seal.pin.as_ref().is_some_and(|lock| lock.is_forgotten)
    }

    /// How long the next try has to wait, in milliseconds. Where the clock was set back the wait begins
    /// again by the clock as it is now.
    ///
    /// # Errors
    /// The store's.
    pub async fn wait_ms(&self, now: Timestamp) -> Result<i64, StoreError> {
        self.look_again().await?;
        let mut wait = 0;
        self.change_lock(|lock| {
            wait = lock.wait_ms(now);
            let was_set_back = wait > 0 && now < lock.tried_at;
            if was_set_back {
                lock.tried_at = now;
            }
            was_set_back
        })
        .await?;
        Ok(wait)
    }

    /// Tries a PIN. It is counted before it is tried.
    ///
    /// # Errors
    /// The store's.
    pub async fn unlock(&self, pin: &str, now: Timestamp) -> Result<Unlocking, StoreError> {
        self.look_again().await?;
        let mut wait = 0;
        self.change_lock(|lock| {
            wait = lock.wait_ms(now);
            if wait == 0 {
                lock.tries = lock.tries.saturating_add(1);
            }
            // By a clock that was set back the wait begins again.
            let is_changed = wait == 0 || now < lock.tried_at;
            if is_changed {
                lock.tried_at = now;
            }
            is_changed
        })
        .await?;
        if wait > 0 {
            return Ok(Unlocking::Wait { ms: wait });
        }
        let seal = self.held.borrow().seal.clone();
        let Some(lock) = &seal.pin else {
            return Ok(Unlocking::Open);
        };
        let Some(copies) = self.copies_by(&seal, lock, pin).await? else {
            let tries_left = PIN_FREE_TRIES.saturating_sub(lock.tries);
            return Ok(Unlocking::Wrong { tries_left });
        };
        self.change_lock(|lock| {
            lock.tries = 0;
            lock.is_forgotten = false;
            true
        })
        .await?;
        let mut held = self.held.borrow_mut();
        if held.seal.copies_number == seal.copies_number {
            held.copies = Some((copies, RecordKey::new(&copies)));
        }
        Ok(Unlocking::Open)
    }

    /// Sets a PIN, in the place of one there may have been. `owner` is what to greet by while it is
    /// locked. Only what is open can be given a PIN.
    ///
    /// # Errors
    /// The store's; [`StoreError::Locked`].
    pub async fn set_pin(&self, pin: &Pin, owner: &str) -> Result<(), StoreError> {
        let salt = self.phone.random()?;
        for _ in 0..ATTEMPTS_MAX {
            let (mut seal, copies, owner) = {
                let held = self.held.borrow();
                let (copies, _) = held.copies.as_ref().ok_or(StoreError::Locked)?;
                let owner = held.acts.seal(LOCK, OWNER, owner);
                (held.seal.clone(), encoded(copies), owner)
            };
            let name = &seal.phone_key;
            let by_pin = self
                .phone
                .stretch(name, pin.digits(), &salt, PIN_STRETCH_ROUNDS)
                .await?;
            let inner = RecordKey::new(&by_pin).seal(LOCK, COPIES, &copies);
            let for_copies = purpose(&self.whose, COPIES);
            seal.copies = self.phone.wrap(name, &for_copies, &inner).await?;
            seal.pin = Some(Lock {
                salt: encoded(&salt),
                rounds: PIN_STRETCH_ROUNDS,
                owner,
                tries: 0,
                tried_at: Timestamp(0),
                is_forgotten: false,
            });
            if self.store_seal(seal, Batch::default()).await? {
                return Ok(());
            }
        }
        Err(StoreError::Conflict)
    }

    /// Takes the PIN away. Only what is open can go without.
    ///
    /// # Errors
    /// The store's; [`StoreError::Locked`].
    pub async fn remove_pin(&self) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let (mut seal, copies) = {
                let held = self.held.borrow();
                let (copies, _) = held.copies.as_ref().ok_or(StoreError::Locked)?;
                (held.seal.clone(), encoded(copies))
            };
            let for_copies = purpose(&self.whose, COPIES);
            seal.copies = self
                .phone
                .wrap(&seal.phone_key, &for_copies, &copies)
                .await?;
            seal.pin = None;
            if self.store_seal(seal, Batch::default()).await? {
                return Ok(());
            }
        }
        Err(StoreError::Conflict)
    }

    /// Notes that the PIN is forgotten. To be called once the server has ended the session that the phone
    /// had: whoever has one after that has shown the password.
    ///
    /// # Errors
    /// The store's.
    pub async fn note_pin_forgotten(&self) -> Result<(), StoreError> {
        self.change_lock(|lock| !std::mem::replace(&mut lock.is_forgotten, true))
            .await
    }

    /// Throws away all copies, and with them the PIN that nobody knows any more: from here on there are
    /// fresh ones under a fresh key. What only this phone has stays as it is, and the device asks for
    /// everything else again.
    ///
    /// # Errors
    /// The store's.
    pub async fn begin_afresh(&self) -> Result<(), StoreError> {
        self.replace_copies(false).await
    }

    /// Throws away all copies with their key. Where there is a PIN and it `stays`, nothing comes in their
    /// place: only who has shown the password begins afresh.
    pub(super) async fn replace_copies(&self, stays: bool) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let mut batch = Batch::default();
            for table in Table::ALL.into_iter().filter(|table| table.is_copy()) {
                for (key, _) in self.inner.scan(table).await? {
                    batch.delete(table, key);
                }
            }
            ask_again(&mut batch);
            let copies = self.phone.random()?;
            let mut seal = self.held.borrow().seal.clone();
            let for_copies = purpose(&self.whose, COPIES);
            seal.copies = self
                .phone
                .wrap(&seal.phone_key, &for_copies, &encoded(&copies))
                .await?;
            seal.copies_number += 1;
            if !stays {
                seal.pin = None;
            }
            let is_open = seal.pin.is_none();
            if self.store_seal(seal, batch).await? {
                let fresh = is_open.then(|| (copies, RecordKey::new(&copies)));
                self.held.borrow_mut().copies = fresh;
                return Ok(());
            }
        }
        Err(StoreError::Conflict)
    }

    /// Lets go of what the PIN opens. Nothing happens without one.
    pub fn lock(&self) {
        let mut held = self.held.borrow_mut();
        if held.seal.pin.is_some() {
            held.copies = None;
        }
    }

    /// The key of copies by that PIN; nothing when it is wrong.
    async fn copies_by(
        &self,
        seal: &Seal,
        lock: &Lock,
        pin: &str,
    ) -> Result<Option<Secret>, StoreError> {
        let broken = || touched(Table::Meta, super::SEAL);
        let salt = decoded(&lock.salt).and_then(|salt| salt.try_into().ok());
        let salt: Secret = salt.ok_or_else(broken)?;
        let name = &seal.phone_key;
        let by_pin = self.phone.stretch(name, pin, &salt, lock.rounds).await?;
        let for_copies = purpose(&self.whose, COPIES);
        let inner = self.phone.unwrap(name, &for_copies, &seal.copies).await?;
        let copies = RecordKey::new(&by_pin).open(LOCK, COPIES, &inner.ok_or_else(broken)?);
        Ok(copies.and_then(|copies| decoded(&copies)?.try_into().ok()))
    }

    /// Changes what the PIN is tried with, as it is stored now; `change` says whether there is anything to
    /// store. Nothing happens without a PIN.
    async fn change_lock(
        &self,
        mut change: impl FnMut(&mut Lock) -> bool,
    ) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let mut seal = self.held.borrow().seal.clone();
            let Some(lock) = &mut seal.pin else {
                return Ok(());
            };
            if !change(lock) || self.store_seal(seal, Batch::default()).await? {
                return Ok(());
            }
        }
        Err(StoreError::Conflict)
    }

    /// Stores the keys together with what else belongs to it. Not when another tab has changed them
    /// meanwhile: then they are looked at again.
    async fn store_seal(&self, seal: Seal, mut batch: Batch) -> Result<bool, StoreError> {
        let seal_json = json(&seal);
        batch.expected = Some(self.held.borrow().stored());
        batch.put(Table::Meta, super::SEAL, seal_json.clone());
        match self.inner.commit(batch).await {
            Ok(()) => {
                let mut held = self.held.borrow_mut();
                held.seal = seal;
                held.seal_json = seal_json;
                Ok(true)
            }
            Err(StoreError::Conflict) => {
                // A store that was thrown away has no keys to change: the next act brings them back.
                if self.look_again().await? {
                    Ok(false)
                } else {
                    Err(StoreError::Conflict)
                }
            }
            Err(error) => Err(error),
        }
    }
}
