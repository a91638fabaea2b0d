//! Statements of commands and of the decisions on them.

use crate::db::{Conn, execute, fetch_all, fetch_in, fetch_one, fetch_optional, insert_rows};
use uuid::Uuid;

/// A decided command as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CommandRow {
    pub id: Uuid,
    /// The id it came with, where that id was taken by another command.
    pub claimed_id: Option<Uuid>,
    pub content_hash: Vec<u8>,
    pub device_id: Uuid,
    pub person_id: i64,
    pub seq: i64,
    pub kind: String,
    pub made_at: i64,
    pub corrected_at: i64,
    pub received_at: i64,
    /// The order or customer it builds on.
    pub depends_on: Option<Uuid>,
    /// Kept while somebody has to look at it.
    pub body: Option<String>,
    /// Why it was parked; nothing when it was applied.
    pub refusal: Option<String>,
    pub settled_at: Option<i64>,
    pub settled_by: Option<i64>,
    pub accepted: Option<bool>,
}

macro_rules! select_commands {
    ($tail:literal) => {
        concat!(
            "SELECT id, claimed_id, content_hash, device_id, person_id, seq, kind, made_at, corrected_at, received_at, depends_on,
                 body, refusal, settled_at, settled_by, accepted FROM command ",
            $tail
        )
    };
}

pub async fn by_ids(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<CommandRow>, sqlx::Error> {
    fetch_in!(conn, CommandRow, select_commands!("WHERE id"), "", ids)
}

/// Another content that came under the id of a command.
pub async fn by_claim(
    conn: &mut Conn,
    claimed_id: Uuid,
    content_hash: &[u8],
) -> Result<Option<CommandRow>, sqlx::Error> {
    fetch_optional!(
        conn,
        CommandRow,
        select_commands!("WHERE claimed_id = $1 AND content_hash = $2"),
        claimed_id,
        content_hash
    )
}

pub async fn add(conn: &mut Conn, rows: &[CommandRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO command (id, claimed_id, content_hash, device_id, person_id, seq, kind, made_at, corrected_at, received_at,
             depends_on, body, refusal, settled_at, settled_by, accepted)",
        "",
        16,
        rows,
        |row| row.id,
        row.claimed_id,
        row.content_hash.as_slice(),
        row.device_id,
        row.person_id,
        row.seq,
        row.kind.as_str(),
        row.made_at,
        row.corrected_at,
        row.received_at,
        row.depends_on,
        row.body.as_deref(),
        row.refusal.as_deref(),
        row.settled_at,
        row.settled_by,
        row.accepted,
    )
}

/// One page of what waits for a person, latest first.
pub async fn parked(
    conn: &mut Conn,
    before: i64,
    limit: i64,
) -> Result<Vec<CommandRow>, sqlx::Error> {
    fetch_all!(
        conn,
        CommandRow,
        select_commands!(
            "WHERE refusal IS NOT NULL AND settled_at IS NULL AND received_at < $1 ORDER BY received_at DESC, seq DESC LIMIT CAST($2 AS BIGINT)"
        ),
        before,
        limit,
    )
}

pub async fn count_parked(conn: &mut Conn) -> Result<i64, sqlx::Error> {
    let (count,) = fetch_one!(
        conn,
        (i64,),
        "SELECT CAST(COUNT(*) AS BIGINT) FROM command WHERE refusal IS NOT NULL AND settled_at IS NULL"
    )?;
    Ok(count)
}

/// The number of the oldest command of a device that waits for a person.
pub async fn oldest_parked_of(conn: &mut Conn, device: Uuid) -> Result<Option<i64>, sqlx::Error> {
    let (oldest,) = fetch_one!(
        conn,
        (Option<i64>,),
        "SELECT MIN(seq) FROM command WHERE refusal IS NOT NULL AND settled_at IS NULL AND device_id = $1",
        device,
    )?;
    Ok(oldest)
}

/// What waits for a person and builds on an order or customer, oldest first.
pub async fn parked_on(conn: &mut Conn, depends_on: Uuid) -> Result<Vec<CommandRow>, sqlx::Error> {
    fetch_all!(
        conn,
        CommandRow,
        select_commands!(
            "WHERE refusal IS NOT NULL AND settled_at IS NULL AND depends_on = $1 ORDER BY device_id, seq"
        ),
        depends_on,
    )
}

pub async fn settle(
    conn: &mut Conn,
    id: Uuid,
    at: i64,
    by: Option<i64>,
    accepted: bool,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE command SET settled_at = $2, settled_by = $3, accepted = $4 WHERE id = $1 AND settled_at IS NULL",
        id,
        at,
        by,
        accepted,
    )
}

/// A dependent that was looked at again and is refused for a reason of its own.
pub async fn set_refusal(conn: &mut Conn, id: Uuid, refusal: &str) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE command SET refusal = $2 WHERE id = $1 AND settled_at IS NULL",
        id,
        refusal
    )
}
