//! What people who held this phone before have left on it. It leaves by their devices' own keys,
//! whoever is signed in, and nobody here can read it.

use super::{Device, browser};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use taswiq_domain::ids::{DeviceId, PersonId};
use taswiq_offline::Phase;
use taswiq_offline::driver::browser::{hand_over, keep_trace, trace_of};
use taswiq_offline::phone::database_of;
use taswiq_offline::store::PhoneStore;

/// See the module.
pub struct Others {
    /// Those of whom something may still wait.
    people: RefCell<Vec<PersonId>>,
    /// Who has opened the phone since.
    holder: Cell<Option<PersonId>>,
    is_busy: Cell<bool>,
    /// How many of their acts wait, for the screens.
    left: RwSignal<u32>,
    address: &'static str,
    build: String,
}

impl Others {
    /// Of these people, none of whom holds the phone open now.
    pub fn new(
        people: Vec<PersonId>,
        left: RwSignal<u32>,
        address: &'static str,
        build: &str,
    ) -> Rc<Self> {
        Rc::new(Self {
            people: RefCell::new(people),
            holder: Cell::new(None),
            is_busy: Cell::new(false),
            left,
            address,
            build: build.to_owned(),
        })
    }

    /// One of them holds the phone from here on, and sends for themselves.
    pub fn all_but(&self, holder: PersonId) {
        self.holder.set(Some(holder));
        self.people.borrow_mut().retain(|person| *person != holder);
        self.left.set(0);
    }

    /// Hands over what waits, as far as that goes now. Costs nothing once nothing waits.
    pub fn hand_over(self: &Rc<Self>) {
        if self.people.borrow().is_empty() || self.is_busy.replace(true) {
            return;
        }
        let others = Rc::clone(self);
        spawn_local(async move {
            let mut still = Vec::new();
            for person in others.people.take() {
                // What cannot be opened today is for its owner, or for the next time.
                let waiting = others.hand_over_of(person).await;
                if waiting > 0 {
                    still.push((person, waiting));
                }
            }
            // Meanwhile one of them may have opened the phone.
            still.retain(|(person, _)| Some(*person) != others.holder.get());
            others
                .left
                .set(still.iter().map(|(_, waiting)| waiting).sum());
            others
                .people
                .replace(still.into_iter().map(|(person, _)| person).collect());
            others.is_busy.set(false);
        });
    }

    /// The same once the holder's own exchange is over: then the server answers.
    pub fn hand_over_after(self: &Rc<Self>, phase: Phase) {
        if matches!(phase, Phase::Idle | Phase::SignInAgain) {
            self.hand_over();
        }
    }

    /// How many acts of that person wait after it.
    async fn hand_over_of(&self, person: PersonId) -> u32 {
        let Ok(store) = PhoneStore::open_database(&database_of(person)).await else {
            return 0;
        };
        // A store that is gone is for its owner to hear of.
        let new_device = DeviceId(browser::new_uuid());
        let device = Device::open_after(store, person, new_device, trace_of(person)).await;
        let Ok(device) = device else {
            return 0;
        };
        keep_trace(&device);
        if device.sendable() > 0 {
            hand_over(device.clone(), self.address, &self.build).await;
        }
        device.sendable()
    }
}
