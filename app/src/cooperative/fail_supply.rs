//! What was confirmed will not reach the customer: by whose fault, and what that costs.

use super::desk::Desk;
use super::part::Part;
use crate::ui;
use leptos::prelude::*;
use taswiq_domain::order::{Fault, Stage};
use taswiq_domain::sync::{CommandBody, FailSupply};

/// Who may be at fault, as the goods stand: what was not packed has not been on its way.
fn faults(stage: Stage) -> &'static [Fault] {
    match stage {
        Stage::Confirmed | Stage::Preparing => &[Fault::Cooperative],
        _ => &[Fault::Cooperative, Fault::Logistics],
    }
}

/// Offers to say so, while goods are promised and the answer itself can no longer be changed.
pub fn offer(desk: Desk, part: &Part, is_open: RwSignal<bool>) -> Option<AnyView> {
    (part.stage().is_under_way() && !part.is_correctable()).then(|| {
        view! {
            <div class="button-group">
                <button class="button button-quiet" type="button" on:click=move |_| is_open.set(true)>{ui::icon("out-of-stock")}{desk.phone.words.coop_fail_supply_open()}</button>
            </div>
        }
        .into_any()
    })
}

/// The sheet that asks whose fault it is.
pub fn sheet(desk: Desk, part: &Part, is_open: RwSignal<bool>) -> AnyView {
    let words = desk.phone.words;
    let (order, cooperative) = part.id();
    let faults = faults(part.stage());
    let chosen: RwSignal<Option<usize>> = RwSignal::new(None);
    Effect::new(move |_| {
        if is_open.get() {
            chosen.set(None);
        }
    });
    let content = move || {
        let choices: Vec<AnyView> = faults
            .iter()
            .enumerate()
            .map(|(index, fault)| {
                let icon = if *fault == Fault::Logistics { "truck" } else { "out-of-stock" };
                view! {
                    <label>
                        <input type="radio" name="fault" prop:checked=move || chosen.get() == Some(index) on:change=move |_| chosen.set(Some(index)) />
                        <span>{ui::icon(icon)}{words.supply_fault(*fault)}</span>
                    </label>
                }
                .into_any()
            })
            .collect();
        let note = move || match chosen.get().and_then(|index| faults.get(index)) {
            Some(Fault::Logistics) => words.coop_fail_supply_transport_pays(),
            _ => words.coop_fail_supply_you_pay(),
        };
        let go = move |_| {
            let Some(fault) = chosen.get_untracked().and_then(|index| faults.get(index)) else {
                return;
            };
            is_open.set(false);
            let body = CommandBody::FailSupply(FailSupply {
                order,
                cooperative,
                fault: *fault,
            });
            desk.do_all(
                vec![body],
                words.coop_fail_supply_done().to_owned(),
                || {},
                || {},
            );
        };
        view! {
            <div class="dialog-body">
                <fieldset class="field"><legend>{words.coop_fail_supply_why()}</legend><div class="reason-choice">{choices}</div></fieldset>
                <p class="small muted">{note}</p>
            </div>
            <div class="dialog-foot">
                <button class="button button-danger" type="button" disabled=move || chosen.get().is_none() on:click=go>{ui::icon("close")}{words.coop_fail_supply_submit()}</button>
            </div>
        }
        .into_any()
    };
    ui::sheet(
        words,
        Signal::derive(move || words.coop_fail_supply_title().to_owned()),
        is_open,
        content,
    )
}
