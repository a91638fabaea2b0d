//! What an agent is paid into, was given in advance, and every statement of theirs.

use leptos::prelude::*;
use taswiq_backend::people::Person;
use taswiq_backend::settlement::StatementSummary;
use taswiq_backend::settlement::accounts::BankAccount;
use taswiq_backend::settlement::advances::Advance;
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;

use super::{address, month_name, payment};
use crate::office::desk::{Desk, Room};
use crate::office::form::{Form, Line, Problem, Reader, Script, Typed};
use crate::office::widgets::{self, Row, facts, figures, said, with_small, words};
use crate::ui;

/// What the page shows.
pub struct Sight<'a> {
    /// Whose.
    pub person: &'a Person,
    /// Where they are paid.
    pub account: Option<&'a BankAccount>,
    /// The latest first.
    pub advances: &'a [Advance],
    /// The latest first.
    pub statements: &'a [StatementSummary],
    /// What the next advance is called, so that sending the form twice gives it once.
    pub advance: String,
}

/// The page.
pub fn page(desk: &Desk, sight: &Sight<'_>, typed: &Typed, problems: &[Problem]) -> String {
    let sentences = desk.words();
    let name = desk.text(&sight.person.name);
    let title = sentences.office_money_title(&name);
    let back = widgets::link(format!("/office/people/{}", sight.person.id), name.as_str());
    let form = Form {
        desk,
        typed,
        problems,
    };
    let entries = widgets::go(
        format!("/office/people/{}/ledger", sight.person.id),
        "list",
        sentences.office_books_go(),
        "button",
    );
    let head = view! { {desk.title(&title, back)} {entries} };
    let body = view! {
        {widgets::part(sentences.office_account_title(), ().into_any(), account(desk, sight, &form))}
        {widgets::part(sentences.office_advance_title(), ().into_any(), advances(desk, sight, &form))}
        {widgets::part(sentences.office_settlement_statements(), ().into_any(), statements(desk, sight.statements))}
    };
    desk.page(Room::Agents, &title, head.into_any(), body.into_any())
}

fn account(desk: &Desk, sight: &Sight<'_>, form: &Form<'_>) -> AnyView {
    let words = desk.words();
    let known = match sight.account {
        Some(account) => facts(vec![
            (
                words.office_account_rib(),
                view! { <bdi class="number" dir="ltr">{account.rib.masked()}</bdi> }.into_any(),
            ),
            (
                words.office_account_since(),
                said(desk.moment(account.entered_at)),
            ),
        ]),
        None => ui::banner(
            "waiting",
            "warning",
            words.office_account_none(),
            words.office_account_none_text(),
        ),
    };
    let look = Line {
        inputmode: Some("numeric"),
        required: true,
        script: Script::Figures,
        hint: words.office_account_hint().to_owned(),
        maxlength: 40,
        ..Line::default()
    };
    let act = if sight.account.is_some() {
        words.office_account_replace()
    } else {
        words.office_account_enter()
    };
    view! {
        {known}
        <form class="stack" method="post" action=format!("/office/people/{}/account", sight.person.id)>
            {form.line("rib", words.office_account_rib(), look)}
            <div class="button-group"><button class="button" type="submit">{ui::icon("check")}{act}</button></div>
        </form>
    }
    .into_any()
}

fn advances(desk: &Desk, sight: &Sight<'_>, form: &Form<'_>) -> AnyView {
    let sentences = desk.words();
    let list = (!sight.advances.is_empty()).then(|| {
        let columns = [
            words(sentences.office_advance_given()),
            words(sentences.office_advance_month()),
            words(sentences.office_payout_reference()),
            figures(sentences.office_ledger_amount()),
        ];
        let rows = sight
            .advances
            .iter()
            .map(|advance| {
                Row::plain(vec![
                    said(desk.moment(advance.given_at)),
                    said(month_name(desk, advance.period)),
                    said(advance.reference.clone()),
                    ui::amount(advance.amount, ""),
                ])
            })
            .collect();
        widgets::table(sentences.office_advance_title(), "", &columns, rows, None)
    });
    let amount = Line {
        inputmode: Some("decimal"),
        required: true,
        script: Script::Figures,
        unit: "DH",
        maxlength: 16,
        hint: sentences.office_advance_hint().to_owned(),
        ..Line::default()
    };
    let reference = Line {
        optional: true,
        ..Line::default()
    };
    view! {
        {list}
        <form class="stack" method="post" action=format!("/office/people/{}/advance", sight.person.id)>
            <input type="hidden" name="advance" value=sight.advance.clone() />
            {form.line("amount", sentences.office_ledger_amount(), amount)}
            {form.line("reference", sentences.office_payout_reference(), reference)}
            <div class="button-group"><button class="button" type="submit">{ui::icon("coins")}{sentences.office_advance_give()}</button></div>
        </form>
    }
    .into_any()
}

fn statements(desk: &Desk, statements: &[StatementSummary]) -> AnyView {
    let sentences = desk.words();
    if statements.is_empty() {
        return view! { <p class="muted">{sentences.office_settlement_no_statement()}</p> }
            .into_any();
    }
    let columns = [
        words(sentences.office_settlement_month()),
        figures(sentences.statement_payable()),
        figures(sentences.statement_tax()),
        figures(sentences.statement_net()),
        figures(sentences.statement_carried()),
        words(sentences.office_settlement_payment()),
    ];
    let rows = statements
        .iter()
        .map(|summary| {
            let totals = &summary.totals;
            let link = widgets::link(
                format!("{}/agents/{}", address(summary.period), summary.agent),
                month_name(desk, summary.period),
            );
            Row::plain(vec![
                with_small(
                    link,
                    sentences.statement_number(&summary.number.to_string()),
                ),
                ui::amount(totals.payable, ""),
                ui::amount(totals.withheld, ""),
                ui::amount(totals.net, ""),
                ui::amount(totals.carried, ""),
                payment(desk, &summary.payment),
            ])
        })
        .collect();
    widgets::table(
        sentences.office_settlement_statements(),
        "",
        &columns,
        rows,
        None,
    )
}

/// How much is given in advance.
///
/// # Errors
/// What is wrong with which field.
pub fn read_advance(desk: &Desk, typed: &Typed) -> Result<(Centimes, String), Vec<Problem>> {
    let mut reader = Reader::new(desk, typed);
    let label = desk.words().office_ledger_amount();
    let amount = reader.amount_up_to("amount", label, limits::ADVANCE_CENTIMES);
    reader.done((amount, typed.get("reference").to_owned()))
}
