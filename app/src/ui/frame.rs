//! What surrounds a screen of the phone.

use super::picture::{icon, icon_small, tone_of};
use leptos::prelude::*;

/// The frame of a screen: bar, content, foot under the thumb.
pub fn frame(bar: AnyView, content: AnyView, foot: AnyView) -> AnyView {
    view! {
        <div class="app-frame">
            <header class="app-bar">{bar}</header>
            <main class="screen" tabindex="-1">{content}</main>
            <footer class="app-foot">{foot}</footer>
        </div>
    }
    .into_any()
}

/// The bar of a first screen: its name, and how the device stands.
pub fn app_bar(title: impl Into<String>, status: AnyView) -> AnyView {
    let title: String = title.into();
    (view! { <h1>{title}</h1> }, status).into_any()
}

/// The bar of a screen that one comes back from.
pub fn back_bar(href: String, words: impl Into<String>, status: AnyView) -> AnyView {
    let words: String = words.into();
    (
        view! { <a class="app-bar-back" href=href>{icon("back")}<bdi>{words}</bdi></a> },
        status,
    )
        .into_any()
}

/// How the device stands, as a link to the page that tells all.
pub fn status_bar(tone: &'static str, icon_name: &str, words: String, href: String) -> AnyView {
    view! { <a class="status-bar" data-tone=tone_of(tone) href=href>{icon(icon_name)}<span>{words}</span></a> }.into_any()
}

/// The title of a screen, when it does not stand in the bar.
pub fn screen_title(title: AnyView, below: AnyView) -> AnyView {
    view! { <div class="screen-title"><h1>{title}</h1><p>{below}</p></div> }.into_any()
}

/// A part of a screen under its name, with something at the end of that line.
pub fn part(title: impl Into<String>, end: AnyView, content: AnyView) -> AnyView {
    let title: String = title.into();
    view! { <section class="part"><div class="part-head"><h2>{title}</h2>{end}</div>{content}</section> }.into_any()
}

/// A row of a sum that opens to what it rests on: all of it can be touched, its link names it.
pub fn opening_row(class: &'static str, named: AnyView, figure: AnyView) -> AnyView {
    let class = ["opens ", class].concat();
    view! { <div class=class><dt>{named}</dt><dd>{figure}{icon_small("chevron")}</dd></div> }
        .into_any()
}

/// One of the places an area has.
pub struct Tab {
    pub href: String,
    pub icon: &'static str,
    pub words: &'static str,
    /// Shown when above zero.
    pub count: u32,
    pub is_here: bool,
}

/// The places of an area, under the thumb.
pub fn tab_bar(label: &'static str, tabs: Vec<Tab>) -> AnyView {
    let tabs: Vec<AnyView> = tabs
        .into_iter()
        .map(|tab| {
            let count = (tab.count > 0).then(|| view! { <span class="count">{tab.count.to_string()}</span> });
            view! {
                <a href=tab.href aria-current=tab.is_here.then_some("page")>{icon(tab.icon)}{tab.words}{count}</a>
            }
            .into_any()
        })
        .collect();
    view! { <nav class="tab-bar" aria-label=label>{tabs}</nav> }.into_any()
}
