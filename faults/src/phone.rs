//! A phone: the real device, engine and driver over a store in memory, with a way, a clock and a timer
//! that the world holds in its hands.

use crate::bugs::Bug;
use crate::company::name_of;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use taswiq_backend::people::Token;
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::ids::{DeviceId, PersonId};
use taswiq_domain::time::Timestamp;
use taswiq_offline::Device;
use taswiq_offline::driver::{Driver, Host, Transport, TransportError};
use taswiq_offline::engine::Event;
use taswiq_offline::store::{Batch, LocalStore, MemoryStore, StoreError, Table, Write};

/// The memory of a phone. Clones share it.
#[derive(Clone, Default)]
pub struct Disk {
    pub memory: MemoryStore,
    bug: Option<Bug>,
    /// For bugs that keep something back: what was said to be stored and is not.
    kept_back: Rc<RefCell<Vec<Batch>>>,
}

impl Disk {
    pub fn with(mut self, bug: Option<Bug>) -> Self {
        self.bug = bug;
        self
    }

    /// As found by whoever starts the phone again.
    pub fn copy(&self) -> Self {
        Self {
            memory: self.memory.copy(),
            bug: self.bug,
            kept_back: Rc::default(),
        }
    }
}

impl LocalStore for Disk {
    async fn get(&self, table: Table, key: &str) -> Result<Option<String>, StoreError> {
        self.memory.get(table, key).await
    }

    async fn scan(&self, table: Table) -> Result<Vec<(String, String)>, StoreError> {
        self.memory.scan(table).await
    }

    async fn commit(&self, mut batch: Batch) -> Result<(), StoreError> {
        let Some(bug) = self.bug else {
            return self.memory.commit(batch).await;
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
                self.memory.commit(batch).await?;
                let rest = Batch {
                    expected: None,
                    writes: late,
                };
                return self.memory.commit(rest).await;
            }
            Bug::SaveIsRelaxed => {
                // What was said to be safe is on its way to the disk until the next save.
                let earlier: Vec<Batch> = self.kept_back.borrow_mut().drain(..).collect();
                for earlier in earlier {
                    self.memory.commit(earlier).await?;
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
                    .memory
                    .commit(Batch {
                        expected: None,
                        ..batch
                    })
                    .await;
            }
            Bug::FullIsSilent => {
                return match self.memory.commit(batch).await {
                    Err(StoreError::Full) => Ok(()),
                    outcome => outcome,
                };
            }
            Bug::AnswerClearsOutbox if outbox_shrinks => {
                for (key, _) in self.memory.scan(Table::Outbox).await? {
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
        self.memory.commit(batch).await
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
    running: Vec<Running>,
    leads: bool,
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
    pub watch: Watch,
    pub build: u32,
    pub has_no_room: bool,
}

/// What a person has on a phone.
pub struct Stored {
    pub disk: Disk,
    pub device: DeviceId,
    pub token: Token,
}

impl Phone {
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

/// Opens what a person has on a phone.
pub fn open(person: PersonId, stored: &Stored, watch: &Watch, build: u32) -> Result<App, String> {
    let disk = stored.disk.clone();
    let device = now_or_never(Device::open(disk.clone(), person, stored.device))
        .ok_or("opening a store waits for something")?
        .map_err(|error| format!("the store of {} does not open: {error}", name_of(person)))?;
    // Where it cannot be stored the device hands over without one.
    let mut secret = [0; 32];
    secret[..16].copy_from_slice(stored.device.0.as_bytes());
    drop(now_or_never(
        device.take_key(&DeviceKey::from_random(&secret)),
    ));
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
        running: Vec::new(),
        leads: false,
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
