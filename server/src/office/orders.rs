//! Orders and their history.

use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use taswiq_app::office::desk::Done;
use taswiq_app::office::history::{self, Known};
use taswiq_app::office::orders::{self as pages, Asked};
use taswiq_app::office::{Problem, Typed, unpaid as unpaid_pages};
use taswiq_backend::orders::ORDERS_PER_PAGE;
use taswiq_domain::ids::OrderId;
use taswiq_domain::person::Role;

use super::{Posted, Visitor, file};
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

/// What is written off soon.
pub async fn unpaid(visitor: Visitor) -> Result<Response, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let parts = office.soon_written_off(actor).await?;
    let count = office.count_soon_written_off(actor).await?;
    let (catalogue, people) = (
        office.catalogue().await?,
        office.people(actor, Some(Role::Agent), "").await?,
    );
    let page = unpaid_pages::page(&visitor.desk, &parts, count, &catalogue, &people);
    Ok(visitor.page(page))
}

pub async fn one(visitor: Visitor, Path(id): Path<OrderId>) -> Result<Response, Failure> {
    if let Some(known) = visitor.office().order_known_as(visitor.actor(), id).await? {
        return Ok(Redirect::permanent(&format!("/office/orders/{known}")).into_response());
    }
    let page = order_page(&visitor, id, &Typed::default(), &[]).await?;
    Ok(visitor.page(page))
}

/// Cash of an order reached the bank.
pub async fn deposit(
    visitor: Visitor,
    Path(id): Path<OrderId>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let taken = match history::read_deposit(&visitor.desk, &typed) {
        Ok((cooperative, amount)) => visitor
            .office()
            .record_deposit(visitor.actor(), id, cooperative, amount)
            .await
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    match taken {
        Ok(()) => Ok(visitor.done(Done::Saved, &format!("/office/orders/{id}"))),
        Err(untaken) => {
            let problems = visitor.problems(untaken)?;
            let page = order_page(&visitor, id, &typed, &problems).await?;
            Ok(visitor.page_to_correct(page))
        }
    }
}

async fn order_page(
    visitor: &Visitor,
    id: OrderId,
    typed: &Typed,
    problems: &[Problem],
) -> Result<String, Failure> {
    let history = visitor.office().order_history(visitor.actor(), id).await?;
    let (catalogue, people) = (
        visitor.office().catalogue().await?,
        visitor.office().people(visitor.actor(), None, "").await?,
    );
    let known = Known {
        catalogue: &catalogue,
        people: &people,
    };
    Ok(history::page(
        &visitor.desk,
        &history,
        &known,
        typed,
        problems,
    ))
}
