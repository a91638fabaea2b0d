//! What waits for a person.

use axum::extract::{Form, Path};
use axum::response::Response;
use taswiq_app::office::desk::Done;
use taswiq_app::office::{Typed, parked as pages};
use taswiq_backend::OfficeError;
use taswiq_backend::parked::{Settled, Settlement};
use taswiq_domain::ids::{CommandId, DeviceId, PersonId};

use super::{Posted, Problem, Visitor};
use crate::failure::Failure;

pub async fn list(visitor: Visitor) -> Result<Response, Failure> {
    Ok(visitor.page(shown(&visitor, &[]).await?))
}

async fn shown(visitor: &Visitor, problems: &[Problem]) -> Result<String, Failure> {
    let parked = visitor.office().parked(visitor.actor(), None).await?;
    let lost = visitor.office().lost_stores(visitor.actor()).await?;
    let catalogue = visitor.office().catalogue().await?;
    Ok(pages::page(
        &visitor.desk,
        &parked,
        &lost,
        &catalogue,
        problems,
    ))
}

pub async fn settle(
    visitor: Visitor,
    Path(id): Path<CommandId>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let (settlement, done) = match Typed(posted).get("settle") {
        "accept" => (Settlement::Accept, Done::Accepted),
        "same" => (Settlement::Same, Done::Saved),
        "reject" => (Settlement::Reject, Done::Rejected),
        _ => return Err(Failure::Unreadable),
    };
    let settled = visitor
        .office()
        .settle_parked(visitor.actor(), id, settlement)
        .await;
    let refusal = match settled {
        Ok(Settled::Done) => return Ok(visitor.done(done, "/office/parked")),
        Ok(Settled::LookAgain(refusal)) | Err(OfficeError::Invalid(refusal)) => refusal,
        Err(error) => return Err(error.into()),
    };
    let catalogue = visitor.office().catalogue().await?;
    let text = visitor
        .desk
        .words()
        .refusal(&refusal, &catalogue, &visitor.desk.calendar);
    let html = shown(&visitor, &[Problem::at("form", text)]).await?;
    visitor.again(super::Untaken::Typed(Vec::new()), |_| html)
}

/// What a phone lost is looked into no further.
pub async fn close_lost(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let posted = Typed(posted);
    let device = posted.get("device").parse::<DeviceId>();
    let person = posted.get("person").parse::<PersonId>();
    let (Ok(device), Ok(person)) = (device, person) else {
        return Err(Failure::Unreadable);
    };
    visitor
        .office()
        .close_lost_store(visitor.actor(), device, person)
        .await?;
    Ok(visitor.done(Done::Saved, "/office/parked"))
}
