//! Moments and civil dates.
//!
//! A moment is UTC milliseconds. Civil dates (a commission period, the seven days in which a
//! customer may withdraw) belong to Africa/Casablanca, whose rules changed for good on 2026-09-20,
//! so they need a time zone database. Only the server bundles one, behind [`Calendar`]; a phone
//! prints with the [`FixedOffset`] the server last told it and decides no period by itself.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

const DAY_MS: i64 = 86_400_000;

/// A moment, in milliseconds since 1970-01-01 00:00 UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The moment `hours` later (earlier when negative).
    pub const fn plus_hours(self, hours: i64) -> Self {
        Self(self.0.saturating_add(hours.saturating_mul(3_600_000)))
    }

    /// The moment `days` × 24 hours later (earlier when negative). Not civil days.
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY_MS)))
    }

    /// The moment `ms` milliseconds later (earlier when negative).
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// A day of the (proleptic Gregorian) calendar. Written `2026-11-22`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate {
    days_since_epoch: i32,
}

impl CivilDate {
    /// The date of that year, month (1 to 12) and day, if there is one between years 1 and 9999.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=9999).contains(&year)
            || !(1..=12).contains(&month)
            || day < 1
            || day > days_in_month(year, month)
        {
            return None;
        }
        // Days from civil: years start in March so that the leap day comes last.
        let shifted_year = i64::from(year) - i64::from(month <= 2);
        let era = shifted_year.div_euclid(400);
        let year_of_era = shifted_year.rem_euclid(400);
        let day_of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self {
            days_since_epoch: (era * 146_097 + day_of_era - 719_468) as i32,
        })
    }

    /// The date that many days after 1970-01-01.
    pub const fn from_days_since_epoch(days_since_epoch: i32) -> Self {
        Self { days_since_epoch }
    }

    /// Days since 1970-01-01.
    pub const fn days_since_epoch(self) -> i32 {
        self.days_since_epoch
    }

    /// Year, month (1 to 12) and day (1 to 31).
    pub fn year_month_day(self) -> (i32, u32, u32) {
        let days = i64::from(self.days_since_epoch) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        } as u32;
        (
            (year_of_era + era * 400 + i64::from(month <= 2)) as i32,
            month,
            day,
        )
    }

    /// The date `days` later (earlier when negative).
    pub const fn plus_days(self, days: i32) -> Self {
        Self {
            days_since_epoch: self.days_since_epoch.saturating_add(days),
        }
    }

    /// The first day of this date's month.
    pub fn first_of_month(self) -> Self {
        let (_, _, day) = self.year_month_day();
        self.plus_days(1 - day as i32)
    }

    /// The first day of the month after this date's.
    pub fn first_of_next_month(self) -> Self {
        let (year, month, day) = self.year_month_day();
        self.plus_days(1 - day as i32 + days_in_month(year, month) as i32)
    }

    /// 0 for Monday to 6 for Sunday.
    pub const fn weekday(self) -> u32 {
        (self.days_since_epoch + 3).rem_euclid(7) as u32
    }
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.year_month_day();
        write!(out, "{year:04}-{month:02}-{day:02}")
    }
}

/// A text that is not a date written `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date written YYYY-MM-DD")]
pub struct NotADate;

impl FromStr for CivilDate {
    type Err = NotADate;
    fn from_str(text: &str) -> Result<Self, NotADate> {
        let mut parts = text.splitn(3, '-');
        let mut number = |width: usize| {
            parts
                .next()
                .filter(|part| part.len() == width && part.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|part| part.parse::<u32>().ok())
                .ok_or(NotADate)
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        Self::new(year as i32, month, day).ok_or(NotADate)
    }
}

impl Serialize for CivilDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CivilDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What turns moments into civil dates and back.
pub trait Calendar {
    /// The civil date at that moment.
    fn date_at(&self, moment: Timestamp) -> CivilDate;
    /// The first moment of that civil date.
    fn start_of(&self, date: CivilDate) -> Timestamp;
}

/// A constant distance from UTC: what a phone prints with, as told by the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FixedOffset {
    /// Minutes east of UTC.
    pub minutes: i32,
}

impl FixedOffset {
    /// Hours (0 to 23) and minutes of the day at that moment.
    pub fn time_of_day(self, moment: Timestamp) -> (u32, u32) {
        let minute_of_day =
            (moment.0.div_euclid(60_000) + i64::from(self.minutes)).rem_euclid(1_440) as u32;
        (minute_of_day / 60, minute_of_day % 60)
    }
}

impl Calendar for FixedOffset {
    fn date_at(&self, moment: Timestamp) -> CivilDate {
        let local_ms = moment.0.saturating_add(i64::from(self.minutes) * 60_000);
        CivilDate::from_days_since_epoch(
            local_ms
                .div_euclid(DAY_MS)
                .clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32,
        )
    }

    fn start_of(&self, date: CivilDate) -> Timestamp {
        Timestamp(i64::from(date.days_since_epoch()) * DAY_MS - i64::from(self.minutes) * 60_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn dates_survive_the_round_trip(days in -719_162..2_932_896i32) {
            let date = CivilDate::from_days_since_epoch(days);
            let (year, month, day) = date.year_month_day();
            prop_assert_eq!(CivilDate::new(year, month, day), Some(date));
            prop_assert_eq!(date.to_string().parse(), Ok(date));
        }

        #[test]
        fn the_first_moment_of_a_date_is_in_it_and_the_one_before_is_not(days in -20_000..40_000i32, minutes in -720..=840i32) {
            let calendar = FixedOffset { minutes };
            let date = CivilDate::from_days_since_epoch(days);
            let start = calendar.start_of(date);
            prop_assert_eq!(calendar.date_at(start), date);
            prop_assert_eq!(calendar.date_at(start.plus_ms(-1)), date.plus_days(-1));
        }
    }

    #[test]
    fn known_dates_hold() {
        let date = CivilDate::new(2026, 11, 22).expect("a date");
        assert_eq!(date.days_since_epoch(), 20_779);
        assert_eq!(date.weekday(), 6);
        assert_eq!(
            date.first_of_next_month(),
            CivilDate::new(2026, 12, 1).expect("a date")
        );
        assert_eq!(CivilDate::new(2026, 2, 29), None);
        assert!("2026-2-01".parse::<CivilDate>().is_err());
    }
}
