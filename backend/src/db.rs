//! One SQL text, two databases.
//!
//! SQLite is embedded and the default; PostgreSQL is for those who outgrow one machine. Every
//! statement is written once, in the common subset, with `$1` placeholders; the macros here expand
//! it once per driver. Where the two cannot agree the difference has a name in [`dialect`].
//!
//! Reading takes a connection of the pool ([`Db::read`]); all writing goes through the one writer of
//! the process ([`writer`]), which commits many jobs at once.

pub mod dialect;
pub mod rows;
pub mod sql;
pub mod writer;

use crate::error::OfficeError;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool};

/// A database with its pool of readers.
#[derive(Clone, Debug)]
pub enum Db {
    /// A file.
    Sqlite {
        /// Connections that only read.
        readers: SqlitePool,
        /// The one connection that writes.
        writer: SqlitePool,
    },
    /// A server.
    Postgres(PgPool),
}

/// A connection to either.
#[derive(Debug)]
pub enum Conn {
    /// To a file.
    Sqlite(PoolConnection<Sqlite>),
    /// To a server.
    Postgres(PoolConnection<Postgres>),
}

impl Db {
    /// A connection for reading.
    pub async fn read(&self) -> Result<Conn, OfficeError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Conn::Sqlite(readers.acquire().await?),
            Self::Postgres(pool) => Conn::Postgres(pool.acquire().await?),
        })
    }

    /// A connection for reading, if one is free: for those who can do without.
    pub(crate) fn read_if_free(&self) -> Option<Conn> {
        match self {
            Self::Sqlite { readers, .. } => readers.try_acquire().map(Conn::Sqlite),
            Self::Postgres(pool) => pool.try_acquire().map(Conn::Postgres),
        }
    }

    /// A connection for writing: kept by the writer.
    pub(crate) async fn write(&self) -> Result<Conn, OfficeError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Conn::Sqlite(writer.acquire().await?),
            Self::Postgres(pool) => Conn::Postgres(pool.acquire().await?),
        })
    }

    /// See [`Office::come_to_rest`](crate::Office::come_to_rest).
    pub(crate) async fn come_to_rest(&self) -> Result<(), OfficeError> {
        let mut writer = self.write().await?;
        // There is nothing to take back most of the time, and that is said as an error.
        let _ = sql::rollback(&mut writer).await;
        let readers = match self {
            Self::Sqlite { readers, .. } => readers.size(),
            // The writer's is one of them.
            Self::Postgres(pool) => pool.size().saturating_sub(1),
        };
        let mut idle = Vec::new();
        for _ in 0..readers {
            let mut reader = self.read().await?;
            // A connection does one thing after the other: once it answers, it is through.
            sql::office(&mut reader).await?;
            idle.push(reader);
        }
        Ok(())
    }

    /// Closes every connection. All of a database is in its one file then, unless somebody else has it open:
    /// its write-ahead log is gone or empty.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                // The last connection empties the log as it goes. But they go on threads of their own, and of
                // two that go at once each takes the other for the last.
                if let Ok(mut connection) = writer.acquire().await {
                    let _ = dialect::empty_log(&mut connection).await;
                }
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// `sqlite` or `postgres`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }
}

impl Conn {
    /// Closes the connection instead of giving it back to its pool.
    pub(crate) fn give_up(self) {
        match self {
            Self::Sqlite(mut connection) => connection.close_on_drop(),
            Self::Postgres(mut connection) => connection.close_on_drop(),
        }
    }
}

/// Runs a statement; gives how many rows it touched.
macro_rules! execute {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut *$conn {
            $crate::db::Conn::Sqlite(connection) => {
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **connection).await.map(|done| done.rows_affected())
            }
            $crate::db::Conn::Postgres(connection) => {
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **connection).await.map(|done| done.rows_affected())
            }
        }
    };
}

/// Every row of a query.
macro_rules! fetch_all {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut *$conn {
            $crate::db::Conn::Sqlite(connection) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **connection).await
            }
            $crate::db::Conn::Postgres(connection) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **connection).await
            }
        }
    };
}

/// The one row of a query, if there is one.
macro_rules! fetch_optional {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut *$conn {
            $crate::db::Conn::Sqlite(connection) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **connection).await
            }
            $crate::db::Conn::Postgres(connection) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **connection).await
            }
        }
    };
}

/// The one row of a query that always has one.
macro_rules! fetch_one {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut *$conn {
            $crate::db::Conn::Sqlite(connection) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_one(&mut **connection).await
            }
            $crate::db::Conn::Postgres(connection) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_one(&mut **connection).await
            }
        }
    };
}

/// Inserts many rows with as few statements as possible: `$head` up to `VALUES`, `$tail` after it.
macro_rules! insert_rows {
    ($conn:expr, $head:expr, $tail:expr, $columns:expr, $rows:expr, |$row:ident| $($bind:expr),+ $(,)?) => {{
        let mut rest: &[_] = $rows;
        let mut result: Result<(), sqlx::Error> = Ok(());
        while !rest.is_empty() {
            let count = $crate::db::rows::chunk(rest.len());
            let (chunk, later) = rest.split_at(count);
            rest = later;
            let text = |placeholder| $crate::db::rows::insert_text($head, $tail, $columns, count, placeholder);
            let done = match &mut *$conn {
                $crate::db::Conn::Sqlite(connection) => {
                    let mut query = sqlx::query(text($crate::db::rows::Placeholder::Nameless));
                    for $row in chunk {
                        query = query$(.bind($bind))+;
                    }
                    query.execute(&mut **connection).await.map(|_| ())
                }
                $crate::db::Conn::Postgres(connection) => {
                    let mut query = sqlx::query(text($crate::db::rows::Placeholder::Numbered));
                    for $row in chunk {
                        query = query$(.bind($bind))+;
                    }
                    query.execute(&mut **connection).await.map(|_| ())
                }
            };
            if done.is_err() {
                result = done;
                break;
            }
        }
        result
    }};
}

/// Every row whose key is among `$keys`: `$head` up to `IN`, `$tail` after the closing bracket.
macro_rules! fetch_in {
    ($conn:expr, $row:ty, $head:expr, $tail:expr, $keys:expr) => {{
        let mut rest: &[_] = $keys;
        let mut result: Result<Vec<$row>, sqlx::Error> = Ok(Vec::with_capacity(rest.len()));
        while !rest.is_empty() {
            let count = $crate::db::rows::chunk(rest.len());
            let (chunk, later) = rest.split_at(count);
            rest = later;
            let text = |placeholder| $crate::db::rows::in_text($head, $tail, count, placeholder);
            let found = match &mut *$conn {
                $crate::db::Conn::Sqlite(connection) => {
                    let mut query =
                        sqlx::query_as::<_, $row>(text($crate::db::rows::Placeholder::Nameless));
                    for key in chunk {
                        query = query.bind(*key);
                    }
                    query.fetch_all(&mut **connection).await
                }
                $crate::db::Conn::Postgres(connection) => {
                    let mut query =
                        sqlx::query_as::<_, $row>(text($crate::db::rows::Placeholder::Numbered));
                    for key in chunk {
                        query = query.bind(*key);
                    }
                    query.fetch_all(&mut **connection).await
                }
            };
            match (found, &mut result) {
                (Ok(found), Ok(all)) => all.extend(found),
                (Err(error), _) => {
                    result = Err(error);
                    break;
                }
                (Ok(_), Err(_)) => break,
            }
        }
        result
    }};
}

pub(crate) use {execute, fetch_all, fetch_in, fetch_one, fetch_optional, insert_rows};
