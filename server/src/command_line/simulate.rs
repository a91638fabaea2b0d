//! `taswiq simulate`: what a plan would pay, from a document and without a database.

use taswiq_backend::clock::Casablanca;
use taswiq_domain::scenario;

use super::{CommandError, Simulate, say};

/// Plays a scenario and prints what comes out.
///
/// # Errors
/// When the file cannot be read, or is no scenario that the rules allow.
pub fn simulate(arguments: Simulate) -> Result<(), CommandError> {
    let file = arguments.file;
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(source) => return Err(CommandError::Unreadable { file, source }),
    };
    let outcome = match scenario::play(&text, &Casablanca::default(), scenario::Bounds::NONE) {
        Ok(outcome) => outcome,
        Err(source) => return Err(CommandError::Scenario { file, source }),
    };
    let written = serde_json::to_string_pretty(&outcome).map_err(std::io::Error::from)?;
    Ok(say(&written)?)
}
