//! What phones talk to: `POST /api/v1/sync` and what goes with it. The document at
//! `/api/v1/openapi.json` tells it to others.

pub mod answers;
mod live;
mod sync;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use taswiq_domain::ids::PersonId;
use taswiq_domain::limits::SYNC_REQUEST_BYTES;

use crate::Server;
use crate::failure::Failure;
use crate::frame::{self, Peer};
use crate::openapi;
use crate::routes::{Route, Who};
use crate::session;

pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/sync", Who::Device, sync::sync)
            .taking(SYNC_REQUEST_BYTES)
            .taking_gzip(),
        Route::post("/api/v1/sign-in", Who::Anyone, sign_in),
        Route::post("/api/v1/sign-out", Who::Anyone, sign_out),
        Route::get("/api/v1/live", Who::SignedIn, live::live),
        Route::get("/api/v1/openapi.json", Who::Anyone, document),
        Route::get("/healthz", Who::Anyone, alive),
        Route::get("/readyz", Who::Anyone, ready),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    name: String,
    password: String,
}

#[derive(Serialize)]
struct SignedIn {
    person: PersonId,
    role: &'static str,
    home: &'static str,
}

/// The same as the page for signing in, for programs: a wrong name and a wrong password cannot be
/// told apart, by words or by time.
async fn sign_in(
    State(server): State<Arc<Server>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    if !is_json(&headers) {
        return Err(Failure::WrongType);
    }
    let given: SignIn = serde_json::from_slice(&body).map_err(|_| Failure::Unreadable)?;
    let address = frame::guessing_address(&server, &headers, peer.map(|peer| peer.0));
    let opened =
        session::sign_in(&server, &headers, &given.name, &given.password, &address).await?;
    let person = &opened.person;
    let signed_in = SignedIn {
        person: person.id,
        role: person.role.as_str(),
        home: session::home(person.role),
    };
    let mut response = Json(signed_in).into_response();
    session::set_cookie(&server, response.headers_mut(), &opened);
    Ok(response)
}

async fn sign_out(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    session::close(&server, &headers).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    session::drop_cookie(&server, response.headers_mut());
    Ok(response)
}

async fn document() -> Response {
    let mut response = openapi::DOCUMENT.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn alive() -> &'static str {
    "alive\n"
}

async fn ready(State(server): State<Arc<Server>>) -> Result<&'static str, Failure> {
    if server.office.is_ready().await {
        Ok("ready\n")
    } else {
        Err(Failure::Busy { retry_after_s: 5 })
    }
}

/// Whether the body says it is JSON. A form of another site could not say so.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}
