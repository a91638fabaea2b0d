//! The agent's area: everything at a door without a network. No screen here calls one.

use crate::phone::{Phone, badge, settings, sync_page};
use crate::route::Field;
use crate::ui;
use leptos::prelude::*;

#[derive(Clone, Copy)]
pub struct Making;

pub fn making(_phone: Phone) -> Making { Making }

/// The screen of an address.
pub fn screen(phone: Phone, _making: Making, field: Field) -> AnyView {
    match field {
        Field::Settings => ui::frame(ui::app_bar(phone.words.settings_title(), badge::badge(phone)), settings::content(phone), ().into_any()),
        Field::Sync => ui::frame(ui::app_bar(phone.words.sync_title(), badge::badge(phone)), sync_page::content(phone, |_, _| ().into_any()), sync_page::action(phone)),
        _ => ().into_any(),
    }
}
