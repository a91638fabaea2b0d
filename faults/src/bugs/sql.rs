//! What somebody with a hand in the database could do.

use sqlx::{Connection, SqliteConnection};
use std::path::Path;

pub const FORGET_COMMANDS: &str = "DELETE FROM command";
pub const FORGET_DECIDED: &str = "UPDATE device SET last_seq = 0";
pub const LOSE_ORDERS: &str = "DELETE FROM feed WHERE kind = 'order'";
pub const MIX_FEED: &str = "INSERT INTO feed (scope, kind, entity, number, removed) \
    SELECT 'everyone', kind, entity, number, removed FROM feed WHERE kind = 'order' \
    ON CONFLICT DO NOTHING";
pub const BALANCE_OFF: &str = "UPDATE account_balance SET balance_centimes = balance_centimes + 1 \
    WHERE account = (SELECT MIN(account) FROM account_balance)";
pub const FORGET_PUT_OUT: &str = "UPDATE device SET revoked_at = NULL";
pub const OPEN_DISPUTES: &str = "UPDATE dispute SET state = 'open', document = \
    json_set(document, '$.state', 'open') WHERE state IN ('accepted', 'partly', 'denied')";

pub const FORGET_OTHER_IDS: &str = "DELETE FROM order_alias";
pub const OPEN_MONTHS: &str = "UPDATE office SET open_period = 0";

/// Runs one of them.
pub async fn run(path: &Path, statement: &'static str) -> Result<(), sqlx::Error> {
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await?;
    sqlx::query(statement).execute(&mut connection).await?;
    connection.close().await
}
