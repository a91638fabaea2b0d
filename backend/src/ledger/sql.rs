//! Statements of the ledger.

use crate::db::{Conn, fetch_all, fetch_in, insert_rows};
use uuid::Uuid;

/// A transfer as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TransferRow {
    pub number: i64,
    pub debit_account: String,
    pub debit_owner: i64,
    pub credit_account: String,
    pub credit_owner: i64,
    pub amount_centimes: i64,
    pub purpose: String,
    pub order_id: Uuid,
    pub cooperative_id: i64,
    pub line: i64,
    pub event_number: i64,
    pub at: i64,
}

pub async fn add(conn: &mut Conn, rows: &[TransferRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO ledger_transfer (number, debit_account, debit_owner, credit_account, credit_owner, amount_centimes, purpose,
             order_id, cooperative_id, line, event_number, at)",
        "",
        12,
        rows,
        |row| row.number,
        row.debit_account.as_str(),
        row.debit_owner,
        row.credit_account.as_str(),
        row.credit_owner,
        row.amount_centimes,
        row.purpose.as_str(),
        row.order_id,
        row.cooperative_id,
        row.line,
        row.event_number,
        row.at,
    )
}

/// Adds to the balances of accounts, by kind and owner.
pub async fn add_to_balances(
    conn: &mut Conn,
    rows: &[(&'static str, i64, i64)],
) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO account_balance (account, owner, balance_centimes)",
        "ON CONFLICT (account, owner) DO UPDATE SET balance_centimes = account_balance.balance_centimes + excluded.balance_centimes",
        3,
        rows,
        |row| row.0,
        row.1,
        row.2,
    )
}

pub async fn by_number(conn: &mut Conn, numbers: &[i64]) -> Result<Vec<TransferRow>, sqlx::Error> {
    fetch_in!(
        conn,
        TransferRow,
        "SELECT number, debit_account, debit_owner, credit_account, credit_owner, amount_centimes, purpose, order_id,
             cooperative_id, line, event_number, at
         FROM ledger_transfer WHERE number",
        "ORDER BY number",
        numbers
    )
}

pub async fn of_order(conn: &mut Conn, order: Uuid) -> Result<Vec<TransferRow>, sqlx::Error> {
    fetch_all!(
        conn,
        TransferRow,
        "SELECT number, debit_account, debit_owner, credit_account, credit_owner, amount_centimes, purpose, order_id,
             cooperative_id, line, event_number, at
         FROM ledger_transfer WHERE order_id = $1 ORDER BY number",
        order,
    )
}

pub async fn balances(conn: &mut Conn) -> Result<Vec<(String, i64, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (String, i64, i64),
        "SELECT account, owner, balance_centimes FROM account_balance ORDER BY account, owner"
    )
}

/// Every account's balance, summed from the transfers themselves.
pub async fn summed_balances(conn: &mut Conn) -> Result<Vec<(String, i64, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (String, i64, i64),
        "SELECT account, owner, CAST(SUM(amount) AS BIGINT) FROM (
             SELECT credit_account AS account, credit_owner AS owner, amount_centimes AS amount FROM ledger_transfer
             UNION ALL
             SELECT debit_account AS account, debit_owner AS owner, -amount_centimes AS amount FROM ledger_transfer
         ) AS sides GROUP BY account, owner ORDER BY account, owner",
    )
}
