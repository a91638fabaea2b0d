//! Past months by another plan.

use axum::extract::{Form, Path};
use axum::http::HeaderValue;
use axum::http::header::REFRESH;
use axum::response::Response;
use taswiq_app::office::plan::{draft_of, simulations as pages};
use taswiq_app::office::{Problem, Typed};
use taswiq_backend::catalogue::PlanDraft;
use taswiq_backend::simulation::State;
use taswiq_domain::person::Role;

use super::plan::Known;
use super::{Posted, Visitor};
use crate::failure::Failure;

/// How soon a page that says how far it is looks again, in seconds.
const LOOK_AGAIN_AFTER: HeaderValue = HeaderValue::from_static("2");

pub async fn list(visitor: Visitor) -> Result<Response, Failure> {
    let typed = visitor.asked.clone();
    let page = list_page(&visitor, &typed, &[]).await?;
    Ok(visitor.page(page))
}

async fn list_page(
    visitor: &Visitor,
    typed: &Typed,
    problems: &[Problem],
) -> Result<String, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let has_draft = office.plan_draft(actor).await?.is_some();
    Ok(pages::list(
        &visitor.desk,
        typed,
        problems,
        &*office.catalogue().await?,
        has_draft,
        &office.simulations(actor).await?,
    ))
}

/// The draft that was saved, when nothing is wrong with it.
async fn readable_draft(visitor: &Visitor) -> Result<Option<PlanDraft>, Failure> {
    let Some(saved) = visitor.office().plan_draft(visitor.actor()).await? else {
        return Ok(None);
    };
    let known = Known::ask(visitor).await?;
    Ok(draft_of(&visitor.desk, &Typed(saved.fields), &known.told()))
}

pub async fn start(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let draft = readable_draft(&visitor).await?;
    let started = match pages::read(&visitor.desk, &typed, draft) {
        Ok(asked) => visitor
            .office()
            .start_simulation(visitor.actor(), asked)
            .await
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    match started {
        Ok(id) => Ok(visitor
            .visit
            .see_other(&format!("/office/plan/simulations/{id}"))),
        Err(untaken) => {
            let problems = visitor.problems(untaken)?;
            let page = list_page(&visitor, &typed, &problems).await?;
            Ok(visitor.page_to_correct(page))
        }
    }
}

/// How far one is, looked at again and again without a script, or what came out.
pub async fn one(visitor: Visitor, Path(id): Path<i64>) -> Result<Response, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let (simulation, _, outcome) = office.simulation(actor, id).await?;
    let people = office.people(actor, Some(Role::Agent), "").await?;
    let page = pages::one(&visitor.desk, &simulation, outcome.as_ref(), &people);
    let mut response = visitor.page(page);
    if simulation.state == State::Running {
        response.headers_mut().insert(REFRESH, LOOK_AGAIN_AFTER);
    }
    Ok(response)
}

pub async fn stop(visitor: Visitor, Path(id): Path<i64>) -> Result<Response, Failure> {
    visitor
        .office()
        .stop_simulation(visitor.actor(), id)
        .await?;
    Ok(visitor
        .visit
        .see_other(&format!("/office/plan/simulations/{id}")))
}
