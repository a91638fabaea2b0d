//! CSV for a double click in Morocco or France.
//!
//! - Semicolons: Excel splits by the list separator of the system, and where the decimal mark is a comma,
//!   as in French and in Arabic of Morocco, that is a semicolon. A line `sep=;` would say it too, but takes
//!   away what the next mark does and is a row of rubbish to every other program.
//! - The byte order mark: without it Excel reads UTF-8 as the system's old code page.
//! - `1234,50`: a number where it is opened, with nothing between the thousands that a program must skip.
//! - `011-519-0000012050005349-21`: 24 bare digits are a number to Excel, shown as 1,15E+22 and kept to 15
//!   places, which is money sent to nobody. Dashes in four parts are no number and no date to any program.
//! - Names cannot run: see [`runs_in_a_spreadsheet`].

use super::{BankList, decimal, on_one_line};
use taswiq_domain::text::runs_in_a_spreadsheet;

pub fn write(list: &BankList) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    let mut row = |cells: [String; 5]| {
        // Writing to memory cannot fail, and every row has as many cells as the first.
        let _ = writer.write_record(cells);
    };
    row(list.headings().map(harmless));
    for transfer in &list.rows {
        row([
            harmless(&transfer.name),
            transfer.rib.to_string().replace('\u{a0}', "-"),
            decimal(transfer.amount, ','),
            harmless(&transfer.reference),
            harmless(&transfer.statement_number),
        ]);
    }
    row([
        harmless(&list.words.total),
        String::new(),
        decimal(list.total, ','),
        String::new(),
        String::new(),
    ]);
    writer.into_inner().unwrap_or_default()
}

fn harmless(text: &str) -> String {
    let text = on_one_line(text);
    if runs_in_a_spreadsheet(&text) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{list, transfer};
    use super::*;

    fn text(list: &BankList) -> String {
        String::from_utf8(list.csv()).expect("UTF-8")
    }

    #[test]
    fn a_list_reads_as_excel_in_morocco_expects_it() {
        let list = list(vec![
            transfer("Fatima Aït Lahcen", 123_450),
            transfer("فاطمة الزهراء", 5),
        ]);
        assert_eq!(
            text(&list),
            "\u{feff}Name;RIB;Amount (DH);Reference;Statement\r\n\
             Fatima Aït Lahcen;011-519-0000012050005349-21;1234,50;TASWIQ 2026-11;R-2026-11-004\r\n\
             فاطمة الزهراء;011-519-0000012050005349-21;0,05;TASWIQ 2026-11;R-2026-11-004\r\n\
             Total;;1234,55;;\r\n"
        );
    }

    #[test]
    fn an_account_in_a_list_can_be_read_back() {
        let text = text(&list(vec![transfer("a", 1)]));
        let account = text.split(';').nth(5).expect("the account");
        assert!(account.parse::<taswiq_domain::bank::Rib>().is_ok());
    }

    #[test]
    fn fault_30_nothing_in_a_list_runs() {
        for dangerous in [
            "=1+1",
            "+212600000000",
            "-1+1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n\n=1",
            "\u{202e}=1",
            "\u{feff}=1",
            " =1",
            "＝1",
            "=cmd|' /C calc'!A0",
        ] {
            let mut asked = transfer(dangerous, 1);
            asked.reference = dangerous.to_owned();
            asked.statement_number = dangerous.to_owned();
            let bytes = list(vec![asked]).csv();
            let mut reader = csv::ReaderBuilder::new()
                .delimiter(b';')
                .from_reader(&bytes[..]);
            let row = reader.records().next().expect("a row").expect("readable");
            for cell in [&row[0], &row[3], &row[4]] {
                assert!(cell.starts_with('\''), "{dangerous:?} became {cell:?}");
            }
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_its_cell() {
        let list = list(vec![transfer("a\";=1;\"\r\nTotal;;0,01", 700)]);
        let bytes = list.csv();
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(b';')
            .from_reader(&bytes[..]);
        let rows: Vec<csv::StringRecord> =
            reader.records().map(|row| row.expect("readable")).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(&rows[0][0], "a\";=1;\"  Total;;0,01");
        assert_eq!(&rows[1][2], "7,00");
    }
}
