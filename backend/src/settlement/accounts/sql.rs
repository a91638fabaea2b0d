//! Statements of bank accounts.

use crate::db::{Conn, execute, fetch_all, fetch_optional};

/// Where somebody is paid.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AccountRow {
    pub person_id: i64,
    pub rib: String,
    pub entered_by: i64,
    pub entered_at: i64,
}

pub async fn of_person(conn: &mut Conn, person: i64) -> Result<Option<AccountRow>, sqlx::Error> {
    fetch_optional!(
        conn,
        AccountRow,
        "SELECT person_id, rib, entered_by, entered_at FROM bank_account WHERE person_id = $1",
        person
    )
}

pub async fn all(conn: &mut Conn) -> Result<Vec<AccountRow>, sqlx::Error> {
    fetch_all!(
        conn,
        AccountRow,
        "SELECT person_id, rib, entered_by, entered_at FROM bank_account ORDER BY person_id"
    )
}

pub async fn put(conn: &mut Conn, row: &AccountRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO bank_account (person_id, rib, entered_by, entered_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person_id) DO UPDATE SET
             rib = excluded.rib, entered_by = excluded.entered_by, entered_at = excluded.entered_at",
        row.person_id,
        row.rib.as_str(),
        row.entered_by,
        row.entered_at,
    )
}
