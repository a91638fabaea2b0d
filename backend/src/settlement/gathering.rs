//! What is known of every agent when a month is closed: read by sums over the whole month, not order
//! by order, so that a million orders cost little more than adding them up.
//!
//! Only the exceptions are read one by one: what came late, what was taken back, what is not yet in.

use super::sql::{self, CappedLineRow, EntryRow, LineRow};
use super::{Awaited, tax};
use crate::clock::Casablanca;
use crate::db::Conn;
use crate::error::OfficeError;
use crate::{disputes, engagements, orders};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::engagement::{Engagement, EngagementKind, in_force};
use taswiq_domain::ids::{CooperativeId, OrderId, PersonId, PlanVersion};
use taswiq_domain::ledger::Purpose;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::OrderEvent;
use taswiq_domain::period::Period;
use taswiq_domain::settlement::movement::{LineEntry, LineMoment, Sums, attribute};
use taswiq_domain::settlement::tax::TaxTerms;
use taswiq_domain::settlement::{
    AdvanceGiven, CappedRule, Closing, ClosingError, ClosingInput, EarlierMonth, MonthRules,
    Movement, NotYetIn, NotYetInReason, PeriodRules, ReversalReason, SettledMonth, Statement,
    close,
};
use taswiq_domain::time::{Calendar, Timestamp};
use uuid::Uuid;

/// Orders read at once.
pub(super) const ORDERS_AT_ONCE: usize = 256;

/// What waits is read in texts of about this size, by the time at which orders were taken: the texts of a
/// large month together are long, and memory that is asked for again and again is what takes longest.
const AWAITED_BYTES: usize = 256 * 1024;
/// The first of them.
const AWAITED_MS_FIRST: i64 = 24 * 60 * 60 * 1_000;

/// A line of an order as somebody earns by it.
type LineOf = (Uuid, i64, i64);

/// Which month, and what everybody's statement needs.
pub struct Gathering<'a> {
    pub catalogue: Arc<Catalogue>,
    pub calendar: &'a Casablanca,
    pub period: Period,
    /// When it is closed.
    pub now: Timestamp,
}

/// What is known of one agent.
#[derive(Default)]
struct Known {
    engagements: Vec<Engagement>,
    created_at: Timestamp,
    deactivated_at: Option<Timestamp>,
    movements: Vec<Movement>,
    advances: Vec<AdvanceGiven>,
    not_yet_in: Vec<NotYetIn>,
    last: Option<sql::LastRow>,
    debt_changed: Centimes,
}

impl Gathering<'_> {
    /// Closes the month of every agent who has one, by id. Nothing is written. Where there is a connection
    /// `beside` that sees the same, the two long readings are done at once.
    pub async fn close_all(
        &self,
        conn: &mut Conn,
        beside: Option<Conn>,
    ) -> Result<Vec<Closing>, OfficeError> {
        let mut agents = self.agents(conn).await?;
        let stored = i64::from(self.period.months_since_1970());
        let (movements, not_yet_in) = match beside {
            Some(mut beside) => {
                tokio::try_join!(self.movements(conn), self.not_yet_in(&mut beside))?
            }
            None => (self.movements(conn).await?, self.not_yet_in(conn).await?),
        };
        for (agent, movement) in movements {
            agents.entry(agent).or_default().movements.push(movement);
        }
        for row in sql::advances(conn, stored).await? {
            let known = agents.entry(PersonId(row.chain_agent)).or_default();
            known.advances.push(AdvanceGiven {
                advance: row.cause_id,
                at: Timestamp(row.at),
                amount: Centimes(row.amount_centimes),
            });
        }
        for (agent, change) in sql::carried(conn, stored).await? {
            agents.entry(PersonId(agent)).or_default().debt_changed = Centimes(change);
        }
        for row in sql::last(conn).await? {
            let agent = PersonId(row.agent_id);
            agents.entry(agent).or_default().last = Some(row);
        }
        for (agent, parts) in not_yet_in {
            agents.entry(agent).or_default().not_yet_in = parts;
        }
        let terms = tax::load(conn).await?;
        let terms = taswiq_domain::settlement::tax::in_force(&terms, self.now)
            .cloned()
            .unwrap_or_default();
        let mut closings = Vec::with_capacity(agents.len());
        for (agent, known) in agents {
            if known.has_a_month(self) {
                let settled = self.settled(conn, agent, &known).await?;
                closings.push(self.close_one(agent, known, &settled, &terms)?);
            }
        }
        Ok(closings)
    }

    async fn agents(&self, conn: &mut Conn) -> Result<BTreeMap<PersonId, Known>, OfficeError> {
        let mut agents: BTreeMap<PersonId, Known> = sql::agents(conn)
            .await?
            .into_iter()
            .map(|row| {
                let known = Known {
                    created_at: Timestamp(row.created_at),
                    deactivated_at: row.deactivated_at.map(Timestamp),
                    ..Known::default()
                };
                (PersonId(row.id), known)
            })
            .collect();
        for (person, engagement) in engagements::load_all(conn).await? {
            if let Some(known) = agents.get_mut(&person) {
                known.engagements.push(engagement);
            }
        }
        Ok(agents)
    }

    /// Everything that moved on the earned accounts and counts in the month.
    async fn movements(&self, conn: &mut Conn) -> Result<Vec<(PersonId, Movement)>, OfficeError> {
        let stored = i64::from(self.period.months_since_1970());
        let start = self.period.start(self.calendar).0;
        let mut movements = Vec::new();
        let mut capped_of: BTreeMap<(i64, String), (i64, i64, i64)> = BTreeMap::new();
        let has_capped = sql::has_capped_lines(conn).await?;
        if has_capped {
            for row in sql::earned_capped(conn, stored, start).await? {
                let part = capped_of
                    .entry((row.chain_agent, row.purpose.clone()))
                    .or_default();
                part.0 += row.amount_centimes;
                part.1 += row.base_centimes;
                part.2 += row.count;
                let rule = capped_rule(row.plan, row.rule, row.cap_centimes)?;
                movements.push((
                    PersonId(row.chain_agent),
                    Movement {
                        capped: Some(rule),
                        ..self.on_time(
                            &row.purpose,
                            row.amount_centimes,
                            row.base_centimes,
                            row.count,
                        )?
                    },
                ));
            }
        }
        let rows = sql::earned(conn, stored).await?;
        // What had happened before the month is looked at one by one, and is not on time.
        let late = if rows.iter().any(|row| row.first_at < start) {
            sql::earned_late(conn, stored, start).await?
        } else {
            Vec::new()
        };
        let mut apart = capped_of;
        for row in &late {
            let key = (row.chain_agent, row.purpose.clone());
            let part = apart.entry(key).or_default();
            part.0 += row.amount_centimes;
            part.1 += row.base_centimes;
            part.2 += 1;
        }
        for row in rows {
            let (amount, base, count) = apart
                .remove(&(row.chain_agent, row.purpose.clone()))
                .unwrap_or_default();
            if row.count > count && row.purpose != Purpose::Correction.as_str() {
                let movement = self.on_time(
                    &row.purpose,
                    row.amount_centimes - amount,
                    row.base_centimes - base,
                    row.count - count,
                )?;
                movements.push((PersonId(row.chain_agent), movement));
            }
        }
        // Lines whose rule limits the month are looked at one by one as well.
        let end = if has_capped {
            i64::MIN
        } else {
            self.period.end(self.calendar).0
        };
        if !has_capped {
            movements.extend(self.taken(conn, (start, end)).await?);
        }
        let mut singles = sql::taken_of_others(conn, stored, start, end).await?;
        singles.extend(late);
        let told_late = lines(sql::told_late(conn, stored).await?);
        singles.retain(|row| {
            let line = row
                .order_id
                .map(|order| (row.chain_agent, (order, row.cooperative_id, row.line)));
            line.is_none_or(|line| !told_late.contains_key(&line))
        });
        movements.extend(self.one_by_one(conn, &singles, has_capped).await?);
        if !told_late.is_empty() {
            movements = self
                .with_told_late(conn, movements, &told_late, (start, end), has_capped)
                .await?;
        }
        let corrections = sql::corrections(conn, stored).await?;
        let corrected = corrections.iter().filter(|row| row.is_taken).count();
        let (taken, noted) = sql::count_taken(conn, stored).await?;
        if i64::try_from(corrected).ok() != Some(taken - noted) {
            tracing::error!(
                taken,
                noted,
                corrected,
                "not all that was taken back is noted"
            );
            return Err(OfficeError::Corrupt {
                what: "what was taken back",
            });
        }
        for row in corrections {
            movements.push((PersonId(row.chain_agent), self.correction(&row)?));
        }
        Ok(movements)
    }

    /// What was taken back of what had come in the same month, which is therefore the one it concerns.
    async fn taken(
        &self,
        conn: &mut Conn,
        (start, end): (i64, i64),
    ) -> Result<Vec<(PersonId, Movement)>, OfficeError> {
        let corrupt = || OfficeError::Corrupt {
            what: "what was taken back",
        };
        let stored = i64::from(self.period.months_since_1970());
        let Some(lines) = sql::taken(conn, stored, start, end).await? else {
            return Ok(Vec::new());
        };
        let mut reasons: HashMap<&str, ReversalReason> = HashMap::new();
        let mut movements = Vec::new();
        for line in lines.lines() {
            let mut fields = line.splitn(5, '\t');
            let mut field = || fields.next().ok_or_else(corrupt);
            let (agent, purpose, amount, base, event) =
                (field()?, field()?, field()?, field()?, field()?);
            let number = |text: &str| text.parse::<i64>().map_err(|_| corrupt());
            let reason = match reasons.get(event) {
                Some(reason) => *reason,
                None => {
                    let reason = reason_of(Some(event).filter(|event| !event.is_empty()))?;
                    reasons.insert(event, reason);
                    reason
                }
            };
            movements.push((
                PersonId(number(agent)?),
                Movement {
                    reason: Some(reason),
                    ..self.on_time(purpose, -number(amount)?, -number(base)?, 1)?
                },
            ));
        }
        Ok(movements)
    }

    fn on_time(
        &self,
        purpose: &str,
        amount: i64,
        base: i64,
        count: i64,
    ) -> Result<Movement, OfficeError> {
        Ok(Movement {
            purpose: read_purpose(purpose)?,
            amount: Centimes(amount),
            base: Centimes(base),
            concerns: self.period,
            reason: None,
            capped: None,
            count: u32::try_from(count).unwrap_or(u32::MAX),
        })
    }

    fn correction(&self, row: &EntryRow) -> Result<Movement, OfficeError> {
        let sign = if row.is_taken { -1 } else { 1 };
        let happened_at = Timestamp(row.corrected_at.unwrap_or(row.at));
        Ok(Movement {
            purpose: read_purpose(&row.purpose)?,
            amount: Centimes(sign * row.amount_centimes),
            base: Centimes(sign * row.base_centimes),
            concerns: Period::at(happened_at, self.calendar).min(self.period),
            reason: row.is_taken.then_some(ReversalReason::Corrected),
            capped: None,
            count: 1,
        })
    }

    /// What was taken back, and what had happened in an earlier month: each with the months it
    /// concerns, which its line's whole history says.
    async fn one_by_one(
        &self,
        conn: &mut Conn,
        singles: &[EntryRow],
        has_capped: bool,
    ) -> Result<Vec<(PersonId, Movement)>, OfficeError> {
        let asked: BTreeSet<(i64, LineOf, LineMoment)> = singles
            .iter()
            .filter_map(|row| {
                let moment = LineMoment {
                    counts_in: self.period,
                    at: Timestamp(row.at),
                    event_number: event_number(row.event_number).ok()?,
                };
                let line = (row.order_id?, row.cooperative_id, row.line);
                Some((row.chain_agent, line, moment))
            })
            .collect();
        let orders: BTreeSet<Uuid> = asked.iter().map(|(_, line, _)| line.0).collect();
        let orders: Vec<Uuid> = orders.into_iter().collect();
        let capped = capped_lines_of(conn, &orders, has_capped).await?;
        let mut movements = Vec::new();
        for ((agent, line), history) in lines(sql::of_orders(conn, &orders).await?) {
            for (moment, movement) in self.told(&history, capped.get(&line).copied())? {
                if asked.contains(&(agent, line, moment)) {
                    movements.push((PersonId(agent), movement));
                }
            }
        }
        // What a dispute holds or gives concerns the month it counts in.
        for row in singles.iter().filter(|row| row.order_id.is_none()) {
            let sign = if row.is_taken { -1 } else { 1 };
            movements.push((
                PersonId(row.chain_agent),
                self.on_time(&row.purpose, sign * row.amount_centimes, 0, 1)?,
            ));
        }
        Ok(movements)
    }

    /// Lines of which something was told late are told by their whole history, moment by moment; what the
    /// sums have of them is taken out again.
    async fn with_told_late(
        &self,
        conn: &mut Conn,
        movements: Vec<(PersonId, Movement)>,
        told_late: &BTreeMap<(i64, LineOf), Vec<LineRow>>,
        (start, end): (i64, i64),
        has_capped: bool,
    ) -> Result<Vec<(PersonId, Movement)>, OfficeError> {
        let orders: BTreeSet<Uuid> = told_late.keys().map(|(_, line)| line.0).collect();
        let orders: Vec<Uuid> = orders.into_iter().collect();
        let capped = capped_lines_of(conn, &orders, has_capped).await?;
        let stored = i64::from(self.period.months_since_1970());
        let mut of_people: BTreeMap<PersonId, Sums> = BTreeMap::new();
        for (person, movement) in &movements {
            of_people.entry(*person).or_default().add(movement)?;
        }
        for (&(agent, line), history) in told_late {
            let sums = of_people.entry(PersonId(agent)).or_default();
            let capped = capped.get(&line).copied();
            for row in history.iter().filter(|row| row.period == stored) {
                let noted = row.first_at.zip(row.last_at);
                let is_summed = match noted {
                    Some((first_at, last_at)) => first_at >= start && last_at < end,
                    None => row.at >= start,
                };
                if is_summed {
                    let (amount, base) = row.figures();
                    let reason = if row.is_taken {
                        Some(reason_of(Some(&row.event))?)
                    } else {
                        None
                    };
                    sums.take_out(&Movement {
                        reason,
                        capped,
                        ..self.on_time(&row.purpose, amount.0, base.0, 1)?
                    })?;
                }
            }
            for (moment, movement) in self.told(history, capped)? {
                if moment.counts_in == self.period {
                    sums.add(&movement)?;
                }
            }
        }
        Ok(of_people
            .iter()
            .flat_map(|(person, sums)| sums.movements().map(|movement| (*person, movement)))
            .collect())
    }

    /// What the moments of a line moved, with the months they concern.
    fn told(
        &self,
        history: &[LineRow],
        capped: Option<CappedRule>,
    ) -> Result<Vec<(LineMoment, Movement)>, OfficeError> {
        let mut entries = Vec::with_capacity(history.len());
        let mut events: BTreeMap<u32, &str> = BTreeMap::new();
        for row in history {
            let event_number = event_number(row.event_number)?;
            events.insert(event_number, &row.event);
            let (amount, base) = row.figures();
            entries.push(LineEntry {
                moment: LineMoment {
                    counts_in: period(row.period)?,
                    at: Timestamp(row.at),
                    event_number,
                },
                happened_in: Period::at(Timestamp(row.at), self.calendar),
                amount,
                base,
            });
        }
        let mut told = Vec::new();
        for part in attribute(&entries)? {
            let body = events.get(&part.moment.event_number).copied();
            let event: OrderEvent = serde_json::from_str(body.unwrap_or_default())
                .map_err(|_| OfficeError::Corrupt { what: "an event" })?;
            told.push((part.moment, part.movement(&event, capped)));
        }
        Ok(told)
    }

    /// What every agent may still expect from orders taken before the month's end, and why it is not in.
    async fn not_yet_in(
        &self,
        conn: &mut Conn,
    ) -> Result<HashMap<PersonId, Vec<NotYetIn>>, OfficeError> {
        let end = self.period.end(self.calendar);
        let mut of_people: HashMap<PersonId, Vec<NotYetIn>> = HashMap::new();
        let mut add = |person, part| of_people.entry(person).or_default().push(part);
        let mut is_unknown = false;
        let mut from = sql::awaited_since(conn).await?.unwrap_or(end.0);
        let mut ms = AWAITED_MS_FIRST;
        while from < end.0 {
            let before = from.saturating_add(ms).min(end.0);
            let (lines, unknown) = sql::awaited(conn, from, before).await?;
            let lines = lines.unwrap_or_default();
            Awaited::read_all(&lines, &mut add)?;
            is_unknown |= unknown > 0;
            if lines.len() > AWAITED_BYTES {
                ms = (ms / 2).max(1);
            } else if lines.len() < AWAITED_BYTES / 4 {
                ms = ms.saturating_mul(2);
            }
            from = before;
        }
        let unknown: BTreeSet<(OrderId, CooperativeId)> = if is_unknown {
            sql::awaited_unknown(conn, end.0).await?
        } else {
            Vec::new()
        }
        .into_iter()
        .map(|(order, cooperative)| (OrderId(order), CooperativeId(cooperative)))
        .collect();
        let mut ids: Vec<OrderId> = unknown.iter().map(|(order, _)| *order).collect();
        ids.dedup();
        for some in ids.chunks(ORDERS_AT_ONCE) {
            for stored in orders::load(conn, some).await? {
                let order = &stored.order;
                for sub_order in &order.sub_orders {
                    if unknown.contains(&(order.id, sub_order.cooperative))
                        && let Some(awaited) = Awaited::of(order, sub_order)?
                    {
                        awaited.parts().for_each(|(person, part)| add(person, part));
                    }
                }
            }
        }
        let stored = i64::from(self.period.months_since_1970());
        for (agent, order, cooperative, amount) in sql::later(conn, stored, end.0).await? {
            let part = NotYetIn {
                order: OrderId(order),
                cooperative: CooperativeId(cooperative),
                amount: Centimes(amount),
                why: NotYetInReason::MonthOpen,
            };
            add(PersonId(agent), part);
        }
        for dispute in disputes::holding(conn).await? {
            // An entry that no order caused waits on the agent's ladder, under what is held.
            let Some(line) = dispute.claim.about.line.filter(|_| dispute.opened_at < end) else {
                continue;
            };
            let part = NotYetIn {
                order: line.order,
                cooperative: line.cooperative,
                amount: dispute.held()?,
                why: NotYetInReason::Disputed {
                    dispute: dispute.id,
                },
            };
            add(dispute.agent, part);
        }
        for parts in of_people.values_mut() {
            parts.sort_by_key(|part| (part.why, part.order, part.cooperative));
        }
        Ok(of_people)
    }

    /// The figures of the earlier months that movements concern, as the last statement left them.
    async fn settled(
        &self,
        conn: &mut Conn,
        agent: PersonId,
        known: &Known,
    ) -> Result<Vec<SettledMonth>, OfficeError> {
        let mut missing: BTreeSet<Period> = known
            .movements
            .iter()
            .map(|movement| movement.concerns)
            .filter(|concerns| *concerns < self.period)
            .collect();
        let Some(&oldest) = missing.first() else {
            return Ok(Vec::new());
        };
        let mut settled = Vec::new();
        let since = i64::from(oldest.months_since_1970());
        for (body,) in sql::since(conn, agent.0, since).await? {
            if missing.is_empty() {
                break;
            }
            let statement: Statement = read_statement(&body)?;
            for month in statement.months {
                if missing.remove(&month.period) {
                    settled.push(month);
                }
            }
        }
        // Nothing was ever settled for it: a month without turnover.
        settled.extend(
            missing
                .into_iter()
                .map(|period| SettledMonth::untouched(period, self.rules_of(period).plan)),
        );
        Ok(settled)
    }

    fn rules_of(&self, period: Period) -> MonthRules<'_> {
        rules_of(&self.catalogue, self.calendar, period)
    }

    fn rules_by(&self, version: PlanVersion) -> MonthRules<'_> {
        rules_by(&self.catalogue, version)
    }

    fn close_one(
        &self,
        agent: PersonId,
        known: Known,
        settled: &[SettledMonth],
        terms: &TaxTerms,
    ) -> Result<Closing, OfficeError> {
        let rules = self.rules_of(self.period);
        let without_guarantee = PeriodRules {
            guaranteed: Centimes::ZERO,
            ..rules.rules.clone()
        };
        let rules = if known.was_engaged_throughout(self) {
            rules
        } else {
            MonthRules {
                plan: rules.plan,
                rules: &without_guarantee,
            }
        };
        let earlier: Vec<EarlierMonth<'_>> = settled
            .iter()
            .map(|settled| EarlierMonth {
                rules: self.rules_by(settled.plan),
                settled,
            })
            .collect();
        let owed = known
            .last
            .as_ref()
            .map_or(Centimes::ZERO, |last| Centimes(last.carried_centimes))
            .minus(known.debt_changed)?;
        let year_of = |moment| self.calendar.date_at(moment).year_month_day().0;
        let paid_this_year_before = known
            .last
            .as_ref()
            .filter(|last| year_of(Timestamp(last.closed_at)) == year_of(self.now))
            .map_or(Centimes::ZERO, |last| {
                Centimes(last.paid_this_year_centimes)
            });
        let number = known.last.as_ref().map_or(0, |last| last.number) + 1;
        let last_moment = self.period.end(self.calendar).plus_ms(-1);
        let kind = in_force(&known.engagements, last_moment)
            .or_else(|| known.engagements.first())
            .map_or_else(EngagementKind::default, |engagement| engagement.kind);
        close(ClosingInput {
            number: u32::try_from(number).map_err(|_| OfficeError::Corrupt {
                what: "the number of a statement",
            })?,
            agent,
            period: self.period,
            closed_at: self.now,
            rules,
            earlier: &earlier,
            owed,
            movements: &known.movements,
            advances: &known.advances,
            kind,
            tax: terms,
            paid_this_year_before,
            not_yet_in: known.not_yet_in,
        })
        .map_err(|error| match error {
            ClosingError::Overflow(overflow) => overflow.into(),
            error => {
                tracing::error!(%agent, %error, "the books of an agent contradict themselves");
                OfficeError::Corrupt {
                    what: "the books of an agent",
                }
            }
        })
    }
}

/// The month rules of the plan in force when a month began. Of the first plan of all, when it began
/// within the month.
pub(crate) fn rules_of<'a>(
    catalogue: &'a Catalogue,
    calendar: &Casablanca,
    period: Period,
) -> MonthRules<'a> {
    match catalogue.plan_of_month(period, calendar) {
        Some(plan) => MonthRules {
            plan: plan.version,
            rules: &plan.period,
        },
        None => MonthRules {
            plan: PlanVersion(0),
            rules: &NO_RULES,
        },
    }
}

/// The month rules of a version of the plan.
pub(crate) fn rules_by(catalogue: &Catalogue, version: PlanVersion) -> MonthRules<'_> {
    MonthRules {
        plan: version,
        rules: catalogue
            .plan(version)
            .map_or(&NO_RULES, |plan| &plan.period),
    }
}

/// What is guaranteed is guaranteed for a whole month, from `start` until `end`.
pub(crate) fn was_engaged_throughout(
    engagements: &[Engagement],
    created_at: Timestamp,
    deactivated_at: Option<Timestamp>,
    (start, end): (Timestamp, Timestamp),
) -> bool {
    let since = engagements
        .first()
        .map_or(created_at, |first| first.valid_from);
    since <= start && deactivated_at.is_none_or(|at| at >= end)
}

static NO_RULES: PeriodRules = PeriodRules {
    tiers: Vec::new(),
    targets: Vec::new(),
    guaranteed: Centimes::ZERO,
    lead_rate: taswiq_domain::money::Ppm(0),
};

impl Known {
    /// Whoever was there gets a statement, if only to read why there is nothing; of those who had
    /// left, whoever has something to settle.
    fn has_a_month(&self, gathering: &Gathering<'_>) -> bool {
        let start = gathering.period.start(gathering.calendar);
        let end = gathering.period.end(gathering.calendar);
        let was_there = self.created_at < end && self.deactivated_at.is_none_or(|at| at >= start);
        let owes = self
            .last
            .as_ref()
            .is_some_and(|last| last.carried_centimes > 0);
        was_there
            || owes
            || !self.movements.is_empty()
            || !self.advances.is_empty()
            || !self.not_yet_in.is_empty()
            || self.debt_changed != Centimes::ZERO
    }

    fn was_engaged_throughout(&self, gathering: &Gathering<'_>) -> bool {
        let start = gathering.period.start(gathering.calendar);
        let end = gathering.period.end(gathering.calendar);
        let (created_at, deactivated_at) = (self.created_at, self.deactivated_at);
        was_engaged_throughout(&self.engagements, created_at, deactivated_at, (start, end))
    }
}

impl LineRow {
    /// What it brought to the account, and the turnover that moved with it.
    const fn figures(&self) -> (Centimes, Centimes) {
        let sign = if self.is_taken { -1 } else { 1 };
        (
            Centimes(sign * self.amount_centimes),
            Centimes(sign * self.base_centimes),
        )
    }
}

/// Entries by whose they are and of which line.
fn lines(rows: Vec<LineRow>) -> BTreeMap<(i64, LineOf), Vec<LineRow>> {
    let mut lines: BTreeMap<(i64, LineOf), Vec<LineRow>> = BTreeMap::new();
    for row in rows {
        let line = (row.order_id, row.cooperative_id, row.line);
        lines.entry((row.chain_agent, line)).or_default().push(row);
    }
    lines
}

async fn capped_lines_of(
    conn: &mut Conn,
    orders: &[Uuid],
    has_capped: bool,
) -> Result<HashMap<LineOf, CappedRule>, OfficeError> {
    let mut capped = HashMap::new();
    if has_capped {
        for row in sql::capped_lines(conn, orders).await? {
            capped.insert(
                (row.order_id, row.cooperative_id, row.line),
                capped_rule(row.plan, row.rule, row.cap_centimes)?,
            );
        }
    }
    Ok(capped)
}

fn event_number(stored: i64) -> Result<u32, OfficeError> {
    u32::try_from(stored).map_err(|_| OfficeError::Corrupt { what: "an event" })
}

fn period(stored: i64) -> Result<Period, OfficeError> {
    i32::try_from(stored)
        .map(Period::from_months_since_1970)
        .map_err(|_| OfficeError::Corrupt { what: "a month" })
}

/// Why something was taken back, by the event that took it.
fn reason_of(event: Option<&str>) -> Result<ReversalReason, OfficeError> {
    let Some(event) = event else {
        return Ok(ReversalReason::Corrected);
    };
    let event: OrderEvent =
        serde_json::from_str(event).map_err(|_| OfficeError::Corrupt { what: "an event" })?;
    Ok(ReversalReason::of_event(&event))
}

fn read_purpose(name: &str) -> Result<Purpose, OfficeError> {
    Purpose::from_name(name).ok_or(OfficeError::Corrupt { what: "a purpose" })
}

fn capped_rule(plan: i64, rule: i64, cap: i64) -> Result<CappedRule, OfficeError> {
    Ok(CappedRule {
        plan: PlanVersion(plan),
        rule: u16::try_from(rule).map_err(|_| OfficeError::Corrupt { what: "a rule" })?,
        cap: Centimes(cap),
    })
}

/// A statement as it was stored.
pub(crate) fn read_statement(body: &str) -> Result<Statement, OfficeError> {
    serde_json::from_str(body).map_err(|_| OfficeError::Corrupt {
        what: "a statement",
    })
}

/// The lines of an order whose rule limits what a whole month earns by it.
pub(crate) fn capped_lines(order: &taswiq_domain::order::Order) -> Vec<CappedLineRow> {
    let mut rows = Vec::new();
    for sub_order in &order.sub_orders {
        for line in &sub_order.lines {
            let Some(capped) = CappedRule::of_line(order.plan, &line.commission) else {
                continue;
            };
            rows.push(CappedLineRow {
                order_id: order.id.0,
                cooperative_id: sub_order.cooperative.0,
                line: i64::from(line.number),
                plan: capped.plan.0,
                rule: i64::from(capped.rule),
                cap_centimes: capped.cap.0,
            });
        }
    }
    rows
}
