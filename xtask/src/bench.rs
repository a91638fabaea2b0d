//! `cargo xtask bench`: what Taswiq costs, beside what others cost, in one run.
//!
//! How to read the table. Each line is one figure of one workload: the median of several rounds, the
//! least we ship with and what we are after, whether each is reached, and what the others took for the
//! same work in the same rounds, with the ratio. Seconds of a shared machine say little, whoever
//! measures them; the processor time of the server for one unit of work is the steadiest figure, and a
//! ratio within one run the next. Beside the table `target/bench/` gets a JSON file for each benchmark,
//! with every round.
//!
//! A benchmark is one entry of a [`Group`]: those of a group are measured together, because they need
//! the same servers and companies. A group is one line of [`GROUPS`].

mod browser;
mod payroll;
mod peers;
pub mod report;
mod server;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::workspace;
use report::{Figure, Load};

/// Benchmarks that are measured together.
pub struct Group {
    pub benchmarks: &'static [Benchmark],
    /// Measures those of the group that are named, in any order.
    pub measure: fn(&[&'static str], &Options) -> Result<Vec<Figure>>,
}

/// One workload, and how much it may cost.
pub struct Benchmark {
    /// Its name on the command line and in the table: `P1`.
    pub id: &'static str,
    /// What is done, in a sentence.
    pub workload: &'static str,
    /// The figures with a bound. Others may be reported too.
    pub aims: &'static [report::Aim],
}

/// How much is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Orders of the largest company.
    pub orders: u32,
    /// Few and short rounds: to see that it works, not to believe the figures.
    pub is_quick: bool,
}

/// What is measured when nothing else is asked.
const ORDERS_DEFAULT: u32 = 1_000_000;
/// The same with `--quick`.
const ORDERS_QUICK: u32 = 30_000;

impl Options {
    pub fn new(orders: Option<u32>, is_quick: bool) -> Self {
        let usual = if is_quick {
            ORDERS_QUICK
        } else {
            ORDERS_DEFAULT
        };
        Self {
            orders: orders.unwrap_or(usual),
            is_quick,
        }
    }
}

/// Every group there is.
const GROUPS: [Group; 3] = [server::GROUP, payroll::GROUP, browser::GROUP];

/// The benchmark of that name, in any case.
pub fn named(name: &str) -> Option<&'static str> {
    GROUPS
        .iter()
        .flat_map(|group| group.benchmarks)
        .find(|benchmark| benchmark.id.eq_ignore_ascii_case(name))
        .map(|benchmark| benchmark.id)
}

/// The folder of everything that is installed, made and written for benchmarks.
pub fn folder() -> PathBuf {
    workspace::target().join("bench")
}

/// Measures the benchmarks named, or all of them, prints a table and writes the JSON files.
///
/// # Errors
/// When something could not be measured or did not count what it should have. A bound that is not
/// reached is no error.
pub fn bench(names: &[&'static str], options: &Options) -> Result<()> {
    let folder = folder();
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let mut failed = Vec::new();
    for group in &GROUPS {
        let chosen: Vec<&Benchmark> = group
            .benchmarks
            .iter()
            .filter(|benchmark| names.is_empty() || names.contains(&benchmark.id))
            .collect();
        if chosen.is_empty() {
            continue;
        }
        let ids: Vec<&'static str> = chosen.iter().map(|benchmark| benchmark.id).collect();
        let began = Load::now();
        let figures = match (group.measure)(&ids, options) {
            Ok(figures) => figures,
            // What the other groups measure is worth having all the same.
            Err(error) => {
                eprintln!("{}: {error:#}", ids.join(", "));
                failed.push(ids.join(", "));
                continue;
            }
        };
        let load = began.until_now();
        println!("\n{load}");
        for benchmark in chosen {
            report::print(benchmark, &figures);
            report::write(&folder, benchmark, &figures, options, &load)?;
        }
    }
    if !failed.is_empty() {
        bail!("not measured: {}", failed.join("; "));
    }
    Ok(())
}
