//! P19: what an entry of the ledger costs the engine, in instructions. A processor that is counted does
//! not mind who else is at work, so these figures can be held against those of another day.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use taswiq_backend::bulk::History;
use taswiq_backend::clock::{Casablanca, Clock, SystemClock};
use taswiq_domain::ledger::{Happening, transfers_for};
use taswiq_domain::order::event::RecordedEvent;
use taswiq_domain::order::{Order, OrderEvent};
use taswiq_domain::period::Period;

use crate::figures::Figures;
use crate::payroll::month::{self, Size};

/// Orders that are lived while the instructions are counted: the second less the first is what the
/// orders cost, without the start of the program.
const ORDERS: [u32; 2] = [500, 2_000];
/// How often the entries of the same events are made: again the second less the first.
const TIMES: [u32; 2] = [1, 11];

/// The work that is counted.
#[derive(Debug, Args)]
pub struct Entries {
    /// How many orders are lived
    #[arg(long)]
    orders: u32,
    /// How often the entries of what happened to them are made anew
    #[arg(long)]
    times: u32,
}

/// Does the work, and prints how many entries the orders have.
///
/// # Errors
/// When the rules refuse what is made up here, or make other entries the second time.
pub fn make(arguments: Entries) -> Result<()> {
    let calendar = Casablanca::default();
    let size = Size {
        agents: 20,
        orders: arguments.orders,
    };
    let period = month::period(&calendar, SystemClock.now());
    let catalogue = month::catalogue(size, period, &calendar);
    let mut entries = 0;
    let mut steps = Vec::new();
    for number in 0..size.orders {
        let history = month::live(&catalogue, &calendar, size, period, number)?;
        entries += history.transfers().len();
        if arguments.times > 0 {
            steps.extend(Step::of(&history, &calendar)?);
        }
    }
    for _ in 0..arguments.times {
        let mut again = 0;
        for step in &steps {
            again += step.entries()?;
        }
        if again != entries {
            bail!("{again} entries and not {entries}");
        }
    }
    writeln!(std::io::stdout(), "{entries}").context("telling how many")
}

/// An event between the states before and after it.
struct Step {
    before: Option<Order>,
    after: Order,
    recorded: RecordedEvent,
    period: Period,
}

impl Step {
    fn of(history: &History, calendar: &Casablanca) -> Result<Vec<Self>> {
        let mut steps: Vec<Self> = Vec::new();
        for recorded in history.events() {
            let before = steps.last().map(|step| step.after.clone());
            let after = match (&before, &recorded.event) {
                (_, OrderEvent::Placed { order }) => (**order).clone(),
                (Some(before), event) => before.after(event, recorded.made_at)?,
                (None, _) => bail!("an order begins with being placed"),
            };
            steps.push(Self {
                before,
                after,
                recorded: recorded.clone(),
                period: Period::at(recorded.made_at, calendar),
            });
        }
        Ok(steps)
    }

    fn entries(&self) -> Result<usize> {
        let happening = Happening {
            told: self.recorded.told(),
            actor: self.recorded.actor,
            earlier: &[],
            month: &|_| self.period,
        };
        Ok(transfers_for(self.before.as_ref(), &self.after, &happening)?.len())
    }
}

/// Counts it.
///
/// # Errors
/// When valgrind cannot count.
pub fn measure(valgrind: &Path, figures: &mut Figures) -> Result<()> {
    let itself = std::env::current_exe().context("the path of this program")?;
    let count = |orders, times| count(valgrind, &itself, orders, times);
    let (few, many) = (count(ORDERS[0], 0)?, count(ORDERS[1], 0)?);
    let (once, often) = (count(ORDERS[0], TIMES[0])?, count(ORDERS[0], TIMES[1])?);
    let lived = (many.instructions - few.instructions) / (many.entries - few.entries);
    let made = f64::from(TIMES[1] - TIMES[0]) * once.entries;
    let entry = (often.instructions - once.instructions) / made;
    let note = format!(
        "{} entries of {} orders by callgrind",
        many.entries, ORDERS[1]
    );
    figures.add("P19", "an entry", "instructions", &[entry], &[], &note);
    let name = "with its order priced and moved";
    figures.add("P19", name, "instructions", &[lived], &[], "");
    Ok(())
}

struct Count {
    instructions: f64,
    entries: f64,
}

fn count(valgrind: &Path, itself: &PathBuf, orders: u32, times: u32) -> Result<Count> {
    let output = Command::new(valgrind)
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(itself)
        .arg("entries")
        .args(["--orders", &orders.to_string()])
        .args(["--times", &times.to_string()])
        .output()
        .with_context(|| format!("starting {}", valgrind.display()))?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("valgrind failed: {told}");
    }
    let entries = String::from_utf8_lossy(&output.stdout).trim().parse();
    Ok(Count {
        instructions: collected(&told).context("callgrind counted nothing")?,
        entries: entries.context("a number of entries")?,
    })
}

/// `==42== Collected : 1234567`
fn collected(told: &str) -> Option<f64> {
    told.lines()
        .find_map(|line| line.split_once("Collected :"))
        .and_then(|(_, count)| count.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_callgrind_counted_is_found_among_what_it_says() {
        let told = "==42== Callgrind, a call-graph\n==42== Collected : 1234567\n==42== I refs: 9";
        assert_eq!(collected(told), Some(1_234_567.0));
        assert_eq!(collected("==42== Command: taswiq-bench"), None);
    }
}
