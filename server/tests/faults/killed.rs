//! Fault 14: `kill -9` in the middle of load. No acknowledged command is lost, none is done twice.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use fastrand::Rng;
use uuid::Uuid;

use crate::company::{self, Company};
use crate::contents::{Contents, check_pages};
use crate::phone::{Heard, Pair, Phone};
use crate::postgres::OnPostgres;
use crate::program::{self, Program, Setting};
use crate::{Folder, is_long, runtime, seed};

const KILLS: usize = 8;
const KILLS_LONG: usize = 1_000;
/// The kill comes when so many exchanges at most were answered.
const ANSWERS_MAX: usize = 12;
/// And so much later at most: an exchange takes about as long.
const LATER_US_MAX: u64 = 30_000;

/// Works until no answer comes.
fn work_until_gone(pair: &mut Pair, company: &Company, to: SocketAddr, answered: &dyn Fn()) {
    loop {
        pair.work(company, 2);
        for phone in [&mut pair.agent, &mut pair.cooperative] {
            match phone.sync(to) {
                Heard::Decided => answered(),
                Heard::Busy => {}
                Heard::Nothing => return,
            }
        }
    }
}

/// Loads the program and kills it. What nobody has heard of still waits on the phones.
fn load_and_kill(phones: &mut [Pair], company: &Company, program: Program, random: &mut Rng) {
    let answers = random.usize(1..=ANSWERS_MAX);
    let later = Duration::from_micros(random.u64(0..LATER_US_MAX));
    let (tell, told) = mpsc::channel();
    let to = program.address;
    std::thread::scope(|scope| {
        for pair in phones {
            let tell = tell.clone();
            // Nobody listens any more when enough were answered.
            let answered = move || {
                let _ = tell.send(());
            };
            scope.spawn(move || work_until_gone(pair, company, to, &answered));
        }
        drop(tell);
        for _ in 0..answers {
            told.recv().expect("the phones work until the kill");
        }
        // Anywhere in what the others are at.
        let (_never, nothing) = mpsc::channel::<()>();
        let _ = nothing.recv_timeout(later);
        program.kill();
    });
}

fn keep(database: &str, company: &Company, folder: &Folder) {
    let mut random = Rng::with_seed(seed());
    let setting = Setting::new(database, folder.path());
    let mut phones = Pair::all(company);
    let kills = if is_long() { KILLS_LONG } else { KILLS };
    let runtime = runtime();
    let contents = || {
        let read = runtime.block_on(Contents::read(database));
        let contents = read.expect("readable");
        assert_eq!(contents.check_once(), Ok(()));
        contents
    };
    for _ in 0..kills {
        let program = Program::start(&setting);
        assert!(contents().missing(&acknowledged(&phones)).is_empty());
        load_and_kill(&mut phones, company, program, &mut random);
    }
    let saved = check_all_is_done_once(&mut phones, Program::start(&setting), database);
    eprintln!("{kills} kills, {saved} commands");
}

/// Lets the phones hand over what they still have and ends the program; then each command was heard of once and
/// nothing but what was saved is there. How many these are.
pub fn check_all_is_done_once(phones: &mut [Pair], program: Program, database: &str) -> u64 {
    for pair in &mut *phones {
        pair.drain(program.address);
    }
    let acknowledged = acknowledged(phones);
    let all: HashSet<&Uuid> = acknowledged.iter().collect();
    let saved: u64 = phones.iter().flat_map(Pair::phones).map(Phone::saved).sum();
    assert_eq!(
        (acknowledged.len() as u64, all.len() as u64),
        (saved, saved)
    );
    let runtime = runtime();
    let contents = runtime
        .block_on(Contents::read(database))
        .expect("readable");
    assert_eq!(contents.check_once(), Ok(()));
    assert!(contents.missing(&acknowledged).is_empty());
    assert_eq!(contents.decided() as u64, saved);
    program.stop();
    assert_eq!(runtime.block_on(check_pages(database)), Ok(()));
    assert_eq!(program::audit(database), Ok(()));
    saved
}

fn acknowledged(phones: &[Pair]) -> Vec<Uuid> {
    let phones = phones.iter().flat_map(Pair::phones);
    phones
        .flat_map(|phone| phone.acknowledged.clone())
        .collect()
}

#[test]
fn fault_14_kill_9_under_load_loses_and_doubles_nothing_on_sqlite() {
    let folder = Folder::new();
    let database = folder.path().join("office.sqlite").display().to_string();
    let company = runtime().block_on(company::found(&database));
    keep(&database, &company, &folder);
}

#[test]
fn fault_14_kill_9_under_load_loses_and_doubles_nothing_on_postgres() {
    let Some(postgres) = OnPostgres::new() else {
        return;
    };
    let folder = Folder::new();
    let company = runtime().block_on(company::found(&postgres.url()));
    keep(&postgres.url(), &company, &folder);
}
