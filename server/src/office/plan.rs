//! The commission plan, and the steps to a server that can sell.

use axum::extract::Form;
use axum::response::Response;
use taswiq_app::office::desk::Done;
use taswiq_app::office::{Typed, plan as pages, start as steps};
use taswiq_domain::person::Role;

use super::{Posted, Visitor, preview};
use crate::failure::Failure;

pub async fn page(visitor: Visitor) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    let people = visitor
        .office()
        .people(visitor.actor(), Some(Role::Agent), "")
        .await?;
    Ok(visitor.page(pages::page(&visitor.desk, &catalogue, &people)))
}

pub async fn show_new(visitor: Visitor) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    let people = visitor
        .office()
        .people(visitor.actor(), Some(Role::Agent), "")
        .await?;
    let typed = pages::typed_of(&visitor.desk, &catalogue);
    Ok(visitor.page(pages::form(&visitor.desk, &typed, &[], &catalogue, &people)))
}

pub async fn publish(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let catalogue = visitor.office().catalogue().await?;
    let people = visitor
        .office()
        .people(visitor.actor(), Some(Role::Agent), "")
        .await?;
    if !typed.get("more").is_empty() {
        return Ok(preview(
            &visitor,
            pages::form(
                &visitor.desk,
                &pages::with_more(&typed),
                &[],
                &catalogue,
                &people,
            ),
        ));
    }
    let taken = match pages::read(&visitor.desk, &typed, catalogue.plans.is_empty()) {
        Ok((valid_from, rules)) => visitor
            .office()
            .publish_plan(visitor.actor(), valid_from, rules)
            .await
            .map(|_| ())
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(taken, Done::Published, "/office/plan", |problems| {
        pages::form(&visitor.desk, &typed, problems, &catalogue, &people)
    })
}

pub async fn start(visitor: Visitor) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    let people = visitor.office().people(visitor.actor(), None, "").await?;
    Ok(visitor.page(steps::page(&visitor.desk, &catalogue, &people)))
}
