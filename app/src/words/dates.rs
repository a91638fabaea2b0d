//! Dates and times in words. The phone prints with the offset the server told it; no browser's idea
//! of Morocco's clock is trusted.

use super::Words;
use taswiq_domain::time::{Calendar, CivilDate, FixedOffset, Timestamp};

impl Words {
    /// `dimanche 22 novembre`
    pub fn date(self, date: CivilDate) -> String {
        let (_, month, day) = date.year_month_day();
        self.date_day(self.weekday(date), &day.to_string(), self.month(month))
    }

    /// `22 novembre 2026`
    pub fn date_full(self, date: CivilDate) -> String {
        let (year, month, day) = date.year_month_day();
        self.date_year(&day.to_string(), self.month(month), &year.to_string())
    }

    /// `22 novembre`
    pub fn date_plain(self, date: CivilDate) -> String {
        let (_, month, day) = date.year_month_day();
        self.date_month(&day.to_string(), self.month(month))
    }

    /// `novembre 2026`
    pub fn month_and_year(self, date: CivilDate) -> String {
        let (year, month, _) = date.year_month_day();
        self.date_month_year(self.month(month), &year.to_string())
    }

    /// `aujourd’hui`, `hier`, `demain` or the date.
    pub fn date_from(self, date: CivilDate, today: CivilDate) -> String {
        match date.days_since_epoch() - today.days_since_epoch() {
            0 => self.date_today().to_owned(),
            -1 => self.date_yesterday().to_owned(),
            1 => self.date_tomorrow().to_owned(),
            _ => self.date(date),
        }
    }

    /// `22 novembre, 10:41`
    pub fn moment(self, moment: Timestamp, offset: FixedOffset) -> String {
        self.date_moment(
            &self.date_plain(offset.date_at(moment)),
            &time(moment, offset),
        )
    }

    fn weekday(self, date: CivilDate) -> &'static str {
        nth(self.date_weekdays(), date.weekday() as usize)
    }

    fn month(self, month: u32) -> &'static str {
        nth(self.date_months(), month as usize - 1)
    }
}

/// `10:41`
pub fn time(moment: Timestamp, offset: FixedOffset) -> String {
    let (hours, minutes) = offset.time_of_day(moment);
    let mut text = String::with_capacity(5);
    for (index, part) in [hours, minutes].into_iter().enumerate() {
        if index > 0 {
            text.push(':');
        }
        text.push(char::from(b'0' + (part / 10) as u8));
        text.push(char::from(b'0' + (part % 10) as u8));
    }
    text
}

/// Names of days and months stand in one sentence each, apart by spaces.
fn nth(names: &'static str, index: usize) -> &'static str {
    names.split(' ').nth(index).unwrap_or_default()
}

/// A text that begins a line: `Aujourd’hui` of `aujourd’hui`. Scripts without capitals stay as they
/// are.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
