//! What a line earns its sellers, and how much of it stands where.
//!
//! The rule is resolved at door time with the plan then in force and kept on the line
//! ([`LineCommission`]), so a later edit of the plan can never re-rate an old sale. From then on the
//! commission follows the goods by one formula: of `Q` units asked, when `R` are gone, the amount
//! `c` is down by `round(c × R / Q)`, cumulatively. Units gone in three steps take away exactly what
//! they take away in one, and a full return takes away exactly all.
//!
//! What a line earns may be split among people, and their team's lead may earn an override on it.
//! Each person's part is an amount of its own that follows the goods by itself; the total is the sum
//! of the parts.

mod changes;
mod line;
mod plan;

pub use changes::{PlanChange, changes};
pub use line::{Earner, LineCommission, Override, Sale, ShareAmount, of_order};
pub use plan::{Band, CapPer, Condition, Conditions, Pays, Plan, PlanError, Rule, Sum};

use crate::ids::PersonId;
use crate::money::{Centimes, Overflow};
use crate::order::{Line, Stage, SubOrder};

/// Where a line's commission stands. The parts never overlap: `pending` and `earned` are the
/// sellers'; `charged` is the part of them that the party at fault bears instead of the programme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Before the cooperative has answered: shown, never in the ledger.
    pub estimate: Centimes,
    /// Confirmed, not vested.
    pub pending: Centimes,
    /// Vested.
    pub earned: Centimes,
    /// Of both, the part for units lost by the cooperative's or the transport's fault.
    pub charged: Centimes,
    /// Of what is charged, the part for units lost by the transport's fault.
    pub charged_to_transport: Centimes,
    /// The turnover without value added tax that counts for tiers and targets: it vests with what it
    /// earned, and what is kept for another's fault keeps counting. What lies outside commission counts
    /// nothing; what earns so little that it rounds to nothing counts.
    pub base: Centimes,
    /// The turnover that will count once what is pending vests: confirmed by the cooperative, and so far
    /// neither vested nor given up.
    pub pending_base: Centimes,
}

impl Standing {
    /// Both together.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        Ok(Self {
            estimate: self.estimate.plus(other.estimate)?,
            pending: self.pending.plus(other.pending)?,
            earned: self.earned.plus(other.earned)?,
            charged: self.charged.plus(other.charged)?,
            charged_to_transport: self.charged_to_transport.plus(other.charged_to_transport)?,
            base: self.base.plus(other.base)?,
            pending_base: self.pending_base.plus(other.pending_base)?,
        })
    }

    /// What is left when the other is taken away; less than nothing where it is more.
    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        Ok(Self {
            estimate: self.estimate.minus(other.estimate)?,
            pending: self.pending.minus(other.pending)?,
            earned: self.earned.minus(other.earned)?,
            charged: self.charged.minus(other.charged)?,
            charged_to_transport: self
                .charged_to_transport
                .minus(other.charged_to_transport)?,
            base: self.base.minus(other.base)?,
            pending_base: self.pending_base.minus(other.pending_base)?,
        })
    }
}

/// Where the commission of a line stands, given the state of its sub-order: of all its sellers
/// together, without the lead's override.
pub fn standing(sub_order: &SubOrder, line: &Line) -> Result<Standing, Overflow> {
    // Whoever sells, the sum is the same.
    let nobody = PersonId(0);
    line.commission
        .sellers(nobody)?
        .iter()
        .try_fold(Standing::default(), |sum, seller| {
            sum.plus(standing_of_earner(sub_order, line, seller)?)
        })
}

/// Where the commission of a line stands for each person who earns by it: the sellers, then their
/// lead. `agent` is who took the order.
pub fn standings(
    sub_order: &SubOrder,
    line: &Line,
    agent: PersonId,
) -> Result<Vec<(PersonId, Standing)>, Overflow> {
    line.commission
        .earners(agent)?
        .iter()
        .map(|earner| Ok((earner.person, standing_of_earner(sub_order, line, earner)?)))
        .collect()
}

/// Where one person's part of a line stands. Each goes through here by itself, so each is reversed by
/// itself.
fn standing_of_earner(
    sub_order: &SubOrder,
    line: &Line,
    earner: &Earner,
) -> Result<Standing, Overflow> {
    let whole = earner.amount;
    let alive = sub_order.units_alive(line);
    if matches!(sub_order.stage, Stage::Awaiting | Stage::ChangeProposed) {
        return Ok(Standing {
            estimate: line.remaining(whole, alive)?,
            ..Standing::default()
        });
    }
    let commission = split_by_fault(sub_order, line, whole)?;
    let turnover = split_by_fault(sub_order, line, earner.base)?;
    let vested_part = sub_order.vested_part()?;
    let vested = |of: ByFault| {
        let sold = of.sold.at_rate(vested_part)?;
        if sub_order.kept_has_vested() {
            sold.plus(of.kept)
        } else {
            Ok(sold)
        }
    };
    let is_written_off = sub_order.is_written_off()?;
    let pending = |of: ByFault, vested: Centimes| {
        if is_written_off {
            Ok(Centimes::ZERO)
        } else {
            of.sold.plus(of.kept)?.minus(vested)
        }
    };
    let (earned, base) = (vested(commission)?, vested(turnover)?);
    Ok(Standing {
        estimate: Centimes::ZERO,
        pending: pending(commission, earned)?,
        earned,
        charged: commission.kept,
        charged_to_transport: commission.kept_for_transport,
        base,
        pending_base: pending(turnover, base)?,
    })
}

/// A figure of a line, by what became of its units.
#[derive(Clone, Copy)]
struct ByFault {
    /// Of the units that are still going to be, or were, sold.
    sold: Centimes,
    /// Of those lost by another's fault.
    kept: Centimes,
    /// Of these, those lost by the transport's.
    kept_for_transport: Centimes,
}

/// Splits what is left of a figure of the whole line. Each part is a difference of remainders, so the
/// parts sum to what is left and nothing is negative; and what is kept lies at the bottom, so that
/// units given back never change what another was charged.
fn split_by_fault(sub_order: &SubOrder, line: &Line, whole: Centimes) -> Result<ByFault, Overflow> {
    // A customer who ends it all would not have bought what was lost either.
    let (excused, in_transport) =
        if sub_order.stage.is_dead() && sub_order.stage != Stage::SupplyFailed {
            (0, 0)
        } else {
            (line.excused, line.lost_in_transport)
        };
    let left = line.remaining(whole, sub_order.units_alive(line) + excused)?;
    let kept = line.remaining(whole, excused)?;
    Ok(ByFault {
        sold: left.minus(kept)?,
        kept,
        kept_for_transport: line.remaining(whole, in_transport)?,
    })
}

/// The standing of a whole sub-order: of all sellers together, without overrides.
pub fn standing_of(sub_order: &SubOrder) -> Result<Standing, Overflow> {
    sub_order
        .lines
        .iter()
        .try_fold(Standing::default(), |sum, line| {
            sum.plus(standing(sub_order, line)?)
        })
}

/// What of a sub-order's standing is that person's, as a seller or as the lead.
pub fn standing_for(
    sub_order: &SubOrder,
    person: PersonId,
    agent: PersonId,
) -> Result<Standing, Overflow> {
    let mut sum = Standing::default();
    for line in &sub_order.lines {
        for (earner, standing) in standings(sub_order, line, agent)? {
            if earner == person {
                sum = sum.plus(standing)?;
            }
        }
    }
    Ok(sum)
}
