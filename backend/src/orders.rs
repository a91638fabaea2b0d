//! Orders as stored: events that only grow, and beside them the state they fold to.
//!
//! The stored state leaves the signature out: it is in the event that brought it, is large, and is
//! needed only on the contract.

pub mod sql;

use crate::Office;
use crate::customers::StoredCustomer;
use crate::db::Conn;
use crate::error::OfficeError;
use crate::settlement::Awaited;
use crate::work::Doer;
use crate::{customers, ledger};
use sql::{EventRow, ListQuery, OrderRow, SubOrderRow};
use taswiq_domain::access::{Action, Actor, Subject, can};
use taswiq_domain::customer::Customer;
use taswiq_domain::ids::{CooperativeId, CustomerId, DeviceId, OrderId, PersonId};
use taswiq_domain::ledger::Transfer;
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::event::RecordedEvent;
use taswiq_domain::order::{Order, OrderEvent, Progress, Stage, Withdrawal};
use taswiq_domain::phone::PhoneNumber;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::LedgerEntry;
use taswiq_domain::text::{self, LocalText};
use taswiq_domain::time::Timestamp;

/// An order with what only the server knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredOrder {
    /// The fold of its events, without the signature.
    pub order: Order,
    /// When the server took it in.
    pub received_at: Timestamp,
}

impl StoredOrder {
    pub(crate) fn to_row(&self) -> Result<OrderRow, OfficeError> {
        let order = &self.order;
        let state = if order.signature.is_empty() {
            serde_json::to_string(order)
        } else {
            serde_json::to_string(&Order {
                signature: String::new(),
                ..order.clone()
            })
        };
        Ok(OrderRow {
            id: order.id.0,
            code: order.code.as_str().to_owned(),
            agent_id: order.agent.0,
            customer_id: order.customer.0,
            placed_at: order.placed_at.0,
            received_at: self.received_at.0,
            progress: order.progress()?.as_str().to_owned(),
            gross_asked_centimes: order.gross_asked()?.0,
            commission_centimes: order.commission_asked()?.0,
            revision: i64::from(order.revision),
            state: state.map_err(|_| OfficeError::Corrupt { what: "an order" })?,
        })
    }

    pub(crate) fn to_sub_order_rows(&self) -> Result<Vec<SubOrderRow>, OfficeError> {
        let row = |sub_order: &taswiq_domain::order::SubOrder| {
            let awaited = Awaited::of(&self.order, sub_order)?;
            Ok(SubOrderRow {
                order_id: self.order.id.0,
                cooperative_id: sub_order.cooperative.0,
                stage: sub_order.stage.as_str().to_owned(),
                placed_at: self.order.placed_at.0,
                promised_on: i64::from(sub_order.promised_on.days_since_epoch()),
                // Counted from when the cooperative could first know of it.
                confirm_by: (sub_order.stage == Stage::Awaiting)
                    .then(|| self.received_at.plus_hours(limits::CONFIRM_EXPIRY_HOURS).0),
                withdrawal_closes_at: match sub_order.withdrawal {
                    Withdrawal::Open { closes_at } => Some(closes_at.0),
                    Withdrawal::None | Withdrawal::Exercised { .. } | Withdrawal::Closed { .. } => {
                        None
                    }
                },
                write_off_at: sub_order.write_off_at()?.map(|at| at.0),
                gross_asked_centimes: sub_order.gross_asked()?.0,
                due_centimes: sub_order.due()?.0,
                waits: awaited.is_some(),
                awaited: awaited.as_ref().map(Awaited::to_text).transpose()?,
            })
        };
        self.order.sub_orders.iter().map(row).collect()
    }
}

pub(crate) fn event_row(order: OrderId, number: u32, event: &OrderEvent, doer: &Doer) -> EventRow {
    EventRow {
        order_id: order.0,
        number: i64::from(number),
        // Domain types without maps of odd keys always serialise.
        body: serde_json::to_string(event).unwrap_or_default(),
        actor_id: doer.actor.map(|actor| actor.0),
        device_id: doer.device.map(|device| device.0),
        made_at: doer.made_at.0,
        received_at: doer.received_at.0,
    }
}

/// Orders by id, in any order; unknown ones are left out.
pub(crate) async fn load(
    conn: &mut Conn,
    ids: &[OrderId],
) -> Result<Vec<StoredOrder>, OfficeError> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    sql::states(conn, &ids)
        .await?
        .into_iter()
        .map(|row| {
            let order = serde_json::from_str(&row.state)
                .map_err(|_| OfficeError::Corrupt { what: "an order" })?;
            Ok(StoredOrder {
                order,
                received_at: Timestamp(row.received_at),
            })
        })
        .collect()
}

/// The events of an order, oldest first.
pub(crate) async fn events(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Vec<RecordedEvent>, OfficeError> {
    read_events(sql::events(conn, order.0).await?)
}

pub(crate) fn read_events(rows: Vec<EventRow>) -> Result<Vec<RecordedEvent>, OfficeError> {
    rows.into_iter()
        .map(|row| {
            Ok(RecordedEvent {
                number: u32::try_from(row.number)
                    .map_err(|_| OfficeError::Corrupt { what: "an event" })?,
                event: serde_json::from_str(&row.body)
                    .map_err(|_| OfficeError::Corrupt { what: "an event" })?,
                actor: row.actor_id.map(PersonId),
                device: row.device_id.map(DeviceId),
                made_at: Timestamp(row.made_at),
                received_at: Timestamp(row.received_at),
            })
        })
        .collect()
}

/// What to look for among orders. An empty filter finds all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// What somebody typed: an order code, a telephone number, or part of a customer's name or place.
    pub text: String,
    /// Whose orders.
    pub agent: Option<PersonId>,
    /// Of which customer.
    pub customer: Option<CustomerId>,
    /// With something from this cooperative.
    pub cooperative: Option<CooperativeId>,
    /// How far.
    pub progress: Option<Progress>,
    /// Taken at or after this moment.
    pub from: Option<Timestamp>,
    /// Taken before this moment.
    pub until: Option<Timestamp>,
}

/// Where a page of orders ended; give it back to get the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderCursor {
    /// Door time of the last order.
    pub placed_at: Timestamp,
    /// The last order.
    pub id: OrderId,
}

/// An order in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderSummary {
    /// Which.
    pub id: OrderId,
    /// The code people say.
    pub code: SpokenCode,
    /// Who took it.
    pub agent: PersonId,
    /// The agent's name.
    pub agent_name: LocalText,
    /// Who ordered, with name and place.
    pub customer: Customer,
    /// Door time.
    pub placed_at: Timestamp,
    /// When the server took it in.
    pub received_at: Timestamp,
    /// How far it has come.
    pub progress: Progress,
    /// What was asked, value added tax included.
    pub gross_asked: Centimes,
    /// What it earns its agent if everything asked is kept.
    pub commission: Centimes,
}

/// A page of orders, latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderPage {
    /// The orders.
    pub orders: Vec<OrderSummary>,
    /// Where the next page begins, if there is one.
    pub next: Option<OrderCursor>,
}

/// An order with everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderHistory {
    /// The order as it stands.
    pub order: Order,
    /// When the server took it in.
    pub received_at: Timestamp,
    /// Who ordered.
    pub customer: Customer,
    /// What happened, oldest first. The first event holds the signature.
    pub events: Vec<RecordedEvent>,
    /// What it moved in the ledger, oldest first.
    pub entries: Vec<LedgerEntry>,
    /// What the events move by the rules of this build, computed again from the first one on; nothing
    /// when they can no longer be replayed.
    pub again: Option<Vec<Transfer>>,
}

/// How many orders a page holds at most.
pub const ORDERS_PER_PAGE: usize = 100;

impl Office {
    /// One page of orders, latest first. Managers see all, an agent their own.
    pub async fn orders(
        &self,
        actor: &Actor,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
        page_size: usize,
    ) -> Result<OrderPage, OfficeError> {
        let everybodys = can(Some(actor), Action::ReadOrder, Subject::Anything);
        let own = can(
            Some(actor),
            Action::ReadOrder,
            Subject::Order {
                agent: actor.person,
            },
        );
        let agent = match (everybodys, own, filter.agent) {
            (true, _, agent) => agent,
            (false, true, None) => Some(actor.person),
            (false, true, Some(agent)) if agent == actor.person => Some(agent),
            _ => return Err(OfficeError::NotAllowed),
        };
        let page_size = page_size.clamp(1, ORDERS_PER_PAGE);
        let typed = filter.text.trim();
        let code = typed.parse::<SpokenCode>().ok();
        let mut query = ListQuery {
            code: code.map(|code| code.as_str().to_owned()),
            agent: agent.map(|agent| agent.0),
            customer: filter.customer.map(|customer| customer.0),
            cooperative: filter.cooperative.map(|cooperative| cooperative.0),
            progress: filter.progress.map(|progress| progress.as_str().to_owned()),
            from: filter.from.map_or(i64::MIN, |from| from.0),
            until: filter.until.map_or(i64::MAX, |until| until.0),
            after: after.map_or((i64::MAX, uuid::Uuid::max()), |after| {
                (after.placed_at.0, after.id.0)
            }),
            customer_name: None,
            limit: page_size as i64 + 1,
        };
        let mut conn = self.db.read().await?;
        let mut rows = Vec::new();
        if code.is_some() || typed.is_empty() {
            rows = sql::list(&mut conn, &query).await?;
        }
        // Six letters may be a code or a name: a name is looked for where no code was found.
        if rows.is_empty() && !typed.is_empty() {
            query.code = None;
            let name = typed.parse::<PhoneNumber>().map_or_else(
                |_| text::search_key(typed),
                |phone| phone.as_e164().to_owned(),
            );
            query.customer_name = Some(customers::like_pattern(&name));
            rows = sql::list(&mut conn, &query).await?;
        }
        let more = rows.len() > page_size;
        rows.truncate(page_size);
        let orders: Vec<OrderSummary> = rows.into_iter().map(summary).collect::<Result<_, _>>()?;
        let next = orders.last().filter(|_| more).map(|last| OrderCursor {
            placed_at: last.placed_at,
            id: last.id,
        });
        Ok(OrderPage { orders, next })
    }

    /// An order with its events and ledger entries. Nothing of another agent's order is told, not
    /// even that it exists.
    pub async fn order_history(
        &self,
        actor: &Actor,
        id: OrderId,
    ) -> Result<OrderHistory, OfficeError> {
        let mut conn = self.db.read().await?;
        let stored = load(&mut conn, &[id])
            .await?
            .pop()
            .ok_or(OfficeError::NotFound)?;
        if !can(
            Some(actor),
            Action::ReadOrder,
            Subject::Order {
                agent: stored.order.agent,
            },
        ) {
            return Err(OfficeError::NotFound);
        }
        let customer = customers::load(&mut conn, &[stored.order.customer])
            .await?
            .pop()
            .ok_or(OfficeError::NotFound)?;
        let events = events(&mut conn, id).await?;
        let again = ledger::posted_by(&events, self.calendar()).ok();
        Ok(OrderHistory {
            again: again.map(|(_, transfers)| transfers),
            events,
            entries: ledger::of_order(&mut conn, id).await?,
            order: stored.order,
            received_at: stored.received_at,
            customer: customer.customer,
        })
    }

    /// The order that goes by another id than its own, where this person may see it.
    ///
    /// # Errors
    /// The database's.
    pub async fn order_known_as(
        &self,
        actor: &Actor,
        id: OrderId,
    ) -> Result<Option<OrderId>, OfficeError> {
        let mut conn = self.db.read().await?;
        let Some(known) = sql::known_as(&mut conn, id.0).await? else {
            return Ok(None);
        };
        let there = load(&mut conn, &[OrderId(known)]).await?.pop();
        let may_see = |stored: &StoredOrder| {
            let agent = stored.order.agent;
            can(Some(actor), Action::ReadOrder, Subject::Order { agent })
        };
        Ok(there.filter(may_see).map(|stored| stored.order.id))
    }

    /// How many orders stand at each progress.
    pub async fn orders_by_progress(
        &self,
        actor: &Actor,
    ) -> Result<Vec<(Progress, i64)>, OfficeError> {
        self.require(actor, Action::ReadFigures)?;
        let mut conn = self.db.read().await?;
        let rows = sql::count_by_progress(&mut conn).await?;
        rows.into_iter()
            .map(|(name, count)| Ok((progress(&name)?, count)))
            .collect()
    }
}

fn progress(name: &str) -> Result<Progress, OfficeError> {
    Progress::from_name(name).ok_or(OfficeError::Corrupt { what: "a progress" })
}

fn summary(row: sql::ListRow) -> Result<OrderSummary, OfficeError> {
    let corrupt = OfficeError::Corrupt {
        what: "an order in a list",
    };
    Ok(OrderSummary {
        id: OrderId(row.id),
        code: row.code.parse().map_err(|_| corrupt)?,
        agent: PersonId(row.agent_id),
        agent_name: crate::people::local_text(&row.agent_name)?,
        customer: StoredCustomer::read_details(CustomerId(row.customer_id), &row.customer_details)?,
        placed_at: Timestamp(row.placed_at),
        received_at: Timestamp(row.received_at),
        progress: progress(&row.progress)?,
        gross_asked: Centimes(row.gross_asked_centimes),
        commission: Centimes(row.commission_centimes),
    })
}
