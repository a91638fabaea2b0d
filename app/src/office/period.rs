//! Which orders the figures are about, as the address of a page says it.

use taswiq_backend::figures::{Breakdown, FigureFilter};
use taswiq_domain::time::CivilDate;

use super::desk::Desk;
use super::form::Typed;

/// The filter of the figures, kept in the address so that a page can be shared and gone back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `today`, `week`, `month` or `custom`.
    pub period: &'static str,
    /// What the office is asked.
    pub filter: FigureFilter,
}

const PERIODS: [&str; 4] = ["today", "week", "month", "custom"];

impl Asked {
    /// Reads it. What cannot be understood is left out, as if it had not been given.
    pub fn read(desk: &Desk, typed: &Typed) -> Self {
        let today = desk.today();
        let (from, to) = (
            typed.number::<CivilDate>("from"),
            typed.number::<CivilDate>("to"),
        );
        let named = PERIODS
            .into_iter()
            .find(|known| *known == typed.get("period"))
            .unwrap_or("today");
        // Whoever fills in a date means it, unless they chose another period in the same form.
        let chose_anew = !typed.get("was").is_empty() && typed.get("was") != named;
        let named = if (from.is_some() || to.is_some()) && !chose_anew {
            "custom"
        } else {
            named
        };
        let (period, first, end) = match (named, from, to) {
            ("week", ..) => ("week", today.plus_days(-6), today.plus_days(1)),
            ("month", ..) => ("month", today.first_of_month(), today.plus_days(1)),
            ("custom", from, to) if from.is_some() || to.is_some() => {
                let to = to.unwrap_or(today);
                let from = from.unwrap_or(to).min(to);
                ("custom", from, to.plus_days(1))
            }
            _ => ("today", today, today.plus_days(1)),
        };
        let filter = FigureFilter {
            agent: typed.number("agent"),
            cooperative: typed.number("cooperative"),
            product: typed.number("product"),
            first,
            end,
        };
        Self { period, filter }
    }

    /// The query of an address with this filter.
    pub fn query(&self) -> String {
        let mut pairs = vec![format!("period={}", self.period)];
        if self.period == "custom" {
            pairs.push(format!("from={}", self.filter.first));
            pairs.push(format!("to={}", self.filter.end.plus_days(-1)));
        }
        let ids = [
            ("agent", self.filter.agent.map(|id| id.0)),
            ("cooperative", self.filter.cooperative.map(|id| id.0)),
            ("product", self.filter.product.map(|id| id.0)),
        ];
        pairs.extend(
            ids.into_iter()
                .filter_map(|(name, id)| Some(format!("{name}={}", id?))),
        );
        pairs.join("&")
    }

    /// The same with something else in it.
    pub fn but(&self, change: impl FnOnce(&mut FigureFilter)) -> Self {
        let mut other = self.clone();
        change(&mut other.filter);
        other
    }

    /// The period in words.
    pub fn said(&self, desk: &Desk) -> String {
        let words = desk.words();
        let last = self.filter.end.plus_days(-1);
        if last <= self.filter.first {
            words.date_full(self.filter.first)
        } else {
            words.office_period_span(&words.date_full(self.filter.first), &words.date_full(last))
        }
    }
}

/// What the figures may be broken down by, and its name in an address.
pub const BREAKDOWNS: [(&str, Breakdown); 5] = [
    ("agent", Breakdown::Agent),
    ("cooperative", Breakdown::Cooperative),
    ("product", Breakdown::Product),
    ("day", Breakdown::Day),
    ("month", Breakdown::Month),
];
