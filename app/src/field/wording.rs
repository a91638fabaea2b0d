//! An order put into words: names, states, dates.

use crate::phone::Phone;
use crate::ui;
use crate::words::stage_look;
use leptos::prelude::*;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::ids::{CooperativeId, ProductId};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{Stage, SubOrder};
use taswiq_offline::{OrderView, Whereabouts};

/// The name of a product; its number when the catalogue has lost it.
pub fn product_name(phone: Phone, catalogue: &Catalogue, id: ProductId) -> String {
    catalogue.product(id).map_or_else(
        || id.to_string(),
        |product| product.name.get(phone.words.code()).to_owned(),
    )
}

/// What one unit of a product is.
pub fn product_unit(phone: Phone, catalogue: &Catalogue, id: ProductId) -> String {
    catalogue.product(id).map_or_else(String::new, |product| {
        product.unit.get(phone.words.code()).to_owned()
    })
}

/// The name of a cooperative.
pub fn cooperative_name(phone: Phone, catalogue: &Catalogue, id: CooperativeId) -> String {
    catalogue.cooperative(id).map_or_else(
        || id.to_string(),
        |found| found.name.get(phone.words.code()).to_owned(),
    )
}

/// The seal of a cooperative: the first letter of what sets its name apart, for nearly every name
/// begins with the same word.
pub fn cooperative_seal(name: &str, tone: &'static str) -> AnyView {
    ui::seal(name.split_once(' ').map_or(name, |(_, rest)| rest), tone)
}

/// Who ordered.
pub fn customer_name(phone: Phone, view: &OrderView) -> String {
    match phone.device_now().customer(view.order.customer) {
        Some(customer) => customer.details.full_name(),
        None => view.customer.as_ref().map_or_else(
            || phone.words.orders_customer_gone().to_owned(),
            |label| label.first_name.clone(),
        ),
    }
}

/// Where a sub-order stands, in a word.
pub fn stage_words(phone: Phone, sub_order: &SubOrder) -> String {
    let words = phone.words;
    let stage = if sub_order.is_partly_confirmed() && sub_order.stage == Stage::Confirmed {
        words.stage_confirmed_partly()
    } else {
        words.stage(sub_order.stage)
    };
    match sub_order.reason {
        Some(reason) if sub_order.stage.is_dead() || sub_order.stage == Stage::Failed => {
            words.stage_because(stage, words.reason(reason))
        }
        _ => stage.to_owned(),
    }
}

/// Where a sub-order stands.
pub fn stage_chip(phone: Phone, sub_order: &SubOrder) -> AnyView {
    let (tone, icon) = look(sub_order);
    ui::chip(tone, icon, stage_words(phone, sub_order))
}

fn look(sub_order: &SubOrder) -> (&'static str, &'static str) {
    let (tone, icon) = stage_look(sub_order.stage);
    (
        if sub_order.is_partly_confirmed() && sub_order.stage.is_under_way() && tone == "done" {
            "waiting"
        } else {
            tone
        },
        icon,
    )
}

/// Where an order stands: on the phone, to correct, or with each cooperative.
pub fn order_chips(phone: Phone, view: &OrderView) -> AnyView {
    let words = phone.words;
    match view.whereabouts {
        Whereabouts::OnPhone => return ui::chip("", "device", words.whereabouts_on_phone()),
        Whereabouts::ToCorrect { .. } => {
            return ui::chip("trouble", "warning", words.whereabouts_to_correct());
        }
        Whereabouts::Received => {}
    }
    if let [only] = view.order.sub_orders.as_slice() {
        return stage_chip(phone, only);
    }
    // One chip for each state, with how many cooperatives are in it.
    let mut states: Vec<(String, &'static str, &'static str, usize)> = Vec::new();
    for sub_order in &view.order.sub_orders {
        let said = stage_words(phone, sub_order);
        match states.iter_mut().find(|(known, ..)| *known == said) {
            Some((.., count)) => *count += 1,
            None => {
                let (tone, icon) = look(sub_order);
                states.push((said, tone, icon, 1));
            }
        }
    }
    let chips: Vec<AnyView> = states
        .into_iter()
        .map(|(said, tone, icon, count)| {
            ui::chip(
                tone,
                icon,
                if count > 1 {
                    words.stage_counted(&said, &count.to_string())
                } else {
                    said
                },
            )
        })
        .collect();
    view! { <span class="row">{chips}</span> }.into_any()
}

/// What the customer pays for what is alive of an order. A figure too large to be represented is
/// shown as nothing; the limits keep honest ones far from it.
pub fn due(view: &OrderView) -> Centimes {
    view.order
        .sub_orders
        .iter()
        .try_fold(Centimes::ZERO, |sum, sub_order| sum.plus(sub_order.due()?))
        .unwrap_or_default()
}
