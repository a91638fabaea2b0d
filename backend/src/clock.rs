//! The server's clock and calendar.
//!
//! Time is an argument everywhere else. Civil dates belong to Africa/Casablanca, whose rules changed
//! for good on 2026-09-20, so the time zone database is compiled in: an old machine must not be an
//! hour wrong.

use jiff::tz::TimeZone;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use taswiq_domain::time::{Calendar, CivilDate, FixedOffset, Timestamp};

/// What tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands where it is put, so that a test may live through weeks.
#[derive(Debug)]
pub struct SettableClock {
    now_ms: AtomicI64,
}

impl SettableClock {
    /// Stands at `now`.
    pub const fn new(now: Timestamp) -> Self {
        Self {
            now_ms: AtomicI64::new(now.0),
        }
    }

    /// Puts it to `now`.
    pub fn set(&self, now: Timestamp) {
        self.now_ms.store(now.0, Ordering::SeqCst);
    }

    /// Puts it forward.
    pub fn advance_ms(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for SettableClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now_ms.load(Ordering::SeqCst))
    }
}

/// The machine's clock, moved by as much as a test says: time still passes.
#[derive(Debug, Default)]
pub struct ShiftedClock {
    shift_ms: AtomicI64,
}

impl ShiftedClock {
    /// Moves it so that it shows `now`.
    pub fn set(&self, now: Timestamp) {
        self.shift_ms
            .store(now.0 - SystemClock.now().0, Ordering::SeqCst);
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        SystemClock
            .now()
            .plus_ms(self.shift_ms.load(Ordering::SeqCst))
    }
}

/// The civil calendar of Morocco.
#[derive(Clone, Debug)]
pub struct Casablanca {
    zone: TimeZone,
}

impl Default for Casablanca {
    fn default() -> Self {
        // The bundled database always has it; without it every date would be UTC, which is what
        // Morocco has kept since 2026-09-20.
        Self {
            zone: TimeZone::get("Africa/Casablanca").unwrap_or(TimeZone::UTC),
        }
    }
}

impl Casablanca {
    /// The distance from UTC at that moment, for printing.
    pub fn offset_at(&self, moment: Timestamp) -> FixedOffset {
        FixedOffset {
            minutes: self.zone.to_offset(instant(moment)).seconds() / 60,
        }
    }
}

fn instant(moment: Timestamp) -> jiff::Timestamp {
    // Clamped to what a calendar can show: a forged clock must not stop the server.
    let ms = moment.0.clamp(-62_135_596_800_000, 253_402_207_200_000);
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

impl Calendar for Casablanca {
    fn date_at(&self, moment: Timestamp) -> CivilDate {
        let seconds =
            instant(moment).as_second() + i64::from(self.zone.to_offset(instant(moment)).seconds());
        CivilDate::from_days_since_epoch(seconds.div_euclid(86_400) as i32)
    }

    fn start_of(&self, date: CivilDate) -> Timestamp {
        let (year, month, day) = date.year_month_day();
        let start = jiff::civil::Date::new(year as i16, month as i8, day as i8)
            .and_then(|date| date.to_zoned(self.zone.clone()))
            .map(|zoned| zoned.timestamp().as_millisecond());
        Timestamp(start.unwrap_or_else(|_| i64::from(date.days_since_epoch()) * 86_400_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes_on(year: i32, month: u32, day: u32) -> i32 {
        let noon = Timestamp(
            i64::from(
                CivilDate::new(year, month, day)
                    .expect("a date")
                    .days_since_epoch(),
            ) * 86_400_000
                + 43_200_000,
        );
        Casablanca::default().offset_at(noon).minutes
    }

    #[test]
    fn morocco_kept_utc_in_ramadan_and_for_good_since_september_2026() {
        assert_eq!(minutes_on(2026, 2, 14), 60);
        assert_eq!(minutes_on(2026, 2, 16), 0);
        assert_eq!(minutes_on(2026, 3, 21), 0);
        assert_eq!(minutes_on(2026, 3, 23), 60);
        assert_eq!(minutes_on(2026, 9, 19), 60);
        assert_eq!(minutes_on(2026, 9, 21), 0);
        assert_eq!(minutes_on(2027, 6, 1), 0);
    }

    #[test]
    fn a_day_begins_at_its_own_midnight_on_both_sides_of_a_change() {
        let calendar = Casablanca::default();
        for (year, month, day) in [
            (2026, 2, 15),
            (2026, 3, 22),
            (2026, 9, 20),
            (2026, 9, 21),
            (2026, 11, 22),
        ] {
            let date = CivilDate::new(year, month, day).expect("a date");
            let start = calendar.start_of(date);
            assert_eq!(calendar.date_at(start), date);
            assert_eq!(calendar.date_at(start.plus_ms(-1)), date.plus_days(-1));
        }
    }

    #[test]
    fn a_day_with_a_change_lasts_an_hour_more_or_less() {
        let calendar = Casablanca::default();
        let hours = |year, month, day| {
            let date = CivilDate::new(year, month, day).expect("a date");
            (calendar.start_of(date.plus_days(1)).0 - calendar.start_of(date).0) / 3_600_000
        };
        assert_eq!(hours(2026, 2, 15), 25);
        assert_eq!(hours(2026, 3, 22), 23);
        assert_eq!(hours(2026, 9, 20), 25);
        assert_eq!(hours(2026, 9, 22), 24);
    }

    #[test]
    fn fault_05_a_forged_clock_stops_nothing() {
        let calendar = Casablanca::default();
        for ms in [i64::MIN, -1, 0, i64::MAX] {
            calendar.date_at(Timestamp(ms));
            calendar.offset_at(Timestamp(ms));
        }
    }
}
