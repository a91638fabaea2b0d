//! Cooperatives and their conventions.

use axum::extract::{Form, Path};
use axum::response::Response;
use taswiq_app::office::desk::Done;
use taswiq_app::office::{Typed, cooperatives as pages};
use taswiq_backend::catalogue::CooperativeRecord;
use taswiq_backend::figures::Breakdown;
use taswiq_domain::ids::CooperativeId;

use super::people::this_month;
use super::{Posted, Untaken, Visitor};
use crate::failure::Failure;

pub async fn list(visitor: Visitor) -> Result<Response, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let records = office.cooperatives(actor).await?;
    let (people, devices) = (
        office.people(actor, None, "").await?,
        office.devices(actor, None).await?,
    );
    let month = office
        .figures_by(actor, &this_month(&visitor).filter, Breakdown::Cooperative)
        .await?;
    Ok(visitor.page(pages::list(
        &visitor.desk,
        &records,
        &people,
        &devices,
        &month,
    )))
}

async fn record(visitor: &Visitor, id: CooperativeId) -> Result<CooperativeRecord, Failure> {
    let records = visitor.office().cooperatives(visitor.actor()).await?;
    records
        .into_iter()
        .find(|record| record.cooperative.id == id)
        .ok_or(Failure::NotFound)
}

pub async fn one(visitor: Visitor, Path(id): Path<CooperativeId>) -> Result<Response, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let record = record(&visitor, id).await?;
    let (people, devices) = (
        office.people(actor, None, "").await?,
        office.devices(actor, None).await?,
    );
    let month = office
        .figures(
            actor,
            &this_month(&visitor)
                .but(|filter| filter.cooperative = Some(id))
                .filter,
        )
        .await?;
    let catalogue = office.catalogue().await?;
    Ok(visitor.page(pages::page(
        &visitor.desk,
        &record,
        &people,
        &devices,
        &month,
        &catalogue,
    )))
}

pub async fn show_new(visitor: Visitor) -> Response {
    let typed = pages::typed_of_convention(None);
    visitor.page(pages::form(&visitor.desk, &typed, &[], None))
}

pub async fn add(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let taken = add_both(&visitor, &typed).await;
    visitor.answer(taken, Done::Saved, "/office/cooperatives", |problems| {
        pages::form(&visitor.desk, &typed, problems, None)
    })
}

/// The cooperative and its first convention: both are read before either is written.
async fn add_both(visitor: &Visitor, typed: &Typed) -> Result<(), Untaken> {
    let convention = pages::read_convention(&visitor.desk, typed, true);
    let details = match (pages::read(&visitor.desk, typed), &convention) {
        (Ok(details), _) => details,
        (Err(mut problems), convention) => {
            problems.extend(convention.as_ref().err().into_iter().flatten().cloned());
            return Err(problems.into());
        }
    };
    let convention = convention?;
    let id = visitor
        .office()
        .add_cooperative(visitor.actor(), details)
        .await?;
    visitor
        .office()
        .publish_convention(visitor.actor(), id, convention)
        .await?;
    Ok(())
}

pub async fn show_change(
    visitor: Visitor,
    Path(id): Path<CooperativeId>,
) -> Result<Response, Failure> {
    let record = record(&visitor, id).await?;
    Ok(visitor.page(pages::form(
        &visitor.desk,
        &pages::typed_of(&record),
        &[],
        Some(id),
    )))
}

pub async fn change(
    visitor: Visitor,
    Path(id): Path<CooperativeId>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let taken = match pages::read(&visitor.desk, &typed) {
        Ok(details) => visitor
            .office()
            .change_cooperative(visitor.actor(), id, details)
            .await
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(
        taken,
        Done::Saved,
        &format!("/office/cooperatives/{id}"),
        |problems| pages::form(&visitor.desk, &typed, problems, Some(id)),
    )
}

pub async fn show_convention(
    visitor: Visitor,
    Path(id): Path<CooperativeId>,
) -> Result<Response, Failure> {
    let record = record(&visitor, id).await?;
    let typed = pages::typed_of_convention(record.cooperative.conventions.last());
    Ok(visitor.page(pages::convention_form(&visitor.desk, &typed, &[], &record)))
}

pub async fn publish(
    visitor: Visitor,
    Path(id): Path<CooperativeId>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let record = record(&visitor, id).await?;
    let taken = match pages::read_convention(
        &visitor.desk,
        &typed,
        record.cooperative.conventions.is_empty(),
    ) {
        Ok(convention) => visitor
            .office()
            .publish_convention(visitor.actor(), id, convention)
            .await
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(
        taken,
        Done::Published,
        &format!("/office/cooperatives/{id}"),
        |problems| pages::convention_form(&visitor.desk, &typed, problems, &record),
    )
}
