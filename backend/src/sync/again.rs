//! An order that was entered again from its receipt, and the late original: whichever comes second is the
//! order that is there, or waits for a person.

use crate::customers::StoredCustomer;
use crate::error::OfficeError;
use crate::orders;
use crate::work::Work;
use std::borrow::Cow;
use taswiq_domain::Refusal;
use taswiq_domain::customer::Customer;
use taswiq_domain::decide::Effect;
use taswiq_domain::ids::{CommandId, DeviceId, OrderId, PersonId};
use taswiq_domain::order::again::Taken;
use taswiq_domain::order::{Order, OrderEvent};
use taswiq_domain::sync::{CommandBody, PlaceOrder};
use taswiq_domain::time::Timestamp;

/// Writes into the trail that an order was entered from a receipt: for its day, by which it is priced, there is
/// the agent's word alone.
pub(crate) fn write_down(
    work: &mut Work,
    agent: PersonId,
    device: DeviceId,
    id: CommandId,
    body: &CommandBody,
) {
    if let CommandBody::PlaceOrder(PlaceOrder {
        from_receipt_of: Some(taken_on),
        ..
    }) = body
    {
        work.audit(
            Some(agent),
            Some(device),
            "order_from_receipt",
            id.to_string(),
            taken_on.to_string(),
        );
    }
}

/// What a command does to the order that is there, where it names that order by another of its ids.
pub(super) async fn on_the_order_that_is_there<'a>(
    work: &mut Work,
    body: &'a CommandBody,
) -> Result<Cow<'a, CommandBody>, OfficeError> {
    let as_it_is = Ok(Cow::Borrowed(body));
    let Some(named) = body.order() else {
        return as_it_is;
    };
    if work.order(named).await?.is_some() {
        return as_it_is;
    }
    let Some(id) = work.known_as(named).await? else {
        return as_it_is;
    };
    let Some(known) = work
        .order(id)
        .await?
        .and_then(|stored| stored.order.known_as(named).cloned())
    else {
        return Err(OfficeError::Corrupt {
            what: "another id of an order",
        });
    };
    let body = body.clone();
    Ok(Cow::Owned(body.on_order(id, |line| known.number(line))))
}

/// The orders that are there and may be the one that a command places.
pub(super) async fn twins(
    work: &mut Work,
    id: CommandId,
    body: &CommandBody,
    agent: PersonId,
) -> Result<Vec<Order>, OfficeError> {
    let CommandBody::PlaceOrder(place) = body else {
        return Ok(Vec::new());
    };
    let mut twins = Vec::new();
    for known in work.orders_of_code(agent, place.code).await? {
        let Some(stored) = work.order(known).await? else {
            continue;
        };
        let is_from_receipt =
            place.from_receipt_of.is_some() || stored.order.from_receipt_of.is_some();
        // Read off once, cancelled, and read off once more: what counts is the last.
        let is_begun_anew = place.from_receipt_of.is_some()
            && stored.order.from_receipt_of.is_some()
            && stored.order.is_cancelled();
        if known != OrderId::from(id) && is_from_receipt && !is_begun_anew {
            twins.push(stored.order.clone());
        }
    }
    Ok(twins)
}

/// What becomes of an order that may be one of these: found again where they agree, or where a person says
/// that they are one.
pub(super) async fn compare(
    work: &mut Work,
    effect: Effect,
    customer: &Customer,
    twins: &[Order],
    one_with: Option<OrderId>,
    made_at: Timestamp,
) -> Result<Result<Effect, Refusal>, OfficeError> {
    let Effect::Order { after: order, .. } = &effect else {
        return Ok(Ok(effect));
    };
    // What a person says is the same has to be there.
    let Some(first) = twins.first() else {
        return Ok(Err(Refusal::UnknownOrder));
    };
    let taken = Taken {
        order,
        customer: &customer.details,
    };
    for twin in twins {
        let is_one = match one_with {
            Some(said) => said == twin.id,
            None => !twin.is_cancelled() && is_one_with(work, twin, &taken).await?,
        };
        if is_one {
            return Ok(found_again(twin, order, made_at));
        }
    }
    Ok(Err(Refusal::ReceiptDiffers {
        order: first.id,
        total: first.gross_asked()?,
        placed_on: first.taken_on(&work.shared.calendar),
    }))
}

fn found_again(there: &Order, order: &Order, made_at: Timestamp) -> Result<Effect, Refusal> {
    let event = OrderEvent::FoundAgain {
        order: Box::new(order.clone()),
    };
    let after = there.after(&event, made_at)?;
    Ok(Effect::Order {
        event: Box::new(event),
        after: Box::new(after),
    })
}

/// Compares with what was placed, whatever was amended since.
async fn is_one_with(
    work: &mut Work,
    there: &Order,
    taken: &Taken<'_>,
) -> Result<bool, OfficeError> {
    let events = orders::read_events(work.events_of(there.id).await?)?;
    let Some(OrderEvent::Placed { order: placed }) = events.first().map(|first| &first.event)
    else {
        return Err(OfficeError::Corrupt { what: "an order" });
    };
    let customer: Option<StoredCustomer> = work.customer(placed.customer).await?.cloned();
    let Some(customer) = customer else {
        return Err(OfficeError::Corrupt { what: "an order" });
    };
    let placed = Taken {
        order: placed,
        customer: &customer.customer.details,
    };
    Ok(taken.is_one_with(&placed, &work.shared.calendar)?)
}
