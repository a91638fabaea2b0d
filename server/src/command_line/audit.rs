//! `taswiq audit`: whether the books are what the events say, and whether anybody touched them.

use std::path::Path;
use std::sync::Arc;

use taswiq_backend::clock::SystemClock;
use taswiq_backend::db::dialect;
use taswiq_backend::recount::Differences;

use super::accounts::open;
use super::{CommandError, Database, say};

/// So many orders are named of those that do not fit.
const NAMED_ORDERS_MAX: usize = 20;

/// Computes everything derived anew, follows every agent's chain, and names what does not fit.
///
/// # Errors
/// [`CommandError::Unsound`] when something does not fit, or when the database cannot be read.
pub async fn audit(database: Database) -> Result<(), CommandError> {
    // Opening would make an empty one, in which all is well.
    if let Some(file) = dialect::file_of(&database.database)
        && !Path::new(file).exists()
    {
        return Err(CommandError::Argument(format!("there is no file {file}")));
    }
    let office = open(&database, Arc::new(SystemClock)).await?;
    let differences = office.recount().await;
    office.close().await;
    tell(&differences?)
}

/// Says what an audit found.
///
/// # Errors
/// [`CommandError::Unsound`] when something does not fit.
pub(super) fn tell(differences: &Differences) -> Result<(), CommandError> {
    say(&format!(
        "looked at {} orders and {} ledger entries",
        differences.orders_checked, differences.entries_checked
    ))?;
    for (place, broken) in differences.chains.iter().enumerate() {
        let which = if place == 0 { "first broken" } else { "broken" };
        let whose = match broken.agent.0 {
            0 => "no agent".to_owned(),
            agent => format!("agent {agent}"),
        };
        say(&format!(
            "{which} entry: {} of {whose}: {}",
            broken.number, broken.fault
        ))?;
    }
    for order in differences.ledger.iter().take(NAMED_ORDERS_MAX) {
        say(&format!(
            "order {order}: its entries are not those its events cause"
        ))?;
    }
    for order in differences.orders.iter().take(NAMED_ORDERS_MAX) {
        say(&format!(
            "order {order}: its state is not that of its events"
        ))?;
    }
    for (count, what) in [
        (
            differences.ledger.len(),
            "orders with other entries than their events cause",
        ),
        (
            differences.orders.len(),
            "orders in another state than their events",
        ),
        (
            differences.balances,
            "balances that are not those of the entries",
        ),
        (differences.sums, "sums that are not those of the orders"),
    ] {
        if count > 0 {
            say(&format!("{count} {what}"))?;
        }
    }
    if differences.ledger_sum.0 != 0 {
        say(&format!(
            "all balances together are {} instead of nothing",
            differences.ledger_sum
        ))?;
    }
    if differences.is_empty() {
        Ok(say("all is as the events say, and every chain is whole")?)
    } else {
        Err(CommandError::Unsound)
    }
}
