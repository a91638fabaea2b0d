//! `taswiq-faults`: runs schedules by their seeds, tells what was met, and replays what failed.

mod long;

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::time::Instant;
use taswiq_faults::bugs::Bug;
use taswiq_faults::schedule::Schedule;
use taswiq_faults::shrink::shrink;
use taswiq_faults::tally::Tally;
use taswiq_faults::{Outcome, Template, run};

const USAGE: &str = "\
Usage: taswiq-faults <command>

  run FROM COUNT           runs the schedules of so many seeds, and tells what they met
  replay SEED [BUG]        tells a schedule step by step; of a failing one, what is left of it when all
                           that does not matter is gone
  bugs [SEEDS_MAX [BUG]]   plants every bug in turn, or that one, and tells how many seeds it took to catch it
  long MINUTES FILE [CORES]
                           goes on where FILE says that the last long run ended, on every core or on so many
  part FROM COUNT          what `long` starts: as `run`, told as JSON";

/// Of failing seeds so many are shrunk; the first tells the most.
const REPLAYS_MAX: usize = 3;

#[expect(clippy::print_stdout, reason = "what it says is what it is for")]
fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize| -> Result<u64> {
        let text: &String = arguments.get(index).context(USAGE)?;
        text.parse()
            .with_context(|| format!("`{text}` is not a number"))
    };
    match arguments.first().map(String::as_str) {
        Some("run") => run_seeds(number(1)?, number(2)?),
        Some("part") => {
            println!("{}", long::part(number(1)?, number(2)?)?);
            Ok(())
        }
        Some("long") => {
            let file = arguments.get(2).context(USAGE)?;
            long::run(
                number(1)?,
                &PathBuf::from(file),
                number(3).ok().map(|cores| cores as usize),
            )
        }
        Some("replay") => replay(number(1)?, arguments.get(2).map(String::as_str)),
        Some("bugs") => {
            let only = arguments.get(2).map(|name| named(name)).transpose()?;
            bugs(number(1).unwrap_or(3_000), only)
        }
        _ => {
            println!("{USAGE}");
            Ok(())
        }
    }
}

#[expect(clippy::print_stdout, reason = "what it says is what it is for")]
fn run_seeds(from: u64, count: u64) -> Result<()> {
    let template = Template::new()?;
    let begun = Instant::now();
    let (mut tally, mut commands, mut failed) = (Tally::default(), 0, Vec::new());
    for seed in from..from + count {
        let outcome = run(&template, &Schedule::of(seed), None);
        tally.join(&outcome.tally);
        commands += outcome.commands;
        if outcome.violation.is_some() {
            failed.push(seed);
            if failed.len() <= REPLAYS_MAX {
                println!("{}", told(&template, seed, None));
            }
        }
    }
    println!("{tally}");
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{count} schedules, {commands} saved commands in {seconds:.1} s ({:.0} schedules a second): {} failed {failed:?}",
        count as f64 / seconds,
        failed.len()
    );
    if failed.is_empty() {
        Ok(())
    } else {
        bail!("{} of {count} schedules broke a promise", failed.len())
    }
}

/// A run that failed, in as few steps as it can be told.
fn told(template: &Template, seed: u64, bug: Option<Bug>) -> String {
    let schedule = Schedule::of(seed);
    let first = run(template, &schedule, bug);
    let Some(violation) = &first.violation else {
        return lines(seed, &first);
    };
    let shortest = shrink(&schedule, |candidate| {
        let violation_of = run(template, candidate, bug).violation;
        violation_of.is_some_and(|found| found.promise == violation.promise)
    });
    lines(seed, &run(template, &shortest, bug))
}

fn lines(seed: u64, outcome: &Outcome) -> String {
    format!("seed {seed}\n  {}\n", outcome.trace.join("\n  "))
}

#[expect(clippy::print_stdout, reason = "what it says is what it is for")]
fn replay(seed: u64, bug: Option<&str>) -> Result<()> {
    let bug = bug.map(named).transpose()?;
    println!("{}", told(&Template::new()?, seed, bug));
    Ok(())
}

fn named(name: &str) -> Result<Bug> {
    let mut all = Bug::ALL.iter().copied();
    all.find(|bug| format!("{bug:?}") == name)
        .with_context(|| format!("no bug is called `{name}`"))
}

#[expect(clippy::print_stdout, reason = "what it says is what it is for")]
fn bugs(seeds_max: u64, only: Option<Bug>) -> Result<()> {
    let template = Template::new()?;
    let mut missed = 0;
    let planted: Vec<Bug> = match only {
        Some(bug) => vec![bug],
        None => Bug::ALL.to_vec(),
    };
    for bug in &planted {
        let caught = (0..seeds_max).find_map(|seed| {
            let violation = run(&template, &Schedule::of(seed), Some(*bug)).violation?;
            Some((seed, violation.promise))
        });
        match caught {
            Some((seed, promise)) => println!(
                "{:>6} seeds  {bug:?}: {} ({promise})",
                seed + 1,
                bug.words()
            ),
            None => {
                missed += 1;
                println!("  NOT CAUGHT  {bug:?}: {}", bug.words());
            }
        }
    }
    println!(
        "{} bugs planted, {missed} not caught within {seeds_max} seeds",
        planted.len()
    );
    if missed > 0 {
        bail!("{missed} planted bugs were not caught");
    }
    Ok(())
}
