//! The session cookie: from a request to a person, and back into a browser.

use std::sync::Arc;

use axum::http::header::{AUTHORIZATION, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use taswiq_backend::people::{Opened, SignInError, Token};
use taswiq_domain::access::Actor;
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::ids::DeviceId;
use taswiq_domain::person::Role;

use crate::Server;
use crate::failure::Failure;
use crate::visit;

/// Somebody signed in, as handlers get them.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who, as [`taswiq_domain::access::can`] knows them.
    pub actor: Actor,
    /// The office's own account of it.
    pub office: Arc<taswiq_backend::people::Session>,
}

/// Whoever the request's cookie belongs to, if the session is open.
///
/// # Errors
/// When the office cannot be asked.
pub async fn of(server: &Server, headers: &HeaderMap) -> Result<Option<Session>, Failure> {
    let Some(token) = token(server, headers) else {
        return Ok(None);
    };
    Ok(server.office.session(&token).await?.map(session))
}

/// Whoever the request's cookie belongs to, also when the session was revoked; without a cookie, whoever
/// the device belongs to that shows its key: a device may always hand over what it holds.
///
/// # Errors
/// When the office cannot be asked.
pub async fn of_device(server: &Server, headers: &HeaderMap) -> Result<Option<Session>, Failure> {
    let found = match (token(server, headers), key(headers)) {
        (Some(token), _) => server.office.session_for_sync(&token).await?,
        (None, Some((device, key))) => server.office.session_of_device(device, &key).await?,
        (None, None) => None,
    };
    Ok(found.map(session))
}

/// The key that a device shows.
fn key(headers: &HeaderMap) -> Option<(DeviceId, DeviceKey)> {
    DeviceKey::from_authorization(headers.get(AUTHORIZATION)?.to_str().ok()?)
}

/// Signs somebody in. The session the browser had before ends, so that nobody can plant one.
///
/// # Errors
/// The same for a wrong name and a wrong password; when too many were tried, which nobody can tell
/// from a right one.
pub async fn sign_in(
    server: &Server,
    headers: &HeaderMap,
    name: &str,
    password: &str,
    address: &str,
) -> Result<Opened, Failure> {
    let now = server.now();
    let too_many = |retry_after_s| {
        tracing::warn!(retry_after_s, "too many guesses");
        Failure::TooManyTries { retry_after_s }
    };
    server.guesses.count(name, address, now).map_err(too_many)?;
    match server.office.sign_in(name, password, label(headers)).await {
        Ok(opened) => {
            server.guesses.was_right(name, address);
            close(server, headers).await?;
            tracing::info!(person = %opened.person.id, "signed in");
            Ok(opened)
        }
        Err(SignInError::Wrong) => Err(Failure::WrongCredentials),
        Err(SignInError::TooMany { again_at }) => {
            let left_s = (again_at.0 - now.0) / 1000 + 1;
            Err(too_many(u32::try_from(left_s).unwrap_or(1)))
        }
        Err(SignInError::Office(error)) => Err(error.into()),
    }
}

/// Ends the session of the request, if it has one.
///
/// # Errors
/// When the office cannot be told.
pub async fn close(server: &Server, headers: &HeaderMap) -> Result<(), Failure> {
    if let Some(token) = token(server, headers) {
        server.office.sign_out(&token).await?;
    }
    Ok(())
}

/// Gives a browser its session, and tells its scripts whose it is: the phone opens that person's own
/// database before it can ask anybody. The number proves nothing; only the session does.
pub fn set_cookie(server: &Server, headers: &mut HeaderMap, opened: &Opened) {
    let max_age_s = (opened.expires_at.0 - server.now().0) / 1000;
    put_cookie(
        server,
        headers,
        cookie_name(server),
        opened.token.as_str(),
        max_age_s,
        "; HttpOnly",
    );
    put_cookie(
        server,
        headers,
        PERSON_COOKIE,
        &opened.person.id.to_string(),
        max_age_s,
        "",
    );
}

/// Takes a browser's session away.
pub fn drop_cookie(server: &Server, headers: &mut HeaderMap) {
    put_cookie(server, headers, cookie_name(server), "", 0, "; HttpOnly");
    put_cookie(server, headers, PERSON_COOKIE, "", 0, "");
}

/// Where somebody of this role works.
pub const fn home(role: Role) -> &'static str {
    match role {
        Role::Agent => "/field",
        Role::Cooperative => "/coop",
        Role::Manager | Role::Administrator => "/office",
    }
}

/// What the browser calls itself, for the list of sessions.
pub fn label(headers: &HeaderMap) -> &str {
    headers
        .get(USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default()
}

/// The cookie that scripts may read: the number of whoever signed in.
const PERSON_COOKIE: &str = "taswiq_person";

/// With https the name itself promises that no other host and no plain connection has set it.
fn cookie_name(server: &Server) -> &'static str {
    if server.settings.is_encrypted() {
        "__Host-taswiq"
    } else {
        "taswiq"
    }
}

fn token(server: &Server, headers: &HeaderMap) -> Option<Token> {
    visit::cookie(headers, cookie_name(server))
        .filter(|text| !text.is_empty() && text.len() <= 200)
        .map(Token::from_text)
}

fn session(found: taswiq_backend::people::Session) -> Session {
    Session {
        actor: found.actor(),
        office: Arc::new(found),
    }
}

// `Lax`, not `Strict`: a link in a message must open the office of somebody signed in. What changes
// something is never a link, and is held to its origin besides.
fn put_cookie(
    server: &Server,
    headers: &mut HeaderMap,
    name: &str,
    value: &str,
    max_age_s: i64,
    reach: &str,
) {
    let secure = if server.settings.is_encrypted() {
        "; Secure"
    } else {
        ""
    };
    let cookie =
        format!("{name}={value}; Path=/; Max-Age={max_age_s}{reach}; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(SET_COOKIE, cookie);
    }
}
