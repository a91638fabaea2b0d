//! An order: one door, one signature, several cooperatives.
//!
//! An order splits into one [`SubOrder`] per cooperative; each is confirmed, delivered and paid
//! apart. Its state is the fold of its events and nothing else:
//!
//! ```text
//! SubOrder   awaiting → confirmed | refused | expired | change_proposed → confirmed | declined
//!            confirmed → preparing → ready → handed_over → delivered | failed → …retried
//!            supply_failed from any of these before delivery
//!            cancelled and withdrawn from wherever the rules still allow it
//! Quantity   asked ≥ confirmed ≥ packed ≥ delivered ≥ kept (= delivered − returned)
//! Withdrawal none | open until the end of the 7th civil day after signing | exercised | closed
//! ```
//!
//! [`basket`] makes the first state from what was asked and the catalogue, [`again`] knows one that was
//! told twice, [`fold`] takes it from
//! state to state, [`event`] lists what can happen. Prices, tax, commission and when it vests
//! ([`vesting`]) freeze at the door.

pub mod again;
pub mod basket;
pub mod event;
pub mod fold;
pub mod scarcity;
pub mod vesting;

use crate::catalogue::{Channel, PriceTier};
use crate::commission::LineCommission;
use crate::customer::CustomerKind;
use crate::ids::{
    CooperativeId, CustomerId, OrderId, PersonId, PlanVersion, PriceListVersion, ProductId,
};
use crate::law::Regime;
use crate::limits;
use crate::money::{Centimes, Overflow, Ppm};
use crate::reading::read_tagged;
use crate::spoken_code::SpokenCode;
use crate::time::{CivilDate, Timestamp};
pub use again::KnownAs;
pub use event::{CancelledBy, Fault, OrderEvent, PaymentMethod, Place, Proof, Reason};
use serde::{Deserialize, Serialize};
pub use vesting::{Vesting, VestingPart, VestsWhen};

/// Where a sub-order stands.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The cooperative has not answered.
    #[default]
    Awaiting,
    /// The cooperative proposes another price or quantity; the customer has not answered.
    ChangeProposed,
    /// The cooperative will deliver, all or in part.
    Confirmed,
    /// The cooperative is packing.
    Preparing,
    /// Packed.
    Ready,
    /// At a station or with whoever delivers.
    HandedOver,
    /// With the customer.
    Delivered,
    /// The customer was absent or refused the goods.
    Failed,
    /// The cooperative refused.
    Refused,
    /// The cooperative did not answer in time.
    Expired,
    /// The customer declined the change.
    Declined,
    /// Cancelled by the agent or the customer before a cooperative acted, or by the customer later.
    Cancelled,
    /// The customer used the right to withdraw.
    Withdrawn,
    /// Confirmed, and lost by the cooperative's or the transport's fault before the customer had it.
    SupplyFailed,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 14] = [
        Self::Awaiting,
        Self::ChangeProposed,
        Self::Confirmed,
        Self::Preparing,
        Self::Ready,
        Self::HandedOver,
        Self::Delivered,
        Self::Failed,
        Self::Refused,
        Self::Expired,
        Self::Declined,
        Self::Cancelled,
        Self::Withdrawn,
        Self::SupplyFailed,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Awaiting => "awaiting",
            Self::ChangeProposed => "change_proposed",
            Self::Confirmed => "confirmed",
            Self::Preparing => "preparing",
            Self::Ready => "ready",
            Self::HandedOver => "handed_over",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Withdrawn => "withdrawn",
            Self::SupplyFailed => "supply_failed",
        }
    }

    /// The stage of that stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == name)
    }

    /// Whether goods are promised or given: confirmed and not undone.
    pub const fn is_under_way(self) -> bool {
        matches!(
            self,
            Self::Confirmed | Self::Preparing | Self::Ready | Self::HandedOver | Self::Failed
        )
    }

    /// Whether nothing more will come of it.
    pub const fn is_dead(self) -> bool {
        matches!(
            self,
            Self::Refused
                | Self::Expired
                | Self::Declined
                | Self::Cancelled
                | Self::Withdrawn
                | Self::SupplyFailed
        )
    }
}

/// The customer's right to withdraw from a sub-order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Withdrawal {
    /// The regime gives no such right.
    #[default]
    None,
    /// May be used until `closes_at`.
    Open {
        /// The first moment at which it is over.
        closes_at: Timestamp,
    },
    /// Was used.
    Exercised {
        /// When the customer said so.
        at: Timestamp,
    },
    /// The server's clock passed its end.
    Closed {
        /// The first moment at which it was over.
        closes_at: Timestamp,
    },
}

read_tagged!(Withdrawal by "state" {
    "none" => None,
    "open" => Open { closes_at },
    "exercised" => Exercised { at },
    "closed" => Closed { closes_at },
});

impl Withdrawal {
    /// Whether the customer can no longer withdraw.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::None | Self::Closed { .. })
    }
}

/// One product of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its number within the order, from 1. Never given to another line.
    pub number: u16,
    /// What.
    pub product: ProductId,
    /// For one unit, value added tax included, frozen at the door.
    pub unit_price: Centimes,
    /// The rate of value added tax contained in it, frozen at the door.
    pub vat: Ppm,
    /// Units the customer asked for.
    pub asked: u32,
    /// Units the cooperative confirmed. Zero until it has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub confirmed: u32,
    /// Units packed. Zero until packed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub packed: u32,
    /// Units the customer took. Zero until delivered.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delivered: u32,
    /// Units the customer gave back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub returned: u32,
    /// Units lost after confirmation by the cooperative's or the transport's fault: their commission
    /// is kept and charged to whoever is at fault.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub excused: u32,
    /// Of [`Line::excused`], those lost by the transport's fault.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost_in_transport: u32,
    /// The batch it was packed from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lot: String,
    /// What it earns the agent when all of it is kept.
    pub commission: LineCommission,
}

fn is_zero(units: &u32) -> bool {
    *units == 0
}

impl Line {
    /// The price of `units` of it, value added tax included.
    pub fn gross(&self, units: u32) -> Result<Centimes, Overflow> {
        self.unit_price.times(units)
    }

    /// The price of everything asked, without value added tax.
    pub fn net_asked(&self) -> Result<Centimes, Overflow> {
        self.gross(self.asked)?.without_vat(self.vat)
    }

    /// The part of [`Line::net_asked`] that falls on `units`, such that units taken away in any
    /// number of steps take away the same as in one.
    pub fn net(&self, units: u32) -> Result<Centimes, Overflow> {
        self.remaining(self.net_asked()?, units)
    }

    /// What is left of a figure of the whole line when `units` of those asked remain.
    pub fn remaining(&self, whole: Centimes, units: u32) -> Result<Centimes, Overflow> {
        whole.minus(whole.share(self.asked.saturating_sub(units), self.asked)?)
    }

    /// Units the customer has and keeps.
    pub fn kept(&self) -> u32 {
        self.delivered.saturating_sub(self.returned)
    }
}

/// A moment at which what is due for a sub-order changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueChange {
    /// When, by corrected time.
    pub at: Timestamp,
    /// By how much: less than nothing where less became due.
    pub by: Centimes,
}

/// What one cooperative supplies of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubOrder {
    /// Who supplies.
    pub cooperative: CooperativeId,
    /// The legal regime, from the convention and the kind of customer.
    pub regime: Regime,
    /// The promised delivery date.
    pub promised_on: CivilDate,
    /// Where it stands.
    #[serde(default)]
    pub stage: Stage,
    /// Why it was refused, failed or was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Whether the agent's phone knows the cooperative's decision, so that it can no longer be
    /// replaced in silence.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decision_seen: bool,
    /// The right to withdraw.
    #[serde(default)]
    pub withdrawal: Withdrawal,
    /// Money taken for it, all rules kept.
    #[serde(default)]
    pub collected: Centimes,
    /// Money taken although nobody might ask for it yet: owed to the customer until the withdrawal
    /// period closes, then counted as collected. What of it is not due then stays owed to the customer:
    /// see [`SubOrder::owed_to_customer`].
    #[serde(default)]
    pub held: Centimes,
    /// Of what was collected or is held, the cash that is not in the bank yet.
    #[serde(default, skip_serializing_if = "Centimes::is_zero")]
    pub in_hand: Centimes,
    /// When its commission vests, by the convention in force at the door.
    #[serde(default, skip_serializing_if = "Vesting::is_usual")]
    pub vesting: Vesting,
    /// When it was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// When the latest of what moves its commission happened, whichever was told last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_at: Option<Timestamp>,
    /// How what is due has changed, by the time at which it did and not at which that was told: a
    /// payment is judged by what was due when it was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub due_changes: Vec<DueChange>,
    /// When the server's clock gave up waiting for the customer's money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_off_at: Option<Timestamp>,
    /// The change the cooperative proposes, while the customer has not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<event::Proposal>,
    /// Its lines, by number.
    pub lines: Vec<Line>,
}

impl SubOrder {
    /// The line of that number.
    pub fn line(&self, number: u16) -> Option<&Line> {
        self.lines.iter().find(|line| line.number == number)
    }

    /// Units of a line that are still going to be, or were, sold: asked until the cooperative
    /// answers, then confirmed, then packed, then kept; none when it is dead.
    pub fn units_alive(&self, line: &Line) -> u32 {
        match self.stage {
            Stage::Awaiting | Stage::ChangeProposed => line.asked,
            Stage::Confirmed | Stage::Preparing => line.confirmed,
            Stage::Ready | Stage::HandedOver | Stage::Failed => line.packed,
            Stage::Delivered => line.kept(),
            Stage::Refused
            | Stage::Expired
            | Stage::Declined
            | Stage::Cancelled
            | Stage::Withdrawn
            | Stage::SupplyFailed => 0,
        }
    }

    /// What the customer pays for what is alive, value added tax included.
    pub fn due(&self) -> Result<Centimes, Overflow> {
        self.lines.iter().try_fold(Centimes::ZERO, |sum, line| {
            sum.plus(line.gross(self.units_alive(line))?)
        })
    }

    /// The most that was due at that time or has been since.
    pub fn most_due_since(&self, at: Timestamp) -> Result<Centimes, Overflow> {
        let mut due = self.due()?;
        let mut most = due;
        for change in self.due_changes.iter().rev() {
            // What changed in the same millisecond may have changed just after.
            if change.at < at {
                break;
            }
            due = due.minus(change.by)?;
            most = most.max(due);
        }
        Ok(most)
    }

    /// Money taken that nobody may keep: more than is due now, because goods came back or nothing will
    /// come, whichever was told first.
    pub fn owed_to_customer(&self) -> Result<Centimes, Overflow> {
        let taken = self.collected.plus(self.held)?;
        Ok(taken.minus(self.due()?)?.max(Centimes::ZERO))
    }

    /// What was asked, value added tax included.
    pub fn gross_asked(&self) -> Result<Centimes, Overflow> {
        self.lines.iter().try_fold(Centimes::ZERO, |sum, line| {
            sum.plus(line.gross(line.asked)?)
        })
    }

    /// Whether the cooperative confirmed less than was asked.
    pub fn is_partly_confirmed(&self) -> bool {
        (self.stage.is_under_way() || self.stage == Stage::Delivered)
            && self.lines.iter().any(|line| line.confirmed < line.asked)
    }

    /// Whether all that is due was collected, and anything was. Goods that all came back after they
    /// were paid for stay paid.
    pub fn is_paid(&self) -> Result<bool, Overflow> {
        Ok(self.collected > Centimes::ZERO && self.collected >= self.due()?)
    }

    /// Money taken for it that is in the bank or a wallet account, what is held included.
    pub fn banked(&self) -> Result<Centimes, Overflow> {
        self.collected.plus(self.held)?.minus(self.in_hand)
    }

    /// From when on the server's clock may write off what was never paid; nothing when all that is
    /// due was paid, or was written off already.
    pub fn write_off_at(&self) -> Result<Option<Timestamp>, Overflow> {
        Ok(match self.delivered_at {
            Some(delivered_at)
                if self.stage == Stage::Delivered
                    && self.written_off_at.is_none()
                    && self.collected < self.due()? =>
            {
                Some(delivered_at.plus_days(limits::WRITE_OFF_DAYS))
            }
            _ => None,
        })
    }

    /// Whether what its commission waited for will not come: the customer never paid. Money that
    /// comes after all undoes it.
    pub fn is_written_off(&self) -> Result<bool, Overflow> {
        Ok(self.written_off_at.is_some() && self.collected < self.due()?)
    }
}

/// How far an order has come, from all its sub-orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// At least one cooperative has not answered.
    Awaiting,
    /// All have answered, at least one will deliver and has not yet.
    UnderWay,
    /// Everything alive is delivered; something is still unpaid or may be withdrawn.
    Delivered,
    /// Delivered, paid, withdrawal over.
    Settled,
    /// Nothing came of it.
    Dead,
}

impl Progress {
    /// Every progress.
    pub const ALL: [Self; 5] = [
        Self::Awaiting,
        Self::UnderWay,
        Self::Delivered,
        Self::Settled,
        Self::Dead,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Awaiting => "awaiting",
            Self::UnderWay => "under_way",
            Self::Delivered => "delivered",
            Self::Settled => "settled",
            Self::Dead => "dead",
        }
    }

    /// The progress of that stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|progress| progress.as_str() == name)
    }
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Which.
    pub id: OrderId,
    /// The code people say.
    pub code: SpokenCode,
    /// The four digits on the customer's receipt that prove a delivery. Never sent to a cooperative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_digits: Option<u16>,
    /// Who took it.
    pub agent: PersonId,
    /// Who ordered.
    pub customer: CustomerId,
    /// Why they buy, frozen at the door.
    pub customer_kind: CustomerKind,
    /// Where it was taken.
    pub channel: Channel,
    /// Which prices apply.
    pub tier: PriceTier,
    /// The price list in force at the door.
    pub price_list: PriceListVersion,
    /// The commission plan in force at the door.
    pub plan: PlanVersion,
    /// From when the agent's terms held by which it was judged, where the phone named them; otherwise
    /// those in force at the door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_from: Option<Timestamp>,
    /// When the customer signed, by the door's clock corrected by what the server knows of it.
    pub placed_at: Timestamp,
    /// Where the agent stood, if the agent allowed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The handwriting, as delta-encoded strokes. Sent once, never sent back to phones.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub signature: String,
    /// Whether the customer agreed to an equivalent, no dearer product instead.
    #[serde(default)]
    pub substitution_agreed: bool,
    /// The day on the receipt from which it was entered again, its phone being lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_receipt_of: Option<CivilDate>,
    /// Under which other ids it was told: by the lost phone, or from the receipt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<KnownAs>,
    /// One per cooperative, in the order of the first line of each.
    pub sub_orders: Vec<SubOrder>,
    /// How many events made this state.
    pub revision: u32,
}

impl Order {
    /// The sub-order of that cooperative.
    pub fn sub_order(&self, cooperative: CooperativeId) -> Option<&SubOrder> {
        self.sub_orders
            .iter()
            .find(|sub_order| sub_order.cooperative == cooperative)
    }

    /// What was asked in all, value added tax included: the global price of the contract.
    pub fn gross_asked(&self) -> Result<Centimes, Overflow> {
        self.sub_orders
            .iter()
            .try_fold(Centimes::ZERO, |sum, sub_order| {
                sum.plus(sub_order.gross_asked()?)
            })
    }

    /// What of [`Order::commission_asked`] is that person's, as a seller or as the lead.
    pub fn commission_of(&self, person: PersonId) -> Result<Centimes, Overflow> {
        self.sub_orders
            .iter()
            .flat_map(|sub_order| &sub_order.lines)
            .try_fold(Centimes::ZERO, |sum, line| {
                sum.plus(line.commission.of_person(person, self.agent)?)
            })
    }

    /// What the order earns its sellers if everything asked is kept, without the lead's override.
    pub fn commission_asked(&self) -> Result<Centimes, Overflow> {
        Centimes::sum(
            self.sub_orders
                .iter()
                .flat_map(|sub_order| &sub_order.lines)
                .map(|line| line.commission.amount),
        )
    }

    /// Whether the agent may still change or cancel it alone: no cooperative has acted.
    pub fn is_untouched(&self) -> bool {
        self.sub_orders
            .iter()
            .all(|sub_order| sub_order.stage == Stage::Awaiting)
    }

    /// How far it has come.
    pub fn progress(&self) -> Result<Progress, Overflow> {
        if self
            .sub_orders
            .iter()
            .any(|sub_order| matches!(sub_order.stage, Stage::Awaiting | Stage::ChangeProposed))
        {
            return Ok(Progress::Awaiting);
        }
        if self
            .sub_orders
            .iter()
            .any(|sub_order| sub_order.stage.is_under_way())
        {
            return Ok(Progress::UnderWay);
        }
        let mut delivered = self
            .sub_orders
            .iter()
            .filter(|sub_order| sub_order.stage == Stage::Delivered)
            .peekable();
        if delivered.peek().is_none() {
            return Ok(Progress::Dead);
        }
        for sub_order in delivered {
            if !sub_order.withdrawal.is_over() || sub_order.collected < sub_order.due()? {
                return Ok(Progress::Delivered);
            }
        }
        Ok(Progress::Settled)
    }

    /// The order as one cooperative may see it: its own lines, no commission, no signature, no
    /// receipt digits, no position. Nothing when it has no line in it.
    pub fn for_cooperatives(&self, cooperatives: &[CooperativeId]) -> Option<Self> {
        let mut order = self.clone();
        order
            .sub_orders
            .retain(|sub_order| cooperatives.contains(&sub_order.cooperative));
        order.receipt_digits = None;
        order.place = None;
        order.signature = String::new();
        for line in order
            .sub_orders
            .iter_mut()
            .flat_map(|sub_order| &mut sub_order.lines)
        {
            line.commission = LineCommission::default();
        }
        (!order.sub_orders.is_empty()).then_some(order)
    }
}
