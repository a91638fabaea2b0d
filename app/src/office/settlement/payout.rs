//! A payout: prepared by one person, approved by another, exported for the bank, recorded.

use leptos::prelude::*;
use std::collections::BTreeMap;
use taswiq_backend::settlement::payouts::{Payout, PayoutStage, Step};
use taswiq_domain::ids::PersonId;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::CivilDate;

use super::{address, month_name, troubles};
use crate::office::desk::{Desk, Room};
use crate::office::form::{Form, Line, Problem, Reader, Script, Typed};
use crate::office::widgets::{self, Row, facts, figures, said, with_small, words};
use crate::ui;

/// How far it has come, as a chip.
pub fn stage(desk: &Desk, stage: PayoutStage) -> AnyView {
    let words = desk.words();
    match stage {
        PayoutStage::Prepared => ui::chip("waiting", "list", words.office_payout_is_prepared()),
        PayoutStage::Approved => ui::chip("news", "check", words.office_payout_is_approved()),
        PayoutStage::Paid => ui::chip("done", "bank", words.office_payout_is_paid()),
        PayoutStage::Cancelled => ui::chip("", "close", words.office_payout_is_cancelled()),
    }
}

/// Who looks at it, and what everybody is called.
pub struct Looking<'a> {
    /// Whoever looks.
    pub person: PersonId,
    /// Names of the office.
    pub names: &'a BTreeMap<PersonId, LocalText>,
}

/// The page of a payout.
pub fn page(
    desk: &Desk,
    payout: &Payout,
    looking: &Looking<'_>,
    typed: &Typed,
    problems: &[Problem],
) -> String {
    let sentences = desk.words();
    let title = sentences.office_payout_number(&payout.id.to_string());
    let month = month_name(desk, payout.period);
    let head = view! { {desk.title(&title, widgets::link(address(payout.period), month))} {stage(desk, payout.stage)} };
    let by = |step: Step| {
        let name = looking
            .names
            .get(&step.by)
            .map_or_else(|| step.by.to_string(), |name| desk.text(name));
        said(sentences.office_payout_by(&name, &desk.moment(step.at)))
    };
    let mut about = vec![
        (
            sentences.office_ledger_amount(),
            ui::amount(payout.total().unwrap_or_default(), ""),
        ),
        (sentences.office_payout_prepared(), by(payout.prepared)),
    ];
    for (label, step) in [
        (sentences.office_payout_approved(), payout.approved),
        (sentences.office_payout_cancelled(), payout.cancelled),
        (sentences.office_payout_recorded(), payout.recorded),
    ] {
        if let Some(step) = step {
            about.push((label, by(step)));
        }
    }
    if let Some((on, reference)) = &payout.paid {
        about.push((
            sentences.office_payout_paid_on(),
            said(sentences.date_full(*on)),
        ));
        about.push((
            sentences.office_payout_reference(),
            view! { <bdi dir="ltr">{reference.clone()}</bdi> }.into_any(),
        ));
    }
    let body = view! {
        {troubles(desk, &problems.iter().filter(|problem| !FIELDS.contains(&problem.field.as_str())).cloned().collect::<Vec<_>>())}
        {facts(about)}
        {acts(desk, payout, looking.person, typed, problems)}
        {widgets::part(sentences.office_payout_agents(), ().into_any(), lines(desk, payout))}
    };
    desk.page(Room::Settlement, &title, head.into_any(), body.into_any())
}

/// The fields of the form that records a payment.
const FIELDS: [&str; 2] = ["paid_on", "reference"];

fn lines(desk: &Desk, payout: &Payout) -> AnyView {
    let sentences = desk.words();
    let columns = [
        words(sentences.office_settlement_agent()),
        words(sentences.office_account_title()),
        figures(sentences.office_ledger_amount()),
        words(sentences.office_column_act()),
    ];
    let rows = payout
        .lines
        .iter()
        .map(|line| {
            let name = widgets::link(
                format!("{}/agents/{}", address(payout.period), line.agent),
                desk.text(&line.agent_name),
            );
            let number = sentences.statement_number(&line.statement_number.to_string());
            let account = view! { <bdi class="number" dir="ltr">{line.rib.masked()}</bdi> };
            let account = if line.account_changed && payout.stage != PayoutStage::Paid {
                with_small(
                    account.into_any(),
                    sentences.office_payout_account_changed(),
                )
            } else {
                account.into_any()
            };
            let act = match (payout.stage, line.returned_at) {
                (PayoutStage::Paid, None) => widgets::act(
                    format!("/office/payouts/{}/returned", payout.id),
                    &[("agent", &line.agent.to_string())],
                    "undo",
                    sentences.office_payout_returned(),
                    "button button-quiet",
                ),
                (_, Some(at)) => said(sentences.office_payout_came_back(&desk.moment(at))),
                _ => ().into_any(),
            };
            Row {
                tone: if line.returned_at.is_some() {
                    "trouble"
                } else {
                    ""
                },
                cells: vec![
                    with_small(name, number),
                    account,
                    ui::amount(line.amount, ""),
                    act,
                ],
            }
        })
        .collect();
    let total = vec![
        said(sentences.office_settlement_total()),
        ().into_any(),
        ui::amount(payout.total().unwrap_or_default(), ""),
        ().into_any(),
    ];
    widgets::table(
        sentences.office_payout_agents(),
        "",
        &columns,
        rows,
        Some(total),
    )
}

/// What can be done with it now, and by whom.
fn acts(
    desk: &Desk,
    payout: &Payout,
    person: PersonId,
    typed: &Typed,
    problems: &[Problem],
) -> AnyView {
    let words = desk.words();
    let at = |act: &str| format!("/office/payouts/{}/{act}", payout.id);
    let cancel = || {
        widgets::act(
            at("cancel"),
            &[],
            "close",
            words.office_payout_cancel(),
            "button button-danger",
        )
    };
    let files = || {
        view! {
            <a class="button" href=at("list.xlsx") download="">{ui::icon("download")}{words.office_payout_xlsx()}</a>
            <a class="button" href=at("list.csv") download="">{ui::icon("download")}{words.office_payout_csv()}</a>
        }
    };
    match payout.stage {
        PayoutStage::Prepared if payout.prepared.by == person => view! {
            {ui::banner("waiting", "people", words.office_payout_somebody_else(), words.office_payout_somebody_else_text())}
            <div class="button-group">{cancel()}</div>
        }
        .into_any(),
        PayoutStage::Prepared => {
            let approve = widgets::act(
                at("approve"),
                &[],
                "check",
                words.office_payout_approve(),
                "button button-primary",
            );
            view! {
                {ui::banner("waiting", "list", words.office_payout_check(), words.office_payout_check_text())}
                <div class="button-group">{approve}{cancel()}</div>
            }
            .into_any()
        }
        PayoutStage::Approved => {
            let form = Form {
                desk,
                typed,
                problems,
            };
            let record = view! {
                <form class="stack" method="post" action=at("paid")>
                    {form.line("paid_on", words.office_payout_paid_on(), Line { kind: "date", required: true, script: Script::Figures, ..Line::default() })}
                    {form.line("reference", words.office_payout_reference(), Line { required: true, hint: words.office_payout_reference_hint().to_owned(), ..Line::default() })}
                    <div class="button-group"><button class="button button-primary" type="submit">{ui::icon("check")}{words.office_payout_record()}</button></div>
                </form>
            };
            view! {
                {widgets::part(words.office_payout_bank(), ().into_any(), view! { <p>{words.office_payout_bank_text()}</p><div class="button-group">{files()}</div> }.into_any())}
                {widgets::part(words.office_payout_record_title(), ().into_any(), record.into_any())}
                <div class="button-group">{cancel()}</div>
            }
            .into_any()
        }
        PayoutStage::Paid => view! { <div class="button-group">{files()}</div> }.into_any(),
        PayoutStage::Cancelled => ().into_any(),
    }
}

/// When the bank paid, and what it calls that.
///
/// # Errors
/// What is wrong with which field.
pub fn read_payment(desk: &Desk, typed: &Typed) -> Result<(CivilDate, String), Vec<Problem>> {
    let mut reader = Reader::new(desk, typed);
    let words = desk.words();
    let paid_on = typed
        .get("paid_on")
        .parse::<CivilDate>()
        .unwrap_or_else(|_| {
            reader.wrong("paid_on", words.office_problem_date());
            desk.today()
        });
    let reference = typed.get("reference").to_owned();
    if reference.is_empty() {
        reader.wrong(
            "reference",
            words.refusal_field_missing(words.office_payout_reference()),
        );
    }
    reader.done((paid_on, reference))
}
