//! What a database consists of at a version of its tables.
//!
//! Nothing here is a list that somebody would have to remember: the tables are made, in memory, by the
//! migrations that make them everywhere, and looked at. So a copy holds a new table from the day it is
//! there. Both databases have the same tables and columns (a test compares them).

use super::sql;
use crate::db::{Db, dialect};
use crate::error::{OfficeError, OpenError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a column holds, in a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A number; yes and no are 1 and 0.
    Integer,
    /// Letters.
    Text,
    /// Anything else; an id is 16 bytes.
    Bytes,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column(pub String, pub Kind);

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// The number that counts its rows, where there is one: they are kept in its order, for a row may
    /// name an earlier one.
    pub number: Option<String>,
}

/// Every table of that version, each after those that it refers to.
pub async fn tables(schema: i64) -> Result<Vec<Table>, OpenError> {
    let db = dialect::open_to_fill(":memory:").await?;
    let Db::Sqlite { writer: memory, .. } = &db else {
        return Err(OfficeError::Corrupt {
            what: "a database in memory",
        }
        .into());
    };
    let mut conn = db.write().await?;
    dialect::migrate_within(&mut conn, Some(schema)).await?;
    drop(conn);
    let mut waiting = Vec::new();
    for (name,) in sql::model_tables(memory).await? {
        let mut key = Vec::new();
        let mut columns = Vec::new();
        for (column, declared, place) in sql::model_columns(memory, &name).await? {
            let kind = match declared.as_str() {
                "INTEGER" => Kind::Integer,
                "TEXT" => Kind::Text,
                _ => Kind::Bytes,
            };
            if place > 0 {
                key.push((column.clone(), kind));
            }
            columns.push(Column(column, kind));
        }
        let number = match key.as_slice() {
            [(column, Kind::Integer)] => Some(column.clone()),
            _ => None,
        };
        let named = sql::model_references(memory, &name).await?;
        let named: BTreeSet<String> = named.into_iter().map(|(name,)| name).collect();
        waiting.push((
            Table {
                name,
                columns,
                number,
            },
            named,
        ));
    }
    db.close().await;
    in_order(waiting).ok_or_else(|| {
        OfficeError::Corrupt {
            what: "tables that refer to each other",
        }
        .into()
    })
}

fn in_order(mut waiting: Vec<(Table, BTreeSet<String>)>) -> Option<Vec<Table>> {
    let mut placed: Vec<Table> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let next = waiting.iter().position(|(table, named)| {
            named
                .iter()
                .all(|name| *name == table.name || placed.iter().any(|placed| placed.name == *name))
        })?;
        placed.push(waiting.remove(next).0);
    }
    Some(placed)
}
