//! Where things stand on the sheets of a statement.

use super::Statement;
use super::table::{Set, Table};
use crate::Direction;
use crate::paper::{self, ARGAN, About, HAIR, INK, MUTED, NotEmbedded, Paper, Type};
use crate::writing::{Line, Typeface, Weight, direction_of};
use fast_qr::QRCode;

const MARGIN: f32 = 48.0;
/// Where the first line of a sheet that follows begins, under its running head.
const FOLLOWING_TOP: f32 = 78.0;
/// What is drawn on a sheet ends here; below stands its number.
const BOTTOM: f32 = paper::HEIGHT - 62.0;
/// The code to scan, and the width of what stands under it.
const CODE_SIDE: f32 = 104.0;

const TITLE: Type = Type {
    weight: Weight::Semibold,
    size: 20.0,
    colour: INK,
};
const STRONG: Type = Type {
    weight: Weight::Semibold,
    size: 11.0,
    colour: INK,
};
const PROGRAMME: Type = Type {
    colour: ARGAN,
    ..STRONG
};
pub const BODY: Type = Type {
    weight: Weight::Regular,
    size: 9.0,
    colour: INK,
};
pub const SMALL: Type = Type {
    weight: Weight::Regular,
    size: 7.5,
    colour: MUTED,
};

/// A place on a sheet: how far its beginning is from where reading begins, and how wide it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub from: f32,
    pub width: f32,
}

/// At which edge of its place a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Where reading begins.
    Start,
    /// Where reading ends.
    End,
    /// At the right in every language, as figures stand.
    Right,
}

/// A statement being laid out, sheet after sheet.
pub struct Press<'a> {
    typeface: &'a Typeface,
    statement: &'a Statement,
    paper: Paper<'a>,
    /// How far down the sheet has been filled.
    top: f32,
}

/// The height from one line to the next.
pub fn leading(how: Type) -> f32 {
    how.size * 1.45
}

/// Where a line of this type stands in its height: Arabic reaches deeper than Latin.
pub fn baseline(how: Type) -> f32 {
    how.size * 1.02
}

impl<'a> Press<'a> {
    pub fn new(typeface: &'a Typeface, statement: &'a Statement) -> Self {
        let mut paper = Paper::new(typeface);
        paper.add_sheet();
        Self {
            typeface,
            statement,
            paper,
            top: MARGIN,
        }
    }

    pub const fn whole_width() -> Place {
        Place {
            from: 0.0,
            width: paper::WIDTH - 2.0 * MARGIN,
        }
    }

    /// Who pays, what this is, and for whom.
    pub fn head(&mut self) {
        let statement = self.statement;
        self.star(11.0);
        let beside = Place {
            from: 32.0,
            width: Self::whole_width().width - 32.0,
        };
        self.top += 3.0;
        self.words(&statement.programme, PROGRAMME, beside, 1);
        self.top = MARGIN + 36.0;
        self.words(&statement.title, TITLE, Self::whole_width(), 2);
        self.top += 4.0;
        self.rule(Self::whole_width(), 0.8, ARGAN);
        self.top += 10.0;
        let words = &statement.words;
        self.facts(&[
            (&words.agent, &statement.agent),
            (&words.period, &statement.period),
            (&words.number, &statement.number),
            (&words.issued_on, &statement.issued_on),
        ]);
        self.top += 12.0;
    }

    /// Facts beside each other, the first one twice as wide: it is a name.
    fn facts(&mut self, facts: &[(&str, &str)]) {
        let unit = Self::whole_width().width / (facts.len() + 1) as f32;
        let begin = self.top;
        let (mut from, mut lowest) = (0.0, begin);
        for (index, (label, fact)) in facts.iter().enumerate() {
            let width = if index == 0 { 2.0 * unit } else { unit };
            let place = Place {
                from,
                width: width - 12.0,
            };
            from += width;
            self.top = begin;
            self.words(label, SMALL, place, 1);
            self.top += 1.0;
            let how = if index == 0 { STRONG } else { BODY };
            self.words(fact, how, place, 3);
            lowest = f32::max(lowest, self.top);
        }
        self.top = lowest;
    }

    /// The summary, with the code to scan beside it.
    pub fn summary(&mut self, code: &QRCode) {
        let statement = self.statement;
        self.words(&statement.words.totals, STRONG, Self::whole_width(), 1);
        self.top += 4.0;
        let begin = self.top;
        let place = Place {
            from: 0.0,
            width: Self::whole_width().width - CODE_SIDE - 48.0,
        };
        self.rule(place, 0.6, ARGAN);
        let how = |is_result| if is_result { STRONG } else { BODY };
        let amounts: Vec<Line> = statement
            .totals
            .iter()
            .map(|total| {
                let amount = total.amount.to_string();
                self.line(&amount, how(total.is_result), Direction::LeftToRight)
            })
            .collect();
        let widest = amounts
            .iter()
            .zip(&statement.totals)
            .map(|(amount, total)| self.width(amount, how(total.is_result)))
            .fold(0.0, f32::max);
        let figures = Place {
            from: place.width - widest,
            width: widest,
        };
        let label = Place {
            from: 0.0,
            width: figures.from - 16.0,
        };
        for (total, amount) in statement.totals.iter().zip(&amounts) {
            let how = how(total.is_result);
            let above = if total.is_result { 5.0 } else { 3.0 };
            if total.is_result {
                self.rule(place, 0.8, ARGAN);
            }
            self.top += above;
            let row = self.top;
            self.words(&total.label, how, label, 2);
            self.write(amount, how, figures, Edge::Right, row + baseline(how));
            // A row is as high as its amount, even where its label is empty.
            self.top = f32::max(self.top, row + leading(how)) + above;
            let under = if total.is_result { ARGAN } else { HAIR };
            self.rule(place, if total.is_result { 0.8 } else { 0.4 }, under);
        }
        let after_totals = self.top;

        self.top = begin;
        let beside = Place {
            from: Self::whole_width().width - CODE_SIDE,
            width: CODE_SIDE,
        };
        self.code(code, beside);
        self.top += 6.0;
        self.words(&statement.words.link, SMALL, beside, 5);
        self.top = f32::max(self.top, after_totals) + 22.0;
    }

    /// The head of the ledger chain: eight groups of eight signs, to be compared by eye.
    pub fn chain_head(&mut self) {
        let statement = self.statement;
        let groups: Vec<String> = statement
            .chain_head
            .chunks(4)
            .map(|group| group.iter().map(|byte| format!("{byte:02x}")).collect())
            .collect();
        self.need(60.0);
        self.rule(Self::whole_width(), 0.6, ARGAN);
        self.top += 8.0;
        self.words(&statement.words.chain_head, SMALL, Self::whole_width(), 1);
        for line in self.lines(
            &groups.join(" "),
            BODY,
            Direction::LeftToRight,
            Self::whole_width().width,
            3,
        ) {
            self.write_next(&line, BODY, Self::whole_width(), Edge::Start);
        }
        let meaning = &statement.words.chain_head_meaning;
        self.words(meaning, SMALL, Self::whole_width(), 3);
    }

    /// The name of what follows, kept on one sheet with the beginning of it.
    pub fn section(&mut self, heading: &str) {
        self.need(96.0);
        self.words(heading, STRONG, Self::whole_width(), 1);
        self.top += 2.0;
    }

    /// Rows under headings that each sheet repeats.
    pub fn table(&mut self, table: &Table<'_>) {
        let set = Set::of(table, self);
        self.table_headings(&set);
        if table.rows.is_empty() {
            self.top += 4.0;
            self.words(
                table.when_empty,
                Type {
                    colour: MUTED,
                    ..BODY
                },
                Self::whole_width(),
                3,
            );
        }
        for row in &table.rows {
            let (cells, height) = set.row(row, self);
            if self.top + height > BOTTOM {
                self.next_sheet();
                self.table_headings(&set);
            }
            let begin = self.top + Set::PADDING;
            for (lines, (place, edge)) in cells.iter().zip(set.places()) {
                for (index, line) in lines.iter().enumerate() {
                    let at = begin + leading(BODY) * index as f32 + baseline(BODY);
                    self.write(line, BODY, place, edge, at);
                }
            }
            self.top += height;
            self.rule(Self::whole_width(), 0.4, HAIR);
        }
        self.top += 22.0;
    }

    fn table_headings(&mut self, set: &Set) {
        let begin = self.top + 2.0;
        let mut deepest: usize = 1;
        for (lines, (place, edge)) in set.headings.iter().zip(set.places()) {
            for (index, line) in lines.iter().enumerate() {
                let at = begin + leading(SMALL) * index as f32 + baseline(SMALL);
                self.write(line, SMALL, place, edge, at);
            }
            deepest = deepest.max(lines.len());
        }
        self.top = begin + leading(SMALL) * deepest as f32 + 3.0;
        self.rule(Self::whole_width(), 0.6, ARGAN);
    }

    /// Goes on on another sheet when so much does not fit any more.
    fn need(&mut self, height: f32) {
        if self.top + height > BOTTOM {
            self.next_sheet();
        }
    }

    fn next_sheet(&mut self) {
        let statement = self.statement;
        self.paper.add_sheet();
        self.top = MARGIN;
        let half = Self::whole_width().width / 2.0 - 6.0;
        let first = Place {
            from: 0.0,
            width: half,
        };
        let second = Place {
            from: Self::whole_width().width - half,
            width: half,
        };
        self.words(&statement.agent, SMALL, first, 1);
        let number = self.lines(&statement.number, SMALL, Direction::LeftToRight, half, 1);
        for line in &number {
            self.write(line, SMALL, second, Edge::End, MARGIN + baseline(SMALL));
        }
        self.top = MARGIN + leading(SMALL) + 3.0;
        self.rule(Self::whole_width(), 0.4, HAIR);
        self.top = FOLLOWING_TOP;
    }

    /// Numbers the sheets, now that it is known how many there are.
    pub fn finish(mut self) -> Result<Vec<u8>, NotEmbedded> {
        let statement = self.statement;
        let count = self.paper.sheet_count();
        let whole = Self::whole_width();
        let at = paper::HEIGHT - 36.0;
        let programme = Place {
            from: 0.0,
            width: whole.width - 60.0,
        };
        let direction = direction_of(&statement.programme, statement.direction);
        let names = self.lines(&statement.programme, SMALL, direction, programme.width, 1);
        for sheet in 0..count {
            let number = format!("{}/{count}", sheet + 1);
            let number = self.line(&number, SMALL, Direction::LeftToRight);
            let left = self.left(&number, SMALL, whole, Edge::End);
            self.paper.text_on(sheet, &number, SMALL, left, at);
            for name in &names {
                let left = self.left(name, SMALL, programme, Edge::Start);
                self.paper.text_on(sheet, name, SMALL, left, at);
            }
        }
        self.paper.finish(About {
            title: &format!("{} {}", statement.title, statement.number),
            author: &statement.programme,
            language: &statement.language,
            direction: statement.direction,
        })
    }

    /// Writes a text in its own direction from where reading begins, and goes on below it.
    fn words(&mut self, text: &str, how: Type, place: Place, lines_max: usize) {
        let direction = direction_of(text, self.statement.direction);
        for line in self.lines(text, how, direction, place.width, lines_max) {
            self.write_next(&line, how, place, Edge::Start);
        }
    }

    fn write_next(&mut self, line: &Line, how: Type, place: Place, edge: Edge) {
        let at = self.top + baseline(how);
        self.write(line, how, place, edge, at);
        self.top += leading(how);
    }

    fn write(&mut self, line: &Line, how: Type, place: Place, edge: Edge, at: f32) {
        let left = self.left(line, how, place, edge);
        self.paper.text(line, how, left, at);
    }

    pub const fn direction(&self) -> Direction {
        self.statement.direction
    }

    pub fn line(&self, text: &str, how: Type, direction: Direction) -> Line {
        self.typeface.face(how.weight).line(text, direction)
    }

    pub fn lines(
        &self,
        text: &str,
        how: Type,
        direction: Direction,
        width: f32,
        lines_max: usize,
    ) -> Vec<Line> {
        let face = self.typeface.face(how.weight);
        let units = width / how.size * face.units_per_em() as f32;
        face.lines(text, direction, units as i32, lines_max)
    }

    pub fn width(&self, line: &Line, how: Type) -> f32 {
        let face = self.typeface.face(how.weight);
        line.width as f32 * how.size / face.units_per_em() as f32
    }

    /// Where the left edge of a place is.
    fn left_of(&self, place: Place) -> f32 {
        match self.statement.direction {
            Direction::LeftToRight => MARGIN + place.from,
            Direction::RightToLeft => paper::WIDTH - MARGIN - place.from - place.width,
        }
    }

    fn left(&self, line: &Line, how: Type, place: Place, edge: Edge) -> f32 {
        let left = self.left_of(place);
        let free = place.width - self.width(line, how);
        match (edge, self.statement.direction) {
            (Edge::Right, _)
            | (Edge::End, Direction::LeftToRight)
            | (Edge::Start, Direction::RightToLeft) => left + free,
            (Edge::Start, Direction::LeftToRight) | (Edge::End, Direction::RightToLeft) => left,
        }
    }

    fn rule(&mut self, place: Place, thickness: f32, colour: paper::Colour) {
        let left = self.left_of(place);
        self.paper
            .rule(left, left + place.width, self.top, thickness, colour);
    }

    /// The eight-point star of the product, two squares over each other.
    fn star(&mut self, radius: f32) {
        let place = Place {
            from: 0.0,
            width: 2.0 * radius,
        };
        let (centre_x, centre_y) = (self.left_of(place) + radius, self.top + radius);
        // Where the sides of the two squares cross.
        let inner = radius * 0.765_367;
        let corners: Vec<(f32, f32)> = (0..16u8)
            .map(|corner| {
                let angle = f32::from(corner) * std::f32::consts::PI / 8.0;
                let reach = if corner % 2 == 0 { radius } else { inner };
                (
                    centre_x + reach * angle.cos(),
                    centre_y + reach * angle.sin(),
                )
            })
            .collect();
        self.paper.outline(&corners, 0.9, ARGAN);
    }

    fn code(&mut self, code: &QRCode, place: Place) {
        let module = place.width / code.size as f32;
        let (left, top) = (self.left_of(place), self.top);
        let mut boxes = Vec::new();
        for row in 0..code.size {
            let mut column = 0;
            while column < code.size {
                let length = (column..code.size)
                    .take_while(|at| code[row][*at].value())
                    .count();
                if length > 0 {
                    boxes.push([
                        left + column as f32 * module,
                        top + row as f32 * module,
                        length as f32 * module,
                        module,
                    ]);
                }
                column += length + 1;
            }
        }
        self.paper.boxes(boxes);
        self.top += place.width;
    }
}
