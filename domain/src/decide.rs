//! What a command does, or why it does nothing: the one decision that phone and server share.
//!
//! The phone decides on its own copy so that the person sees the effect at once; the server decides
//! again on the truth and its answer stands. Neither trusts a figure in a command: prices, tax and
//! commission are always computed here, from the versions the command names.

use crate::access::{Action, Actor, Subject, can};
use crate::catalogue::Catalogue;
use crate::customer::{Customer, CustomerDetails};
use crate::dispute::{Claim, Dispute, DisputeEvent, DisputeReason, Disputed};
use crate::engagement::Engagement;
use crate::ids::{CommandId, CooperativeId};
use crate::ledger::Cause;
use crate::limits;
use crate::money::Centimes;
use crate::order::again;
use crate::order::basket::{Basket, Door, OrderIdentity};
use crate::order::{CancelledBy, Order, OrderEvent, Reason, SubOrder};
use crate::period::counts_at;
use crate::refusal::Refusal;
use crate::sync::{Collect, CommandBody, LedgerEntry, OpenDispute, Shown};
use crate::text;
use crate::time::{Calendar, CivilDate, Timestamp};
use uuid::Uuid;

/// What is known when a command is decided.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// Who acts.
    pub actor: &'a Actor,
    /// The actor's terms as a seller at that moment.
    pub engagement: &'a Engagement,
    /// What can be sold.
    pub catalogue: &'a Catalogue,
    /// Turns moments into dates.
    pub calendar: &'a dyn Calendar,
    /// When the person acted: the device's clock, corrected by what the server knows of it.
    pub made_at: Timestamp,
    /// When the server received it; nothing while it is only on the phone.
    pub received_at: Option<Timestamp>,
    /// The order that the command names, as it stands.
    pub order: Option<&'a Order>,
    /// The customer that the command names, if in the actor's scope.
    pub customer: Option<&'a Customer>,
    /// The entry that a dispute names.
    pub entry: Option<&'a LedgerEntry>,
    /// The dispute that the command names; of one that opens a dispute, those of the actor that could
    /// [forbid](Dispute::forbids) it.
    pub disputes: &'a [&'a Dispute],
}

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A customer is new or corrected.
    Customer(Customer),
    /// Something happened to an order.
    Order {
        /// What happened.
        event: Box<OrderEvent>,
        /// The order after it.
        after: Box<Order>,
    },
    /// A dispute was opened or something happened to it.
    Dispute {
        /// What happened; nothing for one just opened.
        event: Option<DisputeEvent>,
        /// The dispute after it.
        after: Box<Dispute>,
        /// The bytes of the photo that came with it.
        photo: Option<Vec<u8>>,
    },
}

/// Decides a command.
pub fn decide(
    id: CommandId,
    body: &CommandBody,
    situation: &Situation<'_>,
) -> Result<Effect, Refusal> {
    match body {
        CommandBody::RegisterCustomer(details) => {
            situation.require(Action::TakeOrders, Subject::Anything)?;
            Ok(Effect::Customer(Customer {
                id: id.into(),
                details: details.clone().cleaned()?,
            }))
        }
        CommandBody::CorrectCustomer(correction) => {
            situation.require(Action::TakeOrders, Subject::Anything)?;
            let known = situation.customer.ok_or(Refusal::UnknownCustomer)?;
            let details: CustomerDetails = correction.details.clone().cleaned()?;
            Ok(Effect::Customer(Customer {
                id: known.id,
                details,
            }))
        }
        CommandBody::PlaceOrder(place) => {
            situation.require(Action::TakeOrders, Subject::Anything)?;
            if situation.order.is_some() {
                return Err(Refusal::CommandIdReused);
            }
            let customer = situation.customer.ok_or(Refusal::UnknownCustomer)?;
            situation.check_receipt(place.from_receipt_of)?;
            let identity = OrderIdentity {
                id: id.into(),
                code: place.code,
                receipt_digits: place.receipt_digits,
                customer: customer.id,
                place: place.place,
            };
            let placed_at = body.door_at(situation.made_at, situation.calendar);
            let mut order = Order {
                from_receipt_of: place.from_receipt_of,
                ..situation.price(
                    &place.basket,
                    identity,
                    place.channel,
                    customer.details.kind,
                    &place.shown,
                    placed_at,
                )?
            };
            if place.from_receipt_of.is_some() {
                let calendar = situation.calendar;
                again::signed_again(&mut order.sub_orders, situation.made_at, calendar);
            }
            Ok(Effect::Order {
                event: Box::new(OrderEvent::Placed {
                    order: Box::new(order.clone()),
                }),
                after: Box::new(order),
            })
        }
        CommandBody::AmendOrder(amend) => {
            let order = situation.own_order()?;
            if !order.is_untouched() {
                return Err(Refusal::CooperativeHasActed);
            }
            let identity = OrderIdentity {
                id: order.id,
                code: order.code,
                receipt_digits: order.receipt_digits.unwrap_or_default(),
                customer: order.customer,
                place: order.place,
            };
            let amended = situation.price(
                &amend.basket,
                identity,
                order.channel,
                order.customer_kind,
                &amend.shown,
                situation.made_at,
            )?;
            let effect = situation.happen(OrderEvent::Amended {
                order: Box::new(Order {
                    agent: order.agent,
                    ..amended
                }),
            })?;
            again::check_known(order, amend.other_ids)?;
            Ok(effect)
        }
        CommandBody::CancelOrder(cancel) => {
            let order = situation.own_order()?;
            let reason = match cancel.by {
                CancelledBy::Agent => cancel.reason,
                CancelledBy::Customer => Reason::CustomerCancelled,
            };
            let effect = situation.happen(OrderEvent::Cancelled {
                by: cancel.by,
                reason,
            })?;
            again::check_known(order, cancel.other_ids)?;
            Ok(effect)
        }
        CommandBody::ConfirmSubOrder(confirm) => {
            situation.supplied(confirm.cooperative)?;
            situation.happen(OrderEvent::Confirmed {
                cooperative: confirm.cooperative,
                lines: confirm.lines.clone(),
            })
        }
        CommandBody::RefuseSubOrder(refuse) => {
            situation.supplied(refuse.cooperative)?;
            if !Reason::OF_COOPERATIVES.contains(&refuse.reason) {
                return Err(Refusal::FieldInvalid {
                    field: "reason".to_owned(),
                });
            }
            situation.happen(OrderEvent::Refused {
                cooperative: refuse.cooperative,
                reason: refuse.reason,
            })
        }
        CommandBody::ProposeChange(propose) => {
            situation.supplied(propose.cooperative)?;
            situation.happen(OrderEvent::ChangeProposed {
                cooperative: propose.cooperative,
                proposal: propose.proposal.clone(),
            })
        }
        CommandBody::AnswerChange(answer) => {
            situation.own_order()?;
            situation.happen(OrderEvent::ChangeAnswered {
                cooperative: answer.cooperative,
                accepted: answer.accepted,
            })
        }
        CommandBody::StartPreparing(part) => {
            situation.supplied(part.cooperative)?;
            situation.happen(OrderEvent::PreparationStarted {
                cooperative: part.cooperative,
            })
        }
        CommandBody::PackSubOrder(pack) => {
            situation.supplied(pack.cooperative)?;
            situation.happen(OrderEvent::Packed {
                cooperative: pack.cooperative,
                lines: pack.lines.clone(),
            })
        }
        CommandBody::HandOver(hand_over) => {
            situation.supplied(hand_over.cooperative)?;
            let to = text::clean_note("to", &hand_over.to)?;
            situation.happen(OrderEvent::HandedOver {
                cooperative: hand_over.cooperative,
                to,
            })
        }
        CommandBody::Deliver(deliver) => {
            situation.served_or_supplied(deliver.cooperative)?;
            situation.happen(OrderEvent::Delivered {
                cooperative: deliver.cooperative,
                lines: deliver.lines.clone(),
                proof: deliver.proof.clone(),
            })
        }
        CommandBody::FailDelivery(fail) => {
            situation.served_or_supplied(fail.cooperative)?;
            if !Reason::OF_DELIVERIES.contains(&fail.reason) {
                return Err(Refusal::FieldInvalid {
                    field: "reason".to_owned(),
                });
            }
            situation.happen(OrderEvent::DeliveryFailed {
                cooperative: fail.cooperative,
                reason: fail.reason,
            })
        }
        CommandBody::ReturnGoods(goods) => {
            situation.served_or_supplied(goods.cooperative)?;
            situation.happen(OrderEvent::Returned {
                cooperative: goods.cooperative,
                lines: goods.lines.clone(),
                fault: goods.fault,
            })
        }
        CommandBody::Collect(collect) => situation.take_money(
            collect,
            OrderEvent::Collected {
                cooperative: collect.cooperative,
                amount: collect.amount,
                method: collect.method,
            },
        ),
        CommandBody::DeclareEarlyPayment(declare) => situation.take_money(
            declare,
            OrderEvent::DeclaredEarly {
                cooperative: declare.cooperative,
                amount: declare.amount,
                method: declare.method,
            },
        ),
        CommandBody::Withdraw(part) => {
            situation.own_order()?;
            situation.happen(OrderEvent::Withdrawn {
                cooperative: part.cooperative,
            })
        }
        CommandBody::FailSupply(fail) => {
            situation.supplied(fail.cooperative)?;
            situation.happen(OrderEvent::SupplyFailed {
                cooperative: fail.cooperative,
                fault: fail.fault,
            })
        }
        CommandBody::OpenDispute(open) => situation.open_dispute(id, open),
        CommandBody::WithdrawDispute(named) => {
            situation.step_dispute(named.dispute, DisputeEvent::TakenBack)
        }
        CommandBody::EscalateDispute(escalate) => {
            let note = text::clean("note", &escalate.note, limits::NOTE_CHARACTERS)?;
            situation.step_dispute(escalate.dispute, DisputeEvent::Escalated { note })
        }
    }
}

impl Situation<'_> {
    fn require(&self, action: Action, subject: Subject) -> Result<(), Refusal> {
        if can(Some(self.actor), action, subject) {
            Ok(())
        } else {
            Err(Refusal::NotAllowed)
        }
    }

    fn own_order(&self) -> Result<&Order, Refusal> {
        let order = self.order.ok_or(Refusal::UnknownOrder)?;
        self.require(Action::ServeOrder, Subject::Order { agent: order.agent })?;
        Ok(order)
    }

    fn supplied(&self, cooperative: CooperativeId) -> Result<&Order, Refusal> {
        let order = self.order.ok_or(Refusal::UnknownOrder)?;
        self.require(
            Action::SupplyOrder,
            Subject::SubOrder {
                agent: order.agent,
                cooperative,
            },
        )?;
        Ok(order)
    }

    fn served_or_supplied(&self, cooperative: CooperativeId) -> Result<&Order, Refusal> {
        let order = self.order.ok_or(Refusal::UnknownOrder)?;
        let subject = Subject::SubOrder {
            agent: order.agent,
            cooperative,
        };
        self.require(Action::ServeOrder, subject)
            .or_else(|_| self.require(Action::SupplyOrder, subject))?;
        Ok(order)
    }

    fn happen(&self, event: OrderEvent) -> Result<Effect, Refusal> {
        let after = self
            .order
            .ok_or(Refusal::UnknownOrder)?
            .after(&event, self.made_at)?;
        Ok(Effect::Order {
            event: Box::new(event),
            after: Box::new(after),
        })
    }

    /// Money for a part of an order. Of what its agent took before they knew that the order was told twice, the
    /// same may be told twice too.
    fn take_money(&self, collect: &Collect, event: OrderEvent) -> Result<Effect, Refusal> {
        let order = self.served_or_supplied(collect.cooperative)?;
        let effect = self.happen(event)?;
        let part = order.sub_order(collect.cooperative);
        if order.agent == self.actor.person && part.is_some_and(SubOrder::has_taken_money) {
            again::check_known(order, collect.other_ids)?;
        }
        Ok(effect)
    }

    fn open_dispute(&self, id: CommandId, open: &OpenDispute) -> Result<Effect, Refusal> {
        self.require(Action::DisputeEntries, Subject::Anything)?;
        let amount_max = self.disputable(&open.about)?;
        if open.amount <= Centimes::ZERO {
            return Err(Refusal::AmountNotPositive);
        }
        if open.amount > amount_max {
            return Err(Refusal::FieldInvalid {
                field: "amount".to_owned(),
            });
        }
        if self.disputes.iter().any(|known| known.forbids(&open.about)) {
            return Err(Refusal::AlreadyDisputed);
        }
        let photo = match &open.photo {
            Some(photo) => Some(photo.jpeg().map_err(|_| Refusal::PhotoNotValid {
                bytes_max: limits::PHOTO_BYTES,
            })?),
            None => None,
        };
        let claim = Claim {
            about: open.about,
            amount: open.amount,
            reason: open.reason,
            note: match open.reason {
                DisputeReason::Other => text::clean("note", &open.note, limits::NOTE_CHARACTERS)?,
                _ => text::clean_note("note", &open.note)?,
            },
            photo: photo.is_some().then_some(id.0),
        };
        let mut after = Dispute::open(id.0, self.actor.person, claim, self.made_at)?;
        self.give_time(&mut after, limits::DISPUTE_ANSWER_DAYS);
        Ok(Effect::Dispute {
            event: None,
            after: Box::new(after),
            photo,
        })
    }

    /// The most that can be claimed: of a line, all it turned over.
    fn disputable(&self, about: &Disputed) -> Result<Centimes, Refusal> {
        if let Some(number) = about.entry {
            let own = self.entry.filter(|entry| {
                entry.number == number && entry.transfer.agent() == Some(self.actor.person)
            });
            let own = own.ok_or(Refusal::UnknownEntry)?;
            // What a dispute holds and grants follows its answer, which may be escalated once.
            if matches!(own.transfer.cause, Cause::Dispute { .. }) {
                return Err(Refusal::AlreadyDisputed);
            }
            if Disputed::of(own).line != about.line {
                return Err(Refusal::FieldInvalid {
                    field: "about".to_owned(),
                });
            }
        }
        let most = Centimes(limits::DISPUTED_CENTIMES);
        let Some(named) = about.line else {
            return match about.entry {
                Some(_) => Ok(most),
                None => Err(Refusal::FieldMissing {
                    field: "about".to_owned(),
                }),
            };
        };
        let order = match (self.order, about.entry) {
            // Whoever has a part of a line's commission has entries of it, and perhaps not the order.
            (order, Some(_)) => order,
            (_, None) => Some(self.own_order()?),
        };
        let Some(order) = order else {
            return Ok(most);
        };
        let line = order
            .sub_order(named.cooperative)
            .ok_or(Refusal::NoSuchSubOrder {
                cooperative: named.cooperative,
            })?
            .line(named.line)
            .ok_or(Refusal::NoSuchLine { line: named.line })?;
        let turned_over = line.net_asked()?.max(line.commission.amount);
        Ok(turned_over.min(most))
    }

    fn step_dispute(&self, id: Uuid, event: DisputeEvent) -> Result<Effect, Refusal> {
        self.require(Action::DisputeEntries, Subject::Anything)?;
        let known = self.disputes.iter().find(|known| known.id == id);
        let before = known
            .filter(|known| known.agent == self.actor.person)
            .ok_or(Refusal::UnknownDispute)?;
        // No earlier than what it answers, and a phone's word is taken for a fortnight.
        let at = self
            .received_at
            .map_or(self.made_at, |received_at| {
                counts_at(self.made_at, received_at)
            })
            .max(before.since);
        let mut after = before.after(&event, self.actor.person, at)?;
        if matches!(event, DisputeEvent::Escalated { .. }) {
            self.give_time(&mut after, limits::DISPUTE_ANSWER_DAYS);
        }
        Ok(Effect::Dispute {
            event: Some(event),
            after: Box::new(after),
            photo: None,
        })
    }

    /// Whoever answers has their time from when they could first know of it, however long it lay on a
    /// phone.
    fn give_time(&self, dispute: &mut Dispute, days: i64) {
        let known_at = self.received_at.unwrap_or(self.made_at).max(self.made_at);
        dispute.due_at = known_at.plus_days(days);
    }

    /// Refuses a receipt of a day to come, and leaves an old one to a person: only the agent's word stands
    /// for that day, and the prices and terms are those of that day.
    fn check_receipt(&self, taken_on: Option<CivilDate>) -> Result<(), Refusal> {
        let Some(taken_on) = taken_on else {
            return Ok(());
        };
        // A phone without the time zone database may be a day off around midnight.
        if taken_on > self.calendar.date_at(self.made_at).plus_days(1) {
            return Err(Refusal::FieldInvalid {
                field: "from_receipt_of".to_owned(),
            });
        }
        let Some(received_at) = self.received_at else {
            return Ok(());
        };
        let days = limits::DATED_BY_DEVICE_DAYS;
        if taken_on < self.calendar.date_at(received_at.plus_days(-days)) {
            return Err(Refusal::ReceiptTooOld { days });
        }
        Ok(())
    }

    fn price(
        &self,
        basket: &Basket,
        identity: OrderIdentity,
        channel: crate::catalogue::Channel,
        customer_kind: crate::customer::CustomerKind,
        shown: &Shown,
        placed_at: Timestamp,
    ) -> Result<Order, Refusal> {
        if let Some(received_at) = self.received_at {
            self.catalogue
                .honours(basket.price_list, basket.plan, placed_at, received_at)?;
        }
        let door = Door {
            catalogue: self.catalogue,
            calendar: self.calendar,
            agent: self.actor.person,
            engagement: self.engagement,
            customer_kind,
            channel,
            placed_at,
        };
        let order = basket.place(identity, &door)?;
        basket.check_signed(&order.sub_orders)?;
        let (total, commission) = (order.gross_asked()?, order.commission_asked()?);
        if shown.total != total {
            return Err(Refusal::TotalDiffers {
                claimed: shown.total,
                computed: total,
            });
        }
        if shown.commission != commission {
            return Err(Refusal::CommissionDiffers {
                claimed: shown.commission,
                computed: commission,
            });
        }
        Ok(order)
    }
}
