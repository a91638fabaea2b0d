//! The end of a schedule: everything heals, and every phone syncs until nothing moves any more.

use super::{Violation, World};
use crate::phone::{self};
use std::collections::BTreeMap;
use taswiq_domain::ids::DeviceId;
use taswiq_offline::Phase;

/// Rounds in which everybody asks once. Each may bring another's news, so a few are needed.
const ROUNDS_MAX: usize = 16;

impl World<'_> {
    pub(super) fn heal(&mut self) -> Result<(), Violation> {
        while !self.stragglers.is_empty() || !self.slow_answers.is_empty() {
            self.arrive(0)?;
        }
        for index in 0..self.phones.len() {
            let phone = &mut self.phones[index];
            phone.has_no_room = false;
            phone.pages_hear = true;
            for stored in phone.stores.values() {
                stored.disk.memory.limit(None);
                stored.disk.memory.heal();
            }
            if phone
                .app
                .as_ref()
                .is_some_and(|app| app.disk.memory.was_cut())
            {
                self.close(index);
                self.fresh_disk(index);
            }
        }
        self.sign_in_again()?;
        let stores: usize = self.phones.iter().map(|phone| phone.stores.len()).sum();
        // How many have been in contact since anything moved.
        let mut quiet = 0;
        for _ in 0..ROUNDS_MAX {
            for index in 0..self.phones.len() {
                let people: Vec<_> = self.phones[index].stores.keys().copied().collect();
                for person in people {
                    // Each person takes the phone once more: what they had not sent leaves now.
                    if self.phones[index].holder != person {
                        self.close(index);
                        self.phones[index].holder = person;
                    }
                    self.reload_what_was_thrown_away(index);
                    self.boot(index)?;
                    self.update_when_asked(index)?;
                    if let Some(app) = &self.phones[index].app {
                        app.device.let_go();
                        // As a page does that comes to the front: there is room for copies again.
                        drop(phone::now_or_never(app.device.take_copies_back()));
                    }
                    self.moved = 0;
                    self.pages_hear(index);
                    self.contact(index, &[])?;
                    let is_quiet = self.moved == 0 && self.waiting(index) == 0;
                    quiet = if is_quiet { quiet + 1 } else { 0 };
                    if quiet == stores {
                        return Ok(());
                    }
                }
            }
        }
        let outboxes: Vec<String> = self
            .phones
            .iter()
            .map(|phone| {
                let app = phone.app.as_ref();
                let status = app.map(|app| app.device.status());
                format!("{}: {status:?}", phone.name_with_holder())
            })
            .collect();
        Err(Violation::new(
            "with a network and time every phone comes to rest",
            outboxes.join("; "),
        ))
    }

    /// A phone that was put out has thrown the key to its copies away. Should a restored server know nothing of
    /// that and tell it things again, the open page cannot store them and says so, until it is loaded again and
    /// whoever holds it shows the password. Without a PIN it stores them, and whoever starts it next hears them
    /// once more: a mark says so.
    fn reload_what_was_thrown_away(&mut self, phone: usize) {
        let is_stuck = self.phones[phone].app.as_ref().is_some_and(|app| {
            let is_locked = app.disk.sealed().is_some_and(|sealed| sealed.is_locked());
            let cannot_store = is_locked && app.device.status().phase == Phase::StoreTrouble;
            let hears_again = !app.device.is_revoked() && app.disk.hears_again();
            !app.is_locked && (cannot_store || hears_again)
        });
        if is_stuck {
            self.close(phone);
        }
    }

    /// A build that was told what it does not understand is followed by one that does.
    fn update_when_asked(&mut self, phone: usize) -> Result<(), Violation> {
        let skipped = self.phones[phone].app.as_ref().is_some_and(|app| {
            phone::head_of(&app.disk).is_some_and(|head| head.get("skipped_by").is_some())
        });
        if skipped {
            self.update(phone)?;
        }
        Ok(())
    }

    /// Whose session is over and who may come in, signs in.
    fn sign_in_again(&mut self) -> Result<(), Violation> {
        let devices = self
            .server
            .ask(async |office| office.devices(&crate::company::manager(), None).await)?;
        let revoked: BTreeMap<DeviceId, bool> = devices
            .iter()
            .map(|device| (device.id, device.revoked_at.is_some()))
            .collect();
        for index in 0..self.phones.len() {
            let people: Vec<_> = self.phones[index].stores.keys().copied().collect();
            for person in people {
                let stored = &self.phones[index].stores[&person];
                let (token, device) = (stored.token.clone(), stored.device);
                let session = self
                    .server
                    .ask(async |office| office.session_for_sync(&token).await)?;
                let is_out = match &session {
                    None => {
                        self.tally
                            .count("a session is unknown to a restored server");
                        false
                    }
                    Some(session) if session.may_read => continue,
                    Some(session) => session.person.deactivated_at.is_some(),
                };
                if session.is_some() && (is_out || revoked.get(&device) == Some(&true)) {
                    continue;
                }
                let opened = self
                    .server
                    .ask(async |office| office.open_session(person, "a phone").await)?;
                if let Some(stored) = self.phones[index].stores.get_mut(&person) {
                    stored.token = opened.token;
                }
            }
        }
        Ok(())
    }
}
