//! Makes one of each paper, to be looked at: `cargo run -p taswiq-documents --example papers`.

use std::path::Path;
use taswiq_documents::Direction;
use taswiq_documents::bank_list::{self, BankList, Transfer};
use taswiq_domain::money::Centimes;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new("target/papers");
    std::fs::create_dir_all(folder)?;
    let list = transfers()?;
    std::fs::write(folder.join("transfers.csv"), list.csv())?;
    std::fs::write(folder.join("transfers.xlsx"), list.workbook())?;
    Ok(())
}

fn transfers() -> Result<BankList, bank_list::Refused> {
    let words = bank_list::Words {
        title: "Virements de novembre 2026".to_owned(),
        name: "Titulaire".to_owned(),
        rib: "RIB".to_owned(),
        amount: "Montant (DH)".to_owned(),
        reference: "Motif".to_owned(),
        statement_number: "Relevé".to_owned(),
        total: "Total".to_owned(),
    };
    let transfer = |name: &str, amount, number: &str| Transfer {
        name: name.to_owned(),
        rib: "011 519 0000012050005349 21".to_owned(),
        amount: Centimes(amount),
        reference: format!("Taswiq {number}"),
        statement_number: number.to_owned(),
    };
    BankList::check(
        Direction::LeftToRight,
        words,
        vec![
            transfer("Fatima Aït Lahcen", 341_275, "R-2026-11-004"),
            transfer("عبد الرحمان بن محمد أيت أوبلا", 128_000, "R-2026-11-005"),
            transfer("=HYPERLINK(\"http://x\")", 5, "R-2026-11-006"),
        ],
    )
}
