//! One record, sealed: ChaCha20-Poly1305 (RFC 8439).
//!
//! A record is bound to its table and its key, so that none can be put in another's place. Its nonce is
//! a keyed hash of all three: the same text sealed twice under one key is the same, which tells whoever
//! reads the disk nothing but that, needs no randomness, and lets a store compare what it expects with
//! what lies there without opening it.

use base64ct::{Base64Unpadded, Encoding};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A key: 256 random bits.
pub type Secret = [u8; 32];

/// How a sealed text begins. No plain record does: those are JSON.
const MARK: char = '~';
const NONCE_BYTES: usize = 12;

/// What seals and opens records.
#[derive(Clone)]
pub struct RecordKey {
    cipher: ChaCha20Poly1305,
    nonces: Hmac<Sha256>,
}

impl RecordKey {
    /// The one made of that secret.
    pub fn new(secret: &Secret) -> Self {
        Self {
            cipher: ChaCha20Poly1305::new(&derived(secret, b"records").into()),
            nonces: hmac(&derived(secret, b"nonces")),
        }
    }

    /// The text, sealed for its place.
    pub fn seal(&self, table: &str, key: &str, text: &str) -> String {
        let place = place(table, key);
        let nonce = self.nonce(&place, text);
        let payload = Payload {
            msg: text.as_bytes(),
            aad: place.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), payload)
            .expect("only texts above 256 GB cannot be sealed");
        let mut written = String::from(MARK);
        written.push_str(&encoded(&[&nonce[..], &sealed].concat()));
        written
    }

    /// The text of a sealed one; nothing when it was not sealed by this key for this place, or was
    /// changed since.
    pub fn open(&self, table: &str, key: &str, sealed: &str) -> Option<String> {
        let bytes = decoded(sealed.strip_prefix(MARK)?)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let place = place(table, key);
        let payload = Payload {
            msg: sealed,
            aad: place.as_bytes(),
        };
        let text = self.cipher.decrypt(&Nonce::from(*nonce), payload).ok()?;
        String::from_utf8(text).ok()
    }

    fn nonce(&self, place: &str, text: &str) -> [u8; NONCE_BYTES] {
        let mut hash = self.nonces.clone();
        // With its length before it, a place cannot run into the text.
        hash.update(&(place.len() as u64).to_le_bytes());
        hash.update(place.as_bytes());
        hash.update(text.as_bytes());
        let hash: Secret = hash.finalize().into_bytes().into();
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&hash[..NONCE_BYTES]);
        nonce
    }
}

/// Whether a text looks sealed.
pub fn is_sealed(text: &str) -> bool {
    text.starts_with(MARK)
}

/// A keyed hash.
pub fn keyed_hash(secret: &Secret, parts: &[&[u8]]) -> Secret {
    let mut hash = hmac(secret);
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into_bytes().into()
}

/// Bytes as a text.
pub fn encoded(bytes: &[u8]) -> String {
    Base64Unpadded::encode_string(bytes)
}

/// The bytes of such a text.
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    Base64Unpadded::decode_vec(text).ok()
}

fn derived(secret: &Secret, purpose: &[u8]) -> Secret {
    keyed_hash(secret, &[purpose])
}

fn hmac(secret: &Secret) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).expect("a key of any length")
}

/// No table's name has a stroke in it.
fn place(table: &str, key: &str) -> String {
    [table, "/", key].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_place_and_nowhere_else(
            secret: [u8; 32], other: [u8; 32], table in "[a-z]{1,8}", key in ".{0,12}", text in ".{0,200}",
        ) {
            prop_assume!(secret != other);
            let own = RecordKey::new(&secret);
            let sealed = own.seal(&table, &key, &text);
            prop_assert_eq!(own.open(&table, &key, &sealed), Some(text.clone()));
            prop_assert_eq!(own.open(&table, &format!("{key}0"), &sealed), None);
            prop_assert_eq!(own.open("other-table", &key, &sealed), None);
            prop_assert_eq!(RecordKey::new(&other).open(&table, &key, &sealed), None);
            prop_assert_eq!(own.open(&table, &key, &text), None, "a plain text is none");
        }

        #[test]
        fn a_changed_letter_opens_nothing(secret: [u8; 32], text in ".{0,80}", at: prop::sample::Index, turn in 1..63_u8) {
            const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let own = RecordKey::new(&secret);
            let mut sealed = own.seal("orders", "1", &text).into_bytes();
            let at = 1 + at.index(sealed.len() - 1);
            let letter = LETTERS.iter().position(|letter| *letter == sealed[at]).expect("a letter");
            sealed[at] = LETTERS[(letter + usize::from(turn)) % 64];
            let changed = String::from_utf8(sealed).expect("letters");
            prop_assert_eq!(own.open("orders", "1", &changed), None);
        }

        #[test]
        fn no_nonce_serves_two_texts(secret: [u8; 32], one in ".{0,40}", other in ".{0,40}") {
            prop_assume!(one != other);
            let own = RecordKey::new(&secret);
            let nonce = |text: &str| own.nonce("orders/1", text);
            prop_assert_ne!(nonce(&one), nonce(&other));
            prop_assert_ne!(own.nonce("orders/1", &one), own.nonce("orders/2", &one));
        }
    }
}
