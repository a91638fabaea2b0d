//! The answer to one order: all, a part of it, or none and why.

use super::desk::Desk;
use super::lines::{self, Given, Step};
use super::part::Part;
use super::refuse::Refusing;
use crate::ui;
use leptos::prelude::*;
use taswiq_domain::order::Stage;
use taswiq_domain::sync::{CommandBody, ConfirmSubOrder, RefuseSubOrder};

/// The lines with their steppers, and the two buttons. `answered` is called once it is safe.
pub fn form(
    desk: Desk,
    part: &Part,
    refusing: RwSignal<Option<Refusing>>,
    answered: Callback<()>,
) -> (AnyView, AnyView) {
    let words = desk.phone.words;
    let (order, cooperative) = part.id();
    // A correction starts from the answer that was given.
    let is_correction = part.stage() == Stage::Confirmed;
    let given = Given::start(part, |line| {
        if is_correction {
            line.confirmed
        } else {
            line.asked
        }
    });
    let step = Step {
        before: words.coop_asked(),
        after: words.coop_confirm_confirming(),
        label: |words, name| words.coop_confirm_confirm_of(name),
        short: None,
    };
    let rows: Vec<AnyView> = part
        .sub_order()
        .lines
        .iter()
        .map(|line| lines::line(desk, line, line.asked, given, step))
        .collect();
    let asked = part.units_asked();
    let name = part.first_name().to_owned();
    let refuse = move |_| {
        refusing.set(Some(Refusing {
            what: words.coop_refuse_order(&name),
            then: Callback::new(move |reason| {
                let body = CommandBody::RefuseSubOrder(RefuseSubOrder {
                    order,
                    cooperative,
                    reason,
                });
                desk.do_all(
                    vec![body],
                    words.coop_done_refused(1),
                    move || answered.run(()),
                    || {},
                );
            }),
        }));
    };
    let confirm = move |_| {
        let body = CommandBody::ConfirmSubOrder(ConfirmSubOrder {
            order,
            cooperative,
            lines: given.lines(),
        });
        desk.do_all(
            vec![body],
            words.coop_done_confirmed(1),
            move || answered.run(()),
            || {},
        );
    };
    let label = move || {
        if given.total() < asked {
            words.coop_confirm_part()
        } else {
            words.coop_confirm_order()
        }
    };
    let buttons = view! {
        <button class="button button-danger" type="button" on:click=refuse>{words.coop_confirm_refuse()}</button>
        <button class="button button-primary" type="button" disabled=move || given.total() == 0 on:click=confirm>{ui::icon("check")}{label}</button>
    };
    (
        view! { <div class="stack">{rows}</div> }.into_any(),
        buttons.into_any(),
    )
}
