//! What a close is compared with: the plainest sums there are over the rows that it has to read. These are
//! what came to the earned accounts, what left them, and the parts of orders that are not yet in.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

/// A connection that reads a company beside the program that writes it.
pub struct Books(SqliteConnection);

/// What came to an agent's earned account in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Earned {
    pub chain_agent: i64,
    pub amount_centimes: i64,
    pub base_centimes: i64,
    pub count: i64,
}

impl Books {
    pub async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        Ok(Self(SqliteConnection::connect_with(&options).await?))
    }

    /// While it is open the file is not whole.
    pub async fn close(self) -> Result<(), sqlx::Error> {
        self.0.close().await
    }

    /// The sum of each agent, from the index that was made for it.
    pub async fn earned(&mut self, period: i64) -> Result<Vec<Earned>, sqlx::Error> {
        sqlx::query_as(
            "SELECT chain_agent, SUM(amount_centimes) AS amount_centimes, SUM(base_centimes) AS base_centimes, COUNT(*) AS count
             FROM ledger_transfer WHERE credit_account = 'agent_earned' AND period = $1 GROUP BY chain_agent",
        )
        .bind(period)
        .fetch_all(&mut self.0)
        .await
    }

    /// What left the earned accounts: how many entries, and their sum.
    pub async fn taken(&mut self, period: i64) -> Result<(i64, i64), sqlx::Error> {
        sqlx::query_as(
            "SELECT COUNT(*), COALESCE(SUM(amount_centimes), 0) FROM ledger_transfer
             WHERE debit_account = 'agent_earned' AND period = $1",
        )
        .bind(period)
        .fetch_one(&mut self.0)
        .await
    }

    /// The parts of orders that are not yet in: how many, and what customers owe for them.
    pub async fn waiting(&mut self, before: i64) -> Result<(i64, i64), sqlx::Error> {
        sqlx::query_as(
            "SELECT COUNT(*), COALESCE(SUM(due_centimes), 0) FROM sub_order WHERE waits AND placed_at < $1",
        )
        .bind(before)
        .fetch_one(&mut self.0)
        .await
    }

    /// What was earned from the rows themselves, as it would be without that index.
    pub async fn earned_without_index(&mut self, period: i64) -> Result<Vec<Earned>, sqlx::Error> {
        sqlx::query_as(
            "SELECT chain_agent, SUM(amount_centimes) AS amount_centimes, SUM(base_centimes) AS base_centimes, COUNT(*) AS count
             FROM ledger_transfer NOT INDEXED WHERE credit_account = 'agent_earned' AND period = $1 GROUP BY chain_agent",
        )
        .bind(period)
        .fetch_all(&mut self.0)
        .await
    }
}
