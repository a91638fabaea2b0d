//! The list as a workbook: the fewest parts that Excel and LibreOffice open without a word.
//!
//! Every text is a text cell marked as quoted (what an apostrophe typed before it does), so nothing runs
//! now or after somebody edits it, and an account keeps its zeros and its 24 digits. The sum is a formula
//! of ours with its result beside it: it stays true when a row is taken out, and shows where nothing is
//! computed.

use super::{BankList, decimal, on_one_line, zip};
use crate::Direction;
use std::fmt::Write;

/// What Excel takes in one cell, in UTF-16 units.
const CELL_UNITS_MAX: usize = 32_767;
const SHEET_NAME_UNITS_MAX: usize = 31;

/// The looks of cells, by their place in [`STYLES`].
#[derive(Clone, Copy)]
enum Style {
    Heading = 1,
    Text = 2,
    Amount = 3,
    SumText = 4,
    SumAmount = 5,
}

const CONTENT_TYPES: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">"#,
    r#"<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>"#,
    r#"<Default Extension="xml" ContentType="application/xml"/>"#,
    r#"<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>"#,
    r#"<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"#,
    r#"<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>"#,
    r#"</Types>"#,
);

const PACKAGE_RELATIONS: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#,
    r#"<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>"#,
    r#"</Relationships>"#,
);

const WORKBOOK_RELATIONS: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#,
    r#"<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>"#,
    r#"<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>"#,
    r#"</Relationships>"#,
);

/// Format 49 is text as it stands, 4 is `1 234,50` as the reader's system writes it. The first two fills
/// must be these.
const STYLES: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#,
    r#"<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>"#,
    r#"<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>"#,
    r#"<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>"#,
    r#"<borders count="3"><border><left/><right/><top/><bottom/><diagonal/></border>"#,
    r#"<border><left/><right/><top/><bottom style="thin"><color rgb="FF1F5B3A"/></bottom><diagonal/></border>"#,
    r#"<border><left/><right/><top style="thin"><color rgb="FF1F5B3A"/></top><bottom/><diagonal/></border></borders>"#,
    r#"<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>"#,
    r#"<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>"#,
    r#"<xf numFmtId="49" fontId="1" fillId="0" borderId="1" xfId="0" quotePrefix="1" applyNumberFormat="1" applyFont="1" applyBorder="1"/>"#,
    r#"<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>"#,
    r#"<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>"#,
    r#"<xf numFmtId="49" fontId="1" fillId="0" borderId="2" xfId="0" quotePrefix="1" applyNumberFormat="1" applyFont="1" applyBorder="1"/>"#,
    r#"<xf numFmtId="4" fontId="1" fillId="0" borderId="2" xfId="0" applyNumberFormat="1" applyFont="1" applyBorder="1"/></cellXfs>"#,
    r#"<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>"#,
    r#"</styleSheet>"#,
);

pub fn write(list: &BankList) -> Vec<u8> {
    zip::pack(&[
        ("[Content_Types].xml", CONTENT_TYPES.to_owned()),
        ("_rels/.rels", PACKAGE_RELATIONS.to_owned()),
        ("xl/workbook.xml", workbook(list)),
        ("xl/_rels/workbook.xml.rels", WORKBOOK_RELATIONS.to_owned()),
        ("xl/styles.xml", STYLES.to_owned()),
        ("xl/worksheets/sheet1.xml", sheet(list)),
    ])
}

fn workbook(list: &BankList) -> String {
    let name = sheet_name(&list.words.title);
    let in_formula = name.replace('\'', "''");
    format!(
        concat!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">"#,
            r#"<sheets><sheet name="{}" sheetId="1" r:id="rId1"/></sheets>"#,
            r#"<definedNames><definedName name="_xlnm.Print_Titles" localSheetId="0">'{}'!$1:$1</definedName></definedNames>"#,
            r#"</workbook>"#
        ),
        escaped(&name),
        escaped(&in_formula)
    )
}

fn sheet(list: &BankList) -> String {
    let sum_row = list.rows.len() + 2;
    let right_to_left = match list.direction {
        Direction::LeftToRight => 0,
        Direction::RightToLeft => 1,
    };
    let mut rows = Rows(format!(
        concat!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
            r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#,
            r#"<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="A1:E{}"/>"#,
            r#"<sheetViews><sheetView rightToLeft="{}" workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>"#,
            r#"<cols><col min="1" max="1" width="34" customWidth="1"/><col min="2" max="2" width="28" customWidth="1"/><col min="3" max="3" width="16" customWidth="1"/><col min="4" max="5" width="22" customWidth="1"/></cols>"#,
            r#"<sheetData>"#
        ),
        sum_row, right_to_left
    ));
    rows.begin(1);
    for (column, heading) in "ABCDE".chars().zip(list.headings()) {
        rows.text(column, 1, Style::Heading, heading);
    }
    for (row, transfer) in (2..).zip(&list.rows) {
        rows.begin(row);
        rows.text('A', row, Style::Text, &transfer.name);
        rows.text('B', row, Style::Text, transfer.rib.as_str());
        rows.number('C', row, Style::Amount, "", &decimal(transfer.amount, '.'));
        rows.text('D', row, Style::Text, &transfer.reference);
        rows.text('E', row, Style::Text, &transfer.statement_number);
    }
    rows.begin(sum_row);
    rows.text('A', sum_row, Style::SumText, &list.words.total);
    rows.text('B', sum_row, Style::SumText, "");
    let sum = match list.rows.len() {
        0 => String::new(),
        _ => format!("<f>SUM(C2:C{})</f>", sum_row - 1),
    };
    rows.number(
        'C',
        sum_row,
        Style::SumAmount,
        &sum,
        &decimal(list.total, '.'),
    );
    rows.text('D', sum_row, Style::SumText, "");
    rows.text('E', sum_row, Style::SumText, "");
    let mut xml = rows.0;
    xml.push_str(r#"</row></sheetData><pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>"#);
    // The account is text on purpose: no green corner that asks to make it a number.
    let _ = write!(
        xml,
        r#"<ignoredErrors><ignoredError sqref="A1:E{sum_row}" numberStoredAsText="1"/></ignoredErrors></worksheet>"#
    );
    xml
}

struct Rows(String);

impl Rows {
    fn begin(&mut self, row: usize) {
        let before = if row > 1 { "</row>" } else { "" };
        let _ = write!(self.0, r#"{before}<row r="{row}">"#);
    }

    fn text(&mut self, column: char, row: usize, style: Style, text: &str) {
        let text = escaped(&within(&on_one_line(text), CELL_UNITS_MAX));
        let style = style as u8;
        let _ = if text.is_empty() {
            write!(self.0, r#"<c r="{column}{row}" s="{style}"/>"#)
        } else {
            write!(
                self.0,
                r#"<c r="{column}{row}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>"#
            )
        };
    }

    fn number(&mut self, column: char, row: usize, style: Style, formula: &str, number: &str) {
        let style = style as u8;
        let _ = write!(
            self.0,
            r#"<c r="{column}{row}" s="{style}">{formula}<v>{number}</v></c>"#
        );
    }
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

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{list, transfer, words};
    use super::super::zip::tests::unpack;
    use super::*;

    fn part(list: &BankList, name: &str) -> String {
        unpack(&list.workbook())
            .into_iter()
            .find(|(found, _)| found == name)
            .expect("the part is there")
            .1
    }

    fn sheet_of(list: &BankList) -> String {
        part(list, "xl/worksheets/sheet1.xml")
    }

    /// The texts of the cells, as a reader of XML sees them.
    fn texts(xml: &str) -> Vec<String> {
        xml.split("<t xml:space=\"preserve\">")
            .skip(1)
            .map(|rest| rest.split("</t>").next().expect("the text ends").to_owned())
            .collect()
    }

    #[test]
    fn an_account_is_text_and_an_amount_is_a_number() {
        let xml = sheet_of(&list(vec![
            transfer("Fatima", 123_450),
            transfer("فاطمة", 5),
        ]));
        assert!(xml.contains(
            r#"<c r="B2" s="2" t="inlineStr"><is><t xml:space="preserve">011519000001205000534921</t>"#
        ));
        assert!(xml.contains(r#"<c r="C2" s="3"><v>1234.50</v></c>"#));
        assert!(xml.contains(r#"<c r="C3" s="3"><v>0.05</v></c>"#));
        assert!(xml.contains(r#"<c r="C4" s="5"><f>SUM(C2:C3)</f><v>1234.55</v></c>"#));
        assert!(xml.contains(">فاطمة</t>"));
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
            "</t></is></c><c r=\"Z1\"><f>1</f></c>",
        ] {
            let mut asked = transfer(dangerous, 1);
            asked.reference = dangerous.to_owned();
            asked.statement_number = dangerous.to_owned();
            let xml = sheet_of(&list(vec![asked]));
            assert_eq!(xml.matches("<f>").count(), 1, "{dangerous:?}");
            // Name, reference and statement are text cells of the look that is quoted.
            for cell in ["A2", "D2", "E2"] {
                assert!(
                    xml.contains(&format!(r#"<c r="{cell}" s="2" t="inlineStr">"#)),
                    "{dangerous:?}"
                );
            }
        }
        assert_eq!(STYLES.matches(r#"quotePrefix="1""#).count(), 3);
    }

    #[test]
    fn what_was_typed_never_breaks_the_form() {
        let mut asked = transfer("a\u{0}\u{1b}\u{ffff}&<b>\"\u{202e}c", 1);
        asked.reference = "ر".repeat(40_000);
        let xml = sheet_of(&list(vec![asked]));
        assert!(
            !xml.chars()
                .any(|letter| letter.is_control() || letter == '\u{ffff}')
        );
        assert!(texts(&xml).contains(&"a&amp;&lt;b&gt;&quot;c".to_owned()));
        assert!(
            texts(&xml)
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
        let arabic = BankList::check(Direction::RightToLeft, words(), asked).expect("a list");
        assert!(sheet_of(&arabic).contains(r#"rightToLeft="1""#));
        assert!(sheet_of(&list(Vec::new())).contains(r#"rightToLeft="0""#));
    }

    #[test]
    fn the_same_list_gives_the_same_bytes() {
        let of = || list(vec![transfer("Fatima", 123_450)]);
        assert_eq!(of().workbook(), of().workbook());
        assert_eq!(of().csv(), of().csv());
    }

    #[test]
    fn an_empty_list_is_a_sum_of_nothing() {
        assert!(sheet_of(&list(Vec::new())).contains(r#"<c r="C2" s="5"><v>0.00</v></c>"#));
    }
}
