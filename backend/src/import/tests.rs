use super::*;
use taswiq_domain::catalogue::{Category, Cooperative, Product};

fn catalogue() -> Catalogue {
    let cooperative = |id, name: &str| Cooperative {
        id: CooperativeId(id),
        name: LocalText::new(name, "تعاونية"),
        place: LocalText::new("Midelt", "ميدلت"),
        conventions: Vec::new(),
    };
    let product = Product {
        id: taswiq_domain::ids::ProductId(1),
        cooperative: CooperativeId(1),
        category: CategoryId(1),
        name: LocalText::new("Miel de thym", "عسل الزعتر"),
        unit: LocalText::new("pot 500 g", "علبة 500 غ"),
        picture: Picture::default(),
        vat: Vec::new(),
        prices: Vec::new(),
        on_sale: true,
    };
    Catalogue {
        cooperatives: vec![
            cooperative(1, "Tighanimine"),
            cooperative(2, "Ajdir Izourane"),
        ],
        categories: vec![Category {
            id: CategoryId(1),
            name: LocalText::new("Miels", "عسل"),
            picture: Picture::default(),
        }],
        products: vec![product],
        ..Catalogue::default()
    }
}

fn troubles(contents: Contents, file: &str) -> Vec<(usize, String, Trouble)> {
    check(&catalogue(), contents, file.as_bytes())
        .wrong
        .into_iter()
        .map(|wrong| (wrong.line, wrong.column, wrong.trouble))
        .collect()
}

const HEADINGS: &str =
    "cooperative;category;name_fr;name_ar;unit_fr;vat;retail;semi_wholesale;wholesale\n";

#[test]
fn a_clean_file_has_nothing_wrong_whatever_its_separator() {
    let file = format!(
        "\u{feff}{HEADINGS}Tighanimine;miels;Miel d’euphorbe;عسل الدغموس;pot 250 g;20;120,00;110;100\n2;Miels;Amlou;;pot 350 g;7,5 %;;;\n"
    );
    assert_eq!(troubles(Contents::Products, &file), []);
    assert_eq!(
        troubles(
            Contents::Products,
            &file
                .replace("120,00", "120.00")
                .replace("7,5", "7.5")
                .replace(';', ",")
        ),
        []
    );
    assert_eq!(troubles(Contents::Products, &file.replace(';', "\t")), []);
}

#[test]
fn each_wrong_cell_is_named_by_line_and_column() {
    let file = format!(
        "{HEADINGS}Tighanimine;Miels;Miel;;pot;20;12O,00;110;100\nNobody;Fleurs;;;pot;vingt;100;110;90\n"
    );
    assert_eq!(
        troubles(Contents::Products, &file),
        [
            (2, "retail".to_owned(), Trouble::NotAnAmount),
            (3, "cooperative".to_owned(), Trouble::UnknownCooperative),
            (3, "category".to_owned(), Trouble::UnknownCategory),
            (3, "name_fr".to_owned(), Trouble::Missing),
            (3, "vat".to_owned(), Trouble::NotAPercentage),
            (3, "retail".to_owned(), Trouble::PricesNotOrdered),
        ]
    );
}

#[test]
fn nothing_is_taken_in_twice() {
    let file = format!(
        "{HEADINGS}Tighanimine;Miels;MIEL DE THYM;;Pot 500 g;20;;;\n2;Miels;Amlou;;pot;20;;;\n2;Miels;amlou;;pot;20;;;\n"
    );
    assert_eq!(
        troubles(Contents::Products, &file),
        [
            (2, "name_fr".to_owned(), Trouble::AlreadyThere),
            (4, "name_fr".to_owned(), Trouble::Twice { line: 3 })
        ]
    );
    assert_eq!(
        troubles(
            Contents::Cooperatives,
            "name_fr,place_fr\nTighanimine,Agadir\n"
        ),
        [(2, "name_fr".to_owned(), Trouble::AlreadyThere)]
    );
}

#[test]
fn a_file_of_another_kind_says_so() {
    assert_eq!(
        troubles(Contents::Cooperatives, "a,b\n1,2\n").last(),
        Some(&(1, "place_fr".to_owned(), Trouble::ColumnMissing))
    );
    assert_eq!(
        troubles(Contents::Cooperatives, "name_fr,place_fr\n"),
        [(0, String::new(), Trouble::Empty)]
    );
    assert_eq!(
        check(&catalogue(), Contents::Cooperatives, b"PK\x03\x04\xff\xfe").wrong[0].trouble,
        Trouble::NotText
    );
}

#[test]
fn a_cooperative_brings_its_convention() {
    let file = "name_fr,place_fr,phone,regime,delivery_days\nNouvelle,Sefrou,0612345678,own_production,4\nAutre,Sefrou,123,professional,400\n";
    assert_eq!(
        troubles(Contents::Cooperatives, file),
        [
            (3, "phone".to_owned(), Trouble::NotAPhone),
            (3, "regime".to_owned(), Trouble::UnknownRegime),
            (
                3,
                "delivery_days".to_owned(),
                Trouble::NotDays { days_max: 90 }
            )
        ]
    );
}
