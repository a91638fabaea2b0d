//! Reading documents by one small reader.
//!
//! What serde derives for an enum with a tag, or for a flattened struct, compiles every document a
//! second time over an in-between form; and a reader of texts is compiled anew for every list and
//! struct it reads, and for whatever else it might find there. On a phone all that was a quarter of
//! the program. Here a text becomes a [`Tree`] first, by code that exists once; a tree answers only
//! what a type asks for; and what has a tag takes its fields from it by name.

use serde::Deserialize;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeOwned, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// Reads a document.
///
/// # Errors
/// When the text is not such a document.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    Tree::parse(text)?.read()
}

/// Reads a document with long lists, whose type reads them [one by one](one_by_one): a tree of all of
/// it would be ten times its text.
///
/// # Errors
/// When the text is not such a document.
pub fn read_long<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text)
}

/// Reads a list whose items become trees one after the other.
pub(crate) fn one_by_one<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    struct Items<T>(PhantomData<T>);
    impl<'de, T: DeserializeOwned> Visitor<'de> for Items<T> {
        type Value = Vec<T>;
        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a list")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = list.next_element::<Tree<'de>>()? {
                items.push(item.read().map_err(A::Error::custom)?);
            }
            Ok(items)
        }
    }
    deserializer.deserialize_seq(Items(PhantomData))
}

/// A document that is known to be JSON and no more. Texts without escapes are borrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree<'a> {
    /// `null`
    Null,
    /// `true` or `false`.
    Truth(bool),
    /// A whole number.
    Number(i64),
    /// A number that nothing of ours is made of: a fraction, or beyond all limits.
    OtherNumber,
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Tree<'a>>),
    /// An object, in the order of its fields.
    Object(Vec<(Cow<'a, str>, Tree<'a>)>),
}

impl<'a> Tree<'a> {
    /// Reads what is known to be JSON.
    ///
    /// # Errors
    /// When it is not.
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Reads it as a document.
    ///
    /// # Errors
    /// When it is not such a document.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, serde_json::Error> {
        T::deserialize(self)
    }

    /// Takes a field out of an object.
    pub fn take(&mut self, name: &str) -> Option<Self> {
        let Self::Object(fields) = self else {
            return None;
        };
        let index = fields.iter().position(|(known, _)| known == name)?;
        Some(fields.swap_remove(index).1)
    }

    /// A field of an object, left where it is.
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text it is.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn unlike(&self, expected: &str) -> serde_json::Error {
        let found = match self {
            Self::Null => "null",
            Self::Truth(_) => "true or false",
            Self::Number(_) | Self::OtherNumber => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        };
        serde_json::Error::custom(format_args!("{found} instead of {expected}"))
    }
}

impl<'de> Deserialize<'de> for Tree<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Grower;
        impl<'de> Visitor<'de> for Grower {
            type Value = Tree<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a document")
            }
            fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
                Ok(Tree::Null)
            }
            fn visit_bool<E>(self, truth: bool) -> Result<Tree<'de>, E> {
                Ok(Tree::Truth(truth))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Tree<'de>, E> {
                Ok(Tree::Number(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Tree<'de>, E> {
                Ok(i64::try_from(number).map_or(Tree::OtherNumber, Tree::Number))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Tree<'de>, E> {
                Ok(Tree::OtherNumber)
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Tree<'de>, E> {
                Ok(Tree::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Tree<'de>, E> {
                Ok(Tree::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree<'de>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Tree::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, value)) = map.next_entry::<Tree<'de>, Tree<'de>>()? {
                    match name {
                        Tree::Text(name) => fields.push((name, value)),
                        _ => return Err(A::Error::custom("a field without a name")),
                    }
                }
                Ok(Tree::Object(fields))
            }
        }
        deserializer.deserialize_any(Grower)
    }
}

impl<'de> IntoDeserializer<'de, serde_json::Error> for Tree<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! whole_numbers {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            self.deserialize_i64(visitor)
        }
    )+};
}

/// Asks of a document only what its type wants, so that nothing else is compiled for it: a struct is
/// never read from a list, nor a number from a text.
impl<'de> Deserializer<'de> for Tree<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Truth(truth) => visitor.visit_bool(truth),
            Self::Number(number) => visitor.visit_i64(number),
            Self::OtherNumber => visitor.visit_f64(f64::NAN),
            Self::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Self::Text(Cow::Owned(text)) => visitor.visit_string(text),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Object(fields) => visitor.visit_map(MapDeserializer::new(fields.into_iter())),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Truth(truth) => visitor.visit_bool(truth),
            other => Err(other.unlike("true or false")),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Number(number) => visitor.visit_i64(number),
            other => Err(other.unlike("a whole number")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Text(text) => visitor.visit_str(&text),
            other => Err(other.unlike("a text")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Text(text) => visitor.visit_string(text.into_owned()),
            other => Err(other.unlike("a text")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Null => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            other => Err(other.unlike("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Object(fields) => visitor.visit_map(MapDeserializer::new(fields.into_iter())),
            other => Err(other.unlike("an object")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self {
            Self::Text(name) => visitor.visit_enum(name.into_deserializer()),
            other => Err(other.unlike("a name")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_unit()
    }

    // One reader of whole numbers, whatever their size; of texts, whatever they are for.
    whole_numbers!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64);

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.deserialize_str(visitor)
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
    }
}

/// The fields of an object that is being read.
pub(crate) struct Fields<'a>(Tree<'a>);

impl<'a> Fields<'a> {
    pub(crate) fn of<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        match Tree::deserialize(deserializer)? {
            object @ Tree::Object(_) => Ok(Self(object)),
            other => Err(D::Error::custom(other.unlike("an object"))),
        }
    }

    /// Takes a field out. An absent one reads like `null`, so an optional one may be left out.
    pub(crate) fn take<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> Result<T, serde_json::Error> {
        match self.0.take(name) {
            Some(value) => value.read(),
            None => Tree::Null
                .read()
                .map_err(|_| serde_json::Error::missing_field(name)),
        }
    }

    /// Refuses what nobody took.
    pub(crate) fn nothing_left(&self) -> Result<(), serde_json::Error> {
        match &self.0 {
            Tree::Object(fields) if !fields.is_empty() => {
                Err(serde_json::Error::unknown_field(&fields[0].0, &[]))
            }
            _ => Ok(()),
        }
    }
}

/// Reads an enum whose variant is named by a tag: beside its fields (`Variant { field, … }`, as
/// `#[serde(tag = …)]` writes it) or beside the one field that holds its content
/// (`Variant("content")`, as `#[serde(tag = …, content = …)]` does). A field that is not known is
/// passed over, unless the enum is read `strictly`.
macro_rules! read_tagged {
    ($type:ident by $tag:literal { $($variants:tt)* }) => {
        $crate::reading::read_tagged!(@reader $type, fields, $tag, {}, { $($variants)* });
    };
    (strictly $type:ident by $tag:literal { $($variants:tt)* }) => {
        $crate::reading::read_tagged!(@reader $type, fields, $tag, { fields.nothing_left()? }, { $($variants)* });
    };
    (@reader $type:ident, $fields:ident, $tag:literal, $end:block, {
        $($name:literal => $variant:ident $({ $($field:ident),+ })? $(($content:literal))?,)+
    }) => {
        impl $type {
            #[cfg(test)]
            #[allow(dead_code, reason = "asked by the tests of what has many variants")]
            pub(crate) const NAMES: &[&str] = &[$($name),+];

            // Every variant has a name to be read by.
            const _READ: fn(&Self) = |value| match value {
                $(Self::$variant { .. } => {})+
            };

            pub(crate) fn from_fields(
                $fields: &mut $crate::reading::Fields<'_>,
            ) -> Result<Self, serde_json::Error> {
                let read = match $fields.take::<String>($tag)?.as_str() {
                    $($name => Self::$variant
                        $({ $($field: $fields.take(stringify!($field))?),+ })?
                        $(($fields.take($content)?))?,)+
                    unknown => return Err(serde::de::Error::unknown_variant(unknown, &[])),
                };
                $end;
                Ok(read)
            }
        }

        $crate::reading::read_from_fields!($type);
    };
}
pub(crate) use read_tagged;

/// Reads a type by its own `from_fields`.
macro_rules! read_from_fields {
    ($type:ident) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut fields = $crate::reading::Fields::of(deserializer)?;
                Self::from_fields(&mut fields).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use read_from_fields;

#[cfg(test)]
mod tests {
    use super::read;
    use crate::ids::{CommandId, CustomerId};
    use crate::order::Proof;
    use crate::sync::{Answer, Change, Command, CommandResult};
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
                read::<Change>(&text).ok().as_ref(),
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
            assert!(read::<Change>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_command_is_read_in_any_order_of_its_fields() {
        let (id, order) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let body = format!(r#""kind":"withdraw","body":{{"order":"{order}","cooperative":3}}"#);
        let turned = format!(r#""body":{{"order":"{order}","cooperative":3}},"kind":"withdraw""#);
        let read = |text: String| read::<Command>(&text).expect("a command");
        let one = read(format!(r#"{{"id":"{id}","seq":4,"made_at":5,{body}}}"#));
        let other = read(format!(r#"{{{turned},"made_at":5,"seq":4,"id":"{id}"}}"#));
        assert_eq!(one, other);
        let written = serde_json::to_value(&one).expect("serialises");
        assert_eq!(serde_json::from_value::<Command>(written).ok(), Some(one));
    }

    #[test]
    fn what_a_younger_server_adds_is_passed_over_and_what_is_missing_is_named() {
        let id = CommandId(Uuid::from_u128(7));
        let answer = |rest: &str| read::<CommandResult>(&format!(r#"{{"id":"{id}",{rest}}}"#));
        assert_eq!(
            answer(r#""status":"retry_after","delay_ms":9,"new":1"#).ok(),
            Some(CommandResult {
                id,
                answer: Answer::RetryAfter { delay_ms: 9 }
            })
        );
        let missing = answer(r#""status":"retry_after""#).expect_err("no delay");
        assert!(missing.to_string().contains("delay_ms"), "{missing}");
    }

    #[test]
    fn what_nothing_of_ours_is_made_of_is_passed_over() {
        let id = CommandId(Uuid::from_u128(7));
        for new in [
            "0.5",
            "-1e9",
            "99999999999999999999",
            "null",
            "[[]]",
            r#"{"a":"\n"}"#,
        ] {
            let text = format!(r#"{{"new":{new},"id":"{id}","status":"applied"}}"#);
            let answer = Answer::Applied;
            assert_eq!(
                read(&text).ok(),
                Some(CommandResult { id, answer }),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_of_the_type_is_refused_and_escapes_are_read() {
        assert_eq!(
            read::<String>(r#""a\u00e9\n""#).ok().as_deref(),
            Some("aé\n")
        );
        assert_eq!(read::<Option<u16>>("null").ok(), Some(None));
        assert_eq!(
            read::<u64>("9223372036854775807").ok(),
            Some(9_223_372_036_854_775_807)
        );
        assert!(read::<u8>("256").is_err());
        assert!(read::<u8>("-1").is_err());
        assert!(read::<u8>("1.0").is_err());
        assert!(read::<u8>(r#""1""#).is_err());
        assert!(read::<String>("1").is_err());
        assert!(read::<Proof>("[]").is_err());
        assert!(read::<String>(r#""a""b""#).is_err());
    }

    #[test]
    fn a_strictly_read_enum_refuses_what_it_does_not_know() {
        assert_eq!(
            read::<Proof>(r#"{"by":"receipt_digits","digits":1234}"#).ok(),
            Some(Proof::ReceiptDigits { digits: 1234 })
        );
        assert!(read::<Proof>(r#"{"by":"receipt_digits","digits":1234,"new":1}"#).is_err());
    }
}
