//! The files of this repository, and the string literals of a Rust file: enough of the language to
//! tell a literal from a comment, no more.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::workspace;

/// A file, by its path from the root with `/`.
pub struct Source {
    pub path: String,
    full: PathBuf,
}

impl Source {
    /// # Errors
    /// When it cannot be read as text.
    pub fn text(&self) -> Result<String> {
        std::fs::read_to_string(&self.full).with_context(|| format!("reading {}", self.path))
    }

    /// # Errors
    /// When it vanished meanwhile.
    pub fn length(&self) -> Result<u64> {
        Ok(std::fs::metadata(&self.full)
            .with_context(|| self.path.clone())?
            .len())
    }

    pub fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }

    /// Whether it exists for tests only.
    pub fn is_test(&self) -> bool {
        ["/tests/", "/tests.rs", "/conformance.rs"]
            .iter()
            .any(|place| self.path.contains(place))
    }
}

/// Every file that belongs to the repository, tracked or about to be.
///
/// # Errors
/// When `git` cannot list them.
pub fn all() -> Result<Vec<Source>> {
    let root = workspace::root();
    let listed = command::read(Command::new("git").current_dir(&root).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
    ]))?;
    let mut paths: Vec<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    paths.sort_unstable();
    paths.dedup();
    Ok(paths
        .into_iter()
        .map(|path| Source {
            path: path.to_owned(),
            full: root.join(path),
        })
        // A file that was removed but not yet committed is still listed.
        .filter(|source| source.full.is_file())
        .collect())
}

/// A string literal and the line it begins on.
#[derive(Debug, PartialEq, Eq)]
pub struct Literal {
    pub line: usize,
    pub text: String,
}

/// The part of a Rust file that is compiled into the product: what follows `#[cfg(test)]` is, by the
/// convention of this repository, tests to the end of the file.
pub fn without_tests(text: &str) -> &str {
    match text.find("\n#[cfg(test)]\nmod ") {
        Some(at) => &text[..at],
        None => text,
    }
}

/// The string literals of Rust code, comments and documentation left out.
pub fn literals(code: &str) -> Vec<Literal> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let mut line = 1;
    let mut at = 0;
    let starts = |at: usize, word: &str| code.as_bytes()[at..].starts_with(word.as_bytes());
    while at < bytes.len() {
        if starts(at, "//") {
            at = end_of_line(bytes, at);
        } else if starts(at, "/*") {
            let end = code[at..]
                .find("*/")
                .map_or(bytes.len(), |length| at + length + 2);
            line += newlines(&bytes[at..end]);
            at = end;
        } else if bytes[at] == b'r' && !is_word(bytes, at) && raw_opening(&bytes[at..]).is_some() {
            let hashes = raw_opening(&bytes[at..]).unwrap_or_default();
            let body = at + hashes + 2;
            let closing = format!("\"{}", "#".repeat(hashes));
            let end = code[body..]
                .find(&closing)
                .map_or(bytes.len(), |length| body + length);
            found.push(Literal {
                line,
                text: code[body..end].to_owned(),
            });
            line += newlines(&bytes[at..end]);
            at = (end + closing.len()).min(bytes.len());
        } else if bytes[at] == b'"' {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            let end = end.min(bytes.len());
            found.push(Literal {
                line,
                text: code[at + 1..end].to_owned(),
            });
            line += newlines(&bytes[at..end]);
            at = (end + 1).min(bytes.len());
        } else if bytes[at] == b'\'' {
            at += character_length(&code[at..]);
        } else {
            line += usize::from(bytes[at] == b'\n');
            at += 1;
        }
    }
    found
}

fn end_of_line(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |length| at + length)
}

fn newlines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// Whether the letter at `at` continues a word, so `r` is not the start of a raw string.
fn is_word(bytes: &[u8], at: usize) -> bool {
    at > 0
        && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
        && bytes[at - 1] != b'b'
}

/// The number of `#` of a raw string that starts here.
fn raw_opening(bytes: &[u8]) -> Option<usize> {
    let hashes = bytes[1..].iter().take_while(|byte| **byte == b'#').count();
    (bytes.get(1 + hashes) == Some(&b'"')).then_some(hashes)
}

/// How many bytes a character literal takes, or 1 when the quote opens a lifetime.
fn character_length(code: &str) -> usize {
    let rest = &code[1..];
    if let Some(escaped) = rest.strip_prefix('\\') {
        let after = escaped.chars().next().map_or(0, char::len_utf8);
        return 2 + after + escaped[after..].find('\'').map_or(0, |length| length + 1);
    }
    match rest.chars().next() {
        Some(letter) if rest[letter.len_utf8()..].starts_with('\'') => letter.len_utf8() + 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(code: &str) -> Vec<String> {
        literals(code)
            .into_iter()
            .map(|literal| literal.text)
            .collect()
    }

    #[test]
    fn literals_are_found_and_comments_are_not() {
        let code = r###"
            // "comment"
            /* "block" */
            let a: &'static str = "one \" two";
            let b = r#"raw "quoted""#;
            let c = ('"', '\'', '\n', "three");
        "###;
        assert_eq!(texts(code), ["one \\\" two", "raw \"quoted\"", "three"]);
    }

    #[test]
    fn a_literal_knows_its_line_after_others_of_several_lines() {
        let code = "let a = \"x\n y\";\nlet b = \"z\";";
        assert_eq!(
            literals(code)[1],
            Literal {
                line: 3,
                text: "z".to_owned()
            }
        );
    }

    #[test]
    fn tests_at_the_end_of_a_file_are_not_the_product() {
        let file = "fn a() {}\n#[cfg(test)]\nmod tests {}";
        assert_eq!(without_tests(file), "fn a() {}");
    }
}
