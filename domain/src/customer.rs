//! Customers: few personal data, and none that the law does not let us ask for.

use crate::ids::CustomerId;
use crate::phone::PhoneNumber;
use crate::refusal::Refusal;
use crate::text;
use serde::{Deserialize, Serialize};

/// Why they buy. The law on doorstep selling protects non-professional needs only (law 31-08,
/// article 2).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CustomerKind {
    /// A household.
    #[default]
    Household,
    /// A shop, a café, a hotel.
    Professional,
}

/// What an agent writes down about a customer. A national identity number is never asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerDetails {
    /// First name: the only part a cooperative sees.
    pub first_name: String,
    /// Family name, if given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub family_name: String,
    /// Telephone, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    /// Village or quarter: what a cooperative sees beside the first name.
    pub place: String,
    /// How to find the door.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Household or professional.
    #[serde(default)]
    pub kind: CustomerKind,
}

impl CustomerDetails {
    /// The details with every text trimmed and bounded.
    pub fn cleaned(self) -> Result<Self, Refusal> {
        Ok(Self {
            first_name: text::clean_name("first_name", &self.first_name)?,
            family_name: if self.family_name.trim().is_empty() {
                String::new()
            } else {
                text::clean_name("family_name", &self.family_name)?
            },
            phone: self.phone,
            place: text::clean_name("place", &self.place)?,
            address: text::clean_note("address", &self.address)?,
            kind: self.kind,
        })
    }

    /// First and family name.
    pub fn full_name(&self) -> String {
        if self.family_name.is_empty() {
            self.first_name.clone()
        } else {
            format!("{} {}", self.first_name, self.family_name)
        }
    }
}

/// A customer as an agent's device knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Who.
    pub id: CustomerId,
    /// What was written down.
    pub details: CustomerDetails,
}

/// What a cooperative may see of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerLabel {
    /// First name only.
    pub first_name: String,
    /// Village or quarter.
    pub place: String,
}
