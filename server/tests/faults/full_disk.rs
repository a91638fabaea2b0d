//! Fault 16: the disk is full, or gives errors. Who cannot be served is told so and when to come again, what
//! was acknowledged is there, reading goes on, and when the disk is well the server is, without a restart.
//!
//! Every operation of the program on the database's files (write, cut, sync) gets its turn to fail: alone, as
//! a bad sector does, or with all that follow until there is room again.

use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::json;

use crate::company::{self, Company};
use crate::contents::{Contents, check_pages};
use crate::disk::{BROKEN, Disk, NO_SPACE, Orders, What};
use crate::phone::{Heard, Pair, Phone};
use crate::program::{self, Program, Setting};
use crate::{Folder, is_long, runtime, seed};

const ERRORS: [u64; 2] = [NO_SPACE, BROKEN];
/// So many operations are picked to fail of those of an exchange; all of them when nobody waits.
const PICKED: usize = 6;
/// Operations of moving the log that fail, from the first.
const TURNS: u64 = 4;
const TURNS_LONG: u64 = 150;
/// A session's use is noted this often, so a page asked for later writes as well.
const LATER_MS: i64 = 11 * 60_000;

/// A server on a disk that does as it is told, and one agent with the cooperatives' phone.
struct Patient {
    database: String,
    setting: Setting,
    disk: Disk,
    company: Company,
    program: Program,
    pair: Pair,
    manager: Phone,
    /// Operations of an exchange.
    usual: u64,
    random: Rng,
    // Removed last.
    _folder: Folder,
}

impl Patient {
    fn new() -> Self {
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
            random: Rng::with_seed(seed()),
            usual: 0,
            database,
            setting,
            disk,
            company,
            program,
            _folder: folder,
        };
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
    fn turns(&mut self) -> BTreeSet<u64> {
        if is_long() {
            return (1..=self.usual).collect();
        }
        let picked = (0..PICKED).map(|_| self.random.u64(1..=self.usual));
        picked.collect()
    }

    fn order(&self, error: u64, first: u64, count: u64) -> u64 {
        self.disk.order(Orders {
            error,
            first,
            count,
            only_main: false,
        })
    }

    fn sync(&mut self) -> Heard {
        if !self.pair.has_waiting() {
            self.pair.work(&self.company, 2);
        }
        self.pair.sync(self.program.address)
    }

    /// What the office reads is there, whoever writes or cannot.
    fn assert_reads(&mut self) {
        for page in ["/office/orders", "/office/agents", "/readyz"] {
            let answer = self.manager.ask(self.program.address, "GET", page, b"");
            assert_eq!(answer.expect("an answer").status, 200, "{page}");
        }
    }

    fn later(&mut self) {
        let body = json!({ "advance_ms": LATER_MS }).to_string();
        let to = self.program.address;
        let answer = self.manager.ask(to, "POST", "/test/clock", body.as_bytes());
        assert_eq!(answer.expect("an answer").status, 200);
    }

    /// The same process has all that was acknowledged, and so has the next one after a kill.
    fn assert_whole(mut self) {
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

#[test]
fn fault_16_an_operation_that_fails_alone_is_no_reason_to_lose_or_restart() {
    let mut patient = Patient::new();
    for error in ERRORS {
        for turn in patient.turns() {
            let first = patient.order(error, turn, 1);
            while patient.disk.operations() < first || patient.pair.has_waiting() {
                assert_ne!(patient.sync(), Heard::Nothing);
            }
            patient.assert_reads();
        }
    }
    patient.assert_whole();
}

#[test]
fn fault_16_while_nothing_can_be_written_all_is_read_and_with_room_again_all_goes_on() {
    let mut patient = Patient::new();
    for error in ERRORS {
        for turn in patient.turns() {
            patient.later();
            patient.order(error, turn, u64::MAX);
            while patient.sync() == Heard::Decided {}
            patient.assert_reads();
            assert_eq!(patient.sync(), Heard::Busy);
            patient.disk.is_well();
            patient.pair.drain(patient.program.address);
        }
    }
    patient.assert_whole();
}

#[test]
fn fault_16_a_log_that_cannot_be_moved_to_its_file_is_moved_later() {
    let mut patient = Patient::new();
    let turns = if is_long() { TURNS_LONG } else { TURNS };
    for turn in 1..=turns {
        let first = patient.disk.order(Orders {
            error: ERRORS[turn as usize % ERRORS.len()],
            first: turn,
            count: 1,
            only_main: true,
        });
        // Once the log is long enough each commit tries to move it: the first turn takes longest.
        while patient.disk.operations() < first || patient.pair.has_waiting() {
            assert_eq!(patient.sync(), Heard::Decided);
        }
    }
    let journal = patient.disk.journal();
    let failed = journal
        .records
        .iter()
        .filter(|record| record.what == What::Failed);
    let failed: Vec<&str> = failed.map(|record| record.name.as_str()).collect();
    assert_eq!(failed, vec!["office.sqlite"; turns as usize]);
    patient.assert_whole();
}
