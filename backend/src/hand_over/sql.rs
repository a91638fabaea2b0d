//! Statements of the keys that hand-over files are sealed to.

use crate::db::{Conn, execute, fetch_all};

/// Makes the first key, unless there is one: of two servers that start at once one makes it.
pub async fn found(conn: &mut Conn, private_key: &[u8], now: i64) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO hand_over_key (number, private_key, created_at) VALUES (1, $1, $2) ON CONFLICT (number) DO NOTHING",
        private_key,
        now,
    )
}

/// Makes another key.
pub async fn add(conn: &mut Conn, private_key: &[u8], now: i64) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO hand_over_key (number, private_key, created_at) SELECT MAX(number) + 1, $1, $2 FROM hand_over_key",
        private_key,
        now,
    )
}

/// The private keys, the oldest first.
pub async fn all(conn: &mut Conn) -> Result<Vec<(Vec<u8>,)>, sqlx::Error> {
    fetch_all!(
        conn,
        (Vec<u8>,),
        "SELECT private_key FROM hand_over_key ORDER BY number"
    )
}
