//! Every order, found by its code, a first name or a place, and by where it stands.

use super::desk::Desk;
use super::part::Part;
use crate::route::{Coop, PartsShown, Route};
use crate::ui;
use crate::words::time;
use leptos::prelude::*;
use taswiq_domain::order::Stage;
use taswiq_domain::text::search_key;
use taswiq_domain::time::Calendar;

/// So many rows are made at once.
const ROWS_PER_STEP: usize = 40;

pub fn screen(desk: Desk, shown: PartsShown) -> AnyView {
    let words = desk.phone.words;
    let step = RwSignal::new(ROWS_PER_STEP);
    let filters: Vec<AnyView> = PartsShown::ALL
        .into_iter()
        .map(|one| {
            let name = match one {
                PartsShown::All => words.coop_orders_all(),
                PartsShown::Waiting => words.coop_orders_waiting(),
                PartsShown::UnderWay => words.coop_orders_under_way(),
                PartsShown::Delivered => words.coop_orders_delivered(),
                PartsShown::Ended => words.coop_orders_ended(),
            };
            let address = Route::from(Coop::Orders(one)).to_string();
            view! { <a href=address aria-current=(one == shown).then_some("page")>{name}</a> }
                .into_any()
        })
        .collect();
    let has_any = Memo::new(move |_| !desk.parts_where(|_| true).is_empty());
    let list = move || {
        let wanted: Vec<String> = search_key(&desk.query.get())
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let parts = desk.parts_where(|part| is_shown(shown, part.stage()) && fits(part, &wanted));
        if parts.is_empty() {
            return none(desk, has_any.get());
        }
        let rest = parts.len().saturating_sub(step.get());
        let more = (rest > 0).then(|| {
            view! { <button class="button button-wide" type="button" on:click=move |_| step.update(|step| *step += ROWS_PER_STEP)>{words.action_show_more(rest)}</button> }
        });
        view! { {by_day(desk, parts.iter().take(step.get()))}{more} }.into_any()
    };
    let content = view! {
        <div class="stack">
            {ui::search_field(words.coop_orders_search(), desk.query)}
            <nav class="category-strip" aria-label=words.coop_orders_filter()>{filters}</nav>
        </div>
        <p class="visually-hidden" role="status">{move || words.count_orders(count(desk, shown))}</p>
        {list}
    };
    desk.first_screen(
        Coop::Orders(shown),
        words.coop_orders_title(),
        content.into_any(),
        ().into_any(),
    )
}

fn count(desk: Desk, shown: PartsShown) -> usize {
    let wanted: Vec<String> = search_key(&desk.query.get())
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    desk.parts_where(|part| is_shown(shown, part.stage()) && fits(part, &wanted))
        .len()
}

fn none(desk: Desk, has_any: bool) -> AnyView {
    let words = desk.phone.words;
    if has_any {
        ui::empty_state(
            "search",
            words.coop_orders_none_found(),
            words.coop_orders_none_found_text(),
            ().into_any(),
        )
    } else {
        ui::empty_state(
            "orders",
            words.coop_orders_empty(),
            words.coop_orders_empty_text(),
            ().into_any(),
        )
    }
}

/// A heading for each day of a door.
fn by_day<'a>(desk: Desk, parts: impl Iterator<Item = &'a Part>) -> AnyView {
    let offset = desk.phone.offset();
    let mut days: Vec<(taswiq_domain::time::CivilDate, Vec<AnyView>)> = Vec::new();
    for part in parts {
        let day = offset.date_at(part.order().placed_at);
        match days.last_mut() {
            Some((last, rows)) if *last == day => rows.push(row(desk, part)),
            _ => days.push((day, vec![row(desk, part)])),
        }
    }
    days.into_iter()
        .map(|(day, rows)| {
            ui::part(
                capitalised(&desk.phone.day(day)),
                ().into_any(),
                view! { <ul class="list">{rows}</ul> }.into_any(),
            )
        })
        .collect::<Vec<_>>()
        .into_any()
}

/// The first letter as a heading begins; scripts without capitals stay as they are.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// One part as a row that opens it.
pub fn row(desk: Desk, part: &Part) -> AnyView {
    let (order, cooperative) = part.id();
    let address = Route::from(Coop::Order(order, cooperative)).to_string();
    let at = time(part.order().placed_at, desk.phone.offset());
    view! {
        <li class="far"><a class="list-row" href=address>
            <span class="list-main"><span>{desk.whose(part)}</span><span>{desk.code_and_cooperative(part)}</span><span class="row">{desk.chips(part)}</span></span>
            <span class="list-end">{ui::amount(part.amount(), "")}<small class="number">{at}</small></span>
        </a></li>
    }
    .into_any()
}

const fn is_shown(shown: PartsShown, stage: Stage) -> bool {
    match shown {
        PartsShown::All => true,
        PartsShown::Waiting => matches!(stage, Stage::Awaiting | Stage::ChangeProposed),
        PartsShown::UnderWay => stage.is_under_way(),
        PartsShown::Delivered => matches!(stage, Stage::Delivered),
        PartsShown::Ended => stage.is_dead(),
    }
}

fn fits(part: &Part, wanted: &[String]) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let code = part.order().code.to_string();
    // People read a code in one go or in two halves.
    let bare: String = code
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect();
    let key = search_key(&[part.first_name(), part.place(), &code, &bare].join(" "));
    wanted.iter().all(|word| key.contains(word.as_str()))
}
