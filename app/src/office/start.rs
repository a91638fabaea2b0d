//! From an empty server to one that can sell: what is there, what is missing, where to go.

use leptos::prelude::*;
use taswiq_backend::people::Person;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::person::Role;

use super::desk::{Desk, Room};
use super::widgets::said;
use crate::ui;

/// One step.
struct Step {
    title: &'static str,
    /// What there is, or what is missing.
    state: String,
    is_done: bool,
    act: &'static str,
    address: &'static str,
}

/// The list of steps.
pub fn page(desk: &Desk, catalogue: &Catalogue, people: &[Person]) -> String {
    let words = desk.words();
    let steps = steps(desk, catalogue, people);
    let title = words.office_start_title();
    let is_ready = steps.iter().all(|step| step.is_done);
    let current = steps.iter().position(|step| !step.is_done);
    let verdict = if is_ready {
        ui::banner(
            "done",
            "check",
            words.office_start_ready(),
            words.office_start_ready_text(),
        )
    } else {
        ui::banner(
            "news",
            "info",
            words.office_start_left(steps.iter().filter(|step| !step.is_done).count()),
            words.office_start_text(),
        )
    };
    let items: Vec<AnyView> = steps
        .into_iter()
        .enumerate()
        .map(|(index, step)| {
            let here = (current == Some(index)).then_some("step");
            let (tone, icon) = match (step.is_done, current == Some(index)) {
                (true, _) => (Some("done"), "check"),
                (false, true) => (Some("news"), "arrow"),
                (false, false) => (None, "hourglass"),
            };
            view! {
                <li>
                    <a class="list-row" href=step.address aria-current=here>
                        <span class="seal" data-tone=tone aria-hidden="true">{ui::icon_small(icon)}</span>
                        <span class="list-main"><span>{step.title}</span><span>{step.state}</span></span>
                        <span class="list-end">{step.act}{ui::icon("chevron")}</span>
                    </a>
                </li>
            }
            .into_any()
        })
        .collect();
    let body = view! { {verdict} <ol class="list">{items}</ol> };
    desk.page(
        Room::Start,
        title,
        desk.title(title, said(words.office_start_about())),
        body.into_any(),
    )
}

fn steps(desk: &Desk, catalogue: &Catalogue, people: &[Person]) -> Vec<Step> {
    let words = desk.words();
    let without_convention = catalogue
        .cooperatives
        .iter()
        .filter(|one| one.convention_at(desk.now).is_none())
        .count();
    let list = catalogue.price_list_at(desk.now);
    let priceless = catalogue
        .products
        .iter()
        .filter(|product| {
            product.on_sale
                && list.is_none_or(|list| {
                    product
                        .price(list, taswiq_domain::catalogue::PriceTier::Retail)
                        .is_none()
                })
        })
        .count();
    let with_role = |role| {
        people
            .iter()
            .filter(|person| person.role == role && person.deactivated_at.is_none())
            .count()
    };
    let (agents, members) = (with_role(Role::Agent), with_role(Role::Cooperative));
    let has_cooperatives = !catalogue.cooperatives.is_empty();
    let has_products = !catalogue.products.is_empty();
    let missing = || words.office_start_missing().to_owned();
    vec![
        Step {
            title: words.office_start_cooperatives(),
            state: if has_cooperatives {
                words.count_cooperatives(catalogue.cooperatives.len())
            } else {
                missing()
            },
            is_done: has_cooperatives,
            act: if has_cooperatives {
                words.office_start_look()
            } else {
                words.office_coops_new()
            },
            address: if has_cooperatives {
                "/office/cooperatives"
            } else {
                "/office/cooperatives/new"
            },
        },
        Step {
            title: words.office_start_conventions(),
            state: if !has_cooperatives {
                missing()
            } else if without_convention > 0 {
                words.office_start_without_convention(without_convention)
            } else {
                words.office_start_all_there().to_owned()
            },
            is_done: has_cooperatives && without_convention == 0,
            act: words.office_start_look(),
            address: "/office/cooperatives",
        },
        Step {
            title: words.office_start_categories(),
            state: if catalogue.categories.is_empty() {
                missing()
            } else {
                words.office_categories_count(catalogue.categories.len())
            },
            is_done: !catalogue.categories.is_empty(),
            act: if catalogue.categories.is_empty() {
                words.office_categories_new()
            } else {
                words.office_start_look()
            },
            address: if catalogue.categories.is_empty() {
                "/office/categories/new"
            } else {
                "/office/categories"
            },
        },
        Step {
            title: words.office_start_products(),
            state: if has_products {
                words.office_products_count(catalogue.products.len())
            } else {
                missing()
            },
            is_done: has_products,
            act: if has_products {
                words.office_start_look()
            } else {
                words.office_products_new()
            },
            address: if has_products {
                "/office/products"
            } else {
                "/office/products/new"
            },
        },
        Step {
            title: words.office_start_prices(),
            state: if !has_products || list.is_none() {
                missing()
            } else if priceless > 0 {
                words.office_prices_missing(priceless)
            } else {
                words.office_start_all_there().to_owned()
            },
            is_done: has_products && priceless == 0,
            act: words.office_prices_new(),
            address: "/office/prices/new",
        },
        Step {
            title: words.office_start_plan(),
            state: match catalogue.plan_at(desk.now) {
                Some(plan) => words.office_plan_version(&plan.version.to_string()),
                None => missing(),
            },
            is_done: catalogue.plan_at(desk.now).is_some(),
            act: if catalogue.plans.is_empty() {
                words.office_plan_new()
            } else {
                words.office_start_look()
            },
            address: if catalogue.plans.is_empty() {
                "/office/plan/new"
            } else {
                "/office/plan"
            },
        },
        Step {
            title: words.office_start_members(),
            state: if members == 0 {
                missing()
            } else {
                words.office_start_people(members)
            },
            is_done: members > 0,
            act: words.office_invite_submit(),
            address: "/office/invite?role=cooperative",
        },
        Step {
            title: words.office_start_agents(),
            state: if agents == 0 {
                missing()
            } else {
                words.office_start_people(agents)
            },
            is_done: agents > 0,
            act: words.office_invite_submit(),
            address: "/office/invite?role=agent",
        },
    ]
}
