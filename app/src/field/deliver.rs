//! Handing over the goods of one cooperative, with a proof: the digits of the customer's receipt, or
//! a signature.

use super::orders::can_deliver;
use super::wording::{cooperative_name, customer_name, product_name};
use crate::phone::{Phone, badge, browser};
use crate::route::Field;
use crate::ui::{self, Choice};
use leptos::prelude::*;
use std::collections::BTreeMap;
use taswiq_domain::Refusal;
use taswiq_domain::ids::{CooperativeId, OrderId};
use taswiq_domain::order::event::LineUnits;
use taswiq_domain::order::{Proof, SubOrder};
use taswiq_domain::sync::{CommandBody, Deliver};
use taswiq_domain::text;
use taswiq_offline::OrderView;

/// The delivery of a part.
pub fn screen(phone: Phone, order: OrderId, cooperative: CooperativeId) -> AnyView {
    let words = phone.words;
    phone.title(words.deliver_title());
    // What the thumb has set must not jump when something arrives from the server meanwhile.
    let view = phone.device_now().order(order);
    let part = view.as_ref().and_then(|view| {
        view.order
            .sub_order(cooperative)
            .filter(|sub_order| can_deliver(sub_order.stage))
            .cloned()
    });
    let back = ui::back_bar(
        Field::Order(order).to_string(),
        words.deliver_back(),
        badge::badge(phone),
    );
    match (view, part) {
        (Some(view), Some(sub_order)) => form(phone, back, &view, sub_order),
        _ => ui::frame(
            back,
            ui::empty_state(
                "truck",
                words.deliver_not_now_title(),
                words.deliver_not_now_text(),
                ().into_any(),
            ),
            ().into_any(),
        ),
    }
}

fn form(phone: Phone, back: AnyView, view: &OrderView, sub_order: SubOrder) -> AnyView {
    let words = phone.words;
    let (order, cooperative) = (view.order.id, sub_order.cooperative);
    let catalogue = phone.device_now().catalogue();
    let units = RwSignal::new(
        sub_order
            .lines
            .iter()
            .map(|line| (line.number, line.packed))
            .collect::<BTreeMap<u16, u32>>(),
    );
    let by_signature = RwSignal::new(false);
    let digits = RwSignal::new(String::new());
    let signature = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let name = cooperative_name(phone, &catalogue, cooperative);
    let lines: Vec<AnyView> = sub_order
        .lines
        .iter()
        .filter(|line| line.packed > 0)
        .map(|line| {
            let (number, packed) = (line.number, line.packed);
            let name = product_name(phone, &catalogue, line.product);
            let value = Signal::derive(move || units.with(|units| units.get(&number).copied().unwrap_or(0)));
            let set = Callback::new(move |given: u32| units.update(|units| { units.insert(number, given); }));
            let lot = (!line.lot.is_empty()).then(|| view! { " · "{words.order_lot(&line.lot)} });
            view! {
                <li class="basket-line">
                    {ui::icon_small("box")}
                    <span class="list-main"><span><bdi>{name.clone()}</bdi></span><span>{words.deliver_packed(packed as usize)}{lot}</span></span>
                    {ui::stepper(words, name, value, packed, set)}
                </li>
            }
            .into_any()
        })
        .collect();
    let choices = vec![
        Choice {
            icon: "qr",
            words: words.deliver_by_digits(),
        },
        Choice {
            icon: "signature",
            words: words.deliver_by_signature(),
        },
    ];
    let proof = move || {
        if by_signature.get() {
            let clear = view! { <button type="button" on:click=move |_| signature.set(String::new())>{words.action_clear()}</button> };
            ui::part(
                words.signature_title(),
                clear.into_any(),
                ui::signature_pad(words.signature_label(), words.signature_line(), signature),
            )
        } else {
            ui::field(
                "digits",
                "numeric",
                "off",
                words.deliver_digits(),
                None,
                words.deliver_digits_hint(),
                digits,
                error.into(),
            )
        }
    };
    let act = move |_| {
        error.set(None);
        let proof = if by_signature.get_untracked() {
            Proof::Signature {
                strokes: signature.get_untracked(),
            }
        } else {
            // Digits of either script.
            let typed = text::search_key(&digits.get_untracked()).replace(' ', "");
            match typed.parse().ok().filter(|_| typed.len() == 4) {
                Some(digits) => Proof::ReceiptDigits { digits },
                None => {
                    browser::focus("digits");
                    return error.set(Some(words.deliver_digits_missing().to_owned()));
                }
            }
        };
        let lines = units.with_untracked(|units| {
            units
                .iter()
                .map(|(line, units)| LineUnits {
                    line: *line,
                    units: *units,
                })
                .collect()
        });
        let body = CommandBody::Deliver(Deliver {
            order,
            cooperative,
            lines,
            proof,
        });
        let device = phone.device_now();
        let id = browser::new_command_id();
        leptos::task::spawn_local(async move {
            match device.act_all_held(vec![(id, body)], browser::now()).await {
                Ok(()) => {
                    phone.replace(Field::Order(order));
                    phone.say_done(words.deliver_done(), id);
                }
                Err(refused) => {
                    let shown = match &refused {
                        taswiq_offline::ActError::Refused(Refusal::OrderEmpty) => {
                            words.deliver_nothing().to_owned()
                        }
                        _ => phone.refused(&refused),
                    };
                    error.set(Some(shown));
                }
            }
        });
    };
    let is_partial = move || {
        let total: u32 = units.with(|units| units.values().sum());
        (total < sub_order.lines.iter().map(|line| line.packed).sum()).then(|| {
            ui::banner(
                "waiting",
                "info",
                words.deliver_partial(),
                words.deliver_partial_text(),
            )
        })
    };
    ui::frame(
        back,
        view! {
            {ui::screen_title(words.deliver_title().into_any(), view! { <bdi>{customer_name(phone, view)}</bdi>" · "<bdi>{name}</bdi> }.into_any())}
            <section class="basket-part"><ul>{lines}</ul></section>
            {is_partial}
            {ui::segmented("proof", words.deliver_proof(), "segmented segmented-tall", choices, Signal::derive(move || Some(usize::from(by_signature.get()))), Callback::new(move |index| {
                error.set(None);
                by_signature.set(index == 1);
            }))}
            {proof}
            <div aria-live="assertive">{move || error.get().filter(|_| by_signature.get()).map(|said| ui::banner("trouble", "warning", said, ""))}</div>
        }
        .into_any(),
        view! {
            <div class="action-bar"><button class="button button-primary" type="button" on:click=act>{ui::icon("truck")}{words.deliver_action()}</button></div>
        }
        .into_any(),
    )
}
