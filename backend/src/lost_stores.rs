//! Stores that a phone's browser threw away: what was in them that nobody else had, until it has come in by
//! another way or a person has closed the matter.
//!
//! The phone that comes after tells ([`Request::lost`](taswiq_domain::sync::Request)). An order that was lost can
//! come back: from the customer's receipt, or in a hand-over file that was made before. Its code says which
//! it is.

pub mod sql;

use crate::Office;
use crate::error::OfficeError;
use crate::people;
use crate::work::Work;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::ids::{DeviceId, OrderId, PersonId};
use taswiq_domain::limits;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{Trace, Waiting};
use taswiq_domain::text::LocalText;
use taswiq_domain::time::Timestamp;

/// A store that was thrown away with something in it that nobody else had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostStore {
    /// The device whose store it was.
    pub device: DeviceId,
    /// What people call it; empty when nobody has named it.
    pub device_name: String,
    /// Whose.
    pub person: PersonId,
    /// Their name.
    pub person_name: LocalText,
    /// When the office heard of it.
    pub told_at: Timestamp,
    /// The orders that were in it.
    pub orders: Vec<LostOrder>,
    /// How many other acts were.
    pub others: u32,
}

/// An order of a [`LostStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostOrder {
    /// Its code.
    pub code: SpokenCode,
    /// The order, if it has come in since.
    pub arrived: Option<OrderId>,
}

/// Stores in one page.
const STORES_PER_PAGE: i64 = 100;
/// More that are open of one person are not written down: somebody who could sign in made them up.
const OPEN_STORES_MAX: i64 = 20;

impl Office {
    /// The latest of those that are open: where an order has not come in, or where it is unknown whether
    /// something else has. The last told first.
    pub async fn lost_stores(&self, actor: &Actor) -> Result<Vec<LostStore>, OfficeError> {
        self.require(actor, Action::SettleParked)?;
        let mut conn = self.db.read().await?;
        let mut stores = Vec::new();
        for row in sql::open(&mut conn, STORES_PER_PAGE).await? {
            let person = people::load(&mut conn, PersonId(row.person_id)).await?;
            let person = person.ok_or(OfficeError::Corrupt {
                what: "a lost store",
            })?;
            let orders = sql::orders(&mut conn, row.device_id, row.person_id).await?;
            stores.push(LostStore {
                device: DeviceId(row.device_id),
                device_name: row.device_name.unwrap_or_default(),
                person: person.id,
                person_name: person.name,
                told_at: Timestamp(row.told_at),
                orders: orders
                    .into_iter()
                    .map(|(code, order)| {
                        Ok(LostOrder {
                            code: code.parse().map_err(|_| OfficeError::Corrupt {
                                what: "the code of a lost order",
                            })?,
                            arrived: order.map(OrderId),
                        })
                    })
                    .collect::<Result<_, OfficeError>>()?,
                others: u32::try_from(row.others).unwrap_or(u32::MAX),
            });
        }
        Ok(stores)
    }

    /// How many are open.
    pub async fn count_lost_stores(&self, actor: &Actor) -> Result<i64, OfficeError> {
        self.require(actor, Action::SettleParked)?;
        let mut conn = self.db.read().await?;
        Ok(sql::count_open(&mut conn).await?)
    }

    /// Closes the matter: nothing more can be done, or all is back.
    ///
    /// # Errors
    /// [`OfficeError::NotFound`] where none is open.
    pub async fn close_lost_store(
        &self,
        actor: &Actor,
        device: DeviceId,
        person: PersonId,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::SettleParked)?;
        self.write(
            (actor.person, device, person),
            |(by, device, person), work| {
                Box::pin(async move {
                    let now = work.now.0;
                    let closed = sql::close(&mut work.conn, device.0, person.0, now, by.0).await?;
                    if closed == 0 {
                        return Err(OfficeError::NotFound);
                    }
                    work.audit(
                        Some(*by),
                        Some(*device),
                        "lost_store_closed",
                        person.0.to_string(),
                        String::new(),
                    );
                    Ok(())
                })
            },
        )
        .await
    }
}

/// Writes down what a phone tells of the store that was on it before, once. Nothing waits on that device any
/// more. Another person's device is left as it is.
pub(crate) async fn note(
    work: &mut Work,
    person: PersonId,
    told_by: DeviceId,
    trace: &Trace,
) -> Result<(), OfficeError> {
    let known = work.device(trace.device).await?.cloned();
    let is_own = trace.device == told_by;
    if is_own || trace.waiting == 0 || known.as_ref().is_some_and(|row| row.person_id != person.0) {
        return Ok(());
    }
    if sql::count_open_of(&mut work.conn, person.0).await? >= OPEN_STORES_MAX {
        return Ok(());
    }
    let orders = trace.orders.len().min(limits::TRACED_ORDERS);
    let others = (trace.waiting as usize).saturating_sub(orders);
    let (device, now) = (trace.device.0, work.now.0);
    let is_news = sql::add(
        &mut work.conn,
        device,
        person.0,
        told_by.0,
        now,
        i64::try_from(others).unwrap_or(i64::MAX),
    )
    .await?
        > 0;
    if !is_news {
        return Ok(());
    }
    let codes: Vec<String> = trace.orders[..orders]
        .iter()
        .map(|code| code.as_str().to_owned())
        .collect();
    sql::add_orders(&mut work.conn, device, person.0, &codes).await?;
    if let Some(mut row) = known {
        row.tell(Waiting::default());
        work.put_device(row);
    }
    work.audit(
        Some(person),
        Some(told_by),
        "store_lost",
        trace.device.to_string(),
        trace.waiting.to_string(),
    );
    Ok(())
}
