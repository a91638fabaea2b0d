//! The versions of the plan: what each says, who published it, what it says otherwise than the one
//! before; and the draft of the next.

use leptos::prelude::*;
use taswiq_backend::catalogue::drafts::{Published, SavedDraft};
use taswiq_domain::commission::{Plan, PlanChange, Rule, changes};
use taswiq_domain::ids::PlanVersion;

use super::super::cooperatives::in_force;
use super::super::desk::{Desk, Room};
use super::super::form::{Problem, Typed};
use super::super::history::conditions;
use super::super::widgets::{self, said};
use super::{Known, capped, draft_of, month, problems_of_draft, rules, sentences, targets, tiers};
use crate::ui;
use crate::words::Words;

/// The versions of the plan, the latest first, and the draft of the next above them.
pub fn page(
    desk: &Desk,
    known: &Known<'_>,
    draft: Option<&SavedDraft>,
    published: &[Published],
) -> String {
    let words = desk.words();
    let title = words.office_nav_plan();
    let about = desk.title(title, said(words.office_plan_about()));
    let plans = &known.catalogue.plans;
    let new = || {
        widgets::go(
            "/office/plan/new",
            "plus",
            words.office_plan_new(),
            "button button-primary",
        )
    };
    let waiting = draft.map(|draft| draft_part(desk, known, draft));
    if plans.is_empty() {
        let empty = waiting.unwrap_or_else(|| {
            ui::empty_state(
                "percent",
                words.office_plan_none(),
                words.office_plan_none_text(),
                new(),
            )
        });
        return desk.page(Room::Plan, title, about, empty);
    }
    let begin = draft.is_none().then(new);
    let simulate = simulate(words, "/office/plan/simulations");
    let scenario = widgets::go(
        "/office/plan/scenario",
        "practice",
        words.scenario_title(),
        "button button-quiet",
    );
    let head = view! { {about} <div class="button-group">{simulate}{scenario}{begin}</div> };
    let current = known.catalogue.plan_at(desk.now).map(|plan| plan.version);
    let versions: Vec<AnyView> = plans
        .iter()
        .enumerate()
        .rev()
        .map(|(index, plan)| {
            let state = in_force(
                desk,
                current == Some(plan.version),
                plan.valid_from > desk.now,
            );
            let before = index.checked_sub(1).and_then(|index| plans.get(index));
            version(desk, known, plan, before, published, state)
        })
        .collect();
    desk.page(
        Room::Plan,
        title,
        head.into_any(),
        view! { {waiting} <p class="small muted">{words.office_plan_order()}</p> {versions} }
            .into_any(),
    )
}

fn simulate(words: Words, address: &str) -> AnyView {
    widgets::go(address, "chart", words.office_plan_simulate(), "button")
}

fn version(
    desk: &Desk,
    known: &Known<'_>,
    plan: &Plan,
    before: Option<&Plan>,
    published: &[Published],
    state: AnyView,
) -> AnyView {
    let words = desk.words();
    let author = published
        .iter()
        .find(|published| published.version == plan.version)
        .map(|published| {
            let moment = desk.moment(published.at);
            match &published.by {
                Some(name) => words.office_plan_published_by(&desk.text(name), &moment),
                None => words.office_plan_published(&moment),
            }
        });
    let changed = before.map(|before| differences(desk, known, before, plan));
    let inside = view! {
        <p class="muted">{words.office_prices_from(&desk.moment(plan.valid_from))}</p>
        <p class="small muted">{author}</p>
        {changed}
        {rules(desk, plan, known.catalogue, known.people)}
        {month(words, &plan.period)}
    };
    let heading = words.office_plan_version(&plan.version.to_string());
    widgets::part(&heading, state, inside.into_any())
}

/// What a version says otherwise than the one before, a sentence for each difference.
fn differences(desk: &Desk, known: &Known<'_>, before: &Plan, after: &Plan) -> AnyView {
    let words = desk.words();
    let told: Vec<String> = changes(before, after)
        .iter()
        .map(|change| difference(desk, known, change))
        .collect();
    let inside = if told.is_empty() {
        view! { <p>{words.office_plan_changes_none()}</p> }.into_any()
    } else {
        sentences(told)
    };
    view! { <h3>{words.office_plan_changes()}</h3>{inside} }.into_any()
}

fn difference(desk: &Desk, known: &Known<'_>, change: &PlanChange<'_>) -> String {
    let words = desk.words();
    let when = |rule: &Rule| conditions(desk, &rule.when, known.catalogue, known.people);
    let whole = |rule: &Rule| words.office_plan_sentence(&when(rule), &capped(words, rule));
    let joined = |told: Vec<String>| {
        if told.is_empty() {
            format!("{}.", words.office_plan_change_nothing())
        } else {
            told.join(" ")
        }
    };
    match *change {
        PlanChange::RuleAdded(rule) => words.office_plan_change_added(&whole(rule)),
        PlanChange::RuleRemoved(rule) => words.office_plan_change_removed(&whole(rule)),
        PlanChange::RuleChanged { before, after } => words.office_plan_change_rule(
            &when(after),
            &capped(words, after),
            &capped(words, before),
        ),
        PlanChange::Tiers { before, after } => words
            .office_plan_change_tiers(&joined(tiers(words, after)), &joined(tiers(words, before))),
        PlanChange::Targets { before, after } => words.office_plan_change_targets(
            &joined(targets(words, after)),
            &joined(targets(words, before)),
        ),
        PlanChange::Guaranteed { before, after } => {
            words.office_plan_change_guaranteed(&after.to_string(), &before.to_string())
        }
        PlanChange::LeadRate { before, after } => {
            words.office_plan_change_lead(&after.to_string(), &before.to_string())
        }
    }
}

/// Who saved a draft, and when.
pub(super) fn saved_said(desk: &Desk, draft: &SavedDraft) -> String {
    desk.words().office_plan_draft_saved(
        &desk.text(&draft.saved_by_name),
        &desk.moment(draft.saved_at),
    )
}

/// The draft: what is wrong with it, or what it would change.
fn draft_part(desk: &Desk, known: &Known<'_>, saved: &SavedDraft) -> AnyView {
    let words = desk.words();
    let typed = Typed(saved.fields.clone());
    let readable = draft_of(desk, &typed, known).map(|draft| draft.at(PlanVersion(0), desk.now));
    let simulate = (readable.is_some() && !known.catalogue.plans.is_empty())
        .then(|| simulate(words, "/office/plan/simulations?plan=draft"));
    let state = match readable {
        None => {
            let problems = problems_of_draft(desk, &typed, known);
            let count = words.office_plan_draft_faults(problems.len());
            let faults = problems.iter().map(Problem::told).collect();
            view! { <h3>{count}</h3>{sentences(faults)} }.into_any()
        }
        Some(plan) => match known.catalogue.plans.last() {
            Some(last) => differences(desk, known, last, &plan),
            None => view! { {rules(desk, &plan, known.catalogue, known.people)} {month(words, &plan.period)} }.into_any(),
        },
    };
    let inside = view! {
        <p class="muted">{saved_said(desk, saved)}</p>
        {state}
        <div class="button-group">
            {widgets::go("/office/plan/new", "edit", words.office_plan_draft_continue(), "button button-primary")}
            {simulate}
            {widgets::act("/office/plan/draft/discard", &[], "close", words.office_plan_draft_discard(), "button button-quiet")}
        </div>
    };
    let chip = ui::chip("waiting", "edit", words.office_plan_draft_chip());
    widgets::part(words.office_plan_draft(), chip, inside.into_any())
}
