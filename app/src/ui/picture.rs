//! Icons, drawings and amounts.

use leptos::prelude::*;
use std::sync::OnceLock;
use taswiq_domain::catalogue::Picture;
use taswiq_domain::money::Centimes;

struct Sprites {
    icons: String,
    drawings: String,
}

static SPRITES: OnceLock<Sprites> = OnceLock::new();

/// Says where the sprites of icons and of drawings lie: their addresses carry a hash that only the
/// build knows. The first call counts.
pub fn set_sprites(icons: &str, drawings: &str) {
    let _ = SPRITES.set(Sprites {
        icons: icons.to_owned(),
        drawings: drawings.to_owned(),
    });
}

fn symbol(name: &str) -> String {
    let address = SPRITES.get().map_or("/icons.svg", |sprites| &sprites.icons);
    [address, "#", name].concat()
}

fn drawn(name: &str) -> String {
    let address = SPRITES
        .get()
        .map_or("/drawings.svg", |sprites| &sprites.drawings);
    [address, "#", name].concat()
}

/// What points into the direction of reading turns with it.
fn flips(name: &str) -> bool {
    matches!(
        name,
        "back" | "arrow" | "chevron" | "truck" | "undo" | "trend" | "trend-down" | "sign-out"
    )
}

fn icon_of(name: &str, class: &'static str) -> AnyView {
    let class = if flips(name) {
        [class, " flips"].concat()
    } else {
        class.to_owned()
    };
    let href = symbol(&["i-", name].concat());
    view! { <svg class=class aria-hidden="true"><use href=href></use></svg> }.into_any()
}

/// An icon. It always stands beside its word, so it is hidden from those who listen.
pub fn icon(name: &str) -> AnyView {
    icon_of(name, "icon")
}

/// A small icon, for chips and hints.
pub fn icon_small(name: &str) -> AnyView {
    icon_of(name, "icon icon-small")
}

/// An icon that turns when what it stands for is open.
pub fn icon_flat(name: &str) -> AnyView {
    icon_of(name, "icon icon-small turns")
}

/// One of the large ornaments: `o-lattice`, `o-arch`, `o-mark`.
pub fn ornament(class: &'static str, view_box: &'static str, name: &str) -> AnyView {
    let href = symbol(name);
    view! { <svg class=class viewBox=view_box aria-hidden="true"><use href=href></use></svg> }
        .into_any()
}

/// The drawing of a product or category.
pub fn drawing(picture: &Picture) -> AnyView {
    let class = ["drawing tint-", &picture.tint].concat();
    let shape = drawn(&["shape-", &picture.shape].concat());
    let motif = (!picture.motif.is_empty()).then(|| {
        let href = drawn(&["motif-", &picture.motif].concat());
        view! { <use href=href></use> }
    });
    view! { <svg class=class viewBox="0 0 64 64" aria-hidden="true"><use href=shape></use>{motif}</svg> }.into_any()
}

/// The seal of a cooperative or a person: the first letter of the name.
pub fn seal(name: &str, tone: &'static str) -> AnyView {
    let letter: String = name
        .chars()
        .find(|letter| letter.is_alphanumeric())
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    view! { <span class="seal" aria-hidden="true" data-tone=tone_of(tone)>{letter}</span> }
        .into_any()
}

pub(super) fn tone_of(tone: &'static str) -> Option<&'static str> {
    (!tone.is_empty()).then_some(tone)
}

/// An amount, set apart from the text around it: `1 234,50 DH`. `class` is one of `""`,
/// `amount-body`, `amount-display`, `amount-hero`.
pub fn amount(amount: Centimes, class: &'static str) -> AnyView {
    figures(amount.figures(), class, "")
}

/// How many of what is named next: `12 ×`. Only the figure runs from left to right, so that the sign
/// stands behind it in either direction of reading.
pub fn times(figure: String) -> AnyView {
    view! { <span class="times"><bdi class="number">{figure}</bdi>"\u{a0}×"</span> }.into_any()
}

/// An amount that is added or taken away, with its sign and tone.
pub fn signed_amount(amount: Centimes) -> AnyView {
    let (sign, tone) = if amount.0 > 0 {
        ("+\u{202f}", "done")
    } else {
        ("", if amount.0 < 0 { "trouble" } else { "" })
    };
    figures([sign, &amount.figures()].concat(), "", tone)
}

fn figures(figures: String, class: &'static str, tone: &'static str) -> AnyView {
    let class = ["amount ", class].concat();
    view! { <bdi class=class data-tone=tone_of(tone)>{figures}"\u{a0}"<small>"DH"</small></bdi> }
        .into_any()
}

/// An amount within a sentence.
pub fn amount_text(amount: Centimes) -> String {
    amount.to_string()
}
