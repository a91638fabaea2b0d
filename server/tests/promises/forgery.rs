//! Other sites' pages cannot act in a person's name.

use crate::world::World;
use axum::http::{Method, StatusCode};
use taswiq_domain::person::Role;
use taswiq_server::routes;

#[tokio::test]
async fn fault_28_no_route_that_changes_something_takes_a_request_from_another_site() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Administrator).await;
    let mut walked = 0;
    for route in routes::all(&world.server) {
        if matches!(route.method, Method::GET | Method::HEAD) {
            continue;
        }
        for forged in [
            &[
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://evil.example"),
            ][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            // An old browser that says nothing: the cookie alone opens no door.
            &[],
        ] {
            let mut request = world
                .ask(route.method.as_str(), &World::example(route.path))
                .without("sec-fetch-site")
                .header("cookie", &cookie)
                .header("accept", "application/json");
            for (name, value) in forged {
                request = request.header(name, value);
            }
            let answer = request.send().await;
            let at = format!("{} {} {forged:?}", route.method, route.path);
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{at}");
            assert_eq!(answer.json().await["error"], "cross_site", "{at}");
        }
        walked += 1;
    }
    assert!(walked >= 6, "{walked}");
}

#[tokio::test]
async fn what_is_refused_was_not_done() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let forged = world
        .ask("POST", "/sign-out")
        .header("cookie", &cookie)
        .header("sec-fetch-site", "cross-site");
    assert_eq!(forged.send().await.status(), StatusCode::FORBIDDEN);
    let still_there = world.ask("GET", "/").header("cookie", &cookie).send().await;
    assert_eq!(still_there.headers()["location"], "/field");
}
