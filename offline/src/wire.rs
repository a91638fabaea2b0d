//! Requests and responses as bytes.

use crate::driver::TransportError;
use taswiq_domain::sync::{PROTOCOL, Request, Response};

/// The body of a request: JSON. A transport may compress it.
pub fn encode(request: &Request) -> Vec<u8> {
    serde_json::to_vec(request).unwrap_or_default()
}

/// Reads the body of a response with status 200. Whatever is not exactly one (a hotel's Wi-Fi page,
/// half a body, another protocol) is [`TransportError::Garbled`]: nothing was learnt, ask again.
pub fn decode(body: &[u8]) -> Result<Response, TransportError> {
    let response: Response = serde_json::from_slice(body).map_err(|_| TransportError::Garbled)?;
    if response.protocol == PROTOCOL {
        Ok(response)
    } else {
        Err(TransportError::Garbled)
    }
}
