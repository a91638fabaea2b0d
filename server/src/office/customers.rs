//! Customers, and giving them to another agent.

use axum::extract::Form;
use axum::response::Response;
use taswiq_app::office::desk::Done;
use taswiq_app::office::{Typed, customers as pages};
use taswiq_backend::customers::StoredCustomer;
use taswiq_backend::people::Person;
use taswiq_domain::person::Role;

use super::{Posted, Visitor};
use crate::failure::Failure;

/// Who was looked for, and every agent.
async fn found(
    visitor: &Visitor,
    typed: &Typed,
) -> Result<(Vec<StoredCustomer>, Vec<Person>), Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    Ok((
        office
            .customers(actor, typed.number("agent"), typed.get("q"))
            .await?,
        office.people(actor, Some(Role::Agent), "").await?,
    ))
}

pub async fn list(visitor: Visitor) -> Result<Response, Failure> {
    let typed = &visitor.asked;
    let (customers, agents) = found(&visitor, typed).await?;
    Ok(visitor.page(pages::page(&visitor.desk, typed, &[], &customers, &agents)))
}

pub async fn give(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let (customers, agents) = found(&visitor, &typed).await?;
    let taken = match pages::read(&visitor.desk, &typed) {
        Ok((given, to)) => visitor
            .office()
            .move_customers(visitor.actor(), given, to)
            .await
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    let address = pages::address(&typed);
    visitor.answer(taken, Done::Saved, &address, |problems| {
        pages::page(&visitor.desk, &typed, problems, &customers, &agents)
    })
}
