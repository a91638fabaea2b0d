//! SQL has one home, so that a person who changes a table finds everything that reads it.

use anyhow::Result;

use super::sources::{self, Source};

/// A literal that begins like this is a statement.
const STATEMENTS: [&str; 9] = [
    "SELECT ",
    "INSERT INTO ",
    "INSERT OR ",
    "UPDATE ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "ALTER TABLE ",
    "DROP TABLE ",
    "WITH ",
];

pub fn check() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for source in sources::all()? {
        if !source.has_extension("rs") || source.is_test() || is_home(&source) {
            continue;
        }
        let text = source.text()?;
        for literal in sources::literals(sources::without_tests(&text)) {
            if is_statement(&literal.text) {
                complaints.push(format!("{}:{}", source.path, literal.line));
            }
        }
    }
    Ok(complaints)
}

fn is_home(source: &Source) -> bool {
    let path = source.path.as_str();
    let in_backend = path.starts_with("backend/src/");
    let named_so = path.ends_with("/sql.rs")
        || path.starts_with("backend/src/db/")
        || path == "backend/src/db.rs";
    // The benchmark compares with a bare server that has one table of its own, and with a bare sum.
    let of_bench = path == "bench/src/probe/sql.rs" || path == "bench/src/payroll/sql.rs";
    // A bug that is planted in a database, to see it caught.
    let of_faults = path == "faults/src/bugs/sql.rs";
    // This file knows how a statement begins.
    (in_backend && named_so) || of_bench || of_faults || path == "xtask/src/tidy/sql.rs"
}

fn is_statement(literal: &str) -> bool {
    let start = literal.trim_start();
    STATEMENTS
        .iter()
        .any(|statement| start.starts_with(statement))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_told_from_a_sentence() {
        assert!(is_statement("\n    SELECT id FROM orders"));
        assert!(!is_statement("Select a customer"));
        assert!(!is_statement("UPDATED"));
    }
}
