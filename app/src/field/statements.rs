//! The agent's statements, as the server closed them: readable without a network.

use super::{earnings, tabs};
use crate::phone::{Phone, badge};
use crate::route::{Behind, Field, Rung};
use crate::ui;
use crate::words::again_month;
use crate::words::statement::Step;
use leptos::prelude::*;
use std::collections::BTreeSet;
use std::rc::Rc;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::{Account, Cause};
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::settlement::{NotYetIn, PaymentState, SettledMonth, Statement};
use taswiq_domain::sync::{LedgerEntry, StatementDocument};
use taswiq_offline::Phase;

/// The tone and icon that go with how a statement stands with its payment.
const fn look(payment: &PaymentState) -> (&'static str, &'static str) {
    match payment {
        PaymentState::Nothing => ("", "minus"),
        PaymentState::Payable | PaymentState::Prepared | PaymentState::Approved => {
            ("waiting", "hourglass")
        }
        PaymentState::Paid { .. } => ("done", "bank"),
    }
}

/// The list, the latest first.
pub fn list(phone: Phone) -> AnyView {
    let words = phone.words;
    let rows: Vec<AnyView> = phone
        .device()
        .statements()
        .into_iter()
        .map(|document| {
            let statement = &document.statement;
            let (tone, icon) = look(&document.payment);
            let month = words.month_and_year(statement.period.first_day());
            let href = Field::Statement(statement.period).to_string();
            view! {
                <li><a class="list-row" href=href data-tone=(!tone.is_empty()).then_some(tone)>
                    {ui::icon(icon)}
                    <span class="list-main"><span>{month}</span><span>{words.payment_state(&document.payment)}</span></span>
                    {ui::amount(statement.net, "")}
                </a></li>
            }
            .into_any()
        })
        .collect();
    if rows.is_empty() {
        return ().into_any();
    }
    ui::part(
        words.statement_list(),
        ().into_any(),
        view! { <ul class="list">{rows}</ul> }.into_any(),
    )
}

/// One statement.
pub fn screen(phone: Phone, period: Period) -> AnyView {
    let words = phone.words;
    let month = words.month_and_year(period.first_day());
    let title = words.statement_title(&month);
    phone.title(&title);
    let content = move || match phone.device().statement(period) {
        Some(document) => whole(phone, &document),
        None => ui::empty_state(
            "orders",
            words.statement_none(),
            words.statement_none_text(),
            ().into_any(),
        ),
    };
    ui::frame(
        ui::back_bar(
            Field::Earnings.to_string(),
            words.earnings_title(),
            badge::badge(phone),
        ),
        view! { {ui::screen_title(title.into_any(), ().into_any())}{content} }.into_any(),
        tabs(phone, Field::Statement(period)),
    )
}

fn whole(phone: Phone, document: &Rc<StatementDocument>) -> AnyView {
    let words = phone.words;
    let statement = &document.statement;
    let (tone, icon) = look(&document.payment);
    let reference = match &document.payment {
        PaymentState::Paid { reference, .. } => words.statement_paid_reference(reference),
        _ => String::new(),
    };
    let nothing = statement
        .nothing
        .map(|nothing| ui::banner("", "info", words.statement_nothing(nothing), ""));
    let steps: Vec<AnyView> = all_steps(phone, statement)
        .into_iter()
        .map(|step| row(statement.period, step))
        .collect();
    let number = words.statement_number(&statement.number.to_string());
    // An agent who never earned has no chain, and nothing that it could differ from.
    let has_chain = statement.chain_head.bytes().any(|digit| digit != b'0');
    let same = if !has_chain {
        ().into_any()
    } else if phone.device_now().came_by(&statement.chain_head) {
        ui::chip("done", "check", words.statement_chain_same())
    } else {
        ui::chip("trouble", "warning", words.statement_chain_other())
    };
    let period = statement.period;
    let net = Field::StatementEntries(period, Behind::Net).to_string();
    view! {
        <a class="purse" href=net>
            <span class="purse-label">{words.statement_net()}</span>
            {ui::amount(statement.net, "amount-hero")}
        </a>
        {ui::banner(tone, icon, words.payment_state(&document.payment), reference)}
        {nothing}
        {ui::part(words.statement_how(), ().into_any(), view! { <dl class="explain">{steps}</dl> }.into_any())}
        {statement.months.iter().map(|month| supplement(phone, period, month)).collect_view()}
        {meter(phone, statement)}
        {not_yet_in(phone, &statement.not_yet_in)}
        {ui::part(words.statement_chain(), same, view! {
            <p class="muted small">{number}" · "{words.statement_chain_text()}</p>
            <p><code class="hash" dir="ltr">{statement.chain_head.clone()}</code></p>
        }.into_any())}
        {move || paper(phone, period)}
    }
    .into_any()
}

/// The way to the paper, which the server prints: without a network, why there is none.
fn paper(phone: Phone, period: Period) -> AnyView {
    let words = phone.words;
    if phone.status().phase == Phase::Offline {
        return ui::banner(
            "",
            "cloud-off",
            words.statement_pdf_offline(),
            words.statement_pdf_offline_text(),
        );
    }
    let address = format!("/statements/{period}/statement.pdf?lang={}", words.code());
    view! {
        <a class="button button-wide" href=address>{ui::icon("download")}{words.statement_pdf_get()}</a>
    }
    .into_any()
}

/// From what was there before to what goes on.
fn all_steps(phone: Phone, statement: &Statement) -> Vec<Step> {
    let words = phone.words;
    let mut steps = Vec::new();
    if statement.opening != Centimes::ZERO {
        steps.push(words.opening(statement));
    }
    steps.extend(words.steps(statement));
    if statement.carried_forward != Centimes::ZERO {
        steps.push(words.carried(statement));
    }
    steps
}

/// A step, which opens to its entries.
fn row(period: Period, step: Step) -> AnyView {
    let note = (!step.note.is_empty()).then(|| view! { <small>{step.note}</small> });
    let (class, amount) = if step.is_sum {
        ("total", ui::amount(step.amount, "amount-body"))
    } else {
        ("", ui::signed_amount(step.amount))
    };
    let href = Field::StatementEntries(period, step.behind).to_string();
    let named = view! { <a href=href>{step.label}</a>{note} };
    ui::opening_row(class, named.into_any(), amount)
}

/// The entries behind one figure of a statement.
pub fn entries(phone: Phone, period: Period, behind: Behind) -> AnyView {
    let words = phone.words;
    let month = words.month_and_year(period.first_day());
    let title = words.statement_title(&month);
    phone.title(&title);
    let shown = earnings::shown_at_first();
    let content = move || {
        let steps = phone
            .device()
            .statement(period)
            .map(|document| all_steps(phone, &document.statement))
            .unwrap_or_default();
        // Rows that differ by their reason alone rest on one list.
        let same: Vec<Step> = steps
            .into_iter()
            .filter(|step| step.behind == behind)
            .collect();
        let Some(first) = same.first() else {
            return ui::empty_state(
                "orders",
                words.statement_none(),
                words.statement_none_text(),
                ().into_any(),
            );
        };
        let total = Centimes::sum(same.iter().map(|step| step.amount)).unwrap_or_default();
        let notes: Vec<&str> = same.iter().map(|step| step.note.as_str()).collect();
        view! {
            {ui::screen_title(first.label.clone().into_any(), notes.join(" · ").into_any())}
            {ui::amount(total, "amount-hero")}
            {listed(phone, period, behind, total, shown)}
        }
        .into_any()
    };
    ui::frame(
        ui::back_bar(
            Field::Statement(period).to_string(),
            title,
            badge::badge(phone),
        ),
        (content).into_any(),
        tabs(phone, Field::Statement(period)),
    )
}

/// The list, and a word where what is listed is not what the row says: an entry may concern two months.
fn listed(
    phone: Phone,
    period: Period,
    behind: Behind,
    total: Centimes,
    shown: RwSignal<usize>,
) -> AnyView {
    let words = phone.words;
    let device = phone.device_now();
    let (rung, numbers) = match behind {
        Behind::All | Behind::Row { .. } => {
            let is_of = |purpose, concerns| match behind {
                Behind::Row {
                    purpose: row,
                    concerns: month,
                } => purpose == row && concerns == month,
                _ => true,
            };
            let Ok(counted) = device.counted(period) else {
                return ui::banner("trouble", "warning", words.refusal_too_large(), "");
            };
            let numbers: BTreeSet<i64> = counted
                .into_iter()
                .filter(|part| is_of(part.purpose, part.concerns))
                .flat_map(|part| part.entries)
                .collect();
            (Some(Rung::Earned), numbers)
        }
        Behind::Step(_) | Behind::Net | Behind::Owed { .. } => {
            let person = device.person();
            let numbers = device
                .entries()
                .iter()
                .filter(|entry| is_behind(behind, period, person, entry))
                .map(|entry| entry.number)
                .collect();
            let rung = match behind {
                Behind::Net => Some(Rung::Payable),
                Behind::Owed { .. } => Some(Rung::Carried),
                _ => None,
            };
            (rung, numbers)
        }
    };
    if numbers.is_empty() {
        return ui::empty_state(
            "coins",
            words.earnings_rung_empty(),
            words.statement_no_entry_behind(),
            ().into_any(),
        );
    }
    let is_part = matches!(behind, Behind::All | Behind::Row { .. })
        && rung.is_some_and(|rung| earnings::sum_of(phone, &numbers, rung) != total);
    let note = is_part.then(|| view! { <p class="small muted">{words.statement_parts()}</p> });
    view! { {note}{earnings::list_of(phone, &numbers, rung, shown)} }.into_any()
}

/// Whether an entry stands behind what a close made of a month.
fn is_behind(behind: Behind, period: Period, person: PersonId, entry: &LedgerEntry) -> bool {
    let transfer = &entry.transfer;
    let moves = |account| transfer.credit == account || transfer.debit == account;
    match behind {
        Behind::Step(purpose) => transfer.period == period && transfer.purpose == purpose,
        Behind::Net => {
            let is_of_statement = match transfer.cause {
                Cause::Settlement { .. } => transfer.period == period,
                Cause::Payout { period: of, .. } => of == period,
                _ => false,
            };
            is_of_statement && moves(Account::AgentPayable(person))
        }
        Behind::Owed { from_before } => {
            let is_in_time =
                transfer.period < period || (!from_before && transfer.period == period);
            is_in_time && moves(Account::AgentCarried(person))
        }
        Behind::All | Behind::Row { .. } => false,
    }
}

/// What a month added, computed again in front of the reader.
fn supplement(phone: Phone, period: Period, month: &SettledMonth) -> Option<AnyView> {
    let words = phone.words;
    let catalogue = phone.device_now().catalogue();
    let behind = Field::StatementEntries(period, Behind::All).to_string();
    let explained = again_month(words, month, catalogue.plan(month.plan), Some(behind))?;
    let title = words.statement_supplement_of(&words.month_and_year(month.period.first_day()));
    Some(ui::part(title, ().into_any(), explained))
}

/// How far the year has come towards the threshold of tax.
fn meter(phone: Phone, statement: &Statement) -> AnyView {
    let words = phone.words;
    let tax = &statement.tax;
    if tax.above_a_year == Centimes::ZERO {
        return ().into_any();
    }
    let (done, of) = (
        u32::try_from(statement.paid_this_year.0 / 100).unwrap_or_default(),
        u32::try_from(tax.above_a_year.0 / 100).unwrap_or(u32::MAX),
    );
    let counted = words.statement_meter_of(
        &ui::amount_text(statement.paid_this_year),
        &ui::amount_text(tax.above_a_year),
    );
    let meter = ui::progress(
        words.statement_paid_this_year().to_owned(),
        counted,
        done.min(of),
        of,
    );
    let paid = Field::EarningsOf(Rung::Paid).to_string();
    let link = view! { <a href=paid>{words.statement_all_payments()}</a> };
    ui::part(words.statement_meter(), link.into_any(), meter)
}

fn not_yet_in(phone: Phone, parts: &[NotYetIn]) -> AnyView {
    let words = phone.words;
    if parts.is_empty() {
        return ().into_any();
    }
    let rows: Vec<AnyView> = parts
        .iter()
        .map(|part| {
            let why = words.not_yet_in(&part.why, &phone.offset());
            let amount = ui::amount(part.amount, "");
            // Whoever has a part of another agent's order does not have the order.
            match phone.device_now().order(part.order) {
                Some(view) => {
                    let href = Field::Order(part.order).to_string();
                    let code = view.order.code.to_string();
                    view! { <li><a class="list-row" href=href>{ui::icon("hourglass")}<span class="list-main"><span class="code">{code}</span><span>{why}</span></span>{amount}</a></li> }.into_any()
                }
                None => {
                    let href = Field::EarningsOf(Rung::Pending).to_string();
                    view! { <li><a class="list-row" href=href>{ui::icon("hourglass")}<span class="list-main"><span>{words.statement_of_another()}</span><span>{why}</span></span>{amount}</a></li> }.into_any()
                }
            }
        })
        .collect();
    ui::part(
        words.statement_not_yet_in(),
        ().into_any(),
        view! { <ul class="list">{rows}</ul> }.into_any(),
    )
}
