//! For the phone without a network: what waits on it goes along with somebody else, as a file or as codes read
//! from the screen. It stays here all the same until the server itself has answered.

use super::{Phone, browser, notices};
use crate::ui;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use taswiq_domain::hand_over::Frame;
use taswiq_offline::hand_over::browser::{can_seal, seal};

/// How long a code stands before the next: a cheap camera needs half of it.
const CODE_STANDS: Duration = Duration::from_millis(900);

/// What somebody else could carry, where anything waits.
pub fn offer(phone: Phone) -> AnyView {
    let codes = RwSignal::new(Vec::<String>::new());
    let is_showing = RwSignal::new(false);
    let words = phone.words;
    let offered = move || {
        let device = phone.device();
        let waiting = device.waiting();
        (waiting > 0).then(|| {
            let is_able = device.can_pack() && can_seal();
            let content = if is_able {
                view! { <p>{words.carried_safe()}</p>{ways(phone, codes, is_showing)} }.into_any()
            } else {
                view! { <p>{words.carried_not_yet()}</p> }.into_any()
            };
            let more = words.carried_text(waiting as usize);
            view! {
                <details class="more">
                    <summary>{ui::icon("share")}{words.carried_title()}{ui::icon_flat("chevron-down")}</summary>
                    <div class="stack"><p>{more}</p>{content}</div>
                </details>
            }
            .into_any()
        })
    };
    let title = Signal::derive(move || words.carried_codes_title().to_owned());
    let sheet = ui::sheet(words, title, is_showing, move || {
        show(phone, codes.get_untracked())
    });
    view! { {offered}{sheet} }.into_any()
}

fn ways(phone: Phone, codes: RwSignal<Vec<String>>, is_showing: RwSignal<bool>) -> AnyView {
    let words = phone.words;
    let save = move |_| {
        with_files(phone, move |files| {
            files.iter().for_each(browser::save_file);
            phone.snackbar.say(words.carried_saved());
        })
    };
    let share = browser::can_share_files().then(|| {
        let share = move |_| {
            with_files(phone, move |files| {
                spawn_local(async move {
                    if !browser::share_files(words.carried_title(), &files).await {
                        phone.snackbar.say(words.carried_not_shared());
                    }
                });
            })
        };
        view! { <button class="button" type="button" on:click=share>{ui::icon("share")}{words.carried_share()}</button> }
    });
    let show = move |_| {
        with_frames(phone, move |files| {
            let address = browser::origin().to_ascii_uppercase();
            let said = files
                .into_iter()
                .flatten()
                .map(|frame| format!("{address}/H/{frame}"));
            codes.set(said.collect());
            is_showing.set(true);
        })
    };
    view! {
        <div class="button-group">
            {share}
            <button class="button" type="button" on:click=save>{ui::icon("download")}{words.carried_save()}</button>
            <button class="button" type="button" on:click=show>{ui::icon("qr")}{words.carried_codes()}</button>
        </div>
    }
    .into_any()
}

/// Makes the files as they are to be given away: their names tell nothing but when they were made.
fn with_files(phone: Phone, then: impl FnOnce(Vec<browser::TextFile>) + 'static) {
    with_frames(phone, move |files| {
        let made_on = phone.today();
        let at = crate::words::time(phone.now(), phone.offset()).replace(':', "");
        let count = files.len();
        let named = files.into_iter().enumerate().map(|(index, frames)| {
            let part = if count > 1 {
                format!("-{}", index + 1)
            } else {
                String::new()
            };
            browser::TextFile {
                name: format!("taswiq-{made_on}-{at}{part}.txt"),
                // Whoever opens it reads first where it is to be brought.
                text: format!("{}/hand-over\n\n{}\n", browser::origin(), frames.join("\n")),
            }
        });
        then(named.collect());
    });
}

/// Packs and seals what waits; says so where that fails, and nothing has changed then.
fn with_frames(phone: Phone, then: impl FnOnce(Vec<Vec<String>>) + 'static) {
    let device = phone.device_now();
    let build = browser::shell().build;
    // Boxed, so that sealing is compiled once.
    let then: Box<dyn FnOnce(Vec<Vec<String>>)> = Box::new(then);
    spawn_local(async move {
        let packed = match device.pack(browser::now(), &build).await {
            Ok(Some(packed)) => packed,
            // All of it has left meanwhile.
            Ok(None) => return,
            Err(error) => {
                return phone
                    .snackbar
                    .say(notices::store_trouble(phone.words, &error));
            }
        };
        let mut files = Vec::with_capacity(packed.files.len());
        for contents in &packed.files {
            match seal(&packed.sealing_key, contents).await {
                Ok(file) => files.push(Frame::cut(&file)),
                Err(_) => return phone.snackbar.say(phone.words.carried_failed()),
            }
        }
        then(files);
    });
}

/// The codes one after the other, over and over.
fn show(phone: Phone, codes: Vec<String>) -> AnyView {
    let words = phone.words;
    let count = codes.len();
    let current = RwSignal::new(0_usize);
    let is_moving = RwSignal::new(count > 1 && !browser::wants_less_motion());
    let turn = move |by: usize| current.update(|current| *current = (*current + by) % count.max(1));
    if let Ok(clock) = set_interval_with_handle(
        move || {
            if is_moving.get_untracked() {
                turn(1);
            }
        },
        CODE_STANDS,
    ) {
        on_cleanup(move || clock.clear());
    }
    let step = move |by: usize| {
        is_moving.set(false);
        turn(by);
    };
    let counted =
        move || words.carried_code_of(&(current.get() + 1).to_string(), &count.to_string());
    let code = move || {
        let said = codes.get(current.get()).cloned().unwrap_or_default();
        let code = ui::qr(&said, &counted());
        view! { <div class="scanned">{code}</div> }
    };
    let moving = move || {
        if is_moving.get() {
            words.carried_pause()
        } else {
            words.carried_go_on()
        }
    };
    let controls = (count > 1).then(|| {
        view! {
            <p class="number scanned-count" aria-live="off">{counted}</p>
            <div class="scanned-turn">
                <button class="button" type="button" on:click=move |_| step(count - 1)>{words.carried_previous()}</button>
                <button class="button" type="button" on:click=move |_| is_moving.update(|is_moving| *is_moving = !*is_moving)>{moving}</button>
                <button class="button" type="button" on:click=move |_| step(1)>{words.carried_next()}</button>
            </div>
        }
    });
    view! {
        <div class="dialog-body stack">
            {code}
            {controls}
            <p>{words.carried_codes_text(&format!("{}/hand-over", browser::origin()))}</p>
        </div>
    }
    .into_any()
}
