//! The program. See `command_line` for what it can do.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use taswiq_server::command_line::{self, CommandLine};

#[tokio::main]
async fn main() -> ExitCode {
    match command_line::run(CommandLine::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The whole chain of causes: whoever runs a server is who can mend it.
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                text.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            let _ = writeln!(std::io::stderr().lock(), "taswiq: {text}");
            ExitCode::FAILURE
        }
    }
}
