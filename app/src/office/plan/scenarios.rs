//! A scenario on its way in, what is wrong with it, and what comes out.

use leptos::prelude::*;
use std::collections::BTreeMap;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::ids::PersonId;
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::scenario::{Outcome, ScenarioError, ScenarioFault};
use taswiq_domain::settlement::Statement;

use super::super::desk::{Desk, Room};
use super::super::form::{Form, Problem, Typed};
use super::super::settlement::month_name;
use super::super::widgets::{self, Row, figures, said, with_small, words};
use crate::ui;
use crate::words::Words;

/// Where it is played.
const ADDRESS: &str = "/office/plan/scenario";
/// Orders and statements shown at most; the file with the result has them all.
const ROWS_MAX: usize = 200;

/// The page, with the document in it and what came out of it when it was played.
pub fn page(
    desk: &Desk,
    document: &str,
    problems: &[Problem],
    outcome: Option<&Outcome>,
) -> String {
    let words = desk.words();
    let title = words.scenario_title();
    let out = outcome.map(|outcome| result(desk, &Names::of(document), outcome));
    let back = widgets::go(
        "/office/plan",
        "back",
        words.office_nav_plan(),
        "button button-quiet",
    );
    let ours = widgets::go(
        format!("{ADDRESS}?from=ours"),
        "list",
        words.scenario_from_ours(),
        "button",
    );
    let schema = widgets::go(
        format!("{ADDRESS}/schema"),
        "download",
        words.scenario_schema(),
        "button button-quiet",
    );
    let head = view! { {desk.title(title, said(words.scenario_about()))} <div class="button-group">{back}{ours}{schema}</div> };
    let body = view! { {out} {form(desk, document, problems, outcome.is_some())} };
    desk.page(Room::Plan, title, head.into_any(), body.into_any())
}

fn form(desk: &Desk, document: &str, problems: &[Problem], has_outcome: bool) -> AnyView {
    let words = desk.words();
    let typed = Typed::default();
    let form = Form {
        desk,
        typed: &typed,
        problems,
    };
    let is_wrong = form.is_wrong("text");
    let described = if is_wrong {
        "text-hint text-error"
    } else {
        "text-hint"
    };
    let error = form.error("text");
    let download = has_outcome.then(|| {
        view! { <button class="button" type="submit" name="as" value="json">{ui::icon("download")}{words.scenario_download()}</button> }
    });
    view! {
        {form.summary()}
        <form class="stack" method="post" action=ADDRESS enctype="multipart/form-data">
            <fieldset class="form-part"><legend>{words.scenario_document()}</legend>
                <div class="field">
                    <label for="file">{words.scenario_choose()} " " <span class="optional">{words.office_form_optional()}</span></label>
                    <span class="field-hint" id="file-hint">{words.scenario_file_hint()}</span>
                    <input class="input" id="file" name="file" type="file" accept=".json,application/json,text/plain" aria-describedby="file-hint" />
                </div>
                <div class="field">
                    <label for="text">{words.scenario_text()}</label>
                    <span class="field-hint" id="text-hint">{words.scenario_text_hint()}</span>
                    <textarea class="source" id="text" name="text" rows="16" wrap="off" dir="ltr" spellcheck="false" autocomplete="off" autocapitalize="off"
                        aria-invalid=is_wrong.then_some("true") aria-describedby=described>{format!("\n{}", ui::within_textarea(document))}</textarea>
                    {error}
                </div>
            </fieldset>
            <div class="form-foot">
                <button class="button button-primary" type="submit">{ui::icon("chart")}{words.scenario_play()}</button>
                {download}
            </div>
        </form>
    }
    .into_any()
}

/// What the agents are called in the document.
struct Names(BTreeMap<i64, String>);

impl Names {
    fn of(document: &str) -> Self {
        let document: serde_json::Value = serde_json::from_str(document).unwrap_or_default();
        let agents = document["agents"].as_array().into_iter().flatten();
        let named = agents.filter_map(|agent| {
            let name = agent["name"].as_str()?.trim();
            (!name.is_empty()).then(|| (agent["id"].as_i64(), name.to_owned()))
        });
        Self(named.filter_map(|(id, name)| Some((id?, name))).collect())
    }

    fn get(&self, words: Words, agent: PersonId) -> String {
        let number = || words.scenario_nobody(&agent.to_string());
        self.0.get(&agent.0).cloned().unwrap_or_else(number)
    }
}

fn result(desk: &Desk, names: &Names, outcome: &Outcome) -> AnyView {
    let words = desk.words();
    if outcome.orders.is_empty() && outcome.statements.is_empty() {
        return ui::empty_state(
            "chart",
            words.scenario_empty_outcome(),
            words.scenario_empty_outcome_text(),
            ().into_any(),
        );
    }
    let even = ui::strip(
        "done",
        "scales",
        words.scenario_balances_even(outcome.entries.len()),
    );
    view! { {even} {statements(desk, names, &outcome.statements)} {orders(desk, names, outcome)} }
        .into_any()
}

fn statements(desk: &Desk, names: &Names, all: &[Statement]) -> AnyView {
    let sentences = desk.words();
    let label = sentences.scenario_statements();
    if all.is_empty() {
        let none = ui::strip("waiting", "clock", sentences.scenario_statements_none());
        return widgets::part(label, ().into_any(), none);
    }
    let columns = [
        words(sentences.role_agent()),
        words(sentences.scenario_month()),
        figures(sentences.scenario_total()),
        figures(sentences.scenario_tax()),
        figures(sentences.scenario_net()),
        figures(sentences.scenario_carried()),
    ];
    // Most agents of a company sell nothing in a story: how many is enough.
    let (quiet, told): (Vec<&Statement>, Vec<&Statement>) =
        all.iter().partition(|statement| is_quiet(statement));
    let rows: Vec<Row> = told
        .iter()
        .take(ROWS_MAX)
        .map(|statement| {
            let owed = Centimes(statement.carried_forward.0.saturating_neg());
            let agent = said(names.get(sentences, statement.agent));
            let agent = match statement.nothing {
                Some(nothing) => with_small(agent, sentences.statement_nothing(nothing)),
                None => agent,
            };
            Row::plain(vec![
                agent,
                said(month_name(desk, statement.period)),
                with_small(ui::amount(statement.total, ""), parts(sentences, statement)),
                ui::amount(statement.tax.amount, ""),
                ui::amount(statement.net, ""),
                ui::amount(owed, ""),
            ])
        })
        .collect();
    let table = (!rows.is_empty()).then(|| widgets::table(label, "", &columns, rows, None));
    let quiet = (!quiet.is_empty())
        .then(|| view! { <p class="muted">{sentences.scenario_statements_quiet(quiet.len())}</p> });
    let inside = view! { {table} {quiet} }.into_any();
    widgets::part(label, beside(desk, told.len()), inside)
}

/// Whether nothing moved in a month and nothing is awaited or owed from before.
fn is_quiet(statement: &Statement) -> bool {
    statement.lines.is_empty()
        && statement.not_yet_in.is_empty()
        && statement.advances.is_empty()
        && [statement.opening, statement.net, statement.carried_forward] == [Centimes::ZERO; 3]
}

/// Where a statement's sum comes from.
fn parts(words: Words, statement: &Statement) -> String {
    let told: Vec<String> = statement
        .lines
        .iter()
        .map(|line| format!("{} {}", words.purpose(line.purpose), line.amount))
        .collect();
    told.join(" · ")
}

fn orders(desk: &Desk, names: &Names, outcome: &Outcome) -> AnyView {
    let sentences = desk.words();
    let label = sentences.scenario_orders();
    let columns = [
        words(sentences.scenario_order()),
        words(sentences.role_agent()),
        figures(sentences.scenario_pending()),
        figures(sentences.scenario_earned()),
    ];
    let rows = outcome
        .orders
        .iter()
        .take(ROWS_MAX)
        .map(|order| {
            Row::plain(vec![
                said(order.order.clone()),
                said(names.get(sentences, order.agent)),
                ui::amount(order.pending, ""),
                ui::amount(order.earned, ""),
            ])
        })
        .collect();
    let table = widgets::table(label, "", &columns, rows, None);
    widgets::part(label, beside(desk, outcome.orders.len()), table)
}

/// How many are shown of how many there are, when that is not all.
fn beside(desk: &Desk, all: usize) -> AnyView {
    if all <= ROWS_MAX {
        return ().into_any();
    }
    let shown = crate::words::grouped(ROWS_MAX);
    let all = crate::words::grouped(all);
    said(desk.words().scenario_shown(&shown, &all))
}

/// What is wrong with a scenario and where, as a sentence.
pub fn trouble(desk: &Desk, error: &ScenarioError) -> String {
    let words = desk.words();
    let fault = fault(desk, &error.fault);
    if error.field.is_empty() {
        return words.scenario_at_all(&fault);
    }
    // A place is read from left to right in every language.
    words.scenario_another(&format!("\u{2066}{}\u{2069}", error.field), &fault)
}

fn fault(desk: &Desk, fault: &ScenarioFault) -> String {
    let words = desk.words();
    // What programs say is in English, whoever reads it.
    let quoted = |detail: &str| format!("\u{2068}{detail}\u{2069}");
    let month = |period: &Period| month_name(desk, *period);
    match fault {
        ScenarioFault::Unreadable { detail } => words.scenario_fault_unreadable(&quoted(detail)),
        ScenarioFault::ObjectNeeded => words.scenario_fault_object_needed().to_owned(),
        ScenarioFault::ListNeeded => words.scenario_fault_list_needed().to_owned(),
        ScenarioFault::NoSuchField { known } => words.scenario_fault_no_such_field(&quoted(known)),
        ScenarioFault::NoSuchKind { known } => words.scenario_fault_no_such_kind(&quoted(known)),
        ScenarioFault::FieldMissing => words.scenario_fault_field_missing().to_owned(),
        ScenarioFault::FieldTwice => words.scenario_fault_field_twice().to_owned(),
        ScenarioFault::NotAMoment => words.scenario_fault_not_a_moment().to_owned(),
        ScenarioFault::TooMany { most } => words.scenario_fault_too_many(*most),
        ScenarioFault::NumberTwice => words.scenario_fault_number_twice().to_owned(),
        ScenarioFault::NotLater => words.scenario_fault_not_later().to_owned(),
        ScenarioFault::UnknownCooperative { number } => {
            words.scenario_fault_unknown_cooperative(&number.to_string())
        }
        ScenarioFault::UnknownAgent { number } => {
            words.scenario_fault_unknown_agent(&number.to_string())
        }
        ScenarioFault::UnknownOrder { name } => words.scenario_fault_unknown_order(name),
        ScenarioFault::UnknownDispute { name } => words.scenario_fault_unknown_dispute(name),
        ScenarioFault::RateAboveWhole => words.scenario_fault_rate_above_whole().to_owned(),
        ScenarioFault::PriceOutOfRange => {
            words.scenario_fault_price(&limits::UNIT_PRICE_CENTIMES.to_string())
        }
        ScenarioFault::AmountNotPositive => words.scenario_fault_amount_not_positive().to_owned(),
        ScenarioFault::Plan(error) => super::trouble(words, error),
        ScenarioFault::Vesting(_) => words.scenario_fault_vesting().to_owned(),
        ScenarioFault::Engagement(error) => super::super::engagement::trouble(words, error),
        ScenarioFault::Tax(error) => super::super::settlement::tax::trouble(words, error).text,
        ScenarioFault::Refused(refusal) => {
            words.refusal(refusal, &Catalogue::default(), &desk.calendar)
        }
        ScenarioFault::Closing { agent, error } => {
            words.scenario_fault_closing(&agent.to_string(), &quoted(&error.to_string()))
        }
        ScenarioFault::OrderTwice { name } => words.scenario_fault_order_twice(name),
        ScenarioFault::DisputeTwice { name } => words.scenario_fault_dispute_twice(name),
        ScenarioFault::OrderOneThing => words.scenario_fault_order_one_thing().to_owned(),
        ScenarioFault::DisputeOneThing => words.scenario_fault_dispute_one_thing().to_owned(),
        ScenarioFault::NothingHappens => words.scenario_fault_nothing_happens().to_owned(),
        ScenarioFault::TwoThingsHappen => words.scenario_fault_two_things().to_owned(),
        ScenarioFault::PlacedByEvent => words.scenario_fault_placed_by_event().to_owned(),
        ScenarioFault::NoPlan => words.scenario_fault_no_plan().to_owned(),
        ScenarioFault::NotEngaged { agent } => words.scenario_fault_not_engaged(&agent.to_string()),
        ScenarioFault::NotClosed { period, agent } => {
            words.scenario_fault_not_closed(&month(period), &agent.to_string())
        }
        ScenarioFault::PaidAlready => words.scenario_fault_paid_already().to_owned(),
        ScenarioFault::NotTheOpenMonth { open } => {
            words.scenario_fault_not_the_open_month(&month(open))
        }
        ScenarioFault::MonthNotOver { period } => {
            words.scenario_fault_month_not_over(&month(period))
        }
    }
}
