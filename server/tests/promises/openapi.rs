//! The document says what the code does.

use crate::world::World;
use axum::http::Method;
use serde_json::Value;
use std::collections::BTreeSet;
use taswiq_domain::sync::{Request, Response};
use taswiq_server::failure::Failure;
use taswiq_server::openapi::DOCUMENT;
use taswiq_server::routes::{self, Who};

const GOLDEN_REQUEST: &str = include_str!("../../../domain/tests/golden/request-v1.json");
const GOLDEN_FAIL_SUPPLY: &str =
    include_str!("../../../domain/tests/golden/command-fail-supply-v1.json");
const GOLDEN_RESPONSE: &str = include_str!("../../../domain/tests/golden/response-v1.json");
const GOLDEN_BASKET: &str = include_str!("../../../domain/tests/golden/basket-terms-v1.json");
const GOLDEN_DISPUTES: &str = include_str!("../../../domain/tests/golden/request-disputes-v1.json");
const GOLDEN_ANSWERS: &str = include_str!("../../../domain/tests/golden/response-disputes-v1.json");
const GOLDEN_TERMS: &str = include_str!("../../../domain/tests/golden/response-v1-terms.json");
const GOLDEN_KEY_REQUEST: &str = include_str!("../../../domain/tests/golden/request-key-v1.json");
const GOLDEN_LOST_REQUEST: &str = include_str!("../../../domain/tests/golden/request-lost-v1.json");
const GOLDEN_SEALING_REQUEST: &str =
    include_str!("../../../domain/tests/golden/request-sealing-v1.json");
const GOLDEN_SMALL_ANSWER: &str =
    include_str!("../../../domain/tests/golden/request-small-answer-v1.json");
const GOLDEN_SEALING_RESPONSE: &str =
    include_str!("../../../domain/tests/golden/response-sealing-v1.json");

fn document() -> Value {
    serde_json::from_str(DOCUMENT).expect("JSON")
}

#[tokio::test]
async fn every_address_for_programs_is_in_the_document_and_no_other() {
    let world = World::new().await;
    let document = document();
    let mut told: Vec<(String, String)> = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("methods").keys() {
            told.push((method.to_uppercase(), path.clone()));
        }
    }
    let mut there: Vec<(String, String)> = routes::all(&world.server)
        .iter()
        .filter(|route| {
            route.path.starts_with("/api/") || matches!(route.path, "/healthz" | "/readyz")
        })
        .map(|route| (route.method.to_string(), route.path.to_owned()))
        .collect();
    told.sort();
    there.sort();
    assert_eq!(told, there);
}

#[tokio::test]
async fn the_document_says_who_needs_to_be_signed_in_and_what_may_be_sent() {
    let world = World::new().await;
    let document = document();
    for route in routes::all(&world.server) {
        let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
        if operation.is_null() {
            continue;
        }
        let needs_session = !operation["security"]
            .as_array()
            .expect("security")
            .is_empty();
        assert_eq!(needs_session, route.who != Who::Anyone, "{}", route.path);
        let body = operation["requestBody"]["description"].as_str();
        if let Some(limit) = body {
            assert!(
                limit.contains(&route.body_bytes_max.to_string()),
                "{}: {limit}",
                route.path
            );
        }
        assert_eq!(
            body.is_some(),
            route.method == Method::POST && route.path != "/api/v1/sign-out"
        );
    }
}

#[tokio::test]
async fn the_document_knows_every_failure() {
    let told = &document()["components"]["schemas"]["Failure"]["properties"]["error"]["enum"];
    let there: Vec<&str> = Failure::ALL.iter().map(|failure| failure.code()).collect();
    assert_eq!(told, &serde_json::json!(there));
}

#[test]
fn the_golden_messages_fit_their_schemas() {
    for (name, golden) in [
        ("SyncRequest", GOLDEN_REQUEST),
        ("SyncResponse", GOLDEN_RESPONSE),
        ("SyncResponse", GOLDEN_TERMS),
        ("Basket", GOLDEN_BASKET),
        ("SyncRequest", GOLDEN_DISPUTES),
        ("SyncResponse", GOLDEN_ANSWERS),
        ("SyncRequest", GOLDEN_SEALING_REQUEST),
        ("SyncRequest", GOLDEN_KEY_REQUEST),
        ("SyncRequest", GOLDEN_LOST_REQUEST),
        ("SyncRequest", GOLDEN_SMALL_ANSWER),
        ("SyncResponse", GOLDEN_SEALING_RESPONSE),
    ] {
        let golden: Value = serde_json::from_str(golden).expect("JSON");
        let document = document();
        let schema = &document["components"]["schemas"][name];
        if let Err(complaint) = fits(schema, &golden, &document, name) {
            panic!("{complaint}");
        }
    }
    // They are what the code reads and writes, too.
    serde_json::from_str::<Request>(GOLDEN_REQUEST).expect("a request");
    serde_json::from_str::<Response>(GOLDEN_RESPONSE).expect("a response");
}

#[test]
fn the_document_has_a_schema_for_every_kind_of_command_and_refuses_unknown_fields() {
    let document = document();
    let goldens = [GOLDEN_REQUEST, GOLDEN_DISPUTES]
        .map(|golden| serde_json::from_str::<Value>(golden).expect("JSON"));
    let mut commands: Vec<Value> = goldens
        .iter()
        .flat_map(|golden| golden["commands"].as_array().expect("commands"))
        .cloned()
        .collect();
    commands.push(serde_json::from_str(GOLDEN_FAIL_SUPPLY).expect("JSON"));
    let kinds: BTreeSet<&str> = commands
        .iter()
        .filter_map(|command| command["kind"].as_str())
        .collect();
    let schema = &document["components"]["schemas"]["Command"];
    let told = schema["oneOf"].as_array().expect("kinds").len();
    assert_eq!(told, kinds.len());
    for command in &commands {
        if let Err(complaint) = fits(schema, command, &document, "Command") {
            panic!("{complaint}");
        }
        let mut more = command.clone();
        more["body"]["commission_ppm"] = 1.into();
        assert!(
            fits(schema, &more, &document, "Command").is_err(),
            "{}",
            command["kind"]
        );
    }
}

/// As much of JSON Schema as the document uses.
fn fits(schema: &Value, value: &Value, document: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        let target = document
            .pointer(pointer)
            .ok_or(format!("{reference} leads nowhere"))?;
        return fits(target, value, document, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let complaints: Vec<String> = choices
            .iter()
            .filter_map(|choice| fits(choice, value, document, at).err())
            .collect();
        return if choices.len() - complaints.len() == 1 {
            Ok(())
        } else {
            Err(format!(
                "{at}: {value} fits {} of {complaints:#?}",
                choices.len() - complaints.len()
            ))
        };
    }
    if let Some(known) = schema["enum"].as_array()
        && !known.contains(value)
    {
        return Err(format!("{at}: {value} is none of {known:?}"));
    }
    let is_right = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        other => return Err(format!("{at}: a schema of type {other:?}")),
    };
    if !is_right {
        return Err(format!("{at}: {value} is no {}", schema["type"]));
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        let name = required.as_str().unwrap_or_default();
        if value.get(name).is_none() {
            return Err(format!("{at}: {name} is missing"));
        }
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        let property = &schema["properties"][name];
        if !property.is_null() {
            fits(property, inner, document, &format!("{at}.{name}"))?;
        } else if schema["additionalProperties"] == Value::Bool(false) {
            return Err(format!("{at}: {name} is not in the document"));
        }
    }
    for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
        fits(&schema["items"], inner, document, &format!("{at}[{index}]"))?;
    }
    Ok(())
}
