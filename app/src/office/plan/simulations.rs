//! What past months would have paid by another plan: asked for, awaited, and read agent by agent.

use leptos::prelude::*;
use taswiq_backend::people::Person;
use taswiq_backend::simulation::{
    Asked, Candidate, Compared, Outcome, Simulation, SimulationRefusal, State,
};
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::ids::{PersonId, PlanVersion};
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::simulation::Pay;

use super::super::desk::{Desk, Room};
use super::super::form::{Form, Problem, Typed};
use super::super::settlement::month_name;
use super::super::widgets::{self, Row, figures, said, with_small, words};
use super::sentences;
use crate::ui;
use crate::words::Words;

/// Months that can be chosen: two years.
const MONTHS_OFFERED: usize = 24;
const MONTHS_IN_QUARTER: i32 = 3;

/// The months that are over, the latest first.
fn months(desk: &Desk) -> impl Iterator<Item = Period> {
    let last = Period::of_date(desk.today()).previous();
    std::iter::successors(Some(last), |month| Some(month.previous())).take(MONTHS_OFFERED)
}

/// The last quarter of a year that is over: its first and last month.
fn last_quarter(desk: &Desk) -> (Period, Period) {
    let now = Period::of_date(desk.today()).months_since_1970();
    // January 1970 began a quarter.
    let first = (now.div_euclid(MONTHS_IN_QUARTER) - 1) * MONTHS_IN_QUARTER;
    let month = Period::from_months_since_1970;
    (month(first), month(first + MONTHS_IN_QUARTER - 1))
}

/// A list of simulations, and the form for another.
pub fn list(
    desk: &Desk,
    typed: &Typed,
    problems: &[Problem],
    catalogue: &Catalogue,
    has_draft: bool,
    simulations: &[Simulation],
) -> String {
    let sentences = desk.words();
    let title = sentences.office_simulation_title();
    let columns = [
        words(sentences.office_simulation_plan()),
        words(sentences.office_simulation_period()),
        words(sentences.office_simulation_started_by()),
        words(sentences.office_column_state()),
    ];
    let rows = simulations
        .iter()
        .map(|simulation| {
            let plan = crate::words::capital(&plan_said(sentences, simulation.version));
            let address = format!("/office/plan/simulations/{}", simulation.id);
            Row::plain(vec![
                widgets::link(address, plan),
                said(period_said(desk, simulation)),
                with_small(
                    said(desk.text(&simulation.started_by)),
                    desk.moment(simulation.started_at),
                ),
                state(sentences, simulation.state),
            ])
        })
        .collect();
    let past = if simulations.is_empty() {
        ui::empty_state(
            "chart",
            sentences.office_simulation_past_none(),
            sentences.office_simulation_past_none_text(),
            ().into_any(),
        )
    } else {
        let label = sentences.office_simulation_past();
        let table = widgets::table(label, "", &columns, rows, None);
        widgets::part(label, ().into_any(), table)
    };
    let about = said(sentences.office_simulation_about());
    let body = view! { {form(desk, typed, problems, catalogue, has_draft)} {past} };
    desk.page(Room::Plan, title, head(desk, title, about), body.into_any())
}

fn head(desk: &Desk, title: &str, about: AnyView) -> AnyView {
    let back = widgets::go(
        "/office/plan",
        "back",
        desk.words().office_nav_plan(),
        "button button-quiet",
    );
    view! { {desk.title(title, about)} <div class="button-group">{back}</div> }.into_any()
}

fn form(
    desk: &Desk,
    typed: &Typed,
    problems: &[Problem],
    catalogue: &Catalogue,
    has_draft: bool,
) -> AnyView {
    let words = desk.words();
    let form = Form {
        desk,
        typed,
        problems,
    };
    let mut plans = Vec::new();
    if has_draft {
        plans.push(("draft".to_owned(), words.office_plan_draft().to_owned()));
    }
    plans.extend(catalogue.plans.iter().rev().map(|plan| {
        let name = words.office_plan_version(&plan.version.to_string());
        (plan.version.to_string(), name)
    }));
    let in_force = words.office_simulation_in_force().to_owned();
    plans.push(("in_force".to_owned(), in_force));
    let periods = [
        ("month", words.office_simulation_last_month()),
        ("quarter", words.office_simulation_last_quarter()),
        ("custom", words.office_period_custom()),
    ]
    .map(|(value, word)| (value.to_owned(), word.to_owned()));
    let months: Vec<(String, String)> = months(desk)
        .map(|month| (month.to_string(), month_name(desk, month)))
        .collect();
    view! {
        <form class="stack" method="post" action="/office/plan/simulations">
            {form.summary()}
            <div class="filters">
                {form.select("plan", words.office_simulation_plan(), &plans)}
                {form.select("period", words.office_simulation_period(), &periods)}
                {form.select("first", words.office_simulation_first(), &months)}
                {form.select("last", words.office_simulation_last(), &months)}
                <button class="button button-primary" type="submit">{ui::icon("chart")}{words.office_simulation_start()}</button>
            </div>
        </form>
    }
    .into_any()
}

/// What was asked for. `draft` is the one that was saved, when nothing is wrong with it.
///
/// # Errors
/// What is wrong with it.
pub fn read(
    desk: &Desk,
    typed: &Typed,
    draft: Option<taswiq_backend::catalogue::PlanDraft>,
) -> Result<Asked, Vec<Problem>> {
    let words = desk.words();
    let wrong = |field: &str, text: &str| vec![Problem::at(field.to_owned(), text.to_owned())];
    let candidate = match (typed.get("plan"), draft) {
        ("draft", Some(draft)) => Candidate::Draft(draft),
        ("draft", None) => return Err(wrong("plan", words.office_simulation_draft_faults())),
        ("in_force", _) => Candidate::InForce,
        (version, _) => match version.parse() {
            Ok(version) => Candidate::Version(version),
            Err(_) => {
                let label = words.office_simulation_plan();
                return Err(wrong("plan", &words.refusal_field_missing(label)));
            }
        },
    };
    let last_month = Period::of_date(desk.today()).previous();
    let (first, last) = match typed.get("period") {
        "quarter" => last_quarter(desk),
        "custom" => match (typed.number("first"), typed.number("last")) {
            (Some(first), Some(last)) => (first, last),
            _ => {
                let text = words.office_simulation_too_long(limits::SIMULATED_MONTHS as usize);
                return Err(wrong("first", &text));
            }
        },
        _ => (last_month, last_month),
    };
    Ok(Asked {
        candidate,
        first,
        last,
    })
}

/// Why nothing is simulated, as a sentence.
pub fn trouble(words: Words, refusal: &SimulationRefusal) -> (&'static str, String) {
    match refusal {
        SimulationRefusal::NotOver { .. } => {
            ("last", words.office_simulation_not_over().to_owned())
        }
        SimulationRefusal::NotAPeriod { months_max } => (
            "first",
            words.office_simulation_too_long(usize::try_from(*months_max).unwrap_or_default()),
        ),
        SimulationRefusal::UnderWay { .. } => {
            ("form", words.office_simulation_under_way().to_owned())
        }
    }
}

/// The plan, as a part of a sentence.
fn plan_said(words: Words, version: Option<PlanVersion>) -> String {
    match version {
        None => words.office_simulation_the_draft().to_owned(),
        Some(PlanVersion(0)) => words.office_simulation_the_plans().to_owned(),
        Some(version) => words.office_simulation_the_version(&version.to_string()),
    }
}

fn period_said(desk: &Desk, simulation: &Simulation) -> String {
    let (first, last) = (simulation.first, simulation.last);
    if first == last {
        month_name(desk, first)
    } else {
        desk.words()
            .office_simulation_span(&month_name(desk, first), &month_name(desk, last))
    }
}

fn state(words: Words, state: State) -> AnyView {
    match state {
        State::Running => ui::chip(
            "waiting",
            "hourglass",
            words.office_simulation_state_running(),
        ),
        State::Done => ui::chip("done", "check", words.office_simulation_state_done()),
        State::Failed => ui::chip("trouble", "warning", words.office_simulation_state_failed()),
        State::Stopped => ui::chip("", "close", words.office_simulation_state_stopped()),
    }
}

/// One simulation: how far it is, or what came out.
pub fn one(
    desk: &Desk,
    simulation: &Simulation,
    outcome: Option<&Outcome>,
    people: &[Person],
) -> String {
    let words = desk.words();
    let title = format!(
        "{} · {}",
        crate::words::capital(&plan_said(words, simulation.version)),
        period_said(desk, simulation)
    );
    let about = words.office_simulation_started(
        &desk.text(&simulation.started_by),
        &desk.moment(simulation.started_at),
    );
    let again = || {
        widgets::go(
            "/office/plan/simulations",
            "chart",
            words.office_simulation_again(),
            "button",
        )
    };
    let body = match (simulation.state, outcome) {
        (State::Done, Some(outcome)) => done(desk, simulation, outcome, people, again()),
        (State::Running, _) => running(desk, simulation),
        (State::Stopped, _) => ui::banner_with(
            "",
            "close",
            words.office_simulation_state_stopped(),
            words.office_simulation_stopped_text(),
            again(),
        ),
        (State::Failed | State::Done, _) => ui::banner_with(
            "trouble",
            "warning",
            words.office_simulation_state_failed(),
            words.office_simulation_failed_text(),
            again(),
        ),
    };
    desk.page(Room::Plan, &title, head(desk, &title, said(about)), body)
}

fn running(desk: &Desk, simulation: &Simulation) -> AnyView {
    let words = desk.words();
    let count = |orders: u64| usize::try_from(orders).unwrap_or(usize::MAX);
    let mut counted = crate::words::grouped(count(simulation.orders_done));
    // How many there are is known a while after it began.
    if simulation.orders_all > 0 {
        counted = format!(
            "{counted} / {}",
            crate::words::grouped(count(simulation.orders_all))
        );
    }
    // A bar of a thousand steps is as fine as any screen.
    let done = simulation
        .orders_done
        .saturating_mul(1_000)
        .checked_div(simulation.orders_all)
        .unwrap_or_default();
    let done = u32::try_from(done.min(1_000)).unwrap_or_default();
    let stop = widgets::act(
        format!("/office/plan/simulations/{}/stop", simulation.id),
        &[],
        "close",
        words.office_simulation_stop(),
        "button",
    );
    view! {
        <section class="part" aria-live="polite">
            {ui::progress(words.office_simulation_progress().to_owned(), counted, done, 1_000)}
            <p class="muted">{words.office_simulation_wait()}</p>
            <div class="button-group">{stop}</div>
        </section>
    }
    .into_any()
}

fn done(
    desk: &Desk,
    simulation: &Simulation,
    outcome: &Outcome,
    people: &[Person],
    again: AnyView,
) -> AnyView {
    let sentences = desk.words();
    let total = outcome.total().unwrap_or_default();
    let how = how_it_is_counted(sentences);
    if outcome.agents.is_empty() {
        let empty = ui::empty_state(
            "chart",
            sentences.office_simulation_nothing(),
            sentences.office_simulation_nothing_text(),
            again,
        );
        return view! { {empty} {how} }.into_any();
    }
    let (before, after) = (earned(&total.before), earned(&total.after));
    let difference = Centimes(after.0.saturating_sub(before.0));
    let orders = usize::try_from(outcome.orders).unwrap_or(usize::MAX);
    let summary = sentences.office_simulation_said(
        &plan_said(sentences, simulation.version),
        &period_said(desk, simulation),
        &after.to_string(),
        &before.to_string(),
    );
    let tile = |label: &'static str, amount: AnyView, why: String| {
        view! { <div class="figure-tile"><span class="figure-label">{label}</span>{amount}<span class="figure-why">{why}</span></div> }
            .into_any()
    };
    let agent = |agent: &PersonId| {
        let name = people
            .iter()
            .find(|person| person.id == *agent)
            .map_or_else(|| agent.to_string(), |person| desk.text(&person.name));
        widgets::link(format!("/office/people/{agent}"), name)
    };
    let mut agents: Vec<&(PersonId, Compared)> = outcome.agents.iter().collect();
    agents.sort_by_key(|(agent, compared)| {
        let change = earned(&compared.after).0 - earned(&compared.before).0;
        (std::cmp::Reverse(change.abs()), *agent)
    });
    let by_agent = compared(
        desk,
        sentences.role_agent(),
        sentences.office_simulation_by_agent(),
        agents
            .into_iter()
            .map(|(id, compared)| (agent(id), compared))
            .collect(),
        &total,
    );
    let by_month = (outcome.months.len() > 1).then(|| {
        compared(
            desk,
            sentences.office_simulation_period(),
            sentences.office_simulation_by_month(),
            outcome
                .months
                .iter()
                .map(|(month, compared)| (said(month_name(desk, *month)), compared))
                .collect(),
            &total,
        )
    });
    view! {
        <p>{summary}</p>
        <div class="figures">
            {tile(sentences.office_simulation_before(), ui::amount(before, ""), aside(sentences, &total.before))}
            {tile(sentences.office_simulation_after(), ui::amount(after, ""), aside(sentences, &total.after))}
            {tile(sentences.office_simulation_difference(), ui::signed_amount(difference), sentences.office_simulation_orders(orders))}
        </div>
        {checked(sentences, outcome)}
        {by_agent}
        {by_month}
        {how}
        <div class="button-group">{again}</div>
    }
    .into_any()
}

/// What is earned, the advance aside. Sums that were made to be stored fit.
fn earned(pay: &Pay) -> Centimes {
    pay.earned().unwrap_or_default()
}

/// Where a sum comes from.
fn aside(words: Words, pay: &Pay) -> String {
    let mut parts =
        vec![words.office_simulation_breakdown(&pay.sales.to_string(), &pay.month.to_string())];
    if pay.decided != Centimes::ZERO {
        parts.push(words.office_simulation_decided(&pay.decided.to_string()));
    }
    if pay.draw != Centimes::ZERO {
        parts.push(words.office_simulation_draw(&pay.draw.to_string()));
    }
    parts.join(" ")
}

/// Whether "before" is what the statements say.
fn checked(words: Words, outcome: &Outcome) -> AnyView {
    let unlike = usize::try_from(outcome.unlike).unwrap_or_default();
    let statements = usize::try_from(outcome.statements).unwrap_or_default();
    let compared = if unlike > 0 {
        ui::banner(
            "trouble",
            "warning",
            words.office_simulation_unlike(unlike),
            words.office_simulation_unlike_text(),
        )
    } else if statements > 0 {
        ui::strip(
            "done",
            "scales",
            words.office_simulation_checked(statements),
        )
    } else {
        ().into_any()
    };
    let open = (outcome.open_months > 0)
        .then(|| ui::strip("waiting", "clock", words.office_simulation_not_closed()));
    view! { {compared} {open} }.into_any()
}

fn compared(
    desk: &Desk,
    first: &str,
    title: &str,
    lines: Vec<(AnyView, &Compared)>,
    total: &Compared,
) -> AnyView {
    let sentences = desk.words();
    let columns = [
        words(first),
        figures(sentences.office_simulation_before()),
        figures(sentences.office_simulation_after()),
        figures(sentences.office_simulation_difference()),
    ];
    let cells = |name: AnyView, compared: &Compared| {
        let (before, after) = (earned(&compared.before), earned(&compared.after));
        vec![
            name,
            with_small(ui::amount(before, ""), aside(sentences, &compared.before)),
            with_small(ui::amount(after, ""), aside(sentences, &compared.after)),
            ui::signed_amount(Centimes(after.0.saturating_sub(before.0))),
        ]
    };
    let foot = cells(said(sentences.office_figures_total()), total);
    let rows = lines
        .into_iter()
        .map(|(name, compared)| Row::plain(cells(name, compared)))
        .collect();
    let table = widgets::table(title, "", &columns, rows, Some(foot));
    widgets::part(title, ().into_any(), table)
}

fn how_it_is_counted(words: Words) -> AnyView {
    let told = [
        words.office_simulation_how_all(),
        words.office_simulation_how_pending(),
        words.office_simulation_how_decided(),
        words.office_simulation_how_earlier(),
    ];
    let told = sentences(told.map(str::to_owned).to_vec());
    view! { <details class="more"><summary>{ui::icon("info")}{words.office_simulation_how()}{ui::icon_flat("chevron-down")}</summary>{told}</details> }.into_any()
}
