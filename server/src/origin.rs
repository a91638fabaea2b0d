//! Which requests may change something: those that come from our own pages, or from no page at all.
//!
//! A browser tells with `Sec-Fetch-Site`, an older one with `Origin`. A request that carries a cookie
//! and neither of the two is refused: a browser would have sent one, and a program does not need the
//! cookie of a person. Session cookies are `SameSite` besides.

use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method};

/// Whether the method promises to change nothing.
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a request that may change something comes from where it should. `own_origin` is the public
/// origin when one is configured: behind a proxy the `Host` may be another.
pub fn is_ours(headers: &HeaderMap, own_origin: Option<&str>) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value: &axum::http::HeaderValue| value.to_str())
    };
    match text(axum::http::HeaderName::from_static("sec-fetch-site")) {
        Some(site) => matches!(site, Ok("same-origin" | "none")),
        None => match (text(ORIGIN), text(HOST)) {
            (Some(Ok(origin)), host) => {
                let is_public = own_origin.is_some_and(|own| own.eq_ignore_ascii_case(origin));
                let is_host = matches!((origin.split_once("://"), host), (Some((_, named)), Some(Ok(host))) if named.eq_ignore_ascii_case(host));
                is_public || is_host
            }
            (Some(Err(_)), _) => false,
            (None, _) => !headers.contains_key(COOKIE),
        },
    }
}

/// Whether this host is the machine itself.
pub fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        given
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn fault_28_what_another_site_sends_is_refused() {
        for refused in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[
                ("sec-fetch-site", "cross-site"),
                ("origin", "http://own"),
                ("host", "own"),
            ],
            &[("origin", "http://evil"), ("host", "own")],
            &[("origin", "null"), ("host", "own")],
            &[("origin", "http://own.evil"), ("host", "own")],
            &[("cookie", "taswiq=1"), ("host", "own")],
        ] {
            assert!(!is_ours(&headers(refused), None), "{refused:?}");
        }
    }

    #[test]
    fn our_own_pages_and_programs_without_a_cookie_may_send() {
        for taken in [
            &[("sec-fetch-site", "same-origin"), ("cookie", "taswiq=1")][..],
            &[("origin", "http://own:3000"), ("host", "own:3000")],
            &[("host", "own")],
        ] {
            assert!(is_ours(&headers(taken), None), "{taken:?}");
        }
        let behind_proxy = headers(&[("origin", "https://taswiq.example"), ("host", "10.0.0.1")]);
        assert!(is_ours(&behind_proxy, Some("https://taswiq.example")));
        assert!(!is_ours(&behind_proxy, Some("https://other.example")));
    }

    #[test]
    fn only_names_of_the_machine_itself_are_loopback() {
        for own in ["localhost:3000", "127.0.0.1:80", "[::1]:3000", "127.9.9.9"] {
            assert!(is_loopback(own), "{own}");
        }
        for foreign in [
            "localhost.evil",
            "127.0.0.1.evil",
            "10.0.0.1",
            "0.0.0.0",
            "[::]",
            "",
        ] {
            assert!(!is_loopback(foreign), "{foreign}");
        }
    }
}
