//! Statements of payouts.

use crate::db::{Conn, execute, fetch_all, fetch_one, insert_rows};

/// A payout as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PayoutRow {
    pub id: i64,
    pub period: i64,
    pub prepared_by: i64,
    pub prepared_at: i64,
    pub approved_by: Option<i64>,
    pub approved_at: Option<i64>,
    pub cancelled_by: Option<i64>,
    pub cancelled_at: Option<i64>,
    pub paid_on: Option<i64>,
    pub reference: Option<String>,
    pub recorded_by: Option<i64>,
    pub recorded_at: Option<i64>,
}

/// Whom it pays.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LineRow {
    pub payout_id: i64,
    pub agent_id: i64,
    pub period: i64,
    pub amount_centimes: i64,
    pub rib: String,
    pub step: i64,
    pub returned_at: Option<i64>,
    pub is_alive: bool,
}

/// The same with what a list shows.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NamedLineRow {
    pub payout_id: i64,
    pub agent_id: i64,
    pub name: String,
    pub number: i64,
    pub amount_centimes: i64,
    pub rib: String,
    pub step: i64,
    pub returned_at: Option<i64>,
    pub is_alive: bool,
    pub current_rib: Option<String>,
    pub net_centimes: i64,
    pub balance_centimes: Option<i64>,
}

/// A statement that nobody pays yet.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PayableRow {
    pub agent_id: i64,
    pub name: String,
    pub net_centimes: i64,
    pub returned: i64,
    pub balance_centimes: Option<i64>,
}

pub async fn last_id(conn: &mut Conn) -> Result<i64, sqlx::Error> {
    let (id,) = fetch_one!(conn, (i64,), "SELECT COALESCE(MAX(id), 0) FROM payout")?;
    Ok(id)
}

pub async fn by_id(conn: &mut Conn, id: i64) -> Result<Vec<PayoutRow>, sqlx::Error> {
    fetch_all!(
        conn,
        PayoutRow,
        "SELECT id, period, prepared_by, prepared_at, approved_by, approved_at, cancelled_by, cancelled_at, paid_on, reference,
             recorded_by, recorded_at
         FROM payout WHERE id = $1",
        id
    )
}

/// The payouts of a month, the latest first.
pub async fn of_month(conn: &mut Conn, period: i64) -> Result<Vec<PayoutRow>, sqlx::Error> {
    fetch_all!(
        conn,
        PayoutRow,
        "SELECT id, period, prepared_by, prepared_at, approved_by, approved_at, cancelled_by, cancelled_at, paid_on, reference,
             recorded_by, recorded_at
         FROM payout WHERE period = $1 ORDER BY id DESC",
        period
    )
}

/// Whom a payout pays, by name.
pub async fn lines(conn: &mut Conn, payout: i64) -> Result<Vec<NamedLineRow>, sqlx::Error> {
    fetch_all!(
        conn,
        NamedLineRow,
        "SELECT line.payout_id, line.agent_id, person.name, statement.number, line.amount_centimes, line.rib, line.step,
             line.returned_at, line.is_alive, bank_account.rib AS current_rib, statement.net_centimes,
             balance.balance_centimes
         FROM payout_line AS line JOIN person ON person.id = line.agent_id
         JOIN statement ON statement.agent_id = line.agent_id AND statement.period = line.period
         LEFT JOIN bank_account ON bank_account.person_id = line.agent_id
         LEFT JOIN account_balance AS balance ON balance.account = 'agent_payable' AND balance.owner = line.agent_id
         WHERE line.payout_id = $1 ORDER BY person.search_key, person.id",
        payout
    )
}

/// The statements of a month that have something to pay and stand in no payout, by name.
pub async fn payable(conn: &mut Conn, period: i64) -> Result<Vec<PayableRow>, sqlx::Error> {
    fetch_all!(
        conn,
        PayableRow,
        "SELECT statement.agent_id, person.name, statement.net_centimes,
             (SELECT CAST(COUNT(*) AS BIGINT) FROM payout_line AS line
              WHERE line.agent_id = statement.agent_id AND line.period = statement.period AND line.returned_at IS NOT NULL) AS returned,
             balance.balance_centimes
         FROM statement JOIN person ON person.id = statement.agent_id
         LEFT JOIN account_balance AS balance ON balance.account = 'agent_payable' AND balance.owner = statement.agent_id
         WHERE statement.period = $1 AND statement.net_centimes > 0
             AND NOT EXISTS (SELECT 1 FROM payout_line AS line
                             WHERE line.agent_id = statement.agent_id AND line.period = statement.period AND line.is_alive)
         ORDER BY person.search_key, person.id",
        period
    )
}

pub async fn put(conn: &mut Conn, row: &PayoutRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO payout (id, period, prepared_by, prepared_at, approved_by, approved_at, cancelled_by, cancelled_at,
             paid_on, reference, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (id) DO UPDATE SET
             approved_by = excluded.approved_by, approved_at = excluded.approved_at,
             cancelled_by = excluded.cancelled_by, cancelled_at = excluded.cancelled_at, paid_on = excluded.paid_on,
             reference = excluded.reference, recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at",
        row.id,
        row.period,
        row.prepared_by,
        row.prepared_at,
        row.approved_by,
        row.approved_at,
        row.cancelled_by,
        row.cancelled_at,
        row.paid_on,
        row.reference.as_deref(),
        row.recorded_by,
        row.recorded_at,
    )
}

pub async fn add_lines(conn: &mut Conn, rows: &[LineRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO payout_line (payout_id, agent_id, period, amount_centimes, rib, step, returned_at, is_alive)",
        "",
        8,
        rows,
        |row| row.payout_id,
        row.agent_id,
        row.period,
        row.amount_centimes,
        row.rib.as_str(),
        row.step,
        row.returned_at,
        row.is_alive,
    )
}

/// Lets the statements of a payout go, so that another may pay them.
pub async fn let_go(conn: &mut Conn, payout: i64) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE payout_line SET is_alive = FALSE WHERE payout_id = $1",
        payout
    )
}

/// The bank sent one of its transfers back.
pub async fn take_back(
    conn: &mut Conn,
    payout: i64,
    agent: i64,
    at: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE payout_line SET is_alive = FALSE, returned_at = $3 WHERE payout_id = $1 AND agent_id = $2 AND is_alive",
        payout,
        agent,
        at
    )
}
