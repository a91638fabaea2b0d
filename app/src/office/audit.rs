//! The audit trail, for administrators: who changed what, what was refused as forged.

use leptos::prelude::*;
use taswiq_backend::audit::AuditEntry;
use taswiq_backend::disputes::Decided;
use taswiq_backend::people::Person;

use super::desk::{Desk, Room};
use super::form::{Form, Typed};
use super::widgets::{self, Row, said, words};
use crate::ui;

/// What is kept of the trail on one page: by action, by actor.
#[derive(Clone, Debug)]
pub struct Asked {
    typed: Typed,
}

impl Asked {
    /// Reads it from an address.
    pub const fn read(typed: Typed) -> Self {
        Self { typed }
    }

    /// Before which entry the page begins.
    pub fn before(&self) -> Option<i64> {
        self.typed.number("before")
    }

    /// Whether an entry is looked for.
    pub fn keeps(&self, entry: &AuditEntry) -> bool {
        let actor = self.typed.get("actor");
        let action = self.typed.get("action");
        (actor.is_empty() || entry.actor.is_some_and(|id| id.to_string() == actor))
            && (action.is_empty() || entry.action.contains(action))
    }
}

/// One page of the trail, latest first; `older` is where the next begins.
pub fn page(
    desk: &Desk,
    asked: &Asked,
    entries: &[AuditEntry],
    older: Option<i64>,
    people: &[Person],
) -> String {
    let sentences = desk.words();
    let title = sentences.office_nav_audit();
    let form = Form {
        desk,
        typed: &asked.typed,
        problems: &[],
    };
    let name = |id| {
        people
            .iter()
            .find(|person| person.id == id)
            .map_or_else(|| id.to_string(), |person| desk.text(&person.name))
    };
    let mut actors = vec![(String::new(), sentences.office_filter_all().to_owned())];
    actors.extend(
        people
            .iter()
            .map(|person| (person.id.to_string(), desk.text(&person.name))),
    );
    let mut actions: Vec<String> = entries
        .iter()
        .map(|entry| entry.action.clone())
        .chain(Some(asked.typed.get("action").to_owned()))
        .filter(|action| !action.is_empty())
        .collect();
    actions.sort();
    actions.dedup();
    let mut choices = vec![(String::new(), sentences.office_filter_all().to_owned())];
    choices.extend(
        actions
            .into_iter()
            .map(|action| (action.clone(), said_action(desk, &action))),
    );
    let columns = [
        words(sentences.office_audit_when()),
        words(sentences.office_history_who()),
        words(sentences.office_audit_what()),
        words(sentences.office_audit_about()),
        words(sentences.office_audit_detail()),
    ];
    let rows: Vec<Row> = entries
        .iter()
        .map(|entry| {
            let who = entry.actor.map_or_else(
                || said(sentences.office_history_server()),
                |id| widgets::link(format!("/office/people/{id}"), name(id)),
            );
            let subject: String = entry
                .subject
                .chars()
                .rev()
                .take(12)
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .collect();
            Row::plain(vec![
                said(desk.moment(entry.at)),
                who,
                said(said_action(desk, &entry.action)),
                view! { <bdi class="number" dir="ltr" title=entry.subject.clone()>{subject}</bdi> }
                    .into_any(),
                detail(desk, entry),
            ])
        })
        .collect();
    let next = older.map(|before| {
        let address = format!("/office/audit?actor={}&action={}&before={}", super::orders::encoded(asked.typed.get("actor")), super::orders::encoded(asked.typed.get("action")), before);
        view! { <nav class="pages" aria-label=sentences.office_page_label()><span></span><span></span><a class="button" href=address rel="next">{sentences.office_audit_older()}{ui::icon("arrow")}</a></nav> }
    });
    let list = if rows.is_empty() {
        ui::empty_state(
            "history",
            sentences.office_audit_none(),
            sentences.office_orders_none_found_text(),
            ().into_any(),
        )
    } else {
        widgets::table(title, "", &columns, rows, None)
    };
    let body = view! {
        <form class="filters no-print" method="get" action="/office/audit">
            {form.select("actor", sentences.office_history_who(), &actors)}
            {form.select("action", sentences.office_audit_what(), &choices)}
            <button class="button" type="submit">{ui::icon("filter")}{sentences.office_filter()}</button>
        </form>
        {list}
        {next}
    };
    desk.page(
        Room::Audit,
        title,
        desk.title(title, said(sentences.office_audit_intro())),
        body.into_any(),
    )
}

/// With which figures: in words where somebody has to know without being told how it is stored.
fn detail(desk: &Desk, entry: &AuditEntry) -> AnyView {
    let decided = (entry.action == "dispute_decided")
        .then(|| Decided::of_audit(&entry.detail))
        .flatten();
    let Some(decided) = decided else {
        return view! { <bdi class="small" dir="ltr">{entry.detail.clone()}</bdi> }.into_any();
    };
    let words = desk.words();
    let said = words.verdict(decided.verdict).1;
    let said = if decided.beyond_terms {
        words.office_audit_beyond_terms(&said)
    } else {
        said
    };
    view! { <span class="small">{said}</span> }.into_any()
}

/// What was done, in words; one that this page does not know yet is shown as it is stored, for an
/// administrator must not miss it.
fn said_action(desk: &Desk, action: &str) -> String {
    let words = desk.words();
    let known = match action {
        "cooperative_added" => words.office_action_cooperative_added(),
        "cooperative_changed" => words.office_action_cooperative_changed(),
        "convention_published" => words.office_action_convention_published(),
        "category_added" => words.office_action_category_added(),
        "category_changed" => words.office_action_category_changed(),
        "product_added" => words.office_action_product_added(),
        "product_changed" => words.office_action_product_changed(),
        "vat_published" => words.office_action_vat_published(),
        "prices_published" => words.office_action_prices_published(),
        "plan_published" => words.office_action_plan_published(),
        "plan_draft_saved" => words.office_action_plan_draft_saved(),
        "plan_draft_discarded" => words.office_action_plan_draft_discarded(),
        "file_imported" => words.office_action_file_imported(),
        "customer_moved" => words.office_action_customer_moved(),
        "person_added" => words.office_action_person_added(),
        "person_changed" => words.office_action_person_changed(),
        "person_activated" => words.office_action_person_activated(),
        "person_deactivated" => words.office_action_person_deactivated(),
        "password_chosen" => words.office_action_password_chosen(),
        "link_issued" => words.office_action_link_issued(),
        "foreign_device" => words.office_action_foreign_device(),
        "restored" => words.office_action_restored(),
        "session_revoked" => words.office_action_session_revoked(),
        "device_revoked" => words.office_action_device_revoked(),
        "sealing_key_renewed" => words.office_action_sealing_key_renewed(),
        "handed_over_by_file" => words.office_action_handed_over_by_file(),
        "store_lost" => words.office_action_store_lost(),
        "lost_store_closed" => words.office_action_lost_store_closed(),
        "order_from_receipt" => words.office_action_order_from_receipt(),
        "parked_accepted" => words.office_action_parked_accepted(),
        "parked_same" => words.office_action_parked_same(),
        "entry_corrected" => words.office_action_entry_corrected(),
        "month_closed" => words.office_action_month_closed(),
        "bank_account_entered" => words.office_action_account_entered(),
        "advance_given" => words.office_action_advance_given(),
        "tax_terms_published" => words.office_action_tax_published(),
        "payout_prepared" => words.office_action_payout_prepared(),
        "payout_approved" => words.office_action_payout_approved(),
        "payout_cancelled" => words.office_action_payout_cancelled(),
        "payment_recorded" => words.office_action_payment_recorded(),
        "payment_returned" => words.office_action_payment_returned(),
        "dispute_taken" => words.office_action_dispute_taken(),
        "dispute_decided" => words.office_action_dispute_decided(),
        "parked_rejected" => words.office_action_parked_rejected(),
        _ => return action.to_owned(),
    };
    known.to_owned()
}
