//! Who orders: somebody the phone knows, or somebody new.

use super::from_receipt;
use super::making::{CustomerForm, Making};
use crate::phone::{Phone, badge};
use crate::route::Field;
use crate::ui::{self, Choice};
use leptos::prelude::*;
use std::collections::HashSet;
use std::rc::Rc;
use taswiq_domain::Refusal;
use taswiq_domain::customer::{Customer, CustomerKind};

/// So many are shown at first; a search is quicker than a long list.
const SHOWN_AT_FIRST: usize = 30;

/// Choosing a customer.
pub fn choose(phone: Phone, making: Making) -> AnyView {
    let words = phone.words;
    phone.title(words.new_order_title());
    let query = RwSignal::new(String::new());
    let shown = RwSignal::new(SHOWN_AT_FIRST);
    let under_way = move || under_way(phone, making);
    let list = move || {
        let query = query.get();
        let device = phone.device();
        let customers = if query.trim().is_empty() {
            recent_first(phone)
        } else {
            device.search_customers(&query)
        };
        if customers.is_empty() {
            return if query.trim().is_empty() {
                ui::empty_state(
                    "people",
                    words.customers_empty_title(),
                    words.customers_empty_text(),
                    ().into_any(),
                )
            } else {
                ui::empty_state(
                    "search",
                    words.customers_none_title(),
                    words.customers_none_text(),
                    ().into_any(),
                )
            };
        }
        let rest = customers.len().saturating_sub(shown.get());
        let rows: Vec<AnyView> = customers
            .iter()
            .take(shown.get())
            .map(|customer| row(phone, making, customer))
            .collect();
        let more = (rest > 0).then(|| {
            view! { <button class="button button-wide" type="button" on:click=move |_| shown.update(|shown| *shown += SHOWN_AT_FIRST)>{words.action_show_more(rest)}</button> }
        });
        view! { <ul class="list">{rows}</ul>{more} }.into_any()
    };
    ui::frame(
        ui::back_bar(Field::Today.to_string(), words.today_title(), badge::badge(phone)),
        view! {
            {ui::screen_title(words.new_order_title().into_any(), words.new_order_text().into_any())}
            {move || from_receipt::reading(phone, making)}
            {under_way}
            {ui::search_field(words.customers_search(), query)}
            {move || from_receipt::way_in(phone, making)}
            {list}
        }
        .into_any(),
        view! {
            <div class="action-bar">
                <a class="button button-primary" href=Field::NewCustomer.to_string()>{ui::icon("person-plus")}{words.customers_new()}</a>
            </div>
        }
        .into_any(),
    )
}

/// A basket that was left: go on with it, or empty it.
fn under_way(phone: Phone, making: Making) -> Option<AnyView> {
    let words = phone.words;
    let (units, is_amendment) = making
        .draft
        .with(|draft| (draft.lines.len(), draft.amends.is_some()));
    if units == 0 {
        return None;
    }
    let name = making
        .customer()
        .map_or_else(String::new, |details| details.full_name());
    let empty = move |_| {
        let left = making.draft.get_untracked();
        making.clear();
        phone.snackbar.say_with_undo(
            words.basket_emptied(),
            Callback::new(move |()| making.draft.set(left.clone())),
        );
    };
    let text = if is_amendment {
        words.basket_left_amending(&name)
    } else {
        words.basket_left_for(units, &name)
    };
    let actions = view! {
        <div class="button-group">
            <a class="button" href=Field::Products.to_string()>{ui::icon("basket")}{words.action_continue()}</a>
            <button class="button button-quiet" type="button" on:click=empty>{words.basket_empty_it()}</button>
        </div>
    };
    Some(ui::banner_with(
        "news",
        "basket",
        words.basket_left(),
        text,
        actions.into_any(),
    ))
}

/// Customers of the latest orders first, then the others by name.
fn recent_first(phone: Phone) -> Vec<Rc<Customer>> {
    let device = phone.device();
    let mut seen = HashSet::new();
    let mut customers: Vec<Rc<Customer>> = Vec::new();
    for view in device.orders().iter() {
        if seen.len() >= SHOWN_AT_FIRST {
            break;
        }
        if seen.insert(view.order.customer) {
            customers.extend(device.customer(view.order.customer));
        }
    }
    customers.extend(
        device
            .customers()
            .into_iter()
            .filter(|customer| !seen.contains(&customer.id)),
    );
    customers
}

fn row(phone: Phone, making: Making, customer: &Customer) -> AnyView {
    let id = customer.id;
    let name = customer.details.full_name();
    let details = &customer.details;
    let professional = (details.kind == CustomerKind::Professional)
        .then(|| ui::chip("", "store", phone.words.customer_kind(details.kind)));
    let number = details
        .phone
        .as_ref()
        .map(|number| view! { " · "<bdi class="number">{number.to_string()}</bdi> });
    let take = move |_| {
        making.begin_for(id);
        phone.go(Field::Products);
    };
    view! {
        <li class="far"><button class="list-row" type="button" on:click=take>
            {ui::seal(&name, "")}
            <span class="list-main"><span><bdi>{name.clone()}</bdi></span><span><bdi>{details.place.clone()}</bdi>{number}</span>{professional}</span>
            {ui::icon("chevron")}
        </button></li>
    }
    .into_any()
}

/// Writing down somebody new: as little as the law and a delivery need.
pub fn write_down(phone: Phone, making: Making) -> AnyView {
    let words = phone.words;
    phone.title(words.customers_new());
    let form = making.draft.with_untracked(|draft| draft.form.clone());
    let first_name = RwSignal::new(form.first_name);
    let family_name = RwSignal::new(form.family_name);
    let number = RwSignal::new(form.phone);
    let place = RwSignal::new(form.place);
    let address = RwSignal::new(form.address);
    let kind = RwSignal::new(form.kind);
    let typed = move || CustomerForm {
        first_name: first_name.get(),
        family_name: family_name.get(),
        phone: number.get(),
        place: place.get(),
        address: address.get(),
        kind: kind.get(),
    };
    // What is typed survives a phone that dies half-way.
    Effect::new(move |_| {
        let form = typed();
        if making.draft.with_untracked(|draft| draft.form != form) {
            making.draft.update(|draft| draft.form = form);
        }
    });
    let refused = RwSignal::new(None::<Refusal>);
    let error_of = move |field: &'static str| {
        Signal::derive(move || {
            refused.with(|refused| match refused {
                Some(
                    refusal @ (Refusal::FieldMissing { field: wrong }
                    | Refusal::FieldInvalid { field: wrong }
                    | Refusal::FieldTooLong { field: wrong, .. }),
                ) if wrong == field => {
                    Some(words.refusal(refusal, &phone.catalogue(), &phone.offset()))
                }
                _ => None,
            })
        })
    };
    let go_on = move || match typed().details() {
        Ok(details) => {
            making.draft.update(|draft| {
                draft.customer = None;
                draft.new_customer = Some(details);
                draft.unsign();
            });
            phone.go(Field::Products);
        }
        Err(refusal) => {
            if let Refusal::FieldMissing { field }
            | Refusal::FieldInvalid { field }
            | Refusal::FieldTooLong { field, .. } = &refusal
            {
                crate::phone::browser::focus(&field.replace('_', "-"));
            }
            refused.set(Some(refusal));
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        go_on();
    };
    let kinds = [CustomerKind::Household, CustomerKind::Professional];
    let choices = vec![
        Choice {
            icon: "home",
            words: words.customer_kind(CustomerKind::Household),
        },
        Choice {
            icon: "store",
            words: words.customer_kind(CustomerKind::Professional),
        },
    ];
    let chosen = Signal::derive(move || kinds.iter().position(|one| *one == kind.get()));
    ui::frame(
        ui::back_bar(Field::NewOrder.to_string(), words.new_order_title(), badge::badge(phone)),
        view! {
            {ui::screen_title(words.customers_new().into_any(), words.customers_new_text().into_any())}
            <form class="stack" id="new-customer" on:submit=submit>
                {ui::segmented("kind", words.customer_for_whom(), "segmented segmented-tall", choices, chosen, Callback::new(move |index: usize| kind.set(kinds[index])))}
                {ui::field("first-name", "text", "off", words.customer_first_name(), None, words.customer_first_name_hint(), first_name, error_of("first_name"))}
                {ui::field("family-name", "text", "off", words.customer_family_name(), Some(words.customer_optional()), "", family_name, error_of("family_name"))}
                {ui::field("place", "text", "off", words.customer_place(), None, words.customer_place_hint(), place, error_of("place"))}
                {ui::field("phone", "tel", "off", words.customer_phone(), Some(words.customer_optional()), words.customer_phone_hint(), number, error_of("phone"))}
                {ui::field("address", "text", "off", words.customer_address(), Some(words.customer_optional()), "", address, error_of("address"))}
                <p class="small muted">{words.customer_notice()}</p>
            </form>
        }
        .into_any(),
        view! {
            <div class="action-bar">
                <button class="button button-primary" type="submit" form="new-customer">{words.customers_to_products()}{ui::icon("arrow")}</button>
            </div>
        }
        .into_any(),
    )
}
