//! The PIN that locks a phone's app.

use crate::limits::{PIN_DIGITS_MAX, PIN_DIGITS_MIN};
use std::fmt;
use std::str::FromStr;

/// Digits that their owner remembers and nobody guesses first.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

/// Why digits are no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPin {
    /// Fewer than [`PIN_DIGITS_MIN`] or more than [`PIN_DIGITS_MAX`], or something else than digits.
    #[error("not so many digits")]
    Length,
    /// All the same, or a run up or down: what is tried first.
    #[error("guessed at once")]
    TooEasy,
}

impl Pin {
    /// Its digits, in Latin script.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl FromStr for Pin {
    type Err = NotAPin;

    fn from_str(text: &str) -> Result<Self, NotAPin> {
        let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits || !(PIN_DIGITS_MIN..=PIN_DIGITS_MAX).contains(&text.len()) {
            return Err(NotAPin::Length);
        }
        let steps: Vec<i16> = text
            .as_bytes()
            .windows(2)
            .map(|pair| i16::from(pair[1]) - i16::from(pair[0]))
            .collect();
        let is_run = steps.iter().all(|step| *step == steps[0]);
        if is_run && (-1..=1).contains(&steps[0]) {
            return Err(NotAPin::TooEasy);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Pin(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_has_four_to_eight_digits_and_is_not_what_is_tried_first() {
        for good in ["2580", "90210", "13579135", "1223", "0808"] {
            assert_eq!(good.parse::<Pin>().map(|pin| pin.0), Ok(good.to_owned()));
        }
        for wrong in ["", "123", "123456789", "12a4", "١٢٣٥", "12 4", "-123"] {
            assert_eq!(wrong.parse::<Pin>(), Err(NotAPin::Length), "{wrong}");
        }
        for easy in ["0000", "99999999", "1234", "6789", "4321", "987654"] {
            assert_eq!(easy.parse::<Pin>(), Err(NotAPin::TooEasy), "{easy}");
        }
    }

    #[test]
    fn a_pin_is_never_printed() {
        let pin: Pin = "2580".parse().expect("a PIN");
        assert!(!format!("{pin:?}").contains('2'));
    }
}
