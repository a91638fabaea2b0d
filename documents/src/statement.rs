//! The statement of an agent's commission for one period, to print and to keep.
//!
//! On the first sheet stand who it is for, what came in and went out, and what is paid; then every entry,
//! then what is not yet in and why. A code to scan leads to the same statement on the server, and the
//! head of the agent's ledger chain is printed in full, so that paper, phone and server can be held
//! against each other.
//!
//! In Arabic the sheet is read from the right: columns, alignment and order of words. Figures are not
//! turned, and stand under each other by their decimals in both.

mod press;
mod table;

use crate::Direction;
use crate::paper::NotEmbedded;
use crate::writing::{Typeface, Unreadable};
use fast_qr::QRBuilder;
use press::Press;
use table::{Cell, Column, Table};
use taswiq_domain::money::Centimes;

/// All that stands on a statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The code of the language it is written in: `fr`, `ar`.
    pub language: String,
    pub direction: Direction,
    /// What paper this is.
    pub title: String,
    /// The programme that pays.
    pub programme: String,
    pub agent: String,
    pub period: String,
    pub number: String,
    pub issued_on: String,
    /// In the order in which they are to be read, from what was carried here to what is carried on.
    pub totals: Vec<Total>,
    pub entries: Vec<Entry>,
    /// What is not yet in.
    pub awaited: Vec<Awaited>,
    /// What the code to scan says, usually an address.
    pub link: String,
    /// The head of the agent's ledger chain at the end of the period.
    pub chain_head: [u8; 32],
    pub words: Words,
}

/// One figure of the summary.
#[derive(Clone, Debug)]
pub struct Total {
    pub label: String,
    pub amount: Centimes,
    /// Whether those above lead to it: what is paid.
    pub is_result: bool,
}

/// One entry of the ledger.
#[derive(Clone, Debug)]
pub struct Entry {
    pub date: String,
    /// Empty where it concerns no order, as a bonus.
    pub order_code: String,
    pub what: String,
    /// What the rate was applied to, where there is one.
    pub base: Option<Centimes>,
    /// A rate, or a sum for each unit. Empty where there is none.
    pub rate: String,
    pub amount: Centimes,
}

/// Something that is expected and not yet in.
#[derive(Clone, Debug)]
pub struct Awaited {
    pub date: String,
    pub order_code: String,
    pub why: String,
    /// What it is expected to bring, where that is known.
    pub amount: Option<Centimes>,
}

/// What stands beside and over the figures.
#[derive(Clone, Debug)]
pub struct Words {
    pub agent: String,
    pub period: String,
    pub number: String,
    pub issued_on: String,
    /// Over the summary.
    pub totals: String,
    /// Over the entries.
    pub entries: String,
    /// Where there is no entry.
    pub no_entries: String,
    pub date: String,
    pub order: String,
    pub what: String,
    pub base: String,
    pub rate: String,
    /// Over a column of bare figures, so it names the currency.
    pub amount: String,
    /// Over what is not yet in.
    pub awaited: String,
    /// Where everything is in.
    pub nothing_awaited: String,
    pub why: String,
    /// Under the code to scan.
    pub link: String,
    pub chain_head: String,
    /// What the head of the chain is good for.
    pub chain_head_meaning: String,
}

/// Where others have a rate, of what no rate made: that it is missing is no mistake.
const NO_RATE: &str = "\u{2013}";

/// Why a statement cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unprintable {
    #[error(transparent)]
    Typeface(#[from] Unreadable),
    #[error(transparent)]
    Embedding(#[from] NotEmbedded),
    /// The code to scan holds some two thousand letters.
    #[error("the link of the statement is too long for a code to scan")]
    LinkTooLong,
}

impl Statement {
    /// The statement as a PDF.
    ///
    /// # Errors
    /// When the link is too long for a code to scan, or the typeface that is part of the program is broken.
    pub fn pdf(&self) -> Result<Vec<u8>, Unprintable> {
        let typeface = Typeface::read()?;
        let code = QRBuilder::new(self.link.as_str())
            .build()
            .map_err(|_| Unprintable::LinkTooLong)?;
        let mut press = Press::new(&typeface, self);
        press.head();
        press.summary(&code);
        press.section(&self.words.entries);
        press.table(&self.entries_table());
        press.section(&self.words.awaited);
        press.table(&self.awaited_table());
        press.chain_head();
        Ok(press.finish()?)
    }

    fn entries_table(&self) -> Table<'_> {
        let words = &self.words;
        let has_rates = self.entries.iter().any(|entry| !entry.rate.is_empty());
        let mut columns = vec![
            Column::short(&words.date),
            Column::short(&words.order),
            Column::text(&words.what),
            Column::figures(&words.base),
        ];
        columns.extend(has_rates.then(|| Column::figures(&words.rate)));
        columns.push(Column::figures(&words.amount));
        Table {
            columns,
            rows: self
                .entries
                .iter()
                .map(|entry| {
                    let mut cells = vec![
                        Cell::given(&entry.date),
                        Cell::given(&entry.order_code),
                        Cell::given(&entry.what),
                        Cell::amount(entry.base),
                    ];
                    cells.extend(has_rates.then(|| match entry.rate.as_str() {
                        "" => Cell::given(NO_RATE),
                        rate => Cell::given(rate),
                    }));
                    cells.push(Cell::amount(Some(entry.amount)));
                    cells
                })
                .collect(),
            when_empty: &words.no_entries,
        }
    }

    fn awaited_table(&self) -> Table<'_> {
        let words = &self.words;
        Table {
            columns: vec![
                Column::short(&words.date),
                Column::short(&words.order),
                Column::text(&words.why),
                Column::figures(&words.amount),
            ],
            rows: self
                .awaited
                .iter()
                .map(|awaited| {
                    vec![
                        Cell::given(&awaited.date),
                        Cell::given(&awaited.order_code),
                        Cell::given(&awaited.why),
                        Cell::amount(awaited.amount),
                    ]
                })
                .collect(),
            when_empty: &words.nothing_awaited,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::reading::{Sheet, Shown, sheets, with_plain_spaces};
    use crate::paper::{HEIGHT, WIDTH};

    const MARGIN: f32 = 48.0;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    fn entry(number: usize) -> Entry {
        Entry {
            date: format!("{:02}/11/2026", number % 30 + 1),
            order_code: format!("K{number:05}"),
            what: text("Huile d’argan 250 ml"),
            base: Some(Centimes(4_000 + number as i64 * 37)),
            rate: text("7,5\u{a0}%"),
            amount: Centimes(
                if number.is_multiple_of(7) { -1 } else { 1 } * (300 + number as i64 * 3),
            ),
        }
    }

    fn statement(entry_count: usize) -> Statement {
        Statement {
            language: text("fr"),
            direction: Direction::LeftToRight,
            title: text("Relevé de commission"),
            programme: text("Taswiq Souss"),
            agent: text("Fatima Aït Lahcen"),
            period: text("Novembre 2026"),
            number: text("R-2026-11-004"),
            issued_on: text("1 décembre 2026"),
            totals: vec![
                Total {
                    label: text("Acquis"),
                    amount: Centimes(341_275),
                    is_result: false,
                },
                Total {
                    label: text("Reprises"),
                    amount: Centimes(-21_500),
                    is_result: false,
                },
                Total {
                    label: text("Net"),
                    amount: Centimes(319_775),
                    is_result: true,
                },
            ],
            entries: (0..entry_count).map(entry).collect(),
            awaited: vec![Awaited {
                date: text("28/11/2026"),
                order_code: text("P9XW4E"),
                why: text("Pas encore livrée"),
                amount: None,
            }],
            link: text("https://taswiq.example/r/5f1c0e7b9a2d4c6e"),
            chain_head: std::array::from_fn(|index| index as u8),
            words: Words {
                agent: text("Agente"),
                period: text("Période"),
                number: text("Relevé"),
                issued_on: text("Établi le"),
                totals: text("Du solde au net"),
                entries: text("Écritures"),
                no_entries: text("Aucune écriture"),
                date: text("Date"),
                order: text("Commande"),
                what: text("Objet"),
                base: text("Base (DH)"),
                rate: text("Taux"),
                amount: text("Montant (DH)"),
                awaited: text("Pas encore acquis"),
                nothing_awaited: text("Tout est acquis"),
                why: text("Pourquoi"),
                link: text("Scannez"),
                chain_head: text("Tête de la chaîne"),
                chain_head_meaning: text("La même suite que sur le téléphone"),
            },
        }
    }

    fn arabic(entry_count: usize) -> Statement {
        let mut arabic = statement(entry_count);
        arabic.language = text("ar");
        arabic.direction = Direction::RightToLeft;
        arabic.title = text("كشف العمولة");
        arabic.agent =
            text("فاطمة الزهراء بنت عبد الرحمان أيت لحسن الإدريسي التزنيتي السوسي البعمراني");
        arabic.words.date = text("التاريخ");
        arabic.words.amount = text("المبلغ");
        for entry in &mut arabic.entries {
            entry.what = text("زيت أركان الغذائية من تعاونية تامونت");
        }
        arabic
    }

    fn read(statement: &Statement) -> Vec<Sheet> {
        sheets(&statement.pdf().expect("printable"))
    }

    fn the<'s>(sheet: &'s Sheet, seen: &str) -> &'s Shown {
        let seen = with_plain_spaces(seen);
        sheet
            .texts
            .iter()
            .find(|shown| shown.seen == seen)
            .unwrap_or_else(|| panic!("{seen} is on the sheet"))
    }

    /// Nothing lies outside the margins or over something else.
    fn assert_in_place(sheets: &[Sheet]) {
        for sheet in sheets {
            for shown in &sheet.texts {
                assert!(shown.left >= MARGIN - 0.1, "{shown:?}");
                assert!(shown.right <= WIDTH - MARGIN + 0.1, "{shown:?}");
                assert!(
                    shown.baseline > MARGIN && shown.baseline < HEIGHT - 30.0,
                    "{shown:?}"
                );
                for other in &sheet.texts {
                    let beside = shown.right <= other.left + 0.1 || other.right <= shown.left + 0.1;
                    let apart =
                        (shown.baseline - other.baseline).abs() >= 0.9 * other.size.min(shown.size);
                    assert!(
                        beside || apart || std::ptr::eq(shown, other),
                        "{shown:?} lies over {other:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_given_stands_on_the_paper() {
        let sheets = read(&statement(3));
        assert_eq!(sheets.len(), 1);
        for expected in [
            "Relevé de commission",
            "Taswiq Souss",
            "Fatima Aït Lahcen",
            "Novembre 2026",
            "R-2026-11-004",
            "1 décembre 2026",
            "Acquis",
            "3\u{202f}412,75\u{a0}DH",
            "−215,00\u{a0}DH",
            "3\u{202f}197,75\u{a0}DH",
            "K00002",
            "Huile d’argan 250 ml",
            "40,74",
            "7,5\u{a0}%",
            "3,06",
            "P9XW4E",
            "Pas encore livrée",
            "Scannez",
            "00010203 04050607 08090a0b 0c0d0e0f 10111213 14151617 18191a1b 1c1d1e1f",
            "1/1",
        ] {
            assert!(sheets[0].shows(expected), "{expected}");
        }
        assert_in_place(&sheets);
    }

    #[test]
    fn an_empty_month_says_so() {
        let mut empty = statement(0);
        empty.awaited.clear();
        let sheets = read(&empty);
        assert!(sheets[0].shows("Aucune écriture") && sheets[0].shows("Tout est acquis"));
        assert_in_place(&sheets);
    }

    #[test]
    fn there_is_no_column_for_rates_where_no_entry_has_one() {
        let mut given = statement(3);
        assert!(read(&given)[0].shows("Taux"));
        for entry in &mut given.entries {
            entry.rate.clear();
        }
        let sheets = read(&given);
        assert!(!sheets[0].shows("Taux") && sheets[0].shows("40,74"));
        assert_in_place(&sheets);
    }

    #[test]
    fn what_no_rate_made_has_a_dash_where_others_have_their_rate() {
        for mut given in [statement(3), arabic(3)] {
            given.entries[1].rate.clear();
            given.entries[2].rate = text("12,00 / article");
            let sheets = read(&given);
            for expected in ["7,5\u{a0}%", "\u{2013}", "12,00 / article"] {
                assert!(sheets[0].shows(expected), "{expected}");
            }
            assert_in_place(&sheets);
        }
    }

    #[test]
    fn the_same_statement_gives_the_same_bytes() {
        assert!(statement(50).pdf() == statement(50).pdf());
        assert!(arabic(50).pdf() == arabic(50).pdf());
        assert!(statement(50).pdf() != statement(51).pdf());
    }

    #[test]
    fn three_thousand_entries_are_all_there_under_headings_on_every_sheet() {
        let given = statement(3_000);
        let sheets = read(&given);
        let codes: Vec<&str> = sheets
            .iter()
            .flat_map(|sheet| &sheet.texts)
            .map(|shown| shown.seen.as_str())
            .filter(|seen| seen.starts_with('K'))
            .collect();
        let expected: Vec<&str> = given
            .entries
            .iter()
            .map(|entry| entry.order_code.as_str())
            .collect();
        assert!(codes == expected);
        assert_in_place(&sheets);
        for (index, sheet) in sheets.iter().enumerate() {
            assert!(
                sheet.shows("Commande") && sheet.shows("Montant (DH)"),
                "sheet {index}"
            );
            assert!(sheet.shows(&format!("{}/{}", index + 1, sheets.len())));
            assert!(sheet.shows("Fatima Aït Lahcen") && sheet.shows("R-2026-11-004"));
        }
    }

    #[test]
    fn amounts_stand_under_each_other_in_both_languages() {
        for given in [statement(12), arabic(12)] {
            let sheets = read(&given);
            let heading = if given.direction == Direction::LeftToRight {
                the(&sheets[0], "Montant (DH)").right
            } else {
                the(&sheets[0], &"المبلغ".chars().rev().collect::<String>()).right
            };
            for entry in &given.entries {
                let row = the(&sheets[0], &entry.order_code).baseline;
                let amount = sheets[0]
                    .texts
                    .iter()
                    .find(|shown| {
                        shown.baseline == row
                            && shown.seen == with_plain_spaces(&entry.amount.figures())
                    })
                    .expect("the amount stands in the row");
                assert!((amount.right - heading).abs() < 0.2, "{amount:?}");
            }
            let total_edges: Vec<f32> = given
                .totals
                .iter()
                .map(|total| the(&sheets[0], &total.amount.to_string()).right)
                .collect();
            assert!(
                total_edges
                    .iter()
                    .all(|edge| (edge - total_edges[0]).abs() < 0.2)
            );
        }
    }

    #[test]
    fn an_arabic_statement_is_read_from_the_right() {
        let french = read(&statement(3));
        let arabic = read(&arabic(3));
        let backwards = |text: &str| text.chars().rev().collect::<String>();
        assert!(the(&french[0], "Date").left < the(&french[0], "Montant (DH)").left);
        let (date, amount) = (
            the(&arabic[0], &backwards("التاريخ")),
            the(&arabic[0], &backwards("المبلغ")),
        );
        assert!(date.left > amount.right);
        assert!((date.right - (WIDTH - MARGIN)).abs() < 0.2);
        let title = the(&arabic[0], &backwards("كشف العمولة"));
        assert!((title.right - (WIDTH - MARGIN)).abs() < 0.2);
        assert!(arabic[0].shows("K00002") && arabic[0].shows("−3,00"));
        assert_in_place(&arabic);
    }

    #[test]
    fn hostile_text_stays_in_its_cell() {
        let hostile = [
            "a".repeat(10_000),
            "ض".repeat(10_000),
            "\u{202e}\u{2067}\u{0}\u{7}\n\r\t\u{2028}=1+1".repeat(50),
            format!("e{}", "\u{301}".repeat(5_000)),
            "٪٫ 12 \u{2066}".repeat(300),
            "👩‍👩‍👧𓂀ⵣ".repeat(200),
            ") Tj ET Q endstream endobj (\\".repeat(20),
            String::new(),
        ];
        for bad in hostile {
            for mut given in [statement(2), arabic(2)] {
                for field in [
                    &mut given.title,
                    &mut given.programme,
                    &mut given.agent,
                    &mut given.period,
                    &mut given.number,
                    &mut given.issued_on,
                    &mut given.awaited[0].why,
                    &mut given.words.amount,
                    &mut given.words.link,
                    &mut given.words.chain_head_meaning,
                ] {
                    field.clone_from(&bad);
                }
                for total in &mut given.totals {
                    total.label.clone_from(&bad);
                    total.amount = Centimes(i64::MIN);
                }
                for entry in &mut given.entries {
                    for field in [
                        &mut entry.date,
                        &mut entry.order_code,
                        &mut entry.what,
                        &mut entry.rate,
                    ] {
                        field.clone_from(&bad);
                    }
                    entry.base = Some(Centimes(i64::MIN));
                    entry.amount = Centimes(i64::MIN);
                }
                let sheets = read(&given);
                assert_in_place(&sheets);
                // An amount is never cut, whatever stands beside it.
                let figures = Centimes(i64::MIN).figures();
                assert!(sheets.iter().any(|sheet| sheet.shows(&figures)));
            }
        }
    }

    #[test]
    fn the_code_to_scan_is_the_link() {
        let given = statement(0);
        let code = QRBuilder::new(given.link.as_str()).build().expect("a code");
        let sheets = read(&given);
        // Rules are longer or thinner than anything of the code.
        let module = 104.0 / code.size as f32;
        let dark: Vec<[f32; 4]> = sheets[0]
            .boxes
            .iter()
            .filter(|[_, _, _, height]| (height - module).abs() < 0.05)
            .copied()
            .collect();
        let (left, top) = (WIDTH - MARGIN - 104.0, dark[0][1]);
        for row in 0..code.size {
            for column in 0..code.size {
                let x = left + (column as f32 + 0.5) * module;
                let y = top + (row as f32 + 0.5) * module;
                let is_dark = dark.iter().any(|[left, top, width, height]| {
                    (*left..left + width).contains(&x) && (*top..top + height).contains(&y)
                });
                assert_eq!(
                    is_dark,
                    code[row][column].value(),
                    "row {row}, column {column}"
                );
            }
        }
    }

    #[test]
    fn a_link_that_no_code_holds_is_refused() {
        let mut given = statement(0);
        given.link = "x".repeat(5_000);
        assert_eq!(given.pdf(), Err(Unprintable::LinkTooLong));
    }
}
