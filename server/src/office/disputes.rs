//! What agents dispute.

use axum::extract::{Form, Path};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use taswiq_app::office::desk::Done;
use taswiq_app::office::disputes::{self as pages, Answer};
use taswiq_app::office::history::Known;
use taswiq_app::office::{Problem, Typed};
use taswiq_domain::photo::check_jpeg;
use uuid::Uuid;

use super::{Posted, Untaken, Visitor};
use crate::failure::Failure;

pub async fn list(visitor: Visitor) -> Result<Response, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let after = pages::asked(&visitor.asked);
    let waiting = match after {
        None => office.disputes_waiting(actor).await?,
        Some(_) => Vec::new(),
    };
    let answered = office.disputes_answered(actor, after).await?;
    let html = pages::list(&visitor.desk, &waiting, &answered, after);
    Ok(visitor.page(html))
}

pub async fn one(visitor: Visitor, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let html = shown(&visitor, id, &Typed::default(), &[]).await?;
    Ok(visitor.page(html))
}

async fn shown(
    visitor: &Visitor,
    id: Uuid,
    typed: &Typed,
    problems: &[Problem],
) -> Result<String, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let file = office.dispute(actor, id).await?;
    let history = match file.dispute.claim.about.line {
        Some(line) => Some(office.order_history(actor, line.order).await?),
        None => None,
    };
    let (catalogue, people) = (
        office.catalogue().await?,
        office.people(actor, None, "").await?,
    );
    let known = Known {
        catalogue: &catalogue,
        people: &people,
    };
    Ok(pages::page(
        &visitor.desk,
        &file,
        history.as_ref(),
        &known,
        actor.person,
        typed,
        problems,
    ))
}

pub async fn answer(
    visitor: Visitor,
    Path(id): Path<Uuid>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let (office, actor, typed) = (visitor.office(), visitor.actor(), Typed(posted));
    let (answered, done) = match pages::read(&visitor.desk, &typed) {
        Err(problems) => (Err(Untaken::Typed(problems)), Done::Answered),
        Ok(Answer::Take) => (
            office.take_dispute(actor, id).await.map_err(Untaken::from),
            Done::Taken,
        ),
        Ok(Answer::Decide {
            verdict,
            note,
            knows,
        }) => {
            let decided = if knows {
                office
                    .decide_dispute_beyond_terms(actor, id, verdict, &note)
                    .await
            } else {
                office.decide_dispute(actor, id, verdict, &note).await
            };
            (decided.map_err(Untaken::from), Done::Answered)
        }
    };
    let address = format!("/office/disputes/{id}");
    match answered {
        Ok(()) => Ok(visitor.done(done, &address)),
        Err(untaken) => {
            let problems = visitor.problems(untaken)?;
            let html = shown(&visitor, id, &typed, &problems).await?;
            visitor.again(Untaken::Typed(problems), |_| html)
        }
    }
}

/// The photo, as what it is and nothing else: looked at when it came and once more here, never sniffed,
/// never kept.
pub async fn photo(visitor: Visitor, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let jpeg = visitor
        .office()
        .photo_of_dispute(visitor.actor(), id)
        .await?;
    check_jpeg(&jpeg).map_err(|_| Failure::NotFound)?;
    let mut response = jpeg.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    headers.insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_static("inline; filename=\"photo.jpg\""),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}
