//! The plan: which rule holds for a sale, and what may be published.

use super::Sale;
use crate::catalogue::{Catalogue, Channel};
use crate::customer::CustomerKind;
use crate::ids::{CategoryId, CooperativeId, PersonId, PlanVersion, ProductId};
use crate::limits;
use crate::money::{Centimes, Ppm};
use crate::reading::read_tagged;
use crate::settlement::rules::{PeriodRules, PeriodRulesError};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeSet;

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

/// Discounts from one, the other no longer included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The smallest discount that lies in it.
    pub from: Ppm,
    /// The smallest discount above it; nothing when it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Ppm>,
}

impl Band {
    /// Whether a discount lies in it.
    pub fn holds(self, discount: Ppm) -> bool {
        self.from <= discount && self.below.is_none_or(|below| discount < below)
    }

    /// Whether some discount lies in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.below.is_none_or(|below| other.from < below)
            && other.below.is_none_or(|below| self.from < below)
    }
}

/// One thing that a rule may look at, the weightiest first: the published order of conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Who sells.
    Agent,
    /// What is sold.
    Product,
    /// Whose product it is.
    Cooperative,
    /// The product's category.
    Category,
    /// The seller's team.
    Team,
    /// The seller's grade.
    Grade,
    /// Why the customer buys.
    CustomerKind,
    /// Where the sale is made.
    Channel,
    /// How much discount the customer got.
    Discount,
}

impl Condition {
    /// Every condition, the weightiest first.
    pub const ALL: [Self; 9] = [
        Self::Agent,
        Self::Product,
        Self::Cooperative,
        Self::Category,
        Self::Team,
        Self::Grade,
        Self::CustomerKind,
        Self::Channel,
        Self::Discount,
    ];
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
    /// Agents of this team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Agents of this grade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// This kind of customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_kind: Option<CustomerKind>,
    /// This channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// A discount in this band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Band>,
}

impl Conditions {
    /// Whether a condition is given.
    pub fn gives(&self, condition: Condition) -> bool {
        match condition {
            Condition::Agent => self.agent.is_some(),
            Condition::Product => self.product.is_some(),
            Condition::Cooperative => self.cooperative.is_some(),
            Condition::Category => self.category.is_some(),
            Condition::Team => self.team.is_some(),
            Condition::Grade => self.grade.is_some(),
            Condition::CustomerKind => self.customer_kind.is_some(),
            Condition::Channel => self.channel.is_some(),
            Condition::Discount => self.discount.is_some(),
        }
    }

    /// How specific the conditions are. The published order compares the conditions one after the
    /// other as [`Condition::ALL`] has them, and a rule that gives the earlier one wins. Hence
    /// agent+product > agent+cooperative > product > cooperative+category > cooperative > category >
    /// team > grade > customer kind > channel > discount > default.
    pub fn specificity(&self) -> u16 {
        Condition::ALL
            .into_iter()
            .fold(0, |specificity, condition| {
                specificity << 1 | u16::from(self.gives(condition))
            })
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
            && self.team.as_deref().is_none_or(|team| team == sale.team)
            && self
                .grade
                .as_deref()
                .is_none_or(|grade| grade == sale.grade)
            && self
                .customer_kind
                .is_none_or(|kind| kind == sale.customer_kind)
            && self.channel.is_none_or(|channel| channel == sale.channel)
            && self.discount.is_none_or(|band| band.holds(sale.discount))
    }

    /// Whether some sale fits both while neither is more specific: then nothing says which of the
    /// two rules holds.
    fn tie(&self, other: &Self) -> bool {
        let without_discount = |conditions: &Self| Self {
            discount: None,
            ..conditions.clone()
        };
        let discounts_meet = match (self.discount, other.discount) {
            (None, None) => true,
            (Some(one), Some(other)) => one.overlaps(other),
            _ => false,
        };
        discounts_meet && without_discount(self) == without_discount(other)
    }
}

/// What a cap is counted over.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CapPer {
    /// One line earns no more by the rule.
    #[default]
    Line,
    /// The lines of one order earn no more by the rule together; they share the cap.
    Order,
    /// An agent earns no more by the rule in a month; what is above is taken back when it closes.
    Period,
}

impl CapPer {
    /// Every span, the shortest first.
    pub const ALL: [Self; 3] = [Self::Line, Self::Order, Self::Period];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Order => "order",
            Self::Period => "period",
        }
    }

    /// The span of that stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|per| per.as_str() == name)
    }

    pub(crate) fn is_line(&self) -> bool {
        *self == Self::Line
    }
}

/// One rule of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its number within the plan, from 1.
    pub number: u16,
    /// When it applies.
    #[serde(default)]
    pub when: Conditions,
    /// What it pays.
    pub pays: Pays,
    /// The most that may be earned by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Centimes>,
    /// What the cap is counted over.
    #[serde(default, skip_serializing_if = "CapPer::is_line")]
    pub cap_per: CapPer,
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
    /// What it adds that looks at a whole month.
    #[serde(default, skip_serializing_if = "adds_nothing")]
    pub period: PeriodRules,
}

fn adds_nothing(period: &PeriodRules) -> bool {
    *period == PeriodRules::default()
}

/// Which sum of a rule an error speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sum {
    /// What it pays for a unit.
    PerUnit,
    /// Its cap.
    Cap,
}

/// Why a plan cannot be published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PlanError {
    /// No rule without conditions: some sale might find no rule.
    #[error("the plan has no default rule")]
    NoDefaultRule,
    /// Two rules for the same sales, neither more specific than the other.
    #[error("rules {first} and {second} hold for the same sales")]
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
    #[error("the {} of rule {number} is not valid", match .sum { Sum::PerUnit => "sum for a unit", Sum::Cap => "cap" })]
    SumNotValid {
        /// The rule's number.
        number: u16,
        /// Which sum.
        sum: Sum,
    },
    /// A rule that pays nothing and does not say why.
    #[error("rule {number} pays nothing and gives no reason")]
    ReasonMissing {
        /// The rule's number.
        number: u16,
    },
    /// A band of discounts that no discount lies in.
    #[error("no discount lies in the band of rule {number}")]
    BandEmpty {
        /// The rule's number.
        number: u16,
    },
    /// A rule for somebody or something that does not exist.
    #[error("rule {number} names an unknown {}", match .condition { Condition::Agent => "agent", Condition::Product => "product", Condition::Cooperative => "cooperative", Condition::Category => "category", _ => "condition" })]
    Unknown {
        /// The rule's number.
        number: u16,
        /// Which of its conditions.
        condition: Condition,
    },
    /// A rule that can never hold, for its product is of another cooperative or category.
    #[error("the product of rule {number} is of another {}", match .condition { Condition::Cooperative => "cooperative", _ => "category" })]
    NeverHolds {
        /// The rule's number.
        number: u16,
        /// Which of its conditions contradicts its product.
        condition: Condition,
    },
    /// The rules that look at a whole month would leave a turnover without a tier, or the like.
    #[error("{error}")]
    PeriodRules {
        /// What is wrong with them.
        error: PeriodRulesError,
    },
    /// It would hold from a moment that has passed, or before the plan it follows.
    #[error("a plan is published for the future only")]
    NotInTheFuture,
}

impl PlanError {
    /// The rule it speaks of, where it speaks of one: of two, the later.
    pub const fn rule(&self) -> Option<u16> {
        match self {
            Self::Tie { second: number, .. }
            | Self::NumberTwice { number }
            | Self::RateAboveWhole { number }
            | Self::SumNotValid { number, .. }
            | Self::ReasonMissing { number }
            | Self::BandEmpty { number }
            | Self::Unknown { number, .. }
            | Self::NeverHolds { number, .. } => Some(*number),
            Self::NoDefaultRule | Self::PeriodRules { .. } | Self::NotInTheFuture => None,
        }
    }
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
                if earlier.when.tie(&rule.when) {
                    return Err(PlanError::Tie {
                        first: earlier.number,
                        second: number,
                    });
                }
            }
            rule.check()?;
        }
        if !self
            .rules
            .iter()
            .any(|rule| rule.when == Conditions::default())
        {
            return Err(PlanError::NoDefaultRule);
        }
        self.period
            .check()
            .map_err(|error| PlanError::PeriodRules { error })
    }

    /// Refuses a plan that speaks of somebody or something unknown. An order is never priced by such
    /// a rule, so whoever wrote it meant another.
    pub fn check_names(
        &self,
        catalogue: &Catalogue,
        agents: &BTreeSet<PersonId>,
    ) -> Result<(), PlanError> {
        for Rule { number, when, .. } in &self.rules {
            let number = *number;
            let unknown = |condition| Err(PlanError::Unknown { number, condition });
            let never_holds = |condition| Err(PlanError::NeverHolds { number, condition });
            if when.agent.is_some_and(|agent| !agents.contains(&agent)) {
                return unknown(Condition::Agent);
            }
            if when
                .cooperative
                .is_some_and(|id| catalogue.cooperative(id).is_none())
            {
                return unknown(Condition::Cooperative);
            }
            if when
                .category
                .is_some_and(|id| catalogue.category(id).is_none())
            {
                return unknown(Condition::Category);
            }
            let Some(product) = when.product else {
                continue;
            };
            let Some(product) = catalogue.product(product) else {
                return unknown(Condition::Product);
            };
            if when.cooperative.is_some_and(|id| id != product.cooperative) {
                return never_holds(Condition::Cooperative);
            }
            if when.category.is_some_and(|id| id != product.category) {
                return never_holds(Condition::Category);
            }
        }
        Ok(())
    }

    /// The rule for a sale: the most specific one that fits. A published plan has no ties, for two
    /// rules of one specificity that fit the same sale have the same conditions, or bands of
    /// discounts that overlap.
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

impl Rule {
    fn check(&self) -> Result<(), PlanError> {
        let number = self.number;
        match &self.pays {
            Pays::Rate { rate } if rate.0 > limits::RATE_PPM => {
                return Err(PlanError::RateAboveWhole { number });
            }
            Pays::Rate { rate: Ppm(0) }
            | Pays::PerUnit {
                amount: Centimes::ZERO,
            } => return Err(PlanError::ReasonMissing { number }),
            Pays::PerUnit { amount } if !(0..=limits::UNIT_PRICE_CENTIMES).contains(&amount.0) => {
                return Err(PlanError::SumNotValid {
                    number,
                    sum: Sum::PerUnit,
                });
            }
            Pays::Nothing { reason } if reason.trim().is_empty() => {
                return Err(PlanError::ReasonMissing { number });
            }
            _ => {}
        }
        if self
            .cap
            .is_some_and(|cap| !(1..=limits::CAP_CENTIMES).contains(&cap.0))
        {
            return Err(PlanError::SumNotValid {
                number,
                sum: Sum::Cap,
            });
        }
        if self.when.discount.is_some_and(|band| {
            band.from.0 > limits::RATE_PPM || band.below.is_some_and(|below| below <= band.from)
        }) {
            return Err(PlanError::BandEmpty { number });
        }
        Ok(())
    }
}
