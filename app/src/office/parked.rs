//! Commands that wait for a person: why, what they would do, and the decision.

use leptos::prelude::*;
use serde_json::Value;
use taswiq_backend::lost_stores::{LostOrder, LostStore};
use taswiq_backend::parked::ParkedCommand;
use taswiq_domain::Refusal;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::ids::{CooperativeId, OrderId, ProductId};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::Order;
use taswiq_domain::time::CivilDate;

use super::desk::{Desk, Room};
use super::form::Problem;
use super::orders::progress_look;
use super::widgets::{self, facts, said};
use crate::ui;

/// What phones lost, then the list, latest first. `problems` tells why the last decision could not be taken.
pub fn page(
    desk: &Desk,
    parked: &[ParkedCommand],
    lost: &[LostStore],
    catalogue: &Catalogue,
    problems: &[Problem],
) -> String {
    let words = desk.words();
    let title = words.office_nav_parked();
    let troubles: Vec<AnyView> = problems
        .iter()
        .map(|problem| {
            ui::banner(
                "trouble",
                "warning",
                words.office_parked_not_accepted(),
                problem.text.clone(),
            )
        })
        .collect();
    let list = if parked.is_empty() && lost.is_empty() {
        ui::empty_state(
            "check",
            words.office_parked_none(),
            words.office_parked_none_text(),
            ().into_any(),
        )
    } else {
        parked
            .iter()
            .map(|one| item(desk, one, catalogue))
            .collect_view()
            .into_any()
    };
    let lost: Vec<AnyView> = lost.iter().map(|one| lost_store(desk, one)).collect();
    desk.page(
        Room::Parked,
        title,
        view! {
            {desk.title(title, said(words.office_parked_about()))}
            {widgets::go("/hand-over".to_owned(), "upload", words.public_hand_over_title(), "button")}
        }
        .into_any(),
        view! { <div role="alert">{troubles}</div> {lost} {list} }.into_any(),
    )
}

/// What a phone's browser threw away, and what of it has come in since.
fn lost_store(desk: &Desk, lost: &LostStore) -> AnyView {
    let words = desk.words();
    let id = lost.device.to_string();
    let device = if lost.device_name.is_empty() {
        id.get(id.len() - 6..).unwrap_or_default()
    } else {
        &lost.device_name
    };
    let about = vec![
        (
            words.office_history_who(),
            widgets::link(
                format!("/office/people/{}", lost.person),
                desk.text(&lost.person_name),
            ),
        ),
        (words.office_lost_told(), said(desk.moment(lost.told_at))),
    ];
    let orders: Vec<AnyView> = lost
        .orders
        .iter()
        .map(|one| lost_order(desk, *one))
        .collect();
    let others = (lost.others > 0)
        .then(|| view! { <p>{words.office_lost_others(lost.others as usize)}</p> });
    let close = widgets::act(
        "/office/lost/close",
        &[("device", &id), ("person", &lost.person.to_string())],
        "check",
        words.office_lost_close(),
        "button",
    );
    let inside = view! {
        <p class="toned">{words.office_lost_text(device)}</p>
        {facts(about)}
        <ul class="stack stack-tight">{orders}</ul>
        {others}
        <div class="button-group">{close}</div>
    };
    let is_missing = lost.orders.iter().any(|order| order.arrived.is_none());
    let waits = if is_missing {
        ui::chip("trouble", "warning", words.office_lost_missing())
    } else {
        ui::chip("waiting", "eye", words.office_parked_waits())
    };
    widgets::part(words.office_lost_title(), waits, inside.into_any())
}

fn lost_order(desk: &Desk, order: LostOrder) -> AnyView {
    let words = desk.words();
    let code = order.code.to_string();
    match order.arrived {
        Some(id) => {
            let chip = ui::chip("done", "check", words.office_lost_arrived());
            view! { <li>{widgets::link(format!("/office/orders/{id}"), code)} " " {chip}</li> }
                .into_any()
        }
        None => {
            let chip = ui::chip("trouble", "warning", words.office_lost_missing());
            view! { <li><bdi class="number">{code}</bdi> " " {chip}</li> }.into_any()
        }
    }
}

fn item(desk: &Desk, parked: &ParkedCommand, catalogue: &Catalogue) -> AnyView {
    let words = desk.words();
    let id = parked.id.to_string();
    let why = words.refusal(&parked.refusal, catalogue, &desk.calendar);
    let person = widgets::link(
        format!("/office/people/{}", parked.person),
        desk.text(&parked.person_name),
    );
    let mut about = vec![
        (words.office_history_who(), person),
        (
            words.office_parked_made(),
            said(desk.moment(parked.made_at)),
        ),
        (
            words.office_column_received(),
            said(desk.moment(parked.received_at)),
        ),
    ];
    let body = parked.whole.get("body").unwrap_or(&parked.whole);
    if let Some(order) = body
        .get("order")
        .and_then(Value::as_str)
        .and_then(|id| id.parse::<OrderId>().ok())
    {
        about.push((
            words.office_column_order(),
            widgets::link(
                format!("/office/orders/{order}"),
                words.office_parked_open_order(),
            ),
        ));
    }
    let whole = serde_json::to_string_pretty(&parked.whole).unwrap_or_default();
    let act = |settle, icon, words, look| {
        widgets::act(
            format!("/office/parked/{id}"),
            &[("settle", settle)],
            icon,
            words,
            look,
        )
    };
    let (ways, hint) = match &parked.twin {
        // What is accepted happens to the only order there is.
        Some(_) if matches!(parked.refusal, Refusal::ToldTwice { .. }) => {
            let (yes, no) = meant(desk, &parked.kind);
            (
                vec![
                    act("reject", "check", no, "button button-primary"),
                    act("accept", "edit", yes, "button"),
                ],
                words.office_parked_hint_told_twice(yes, no),
            )
        }
        // Nothing is wanted of that one: what waits would go the same way.
        Some(twin) if twin.is_cancelled() => (
            vec![
                act(
                    "accept",
                    "plus",
                    words.office_parked_apart(),
                    "button button-primary",
                ),
                act("same", "check", words.office_parked_same(), "button"),
            ],
            words.office_parked_hint_cancelled().to_owned(),
        ),
        // What is rejected would be lost if it were another order.
        Some(_) => (
            vec![
                act(
                    "same",
                    "check",
                    words.office_parked_same(),
                    "button button-primary",
                ),
                act("accept", "plus", words.office_parked_apart(), "button"),
            ],
            words.office_parked_hint_twin().to_owned(),
        ),
        None => (
            vec![
                act(
                    "accept",
                    "check",
                    words.office_parked_accept(),
                    "button button-primary",
                ),
                act(
                    "reject",
                    "close",
                    words.office_parked_reject(),
                    "button button-danger",
                ),
            ],
            words.office_parked_hint().to_owned(),
        ),
    };
    let twin = parked
        .twin
        .as_ref()
        .map(|twin| twin_part(desk, twin, catalogue));
    let inside = view! {
        <p class="toned">{why}</p>
        {facts(about)}
        {content(desk, body, catalogue)}
        <details class="more"><summary>{ui::icon("list")}{words.office_parked_whole()}{ui::icon_flat("chevron-down")}</summary><pre class="small" dir="ltr" tabindex="0">{whole}</pre></details>
        {twin}
        <div class="button-group">{ways}</div>
        <p class="small muted">{hint}</p>
    };
    widgets::part(
        kind(desk, &parked.kind),
        ui::chip("waiting", "eye", words.office_parked_waits()),
        inside.into_any(),
    )
}

/// How a person says that what was done to an order that was told twice is for the order, and that it is not.
fn meant(desk: &Desk, kind: &str) -> (&'static str, &'static str) {
    let words = desk.words();
    match kind {
        "cancel_order" => (
            words.office_parked_meant_cancel(),
            words.office_parked_meant_second(),
        ),
        "amend_order" => (
            words.office_parked_meant_amend(),
            words.office_parked_meant_second(),
        ),
        _ => (
            words.office_parked_meant_money(),
            words.office_parked_meant_same_money(),
        ),
    }
}

/// The order that is there: it may be the one that waits, or the one that what waits is meant for.
fn twin_part(desk: &Desk, twin: &Order, catalogue: &Catalogue) -> AnyView {
    let words = desk.words();
    let state = twin.progress().ok().map(|progress| {
        let (tone, icon) = progress_look(progress);
        ui::chip(tone, icon, words.progress(progress))
    });
    let about = vec![
        (
            words.office_parked_twin(),
            widgets::link(format!("/office/orders/{}", twin.id), twin.code.to_string()),
        ),
        (
            words.office_column_placed(),
            said(words.date_full(twin.taken_on(&desk.calendar))),
        ),
        (
            words.office_column_total(),
            ui::amount(twin.gross_asked().unwrap_or_default(), ""),
        ),
        (words.office_column_state(), state.into_any()),
    ];
    let lines = twin.sub_orders.iter().flat_map(|part| &part.lines);
    let goods: Vec<AnyView> = lines
        .map(|line| {
            let name = product(desk, catalogue, line.product);
            view! { <li><span class="number">{line.asked}</span> " × " <bdi>{name}</bdi></li> }
                .into_any()
        })
        .collect();
    view! { {facts(about)} <ul class="stack stack-tight">{goods}</ul> }.into_any()
}

fn product(desk: &Desk, catalogue: &Catalogue, id: ProductId) -> String {
    catalogue.product(id).map_or_else(
        || id.to_string(),
        |product| {
            format!(
                "{} · {}",
                desk.text(&product.name),
                desk.text(&product.unit)
            )
        },
    )
}

/// What a command would do, in a few words.
fn kind(desk: &Desk, kind: &str) -> &'static str {
    let words = desk.words();
    match kind {
        "register_customer" => words.office_kind_register_customer(),
        "correct_customer" => words.office_kind_correct_customer(),
        "place_order" => words.office_kind_place_order(),
        "amend_order" => words.office_kind_amend_order(),
        "cancel_order" => words.office_kind_cancel_order(),
        "confirm_sub_order" => words.office_kind_confirm(),
        "refuse_sub_order" => words.office_kind_refuse(),
        "propose_change" => words.office_kind_propose(),
        "answer_change" => words.office_kind_answer(),
        "pack_sub_order" => words.office_kind_pack(),
        "hand_over" => words.office_kind_hand_over(),
        "deliver" => words.office_kind_deliver(),
        "fail_delivery" => words.office_kind_fail(),
        "return_goods" => words.office_kind_return(),
        "collect" => words.office_kind_collect(),
        "start_preparing" => words.office_kind_prepare(),
        "declare_early_payment" => words.office_kind_declare(),
        "withdraw" => words.office_kind_withdraw(),
        "fail_supply" => words.office_kind_fail_supply(),
        "open_dispute" => words.act_open_dispute(),
        "withdraw_dispute" => words.act_withdraw_dispute(),
        "escalate_dispute" => words.act_escalate_dispute(),
        _ => words.office_kind_other(),
    }
}

/// What can be told of a command's content in words: goods, amounts, whose part.
fn content(desk: &Desk, body: &Value, catalogue: &Catalogue) -> AnyView {
    let words = desk.words();
    let money = |value: Option<&Value>| value.and_then(Value::as_i64).map(Centimes);
    let mut told: Vec<(&str, AnyView)> = Vec::new();
    if let Some(name) = body.get("first_name").and_then(Value::as_str) {
        told.push((words.customer_first_name(), said(name)));
    }
    if let Some(place) = body.get("place").and_then(Value::as_str) {
        told.push((words.customer_place(), said(place)));
    }
    if let Some(cooperative) = body.get("cooperative").and_then(Value::as_i64) {
        let name = catalogue
            .cooperative(CooperativeId(cooperative))
            .map_or_else(|| cooperative.to_string(), |one| desk.text(&one.name));
        told.push((words.role_cooperative(), said(name)));
    }
    if let Some(taken_on) = body
        .get("from_receipt_of")
        .and_then(Value::as_str)
        .and_then(|date| date.parse::<CivilDate>().ok())
    {
        let says = words.receipt_from(&words.date_full(taken_on));
        told.push((words.office_column_placed(), said(says)));
    }
    if let Some(shown) = money(body.pointer("/shown/total")) {
        told.push((words.office_parked_total(), ui::amount(shown, "")));
    }
    if let Some(shown) = money(body.pointer("/shown/commission")) {
        told.push((words.office_parked_commission(), ui::amount(shown, "")));
    }
    if let Some(amount) = money(body.get("amount")) {
        told.push((words.office_ledger_amount(), ui::amount(amount, "")));
    }
    let lines = body
        .pointer("/basket/lines")
        .or_else(|| body.get("lines"))
        .and_then(Value::as_array);
    let goods: Vec<AnyView> = lines
        .into_iter()
        .flatten()
        .map(|line| {
            let units = line
                .get("units")
                .or_else(|| line.get("asked"))
                .and_then(Value::as_i64)
                .unwrap_or_default();
            let name = match line.get("product").and_then(Value::as_i64) {
                Some(id) => product(desk, catalogue, ProductId(id)),
                None => words.office_parked_line(
                    &line
                        .get("line")
                        .and_then(Value::as_i64)
                        .unwrap_or_default()
                        .to_string(),
                ),
            };
            view! { <li><span class="number">{units}</span> " × " <bdi>{name}</bdi></li> }
                .into_any()
        })
        .collect();
    let goods = (!goods.is_empty()).then(|| view! { <ul class="stack stack-tight">{goods}</ul> });
    view! { {(!told.is_empty()).then(|| facts(told))} {goods} }.into_any()
}
