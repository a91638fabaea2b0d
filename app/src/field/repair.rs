//! How an agent mends what the server would not take: put the order together again, or do the act once
//! more.

use super::making::{CustomerForm, Draft, Making, Receipt};
use crate::phone::{Phone, browser};
use crate::route::Field;
use crate::ui;
use leptos::prelude::*;
use taswiq_domain::ids::CommandId;
use taswiq_domain::refusal::Refusal;
use taswiq_domain::sync::CommandBody;
use taswiq_offline::Parked;

/// The actions that mend a parked act. To take it off the list is offered beside them.
pub fn actions(phone: Phone, making: Making, parked: &Parked) -> AnyView {
    let words = phone.words;
    let id = parked.command.id;
    match &parked.command.body {
        CommandBody::PlaceOrder(_) | CommandBody::AmendOrder(_) | CommandBody::RegisterCustomer(_) => {
            let take_up = move |_| take_up(phone, making, id);
            let other = match parked.refusal {
                Refusal::ReceiptDiffers { order, .. } => Some(view! { <a class="button" href=Field::Order(order).to_string()>{ui::icon("orders")}{words.repair_see_other()}</a> }),
                _ => None,
            };
            // Taken once more it would be an order beside the one it may be.
            let may_take_up = other.is_none() || matches!(&parked.command.body, CommandBody::PlaceOrder(place) if place.from_receipt_of.is_some());
            let take_up = may_take_up.then(|| view! { <button class="button" type="button" on:click=take_up>{ui::icon("edit")}{words.repair_take_up()}</button> });
            view! { {other}{take_up} }.into_any()
        }
        _ if may_pass_now(&parked.refusal) => {
            let again = move |_| {
                let body = phone.device_now().parked().into_iter().find(|parked| parked.command.id == id).map(|parked| parked.command.body);
                if let Some(body) = body {
                    phone.reissue(id, body, browser::new_command_id(), move |is_saved| if is_saved { phone.snackbar.say(words.repair_sent_again()) });
                }
            };
            view! { <button class="button" type="button" on:click=again>{ui::icon("sync")}{words.repair_again()}</button> }.into_any()
        }
        body => match body.order() {
            Some(order) => view! { <a class="button" href=Field::Order(order).to_string()>{ui::icon("orders")}{words.repair_see_order()}</a> }.into_any(),
            None => ().into_any(),
        },
    }
}

/// Whether the same act may be taken later: what stood in its way may be gone.
const fn may_pass_now(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::UnknownKind { .. }
            | Refusal::UnreadableBody { .. }
            | Refusal::WaitsForParked
            | Refusal::NotAllowed
            | Refusal::UnknownOrder
            | Refusal::PaymentBeforeWithdrawalCloses { .. }
    )
}

/// Puts the parked act into the making, from where it is saved again as a new one.
fn take_up(phone: Phone, making: Making, id: CommandId) {
    let Some(parked) = phone
        .device_now()
        .parked()
        .into_iter()
        .find(|parked| parked.command.id == id)
    else {
        return;
    };
    match parked.command.body {
        CommandBody::PlaceOrder(place) => {
            making.draft.set(Draft {
                customer: Some(place.customer),
                tier: Some(place.basket.tier),
                lines: place.basket.lines,
                promises: place.basket.promises,
                substitution_agreed: place.basket.substitution_agreed,
                place: place.place,
                mends: Some(id),
                receipt: place.from_receipt_of.map(|taken_on| Receipt {
                    code: place.code,
                    digits: place.receipt_digits,
                    taken_on,
                }),
                ..Draft::default()
            });
            phone.go(Field::Products);
        }
        CommandBody::AmendOrder(amend) => {
            making.draft.set(Draft {
                customer: phone
                    .device_now()
                    .order(amend.order)
                    .map(|view| view.order.customer),
                tier: Some(amend.basket.tier),
                lines: amend.basket.lines,
                promises: amend.basket.promises,
                substitution_agreed: amend.basket.substitution_agreed,
                amends: Some(amend.order),
                mends: Some(id),
                ..Draft::default()
            });
            phone.go(Field::Products);
        }
        CommandBody::RegisterCustomer(details) => {
            making.draft.update(|draft| {
                draft.form = CustomerForm {
                    first_name: details.first_name,
                    family_name: details.family_name,
                    phone: details
                        .phone
                        .map(|number| number.to_string())
                        .unwrap_or_default(),
                    place: details.place,
                    address: details.address,
                    kind: details.kind,
                };
            });
            phone.go(Field::NewCustomer);
        }
        _ => {}
    }
}
