//! Phones that are heard at the same moment.

use super::{Violation, World};
use crate::phone::Message;
use crate::server::Shown;

impl World<'_> {
    /// Every phone that has something to say says it at the same moment: they are heard in one transaction,
    /// in which the server may die.
    pub(super) fn crowd(&mut self, crash: Option<u32>) -> Result<(), Violation> {
        let mut asked: Vec<(usize, Message, Shown)> = Vec::new();
        for phone in 0..self.phones.len() {
            if self.phones[phone].is_locked {
                continue;
            }
            self.boot(phone)?;
            if self.phones[phone].app.is_none() {
                continue;
            }
            self.phones[phone].ask();
            if self.has_died(phone, "sending") {
                continue;
            }
            let token = self.phones[phone].holders().token.clone();
            let message = self.phones[phone].next_message();
            if let Some(message) = message {
                let shown = match &message.key {
                    Some((device, key)) => Shown::Key(*device, key.clone()),
                    None => Shown::Session(token),
                };
                asked.push((phone, message, shown));
            }
        }
        let together: Vec<(&Shown, &[u8])> = asked
            .iter()
            .map(|(_, message, shown)| (shown, &*message.body))
            .collect();
        let (handled, died) = self.server.receive_together(&together, crash)?;
        if together.len() > 1 {
            self.tally.count(match died {
                None => "several phones are heard in one transaction",
                Some(_) => "the server dies while it hears several phones",
            });
        }
        if died.is_some() {
            self.note(format!("  the server died: {died:?}"));
        }
        for ((phone, message, _), handled) in asked.iter().zip(handled) {
            self.messages += 1;
            let reply = self.heard(handled, self.messages)?;
            self.give(*phone, &message.body, &message.reply, reply)?;
        }
        for (phone, ..) in &asked {
            self.carry(*phone, &[], None)?;
        }
        Ok(())
    }
}
