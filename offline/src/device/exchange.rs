//! What goes into a request, and what an answer changes.

use super::memory::{Memory, Plan, Step, count};
use super::{Changed, Device};
use crate::engine::Summary;
use crate::hand_over::Packed;
use crate::record::{Acknowledged, Followed, Head, ParkedRecord, Queued};
use crate::store::{LocalStore, StoreError};
use crate::wire::Decoded;
use taswiq_domain::hand_over::{Contents, SealingKey};
use taswiq_domain::ids::{CommandId, CustomerId, OrderId};
use taswiq_domain::limits;
use taswiq_domain::sync::{
    Answer, Change, Command, CommandBody, LedgerEntry, PROTOCOL, Request, Response, Waiting,
    digest_of,
};
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

/// A request as it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What was said.
    pub request: Request,
}

/// An answer that was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What it changed.
    pub summary: Summary,
}

impl<S: LocalStore> Device<S> {
    /// The next request: the oldest commands that wait, within bounds, oldest first. What is offered
    /// for the first time is noted durably before, for from then on it cannot be undone.
    ///
    /// # Errors
    /// The store's.
    pub async fn offer(
        &self,
        now: Timestamp,
        build: &str,
        commands_max: usize,
        bytes_max: usize,
    ) -> Result<Sent, StoreError> {
        self.refresh().await?;
        let plan = |memory: &Memory| {
            let commands = memory.next_commands(0, commands_max, bytes_max, &self.held());
            let mut plan = Plan::new(memory.head.clone());
            let last = commands.last().map_or(0, |command| command.seq);
            plan.head.offered_seq = plan.head.offered_seq.max(last);
            if plan
                .head
                .skipped_by
                .as_ref()
                .is_some_and(|skipped_by| skipped_by != build)
            {
                plan.head.skipped_by = None;
                plan.reread();
            }
            if plan.head == memory.head {
                plan = Plan::nothing(plan.head);
            }
            let request = Request {
                protocol: PROTOCOL,
                device: memory.head.device,
                person: Some(memory.head.person),
                key: memory
                    .head
                    .key
                    .clone()
                    .filter(|_| !memory.head.has_told_key()),
                sealing_key: memory.head.sealing_key.as_ref().map(SealingKey::name),
                epoch: memory.head.epoch.clone(),
                build: build.to_owned(),
                cursor: plan.head.cursor,
                device_time: now,
                waiting: memory.waiting(0),
                lost: memory.head.untold_loss().cloned(),
                changes_max: None,
                commands,
            };
            Ok::<_, StoreError>((plan, request))
        };
        let request = self.change_with(plan, &mut Vec::new()).await?;
        Ok(Sent { request })
    }

    /// Whether what waits can be packed into a hand-over file: whether a server has told the key to seal it to,
    /// and knows this device's own.
    pub fn can_pack(&self) -> bool {
        let head = &self.memory().head;
        head.sealing_key.is_some() && head.key.is_some() && !head.key_told_to.is_empty()
    }

    /// All that waits, to be sealed into hand-over files; nothing where [`Device::can_pack`] says no, or nothing
    /// waits. It is noted durably as offered before, for from then on it cannot be undone, and it goes on waiting:
    /// only the server's own answer takes it out of the outbox.
    ///
    /// # Errors
    /// The store's.
    pub async fn pack(&self, now: Timestamp, build: &str) -> Result<Option<Packed>, StoreError> {
        self.let_go();
        self.refresh().await?;
        let plan = |memory: &Memory| {
            let packed = memory.pack(now, build);
            let mut plan = Plan::new(memory.head.clone());
            let last = memory.outbox.last_key_value().map_or(0, |(seq, _)| *seq);
            if packed.is_some() && last > plan.head.offered_seq {
                plan.head.offered_seq = last;
            } else {
                plan = Plan::nothing(plan.head);
            }
            Ok::<_, StoreError>((plan, packed))
        };
        self.change_with(plan, &mut Vec::new()).await
    }

    /// Stores an answer, all of it in one transaction: what was decided leaves the outbox, what
    /// changed comes in, the place in the feed moves on.
    ///
    /// Safe to be called with an answer that is late or was stored before: decisions are final, and
    /// changes are taken only by a device that still stands where the request said.
    ///
    /// # Errors
    /// The store's; nothing was stored then.
    pub async fn apply(&self, sent: &Sent, answer: Decoded) -> Result<Applied, StoreError> {
        let Decoded {
            mut response,
            skipped,
        } = answer;
        if response.revoked && !self.is_revoked() {
            self.wipe().await?;
        }
        let mut changes = std::mem::take(&mut response.changes);
        let digest: Vec<Digest> = changes.iter().filter_map(Digest::of).collect();
        let entries: Vec<LedgerEntry> = changes
            .iter()
            .filter_map(|change| match change {
                Change::Entry(entry) => Some(entry.clone()),
                _ => None,
            })
            .collect();
        let plan = |memory: &Memory| {
            let (mut plan, mut summary) = memory.plan_answer(sent, &response, &digest);
            // Where a change was passed over an entry may be missing that is not: the build that
            // understands it reads all of them again.
            if plan.takes_changes && !skipped && plan.head.skipped_by.is_none() {
                plan.head.followed = memory.follow(&entries);
            }
            // What is kept back is nothing that the next request could bring.
            let kept_back = memory.outbox.len() - memory.sendable(&self.held());
            summary.waiting = summary.waiting.saturating_sub(count(kept_back));
            if skipped && plan.takes_changes {
                plan.head.skipped_by = Some(sent.request.build.clone());
            }
            Ok::<_, StoreError>((plan, summary))
        };
        match self.change_with(plan, &mut changes).await {
            Ok(summary) => Ok(Applied { summary }),
            // What the server has decided always fits: it takes commands out. What it tells is asked for
            // again when there is room.
            Err(StoreError::Full) => self.apply_decisions(sent, &response).await,
            Err(error) => Err(error),
        }
    }

    /// The office has put the device out: what it told is thrown away.
    async fn wipe(&self) -> Result<(), StoreError> {
        self.inner.store.forget_copies().await?;
        let plan = |memory: &Memory| {
            let mut plan = memory.plan_rereading();
            plan.head.is_revoked = true;
            Ok::<_, StoreError>((plan, ()))
        };
        self.change_with(plan, &mut Vec::new()).await?;
        self.inner.memory.borrow_mut().forget_documents();
        self.tell(Changed::Saved);
        Ok(())
    }

    /// Stores of an answer what became of the commands, and nothing else.
    async fn apply_decisions(
        &self,
        sent: &Sent,
        response: &Response,
    ) -> Result<Applied, StoreError> {
        let mut elsewhere = sent.clone();
        elsewhere.request.cursor = NOWHERE;
        let plan = |memory: &Memory| {
            let (plan, mut summary) = memory.plan_answer(&elsewhere, response, &[]);
            let kept_back = memory.outbox.len() - memory.sendable(&self.held());
            summary.waiting = summary.waiting.saturating_sub(count(kept_back));
            summary.is_full = true;
            Ok::<_, StoreError>((plan, summary))
        };
        let summary = self.change_with(plan, &mut Vec::new()).await?;
        Ok(Applied { summary })
    }
}

/// What a plan needs to know of a change.
enum Digest {
    Person(taswiq_domain::ids::PersonId),
    Customer(CustomerId),
    /// With its other ids.
    Order(OrderId, Vec<OrderId>),
    Settled(CommandId),
    Dispute(Uuid),
}

impl Digest {
    fn of(change: &Change) -> Option<Self> {
        match change {
            Change::Profile(profile) => Some(Self::Person(profile.person)),
            Change::Customer(customer) => Some(Self::Customer(customer.id)),
            Change::CustomerRemoved(id) => Some(Self::Customer(*id)),
            Change::Order(document) => Some(Self::Order(
                document.order.id,
                document.order.also.iter().map(|also| also.id).collect(),
            )),
            Change::OrderRemoved(id) => Some(Self::Order(*id, Vec::new())),
            Change::ParkedSettled(settled) => Some(Self::Settled(settled.command)),
            Change::Dispute(document) => Some(Self::Dispute(document.dispute.id)),
            Change::Catalogue(_) | Change::Entry(_) | Change::Statement(_) => None,
        }
    }

    /// Whether a document shows the effect of a command.
    fn shows(&self, command: &Command) -> bool {
        match self {
            Self::Order(..) if matches!(command.body, CommandBody::OpenDispute(_)) => false,
            Self::Order(order, others) => {
                let is_it = |id: OrderId| id == *order || others.contains(&id);
                command.body.order().is_some_and(is_it) || is_it(command.id.into())
            }
            Self::Dispute(dispute) => {
                command.body.dispute() == Some(*dispute) || command.id.0 == *dispute
            }
            Self::Customer(customer) => match &command.body {
                CommandBody::CorrectCustomer(correct) => correct.customer == *customer,
                CommandBody::RegisterCustomer(_) => CustomerId::from(command.id) == *customer,
                _ => false,
            },
            Self::Person(_) | Self::Settled(_) => false,
        }
    }
}

impl Memory {
    /// Follows the agent's chain through entries that have come. One that came before must be what it
    /// was.
    fn follow(&self, entries: &[LedgerEntry]) -> Followed {
        let mut followed = self.head.followed;
        for entry in entries {
            if followed.broken.is_some() {
                break;
            }
            let fits = if entry.number <= followed.last {
                let known = self.documents.entries.get(&entry.number);
                known.is_none_or(|known| **known == *entry)
            } else {
                followed.chain.accepts(entry)
            };
            if fits {
                followed.last = followed.last.max(entry.number);
            } else {
                followed.broken = Some(entry.number);
            }
        }
        followed
    }

    /// The first number that is kept back. Only the newest commands can be: what is done after them
    /// may build on them, and does not wait.
    pub(super) fn held_from(&self, held: &[CommandId]) -> Option<u64> {
        let is_held = |queued: &&Queued| {
            queued.command.seq > self.head.offered_seq && held.contains(&queued.command.id)
        };
        self.outbox.values().next_back().filter(is_held)?;
        let first = self.outbox.values().find(is_held)?;
        Some(first.command.seq)
    }

    /// What may leave, oldest first.
    fn leaving(&self, held: &[CommandId]) -> impl Iterator<Item = &Queued> {
        let end = self.held_from(held).unwrap_or(u64::MAX);
        self.outbox.range(..end).map(|(_, queued)| queued)
    }

    /// How many commands may leave.
    pub(super) fn sendable(&self, held: &[CommandId]) -> usize {
        self.leaving(held).count()
    }

    /// The next commands after that `seq`, within bounds.
    fn next_commands(
        &self,
        after: u64,
        commands_max: usize,
        bytes_max: usize,
        held: &[CommandId],
    ) -> Vec<Command> {
        // Before the first contact the device does not know how many of its commands the server has:
        // it asks first.
        if self.head.epoch.is_empty() {
            return Vec::new();
        }
        let mut bytes = 0;
        let mut commands: Vec<Command> = Vec::new();
        for queued in self
            .leaving(held)
            .filter(|queued| queued.command.seq > after)
            .take(commands_max.min(limits::COMMANDS_PER_BATCH))
        {
            bytes += super::memory::json(&queued.command).len();
            if bytes > bytes_max.min(limits::SYNC_REQUEST_BYTES - ENVELOPE_BYTES)
                && !commands.is_empty()
            {
                break;
            }
            commands.push(queued.command.clone());
        }
        commands
    }

    /// What waits after that `seq`.
    fn waiting(&self, after: u64) -> Waiting {
        let waiting = || self.outbox.range(after + 1..).map(|(_, queued)| queued);
        let is_order = |queued: &&Queued| matches!(queued.command.body, CommandBody::PlaceOrder(_));
        Waiting {
            commands: count(waiting().count()),
            orders: count(waiting().filter(is_order).count()),
            oldest_made_at: waiting().next().map(|queued| queued.command.made_at),
            digest: digest_of(waiting().map(|queued| queued.command.id)),
        }
    }

    fn pack(&self, now: Timestamp, build: &str) -> Option<Packed> {
        let head = &self.head;
        let key = head.key.clone().filter(|_| !head.key_told_to.is_empty())?;
        let sealing_key = head.sealing_key.clone()?;
        let mut requests = Vec::new();
        let mut after = 0;
        loop {
            let commands = self.next_commands(
                after,
                limits::COMMANDS_PER_BATCH,
                limits::SYNC_REQUEST_BYTES,
                &[],
            );
            let Some(last) = commands.last().map(|command| command.seq) else {
                break;
            };
            requests.push(Request {
                protocol: PROTOCOL,
                device: head.device,
                person: Some(head.person),
                key: None,
                sealing_key: None,
                epoch: head.epoch.clone(),
                build: build.to_owned(),
                cursor: head.cursor,
                device_time: now,
                waiting: self.waiting(after),
                lost: None,
                changes_max: None,
                commands,
            });
            after = last;
        }
        let files: Vec<Contents> = requests
            .chunks(limits::HAND_OVER_REQUESTS)
            .map(|requests| Contents {
                key: key.clone(),
                requests: requests.to_vec(),
            })
            .collect();
        (!files.is_empty()).then_some(Packed { sealing_key, files })
    }

    fn plan_answer(&self, sent: &Sent, response: &Response, digest: &[Digest]) -> (Plan, Summary) {
        let waiting = count(self.outbox.len());
        if digest
            .iter()
            .any(|change| matches!(change, Digest::Person(person) if *person != self.head.person))
        {
            // Somebody else has signed in on this phone. Their answer is not for this store.
            return (
                Plan::nothing(self.head.clone()),
                Summary {
                    waiting,
                    wrong_person: true,
                    ..Summary::default()
                },
            );
        }
        if self.head.epoch != sent.request.epoch {
            // Another tab has learnt meanwhile that the server was restored.
            return (
                Plan::nothing(self.head.clone()),
                Summary {
                    waiting,
                    again: true,
                    ..Summary::default()
                },
            );
        }
        let mut plan = Plan::new(Head {
            epoch: response.epoch.clone(),
            clock_ahead_ms: response
                .server_time
                .0
                .saturating_sub(sent.request.device_time.0),
            offset: response.offset,
            last_sync: Some(response.server_time),
            is_revoked: response.revoked,
            ..self.head.clone()
        });
        let first_contact = self.head.epoch.is_empty();
        if let Some(told) = &response.sealing_key {
            plan.head.sealing_key = Some(told.clone());
        }
        if sent.request.key.is_some() && !response.signed_out {
            plan.head.key_told_to.clone_from(&response.epoch);
        }
        if let Some(loss) = &mut plan.head.loss
            && sent.request.lost.as_ref() == Some(&loss.trace)
        {
            loss.told_to.clone_from(&response.epoch);
        }
        if first_contact {
            plan.head.next_seq = plan
                .head
                .next_seq
                .max(response.decided_seq.saturating_add(1));
        }
        let restored = !first_contact && response.epoch != self.head.epoch;
        let in_place = sent.request.cursor == self.head.cursor;
        // Without a session nothing is told of changes: the feed stands still, and shows nothing.
        let takes_changes = !restored && in_place && !response.signed_out && !response.revoked;
        let caught_up = takes_changes && response.more == 0;

        let mut summary = Summary {
            signed_out: response.signed_out,
            ..Summary::default()
        };
        let mut commands = Fate::default();
        for result in &response.results {
            let was_sent = sent
                .request
                .commands
                .iter()
                .any(|command| command.id == result.id);
            let Some(queued) = self
                .outbox
                .values()
                .find(|queued| was_sent && queued.command.id == result.id)
            else {
                continue;
            };
            match &result.answer {
                Answer::Applied | Answer::AlreadyApplied => {
                    summary.decided += 1;
                    plan.steps.push(Step::Unqueue(queued.command.seq));
                    commands.acknowledged.push(Acknowledged {
                        queued: queued.clone(),
                        decided_at: response.server_time,
                        settling: true,
                    });
                }
                Answer::Parked { refusal } => {
                    summary.decided += 1;
                    plan.steps.push(Step::Unqueue(queued.command.seq));
                    commands.parked.push(ParkedRecord {
                        queued: queued.clone(),
                        refusal: refusal.clone(),
                        decided_at: response.server_time,
                    });
                }
                Answer::RetryAfter { delay_ms } => {
                    summary.retry_after_ms = summary.retry_after_ms.max(Some(*delay_ms))
                }
            }
        }
        if takes_changes {
            self.settle(
                digest,
                caught_up,
                response.server_time,
                &mut commands,
                &mut plan,
            );
            plan.takes_changes = true;
            plan.head.cursor = response.cursor;
            if caught_up && self.head.rereading {
                plan.head.rereading = false;
                plan.drops_outdated = true;
            }
        }
        if restored {
            self.offer_again(response, &commands, &mut plan);
            plan.reread();
        }
        if response.revoked && !restored {
            self.forget_decided(&mut commands, &mut plan);
        }
        self.prune(response.server_time, &commands, &mut plan);
        let requeued = plan
            .steps
            .iter()
            .filter(|step| matches!(step, Step::Queue(_)))
            .count();
        let unqueued = plan
            .steps
            .iter()
            .filter(|step| matches!(step, Step::Unqueue(_)))
            .count();
        plan.steps
            .extend(commands.acknowledged.into_iter().map(Step::Acknowledge));
        plan.steps
            .extend(commands.parked.into_iter().map(Step::Park));

        summary.waiting = count((self.outbox.len() + requeued).saturating_sub(unqueued));
        // A feed that says "more" without moving on would be asked for ever.
        let stands_still = in_place && response.cursor == self.head.cursor;
        summary.again = restored || (response.more > 0 && !stands_still);
        (plan, summary)
    }

    /// What the feed shows needs no showing by commands any longer; what a person has settled leaves
    /// the "to correct" list.
    fn settle(
        &self,
        digest: &[Digest],
        caught_up: bool,
        decided_at: Timestamp,
        commands: &mut Fate,
        plan: &mut Plan,
    ) {
        let settled =
            |command: &Command| caught_up || digest.iter().any(|change| change.shows(command));
        for record in &mut commands.acknowledged {
            record.settling = !settled(&record.queued.command);
        }
        for record in self
            .acknowledged
            .values()
            .filter(|record| record.settling && settled(&record.queued.command))
        {
            commands.acknowledged.push(Acknowledged {
                settling: false,
                ..record.clone()
            });
        }
        for id in digest.iter().filter_map(|change| {
            if let Digest::Settled(id) = change {
                Some(*id)
            } else {
                None
            }
        }) {
            let fresh = commands
                .parked
                .iter()
                .position(|record| record.queued.command.id == id)
                .map(|index| commands.parked.remove(index).queued);
            let known = self
                .parked
                .values()
                .find(|record| record.queued.command.id == id)
                .map(|record| record.queued.clone());
            if let Some(queued) = fresh.or(known) {
                plan.steps.push(Step::Unpark(queued.command.seq));
                commands.acknowledged.push(Acknowledged {
                    queued,
                    decided_at,
                    settling: false,
                });
            }
        }
    }

    /// The server was restored from an older copy: everything that it may not know any longer waits
    /// again, in the old order, what was parked or dropped included, for a gap would hold up all that
    /// follow. Should the device itself have forgotten some of it by now, the rest moves up, so that
    /// there is no gap either: the server has never heard of these numbers.
    fn offer_again(&self, response: &Response, commands: &Fate, plan: &mut Plan) {
        let decided_seq = response.decided_seq;
        let heard_seq = response.heard_seq.unwrap_or(decided_seq);
        // A server that has already decided on something in this answer has moved its mark, and the
        // mark no longer tells what lies before. It knows commands by their id, so all are offered.
        let fresh_seq = commands
            .acknowledged
            .iter()
            .map(|record| &record.queued)
            .chain(commands.parked.iter().map(|record| &record.queued))
            .map(|queued| queued.command.seq)
            .max();
        let lost = |seq: u64| fresh_seq.is_some() || seq > heard_seq;
        let mut again: Vec<Queued> = Vec::new();
        for (seq, record) in self.acknowledged.iter().filter(|(seq, _)| lost(**seq)) {
            plan.steps.push(Step::Forget(*seq));
            again.push(record.queued.clone());
        }
        for (seq, record) in self.parked.iter().filter(|(seq, _)| lost(**seq)) {
            plan.steps.push(Step::Unpark(*seq));
            again.push(record.queued.clone());
        }
        let decided = |id: CommandId| commands.holds(id);
        for (seq, queued) in &self.outbox {
            if !decided(queued.command.id) {
                plan.steps.push(Step::Unqueue(*seq));
                again.push(queued.clone());
            }
        }
        again.sort_by_key(|queued| queued.command.seq);
        plan.head.next_seq = decided_seq.max(fresh_seq.unwrap_or(0)) + 1;
        for mut queued in again {
            queued.command.seq = plan.head.next_seq;
            plan.head.next_seq += 1;
            plan.steps.push(Step::Queue(queued));
        }
        plan.head.offered_seq = plan.head.next_seq - 1;
    }

    /// What the office has is nothing for a device that it put out, nor are baskets: only what still waits
    /// is kept, until it is decided.
    fn forget_decided(&self, commands: &mut Fate, plan: &mut Plan) {
        *commands = Fate::default();
        let steps = &mut plan.steps;
        steps.extend(self.acknowledged.keys().map(|seq| Step::Forget(*seq)));
        steps.extend(self.parked.keys().map(|seq| Step::Unpark(*seq)));
        steps.extend(self.drafts.keys().cloned().map(Step::DropDraft));
    }

    fn prune(&self, server_time: Timestamp, commands: &Fate, plan: &mut Plan) {
        let oldest = server_time.plus_days(-limits::ACKNOWLEDGED_KEPT_DAYS);
        let changed = |seq: u64| {
            commands
                .acknowledged
                .iter()
                .any(|record| record.queued.command.seq == seq)
        };
        for (seq, record) in &self.acknowledged {
            let forgotten = plan
                .steps
                .iter()
                .any(|step| matches!(step, Step::Forget(known) if known == seq));
            if record.decided_at < oldest && !record.settling && !changed(*seq) && !forgotten {
                plan.steps.push(Step::Forget(*seq));
            }
        }
    }
}

/// What becomes of the commands of an answer, before it is put into steps.
#[derive(Default)]
struct Fate {
    acknowledged: Vec<Acknowledged>,
    parked: Vec<ParkedRecord>,
}

impl Fate {
    fn holds(&self, id: CommandId) -> bool {
        let acknowledged = self.acknowledged.iter().map(|record| &record.queued);
        acknowledged
            .chain(self.parked.iter().map(|record| &record.queued))
            .any(|queued| queued.command.id == id)
    }
}

/// No place in the feed: a device that asked from there takes no changes.
const NOWHERE: i64 = -1;

/// Room for everything in a request but its commands, in bytes.
const ENVELOPE_BYTES: usize = 1_024;
