//! Disputes as stored: what happened to them, which only grows, and beside it how they stand.
//!
//! Agents open, escalate and take back by commands of their phones ([`crate::sync`]); the office takes
//! under review and decides here. Whoever does it, a step is written by [`apply`]: the step, the state,
//! the ledger and the change feed as one.

pub mod sql;

use crate::Office;
use crate::db::Conn;
use crate::error::OfficeError;
use crate::feed::{Kind, Scope};
use crate::ledger;
use crate::orders;
use crate::people;
use crate::work::{Doer, Work};
use serde::Serialize;
use sql::{DisputeRow, StepRow};
use std::collections::BTreeMap;
use taswiq_domain::Refusal;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::commission::LineCommission;
use taswiq_domain::dispute::{
    self, Dispute, DisputeEvent, DisputeState, Disputed, DisputedLine, LineGrants, Verdict,
};
use taswiq_domain::ids::{DeviceId, PersonId};
use taswiq_domain::order::Order;
use taswiq_domain::period::counts_at;
use taswiq_domain::person::Role;
use taswiq_domain::sync::{DisputeDocument, DisputeStep, LedgerEntry};
use taswiq_domain::text::LocalText;
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

/// A dispute in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeSummary {
    /// The dispute.
    pub dispute: Dispute,
    /// Whose.
    pub agent_name: LocalText,
}

/// Where a page of answered disputes ended; give it back to get the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeCursor {
    /// Since when the last one stood where it stood.
    pub since: Timestamp,
    /// The last one.
    pub id: Uuid,
}

/// A page of what was answered or taken back, latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnsweredPage {
    /// The disputes.
    pub disputes: Vec<DisputeSummary>,
    /// Where the next page begins, if there is one.
    pub next: Option<DisputeCursor>,
}

/// A dispute with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeFile {
    /// The dispute.
    pub dispute: Dispute,
    /// What happened to it, oldest first; the first opened it.
    pub steps: Vec<RecordedStep>,
    /// The entry it is about, if it is about one.
    pub entry: Option<LedgerEntry>,
    /// What else was disputed about the same, by whomever, oldest first.
    pub others: Vec<DisputeSummary>,
    /// What was granted for the line it is about, if it is about one.
    pub grants: Option<LineGrants>,
}

/// A step of a dispute, with who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedStep {
    /// What; nothing for the one that opened it.
    pub event: Option<DisputeEvent>,
    /// Who.
    pub actor: PersonId,
    /// On which device; nothing for the office's pages.
    pub device: Option<DeviceId>,
    /// When, by corrected time.
    pub at: Timestamp,
    /// When the server took it in.
    pub received_at: Timestamp,
}

/// How many wait for an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// All of them.
    pub waiting: i64,
    /// Of those, how many should have been answered by now.
    pub overdue: i64,
}

/// Disputes in the queue: more than an office answers in a month.
const WAITING_MAX: i64 = 500;
/// How many answered disputes a page holds.
pub const ANSWERED_PER_PAGE: usize = 50;

impl Office {
    /// What waits for an answer, the most urgent first.
    pub async fn disputes_waiting(
        &self,
        actor: &Actor,
    ) -> Result<Vec<DisputeSummary>, OfficeError> {
        self.require(actor, Action::AnswerDisputes)?;
        let mut conn = self.db.read().await?;
        let rows = sql::waiting(&mut conn, WAITING_MAX).await?;
        summaries(&mut conn, rows).await
    }

    /// One page of what was answered or taken back, latest first.
    pub async fn disputes_answered(
        &self,
        actor: &Actor,
        after: Option<DisputeCursor>,
    ) -> Result<AnsweredPage, OfficeError> {
        self.require(actor, Action::AnswerDisputes)?;
        let mut conn = self.db.read().await?;
        let after = after.map_or((i64::MAX, Uuid::max()), |after| (after.since.0, after.id));
        let mut rows = sql::answered(&mut conn, after, ANSWERED_PER_PAGE as i64 + 1).await?;
        let more = rows.len() > ANSWERED_PER_PAGE;
        rows.truncate(ANSWERED_PER_PAGE);
        let next = rows.last().filter(|_| more).map(|last| DisputeCursor {
            since: Timestamp(last.since),
            id: last.id,
        });
        let disputes = summaries(&mut conn, rows).await?;
        Ok(AnsweredPage { disputes, next })
    }

    /// How many disputes wait for an answer.
    pub async fn count_disputes(&self, actor: &Actor) -> Result<Queue, OfficeError> {
        self.require(actor, Action::AnswerDisputes)?;
        let mut conn = self.db.read().await?;
        let (waiting, overdue) = sql::count_waiting(&mut conn, self.now().0).await?;
        Ok(Queue { waiting, overdue })
    }

    /// One dispute with its steps and the entry it is about.
    pub async fn dispute(&self, actor: &Actor, id: Uuid) -> Result<DisputeFile, OfficeError> {
        self.require(actor, Action::AnswerDisputes)?;
        let mut conn = self.db.read().await?;
        let dispute = load(&mut conn, &[id])
            .await?
            .pop()
            .ok_or(OfficeError::NotFound)?;
        let steps = sql::steps_of(&mut conn, &[id])
            .await?
            .iter()
            .map(recorded)
            .collect::<Result<_, _>>()?;
        let mut entries = match dispute.claim.about.entry {
            Some(number) => ledger::entries(&mut conn, &[number]).await?,
            None => Vec::new(),
        };
        ledger::add_sources(&mut conn, &mut entries).await?;
        let mut others = match dispute.claim.about.line {
            Some(line) => sql::of_line(&mut conn, line_columns(line)).await?,
            None => sql::about(&mut conn, dispute.agent.0, dispute.claim.about.entry, None).await?,
        };
        others.retain(|other| other.id != id);
        let others = summaries(&mut conn, others).await?;
        let grants = match dispute.claim.about.line {
            Some(named) => {
                let order = orders::load(&mut conn, &[named.order]).await?.pop();
                let order = order.as_ref().map(|stored| &stored.order);
                let disputes = others.iter().map(|other| &other.dispute);
                Some(LineGrants::beside(id, commission(order, named), disputes)?)
            }
            None => None,
        };
        Ok(DisputeFile {
            dispute,
            steps,
            entry: entries.pop(),
            others,
            grants,
        })
    }

    /// The photo that came with a dispute: a JPEG, looked at when it came.
    pub async fn photo_of_dispute(&self, actor: &Actor, id: Uuid) -> Result<Vec<u8>, OfficeError> {
        self.require(actor, Action::AnswerDisputes)?;
        let mut conn = self.db.read().await?;
        sql::photo(&mut conn, id)
            .await?
            .ok_or(OfficeError::NotFound)
    }

    /// Says that somebody looks at a dispute.
    ///
    /// # Errors
    /// [`OfficeError::Invalid`] when it stands where that cannot happen.
    pub async fn take_dispute(&self, actor: &Actor, id: Uuid) -> Result<(), OfficeError> {
        self.answer_dispute(actor, id, DisputeEvent::Taken, false)
            .await
    }

    /// Decides a dispute. What was escalated is for those who may decide that; where one of them decided
    /// first, for whoever may answer.
    ///
    /// # Errors
    /// [`OfficeError::Invalid`] when it stands where that cannot happen, or without a reason or with
    /// an amount that is no part of what is claimed; [`OfficeError::NotAllowed`] for an own dispute or
    /// one that the same person decided before; [`OfficeError::BeyondTerms`] where more would be granted
    /// for its line than that could have brought.
    pub async fn decide_dispute(
        &self,
        actor: &Actor,
        id: Uuid,
        verdict: Verdict,
        note: &str,
    ) -> Result<(), OfficeError> {
        self.decide(actor, id, verdict, note, false).await
    }

    /// Decides a dispute like [`Office::decide_dispute`], by somebody who knows that more may be granted
    /// for its line than that could have brought. The audit says so.
    ///
    /// # Errors
    /// As there, but for what goes beyond.
    pub async fn decide_dispute_beyond_terms(
        &self,
        actor: &Actor,
        id: Uuid,
        verdict: Verdict,
        note: &str,
    ) -> Result<(), OfficeError> {
        self.decide(actor, id, verdict, note, true).await
    }

    async fn decide(
        &self,
        actor: &Actor,
        id: Uuid,
        verdict: Verdict,
        note: &str,
        knows: bool,
    ) -> Result<(), OfficeError> {
        let note =
            taswiq_domain::text::clean("note", note, taswiq_domain::limits::NOTE_CHARACTERS)?;
        self.answer_dispute(actor, id, DisputeEvent::Decided { verdict, note }, knows)
            .await
    }

    async fn answer_dispute(
        &self,
        actor: &Actor,
        id: Uuid,
        event: DisputeEvent,
        knows: bool,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::AnswerDisputes)?;
        let by = Answerer {
            person: actor.person,
            decides_escalated: self.require(actor, Action::AnswerEscalated).is_ok(),
            knows,
        };
        self.write((by, id, event), |(by, id, event), work| {
            Box::pin(answer(work, *by, *id, event))
        })
        .await
    }
}

/// Who answers a dispute.
#[derive(Clone, Copy)]
struct Answerer {
    person: PersonId,
    decides_escalated: bool,
    /// Whether they know that more may be granted than the line could have brought.
    knows: bool,
}

async fn answer(
    work: &mut Work,
    by: Answerer,
    id: Uuid,
    event: &DisputeEvent,
) -> Result<(), OfficeError> {
    let before = load(&mut work.conn, &[id])
        .await?
        .pop()
        .ok_or(OfficeError::NotFound)?;
    // What was escalated is an administrator's to decide. Where one decided first it is a manager's, or
    // in an office with one administrator it would be nobody's.
    if before.state == DisputeState::Escalated && !by.decides_escalated {
        let first = match before.decided_by {
            Some(first) => people::load(&mut work.conn, first).await?,
            None => None,
        };
        if first.is_none_or(|first| first.role != Role::Administrator) {
            return Err(OfficeError::NotAllowed);
        }
    }
    let now = work.now;
    let after =
        before
            .after(event, by.person, now)
            .map_err(|refusal| match Refusal::from(refusal) {
                Refusal::NotAllowed => OfficeError::NotAllowed,
                refusal => OfficeError::Invalid(refusal),
            })?;
    let (action, detail) = match event {
        DisputeEvent::Decided { verdict, .. } => {
            let decided = Decided {
                verdict: *verdict,
                beyond_terms: goes_beyond(work, &before, &after, by.knows).await?,
            };
            ("dispute_decided", crate::catalogue::write_json(&decided)?)
        }
        _ => ("dispute_taken", String::new()),
    };
    work.audit(Some(by.person), None, action, id.to_string(), detail);
    let doer = Doer {
        actor: Some(by.person),
        device: None,
        made_at: now,
        received_at: now,
    };
    apply(work, Some(event), &after, None, doer).await
}

/// A decision as the audit tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// How.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Whether more was granted for the line than its terms could have brought.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub beyond_terms: bool,
}

impl Decided {
    /// Reads the detail of an audit entry; nothing for another than that of a decision.
    pub fn of_audit(detail: &str) -> Option<Self> {
        let mut detail: serde_json::Value = serde_json::from_str(detail).ok()?;
        let beyond_terms = detail.as_object_mut()?.remove("beyond_terms").is_some();
        let verdict = serde_json::from_value(detail).ok()?;
        Some(Self {
            verdict,
            beyond_terms,
        })
    }
}

/// Whether a decision grants more for a line than that could have brought, which takes somebody who
/// `knows`.
async fn goes_beyond(
    work: &mut Work,
    before: &Dispute,
    after: &Dispute,
    knows: bool,
) -> Result<bool, OfficeError> {
    let Some(named) = after.claim.about.line else {
        return Ok(false);
    };
    let disputes = sql::of_line(&mut work.conn, line_columns(named)).await?;
    let disputes: Vec<Dispute> = disputes.iter().map(from_row).collect::<Result<_, _>>()?;
    let order = work.order(named.order).await?.map(|stored| &stored.order);
    let grants = LineGrants::beside(after.id, commission(order, named), &disputes)?;
    let is_beyond = grants.exceeded_by(before, after)?;
    if is_beyond && !knows {
        return Err(OfficeError::BeyondTerms(grants));
    }
    Ok(is_beyond)
}

fn commission(order: Option<&Order>, named: DisputedLine) -> Option<&LineCommission> {
    let line = order?.sub_order(named.cooperative)?.line(named.line)?;
    Some(&line.commission)
}

/// Writes that something happened to a dispute and made `after` of it; nothing happened to one that
/// was just opened.
pub(crate) async fn apply(
    work: &mut Work,
    event: Option<&DisputeEvent>,
    after: &Dispute,
    photo: Option<&[u8]>,
    doer: Doer,
) -> Result<(), OfficeError> {
    let before = load(&mut work.conn, &[after.id]).await?.pop();
    let at = counts_at(doer.made_at, doer.received_at);
    let period = work.posting_period(at);
    for transfer in dispute::transfers_for(before.as_ref(), after, at, period)? {
        work.post(transfer)?;
    }
    sql::put(&mut work.conn, &to_row(after)?).await?;
    let step = StepRow {
        dispute_id: after.id,
        step: i64::from(after.step),
        body: event.map(crate::catalogue::write_json).transpose()?,
        actor_id: doer.actor.ok_or(OfficeError::NotAllowed)?.0,
        device_id: doer.device.map(|device| device.0),
        at: doer.made_at.0,
        received_at: doer.received_at.0,
    };
    sql::add_step(&mut work.conn, &step).await?;
    if let Some(jpeg) = photo {
        sql::add_photo(&mut work.conn, after.id, jpeg).await?;
    }
    work.changed(
        &Scope::Agent(after.agent),
        Kind::Dispute,
        after.id.to_string(),
    );
    Ok(())
}

/// Disputes by id, in any order; unknown ones are left out.
pub(crate) async fn load(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<Dispute>, OfficeError> {
    let rows = sql::by_ids(conn, ids).await?;
    rows.iter().map(from_row).collect()
}

/// Every dispute that holds something.
pub(crate) async fn holding(conn: &mut Conn) -> Result<Vec<Dispute>, OfficeError> {
    let rows = sql::waiting(conn, i64::MAX).await?;
    rows.iter().map(from_row).collect()
}

/// What an agent has disputed that could forbid another dispute about `about`.
pub(crate) async fn about(
    conn: &mut Conn,
    agent: PersonId,
    about: &Disputed,
) -> Result<Vec<Dispute>, OfficeError> {
    let line = about.line.map(line_columns);
    let rows = sql::about(conn, agent.0, about.entry, line).await?;
    rows.iter().map(from_row).collect()
}

/// Disputes as their agents' devices know them.
pub(crate) async fn documents(
    conn: &mut Conn,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, DisputeDocument>, OfficeError> {
    let mut documents: BTreeMap<Uuid, DisputeDocument> = load(conn, ids)
        .await?
        .into_iter()
        .map(|dispute| {
            let steps = Vec::new();
            (dispute.id, DisputeDocument { dispute, steps })
        })
        .collect();
    for row in sql::steps_of(conn, ids).await? {
        let step = recorded(&row)?;
        if let (Some(event), Some(document)) = (step.event, documents.get_mut(&row.dispute_id)) {
            document.steps.push(DisputeStep { at: step.at, event });
        }
    }
    Ok(documents)
}

async fn summaries(
    conn: &mut Conn,
    rows: Vec<DisputeRow>,
) -> Result<Vec<DisputeSummary>, OfficeError> {
    let mut names: BTreeMap<i64, LocalText> = BTreeMap::new();
    let mut summaries = Vec::with_capacity(rows.len());
    for row in &rows {
        let agent_name = match names.get(&row.agent_id) {
            Some(known) => known.clone(),
            None => {
                let agent = people::load(conn, PersonId(row.agent_id)).await?;
                let name = agent.map(|agent| agent.name).unwrap_or_default();
                names.insert(row.agent_id, name.clone());
                name
            }
        };
        summaries.push(DisputeSummary {
            dispute: from_row(row)?,
            agent_name,
        });
    }
    Ok(summaries)
}

fn line_columns(line: DisputedLine) -> sql::LineColumns {
    (line.order.0, line.cooperative.0, i64::from(line.line))
}

fn to_row(dispute: &Dispute) -> Result<DisputeRow, OfficeError> {
    let line = dispute.claim.about.line.map(line_columns);
    Ok(DisputeRow {
        id: dispute.id,
        agent_id: dispute.agent.0,
        state: dispute.state.as_str().to_owned(),
        entry: dispute.claim.about.entry,
        order_id: line.map(|(order, _, _)| order),
        cooperative_id: line.map(|(_, cooperative, _)| cooperative),
        line: line.map(|(_, _, number)| number),
        amount_centimes: dispute.claim.amount.0,
        opened_at: dispute.opened_at.0,
        since: dispute.since.0,
        due_at: dispute.due_at.0,
        document: crate::catalogue::write_json(dispute)?,
    })
}

fn from_row(row: &DisputeRow) -> Result<Dispute, OfficeError> {
    serde_json::from_str(&row.document).map_err(|_| OfficeError::Corrupt { what: "a dispute" })
}

fn recorded(row: &StepRow) -> Result<RecordedStep, OfficeError> {
    let event = row.body.as_deref().map(serde_json::from_str).transpose();
    Ok(RecordedStep {
        event: event.map_err(|_| OfficeError::Corrupt {
            what: "a step of a dispute",
        })?,
        actor: PersonId(row.actor_id),
        device: row.device_id.map(DeviceId),
        at: Timestamp(row.at),
        received_at: Timestamp(row.received_at),
    })
}
