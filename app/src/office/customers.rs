//! Customers: whose they are, and giving them to another agent.

use leptos::prelude::*;
use taswiq_backend::customers::{CUSTOMERS_MAX, StoredCustomer};
use taswiq_backend::people::Person;
use taswiq_domain::ids::{CustomerId, PersonId};

use super::dashboard::agents;
use super::desk::{Desk, Room};
use super::form::{Form, Line, Problem, Reader, Typed};
use super::orders::encoded;
use super::widgets::{self, Row, said, words};
use crate::ui;
use crate::words::grouped;

/// What was ticked: which customers, and to whom they go.
///
/// # Errors
/// What is wrong with it.
pub fn read(desk: &Desk, typed: &Typed) -> Result<(Vec<CustomerId>, PersonId), Vec<Problem>> {
    let words = desk.words();
    let mut reader = Reader::new(desk, typed);
    let to = reader.choice("to", words.office_customers_move_to());
    let customers: Vec<CustomerId> = typed
        .all("customer")
        .filter_map(|id| id.parse().ok())
        .collect();
    if customers.is_empty() {
        reader.wrong("form", words.office_customers_nobody_chosen());
    }
    reader.done((customers, to.unwrap_or(PersonId(0))))
}

/// The page with the same customers.
pub fn address(typed: &Typed) -> String {
    format!(
        "/office/customers?q={}&agent={}",
        encoded(typed.get("q")),
        encoded(typed.get("agent"))
    )
}

/// The customers that were looked for, and what can be done with those ticked.
pub fn page(
    desk: &Desk,
    typed: &Typed,
    problems: &[Problem],
    customers: &[StoredCustomer],
    people: &[Person],
) -> String {
    let sentences = desk.words();
    let title = sentences.office_nav_customers();
    let form = Form {
        desk,
        typed,
        problems,
    };
    let head = view! {
        {desk.title(title, said(sentences.office_customers_about()))}
        {widgets::go("/office/import/customers", "upload", sentences.office_import_open(), "button")}
    };
    let found = if customers.is_empty() {
        ui::empty_state(
            "people",
            sentences.office_customers_none(),
            sentences.office_customers_none_text(),
            ().into_any(),
        )
    } else {
        list(form, customers, people)
    };
    let body = view! {
        <form class="filters no-print" method="get" action="/office/customers" role="search">
            {form.line("q", sentences.office_customers_search(), Line { kind: "search", ..Line::default() })}
            {form.select("agent", sentences.role_agent(), &agents(desk, people))}
            <button class="button" type="submit">{ui::icon("search")}{sentences.action_search()}</button>
        </form>
        {found}
    };
    desk.page(Room::Customers, title, head.into_any(), body.into_any())
}

fn list(form: Form<'_>, customers: &[StoredCustomer], people: &[Person]) -> AnyView {
    let (desk, typed) = (form.desk, form.typed);
    let sentences = desk.words();
    let columns = [
        words(sentences.office_column_customer()),
        words(sentences.customer_phone()),
        words(sentences.customer_for_whom()),
        words(sentences.role_agent()),
        words(sentences.office_nav_orders()),
    ];
    let rows = customers
        .iter()
        .map(|stored| row(form, stored, people))
        .collect();
    let caption = if customers.len() >= CUSTOMERS_MAX {
        sentences.office_customers_first(&grouped(CUSTOMERS_MAX))
    } else {
        String::new()
    };
    // Whoever is out comes to no door.
    let mut receivers = vec![(
        String::new(),
        sentences.office_customers_choose_agent().to_owned(),
    )];
    receivers.extend(
        people
            .iter()
            .filter(|agent| agent.deactivated_at.is_none())
            .map(|agent| (agent.id.to_string(), desk.text(&agent.name))),
    );
    view! {
        <form class="stack" method="post" action="/office/customers/move">
            {form.summary()}
            <input type="hidden" name="q" value=typed.get("q").to_owned() />
            <input type="hidden" name="agent" value=typed.get("agent").to_owned() />
            {widgets::table(sentences.office_nav_customers(), &caption, &columns, rows, None)}
            <section class="part no-print">
                <div class="part-head"><h2>{sentences.office_customers_move_title()}</h2></div>
                <p class="muted">{sentences.office_customers_move_text()}</p>
                {form.select("to", sentences.office_customers_move_to(), &receivers)}
                <div class="button-group"><button class="button button-primary" type="submit">{ui::icon("person")}{sentences.office_customers_move()}</button></div>
            </section>
        </form>
    }
    .into_any()
}

fn row(form: Form<'_>, stored: &StoredCustomer, people: &[Person]) -> Row {
    let desk = form.desk;
    let words = desk.words();
    let details = &stored.customer.details;
    let id = stored.customer.id.to_string();
    let agent = people
        .iter()
        .find(|agent| agent.id == stored.agent)
        .map_or_else(|| stored.agent.to_string(), |agent| desk.text(&agent.name));
    let phone = details.phone.as_ref().map(ToString::to_string);
    let orders = widgets::link(
        format!("/office/orders?customer={id}"),
        words.office_customers_orders(),
    );
    Row::plain(vec![
        widgets::with_small(
            form.check("customer", &id, &details.full_name()),
            details.place.clone(),
        ),
        view! { <bdi class="number" dir="ltr">{phone}</bdi> }.into_any(),
        said(words.customer_kind(details.kind)),
        widgets::link(format!("/office/people/{}", stored.agent), agent),
        orders,
    ])
}
