//! What awaits an answer: summed by product, or order by order.

use super::desk::Desk;
use super::{by_order, by_product};
use crate::route::{Coop, Grouping, Route};
use crate::ui;
use leptos::prelude::*;
use taswiq_domain::order::Stage;

/// So many answers that may still be changed are listed; the others are found among the orders.
const ANSWERED_MAX: usize = 20;

pub fn screen(desk: Desk, grouping: Grouping) -> AnyView {
    let words = desk.phone.words;
    let choice = |one: Grouping, icon, name: &'static str| {
        let choose = move |_| desk.phone.replace(Coop::ToConfirm(one));
        view! {
            <label>
                <input type="radio" name="grouping" prop:checked=one == grouping on:change=choose />
                <span>{ui::icon_small(icon)}{name}</span>
            </label>
        }
    };
    let choices = view! {
        <fieldset class="field">
            <legend class="visually-hidden">{words.coop_confirm_grouping()}</legend>
            <div class="segmented">
                {choice(Grouping::ByProduct, "box", words.coop_confirm_by_product())}
                {choice(Grouping::ByOrder, "orders", words.coop_confirm_by_order())}
            </div>
        </fieldset>
    };
    // Whether anything waits, and not how much: the lists below take care of themselves.
    let is_empty = Memo::new(move |_| desk.count_at(&[Stage::Awaiting]) == 0);
    let (list, action) = match grouping {
        Grouping::ByProduct => by_product::content(desk),
        Grouping::ByOrder => by_order::content(desk),
    };
    let list = StoredValue::new_local(Some(list));
    let waiting = view! {
        <div class="stack" hidden=move || is_empty.get()>
            {choices}
            {list.try_update_value(Option::take).flatten()}
        </div>
    };
    let empty = move || {
        is_empty.get().then(|| {
            ui::empty_state(
                "double-check",
                words.coop_confirm_empty(),
                words.coop_confirm_empty_text(),
                ().into_any(),
            )
        })
    };
    desk.first_screen(
        Coop::ToConfirm(grouping),
        words.coop_confirm_title(),
        view! { {waiting}{empty}{answered(desk)} }.into_any(),
        action,
    )
}

/// Answers that nobody has seen yet: a slip of the thumb is mended here.
fn answered(desk: Desk) -> AnyView {
    let words = desk.phone.words;
    (move || {
        let parts = desk.parts_where(super::part::Part::is_correctable);
        if parts.is_empty() {
            return None;
        }
        let count = parts.len().to_string();
        let rows: Vec<AnyView> = parts
            .iter()
            .take(ANSWERED_MAX)
            .map(|part| super::orders::row(desk, part))
            .collect();
        let all = (parts.len() > ANSWERED_MAX).then(|| {
            let address = Route::from(Coop::Orders(crate::route::PartsShown::All)).to_string();
            view! { <a class="button button-quiet" href=address>{words.coop_all_orders()}</a> }
        });
        let head = view! { <span class="count">{count}</span> }.into_any();
        let content = view! { <p class="small muted">{words.coop_confirm_answered_text()}</p><ul class="list">{rows}</ul>{all} };
        Some(ui::part(words.coop_confirm_answered(), head, content.into_any()))
    })
    .into_any()
}
