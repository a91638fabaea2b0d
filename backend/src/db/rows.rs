//! Texts for statements over many rows.
//!
//! A prepared statement is worth keeping, so rows are cut into a few fixed sizes and each text is
//! made once for the life of the process. Nothing but placeholders is ever generated.
//!
//! PostgreSQL wants its placeholders numbered. SQLite keeps the name of each numbered one in a list
//! that the driver walks for every value it binds, which is quadratic in the number of values; it
//! gets nameless ones.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{LazyLock, Mutex, PoisonError};

/// One order over two cooperatives changes some twenty sums and a few rows of each other table, so
/// the small sizes lie close together.
const SIZES: [usize; 14] = [256, 64, 32, 24, 20, 16, 12, 8, 6, 5, 4, 3, 2, 1];

/// The largest size that fits `len` rows.
pub fn chunk(len: usize) -> usize {
    SIZES.into_iter().find(|size| *size <= len).unwrap_or(1)
}

/// How a database writes a value that is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Placeholder {
    /// `$1`, `$2` …
    Numbered,
    /// `?`
    Nameless,
}

impl Placeholder {
    fn write(self, number: usize, text: &mut String) {
        match self {
            Self::Numbered => {
                let _ = write!(text, "${number}");
            }
            Self::Nameless => text.push('?'),
        }
    }
}

type Key = (&'static str, &'static str, usize, usize, Placeholder);

static TEXTS: LazyLock<Mutex<HashMap<Key, &'static str>>> = LazyLock::new(Mutex::default);

fn text(key: Key, make: impl FnOnce() -> String) -> &'static str {
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    // Leaked on purpose: a handful of statements in a few sizes, kept as long as the process.
    texts
        .entry(key)
        .or_insert_with(|| Box::leak(make().into_boxed_str()))
}

/// `head VALUES ($1, $2), ($3, $4) tail`.
pub fn insert_text(
    head: &'static str,
    tail: &'static str,
    columns: usize,
    rows: usize,
    placeholder: Placeholder,
) -> &'static str {
    text((head, tail, columns, rows, placeholder), || {
        let mut text = String::with_capacity(head.len() + tail.len() + rows * columns * 6);
        text.push_str(head);
        text.push_str(" VALUES ");
        for row in 0..rows {
            text.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..columns {
                text.push_str(if column == 0 { "" } else { ", " });
                placeholder.write(row * columns + column + 1, &mut text);
            }
            text.push(')');
        }
        text.push(' ');
        text.push_str(tail);
        text
    })
}

/// `head IN ($1, $2) tail`.
pub fn in_text(
    head: &'static str,
    tail: &'static str,
    keys: usize,
    placeholder: Placeholder,
) -> &'static str {
    text((head, tail, 0, keys, placeholder), || {
        let mut text = String::with_capacity(head.len() + tail.len() + keys * 6);
        text.push_str(head);
        text.push_str(" IN (");
        for key in 0..keys {
            text.push_str(if key == 0 { "" } else { ", " });
            placeholder.write(key + 1, &mut text);
        }
        text.push_str(") ");
        text.push_str(tail);
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_count_on_from_row_to_row() {
        let numbered = Placeholder::Numbered;
        assert_eq!(
            insert_text("INSERT INTO t (a, b)", "", 2, 2, numbered),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) "
        );
        assert_eq!(
            in_text("SELECT a FROM t WHERE a", "ORDER BY a", 3, numbered),
            "SELECT a FROM t WHERE a IN ($1, $2, $3) ORDER BY a"
        );
        let nameless = Placeholder::Nameless;
        assert_eq!(
            insert_text("INSERT INTO t (a, b)", "", 2, 2, nameless),
            "INSERT INTO t (a, b) VALUES (?, ?), (?, ?) "
        );
        assert_eq!(
            in_text("SELECT a FROM t WHERE a", "ORDER BY a", 3, nameless),
            "SELECT a FROM t WHERE a IN (?, ?, ?) ORDER BY a"
        );
    }

    #[test]
    fn every_number_of_rows_is_cut_without_rest() {
        for len in 1..2_000 {
            let (mut rest, mut cuts) = (len, 0);
            while rest > 0 {
                rest -= chunk(rest);
                cuts += 1;
            }
            assert!(cuts <= 14, "{len} rows in {cuts} statements");
        }
    }
}
