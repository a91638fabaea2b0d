//! A sheet that rises from the foot of the screen.

use super::picture::icon_small;
use crate::words::Words;
use leptos::html::Dialog;
use leptos::prelude::*;

/// A dialog over the screen, there while `open`. Its content is made anew each time it opens. The
/// browser keeps the focus inside, closes it on Escape and gives the focus back.
pub fn sheet(
    words: Words,
    title: Signal<String>,
    open: RwSignal<bool>,
    content: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    boxed_sheet(words, title, open, Box::new(content))
}

/// Compiled once, whatever the sheets hold.
fn boxed_sheet(
    words: Words,
    title: Signal<String>,
    open: RwSignal<bool>,
    content: Box<dyn Fn() -> AnyView + Send + Sync>,
) -> AnyView {
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        match (open.get(), dialog.open()) {
            // It may have left the page in the meantime; then there is nothing to show.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let close_outside = move |event: leptos::ev::MouseEvent| {
        // A tap on the dialog element itself, not on what it holds, is a tap on the veil around it.
        if dialog
            .get_untracked()
            .is_some_and(|dialog| event.target().as_ref() == Some(dialog.as_ref()))
        {
            open.set(false);
        }
    };
    view! {
        <dialog class="sheet" node_ref=dialog on:close=move |_| open.set(false) on:click=close_outside aria-label=move || title.get()>
            {move || open.get().then(|| view! {
                <div class="dialog-head">
                    <h2>{title.get()}</h2>
                    <button type="button" on:click=move |_| open.set(false)>{icon_small("close")}{words.action_close()}</button>
                </div>
                {content()}
            })}
        </dialog>
    }
    .into_any()
}
