//! What can happen to an order. Events are only ever added; their serialised form is stored for
//! good, so a variant or field is never renamed or removed.

use super::Order;
use crate::ids::{CooperativeId, DeviceId, PersonId};
use crate::ledger::Told;
use crate::money::{Centimes, Overflow};
use crate::period::counts_at;
use crate::reading::read_tagged;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// So many units of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineUnits {
    /// The line's number.
    pub line: u16,
    /// Units.
    pub units: u32,
}

/// So many units of a line, packed from a lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedLine {
    /// The line's number.
    pub line: u16,
    /// Units.
    pub units: u32,
    /// The batch; empty where batches are not kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lot: String,
}

/// Another price or quantity that a cooperative proposes for a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposedLine {
    /// The line's number.
    pub line: u16,
    /// Units it could supply.
    pub units: u32,
    /// For one unit, value added tax included.
    pub unit_price: Centimes,
}

/// A change that needs the customer's consent: a product or price changed by one side alone is
/// abusive (law 31-08, article 18).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Why.
    pub reason: Reason,
    /// Every line of the sub-order.
    pub lines: Vec<ProposedLine>,
}

/// Why something was refused, failed or was cancelled. Each has an icon and a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Not in stock.
    OutOfStock,
    /// Not good enough to sell.
    Quality,
    /// Not the season.
    Season,
    /// Closed that day.
    Closed,
    /// Does not deliver there.
    AreaNotServed,
    /// The price has changed.
    PriceChanged,
    /// Nobody was there.
    Absent,
    /// The customer would not take it.
    CustomerRefused,
    /// The customer changed their mind before a cooperative acted.
    CustomerCancelled,
    /// The agent had made a mistake.
    Mistake,
}

impl Reason {
    /// The reasons a cooperative chooses from.
    pub const OF_COOPERATIVES: [Self; 6] = [
        Self::OutOfStock,
        Self::Quality,
        Self::Season,
        Self::Closed,
        Self::AreaNotServed,
        Self::PriceChanged,
    ];
    /// The reasons of a delivery that failed.
    pub const OF_DELIVERIES: [Self; 2] = [Self::Absent, Self::CustomerRefused];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutOfStock => "out_of_stock",
            Self::Quality => "quality",
            Self::Season => "season",
            Self::Closed => "closed",
            Self::AreaNotServed => "area_not_served",
            Self::PriceChanged => "price_changed",
            Self::Absent => "absent",
            Self::CustomerRefused => "customer_refused",
            Self::CustomerCancelled => "customer_cancelled",
            Self::Mistake => "mistake",
        }
    }
}

/// Who is to answer for units that did not stay with the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The customer changed their mind: commission is reversed.
    Customer,
    /// The agent promised wrongly: commission is reversed.
    Agent,
    /// The goods were wrong: commission is kept and charged to the cooperative.
    Cooperative,
    /// The goods suffered on the way: commission is kept and charged to the transport.
    Logistics,
}

impl Fault {
    /// Whether the agent keeps the commission.
    pub const fn keeps_commission(self) -> bool {
        matches!(self, Self::Cooperative | Self::Logistics)
    }
}

/// Who cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// The agent, which is possible until a cooperative has acted.
    Agent,
    /// The customer, which is always possible before delivery.
    Customer,
}

/// How money was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// Notes and coins.
    Cash,
    /// A mobile wallet.
    Wallet,
    /// A bank transfer.
    Transfer,
    /// A cheque.
    Cheque,
}

impl PaymentMethod {
    /// Every method.
    pub const ALL: [Self; 4] = [Self::Cash, Self::Wallet, Self::Transfer, Self::Cheque];
}

/// A position, rounded to about eleven metres: taken at a visit only, with consent, never in the
/// background. Ten-thousandths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// North.
    pub latitude_e4: i32,
    /// East.
    pub longitude_e4: i32,
}

/// What shows that a customer received the goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Proof {
    /// The four digits of the customer's receipt.
    ReceiptDigits {
        /// The digits as said by the customer.
        digits: u16,
    },
    /// A signature by hand, as delta-encoded strokes.
    Signature {
        /// The strokes.
        strokes: String,
    },
}

read_tagged!(strictly Proof by "by" {
    "receipt_digits" => ReceiptDigits { digits },
    "signature" => Signature { strokes },
});

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OrderEvent {
    /// The customer signed at the door: the order as priced then.
    Placed {
        /// The first state.
        order: Box<Order>,
    },
    /// The agent changed the order before a cooperative acted: the sub-orders as priced anew.
    Amended {
        /// The order as priced anew: its tier, versions, signature and sub-orders replace the old.
        order: Box<Order>,
    },
    /// It came a second time, from the lost phone or from the customer's receipt: see
    /// [`again`](super::again).
    FoundAgain {
        /// The order as it would have been placed then, its signature included.
        order: Box<Order>,
    },
    /// Cancelled: the whole order.
    Cancelled {
        /// By whom.
        by: CancelledBy,
        /// Why.
        reason: Reason,
    },
    /// The cooperative will deliver these units.
    Confirmed {
        /// Who.
        cooperative: CooperativeId,
        /// Every line of the sub-order; at least one unit in all.
        lines: Vec<LineUnits>,
    },
    /// The cooperative will not deliver.
    Refused {
        /// Who.
        cooperative: CooperativeId,
        /// Why.
        reason: Reason,
    },
    /// The agent's phone has pulled the cooperative's decision.
    DecisionSeen {
        /// Whose.
        cooperative: CooperativeId,
    },
    /// The cooperative did not answer in time.
    Expired {
        /// Who.
        cooperative: CooperativeId,
    },
    /// The cooperative would deliver something else.
    ChangeProposed {
        /// Who.
        cooperative: CooperativeId,
        /// What.
        proposal: Proposal,
    },
    /// The customer answered the proposal.
    ChangeAnswered {
        /// Whose proposal.
        cooperative: CooperativeId,
        /// The answer.
        accepted: bool,
    },
    /// The cooperative began to pack.
    PreparationStarted {
        /// Who.
        cooperative: CooperativeId,
    },
    /// Packed and ready. Units confirmed but not packed are the cooperative's fault.
    Packed {
        /// Who.
        cooperative: CooperativeId,
        /// Every line of the sub-order.
        lines: Vec<PackedLine>,
    },
    /// Given to a station or to whoever delivers.
    HandedOver {
        /// Who gave.
        cooperative: CooperativeId,
        /// To which station or person; empty when it needs no name.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        to: String,
    },
    /// The customer has the goods.
    Delivered {
        /// Whose.
        cooperative: CooperativeId,
        /// Every line of the sub-order.
        lines: Vec<LineUnits>,
        /// What shows it.
        proof: Proof,
    },
    /// The customer was not there or would not take the goods.
    DeliveryFailed {
        /// Whose goods.
        cooperative: CooperativeId,
        /// Absent or refused.
        reason: Reason,
    },
    /// Some units came back after delivery.
    Returned {
        /// Whose.
        cooperative: CooperativeId,
        /// How many of which.
        lines: Vec<LineUnits>,
        /// Who answers for it.
        fault: Fault,
    },
    /// Money was taken, all rules kept.
    Collected {
        /// For whose goods.
        cooperative: CooperativeId,
        /// How much.
        amount: Centimes,
        /// How.
        method: PaymentMethod,
    },
    /// Money was taken too early: it stays the customer's until the period closes.
    DeclaredEarly {
        /// For whose goods.
        cooperative: CooperativeId,
        /// How much.
        amount: Centimes,
        /// How.
        method: PaymentMethod,
    },
    /// The customer used the right to withdraw.
    Withdrawn {
        /// From whose goods.
        cooperative: CooperativeId,
    },
    /// The server's clock passed the end of the withdrawal period.
    WithdrawalClosed {
        /// For whose goods.
        cooperative: CooperativeId,
    },
    /// What was confirmed will not reach the customer, by the cooperative's or the transport's fault.
    SupplyFailed {
        /// Whose goods.
        cooperative: CooperativeId,
        /// Who answers for it.
        fault: Fault,
    },
    /// Cash that was taken for these goods reached the bank.
    Deposited {
        /// For whose goods.
        cooperative: CooperativeId,
        /// How much.
        amount: Centimes,
        /// In whose hands it was; nobody's name means the order's agent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<PersonId>,
    },
    /// The server's clock gave up waiting for the customer's money.
    WrittenOff {
        /// For whose goods.
        cooperative: CooperativeId,
    },
}

impl OrderEvent {
    /// The stored name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Placed { .. } => "placed",
            Self::Amended { .. } => "amended",
            Self::FoundAgain { .. } => "found_again",
            Self::Cancelled { .. } => "cancelled",
            Self::Confirmed { .. } => "confirmed",
            Self::Refused { .. } => "refused",
            Self::DecisionSeen { .. } => "decision_seen",
            Self::Expired { .. } => "expired",
            Self::ChangeProposed { .. } => "change_proposed",
            Self::ChangeAnswered { .. } => "change_answered",
            Self::PreparationStarted { .. } => "preparation_started",
            Self::Packed { .. } => "packed",
            Self::HandedOver { .. } => "handed_over",
            Self::Delivered { .. } => "delivered",
            Self::DeliveryFailed { .. } => "delivery_failed",
            Self::Returned { .. } => "returned",
            Self::Collected { .. } => "collected",
            Self::DeclaredEarly { .. } => "declared_early",
            Self::Withdrawn { .. } => "withdrawn",
            Self::WithdrawalClosed { .. } => "withdrawal_closed",
            Self::SupplyFailed { .. } => "supply_failed",
            Self::Deposited { .. } => "deposited",
            Self::WrittenOff { .. } => "written_off",
        }
    }

    /// The cooperative it concerns; nothing for the whole order.
    pub const fn cooperative(&self) -> Option<CooperativeId> {
        match self {
            Self::Placed { .. }
            | Self::Amended { .. }
            | Self::FoundAgain { .. }
            | Self::Cancelled { .. } => None,
            Self::Confirmed { cooperative, .. }
            | Self::Refused { cooperative, .. }
            | Self::DecisionSeen { cooperative }
            | Self::Expired { cooperative }
            | Self::ChangeProposed { cooperative, .. }
            | Self::ChangeAnswered { cooperative, .. }
            | Self::PreparationStarted { cooperative }
            | Self::Packed { cooperative, .. }
            | Self::HandedOver { cooperative, .. }
            | Self::Delivered { cooperative, .. }
            | Self::DeliveryFailed { cooperative, .. }
            | Self::Returned { cooperative, .. }
            | Self::Collected { cooperative, .. }
            | Self::DeclaredEarly { cooperative, .. }
            | Self::Withdrawn { cooperative }
            | Self::WithdrawalClosed { cooperative }
            | Self::SupplyFailed { cooperative, .. }
            | Self::Deposited { cooperative, .. }
            | Self::WrittenOff { cooperative } => Some(*cooperative),
        }
    }

    /// Whether it happens to the part of that cooperative; what happens to an order happens to all parts.
    pub fn touches(&self, cooperative: CooperativeId) -> bool {
        self.cooperative().is_none_or(|of| of == cooperative)
    }

    /// Whether it may move commission, or decide how much something else moves.
    pub const fn moves_commission(&self) -> bool {
        match self {
            Self::Placed { .. }
            | Self::Amended { .. }
            | Self::FoundAgain { .. }
            | Self::DecisionSeen { .. }
            | Self::ChangeProposed { .. }
            | Self::PreparationStarted { .. }
            | Self::HandedOver { .. }
            | Self::DeliveryFailed { .. } => false,
            Self::Cancelled { .. }
            | Self::Confirmed { .. }
            | Self::Refused { .. }
            | Self::Expired { .. }
            | Self::ChangeAnswered { .. }
            | Self::Packed { .. }
            | Self::Delivered { .. }
            | Self::Returned { .. }
            | Self::Collected { .. }
            | Self::DeclaredEarly { .. }
            | Self::Withdrawn { .. }
            | Self::WithdrawalClosed { .. }
            | Self::SupplyFailed { .. }
            | Self::Deposited { .. }
            | Self::WrittenOff { .. } => true,
        }
    }
}

/// An event with who, where and when: what is stored and what a history shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// Its number within the order, from 1.
    pub number: u32,
    /// What happened.
    pub event: OrderEvent,
    /// Who did it; nobody for the server's clock.
    pub actor: Option<PersonId>,
    /// On which device.
    pub device: Option<DeviceId>,
    /// When, by the device's clock corrected by what the server knows of it.
    pub made_at: Timestamp,
    /// When the server took it in.
    pub received_at: Timestamp,
}

impl RecordedEvent {
    /// The event as the ledger asks for it.
    pub fn told(&self) -> Told<'_> {
        Told {
            event: &self.event,
            number: self.number,
            made_at: self.made_at,
            at: counts_at(self.made_at, self.received_at),
        }
    }
}

/// In whose hands the cash is that was taken for a cooperative's goods and is not in the bank: whoever
/// took some first comes first. `agent` is who took the order.
pub fn cash_in_hand(
    events: &[RecordedEvent],
    cooperative: CooperativeId,
    agent: PersonId,
) -> Result<Vec<(PersonId, Centimes)>, Overflow> {
    let mut hands: Vec<(PersonId, Centimes)> = Vec::new();
    for recorded in events {
        let (person, change) = match &recorded.event {
            OrderEvent::Collected {
                cooperative: whose,
                amount,
                method: PaymentMethod::Cash,
            }
            | OrderEvent::DeclaredEarly {
                cooperative: whose,
                amount,
                method: PaymentMethod::Cash,
            } if *whose == cooperative => (recorded.actor.unwrap_or(agent), *amount),
            OrderEvent::Deposited {
                cooperative: whose,
                amount,
                holder,
            } if *whose == cooperative => (holder.unwrap_or(agent), Centimes(-amount.0)),
            _ => continue,
        };
        match hands.iter_mut().find(|(known, _)| *known == person) {
            Some((_, held)) => *held = held.plus(change)?,
            None => hands.push((person, change)),
        }
    }
    hands.retain(|(_, held)| *held > Centimes::ZERO);
    Ok(hands)
}
