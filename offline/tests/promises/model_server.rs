//! The server as the protocol promises it, in one small piece: the same rules, every answer kept, a
//! feed of what changed. Plain enough to be believed, so that a device can be held against it.

use crate::world::{ANIMATRICE, HONEY, catalogue, profile};
use hpke::kem::DhP256HkdfSha256;
use hpke::{Kem, Serializable};
use std::collections::{BTreeMap, HashMap, HashSet};
use taswiq_domain::access::Actor;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::customer::{Customer, CustomerLabel};
use taswiq_domain::decide::{Effect, Situation, decide};
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::dispute::{self, Dispute, DisputeEvent};
use taswiq_domain::engagement::Engagement;
use taswiq_domain::hand_over::SealingKey;
use taswiq_domain::ids::{CommandId, CustomerId, DeviceId, OrderId, PersonId};
use taswiq_domain::ledger::chain::Chain;
use taswiq_domain::ledger::{Happening, Told, transfers_for};
use taswiq_domain::order::OrderEvent;
use taswiq_domain::period::Period;
use taswiq_domain::refusal::Refusal;
use taswiq_domain::sync::{
    Answer, Change, Command, CommandBody, CommandResult, DisputeDocument, DisputeStep, LedgerEntry,
    OrderDocument, PROTOCOL, ParkedSettled, Request, Response, StatementDocument,
};
use taswiq_domain::time::{FixedOffset, Timestamp};
use uuid::Uuid;

/// One server. A clone is a backup.
#[derive(Clone)]
pub struct ModelServer {
    pub epoch: u32,
    pub clock: Timestamp,
    pub catalogue: Catalogue,
    /// Whose each device is.
    pub owners: HashMap<DeviceId, PersonId>,
    /// By which each may hand over without a session.
    keys: HashMap<DeviceId, DeviceKey>,
    pub customers: BTreeMap<CustomerId, Customer>,
    pub orders: BTreeMap<OrderId, OrderDocument>,
    pub entries: Vec<LedgerEntry>,
    pub statements: BTreeMap<Period, StatementDocument>,
    chain: Chain,
    pub disputes: BTreeMap<Uuid, DisputeDocument>,
    /// Every command that took effect, in the order in which it did.
    pub applied: Vec<(DeviceId, u64, CommandId)>,
    pub answers: HashMap<CommandId, (Command, Answer)>,
    decided: HashMap<DeviceId, u64>,
    feed: Vec<Fed>,
    pub changes_per_answer: usize,
    /// Commands that a person will have to look at, whatever they say.
    pub parks: Vec<CommandId>,
    /// Devices that the office has put out.
    pub revoked: HashSet<DeviceId>,
    /// Puts everything off.
    pub busy: bool,
    /// After a restore, decides on what it is sent before the device knows of the restore. No server
    /// of ours does; a phone survives it all the same.
    pub hasty: bool,
}

#[derive(Clone, PartialEq)]
enum Fed {
    Profiles,
    Catalogue,
    Customer(CustomerId),
    Order(OrderId),
    OrderGone(OrderId),
    Entry(usize),
    Statement(Period),
    Settled(ParkedSettled),
    Dispute(Uuid),
}

/// Somebody of the office.
const OFFICE: PersonId = PersonId(90);

impl ModelServer {
    pub fn new() -> Self {
        Self {
            epoch: 1,
            clock: crate::world::NOON,
            catalogue: catalogue(),
            owners: HashMap::new(),
            revoked: HashSet::new(),
            keys: HashMap::new(),
            customers: BTreeMap::new(),
            orders: BTreeMap::new(),
            entries: Vec::new(),
            statements: BTreeMap::new(),
            chain: Chain::default(),
            disputes: BTreeMap::new(),
            applied: Vec::new(),
            answers: HashMap::new(),
            decided: HashMap::new(),
            feed: vec![Fed::Profiles, Fed::Catalogue],
            changes_per_answer: 500,
            parks: Vec::new(),
            busy: false,
            hasty: false,
        }
    }

    /// The server as it was, under a new epoch.
    pub fn restored_from(backup: &Self, epoch: u32) -> Self {
        Self {
            epoch,
            ..backup.clone()
        }
    }

    /// The header that lets a device hand over.
    pub fn key_of(&self, device: DeviceId) -> Option<String> {
        self.keys.get(&device).map(|key| key.authorization(device))
    }

    /// What it answers to a device that showed a session, or its own key only.
    pub fn handle_by(&mut self, request: Request, is_by_key: bool) -> Response {
        if let (false, Some(key)) = (is_by_key, &request.key) {
            self.keys.insert(request.device, key.clone());
        }
        let cursor = request.cursor;
        let response = self.handle(request);
        if !is_by_key {
            return response;
        }
        Response {
            changes: Vec::new(),
            cursor,
            more: 0,
            signed_out: true,
            ..response
        }
    }

    pub fn handle(&mut self, request: Request) -> Response {
        assert_eq!(request.protocol, PROTOCOL);
        let person = self.owners[&request.device];
        let seqs: Vec<u64> = request.commands.iter().map(|command| command.seq).collect();
        assert!(
            seqs.windows(2).all(|pair| pair[0] < pair[1]),
            "in the order of their seq: {seqs:?}"
        );
        let epoch = self.epoch_name();
        let knows_epoch = request.epoch == epoch;
        let ahead_ms = self.clock.0 - request.device_time.0;
        let results = request
            .commands
            .iter()
            .map(|command| CommandResult {
                id: command.id,
                answer: self.answer(request.device, person, command, ahead_ms, knows_epoch),
            })
            .collect();
        let from = if knows_epoch || request.epoch.is_empty() {
            request.cursor
        } else {
            0
        };
        let (changes, cursor, more) = match self.revoked.contains(&request.device) {
            true => (Vec::new(), from, 0),
            false => self.changes(person, from, request.changes_max),
        };
        Response {
            protocol: PROTOCOL,
            epoch,
            server_time: self.clock,
            offset: FixedOffset::default(),
            decided_seq: self.decided.get(&request.device).copied().unwrap_or(0),
            heard_seq: None,
            results,
            changes,
            cursor,
            more,
            signed_out: false,
            sealing_key: Some(sealing_keys().1)
                .filter(|key| request.sealing_key != Some(key.name())),
            revoked: self.revoked.contains(&request.device),
        }
    }

    /// A month is closed, or its statement is paid.
    pub fn state(&mut self, document: StatementDocument) {
        let period = document.statement.period;
        self.statements.insert(period, document);
        self.feed.push(Fed::Statement(period));
    }

    /// Lets the phones hear of an entry once more.
    pub fn tell_entry_again(&mut self, index: usize) {
        self.feed.push(Fed::Entry(index));
    }

    /// Something that another person does.
    pub fn act(&mut self, person: PersonId, number: u64, body: CommandBody) {
        let command = Command {
            id: crate::world::id(number),
            seq: 0,
            made_at: self.clock,
            body,
        };
        self.carry_out(person, &command, self.clock)
            .expect("allowed");
    }

    /// A person settles a parked command.
    pub fn settle(&mut self, command: CommandId, accepted: bool) {
        self.feed
            .push(Fed::Settled(ParkedSettled { command, accepted }));
    }

    /// An order leaves everybody's scope.
    pub fn remove_order(&mut self, id: OrderId) {
        self.orders.remove(&id);
        self.feed.push(Fed::OrderGone(id));
    }

    fn epoch_name(&self) -> String {
        format!("epoch-{}", self.epoch)
    }

    fn answer(
        &mut self,
        device: DeviceId,
        person: PersonId,
        command: &Command,
        ahead_ms: i64,
        knows_epoch: bool,
    ) -> Answer {
        if let Some((first, answer)) = self.answers.get(&command.id) {
            assert_eq!(
                (first.made_at, &first.body),
                (command.made_at, &command.body),
                "one id, one content"
            );
            let decided = self.decided.entry(device).or_default();
            *decided += u64::from(command.seq == *decided + 1);
            return match answer {
                Answer::Applied => Answer::AlreadyApplied,
                answer => answer.clone(),
            };
        }
        let decided = self.decided.entry(device).or_default();
        if !knows_epoch {
            if !self.hasty {
                return Answer::RetryAfter { delay_ms: 0 };
            }
            *decided = command.seq - 1;
        }
        if self.busy || command.seq != *decided + 1 {
            assert!(
                command.seq > *decided,
                "seq {} was used for another command",
                command.seq
            );
            return Answer::RetryAfter { delay_ms: 5_000 };
        }
        *decided += 1;
        let answer = if self.parks.contains(&command.id) {
            Answer::Parked {
                refusal: Refusal::CatalogueTooOld,
            }
        } else {
            match self.carry_out(person, command, command.made_at.plus_ms(ahead_ms)) {
                Ok(()) => Answer::Applied,
                Err(refusal) => Answer::Parked { refusal },
            }
        };
        if answer == Answer::Applied {
            self.applied.push((device, command.seq, command.id));
        }
        self.answers
            .insert(command.id, (command.clone(), answer.clone()));
        answer
    }

    fn carry_out(
        &mut self,
        person: PersonId,
        command: &Command,
        made_at: Timestamp,
    ) -> Result<(), Refusal> {
        let profile = profile(person);
        let actor = Actor {
            person,
            role: profile.role,
            cooperatives: profile.cooperatives,
        };
        let body = self.on_the_order_that_is_there(&command.body);
        let order_id = body.order().unwrap_or_else(|| command.id.into());
        let before = self
            .orders
            .get(&order_id)
            .map(|document| document.order.clone());
        let customer = body
            .customer()
            .and_then(|id| self.customers.get(&id).cloned());
        let entry = match &body {
            CommandBody::OpenDispute(open) => open
                .about
                .entry
                .and_then(|number| self.entries.get(number as usize - 1).cloned()),
            _ => None,
        };
        let known: Vec<Dispute> = self
            .disputes
            .values()
            .map(|document| document.dispute.clone())
            .filter(|dispute| dispute.agent == person)
            .collect();
        let disputes: Vec<&Dispute> = known.iter().collect();
        let situation = Situation {
            actor: &actor,
            engagement: &Engagement::default(),
            catalogue: &self.catalogue,
            calendar: &FixedOffset::default(),
            made_at,
            received_at: Some(self.clock),
            order: before.as_ref(),
            customer: customer.as_ref(),
            entry: entry.as_ref(),
            disputes: &disputes,
        };
        let effect = decide(command.id, &body, &situation)?;
        match self.found_again(effect, made_at)? {
            Effect::Customer(customer) => {
                self.feed.push(Fed::Customer(customer.id));
                self.customers.insert(customer.id, customer);
            }
            Effect::Dispute { event, after, .. } => self.put_dispute(event, *after)?,
            Effect::Order { event, after } => {
                let transfers = transfers_for(
                    before.as_ref(),
                    &after,
                    &Happening {
                        told: Told {
                            event: &event,
                            number: after.revision,
                            made_at,
                            at: made_at,
                        },
                        actor: Some(person),
                        // What is told late is counted where it is told: see the domain's promises.
                        earlier: &[],
                        month: &|moment| Period::at(moment.at, &FixedOffset::default()),
                    },
                )?;
                for transfer in transfers {
                    if transfer.agent().is_some() {
                        self.feed.push(Fed::Entry(self.entries.len()));
                        let number = self.entries.len() as i64 + 1;
                        self.entries.push(LedgerEntry {
                            number,
                            link: Some(self.chain.append(number, &transfer)),
                            source: None,
                            transfer,
                        });
                    }
                }
                self.feed.push(Fed::Order(after.id));
                let received_at = self.clock;
                self.orders
                    .entry(after.id)
                    .and_modify(|document| document.order = (*after).clone())
                    .or_insert(OrderDocument {
                        order: *after,
                        received_at,
                        customer: None,
                    });
            }
        }
        Ok(())
    }

    fn on_the_order_that_is_there(&self, body: &CommandBody) -> CommandBody {
        let named = body.order();
        let there = self.orders.values().find_map(|document| {
            let known = document.order.known_as(named?)?;
            Some((document.order.id, known))
        });
        match there {
            Some((id, known)) => body.clone().on_order(id, |line| known.number(line)),
            None => body.clone(),
        }
    }

    /// An order whose code is known is the order that is there, where one of them is from a receipt.
    fn found_again(&self, effect: Effect, made_at: Timestamp) -> Result<Effect, Refusal> {
        let Effect::Order { event, after } = effect else {
            return Ok(effect);
        };
        let twin = self
            .orders
            .values()
            .map(|document| &document.order)
            .find(|twin| {
                matches!(*event, OrderEvent::Placed { .. })
                    && (twin.id != after.id && twin.code == after.code && twin.agent == after.agent)
                    && (twin.from_receipt_of.is_some() || after.from_receipt_of.is_some())
            });
        let Some(twin) = twin else {
            return Ok(Effect::Order { event, after });
        };
        let event = OrderEvent::FoundAgain { order: after };
        let after = Box::new(twin.after(&event, made_at)?);
        Ok(Effect::Order {
            event: Box::new(event),
            after,
        })
    }

    /// Somebody of the office does something to a dispute.
    pub fn answer_dispute(&mut self, id: Uuid, event: DisputeEvent) {
        let after = self.disputes[&id]
            .dispute
            .after(&event, OFFICE, self.clock)
            .expect("allowed");
        self.put_dispute(Some(event), after).expect("fits");
    }

    fn put_dispute(&mut self, event: Option<DisputeEvent>, after: Dispute) -> Result<(), Refusal> {
        let before = self.disputes.get(&after.id);
        let period = Period::at(after.since, &FixedOffset::default());
        let transfers = dispute::transfers_for(
            before.map(|document| &document.dispute),
            &after,
            after.since,
            period,
        )?;
        let mut steps = before.map_or_else(Vec::new, |document| document.steps.clone());
        steps.extend(event.map(|event| DisputeStep {
            at: after.since,
            event,
        }));
        for transfer in transfers {
            let number = self.entries.len() as i64 + 1;
            self.feed.push(Fed::Entry(self.entries.len()));
            self.entries.push(LedgerEntry {
                number,
                link: Some(self.chain.append(number, &transfer)),
                source: None,
                transfer,
            });
        }
        self.feed.push(Fed::Dispute(after.id));
        let document = DisputeDocument {
            dispute: after,
            steps,
        };
        self.disputes.insert(document.dispute.id, document);
        Ok(())
    }

    /// What a person may know of what changed since `from`, at most so much, the place after it, and how much
    /// is left.
    fn changes(&self, person: PersonId, from: i64, max: Option<u32>) -> (Vec<Change>, i64, u32) {
        let max = max.map_or(self.changes_per_answer, |max| {
            self.changes_per_answer.min(max as usize)
        });
        let from = from as usize;
        let pending: Vec<(usize, &Fed)> = self
            .feed
            .iter()
            .enumerate()
            .skip(from)
            .filter(|(place, fed)| !self.feed[place + 1..].contains(fed))
            .collect();
        let page = &pending[..pending.len().min(max)];
        let left = pending.len() - page.len();
        let cursor = if left == 0 {
            self.feed.len()
        } else {
            page.last().map_or(from, |(place, _)| place + 1)
        };
        let changes = page
            .iter()
            .filter_map(|(_, fed)| self.change(person, fed))
            .collect();
        (changes, cursor as i64, left as u32)
    }

    fn change(&self, person: PersonId, fed: &Fed) -> Option<Change> {
        let cooperative = person == ANIMATRICE;
        Some(match fed {
            Fed::Profiles => Change::Profile(profile(person)),
            Fed::Catalogue => Change::Catalogue(Box::new(self.catalogue.clone())),
            Fed::Customer(_) | Fed::Entry(_) | Fed::Statement(_) | Fed::Dispute(_)
                if cooperative =>
            {
                return None;
            }
            Fed::Dispute(id) => Change::Dispute(Box::new(self.disputes[id].clone())),
            Fed::Customer(id) => Change::Customer(self.customers[id].clone()),
            Fed::Entry(index) => Change::Entry(self.entries[*index].clone()),
            Fed::Statement(period) => {
                Change::Statement(Box::new(self.statements.get(period)?.clone()))
            }
            Fed::Order(id) => {
                let mut document = self.orders.get(id)?.clone();
                if cooperative {
                    let customer = &self.customers[&document.order.customer];
                    document.customer = Some(CustomerLabel {
                        first_name: customer.details.first_name.clone(),
                        place: customer.details.place.clone(),
                    });
                    document.order = document.order.for_cooperatives(&[HONEY])?;
                }
                document.order.signature = String::new();
                Change::Order(Box::new(document))
            }
            Fed::OrderGone(id) => Change::OrderRemoved(*id),
            Fed::Settled(settled) => Change::ParkedSettled(settled.clone()),
        })
    }
}

/// By which it opens hand-over files, and to which they are sealed.
pub fn sealing_keys() -> (<DhP256HkdfSha256 as Kem>::PrivateKey, SealingKey) {
    let (private, public) = DhP256HkdfSha256::derive_keypair(&[7; 32]);
    let public = SealingKey::new(&public.to_bytes()).expect("a point");
    (private, public)
}
