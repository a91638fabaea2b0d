//! Language, look, and leaving: the same for both areas.

use super::{Phone, badge, browser, opening, pin};
use crate::ui::{self, Choice};
use crate::words::{LANGUAGES, Words};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::RefCell;
use taswiq_domain::ids::PersonId;

thread_local! {
    /// Languages loaded so far: each is loaded once in the life of the page.
    static LOADED: RefCell<Vec<Words>> = const { RefCell::new(Vec::new()) };
}

const THEMES: [&str; 3] = ["", "light", "dark"];

/// What the settings hold, without the frame around them.
pub fn content(phone: Phone) -> AnyView {
    let words = phone.words;
    phone.title(words.settings_title());
    view! {
        {this_phone(phone)}
        {languages(phone)}
        {themes(words)}
        {pin::part(phone)}
        {about(phone)}
        {leaving(phone)}
    }
    .into_any()
}

/// The way to the page of what is on this phone.
fn this_phone(phone: Phone) -> AnyView {
    let words = phone.words;
    let state = move || badge::look(phone, &phone.status()).2;
    view! {
        <ul class="list"><li><a class="list-row" href=badge::sync_page(&phone.route.get_untracked()).to_string()>
            {ui::icon("device")}
            <span class="list-main"><span>{words.sync_title()}</span><span>{state}</span></span>
            {ui::icon("chevron")}
        </a></li></ul>
    }
    .into_any()
}

fn languages(phone: Phone) -> AnyView {
    let choices = LANGUAGES
        .iter()
        .map(|language| Choice {
            icon: "",
            words: language.name,
        })
        .collect();
    let chosen = Signal::derive(move || {
        LANGUAGES
            .iter()
            .position(|language| language.code == phone.language.get().code())
    });
    let choose = Callback::new(move |index: usize| speak(phone, LANGUAGES[index].code));
    ui::segmented(
        "language",
        phone.words.settings_language(),
        "segmented",
        choices,
        chosen,
        choose,
    )
}

/// Changes the language at once. Its sentences lie in the phone already.
fn speak(phone: Phone, code: &'static str) {
    LOADED.with_borrow_mut(|loaded| {
        if !loaded
            .iter()
            .any(|words| words.code() == phone.words.code())
        {
            loaded.push(phone.words);
        }
    });
    if let Some(words) =
        LOADED.with_borrow(|loaded| loaded.iter().find(|words| words.code() == code).copied())
    {
        return show_in(phone, words);
    }
    spawn_local(async move {
        let address = browser::shell()
            .languages
            .get(code)
            .map(|language| language.locale.clone())
            .unwrap_or_default();
        match browser::load(&address)
            .await
            .and_then(|json| Words::load(&json).ok())
        {
            Some(words) => {
                LOADED.with_borrow_mut(|loaded| loaded.push(words));
                show_in(phone, words);
            }
            None => phone
                .snackbar
                .say(phone.words.settings_language_unreachable()),
        }
    });
}

fn show_in(phone: Phone, words: Words) {
    browser::set_cookie("lang", words.code());
    browser::set_language(words.code(), words.direction());
    phone.language.set(words);
}

fn themes(words: Words) -> AnyView {
    let chosen = RwSignal::new(
        browser::cookie("theme")
            .and_then(|kept| THEMES.iter().position(|theme| *theme == kept))
            .unwrap_or(0),
    );
    let choices = vec![
        Choice {
            icon: "device",
            words: words.settings_theme_system(),
        },
        Choice {
            icon: "sun",
            words: words.settings_theme_light(),
        },
        Choice {
            icon: "moon",
            words: words.settings_theme_dark(),
        },
    ];
    let choose = Callback::new(move |index: usize| {
        chosen.set(index);
        browser::set_theme(THEMES[index]);
    });
    ui::segmented(
        "theme",
        words.settings_theme(),
        "segmented segmented-tall",
        choices,
        Signal::derive(move || Some(chosen.get())),
        choose,
    )
}

fn about(phone: Phone) -> AnyView {
    let words = phone.words;
    let lines = move || {
        let device = phone.device();
        let profile = device.profile();
        let PersonId(number) = device.person();
        let name = profile.as_ref().map_or_else(
            || number.to_string(),
            |profile| profile.name.get(words.code()).to_owned(),
        );
        let role = profile.map_or("", |profile| words.role(profile.role));
        // Enough to tell one phone from another on the telephone.
        let device_id = device.id().to_string();
        let shown_id = device_id.rsplit('-').next().unwrap_or_default().to_owned();
        view! {
            <dl class="sums">
                <div><dt>{words.settings_person()}</dt><dd><bdi>{name}</bdi></dd></div>
                <div><dt>{words.settings_role()}</dt><dd>{role}</dd></div>
                <div><dt>{words.settings_device()}</dt><dd class="code">{shown_id}</dd></div>
                <div><dt>{words.settings_build()}</dt><dd class="code">{browser::shell().build}</dd></div>
            </dl>
        }
    };
    ui::part(words.settings_about(), ().into_any(), lines.into_any())
}

/// Leaving is possible at any time; what waits stays here, sealed, and goes out when the same person
/// signs in again.
fn leaving(phone: Phone) -> AnyView {
    let words = phone.words;
    let waiting = move || {
        let waiting = phone.status().waiting as usize;
        (waiting > 0).then(|| {
            let link = view! { <div class="button-group"><a class="button" href=badge::sync_page(&phone.route.get_untracked()).to_string()>{ui::icon("cloud-up")}{words.settings_send_first()}</a></div> };
            ui::banner_with("waiting", "cloud-up", words.settings_waiting(waiting), words.settings_waiting_text(), link.into_any())
        })
    };
    let leave = move |_| {
        spawn_local(async move {
            opening::forget_holder().await;
            browser::sign_out().await;
            browser::leave_for("/sign-in");
        });
    };
    let content = view! {
        {waiting}
        <button class="button button-danger" type="button" on:click=leave>{ui::icon("sign-out")}{words.settings_sign_out()}</button>
    };
    ui::part(words.settings_leave(), ().into_any(), content.into_any())
}
