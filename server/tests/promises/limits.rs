//! Whatever is sent, the server answers clearly and stays small.

use crate::world::World;
use axum::http::StatusCode;
use std::io::Write;
use taswiq_domain::access::{Actor, Subject, can};
use taswiq_domain::ids::PersonId;
use taswiq_domain::limits::SYNC_REQUEST_BYTES;
use taswiq_domain::person::Role;
use taswiq_server::routes::{self, Who};

#[tokio::test]
async fn fault_25_a_body_beyond_the_limit_of_its_route_is_refused() {
    let world = World::new().await;
    for route in routes::all(&world.server) {
        // Somebody who may: whoever may not is refused before a byte of the body is read.
        let cookie = world.cookie_of(who_may(route.who)).await;
        let body = vec![b'a'; route.body_bytes_max + 1];
        let request = world
            .ask(route.method.as_str(), &World::example(route.path))
            .header("cookie", &cookie);
        let request = request.header("accept", "application/json").body(body);
        let answer = request.send().await;
        assert_eq!(
            answer.status(),
            StatusCode::PAYLOAD_TOO_LARGE,
            "{} {}",
            route.method,
            route.path
        );
        assert_eq!(answer.json().await["error"], "too_large");
    }
}

fn who_may(who: Who) -> Role {
    let may = |role: &Role| match who {
        Who::May(action) => {
            let actor = Actor {
                person: PersonId(1),
                role: *role,
                cooperatives: Vec::new(),
            };
            can(Some(&actor), action, Subject::Anything)
        }
        Who::Anyone | Who::Device | Who::SignedIn => true,
    };
    Role::ALL
        .into_iter()
        .find(may)
        .expect("a route for somebody")
}

#[tokio::test]
async fn fault_25_ten_megabytes_that_do_not_announce_themselves_are_refused_too() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let chunks = (0..160).map(|_| Ok::<_, std::io::Error>(vec![b' '; 64 * 1024]));
    let body = axum::body::Body::from_stream(futures_util::stream::iter(chunks));
    let request = world.ask("POST", "/api/v1/sync").header("cookie", &cookie);
    let answer = request
        .header("content-type", "application/json")
        .stream(body)
        .await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.json().await["error"], "too_large");
}

#[tokio::test]
async fn fault_25_a_small_archive_that_unpacks_to_a_large_body_is_refused() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let blank = vec![b' '; 1024 * 1024];
    for _ in 0..64 {
        encoder.write_all(&blank).expect("written");
    }
    let bomb = encoder.finish().expect("finished");
    assert!(bomb.len() < SYNC_REQUEST_BYTES, "{}", bomb.len());
    let request = world.ask("POST", "/api/v1/sync").header("cookie", &cookie);
    let request = request
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    let answer = request.body(bomb).send().await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn fault_25_deeply_nested_data_is_refused_and_not_followed() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let request = world.ask("POST", "/api/v1/sync").header("cookie", &cookie);
    let answer = request
        .header("content-type", "application/json")
        .body(deep.into_bytes())
        .send()
        .await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}
