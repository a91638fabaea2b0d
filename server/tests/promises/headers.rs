//! What every answer carries.

use crate::world::World;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, STRICT_TRANSPORT_SECURITY};
use taswiq_server::routes;

#[tokio::test]
async fn every_answer_of_every_route_forbids_what_we_never_do() {
    let world = World::new().await;
    let mut asked = 0;
    for route in routes::all(&world.server) {
        let answer = world
            .ask(route.method.as_str(), &World::example(route.path))
            .send()
            .await;
        let headers = answer.headers();
        let at = format!("{} {} {}", route.method, route.path, answer.status());
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().expect("text");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        ] {
            assert!(policy.contains(part), "{at}: {policy}");
        }
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
            "{at}: {policy}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff", "{at}");
        assert_eq!(headers["x-frame-options"], "DENY", "{at}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{at}");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin", "{at}");
        assert!(
            headers["permissions-policy"]
                .to_str()
                .expect("text")
                .contains("geolocation=(self)"),
            "{at}"
        );
        assert_eq!(headers["x-request-id"].len(), 12, "{at}");
        assert!(headers.contains_key(CACHE_CONTROL), "{at}");
        asked += 1;
    }
    assert!(asked > 15, "{asked}");
}

#[tokio::test]
async fn answers_that_never_reached_a_route_carry_them_too() {
    let world = World::new().await;
    let nowhere = world.ask("GET", "/no/such/page").send().await;
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    let wrong_method = world.ask("DELETE", "/sign-in").send().await;
    assert_eq!(wrong_method.status(), StatusCode::METHOD_NOT_ALLOWED);
    let forged = world
        .ask("POST", "/sign-out")
        .header("sec-fetch-site", "cross-site")
        .send()
        .await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    for answer in [nowhere, wrong_method, forged] {
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert!(answer.headers().contains_key(CONTENT_SECURITY_POLICY));
    }
}

#[tokio::test]
async fn a_nonce_is_never_used_twice() {
    let world = World::new().await;
    let mut policies = Vec::new();
    for _ in 0..2 {
        let answer = world.ask("GET", "/sign-in").send().await;
        policies.push(answer.headers()[CONTENT_SECURITY_POLICY].clone());
    }
    assert_ne!(policies[0], policies[1]);
}

#[tokio::test]
async fn a_server_reached_by_https_says_so_and_seals_its_cookies() {
    let world = World::at(Some("https://taswiq.example")).await;
    let answer = world
        .ask("GET", "/sign-in?lang=ar")
        .header("host", "taswiq.example")
        .send()
        .await;
    assert!(answer.headers().contains_key(STRICT_TRANSPORT_SECURITY));
    assert!(
        answer.headers()["set-cookie"]
            .to_str()
            .expect("text")
            .contains("; Secure")
    );
    let session = world
        .sign_in_answer("taswiq.example", "https://taswiq.example")
        .await;
    let cookie = session.headers()["set-cookie"].to_str().expect("text");
    for part in [
        "__Host-taswiq=",
        "; Secure",
        "; HttpOnly",
        "; SameSite=Lax",
        "; Path=/",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let plain = World::new().await;
    let answer = plain.ask("GET", "/sign-in").send().await;
    assert!(!answer.headers().contains_key(STRICT_TRANSPORT_SECURITY));
}

#[tokio::test]
async fn the_demo_company_answers_to_names_of_the_machine_only() {
    let world = World::demo().await;
    let own = world.ask("GET", "/sign-in").send().await;
    assert_eq!(own.status(), StatusCode::OK);
    let foreign = world
        .ask("GET", "/sign-in")
        .header("host", "taswiq.example")
        .send()
        .await;
    assert_eq!(foreign.status(), StatusCode::MISDIRECTED_REQUEST);
}
