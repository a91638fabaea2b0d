//! Why not: six reasons, each with its icon.

use super::desk::Desk;
use crate::ui;
use crate::words::reason_icon;
use leptos::prelude::*;
use taswiq_domain::order::Reason;

/// What is being refused, and what to do once it is known why.
#[derive(Clone)]
pub struct Refusing {
    pub what: String,
    pub then: Callback<Reason>,
}

/// The sheet that asks for the reason, there while something is being refused.
pub fn sheet(desk: Desk, refusing: RwSignal<Option<Refusing>>) -> AnyView {
    let title = desk.phone.words.coop_refuse_title();
    reasons(
        desk,
        refusing,
        title,
        &Reason::OF_COOPERATIVES,
        desk.phone.words.coop_refuse_submit(),
    )
}

/// A sheet that asks for one of `reasons`.
pub fn reasons(
    desk: Desk,
    asking: RwSignal<Option<Refusing>>,
    title: &'static str,
    reasons: &'static [Reason],
    submit: &'static str,
) -> AnyView {
    let words = desk.phone.words;
    let is_open = RwSignal::new(false);
    let chosen: RwSignal<Option<usize>> = RwSignal::new(None);
    Effect::new(move |_| {
        let asks = asking.with(Option::is_some);
        chosen.set(None);
        is_open.set(asks);
    });
    Effect::new(move |_| {
        if !is_open.get() && asking.with_untracked(Option::is_some) {
            asking.set(None);
        }
    });
    let content = move || {
        let what = asking.with(|asking| {
            asking
                .as_ref()
                .map(|asking| asking.what.clone())
                .unwrap_or_default()
        });
        let choices: Vec<AnyView> = reasons
            .iter()
            .enumerate()
            .map(|(index, reason)| {
                view! {
                    <label>
                        <input type="radio" name="reason" prop:checked=move || chosen.get() == Some(index) on:change=move |_| chosen.set(Some(index)) />
                        <span>{ui::icon(reason_icon(*reason))}{words.reason(*reason)}</span>
                    </label>
                }
                .into_any()
            })
            .collect();
        let go = move |_| {
            let Some(reason) = chosen.get_untracked().and_then(|index| reasons.get(index)) else {
                return;
            };
            if let Some(asked) = asking.get_untracked() {
                asking.set(None);
                asked.then.run(*reason);
            }
        };
        view! {
            <div class="dialog-body">
                <fieldset class="field"><legend><bdi>{what}</bdi></legend><div class="reason-choice">{choices}</div></fieldset>
            </div>
            <div class="dialog-foot">
                <button class="button button-danger" type="button" disabled=move || chosen.get().is_none() on:click=go>{ui::icon("close")}{submit}</button>
            </div>
        }
        .into_any()
    };
    ui::sheet(
        words,
        Signal::derive(move || title.to_owned()),
        is_open,
        content,
    )
}
