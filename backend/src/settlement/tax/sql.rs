//! Statements of tax terms.

use crate::db::{Conn, execute, fetch_all};

/// Tax terms as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TermsRow {
    pub valid_from: i64,
    pub rates: String,
    pub published_by: i64,
    pub published_at: i64,
}

/// All terms, oldest first.
pub async fn all(conn: &mut Conn) -> Result<Vec<TermsRow>, sqlx::Error> {
    fetch_all!(
        conn,
        TermsRow,
        "SELECT valid_from, rates, published_by, published_at FROM tax_terms ORDER BY valid_from"
    )
}

pub async fn add(conn: &mut Conn, row: &TermsRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO tax_terms (valid_from, rates, published_by, published_at) VALUES ($1, $2, $3, $4)",
        row.valid_from,
        row.rates.as_str(),
        row.published_by,
        row.published_at,
    )
}
