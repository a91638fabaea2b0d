//! The keys of a phone in its browser: WebCrypto keys that no script can read, only use. They lie in
//! the database whose records they open, and share its fate.

use super::cipher::{Secret, decoded, encoded};
use super::keys::PhoneKeys;
use crate::browser::{call, call_and_wait, exists, get, global, name_of, object};
use crate::store::{IndexedDb, StoreError};
use js_sys::{Array, Uint8Array};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// What AES-GCM wants beside its key, in bytes.
const IV_BYTES: usize = 12;

/// See the module. Each key is a pair: one that wraps, one that mixes something of this phone into a PIN.
#[derive(Clone)]
pub struct BrowserKeys {
    database: IndexedDb,
    held: Rc<RefCell<BTreeMap<String, JsValue>>>,
}

impl BrowserKeys {
    /// Those that lie in that database.
    pub fn new(database: &IndexedDb) -> Self {
        Self {
            database: database.clone(),
            held: Rc::default(),
        }
    }

    async fn pair(&self, name: &str) -> Result<Option<JsValue>, StoreError> {
        let held = self.held.borrow().get(name).cloned();
        if held.is_some() {
            return Ok(held);
        }
        let stored = self.database.key(name).await?;
        if !exists(&stored) {
            return Ok(None);
        }
        self.held
            .borrow_mut()
            .insert(name.to_owned(), stored.clone());
        Ok(Some(stored))
    }

    async fn made(&self) -> Result<JsValue, StoreError> {
        let wrapping = object(&[("name", "AES-GCM".into()), ("length", 256.into())]);
        let mixing = object(&[("name", "HMAC".into()), ("hash", "SHA-256".into())]);
        let make = async |algorithm: JsValue, uses: &[&str]| {
            let uses: Array = uses.iter().map(|name| JsValue::from_str(name)).collect();
            asked("generateKey", &[algorithm, false.into(), uses.into()]).await
        };
        Ok(object(&[
            ("wrap", make(wrapping, &["encrypt", "decrypt"]).await?),
            ("mix", make(mixing, &["sign"]).await?),
        ]))
    }
}

impl PhoneKeys for BrowserKeys {
    async fn keep(&self, name: &str) -> Result<(), StoreError> {
        let pair = match self.pair(name).await? {
            Some(pair) => pair,
            None => self.made().await?,
        };
        self.database.keep_key(name, &pair).await?;
        self.held.borrow_mut().insert(name.to_owned(), pair);
        Ok(())
    }

    async fn wrap(&self, name: &str, purpose: &str, secret: &str) -> Result<String, StoreError> {
        let pair = self.pair(name).await?.ok_or_else(no_key)?;
        let random = self.random()?;
        let iv = &random[..IV_BYTES];
        let wrapped = asked(
            "encrypt",
            &[
                sealing(iv, purpose),
                get(&pair, "wrap"),
                bytes(secret.as_bytes()),
            ],
        )
        .await?;
        let wrapped = Uint8Array::new(&wrapped).to_vec();
        Ok(encoded(&[iv, &wrapped].concat()))
    }

    async fn unwrap(
        &self,
        name: &str,
        purpose: &str,
        wrapped: &str,
    ) -> Result<Option<String>, StoreError> {
        let (Some(pair), Some(wrapped)) = (self.pair(name).await?, decoded(wrapped)) else {
            return Ok(None);
        };
        let Some((iv, wrapped)) = wrapped.split_at_checked(IV_BYTES) else {
            return Ok(None);
        };
        let arguments = [sealing(iv, purpose), get(&pair, "wrap"), bytes(wrapped)];
        match call_and_wait(&subtle(), "decrypt", &arguments).await {
            Ok(secret) => Ok(String::from_utf8(Uint8Array::new(&secret).to_vec()).ok()),
            // What does not fit has this name, and this one only.
            Err(error) if name_of(&error) == "OperationError" => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn stretch(
        &self,
        name: &str,
        pin: &str,
        salt: &Secret,
        rounds: u32,
    ) -> Result<Secret, StoreError> {
        let pair = self.pair(name).await?.ok_or_else(no_key)?;
        let uses: JsValue = Array::of1(&"deriveBits".into()).into();
        let raw = [
            "raw".into(),
            bytes(pin.as_bytes()),
            "PBKDF2".into(),
            false.into(),
            uses,
        ];
        let key = asked("importKey", &raw).await?;
        let slow = object(&[
            ("name", "PBKDF2".into()),
            ("hash", "SHA-256".into()),
            ("salt", bytes(salt)),
            ("iterations", rounds.into()),
        ]);
        let stretched = asked("deriveBits", &[slow, key, 256.into()]).await?;
        let mixed = asked("sign", &["HMAC".into(), get(&pair, "mix"), stretched]).await?;
        Uint8Array::new(&mixed)
            .to_vec()
            .try_into()
            .map_err(|_| no_key())
    }

    fn random(&self) -> Result<Secret, StoreError> {
        let drawn = Uint8Array::new_with_length(32);
        call(
            &global("crypto"),
            "getRandomValues",
            &[drawn.clone().into()],
        )
        .map_err(|error| failed(&error))?;
        let mut random = [0; 32];
        drawn.copy_to(&mut random);
        Ok(random)
    }
}

/// There is none on a page that did not come by a safe way.
fn subtle() -> JsValue {
    get(&global("crypto"), "subtle")
}

async fn asked(method: &str, arguments: &[JsValue]) -> Result<JsValue, StoreError> {
    call_and_wait(&subtle(), method, arguments)
        .await
        .map_err(|error| failed(&error))
}

fn sealing(iv: &[u8], purpose: &str) -> JsValue {
    object(&[
        ("name", "AES-GCM".into()),
        ("iv", bytes(iv)),
        ("additionalData", bytes(purpose.as_bytes())),
    ])
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

fn no_key() -> StoreError {
    StoreError::Unavailable {
        detail: "the phone's key is gone".to_owned(),
    }
}

fn failed(error: &JsValue) -> StoreError {
    let message = get(error, "message").as_string().unwrap_or_default();
    StoreError::Unavailable {
        detail: format!("the browser's keys: {}: {message}", name_of(error)),
    }
}
