//! What a database holds of what phones have handed over.

use std::collections::{HashMap, HashSet};

use sqlx::{Connection, Executor, FromRow, PgConnection, SqliteConnection};
use uuid::Uuid;

/// What was done, by the ids that phones gave it.
pub struct Contents {
    /// Every command that was decided, with its kind.
    commands: HashMap<Uuid, String>,
    customers: HashSet<Uuid>,
    orders: HashSet<Uuid>,
    /// How many events all orders have together, one for each command.
    events: usize,
}

#[derive(FromRow)]
struct Found {
    id: Uuid,
    kind: String,
}

/// Commands, customers, orders, and events but those that only say who has seen another.
const QUERIES: [&str; 4] = [
    "SELECT id, kind FROM command WHERE refusal IS NULL",
    "SELECT id, CAST('' AS TEXT) AS kind FROM customer",
    "SELECT id, CAST('' AS TEXT) AS kind FROM orders",
    "SELECT order_id AS id, CAST('' AS TEXT) AS kind FROM order_event WHERE body NOT LIKE '{\"kind\":\"decision_seen\"%'",
];

impl Contents {
    /// Reads them, as they are at one moment.
    ///
    /// # Errors
    /// What is broken.
    pub async fn read(database: &str) -> Result<Self, String> {
        let told = |error: sqlx::Error| error.to_string();
        let mut found = Vec::new();
        if database.starts_with("postgres://") {
            let mut open = PgConnection::connect(database).await.map_err(told)?;
            let begun = open.execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await;
            begun.map_err(told)?;
            for query in QUERIES {
                let rows = sqlx::query_as::<_, Found>(query).fetch_all(&mut open).await;
                found.push(rows.map_err(told)?);
            }
            open.close().await.map_err(told)?;
        } else {
            let mut open = SqliteConnection::connect(database).await.map_err(told)?;
            open.execute("BEGIN").await.map_err(told)?;
            for query in QUERIES {
                let rows = sqlx::query_as::<_, Found>(query).fetch_all(&mut open).await;
                found.push(rows.map_err(told)?);
            }
            open.close().await.map_err(told)?;
        }
        let mut found = found.into_iter();
        let mut next = || found.next().expect("as many as were asked for");
        let ids = |rows: Vec<Found>| rows.into_iter().map(|row| row.id);
        Ok(Self {
            commands: next().into_iter().map(|row| (row.id, row.kind)).collect(),
            customers: ids(next()).collect(),
            orders: ids(next()).collect(),
            events: next().len(),
        })
    }

    /// Those of `acknowledged` that are not there, or without their effect.
    pub fn missing<'a>(&self, acknowledged: impl IntoIterator<Item = &'a Uuid>) -> Vec<Uuid> {
        let is_missing = |id: &&Uuid| match self.commands.get(*id).map(String::as_str) {
            Some("register_customer") => !self.customers.contains(*id),
            Some("place_order") => !self.orders.contains(*id),
            Some(_) => false,
            None => true,
        };
        let acknowledged = acknowledged.into_iter();
        acknowledged.filter(is_missing).copied().collect()
    }

    /// How many commands were decided.
    pub fn decided(&self) -> usize {
        self.commands.len()
    }

    /// What is there more often, or less often, than it was done.
    ///
    /// # Errors
    /// In words.
    pub fn check_once(&self) -> Result<(), String> {
        let done = |kind: &str| self.commands.values().filter(|done| *done == kind).count();
        for (kind, count) in [
            ("register_customer", self.customers.len()),
            ("place_order", self.orders.len()),
        ] {
            if done(kind) != count {
                return Err(format!("{count} times the effect of {} {kind}", done(kind)));
            }
        }
        let happened = done("place_order") + done("confirm_sub_order");
        if happened != self.events {
            return Err(format!("{} events of {happened} commands", self.events));
        }
        Ok(())
    }
}

/// Lets SQLite look at every page of its file. PostgreSQL has no such question.
///
/// # Errors
/// What it finds.
pub async fn check_pages(database: &str) -> Result<(), String> {
    if database.starts_with("postgres://") {
        return Ok(());
    }
    let told = |error: sqlx::Error| error.to_string();
    let mut open = SqliteConnection::connect(database).await.map_err(told)?;
    let said: Vec<(String,)> = sqlx::query_as("PRAGMA integrity_check")
        .fetch_all(&mut open)
        .await
        .map_err(told)?;
    open.close().await.map_err(told)?;
    if said == [("ok".to_owned(),)] {
        Ok(())
    } else {
        Err(format!("{said:?}"))
    }
}
