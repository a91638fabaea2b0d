//! What is on this phone: what waits, what is on its way, what is to be corrected, and whether it is
//! safe here. The same for both areas; how something is repaired is the area's business.

use super::{Phone, badge, hand_over, notices};
use crate::ui;
use crate::words::{Words, time};
use leptos::prelude::*;
use leptos::task::spawn_local;
use taswiq_domain::limits::CLOCK_SKEW_FLAGGED_MS;
use taswiq_domain::sync::CommandBody;
use taswiq_offline::driver::browser::{self as storage, Room, ask_to_keep, is_kept};
use taswiq_offline::record::Queued;
use taswiq_offline::{Parked, Phase};

/// So many waiting acts are listed; a phone rarely has more.
const LISTED_MAX: usize = 50;
/// Less room than a month of an agent takes is little.
const SHORT_BYTES: u64 = 20_000_000;

/// What the page holds, without the frame around it. `repair` gives the actions that mend a parked
/// act.
pub fn content(
    phone: Phone,
    repair: impl Fn(Phone, &Parked) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    boxed_content(phone, Box::new(repair))
}

type Repair = Box<dyn Fn(Phone, &Parked) -> AnyView + Send + Sync>;

/// Compiled once for both areas.
fn boxed_content(phone: Phone, repair: Repair) -> AnyView {
    let words = phone.words;
    phone.title(words.sync_title());
    let (kept, room) = (RwSignal::new(None), RwSignal::new(None));
    spawn_local(async move {
        kept.set(Some(is_kept().await));
        room.set(storage::room().await);
    });
    let clock = move || {
        let ahead = phone.status().clock_ahead_ms;
        (ahead.abs() > CLOCK_SKEW_FLAGGED_MS).then(|| notices::clock_wrong(phone, ahead))
    };
    let safety = move || match kept.get() {
        Some(true) => Some(words.sync_kept()),
        Some(false) => Some(words.sync_not_kept()),
        None => None,
    };
    // It says no for reasons of its own, and may say yes to somebody who asks.
    let ask = move || {
        (kept.get() == Some(false)).then(|| {
            let ask = move |_| {
                spawn_local(async move {
                    let is_kept = ask_to_keep().await;
                    kept.set(Some(is_kept));
                    if !is_kept {
                        phone.snackbar.say(words.sync_not_kept());
                    }
                })
            };
            view! { <button class="button" type="button" on:click=ask>{ui::icon("device")}{words.sync_keep()}</button> }
        })
    };
    let gauge = move || room.get().map(|room| gauge(phone, room));
    view! {
        {ui::screen_title(words.sync_title().into_any(), words.sync_text().into_any())}
        <div role="status">{move || progress(phone)}</div>
        {clock}
        {move || notices::lacking(phone)}
        {move || to_correct(phone, &repair)}
        {move || of_others(words, phone.left_by_others())}
        {move || waiting(phone)}
        {hand_over::offer(phone)}
        <dl class="sums">
            <div><dt>{words.sync_last()}</dt><dd>{move || last(phone)}</dd></div>
            <div><dt>{words.sync_storage()}</dt><dd>{safety}</dd></div>
        </dl>
        {gauge}
        {ask}
    }
    .into_any()
}

/// What is taken of the room that the browser tells of, and a warning where little is left.
fn gauge(phone: Phone, room: Room) -> AnyView {
    let words = phone.words;
    let (used, left) = (megabytes(room.used_bytes), megabytes(room.left_bytes));
    let counted = words.sync_room_counted(&used.to_string(), &left.to_string());
    let whole = u32::try_from(used.saturating_add(left)).unwrap_or(u32::MAX);
    let short = (room.left_bytes < SHORT_BYTES).then(|| {
        ui::banner(
            "waiting",
            "device",
            words.sync_room_short(),
            words.sync_room_short_text(),
        )
    });
    let used = u32::try_from(used).unwrap_or(u32::MAX);
    view! { {short}{ui::progress(words.sync_room().to_owned(), counted, used, whole.max(1))} }
        .into_any()
}

/// Rounded up: something is never nothing.
const fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

/// What asks the server now, under the thumb.
pub fn action(phone: Phone) -> AnyView {
    let words = phone.words;
    let busy = move || matches!(phone.status().phase, Phase::Sending { .. });
    view! {
        <div class="action-bar">
            <button class="button button-primary" type="button" aria-disabled=move || busy().then_some("true") on:click=move |_| phone.sync_now()>
                {ui::icon("sync")}{words.sync_action()}
            </button>
        </div>
    }
    .into_any()
}

fn progress(phone: Phone) -> AnyView {
    let words = phone.words;
    let status = phone.status();
    match status.phase {
        Phase::Sending { done, total } if total > 0 => {
            let counted = words.sync_counted(&done.to_string(), &total.to_string());
            ui::progress(words.sync_sending().to_owned(), counted, done, total)
        }
        // Who asked sees it happen, here alone: on other screens nobody waits for it.
        Phase::Sending { .. } => ui::banner("news", "sync", words.sync_asking(), ""),
        Phase::SignInAgain | Phase::NotAccepted | Phase::StoreTrouble => notices::above(phone),
        _ => {
            let (tone, icon, said) = badge::look(phone, &status);
            ui::banner(tone, icon, said, "")
        }
    }
}

fn last(phone: Phone) -> String {
    match phone.status().last_sync {
        Some(at) => phone.moment(at),
        None => phone.words.sync_never().to_owned(),
    }
}

fn to_correct(phone: Phone, repair: &Repair) -> Option<AnyView> {
    let words = phone.words;
    let device = phone.device();
    let parked = device.parked();
    if parked.is_empty() {
        return None;
    }
    let count = parked.len().to_string();
    let catalogue = device.catalogue();
    let rows: Vec<AnyView> = parked
        .iter()
        .map(|parked| {
            let said = words.refusal(&parked.refusal, &catalogue, &phone.offset());
            let about = about(phone, &parked.command.body);
            let id = parked.command.id;
            // What a person can quote to the office.
            let quoted = id.to_string().rsplit('-').next().unwrap_or_default().to_owned();
            view! {
                <li class="stack">
                    {ui::banner("trouble", "warning", about, said)}
                    <div class="button-group">
                        {repair(phone, parked)}
                        <button class="button button-danger" type="button" on:click=move |_| phone.discard_parked(id)>{ui::icon("trash")}{words.sync_discard()}</button>
                    </div>
                    <p class="small muted">{words.sync_quote()}" "<span class="code">{quoted}</span></p>
                </li>
            }
            .into_any()
        })
        .collect();
    let title = view! { <span class="count">{count}</span> };
    Some(ui::part(
        words.sync_to_correct(),
        title.into_any(),
        view! { <ul class="stack">{rows}</ul> }.into_any(),
    ))
}

fn waiting(phone: Phone) -> AnyView {
    let words = phone.words;
    let device = phone.device();
    let outbox = device.outbox();
    if outbox.is_empty() && phone.status().parked > 0 {
        return ().into_any();
    }
    if outbox.is_empty() {
        return ui::empty_state(
            "cloud-done",
            words.sync_empty_title(),
            words.sync_empty_text(),
            ().into_any(),
        );
    }
    let on_its_way = matches!(phone.status().phase, Phase::Sending { total: 1.., .. });
    let rows: Vec<AnyView> = outbox
        .iter()
        .take(LISTED_MAX)
        .map(|queued| row(phone, queued, on_its_way))
        .collect();
    let rest = outbox.len().saturating_sub(LISTED_MAX);
    let rest = (rest > 0).then(|| view! { <p class="muted">{words.sync_and_more(rest)}</p> });
    let list = view! { <ul class="list">{rows}</ul>{rest} };
    ui::part(
        words.sync_waiting(),
        view! { <span class="count">{outbox.len().to_string()}</span> }.into_any(),
        list.into_any(),
    )
}

/// What other people have left on this phone.
pub(super) fn of_others(words: Words, left: u32) -> Option<AnyView> {
    (left > 0).then(|| {
        ui::banner(
            "waiting",
            "device",
            words.sync_others(left as usize),
            words.sync_others_text(),
        )
    })
}

fn row(phone: Phone, queued: &Queued, on_its_way: bool) -> AnyView {
    let words = phone.words;
    let (icon, state) = if on_its_way {
        ("cloud-up", words.sync_on_its_way())
    } else {
        ("device", words.whereabouts_on_phone())
    };
    let at = time(queued.corrected_at, phone.offset());
    view! {
        <li><div class="list-row">
            {ui::icon(icon)}
            <span class="list-main"><span>{about(phone, &queued.command.body)}</span><span>{state}" · "<span class="number">{at}</span></span></span>
        </div></li>
    }
    .into_any()
}

/// What an act was, and about whom.
pub fn about(phone: Phone, body: &CommandBody) -> String {
    let words = phone.words;
    let what = match body {
        CommandBody::RegisterCustomer(_) => words.act_register_customer(),
        CommandBody::CorrectCustomer(_) => words.act_correct_customer(),
        CommandBody::PlaceOrder(_) => words.act_place_order(),
        CommandBody::AmendOrder(_) => words.act_amend_order(),
        CommandBody::CancelOrder(_) => words.act_cancel_order(),
        CommandBody::ConfirmSubOrder(_) => words.act_confirm(),
        CommandBody::RefuseSubOrder(_) => words.act_refuse(),
        CommandBody::ProposeChange(_) => words.act_propose_change(),
        CommandBody::AnswerChange(_) => words.act_answer_change(),
        CommandBody::StartPreparing(_) => words.act_start_preparing(),
        CommandBody::PackSubOrder(_) => words.act_pack(),
        CommandBody::HandOver(_) => words.act_hand_over(),
        CommandBody::Deliver(_) => words.act_deliver(),
        CommandBody::FailDelivery(_) => words.act_fail_delivery(),
        CommandBody::ReturnGoods(_) => words.act_return_goods(),
        CommandBody::Collect(_) => words.act_collect(),
        CommandBody::DeclareEarlyPayment(_) => words.act_declare_early_payment(),
        CommandBody::Withdraw(_) => words.act_withdraw(),
        CommandBody::FailSupply(_) => words.act_fail_supply(),
        CommandBody::OpenDispute(_) => words.act_open_dispute(),
        CommandBody::WithdrawDispute(_) => words.act_withdraw_dispute(),
        CommandBody::EscalateDispute(_) => words.act_escalate_dispute(),
    };
    let whose = match body {
        CommandBody::RegisterCustomer(details) => Some(details.full_name()),
        CommandBody::CorrectCustomer(correction) => Some(correction.details.full_name()),
        CommandBody::PlaceOrder(place) => Some(place.code.to_string()),
        _ => body
            .order()
            .and_then(|order| phone.device_now().order(order))
            .map(|view| view.order.code.to_string()),
    };
    match whose {
        Some(whose) => words.act_about(what, &whose),
        None => what.to_owned(),
    }
}
