//! "48 × honey 500 g: I have 40". One figure for each product; who gets what follows from the doors.

use super::desk::Desk;
use super::part::{Part, PartId};
use super::refuse::{self, Refusing};
use super::tally::{self, Answers, Count, Row, Tally};
use crate::ui;
use leptos::prelude::*;
use taswiq_domain::ids::ProductId;
use taswiq_domain::limits::UNITS_PER_LINE;
use taswiq_domain::order::scarcity::{Extent, Portion};
use taswiq_domain::order::{Reason, Stage};

/// So many orders of one product are listed at once.
const PORTIONS_PER_STEP: usize = 20;

/// The list, and what is under the thumb.
pub fn content(desk: Desk) -> (AnyView, AnyView) {
    let words = desk.phone.words;
    let tally = Memo::new(move |_| {
        let counts = desk.counts.get();
        Tally::of(&desk.parts_at(&[Stage::Awaiting]), &counts)
    });
    let refusing: RwSignal<Option<Refusing>> = RwSignal::new(None);
    let products =
        move || tally.with(|tally| tally.rows.iter().map(|row| row.product).collect::<Vec<_>>());
    let deadline = move || {
        tally.with(|tally| tally.deadline).map(|deadline| {
            let tone = if deadline.0 - desk.phone.this_minute().0 < 24 * 3_600_000 { "waiting" } else { "" };
            let tone = (!tone.is_empty()).then_some(tone);
            view! { <span class="deadline" data-tone=tone>{ui::icon_small("clock")}{desk.answer_before(deadline)}</span> }
        })
    };
    let list = view! {
        {deadline}
        <ul class="confirm-list">
            <For each=products key=|product| *product let:product>
                {row(desk, tally, product, refusing)}
            </For>
        </ul>
        {refuse::sheet(desk, refusing)}
    };
    let figure = move || {
        tally.with(|tally| {
            let below = if tally.refused > 0 {
                view! { <span class="toned" data-tone="trouble">{words.coop_confirm_refused_too(tally.refused)}</span> }.into_any()
            } else {
                view! { <span>{words.coop_units(tally.units as usize)}</span> }.into_any()
            };
            view! { <span class="action-bar-figure"><span>{words.count_orders(tally.orders)}</span>{below}</span> }
        })
    };
    let action = move || {
        (tally.with(|tally| tally.orders) > 0).then(|| {
            view! {
                <div class="action-bar">
                    {figure}
                    <button class="button button-primary" type="button" on:click=move |_| answer(desk, true)>
                        {ui::icon("double-check")}{words.coop_confirm_all()}
                    </button>
                </div>
            }
        })
    };
    (list.into_any(), action.into_any())
}

/// Sends the answers that may be sent, and takes what they give away off the counts.
fn answer(desk: Desk, all: bool) {
    let words = desk.phone.words;
    let counts_before = desk.counts.get_untracked();
    let waiting = untrack(|| desk.parts_at(&[Stage::Awaiting]));
    let Answers {
        bodies,
        confirmed,
        refused,
        counts_after,
        ..
    } = tally::answers(&waiting, &counts_before, all);
    if bodies.is_empty() {
        return desk.phone.snackbar.say(words.coop_done_counted());
    }
    let said = said(desk, confirmed, refused);
    desk.do_all(
        bodies,
        said,
        move || desk.counts.set(counts_after),
        move || desk.counts.set(counts_before.clone()),
    );
}

/// `17 commandes confirmées, 2 commandes refusées`
pub fn said(desk: Desk, confirmed: usize, refused: usize) -> String {
    let words = desk.phone.words;
    match (confirmed, refused) {
        (confirmed, 0) => words.coop_done_confirmed(confirmed),
        (0, refused) => words.coop_done_refused(refused),
        (confirmed, refused) => words.coop_done_both(
            &words.coop_done_confirmed(confirmed),
            &words.coop_done_refused(refused),
        ),
    }
}

fn count(desk: Desk, product: ProductId, stock: u32, is_final: bool, why_not: Reason) {
    desk.counts.update(|counts| {
        counts.insert(
            product,
            Count {
                stock,
                is_final,
                why_not,
            },
        );
    });
}

fn row(
    desk: Desk,
    tally: Memo<Tally>,
    product: ProductId,
    refusing: RwSignal<Option<Refusing>>,
) -> AnyView {
    let words = desk.phone.words;
    let row = Memo::new(move |_| tally.with(|tally| tally.row(product).cloned()));
    // A row is there as long as its product is; a moment later it is taken away.
    let read = move |figure: fn(&Row) -> u32| row.with(|row| row.as_ref().map_or(0, figure));
    let name = desk.product_name(product);
    let details = {
        let unit = desk.product_unit(product);
        let maker = untrack(|| desk.has_several()).then(|| desk.maker_name(product));
        move || {
            let orders =
                words.count_orders(row.with(|row| row.as_ref().map_or(0, |row| row.orders)));
            let parts = [Some(unit.as_str()), Some(&orders), maker.as_deref()];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
        }
    };
    let gross = move || {
        ui::amount(
            row.with(|row| row.as_ref().map_or_else(Default::default, |row| row.gross)),
            "",
        )
    };
    let stock = Signal::derive(move || read(Row::given));
    let set = Callback::new(move |stock| count(desk, product, stock, false, Reason::OutOfStock));
    let is_final = Memo::new(move |_| row.with(|row| row.as_ref().is_some_and(|row| row.is_final)));
    let is_short = Memo::new(move |_| read(Row::short) > 0);
    let asked = move || ui_number(read(|row| row.asked));
    let refuse_words = name.clone();
    let refuse = move |_| {
        let words_of_it = words.coop_refuse_product(
            row.with_untracked(|row| row.as_ref().map_or(0, |row| row.asked as usize)),
            &refuse_words,
        );
        refusing.set(Some(Refusing {
            what: words_of_it,
            then: Callback::new(move |reason| {
                count(desk, product, 0, true, reason);
                answer(desk, false);
            }),
        }));
    };
    let confirm = move |_| {
        let given = row.with_untracked(|row| row.as_ref().map_or(0, |row| row.stock));
        let why_not = desk.counts.with_untracked(|counts| {
            counts
                .get(&product)
                .map_or(Reason::OutOfStock, |count| count.why_not)
        });
        count(desk, product, given, true, why_not);
        answer(desk, false);
    };
    let stepper_label = words.coop_confirm_have_of(&name);
    let counting = move || {
        let short = move || {
            is_short.get().then(|| view! { <span class="short">{words.coop_confirm_short(read(Row::short) as usize)}</span> })
        };
        let units_max = Signal::derive(move || read(|row| row.asked).min(UNITS_PER_LINE * 100));
        view! {
            <div class="partial-stepper" data-short=move || is_short.get().then_some("")>
                <span class="asked">{words.coop_asked()}<strong class="number">{asked}</strong></span>
                {ui::icon("arrow")}
                <div class="confirming">{words.coop_confirm_have()}{stepper(desk, stepper_label.clone(), stock, units_max, set)}</div>
                <span aria-live="polite" class="visually-hidden">{move || is_short.get().then(|| words.coop_confirm_short(read(Row::short) as usize))}</span>
                {short}
            </div>
        }
    };
    let counted = move || {
        let waits_for = row.with(|row| {
            row.as_ref().map(|row| {
                let names: Vec<String> = row
                    .waits_for
                    .iter()
                    .map(|other| desk.product_name(*other))
                    .collect();
                words.coop_confirm_waits_for(row.waiting, &names.join(words.coop_comma()))
            })
        });
        view! {
            <div class="stack stack-tight">
                {ui::chip("news", "check", words.coop_confirm_counted(read(Row::given) as usize))}
                <p class="small">{waits_for}</p>
            </div>
        }
    };
    let buttons = {
        let refuse = StoredValue::new(refuse);
        move || {
            if is_final.get() {
                view! {
                    <button class="button" type="button" on:click=move |_| set.run(row.with_untracked(|row| row.as_ref().map_or(0, |row| row.stock)))>{ui::icon("edit")}{words.coop_confirm_recount()}</button>
                }
                .into_any()
            } else {
                view! {
                    <button class="button button-danger" type="button" on:click=move |event| refuse.with_value(|refuse| refuse(event))>{words.coop_confirm_refuse()}</button>
                    <button class="button button-primary" type="button" disabled=move || stock.get() == 0 on:click=confirm>{ui::icon("check")}{move || words.coop_confirm_units(&ui_number(stock.get()))}</button>
                }
                .into_any()
            }
        }
    };
    let drawing = ui::drawing(&desk.picture(product));
    view! {
        <li class="confirm-row">
            <div class="confirm-what">
                <span class="niche">{drawing}</span>
                <span class="list-main"><bdi>{name}</bdi><span>{details}</span></span>
                {gross}
            </div>
            <div class="stack stack-tight">
                {move || if is_final.get() { counted().into_any() } else { counting().into_any() }}
                {who_gets_what(desk, row, is_short)}
            </div>
            <div class="button-group">{buttons}</div>
        </li>
    }
    .into_any()
}

fn ui_number(units: u32) -> String {
    crate::words::grouped(units as usize)
}

/// The stepper with an upper end that moves as orders come in.
fn stepper(
    desk: Desk,
    label: String,
    value: Signal<u32>,
    units_max: Signal<u32>,
    set: Callback<u32>,
) -> AnyView {
    // The widget takes a fixed end, so what is typed beyond the moving one is cut here.
    let cut = Callback::new(move |units: u32| set.run(units.min(units_max.get_untracked())));
    ui::stepper(desk.phone.words, label, value, u32::MAX, cut)
}

/// The orders, first served first: who gets all, a part, nothing. Open by itself when somebody goes
/// short, for then it must be seen before it is confirmed.
fn who_gets_what(desk: Desk, row: Memo<Option<Row>>, is_short: Memo<bool>) -> AnyView {
    let words = desk.phone.words;
    let shown = RwSignal::new(PORTIONS_PER_STEP);
    let is_open = RwSignal::new(false);
    let list = move || {
        if !is_open.get() && !is_short.get() {
            return None;
        }
        let portions: Vec<Portion> = row.with(|row| {
            row.as_ref()
                .map_or_else(Vec::new, |row| row.portions.clone())
        });
        // Those who go short are what the person has to see, so they come first.
        let (whole, short): (Vec<Portion>, Vec<Portion>) = portions
            .into_iter()
            .partition(|portion| portion.extent() == Extent::All);
        let total = whole.len() + short.len();
        let rows: Vec<AnyView> = short
            .iter()
            .chain(&whole)
            .take(shown.get())
            .map(|portion| portion_row(desk, portion))
            .collect();
        let rest = total.saturating_sub(shown.get());
        let more = (rest > 0).then(|| {
            view! { <button class="button button-quiet" type="button" on:click=move |_| shown.update(|shown| *shown += PORTIONS_PER_STEP)>{words.action_show_more(rest)}</button> }
        });
        Some(view! { <ul class="list">{rows}</ul>{more} })
    };
    view! {
        <details class="more" open=move || is_short.get() on:toggle=move |event| is_open.set(event_target::<leptos::web_sys::Element>(&event).has_attribute("open"))>
            <summary>{ui::icon("people")}{words.coop_confirm_who()}{ui::icon_flat("chevron-down")}</summary>
            {list}
        </details>
    }
    .into_any()
}

fn portion_row(desk: Desk, portion: &Portion) -> AnyView {
    let words = desk.phone.words;
    let (tone, icon) = tally::look(portion.extent());
    let said = match portion.extent() {
        Extent::All => [
            words.coop_confirm_gets_all(),
            " · ",
            &ui_number(portion.asked),
        ]
        .concat(),
        Extent::Part => {
            words.coop_confirm_gets_part(&ui_number(portion.given), &ui_number(portion.asked))
        }
        Extent::None => words.coop_confirm_gets_part("0", &ui_number(portion.asked)),
    };
    let order = portion.order;
    let part = untrack(|| {
        desk.parts_where(|part| part.order().id == order)
            .into_iter()
            .next()
    });
    let Some(part) = part else {
        return ().into_any();
    };
    let address = order_address(part.id());
    let placed = desk.phone.moment(part.order().placed_at);
    let whose = whose(desk, &part);
    view! {
        <li><a class="list-row" href=address>
            <span class="list-main">{whose}<span>{placed}</span></span>
            <span class="list-end">{ui::chip(tone, icon, said)}</span>
        </a></li>
    }
    .into_any()
}

fn whose(desk: Desk, part: &Part) -> AnyView {
    desk.whose(part)
}

fn order_address((order, cooperative): PartId) -> String {
    crate::route::Route::from(crate::route::Coop::Order(order, cooperative)).to_string()
}
