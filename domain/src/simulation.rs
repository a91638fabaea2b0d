//! What past orders would have earned by another plan.
//!
//! Nothing is estimated. An order's history is told again with its lines judged anew by
//! [`commission::of_order`], through the fold and [`transfers_for`] that told it first, and the months
//! are closed by [`settlement::close`]. Told again by the plans it was really judged by, a history
//! gives what it gave: whoever compares two plans compares two figures made in the same way.
//!
//! What a person decided (a dispute, a correction) is no plan's doing and is the same in both.

use crate::catalogue::Catalogue;
use crate::commission::{self, Plan, Sale};
use crate::engagement::{Engagement, EngagementKind, of_sale};
use crate::ids::{CooperativeId, PersonId, PlanVersion};
use crate::ledger::{Account, Cause, Happening, Moment, Purpose, Told, transfers_for};
use crate::money::{Centimes, Overflow, Ppm};
use crate::order::event::{OrderEvent, RecordedEvent};
use crate::order::{Order, SubOrder};
use crate::period::Period;
use crate::refusal::Refusal;
use crate::settlement::movement::{LineEntry, LineMoment, Sums, attribute};
use crate::settlement::tax::TaxTerms;
use crate::settlement::{
    self, CappedRule, ClosingError, ClosingInput, EarlierMonth, MonthRules, Movement, SettledMonth,
};
use crate::time::{Calendar, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// By what orders are judged instead of what they were judged by.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// The plan; nothing for the one each order was taken under.
    pub plan: Option<&'a Plan>,
    /// What was sold, and the plans there were.
    pub catalogue: &'a Catalogue,
    /// The agents' terms, oldest first.
    pub engagements: &'a BTreeMap<PersonId, Vec<Engagement>>,
}

impl Judge<'_> {
    /// The events of an order as they would have been.
    ///
    /// # Errors
    /// When a product, a rule or a plan is missing, or figures do not fit.
    pub fn judge(&self, events: &[RecordedEvent]) -> Result<Vec<RecordedEvent>, Refusal> {
        let mut judged = events.to_vec();
        for recorded in &mut judged {
            match &mut recorded.event {
                OrderEvent::Placed { order } | OrderEvent::Amended { order } => {
                    self.order(order)?
                }
                _ => {}
            }
        }
        Ok(judged)
    }

    /// Judges the lines of an order anew, in the order in which they were asked for.
    fn order(&self, order: &mut Order) -> Result<(), Refusal> {
        let plan = match self.plan {
            Some(plan) => plan,
            None => self
                .catalogue
                .plan(order.plan)
                .ok_or(Refusal::CatalogueTooOld)?,
        };
        let known = self.engagements.get(&order.agent);
        let known = known.map_or(&[][..], Vec::as_slice);
        let engagement = of_sale(known, order.terms_from, order.placed_at, None)?;
        let mut places = Vec::new();
        for (part, sub_order) in order.sub_orders.iter().enumerate() {
            for (index, line) in sub_order.lines.iter().enumerate() {
                places.push((line.number, part, index));
            }
        }
        places.sort_unstable();
        let mut sales = Vec::with_capacity(places.len());
        for &(_, part, index) in &places {
            let sub_order: &SubOrder = &order.sub_orders[part];
            let line = &sub_order.lines[index];
            let product = line.product;
            sales.push(Sale {
                agent: order.agent,
                team: &engagement.team,
                grade: &engagement.grade,
                product,
                category: self
                    .catalogue
                    .product(product)
                    .ok_or(Refusal::UnknownProduct { product })?
                    .category,
                cooperative: sub_order.cooperative,
                customer_kind: order.customer_kind,
                channel: order.channel,
                discount: Ppm(0),
                units: line.asked,
                base: line.net_asked()?,
            });
        }
        let commissions = commission::of_order(plan, &engagement, &sales)?;
        for ((_, part, index), commission) in places.into_iter().zip(commissions) {
            order.sub_orders[part].lines[index].commission = commission;
        }
        order.plan = plan.version;
        Ok(())
    }
}

/// Something that moved on somebody's earned account by an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earned {
    /// Whose account.
    pub agent: PersonId,
    /// The month in which it counts.
    pub counts_in: Period,
    /// What moved.
    pub movement: Movement,
}

/// What an order's events move on earned accounts. `counts_in` says in which month counts what moved at
/// a moment and was told by an event, for the events do not know which months were closed.
///
/// # Errors
/// When the events do not follow one another, or figures do not fit.
pub fn earned_by(
    events: &[RecordedEvent],
    calendar: &dyn Calendar,
    counts_in: &dyn Fn(&RecordedEvent, Moment) -> Period,
) -> Result<Vec<Earned>, Refusal> {
    let mut order: Option<Order> = None;
    let mut histories: BTreeMap<(PersonId, CooperativeId, u16), Vec<LineEntry>> = BTreeMap::new();
    let told: Vec<Told<'_>> = events.iter().map(RecordedEvent::told).collect();
    for (index, recorded) in events.iter().enumerate() {
        let after = match &order {
            None => Order::replay([(&recorded.event, recorded.made_at)])?,
            Some(order) => order.after(&recorded.event, recorded.made_at)?,
        };
        let happening = Happening {
            told: told[index],
            actor: recorded.actor,
            earlier: &told[..index],
            month: &|moment| counts_in(recorded, moment),
        };
        for transfer in transfers_for(order.as_ref(), &after, &happening)? {
            let Cause::Order {
                cooperative, line, ..
            } = transfer.cause
            else {
                continue;
            };
            let (Account::AgentEarned(agent), sign) = (match (transfer.credit, transfer.debit) {
                (earned @ Account::AgentEarned(_), _) => (earned, 1),
                (_, earned) => (earned, -1),
            }) else {
                continue;
            };
            let Some(event_number) = transfer.cause.event_number() else {
                continue;
            };
            let entry = LineEntry {
                moment: LineMoment {
                    counts_in: transfer.period,
                    at: transfer.at,
                    event_number,
                },
                happened_in: Period::at(transfer.at, calendar),
                amount: Centimes(sign * transfer.amount.0),
                base: Centimes(sign * transfer.base.0),
            };
            let line = (agent, cooperative, line);
            histories.entry(line).or_default().push(entry);
        }
        order = Some(after);
    }
    let mut earned = Vec::new();
    let Some(order) = order else {
        return Ok(earned);
    };
    for ((agent, cooperative, line), entries) in histories {
        let sold = order
            .sub_order(cooperative)
            .and_then(|part| part.line(line));
        let capped = sold.and_then(|line| CappedRule::of_line(order.plan, &line.commission));
        for part in attribute(&entries)? {
            let happened = events
                .iter()
                .find(|event| event.number == part.moment.event_number);
            let Some(happened) = happened else { continue };
            earned.push(Earned {
                agent,
                counts_in: part.moment.counts_in,
                movement: part.movement(&happened.event, capped),
            });
        }
    }
    Ok(earned)
}

/// What an agent earns in a month, by where it comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pay {
    /// By lines that vested, less what was taken back, the override of leads included.
    pub sales: Centimes,
    /// By what looks at the whole month: tiers, targets, limits, and corrections of earlier months.
    pub month: Centimes,
    /// By what people decided: disputes, corrections.
    pub decided: Centimes,
    /// What is advanced above that, to the guaranteed minimum, and taken back from later months.
    pub draw: Centimes,
}

impl Pay {
    /// What is earned in all, the advance aside.
    ///
    /// # Errors
    /// When the sum does not fit 64 bits.
    pub fn earned(&self) -> Result<Centimes, Overflow> {
        self.sales.plus(self.month)?.plus(self.decided)
    }

    /// Both together.
    ///
    /// # Errors
    /// When a sum does not fit 64 bits.
    pub fn plus(&self, other: &Self) -> Result<Self, Overflow> {
        Ok(Self {
            sales: self.sales.plus(other.sales)?,
            month: self.month.plus(other.month)?,
            decided: self.decided.plus(other.decided)?,
            draw: self.draw.plus(other.draw)?,
        })
    }
}

/// A month of one agent that is closed in a simulation.
#[derive(Clone, Debug)]
pub struct SimulatedMonth<'a> {
    /// Which.
    pub period: Period,
    /// Whether a minimum is guaranteed: to whoever was engaged throughout.
    pub is_guaranteed: bool,
    /// What moved by orders.
    pub by_orders: &'a Sums,
    /// What moved by decisions.
    pub by_people: &'a [Movement],
}

/// By which rules months are closed.
pub struct Rules<'a> {
    /// Those of a month that is simulated, or of which nothing was ever settled.
    pub of: &'a dyn Fn(Period) -> MonthRules<'a>,
    /// Those of a plan, for a month that was settled by it.
    pub by: &'a dyn Fn(PlanVersion) -> MonthRules<'a>,
}

/// What an agent earns in several months, one after the other. `settled` has the figures of earlier
/// months as the last statement before these left them; what is taken back from those is corrected by
/// the rules they were settled by.
///
/// # Errors
/// When the books contradict themselves.
pub fn pay_of(
    agent: PersonId,
    months: &[SimulatedMonth<'_>],
    mut settled: BTreeMap<Period, SettledMonth>,
    rules: &Rules<'_>,
) -> Result<Vec<Pay>, ClosingError> {
    let mut pays = Vec::with_capacity(months.len());
    for month in months {
        let movements: Vec<Movement> = month
            .by_orders
            .movements()
            .chain(month.by_people.iter().copied())
            .collect();
        for movement in &movements {
            let concerns = movement.concerns;
            if concerns < month.period {
                settled.entry(concerns).or_insert_with(|| {
                    SettledMonth::untouched(concerns, (rules.of)(concerns).plan)
                });
            }
        }
        let earlier: Vec<EarlierMonth<'_>> = settled
            .values()
            .map(|settled| EarlierMonth {
                rules: (rules.by)(settled.plan),
                settled,
            })
            .collect();
        let own = (rules.of)(month.period);
        let without_guarantee = settlement::PeriodRules {
            guaranteed: Centimes::ZERO,
            ..own.rules.clone()
        };
        let own = if month.is_guaranteed {
            own
        } else {
            MonthRules {
                plan: own.plan,
                rules: &without_guarantee,
            }
        };
        let statement = settlement::close(ClosingInput {
            number: 0,
            agent,
            period: month.period,
            closed_at: Timestamp(0),
            rules: own,
            earlier: &earlier,
            owed: Centimes::ZERO,
            movements: &movements,
            advances: &[],
            kind: EngagementKind::default(),
            tax: &TaxTerms::default(),
            paid_this_year_before: Centimes::ZERO,
            not_yet_in: Vec::new(),
        })?
        .statement;
        let mut pay = Pay {
            draw: statement.draw,
            ..Pay::default()
        };
        for line in &statement.lines {
            let part = match line.purpose {
                Purpose::CommissionVested | Purpose::CommissionReversed | Purpose::WrittenOff => {
                    &mut pay.sales
                }
                Purpose::TierSupplement
                | Purpose::SupplementCorrection
                | Purpose::TargetBonus
                | Purpose::PeriodCap => &mut pay.month,
                _ => &mut pay.decided,
            };
            *part = part.plus(line.amount)?;
        }
        pays.push(pay);
        for figures in statement.months {
            settled.insert(figures.period, figures);
        }
    }
    Ok(pays)
}
