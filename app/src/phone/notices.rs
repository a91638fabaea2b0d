//! What is shown instead of a screen, or above it, when something stands in the way.

use super::{Phone, badge, browser, pin, sync_page};
use crate::route::{Field, Route};
use crate::ui;
use crate::words::Words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use taswiq_domain::limits::CLOCK_SKEW_FLAGGED_MS;
use taswiq_offline::Phase;
use taswiq_offline::store::StoreError;

/// Who has said "later" to installing is not asked again.
const PUT_OFF_COOKIE: &str = "install_later";

/// Nobody has signed in on this phone.
pub(super) fn nobody(words: Words, here: &Route, left_by_others: RwSignal<u32>) -> AnyView {
    browser::set_title(words.app_name());
    let address = [
        "/sign-in?next=",
        &browser::percent_encoded(&here.to_string()),
    ]
    .concat();
    view! {
        <main class="doorway" tabindex="-1">
            {ui::ornament("doorway-arch", "0 0 320 201", "o-arch")}
            <p class="doorway-name">{words.app_name()}</p>
            <div class="doorway-inside">
                <h1>{words.sign_in_title()}</h1>
                <p>{words.sign_in_text()}</p>
                <a class="button button-primary button-wide" href=address>{ui::icon("key")}{words.sign_in_action()}</a>
                {move || sync_page::of_others(words, left_by_others.get())}
            </div>
        </main>
    }
    .into_any()
}

/// The store cannot be read at all.
pub(super) fn store_broken(words: Words, error: &StoreError) -> AnyView {
    let (tone, title, action) = match error {
        StoreError::TakenOver => ("news", words.store_taken_over_title(), words.store_reload()),
        StoreError::Blocked => ("waiting", words.store_blocked_title(), words.action_retry()),
        StoreError::Unavailable { .. } => {
            ("trouble", words.store_nowhere_title(), words.action_retry())
        }
        StoreError::Full
        | StoreError::Conflict
        | StoreError::Locked
        | StoreError::Unreadable { .. } => {
            ("trouble", words.store_broken_title(), words.action_retry())
        }
    };
    browser::set_title(title);
    let retry = view! { <div class="button-group"><button class="button" type="button" on:click=|_| browser::reload()>{action}</button></div> };
    ui::frame(
        ui::app_bar(words.app_name(), ().into_any()),
        ui::banner_with(
            tone,
            "warning",
            title,
            store_trouble(words, error),
            retry.into_any(),
        ),
        ().into_any(),
    )
}

/// What a failing store means, and what to do.
pub fn store_trouble(words: Words, error: &StoreError) -> &'static str {
    match error {
        StoreError::Full => words.store_full(),
        StoreError::Conflict => words.store_conflict(),
        StoreError::TakenOver => words.store_taken_over(),
        StoreError::Blocked => words.store_blocked(),
        StoreError::Locked => words.store_locked(),
        StoreError::Unreadable { .. } => words.store_unreadable(),
        StoreError::Unavailable { .. } => words.store_unavailable(),
    }
}

/// Signed in, and nothing has come from the server yet.
pub(super) fn first_contact(phone: Phone) -> AnyView {
    let words = phone.words;
    let how = move || match phone.status().phase {
        _ if phone.device().is_revoked() => ui::banner(
            "trouble",
            "warning",
            words.revoked_title(),
            words.revoked_text(),
        ),
        Phase::SignInAgain => sign_in_again(phone),
        Phase::Offline | Phase::Busy => {
            let retry = view! { <div class="button-group"><button class="button" type="button" on:click=move |_| phone.sync_now()>{ui::icon("sync")}{words.action_retry()}</button></div> };
            ui::banner_with(
                "waiting",
                "cloud-off",
                words.first_contact_offline(),
                words.first_contact_offline_text(),
                retry.into_any(),
            )
        }
        _ => ui::banner(
            "news",
            "sync",
            words.first_contact_title(),
            words.first_contact_text(),
        ),
    };
    let to_come = move || {
        let comes = !phone.device().is_revoked();
        comes.then(|| ui::skeleton_list(words.first_contact_title()))
    };
    ui::frame(
        ui::app_bar(words.app_name(), badge::badge(phone)),
        view! { {move || lost(phone)}{how}{to_come} }.into_any(),
        ().into_any(),
    )
}

/// People of the office have pages of their own.
pub(super) fn office(words: Words) -> AnyView {
    let link = view! { <a class="button button-primary" href="/office">{words.office_open()}</a> };
    ui::frame(
        ui::app_bar(words.app_name(), ().into_any()),
        ui::empty_state(
            "chart",
            words.office_title(),
            words.office_text(),
            link.into_any(),
        ),
        ().into_any(),
    )
}

fn sign_in_again(phone: Phone) -> AnyView {
    let words = phone.words;
    let next = browser::percent_encoded(&phone.route.get_untracked().to_string());
    let link = view! { <div class="button-group"><a class="button" href=["/sign-in?next=", &next].concat()>{ui::icon("key")}{words.sign_in_action()}</a></div> };
    ui::banner_with(
        "trouble",
        "key",
        words.sign_in_again_title(),
        if phone.status().waiting == 0 {
            words.sign_in_again_sent()
        } else {
            words.sign_in_again_text()
        },
        link.into_any(),
    )
}

/// Whether another build waits, and whether the browser offers to install: signals that follow what
/// the start script hears.
fn offers() -> (RwSignal<bool>, RwSignal<bool>) {
    let (update, install) = (
        RwSignal::new(browser::is_update_ready()),
        RwSignal::new(browser::can_install()),
    );
    let updates = window_event_listener_untyped("taswiq:update", move |_| {
        update.set(browser::is_update_ready())
    });
    let installs = window_event_listener_untyped("taswiq:install", move |_| {
        install.set(browser::can_install())
    });
    on_cleanup(move || {
        updates.remove();
        installs.remove();
    });
    (update, install)
}

/// What stands above a first screen: only what asks for something to be done.
pub fn above(phone: Phone) -> AnyView {
    let words = phone.words;
    let (update, install) = offers();
    let put_off = RwSignal::new(browser::cookie(PUT_OFF_COOKIE).is_some());
    let session = move || match phone.status().phase {
        Phase::SignInAgain => Some(sign_in_again(phone)),
        Phase::NotAccepted => Some(ui::banner(
            "trouble",
            "warning",
            words.badge_not_accepted(),
            words.not_accepted_text(),
        )),
        Phase::StoreTrouble => Some(ui::banner(
            "trouble",
            "warning",
            words.badge_store_trouble(),
            words.store_full(),
        )),
        _ => None,
    };
    let clock = move || {
        let ahead = phone.status().clock_ahead_ms;
        (ahead.abs() > CLOCK_SKEW_FLAGGED_MS).then(|| clock_wrong(phone, ahead))
    };
    let update = move || {
        update.get().then(|| {
            let take = view! { <div class="button-group"><button class="button" type="button" on:click=|_| browser::take_update()>{words.update_action()}</button></div> };
            ui::banner_with("news", "install", words.update_title(), words.update_text(), take.into_any())
        })
    };
    let offers_install = Memo::new(move |_| {
        // The right moment is after the first order, not before anybody knows what this is.
        let knows_it = !phone.device().orders().is_empty();
        install.get() && knows_it && !put_off.get()
    });
    let install = move || {
        offers_install.get().then(|| {
            let actions = view! {
                <div class="button-group">
                    <button class="button" type="button" on:click=|_| browser::install()>{words.install_action()}</button>
                    <button class="button button-quiet" type="button" on:click=move |_| { browser::set_cookie(PUT_OFF_COOKIE, "1"); put_off.set(true); }>{words.action_later()}</button>
                </div>
            };
            ui::banner_with("news", "install", words.install_title(), words.install_text(), actions.into_any())
        })
    };
    // One offer at a time.
    let pin_offer = pin::offer(phone);
    let pin = move || (!offers_install.get()).then(&pin_offer);
    view! { {session}{move || lost(phone)}{move || lacking(phone)}{clock}{update}{install}{pin} }
        .into_any()
}

/// The browser has thrown away what was on this phone: what is gone, what comes back.
fn lost(phone: Phone) -> Option<AnyView> {
    let words = phone.words;
    let device = phone.device();
    let lost = device.lost()?;
    let codes: Vec<String> = lost.orders.iter().map(ToString::to_string).collect();
    let codes = codes.join(words.lost_comma());
    let others = |said: String| match lost.others {
        0 => said,
        _ => [&said, " ", words.lost_others()].concat(),
    };
    let (tone, text) = match (lost.waiting, lost.is_known, lost.orders.is_empty()) {
        (0, ..) => ("news", words.lost_nothing().to_owned()),
        (waiting, false, true) => ("waiting", words.lost_waiting(waiting as usize)),
        (waiting, false, false) => (
            "waiting",
            [
                words.lost_waiting(waiting as usize),
                words.lost_perhaps(&codes),
            ]
            .join(" "),
        ),
        (_, true, true) => ("news", others(words.lost_orders_back().to_owned())),
        (_, true, false) => ("trouble", others(words.lost_orders(&codes))),
    };
    let read = (lost.is_known || lost.waiting == 0).then(|| {
        let forget = move |_| {
            let device = phone.device_now();
            spawn_local(async move {
                if let Err(error) = device.forget_lost().await {
                    phone.snackbar.say(store_trouble(words, &error));
                }
            });
        };
        let enter = (!lost.orders.is_empty()).then(|| {
            view! { <a class="button" href=Field::FromReceipt.to_string()>{ui::icon("edit")}{words.receipt_enter()}</a> }
        });
        view! { <div class="button-group">{enter}<button class="button" type="button" on:click=forget>{words.lost_read()}</button></div> }
    });
    Some(ui::banner_with(
        tone,
        "device",
        words.lost_title(),
        text,
        read.into_any(),
    ))
}

/// Old things had to make room for new ones.
pub fn lacking(phone: Phone) -> Option<AnyView> {
    let words = phone.words;
    if !phone.device().lacks_copies() {
        return None;
    }
    let bring = move |_| {
        let device = phone.device_now();
        spawn_local(async move {
            match device.take_copies_back().await {
                Ok(true) => phone.sync_now(),
                Ok(false) => phone.snackbar.say(words.lacking_still()),
                Err(error) => phone.snackbar.say(store_trouble(words, &error)),
            }
        });
    };
    let action = view! { <div class="button-group"><button class="button" type="button" on:click=bring>{words.lacking_action()}</button></div> };
    Some(ui::banner_with(
        "waiting",
        "device",
        words.lacking_title(),
        words.lacking_text(),
        action.into_any(),
    ))
}

/// The phone's clock is wrong.
pub fn clock_wrong(phone: Phone, ahead_ms: i64) -> AnyView {
    let words = phone.words;
    let minutes = (ahead_ms.unsigned_abs() / 60_000) as usize;
    let text = if ahead_ms > 0 {
        words.clock_behind(minutes)
    } else {
        words.clock_ahead(minutes)
    };
    ui::banner("waiting", "clock", words.clock_title(), text)
}
