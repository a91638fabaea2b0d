//! What happens by the server's clock alone: a cooperative that did not answer in time, a withdrawal
//! period that has ended, goods that were never paid for.
//!
//! The job may run as often as it likes and in several processes at once: each order is looked at
//! again inside the writing transaction, and an event that no longer fits is not written.

use crate::Office;
use crate::error::OfficeError;
use crate::orders::{self, sql};
use crate::work::{Doer, Work};
use crate::{customers, db};
use std::collections::HashMap;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::commission::standings;
use taswiq_domain::customer::Customer;
use taswiq_domain::ids::{CooperativeId, CustomerId, OrderId, PersonId};
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{Order, OrderEvent, Stage, Withdrawal};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

/// Sub-orders looked at in one transaction.
const SUB_ORDERS_AT_ONCE: i64 = 200;

/// What the clock did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Sub-orders that expired.
    pub expired: u32,
    /// Withdrawal periods that closed.
    pub withdrawals_closed: u32,
    /// Sub-orders whose commission was written off.
    pub written_off: u32,
}

/// A cooperative's part of an order whose commission is written off soon unless the customer pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoonWrittenOff {
    /// Of which order.
    pub order: OrderId,
    /// The code people say.
    pub code: SpokenCode,
    /// Who took it.
    pub agent: PersonId,
    /// Who has the goods.
    pub customer: Customer,
    /// Whose goods.
    pub cooperative: CooperativeId,
    /// What the customer still owes for them.
    pub owed: Centimes,
    /// What everybody who earns by them loses.
    pub commission: Centimes,
    /// When it is written off.
    pub at: Timestamp,
}

/// Sub-orders that something is due for, by what it is.
#[derive(Debug)]
struct Due {
    unanswered: Vec<(Uuid, i64)>,
    over: Vec<(Uuid, i64)>,
    unpaid: Vec<(Uuid, i64)>,
}

/// How many parts of orders that are written off soon are told at once.
pub const SOON_WRITTEN_OFF_TOLD: usize = 200;

impl Office {
    /// What is written off within [`limits::WRITE_OFF_ANNOUNCED_DAYS`] unless the customers pay: the
    /// soonest first, [`SOON_WRITTEN_OFF_TOLD`] at most.
    pub async fn soon_written_off(
        &self,
        actor: &Actor,
    ) -> Result<Vec<SoonWrittenOff>, OfficeError> {
        self.require(actor, Action::ReadFigures)?;
        let by = self.announced_until();
        let mut conn = self.db.read().await?;
        let limit = SOON_WRITTEN_OFF_TOLD as i64;
        let due = sql::unpaid_too_long_by(&mut conn, by.0, limit).await?;
        let ids: Vec<OrderId> = due.iter().map(|(id, _)| OrderId(*id)).collect();
        let orders = load_each(&mut conn, &ids).await?;
        let ids: Vec<CustomerId> = orders.values().map(|order| order.customer).collect();
        let customers: HashMap<CustomerId, Customer> = customers::load(&mut conn, &ids)
            .await?
            .into_iter()
            .map(|stored| (stored.customer.id, stored.customer))
            .collect();
        let mut told = Vec::with_capacity(due.len());
        for (id, cooperative) in due {
            let cooperative = CooperativeId(cooperative);
            let part = orders.get(&OrderId(id)).and_then(|order| {
                let customer = customers.get(&order.customer)?;
                Some((order, order.sub_order(cooperative)?, customer))
            });
            let Some((order, sub_order, customer)) = part else {
                continue;
            };
            // Paid since the list was read.
            let Some(at) = sub_order.write_off_at()? else {
                continue;
            };
            let mut commission = Centimes::ZERO;
            for line in &sub_order.lines {
                for (_, standing) in standings(sub_order, line, order.agent)? {
                    commission = commission.plus(standing.pending)?;
                }
            }
            told.push(SoonWrittenOff {
                order: order.id,
                code: order.code,
                agent: order.agent,
                customer: customer.clone(),
                cooperative,
                owed: sub_order.due()?.minus(sub_order.collected)?,
                commission,
                at,
            });
        }
        Ok(told)
    }

    /// How many parts of orders [`Office::soon_written_off`] is about, told or not.
    pub async fn count_soon_written_off(&self, actor: &Actor) -> Result<i64, OfficeError> {
        self.require(actor, Action::ReadFigures)?;
        let mut conn = self.db.read().await?;
        Ok(sql::count_unpaid_too_long_by(&mut conn, self.announced_until().0).await?)
    }

    fn announced_until(&self) -> Timestamp {
        self.now().plus_days(limits::WRITE_OFF_ANNOUNCED_DAYS)
    }

    /// Lets everything happen that is due by now. Run it every minute or so.
    pub async fn pass_deadlines(&self) -> Result<Passed, OfficeError> {
        let mut passed = Passed::default();
        loop {
            let now = self.now();
            let mut conn = self.db.read().await?;
            let due = Due {
                unanswered: sql::unanswered_by(&mut conn, now.0, SUB_ORDERS_AT_ONCE).await?,
                over: sql::withdrawal_over_by(&mut conn, now.0, SUB_ORDERS_AT_ONCE).await?,
                unpaid: sql::unpaid_too_long_by(&mut conn, now.0, SUB_ORDERS_AT_ONCE).await?,
            };
            drop(conn);
            if due.unanswered.is_empty() && due.over.is_empty() && due.unpaid.is_empty() {
                return Ok(passed);
            }
            let step = self
                .write(due, |due, work| Box::pin(pass(work, due)))
                .await?;
            if step == Passed::default() {
                // Another process was faster, or nothing could be done: next time.
                return Ok(passed);
            }
            passed.expired += step.expired;
            passed.withdrawals_closed += step.withdrawals_closed;
            passed.written_off += step.written_off;
        }
    }
}

async fn load_each(
    conn: &mut db::Conn,
    ids: &[OrderId],
) -> Result<HashMap<OrderId, Order>, OfficeError> {
    let stored = orders::load(conn, ids).await?;
    let orders = stored.into_iter().map(|stored| stored.order);
    Ok(orders.map(|order| (order.id, order)).collect())
}

async fn pass(work: &mut Work, due: &Due) -> Result<Passed, OfficeError> {
    let mut passed = Passed::default();
    for (order, cooperative) in &due.unanswered {
        let cooperative = CooperativeId(*cooperative);
        let is_due = |order: &Order, received_at: Timestamp, now: Timestamp| {
            order
                .sub_order(cooperative)
                .is_some_and(|sub_order| sub_order.stage == Stage::Awaiting)
                && received_at.plus_hours(limits::CONFIRM_EXPIRY_HOURS) <= now
        };
        passed.expired += u32::from(
            happen_if(
                work,
                OrderId(*order),
                &OrderEvent::Expired { cooperative },
                is_due,
            )
            .await?,
        );
    }
    for (order, cooperative) in &due.over {
        let cooperative = CooperativeId(*cooperative);
        let is_due = |order: &Order, _: Timestamp, now: Timestamp| {
            order.sub_order(cooperative).is_some_and(|sub_order| matches!(sub_order.withdrawal, Withdrawal::Open { closes_at } if closes_at <= now))
        };
        passed.withdrawals_closed += u32::from(
            happen_if(
                work,
                OrderId(*order),
                &OrderEvent::WithdrawalClosed { cooperative },
                is_due,
            )
            .await?,
        );
    }
    // After the withdrawal periods: money that was held until now may be all that was due.
    for (order, cooperative) in &due.unpaid {
        let cooperative = CooperativeId(*cooperative);
        // The rules themselves say whether it is due.
        let is_due = |_: &Order, _: Timestamp, _: Timestamp| true;
        passed.written_off += u32::from(
            happen_if(
                work,
                OrderId(*order),
                &OrderEvent::WrittenOff { cooperative },
                is_due,
            )
            .await?,
        );
    }
    Ok(passed)
}

async fn happen_if(
    work: &mut Work,
    id: OrderId,
    event: &OrderEvent,
    is_due: impl Fn(&Order, Timestamp, Timestamp) -> bool,
) -> Result<bool, OfficeError> {
    let now = work.now;
    let Some(stored) = work.order(id).await? else {
        return Ok(false);
    };
    if !is_due(&stored.order, stored.received_at, now) {
        return Ok(false);
    }
    let Ok(after) = stored.order.after(event, now) else {
        return Ok(false);
    };
    work.happen(
        event,
        after,
        Doer {
            actor: None,
            device: None,
            made_at: now,
            received_at: now,
        },
    )
    .await?;
    Ok(true)
}
