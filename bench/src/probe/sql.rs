//! The probe's one table.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

/// The file.
pub struct Orders(SqliteConnection);

impl Orders {
    pub async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        sqlx::query(
            "CREATE TABLE IF NOT EXISTS orders (id BLOB NOT NULL PRIMARY KEY, body TEXT NOT NULL) STRICT",
        )
        .execute(&mut connection)
        .await?;
        Ok(Self(connection))
    }

    /// Adds orders: one statement, one durable transaction.
    pub async fn add<'a>(
        &mut self,
        orders: impl Iterator<Item = (Uuid, &'a str)>,
    ) -> Result<(), sqlx::Error> {
        let mut query = QueryBuilder::<Sqlite>::new("INSERT INTO orders (id, body) ");
        query.push_values(orders, |mut row, (id, body)| {
            row.push_bind(id).push_bind(body);
        });
        query.build().execute(&mut self.0).await.map(|_| ())
    }

    pub async fn count(&mut self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("SELECT COUNT(*) FROM orders")
            .fetch_one(&mut self.0)
            .await
    }
}
