//! An agent's statement with everything on it, from what was there before to what goes on.

use leptos::prelude::*;
use std::collections::BTreeMap;
use taswiq_backend::settlement::StatementEntry;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::ids::OrderId;
use taswiq_domain::money::Centimes;
use taswiq_domain::settlement::{PaymentState, SettledMonth, Statement};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{Calendar, Timestamp};

use super::{address, month_name, payment};
use crate::office::desk::{Desk, Room};
use crate::office::widgets::{self, Row, facts, figures, said, with_small, words};
use crate::ui;
use crate::words::{LANGUAGES, again_month};

/// What the page shows.
pub struct Sight<'a> {
    /// The agent's name.
    pub agent_name: &'a LocalText,
    /// The statement.
    pub statement: &'a Statement,
    /// How it stands with its payment; nothing while the month is open.
    pub payment: Option<&'a PaymentState>,
    /// The payout it stands in.
    pub payout: Option<i64>,
    /// The entries it comes to.
    pub entries: &'a [StatementEntry],
    /// The codes of the orders it names.
    pub orders: &'a BTreeMap<OrderId, (SpokenCode, Timestamp)>,
    /// Names of cooperatives.
    pub catalogue: &'a Catalogue,
    /// Where the agent finds it.
    pub link: String,
}

/// The page.
pub fn page(desk: &Desk, sight: &Sight<'_>) -> String {
    let sentences = desk.words();
    let statement = sight.statement;
    let month = month_name(desk, statement.period);
    let name = desk.text(sight.agent_name);
    let title = sentences.statement_of(&name, &month);
    let here = format!("{}/agents/{}", address(statement.period), statement.agent);
    let beside = match sight.payment {
        Some(state) => {
            // The agent may read another language than the person who prints.
            let papers = LANGUAGES
                .iter()
                .map(|language| {
                    let pdf = format!("{here}/statement.pdf?lang={}", language.code);
                    view! {
                        <a class="button" href=pdf hreflang=language.code download="">
                            {ui::icon("download")}{sentences.statement_pdf()}" "
                            <span lang=language.code dir=language.direction>{language.name}</span>
                        </a>
                    }
                })
                .collect_view();
            view! { {payment(desk, state)} <div class="button-group">{papers}</div> }.into_any()
        }
        None => ui::chip("", "eye", sentences.office_settlement_if_closed()),
    };
    let head =
        view! { {desk.title(&title, widgets::link(address(statement.period), month))} {beside} };
    let closed = sight.payment.is_some();
    let mut about = vec![(
        sentences.statement_agent(),
        widgets::link(format!("/office/people/{}/money", statement.agent), name),
    )];
    if closed {
        about.push((
            sentences.statement_number_label(),
            said(sentences.statement_number(&statement.number.to_string())),
        ));
        about.push((
            sentences.statement_closed_at(),
            said(desk.moment(statement.closed_at)),
        ));
    }
    about.push((
        sentences.statement_opening(),
        ui::amount(statement.opening, ""),
    ));
    if let Some(payout) = sight.payout {
        about.push((
            sentences.office_payout_title(),
            widgets::link(
                format!("/office/payouts/{payout}"),
                sentences.office_payout_number(&payout.to_string()),
            ),
        ));
    }
    if let Some(PaymentState::Paid { reference, .. }) = sight.payment {
        about.push((
            sentences.office_payout_reference(),
            view! { <bdi dir="ltr">{reference.clone()}</bdi> }.into_any(),
        ));
    }
    let nothing = statement
        .nothing
        .map(|nothing| ui::banner("", "info", sentences.statement_nothing(nothing), ""));
    let chain = closed.then(|| chain(desk, sight));
    let body = view! {
        {facts(about)}
        {nothing}
        {widgets::part(sentences.statement_how(), ().into_any(), steps(desk, statement))}
        {statement.months.iter().map(|month| supplement(desk, sight, month)).collect_view()}
        {meter(desk, statement)}
        {advances(desk, statement)}
        {not_yet_in(desk, sight)}
        {entries(desk, sight)}
        {chain}
    };
    desk.page(Room::Settlement, &title, head.into_any(), body.into_any())
}

fn steps(desk: &Desk, statement: &Statement) -> AnyView {
    let sentences = desk.words();
    let columns = [
        words(sentences.statement_what()),
        figures(sentences.office_ledger_amount()),
    ];
    let row = |step: crate::words::statement::Step| {
        let name = if step.is_sum {
            view! { <strong>{step.label}</strong> }.into_any()
        } else {
            said(step.label)
        };
        let amount = if step.is_sum {
            ui::amount(step.amount, "")
        } else {
            ui::signed_amount(step.amount)
        };
        Row::plain(vec![with_small(name, step.note), amount])
    };
    let rows = sentences.steps(statement).into_iter().map(row).collect();
    let carried = vec![
        said(sentences.statement_carried()),
        ui::amount(statement.carried_forward, ""),
    ];
    widgets::table(sentences.statement_how(), "", &columns, rows, Some(carried))
}

/// What a month added, computed again in front of the reader.
fn supplement(desk: &Desk, sight: &Sight<'_>, month: &SettledMonth) -> Option<AnyView> {
    let words = desk.words();
    let explained = again_month(words, month, sight.catalogue.plan(month.plan))?;
    let title = words.statement_supplement_of(&month_name(desk, month.period));
    Some(widgets::part(&title, ().into_any(), explained))
}

/// How far the year has come towards the threshold of tax.
fn meter(desk: &Desk, statement: &Statement) -> AnyView {
    let words = desk.words();
    let tax = &statement.tax;
    let mut pairs = vec![
        (
            words.office_terms_kind(),
            said(words.engagement_kind(tax.kind)),
        ),
        (words.office_tax_rate(), said(tax.rate.to_string())),
        (
            words.statement_paid_before(),
            ui::amount(tax.paid_before, ""),
        ),
        (words.statement_taxed(), ui::amount(tax.taxed, "")),
        (words.statement_tax(), ui::amount(tax.amount, "")),
        (
            words.statement_paid_this_year(),
            ui::amount(statement.paid_this_year, ""),
        ),
    ];
    let bar = (tax.above_a_year > Centimes::ZERO).then(|| {
        pairs.insert(
            2,
            (words.office_tax_above(), ui::amount(tax.above_a_year, "")),
        );
        // Dirhams are fine enough for a bar.
        let (done, of) = (statement.paid_this_year.0 / 100, tax.above_a_year.0 / 100);
        let value = done.clamp(0, of);
        view! { <progress value=value.to_string() max=of.to_string() aria-label=words.statement_meter()></progress> }
    });
    let inside = view! { {bar} {facts(pairs)} };
    widgets::part(words.statement_meter(), ().into_any(), inside.into_any())
}

fn advances(desk: &Desk, statement: &Statement) -> AnyView {
    let sentences = desk.words();
    if statement.advances.is_empty() {
        return ().into_any();
    }
    let columns = [
        words(sentences.office_advance_given()),
        figures(sentences.office_ledger_amount()),
    ];
    let rows = statement
        .advances
        .iter()
        .map(|advance| {
            Row::plain(vec![
                said(desk.moment(advance.at)),
                ui::amount(advance.amount, ""),
            ])
        })
        .collect();
    widgets::part(
        sentences.office_advance_title(),
        ().into_any(),
        widgets::table(sentences.office_advance_title(), "", &columns, rows, None),
    )
}

fn order(desk: &Desk, sight: &Sight<'_>, id: OrderId) -> AnyView {
    match sight.orders.get(&id) {
        Some((code, placed_at)) => {
            let link = widgets::link(format!("/office/orders/{id}"), code.to_string());
            let on = desk.calendar.date_at(*placed_at);
            with_small(link, desk.words().date_plain(on))
        }
        None => ().into_any(),
    }
}

fn not_yet_in(desk: &Desk, sight: &Sight<'_>) -> AnyView {
    let sentences = desk.words();
    let parts = &sight.statement.not_yet_in;
    if parts.is_empty() {
        let nothing = view! { <p class="muted">{sentences.statement_all_in()}</p> };
        return widgets::part(
            sentences.statement_not_yet_in(),
            ().into_any(),
            nothing.into_any(),
        );
    }
    let columns = [
        words(sentences.office_column_order()),
        words(sentences.role_cooperative()),
        words(sentences.office_settlement_why()),
        figures(sentences.office_ledger_amount()),
    ];
    let rows = parts
        .iter()
        .map(|part| {
            let cooperative = sight
                .catalogue
                .cooperative(part.cooperative)
                .map_or_else(String::new, |found| desk.text(&found.name));
            Row::plain(vec![
                order(desk, sight, part.order),
                said(cooperative),
                said(sentences.not_yet_in(&part.why, &desk.calendar)),
                ui::amount(part.amount, ""),
            ])
        })
        .collect();
    widgets::part(
        sentences.statement_not_yet_in(),
        ().into_any(),
        widgets::table(sentences.statement_not_yet_in(), "", &columns, rows, None),
    )
}

fn entries(desk: &Desk, sight: &Sight<'_>) -> AnyView {
    let sentences = desk.words();
    if sight.entries.is_empty() {
        return ().into_any();
    }
    let columns = [
        words(sentences.office_audit_when()),
        words(sentences.office_column_order()),
        words(sentences.statement_what()),
        figures(sentences.statement_base()),
        figures(sentences.office_ledger_amount()),
    ];
    let rows = sight
        .entries
        .iter()
        .map(|entry| {
            let number = sentences.statement_entry(&entry.number.to_string());
            let address = crate::office::entry::address(entry.number);
            let when = widgets::link(address, desk.moment(entry.at));
            Row::plain(vec![
                with_small(when, number),
                entry
                    .order
                    .map_or_else(|| ().into_any(), |id| order(desk, sight, id)),
                said(sentences.purpose(entry.purpose)),
                ui::amount(entry.base, ""),
                ui::signed_amount(entry.amount),
            ])
        })
        .collect();
    let table = widgets::table(sentences.statement_all_entries(), "", &columns, rows, None);
    let count = sentences.statement_entries(sight.entries.len());
    view! { <details class="more"><summary>{ui::icon("list")}{sentences.statement_all_entries()}" · "{count}{ui::icon_flat("chevron-down")}</summary>{table}</details> }.into_any()
}

/// Where the agent's chain ended, and the way to the same statement on the agent's phone.
fn chain(desk: &Desk, sight: &Sight<'_>) -> AnyView {
    let words = desk.words();
    let inside = view! {
        <p class="muted small">{words.statement_chain_text()}</p>
        <p><code class="hash" dir="ltr">{sight.statement.chain_head.clone()}</code></p>
        {ui::qr(&sight.link, words.statement_scan())}
        <p class="small muted">{words.statement_scan()}</p>
    };
    widgets::part(words.statement_chain(), ().into_any(), inside.into_any())
}
