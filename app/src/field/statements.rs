//! The agent's statements, as the server closed them: readable without a network.

use super::tabs;
use crate::phone::{Phone, badge};
use crate::route::Field;
use crate::ui;
use crate::words::again_month;
use crate::words::statement::Step;
use leptos::prelude::*;
use std::rc::Rc;
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::settlement::{NotYetIn, PaymentState, SettledMonth, Statement};
use taswiq_domain::sync::StatementDocument;
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
    let opening = (statement.opening != Centimes::ZERO).then(|| {
        row(Step {
            label: words.statement_opening().to_owned(),
            note: String::new(),
            amount: statement.opening,
            is_sum: true,
        })
    });
    let steps: Vec<AnyView> = words.steps(statement).into_iter().map(row).collect();
    let carried = (statement.carried_forward != Centimes::ZERO).then(|| {
        row(Step {
            label: words.statement_carried().to_owned(),
            note: words.statement_carried_note().to_owned(),
            amount: Centimes(statement.carried_forward.0.saturating_neg()),
            is_sum: true,
        })
    });
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
    view! {
        <div class="purse">
            <span class="purse-label">{words.statement_net()}</span>
            {ui::amount(statement.net, "amount-hero")}
        </div>
        {ui::banner(tone, icon, words.payment_state(&document.payment), reference)}
        {nothing}
        {ui::part(words.statement_how(), ().into_any(), view! { <dl class="explain">{opening}{steps}{carried}</dl> }.into_any())}
        {statement.months.iter().map(|month| supplement(phone, month)).collect_view()}
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

fn row(step: Step) -> AnyView {
    let note = (!step.note.is_empty()).then(|| view! { <small>{step.note}</small> });
    let amount = if step.is_sum {
        ui::amount(step.amount, "amount-body")
    } else {
        ui::signed_amount(step.amount)
    };
    view! { <div class=step.is_sum.then_some("total")><dt>{step.label}{note}</dt><dd>{amount}</dd></div> }
        .into_any()
}

/// What a month added, computed again in front of the reader.
fn supplement(phone: Phone, month: &SettledMonth) -> Option<AnyView> {
    let words = phone.words;
    let catalogue = phone.device_now().catalogue();
    let explained = again_month(words, month, catalogue.plan(month.plan))?;
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
    ui::part(words.statement_meter(), ().into_any(), meter)
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
                None => view! { <li><div class="list-row">{ui::icon("hourglass")}<span class="list-main"><span>{words.statement_of_another()}</span><span>{why}</span></span>{amount}</div></li> }.into_any(),
            }
        })
        .collect();
    ui::part(
        words.statement_not_yet_in(),
        ().into_any(),
        view! { <ul class="list">{rows}</ul> }.into_any(),
    )
}
