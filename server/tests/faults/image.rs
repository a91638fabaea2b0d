//! A disk as it may be found after the power went.
//!
//! A file is what was synced of it and what was written to it since. Of the latter each sector comes through
//! as it was at any moment since the sync, for the system writes when and in what order it likes; one in a
//! few is torn, its beginning new and its end old. Names are like that too, until their folder is synced.
//! What a file grew by and what did not come through is zeros.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use fastrand::Rng;

use crate::disk::{Journal, Record, What};

/// Which syncs count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syncs {
    /// All that were asked for.
    All,
    /// Not those by which a commit makes sure of its log: what `synchronous = NORMAL` leaves out. What
    /// comes before and after the log is moved to the file counts, and that of a log's new beginning.
    NotOfCommits,
}

#[derive(Clone, Default)]
struct File {
    synced: Vec<u8>,
    /// Written or cut since, in order.
    since: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    /// Bytes of the journal, and where they went.
    Written {
        at: usize,
        bytes: Range<usize>,
    },
    Cut {
        length: usize,
    },
}

/// How much of what was not synced comes through.
#[derive(Clone, Copy)]
enum Luck {
    None,
    All,
    /// Of a hundred sectors so many as they were last; others as they were before, or never.
    Some(u8),
}

pub struct Platter<'a> {
    journal: &'a Journal,
    syncs: Syncs,
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    names_synced: BTreeMap<String, usize>,
    /// The next record to come.
    next: usize,
}

const LOG_HEADER_BYTES: usize = 32;

impl<'a> Platter<'a> {
    /// Before anything of the journal was done there were these files.
    pub fn new(journal: &'a Journal, syncs: Syncs, before: &[(&str, Vec<u8>)]) -> Self {
        let (mut names, mut files) = (BTreeMap::new(), Vec::new());
        for (name, content) in before {
            names.insert((*name).to_owned(), files.len());
            files.push(File {
                synced: content.clone(),
                since: Vec::new(),
            });
        }
        Self {
            journal,
            syncs,
            files,
            names_synced: names.clone(),
            names,
            next: 0,
        }
    }

    /// Does what was done up to that record, without it.
    pub fn go_on_to(&mut self, end: usize) {
        while self.next < end {
            let number = self.next;
            self.next += 1;
            let record = &self.journal.records[number];
            // Made anew after a crash.
            if !record.name.ends_with("-shm") {
                self.carry_out(number, record);
            }
        }
    }

    fn file(&mut self, name: &str) -> &mut File {
        let number = self.names[name];
        &mut self.files[number]
    }

    fn carry_out(&mut self, number: usize, record: &Record) {
        let name = record.name.as_str();
        match record.what {
            What::Made => {
                self.names.insert(name.to_owned(), self.files.len());
                self.files.push(File::default());
            }
            What::Written => {
                let (at, bytes) = (record.at as usize, record.bytes.clone());
                self.file(name).since.push(Change::Written { at, bytes });
            }
            What::Cut => {
                let length = record.at as usize;
                self.file(name).since.push(Change::Cut { length });
            }
            What::Synced if name.is_empty() => self.names_synced = self.names.clone(),
            What::Synced if !self.counts(number) => {}
            What::Synced => {
                let journal = self.journal;
                let file = self.file(name);
                for change in std::mem::take(&mut file.since) {
                    change.apply(&mut file.synced, journal);
                }
            }
            What::Removed => {
                self.names.remove(name);
            }
            What::Renamed => {
                let to =
                    String::from_utf8_lossy(self.journal.text(record.bytes.clone())).into_owned();
                if let Some(file) = self.names.remove(name) {
                    self.names.insert(to, file);
                }
            }
            What::Failed => {}
        }
    }

    /// Whether that sync of a file is one of those that count.
    fn counts(&self, number: usize) -> bool {
        let record = &self.journal.records[number];
        if self.syncs == Syncs::All || !record.name.ends_with("-wal") {
            return true;
        }
        let is_of_this = |other: &&Record| !other.name.is_empty() && !other.name.ends_with("-shm");
        let (before, after) = self.journal.records.split_at(number);
        let begins = before.iter().rev().find(is_of_this).is_some_and(|last| {
            let is_header = last.at == 0 && last.bytes.len() == LOG_HEADER_BYTES;
            last.what == What::Written && last.name == record.name && is_header
        });
        let is_moved = after
            .iter()
            .filter(is_of_this)
            .find(|next| next.what != What::Synced)
            .is_some_and(|next| next.name != record.name);
        begins || is_moved
    }

    /// Puts a disk together as it may be found now.
    pub fn put(&self, folder: &Path, random: &mut Rng) {
        let luck = match random.u8(0..6) {
            0 => Luck::None,
            1 => Luck::All,
            2 => Luck::Some(10),
            3 => Luck::Some(50),
            4 => Luck::Some(90),
            _ => Luck::Some(99),
        };
        let sector = if random.bool() { 512 } else { 4_096 };
        let names: BTreeSet<&String> = self.names.keys().chain(self.names_synced.keys()).collect();
        for name in names {
            let (now, synced) = (self.names.get(name), self.names_synced.get(name));
            let found = if now == synced || random.bool() {
                now
            } else {
                synced
            };
            let Some(number) = found else { continue };
            let content = self.files[*number].found(self.journal, luck, sector, random);
            std::fs::write(folder.join(name), content).expect("written");
        }
    }
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>, journal: &Journal) {
        match self {
            Self::Written { at, bytes } => put(to, *at, journal.text(bytes.clone())),
            Self::Cut { length } => to.resize(*length, 0),
        }
    }
}

fn put(to: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if to.len() < at + bytes.len() {
        to.resize(at + bytes.len(), 0);
    }
    to[at..at + bytes.len()].copy_from_slice(bytes);
}

impl File {
    fn found(&self, journal: &Journal, luck: Luck, sector: usize, random: &mut Rng) -> Vec<u8> {
        let mut content = self.synced.clone();
        let mut length = content.len();
        // What was written to each sector, in order, between two cuts.
        let mut sectors: BTreeMap<usize, Vec<(usize, &[u8])>> = BTreeMap::new();
        for change in &self.since {
            match change {
                Change::Written { at, bytes } => {
                    length = length.max(at + bytes.len());
                    let (mut at, mut bytes) = (*at, journal.text(bytes.clone()));
                    while !bytes.is_empty() {
                        let (here, rest) = bytes.split_at(bytes.len().min(sector - at % sector));
                        sectors.entry(at / sector).or_default().push((at, here));
                        at += here.len();
                        bytes = rest;
                    }
                }
                Change::Cut { length: to } => {
                    come_through(&mut content, &mut sectors, luck, random);
                    let is_cut = match luck {
                        Luck::None => false,
                        Luck::All => true,
                        Luck::Some(_) => random.bool(),
                    };
                    if is_cut {
                        content.resize(*to, 0);
                    }
                    length = *to;
                }
            }
        }
        come_through(&mut content, &mut sectors, luck, random);
        // The length is noted elsewhere than the content.
        if content.len() < length && random.bool() {
            content.resize(length, 0);
        }
        content
    }
}

fn come_through(
    content: &mut Vec<u8>,
    sectors: &mut BTreeMap<usize, Vec<(usize, &[u8])>>,
    luck: Luck,
    random: &mut Rng,
) {
    for (_, writes) in std::mem::take(sectors) {
        let came = match luck {
            Luck::None => 0,
            Luck::All => writes.len(),
            Luck::Some(percent) if random.u8(0..100) < percent => writes.len(),
            Luck::Some(_) => random.usize(0..writes.len()),
        };
        for (at, bytes) in &writes[..came] {
            put(content, *at, bytes);
        }
        let is_torn = matches!(luck, Luck::Some(_)) && random.u8(0..4) == 0;
        if let Some((at, bytes)) = writes.get(came).filter(|_| is_torn) {
            put(content, *at, &bytes[..random.usize(0..bytes.len())]);
        }
    }
}
