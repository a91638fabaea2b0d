//! Strangers who carry what waits on a phone to the office, at once, late, or once more.

use super::{Violation, World};
use crate::phone::now_or_never;
use taswiq_backend::hand_over::{HandOverError, seal};

/// So many files lie about at most; the oldest is lost then.
const FILES_KEPT: usize = 6;

impl World<'_> {
    /// A phone makes files of what waits on it, and a stranger has them from then on.
    pub(super) fn pack(&mut self, phone: usize) -> Result<(), Violation> {
        self.boot(phone)?;
        let Some(app) = &self.phones[phone].app else {
            return Ok(());
        };
        let (device, now) = (app.device.clone(), app.now());
        let build = format!("build-{}", self.phones[phone].build);
        let before = device.outbox();
        let packed = now_or_never(device.pack(now, &build));
        if self.has_died(phone, "packing") {
            return Ok(());
        }
        match packed {
            Some(Ok(Some(packed))) => {
                self.tally.count("a hand-over file is made");
                self.note(format!("  {} acts are packed", before.len()));
                for contents in &packed.files {
                    let json = serde_json::to_vec(contents).map_err(|error| {
                        Violation::new("what is packed can be written", error.to_string())
                    })?;
                    let file = seal(&packed.sealing_key, &json).map_err(|error| {
                        Violation::new("what is packed can be sealed", error.to_string())
                    })?;
                    self.files.push(file);
                }
                let surplus = self.files.len().saturating_sub(FILES_KEPT);
                self.files.drain(..surplus);
                if device.outbox() != before {
                    return Err(Violation::new(
                        "what is packed goes on waiting",
                        self.phones[phone].name(),
                    ));
                }
            }
            Some(Ok(None)) => self.note("  nothing waits, or no server has told its key"),
            // The phone has no room to note it: nothing has left.
            Some(Err(_)) | None => self.note("  it cannot be noted, and nothing is packed"),
        }
        Ok(())
    }

    /// A stranger brings a file.
    pub(super) fn bring(&mut self, pick: u32) -> Result<(), Violation> {
        let Some(file) = self
            .files
            .get(pick as usize % self.files.len().max(1))
            .cloned()
        else {
            self.note("  nobody has a file");
            return Ok(());
        };
        self.may_have_written = true;
        let brought = self
            .server
            .ask(async |office| office.hand_over(&file).await);
        let counts = match brought {
            Ok(counts) => counts,
            // A server restored from a copy may be older than the phone.
            Err(HandOverError::UnknownDevice) => {
                self.tally
                    .count("a hand-over file is of a phone that is not known any more");
                self.note("  its phone is not known");
                return Ok(());
            }
            Err(error) => {
                return Err(Violation::new(
                    "a hand-over file is taken",
                    error.to_string(),
                ));
            }
        };
        self.note(format!(
            "  {} come, {} were there, {} are parked, {} wait",
            counts.received, counts.known, counts.parked, counts.waiting
        ));
        self.tally.count(if counts.received + counts.parked > 0 {
            "a hand-over file brings what was not there"
        } else if counts.waiting > 0 {
            "a hand-over file waits for what is missing"
        } else {
            "a hand-over file brings what was there"
        });
        Ok(())
    }
}
