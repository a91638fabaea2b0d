//! PostgreSQL goes away in the middle of load and comes back. Whoever asks meanwhile is told to come again, and
//! the same server goes on with nothing lost and nothing doubled.

use std::sync::mpsc;

use fastrand::Rng;

use crate::company::{self, Company};
use crate::contents::Contents;
use crate::phone::{Heard, Pair, Phone};
use crate::postgres::{OnPostgres, Way};
use crate::program::{self, Program, Setting};
use crate::{Folder, is_long, runtime, seed};

const CUTS: usize = 2;
const CUTS_LONG: usize = 50;
/// The cut comes when so many exchanges at most were answered.
const ANSWERS_MAX: usize = 12;

/// Works until it is told to come again.
fn work_until_refused(pair: &mut Pair, company: &Company, program: &Program, answered: &dyn Fn()) {
    loop {
        pair.work(company, 2);
        for phone in [&mut pair.agent, &mut pair.cooperative] {
            match phone.sync(program.address) {
                Heard::Decided => answered(),
                Heard::Busy => return,
                Heard::Nothing => panic!("the server is gone too"),
            }
        }
    }
}

#[test]
fn fault_17_a_postgres_that_goes_away_and_comes_back_costs_no_restart_and_no_command() {
    let Some(postgres) = OnPostgres::new() else {
        return;
    };
    let folder = Folder::new();
    let mut random = Rng::with_seed(seed());
    let company = runtime().block_on(company::found(&postgres.url()));
    let way = Way::to(postgres.server());
    let setting = Setting::new(&postgres.url_by(way.address), folder.path());
    let mut phones = Pair::all(&company);
    let program = Program::start(&setting);
    for _ in 0..if is_long() { CUTS_LONG } else { CUTS } {
        let answers = random.usize(1..=ANSWERS_MAX);
        let (tell, told) = mpsc::channel();
        std::thread::scope(|scope| {
            for pair in &mut phones {
                let (tell, company, program) = (tell.clone(), &company, &program);
                let answered = move || {
                    let _ = tell.send(());
                };
                scope.spawn(move || work_until_refused(pair, company, program, &answered));
            }
            drop(tell);
            for _ in 0..answers {
                told.recv().expect("the phones work until the cut");
            }
            way.cut();
        });
        way.mend();
        for pair in &mut phones {
            while pair.has_waiting() {
                assert_ne!(pair.sync(program.address), Heard::Nothing);
            }
        }
    }
    let contents = runtime().block_on(Contents::read(&postgres.url()));
    let contents = contents.expect("readable");
    assert_eq!(contents.check_once(), Ok(()));
    let saved: u64 = phones.iter().flat_map(Pair::phones).map(Phone::saved).sum();
    assert_eq!(contents.decided() as u64, saved);
    for phone in phones.iter().flat_map(Pair::phones) {
        assert!(contents.missing(&phone.acknowledged).is_empty());
    }
    program.stop();
    assert_eq!(program::audit(&postgres.url()), Ok(()));
}
