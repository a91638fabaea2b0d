//! Commission periods: civil months of Africa/Casablanca, half-open.
//!
//! A month ends at the first moment of the next one by the calendar given. Only the server's calendar
//! knows when Morocco changed its clocks, so only the server closes a period; a phone reads months
//! from what the server told it.
//!
//! What a phone did without a network belongs to the month in which it was done, whenever it arrives
//! before that month is closed. Only the phone can say when that was, so its word is bounded by what
//! the server knows: see [`counts_at`].

use crate::limits;
use crate::time::{Calendar, CivilDate, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A civil month. Written `2026-11`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// Months since January 1970.
    months_since_1970: i32,
}

impl Period {
    /// The month of that year and number (1 to 12), between years 1 and 9999.
    pub fn new(year: i32, month: u32) -> Option<Self> {
        CivilDate::new(year, month, 1).map(Self::of_date)
    }

    /// The month that a date lies in.
    pub fn of_date(date: CivilDate) -> Self {
        let (year, month, _) = date.year_month_day();
        Self {
            months_since_1970: (year - 1970) * 12 + month as i32 - 1,
        }
    }

    /// The month that a moment lies in, by the calendar given.
    pub fn at(moment: Timestamp, calendar: &dyn Calendar) -> Self {
        Self::of_date(calendar.date_at(moment))
    }

    /// The month so many months after January 1970: its stored form.
    pub const fn from_months_since_1970(months_since_1970: i32) -> Self {
        Self { months_since_1970 }
    }

    /// Months since January 1970.
    pub const fn months_since_1970(self) -> i32 {
        self.months_since_1970
    }

    /// Year and month (1 to 12).
    pub const fn year_month(self) -> (i32, u32) {
        (
            1970 + self.months_since_1970.div_euclid(12),
            self.months_since_1970.rem_euclid(12) as u32 + 1,
        )
    }

    /// The month after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            months_since_1970: self.months_since_1970.saturating_add(1),
        }
    }

    /// The month before.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self {
            months_since_1970: self.months_since_1970.saturating_sub(1),
        }
    }

    /// Its first day. The year 1970 for a month outside years 1 to 9999, which no calendar shows.
    pub fn first_day(self) -> CivilDate {
        let (year, month) = self.year_month();
        CivilDate::new(year, month, 1).unwrap_or(CivilDate::from_days_since_epoch(0))
    }

    /// The first moment that lies in it.
    pub fn start(self, calendar: &dyn Calendar) -> Timestamp {
        calendar.start_of(self.first_day())
    }

    /// The first moment after it.
    pub fn end(self, calendar: &dyn Calendar) -> Timestamp {
        self.next().start(calendar)
    }
}

/// The moment that decides in which month something counts: when it was done by corrected time, but not
/// after the server took it in, and at most [`limits::DATED_BY_DEVICE_DAYS`] before. What is older than
/// that counts as late as it can be said to have happened.
pub fn counts_at(made_at: Timestamp, received_at: Timestamp) -> Timestamp {
    let oldest = received_at.plus_days(-limits::DATED_BY_DEVICE_DAYS);
    made_at.max(oldest).min(received_at)
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = self.year_month();
        write!(out, "{year:04}-{month:02}")
    }
}

/// A text that is not a month written `YYYY-MM`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a month written YYYY-MM")]
pub struct NotAMonth;

impl FromStr for Period {
    type Err = NotAMonth;
    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        format!("{text}-01")
            .parse::<CivilDate>()
            .map(Self::of_date)
            .map_err(|_| NotAMonth)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FixedOffset;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn months_follow_each_other_without_gap_or_overlap(year in 1i32..9_998, month in 1u32..=12, minutes in -720..=840i32) {
            let calendar = FixedOffset { minutes };
            let period = Period::new(year, month).expect("a month");
            prop_assert_eq!(period.to_string().parse(), Ok(period));
            prop_assert_eq!(period.next().previous(), period);
            prop_assert_eq!(period.end(&calendar), period.next().start(&calendar));
            prop_assert_eq!(Period::at(period.start(&calendar), &calendar), period);
            prop_assert_eq!(Period::at(period.end(&calendar).plus_ms(-1), &calendar), period);
        }
    }

    #[test]
    fn a_clock_decides_a_fortnight_at_most() {
        let received_at = Timestamp(1_793_610_000_000);
        let oldest = received_at.plus_days(-14);
        for (made_at, at) in [
            (received_at, received_at),
            (received_at.plus_ms(1), received_at),
            (received_at.plus_days(-3), received_at.plus_days(-3)),
            (oldest, oldest),
            (oldest.plus_ms(-1), oldest),
            (Timestamp(0), oldest),
            (Timestamp(i64::MIN), oldest),
            (Timestamp(i64::MAX), received_at),
        ] {
            assert_eq!(counts_at(made_at, received_at), at, "{made_at:?}");
        }
    }

    #[test]
    fn nonsense_is_not_a_month() {
        for text in ["", "2026", "2026-13", "2026-1", "2026-00", "2026-11-01"] {
            assert_eq!(text.parse::<Period>(), Err(NotAMonth), "{text}");
        }
    }
}
