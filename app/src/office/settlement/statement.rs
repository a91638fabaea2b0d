//! An agent's statement with everything on it, from what was there before to what goes on.

use leptos::prelude::*;
use std::collections::BTreeMap;
use taswiq_backend::settlement::StatementEntry;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::ids::OrderId;
use taswiq_domain::ledger::Purpose;
use taswiq_domain::money::Centimes;
use taswiq_domain::settlement::{PaymentState, SettledMonth, Statement};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{Calendar, Timestamp};

use super::{address, month_name, payment};
use crate::office::desk::{Desk, Room};
use crate::office::widgets::{self, Row, facts, figures, said, with_small, words};
use crate::route::Behind;
use crate::ui;
use crate::words::statement::Step;
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
    /// What its close made of them.
    pub settling: &'a [StatementEntry],
    /// The figure whose entries are asked for.
    pub asked: Option<Behind>,
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
    let before = Behind::Owed { from_before: true };
    about.push((
        sentences.statement_opening(),
        view! { <a href=behind(sight, before)>{ui::amount(statement.opening, "")}</a> }.into_any(),
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
        {widgets::part(sentences.statement_how(), ().into_any(), steps(desk, sight))}
        {statement.months.iter().map(|month| supplement(desk, sight, month)).collect_view()}
        {meter(desk, statement)}
        {advances(desk, statement)}
        {not_yet_in(desk, sight)}
        {entries(desk, sight)}
        {chain}
    };
    desk.page(Room::Settlement, &title, head.into_any(), body.into_any())
}

/// Where the entries behind a figure are: on this page once the month is closed, until then in the agent's
/// books.
fn behind(sight: &Sight<'_>, behind: Behind) -> String {
    let statement = sight.statement;
    let here = format!("{}/agents/{}", address(statement.period), statement.agent);
    match behind {
        Behind::All | Behind::Row { .. } | Behind::Step(_) | Behind::Net
            if sight.payment.is_some() =>
        {
            format!("{here}?{behind}#entries")
        }
        _ => format!("/office/people/{}/ledger", statement.agent),
    }
}

fn steps(desk: &Desk, sight: &Sight<'_>) -> AnyView {
    let sentences = desk.words();
    let columns = [
        words(sentences.statement_what()),
        figures(sentences.office_ledger_amount()),
    ];
    let named = |step: &Step| {
        let link = widgets::link(behind(sight, step.behind), step.label.as_str());
        if step.is_sum {
            view! { <strong>{link}</strong> }.into_any()
        } else {
            link
        }
    };
    let row = |step: Step| {
        let amount = if step.is_sum {
            ui::amount(step.amount, "")
        } else {
            ui::signed_amount(step.amount)
        };
        Row::plain(vec![with_small(named(&step), step.note), amount])
    };
    let rows = sentences
        .steps(sight.statement)
        .into_iter()
        .map(row)
        .collect();
    let carried = vec![
        named(&sentences.carried(sight.statement)),
        ui::amount(sight.statement.carried_forward, ""),
    ];
    widgets::table(sentences.statement_how(), "", &columns, rows, Some(carried))
}

/// What a month added, computed again in front of the reader.
fn supplement(desk: &Desk, sight: &Sight<'_>, month: &SettledMonth) -> Option<AnyView> {
    let words = desk.words();
    let plan = sight.catalogue.plan(month.plan);
    let explained = again_month(words, month, plan, Some(behind(sight, Behind::All)))?;
    let title = words.statement_supplement_of(&month_name(desk, month.period));
    let version = widgets::link(
        "/office/plan",
        words.office_plan_version(&month.plan.to_string()),
    );
    Some(widgets::part(&title, version, explained))
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

/// Whether an entry stands behind what is asked for.
fn is_asked(asked: Behind, entry: &StatementEntry, is_settling: bool) -> bool {
    let adds = matches!(
        entry.purpose,
        Purpose::TierSupplement
            | Purpose::SupplementCorrection
            | Purpose::TargetBonus
            | Purpose::PeriodCap
    );
    match asked {
        Behind::All => !is_settling || adds,
        Behind::Row { purpose, .. } => entry.purpose == purpose && (!is_settling || adds),
        Behind::Step(purpose) => is_settling && entry.purpose == purpose,
        Behind::Net => {
            is_settling
                && matches!(
                    entry.purpose,
                    Purpose::Settled | Purpose::TaxWithheld | Purpose::Recovered | Purpose::Advance
                )
        }
        Behind::Owed { .. } => false,
    }
}

/// The entries of the month, or those behind the figure that is asked for.
fn entries(desk: &Desk, sight: &Sight<'_>) -> AnyView {
    let sentences = desk.words();
    let asked = sight.asked.unwrap_or(Behind::All);
    let of = |entries: &'_ [StatementEntry], is_settling| {
        entries
            .iter()
            .filter(|entry| is_asked(asked, entry, is_settling))
            .cloned()
            .collect::<Vec<_>>()
    };
    let shown = [of(sight.entries, false), of(sight.settling, true)].concat();
    if shown.is_empty() && sight.asked.is_none() {
        return ().into_any();
    }
    let columns = [
        words(sentences.office_audit_when()),
        words(sentences.office_column_order()),
        words(sentences.statement_what()),
        figures(sentences.statement_base()),
        figures(sentences.office_ledger_amount()),
    ];
    let rows: Vec<Row> = shown
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
    let figure = sentences
        .steps(sight.statement)
        .into_iter()
        .find(|step| sight.asked == Some(step.behind));
    let title = figure.map_or_else(
        || sentences.statement_all_entries().to_owned(),
        |step| step.label,
    );
    let count = sentences.statement_entries(rows.len());
    let list = if rows.is_empty() {
        view! { <p class="muted">{sentences.statement_no_entry_behind()}</p> }.into_any()
    } else {
        widgets::table(&title, "", &columns, rows, None)
    };
    let all = sight.asked.filter(|asked| *asked != Behind::All).map(|_| {
        widgets::go(
            behind(sight, Behind::All),
            "list",
            sentences.statement_all_entries(),
            "button button-quiet",
        )
    });
    view! { <details class="more" id="entries" open=sight.asked.is_some()><summary>{ui::icon("list")}{title}" · "{count}{ui::icon_flat("chevron-down")}</summary>{list}{all}</details> }.into_any()
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
