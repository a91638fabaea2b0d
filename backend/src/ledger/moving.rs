//! Moves transfers of a database from before there were chains into them, once, when it is opened.
//!
//! A migration in SQL cannot hash. It leaves the old table beside the new one; here its rows become
//! entries under their old numbers, with the moment and month in which they count and the turnover
//! that the events of their order say they moved, and the agents' phones are told all of them again, now with
//! their links.

mod sql;

use super::{Purpose, Transfer, account};
use crate::Office;
use crate::db::dialect;
use crate::error::OfficeError;
use crate::feed::sql::FeedRow;
use crate::feed::{self, Kind, Scope};
use crate::orders;
use crate::work::Work;
use sql::UnchainedRow;
use std::collections::{HashMap, HashSet};
use taswiq_domain::ids::{CooperativeId, OrderId};
use taswiq_domain::ledger::Cause;
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::time::Timestamp;

const TABLE: &str = "ledger_transfer_unchained";
/// Transfers moved at once.
const AT_ONCE: i64 = 4_096;

impl Office {
    /// Moves what there is to move.
    pub(crate) async fn chain_old_transfers(&self) -> Result<(), OfficeError> {
        if !dialect::has_table(&mut self.db.read().await?, TABLE).await? {
            return Ok(());
        }
        self.write((), |(), work| Box::pin(move_all(work))).await
    }
}

async fn move_all(work: &mut Work) -> Result<(), OfficeError> {
    // Another process may have been first.
    if !dialect::has_table(&mut work.conn, TABLE).await? {
        return Ok(());
    }
    let mut last = 0;
    loop {
        let rows = sql::unchained_after(&mut work.conn, last, AT_ONCE).await?;
        let Some(end) = rows.last() else { break };
        last = end.number;
        let caused = caused(work, &rows).await?;
        let mut transfers = Vec::with_capacity(rows.len());
        let mut told = Vec::new();
        for row in &rows {
            let mut transfer = read(row)?;
            if let Some((at, base)) = caused.get(&transfer.cause_key()) {
                (transfer.at, transfer.base) = (*at, *base);
            }
            transfer.period = work.posting_period(transfer.at);
            if let Some(agent) = transfer.agent() {
                told.push(FeedRow {
                    scope: Scope::Agent(agent).to_string(),
                    kind: Kind::Entry.as_str().to_owned(),
                    entity: row.number.to_string(),
                    number: work.next_feed_number(),
                    removed: false,
                });
            }
            transfers.push((row.number, transfer));
        }
        super::append(&mut work.conn, &transfers).await?;
        feed::sql::put(&mut work.conn, &told).await?;
    }
    sql::drop_unchained(&mut work.conn).await?;
    Ok(())
}

/// When each transfer of those orders counts and the turnover it moves, by its cause.
async fn caused(
    work: &mut Work,
    rows: &[UnchainedRow],
) -> Result<HashMap<String, (Timestamp, Centimes)>, OfficeError> {
    let ids: HashSet<OrderId> = rows.iter().map(|row| OrderId(row.order_id)).collect();
    let mut caused = HashMap::new();
    for id in ids {
        let events = orders::events(&mut work.conn, id).await?;
        let (_, transfers) = super::posted_by(&events, &work.shared.calendar)?;
        caused.extend(
            transfers
                .into_iter()
                .map(|transfer| (transfer.cause_key(), (transfer.at, transfer.base))),
        );
    }
    Ok(caused)
}

fn read(row: &UnchainedRow) -> Result<Transfer, OfficeError> {
    let corrupt = |_: std::num::TryFromIntError| OfficeError::Corrupt { what: "a transfer" };
    Ok(Transfer {
        debit: account(&row.debit_account, row.debit_owner)?,
        credit: account(&row.credit_account, row.credit_owner)?,
        amount: Centimes(row.amount_centimes),
        purpose: Purpose::from_name(&row.purpose)
            .ok_or(OfficeError::Corrupt { what: "a purpose" })?,
        cause: Cause::Order {
            order: OrderId(row.order_id),
            event_number: u32::try_from(row.event_number).map_err(corrupt)?,
            told_by: None,
            cooperative: CooperativeId(row.cooperative_id),
            line: u16::try_from(row.line).map_err(corrupt)?,
        },
        base: Centimes::ZERO,
        at: Timestamp(row.at),
        period: Period::default(),
    })
}
