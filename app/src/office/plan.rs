//! The commission plan: its versions, and a form that makes the next one.

mod reading;
pub mod scenarios;
pub mod simulations;
mod versions;

pub use reading::{draft_of, problems_of_draft, read};
pub use versions::page;

use leptos::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use taswiq_backend::catalogue::PlanDraft;
use taswiq_backend::catalogue::drafts::SavedDraft;
use taswiq_backend::people::Person;
use taswiq_domain::catalogue::{Catalogue, Channel, PriceTier, Product};
use taswiq_domain::commission::{
    CapPer, Condition, LineCommission, Pays, Plan, PlanError, Rule, Sale, Sum, of_order,
};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::engagement::{self, Engagement};
use taswiq_domain::ids::{PersonId, PlanVersion};
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::settlement::rules::{PeriodRules, PeriodRulesError, Target, Tier};

use self::reading::{product_of, read_draft};
use super::dashboard::{agents, cooperatives};
use super::desk::{Desk, Room};
use super::form::{Form, Line, Problem, Reader, Script, Typed};
use super::history::{conditions, pays};
use super::sheet::decimal;
use super::widgets::{self, Row, figures, said, with_small, words};
use crate::ui;
use crate::words::Words;

/// Rules that a form has room for beyond those it begins with.
const ROOM: usize = 4;
/// Rules in one plan: more than anybody can keep in mind.
const RULES_MAX: usize = 200;
/// Tiers and targets that a form shows at least, and at most.
const ROWS: usize = 3;
/// See [`ROWS`].
const ROWS_MAX: usize = 12;
/// Products of the basket that a plan is tried on.
const SAMPLE_LINES: usize = 3;

const KINDS: [(&str, CustomerKind); 2] = [
    ("household", CustomerKind::Household),
    ("professional", CustomerKind::Professional),
];
/// The fields of a rule's conditions.
const CONDITIONS: [&str; 10] = [
    "agent",
    "product",
    "cooperative",
    "category",
    "team",
    "grade",
    "kind",
    "channel",
    "discount_from",
    "discount_below",
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
            &below.to_string(),
            &second.to_string(),
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
            words.office_target_order(&second.to_string(), &first.to_string())
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

/// What a plan is read against.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// What is sold, and the plans so far.
    pub catalogue: &'a Catalogue,
    /// The agents.
    pub people: &'a [Person],
    /// Their terms, oldest first.
    pub engagements: &'a BTreeMap<PersonId, Vec<Engagement>>,
}

fn rules(desk: &Desk, plan: &Plan, catalogue: &Catalogue, people: &[Person]) -> AnyView {
    let sentences = desk.words();
    let columns = [
        words(sentences.office_plan_rule()),
        words(sentences.office_plan_when()),
        words(sentences.office_plan_pays()),
    ];
    let mut sorted: Vec<&Rule> = plan.rules.iter().collect();
    sorted.sort_by_key(|rule| (std::cmp::Reverse(rule.when.specificity()), rule.number));
    let rows = sorted
        .into_iter()
        .map(|rule| {
            Row::plain(vec![
                view! { <span class="number">{rule.number}</span> }.into_any(),
                said(conditions(desk, &rule.when, catalogue, people)),
                said(capped(sentences, rule)),
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

/// A rule as a sentence: `Huile · 25 cl : 10 %.`
fn sentence(desk: &Desk, known: &Known<'_>, rule: &Rule) -> String {
    let words = desk.words();
    let when = conditions(desk, &rule.when, known.catalogue, known.people);
    words.office_plan_sentence(&when, &capped(words, rule))
}

/// What a rule pays and the most it does: `7,5 %, au plus 50,00 DH par commande`.
fn capped(words: Words, rule: &Rule) -> String {
    let paid = pays(words, &rule.pays);
    let Some(cap) = rule.cap else {
        return paid;
    };
    let cap = cap.to_string();
    match rule.cap_per {
        CapPer::Line => words.office_plan_capped_line(&paid, &cap),
        CapPer::Order => words.office_plan_capped_order(&paid, &cap),
        CapPer::Period => words.office_plan_capped_period(&paid, &cap),
    }
}

/// What a plan adds that looks at a whole month, a sentence for each thing.
fn month(words: Words, period: &PeriodRules) -> AnyView {
    let mut told = tiers(words, &period.tiers);
    told.extend(targets(words, &period.targets));
    if period.guaranteed > Centimes::ZERO {
        told.push(words.office_plan_guaranteed_said(&period.guaranteed.to_string()));
    }
    if period.lead_rate > Ppm(0) {
        told.push(words.office_plan_lead_said(&period.lead_rate.to_string()));
    }
    if told.is_empty() {
        return ().into_any();
    }
    view! { <h3>{words.office_plan_month()}</h3>{sentences(told)} }.into_any()
}

/// A sentence for each tier.
fn tiers(words: Words, tiers: &[Tier]) -> Vec<String> {
    let told = tiers.iter().map(|tier| {
        let (from, rate) = (tier.from.to_string(), tier.rate.to_string());
        match tier.below {
            Some(below) => words.office_plan_tier_between(&from, &below.to_string(), &rate),
            None => words.office_plan_tier_from(&from, &rate),
        }
    });
    told.collect()
}

/// A sentence for each target.
fn targets(words: Words, targets: &[Target]) -> Vec<String> {
    let told = targets.iter().map(|target| {
        words.office_plan_target_said(&target.reach.to_string(), &target.bonus.to_string())
    });
    told.collect()
}

fn sentences(told: Vec<String>) -> AnyView {
    let told: Vec<AnyView> = told
        .into_iter()
        .map(|sentence| view! { <li>{sentence}</li> }.into_any())
        .collect();
    view! { <ul class="stack">{told}</ul> }.into_any()
}

/// A rate as it is typed: `7,5`.
pub fn percent_of(rate: Ppm) -> String {
    rate.to_string()
        .trim_end_matches('%')
        .trim_end_matches('\u{a0}')
        .to_owned()
}

/// What the form holds at first: the rules of the latest plan, or a default one.
pub fn typed_of(desk: &Desk, catalogue: &Catalogue) -> Typed {
    let typed = with_sample(desk, catalogue, Typed::default());
    let Some(plan) = catalogue.plans.last() else {
        return typed.with("rules", ROOM.to_string()).with("r0_by", "rate");
    };
    let mut rules: Vec<&Rule> = plan.rules.iter().collect();
    // The default first: it is the one everybody looks for.
    rules.sort_by_key(|rule| (rule.when.specificity() > 0, rule.number));
    let mut typed = typed.with("rules", (rules.len() + ROOM).to_string());
    for (index, rule) in rules.iter().enumerate() {
        for (name, value) in typed_of_rule(desk, rule, catalogue) {
            typed.0.push((format!("r{index}_{name}"), value));
        }
    }
    with_period(typed, &plan.period)
}

fn typed_of_rule(desk: &Desk, rule: &Rule, catalogue: &Catalogue) -> Vec<(&'static str, String)> {
    let when = &rule.when;
    let (by, value) = match &rule.pays {
        Pays::Rate { rate } => ("rate", percent_of(*rate)),
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
    let number = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
    let discount = when.discount;
    vec![
        ("by", by.to_owned()),
        ("value", value),
        ("cap", rule.cap.map(decimal).unwrap_or_default()),
        ("cap_per", rule.cap_per.as_str().to_owned()),
        ("agent", number(when.agent.map(|id| id.0))),
        (
            "product",
            when.product
                .and_then(|id| catalogue.product(id))
                .map(|product| numbered(desk, product))
                .unwrap_or_default(),
        ),
        ("cooperative", number(when.cooperative.map(|id| id.0))),
        ("category", number(when.category.map(|id| id.0))),
        ("team", when.team.clone().unwrap_or_default()),
        ("grade", when.grade.clone().unwrap_or_default()),
        ("kind", kind.to_owned()),
        ("channel", channel.to_owned()),
        (
            "discount_from",
            discount
                .map(|band| percent_of(band.from))
                .unwrap_or_default(),
        ),
        (
            "discount_below",
            discount
                .and_then(|band| band.below)
                .map(percent_of)
                .unwrap_or_default(),
        ),
    ]
}

fn with_period(mut typed: Typed, period: &PeriodRules) -> Typed {
    // A slice that begins at nothing and adds nothing is what the form puts before the first.
    let tiers = period
        .tiers
        .iter()
        .filter(|tier| tier.from > Centimes::ZERO || tier.rate > Ppm(0));
    for (index, tier) in tiers.enumerate() {
        typed = typed
            .with(&format!("t{index}_from"), decimal(tier.from))
            .with(&format!("t{index}_rate"), percent_of(tier.rate));
    }
    for (index, target) in period.targets.iter().enumerate() {
        typed = typed
            .with(&format!("g{index}_reach"), decimal(target.reach))
            .with(&format!("g{index}_bonus"), decimal(target.bonus));
    }
    if period.guaranteed > Centimes::ZERO {
        typed = typed.with("guaranteed", decimal(period.guaranteed));
    }
    if period.lead_rate > Ppm(0) {
        typed = typed.with("lead_rate", percent_of(period.lead_rate));
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

/// Rows that a list in the form has: those filled in and some more.
fn rows(typed: &Typed, prefix: &str, field: &str) -> usize {
    (0..ROWS_MAX)
        .rev()
        .find(|index| !typed.get(&format!("{prefix}{index}_{field}")).is_empty())
        .map_or(ROWS, |last| (last + 2).clamp(ROWS, ROWS_MAX))
}

/// The form for the next version.
///
/// `saved` is the draft that it goes on with.
pub fn form(
    desk: &Desk,
    typed: &Typed,
    problems: &[Problem],
    known: &Known<'_>,
    saved: Option<&SavedDraft>,
) -> String {
    let words = desk.words();
    let about = match saved {
        Some(saved) => versions::saved_said(desk, saved),
        None => words.office_plan_about().to_owned(),
    };
    let catalogue = known.catalogue;
    let form = Form {
        desk,
        typed,
        problems,
    };
    let title = words.office_plan_new();
    let count = room(typed);
    let choices = Choices::new(desk, known);
    let products: Vec<AnyView> = catalogue
        .products
        .iter()
        .map(|product| view! { <option value=numbered(desk, product)></option> }.into_any())
        .collect();
    let mut reader = Reader::new(desk, typed);
    let reading = read_draft(desk, &mut reader, known);
    let draft = reader.problems.is_empty().then_some(&reading.draft);
    let rules: Vec<AnyView> = (0..count)
        .map(|index| {
            let rule = reading.rule(index);
            let told = match rule {
                Some(rule) => Some(sentence(desk, known, rule)),
                None => left_out(typed, index).then(|| words.office_plan_left_out().to_owned()),
            };
            rule_fields(&form, index, &choices, told)
        })
        .collect();
    let names = |names: &BTreeSet<&str>| {
        let options = names.iter().map(|name| (*name).to_owned());
        let options: Vec<AnyView> = options
            .map(|name| view! { <option value=name></option> }.into_any())
            .collect();
        options
    };
    let is_first = catalogue.plans.is_empty();
    let inside = view! {
        <form class="stack" method="post" action="/office/plan/new" data-live="try">
            {form.summary()}
            <p class="field-hint">{words.office_plan_order()}</p>
            <input type="hidden" name="rules" value=count.to_string() />
            <datalist id="products">{products}</datalist>
            <datalist id="teams">{names(&choices.teams)}</datalist>
            <datalist id="grades">{names(&choices.grades)}</datalist>
            {rules}
            <div class="button-group"><button class="button" type="submit" name="more" value="yes" formnovalidate=true>{ui::icon("plus")}{words.office_plan_more()}</button></div>
            {month_fields(&form)}
            {sample_fields(&form, &choices, known, draft)}
            {form.valid_from(is_first)}
            <div class="form-foot">
                <button class="button button-primary" type="submit">{ui::icon("check")}{words.office_publish()}</button>
                <button class="button" type="submit" name="keep" value="yes" formnovalidate=true>{ui::icon("device")}{words.office_plan_draft_save()}</button>
                <a class="button button-quiet" href="/office/plan">{words.action_cancel()}</a>
            </div>
        </form>
    };
    desk.page(
        Room::Plan,
        title,
        desk.title(title, said(about)),
        inside.into_any(),
    )
}

/// Whether something is typed into a rule that is not used: it will not be published, which must be said.
fn left_out(typed: &Typed, index: usize) -> bool {
    let field = |name: &str| typed.get(&format!("r{index}_{name}"));
    field("by").is_empty()
        && ["value", "cap"]
            .iter()
            .chain(&CONDITIONS)
            .any(|name| !field(name).is_empty())
}

/// What is kept of a form: what was typed, without the button that was pressed.
pub fn kept(typed: &Typed) -> Vec<(String, String)> {
    typed
        .0
        .iter()
        .filter(|(name, value)| name != "keep" && !value.is_empty())
        .cloned()
        .collect()
}

/// The form with room for more rules.
pub fn with_more(typed: &Typed) -> Typed {
    typed
        .clone()
        .with("rules", (room(typed) + ROOM).min(RULES_MAX).to_string())
}

struct Choices<'a> {
    by: Vec<(String, String)>,
    cap_per: Vec<(String, String)>,
    agents: Vec<(String, String)>,
    cooperatives: Vec<(String, String)>,
    categories: Vec<(String, String)>,
    kinds: Vec<(String, String)>,
    channels: Vec<(String, String)>,
    teams: BTreeSet<&'a str>,
    grades: BTreeSet<&'a str>,
}

impl<'a> Choices<'a> {
    fn new(desk: &Desk, known: &Known<'a>) -> Self {
        let words = desk.words();
        let now = desk.now;
        // Today's and those to come.
        let terms: Vec<&'a Engagement> = known
            .engagements
            .values()
            .flat_map(|terms| {
                let to_come = terms.iter().filter(move |terms| terms.valid_from > now);
                engagement::in_force(terms, now).into_iter().chain(to_come)
            })
            .collect();
        let named = |name: fn(&Engagement) -> &str| {
            let names = terms.iter().map(|terms| name(terms));
            names.filter(|name| !name.is_empty()).collect()
        };
        let any = |names: Vec<(String, String)>| {
            std::iter::once((String::new(), words.office_plan_any().to_owned()))
                .chain(names)
                .collect::<Vec<_>>()
        };
        let by = [
            ("", words.office_plan_unused()),
            ("rate", words.office_plan_by_rate()),
            ("per_unit", words.office_plan_by_unit()),
            ("nothing", words.office_plan_by_nothing()),
        ];
        let categories = known.catalogue.categories.iter();
        Self {
            by: by
                .map(|(value, word)| (value.to_owned(), word.to_owned()))
                .to_vec(),
            cap_per: CapPer::ALL
                .into_iter()
                .map(|per| {
                    let word = match per {
                        CapPer::Line => words.office_plan_per_line(),
                        CapPer::Order => words.office_plan_per_order(),
                        CapPer::Period => words.office_plan_per_period(),
                    };
                    (per.as_str().to_owned(), word.to_owned())
                })
                .collect(),
            agents: any(agents(desk, known.people).split_off(1)),
            cooperatives: any(cooperatives(desk, known.catalogue).split_off(1)),
            categories: any(categories
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
            teams: named(|terms| &terms.team),
            grades: named(|terms| &terms.grade),
        }
    }
}

/// How a field for figures looks.
fn figures_line(unit: &'static str) -> Line {
    Line {
        inputmode: Some("decimal"),
        script: Script::Figures,
        maxlength: 500,
        unit,
        ..Line::default()
    }
}

fn rule_fields(
    form: &Form<'_>,
    index: usize,
    choices: &Choices<'_>,
    sentence: Option<String>,
) -> AnyView {
    let words = form.desk.words();
    let field = |name: &str| format!("r{index}_{name}");
    let has_conditions = CONDITIONS
        .iter()
        .any(|name| !form.typed.get(&field(name)).is_empty());
    // Conditions stay folded until there are some that the sentence above does not tell, or wrong ones.
    let is_untold = sentence.is_none() || form.typed.get(&field("by")).is_empty();
    let is_open =
        has_conditions && is_untold || CONDITIONS.iter().any(|name| form.is_wrong(&field(name)));
    // A team may be meant for agents yet to come, so that nobody is in it is no fault.
    let nobody = |name: &str, known: &BTreeSet<&str>, hint: &str| {
        let typed = form.typed.get(&field(name));
        let is_empty = !typed.is_empty() && !known.contains(typed);
        if is_empty {
            hint.to_owned()
        } else {
            String::new()
        }
    };
    let team = nobody("team", &choices.teams, words.office_plan_team_empty());
    let grade = nobody("grade", &choices.grades, words.office_plan_grade_empty());
    view! {
        <fieldset class="form-part"><legend>{words.office_plan_nth(&(index + 1).to_string())}</legend>
            <div id=field("told") data-told>{sentence.map(|sentence| view! { <p class="field-hint">{sentence}</p> })}</div>
            <div class="filters">
                {form.select(&field("by"), words.office_plan_pays(), &choices.by)}
                {form.line(&field("value"), words.office_plan_value(), Line { script: Script::Page, inputmode: None, ..figures_line("") })}
                {form.line(&field("cap"), words.office_plan_cap(), figures_line("DH"))}
                {form.select(&field("cap_per"), words.office_plan_cap_per(), &choices.cap_per)}
            </div>
            <details class="more" open=is_open>
                <summary>{ui::icon("filter")}{words.office_plan_when()}{ui::icon_flat("chevron-down")}</summary>
                <div class="filters">
                    {form.select(&field("agent"), words.role_agent(), &choices.agents)}
                    {form.line(&field("product"), words.office_field_product(), Line { list: Some("products"), maxlength: 400, ..Line::default() })}
                    {form.select(&field("cooperative"), words.role_cooperative(), &choices.cooperatives)}
                    {form.select(&field("category"), words.office_field_category(), &choices.categories)}
                    {form.line(&field("team"), words.office_terms_team(), Line { list: Some("teams"), hint: team, ..Line::default() })}
                    {form.line(&field("grade"), words.office_field_grade(), Line { list: Some("grades"), hint: grade, ..Line::default() })}
                    {form.select(&field("kind"), words.office_column_customer(), &choices.kinds)}
                    {form.select(&field("channel"), words.office_plan_channel(), &choices.channels)}
                    {form.line(&field("discount_from"), words.office_plan_discount_least(), Line { hint: words.office_plan_discount_none().to_owned(), ..figures_line("%") })}
                    {form.line(&field("discount_below"), words.office_plan_discount_below(), figures_line("%"))}
                </div>
            </details>
        </fieldset>
    }
    .into_any()
}

/// What a plan adds that looks at a whole month.
fn month_fields(form: &Form<'_>) -> AnyView {
    let words = form.desk.words();
    let row = |first: AnyView, second: AnyView| {
        view! { <div class="field-pair">{first}{second}</div> }.into_any()
    };
    let line = |name: String, label: String, unit| form.line(&name, &label, figures_line(unit));
    let tiers: Vec<AnyView> = (0..rows(form.typed, "t", "from"))
        .map(|index| {
            let number = (index + 1).to_string();
            let (begins, rate) = (
                words.office_plan_tier_begins(&number),
                words.office_plan_tier_rate(&number),
            );
            row(
                line(format!("t{index}_from"), begins, "DH"),
                line(format!("t{index}_rate"), rate, "%"),
            )
        })
        .collect();
    let targets: Vec<AnyView> = (0..rows(form.typed, "g", "reach"))
        .map(|index| {
            let number = (index + 1).to_string();
            let (reach, bonus) = (
                words.office_plan_target_reach(&number),
                words.office_plan_target_bonus(&number),
            );
            row(
                line(format!("g{index}_reach"), reach, "DH"),
                line(format!("g{index}_bonus"), bonus, "DH"),
            )
        })
        .collect();
    view! {
        <fieldset class="form-part"><legend>{words.office_plan_month()}</legend>
            <p class="field-hint">{words.office_plan_tier_hint()}</p>
            {tiers}
            <p class="field-hint">{words.office_plan_target_hint()}</p>
            {targets}
            {row(
                form.line("guaranteed", words.office_plan_guaranteed(), Line { hint: words.office_plan_guaranteed_hint().to_owned(), optional: true, ..figures_line("DH") }),
                form.line("lead_rate", words.office_terms_lead(), Line { hint: words.office_plan_lead_hint().to_owned(), optional: true, ..figures_line("%") }),
            )}
        </fieldset>
    }
    .into_any()
}

/// A basket to begin with: something of each of the first cooperatives that have a price.
fn with_sample(desk: &Desk, catalogue: &Catalogue, typed: Typed) -> Typed {
    let list = catalogue.price_list_at(desk.now);
    let has_price = |product: &&Product| {
        list.is_some_and(|list| product.price(list, PriceTier::Retail).is_some())
    };
    let mut cooperatives = Vec::new();
    let mut typed = typed.with("s_kind", KINDS[0].0);
    for product in catalogue.products.iter().filter(has_price) {
        if cooperatives.len() == SAMPLE_LINES {
            break;
        }
        if product.on_sale && !cooperatives.contains(&product.cooperative) {
            let index = cooperatives.len();
            typed = typed
                .with(&format!("s{index}_product"), numbered(desk, product))
                .with(&format!("s{index}_units"), "2");
            cooperatives.push(product.cooperative);
        }
    }
    typed
}

/// A basket to try the plan on, and what it would earn by it and by the plan in force.
fn sample_fields(
    form: &Form<'_>,
    choices: &Choices<'_>,
    known: &Known<'_>,
    draft: Option<&PlanDraft>,
) -> AnyView {
    let words = form.desk.words();
    let lines: Vec<AnyView> = (0..SAMPLE_LINES)
        .map(|index| {
            let number = index + 1;
            let product = format!("s{index}_product");
            let typed = form.typed.get(&product);
            let is_unknown = !typed.is_empty() && product_of(typed, known.catalogue).is_none();
            let hint = is_unknown.then(|| words.office_plan_sample_unknown().to_owned());
            view! {
                <div class="field-pair">
                    {form.line(&product, &format!("{} {number}", words.office_field_product()), Line { list: Some("products"), maxlength: 400, hint: hint.unwrap_or_default(), ..Line::default() })}
                    {form.line(&format!("s{index}_units"), &words.office_plan_sample_units(&number.to_string()), Line { inputmode: Some("numeric"), ..figures_line("") })}
                </div>
            }
            .into_any()
        })
        .collect();
    let discount = form.typed.get("s_discount");
    let discount_hint = if discount.is_empty() || Ppm::parse_percent(discount).is_some() {
        String::new()
    } else {
        words.office_problem_percent(words.office_plan_sample_discount())
    };
    let outcome = match draft {
        None => view! { <p class="muted">{words.office_plan_sample_unreadable()}</p> }.into_any(),
        Some(draft) => outcome(form.desk, form.typed, known, draft),
    };
    view! {
        <fieldset class="form-part"><legend>{words.office_plan_sample()}</legend>
            <div class="filters">
                {form.select("s_agent", words.office_plan_sample_agent(), &choices.agents)}
                {form.select("s_kind", words.office_plan_sample_customer(), &choices.kinds[1..])}
                {form.select("s_channel", words.office_plan_channel(), &choices.channels[1..])}
                {form.line("s_discount", words.office_plan_sample_discount(), Line { hint: discount_hint, ..figures_line("%") })}
            </div>
            {lines}
            <div class="button-group"><button class="button" type="submit" name="try" value="yes" formnovalidate=true>{ui::icon("percent")}{words.office_plan_sample_try()}</button></div>
            <p class="muted" data-unheard hidden=true>{words.office_plan_sample_unheard()}</p>
            <div id="sample" data-told aria-live="polite">{outcome}</div>
        </fieldset>
    }
    .into_any()
}

/// The sample basket as sales, with its products.
fn sample_sales<'a>(
    desk: &Desk,
    typed: &Typed,
    catalogue: &'a Catalogue,
    engagement: &'a Engagement,
) -> Vec<(&'a Product, Sale<'a>)> {
    let kind = KINDS
        .iter()
        .find(|(name, _)| *name == typed.get("s_kind"))
        .map_or(CustomerKind::Household, |(_, kind)| *kind);
    let channel = CHANNELS
        .iter()
        .find(|(name, _)| *name == typed.get("s_channel"))
        .map_or(Channel::Door, |(_, channel)| *channel);
    let discount = Ppm::parse_percent(typed.get("s_discount")).unwrap_or_default();
    let mut sales = Vec::new();
    let Some(list) = catalogue.price_list_at(desk.now) else {
        return sales;
    };
    for index in 0..SAMPLE_LINES {
        let units = typed
            .number(&format!("s{index}_units"))
            .filter(|units| (1..=limits::UNITS_PER_LINE).contains(units));
        let product = product_of(typed.get(&format!("s{index}_product")), catalogue);
        let (Some(units), Some(product)) = (units, product) else {
            continue;
        };
        let base = product
            .price(list, PriceTier::usual_for(kind))
            .zip(product.vat_at(desk.now))
            .and_then(|(price, vat)| {
                let asked = price.times(units).ok()?;
                let given = asked.minus(asked.at_rate(discount).ok()?).ok()?;
                given.without_vat(vat).ok()
            });
        let Some(base) = base else {
            continue;
        };
        sales.push((
            product,
            Sale {
                agent: typed.number("s_agent").unwrap_or(PersonId(0)),
                team: &engagement.team,
                grade: &engagement.grade,
                product: product.id,
                category: product.category,
                cooperative: product.cooperative,
                customer_kind: kind,
                channel,
                discount,
                units,
                base,
            },
        ));
    }
    sales
}

fn outcome(desk: &Desk, typed: &Typed, known: &Known<'_>, draft: &PlanDraft) -> AnyView {
    let sentences = desk.words();
    let engagement = typed
        .number::<PersonId>("s_agent")
        .and_then(|agent| known.engagements.get(&agent))
        .and_then(|terms| engagement::in_force(terms, desk.now))
        .cloned()
        .unwrap_or_default();
    let sold = sample_sales(desk, typed, known.catalogue, &engagement);
    let sales: Vec<Sale<'_>> = sold.iter().map(|(_, sale)| *sale).collect();
    let plan = draft.clone().at(PlanVersion(0), desk.now);
    let Ok(lines) = of_order(&plan, &engagement, &sales) else {
        return ().into_any();
    };
    if lines.is_empty() {
        return view! { <p class="muted">{sentences.office_plan_sample_empty()}</p> }.into_any();
    }
    let now = known
        .catalogue
        .plan_at(desk.now)
        .and_then(|plan| of_order(plan, &engagement, &sales).ok());
    let sum = |lines: &[LineCommission]| {
        Centimes::sum(lines.iter().map(|line| line.amount)).unwrap_or_default()
    };
    let columns = [
        words(sentences.office_field_product()),
        words(sentences.office_plan_rule()),
        figures(sentences.office_plan_sample_base()),
        figures(sentences.office_plan_sample_now()),
        figures(sentences.office_plan_sample_then()),
    ];
    let rows = lines
        .iter()
        .zip(&sold)
        .enumerate()
        .map(|(index, (line, (product, sale)))| {
            let rule = draft.rules.iter().find(|rule| rule.number == line.rule);
            let because = rule.map(|rule| format!("{} · {}", rule.number, capped(sentences, rule)));
            let was = now
                .as_ref()
                .and_then(|now| now.get(index))
                .map_or_else(|| said("–"), |line| ui::amount(line.amount, ""));
            Row::plain(vec![
                with_small(
                    said(desk.text(&product.name)),
                    format!("{} × {}", sale.units, desk.text(&product.unit)),
                ),
                said(because.unwrap_or_default()),
                ui::amount(line.base, ""),
                was,
                ui::amount(line.amount, ""),
            ])
        })
        .collect();
    let total = vec![
        said(sentences.commission_title()),
        said(""),
        ui::amount(
            Centimes::sum(lines.iter().map(|line| line.base)).unwrap_or_default(),
            "",
        ),
        now.as_deref()
            .map_or_else(|| said("–"), |now| ui::amount(sum(now), "")),
        ui::amount(sum(&lines), ""),
    ];
    let lead = Centimes::sum(
        lines
            .iter()
            .filter_map(|line| line.lead)
            .map(|lead| lead.amount),
    )
    .unwrap_or_default();
    let lead = (lead > Centimes::ZERO).then(|| {
        view! { <p>{sentences.office_plan_sample_lead(&lead.to_string())}</p> }
    });
    view! {
        {widgets::table(sentences.office_plan_sample(), "", &columns, rows, Some(total))}
        {lead}
    }
    .into_any()
}
