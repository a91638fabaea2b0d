use super::value;
use std::fmt;
use taswiq_domain::ids::{CooperativeId, OrderId};

/// A screen of the cooperative's area. A person may act for several cooperatives, so a part of an
/// order is always named with whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coop {
    /// What awaits an answer.
    ToConfirm(Grouping),
    /// What is to be packed, by promised date.
    Prepare,
    /// Packing one order.
    Pack(OrderId, CooperativeId),
    /// What to take from the shelves for all of them.
    PickingList,
    /// What is packed and must leave.
    HandOver,
    /// Bringing one order to the customer.
    Deliver(OrderId, CooperativeId),
    /// Every order, answered ones too.
    Orders(PartsShown),
    /// One order.
    Order(OrderId, CooperativeId),
    /// Another price for one order.
    Propose(OrderId, CooperativeId),
    /// Language, look, signing out.
    Settings,
    /// What is on this phone.
    Sync,
}

impl Default for Coop {
    fn default() -> Self {
        Self::ToConfirm(Grouping::default())
    }
}

/// How what awaits an answer is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// Summed over the orders.
    #[default]
    ByProduct,
    /// One after the other.
    ByOrder,
}

/// Which orders a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartsShown {
    /// All.
    #[default]
    All,
    /// No answer yet.
    Waiting,
    /// Confirmed, not yet with the customer.
    UnderWay,
    /// With the customer.
    Delivered,
    /// Nothing came of them.
    Ended,
}

impl PartsShown {
    /// Every choice, in the order in which they are offered.
    pub const ALL: [Self; 5] = [
        Self::All,
        Self::Waiting,
        Self::UnderWay,
        Self::Delivered,
        Self::Ended,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Waiting => "waiting",
            Self::UnderWay => "under-way",
            Self::Delivered => "delivered",
            Self::Ended => "ended",
        }
    }
}

impl Coop {
    pub(super) fn parse(parts: &[&str], query: &str) -> Option<Self> {
        Some(match parts {
            [] if value(query, "by") == Some("order") => Self::ToConfirm(Grouping::ByOrder),
            [] => Self::ToConfirm(Grouping::ByProduct),
            ["prepare"] => Self::Prepare,
            ["prepare", "list"] => Self::PickingList,
            ["hand-over"] => Self::HandOver,
            ["orders"] => {
                let shown = value(query, "show");
                Self::Orders(
                    PartsShown::ALL
                        .into_iter()
                        .find(|one| Some(one.as_str()) == shown)
                        .unwrap_or_default(),
                )
            }
            ["orders", order, cooperative] => {
                Self::Order(order.parse().ok()?, cooperative.parse().ok()?)
            }
            ["orders", order, cooperative, "pack"] => {
                Self::Pack(order.parse().ok()?, cooperative.parse().ok()?)
            }
            ["orders", order, cooperative, "deliver"] => {
                Self::Deliver(order.parse().ok()?, cooperative.parse().ok()?)
            }
            ["orders", order, cooperative, "propose"] => {
                Self::Propose(order.parse().ok()?, cooperative.parse().ok()?)
            }
            ["sync"] => Self::Sync,
            ["settings"] => Self::Settings,
            _ => return None,
        })
    }

    /// One of each, for the test that reads back what it writes.
    #[cfg(test)]
    pub(super) fn examples() -> Vec<Self> {
        let order = OrderId(uuid::Uuid::from_u128(
            0x0193_5c1e_7b2a_7000_8000_0000_0000_0002,
        ));
        let cooperative = CooperativeId(7);
        let mut examples = vec![
            Self::ToConfirm(Grouping::ByProduct),
            Self::ToConfirm(Grouping::ByOrder),
            Self::Prepare,
            Self::Pack(order, cooperative),
            Self::PickingList,
            Self::HandOver,
            Self::Deliver(order, cooperative),
            Self::Order(order, cooperative),
            Self::Propose(order, cooperative),
            Self::Sync,
            Self::Settings,
        ];
        examples.extend(PartsShown::ALL.map(Self::Orders));
        examples
    }
}

impl fmt::Display for Coop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("/coop")?;
        match self {
            Self::ToConfirm(Grouping::ByProduct) => Ok(()),
            Self::ToConfirm(Grouping::ByOrder) => out.write_str("?by=order"),
            Self::Prepare => out.write_str("/prepare"),
            Self::PickingList => out.write_str("/prepare/list"),
            Self::HandOver => out.write_str("/hand-over"),
            Self::Orders(PartsShown::All) => out.write_str("/orders"),
            Self::Orders(shown) => write!(out, "/orders?show={}", shown.as_str()),
            Self::Order(order, cooperative) => write!(out, "/orders/{order}/{cooperative}"),
            Self::Pack(order, cooperative) => write!(out, "/orders/{order}/{cooperative}/pack"),
            Self::Deliver(order, cooperative) => {
                write!(out, "/orders/{order}/{cooperative}/deliver")
            }
            Self::Propose(order, cooperative) => {
                write!(out, "/orders/{order}/{cooperative}/propose")
            }
            Self::Sync => out.write_str("/sync"),
            Self::Settings => out.write_str("/settings"),
        }
    }
}
