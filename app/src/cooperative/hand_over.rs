//! What is packed leaves: to a station or a carrier, or with the cooperative itself.

use super::desk::Desk;
use super::part::{Part, PartId};
use super::prepare::by_promise;
use crate::route::{Coop, Route};
use crate::ui;
use leptos::prelude::*;
use taswiq_domain::limits::NAME_CHARACTERS;
use taswiq_domain::order::Stage;
use taswiq_domain::sync::{CommandBody, HandOver};

/// So many rows are made at once.
const ROWS_PER_STEP: usize = 30;

pub fn screen(desk: Desk) -> AnyView {
    let words = desk.phone.words;
    let giving: RwSignal<Vec<PartId>> = RwSignal::new(Vec::new());
    let ready = Memo::new(move |_| desk.count_at(&[Stage::Ready]));
    let is_empty =
        Memo::new(move |_| desk.count_at(&[Stage::Ready, Stage::HandedOver, Stage::Failed]) == 0);
    let groups = view! {
        {group(desk, Stage::Ready, words.coop_hand_over_ready(), giving)}
        {group(desk, Stage::Failed, words.coop_hand_over_failed(), giving)}
        {group(desk, Stage::HandedOver, words.coop_hand_over_given(), giving)}
    };
    let empty = move || {
        is_empty.get().then(|| {
            ui::empty_state(
                "truck",
                words.coop_hand_over_empty(),
                words.coop_hand_over_empty_text(),
                ().into_any(),
            )
        })
    };
    let give_all = move |_| {
        giving.set(
            untrack(|| desk.parts_at(&[Stage::Ready]))
                .iter()
                .map(Part::id)
                .collect(),
        )
    };
    let action = move || {
        (ready.get() > 1).then(|| {
            view! {
                <div class="action-bar">
                    <span class="action-bar-figure"><span>{words.count_orders(ready.get() as usize)}</span></span>
                    <button class="button button-primary" type="button" on:click=give_all>{ui::icon("truck")}{words.coop_hand_over_all()}</button>
                </div>
            }
        })
    };
    desk.first_screen(
        Coop::HandOver,
        words.coop_hand_over_title(),
        view! { {groups}{empty}{sheet(desk, giving)} }.into_any(),
        action.into_any(),
    )
}

fn group(desk: Desk, stage: Stage, title: &'static str, giving: RwSignal<Vec<PartId>>) -> AnyView {
    let words = desk.phone.words;
    let step = RwSignal::new(ROWS_PER_STEP);
    (move || {
        let mut parts = desk.parts_at(&[stage]);
        if parts.is_empty() {
            return None;
        }
        by_promise(&mut parts);
        let count = parts.len().to_string();
        let rows: Vec<AnyView> = parts.iter().take(step.get()).map(|part| row(desk, part, giving)).collect();
        let rest = parts.len().saturating_sub(step.get());
        let more = (rest > 0).then(|| {
            view! { <button class="button button-wide" type="button" on:click=move |_| step.update(|step| *step += ROWS_PER_STEP)>{words.action_show_more(rest)}</button> }
        });
        let head = view! { <span class="count">{count}</span> }.into_any();
        Some(ui::part(title, head, view! { <ul class="confirm-list">{rows}</ul>{more} }.into_any()))
    })
    .into_any()
}

fn row(desk: Desk, part: &Part, giving: RwSignal<Vec<PartId>>) -> AnyView {
    let words = desk.phone.words;
    let (order, cooperative) = part.id();
    let deliver_address = Route::from(Coop::Deliver(order, cooperative)).to_string();
    let buttons = if part.stage() == Stage::Ready {
        view! {
            <a class="button" href=deliver_address>{ui::icon("person")}{words.coop_hand_over_deliver()}</a>
            <button class="button button-primary" type="button" on:click=move |_| giving.set(vec![(order, cooperative)])>{ui::icon("truck")}{words.coop_hand_over_submit()}</button>
        }
        .into_any()
    } else {
        let label = if part.stage() == Stage::Failed {
            words.coop_hand_over_retry()
        } else {
            words.coop_hand_over_deliver()
        };
        view! { <a class="button" href=deliver_address>{ui::icon("person")}{label}</a> }.into_any()
    };
    let address = Route::from(Coop::Order(order, cooperative)).to_string();
    view! {
        <li class="confirm-row">
            <div class="stack stack-tight">
                <a class="list-row" href=address>
                    <span class="list-main">{desk.whose(part)}<span>{desk.code_and_cooperative(part)}</span></span>
                    <span class="list-end"><strong>{words.coop_units(part.units() as usize)}</strong></span>
                </a>
                <div class="row row-apart">{desk.promise(part)}<span class="row">{desk.chips(part)}</span></div>
            </div>
            <div class="button-group">{buttons}</div>
        </li>
    }
    .into_any()
}

/// Asks to whom, once for all of them. The name may stay empty.
pub fn sheet(desk: Desk, giving: RwSignal<Vec<PartId>>) -> AnyView {
    let words = desk.phone.words;
    let is_open = RwSignal::new(false);
    Effect::new(move |_| is_open.set(giving.with(|giving| !giving.is_empty())));
    Effect::new(move |_| {
        if !is_open.get() && giving.with_untracked(|giving| !giving.is_empty()) {
            giving.set(Vec::new());
        }
    });
    let content = move || {
        let give = move |_| {
            let to = desk.last_receiver.get_untracked();
            let parts = giving.get_untracked();
            let count = parts.len();
            let bodies = parts
                .into_iter()
                .map(|(order, cooperative)| {
                    CommandBody::HandOver(HandOver {
                        order,
                        cooperative,
                        to: to.clone(),
                    })
                })
                .collect();
            giving.set(Vec::new());
            desk.do_all(bodies, words.coop_done_handed_over(count), || {}, || {});
        };
        view! {
            <div class="dialog-body">
                <div class="field">
                    <label for="receiver">{words.coop_hand_over_to()}</label>
                    <span class="field-hint" id="receiver-hint">{words.coop_hand_over_to_hint()}</span>
                    <input id="receiver" type="text" dir="auto" autocomplete="off" aria-describedby="receiver-hint" maxlength=NAME_CHARACTERS.to_string()
                        prop:value=move || desk.last_receiver.get() on:input=move |event| desk.last_receiver.set(event_target_value(&event)) />
                </div>
            </div>
            <div class="dialog-foot">
                <button class="button button-primary" type="button" on:click=give>{ui::icon("truck")}{words.coop_hand_over_submit()}" "<span class="number">{giving.with(Vec::len).to_string()}</span></button>
            </div>
        }
        .into_any()
    };
    ui::sheet(
        words,
        Signal::derive(move || words.coop_hand_over_to_whom().to_owned()),
        is_open,
        content,
    )
}
