//! Statements of engagements.

use crate::db::{Conn, execute, fetch_all};

/// An engagement as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EngagementRow {
    pub person_id: i64,
    pub valid_from: i64,
    pub kind: String,
    pub contract: String,
    pub territory: String,
    pub grade: String,
    pub team: String,
    pub lead_id: Option<i64>,
    pub shares: String,
    pub published_by: Option<i64>,
    pub published_at: i64,
}

/// The engagements of a person, oldest first.
pub async fn of_person(conn: &mut Conn, person: i64) -> Result<Vec<EngagementRow>, sqlx::Error> {
    fetch_all!(
        conn,
        EngagementRow,
        "SELECT person_id, valid_from, kind, contract, territory, grade, team, lead_id, shares, published_by, published_at
         FROM engagement WHERE person_id = $1 ORDER BY valid_from",
        person
    )
}

/// Every engagement, by person, oldest first.
pub async fn all(conn: &mut Conn) -> Result<Vec<EngagementRow>, sqlx::Error> {
    fetch_all!(
        conn,
        EngagementRow,
        "SELECT person_id, valid_from, kind, contract, territory, grade, team, lead_id, shares, published_by, published_at
         FROM engagement ORDER BY person_id, valid_from"
    )
}

pub async fn add(conn: &mut Conn, row: &EngagementRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO engagement (person_id, valid_from, kind, contract, territory, grade, team, lead_id, shares, published_by, published_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        row.person_id,
        row.valid_from,
        row.kind.as_str(),
        row.contract.as_str(),
        row.territory.as_str(),
        row.grade.as_str(),
        row.team.as_str(),
        row.lead_id,
        row.shares.as_str(),
        row.published_by,
        row.published_at,
    )
}
