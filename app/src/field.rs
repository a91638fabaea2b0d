//! The agent's area: everything at a door without a network. No screen here calls one.
//!
//! One file for each screen. What they share: the order in the [making](making), how a commission is
//! [explained](explain), and how an order is [put into words](wording).

mod customers;
mod deliver;
mod disputes;
mod earnings;
mod explain;
mod from_receipt;
mod making;
mod order;
mod orders;
mod products;
mod receipt;
mod repair;
mod review;
mod statements;
mod today;
mod wording;

pub use making::{Making, making};

use crate::phone::{Phone, badge, settings, sync_page};
use crate::route::{Field, OrdersShown};
use crate::ui::{self, Tab};
use leptos::prelude::*;

/// The screen of an address.
pub fn screen(phone: Phone, making: Making, field: Field) -> AnyView {
    match field {
        Field::Today => today::screen(phone),
        Field::NewOrder => customers::choose(phone, making),
        Field::FromReceipt => from_receipt::screen(phone, making),
        Field::NewCustomer => customers::write_down(phone, making),
        Field::Products => products::screen(phone, making),
        Field::Review => review::screen(phone, making),
        Field::Orders(shown) => orders::screen(phone, shown),
        Field::Order(order) => order::screen(phone, making, order),
        Field::Receipt(order) => receipt::screen(phone, order),
        Field::Deliver(order, cooperative) => deliver::screen(phone, order, cooperative),
        Field::Earnings => earnings::screen(phone),
        Field::EarningsOf(rung) => earnings::rung(phone, rung),
        Field::Statement(period) => statements::screen(phone, period),
        Field::StatementEntries(period, behind) => statements::entries(phone, period, behind),
        Field::Disputes => disputes::screen(phone),
        Field::NewDispute(about) => disputes::open(phone, about),
        Field::Dispute(dispute) => disputes::one(phone, dispute),
        Field::Sync => {
            let foot = view! { {sync_page::action(phone)}{tabs(phone, field)} };
            ui::frame(
                ui::back_bar(
                    Field::Today.to_string(),
                    phone.words.today_title(),
                    ().into_any(),
                ),
                sync_page::content(phone, move |phone, parked| {
                    repair::actions(phone, making, parked)
                }),
                foot.into_any(),
            )
        }
        Field::Settings => ui::frame(
            ui::app_bar(phone.words.settings_title(), badge::badge(phone)),
            settings::content(phone),
            tabs(phone, field),
        ),
    }
}

/// The places of the area, under the thumb.
fn tabs(phone: Phone, here: Field) -> AnyView {
    let words = phone.words;
    (move || {
        let status = phone.status();
        let tab = |to: Field, icon, words, count, is_here| Tab {
            href: to.to_string(),
            icon,
            words,
            count,
            is_here,
        };
        ui::tab_bar(
            words.tabs_label(),
            vec![
                tab(
                    Field::Today,
                    "home",
                    words.today_title(),
                    0,
                    here == Field::Today,
                ),
                tab(
                    Field::Orders(OrdersShown::Open),
                    "orders",
                    words.orders_title(),
                    0,
                    matches!(here, Field::Orders(_)),
                ),
                tab(
                    Field::Earnings,
                    "coins",
                    words.earnings_tab(),
                    0,
                    matches!(
                        here,
                        Field::Earnings
                            | Field::Statement(_)
                            | Field::StatementEntries(..)
                            | Field::EarningsOf(_)
                            | Field::Disputes
                            | Field::NewDispute(_)
                            | Field::Dispute(_)
                    ),
                ),
                tab(
                    Field::Settings,
                    "settings",
                    words.settings_title(),
                    status.parked,
                    matches!(here, Field::Settings | Field::Sync),
                ),
            ],
        )
    })
    .into_any()
}
