//! The civil days of the history, looked up once: a million orders ask for hundreds of millions of
//! dates, and a table answers faster than a time zone database.

use taswiq_domain::time::{Calendar, CivilDate, Timestamp};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// A calendar over a span of days.
#[derive(Clone, Debug)]
pub struct Days {
    first: CivilDate,
    starts: Vec<Timestamp>,
}

impl Days {
    /// The days from `first` to `last` of that calendar.
    pub fn new(first: CivilDate, last: CivilDate, calendar: &dyn Calendar) -> Self {
        let count = (last.days_since_epoch() - first.days_since_epoch()).max(0) + 1;
        Self {
            first,
            starts: (0..count)
                .map(|day| calendar.start_of(first.plus_days(day)))
                .collect(),
        }
    }

    /// The moment of that date at that minute of the day.
    pub fn at(&self, date: CivilDate, minute: i64) -> Timestamp {
        self.start_of(date).plus_ms(minute * MINUTE_MS)
    }

    /// Minutes of the day gone by at that moment.
    pub fn minute_of(&self, moment: Timestamp) -> i64 {
        (moment.0 - self.start_of(self.date_at(moment)).0) / MINUTE_MS
    }

    /// The moment itself when it lies within `hours`, else the opening that follows it, `late_ms`
    /// after it.
    pub fn within(&self, moment: Timestamp, hours: Hours, late_ms: i64) -> Timestamp {
        let mut date = self.date_at(moment);
        let minute = self.minute_of(moment);
        if !hours.closed_on(date) {
            if minute < hours.opens {
                return self.at(date, hours.opens).plus_ms(late_ms);
            }
            if minute < hours.closes {
                return moment;
            }
        }
        loop {
            date = date.plus_days(1);
            if !hours.closed_on(date) {
                return self.at(date, hours.opens).plus_ms(late_ms);
            }
        }
    }
}

/// When somebody is at work, in minutes of the day.
#[derive(Clone, Copy, Debug)]
pub struct Hours {
    /// The first minute.
    pub opens: i64,
    /// The minute after the last.
    pub closes: i64,
    /// Whether Sunday is free.
    pub free_on_sunday: bool,
}

impl Hours {
    /// When agents knock at doors.
    pub const DOOR: Self = Self {
        opens: 9 * 60,
        closes: 19 * 60 + 30,
        free_on_sunday: false,
    };
    /// When a cooperative's workshop is open.
    pub const WORKSHOP: Self = Self {
        opens: 8 * 60 + 30,
        closes: 17 * 60 + 30,
        free_on_sunday: true,
    };

    fn closed_on(self, date: CivilDate) -> bool {
        self.free_on_sunday && date.weekday() == 6
    }
}

impl Calendar for Days {
    fn date_at(&self, moment: Timestamp) -> CivilDate {
        let Some(zero) = self.starts.first() else {
            return self.first;
        };
        // A day has 23 to 25 hours, so the guess by 24 hours is off by one at most.
        let guess = (moment.0 - zero.0).div_euclid(DAY_MS) as i32;
        let date = self.first.plus_days(guess);
        if moment < self.start_of(date) {
            date.plus_days(-1)
        } else if moment >= self.start_of(date.plus_days(1)) {
            date.plus_days(1)
        } else {
            date
        }
    }

    /// Outside the span, days of 24 hours follow the nearest known one.
    fn start_of(&self, date: CivilDate) -> Timestamp {
        let day = i64::from(date.days_since_epoch() - self.first.days_since_epoch());
        let nearest = day.clamp(0, self.starts.len() as i64 - 1);
        self.starts
            .get(nearest as usize)
            .map_or(Timestamp(day * DAY_MS), |start| {
                start.plus_ms((day - nearest) * DAY_MS)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Casablanca;

    #[test]
    fn the_table_says_what_the_time_zone_database_says() {
        let calendar = Casablanca::default();
        let first = CivilDate::new(2026, 1, 1).expect("a date");
        let last = CivilDate::new(2026, 12, 31).expect("a date");
        let days = Days::new(first, last, &calendar);
        let mut moment = calendar.start_of(first).plus_hours(1);
        while moment < calendar.start_of(last) {
            assert_eq!(days.date_at(moment), calendar.date_at(moment));
            moment = moment.plus_ms(1_799_000);
        }
    }

    #[test]
    fn work_is_moved_into_the_hours_of_work() {
        let calendar = taswiq_domain::time::FixedOffset { minutes: 60 };
        let saturday = CivilDate::new(2026, 11, 21).expect("a date");
        let days = Days::new(saturday, saturday.plus_days(9), &calendar);
        let open = days.at(saturday, 600);
        assert_eq!(days.within(open, Hours::WORKSHOP, 7), open);
        let monday = days
            .at(saturday.plus_days(2), Hours::WORKSHOP.opens)
            .plus_ms(7);
        for minute in [1_050, 1_439, 1_440 + 600] {
            assert_eq!(
                days.within(days.at(saturday, minute), Hours::WORKSHOP, 7),
                monday
            );
        }
    }
}
