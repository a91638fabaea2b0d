//! What a part of an order may still bring. It is written beside the part whenever the order moves, so
//! that a close need not read every order that waits: at the end of a month that is every fifth. The
//! text says all there is to say, so that the database can hand out all of them in a few long rows.

use crate::catalogue::write_json;
use crate::error::OfficeError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
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

    /// On whose statements several stand that are stored, each in a line of its own, and how.
    ///
    /// At the end of a month there may be a hundred thousand, for a handful of reasons: each reason is read
    /// once, and the rest is cut where it was put together.
    pub fn read_all(
        lines: &str,
        mut add: impl FnMut(PersonId, NotYetIn),
    ) -> Result<(), OfficeError> {
        let mut reasons: HashMap<&str, NotYetInReason> = HashMap::new();
        for line in lines.lines() {
            let Some(cut) = Cut::of(line) else {
                let whole: Self = read(line)?;
                whole.parts().for_each(|(person, part)| add(person, part));
                continue;
            };
            let why = match reasons.get(cut.why) {
                Some(why) => *why,
                None => {
                    let why = read(cut.why)?;
                    reasons.insert(cut.why, why);
                    why
                }
            };
            let amounts: Vec<(PersonId, Centimes)> = read(cut.amounts)?;
            for (person, amount) in amounts {
                let part = NotYetIn {
                    order: cut.order,
                    cooperative: cut.cooperative,
                    amount,
                    why,
                };
                add(person, part);
            }
        }
        Ok(())
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

/// A stored text by its fields, if they stand in the order in which they are written now.
struct Cut<'a> {
    order: OrderId,
    cooperative: CooperativeId,
    why: &'a str,
    amounts: &'a str,
}

impl<'a> Cut<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let line = line.strip_prefix(r#"{"order":""#)?.strip_suffix('}')?;
        let (order, line) = line.split_once(r#"","cooperative":"#)?;
        let (cooperative, line) = line.split_once(r#","why":"#)?;
        let (why, amounts) = line.split_once(r#","amounts":"#)?;
        Some(Self {
            order: OrderId(order.parse().ok()?),
            cooperative: CooperativeId(cooperative.parse().ok()?),
            why,
            amounts,
        })
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, OfficeError> {
    serde_json::from_str(text).map_err(|_| OfficeError::Corrupt {
        what: "what is awaited",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use taswiq_domain::time::Timestamp;
    use uuid::Uuid;

    #[test]
    fn what_is_stored_is_read_as_it_was_whoever_wrote_its_fields_in_which_order() {
        let awaited = |number: u128, why, amounts: &[(i64, i64)]| Awaited {
            order: OrderId(Uuid::from_u128(number)),
            cooperative: CooperativeId(7),
            why,
            amounts: amounts
                .iter()
                .map(|&(person, amount)| (PersonId(person), Centimes(amount)))
                .collect(),
        };
        let closes_at = Timestamp(1_791_031_264_007);
        let dispute = Uuid::from_u128(9);
        let all = [
            awaited(1, NotYetInReason::NotDelivered, &[(4, 120), (5, 30)]),
            awaited(2, NotYetInReason::WithdrawalOpen { closes_at }, &[(4, 7)]),
            awaited(3, NotYetInReason::Disputed { dispute }, &[(6, 1)]),
            awaited(4, NotYetInReason::NotDelivered, &[]),
        ];
        let mut texts: Vec<String> = all
            .iter()
            .map(|awaited| awaited.to_text().expect("a text"))
            .collect();
        assert!(
            texts.iter().all(|text| Cut::of(text).is_some()),
            "{texts:?}"
        );
        let turned = format!(
            r#"{{ "cooperative": 7, "amounts": [[4, 11]], "order": "{}", "why": {{"because": "not_paid"}} }}"#,
            Uuid::from_u128(5)
        );
        texts.push(turned);
        let expected: Vec<_> = all
            .into_iter()
            .chain([awaited(5, NotYetInReason::NotPaid, &[(4, 11)])])
            .flat_map(Awaited::parts)
            .collect();
        let mut parts = Vec::new();
        Awaited::read_all(&texts.join("\n"), |person, part| parts.push((person, part)))
            .expect("read");
        assert_eq!(parts, expected);
        assert!(Awaited::read_all("{}", |_, _| ()).is_err());
    }
}
