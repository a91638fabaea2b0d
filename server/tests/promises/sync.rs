//! `POST /api/v1/sync` at the door: what cannot be read is refused clearly, what can is decided
//! command by command.

use crate::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::io::Write;
use taswiq_domain::person::Role;
use uuid::Uuid;

fn request(device: Uuid, commands: Value) -> Value {
    json!({
        "protocol": 1,
        "device": device,
        "build": "test",
        "cursor": 0,
        "device_time": 1_795_348_800_000_i64,
        "waiting": { "commands": 0, "orders": 0 },
        "commands": commands,
    })
}

fn register(seq: u64) -> Value {
    json!({
        "id": Uuid::now_v7(),
        "seq": seq,
        "made_at": 1_795_348_800_000_i64,
        "kind": "register_customer",
        "body": { "first_name": "Fatima", "place": "Sefrou" },
    })
}

#[tokio::test]
async fn a_command_is_decided_and_the_answer_is_the_documented_one() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let body = request(Uuid::now_v7(), json!([register(1)]));
    let answer = world
        .ask("POST", "/api/v1/sync")
        .header("cookie", &cookie)
        .json(&body)
        .send()
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let answer = answer.json().await;
    assert_eq!(answer["results"][0]["status"], "applied", "{answer}");
    let again = world
        .ask("POST", "/api/v1/sync")
        .header("cookie", &cookie)
        .json(&body)
        .send()
        .await;
    assert_eq!(
        again.json().await["results"][0]["status"],
        "already_applied"
    );
}

#[tokio::test]
async fn a_compressed_request_is_the_same_request() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let body = request(Uuid::now_v7(), json!([register(1)]));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder
        .write_all(body.to_string().as_bytes())
        .expect("written");
    let ask = world.ask("POST", "/api/v1/sync").header("cookie", &cookie);
    let ask = ask
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    let answer = ask.body(encoder.finish().expect("finished")).send().await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.json().await["results"][0]["status"], "applied");
}

#[tokio::test]
async fn a_large_answer_is_compressed_for_who_takes_it() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let commands: Vec<Value> = (1..=50).map(register).collect();
    let body = request(Uuid::now_v7(), json!(commands));
    let ask = world
        .ask("POST", "/api/v1/sync")
        .header("cookie", &cookie)
        .json(&body);
    let answer = ask.header("accept-encoding", "gzip, br").send().await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-encoding"], "br");
}

#[tokio::test]
async fn an_unknown_kind_or_a_strange_field_parks_that_command_alone() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let mut unknown = register(1);
    unknown["kind"] = json!("from_the_future");
    let mut strange = register(2);
    strange["body"]["commission_ppm"] = json!(1_000_000);
    let body = request(Uuid::now_v7(), json!([unknown, strange, register(3)]));
    let answer = world
        .ask("POST", "/api/v1/sync")
        .header("cookie", &cookie)
        .json(&body)
        .send()
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    let results = answer.json().await["results"].clone();
    assert_eq!(results[0]["refusal"]["code"], "unknown_kind", "{results}");
    assert_eq!(
        results[1]["refusal"]["code"], "unreadable_body",
        "{results}"
    );
    assert_eq!(results[2]["status"], "applied", "{results}");
}

#[tokio::test]
async fn another_protocol_and_what_is_no_sync_are_refused_with_a_code() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let good = request(Uuid::now_v7(), json!([]));
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        changed.to_string()
    };
    for (body, error) in [
        (with("protocol", json!(2)), "wrong_protocol"),
        (with("protocol", json!("1")), "unreadable"),
        (with("device", json!("me")), "unreadable"),
        (with("commands", json!({})), "unreadable"),
        ("{\"protocol\": 1".to_owned(), "unreadable"),
        ("<html>Welcome to the hotel</html>".to_owned(), "unreadable"),
        (String::new(), "unreadable"),
    ] {
        let ask = world.ask("POST", "/api/v1/sync").header("cookie", &cookie);
        let answer = ask
            .header("content-type", "application/json")
            .body(body.clone().into_bytes())
            .send()
            .await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        let answer = answer.json().await;
        assert_eq!(answer["error"], error, "{body}");
        assert!(answer["request"].is_string());
    }
    let ask = world.ask("POST", "/api/v1/sync").header("cookie", &cookie);
    let answer = ask
        .header("content-type", "text/plain")
        .body(good.to_string().into_bytes())
        .send()
        .await;
    assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let ask = world
        .ask("POST", "/api/v1/sync")
        .header("cookie", &cookie)
        .json(&good);
    let answer = ask.header("content-encoding", "gzip").send().await;
    assert!(answer.status().is_client_error(), "{}", answer.status());
}

#[tokio::test]
async fn more_commands_than_a_batch_holds_are_sent_back_to_be_halved() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let commands: Vec<Value> = (1..=101).map(register).collect();
    let body = request(Uuid::now_v7(), json!(commands));
    let answer = world
        .ask("POST", "/api/v1/sync")
        .header("cookie", &cookie)
        .json(&body)
        .send()
        .await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn nobody_syncs_without_a_session() {
    let world = World::new().await;
    let body = request(Uuid::now_v7(), json!([register(1)]));
    for cookie in [
        None,
        Some("taswiq=0123456789abcdef0123456789abcdef"),
        Some("taswiq="),
    ] {
        let mut ask = world.ask("POST", "/api/v1/sync").json(&body);
        if let Some(cookie) = cookie {
            ask = ask.header("cookie", cookie);
        }
        let answer = ask.send().await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(answer.json().await["error"], "not_signed_in");
    }
}
