//! The door for hand-over files: open to everybody, and silent about what is in them.

use crate::world::{Answer, World};
use axum::http::StatusCode;
use serde_json::{Value, json};
use taswiq_backend::hand_over::seal;
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::hand_over::{Frame, SealingKey};
use taswiq_domain::person::Role;
use uuid::Uuid;

/// A phone of the agent, as far as a file needs one.
struct Phone {
    device: Uuid,
    key: DeviceKey,
    sealing_key: SealingKey,
    cookie: String,
}

impl Phone {
    async fn new(world: &World) -> Self {
        let cookie = world.cookie_of(Role::Agent).await;
        let (device, key) = (Uuid::now_v7(), DeviceKey::from_random(&[5; 32]));
        let mut phone = Self {
            device,
            key,
            sealing_key: world.server.office.sealing_key(),
            cookie,
        };
        let mut telling = phone.request(&[]);
        telling["key"] = json!(phone.key);
        let told = phone.sync(world, &telling).await;
        let sealing_key = told["sealing_key"].clone();
        phone.sealing_key = serde_json::from_value(sealing_key).expect("told at the first contact");
        phone
    }

    fn request(&self, commands: &[Value]) -> Value {
        json!({
            "protocol": 1,
            "device": self.device,
            "build": "test",
            "cursor": 0,
            "device_time": 1_795_348_800_000_i64,
            "waiting": { "commands": commands.len(), "orders": 0 },
            "commands": commands,
        })
    }

    async fn sync(&self, world: &World, request: &Value) -> Value {
        let ask = world
            .ask("POST", "/api/v1/sync")
            .header("cookie", &self.cookie);
        let answer = ask.json(request).send().await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await
    }

    fn file(&self, commands: &[Value]) -> Vec<String> {
        let contents = json!({ "key": self.key, "requests": [self.request(commands)] });
        let file = seal(&self.sealing_key, contents.to_string().as_bytes());
        Frame::cut(&file.expect("sealed"))
    }
}

/// What a person wrote, which nothing may tell.
const NAME: &str = "Fatima-Zahra";

fn register(seq: u64) -> Value {
    json!({
        "id": Uuid::now_v7(),
        "seq": seq,
        "made_at": 1_795_348_800_000_i64,
        "kind": "register_customer",
        "body": { "first_name": NAME, "place": "Sefrou" },
    })
}

async fn bring(world: &World, text: &str) -> Answer {
    let ask = world.ask("POST", "/api/v1/hand-over");
    let ask = ask.header("content-type", "text/plain; charset=utf-8");
    ask.body(text.as_bytes().to_vec()).send().await
}

/// A form as a browser sends it, with files and a pasted text.
async fn bring_by_form(world: &World, files: &[&str], pasted: &str, language: &str) -> Answer {
    let mut body = String::new();
    let mut part = |head: &str, text: &str| {
        body.push_str(&format!(
            "--limit\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n"
        ));
    };
    for file in files {
        part("name=\"file\"; filename=\"taswiq.txt\"", file);
    }
    part("name=\"text\"", pasted);
    body.push_str("--limit--\r\n");
    let ask = world.ask("POST", &format!("/hand-over?lang={language}"));
    let ask = ask.header("content-type", "multipart/form-data; boundary=limit");
    ask.body(body.into_bytes()).send().await
}

#[tokio::test]
async fn anybody_brings_a_file_and_hears_how_much_came_and_no_more() {
    let world = World::new().await;
    let phone = Phone::new(&world).await;
    let day = [register(1), register(2)];
    let text = phone.file(&day).join("\n");
    assert!(!text.contains(NAME));
    let answer = bring(&world, &text).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let counts = |received: u32, known: u32| json!({ "received": received, "known": known, "parked": 0, "waiting": 0 });
    assert_eq!(answer.json().await, counts(2, 0));
    assert_eq!(bring(&world, &text).await.json().await, counts(0, 2));
    let synced = phone.sync(&world, &phone.request(&day)).await;
    for result in synced["results"].as_array().expect("results") {
        assert_eq!(result["status"], "already_applied");
    }
}

#[tokio::test]
async fn the_page_takes_files_and_text_and_says_what_to_tell_the_agent() {
    let world = World::new().await;
    let phone = Phone::new(&world).await;
    let empty = world.ask("GET", "/hand-over").send().await;
    assert_eq!(empty.status(), StatusCode::OK);
    let policy = empty.headers()["content-security-policy"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        policy.contains("require-trusted-types-for 'script'"),
        "{policy}"
    );
    for (language, said, tell) in [
        ("fr", "C’est arrivé au bureau", "Dites-le à la personne"),
        ("ar", "وصل إلى المكتب", "أخبر من سلّمك الملف"),
    ] {
        let next = if language == "fr" { 1 } else { 2 };
        let file = phone.file(&[register(next)]);
        let forwarded: Vec<String> = file
            .iter()
            .map(|frame| format!("[22:14] Itto: {frame}"))
            .collect();
        let page = bring_by_form(&world, &[], &forwarded.join("\r\n"), language).await;
        assert_eq!(page.status(), StatusCode::OK);
        let page = page.text().await;
        assert!(page.contains(said) && page.contains(tell), "{page}");
        assert!(
            !page.contains(NAME) && !page.contains(&phone.device.to_string()),
            "{page}"
        );
    }
    // Two files of one phone, the later one first: neither waits.
    let (earlier, later) = (phone.file(&[register(3)]), phone.file(&[register(4)]));
    let page = bring_by_form(&world, &[&later.join("\n"), &earlier.join("\n")], "", "fr").await;
    let page = page.text().await;
    assert!(
        page.contains("2 saisies reçues") && !page.contains("attend un fichier"),
        "{page}"
    );
    // The later one alone.
    let later = phone.file(&[register(6)]).join("\n");
    let page = bring_by_form(&world, &[&later], "", "fr")
        .await
        .text()
        .await;
    assert!(
        page.contains("Un fichier plus ancien du même téléphone manque"),
        "{page}"
    );
}

#[tokio::test]
async fn what_is_no_file_for_here_is_told_apart_and_changes_nothing() {
    let world = World::new().await;
    let phone = Phone::new(&world).await;
    let elsewhere = World::new().await;
    let day = [register(1)];
    let file = phone.file(&day);
    let text = file.join("\n");
    let foreign = Phone::new(&elsewhere).await.file(&day).join("\n");
    let stranger = Phone {
        key: DeviceKey::from_random(&[9; 32]),
        device: phone.device,
        sealing_key: phone.sealing_key.clone(),
        cookie: String::new(),
    };
    let swapped = if text.contains('B') {
        text.replacen('B', "C", 1)
    } else {
        text.replacen('A', "D", 1)
    };
    for (brought, code, said) in [
        (
            "Bonjour",
            "file_foreign",
            "Ce n’est pas un fichier de Taswiq",
        ),
        (
            "TQ2.ABC.1.1.A.B",
            "file_of_another_version",
            "une autre version de Taswiq",
        ),
        (&swapped, "file_damaged", "abîmé en route"),
        (&file[1..].join("\n"), "file_cut", "Il en manque un morceau"),
        (
            &format!("{text}\n{foreign}"),
            "file_mixed",
            "Deux fichiers sont mélangés",
        ),
        (
            &foreign,
            "file_of_another_server",
            "pour une autre organisation",
        ),
        (
            &stranger.file(&day).join("\n"),
            "file_of_unknown_device",
            "ne connaît pas ce téléphone",
        ),
    ] {
        let answer = bring(&world, brought).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        assert_eq!(answer.json().await["error"], code);
        // Of those that are wrong so many a minute are looked at; a minute passes.
        world
            .server
            .guesses
            .was_right("hand-over unknown", "unknown");
        let page = bring_by_form(&world, &[brought], "", "fr").await;
        assert_eq!(page.status(), StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        let page = page.text().await;
        assert!(page.contains(said), "{code}: {page}");
        world
            .server
            .guesses
            .was_right("hand-over unknown", "unknown");
    }
    let nothing = bring_by_form(&world, &[], "  ", "fr").await;
    assert_eq!(nothing.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.text().await.contains("pas encore de fichier"));
    let answer = bring(&world, &text).await.json().await;
    assert_eq!(answer["received"], 1, "nothing had come before: {answer}");
}

#[tokio::test]
async fn fault_26_whoever_brings_what_is_no_file_is_soon_made_to_wait_and_who_brings_files_never() {
    let world = World::new().await;
    let phone = Phone::new(&world).await;
    let text = phone.file(&[register(1)]).join("\n");
    for _ in 0..30 {
        assert_eq!(bring(&world, &text).await.status(), StatusCode::OK);
    }
    let mut looked_at = 0;
    while bring(&world, "Bonjour").await.status() == StatusCode::UNPROCESSABLE_ENTITY {
        looked_at += 1;
        assert!(looked_at <= 10);
    }
    let answer = bring(&world, "Bonjour").await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers().contains_key("retry-after"));
    let page = bring_by_form(&world, &["Bonjour"], "", "fr").await;
    assert_eq!(page.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(page.text().await.contains("Trop d’essais"));
}

#[tokio::test]
async fn fault_25_only_so_many_files_are_opened_at_once() {
    let world = World::new().await;
    let places = world.server.hand_over_places.clone();
    let all = places.try_acquire_many_owned(8).expect("free");
    let answer = bring(&world, "Bonjour").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    drop(all);
    assert_eq!(
        bring(&world, "Bonjour").await.json().await["error"],
        "file_foreign"
    );
}

#[tokio::test]
async fn a_code_that_a_camera_app_opens_is_a_page_with_that_part_and_nothing_else_of_the_address() {
    let world = World::new().await;
    let phone = Phone::new(&world).await;
    let frame = phone.file(&[register(1)]).remove(0);
    let page = world.ask("GET", &format!("/H/{frame}")).send().await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.contains(&frame));
    let other = world.ask("GET", "/H/HELLO-THERE").send().await;
    assert_eq!(other.status(), StatusCode::OK);
    let page = other.text().await;
    assert!(
        !page.contains(">HELLO-THERE<") && !page.contains("data-part=\"HELLO"),
        "{page}"
    );
}
