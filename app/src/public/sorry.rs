//! What a person reads when something did not work: what happened, that nothing is lost, what to do.

use leptos::prelude::*;

use super::document::{Setting, document};
use crate::ui::icon;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorry {
    /// There is nothing at this address.
    NotFound,
    /// This person may not see it.
    NotAllowed,
    /// A link that was used before or is too old.
    LinkSpent,
    /// The form came from another site's page.
    CrossSite,
    /// Too much was sent.
    TooLarge,
    /// Too many tries.
    TooManyTries,
    /// The server is busy.
    Busy,
    /// What was sent cannot be read.
    Unreadable,
    /// A mistake of ours.
    Bug,
}

/// The page. `request` is the id a person may quote; `home` is where the one link leads.
pub fn sorry(setting: &Setting, what: Sorry, request: &str, home: &str) -> String {
    let words = setting.words;
    let (sign, title, text) = match what {
        Sorry::NotFound => (
            "map",
            words.public_sorry_not_found(),
            words.public_sorry_not_found_text(),
        ),
        Sorry::NotAllowed => (
            "lock",
            words.public_sorry_not_allowed(),
            words.public_sorry_not_allowed_text(),
        ),
        Sorry::LinkSpent => (
            "link",
            words.public_sorry_link_spent(),
            words.public_sorry_link_spent_text(),
        ),
        Sorry::CrossSite => (
            "shield",
            words.public_sorry_cross_site(),
            words.public_sorry_cross_site_text(),
        ),
        Sorry::TooLarge => (
            "box",
            words.public_sorry_too_large(),
            words.public_sorry_too_large_text(),
        ),
        Sorry::TooManyTries => (
            "hourglass",
            words.public_sorry_tries(),
            words.public_sorry_tries_text(),
        ),
        Sorry::Busy => (
            "hourglass",
            words.public_sorry_busy(),
            words.public_sorry_busy_text(),
        ),
        Sorry::Unreadable => (
            "question",
            words.public_sorry_unreadable(),
            words.public_sorry_unreadable_text(),
        ),
        Sorry::Bug => (
            "warning",
            words.public_sorry_bug(),
            words.public_sorry_bug_text(),
        ),
    };
    let body = view! {
        <div class="public-frame">
            <header class="public-head"><a class="brand" href="/">{words.public_name()}</a></header>
            <main class="public-main">
                <div class="empty-state">
                    <div class="empty-arch">{icon(sign)}</div>
                    <h1>{title}</h1>
                    <p>{text}</p>
                    <p class="muted small">{words.public_sorry_quote()} " " <bdi class="code">{request.to_owned()}</bdi></p>
                    <a class="button button-primary" href=home.to_owned()>
                        {icon("home")} {words.public_sorry_home()}
                    </a>
                </div>
            </main>
            <footer class="public-foot">{setting.language_choice()}</footer>
        </div>
    };
    document(setting, title, body)
}
