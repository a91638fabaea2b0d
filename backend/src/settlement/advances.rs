//! Money that an agent is given before it is payable. The month in which it counts makes it good.

pub mod sql;

use crate::Office;
use crate::error::{OfficeError, invalid};
use crate::people;
use crate::work::Work;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::{Account, Cause, Purpose, Transfer};
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::person::Role;
use taswiq_domain::text;
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

/// An advance that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// Made by whoever asked for it, so that asking twice gives once.
    pub id: Uuid,
    /// To whom.
    pub agent: PersonId,
    /// The month that makes it good.
    pub period: Period,
    /// How much.
    pub amount: Centimes,
    /// What the bank or the receipt calls it; may be empty.
    pub reference: String,
    /// Who gave it.
    pub given_by: PersonId,
    /// When.
    pub given_at: Timestamp,
}

impl Office {
    /// Gives an agent an advance. The same `id` again gives nothing again.
    ///
    /// # Errors
    /// [`OfficeError::Invalid`] names `amount` or `reference`; [`OfficeError::Conflict`] when it was
    /// given already.
    pub async fn give_advance(
        &self,
        actor: &Actor,
        id: Uuid,
        agent: PersonId,
        amount: Centimes,
        reference: &str,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::PayAgents)?;
        if !(1..=limits::ADVANCE_CENTIMES).contains(&amount.0) {
            return Err(invalid("amount"));
        }
        let reference = text::clean_note("reference", reference)?;
        self.write(
            (actor.person, id, agent, amount, reference),
            |(by, id, agent, amount, reference), work| {
                Box::pin(give(work, *by, *id, *agent, *amount, reference))
            },
        )
        .await
    }

    /// What an agent was given in advance, the latest first.
    pub async fn advances(
        &self,
        actor: &Actor,
        agent: PersonId,
    ) -> Result<Vec<Advance>, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        let mut conn = self.db.read().await?;
        sql::of_agent(&mut conn, agent.0)
            .await?
            .into_iter()
            .map(|row| {
                Ok(Advance {
                    id: row.id,
                    agent: PersonId(row.agent_id),
                    period: super::read_period(row.period)?,
                    amount: Centimes(row.amount_centimes),
                    reference: row.reference,
                    given_by: PersonId(row.given_by),
                    given_at: Timestamp(row.given_at),
                })
            })
            .collect()
    }
}

async fn give(
    work: &mut Work,
    by: PersonId,
    id: Uuid,
    agent: PersonId,
    amount: Centimes,
    reference: &str,
) -> Result<(), OfficeError> {
    match people::load(&mut work.conn, agent).await? {
        Some(person) if person.role == Role::Agent => {}
        _ => return Err(OfficeError::NotFound),
    }
    let (now, period) = (work.now, work.posting_period(work.now));
    let row = sql::AdvanceRow {
        id,
        agent_id: agent.0,
        period: i64::from(period.months_since_1970()),
        amount_centimes: amount.0,
        reference: reference.to_owned(),
        given_by: by.0,
        given_at: now.0,
    };
    sql::add(&mut work.conn, &row)
        .await
        .map_err(|error| match error.into() {
            OfficeError::Conflict { .. } => OfficeError::Conflict { field: "advance" },
            error => error,
        })?;
    work.post(Transfer {
        debit: Account::AgentCarried(agent),
        credit: Account::AgentPaid(agent),
        amount,
        purpose: Purpose::Advance,
        cause: Cause::Advance { advance: id },
        base: Centimes::ZERO,
        at: now,
        period,
    })?;
    work.audit(
        Some(by),
        None,
        "advance_given",
        agent.to_string(),
        format!("{} for {period}", amount.0),
    );
    Ok(())
}
