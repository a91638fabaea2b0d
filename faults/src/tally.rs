//! How often each fault was really met. One that never comes proves nothing, so a long run in which any
//! count is zero has failed.

use std::collections::BTreeMap;
use std::fmt;

/// Every fault and every place where something can die.
pub const FAULTS: &[&str] = &[
    "a request is lost",
    "a request is cut",
    "an answer is lost",
    "an answer is cut",
    "a request arrives twice, the second answer returns",
    "a request arrives twice, the first answer returns",
    "a request arrives after its phone has given it up",
    "a request is held up and arrives",
    "an answer is held up and arrives",
    "a request of a phone that has died arrives",
    "a request arrives after a younger one of its device",
    "a request is answered while another is",
    "a hotel's page returns",
    "503 returns",
    "413 returns",
    "a younger server answers",
    "a phone dies before a write: saving",
    "a phone dies before a write: sending",
    "a phone dies before a write: storing an answer",
    "a phone dies after a write: saving",
    "a phone dies after a write: sending",
    "a phone dies after a write: storing an answer",
    "a phone dies before a write: packing",
    "a phone dies after a write: packing",
    "a hand-over file is made",
    "a hand-over file brings what was not there",
    "a hand-over file brings what was there",
    "a hand-over file waits for what is missing",
    "a hand-over file is of a phone that is not known any more",
    "a phone is started again",
    "a phone is started again with commands in its outbox",
    "an app is updated",
    "an app is updated with commands in its outbox",
    "a clock is decades behind",
    "a clock is years ahead",
    "a clock goes back",
    "a clock is a little wrong",
    "a save is refused for want of room",
    "an answer is not stored for want of room",
    "a store is gone",
    "a store is gone with commands in its outbox",
    "a store is gone and its trace is left",
    "a store is gone before the loss of the one before it is told",
    "the office is told of a lost store",
    "a lost order comes by another way",
    "a lost order is missing, and the office knows its code",
    "a second page is opened",
    "a page that does not lead saves",
    "leadership moves",
    "leadership moves while a request is on its way",
    "two pages lead",
    "a phone changes hands",
    "a phone changes hands with commands in its outbox",
    "an open page asks under another person's session",
    "a device shows its own key",
    "an act is taken back",
    "an act can no longer be taken back",
    "an act is kept back",
    "a parked command is done again",
    "a parked command is discarded",
    "the server dies within a transaction, after statement 1 to 3",
    "the server dies within a transaction, after statement 4 to 8",
    "the server dies within a transaction, after statement 9 or later",
    "the server dies after a commit, before the answer",
    "the server dies with the answer made",
    "the server dies with nothing under way",
    "a schedule is played with servers from nothing and with one that runs",
    "the server is restored from a copy",
    "a phone offers again what a restored server lacks",
    "a session is unknown to a restored server",
    "several phones are heard in one transaction",
    "the server dies while it hears several phones",
    "a store in plain is sealed",
    "a PIN is set",
    "a phone dies before a write: setting a PIN",
    "a phone dies after a write: setting a PIN",
    "a phone is locked",
    "a phone is locked with commands in its outbox",
    "a wrong PIN is tried",
    "what waits leaves a phone that is locked",
    "a phone is unlocked",
    "an order is entered from a receipt",
    "a receipt is misread",
    "the order of a receipt is on the phone already",
    "an original comes after the order from its receipt",
    "an order from a receipt comes after its original",
    "a command names an order by another of its ids",
    "an order waits for a person who compares it with its receipt",
    "a person says that two orders are one",
    "a person says that two orders of one code are two",
    "an agent disputes",
    "an agent takes a dispute back",
    "an agent escalates a dispute",
    "a dispute is looked at",
    "a dispute is accepted",
    "a dispute is accepted in part",
    "a dispute is denied",
    "a month is closed",
    "something of a closed month comes late",
    "a price changes",
    "a customer is given to another agent",
    "a device is revoked",
    "a revoked device hands over what it holds",
    "a hand-over file of a device that was put out waits for a person",
    "a person is put out",
    "a person is let in again",
    "a parked command is accepted",
    "a parked command is rejected",
    "a deadline passes",
    "two people act on the same thing",
];

/// Counts by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    counts: BTreeMap<String, u64>,
}

impl Tally {
    /// One more.
    pub fn count(&mut self, what: &str) {
        self.add(what, 1);
    }

    /// So many more.
    pub fn add(&mut self, what: &str, count: u64) {
        match self.counts.get_mut(what) {
            Some(known) => *known += count,
            None => {
                self.counts.insert(what.to_owned(), count);
            }
        }
    }

    /// How many.
    pub fn of(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// Adds another.
    pub fn join(&mut self, other: &Self) {
        for (what, count) in &other.counts {
            self.add(what, *count);
        }
    }

    /// Each with its count.
    pub fn all(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts
            .iter()
            .map(|(what, count)| (what.as_str(), *count))
    }

    /// The faults that were never met.
    pub fn missing(&self) -> Vec<&'static str> {
        FAULTS
            .iter()
            .copied()
            .filter(|fault| self.of(fault) == 0)
            .collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in FAULTS {
            writeln!(out, "{:>12}  {fault}", self.of(fault))?;
        }
        writeln!(out)?;
        for (what, count) in self.all().filter(|(what, _)| !FAULTS.contains(what)) {
            writeln!(out, "{count:>12}  {what}")?;
        }
        Ok(())
    }
}
