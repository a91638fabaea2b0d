//! What to take from the shelves for everything that is to be packed: on the screen with ticks, on
//! paper without a network.

use super::desk::Desk;
use super::part::Part;
use super::prepare::{self, STAGES};
use crate::phone::browser;
use crate::route::Coop;
use crate::ui;
use crate::words::time;
use leptos::prelude::*;
use std::collections::BTreeMap;
use taswiq_domain::ids::ProductId;
use taswiq_domain::time::Calendar;

pub fn screen(desk: Desk) -> AnyView {
    let words = desk.phone.words;
    desk.phone.title(words.coop_picking_title());
    let list = move || {
        let mut parts = desk.parts_at(&STAGES);
        if parts.is_empty() {
            return ui::empty_state(
                "list",
                words.coop_picking_empty(),
                words.coop_prepare_empty_text(),
                ().into_any(),
            );
        }
        prepare::by_promise(&mut parts);
        parts
            .chunk_by(|one, other| one.sub_order().promised_on == other.sub_order().promised_on)
            .map(|day| a_day(desk, day))
            .collect::<Vec<_>>()
            .into_any()
    };
    let now = desk.phone.now();
    let offset = desk.phone.offset();
    let made = words.coop_picking_made(&desk.phone.day(offset.date_at(now)), &time(now, offset));
    let content = view! {
        {ui::screen_title(words.coop_picking_title().into_any(), made.into_any())}
        {list}
    };
    let action = view! {
        <div class="action-bar">
            <button class="button button-primary" type="button" on:click=|_| browser::print()>{ui::icon("print")}{words.coop_picking_print()}</button>
        </div>
    };
    desk.second_screen(
        Coop::Prepare,
        words.coop_prepare_title(),
        content.into_any(),
        action.into_any(),
    )
}

/// The products of a promised day, and for whom they are.
fn a_day(desk: Desk, parts: &[Part]) -> AnyView {
    let words = desk.phone.words;
    let Some(first) = parts.first() else {
        return ().into_any();
    };
    let mut units: BTreeMap<ProductId, u32> = BTreeMap::new();
    for line in parts.iter().flat_map(|part| &part.sub_order().lines) {
        if line.confirmed > 0 {
            *units.entry(line.product).or_default() += line.confirmed;
        }
    }
    let products: Vec<AnyView> = units
        .into_iter()
        .map(|(product, units)| {
            let unit = desk.product_unit(product);
            view! {
                <li><label class="check"><input type="checkbox" />
                    <span class="list-main"><bdi>{desk.product_name(product)}</bdi><bdi class="small muted">{unit}</bdi></span>
                    <span class="number">{crate::words::grouped(units as usize)}</span>
                </label></li>
            }
            .into_any()
        })
        .collect();
    let orders: Vec<AnyView> = parts.iter().map(|part| whose_lines(desk, part)).collect();
    let content = view! {
        <ul class="packing">{products}</ul>
        <details class="more" open>
            <summary>{ui::icon("people")}{words.count_orders(parts.len())}{ui::icon_flat("chevron-down")}</summary>
            <ul class="list">{orders}</ul>
        </details>
    };
    let promised_on = first.sub_order().promised_on;
    let late = match desk.promised(promised_on) {
        ("", _) => ().into_any(),
        (tone, said) => ui::chip(tone, "calendar", said),
    };
    ui::part(
        prepare::day_title(desk, promised_on),
        late,
        content.into_any(),
    )
}

fn whose_lines(desk: Desk, part: &Part) -> AnyView {
    let lines = part
        .sub_order()
        .lines
        .iter()
        .filter(|line| line.confirmed > 0);
    let lines: Vec<String> = lines
        .map(|line| {
            [
                &crate::words::grouped(line.confirmed as usize),
                "\u{a0}× ",
                &desk.product_name(line.product),
            ]
            .concat()
        })
        .collect();
    let lines = lines.join(desk.phone.words.coop_comma());
    view! {
        <li><div class="list-row">
            <span class="list-main"><span>{desk.whose(part)}</span><span><bdi>{lines}</bdi></span></span>
            <span class="list-end">{desk.code_and_cooperative(part)}</span>
        </div></li>
    }
    .into_any()
}
