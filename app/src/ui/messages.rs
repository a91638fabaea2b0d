//! What tells how things stand: chips, banners, progress, and what stands where nothing is yet.

use super::picture::{icon, icon_small, tone_of};
use leptos::prelude::*;

/// A state in a word: never by its colour alone.
pub fn chip(tone: &'static str, icon: &str, words: impl Into<String>) -> AnyView {
    let words: String = words.into();
    view! { <span class="chip" data-tone=tone_of(tone)>{icon_small(icon)}{words}</span> }.into_any()
}

/// A message that stays until its cause is gone.
pub fn banner(
    tone: &'static str,
    icon_name: &str,
    title: impl Into<String>,
    text: impl Into<String>,
) -> AnyView {
    banner_with(tone, icon_name, title, text, ().into_any())
}

/// A message with something to do about it.
pub fn banner_with(
    tone: &'static str,
    icon_name: &str,
    title: impl Into<String>,
    text: impl Into<String>,
    actions: AnyView,
) -> AnyView {
    let (title, text): (String, String) = (title.into(), text.into());
    let text = (!text.is_empty()).then(|| view! { <p>{text}</p> });
    view! { <div class="banner" data-tone=tone_of(tone)>{icon(icon_name)}<div><strong>{title}</strong>{text}</div>{actions}</div> }.into_any()
}

/// A thin message over the whole width.
pub fn strip(tone: &'static str, icon: &str, words: impl Into<String>) -> AnyView {
    let words: String = words.into();
    view! { <div class="banner-strip" data-tone=tone>{icon_small(icon)}{words}</div> }.into_any()
}

/// A counted progress.
pub fn progress(words: String, counted: String, done: u32, total: u32) -> AnyView {
    view! {
        <div class="progress">
            <div class="progress-words"><span>{words.clone()}</span><bdi>{counted}</bdi></div>
            <progress value=done.to_string() max=total.to_string() aria-label=words></progress>
        </div>
    }
    .into_any()
}

/// What stands where nothing is yet: why, and what to do.
pub fn empty_state(
    icon_name: &str,
    title: impl Into<String>,
    text: impl Into<String>,
    action: AnyView,
) -> AnyView {
    let (title, text): (String, String) = (title.into(), text.into());
    view! {
        <div class="empty-state">
            <div class="empty-arch">{icon(icon_name)}</div>
            <h2>{title}</h2>
            <p>{text}</p>
            {action}
        </div>
    }
    .into_any()
}

/// Lines that stand for a list before anything has ever come.
pub fn skeleton_list(label: &'static str) -> AnyView {
    let line = || view! { <div class="stack stack-tight"><span class="skeleton"></span><span class="skeleton skeleton-short"></span></div> };
    view! {
        <div class="stack" aria-busy="true" role="status">
            <span class="visually-hidden">{label}</span>
            {line()}{line()}{line()}{line()}
        </div>
    }
    .into_any()
}
