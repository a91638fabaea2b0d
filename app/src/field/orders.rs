//! The orders, by day, with where each of them stands.

use super::tabs;
use super::wording::{customer_name, due, order_chips};
use crate::phone::{Phone, badge};
use crate::route::{Field, OrdersShown};
use crate::ui;
use crate::words::{capital, time};
use leptos::prelude::*;
use taswiq_domain::order::{Progress, Stage};
use taswiq_domain::text;
use taswiq_domain::time::{Calendar, CivilDate};
use taswiq_offline::OrderView;

/// So many are listed at first.
const SHOWN_AT_FIRST: usize = 40;

/// The list.
pub fn screen(phone: Phone, which: OrdersShown) -> AnyView {
    let words = phone.words;
    phone.title(words.orders_title());
    let query = RwSignal::new(String::new());
    let shown = RwSignal::new(SHOWN_AT_FIRST);
    let list = move || list(phone, which, &query.get(), shown);
    let strip = move || strip(phone, which);
    ui::frame(
        ui::app_bar(words.orders_title(), badge::badge(phone)),
        view! {
            <div class="stack">
                {ui::search_field(words.orders_search(), query)}
                {strip}
            </div>
            {list}
        }
        .into_any(),
        view! {
            <div class="action-bar"><a class="button button-primary" href=Field::NewOrder.to_string()>{ui::icon("plus")}{words.new_order_title()}</a></div>
            {tabs(phone, Field::Orders(which))}
        }
        .into_any(),
    )
}

/// Whether an order belongs to a list.
pub fn belongs(view: &OrderView, which: OrdersShown) -> bool {
    let progress = view.order.progress().unwrap_or(Progress::UnderWay);
    match which {
        OrdersShown::All => true,
        OrdersShown::Open => matches!(progress, Progress::Awaiting | Progress::UnderWay),
        OrdersShown::ToDeliver => view
            .order
            .sub_orders
            .iter()
            .any(|sub_order| can_deliver(sub_order.stage)),
        OrdersShown::Delivered => matches!(progress, Progress::Delivered | Progress::Settled),
    }
}

/// Whether the goods are packed and not with the customer.
pub const fn can_deliver(stage: Stage) -> bool {
    matches!(stage, Stage::Ready | Stage::HandedOver | Stage::Failed)
}

fn strip(phone: Phone, here: OrdersShown) -> AnyView {
    let words = phone.words;
    let orders = phone.device().orders();
    let links: Vec<AnyView> = OrdersShown::ALL
        .into_iter()
        .map(|which| {
            let said = match which {
                OrdersShown::Open => words.orders_open(),
                OrdersShown::ToDeliver => words.orders_to_deliver(),
                OrdersShown::Delivered => words.orders_delivered(),
                OrdersShown::All => words.orders_all(),
            };
            // Only what asks for something to be done is counted.
            let count = matches!(which, OrdersShown::Open | OrdersShown::ToDeliver).then(|| orders.iter().filter(|view| belongs(view, which)).count());
            let count = count.filter(|count| *count > 0).map(|count| view! { " "<span class="count">{count.to_string()}</span> });
            view! { <a href=Field::Orders(which).to_string() aria-current=(which == here).then_some("page")>{said}{count}</a> }.into_any()
        })
        .collect();
    view! { <nav class="category-strip" aria-label=words.orders_states()>{links}</nav> }.into_any()
}

fn list(phone: Phone, which: OrdersShown, query: &str, shown: RwSignal<usize>) -> AnyView {
    let words = phone.words;
    let orders = phone.device().orders();
    let key = text::search_key(query);
    let wanted: Vec<&str> = key.split_whitespace().collect();
    let found: Vec<&OrderView> = if wanted.is_empty() {
        orders.iter().filter(|view| belongs(view, which)).collect()
    } else {
        // A search looks everywhere: who has the code does not know the list.
        orders
            .iter()
            .filter(|view| fits(phone, view, &wanted))
            .collect()
    };
    if found.is_empty() {
        return match (orders.is_empty(), wanted.is_empty()) {
            (true, _) => ui::empty_state(
                "basket",
                words.orders_empty_title(),
                words.orders_empty_text(),
                ().into_any(),
            ),
            (false, true) => ui::empty_state(
                "orders",
                words.orders_none_here_title(),
                words.orders_none_here_text(),
                ().into_any(),
            ),
            (false, false) => ui::empty_state(
                "search",
                words.orders_none_title(),
                words.orders_none_text(),
                ().into_any(),
            ),
        };
    }
    let rest = found.len().saturating_sub(shown.get());
    let mut days: Vec<(CivilDate, Vec<AnyView>)> = Vec::new();
    for view in found.iter().take(shown.get()) {
        let day = phone.offset().date_at(view.order.placed_at);
        let row = row(phone, view);
        match days.last_mut() {
            Some((last, rows)) if *last == day => rows.push(row),
            _ => days.push((day, vec![row])),
        }
    }
    let days: Vec<AnyView> = days
        .into_iter()
        .map(|(day, rows)| view! { <section class="part"><h2>{capital(&phone.day(day))}</h2><ul class="list">{rows}</ul></section> }.into_any())
        .collect();
    let more = (rest > 0).then(|| {
        view! { <button class="button button-wide" type="button" on:click=move |_| shown.update(|shown| *shown += 2 * SHOWN_AT_FIRST)>{words.action_show_more(rest)}</button> }
    });
    view! { {days}{more} }.into_any()
}

fn fits(phone: Phone, view: &OrderView, wanted: &[&str]) -> bool {
    let mut typed = String::with_capacity(96);
    let code = view.order.code;
    // Said with or without the dash.
    typed.push_str(code.as_str());
    typed.push(' ');
    typed.push_str(&code.to_string());
    typed.push(' ');
    if let Some(customer) = phone.device_now().customer(view.order.customer) {
        typed.push_str(&customer.details.full_name());
        typed.push(' ');
        if let Some(number) = &customer.details.phone {
            typed.push_str(&number.as_e164().replacen("+212", "0", 1));
        }
    }
    let key = text::search_key(&typed);
    wanted.iter().all(|word| key.contains(word))
}

/// One order in a list.
pub fn row(phone: Phone, view: &OrderView) -> AnyView {
    let words = phone.words;
    let order = &view.order;
    let at = order
        .from_receipt_of
        .is_none()
        .then(|| time(order.placed_at, phone.offset()));
    view! {
        <li class="far"><a class="list-row" href=Field::Order(order.id).to_string()>
            <span class="list-main">
                <span><bdi>{customer_name(phone, view)}</bdi></span>
                <span><span class="code">{order.code.to_string()}</span>" · "{words.count_cooperatives(order.sub_orders.len())}</span>
                {order_chips(phone, view)}
            </span>
            <span class="list-end">{ui::amount(due(view), "")}<small class="number">{at}</small></span>
        </a></li>
    }
    .into_any()
}
