//! What stands around every route: an id, a line in the log, a net under panics, words for failures,
//! the headers; and the questions asked before a route is reached.

use std::any::Any;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::Instrument;

use crate::Server;
use crate::failure::Failure;
use crate::visit::{RequestId, Visit, Worded, reads_pages};
use crate::{headers, origin};

/// Where the connection comes from.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The outermost layer.
pub async fn frame(
    State(server): State<Arc<Server>>,
    mut request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let id = RequestId(crate::secret::random_hex(6));
    let method = request.method().clone();
    // Never the address itself: it may hold a link's secret or what a person searched for.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!("request", id = %id.0, %method, route);
    let visit = Visit::of(&server, request.uri(), request.headers(), &id);
    let is_for_people = reads_pages(request.uri().path(), request.headers());
    request.extensions_mut().insert(id.clone());
    let mut response = AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .instrument(span.clone())
        .await
        .unwrap_or_else(|panic| {
            let _entered = span.enter();
            tracing::error!(panic = said(&*panic), "a handler panicked");
            Failure::Bug.into_response()
        });
    let failure = failure_of(&response);
    if let Some(failure) = failure {
        response = if is_for_people {
            visit.sorry(failure)
        } else {
            failure.for_programs(&id.0)
        };
    }
    let status = response.status().as_u16();
    let latency_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let _entered = span.enter();
    match failure {
        Some(failure) => tracing::info!(status, latency_us, code = failure.code(), "answered"),
        None => tracing::debug!(status, latency_us, "answered"),
    }
    headers::complete(response.headers_mut(), server.settings.is_encrypted());
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// Whether the request was meant for this server. A demo company, whose passwords everybody knows,
/// answers to names of the machine itself only: neither a page that rebinds its own name to
/// 127.0.0.1 nor a proxy can open it to others.
pub async fn meant_for_us(
    State(server): State<Arc<Server>>,
    request: Request,
    next: Next,
) -> Response {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    // HTTP/1.1 demands a host; a program in a test may do without.
    let host = host.unwrap_or("localhost");
    if server.settings.takes_host(host) {
        next.run(request).await
    } else {
        Failure::Misdirected.into_response()
    }
}

/// Whether a request that may change something comes from our own pages.
pub async fn from_our_pages(
    State(server): State<Arc<Server>>,
    request: Request,
    next: Next,
) -> Response {
    let ours = origin::is_safe(request.method())
        || origin::is_ours(request.headers(), server.settings.public_origin.as_deref());
    if ours {
        next.run(request).await
    } else {
        Failure::CrossSite.into_response()
    }
}

/// The address guesses are counted under: one IPv6 customer owns a whole /64.
pub fn guessing_address(server: &Server, headers: &HeaderMap, peer: Option<Peer>) -> String {
    let forwarded = server.settings.is_behind_proxy.then(|| {
        // The last address is the one our own proxy has seen; those before it anybody may write.
        let last = headers.get_all("x-forwarded-for").iter().next_back()?;
        last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    });
    let address: Option<IpAddr> = forwarded.flatten().or(peer.map(|peer| peer.0.ip()));
    match address {
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Some(address) => address.to_string(),
        None => "unknown".to_owned(),
    }
}

/// The failure to put into words, unless a handler has found its own.
fn failure_of(response: &Response) -> Option<Failure> {
    if response.extensions().get::<Worded>().is_some() {
        return None;
    }
    if let Some(failure) = response.extensions().get::<Failure>() {
        return Some(*failure);
    }
    Failure::of_status(response.status())
}

/// What a panic said. It never holds what a person wrote: our own panics name the broken rule.
fn said(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("nothing")
}
