//! What binds an agent to the programme, from a moment on: contract, grade, team, who supervises
//! them, with whom they share, how they are taxed.
//!
//! Like everything that makes a figure it is effective-dated and never changed in the past: a sale is
//! judged by the engagement in force at its door time, on the phone and on the server. A phone that has
//! not heard of new terms yet says by which it judged; they are honoured as long as old prices are.

use crate::ids::PersonId;
use crate::limits;
use crate::money::Ppm;
use crate::refusal::Refusal;
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

/// The terms by which a sale is judged: those that the phone named, or those in force at the door.
///
/// # Errors
/// [`Refusal::CatalogueTooOld`] for terms that nobody has, that did not hold yet at the door, or that
/// others had followed more than [`limits::SUPERSEDED_HONOURED_DAYS`] before the sale was received.
/// Where nobody asks when that was, old ones do: the phone before it has told, or a person who decides.
pub fn of_sale(
    engagements: &[Engagement],
    named: Option<Timestamp>,
    placed_at: Timestamp,
    received_at: Option<Timestamp>,
) -> Result<Engagement, Refusal> {
    let Some(valid_from) = named else {
        return Ok(in_force(engagements, placed_at)
            .cloned()
            .unwrap_or_default());
    };
    let position = engagements
        .iter()
        .position(|engagement| engagement.valid_from == valid_from);
    let (terms, next) = match position {
        Some(position) => (engagements[position].clone(), engagements.get(position + 1)),
        // Whoever has none sells on the default terms, until the first.
        None if valid_from == Timestamp(0) => (Engagement::default(), engagements.first()),
        None => return Err(Refusal::CatalogueTooOld),
    };
    let held = terms.valid_from <= placed_at;
    let is_too_old = received_at.is_some_and(|received_at| {
        let oldest = received_at.plus_days(-limits::SUPERSEDED_HONOURED_DAYS);
        next.is_some_and(|next| next.valid_from <= oldest)
    });
    if !held || is_too_old {
        return Err(Refusal::CatalogueTooOld);
    }
    Ok(terms)
}

/// Why an engagement cannot be published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum EngagementError {
    /// The parts do not sum to the whole.
    #[error("the shares sum to {sum} instead of 100 %")]
    SharesNotWhole {
        /// What they sum to.
        sum: Ppm,
    },
    /// A part that is nothing.
    #[error("the share of person {person} is nothing")]
    ShareOfNothing {
        /// Whose.
        person: PersonId,
    },
    /// Somebody has two parts.
    #[error("person {person} has two shares")]
    ShareTwice {
        /// Who.
        person: PersonId,
    },
    /// The agent shares the own sales and has no part of them.
    #[error("the agent has no share of the own sales")]
    AgentWithoutShare,
    /// More people than a sale can be shared among.
    #[error("at most {people_max} people share a sale")]
    TooManyShares {
        /// How many may.
        people_max: usize,
    },
    /// An agent who supervises themself would earn an override on own sales.
    #[error("nobody is their own lead")]
    LeadOfOneself,
    /// A lead who has a part of the sale would earn an override on own sales.
    #[error("the lead earns the override and has no share")]
    LeadAmongShares,
    /// Somebody named is no agent.
    #[error("person {person} is not an agent")]
    NotAnAgent {
        /// Who.
        person: PersonId,
    },
    /// It would hold from a moment that has passed, or before the one it follows.
    #[error("an engagement is published for the future only")]
    NotInTheFuture,
}

impl Engagement {
    /// Refuses terms by which a sale could not be shared out.
    pub fn check(&self, agent: PersonId) -> Result<(), EngagementError> {
        if self.lead == Some(agent) {
            return Err(EngagementError::LeadOfOneself);
        }
        if self.shares.is_empty() {
            return Ok(());
        }
        if self.shares.len() > limits::SHARES {
            return Err(EngagementError::TooManyShares {
                people_max: limits::SHARES,
            });
        }
        let mut sum: u32 = 0;
        for (index, &Share { person, part }) in self.shares.iter().enumerate() {
            if part == Ppm(0) {
                return Err(EngagementError::ShareOfNothing { person });
            }
            if self.shares[..index]
                .iter()
                .any(|earlier| earlier.person == person)
            {
                return Err(EngagementError::ShareTwice { person });
            }
            if self.lead == Some(person) {
                return Err(EngagementError::LeadAmongShares);
            }
            sum = sum.saturating_add(part.0);
        }
        if sum != limits::RATE_PPM {
            return Err(EngagementError::SharesNotWhole { sum: Ppm(sum) });
        }
        if self.shares.iter().any(|share| share.person == agent) {
            Ok(())
        } else {
            Err(EngagementError::AgentWithoutShare)
        }
    }

    /// Whoever else earns by the agent's sales.
    pub fn others(&self, agent: PersonId) -> impl Iterator<Item = PersonId> + '_ {
        let shares = self.shares.iter().map(|share| share.person);
        shares
            .chain(self.lead)
            .filter(move |person| *person != agent)
    }
}
