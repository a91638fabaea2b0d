//! Statements of devices.

use crate::db::{Conn, fetch_all, fetch_in, fetch_one, fetch_optional, insert_rows};
use taswiq_domain::sync::Waiting;
use uuid::Uuid;

/// A device as stored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DeviceRow {
    pub id: Uuid,
    pub person_id: i64,
    pub build: String,
    pub created_at: i64,
    pub last_contact_at: i64,
    pub last_seq: i64,
    pub heard_seq: i64,
    pub feed_cursor: i64,
    pub waiting_commands: i64,
    pub waiting_orders: i64,
    pub waiting_oldest_made_at: Option<i64>,
    pub clock_skew_ms: i64,
    pub revoked_at: Option<i64>,
    pub name: String,
    pub key_hash: Option<Vec<u8>>,
    pub waiting_digest: Option<String>,
    pub trouble: Option<String>,
    pub trouble_at: Option<i64>,
}

impl DeviceRow {
    /// One that has nothing to tell yet, at its first contact.
    pub const fn new(id: Uuid, person: i64, now: i64) -> Self {
        Self {
            id,
            person_id: person,
            build: String::new(),
            created_at: now,
            last_contact_at: now,
            last_seq: 0,
            heard_seq: 0,
            feed_cursor: 0,
            waiting_commands: 0,
            waiting_orders: 0,
            waiting_oldest_made_at: None,
            clock_skew_ms: 0,
            revoked_at: None,
            name: String::new(),
            key_hash: None,
            waiting_digest: None,
            trouble: None,
            trouble_at: None,
        }
    }

    /// Takes in what it says of what waits on it.
    pub fn tell(&mut self, waiting: Waiting) {
        let is_empty = waiting.commands == 0;
        self.waiting_commands = i64::from(waiting.commands);
        self.waiting_orders = i64::from(waiting.orders);
        self.waiting_oldest_made_at = waiting.oldest_made_at.filter(|_| !is_empty).map(|at| at.0);
        self.waiting_digest = waiting.digest.filter(|_| !is_empty);
    }
}

macro_rules! select_devices {
    ($tail:literal) => {
        concat!(
            "SELECT id, person_id, build, created_at, last_contact_at, last_seq, heard_seq, feed_cursor, waiting_commands, waiting_orders,
                 waiting_oldest_made_at, clock_skew_ms, revoked_at, name, key_hash, waiting_digest, trouble, trouble_at
             FROM device ",
            $tail
        )
    };
}

pub async fn by_id(conn: &mut Conn, id: Uuid) -> Result<Option<DeviceRow>, sqlx::Error> {
    fetch_optional!(conn, DeviceRow, select_devices!("WHERE id = $1"), id)
}

pub async fn by_ids(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<DeviceRow>, sqlx::Error> {
    fetch_in!(conn, DeviceRow, select_devices!("WHERE id"), "", ids)
}

pub async fn of_person(conn: &mut Conn, person: i64) -> Result<Vec<DeviceRow>, sqlx::Error> {
    fetch_all!(
        conn,
        DeviceRow,
        select_devices!("WHERE person_id = $1 ORDER BY last_contact_at DESC"),
        person
    )
}

pub async fn all(conn: &mut Conn) -> Result<Vec<DeviceRow>, sqlx::Error> {
    fetch_all!(
        conn,
        DeviceRow,
        select_devices!("ORDER BY last_contact_at DESC")
    )
}

/// Those of everybody but the office itself.
pub async fn of_agents_and_cooperatives(conn: &mut Conn) -> Result<Vec<DeviceRow>, sqlx::Error> {
    fetch_all!(
        conn,
        DeviceRow,
        select_devices!(
            "WHERE person_id IN (SELECT id FROM person WHERE role IN ('agent', 'cooperative')) ORDER BY last_contact_at DESC"
        )
    )
}

pub async fn put(conn: &mut Conn, rows: &[DeviceRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO device (id, person_id, build, created_at, last_contact_at, last_seq, heard_seq, feed_cursor, waiting_commands,
             waiting_orders, waiting_oldest_made_at, clock_skew_ms, revoked_at, name, key_hash, waiting_digest, trouble,
             trouble_at)",
        "ON CONFLICT (id) DO UPDATE SET build = excluded.build, last_contact_at = excluded.last_contact_at,
             last_seq = excluded.last_seq, heard_seq = excluded.heard_seq, feed_cursor = excluded.feed_cursor,
             waiting_commands = excluded.waiting_commands,
             waiting_orders = excluded.waiting_orders, waiting_oldest_made_at = excluded.waiting_oldest_made_at,
             clock_skew_ms = excluded.clock_skew_ms, revoked_at = excluded.revoked_at, name = excluded.name,
             key_hash = excluded.key_hash, waiting_digest = excluded.waiting_digest, trouble = excluded.trouble,
             trouble_at = excluded.trouble_at",
        18,
        rows,
        |row| row.id,
        row.person_id,
        row.build.as_str(),
        row.created_at,
        row.last_contact_at,
        row.last_seq,
        row.heard_seq,
        row.feed_cursor,
        row.waiting_commands,
        row.waiting_orders,
        row.waiting_oldest_made_at,
        row.clock_skew_ms,
        row.revoked_at,
        row.name.as_str(),
        row.key_hash.as_deref(),
        row.waiting_digest.as_deref(),
        row.trouble.as_deref(),
        row.trouble_at,
    )
}

/// Active agents, those of them with a contact since `since`, and what is known to wait on phones.
pub async fn completeness(
    conn: &mut Conn,
    since: i64,
) -> Result<(i64, i64, i64, i64), sqlx::Error> {
    fetch_one!(
        conn,
        (i64, i64, i64, i64),
        "SELECT
             (SELECT CAST(COUNT(*) AS BIGINT) FROM person WHERE role = 'agent' AND deactivated_at IS NULL),
             (SELECT CAST(COUNT(DISTINCT d.person_id) AS BIGINT) FROM device d JOIN person p ON p.id = d.person_id
                 WHERE p.role = 'agent' AND p.deactivated_at IS NULL AND d.last_contact_at >= $1),
             (SELECT CAST(COALESCE(SUM(waiting_commands), 0) AS BIGINT) FROM device),
             (SELECT CAST(COALESCE(SUM(waiting_orders), 0) AS BIGINT) FROM device)",
        since,
    )
}
