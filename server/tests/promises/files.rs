//! What the build made is handed out as it is.

use crate::world::World;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, VARY,
};

#[tokio::test]
async fn hashed_files_are_kept_for_ever_in_the_form_the_browser_likes_best() {
    let world = World::new().await;
    for (accepted, encoding, body) in [
        ("gzip, deflate, br", Some("br"), "brotli"),
        ("gzip", Some("gzip"), "gzipped"),
        ("identity", None, "plain"),
    ] {
        let answer = world
            .ask("GET", "/pkg/main.ab.css")
            .header("accept-encoding", accepted)
            .send()
            .await;
        assert_eq!(answer.status(), StatusCode::OK);
        let headers = answer.headers().clone();
        assert_eq!(headers[CONTENT_TYPE], "text/css; charset=utf-8");
        assert_eq!(
            headers[CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
        assert_eq!(headers[VARY], "accept-encoding");
        assert_eq!(
            headers
                .get(CONTENT_ENCODING)
                .map(|value| value.to_str().expect("text")),
            encoding
        );
        assert_eq!(answer.text().await, body);
    }
}

#[tokio::test]
async fn the_permanent_addresses_of_both_areas_are_answered_with_the_shell() {
    let world = World::new().await;
    for path in [
        "/field",
        "/field/",
        "/field/orders/7",
        "/coop",
        "/coop/prepare",
    ] {
        let answer = world.ask("GET", path).send().await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-cache");
        let policy = answer.headers()[CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text")
            .to_owned();
        assert!(
            policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-c2NyaXB0'"),
            "{policy}"
        );
        assert!(
            policy.contains("style-src 'self' 'sha256-c3R5bGU='"),
            "{policy}"
        );
        assert_eq!(answer.text().await, "the shell");
    }
}

#[tokio::test]
async fn fixed_addresses_are_asked_for_again_and_answered_shortly_when_nothing_changed() {
    let world = World::new().await;
    for (path, kind) in [
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/manifest.fr.webmanifest", "application/manifest+json"),
        ("/offline.html", "text/html; charset=utf-8"),
    ] {
        let answer = world.ask("GET", path).send().await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()[CONTENT_TYPE], kind);
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-cache");
        // A worker may fetch what its own policy allows.
        let policy = answer.headers()[CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text");
        assert!(policy.contains("connect-src 'self'"), "{policy}");
        let tag = answer.headers()[ETAG].to_str().expect("text").to_owned();
        let again = world
            .ask("GET", path)
            .header("if-none-match", &tag)
            .send()
            .await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(again.text().await, "");
    }
}

#[tokio::test]
async fn no_address_leads_out_of_the_folder_or_to_what_is_not_for_browsers() {
    let world = World::new().await;
    for path in [
        "/assets.json",
        "/pkg/../assets.json",
        "/pkg/%2e%2e/assets.json",
        "/pkg/main.ab.css.br",
        "/%2e%2e%2fCargo.toml",
        "/pkg/",
        "/pkg/missing.js",
    ] {
        let answer = world.ask("GET", path).send().await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
