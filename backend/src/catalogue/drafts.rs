//! The plan under way, kept as it was typed, and who made the plans before it.
//!
//! Somebody who thinks about commissions thinks for days. What they typed is kept at the office, not
//! in a page: incomplete or wrong as it may be, for whoever goes on with it. There is one draft, as
//! there is one plan; publishing it takes it away.

use super::sql;
use crate::Office;
use crate::error::OfficeError;
use crate::people::local_text;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::ids::{PersonId, PlanVersion};
use taswiq_domain::refusal::Refusal;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::Timestamp;

/// The longest text of a draft, in bytes: a plan with every rule that a form has room for.
pub const DRAFT_BYTES_MAX: usize = 512 * 1024;

/// A plan under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedDraft {
    /// What was typed, by the names of the form's fields.
    pub fields: Vec<(String, String)>,
    /// Who saved it last.
    pub saved_by: PersonId,
    /// Their name.
    pub saved_by_name: LocalText,
    /// When.
    pub saved_at: Timestamp,
}

/// Who published a version of the plan, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Which version.
    pub version: PlanVersion,
    /// Who; nobody where it came with the company.
    pub by: Option<LocalText>,
    /// When.
    pub at: Timestamp,
}

impl Office {
    /// The plan under way, if there is one.
    pub async fn plan_draft(&self, actor: &Actor) -> Result<Option<SavedDraft>, OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        let mut conn = self.db.read().await?;
        let Some(row) = sql::plan_draft(&mut conn).await? else {
            return Ok(None);
        };
        Ok(Some(SavedDraft {
            fields: super::read(&row.fields)?,
            saved_by: PersonId(row.saved_by),
            saved_by_name: local_text(&row.name)?,
            saved_at: Timestamp(row.saved_at),
        }))
    }

    /// Keeps a plan under way as it was typed, in place of the one before.
    pub async fn save_plan_draft(
        &self,
        actor: &Actor,
        fields: Vec<(String, String)>,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        let fields = super::write_json(&fields)?;
        if fields.len() > DRAFT_BYTES_MAX {
            return Err(Refusal::FieldTooLong {
                field: "form".to_owned(),
                characters_max: DRAFT_BYTES_MAX,
            }
            .into());
        }
        self.write((actor.person, fields), |(by, fields), work| {
            Box::pin(async move {
                sql::put_plan_draft(&mut work.conn, fields, by.0, work.now.0).await?;
                work.audit(
                    Some(*by),
                    None,
                    "plan_draft_saved",
                    String::new(),
                    String::new(),
                );
                Ok(())
            })
        })
        .await
    }

    /// Throws the plan under way away. Nothing happens when there is none.
    pub async fn discard_plan_draft(&self, actor: &Actor) -> Result<(), OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        self.write(actor.person, |by, work| {
            Box::pin(async move {
                if sql::remove_plan_draft(&mut work.conn).await? > 0 {
                    work.audit(
                        Some(*by),
                        None,
                        "plan_draft_discarded",
                        String::new(),
                        String::new(),
                    );
                }
                Ok(())
            })
        })
        .await
    }

    /// Who published each version of the plan, the oldest first.
    pub async fn plans_published(&self, actor: &Actor) -> Result<Vec<Published>, OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        let mut conn = self.db.read().await?;
        sql::published_plans(&mut conn)
            .await?
            .into_iter()
            .map(|row| {
                Ok(Published {
                    version: PlanVersion(row.version),
                    by: row.name.as_deref().map(local_text).transpose()?,
                    at: Timestamp(row.published_at),
                })
            })
            .collect()
    }
}
