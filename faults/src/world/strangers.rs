//! Strangers who carry what waits on a phone to the office, at once, late, or once more.

use super::{Violation, World};
use crate::bugs::{Bug, question};
use crate::company::{self, FATIMA, HASSAN};
use crate::phone::now_or_never;
use taswiq_backend::OfficeError;
use taswiq_backend::hand_over::{HandOverError, HandedOver, seal};
use taswiq_domain::hand_over::{Contents, SealingKey};
use taswiq_domain::ids::{CommandId, DeviceId};

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
        // As the page does first: another may have stored something.
        drop(now_or_never(device.refresh()));
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
                    self.files.push(File {
                        sealed: file,
                        contents: contents.clone(),
                        sealing_key: packed.sealing_key.clone(),
                        was_brought: false,
                    });
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

    /// A stranger brings a file, counted from the last that was made.
    pub(super) fn bring(&mut self, pick: u32) -> Result<(), Violation> {
        let count = self.files.len().max(1);
        let index = count - 1 - pick as usize % count;
        let Some(file) = self.files.get_mut(index) else {
            self.note("  nobody has a file");
            return Ok(());
        };
        let again = std::mem::replace(&mut file.was_brought, true);
        let (device, sealed) = (file.contents.device(), file.as_read(self.bug, again));
        let requests = file.contents.requests.iter();
        let commands = requests.flat_map(|request| &request.commands);
        self.brought.extend(commands.map(|command| command.id));
        self.may_have_written = true;
        let brought = match self.bug {
            Some(Bug::FileIsTakenForAnother) => self.taken_for_another(index)?,
            _ => self
                .server
                .ask(async |office| office.hand_over(&sealed).await),
        };
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
        let is_put_out = device.is_some_and(|device| self.put_out.contains(&device));
        if is_put_out && counts.received > 0 {
            return Err(Violation::new(
                "nothing of a device that was put out happens by itself",
                format!("{} commands of a hand-over file", counts.received),
            ));
        }
        if is_put_out && counts.parked > 0 {
            self.tally
                .count("a hand-over file of a device that was put out waits for a person");
        }
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

    /// A server that takes what is in a file for somebody else's.
    fn taken_for_another(
        &mut self,
        index: usize,
    ) -> Result<Result<HandedOver, HandOverError>, Violation> {
        let device = DeviceId(self.next_id().0);
        let requests = self.files[index].contents.requests.clone();
        let owner = requests.first().and_then(|request| request.person);
        let other = if owner == Some(FATIMA) {
            HASSAN
        } else {
            FATIMA
        };
        let mut counts = HandedOver::default();
        self.server.ask(async |office| {
            let token = office.open_session(other, "a stranger").await?.token;
            let session = office.session_for_sync(&token).await?;
            let session = session.ok_or(OfficeError::NotFound)?;
            let mut seq = 0;
            for request in requests {
                let mut commands = Vec::new();
                for command in &request.commands {
                    seq += 1;
                    let mut command = serde_json::to_value(command).unwrap_or_default();
                    command["seq"] = seq.into();
                    commands.push(command);
                }
                let request = question(device, office.epoch().await?, office.now(), commands);
                let response = office.sync(&session, request).await?;
                counts.received += response.results.len() as u32;
            }
            Ok::<_, OfficeError>(())
        })?;
        Ok(Ok(counts))
    }
}

/// A hand-over file that a stranger has.
pub struct File {
    sealed: Vec<u8>,
    /// What is in it, and what it is sealed to: for bugs, which read it otherwise.
    contents: Contents,
    sealing_key: SealingKey,
    was_brought: bool,
}

impl File {
    /// As the server reads it.
    fn as_read(&self, bug: Option<Bug>, again: bool) -> Vec<u8> {
        if bug != Some(Bug::FileIsDoneTwice) || !again {
            return self.sealed.clone();
        }
        let mut contents = self.contents.clone();
        for command in contents
            .requests
            .iter_mut()
            .flat_map(|request| &mut request.commands)
        {
            command.id = CommandId(company::id(command.id.0.as_u128() as u64 ^ 0x0e00_0000));
        }
        let json = serde_json::to_vec(&contents).unwrap_or_default();
        seal(&self.sealing_key, &json).unwrap_or_default()
    }
}
