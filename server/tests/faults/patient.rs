//! A server on a disk that does as it is told, one agent with the cooperatives' phone, and somebody who only
//! asks.

use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::json;

use crate::company::{self, Company};
use crate::contents::{Contents, check_pages};
use crate::disk::{Disk, Orders, What};
use crate::phone::{Heard, Pair, Phone};
use crate::program::{self, Program, Setting};
use crate::{Folder, is_long, runtime, seed};

/// So many operations are picked to fail of those of an exchange; all of them when nobody waits.
const PICKED: usize = 6;
/// A session's use is noted this often, so a page asked for later writes as well.
const LATER_MS: i64 = 11 * 60_000;

pub struct Patient {
    database: String,
    setting: Setting,
    pub disk: Disk,
    pub company: Company,
    pub program: Program,
    pub pair: Pair,
    pub manager: Phone,
    /// Another agent's, known here, with nothing to hand over.
    pub idle: Phone,
    /// Operations of an exchange.
    usual: u64,
    random: Rng,
    // Removed last.
    _folder: Folder,
}

impl Patient {
    pub fn new() -> Self {
        let folder = Folder::new();
        let files = folder.path().join("disk");
        std::fs::create_dir(&files).expect("made");
        let database = files.join("office.sqlite").display().to_string();
        let company = runtime().block_on(company::found(&database));
        let disk = Disk::new(&files, folder.path());
        let setting = Setting::new(&database, folder.path())
            .option("--test-clock")
            .with(disk.variables(true));
        let program = Program::start(&setting);
        let mut patient = Self {
            pair: Pair::all(&company).swap_remove(0),
            manager: Phone::new(&company.manager),
            idle: Phone::new(&company.agents[1]),
            random: Rng::with_seed(seed()),
            usual: 0,
            database,
            setting,
            disk,
            company,
            program,
            _folder: folder,
        };
        assert_eq!(patient.idle.sync(patient.program.address), Heard::Decided);
        // The second has something to confirm.
        for _ in 0..2 {
            let before = patient.disk.operations();
            patient.pair.work(&patient.company, 2);
            patient.pair.drain(patient.program.address);
            patient.usual = patient.disk.operations() - before;
        }
        patient
    }

    /// Operations of an exchange that are to fail, counted from its first.
    pub fn turns(&mut self) -> BTreeSet<u64> {
        if is_long() {
            return (1..=self.usual).collect();
        }
        let picked = (0..PICKED).map(|_| self.random.u64(1..=self.usual));
        picked.collect()
    }

    pub fn order(&self, error: u64, first: u64, count: u64) -> u64 {
        self.disk.order(Orders {
            error,
            first,
            count,
            only_main: false,
        })
    }

    pub fn sync(&mut self) -> Heard {
        if !self.pair.has_waiting() {
            self.pair.work(&self.company, 2);
        }
        self.pair.sync(self.program.address)
    }

    /// From each of some operations on every one ends with `error`: phones are sent away, all is read, who only asks
    /// is served, and when the disk is well again all goes on.
    pub fn bears(&mut self, error: u64) {
        for turn in self.turns() {
            self.later();
            self.order(error, turn, u64::MAX);
            while self.sync() == Heard::Decided {}
            assert_eq!(self.sync(), Heard::Busy);
            self.assert_reads();
            let only_asked = self.idle.sync(self.program.address);
            assert_eq!(only_asked, Heard::Decided, "who writes nothing is served");
            self.disk.is_well();
            self.pair.drain(self.program.address);
        }
    }

    /// What the office reads is there, whoever writes or cannot.
    pub fn assert_reads(&mut self) {
        for page in ["/office/orders", "/office/agents", "/readyz"] {
            let answer = self.manager.ask(self.program.address, "GET", page, b"");
            assert_eq!(answer.expect("an answer").status, 200, "{page}");
        }
    }

    pub fn later(&mut self) {
        let body = json!({ "advance_ms": LATER_MS }).to_string();
        let to = self.program.address;
        let answer = self.manager.ask(to, "POST", "/test/clock", body.as_bytes());
        assert_eq!(answer.expect("an answer").status, 200);
    }

    /// The same process has all that was acknowledged, and so has the next one after a kill.
    pub fn assert_whole(mut self) {
        self.disk.is_well();
        self.pair.drain(self.program.address);
        assert!(self.program.is_running());
        self.look();
        self.program.kill();
        self.program = Program::start(&self.setting);
        self.look();
        self.pair.work(&self.company, 2);
        self.pair.drain(self.program.address);
        let failed = self.disk.journal().records;
        let failed = failed.iter().filter(|record| record.what == What::Failed);
        eprintln!("{} operations failed", failed.count());
        let Self {
            program, database, ..
        } = self;
        program.stop();
        assert_eq!(runtime().block_on(check_pages(&database)), Ok(()));
        assert_eq!(program::audit(&database), Ok(()));
    }

    fn look(&self) {
        let contents = runtime().block_on(Contents::read(&self.database));
        let contents = contents.expect("readable");
        assert_eq!(contents.check_once(), Ok(()));
        let saved: u64 = self.pair.phones().map(Phone::saved).into_iter().sum();
        for phone in self.pair.phones() {
            assert!(contents.missing(&phone.acknowledged).is_empty());
        }
        assert_eq!(contents.decided() as u64, saved);
    }
}
