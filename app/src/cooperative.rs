//! The cooperative's area: answer what agents sold, prepare it, hand it over.
//!
//! It works from a cold start without a network, by the same device and the same rules as the
//! agent's. Nothing here calls the network; what is shown is what the phone has.

mod answer;
mod by_order;
mod by_product;
mod confirm;
mod deliver;
mod desk;
mod fail_supply;
mod hand_over;
mod lines;
mod order;
mod orders;
mod pack;
mod part;
mod picking;
mod prepare;
mod propose;
mod refuse;
mod tally;

use crate::phone::{Phone, settings, sync_page};
use crate::route::Coop;
use crate::ui;
pub use desk::Desk;
use leptos::prelude::*;
use taswiq_offline::Parked;

/// What the area remembers from screen to screen.
pub fn desk(phone: Phone) -> Desk {
    Desk::new(phone)
}

/// A screen of the area.
pub fn screen(desk: Desk, route: Coop) -> AnyView {
    match route {
        Coop::ToConfirm(grouping) => confirm::screen(desk, grouping),
        Coop::Prepare => prepare::screen(desk),
        Coop::Pack(order, cooperative) => pack::screen(desk, (order, cooperative)),
        Coop::PickingList => picking::screen(desk),
        Coop::HandOver => hand_over::screen(desk),
        Coop::Deliver(order, cooperative) => deliver::screen(desk, (order, cooperative)),
        Coop::Orders(shown) => orders::screen(desk, shown),
        Coop::Order(order, cooperative) => order::screen(desk, (order, cooperative)),
        Coop::Propose(order, cooperative) => propose::screen(desk, (order, cooperative)),
        Coop::Settings => {
            let words = desk.phone.words;
            desk.first_screen(
                Coop::Settings,
                words.settings_title(),
                settings::content(desk.phone),
                ().into_any(),
            )
        }
        Coop::Sync => {
            let content = sync_page::content(desk.phone, repair);
            desk.second_screen(
                Coop::default(),
                desk.phone.words.coop_confirm_title(),
                content,
                sync_page::action(desk.phone),
            )
        }
    }
}

/// A parked answer is mended on the page of its order, where the rules say what may be done now.
fn repair(phone: Phone, parked: &Parked) -> AnyView {
    let Some(address) = order_address(&parked.command.body) else {
        return ().into_any();
    };
    view! { <a class="button" href=address>{ui::icon("orders")}{phone.words.coop_open_order()}</a> }
        .into_any()
}

fn order_address(body: &taswiq_domain::sync::CommandBody) -> Option<String> {
    let (order, cooperative) = (body.order()?, desk::cooperative_of(body)?);
    Some(crate::route::Route::from(Coop::Order(order, cooperative)).to_string())
}
