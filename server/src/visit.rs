//! Who looks at a page and in which language: read once from the request, handed to every page.

use axum::extract::{FromRequestParts, State};
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use std::convert::Infallible;
use std::sync::Arc;

use taswiq_app::public::sorry::{Sorry, sorry};
use taswiq_app::public::{Setting, Theme};
use taswiq_app::words::{LANGUAGES, Words};

use crate::Server;
use crate::failure::Failure;

/// The id of a request, told to the person when something goes wrong and written beside every line
/// of the log.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// An answer that already is in a person's words.
#[derive(Clone, Copy)]
pub struct Worded;

/// What a rendered page needs to know of the request.
#[derive(Clone)]
pub struct Visit {
    /// Language, theme, files, address.
    pub setting: Setting,
    /// The id of the request.
    pub request: String,
    /// Whether the language was chosen just now, by a link.
    chosen_now: bool,
    /// What a script that stands inline in this page must carry.
    pub nonce: String,
    cookie_is_secure: bool,
}

impl Visit {
    /// Reads it from a request.
    pub fn of(server: &Server, uri: &Uri, headers: &HeaderMap, request: &RequestId) -> Self {
        let query = uri.query().unwrap_or_default();
        let asked = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("lang="))
            .and_then(known);
        let language = asked
            .or_else(|| cookie(headers, "lang").and_then(known))
            .or_else(|| preferred(headers))
            .unwrap_or(LANGUAGES[0].code);
        let rest: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
            .collect();
        let address = if rest.is_empty() {
            uri.path().to_owned()
        } else {
            format!("{}?{}", uri.path(), rest.join("&"))
        };
        Self {
            setting: Setting {
                words: Words::of(language),
                theme: cookie(headers, "theme").and_then(Theme::from_name),
                assets: server.site.assets(),
                address,
            },
            request: request.0.clone(),
            chosen_now: asked.is_some(),
            nonce: crate::secret::random_hex(16),
            cookie_is_secure: server.settings.is_encrypted(),
        }
    }

    /// Answers with a page.
    pub fn page(&self, status: StatusCode, html: String) -> Response {
        let mut response = (status, Html(html)).into_response();
        response.extensions_mut().insert(Worded);
        let headers = response.headers_mut();
        if let Ok(policy) = HeaderValue::from_str(&crate::headers::page_policy(&self.nonce)) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        if self.chosen_now {
            self.remember_language(headers);
        }
        response
    }

    /// Sends the browser to another address of ours, as an answer to a form.
    pub fn see_other(&self, address: &str) -> Response {
        let mut response = Redirect::to(address).into_response();
        if self.chosen_now {
            self.remember_language(response.headers_mut());
        }
        response
    }

    /// The page for a failure.
    pub fn sorry(&self, failure: Failure) -> Response {
        let what = match failure {
            Failure::Busy { .. } | Failure::TooSlow => Sorry::Busy,
            Failure::NotFound | Failure::WrongMethod | Failure::Misdirected => Sorry::NotFound,
            Failure::NotSignedIn | Failure::WrongCredentials | Failure::NotAllowed => {
                Sorry::NotAllowed
            }
            Failure::CrossSite => Sorry::CrossSite,
            Failure::LinkSpent => Sorry::LinkSpent,
            Failure::TooLarge => Sorry::TooLarge,
            Failure::TooManyTries { .. } => Sorry::TooManyTries,
            Failure::Unreadable
            | Failure::WrongProtocol
            | Failure::WrongType
            | Failure::File(_) => Sorry::Unreadable,
            Failure::Bug => Sorry::Bug,
        };
        let html = sorry(&self.setting, what, &self.request, "/");
        failure.mark(self.page(failure.status(), html))
    }

    // The shell's own script reads this cookie too, so it is not `HttpOnly`; it tells a language and
    // nothing else.
    fn remember_language(&self, headers: &mut HeaderMap) {
        let secure = if self.cookie_is_secure {
            "; Secure"
        } else {
            ""
        };
        let code = self.setting.words.code();
        let cookie = format!("lang={code}; Path=/; Max-Age=31536000; SameSite=Lax{secure}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.append(SET_COOKIE, cookie);
        }
    }
}

impl FromRequestParts<Arc<Server>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        server: &Arc<Server>,
    ) -> Result<Self, Infallible> {
        let State(server): State<Arc<Server>> = State::from_request_parts(parts, server).await?;
        let request = parts.extensions.get::<RequestId>().cloned();
        let request = request.unwrap_or_else(|| RequestId(String::new()));
        Ok(Self::of(&server, &parts.uri, &parts.headers, &request))
    }
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| {
            let (found, value) = pair.split_once('=')?;
            (found.trim() == name).then(|| value.trim())
        })
}

/// Whether the request comes from somebody who reads, not from a program.
pub fn reads_pages(path: &str, headers: &HeaderMap) -> bool {
    let takes_pages = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"));
    takes_pages && !path.starts_with("/api/")
}

/// An address of ours that a sign-in may lead to. Anything else, above all another site, is dropped.
pub fn own_address(next: &str) -> Option<&str> {
    let is_own = next.starts_with('/')
        && !next.starts_with("//")
        && next
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && next.len() <= 500;
    is_own.then_some(next)
}

fn known(code: &str) -> Option<&'static str> {
    LANGUAGES
        .iter()
        .map(|language| language.code)
        .find(|known| known.eq_ignore_ascii_case(code))
}

/// The first known language the browser names. Browsers name them in the order of preference.
fn preferred(headers: &HeaderMap) -> Option<&'static str> {
    headers
        .get(ACCEPT_LANGUAGE)?
        .to_str()
        .ok()?
        .split(',')
        .filter_map(|offer| offer.split(';').next())
        .find_map(|offer| known(offer.trim().split('-').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_to_our_own_addresses_only() {
        for own in ["/", "/field/orders?code=AB", "/office"] {
            assert_eq!(own_address(own), Some(own));
        }
        for foreign in [
            "https://evil",
            "//evil",
            "/\\evil",
            "evil",
            "/a\r\nset-cookie: x",
            "",
        ] {
            assert_eq!(own_address(foreign), None, "{foreign:?}");
        }
    }

    #[test]
    fn the_browsers_first_known_language_counts() {
        let asking =
            |value| HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_static(value))]);
        assert_eq!(preferred(&asking("de, ar-MA;q=0.9, fr;q=0.8")), Some("ar"));
        assert_eq!(preferred(&asking("de")), None);
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let headers =
            HeaderMap::from_iter([(COOKIE, HeaderValue::from_static("xlang=fr; lang=ar"))]);
        assert_eq!(cookie(&headers, "lang"), Some("ar"));
        assert_eq!(cookie(&headers, "ang"), None);
    }
}
