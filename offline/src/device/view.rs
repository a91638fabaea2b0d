//! What screens see: the server's documents with the person's own commands folded over them.
//!
//! A saved command *is* its local effect. It is folded by the very function by which the server will
//! decide, so the two can only differ where the server knows more.

use crate::engine::Phase;
use crate::record::Queued;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use taswiq_domain::access::Actor;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::commission::{self, Standing};
use taswiq_domain::customer::{Customer, CustomerLabel};
use taswiq_domain::decide::{Effect, Situation, decide};
use taswiq_domain::dispute::{Dispute, Disputed, DisputedLine};
use taswiq_domain::ids::{CommandId, CustomerId, OrderId, PersonId};
use taswiq_domain::ledger::{Account, Transfer};
use taswiq_domain::money::{Centimes, Overflow};
use taswiq_domain::order::Order;
use taswiq_domain::order::again::KnownAs;
use taswiq_domain::period::Period;
use taswiq_domain::person::Profile;
use taswiq_domain::refusal::Refusal;
use taswiq_domain::sync::{
    Command, CommandBody, DisputeDocument, DisputeStep, LedgerEntry, StatementDocument,
};
use taswiq_domain::text;
use taswiq_domain::time::{FixedOffset, Timestamp};
use uuid::Uuid;

/// Where an order or a dispute is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// Saved on this phone, not yet with the server.
    OnPhone,
    /// With the server; how far each cooperative is says [`Order::sub_orders`], how far a dispute its
    /// state.
    Received,
    /// With the server, which wants a person to look at it.
    ToCorrect {
        /// The command that made it, as in [`super::Device::parked`].
        command: CommandId,
        /// Why.
        refusal: Refusal,
    },
}

/// A command that waits on this phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which.
    pub id: CommandId,
    /// Its kind on the wire.
    pub kind: &'static str,
    /// When it was made, corrected.
    pub made_at: Timestamp,
    /// Why it will probably be refused, by what the phone has learnt since it was made. The server
    /// decides all the same.
    pub doubt: Option<Refusal>,
}

/// A command that a person must look at. It is not sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The command, whole: what a repair starts from.
    pub command: Command,
    /// When it was made, corrected.
    pub made_at: Timestamp,
    /// Why.
    pub refusal: Refusal,
    /// When the server said so, by its clock.
    pub decided_at: Timestamp,
}

/// An order as a screen shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderView {
    /// The order with everything done on this phone.
    pub order: Rc<Order>,
    /// Who ordered, as far as this person may know.
    pub customer: Option<CustomerLabel>,
    /// When the server took it in.
    pub received_at: Option<Timestamp>,
    /// Where it is.
    pub whereabouts: Whereabouts,
    /// What was done to it on this phone and waits, oldest first; placing it included.
    pub pending: Vec<Pending>,
    /// What was done to it and is to be corrected, oldest first.
    pub parked: Vec<Parked>,
}

/// A dispute as a screen shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct DisputeView {
    /// The dispute and what happened to it, with everything done on this phone.
    pub document: Rc<DisputeDocument>,
    /// Where it is.
    pub whereabouts: Whereabouts,
    /// Whether something done to it waits on this phone.
    pub waits: bool,
    /// What the server holds for it, by what it last told.
    pub held: Centimes,
    /// What it will hold besides, once it has taken in what waits.
    pub to_hold: Centimes,
}

/// What an agent has earned, in all or by one order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earnings {
    /// Asked and not yet answered by the cooperatives: a hope, in no ledger.
    pub estimate: Centimes,
    /// Confirmed, not vested. This and what follows are balances of the ledger.
    pub pending: Centimes,
    /// Vested, not on a closed statement.
    pub earned: Centimes,
    /// On a closed statement, to be transferred.
    pub payable: Centimes,
    /// Held while a dispute is open.
    pub held: Centimes,
    /// Still owed from before.
    pub carried: Centimes,
    /// Transferred.
    pub paid: Centimes,
    /// Withheld as tax.
    pub withheld: Centimes,
    /// What the acts that wait on this phone will add to (or, negative, take from) `pending` and
    /// `earned` together, if the server agrees.
    pub unsent: Centimes,
}

/// The badge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// What the engine is at.
    pub phase: Phase,
    /// Commands that wait on this phone.
    pub waiting: u32,
    /// Commands to correct.
    pub parked: u32,
    /// When the server last answered, by its clock.
    pub last_sync: Option<Timestamp>,
    /// How far the server's clock is ahead of the phone's, in milliseconds.
    pub clock_ahead_ms: i64,
}

/// A customer with what a search compares.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) customer: Rc<Customer>,
    search_key: Rc<str>,
}

impl Known {
    pub(super) fn new(customer: Customer) -> Self {
        let details = &customer.details;
        // People say 06…, not +212 6….
        let phone = details
            .phone
            .as_ref()
            .map(|phone| {
                format!(
                    "{} {}",
                    phone.as_e164(),
                    phone.as_e164().replacen("+212", "0", 1)
                )
            })
            .unwrap_or_default();
        let typed = format!(
            "{} {} {} {}",
            details.full_name(),
            details.place,
            details.address,
            phone
        );
        Self {
            search_key: text::search_key(&typed).into(),
            customer: Rc::new(customer),
        }
    }

    /// Whether every word is somewhere in it.
    pub(super) fn fits(&self, words: &[String]) -> bool {
        words
            .iter()
            .all(|word| self.search_key.contains(word.as_str()))
    }

    pub(super) fn sort_key(&self) -> &str {
        &self.search_key
    }
}

/// An order document.
#[derive(Clone, Debug)]
pub(super) struct KnownOrder {
    pub(super) order: Rc<Order>,
    pub(super) received_at: Timestamp,
    pub(super) customer: Option<CustomerLabel>,
}

/// What came from the server.
#[derive(Clone, Debug, Default)]
pub(super) struct Documents {
    pub(super) profile: Option<Rc<Profile>>,
    pub(super) catalogue: Option<Rc<Catalogue>>,
    pub(super) customers: HashMap<CustomerId, Known>,
    pub(super) orders: HashMap<OrderId, KnownOrder>,
    pub(super) entries: BTreeMap<i64, Rc<LedgerEntry>>,
    pub(super) statements: BTreeMap<Period, Rc<StatementDocument>>,
    pub(super) disputes: HashMap<Uuid, Rc<DisputeDocument>>,
    /// The orders by their other ids.
    pub(super) aliases: HashMap<OrderId, OrderId>,
}

impl Documents {
    /// The id of the order that goes by this one.
    pub(super) fn id_of(&self, id: OrderId) -> OrderId {
        let known = self.aliases.get(&id);
        *known
            .filter(|known| !self.orders.contains_key(&id) && self.orders.contains_key(known))
            .unwrap_or(&id)
    }

    /// An act as it is done on this phone: by somebody who sees what is known of its order.
    pub(super) fn knowing(&self, body: CommandBody) -> CommandBody {
        let order = body.order().map(|named| self.id_of(named));
        let there = order.and_then(|id| self.orders.get(&id));
        let other_ids = there.map_or(0, |there| there.order.also.len());
        body.knowing(u16::try_from(other_ids).unwrap_or(u16::MAX))
    }

    /// The order that is there, and how its lines are named by somebody who names it by another of its ids.
    fn known_as(&self, named: OrderId) -> Option<(OrderId, &KnownAs)> {
        let there = self.orders.get(&self.id_of(named))?;
        let known = there.order.known_as(named)?;
        Some((there.order.id, known))
    }

    /// What a command does to the order that is there, where it names that order by another of its ids.
    fn on_the_order_that_is_there<'a>(&self, body: &'a CommandBody) -> Cow<'a, CommandBody> {
        match body.order().and_then(|named| self.known_as(named)) {
            Some((there, known)) => {
                let body = body.clone();
                Cow::Owned(body.on_order(there, |line| known.number(line)))
            }
            None => Cow::Borrowed(body),
        }
    }

    /// What is to be disputed, of the order that is there.
    pub(super) fn disputed(&self, about: Disputed) -> Disputed {
        let line = about.line.map(|named| match self.known_as(named.order) {
            Some((order, known)) => DisputedLine {
                order,
                line: known.number(named.line),
                ..named
            },
            None => named,
        });
        Disputed { line, ..about }
    }
}

/// What own commands make of the documents.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlay {
    pub(super) customers: HashMap<CustomerId, Known>,
    pub(super) orders: HashMap<OrderId, Rc<Order>>,
    pub(super) disputes: HashMap<Uuid, Rc<DisputeDocument>>,
    pub(super) doubts: HashMap<CommandId, Refusal>,
}

impl Overlay {
    /// Folds a command, by the rules. A refused one leaves no trace.
    pub(super) fn fold(
        &mut self,
        documents: &Documents,
        offset: &FixedOffset,
        queued: &Queued,
    ) -> Result<(), Refusal> {
        let (Some(profile), Some(catalogue)) = (&documents.profile, &documents.catalogue) else {
            return Err(Refusal::CatalogueTooOld);
        };
        let actor = Actor {
            person: profile.person,
            role: profile.role,
            cooperatives: profile.cooperatives.clone(),
        };
        let Command { id, body, .. } = &queued.command;
        let body = &*documents.on_the_order_that_is_there(body);
        let door_at = body.door_at(queued.corrected_at, offset);
        let engagement = profile.engagement_of(body.basket(), door_at);
        let order = self.order(documents, body.order().unwrap_or_else(|| (*id).into()));
        let customer = body
            .customer()
            .and_then(|customer| self.customer(documents, customer))
            .map(|known| known.customer.clone());
        let entry = match body {
            CommandBody::OpenDispute(open) => open
                .about
                .entry
                .and_then(|number| documents.entries.get(&number)),
            _ => None,
        };
        let disputes = match body {
            CommandBody::OpenDispute(_) => self.disputes(documents),
            _ => body
                .dispute()
                .and_then(|dispute| self.dispute(documents, dispute))
                .into_iter()
                .collect(),
        };
        let disputes: Vec<&Dispute> = disputes.iter().map(|known| &known.dispute).collect();
        let situation = Situation {
            actor: &actor,
            engagement: &engagement,
            catalogue,
            calendar: offset,
            made_at: queued.corrected_at,
            received_at: None,
            order: order.as_deref(),
            customer: customer.as_deref(),
            entry: entry.map(|entry| &**entry),
            disputes: &disputes,
        };
        match decide(*id, body, &situation)? {
            Effect::Customer(customer) => {
                self.customers.insert(customer.id, Known::new(customer));
            }
            Effect::Order { after, .. } => {
                self.orders.insert(after.id, Rc::from(after));
            }
            Effect::Dispute { event, after, .. } => {
                let mut steps = self
                    .dispute(documents, after.id)
                    .map_or_else(Vec::new, |known| known.steps.clone());
                steps.extend(event.map(|event| DisputeStep {
                    at: after.since,
                    event,
                }));
                let document = DisputeDocument {
                    dispute: *after,
                    steps,
                };
                self.disputes.insert(document.dispute.id, Rc::new(document));
            }
        }
        Ok(())
    }

    /// Every dispute with everything done to it, in no order.
    pub(super) fn disputes(&self, documents: &Documents) -> Vec<Rc<DisputeDocument>> {
        let known = documents
            .disputes
            .iter()
            .filter(|(id, _)| !self.disputes.contains_key(id))
            .map(|(_, known)| known);
        self.disputes.values().chain(known).cloned().collect()
    }

    /// The dispute with everything done to it.
    pub(super) fn dispute(&self, documents: &Documents, id: Uuid) -> Option<Rc<DisputeDocument>> {
        self.disputes
            .get(&id)
            .or_else(|| documents.disputes.get(&id))
            .cloned()
    }

    /// The order with everything done to it.
    pub(super) fn order(&self, documents: &Documents, id: OrderId) -> Option<Rc<Order>> {
        self.orders
            .get(&id)
            .or_else(|| documents.orders.get(&id).map(|known| &known.order))
            .cloned()
    }

    /// The customer with every correction.
    pub(super) fn customer<'a>(
        &'a self,
        documents: &'a Documents,
        id: CustomerId,
    ) -> Option<&'a Known> {
        self.customers
            .get(&id)
            .or_else(|| documents.customers.get(&id))
    }
}

/// Whether a parked command still shows: what it would have created must not vanish from the lists,
/// whereas a step that was refused did not happen.
pub(super) fn creates(body: &CommandBody) -> bool {
    matches!(
        body,
        CommandBody::PlaceOrder(_) | CommandBody::RegisterCustomer(_) | CommandBody::OpenDispute(_)
    )
}

impl Earnings {
    /// Adds an entry of the ledger.
    pub(super) fn post(&mut self, agent: PersonId, transfer: &Transfer) -> Result<(), Overflow> {
        if let Some(balance) = self.balance(agent, transfer.debit) {
            *balance = balance.minus(transfer.amount)?;
        }
        if let Some(balance) = self.balance(agent, transfer.credit) {
            *balance = balance.plus(transfer.amount)?;
        }
        Ok(())
    }

    fn balance(&mut self, agent: PersonId, account: Account) -> Option<&mut Centimes> {
        match account {
            Account::AgentPending(owner) if owner == agent => Some(&mut self.pending),
            Account::AgentEarned(owner) if owner == agent => Some(&mut self.earned),
            Account::AgentPayable(owner) if owner == agent => Some(&mut self.payable),
            Account::AgentHeld(owner) if owner == agent => Some(&mut self.held),
            Account::AgentCarried(owner) if owner == agent => Some(&mut self.carried),
            Account::AgentPaid(owner) if owner == agent => Some(&mut self.paid),
            Account::AgentWithheld(owner) if owner == agent => Some(&mut self.withheld),
            _ => None,
        }
    }

    /// Adds what an order stands for beyond the ledger: its estimate, and what own commands changed.
    pub(super) fn hope(&mut self, document: Option<&Order>, now: &Order) -> Result<(), Overflow> {
        let stands = standing_of(now)?;
        self.estimate = self.estimate.plus(stands.estimate)?;
        let stood = document.map_or(Ok(Standing::default()), standing_of)?;
        let change = stands
            .pending
            .plus(stands.earned)?
            .minus(stood.pending)?
            .minus(stood.earned)?;
        self.unsent = self.unsent.plus(change)?;
        Ok(())
    }
}

/// What of an order's standing is its agent's: the parts of those who share it are none of this
/// phone's earnings.
fn standing_of(order: &Order) -> Result<Standing, Overflow> {
    order
        .sub_orders
        .iter()
        .try_fold(Standing::default(), |sum, sub_order| {
            sum.plus(commission::standing_for(
                sub_order,
                order.agent,
                order.agent,
            )?)
        })
}
