//! The copy of the store in memory, and changes of both that are planned before they are made.

use super::view::{Documents, Known, KnownOrder, Overlay, Parked, creates};
use super::{ActError, UndoError};
use crate::device::view::OrderView;
use crate::record::{
    Acknowledged, CATALOGUE, Draft, Followed, HEAD, Head, PROFILE, ParkedRecord, Queued, STATEMENT,
    Stored, seq_key,
};
use crate::store::{Batch, Expected, LocalStore, StoreError, Table};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;
use taswiq_domain::ids::{CommandId, OrderId};
use taswiq_domain::money::Overflow;
use taswiq_domain::order::{Order, Progress};
use taswiq_domain::period::Period;
use taswiq_domain::reading;
use taswiq_domain::refusal::Refusal;
use taswiq_domain::settlement::live::{self, Counted};
use taswiq_domain::sync::{Change, Command, CommandBody, LedgerEntry, OrderDocument};
use taswiq_domain::time::Timestamp;

/// The copy.
pub(super) struct Memory {
    pub(super) head: Head,
    /// The head as it is stored, to the letter: what a batch expects.
    head_json: String,
    pub(super) documents: Documents,
    pub(super) outbox: BTreeMap<u64, Queued>,
    pub(super) acknowledged: BTreeMap<u64, Acknowledged>,
    pub(super) parked: BTreeMap<u64, ParkedRecord>,
    pub(super) drafts: BTreeMap<String, Draft>,
    pub(super) overlay: Overlay,
    /// While the feed is read from its start: documents that have not come again yet.
    pub(super) outdated: HashSet<(Table, String)>,
    /// The list of orders, once somebody has asked for it.
    pub(super) orders: RefCell<Option<Rc<[OrderView]>>>,
}

/// Enough to know whether a copy is still good.
pub(super) struct Outline {
    head_json: String,
    pub(super) documents_version: u64,
}

/// A change, before it is made.
pub(super) struct Plan {
    /// The head after it; its version is set when it is committed.
    pub(super) head: Head,
    /// What becomes of the commands.
    pub(super) steps: Vec<Step>,
    /// Whether the documents handed over with the plan are taken in.
    pub(super) takes_changes: bool,
    /// Whether what did not come again is dropped.
    pub(super) drops_outdated: bool,
    /// Whether the feed will be read from its start, so that all documents are in doubt.
    pub(super) rereads: bool,
    /// What own commands make of the documents afterwards, where it is known already.
    overlay: Option<Overlay>,
    unchanged: bool,
}

/// What becomes of a command.
pub(super) enum Step {
    /// It waits in the outbox.
    Queue(Queued),
    /// It leaves the outbox.
    Unqueue(u64),
    /// The server took it in, or no longer needs it.
    Acknowledge(Acknowledged),
    /// It need not be remembered any longer.
    Forget(u64),
    /// A person must look at it.
    Park(ParkedRecord),
    /// It leaves the "to correct" list.
    Unpark(u64),
    /// A copy of the server's is let go.
    LetGo(Table, String),
    /// A basket has become an order.
    DropDraft(String),
}

impl Plan {
    /// A plan that changes nothing yet.
    pub(super) fn new(head: Head) -> Self {
        Self {
            head,
            steps: Vec::new(),
            takes_changes: false,
            drops_outdated: false,
            rereads: false,
            overlay: None,
            unchanged: false,
        }
    }

    /// The plan to leave everything as it is.
    pub(super) fn nothing(head: Head) -> Self {
        Self {
            unchanged: true,
            ..Self::new(head)
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.unchanged
    }

    /// Drops a draft along with it.
    pub(super) fn drop_draft(&mut self, key: Option<&str>) {
        if let Some(key) = key {
            self.steps.push(Step::DropDraft(key.to_owned()));
            self.unchanged = false;
        }
    }

    /// Does the steps of another plan as well.
    pub(super) fn join(&mut self, other: Self) {
        self.steps.extend(other.steps);
        self.unchanged &= other.unchanged;
        // What both make together has to be folded anew.
        self.overlay = None;
    }
}

impl Memory {
    /// Plans what a person does.
    pub(super) fn plan_acts(
        &self,
        acts: &[(CommandId, CommandBody)],
        now: Timestamp,
    ) -> Result<Plan, ActError> {
        if self.documents.profile.is_none() || self.documents.catalogue.is_none() {
            return Err(ActError::NotReady);
        }
        let mut plan = Plan::new(self.head.clone());
        let mut overlay = self.overlay.clone();
        for (index, (id, body)) in acts.iter().enumerate() {
            if acts[..index].iter().any(|(earlier, _)| earlier == id) {
                return Err(Refusal::CommandIdReused.into());
            }
            if let Some(known) = self.known(*id) {
                // Asked twice, by an impatient thumb or after a save of which nobody heard the end.
                // By now the phone may know more of the order.
                if known.command.body.clone().knowing(0) == body.clone().knowing(0) {
                    continue;
                }
                return Err(Refusal::CommandIdReused.into());
            }
            let command = Command {
                id: *id,
                seq: plan.head.next_seq,
                made_at: now,
                body: self.documents.knowing(body.clone()),
            };
            let queued = Queued {
                command,
                corrected_at: now.plus_ms(self.head.clock_ahead_ms),
            };
            overlay.fold(&self.documents, &self.head.offset, &queued)?;
            plan.head.next_seq += 1;
            plan.steps.push(Step::Queue(queued));
        }
        plan.unchanged = plan.steps.is_empty();
        plan.overlay = Some(overlay);
        Ok(plan)
    }

    /// Plans to take the last command back.
    pub(super) fn plan_undo(&self, id: CommandId) -> Result<Plan, UndoError> {
        let (seq, _) = self
            .outbox
            .iter()
            .find(|(_, queued)| queued.command.id == id)
            .ok_or(UndoError::AlreadySent)?;
        if *seq <= self.head.offered_seq {
            return Err(UndoError::AlreadySent);
        }
        if seq + 1 != self.head.next_seq {
            return Err(UndoError::NotTheLast);
        }
        let mut plan = Plan::new(Head {
            next_seq: *seq,
            ..self.head.clone()
        });
        plan.steps.push(Step::Unqueue(*seq));
        Ok(plan)
    }

    /// Plans to take a command off the "to correct" list. It is remembered like an acknowledged one:
    /// a server restored from an older copy needs it again, for a `seq` it never hears of would hold
    /// up all that follow.
    pub(super) fn plan_discard(&self, id: CommandId) -> Result<Plan, ActError> {
        let record = self
            .parked
            .values()
            .find(|record| record.queued.command.id == id)
            .ok_or(ActError::NotParked)?;
        let mut plan = Plan::new(self.head.clone());
        plan.steps.push(Step::Unpark(record.queued.command.seq));
        plan.steps.push(Step::Acknowledge(Acknowledged {
            queued: record.queued.clone(),
            decided_at: record.decided_at,
            settling: false,
        }));
        Ok(plan)
    }

    /// Plans to read the change feed from its start.
    pub(super) fn plan_rereading(&self) -> Plan {
        let mut plan = Plan::new(self.head.clone());
        plan.reread();
        plan
    }

    /// Plans to let go of statements and of orders that are over, which the server can give again and
    /// nobody needs at a door. Entries stay, or sums of money would be wrong; so does all that own
    /// commands are about.
    pub(super) fn plan_letting_go(&self) -> Plan {
        let mut plan = Plan::new(self.head.clone());
        plan.head.lacks_copies = true;
        let statements = self
            .documents
            .statements
            .keys()
            .map(|period| (Table::Documents, statement_key(*period)));
        let own: HashSet<OrderId> = self
            .outbox
            .values()
            .chain(self.parked.values().map(|record| &record.queued))
            .chain(
                self.acknowledged
                    .values()
                    .filter(|record| record.settling)
                    .map(|record| &record.queued),
            )
            .filter_map(|queued| queued.command.body.order())
            .map(|id| self.documents.id_of(id))
            .collect();
        let orders = self
            .documents
            .orders
            .iter()
            .filter(|(id, known)| is_over(&known.order) && !own.contains(id))
            .map(|(id, _)| (Table::Orders, id.to_string()));
        plan.steps.extend(
            statements
                .chain(orders)
                .map(|(table, key)| Step::LetGo(table, key)),
        );
        plan.unchanged = plan.steps.is_empty();
        plan
    }

    /// Whether a change that comes is one of those that [`Memory::plan_letting_go`] lets go.
    fn does_without(&self, change: &Change) -> bool {
        self.head.lacks_copies
            && match change {
                Change::Statement(_) => true,
                Change::Order(document) => {
                    is_over(&document.order)
                        && !self.documents.orders.contains_key(&document.order.id)
                }
                _ => false,
            }
    }

    /// The batch that writes all of it into a store that holds nothing.
    pub(super) fn whole(&self) -> Batch {
        let mut batch = Batch {
            expected: Some(Expected {
                table: Table::Meta,
                key: HEAD.to_owned(),
                value: None,
            }),
            ..Batch::default()
        };
        batch.put(Table::Meta, HEAD, json(&self.head));
        for (seq, queued) in &self.outbox {
            batch.put(Table::Outbox, seq_key(*seq), json(queued));
        }
        for (seq, record) in &self.acknowledged {
            batch.put(Table::Acknowledged, seq_key(*seq), json(record));
        }
        for (seq, record) in &self.parked {
            batch.put(Table::Parked, seq_key(*seq), json(record));
        }
        for (key, draft) in &self.drafts {
            batch.put(Table::Drafts, key.as_str(), json(draft));
        }
        for change in self.documents.changes() {
            let is_outdated = place_of(&change).is_some_and(|place| self.outdated.contains(&place));
            if !is_outdated {
                write_change(&mut batch, self.head.generation, &change);
            }
        }
        batch
    }

    /// All copies were thrown away.
    pub(super) fn forget_documents(&mut self) {
        self.documents = Documents::default();
        self.outdated.clear();
        self.rebuild();
    }

    /// [`Memory::whole`] was written.
    pub(super) fn is_written_back(&mut self) {
        self.head_json = json(&self.head);
    }

    pub(super) fn known(&self, id: CommandId) -> Option<&Queued> {
        let acknowledged = self.acknowledged.values().map(|record| &record.queued);
        let parked = self.parked.values().map(|record| &record.queued);
        self.outbox
            .values()
            .chain(acknowledged)
            .chain(parked)
            .find(|queued| queued.command.id == id)
    }

    /// The batch that makes a planned change in the store.
    pub(super) fn batch(&self, plan: &Plan, changes: &[Change]) -> Batch {
        let mut batch = Batch {
            expected: Some(Expected {
                table: Table::Meta,
                key: HEAD.to_owned(),
                value: Some(self.head_json.clone()),
            }),
            ..Batch::default()
        };
        let mut head = plan.head.clone();
        if plan.changes_documents(changes) {
            head.documents_version = self.head.documents_version + 1;
        }
        batch.put(Table::Meta, HEAD, json(&head));
        for step in &plan.steps {
            match step {
                Step::Queue(queued) => {
                    batch.put(Table::Outbox, seq_key(queued.command.seq), json(queued))
                }
                Step::Unqueue(seq) => batch.delete(Table::Outbox, seq_key(*seq)),
                Step::Acknowledge(record) => batch.put(
                    Table::Acknowledged,
                    seq_key(record.queued.command.seq),
                    json(record),
                ),
                Step::Forget(seq) => batch.delete(Table::Acknowledged, seq_key(*seq)),
                Step::Park(record) => batch.put(
                    Table::Parked,
                    seq_key(record.queued.command.seq),
                    json(record),
                ),
                Step::Unpark(seq) => batch.delete(Table::Parked, seq_key(*seq)),
                Step::DropDraft(key) => batch.delete(Table::Drafts, key),
                Step::LetGo(table, key) => batch.delete(*table, key),
            }
        }
        if plan.drops_outdated {
            for (table, key) in &self.outdated {
                batch.delete(*table, key);
            }
        }
        if plan.takes_changes {
            for change in changes.iter().filter(|change| !self.does_without(change)) {
                write_change(&mut batch, head.generation, change);
            }
        }
        batch
    }

    /// Makes a planned and committed change in memory.
    pub(super) fn carry_out(&mut self, plan: Plan, changes: Vec<Change>) {
        let changes_documents = plan.changes_documents(&changes);
        self.head = plan.head;
        if changes_documents {
            self.head.documents_version += 1;
        }
        self.head_json = json(&self.head);
        for step in plan.steps {
            match step {
                Step::Queue(queued) => {
                    self.outbox.insert(queued.command.seq, queued);
                }
                Step::Unqueue(seq) => {
                    self.outbox.remove(&seq);
                }
                Step::Acknowledge(record) => {
                    self.acknowledged.insert(record.queued.command.seq, record);
                }
                Step::Forget(seq) => {
                    self.acknowledged.remove(&seq);
                }
                Step::Park(record) => {
                    self.parked.insert(record.queued.command.seq, record);
                }
                Step::Unpark(seq) => {
                    self.parked.remove(&seq);
                }
                Step::DropDraft(key) => {
                    self.drafts.remove(&key);
                }
                Step::LetGo(table, key) => {
                    self.documents.remove(table, &key);
                    self.outdated.remove(&(table, key));
                }
            }
        }
        if plan.rereads {
            self.outdated.extend(self.documents.keys());
        }
        if plan.drops_outdated {
            for (table, key) in std::mem::take(&mut self.outdated) {
                self.documents.remove(table, &key);
            }
        }
        if plan.takes_changes {
            for change in changes {
                if self.does_without(&change) {
                    continue;
                }
                if let Some(place) = place_of(&change) {
                    self.outdated.remove(&place);
                }
                self.documents.take(change);
            }
        }
        match plan.overlay {
            Some(overlay) => {
                self.overlay = overlay;
                self.orders.replace(None);
            }
            None => self.rebuild(),
        }
    }

    /// Folds everything own over the documents again.
    pub(super) fn rebuild(&mut self) {
        let settling = self
            .acknowledged
            .values()
            .filter(|record| record.settling)
            .map(|record| (&record.queued, false));
        let parked = self
            .parked
            .values()
            .map(|record| &record.queued)
            .filter(|queued| creates(&queued.command.body))
            .map(|queued| (queued, false));
        let mut own: Vec<(&Queued, bool)> = settling
            .chain(parked)
            .chain(self.outbox.values().map(|queued| (queued, true)))
            .collect();
        own.sort_by_key(|(queued, _)| queued.command.seq);
        let mut overlay = Overlay::default();
        for (queued, waits) in own {
            if creates(&queued.command.body) && self.documents.has_created(queued.command.id) {
                continue;
            }
            if let Err(refusal) = overlay.fold(&self.documents, &self.head.offset, queued)
                && waits
            {
                overlay.doubts.insert(queued.command.id, refusal);
            }
        }
        self.overlay = overlay;
        self.orders.replace(None);
    }

    pub(super) fn outline(&self) -> Outline {
        Outline {
            head_json: self.head_json.clone(),
            documents_version: self.head.documents_version,
        }
    }
}

impl Plan {
    /// Starts the change feed over.
    pub(super) fn reread(&mut self) {
        self.head.cursor = 0;
        self.head.generation += 1;
        // A server that was restored from an older copy goes on from there: the chain is followed
        // anew, from its first entry.
        self.head.followed = Followed::default();
        self.head.rereading = true;
        self.rereads = true;
    }

    fn changes_documents(&self, changes: &[Change]) -> bool {
        let lets_go = |step: &Step| matches!(step, Step::LetGo(..));
        self.drops_outdated
            || self.rereads
            || self.steps.iter().any(lets_go)
            || (self.takes_changes && !changes.is_empty())
    }
}

impl Documents {
    fn has_created(&self, command: CommandId) -> bool {
        self.orders.contains_key(&self.id_of(command.into()))
            || self.customers.contains_key(&command.into())
            || self.disputes.contains_key(&command.0)
    }

    /// The keys of all that comes and goes with the feed.
    fn keys(&self) -> HashSet<(Table, String)> {
        let customers = self
            .customers
            .keys()
            .map(|id| (Table::Customers, id.to_string()));
        let orders = self.orders.keys().map(|id| (Table::Orders, id.to_string()));
        let entries = self
            .entries
            .keys()
            .map(|number| (Table::Entries, number_key(*number)));
        let statements = self
            .statements
            .keys()
            .map(|period| (Table::Documents, statement_key(*period)));
        let disputes = self
            .disputes
            .keys()
            .map(|id| (Table::Disputes, id.to_string()));
        customers
            .chain(orders)
            .chain(entries)
            .chain(statements)
            .chain(disputes)
            .collect()
    }

    /// Each of them as it would come.
    fn changes(&self) -> impl Iterator<Item = Change> {
        let profile = self
            .profile
            .iter()
            .map(|known| Change::Profile((**known).clone()));
        let catalogue = self
            .catalogue
            .iter()
            .map(|known| Change::Catalogue(Box::new((**known).clone())));
        let customers = self
            .customers
            .values()
            .map(|known| Change::Customer((*known.customer).clone()));
        let orders = self.orders.values().map(|known| {
            Change::Order(Box::new(OrderDocument {
                order: (*known.order).clone(),
                received_at: known.received_at,
                customer: known.customer.clone(),
            }))
        });
        let entries = self
            .entries
            .values()
            .map(|known| Change::Entry((**known).clone()));
        let statements = self
            .statements
            .values()
            .map(|known| Change::Statement(Box::new((**known).clone())));
        let disputes = self
            .disputes
            .values()
            .map(|known| Change::Dispute(Box::new((**known).clone())));
        profile
            .chain(catalogue)
            .chain(customers)
            .chain(orders)
            .chain(entries)
            .chain(statements)
            .chain(disputes)
    }

    fn remove(&mut self, table: Table, key: &str) {
        match table {
            Table::Customers => {
                key.parse().ok().and_then(|id| self.customers.remove(&id));
            }
            Table::Orders => {
                key.parse().ok().and_then(|id| self.orders.remove(&id));
            }
            Table::Entries => {
                key.parse()
                    .ok()
                    .and_then(|number| self.entries.remove(&number));
            }
            Table::Documents => {
                key.strip_prefix(STATEMENT)
                    .and_then(|period| period.parse().ok())
                    .and_then(|period| self.statements.remove(&period));
            }
            Table::Disputes => {
                key.parse().ok().and_then(|id| self.disputes.remove(&id));
            }
            Table::Meta | Table::Outbox | Table::Acknowledged | Table::Parked | Table::Drafts => {}
        }
    }

    fn take(&mut self, change: Change) {
        match change {
            Change::Profile(profile) => self.profile = Some(Rc::new(profile)),
            Change::Catalogue(catalogue) => self.catalogue = Some(Rc::from(catalogue)),
            Change::Customer(customer) => {
                self.customers.insert(customer.id, Known::new(customer));
            }
            Change::CustomerRemoved(id) => {
                self.customers.remove(&id);
            }
            Change::Order(document) => self.take_order(*document),
            Change::OrderRemoved(id) => {
                self.orders.remove(&id);
            }
            Change::Entry(entry) => {
                self.entries.insert(entry.number, Rc::new(entry));
            }
            Change::Dispute(document) => {
                self.disputes
                    .insert(document.dispute.id, Rc::from(document));
            }
            Change::ParkedSettled(_) => {}
            Change::Statement(document) => {
                self.statements
                    .insert(document.statement.period, Rc::from(document));
            }
        }
    }

    fn take_order(&mut self, document: OrderDocument) {
        let OrderDocument {
            order,
            received_at,
            customer,
        } = document;
        let others = order.also.iter().map(|also| (also.id, order.id));
        self.aliases.extend(others);
        self.orders.insert(
            order.id,
            KnownOrder {
                order: Rc::new(order),
                received_at,
                customer,
            },
        );
    }
}

/// Whether nothing more will happen to an order.
fn is_over(order: &Order) -> bool {
    matches!(order.progress(), Ok(Progress::Settled | Progress::Dead))
}

/// Where a change is stored; nothing for what is no document.
fn place_of(change: &Change) -> Option<(Table, String)> {
    match change {
        Change::ParkedSettled(_) => None,
        Change::Profile(_) => Some((Table::Documents, PROFILE.to_owned())),
        Change::Catalogue(_) => Some((Table::Documents, CATALOGUE.to_owned())),
        Change::Customer(customer) => Some((Table::Customers, customer.id.to_string())),
        Change::CustomerRemoved(id) => Some((Table::Customers, id.to_string())),
        Change::Order(document) => Some((Table::Orders, document.order.id.to_string())),
        Change::OrderRemoved(id) => Some((Table::Orders, id.to_string())),
        Change::Entry(entry) => Some((Table::Entries, number_key(entry.number))),
        Change::Statement(document) => {
            Some((Table::Documents, statement_key(document.statement.period)))
        }
        Change::Dispute(document) => Some((Table::Disputes, document.dispute.id.to_string())),
    }
}

fn write_change(batch: &mut Batch, generation: u32, change: &Change) {
    match change {
        Change::Profile(profile) => batch.put(
            Table::Documents,
            PROFILE,
            json(&Stored {
                generation,
                document: profile,
            }),
        ),
        Change::Catalogue(catalogue) => batch.put(
            Table::Documents,
            CATALOGUE,
            json(&Stored {
                generation,
                document: catalogue,
            }),
        ),
        Change::Customer(customer) => batch.put(
            Table::Customers,
            customer.id.to_string(),
            json(&Stored {
                generation,
                document: customer,
            }),
        ),
        Change::CustomerRemoved(id) => batch.delete(Table::Customers, id.to_string()),
        Change::Order(document) => batch.put(
            Table::Orders,
            document.order.id.to_string(),
            json(&Stored {
                generation,
                document,
            }),
        ),
        Change::OrderRemoved(id) => batch.delete(Table::Orders, id.to_string()),
        Change::Entry(entry) => batch.put(
            Table::Entries,
            number_key(entry.number),
            json(&Stored {
                generation,
                document: entry,
            }),
        ),
        Change::Statement(document) => batch.put(
            Table::Documents,
            statement_key(document.statement.period),
            json(&Stored {
                generation,
                document,
            }),
        ),
        Change::Dispute(document) => batch.put(
            Table::Disputes,
            document.dispute.id.to_string(),
            json(&Stored {
                generation,
                document,
            }),
        ),
        Change::ParkedSettled(_) => {}
    }
}

/// The key of a statement: a month has one.
fn statement_key(period: Period) -> String {
    format!("{STATEMENT}{period}")
}

/// The key of an entry: its number with leading zeros, so that keys sort as numbers do.
fn number_key(number: i64) -> String {
    format!("{number:020}")
}

/// Reads a store; nothing when nobody has been here. With `known`, documents are read only if they
/// changed since; a copy that is still good comes back without anything but its head. Says whether
/// documents had to be left out because they cannot be read.
pub(super) async fn read(
    store: &impl LocalStore,
    known: Option<&Outline>,
) -> Result<Option<(Memory, bool)>, StoreError> {
    loop {
        let Some(head_json) = store.get(Table::Meta, HEAD).await? else {
            return Ok(None);
        };
        let head: Head = parse(Table::Meta, HEAD, &head_json)?;
        let mut memory = Memory {
            head,
            head_json,
            documents: Documents::default(),
            outbox: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            parked: BTreeMap::new(),
            drafts: BTreeMap::new(),
            overlay: Overlay::default(),
            outdated: HashSet::new(),
            orders: RefCell::default(),
        };
        if known.is_some_and(|known| known.head_json == memory.head_json) {
            return Ok(Some((memory, false)));
        }
        for (key, value) in store.scan(Table::Outbox).await? {
            let queued: Queued = parse(Table::Outbox, &key, &value)?;
            memory.outbox.insert(queued.command.seq, queued);
        }
        for (key, value) in store.scan(Table::Acknowledged).await? {
            let record: Acknowledged = parse(Table::Acknowledged, &key, &value)?;
            memory
                .acknowledged
                .insert(record.queued.command.seq, record);
        }
        for (key, value) in store.scan(Table::Parked).await? {
            let record: ParkedRecord = parse(Table::Parked, &key, &value)?;
            memory.parked.insert(record.queued.command.seq, record);
        }
        for (key, value) in store.scan(Table::Drafts).await? {
            // A draft that cannot be read is of no use to the screen either.
            if let Ok(draft) = parse::<Draft>(Table::Drafts, &key, &value) {
                memory.drafts.insert(key, draft);
            }
        }
        let mut damaged = false;
        if known.is_none_or(|known| known.documents_version != memory.head.documents_version) {
            damaged = !memory.read_documents(store).await?;
        }
        // Each table was read in a transaction of its own: only if the head is still the same do they
        // belong together.
        if store.get(Table::Meta, HEAD).await?.as_ref() == Some(&memory.head_json) {
            return Ok(Some((memory, damaged)));
        }
    }
}

impl Memory {
    /// What counts in a month on the agent's earned account.
    pub(super) fn counted(&self, period: Period) -> Result<Vec<Counted>, Overflow> {
        let documents = &self.documents;
        let entries = documents.entries.values().map(Rc::as_ref);
        let rule_of = |entry: &LedgerEntry| {
            let order = entry.transfer.cause.order();
            let known = order.and_then(|order| documents.orders.get(&order));
            live::capped_rule(entry, known.map(|known| &*known.order))
        };
        let (agent, calendar) = (self.head.person, &self.head.offset);
        live::counted(entries, agent, period, calendar, &rule_of)
    }

    /// Whether every document could be read.
    async fn read_documents(&mut self, store: &impl LocalStore) -> Result<bool, StoreError> {
        let mut sound = true;
        for table in [
            Table::Documents,
            Table::Customers,
            Table::Orders,
            Table::Entries,
            Table::Disputes,
        ] {
            for (key, value) in store.scan(table).await? {
                let read = match table {
                    Table::Customers => document(reading::read(&value), Change::Customer),
                    Table::Orders => document(reading::read(&value), Change::Order),
                    Table::Entries => document(reading::read(&value), Change::Entry),
                    Table::Disputes => document(reading::read(&value), Change::Dispute),
                    _ if key == PROFILE => document(reading::read(&value), Change::Profile),
                    _ if key.starts_with(STATEMENT) => {
                        document(reading::read(&value), Change::Statement)
                    }
                    _ => document(reading::read_long(&value), Change::Catalogue),
                };
                match read {
                    Some((generation, change)) => {
                        let old = self.head.rereading
                            && generation < self.head.generation
                            && ![PROFILE, CATALOGUE].contains(&key.as_str());
                        self.outdated.extend(place_of(&change).filter(|_| old));
                        self.documents.take(change);
                    }
                    None => {
                        sound = false;
                        self.outdated.insert((table, key));
                    }
                }
            }
        }
        Ok(sound)
    }
}

fn document<T>(
    stored: Result<Stored<T>, serde_json::Error>,
    change: impl Fn(T) -> Change,
) -> Option<(u32, Change)> {
    let stored = stored.ok()?;
    Some((stored.generation, change(stored.document)))
}

/// A command of the "to correct" list as screens see it.
pub(super) fn parked_view(record: &ParkedRecord) -> Parked {
    Parked {
        command: record.queued.command.clone(),
        made_at: record.queued.corrected_at,
        refusal: record.refusal.clone(),
        decided_at: record.decided_at,
    }
}

/// A count for a screen.
pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A record as a text.
pub(super) fn json(record: &impl Serialize) -> String {
    // Every record is made of maps with text keys, numbers and texts, which cannot fail.
    serde_json::to_string(record).unwrap_or_default()
}

fn parse<T: DeserializeOwned>(table: Table, key: &str, value: &str) -> Result<T, StoreError> {
    reading::read(value).map_err(|error| StoreError::Unreadable {
        table: table.as_str(),
        key: key.to_owned(),
        detail: error.to_string(),
    })
}
