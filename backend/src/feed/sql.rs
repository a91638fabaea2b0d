//! Statements of the change feed.

use crate::db::{Conn, fetch_all, fetch_one, fetch_optional, insert_rows};

/// The last change of a thing in a scope.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct FeedRow {
    pub scope: String,
    pub kind: String,
    pub entity: String,
    pub number: i64,
    pub removed: bool,
}

pub async fn put(conn: &mut Conn, rows: &[FeedRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO feed (scope, kind, entity, number, removed)",
        "ON CONFLICT (scope, kind, entity) DO UPDATE SET number = excluded.number, removed = excluded.removed",
        5,
        rows,
        |row| row.scope.as_str(),
        row.kind.as_str(),
        row.entity.as_str(),
        row.number,
        row.removed,
    )
}

/// What changed after `cursor` and up to `until` in three scopes (repeat one where there are fewer),
/// oldest first.
pub async fn between(
    conn: &mut Conn,
    scopes: [&str; 3],
    cursor: i64,
    until: i64,
    limit: i64,
) -> Result<Vec<FeedRow>, sqlx::Error> {
    fetch_all!(
        conn,
        FeedRow,
        "SELECT scope, kind, entity, number, removed FROM feed
         WHERE scope IN ($1, $2, $3) AND number > $4 AND number <= $5
         ORDER BY number LIMIT CAST($6 AS BIGINT)",
        scopes[0],
        scopes[1],
        scopes[2],
        cursor,
        until,
        limit,
    )
}

pub async fn count_after(
    conn: &mut Conn,
    scopes: [&str; 3],
    cursor: i64,
) -> Result<i64, sqlx::Error> {
    let (count,) = fetch_one!(
        conn,
        (i64,),
        "SELECT CAST(COUNT(*) AS BIGINT) FROM feed WHERE scope IN ($1, $2, $3) AND number > $4",
        scopes[0],
        scopes[1],
        scopes[2],
        cursor,
    )?;
    Ok(count)
}

/// Whether a scope has, or has had, a thing.
pub async fn has_had(
    conn: &mut Conn,
    scope: &str,
    kind: &str,
    entity: &str,
) -> Result<bool, sqlx::Error> {
    let row = fetch_optional!(
        conn,
        (i64,),
        "SELECT number FROM feed WHERE scope = $1 AND kind = $2 AND entity = $3",
        scope,
        kind,
        entity
    )?;
    Ok(row.is_some())
}
