//! Bank account numbers (RIB): 24 digits = bank 3, city 3, account 16, key 2.

use serde::{Deserialize, Deserializer, Serialize};
use std::str::FromStr;

/// A Moroccan bank account number whose key has been checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Rib(String);

/// Why a text is not a bank account number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RibError {
    /// Not 24 digits.
    #[error("a bank account number has 24 digits")]
    NotTwentyFourDigits,
    /// The last two digits do not fit the others.
    #[error("the key of the bank account number does not fit")]
    WrongKey,
}

impl Rib {
    /// The 24 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Rib {
    type Err = RibError;
    fn from_str(text: &str) -> Result<Self, RibError> {
        let digits: String = text
            .chars()
            .filter(|letter| !matches!(letter, ' ' | '\u{a0}' | '-' | '.'))
            .collect();
        if digits.len() != 24 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(RibError::NotTwentyFourDigits);
        }
        let remainder = digits[..22]
            .bytes()
            .chain(*b"00")
            .fold(0u32, |rest, digit| {
                (rest * 10 + u32::from(digit - b'0')) % 97
            });
        // 97 − remainder lies in 01 to 97, so the keys 00, 98 and 99 are refused even where they fit modulo 97.
        if digits[22..].parse() == Ok(97 - remainder) {
            Ok(Self(digits))
        } else {
            Err(RibError::WrongKey)
        }
    }
}

impl<'de> Deserialize<'de> for Rib {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_account_passes_and_its_neighbours_do_not() {
        assert!("011 519 0000012050005349 21".parse::<Rib>().is_ok());
        for key in (0..=99).filter(|key| *key != 21) {
            assert_eq!(
                format!("0115190000012050005349{key:02}").parse::<Rib>(),
                Err(RibError::WrongKey)
            );
        }
        assert_eq!(
            "01151900000120500053492".parse::<Rib>(),
            Err(RibError::NotTwentyFourDigits)
        );
    }

    #[test]
    fn keys_00_98_and_99_are_refused_even_where_the_remainder_fits() {
        for account in 0..2_000u64 {
            for key in ["00", "98", "99"] {
                assert_eq!(
                    format!("{:022}{key}", 11_519_000_000_000_000_000u64 + account).parse::<Rib>(),
                    Err(RibError::WrongKey)
                );
            }
        }
    }
}
