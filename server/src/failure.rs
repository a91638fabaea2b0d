//! Every way in which a request can fail, and the one place where that becomes HTTP.
//!
//! A handler returns a [`Failure`]; the frame around all routes turns it into words: JSON with a code
//! for programs, a page in the person's language for people. A failure says what happened, that
//! nothing is lost, and what to do; the id of the request is what a person may quote.

use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use taswiq_backend::error::OfficeError;

/// Why a request was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Not now: too much at once, the disk is full, the database does not answer.
    Busy {
        /// When to ask again, in seconds.
        retry_after_s: u32,
    },
    /// The request cannot be read.
    Unreadable,
    /// The device speaks a protocol this server does not know.
    WrongProtocol,
    /// Nobody is signed in.
    NotSignedIn,
    /// Name and password do not fit together.
    WrongCredentials,
    /// Somebody is signed in who may not do this.
    NotAllowed,
    /// Another site's page has sent this.
    CrossSite,
    /// There is nothing at this address, or nothing this person may know of.
    NotFound,
    /// The address exists, the method does not.
    WrongMethod,
    /// The body did not arrive in time.
    TooSlow,
    /// A link that was used before or is too old.
    LinkSpent,
    /// The body is larger than this address takes.
    TooLarge,
    /// The body is in a form this address does not take.
    WrongType,
    /// The request was meant for another host.
    Misdirected,
    /// Too many guesses.
    TooManyTries {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// What was brought is no hand-over file that can be taken.
    File(FileFailure),
    /// A mistake of ours.
    Bug,
}

/// Why nothing was taken from what was brought as a hand-over file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFailure {
    /// It is none.
    Foreign,
    /// It was made by a build that is newer, or so old that it is not understood any more.
    AnotherVersion,
    /// It is not as it was written.
    Damaged,
    /// Frames are missing.
    Cut {
        /// How many are there.
        there: usize,
        /// Of how many.
        of: usize,
    },
    /// Frames of several files are mixed.
    Mixed,
    /// It is sealed to another server.
    AnotherServer,
    /// The device is not known here, or not by that key.
    UnknownDevice,
}

impl Failure {
    /// Every failure, for the document and its test.
    pub const ALL: [Self; 23] = [
        Self::Busy { retry_after_s: 1 },
        Self::Unreadable,
        Self::WrongProtocol,
        Self::NotSignedIn,
        Self::WrongCredentials,
        Self::NotAllowed,
        Self::CrossSite,
        Self::NotFound,
        Self::WrongMethod,
        Self::TooSlow,
        Self::LinkSpent,
        Self::TooLarge,
        Self::WrongType,
        Self::Misdirected,
        Self::TooManyTries { retry_after_s: 60 },
        Self::File(FileFailure::Foreign),
        Self::File(FileFailure::AnotherVersion),
        Self::File(FileFailure::Damaged),
        Self::File(FileFailure::Cut { there: 1, of: 2 }),
        Self::File(FileFailure::Mixed),
        Self::File(FileFailure::AnotherServer),
        Self::File(FileFailure::UnknownDevice),
        Self::Bug,
    ];

    /// What programs tell failures apart by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Busy { .. } => "busy",
            Self::Unreadable => "unreadable",
            Self::WrongProtocol => "wrong_protocol",
            Self::NotSignedIn => "not_signed_in",
            Self::WrongCredentials => "wrong_credentials",
            Self::NotAllowed => "not_allowed",
            Self::CrossSite => "cross_site",
            Self::NotFound => "not_found",
            Self::WrongMethod => "wrong_method",
            Self::TooSlow => "too_slow",
            Self::LinkSpent => "link_spent",
            Self::TooLarge => "too_large",
            Self::WrongType => "wrong_type",
            Self::Misdirected => "misdirected",
            Self::TooManyTries { .. } => "too_many_tries",
            Self::File(FileFailure::Foreign) => "file_foreign",
            Self::File(FileFailure::AnotherVersion) => "file_of_another_version",
            Self::File(FileFailure::Damaged) => "file_damaged",
            Self::File(FileFailure::Cut { .. }) => "file_cut",
            Self::File(FileFailure::Mixed) => "file_mixed",
            Self::File(FileFailure::AnotherServer) => "file_of_another_server",
            Self::File(FileFailure::UnknownDevice) => "file_of_unknown_device",
            Self::Bug => "bug",
        }
    }

    /// The status.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unreadable | Self::WrongProtocol => StatusCode::BAD_REQUEST,
            Self::NotSignedIn | Self::WrongCredentials => StatusCode::UNAUTHORIZED,
            Self::NotAllowed | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::LinkSpent => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::TooManyTries { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::File(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Bug => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Seconds after which the same request may succeed.
    pub const fn retry_after_s(self) -> Option<u32> {
        match self {
            Self::Busy { retry_after_s } | Self::TooManyTries { retry_after_s } => {
                Some(retry_after_s)
            }
            _ => None,
        }
    }

    /// The failure behind an answer that did not come from a handler of ours: axum's own 404, 405,
    /// 413 and so on.
    pub fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::UNAUTHORIZED => Some(Self::NotSignedIn),
            StatusCode::FORBIDDEN => Some(Self::NotAllowed),
            StatusCode::NOT_FOUND => Some(Self::NotFound),
            StatusCode::METHOD_NOT_ALLOWED => Some(Self::WrongMethod),
            StatusCode::REQUEST_TIMEOUT => Some(Self::TooSlow),
            StatusCode::GONE => Some(Self::LinkSpent),
            StatusCode::PAYLOAD_TOO_LARGE => Some(Self::TooLarge),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Some(Self::WrongType),
            StatusCode::MISDIRECTED_REQUEST => Some(Self::Misdirected),
            StatusCode::TOO_MANY_REQUESTS => Some(Self::TooManyTries { retry_after_s: 60 }),
            StatusCode::SERVICE_UNAVAILABLE => Some(Self::Busy { retry_after_s: 2 }),
            status if status.is_client_error() => Some(Self::Unreadable),
            status if status.is_server_error() => Some(Self::Bug),
            _ => None,
        }
    }

    /// What a program reads.
    pub fn for_programs(self, request: &str) -> Response {
        let mut body = json!({ "error": self.code(), "request": request });
        if self == Self::WrongProtocol {
            body["protocols"] = json!([taswiq_domain::sync::PROTOCOL]);
        }
        let mut response = (self.status(), body.to_string()).into_response();
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        self.mark(response)
    }

    /// Adds what belongs to the failure whatever its words are.
    pub fn mark(self, mut response: Response) -> Response {
        *response.status_mut() = self.status();
        if let Some(seconds) = self.retry_after_s() {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            // Nobody keeps a connection for a server that sends them away: others wait for it.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<OfficeError> for Failure {
    fn from(error: OfficeError) -> Self {
        match error {
            OfficeError::NotAllowed => Self::NotAllowed,
            OfficeError::NotFound => Self::NotFound,
            OfficeError::Busy => Self::Busy { retry_after_s: 2 },
            OfficeError::Invalid(_)
            | OfficeError::InvalidPlan(_)
            | OfficeError::InvalidEngagement(_)
            | OfficeError::Settlement(_)
            | OfficeError::Simulation(_)
            | OfficeError::Scenario(_)
            | OfficeError::InvalidRib(_)
            | OfficeError::InvalidTaxTerms(_)
            | OfficeError::BeyondTerms(_)
            | OfficeError::Conflict { .. } => Self::Unreadable,
            OfficeError::Database(_) | OfficeError::Corrupt { .. } => {
                // Here and nowhere else, beside the request's id: what a person quotes is found.
                tracing::error!(error = %chain(&error), "the office failed");
                Self::Bug
            }
        }
    }
}

/// An error and all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.mark(self.status().into_response())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_a_code_of_its_own_and_an_error_status() {
        for (index, failure) in Failure::ALL.into_iter().enumerate() {
            assert!(failure.status().as_u16() >= 400, "{failure:?}");
            let others = &Failure::ALL[index + 1..];
            assert!(others.iter().all(|other| other.code() != failure.code()));
        }
    }

    #[test]
    fn what_may_be_tried_again_says_when() {
        let response = Failure::Busy { retry_after_s: 3 }.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "3");
    }
}
