//! Everything that must hold, in the order in which it fails soonest. Prints one line at the end, on
//! its own: how many checks and tests passed and how many failed.

mod browser;
mod postgres;
mod tally;

use std::time::Instant;

use anyhow::{Result, bail};

use crate::build::{self, Mode};
use crate::command;
use crate::needs;
use crate::tidy;
use crate::workspace;
use postgres::Postgres;
use tally::Tally;

/// The crate that is compiled for WebAssembly only; natively it would unify `csr` with `ssr`.
const FRONTEND: &str = "taswiq-frontend";

/// Cases of each property of the domain in the long run. `domain/tests/promises/often.rs` reads it.
const LONG_CASES: &str = "100000";
/// So many cases may be none, as a digit changed to itself: proptest's own bound is that of a daily run.
const LONG_REJECTS_MAX: &str = "1000000";

/// How long schedules of faults are run in the long run, in minutes, and where it stands how far they
/// are: the next long run goes on there.
const FAULTS_MINUTES: &str = "60";
const FAULTS_RECORD: &str = "target/faults/long.json";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Tidy,
    Format,
    Lint,
    Unit,
    Browser,
}

impl Stage {
    const ALL: [Stage; 5] = [
        Stage::Tidy,
        Stage::Format,
        Stage::Lint,
        Stage::Unit,
        Stage::Browser,
    ];

    pub fn named(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Stage::Tidy => "tidy",
            Stage::Format => "format",
            Stage::Lint => "lint",
            Stage::Unit => "unit",
            Stage::Browser => "browser",
        }
    }
}

/// Runs the stages named, or all of them. A failing stage does not keep the others from running, so
/// that one run tells everything. `is_long` asks for the many repetitions that nobody waits for daily.
///
/// # Errors
/// When anything failed.
pub fn test(only: &[Stage], is_long: bool) -> Result<()> {
    let stages: Vec<Stage> = Stage::ALL
        .into_iter()
        .filter(|stage| only.is_empty() || only.contains(stage))
        .collect();
    let mut postgres: Option<Postgres> = None;
    let mut total = Tally::default();
    let mut lines = Vec::new();
    for stage in stages {
        println!("\n== {}", stage.name());
        let started = Instant::now();
        let outcome = match stage {
            Stage::Tidy => Ok(tidy_stage()),
            Stage::Format => format_stage(),
            Stage::Lint => lint_stage(),
            Stage::Unit => {
                Postgres::started(&mut postgres).and_then(|url| unit_stage(&url, is_long))
            }
            Stage::Browser => {
                Postgres::started(&mut postgres).and_then(|url| browser_stage(&url, is_long))
            }
        };
        let tally = outcome.unwrap_or_else(|error| {
            eprintln!("{}: {error:#}", stage.name());
            Tally::one(false)
        });
        lines.push(format!(
            "{:<8} {tally} in {:.0} s",
            stage.name(),
            started.elapsed().as_secs_f32()
        ));
        total += tally;
    }
    drop(postgres);
    println!();
    for line in lines {
        println!("{line}");
    }
    println!("\n{total}");
    if total.failed > 0 {
        bail!("{} of {} failed", total.failed, total.failed + total.passed);
    }
    Ok(())
}

fn tidy_stage() -> Tally {
    let mut tally = Tally::default();
    for check in tidy::checks() {
        let complaints = match (check.run)() {
            Ok(complaints) => complaints,
            Err(error) => vec![format!("{error:#}")],
        };
        for complaint in &complaints {
            eprintln!("{}: {complaint}", check.promise);
        }
        tally += Tally::one(complaints.is_empty());
    }
    tally
}

fn format_stage() -> Result<Tally> {
    needs::cargo_tool("fmt", "rustfmt")?;
    let mut cargo = command::cargo(&workspace::root());
    Ok(Tally::of(command::run(
        cargo.args(["fmt", "--all", "--", "--check"]),
    )))
}

fn lint_stage() -> Result<Tally> {
    needs::cargo_tool("clippy", "clippy")?;
    needs::wasm_target()?;
    let root = workspace::root();
    let native = command::run(command::cargo(&root).args([
        "clippy",
        "--locked",
        "--workspace",
        "--exclude",
        FRONTEND,
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]));
    let wasm = command::run(command::cargo(&root).args([
        "clippy",
        "--locked",
        "--package",
        FRONTEND,
        "--target",
        needs::WASM_TARGET,
        "--",
        "-D",
        "warnings",
    ]));
    let mut tally = Tally::of(native);
    tally += Tally::of(wasm);
    Ok(tally)
}

fn unit_stage(postgres_url: &str, is_long: bool) -> Result<Tally> {
    let mut cargo = command::cargo(&workspace::root());
    cargo
        .args([
            "test",
            "--locked",
            "--workspace",
            "--exclude",
            FRONTEND,
            "--no-fail-fast",
        ])
        .env("TASWIQ_TEST_POSTGRES_URL", postgres_url)
        // `server/tests/faults` reads it: a thousand kills and power cuts instead of a few.
        .env("TASWIQ_TEST_LONG", if is_long { "yes" } else { "no" });
    let mut tally = tally::cargo_test(&mut cargo)?;
    if is_long {
        tally += long_properties()?;
        tally += long_faults()?;
    }
    Ok(tally)
}

/// What the rules promise of money, tried so often that a case in ten thousand is met.
fn long_properties() -> Result<Tally> {
    let mut cargo = command::cargo(&workspace::root());
    cargo
        .args([
            "test",
            "--locked",
            "--package",
            "taswiq-domain",
            "--profile",
            "long",
            "--no-fail-fast",
        ])
        .env("PROPTEST_CASES", LONG_CASES)
        .env("PROPTEST_MAX_GLOBAL_REJECTS", LONG_REJECTS_MAX);
    tally::cargo_test(&mut cargo)
}

/// What a person saved is never lost and never doubled, in as many schedules as an hour gives, and every
/// planted bug is caught.
fn long_faults() -> Result<Tally> {
    let root = workspace::root();
    let faults = |arguments: &[&str]| {
        let mut cargo = command::cargo(&root);
        cargo
            .args([
                "run",
                "--locked",
                "--package",
                "taswiq-faults",
                "--profile",
                "long",
                "--",
            ])
            .args(arguments);
        Tally::of(command::run(&mut cargo))
    };
    let mut tally = faults(&["bugs"]);
    tally += faults(&["long", FAULTS_MINUTES, FAULTS_RECORD]);
    Ok(tally)
}

fn browser_stage(postgres_url: &str, is_long: bool) -> Result<Tally> {
    build::build(Mode::Quick)?;
    let conformance = build::conformance()?;
    let server = crate::run::build_server(Mode::Quick)?;
    browser::run(&server, &conformance, postgres_url, is_long)
}
