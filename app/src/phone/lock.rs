//! The screen of a phone that is locked, and what locks it.

use super::opening::{Opening, has_session};
use super::{browser, notices};
use crate::ui;
use crate::words::Words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use taswiq_domain::limits::{LOCK_AFTER_HIDDEN_MS, PIN_DIGITS_MAX, PIN_DIGITS_MIN};
use taswiq_domain::reading::read;
use taswiq_domain::text::LocalText;
use taswiq_offline::store::sealed::Unlocking;
use taswiq_offline::store::{PhoneStore, StoreError};

/// Told on the window when another page of this phone was locked.
pub(super) use taswiq_offline::driver::browser::LOCK;

const SECOND: Duration = Duration::from_secs(1);

/// What the last try came to.
#[derive(Clone)]
enum Said {
    Nothing,
    Wrong(u32),
    Trouble(StoreError),
    NoNetwork,
}

/// Asks for the PIN, and goes on with `opening` when it is right. What waits leaves meanwhile.
pub(super) fn screen(words: Words, opening: Opening, left: RwSignal<u32>) -> AnyView {
    browser::set_title(words.app_name());
    let owner = opening.store().owner();
    let owner: Option<LocalText> = owner.and_then(|name| read(&name).ok());
    let name = owner
        .as_ref()
        .and_then(|name| name.get(words.code()).split_whitespace().next());
    let title = name.map_or_else(
        || words.lock_title_nobody().to_owned(),
        |name| words.lock_title(name),
    );
    let seal = name.map_or_else(|| ui::icon("lock"), |name| ui::seal(name, "done"));
    let (digits, said) = (RwSignal::new(String::new()), RwSignal::new(Said::Nothing));
    let (wait_ms, is_busy) = (RwSignal::new(0_i64), RwSignal::new(false));
    let forgotten = RwSignal::new(opening.store().is_pin_forgotten());
    let opening = StoredValue::new_local(opening);
    let count_down = move || {
        spawn_local(async move {
            let store = opening.with_value(|opening| opening.store().clone());
            let left = store.wait_ms(browser::now()).await.unwrap_or_default();
            let _ = wait_ms.try_set(left);
        })
    };
    count_down();
    let ticking = set_interval_with_handle(
        move || {
            if wait_ms.get_untracked() > 0 {
                count_down();
            }
        },
        SECOND,
    );
    on_cleanup(move || drop(ticking.map(|ticking| ticking.clear())));
    let attempt = move || {
        let pin = digits.get_untracked();
        if pin.len() < PIN_DIGITS_MIN || is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        said.set(Said::Nothing);
        spawn_local(async move {
            let tried = opening.with_value(|opening| opening.store().clone());
            match tried.unlock(&pin, browser::now()).await {
                Ok(Unlocking::Open) => {
                    let opening = opening.get_value();
                    match opening.go_on().await {
                        Ok(()) => return,
                        Err(error) => said.set(Said::Trouble(error)),
                    }
                }
                Ok(Unlocking::Wrong { tries_left }) => {
                    said.set(Said::Wrong(tries_left));
                    count_down();
                }
                Ok(Unlocking::Wait { ms }) => wait_ms.set(ms),
                Err(error) => said.set(Said::Trouble(error)),
            }
            digits.set(String::new());
            is_busy.set(false);
        });
    };
    let forget = move |_| {
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        spawn_local(async move {
            let opening = opening.get_value();
            match forget(&opening).await {
                Ok(true) => browser::leave_for(&sign_in_page()),
                Ok(false) => said.set(Said::NoNetwork),
                Err(error) => said.set(Said::Trouble(error)),
            }
            is_busy.set(false);
        });
    };
    let state = move || match said.get() {
        _ if is_busy.get() => words.lock_checking().to_owned(),
        _ if wait_ms.get() > 0 => words.lock_wait(&minutes_and_seconds(wait_ms.get())),
        Said::Nothing => String::new(),
        Said::Wrong(0) => words.lock_wrong_last().to_owned(),
        Said::Wrong(left) => words.lock_wrong(left as usize),
        Said::Trouble(error) => notices::store_trouble(words, &error).to_owned(),
        Said::NoNetwork => words.lock_forgotten_offline().to_owned(),
    };
    // Read aloud once, not each second.
    let aloud = Memo::new(move |_| {
        (
            wait_ms.get() > 0,
            is_busy.get(),
            said.with(|said| matches!(said, Said::Nothing)),
        )
    });
    let live = move || if aloud.get().0 { "off" } else { "polite" };
    let waits = move || {
        let left = left.get() as usize;
        (left > 0).then(|| ui::strip("waiting", "cloud-up", words.lock_waiting(left)))
    };
    let off = Signal::derive(move || is_busy.get() || wait_ms.get() > 0);
    let keys = move || {
        if forgotten.get() {
            let actions = view! {
                <div class="button-group">
                    <button class="button" type="button" on:click=forget>{ui::icon("key")}{words.lock_forgotten_action()}</button>
                    <button class="button button-quiet" type="button" on:click=move |_| forgotten.set(false)>{words.action_back()}</button>
                </div>
            };
            ui::banner_with(
                "news",
                "key",
                words.lock_forgotten_title(),
                words.lock_forgotten_text(),
                actions.into_any(),
            )
        } else {
            view! {
                {ui::pin_pad(words, digits, PIN_DIGITS_MAX, off, words.lock_open(), Callback::new(move |()| attempt()))}
                <div class="lock-help">
                    <button class="button button-quiet" type="button" on:click=move |_| forgotten.set(true)>{words.lock_forgotten()}</button>
                    <a class="button button-quiet" href=sign_in_page()>{words.lock_another()}</a>
                </div>
            }
            .into_any()
        }
    };
    view! {
        <main class="lock" tabindex="-1">
            {waits}
            <div class="lock-inside">
                {seal}
                <h1>{title}</h1>
                <p class="lock-state" aria-live=live data-tone=move || matches!(said.get(), Said::Wrong(_) | Said::Trouble(_)).then_some("trouble")>{state}</p>
                {keys}
            </div>
        </main>
    }
    .into_any()
}

/// Ends the session the phone has, so that a later one tells of a password that was shown, and notes it.
/// Whether the server was reached.
async fn forget(opening: &Opening) -> Result<bool, StoreError> {
    browser::sign_out().await;
    // Whoever stands between phone and server may say anything: only that there is no session counts.
    if has_session(opening).await != Some(false) {
        return Ok(false);
    }
    opening.store().note_pin_forgotten().await?;
    Ok(true)
}

fn sign_in_page() -> String {
    let here = browser::percent_encoded(&browser::address());
    ["/sign-in?next=", &here].concat()
}

/// `0:29`
pub(super) fn minutes_and_seconds(ms: i64) -> String {
    let seconds = ms.saturating_add(999) / 1000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Locks a phone that has a PIN: when its app was out of sight for long, and when another page of it is
/// locked.
pub(super) fn guard(store: PhoneStore) {
    browser::on_window(LOCK, browser::begin_again);
    let hidden_since: Rc<Cell<Option<(f64, f64)>>> = Rc::default();
    let timer: Rc<Cell<Option<TimeoutHandle>>> = Rc::default();
    let lock = move || {
        let store = store.clone();
        spawn_local(async move {
            if store.has_pin_now().await == Ok(true) {
                browser::begin_again();
            }
        });
    };
    let lock = Rc::new(lock);
    browser::on_visible(move |is_visible| {
        if let Some(timer) = timer.take() {
            timer.clear();
        }
        if !is_visible {
            hidden_since.set(Some(browser::clocks()));
            let lock = Rc::clone(&lock);
            let after = Duration::from_millis(LOCK_AFTER_HIDDEN_MS.unsigned_abs());
            // A page out of sight may sleep; then it is locked when it wakes.
            timer.set(set_timeout_with_handle(move || lock(), after).ok());
        } else if let Some((clock, ticks)) = hidden_since.take() {
            let (clock_now, ticks_now) = browser::clocks();
            // One of them sleeps with the phone, the other can be set.
            let passed = (clock_now - clock).max(ticks_now - ticks);
            if passed >= LOCK_AFTER_HIDDEN_MS as f64 {
                lock();
            }
        }
    });
}
