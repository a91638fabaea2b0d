//! The few places where SQLite and PostgreSQL differ, each with a name.

use super::{Conn, Db};
use crate::error::{OfficeError, OpenError};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use std::str::FromStr;
use std::time::Duration;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Where it is written down how far the tables are brought up.
pub const MIGRATIONS_TABLE: &str = "_sqlx_migrations";

/// How long a statement waits for a lock that another process holds, before "busy" is said.
const LOCK_WAIT: Duration = Duration::from_millis(1_500);

/// Pages that the writer keeps in memory, in KiB: the inner pages of every index of a large company,
/// so that an order reads little before it writes.
const WRITER_CACHE_KIB: &str = "-16384";
/// Pages in the write-ahead log before they are moved to the file. A page that many orders touch is
/// moved once for all of them; each order is durable in the log all the same.
const LOG_PAGES: &str = "4096";
/// Moves them now, and from now on when there are [`LOG_PAGES`] again.
const MOVE_LOG: &str = "PRAGMA wal_autocheckpoint = 4096; PRAGMA wal_checkpoint(PASSIVE)";

/// The file that an address means; nothing when it means a server.
pub fn file_of(url: &str) -> Option<&str> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return None;
    }
    let path = url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"));
    Some(path.unwrap_or(url))
}

/// Opens `sqlite:path`, a plain path, or `postgres://…`.
pub async fn open(url: &str, readers_max: u32) -> Result<Db, OpenError> {
    if file_of(url).is_none() {
        let options = PgConnectOptions::from_str(url)?.statement_cache_capacity(500);
        // One connection more than readers, for the writer.
        let pool = PgPoolOptions::new()
            .max_connections(readers_max + 1)
            .acquire_timeout(LOCK_WAIT * 5)
            .connect_with(options)
            .await?;
        return Ok(Db::Postgres(pool));
    }
    let path = file_of(url).unwrap_or(url);
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(LOCK_WAIT)
        .statement_cache_capacity(500)
        .optimize_on_close(true, None);
    // A connection to a file does not go away: it need not be asked before each use.
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(
            options
                .clone()
                .pragma("cache_size", WRITER_CACHE_KIB)
                .pragma("wal_autocheckpoint", LOG_PAGES),
        )
        .await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(readers_max)
        .test_before_acquire(false)
        .acquire_timeout(LOCK_WAIT * 5)
        .connect_with(options.read_only(true))
        .await?;
    Ok(Db::Sqlite { readers, writer })
}

/// Brings the tables up to date: every migration in a transaction of its own. A database that is
/// newer than this program is refused.
pub async fn migrate(db: &Db) -> Result<(), OpenError> {
    match db {
        Db::Sqlite { writer, .. } => SQLITE_MIGRATIONS.run(writer).await?,
        Db::Postgres(pool) => POSTGRES_MIGRATIONS.run(pool).await?,
    }
    Ok(())
}

/// The newest tables that this program knows.
pub fn newest_schema() -> i64 {
    let versions = SQLITE_MIGRATIONS.iter().map(|migration| migration.version);
    versions.max().unwrap_or_default()
}

/// How far the tables of a database are brought up; nothing when they are not ours.
pub async fn schema_of(conn: &mut Conn) -> Result<Option<i64>, OfficeError> {
    if !has_table(conn, MIGRATIONS_TABLE).await? {
        return Ok(None);
    }
    let (version,): (Option<i64>,) = super::fetch_one!(
        conn,
        (Option<i64>,),
        "SELECT MAX(version) FROM _sqlx_migrations WHERE success"
    )?;
    Ok(version)
}

/// Brings the tables up to `schema`, or to the newest, within the transaction under way.
pub async fn migrate_within(conn: &mut Conn, schema: Option<i64>) -> Result<(), OpenError> {
    let within = |migrations: &Migrator| {
        let steps = migrations.iter().cloned().map(|mut step| {
            // The transaction is the caller's.
            step.no_tx = true;
            step
        });
        Migrator::with_migrations(steps.collect())
    };
    match conn {
        Conn::Sqlite(connection) => {
            let steps = within(&SQLITE_MIGRATIONS);
            steps.run_direct(schema, &mut **connection, false).await?;
        }
        Conn::Postgres(connection) => {
            let steps = within(&POSTGRES_MIGRATIONS);
            steps.run_direct(schema, &mut **connection, false).await?;
        }
    }
    Ok(())
}

/// Opens what is there for reading alone: nothing is made, and no table is brought up to date.
pub async fn open_to_read(url: &str) -> Result<Db, OpenError> {
    let Some(path) = file_of(url) else {
        return Ok(Db::Postgres(one_connection(url).await?));
    };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(LOCK_WAIT);
    let pool = SqlitePoolOptions::new().max_connections(1);
    let readers = pool.connect_with(options).await?;
    let writer = readers.clone();
    Ok(Db::Sqlite { readers, writer })
}

/// Opens a database for one that fills it and does nothing else. A file (`:memory:` is none) is made, and
/// after a crash it is worth nothing: whoever fills it uses another name until it is complete and
/// flushed.
pub async fn open_to_fill(url: &str) -> Result<Db, OpenError> {
    let Some(path) = file_of(url) else {
        return Ok(Db::Postgres(one_connection(url).await?));
    };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .foreign_keys(true)
        .pragma("cache_size", WRITER_CACHE_KIB);
    let pool = SqlitePoolOptions::new().max_connections(1);
    let readers = pool.connect_with(options).await?;
    let writer = readers.clone();
    Ok(Db::Sqlite { readers, writer })
}

async fn one_connection(url: &str) -> Result<sqlx::PgPool, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?;
    // A pool tries again for a while and then only knows that it took too long; this one says why.
    sqlx::Connection::close(
        <sqlx::PgConnection as sqlx::Connection>::connect_with(&options).await?,
    )
    .await?;
    let pool = PgPoolOptions::new().max_connections(1);
    pool.acquire_timeout(LOCK_WAIT * 5)
        .connect_with(options)
        .await
}

/// Begins a transaction that sees everything as it is at one moment, while others go on writing.
pub async fn begin_snapshot(conn: &mut Conn) -> Result<(), sqlx::Error> {
    match conn {
        // What is read first is read of the moment that all is read of.
        Conn::Sqlite(connection) => sqlx::query("BEGIN")
            .execute(&mut **connection)
            .await
            .map(|_| ()),
        Conn::Postgres(connection) => {
            sqlx::query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                .execute(&mut **connection)
                .await
                .map(|_| ())
        }
    }
}

/// Begins the transaction that fills a database from [`open_to_fill`].
pub async fn begin_filling(conn: &mut Conn) -> Result<u64, sqlx::Error> {
    super::execute!(conn, "BEGIN")
}

/// Begins a writing transaction that excludes every other writer, of this process and of others, so
/// that transactions commit one after the other.
pub async fn begin_writing(conn: &mut Conn) -> Result<(), OfficeError> {
    match conn {
        Conn::Sqlite(connection) => sqlx::query("BEGIN IMMEDIATE")
            .execute(&mut **connection)
            .await
            .map(|_| ())?,
        Conn::Postgres(connection) => {
            sqlx::raw_sql("BEGIN; SET LOCAL lock_timeout = 1500")
                .execute(&mut **connection)
                .await?;
            // The row is also the counter of the change feed: who holds it numbers the changes.
            let locked = sqlx::query("SELECT id FROM office WHERE id = 1 FOR UPDATE")
                .execute(&mut **connection)
                .await;
            if let Err(error) = locked {
                let _ = sqlx::query("ROLLBACK").execute(&mut **connection).await;
                return Err(error.into());
            }
        }
    }
    Ok(())
}

/// Lets the log of the transaction under way grow past [`LOG_PAGES`] when it commits: [`move_log`] is to
/// be called soon. What is committed is as durable in the log as in the file.
pub async fn keep_log(conn: &mut Conn) -> Result<(), sqlx::Error> {
    if let Conn::Sqlite(connection) = conn {
        sqlx::raw_sql("PRAGMA wal_autocheckpoint = 0")
            .execute(&mut **connection)
            .await?;
    }
    Ok(())
}

/// Moves all of the log to the file, if nobody else reads or writes there; waits for nobody.
pub async fn empty_log(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("PRAGMA optimize; PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(connection)
        .await?;
    Ok(())
}

/// Moves the pages of the log to the file, as far as nobody reads there, and has that done by commits again.
pub async fn move_log(conn: &mut Conn) -> Result<(), sqlx::Error> {
    if let Conn::Sqlite(connection) = conn {
        sqlx::raw_sql(MOVE_LOG).execute(&mut **connection).await?;
    }
    Ok(())
}

/// Whether there is a table of that name.
pub async fn has_table(conn: &mut Conn, name: &str) -> Result<bool, OfficeError> {
    let found: Option<(i64,)> = match conn {
        Conn::Sqlite(connection) => {
            sqlx::query_as(
                "SELECT CAST(1 AS BIGINT) FROM sqlite_master WHERE type = 'table' AND name = $1",
            )
            .bind(name)
            .fetch_optional(&mut **connection)
            .await?
        }
        Conn::Postgres(connection) => {
            sqlx::query_as(
                "SELECT CAST(1 AS BIGINT) FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1",
            )
            .bind(name)
            .fetch_optional(&mut **connection)
            .await?
        }
    };
    Ok(found.is_some())
}

/// Whether an error goes away by trying again: a lock, a deadlock, a connection that was lost.
pub fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            // SQLite: busy 5, locked 6, input or output 10, full 13 (each may carry more in the
            // higher bits), and what a machine short of memory or files says, 7 and 14. PostgreSQL:
            // serialisation and deadlock 40…, resources 53…, a lock waited for too long 55P03,
            // shutting down 57P…, connection 08….
            match code.parse::<u32>() {
                Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6 | 7 | 10 | 13 | 14),
                _ => ["40", "53", "55P03", "57P", "08"]
                    .iter()
                    .any(|class| code.starts_with(class)),
            }
        }
        _ => false,
    }
}

/// The channel on which processes tell each other that something changed.
const CHANNEL: &str = "taswiq_changed";
/// The longest message PostgreSQL carries, less a little.
const MESSAGE_BYTES_MAX: usize = 7_900;

/// Tells the other processes on the same database which scopes changed. A file has no others.
pub async fn notify<'a>(
    conn: &mut Conn,
    scopes: impl Iterator<Item = &'a str> + Send,
) -> Result<(), OfficeError> {
    if let Conn::Postgres(connection) = conn {
        let mut message = scopes.collect::<Vec<_>>().join(" ");
        if message.len() > MESSAGE_BYTES_MAX {
            message.clear();
        }
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(message)
            .execute(&mut **connection)
            .await?;
    }
    Ok(())
}

/// Calls `heard` with the scopes that other processes (and this one) changed, for ever. Returns at
/// once for a file.
pub async fn listen(db: &Db, heard: impl Fn(Vec<String>) + Send) -> Result<(), OfficeError> {
    let Db::Postgres(pool) = db else {
        return Ok(());
    };
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let message = listener.recv().await?;
        heard(
            message
                .payload()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        );
    }
}
