//! What an event moves that is told after others which happened later.
//!
//! An agent without a network takes a payment in November; the cooperative's phone tells in December of
//! goods that came back; then the agent's phone tells of the payment. Had it been told at once, November
//! would have had the commission and December its reversal. So the books are made to say that: the events
//! are put in the order in which they *happened* and lived through twice, without the late one and with
//! it, and for each moment at which the two lives move something else, the difference is posted, at that
//! moment and in its month. What was posted before stays as it is: what a moment does no longer move goes
//! back by the way by which it came.
//!
//! An event that could not have happened yet at its time (a clock was wrong) takes place as soon as it
//! can. One that can never take place in that order (the server wrote off what a phone then says was
//! paid) is left out of both lives; what it makes of the order as it really stands goes with the late
//! event, so that the sums are always those of the order.

use super::{Account, Between, Moment, Moved, Posting, Purpose, moved, post_line};
use crate::commission::Standing;
use crate::ids::{CooperativeId, PersonId};
use crate::money::{Centimes, Overflow};
use crate::order::{Order, OrderEvent};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// An event as it was told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// What.
    pub event: &'a OrderEvent,
    /// Counts the order's events, in the order in which they were told.
    pub number: u32,
    /// When, by corrected time.
    pub made_at: Timestamp,
    /// When it counts: see [`crate::period::counts_at`].
    pub at: Timestamp,
}

/// One person's part of one line.
type Part = (CooperativeId, u16, PersonId);

/// A moment of a life, in order, and which event took place then.
type Place = (Timestamp, u32);

/// What an order's life moved, moment by moment.
#[derive(Default)]
struct Life<'a> {
    moments: BTreeMap<Place, (&'a OrderEvent, BTreeMap<Part, Standing>)>,
    end: Option<Order>,
}

impl<'a> Life<'a> {
    /// Lives through the events in the order in which they happened.
    fn of(told: impl Iterator<Item = Told<'a>>) -> Result<Self, Overflow> {
        let mut told: Vec<Told<'a>> = told.collect();
        told.sort_by_key(|told| (told.at, told.number));
        let mut life = Self::default();
        let mut too_early: Vec<Told<'a>> = Vec::new();
        for next in told {
            if !life.take(&next, next.at)? {
                too_early.push(next);
                continue;
            }
            while let Some(index) = life.first_possible(&too_early, next.at)? {
                too_early.remove(index);
            }
        }
        Ok(life)
    }

    fn first_possible(
        &mut self,
        waiting: &[Told<'a>],
        at: Timestamp,
    ) -> Result<Option<usize>, Overflow> {
        for (index, told) in waiting.iter().enumerate() {
            if self.take(told, at)? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// Takes an event in if it can take place now.
    fn take(&mut self, told: &Told<'a>, at: Timestamp) -> Result<bool, Overflow> {
        let after = match (&self.end, told.event) {
            (None, OrderEvent::Placed { order }) => Ok((**order).clone()),
            (None, _) => return Ok(false),
            (Some(order), event) => order.after(event, told.made_at),
        };
        let Ok(after) = after else { return Ok(false) };
        let parts = parts(moved(self.end.as_ref(), &after, told.event)?)?;
        self.moments.insert((at, told.number), (told.event, parts));
        self.end = Some(after);
        Ok(true)
    }
}

fn parts(lines: Vec<Moved>) -> Result<BTreeMap<Part, Standing>, Overflow> {
    let mut parts: BTreeMap<Part, Standing> = BTreeMap::new();
    for (cooperative, line, moved) in lines {
        for (person, standing) in moved {
            let part = parts.entry((cooperative, line, person)).or_default();
            *part = part.plus(standing)?;
        }
    }
    Ok(parts)
}

/// Posts what an event moves that was told late, and what it changes of moments other than its own.
pub(super) fn post(
    posting: &mut Posting<'_>,
    before: Option<&Order>,
    after: &Order,
) -> Result<(), Overflow> {
    let told = posting.happening.told;
    let earlier = posting.happening.earlier.iter().copied();
    let without = Life::of(earlier.clone())?;
    let with = Life::of(earlier.chain([told]))?;
    // What the order as it stands has and neither life knows of.
    let mut rest = parts(moved(before, after, told.event)?)?;
    if let Some(end) = &with.end {
        for (part, known) in parts(moved(without.end.as_ref(), end, told.event)?)? {
            let rest = rest.entry(part).or_default();
            *rest = rest.minus(known)?;
        }
    }
    let mut moments = with.moments;
    let own = moments
        .keys()
        .find(|(_, number)| *number == told.number)
        .copied()
        .unwrap_or((told.at, told.number));
    let (_, of_own) = moments
        .entry(own)
        .or_insert_with(|| (told.event, BTreeMap::new()));
    for (part, rest) in rest {
        let own = of_own.entry(part).or_default();
        *own = own.plus(rest)?;
    }
    for place in without.moments.keys() {
        moments
            .entry(*place)
            .or_insert_with(|| (without.moments[place].0, BTreeMap::new()));
    }
    for (place, (event, now)) in moments {
        let was = without.moments.get(&place).map(|(_, moved)| moved);
        if was != Some(&now) {
            posting.event = event;
            posting.moment = Moment {
                event_number: place.1,
                told_by: (place.1 != told.number).then_some(told.number),
                at: place.0,
            };
            post_difference(posting, was, &now)?;
        }
    }
    posting.event = told.event;
    posting.moment = Moment {
        event_number: told.number,
        told_by: None,
        at: told.at,
    };
    Ok(())
}

/// The line, what for, and between which accounts. What moves from the second to the first is less than
/// nothing.
type Way = (CooperativeId, u16, Purpose, Account, Account);

/// Posts what a moment moves now and did not, and takes back what it moved and does no longer: on the
/// way by which it came, so that in the end it has moved what it moves now and nothing else.
fn post_difference(
    posting: &mut Posting<'_>,
    was: Option<&BTreeMap<Part, Standing>>,
    now: &BTreeMap<Part, Standing>,
) -> Result<(), Overflow> {
    let mut ways: BTreeMap<Way, (Centimes, Centimes)> = BTreeMap::new();
    for (moved, sign) in [(Some(now), 1), (was, -1)] {
        let Some(moved) = moved else { continue };
        let mut lines: BTreeMap<(CooperativeId, u16), Vec<(PersonId, Standing)>> = BTreeMap::new();
        for ((cooperative, line, person), standing) in moved {
            let line = lines.entry((*cooperative, *line)).or_default();
            line.push((*person, *standing));
        }
        for ((cooperative, line), moved) in lines {
            let posted = std::mem::take(&mut posting.transfers);
            post_line(posting, cooperative, line, &moved)?;
            for transfer in std::mem::replace(&mut posting.transfers, posted) {
                let (debit, credit) = (transfer.debit, transfer.credit);
                let (from, to, sign) = if debit < credit {
                    (debit, credit, sign)
                } else {
                    (credit, debit, -sign)
                };
                let way = (cooperative, line, transfer.purpose, from, to);
                let sum = ways.entry(way).or_default();
                sum.0 = sum.0.plus(Centimes(sign * transfer.amount.0))?;
                sum.1 = sum.1.plus(Centimes(sign * transfer.base.0))?;
            }
        }
    }
    for ((cooperative, line, purpose, from, to), (amount, base)) in ways {
        let forth = Between::new(from, to, purpose);
        let back = |figure: Centimes| Centimes(-figure.0).max(Centimes::ZERO);
        posting.post(cooperative, line, forth, amount, base.max(Centimes::ZERO))?;
        posting.post(cooperative, line, forth.back(), back(amount), back(base))?;
    }
    Ok(())
}
