//! The document for programs that talk to the server. Kept by hand beside the code, because its
//! messages are those of `domain`, which knows no such document; tests compare it with the list of
//! routes, with the failures and with the frozen messages.

/// `GET /api/v1/openapi.json`.
pub const DOCUMENT: &str = include_str!("../openapi.json");
