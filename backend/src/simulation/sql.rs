//! Statements of simulations.

use crate::db::{Conn, execute, fetch_all, fetch_in, fetch_one, fetch_optional};
use uuid::Uuid;

/// A moment of an order that moved commission, and the month in which that counts.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PostedRow {
    pub order_id: Uuid,
    pub event_number: i64,
    pub told_by: i64,
    pub at: i64,
    pub period: i64,
}

/// An entry of an earned account that a person decided on.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DecidedRow {
    pub chain_agent: i64,
    pub purpose: String,
    pub is_taken: bool,
    pub amount_centimes: i64,
    pub base_centimes: i64,
    pub at: i64,
    pub period: i64,
    pub is_correction: bool,
    /// When that happened which it takes back.
    pub corrected_at: Option<i64>,
}

/// A simulation in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SimulationRow {
    pub id: i64,
    pub version: Option<i64>,
    pub first_period: i64,
    pub last_period: i64,
    pub name: String,
    pub started_at: i64,
    pub heard_at: i64,
    pub orders_all: i64,
    pub orders_done: i64,
    pub state: String,
}

/// A simulation as it begins.
#[derive(Clone, Debug)]
pub struct NewRow {
    pub id: i64,
    pub plan: String,
    pub version: Option<i64>,
    pub first_period: i64,
    pub last_period: i64,
    pub started_by: i64,
    pub started_at: i64,
}

/// Orders taken before a moment to which something happened since another, the next ones after an
/// order. What happened last has the order's revision as its number.
pub async fn orders(
    conn: &mut Conn,
    after: Uuid,
    before: i64,
    since: i64,
    limit: i64,
) -> Result<Vec<(Uuid,)>, sqlx::Error> {
    fetch_all!(
        conn,
        (Uuid,),
        "SELECT orders.id FROM orders JOIN order_event AS last ON last.order_id = orders.id AND last.number = orders.revision
         WHERE orders.id > $1 AND orders.placed_at < $2 AND last.received_at >= $3
         ORDER BY orders.id LIMIT CAST($4 AS BIGINT)",
        after,
        before,
        since,
        limit,
    )
}

/// How many there are.
pub async fn count_orders(conn: &mut Conn, before: i64, since: i64) -> Result<i64, sqlx::Error> {
    let (count,) = fetch_one!(
        conn,
        (i64,),
        "SELECT CAST(COUNT(*) AS BIGINT)
         FROM orders JOIN order_event AS last ON last.order_id = orders.id AND last.number = orders.revision
         WHERE orders.placed_at < $1 AND last.received_at >= $2",
        before,
        since,
    )?;
    Ok(count)
}

/// In which months moments of these orders were posted: of which event, told by which later one.
pub async fn posted_in(conn: &mut Conn, orders: &[Uuid]) -> Result<Vec<PostedRow>, sqlx::Error> {
    fetch_in!(
        conn,
        PostedRow,
        "SELECT DISTINCT order_id, event_number, told_by, at, period FROM ledger_transfer WHERE order_id",
        "",
        orders
    )
}

/// Every closed month and when it was closed, the earliest first.
pub async fn closed(conn: &mut Conn) -> Result<Vec<(i64, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (i64, i64),
        "SELECT period, closed_at FROM closed_month ORDER BY period"
    )
}

/// What disputes and corrections moved on earned accounts and counts in these months.
pub async fn decided(
    conn: &mut Conn,
    first: i64,
    last: i64,
) -> Result<Vec<DecidedRow>, sqlx::Error> {
    fetch_all!(
        conn,
        DecidedRow,
        "SELECT entry.chain_agent, entry.purpose, entry.debit_account = 'agent_earned' AS is_taken,
             entry.amount_centimes, entry.base_centimes, entry.at, entry.period,
             entry.cause = 'correction' AS is_correction, corrected.at AS corrected_at
         FROM ledger_transfer AS entry LEFT JOIN ledger_transfer AS corrected ON corrected.number = entry.corrects
         WHERE entry.period >= $1 AND entry.period <= $2 AND entry.cause IN ('dispute', 'correction')
             AND (entry.debit_account = 'agent_earned' OR entry.credit_account = 'agent_earned')
         ORDER BY entry.number",
        first,
        last,
    )
}

pub async fn last_id(conn: &mut Conn) -> Result<i64, sqlx::Error> {
    let (id,) = fetch_one!(
        conn,
        (i64,),
        "SELECT CAST(COALESCE(MAX(id), 0) AS BIGINT) FROM simulation"
    )?;
    Ok(id)
}

pub async fn add(conn: &mut Conn, row: &NewRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO simulation (id, plan, version, first_period, last_period, started_by, started_at, heard_at,
             orders_all, orders_done, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0, 0, 'running')",
        row.id,
        row.plan.as_str(),
        row.version,
        row.first_period,
        row.last_period,
        row.started_by,
        row.started_at,
    )
}

/// Forgets all up to one.
pub async fn forget(conn: &mut Conn, up_to: i64) -> Result<u64, sqlx::Error> {
    execute!(conn, "DELETE FROM simulation WHERE id <= $1", up_to)
}

/// Writes how far one is. Nothing is written when it is no longer running.
pub async fn put_progress(
    conn: &mut Conn,
    id: i64,
    orders_all: i64,
    orders_done: i64,
    at: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE simulation SET orders_all = $2, orders_done = $3, heard_at = $4 WHERE id = $1 AND state = 'running'",
        id,
        orders_all,
        orders_done,
        at,
    )
}

/// Whether nobody stopped one.
pub async fn is_running(conn: &mut Conn, id: i64) -> Result<Option<(i64,)>, sqlx::Error> {
    fetch_optional!(
        conn,
        (i64,),
        "SELECT id FROM simulation WHERE id = $1 AND state = 'running'",
        id
    )
}

/// Ends one that runs.
pub async fn end(
    conn: &mut Conn,
    id: i64,
    state: &str,
    outcome: Option<&str>,
    at: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE simulation SET state = $2, outcome = $3, heard_at = $4 WHERE id = $1 AND state = 'running'",
        id,
        state,
        outcome,
        at,
    )
}

/// One that was heard of since then and still runs.
pub async fn running(conn: &mut Conn, since: i64) -> Result<Option<(i64,)>, sqlx::Error> {
    fetch_optional!(
        conn,
        (i64,),
        "SELECT id FROM simulation WHERE state = 'running' AND heard_at >= $1 ORDER BY id DESC LIMIT 1",
        since,
    )
}

/// The latest first.
pub async fn latest(conn: &mut Conn, limit: i64) -> Result<Vec<SimulationRow>, sqlx::Error> {
    fetch_all!(
        conn,
        SimulationRow,
        "SELECT simulation.id, simulation.version, simulation.first_period, simulation.last_period, person.name,
             simulation.started_at, simulation.heard_at, simulation.orders_all, simulation.orders_done, simulation.state
         FROM simulation JOIN person ON person.id = simulation.started_by ORDER BY simulation.id DESC LIMIT CAST($1 AS BIGINT)",
        limit,
    )
}

pub async fn by_id(conn: &mut Conn, id: i64) -> Result<Option<SimulationRow>, sqlx::Error> {
    fetch_optional!(
        conn,
        SimulationRow,
        "SELECT simulation.id, simulation.version, simulation.first_period, simulation.last_period, person.name,
             simulation.started_at, simulation.heard_at, simulation.orders_all, simulation.orders_done, simulation.state
         FROM simulation JOIN person ON person.id = simulation.started_by WHERE simulation.id = $1",
        id,
    )
}

/// The plan of one, and what came out of it.
pub async fn outcome(
    conn: &mut Conn,
    id: i64,
) -> Result<Option<(String, Option<String>)>, sqlx::Error> {
    fetch_optional!(
        conn,
        (String, Option<String>),
        "SELECT plan, outcome FROM simulation WHERE id = $1",
        id
    )
}
