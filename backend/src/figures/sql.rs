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
        // Each question apart: those that are late are few, and only they are looked at one by one.
        "SELECT
             (SELECT CAST(COUNT(*) AS BIGINT) FROM sub_order WHERE confirm_by IS NOT NULL),
             (SELECT MIN(confirm_by) FROM sub_order WHERE confirm_by IS NOT NULL),
             (SELECT CAST(COUNT(*) AS BIGINT) FROM sub_order WHERE confirm_by IS NOT NULL AND confirm_by < $1),
             (SELECT CAST(COUNT(DISTINCT cooperative_id) AS BIGINT) FROM sub_order
                 WHERE confirm_by IS NOT NULL AND confirm_by < $1)",
        late,
    )
}
