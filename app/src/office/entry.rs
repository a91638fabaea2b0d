//! One entry of the ledger: what it rests on, and how a person takes it back.

use leptos::prelude::*;
use taswiq_backend::ledger::correction::{EntrySight, follows_dispute};
use taswiq_backend::orders::OrderHistory;
use taswiq_domain::explain;
use taswiq_domain::ids::OrderId;
use taswiq_domain::ledger::{Cause, CorrectionReason, Transfer};
use taswiq_domain::sync::LedgerEntry;

use super::desk::{Desk, Room};
use super::form::{Form, Problem, Typed};
use super::history::{self, Known, account, happened, purpose};
use super::settlement::month_name;
use super::widgets::{self, facts, said, with_small};
use crate::ui;
use crate::words::{Words, short_device};

/// The page of an entry.
pub fn address(number: i64) -> String {
    format!("/office/entries/{number}")
}

/// Which field is wrong, and why, when a person names no reason.
pub fn read_reason(desk: &Desk, typed: &Typed) -> Result<CorrectionReason, Vec<Problem>> {
    CorrectionReason::from_name(typed.get("reason")).ok_or_else(|| {
        let words = desk.words();
        vec![Problem::at(
            "reason",
            words.refusal_field_missing(words.office_entry_reason()),
        )]
    })
}

fn order_link(id: OrderId, code: String) -> AnyView {
    widgets::link(format!("/office/orders/{id}"), code)
}

/// One entry.
pub struct Sight<'a> {
    /// The entry and what it rests on.
    pub entry: &'a EntrySight,
    /// The order that caused it, if one did.
    pub history: Option<&'a OrderHistory>,
    /// Names.
    pub known: &'a Known<'a>,
    /// Whether whoever looks may take back entries at all.
    pub keeps_ledger: bool,
    /// Whether they may take back this one.
    pub may_correct: bool,
}

/// Its page.
pub fn page(desk: &Desk, sight: &Sight<'_>, typed: &Typed, problems: &[Problem]) -> String {
    let sentences = desk.words();
    let LedgerEntry {
        number, transfer, ..
    } = &sight.entry.entry;
    let title = sentences.office_entry_title(&number.to_string());
    let back = match transfer.agent() {
        Some(agent) => widgets::link(
            format!("/office/people/{agent}/ledger"),
            sentences.office_books_title(&sight.known.person(desk, agent)),
        ),
        None => ().into_any(),
    };
    let form = Form {
        desk,
        typed,
        problems,
    };
    let body = view! {
        {form.summary()}
        {widgets::part(purpose(sentences, transfer.purpose), ().into_any(), view! { {about(desk, sight)}{told_late(desk, sight)} }.into_any())}
        {explained(desk, sight)}
        {correction(desk, sight, &form)}
    };
    let head = desk.title(&title, back);
    desk.page(Room::Agents, &title, head, body.into_any())
}

fn about(desk: &Desk, sight: &Sight<'_>) -> AnyView {
    let sentences = desk.words();
    let LedgerEntry { transfer, link, .. } = &sight.entry.entry;
    let mut pairs = vec![
        (
            sentences.office_ledger_amount(),
            ui::amount(transfer.amount, "amount-body"),
        ),
        (
            sentences.statement_base(),
            ui::amount(transfer.base, "amount-body"),
        ),
        (
            sentences.office_ledger_from(),
            said(account(desk, transfer.debit, sight.known)),
        ),
        (
            sentences.office_ledger_to(),
            said(account(desk, transfer.credit, sight.known)),
        ),
        (
            sentences.office_audit_when(),
            said(desk.moment(transfer.at)),
        ),
        (
            sentences.office_settlement_month(),
            said(month_name(desk, transfer.period)),
        ),
    ];
    pairs.extend(cause(desk, sight, transfer));
    if let Some(by) = sight.entry.corrected_by {
        pairs.push((sentences.office_entry_corrected_by(), entry_link(desk, by)));
    }
    if let Some(link) = link {
        let link = link.to_string();
        pairs.push((
            sentences.statement_chain(),
            view! { <code class="hash" dir="ltr">{link}</code> }.into_any(),
        ));
    }
    facts(pairs)
}

fn entry_link(desk: &Desk, number: i64) -> AnyView {
    let name = desk.words().statement_entry(&number.to_string());
    widgets::link(address(number), name)
}

/// What it rests on.
fn cause<'a>(desk: &Desk, sight: &Sight<'_>, transfer: &Transfer) -> Vec<(&'a str, AnyView)> {
    let sentences = desk.words();
    match transfer.cause {
        Cause::Order { order, .. } => {
            let Some((code, recorded)) = &sight.entry.happened else {
                return Vec::new();
            };
            let what = happened(desk, &recorded.event, sight.known).1;
            let who = match recorded.actor {
                Some(actor) => sight.known.person(desk, actor),
                None => sentences.entry_by_clock().to_owned(),
            };
            let number = sentences.entry_event(&recorded.number.to_string());
            let mut pairs = vec![
                (
                    sentences.office_column_order(),
                    order_link(order, code.to_string()),
                ),
                (
                    sentences.office_ledger_cause(),
                    with_small(said(what), number),
                ),
                (sentences.entry_by(), said(who)),
            ];
            if let Some(device) = recorded.device {
                let device = short_device(device);
                let device = view! { <bdi class="number">{device}</bdi> };
                pairs.push((sentences.entry_device(), device.into_any()));
            }
            pairs.push((
                sentences.entry_at_door(),
                said(desk.moment(recorded.made_at)),
            ));
            pairs.push((
                sentences.entry_at_server(),
                said(desk.moment(recorded.received_at)),
            ));
            pairs
        }
        Cause::Settlement { agent, period, .. } | Cause::Payout { agent, period, .. } => {
            let statement = widgets::link(
                format!("/office/settlement/{period}/agents/{agent}"),
                month_name(desk, period),
            );
            vec![(sentences.office_ledger_settled(), statement)]
        }
        Cause::Correction { of } => {
            vec![(sentences.office_entry_corrects(), entry_link(desk, of))]
        }
        // An advance and a step of a dispute say what they are.
        Cause::Advance { .. } | Cause::Dispute { .. } => Vec::new(),
    }
}

/// The line that caused it, computed again: rule, version, base, rate and rounding, the person's part of it
/// in the books, and every entry of the order beside what its events cause.
fn explained(desk: &Desk, sight: &Sight<'_>) -> Option<AnyView> {
    let sentences = desk.words();
    let history = sight.history?;
    let transfer = &sight.entry.entry.transfer;
    let order = &history.order;
    let line = transfer
        .cause
        .cooperative()
        .zip(transfer.cause.line())
        .and_then(|(cooperative, number)| {
            let sub_order = order.sub_order(cooperative)?;
            let line = sub_order.line(number)?;
            let books = transfer.agent().and_then(|agent| {
                let entries = history.entries.iter().map(|entry| &entry.transfer);
                let books = explain::books(order, cooperative, number, agent, entries);
                let (tone, icon, said) = sentences.books(books.ok().flatten().as_ref()?);
                Some(ui::strip(tone, icon, said))
            });
            let explained = history::explain(desk, order.plan, sub_order, line, sight.known);
            Some(view! { {explained}{books} })
        });
    let inside = view! { {line}{history::ledger(desk, history, sight.known)} };
    Some(widgets::part(
        sentences.office_order_explain(),
        ().into_any(),
        inside.into_any(),
    ))
}

/// What was told late, where the entry was counted again for it.
fn told_late(desk: &Desk, sight: &Sight<'_>) -> Option<AnyView> {
    let late = sight.entry.told_by.as_ref()?;
    let what = happened(desk, &late.event, sight.known).1;
    let who = match late.actor {
        Some(actor) => sight.known.person(desk, actor),
        None => desk.words().entry_by_clock().to_owned(),
    };
    let heard = desk.moment(late.received_at);
    let number = late.number.to_string();
    let why = desk
        .words()
        .entry_told_late_by(&heard, &what, &who, &number);
    Some(view! { <p class="small muted">{why}</p> }.into_any())
}

fn correction(desk: &Desk, sight: &Sight<'_>, form: &Form<'_>) -> AnyView {
    let sentences = desk.words();
    if !sight.keeps_ledger || sight.entry.corrected_by.is_some() {
        return ().into_any();
    }
    let inside = if sight.may_correct {
        let reasons = CorrectionReason::ALL.map(|reason| {
            (
                reason.as_str().to_owned(),
                said_reason(sentences, reason).to_owned(),
            )
        });
        let action = format!("{}/correct", address(sight.entry.entry.number));
        view! {
            <p class="muted">{sentences.office_entry_correct_text()}</p>
            <form class="stack" method="post" action=action>
                {form.radios("reason", sentences.office_entry_reason(), &reasons)}
                <div class="button-group"><button class="button button-danger" type="submit">{ui::icon("undo")}{sentences.office_entry_correct_act()}</button></div>
            </form>
        }
        .into_any()
    } else {
        let why = if follows_dispute(&sight.entry.entry.transfer) {
            sentences.office_entry_of_dispute()
        } else {
            sentences.office_entry_own()
        };
        view! { <p class="muted">{why}</p> }.into_any()
    };
    widgets::part(
        sentences.office_entry_correct_title(),
        ().into_any(),
        inside,
    )
}

fn said_reason(words: Words, reason: CorrectionReason) -> &'static str {
    match reason {
        CorrectionReason::Twice => words.office_entry_reason_twice(),
        CorrectionReason::WrongRecord => words.office_entry_reason_wrong_record(),
        CorrectionReason::WrongPerson => words.office_entry_reason_wrong_person(),
        CorrectionReason::WrongCorrection => words.office_entry_reason_wrong_correction(),
    }
}

/// Why nothing was taken back: somebody was faster.
pub fn already_corrected(desk: &Desk, sight: &EntrySight) -> Problem {
    let by = sight.corrected_by.unwrap_or_default().to_string();
    Problem::at("form", desk.words().office_entry_already(&by))
}
