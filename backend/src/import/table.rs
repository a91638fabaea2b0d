//! A file as a table: its separator guessed, its columns found by name.

use super::{ROWS_MAX, Trouble, Wrong};
use std::collections::BTreeMap;
use taswiq_domain::limits;
use taswiq_domain::text::LocalText;

/// The rows of a file.
#[derive(Debug, Default)]
pub struct Table {
    pub rows: Vec<Fields>,
}

/// One row, by the names of its columns.
#[derive(Debug, Default)]
pub struct Fields {
    /// The line as a spreadsheet counts.
    pub line: usize,
    cells: BTreeMap<&'static str, String>,
}

impl Table {
    /// Reads a file. What is wrong with its form is told; what can be read of it is read.
    pub fn read(
        file: &[u8],
        columns: &'static [&'static str],
        required: &[&str],
    ) -> (Self, Vec<Wrong>) {
        let mut wrong = Vec::new();
        let whole = |trouble: Trouble| Wrong {
            line: 0,
            column: String::new(),
            trouble,
        };
        let Ok(text) = std::str::from_utf8(file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file))
        else {
            return (Self::default(), vec![whole(Trouble::NotText)]);
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator(text))
            .flexible(true)
            .has_headers(false)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut records = reader.records().filter_map(Result::ok);
        let headings: Vec<String> = records
            .next()
            .map(|record| {
                record
                    .iter()
                    .map(|cell| cell.to_lowercase().replace([' ', '-'], "_"))
                    .collect()
            })
            .unwrap_or_default();
        let found: Vec<Option<&'static str>> = headings
            .iter()
            .map(|heading| columns.iter().find(|known| *known == heading).copied())
            .collect();
        for (heading, _) in headings
            .iter()
            .zip(&found)
            .filter(|(heading, known)| known.is_none() && !heading.is_empty())
        {
            wrong.push(Wrong {
                line: 1,
                column: heading.clone(),
                trouble: Trouble::ColumnUnknown,
            });
        }
        for column in required
            .iter()
            .filter(|column| !found.contains(&Some(**column)))
        {
            wrong.push(Wrong {
                line: 1,
                column: (*column).to_owned(),
                trouble: Trouble::ColumnMissing,
            });
        }
        if !wrong.is_empty() {
            return (Self::default(), wrong);
        }
        let mut rows = Vec::new();
        let mut lines = Lines::of(text);
        for record in records {
            let line = record.position().map_or(0, |position| {
                lines.at(usize::try_from(position.byte()).unwrap_or_default())
            });
            if record.iter().all(str::is_empty) {
                continue;
            }
            if rows.len() == ROWS_MAX {
                wrong.push(whole(Trouble::TooManyRows { rows_max: ROWS_MAX }));
                break;
            }
            if record.iter().skip(found.len()).any(|cell| !cell.is_empty()) {
                wrong.push(Wrong {
                    line,
                    column: String::new(),
                    trouble: Trouble::TooManyCells,
                });
            }
            let cells = found
                .iter()
                .zip(record.iter())
                .filter_map(|(column, cell)| Some(((*column)?, unescaped(cell))))
                .collect();
            rows.push(Fields { line, cells });
        }
        if rows.is_empty() {
            wrong.push(whole(Trouble::Empty));
        }
        (Self { rows }, wrong)
    }
}

/// Counts lines from record to record. The reader's own count is one short where lines end with a
/// return, as those of most spreadsheets do: it has not passed the end of the line before yet.
struct Lines<'a> {
    text: &'a [u8],
    passed: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    const fn of(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            passed: 0,
            line: 1,
        }
    }

    /// The line of the record that begins at this byte or after the ends of lines there.
    fn at(&mut self, byte: usize) -> usize {
        let rest = self.text.get(byte..).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let begins = byte + ends.count();
        let between = self.text.get(self.passed..begins).unwrap_or_default();
        self.line += between.iter().filter(|byte| **byte == b'\n').count();
        self.passed = begins;
        self.line
    }
}

/// The separator that the headings hold most of.
fn separator(text: &str) -> u8 {
    let headings = text.lines().next().unwrap_or_default();
    [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|separator| headings.bytes().filter(|byte| byte == separator).count())
        .unwrap_or(b',')
}

/// Our own exports put an apostrophe before what a spreadsheet would run.
fn unescaped(cell: &str) -> String {
    let rest = cell
        .strip_prefix('\'')
        .filter(|rest| rest.starts_with(['=', '+', '-', '@']));
    rest.unwrap_or(cell).to_owned()
}

impl Fields {
    /// What stands in a column; empty where the file has none.
    pub fn get(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// Reads cells, writing down what is wrong.
    pub const fn cells<'a>(&'a self, wrong: &'a mut Vec<Wrong>) -> Cells<'a> {
        Cells { row: self, wrong }
    }
}

/// The cells of a row while they are read.
pub struct Cells<'a> {
    row: &'a Fields,
    wrong: &'a mut Vec<Wrong>,
}

impl Cells<'_> {
    /// Writes down what is wrong with a column.
    pub fn wrong(&mut self, column: &str, trouble: Trouble) {
        self.wrong.push(Wrong {
            line: self.row.line,
            column: column.to_owned(),
            trouble,
        });
    }

    /// A value that must be there.
    pub fn required<T>(
        &mut self,
        column: &str,
        trouble: Trouble,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        if self.row.get(column).is_empty() {
            self.wrong(column, Trouble::Missing);
            return None;
        }
        self.optional(column, trouble, read)
    }

    /// A value that may be left out.
    pub fn optional<T>(
        &mut self,
        column: &str,
        trouble: Trouble,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let typed = self.row.get(column);
        if typed.is_empty() {
            return None;
        }
        let value = read(typed);
        if value.is_none() {
            self.wrong(column, trouble);
        }
        value
    }

    /// A text of one column.
    pub fn plain(&mut self, column: &str, is_required: bool, characters_max: usize) -> String {
        let typed = self
            .row
            .get(column)
            .replace(|letter: char| letter.is_control(), " ");
        let typed = typed.trim();
        if typed.is_empty() && is_required {
            self.wrong(column, Trouble::Missing);
        }
        if typed.chars().count() > characters_max {
            self.wrong(column, Trouble::TooLong { characters_max });
        }
        typed.to_owned()
    }

    /// A text from `name_fr` and `name_ar`.
    pub fn text(&mut self, name: &str, is_required: bool) -> LocalText {
        let mut text = LocalText::default();
        for language in ["fr", "ar"] {
            let typed = self.plain(
                &format!("{name}_{language}"),
                false,
                limits::NAME_CHARACTERS,
            );
            if !typed.is_empty() {
                text.0.insert(language.to_owned(), typed);
            }
        }
        if is_required && !text.0.contains_key("fr") {
            self.wrong(&format!("{name}_fr"), Trouble::Missing);
        }
        text
    }

    /// Refuses what stands in an earlier line already.
    pub fn once(&mut self, column: &str, key: String, seen: &mut BTreeMap<String, usize>) {
        let line = self.row.line;
        match seen.get(&key) {
            Some(earlier) => self.wrong(column, Trouble::Twice { line: *earlier }),
            None => {
                seen.insert(key, line);
            }
        }
    }
}
