//! Statements of the audit trail.

use crate::db::{Conn, fetch_all, fetch_one, insert_rows};
use uuid::Uuid;

/// An entry as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AuditRow {
    pub id: i64,
    pub at: i64,
    pub actor_id: Option<i64>,
    pub device_id: Option<Uuid>,
    pub action: String,
    pub subject: String,
    pub detail: String,
}

pub async fn last_id(conn: &mut Conn) -> Result<i64, sqlx::Error> {
    let (id,) = fetch_one!(
        conn,
        (i64,),
        "SELECT CAST(COALESCE(MAX(id), 0) AS BIGINT) FROM audit"
    )?;
    Ok(id)
}

pub async fn add(conn: &mut Conn, rows: &[AuditRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO audit (id, at, actor_id, device_id, action, subject, detail)",
        "",
        7,
        rows,
        |row| row.id,
        row.at,
        row.actor_id,
        row.device_id,
        row.action.as_str(),
        row.subject.as_str(),
        row.detail.as_str(),
    )
}

/// One page, latest first, of what came before `before`.
pub async fn page(conn: &mut Conn, before: i64, limit: i64) -> Result<Vec<AuditRow>, sqlx::Error> {
    fetch_all!(
        conn,
        AuditRow,
        "SELECT id, at, actor_id, device_id, action, subject, detail FROM audit WHERE id < $1 ORDER BY id DESC LIMIT CAST($2 AS BIGINT)",
        before,
        limit,
    )
}
