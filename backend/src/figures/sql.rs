//! Statements of the figures that are no roll-ups.

use crate::db::{Conn, fetch_one};

/// Sub-orders that no cooperative has answered: how many, by when the first must be, and how many
/// of how many cooperatives must be answered before `late`.
pub async fn unanswered(
    conn: &mut Conn,
    late: i64,
) -> Result<(i64, Option<i64>, i64, i64), sqlx::Error> {
    fetch_one!(
        conn,
        (i64, Option<i64>, i64, i64),
        "SELECT CAST(COUNT(*) AS BIGINT), MIN(confirm_by),
             CAST(COALESCE(SUM(CASE WHEN confirm_by < $1 THEN 1 ELSE 0 END), 0) AS BIGINT),
             CAST(COUNT(DISTINCT CASE WHEN confirm_by < $1 THEN cooperative_id END) AS BIGINT)
         FROM sub_order WHERE confirm_by IS NOT NULL",
        late,
    )
}
