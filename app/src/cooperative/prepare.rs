//! What is confirmed and must be packed, by the day it was promised.

use super::desk::Desk;
use super::orders::capitalised;
use super::part::Part;
use crate::route::{Coop, Route};
use crate::ui;
use leptos::prelude::*;
use taswiq_domain::order::Stage;
use taswiq_domain::sync::{CommandBody, SubOrderRef};
use taswiq_domain::time::CivilDate;

/// So many rows are made at once.
const ROWS_PER_STEP: usize = 40;

/// What stands to be packed.
pub const STAGES: [Stage; 2] = [Stage::Confirmed, Stage::Preparing];

pub fn screen(desk: Desk) -> AnyView {
    let words = desk.phone.words;
    let step = RwSignal::new(ROWS_PER_STEP);
    let list = move || {
        let mut parts = desk.parts_at(&STAGES);
        if parts.is_empty() {
            return ui::empty_state(
                "box",
                words.coop_prepare_empty(),
                words.coop_prepare_empty_text(),
                ().into_any(),
            );
        }
        by_promise(&mut parts);
        let rest = parts.len().saturating_sub(step.get());
        let days: Vec<AnyView> = parts
            .chunk_by(|one, other| one.sub_order().promised_on == other.sub_order().promised_on)
            .scan(step.get(), |left, day| {
                let shown = day.len().min(*left);
                *left -= shown;
                (shown > 0).then(|| a_day(desk, day, shown))
            })
            .collect();
        let more = (rest > 0).then(|| {
            view! { <button class="button button-wide" type="button" on:click=move |_| step.update(|step| *step += ROWS_PER_STEP)>{words.action_show_more(rest)}</button> }
        });
        view! { {days}{more} }.into_any()
    };
    let action = move || {
        let units: u32 = desk.parts_at(&STAGES).iter().map(Part::units).sum();
        (units > 0).then(|| {
            view! {
                <div class="action-bar">
                    <span class="action-bar-figure"><span>{words.coop_units(units as usize)}</span></span>
                    <a class="button button-primary" href=Route::from(Coop::PickingList).to_string()>{ui::icon("list")}{words.coop_prepare_list()}</a>
                </div>
            }
        })
    };
    desk.first_screen(
        Coop::Prepare,
        words.coop_prepare_title(),
        list.into_any(),
        action.into_any(),
    )
}

/// The promise that comes first on top; of one day, the first door.
pub fn by_promise(parts: &mut [Part]) {
    parts.sort_by_key(|part| {
        (
            part.sub_order().promised_on,
            part.order().placed_at,
            part.id(),
        )
    });
}

/// The heading of a promised day, with how late it is.
pub fn day_title(desk: Desk, day: CivilDate) -> String {
    capitalised(&desk.phone.day(day))
}

fn a_day(desk: Desk, parts: &[Part], shown: usize) -> AnyView {
    let words = desk.phone.words;
    let Some(first) = parts.first() else {
        return ().into_any();
    };
    let promised_on = first.sub_order().promised_on;
    let (tone, said) = desk.promised(promised_on);
    let late = (!tone.is_empty()).then(|| ui::chip(tone, "clock", said));
    let bodies: Vec<CommandBody> = parts
        .iter()
        .filter(|part| part.stage() == Stage::Confirmed)
        .map(|part| {
            let (order, cooperative) = part.id();
            CommandBody::StartPreparing(SubOrderRef { order, cooperative })
        })
        .collect();
    let count = bodies.len();
    let start_all = (count > 0).then(|| {
        let said = words.coop_done_started(count);
        view! {
            <button class="button button-quiet" type="button" on:click=move |_| desk.do_all(bodies.clone(), said.clone(), || {}, || {})>
                {ui::icon("box")}{words.coop_prepare_start_all(count)}
            </button>
        }
    });
    let rows: Vec<AnyView> = parts
        .iter()
        .take(shown)
        .map(|part| row(desk, part))
        .collect();
    let end = view! { {late}{start_all} };
    ui::part(
        day_title(desk, promised_on),
        end.into_any(),
        view! { <ul class="list">{rows}</ul> }.into_any(),
    )
}

fn row(desk: Desk, part: &Part) -> AnyView {
    let words = desk.phone.words;
    let (order, cooperative) = part.id();
    let address = Route::from(Coop::Pack(order, cooperative)).to_string();
    let units = words.coop_units(part.units() as usize);
    view! {
        <li class="far"><a class="list-row" href=address>
            <span class="list-main"><span>{desk.whose(part)}</span><span>{desk.code_and_cooperative(part)}</span><span class="row">{desk.chips(part)}</span></span>
            <span class="list-end"><strong>{units}</strong><span class="row">{words.coop_prepare_open()}{ui::icon_small("chevron")}</span></span>
        </a></li>
    }
    .into_any()
}
