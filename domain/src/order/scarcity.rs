//! Who gets what when a cooperative has less than was asked.
//!
//! The order of the doors decides and nothing else: neither the size of an order nor how soon its
//! phone found a network. An agent can so tell a customer at the door where they stand, and a
//! cooperative that says "I have 40" finds the same customers served on every device.

use super::event::LineUnits;
use super::{Order, Reason, SubOrder};
use crate::ids::{OrderId, ProductId};
use crate::sync::{CommandBody, ConfirmSubOrder, RefuseSubOrder};
use crate::time::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// What a cooperative said of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Units there are.
    pub stock: u32,
    /// Whether the person has said that this is the figure, or is still at it.
    pub is_final: bool,
    /// Why there is nothing, for orders that get nothing at all.
    pub why_not: Reason,
}

/// What was counted, as it is kept from one start to the next: a line for each product, with its
/// number, the units, whether that is the figure, and why not.
pub fn write_counts(counts: &BTreeMap<ProductId, Count>) -> String {
    let lines = counts.iter().map(|(product, count)| {
        let is_final = u8::from(count.is_final);
        format!(
            "{product} {} {is_final} {}\n",
            count.stock,
            count.why_not.as_str()
        )
    });
    lines.collect()
}

/// What [`write_counts`] wrote; a line that cannot be read was not counted.
pub fn read_counts(text: &str) -> BTreeMap<ProductId, Count> {
    let read = |line: &str| {
        let mut words = line.split(' ');
        let product = words.next()?.parse().ok()?;
        let stock = words.next()?.parse().ok()?;
        let is_final = words.next()? == "1";
        let why_not = words.next()?;
        let why_not = Reason::OF_COOPERATIVES
            .into_iter()
            .find(|reason| reason.as_str() == why_not)?;
        Some((
            product,
            Count {
                stock,
                is_final,
                why_not,
            },
        ))
    };
    text.lines().filter_map(read).collect()
}

/// A line that asks for a part of the stock of its product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Of which order.
    pub order: OrderId,
    /// Its number within the order.
    pub line: u16,
    /// When the customer signed, corrected.
    pub placed_at: Timestamp,
    /// Units asked.
    pub asked: u32,
}

/// What a claim gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion {
    /// Of which order.
    pub order: OrderId,
    /// Its number within the order.
    pub line: u16,
    /// Units asked.
    pub asked: u32,
    /// Units given, at most those asked.
    pub given: u32,
}

/// Whether a claim gets everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Everything asked.
    All,
    /// Something, less than asked.
    Part,
    /// Nothing.
    None,
}

impl Portion {
    /// Whether it is everything.
    pub const fn extent(self) -> Extent {
        if self.given >= self.asked {
            Extent::All
        } else if self.given > 0 {
            Extent::Part
        } else {
            Extent::None
        }
    }
}

/// Gives out `stock` units of one product, to the door that was first first; ties by order, then by
/// line. At most one claim gets a part, everything given sums to the lesser of stock and demand, and
/// the answer does not depend on the order of `claims`. Portions come in the order in which they are
/// served.
pub fn serve(stock: u32, claims: impl IntoIterator<Item = Claim>) -> Vec<Portion> {
    let mut claims: Vec<Claim> = claims.into_iter().collect();
    claims.sort_unstable_by_key(|claim| (claim.placed_at, claim.order, claim.line));
    let mut left = stock;
    claims
        .into_iter()
        .map(|claim| {
            let given = claim.asked.min(left);
            left -= given;
            Portion {
                order: claim.order,
                line: claim.line,
                asked: claim.asked,
                given,
            }
        })
        .collect()
}

/// Who gets what of each product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    by_product: BTreeMap<ProductId, Vec<Portion>>,
    given: HashMap<(OrderId, u16), u32>,
}

impl Shares {
    /// Gives out the stock of every product among the parts of orders that ask for it. A product of
    /// which `stock` is not known is given to everybody.
    pub fn of<'a>(
        parts: impl IntoIterator<Item = (&'a Order, &'a SubOrder)>,
        stock: impl Fn(ProductId) -> Option<u32>,
    ) -> Self {
        let mut claims: BTreeMap<ProductId, Vec<Claim>> = BTreeMap::new();
        for (order, sub_order) in parts {
            for line in &sub_order.lines {
                claims.entry(line.product).or_default().push(Claim {
                    order: order.id,
                    line: line.number,
                    placed_at: order.placed_at,
                    asked: line.asked,
                });
            }
        }
        let by_product: BTreeMap<ProductId, Vec<Portion>> = claims
            .into_iter()
            .map(|(product, claims)| (product, serve(stock(product).unwrap_or(u32::MAX), claims)))
            .collect();
        let given = by_product
            .values()
            .flatten()
            .map(|portion| ((portion.order, portion.line), portion.given))
            .collect();
        Self { by_product, given }
    }

    /// Every product that is asked for, with who gets what of it, first served first.
    pub fn products(&self) -> impl Iterator<Item = (ProductId, &[Portion])> {
        self.by_product
            .iter()
            .map(|(product, portions)| (*product, portions.as_slice()))
    }

    /// What a line gets.
    pub fn given(&self, order: OrderId, line: u16) -> u32 {
        self.given.get(&(order, line)).copied().unwrap_or(0)
    }
}

/// The cooperative's answer that gives `given` units of each line: a confirmation of every line, or
/// a refusal for `why_not` when there is nothing to give.
pub fn answer(
    order: &Order,
    sub_order: &SubOrder,
    given: impl Fn(u16) -> u32,
    why_not: Reason,
) -> CommandBody {
    let lines: Vec<LineUnits> = sub_order
        .lines
        .iter()
        .map(|line| LineUnits {
            line: line.number,
            units: given(line.number).min(line.asked),
        })
        .collect();
    if lines.iter().all(|line| line.units == 0) {
        return CommandBody::RefuseSubOrder(RefuseSubOrder {
            order: order.id,
            cooperative: sub_order.cooperative,
            reason: why_not,
        });
    }
    CommandBody::ConfirmSubOrder(ConfirmSubOrder {
        order: order.id,
        cooperative: sub_order.cooperative,
        lines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use proptest::prelude::*;
    use uuid::Uuid;

    #[test]
    fn what_was_counted_is_read_as_it_was_written() {
        let count = |stock, is_final, why_not| Count {
            stock,
            is_final,
            why_not,
        };
        let counts = BTreeMap::from([
            (ProductId(7), count(40, true, Reason::OutOfStock)),
            (ProductId(12), count(0, true, Reason::Season)),
            (ProductId(300), count(u32::MAX, false, Reason::PriceChanged)),
        ]);
        assert_eq!(read_counts(&write_counts(&counts)), counts);
    }

    #[test]
    fn a_line_that_cannot_be_read_was_not_counted() {
        let kept = "7 40 1 out_of_stock\n8 many 1 season\n9 3 1\n\n10 3 0 because\n";
        assert_eq!(
            read_counts(kept).into_keys().collect::<Vec<_>>(),
            [ProductId(7)]
        );
    }

    fn claim(order: u128, line: u16, placed_at: i64, asked: u32) -> Claim {
        Claim {
            order: OrderId(Uuid::from_u128(order)),
            line,
            placed_at: Timestamp(placed_at),
            asked,
        }
    }

    /// Few moments and few orders, so that ties are common.
    fn claims() -> impl Strategy<Value = Vec<Claim>> {
        proptest::collection::btree_map(
            (0u128..30, 1u16..4),
            (0i64..8, 1u32..=limits::UNITS_PER_LINE),
            0..60,
        )
        .prop_map(|by_line| {
            by_line
                .into_iter()
                .map(|((order, line), (placed_at, asked))| claim(order, line, placed_at, asked))
                .collect()
        })
    }

    fn sum(units: impl Iterator<Item = u32>) -> u64 {
        units.map(u64::from).sum()
    }

    proptest! {
        #[test]
        fn what_is_given_is_the_lesser_of_stock_and_demand(stock in 0u32..200_000, claims in claims()) {
            let demand = sum(claims.iter().map(|claim| claim.asked));
            let portions = serve(stock, claims.iter().copied());
            prop_assert_eq!(portions.len(), claims.len());
            prop_assert_eq!(sum(portions.iter().map(|portion| portion.given)), demand.min(u64::from(stock)));
            prop_assert!(portions.iter().all(|portion| portion.given <= portion.asked));
        }

        #[test]
        fn no_door_is_served_before_an_earlier_one_has_everything(stock in 0u32..200_000, claims in claims()) {
            let portions = serve(stock, claims.iter().copied());
            let key = |portion: &Portion| {
                let claim = claims
                    .iter()
                    .find(|claim| (claim.order, claim.line) == (portion.order, portion.line))
                    .expect("a portion belongs to a claim");
                (claim.placed_at, claim.order, claim.line)
            };
            for pair in portions.windows(2) {
                prop_assert!(key(&pair[0]) < key(&pair[1]));
                prop_assert!(pair[1].given == 0 || pair[0].extent() == Extent::All);
            }
            let parts = portions.iter().filter(|portion| portion.extent() == Extent::Part).count();
            prop_assert!(parts <= 1);
        }

        #[test]
        fn the_order_in_which_claims_are_listed_changes_nothing(
            stock in 0u32..200_000,
            (claims, shuffled) in claims().prop_flat_map(|claims| (Just(claims.clone()), Just(claims).prop_shuffle())),
        ) {
            prop_assert_eq!(serve(stock, claims), serve(stock, shuffled));
        }

        #[test]
        fn more_stock_never_gives_anybody_less(stock in 0u32..100_000, more in 0u32..100_000, claims in claims()) {
            let before = serve(stock, claims.iter().copied());
            let after = serve(stock + more, claims);
            prop_assert!(before.iter().zip(&after).all(|(before, after)| before.given <= after.given));
        }
    }

    #[test]
    fn forty_of_forty_eight_leave_the_last_doors_short() {
        let portions = serve(
            40,
            [
                claim(1, 1, 300, 6),
                claim(2, 1, 100, 30),
                claim(3, 1, 200, 12),
            ],
        );
        let given: Vec<(u32, Extent)> = portions
            .iter()
            .map(|portion| (portion.given, portion.extent()))
            .collect();
        assert_eq!(
            given,
            [(30, Extent::All), (10, Extent::Part), (0, Extent::None)]
        );
    }

    #[test]
    fn of_two_doors_at_one_moment_the_smaller_order_id_is_served() {
        let portions = serve(5, [claim(9, 1, 100, 5), claim(4, 1, 100, 5)]);
        assert_eq!(portions[0].order, OrderId(Uuid::from_u128(4)));
        assert_eq!(portions[0].extent(), Extent::All);
        assert_eq!(portions[1].extent(), Extent::None);
    }
}
