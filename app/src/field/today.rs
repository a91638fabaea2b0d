//! The day: what it brought, what asks for something to be done, how the phone stands.

use super::earnings::earned_in;
use super::orders::{can_deliver, row};
use super::tabs;
use super::wording::{cooperative_name, customer_name};
use crate::phone::{Phone, badge, notices, payment};
use crate::route::{Field, OrdersShown};
use crate::ui;
use crate::words::stage_look;
use leptos::prelude::*;
use taswiq_domain::commission;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{Stage, SubOrder, Withdrawal};
use taswiq_domain::period::Period;
use taswiq_domain::time::Calendar;
use taswiq_offline::OrderView;

/// So many things to do are listed; the rest is in the list of orders.
const LISTED_MAX: usize = 8;
/// A refusal is news for so many days.
const NEWS_DAYS: i32 = 3;

/// Today.
pub fn screen(phone: Phone) -> AnyView {
    let words = phone.words;
    phone.title(words.today_title());
    let content = move || {
        view! {
            {purse(phone)}
            {figures(phone)}
            {to_correct(phone)}
            {to_do(phone)}
            {latest(phone)}
        }
    };
    ui::frame(
        ui::app_bar(words.today_title(), badge::badge(phone)),
        view! { {notices::above(phone)}{content} }.into_any(),
        view! {
            <div class="action-bar"><a class="button button-primary" href=Field::NewOrder.to_string()>{ui::icon("plus")}{words.new_order_title()}</a></div>
            {tabs(phone, Field::Today)}
        }
        .into_any(),
    )
}

/// The orders taken today.
fn of_today(phone: Phone) -> Vec<OrderView> {
    let today = phone.today();
    phone
        .device()
        .orders()
        .iter()
        .take_while(|view| phone.offset().date_at(view.order.placed_at) >= today)
        .cloned()
        .collect()
}

/// What today's orders are worth to the agent as they stand now.
fn worth(orders: &[OrderView]) -> Centimes {
    orders
        .iter()
        .flat_map(|view| {
            view.order
                .sub_orders
                .iter()
                .map(|part| (part, view.order.agent))
        })
        .fold(Centimes::ZERO, |sum, (sub_order, agent)| {
            let stands = commission::standing_for(sub_order, agent, agent).unwrap_or_default();
            [stands.estimate, stands.pending, stands.earned]
                .into_iter()
                .fold(sum, |sum, part| sum.plus(part).unwrap_or(sum))
        })
}

fn purse(phone: Phone) -> AnyView {
    let words = phone.words;
    let month = earned_in(phone, Period::of_date(phone.today()));
    let pending = phone
        .device()
        .earnings()
        .map(|earnings| earnings.pending)
        .unwrap_or_default();
    view! {
        <a class="purse" href=Field::Earnings.to_string()>
            {ui::ornament("ornament", "0 0 160 160", "o-lattice")}
            <span class="purse-label"><span>{words.today_commission()}</span>{ui::icon("chevron")}</span>
            {ui::amount(worth(&of_today(phone)), "amount-hero")}
            <span class="purse-parts">
                <span>{words.today_month()}" "{ui::amount(month, "")}</span>
                <span>{words.earnings_pending()}" "{ui::amount(pending, "")}</span>
            </span>
        </a>
    }
    .into_any()
}

fn figures(phone: Phone) -> AnyView {
    let words = phone.words;
    let orders = of_today(phone);
    let mut doors: Vec<_> = orders.iter().map(|view| view.order.customer).collect();
    doors.sort_unstable();
    doors.dedup();
    let to_deliver = phone
        .device()
        .orders()
        .iter()
        .flat_map(|view| &view.order.sub_orders)
        .filter(|sub_order| can_deliver(sub_order.stage))
        .count();
    let figure = |count: usize, said: String| view! { <div><strong class="number">{count.to_string()}</strong><span>{said}</span></div> };
    view! {
        <div class="day-figures">
            {figure(orders.len(), words.today_orders(orders.len()))}
            {figure(doors.len(), words.today_customers(doors.len()))}
            {figure(to_deliver, words.today_to_deliver(to_deliver))}
        </div>
    }
    .into_any()
}

fn to_correct(phone: Phone) -> Option<AnyView> {
    let words = phone.words;
    let device = phone.device();
    let parked = device.parked();
    if parked.is_empty() {
        return None;
    }
    let catalogue = device.catalogue();
    let rows: Vec<AnyView> = parked
        .iter()
        .take(LISTED_MAX)
        .map(|parked| {
            view! {
                <li><a class="list-row" data-tone="trouble" href=Field::Sync.to_string()>
                    {ui::icon("warning")}
                    <span class="list-main"><span>{crate::phone::sync_page::about(phone, &parked.command.body)}</span><span>{words.refusal(&parked.refusal, &catalogue, &phone.offset())}</span></span>
                    {ui::icon("chevron")}
                </a></li>
            }
            .into_any()
        })
        .collect();
    let count = view! { <span class="count">{parked.len().to_string()}</span> };
    Some(ui::part(
        words.sync_to_correct(),
        count.into_any(),
        view! { <ul class="list">{rows}</ul> }.into_any(),
    ))
}

/// What a part of an order asks of the agent now, the most urgent first.
fn wanted(phone: Phone, sub_order: &SubOrder) -> Option<(u8, &'static str)> {
    let words = phone.words;
    let today = phone.today();
    match sub_order.stage {
        Stage::ChangeProposed => Some((0, words.todo_answer_change())),
        Stage::Expired => Some((1, words.todo_call_back())),
        Stage::Refused | Stage::SupplyFailed
            if sub_order.promised_on.plus_days(NEWS_DAYS) >= today =>
        {
            Some((3, words.todo_tell_customer()))
        }
        stage if can_deliver(stage) && sub_order.promised_on <= today.plus_days(1) => {
            Some((2, words.todo_deliver()))
        }
        Stage::Delivered
            if matches!(
                sub_order.withdrawal,
                Withdrawal::None | Withdrawal::Closed { .. }
            ) && payment::left_to_pay(sub_order) > Centimes::ZERO =>
        {
            Some((4, words.todo_collect()))
        }
        _ => None,
    }
}

fn to_do(phone: Phone) -> Option<AnyView> {
    let words = phone.words;
    let orders = phone.device().orders();
    let catalogue = phone.catalogue();
    let mut wishes: Vec<(u8, &'static str, &OrderView, &SubOrder)> = orders
        .iter()
        .flat_map(|view| {
            view.order.sub_orders.iter().filter_map(move |sub_order| {
                wanted(phone, sub_order).map(|(rank, said)| (rank, said, view, sub_order))
            })
        })
        .collect();
    if wishes.is_empty() {
        return None;
    }
    wishes.sort_by_key(|(rank, _, view, sub_order)| {
        (*rank, sub_order.promised_on, view.order.placed_at)
    });
    let rest = wishes.len().saturating_sub(LISTED_MAX);
    let rows: Vec<AnyView> = wishes
        .iter()
        .take(LISTED_MAX)
        .map(|(_, said, view, sub_order)| {
            let (tone, icon) = stage_look(sub_order.stage);
            view! {
                <li><a class="list-row" data-tone=(!tone.is_empty()).then_some(tone) href=Field::Order(view.order.id).to_string()>
                    {ui::icon(icon)}
                    <span class="list-main"><span><bdi>{customer_name(phone, view)}</bdi></span><span>{*said}" · "<bdi>{cooperative_name(phone, &catalogue, sub_order.cooperative)}</bdi></span></span>
                    {(payment::left_to_pay(sub_order) > Centimes::ZERO).then(|| view! { <span class="list-end">{ui::amount(payment::left_to_pay(sub_order), "amount-body")}</span> })}
                </a></li>
            }
            .into_any()
        })
        .collect();
    let more = (rest > 0).then(|| view! { <a href=Field::Orders(OrdersShown::Open).to_string()>{words.todo_and_more(rest)}</a> });
    Some(ui::part(
        words.todo_title(),
        more.into_any(),
        view! { <ul class="list">{rows}</ul> }.into_any(),
    ))
}

fn latest(phone: Phone) -> AnyView {
    let words = phone.words;
    let today = of_today(phone);
    if phone.device().orders().is_empty() {
        return ui::empty_state(
            "basket",
            words.orders_empty_title(),
            words.orders_empty_text(),
            ().into_any(),
        );
    }
    if today.is_empty() {
        return view! { <p class="muted">{words.today_nothing_yet()}</p> }.into_any();
    }
    let rows: Vec<AnyView> = today
        .iter()
        .take(LISTED_MAX)
        .map(|view| row(phone, view))
        .collect();
    ui::part(
        words.today_orders_title(),
        view! { <a href=Field::Orders(OrdersShown::All).to_string()>{words.today_see_all()}</a> }
            .into_any(),
        view! { <ul class="list">{rows}</ul> }.into_any(),
    )
}
