//! Requests and responses as bytes.

use crate::driver::TransportError;
use serde_json::Value;
use taswiq_domain::ids::CommandId;
use taswiq_domain::refusal::Refusal;
use taswiq_domain::sync::{Answer, Change, CommandResult, PROTOCOL, Request, Response};

/// An answer of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// What could be understood.
    pub response: Response,
    /// Whether there were changes of a kind that only a later build understands.
    pub skipped: bool,
}

/// The body of a request: JSON. A transport may compress it.
pub fn encode(request: &Request) -> Vec<u8> {
    serde_json::to_vec(request).unwrap_or_default()
}

/// Reads the body of a response with status 200. Whatever is not exactly one (a hotel's Wi-Fi page,
/// half a body, another protocol) is [`TransportError::Garbled`]: nothing was learnt, ask again.
///
/// A server may be years younger than this build. What it has learnt to say since must not keep
/// orders on the phone, so a change of an unknown kind is passed over and an unknown reason for
/// parking a command still parks it.
pub fn decode(body: &[u8]) -> Result<Decoded, TransportError> {
    // Read as a text, like the records, so that a phone carries one reader and not two.
    let body = std::str::from_utf8(body).map_err(|_| TransportError::Garbled)?;
    let decoded = match serde_json::from_str(body) {
        Ok(response) => Decoded {
            response,
            skipped: false,
        },
        Err(_) => decode_younger(body)?,
    };
    if decoded.response.protocol == PROTOCOL {
        Ok(decoded)
    } else {
        Err(TransportError::Garbled)
    }
}

fn decode_younger(body: &str) -> Result<Decoded, TransportError> {
    let garbled = |_| TransportError::Garbled;
    let mut whole: Value = serde_json::from_str(body).map_err(garbled)?;
    let mut take = |field: &str| match whole.get_mut(field).map(Value::take) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(TransportError::Garbled),
    };
    let (changes, results) = (take("changes")?, take("results")?);
    whole["changes"] = Value::Array(Vec::new());
    whole["results"] = Value::Array(Vec::new());
    let mut response: Response = serde_json::from_str(&whole.to_string()).map_err(garbled)?;
    let told = changes.len();
    response.changes = changes
        .into_iter()
        .filter_map(|change| serde_json::from_str::<Change>(&change.to_string()).ok())
        .collect();
    response.results = results.iter().filter_map(result_of_younger).collect();
    let skipped = response.changes.len() < told;
    Ok(Decoded { response, skipped })
}

/// An answer to a command, if it can be understood; a command without one waits.
fn result_of_younger(result: &Value) -> Option<CommandResult> {
    serde_json::from_str::<CommandResult>(&result.to_string())
        .ok()
        .or_else(|| {
            let id: CommandId = result.get("id")?.as_str()?.parse().ok()?;
            let code = result.get("refusal")?.get("code")?.as_str()?;
            let is_parked = result.get("status")?.as_str()? == "parked";
            is_parked.then(|| CommandResult {
                id,
                answer: Answer::Parked {
                    refusal: Refusal::UnreadableBody {
                        detail: code.to_owned(),
                    },
                },
            })
        })
}
