//! Statements that read and write any table whole. The names in them are those of our own migrations.

use super::BackupError;
use super::schema::{Kind, Table};
use super::value::Value;
use crate::db::{Conn, execute};
use crate::error::OfficeError;
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Column, Row, SqlitePool, TypeInfo};
use std::fmt::Write;
use uuid::Uuid;

/// A value that its column cannot hold.
const NOT_THAT_KIND: BackupError = BackupError::Office(OfficeError::Corrupt {
    what: "a value of another kind than its column",
});

pub async fn model_tables(memory: &SqlitePool) -> Result<Vec<(String,)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY name",
    )
    .fetch_all(memory)
    .await
}

/// Name, declared type, place in the key.
pub async fn model_columns(
    memory: &SqlitePool,
    table: &str,
) -> Result<Vec<(String, String, i64)>, sqlx::Error> {
    sqlx::query_as("SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid")
        .bind(table)
        .fetch_all(memory)
        .await
}

pub async fn model_references(
    memory: &SqlitePool,
    table: &str,
) -> Result<Vec<(String,)>, sqlx::Error> {
    sqlx::query_as("SELECT DISTINCT \"table\" FROM pragma_foreign_key_list($1)")
        .bind(table)
        .fetch_all(memory)
        .await
}

fn column_names(table: &Table) -> String {
    let names: Vec<String> = table
        .columns
        .iter()
        .map(|column| format!("\"{}\"", column.0))
        .collect();
    names.join(", ")
}

/// Gives every row of a table to `take`, one after the other.
pub async fn read_rows(
    conn: &mut Conn,
    table: &Table,
    mut take: impl FnMut(Vec<Value>) -> Result<(), BackupError> + Send,
) -> Result<(), BackupError> {
    let mut text = format!("SELECT {} FROM \"{}\"", column_names(table), table.name);
    if let Some(number) = &table.number {
        let _ = write!(text, " ORDER BY \"{number}\"");
    }
    let text = AssertSqlSafe(text);
    match conn {
        Conn::Sqlite(connection) => {
            let mut rows = sqlx::query(text).persistent(false).fetch(&mut **connection);
            while let Some(row) = rows.try_next().await? {
                let values = table
                    .columns
                    .iter()
                    .enumerate()
                    .map(|(place, column)| of_sqlite(&row, place, column.1));
                take(values.collect::<Result<_, _>>()?)?;
            }
        }
        Conn::Postgres(connection) => {
            let mut rows = sqlx::query(text).persistent(false).fetch(&mut **connection);
            while let Some(row) = rows.try_next().await? {
                let values = (0..row.len()).map(|place| of_postgres(&row, place));
                take(values.collect::<Result<_, _>>()?)?;
            }
        }
    }
    Ok(())
}

fn of_sqlite(
    row: &sqlx::sqlite::SqliteRow,
    place: usize,
    kind: Kind,
) -> Result<Value, BackupError> {
    Ok(match kind {
        Kind::Integer => row.try_get::<Option<i64>, _>(place)?.map(Value::Integer),
        Kind::Text => row.try_get::<Option<String>, _>(place)?.map(Value::Text),
        Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(place)?.map(Value::Bytes),
    }
    .unwrap_or(Value::Nothing))
}

fn of_postgres(row: &sqlx::postgres::PgRow, place: usize) -> Result<Value, BackupError> {
    Ok(match row.column(place).type_info().name() {
        "INT8" => row.try_get::<Option<i64>, _>(place)?.map(Value::Integer),
        "BOOL" => row
            .try_get::<Option<bool>, _>(place)?
            .map(|yes| Value::Integer(i64::from(yes))),
        "TEXT" => row.try_get::<Option<String>, _>(place)?.map(Value::Text),
        "UUID" => row
            .try_get::<Option<Uuid>, _>(place)?
            .map(|id| Value::Bytes(id.as_bytes().to_vec())),
        "BYTEA" => row.try_get::<Option<Vec<u8>>, _>(place)?.map(Value::Bytes),
        _ => return Err(NOT_THAT_KIND),
    }
    .unwrap_or(Value::Nothing))
}

/// As what a value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    Integer,
    Boolean,
    Text,
    Bytes,
    Id,
}

/// As what the database stores each column of a table.
pub async fn stored_as(conn: &mut Conn, table: &Table) -> Result<Vec<Stored>, sqlx::Error> {
    let types: Vec<(String, String)> = match conn {
        Conn::Sqlite(_) => Vec::new(),
        Conn::Postgres(connection) => {
            sqlx::query_as(
                "SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1",
            )
            .bind(&table.name)
            .fetch_all(&mut **connection)
            .await?
        }
    };
    let stored = table.columns.iter().map(|column| {
        let declared = types.iter().find(|(name, _)| *name == column.0);
        match (column.1, declared.map(|(_, declared)| declared.as_str())) {
            (Kind::Integer, Some("boolean")) => Stored::Boolean,
            (Kind::Bytes, Some("uuid")) => Stored::Id,
            (Kind::Integer, _) => Stored::Integer,
            (Kind::Text, _) => Stored::Text,
            (Kind::Bytes, _) => Stored::Bytes,
        }
    });
    Ok(stored.collect())
}

/// Writes rows. `is_usual` says that statements over as many rows come again and again.
pub async fn write_rows(
    conn: &mut Conn,
    table: &Table,
    stored: &[Stored],
    rows: &[Vec<Value>],
    is_usual: bool,
) -> Result<(), BackupError> {
    let mut text = format!(
        "INSERT INTO \"{}\" ({}) VALUES ",
        table.name,
        column_names(table)
    );
    let is_file = matches!(conn, Conn::Sqlite(_));
    let mut number = 0;
    for row in 0..rows.len() {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..stored.len() {
            text.push_str(if column == 0 { "" } else { ", " });
            number += 1;
            // Why nameless ones in a file: see `db::rows`.
            if is_file {
                text.push('?');
            } else {
                let _ = write!(text, "${number}");
            }
        }
        text.push(')');
    }
    let values = rows.iter().flat_map(|row| row.iter().zip(stored));
    let written = match conn {
        Conn::Sqlite(connection) => {
            let mut query = sqlx::query(AssertSqlSafe(text)).persistent(is_usual);
            for (value, _) in values {
                query = match value {
                    Value::Nothing => query.bind(None::<i64>),
                    Value::Integer(number) => query.bind(*number),
                    Value::Text(text) => query.bind(text.as_str()),
                    Value::Bytes(bytes) => query.bind(bytes.as_slice()),
                };
            }
            query.execute(&mut **connection).await?.rows_affected()
        }
        Conn::Postgres(connection) => {
            let mut query = sqlx::query(AssertSqlSafe(text)).persistent(is_usual);
            for (value, stored) in values {
                query = match (value, stored) {
                    (Value::Nothing, Stored::Integer) => query.bind(None::<i64>),
                    (Value::Nothing, Stored::Boolean) => query.bind(None::<bool>),
                    (Value::Nothing, Stored::Text) => query.bind(None::<&str>),
                    (Value::Nothing, Stored::Bytes) => query.bind(None::<&[u8]>),
                    (Value::Nothing, Stored::Id) => query.bind(None::<Uuid>),
                    (Value::Integer(number), Stored::Integer) => query.bind(*number),
                    (Value::Integer(yes @ (0 | 1)), Stored::Boolean) => query.bind(*yes == 1),
                    (Value::Text(text), Stored::Text) => query.bind(text.as_str()),
                    (Value::Bytes(bytes), Stored::Bytes) => query.bind(bytes.as_slice()),
                    (Value::Bytes(bytes), Stored::Id) => {
                        query.bind(Uuid::from_slice(bytes).map_err(|_| NOT_THAT_KIND)?)
                    }
                    _ => return Err(NOT_THAT_KIND),
                };
            }
            query.execute(&mut **connection).await?.rows_affected()
        }
    };
    if written == rows.len() as u64 {
        Ok(())
    } else {
        Err(OfficeError::Corrupt {
            what: "rows that were not written",
        }
        .into())
    }
}

/// A link that nobody had used may have been used since: none opens anything any more.
pub async fn end_links(conn: &mut Conn, now: i64) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE link SET expires_at = $1 WHERE used_at IS NULL AND expires_at > $1",
        now
    )
}
