//! A copy of everything in one file, and a database made from it.
//!
//! # One file for both databases
//!
//! [`back_up`] reads every table in one transaction that sees a single moment, while the server goes on
//! writing, and writes the rows to one compressed file of a form of our own (`backup/format.rs` tells it).
//! The same file makes an SQLite file or fills a PostgreSQL ([`restore`]), so it is also the way from the one
//! to the other, and no tool of either has to be installed. That every row of every table is read and read
//! again is what tells a database whose pages are broken while there is still an older copy.
//!
//! A file appears under its name only when it is complete, flushed to the disk, read through again and
//! found whole; until then it has another name, and after an error there is none.
//!
//! # What a copy lacks
//!
//! What was done after it. Phones keep what was acknowledged for
//! [`ACKNOWLEDGED_KEPT_DAYS`](taswiq_domain::limits::ACKNOWLEDGED_KEPT_DAYS) days and offer it again when
//! they see another *epoch*; so [`restore`] renews it, always, in the transaction that fills the database.
//! What only the office did is not on any phone.
//!
//! # Secrets
//!
//! Everything is in it: customers, password hashes, the hashes of sessions, the keys that open hand-over files.
//! Without the last two a phone would have to sign in before it could hand over what it holds, and files on their
//! way would be for nothing. A session or device that was ended after the
//! copy is alive again; links that were not used yet open nothing any more. Only the owner of the file may
//! read it.

mod format;
mod schema;
mod sql;
mod value;

use crate::audit::sql::AuditRow;
use crate::clock::{Casablanca, Clock};
use crate::db::{self, Conn, dialect};
use crate::error::{OfficeError, OpenError};
use crate::recount::{Differences, recount};
use format::{Head, Reading, Step, Writing};
use schema::Table;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use taswiq_domain::time::Timestamp;
use value::Value;

/// The table that `ledger::moving` empties and removes: there is nothing in it where there is none.
const MOVED_TABLE: &str = "ledger_transfer_unchained";
/// The first tables of which copies are made: before them that table was the ledger.
const OLDEST_SCHEMA: i64 = 2;
/// What one statement writes, about.
const VALUES_AT_ONCE: usize = 3_000;
const BYTES_AT_ONCE: usize = 1024 * 1024;
/// Lines that are read without a pause.
const STEPS_AT_ONCE: u64 = 4_096;

fn may_be_missing(table: &str) -> bool {
    table == MOVED_TABLE
}

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The version of its tables.
    pub schema: i64,
    /// What it was made of: `sqlite` or `postgres`.
    pub database: String,
    /// The moment it shows, by the clock of who made it.
    pub taken_at: Timestamp,
    /// The epoch of the database then.
    pub epoch: String,
    /// The version of the program that made it.
    pub program: String,
    /// How many rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// The SHA-256 of its lines, in hexadecimal.
    pub sha256: String,
    /// How long the file is.
    pub bytes: u64,
}

impl Contents {
    /// How many rows of a table.
    pub fn count(&self, table: &str) -> u64 {
        self.rows.get(table).copied().unwrap_or_default()
    }
}

/// What became of a restore.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What was in the copy.
    pub contents: Contents,
    /// The version of the tables now.
    pub schema: i64,
    /// What the audit of the books found.
    pub differences: Differences,
}

/// How a database is made from a copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct RestoreOptions {
    /// Also when the books in it do not fit: the only copy there is may be of a database that somebody
    /// touched.
    pub accept_unsound: bool,
}

/// Why a copy was not made, or nothing made of one. Whatever it is, nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The name is taken.
    #[error("there is already a file {}", file.display())]
    Exists {
        /// Which.
        file: PathBuf,
    },
    /// A file or folder cannot be written: no room, no permission, no such folder.
    #[error("cannot write {}", file.display())]
    Write {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {}", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Some other file.
    #[error("{} is no backup of Taswiq", file.display())]
    Foreign {
        /// Which.
        file: PathBuf,
    },
    /// It ends before its end.
    #[error("{} is not whole: it breaks off after line {line}", file.display())]
    Torn {
        /// Which.
        file: PathBuf,
        /// The last whole line.
        line: u64,
    },
    /// It is not what was written.
    #[error("{} is not as it was written: {what} is wrong, at line {line}", file.display())]
    Touched {
        /// Which.
        file: PathBuf,
        /// Where it was noticed.
        line: u64,
        /// What does not fit.
        what: &'static str,
    },
    /// A later form of the file.
    #[error("{} is of a form that a newer Taswiq writes: use that one", file.display())]
    Newer {
        /// Which.
        file: PathBuf,
    },
    /// Tables of a later program.
    #[error(
        "{} has tables of version {schema} and this Taswiq knows them up to {known}: use a newer one",
        file.display()
    )]
    NewerTables {
        /// Which.
        file: PathBuf,
        /// Its version.
        schema: i64,
        /// Ours.
        known: i64,
    },
    /// No copy is made of tables this old.
    #[error(
        "its tables are of version {schema}: bring them up to date with `taswiq migrate` first"
    )]
    OldTables {
        /// Their version.
        schema: i64,
    },
    /// The database was brought up by a later program.
    #[error(
        "its tables are of version {schema} and this Taswiq knows them up to {known}: use a newer one"
    )]
    NewerDatabase {
        /// Their version.
        schema: i64,
        /// Ours.
        known: i64,
    },
    /// There is no database, or not one of ours.
    #[error("there is no database of Taswiq at {place}")]
    NoDatabase {
        /// Where it was looked for; an address is not repeated, for it may hold a password.
        place: String,
    },
    /// A restore never writes over anything.
    #[error(
        "{what} is already there and may hold what the backup lacks: restore to another name, or stop the server and move it away first"
    )]
    Occupied {
        /// What.
        what: String,
    },
    /// The books in the copy are not what they should be.
    #[error("the books in the backup are not what they should be")]
    Unsound(Box<Differences>),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed, or has no room.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// What is in the database cannot be read.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

/// A file that is removed again unless it is put in its place.
struct Unfinished {
    path: PathBuf,
}

/// What SQLite may leave beside a file.
const BESIDE: [&str; 4] = ["", "-journal", "-wal", "-shm"];

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

impl Unfinished {
    /// A name for what is to be `file` once it is complete. Its own for each process, so that what a killed
    /// one left behind is in nobody's way.
    fn of(file: &Path) -> Self {
        Self {
            path: beside(file, &format!(".unfinished-{}", std::process::id())),
        }
    }

    /// Gives it its name, for good.
    fn put_at(self, file: &Path, may_replace: bool) -> Result<(), BackupError> {
        let written = |source| BackupError::Write {
            file: file.to_owned(),
            source,
        };
        if may_replace {
            std::fs::rename(&self.path, file).map_err(written)?;
        } else {
            // Two names for a moment: that never replaces anything, and a rename would.
            match std::fs::hard_link(&self.path, file) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(BackupError::Exists {
                        file: file.to_owned(),
                    });
                }
                // A stick for cameras knows no second names.
                Err(_) if !file.exists() => {
                    std::fs::rename(&self.path, file).map_err(written)?;
                }
                Err(error) => return Err(written(error)),
            }
        }
        // The name is in the folder, and the folder is to be on the disk as well.
        #[cfg(unix)]
        {
            let folder = match file.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(written)?;
        }
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for suffix in BESIDE {
            // Mostly there is none.
            let _ = std::fs::remove_file(beside(&self.path, suffix));
        }
    }
}

/// Writes a copy of the database at `url` to `file`, which only its owner may read. The server may be
/// running and writing. `overwrite` lets it take the place of an older file.
///
/// # Errors
/// See [`BackupError`]; an existing file is as it was.
pub async fn back_up(
    url: &str,
    file: &Path,
    overwrite: bool,
    clock: &dyn Clock,
) -> Result<Contents, BackupError> {
    if !overwrite && file.exists() {
        return Err(BackupError::Exists {
            file: file.to_owned(),
        });
    }
    if let Some(path) = dialect::file_of(url)
        && !Path::new(path).exists()
    {
        return Err(no_database(url));
    }
    let db = dialect::open_to_read(url).await?;
    let unfinished = Unfinished::of(file);
    let mut conn = db.read().await?;
    let written = write_copy(&mut conn, url, db.name(), &unfinished.path, clock).await;
    // It has changed nothing and is not used again.
    conn.give_up();
    db.close().await;
    let sha256 = written?;
    let contents = read_through(&unfinished.path).await?;
    if contents.sha256 != sha256 {
        return Err(BackupError::Touched {
            file: unfinished.path.clone(),
            line: 0,
            what: "its checksum",
        });
    }
    unfinished.put_at(file, overwrite)?;
    Ok(contents)
}

fn no_database(url: &str) -> BackupError {
    BackupError::NoDatabase {
        place: dialect::file_of(url).unwrap_or("that address").to_owned(),
    }
}

async fn write_copy(
    conn: &mut Conn,
    url: &str,
    database: &str,
    path: &Path,
    clock: &dyn Clock,
) -> Result<String, BackupError> {
    dialect::begin_snapshot(conn).await?;
    let schema = dialect::schema_of(conn)
        .await?
        .ok_or_else(|| no_database(url))?;
    let known = dialect::newest_schema();
    if schema > known {
        return Err(BackupError::NewerDatabase { schema, known });
    }
    let has_moved = !dialect::has_table(conn, MOVED_TABLE).await?;
    if schema < OLDEST_SCHEMA || !has_moved {
        return Err(BackupError::OldTables { schema });
    }
    let (epoch,) = db::sql::epoch(conn)
        .await?
        .ok_or_else(|| no_database(url))?;
    let head = Head::new(schema, database, clock.now().0, epoch);
    let failed = |source| BackupError::Write {
        file: path.to_owned(),
        source,
    };
    let file = create(path).map_err(failed)?;
    let mut writing = Writing::begin(file, &head).map_err(failed)?;
    for table in schema::tables(schema).await? {
        if may_be_missing(&table.name) {
            continue;
        }
        writing.table(&table).map_err(failed)?;
        sql::read_rows(conn, &table, |row| {
            writing.row(&table, &row).map_err(failed)
        })
        .await?;
    }
    writing.end().map_err(failed)
}

/// A new file that nobody else may read.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Reads a copy from its first byte to its last and says what it holds.
///
/// # Errors
/// When it is not whole, not as it was written, or newer than this program.
pub async fn read_through(file: &Path) -> Result<Contents, BackupError> {
    let (mut reading, tables) = begin_reading(file).await?;
    let mut steps = 0_u64;
    while reading.step(&tables)?.is_some() {
        steps += 1;
        // Whoever wants it stopped is heard.
        if steps.is_multiple_of(STEPS_AT_ONCE) {
            tokio::task::yield_now().await;
        }
    }
    reading.contents()
}

async fn begin_reading(file: &Path) -> Result<(Reading, Vec<Table>), BackupError> {
    let reading = Reading::begin(file)?;
    let (schema, known) = (reading.head().schema, dialect::newest_schema());
    if schema > known {
        return Err(BackupError::NewerTables {
            file: file.to_owned(),
            schema,
            known,
        });
    }
    Ok((reading, schema::tables(schema).await?))
}

/// Makes a database at `url` of a copy: a file that is not there yet, or the empty schema of a server.
/// Checks the copy, brings its tables up to date, renews the epoch, ends links that were not used, audits
/// the books, and only then lets anybody see it.
///
/// # Errors
/// See [`BackupError`]; nothing was changed.
pub async fn restore(
    file: &Path,
    url: &str,
    options: RestoreOptions,
    clock: &dyn Clock,
) -> Result<Restored, BackupError> {
    let contents = read_through(file).await?;
    let Some(path) = dialect::file_of(url) else {
        let db = dialect::open_to_fill(url).await?;
        let mut conn = db.write().await?;
        let filled = fill_server(&mut conn, file, &contents, options, clock).await;
        // Ends a transaction that is still open.
        conn.give_up();
        db.close().await;
        return filled;
    };
    let path = Path::new(path);
    // A log without its database would be taken for that of the new one.
    for suffix in BESIDE {
        let there = beside(path, suffix);
        if there.exists() {
            return Err(BackupError::Occupied {
                what: there.display().to_string(),
            });
        }
    }
    let unfinished = Unfinished::of(path);
    let url = format!("sqlite:{}", unfinished.path.display());
    let db = dialect::open_to_fill(&url).await?;
    let mut conn = db.write().await?;
    let filled = fill(&mut conn, file, &contents, options, clock).await;
    conn.give_up();
    db.close().await;
    let restored = filled?;
    File::open(&unfinished.path)
        .and_then(|file| file.sync_all())
        .map_err(|source| BackupError::Write {
            file: path.to_owned(),
            source,
        })?;
    unfinished
        .put_at(path, false)
        .map_err(|error| match error {
            BackupError::Exists { file } => BackupError::Occupied {
                what: file.display().to_string(),
            },
            error => error,
        })?;
    Ok(restored)
}

async fn fill_server(
    conn: &mut Conn,
    file: &Path,
    contents: &Contents,
    options: RestoreOptions,
    clock: &dyn Clock,
) -> Result<Restored, BackupError> {
    let ours = schema::tables(dialect::newest_schema()).await?;
    let names = ours.iter().map(|table| table.name.as_str());
    for name in names.chain([dialect::MIGRATIONS_TABLE]) {
        if dialect::has_table(conn, name).await? {
            return Err(BackupError::Occupied {
                what: format!("a database with a table {name}"),
            });
        }
    }
    fill(conn, file, contents, options, clock).await
}

/// Everything in one transaction.
async fn fill(
    conn: &mut Conn,
    file: &Path,
    contents: &Contents,
    options: RestoreOptions,
    clock: &dyn Clock,
) -> Result<Restored, BackupError> {
    dialect::begin_filling(conn).await?;
    dialect::migrate_within(conn, Some(contents.schema)).await?;
    let (mut reading, tables) = begin_reading(file).await?;
    let mut filling: Option<Filling<'_>> = None;
    while let Some(step) = reading.step(&tables)? {
        match step {
            Step::Table(place) => {
                if let Some(filled) = filling.take() {
                    filled.end(conn).await?;
                }
                filling = match tables.get(place) {
                    Some(table) => Some(Filling::begin(conn, table).await?),
                    None => None,
                };
            }
            Step::Row(row) => {
                if let Some(filling) = &mut filling {
                    filling.add(conn, row).await?;
                }
            }
        }
    }
    if let Some(filled) = filling {
        filled.end(conn).await?;
    }
    // Somebody may have put another file in its place meanwhile.
    if reading.contents()? != *contents {
        return Err(BackupError::Touched {
            file: file.to_owned(),
            line: 0,
            what: "its checksum",
        });
    }
    dialect::migrate_within(conn, None).await?;
    begin_anew(conn, contents, clock.now()).await?;
    let differences = recount(conn, &Casablanca::default()).await?;
    if !differences.is_empty() && !options.accept_unsound {
        return Err(BackupError::Unsound(Box::new(differences)));
    }
    db::sql::commit(conn).await?;
    Ok(Restored {
        contents: contents.clone(),
        schema: dialect::newest_schema(),
        differences,
    })
}

/// The database is not the one that phones knew, and says so.
async fn begin_anew(
    conn: &mut Conn,
    contents: &Contents,
    now: Timestamp,
) -> Result<(), BackupError> {
    db::sql::begin_epoch(conn, &crate::random_epoch(), now.0).await?;
    sql::end_links(conn, now.0).await?;
    let id = crate::audit::sql::last_id(conn).await? + 1;
    let row = AuditRow {
        id,
        at: now.0,
        actor_id: None,
        device_id: None,
        action: "restored".to_owned(),
        subject: contents.epoch.clone(),
        detail: in_utc(contents.taken_at),
    };
    crate::audit::sql::add(conn, &[row]).await?;
    Ok(())
}

/// As `2026-11-29T05:00:12Z`.
pub fn in_utc(moment: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(moment.0 - moment.0.rem_euclid(1_000))
        .map(|moment| moment.to_string())
        .unwrap_or_default()
}

/// A table on its way into a database.
struct Filling<'a> {
    table: &'a Table,
    stored: Vec<sql::Stored>,
    rows: Vec<Vec<Value>>,
    rows_max: usize,
    bytes: usize,
}

impl<'a> Filling<'a> {
    async fn begin(conn: &mut Conn, table: &'a Table) -> Result<Self, BackupError> {
        Ok(Self {
            table,
            stored: sql::stored_as(conn, table).await?,
            rows: Vec::new(),
            rows_max: (VALUES_AT_ONCE / table.columns.len().max(1)).max(1),
            bytes: 0,
        })
    }

    async fn add(&mut self, conn: &mut Conn, row: Vec<Value>) -> Result<(), BackupError> {
        self.bytes += row.iter().map(Value::size).sum::<usize>();
        self.rows.push(row);
        if self.rows.len() >= self.rows_max || self.bytes >= BYTES_AT_ONCE {
            self.write(conn).await?;
        }
        Ok(())
    }

    async fn write(&mut self, conn: &mut Conn) -> Result<(), BackupError> {
        let is_usual = self.rows.len() == self.rows_max;
        sql::write_rows(conn, self.table, &self.stored, &self.rows, is_usual).await?;
        self.rows.clear();
        self.bytes = 0;
        Ok(())
    }

    async fn end(mut self, conn: &mut Conn) -> Result<(), BackupError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        self.write(conn).await
    }
}
