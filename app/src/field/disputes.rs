//! Saying that more is due, and what became of it: all of it without a network.

use super::explain;
use super::tabs;
use super::wording::product_name;
use crate::phone::{Phone, badge, browser};
use crate::route::Field;
use crate::ui::{self, Choice};
use crate::words::{dispute_look, dispute_reason_icon};
use leptos::prelude::*;
use leptos::task::spawn_local;
use taswiq_domain::dispute::{DisputeEvent, DisputeReason, DisputeState, Disputed};
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::photo::Photo;
use taswiq_domain::sync::{CommandBody, DisputeRef, EscalateDispute, OpenDispute};
use taswiq_domain::time::Calendar;
use taswiq_offline::{DisputeView, Whereabouts};
use uuid::Uuid;

/// Every dispute, newest first.
pub fn screen(phone: Phone) -> AnyView {
    let words = phone.words;
    phone.title(words.dispute_title());
    let list = move || {
        let disputes = phone.device().disputes();
        if disputes.is_empty() {
            return ui::empty_state(
                "scales",
                words.dispute_empty_title(),
                words.dispute_empty_text(),
                ().into_any(),
            );
        }
        let rows: Vec<AnyView> = disputes.iter().map(|view| row(phone, view)).collect();
        view! { <ul class="list">{rows}</ul> }.into_any()
    };
    ui::frame(
        ui::back_bar(
            Field::Earnings.to_string(),
            words.earnings_title(),
            badge::badge(phone),
        ),
        view! { {ui::screen_title(words.dispute_title().into_any(), ().into_any())}{list} }
            .into_any(),
        tabs(phone, Field::Disputes),
    )
}

fn row(phone: Phone, view: &DisputeView) -> AnyView {
    let dispute = &view.document.dispute;
    view! {
        <li><a class="list-row" href=Field::Dispute(dispute.id).to_string()>
            {ui::icon("scales")}
            <span class="list-main">
                <span><bdi>{about_words(phone, &dispute.claim.about)}</bdi></span>
                <span>{phone.moment(dispute.opened_at)}</span>
                <span class="row">{chips(phone, view)}</span>
            </span>
            {ui::amount(dispute.claim.amount, "")}
        </a></li>
    }
    .into_any()
}

/// Where it stands with the office, and where it is.
fn chips(phone: Phone, view: &DisputeView) -> AnyView {
    let words = phone.words;
    let state = view.document.dispute.state;
    let (tone, icon) = dispute_look(state);
    let whereabouts = match view.whereabouts {
        Whereabouts::ToCorrect { .. } => Some(ui::chip(
            "trouble",
            "warning",
            words.whereabouts_to_correct(),
        )),
        _ if view.waits => Some(ui::chip("", "device", words.whereabouts_on_phone())),
        _ => None,
    };
    let is_there = view.whereabouts == Whereabouts::Received;
    let stands = is_there.then(|| ui::chip(tone, icon, words.dispute_state(state)));
    view! { {stands}{whereabouts} }.into_any()
}

/// What is disputed, in a word.
fn about_words(phone: Phone, about: &Disputed) -> String {
    let words = phone.words;
    let device = phone.device_now();
    let line = about.line.and_then(|named| {
        let view = device.order(named.order)?;
        let line = view.order.sub_order(named.cooperative)?.line(named.line)?;
        let name = product_name(phone, &device.catalogue(), line.product);
        Some([name, " · ".to_owned(), view.order.code.to_string()].concat())
    });
    match (line, about.entry) {
        (Some(line), _) => line,
        (None, Some(number)) => words.dispute_about_entry(&number.to_string()),
        (None, None) => words.dispute_about_line().to_owned(),
    }
}

/// The dispute about something, if there is one that was not taken back.
pub fn about(phone: Phone, about: &Disputed) -> Option<Uuid> {
    let disputes = phone.device_now().disputes();
    let forbids = |view: &&DisputeView| view.document.dispute.forbids(about);
    disputes
        .iter()
        .find(forbids)
        .map(|view| view.document.dispute.id)
}

/// The way to dispute something, or to the dispute that there is.
pub fn way_to(phone: Phone, disputed: Disputed) -> AnyView {
    let words = phone.words;
    let (href, said) = match about(phone, &disputed) {
        Some(id) => (Field::Dispute(id), words.dispute_see()),
        None => (Field::NewDispute(disputed), words.dispute_open_link()),
    };
    view! { <a class="button button-quiet" href=href.to_string()>{ui::icon("scales")}{said}</a> }
        .into_any()
}

/// The form that says that more is due.
pub fn open(phone: Phone, about: Disputed) -> AnyView {
    let words = phone.words;
    phone.title(words.dispute_new());
    // What is shown of the order has the numbers of the order that is there.
    let about = phone.device_now().disputed(about);
    let typed = RwSignal::new(String::new());
    let note = RwSignal::new(String::new());
    let reason = RwSignal::new(None::<usize>);
    let photo = RwSignal::new(None::<String>);
    let amount_error = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<String>);
    let choices = DisputeReason::ALL
        .iter()
        .map(|reason| Choice {
            icon: dispute_reason_icon(*reason),
            words: words.dispute_reason(*reason),
        })
        .collect();
    let most = claimable(phone, &about);
    let send = move |_| {
        amount_error.set(None);
        error.set(None);
        let Some(chosen) = reason.get_untracked() else {
            return error.set(Some(words.refusal_field_missing(words.field_reason())));
        };
        let amount = Centimes::parse(&typed.get_untracked())
            .filter(|amount| (Centimes(1)..=most).contains(amount));
        let Some(amount) = amount else {
            return amount_error.set(Some(words.dispute_amount_hint(&ui::amount_text(most))));
        };
        let open = OpenDispute {
            about,
            amount,
            reason: DisputeReason::ALL[chosen],
            note: note.get_untracked(),
            photo: photo.get_untracked().map(Photo),
        };
        let device = phone.device_now();
        let id = browser::new_command_id();
        spawn_local(async move {
            let body = CommandBody::OpenDispute(open);
            match device.act(body, id, browser::now()).await {
                Ok(_) => {
                    phone.snackbar.say(words.dispute_sent());
                    phone.replace(Field::Dispute(id.0));
                }
                Err(refused) => error.set(Some(phone.refused(&refused))),
            }
        });
    };
    let foot = view! {
        <div class="action-bar"><button class="button button-primary" type="button" on:click=send>{ui::icon("scales")}{words.dispute_send()}</button></div>
    };
    let hint = words.dispute_amount_hint(&ui::amount_text(most));
    ui::frame(
        ui::back_bar(
            Field::Earnings.to_string(),
            words.earnings_title(),
            badge::badge(phone),
        ),
        view! {
            {ui::screen_title(words.dispute_new().into_any(), view! { <bdi>{about_words(phone, &about)}</bdi> }.into_any())}
            {what(phone, &about)}
            {ui::segmented("reason", words.dispute_reason_ask(), "reason-choice", choices, reason.into(), Callback::new(move |index| reason.set(Some(index))))}
            {ui::field("amount", "decimal", "off", words.dispute_amount_ask(), None, "", typed, amount_error.into())}
            <p class="small muted">{hint}</p>
            {note_field(phone, note)}
            {photo_field(phone, photo)}
            <div aria-live="assertive">{move || error.get().map(|said| ui::banner("trouble", "warning", said, ""))}</div>
        }
        .into_any(),
        foot.into_any(),
    )
}

fn note_field(phone: Phone, note: RwSignal<String>) -> AnyView {
    let words = phone.words;
    view! {
        <div class="field">
            <label for="note">{words.dispute_note_ask()}</label>
            <span class="field-hint" id="note-hint">{words.dispute_note_hint()}</span>
            <textarea id="note" dir="auto" rows="3" maxlength=limits::NOTE_CHARACTERS.to_string() aria-describedby="note-hint" prop:value=move || note.get() on:input=move |event| note.set(event_target_value(&event))></textarea>
        </div>
    }
    .into_any()
}

fn photo_field(phone: Phone, photo: RwSignal<Option<String>>) -> AnyView {
    let words = phone.words;
    let wrong = RwSignal::new(false);
    let choose = move |event: leptos::ev::Event| {
        let input: leptos::web_sys::HtmlInputElement = event_target(&event);
        spawn_local(async move {
            let chosen = browser::chosen_photo(&input, limits::PHOTO_BYTES).await;
            wrong.set(chosen.is_none());
            if chosen.is_some() {
                photo.set(chosen);
            }
            // So that the same file may be chosen again.
            input.set_value("");
        });
    };
    let shown = move || {
        photo.get().map(|text| {
            view! {
                <div class="stack stack-tight">
                    {picture(phone, &text)}
                    <button class="button button-quiet" type="button" on:click=move |_| photo.set(None)>{ui::icon("trash")}{words.dispute_photo_remove()}</button>
                </div>
            }
        })
    };
    let said = move || {
        if photo.with(Option::is_some) {
            words.dispute_photo_again()
        } else {
            words.dispute_photo_take()
        }
    };
    view! {
        <div class="field">
            <label class="button photo-choice">
                {ui::icon("camera")}{said}
                <input class="visually-hidden" id="photo" type="file" accept="image/*" on:change=choose />
            </label>
            <span class="field-hint">{words.dispute_photo_hint()}</span>
            <div aria-live="polite">{move || wrong.get().then(|| view! { <p class="field-error">{ui::icon_small("warning")}{words.refusal_photo_not_valid()}</p> })}</div>
            {shown}
        </div>
    }
    .into_any()
}

fn picture(phone: Phone, text: &str) -> AnyView {
    let address = ["data:image/jpeg;base64,", text].concat();
    view! { <img class="photo" alt=phone.words.dispute_photo_shown() src=address /> }.into_any()
}

/// The most that can be claimed, by what this phone knows.
fn claimable(phone: Phone, about: &Disputed) -> Centimes {
    let most = Centimes(limits::DISPUTED_CENTIMES);
    let device = phone.device_now();
    let turned_over = about.line.and_then(|named| {
        let view = device.order(named.order)?;
        let line = view.order.sub_order(named.cooperative)?.line(named.line)?;
        Some(line.net_asked().ok()?.max(line.commission.amount))
    });
    turned_over.map_or(most, |amount| amount.min(most))
}

/// What is disputed, explained.
fn what(phone: Phone, about: &Disputed) -> AnyView {
    let device = phone.device_now();
    let explained = about.line.and_then(|named| {
        let view = device.order(named.order)?;
        let line = view.order.sub_order(named.cooperative)?.line(named.line)?;
        Some(explain::of_line(
            phone,
            &device.catalogue(),
            line,
            view.order.plan,
        ))
    });
    explained.unwrap_or_else(|| ().into_any())
}

/// One dispute: what was claimed, what happened, what may be done about it now.
pub fn one(phone: Phone, id: Uuid) -> AnyView {
    let words = phone.words;
    phone.title(words.dispute_one());
    let escalating = RwSignal::new(false);
    let withdrawing = RwSignal::new(false);
    let content = move || match phone.device().dispute(id) {
        Some(view) => told(phone, &view, escalating, withdrawing),
        None => ui::empty_state(
            "scales",
            words.dispute_gone_title(),
            words.dispute_gone_text(),
            ().into_any(),
        ),
    };
    ui::frame(
        ui::back_bar(
            Field::Disputes.to_string(),
            words.dispute_title(),
            badge::badge(phone),
        ),
        view! { {content}{escalate_sheet(phone, id, escalating)}{withdraw_sheet(phone, id, withdrawing)} }.into_any(),
        tabs(phone, Field::Dispute(id)),
    )
}

fn told(
    phone: Phone,
    view: &DisputeView,
    escalating: RwSignal<bool>,
    withdrawing: RwSignal<bool>,
) -> AnyView {
    let words = phone.words;
    let dispute = &view.document.dispute;
    let claim = &dispute.claim;
    let sum = |said: &'static str, amount: Centimes| {
        view! { <div><dt>{said}</dt><dd>{ui::amount(amount, "amount-body")}</dd></div> }
    };
    let granted = (!matches!(
        dispute.state,
        DisputeState::Open | DisputeState::UnderReview | DisputeState::TakenBack
    ))
    .then(|| sum(words.dispute_granted(), dispute.granted));
    let held = [
        (words.dispute_held(), view.held),
        (words.dispute_to_hold(), view.to_hold),
    ]
    .map(|(said, amount)| (amount > Centimes::ZERO).then(|| sum(said, amount)));
    let trouble = match &view.whereabouts {
        Whereabouts::ToCorrect { refusal, .. } => Some(ui::banner(
            "trouble",
            "warning",
            words.whereabouts_to_correct(),
            words.refusal(refusal, &phone.device_now().catalogue(), &phone.offset()),
        )),
        _ => None,
    };
    let note = (!claim.note.is_empty()).then(|| view! { <p><bdi>{claim.note.clone()}</bdi></p> });
    let photo = claim
        .photo
        .map(|_| match phone.device_now().photo_of_dispute(dispute.id) {
            Some(photo) => picture(phone, &photo.0),
            None => view! { <p class="small muted">{words.dispute_photo_kept_by_office()}</p> }
                .into_any(),
        });
    let now = phone.now();
    let may_withdraw =
        dispute.state.awaits_answer() && !matches!(view.whereabouts, Whereabouts::ToCorrect { .. });
    let withdraw = may_withdraw.then(|| {
        view! { <button class="button button-quiet" type="button" on:click=move |_| withdrawing.set(true)>{ui::icon("undo")}{words.dispute_withdraw()}</button> }
    });
    let may_escalate = !view.waits && dispute.may_escalate(now);
    let escalate = may_escalate.then(|| {
        view! { <button class="button" type="button" on:click=move |_| escalating.set(true)>{ui::icon("people")}{words.dispute_escalate()}</button> }
    });
    view! {
        {ui::screen_title(
            words.dispute_one().into_any(),
            view! { <bdi>{about_words(phone, &claim.about)}</bdi> }.into_any(),
        )}
        <div class="row row-apart"><span class="row">{chips(phone, view)}</span>{ui::amount(claim.amount, "amount-display")}</div>
        {trouble}
        {clock(phone, view)}
        <dl class="sums">{sum(words.dispute_claimed(), claim.amount)}{granted}{held}</dl>
        <p class="toned">{words.dispute_reason(claim.reason)}</p>
        {note}
        {photo}
        {timeline(phone, view)}
        <details class="more">
            <summary>{ui::icon("percent")}{words.commission_how()}" "{ui::icon_flat("chevron-down")}</summary>
            {what(phone, &claim.about)}
        </details>
        <div class="button-group">{escalate}{withdraw}</div>
    }
    .into_any()
}

/// Until when somebody answers, or the agent may go on.
fn clock(phone: Phone, view: &DisputeView) -> Option<AnyView> {
    let words = phone.words;
    let dispute = &view.document.dispute;
    let now = phone.now();
    if matches!(view.whereabouts, Whereabouts::ToCorrect { .. }) {
        return None;
    }
    if view.waits {
        // The office's time begins when it has it.
        let days = usize::try_from(limits::DISPUTE_ANSWER_DAYS).unwrap_or_default();
        let awaits = dispute.state.awaits_answer();
        return awaits.then(|| ui::banner("", "clock", words.dispute_due_once_sent(days), ""));
    }
    let date = words.date(phone.offset().date_at(dispute.due_at));
    let (tone, said) = if dispute.is_overdue(now) {
        ("waiting", words.dispute_overdue(&date))
    } else if dispute.state.awaits_answer() {
        ("", words.dispute_due(&date))
    } else if dispute.may_escalate(now) {
        ("waiting", words.dispute_escalate_until(&date))
    } else {
        return None;
    };
    Some(ui::banner(tone, "clock", said, ""))
}

fn timeline(phone: Phone, view: &DisputeView) -> AnyView {
    let words = phone.words;
    let step = |tone: &'static str, said: String, note: String, at| {
        let note = (!note.is_empty()).then(|| view! { <span><bdi>{note}</bdi></span> });
        view! { <li data-tone=tone><strong>{said}</strong>{note}<span>{phone.moment(at)}</span></li> }
            .into_any()
    };
    let mut steps = vec![step(
        "news",
        words.dispute_step_opened().to_owned(),
        String::new(),
        view.document.dispute.opened_at,
    )];
    for happened in &view.document.steps {
        let (tone, said) = words.dispute_step(&happened.event);
        let note = match &happened.event {
            DisputeEvent::Decided { note, .. } | DisputeEvent::Escalated { note } => note.clone(),
            DisputeEvent::Taken | DisputeEvent::TakenBack => String::new(),
        };
        steps.push(step(tone, said, note, happened.at));
    }
    view! { <ol class="timeline">{steps}</ol> }.into_any()
}

fn escalate_sheet(phone: Phone, id: Uuid, open: RwSignal<bool>) -> AnyView {
    let words = phone.words;
    let content = move || {
        let note = RwSignal::new(String::new());
        let error = RwSignal::new(false);
        let act = move |_| {
            if note.with_untracked(|note| note.trim().is_empty()) {
                return error.set(true);
            }
            let escalate = EscalateDispute {
                dispute: id,
                note: note.get_untracked(),
            };
            phone.act(CommandBody::EscalateDispute(escalate), move |command| {
                open.set(false);
                phone.say_done(words.dispute_escalated(), command);
            });
        };
        view! {
            <div class="dialog-body stack">
                <p>{words.dispute_escalate_text()}</p>
                {note_field(phone, note)}
                <div aria-live="assertive">{move || error.get().then(|| ui::banner("trouble", "warning", words.refusal_field_missing(words.field_note()), ""))}</div>
            </div>
            <div class="dialog-foot"><button class="button button-primary" type="button" on:click=act>{ui::icon("people")}{words.dispute_escalate()}</button></div>
        }
        .into_any()
    };
    ui::sheet(
        words,
        Signal::derive(move || words.dispute_escalate().to_owned()),
        open,
        content,
    )
}

fn withdraw_sheet(phone: Phone, id: Uuid, open: RwSignal<bool>) -> AnyView {
    let words = phone.words;
    let content = move || {
        let act = move |_| {
            let body = CommandBody::WithdrawDispute(DisputeRef { dispute: id });
            phone.act(body, move |command| {
                open.set(false);
                phone.say_done(words.dispute_withdrawn(), command);
            });
        };
        view! {
            <div class="dialog-body"><p>{words.dispute_withdraw_text()}</p></div>
            <div class="dialog-foot"><button class="button button-danger" type="button" on:click=act>{ui::icon("undo")}{words.dispute_withdraw()}</button></div>
        }
        .into_any()
    };
    ui::sheet(
        words,
        Signal::derive(move || words.dispute_withdraw().to_owned()),
        open,
        content,
    )
}
