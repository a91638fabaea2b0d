//! The transfers that a bank is asked to make, as a table for people and for programs.
//!
//! A list is refused as a whole while one row of it is wrong: half a list is paid twice. Every wrong row is
//! named at once, so that whoever mends the list does it in one go.

mod separated;
mod workbook;

use crate::Direction;
use rust_xlsxwriter::XlsxError;
use taswiq_domain::bank::{Rib, RibError};
use taswiq_domain::money::{Centimes, Overflow};
use taswiq_domain::time::Timestamp;

/// One transfer as it is asked for.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// The holder of the account.
    pub name: String,
    /// The account as it was typed.
    pub rib: String,
    /// What is paid. Never nothing and never less.
    pub amount: Centimes,
    /// What the agent reads on the statement of the bank.
    pub reference: String,
    /// The statement that is paid.
    pub statement_number: String,
}

/// What stands over the columns and before the sum.
#[derive(Clone, Debug)]
pub struct Words {
    /// The name of the sheet.
    pub title: String,
    pub name: String,
    pub rib: String,
    pub amount: String,
    pub reference: String,
    pub statement_number: String,
    pub total: String,
}

/// Transfers that can be made: every account checks, every amount is positive.
#[derive(Clone, Debug)]
pub struct BankList {
    direction: Direction,
    words: Words,
    made_at: Timestamp,
    rows: Vec<Row>,
    total: Centimes,
}

#[derive(Clone, Debug)]
struct Row {
    name: String,
    rib: Rib,
    amount: Centimes,
    reference: String,
    statement_number: String,
}

/// Why a list is not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// These rows are wrong.
    #[error("{} of the transfers cannot be made; the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Rows(Vec<WrongRow>),
    /// The sum cannot be represented.
    #[error(transparent)]
    Total(#[from] Overflow),
}

/// Why a list is not written as a workbook.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be written")]
pub struct NotWritten(#[from] XlsxError);

/// A row that cannot be paid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row} ({name}): {wrong}")]
pub struct WrongRow {
    /// The first transfer is 1.
    pub row: usize,
    /// Whose it is.
    pub name: String,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What is wrong with a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// The account does not check.
    #[error(transparent)]
    Rib(#[from] RibError),
    /// Nothing or less would be paid.
    #[error("{0} cannot be transferred")]
    Amount(Centimes),
}

impl BankList {
    /// Checks what is asked for. `made_at` is the time that the list itself bears.
    ///
    /// # Errors
    /// With every row that cannot be paid, or when the sum cannot be represented.
    pub fn check(
        direction: Direction,
        words: Words,
        made_at: Timestamp,
        transfers: Vec<Transfer>,
    ) -> Result<Self, Refused> {
        let mut rows = Vec::with_capacity(transfers.len());
        let mut wrong_rows = Vec::new();
        for (index, transfer) in transfers.into_iter().enumerate() {
            let mut refuse = |wrong| {
                wrong_rows.push(WrongRow {
                    row: index + 1,
                    name: transfer.name.clone(),
                    wrong,
                });
            };
            if transfer.amount <= Centimes::ZERO {
                refuse(Wrong::Amount(transfer.amount));
            }
            match transfer.rib.parse() {
                Ok(rib) => rows.push(Row {
                    name: transfer.name,
                    rib,
                    amount: transfer.amount,
                    reference: transfer.reference,
                    statement_number: transfer.statement_number,
                }),
                Err(wrong) => refuse(Wrong::Rib(wrong)),
            }
        }
        if !wrong_rows.is_empty() {
            return Err(Refused::Rows(wrong_rows));
        }
        let total = Centimes::sum(rows.iter().map(|row| row.amount))?;
        Ok(Self {
            direction,
            words,
            made_at,
            rows,
            total,
        })
    }

    /// What is paid in all.
    pub const fn total(&self) -> Centimes {
        self.total
    }

    /// The list as CSV, as Excel in Morocco and in France opens it by a double click.
    pub fn csv(&self) -> Vec<u8> {
        separated::write(self)
    }

    /// The list as a workbook (XLSX), where every account is text and every amount a number.
    ///
    /// # Errors
    /// When it has more rows than a workbook, or a time that is no date there.
    pub fn workbook(&self) -> Result<Vec<u8>, NotWritten> {
        Ok(workbook::write(self)?)
    }

    fn headings(&self) -> [&str; 5] {
        [
            &self.words.name,
            &self.words.rib,
            &self.words.amount,
            &self.words.reference,
            &self.words.statement_number,
        ]
    }
}

/// The amount with two decimals after `separator` and nothing between the thousands.
fn decimal(amount: Centimes, separator: char) -> String {
    let absolute = amount.0.unsigned_abs();
    let sign = if amount.0 < 0 { "-" } else { "" };
    format!("{sign}{}{separator}{:02}", absolute / 100, absolute % 100)
}

/// A text on one line, without what cannot be seen: control characters, and the marks that turn the order
/// of reading around, with which a name could show another account than the one that is paid.
fn on_one_line(text: &str) -> String {
    text.chars()
        .filter_map(|letter| match letter {
            '\n' | '\r' | '\t' => Some(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => None,
            // Not characters, and refused by a workbook's form.
            '\u{fffe}' | '\u{ffff}' => None,
            letter if letter.is_control() => None,
            letter => Some(letter),
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon of the last of November 2026, in Greenwich.
    const MADE_AT: Timestamp = Timestamp(1_796_040_000_000);

    pub(super) fn words() -> Words {
        let text = str::to_owned;
        Words {
            title: text("Transfers"),
            name: text("Name"),
            rib: text("RIB"),
            amount: text("Amount (DH)"),
            reference: text("Reference"),
            statement_number: text("Statement"),
            total: text("Total"),
        }
    }

    pub(super) fn transfer(name: &str, amount_centimes: i64) -> Transfer {
        Transfer {
            name: name.to_owned(),
            rib: "011 519 0000012050005349 21".to_owned(),
            amount: Centimes(amount_centimes),
            reference: "TASWIQ 2026-11".to_owned(),
            statement_number: "R-2026-11-004".to_owned(),
        }
    }

    pub(super) fn list(transfers: Vec<Transfer>) -> BankList {
        BankList::check(Direction::LeftToRight, words(), MADE_AT, transfers).expect("a list")
    }

    #[test]
    fn every_row_that_cannot_be_paid_is_named_at_once() {
        let mut mistyped = transfer("Aïcha", 10_000);
        mistyped.rib = "011 519 0000012050005349 22".to_owned();
        let mut short = transfer("Omar", 10_000);
        short.rib = "011 519".to_owned();
        let refused = BankList::check(
            Direction::LeftToRight,
            words(),
            MADE_AT,
            vec![
                transfer("Fatima", 5),
                mistyped,
                transfer("Hassan", 0),
                short,
                transfer("Zineb", -1),
            ],
        )
        .expect_err("five of them, four wrong");
        let named = |row, name: &str, wrong| WrongRow {
            row,
            name: name.to_owned(),
            wrong,
        };
        assert_eq!(
            refused,
            Refused::Rows(vec![
                named(2, "Aïcha", Wrong::Rib(RibError::WrongKey)),
                named(3, "Hassan", Wrong::Amount(Centimes::ZERO)),
                named(4, "Omar", Wrong::Rib(RibError::NotTwentyFourDigits(6))),
                named(5, "Zineb", Wrong::Amount(Centimes(-1))),
            ])
        );
        assert_eq!(
            refused.to_string(),
            "4 of the transfers cannot be made; the first: row 2 (Aïcha): \
             the key of the bank account number does not fit: a digit is wrong"
        );
    }

    #[test]
    fn a_sum_that_does_not_fit_is_refused() {
        let transfers = vec![transfer("a", i64::MAX), transfer("b", 1)];
        assert_eq!(
            BankList::check(Direction::LeftToRight, words(), MADE_AT, transfers)
                .expect_err("too much"),
            Refused::Total(Overflow)
        );
    }
}
