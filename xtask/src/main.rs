//! One path for everybody: the same commands build, run and test Taswiq on a developer's machine and
//! in a clean clone, and install what they miss instead of explaining how to.
#![allow(
    clippy::print_stdout,
    reason = "a command line tool speaks on its standard output"
)]

mod arguments;
mod bench;
mod build;
mod command;
mod needs;
mod run;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use arguments::Task;

fn main() -> ExitCode {
    let task = match arguments::parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(message) => {
            eprintln!("{message}\n\n{}", arguments::USAGE);
            return ExitCode::from(2);
        }
    };
    let outcome = match task {
        Task::Help => {
            println!("{}", arguments::USAGE);
            Ok(())
        }
        Task::Build { mode } => build::build(mode),
        Task::Run { mode, port } => run::run(mode, port),
        Task::Test { only, is_long } => test::test(&only, is_long),
        Task::Bench { names, options } => bench::bench(&names, &options),
        Task::Tidy => tidy::check_and_report(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
