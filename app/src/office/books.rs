//! An agent's accounts, entry by entry: each leads to what caused it, and says who did it, on which
//! device, and when the server heard of it.

use leptos::prelude::*;
use taswiq_backend::people::Person;
use taswiq_domain::ledger::Cause;
use taswiq_domain::sync::LedgerEntry;

use super::desk::{Desk, Room};
use super::history::{self, Known};
use super::widgets::{self, Row, figures, said, with_small, words};
use crate::ui;
use crate::words::short_device;

/// One page of them, latest first; `older` is where the next begins.
pub fn page(
    desk: &Desk,
    agent: &Person,
    entries: &[LedgerEntry],
    older: Option<i64>,
    known: &Known<'_>,
) -> String {
    let sentences = desk.words();
    let name = desk.text(&agent.name);
    let title = sentences.office_books_title(&name);
    let back = widgets::link(format!("/office/people/{}", agent.id), name);
    let list = if entries.is_empty() {
        ui::empty_state(
            "coins",
            sentences.office_ledger_none(),
            sentences.office_books_about(),
            ().into_any(),
        )
    } else {
        table(desk, entries, known)
    };
    let older = older.map(|before| {
        widgets::go(
            format!("/office/people/{}/ledger?before={before}", agent.id),
            "history",
            sentences.office_disputes_older(),
            "button button-quiet",
        )
    });
    desk.page(
        Room::Agents,
        &title,
        desk.title(&title, back),
        view! { {list}{older} }.into_any(),
    )
}

fn table(desk: &Desk, entries: &[LedgerEntry], known: &Known<'_>) -> AnyView {
    let sentences = desk.words();
    let columns = [
        words(sentences.office_ledger_what()),
        words(sentences.office_ledger_from()),
        words(sentences.office_ledger_to()),
        words(sentences.office_history_who()),
        words(sentences.entry_at_server()),
        figures(sentences.office_ledger_amount()),
    ];
    let rows = entries
        .iter()
        .map(|entry| {
            let transfer = &entry.transfer;
            let what = history::purpose(sentences, transfer.purpose);
            let number = entry.number.to_string();
            let what = match transfer.cause {
                Cause::Order { order, .. } => {
                    widgets::link(format!("/office/orders/{order}"), what)
                }
                Cause::Dispute { dispute, .. } => {
                    widgets::link(format!("/office/disputes/{dispute}"), what)
                }
                _ => said(what),
            };
            let source = entry.source.as_ref();
            let who = source.map_or_else(String::new, |source| {
                source.by.as_ref().map_or_else(
                    || sentences.office_history_server().to_owned(),
                    |name| desk.text(name),
                )
            });
            let device = source
                .and_then(|source| source.device)
                .map(short_device)
                .unwrap_or_default();
            let received = source.map_or_else(
                || desk.moment(transfer.at),
                |source| desk.moment(source.received_at),
            );
            Row::plain(vec![
                with_small(what, number),
                said(history::account(desk, transfer.debit, known)),
                said(history::account(desk, transfer.credit, known)),
                with_small(said(who), device),
                with_small(
                    widgets::link(super::entry::address(entry.number), received),
                    desk.moment(transfer.at),
                ),
                ui::amount(transfer.amount, ""),
            ])
        })
        .collect();
    widgets::table(
        sentences.office_ledger_what(),
        sentences.office_books_about(),
        &columns,
        rows,
        None,
    )
}
