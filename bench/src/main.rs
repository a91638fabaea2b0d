//! Measures the server and the wire: started by `cargo xtask bench`, which says what each figure is
//! held against.
//!
//! Everything here is done from outside, as phones and browsers do it: real processes, real HTTP, the
//! database as it is served. What was counted is checked against what the server has stored.

mod company;
mod contender;
mod crowd;
mod day;
mod delay;
mod document;
mod entries;
mod figures;
mod first_contact;
mod growth;
mod http;
mod orders;
mod payroll;
mod phone;
mod probe;
mod process;
mod road;
mod setting;
mod simulation;
mod start;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use figures::Figures;
use setting::Setting;

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
    /// Be the bare server that others are compared with
    Probe(probe::Probe),
    /// Make entries of the ledger, for somebody who counts instructions
    Entries(entries::Entries),
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
    /// Valgrind's program; without it no instructions are counted
    #[arg(long)]
    valgrind: Option<PathBuf>,
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
        Command::Measure(arguments) => measure(arguments),
        Command::Probe(arguments) => serve_probe(arguments),
        Command::Entries(arguments) => entries::make(arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("taswiq-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve_probe(arguments: probe::Probe) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(probe::serve(arguments))
}

fn measure(arguments: Measure) -> Result<()> {
    let asked = |ids: &[&str]| {
        ids.iter()
            .any(|id| arguments.benchmarks.iter().any(|asked| asked == id))
    };
    let setting = Setting::new(
        arguments.server,
        (arguments.pocketbase, arguments.pouchdb),
        (arguments.orders, arguments.quick),
        &arguments.folder,
    )?;
    let mut figures = Figures::default();
    // One thread for all that measures, so that it leaves the other processors to who is measured.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if asked(&["P1", "P2", "P3", "P4"]) {
            orders::measure(&setting, &mut figures).await?;
        }
        if asked(&["P7"]) {
            phone::measure(&setting, &mut figures).await?;
        }
        if asked(&["P8"]) {
            delay::measure(&setting, &mut figures).await?;
        }
        if asked(&["P16"]) {
            day::measure(&setting, &mut figures).await?;
        }
        if asked(&["first-contact"]) {
            first_contact::measure(&setting, &mut figures).await?;
        }
        if asked(&["P9"]) {
            crowd::measure(&setting, &mut figures).await?;
        }
        if asked(&["P5"]) {
            start::measure(&setting, &mut figures).await?;
        }
        if asked(&["P4", "P6", "P15"]) {
            let parts = (asked(&["P6"]), asked(&["P4", "P15"]));
            growth::measure(&setting, parts, &mut figures).await?;
        }
        if asked(&["P18", "statement"]) {
            let parts = (asked(&["P18"]), asked(&["statement"]));
            payroll::measure(&setting, parts, &mut figures).await?;
        }
        if asked(&["simulate"]) {
            simulation::measure(&setting, &mut figures).await?;
        }
        if let Some(valgrind) = &arguments.valgrind
            && asked(&["P19"])
        {
            entries::measure(valgrind, &mut figures)?;
        }
        figures.write(&arguments.figures)
    })
}
