//! The records as they are stored. An installed phone may sleep for a year with orders in its outbox,
//! so fields may be added with a default and nothing is renamed or removed.

use serde::{Deserialize, Serialize};
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::hand_over::SealingKey;
use taswiq_domain::ids::{DeviceId, PersonId};
use taswiq_domain::ledger::chain::Chain;
use taswiq_domain::refusal::Refusal;
use taswiq_domain::sync::{Command, Trace};
use taswiq_domain::time::{FixedOffset, Timestamp};

/// Key of the [`Head`] in the table `meta`.
pub const HEAD: &str = "head";
/// Key of the profile in the table `documents`.
pub const PROFILE: &str = "profile";
/// Key of the catalogue in the table `documents`.
pub const CATALOGUE: &str = "catalogue";
/// How the keys of statements begin in the table `documents`; their month follows.
pub const STATEMENT: &str = "statement/";

/// Counters and the place in the change feed. Every batch that depends on what was read expects the
/// head as it was read and writes a new one, which is what keeps two tabs from giving one sequence
/// number twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Counts the changes of the store.
    pub version: u64,
    /// Counts those that changed documents.
    pub documents_version: u64,
    /// Which device. One for each person on a phone: the server counts a device's commands without
    /// gaps, and what one person has not sent must not hold up another.
    pub device: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// The device's own key; empty until it has made one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<DeviceKey>,
    /// The epoch of the server that has the key; empty when none does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key_told_to: String,
    /// The server's key that hand-over files are sealed to, once the server has told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealing_key: Option<SealingKey>,
    /// The `seq` of the next command.
    pub next_seq: u64,
    /// The greatest `seq` that was ever put into a request: from there on the server may know it, and
    /// it can no longer be undone. Written before the request leaves.
    pub offered_seq: u64,
    /// The server's epoch; empty before the first contact.
    #[serde(default)]
    pub epoch: String,
    /// The place in the change feed.
    pub cursor: i64,
    /// Counts the times the feed was read from its start. Documents carry the generation in which
    /// they came; those of an earlier one are gone from the server when the feed has been read.
    #[serde(default)]
    pub generation: u32,
    /// Whether the feed is being read from its start, so that older documents are still there.
    #[serde(default)]
    pub rereading: bool,
    /// The build that had to pass over changes it did not understand; the next one reads the feed
    /// from its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped_by: Option<String>,
    /// How far the server's clock is ahead of the device's, in milliseconds.
    #[serde(default)]
    pub clock_ahead_ms: i64,
    /// What to print times with.
    #[serde(default)]
    pub offset: FixedOffset,
    /// When the server last answered, by its clock.
    #[serde(default)]
    pub last_sync: Option<Timestamp>,
    /// How far the agent's chain of ledger entries was followed, as they came.
    #[serde(default)]
    pub followed: Followed,
    /// Whether copies that the server can give again were let go, because the phone had no room for
    /// what its person did.
    #[serde(default, skip_serializing_if = "is_false")]
    pub lacks_copies: bool,
    /// Whether the office has put this device out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_revoked: bool,
    /// The store that was here before this one and that the browser threw away, until the person has
    /// read of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Trace>,
    /// The same, for the office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A store that was thrown away, and whom it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// What was in it.
    pub trace: Trace,
    /// The epoch of the server that has heard of it; empty when none has.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub told_to: String,
}

/// How far a chain of ledger entries was followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// The chain of the entries that came and fitted.
    pub chain: Chain,
    /// The number of the last of them.
    pub last: i64,
    /// The first entry that did not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<i64>,
}

impl Head {
    /// Whether the server, as far as is known, has the key.
    pub fn has_told_key(&self) -> bool {
        !self.epoch.is_empty() && self.key_told_to == self.epoch
    }

    /// The loss that the server, as far as is known, has not heard of.
    pub fn untold_loss(&self) -> Option<&Trace> {
        let loss = self.loss.as_ref()?;
        (self.epoch.is_empty() || loss.told_to != self.epoch).then_some(&loss.trace)
    }

    /// The head of a phone on which this person has never been.
    pub fn new(person: PersonId, device: DeviceId) -> Self {
        Self {
            version: 0,
            documents_version: 0,
            device,
            person,
            key: None,
            key_told_to: String::new(),
            sealing_key: None,
            next_seq: 1,
            offered_seq: 0,
            epoch: String::new(),
            cursor: 0,
            generation: 0,
            rereading: false,
            skipped_by: None,
            clock_ahead_ms: 0,
            offset: FixedOffset::default(),
            last_sync: None,
            followed: Followed::default(),
            lacks_copies: false,
            is_revoked: false,
            lost: None,
            loss: None,
        }
    }
}

/// A command in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// The command.
    pub command: Command,
    /// When it was made, by the device's clock corrected by what was then known of the server's.
    pub corrected_at: Timestamp,
}

/// A command that the server has taken in, kept so that a server restored from an older copy can be
/// told again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "AcknowledgedFields")]
pub struct Acknowledged {
    /// As it was queued.
    #[serde(flatten)]
    pub queued: Queued,
    /// When the server answered, by its clock.
    pub decided_at: Timestamp,
    /// Whether the document that shows its effect has not come yet, so that the screens still need
    /// the command itself.
    #[serde(default)]
    pub settling: bool,
}

/// An [`Acknowledged`] as it is written. Reading a flattened record would compile every command a
/// second time.
#[derive(Deserialize)]
struct AcknowledgedFields {
    command: Command,
    corrected_at: Timestamp,
    decided_at: Timestamp,
    #[serde(default)]
    settling: bool,
}

impl From<AcknowledgedFields> for Acknowledged {
    fn from(fields: AcknowledgedFields) -> Self {
        Self {
            queued: Queued {
                command: fields.command,
                corrected_at: fields.corrected_at,
            },
            decided_at: fields.decided_at,
            settling: fields.settling,
        }
    }
}

/// A command that a person must look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ParkedFields")]
pub struct ParkedRecord {
    /// As it was queued.
    #[serde(flatten)]
    pub queued: Queued,
    /// Why.
    pub refusal: Refusal,
    /// When the server answered, by its clock.
    pub decided_at: Timestamp,
}

/// A [`ParkedRecord`] as it is written.
#[derive(Deserialize)]
struct ParkedFields {
    command: Command,
    corrected_at: Timestamp,
    refusal: Refusal,
    decided_at: Timestamp,
}

impl From<ParkedFields> for ParkedRecord {
    fn from(fields: ParkedFields) -> Self {
        Self {
            queued: Queued {
                command: fields.command,
                corrected_at: fields.corrected_at,
            },
            refusal: fields.refusal,
            decided_at: fields.decided_at,
        }
    }
}

/// A document of the server, and when it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored<T> {
    /// See [`Head::generation`].
    #[serde(rename = "g")]
    pub generation: u32,
    /// The document.
    #[serde(rename = "d")]
    pub document: T,
}

/// Something a person has begun and not finished: a basket. The form of `json` is the screen's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Chosen by the screen.
    pub key: String,
    /// When it was saved, by the device's clock.
    pub saved_at: Timestamp,
    /// What.
    pub json: String,
}

/// The key of a command's record: its `seq` with leading zeros, so that keys sort as numbers do.
pub fn seq_key(seq: u64) -> String {
    format!("{seq:020}")
}
