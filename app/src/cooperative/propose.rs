//! Another price than the one that was signed. The cooperative only proposes: the agent asks the
//! customer, and nothing changes before the customer has agreed (law 31-08, article 18).

use super::desk::{Desk, gone};
use super::lines::{self, Given, Step};
use super::part::{Part, PartId};
use crate::phone::browser;
use crate::route::Coop;
use crate::ui::{self, Choice};
use crate::words::reason_icon;
use leptos::prelude::*;
use std::collections::BTreeMap;
use taswiq_domain::limits::UNIT_PRICE_CENTIMES;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::event::{Proposal, ProposedLine};
use taswiq_domain::order::{Line, Reason, SubOrder};
use taswiq_domain::sync::{CommandBody, ProposeChange};

/// What may make a price another one.
const REASONS: [Reason; 4] = [
    Reason::PriceChanged,
    Reason::Season,
    Reason::Quality,
    Reason::OutOfStock,
];

pub fn screen(desk: Desk, id: PartId) -> AnyView {
    desk.phone.title(desk.phone.words.coop_propose_title());
    desk.about(id, |desk, id, part| {
        let words = desk.phone.words;
        let (content, action) = match part {
            Some(part) if part.may_be_answered() => form(desk, &part),
            Some(part) => super::order::content(desk, &part),
            None => (gone(desk), ().into_any()),
        };
        desk.second_screen(
            Coop::Order(id.0, id.1),
            words.coop_order_title(),
            content,
            action,
        )
    })
}

/// Why what was typed cannot be proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// Nothing would be delivered.
    NoUnits,
    /// The price of this line is none.
    Price(u16),
    /// Every price is the one that was signed.
    SamePrices,
}

/// The lines of a proposal, from what was typed for each.
fn proposed(
    sub_order: &SubOrder,
    units: impl Fn(u16) -> u32,
    typed: impl Fn(u16) -> String,
) -> Result<Vec<ProposedLine>, Wrong> {
    let lines: Vec<ProposedLine> = sub_order
        .lines
        .iter()
        .map(|line| {
            let unit_price = Centimes::parse(&typed(line.number))
                .filter(|price| *price > Centimes::ZERO && price.0 <= UNIT_PRICE_CENTIMES)
                .ok_or(Wrong::Price(line.number))?;
            Ok(ProposedLine {
                line: line.number,
                units: units(line.number),
                unit_price,
            })
        })
        .collect::<Result<_, _>>()?;
    if lines.iter().all(|line| line.units == 0) {
        return Err(Wrong::NoUnits);
    }
    let is_signed = |proposed: &ProposedLine| {
        sub_order
            .line(proposed.line)
            .is_some_and(|line| line.unit_price == proposed.unit_price)
    };
    if lines.iter().all(is_signed) {
        return Err(Wrong::SamePrices);
    }
    Ok(lines)
}

/// What the customer would pay. A line that cannot be read counts as it was signed.
fn total(
    sub_order: &SubOrder,
    units: impl Fn(u16) -> u32,
    typed: impl Fn(u16) -> String,
) -> Centimes {
    let lines = sub_order.lines.iter().map(|line| {
        let price = Centimes::parse(&typed(line.number)).unwrap_or(line.unit_price);
        price.times(units(line.number)).unwrap_or_default()
    });
    Centimes::sum(lines).unwrap_or_default()
}

fn form(desk: Desk, part: &Part) -> (AnyView, AnyView) {
    let words = desk.phone.words;
    let (order, cooperative) = part.id();
    let sub_order = part.sub_order().clone();
    // A correction starts from what was proposed.
    let earlier = |line: &Line| {
        let lines = sub_order
            .proposal
            .iter()
            .flat_map(|proposal| &proposal.lines);
        lines
            .copied()
            .find(|proposed| proposed.line == line.number)
            .unwrap_or(ProposedLine {
                line: line.number,
                units: line.asked,
                unit_price: line.unit_price,
            })
    };
    let given = Given::start(part, |line| earlier(line).units);
    let prices: RwSignal<BTreeMap<u16, String>> = RwSignal::new(
        sub_order
            .lines
            .iter()
            .map(|line| {
                let figures = earlier(line).unit_price.figures();
                (line.number, figures.replace('\u{202f}', ""))
            })
            .collect(),
    );
    let price_of =
        move |line: u16| prices.with(|prices| prices.get(&line).cloned().unwrap_or_default());
    let wrong: RwSignal<Option<Wrong>> = RwSignal::new(None);
    let step = Step {
        before: words.coop_asked(),
        after: words.coop_propose_units(),
        label: |words, name| words.coop_propose_units_of(name),
        short: None,
    };
    let rows: Vec<AnyView> = sub_order
        .lines
        .iter()
        .map(|line| {
            view! { <li class="confirm-row">{lines::line(desk, line, line.asked, given, step)}{price_field(desk, line, prices, wrong)}</li> }.into_any()
        })
        .collect();
    let first = sub_order
        .proposal
        .as_ref()
        .and_then(|proposal| REASONS.iter().position(|reason| *reason == proposal.reason));
    let reason = RwSignal::new(first.unwrap_or_default());
    let choices = REASONS
        .iter()
        .map(|reason| Choice {
            icon: reason_icon(*reason),
            words: words.reason(*reason),
        })
        .collect();
    let signed = sub_order.gross_asked().unwrap_or_default();
    let summed = sub_order.clone();
    let sum = move || ui::amount(total(&summed, |line| given.of(line), price_of), "");
    let trouble = move || {
        let said = match wrong.get()? {
            Wrong::NoUnits => words.coop_propose_nothing(),
            Wrong::SamePrices => words.coop_propose_same(),
            Wrong::Price(_) => return None,
        };
        Some(ui::banner("trouble", "warning", said, ""))
    };
    let propose = move |_| {
        let lines = match untrack(|| proposed(&sub_order, |line| given.of(line), price_of)) {
            Ok(lines) => lines,
            Err(why) => {
                wrong.set(Some(why));
                if let Wrong::Price(line) = why {
                    browser::focus(&price_id(line));
                }
                return;
            }
        };
        let body = CommandBody::ProposeChange(ProposeChange {
            order,
            cooperative,
            proposal: Proposal {
                reason: REASONS[reason.get_untracked()],
                lines,
            },
        });
        desk.do_all(
            vec![body],
            words.coop_done_proposed().to_owned(),
            move || desk.phone.replace(Coop::Order(order, cooperative)),
            || {},
        );
    };
    let content = view! {
        {super::order::head(desk, part)}
        {ui::banner("news", "question", words.coop_propose_text(), "")}
        <ul class="confirm-list">{rows}</ul>
        {ui::segmented("reason", words.coop_propose_why(), "reason-choice", choices, Signal::derive(move || Some(reason.get())), Callback::new(move |index| reason.set(index)))}
        <dl class="sums">
            <div><dt>{words.coop_propose_total_signed()}</dt><dd>{ui::amount(signed, "amount-body")}</dd></div>
            <div class="total"><dt>{words.coop_propose_total()}</dt><dd>{sum}</dd></div>
        </dl>
        <div aria-live="assertive">{trouble}</div>
    };
    let action = view! {
        <div class="action-bar">
            <button class="button button-primary" type="button" on:click=propose>{ui::icon("question")}{words.coop_propose_submit()}</button>
        </div>
    };
    (content.into_any(), action.into_any())
}

fn price_id(line: u16) -> String {
    format!("price-{line}")
}

fn price_field(
    desk: Desk,
    line: &Line,
    prices: RwSignal<BTreeMap<u16, String>>,
    wrong: RwSignal<Option<Wrong>>,
) -> AnyView {
    let words = desk.phone.words;
    let number = line.number;
    let label = words.coop_propose_price_of(&desk.product_name(line.product));
    let signed = words.coop_propose_signed_price(&ui::amount_text(line.unit_price));
    let value = move || prices.with(|prices| prices.get(&number).cloned().unwrap_or_default());
    let is_wrong = move || wrong.get() == Some(Wrong::Price(number));
    let error_id = [&price_id(number), "-error"].concat();
    let described_by = error_id.clone();
    view! {
        <div class="field">
            <label for=price_id(number)><span aria-hidden="true">{words.coop_propose_price()}</span><span class="visually-hidden">{label}</span></label>
            <span class="field-hint">{signed}</span>
            <input id=price_id(number) type="text" inputmode="decimal" dir="auto" autocomplete="off"
                aria-invalid=move || is_wrong().then_some("true") aria-describedby=described_by
                prop:value=value on:input=move |event| {
                    wrong.set(None);
                    prices.update(|prices| drop(prices.insert(number, event_target_value(&event))));
                } />
            <div id=error_id aria-live="polite">{move || is_wrong().then(|| view! { <p class="field-error">{ui::icon_small("warning")}{words.coop_propose_price_wrong()}</p> })}</div>
        </div>
    }
    .into_any()
}
