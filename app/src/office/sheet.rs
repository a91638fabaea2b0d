//! Tables to take away, as CSV that a spreadsheet opens.
//!
//! A customer may be called `=HYPERLINK(…)`: what a spreadsheet would run is written so that it reads
//! it as text. The rule is the usual one: a cell that begins with `=`, `+`, `-`, `@`, a tab or a
//! return gets an apostrophe before it. Plain numbers of ours are left alone.

use taswiq_domain::money::Centimes;
use taswiq_domain::text::runs_in_a_spreadsheet;

/// A table as text.
#[derive(Clone, Debug)]
pub struct Sheet(String);

impl Sheet {
    /// A table with these headings. It begins with the mark by which spreadsheets know UTF-8.
    pub fn new(headings: &[&str]) -> Self {
        let mut sheet = Self("\u{feff}".to_owned());
        let headings: Vec<String> = headings
            .iter()
            .map(|heading| (*heading).to_owned())
            .collect();
        sheet.row(&headings);
        sheet
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[String]) {
        for (index, text) in cells.iter().enumerate() {
            if index > 0 {
                self.0.push(';');
            }
            self.0.push_str(&cell(text));
        }
        self.0.push_str("\r\n");
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// An amount that a spreadsheet in Morocco reads as a number: `1234,50`.
pub fn decimal(amount: Centimes) -> String {
    let sign = if amount.0 < 0 { "-" } else { "" };
    let absolute = amount.0.unsigned_abs();
    format!("{sign}{},{:02}", absolute / 100, absolute % 100)
}

fn cell(text: &str) -> String {
    let text = if runs_in_a_spreadsheet(text) && !is_number(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([';', '"', '\n', '\r', ',', '\t']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// Digits with at most one comma, after at most one minus: nothing that runs.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty()
        && digits.matches(',').count() <= 1
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_30_nothing_in_an_export_runs() {
        for dangerous in [
            "=1+1",
            "+212600000000",
            "-1+1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "＝1",
            "=cmd|' /C calc'!A0",
            "-2+3+cmd|' /C calc'!D2",
        ] {
            let written = cell(dangerous);
            assert!(
                written.trim_start_matches('"').starts_with('\''),
                "{dangerous:?} became {written:?}"
            );
        }
    }

    #[test]
    fn figures_stay_figures() {
        assert_eq!(cell("-12"), "-12");
        assert_eq!(decimal(Centimes(-123_450)), "-1234,50");
        assert_eq!(cell(&decimal(Centimes(5))), "\"0,05\"");
    }

    #[test]
    fn a_cell_cannot_break_out_of_its_place() {
        assert_eq!(cell("a\";=1"), "\"a\"\";=1\"");
        let mut sheet = Sheet::new(&["a", "b"]);
        sheet.row(&["x;y".to_owned(), "z\n=1".to_owned()]);
        assert_eq!(sheet.into_text(), "\u{feff}a;b\r\n\"x;y\";\"z\n=1\"\r\n");
    }
}
