//! Phones that are locked by a PIN.

use super::{Violation, World};
use crate::phone::{self, PIN, WRONG_PIN, at_once};
use taswiq_domain::pin::Pin;
use taswiq_offline::store::StoreError;
use taswiq_offline::store::sealed::Unlocking;

/// So many wrong PINs are tried at most: one more would have to be waited for.
const GUESSES_MAX: u32 = 3;

impl World<'_> {
    /// A phone's holder sets a PIN, where there is none, and locks the phone.
    pub(super) fn lock(&mut self, phone: usize) -> Result<(), Violation> {
        self.boot(phone)?;
        let Some(app) = &self.phones[phone].app else {
            return Ok(());
        };
        let disk = app.disk.clone();
        let Some(sealed) = disk.sealed() else {
            self.note("  it has no PIN");
            return Ok(());
        };
        if !sealed.has_pin() {
            let pin: Pin = PIN
                .parse()
                .map_err(|error| Violation::new("a good PIN is taken", format!("{error}")))?;
            let set = at_once(sealed.set_pin(&pin, "its owner"));
            if self.has_died(phone, "setting a PIN") {
                return Ok(());
            }
            match set {
                Ok(()) => self.tally.count("a PIN is set"),
                Err(StoreError::Full) => {
                    self.note("  there is no room for a PIN");
                    return Ok(());
                }
                Err(error) => return Err(Violation::new("a PIN is set", error.to_string())),
            }
        }
        self.tally.count("a phone is locked");
        if self.waiting(phone) > 0 {
            self.tally
                .count("a phone is locked with commands in its outbox");
        }
        self.close(phone);
        self.fresh_disk(phone);
        self.phones[phone].is_locked = true;
        Ok(())
    }

    /// Somebody tries a PIN on a phone that is locked.
    pub(super) fn guess(&mut self, phone: usize) -> Result<(), Violation> {
        let phone_of = &self.phones[phone];
        if !phone_of.is_locked || phone_of.app.is_some() || phone_of.guesses >= GUESSES_MAX {
            self.note("  nobody can");
            return Ok(());
        }
        self.phones[phone].guesses += 1;
        let phone_of = &self.phones[phone];
        let disk = phone_of.holders().disk.clone();
        let tried = disk.opened(phone_of.holder).and_then(|opened| {
            let now = phone_of.watch.true_time.get();
            opened
                .sealed()
                .map(|sealed| at_once(sealed.unlock(WRONG_PIN, now)))
                .transpose()
        });
        match tried {
            Ok(Some(Unlocking::Open)) => Err(Violation::new(
                "a wrong PIN opens nothing",
                self.phones[phone].name(),
            )),
            Ok(_) => {
                self.tally.count("a wrong PIN is tried");
                Ok(())
            }
            // It died before it was counted, or after.
            Err(_) => {
                self.fresh_disk(phone);
                Ok(())
            }
        }
    }

    /// What waits leaves a locked phone by the device's own key, and nothing comes in.
    pub(super) fn leave_locked(
        &mut self,
        phone: usize,
        ways: &[crate::schedule::Way],
    ) -> Result<(), Violation> {
        if self.phones[phone].app.is_none() {
            self.open_with(phone, phone::open_locked)?;
        }
        let before = self.waiting(phone);
        if let Some(app) = &mut self.phones[phone].app {
            app.hand_over();
        }
        self.carry(phone, ways, None)?;
        if self.phones[phone].app.is_some() && self.waiting(phone) < before {
            self.tally.count("what waits leaves a phone that is locked");
        }
        Ok(())
    }
}
