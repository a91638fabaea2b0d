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

fn people() -> Vec<Person> {
    let person = |id, role, name: &str, phone: &str, deactivated_at| Person {
        id: PersonId(id),
        role,
        name: LocalText::new(name, "فاطمة"),
        login: Some(format!("agent-{id:02}")),
        phone: phone.parse().ok(),
        language: "fr".to_owned(),
        cooperatives: Vec::new(),
        has_joined: true,
        deactivated_at,
        created_at: Timestamp(0),
    };
    vec![
        person(1, Role::Agent, "Fatima Aït Ali", "0661234567", None),
        person(2, Role::Agent, "Hammou", "", None),
        person(3, Role::Agent, "Gone", "", Some(Timestamp(1))),
        person(4, Role::Manager, "Manager", "", None),
    ]
}

fn troubles(contents: Contents, file: &str) -> Vec<(usize, String, Trouble)> {
    parse(&catalogue(), &people(), contents, file.as_bytes())
        .1
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
        parse(
            &catalogue(),
            &[],
            Contents::Cooperatives,
            b"PK\x03\x04\xff\xfe"
        )
        .1
        .wrong[0]
            .trouble,
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

#[test]
fn a_customer_comes_with_an_agent_named_in_any_way() {
    let row = |agent: &str| format!("Itto,0612345678,Sefrou,{agent}\n");
    for agent in [
        "fatima ait ali",
        "agent-01",
        "06 61 23 45 67",
        "+212661234567",
        "1",
    ] {
        let file = format!("first_name,phone,place,agent\n{}", row(agent));
        assert_eq!(troubles(Contents::Customers, &file), [], "{agent}");
    }
    // Two of that name, somebody who is out, somebody who is no agent, nobody.
    for agent in ["فاطمة", "Gone", "Manager", "agent-77"] {
        let file = format!("first_name,phone,place,agent\n{}", row(agent));
        assert_eq!(
            troubles(Contents::Customers, &file),
            [(2, "agent".to_owned(), Trouble::UnknownAgent)],
            "{agent}"
        );
    }
}

#[test]
fn each_wrong_customer_is_named_by_line_and_column() {
    let long = "x".repeat(limits::NOTE_CHARACTERS + 1);
    let file = format!(
        "first_name;family_name;phone;place;address;kind;agent\n\
         Itto;Alaoui;;Sefrou;près du four;professional;2\n\
         ;;12;;{long};shop;\n\
         itto;ALAOUI;;sefrou;;household;1\n"
    );
    let characters_max = limits::NOTE_CHARACTERS;
    assert_eq!(
        troubles(Contents::Customers, &file),
        [
            (3, "first_name".to_owned(), Trouble::Missing),
            (3, "phone".to_owned(), Trouble::NotAPhone),
            (3, "place".to_owned(), Trouble::Missing),
            (3, "address".to_owned(), Trouble::TooLong { characters_max }),
            (3, "kind".to_owned(), Trouble::UnknownKind),
            (3, "agent".to_owned(), Trouble::Missing),
            (4, "first_name".to_owned(), Trouble::Twice { line: 2 }),
        ]
    );
}

#[test]
fn lines_are_those_of_the_spreadsheet_however_they_end() {
    let file = "name_fr;place_fr\nAzzaba;Sefrou\n\n\"Deux\nlignes\";\nImmouzer;\n";
    let expected = [4, 6].map(|line| (line, "place_fr".to_owned(), Trouble::Missing));
    assert_eq!(troubles(Contents::Cooperatives, file), expected);
    let returned = file.replace('\n', "\r\n");
    assert_eq!(troubles(Contents::Cooperatives, &returned), expected);
}

#[test]
fn a_regime_that_nobody_knows_is_told_once() {
    let told = |row: &str| {
        troubles(
            Contents::Cooperatives,
            &format!("name_fr;place_fr;regime;delivery_days\n{row}"),
        )
    };
    assert_eq!(
        told("Azzaba;Sefrou;barter;2"),
        [(2, "regime".to_owned(), Trouble::UnknownRegime)]
    );
    assert_eq!(
        told("Azzaba;Sefrou;;2"),
        [(2, "regime".to_owned(), Trouble::Missing)]
    );
}
