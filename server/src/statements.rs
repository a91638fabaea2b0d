//! An agent's statement on paper: for those who pay, and for the agent whose it is.

pub mod paper;

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use taswiq_app::route::Field;
use taswiq_app::words::Words;
use taswiq_backend::settlement::StatementSight;
use taswiq_domain::access::Action;
use taswiq_domain::period::Period;

use crate::Server;
use crate::failure::Failure;
use crate::routes::{Route, Who};
use crate::session::Session;
use crate::visit::Visit;

pub fn routes() -> Vec<Route> {
    vec![Route::get(
        "/statements/{period}/statement.pdf",
        Who::May(Action::UseField),
        own,
    )]
}

/// The paper of the agent who asks: the address names no person, so it can lead to nobody else's.
async fn own(
    State(server): State<Arc<Server>>,
    Extension(session): Extension<Session>,
    visit: Visit,
    Path(period): Path<Period>,
) -> Result<Response, Failure> {
    let sight = server.office.own_statement(&session.actor, period).await?;
    pdf(&server, visit.setting.words, sight).await
}

/// Where an agent finds a statement on their phone.
pub fn phone_link(server: &Server, period: Period) -> String {
    format!("{}{}", server.settings.origin(), Field::Statement(period))
}

/// A statement as a file to keep.
pub async fn pdf(
    server: &Server,
    words: Words,
    sight: StatementSight,
) -> Result<Response, Failure> {
    let statement = &sight.document.statement;
    let (agent, period) = (statement.agent, statement.period);
    let offset = server.office.calendar().offset_at(server.now());
    let rates = server.office.rates_of(&sight).await?;
    let paper = paper::of(words, offset, &sight, &rates, phone_link(server, period));
    // A long month is many sheets, and each letter of them is measured.
    let printed = tokio::task::spawn_blocking(move || paper.pdf()).await;
    match printed {
        Ok(Ok(bytes)) => {
            let name = format!("taswiq-{period}-{agent}.pdf");
            Ok(download(&name, "application/pdf", bytes))
        }
        Ok(Err(error)) => {
            tracing::error!(%error, %agent, %period, "a statement cannot be printed");
            Err(Failure::Bug)
        }
        Err(error) => {
            tracing::error!(%error, %agent, %period, "printing a statement broke off");
            Err(Failure::Bug)
        }
    }
}

/// A file to keep. What it tells is nobody else's, so no cache keeps it.
pub fn download(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = (StatusCode::OK, bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    response
}
