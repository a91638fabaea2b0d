//! The chain of an agent's entries: each carries a hash over all before it.
//!
//! Whoever changes, drops, adds or moves one entry later on breaks every link from there on, and the
//! agent's phone, which has the entries and their links since they came, sees it.
//!
//! # The canonical form, version 1
//!
//! An entry is written as one line of text in UTF-8, its fields separated by `|`:
//!
//! ```text
//! 1|number|debit|credit|amount|purpose|cause|base|at|period
//! ```
//!
//! * `1` is the version of this form; another form gets another number and old entries keep theirs;
//! * `number` counts the ledger's entries;
//! * `debit` and `credit` are the account's kind and owner, as `agent_pending/20`, with owner 0 for
//!   the programme's own;
//! * `amount` and `base` are centimes, `at` is milliseconds since 1970 in UTC, `period` is `YYYY-MM`;
//! * `cause` is one of `order/ID/EVENT/COOPERATIVE/LINE`, followed by `/TOLD` where another event that
//!   was told later changed what that event moved, `settlement/AGENT/PERIOD/ITEM`,
//!   `payout/AGENT/PERIOD/STEP`, `advance/ID`, `dispute/ID/STEP`, `correction/NUMBER`, ids in lower
//!   case with hyphens.
//!
//! The hash of an entry is the SHA-256 of the hash before it (32 bytes, all zero before the first)
//! followed by its canonical form. The link that phones are told is its first 8 bytes.

use super::Transfer;
use crate::sync::LedgerEntry;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};
use std::str::FromStr;

/// The version of the canonical form that entries are written in now.
pub const CANONICAL_VERSION: u32 = 1;

/// The beginning of an entry's hash. Written as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Link(pub [u8; 8]);

/// All that a chain needs to know of the entries it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// How many entries it has.
    pub length: u64,
    /// The hash of the last one; all zero when there is none.
    pub head: [u8; 32],
}

impl Chain {
    /// Takes one more entry in and gives its link.
    pub fn append(&mut self, number: i64, transfer: &Transfer) -> Link {
        let mut hash = Sha256::new();
        hash.update(self.head);
        hash.update(canonical(number, transfer));
        self.head = hash.finalize().into();
        self.length += 1;
        self.link()
    }

    /// Takes an entry in if its link is the one it must have after those before it. If not, the chain
    /// stays as it was: something was changed, dropped or slipped in.
    pub fn accepts(&mut self, entry: &LedgerEntry) -> bool {
        let mut longer = *self;
        let fits = Some(longer.append(entry.number, &entry.transfer)) == entry.link;
        if fits {
            *self = longer;
        }
        fits
    }

    /// The chain of all entries of an agent, oldest first, or the number of the first that does not
    /// fit.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a LedgerEntry>) -> Result<Self, i64> {
        let mut chain = Self::default();
        for entry in entries {
            if !chain.accepts(entry) {
                return Err(entry.number);
            }
        }
        Ok(chain)
    }

    /// The link of the last entry.
    pub fn link(&self) -> Link {
        let mut link = [0; 8];
        link.copy_from_slice(&self.head[..8]);
        Link(link)
    }
}

/// A hash in full, as statements carry it: 64 hexadecimal digits.
pub fn hexadecimal(hash: &[u8; 32]) -> String {
    hash.iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // A text takes whatever is written into it.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The canonical form of an entry: see the top of this file.
pub fn canonical(number: i64, transfer: &Transfer) -> String {
    let mut text = String::with_capacity(192);
    let (debit, credit) = (transfer.debit, transfer.credit);
    // A text takes whatever is written into it.
    let _ = write!(
        text,
        "{CANONICAL_VERSION}|{number}|{}/{}|{}/{}|{}|{}|{}|{}|{}|{}",
        debit.kind(),
        debit.owner(),
        credit.kind(),
        credit.owner(),
        transfer.amount.0,
        transfer.purpose.as_str(),
        transfer.cause,
        transfer.base.0,
        transfer.at.0,
        transfer.period,
    );
    text
}

impl fmt::Display for Link {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// How a device keeps how far it has followed: `LENGTH/HASH`.
impl fmt::Display for Chain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/", self.length)?;
        self.head
            .iter()
            .try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl FromStr for Chain {
    type Err = NotALink;
    fn from_str(text: &str) -> Result<Self, NotALink> {
        let (length, hash) = text.split_once('/').ok_or(NotALink)?;
        if hash.len() != 64 || !hash.is_ascii() {
            return Err(NotALink);
        }
        let mut head = [0; 32];
        for (place, eight) in head.chunks_exact_mut(8).enumerate() {
            let link: Link = hash[place * 16..place * 16 + 16].parse()?;
            eight.copy_from_slice(&link.0);
        }
        let length = length.parse().map_err(|_| NotALink)?;
        Ok(Self { length, head })
    }
}

impl Serialize for Chain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Chain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A text that is not a link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a link of a chain")]
pub struct NotALink;

impl FromStr for Link {
    type Err = NotALink;
    fn from_str(text: &str) -> Result<Self, NotALink> {
        if text.len() != 16 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotALink);
        }
        u64::from_str_radix(text, 16)
            .map(|number| Self(number.to_be_bytes()))
            .map_err(|_| NotALink)
    }
}

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Link {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
