//! Statements of disputes.

use crate::db::{Conn, execute, fetch_all, fetch_in, fetch_one, fetch_optional};
use uuid::Uuid;

/// A dispute as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DisputeRow {
    pub id: Uuid,
    pub agent_id: i64,
    pub state: String,
    pub entry: Option<i64>,
    pub order_id: Option<Uuid>,
    pub cooperative_id: Option<i64>,
    pub line: Option<i64>,
    pub amount_centimes: i64,
    pub opened_at: i64,
    pub since: i64,
    pub due_at: i64,
    pub document: String,
}

/// A step of a dispute as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StepRow {
    pub dispute_id: Uuid,
    pub step: i64,
    /// Nothing for the one that opened it.
    pub body: Option<String>,
    pub actor_id: i64,
    pub device_id: Option<Uuid>,
    pub at: i64,
    pub received_at: i64,
}

/// A line: of which order, of whose part, and its number.
pub type LineColumns = (Uuid, i64, i64);

macro_rules! select_disputes {
    ($tail:literal) => {
        concat!(
            "SELECT id, agent_id, state, entry, order_id, cooperative_id, line, amount_centimes, opened_at, since, due_at, document
             FROM dispute ",
            $tail
        )
    };
}

pub async fn by_ids(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<DisputeRow>, sqlx::Error> {
    fetch_in!(conn, DisputeRow, select_disputes!("WHERE id"), "", ids)
}

/// What an agent has disputed about an entry or a line.
pub async fn about(
    conn: &mut Conn,
    agent: i64,
    entry: Option<i64>,
    line: Option<LineColumns>,
) -> Result<Vec<DisputeRow>, sqlx::Error> {
    fetch_all!(
        conn,
        DisputeRow,
        select_disputes!(
            "WHERE agent_id = $1 AND (entry = $2 OR (order_id = $3 AND cooperative_id = $4 AND line = $5)) ORDER BY opened_at"
        ),
        agent,
        entry,
        line.map(|line| line.0),
        line.map(|line| line.1),
        line.map(|line| line.2),
    )
}

/// What anybody has disputed about a line.
pub async fn of_line(conn: &mut Conn, line: LineColumns) -> Result<Vec<DisputeRow>, sqlx::Error> {
    fetch_all!(
        conn,
        DisputeRow,
        select_disputes!(
            "WHERE order_id = $1 AND cooperative_id = $2 AND line = $3 ORDER BY opened_at, id"
        ),
        line.0,
        line.1,
        line.2,
    )
}

pub async fn put(conn: &mut Conn, row: &DisputeRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO dispute (id, agent_id, state, entry, order_id, cooperative_id, line, amount_centimes, opened_at, since, due_at, document)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, since = excluded.since, due_at = excluded.due_at, document = excluded.document",
        row.id,
        row.agent_id,
        row.state.as_str(),
        row.entry,
        row.order_id,
        row.cooperative_id,
        row.line,
        row.amount_centimes,
        row.opened_at,
        row.since,
        row.due_at,
        row.document.as_str(),
    )
}

pub async fn add_step(conn: &mut Conn, row: &StepRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO dispute_step (dispute_id, step, body, actor_id, device_id, at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        row.dispute_id,
        row.step,
        row.body.as_deref(),
        row.actor_id,
        row.device_id,
        row.at,
        row.received_at,
    )
}

pub async fn steps_of(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<StepRow>, sqlx::Error> {
    fetch_in!(
        conn,
        StepRow,
        "SELECT dispute_id, step, body, actor_id, device_id, at, received_at FROM dispute_step WHERE dispute_id",
        "ORDER BY step",
        ids
    )
}

pub async fn add_photo(conn: &mut Conn, dispute: Uuid, jpeg: &[u8]) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO dispute_photo (dispute_id, jpeg) VALUES ($1, $2)",
        dispute,
        jpeg
    )
}

pub async fn photo(conn: &mut Conn, dispute: Uuid) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let row = fetch_optional!(
        conn,
        (Vec<u8>,),
        "SELECT jpeg FROM dispute_photo WHERE dispute_id = $1",
        dispute
    )?;
    Ok(row.map(|(jpeg,)| jpeg))
}

/// What waits for an answer, the most urgent first.
pub async fn waiting(conn: &mut Conn, limit: i64) -> Result<Vec<DisputeRow>, sqlx::Error> {
    fetch_all!(
        conn,
        DisputeRow,
        select_disputes!(
            "WHERE state IN ('open', 'under_review', 'escalated') ORDER BY due_at, id LIMIT CAST($1 AS BIGINT)"
        ),
        limit,
    )
}

/// What was answered or taken back, latest first, from after that time and id on: many may be answered
/// at once.
pub async fn answered(
    conn: &mut Conn,
    (since, id): (i64, Uuid),
    limit: i64,
) -> Result<Vec<DisputeRow>, sqlx::Error> {
    fetch_all!(
        conn,
        DisputeRow,
        select_disputes!(
            "WHERE state NOT IN ('open', 'under_review', 'escalated') AND since <= $1 AND (since < $1 OR id < $2)
             ORDER BY since DESC, id DESC LIMIT CAST($3 AS BIGINT)"
        ),
        since,
        id,
        limit,
    )
}

/// How many wait, and how many of them longer than they should.
pub async fn count_waiting(conn: &mut Conn, now: i64) -> Result<(i64, i64), sqlx::Error> {
    fetch_one!(
        conn,
        (i64, i64),
        "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN due_at <= $1 THEN 1 ELSE 0 END), 0) AS BIGINT)
         FROM dispute WHERE state IN ('open', 'under_review', 'escalated')",
        now
    )
}
