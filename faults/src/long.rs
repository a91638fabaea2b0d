//! A run of an hour, that another hour goes on with: a file remembers how far the seeds are and what
//! they met.
//!
//! Each core runs a part of the seeds in a process of its own, and a part that was not finished is run
//! again, so the file may be read after a kill.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use taswiq_faults::schedule::Schedule;
use taswiq_faults::tally::{FAULTS, Tally};
use taswiq_faults::{Template, run as run_schedule};

/// Seeds in one part.
const PART_SEEDS: u64 = 1_000;

/// Runs a part, and tells what came of it.
///
/// # Errors
/// When the company cannot be made.
pub fn part(from: u64, count: u64) -> Result<String> {
    let template = Template::new()?;
    let (mut tally, mut commands, mut failed) = (Tally::default(), 0, Vec::new());
    for seed in from..from + count {
        let outcome = run_schedule(&template, &Schedule::of(seed), None);
        tally.join(&outcome.tally);
        commands += outcome.commands;
        if let Some(violation) = outcome.violation {
            failed.push(json!({"seed": seed, "promise": violation.promise}));
        }
    }
    let counts: BTreeMap<&str, u64> = tally.all().collect();
    let told =
        json!({"schedules": count, "commands": commands, "failed": failed, "counts": counts});
    Ok(told.to_string())
}

/// What all long runs so far came to.
#[derive(Default)]
struct Record {
    next: u64,
    schedules: u64,
    commands: u64,
    failed: Vec<Value>,
    tally: Tally,
}

impl Record {
    fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let known: Value = serde_json::from_str(&text).unwrap_or_default();
        let mut record = Self {
            next: known["next"].as_u64().unwrap_or(0),
            ..Self::default()
        };
        record.add(&known);
        record
    }

    fn add(&mut self, told: &Value) {
        self.schedules += told["schedules"].as_u64().unwrap_or(0);
        self.commands += told["commands"].as_u64().unwrap_or(0);
        self.failed
            .extend(told["failed"].as_array().into_iter().flatten().cloned());
        for (what, count) in told["counts"].as_object().into_iter().flatten() {
            self.tally.add(what, count.as_u64().unwrap_or(0));
        }
    }

    /// What failed once and was mended since has not failed.
    fn look_again(&mut self) -> Result<()> {
        if self.failed.is_empty() {
            return Ok(());
        }
        let template = Template::new()?;
        self.failed.retain(|failed| {
            let seed = failed["seed"].as_u64().unwrap_or(0);
            let outcome = run_schedule(&template, &Schedule::of(seed), None);
            outcome.violation.is_some()
        });
        Ok(())
    }

    fn write(&self, file: &Path) -> Result<()> {
        let counts: BTreeMap<&str, u64> = self.tally.all().collect();
        let told = json!({
            "next": self.next,
            "schedules": self.schedules,
            "commands": self.commands,
            "failed": self.failed,
            "counts": counts,
        });
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(file, told.to_string())
            .with_context(|| format!("writing {}", file.display()))
    }
}

/// Runs for so many minutes on so many cores, or on all.
///
/// # Errors
/// When a promise was broken, or a fault was never met.
#[expect(clippy::print_stdout, reason = "what it says is what it is for")]
pub fn run(minutes: u64, file: &Path, cores_max: Option<usize>) -> Result<()> {
    let mut record = Record::read(file);
    record.look_again()?;
    let (first, schedules_before) = (record.next, record.schedules);
    let until = Instant::now() + Duration::from_secs(minutes * 60);
    let begun = Instant::now();
    let mut idle = cores();
    idle.truncate(cores_max.unwrap_or(usize::MAX));
    let mut running: Vec<(u64, usize, Child)> = Vec::new();
    let mut from = first;
    loop {
        while Instant::now() < until
            && let Some(core) = idle.pop()
        {
            running.push((from, core, start(from, core)?));
            from += PART_SEEDS;
        }
        if running.is_empty() {
            break;
        }
        // In the order of the seeds, so that the file never skips one.
        let (seed, core, child) = running.remove(0);
        let output = child.wait_with_output().context("waiting for a part")?;
        idle.push(core);
        if !output.status.success() {
            bail!("the part from seed {seed} ended with {}", output.status);
        }
        let told = String::from_utf8_lossy(&output.stdout);
        record.add(&serde_json::from_str(told.trim()).context("reading a part")?);
        record.next = seed + PART_SEEDS;
        record.write(file)?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let now = record.schedules - schedules_before;
    println!("{}", record.tally);
    println!(
        "{now} schedules in {seconds:.0} s ({:.0} a second), {} in all, seeds 0 to {}, {} saved commands, {} kinds of faults, {} failed",
        now as f64 / seconds,
        record.schedules,
        record.next,
        record.commands,
        FAULTS.len(),
        record.failed.len()
    );
    for failed in &record.failed {
        println!("seed {}: {}", failed["seed"], failed["promise"]);
    }
    let missing = record.tally.missing();
    if !missing.is_empty() {
        bail!("never met: {}", missing.join("; "));
    }
    if !record.failed.is_empty() {
        bail!("{} schedules broke a promise", record.failed.len());
    }
    Ok(())
}

/// Starts a part on that core. Its threads take turns, one for each statement: told on several cores,
/// each turn would wake the next core in vain.
fn start(from: u64, core: usize) -> Result<Child> {
    let program = std::env::current_exe().context("finding this program")?;
    let part = ["part".to_owned(), from.to_string(), PART_SEEDS.to_string()];
    let mut on_core = Command::new("taskset");
    on_core
        .args(["--cpu-list", &core.to_string()])
        .arg(&program);
    // Where nobody can be told to stay, it takes longer.
    on_core
        .args(&part)
        .stdout(Stdio::piped())
        .spawn()
        .or_else(|_| {
            let mut anywhere = Command::new(&program);
            anywhere.args(&part).stdout(Stdio::piped()).spawn()
        })
        .context("starting a part")
}

/// The cores that this program may use, by their numbers.
fn cores() -> Vec<usize> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let ranges = list.unwrap_or_default().trim().split(',');
    let cores = ranges.filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse().ok()?..=last.parse::<usize>().ok()?)
    });
    let cores: Vec<usize> = cores.flatten().collect();
    let there_are = std::thread::available_parallelism().map_or(1, usize::from);
    if cores.is_empty() {
        (0..there_are).collect()
    } else {
        cores
    }
}
