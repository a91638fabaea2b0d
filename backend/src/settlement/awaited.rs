//! What a part of an order may still bring. It is written beside the part whenever the order moves, so
//! that a close need not read every order that waits: at the end of a month that is every fifth. The
//! text says all there is to say, so that the database can hand out all of them in a few long rows.

use crate::catalogue::write_json;
use crate::error::OfficeError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use taswiq_domain::commission::standings;
use taswiq_domain::ids::{CooperativeId, OrderId, PersonId};
use taswiq_domain::money::{Centimes, Overflow};
use taswiq_domain::order::{Order, SubOrder};
use taswiq_domain::settlement::{NotYetIn, NotYetInReason, why_not_in};

/// What is awaited of a part of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Awaited {
    order: OrderId,
    cooperative: CooperativeId,
    why: NotYetInReason,
    /// By whom how much; nobody who awaits nothing.
    amounts: Vec<(PersonId, Centimes)>,
}

impl Awaited {
    /// Nothing when the part waits for nothing.
    pub fn of(order: &Order, sub_order: &SubOrder) -> Result<Option<Self>, Overflow> {
        let Some(why) = why_not_in(sub_order)? else {
            return Ok(None);
        };
        let mut of_people: BTreeMap<PersonId, Centimes> = BTreeMap::new();
        for line in &sub_order.lines {
            for (person, standing) in standings(sub_order, line, order.agent)? {
                let amount = of_people.entry(person).or_default();
                *amount = amount.plus(standing.pending)?.plus(standing.estimate)?;
            }
        }
        let amounts = of_people
            .into_iter()
            .filter(|(_, amount)| *amount > Centimes::ZERO)
            .collect();
        Ok(Some(Self {
            order: order.id,
            cooperative: sub_order.cooperative,
            why,
            amounts,
        }))
    }

    /// As it is stored.
    pub fn to_text(&self) -> Result<String, OfficeError> {
        write_json(self)
    }

    /// From several that are stored, with commas between them.
    pub fn read_all(texts: &str) -> Result<Vec<Self>, OfficeError> {
        serde_json::from_str(&format!("[{texts}]")).map_err(|_| OfficeError::Corrupt {
            what: "what is awaited",
        })
    }

    /// On whose statement it stands, and how.
    pub fn parts(self) -> impl Iterator<Item = (PersonId, NotYetIn)> {
        let Self {
            order,
            cooperative,
            why,
            amounts,
        } = self;
        amounts.into_iter().map(move |(person, amount)| {
            let part = NotYetIn {
                order,
                cooperative,
                amount,
                why,
            };
            (person, part)
        })
    }
}
