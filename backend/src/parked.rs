//! Parked commands: what a person has to look at before it takes effect, or does not.

use crate::Office;
use crate::error::OfficeError;
use crate::feed::{Kind, Scope};
use crate::orders;
use crate::people::{self, token};
use crate::sync::{self, sql};
use crate::work::{Doer, Work};
use serde_json::Value;
use std::collections::VecDeque;
use taswiq_domain::Refusal;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::decide::Effect;
use taswiq_domain::ids::{CommandId, DeviceId, OrderId, PersonId};
use taswiq_domain::limits;
use taswiq_domain::order::Order;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{CommandBody, Shown};
use taswiq_domain::text::LocalText;
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

/// A command that waits for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct ParkedCommand {
    /// Names it in the office.
    pub id: CommandId,
    /// The id it came with, where that id was taken by another command.
    pub claimed_id: Option<CommandId>,
    /// On which device.
    pub device: DeviceId,
    /// Who did it.
    pub person: PersonId,
    /// Their name.
    pub person_name: LocalText,
    /// What, as its kind is called on the wire.
    pub kind: String,
    /// As it came.
    pub whole: Value,
    /// Why it was parked.
    pub refusal: Refusal,
    /// When it was done, by corrected time.
    pub made_at: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
    /// The order that is there and may be the one that it places, or the one that it is meant for.
    pub twin: Option<Order>,
}

/// How a person settles a parked command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It takes effect: decided again as if the figures shown had been the server's, and however old
    /// the prices it names are. An order that is not the one which has its code gets another code; an act on
    /// an order that was told twice is for that order.
    Accept,
    /// It places an order that is there already: the one that its [refusal](Refusal::ReceiptDiffers) names.
    Same,
    /// It never takes effect, nor do those that build on it.
    Reject,
}

/// What came of a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is settled.
    Done,
    /// It goes on waiting: it may be an order that is there, or meant for another than that, which was not shown
    /// to whoever accepted it.
    LookAgain(Refusal),
}

/// Parked commands in one page.
const PARKED_PER_PAGE: i64 = 100;

impl Office {
    /// One page of what waits for a person, latest first: what came before `before`.
    pub async fn parked(
        &self,
        actor: &Actor,
        before: Option<Timestamp>,
    ) -> Result<Vec<ParkedCommand>, OfficeError> {
        self.require(actor, Action::SettleParked)?;
        let mut conn = self.db.read().await?;
        let rows = sql::parked(
            &mut conn,
            before.map_or(i64::MAX, |before| before.0),
            PARKED_PER_PAGE,
        )
        .await?;
        let mut parked = Vec::with_capacity(rows.len());
        for row in rows {
            let person = people::load(&mut conn, PersonId(row.person_id))
                .await?
                .ok_or(OfficeError::Corrupt {
                    what: "a parked command",
                })?;
            let refusal = sync::read_refusal(row.refusal.as_deref().unwrap_or_default())?;
            let twin = match shown_beside(&refusal) {
                Some(order) => orders::load(&mut conn, &[order]).await?.pop(),
                None => None,
            };
            parked.push(ParkedCommand {
                id: CommandId(row.id),
                claimed_id: row.claimed_id.map(CommandId),
                device: DeviceId(row.device_id),
                person: person.id,
                person_name: person.name,
                whole: whole(&row)?,
                refusal,
                twin: twin.map(|stored| stored.order),
                made_at: Timestamp(row.corrected_at),
                received_at: Timestamp(row.received_at),
                kind: row.kind,
            });
        }
        Ok(parked)
    }

    /// How many commands wait for a person.
    pub async fn count_parked(&self, actor: &Actor) -> Result<i64, OfficeError> {
        self.require(actor, Action::SettleParked)?;
        let mut conn = self.db.read().await?;
        Ok(sql::count_parked(&mut conn).await?)
    }

    /// Settles a parked command. Those that waited for it are looked at again.
    ///
    /// # Errors
    /// [`OfficeError::Invalid`] when it is accepted and still breaks a rule that nobody may waive.
    pub async fn settle_parked(
        &self,
        actor: &Actor,
        id: CommandId,
        settlement: Settlement,
    ) -> Result<Settled, OfficeError> {
        self.require(actor, Action::SettleParked)?;
        self.write(
            (actor.person, id, settlement),
            |(by, id, settlement), work| Box::pin(settle(work, *by, *id, *settlement)),
        )
        .await
    }
}

fn whole(row: &sql::CommandRow) -> Result<Value, OfficeError> {
    serde_json::from_str(row.body.as_deref().unwrap_or("null")).map_err(|_| OfficeError::Corrupt {
        what: "a parked command",
    })
}

async fn settle(
    work: &mut Work,
    by: PersonId,
    id: CommandId,
    settlement: Settlement,
) -> Result<Settled, OfficeError> {
    work.flush_commands().await?;
    let row = sql::by_ids(&mut work.conn, &[id.0])
        .await?
        .pop()
        .filter(|row| row.refusal.is_some() && row.settled_at.is_none())
        .ok_or(OfficeError::NotFound)?;
    let accepted = settlement != Settlement::Reject;
    let mut moved = Vec::new();
    let action = match settlement {
        Settlement::Accept => {
            match try_again(work, &row, true, None).await? {
                Err(refusal) if shown_beside(&refusal).is_some() => {
                    let json = crate::catalogue::write_json(&refusal)?;
                    sql::set_refusal(&mut work.conn, row.id, &json).await?;
                    work.forget_command(id);
                    return Ok(Settled::LookAgain(refusal));
                }
                done => moved.extend(done?),
            }
            "parked_accepted"
        }
        Settlement::Same => {
            let one_with = Some(twin_of(&row)?);
            moved.extend(try_again(work, &row, true, one_with).await??);
            "parked_same"
        }
        Settlement::Reject => "parked_rejected",
    };
    close(work, Some(by), &row, accepted).await?;
    work.audit(
        Some(by),
        Some(DeviceId(row.device_id)),
        action,
        id.to_string(),
        row.kind.clone(),
    );
    let mut settled: VecDeque<(Uuid, bool)> = VecDeque::from([(row.id, accepted)]);
    while let Some((maker, accepted)) = settled.pop_front() {
        for dependent in sql::parked_on(&mut work.conn, maker).await? {
            let waits = matches!(
                sync::read_refusal(dependent.refusal.as_deref().unwrap_or_default())?,
                Refusal::WaitsForParked
            );
            if !waits {
                continue;
            }
            if !accepted {
                close(work, Some(by), &dependent, false).await?;
                settled.push_back((dependent.id, false));
                continue;
            }
            match try_again(work, &dependent, false, None).await? {
                Ok(by_it) => {
                    moved.extend(by_it);
                    close(work, Some(by), &dependent, true).await?;
                    settled.push_back((dependent.id, true));
                }
                Err(refusal) => {
                    sql::set_refusal(
                        &mut work.conn,
                        dependent.id,
                        &crate::catalogue::write_json(&refusal)?,
                    )
                    .await?;
                    work.forget_command(CommandId(dependent.id));
                }
            }
        }
    }
    look_again(work, moved).await?;
    Ok(Settled::Done)
}

/// Whether a command may only have come too early: it was done before the server was restored, handed over
/// again after, and refused for what others had not handed over again by then.
fn came_early(row: &sql::CommandRow, restored_at: Timestamp) -> Result<bool, OfficeError> {
    if row.corrected_at >= restored_at.0 || row.received_at < restored_at.0 {
        return Ok(false);
    }
    let refusal = sync::read_refusal(row.refusal.as_deref().unwrap_or_default())?;
    // What a person has to look at whatever is known.
    Ok(!matches!(
        refusal,
        Refusal::NotAllowed | Refusal::CommandIdReused
    ))
}

/// After a restore phones hand over again what they did, each in its own order and each when it has a
/// network: a cooperative's answer may come before the order it answers. What was parked for that is looked
/// at again whenever what it builds on has `moved`; so in the end it is as though all had come in time.
pub(crate) async fn look_again(work: &mut Work, moved: Vec<Uuid>) -> Result<(), OfficeError> {
    if moved.is_empty() {
        return Ok(());
    }
    let Some(restored_at) = work
        .restored_at()
        .filter(|at| at.plus_days(limits::ACKNOWLEDGED_KEPT_DAYS) > work.now)
    else {
        return Ok(());
    };
    work.flush_commands().await?;
    let mut moved = VecDeque::from(moved);
    while let Some(made) = moved.pop_front() {
        for row in sql::parked_on(&mut work.conn, made).await? {
            if !came_early(&row, restored_at)? {
                continue;
            }
            match try_again(work, &row, false, None).await? {
                Ok(by_it) => {
                    close(work, None, &row, true).await?;
                    moved.push_back(made);
                    moved.extend(by_it);
                }
                Err(refusal) => {
                    let refusal = crate::catalogue::write_json(&refusal)?;
                    if row.refusal.as_ref() != Some(&refusal) {
                        sql::set_refusal(&mut work.conn, row.id, &refusal).await?;
                        work.forget_command(CommandId(row.id));
                    }
                }
            }
        }
    }
    Ok(())
}

async fn close(
    work: &mut Work,
    by: Option<PersonId>,
    row: &sql::CommandRow,
    accepted: bool,
) -> Result<(), OfficeError> {
    let now = work.now.0;
    sql::settle(&mut work.conn, row.id, now, by.map(|by| by.0), accepted).await?;
    work.forget_command(CommandId(row.id));
    work.changed(
        &Scope::Person(PersonId(row.person_id)),
        Kind::Parked,
        row.id.to_string(),
    );
    Ok(())
}

/// The order beside which a person looks at what was refused for that.
const fn shown_beside(refusal: &Refusal) -> Option<OrderId> {
    match refusal {
        Refusal::ReceiptDiffers { order, .. } | Refusal::ToldTwice { order } => Some(*order),
        _ => None,
    }
}

/// The order that a parked one was compared with.
fn twin_of(row: &sql::CommandRow) -> Result<OrderId, OfficeError> {
    match sync::read_refusal(row.refusal.as_deref().unwrap_or_default())? {
        Refusal::ReceiptDiffers { order, .. } => Ok(order),
        _ => Err(OfficeError::NotFound),
    }
}

/// Decides a parked command again as whoever did it, and applies it: what [moved](sync::moved_by). A person may
/// have said that it is `one_with` an order that is there.
async fn try_again(
    work: &mut Work,
    row: &sql::CommandRow,
    waive: bool,
    one_with: Option<OrderId>,
) -> Result<Result<Vec<Uuid>, Refusal>, OfficeError> {
    let mut body = match sync::read_body(&row.kind, &whole(row)?) {
        Ok(body) => body,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let person = people::load(&mut work.conn, PersonId(row.person_id))
        .await?
        .ok_or(OfficeError::NotFound)?;
    let actor = person.actor();
    let made_at = Timestamp(row.corrected_at);
    // Whoever looks at it decides about old prices; the machine does so for those that only waited.
    let received_at = (!waive).then_some(Timestamp(row.received_at));
    let id = CommandId(row.id);
    // What whoever looks at it has seen beside it.
    let refusal = sync::read_refusal(row.refusal.as_deref().unwrap_or_default())?;
    let shown = shown_beside(&refusal);
    let mut decision =
        sync::try_decide(work, id, &body, &actor, made_at, received_at, one_with).await?;
    // The total, the commission and the code are compared one after the other.
    for _ in 0..3 {
        if !waive || !waived(work, &mut body, &decision, person.id, shown).await? {
            break;
        }
        decision =
            sync::try_decide(work, id, &body, &actor, made_at, received_at, one_with).await?;
    }
    match decision {
        Ok(mut effect) => {
            // Whoever answers a dispute has their time from now on.
            if let Effect::Dispute { after, .. } = &mut effect
                && after.state.awaits_answer()
            {
                after.due_at = work.now.plus_days(limits::DISPUTE_ANSWER_DAYS);
            }
            let doer = Doer {
                actor: Some(person.id),
                device: Some(DeviceId(row.device_id)),
                made_at,
                received_at: received(work, &effect, row),
            };
            let moved = sync::moved_by(&effect);
            sync::apply(work, effect, doer).await?;
            let device = DeviceId(row.device_id);
            sync::again::write_down(work, person.id, device, id, &body);
            Ok(Ok(moved))
        }
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// An order counts as received when it takes effect, so that its cooperatives get their whole time.
fn received(work: &Work, effect: &Effect, row: &sql::CommandRow) -> Timestamp {
    match effect {
        Effect::Order { .. } => work.now,
        Effect::Customer(_) | Effect::Dispute { .. } => Timestamp(row.received_at),
    }
}

/// Gives a command what it was refused for, where a person may waive that. Whether there was anything.
async fn waived(
    work: &mut Work,
    body: &mut CommandBody,
    decision: &Result<Effect, Refusal>,
    agent: PersonId,
    shown: Option<OrderId>,
) -> Result<bool, OfficeError> {
    match (decision, body) {
        (Err(Refusal::ReceiptDiffers { order, .. }), CommandBody::PlaceOrder(place))
            if Some(*order) == shown =>
        {
            place.code = fresh_code(work, agent).await?;
            Ok(true)
        }
        (Err(Refusal::ToldTwice { order }), body) if Some(*order) == shown => {
            *body = body.clone().knowing(limits::OTHER_IDS as u16);
            Ok(true)
        }
        (Err(refusal), body) => Ok(match (refusal, shown_in(body)) {
            (Refusal::TotalDiffers { computed, .. }, Some(shown)) => {
                shown.total = *computed;
                true
            }
            (Refusal::CommissionDiffers { computed, .. }, Some(shown)) => {
                shown.commission = *computed;
                true
            }
            _ => false,
        }),
        _ => Ok(false),
    }
}

/// A code that no order of an agent has.
async fn fresh_code(work: &mut Work, agent: PersonId) -> Result<SpokenCode, OfficeError> {
    loop {
        let code = SpokenCode::from_random(u64::from_le_bytes(token::random_bytes()));
        if work.orders_of_code(agent, code).await?.is_empty() {
            return Ok(code);
        }
    }
}

fn shown_in(body: &mut CommandBody) -> Option<&mut Shown> {
    match body {
        CommandBody::PlaceOrder(place) => Some(&mut place.shown),
        CommandBody::AmendOrder(amend) => Some(&mut amend.shown),
        _ => None,
    }
}
