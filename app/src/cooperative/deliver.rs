//! The cooperative brings the goods itself. A delivery counts with a proof: the digits of the
//! customer's receipt, or a signature by hand.

use super::desk::{Desk, gone};
use super::lines::{self, Given, Step};
use super::part::{Part, PartId};
use super::refuse::{self, Refusing};
use crate::route::Coop;
use crate::ui::{self, Choice};
use leptos::prelude::*;
use taswiq_domain::order::{Proof, Reason, Stage};
use taswiq_domain::sync::{CommandBody, Deliver, FailDelivery};
use taswiq_domain::text::search_key;

pub fn screen(desk: Desk, id: PartId) -> AnyView {
    desk.phone.title(desk.phone.words.coop_deliver_title());
    desk.about(id, |desk, _, part| {
        let words = desk.phone.words;
        let (content, action) = match part {
            Some(part)
                if matches!(
                    part.stage(),
                    Stage::Ready | Stage::HandedOver | Stage::Failed
                ) =>
            {
                form(desk, &part)
            }
            Some(part) => super::order::content(desk, &part),
            None => (gone(desk), ().into_any()),
        };
        desk.second_screen(
            Coop::HandOver,
            words.coop_hand_over_title(),
            content,
            action,
        )
    })
}

fn form(desk: Desk, part: &Part) -> (AnyView, AnyView) {
    let words = desk.phone.words;
    let (order, cooperative) = part.id();
    let given = Given::start(part, |line| line.packed);
    let step = Step {
        before: words.coop_deliver_packed(),
        after: words.coop_deliver_taken(),
        label: |words, name| words.coop_deliver_taken_of(name),
        short: None,
    };
    let rows: Vec<AnyView> = part
        .sub_order()
        .lines
        .iter()
        .filter(|line| line.packed > 0)
        .map(|line| view! { <li class="confirm-row">{lines::line(desk, line, line.packed, given, step)}</li> }.into_any())
        .collect();
    let by_signature = RwSignal::new(false);
    let digits = RwSignal::new(String::new());
    let strokes = RwSignal::new(String::new());
    let error: RwSignal<Option<String>> = RwSignal::new(None);
    let choices = vec![
        Choice {
            icon: "key",
            words: words.coop_deliver_by_digits(),
        },
        Choice {
            icon: "signature",
            words: words.coop_deliver_by_signature(),
        },
    ];
    let chosen = Signal::derive(move || Some(usize::from(by_signature.get())));
    let choose = Callback::new(move |index| {
        error.set(None);
        by_signature.set(index == 1);
    });
    let proof_of = move || -> Option<Proof> {
        if by_signature.get_untracked() {
            let strokes = strokes.get_untracked();
            return (!strokes.is_empty()).then_some(Proof::Signature { strokes });
        }
        // The digits as the customer reads them out, in either script.
        let typed = search_key(&digits.get_untracked()).replace(' ', "");
        (typed.len() == 4)
            .then(|| typed.parse().ok())
            .flatten()
            .map(|digits| Proof::ReceiptDigits { digits })
    };
    let proof = move || {
        if by_signature.get() {
            view! {
                <div class="stack stack-tight">
                    {ui::signature_pad(words.coop_deliver_signature(), words.coop_deliver_signature(), strokes)}
                    <button class="button button-quiet" type="button" on:click=move |_| strokes.set(String::new())>{ui::icon("undo")}{words.action_clear()}</button>
                    <div aria-live="polite">{move || error.get().map(|words| view! { <p class="field-error">{ui::icon_small("warning")}{words}</p> })}</div>
                </div>
            }
            .into_any()
        } else {
            ui::field(
                "digits",
                "numeric",
                "off",
                words.coop_deliver_digits(),
                None,
                words.coop_deliver_digits_hint(),
                digits,
                error.into(),
            )
        }
    };
    let failing: RwSignal<Option<Refusing>> = RwSignal::new(None);
    let name = part.first_name().to_owned();
    let ask_why = move |_| {
        failing.set(Some(Refusing {
            what: words.coop_refuse_order(&name),
            then: Callback::new(move |reason| {
                let body = CommandBody::FailDelivery(FailDelivery {
                    order,
                    cooperative,
                    reason,
                });
                desk.do_all(
                    vec![body],
                    words.coop_done_failed().to_owned(),
                    move || desk.phone.replace(Coop::HandOver),
                    || {},
                );
            }),
        }));
    };
    let deliver = move |_| {
        if given.total() == 0 {
            return desk.phone.snackbar.say(words.coop_deliver_nothing());
        }
        let Some(proof) = proof_of() else {
            error.set(Some(words.coop_deliver_missing_proof().to_owned()));
            crate::phone::browser::focus("digits");
            return;
        };
        let body = CommandBody::Deliver(Deliver {
            order,
            cooperative,
            lines: given.lines(),
            proof,
        });
        desk.do_all(
            vec![body],
            words.coop_done_delivered().to_owned(),
            move || desk.phone.replace(Coop::HandOver),
            || {},
        );
    };
    let content = view! {
        {super::order::head(desk, part)}
        <ul class="confirm-list">{rows}</ul>
        <section class="part">
            {ui::segmented("proof", words.coop_deliver_proof(), "segmented", choices, chosen, choose)}
            {proof}
        </section>
        {refuse::reasons(desk, failing, words.coop_deliver_why_not(), &Reason::OF_DELIVERIES, words.coop_deliver_not_delivered())}
    };
    let action = view! {
        <div class="action-bar">
            <button class="button button-danger" type="button" on:click=ask_why>{ui::icon("absent")}{words.coop_deliver_not_delivered()}</button>
            <button class="button button-primary" type="button" on:click=deliver>{ui::icon("check")}{words.coop_deliver_submit()}</button>
        </div>
    };
    (content.into_any(), action.into_any())
}
