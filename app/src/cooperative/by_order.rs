//! What awaits an answer, order by order: the one whose time runs out first on top.

use super::desk::Desk;
use super::part::PartId;
use super::refuse::{self, Refusing};
use super::{answer, by_product};
use crate::route::{Coop, Route};
use crate::ui;
use leptos::prelude::*;
use taswiq_domain::order::scarcity;
use taswiq_domain::order::{Reason, Stage};

/// So many orders are made into a form at once: a screen of a cheap phone shows two.
const ORDERS_PER_STEP: usize = 8;

/// The list, and what is under the thumb.
pub fn content(desk: Desk) -> (AnyView, AnyView) {
    let words = desk.phone.words;
    let refusing: RwSignal<Option<Refusing>> = RwSignal::new(None);
    // With what is asked: a part that changed is another form, the others keep what was typed.
    let waiting: Memo<Vec<(PartId, Vec<u32>)>> = Memo::new(move |_| {
        let mut parts = desk.parts_at(&[Stage::Awaiting]);
        parts.sort_by_key(|part| (part.deadline(), part.order().placed_at, part.id()));
        parts
            .iter()
            .map(|part| (part.id(), part.asked().collect()))
            .collect()
    });
    let shown = RwSignal::new(ORDERS_PER_STEP);
    let first = move || {
        waiting.with(|waiting| {
            waiting
                .iter()
                .take(shown.get())
                .cloned()
                .collect::<Vec<_>>()
        })
    };
    let more = move || {
        let rest = waiting.with(Vec::len).saturating_sub(shown.get());
        (rest > 0).then(|| {
            view! { <button class="button button-wide" type="button" on:click=move |_| shown.update(|shown| *shown += ORDERS_PER_STEP)>{words.action_show_more(rest)}</button> }
        })
    };
    let list = view! {
        <ul class="confirm-list">
            <For each=first key=|waiting| waiting.clone() let((id, _asked))>
                {row(desk, id, refusing)}
            </For>
        </ul>
        {more}
        {refuse::sheet(desk, refusing)}
    };
    let action = move || {
        let count = waiting.with(Vec::len);
        (count > 0).then(|| {
            view! {
                <div class="action-bar">
                    <span class="action-bar-figure"><span>{words.count_orders(count)}</span></span>
                    <button class="button button-primary" type="button" on:click=move |_| confirm_all(desk)>{ui::icon("double-check")}{words.coop_confirm_all()}</button>
                </div>
            }
        })
    };
    (list.into_any(), action.into_any())
}

/// Everything asked, to everybody: what was typed into a form is that form's own business.
fn confirm_all(desk: Desk) {
    let waiting = untrack(|| desk.parts_at(&[Stage::Awaiting]));
    let bodies: Vec<_> = waiting
        .iter()
        .rev()
        .map(|part| {
            scarcity::answer(
                part.order(),
                part.sub_order(),
                |_| u32::MAX,
                Reason::OutOfStock,
            )
        })
        .collect();
    let said = by_product::said(desk, bodies.len(), 0);
    desk.do_all(bodies, said, || {}, || {});
}

fn row(desk: Desk, id: PartId, refusing: RwSignal<Option<Refusing>>) -> AnyView {
    let Some(part) = desk.part_now(id) else {
        return ().into_any();
    };

    let (lines, buttons) = answer::form(desk, &part, refusing, Callback::new(|()| {}));
    let address = Route::from(Coop::Order(id.0, id.1)).to_string();
    let deadline = part.deadline().map(|deadline| desk.deadline(deadline));
    view! {
        <li class="confirm-row">
            <div class="stack stack-tight">
                <a class="list-row" href=address>
                    <span class="list-main">{desk.whose(&part)}<span>{desk.code_and_cooperative(&part)}</span></span>
                    <span class="list-end">{ui::amount(part.amount(), "")}</span>
                </a>
                <div class="row row-apart">{desk.promise(&part)}{deadline}</div>
            </div>
            {lines}
            <div class="button-group">{buttons}</div>
        </li>
    }
    .into_any()
}
