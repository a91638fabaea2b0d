//! Statements of customers.

use crate::db::{Conn, fetch_all, fetch_in, insert_rows};
use uuid::Uuid;

/// A customer as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CustomerRow {
    pub id: Uuid,
    pub agent_id: i64,
    pub details: String,
    pub search_key: String,
    pub phone: Option<String>,
    pub created_at: i64,
}

pub async fn put(conn: &mut Conn, rows: &[CustomerRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO customer (id, agent_id, details, search_key, phone, created_at)",
        "ON CONFLICT (id) DO UPDATE SET agent_id = excluded.agent_id, details = excluded.details,
             search_key = excluded.search_key, phone = excluded.phone",
        6,
        rows,
        |row| row.id,
        row.agent_id,
        row.details.as_str(),
        row.search_key.as_str(),
        row.phone.as_deref(),
        row.created_at,
    )
}

pub async fn by_ids(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<CustomerRow>, sqlx::Error> {
    fetch_in!(
        conn,
        CustomerRow,
        "SELECT id, agent_id, details, search_key, phone, created_at FROM customer WHERE id",
        "",
        ids
    )
}

/// Those of these folded names, places and telephones that a customer has.
pub async fn known_keys(conn: &mut Conn, keys: &[&str]) -> Result<Vec<(String,)>, sqlx::Error> {
    fetch_in!(
        conn,
        (String,),
        "SELECT search_key FROM customer WHERE search_key",
        "",
        keys
    )
}

/// Customers by part of a folded name or place, or by telephone.
pub async fn search(
    conn: &mut Conn,
    agent: Option<i64>,
    pattern: Option<&str>,
    phone: Option<&str>,
    limit: i64,
) -> Result<Vec<CustomerRow>, sqlx::Error> {
    fetch_all!(
        conn,
        CustomerRow,
        "SELECT id, agent_id, details, search_key, phone, created_at FROM customer
         WHERE (CAST($1 AS BIGINT) IS NULL OR agent_id = $1)
             AND (CAST($2 AS TEXT) IS NULL OR search_key LIKE $2 ESCAPE '!')
             AND (CAST($3 AS TEXT) IS NULL OR phone = $3)
         ORDER BY search_key, id LIMIT CAST($4 AS BIGINT)",
        agent,
        pattern,
        phone,
        limit,
    )
}
