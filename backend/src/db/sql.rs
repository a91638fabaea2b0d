//! The statements of transactions themselves, and of the one row that numbers everything.

use super::{Conn, execute, fetch_optional};

/// The numbers that a writing transaction takes and gives back.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OfficeRow {
    /// Changes when the database was restored from a copy.
    pub epoch: String,
    /// The last number given in the change feed.
    pub feed_number: i64,
    /// The last number given in the ledger.
    pub ledger_number: i64,
    /// Grows with every change of the catalogue.
    pub catalogue_revision: i64,
    /// The first month that is still open, in months since January 1970; 0 when none was closed.
    pub open_period: i64,
    /// When the database was last restored from a copy; 0 when it never was.
    pub restored_at: i64,
}

pub async fn commit(conn: &mut Conn) -> Result<u64, sqlx::Error> {
    execute!(conn, "COMMIT")
}

pub async fn rollback(conn: &mut Conn) -> Result<u64, sqlx::Error> {
    execute!(conn, "ROLLBACK")
}

pub async fn office(conn: &mut Conn) -> Result<Option<OfficeRow>, sqlx::Error> {
    fetch_optional!(
        conn,
        OfficeRow,
        "SELECT epoch, feed_number, ledger_number, catalogue_revision, open_period, restored_at FROM office WHERE id = 1"
    )
}

/// The epoch alone, which the oldest tables have as well.
pub async fn epoch(conn: &mut Conn) -> Result<Option<(String,)>, sqlx::Error> {
    fetch_optional!(conn, (String,), "SELECT epoch FROM office WHERE id = 1")
}

pub async fn found_office(
    conn: &mut Conn,
    epoch: &str,
    created_at: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO office (id, epoch, feed_number, ledger_number, catalogue_revision, created_at)
         VALUES (1, $1, 0, 0, 0, $2) ON CONFLICT (id) DO NOTHING",
        epoch,
        created_at,
    )
}

pub async fn set_numbers(conn: &mut Conn, row: &OfficeRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE office SET feed_number = $1, ledger_number = $2, catalogue_revision = $3, open_period = $4 WHERE id = 1",
        row.feed_number,
        row.ledger_number,
        row.catalogue_revision,
        row.open_period,
    )
}

/// The database was restored from a copy.
pub async fn begin_epoch(
    conn: &mut Conn,
    epoch: &str,
    restored_at: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE office SET epoch = $1, restored_at = $2 WHERE id = 1",
        epoch,
        restored_at,
    )
}

pub async fn is_demo(conn: &mut Conn) -> Result<Option<(bool,)>, sqlx::Error> {
    fetch_optional!(conn, (bool,), "SELECT is_demo FROM office WHERE id = 1")
}

pub async fn set_is_demo(conn: &mut Conn, is_demo: bool) -> Result<u64, sqlx::Error> {
    execute!(conn, "UPDATE office SET is_demo = $1 WHERE id = 1", is_demo)
}
