//! Packing one order: how many of each, from which lot.

use super::desk::{Desk, gone};
use super::lines::{self, Given, Step};
use super::part::{Part, PartId};
use super::prepare;
use crate::route::Coop;
use crate::ui;
use leptos::prelude::*;
use std::collections::BTreeMap;
use taswiq_domain::ids::ProductId;
use taswiq_domain::order::event::PackedLine;
use taswiq_domain::order::{Line, Stage};
use taswiq_domain::sync::{CommandBody, PackSubOrder, SubOrderRef};

/// Letters of a lot: what fits on a label.
const LOT_CHARACTERS: &str = "40";

pub fn screen(desk: Desk, id: PartId) -> AnyView {
    desk.phone.title(desk.phone.words.coop_pack_title());
    desk.about(id, |desk, _, part| {
        let words = desk.phone.words;
        let (content, action) = match part {
            Some(part) if prepare::STAGES.contains(&part.stage()) => form(desk, &part),
            Some(part) => super::order::content(desk, &part),
            None => (gone(desk), ().into_any()),
        };
        desk.second_screen(Coop::Prepare, words.coop_prepare_title(), content, action)
    })
}

fn form(desk: Desk, part: &Part) -> (AnyView, AnyView) {
    let words = desk.phone.words;
    let (order, cooperative) = part.id();
    let given = Given::start(part, |line| line.confirmed);
    let lots: RwSignal<BTreeMap<u16, String>> = RwSignal::new(
        part.sub_order()
            .lines
            .iter()
            .map(|line| (line.number, last_lot(desk, line.product)))
            .collect(),
    );
    let step = Step {
        before: words.coop_pack_confirmed(),
        after: words.coop_pack_packed(),
        label: |words, name| words.coop_pack_packed_of(name),
        short: Some(|words, missing| words.coop_pack_short(missing)),
    };
    let rows: Vec<AnyView> = part
        .sub_order()
        .lines
        .iter()
        .filter(|line| line.confirmed > 0)
        .map(|line| {
            view! { <li class="confirm-row">{lines::line(desk, line, line.confirmed, given, step)}{lot_field(desk, line, lots)}</li> }.into_any()
        })
        .collect();
    let start = (part.stage() == Stage::Confirmed).then(|| {
        let start = move |_| {
            let body = CommandBody::StartPreparing(SubOrderRef { order, cooperative });
            desk.do_all(vec![body], words.coop_done_started(1), || {}, || {});
        };
        view! { <button class="button" type="button" on:click=start>{ui::icon("box")}{words.coop_prepare_start()}</button> }
    });
    let pack = move |_| {
        if given.total() == 0 {
            return desk.phone.snackbar.say(words.coop_pack_nothing());
        }
        let lines = given
            .lines()
            .into_iter()
            .map(|line| PackedLine {
                line: line.line,
                units: line.units,
                lot: lots.with_untracked(|lots| {
                    lots.get(&line.line)
                        .map_or_else(String::new, |lot| lot.trim().to_owned())
                }),
            })
            .collect();
        let body = CommandBody::PackSubOrder(PackSubOrder {
            order,
            cooperative,
            lines,
        });
        desk.do_all(
            vec![body],
            words.coop_done_packed().to_owned(),
            move || desk.phone.replace(Coop::Prepare),
            || {},
        );
    };
    let content = view! {
        {super::order::head(desk, part)}
        <ul class="confirm-list">{rows}</ul>
    };
    let action = view! {
        <div class="action-bar">
            {start}
            <button class="button button-primary" type="button" on:click=pack>{ui::icon("check")}{words.coop_pack_submit()}</button>
        </div>
    };
    (content.into_any(), action.into_any())
}

/// The lot from which the product was packed last: a batch lasts many orders.
fn last_lot(desk: Desk, product: ProductId) -> String {
    let packed = untrack(|| desk.parts_where(|part| part.asks_for(product)));
    let lots = packed
        .iter()
        .flat_map(|part| &part.sub_order().lines)
        .filter(|line| line.product == product);
    lots.map(|line| &line.lot)
        .find(|lot| !lot.is_empty())
        .cloned()
        .unwrap_or_default()
}

fn lot_field(desk: Desk, line: &Line, lots: RwSignal<BTreeMap<u16, String>>) -> AnyView {
    let words = desk.phone.words;
    let number = line.number;
    let label = words.coop_pack_lot_of(&desk.product_name(line.product));
    let value = move || lots.with(|lots| lots.get(&number).cloned().unwrap_or_default());
    view! {
        <label class="field">
            <span>{words.coop_pack_lot()}</span>
            <input type="text" dir="auto" autocomplete="off" maxlength=LOT_CHARACTERS aria-label=label prop:value=value on:input=move |event| {
                lots.update(|lots| drop(lots.insert(number, event_target_value(&event))));
            } />
        </label>
    }
    .into_any()
}
