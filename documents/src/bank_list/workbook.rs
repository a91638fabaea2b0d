//! The list as a workbook.
//!
//! Every text is a text cell marked as quoted (what an apostrophe typed before it does), so nothing runs
//! now or after somebody edits it, and an account keeps its zeros and its 24 digits. The sum is a formula
//! of ours with its result beside it: it stays true when a row is taken out, and shows where nothing is
//! computed. The only time in it is that of the list, so the same list is the same bytes.

use super::{BankList, decimal, on_one_line};
use crate::Direction;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatBorder, Formula, IgnoreError, Workbook,
    Worksheet, XlsxError,
};
use taswiq_domain::money::Centimes;

/// What Excel takes in one cell, in UTF-16 units.
const CELL_UNITS_MAX: usize = 32_767;
const SHEET_NAME_UNITS_MAX: usize = 31;

const A4: u8 = 9;
/// `1 234,50` as the reader's system writes it.
const AMOUNT: u8 = 4;
/// Text as it stands.
const TEXT: u8 = 49;
const ARGAN: Color = Color::RGB(0x1F_5B_3A);
const WIDTHS: [u16; 5] = [34, 28, 16, 22, 22];
const LAST_COLUMN: u16 = 4;

pub fn write(list: &BankList) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let made_at = ExcelDateTime::from_timestamp(list.made_at.0.div_euclid(1_000))?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made_at));
    let sheet = workbook.add_worksheet();
    lay_out(sheet, list)?;
    fill(sheet, list)?;
    workbook.save_to_buffer()
}

fn lay_out(sheet: &mut Worksheet, list: &BankList) -> Result<(), XlsxError> {
    sheet.set_name(sheet_name(&list.words.title))?;
    sheet.set_right_to_left(list.direction == Direction::RightToLeft);
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    for (column, width) in (0..).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_paper_size(A4);
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_margins(0.5, 0.5, 0.6, 0.6, 0.3, 0.3);
    // The account is text on purpose: no green corner that asks to make it a number.
    let (last_row, stored) = (sum_row(list), IgnoreError::NumberStoredAsText);
    sheet.ignore_error_range(0, 0, last_row, LAST_COLUMN, stored)?;
    Ok(())
}

fn fill(sheet: &mut Worksheet, list: &BankList) -> Result<(), XlsxError> {
    let text = Format::new().set_num_format_index(TEXT).set_quote_prefix();
    let amount = Format::new().set_num_format_index(AMOUNT);
    let heading = text
        .clone()
        .set_bold()
        .set_border_bottom(FormatBorder::Thin)
        .set_border_bottom_color(ARGAN);
    let summed = |format: &Format| {
        let bold = format.clone().set_bold();
        bold.set_border_top(FormatBorder::Thin)
            .set_border_top_color(ARGAN)
    };
    for (column, words) in (0..).zip(list.headings()) {
        sheet.write_string_with_format(0, column, cell(words), &heading)?;
    }
    for (row, transfer) in (1..).zip(&list.rows) {
        for (column, said) in [
            (0, transfer.name.as_str()),
            (1, transfer.rib.as_str()),
            (3, &transfer.reference),
            (4, &transfer.statement_number),
        ] {
            sheet.write_string_with_format(row, column, cell(said), &text)?;
        }
        sheet.write_number_with_format(row, 2, number(transfer.amount), &amount)?;
    }
    let row = sum_row(list);
    let (text, amount) = (summed(&text), summed(&amount));
    for (column, said) in [(0, list.words.total.as_str()), (1, ""), (3, ""), (4, "")] {
        sheet.write_string_with_format(row, column, cell(said), &text)?;
    }
    if list.rows.is_empty() {
        sheet.write_number_with_format(row, 2, number(list.total), &amount)?;
    } else {
        let sum = Formula::new(format!("=SUM(C2:C{row})")).set_result(decimal(list.total, '.'));
        sheet.write_formula_with_format(row, 2, sum, &amount)?;
    }
    Ok(())
}

/// The row below all transfers, counted from 0.
fn sum_row(list: &BankList) -> u32 {
    u32::try_from(list.rows.len() + 1).unwrap_or(u32::MAX)
}

/// A workbook knows no other numbers. Those of a bank's list are far below what they hold exactly.
fn number(amount: Centimes) -> f64 {
    amount.0 as f64 / 100.0
}

fn cell(text: &str) -> String {
    within(&on_one_line(text), CELL_UNITS_MAX)
}

/// The text, cut where it would be longer than a place takes.
fn within(text: &str, units_max: usize) -> String {
    let mut units = 0;
    text.chars()
        .take_while(|letter| {
            units += letter.len_utf16();
            units <= units_max
        })
        .collect()
}

/// What Excel takes as the name of a sheet: not empty, short, without some signs and without apostrophes at its ends.
fn sheet_name(title: &str) -> String {
    let allowed: String = on_one_line(title)
        .chars()
        .map(|letter| match letter {
            '[' | ']' | ':' | '*' | '?' | '/' | '\\' => '-',
            letter => letter,
        })
        .collect();
    let name = within(&allowed, SHEET_NAME_UNITS_MAX);
    match name.trim_matches(|end: char| end == '\'' || end.is_whitespace()) {
        "" => "1".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{list, transfer, words};
    use super::*;
    use std::io::Read;
    use taswiq_domain::time::Timestamp;

    /// Reads an archive as its form says: from its end to its table, from there to each file.
    fn unpack(archive: &[u8]) -> Vec<(String, String)> {
        let two = |at: usize| u16::from_le_bytes([archive[at], archive[at + 1]]) as usize;
        let four = |at: usize| two(at) + (two(at + 2) << 16);
        let end = archive.len() - 22;
        assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
        let (count, mut entry) = (two(end + 10), four(end + 16));
        let mut files = Vec::new();
        for _ in 0..count {
            assert_eq!(&archive[entry..entry + 4], b"PK\x01\x02");
            let (packed, at) = (four(entry + 20), four(entry + 42));
            let skipped = [28, 30, 32].map(|place| two(entry + place));
            let name = &archive[entry + 46..entry + 46 + skipped[0]];
            let begin = at + 30 + two(at + 26) + two(at + 28);
            let mut text = String::new();
            flate2::read::DeflateDecoder::new(&archive[begin..begin + packed])
                .read_to_string(&mut text)
                .expect("text");
            files.push((String::from_utf8(name.to_vec()).expect("a name"), text));
            entry += 46 + skipped.iter().sum::<usize>();
        }
        files
    }

    fn part(list: &BankList, name: &str) -> String {
        unpack(&list.workbook().expect("written"))
            .into_iter()
            .find(|(found, _)| found == name)
            .expect("the part is there")
            .1
    }

    fn sheet_of(list: &BankList) -> String {
        part(list, "xl/worksheets/sheet1.xml")
    }

    /// The texts of the cells, as a reader of XML sees them.
    fn texts(list: &BankList) -> Vec<String> {
        part(list, "xl/sharedStrings.xml")
            .split("<si><t")
            .skip(1)
            .map(|rest| {
                let (_, text) = rest.split_once('>').expect("it begins");
                text.split("</t>").next().expect("it ends").to_owned()
            })
            .collect()
    }

    /// A cell as it is written: its look, its type and what stands in it.
    fn cell_of(xml: &str, name: &str) -> String {
        let (_, rest) = xml.split_once(&format!(r#"<c r="{name}" "#)).expect(name);
        rest.split("</c>").next().expect("it ends").to_owned()
    }

    /// The text of a cell, which must be one: a place among the texts, never a number or a formula.
    fn text_of(list: &BankList, name: &str) -> String {
        let xml = cell_of(&sheet_of(list), name);
        let (look, place) = xml.split_once(r#" t="s"><v>"#).expect("a text");
        assert!(is_quoted(list, look), "{name}");
        let place: usize = place.trim_end_matches("</v>").parse().expect("a place");
        texts(list)[place].clone()
    }

    /// Whether a look says that what stands there was typed as text.
    fn is_quoted(list: &BankList, look: &str) -> bool {
        let number = look.trim_start_matches("s=\"").trim_end_matches('"');
        let styles = part(list, "xl/styles.xml");
        let (_, looks) = styles.split_once("<cellXfs").expect("looks");
        let look = looks
            .split("<xf ")
            .nth(number.parse::<usize>().expect("a number") + 1);
        let look = look.expect("known");
        look.contains(r#"quotePrefix="1""#) && look.contains(r#"numFmtId="49""#)
    }

    #[test]
    fn an_account_is_text_and_an_amount_is_a_number() {
        let list = list(vec![transfer("Fatima", 123_450), transfer("فاطمة", 5)]);
        let xml = sheet_of(&list);
        assert_eq!(text_of(&list, "B2"), "011519000001205000534921");
        assert_eq!(text_of(&list, "A3"), "فاطمة");
        for (cell, written) in [
            ("C2", "><v>1234.5</v>"),
            ("C3", "><v>0.05</v>"),
            ("C4", "><f>SUM(C2:C3)</f><v>1234.55</v>"),
        ] {
            assert!(cell_of(&xml, cell).ends_with(written), "{cell}: {xml}");
        }
        assert!(xml.contains(r#"<ignoredError sqref="A1:E4" numberStoredAsText="1"/>"#));
    }

    #[test]
    fn fault_30_the_only_formula_of_a_workbook_is_its_sum() {
        for dangerous in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "https://example.org",
            "{=1}",
            "</t></si></sst><c r=\"Z1\"><f>1</f></c>",
        ] {
            let mut asked = transfer(dangerous, 1);
            asked.reference = dangerous.to_owned();
            asked.statement_number = dangerous.to_owned();
            let list = list(vec![asked]);
            let xml = sheet_of(&list);
            assert_eq!(xml.matches("<f").count(), 1, "{dangerous:?}");
            assert!(!xml.contains("hyperlink"), "{dangerous:?}");
            // Name, reference and statement are text cells of the look that is quoted.
            let said = dangerous.trim().replace('<', "&lt;").replace('>', "&gt;");
            for cell in ["A2", "D2", "E2"] {
                assert_eq!(text_of(&list, cell), said);
            }
        }
    }

    #[test]
    fn what_was_typed_never_breaks_the_form() {
        let mut asked = transfer("a\u{0}\u{1b}\u{ffff}&<b>\"\u{202e}c _x0041_", 1);
        asked.reference = "ر".repeat(40_000);
        let list = list(vec![asked]);
        let xml = part(&list, "xl/sharedStrings.xml");
        assert!(
            !xml.chars()
                .any(|letter| (letter.is_control() && letter != '\n') || letter == '\u{ffff}')
        );
        // What looks like an escape of the form stays what was typed.
        let name = "a&amp;&lt;b&gt;\"c _x005F_x0041_".to_owned();
        assert!(texts(&list).contains(&name), "{:?}", texts(&list));
        assert!(
            texts(&list)
                .iter()
                .all(|text| text.chars().count() <= CELL_UNITS_MAX)
        );
    }

    #[test]
    fn any_title_becomes_a_name_that_excel_takes() {
        for (title, name) in [
            ("Virements de novembre 2026", "Virements de novembre 2026"),
            ("2026/11: *?[x]\\", "2026-11- ---x--"),
            ("'quoted'", "quoted"),
            ("", "1"),
            ("'\n'", "1"),
        ] {
            assert_eq!(sheet_name(title), name);
        }
        assert_eq!(sheet_name(&"é".repeat(40)).chars().count(), 31);
        assert_eq!(sheet_name(&format!("{}'b", "a".repeat(30))), "a".repeat(30));
    }

    #[test]
    fn an_arabic_list_begins_at_the_right() {
        let asked = vec![transfer("فاطمة", 100)];
        let arabic = BankList::check(Direction::RightToLeft, words(), Timestamp(0), asked);
        assert!(sheet_of(&arabic.expect("a list")).contains(r#"rightToLeft="1""#));
        assert!(!sheet_of(&list(Vec::new())).contains("rightToLeft"));
    }

    #[test]
    fn the_same_list_gives_the_same_bytes_whenever_it_is_written() {
        let of = || list(vec![transfer("Fatima", 123_450)]);
        assert_eq!(
            of().workbook().expect("written"),
            of().workbook().expect("written")
        );
        assert_eq!(of().csv(), of().csv());
        // The time of the list, and no other: a clock goes on between two tests, not between two lines.
        let about = part(&of(), "docProps/core.xml");
        let said = about.matches("2026-11-30T12:00:00Z</dcterms:").count();
        assert_eq!(
            (said, about.matches("dcterms:W3CDTF").count()),
            (2, 2),
            "{about}"
        );
    }

    #[test]
    fn an_empty_list_is_a_sum_of_nothing() {
        assert!(cell_of(&sheet_of(&list(Vec::new())), "C2").ends_with("><v>0</v>"));
    }
}
