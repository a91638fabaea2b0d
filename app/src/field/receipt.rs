//! What the customer keeps: the code to say, the digits that prove the delivery, what was ordered.

use super::from_receipt;
use super::wording::{cooperative_name, customer_name, product_name, product_unit};
use crate::phone::{Phone, badge, browser};
use crate::route::{Field, OrdersShown};
use crate::ui;
use crate::words::grouped;
use leptos::prelude::*;
use taswiq_domain::ids::OrderId;
use taswiq_domain::order::Withdrawal;
use taswiq_domain::time::Calendar;
use taswiq_offline::OrderView;

/// The receipt of an order.
pub fn screen(phone: Phone, order: OrderId) -> AnyView {
    let words = phone.words;
    phone.title(words.receipt_title());
    let content = move || match phone.device().order(order) {
        Some(view) => receipt(phone, &view),
        None => ui::empty_state(
            "orders",
            words.order_gone_title(),
            words.order_gone_text(),
            ().into_any(),
        ),
    };
    let foot = move || phone.device().order(order).map(|view| foot(phone, &view));
    ui::frame(
        ui::back_bar(
            Field::Today.to_string(),
            words.receipt_done(),
            badge::badge(phone),
        ),
        content.into_any(),
        foot.into_any(),
    )
}

fn receipt(phone: Phone, view: &OrderView) -> AnyView {
    let words = phone.words;
    let catalogue = phone.catalogue();
    let order = &view.order;
    let lines: Vec<AnyView> = order
        .sub_orders
        .iter()
        .flat_map(|sub_order| &sub_order.lines)
        .map(|line| {
            let name = product_name(phone, &catalogue, line.product);
            let unit = product_unit(phone, &catalogue, line.product);
            view! {
                <div><dt>{ui::times(grouped(line.asked as usize))}" "<bdi>{name}</bdi>{words.list_separator()}<bdi>{unit}</bdi></dt><dd>{ui::amount(line.gross(line.asked).unwrap_or_default(), "amount-body")}</dd></div>
            }
            .into_any()
        })
        .collect();
    let promises: Vec<AnyView> = order
        .sub_orders
        .iter()
        .map(|sub_order| {
            let said = words.receipt_promise(
                &cooperative_name(phone, &catalogue, sub_order.cooperative),
                &words.date(sub_order.promised_on),
            );
            view! { <p class="small">{said}</p> }.into_any()
        })
        .collect();
    let digits = order.receipt_digits.map(|digits| {
        view! { <div class="receipt-code"><span class="muted">{words.receipt_digits()}</span><strong class="code">{padded(digits)}</strong></div> }
    });
    let drawn = (!order.signature.is_empty()).then(|| {
        let path = ui::strokes::path(&order.signature);
        view! {
            <svg class="signature-drawn" viewBox="0 0 656 384" role="img" aria-label=words.signature_title()>
                <path d=path fill="none" stroke="currentColor" stroke-width="5" stroke-linecap="round" stroke-linejoin="round"></path>
            </svg>
        }
    });
    let on = words.date_full(phone.offset().date_at(order.placed_at));
    // Of one that was entered again only the day is known.
    let at = order.from_receipt_of.is_none().then(|| {
        let at = crate::words::time(order.placed_at, phone.offset());
        view! { {words.list_separator()}<span class="number">{at}</span> }
    });
    view! {
        <article class="receipt">
            <header class="receipt-head">
                {ui::ornament("icon receipt-mark", "0 0 32 36", "o-mark")}
                <h1>{words.receipt_title()}</h1>
                <span class="muted">{on}{at}</span>
                <span><bdi>{customer_name(phone, view)}</bdi></span>
                {from_receipt::says(phone, order).map(|said| view! { <span class="muted">{said}</span> })}
            </header>
            <div class="receipt-code"><span class="muted">{words.receipt_code()}</span><strong class="code">{order.code.to_string()}</strong></div>
            {digits}
            <dl class="sums">
                {lines}
                <div class="total"><dt>{words.review_to_pay()}</dt><dd>{ui::amount(order.gross_asked().unwrap_or_default(), "")}</dd></div>
            </dl>
            {withdrawal(phone, view).map(|said| view! { <p class="small">{said}</p> })}
            {promises}
            <div class="star-rule">{ui::icon("star")}</div>
            {drawn}
        </article>
        <div class="button-group no-print">
            <button class="button button-quiet" type="button" on:click=|_| browser::print()>{ui::icon("print")}{words.receipt_print()}</button>
            <a class="button button-quiet" href=Field::Orders(OrdersShown::Open).to_string()>{ui::icon("orders")}{words.orders_title()}</a>
        </div>
    }
    .into_any()
}

fn withdrawal(phone: Phone, view: &OrderView) -> Option<String> {
    view.order
        .sub_orders
        .iter()
        .find_map(|sub_order| match sub_order.withdrawal {
            Withdrawal::Open { closes_at } => Some(
                phone.words.receipt_withdrawal(
                    &phone
                        .words
                        .date(phone.offset().date_at(closes_at.plus_ms(-1))),
                ),
            ),
            _ => None,
        })
}

/// Four digits, with the zeros they begin with.
fn padded(digits: u16) -> String {
    let digits = digits.to_string();
    ["0".repeat(4_usize.saturating_sub(digits.len())), digits].concat()
}

fn foot(phone: Phone, view: &OrderView) -> AnyView {
    let words = phone.words;
    let text = shared_text(phone, view);
    let number = phone
        .device_now()
        .customer(view.order.customer)
        .and_then(|customer| customer.details.phone.clone());
    // Without a number WhatsApp asks whom to send it to.
    let number = number.map_or_else(String::new, |number| {
        number.as_e164().trim_start_matches('+').to_owned()
    });
    let whatsapp = [
        "https://wa.me/",
        &number,
        "?text=",
        &browser::percent_encoded(&text),
    ]
    .concat();
    let title = words.receipt_title();
    let share = browser::can_share().then(|| {
        view! { <button class="button" type="button" on:click=move |_| browser::share(title, &text)>{ui::icon("share")}{words.action_share()}</button> }
    });
    view! {
        <div class="action-bar no-print">
            {share}
            <a class="button button-primary" href=whatsapp target="_blank" rel="noopener noreferrer">{ui::icon("message")}{words.receipt_whatsapp()}</a>
        </div>
    }
    .into_any()
}

/// The receipt as a message: all a customer needs, in a few lines.
fn shared_text(phone: Phone, view: &OrderView) -> String {
    let words = phone.words;
    let catalogue = phone.catalogue();
    let order = &view.order;
    let mut text = String::new();
    let mut say = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    say(&words.share_head(&order.code.to_string()));
    for line in order
        .sub_orders
        .iter()
        .flat_map(|sub_order| &sub_order.lines)
    {
        let name = product_name(phone, &catalogue, line.product);
        let gross = line.gross(line.asked).unwrap_or_default();
        say(&words.share_line(
            &grouped(line.asked as usize),
            &name,
            &ui::amount_text(gross),
        ));
    }
    say(&words.share_total(&ui::amount_text(order.gross_asked().unwrap_or_default())));
    for sub_order in &order.sub_orders {
        say(&words.receipt_promise(
            &cooperative_name(phone, &catalogue, sub_order.cooperative),
            &words.date(sub_order.promised_on),
        ));
    }
    if let Some(withdrawal) = withdrawal(phone, view) {
        say(&withdrawal);
    }
    if let Some(digits) = order.receipt_digits {
        say(&words.share_digits(&padded(digits)));
    }
    text
}
