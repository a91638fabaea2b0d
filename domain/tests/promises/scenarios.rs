//! Scenarios: what a document says comes out to the centime, and what is wrong with one is named.

use crate::demo_catalogue::CALENDAR;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use taswiq_domain::ledger::{Account, Purpose};
use taswiq_domain::money::Centimes;
use taswiq_domain::scenario::{Outcome, ScenarioError, play};
use taswiq_domain::settlement::{NotYetInReason, Nothing};

const SEASON: &str = include_str!("../scenarios/a_season.json");
const SCHEMA: &str = include_str!("../../scenario.schema.json");

fn season() -> Value {
    serde_json::from_str(SEASON).expect("JSON")
}

fn played(scenario: &Value) -> Result<Outcome, ScenarioError> {
    play(&scenario.to_string(), &CALENDAR)
}

#[test]
fn a_season_comes_out_to_the_centime() {
    let outcome = play(SEASON, &CALENDAR).expect("a good scenario");
    let of_amina: Vec<_> = outcome
        .statements
        .iter()
        .filter(|statement| statement.agent.0 == 20)
        .collect();
    let [october, november, december] = of_amina[..] else {
        panic!("three statements");
    };

    // October: 7 % of ten pots of 100 DH without tax, and three rugs at 25 DH of which 60 DH count.
    assert_eq!(
        october.sum_of(Purpose::CommissionVested),
        Centimes(7_000 + 7_500)
    );
    assert_eq!(october.sum_of(Purpose::PeriodCap), Centimes(-1_500));
    // 5,500 DH of turnover: 2 % above 1,000 DH, and the target of 1,500 DH.
    assert_eq!(october.sum_of(Purpose::TierSupplement), Centimes(9_000));
    assert_eq!(october.sum_of(Purpose::TargetBonus), Centimes(5_000));
    assert_eq!(october.payable, Centimes(27_000));
    assert_eq!(october.tax.amount, Centimes(2_700));
    assert_eq!(october.advances_deducted, Centimes(2_000));
    assert_eq!(october.net, Centimes(22_300));
    let waiting: Vec<_> = october
        .not_yet_in
        .iter()
        .map(|part| (part.amount.0, part.why))
        .collect();
    assert_eq!(waiting, [(700, NotYetInReason::AwaitingAnswer)]);

    // November: five pots come back, and with them 2 % of their 500 DH.
    assert_eq!(
        november.sum_of(Purpose::CommissionReversed),
        Centimes(-3_500)
    );
    assert_eq!(
        november.sum_of(Purpose::SupplementCorrection),
        Centimes(-1_000)
    );
    assert_eq!(
        (november.net, november.carried_forward, november.nothing),
        (Centimes::ZERO, Centimes(4_500), Some(Nothing::TakenBack))
    );
    assert_eq!(november.held(), Centimes(2_100));

    // December: what the dispute granted, less tax and three tenths of the rest for November.
    assert_eq!(december.sum_of(Purpose::DisputeGranted), Centimes(2_100));
    assert_eq!(
        (december.tax.amount, december.recovered, december.net),
        (Centimes(210), Centimes(567), Centimes(1_323))
    );

    // The lead earns 0.5 % of the turnover, and loses it on what came back.
    let of_brahim: Vec<_> = outcome
        .statements
        .iter()
        .filter(|statement| statement.agent.0 == 21)
        .map(|statement| statement.total.0)
        .collect();
    assert_eq!(of_brahim, [500 + 2_250, -250, 0]);
}

#[test]
fn the_books_of_a_scenario_balance_and_what_is_owed_stands_in_them() {
    let outcome = play(SEASON, &CALENDAR).expect("a good scenario");
    assert_eq!(
        outcome
            .balances
            .iter()
            .map(|balance| balance.amount.0)
            .sum::<i64>(),
        0
    );
    for agent in [20, 21].map(taswiq_domain::ids::PersonId) {
        let last = outcome
            .statements
            .iter()
            .rfind(|statement| statement.agent == agent)
            .expect("a statement");
        let carried = outcome
            .balances
            .iter()
            .find(|balance| balance.account == Account::AgentCarried(agent))
            .map_or(0, |balance| balance.amount.0);
        assert_eq!(-carried, last.carried_forward.0);
        assert!(
            !outcome
                .balances
                .iter()
                .any(|balance| balance.account == Account::AgentEarned(agent))
        );
    }
}

#[test]
fn an_event_that_arrives_after_the_close_counts_in_the_open_month_under_its_own() {
    let mut scenario = season();
    let events = scenario["events"].as_array_mut().expect("events");
    // The money for the honey is reported a month late.
    let collected = events.remove(4);
    let after_the_close = events
        .iter()
        .position(|event| event.get("closed").is_some())
        .expect("a close")
        + 1;
    events.insert(after_the_close, collected);
    let late = played(&scenario).expect("a good scenario");
    let november = &late.statements[2];
    let line = november
        .lines
        .iter()
        .find(|line| line.purpose == Purpose::CommissionVested)
        .expect("the honey");
    assert_eq!(
        (line.concerns.to_string().as_str(), line.amount),
        ("2026-10", Centimes(7_000))
    );
    // In the end it makes no difference to what was earned.
    let earned = |outcome: &Outcome| {
        outcome
            .statements
            .iter()
            .map(|statement| statement.total.0)
            .sum::<i64>()
    };
    assert_eq!(
        earned(&late),
        earned(&play(SEASON, &CALENDAR).expect("a good scenario"))
    );
}

/// A scenario with one thing changed, and where the error says it is.
fn broken(change: impl FnOnce(&mut Value)) -> (String, String) {
    let mut scenario = season();
    change(&mut scenario);
    let error = played(&scenario).expect_err("a bad scenario");
    (error.field, error.message)
}

#[test]
fn what_is_wrong_with_a_scenario_is_named_by_its_place() {
    type Change = fn(&mut Value);
    let cases: [(&str, &str, Change); 27] = [
        ("plan", "no such field", |it| it["plan"] = json!([])),
        ("plans", "missing", |it| {
            it.as_object_mut().expect("an object").remove("plans");
        }),
        ("plans", "list", |it| it["plans"] = json!({})),
        ("plans[0].valid_from", "moment", |it| {
            it["plans"][0]["valid_from"] = json!("tomorrow");
        }),
        ("plans[0].rules[1]", "above 100 %", |it| {
            it["plans"][0]["rules"][1]["pays"] = json!({"by": "rate", "rate": 1_000_001});
        }),
        ("plans[0].rules[1]", "same sales", |it| {
            it["plans"][0]["rules"][1]["when"] = json!({});
        }),
        ("plans[0].rules[1]", "unknown cooperative", |it| {
            it["plans"][0]["rules"][1]["when"] = json!({"cooperative": 9});
        }),
        ("plans[0].rules[1].capp", "no such field", |it| {
            it["plans"][0]["rules"][1]["capp"] = json!(1);
        }),
        ("plans[0].rules[0]", "rate", |it| {
            it["plans"][0]["rules"][0]["pays"] = json!({"by": "rate"});
        }),
        ("plans[0].rules", "default", |it| {
            it["plans"][0]["rules"][0]["when"] = json!({"agent": 20});
        }),
        ("plans[0].period", "gap", |it| {
            it["plans"][0]["period"]["tiers"][0]["below"] = json!(99_999);
        }),
        ("cooperatives[1].id", "twice", |it| {
            it["cooperatives"][1]["id"] = json!(1);
        }),
        ("cooperatives[0].conventions[0]", "doorstep_7d", |it| {
            it["cooperatives"][0]["conventions"][0]["regime"] = json!("none");
        }),
        ("products[0].cooperative", "no cooperative", |it| {
            it["products"][0]["cooperative"] = json!(9);
        }),
        ("products[0].price", "centimes", |it| {
            it["products"][0]["price"] = json!(-1);
        }),
        ("agents[0].engagements[0]", "own lead", |it| {
            it["agents"][0]["engagements"][0]["lead"] = json!(20);
        }),
        ("agents[0].engagements[0]", "no agent", |it| {
            it["agents"][0]["engagements"][0]["lead"] = json!(9);
        }),
        ("tax[0].rates", "above 100 %", |it| {
            it["tax"] = json!([{"valid_from": "2026-01-01", "rates": [{"kind": "company", "rate": 2_000_000}]}]);
        }),
        ("events[0].placed.lines", "product", |it| {
            it["events"][0]["placed"]["lines"][0]["product"] = json!(9);
        }),
        ("events[0].placed.agent", "no agent", |it| {
            it["events"][0]["placed"]["agent"] = json!(9);
        }),
        ("events[1].event", "", |it| {
            it["events"][1]["event"]["lines"][0]["units"] = json!(13);
        }),
        ("events[1].event", "kind", |it| {
            it["events"][1]["event"] = json!({});
        }),
        ("events[1].order", "no order", |it| {
            it["events"][1]["order"] = json!("money");
        }),
        ("events[10].advance.amount", "positive", |it| {
            it["events"][10]["advance"]["amount"] = json!(0);
        }),
        ("events[10].closed", "two things", |it| {
            it["events"][10]["closed"] = json!("2026-10");
        }),
        ("events[12].closed", "not ended", |it| {
            it["events"][12]["at"] = json!("2026-10-31T22:59:59.999Z");
        }),
        ("events[16].closed", "2026-11", |it| {
            it["events"][16]["closed"] = json!("2026-12");
        }),
    ];
    for (field, says, change) in cases {
        let (found, message) = broken(change);
        assert_eq!(found, field, "{message}");
        assert!(message.contains(says), "{field}: {message}");
    }
    let error = play("{", &CALENDAR).expect_err("no JSON");
    assert!(error.field.is_empty() && error.to_string().contains("line 1"));
}

/// Every object that the schema describes, by the fields it may have.
fn objects_of(schema: &Value, found: &mut BTreeSet<Vec<String>>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties")
                && fields.get("additionalProperties") == Some(&json!(false))
            {
                found.insert(properties.keys().cloned().collect());
            }
            fields.values().for_each(|value| objects_of(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| objects_of(item, found)),
        _ => {}
    }
}

#[test]
fn the_schema_knows_the_fields_that_are_read() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let mut described = BTreeSet::new();
    objects_of(&schema, &mut described);
    for fields in taswiq_domain::scenario::fields() {
        let mut fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
        fields.sort();
        assert!(described.contains(&fields), "the schema lacks {fields:?}");
    }
}

#[test]
fn what_a_dispute_granted_is_in_one_statement_alone() {
    let mut scenario = season();
    let events = scenario["events"].as_array_mut().expect("events");
    events.push(json!({"at": "2027-02-01T02:00:00Z", "closed": "2027-01"}));
    let outcome = played(&scenario).expect("a good scenario");
    let granted: Vec<_> = outcome
        .statements
        .iter()
        .map(|statement| statement.sum_of(Purpose::DisputeGranted).0)
        .filter(|amount| *amount != 0)
        .collect();
    assert_eq!(granted, [2_100]);
    let january = outcome
        .statements
        .iter()
        .rfind(|statement| statement.agent.0 == 20)
        .expect("a statement");
    assert_eq!(
        (january.total, january.nothing),
        (Centimes::ZERO, Some(Nothing::NothingVested))
    );
}

#[test]
fn a_rule_that_limits_a_seller_does_not_limit_the_override_of_the_lead() {
    let mut scenario = season();
    scenario["plans"][0]["rules"][1]["cap"] = json!(1_000);
    let outcome = played(&scenario).expect("a good scenario");
    let capped: Vec<_> = outcome
        .statements
        .iter()
        .take(2)
        .map(|statement| {
            (
                statement.agent.0,
                statement.sum_of(Purpose::PeriodCap).0,
                statement.sum_of(Purpose::CommissionVested).0,
            )
        })
        .collect();
    assert_eq!(capped, [(20, -6_500, 14_500), (21, 0, 2_750)]);
}
