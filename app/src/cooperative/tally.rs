//! What a cooperative counted, and the answers that follow from it.
//!
//! A cooperative counts pots, not orders. An order is answered once every product it asks for is
//! counted, so that nothing is promised that nobody has looked at.

use super::part::{Part, PartId};
use std::collections::BTreeMap;
use taswiq_domain::ids::ProductId;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::Reason;
pub use taswiq_domain::order::scarcity::Count;
use taswiq_domain::order::scarcity::{self, Extent, Portion, Shares};
use taswiq_domain::sync::CommandBody;
use taswiq_domain::time::Timestamp;

/// A product with everything asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub product: ProductId,
    pub asked: u32,
    /// Units there are for it: those asked while nobody said otherwise.
    pub stock: u32,
    pub is_final: bool,
    /// What was asked is worth, value added tax included.
    pub gross: Centimes,
    /// Who gets what, first served first.
    pub portions: Vec<Portion>,
    /// How many orders ask for it.
    pub orders: usize,
    /// Of these, how many wait for other products, and for which.
    pub waiting: usize,
    pub waits_for: Vec<ProductId>,
}

impl Row {
    /// Units that somebody asked for and nobody gets.
    pub fn short(&self) -> u32 {
        self.asked.saturating_sub(self.stock)
    }

    /// Units given.
    pub fn given(&self) -> u32 {
        self.asked.min(self.stock)
    }
}

/// Everything that awaits an answer, summed by product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub rows: Vec<Row>,
    pub orders: usize,
    pub units: u32,
    /// Orders that get nothing at all.
    pub refused: usize,
    /// The first deadline.
    pub deadline: Option<Timestamp>,
}

impl Tally {
    /// The tally of `waiting`, with what was counted.
    pub fn of(waiting: &[Part], counts: &BTreeMap<ProductId, Count>) -> Self {
        let shares = shares(waiting, counts);
        let is_final =
            |product: ProductId| counts.get(&product).is_some_and(|count| count.is_final);
        let mut rows: Vec<Row> = shares
            .products()
            .map(|(product, portions)| {
                let asked = portions.iter().map(|portion| portion.asked).sum();
                let askers: Vec<&Part> = waiting
                    .iter()
                    .filter(|part| part.asks_for(product))
                    .collect();
                let others = |part: &Part| -> Vec<ProductId> {
                    let lines = part.sub_order().lines.iter().map(|line| line.product);
                    lines
                        .filter(|other| *other != product && !is_final(*other))
                        .collect()
                };
                let mut waits_for: Vec<ProductId> =
                    askers.iter().flat_map(|part| others(part)).collect();
                waits_for.sort_unstable();
                waits_for.dedup();
                let lines = askers.iter().flat_map(|part| &part.sub_order().lines);
                let gross = Centimes::sum(
                    lines
                        .filter(|line| line.product == product)
                        .map(|line| line.gross(line.asked).unwrap_or_default()),
                );
                Row {
                    product,
                    asked,
                    stock: counts.get(&product).map_or(asked, |count| count.stock),
                    is_final: is_final(product),
                    gross: gross.unwrap_or_default(),
                    portions: portions.to_vec(),
                    orders: askers.len(),
                    waiting: askers
                        .iter()
                        .filter(|part| !others(part).is_empty())
                        .count(),
                    waits_for,
                }
            })
            .collect();
        // The most asked first: that is where ten minutes are best spent.
        rows.sort_by(|one, other| (other.asked, one.product).cmp(&(one.asked, other.product)));
        let nothing = |part: &&Part| {
            let lines = &part.sub_order().lines;
            lines
                .iter()
                .all(|line| shares.given(part.order().id, line.number) == 0)
        };
        Self {
            units: rows.iter().map(|row| row.asked).sum(),
            orders: waiting.len(),
            refused: waiting.iter().filter(nothing).count(),
            deadline: waiting.iter().filter_map(Part::deadline).min(),
            rows,
        }
    }

    pub fn row(&self, product: ProductId) -> Option<&Row> {
        self.rows.iter().find(|row| row.product == product)
    }
}

fn shares(waiting: &[Part], counts: &BTreeMap<ProductId, Count>) -> Shares {
    Shares::of(
        waiting.iter().map(|part| (part.order(), part.sub_order())),
        |product| counts.get(&product).map(|count| count.stock),
    )
}

/// What answering does: the commands, and what is left of each count.
pub struct Answers {
    pub bodies: Vec<CommandBody>,
    pub answered: Vec<PartId>,
    pub confirmed: usize,
    pub refused: usize,
    /// The counts after it.
    pub counts_after: BTreeMap<ProductId, Count>,
}

/// The answers to all of `waiting` (when `all`), or to the orders of which every product is counted.
pub fn answers(waiting: &[Part], counts: &BTreeMap<ProductId, Count>, all: bool) -> Answers {
    let shares = shares(waiting, counts);
    let mut answers = Answers {
        bodies: Vec::new(),
        answered: Vec::new(),
        confirmed: 0,
        refused: 0,
        counts_after: counts.clone(),
    };
    // Oldest door first, as they are served: the outbox then tells the same story.
    for part in waiting.iter().rev() {
        let (order, sub_order) = (part.order(), part.sub_order());
        let is_counted =
            |product: &ProductId| counts.get(product).is_some_and(|count| count.is_final);
        if !all && !sub_order.lines.iter().all(|line| is_counted(&line.product)) {
            continue;
        }
        let given = |line: u16| shares.given(order.id, line);
        let why_not = sub_order
            .lines
            .iter()
            .find_map(|line| counts.get(&line.product).map(|count| count.why_not))
            .unwrap_or(Reason::OutOfStock);
        let body = scarcity::answer(order, sub_order, given, why_not);
        match body {
            CommandBody::RefuseSubOrder(_) => answers.refused += 1,
            _ => answers.confirmed += 1,
        }
        for line in &sub_order.lines {
            if let Some(count) = answers.counts_after.get_mut(&line.product) {
                count.stock = count.stock.saturating_sub(given(line.number));
            }
        }
        answers.bodies.push(body);
        answers.answered.push(part.id());
    }
    // A count is spent with the last order that asks for the product.
    answers.counts_after.retain(|product, _| {
        waiting
            .iter()
            .any(|part| part.asks_for(*product) && !answers.answered.contains(&part.id()))
    });
    answers
}

/// The icon and tone of how much somebody gets.
pub const fn look(extent: Extent) -> (&'static str, &'static str) {
    match extent {
        Extent::All => ("done", "check"),
        Extent::Part => ("waiting", "minus"),
        Extent::None => ("trouble", "close"),
    }
}
