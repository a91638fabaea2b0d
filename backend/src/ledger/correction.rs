//! What a person may do to the ledger itself: take an entry back by its exact opposite. It changes
//! nothing that is there.

use super::{read, sql};
use crate::Office;
use crate::error::OfficeError;
use crate::work::Work;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::CorrectionReason;

impl Office {
    /// Posts the exact opposite of an entry, once, in the month that is open now. Gives the number of
    /// the new entry.
    ///
    /// # Errors
    /// [`OfficeError::Conflict`] when it was corrected before; a correction that was itself a mistake
    /// is corrected like any other entry.
    pub async fn correct_entry(
        &self,
        actor: &Actor,
        number: i64,
        reason: CorrectionReason,
    ) -> Result<i64, OfficeError> {
        self.require(actor, Action::KeepLedger)?;
        self.write(
            (actor.person, number, reason),
            |(by, number, reason), work| Box::pin(correct(work, *by, *number, *reason)),
        )
        .await
    }
}

async fn correct(
    work: &mut Work,
    by: PersonId,
    number: i64,
    reason: CorrectionReason,
) -> Result<i64, OfficeError> {
    let row = sql::by_number(&mut work.conn, &[number])
        .await?
        .pop()
        .ok_or(OfficeError::NotFound)?;
    if sql::correction_of(&mut work.conn, number).await?.is_some() {
        return Err(OfficeError::Conflict { field: "entry" });
    }
    let transfer = read(&row).ok_or(OfficeError::Corrupt { what: "a transfer" })?;
    let now = work.now;
    let correction = work.post(transfer.correction(number, now, work.posting_period(now)))?;
    work.audit(
        Some(by),
        None,
        "entry_corrected",
        number.to_string(),
        format!("{} {}", transfer.amount.0, reason.as_str()),
    );
    Ok(correction)
}
