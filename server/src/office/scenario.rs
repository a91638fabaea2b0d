//! Scenarios, played and not kept.

use axum::extract::Multipart;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use taswiq_app::office::Problem;
use taswiq_app::office::plan::scenarios as pages;

use super::{Untaken, Visitor, imports, preview};
use crate::failure::Failure;

/// What a scenario looks like, for editors and for people.
const SCHEMA: &str = taswiq_domain::scenario::SCHEMA;

/// Empty, or with the company's own rules to begin with.
pub async fn show(visitor: Visitor) -> Result<Response, Failure> {
    let document = if visitor.asked.get("from") == "ours" {
        let language = visitor.desk.words().code();
        visitor
            .office()
            .own_scenario(visitor.actor(), language)
            .await?
    } else {
        String::new()
    };
    Ok(visitor.page(pages::page(&visitor.desk, &document, &[], None)))
}

pub async fn schema(_: Visitor) -> Result<Response, Failure> {
    Ok(json("taswiq-scenario.schema.json", SCHEMA.to_owned()))
}

pub async fn play(visitor: Visitor, posted: Multipart) -> Result<Response, Failure> {
    let (bytes, typed) = imports::read(posted).await?;
    let words = visitor.desk.words();
    let Ok(document) = String::from_utf8(bytes) else {
        let problem = Problem::at("file", words.scenario_fault_no_such_file());
        return visitor.again(vec![problem].into(), |problems| {
            pages::page(&visitor.desk, "", problems, None)
        });
    };
    let document = document.trim();
    if document.is_empty() {
        let text = words.refusal_field_missing(words.scenario_document());
        return visitor.again(vec![Problem::at("text", text)].into(), |problems| {
            pages::page(&visitor.desk, "", problems, None)
        });
    }
    let played = visitor
        .office()
        .play_scenario(visitor.actor(), document.to_owned())
        .await;
    match played {
        Ok(outcome) if typed.get("as") == "json" => {
            let written = serde_json::to_string_pretty(&outcome).map_err(|_| Failure::Bug)?;
            Ok(json("taswiq-scenario.json", written))
        }
        Ok(outcome) => Ok(preview(
            &visitor,
            pages::page(&visitor.desk, document, &[], Some(&outcome)),
        )),
        Err(error) => visitor.again(Untaken::Office(error), |problems| {
            pages::page(&visitor.desk, document, problems, None)
        }),
    }
}

/// A file to be kept.
fn json(name: &str, text: String) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    response
}
