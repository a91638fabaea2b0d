//! Signing in, joining, a forgotten password, the first administrator.

use crate::world::{PASSWORD, World};
use axum::http::StatusCode;
use taswiq_domain::person::Role;

#[tokio::test]
async fn a_person_signs_in_and_is_led_where_they_wanted_to_go() {
    let world = World::new().await;
    let login = world.login_of(Role::Agent);
    for (next, led_to) in [
        ("", "/field"),
        ("/field/orders", "/field/orders"),
        ("https://evil.example/", "/field"),
        ("//evil.example", "/field"),
        ("/\\evil.example", "/field"),
    ] {
        let answer = world
            .ask("POST", "/sign-in")
            .form(&[("name", &login), ("password", PASSWORD), ("next", next)])
            .send()
            .await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{next}");
        assert_eq!(answer.headers()["location"], led_to, "{next}");
        let cookie = answer.headers()["set-cookie"].to_str().expect("text");
        for part in ["taswiq=", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
    }
}

#[tokio::test]
async fn a_new_session_at_every_sign_in_and_the_old_one_ends() {
    let world = World::new().await;
    let first = world.sign_in(Role::Agent, None).await;
    let second = world.sign_in(Role::Agent, Some(&first)).await;
    assert_ne!(first, second);
    let old = world.ask("GET", "/").header("cookie", &first).send().await;
    assert_eq!(old.headers()["location"], "/sign-in");
    let new = world.ask("GET", "/").header("cookie", &second).send().await;
    assert_eq!(new.headers()["location"], "/field");
}

#[tokio::test]
async fn fault_26_a_wrong_name_and_a_wrong_password_are_answered_alike() {
    let world = World::new().await;
    let login = world.login_of(Role::Agent);
    let mut answers = Vec::new();
    for (name, password) in [
        (login.as_str(), "wrong-password"),
        ("0600000000", "wrong-password"),
        ("0600000000", ""),
    ] {
        let answer = world
            .ask("POST", "/sign-in")
            .form(&[("name", name), ("password", password), ("next", "")])
            .send()
            .await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(!answer.headers().contains_key("set-cookie"));
        answers.push(answer.text().await.replace(name, "NAME"));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[1], answers[2]);
    let login = world.login_of(Role::Agent);
    let mut answers = Vec::new();
    for name in [login.as_str(), "0600000000"] {
        let body = serde_json::json!({ "name": name, "password": "wrong-password" });
        let answer = world
            .ask("POST", "/api/v1/sign-in")
            .json(&body)
            .send()
            .await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        answers.push(answer.json().await["error"].clone());
    }
    assert_eq!(answers, ["wrong_credentials", "wrong_credentials"]);
}

#[tokio::test]
async fn fault_26_guesses_are_limited_through_every_door_together() {
    let world = World::new().await;
    let login = world.login_of(Role::Manager);
    let mut evaluated = 0;
    for number in 0..30 {
        let status = if number % 2 == 0 {
            let body = serde_json::json!({ "name": login, "password": "wrong-password" });
            world
                .ask("POST", "/api/v1/sign-in")
                .json(&body)
                .send()
                .await
                .status()
        } else {
            let form = [
                ("name", login.as_str()),
                ("password", "wrong-password"),
                ("next", ""),
            ];
            world
                .ask("POST", "/sign-in")
                .form(&form)
                .send()
                .await
                .status()
        };
        match status {
            StatusCode::UNAUTHORIZED => evaluated += 1,
            status => assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
        }
    }
    assert!(evaluated <= 10, "{evaluated}");
    // The right password is not evaluated either, or the limit would tell it apart.
    let form = [
        ("name", login.as_str()),
        ("password", PASSWORD),
        ("next", ""),
    ];
    let answer = world.ask("POST", "/sign-in").form(&form).send().await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers().contains_key("retry-after"));
    // Others go on.
    world.sign_in(Role::Agent, None).await;
}

#[tokio::test]
async fn fault_29_a_name_is_text_wherever_it_is_shown() {
    let world = World::new().await;
    for payload in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'onfocus='alert(1)' autofocus='",
        "</title><script>alert(1)</script>",
        "{{7*7}}${7*7}<svg/onload=alert(1)>",
        "<!--<b>-->",
    ] {
        let answer = world
            .ask("POST", "/sign-in")
            .form(&[("name", payload), ("password", "x"), ("next", payload)])
            .send()
            .await;
        assert_is_text(&answer.text().await, payload);
        let link = world.invite(Role::Agent, payload).await;
        let answer = world.ask("GET", &link).send().await;
        assert_eq!(answer.status(), StatusCode::OK, "{link}");
        let page = answer.text().await;
        assert_is_text(&page, payload);
        let encoded: String = payload.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = world
            .ask("GET", &format!("/sign-in?next={encoded}"))
            .send()
            .await;
        assert_is_text(&answer.text().await, payload);
        let answer = world
            .ask("GET", &format!("/setup?token={encoded}"))
            .send()
            .await;
        assert_is_text(&answer.text().await, payload);
        let answer = world.ask("GET", &format!("/{encoded}")).send().await;
        assert_is_text(&answer.text().await, payload);
    }
}

fn assert_is_text(page: &str, payload: &str) {
    assert!(page.starts_with("<!doctype html>"), "{page}");
    assert!(
        !payload.contains('<') || !page.contains(payload),
        "{payload} became {page}"
    );
    // What is left of it is text. No attribute is held by single quotes, so they are letters.
    let rest = page.replace(payload, "").to_lowercase();
    for sign in [
        "<script>alert",
        "<img src=x",
        "<svg/onload",
        "<!--<b>",
        "='",
    ] {
        assert!(!rest.contains(sign), "{payload} became {page}");
    }
}

#[tokio::test]
async fn an_invitation_opens_an_account_once() {
    let world = World::new().await;
    let link = world.invite(Role::Agent, "Salma").await;
    let page = world.ask("GET", &link).send().await.text().await;
    assert!(page.contains("Salma"), "{page}");
    let short = world
        .ask("POST", &link)
        .form(&[("password", "abc"), ("again", "abc")])
        .send()
        .await;
    assert_eq!(short.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let differ = [("password", "argan-amlou-7"), ("again", "argan-amlou-8")];
    let differ = world.ask("POST", &link).form(&differ).send().await;
    assert_eq!(differ.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let form = [("password", "argan-amlou-7"), ("again", "argan-amlou-7")];
    let joined = world.ask("POST", &link).form(&form).send().await;
    assert_eq!(joined.status(), StatusCode::SEE_OTHER);
    assert_eq!(joined.headers()["location"], "/field");
    assert!(joined.headers().contains_key("set-cookie"));
    let again = world.ask("POST", &link).form(&form).send().await;
    assert_eq!(again.status(), StatusCode::GONE);
    let again = world.ask("GET", &link).send().await;
    assert_eq!(again.status(), StatusCode::GONE);
}

#[tokio::test]
async fn a_link_that_never_was_is_answered_like_one_that_was_used() {
    let world = World::new().await;
    for path in [
        "/join/0123456789abcdef0123456789abcdef",
        "/reset/x",
        "/join/%00",
        "/reset/%F0%9F%94%91",
    ] {
        let answer = world.ask("GET", path).send().await;
        assert_eq!(answer.status(), StatusCode::GONE, "{path}");
    }
}

#[tokio::test]
async fn fault_34_only_who_reads_the_console_makes_the_first_administrator() {
    let world = World::empty().await;
    let token = world.setup_token().await;
    let form = |token: &str| {
        vec![
            ("token".to_owned(), token.to_owned()),
            ("person".to_owned(), "Nadia".to_owned()),
            ("login".to_owned(), "nadia@taswiq.example".to_owned()),
            ("password".to_owned(), "argan-amlou-7".to_owned()),
            ("again".to_owned(), "argan-amlou-7".to_owned()),
        ]
    };
    for wrong in ["", "0", &token[1..], &format!("{token}0")] {
        let page = world
            .ask("GET", &format!("/setup?token={wrong}"))
            .send()
            .await;
        assert_eq!(page.status(), StatusCode::GONE, "{wrong}");
        let answer = world.ask("POST", "/setup").pairs(&form(wrong)).send().await;
        assert_eq!(answer.status(), StatusCode::GONE, "{wrong}");
    }
    let page = world
        .ask("GET", &format!("/setup?token={token}"))
        .send()
        .await;
    assert_eq!(page.status(), StatusCode::OK);
    let made = world
        .ask("POST", "/setup")
        .pairs(&form(&token))
        .send()
        .await;
    assert_eq!(made.status(), StatusCode::SEE_OTHER);
    assert_eq!(made.headers()["location"], "/office");
    let again = world
        .ask("POST", "/setup")
        .pairs(&form(&token))
        .send()
        .await;
    assert_eq!(again.status(), StatusCode::GONE);
}

#[tokio::test]
async fn fault_34_a_server_that_has_an_administrator_prints_no_token() {
    let world = World::new().await;
    assert!(
        world
            .server
            .office
            .set_up_token()
            .await
            .expect("asked")
            .is_none()
    );
}

#[tokio::test]
async fn pages_speak_the_language_asked_for_and_remember_it() {
    let world = World::new().await;
    let french = world.ask("GET", "/sign-in").send().await.text().await;
    assert!(french.contains("<html lang=\"fr\" dir=\"ltr\""), "{french}");
    let asked = world
        .ask("GET", "/sign-in")
        .header("accept-language", "ar-MA,ar;q=0.9")
        .send()
        .await;
    assert!(asked.text().await.contains("<html lang=\"ar\" dir=\"rtl\""));
    let chosen = world
        .ask("GET", "/sign-in?next=/field&lang=ar")
        .send()
        .await;
    let cookie = chosen.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(cookie.starts_with("lang=ar; Path=/"), "{cookie}");
    let page = chosen.text().await;
    assert!(page.contains("/sign-in?next=/field&amp;lang=fr"), "{page}");
    let kept = world
        .ask("GET", "/no/such/page")
        .header("cookie", "lang=ar")
        .send()
        .await;
    assert!(kept.text().await.contains("dir=\"rtl\""));
}

#[tokio::test]
async fn a_person_who_asks_for_a_page_that_is_not_there_reads_so_and_gets_an_id_to_quote() {
    let world = World::new().await;
    let answer = world.ask("GET", "/no/such/page").send().await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let id = answer.headers()["x-request-id"]
        .to_str()
        .expect("text")
        .to_owned();
    let page = answer.text().await;
    assert!(page.contains(&id), "{page}");
    let answer = world.ask("GET", "/api/v1/none").send().await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(answer.json().await["error"], "not_found");
}
