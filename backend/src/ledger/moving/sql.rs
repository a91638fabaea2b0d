//! Statements of the table that is emptied.

use crate::db::{Conn, execute, fetch_all};
use uuid::Uuid;

/// A transfer as it was stored before there were chains.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct UnchainedRow {
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

pub async fn unchained_after(
    conn: &mut Conn,
    number: i64,
    limit: i64,
) -> Result<Vec<UnchainedRow>, sqlx::Error> {
    fetch_all!(
        conn,
        UnchainedRow,
        "SELECT number, debit_account, debit_owner, credit_account, credit_owner, amount_centimes, purpose, order_id,
             cooperative_id, line, event_number, at
         FROM ledger_transfer_unchained WHERE number > $1 ORDER BY number LIMIT CAST($2 AS BIGINT)",
        number,
        limit,
    )
}

pub async fn drop_unchained(conn: &mut Conn) -> Result<u64, sqlx::Error> {
    execute!(conn, "DROP TABLE ledger_transfer_unchained")
}
