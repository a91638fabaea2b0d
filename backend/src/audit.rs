//! The audit trail: what was refused as forged, what a person settled, who changed what. Holds ids
//! and figures, never what a person typed.

pub mod sql;

use crate::Office;
use crate::error::OfficeError;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::ids::{DeviceId, PersonId};
use taswiq_domain::time::Timestamp;

/// An entry of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Counts the entries.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who; nobody for the server.
    pub actor: Option<PersonId>,
    /// On which device.
    pub device: Option<DeviceId>,
    /// What, as a code.
    pub action: String,
    /// To what, as an id.
    pub subject: String,
    /// With which figures.
    pub detail: String,
}

/// Entries in one page.
const ENTRIES_PER_PAGE: i64 = 100;

impl Office {
    /// One page of the audit trail, latest first: what came before entry `before`.
    pub async fn audit(
        &self,
        actor: &Actor,
        before: Option<i64>,
    ) -> Result<Vec<AuditEntry>, OfficeError> {
        self.require(actor, Action::ReadAudit)?;
        let mut conn = self.db.read().await?;
        let rows = sql::page(&mut conn, before.unwrap_or(i64::MAX), ENTRIES_PER_PAGE).await?;
        Ok(rows
            .into_iter()
            .map(|row| AuditEntry {
                id: row.id,
                at: Timestamp(row.at),
                actor: row.actor_id.map(PersonId),
                device: row.device_id.map(DeviceId),
                action: row.action,
                subject: row.subject,
                detail: row.detail,
            })
            .collect())
    }
}
