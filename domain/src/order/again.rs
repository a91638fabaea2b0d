//! An order that comes twice: once from the phone it was taken on, and once from the receipt that its
//! customer holds, because that phone was thought to be lost.
//!
//! Both carry the code of the receipt, and each an id of its own. Whichever comes second is *found again*:
//! nothing is asked, priced or earned a second time, and what names its id means the order that is there.

use super::{Order, OrderEvent, Stage, SubOrder, Withdrawal};
use crate::customer::CustomerDetails;
use crate::ids::{OrderId, ProductId};
use crate::limits;
use crate::refusal::Refusal;
use crate::text;
use crate::time::{Calendar, CivilDate, Timestamp};
use serde::{Deserialize, Serialize};

/// Another id of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownAs {
    /// The id.
    pub id: OrderId,
    /// The numbers its lines have under that id, each with the number of the same line here.
    pub lines: Vec<(u16, u16)>,
}

impl KnownAs {
    /// The number here of a line that has that number under the other id. One that is not here keeps none.
    pub fn number(&self, under_other: u16) -> u16 {
        let here = self.lines.iter().find(|(other, _)| *other == under_other);
        here.map_or(0, |(_, here)| *here)
    }
}

/// One of two orders that may be the same.
#[derive(Clone, Copy)]
pub struct Taken<'a> {
    /// As it was placed.
    pub order: &'a Order,
    /// Who ordered.
    pub customer: &'a CustomerDetails,
}

impl Taken<'_> {
    /// Whether both are one order: the same person at the same door on the same day asked for the same and
    /// pays the same.
    pub fn is_one_with(&self, other: &Self, calendar: &dyn Calendar) -> Result<bool, Refusal> {
        let (one, two) = (self.order, other.order);
        let is_same_customer = one.customer == two.customer || person(self) == person(other);
        Ok(is_same_customer
            && one.agent == two.agent
            && one.code == two.code
            && one.taken_on(calendar) == two.taken_on(calendar)
            && goods(one) == goods(two)
            && one.gross_asked()? == two.gross_asked()?)
    }
}

/// Who it is and where, however it was typed: the lost phone may have been the only one to know them.
fn person(taken: &Taken<'_>) -> (String, String) {
    let details = taken.customer;
    (
        text::search_key(&details.full_name()),
        text::search_key(&details.place),
    )
}

fn goods(order: &Order) -> Vec<(ProductId, u32)> {
    let lines = order.sub_orders.iter().flat_map(|part| &part.lines);
    let mut goods: Vec<_> = lines.map(|line| (line.product, line.asked)).collect();
    goods.sort_unstable();
    goods
}

/// When a customer signed who holds a receipt of that day, entered again at `made_at`: as late as the
/// receipt allows, so that the prices are those the day ended with.
pub fn door_of(taken_on: CivilDate, made_at: Timestamp, calendar: &dyn Calendar) -> Timestamp {
    calendar
        .start_of(taken_on.plus_days(1))
        .plus_ms(-1)
        .min(made_at)
}

/// Lets the week in which the customer may withdraw run from the second signature, at `made_at`: for the day on
/// the receipt there is the agent's word alone, and the law's week (law 31-08, article 49) may only become longer.
pub fn signed_again(sub_orders: &mut [SubOrder], made_at: Timestamp, calendar: &dyn Calendar) {
    for part in sub_orders {
        if let Some(closes_at) = part.regime.withdrawal_closes_at(made_at, &calendar) {
            part.withdrawal = Withdrawal::Open { closes_at };
        }
    }
}

/// Lets nobody end an order, replace what was signed or count its money once more who did not know that it was
/// told twice: an agent who takes it for a second order wants that one gone, and there is only this. Goods that
/// moved and a customer who withdraws are what they are, under any id.
pub(crate) fn check_known(order: &Order, other_ids: u16) -> Result<(), Refusal> {
    if usize::from(other_ids) < order.also.len() {
        return Err(Refusal::ToldTwice { order: order.id });
    }
    Ok(())
}

impl Order {
    /// The day at the door.
    pub fn taken_on(&self, calendar: &dyn Calendar) -> CivilDate {
        self.from_receipt_of
            .unwrap_or_else(|| calendar.date_at(self.placed_at))
    }

    /// Whether nothing of it is wanted any more: then nobody but a person can say whether what comes again
    /// is wanted after all.
    pub fn is_cancelled(&self) -> bool {
        let stages = || self.sub_orders.iter().map(|part| part.stage);
        let is_over = |stage| {
            matches!(
                stage,
                Stage::Cancelled | Stage::Refused | Stage::Expired | Stage::Declined
            )
        };
        stages().all(is_over) && stages().any(|stage| stage == Stage::Cancelled)
    }

    /// The other ids under which it was told, with this one's way to name its lines.
    pub fn known_as(&self, id: OrderId) -> Option<&KnownAs> {
        self.also.iter().find(|also| also.id == id)
    }

    pub(super) fn find_again(&mut self, order: &Self) -> Result<(), Refusal> {
        if order.id == self.id || order.agent != self.agent || self.known_as(order.id).is_some() {
            return Err(Refusal::CommandIdReused);
        }
        // Nobody reads one receipt off that often: a person looks at it.
        if self.also.len() >= limits::OTHER_IDS {
            return Err(Refusal::CommandIdReused);
        }
        self.also.push(KnownAs {
            id: order.id,
            lines: self.renumbered(order),
        });
        // What stands on the receipt the phone had made; what was read off it may have been read wrongly.
        if order.from_receipt_of.is_none() {
            self.receipt_digits = order.receipt_digits;
        }
        Ok(())
    }

    /// Its other ids where an amendment has made `self` of `before`, and may have given its lines other numbers.
    pub(super) fn also_known_as(&self, before: &Self) -> Vec<KnownAs> {
        let moved = self.renumbered(before);
        let now = |here: u16| moved.iter().find(|(then, _)| *then == here);
        let renumber = |known: &KnownAs| {
            let lines = known.lines.iter();
            let lines = lines.filter_map(|(other, here)| now(*here).map(|(_, now)| (*other, *now)));
            KnownAs {
                id: known.id,
                lines: lines.collect(),
            }
        };
        before.also.iter().map(renumber).collect()
    }

    fn renumbered(&self, other: &Self) -> Vec<(u16, u16)> {
        let lines = |order: &Self| -> Vec<(ProductId, u16)> {
            let lines = order.sub_orders.iter().flat_map(|part| &part.lines);
            lines.map(|line| (line.product, line.number)).collect()
        };
        let here = lines(self);
        lines(other)
            .into_iter()
            .filter_map(|(product, number)| {
                let (_, here) = here.iter().find(|(known, _)| *known == product)?;
                Some((number, *here))
            })
            .collect()
    }
}

impl OrderEvent {
    /// The other id by which it makes an order known.
    pub fn makes_known(&self) -> Option<OrderId> {
        match self {
            Self::FoundAgain { order } => Some(order.id),
            _ => None,
        }
    }
}
