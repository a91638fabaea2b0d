//! The PIN of this phone: offered, chosen, changed, taken away.

use super::{Phone, browser, notices};
use crate::ui;
use leptos::prelude::*;
use leptos::task::spawn_local;
use taswiq_domain::limits::{LOCK_AFTER_HIDDEN_MS, PIN_DIGITS_MAX};
use taswiq_domain::pin::{NotAPin, Pin};
use taswiq_offline::store::StoreError;
use taswiq_offline::store::sealed::Unlocking;

/// Who has said "later" is not asked again.
const PUT_OFF_COOKIE: &str = "pin_later";

/// What is asked for.
#[derive(Clone, PartialEq, Eq)]
enum Step {
    /// The PIN there is, and what for.
    Old(Then),
    /// A new one.
    New,
    /// That one again.
    Again(Pin),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Change,
    Remove,
}

/// The part of the settings.
pub fn part(phone: Phone) -> AnyView {
    let words = phone.words;
    let has_pin = RwSignal::new(phone.device_now().store().has_pin());
    let (open, step) = (RwSignal::new(false), RwSignal::new(Step::New));
    let ask = move |first: Step| {
        step.set(first);
        open.set(true);
    };
    let actions = move || {
        if has_pin.get() {
            let minutes = (LOCK_AFTER_HIDDEN_MS / 60_000) as usize;
            view! {
                <p class="muted">{words.pin_text(minutes)}</p>
                <div class="button-group">
                    <button class="button" type="button" on:click=move |_| phone.lock()>{ui::icon("lock")}{words.pin_lock()}</button>
                    <button class="button button-quiet" type="button" on:click=move |_| ask(Step::Old(Then::Change))>{words.pin_change()}</button>
                    <button class="button button-quiet" type="button" on:click=move |_| ask(Step::Old(Then::Remove))>{words.pin_remove()}</button>
                </div>
            }
            .into_any()
        } else {
            view! {
                <p class="muted">{words.pin_none_text()}</p>
                <button class="button" type="button" on:click=move |_| ask(Step::New)>{ui::icon("lock")}{words.pin_choose()}</button>
            }
            .into_any()
        }
    };
    let sheet = sheet(phone, open, step, has_pin);
    ui::part(
        words.pin_title(),
        ().into_any(),
        view! { {actions}{sheet} }.into_any(),
    )
}

/// The offer above a first screen, to who has none and has not put it off.
pub fn offer(phone: Phone) -> impl Fn() -> Option<AnyView> {
    let words = phone.words;
    let has_pin = RwSignal::new(phone.device_now().store().has_pin());
    let put_off = RwSignal::new(browser::cookie(PUT_OFF_COOKIE).is_some());
    let (open, step) = (RwSignal::new(false), RwSignal::new(Step::New));
    move || {
        (!has_pin.get() && !put_off.get()).then(|| {
            let later = move |_| {
                browser::set_cookie(PUT_OFF_COOKIE, "1");
                put_off.set(true);
            };
            let actions = view! {
                <div class="button-group">
                    <button class="button" type="button" on:click=move |_| { step.set(Step::New); open.set(true); }>{words.pin_choose()}</button>
                    <button class="button button-quiet" type="button" on:click=later>{words.action_later()}</button>
                </div>
            };
            let banner = ui::banner_with(
                "news",
                "lock",
                words.pin_offer_title(),
                words.pin_none_text(),
                actions.into_any(),
            );
            view! { {banner}{sheet(phone, open, step, has_pin)} }.into_any()
        })
    }
}

/// Where the digits are asked for, step by step.
fn sheet(
    phone: Phone,
    open: RwSignal<bool>,
    step: RwSignal<Step>,
    has_pin: RwSignal<bool>,
) -> AnyView {
    let words = phone.words;
    let title = Signal::derive(move || {
        match step.get() {
            Step::Old(_) => words.pin_old(),
            Step::New => words.pin_new(),
            Step::Again(_) => words.pin_again(),
        }
        .to_owned()
    });
    // What was said of one step is read at the next, whose keys are made anew.
    let (digits, is_busy) = (RwSignal::new(String::new()), RwSignal::new(false));
    let said = RwSignal::new(String::new());
    Effect::new(move |_| {
        if !open.get() {
            digits.set(String::new());
            said.set(String::new());
        }
    });
    ui::sheet(words, title, open, move || {
        let done = Callback::new(move |()| {
            let typed = digits.get_untracked();
            digits.set(String::new());
            said.set(String::new());
            is_busy.set(true);
            spawn_local(async move {
                let outcome = take(phone, step, &typed).await;
                is_busy.set(false);
                match outcome {
                    Ok(None) => {}
                    Ok(Some(news)) => {
                        has_pin.set(phone.device_now().store().has_pin());
                        open.set(false);
                        phone.snackbar.say(news);
                    }
                    Err(why) => said.set(why),
                }
            });
        });
        let state = move || match (is_busy.get(), step.get()) {
            (true, _) => words.lock_checking().to_owned(),
            (false, Step::New) if said.with(String::is_empty) => words.pin_length().to_owned(),
            _ => said.get(),
        };
        let off = Signal::derive(move || is_busy.get());
        view! {
            <div class="dialog-body">
                <p class="lock-state" aria-live="polite">{state}</p>
                {ui::pin_pad(words, digits, PIN_DIGITS_MAX, off, words.action_continue(), done)}
            </div>
        }
        .into_any()
    })
}

/// Takes what was typed: goes a step on, says that all is done, or why not.
async fn take(
    phone: Phone,
    step: RwSignal<Step>,
    typed: &str,
) -> Result<Option<&'static str>, String> {
    let words = phone.words;
    let store = phone.device_now().store().clone();
    let trouble = |error: StoreError| notices::store_trouble(words, &error).to_owned();
    let now = step.get_untracked();
    if let Step::Old(then) = now {
        match store.unlock(typed, browser::now()).await.map_err(trouble)? {
            Unlocking::Wrong { tries_left: 0 } => return Err(words.lock_wrong_last().to_owned()),
            Unlocking::Wrong { tries_left } => return Err(words.lock_wrong(tries_left as usize)),
            Unlocking::Wait { ms } => {
                return Err(words.lock_wait(&super::lock::minutes_and_seconds(ms)));
            }
            Unlocking::Open => {}
        }
        if then == Then::Change {
            step.set(Step::New);
            return Ok(None);
        }
        store.remove_pin().await.map_err(trouble)?;
        return Ok(Some(words.pin_removed()));
    }
    if let Step::Again(first) = &now
        && first.digits() != typed
    {
        step.set(Step::New);
        return Err(words.pin_differs().to_owned());
    }
    let pin: Pin = typed.parse().map_err(|error| {
        match error {
            NotAPin::Length => words.pin_length(),
            NotAPin::TooEasy => words.pin_easy(),
        }
        .to_owned()
    })?;
    match now {
        Step::Again(_) => {
            let profile = phone.device_now().profile();
            let name = profile.and_then(|profile| serde_json::to_string(&profile.name).ok());
            store
                .set_pin(&pin, &name.unwrap_or_default())
                .await
                .map_err(trouble)?;
            Ok(Some(words.pin_saved()))
        }
        _ => {
            step.set(Step::Again(pin));
            Ok(None)
        }
    }
}
