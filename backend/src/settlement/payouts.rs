//! How the statements of a closed month are paid: prepared by one person, approved by another, made at
//! the bank from a list, recorded with its date and reference.
//!
//! A payout pays whole statements and each statement once. Whoever has no bank account is named and left
//! out, and stays payable. What is approved is what is paid: amounts and accounts are those at the time
//! of preparing, and are compared with what is payable again at every step.

pub mod sql;

use super::{SettlementRefusal, accounts, read_date, read_period};
use crate::Office;
use crate::db::Conn;
use crate::error::{OfficeError, invalid};
use crate::feed::{Kind, Scope};
use crate::people::local_text;
use crate::work::Work;
use sql::{LineRow, NamedLineRow, PayoutRow};
use taswiq_domain::access::{Action, Actor, Subject, can};
use taswiq_domain::bank::Rib;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::{Account, Cause, Purpose, Transfer};
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::text::{self, LocalText};
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};

/// How far a payout has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayoutStage {
    /// Somebody else has to approve it.
    Prepared,
    /// The bank may be asked for it.
    Approved,
    /// Paid.
    Paid,
    /// Given up before it was paid.
    Cancelled,
}

impl PayoutStage {
    /// The name in an address or a message for operators.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Approved => "approved",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Who did something, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// A payment of several statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Which.
    pub id: i64,
    /// Of which month.
    pub period: Period,
    /// How far it has come.
    pub stage: PayoutStage,
    /// Who prepared it.
    pub prepared: Step,
    /// Who approved it.
    pub approved: Option<Step>,
    /// Who gave it up.
    pub cancelled: Option<Step>,
    /// The day on which the bank paid, and what it calls it.
    pub paid: Option<(CivilDate, String)>,
    /// Who recorded that.
    pub recorded: Option<Step>,
    /// Whom it pays, by name.
    pub lines: Vec<PayoutLine>,
}

impl Payout {
    /// What it comes to.
    ///
    /// # Errors
    /// When the sum does not fit 64 bits.
    pub fn total(&self) -> Result<Centimes, OfficeError> {
        Ok(Centimes::sum(self.lines.iter().map(|line| line.amount))?)
    }
}

/// Somebody whom a payout pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutLine {
    /// Whom.
    pub agent: PersonId,
    /// Their name.
    pub agent_name: LocalText,
    /// The number of their statement.
    pub statement_number: u32,
    /// How much.
    pub amount: Centimes,
    /// To which account.
    pub rib: Rib,
    /// Whether the agent has another account by now.
    pub account_changed: bool,
    /// When the bank sent it back, if it did.
    pub returned_at: Option<Timestamp>,
}

/// Somebody who is not paid, for want of an account mostly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Whom.
    pub agent: PersonId,
    /// Their name.
    pub agent_name: LocalText,
    /// What stays payable.
    pub amount: Centimes,
    /// Whether there is an account: then what is payable by now does not cover the statement.
    pub has_account: bool,
}

/// What a payout would pay if it were prepared now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payable {
    /// How many have an account.
    pub agents: u32,
    /// What they are paid.
    pub amount: Centimes,
    /// Who has none.
    pub left_out: Vec<LeftOut>,
}

impl Office {
    /// What is payable for a month and stands in no payout.
    pub async fn payable(&self, actor: &Actor, period: Period) -> Result<Payable, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        let mut conn = self.db.read().await?;
        let (lines, left_out) = payable(&mut conn, period).await?;
        Ok(Payable {
            agents: super::read_count(lines.len() as i64),
            amount: Centimes::sum(lines.iter().map(|line| Centimes(line.amount_centimes)))?,
            left_out,
        })
    }

    /// Prepares the payment of everybody who is payable for a month and has an account.
    ///
    /// # Errors
    /// [`SettlementRefusal::NobodyToPay`] when there is nobody.
    pub async fn prepare_payout(&self, actor: &Actor, period: Period) -> Result<i64, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        self.write((actor.person, period), |(by, period), work| {
            Box::pin(prepare(work, *by, *period))
        })
        .await
    }

    /// Approves what somebody else prepared.
    ///
    /// # Errors
    /// [`SettlementRefusal::OwnPayout`] for whoever prepared it.
    pub async fn approve_payout(&self, actor: &Actor, id: i64) -> Result<(), OfficeError> {
        self.require(actor, Action::ApprovePayout)?;
        self.write((actor.clone(), id), |(actor, id), work| {
            Box::pin(approve(work, actor, *id))
        })
        .await
    }

    /// Gives a payout up that was not paid: its statements are payable again.
    ///
    /// # Errors
    /// [`SettlementRefusal::PayoutMovedOn`] once it was paid.
    pub async fn cancel_payout(&self, actor: &Actor, id: i64) -> Result<(), OfficeError> {
        self.require(actor, Action::PayAgents)?;
        self.write((actor.person, id), |(by, id), work| {
            Box::pin(cancel(work, *by, *id))
        })
        .await
    }

    /// Records that the bank has paid: the statements are paid from then on.
    ///
    /// # Errors
    /// [`OfficeError::Invalid`] names `reference`; [`SettlementRefusal::PaidOnWrongDay`];
    /// [`SettlementRefusal::PayoutMovedOn`] when it is not approved.
    pub async fn record_payment(
        &self,
        actor: &Actor,
        id: i64,
        paid_on: CivilDate,
        reference: &str,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::PayAgents)?;
        let reference = text::clean_note("reference", reference)?;
        if reference.is_empty() {
            return Err(invalid("reference"));
        }
        self.write(
            (actor.person, id, paid_on, reference),
            |(by, id, paid_on, reference), work| {
                Box::pin(record(work, *by, *id, *paid_on, reference))
            },
        )
        .await
    }

    /// Records that the bank sent an agent's money back: it is payable again.
    ///
    /// # Errors
    /// [`OfficeError::NotFound`] when the payout did not pay that agent, or the money came back before.
    pub async fn record_returned(
        &self,
        actor: &Actor,
        id: i64,
        agent: PersonId,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::PayAgents)?;
        self.write((actor.person, id, agent), |(by, id, agent), work| {
            Box::pin(take_back(work, *by, *id, *agent))
        })
        .await
    }

    /// A payout with whom it pays.
    pub async fn payout(&self, actor: &Actor, id: i64) -> Result<Payout, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        let mut conn = self.db.read().await?;
        let row = load(&mut conn, id).await?;
        read(&mut conn, row).await
    }
}

/// The payouts of a month, the latest first.
pub(super) async fn of_month(conn: &mut Conn, period: Period) -> Result<Vec<Payout>, OfficeError> {
    let stored = i64::from(period.months_since_1970());
    let mut payouts = Vec::new();
    for row in sql::of_month(conn, stored).await? {
        payouts.push(read(conn, row).await?);
    }
    Ok(payouts)
}

async fn load(conn: &mut Conn, id: i64) -> Result<PayoutRow, OfficeError> {
    sql::by_id(conn, id)
        .await?
        .pop()
        .ok_or(OfficeError::NotFound)
}

async fn read(conn: &mut Conn, row: PayoutRow) -> Result<Payout, OfficeError> {
    let step = |by: Option<i64>, at: Option<i64>| {
        by.zip(at).map(|(by, at)| Step {
            by: PersonId(by),
            at: Timestamp(at),
        })
    };
    let lines: Result<Vec<PayoutLine>, OfficeError> = sql::lines(conn, row.id)
        .await?
        .into_iter()
        .map(|line| {
            Ok(PayoutLine {
                agent: PersonId(line.agent_id),
                agent_name: local_text(&line.name)?,
                statement_number: super::read_count(line.number),
                amount: Centimes(line.amount_centimes),
                account_changed: line
                    .current_rib
                    .as_ref()
                    .is_some_and(|current| *current != line.rib),
                rib: line.rib.parse().map_err(|_| OfficeError::Corrupt {
                    what: "a bank account",
                })?,
                returned_at: line.returned_at.map(Timestamp),
            })
        })
        .collect();
    Ok(Payout {
        id: row.id,
        period: read_period(row.period)?,
        stage: stage(&row),
        prepared: Step {
            by: PersonId(row.prepared_by),
            at: Timestamp(row.prepared_at),
        },
        approved: step(row.approved_by, row.approved_at),
        cancelled: step(row.cancelled_by, row.cancelled_at),
        recorded: step(row.recorded_by, row.recorded_at),
        paid: row
            .paid_on
            .map(|on| Ok::<_, OfficeError>((read_date(on)?, row.reference.unwrap_or_default())))
            .transpose()?,
        lines: lines?,
    })
}

const fn stage(row: &PayoutRow) -> PayoutStage {
    if row.cancelled_at.is_some() {
        PayoutStage::Cancelled
    } else if row.paid_on.is_some() {
        PayoutStage::Paid
    } else if row.approved_at.is_some() {
        PayoutStage::Approved
    } else {
        PayoutStage::Prepared
    }
}

fn expect(row: &PayoutRow, stages: &[PayoutStage]) -> Result<(), SettlementRefusal> {
    let now = stage(row);
    if stages.contains(&now) {
        Ok(())
    } else {
        Err(SettlementRefusal::PayoutMovedOn { now })
    }
}

/// The lines of a payout prepared now, but for its number, and who is left out.
async fn payable(
    conn: &mut Conn,
    period: Period,
) -> Result<(Vec<LineRow>, Vec<LeftOut>), OfficeError> {
    let stored = i64::from(period.months_since_1970());
    let accounts = accounts::all(conn).await?;
    let (mut lines, mut left_out) = (Vec::new(), Vec::new());
    for row in sql::payable(conn, stored).await? {
        let agent = PersonId(row.agent_id);
        let is_covered = row.balance_centimes.unwrap_or_default() >= row.net_centimes;
        match accounts.get(&agent).filter(|_| is_covered) {
            Some(account) => lines.push(LineRow {
                payout_id: 0,
                agent_id: row.agent_id,
                period: stored,
                amount_centimes: row.net_centimes,
                rib: account.rib.as_str().to_owned(),
                // Each time the bank sent money back took a step, and so did paying it.
                step: 1 + 2 * row.returned,
                returned_at: None,
                is_alive: true,
            }),
            None => left_out.push(LeftOut {
                agent,
                agent_name: local_text(&row.name)?,
                amount: Centimes(row.net_centimes),
                has_account: accounts.contains_key(&agent),
            }),
        }
    }
    Ok((lines, left_out))
}

async fn prepare(work: &mut Work, by: PersonId, period: Period) -> Result<i64, OfficeError> {
    work.flush_books().await?;
    let (mut lines, left_out) = payable(&mut work.conn, period).await?;
    if lines.is_empty() {
        return Err(SettlementRefusal::NobodyToPay { period }.into());
    }
    let id = sql::last_id(&mut work.conn).await? + 1;
    for line in &mut lines {
        line.payout_id = id;
    }
    let total = Centimes::sum(lines.iter().map(|line| Centimes(line.amount_centimes)))?;
    let row = PayoutRow {
        id,
        period: i64::from(period.months_since_1970()),
        prepared_by: by.0,
        prepared_at: work.now.0,
        approved_by: None,
        approved_at: None,
        cancelled_by: None,
        cancelled_at: None,
        paid_on: None,
        reference: None,
        recorded_by: None,
        recorded_at: None,
    };
    sql::put(&mut work.conn, &row).await?;
    sql::add_lines(&mut work.conn, &lines).await?;
    tell(
        work,
        period,
        lines.iter().map(|line| PersonId(line.agent_id)),
    );
    work.audit(
        Some(by),
        None,
        "payout_prepared",
        id.to_string(),
        format!(
            "{} for {period} to {} agents, {} left out",
            total.0,
            lines.len(),
            left_out.len()
        ),
    );
    Ok(id)
}

async fn approve(work: &mut Work, actor: &Actor, id: i64) -> Result<(), OfficeError> {
    work.flush_books().await?;
    let mut row = load(&mut work.conn, id).await?;
    expect(&row, &[PayoutStage::Prepared])?;
    let subject = Subject::Payout {
        prepared_by: PersonId(row.prepared_by),
    };
    if !can(Some(actor), Action::ApprovePayout, subject) {
        return Err(SettlementRefusal::OwnPayout.into());
    }
    let lines = checked_lines(work, id).await?;
    row.approved_by = Some(actor.person.0);
    row.approved_at = Some(work.now.0);
    sql::put(&mut work.conn, &row).await?;
    let period = read_period(row.period)?;
    tell(
        work,
        period,
        lines.iter().map(|line| PersonId(line.agent_id)),
    );
    work.audit(
        Some(actor.person),
        None,
        "payout_approved",
        id.to_string(),
        told(&lines),
    );
    Ok(())
}

async fn cancel(work: &mut Work, by: PersonId, id: i64) -> Result<(), OfficeError> {
    let mut row = load(&mut work.conn, id).await?;
    expect(&row, &[PayoutStage::Prepared, PayoutStage::Approved])?;
    let lines = sql::lines(&mut work.conn, id).await?;
    row.cancelled_by = Some(by.0);
    row.cancelled_at = Some(work.now.0);
    sql::put(&mut work.conn, &row).await?;
    sql::let_go(&mut work.conn, id).await?;
    let period = read_period(row.period)?;
    tell(
        work,
        period,
        lines.iter().map(|line| PersonId(line.agent_id)),
    );
    work.audit(
        Some(by),
        None,
        "payout_cancelled",
        id.to_string(),
        told(&lines),
    );
    Ok(())
}

async fn record(
    work: &mut Work,
    by: PersonId,
    id: i64,
    paid_on: CivilDate,
    reference: &str,
) -> Result<(), OfficeError> {
    work.flush_books().await?;
    let mut row = load(&mut work.conn, id).await?;
    expect(&row, &[PayoutStage::Approved])?;
    let calendar = &work.shared.calendar;
    let approved_on = calendar.date_at(Timestamp(row.approved_at.unwrap_or_default()));
    if paid_on < approved_on || paid_on > calendar.date_at(work.now) {
        return Err(SettlementRefusal::PaidOnWrongDay.into());
    }
    let lines = checked_lines(work, id).await?;
    let period = read_period(row.period)?;
    for line in &lines {
        let agent = PersonId(line.agent_id);
        let (from, to) = (Account::AgentPayable(agent), Account::AgentPaid(agent));
        post(work, period, line, (from, to), line.step)?;
    }
    row.paid_on = Some(i64::from(paid_on.days_since_epoch()));
    row.reference = Some(reference.to_owned());
    row.recorded_by = Some(by.0);
    row.recorded_at = Some(work.now.0);
    sql::put(&mut work.conn, &row).await?;
    tell(
        work,
        period,
        lines.iter().map(|line| PersonId(line.agent_id)),
    );
    work.audit(
        Some(by),
        None,
        "payment_recorded",
        id.to_string(),
        told(&lines),
    );
    Ok(())
}

async fn take_back(
    work: &mut Work,
    by: PersonId,
    id: i64,
    agent: PersonId,
) -> Result<(), OfficeError> {
    let row = load(&mut work.conn, id).await?;
    expect(&row, &[PayoutStage::Paid])?;
    let lines = sql::lines(&mut work.conn, id).await?;
    let line = lines
        .iter()
        .find(|line| line.agent_id == agent.0 && line.is_alive)
        .ok_or(OfficeError::NotFound)?;
    let period = read_period(row.period)?;
    let (from, to) = (Account::AgentPaid(agent), Account::AgentPayable(agent));
    post(work, period, line, (from, to), line.step + 1)?;
    let now = work.now.0;
    if sql::take_back(&mut work.conn, id, agent.0, now).await? != 1 {
        return Err(OfficeError::NotFound);
    }
    tell(work, period, std::iter::once(agent));
    work.audit(
        Some(by),
        None,
        "payment_returned",
        id.to_string(),
        format!("{} of {agent}", line.amount_centimes),
    );
    Ok(())
}

fn post(
    work: &mut Work,
    period: Period,
    line: &NamedLineRow,
    (debit, credit): (Account, Account),
    step: i64,
) -> Result<(), OfficeError> {
    let step = u16::try_from(step).map_err(|_| OfficeError::Corrupt {
        what: "a step of a payout",
    })?;
    work.post(Transfer {
        debit,
        credit,
        amount: Centimes(line.amount_centimes),
        purpose: Purpose::PaidOut,
        cause: Cause::Payout {
            agent: PersonId(line.agent_id),
            period,
            step,
        },
        base: Centimes::ZERO,
        at: work.now,
        period: work.posting_period(work.now),
    })?;
    Ok(())
}

/// The lines of a payout, after making sure that each is what its statement says and is still payable.
async fn checked_lines(work: &mut Work, id: i64) -> Result<Vec<NamedLineRow>, OfficeError> {
    let lines = sql::lines(&mut work.conn, id).await?;
    for line in &lines {
        let is_payable = line.is_alive
            && line.amount_centimes == line.net_centimes
            && line.balance_centimes.unwrap_or_default() >= line.amount_centimes;
        if !is_payable {
            return Err(SettlementRefusal::NotPayable {
                agent: PersonId(line.agent_id),
            }
            .into());
        }
    }
    Ok(lines)
}

/// The agents' phones are told how their statements stand.
fn tell(work: &mut Work, period: Period, agents: impl Iterator<Item = PersonId>) {
    for agent in agents {
        work.changed(&Scope::Agent(agent), Kind::Statement, period.to_string());
    }
}

fn told(lines: &[NamedLineRow]) -> String {
    let total: i64 = lines
        .iter()
        .map(|line| line.amount_centimes)
        .fold(0, i64::saturating_add);
    format!("{total} to {} agents", lines.len())
}
