//! Reading what is `{"kind": …, "body": …}` straight into its type.
//!
//! What serde derives for such an enum, or for a flattened struct, compiles every document a second
//! time over an in-between form, for the case that the body comes before its kind. On a phone that
//! was a fifth of the program. Here the body is read directly when its kind is known, which is always
//! so for what our own writers wrote, and by way of a text when it came first.

use super::{Change, Command, CommandBody, LedgerEntry};
use crate::ids::{CommandId, CooperativeId, OrderId};
use crate::ledger::{Account, Purpose, Transfer};
use crate::money::Centimes;
use crate::time::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Where a body is read from.
trait Source {
    type Error: Error;
    fn body<T: DeserializeOwned>(self) -> Result<T, Self::Error>;
}

/// The value the reader stands before.
struct Here<'a, 'de, A>(&'a mut A, PhantomData<&'de ()>);

impl<'de, A: MapAccess<'de>> Source for Here<'_, 'de, A> {
    type Error = A::Error;
    fn body<T: DeserializeOwned>(self) -> Result<T, A::Error> {
        self.0.next_value()
    }
}

/// A value that came before its kind.
struct Held<E>(serde_json::Value, PhantomData<E>);

impl<E: Error> Source for Held<E> {
    type Error = E;
    fn body<T: DeserializeOwned>(self) -> Result<T, E> {
        serde_json::from_str(&self.0.to_string()).map_err(E::custom)
    }
}

/// A kind and its body, read in either order.
struct Tagged<T> {
    kind: Option<String>,
    held: Option<serde_json::Value>,
    read: Option<T>,
}

impl<T> Tagged<T> {
    const fn new() -> Self {
        Self {
            kind: None,
            held: None,
            read: None,
        }
    }
}

impl Tagged<Change> {
    fn take<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match (key, self.kind.as_deref()) {
            ("kind", _) => self.kind = Some(map.next_value()?),
            ("body", Some(kind)) => self.read = Some(change(kind, Here(map, PhantomData))?),
            ("body", None) => self.held = Some(map.next_value()?),
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn finish<E: Error>(self) -> Result<Change, E> {
        match (self.read, self.kind, self.held) {
            (Some(read), _, _) => Ok(read),
            (None, Some(kind), Some(held)) => change(&kind, Held(held, PhantomData)),
            (None, None, _) => Err(E::missing_field("kind")),
            (None, Some(_), None) => Err(E::missing_field("body")),
        }
    }
}

impl Tagged<CommandBody> {
    fn take<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match (key, self.kind.as_deref()) {
            ("kind", _) => self.kind = Some(map.next_value()?),
            ("body", Some(kind)) => self.read = Some(command_body(kind, Here(map, PhantomData))?),
            ("body", None) => self.held = Some(map.next_value()?),
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn finish<E: Error>(self) -> Result<CommandBody, E> {
        match (self.read, self.kind, self.held) {
            (Some(read), _, _) => Ok(read),
            (None, Some(kind), Some(held)) => command_body(&kind, Held(held, PhantomData)),
            (None, None, _) => Err(E::missing_field("kind")),
            (None, Some(_), None) => Err(E::missing_field("body")),
        }
    }
}

fn change<S: Source>(kind: &str, source: S) -> Result<Change, S::Error> {
    Ok(match kind {
        "profile" => Change::Profile(source.body()?),
        "catalogue" => Change::Catalogue(source.body()?),
        "customer" => Change::Customer(source.body()?),
        "customer_removed" => Change::CustomerRemoved(source.body()?),
        "order" => Change::Order(source.body()?),
        "order_removed" => Change::OrderRemoved(source.body()?),
        "entry" => Change::Entry(source.body()?),
        "parked_settled" => Change::ParkedSettled(source.body()?),
        unknown => return Err(S::Error::unknown_variant(unknown, &[])),
    })
}

fn command_body<S: Source>(kind: &str, source: S) -> Result<CommandBody, S::Error> {
    Ok(match kind {
        "register_customer" => CommandBody::RegisterCustomer(source.body()?),
        "correct_customer" => CommandBody::CorrectCustomer(source.body()?),
        "place_order" => CommandBody::PlaceOrder(source.body()?),
        "amend_order" => CommandBody::AmendOrder(source.body()?),
        "cancel_order" => CommandBody::CancelOrder(source.body()?),
        "confirm_sub_order" => CommandBody::ConfirmSubOrder(source.body()?),
        "refuse_sub_order" => CommandBody::RefuseSubOrder(source.body()?),
        "propose_change" => CommandBody::ProposeChange(source.body()?),
        "answer_change" => CommandBody::AnswerChange(source.body()?),
        "start_preparing" => CommandBody::StartPreparing(source.body()?),
        "pack_sub_order" => CommandBody::PackSubOrder(source.body()?),
        "hand_over" => CommandBody::HandOver(source.body()?),
        "deliver" => CommandBody::Deliver(source.body()?),
        "fail_delivery" => CommandBody::FailDelivery(source.body()?),
        "return_goods" => CommandBody::ReturnGoods(source.body()?),
        "collect" => CommandBody::Collect(source.body()?),
        "declare_early_payment" => CommandBody::DeclareEarlyPayment(source.body()?),
        "withdraw" => CommandBody::Withdraw(source.body()?),
        unknown => return Err(S::Error::unknown_variant(unknown, &[])),
    })
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Change;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a change")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Change, A::Error> {
                let mut tagged = Tagged::<Change>::new();
                while let Some(key) = map.next_key::<String>()? {
                    tagged.take(&key, &mut map)?;
                }
                tagged.finish()
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Command;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a command")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Command, A::Error> {
                let (mut id, mut seq, mut made_at) = (None::<CommandId>, None, None);
                let mut tagged = Tagged::<CommandBody>::new();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "id" => id = Some(map.next_value()?),
                        "seq" => seq = Some(map.next_value()?),
                        "made_at" => made_at = Some(map.next_value()?),
                        key => tagged.take(key, &mut map)?,
                    }
                }
                let missing = A::Error::missing_field;
                Ok(Command {
                    id: id.ok_or_else(|| missing("id"))?,
                    seq: seq.ok_or_else(|| missing("seq"))?,
                    made_at: made_at.ok_or_else(|| missing("made_at"))?,
                    body: tagged.finish()?,
                })
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// A [`LedgerEntry`] as it is written: the number beside the fields of its transfer.
#[derive(Deserialize)]
pub(super) struct EntryFields {
    number: i64,
    debit: Account,
    credit: Account,
    amount: Centimes,
    purpose: Purpose,
    order: OrderId,
    cooperative: CooperativeId,
    line: u16,
    event_number: u32,
    at: Timestamp,
}

impl From<EntryFields> for LedgerEntry {
    fn from(fields: EntryFields) -> Self {
        let EntryFields {
            number,
            debit,
            credit,
            amount,
            purpose,
            order,
            cooperative,
            line,
            event_number,
            at,
        } = fields;
        let transfer = Transfer {
            debit,
            credit,
            amount,
            purpose,
            order,
            cooperative,
            line,
            event_number,
            at,
        };
        Self { number, transfer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CustomerId;
    use uuid::Uuid;

    #[test]
    fn a_body_is_read_before_and_after_its_kind() {
        let id = Uuid::from_u128(7);
        let removed = Change::CustomerRemoved(CustomerId(id));
        for text in [
            format!(r#"{{"kind":"customer_removed","body":"{id}"}}"#),
            format!(r#"{{"body":"{id}","kind":"customer_removed"}}"#),
            format!(r#"{{"new":[1],"body":"{id}","kind":"customer_removed"}}"#),
        ] {
            assert_eq!(
                serde_json::from_str::<Change>(&text).ok().as_ref(),
                Some(&removed),
                "{text}"
            );
        }
        for text in [
            r#"{"kind":"customer_removed"}"#,
            r#"{"body":1}"#,
            r#"{"kind":"x","body":1}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Change>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_command_is_read_in_any_order_of_its_fields() {
        let (id, order) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let body = format!(r#""kind":"withdraw","body":{{"order":"{order}","cooperative":3}}"#);
        let turned = format!(r#""body":{{"order":"{order}","cooperative":3}},"kind":"withdraw""#);
        let read = |text: String| serde_json::from_str::<Command>(&text).expect("a command");
        let one = read(format!(r#"{{"id":"{id}","seq":4,"made_at":5,{body}}}"#));
        let other = read(format!(r#"{{{turned},"made_at":5,"seq":4,"id":"{id}"}}"#));
        assert_eq!(one, other);
        let written = serde_json::to_value(&one).expect("serialises");
        assert_eq!(serde_json::from_value::<Command>(written).ok(), Some(one));
    }
}
