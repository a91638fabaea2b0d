use super::plural::PluralRule;
use super::sources::Language;
use super::*;
use taswiq_domain::Refusal;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::time::{CivilDate, FixedOffset, Timestamp};

const HEADER: &str = "[meta]\ncode='fr'\nname='x'\ndir='ltr'\nplural='fr'\n";

fn read(text: &str) -> Result<Language, String> {
    Language::read("fr", &format!("{HEADER}{text}"))
}

#[test]
fn a_language_without_a_sentence_or_with_one_too_many_is_refused() {
    let french = read("[a]\nb='un'\nc='deux'").expect("readable");
    let other = read("[a]\nb='one'\nd='three'").expect("readable");
    let complaints = other.complaints(&french).join("\n");
    assert!(
        complaints.contains("a.c") && complaints.contains("a.d"),
        "{complaints}"
    );
    assert!(french.complaints(&french).is_empty());
}

#[test]
fn a_language_with_other_placeholders_is_refused() {
    let french = read("[a]\nb='{x} et {y}'").expect("readable");
    let lacking = read("[a]\nb='{x}'").expect("readable");
    assert_eq!(lacking.complaints(&french).len(), 1);
    let turned = read("[a]\nb='{y}, {x}'").expect("readable");
    assert!(turned.complaints(&french).is_empty());
}

#[test]
fn a_counted_sentence_without_one_of_its_forms_is_refused() {
    assert!(read("[a]\nb={one='un'}").is_err_and(|complaint| complaint.contains("other")));
    assert!(read("[a]\nb={one='un {x}', other='{n} {x}'}").is_ok());
}

#[test]
fn languages_count_as_their_speakers_do() {
    use plural::Form::*;
    let forms = |rule: PluralRule| [0, 1, 2, 3, 10, 11, 99, 100, 103, 111].map(|n| rule.form(n));
    assert_eq!(forms(PluralRule::Fr)[..3], [One, One, Other]);
    assert_eq!(forms(PluralRule::En)[..3], [Other, One, Other]);
    assert_eq!(
        forms(PluralRule::Ar),
        [Zero, One, Two, Few, Few, Many, Many, Other, Few, Many]
    );
}

#[test]
fn the_forms_are_chosen_and_filled() {
    let (french, arabic) = (Words::of("fr"), Words::of("ar"));
    assert_eq!(french.count_orders(1), "1 commande");
    assert_eq!(french.count_orders(1200), "1\u{202f}200 commandes");
    assert_eq!(arabic.count_orders(2), "طلبيتان");
    assert_eq!(arabic.count_orders(12), "\u{2068}12\u{2069} طلبية");
    assert_eq!(Words::of("xx").code(), "fr");
}

#[test]
fn a_name_in_another_script_does_not_turn_its_sentence() {
    let french = Words::of("fr");
    assert_eq!(
        french.refusal_promise_missing("Tighanimine"),
        "Donnez une date de livraison pour Tighanimine."
    );
    assert_eq!(
        french.refusal_promise_missing("زهراء"),
        "Donnez une date de livraison pour \u{2068}زهراء\u{2069}."
    );
}

#[test]
fn dates_are_said_as_people_say_them() {
    let date = CivilDate::new(2026, 11, 22).expect("a date");
    let french = Words::of("fr");
    assert_eq!(french.date(date), "dimanche 22 novembre");
    assert_eq!(french.date_full(date), "22 novembre 2026");
    assert_eq!(french.date_from(date.plus_days(-1), date), "hier");
    // Only the figure runs against the language; the names must stand free for the line to run right.
    assert_eq!(Words::of("ar").date(date), "الأحد \u{2068}22\u{2069} نونبر");
    let moment = Timestamp(1_795_343_460_000);
    assert_eq!(time(moment, FixedOffset { minutes: 0 }), "10:31");
    assert_eq!(time(moment, FixedOffset { minutes: 60 }), "11:31");
}

#[test]
fn every_language_names_seven_days_and_twelve_months() {
    for language in LANGUAGES {
        let words = Words::of(language.code);
        assert_eq!(
            words.date_weekdays().split(' ').count(),
            7,
            "{}",
            language.code
        );
        assert_eq!(
            words.date_months().split(' ').count(),
            12,
            "{}",
            language.code
        );
    }
}

#[test]
fn no_refusal_shows_a_code_or_a_hole() {
    let refusals = [
        Refusal::NotAllowed,
        Refusal::FieldMissing {
            field: "first_name".into(),
        },
        Refusal::FieldTooLong {
            field: "place".into(),
            characters_max: 120,
        },
        Refusal::PaymentBeforeWithdrawalCloses {
            closes_at: Timestamp(1_795_343_460_000),
        },
    ];
    for language in LANGUAGES {
        for refusal in &refusals {
            let said = Words::of(language.code).refusal(
                refusal,
                &Catalogue::default(),
                &FixedOffset::default(),
            );
            assert!(said.len() > 8 && !said.contains(['{', '_']), "{said}");
        }
    }
}
