//! `POST /api/v1/sync`: the envelope is checked here, everything in it by the office.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use taswiq_domain::limits::COMMANDS_PER_BATCH;
use taswiq_domain::sync::{PROTOCOL, Request};

use super::is_json;
use crate::Server;
use crate::failure::Failure;
use crate::session::Session;

/// What every protocol there will ever be says first.
#[derive(Deserialize)]
struct Envelope {
    protocol: u16,
}

pub async fn sync(
    State(server): State<Arc<Server>>,
    Extension(session): Extension<Session>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    if !is_json(&headers) {
        return Err(Failure::WrongType);
    }
    let unreadable = |error: serde_json::Error| {
        // The place, never the content: it is somebody's order.
        tracing::warn!(
            line = error.line(),
            column = error.column(),
            "a sync cannot be read"
        );
        Failure::Unreadable
    };
    let envelope: Envelope = serde_json::from_slice(&body).map_err(unreadable)?;
    if envelope.protocol != PROTOCOL {
        tracing::warn!(protocol = envelope.protocol, "an unknown protocol");
        return Err(Failure::WrongProtocol);
    }
    let request: Request<serde_json::Value> = serde_json::from_slice(&body).map_err(unreadable)?;
    // The device halves a batch that is too large.
    if request.commands.len() > COMMANDS_PER_BATCH {
        return Err(Failure::TooLarge);
    }
    let (device, sent) = (request.device, request.commands.len());
    let answer = server.office.sync(&session.office, request).await?;
    tracing::info!(%device, commands = sent, changes = answer.changes.len(), more = answer.more, "synced");
    let json = serde_json::to_vec(&answer).map_err(|_| Failure::Bug)?;
    let mut response = json.into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
