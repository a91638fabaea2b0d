//! Orders, found by code, customer, agent, state, cooperative or period.

use leptos::prelude::*;
use taswiq_backend::orders::{OrderCursor, OrderFilter, OrderPage, OrderSummary};
use taswiq_backend::people::Person;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::ids::OrderId;
use taswiq_domain::order::Progress;
use taswiq_domain::time::{Calendar, CivilDate};

use super::dashboard::{agents, cooperatives};
use super::desk::{Desk, Room};
use super::form::{self, Form, Line, Script, Typed};
use super::sheet::{Sheet, decimal};
use super::widgets::{self, Row, figures, said, with_small, words};
use crate::ui;

/// What is looked for, and the page of it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What the office is asked.
    pub filter: OrderFilter,
    /// Where the page begins.
    pub after: Option<OrderCursor>,
    typed: Typed,
}

/// The fields of the search, in the order of the form.
const FIELDS: [&str; 7] = [
    "q",
    "agent",
    "cooperative",
    "progress",
    "customer",
    "from",
    "to",
];

impl Asked {
    /// Reads it. What cannot be understood is left out.
    pub fn read(desk: &Desk, typed: Typed) -> Self {
        let start = |name: &str| typed.number::<CivilDate>(name);
        let filter = OrderFilter {
            text: typed.get("q").chars().take(120).collect(),
            agent: typed.number("agent"),
            customer: typed.number("customer"),
            cooperative: typed.number("cooperative"),
            progress: Progress::from_name(typed.get("progress")),
            from: start("from").map(|date| desk.calendar.start_of(date)),
            until: start("to").map(|date| desk.calendar.start_of(date.plus_days(1))),
        };
        let after = typed.place("after").map(|(placed_at, id)| OrderCursor {
            placed_at,
            id: OrderId(id),
        });
        Self {
            filter,
            after,
            typed,
        }
    }

    fn query(&self, but: Option<&str>) -> String {
        FIELDS
            .iter()
            .filter(|field| Some(**field) != but)
            .map(|field| (*field, self.typed.get(field)))
            .filter(|(_, value)| !value.is_empty())
            .map(|(field, value)| format!("{field}={}", encoded(value)))
            .collect::<Vec<_>>()
            .join("&")
    }
}

/// For the value of a query.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// The tone and icon of how far an order has come.
pub const fn progress_look(progress: Progress) -> (&'static str, &'static str) {
    match progress {
        Progress::Awaiting => ("waiting", "hourglass"),
        Progress::UnderWay => ("news", "truck"),
        Progress::Delivered => ("done", "check"),
        Progress::Settled => ("done", "coins"),
        Progress::Dead => ("trouble", "close"),
    }
}

/// One page of what was found.
pub fn page(
    desk: &Desk,
    asked: &Asked,
    found: &OrderPage,
    catalogue: &Catalogue,
    people: &[Person],
) -> String {
    let sentences = desk.words();
    let title = sentences.office_nav_orders();
    let about = said(sentences.office_orders_about());
    let export = widgets::go(
        format!("/office/orders.csv?{}", asked.query(None)),
        "download",
        sentences.office_export(),
        "button",
    );
    let unpaid = widgets::go(
        "/office/orders/unpaid",
        "hourglass",
        sentences.office_waiting_unpaid(),
        "button",
    );
    let head =
        view! { {desk.title(title, about)} <div class="button-group">{unpaid}{export}</div> }
            .into_any();
    let body = view! { {filters(desk, asked, catalogue, people)} {results(desk, asked, found)} }
        .into_any();
    desk.page(Room::Orders, title, head, body)
}

fn filters(desk: &Desk, asked: &Asked, catalogue: &Catalogue, people: &[Person]) -> AnyView {
    let words = desk.words();
    let form = Form {
        desk,
        typed: &asked.typed,
        problems: &[],
    };
    let mut states = vec![(String::new(), words.office_filter_all().to_owned())];
    states.extend(Progress::ALL.map(|progress| {
        (
            progress.as_str().to_owned(),
            words.progress(progress).to_owned(),
        )
    }));
    let date = || Line {
        kind: "date",
        script: Script::Figures,
        ..Line::default()
    };
    let customer = asked
        .filter
        .customer
        .map(|id| view! { <input type="hidden" name="customer" value=id.to_string() /> });
    let tags: Vec<AnyView> = FIELDS
        .iter()
        .filter(|field| !asked.typed.get(field).is_empty())
        .map(|field| {
            let shown = shown(desk, asked, field, catalogue, people);
            let said = words.office_filter_remove(&shown);
            let address = format!("/office/orders?{}", asked.query(Some(field)));
            view! { <a href=address aria-label=said><bdi>{shown}</bdi>{ui::icon_small("close")}</a> }.into_any()
        })
        .collect();
    let tags = (!tags.is_empty()).then(|| view! { <div class="filter-tags">{tags}</div> });
    view! {
        <form class="filters no-print" method="get" action="/office/orders" role="search">
            {form.line("q", words.office_orders_search(), Line { kind: "search", ..Line::default() })}
            {form.select("agent", words.role_agent(), &agents(desk, people))}
            {form.select("cooperative", words.role_cooperative(), &cooperatives(desk, catalogue))}
            {form.select("progress", words.office_column_state(), &states)}
            {form.line("from", words.office_period_from(), date())}
            {form.line("to", words.office_period_to(), date())}
            {customer}
            <button class="button" type="submit">{ui::icon("search")}{words.action_search()}</button>
        </form>
        {tags}
    }
    .into_any()
}

fn shown(
    desk: &Desk,
    asked: &Asked,
    field: &str,
    catalogue: &Catalogue,
    people: &[Person],
) -> String {
    let words = desk.words();
    let typed = asked.typed.get(field).to_owned();
    let name = match field {
        "agent" => asked
            .filter
            .agent
            .and_then(|id| people.iter().find(|person| person.id == id))
            .map(|person| desk.text(&person.name)),
        "cooperative" => asked
            .filter
            .cooperative
            .and_then(|id| catalogue.cooperative(id))
            .map(|one| desk.text(&one.name)),
        "progress" => asked
            .filter
            .progress
            .map(|progress| words.progress(progress).to_owned()),
        "customer" => Some(words.office_column_customer().to_owned()),
        "from" => typed
            .parse()
            .ok()
            .map(|date| words.office_orders_since(&words.date_full(date))),
        "to" => typed
            .parse()
            .ok()
            .map(|date| words.office_orders_until(&words.date_full(date))),
        _ => None,
    };
    name.unwrap_or(typed)
}

fn results(desk: &Desk, asked: &Asked, found: &OrderPage) -> AnyView {
    let sentences = desk.words();
    if found.orders.is_empty() {
        let searched = !asked.query(None).is_empty();
        let (title, text) = if searched {
            (
                sentences.office_orders_none_found(),
                sentences.office_orders_none_found_text(),
            )
        } else {
            (
                sentences.office_orders_none(),
                sentences.office_orders_none_text(),
            )
        };
        let action = searched.then(|| {
            widgets::go(
                "/office/orders",
                "orders",
                sentences.office_orders_all(),
                "button",
            )
        });
        return ui::empty_state("orders", title, text, action.into_any());
    }
    let next = found.next.map(|next| {
        let address = format!("/office/orders?{}&after={}", asked.query(None), form::place(next.placed_at, next.id.0));
        view! { <a class="button" href=address rel="next">{sentences.office_page_next()}{ui::icon("arrow")}</a> }
    });
    let first = asked.after.map(|_| {
        widgets::go(
            format!("/office/orders?{}", asked.query(None)),
            "back",
            sentences.office_page_first(),
            "button",
        )
    });
    let pages = (next.is_some() || first.is_some()).then(|| view! { <nav class="pages" aria-label=sentences.office_page_label()>{first}<span></span>{next}</nav> });
    view! { {list(desk, &found.orders)} {pages} }.into_any()
}

/// A table of orders.
pub fn list(desk: &Desk, orders: &[OrderSummary]) -> AnyView {
    let sentences = desk.words();
    let columns = [
        words(sentences.office_column_order()),
        words(sentences.office_column_customer()),
        words(sentences.role_agent()),
        words(sentences.office_column_state()),
        figures(sentences.office_column_total()),
        figures(sentences.office_column_commission()),
    ];
    let rows = orders
        .iter()
        .map(|order| {
            let (tone, icon) = progress_look(order.progress);
            let code = view! { <a href=format!("/office/orders/{}", order.id)><span class="code">{order.code.to_string()}</span></a> }.into_any();
            Row::plain(vec![
                with_small(code, desk.moment(order.placed_at)),
                with_small(said(order.customer.details.full_name()), order.customer.details.place.clone()),
                widgets::link(format!("/office/people/{}", order.agent), desk.text(&order.agent_name)),
                ui::chip(tone, icon, sentences.progress(order.progress)),
                ui::amount(order.gross_asked, ""),
                ui::amount(order.commission, ""),
            ])
        })
        .collect();
    widgets::table(sentences.office_nav_orders(), "", &columns, rows, None)
}

/// What was found, as a file.
pub fn export(desk: &Desk, orders: &[OrderSummary]) -> Sheet {
    let words = desk.words();
    let mut sheet = Sheet::new(&[
        words.office_column_order(),
        words.office_column_placed(),
        words.office_column_received(),
        words.office_column_customer(),
        words.customer_place(),
        words.role_agent(),
        words.office_column_state(),
        words.office_column_total(),
        words.office_column_commission(),
    ]);
    let at = |moment| {
        format!(
            "{} {}",
            desk.calendar.date_at(moment),
            crate::words::time(moment, desk.calendar.offset_at(moment))
        )
    };
    for order in orders {
        sheet.row(&[
            order.code.to_string(),
            at(order.placed_at),
            at(order.received_at),
            order.customer.details.full_name(),
            order.customer.details.place.clone(),
            desk.text(&order.agent_name),
            words.progress(order.progress).to_owned(),
            decimal(order.gross_asked),
            decimal(order.commission),
        ]);
    }
    sheet
}
