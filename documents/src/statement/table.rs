//! A table whose columns are as wide as what stands in them, and one takes what is left.

use super::press::{BODY, Edge, Place, Press, SMALL, leading};
use crate::Direction;
use crate::paper::Type;
use crate::writing::{Line, direction_of};
use std::collections::BTreeMap;
use taswiq_domain::money::Centimes;

/// Between two columns.
const GAP: f32 = 11.0;
/// What is given may be long: a code or a date beyond this goes on below.
const SHORT_WIDTH_MAX: f32 = 64.0;
const SHORT_LINES_MAX: usize = 2;
const TEXT_LINES_MAX: usize = 3;

pub struct Table<'a> {
    pub columns: Vec<Column<'a>>,
    pub rows: Vec<Vec<Cell<'a>>>,
    /// What is said where there is no row.
    pub when_empty: &'a str,
}

pub struct Column<'a> {
    heading: &'a str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A date, a code.
    Short,
    /// The words of the row, in what width is left.
    Text,
    /// What stands under each other by its last digit.
    Figures,
}

impl<'a> Column<'a> {
    pub const fn short(heading: &'a str) -> Self {
        Self {
            heading,
            kind: Kind::Short,
        }
    }

    pub const fn text(heading: &'a str) -> Self {
        Self {
            heading,
            kind: Kind::Text,
        }
    }

    pub const fn figures(heading: &'a str) -> Self {
        Self {
            heading,
            kind: Kind::Figures,
        }
    }
}

pub enum Cell<'a> {
    /// What people wrote. It may not fit.
    Given(&'a str),
    /// An amount. It is never cut.
    Amount(String),
}

impl<'a> Cell<'a> {
    pub const fn given(text: &'a str) -> Self {
        Self::Given(text)
    }

    pub fn amount(amount: Option<Centimes>) -> Self {
        Self::Amount(amount.map_or_else(String::new, Centimes::figures))
    }
}

/// How many letters of a short cell are measured: more than fit its widest column.
const MEASURED_MAX: usize = 60;

/// A table whose columns have their places.
pub struct Set {
    pub headings: Vec<Vec<Line>>,
    columns: Vec<(Kind, Place)>,
}

impl Set {
    /// Above and below the text of a row.
    pub const PADDING: f32 = 3.0;

    pub fn of(table: &Table<'_>, press: &Press<'_>) -> Self {
        let whole = Press::whole_width().width;
        // Every digit is as wide as another, so most cells of a long table are as wide as one before.
        let mut known: BTreeMap<String, f32> = BTreeMap::new();
        let mut natural_of = |text: &str| {
            let pattern: String = text
                .chars()
                .take(MEASURED_MAX)
                .map(|letter| if letter.is_ascii_digit() { '0' } else { letter })
                .collect();
            *known
                .entry(pattern)
                .or_insert_with_key(|pattern| natural(pattern, BODY, press))
        };
        let mut widths: Vec<f32> = table
            .columns
            .iter()
            .map(|column| natural(column.heading, SMALL, press).min(SHORT_WIDTH_MAX))
            .collect();
        for row in &table.rows {
            for ((width, column), cell) in widths.iter_mut().zip(&table.columns).zip(row) {
                let wanted = match (column.kind, cell) {
                    (Kind::Text, _) => continue,
                    (_, Cell::Given(text)) => natural_of(text).min(SHORT_WIDTH_MAX),
                    (_, Cell::Amount(figures)) => natural_of(figures),
                };
                *width = width.max(wanted);
            }
        }
        let gaps = GAP * table.columns.len().saturating_sub(1) as f32;
        let taken: f32 = widths
            .iter()
            .zip(&table.columns)
            .filter(|(_, column)| column.kind != Kind::Text)
            .map(|(width, _)| *width)
            .sum();
        let mut from = 0.0;
        let mut columns = Vec::new();
        for (width, column) in widths.into_iter().zip(&table.columns) {
            let width = match column.kind {
                Kind::Text => f32::max(whole - gaps - taken, 0.0),
                Kind::Short | Kind::Figures => width,
            };
            columns.push((column.kind, Place { from, width }));
            from += width + GAP;
        }
        let headings = table
            .columns
            .iter()
            .zip(&columns)
            .map(|(column, (_, place))| {
                let direction = direction_of(column.heading, press.direction());
                press.lines(column.heading, SMALL, direction, place.width, 2)
            })
            .collect();
        Self { headings, columns }
    }

    /// Where each column stands and at which edge of it.
    pub fn places(&self) -> Vec<(Place, Edge)> {
        self.columns
            .iter()
            .map(|(kind, place)| match kind {
                Kind::Short | Kind::Text => (*place, Edge::Start),
                Kind::Figures => (*place, Edge::Right),
            })
            .collect()
    }

    /// The lines of each cell of a row, and the height of the row.
    pub fn row(&self, row: &[Cell<'_>], press: &Press<'_>) -> (Vec<Vec<Line>>, f32) {
        let cells: Vec<Vec<Line>> = row
            .iter()
            .zip(&self.columns)
            .map(|(cell, (kind, place))| match (cell, kind) {
                (Cell::Given(text), kind) => {
                    let lines_max = match kind {
                        Kind::Text => TEXT_LINES_MAX,
                        Kind::Short | Kind::Figures => SHORT_LINES_MAX,
                    };
                    press.lines(
                        text,
                        BODY,
                        direction(text, *kind, press),
                        place.width,
                        lines_max,
                    )
                }
                (Cell::Amount(figures), _) => {
                    vec![press.line(figures, BODY, Direction::LeftToRight)]
                }
            })
            .collect();
        let deepest = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let height = leading(BODY) * deepest as f32 + 2.0 * Self::PADDING;
        (cells, height)
    }
}

/// Codes and figures are read from the left in every language; words in their own direction.
fn direction(text: &str, kind: Kind, press: &Press<'_>) -> Direction {
    match kind {
        Kind::Text => direction_of(text, press.direction()),
        Kind::Short | Kind::Figures => direction_of(text, Direction::LeftToRight),
    }
}

fn natural(text: &str, how: Type, press: &Press<'_>) -> f32 {
    let direction = direction_of(text, Direction::LeftToRight);
    let width = press.width(&press.line(text, how, direction), how);
    // A hair more, so that what is measured to fit is not broken by a rounding.
    width + 0.1
}
