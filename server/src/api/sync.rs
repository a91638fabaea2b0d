//! `POST /api/v1/sync`: the envelope is checked here, everything in it by the office.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use taswiq_backend::devices::Trouble;
use taswiq_backend::{OfficeError, Patience};
use taswiq_domain::ids::DeviceId;
use taswiq_domain::limits::{COMMANDS_PER_BATCH, SYNC_DECIDED_WITHIN_MS};
use taswiq_domain::sync::{PROTOCOL, Request, Waiting};
use tokio::time::{Instant, timeout};

use super::is_json;
use crate::Server;
use crate::failure::Failure;
use crate::secret;
use crate::session::Session;
use crate::site;
use crate::turns::Arrived;

/// How long a phone waits inside for what it handed over to be durable.
const PATIENCE: Duration = Duration::from_millis(SYNC_DECIDED_WITHIN_MS);
/// When to come back to a writer that was not in time: about when the next transaction is through.
const BUSY_S_MIN: u32 = 2;
/// And up to so many seconds later, less one.
const BUSY_S_SPREAD: u32 = 4;

/// What every protocol there will ever be says first, and what a device says of itself even where the
/// rest cannot be read.
#[derive(Deserialize)]
struct Envelope {
    protocol: u16,
    #[serde(default, deserialize_with = "if_it_can_be_read")]
    device: Option<DeviceId>,
    #[serde(default, deserialize_with = "if_it_can_be_read")]
    waiting: Option<Waiting>,
}

fn if_it_can_be_read<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

pub async fn sync(
    State(server): State<Arc<Server>>,
    Extension(session): Extension<Session>,
    turn: Turn,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let turn = Arc::new(turn.taken().await?);
    let patience = Patience::until(Instant::now() + PATIENCE).holding(turn);
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
    let noted = async |trouble, failure| {
        note(&server, &session, &envelope, trouble).await;
        Err(failure)
    };
    if envelope.protocol != PROTOCOL {
        tracing::warn!(protocol = envelope.protocol, "an unknown protocol");
        return noted(Trouble::WrongProtocol, Failure::WrongProtocol).await;
    }
    let request: Request<serde_json::Value> = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return noted(Trouble::Unreadable, unreadable(error)).await,
    };
    // The device halves a batch that is too large.
    if request.commands.len() > COMMANDS_PER_BATCH {
        return noted(Trouble::TooLarge, Failure::TooLarge).await;
    }
    let (device, sent) = (request.device, request.commands.len());
    let answered = server.office.answer(&session.office, request, &patience);
    let answered = match answered.await {
        Err(error @ OfficeError::Invalid(_)) => {
            return noted(Trouble::Unreadable, error.into()).await;
        }
        Err(OfficeError::Busy) => {
            tracing::warn!(%device, commands = sent, "not decided in time");
            return Err(come_back(a_moment_s()));
        }
        answered => answered?,
    };
    let (changes, more) = (answered.response.changes.len(), answered.response.more);
    tracing::info!(%device, commands = sent, changes, catalogue = answered.catalogue.is_some(), more, "synced");
    let takes_brotli = site::accepts(&headers, "br");
    server.answers.respond(answered, takes_brotli).await
}

/// When to come back to a writer that cannot write or is slow, in seconds: each phone at a moment of its own.
fn a_moment_s() -> u32 {
    BUSY_S_MIN + secret::random_below(BUSY_S_SPREAD)
}

/// A place before the door, taken before the body is read.
pub struct Turn(Arrived);

impl Turn {
    /// Waits until it is theirs; it lasts as long as what is returned.
    async fn taken(self) -> Result<Arrived, Failure> {
        self.0.turn().await.map_err(come_back)
    }
}

const fn come_back(retry_after_s: u32) -> Failure {
    Failure::Busy { retry_after_s }
}

impl FromRequestParts<Arc<Server>> for Turn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, Failure> {
        let session = parts.extensions.get::<Session>();
        let session = session.ok_or(Failure::NotSignedIn)?;
        let arrived = server.turns.arrive(session.office.person.id);
        arrived.map(Self).map_err(come_back)
    }
}

/// Writes down what a device says of itself when nothing of what it sent could be decided. If that fails
/// too the device hears of the first failure, and tells again.
async fn note(server: &Server, session: &Session, envelope: &Envelope, trouble: Trouble) {
    let Some(device) = envelope.device else {
        return;
    };
    let waiting = envelope.waiting.clone();
    let noted = server
        .office
        .note_trouble(&session.office, device, waiting, trouble);
    match timeout(PATIENCE, noted).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%device, %error, "a failed contact could not be noted"),
        Err(_) => tracing::warn!(%device, "a failed contact was not noted in time"),
    }
}
