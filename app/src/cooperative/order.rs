//! One order: what was asked and what became of it, what happened, and what may be done now.

use super::desk::{Desk, gone};
use super::part::{Part, PartId};
use super::refuse::{self, Refusing};
use super::{answer, fail_supply, hand_over};
use crate::phone::payment::{self, Paying};
use crate::route::{Coop, PartsShown, Route};
use crate::ui;
use crate::words::grouped;
use leptos::prelude::*;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{Line, Stage, SubOrder};

pub fn screen(desk: Desk, id: PartId) -> AnyView {
    desk.phone.title(desk.phone.words.coop_order_title());
    desk.about(id, |desk, _, part| {
        let words = desk.phone.words;
        let (content, action) = match part {
            Some(part) => content(desk, &part),
            None => (gone(desk), ().into_any()),
        };
        desk.second_screen(
            Coop::Orders(PartsShown::All),
            words.coop_orders_title(),
            content,
            action,
        )
    })
}

/// Code, who, where and when: the top of every screen about one order.
pub fn head(desk: Desk, part: &Part) -> AnyView {
    let (tone, promised) = desk.promised(part.sub_order().promised_on);
    let open = !part.stage().is_dead() && part.stage() != Stage::Delivered;
    let promised = open.then(|| {
        let tone = (!tone.is_empty()).then_some(tone);
        view! { " · "<span class="toned" data-tone=tone>{promised}</span> }
    });
    let cooperative = desk.has_several().then(|| {
        let name = desk.cooperative_name(part.sub_order().cooperative);
        view! { " · "<bdi>{name}</bdi> }
    });
    ui::screen_title(
        view! { <span class="code">{part.order().code.to_string()}</span> }.into_any(),
        view! { {desk.whose(part)}{cooperative}{promised} }.into_any(),
    )
}

/// What is on the page, and what is under the thumb.
pub fn content(desk: Desk, part: &Part) -> (AnyView, AnyView) {
    let words = desk.phone.words;
    let refusing: RwSignal<Option<Refusing>> = RwSignal::new(None);
    let is_correcting = RwSignal::new(false);
    let paying: RwSignal<Option<Paying>> = RwSignal::new(None);
    let is_failing = RwSignal::new(false);
    let awaits = matches!(part.stage(), Stage::Awaiting | Stage::Expired);
    let id = part.id();
    let body = if awaits {
        answering(desk, part, refusing)
    } else {
        let lines: Vec<AnyView> = part
            .sub_order()
            .lines
            .iter()
            .map(|line| line_row(desk, part.sub_order(), line))
            .collect();
        let lines = StoredValue::new_local(Some(lines));
        let as_is = view! { <ul class="list" hidden=move || is_correcting.get()>{lines.try_update_value(Option::take).flatten()}</ul> };
        let correcting = move || {
            is_correcting
                .get()
                .then(|| desk.part_now(id))
                .flatten()
                .map(|part| answering(desk, &part, refusing))
        };
        view! { {as_is}{correcting} }.into_any()
    };
    let amount_words = if part.stage().is_dead() {
        words.coop_order_due_asked()
    } else {
        words.coop_order_due()
    };
    let reason = part
        .sub_order()
        .reason
        .map(|reason| ui::chip("", crate::words::reason_icon(reason), words.reason(reason)));
    let deadline = part
        .deadline()
        .filter(|_| awaits)
        .map(|deadline| desk.deadline(deadline));
    // What only says where an act is goes on by itself, beside what somebody types.
    let chips = move || desk.part(id).map(|part| desk.chips(&part));
    let parked = move || {
        desk.part(id).is_some_and(|part| !part.view.parked.is_empty()).then(|| {
        let link = view! { <div class="button-group"><a class="button" href=Route::from(Coop::Sync).to_string()>{words.coop_order_parked_link()}</a></div> };
        ui::banner_with("trouble", "warning", words.coop_order_parked(), "", link.into_any())
    })
    };
    let page = view! {
        {head(desk, part)}
        <div class="row row-apart">
            <span class="row">{chips}{reason}</span>
            {deadline}
        </div>
        {parked}
        {proposal(desk, part)}
        {correction(desk, part, is_correcting)}
        {ui::part(words.coop_order_lines(), ().into_any(), body)}
        <dl class="sums"><div class="total"><dt>{amount_words}</dt><dd>{ui::amount(part.amount(), "")}</dd></div></dl>
        {fail_supply::offer(desk, part, is_failing)}
        {money(desk, part, paying)}
        {ui::part(words.coop_order_history(), ().into_any(), timeline(desk, part))}
        {refuse::sheet(desk, refusing)}
        {fail_supply::sheet(desk, part, is_failing)}
        {payment::sheet(desk.phone, id.0, paying)}
    };
    (page.into_any(), next(desk, part))
}

fn answering(desk: Desk, part: &Part, refusing: RwSignal<Option<Refusing>>) -> AnyView {
    let (lines, buttons) = answer::form(desk, part, refusing, Callback::new(|()| {}));
    let (order, cooperative) = part.id();
    let propose = Route::from(Coop::Propose(order, cooperative)).to_string();
    view! {
        <div class="stack">
            {lines}
            <div class="button-group">{buttons}</div>
            <div class="button-group"><a class="button button-quiet" href=propose>{ui::icon("question")}{desk.phone.words.coop_propose_open()}</a></div>
        </div>
    }
    .into_any()
}

/// What was proposed, while the customer has not answered.
fn proposal(desk: Desk, part: &Part) -> Option<AnyView> {
    let words = desk.phone.words;
    let sub_order = part.sub_order();
    let proposal = sub_order
        .proposal
        .as_ref()
        .filter(|_| sub_order.stage == Stage::ChangeProposed)?;
    let lines: Vec<AnyView> = proposal
        .lines
        .iter()
        .filter_map(|proposed| {
            let line = sub_order.line(proposed.line)?;
            let said = words.proposal_line(
                &grouped(proposed.units as usize),
                &desk.product_name(line.product),
                &ui::amount_text(proposed.unit_price),
            );
            Some(view! { <li>{said}</li> }.into_any())
        })
        .collect();
    let banner = ui::banner(
        "waiting",
        "question",
        words.coop_order_proposed(),
        words.coop_order_proposed_text(),
    );
    Some(
        view! { <div class="stack">{banner}<ul class="stack stack-tight">{lines}</ul></div> }
            .into_any(),
    )
}

/// The money, once goods may change hands: the cooperative may bring them itself.
fn money(desk: Desk, part: &Part, paying: RwSignal<Option<Paying>>) -> Option<AnyView> {
    let words = desk.phone.words;
    let sub_order = part.sub_order();
    let is_before = matches!(
        sub_order.stage,
        Stage::Awaiting
            | Stage::Expired
            | Stage::ChangeProposed
            | Stage::Confirmed
            | Stage::Preparing
    );
    let standing = (!is_before)
        .then(|| payment::standing(desk.phone, sub_order, paying))
        .flatten()?;
    let note = (!sub_order.stage.is_dead() && payment::left_to_pay(sub_order) > Centimes::ZERO)
        .then(|| view! { <p class="small muted">{words.coop_order_money_own()}</p> });
    let content = view! { <div class="stack">{standing}{note}</div> };
    Some(ui::part(
        words.coop_order_money(),
        ().into_any(),
        content.into_any(),
    ))
}

/// Whether the answer may still be changed, and by what.
fn correction(desk: Desk, part: &Part, is_correcting: RwSignal<bool>) -> AnyView {
    let words = desk.phone.words;
    if part.is_correctable() {
        let button = move || {
            let label = if is_correcting.get() {
                words.action_cancel()
            } else {
                words.coop_order_correct()
            };
            view! { <div class="button-group"><button class="button" type="button" on:click=move |_| is_correcting.update(|is| *is = !*is)>{ui::icon("edit")}{label}</button></div> }
        };
        return ui::banner_with(
            "news",
            "info",
            words.coop_order_correct_text(),
            "",
            button.into_any(),
        );
    }
    let has_seen = part.sub_order().decision_seen
        && matches!(
            part.stage(),
            Stage::Confirmed | Stage::Refused | Stage::ChangeProposed
        );
    has_seen
        .then(|| view! { <p class="small muted">{words.coop_order_seen()}</p> })
        .into_any()
}

fn line_row(desk: Desk, sub_order: &SubOrder, line: &Line) -> AnyView {
    let words = desk.phone.words;
    let units = sub_order.units_alive(line);
    let asked = grouped(line.asked as usize);
    let quantity = if units == line.asked || sub_order.stage.is_dead() {
        ui::times(asked.clone())
    } else {
        view! { <span class="quantity-change"><del class="number">{asked.clone()}</del>" "<ins>{ui::times(grouped(units as usize))}</ins></span> }.into_any()
    };
    let said = match sub_order.stage {
        Stage::Confirmed | Stage::Preparing if line.confirmed < line.asked => {
            Some(words.coop_order_confirmed(&grouped(line.confirmed as usize), &asked))
        }
        Stage::Ready | Stage::HandedOver | Stage::Failed if line.packed < line.asked => {
            Some(words.coop_order_packed(&grouped(line.packed as usize), &asked))
        }
        Stage::Delivered if line.delivered < line.asked => {
            Some(words.coop_order_delivered(&grouped(line.delivered as usize), &asked))
        }
        _ => None,
    };
    let said = said.map(|said| view! { <span>{said}</span> });
    let returned = (line.returned > 0)
        .then(|| view! { <span>{words.coop_order_returned(line.returned as usize)}</span> });
    let lot =
        (!line.lot.is_empty()).then(|| view! { <span>{words.coop_order_lot(&line.lot)}</span> });
    let unit = desk.product_unit(line.product);
    let gross = line
        .gross(if sub_order.stage.is_dead() {
            line.asked
        } else {
            units
        })
        .unwrap_or_default();
    view! {
        <li><div class="list-row">
            <span class="niche niche-small">{ui::drawing(&desk.picture(line.product))}</span>
            <span class="list-main"><bdi>{desk.product_name(line.product)}</bdi><bdi>{unit}</bdi>{said}{returned}{lot}</span>
            <span class="list-end">{quantity}{ui::amount(gross, "amount-body")}</span>
        </div></li>
    }
    .into_any()
}

/// What happened, as far as this phone knows, and what is still to come.
fn timeline(desk: Desk, part: &Part) -> AnyView {
    let words = desk.phone.words;
    let phone = desk.phone;
    let sub_order = part.sub_order();
    let step = |tone: &'static str, said: String, at: String| {
        let tone = (!tone.is_empty()).then_some(tone);
        let at = (!at.is_empty()).then(|| view! { <span>{at}</span> });
        view! { <li data-tone=tone><strong>{said}</strong>{at}</li> }.into_any()
    };
    let mut steps = vec![step(
        "done",
        words.coop_order_signed().to_owned(),
        phone.moment(part.order().placed_at),
    )];
    if let Some(at) = part.view.received_at {
        steps.push(step(
            "done",
            words.coop_order_received().to_owned(),
            phone.moment(at),
        ));
    }
    let stage = sub_order.stage;
    let (tone, _) = crate::words::stage_look(stage);
    let passed: &[Stage] = match stage {
        Stage::Preparing => &[Stage::Confirmed],
        Stage::Ready => &[Stage::Confirmed, Stage::Preparing],
        Stage::HandedOver | Stage::Failed | Stage::Delivered => {
            &[Stage::Confirmed, Stage::Preparing, Stage::Ready]
        }
        _ => &[],
    };
    for stage in passed {
        steps.push(step("done", words.stage(*stage).to_owned(), String::new()));
    }
    if stage != Stage::Awaiting {
        let at = sub_order
            .delivered_at
            .filter(|_| stage == Stage::Delivered)
            .map_or_else(String::new, |at| phone.moment(at));
        let said = match sub_order.reason {
            Some(reason) => words.coop_order_because(words.stage(stage), words.reason(reason)),
            None => words.stage(stage).to_owned(),
        };
        steps.push(step(tone, said, at));
    }
    for pending in &part.view.pending {
        let at = [words.coop_on_phone(), " · ", &phone.moment(pending.made_at)].concat();
        steps.push(step("waiting", words.coop_order_saved().to_owned(), at));
    }
    let expected =
        |said: String| view! { <li data-expected><strong>{said}</strong></li> }.into_any();
    if stage == Stage::Awaiting
        && let Some(deadline) = part.deadline()
    {
        steps.push(expected(desk.answer_before(deadline)));
    }
    if !stage.is_dead() && stage != Stage::Delivered {
        steps.push(expected(
            words.coop_order_promise(&phone.day(sub_order.promised_on)),
        ));
    }
    view! { <ol class="timeline">{steps}</ol> }.into_any()
}

/// The next step of this order, under the thumb.
fn next(desk: Desk, part: &Part) -> AnyView {
    let words = desk.phone.words;
    let (order, cooperative) = part.id();
    let deliver = Route::from(Coop::Deliver(order, cooperative)).to_string();
    match part.stage() {
        Stage::Confirmed | Stage::Preparing => {
            let address = Route::from(Coop::Pack(order, cooperative)).to_string();
            view! { <div class="action-bar"><a class="button button-primary" href=address>{ui::icon("box")}{words.coop_prepare_open()}</a></div> }.into_any()
        }
        Stage::Ready => {
            let giving = RwSignal::new(Vec::new());
            view! {
                <div class="action-bar">
                    <a class="button" href=deliver>{ui::icon("person")}{words.coop_hand_over_deliver()}</a>
                    <button class="button button-primary" type="button" on:click=move |_| giving.set(vec![(order, cooperative)])>{ui::icon("truck")}{words.coop_hand_over_submit()}</button>
                </div>
                {hand_over::sheet(desk, giving)}
            }
            .into_any()
        }
        Stage::HandedOver | Stage::Failed => {
            view! { <div class="action-bar"><a class="button button-primary" href=deliver>{ui::icon("person")}{words.coop_hand_over_deliver()}</a></div> }.into_any()
        }
        _ => ().into_any(),
    }
}
