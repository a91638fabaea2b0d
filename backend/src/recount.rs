//! Checks of what is derived against what it is derived from: states against events, sums against
//! orders, balances against transfers. Tests and `taswiq` use them; nothing else should ever need to.

use crate::Office;
use crate::clock::Casablanca;
use crate::db::Conn;
use crate::error::OfficeError;
use crate::ledger::audit::BrokenEntry;
use crate::rollups::{Deltas, sql as rollup_sql};
use crate::{ledger, orders};
use std::collections::BTreeMap;
use taswiq_domain::ids::OrderId;
use taswiq_domain::ledger::Transfer;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::Order;
use taswiq_domain::period::Period;

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
    /// Orders whose transfers are not those that their events cause.
    pub ledger: Vec<OrderId>,
    /// Of each agent's chain the first entry that does not fit, in the order of their numbers.
    pub chains: Vec<BrokenEntry>,
    /// How many orders were looked at.
    pub orders_checked: usize,
    /// How many entries of the ledger were looked at.
    pub entries_checked: u64,
}

impl Differences {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
            && self.sums == 0
            && self.balances == 0
            && self.ledger.is_empty()
            && self.chains.is_empty()
            && self.ledger_sum == Centimes::ZERO
    }
}

/// Transfers in the order of their causes. In which month each counts is not the events' to say.
fn by_cause(transfers: Vec<Transfer>) -> Vec<(String, Transfer)> {
    let mut keyed: Vec<(String, Transfer)> = transfers
        .into_iter()
        .map(|transfer| {
            let period = Period::default();
            (transfer.cause_key(), Transfer { period, ..transfer })
        })
        .collect();
    keyed.sort_by(|one, other| one.0.cmp(&other.0));
    keyed
}

/// Older states do not say when the latest of what moves their commission happened, nor when what is due
/// changed.
fn with_what_is_known(mut folded: Order, stored: &Order) -> Order {
    for (part, known) in folded.sub_orders.iter_mut().zip(&stored.sub_orders) {
        part.latest_at = part.latest_at.filter(|_| known.latest_at.is_some());
        if known.due_changes.len() < part.due_changes.len() {
            part.due_changes
                .retain(|change| known.due_changes.contains(change));
        }
    }
    folded
}

/// Orders read at once.
const ORDERS_AT_ONCE: usize = 256;

/// Computes everything derived anew from the events and compares. Reads the whole database.
pub(crate) async fn recount(
    conn: &mut Conn,
    calendar: &Casablanca,
) -> Result<Differences, OfficeError> {
    let mut differences = Differences::default();
    let mut sums = Deltas::default();
    let ids: Vec<OrderId> = orders::sql::all_ids(conn)
        .await?
        .into_iter()
        .map(|(id,)| OrderId(id))
        .collect();
    differences.orders_checked = ids.len();
    for some in ids.chunks(ORDERS_AT_ONCE) {
        let mut posted = ledger::of_orders(conn, some).await?;
        for stored in orders::load(conn, some).await? {
            let events = orders::events(conn, stored.order.id).await?;
            let (folded, caused) = ledger::posted_by(&events, calendar)?;
            let posted = posted.remove(&stored.order.id).unwrap_or_default();
            if by_cause(posted) != by_cause(caused) {
                differences.ledger.push(stored.order.id);
            }
            sums.add(None, Some(&folded), calendar)?;
            let mut parts = stored.to_sub_order_rows()?;
            parts.sort_by_key(|part| part.cooperative_id);
            let folded = Order {
                signature: String::new(),
                ..folded
            };
            let mut known = orders::sql::sub_orders(conn, stored.order.id.0).await?;
            for (known, part) in known.iter_mut().zip(&parts) {
                // Older rows say that they wait where they may, and not for what.
                known.waits &= part.waits;
                if known.awaited.is_none() {
                    known.awaited.clone_from(&part.awaited);
                }
            }
            let folded = with_what_is_known(folded, &stored.order);
            if folded != stored.order || parts != known {
                differences.orders.push(stored.order.id);
            }
        }
    }
    let stored: BTreeMap<_, _> = rollup_sql::all(conn)
        .await?
        .into_iter()
        .map(rollup_sql::RollupRow::into_domain)
        .collect();
    let computed: BTreeMap<_, _> = sums.rows().into_iter().collect();
    differences.sums = computed
        .iter()
        .filter(|(key, sum)| stored.get(key) != Some(sum))
        .count()
        + stored
            .keys()
            .filter(|key| !computed.contains_key(key))
            .count();
    // Compared as they are stored: an account that nobody knows is a difference, too.
    let balances = |rows: Vec<(String, i64, i64)>| -> BTreeMap<(String, i64), i64> {
        rows.into_iter()
            .map(|(account, owner, balance)| ((account, owner), balance))
            .collect()
    };
    let stored = balances(ledger::sql::balances(conn).await?);
    let summed = balances(ledger::sql::summed_balances(conn).await?);
    differences.balances = stored
        .iter()
        .filter(|(account, balance)| summed.get(*account).copied().unwrap_or_default() != **balance)
        .count()
        + summed
            .keys()
            .filter(|account| !stored.contains_key(*account))
            .count();
    differences.ledger_sum = Centimes::sum(stored.into_values().map(Centimes))?;
    (differences.chains, differences.entries_checked) = ledger::audit::broken_entries(conn).await?;
    Ok(differences)
}

impl Office {
    /// Computes everything derived anew from the events and compares. Reads the whole database.
    pub async fn recount(&self) -> Result<Differences, OfficeError> {
        recount(&mut self.db.read().await?, &self.shared.calendar).await
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
