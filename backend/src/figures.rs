//! The manager's figures: turnover and commission by agent, cooperative, product and period, read
//! from the roll-ups, and how complete they are.

pub mod sql;

use crate::Office;
use crate::devices;
use crate::error::OfficeError;
use crate::rollups::sql::{self as rollup_sql, Group, Slice};
use crate::rollups::{Measures, RollupKey, face};
use std::collections::BTreeMap;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::ids::{CooperativeId, PersonId, ProductId};
use taswiq_domain::ledger::Account;
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};

/// Which orders the figures are about. `None` is all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FigureFilter {
    /// Whose orders.
    pub agent: Option<PersonId>,
    /// Whose goods.
    pub cooperative: Option<CooperativeId>,
    /// Which product.
    pub product: Option<ProductId>,
    /// The first door date, in Casablanca.
    pub first: CivilDate,
    /// The door date after the last.
    pub end: CivilDate,
}

/// By what the figures are broken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Breakdown {
    /// By door date.
    Day,
    /// By the month of the door date.
    Month,
    /// By agent.
    Agent,
    /// By cooperative.
    Cooperative,
    /// By product.
    Product,
}

/// What a row of a breakdown is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FigureKey {
    /// A day, or a month by its first day.
    Period(CivilDate),
    /// An agent.
    Agent(PersonId),
    /// A cooperative.
    Cooperative(CooperativeId),
    /// A product.
    Product(ProductId),
}

/// How complete the figures are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Agents with an account in force.
    pub agents: i64,
    /// Of them, those with a contact today (Casablanca).
    pub agents_synced_today: i64,
    /// Commands known to be still on phones, as of each phone's last contact.
    pub commands_waiting: i64,
    /// Of them, orders.
    pub orders_waiting: i64,
    /// Commands that wait for a person in the office.
    pub parked: i64,
    /// Phones whose browser threw away what nobody else had, as long as something of it is missing.
    pub lost: i64,
}

/// What cooperatives have not answered yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unanswered {
    /// Sub-orders.
    pub sub_orders: i64,
    /// Since when the oldest of them has been with its cooperative.
    pub oldest_since: Option<Timestamp>,
    /// Of them, those for longer than [`limits::CONFIRM_ESCALATION_HOURS`].
    pub late: i64,
    /// Cooperatives with one that is late.
    pub late_cooperatives: i64,
}

/// Everything the first page of the office shows.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The sums under the filter.
    pub total: Measures,
    /// The sums of the period before, of the same length.
    pub before: Measures,
    /// By day, or by month where the period is long.
    pub by_period: Vec<(FigureKey, Measures)>,
    /// By agent.
    pub by_agent: Vec<(FigureKey, Measures)>,
    /// By cooperative.
    pub by_cooperative: Vec<(FigureKey, Measures)>,
    /// By product.
    pub by_product: Vec<(FigureKey, Measures)>,
    /// How complete all this is.
    pub completeness: Completeness,
    /// What waits for cooperatives.
    pub unanswered: Unanswered,
    /// Parts of orders whose commission is written off soon unless the customer pays.
    pub soon_written_off: i64,
}

/// Longer periods are shown by month.
pub const DAYS_BY_DAY_MAX: i32 = 62;

impl FigureFilter {
    /// How long, in days.
    pub fn days(&self) -> i32 {
        (self.end.days_since_epoch() - self.first.days_since_epoch()).max(0)
    }

    /// The same for the period before, of the same length. A month begun is compared with as many
    /// days of the month before.
    pub fn before(&self) -> Self {
        let days = self.days();
        let last = self.end.plus_days(-1);
        if self.first.first_of_month() == self.first && last.first_of_month() == self.first {
            let first = self.first.plus_days(-1).first_of_month();
            let is_whole = self.end == self.first.first_of_next_month();
            let end = if is_whole {
                self.first
            } else {
                first.plus_days(days).min(self.first)
            };
            return Self {
                first,
                end,
                ..*self
            };
        }
        Self {
            first: self.first.plus_days(-days),
            end: self.first,
            ..*self
        }
    }

    /// By day, or by month where the period is long.
    pub fn steps(&self) -> Breakdown {
        if self.days() > DAYS_BY_DAY_MAX {
            Breakdown::Month
        } else {
            Breakdown::Day
        }
    }
}

impl Office {
    /// Everything the first page of the office shows.
    pub async fn overview(
        &self,
        actor: &Actor,
        filter: &FigureFilter,
    ) -> Result<Overview, OfficeError> {
        Ok(Overview {
            total: self.figures(actor, filter).await?,
            before: self.figures(actor, &filter.before()).await?,
            by_period: self.figures_by(actor, filter, filter.steps()).await?,
            by_agent: self.figures_by(actor, filter, Breakdown::Agent).await?,
            by_cooperative: self
                .figures_by(actor, filter, Breakdown::Cooperative)
                .await?,
            by_product: self.figures_by(actor, filter, Breakdown::Product).await?,
            completeness: self.completeness(actor).await?,
            unanswered: self.unanswered(actor).await?,
            soon_written_off: self.count_soon_written_off(actor).await?,
        })
    }

    /// What cooperatives have not answered yet.
    pub async fn unanswered(&self, actor: &Actor) -> Result<Unanswered, OfficeError> {
        self.require(actor, Action::ReadFigures)?;
        // An answer is due so long after the order came in: that tells when it came.
        let late = self
            .now()
            .plus_hours(limits::CONFIRM_EXPIRY_HOURS - limits::CONFIRM_ESCALATION_HOURS);
        let mut conn = self.db.read().await?;
        let (sub_orders, first_due, late, late_cooperatives) =
            sql::unanswered(&mut conn, late.0).await?;
        let oldest_since =
            first_due.map(|due| Timestamp(due).plus_hours(-limits::CONFIRM_EXPIRY_HOURS));
        Ok(Unanswered {
            sub_orders,
            oldest_since,
            late,
            late_cooperatives,
        })
    }

    /// The sum of all measures under a filter.
    pub async fn figures(
        &self,
        actor: &Actor,
        filter: &FigureFilter,
    ) -> Result<Measures, OfficeError> {
        let mut total = Measures::default();
        for (_, measures) in self.figures_by(actor, filter, Breakdown::Month).await? {
            total.add(&measures, 1)?;
        }
        Ok(total)
    }

    /// The measures under a filter, broken down; keys without anything are left out. Sorted by key.
    pub async fn figures_by(
        &self,
        actor: &Actor,
        filter: &FigureFilter,
        breakdown: Breakdown,
    ) -> Result<Vec<(FigureKey, Measures)>, OfficeError> {
        self.require(actor, Action::ReadFigures)?;
        let by_cooperative = filter.cooperative.is_some() || breakdown == Breakdown::Cooperative;
        let by_product = filter.product.is_some() || breakdown == Breakdown::Product;
        let by_agent = filter.agent.is_some() || breakdown == Breakdown::Agent;
        let today = self.shared.calendar.date_at(self.now());
        let months = whole_months(filter, breakdown, today);
        let slice = Slice {
            face: face(by_agent, by_cooperative, by_product),
            one_agent: match filter.agent {
                Some(agent) => Some(agent.0),
                None if by_agent => None,
                None => Some(0),
            },
            one_cooperative: filter.cooperative.map(|cooperative| cooperative.0),
            one_product: filter.product.map(|product| product.0),
            first: days(filter.first),
            whole_months: days(months.0),
            after_whole_months: days(months.1),
            end: days(filter.end),
        };
        let group = match breakdown {
            Breakdown::Day | Breakdown::Month => Group::Period,
            Breakdown::Agent => Group::Agent,
            Breakdown::Cooperative => Group::Cooperative,
            Breakdown::Product => Group::Product,
        };
        let mut conn = self.db.read().await?;
        let mut by_key: BTreeMap<FigureKey, Measures> = BTreeMap::new();
        for row in rollup_sql::slice(&mut conn, &slice, group).await? {
            let (key, measures) = row.into_domain();
            let Some(key) = figure_key(&key, breakdown) else {
                continue;
            };
            by_key.entry(key).or_default().add(&measures, 1)?;
        }
        by_key.retain(|_, measures| *measures != Measures::default());
        Ok(by_key.into_iter().collect())
    }

    /// How complete the figures are.
    pub async fn completeness(&self, actor: &Actor) -> Result<Completeness, OfficeError> {
        self.require(actor, Action::ReadFigures)?;
        let calendar = &self.shared.calendar;
        let today = calendar.start_of(calendar.date_at(self.now()));
        let mut conn = self.db.read().await?;
        let (agents, agents_synced_today, commands_waiting, orders_waiting) =
            devices::sql::completeness(&mut conn, today.0).await?;
        let parked = crate::sync::sql::count_parked(&mut conn).await?;
        let lost = crate::lost_stores::sql::count_open(&mut conn).await?;
        Ok(Completeness {
            agents,
            agents_synced_today,
            commands_waiting,
            orders_waiting,
            parked,
            lost,
        })
    }

    /// Every account of the ledger with its balance. Their sum is always zero.
    pub async fn balances(
        &self,
        actor: &Actor,
    ) -> Result<BTreeMap<Account, Centimes>, OfficeError> {
        self.require(actor, Action::ReadFigures)?;
        let mut conn = self.db.read().await?;
        crate::ledger::balances(&mut conn).await
    }
}

fn days(date: CivilDate) -> i64 {
    i64::from(date.days_since_epoch())
}

/// The whole months within the filter, as the first day of the first and the day after the last;
/// both the end where there is none. Broken down by day there are no whole months. The month of
/// `today` is whole as soon as today is within the filter: nothing was taken tomorrow.
fn whole_months(
    filter: &FigureFilter,
    breakdown: Breakdown,
    today: CivilDate,
) -> (CivilDate, CivilDate) {
    let end = filter.end.max(filter.first);
    let first = if filter.first.first_of_month() == filter.first {
        filter.first
    } else {
        filter.first.first_of_next_month()
    };
    let last = if end > today && end.first_of_month() <= today {
        end.first_of_next_month()
    } else {
        end.first_of_month()
    };
    if breakdown == Breakdown::Day || first >= last {
        (end, end)
    } else {
        (first, last)
    }
}

fn figure_key(key: &RollupKey, breakdown: Breakdown) -> Option<FigureKey> {
    match breakdown {
        Breakdown::Day => Some(FigureKey::Period(key.period)),
        Breakdown::Month => Some(FigureKey::Period(key.period.first_of_month())),
        Breakdown::Agent => key.agent.map(FigureKey::Agent),
        Breakdown::Cooperative => key.cooperative.map(FigureKey::Cooperative),
        Breakdown::Product => key.product.map(FigureKey::Product),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i32, month: u32, day: u32) -> CivilDate {
        CivilDate::new(year, month, day).expect("a date")
    }

    fn filter(first: CivilDate, end: CivilDate) -> FigureFilter {
        FigureFilter {
            agent: None,
            cooperative: None,
            product: None,
            first,
            end,
        }
    }

    #[test]
    fn whole_months_never_reach_beyond_the_filter() {
        let whole =
            |first, end| whole_months(&filter(first, end), Breakdown::Agent, date(2027, 1, 1));
        assert_eq!(
            whole(date(2026, 1, 1), date(2026, 4, 1)),
            (date(2026, 1, 1), date(2026, 4, 1))
        );
        assert_eq!(
            whole(date(2026, 1, 2), date(2026, 3, 31)),
            (date(2026, 2, 1), date(2026, 3, 1))
        );
        assert_eq!(
            whole(date(2026, 1, 2), date(2026, 1, 31)),
            (date(2026, 1, 31), date(2026, 1, 31))
        );
        assert_eq!(
            whole(date(2026, 5, 1), date(2026, 1, 1)),
            (date(2026, 5, 1), date(2026, 5, 1))
        );
    }

    #[test]
    fn a_month_begun_is_read_as_one_once_today_is_in_it() {
        let today = date(2026, 5, 20);
        let whole = |first, end| whole_months(&filter(first, end), Breakdown::Agent, today);
        assert_eq!(
            whole(date(2026, 5, 1), date(2026, 5, 21)),
            (date(2026, 5, 1), date(2026, 6, 1))
        );
        assert_eq!(
            whole(date(2026, 2, 3), date(2026, 5, 21)),
            (date(2026, 3, 1), date(2026, 6, 1))
        );
        // Yesterday's evening: today is left out.
        assert_eq!(
            whole(date(2026, 5, 1), date(2026, 5, 20)),
            (date(2026, 5, 20), date(2026, 5, 20))
        );
        // Begun in the middle, the month is counted by days.
        assert_eq!(
            whole(date(2026, 5, 2), date(2026, 5, 21)),
            (date(2026, 5, 21), date(2026, 5, 21))
        );
        // A month that has not begun adds nothing.
        assert_eq!(
            whole(date(2026, 5, 1), date(2026, 6, 11)),
            (date(2026, 5, 1), date(2026, 6, 1))
        );
    }
}
