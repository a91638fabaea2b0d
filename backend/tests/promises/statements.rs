//! No statement lies about unused: what the promises do not reach through the office is not there.

use std::path::{Path, PathBuf};

fn rust_files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
}

#[test]
fn every_statement_is_used_by_the_office() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let texts: Vec<(PathBuf, String)> = files
        .into_iter()
        .map(|path| (path.clone(), std::fs::read_to_string(path).expect("text")))
        .collect();
    let mut statements = 0;
    for (path, text) in texts.iter().filter(|(path, _)| path.ends_with("sql.rs")) {
        for line in text.lines() {
            let Some(name) = line
                .strip_prefix("pub async fn ")
                .and_then(|rest| rest.split(['(', '<']).next())
            else {
                continue;
            };
            statements += 1;
            let call = format!("sql::{name}(");
            let used = texts
                .iter()
                .any(|(other, text)| other != path && text.contains(&call));
            assert!(used, "{name} of {} is never used", path.display());
        }
    }
    assert!(statements > 80, "{statements}");
}

#[test]
fn statements_live_in_their_own_files_and_are_never_put_together_from_values() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    for path in files {
        let text = std::fs::read_to_string(&path).expect("text");
        let at_home = path.ends_with("sql.rs")
            || path.starts_with(source.join("db"))
            || path.ends_with("db.rs");
        for keyword in ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "] {
            assert!(
                at_home || !text.contains(&format!("\"{keyword}")),
                "a statement outside its home: {}",
                path.display()
            );
        }
        // A test's schema has the name that the test gave it; a copy names the tables and columns of our own
        // migrations.
        let names_no_values = ["testing.rs", "backup/sql.rs", "backup/schema.rs"]
            .iter()
            .any(|file| path == source.join(file));
        assert!(
            names_no_values || !text.contains("AssertSqlSafe"),
            "a statement put together: {}",
            path.display()
        );
    }
}

/// SQLite looks at the value of a bare parameter there to choose its plan, and so makes the statement
/// anew each time it is run.
#[test]
fn no_statement_is_limited_by_a_bare_parameter() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut limits = 0;
    for path in files {
        let text = std::fs::read_to_string(&path).expect("text");
        limits += text.matches("LIMIT CAST($").count();
        assert!(!text.contains("LIMIT $"), "{}", path.display());
    }
    assert!(limits > 5, "{limits}");
}
