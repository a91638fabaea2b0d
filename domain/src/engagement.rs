//! What binds an agent to the programme, from a moment on: contract, grade, team, who supervises
//! them, with whom they share, how they are taxed.
//!
//! Like everything that makes a figure it is effective-dated and never changed in the past: a sale is
//! judged by the engagement in force at its door time, on the phone and on the server.

use crate::ids::PersonId;
use crate::money::Ppm;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The legal kind of an engagement: it decides what is withheld for tax.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum EngagementKind {
    /// A self-employed person under the auto-entrepreneur regime.
    #[default]
    AutoEntrepreneur,
    /// Another independent agent.
    Independent,
    /// A company.
    Company,
    /// A salaried representative: nothing is withheld here.
    Salaried,
}

impl EngagementKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::AutoEntrepreneur,
        Self::Independent,
        Self::Company,
        Self::Salaried,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AutoEntrepreneur => "auto_entrepreneur",
            Self::Independent => "independent",
            Self::Company => "company",
            Self::Salaried => "salaried",
        }
    }

    /// The kind of that stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Somebody's part of what a seller's lines earn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Whose.
    pub person: PersonId,
    /// How much of the whole; the parts of all sum to 1,000,000.
    pub part: Ppm,
}

/// An agent's terms from a moment on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engagement {
    /// From when on it holds.
    pub valid_from: Timestamp,
    /// Its legal kind.
    #[serde(default)]
    pub kind: EngagementKind,
    /// The contract's reference; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub contract: String,
    /// Where the agent sells; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub territory: String,
    /// The grade that commission rules may name; empty when none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub grade: String,
    /// The team that commission rules may name; empty when none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub team: String,
    /// Who supervises the agent and earns the plan's override on the agent's own sales. One level
    /// only: an override is no sale, so nobody earns on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<PersonId>,
    /// Among whom the commission of the agent's sales is split, the agent included. Empty: the agent
    /// has all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Share>,
}

/// The engagement in force at that moment, of a list with the oldest first.
pub fn in_force(engagements: &[Engagement], moment: Timestamp) -> Option<&Engagement> {
    engagements
        .iter()
        .rev()
        .find(|engagement| engagement.valid_from <= moment)
}
