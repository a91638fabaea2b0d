//! What a thumb works with.

use super::picture::{icon, icon_small};
use crate::words::Words;
use leptos::prelude::*;

/// Less, a number, more. `value` is what is shown, `set` is told what the person wants, letter by letter,
/// so that nothing moves under the next tap; a text that is no number counts as nothing once it is left.
pub fn stepper(
    words: Words,
    label: String,
    value: Signal<u32>,
    units_max: u32,
    set: Callback<u32>,
) -> AnyView {
    let less = [words.action_less(), " · ", &label].concat();
    let more = [words.action_more(), " · ", &label].concat();
    // A field that is taken away while somebody types in it is told so, and its callback is gone by then.
    let typed = move |event: leptos::ev::Event, units_min: u32| {
        let units = number(&event_target_value(&event)).min(units_max);
        if units >= units_min {
            let _ = set.try_run(units);
        }
    };
    view! {
        <div class="stepper product-act">
            <button type="button" aria-label=less disabled=move || value.get() == 0 on:click=move |_| set.run(value.get_untracked().saturating_sub(1))>
                {icon("minus")}
            </button>
            <input
                inputmode="numeric"
                autocomplete="off"
                aria-label=label
                prop:value=move || value.get().to_string()
                on:focus=move |event| select_all(&event)
                on:input=move |event| typed(event, 1)
                on:change=move |event| typed(event, 0)
            />
            <button type="button" aria-label=more disabled=move || { value.get() >= units_max } on:click=move |_| set.run((value.get_untracked() + 1).min(units_max))>
                {icon("plus")}
            </button>
        </div>
    }
    .into_any()
}

/// A number that is tapped is replaced, not lengthened.
fn select_all(event: &leptos::ev::FocusEvent) {
    event_target::<leptos::web_sys::HtmlInputElement>(event).select();
}

/// Digits of either script as a number; anything else is nothing.
fn number(text: &str) -> u32 {
    let mut number: u32 = 0;
    for letter in text.trim().chars().filter(|letter| !letter.is_whitespace()) {
        let digit = match letter {
            '0'..='9' => letter as u32 - '0' as u32,
            '٠'..='٩' => letter as u32 - '٠' as u32,
            _ => return 0,
        };
        let Some(longer) = number
            .checked_mul(10)
            .and_then(|number| number.checked_add(digit))
        else {
            return 0;
        };
        number = longer;
    }
    number
}

/// A search field. Its words are its label too.
pub fn search_field(words: impl Into<String>, value: RwSignal<String>) -> AnyView {
    let words: String = words.into();
    view! {
        <label class="search-field">
            <span class="visually-hidden">{words.clone()}</span>
            {icon("search")}
            <input type="search" placeholder=words autocomplete="off" enterkeyhint="search" prop:value=move || value.get() on:input=move |event| value.set(event_target_value(&event)) />
        </label>
    }
    .into_any()
}

/// One of a few.
pub struct Choice {
    pub icon: &'static str,
    pub words: &'static str,
}

/// A few choices of which one holds. `chosen` and `choose` speak of their place in the list. `class`
/// is `segmented`, `segmented segmented-tall` or `reason-choice`.
pub fn segmented(
    name: &'static str,
    legend: &'static str,
    class: &'static str,
    choices: Vec<Choice>,
    chosen: Signal<Option<usize>>,
    choose: Callback<usize>,
) -> AnyView {
    let choices: Vec<AnyView> = choices
        .into_iter()
        .enumerate()
        .map(|(index, choice)| {
            let picture = (!choice.icon.is_empty()).then(|| icon(choice.icon));
            view! {
                <label>
                    <input type="radio" name=name prop:checked=move || chosen.get() == Some(index) on:change=move |_| choose.run(index) />
                    <span>{picture}{choice.words}</span>
                </label>
            }
            .into_any()
        })
        .collect();
    view! { <fieldset class="field"><legend>{legend}</legend><div class=class>{choices}</div></fieldset> }.into_any()
}

/// A field with its name, a hint and what is wrong with it (nothing while it is right). `kind` is the
/// input's type.
#[allow(clippy::too_many_arguments, reason = "a field has that many sides")]
pub fn field(
    id: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    words: &'static str,
    optional: Option<&'static str>,
    hint: &'static str,
    value: RwSignal<String>,
    error: Signal<Option<String>>,
) -> AnyView {
    let optional = optional.map(|words| view! { " "<span class="optional">{words}</span> });
    let hint = (!hint.is_empty()).then(|| view! { <span class="field-hint">{hint}</span> });
    let error_id = [id, "-error"].concat();
    let described_by = error_id.clone();
    let direction = if kind == "tel" { "ltr" } else { "auto" };
    let mode = match kind {
        "tel" => Some("tel"),
        "decimal" => Some("decimal"),
        "numeric" => Some("numeric"),
        _ => None,
    };
    let kind = if matches!(kind, "decimal" | "numeric") {
        "text"
    } else {
        kind
    };
    view! {
        <div class="field">
            <label for=id>{words}{optional}</label>
            {hint}
            <input
                id=id
                type=kind
                inputmode=mode
                dir=direction
                autocomplete=autocomplete
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described_by
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
            <div id=error_id aria-live="polite">
                {move || error.get().map(|words| view! { <p class="field-error">{icon_small("warning")}{words}</p> })}
            </div>
        </div>
    }
    .into_any()
}

/// Something that is so or not.
pub fn check(words: impl Into<String>, value: Signal<bool>, set: Callback<bool>) -> AnyView {
    let words: String = words.into();
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=move || value.get() on:change=move |event| set.run(event_target_checked(&event)) />
            <span>{words}</span>
        </label>
    }
    .into_any()
}

/// A text that stands in a `<textarea>` of a rendered page. Leptos writes the children of one as they are,
/// so that `</textarea>` in what somebody wrote would end the field and begin whatever follows.
pub fn within_textarea(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_typed_quantity_is_read_in_either_script_and_nonsense_is_nothing() {
        assert_eq!(
            [number("12"), number(" ١٢ "), number("1 200"), number("")],
            [12, 12, 1200, 0]
        );
        assert_eq!(
            [number("douze"), number("-3"), number("99999999999")],
            [0, 0, 0]
        );
    }
}
