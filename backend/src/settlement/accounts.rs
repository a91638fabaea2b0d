//! Where agents are paid: their bank account numbers.
//!
//! A number holds from the moment it is entered. Lists show its ends alone, and the audit trail too: it
//! says who entered which, and nobody learns an account from it.

pub mod sql;

use crate::Office;
use crate::db::Conn;
use crate::error::OfficeError;
use crate::people;
use crate::work::Work;
use std::collections::BTreeMap;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::bank::Rib;
use taswiq_domain::ids::PersonId;
use taswiq_domain::person::Role;
use taswiq_domain::time::Timestamp;

/// Somebody's bank account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankAccount {
    /// Its number.
    pub rib: Rib,
    /// Who entered it.
    pub entered_by: PersonId,
    /// When.
    pub entered_at: Timestamp,
}

impl Office {
    /// Enters an agent's bank account: it holds at once.
    ///
    /// # Errors
    /// [`OfficeError::InvalidRib`] when it is no account number.
    pub async fn enter_bank_account(
        &self,
        actor: &Actor,
        agent: PersonId,
        rib: &str,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::PayAgents)?;
        let rib: Rib = rib.parse()?;
        self.write((actor.person, agent, rib), |(by, agent, rib), work| {
            Box::pin(enter(work, *by, *agent, rib))
        })
        .await
    }

    /// An agent's bank account.
    pub async fn bank_account(
        &self,
        actor: &Actor,
        agent: PersonId,
    ) -> Result<Option<BankAccount>, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        let mut conn = self.db.read().await?;
        sql::of_person(&mut conn, agent.0)
            .await?
            .map(read)
            .transpose()
    }
}

async fn enter(
    work: &mut Work,
    by: PersonId,
    agent: PersonId,
    rib: &Rib,
) -> Result<(), OfficeError> {
    match people::load(&mut work.conn, agent).await? {
        Some(person) if person.role == Role::Agent => {}
        _ => return Err(OfficeError::NotFound),
    }
    let row = sql::AccountRow {
        person_id: agent.0,
        rib: rib.as_str().to_owned(),
        entered_by: by.0,
        entered_at: work.now.0,
    };
    sql::put(&mut work.conn, &row).await?;
    work.audit(
        Some(by),
        None,
        "bank_account_entered",
        agent.to_string(),
        rib.masked(),
    );
    Ok(())
}

fn read(row: sql::AccountRow) -> Result<BankAccount, OfficeError> {
    Ok(BankAccount {
        rib: row.rib.parse().map_err(|_| OfficeError::Corrupt {
            what: "a bank account",
        })?,
        entered_by: PersonId(row.entered_by),
        entered_at: Timestamp(row.entered_at),
    })
}

/// Everybody's bank account.
pub(super) async fn all(conn: &mut Conn) -> Result<BTreeMap<PersonId, BankAccount>, OfficeError> {
    sql::all(conn)
        .await?
        .into_iter()
        .map(|row| Ok((PersonId(row.person_id), read(row)?)))
        .collect()
}
