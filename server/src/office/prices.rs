//! Price lists.

use axum::extract::Form;
use axum::response::Response;
use taswiq_app::office::desk::Done;
use taswiq_app::office::{Typed, prices as pages};

use super::{Posted, Visitor};
use crate::failure::Failure;

pub async fn list(visitor: Visitor) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    Ok(visitor.page(pages::list(&visitor.desk, &catalogue)))
}

pub async fn show_new(visitor: Visitor) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    Ok(visitor.page(pages::form(&visitor.desk, &visitor.asked, &[], &catalogue)))
}

pub async fn publish(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let catalogue = visitor.office().catalogue().await?;
    let taken = match pages::read(&visitor.desk, &typed, &catalogue) {
        Ok((valid_from, prices)) => visitor
            .office()
            .publish_prices(visitor.actor(), valid_from, prices)
            .await
            .map(|_| ())
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(taken, Done::Published, "/office/prices", |problems| {
        pages::form(&visitor.desk, &typed, problems, &catalogue)
    })
}
