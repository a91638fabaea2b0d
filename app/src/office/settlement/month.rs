//! A month: what closing it would make, and when it is closed what it made and how it is paid.

use leptos::prelude::*;
use taswiq_backend::settlement::payouts::{Payable, Payout, PayoutStage};
use taswiq_backend::settlement::{
    ClosedMonth, Month, MonthState, NotInByReason, StatementSummary, Totals,
};
use taswiq_domain::money::Centimes;
use taswiq_domain::settlement::Statement;
use taswiq_domain::text::LocalText;

use super::{address, month_name, payment, state, troubles};
use crate::office::desk::{Desk, Room};
use crate::office::form::Problem;
use crate::office::widgets::{self, Row, figures, number, said, with_small, words};
use crate::ui;

/// A month that is open: what its close would make now.
pub fn open(
    desk: &Desk,
    month: &Month,
    statements: &[(LocalText, Statement)],
    totals: &Totals,
    not_yet_in: &[NotInByReason],
    problems: &[Problem],
) -> String {
    let sentences = desk.words();
    let name = month_name(desk, month.period);
    let (about, act) = if month.state == MonthState::Due {
        let act = widgets::act(
            format!("{}/close", address(month.period)),
            &[],
            "lock",
            &sentences.office_settlement_close(&name),
            "button button-primary",
        );
        let text = sentences.office_settlement_close_text();
        let banner = ui::banner_with(
            "waiting",
            "lock",
            sentences.office_settlement_if_closed(),
            text,
            act,
        );
        (sentences.office_settlement_close_about(), banner)
    } else {
        let banner = ui::banner(
            "",
            "calendar",
            sentences.office_settlement_if_closed(),
            sentences.office_settlement_if_closed_text(),
        );
        (sentences.office_settlement_open_about(), banner)
    };
    let rows = statements
        .iter()
        .map(|(agent_name, statement)| {
            let link = widgets::link(
                format!("{}/agents/{}", address(month.period), statement.agent),
                desk.text(agent_name),
            );
            let not_yet_in = Centimes::sum(statement.not_yet_in.iter().map(|part| part.amount));
            let small = statement
                .nothing
                .map(|nothing| sentences.statement_nothing(nothing))
                .unwrap_or_default();
            Row::plain(vec![
                with_small(link, small),
                ui::amount(statement.payable, ""),
                ui::amount(statement.tax.amount, ""),
                ui::amount(
                    made_good(statement.recovered, statement.advances_deducted),
                    "",
                ),
                ui::amount(statement.net, ""),
                ui::amount(statement.carried_forward, ""),
                ui::amount(not_yet_in.unwrap_or_default(), ""),
            ])
        })
        .collect();
    let mut columns = columns(desk);
    columns.pop();
    let head = view! { {desk.title(&name, said(about))} {state(desk, &month.state)} };
    let body = view! {
        {troubles(desk, problems)}
        {act}
        {tiles(desk, totals)}
        {not_in(desk, not_yet_in)}
        {by_agent(desk, widgets::table(sentences.office_settlement_agents(), "", &columns, rows, None))}
    };
    desk.page(Room::Settlement, &name, head.into_any(), body.into_any())
}

/// A month that waits for an earlier one.
pub fn waiting(desk: &Desk, month: &Month, oldest: &Month) -> String {
    let sentences = desk.words();
    let name = month_name(desk, month.period);
    let earlier = month_name(desk, oldest.period);
    let action = widgets::go(
        address(oldest.period),
        "arrow",
        &earlier,
        "button button-primary",
    );
    let head = view! { {desk.title(&name, said(sentences.office_settlement_open_about()))} {state(desk, &month.state)} };
    let body = ui::empty_state(
        "hourglass",
        sentences.office_settlement_earlier(&earlier),
        sentences.office_settlement_earlier_text(),
        action,
    );
    desk.page(Room::Settlement, &name, head.into_any(), body)
}

/// A closed month.
pub fn closed(
    desk: &Desk,
    closed: &ClosedMonth,
    payable: &Payable,
    problems: &[Problem],
) -> String {
    let sentences = desk.words();
    let month = &closed.month;
    let name = month_name(desk, month.period);
    let rows = closed
        .statements
        .iter()
        .map(|summary| row(desk, summary))
        .collect();
    let totals = &month.totals;
    let total = vec![
        said(sentences.office_settlement_total()),
        ui::amount(totals.payable, ""),
        ui::amount(totals.withheld, ""),
        ui::amount(made_good(totals.recovered, totals.advances), ""),
        ui::amount(totals.net, ""),
        ui::amount(totals.carried, ""),
        ui::amount(totals.not_yet_in, ""),
        ().into_any(),
    ];
    let agents = widgets::table(
        sentences.office_settlement_agents(),
        "",
        &columns(desk),
        rows,
        Some(total),
    );
    let head = view! { {desk.title(&name, said(sentences.office_settlement_closed_about()))} {state(desk, &month.state)} };
    let body = view! {
        {troubles(desk, problems)}
        {tiles(desk, totals)}
        {to_pay(desk, month, payable)}
        {payouts(desk, &closed.payouts)}
        {not_in(desk, &closed.not_yet_in)}
        {by_agent(desk, agents)}
    };
    desk.page(Room::Settlement, &name, head.into_any(), body.into_any())
}

/// Agent by agent: where the figures of the month lead.
fn by_agent(desk: &Desk, table: AnyView) -> AnyView {
    let title = desk.words().office_settlement_agents();
    view! { <div id="agents">{widgets::part(title, ().into_any(), table)}</div> }.into_any()
}

fn columns(desk: &Desk) -> Vec<widgets::Column> {
    let sentences = desk.words();
    vec![
        words(sentences.office_settlement_agent()),
        figures(sentences.statement_payable()),
        figures(sentences.statement_tax()),
        figures(sentences.office_settlement_made_good()),
        figures(sentences.statement_net()),
        figures(sentences.statement_carried()),
        figures(sentences.statement_not_yet_in()),
        words(sentences.office_settlement_payment()),
    ]
}

fn made_good(recovered: Centimes, advances: Centimes) -> Centimes {
    recovered.plus(advances).unwrap_or_default()
}

fn row(desk: &Desk, summary: &StatementSummary) -> Row {
    let totals = &summary.totals;
    let link = widgets::link(
        format!("{}/agents/{}", address(summary.period), summary.agent),
        desk.text(&summary.agent_name),
    );
    let number = desk.words().statement_number(&summary.number.to_string());
    Row::plain(vec![
        with_small(link, number),
        ui::amount(totals.payable, ""),
        ui::amount(totals.withheld, ""),
        ui::amount(made_good(totals.recovered, totals.advances), ""),
        ui::amount(totals.net, ""),
        ui::amount(totals.carried, ""),
        ui::amount(totals.not_yet_in, ""),
        payment(desk, &summary.payment),
    ])
}

fn tiles(desk: &Desk, totals: &Totals) -> AnyView {
    let words = desk.words();
    let tile = |label: &str, amount: Centimes, why: String| {
        view! { <a class="figure-tile" href="#agents"><span class="figure-label">{label.to_owned()}</span>{ui::amount(amount, "")}<span class="figure-why">{why}</span></a> }.into_any()
    };
    let statements = words.office_settlement_of_statements(totals.statements as usize);
    view! {
        <div class="figures">
            {tile(words.statement_payable(), totals.payable, statements)}
            {tile(words.statement_tax(), totals.withheld, String::new())}
            {tile(words.statement_net(), totals.net, String::new())}
            {tile(words.statement_not_yet_in(), totals.not_yet_in, String::new())}
        </div>
    }
    .into_any()
}

/// What is not yet in, and why.
fn not_in(desk: &Desk, reasons: &[NotInByReason]) -> AnyView {
    let sentences = desk.words();
    if reasons.is_empty() {
        return ().into_any();
    }
    let columns = [
        words(sentences.office_settlement_why()),
        figures(sentences.office_settlement_parts()),
        figures(sentences.office_ledger_amount()),
    ];
    let rows = reasons
        .iter()
        .map(|reason| {
            Row::plain(vec![
                widgets::link("#agents", sentences.not_yet_in_name(&reason.because)),
                number(i64::from(reason.parts)),
                ui::amount(reason.amount, ""),
            ])
        })
        .collect();
    widgets::part(
        sentences.statement_not_yet_in(),
        ().into_any(),
        widgets::table(sentences.statement_not_yet_in(), "", &columns, rows, None),
    )
}

/// What can be paid now, and who cannot be for want of an account.
fn to_pay(desk: &Desk, month: &Month, payable: &Payable) -> AnyView {
    let words = desk.words();
    if payable.agents == 0 && payable.left_out.is_empty() {
        return ().into_any();
    }
    let prepare = (payable.agents > 0).then(|| {
        let act = widgets::act(
            format!("{}/prepare", address(month.period)),
            &[],
            "bank",
            words.office_payout_prepare(),
            "button button-primary",
        );
        view! {
            <p>{words.office_payout_can_pay(payable.agents as usize, &ui::amount_text(payable.amount))}</p>
            <div class="button-group">{act}</div>
        }
    });
    let left_out = (!payable.left_out.is_empty()).then(|| {
        let items: Vec<AnyView> = payable
            .left_out
            .iter()
            .map(|one| {
                let link = widgets::link(
                    format!("/office/people/{}/money", one.agent),
                    desk.text(&one.agent_name),
                );
                let why = one
                    .has_account
                    .then(|| view! { <small>{words.office_payout_not_covered()}</small> });
                view! { <li>{link}" · "{ui::amount(one.amount, "amount-body")}{why}</li> }
                    .into_any()
            })
            .collect();
        view! {
            {ui::banner("waiting", "warning", words.office_payout_left_out(payable.left_out.len()), words.office_payout_left_out_text())}
            <ul class="stack stack-tight">{items}</ul>
        }
    });
    widgets::part(
        words.office_payout_to_pay(),
        ().into_any(),
        view! { {prepare} {left_out} }.into_any(),
    )
}

fn payouts(desk: &Desk, payouts: &[Payout]) -> AnyView {
    let sentences = desk.words();
    if payouts.is_empty() {
        return ().into_any();
    }
    let columns = [
        words(sentences.office_payout_title()),
        words(sentences.office_column_state()),
        figures(sentences.office_payout_agents()),
        figures(sentences.office_ledger_amount()),
    ];
    let rows = payouts
        .iter()
        .map(|payout| {
            let link = widgets::link(
                format!("/office/payouts/{}", payout.id),
                sentences.office_payout_number(&payout.id.to_string()),
            );
            let tone = if payout.stage == PayoutStage::Prepared {
                "waiting"
            } else {
                ""
            };
            Row {
                tone,
                cells: vec![
                    link,
                    super::payout::stage(desk, payout.stage),
                    number(payout.lines.len() as i64),
                    ui::amount(payout.total().unwrap_or_default(), ""),
                ],
            }
        })
        .collect();
    widgets::part(
        sentences.office_payout_all(),
        ().into_any(),
        widgets::table(sentences.office_payout_all(), "", &columns, rows, None),
    )
}
