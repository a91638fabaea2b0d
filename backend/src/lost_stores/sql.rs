//! Statements of lost stores.

use crate::db::{Conn, execute, fetch_all, fetch_one, insert_rows};
use uuid::Uuid;

/// An open store as listed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StoreRow {
    pub device_id: Uuid,
    pub person_id: i64,
    pub told_at: i64,
    pub others: i64,
    pub device_name: Option<String>,
}

/// What is open: nobody has closed it, and something of it is still missing, as far as is known.
macro_rules! open {
    () => {
        "s.closed_at IS NULL AND (s.others > 0 OR EXISTS (
             SELECT 1 FROM lost_order l WHERE l.device_id = s.device_id AND l.person_id = s.person_id
                 AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.code = l.code AND o.agent_id = l.person_id)))"
    };
}

pub async fn open(conn: &mut Conn, limit: i64) -> Result<Vec<StoreRow>, sqlx::Error> {
    fetch_all!(
        conn,
        StoreRow,
        concat!(
            "SELECT s.device_id, s.person_id, s.told_at, s.others, d.name AS device_name
             FROM lost_store s LEFT JOIN device d ON d.id = s.device_id
             WHERE ",
            open!(),
            " ORDER BY s.told_at DESC, s.device_id LIMIT CAST($1 AS BIGINT)"
        ),
        limit,
    )
}

pub async fn count_open(conn: &mut Conn) -> Result<i64, sqlx::Error> {
    let (count,) = fetch_one!(
        conn,
        (i64,),
        concat!(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM lost_store s WHERE ",
            open!()
        )
    )?;
    Ok(count)
}

pub async fn count_open_of(conn: &mut Conn, person: i64) -> Result<i64, sqlx::Error> {
    let (count,) = fetch_one!(
        conn,
        (i64,),
        concat!(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM lost_store s WHERE s.person_id = $1 AND ",
            open!()
        ),
        person,
    )?;
    Ok(count)
}

/// The codes of a store's orders, each with the order if it has come in.
pub async fn orders(
    conn: &mut Conn,
    device: Uuid,
    person: i64,
) -> Result<Vec<(String, Option<Uuid>)>, sqlx::Error> {
    fetch_all!(
        conn,
        (String, Option<Uuid>),
        "SELECT l.code, o.id FROM lost_order l LEFT JOIN orders o ON o.code = l.code AND o.agent_id = l.person_id
         WHERE l.device_id = $1 AND l.person_id = $2 ORDER BY l.code",
        device,
        person,
    )
}

pub async fn add(
    conn: &mut Conn,
    device: Uuid,
    person: i64,
    told_by: Uuid,
    told_at: i64,
    others: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO lost_store (device_id, person_id, told_by, told_at, others) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (device_id, person_id) DO NOTHING",
        device,
        person,
        told_by,
        told_at,
        others,
    )
}

pub async fn add_orders(
    conn: &mut Conn,
    device: Uuid,
    person: i64,
    codes: &[String],
) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO lost_order (device_id, person_id, code)",
        "ON CONFLICT (device_id, person_id, code) DO NOTHING",
        3,
        codes,
        |code| device,
        person,
        code.as_str(),
    )
}

pub async fn close(
    conn: &mut Conn,
    device: Uuid,
    person: i64,
    at: i64,
    by: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE lost_store SET closed_at = $3, closed_by = $4 WHERE device_id = $1 AND person_id = $2 AND closed_at IS NULL",
        device,
        person,
        at,
        by,
    )
}
