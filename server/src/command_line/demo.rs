//! `taswiq demo`: a company to look at.

use std::sync::Arc;

use taswiq_backend::clock::SystemClock;
use taswiq_backend::demo;

use super::accounts::open;
use super::{CommandError, Demo, say};

/// A line is printed each time this many more orders are stored.
const TOLD_EVERY: u32 = 20_000;

/// Makes the demo company.
///
/// # Errors
/// When the database is not empty or cannot be written.
pub async fn demo(arguments: Demo) -> Result<(), CommandError> {
    let office = open(&arguments.database, Arc::new(SystemClock)).await?;
    let (seed, orders) = (arguments.seed, arguments.orders);
    let options = match arguments.as_of {
        Some(as_of) => demo::Options::as_of(seed, orders, as_of, office.calendar()),
        None => demo::Options::until(seed, orders, office.now(), office.calendar()),
    };
    let mut told = 0;
    let told_as_it_goes = |stored: u32| {
        if stored / TOLD_EVERY > told {
            told = stored / TOLD_EVERY;
            // A console that is gone stops no work.
            let _ = say(&format!("{stored} of {orders} orders"));
        }
    };
    demo::fill(&office, options, told_as_it_goes).await?;
    office.close().await;
    Ok(say(&format!("the demo company has taken {orders} orders"))?)
}
