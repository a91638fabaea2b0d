//! `POST /api/v1/sync` at the door: what cannot be read is refused clearly, what can is decided
//! command by command.

use crate::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::io::{Read, Write};
use taswiq_backend::devices::Trouble;
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::ids::{DeviceId, PersonId};
use taswiq_domain::limits::COMMANDS_PER_BATCH;
use taswiq_domain::person::Role;
use taswiq_server::routes::Who;
use taswiq_server::turns::{AT_ONCE, NEWCOMERS_MAX};
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
async fn a_first_contact_says_the_same_compressed_by_parts_as_in_plain() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let sync = async |device: Uuid, commands: Vec<Value>, encoding: &str| {
        let ask = world
            .ask("POST", "/api/v1/sync")
            .header("cookie", &cookie)
            .json(&request(device, json!(commands)));
        let answer = ask.header("accept-encoding", encoding).send().await;
        assert_eq!(answer.status(), StatusCode::OK);
        let told = answer.headers().get("content-encoding").cloned();
        let bytes = answer.bytes().await;
        let told = told.map(|told| told.to_str().expect("text").to_owned());
        let mut plain = Vec::new();
        match told.as_deref() {
            Some("br") => brotli::Decompressor::new(&*bytes, 4_096)
                .read_to_end(&mut plain)
                .expect("a whole stream"),
            Some(other) => panic!("{other}"),
            None => bytes.as_slice().read_to_end(&mut plain).expect("read"),
        };
        let mut answer: Value = serde_json::from_slice(&plain).expect("JSON");
        answer["server_time"].take();
        (told, answer)
    };
    let elder = Uuid::now_v7();
    for batch in 0..3 {
        let commands = (1..=100).map(|number| register(batch * 100 + number));
        sync(elder, commands.collect(), "identity").await;
    }
    let (told, plain) = sync(Uuid::now_v7(), Vec::new(), "identity").await;
    assert_eq!(told, None);
    let changes = plain["changes"].as_array().expect("changes");
    assert_eq!(changes[0]["kind"], "catalogue");
    assert!(changes.len() > 300, "{}", changes.len());
    // The second time the catalogue is already there.
    for _ in 0..2 {
        let (told, compressed) = sync(Uuid::now_v7(), Vec::new(), "gzip, br").await;
        assert_eq!((told.as_deref(), &compressed), (Some("br"), &plain));
    }
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

#[tokio::test]
async fn fault_21_a_device_hands_over_by_its_key_without_a_session_and_the_key_opens_nothing_else()
{
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let device = Uuid::now_v7();
    let key = DeviceKey::from_random(&[5; 32]);
    let mut telling = request(device, json!([]));
    telling["key"] = json!(key);
    let told = world
        .ask("POST", "/api/v1/sync")
        .header("cookie", &cookie)
        .json(&telling)
        .send()
        .await;
    assert_eq!(told.status(), StatusCode::OK);
    let epoch = told.json().await["epoch"].clone();
    let header = key.authorization(DeviceId(device));
    let mut handing_over = request(device, json!([register(1)]));
    handing_over["epoch"] = epoch;
    let by_key = async |path: &str, header: &str| {
        let ask = world.ask(
            if path == "/api/v1/sync" {
                "POST"
            } else {
                "GET"
            },
            path,
        );
        let ask = ask.header("authorization", header);
        ask.header("accept", "application/json")
            .json(&handing_over)
            .send()
            .await
    };
    let answer = by_key("/api/v1/sync", &header).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let answer = answer.json().await;
    assert_eq!(answer["results"][0]["status"], "applied", "{answer}");
    assert_eq!(
        (&answer["signed_out"], &answer["changes"]),
        (&json!(true), &json!([]))
    );
    for wrong in [
        DeviceKey::from_random(&[6; 32]).authorization(DeviceId(device)),
        key.authorization(DeviceId(Uuid::now_v7())),
        "Taswiq-Device x".to_owned(),
        header.replace("Taswiq-Device", "Bearer"),
    ] {
        let status = by_key("/api/v1/sync", &wrong).await.status();
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    // Every other address takes a session or nobody's word.
    for route in taswiq_server::routes::all(&world.server) {
        if matches!(route.who, Who::SignedIn | Who::May(_)) && route.method == "GET" {
            let status = by_key(&World::example(route.path), &header).await.status();
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{}", route.path);
        }
    }
}

#[tokio::test]
async fn what_waits_on_a_device_is_known_even_when_its_sync_cannot_be_read() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let device = Uuid::now_v7();
    let ask = async |body: &Value| {
        let ask = world.ask("POST", "/api/v1/sync").header("cookie", &cookie);
        ask.json(body).send().await.status()
    };
    assert_eq!(ask(&request(device, json!([]))).await, StatusCode::OK);
    let mut broken = request(device, json!([register(1)]));
    broken["waiting"] = json!({ "commands": 4, "orders": 3, "digest": "0123456789abcdef" });
    let known = async || {
        let office = &world.server.office;
        let devices = office.devices(&world.actor(Role::Manager), None).await;
        let devices = devices.expect("listed");
        let found = devices
            .into_iter()
            .find(|found| found.id == DeviceId(device));
        found.expect("known")
    };
    for (field, value, trouble) in [
        ("protocol", json!(99), Trouble::WrongProtocol),
        ("cursor", json!("x"), Trouble::Unreadable),
        ("commands", json!([{ "seq": "x" }]), Trouble::Unreadable),
        (
            "commands",
            json!(
                (1..=COMMANDS_PER_BATCH as u64 + 1)
                    .map(register)
                    .collect::<Vec<_>>()
            ),
            Trouble::TooLarge,
        ),
    ] {
        let mut body = broken.clone();
        body[field] = value;
        assert!(ask(&body).await.is_client_error(), "{field}");
        let told = known().await;
        assert_eq!(
            (
                told.trouble.map(|(trouble, _)| trouble),
                told.waiting.orders
            ),
            (Some(trouble), 3),
            "{field}"
        );
    }
    assert_eq!(ask(&request(device, json!([]))).await, StatusCode::OK);
    assert_eq!(known().await.trouble, None);
}

#[tokio::test]
async fn when_everybody_comes_at_once_a_phone_is_told_when_to_come_back_and_nothing_is_parked() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let device = Uuid::now_v7();
    let body = request(device, json!([register(1)]));
    let sync = async || {
        let ask = world.ask("POST", "/api/v1/sync").header("cookie", &cookie);
        ask.json(&body).send().await
    };
    // The whole room is full of others.
    let mut others = Vec::new();
    let mut who = 1_000;
    while let Ok(arrived) = world.server.turns.arrive(PersonId(who)) {
        others.push(arrived);
        who += 1;
    }
    assert!(others.len() > AT_ONCE && others.len() <= AT_ONCE + NEWCOMERS_MAX);
    let refused = sync().await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    let headers = refused.headers().clone();
    let after_s: u64 = headers["retry-after"]
        .to_str()
        .expect("text")
        .parse()
        .expect("seconds");
    assert!((1..=300).contains(&after_s), "{after_s}");
    assert_eq!(headers["connection"], "close");
    assert_eq!(refused.json().await["error"], "busy");

    // The same, when they have left: decided for the first time.
    drop(others);
    let answer = sync().await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.json().await["results"][0]["status"], "applied");
}
