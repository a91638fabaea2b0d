//! Requests and responses as bytes.

use crate::driver::TransportError;
use taswiq_domain::ids::CommandId;
use taswiq_domain::reading::Tree;
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

/// Reads the body of a response with status 200. Whatever is not exactly one (a hotel's Wi-Fi page, another
/// protocol) is [`TransportError::Garbled`], and what ends before it is one [`TransportError::BrokeOff`]:
/// nothing was learnt, ask again.
///
/// A server may be years younger than this build. What it has learnt to say since must not keep
/// orders on the phone, so a change of an unknown kind is passed over and an unknown reason for
/// parking a command still parks it.
pub fn decode(body: &[u8]) -> Result<Decoded, TransportError> {
    let mut decoding = Decoding::begin(body)?;
    while decoding.take_one() {}
    Ok(decoding.finish())
}

/// [`decode`] in parts, so that a slow phone can do something else between them.
pub struct Decoding<'a> {
    changes: std::vec::IntoIter<Tree<'a>>,
    decoded: Decoded,
}

impl<'a> Decoding<'a> {
    /// Reads everything but the changes.
    ///
    /// # Errors
    /// When it is no answer.
    pub fn begin(body: &'a [u8]) -> Result<Self, TransportError> {
        let body = std::str::from_utf8(body).map_err(|error| ended(error.error_len().is_none()))?;
        let mut whole = Tree::parse(body).map_err(|error| ended(error.is_eof()))?;
        let mut take = |field: &'static str| match whole.take(field) {
            Some(Tree::List(items)) => Ok(items),
            _ => Err(TransportError::Garbled),
        };
        let (changes, results) = (take("changes")?, take("results")?);
        if let Tree::Object(fields) = &mut whole {
            fields
                .extend(["changes", "results"].map(|field| (field.into(), Tree::List(Vec::new()))));
        }
        let mut response: Response = whole.read().map_err(|_| TransportError::Garbled)?;
        if response.protocol != PROTOCOL {
            return Err(TransportError::Garbled);
        }
        response.results = results.into_iter().filter_map(result_of_younger).collect();
        response.changes.reserve_exact(changes.len());
        Ok(Self {
            changes: changes.into_iter(),
            decoded: Decoded {
                response,
                skipped: false,
            },
        })
    }

    /// Reads the next change. Whether there was one.
    pub fn take_one(&mut self) -> bool {
        let Some(change) = self.changes.next() else {
            return false;
        };
        match change.read::<Change>() {
            Ok(change) => self.decoded.response.changes.push(change),
            Err(_) => self.decoded.skipped = true,
        }
        true
    }

    /// What was read so far.
    pub fn finish(self) -> Decoded {
        self.decoded
    }
}

/// What to call a body that cannot be read, when that is for its end coming too soon and when it is not.
const fn ended(too_soon: bool) -> TransportError {
    if too_soon {
        TransportError::BrokeOff
    } else {
        TransportError::Garbled
    }
}

/// An answer to a command, if it can be understood; a command without one waits.
fn result_of_younger(mut result: Tree<'_>) -> Option<CommandResult> {
    if let Ok(read) = result.clone().read() {
        return Some(read);
    }
    let id: CommandId = result.take("id")?.text()?.parse().ok()?;
    let code = result.take("refusal")?.take("code")?.text()?.to_owned();
    let is_parked = result.take("status")?.text()? == "parked";
    is_parked.then_some(CommandResult {
        id,
        answer: Answer::Parked {
            refusal: Refusal::UnreadableBody { detail: code },
        },
    })
}
