//! Every address this server answers, in one list: method, path, who may, how much they may send.
//!
//! The router is built from the list and from nothing else, so a test that walks the list walks all
//! there is. Who may is asked here, before a handler runs; a handler asks `can` again where it depends
//! on *whose* thing it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use futures_util::StreamExt;
use taswiq_domain::access::{Action, Actor, Subject, can};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::failure::Failure;
use crate::visit::reads_pages;
use crate::{Server, frame, session};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody, signed in or not.
    Anyone,
    /// An agent's or a cooperative's device, even when its session was revoked: it may always hand
    /// over what it holds. Whether it may read is asked further in.
    Device,
    /// Somebody signed in.
    SignedIn,
    /// Somebody who may do this.
    May(Action),
}

/// One method of one address.
pub struct Route {
    /// How.
    pub method: Method,
    /// Where, as axum writes it: `/join/{token}`.
    pub path: &'static str,
    /// Who.
    pub who: Who,
    /// The largest body, in bytes, as sent and after it is decompressed.
    pub body_bytes_max: usize,
    handler: MethodRouter<Arc<Server>>,
}

/// A form that a person fills in by hand.
pub const FORM_BYTES_MAX: usize = 16 * 1024;
/// From the first byte of a body to the last of the answer's head. A weak network carries the largest
/// sync in half of it; past that a phone has given up.
const HANDLER_TIMEOUT: Duration = Duration::from_secs(60);
/// A body that is too large is still read up to here, so that the sender can read the answer.
const DRAINED_BYTES_MAX: usize = 16 * 1024 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Below this an answer fits in one packet anyway.
const COMPRESSED_BYTES_MIN: u64 = 1_024;

impl Route {
    /// A page or data.
    pub fn get<H, T>(path: &'static str, who: Who, handler: H) -> Self
    where
        H: Handler<T, Arc<Server>>,
        T: 'static,
    {
        Self {
            method: Method::GET,
            path,
            who,
            body_bytes_max: 0,
            handler: on(MethodFilter::GET, handler),
        }
    }

    /// What changes something.
    pub fn post<H, T>(path: &'static str, who: Who, handler: H) -> Self
    where
        H: Handler<T, Arc<Server>>,
        T: 'static,
    {
        Self {
            method: Method::POST,
            path,
            who,
            body_bytes_max: FORM_BYTES_MAX,
            handler: on(MethodFilter::POST, handler),
        }
    }

    /// Takes another size of body.
    pub fn taking(mut self, body_bytes_max: usize) -> Self {
        self.body_bytes_max = body_bytes_max;
        self
    }

    /// Takes a body compressed with gzip too. The limit holds before and after.
    pub fn taking_gzip(mut self) -> Self {
        let decompression = tower_http::decompression::RequestDecompressionLayer::new();
        self.handler = self.handler.route_layer(decompression);
        self
    }
}

/// The whole list.
pub fn all(server: &Server) -> Vec<Route> {
    let mut routes = crate::files::routes();
    routes.extend(crate::entrance::routes());
    routes.extend(crate::api::routes());
    routes.extend(crate::hand_over::routes());
    routes.extend(crate::office::routes());
    routes.extend(crate::statements::routes());
    if server.settings.test_clock {
        routes.extend(crate::test_clock::routes());
    }
    routes
}

/// The server as one service.
pub fn router(server: Arc<Server>) -> Router {
    let mut router = Router::new();
    for route in all(&server) {
        let limit = route.body_bytes_max;
        let guard = (server.clone(), route.who);
        let handler = route
            .handler
            .route_layer(DefaultBodyLimit::max(limit))
            .route_layer(from_fn(move |request, next| limited(limit, request, next)))
            .route_layer(from_fn_with_state(guard, guarded))
            .route_layer(from_fn(timed));
        router = router.route(route.path, handler);
    }
    // Quick rather than small: the server's seconds are dearer than the last tenth of the bytes.
    let compression = CompressionLayer::new()
        .quality(CompressionLevel::Precise(4))
        .compress_when(
            SizeAbove::new(COMPRESSED_BYTES_MIN)
                .and(NotForContentType::const_new("text/event-stream")),
        );
    router
        .fallback(async || Failure::NotFound)
        .layer(from_fn_with_state(server.clone(), frame::from_our_pages))
        .layer(from_fn_with_state(server.clone(), frame::meant_for_us))
        .layer(compression)
        .layer(from_fn_with_state(server.clone(), frame::frame))
        .with_state(server)
}

/// Lets through who may, sends to the sign-in page who might.
async fn guarded(
    State((server, who)): State<(Arc<Server>, Who)>,
    mut request: Request,
    next: Next,
) -> Response {
    if who == Who::Anyone {
        return next.run(request).await;
    }
    let found = match who {
        Who::Device => session::of_device(&server, request.headers()).await,
        Who::Anyone | Who::SignedIn | Who::May(_) => session::of(&server, request.headers()).await,
    };
    let session = match found {
        Ok(session) => session,
        Err(failure) => return failure.into_response(),
    };
    let Some(session) = session else {
        let may_sign_in =
            request.method() == Method::GET && reads_pages(request.uri().path(), request.headers());
        return if may_sign_in {
            let next = request
                .uri()
                .path_and_query()
                .map_or("/", |address| address.as_str());
            Redirect::to(&format!("/sign-in?next={}", percent_encoded(next))).into_response()
        } else {
            Failure::NotSignedIn.into_response()
        };
    };
    let may = match who {
        Who::May(action) => may(&session.actor, action),
        Who::Device => {
            may(&session.actor, Action::UseField) || may(&session.actor, Action::UseCooperativeArea)
        }
        Who::SignedIn | Who::Anyone => true,
    };
    if !may {
        tracing::warn!(role = session.actor.role.as_str(), ?who, "refused");
        return Failure::NotAllowed.into_response();
    }
    request.extensions_mut().insert(session);
    next.run(request).await
}

fn may(actor: &Actor, action: Action) -> bool {
    can(Some(actor), action, Subject::Anything)
}

/// Holds a body to its limit. One that announces to be too large is refused before it is read into
/// memory, and drained for a while so that the refusal arrives.
async fn limited(limit: usize, request: Request, next: Next) -> Response {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        drain(request.into_body()).await;
        return Failure::TooLarge.into_response();
    }
    // Told apart by a flag: what lies between here and the handler wraps the error beyond recognition.
    let is_exceeded = Arc::new(AtomicBool::new(false));
    let flag = is_exceeded.clone();
    let request = request.map(|body| {
        let mut left_bytes = limit;
        Body::from_stream(body.into_data_stream().map(move |chunk| {
            let chunk = chunk?;
            match left_bytes.checked_sub(chunk.len()) {
                Some(left) => left_bytes = left,
                None => {
                    flag.store(true, Ordering::Relaxed);
                    return Err(axum::Error::new(std::io::Error::other(
                        "the body is too large",
                    )));
                }
            }
            Ok(chunk)
        }))
    });
    let response = next.run(request).await;
    if is_exceeded.load(Ordering::Relaxed) {
        Failure::TooLarge.into_response()
    } else {
        response
    }
}

async fn drain(body: Body) {
    let mut stream = body.into_data_stream();
    let all = async {
        let mut drained_bytes = 0;
        while let Some(Ok(chunk)) = stream.next().await {
            drained_bytes += chunk.len();
            if drained_bytes > DRAINED_BYTES_MAX {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, all).await;
}

async fn timed(request: Request, next: Next) -> Response {
    match tokio::time::timeout(HANDLER_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::TooSlow.into_response(),
    }
}

/// For the value of a query.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_as_the_value_of_a_query() {
        assert_eq!(
            percent_encoded("/office/orders?q=a b&c=é"),
            "/office/orders%3Fq%3Da%20b%26c%3D%C3%A9"
        );
    }
}
