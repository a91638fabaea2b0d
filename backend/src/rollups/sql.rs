//! Statements of the roll-ups.

use super::{Grain, Measures, RollupKey, face};
use crate::db::{Conn, execute, fetch_all, insert_rows};
use taswiq_domain::ids::{CooperativeId, PersonId, ProductId};
use taswiq_domain::money::Centimes;
use taswiq_domain::time::CivilDate;

/// A stored sum.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct RollupRow {
    face: i64,
    grain: i64,
    agent_id: i64,
    period: i64,
    cooperative_id: i64,
    product_id: i64,
    orders: i64,
    units_asked: i64,
    gross_asked: i64,
    net_asked: i64,
    net_confirmed: i64,
    net_kept: i64,
    commission_estimate: i64,
    commission_pending: i64,
    commission_earned: i64,
}

impl RollupRow {
    fn new(key: &RollupKey, measures: &Measures) -> Self {
        Self {
            face: face(
                key.agent.is_some(),
                key.cooperative.is_some(),
                key.product.is_some(),
            ),
            grain: key.grain.stored(),
            agent_id: key.agent.map_or(0, |agent| agent.0),
            period: i64::from(key.period.days_since_epoch()),
            cooperative_id: key.cooperative.map_or(0, |cooperative| cooperative.0),
            product_id: key.product.map_or(0, |product| product.0),
            orders: measures.orders,
            units_asked: measures.units_asked,
            gross_asked: measures.gross_asked.0,
            net_asked: measures.net_asked.0,
            net_confirmed: measures.net_confirmed.0,
            net_kept: measures.net_kept.0,
            commission_estimate: measures.commission_estimate.0,
            commission_pending: measures.commission_pending.0,
            commission_earned: measures.commission_earned.0,
        }
    }

    /// The key and its sums.
    pub fn into_domain(self) -> (RollupKey, Measures) {
        let some = |id: i64| (id != 0).then_some(id);
        let key = RollupKey {
            grain: if self.grain == Grain::Day.stored() {
                Grain::Day
            } else {
                Grain::Month
            },
            period: CivilDate::from_days_since_epoch(self.period as i32),
            agent: some(self.agent_id).map(PersonId),
            cooperative: some(self.cooperative_id).map(CooperativeId),
            product: some(self.product_id).map(ProductId),
        };
        let measures = Measures {
            orders: self.orders,
            units_asked: self.units_asked,
            gross_asked: Centimes(self.gross_asked),
            net_asked: Centimes(self.net_asked),
            net_confirmed: Centimes(self.net_confirmed),
            net_kept: Centimes(self.net_kept),
            commission_estimate: Centimes(self.commission_estimate),
            commission_pending: Centimes(self.commission_pending),
            commission_earned: Centimes(self.commission_earned),
        };
        (key, measures)
    }
}

impl Grain {
    /// The stored number.
    pub const fn stored(self) -> i64 {
        match self {
            Self::Day => 0,
            Self::Month => 1,
        }
    }
}

/// Adds differences to the stored sums.
pub async fn add(conn: &mut Conn, deltas: &[(RollupKey, Measures)]) -> Result<(), sqlx::Error> {
    let rows: Vec<RollupRow> = deltas
        .iter()
        .map(|(key, measures)| RollupRow::new(key, measures))
        .collect();
    insert_rows!(
        conn,
        "INSERT INTO rollup (face, grain, agent_id, period, cooperative_id, product_id, orders, units_asked, gross_asked, net_asked,
             net_confirmed, net_kept, commission_estimate, commission_pending, commission_earned)",
        "ON CONFLICT (face, grain, agent_id, period, cooperative_id, product_id) DO UPDATE SET
             orders = rollup.orders + excluded.orders,
             units_asked = rollup.units_asked + excluded.units_asked,
             gross_asked = rollup.gross_asked + excluded.gross_asked,
             net_asked = rollup.net_asked + excluded.net_asked,
             net_confirmed = rollup.net_confirmed + excluded.net_confirmed,
             net_kept = rollup.net_kept + excluded.net_kept,
             commission_estimate = rollup.commission_estimate + excluded.commission_estimate,
             commission_pending = rollup.commission_pending + excluded.commission_pending,
             commission_earned = rollup.commission_earned + excluded.commission_earned",
        15,
        &rows,
        |row| row.face,
        row.grain,
        row.agent_id,
        row.period,
        row.cooperative_id,
        row.product_id,
        row.orders,
        row.units_asked,
        row.gross_asked,
        row.net_asked,
        row.net_confirmed,
        row.net_kept,
        row.commission_estimate,
        row.commission_pending,
        row.commission_earned,
    )
}

/// Every sum that is not zero, for comparison with a recomputation.
pub async fn all(conn: &mut Conn) -> Result<Vec<RollupRow>, sqlx::Error> {
    fetch_all!(
        conn,
        RollupRow,
        "SELECT face, grain, agent_id, period, cooperative_id, product_id, orders, units_asked, gross_asked, net_asked,
             net_confirmed, net_kept, commission_estimate, commission_pending, commission_earned
         FROM rollup
         WHERE orders <> 0 OR units_asked <> 0 OR gross_asked <> 0 OR net_asked <> 0 OR net_confirmed <> 0 OR net_kept <> 0
             OR commission_estimate <> 0 OR commission_pending <> 0 OR commission_earned <> 0
         ORDER BY face, grain, agent_id, period, cooperative_id, product_id",
    )
}

/// Forgets every sum, to write them anew from the events.
pub async fn clear(conn: &mut Conn) -> Result<u64, sqlx::Error> {
    execute!(conn, "DELETE FROM rollup")
}

/// Which sums to read: one face of the cube, and within it the sums of one agent (0 for those of all
/// together), one cooperative or one product where `one_…` is not null. Days from `first` to before
/// `whole_months`, whole months up to `after_whole_months`, then days up to before `end`.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    pub face: i64,
    pub one_agent: Option<i64>,
    pub one_cooperative: Option<i64>,
    pub one_product: Option<i64>,
    pub first: i64,
    pub whole_months: i64,
    pub after_whole_months: i64,
    pub end: i64,
}

// Each part fixes the key up to the period, so that it reads the rows of its period and no others:
// the sums of half a year's days are a hundred times those of one.
macro_rules! slice_part {
    ($grain:literal, $agents:literal, $from:literal, $to:literal) => {
        concat!(
            "SELECT face, grain, agent_id, period, cooperative_id, product_id, orders, units_asked, gross_asked, net_asked,
                 net_confirmed, net_kept, commission_estimate, commission_pending, commission_earned
             FROM rollup WHERE face = $1 AND grain = ",
            $grain,
            " AND ",
            $agents,
            " AND period >= ",
            $from,
            " AND period < ",
            $to
        )
    };
}

macro_rules! slice_query {
    ($agents:literal, $columns:literal, $group:literal) => {
        concat!(
            "SELECT ",
            $columns,
            ", CAST(SUM(orders) AS BIGINT) AS orders, CAST(SUM(units_asked) AS BIGINT) AS units_asked,
                CAST(SUM(gross_asked) AS BIGINT) AS gross_asked, CAST(SUM(net_asked) AS BIGINT) AS net_asked,
                CAST(SUM(net_confirmed) AS BIGINT) AS net_confirmed, CAST(SUM(net_kept) AS BIGINT) AS net_kept,
                CAST(SUM(commission_estimate) AS BIGINT) AS commission_estimate,
                CAST(SUM(commission_pending) AS BIGINT) AS commission_pending,
                CAST(SUM(commission_earned) AS BIGINT) AS commission_earned
             FROM (",
            slice_part!("1", $agents, "$6", "$7"),
            " UNION ALL ",
            slice_part!("0", $agents, "$5", "$6"),
            " UNION ALL ",
            slice_part!("0", $agents, "$7", "$8"),
            ") AS parts
             WHERE (CAST($3 AS BIGINT) IS NULL OR cooperative_id = $3)
                AND (CAST($4 AS BIGINT) IS NULL OR product_id = $4)",
            $group
        )
    };
}

// A slice of one agent, or of all together, and a slice of each agent.
macro_rules! slice_queries {
    ($columns:literal, $group:literal) => {
        [
            slice_query!("agent_id = $2", $columns, $group),
            slice_query!(
                "CAST($2 AS BIGINT) IS NULL AND agent_id IN (SELECT id FROM person)",
                $columns,
                $group
            ),
        ]
    };
}

/// How a slice is broken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Agent,
    Cooperative,
    Product,
    Period,
}

fn text(group: Group, one_agent: Option<i64>) -> &'static str {
    let [of_one, of_each] = match group {
        Group::Agent => slice_queries!(
            "face, CAST(0 AS BIGINT) AS grain, agent_id, CAST(0 AS BIGINT) AS period, CAST(0 AS BIGINT) AS cooperative_id, CAST(0 AS BIGINT) AS product_id",
            " GROUP BY face, agent_id"
        ),
        Group::Cooperative => slice_queries!(
            "face, CAST(0 AS BIGINT) AS grain, CAST(0 AS BIGINT) AS agent_id, CAST(0 AS BIGINT) AS period, cooperative_id, CAST(0 AS BIGINT) AS product_id",
            " GROUP BY face, cooperative_id"
        ),
        Group::Product => slice_queries!(
            "face, CAST(0 AS BIGINT) AS grain, CAST(0 AS BIGINT) AS agent_id, CAST(0 AS BIGINT) AS period, cooperative_id, product_id",
            " GROUP BY face, cooperative_id, product_id"
        ),
        Group::Period => slice_queries!(
            "face, grain, CAST(0 AS BIGINT) AS agent_id, period, CAST(0 AS BIGINT) AS cooperative_id, CAST(0 AS BIGINT) AS product_id",
            " GROUP BY face, grain, period"
        ),
    };
    if one_agent.is_some() { of_one } else { of_each }
}

/// A slice, summed by group. Columns that are not grouped by are zero.
pub async fn slice(
    conn: &mut Conn,
    slice: &Slice,
    group: Group,
) -> Result<Vec<RollupRow>, sqlx::Error> {
    let text = text(group, slice.one_agent);
    fetch_all!(
        conn,
        RollupRow,
        text,
        slice.face,
        slice.one_agent,
        slice.one_cooperative,
        slice.one_product,
        slice.first,
        slice.whole_months,
        slice.after_whole_months,
        slice.end,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{Connection, QueryBuilder, Sqlite, SqliteConnection};

    #[tokio::test]
    async fn a_slice_reads_the_sums_of_its_period_and_no_others() {
        let mut connection = SqliteConnection::connect("sqlite::memory:")
            .await
            .expect("a database");
        sqlx::migrate!("migrations/sqlite")
            .run(&mut connection)
            .await
            .expect("tables");
        for group in [
            Group::Agent,
            Group::Cooperative,
            Group::Product,
            Group::Period,
        ] {
            for one_agent in [None, Some(7)] {
                let mut explain = QueryBuilder::<Sqlite>::new("EXPLAIN QUERY PLAN ");
                let plan: Vec<(i64, i64, i64, String)> = explain
                    .push(text(group, one_agent))
                    .build_query_as()
                    .fetch_all(&mut connection)
                    .await
                    .expect("a plan");
                let reads: Vec<&str> = plan
                    .iter()
                    .map(|(.., step)| step.as_str())
                    .filter(|step| step.contains(" rollup "))
                    .collect();
                assert_eq!(reads.len(), 3, "{plan:?}");
                for read in reads {
                    assert!(
                        read.contains(
                            "(face=? AND grain=? AND agent_id=? AND period>? AND period<?)"
                        ),
                        "{group:?}: {read}"
                    );
                }
            }
        }
    }
}
