//! Scenarios: what a document says comes out to the centime, and what is wrong with one is named.

use crate::demo_catalogue::{self, CALENDAR};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::{Account, Purpose};
use taswiq_domain::money::Centimes;
use taswiq_domain::scenario::{
    Bounds, Engaged, ORDER_EVENTS, Outcome, SCHEMA, ScenarioError, ScenarioFault, play, written,
};
use taswiq_domain::settlement::tax::TaxTerms;
use taswiq_domain::settlement::{NotYetInReason, Nothing};

const SEASON: &str = include_str!("../scenarios/a_season.json");

fn season() -> Value {
    serde_json::from_str(SEASON).expect("JSON")
}

fn played(scenario: &Value) -> Result<Outcome, ScenarioError> {
    play(&scenario.to_string(), &CALENDAR, Bounds::NONE)
}

#[test]
fn a_season_comes_out_to_the_centime() {
    let outcome = play(SEASON, &CALENDAR, Bounds::NONE).expect("a good scenario");
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
    let outcome = play(SEASON, &CALENDAR, Bounds::NONE).expect("a good scenario");
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
        earned(&play(SEASON, &CALENDAR, Bounds::NONE).expect("a good scenario"))
    );
}

/// A scenario with one thing changed, and where the error says it is.
fn broken(change: impl FnOnce(&mut Value)) -> (String, String) {
    let mut scenario = season();
    change(&mut scenario);
    let error = played(&scenario).expect_err("a bad scenario");
    (error.field, error.fault.to_string())
}

#[test]
fn what_is_wrong_with_a_scenario_is_named_by_its_place() {
    type Change = fn(&mut Value);
    let cases: [(&str, &str, Change); 31] = [
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
        ("cooperatives[0].conventions[0].vesting", "900000", |it| {
            it["cooperatives"][0]["conventions"][0]["vesting"] =
                json!([{"when": "delivered", "part": 900_000}]);
        }),
        ("plans[0].rules[0].pays.rat", "no such field", |it| {
            it["plans"][0]["rules"][0]["pays"]["rat"] = json!(1);
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
        ("events[1].event.kind", "written_off", |it| {
            it["events"][1]["event"]["kind"] = json!("conformed");
        }),
        ("events[1].event", "placed by what was asked", |it| {
            it["events"][1]["event"] = json!({"kind": "placed", "order": {}});
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
    let error = play("{", &CALENDAR, Bounds::NONE).expect_err("no JSON");
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

/// Judges documents by the schema.
fn judge() -> jsonschema::Validator {
    let schema = serde_json::from_str(SCHEMA).expect("JSON");
    jsonschema::draft202012::new(&schema).expect("a schema")
}

#[test]
fn a_season_is_of_the_form_that_the_schema_describes() {
    let judge = judge();
    let complaints: Vec<_> = judge
        .iter_errors(&season())
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(complaints, [""; 0]);
}

/// Where the objects of a document stand.
fn places_of_objects(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(place.to_owned());
            for (name, inner) in fields {
                places_of_objects(inner, &format!("{place}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                places_of_objects(inner, &format!("{place}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// A season with every field that the other one leaves out.
fn rich() -> Value {
    let mut season = season();
    season["plans"][0]["rules"].as_array_mut().expect("rules").push(json!({
        "number": 3,
        "when": {
            "agent": 20, "product": 1, "cooperative": 1, "category": 1, "team": "a", "grade": "b",
            "customer_kind": "household", "channel": "door",
            "discount": {"from": 10_000, "below": 20_000},
        },
        "pays": {"by": "nothing", "reason": "outside commission"},
    }));
    season["plans"][0]["period"]["guaranteed"] = json!(1_000);
    season["cooperatives"][0]["conventions"][0] = json!({
        "valid_from": "2026-01-01", "regime": "doorstep_7d", "delivery_days": 1,
        "vesting": [{"when": "delivered", "part": 500_000}, {"when": "deposited", "part": 500_000}],
    });
    season["products"][0] = json!({
        "id": 1, "name": "Miel", "cooperative": 1, "category": 1, "price": 12_000,
        "semi_wholesale": 11_000, "wholesale": 10_000, "vat": 200_000,
    });
    season["agents"][0]["engagements"][0] = json!({
        "valid_from": "2026-01-01T00:00:00+01:00", "kind": "independent", "contract": "C-1",
        "territory": "Sefrou", "grade": "junior", "team": "north", "lead": null,
        "shares": [{"person": 20, "part": 600_000}, {"person": 21, "part": 400_000}],
    });
    season["tax"] = json!([{
        "valid_from": "2026-02-01",
        "rates": [{"kind": "independent", "rate": 100_000, "above_a_year": 0}],
    }]);
    season["events"] = json!([{
        "at": "2026-10-01T10:00Z", "order": "honey",
        "placed": {
            "agent": 20, "customer": "professional", "channel": "shop", "tier": "wholesale",
            "lines": [{"product": 1, "units": 12}], "promised_on": "2026-10-09",
        },
    }]);
    season
}

/// One event of each kind that an order can have, on an order to which nothing has happened yet.
fn events_of_each_kind() -> Vec<Value> {
    let units = json!([{"line": 1, "units": 12}]);
    let events = [
        json!({"kind": "cancelled", "by": "agent", "reason": "mistake"}),
        json!({"kind": "confirmed", "cooperative": 1, "lines": units}),
        json!({"kind": "refused", "cooperative": 1, "reason": "season"}),
        json!({"kind": "decision_seen", "cooperative": 1}),
        json!({"kind": "expired", "cooperative": 1}),
        json!({"kind": "change_proposed", "cooperative": 1, "proposal": {"reason": "price_changed", "lines": [{"line": 1, "units": 12, "unit_price": 9_000}]}}),
        json!({"kind": "change_answered", "cooperative": 1, "accepted": true}),
        json!({"kind": "preparation_started", "cooperative": 1}),
        json!({"kind": "packed", "cooperative": 1, "lines": [{"line": 1, "units": 12, "lot": "7"}]}),
        json!({"kind": "handed_over", "cooperative": 1, "to": "Sefrou"}),
        json!({"kind": "delivered", "cooperative": 1, "lines": units, "proof": {"by": "receipt_digits", "digits": 7}}),
        json!({"kind": "delivered", "cooperative": 1, "lines": units, "proof": {"by": "signature", "strokes": "a"}}),
        json!({"kind": "delivery_failed", "cooperative": 1, "reason": "absent"}),
        json!({"kind": "returned", "cooperative": 1, "lines": units, "fault": "logistics"}),
        json!({"kind": "collected", "cooperative": 1, "amount": 1, "method": "cash"}),
        json!({"kind": "declared_early", "cooperative": 1, "amount": 1, "method": "wallet"}),
        json!({"kind": "withdrawn", "cooperative": 1}),
        json!({"kind": "withdrawal_closed", "cooperative": 1}),
        json!({"kind": "supply_failed", "cooperative": 1, "fault": "cooperative"}),
        json!({"kind": "deposited", "cooperative": 1, "amount": 1, "holder": 20}),
        json!({"kind": "written_off", "cooperative": 1}),
    ];
    let with = |event: Value| {
        let mut scenario = season();
        let placed = scenario["events"][0].clone();
        let happens =
            json!({"at": "2026-10-02T10:00:00Z", "by": 20, "order": "honey", "event": event});
        scenario["events"] = json!([placed, happens]);
        scenario
    };
    events.into_iter().map(with).collect()
}

#[test]
fn the_schema_refuses_what_is_refused_for_its_form_and_nothing_that_is_played() {
    let judge = judge();
    let mut kinds = BTreeSet::new();
    let mut unlike = Vec::new();
    for scenario in events_of_each_kind() {
        kinds.insert(scenario["events"][1]["event"]["kind"].to_string());
        compare(&judge, &scenario, "/events/1", &mut unlike);
    }
    assert_eq!(kinds.len(), ORDER_EVENTS.len());
    compare(&judge, &season(), "", &mut unlike);
    assert!(played(&rich()).is_ok(), "{:?}", played(&rich()));
    compare(&judge, &rich(), "", &mut unlike);
    assert!(unlike.is_empty(), "{unlike:#?}");
}

/// Changes each field of each object there in every way, and tells what the schema and the reader judge
/// unlike each other.
fn compare(judge: &jsonschema::Validator, season: &Value, from: &str, unlike: &mut Vec<String>) {
    assert!(judge.is_valid(season), "{season}");
    let mut places = Vec::new();
    places_of_objects(season.pointer(from).expect("it"), from, &mut places);
    // A number with a fraction, a text, nothing at all and another shape in place of each field.
    let others = [
        json!(0.5),
        json!("x"),
        json!(null),
        json!([]),
        json!({}),
        json!(true),
        json!(-1),
    ];
    for place in places {
        let fields = season
            .pointer(&place)
            .and_then(Value::as_object)
            .expect("an object");

        let mut wider = season.clone();
        wider.pointer_mut(&place).expect("it")["zzz"] = json!(1);
        assert!(
            !judge.is_valid(&wider),
            "{place}: the schema allows any field"
        );
        let error = played(&wider).err().map(|error| error.to_string());
        let says = error.as_ref().is_some_and(|error| error.contains("zzz"));
        assert!(says, "{place}: {error:?}");

        for name in fields.keys() {
            let mut changed = vec![season.clone()];
            changed[0]
                .pointer_mut(&place)
                .and_then(Value::as_object_mut)
                .expect("it")
                .remove(name);
            changed.extend(others.iter().map(|other| {
                let mut scenario = season.clone();
                scenario.pointer_mut(&place).expect("it")[name] = other.clone();
                scenario
            }));
            for scenario in changed {
                let (is_of_the_form, outcome) = (judge.is_valid(&scenario), played(&scenario));
                let now = scenario.pointer(&place).and_then(|it| it.get(name));
                let is_of_its_form = match &outcome {
                    Ok(_) => true,
                    Err(error) => match error.fault {
                        ScenarioFault::Unreadable { .. }
                        | ScenarioFault::ObjectNeeded
                        | ScenarioFault::ListNeeded
                        | ScenarioFault::NoSuchField { .. }
                        | ScenarioFault::NoSuchKind { .. }
                        | ScenarioFault::FieldMissing
                        | ScenarioFault::NotAMoment => false,
                        // A number nobody has, a plan that does not hold: no matter of the form.
                        _ => continue,
                    },
                };
                if is_of_the_form != is_of_its_form {
                    let outcome = outcome.map(|_| "played").map_err(|error| error.to_string());
                    unlike.push(format!("{place}/{name} = {now:?}: {outcome:?}"));
                }
            }
        }
    }
}

#[test]
fn a_companys_own_rules_are_a_scenario_in_which_an_order_is_sold_paid_and_settled() {
    let catalogue = demo_catalogue::catalogue();
    let agent = PersonId(20);
    let engaged = [Engaged {
        id: agent,
        name: "Amina".to_owned(),
        engagements: vec![Engagement::default()],
    }];
    let at = catalogue.plans[0]
        .valid_from
        .max(catalogue.price_lists[0].valid_from);
    let at = at.plus_days(400);
    let text = written(
        &catalogue,
        &engaged,
        &[TaxTerms::default()],
        at,
        &CALENDAR,
        "fr",
    )
    .expect("a document");
    assert!(
        judge().is_valid(&serde_json::from_str(&text).expect("JSON")),
        "{text}"
    );

    let outcome = play(&text, &CALENDAR, Bounds::SHARED).expect("a good scenario");
    let earned: i64 = outcome
        .statements
        .iter()
        .map(|statement| statement.sum_of(Purpose::CommissionVested).0)
        .sum();
    assert_eq!(outcome.orders.len(), 1);
    assert_eq!(earned, outcome.orders[0].commission_asked.0);
    assert!(earned > 0, "{text}");

    // Nobody to sell: the rules alone.
    let text = written(&catalogue, &[], &[], at, &CALENDAR, "ar").expect("a document");
    let nobody: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(nobody["events"], json!([]));
    assert!(judge().is_valid(&nobody), "{text}");
}

#[test]
fn whoever_shares_a_server_plays_so_much_and_is_told_when_it_is_more() {
    let mut scenario = season();
    let text = scenario.to_string();
    let within = |bounds| play(&text, &CALENDAR, bounds).map(|_| ());
    let events = scenario["events"].as_array().expect("events").len();
    // Three months of two agents.
    let all = Bounds {
        events,
        statements: 6,
    };
    assert_eq!(within(all), Ok(()));
    let too_many = |field: &str, most| {
        Err(ScenarioError {
            field: field.to_owned(),
            fault: ScenarioFault::TooMany { most },
        })
    };
    let events = events - 1;
    assert_eq!(within(Bounds { events, ..all }), too_many("events", events));
    let place = format!("events[{events}].closed");
    assert_eq!(
        within(Bounds {
            statements: 5,
            ..all
        }),
        too_many(&place, 5)
    );
    // What is not of the form is said before how long it is.
    scenario["events"] = json!({});
    let error = play(
        &scenario.to_string(),
        &CALENDAR,
        Bounds { events: 0, ..all },
    );
    assert_eq!(error.expect_err("no list").fault, ScenarioFault::ListNeeded);
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
