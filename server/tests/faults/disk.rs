//! The preloaded disk from outside: where its library lies, how it is told to fail, what it has written
//! down. `taswiq-disk` says what the bytes mean.

use std::ffi::OsString;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The numbers of the system for "no space left" and "input/output error".
pub const NO_SPACE: u64 = 28;
pub const BROKEN: u64 = 5;
/// No number of the system: the program dies of it, at that very operation.
pub const KILL: u64 = 1_000;
/// Nor this: the operation hangs until there are other orders, and is done then.
pub const HANG: u64 = 1_001;

/// A folder whose files are on a disk that can be told what to do.
pub struct Disk {
    folder: PathBuf,
    journal: PathBuf,
    orders: File,
    orders_path: PathBuf,
}

/// Which operations fail.
#[derive(Clone, Copy, Debug)]
pub struct Orders {
    pub error: u64,
    /// Counted from now: 1 is the next.
    pub first: u64,
    pub count: u64,
    /// Whether only operations on the database's own file are counted, and not those on its log.
    pub only_main: bool,
}

impl Disk {
    /// Under the files of `folder`. What is noted lies in `beside`.
    pub fn new(folder: &Path, beside: &Path) -> Self {
        let orders_path = beside.join("orders");
        let orders = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&orders_path)
            .expect("a file of orders");
        orders.write_all_at(&[0; 40], 0).expect("no orders");
        Self {
            folder: folder.to_owned(),
            journal: beside.join("journal"),
            orders,
            orders_path,
        }
    }

    /// What the program is started with.
    pub fn variables(&self, is_journalled: bool) -> Vec<(&'static str, OsString)> {
        let mut variables = vec![
            ("LD_PRELOAD", library().into()),
            ("TASWIQ_DISK_FOLDER", self.folder.clone().into()),
            ("TASWIQ_DISK_ORDERS", self.orders_path.clone().into()),
        ];
        if is_journalled {
            variables.push(("TASWIQ_DISK_JOURNAL", self.journal.clone().into()));
        }
        variables
    }

    /// How far the journal is now. What came before an answer lies before what is told after it.
    pub fn journalled_bytes(&self) -> u64 {
        std::fs::metadata(&self.journal).map_or(0, |journal| journal.len())
    }

    pub fn journal(&self) -> Journal {
        Journal::read(std::fs::read(&self.journal).expect("a journal"))
    }

    fn number(&self, at: u64) -> u64 {
        let mut bytes = [0; 8];
        self.orders.read_exact_at(&mut bytes, at * 8).expect("read");
        u64::from_le_bytes(bytes)
    }

    fn set(&self, at: u64, number: u64) {
        let bytes = number.to_le_bytes();
        self.orders.write_all_at(&bytes, at * 8).expect("written");
    }

    /// How many operations there were.
    pub fn operations(&self) -> u64 {
        self.number(4)
    }

    /// Fails as ordered from now on; gives the number of the first operation that will.
    pub fn order(&self, orders: Orders) -> u64 {
        self.is_well();
        let first = self.operations() + orders.first;
        self.set(1, first);
        self.set(2, orders.count);
        self.set(3, u64::from(orders.only_main));
        self.set(0, orders.error);
        first
    }

    /// Fails no more.
    pub fn is_well(&self) {
        self.set(0, 0);
        self.set(3, 0);
    }
}

/// Cargo makes it beside the tests that name it among their dependencies.
fn library() -> PathBuf {
    let tests = std::env::current_exe().expect("this test");
    let library = tests.with_file_name("libtaswiq_disk.so");
    assert!(library.is_file(), "there is no {}", library.display());
    library
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Made,
    Written,
    Cut,
    Synced,
    Removed,
    Renamed,
    Failed,
}

/// Something that was done to a file.
#[derive(Debug)]
pub struct Record {
    pub what: What,
    /// Empty for the folder itself.
    pub name: String,
    pub at: u64,
    /// Where its bytes stand in the journal.
    pub bytes: Range<usize>,
    /// Where the journal went on after it.
    pub end: u64,
}

pub struct Journal {
    text: Vec<u8>,
    pub records: Vec<Record>,
}

impl Journal {
    fn read(text: Vec<u8>) -> Self {
        let mut records = Vec::new();
        let mut at = 0;
        // The last one may be cut off when the program was killed.
        while let Some((record, end)) = record(&text, at) {
            records.push(record);
            at = end;
        }
        Self { text, records }
    }

    pub fn text(&self, bytes: Range<usize>) -> &[u8] {
        &self.text[bytes]
    }
}

fn record(text: &[u8], at: usize) -> Option<(Record, usize)> {
    let what = match text.get(at)? {
        1 => What::Made,
        2 => What::Written,
        3 => What::Cut,
        4 => What::Synced,
        5 => What::Removed,
        6 => What::Renamed,
        7 => What::Failed,
        other => panic!("the journal says {other}"),
    };
    let name_length = usize::from(*text.get(at + 1)?);
    let numbers = at + 2 + name_length;
    let name = String::from_utf8(text.get(at + 2..numbers)?.to_vec()).expect("a name");
    let where_at = u64::from_le_bytes(text.get(numbers..numbers + 8)?.try_into().ok()?);
    let length = u32::from_le_bytes(text.get(numbers + 8..numbers + 12)?.try_into().ok()?);
    let bytes = numbers + 12..numbers + 12 + length as usize;
    text.get(bytes.clone())?;
    let end = bytes.end;
    let record = Record {
        what,
        name,
        at: where_at,
        bytes,
        end: end as u64,
    };
    Some((record, end))
}
