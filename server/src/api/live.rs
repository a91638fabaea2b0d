//! `GET /api/v1/live`: a hint that a sync would bring something. Never the data itself, so a hint
//! that is lost or comes twice does no harm.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use taswiq_backend::feed::Scope;
use taswiq_domain::access::{Action, Subject, can};
use tokio::sync::broadcast::error::RecvError;

use crate::Server;
use crate::failure::Failure;
use crate::session::Session;

/// Often enough that a mobile network does not forget the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(25);
/// A hint follows a change after this: a phone that hands over thirty orders causes one, not thirty.
const GATHERED: Duration = Duration::from_millis(400);
/// Then the browser asks again, and with it the session is checked again.
const LASTS: Duration = Duration::from_secs(15 * 60);

pub async fn live(
    State(server): State<Arc<Server>>,
    Extension(session): Extension<Session>,
) -> Result<Response, Failure> {
    let Ok(place) = server.live_places.clone().try_acquire_owned() else {
        return Err(Failure::Busy { retry_after_s: 60 });
    };
    let scopes: Vec<String> = Scope::of(&session.actor)
        .iter()
        .map(Scope::to_string)
        .collect();
    // The office sees everything, so everything concerns it.
    let sees_all = can(Some(&session.actor), Action::ReadFigures, Subject::Anything);
    let ends = tokio::time::Instant::now() + LASTS;
    let state = (server.office.changes(), server.stop.clone(), scopes, place);
    let hints = stream::unfold(
        state,
        move |(mut changes, mut stop, scopes, place)| async move {
            loop {
                let changed = tokio::select! {
                    changed = changes.recv() => changed,
                    _ = stop.wait_for(|stop| *stop) => return None,
                    () = tokio::time::sleep_until(ends) => return None,
                };
                let concerns_us = match changed {
                    Ok(changed) => {
                        sees_all
                            || changed.scopes.is_empty()
                            || changed.scopes.iter().any(|scope| scopes.contains(scope))
                    }
                    // Some were missed: one of them may have been ours.
                    Err(RecvError::Lagged(_)) => true,
                    Err(RecvError::Closed) => return None,
                };
                if concerns_us {
                    break;
                }
            }
            tokio::time::sleep(GATHERED).await;
            while changes.try_recv().is_ok() {}
            let hint = Event::default().event("changed").data("pull");
            Some((Ok::<_, Infallible>(hint), (changes, stop, scopes, place)))
        },
    );
    Ok(Sse::new(hints)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response())
}
