//! The commission plan: its versions, and a form that makes the next one.

pub mod simulations;
mod versions;

pub use versions::page;

use leptos::prelude::*;
use std::collections::BTreeMap;
use taswiq_backend::catalogue::PlanDraft;
use taswiq_backend::catalogue::drafts::SavedDraft;
use taswiq_backend::people::Person;
use taswiq_domain::catalogue::{Catalogue, Channel, PriceTier, Product};
use taswiq_domain::commission::{
    Band, CapPer, Condition, Conditions, LineCommission, Pays, Plan, PlanError, Rule, Sale, Sum,
    of_order,
};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::engagement::{self, Engagement};
use taswiq_domain::ids::{PersonId, PlanVersion, ProductId};
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::settlement::rules::{PeriodRules, PeriodRulesError, Target, Tier};
use taswiq_domain::time::Timestamp;

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

/// The product that was chosen in a field.
fn chosen(typed: &Typed, field: &str) -> Option<ProductId> {
    typed.get(field).split(' ').next()?.parse().ok()
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

/// What was typed: the plan, and from when on it holds.
///
/// # Errors
/// What is wrong with it, each problem at its rule.
pub fn read(
    desk: &Desk,
    typed: &Typed,
    known: &Known<'_>,
) -> Result<(Timestamp, PlanDraft), Vec<Problem>> {
    let mut reader = Reader::new(desk, typed);
    let valid_from = reader.valid_from(desk, known.catalogue.plans.is_empty());
    let draft = read_draft(desk, &mut reader, known);
    reader.done((valid_from, draft))
}

/// What is wrong with a plan that is only tried, whatever its date.
pub fn problems_of_draft(desk: &Desk, typed: &Typed, known: &Known<'_>) -> Vec<Problem> {
    let mut reader = Reader::new(desk, typed);
    read_draft(desk, &mut reader, known);
    reader.problems
}

/// The plan that was typed, where nothing is wrong with it but perhaps its date.
pub fn draft_of(desk: &Desk, typed: &Typed, known: &Known<'_>) -> Option<PlanDraft> {
    let mut reader = Reader::new(desk, typed);
    let draft = read_draft(desk, &mut reader, known);
    reader.problems.is_empty().then_some(draft)
}

/// The plan without its date: rules in use, numbered as they stand, and what looks at a month.
fn read_draft(desk: &Desk, reader: &mut Reader<'_>, known: &Known<'_>) -> PlanDraft {
    let typed = reader.typed;
    let rules = (0..room(typed))
        .filter(|index| !typed.get(&format!("r{index}_by")).is_empty())
        .map(|index| read_rule(reader, index))
        .collect();
    let period = read_period(reader);
    let draft = PlanDraft { rules, period };
    if reader.problems.is_empty() {
        let plan = draft.clone().at(PlanVersion(0), desk.now);
        let agents = known.people.iter().map(|person| person.id).collect();
        let checked = plan
            .check()
            .and_then(|()| plan.check_names(known.catalogue, &agents));
        if let Err(error) = checked {
            let field = match (&error, error.rule()) {
                (_, Some(number)) => format!("r{}_value", number - 1),
                (PlanError::PeriodRules { .. }, None) => "t0_from".to_owned(),
                _ => "form".to_owned(),
            };
            reader.wrong(&field, trouble(desk.words(), &error));
        }
    }
    draft
}

fn read_rule(reader: &mut Reader<'_>, index: usize) -> Rule {
    let (typed, words) = (reader.typed, reader.words);
    let field = |name: &str| format!("r{index}_{name}");
    let number = u16::try_from(index + 1).unwrap_or(u16::MAX);
    let label = words.office_plan_nth(&number.to_string());
    let value = typed.get(&field("value"));
    let pays = match typed.get(&field("by")) {
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
                reason: value.chars().take(limits::NOTE_CHARACTERS).collect(),
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
    let cap = (!typed.get(&field("cap")).is_empty())
        .then(|| reader.amount_up_to(&field("cap"), &label, limits::CAP_CENTIMES));
    let (from, below) = (field("discount_from"), field("discount_below"));
    let discount = (!typed.get(&from).is_empty() || !typed.get(&below).is_empty()).then(|| Band {
        from: if typed.get(&from).is_empty() {
            Ppm(0)
        } else {
            reader.percent(&from, &label)
        },
        below: (!typed.get(&below).is_empty()).then(|| reader.percent(&below, &label)),
    });
    let text =
        |name: &str| Some(typed.get(&field(name)).to_owned()).filter(|text| !text.is_empty());
    Rule {
        number,
        when: Conditions {
            agent: typed.number(&field("agent")),
            product: chosen(typed, &field("product")),
            cooperative: typed.number(&field("cooperative")),
            category: typed.number(&field("category")),
            team: text("team"),
            grade: text("grade"),
            customer_kind: KINDS
                .iter()
                .find(|(name, _)| *name == typed.get(&field("kind")))
                .map(|(_, kind)| *kind),
            channel: CHANNELS
                .iter()
                .find(|(name, _)| *name == typed.get(&field("channel")))
                .map(|(_, channel)| *channel),
            discount,
        },
        pays,
        cap: cap.filter(|cap| *cap > Centimes::ZERO),
        cap_per: CapPer::from_name(typed.get(&field("cap_per"))).unwrap_or_default(),
    }
}

/// A tier is typed by where it begins; it ends where the next one does, and what lies below the first
/// adds nothing. So no form leaves a turnover without a tier.
fn read_period(reader: &mut Reader<'_>) -> PeriodRules {
    let (typed, words) = (reader.typed, reader.words);
    let most = limits::PERIOD_TURNOVER_CENTIMES;
    let mut begins: Vec<(Centimes, Ppm)> = Vec::new();
    for index in 0..ROWS_MAX {
        let (from, rate) = (format!("t{index}_from"), format!("t{index}_rate"));
        let number = (index + 1).to_string();
        if typed.get(&from).is_empty() && typed.get(&rate).is_empty() {
            continue;
        }
        let from = if Centimes::parse(typed.get(&from)) == Some(Centimes::ZERO) {
            Centimes::ZERO
        } else {
            reader.amount_up_to(&from, &words.office_plan_tier_begins(&number), most)
        };
        begins.push((
            from,
            reader.percent(&rate, &words.office_plan_tier_rate(&number)),
        ));
    }
    if begins
        .first()
        .is_some_and(|(from, _)| *from > Centimes::ZERO)
    {
        begins.insert(0, (Centimes::ZERO, Ppm(0)));
    }
    let ends = begins.iter().skip(1).map(|(from, _)| Some(*from));
    let tiers = begins
        .iter()
        .zip(ends.chain([None]))
        .map(|(&(from, rate), below)| Tier { from, below, rate })
        .collect();
    let mut targets = Vec::new();
    for index in 0..ROWS_MAX {
        let (reach, bonus) = (format!("g{index}_reach"), format!("g{index}_bonus"));
        let number = (index + 1).to_string();
        if typed.get(&reach).is_empty() && typed.get(&bonus).is_empty() {
            continue;
        }
        targets.push(Target {
            reach: reader.amount_up_to(&reach, &words.office_plan_target_reach(&number), most),
            bonus: reader.amount_up_to(&bonus, &words.office_plan_target_bonus(&number), most),
        });
    }
    PeriodRules {
        tiers,
        targets,
        guaranteed: if typed.get("guaranteed").is_empty() {
            Centimes::ZERO
        } else {
            reader.amount_up_to("guaranteed", words.office_plan_guaranteed(), most)
        },
        lead_rate: if typed.get("lead_rate").is_empty() {
            Ppm(0)
        } else {
            reader.percent("lead_rate", words.office_terms_lead())
        },
    }
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
    let draft = draft_of(desk, typed, known);
    let rules: Vec<AnyView> = (0..count)
        .map(|index| {
            let rule = draft.as_ref().and_then(|draft| {
                let mut rules = draft.rules.iter();
                rules.find(|rule| usize::from(rule.number) == index + 1)
            });
            let sentence = rule.map(|rule| {
                words.office_plan_sentence(
                    &conditions(desk, &rule.when, catalogue, known.people),
                    &capped(words, rule),
                )
            });
            rule_fields(&form, index, &choices, sentence)
        })
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
            {month_fields(&form)}
            {sample_fields(&form, &choices, known, draft.as_ref())}
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

struct Choices {
    by: Vec<(String, String)>,
    cap_per: Vec<(String, String)>,
    agents: Vec<(String, String)>,
    cooperatives: Vec<(String, String)>,
    categories: Vec<(String, String)>,
    kinds: Vec<(String, String)>,
    channels: Vec<(String, String)>,
}

impl Choices {
    fn new(desk: &Desk, known: &Known<'_>) -> Self {
        let words = desk.words();
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
    choices: &Choices,
    sentence: Option<String>,
) -> AnyView {
    let words = form.desk.words();
    let field = |name: &str| format!("r{index}_{name}");
    let has_conditions = [
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
    ]
    .iter()
    .any(|name| !form.typed.get(&field(name)).is_empty());
    // Conditions stay folded until there are some that the sentence above does not tell.
    let is_untold = has_conditions && sentence.is_none();
    view! {
        <fieldset class="form-part"><legend>{words.office_plan_nth(&(index + 1).to_string())}</legend>
            {sentence.map(|sentence| view! { <p class="field-hint">{sentence}</p> })}
            <div class="filters">
                {form.select(&field("by"), words.office_plan_pays(), &choices.by)}
                {form.line(&field("value"), words.office_plan_value(), Line { script: Script::Page, inputmode: None, ..figures_line("") })}
                {form.line(&field("cap"), words.office_plan_cap(), figures_line("DH"))}
                {form.select(&field("cap_per"), words.office_plan_cap_per(), &choices.cap_per)}
            </div>
            <details class="more" open=is_untold>
                <summary>{ui::icon("filter")}{words.office_plan_when()}{ui::icon_flat("chevron-down")}</summary>
                <div class="filters">
                    {form.select(&field("agent"), words.role_agent(), &choices.agents)}
                    {form.line(&field("product"), words.office_field_product(), Line { list: Some("products"), maxlength: 400, ..Line::default() })}
                    {form.select(&field("cooperative"), words.role_cooperative(), &choices.cooperatives)}
                    {form.select(&field("category"), words.office_field_category(), &choices.categories)}
                    {form.line(&field("team"), words.office_terms_team(), Line::default())}
                    {form.line(&field("grade"), words.office_field_grade(), Line::default())}
                    {form.select(&field("kind"), words.office_column_customer(), &choices.kinds)}
                    {form.select(&field("channel"), words.office_plan_channel(), &choices.channels)}
                    {form.line(&field("discount_from"), words.office_plan_discount_least(), figures_line("%"))}
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
    choices: &Choices,
    known: &Known<'_>,
    draft: Option<&PlanDraft>,
) -> AnyView {
    let words = form.desk.words();
    let lines: Vec<AnyView> = (0..SAMPLE_LINES)
        .map(|index| {
            let number = index + 1;
            view! {
                <div class="field-pair">
                    {form.line(&format!("s{index}_product"), &format!("{} {number}", words.office_field_product()), Line { list: Some("products"), maxlength: 400, ..Line::default() })}
                    {form.line(&format!("s{index}_units"), &words.office_plan_sample_units(&number.to_string()), Line { inputmode: Some("numeric"), ..figures_line("") })}
                </div>
            }
            .into_any()
        })
        .collect();
    let outcome = match draft {
        None => view! { <p class="muted">{words.office_plan_sample_unreadable()}</p> }.into_any(),
        Some(draft) => outcome(form.desk, form.typed, known, draft),
    };
    view! {
        <fieldset class="form-part"><legend>{words.office_plan_sample()}</legend>
            <div class="filters">
                {form.select("s_agent", words.office_plan_sample_agent(), &choices.agents)}
                {form.select("s_kind", words.office_plan_sample_customer(), &choices.kinds[1..])}
            </div>
            {lines}
            <div class="button-group"><button class="button" type="submit" name="try" value="yes" formnovalidate=true>{ui::icon("percent")}{words.office_plan_sample_try()}</button></div>
            {outcome}
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
    let mut sales = Vec::new();
    let Some(list) = catalogue.price_list_at(desk.now) else {
        return sales;
    };
    for index in 0..SAMPLE_LINES {
        let units = typed
            .number(&format!("s{index}_units"))
            .filter(|units| (1..=limits::UNITS_PER_LINE).contains(units));
        let product = chosen(typed, &format!("s{index}_product"));
        let (Some(units), Some(product)) = (units, product.and_then(|id| catalogue.product(id)))
        else {
            continue;
        };
        let base = product
            .price(list, PriceTier::usual_for(kind))
            .zip(product.vat_at(desk.now))
            .and_then(|(price, vat)| price.times(units).ok()?.without_vat(vat).ok());
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
                channel: Channel::Door,
                discount: Ppm(0),
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
