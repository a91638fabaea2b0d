//! What was just done, and the way back from it: undo rather than "are you sure?".

use super::picture::icon_small;
use crate::words::Words;
use leptos::prelude::*;
use std::sync::Arc;
use std::time::Duration;

/// How long it stays: long enough to read it twice.
const SHOWN_FOR: Duration = Duration::from_secs(8);

/// Says what happened, one thing at a time.
#[derive(Clone, Copy)]
pub struct Snackbar {
    shown: RwSignal<Option<Shown>>,
    count: StoredValue<u32>,
}

#[derive(Clone)]
struct Shown {
    /// Tells one from the next, so that the clock of the last does not hide this one.
    number: u32,
    words: String,
    undo: Option<Undo>,
}

/// The way back from what was done. It may outlive the screen on which that was done.
#[derive(Clone)]
pub struct Undo {
    /// Whether there still is one: it is offered only as long as it works. Tracks.
    pub works: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Goes it.
    pub back: Arc<dyn Fn() + Send + Sync>,
    /// Told when it is offered no longer and was not gone.
    pub lapsed: Arc<dyn Fn() + Send + Sync>,
}

impl From<Callback<()>> for Undo {
    /// A way back that is always open.
    fn from(back: Callback<()>) -> Self {
        Self {
            works: Arc::new(|| true),
            back: Arc::new(move || back.run(())),
            lapsed: Arc::new(|| {}),
        }
    }
}

impl Snackbar {
    /// One with nothing to say.
    pub fn new() -> Self {
        Self {
            shown: RwSignal::new(None),
            count: StoredValue::new(0),
        }
    }

    /// Says that something is done.
    pub fn say(self, words: impl Into<String>) {
        self.show(words.into(), None);
    }

    /// Says that something is done, and offers the way back.
    pub fn say_with_undo(self, words: impl Into<String>, undo: impl Into<Undo>) {
        self.show(words.into(), Some(undo.into()));
    }

    fn show(self, words: String, undo: Option<Undo>) {
        self.hide();
        self.count.update_value(|count| *count += 1);
        let number = self.count.get_value();
        self.shown.set(Some(Shown {
            number,
            words,
            undo,
        }));
        set_timeout(
            move || {
                if self.shown.with_untracked(|shown| {
                    shown.as_ref().is_some_and(|shown| shown.number == number)
                }) {
                    self.hide();
                }
            },
            SHOWN_FOR,
        );
    }

    fn hide(self) {
        if let Some(undo) = self.take().and_then(|shown| shown.undo) {
            (undo.lapsed)();
        }
    }

    fn take(self) -> Option<Shown> {
        self.shown.try_update(Option::take).flatten()
    }
}

impl Default for Snackbar {
    fn default() -> Self {
        Self::new()
    }
}

/// The place where it speaks. It is always in the page, so that those who listen hear it.
pub fn snackbar(words: Words, bar: Snackbar) -> AnyView {
    view! {
        <div role="status" aria-live="polite">
            {move || bar.shown.get().map(|Shown { words: said, undo, .. }| {
                let undo = undo.map(|undo| {
                    move || (undo.works)().then(|| {
                        let back = Arc::clone(&undo.back);
                        let go = move |_| {
                            drop(bar.take());
                            back();
                        };
                        view! { <button type="button" on:click=go>{icon_small("undo")}{words.action_undo()}</button> }
                    })
                });
                view! { <div class="snackbar"><span>{said}</span>{undo}</div> }
            })}
        </div>
    }
    .into_any()
}
