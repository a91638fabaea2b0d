//! Entries of the ledger: read, and taken back by their exact opposite.

use axum::extract::{Form, Path};
use axum::response::Response;
use taswiq_app::office::Typed;
use taswiq_app::office::desk::Done;
use taswiq_app::office::entry as pages;
use taswiq_app::office::history::Known;
use taswiq_backend::OfficeError;
use taswiq_backend::ledger::correction::may_correct;
use taswiq_domain::access::{Action, Subject, can};

use super::{Posted, Problem, Untaken, Visitor};
use crate::failure::Failure;

async fn entry_page(
    visitor: &Visitor,
    number: i64,
    typed: &Typed,
    problems: &[Problem],
) -> Result<String, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let entry = office.entry(actor, number).await?;
    let history = match entry.entry.transfer.cause.order() {
        Some(order) => Some(office.order_history(actor, order).await?),
        None => None,
    };
    let catalogue = office.catalogue().await?;
    let people = office.people(actor, None, "").await?;
    let known = Known {
        catalogue: &catalogue,
        people: &people,
    };
    let sight = pages::Sight {
        entry: &entry,
        history: history.as_ref(),
        known: &known,
        keeps_ledger: can(Some(actor), Action::KeepLedger, Subject::Anything),
        may_correct: may_correct(actor, &entry.entry.transfer),
    };
    Ok(pages::page(&visitor.desk, &sight, typed, problems))
}

pub async fn one(visitor: Visitor, Path(number): Path<i64>) -> Result<Response, Failure> {
    let html = entry_page(&visitor, number, &Typed::default(), &[]).await?;
    Ok(visitor.page(html))
}

pub async fn correct(
    visitor: Visitor,
    Path(number): Path<i64>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let (office, actor, desk) = (visitor.office(), visitor.actor(), &visitor.desk);
    let problems = match pages::read_reason(desk, &typed) {
        Ok(reason) => match office.correct_entry(actor, number, reason).await {
            Ok(correction) => return Ok(visitor.done(Done::Saved, &pages::address(correction))),
            Err(OfficeError::Conflict { .. }) => {
                vec![pages::already_corrected(
                    desk,
                    &office.entry(actor, number).await?,
                )]
            }
            Err(error) => return Err(error.into()),
        },
        Err(problems) => problems,
    };
    let html = entry_page(&visitor, number, &typed, &problems).await?;
    visitor.again(Untaken::Typed(problems), |_| html)
}
