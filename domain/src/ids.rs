//! Identifiers.
//!
//! What a device makes without a network (an order, a customer, a command) carries a UUIDv7 of the
//! device's making; what only the server makes (a person, a product, a cooperative) carries a small
//! integer, which is a fraction of the size on the wire and in the phone's memory. No rule orders
//! by a UUIDv7's time: phones' clocks lie.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! made_by_devices {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    )*};
}

macro_rules! made_by_the_server {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

made_by_devices! {
    /// An order. Equal to the id of the command that placed it.
    OrderId,
    /// A customer. Equal to the id of the command that registered them.
    CustomerId,
    /// A command: the key under which the server applies it once and remembers its answer.
    CommandId,
    /// A device: one browser profile on one phone.
    DeviceId,
}

impl From<CommandId> for OrderId {
    fn from(id: CommandId) -> Self {
        Self(id.0)
    }
}

impl From<CommandId> for CustomerId {
    fn from(id: CommandId) -> Self {
        Self(id.0)
    }
}

made_by_the_server! {
    /// A person with an account: agent, cooperative member, manager, administrator.
    PersonId,
    /// A cooperative.
    CooperativeId,
    /// A product: one article in one packing.
    ProductId,
    /// A category of products.
    CategoryId,
    /// A version of the price list. Later versions have greater numbers.
    PriceListVersion,
    /// A version of the commission plan. Later versions have greater numbers.
    PlanVersion,
}
