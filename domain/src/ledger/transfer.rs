//! One entry of the ledger: what moved, what for, and what caused it.

use super::account::Account;
use crate::ids::{CooperativeId, OrderId, PersonId};
use crate::money::Centimes;
use crate::period::Period;
use crate::reading::{Fields, read_from_fields, read_tagged};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use uuid::Uuid;

/// What a transfer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A cooperative confirmed: the estimate becomes pending.
    CommissionPending,
    /// Delivered, paid, withdrawal over: pending becomes earned.
    CommissionVested,
    /// Units are gone: commission goes back.
    CommissionReversed,
    /// Commission kept for units lost by another's fault, charged to that party.
    CommissionCharged,
    /// Goods delivered (or, reversed, returned): the customer owes (no longer owes).
    Sale,
    /// The customer paid.
    Payment,
    /// The customer paid before anybody might ask: held for them.
    Deposit,
    /// The withdrawal period closed: what was held counts as paid.
    DepositReleased,
    /// Cash that was in somebody's hands reached the bank.
    Banked,
    /// The month closed: what its turnover earns above the base rates.
    TierSupplement,
    /// Turnover of a closed month came or went: the difference of its supplement.
    SupplementCorrection,
    /// The month closed: a target was reached.
    TargetBonus,
    /// The month closed below what is guaranteed: the rest, to be recovered later.
    GuaranteedDraw,
    /// The month closed above what a rule lets a month earn: the excess goes back.
    PeriodCap,
    /// A statement closed: earned becomes payable.
    Settled,
    /// A statement closed below zero: what is missing is owed from then on.
    CarriedForward,
    /// A statement took back a part of what was owed.
    Recovered,
    /// Tax withheld on what became payable.
    TaxWithheld,
    /// Paid before it was payable.
    Advance,
    /// Transferred to the agent, or come back from the bank.
    PaidOut,
    /// A dispute was opened: what is disputed waits.
    DisputeHeld,
    /// A dispute ended: what waited goes on.
    DisputeReleased,
    /// A dispute was accepted, in whole or in part: what it granted.
    DisputeGranted,
    /// Given up: nobody pays it any more.
    WrittenOff,
    /// A mistake taken back by its exact opposite.
    Correction,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 25] = [
        Self::CommissionPending,
        Self::CommissionVested,
        Self::CommissionReversed,
        Self::CommissionCharged,
        Self::Sale,
        Self::Payment,
        Self::Deposit,
        Self::DepositReleased,
        Self::Banked,
        Self::TierSupplement,
        Self::SupplementCorrection,
        Self::TargetBonus,
        Self::GuaranteedDraw,
        Self::PeriodCap,
        Self::Settled,
        Self::CarriedForward,
        Self::Recovered,
        Self::TaxWithheld,
        Self::Advance,
        Self::PaidOut,
        Self::DisputeHeld,
        Self::DisputeReleased,
        Self::DisputeGranted,
        Self::WrittenOff,
        Self::Correction,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CommissionPending => "commission_pending",
            Self::CommissionVested => "commission_vested",
            Self::CommissionReversed => "commission_reversed",
            Self::CommissionCharged => "commission_charged",
            Self::Sale => "sale",
            Self::Payment => "payment",
            Self::Deposit => "deposit",
            Self::DepositReleased => "deposit_released",
            Self::Banked => "banked",
            Self::TierSupplement => "tier_supplement",
            Self::SupplementCorrection => "supplement_correction",
            Self::TargetBonus => "target_bonus",
            Self::GuaranteedDraw => "guaranteed_draw",
            Self::PeriodCap => "period_cap",
            Self::Settled => "settled",
            Self::CarriedForward => "carried_forward",
            Self::Recovered => "recovered",
            Self::TaxWithheld => "tax_withheld",
            Self::Advance => "advance",
            Self::PaidOut => "paid_out",
            Self::DisputeHeld => "dispute_held",
            Self::DisputeReleased => "dispute_released",
            Self::DisputeGranted => "dispute_granted",
            Self::WrittenOff => "written_off",
            Self::Correction => "correction",
        }
    }

    /// Whether it only moves what was earned before, on to a statement or against what was owed.
    pub const fn settles(self) -> bool {
        matches!(
            self,
            Self::Settled
                | Self::CarriedForward
                | Self::Recovered
                | Self::TaxWithheld
                | Self::Advance
                | Self::PaidOut
        )
    }

    /// The purpose of that stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == name)
    }
}

/// What caused a transfer. Each cause moves the same money once: see [`Transfer::cause_key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Cause {
    /// Something that happened to an order.
    Order {
        /// Which order.
        order: OrderId,
        /// Which of its events.
        event_number: u32,
        /// The event that was told after it, had happened before it, and changed what it moved: see
        /// [`super::Told`].
        #[serde(skip_serializing_if = "Option::is_none")]
        told_by: Option<u32>,
        /// Whose part of it.
        cooperative: CooperativeId,
        /// Which line; 0 for the whole part.
        line: u16,
    },
    /// The closing of a month. The transfer's own period is the month that was closed.
    Settlement {
        /// Whose statement.
        agent: PersonId,
        /// The month it concerns: the closed one itself, or the earlier one whose figures changed.
        period: Period,
        /// Which of several of one purpose: the number of a target or a rule; 0 when there is one.
        item: u16,
    },
    /// The transfer of what a statement came to.
    Payout {
        /// Whose statement.
        agent: PersonId,
        /// Of which month.
        period: Period,
        /// Counts what became of it, from 1: a bank may send money back, and it is sent again.
        step: u16,
    },
    /// An advance.
    Advance {
        /// Which.
        advance: Uuid,
    },
    /// A step of a dispute.
    Dispute {
        /// Which dispute.
        dispute: Uuid,
        /// Counts its steps.
        step: u16,
    },
    /// A mistake in an earlier transfer.
    Correction {
        /// The number of that transfer.
        of: i64,
    },
}

read_tagged!(Cause by "by" {
    "order" => Order { order, event_number, told_by, cooperative, line },
    "settlement" => Settlement { agent, period, item },
    "payout" => Payout { agent, period, step },
    "advance" => Advance { advance },
    "dispute" => Dispute { dispute, step },
    "correction" => Correction { of },
});

impl Cause {
    /// The stored name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Order { .. } => "order",
            Self::Settlement { .. } => "settlement",
            Self::Payout { .. } => "payout",
            Self::Advance { .. } => "advance",
            Self::Dispute { .. } => "dispute",
            Self::Correction { .. } => "correction",
        }
    }

    /// The number of the event that was told later and changed what this one moved, if that is what it is.
    pub const fn told_by(&self) -> Option<u32> {
        match self {
            Self::Order { told_by, .. } => *told_by,
            _ => None,
        }
    }

    /// The order it speaks of, if any.
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::Order { order, .. } => Some(*order),
            _ => None,
        }
    }

    /// The number of the order's event, if it is one.
    pub const fn event_number(&self) -> Option<u32> {
        match self {
            Self::Order { event_number, .. } => Some(*event_number),
            _ => None,
        }
    }

    /// The cooperative whose part of an order it speaks of, if any.
    pub const fn cooperative(&self) -> Option<CooperativeId> {
        match self {
            Self::Order { cooperative, .. } => Some(*cooperative),
            _ => None,
        }
    }

    /// The line of an order it speaks of, if it is one line.
    pub const fn line(&self) -> Option<u16> {
        match self {
            Self::Order { line, .. } if *line > 0 => Some(*line),
            _ => None,
        }
    }
}

/// The cause within the canonical form of an entry: see [`super::chain`].
impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order {
                order,
                event_number,
                told_by,
                cooperative,
                line,
            } => {
                write!(out, "order/{order}/{event_number}/{cooperative}/{line}")?;
                told_by.map_or(Ok(()), |told_by| write!(out, "/{told_by}"))
            }
            Self::Settlement {
                agent,
                period,
                item,
            } => write!(out, "settlement/{agent}/{period}/{item}"),
            Self::Payout {
                agent,
                period,
                step,
            } => write!(out, "payout/{agent}/{period}/{step}"),
            Self::Advance { advance } => write!(out, "advance/{advance}"),
            Self::Dispute { dispute, step } => write!(out, "dispute/{dispute}/{step}"),
            Self::Correction { of } => write!(out, "correction/{of}"),
        }
    }
}

/// Why a person takes an entry back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionReason {
    /// The same was posted twice, as two things that happened.
    Twice,
    /// What it rests on was recorded wrongly: a quantity, a price, a payment.
    WrongRecord,
    /// It went to somebody else than it was due to.
    WrongPerson,
    /// The correction itself was the mistake.
    WrongCorrection,
}

impl CorrectionReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [
        Self::Twice,
        Self::WrongRecord,
        Self::WrongPerson,
        Self::WrongCorrection,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Twice => "twice",
            Self::WrongRecord => "wrong_record",
            Self::WrongPerson => "wrong_person",
            Self::WrongCorrection => "wrong_correction",
        }
    }

    /// The reason of that stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// One entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Where it comes from.
    pub debit: Account,
    /// Where it goes.
    pub credit: Account,
    /// How much; positive, or nothing where [`Transfer::base`] alone moves.
    pub amount: Centimes,
    /// What for.
    pub purpose: Purpose,
    /// What caused it.
    pub cause: Cause,
    /// The net turnover that counts for tiers and targets from now on (or no longer, when the amount
    /// leaves what was earned); never negative, 0 for what is no turnover of the agent's own.
    pub base: Centimes,
    /// When that happened, by corrected door time as far as it counts: see [`crate::period::counts_at`].
    pub at: Timestamp,
    /// The month in which it counts: that of `at`, or the first one that was still open.
    pub period: Period,
}

/// As it is written: the cause of an order lies flat among the other fields, for that is how the
/// first phones were told; every other cause is an object of its own.
#[derive(Serialize)]
struct Written<'a> {
    debit: Account,
    credit: Account,
    amount: Centimes,
    purpose: Purpose,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cooperative: Option<CooperativeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    told_by: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a Cause>,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<Centimes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<Period>,
}

impl Serialize for Transfer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (line, cause) = match &self.cause {
            Cause::Order { line, .. } => (Some(*line), None),
            other => (None, Some(other)),
        };
        Written {
            debit: self.debit,
            credit: self.credit,
            amount: self.amount,
            purpose: self.purpose,
            order: self.cause.order(),
            cooperative: self.cause.cooperative(),
            line,
            event_number: self.cause.event_number(),
            told_by: self.cause.told_by(),
            cause,
            at: self.at,
            base: (self.base != Centimes::ZERO).then_some(self.base),
            period: (self.period != Period::default()).then_some(self.period),
        }
        .serialize(serializer)
    }
}

read_from_fields!(Transfer);

impl Transfer {
    pub(crate) fn from_fields(fields: &mut Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            debit: fields.take("debit")?,
            credit: fields.take("credit")?,
            amount: fields.take("amount")?,
            purpose: fields.take("purpose")?,
            cause: match fields.take::<Option<Cause>>("cause")? {
                Some(cause) => cause,
                None => Cause::Order {
                    order: fields.take("order")?,
                    event_number: fields.take("event_number")?,
                    told_by: fields.take("told_by")?,
                    cooperative: fields.take("cooperative")?,
                    line: fields.take("line")?,
                },
            },
            base: fields.take::<Option<_>>("base")?.unwrap_or_default(),
            at: fields.take("at")?,
            period: fields.take::<Option<_>>("period")?.unwrap_or_default(),
        })
    }

    /// The agent whose commission it moves, and in whose chain it stands; nobody for other money. No
    /// transfer moves commission from one agent to another.
    pub const fn agent(&self) -> Option<PersonId> {
        match self.debit.agent() {
            Some(agent) => Some(agent),
            None => self.credit.agent(),
        }
    }

    /// The transfer that takes this one, the ledger's `number`, back to the centime.
    pub const fn correction(&self, number: i64, at: Timestamp, period: Period) -> Self {
        Self {
            debit: self.credit,
            credit: self.debit,
            amount: self.amount,
            purpose: Purpose::Correction,
            cause: Cause::Correction { of: number },
            base: self.base,
            at,
            period,
        }
    }

    /// The key that makes a transfer unique: what caused it, what for, and between which accounts of
    /// whom. (One event may take commission back that was pending and some that was earned, of
    /// several people, and may charge neither the cooperative nor the transport any longer.)
    pub fn cause_key(&self) -> String {
        let within = match self.cause {
            // A transfer is corrected once, whatever for.
            Cause::Correction { .. } => return self.cause.to_string(),
            // An earlier month may be corrected by each of the later ones that closes.
            Cause::Settlement { .. } => format!("/{}", self.period),
            _ => String::new(),
        };
        format!(
            "{}{within}/{}/{}/{}/{}",
            self.cause,
            self.purpose.as_str(),
            self.debit.kind(),
            self.credit.kind(),
            self.agent().map_or(0, |agent| agent.0)
        )
    }
}
