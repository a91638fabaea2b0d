//! What one line earns, who shares it and what their lead has of it: frozen at the door.

use super::{CapPer, Pays, Plan};
use crate::catalogue::Channel;
use crate::customer::CustomerKind;
use crate::engagement::{Engagement, Share};
use crate::ids::{CategoryId, CooperativeId, PersonId, ProductId};
use crate::money::{Centimes, Overflow, Ppm};
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Sale<'a> {
    /// Who sells.
    pub agent: PersonId,
    /// The seller's team; empty when none.
    pub team: &'a str,
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
    /// The part of the price that the customer does not pay.
    pub discount: Ppm,
    /// How many.
    pub units: u32,
    /// The turnover, without value added tax, after discount.
    pub base: Centimes,
}

/// One person's part of what a line earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareAmount {
    /// Whose.
    pub person: PersonId,
    /// How much of the whole; the parts of a line sum to 1,000,000.
    pub part: Ppm,
    /// What it comes to; the amounts of a line sum to the line's.
    pub amount: Centimes,
}

/// What a team's lead earns on a line that somebody of the team sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The lead.
    pub person: PersonId,
    /// How much of the line's turnover.
    pub rate: Ppm,
    /// What it comes to.
    pub amount: Centimes,
}

/// What a line earns when all of it is kept, and why: frozen at the door.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCommission {
    /// The rule's number within the order's plan.
    pub rule: u16,
    /// What the rule pays.
    pub pays: Pays,
    /// The most that may be earned by the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Centimes>,
    /// What the cap is counted over.
    #[serde(default, skip_serializing_if = "CapPer::is_line")]
    pub cap_per: CapPer,
    /// Of a cap per order, the part that fell on this line at the door. It stays, so that another
    /// line's change never changes what this one earns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_part: Option<Centimes>,
    /// The turnover it counts on, without value added tax.
    pub base: Centimes,
    /// What it comes to, for all sellers together.
    pub amount: Centimes,
    /// Among whom that is split; empty when the agent has all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<ShareAmount>,
    /// What the lead of the agent's team earns on top. Nobody earns on an override.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<Override>,
}

impl LineCommission {
    /// The same rule, shares and override on another base: for a change that the customer accepted.
    pub fn on_base(&self, base: Centimes, units: u32) -> Result<Self, Overflow> {
        let uncapped = self.uncapped(base, units)?;
        let amount = self.cap_of_line().map_or(uncapped, |cap| uncapped.min(cap));
        let parts: Vec<u32> = self.shares.iter().map(|share| share.part.0).collect();
        let shares = self
            .shares
            .iter()
            .zip(amount.split(&parts)?)
            .map(|(share, amount)| ShareAmount { amount, ..*share })
            .collect();
        let lead = match self.lead {
            Some(lead) => Some(Override {
                amount: base.at_rate(lead.rate)?,
                ..lead
            }),
            None => None,
        };
        Ok(Self {
            base,
            amount,
            shares,
            lead,
            ..self.clone()
        })
    }

    /// What the rule would pay without its cap.
    pub fn uncapped(&self, base: Centimes, units: u32) -> Result<Centimes, Overflow> {
        match &self.pays {
            Pays::Rate { rate } => base.at_rate(*rate),
            Pays::PerUnit { amount } => amount.times(units),
            Pays::Nothing { .. } => Ok(Centimes::ZERO),
        }
    }

    /// The most that this line may earn, whatever becomes of other lines. A cap over a month is no
    /// matter of a line: the line earns all of it, and the month's close takes back what is above.
    pub fn cap_of_line(&self) -> Option<Centimes> {
        match self.cap_per {
            CapPer::Line => self.cap,
            CapPer::Order => self.cap_part.or(self.cap),
            CapPer::Period => None,
        }
    }

    /// What of it is that person's, as a seller or as the lead, when all of the line is kept.
    pub fn of_person(&self, person: PersonId, agent: PersonId) -> Result<Centimes, Overflow> {
        let earners = self.earners(agent)?;
        let own = earners.iter().filter(|earner| earner.person == person);
        Centimes::sum(own.map(|earner| earner.amount))
    }

    /// By what that person is paid: the line's rule for a seller, the rate of the override for the lead.
    /// Nothing for whoever earns nothing by it, and for who is both: no one rate makes such a sum.
    pub fn pays_to(&self, person: PersonId, agent: PersonId) -> Option<Pays> {
        let sells = if self.shares.is_empty() {
            person == agent
        } else {
            self.shares.iter().any(|share| share.person == person)
        };
        match (sells, self.lead.filter(|lead| lead.person == person)) {
            (true, None) => Some(self.pays.clone()),
            (false, Some(lead)) => Some(Pays::Rate { rate: lead.rate }),
            _ => None,
        }
    }

    /// Everybody who earns by it: its sellers, then their lead. `agent` is who took the order.
    pub fn earners(&self, agent: PersonId) -> Result<Vec<Earner>, Overflow> {
        let mut earners = self.sellers(agent)?;
        earners.extend(self.lead.map(|lead| Earner {
            person: lead.person,
            amount: lead.amount,
            base: Centimes::ZERO,
        }));
        Ok(earners)
    }

    /// Its sellers: the agent alone, or those who share it.
    pub fn sellers(&self, agent: PersonId) -> Result<Vec<Earner>, Overflow> {
        let base = match self.pays {
            Pays::Nothing { .. } => Centimes::ZERO,
            Pays::Rate { .. } | Pays::PerUnit { .. } => self.base,
        };
        if self.shares.is_empty() {
            return Ok(vec![Earner {
                person: agent,
                amount: self.amount,
                base,
            }]);
        }
        let parts: Vec<u32> = self.shares.iter().map(|share| share.part.0).collect();
        let bases = base.split(&parts)?;
        Ok(self
            .shares
            .iter()
            .zip(bases)
            .map(|(share, base)| Earner {
                person: share.person,
                amount: share.amount,
                base,
            })
            .collect())
    }
}

/// Somebody who earns by a line, and how much when all of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earner {
    /// Who.
    pub person: PersonId,
    /// What they earn.
    pub amount: Centimes,
    /// The turnover that counts for their tiers and targets: a seller's part of the line's, none of what
    /// lies outside commission. An override is no sale, so a lead has none.
    pub base: Centimes,
}

/// What the lines of one order earn by the plan, under the terms of the agent who took it.
pub fn of_order(
    plan: &Plan,
    engagement: &Engagement,
    sales: &[Sale<'_>],
) -> Result<Vec<LineCommission>, Refusal> {
    let mut lines = Vec::with_capacity(sales.len());
    for sale in sales {
        let rule = plan.rule_for(sale).ok_or(Refusal::NoCommissionRule {
            product: sale.product,
        })?;
        // What lies outside commission lies outside the lead's, too.
        let is_outside = matches!(rule.pays, Pays::Nothing { .. });
        lines.push(LineCommission {
            rule: rule.number,
            pays: rule.pays.clone(),
            cap: rule.cap,
            cap_per: rule.cap_per,
            shares: engagement.shares.iter().map(unpriced).collect(),
            lead: engagement
                .lead
                .filter(|_| plan.period.lead_rate > Ppm(0) && !is_outside)
                .map(|person| Override {
                    person,
                    rate: plan.period.lead_rate,
                    amount: Centimes::ZERO,
                }),
            ..LineCommission::default()
        });
    }
    share_caps(&mut lines, sales)?;
    lines
        .iter()
        .zip(sales)
        .map(|(line, sale)| Ok(line.on_base(sale.base, sale.units)?))
        .collect()
}

fn unpriced(share: &Share) -> ShareAmount {
    ShareAmount {
        person: share.person,
        part: share.part,
        amount: Centimes::ZERO,
    }
}

/// Gives each line of a rule with a cap per order its part of the cap, by largest remainder over what
/// the lines would earn without it. Where the cap bites, the parts are what the lines earn; where it
/// does not, each part is at least that.
fn share_caps(lines: &mut [LineCommission], sales: &[Sale<'_>]) -> Result<(), Overflow> {
    for first in 0..lines.len() {
        let LineCommission {
            rule,
            cap: Some(cap),
            cap_per: CapPer::Order,
            cap_part: None,
            ..
        } = lines[first]
        else {
            continue;
        };
        let together: Vec<usize> = (first..lines.len())
            .filter(|&index| lines[index].rule == rule)
            .collect();
        let uncapped = together
            .iter()
            .map(|&index| lines[index].uncapped(sales[index].base, sales[index].units))
            .collect::<Result<Vec<_>, _>>()?;
        for (index, part) in together.into_iter().zip(cap.split_by(&uncapped)?) {
            lines[index].cap_part = Some(part);
        }
    }
    Ok(())
}
