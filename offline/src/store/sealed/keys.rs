//! What wraps the keys of records: something that never leaves the phone.

use super::cipher::{RecordKey, Secret, keyed_hash};
use crate::store::StoreError;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Keys that this phone can use and nobody can read. On a phone they are the browser's
/// (`BrowserKeys`); natively they are [`MemoryKeys`].
#[allow(async_fn_in_trait, reason = "a device lives on one thread")]
pub trait PhoneKeys {
    /// Makes the key of that name where there is none, and puts it back where it was thrown away.
    /// Over only when it is durable.
    async fn keep(&self, name: &str) -> Result<(), StoreError>;
    /// The secret, wrapped by the key of that name for that purpose.
    async fn wrap(&self, name: &str, purpose: &str, secret: &str) -> Result<String, StoreError>;
    /// The secret that was wrapped; nothing when it was wrapped by another key, for something else, or
    /// was changed since.
    async fn unwrap(
        &self,
        name: &str,
        purpose: &str,
        wrapped: &str,
    ) -> Result<Option<String>, StoreError>;
    /// A key made of a PIN, slowly, with something that only this phone has.
    async fn stretch(
        &self,
        name: &str,
        pin: &str,
        salt: &Secret,
        rounds: u32,
    ) -> Result<Secret, StoreError>;
    /// Random bytes.
    fn random(&self) -> Result<Secret, StoreError>;
}

/// Keys in memory, for tests and simulators. Clones share them, as two tabs share a browser. Their
/// randomness is a counter, so that a test finds the same again.
#[derive(Clone, Default)]
pub struct MemoryKeys {
    shared: Rc<RefCell<BTreeMap<String, Secret>>>,
    drawn: Rc<Cell<u64>>,
    /// Tells the keys of one phone from those of another.
    phone: u64,
}

impl MemoryKeys {
    /// Those of a phone.
    pub fn of_phone(phone: u64) -> Self {
        Self {
            phone,
            ..Self::default()
        }
    }

    /// Throws all of them away, as a browser may.
    pub fn clear(&self) {
        self.shared.borrow_mut().clear();
    }

    fn key(&self, name: &str) -> Secret {
        keyed_hash(&[7; 32], &[&self.phone.to_le_bytes(), name.as_bytes()])
    }

    fn kept(&self, name: &str) -> Result<Secret, StoreError> {
        let shared = self.shared.borrow();
        shared
            .get(name)
            .copied()
            .ok_or_else(|| StoreError::Unavailable {
                detail: "no such key".to_owned(),
            })
    }
}

impl PhoneKeys for MemoryKeys {
    async fn keep(&self, name: &str) -> Result<(), StoreError> {
        let key = self.key(name);
        self.shared.borrow_mut().insert(name.to_owned(), key);
        Ok(())
    }

    async fn wrap(&self, name: &str, purpose: &str, secret: &str) -> Result<String, StoreError> {
        let key = RecordKey::new(&self.kept(name)?);
        Ok(key.seal("key", purpose, secret))
    }

    async fn unwrap(
        &self,
        name: &str,
        purpose: &str,
        wrapped: &str,
    ) -> Result<Option<String>, StoreError> {
        let Ok(key) = self.kept(name) else {
            return Ok(None);
        };
        Ok(RecordKey::new(&key).open("key", purpose, wrapped))
    }

    async fn stretch(
        &self,
        name: &str,
        pin: &str,
        salt: &Secret,
        rounds: u32,
    ) -> Result<Secret, StoreError> {
        let parts = [pin.as_bytes(), salt, &rounds.to_le_bytes()];
        Ok(keyed_hash(&self.kept(name)?, &parts))
    }

    fn random(&self) -> Result<Secret, StoreError> {
        self.drawn.set(self.drawn.get() + 1);
        let parts: [&[u8]; 2] = [&self.phone.to_le_bytes(), &self.drawn.get().to_le_bytes()];
        Ok(keyed_hash(&[9; 32], &parts))
    }
}
