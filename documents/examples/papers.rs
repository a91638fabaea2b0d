//! Makes one of each paper, to be looked at: `cargo run -p taswiq-documents --example papers`.

use std::path::Path;
use taswiq_documents::Direction;
use taswiq_documents::bank_list::{self, BankList, Transfer};
use taswiq_documents::statement::{Awaited, Entry, Statement, Total, Words};
use taswiq_domain::money::Centimes;
use taswiq_domain::time::Timestamp;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new("target/papers");
    std::fs::create_dir_all(folder)?;
    let list = transfers()?;
    std::fs::write(folder.join("transfers.csv"), list.csv())?;
    std::fs::write(folder.join("transfers.xlsx"), list.workbook()?)?;
    std::fs::write(folder.join("statement.fr.pdf"), french(40).pdf()?)?;
    std::fs::write(folder.join("statement.ar.pdf"), arabic(40).pdf()?)?;
    std::fs::write(folder.join("statement.long.pdf"), french(3_000).pdf()?)?;
    std::fs::write(folder.join("statement.empty.pdf"), empty().pdf()?)?;
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
        Timestamp(1_796_040_000_000),
        vec![
            transfer("Fatima Aït Lahcen", 341_275, "R-2026-11-004"),
            transfer("عبد الرحمان بن محمد أيت أوبلا", 128_000, "R-2026-11-005"),
            transfer("=HYPERLINK(\"http://x\")", 5, "R-2026-11-006"),
        ],
    )
}

fn total(label: &str, amount: i64) -> Total {
    Total {
        label: label.to_owned(),
        amount: Centimes(amount),
        is_result: false,
    }
}

fn entries(count: usize, whats: &[&str]) -> Vec<Entry> {
    (0..count)
        .map(|index| {
            let base = 4_000 + (index as i64 * 7_919) % 240_000;
            let reversed = index % 9 == 8;
            let amount = (base * 75 + 500) / 1_000;
            Entry {
                date: format!("{:02}/11/2026", index % 30 + 1),
                order_code: ["K7M2PX", "AH4D9W", "Q3TT8N", "R2C6VY"][index % 4].to_owned(),
                what: whats[index % whats.len()].to_owned(),
                base: Some(Centimes(if reversed { -base } else { base })),
                rate: "7,5\u{a0}%".to_owned(),
                amount: Centimes(if reversed { -amount } else { amount }),
            }
        })
        .collect()
}

fn french(count: usize) -> Statement {
    let text = str::to_owned;
    let mut statement = Statement {
        language: text("fr"),
        direction: Direction::LeftToRight,
        title: text("Relevé de commission"),
        programme: text("Taswiq — Coopératives du Souss et de l’Anti-Atlas"),
        agent: text("Fatima-Zahra Aït Lahcen"),
        period: text("Novembre 2026"),
        number: text("R-2026-11-004"),
        issued_on: text("1 décembre 2026"),
        totals: vec![
            total("Solde reporté du mois d’octobre", 12_050),
            total("Commissions acquises", 341_275),
            total("Reprises", -21_500),
            total("Supplément de palier", 18_000),
            total("Prime d’objectif", 50_000),
            total("Avance mensuelle garantie", 0),
            total("Retenue à la source (10\u{a0}%)", -39_983),
            total("Avances versées", -50_000),
            total("Récupéré sur le mois", -10_000),
            total("Net à payer", 299_842),
            total("Reporté au mois suivant", 0),
        ],
        entries: entries(
            count,
            &[
                "Huile d’argan alimentaire 250 ml × 4",
                "Miel de thym 500 g × 2 · Coopérative Tamount",
                "Safran de Taliouine 1 g × 10",
                "Commande de محمد بن عبد الله (2 articles)",
                "Amlou aux amandes 200 g × 6, couscous d’orge 1 kg × 3, huile d’argan cosmétique 60 ml × 2, au foyer de Lalla Khadija à Tiznit",
            ],
        ),
        awaited: vec![
            Awaited {
                date: text("28/11/2026"),
                order_code: text("P9XW4E"),
                why: text("Livrée, le délai de rétractation court jusqu’au 5 décembre"),
                amount: Some(Centimes(4_312)),
            },
            Awaited {
                date: text("30/11/2026"),
                order_code: text("M3HC7A"),
                why: text("La coopérative n’a pas encore confirmé"),
                amount: None,
            },
        ],
        link: text("https://taswiq.example/r/5f1c0e7b9a2d4c6e8f00112233445566"),
        chain_head: std::array::from_fn(|index| (index * 37 + 11) as u8),
        words: Words {
            agent: text("Agente"),
            period: text("Période"),
            number: text("Relevé n°"),
            issued_on: text("Établi le"),
            totals: text("Du solde au net"),
            entries: text("Écritures du mois"),
            no_entries: text("Aucune écriture ce mois-ci."),
            date: text("Date"),
            order: text("Commande"),
            what: text("Objet"),
            base: text("Base (DH)"),
            rate: text("Taux"),
            amount: text("Montant (DH)"),
            awaited: text("Pas encore acquis, et pourquoi"),
            nothing_awaited: text("Tout est acquis."),
            why: text("Pourquoi"),
            link: text("Scannez pour retrouver ce relevé et l’explication de chaque dirham."),
            chain_head: text("Tête de la chaîne du grand livre"),
            chain_head_meaning: text(
                "Votre téléphone affiche la même suite\u{a0}: aucune écriture n’a été changée depuis.",
            ),
        },
    };
    statement.totals[9].is_result = true;
    statement
}

fn empty() -> Statement {
    let mut statement = french(0);
    statement.awaited.clear();
    statement
}

fn arabic(count: usize) -> Statement {
    let text = str::to_owned;
    let mut statement = Statement {
        language: text("ar"),
        direction: Direction::RightToLeft,
        title: text("كشف العمولة"),
        programme: text("تسويق — تعاونيات سوس والأطلس الصغير"),
        agent: text("فاطمة الزهراء بنت عبد الرحمان أيت لحسن الإدريسي التزنيتي"),
        period: text("نونبر 2026"),
        number: text("R-2026-11-004"),
        issued_on: text("1 دجنبر 2026"),
        totals: vec![
            total("الرصيد المنقول من أكتوبر", 12_050),
            total("العمولات المكتسبة", 341_275),
            total("المبالغ المسترجعة", -21_500),
            total("تكملة الشريحة", 18_000),
            total("مكافأة الهدف", 50_000),
            total("التسبيق الشهري المضمون", 0),
            total("الضريبة المحجوزة (10\u{a0}%)", -39_983),
            total("التسبيقات المدفوعة", -50_000),
            total("المستخلص هذا الشهر", -10_000),
            total("الصافي المستحق", 299_842),
            total("المنقول إلى الشهر الموالي", 0),
        ],
        entries: entries(
            count,
            &[
                "زيت أركان الغذائية 250 مل × 4",
                "عسل الزعتر 500 غ × 2 · تعاونية تامونت",
                "Huile d’argan alimentaire 250 ml × 4",
                "طلب السيدة خديجة من ڭلميم، بمبلغ 1\u{202f}234,50\u{a0}DH بعد خصم −5\u{a0}%",
                "أملو باللوز 200 غ × 6، كسكس الشعير 1 كلغ × 3، زيت أركان التجميلية 60 مل × 2، منزل للا خديجة بتيزنيت قرب المسجد الكبير",
            ],
        ),
        awaited: vec![
            Awaited {
                date: text("28/11/2026"),
                order_code: text("P9XW4E"),
                why: text("سُلِّمت، وأجل التراجع مفتوح إلى 5 دجنبر"),
                amount: Some(Centimes(4_312)),
            },
            Awaited {
                date: text("30/11/2026"),
                order_code: text("M3HC7A"),
                why: text("لم تؤكد التعاونية بعد"),
                amount: None,
            },
        ],
        words: Words {
            agent: text("الوكيلة"),
            period: text("الفترة"),
            number: text("رقم الكشف"),
            issued_on: text("حُرِّر في"),
            totals: text("من الرصيد إلى الصافي"),
            entries: text("قيود الشهر"),
            no_entries: text("لا قيود هذا الشهر."),
            date: text("التاريخ"),
            order: text("الطلب"),
            what: text("الموضوع"),
            base: text("الأساس (درهم)"),
            rate: text("النسبة"),
            amount: text("المبلغ (درهم)"),
            awaited: text("ما لم يُكتسب بعد، ولماذا"),
            nothing_awaited: text("كل شيء مكتسب."),
            why: text("السبب"),
            link: text("امسح الرمز لتجد هذا الكشف وشرح كل درهم فيه."),
            chain_head: text("رأس سلسلة السجل"),
            chain_head_meaning: text("يعرض هاتفك السلسلة نفسها: لم يتغير أي قيد منذ ذلك الحين."),
        },
        ..french(0)
    };
    statement.totals[9].is_result = true;
    statement
}
