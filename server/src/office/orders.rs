//! Orders and their history.

use axum::extract::Path;
use axum::response::Response;
use taswiq_app::office::history::{self, Known};
use taswiq_app::office::orders::{self as pages, Asked};
use taswiq_backend::orders::ORDERS_PER_PAGE;
use taswiq_domain::ids::OrderId;
use taswiq_domain::person::Role;

use super::{Visitor, file};
use crate::failure::Failure;

/// Orders of one page: what a manager looks through before filtering.
const ORDERS_SHOWN: usize = 50;
/// Orders of one file. Whoever needs more takes a period after the other.
const ORDERS_EXPORTED_MAX: usize = 20_000;

pub async fn list(visitor: Visitor) -> Result<Response, Failure> {
    let asked = Asked::read(&visitor.desk, visitor.asked.clone());
    let found = visitor
        .office()
        .orders(visitor.actor(), &asked.filter, asked.after, ORDERS_SHOWN)
        .await?;
    let (catalogue, agents) = (
        visitor.office().catalogue().await?,
        visitor
            .office()
            .people(visitor.actor(), Some(Role::Agent), "")
            .await?,
    );
    Ok(visitor.page(pages::page(
        &visitor.desk,
        &asked,
        &found,
        &catalogue,
        &agents,
    )))
}

pub async fn export(visitor: Visitor) -> Result<Response, Failure> {
    let asked = Asked::read(&visitor.desk, visitor.asked.clone());
    let (mut orders, mut after) = (Vec::new(), None);
    loop {
        let found = visitor
            .office()
            .orders(visitor.actor(), &asked.filter, after, ORDERS_PER_PAGE)
            .await?;
        orders.extend(found.orders);
        after = found.next;
        if after.is_none() || orders.len() >= ORDERS_EXPORTED_MAX {
            return Ok(file(
                "taswiq-orders.csv",
                pages::export(&visitor.desk, &orders),
            ));
        }
    }
}

pub async fn one(visitor: Visitor, Path(id): Path<OrderId>) -> Result<Response, Failure> {
    let history = visitor.office().order_history(visitor.actor(), id).await?;
    let (catalogue, people) = (
        visitor.office().catalogue().await?,
        visitor.office().people(visitor.actor(), None, "").await?,
    );
    let known = Known {
        catalogue: &catalogue,
        people: &people,
    };
    Ok(visitor.page(history::page(&visitor.desk, &history, &known)))
}
