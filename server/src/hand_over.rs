//! Hand-over files: what waited on somebody's phone, brought by anybody. No session, and no answer but counts: the
//! file itself says whose it is, to the office alone.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{Multipart, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::{Extension, Json};
use serde::Serialize;
use taswiq_app::public::hand_over::{self as page, Brought, Taken, Trouble};
use taswiq_backend::hand_over::{HandOverError, HandedOver};
use taswiq_domain::hand_over::{FileError, read_text};
use taswiq_domain::limits::HAND_OVER_TEXT_BYTES;

use crate::Server;
use crate::failure::{Failure, FileFailure};
use crate::frame::{self, Peer};
use crate::routes::{FORM_BYTES_MAX, Route, Who};
use crate::visit::Visit;

/// Files that are opened at once. Each takes some megabytes while it is.
pub const PLACES: usize = 8;
/// Files in one form: more than one phone makes.
const FILES_MAX: usize = 8;

pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/hand-over", Who::Anyone, take)
            .taking(HAND_OVER_TEXT_BYTES)
            .taking_gzip(),
        Route::get("/hand-over", Who::Anyone, show),
        // What a camera app opens: short, and in large letters, so that a code holds more.
        Route::get("/H/{frame}", Who::Anyone, show_part),
        Route::post("/hand-over", Who::Anyone, take_form)
            .taking(HAND_OVER_TEXT_BYTES + FORM_BYTES_MAX),
    ]
}

#[derive(Serialize)]
struct Counts {
    received: u32,
    known: u32,
    parked: u32,
    waiting: u32,
}

/// The same as the page, for programs.
async fn take(
    State(server): State<Arc<Server>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Counts>, Failure> {
    let is_text = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("text/plain"));
    if !is_text {
        return Err(Failure::WrongType);
    }
    let door = Door::open(&server, &headers, peer)?;
    let counts = door.take(&body).await?;
    door.was_right();
    Ok(Json(Counts {
        received: counts.received,
        known: counts.known,
        parked: counts.parked,
        waiting: counts.waiting,
    }))
}

async fn show(visit: Visit) -> Response {
    let html = page::hand_over(&visit.setting, &Brought::default());
    visit.page(StatusCode::OK, html)
}

async fn show_part(visit: Visit, Path(frame): Path<String>) -> Response {
    let brought = Brought {
        // Anything else in the address is nobody's business.
        part: taswiq_domain::hand_over::Frame::read(&frame)
            .map(|_| frame)
            .unwrap_or_default(),
        ..Brought::default()
    };
    visit.page(StatusCode::OK, page::hand_over(&visit.setting, &brought))
}

async fn take_form(
    State(server): State<Arc<Server>>,
    visit: Visit,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    posted: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let files = read_form(posted.map_err(|_| Failure::Unreadable)?).await?;
    let page = |status, taken, trouble| {
        let part = String::new();
        let brought = Brought {
            taken,
            trouble,
            part,
        };
        visit.page(status, page::hand_over(&visit.setting, &brought))
    };
    if files.is_empty() {
        let nothing = Some(Trouble::Nothing);
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, None, nothing));
    }
    let (taken, failed) = match Door::open(&server, &headers, peer) {
        Ok(door) => take_all(&door, &files).await,
        Err(failure) => (None, Some(failure)),
    };
    Ok(match failed {
        None => page(StatusCode::OK, taken, None),
        Some(failure) => failure.mark(page(failure.status(), taken, Some(trouble_of(failure)))),
    })
}

/// Takes several files, whatever their order: one may wait for what another has.
async fn take_all(door: &Door<'_>, files: &[Bytes]) -> (Option<Taken>, Option<Failure>) {
    let mut counts: Vec<Option<HandedOver>> = vec![None; files.len()];
    let mut failed = None;
    loop {
        let mut moved = false;
        for (file, count) in files.iter().zip(&mut counts) {
            if count.is_some_and(|count| count.waiting == 0) {
                continue;
            }
            match door.take(file).await {
                Ok(now) => {
                    let before = count.unwrap_or_default();
                    moved |= now.received + now.parked > before.received + before.parked;
                    // What an earlier turn did is news all the same.
                    *count = Some(HandedOver {
                        received: before.received + now.received,
                        known: now.known.saturating_sub(before.received),
                        parked: now.parked,
                        waiting: now.waiting,
                    });
                }
                Err(failure) => failed = Some(failure),
            }
        }
        let waits = counts.iter().flatten().any(|count| count.waiting > 0);
        if !moved || !waits || failed.is_some() {
            break;
        }
    }
    if failed.is_none() {
        door.was_right();
    }
    let taken = counts.into_iter().flatten().fold(None, |sum, count| {
        let sum: Taken = sum.unwrap_or_default();
        Some(Taken {
            received: sum.received + count.received as usize,
            known: sum.known + count.known as usize,
            parked: sum.parked + count.parked as usize,
            waiting: sum.waiting + count.waiting as usize,
        })
    });
    (taken, failed)
}

async fn read_form(mut posted: Multipart) -> Result<Vec<Bytes>, Failure> {
    let unreadable =
        |error: MultipartError| Failure::of_status(error.status()).unwrap_or(Failure::Unreadable);
    let mut files = Vec::new();
    while let Some(field) = posted.next_field().await.map_err(unreadable)? {
        let bytes = field.bytes().await.map_err(unreadable)?;
        if !bytes.trim_ascii().is_empty() && files.len() < FILES_MAX {
            files.push(bytes);
        }
    }
    Ok(files)
}

/// The way to the office for files, for one request.
struct Door<'a> {
    server: &'a Server,
    account: String,
    address: String,
    _place: tokio::sync::OwnedSemaphorePermit,
}

impl<'a> Door<'a> {
    /// Whoever brings what is no file is guessing, and is counted by their address.
    fn open(
        server: &'a Server,
        headers: &HeaderMap,
        peer: Option<Extension<Peer>>,
    ) -> Result<Self, Failure> {
        let address = frame::guessing_address(server, headers, peer.map(|peer| peer.0));
        let account = format!("hand-over {address}");
        server
            .guesses
            .count(&account, &address, server.now())
            .map_err(|retry_after_s| Failure::TooManyTries { retry_after_s })?;
        let place = server
            .hand_over_places
            .clone()
            .try_acquire_owned()
            .map_err(|_| Failure::Busy { retry_after_s: 5 })?;
        Ok(Self {
            server,
            account,
            address,
            _place: place,
        })
    }

    async fn take(&self, text: &[u8]) -> Result<HandedOver, Failure> {
        let text = std::str::from_utf8(text).map_err(|_| Failure::File(FileFailure::Foreign))?;
        let file = read_text(text).map_err(of_file)?;
        let taken = self.server.office.hand_over(&file).await;
        let counts = taken.map_err(|error| match error {
            HandOverError::File(error) => of_file(error),
            HandOverError::AnotherServer => Failure::File(FileFailure::AnotherServer),
            HandOverError::UnknownDevice => Failure::File(FileFailure::UnknownDevice),
            HandOverError::WrongProtocol | HandOverError::Unreadable => {
                Failure::File(FileFailure::AnotherVersion)
            }
            HandOverError::Office(error) => error.into(),
        })?;
        tracing::info!(
            received = counts.received,
            known = counts.known,
            parked = counts.parked,
            waiting = counts.waiting,
            "a hand-over file was brought"
        );
        Ok(counts)
    }

    fn was_right(&self) {
        self.server.guesses.was_right(&self.account, &self.address);
    }
}

fn of_file(error: FileError) -> Failure {
    Failure::File(match error {
        FileError::Foreign => FileFailure::Foreign,
        FileError::Newer => FileFailure::AnotherVersion,
        FileError::Damaged => FileFailure::Damaged,
        FileError::Cut { there, of } => FileFailure::Cut { there, of },
        FileError::Mixed => FileFailure::Mixed,
    })
}

fn trouble_of(failure: Failure) -> Trouble {
    match failure {
        Failure::File(file) => match file {
            FileFailure::Foreign => Trouble::Foreign,
            FileFailure::AnotherVersion => Trouble::AnotherVersion,
            FileFailure::Damaged => Trouble::Damaged,
            FileFailure::Cut { there, of } => Trouble::Cut { there, of },
            FileFailure::Mixed => Trouble::Mixed,
            FileFailure::AnotherServer => Trouble::AnotherServer,
            FileFailure::UnknownDevice => Trouble::UnknownDevice,
        },
        Failure::TooManyTries { retry_after_s } => Trouble::TooManyTries {
            minutes: retry_after_s.div_ceil(60).max(1) as usize,
        },
        Failure::TooLarge => Trouble::TooLarge,
        _ => Trouble::Busy,
    }
}
