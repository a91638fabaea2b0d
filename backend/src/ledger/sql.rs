//! Statements of the ledger.

use crate::db::{Conn, fetch_all, fetch_in, fetch_optional, insert_rows};
use uuid::Uuid;

/// A transfer as stored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TransferRow {
    pub number: i64,
    pub debit_account: String,
    pub debit_owner: i64,
    pub credit_account: String,
    pub credit_owner: i64,
    pub amount_centimes: i64,
    pub purpose: String,
    pub cause: String,
    pub order_id: Option<Uuid>,
    pub cooperative_id: i64,
    pub line: i64,
    pub event_number: i64,
    pub told_by: i64,
    pub cause_id: Option<Uuid>,
    pub concerns_period: Option<i64>,
    pub corrects: Option<i64>,
    pub base_centimes: i64,
    pub at: i64,
    pub period: i64,
    pub chain_agent: i64,
    pub chain_number: i64,
    pub chain_hash: Option<Vec<u8>>,
}

macro_rules! columns {
    () => {
        "number, debit_account, debit_owner, credit_account, credit_owner, amount_centimes, purpose, cause,
             order_id, cooperative_id, line, event_number, told_by, cause_id, concerns_period, corrects,
             base_centimes, at, period, chain_agent, chain_number, chain_hash"
    };
}

macro_rules! select_transfers {
    ($tail:literal) => {
        concat!("SELECT ", columns!(), " FROM ledger_transfer ", $tail)
    };
}

pub async fn add(conn: &mut Conn, rows: &[TransferRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        concat!("INSERT INTO ledger_transfer (", columns!(), ")"),
        "",
        22,
        rows,
        |row| row.number,
        row.debit_account.as_str(),
        row.debit_owner,
        row.credit_account.as_str(),
        row.credit_owner,
        row.amount_centimes,
        row.purpose.as_str(),
        row.cause.as_str(),
        row.order_id,
        row.cooperative_id,
        row.line,
        row.event_number,
        row.told_by,
        row.cause_id,
        row.concerns_period,
        row.corrects,
        row.base_centimes,
        row.at,
        row.period,
        row.chain_agent,
        row.chain_number,
        row.chain_hash.as_deref(),
    )
}

/// Adds to the balances of accounts, by kind and owner.
pub async fn add_to_balances(
    conn: &mut Conn,
    rows: &[(&'static str, i64, i64)],
) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO account_balance (account, owner, balance_centimes)",
        "ON CONFLICT (account, owner) DO UPDATE SET balance_centimes = account_balance.balance_centimes + excluded.balance_centimes",
        3,
        rows,
        |row| row.0,
        row.1,
        row.2,
    )
}

pub async fn by_number(conn: &mut Conn, numbers: &[i64]) -> Result<Vec<TransferRow>, sqlx::Error> {
    fetch_in!(
        conn,
        TransferRow,
        select_transfers!("WHERE number"),
        "ORDER BY number",
        numbers
    )
}

pub async fn of_order(conn: &mut Conn, order: Uuid) -> Result<Vec<TransferRow>, sqlx::Error> {
    fetch_all!(
        conn,
        TransferRow,
        select_transfers!("WHERE order_id = $1 ORDER BY number"),
        order,
    )
}

/// What moved an agent's commission before entry `before`, latest first.
pub async fn of_agent(
    conn: &mut Conn,
    agent: i64,
    before: i64,
    limit: i64,
) -> Result<Vec<TransferRow>, sqlx::Error> {
    fetch_all!(
        conn,
        TransferRow,
        select_transfers!(
            "WHERE chain_agent = $1 AND number < $2 ORDER BY chain_number DESC LIMIT CAST($3 AS BIGINT)"
        ),
        agent,
        before,
        limit,
    )
}

/// Transfers of several orders.
pub async fn of_orders(conn: &mut Conn, orders: &[Uuid]) -> Result<Vec<TransferRow>, sqlx::Error> {
    fetch_in!(
        conn,
        TransferRow,
        select_transfers!("WHERE order_id"),
        "ORDER BY number",
        orders
    )
}

/// The transfer that corrects that one.
pub async fn correction_of(conn: &mut Conn, number: i64) -> Result<Option<(i64,)>, sqlx::Error> {
    fetch_optional!(
        conn,
        (i64,),
        "SELECT number FROM ledger_transfer WHERE corrects = $1",
        number,
    )
}

/// All transfers by their numbers, from after that one on.
pub async fn after(
    conn: &mut Conn,
    number: i64,
    limit: i64,
) -> Result<Vec<TransferRow>, sqlx::Error> {
    fetch_all!(
        conn,
        TransferRow,
        select_transfers!("WHERE number > $1 ORDER BY number LIMIT CAST($2 AS BIGINT)"),
        number,
        limit,
    )
}

/// How far a chain has come.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ChainRow {
    pub agent_id: i64,
    pub length: i64,
    pub head: Vec<u8>,
}

pub async fn chains_of(conn: &mut Conn, agents: &[i64]) -> Result<Vec<ChainRow>, sqlx::Error> {
    fetch_in!(
        conn,
        ChainRow,
        "SELECT agent_id, length, head FROM agent_chain WHERE agent_id",
        "",
        agents
    )
}

pub async fn chains(conn: &mut Conn) -> Result<Vec<ChainRow>, sqlx::Error> {
    fetch_all!(
        conn,
        ChainRow,
        "SELECT agent_id, length, head FROM agent_chain ORDER BY agent_id"
    )
}

pub async fn put_chains(conn: &mut Conn, rows: &[ChainRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO agent_chain (agent_id, length, head)",
        "ON CONFLICT (agent_id) DO UPDATE SET length = excluded.length, head = excluded.head",
        3,
        rows,
        |row| row.agent_id,
        row.length,
        row.head.as_slice(),
    )
}

pub async fn balances(conn: &mut Conn) -> Result<Vec<(String, i64, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (String, i64, i64),
        "SELECT account, owner, balance_centimes FROM account_balance ORDER BY account, owner"
    )
}

/// Every account's balance, summed from the transfers themselves.
pub async fn summed_balances(conn: &mut Conn) -> Result<Vec<(String, i64, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (String, i64, i64),
        "SELECT account, owner, CAST(SUM(amount) AS BIGINT) FROM (
             SELECT credit_account AS account, credit_owner AS owner, amount_centimes AS amount FROM ledger_transfer
             UNION ALL
             SELECT debit_account AS account, debit_owner AS owner, -amount_centimes AS amount FROM ledger_transfer
         ) AS sides GROUP BY account, owner ORDER BY account, owner",
    )
}
