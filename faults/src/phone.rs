//! A phone: the real device, engine and driver over a store in memory, with a way, a clock and a timer
//! that the world holds in its hands.

use crate::bugs::Bug;
use crate::company::name_of;
use crate::schedule::Sealing;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use taswiq_backend::people::Token;
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::ids::{DeviceId, PersonId};
use taswiq_domain::sync::Trace;
use taswiq_domain::time::Timestamp;
use taswiq_offline::Device;
use taswiq_offline::driver::{Driver, Host, Transport, TransportError};
use taswiq_offline::engine::{Event, Phase};
use taswiq_offline::phone::database_of;
use taswiq_offline::store::sealed::{MemoryKeys, PhoneKeys, SEAL, Unlocking};
use taswiq_offline::store::{Batch, LocalStore, MemoryStore, Sealed, StoreError, Table, Write};

/// The memory of a phone. Clones share it.
#[derive(Clone, Default)]
pub struct Disk {
    pub memory: MemoryStore,
    /// What seals it, on a phone that seals.
    keys: Option<Keys>,
    /// The same, opened by those.
    sealed: Option<Rc<SealedDisk>>,
    bug: Option<Bug>,
    /// For bugs that keep something back: what was said to be stored and is not.
    kept_back: Rc<RefCell<Vec<Batch>>>,
    /// For a bug: whether a page writes without looking at what lies there.
    is_careless: Rc<Cell<bool>>,
}

pub type SealedDisk = Sealed<Bare, Keys>;

/// Where a sealed store marks that its copies are to come again.
const COME_AGAIN: &str = "again";

/// The PIN of everybody.
pub const PIN: &str = "2580";
pub const WRONG_PIN: &str = "1470";

impl Disk {
    pub fn with(mut self, bug: Option<Bug>) -> Self {
        self.bug = bug;
        if let Some(keys) = &mut self.keys {
            keys.bug = bug;
        }
        self
    }

    /// Sealed by the keys of a phone of that number, from the next time on that it is opened.
    pub fn with_keys(mut self, phone: u64) -> Self {
        let keys = MemoryKeys::of_phone(phone);
        let bug = self.bug;
        self.keys = Some(Keys { keys, bug });
        self
    }

    /// As found by whoever starts the phone again.
    pub fn copy(&self) -> Self {
        Self {
            memory: self.memory.copy(),
            keys: self.keys.clone(),
            sealed: None,
            bug: self.bug,
            kept_back: Rc::default(),
            is_careless: Rc::default(),
        }
    }

    /// An empty one on the same phone; the keys that the old one was sealed by are gone with it.
    pub fn emptied(&self) -> Self {
        if let Some(keys) = &self.keys {
            keys.keys.clear();
        }
        Self {
            memory: MemoryStore::new(),
            ..self.copy()
        }
    }

    pub fn seals(&self) -> bool {
        self.keys.is_some()
    }

    /// The phone loses the keys that no script can read.
    pub fn lose_keys(&self) {
        if let Some(keys) = &self.keys {
            keys.keys.clear();
        }
    }

    /// Opened as the app does, sealing what lies there in plain, and locked where it has a PIN.
    pub fn opened(&self, person: PersonId) -> Result<Self, StoreError> {
        let mut opened = self.clone();
        opened.is_careless = Rc::default();
        if let Some(keys) = &self.keys {
            let bare = Bare {
                memory: self.memory.clone(),
                bug: self.bug,
            };
            let sealed = at_once(Sealed::open(bare, keys.clone(), &database_of(person)))?;
            opened.sealed = Some(Rc::new(sealed));
        }
        Ok(opened)
    }

    pub fn sealed(&self) -> Option<&SealedDisk> {
        self.sealed.as_deref()
    }

    /// As it would be without a bug between.
    pub async fn store(&self, batch: Batch) -> Result<(), StoreError> {
        match &self.sealed {
            Some(sealed) => sealed.commit(batch).await,
            None => self.memory.commit(batch).await,
        }
    }

    /// Whether it lies there sealed.
    pub fn is_sealed(&self) -> bool {
        let seal = now_or_never(self.memory.get(Table::Meta, SEAL));
        seal.is_some_and(|seal| seal.is_ok_and(|seal| seal.is_some()))
    }

    /// Whether nobody has been there yet.
    pub fn is_empty(&self) -> bool {
        let meta = now_or_never(self.memory.scan(Table::Meta)).and_then(Result::ok);
        meta.is_none_or(|meta| meta.is_empty())
    }

    /// Whether whoever starts it next is to be told everything again.
    pub fn hears_again(&self) -> bool {
        let mark = now_or_never(self.memory.get(Table::Documents, COME_AGAIN));
        mark.is_some_and(|mark| mark.is_ok_and(|mark| mark.is_some()))
    }

    /// What is kept of what the server told, by name.
    pub fn copies(&self) -> Vec<String> {
        let mut copies = Vec::new();
        for table in Table::ALL.into_iter().filter(|table| table.is_copy()) {
            let records = now_or_never(self.memory.scan(table)).and_then(Result::ok);
            // A mark that they are to come again is none.
            for (key, _) in records.unwrap_or_default() {
                if key == COME_AGAIN {
                    continue;
                }
                copies.push(format!("{}/{key}", table.as_str()));
            }
        }
        copies
    }
}

/// The store below a sealed one.
#[derive(Clone)]
pub struct Bare {
    memory: MemoryStore,
    bug: Option<Bug>,
}

impl LocalStore for Bare {
    async fn get(&self, table: Table, key: &str) -> Result<Option<String>, StoreError> {
        self.memory.get(table, key).await
    }

    async fn scan(&self, table: Table) -> Result<Vec<(String, String)>, StoreError> {
        self.memory.scan(table).await
    }

    async fn commit(&self, mut batch: Batch) -> Result<(), StoreError> {
        let seals_all = batch
            .expected
            .as_ref()
            .is_some_and(|expected| expected.key == SEAL && expected.value.is_none());
        if self.bug == Some(Bug::SealingLosesOne) && seals_all {
            let lost = batch.writes.iter_mut().find(|write| is_outbox_put(write));
            if let Some(write) = lost
                && let Write::Put { table, key, .. } = write.clone()
            {
                *write = Write::Delete { table, key };
            }
        }
        self.memory.commit(batch).await
    }
}

/// The keys of a phone that no script can read.
#[derive(Clone)]
pub struct Keys {
    keys: MemoryKeys,
    bug: Option<Bug>,
}

impl PhoneKeys for Keys {
    async fn keep(&self, name: &str) -> Result<(), StoreError> {
        self.keys.keep(name).await
    }

    async fn wrap(&self, name: &str, purpose: &str, secret: &str) -> Result<String, StoreError> {
        self.keys.wrap(name, purpose, secret).await
    }

    async fn unwrap(
        &self,
        name: &str,
        purpose: &str,
        wrapped: &str,
    ) -> Result<Option<String>, StoreError> {
        self.keys.unwrap(name, purpose, wrapped).await
    }

    async fn stretch(
        &self,
        name: &str,
        pin: &str,
        salt: &[u8; 32],
        rounds: u32,
    ) -> Result<[u8; 32], StoreError> {
        let is_any_good = self.bug == Some(Bug::AnyPinOpens);
        let pin = if is_any_good { "" } else { pin };
        self.keys.stretch(name, pin, salt, rounds).await
    }

    fn random(&self) -> Result<[u8; 32], StoreError> {
        self.keys.random()
    }
}

impl LocalStore for Disk {
    async fn get(&self, table: Table, key: &str) -> Result<Option<String>, StoreError> {
        match &self.sealed {
            Some(sealed) => sealed.get(table, key).await,
            None => self.memory.get(table, key).await,
        }
    }

    async fn scan(&self, table: Table) -> Result<Vec<(String, String)>, StoreError> {
        match &self.sealed {
            Some(sealed) => sealed.scan(table).await,
            None => self.memory.scan(table).await,
        }
    }

    async fn commit(&self, mut batch: Batch) -> Result<(), StoreError> {
        let Some(bug) = self.bug else {
            return self.store(batch).await;
        };
        let outbox_shrinks = batch.writes.iter().any(|write| {
            matches!(
                write,
                Write::Delete {
                    table: Table::Outbox,
                    ..
                }
            )
        });
        match bug {
            Bug::SaveIsHalf => {
                // Two transactions where there must be one: a cut between them leaves half.
                let late = batch.writes.split_off(batch.writes.len().div_ceil(2));
                self.store(batch).await?;
                let rest = Batch {
                    expected: None,
                    writes: late,
                };
                return self.store(rest).await;
            }
            Bug::SaveIsRelaxed => {
                // What was said to be safe is on its way to the disk until the next save.
                let earlier: Vec<Batch> = self.kept_back.borrow_mut().drain(..).collect();
                for earlier in earlier {
                    self.store(earlier).await?;
                }
                if batch.writes.iter().any(is_outbox_put) {
                    let shown = batch.clone();
                    self.kept_back.borrow_mut().push(Batch {
                        expected: None,
                        ..shown
                    });
                    return Ok(());
                }
                return self
                    .store(Batch {
                        expected: None,
                        ..batch
                    })
                    .await;
            }
            Bug::PagesDoNotCompare => batch.expected = None,
            Bug::LostLeaderStores if self.is_careless.get() => batch.expected = None,
            Bug::FullIsSilent => {
                return match self.store(batch).await {
                    Err(StoreError::Full) => Ok(()),
                    outcome => outcome,
                };
            }
            Bug::AnswerClearsOutbox if outbox_shrinks => {
                for (key, _) in self.scan(Table::Outbox).await? {
                    batch.delete(Table::Outbox, key);
                }
            }
            Bug::AcknowledgedIsForgotten => {
                batch.writes.retain(|write| {
                    !matches!(
                        write,
                        Write::Put {
                            table: Table::Acknowledged,
                            ..
                        }
                    )
                });
            }
            Bug::ParkedIsForgotten => {
                batch.writes.retain(|write| {
                    !matches!(
                        write,
                        Write::Put {
                            table: Table::Parked,
                            ..
                        }
                    )
                });
            }
            Bug::ActIsNotSaved => batch.writes.retain(|write| !is_outbox_put(write)),
            Bug::RemovalIsNotSaved => {
                batch.writes.retain(|write| {
                    !matches!(
                        write,
                        Write::Delete {
                            table: Table::Customers | Table::Orders,
                            ..
                        }
                    )
                });
            }
            Bug::NumberIsNotSaved => self.rewrite_head(&mut batch, "next_seq", 1),
            Bug::OfferIsNotSaved => self.rewrite_head(&mut batch, "offered_seq", 0),
            Bug::ChangesAreNotSaved => {
                batch.writes.retain(|write| {
                    !matches!(
                        write,
                        Write::Put {
                            table: Table::Orders | Table::Entries,
                            ..
                        }
                    )
                });
            }
            _ => {}
        }
        self.store(batch).await
    }

    async fn forget_copies(&self) -> Result<(), StoreError> {
        if self.bug == Some(Bug::PutOutKeepsCopies) {
            return Ok(());
        }
        if self.bug == Some(Bug::PutOutForgetsOutbox) {
            let mut batch = Batch::default();
            for (key, _) in self.scan(Table::Outbox).await? {
                batch.delete(Table::Outbox, key);
            }
            self.store(batch).await?;
        }
        match &self.sealed {
            Some(sealed) => sealed.forget_copies().await,
            None => self.memory.forget_copies().await,
        }
    }
}

impl Disk {
    /// Lets a number of the head stay behind, as it was on the disk.
    fn rewrite_head(&self, batch: &mut Batch, field: &str, first: u64) {
        // What is expected is compared with what lies there, so it must be what lies there.
        for write in &mut batch.writes {
            let Write::Put {
                table: Table::Meta,
                value,
                ..
            } = write
            else {
                continue;
            };
            if let Ok(mut head) = serde_json::from_str::<serde_json::Value>(value) {
                head[field] = first.into();
                *value = head.to_string();
            }
        }
        batch.expected = None;
    }
}

fn is_outbox_put(write: &Write) -> bool {
    matches!(
        write,
        Write::Put {
            table: Table::Outbox,
            ..
        }
    )
}

/// What comes back for a message.
pub type Reply = Result<Vec<u8>, TransportError>;

/// A message that a phone has sent and waits for.
pub struct Message {
    pub body: Vec<u8>,
    /// By what the device hands over, when that is shown instead of a session.
    pub key: Option<(DeviceId, DeviceKey)>,
    pub reply: Rc<RefCell<Option<Reply>>>,
}

/// The way out of a phone: messages lie there until the world carries them.
#[derive(Clone, Default)]
pub struct Radio {
    pub sent: Rc<RefCell<VecDeque<Message>>>,
}

impl Transport for Radio {
    async fn send(&self, body: Vec<u8>, key: Option<&str>) -> Reply {
        let reply: Rc<RefCell<Option<Reply>>> = Rc::default();
        self.sent.borrow_mut().push_back(Message {
            body,
            key: key.and_then(DeviceKey::from_authorization),
            reply: Rc::clone(&reply),
        });
        // Nobody wakes: the world looks again after each message it has carried.
        poll_fn(|_| reply.borrow_mut().take().map_or(Poll::Pending, Poll::Ready)).await
    }
}

/// The clock of a phone and its one timer.
#[derive(Clone)]
pub struct Watch {
    /// The true time, shared by all.
    pub true_time: Rc<Cell<Timestamp>>,
    pub skew_ms: Rc<Cell<i64>>,
    pub timer: Rc<Cell<Option<(u64, Timestamp)>>>,
}

impl Host for Watch {
    fn now(&self) -> Timestamp {
        self.true_time.get().plus_ms(self.skew_ms.get())
    }

    fn jitter_ppm(&self) -> u32 {
        0
    }

    fn schedule(&self, timer: u64, delay_ms: u64) {
        let due = self
            .true_time
            .get()
            .plus_ms(i64::try_from(delay_ms).unwrap_or(i64::MAX));
        self.timer.set(Some((timer, due)));
    }
}

impl Watch {
    /// One that shows the same and disturbs nobody's timer.
    pub fn aside(&self) -> Self {
        Self {
            timer: Rc::default(),
            ..self.clone()
        }
    }
}

type Running = Pin<Box<dyn Future<Output = ()>>>;

/// The app as it runs for one person.
pub struct App {
    pub person: PersonId,
    pub device: Device<Disk>,
    pub driver: Rc<Driver<Disk, Radio, Watch>>,
    pub disk: Disk,
    pub radio: Radio,
    /// Whether it shows nothing but the question for the PIN.
    pub is_locked: bool,
    running: Vec<Running>,
    leads: bool,
}

impl App {
    /// Whether it has heard that it leads, and not since that it does no more.
    pub fn leads(&self) -> bool {
        self.leads
    }

    /// Whether a request of it is on its way.
    pub fn is_sending(&self) -> bool {
        matches!(self.device.status().phase, Phase::Sending { .. })
    }

    /// Another page leads from now on. One with a bug goes on waiting for its answer, and stores it.
    pub fn lose(&mut self, bug: bool) {
        self.leads = false;
        if bug {
            self.disk.is_careless.set(true);
        } else {
            self.tell(Event::LostLeadership);
        }
    }
}

impl App {
    /// Tells the engine something, and lets it go on as far as it can.
    pub fn tell(&mut self, event: Event) {
        let driver = Rc::clone(&self.driver);
        self.running
            .push(Box::pin(async move { driver.handle(event).await }));
        self.go_on();
    }

    /// Asks for a contact.
    pub fn ask(&mut self) {
        let event = if std::mem::replace(&mut self.leads, true) {
            Event::SyncRequested
        } else {
            Event::BecameLeader
        };
        self.tell(event);
    }

    /// Hands over what waits, as a page does that is locked.
    pub fn hand_over(&mut self) {
        let driver = Rc::clone(&self.driver);
        self.running.push(Box::pin(async move {
            driver.hand_over().await;
        }));
        self.go_on();
    }

    /// Lets everything under way go on as far as it can.
    pub fn go_on(&mut self) {
        let mut context = Context::from_waker(std::task::Waker::noop());
        self.running
            .retain_mut(|running| running.as_mut().poll(&mut context).is_pending());
    }

    /// Tells the engine that there is more, or less, to send.
    pub fn queue_changed(&mut self) {
        let waiting = self.device.sendable();
        self.tell(Event::QueueChanged { waiting });
    }

    pub fn next_message(&self) -> Option<Message> {
        self.radio.sent.borrow_mut().pop_front()
    }

    pub fn now(&self) -> Timestamp {
        self.driver.host().now()
    }
}

/// A phone, whoever holds it.
pub struct Phone {
    pub number: usize,
    /// Who holds it.
    pub holder: PersonId,
    /// What each person has on it.
    pub stores: BTreeMap<PersonId, Stored>,
    pub app: Option<App>,
    /// Another page of the same app, which nobody looks at; never without the first.
    pub behind: Option<App>,
    /// Whether each hears at once of what the other stores.
    pub pages_hear: bool,
    pub watch: Watch,
    pub build: u32,
    pub has_no_room: bool,
    pub sealing: Sealing,
    /// Whether its holder's page is locked.
    pub is_locked: bool,
    /// Wrong PINs since it was locked.
    pub guesses: u32,
}

/// What is remembered of a store outside of it, where a browser that is short of room throws nothing away: as
/// the app left it when the store was thrown away. Clones share it.
pub type Beside = Rc<RefCell<Option<Trace>>>;

/// What a person has on a phone.
pub struct Stored {
    pub disk: Disk,
    pub beside: Beside,
    pub device: DeviceId,
    pub token: Token,
}

impl Phone {
    /// Asks for a contact, from whichever page leads.
    pub fn ask(&mut self) {
        let (Some(app), Some(behind)) = (&mut self.app, &mut self.behind) else {
            if let Some(app) = &mut self.app {
                app.ask();
            }
            return;
        };
        let nobody_leads = !app.leads() && !behind.leads();
        if app.leads() || nobody_leads {
            app.ask();
        }
        if behind.leads() {
            behind.ask();
        }
    }

    /// Every page that is open.
    pub fn pages(&mut self) -> impl Iterator<Item = &mut App> {
        self.app.iter_mut().chain(&mut self.behind)
    }

    /// The next message of any page.
    pub fn next_message(&self) -> Option<Message> {
        let pages = self.app.iter().chain(&self.behind);
        pages.map(App::next_message).find_map(|message| message)
    }

    pub fn name(&self) -> String {
        format!("phone {}", self.number + 1)
    }

    pub fn name_with_holder(&self) -> String {
        format!("{}'s phone {}", name_of(self.holder), self.number + 1)
    }

    pub fn holders(&self) -> &Stored {
        &self.stores[&self.holder]
    }
}

/// Opens what a person has on a phone, who types the PIN where there is one.
pub fn open(person: PersonId, stored: &Stored, watch: &Watch, build: u32) -> Result<App, String> {
    let disk = stored
        .disk
        .opened(person)
        .map_err(|error| said(person, &error))?;
    if let Some(sealed) = disk.sealed()
        && sealed.is_locked()
    {
        unlock(sealed, watch.now()).map_err(|error| said(person, &error))?;
        if sealed.is_locked() {
            // One that was put out has nothing that a PIN could open: who shows the password begins afresh.
            if !disk.copies().is_empty() {
                return Err(format!("the PIN of {} does not open", name_of(person)));
            }
            at_once(sealed.begin_afresh()).map_err(|error| said(person, &error))?;
        }
    }
    let app = begin(person, disk, stored, watch, build)?;
    // Where it cannot be stored the device hands over without one.
    let mut secret = [0; 32];
    secret[..16].copy_from_slice(stored.device.0.as_bytes());
    drop(now_or_never(
        app.device.take_key(&DeviceKey::from_random(&secret)),
    ));
    Ok(app)
}

/// Opens another page of what a person has on a phone, with a timer of its own.
pub fn open_another(
    person: PersonId,
    stored: &Stored,
    watch: &Watch,
    build: u32,
) -> Result<App, String> {
    open(person, stored, &watch.aside(), build)
}

/// The right PIN, as often and after as long as it takes.
fn unlock(sealed: &SealedDisk, now: Timestamp) -> Result<(), StoreError> {
    if let Unlocking::Wait { ms } = at_once(sealed.unlock(PIN, now))? {
        at_once(sealed.unlock(PIN, now.plus_ms(ms)))?;
    }
    Ok(())
}

/// Opens what a person has on a phone and has locked, as far as that goes.
pub fn open_locked(
    person: PersonId,
    stored: &Stored,
    watch: &Watch,
    build: u32,
) -> Result<App, String> {
    let disk = stored
        .disk
        .opened(person)
        .map_err(|error| said(person, &error))?;
    let mut app = begin(person, disk, stored, watch, build)?;
    app.is_locked = true;
    Ok(app)
}

fn said(person: PersonId, error: &StoreError) -> String {
    format!("the store of {} does not open: {error}", name_of(person))
}

fn begin(
    person: PersonId,
    disk: Disk,
    stored: &Stored,
    watch: &Watch,
    build: u32,
) -> Result<App, String> {
    let trace = stored.beside.borrow().clone();
    let opening = Device::open_after(disk.clone(), person, stored.device, trace);
    let device = now_or_never(opening)
        .ok_or("opening a store waits for something")?
        .map_err(|error| format!("the store of {} does not open: {error}", name_of(person)))?;
    let radio = Radio::default();
    let driver = Driver::new(
        device.clone(),
        radio.clone(),
        watch.clone(),
        format!("build-{build}"),
    );
    watch.timer.set(None);
    Ok(App {
        person,
        device,
        driver: driver.shared(),
        disk,
        radio,
        is_locked: false,
        running: Vec::new(),
        leads: false,
    })
}

/// The same, of what fails.
pub fn at_once<T>(future: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    now_or_never(future).unwrap_or_else(|| {
        Err(StoreError::Unavailable {
            detail: "it waits for something".to_owned(),
        })
    })
}

/// What a future of a store in memory gives: it never waits.
pub fn now_or_never<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// The head of a store, as it lies there.
pub fn head_of(disk: &Disk) -> Option<serde_json::Value> {
    let head = now_or_never(disk.get(Table::Meta, taswiq_offline::record::HEAD))?;
    serde_json::from_str(&head.ok()??).ok()
}
