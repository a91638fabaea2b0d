//! Moroccan telephone numbers: typed in many ways, stored in one (E.164).

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;

/// A Moroccan number as `+212` and nine digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

/// A text that is not a Moroccan telephone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a Moroccan telephone number")]
pub struct NotAPhoneNumber;

impl PhoneNumber {
    /// The number as `+212612345678`.
    pub fn as_e164(&self) -> &str {
        &self.0
    }
}

impl FromStr for PhoneNumber {
    type Err = NotAPhoneNumber;
    /// Accepts `06…`, `00212…`, `+212…`, `+212(0)…` with any spaces, dots and dashes, in Latin or
    /// Arabic digits.
    fn from_str(text: &str) -> Result<Self, NotAPhoneNumber> {
        let mut digits = String::new();
        let mut international = false;
        for letter in text.trim().chars() {
            match letter {
                '0'..='9' => digits.push(letter),
                '٠'..='٩' => digits.push(char::from(b'0' + (letter as u32 - '٠' as u32) as u8)),
                '+' if digits.is_empty() && !international => international = true,
                ' ' | '.' | '-' | '/' | '(' | ')' | '\u{a0}' | '\u{202f}' | '\u{200e}'
                | '\u{200f}' | '\u{202a}' | '\u{202c}' => {}
                _ => return Err(NotAPhoneNumber),
            }
        }
        let national = if international {
            digits
                .strip_prefix("212")
                .map(|rest| rest.strip_prefix('0').unwrap_or(rest))
        } else {
            digits
                .strip_prefix("00212")
                .map(|rest| rest.strip_prefix('0').unwrap_or(rest))
                .or_else(|| digits.strip_prefix('0'))
        };
        match national {
            Some(national)
                if national.len() == 9 && matches!(national.as_bytes()[0], b'5'..=b'8') =>
            {
                Ok(Self(format!("+212{national}")))
            }
            _ => Err(NotAPhoneNumber),
        }
    }
}

/// The number as Moroccans write it: `06 12 34 56 78`, with no-break spaces.
impl fmt::Display for PhoneNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let national = &self.0[4..];
        write!(
            out,
            "0{}\u{a0}{}\u{a0}{}\u{a0}{}\u{a0}{}",
            &national[..1],
            &national[1..3],
            &national[3..5],
            &national[5..7],
            &national[7..9]
        )
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_number_is_one_number() {
        for text in [
            "0612345678",
            "06 12 34 56 78",
            "00212612345678",
            "+212612345678",
            "+212(0)612345678",
            "+212 6.12-34.56.78",
            "٠٦١٢٣٤٥٦٧٨",
        ] {
            assert_eq!(
                text.parse::<PhoneNumber>().map(|phone| phone.0),
                Ok("+212612345678".to_owned()),
                "{text}"
            );
        }
        assert_eq!(
            "0612345678"
                .parse::<PhoneNumber>()
                .expect("a number")
                .to_string()
                .replace('\u{a0}', " "),
            "06 12 34 56 78"
        );
    }

    #[test]
    fn what_is_not_a_moroccan_number_is_refused() {
        for text in [
            "",
            "612345678",
            "061234567",
            "06123456789",
            "+33612345678",
            "0112345678",
            "06x2345678",
            "++212612345678",
        ] {
            assert!(text.parse::<PhoneNumber>().is_err(), "{text}");
        }
    }
}
