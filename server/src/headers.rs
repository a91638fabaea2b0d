//! What every answer says about itself, so that a browser refuses what Taswiq never does: run foreign
//! script, be framed, guess a content type, tell other sites where it was.

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};

/// A content policy with these additions to scripts and styles, each with a leading space.
pub fn content_policy(scripts: &str, styles: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'{scripts}; style-src 'self'{styles}; \
         img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
         worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}

/// The policy of a rendered page. Its scripts are files of ours; `nonce` is for the one that must run
/// before the first paint.
pub fn page_policy(nonce: &str) -> String {
    let nonce = format!(" 'nonce-{nonce}'");
    format!(
        "{}; require-trusted-types-for 'script'",
        content_policy(&nonce, &nonce)
    )
}

/// The policy of what is no page: data, pictures, errors for programs.
const NO_PAGE: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; script-src 'none'";

/// Adds what is missing; a content or cache policy that the answer has chosen itself stays.
pub fn complete(headers: &mut HeaderMap, is_encrypted: bool) {
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(NO_PAGE));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS.as_str(), "nosniff"),
        // Addresses of invitations and resets are secrets of ours. Not `no-referrer`: with it browsers
        // send `Origin: null` even to us, and the origin check needs the origin.
        (REFERRER_POLICY.as_str(), "same-origin"),
        (
            "permissions-policy",
            "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()",
        ),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ] {
        if let Ok(name) = axum::http::HeaderName::from_bytes(name.as_bytes()) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if is_encrypted {
        let two_years = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(STRICT_TRANSPORT_SECURITY, two_years);
    }
}
