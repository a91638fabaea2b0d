//! `POST /test/clock`: a browser story lives through weeks in a minute. Only on a loopback address,
//! only when asked for at start, and not in a release build unless the feature says so.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use taswiq_domain::time::Timestamp;

use crate::Server;
use crate::failure::Failure;
use crate::routes::{Route, Who};

pub fn routes() -> Vec<Route> {
    vec![Route::post("/test/clock", Who::Anyone, set)]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    /// The moment it shall be.
    now: Option<Timestamp>,
    /// Or how much later it shall be.
    #[serde(default)]
    advance_ms: i64,
}

#[derive(Serialize)]
struct Now {
    now: Timestamp,
}

/// Moves the clock, then does what was due by then, as the minute's job would have.
async fn set(
    State(server): State<Arc<Server>>,
    Json(set): Json<Set>,
) -> Result<Json<Now>, Failure> {
    let Some(clock) = &server.test_clock else {
        return Err(Failure::NotFound);
    };
    let later = server.now().plus_ms(set.advance_ms);
    clock.set(set.now.unwrap_or(later));
    server.office.pass_deadlines().await?;
    Ok(Json(Now { now: server.now() }))
}
