//! The browser tests: Playwright drives Debian's Chromium against servers that the tests start
//! themselves, each with a database of its own.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::tally::Tally;
use crate::command;
use crate::needs;
use crate::workspace;

/// # Errors
/// When the tests could not be run at all.
pub fn run(server: &Path, conformance: &Path, postgres_url: &str, is_long: bool) -> Result<Tally> {
    let folder = workspace::root().join("end2end");
    needs::npm_packages(&folder)?;
    let chromium = needs::chromium()?;
    let report = workspace::cache().join("browser-report.json");
    std::fs::create_dir_all(workspace::cache()).context("creating the folder of reports")?;
    if report.exists() {
        std::fs::remove_file(&report).with_context(|| format!("removing {}", report.display()))?;
    }
    let outcome = command::run(
        Command::new("node")
            .arg("node_modules/@playwright/test/cli.js")
            .arg("test")
            .env("TASWIQ_SERVER", server)
            .env("TASWIQ_SITE", workspace::site())
            .env("TASWIQ_TARGET", workspace::target())
            .env("TASWIQ_CONFORMANCE", conformance)
            .env("TASWIQ_TEST_LONG", if is_long { "yes" } else { "no" })
            .env("TASWIQ_CHROMIUM", chromium)
            .env("TASWIQ_BROWSER_REPORT", &report)
            .env("TASWIQ_TEST_POSTGRES_URL", postgres_url)
            .current_dir(folder),
    );
    let text = std::fs::read_to_string(&report)
        .with_context(|| format!("the browser tests left no report at {}", report.display()))?;
    let mut tally = counted(&text)?;
    if outcome.is_err() && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
}

/// Reads Playwright's JSON report. A test that passed only when repeated has failed.
fn counted(report: &str) -> Result<Tally> {
    let report: serde_json::Value = serde_json::from_str(report).context("the browser's report")?;
    let stats = &report["stats"];
    let count = |name: &str| -> Result<u32> {
        let count = stats[name]
            .as_u64()
            .with_context(|| format!("the report has no `{name}`"))?;
        Ok(u32::try_from(count)?)
    };
    Ok(Tally {
        passed: count("expected")?,
        failed: count("unexpected")? + count("flaky")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flaky_test_counts_as_failed() {
        let report = r#"{"stats":{"expected":4,"skipped":0,"unexpected":1,"flaky":2}}"#;
        assert_eq!(
            counted(report).expect("counted"),
            Tally {
                passed: 4,
                failed: 3
            }
        );
    }
}
