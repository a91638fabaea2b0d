//! Money in whole centimes, rates in parts per million, and the only three ways we round or split.
//!
//! Invariants: no floating point, no silent overflow, parts of a split always sum to the whole.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount in centimes of a Moroccan dirham.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Centimes(pub i64);

/// A result that does not fit 64 bits. The limits keep honest figures far from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amount is too large to be represented")]
pub struct Overflow;

impl Centimes {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Whether it is nothing.
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(Overflow)
    }

    /// The amount of `units` units at this price.
    pub fn times(self, units: u32) -> Result<Self, Overflow> {
        self.0
            .checked_mul(i64::from(units))
            .map(Self)
            .ok_or(Overflow)
    }

    /// The sum of many amounts.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, Overflow> {
        amounts.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// The part of this amount that falls on `part` of `whole` units, rounded half-up on the
    /// absolute value. Nothing when `whole` is zero.
    pub fn share(self, part: u32, whole: u32) -> Result<Self, Overflow> {
        if whole == 0 {
            return Ok(Self::ZERO);
        }
        divide_half_up(i128::from(self.0) * i128::from(part), i128::from(whole))
    }

    /// This amount at a rate, rounded half-up on the absolute value.
    pub fn at_rate(self, rate: Ppm) -> Result<Self, Overflow> {
        divide_half_up(i128::from(self.0) * i128::from(rate.0), 1_000_000)
    }

    /// The amount without the value added tax it contains, rounded half-up on the absolute value.
    pub fn without_vat(self, vat: Ppm) -> Result<Self, Overflow> {
        divide_half_up(
            i128::from(self.0) * 1_000_000,
            1_000_000 + i128::from(vat.0),
        )
    }

    /// Splits into parts proportional to `weights` by largest remainder; equal remainders go to the
    /// earlier part. The parts sum to the whole. With no positive weight the first part takes all.
    pub fn split(self, weights: &[u32]) -> Result<Vec<Self>, Overflow> {
        self.split_over(weights.iter().map(|weight| i128::from(*weight)).collect())
    }

    /// Splits as [`Centimes::split`] does, in proportion to amounts; a negative one weighs nothing.
    pub fn split_by(self, amounts: &[Self]) -> Result<Vec<Self>, Overflow> {
        let weights = amounts.iter().map(|amount| i128::from(amount.0.max(0)));
        self.split_over(weights.collect())
    }

    fn split_over(self, weights: Vec<i128>) -> Result<Vec<Self>, Overflow> {
        let total_weight: i128 = weights.iter().sum();
        if weights.is_empty() {
            return Ok(Vec::new());
        }
        if total_weight == 0 {
            let mut parts = vec![Self::ZERO; weights.len()];
            parts[0] = self;
            return Ok(parts);
        }
        let (sign, whole) = (i128::from(self.0.signum()), i128::from(self.0).abs());
        let mut parts: Vec<i128> = weights
            .iter()
            .map(|weight| whole * weight / total_weight)
            .collect();
        let left_over = whole - parts.iter().sum::<i128>();
        let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
        by_remainder.sort_by_key(|&index| {
            (
                std::cmp::Reverse(whole * weights[index] % total_weight),
                index,
            )
        });
        for &index in by_remainder.iter().take(left_over as usize) {
            parts[index] += 1;
        }
        parts
            .into_iter()
            .map(|part| i64::try_from(sign * part).map(Self).map_err(|_| Overflow))
            .collect()
    }
}

/// Divides, rounding half away from zero, so that a refund of an amount is exactly its negative.
pub(crate) fn divide_half_up(numerator: i128, denominator: i128) -> Result<Centimes, Overflow> {
    let rounded = (2 * numerator.abs() + denominator) / (2 * denominator);
    i64::try_from(numerator.signum() * rounded)
        .map(Centimes)
        .map_err(|_| Overflow)
}

/// The amount as it is shown everywhere, in every language: `1 234,50 DH`, with no-break spaces.
impl fmt::Display for Centimes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}\u{a0}DH", self.figures())
    }
}

impl Centimes {
    /// The amount without its currency: `1 234,50`. A minus sign is a true minus.
    pub fn figures(self) -> String {
        let absolute = self.0.unsigned_abs();
        let dirhams = (absolute / 100).to_string();
        let mut grouped = String::with_capacity(dirhams.len() + 8);
        if self.0 < 0 {
            grouped.push('−');
        }
        for (index, digit) in dirhams.chars().enumerate() {
            if index > 0 && (dirhams.len() - index).is_multiple_of(3) {
                grouped.push('\u{202f}');
            }
            grouped.push(digit);
        }
        grouped.push(',');
        grouped.push_str(&format!("{:02}", absolute % 100));
        grouped
    }

    /// Reads what a person types: `1 234,50`, `1234.5`, `1234 DH`, with Latin or Arabic digits.
    /// Nothing for anything else, more than two decimals included.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = String::new();
        let mut decimals: Option<usize> = None;
        let mut negative = false;
        let trimmed = text
            .trim()
            .trim_end_matches("DH")
            .trim_end_matches("د.م.")
            .trim();
        for (index, letter) in trimmed.chars().enumerate() {
            match letter {
                '-' | '−' if index == 0 => negative = true,
                '0'..='9' => digits.push(letter),
                '٠'..='٩' => digits.push(char::from(b'0' + (letter as u32 - '٠' as u32) as u8)),
                ',' | '.' | '٫' if decimals.is_none() => decimals = Some(digits.len()),
                ' ' | '\u{a0}' | '\u{202f}' if decimals.is_none() => {}
                _ => return None,
            }
        }
        let decimal_count = decimals.map_or(0, |start| digits.len() - start);
        if digits.is_empty() || decimal_count > 2 || decimals == Some(0) {
            return None;
        }
        let centimes: i64 = format!("{digits}{}", &"00"[decimal_count..]).parse().ok()?;
        Some(Self(if negative { -centimes } else { centimes }))
    }
}

/// A rate in parts per million: 100 % is 1,000,000.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Ppm(pub u32);

/// The rate as it is shown everywhere: `7,5 %`.
impl fmt::Display for Ppm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / 10_000, self.0 % 10_000);
        if fraction == 0 {
            write!(out, "{whole}\u{a0}%")
        } else {
            write!(
                out,
                "{whole},{}\u{a0}%",
                format!("{fraction:04}").trim_end_matches('0')
            )
        }
    }
}

impl Ppm {
    /// Reads a percentage that a person types: `7,5`, `7.5 %`. Nothing above four decimals or 100 %.
    pub fn parse_percent(text: &str) -> Option<Self> {
        let trimmed = text.trim().trim_end_matches('%').trim();
        let (whole, fraction) = trimmed.split_once([',', '.']).unwrap_or((trimmed, ""));
        if whole.is_empty()
            || fraction.len() > 4
            || !whole
                .bytes()
                .chain(fraction.bytes())
                .all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let ppm = whole.parse::<u32>().ok()?.checked_mul(10_000)?
            + format!("{fraction:0<4}").parse::<u32>().ok()?;
        (ppm <= crate::limits::RATE_PPM).then_some(Self(ppm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fault_35_parts_of_a_split_sum_to_the_whole(whole in any::<i64>(), weights in prop::collection::vec(0u32..2_000_000, 1..20)) {
            let parts = Centimes(whole).split(&weights).expect("fits");
            prop_assert_eq!(parts.iter().map(|part| i128::from(part.0)).sum::<i128>(), i128::from(whole));
        }

        #[test]
        fn fault_35_no_operation_wraps(a in any::<i64>(), b in any::<i64>(), units in any::<u32>(), rate in 0u32..=1_000_000) {
            prop_assert_eq!(Centimes(a).plus(Centimes(b)).ok().map(|sum| i128::from(sum.0)), Some(i128::from(a) + i128::from(b)).filter(|sum| i64::try_from(*sum).is_ok()));
            prop_assert_eq!(Centimes(a).times(units).ok().map(|product| i128::from(product.0)), Some(i128::from(a) * i128::from(units)).filter(|product| i64::try_from(*product).is_ok()));
            prop_assert!(Centimes(a).at_rate(Ppm(rate)).expect("a rate never grows an amount").0.unsigned_abs() <= a.unsigned_abs());
        }

        #[test]
        fn rounding_is_symmetric(amount in -1_000_000_000i64..1_000_000_000, part in 0u32..10_000, whole in 1u32..10_000) {
            prop_assert_eq!(Centimes(-amount).share(part, whole).expect("fits").0, -Centimes(amount).share(part, whole).expect("fits").0);
        }

        #[test]
        fn what_is_shown_can_be_typed_back(amount in -1_000_000_000_000i64..1_000_000_000_000) {
            prop_assert_eq!(Centimes::parse(&Centimes(amount).to_string()), Some(Centimes(amount)));
        }

        #[test]
        fn a_rate_that_is_shown_can_be_typed_back(rate in 0u32..=1_000_000) {
            prop_assert_eq!(Ppm::parse_percent(&Ppm(rate).to_string().replace('\u{a0}', " ")), Some(Ppm(rate)));
        }
    }

    #[test]
    fn half_rounds_away_from_zero() {
        assert_eq!(Centimes(5).share(1, 2), Ok(Centimes(3)));
        assert_eq!(Centimes(-5).share(1, 2), Ok(Centimes(-3)));
        assert_eq!(
            Centimes(12_000).without_vat(Ppm(200_000)),
            Ok(Centimes(10_000))
        );
    }

    #[test]
    fn amounts_are_shown_as_people_write_them() {
        assert_eq!(Centimes(123_450).to_string(), "1\u{202f}234,50\u{a0}DH");
        assert_eq!(Centimes(-5).to_string(), "−0,05\u{a0}DH");
        assert_eq!(Ppm(75_000).to_string(), "7,5\u{a0}%");
    }

    #[test]
    fn nonsense_is_not_an_amount() {
        for text in [
            "",
            "DH",
            "12,345",
            ",5",
            "1,2,3",
            "abc",
            "1e5",
            "99999999999999999999",
        ] {
            assert_eq!(Centimes::parse(text), None, "{text}");
        }
        assert_eq!(Centimes::parse("١٢٫٥"), Some(Centimes(1_250)));
    }
}
