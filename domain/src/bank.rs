//! Bank account numbers (RIB): 24 digits = bank 3, city 3, account 16, key 2.
//!
//! The key makes the whole number a multiple of 97. As 97 is prime and no power of ten below the 96th is
//! 1 modulo 97, one wrong digit is always found, and so are two digits that changed places, wherever they
//! stand. Two wrong digits at once, or a pair of digits moved, pass once in 97: a key that fits says that a
//! number was typed well, never whose account it is.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;

/// A Moroccan bank account number whose key has been checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Rib(String);

/// Why a text is not a bank account number. It does not tell which key would fit: whoever mistyped the
/// account must look at the paper again, not mend the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RibError {
    /// Something stands in it that is no digit.
    #[error("a bank account number has digits only, not {0:?}")]
    NotADigit(char),
    /// Too few digits, or too many.
    #[error("a bank account number has 24 digits, not {0}")]
    NotTwentyFourDigits(usize),
    /// The last two digits do not fit the others.
    #[error("the key of the bank account number does not fit: a digit is wrong")]
    WrongKey,
}

impl Rib {
    /// The 24 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its bank and its last digits, for lists: enough to tell one's own account, not to pay into it.
    pub fn masked(&self) -> String {
        format!("{}\u{a0}…\u{a0}{}", &self.0[..3], &self.0[20..])
    }
}

impl FromStr for Rib {
    type Err = RibError;
    /// Accepts the digits with any spaces, dots and dashes, in Latin or Arabic digits.
    fn from_str(text: &str) -> Result<Self, RibError> {
        let mut digits = String::with_capacity(24);
        for letter in text.trim().chars() {
            match letter {
                '0'..='9' => digits.push(letter),
                '٠'..='٩' => digits.push(char::from(b'0' + (letter as u32 - '٠' as u32) as u8)),
                ' ' | '.' | '-' | '/' | '\u{a0}' | '\u{202f}' | '\u{200e}' | '\u{200f}'
                | '\u{202a}' | '\u{202c}' => {}
                other => return Err(RibError::NotADigit(other)),
            }
        }
        if digits.len() != 24 {
            return Err(RibError::NotTwentyFourDigits(digits.len()));
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

/// The number as banks print it: `011 519 0000012050005349 21`, with no-break spaces.
impl fmt::Display for Rib {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}\u{a0}{}\u{a0}{}\u{a0}{}",
            &self.0[..3],
            &self.0[3..6],
            &self.0[6..22],
            &self.0[22..]
        )
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
    use proptest::prelude::*;

    /// Any account, with the key that belongs to it.
    fn any_rib() -> impl Strategy<Value = String> {
        prop::collection::vec(0u8..10, 22).prop_map(|digits| {
            let account: String = digits
                .iter()
                .map(|digit| char::from(b'0' + digit))
                .collect();
            let whole: u128 = account.parse().expect("digits");
            format!("{account}{:02}", 97 - whole * 100 % 97)
        })
    }

    fn with_digit(number: &str, at: usize, digit: u8) -> String {
        let mut digits = number.as_bytes().to_vec();
        digits[at] = b'0' + digit;
        String::from_utf8(digits).expect("digits")
    }

    proptest! {
        #[test]
        fn a_number_with_its_key_is_taken_and_shown_as_it_can_be_typed_back(number in any_rib()) {
            let rib: Rib = number.parse().expect("the key fits");
            prop_assert_eq!(rib.as_str(), &number);
            prop_assert_eq!(rib.to_string().parse::<Rib>(), Ok(rib));
        }

        #[test]
        fn one_wrong_digit_is_always_found(number in any_rib(), at in 0usize..24, digit in 0u8..10) {
            let mistyped = with_digit(&number, at, digit);
            prop_assume!(mistyped != number);
            prop_assert_eq!(mistyped.parse::<Rib>(), Err(RibError::WrongKey));
        }

        #[test]
        fn two_digits_that_changed_places_are_always_found(number in any_rib(), first in 0usize..24, second in 0usize..24) {
            let digits = number.as_bytes();
            let mistyped = with_digit(&with_digit(&number, first, digits[second] - b'0'), second, digits[first] - b'0');
            prop_assume!(mistyped != number);
            prop_assert_eq!(mistyped.parse::<Rib>(), Err(RibError::WrongKey));
        }

        #[test]
        fn no_text_makes_it_stumble(text in any::<String>()) {
            let _ = text.parse::<Rib>();
        }
    }

    #[test]
    fn two_neighbours_that_changed_places_are_found_in_every_pair() {
        // Not left to chance: each place, each pair of digits.
        for at in 0..23 {
            for (left, right) in
                (0..10u8).flat_map(|left| (0..10u8).map(move |right| (left, right)))
            {
                let number = with_digit(&with_digit(&"0".repeat(24), at, left), at + 1, right);
                let swapped = with_digit(&with_digit(&"0".repeat(24), at, right), at + 1, left);
                let rest = |digits: &str| digits.parse::<u128>().expect("digits") % 97;
                assert_eq!(rest(&number) == rest(&swapped), left == right, "{number}");
            }
        }
    }

    #[test]
    fn every_way_of_writing_a_number_is_one_number() {
        for text in [
            "011519000001205000534921",
            " 011 519 0000012050005349 21 ",
            "011-519-0000012050005349-21",
            "011.519.0000012050005349/21",
            "011\u{a0}519\u{202f}0000012050005349 21",
            "\u{200e}٠١١ ٥١٩ ٠٠٠٠٠١٢٠٥٠٠٠٥٣٤٩ ٢١",
        ] {
            assert_eq!(
                text.parse::<Rib>().map(|rib| rib.0),
                Ok("011519000001205000534921".to_owned()),
                "{text}"
            );
        }
        assert_eq!(
            "011519000001205000534921"
                .parse::<Rib>()
                .expect("valid")
                .to_string(),
            "011\u{a0}519\u{a0}0000012050005349\u{a0}21"
        );
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let refusal = |text: &str| text.parse::<Rib>().expect_err("not a number");
        assert_eq!(refusal(""), RibError::NotTwentyFourDigits(0));
        assert_eq!(
            refusal("01151900000120500053492"),
            RibError::NotTwentyFourDigits(23)
        );
        assert_eq!(
            refusal("0115190000012050005349210"),
            RibError::NotTwentyFourDigits(25)
        );
        assert_eq!(
            refusal("O11519000001205000534921"),
            RibError::NotADigit('O')
        );
        assert_eq!(
            refusal("MA64011519000001205000534921"),
            RibError::NotADigit('M')
        );
    }

    #[test]
    fn a_known_account_passes_and_its_neighbours_do_not() {
        assert!("011 519 0000012050005349 21".parse::<Rib>().is_ok());
        for key in (0..=99).filter(|key| *key != 21) {
            assert_eq!(
                format!("0115190000012050005349{key:02}").parse::<Rib>(),
                Err(RibError::WrongKey)
            );
        }
    }

    #[test]
    fn keys_00_98_and_99_are_refused_even_where_the_remainder_fits() {
        let mut fitting = 0;
        for account in 0..2_000u64 {
            for key in ["00", "98", "99"] {
                let number = format!("{:022}{key}", 11_519_000_000_000_000_000u64 + account);
                fitting += u32::from(number.parse::<u128>().expect("digits") % 97 == 0);
                assert_eq!(number.parse::<Rib>(), Err(RibError::WrongKey));
            }
        }
        assert!(fitting > 30, "the loop must meet remainders that fit");
    }
}
