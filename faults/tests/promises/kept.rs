//! Promises that every schedule keeps.

use std::hash::{BuildHasher, Hasher, RandomState};
use taswiq_faults::schedule::Schedule;
use taswiq_faults::tally::{FAULTS, Tally};
use taswiq_faults::{Outcome, Template, run};

/// Schedules that are the same every day.
const FIXED: u64 = 150;
/// Schedules that nobody has seen before.
const FRESH: u64 = 60;

fn kept(template: &Template, seed: u64) -> Outcome {
    let outcome = run(template, &Schedule::of(seed), None);
    if let Some(violation) = &outcome.violation {
        panic!(
            "seed {seed}: {}: {}\n  {}\n`cargo run -p taswiq-faults -- replay {seed}` tells it shorter",
            violation.promise,
            violation.detail,
            outcome.trace.join("\n  ")
        );
    }
    outcome
}

#[test]
fn one_seed_is_one_run_to_the_last_answer() {
    let template = Template::new().expect("a company");
    let mut tally = Tally::default();
    let mut digests = |seeds: &[u64]| -> Vec<String> {
        let mut digests = Vec::new();
        for seed in seeds {
            let outcome = run(&template, &Schedule::of(*seed), None);
            tally.join(&outcome.tally);
            digests.push(outcome.digest);
        }
        digests
    };
    let seeds: Vec<u64> = (0..40).collect();
    let backwards: Vec<u64> = (0..40).rev().collect();
    let first = digests(&seeds);
    let mut again = digests(&backwards);
    again.reverse();
    assert_eq!(first, again);
    // Deaths of a server within a transaction are among them, each at its place.
    let died = tally
        .all()
        .find(|(what, _)| what.starts_with("the server died after statement"));
    assert!(died.is_some(), "{tally}");
    // Nor does it depend on the company of this run, with other tokens and another epoch.
    let template = Template::new().expect("another company");
    let others = run(&template, &Schedule::of(7), None);
    assert_eq!(others.digest, first[7]);
}

#[test]
fn nothing_is_lost_doubled_or_told_to_others_in_schedules_known_and_fresh() {
    let template = Template::new().expect("a company");
    let first_fresh = RandomState::new().build_hasher().finish() >> 1;
    eprintln!("fresh seeds from {first_fresh}");
    let mut tally = Tally::default();
    for seed in (0..FIXED).chain(first_fresh..first_fresh + FRESH) {
        tally.join(&kept(&template, seed).tally);
    }
    eprintln!("{tally}");
    // The rarest may not come in so few; the long run misses none.
    let missing = tally.missing();
    assert!(missing.len() * 4 < FAULTS.len(), "never met: {missing:?}");
}
