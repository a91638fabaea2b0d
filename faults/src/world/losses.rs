//! Stores that browsers throw away.

use super::{Fate, Violation, World};
use crate::bugs::Bug;
use crate::phone::now_or_never;
use serde_json::Value;
use std::collections::BTreeSet;
use taswiq_domain::ids::{CommandId, DeviceId, PersonId};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{CommandBody, Request};

/// A store that is gone, and whose trace was left.
pub struct Loss {
    pub person: PersonId,
    /// The orders that waited in it.
    pub orders: Vec<SpokenCode>,
    /// The device that has to tell.
    pub told_by: DeviceId,
    /// How often the server had been restored when it was told, if it was.
    told: Option<u32>,
}

impl World<'_> {
    /// A browser throws away the store of a phone's holder and, unless it leaves that, what was remembered of it
    /// outside.
    pub(super) fn evict(&mut self, phone: usize, leaves_trace: bool) -> Result<(), Violation> {
        self.boot(phone)?;
        self.tally.count("a store is gone");
        if self.waiting(phone) > 0 {
            self.tally
                .count("a store is gone with commands in its outbox");
        }
        self.remember(phone);
        let mut outbox = BTreeSet::new();
        let mut orders = Vec::new();
        let app = self.phones[phone].app.as_ref();
        for queued in app.iter().flat_map(|app| app.device.outbox()) {
            outbox.insert(queued.command.id);
            if let CommandBody::PlaceOrder(place) = &queued.command.body {
                orders.push(place.code);
            }
        }
        self.close(phone);
        let holder = self.phones[phone].holder;
        let device = self.phones[phone].holders().device;
        self.forget(device, &outbox);
        let fresh = match self.bug {
            Some(Bug::LostStoreKeepsDevice) => device,
            _ => DeviceId(self.next_id().0),
        };
        if leaves_trace {
            self.is_traced(phone, device, fresh, orders)?;
        } else {
            let restores = self.restores;
            self.losses
                .retain(|loss| loss.told_by != device || loss.told == Some(restores));
        }
        let bug = self.bug;
        if let Some(stored) = self.phones[phone].stores.get_mut(&holder) {
            stored.disk = stored.disk.emptied().with(bug);
            stored.device = fresh;
            if !leaves_trace {
                stored.beside.take();
            }
        }
        self.limit_room(phone);
        Ok(())
    }

    /// What the app has written outside of the store, as it does after each change.
    fn remember(&mut self, phone: usize) {
        let is_kept = self.bug != Some(Bug::TraceIsNotKept);
        let phone = &self.phones[phone];
        let Some(device) = phone.app.as_ref().map(|app| &app.device) else {
            return;
        };
        drop(now_or_never(device.refresh()));
        let is_over = device.is_revoked() && device.waiting() == 0;
        let trace = (is_kept && !is_over).then(|| device.trace());
        phone.holders().beside.replace(trace);
    }

    /// What a device alone had may be lost.
    fn forget(&mut self, device: DeviceId, outbox: &BTreeSet<CommandId>) {
        for saved in self.saved.iter_mut().filter(|saved| saved.device == device) {
            // What a server knew that was restored since, nobody knows any more.
            let is_safe = self.restores == 0 && !outbox.contains(&saved.command.id);
            if saved.fate == Fate::Due && !is_safe {
                saved.fate = Fate::LostWithStore;
            }
        }
    }

    /// What waited in a store that is gone stands in the trace of it.
    fn is_traced(
        &mut self,
        phone: usize,
        device: DeviceId,
        fresh: DeviceId,
        orders: Vec<SpokenCode>,
    ) -> Result<(), Violation> {
        let stored = self.phones[phone].holders();
        let trace = stored.beside.borrow().clone();
        let is_named = |code: &SpokenCode| {
            trace
                .as_ref()
                .is_some_and(|trace| trace.orders.contains(code))
        };
        if let Some(code) = orders.iter().find(|code| !is_named(code)) {
            return Err(Violation::new(
                "what is lost with a store is named by its trace",
                format!("{}: {code} is not", self.phones[phone].name()),
            ));
        }
        self.tally.count("a store is gone and its trace is left");
        // What the phone thinks that a server knows, which was restored since, only such a server knew.
        let restores = self.restores;
        self.losses
            .retain(|loss| loss.told_by != device || loss.told.is_none_or(|told| told == restores));
        for loss in self.losses.iter_mut().filter(|loss| loss.told_by == device) {
            if loss.told.is_none() {
                self.tally
                    .count("a store is gone before the loss of the one before it is told");
                loss.told_by = fresh;
            }
        }
        if !orders.is_empty() {
            self.losses.push(Loss {
                person: self.phones[phone].holder,
                orders,
                told_by: fresh,
                told: None,
            });
        }
        Ok(())
    }

    /// The office hears of a loss, in a request that was answered.
    pub(super) fn hear_of_loss(&mut self, request: &Request<Value>) {
        if request.lost.is_none() {
            return;
        }
        let restores = self.restores;
        for loss in &mut self.losses {
            if loss.told_by == request.device && loss.told.replace(restores).is_none() {
                self.tally.count("the office is told of a lost store");
            }
        }
    }

    /// What only a lost phone could tell again is lost with the copy that a server was restored from.
    pub(super) fn losses_are_restored(&mut self) {
        let stores = self.phones.iter().flat_map(|phone| phone.stores.values());
        let known: BTreeSet<DeviceId> = stores.map(|stored| stored.device).collect();
        self.losses.retain(|loss| known.contains(&loss.told_by));
    }

    /// Whatever becomes of stores and pages, a device gives each of its numbers to one command.
    pub(super) fn no_number_is_given_twice(
        &mut self,
        request: &Request<Value>,
    ) -> Result<(), Violation> {
        for command in &request.commands {
            let (Some(id), Some(seq)) = (command["id"].as_str(), command["seq"].as_i64()) else {
                continue;
            };
            let number = (request.device, request.epoch.clone(), seq);
            let known = self.numbers.entry(number).or_insert_with(|| id.to_owned());
            if known != id {
                return Err(Violation::new(
                    "no number is given twice",
                    format!("{id} and {known} are number {seq} of {}", request.device),
                ));
            }
        }
        Ok(())
    }
}
