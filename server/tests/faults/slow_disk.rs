//! Fault 17: the disk hangs. A disk that is slow for its phones is one that hangs for longer than they are kept
//! waiting: they are told when to come again while it does, and find done what they had handed over.
//!
//! Nothing here takes the time: a disk hangs until whoever asked has been answered. A server that waited for it
//! would be given up by its phones.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::net::SocketAddr;

use taswiq_backend::clock::{Clock, SystemClock};
use taswiq_domain::customer::CustomerDetails;
use taswiq_domain::ids::{CommandId, DeviceId};
use taswiq_domain::sync::CommandBody;
use taswiq_domain::time::Timestamp;
use taswiq_offline::Device;
use taswiq_offline::driver::{Driver, Host, Transport, TransportError};
use taswiq_offline::engine::{Event, Phase};
use taswiq_offline::store::MemoryStore;
use uuid::Uuid;

use crate::company::AGENT;
use crate::disk::{BROKEN, HANG, NO_SPACE};
use crate::patient::Patient;
use crate::phone::Phone;
use crate::runtime;

/// Phones that are sent away together.
const PHONES: usize = 12;

#[test]
fn fault_17_while_the_disk_hangs_phones_are_sent_away_and_all_is_read_and_what_they_said_is_done_once()
 {
    let mut patient = Patient::new();
    patient.bears(HANG);
    patient.assert_whole();
}

#[test]
fn fault_17_phones_that_are_sent_away_together_do_not_come_back_together() {
    let patient = Patient::new();
    patient.order(HANG, 1, u64::MAX);
    let moments: BTreeSet<u32> = std::thread::scope(|scope| {
        let ask = || {
            let mut phone = Phone::new(&patient.company.agents[2]);
            phone.save(register());
            phone.sent_away_for_s(patient.program.address)
        };
        let asking: Vec<_> = (0..PHONES).map(|_| scope.spawn(ask)).collect();
        asking
            .into_iter()
            .map(|asked| asked.join().expect("an answer"))
            .collect()
    });
    assert!(moments.len() > 1, "{moments:?}");
    assert!(moments.first() >= Some(&2), "{moments:?}");
    patient.disk.is_well();
}

#[test]
fn fault_16_and_17_a_phone_whose_server_cannot_write_says_so_and_not_that_it_is_offline() {
    let patient = Patient::new();
    for trouble in [NO_SPACE, BROKEN, HANG] {
        let way = Way::to(&patient, &patient.company.agents[0]);
        runtime().block_on(async {
            let device = Device::open(MemoryStore::new(), AGENT, DeviceId(Uuid::now_v7()));
            let device = device.await.expect("opened");
            let driver = Driver::new(device, &way, Watch::default(), "test");
            driver.handle(Event::Started { waiting: 0 }).await;
            driver.handle(Event::BecameLeader).await;
            let (device, watch) = (driver.device(), driver.host());
            assert_eq!(device.status().phase, Phase::Idle);

            patient.order(trouble, 1, u64::MAX);
            let customer = CommandBody::RegisterCustomer(details());
            let saved = device.act(customer, CommandId(Uuid::now_v7()), watch.now());
            saved.await.expect("saved");
            driver.handle(Event::QueueChanged { waiting: 1 }).await;
            assert_eq!((device.status().phase, device.waiting()), (Phase::Busy, 1));
            assert!(watch.delay_ms.get() >= 2_000);

            patient.disk.is_well();
            while device.waiting() > 0 {
                let timer = watch.timer.get();
                driver.handle(Event::TimerFired { timer }).await;
            }
            assert_eq!(device.status().phase, Phase::Idle);
            assert!(device.parked().is_empty());
        });
    }
}

fn details() -> CustomerDetails {
    CustomerDetails {
        first_name: "Itto".to_owned(),
        family_name: String::new(),
        phone: None,
        place: "Imouzzer Kandar".to_owned(),
        address: String::new(),
        kind: Default::default(),
    }
}

fn register() -> serde_json::Value {
    let body = CommandBody::RegisterCustomer(details());
    serde_json::to_value(body).expect("written")
}

/// From a phone as it is to the server as it is.
struct Way {
    phone: RefCell<Phone>,
    to: SocketAddr,
}

impl Way {
    fn to(patient: &Patient, session: &str) -> Self {
        Self {
            phone: RefCell::new(Phone::new(session)),
            to: patient.program.address,
        }
    }
}

impl Transport for &Way {
    async fn send(&self, body: Vec<u8>, key: Option<&str>) -> Result<Vec<u8>, TransportError> {
        assert_eq!(key, None, "the session is good");
        let mut phone = self.phone.borrow_mut();
        let asked = phone.ask(self.to, "POST", "/api/v1/sync", &body);
        let answer = asked.map_err(|_| TransportError::NoNetwork)?;
        let after = answer.retry_after.map(|seconds| seconds.to_string());
        match answer.status {
            200 => Ok(answer.body),
            status => Err(TransportError::of_status(status, after.as_deref())),
        }
    }
}

/// The machine's clock, and a timer that goes off when it is told to.
#[derive(Default)]
struct Watch {
    timer: Cell<u64>,
    delay_ms: Cell<u64>,
}

impl Host for Watch {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn jitter_ppm(&self) -> u32 {
        0
    }

    fn schedule(&self, timer: u64, delay_ms: u64) {
        self.timer.set(timer);
        self.delay_ms.set(delay_ms);
    }
}
