//! The commission plan: its versions, and a form that makes the next one.

use leptos::prelude::*;
use taswiq_backend::people::Person;
use taswiq_domain::catalogue::{Catalogue, Channel, Product};
use taswiq_domain::commission::{Condition, Conditions, Pays, Plan, PlanError, Rule, Sum};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::settlement::rules::{PeriodRules, PeriodRulesError};
use taswiq_domain::time::Timestamp;

use super::cooperatives::in_force;
use super::dashboard::{agents, cooperatives};
use super::desk::{Desk, Room};
use super::form::{Form, Line, Problem, Reader, Script, Typed};
use super::history::{conditions, pays};
use super::sheet::decimal;
use super::widgets::{self, Row, figures, said, words};
use crate::ui;
use crate::words::Words;

/// Rules that a form has room for beyond those it begins with.
const ROOM: usize = 4;
/// Rules in one plan: more than anybody can keep in mind.
const RULES_MAX: usize = 200;

const KINDS: [(&str, CustomerKind); 2] = [
    ("household", CustomerKind::Household),
    ("professional", CustomerKind::Professional),
];
const CHANNELS: [(&str, Channel); 4] = [
    ("door", Channel::Door),
    ("shop", Channel::Shop),
    ("web", Channel::Web),
    ("fair", Channel::Fair),
];

/// Why a plan is refused, in words that name the rule.
pub fn trouble(words: Words, error: &PlanError) -> String {
    match error {
        PlanError::NoDefaultRule => words.office_plan_no_default().to_owned(),
        PlanError::Tie { first, second } => {
            words.office_plan_tie(&first.to_string(), &second.to_string())
        }
        PlanError::NumberTwice { number } => words.office_plan_number_twice(&number.to_string()),
        PlanError::RateAboveWhole { number } => words.office_plan_rate(&number.to_string()),
        PlanError::SumNotValid {
            number,
            sum: Sum::PerUnit,
        } => words.office_plan_sum(&number.to_string()),
        PlanError::SumNotValid {
            number,
            sum: Sum::Cap,
        } => words.office_plan_cap_wrong(&number.to_string()),
        PlanError::ReasonMissing { number } => {
            words.office_plan_reason_missing(&number.to_string())
        }
        PlanError::BandEmpty { number } => words.office_plan_band_empty(&number.to_string()),
        PlanError::Unknown { number, condition } => {
            let number = number.to_string();
            match condition {
                Condition::Product => words.office_plan_unknown_product(&number),
                Condition::Cooperative => words.office_plan_unknown_cooperative(&number),
                Condition::Category => words.office_plan_unknown_category(&number),
                _ => words.office_plan_unknown_agent(&number),
            }
        }
        PlanError::NeverHolds { number, condition } => match condition {
            Condition::Cooperative => words.office_plan_other_cooperative(&number.to_string()),
            _ => words.office_plan_other_category(&number.to_string()),
        },
        PlanError::PeriodRules { error } => trouble_of_period(words, error),
        PlanError::NotInTheFuture => words.office_problem_past().to_owned(),
    }
}

/// Why the rules for a whole month are refused, in words that name the tier or target.
fn trouble_of_period(words: Words, error: &PeriodRulesError) -> String {
    match error {
        PeriodRulesError::FirstTierNotFromZero { from } => {
            words.office_tier_first(&from.to_string())
        }
        PeriodRulesError::TierGap {
            first,
            second,
            below,
            from,
        } => words.office_tier_gap(
            &first.to_string(),
            &second.to_string(),
            &below.to_string(),
            &from.to_string(),
        ),
        PeriodRulesError::TierOverlap {
            first,
            second,
            from,
        } => words.office_tier_overlap(&first.to_string(), &second.to_string(), &from.to_string()),
        PeriodRulesError::LastTierNotOpen { tier, below } => {
            words.office_tier_last(&tier.to_string(), &below.to_string())
        }
        PeriodRulesError::TierEmpty { tier, below } => {
            words.office_tier_empty(&tier.to_string(), &below.to_string())
        }
        PeriodRulesError::TierRateAboveWhole { tier } => words.office_tier_rate(&tier.to_string()),
        PeriodRulesError::TargetOrder { first, second } => {
            words.office_target_order(&first.to_string(), &second.to_string())
        }
        PeriodRulesError::TargetNotValid { target, field } if field == "bonus" => {
            words.office_target_bonus(&target.to_string())
        }
        PeriodRulesError::TargetNotValid { target, .. } => {
            words.office_target_reach(&target.to_string())
        }
        PeriodRulesError::GuaranteedNotValid => words.office_guaranteed_wrong().to_owned(),
        PeriodRulesError::LeadRateAboveWhole => words.office_lead_rate_wrong().to_owned(),
    }
}

/// The versions of the plan with their rules.
pub fn page(desk: &Desk, catalogue: &Catalogue, people: &[Person]) -> String {
    let sentences = desk.words();
    let title = sentences.office_nav_plan();
    let head = view! { {desk.title(title, said(sentences.office_plan_about()))} {widgets::go("/office/plan/new", "plus", sentences.office_plan_new(), "button button-primary")} };
    if catalogue.plans.is_empty() {
        let action = widgets::go(
            "/office/plan/new",
            "plus",
            sentences.office_plan_new(),
            "button button-primary",
        );
        return desk.page(
            Room::Plan,
            title,
            desk.title(title, said(sentences.office_plan_about())),
            ui::empty_state(
                "percent",
                sentences.office_plan_none(),
                sentences.office_plan_none_text(),
                action,
            ),
        );
    }
    let current = catalogue.plan_at(desk.now).map(|plan| plan.version);
    let versions: Vec<AnyView> = catalogue
        .plans
        .iter()
        .rev()
        .map(|plan| {
            let state = in_force(desk, current == Some(plan.version), plan.valid_from > desk.now);
            let heading = sentences.office_plan_version(&plan.version.to_string());
            let from = view! { <p class="muted">{sentences.office_prices_from(&desk.moment(plan.valid_from))}</p> };
            widgets::part(&heading, state, view! { {from} {rules(desk, plan, catalogue, people)} }.into_any())
        })
        .collect();
    desk.page(
        Room::Plan,
        title,
        head.into_any(),
        view! { <p class="small muted">{sentences.office_plan_order()}</p> {versions} }.into_any(),
    )
}

fn rules(desk: &Desk, plan: &Plan, catalogue: &Catalogue, people: &[Person]) -> AnyView {
    let sentences = desk.words();
    let columns = [
        words(sentences.office_plan_rule()),
        words(sentences.office_plan_when()),
        words(sentences.office_plan_pays()),
        figures(sentences.office_plan_cap()),
    ];
    let mut sorted: Vec<&Rule> = plan.rules.iter().collect();
    sorted.sort_by_key(|rule| (std::cmp::Reverse(rule.when.specificity()), rule.number));
    let rows = sorted
        .into_iter()
        .map(|rule| {
            Row::plain(vec![
                view! { <span class="number">{rule.number}</span> }.into_any(),
                said(conditions(desk, &rule.when, catalogue, people)),
                said(pays(sentences, &rule.pays)),
                rule.cap
                    .map_or_else(|| said("–"), |cap| ui::amount(cap, "")),
            ])
        })
        .collect();
    widgets::table(
        &sentences.office_plan_version(&plan.version.to_string()),
        "",
        &columns,
        rows,
        None,
    )
}

/// What the form holds at first: the rules of the latest plan, or a default one.
pub fn typed_of(desk: &Desk, catalogue: &Catalogue) -> Typed {
    let Some(plan) = catalogue.plans.last() else {
        return Typed::default()
            .with("rules", ROOM.to_string())
            .with("r0_by", "rate");
    };
    let mut rules: Vec<&Rule> = plan.rules.iter().collect();
    // The default first: it is the one everybody looks for.
    rules.sort_by_key(|rule| (rule.when.specificity() > 0, rule.number));
    let mut typed = Typed::default().with("rules", (rules.len() + ROOM).to_string());
    for (index, rule) in rules.iter().enumerate() {
        let when = &rule.when;
        let (by, value) = match &rule.pays {
            Pays::Rate { rate } => (
                "rate",
                rate.to_string()
                    .trim_end_matches('%')
                    .trim_end_matches('\u{a0}')
                    .to_owned(),
            ),
            Pays::PerUnit { amount } => ("per_unit", decimal(*amount)),
            Pays::Nothing { reason } => ("nothing", reason.clone()),
        };
        let kind = when
            .customer_kind
            .and_then(|kind| KINDS.iter().find(|(_, known)| *known == kind))
            .map_or("", |(name, _)| name);
        let channel = when
            .channel
            .and_then(|channel| CHANNELS.iter().find(|(_, known)| *known == channel))
            .map_or("", |(name, _)| name);
        let values = [
            ("by", by.to_owned()),
            ("value", value),
            ("cap", rule.cap.map(decimal).unwrap_or_default()),
            (
                "agent",
                when.agent.map(|id| id.to_string()).unwrap_or_default(),
            ),
            (
                "product",
                when.product
                    .and_then(|id| catalogue.product(id))
                    .map(|product| numbered(desk, product))
                    .unwrap_or_default(),
            ),
            (
                "cooperative",
                when.cooperative
                    .map(|id| id.to_string())
                    .unwrap_or_default(),
            ),
            (
                "category",
                when.category.map(|id| id.to_string()).unwrap_or_default(),
            ),
            ("grade", when.grade.clone().unwrap_or_default()),
            ("kind", kind.to_owned()),
            ("channel", channel.to_owned()),
        ];
        for (name, value) in values {
            typed.0.push((format!("r{index}_{name}"), value));
        }
    }
    typed
}

/// A product as it is chosen from a list: its number first, by which it is read back.
fn numbered(desk: &Desk, product: &Product) -> String {
    format!(
        "{} · {} · {}",
        product.id,
        desk.text(&product.name),
        desk.text(&product.unit)
    )
}

fn room(typed: &Typed) -> usize {
    typed
        .number::<usize>("rules")
        .unwrap_or(ROOM)
        .clamp(1, RULES_MAX)
}

/// What was typed: the rules in use, numbered as they stand, and from when on they hold.
///
/// # Errors
/// What is wrong with it, each problem at its rule.
pub fn read(
    desk: &Desk,
    typed: &Typed,
    is_first: bool,
) -> Result<(Timestamp, Vec<Rule>), Vec<Problem>> {
    let words = desk.words();
    let mut reader = Reader::new(desk, typed);
    let valid_from = reader.valid_from(desk, is_first);
    let mut rules = Vec::new();
    for index in 0..room(typed) {
        let field = |name: &str| format!("r{index}_{name}");
        let by = typed.get(&field("by"));
        if by.is_empty() {
            continue;
        }
        let number = u16::try_from(index + 1).unwrap_or(u16::MAX);
        let label = words.office_plan_nth(&number.to_string());
        let value = typed.get(&field("value"));
        let pays = match by {
            "per_unit" => Pays::PerUnit {
                amount: reader.amount(&field("value"), &label),
            },
            "nothing" => {
                if value.is_empty() {
                    reader.wrong(
                        &field("value"),
                        words.office_plan_reason_missing(&number.to_string()),
                    );
                }
                Pays::Nothing {
                    reason: value
                        .chars()
                        .take(taswiq_domain::limits::NOTE_CHARACTERS)
                        .collect(),
                }
            }
            _ => {
                let rate = reader.percent(&field("value"), &label);
                if rate == Ppm(0) && Ppm::parse_percent(value).is_some() {
                    reader.wrong(
                        &field("value"),
                        words.office_plan_reason_missing(&number.to_string()),
                    );
                }
                Pays::Rate { rate }
            }
        };
        let cap = typed.get(&field("cap"));
        let cap = (!cap.is_empty()).then(|| reader.amount(&field("cap"), &label));
        let when = Conditions {
            agent: typed.number(&field("agent")),
            product: typed
                .get(&field("product"))
                .split(' ')
                .next()
                .and_then(|id| id.parse().ok()),
            cooperative: typed.number(&field("cooperative")),
            category: typed.number(&field("category")),
            grade: Some(typed.get(&field("grade")).to_owned()).filter(|grade| !grade.is_empty()),
            customer_kind: KINDS
                .iter()
                .find(|(name, _)| *name == typed.get(&field("kind")))
                .map(|(_, kind)| *kind),
            channel: CHANNELS
                .iter()
                .find(|(name, _)| *name == typed.get(&field("channel")))
                .map(|(_, channel)| *channel),
            ..Conditions::default()
        };
        rules.push(Rule {
            number,
            when,
            pays,
            cap: cap.filter(|cap| *cap > Centimes::ZERO),
            ..Rule::default()
        });
    }
    if reader.problems.is_empty() {
        let plan = Plan {
            version: taswiq_domain::ids::PlanVersion(0),
            valid_from,
            rules: rules.clone(),
            period: PeriodRules::default(),
        };
        if let Err(error) = plan.check() {
            let field = match error.rule() {
                Some(number) => format!("r{}_value", number - 1),
                None => "form".to_owned(),
            };
            reader.wrong(&field, trouble(words, &error));
        }
    }
    reader.done((valid_from, rules))
}

/// The form for the next version.
pub fn form(
    desk: &Desk,
    typed: &Typed,
    problems: &[Problem],
    catalogue: &Catalogue,
    people: &[Person],
) -> String {
    let words = desk.words();
    let form = Form {
        desk,
        typed,
        problems,
    };
    let title = words.office_plan_new();
    let count = room(typed);
    let any = |names: Vec<(String, String)>| {
        std::iter::once((String::new(), words.office_plan_any().to_owned()))
            .chain(names)
            .collect::<Vec<_>>()
    };
    let choices = Choices {
        by: vec![
            (String::new(), words.office_plan_unused().to_owned()),
            ("rate".to_owned(), words.office_plan_by_rate().to_owned()),
            (
                "per_unit".to_owned(),
                words.office_plan_by_unit().to_owned(),
            ),
            (
                "nothing".to_owned(),
                words.office_plan_by_nothing().to_owned(),
            ),
        ],
        agents: any(agents(desk, people).split_off(1)),
        cooperatives: any(cooperatives(desk, catalogue).split_off(1)),
        categories: any(catalogue
            .categories
            .iter()
            .map(|one| (one.id.to_string(), desk.text(&one.name)))
            .collect()),
        kinds: any(KINDS
            .iter()
            .map(|(name, kind)| ((*name).to_owned(), words.customer_kind(*kind).to_owned()))
            .collect()),
        channels: any(CHANNELS
            .iter()
            .map(|(name, channel)| ((*name).to_owned(), words.channel(*channel).to_owned()))
            .collect()),
    };
    let products: Vec<AnyView> = catalogue
        .products
        .iter()
        .map(|product| view! { <option value=numbered(desk, product)></option> }.into_any())
        .collect();
    let rules: Vec<AnyView> = (0..count)
        .map(|index| rule_fields(&form, index, &choices))
        .collect();
    let is_first = catalogue.plans.is_empty();
    let inside = view! {
        <form class="stack" method="post" action="/office/plan/new">
            {form.summary()}
            <p class="field-hint">{words.office_plan_order()}</p>
            <input type="hidden" name="rules" value=count.to_string() />
            <datalist id="products">{products}</datalist>
            {rules}
            <div class="button-group"><button class="button" type="submit" name="more" value="yes" formnovalidate=true>{ui::icon("plus")}{words.office_plan_more()}</button></div>
            {form.valid_from(is_first)}
            {form.foot(words.office_publish(), "/office/plan")}
        </form>
    };
    desk.page(
        Room::Plan,
        title,
        desk.title(title, said(words.office_plan_about())),
        inside.into_any(),
    )
}

/// The form with room for more rules.
pub fn with_more(typed: &Typed) -> Typed {
    typed
        .clone()
        .with("rules", (room(typed) + ROOM).min(RULES_MAX).to_string())
}

struct Choices {
    by: Vec<(String, String)>,
    agents: Vec<(String, String)>,
    cooperatives: Vec<(String, String)>,
    categories: Vec<(String, String)>,
    kinds: Vec<(String, String)>,
    channels: Vec<(String, String)>,
}

fn rule_fields(form: &Form<'_>, index: usize, choices: &Choices) -> AnyView {
    let words = form.desk.words();
    let field = |name: &str| format!("r{index}_{name}");
    let figures = |hint: &str| Line {
        inputmode: Some("decimal"),
        script: Script::Figures,
        hint: hint.to_owned(),
        maxlength: 500,
        ..Line::default()
    };
    let has_conditions = [
        "agent",
        "product",
        "cooperative",
        "category",
        "grade",
        "kind",
        "channel",
    ]
    .iter()
    .any(|name| !form.typed.get(&field(name)).is_empty());
    // The first rule is where the default is looked for; conditions stay folded until there are some.
    view! {
        <fieldset class="form-part"><legend>{words.office_plan_nth(&(index + 1).to_string())}</legend>
            <div class="filters">
                {form.select(&field("by"), words.office_plan_pays(), &choices.by)}
                {form.line(&field("value"), words.office_plan_value(), Line { script: Script::Page, inputmode: None, ..figures("") })}
                {form.line(&field("cap"), words.office_plan_cap(), Line { unit: "DH", ..figures("") })}
            </div>
            <details class="more" open=has_conditions>
                <summary>{ui::icon("filter")}{words.office_plan_when()}{ui::icon_flat("chevron-down")}</summary>
                <div class="filters">
                    {form.select(&field("agent"), words.role_agent(), &choices.agents)}
                    {form.line(&field("product"), words.office_field_product(), Line { list: Some("products"), maxlength: 400, ..Line::default() })}
                    {form.select(&field("cooperative"), words.role_cooperative(), &choices.cooperatives)}
                    {form.select(&field("category"), words.office_field_category(), &choices.categories)}
                    {form.line(&field("grade"), words.office_field_grade(), Line::default())}
                    {form.select(&field("kind"), words.office_column_customer(), &choices.kinds)}
                    {form.select(&field("channel"), words.office_plan_channel(), &choices.channels)}
                </div>
            </details>
        </fieldset>
    }
    .into_any()
}
