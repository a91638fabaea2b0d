//! Tokens: 256 random bits given to a person once, of which only the hash is stored.

use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

/// A secret that opens a session or a link. Printed only where it is handed over.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl Token {
    /// A new one.
    ///
    /// # Panics
    /// When the operating system has no randomness: nothing secret can be made then.
    pub fn random() -> Self {
        Self(hex(&random_bytes::<32>()))
    }

    /// As it came from a cookie or a link.
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text that goes into a cookie or a link.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored of it. A hash of 256 random bits needs no salt and no stretching.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

#[expect(
    clippy::expect_used,
    reason = "a server without randomness must not go on"
)]
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// An id for what no device has made.
pub(crate) fn random_id() -> Uuid {
    uuid::Builder::from_random_bytes(random_bytes()).into_uuid()
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(…)")
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| {
            [
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]
        })
        .map(char::from)
        .collect()
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|start| u8::from_str_radix(&text[start..start + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_never_print_themselves() {
        let (one, other) = (Token::random(), Token::random());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 64);
        assert!(!format!("{one:?}").contains(one.as_str()));
        assert_eq!(unhex(&hex(&[0, 255, 16])), Some(vec![0, 255, 16]));
    }
}
