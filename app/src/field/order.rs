//! One order: where each cooperative's part stands, what may be done about it now, what it earns.

mod acts;

use super::making::Making;
use super::orders::can_deliver;
use super::wording::{
    cooperative_name, cooperative_seal, customer_name, due, order_chips, product_name,
    product_unit, stage_chip,
};
use super::{disputes, explain, from_receipt};
use crate::phone::{Phone, badge, payment};
use crate::route::{Field, OrdersShown};
use crate::ui;
use crate::words::grouped;
use acts::Sheets;
use leptos::prelude::*;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::commission::{self, Standing};
use taswiq_domain::dispute::{Disputed, DisputedLine};
use taswiq_domain::ids::OrderId;
use taswiq_domain::ledger::Purpose;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{Line, Order, Stage, SubOrder, Withdrawal};
use taswiq_domain::sync::{AnswerChange, CommandBody};
use taswiq_domain::time::Calendar;
use taswiq_offline::{OrderView, Whereabouts};

/// One order.
pub fn screen(phone: Phone, making: Making, id: OrderId) -> AnyView {
    let words = phone.words;
    let sheets = Sheets::new();
    if let Some(view) = phone.device_now().order(id) {
        phone.title(&view.order.code.to_string());
    }
    let content = move || match phone.device().order(id) {
        Some(view) => content(phone, making, sheets, &view),
        None => ui::empty_state(
            "orders",
            words.order_gone_title(),
            words.order_gone_text(),
            ().into_any(),
        ),
    };
    let foot = move || phone.device().order(id).map(|view| foot(phone, &view));
    ui::frame(
        ui::back_bar(
            Field::Orders(OrdersShown::Open).to_string(),
            words.orders_title(),
            badge::badge(phone),
        ),
        view! { {content}{acts::sheets(phone, sheets, id)} }.into_any(),
        foot.into_any(),
    )
}

fn foot(phone: Phone, view: &OrderView) -> AnyView {
    let words = phone.words;
    let receipt = Field::Receipt(view.order.id).to_string();
    let deliver = view
        .order
        .sub_orders
        .iter()
        .find(|sub_order| can_deliver(sub_order.stage));
    let deliver = deliver.map(|sub_order| {
        let href = Field::Deliver(view.order.id, sub_order.cooperative).to_string();
        view! { <a class="button button-primary" href=href>{ui::icon("truck")}{words.order_deliver()}</a> }
    });
    view! {
        <div class="action-bar">
            <a class="button" href=receipt>{ui::icon("qr")}{words.receipt_title()}</a>
            {deliver}
        </div>
    }
    .into_any()
}

fn content(phone: Phone, making: Making, sheets: Sheets, view: &OrderView) -> AnyView {
    let words = phone.words;
    let catalogue = phone.catalogue();
    let order = &view.order;
    let name = customer_name(phone, view);
    let call = phone.device_now().customer(order.customer).and_then(|customer| customer.details.phone.clone()).map(|number| {
        let href = ["tel:", number.as_e164()].concat();
        view! { <a class="button" href=href>{ui::icon("call")}<bdi class="number">{number.to_string()}</bdi></a> }
    });
    let parts: Vec<AnyView> = order
        .sub_orders
        .iter()
        .map(|sub_order| part(phone, sheets, &catalogue, view, sub_order))
        .collect();
    let trouble = match &view.whereabouts {
        Whereabouts::ToCorrect { refusal, .. } => {
            let link = view! { <div class="button-group"><a class="button" href=Field::Sync.to_string()>{ui::icon("edit")}{words.order_go_correct()}</a></div> };
            Some(ui::banner_with(
                "trouble",
                "warning",
                words.whereabouts_to_correct(),
                words.refusal(refusal, &catalogue, &phone.offset()),
                link.into_any(),
            ))
        }
        _ => None,
    };
    let parked: Vec<AnyView> = view
        .parked
        .iter()
        .map(|parked| {
            let link = view! { <div class="button-group"><a class="button" href=Field::Sync.to_string()>{ui::icon("edit")}{words.order_go_correct()}</a></div> };
            ui::banner_with("trouble", "warning", crate::phone::sync_page::about(phone, &parked.command.body), words.refusal(&parked.refusal, &catalogue, &phone.offset()), link.into_any())
        })
        .collect();
    let unsent = (!view.pending.is_empty() && view.whereabouts == Whereabouts::Received)
        .then(|| ui::chip("", "device", words.order_unsent(view.pending.len())));
    view! {
        {ui::screen_title(
            view! { <span class="code">{order.code.to_string()}</span> }.into_any(),
            view! { <bdi>{name}</bdi>" · "{from_receipt::taken_at(phone, order)} }.into_any(),
        )}
        <div class="row row-apart">{order_chips(phone, view)}{ui::amount(due(view), "amount-display")}</div>
        {from_receipt::says(phone, order).map(|said| view! { <p class="small muted">{said}</p> })}
        {unsent.map(|unsent| view! { <div class="row">{unsent}</div> })}
        {trouble}
        {parked}
        {parts}
        {commission_part(phone, &catalogue, view)}
        {whole_order_acts(phone, making, sheets, view)}
        <div class="button-group">{call}</div>
    }
    .into_any()
}

/// What one cooperative supplies, and what may be done about it.
fn part(
    phone: Phone,
    sheets: Sheets,
    catalogue: &Catalogue,
    view: &OrderView,
    sub_order: &SubOrder,
) -> AnyView {
    let words = phone.words;
    let name = cooperative_name(phone, catalogue, sub_order.cooperative);
    let tone = crate::words::stage_look(sub_order.stage).0;
    let lines: Vec<AnyView> = sub_order
        .lines
        .iter()
        .map(|line| self::line(phone, catalogue, sub_order, line))
        .collect();
    let amount = if sub_order.stage.is_dead() {
        let asked = sub_order.gross_asked().unwrap_or_default();
        view! { <bdi class="amount muted"><del>{asked.figures()}</del>" "<small>"DH"</small></bdi> }
            .into_any()
    } else {
        ui::amount(sub_order.due().unwrap_or_default(), "")
    };
    view! {
        <section class="basket-part">
            <div class="basket-head">
                {cooperative_seal(&name, tone)}
                <div class="list-main"><h2><bdi>{name.clone()}</bdi></h2>{stage_chip(phone, sub_order)}</div>
                <div class="list-end">{amount}</div>
            </div>
            <ul>{lines}</ul>
            <div class="stack">
                {proposal(phone, catalogue, &view.order, sub_order)}
                {payment::standing(phone, sub_order, sheets.paying)}
                {part_acts(phone, sheets, &view.order, sub_order)}
            </div>
            <details class="more">
                <summary>{ui::icon("history")}{words.order_history()}" "{ui::icon_flat("chevron-down")}</summary>
                {timeline(phone, view, sub_order)}
            </details>
        </section>
    }
    .into_any()
}

fn line(phone: Phone, catalogue: &Catalogue, sub_order: &SubOrder, line: &Line) -> AnyView {
    let alive = sub_order.units_alive(line);
    let quantity = if alive == line.asked || sub_order.stage.is_dead() {
        ui::times(grouped(line.asked as usize))
    } else {
        view! { <span class="quantity-change"><del class="number">{grouped(line.asked as usize)}</del>" "<ins>{ui::times(grouped(alive as usize))}</ins></span> }.into_any()
    };
    let lot = (!line.lot.is_empty()).then(|| view! { " · "{phone.words.order_lot(&line.lot)} });
    let returned = (line.returned > 0)
        .then(|| view! { <span>{phone.words.order_returned(line.returned as usize)}</span> });
    let gross = line
        .gross(if sub_order.stage.is_dead() {
            line.asked
        } else {
            alive
        })
        .unwrap_or_default();
    view! {
        <li class="basket-line">
            {quantity}
            <span class="list-main"><span><bdi>{product_name(phone, catalogue, line.product)}</bdi></span><span><bdi>{product_unit(phone, catalogue, line.product)}</bdi>{lot}</span>{returned}</span>
            {ui::amount(gross, "amount-body")}
        </li>
    }
    .into_any()
}

/// Another price or quantity that the cooperative proposes: only the customer can say yes.
fn proposal(
    phone: Phone,
    catalogue: &Catalogue,
    order: &Order,
    sub_order: &SubOrder,
) -> Option<AnyView> {
    let words = phone.words;
    let proposal = sub_order
        .proposal
        .as_ref()
        .filter(|_| sub_order.stage == Stage::ChangeProposed)?;
    let lines: Vec<AnyView> = proposal
        .lines
        .iter()
        .filter_map(|proposed| {
            let line = sub_order.line(proposed.line)?;
            let name = product_name(phone, catalogue, line.product);
            let said = words.proposal_line(
                &grouped(proposed.units as usize),
                &name,
                &ui::amount_text(proposed.unit_price),
            );
            Some(view! { <li>{said}</li> }.into_any())
        })
        .collect();
    let (order, cooperative) = (order.id, sub_order.cooperative);
    let answer = move |accepted: bool| {
        phone.act(
            CommandBody::AnswerChange(AnswerChange {
                order,
                cooperative,
                accepted,
            }),
            move |id| {
                phone.say_done(
                    if accepted {
                        words.proposal_accepted()
                    } else {
                        words.proposal_declined()
                    },
                    id,
                );
            },
        );
    };
    let view = view! {
        <div class="stack">
            {ui::banner("waiting", "question", words.proposal_title(), words.reason(proposal.reason))}
            <ul class="stack stack-tight">{lines}</ul>
            <div class="button-group">
                <button class="button" type="button" on:click=move |_| answer(true)>{ui::icon("check")}{words.proposal_accept()}</button>
                <button class="button button-danger" type="button" on:click=move |_| answer(false)>{ui::icon("close")}{words.proposal_decline()}</button>
            </div>
        </div>
    };
    Some(view.into_any())
}

fn part_acts(phone: Phone, sheets: Sheets, order: &Order, sub_order: &SubOrder) -> AnyView {
    let words = phone.words;
    let cooperative = sub_order.cooperative;
    let deliver = can_deliver(sub_order.stage).then(|| {
        view! {
            <a class="button" href=Field::Deliver(order.id, cooperative).to_string()>{ui::icon("truck")}{words.order_deliver()}</a>
            <button class="button button-quiet" type="button" on:click=move |_| sheets.fail.set(Some(cooperative))>{ui::icon("absent")}{words.order_delivery_failed()}</button>
        }
    });
    let give_back = (sub_order.stage == Stage::Delivered && sub_order.lines.iter().any(|line| line.kept() > 0)).then(|| {
        view! { <button class="button button-quiet" type="button" on:click=move |_| sheets.give_back.set(Some(cooperative))>{ui::icon("undo")}{words.order_return()}</button> }
    });
    let withdraw = (matches!(sub_order.withdrawal, Withdrawal::Open { .. }) && !sub_order.stage.is_dead()).then(|| {
        view! { <button class="button button-quiet" type="button" on:click=move |_| sheets.withdraw.set(Some(cooperative))>{ui::icon("shield")}{words.order_withdraw()}</button> }
    });
    view! { <div class="button-group">{deliver}{give_back}{withdraw}</div> }.into_any()
}

/// What happened to a part, as far as this phone knows, and what is to come.
fn timeline(phone: Phone, view: &OrderView, sub_order: &SubOrder) -> AnyView {
    let words = phone.words;
    let order = &view.order;
    let done = |tone: &'static str, said: String, at: Option<taswiq_domain::time::Timestamp>| {
        let at = at.map(|at| view! { <span>{phone.moment(at)}</span> });
        view! { <li data-tone=tone><strong>{said}</strong>{at}</li> }.into_any()
    };
    let mut steps = vec![done(
        "done",
        words.history_signed().to_owned(),
        Some(order.placed_at),
    )];
    if let Some(at) = view.received_at {
        steps.push(done("done", words.history_received().to_owned(), Some(at)));
    }
    // The ledger remembers when the cooperative's answer made the commission certain.
    let entries = phone.device_now().entries_of(order.id);
    let confirmed_at = entries
        .iter()
        .map(|entry| &entry.transfer)
        .find(|transfer| {
            transfer.cause.cooperative() == Some(sub_order.cooperative)
                && transfer.purpose == Purpose::CommissionPending
        })
        .map(|transfer| transfer.at);
    if sub_order.stage.is_under_way() || sub_order.stage == Stage::Delivered {
        let said = if sub_order.is_partly_confirmed() {
            words.stage_confirmed_partly()
        } else {
            words.stage_confirmed()
        };
        steps.push(done("done", said.to_owned(), confirmed_at));
    }
    if !matches!(
        sub_order.stage,
        Stage::Awaiting | Stage::Confirmed | Stage::Delivered
    ) {
        let (tone, _) = crate::words::stage_look(sub_order.stage);
        steps.push(done(
            if tone.is_empty() { "news" } else { tone },
            super::wording::stage_words(phone, sub_order),
            None,
        ));
    }
    if let Some(at) = sub_order.delivered_at {
        steps.push(done("done", words.stage_delivered().to_owned(), Some(at)));
    }
    if let Some(at) = sub_order.written_off_at {
        let said = words.history_written_off();
        steps.push(done("trouble", said.to_owned(), Some(at)));
    }
    match sub_order.withdrawal {
        Withdrawal::Exercised { at } => steps.push(done(
            "waiting",
            words.stage_withdrawn().to_owned(),
            Some(at),
        )),
        Withdrawal::Closed { closes_at } => steps.push(done(
            "done",
            words.history_withdrawal_closed().to_owned(),
            Some(closes_at),
        )),
        Withdrawal::None | Withdrawal::Open { .. } => {}
    }
    if !sub_order.stage.is_dead() {
        if sub_order.stage != Stage::Delivered {
            steps.push(view! { <li data-expected=""><strong>{words.history_promised(&words.date(sub_order.promised_on))}</strong></li> }.into_any());
        }
        if let Withdrawal::Open { closes_at } = sub_order.withdrawal {
            let last_day = words.date(phone.offset().date_at(closes_at.plus_ms(-1)));
            steps.push(view! { <li data-expected=""><strong>{words.history_withdrawal_until(&last_day)}</strong></li> }.into_any());
        }
    }
    view! { <ol class="timeline">{steps}</ol> }.into_any()
}

/// What the order earns, from the door to now.
fn commission_part(phone: Phone, catalogue: &Catalogue, view: &OrderView) -> AnyView {
    let words = phone.words;
    let order = &view.order;
    let agent = order.agent;
    let at_the_door = order.commission_of(agent).unwrap_or_default();
    let mut now = Standing::default();
    let mut losses: Vec<AnyView> = Vec::new();
    for sub_order in &order.sub_orders {
        let stands = commission::standing_for(sub_order, agent, agent).unwrap_or_default();
        let asked = sub_order
            .lines
            .iter()
            .map(|line| line.commission.of_person(agent, agent));
        let asked = asked
            .collect::<Result<Vec<_>, _>>()
            .and_then(Centimes::sum)
            .unwrap_or_default();
        let kept = [stands.estimate, stands.pending, stands.earned];
        let lost = kept.into_iter().fold(Centimes(-asked.0), |sum, part| {
            sum.plus(part).unwrap_or(sum)
        });
        if lost != Centimes::ZERO {
            // What was confirmed only in part stays the reason, however far the rest has come.
            let why = if sub_order.is_written_off().unwrap_or_default() {
                words.commission_never_paid().to_owned()
            } else if sub_order.is_partly_confirmed() {
                words.stage_confirmed_partly().to_owned()
            } else {
                super::wording::stage_words(phone, sub_order)
            };
            let because = words.commission_lost(
                &cooperative_name(phone, catalogue, sub_order.cooperative),
                &why,
            );
            losses.push(
                view! { <div><dt>{because}</dt><dd>{ui::signed_amount(lost)}</dd></div> }
                    .into_any(),
            );
        }
        now.estimate = now.estimate.plus(stands.estimate).unwrap_or_default();
        now.pending = now.pending.plus(stands.pending).unwrap_or_default();
        now.earned = now.earned.plus(stands.earned).unwrap_or_default();
    }
    let rung = |amount: Centimes, said: &'static str, note: &'static str| {
        (amount != Centimes::ZERO).then(|| view! { <div class="total"><dt>{said}</dt><dd>{ui::amount(amount, "")}<small>{note}</small></dd></div> })
    };
    let lines: Vec<AnyView> = order
        .sub_orders
        .iter()
        .flat_map(|sub_order| {
            sub_order
                .lines
                .iter()
                .map(move |line| (sub_order.cooperative, line))
        })
        .map(|(cooperative, line)| {
            let about = DisputedLine {
                order: order.id,
                cooperative,
                line: line.number,
            };
            // What the server has not taken in has nothing that could be held.
            let dispute = (view.received_at.is_some()
                && order.agent == phone.device_now().person())
            .then(|| {
                disputes::way_to(
                    phone,
                    Disputed {
                        entry: None,
                        line: Some(about),
                    },
                )
            });
            view! {
                <h3><bdi>{product_name(phone, catalogue, line.product)}</bdi></h3>
                {explain::of_line(phone, catalogue, line, order.plan)}
                {explain::books(phone, about)}
                {dispute}
            }
            .into_any()
        })
        .collect();
    // Where a convention says nothing of it, the notes beside the figures say all there is.
    let vestings: Vec<AnyView> = order
        .sub_orders
        .iter()
        .filter(|sub_order| !sub_order.vesting.is_usual())
        .map(|sub_order| {
            let whose =
                words.commission_vests(&cooperative_name(phone, catalogue, sub_order.cooperative));
            let when = words.vesting(&sub_order.vesting);
            view! { <div><dt>{whose}<small>{when}</small></dt></div> }.into_any()
        })
        .collect();
    let content = view! {
        <dl class="explain">
            <div><dt>{words.commission_at_the_door()}</dt><dd>{ui::amount(at_the_door, "amount-body")}</dd></div>
            {losses}
            {rung(now.estimate, words.earnings_estimate(), words.earnings_estimate_note())}
            {rung(now.pending, words.earnings_pending(), words.earnings_pending_note())}
            {rung(now.earned, words.earnings_earned(), words.earnings_earned_note())}
            {vestings}
        </dl>
        <details class="more">
            <summary>{ui::icon("percent")}{words.commission_how()}" "{ui::icon_flat("chevron-down")}</summary>
            {lines}
        </details>
    };
    ui::part(words.commission_mine(), ().into_any(), content.into_any())
}

/// Changing or cancelling the whole order, while that is possible.
fn whole_order_acts(
    phone: Phone,
    making: Making,
    sheets: Sheets,
    view: &OrderView,
) -> Option<AnyView> {
    let words = phone.words;
    if matches!(view.whereabouts, Whereabouts::ToCorrect { .. }) {
        return None;
    }
    let order = view.order.clone();
    let untouched = order.is_untouched();
    let can_cancel = order
        .sub_orders
        .iter()
        .any(|sub_order| !sub_order.stage.is_dead() && sub_order.stage != Stage::Delivered);
    if !untouched && !can_cancel {
        return None;
    }
    // Signals want what can be sent between threads; the order is looked up again when it is needed.
    let id = order.id;
    let amend = untouched.then(|| {
        let amend = move |_| {
            if let Some(view) = phone.device_now().order(id) {
                making.amend(&view.order);
                phone.go(Field::Products);
            }
        };
        view! { <button class="button" type="button" on:click=amend>{ui::icon("edit")}{words.order_amend()}</button> }
    });
    let cancel = can_cancel.then(|| {
        view! { <button class="button button-danger" type="button" on:click=move |_| sheets.cancel.set(true)>{ui::icon("close")}{words.order_cancel()}</button> }
    });
    let note =
        untouched.then(|| view! { <p class="small muted">{words.order_untouched_note()}</p> });
    Some(view! { {note}<div class="button-group">{amend}{cancel}</div> }.into_any())
}
