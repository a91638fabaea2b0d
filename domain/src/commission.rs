//! What a line earns its agent, and how much of it stands where.
//!
//! The rule is resolved at door time with the plan then in force and kept on the line
//! ([`LineCommission`]), so a later edit of the plan can never re-rate an old sale. From then on the
//! commission follows the goods by one formula: of `Q` units asked, when `R` are gone, the amount
//! `c` is down by `round(c × R / Q)`, cumulatively. Units gone in three steps take away exactly what
//! they take away in one, and a full return takes away exactly all.

use crate::catalogue::Channel;
use crate::customer::CustomerKind;
use crate::ids::{CategoryId, CooperativeId, PersonId, PlanVersion, ProductId};
use crate::limits;
use crate::money::{Centimes, Overflow, Ppm};
use crate::order::{Line, Stage, SubOrder};
use crate::reading::read_tagged;
use crate::refusal::Refusal;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// What a matching rule pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Pays {
    /// A part of the turnover without value added tax.
    Rate {
        /// How much of it.
        rate: Ppm,
    },
    /// A fixed sum for each unit.
    PerUnit {
        /// For one unit.
        amount: Centimes,
    },
    /// Nothing, for a reason that the agent may read.
    Nothing {
        /// Why.
        reason: String,
    },
}

read_tagged!(Pays by "by" {
    "rate" => Rate { rate },
    "per_unit" => PerUnit { amount },
    "nothing" => Nothing { reason },
});

impl Default for Pays {
    fn default() -> Self {
        Self::Nothing {
            reason: String::new(),
        }
    }
}

/// When a rule applies: every condition that is given must fit. None given fits every sale.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// This agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<PersonId>,
    /// This product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductId>,
    /// Any product of this cooperative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooperative: Option<CooperativeId>,
    /// Any product of this category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryId>,
    /// Agents of this grade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// This kind of customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_kind: Option<CustomerKind>,
    /// This channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

impl Conditions {
    /// How specific the conditions are. The published order compares the conditions one after the
    /// other, agent first, then product, cooperative, category, grade, customer kind, channel; a
    /// rule that names the earlier one wins. Hence agent+product > agent+cooperative > product >
    /// cooperative+category > cooperative > category > grade > customer kind > channel > default.
    pub fn specificity(&self) -> u8 {
        [
            self.agent.is_some(),
            self.product.is_some(),
            self.cooperative.is_some(),
            self.category.is_some(),
            self.grade.is_some(),
            self.customer_kind.is_some(),
            self.channel.is_some(),
        ]
        .into_iter()
        .fold(0, |specificity, given| specificity << 1 | u8::from(given))
    }

    fn fit(&self, sale: &Sale<'_>) -> bool {
        self.agent.is_none_or(|agent| agent == sale.agent)
            && self.product.is_none_or(|product| product == sale.product)
            && self
                .cooperative
                .is_none_or(|cooperative| cooperative == sale.cooperative)
            && self
                .category
                .is_none_or(|category| category == sale.category)
            && self
                .grade
                .as_deref()
                .is_none_or(|grade| grade == sale.grade)
            && self
                .customer_kind
                .is_none_or(|kind| kind == sale.customer_kind)
            && self.channel.is_none_or(|channel| channel == sale.channel)
    }
}

/// One rule of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its number within the plan, from 1.
    pub number: u16,
    /// When it applies.
    #[serde(default)]
    pub when: Conditions,
    /// What it pays.
    pub pays: Pays,
    /// The most one line may earn by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Centimes>,
}

/// A version of the commission plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Which.
    pub version: PlanVersion,
    /// From when on it holds; never earlier than its publication.
    pub valid_from: Timestamp,
    /// Its rules, in any order: the most specific that fits wins.
    pub rules: Vec<Rule>,
}

/// Why a plan cannot be published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PlanError {
    /// No rule without conditions: some sale might find no rule.
    #[error("the plan has no default rule")]
    NoDefaultRule,
    /// Two rules with the same conditions.
    #[error("rules {first} and {second} have the same conditions")]
    Tie {
        /// One rule's number.
        first: u16,
        /// The other's.
        second: u16,
    },
    /// Two rules with one number.
    #[error("rule number {number} is given twice")]
    NumberTwice {
        /// The number.
        number: u16,
    },
    /// A rate above the whole.
    #[error("the rate of rule {number} is above 100 %")]
    RateAboveWhole {
        /// The rule's number.
        number: u16,
    },
    /// A negative or far too large sum, or a cap that is not positive.
    #[error("the sum of rule {number} is not valid")]
    SumNotValid {
        /// The rule's number.
        number: u16,
    },
    /// A rule that pays nothing and does not say why.
    #[error("rule {number} pays nothing and gives no reason")]
    ReasonMissing {
        /// The rule's number.
        number: u16,
    },
    /// It would hold from a moment that has passed, or before the plan it follows.
    #[error("a plan is published for the future only")]
    NotInTheFuture,
}

impl Plan {
    /// Refuses a plan with gaps, ties or impossible figures, before anything is settled by it.
    pub fn check(&self) -> Result<(), PlanError> {
        for (index, rule) in self.rules.iter().enumerate() {
            let number = rule.number;
            for earlier in &self.rules[..index] {
                if earlier.number == number {
                    return Err(PlanError::NumberTwice { number });
                }
                if earlier.when == rule.when {
                    return Err(PlanError::Tie {
                        first: earlier.number,
                        second: number,
                    });
                }
            }
            match &rule.pays {
                Pays::Rate { rate } if rate.0 > limits::RATE_PPM => {
                    return Err(PlanError::RateAboveWhole { number });
                }
                Pays::Rate { rate: Ppm(0) }
                | Pays::PerUnit {
                    amount: Centimes::ZERO,
                } => return Err(PlanError::ReasonMissing { number }),
                Pays::PerUnit { amount }
                    if !(0..=limits::UNIT_PRICE_CENTIMES).contains(&amount.0) =>
                {
                    return Err(PlanError::SumNotValid { number });
                }
                Pays::Nothing { reason } if reason.trim().is_empty() => {
                    return Err(PlanError::ReasonMissing { number });
                }
                _ => {}
            }
            if rule.cap.is_some_and(|cap| cap <= Centimes::ZERO) {
                return Err(PlanError::SumNotValid { number });
            }
        }
        if self
            .rules
            .iter()
            .any(|rule| rule.when == Conditions::default())
        {
            Ok(())
        } else {
            Err(PlanError::NoDefaultRule)
        }
    }

    /// The rule for a sale: the most specific one that fits. A published plan has no ties, for two
    /// rules of one specificity that fit the same sale have the same conditions.
    pub fn rule_for(&self, sale: &Sale<'_>) -> Option<&Rule> {
        self.rules
            .iter()
            .filter(|rule| rule.when.fit(sale))
            .min_by_key(|rule| (Reverse(rule.when.specificity()), rule.number))
    }

    /// The rule of that number.
    pub fn rule(&self, number: u16) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.number == number)
    }
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Sale<'a> {
    /// Who sells.
    pub agent: PersonId,
    /// The seller's grade; empty when none.
    pub grade: &'a str,
    /// What.
    pub product: ProductId,
    /// Of which category.
    pub category: CategoryId,
    /// Whose.
    pub cooperative: CooperativeId,
    /// To whom.
    pub customer_kind: CustomerKind,
    /// Where.
    pub channel: Channel,
    /// How many.
    pub units: u32,
    /// The turnover, without value added tax, after discount.
    pub base: Centimes,
}

/// What a line earns when all of it is kept, and why: frozen at the door.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCommission {
    /// The rule's number within the order's plan.
    pub rule: u16,
    /// What the rule pays.
    pub pays: Pays,
    /// The most the rule lets one line earn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Centimes>,
    /// The turnover it counts on, without value added tax.
    pub base: Centimes,
    /// What it comes to.
    pub amount: Centimes,
}

impl LineCommission {
    /// The same rule on another base: for a change that the customer accepted.
    pub fn on_base(&self, base: Centimes, units: u32) -> Result<Self, Overflow> {
        let amount = match &self.pays {
            Pays::Rate { rate } => base.at_rate(*rate)?,
            Pays::PerUnit { amount } => amount.times(units)?,
            Pays::Nothing { .. } => Centimes::ZERO,
        };
        Ok(Self {
            base,
            amount: self.cap.map_or(amount, |cap| amount.min(cap)),
            ..self.clone()
        })
    }
}

/// What a sale earns by the plan.
pub fn of_line(plan: &Plan, sale: &Sale<'_>) -> Result<LineCommission, Refusal> {
    let rule = plan.rule_for(sale).ok_or(Refusal::NoCommissionRule {
        product: sale.product,
    })?;
    let unpriced = LineCommission {
        rule: rule.number,
        pays: rule.pays.clone(),
        cap: rule.cap,
        base: Centimes::ZERO,
        amount: Centimes::ZERO,
    };
    Ok(unpriced.on_base(sale.base, sale.units)?)
}

/// Where a line's commission stands. The parts never overlap: `pending` and `earned` are the
/// agent's; `charged` is the part of them that the party at fault bears instead of the programme.
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
    /// earned, and what is kept for another's fault keeps counting. What earns nothing counts nothing.
    pub base: Centimes,
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
        })
    }
}

/// Where the commission of a line stands, given the state of its sub-order.
pub fn standing(sub_order: &SubOrder, line: &Line) -> Result<Standing, Overflow> {
    standing_of_amount(sub_order, line, line.commission.amount)
}

/// Where an amount stands that the whole line earns somebody.
fn standing_of_amount(
    sub_order: &SubOrder,
    line: &Line,
    whole: Centimes,
) -> Result<Standing, Overflow> {
    let alive = sub_order.units_alive(line);
    if matches!(sub_order.stage, Stage::Awaiting | Stage::ChangeProposed) {
        return Ok(Standing {
            estimate: line.remaining(whole, alive)?,
            ..Standing::default()
        });
    }
    let commission = split_by_fault(sub_order, line, whole)?;
    let turnover = split_by_fault(sub_order, line, line.commission.base)?;
    let vested_part = sub_order.vested_part()?;
    let vested = |of: ByFault| {
        let sold = of.sold.at_rate(vested_part)?;
        if sub_order.kept_has_vested() {
            sold.plus(of.kept)
        } else {
            Ok(sold)
        }
    };
    let earned = vested(commission)?;
    let pending = if sub_order.is_written_off()? {
        Centimes::ZERO
    } else {
        commission.sold.plus(commission.kept)?.minus(earned)?
    };
    Ok(Standing {
        estimate: Centimes::ZERO,
        pending,
        earned,
        charged: commission.kept,
        charged_to_transport: commission.kept_for_transport,
        base: if earned == Centimes::ZERO {
            Centimes::ZERO
        } else {
            vested(turnover)?
        },
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

/// The standing of a whole sub-order.
pub fn standing_of(sub_order: &SubOrder) -> Result<Standing, Overflow> {
    sub_order
        .lines
        .iter()
        .try_fold(Standing::default(), |sum, line| {
            sum.plus(standing(sub_order, line)?)
        })
}
