//! The file: lines of JSON, compressed as gzip, readable with `gzip -dc` and any language.
//!
//! ```text
//! {"taswiq_backup":1,"schema":15,"database":"sqlite","taken_at":1793610000000,"epoch":"…","program":"0.1.0"}
//! {"table":"person","columns":[["id","integer"],["name","text"],["password_hash","text"]]}
//! [1,"{\"fr\":\"Fatima\"}",null]
//! {"table":"session","columns":[["token_hash","bytes"],…]}
//! ["0fa3…",…]
//! {"rows":{"person":1,"session":1},"sha256":"…"}
//! ```
//!
//! Every table stands once, after those that its rows refer to. Numbers are whole, yes and no are 1 and 0,
//! bytes are written in hexadecimal and an id is 16 of them, times are milliseconds since 1970 in UTC. The
//! last line counts the rows of each table and carries the SHA-256 of all lines before it, line ends
//! included. Fields may be added to the first line; anything else is another version.

use super::schema::{Column, Table};
use super::value::Value;
use super::{BackupError, Contents};
use crate::people::token::hex;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// The version that this program writes, and the newest that it reads.
const VERSION: u32 = 1;
/// A line is a row, and the longest one holds a photo.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Fast: a backup is to be over soon, and is half as large again as with the best.
const EFFORT: u32 = 3;
const BUFFER_BYTES: usize = 256 * 1024;

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Head {
    taswiq_backup: u32,
    pub schema: i64,
    pub database: String,
    pub taken_at: i64,
    pub epoch: String,
    pub program: String,
}

impl Head {
    pub fn new(schema: i64, database: &str, taken_at: i64, epoch: String) -> Self {
        Self {
            taswiq_backup: VERSION,
            schema,
            database: database.to_owned(),
            taken_at,
            epoch,
            program: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct TableLine {
    table: String,
    columns: Vec<Column>,
}

#[derive(Serialize, Deserialize)]
struct EndLine {
    rows: BTreeMap<String, u64>,
    sha256: String,
}

/// Writes a copy.
pub struct Writing {
    out: GzEncoder<BufWriter<File>>,
    digest: Sha256,
    line: Vec<u8>,
    rows: BTreeMap<String, u64>,
}

impl Writing {
    pub fn begin(file: File, head: &Head) -> io::Result<Self> {
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        let mut writing = Self {
            out: GzEncoder::new(file, flate2::Compression::new(EFFORT)),
            digest: Sha256::new(),
            line: Vec::new(),
            rows: BTreeMap::new(),
        };
        writing.write(head)?;
        Ok(writing)
    }

    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line)?;
        self.line.push(b'\n');
        self.digest.update(&self.line);
        self.out.write_all(&self.line)
    }

    pub fn table(&mut self, table: &Table) -> io::Result<()> {
        self.rows.insert(table.name.clone(), 0);
        self.write(&TableLine {
            table: table.name.clone(),
            columns: table.columns.clone(),
        })
    }

    pub fn row(&mut self, table: &Table, row: &[Value]) -> io::Result<()> {
        *self.rows.entry(table.name.clone()).or_default() += 1;
        self.write(&row)
    }

    /// Ends it and flushes it to the disk; gives its checksum.
    pub fn end(mut self) -> io::Result<String> {
        let sha256 = hex(&std::mem::take(&mut self.digest).finalize());
        let rows = std::mem::take(&mut self.rows);
        self.write(&EndLine {
            rows,
            sha256: sha256.clone(),
        })?;
        let file = self.out.finish()?.into_inner().map_err(io::Error::from)?;
        file.sync_all()?;
        Ok(sha256)
    }
}

/// What comes next in a copy.
pub enum Step {
    /// Rows of this table follow; by its place among the tables.
    Table(usize),
    Row(Vec<Value>),
}

/// Reads a copy, and believes nothing of it.
pub struct Reading {
    path: PathBuf,
    input: BufReader<GzDecoder<BufReader<File>>>,
    digest: Sha256,
    line: Vec<u8>,
    line_number: u64,
    head: Head,
    rows: BTreeMap<String, u64>,
    current: Option<usize>,
    sha256: Option<String>,
}

impl Reading {
    pub fn begin(path: &Path) -> Result<Self, BackupError> {
        let file = File::open(path).map_err(|source| BackupError::Read {
            file: path.to_owned(),
            source,
        })?;
        let file = BufReader::with_capacity(BUFFER_BYTES, file);
        let mut reading = Self {
            path: path.to_owned(),
            input: BufReader::with_capacity(BUFFER_BYTES, GzDecoder::new(file)),
            digest: Sha256::new(),
            line: Vec::new(),
            line_number: 0,
            head: Head::new(0, "", 0, String::new()),
            rows: BTreeMap::new(),
            current: None,
            sha256: None,
        };
        let is_there = reading.read_line()?;
        let Ok(head) = serde_json::from_slice::<serde_json::Value>(&reading.line) else {
            return Err(reading.foreign());
        };
        let version = head["taswiq_backup"].as_u64();
        if !is_there || version.is_none() {
            return Err(reading.foreign());
        }
        if version > Some(u64::from(VERSION)) {
            return Err(BackupError::Newer {
                file: path.to_owned(),
            });
        }
        reading.head = Head::deserialize(head).map_err(|_| reading.touched("its first line"))?;
        reading.digest.update(&reading.line);
        Ok(reading)
    }

    pub const fn head(&self) -> &Head {
        &self.head
    }

    fn foreign(&self) -> BackupError {
        BackupError::Foreign {
            file: self.path.clone(),
        }
    }

    fn torn(&self) -> BackupError {
        BackupError::Torn {
            file: self.path.clone(),
            line: self.line_number,
        }
    }

    fn touched(&self, what: &'static str) -> BackupError {
        BackupError::Touched {
            file: self.path.clone(),
            line: self.line_number,
            what,
        }
    }

    fn failed(&self, source: io::Error) -> BackupError {
        match source.kind() {
            ErrorKind::InvalidInput | ErrorKind::InvalidData if self.line_number == 0 => {
                self.foreign()
            }
            ErrorKind::InvalidInput | ErrorKind::InvalidData => {
                self.touched("what it is compressed to")
            }
            ErrorKind::UnexpectedEof => self.torn(),
            _ => BackupError::Read {
                file: self.path.clone(),
                source,
            },
        }
    }

    /// Whether there is another line.
    fn read_line(&mut self) -> Result<bool, BackupError> {
        self.line.clear();
        let read = (&mut self.input)
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut self.line);
        match read {
            Ok(0) => Ok(false),
            Ok(_) if self.line.last() == Some(&b'\n') => {
                self.line_number += 1;
                Ok(true)
            }
            Ok(_) => Err(self.torn()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// The next table or row; nothing once the file was found whole. `tables` are those of its version.
    pub fn step(&mut self, tables: &[Table]) -> Result<Option<Step>, BackupError> {
        if !self.read_line()? {
            return Err(self.torn());
        }
        if self.line.first() == Some(&b'[') {
            self.digest.update(&self.line);
            return self.read_row(tables).map(Some);
        }
        let written: serde_json::Value =
            serde_json::from_slice(&self.line).map_err(|_| self.touched("a line"))?;
        if written.get("sha256").is_some() {
            return self.read_end(written, tables).map(|()| None);
        }
        self.digest.update(&self.line);
        let line = TableLine::deserialize(written).map_err(|_| self.touched("a line"))?;
        let place = tables
            .iter()
            .position(|table| table.name == line.table && table.columns == line.columns)
            .ok_or_else(|| self.touched("a table that is none of ours"))?;
        if self.rows.insert(line.table, 0).is_some() {
            return Err(self.touched("a table that stands twice"));
        }
        self.current = Some(place);
        Ok(Some(Step::Table(place)))
    }

    fn read_row(&mut self, tables: &[Table]) -> Result<Step, BackupError> {
        let table = self
            .current
            .and_then(|place| tables.get(place))
            .ok_or_else(|| self.touched("a row of no table"))?;
        let written: Vec<serde_json::Value> =
            serde_json::from_slice(&self.line).map_err(|_| self.touched("a row"))?;
        if written.len() != table.columns.len() {
            return Err(self.touched("a row"));
        }
        let values = written.into_iter().zip(&table.columns);
        let row: Option<Vec<Value>> = values
            .map(|(written, column)| Value::read(written, column.1))
            .collect();
        if let Some(count) = self.rows.get_mut(&table.name) {
            *count += 1;
        }
        row.map(Step::Row).ok_or_else(|| self.touched("a row"))
    }

    fn read_end(
        &mut self,
        written: serde_json::Value,
        tables: &[Table],
    ) -> Result<(), BackupError> {
        let end = EndLine::deserialize(written).map_err(|_| self.touched("its last line"))?;
        let digest = hex(&std::mem::take(&mut self.digest).finalize());
        if end.sha256 != digest {
            return Err(self.touched("its checksum"));
        }
        if end.rows != self.rows {
            return Err(self.touched("the count of its rows"));
        }
        let missing = tables.iter().any(|table| {
            !super::may_be_missing(&table.name) && !self.rows.contains_key(&table.name)
        });
        if missing {
            return Err(self.touched("the list of its tables"));
        }
        // Reading on to the end also compares the checksum of the compression.
        if self.read_line()? {
            return Err(self.touched("what comes after its end"));
        }
        match self.input.get_mut().get_mut().fill_buf() {
            Ok([]) => {}
            Ok(_) => return Err(self.touched("what comes after its end")),
            Err(error) => return Err(self.failed(error)),
        }
        self.sha256 = Some(digest);
        Ok(())
    }

    /// What it holds, once all of it was read.
    pub fn contents(self) -> Result<Contents, BackupError> {
        let Some(sha256) = self.sha256.clone() else {
            return Err(self.torn());
        };
        let bytes = std::fs::metadata(&self.path).map_err(|source| BackupError::Read {
            file: self.path.clone(),
            source,
        })?;
        Ok(Contents {
            schema: self.head.schema,
            database: self.head.database,
            taken_at: taswiq_domain::time::Timestamp(self.head.taken_at),
            epoch: self.head.epoch,
            program: self.head.program,
            rows: self.rows,
            sha256,
            bytes: bytes.len(),
        })
    }
}
