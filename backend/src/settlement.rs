//! Months: their close, the statements it makes, and how those are paid.
//!
//! A month is closed once, after it has ended in Casablanca, and for all agents in one transaction:
//! what moved is summed from the ledger ([`gathering`]), the domain makes a statement of it and the
//! entries that settle it, and from then on nothing counts in that month any more. What happened in
//! it and comes later counts in the first month that is open, and says which month it concerns.
//!
//! A statement is never changed. Whether it was paid stands with the [`payouts`].

pub mod accounts;
pub mod advances;
mod awaited;
mod gathering;
pub mod payouts;
pub mod sql;
pub mod tax;
#[cfg(test)]
mod tests;

pub(crate) use awaited::Awaited;
pub(crate) use gathering::{
    capped_lines, read_statement, rules_by, rules_of, was_engaged_throughout,
};

use crate::Office;
use crate::db::Conn;
use crate::error::OfficeError;
use crate::feed::{Kind, Scope};
use crate::people::local_text;
use crate::work::Work;
use crate::{ledger, orders};
use gathering::{Gathering, ORDERS_AT_ONCE};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::commission::Pays;
use taswiq_domain::ids::{CooperativeId, OrderId, PersonId};
use taswiq_domain::ledger::Purpose;
use taswiq_domain::ledger::chain::hexadecimal;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::Line;
use taswiq_domain::period::Period;
use taswiq_domain::settlement::{Closing, Statement};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{PaymentState, StatementDocument};
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{CivilDate, Timestamp};

/// Why a month is not closed, or not paid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettlementRefusal {
    /// A closed month never opens again.
    #[error("the month {period} is closed")]
    Closed {
        /// Which.
        period: Period,
    },
    /// An earlier month comes first.
    #[error("the month {oldest} comes first")]
    EarlierOpen {
        /// The oldest that is open.
        oldest: Period,
    },
    /// The month lasts until then.
    #[error("the month {period} is not over")]
    NotOver {
        /// Which.
        period: Period,
    },
    /// Nobody can be paid: everything was paid, or is being paid, or has no account.
    #[error("nobody can be paid for {period}")]
    NobodyToPay {
        /// Which month.
        period: Period,
    },
    /// Two people pay, never one.
    #[error("nobody approves what they prepared")]
    OwnPayout,
    /// Somebody else was faster: it is not in the state that this needs.
    #[error("the payment is {state} now", state = .now.as_str())]
    PayoutMovedOn {
        /// How it stands.
        now: payouts::PayoutStage,
    },
    /// What would be paid is not what is payable.
    #[error("what the agent {agent} is payable has changed")]
    NotPayable {
        /// Whose.
        agent: PersonId,
    },
    /// A payment cannot have been made in the future, or before it was approved.
    #[error("a payment cannot have been made on that day")]
    PaidOnWrongDay,
}

/// The sums of a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many statements.
    pub statements: u32,
    /// What became payable.
    pub payable: Centimes,
    /// What is withheld of it for tax.
    pub withheld: Centimes,
    /// What is recovered of what was owed.
    pub recovered: Centimes,
    /// What of the advances is made good.
    pub advances: Centimes,
    /// What is transferred.
    pub net: Centimes,
    /// What is owed from then on.
    pub carried: Centimes,
    /// What is not yet in.
    pub not_yet_in: Centimes,
    /// Of [`Totals::net`], what was paid.
    pub paid: Centimes,
}

/// How a month stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthState {
    /// It lasts.
    Running {
        /// Until then.
        until: Timestamp,
    },
    /// It is over, and an earlier one is to be closed first.
    Waiting,
    /// It is over and the oldest that is open: it can be closed.
    Due,
    /// Closed for good.
    Closed {
        /// By whom.
        by: PersonId,
        /// When.
        at: Timestamp,
    },
}

/// A month and how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// Which.
    pub period: Period,
    /// How.
    pub state: MonthState,
    /// The sums of its statements; nothing while it is open.
    pub totals: Totals,
}

/// A statement in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementSummary {
    /// Whose.
    pub agent: PersonId,
    /// Their name.
    pub agent_name: LocalText,
    /// Which month.
    pub period: Period,
    /// Counts the agent's statements.
    pub number: u32,
    /// Its figures.
    pub totals: Totals,
    /// How it stands with its payment.
    pub payment: PaymentState,
    /// The payout it stands in.
    pub payout: Option<i64>,
}

/// What was not yet in for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotInByReason {
    /// The stored name of the reason.
    pub because: String,
    /// How many parts of orders, each counted for everybody who earns by it.
    pub parts: u32,
    /// What they would bring.
    pub amount: Centimes,
}

/// A closed month with everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedMonth {
    /// The month and its sums.
    pub month: Month,
    /// By the agents' names.
    pub statements: Vec<StatementSummary>,
    /// What was not yet in when it was closed, and why.
    pub not_yet_in: Vec<NotInByReason>,
    /// How it is paid, the latest first.
    pub payouts: Vec<payouts::Payout>,
}

/// An agent's statement as the office looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementSight {
    /// The agent's name.
    pub agent_name: LocalText,
    /// The statement and how it stands with its payment.
    pub document: StatementDocument,
    /// The payout it stands in.
    pub payout: Option<i64>,
    /// The entries it comes to, oldest first.
    pub entries: Vec<StatementEntry>,
    /// What its close made of them, and what was given in advance for its month.
    pub settling: Vec<StatementEntry>,
    /// The codes of the orders it names, and when each was taken.
    pub orders: BTreeMap<OrderId, (SpokenCode, Timestamp)>,
}

/// An entry on a statement, or of its close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementEntry {
    /// Its number in the ledger.
    pub number: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What for.
    pub purpose: Purpose,
    /// By which order.
    pub order: Option<OrderId>,
    /// By which line of it, if it is one line.
    pub line: Option<(CooperativeId, u16)>,
    /// What came to the earned account; negative when it left. Of what the close only moved on, how much.
    pub amount: Centimes,
    /// The net turnover that moved with it.
    pub base: Centimes,
}

/// By which rate an entry was earned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rated {
    /// What the rule pays.
    pub pays: Pays,
    /// What its line earns at most, where that is less than the rule would have paid.
    pub cap: Option<Centimes>,
}

impl Rated {
    fn of(line: &Line, person: PersonId, agent: PersonId) -> Result<Option<Self>, OfficeError> {
        let commission = &line.commission;
        let Some(pays) = commission.pays_to(person, agent) else {
            return Ok(None);
        };
        // An override has no cap.
        let is_seller = pays == commission.pays;
        let uncapped = commission.uncapped(commission.base, line.asked)?;
        let cap = commission.cap_of_line();
        let cap = cap.filter(|cap| is_seller && uncapped > *cap);
        Ok(Some(Self { pays, cap }))
    }
}

impl Office {
    /// Closes the oldest month that is open, for everybody and for good.
    ///
    /// # Errors
    /// A [`SettlementRefusal`] when it is closed, not over, or not the oldest.
    pub async fn close_period(&self, actor: &Actor, period: Period) -> Result<Totals, OfficeError> {
        self.require(actor, Action::KeepLedger)?;
        self.write((actor.person, period), |(by, period), work| {
            Box::pin(close_month(work, *by, *period))
        })
        .await
    }

    /// What closing a month would make now. Nothing is written, so nothing of it is promised.
    ///
    /// # Errors
    /// A [`SettlementRefusal`] when it is closed or an earlier one comes first. A month that lasts
    /// may be looked at.
    pub async fn month_if_closed_now(
        &self,
        actor: &Actor,
        period: Period,
    ) -> Result<Vec<(LocalText, Statement)>, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        let mut conn = self.db.read().await?;
        let oldest = self.oldest_open(&mut conn).await?;
        check_oldest(period, oldest)?;
        let revision = crate::db::sql::office(&mut conn)
            .await?
            .map_or(0, |office| office.catalogue_revision);
        let catalogue = self.shared.catalogue.at(&mut conn, revision).await?;
        let closings = Gathering {
            catalogue,
            calendar: &self.shared.calendar,
            period,
            now: self.now(),
        }
        .close_all(&mut conn, None)
        .await?;
        let names = names(&mut conn).await?;
        Ok(closings
            .into_iter()
            .map(|closing| {
                let name = names.get(&closing.statement.agent).cloned();
                (name.unwrap_or_default(), closing.statement)
            })
            .collect())
    }

    /// Every month from the first to the present one, the latest first.
    pub async fn months(&self, actor: &Actor) -> Result<Vec<Month>, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        let mut conn = self.db.read().await?;
        let oldest = self.oldest_open(&mut conn).await?;
        let now = self.now();
        let calendar = &self.shared.calendar;
        let mut months = Vec::new();
        let mut period = oldest;
        let present = Period::at(now, calendar);
        while period <= present {
            let until = period.end(calendar);
            let state = if until > now {
                MonthState::Running { until }
            } else if period == oldest {
                MonthState::Due
            } else {
                MonthState::Waiting
            };
            months.push(Month {
                period,
                state,
                totals: Totals::default(),
            });
            period = period.next();
        }
        months.reverse();
        for row in sql::months(&mut conn).await? {
            months.push(read_month(row)?);
        }
        Ok(months)
    }

    /// A closed month with its statements and payouts.
    pub async fn closed_month(
        &self,
        actor: &Actor,
        period: Period,
    ) -> Result<ClosedMonth, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        let mut conn = self.db.read().await?;
        let stored = i64::from(period.months_since_1970());
        let month = sql::months(&mut conn)
            .await?
            .into_iter()
            .find(|row| row.period == stored)
            .ok_or(OfficeError::NotFound)?;
        let statements: Result<Vec<_>, OfficeError> = sql::of_month(&mut conn, stored)
            .await?
            .into_iter()
            .map(read_summary)
            .collect();
        let not_yet_in = sql::not_yet_in(&mut conn, stored).await?;
        Ok(ClosedMonth {
            month: read_month(month)?,
            statements: statements?,
            not_yet_in: not_yet_in
                .and_then(|(text,)| serde_json::from_str(&text).ok())
                .unwrap_or_default(),
            payouts: payouts::of_month(&mut conn, period).await?,
        })
    }

    /// An agent's statements, the latest first.
    pub async fn statements_of(
        &self,
        actor: &Actor,
        agent: PersonId,
    ) -> Result<Vec<StatementSummary>, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        let mut conn = self.db.read().await?;
        sql::of_agent(&mut conn, agent.0)
            .await?
            .into_iter()
            .map(read_summary)
            .collect()
    }

    /// An agent's statement of a month.
    pub async fn statement(
        &self,
        actor: &Actor,
        agent: PersonId,
        period: Period,
    ) -> Result<StatementSight, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        self.statement_of(agent, period).await
    }

    /// The same for the agent whose it is.
    pub async fn own_statement(
        &self,
        actor: &Actor,
        period: Period,
    ) -> Result<StatementSight, OfficeError> {
        self.require(actor, Action::UseField)?;
        self.statement_of(actor.person, period).await
    }

    async fn statement_of(
        &self,
        agent: PersonId,
        period: Period,
    ) -> Result<StatementSight, OfficeError> {
        let mut conn = self.db.read().await?;
        let (document, payout) = document(&mut conn, agent, period)
            .await?
            .ok_or(OfficeError::NotFound)?;
        let person = crate::people::load(&mut conn, agent)
            .await?
            .ok_or(OfficeError::NotFound)?;
        let stored = i64::from(period.months_since_1970());
        let rows = sql::entries(&mut conn, agent.0, stored).await?;
        let read = |rows: Vec<sql::StatementEntryRow>| {
            let entries = rows.into_iter().map(read_entry);
            entries.collect::<Result<Vec<StatementEntry>, OfficeError>>()
        };
        let entries = read(rows)?;
        let settling = read(sql::settling(&mut conn, agent.0, stored).await?)?;
        let named = document.statement.not_yet_in.iter().map(|part| part.order);
        let named = named.chain(entries.iter().filter_map(|entry| entry.order));
        let orders = orders_named(&mut conn, named).await?;
        Ok(StatementSight {
            agent_name: person.name,
            document,
            payout,
            entries,
            settling,
            orders,
        })
    }

    /// By which rate each entry of a statement was earned, by the entry's number: what was frozen on its
    /// line at the door. Nothing for what no line earned.
    pub async fn rates_of(
        &self,
        sight: &StatementSight,
    ) -> Result<BTreeMap<i64, Rated>, OfficeError> {
        let agent = sight.document.statement.agent;
        let mut conn = self.db.read().await?;
        let mut of_orders: BTreeMap<OrderId, Vec<(i64, CooperativeId, u16)>> = BTreeMap::new();
        for entry in &sight.entries {
            if let (Some(order), Some((cooperative, line))) = (entry.order, entry.line) {
                let lines = of_orders.entry(order).or_default();
                lines.push((entry.number, cooperative, line));
            }
        }
        let ids: Vec<OrderId> = of_orders.keys().copied().collect();
        let mut rates = BTreeMap::new();
        for ids in ids.chunks(ORDERS_AT_ONCE) {
            for stored in orders::load(&mut conn, ids).await? {
                let order = &stored.order;
                for &(number, cooperative, line) in of_orders.get(&order.id).into_iter().flatten() {
                    let line = order
                        .sub_order(cooperative)
                        .and_then(|part| part.line(line));
                    let rated = line.map(|line| Rated::of(line, agent, order.agent));
                    if let Some(rated) = rated.transpose()?.flatten() {
                        rates.insert(number, rated);
                    }
                }
            }
        }
        Ok(rates)
    }

    /// The codes of the orders of which a statement says that they are not yet in, and when each was
    /// taken.
    pub async fn orders_named(
        &self,
        actor: &Actor,
        statement: &Statement,
    ) -> Result<BTreeMap<OrderId, (SpokenCode, Timestamp)>, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        let mut conn = self.db.read().await?;
        let named = statement.not_yet_in.iter().map(|part| part.order);
        orders_named(&mut conn, named).await
    }

    async fn oldest_open(&self, conn: &mut Conn) -> Result<Period, OfficeError> {
        let closed = crate::db::sql::office(conn)
            .await?
            .map_or(0, |office| office.open_period);
        oldest_open(conn, closed, &self.shared.calendar).await
    }
}

/// The oldest month that is open: the one after the last that was closed; before any was, the one in
/// which the office was founded, or an earlier one in which somebody earned.
async fn oldest_open(
    conn: &mut Conn,
    open_period: i64,
    calendar: &crate::clock::Casablanca,
) -> Result<Period, OfficeError> {
    if open_period != 0 {
        return read_period(open_period);
    }
    let founded_in = Period::at(Timestamp(sql::founded_at(conn).await?), calendar);
    Ok(match sql::first_period(conn).await? {
        Some(first) => read_period(first)?.min(founded_in),
        None => founded_in,
    })
}

fn check_oldest(period: Period, oldest: Period) -> Result<(), SettlementRefusal> {
    if period < oldest {
        return Err(SettlementRefusal::Closed { period });
    }
    if period > oldest {
        return Err(SettlementRefusal::EarlierOpen { oldest });
    }
    Ok(())
}

async fn close_month(work: &mut Work, by: PersonId, period: Period) -> Result<Totals, OfficeError> {
    // What the jobs before this one did counts too, and sums are made by the database.
    work.flush_books().await?;
    let open_period = work.stored_open_period();
    let shared = Arc::clone(&work.shared);
    let oldest = oldest_open(&mut work.conn, open_period, &shared.calendar).await?;
    check_oldest(period, oldest)?;
    if work.now < period.end(&shared.calendar) {
        return Err(SettlementRefusal::NotOver { period }.into());
    }
    let gathering = Gathering {
        catalogue: work.catalogue().await?,
        calendar: &shared.calendar,
        period,
        now: work.now,
    };
    let beside = work.read_beside();
    let closings = gathering.close_all(&mut work.conn, beside).await?;
    work.writes_much();
    for closing in &closings {
        for posting in &closing.postings {
            work.post_untold(posting.transfer(&closing.statement))?;
        }
    }
    work.close_period(period)?;
    work.flush_books().await?;
    let statements = with_chain_heads(work, closings).await?;
    let stored = i64::from(period.months_since_1970());
    let not_yet_in = crate::catalogue::write_json(&by_reason(&statements)?)?;
    sql::add_month(&mut work.conn, stored, by.0, work.now.0, &not_yet_in).await?;
    let mut totals = Totals::default();
    let mut rows = Vec::with_capacity(statements.len());
    for statement in &statements {
        let row = to_row(statement)?;
        totals = totals.plus(&row)?;
        rows.push(row);
    }
    sql::add_statements(&mut work.conn, &rows).await?;
    work.changed(&Scope::Everyone, Kind::Month, period.to_string());
    work.audit(
        Some(by),
        None,
        "month_closed",
        period.to_string(),
        format!(
            "{} statements, {} net, {} withheld, {} carried",
            totals.statements, totals.net.0, totals.withheld.0, totals.carried.0
        ),
    );
    Ok(totals)
}

/// The statements, each with where its agent's chain ends now.
async fn with_chain_heads(
    work: &mut Work,
    closings: Vec<Closing>,
) -> Result<Vec<Statement>, OfficeError> {
    let agents: Vec<i64> = closings
        .iter()
        .map(|closing| closing.statement.agent.0)
        .collect();
    let heads = ledger::heads(&mut work.conn, &agents).await?;
    Ok(closings
        .into_iter()
        .map(|closing| {
            let head = heads.get(&closing.statement.agent);
            Statement {
                chain_head: hexadecimal(&head.copied().unwrap_or_default()),
                ..closing.statement
            }
        })
        .collect())
}

/// What is not yet in of several statements, by reason, the largest first.
///
/// # Errors
/// When a sum does not fit 64 bits.
pub fn by_reason(statements: &[Statement]) -> Result<Vec<NotInByReason>, OfficeError> {
    let mut sums: Vec<NotInByReason> = Vec::new();
    for part in statements
        .iter()
        .flat_map(|statement| &statement.not_yet_in)
    {
        let because = part.why.as_str();
        let index = match sums.iter().position(|sum| sum.because == because) {
            Some(index) => index,
            None => {
                sums.push(NotInByReason {
                    because: because.to_owned(),
                    parts: 0,
                    amount: Centimes::ZERO,
                });
                sums.len() - 1
            }
        };
        sums[index].parts += 1;
        sums[index].amount = sums[index].amount.plus(part.amount)?;
    }
    sums.sort_by_key(|sum| std::cmp::Reverse(sum.amount));
    Ok(sums)
}

/// The name of everybody with an account.
async fn names(conn: &mut Conn) -> Result<BTreeMap<PersonId, LocalText>, OfficeError> {
    sql::agents(conn)
        .await?
        .into_iter()
        .map(|row| Ok((PersonId(row.id), local_text(&row.name)?)))
        .collect()
}

async fn orders_named(
    conn: &mut Conn,
    orders: impl Iterator<Item = OrderId>,
) -> Result<BTreeMap<OrderId, (SpokenCode, Timestamp)>, OfficeError> {
    let orders: BTreeSet<uuid::Uuid> = orders.map(|order| order.0).collect();
    let orders: Vec<uuid::Uuid> = orders.into_iter().collect();
    sql::codes(conn, &orders)
        .await?
        .into_iter()
        .map(|(id, code, placed_at)| {
            let code = code
                .parse()
                .map_err(|_| OfficeError::Corrupt { what: "a code" })?;
            Ok((OrderId(id), (code, Timestamp(placed_at))))
        })
        .collect()
}

/// The numbers of the entries that the close of a month posted for an agent, in the order of the chain.
pub(crate) async fn posted_by_close(
    conn: &mut Conn,
    agent: PersonId,
    period: Period,
) -> Result<Vec<i64>, OfficeError> {
    let stored = i64::from(period.months_since_1970());
    let numbers = sql::posted_by_close(conn, agent.0, stored).await?;
    Ok(numbers.into_iter().map(|(number,)| number).collect())
}

/// A statement and how it stands with its payment, and the payout it stands in.
pub(crate) async fn document(
    conn: &mut Conn,
    agent: PersonId,
    period: Period,
) -> Result<Option<(StatementDocument, Option<i64>)>, OfficeError> {
    let stored = i64::from(period.months_since_1970());
    let Some((body, payout, approved_at, paid_on, reference)) =
        sql::one(conn, agent.0, stored).await?
    else {
        return Ok(None);
    };
    let statement = read_statement(&body)?;
    let payment = payment_state(statement.net, payout, approved_at, paid_on, reference)?;
    Ok(Some((StatementDocument { statement, payment }, payout)))
}

fn payment_state(
    net: Centimes,
    payout: Option<i64>,
    approved_at: Option<i64>,
    paid_on: Option<i64>,
    reference: Option<String>,
) -> Result<PaymentState, OfficeError> {
    Ok(match (paid_on, approved_at, payout) {
        _ if net == Centimes::ZERO => PaymentState::Nothing,
        (Some(on), ..) => PaymentState::Paid {
            on: read_date(on)?,
            reference: reference.unwrap_or_default(),
        },
        (None, Some(_), Some(_)) => PaymentState::Approved,
        (None, _, Some(_)) => PaymentState::Prepared,
        (None, _, None) => PaymentState::Payable,
    })
}

fn read_date(days: i64) -> Result<CivilDate, OfficeError> {
    i32::try_from(days)
        .map(CivilDate::from_days_since_epoch)
        .map_err(|_| OfficeError::Corrupt { what: "a date" })
}

fn read_period(months: i64) -> Result<Period, OfficeError> {
    i32::try_from(months)
        .map(Period::from_months_since_1970)
        .map_err(|_| OfficeError::Corrupt { what: "a month" })
}

fn read_count(count: i64) -> u32 {
    u32::try_from(count).unwrap_or_default()
}

fn read_month(row: sql::MonthRow) -> Result<Month, OfficeError> {
    Ok(Month {
        period: read_period(row.period)?,
        state: MonthState::Closed {
            by: PersonId(row.closed_by),
            at: Timestamp(row.closed_at),
        },
        totals: Totals {
            statements: read_count(row.statements),
            payable: Centimes(row.payable_centimes),
            withheld: Centimes(row.withheld_centimes),
            recovered: Centimes(row.recovered_centimes),
            advances: Centimes(row.advances_centimes),
            net: Centimes(row.net_centimes),
            carried: Centimes(row.carried_centimes),
            not_yet_in: Centimes(row.not_yet_in_centimes),
            paid: Centimes(row.paid_centimes),
        },
    })
}

fn read_entry(row: sql::StatementEntryRow) -> Result<StatementEntry, OfficeError> {
    let corrupt = |what| OfficeError::Corrupt { what };
    let sign = if row.is_taken { -1 } else { 1 };
    let line = u16::try_from(row.line).map_err(|_| corrupt("a line"))?;
    let of_line = (line > 0).then_some((CooperativeId(row.cooperative_id), line));
    Ok(StatementEntry {
        number: row.number,
        at: Timestamp(row.at),
        purpose: Purpose::from_name(&row.purpose).ok_or_else(|| corrupt("a purpose"))?,
        order: row.order_id.map(OrderId),
        line: of_line,
        amount: Centimes(sign * row.amount_centimes),
        base: Centimes(sign * row.base_centimes),
    })
}

fn read_summary(row: sql::SummaryRow) -> Result<StatementSummary, OfficeError> {
    let net = Centimes(row.net_centimes);
    let payment = payment_state(
        net,
        row.payout_id,
        row.approved_at,
        row.paid_on,
        row.reference,
    )?;
    let is_paid = matches!(payment, PaymentState::Paid { .. });
    Ok(StatementSummary {
        agent: PersonId(row.agent_id),
        agent_name: local_text(&row.name)?,
        period: read_period(row.period)?,
        number: read_count(row.number),
        totals: Totals {
            statements: 1,
            payable: Centimes(row.payable_centimes),
            withheld: Centimes(row.withheld_centimes),
            recovered: Centimes(row.recovered_centimes),
            advances: Centimes(row.advances_centimes),
            net,
            carried: Centimes(row.carried_centimes),
            not_yet_in: Centimes(row.not_yet_in_centimes),
            paid: if is_paid { net } else { Centimes::ZERO },
        },
        payment,
        payout: row.payout_id,
    })
}

fn to_row(statement: &Statement) -> Result<sql::StatementRow, OfficeError> {
    let not_yet_in = Centimes::sum(statement.not_yet_in.iter().map(|part| part.amount))?;
    Ok(sql::StatementRow {
        agent_id: statement.agent.0,
        period: i64::from(statement.period.months_since_1970()),
        number: i64::from(statement.number),
        closed_at: statement.closed_at.0,
        payable_centimes: statement.payable.0,
        withheld_centimes: statement.tax.amount.0,
        recovered_centimes: statement.recovered.0,
        advances_centimes: statement.advances_deducted.0,
        net_centimes: statement.net.0,
        carried_centimes: statement.carried_forward.0,
        paid_this_year_centimes: statement.paid_this_year.0,
        not_yet_in_centimes: not_yet_in.0,
        body: crate::catalogue::write_json(statement)?,
    })
}

impl Totals {
    fn plus(self, row: &sql::StatementRow) -> Result<Self, OfficeError> {
        Ok(Self {
            statements: self.statements + 1,
            payable: self.payable.plus(Centimes(row.payable_centimes))?,
            withheld: self.withheld.plus(Centimes(row.withheld_centimes))?,
            recovered: self.recovered.plus(Centimes(row.recovered_centimes))?,
            advances: self.advances.plus(Centimes(row.advances_centimes))?,
            net: self.net.plus(Centimes(row.net_centimes))?,
            carried: self.carried.plus(Centimes(row.carried_centimes))?,
            not_yet_in: self.not_yet_in.plus(Centimes(row.not_yet_in_centimes))?,
            paid: self.paid,
        })
    }

    /// The sums that statements would come to.
    ///
    /// # Errors
    /// When they do not fit 64 bits.
    pub fn of<'a>(
        statements: impl IntoIterator<Item = &'a Statement>,
    ) -> Result<Self, OfficeError> {
        statements
            .into_iter()
            .try_fold(Self::default(), |sum, statement| {
                sum.plus(&to_row(statement)?)
            })
    }
}
