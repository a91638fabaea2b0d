//! The code people say to each other about an order: six characters without look-alikes.
//!
//! It is a name, never a key: public links carry 128 random bits of their own.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Digits and capitals without 0/O, 1/I/L.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// Six characters of [`ALPHABET`], shown as `K7M-2QD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpokenCode([u8; 6]);

impl SpokenCode {
    /// Makes a code from randomness given by the caller (about 29.7 bits of it are used).
    pub fn from_random(mut random: u64) -> Self {
        let mut letters = [0; 6];
        for letter in &mut letters {
            *letter = ALPHABET[(random % 31) as usize];
            random /= 31;
        }
        Self(letters)
    }

    /// Whether a code may be written with this character, be it small or a capital.
    pub fn allows(letter: char) -> bool {
        u8::try_from(letter).is_ok_and(|letter| ALPHABET.contains(&letter.to_ascii_uppercase()))
    }

    /// The six characters without the dash: what is stored and searched.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for SpokenCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = self.as_str().split_at(3);
        write!(out, "{first}-{last}")
    }
}

impl fmt::Debug for SpokenCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// A text that is not a spoken code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an order code")]
pub struct NotACode;

impl FromStr for SpokenCode {
    type Err = NotACode;
    /// Accepts lower case, spaces and dashes.
    fn from_str(text: &str) -> Result<Self, NotACode> {
        let letters: Vec<u8> = text
            .bytes()
            .filter(|b| !matches!(b, b'-' | b' '))
            .map(|b| b.to_ascii_uppercase())
            .collect();
        let letters: [u8; 6] = letters.try_into().map_err(|_| NotACode)?;
        if letters.iter().all(|letter| ALPHABET.contains(letter)) {
            Ok(Self(letters))
        } else {
            Err(NotACode)
        }
    }
}

impl Serialize for SpokenCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SpokenCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_code_read_aloud_and_typed_is_the_same_code(random in any::<u64>()) {
            let code = SpokenCode::from_random(random);
            prop_assert_eq!(code.to_string().to_lowercase().parse(), Ok(code));
            prop_assert!(!code.as_str().contains(['0', 'O', '1', 'I', 'L']));
        }
    }
}
