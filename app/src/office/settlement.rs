//! Months and their statements: closing them, reading them, paying them.

pub mod agent;
pub mod month;
pub mod payout;
pub mod statement;
pub mod tax;

use leptos::prelude::*;
use taswiq_backend::settlement::{Month, MonthState, SettlementRefusal};
use taswiq_domain::period::Period;
use taswiq_domain::settlement::PaymentState;
use taswiq_domain::time::Calendar;

use super::desk::{Desk, Room};
use super::form::Problem;
use super::widgets::{self, Row, figures, number, said, words};
use crate::ui;

/// The page of a month.
pub fn address(period: Period) -> String {
    format!("/office/settlement/{period}")
}

/// `novembre 2026`
pub fn month_name(desk: &Desk, period: Period) -> String {
    desk.words().month_and_year(period.first_day())
}

/// Every month, the latest first.
pub fn months(desk: &Desk, months: &[Month]) -> String {
    let sentences = desk.words();
    let title = sentences.office_nav_settlement();
    let columns = [
        words(sentences.office_settlement_month()),
        words(sentences.office_column_state()),
        figures(sentences.office_settlement_statements()),
        figures(sentences.statement_payable()),
        figures(sentences.statement_tax()),
        figures(sentences.statement_net()),
        figures(sentences.office_settlement_still_payable()),
    ];
    let rows = months
        .iter()
        .map(|month| {
            let totals = &month.totals;
            let name = widgets::link(address(month.period), month_name(desk, month.period));
            let is_closed = matches!(month.state, MonthState::Closed { .. });
            let amount = |amount| {
                if is_closed {
                    ui::amount(amount, "")
                } else {
                    said("–")
                }
            };
            let still_payable = totals.net.minus(totals.paid).unwrap_or_default();
            Row {
                tone: if month.state == MonthState::Due {
                    "waiting"
                } else {
                    ""
                },
                cells: vec![
                    name,
                    state(desk, &month.state),
                    if is_closed {
                        number(i64::from(totals.statements))
                    } else {
                        said("–")
                    },
                    amount(totals.payable),
                    amount(totals.withheld),
                    amount(totals.net),
                    amount(still_payable),
                ],
            }
        })
        .collect();
    let tax = widgets::go(
        "/office/tax",
        "percent",
        sentences.office_tax_title(),
        "button",
    );
    let head = view! { {desk.title(title, said(sentences.office_settlement_about()))} {tax} };
    desk.page(
        Room::Settlement,
        title,
        head.into_any(),
        widgets::table(title, "", &columns, rows, None),
    )
}

/// How a month stands, as a chip.
fn state(desk: &Desk, state: &MonthState) -> AnyView {
    let words = desk.words();
    match state {
        MonthState::Running { until } => {
            let last_day = desk.calendar.date_at(until.plus_ms(-1));
            ui::chip(
                "",
                "calendar",
                words.office_settlement_running(&words.date_plain(last_day)),
            )
        }
        MonthState::Waiting => ui::chip("", "hourglass", words.office_settlement_waiting()),
        MonthState::Due => ui::chip("waiting", "clock", words.office_settlement_due()),
        MonthState::Closed { at, .. } => {
            let on = desk.calendar.date_at(*at);
            ui::chip(
                "done",
                "lock",
                words.office_settlement_closed(&words.date_full(on)),
            )
        }
    }
}

/// How a statement stands with its payment, as a chip.
pub fn payment(desk: &Desk, payment: &PaymentState) -> AnyView {
    let words = desk.words();
    let (tone, icon) = match payment {
        PaymentState::Nothing => ("", "minus"),
        PaymentState::Payable => ("waiting", "coins"),
        PaymentState::Prepared => ("waiting", "list"),
        PaymentState::Approved => ("news", "check"),
        PaymentState::Paid { .. } => ("done", "bank"),
    };
    ui::chip(tone, icon, words.payment_state(payment))
}

/// Why a month was not closed or not paid, as a sentence.
pub fn trouble(desk: &Desk, refusal: &SettlementRefusal) -> String {
    let words = desk.words();
    match refusal {
        SettlementRefusal::Closed { period } => {
            words.office_settlement_is_closed(&month_name(desk, *period))
        }
        SettlementRefusal::EarlierOpen { oldest } => {
            words.office_settlement_earlier(&month_name(desk, *oldest))
        }
        SettlementRefusal::NotOver { period } => {
            words.office_settlement_not_over(&month_name(desk, *period))
        }
        SettlementRefusal::NobodyToPay { period } => {
            words.office_payout_nobody(&month_name(desk, *period))
        }
        SettlementRefusal::OwnPayout => words.office_payout_own().to_owned(),
        SettlementRefusal::PayoutMovedOn { .. } => words.office_payout_moved_on().to_owned(),
        SettlementRefusal::NotPayable { agent } => {
            words.office_payout_not_payable(&agent.to_string())
        }
        SettlementRefusal::PaidOnWrongDay => words.office_payout_wrong_day().to_owned(),
    }
}

/// The field of a form that a refusal is about.
pub const fn field(refusal: &SettlementRefusal) -> &'static str {
    match refusal {
        SettlementRefusal::PaidOnWrongDay => "paid_on",
        _ => "form",
    }
}

/// What could not be done, above a page whose acts are buttons.
fn troubles(desk: &Desk, problems: &[Problem]) -> AnyView {
    let said: Vec<AnyView> = problems
        .iter()
        .map(|problem| {
            ui::banner(
                "trouble",
                "warning",
                desk.words().office_settlement_not_done(),
                problem.text.clone(),
            )
        })
        .collect();
    view! { <div role="alert">{said}</div> }.into_any()
}
