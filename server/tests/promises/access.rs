//! Every route, walked as every role and as nobody.

use crate::world::World;
use axum::http::StatusCode;
use taswiq_domain::access::{Actor, Subject, can};
use taswiq_domain::ids::PersonId;
use taswiq_domain::person::Role;
use taswiq_server::routes::{self, Who};

#[tokio::test]
async fn fault_27_a_route_opens_to_whom_can_allows_and_to_nobody_else() {
    let world = World::new().await;
    let mut walked = 0;
    for route in routes::all(&world.server) {
        for role in [
            None,
            Some(Role::Agent),
            Some(Role::Cooperative),
            Some(Role::Manager),
            Some(Role::Administrator),
        ] {
            let mut request = world.ask(route.method.as_str(), &World::example(route.path));
            request = request.header("accept", "application/json");
            if let Some(role) = role {
                request = request.header("cookie", &world.cookie_of(role).await);
            }
            let answer = request.send().await;
            let status = answer.status();
            let at = format!("{} {} as {role:?}: {status}", route.method, route.path);
            let is_refused = match (route.who, role) {
                (Who::Anyone, _) => None,
                (_, None) => Some(StatusCode::UNAUTHORIZED),
                (Who::SignedIn, Some(_)) => None,
                (Who::Device, Some(role)) => {
                    let syncs = matches!(role, Role::Agent | Role::Cooperative);
                    (!syncs).then_some(StatusCode::FORBIDDEN)
                }
                (Who::May(action), Some(role)) => {
                    let actor = Actor {
                        person: PersonId(1),
                        role,
                        cooperatives: Vec::new(),
                    };
                    let may = can(Some(&actor), action, Subject::Anything);
                    (!may).then_some(StatusCode::FORBIDDEN)
                }
            };
            match is_refused {
                Some(refused) => assert_eq!(status, refused, "{at}"),
                None => assert!(
                    !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
                        || is_a_sign_in(route.path),
                    "{at}"
                ),
            }
            walked += 1;
        }
    }
    assert!(walked > 80, "{walked}");
}

/// Where 401 is the answer to a wrong password, not to a missing session.
fn is_a_sign_in(path: &str) -> bool {
    matches!(path, "/sign-in" | "/api/v1/sign-in")
}

#[test]
fn fault_27_there_is_no_way_to_add_a_route_past_the_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut files = vec![std::path::PathBuf::from(folder)];
    let mut looked_at = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                std::fs::read_dir(&path)
                    .expect("a folder")
                    .map(|entry| entry.expect("an entry").path()),
            );
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        if !path.ends_with("src/routes.rs") {
            for way in [
                ".route(",
                ".nest(",
                ".nest_service(",
                ".route_service(",
                ".merge(",
                "Router::new(",
            ] {
                assert!(!text.contains(way), "{} uses {way}", path.display());
            }
        }
        looked_at += 1;
    }
    assert!(looked_at > 10);
}

#[tokio::test]
async fn fault_27_a_session_that_ended_opens_nothing() {
    let world = World::new().await;
    let cookie = world.cookie_of(Role::Agent).await;
    let out = world
        .ask("POST", "/sign-out")
        .header("cookie", &cookie)
        .send()
        .await;
    assert_eq!(out.status(), StatusCode::SEE_OTHER);
    let answer = world
        .ask("GET", "/api/v1/live")
        .header("cookie", &cookie)
        .send()
        .await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_person_who_is_not_signed_in_is_sent_to_the_door_and_back() {
    let world = World::new().await;
    let root = world.ask("GET", "/").send().await;
    assert_eq!(root.status(), StatusCode::SEE_OTHER);
    assert_eq!(root.headers()["location"], "/sign-in");
    for (role, home) in [
        (Role::Agent, "/field"),
        (Role::Cooperative, "/coop"),
        (Role::Manager, "/office"),
        (Role::Administrator, "/office"),
    ] {
        let cookie = world.cookie_of(role).await;
        let root = world.ask("GET", "/").header("cookie", &cookie).send().await;
        assert_eq!(root.headers()["location"], home);
    }
}
