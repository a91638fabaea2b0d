//! Checks of what is derived against what it is derived from: states against events, sums against
//! orders, balances against transfers. Tests and `taswiq` use them; nothing else should ever need to.

use crate::Office;
use crate::error::OfficeError;
use crate::orders;
use crate::rollups::{Deltas, sql as rollup_sql};
use taswiq_domain::ids::OrderId;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::Order;

/// What does not fit. Empty when all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Orders whose stored state, or what lists know of their parts, is not the fold of their events.
    pub orders: Vec<OrderId>,
    /// How many sums differ from those of the orders.
    pub sums: usize,
    /// How many balances differ from those of the transfers.
    pub balances: usize,
    /// The sum over all accounts, which is zero.
    pub ledger_sum: Centimes,
    /// How many orders were looked at.
    pub orders_checked: usize,
}

impl Differences {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
            && self.sums == 0
            && self.balances == 0
            && self.ledger_sum == Centimes::ZERO
    }
}

/// Orders read at once.
const ORDERS_AT_ONCE: usize = 256;

impl Office {
    /// Computes everything derived anew from the events and compares. Reads the whole database.
    pub async fn recount(&self) -> Result<Differences, OfficeError> {
        let mut conn = self.db.read().await?;
        let mut differences = Differences::default();
        let mut sums = Deltas::default();
        let ids: Vec<OrderId> = orders::sql::all_ids(&mut conn)
            .await?
            .into_iter()
            .map(|(id,)| OrderId(id))
            .collect();
        differences.orders_checked = ids.len();
        for some in ids.chunks(ORDERS_AT_ONCE) {
            for stored in orders::load(&mut conn, some).await? {
                let events = orders::events(&mut conn, stored.order.id).await?;
                let folded = Order::replay(
                    events
                        .iter()
                        .map(|recorded| (&recorded.event, recorded.made_at)),
                )?;
                sums.add(None, Some(&folded), &self.shared.calendar)?;
                let mut parts = stored.to_sub_order_rows()?;
                parts.sort_by_key(|part| part.cooperative_id);
                let folded = Order {
                    signature: String::new(),
                    ..folded
                };
                if folded != stored.order
                    || parts != orders::sql::sub_orders(&mut conn, stored.order.id.0).await?
                {
                    differences.orders.push(stored.order.id);
                }
            }
        }
        let stored: std::collections::BTreeMap<_, _> = rollup_sql::all(&mut conn)
            .await?
            .into_iter()
            .map(rollup_sql::RollupRow::into_domain)
            .collect();
        let computed: std::collections::BTreeMap<_, _> = sums.rows().into_iter().collect();
        differences.sums = computed
            .iter()
            .filter(|(key, sum)| stored.get(key) != Some(sum))
            .count()
            + stored
                .keys()
                .filter(|key| !computed.contains_key(key))
                .count();
        let (stored, summed) = (
            crate::ledger::balances(&mut conn).await?,
            crate::ledger::summed_balances(&mut conn).await?,
        );
        differences.balances = stored
            .iter()
            .filter(|(account, balance)| {
                summed.get(account).copied().unwrap_or_default() != **balance
            })
            .count()
            + summed
                .keys()
                .filter(|account| !stored.contains_key(account))
                .count();
        differences.ledger_sum = crate::ledger::sum(&summed)?;
        Ok(differences)
    }

    /// Writes the roll-ups anew from the events, when a new build sums something else than the old.
    pub async fn rewrite_rollups(&self) -> Result<(), OfficeError> {
        self.write((), |(), work| {
            Box::pin(async move {
                let mut sums = Deltas::default();
                let ids: Vec<OrderId> = orders::sql::all_ids(&mut work.conn)
                    .await?
                    .into_iter()
                    .map(|(id,)| OrderId(id))
                    .collect();
                for some in ids.chunks(ORDERS_AT_ONCE) {
                    for stored in orders::load(&mut work.conn, some).await? {
                        sums.add(None, Some(&stored.order), &work.shared.calendar)?;
                    }
                }
                rollup_sql::clear(&mut work.conn).await?;
                rollup_sql::add(&mut work.conn, &sums.rows()).await?;
                Ok(())
            })
        })
        .await
    }
}
