//! Turnover and commission by door date, kept in the same transaction as the orders they sum.
//!
//! What an order adds to the sums is a pure function of its state ([`contributions`]); an event
//! changes the sums by what the order adds after it less what it added before. The differences of
//! all jobs of one transaction are gathered first, so each sum is written once. A dashboard over a
//! million orders therefore reads a few hundred rows.

pub mod sql;

use std::collections::BTreeMap;
use taswiq_domain::commission;
use taswiq_domain::ids::{CooperativeId, PersonId, ProductId};
use taswiq_domain::money::{Centimes, Overflow};
use taswiq_domain::order::{Order, Stage};
use taswiq_domain::time::{Calendar, CivilDate};

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// A civil day.
    Day,
    /// A civil month, named by its first day.
    Month,
}

/// What is summed. Of orders taken on door dates of the period; net is without value added tax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Orders signed and not cancelled. An order over two cooperatives counts once for each of them.
    pub orders: i64,
    /// Units signed for and not cancelled.
    pub units_asked: i64,
    /// Their price, value added tax included.
    pub gross_asked: Centimes,
    /// Their price without it.
    pub net_asked: Centimes,
    /// Net price of the units that cooperatives confirmed and that are not lost again.
    pub net_confirmed: Centimes,
    /// Net price of the units that customers received and kept.
    pub net_kept: Centimes,
    /// Commission of what no cooperative has answered yet.
    pub commission_estimate: Centimes,
    /// Commission confirmed and not vested.
    pub commission_pending: Centimes,
    /// Commission vested.
    pub commission_earned: Centimes,
}

impl Measures {
    fn as_numbers(&self) -> [i64; 9] {
        [
            self.orders,
            self.units_asked,
            self.gross_asked.0,
            self.net_asked.0,
            self.net_confirmed.0,
            self.net_kept.0,
            self.commission_estimate.0,
            self.commission_pending.0,
            self.commission_earned.0,
        ]
    }

    fn from_numbers(n: [i64; 9]) -> Self {
        Self {
            orders: n[0],
            units_asked: n[1],
            gross_asked: Centimes(n[2]),
            net_asked: Centimes(n[3]),
            net_confirmed: Centimes(n[4]),
            net_kept: Centimes(n[5]),
            commission_estimate: Centimes(n[6]),
            commission_pending: Centimes(n[7]),
            commission_earned: Centimes(n[8]),
        }
    }

    /// Adds `other`, `sign` times.
    pub fn add(&mut self, other: &Self, sign: i64) -> Result<(), Overflow> {
        let mut sums = self.as_numbers();
        for (sum, more) in sums.iter_mut().zip(other.as_numbers()) {
            *sum = more
                .checked_mul(sign)
                .and_then(|more| sum.checked_add(more))
                .ok_or(Overflow)?;
        }
        *self = Self::from_numbers(sums);
        Ok(())
    }
}

/// Which sum. `None` stands for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RollupKey {
    /// How long.
    pub grain: Grain,
    /// The first day.
    pub period: CivilDate,
    /// Whose orders.
    pub agent: Option<PersonId>,
    /// Whose goods.
    pub cooperative: Option<CooperativeId>,
    /// Which product; its cooperative is named too.
    pub product: Option<ProductId>,
}

/// Which of the six faces of the cube a key lies on: (all or one agent) × (all, one cooperative, one
/// product).
pub const fn face(agent: bool, cooperative: bool, product: bool) -> i64 {
    let depth = if product {
        4
    } else if cooperative {
        2
    } else {
        0
    };
    depth + agent as i64
}

/// Differences of sums, gathered until the transaction ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deltas(BTreeMap<RollupKey, Measures>);

impl Deltas {
    /// Adds what takes the sums from `before` to `after`.
    pub fn add(
        &mut self,
        before: Option<&Order>,
        after: Option<&Order>,
        calendar: &dyn Calendar,
    ) -> Result<(), Overflow> {
        for (order, sign) in [(before, -1), (after, 1)] {
            let Some(order) = order else { continue };
            let day = calendar.date_at(order.placed_at);
            for (cooperative, product, measures) in contributions(order)? {
                for (grain, period) in [(Grain::Day, day), (Grain::Month, day.first_of_month())] {
                    for agent in [None, Some(order.agent)] {
                        self.0
                            .entry(RollupKey {
                                grain,
                                period,
                                agent,
                                cooperative,
                                product,
                            })
                            .or_default()
                            .add(&measures, sign)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds what `other` holds.
    pub fn merge(&mut self, other: &Self) -> Result<(), Overflow> {
        other
            .0
            .iter()
            .try_for_each(|(key, measures)| self.0.entry(*key).or_default().add(measures, 1))
    }

    /// The sums that change, by key.
    pub fn rows(&self) -> Vec<(RollupKey, Measures)> {
        self.0
            .iter()
            .filter(|(_, measures)| **measures != Measures::default())
            .map(|(key, measures)| (*key, *measures))
            .collect()
    }
}

type Contribution = (Option<CooperativeId>, Option<ProductId>, Measures);

/// What an order adds to the sums: to the whole, to each cooperative's, to each product's.
pub fn contributions(order: &Order) -> Result<Vec<Contribution>, Overflow> {
    let mut whole = Measures::default();
    let mut parts = Vec::with_capacity(1 + order.sub_orders.len() * 3);
    for sub_order in &order.sub_orders {
        let mut part = Measures::default();
        let cancelled = sub_order.stage == Stage::Cancelled;
        let counts_confirmed =
            sub_order.stage.is_under_way() || sub_order.stage == Stage::Delivered;
        for line in &sub_order.lines {
            let standing = commission::standing(sub_order, line)?;
            let mut one = Measures {
                commission_estimate: standing.estimate,
                commission_pending: standing.pending,
                commission_earned: standing.earned,
                ..Measures::default()
            };
            if !cancelled {
                one.orders = 1;
                one.units_asked = i64::from(line.asked);
                one.gross_asked = line.gross(line.asked)?;
                one.net_asked = line.net_asked()?;
            }
            if counts_confirmed {
                one.net_confirmed = line.net(sub_order.units_alive(line))?;
            }
            if sub_order.stage == Stage::Delivered {
                one.net_kept = line.net(line.kept())?;
            }
            part.add(&Measures { orders: 0, ..one }, 1)?;
            parts.push((Some(sub_order.cooperative), Some(line.product), one));
        }
        part.orders = i64::from(!cancelled);
        whole.add(&Measures { orders: 0, ..part }, 1)?;
        whole.orders = whole.orders.max(part.orders);
        parts.push((Some(sub_order.cooperative), None, part));
    }
    parts.push((None, None, whole));
    Ok(parts)
}
