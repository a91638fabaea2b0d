//! Keys for a PIN, for one thumb.

use super::picture::icon;
use crate::words::Words;
use leptos::html::Div;
use leptos::prelude::*;

/// Shown as places to fill, however many digits there will be.
const PLACES_MIN: usize = 4;

/// Digits as they are tapped, or typed where there are keys: `digits` holds them, `digits_max` at most,
/// and `done` is told when the person says that these are all. While it is `off` nothing is taken.
pub fn pin_pad(
    words: Words,
    digits: RwSignal<String>,
    digits_max: usize,
    off: Signal<bool>,
    go: &'static str,
    done: Callback<()>,
) -> AnyView {
    let add = move |digit: char| {
        if !off.get_untracked() && digits.with_untracked(String::len) < digits_max {
            digits.update(|digits| digits.push(digit));
        }
    };
    let erase = move || {
        if !off.get_untracked() {
            digits.update(|digits| {
                digits.pop();
            });
        }
    };
    let finish = move || {
        if !off.get_untracked() {
            done.run(());
        }
    };
    let typed = window_event_listener(leptos::ev::keydown, move |event| {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let on_button = event
            .target()
            .and_then(|target| {
                use wasm_bindgen::JsCast;
                target.dyn_into::<leptos::web_sys::Element>().ok()
            })
            .is_some_and(|target| matches!(target.tag_name().as_str(), "BUTTON" | "A"));
        match event.key().as_str() {
            "Backspace" => erase(),
            // A button that has the focus is pressed by it.
            "Enter" if !on_button => finish(),
            key => {
                if let (Some(digit @ '0'..='9'), 1) = (key.chars().next(), key.len()) {
                    add(digit);
                }
            }
        }
    });
    on_cleanup(move || typed.remove());
    // Where a dialog has put it a key would press its first button.
    let pad = NodeRef::<Div>::new();
    Effect::new(move |_| {
        if let Some(pad) = pad.get() {
            request_animation_frame(move || drop(pad.focus()));
        }
    });
    let key = move |digit: char| view! { <button type="button" aria-disabled=move || off.get().then_some("true") on:click=move |_| add(digit)>{digit.to_string()}</button> };
    let places = move || {
        let filled = digits.with(String::len);
        (0..filled.max(PLACES_MIN))
            .map(|place| view! { <i data-filled=(place < filled).then_some("")></i> })
            .collect::<Vec<_>>()
    };
    view! {
        <div class="pin" tabindex="-1" node_ref=pad>
            <output class="pin-dots" aria-label=move || words.pin_digits(digits.with(String::len))>{places}</output>
            <div class="pin-keys">
                {('1'..='9').map(key).collect::<Vec<_>>()}
                <button type="button" aria-disabled=move || off.get().then_some("true") on:click=move |_| erase()>{icon("back")}{words.action_clear()}</button>
                {key('0')}
                <button class="pin-go" type="button" aria-disabled=move || off.get().then_some("true") on:click=move |_| finish()>{icon("check")}{go}</button>
            </div>
        </div>
    }
    .into_any()
}
