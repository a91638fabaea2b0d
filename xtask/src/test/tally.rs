//! Counting what passed and failed over tools that each say it in their own way.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u32,
    pub failed: u32,
}

impl Tally {
    pub fn one(passed: bool) -> Self {
        Tally {
            passed: u32::from(passed),
            failed: u32::from(!passed),
        }
    }

    /// One check that printed its own reason already.
    pub fn of(outcome: Result<()>) -> Self {
        if let Err(error) = &outcome {
            eprintln!("{error:#}");
        }
        Tally::one(outcome.is_ok())
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Runs `cargo test`, shows what it says and counts it.
///
/// # Errors
/// When cargo cannot be started.
pub fn cargo_test(cargo: &mut Command) -> Result<Tally> {
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting cargo test")?;
    let output = child.stdout.take().context("cargo test has no output")?;
    let mut tally = Tally::default();
    for line in BufReader::new(output).lines() {
        let line = line.context("reading what cargo test says")?;
        if let Some(counted) = of_result_line(&line) {
            tally += counted;
        }
        println!("{line}");
    }
    let status = child.wait().context("waiting for cargo test")?;
    if !status.success() && tally.failed == 0 {
        // It did not compile, or a test process was killed: no line says so, yet something failed.
        tally.failed = 1;
    }
    Ok(tally)
}

/// `test result: ok. 12 passed; 0 failed; 0 ignored; …`
fn of_result_line(line: &str) -> Option<Tally> {
    let counts = line.trim_start().strip_prefix("test result: ")?;
    let count = |word: &str| -> Option<u32> {
        counts
            .split([';', '.'])
            .find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
    };
    Some(Tally {
        passed: count("passed")?,
        failed: count("failed")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_cargo_are_read() {
        let line =
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(
            of_result_line(line),
            Some(Tally {
                passed: 12,
                failed: 3
            })
        );
        assert_eq!(of_result_line("running 3 tests"), None);
    }

    #[test]
    fn the_line_at_the_end_is_the_one_that_others_read() {
        let mut tally = Tally {
            passed: 2,
            failed: 0,
        };
        tally += Tally::one(false);
        assert_eq!(tally.to_string(), "2 passed, 1 failed");
    }
}
