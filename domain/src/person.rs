//! The people who have an account, and what binds an agent to the programme.

use crate::engagement::{self, Engagement};
use crate::ids::{CooperativeId, PersonId};
use crate::order::basket::Basket;
use crate::text::LocalText;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a person is to the programme. Producers and customers have no account: they use a code or a
/// link of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sells at the door.
    Agent,
    /// Acts for one or more cooperatives.
    Cooperative,
    /// Runs territories, plans and settlements.
    Manager,
    /// Runs people, conventions and parameters.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [
        Self::Agent,
        Self::Cooperative,
        Self::Manager,
        Self::Administrator,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Cooperative => "cooperative",
            Self::Manager => "manager",
            Self::Administrator => "administrator",
        }
    }

    /// The role of that stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// The person a device belongs to, as that device knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: LocalText,
    /// What they are.
    pub role: Role,
    /// The cooperatives they act for; empty for other roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cooperatives: Vec<CooperativeId>,
    /// The grade in force when the server said so. What a sale is judged by stands in the engagement.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub grade: String,
    /// The terms on which they sell, oldest first; those to come are known beforehand, so that a
    /// phone without a network changes to them in time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub engagements: Vec<Engagement>,
}

impl Profile {
    /// The terms on which they sell at that moment.
    pub fn engagement_at(&self, moment: Timestamp) -> Engagement {
        if self.engagements.is_empty() {
            Engagement {
                grade: self.grade.clone(),
                ..Engagement::default()
            }
        } else {
            engagement::in_force(&self.engagements, moment)
                .cloned()
                .unwrap_or_default()
        }
    }

    /// By which terms a sale at that moment says that it is judged; nothing while only the grade is known.
    pub fn terms_from(&self, moment: Timestamp) -> Option<Timestamp> {
        let is_known = !self.engagements.is_empty() || self.grade.is_empty();
        is_known.then(|| self.engagement_at(moment).valid_from)
    }

    /// The terms by which a sale of theirs was judged at that moment: those it named, whatever was heard
    /// since.
    pub fn engagement_of(&self, basket: Option<&Basket>, moment: Timestamp) -> Engagement {
        let named = basket.and_then(|basket| basket.terms_from);
        match named.map(|named| engagement::of_sale(&self.engagements, Some(named), moment, None)) {
            Some(Ok(engagement)) => engagement,
            Some(Err(_)) | None => self.engagement_at(moment),
        }
    }
}
