//! A phone in a test: a device, its driver, and a way to the server on which anything can happen.

use crate::model_server::ModelServer;
use crate::world::{NOON, id};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::ids::{DeviceId, PersonId};
use taswiq_domain::sync::Trace;
use taswiq_domain::sync::{Request, Response};
use taswiq_domain::time::Timestamp;
use taswiq_offline::Device;
use taswiq_offline::driver::{Driver, Host, Transport, TransportError};
use taswiq_offline::engine::Event;
use taswiq_offline::phone::database_of;
use taswiq_offline::store::sealed::MemoryKeys;
use taswiq_offline::store::{MemoryStore, Sealed};
use taswiq_offline::wire::Decoded;

pub type Server = Rc<RefCell<ModelServer>>;

/// No phone of a test asks so often.
const REQUESTS_MAX: usize = 2_000;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// It arrives, and so does the answer.
    Good,
    /// It does not arrive.
    RequestLost,
    /// It arrives; the answer does not.
    AnswerLost,
    /// It arrives twice; the second answer comes back.
    Twice,
    /// It arrives; half of the answer comes back.
    AnswerTruncated,
    /// Somebody in between answers.
    Error(TransportError),
    /// Somebody in between answers with status 200 and a page of their own.
    Portal,
    /// More than so many bytes do not get through.
    Narrow(usize, TransportError),
    /// It breaks, each time, under an answer of more than so many bytes.
    BreaksUnder(usize),
}

#[derive(Clone)]
pub struct Network {
    pub server: Server,
    /// What becomes of the next requests; good when it is empty.
    pub ways: Rc<RefCell<VecDeque<Way>>>,
    pub requests: Rc<RefCell<Vec<Request>>>,
    /// The build of the app that is started next.
    pub build: Rc<Cell<&'static str>>,
    /// Whose session the requests carry.
    pub signed_in: Rc<Cell<Option<PersonId>>>,
    /// Makes of an answer what a younger server would say.
    pub younger: Rc<Cell<Option<Translation>>>,
}

pub type Translation = fn(&mut serde_json::Value);

impl Transport for Network {
    async fn send(&self, body: Vec<u8>, key: Option<&str>) -> Result<Vec<u8>, TransportError> {
        let request: Request = serde_json::from_slice(&body).expect("a request");
        self.requests.borrow_mut().push(request.clone());
        let asked = self.requests.borrow().len();
        assert!(asked < REQUESTS_MAX, "it asks without end");
        if key.is_none() && self.signed_in.get() != Some(request.person.expect("whose")) {
            return Err(TransportError::of_status(
                if self.signed_in.get().is_none() {
                    401
                } else {
                    403
                },
                None,
            ));
        }
        if key.is_some() && key != self.server.borrow().key_of(request.device).as_deref() {
            return Err(TransportError::SignInAgain);
        }
        let reach = || {
            let response = self
                .server
                .borrow_mut()
                .handle_by(request.clone(), key.is_some());
            let mut answer = serde_json::to_value(response).expect("serialises");
            if let Some(say) = self.younger.get() {
                say(&mut answer);
            }
            answer.to_string().into_bytes()
        };
        let mut ways = self.ways.borrow_mut();
        match ways.pop_front().unwrap_or(Way::Good) {
            Way::Good => Ok(reach()),
            Way::RequestLost => Err(TransportError::NoNetwork),
            Way::AnswerLost => {
                reach();
                Err(TransportError::NoNetwork)
            }
            Way::Twice => {
                reach();
                Ok(reach())
            }
            Way::AnswerTruncated => {
                let answer = reach();
                Ok(answer[..answer.len() / 2].to_vec())
            }
            Way::Error(error) => Err(error),
            Way::Portal => Ok(b"<!doctype html><title>Bienvenue au WiFi</title>".to_vec()),
            Way::BreaksUnder(bytes_max) => {
                ways.push_front(Way::BreaksUnder(bytes_max));
                let answer = reach();
                if answer.len() > bytes_max {
                    return Err(TransportError::BrokeOff);
                }
                Ok(answer)
            }
            Way::Narrow(bytes_max, error) if body.len() > bytes_max => {
                ways.push_front(Way::Narrow(bytes_max, error.clone()));
                Err(error)
            }
            narrow @ Way::Narrow(..) => {
                ways.push_front(narrow);
                Ok(reach())
            }
        }
    }
}

/// A clock that stands still until it is set, and a timer that fires when it is told to.
#[derive(Clone)]
pub struct Bench {
    pub now: Rc<Cell<Timestamp>>,
    pub scheduled: Rc<Cell<Option<(u64, u64)>>>,
    /// How often others had their turn.
    pub breaths: Rc<Cell<usize>>,
}

impl Host for Bench {
    fn now(&self) -> Timestamp {
        self.now.get()
    }
    fn jitter_ppm(&self) -> u32 {
        0
    }
    fn schedule(&self, timer: u64, delay_ms: u64) {
        self.scheduled.set(Some((timer, delay_ms)));
    }
    async fn breathe(&self) {
        self.breaths.set(self.breaths.get() + 1);
    }
}

/// What a device stands on: sealed, as on a phone.
pub type Store = Sealed<MemoryStore, MemoryKeys>;

pub struct Phone {
    leads: Cell<bool>,
    pub person: PersonId,
    /// What lies on the disk.
    pub store: MemoryStore,
    pub keys: MemoryKeys,
    pub sealed: Store,
    pub network: Network,
    pub bench: Bench,
    pub device: Device<Store>,
    pub driver: Rc<Driver<Store, Network, Bench>>,
}

/// An answer as it is read from the wire.
pub fn decoded(response: Response) -> Decoded {
    Decoded {
        response,
        skipped: false,
    }
}

pub fn server() -> Server {
    Rc::new(RefCell::new(ModelServer::new()))
}

impl Phone {
    /// A phone that has been in contact once. `number` tells devices apart.
    pub async fn ready(server: &Server, person: PersonId, number: u64) -> Self {
        let phone = Self::fresh(server, person, number).await;
        phone.sync().await;
        assert!(phone.device.is_ready());
        phone
    }

    /// A phone on which the person has never been.
    pub async fn fresh(server: &Server, person: PersonId, number: u64) -> Self {
        let device_id = DeviceId(id(0x00d0_0000 + number).0);
        server.borrow_mut().owners.insert(device_id, person);
        let network = Network {
            server: Rc::clone(server),
            ways: Rc::default(),
            requests: Rc::default(),
            build: Rc::new(Cell::new("build-1")),
            signed_in: Rc::new(Cell::new(Some(person))),
            younger: Rc::default(),
        };
        let bench = Bench {
            now: Rc::new(Cell::new(NOON)),
            scheduled: Rc::default(),
            breaths: Rc::default(),
        };
        let disk = (MemoryStore::new(), MemoryKeys::of_phone(number));
        Self::boot(person, device_id, disk, network, bench, None).await
    }

    /// The phone started again, with what was remembered of its store outside of it.
    pub async fn opened_after(self, new_device: DeviceId, trace: Option<Trace>) -> Self {
        let disk = (self.store.copy(), self.keys);
        Self::boot(
            self.person,
            new_device,
            disk,
            self.network,
            self.bench,
            trace,
        )
        .await
    }

    async fn boot(
        person: PersonId,
        device_id: DeviceId,
        disk: (MemoryStore, MemoryKeys),
        network: Network,
        bench: Bench,
        trace: Option<Trace>,
    ) -> Self {
        let (store, keys) = disk;
        let whose = database_of(person);
        let sealed = Sealed::open(store.clone(), keys.clone(), &whose)
            .await
            .expect("opens");
        let device = Device::open_after(sealed.clone(), person, device_id, trace)
            .await
            .expect("opens");
        device
            .take_key(&DeviceKey::from_random(&[device_id.0.as_bytes()[15]; 32]))
            .await
            .expect("kept");
        let build = network.build.get();
        let driver = Driver::new(device.clone(), network.clone(), bench.clone(), build).shared();
        Self {
            leads: Cell::new(false),
            person,
            store,
            keys,
            sealed,
            network,
            bench,
            device,
            driver,
        }
    }

    /// The phone after its app was killed and started again.
    pub async fn restarted(self) -> Self {
        let disk = (self.store.copy(), self.keys);
        Self::boot(
            self.person,
            self.device.id(),
            disk,
            self.network,
            self.bench,
            None,
        )
        .await
    }

    /// Another tab over the same store.
    pub async fn second_tab(&self) -> Self {
        Self::boot(
            self.person,
            self.device.id(),
            (self.store.clone(), self.keys.clone()),
            self.network.clone(),
            self.bench.clone(),
            None,
        )
        .await
    }

    /// The store as it is now, in another place.
    pub async fn copied(&self) -> Store {
        let whose = database_of(self.person);
        Sealed::open(self.store.copy(), self.keys.clone(), &whose)
            .await
            .expect("opens")
    }

    pub fn next_ways(&self, ways: impl IntoIterator<Item = Way>) {
        self.network.ways.borrow_mut().extend(ways);
    }

    /// Asks once, and goes on only as long as the engine does by itself.
    pub async fn sync(&self) {
        let asked = if self.leads.replace(true) {
            Event::SyncRequested
        } else {
            Event::BecameLeader
        };
        self.driver.handle(asked).await;
    }

    /// Lets the scheduled timer go off, if any.
    pub async fn let_timer_fire(&self) {
        if let Some((timer, _)) = self.bench.scheduled.take() {
            self.driver.handle(Event::TimerFired { timer }).await;
        }
    }

    /// How many commands the requests so far carried, one figure each.
    pub fn batches(&self) -> Vec<usize> {
        self.network
            .requests
            .borrow()
            .iter()
            .map(|request| request.commands.len())
            .collect()
    }

    pub fn now(&self) -> Timestamp {
        self.bench.now.get()
    }
}
