//! What every rendered page has around it: language, direction, theme, sheet and icon.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use crate::words::{LANGUAGES, Words};

/// Logical names of files → their addresses.
#[derive(Clone, Debug, Default)]
pub struct Assets(Arc<BTreeMap<String, String>>);

impl Assets {
    /// Takes over the build's list.
    pub fn new(list: BTreeMap<String, String>) -> Self {
        Self(Arc::new(list))
    }

    /// The address of a file. A name the build did not make leads nowhere, and the page stays
    /// readable without it.
    pub fn url(&self, name: &str) -> String {
        let found = self.0.get(name).map_or("/missing", String::as_str);
        found.to_owned()
    }
}

/// What a person chose against the system's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// By day.
    Light,
    /// By night.
    Dark,
}

impl Theme {
    /// Its name in the cookie and in `data-theme`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| theme.as_str() == name)
    }
}

/// For whom and where a page is rendered.
#[derive(Clone)]
pub struct Setting {
    /// The language.
    pub words: Words,
    /// Light or dark, when chosen.
    pub theme: Option<Theme>,
    /// Where the files are.
    pub assets: Assets,
    /// The address of this page with its query, without `lang`: where the language links lead back to.
    pub address: String,
}

impl Setting {
    /// Links to this page in the other languages. Each works without a script.
    pub fn language_choice(&self) -> impl IntoView + use<> {
        let separator = if self.address.contains('?') { '&' } else { '?' };
        let links = LANGUAGES
            .iter()
            .map(|language| {
                let href = format!("{}{separator}lang={}", self.address, language.code);
                let current = (language.code == self.words.code()).then_some("true");
                view! {
                    <a href=href lang=language.code dir=language.direction hreflang=language.code aria-current=current>
                        {language.name}
                    </a>
                }
            })
            .collect_view();
        view! { <nav class="language-choice" aria-label=self.words.public_language()>{links}</nav> }
    }
}

/// A whole page around `body`. Nothing inline, so the content policy allows no inline either.
pub fn document(setting: &Setting, title: &str, body: impl IntoView) -> String {
    let (words, assets) = (setting.words, &setting.assets);
    let page = view! {
        <html lang=words.code() dir=words.direction() data-theme=setting.theme.map(Theme::as_str)>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <title>{format!("{title} · {}", words.public_name())}</title>
                <meta name="description" content=words.public_description()/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#fbf7f0"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#14120e"/>
                <link rel="stylesheet" href=assets.url("main.css")/>
                <link rel="icon" type="image/svg+xml" href=assets.url("icons/favicon.svg")/>
                <link rel="apple-touch-icon" href=assets.url("icons/apple-touch-180.png")/>
            </head>
            <body>{body}</body>
        </html>
    };
    format!("<!doctype html>{}", page.to_html())
}
