//! A device: what its person did, what the server told it, and what both make together.
//!
//! Everything that must survive is in the [`LocalStore`]; what is in memory is a copy, read when the
//! device is opened and kept in step. Each change is planned on that copy, committed in one
//! transaction that expects the head as it was read, and only then carried out in memory. Should
//! another tab have been faster, the commit changes nothing: the copy is refreshed and the change
//! planned again. So no two commands ever share a `seq`, and nothing is decided on a stale state.

mod exchange;
mod memory;
pub mod view;

pub use exchange::{Applied, Sent};

use crate::engine::Phase;
use crate::record::{Draft, Followed, Head, Loss, Queued};
use crate::store::{Batch, Expected, LocalStore, StoreError, Table};
use memory::{Memory, Plan};
use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::customer::{Customer, CustomerLabel};
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::dispute::Dispute;
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::{CommandId, CustomerId, DeviceId, OrderId, PersonId};
use taswiq_domain::ledger::chain::{Chain, hexadecimal};
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Overflow};
use taswiq_domain::order::Order;
use taswiq_domain::period::Period;
use taswiq_domain::person::Profile;
use taswiq_domain::photo::Photo;
use taswiq_domain::refusal::Refusal;
use taswiq_domain::settlement::MonthRules;
use taswiq_domain::settlement::live::{self, Counted, MonthNow};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{
    Change, Command, CommandBody, DisputeDocument, LedgerEntry, PlaceOrder, StatementDocument,
    Trace,
};
use taswiq_domain::text;
use taswiq_domain::time::{FixedOffset, Timestamp};
use uuid::Uuid;
use view::{DisputeView, Earnings, OrderView, Parked, Pending, Status, Whereabouts};

/// How often a change is planned anew when other tabs are faster. Each time one of them got its own
/// change in, so this is reached only if a store is broken.
const ATTEMPTS_MAX: u32 = 16;

/// Where the trial of the room is written, and how long it is: more than an order with its signature,
/// and than an answer of the server.
const TRIAL: &str = "trial";
const TRIAL_BYTES: usize = 1_000_000;

/// A device. Clones are handles to the same one.
pub struct Device<S> {
    inner: Rc<Inner<S>>,
}

impl<S> Clone for Device<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Rc::clone(&self.inner),
        }
    }
}

struct Inner<S> {
    store: S,
    memory: RefCell<Memory>,
    phase: Cell<Phase>,
    /// Whether this tab is the one that talks to the server.
    leads: Cell<bool>,
    /// What was done last and is kept back, so that it can be taken back.
    held: RefCell<Vec<CommandId>>,
    listeners: RefCell<Vec<Listener>>,
}

type Listener = Rc<dyn Fn(Changed)>;

/// What to look at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Something was stored from here: everything may be different.
    Saved,
    /// Another tab had stored something, or what was kept back may leave: everything may be
    /// different.
    Refreshed,
    /// Only [`Device::status`].
    Status,
}

/// What a look at all entries of the agent found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Each is what it was when it came, and none is missing.
    Whole(
        /// Of them all.
        Chain,
    ),
    /// The one of that number is not, or is missing, or was slipped in.
    Broken(
        /// The first that does not fit.
        i64,
    ),
    /// Entries are still to come, or only a later build understands them.
    NotYet,
}

/// What was lost with a store that the browser threw away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Whether the server has told all it knows since: what has not come back then is gone for good.
    pub is_known: bool,
    /// How many commands waited on the phone.
    pub waiting: u32,
    /// The codes of the orders among them that have not come back.
    pub orders: Vec<SpokenCode>,
    /// How many of the commands placed no order.
    pub others: u32,
}

/// Why a device cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The store belongs to somebody else.
    #[error("the store belongs to person {0}")]
    AnotherPerson(
        /// To whom.
        PersonId,
    ),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an act did nothing. The form it came from should stay as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// The device has not met the server yet: no catalogue, no profile.
    #[error("the device has not been in contact with the server yet")]
    NotReady,
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such parked command.
    #[error("no such parked command")]
    NotParked,
    /// It could not be stored. Nothing was.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a command was not taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// It has been sent, perhaps without an answer: only a further act can mend it now.
    #[error("the command was already sent")]
    AlreadySent,
    /// Something was done after it. Take that back first.
    #[error("something was done after it")]
    NotTheLast,
    /// It could not be stored. Nothing was.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: LocalStore> Device<S> {
    /// Opens what `person` has on this phone. `new_device` is a fresh UUIDv7, taken as the device's id
    /// when the person has never been here.
    pub async fn open(store: S, person: PersonId, new_device: DeviceId) -> Result<Self, OpenError> {
        Self::open_after(store, person, new_device, None).await
    }

    /// As [`Device::open`], with what is remembered of the person's store outside of it: should there
    /// be no store, there was one, and [`Device::lost`] tells of it. What is made from now on is made
    /// by a new device, so that no number is given twice.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open_after(
        store: S,
        person: PersonId,
        new_device: DeviceId,
        trace: Option<Trace>,
    ) -> Result<Self, OpenError> {
        let (mut memory, damaged) = loop {
            if let Some(read) = memory::read(&store, None).await? {
                break read;
            }
            let mut head = Head::new(person, new_device);
            head.loss = trace
                .clone()
                .filter(|trace| trace.waiting > 0)
                .map(|trace| Loss {
                    trace,
                    told_to: String::new(),
                });
            head.lost = trace.clone();
            let mut batch = Batch {
                expected: Some(Expected {
                    table: Table::Meta,
                    key: crate::record::HEAD.to_owned(),
                    value: None,
                }),
                ..Batch::default()
            };
            batch.put(Table::Meta, crate::record::HEAD, memory::json(&head));
            match store.commit(batch).await {
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        };
        if memory.head.person != person {
            return Err(OpenError::AnotherPerson(memory.head.person));
        }
        memory.rebuild();
        let device = Self {
            inner: Rc::new(Inner {
                store,
                memory: RefCell::new(memory),
                phase: Cell::default(),
                leads: Cell::default(),
                held: RefCell::default(),
                listeners: RefCell::default(),
            }),
        };
        if damaged {
            // Documents are the server's and can be had again; what the person did cannot, and is
            // never skipped.
            device
                .change(|memory| Ok::<_, StoreError>(memory.plan_rereading()))
                .await?;
        }
        Ok(device)
    }

    /// Whether the office has put the device out. What it was told is gone then; what waits still leaves.
    pub fn is_revoked(&self) -> bool {
        self.memory().head.is_revoked
    }

    /// Where it keeps its records.
    pub fn store(&self) -> &S {
        &self.inner.store
    }

    /// Whether the device knows enough to take orders: who its person is and what can be sold.
    pub fn is_ready(&self) -> bool {
        let memory = self.memory();
        memory.documents.profile.is_some() && memory.documents.catalogue.is_some()
    }

    /// The id under which the server knows the device.
    pub fn id(&self) -> DeviceId {
        self.memory().head.device
    }

    /// Takes `fresh` as the device's own key, unless it has one.
    ///
    /// # Errors
    /// The store's.
    pub async fn take_key(&self, fresh: &DeviceKey) -> Result<(), StoreError> {
        let plan = |memory: &Memory| {
            let mut plan = Plan::new(memory.head.clone());
            if memory.head.key.is_some() {
                return Ok((Plan::nothing(plan.head), ()));
            }
            plan.head.key = Some(fresh.clone());
            Ok::<_, StoreError>((plan, ()))
        };
        self.change_with(plan, &mut Vec::new()).await
    }

    /// The header by which the device hands over without a session, once a server has its key.
    pub(crate) fn key(&self) -> Option<String> {
        let memory = self.memory();
        let head = &memory.head;
        (!head.key_told_to.is_empty())
            .then_some(head.key.as_ref())?
            .map(|key| key.authorization(head.device))
    }

    /// Whose device it is.
    pub fn person(&self) -> PersonId {
        self.memory().head.person
    }

    /// The person, once the server has told.
    pub fn profile(&self) -> Option<Rc<Profile>> {
        self.memory().documents.profile.clone()
    }

    /// The terms on which the person sells at that moment.
    pub fn engagement_at(&self, moment: Timestamp) -> Engagement {
        self.memory()
            .documents
            .profile
            .as_ref()
            .map(|profile| profile.engagement_at(moment))
            .unwrap_or_default()
    }

    /// By which of them a sale at that moment says that it is judged.
    pub fn terms_from(&self, moment: Timestamp) -> Option<Timestamp> {
        let memory = self.memory();
        memory.documents.profile.as_ref()?.terms_from(moment)
    }

    /// What can be sold; nothing before the first contact.
    pub fn catalogue(&self) -> Rc<Catalogue> {
        self.memory()
            .documents
            .catalogue
            .clone()
            .unwrap_or_default()
    }

    /// What to make dates and times of day with.
    pub fn calendar(&self) -> FixedOffset {
        self.memory().head.offset
    }

    /// The device's time `now`, corrected by what is known of the server's clock.
    pub fn corrected(&self, now: Timestamp) -> Timestamp {
        now.plus_ms(self.memory().head.clock_ahead_ms)
    }

    /// Every customer, by name.
    pub fn customers(&self) -> Vec<Rc<Customer>> {
        self.search_customers("")
    }

    /// A customer.
    pub fn customer(&self, id: CustomerId) -> Option<Rc<Customer>> {
        let memory = self.memory();
        memory
            .overlay
            .customer(&memory.documents, id)
            .map(|known| known.customer.clone())
    }

    /// The customers in whose name, place, address or number every word of `query` is found, whatever
    /// the accents; by name.
    pub fn search_customers(&self, query: &str) -> Vec<Rc<Customer>> {
        let words: Vec<String> = text::search_key(query)
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let memory = self.memory();
        let (own, known) = (&memory.overlay.customers, &memory.documents.customers);
        let mut found: Vec<_> = own
            .values()
            .chain(
                known
                    .values()
                    .filter(|known| !own.contains_key(&known.customer.id)),
            )
            .filter(|known| known.fits(&words))
            .collect();
        found.sort_by(|one, other| {
            (one.sort_key(), one.customer.id).cmp(&(other.sort_key(), other.customer.id))
        });
        found
            .into_iter()
            .map(|known| known.customer.clone())
            .collect()
    }

    /// Every order, newest first.
    pub fn orders(&self) -> Rc<[OrderView]> {
        let memory = self.memory();
        if let Some(orders) = &*memory.orders.borrow() {
            return Rc::clone(orders);
        }
        let mut orders: Vec<OrderView> = memory
            .order_ids()
            .into_iter()
            .filter_map(|id| memory.order_view(id))
            .collect();
        orders.sort_by(|one, other| {
            (other.order.placed_at, other.order.id).cmp(&(one.order.placed_at, one.order.id))
        });
        let orders: Rc<[OrderView]> = orders.into();
        memory.orders.replace(Some(Rc::clone(&orders)));
        orders
    }

    /// An order.
    pub fn order(&self, id: OrderId) -> Option<OrderView> {
        self.memory().order_view(id)
    }

    /// What the agent has earned, in all.
    ///
    /// # Errors
    /// A figure that cannot be represented.
    pub fn earnings(&self) -> Result<Earnings, Overflow> {
        let memory = self.memory();
        let mut earnings = Earnings::default();
        for entry in memory.documents.entries.values() {
            earnings.post(memory.head.person, &entry.transfer)?;
        }
        for id in memory.order_ids() {
            memory.hope(id, &mut earnings)?;
        }
        Ok(earnings)
    }

    /// What the agent has earned by an order.
    ///
    /// # Errors
    /// A figure that cannot be represented.
    pub fn earnings_of(&self, order: OrderId) -> Result<Earnings, Overflow> {
        let memory = self.memory();
        let order = memory.documents.id_of(order);
        let mut earnings = Earnings::default();
        for entry in memory
            .documents
            .entries
            .values()
            .filter(|entry| entry.transfer.cause.order() == Some(order))
        {
            earnings.post(memory.head.person, &entry.transfer)?;
        }
        memory.hope(order, &mut earnings)?;
        Ok(earnings)
    }

    /// What the month would add if it ended now, and with what cooperatives have confirmed besides;
    /// nothing where its plan adds nothing to a month and takes nothing off. What counts and has vested is
    /// known from the entries; what is confirmed, from the agent's orders, which all phones of the agent
    /// have. The agent's share of another agent's order counts once it vests:
    /// [`Device::has_share_pending`].
    ///
    /// # Errors
    /// A figure that cannot be represented.
    pub fn month_now(&self, period: Period) -> Result<Option<MonthNow>, Overflow> {
        let memory = self.memory();
        let (documents, calendar) = (&memory.documents, &memory.head.offset);
        let plan = documents
            .catalogue
            .as_ref()
            .and_then(|catalogue| catalogue.plan_of_month(period, calendar));
        let Some(plan) = plan else {
            return Ok(None);
        };
        let rules = MonthRules {
            plan: plan.version,
            rules: &plan.period,
        };
        let counted = memory.counted(period)?;
        let orders = documents.orders.values().map(|known| &*known.order);
        let standing = MonthNow::of(
            period,
            &rules,
            &live::change(&counted, period)?,
            &live::confirmed(orders, memory.head.person)?,
        )?;
        let adds_nothing = rules.rules.tiers.is_empty()
            && rules.rules.targets.is_empty()
            && standing.attained.capped.is_empty();
        Ok((!adds_nothing).then_some(standing))
    }

    /// Whether a share of another agent's order is confirmed and has not vested: [`Device::month_now`]
    /// leaves it out of what is confirmed.
    pub fn has_share_pending(&self) -> bool {
        let memory = self.memory();
        let entries = memory.documents.entries.values().map(Rc::as_ref);
        live::has_share_pending(entries, memory.head.person)
    }

    /// What counts in a month on the agent's earned account, each part with the numbers of its entries:
    /// what the rows of the month's statement sum.
    ///
    /// # Errors
    /// A figure that cannot be represented.
    pub fn counted(&self, period: Period) -> Result<Vec<Counted>, Overflow> {
        self.memory().counted(period)
    }

    /// The entries of the agent's accounts, newest first.
    pub fn entries(&self) -> Vec<Rc<LedgerEntry>> {
        self.memory()
            .documents
            .entries
            .values()
            .rev()
            .cloned()
            .collect()
    }

    /// How far the chain of the agent's entries was followed as they came.
    pub fn followed(&self) -> Followed {
        self.memory().head.followed
    }

    /// Follows the chain again from its first entry, through what this phone keeps.
    pub fn check_entries(&self) -> Checked {
        let memory = self.memory();
        let (head, entries) = (&memory.head, &memory.documents.entries);
        if let Some(number) = head.followed.broken {
            return Checked::Broken(number);
        }
        let never_followed = head.followed.last == 0 && !entries.is_empty();
        if head.rereading || head.skipped_by.is_some() || never_followed {
            return Checked::NotYet;
        }
        match Chain::of(entries.values().map(Rc::as_ref)) {
            Ok(chain) if chain == head.followed.chain => Checked::Whole(chain),
            // The last that came is not kept any more.
            Ok(_) => Checked::Broken(head.followed.last),
            Err(number) => Checked::Broken(number),
        }
    }

    /// The entries of an order, newest first.
    pub fn entries_of(&self, order: OrderId) -> Vec<Rc<LedgerEntry>> {
        let memory = self.memory();
        let order = memory.documents.id_of(order);
        memory
            .documents
            .entries
            .values()
            .rev()
            .filter(|entry| entry.transfer.cause.order() == Some(order))
            .cloned()
            .collect()
    }

    /// The agent's statements, the latest first.
    pub fn statements(&self) -> Vec<Rc<StatementDocument>> {
        self.memory()
            .documents
            .statements
            .values()
            .rev()
            .cloned()
            .collect()
    }

    /// The agent's statement of a month.
    pub fn statement(&self, period: Period) -> Option<Rc<StatementDocument>> {
        self.memory().documents.statements.get(&period).cloned()
    }

    /// Whether the chain of the entries on this phone came by that head: the one on a statement.
    pub fn came_by(&self, chain_head: &str) -> bool {
        let mut chain = Chain::default();
        self.memory()
            .documents
            .entries
            .values()
            .any(|entry| chain.accepts(entry) && hexadecimal(&chain.head) == chain_head)
    }

    /// An entry.
    pub fn entry(&self, number: i64) -> Option<Rc<LedgerEntry>> {
        self.memory().documents.entries.get(&number).cloned()
    }

    /// An order as the server last told it, without what was done on this phone since: what the
    /// entries are made of.
    pub fn order_in_the_books(&self, id: OrderId) -> Option<Rc<Order>> {
        let memory = self.memory();
        let known = memory.documents.orders.get(&memory.documents.id_of(id))?;
        Some(Rc::clone(&known.order))
    }

    /// Every dispute, newest first.
    pub fn disputes(&self) -> Vec<DisputeView> {
        let memory = self.memory();
        let mut disputes: Vec<DisputeView> = memory
            .overlay
            .disputes(&memory.documents)
            .into_iter()
            .map(|document| memory.dispute_view(document))
            .collect();
        disputes.sort_by(|one, other| {
            let key = |view: &DisputeView| {
                let dispute = &view.document.dispute;
                (dispute.opened_at, dispute.id)
            };
            key(other).cmp(&key(one))
        });
        disputes
    }

    /// A dispute.
    pub fn dispute(&self, id: Uuid) -> Option<DisputeView> {
        let memory = self.memory();
        let document = memory.overlay.dispute(&memory.documents, id)?;
        Some(memory.dispute_view(document))
    }

    /// The photo of a dispute, while this phone still has it: until the server has long had it.
    pub fn photo_of_dispute(&self, id: Uuid) -> Option<Photo> {
        let memory = self.memory();
        match &memory.known(CommandId(id))?.command.body {
            CommandBody::OpenDispute(open) => open.photo.clone(),
            _ => None,
        }
    }

    /// How many commands wait on this phone.
    pub fn waiting(&self) -> u32 {
        memory::count(self.memory().outbox.len())
    }

    /// How many of them may leave: all but what is kept back.
    pub fn sendable(&self) -> u32 {
        memory::count(self.memory().sendable(&self.held()))
    }

    /// For the badge.
    pub fn status(&self) -> Status {
        let memory = self.memory();
        Status {
            phase: self.inner.phase.get(),
            waiting: memory::count(memory.outbox.len()),
            parked: memory::count(memory.parked.len()),
            last_sync: memory.head.last_sync,
            clock_ahead_ms: memory.head.clock_ahead_ms,
        }
    }

    /// What is to be remembered of the store outside of it, see [`Device::open_after`].
    pub fn trace(&self) -> Trace {
        let memory = self.memory();
        // Of a store that was lost before this one nobody else knows, until a server has heard of it.
        let untold = memory.head.untold_loss();
        let orders = untold.iter().flat_map(|loss| &loss.orders).copied();
        let codes = memory
            .outbox
            .values()
            .filter_map(|queued| match &queued.command.body {
                CommandBody::PlaceOrder(PlaceOrder { code, .. }) => Some(*code),
                _ => None,
            });
        let waiting = memory::count(memory.outbox.len());
        Trace {
            device: memory.head.device,
            waiting: waiting.saturating_add(untold.map_or(0, |loss| loss.waiting)),
            orders: orders.chain(codes).take(limits::TRACED_ORDERS).collect(),
        }
    }

    /// What was lost with the store that was here before, until [`Device::forget_lost`].
    pub fn lost(&self) -> Option<Lost> {
        let memory = self.memory();
        let trace = memory.head.lost.as_ref()?;
        // What the server had taken in comes back with everything else it knows.
        let is_known = memory.head.cursor > 0 && !memory.head.rereading;
        let orders = &memory.documents.orders;
        let has_come_back =
            |code: &SpokenCode| orders.values().any(|known| known.order.code == *code);
        let missing = trace.orders.iter().filter(|code| !has_come_back(code));
        Some(Lost {
            is_known,
            waiting: trace.waiting,
            others: trace
                .waiting
                .saturating_sub(memory::count(trace.orders.len())),
            orders: missing.copied().collect(),
        })
    }

    /// The person has read of the loss.
    ///
    /// # Errors
    /// The store's.
    pub async fn forget_lost(&self) -> Result<(), StoreError> {
        self.change(|memory| {
            let mut plan = Plan::new(memory.head.clone());
            plan.head.lost = None;
            Ok(plan)
        })
        .await
    }

    /// Whether copies that the server can give again were let go for lack of room: statements and
    /// orders that are over.
    pub fn lacks_copies(&self) -> bool {
        self.memory().head.lacks_copies
    }

    /// Tries whether there is room again, and if so lets what was let go come back with the next
    /// contact. Whether it does.
    ///
    /// # Errors
    /// The store's.
    pub async fn take_copies_back(&self) -> Result<bool, StoreError> {
        if !self.lacks_copies() {
            return Ok(false);
        }
        // Browsers do not tell how much room there is: whether something fits is seen by writing it.
        let mut trial = Batch::default();
        trial.put(Table::Meta, TRIAL, "0".repeat(TRIAL_BYTES));
        let tried = self.inner.store.commit(trial).await;
        let mut end = Batch::default();
        end.delete(Table::Meta, TRIAL);
        self.inner.store.commit(end).await?;
        match tried {
            Ok(()) => {}
            Err(StoreError::Full) => return Ok(false),
            Err(error) => return Err(error),
        }
        self.change(|memory| {
            let mut plan = memory.plan_rereading();
            plan.head.lacks_copies = false;
            Ok::<_, StoreError>(plan)
        })
        .await?;
        Ok(true)
    }

    /// The commands that wait on this phone, oldest first, whole.
    pub fn outbox(&self) -> Vec<Queued> {
        self.memory().outbox.values().cloned().collect()
    }

    /// The "to correct" list, oldest first.
    pub fn parked(&self) -> Vec<Parked> {
        self.memory()
            .parked
            .values()
            .map(memory::parked_view)
            .collect()
    }

    /// The baskets under way, newest first.
    pub fn drafts(&self) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = self.memory().drafts.values().cloned().collect();
        drafts.sort_by(|one, other| (other.saved_at, &one.key).cmp(&(one.saved_at, &other.key)));
        drafts
    }

    /// A basket under way.
    pub fn draft(&self, key: &str) -> Option<Draft> {
        self.memory().drafts.get(key).cloned()
    }

    /// Calls `listener` after each change, for as long as the device lives.
    pub fn on_change(&self, listener: impl Fn(Changed) + 'static) {
        self.inner.listeners.borrow_mut().push(Rc::new(listener));
    }

    /// Does something: decides by the rules, saves it for good, shows it. `id` is a fresh UUIDv7, and
    /// `now` the device's clock. The command is safe once this returns, and not before. Done twice
    /// with the same id and body, it happens once.
    ///
    /// # Errors
    /// See [`ActError`]; nothing has happened then.
    pub async fn act(
        &self,
        body: CommandBody,
        id: CommandId,
        now: Timestamp,
    ) -> Result<CommandId, ActError> {
        self.act_all(vec![(id, body)], now, None).await.map(|()| id)
    }

    /// Does several things one after the other, and drops the draft that led to them: all of it or
    /// nothing.
    ///
    /// # Errors
    /// See [`ActError`]; nothing has happened then.
    pub async fn act_all(
        &self,
        acts: Vec<(CommandId, CommandBody)>,
        now: Timestamp,
        finished_draft: Option<&str>,
    ) -> Result<(), ActError> {
        self.change(|memory| {
            let mut plan = memory.plan_acts(&acts, now)?;
            plan.drop_draft(finished_draft);
            Ok::<_, ActError>(plan)
        })
        .await
    }

    /// As [`Device::act_all`], and keeps what was done back, so that [`Device::undo`] can take it back
    /// with a network too. It is stored for good like everything else, and leaves the phone as soon as
    /// [`Device::let_go`] is called, something else is done, or the app starts again. Only the tab that
    /// talks to the server can keep anything back.
    ///
    /// # Errors
    /// See [`ActError`]; nothing has happened then.
    pub async fn act_all_held(
        &self,
        acts: Vec<(CommandId, CommandBody)>,
        now: Timestamp,
    ) -> Result<(), ActError> {
        let ids = acts.iter().map(|(id, _)| *id);
        let held = if self.inner.leads.get() {
            ids.collect()
        } else {
            Vec::new()
        };
        // Before it is stored: from then on it would leave.
        self.inner.held.replace(held);
        let done = self.act_all(acts, now, None).await;
        if done.is_err() {
            self.let_go();
        }
        done
    }

    /// Whether a command is kept back, so that [`Device::undo`] takes it back.
    pub fn is_held(&self, id: CommandId) -> bool {
        let held = self.held();
        held.contains(&id) && self.memory().held_from(&held).is_some()
    }

    /// Keeps nothing back any longer.
    pub fn let_go(&self) {
        if !self.inner.held.take().is_empty() {
            self.tell(Changed::Refreshed);
        }
    }

    /// Takes the last command back, as though it had never been made; its `seq` is free again.
    ///
    /// Only the last one: nothing can depend on it, and no gap arises. And only when it was never in a
    /// request: from there on the server may know it, whether or not an answer came.
    ///
    /// # Errors
    /// See [`UndoError`]; nothing has happened then.
    pub async fn undo(&self, id: CommandId) -> Result<(), UndoError> {
        self.change(|memory| memory.plan_undo(id)).await
    }

    /// The command that [`Device::undo`] would take back now.
    pub fn undoable(&self) -> Option<CommandId> {
        let memory = self.memory();
        memory
            .outbox
            .last_key_value()
            .filter(|(seq, _)| **seq > memory.head.offered_seq)
            .map(|(_, queued)| queued.command.id)
    }

    /// Takes a command off the "to correct" list without doing it again. The server keeps its own
    /// record of it.
    ///
    /// # Errors
    /// [`ActError::NotParked`] and [`ActError::Store`].
    pub async fn discard_parked(&self, id: CommandId) -> Result<(), ActError> {
        self.change(|memory| memory.plan_discard(id)).await
    }

    /// Does a parked command again as a new one, mended, and takes the old one off the list.
    ///
    /// # Errors
    /// See [`ActError`]; nothing has happened then.
    pub async fn reissue(
        &self,
        parked: CommandId,
        body: CommandBody,
        id: CommandId,
        now: Timestamp,
    ) -> Result<CommandId, ActError> {
        let acts = [(id, body)];
        self.change(|memory| {
            let mut plan = memory.plan_acts(&acts, now)?;
            plan.join(memory.plan_discard(parked)?);
            Ok::<_, ActError>(plan)
        })
        .await
        .map(|()| id)
    }

    /// Keeps what is under way. The last save wins.
    ///
    /// # Errors
    /// The store's.
    pub async fn save_draft(
        &self,
        key: &str,
        json: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let draft = Draft {
            key: key.to_owned(),
            saved_at: now,
            json,
        };
        let mut batch = Batch::default();
        batch.put(Table::Drafts, key, memory::json(&draft));
        self.inner.store.commit(batch).await?;
        self.inner
            .memory
            .borrow_mut()
            .drafts
            .insert(draft.key.clone(), draft);
        self.tell(Changed::Saved);
        Ok(())
    }

    /// Drops what was under way.
    ///
    /// # Errors
    /// The store's.
    pub async fn discard_draft(&self, key: &str) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.delete(Table::Drafts, key);
        self.inner.store.commit(batch).await?;
        self.inner.memory.borrow_mut().drafts.remove(key);
        self.tell(Changed::Saved);
        Ok(())
    }

    /// Reads again what another tab may have stored.
    ///
    /// # Errors
    /// The store's.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let known = self.memory().outline();
        let Some((mut fresh, _)) = memory::read(&self.inner.store, Some(&known)).await? else {
            return self.write_back().await;
        };
        let newer = fresh.head.version > self.memory().head.version;
        if newer {
            {
                let mut memory = self.inner.memory.borrow_mut();
                if fresh.head.documents_version == known.documents_version
                    && memory.head.documents_version == known.documents_version
                {
                    fresh.documents = std::mem::take(&mut memory.documents);
                    fresh.outdated = std::mem::take(&mut memory.outdated);
                }
                *memory = fresh;
                memory.rebuild();
            }
            self.tell(Changed::Refreshed);
        }
        Ok(())
    }

    /// The store was thrown away under an open page, which still knows all that was in it.
    async fn write_back(&self) -> Result<(), StoreError> {
        let (whole, version) = {
            let memory = self.memory();
            (memory.whole(), memory.head.version)
        };
        match self.inner.store.commit(whole).await {
            Ok(()) => {
                let mut memory = self.inner.memory.borrow_mut();
                if memory.head.version == version {
                    memory.is_written_back();
                }
                Ok(())
            }
            // Another page was faster. What it has written this one reads before its next change.
            Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes room for what the person does: lets go of what the server can give again and nobody needs
    /// at a door. Whether there was any.
    async fn let_go_of_copies(&self) -> Result<bool, StoreError> {
        let (batch, plan) = {
            let memory = self.memory();
            let mut plan = memory.plan_letting_go();
            if plan.is_nothing() {
                return Ok(false);
            }
            plan.head.version = memory.head.version + 1;
            (memory.batch(&plan, &[]), plan)
        };
        match self.inner.store.commit(batch).await {
            Ok(()) => {
                let mut memory = self.inner.memory.borrow_mut();
                if memory.head.version + 1 == plan.head.version {
                    memory.carry_out(plan, Vec::new());
                }
                Ok(true)
            }
            Err(StoreError::Conflict) => self.refresh().await.map(|()| true),
            Err(error) => Err(error),
        }
    }

    /// Notes whether this tab is the one that talks to the server.
    pub(crate) fn set_leads(&self, leads: bool) {
        self.inner.leads.set(leads);
    }

    /// What is kept back, as long as nothing was done after it.
    fn held(&self) -> Ref<'_, Vec<CommandId>> {
        self.inner.held.borrow()
    }

    /// Shows what the engine is at.
    pub(crate) fn set_phase(&self, phase: Phase) {
        if self.inner.phase.replace(phase) != phase {
            self.tell(Changed::Status);
        }
    }

    fn memory(&self) -> Ref<'_, Memory> {
        self.inner.memory.borrow()
    }

    /// Plans a change, commits it, carries it out; anew when another tab was faster.
    async fn change<E: From<StoreError>>(
        &self,
        plan: impl Fn(&Memory) -> Result<Plan, E>,
    ) -> Result<(), E> {
        self.change_with(
            |memory| plan(memory).map(|plan| (plan, ())),
            &mut Vec::new(),
        )
        .await
    }

    /// As [`Device::change`], with documents that the plan may take over, and a value to hand out.
    async fn change_with<T, E: From<StoreError>>(
        &self,
        plan: impl Fn(&Memory) -> Result<(Plan, T), E>,
        changes: &mut Vec<Change>,
    ) -> Result<T, E> {
        let mut has_let_go = false;
        for _ in 0..ATTEMPTS_MAX {
            let (planned, value, expected_version, batch) = {
                let memory = self.memory();
                let (mut planned, value) = plan(&memory)?;
                if planned.is_nothing() {
                    return Ok(value);
                }
                planned.head.version = memory.head.version + 1;
                let batch = memory.batch(&planned, changes);
                (planned, value, memory.head.version, batch)
            };
            match self.inner.store.commit(batch).await {
                Ok(()) => {
                    {
                        let mut memory = self.inner.memory.borrow_mut();
                        // Somebody who read the store after this commit and before this line has
                        // brought its effect along.
                        if memory.head.version == expected_version {
                            memory.carry_out(planned, std::mem::take(changes));
                        }
                    }
                    self.tell(Changed::Saved);
                    return Ok(value);
                }
                Err(StoreError::Conflict) => self.refresh().await?,
                Err(StoreError::Full) if !has_let_go => {
                    has_let_go = true;
                    if !self.let_go_of_copies().await? {
                        return Err(StoreError::Full.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    fn tell(&self, changed: Changed) {
        let listeners: Vec<_> = self.inner.listeners.borrow().clone();
        for listener in listeners {
            listener(changed);
        }
    }
}

impl Memory {
    /// An order, by any of its ids.
    fn order_view(&self, id: OrderId) -> Option<OrderView> {
        let id = self.documents.id_of(id);
        let order: Rc<Order> = self.overlay.order(&self.documents, id)?;
        let document = self.documents.orders.get(&id);
        let label = |known: &view::Known| CustomerLabel {
            first_name: known.customer.details.first_name.clone(),
            place: known.customer.details.place.clone(),
        };
        let customer = document
            .and_then(|known| known.customer.clone())
            .or_else(|| {
                self.overlay
                    .customer(&self.documents, order.customer)
                    .map(label)
            });
        let is_it = |named: OrderId| self.documents.id_of(named) == id;
        let concerns =
            |command: &Command| command.body.order().is_some_and(is_it) || is_it(command.id.into());
        let pending: Vec<Pending> = self
            .outbox
            .values()
            .filter(|queued| concerns(&queued.command))
            .map(|queued| Pending {
                id: queued.command.id,
                kind: queued.command.body.kind(),
                made_at: queued.corrected_at,
                doubt: self.overlay.doubts.get(&queued.command.id).cloned(),
            })
            .collect();
        let parked: Vec<Parked> = self
            .parked
            .values()
            .filter(|record| concerns(&record.queued.command))
            .map(memory::parked_view)
            .collect();
        let placed_by = |command: CommandId| OrderId::from(command) == id;
        let whereabouts =
            if let Some(parked) = parked.iter().find(|parked| placed_by(parked.command.id)) {
                Whereabouts::ToCorrect {
                    command: parked.command.id,
                    refusal: parked.refusal.clone(),
                }
            } else if document.is_none() && pending.iter().any(|pending| placed_by(pending.id)) {
                Whereabouts::OnPhone
            } else {
                Whereabouts::Received
            };
        Some(OrderView {
            order,
            customer,
            received_at: document.map(|known| known.received_at),
            whereabouts,
            pending,
            parked,
        })
    }

    fn dispute_view(&self, document: Rc<DisputeDocument>) -> DisputeView {
        let id = document.dispute.id;
        let concerns = |command: &Command| command.body.dispute() == Some(id) || command.id.0 == id;
        let waits = self.outbox.values().any(|queued| concerns(&queued.command));
        let parked = self
            .parked
            .values()
            .find(|record| record.queued.command.id.0 == id);
        let whereabouts = match parked {
            Some(record) => Whereabouts::ToCorrect {
                command: record.queued.command.id,
                refusal: record.refusal.clone(),
            },
            None if waits && !self.documents.disputes.contains_key(&id) => Whereabouts::OnPhone,
            None => Whereabouts::Received,
        };
        let held_by = |dispute: &Dispute| dispute.held().unwrap_or_default();
        let told = self.documents.disputes.get(&id);
        let held = told.map_or(Centimes::ZERO, |told| held_by(&told.dispute));
        let to_hold = match waits {
            true => held_by(&document.dispute).minus(held).unwrap_or_default(),
            false => Centimes::ZERO,
        };
        DisputeView {
            document,
            whereabouts,
            waits,
            held,
            to_hold: to_hold.max(Centimes::ZERO),
        }
    }

    fn order_ids(&self) -> Vec<OrderId> {
        let documents = &self.documents.orders;
        documents
            .keys()
            .chain(
                self.overlay
                    .orders
                    .keys()
                    .filter(|id| !documents.contains_key(id)),
            )
            .copied()
            .collect()
    }

    fn hope(&self, id: OrderId, earnings: &mut Earnings) -> Result<(), Overflow> {
        let document = self.documents.orders.get(&id).map(|known| &*known.order);
        match self.overlay.order(&self.documents, id) {
            // What was refused earns nothing until it is mended.
            Some(_)
                if document.is_none()
                    && self
                        .parked
                        .values()
                        .any(|record| OrderId::from(record.queued.command.id) == id) =>
            {
                Ok(())
            }
            Some(order) => earnings.hope(document, &order),
            None => Ok(()),
        }
    }
}
