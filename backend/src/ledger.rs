//! The ledger as stored: transfers that only grow, and each account's balance beside them.

pub mod sql;

use crate::db::Conn;
use crate::error::OfficeError;
use sql::TransferRow;
use std::collections::BTreeMap;
use taswiq_domain::ids::{CooperativeId, OrderId};
use taswiq_domain::ledger::{Account, Cause, Purpose, Transfer};
use taswiq_domain::money::{Centimes, Overflow};
use taswiq_domain::period::Period;
use taswiq_domain::sync::LedgerEntry;
use taswiq_domain::time::Timestamp;

/// Writes transfers and what they do to balances.
pub(crate) async fn write(
    conn: &mut Conn,
    transfers: &[(i64, Transfer)],
) -> Result<(), OfficeError> {
    if transfers.is_empty() {
        return Ok(());
    }
    let rows: Vec<TransferRow> = transfers
        .iter()
        .map(|(number, transfer)| to_row(*number, transfer))
        .collect::<Result<_, _>>()?;
    sql::add(conn, &rows).await?;
    let mut balances: BTreeMap<(&'static str, i64), Centimes> = BTreeMap::new();
    for (_, transfer) in transfers {
        for (account, amount) in [
            (transfer.credit, transfer.amount),
            (transfer.debit, Centimes(-transfer.amount.0)),
        ] {
            let balance = balances
                .entry((account.kind(), account.owner()))
                .or_default();
            *balance = balance.plus(amount)?;
        }
    }
    let balances: Vec<(&'static str, i64, i64)> = balances
        .into_iter()
        .map(|((kind, owner), balance)| (kind, owner, balance.0))
        .collect();
    Ok(sql::add_to_balances(conn, &balances).await?)
}

/// Transfers by their numbers.
pub(crate) async fn entries(
    conn: &mut Conn,
    numbers: &[i64],
) -> Result<Vec<LedgerEntry>, OfficeError> {
    sql::by_number(conn, numbers)
        .await?
        .iter()
        .map(from_row)
        .collect()
}

/// Transfers of an order, oldest first.
pub(crate) async fn of_order(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Vec<LedgerEntry>, OfficeError> {
    sql::of_order(conn, order.0)
        .await?
        .iter()
        .map(from_row)
        .collect()
}

/// Every account with its balance.
pub(crate) async fn balances(conn: &mut Conn) -> Result<BTreeMap<Account, Centimes>, OfficeError> {
    read_balances(sql::balances(conn).await?)
}

/// Every account with its balance, summed from the transfers themselves.
pub(crate) async fn summed_balances(
    conn: &mut Conn,
) -> Result<BTreeMap<Account, Centimes>, OfficeError> {
    read_balances(sql::summed_balances(conn).await?)
}

fn read_balances(
    rows: Vec<(String, i64, i64)>,
) -> Result<BTreeMap<Account, Centimes>, OfficeError> {
    rows.into_iter()
        .map(|(kind, owner, balance)| Ok((account(&kind, owner)?, Centimes(balance))))
        .collect()
}

fn account(kind: &str, owner: i64) -> Result<Account, OfficeError> {
    Account::from_stored(kind, owner).ok_or(OfficeError::Corrupt { what: "an account" })
}

fn to_row(number: i64, transfer: &Transfer) -> Result<TransferRow, OfficeError> {
    let Cause::Order {
        order,
        event_number,
        cooperative,
        line,
    } = transfer.cause
    else {
        return Err(OfficeError::Corrupt {
            what: "a transfer that no order caused",
        });
    };
    Ok(TransferRow {
        number,
        debit_account: transfer.debit.kind().to_owned(),
        debit_owner: transfer.debit.owner(),
        credit_account: transfer.credit.kind().to_owned(),
        credit_owner: transfer.credit.owner(),
        amount_centimes: transfer.amount.0,
        purpose: transfer.purpose.as_str().to_owned(),
        order_id: order.0,
        cooperative_id: cooperative.0,
        line: i64::from(line),
        event_number: i64::from(event_number),
        at: transfer.at.0,
    })
}

fn from_row(row: &TransferRow) -> Result<LedgerEntry, OfficeError> {
    let corrupt = |_: std::num::TryFromIntError| OfficeError::Corrupt { what: "a transfer" };
    Ok(LedgerEntry {
        number: row.number,
        transfer: Transfer {
            debit: account(&row.debit_account, row.debit_owner)?,
            credit: account(&row.credit_account, row.credit_owner)?,
            amount: Centimes(row.amount_centimes),
            purpose: Purpose::from_name(&row.purpose)
                .ok_or(OfficeError::Corrupt { what: "a purpose" })?,
            cause: Cause::Order {
                order: OrderId(row.order_id),
                event_number: u32::try_from(row.event_number).map_err(corrupt)?,
                cooperative: CooperativeId(row.cooperative_id),
                line: u16::try_from(row.line).map_err(corrupt)?,
            },
            base: Centimes::ZERO,
            at: Timestamp(row.at),
            period: Period::default(),
        },
    })
}

/// The sum of all balances: zero, or the ledger is broken.
pub fn sum(balances: &BTreeMap<Account, Centimes>) -> Result<Centimes, Overflow> {
    Centimes::sum(balances.values().copied())
}
