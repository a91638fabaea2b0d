//! Statements of advances.

use crate::db::{Conn, execute, fetch_all};
use uuid::Uuid;

/// An advance as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AdvanceRow {
    pub id: Uuid,
    pub agent_id: i64,
    pub period: i64,
    pub amount_centimes: i64,
    pub reference: String,
    pub given_by: i64,
    pub given_at: i64,
}

pub async fn add(conn: &mut Conn, row: &AdvanceRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO advance (id, agent_id, period, amount_centimes, reference, given_by, given_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        row.id,
        row.agent_id,
        row.period,
        row.amount_centimes,
        row.reference.as_str(),
        row.given_by,
        row.given_at,
    )
}

/// The advances of an agent, the latest first.
pub async fn of_agent(conn: &mut Conn, agent: i64) -> Result<Vec<AdvanceRow>, sqlx::Error> {
    fetch_all!(
        conn,
        AdvanceRow,
        "SELECT id, agent_id, period, amount_centimes, reference, given_by, given_at FROM advance
         WHERE agent_id = $1 ORDER BY given_at DESC, id DESC",
        agent
    )
}
