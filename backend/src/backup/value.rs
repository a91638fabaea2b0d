//! A value of any column, the same on both databases.

use super::schema::Kind;
use crate::people::token::{hex, unhex};
use serde::{Serialize, Serializer};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Nothing,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    /// Reads what stands in a copy for a column of that kind.
    pub fn read(written: serde_json::Value, kind: Kind) -> Option<Self> {
        Some(match (written, kind) {
            (serde_json::Value::Null, _) => Self::Nothing,
            (serde_json::Value::Number(number), Kind::Integer) => Self::Integer(number.as_i64()?),
            (serde_json::Value::String(text), Kind::Text) => Self::Text(text),
            (serde_json::Value::String(text), Kind::Bytes) => Self::Bytes(unhex(&text)?),
            _ => return None,
        })
    }

    /// About how much a statement grows by it.
    pub fn size(&self) -> usize {
        match self {
            Self::Nothing | Self::Integer(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => out.serialize_unit(),
            Self::Integer(number) => out.serialize_i64(*number),
            Self::Text(text) => out.serialize_str(text),
            Self::Bytes(bytes) => out.serialize_str(&hex(bytes)),
        }
    }
}
