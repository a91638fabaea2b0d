//! Cash that reached the bank, as the office reads it on the bank's statement.

use crate::Office;
use crate::error::OfficeError;
use crate::orders;
use crate::patience::Patience;
use crate::work::{Doer, Needs, Work};
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::ids::{CooperativeId, OrderId, PersonId};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::OrderEvent;
use taswiq_domain::order::event::cash_in_hand;

/// What is recorded.
#[derive(Clone, Copy, Debug)]
struct Deposit {
    by: PersonId,
    order: OrderId,
    cooperative: CooperativeId,
    amount: Centimes,
}

impl Office {
    /// Records that cash taken for a cooperative's part of an order is in the bank. It leaves the
    /// hands of whoever took it, the first to have taken some first.
    pub async fn record_deposit(
        &self,
        actor: &Actor,
        order: OrderId,
        cooperative: CooperativeId,
        amount: Centimes,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::RecordDeposits)?;
        let deposit = Deposit {
            by: actor.person,
            order,
            cooperative,
            amount,
        };
        let needs = Needs {
            orders: vec![order],
            ..Needs::default()
        };
        self.write_within(Patience::default(), needs, deposit, |deposit, work| {
            Box::pin(record(work, *deposit))
        })
        .await
    }
}

async fn record(work: &mut Work, deposit: Deposit) -> Result<(), OfficeError> {
    let Deposit {
        by,
        order: id,
        cooperative,
        amount,
    } = deposit;
    let mut order = work
        .order(id)
        .await?
        .ok_or(OfficeError::NotFound)?
        .order
        .clone();
    let recorded = orders::read_events(work.events_of(id).await?)?;
    let mut hands = cash_in_hand(&recorded, cooperative, order.agent)?.into_iter();
    let mut left = amount;
    // At least once: the rules themselves refuse what nobody holds.
    loop {
        let (holder, part) = match hands.next() {
            Some((holder, held)) if hands.len() > 0 => (holder, held.min(left)),
            Some((holder, _)) => (holder, left),
            None => (order.agent, left),
        };
        let event = OrderEvent::Deposited {
            cooperative,
            amount: part,
            holder: Some(holder),
        };
        let after = order
            .after(&event, work.now)
            .map_err(OfficeError::Invalid)?;
        let doer = Doer {
            actor: Some(by),
            device: None,
            made_at: work.now,
            received_at: work.now,
        };
        work.happen(&event, after.clone(), doer).await?;
        order = after;
        left = left.minus(part)?;
        if left <= Centimes::ZERO {
            return Ok(());
        }
    }
}
