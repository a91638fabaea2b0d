//! What a person may do to the ledger itself: look at an entry and take it back by its exact opposite. It
//! changes nothing that is there.

use super::{from_row, sql};
use crate::Office;
use crate::db::Conn;
use crate::error::OfficeError;
use crate::orders;
use crate::work::Work;
use taswiq_domain::access::{Action, Actor, Subject, can};
use taswiq_domain::ledger::{Cause, CorrectionReason, Transfer};
use taswiq_domain::order::event::RecordedEvent;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::LedgerEntry;

/// One entry with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntrySight {
    /// The entry.
    pub entry: LedgerEntry,
    /// The code of the order it speaks of, and what happened to it.
    pub happened: Option<(SpokenCode, RecordedEvent)>,
    /// What was told late, where the entry was counted again for it.
    pub told_by: Option<RecordedEvent>,
    /// The entry that takes it back.
    pub corrected_by: Option<i64>,
}

impl Office {
    /// An entry with what it rests on.
    pub async fn entry(&self, actor: &Actor, number: i64) -> Result<EntrySight, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        let mut conn = self.db.read().await?;
        let (entry, corrected_by) = entry(&mut conn, number).await?;
        let (mut happened, mut told_by) = (None, None);
        if let (Some(order), Some(number)) = (
            entry.transfer.cause.order(),
            entry.transfer.cause.event_number(),
        ) {
            let stored = orders::load(&mut conn, &[order]).await?.pop();
            let events = orders::events(&mut conn, order).await?;
            let event = |number| events.iter().find(|event| event.number == number).cloned();
            happened = stored.map(|stored| stored.order.code).zip(event(number));
            told_by = entry.transfer.cause.told_by().and_then(event);
        }
        Ok(EntrySight {
            entry,
            happened,
            told_by,
            corrected_by,
        })
    }

    /// Posts the exact opposite of an entry, once, in the month that is open now. Gives the number of
    /// the new entry.
    ///
    /// # Errors
    /// [`OfficeError::Conflict`] when it was corrected before; a correction that was itself a mistake
    /// is corrected like any other entry. [`OfficeError::NotAllowed`] for an entry of one's own, and for
    /// one of a dispute, which is answered.
    pub async fn correct_entry(
        &self,
        actor: &Actor,
        number: i64,
        reason: CorrectionReason,
    ) -> Result<i64, OfficeError> {
        self.require(actor, Action::KeepLedger)?;
        self.write(
            (actor.clone(), number, reason),
            |(by, number, reason), work| Box::pin(correct(work, by, *number, *reason)),
        )
        .await
    }
}

/// An entry, and the one that takes it back.
async fn entry(conn: &mut Conn, number: i64) -> Result<(LedgerEntry, Option<i64>), OfficeError> {
    let row = sql::by_number(conn, &[number])
        .await?
        .pop()
        .ok_or(OfficeError::NotFound)?;
    let corrected_by = sql::correction_of(conn, number).await?;
    Ok((from_row(&row)?, corrected_by.map(|(number,)| number)))
}

/// Whether somebody may take an entry back, were it not taken back already. What a dispute holds and
/// grants follows the dispute: taken back by hand, its next answer would hold less than nothing.
pub fn may_correct(actor: &Actor, transfer: &Transfer) -> bool {
    let agent = transfer.agent();
    !follows_dispute(transfer) && can(Some(actor), Action::KeepLedger, Subject::Entry { agent })
}

/// Whether an entry is a dispute's.
pub const fn follows_dispute(transfer: &Transfer) -> bool {
    matches!(transfer.cause, Cause::Dispute { .. })
}

async fn correct(
    work: &mut Work,
    by: &Actor,
    number: i64,
    reason: CorrectionReason,
) -> Result<i64, OfficeError> {
    let (LedgerEntry { transfer, .. }, corrected_by) = entry(&mut work.conn, number).await?;
    if !may_correct(by, &transfer) {
        return Err(OfficeError::NotAllowed);
    }
    if corrected_by.is_some() {
        return Err(OfficeError::Conflict { field: "entry" });
    }
    let now = work.now;
    let correction = work.post(transfer.correction(number, now, work.posting_period(now)))?;
    work.audit(
        Some(by.person),
        None,
        "entry_corrected",
        number.to_string(),
        format!("{} {}", transfer.amount.0, reason.as_str()),
    );
    Ok(correction)
}
