//! What was typed into the form for a plan, read rule by rule: what is wrong is said at its own field,
//! and a condition that cannot be read is a fault. Left out, its rule would hold for more than was meant.

use std::collections::BTreeSet;
use std::str::FromStr;

use taswiq_backend::catalogue::PlanDraft;
use taswiq_domain::catalogue::{Catalogue, Product};
use taswiq_domain::commission::{Band, CapPer, Condition, Conditions, Pays, PlanError, Rule, Sum};
use taswiq_domain::ids::PlanVersion;
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::settlement::rules::{PeriodRules, PeriodRulesError, Target, Tier};
use taswiq_domain::time::Timestamp;

use super::super::desk::Desk;
use super::super::form::{Place, Problem, Reader, Typed};
use super::{CHANNELS, KINDS, Known, ROWS_MAX, room, sentence, trouble, trouble_of_period};
use crate::words::Words;

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
    let reading = read_draft(desk, &mut reader, known);
    reader.done((valid_from, reading.draft))
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
    let reading = read_draft(desk, &mut reader, known);
    reader.problems.is_empty().then_some(reading.draft)
}

/// A form as far as it could be read.
pub(super) struct Reading {
    /// Every rule in use. Where something is wrong, it is not what was meant.
    pub(super) draft: PlanDraft,
    /// The numbers of the rules that say what was meant.
    readable: BTreeSet<u16>,
}

impl Reading {
    /// The rule in a row of the form, where it says what was meant.
    pub(super) fn rule(&self, index: usize) -> Option<&Rule> {
        self.draft.rules.iter().find(|rule| {
            usize::from(rule.number) == index + 1 && self.readable.contains(&rule.number)
        })
    }
}

/// The plan without its date: rules in use, numbered as they stand, and what looks at a month.
pub(super) fn read_draft(desk: &Desk, reader: &mut Reader<'_>, known: &Known<'_>) -> Reading {
    let typed = reader.typed;
    // A wrong date is no reason not to say what is wrong with the rules as well.
    let wrong_before = reader.problems.len();
    let mut readable = BTreeSet::new();
    let mut rules = Vec::new();
    for index in 0..room(typed) {
        if typed.get(&format!("r{index}_by")).is_empty() {
            continue;
        }
        let wrong_so_far = reader.problems.len();
        let rule = read_rule(reader, index, known);
        if reader.problems.len() == wrong_so_far {
            readable.insert(rule.number);
        }
        rules.push(rule);
    }
    let (period, rows) = read_period(reader);
    let draft = PlanDraft { rules, period };
    if reader.problems.len() == wrong_before {
        let plan = draft.clone().at(PlanVersion(0), desk.now);
        let agents = known.people.iter().map(|person| person.id).collect();
        let checked = plan
            .check()
            .and_then(|()| plan.check_names(known.catalogue, &agents));
        if let Err(error) = checked {
            let problem = problem(desk, known, &draft.rules, &rows, &error);
            reader.problems.push(problem);
        }
    }
    Reading { draft, readable }
}

/// What is wrong with a plan as a whole, at the field where it stands.
fn problem(
    desk: &Desk,
    known: &Known<'_>,
    rules: &[Rule],
    rows: &Rows,
    error: &PlanError,
) -> Problem {
    let words = desk.words();
    let field = |number: u16, name: &str| format!("r{}_{name}", number - 1);
    let at = match error {
        PlanError::Tie { second: number, .. }
        | PlanError::NumberTwice { number }
        | PlanError::RateAboveWhole { number }
        | PlanError::ReasonMissing { number }
        | PlanError::SumNotValid {
            number,
            sum: Sum::PerUnit,
        } => field(*number, "value"),
        PlanError::SumNotValid {
            number,
            sum: Sum::Cap,
        } => field(*number, "cap"),
        PlanError::BandEmpty { number } => field(*number, "discount_below"),
        PlanError::Unknown { number, condition } | PlanError::NeverHolds { number, condition } => {
            field(*number, condition_field(*condition))
        }
        PlanError::PeriodRules { error } => return rows.problem(words, error),
        PlanError::NotInTheFuture => "valid_from".to_owned(),
        PlanError::NoDefaultRule => "form".to_owned(),
    };
    let mut problem = Problem::at(at, trouble(words, error));
    if let PlanError::Tie { first, second } = error {
        let both = rules
            .iter()
            .filter(|rule| [first, second].contains(&&rule.number));
        problem.also = both
            .map(|rule| Place {
                field: field(rule.number, "value"),
                text: words
                    .office_plan_tie_rule(&rule.number.to_string(), &sentence(desk, known, rule)),
            })
            .collect();
    }
    problem
}

/// The field of a rule in which a condition stands.
const fn condition_field(condition: Condition) -> &'static str {
    match condition {
        Condition::Agent => "agent",
        Condition::Product => "product",
        Condition::Cooperative => "cooperative",
        Condition::Category => "category",
        Condition::Team => "team",
        Condition::Grade => "grade",
        Condition::CustomerKind => "kind",
        Condition::Channel => "channel",
        Condition::Discount => "discount_from",
    }
}

/// The product that a text stands for: its number, alone or as it is chosen from the list.
pub(super) fn product_of<'a>(text: &str, catalogue: &'a Catalogue) -> Option<&'a Product> {
    let number = text.split_once(" · ").map_or(text, |(number, _)| number);
    catalogue.product(number.trim().parse().ok()?)
}

/// What is chosen for a condition of a rule, which must be known.
fn named<Id: Copy + FromStr>(
    reader: &mut Reader<'_>,
    number: u16,
    condition: Condition,
    is_known: impl FnOnce(Id) -> bool,
) -> Option<Id> {
    let field = format!("r{}_{}", number - 1, condition_field(condition));
    let typed = reader.typed.get(&field);
    if typed.is_empty() {
        return None;
    }
    let id = typed.parse().ok().filter(|id| is_known(*id));
    if id.is_none() {
        let unknown = PlanError::Unknown { number, condition };
        reader.wrong(&field, trouble(reader.words, &unknown));
    }
    id
}

/// What is chosen from a list, by its name in it.
fn listed<T: Copy>(
    reader: &mut Reader<'_>,
    field: &str,
    label: &str,
    list: &[(&str, T)],
) -> Option<T> {
    let typed = reader.typed.get(field);
    if typed.is_empty() {
        return None;
    }
    let chosen = list.iter().find(|(name, _)| *name == typed);
    if chosen.is_none() {
        reader.wrong(field, reader.words.refusal_field_invalid(label));
    }
    chosen.map(|(_, value)| *value)
}

fn read_rule(reader: &mut Reader<'_>, index: usize, known: &Known<'_>) -> Rule {
    let (typed, words) = (reader.typed, reader.words);
    let field = |name: &str| format!("r{index}_{name}");
    let number = u16::try_from(index + 1).unwrap_or(u16::MAX);
    let label = words.office_plan_nth(&number.to_string());
    let pays = read_pays(reader, index, &label);
    let cap = (!typed.get(&field("cap")).is_empty())
        .then(|| reader.amount_up_to(&field("cap"), &label, limits::CAP_CENTIMES));
    let per = CapPer::ALL.map(|per| (per.as_str(), per));
    let cap_per = listed(reader, &field("cap_per"), words.office_plan_cap_per(), &per);
    let catalogue = known.catalogue;
    let agent = named(reader, number, Condition::Agent, |id| {
        known.people.iter().any(|person| person.id == id)
    });
    let product = product_of(typed.get(&field("product")), catalogue).map(|product| product.id);
    if product.is_none() && !typed.get(&field("product")).is_empty() {
        let condition = Condition::Product;
        let unknown = PlanError::Unknown { number, condition };
        reader.wrong(&field("product"), trouble(words, &unknown));
    }
    let cooperative = named(reader, number, Condition::Cooperative, |id| {
        catalogue.cooperative(id).is_some()
    });
    let category = named(reader, number, Condition::Category, |id| {
        catalogue.category(id).is_some()
    });
    let text =
        |name: &str| Some(typed.get(&field(name)).to_owned()).filter(|text| !text.is_empty());
    let customer = words.office_column_customer();
    let customer_kind = listed(reader, &field("kind"), customer, &KINDS);
    let channel = listed(
        reader,
        &field("channel"),
        words.office_plan_channel(),
        &CHANNELS,
    );
    let (from, below) = (field("discount_from"), field("discount_below"));
    let discount = (!typed.get(&from).is_empty() || !typed.get(&below).is_empty()).then(|| Band {
        from: if typed.get(&from).is_empty() {
            Ppm(0)
        } else {
            reader.percent(&from, &label)
        },
        below: (!typed.get(&below).is_empty()).then(|| reader.percent(&below, &label)),
    });
    Rule {
        number,
        when: Conditions {
            agent,
            product,
            cooperative,
            category,
            team: text("team"),
            grade: text("grade"),
            customer_kind,
            channel,
            discount,
        },
        pays,
        cap: cap.filter(|cap| *cap > Centimes::ZERO),
        cap_per: cap_per.unwrap_or_default(),
    }
}

fn read_pays(reader: &mut Reader<'_>, index: usize, label: &str) -> Pays {
    let (typed, words) = (reader.typed, reader.words);
    let (by, field) = (format!("r{index}_by"), format!("r{index}_value"));
    let value = typed.get(&field);
    let reason_missing = || words.office_plan_reason_missing(&(index + 1).to_string());
    match typed.get(&by) {
        "per_unit" => Pays::PerUnit {
            amount: reader.amount(&field, label),
        },
        "nothing" => {
            if value.is_empty() {
                reader.wrong(&field, reason_missing());
            }
            Pays::Nothing {
                reason: value.chars().take(limits::NOTE_CHARACTERS).collect(),
            }
        }
        "rate" => {
            let rate = reader.percent(&field, label);
            if rate == Ppm(0) && Ppm::parse_percent(value).is_some() {
                reader.wrong(&field, reason_missing());
            }
            Pays::Rate { rate }
        }
        _ => {
            reader.wrong(&by, words.refusal_field_invalid(words.office_plan_pays()));
            Pays::Rate { rate: Ppm(0) }
        }
    }
}

/// In which rows of the form the tiers and targets of a plan stand. A plan counts its own; a form may
/// leave rows empty, and puts what lies below the first tier before it.
struct Rows {
    /// The row of each tier. What is put before the first has the first's.
    tiers: Vec<(usize, Tier)>,
    /// The row of each target.
    targets: Vec<(usize, Target)>,
}

impl Rows {
    /// What stands beside the row of a tier of the plan, both counted from 1.
    fn tier(&self, number: usize) -> usize {
        self.tiers
            .get(number - 1)
            .map_or(number, |(row, _)| row + 1)
    }

    /// The same of a target.
    fn target(&self, number: usize) -> usize {
        let target = self.targets.get(number - 1);
        target.map_or(number, |(row, _)| row + 1)
    }

    /// What is wrong, at the field where it stands, with the numbers that stand beside the rows.
    fn problem(&self, words: Words, error: &PeriodRulesError) -> Problem {
        let text = match error {
            // A tier is typed by where it begins: it is empty when the next begins too low.
            PeriodRulesError::TierEmpty { tier, below } => words.office_tier_order(
                &self.tier(tier + 1).to_string(),
                &below.to_string(),
                &self.tier(*tier).to_string(),
            ),
            _ => trouble_of_period(words, &self.numbered(error)),
        };
        Problem::at(self.field(error), text)
    }

    /// The field in which that stands which is wrong.
    fn field(&self, error: &PeriodRulesError) -> String {
        let tier = |number: usize, name: &str| format!("t{}_{name}", self.tier(number) - 1);
        let target = |number: usize, name: &str| format!("g{}_{name}", self.target(number) - 1);
        match error {
            PeriodRulesError::FirstTierNotFromZero { .. } => tier(1, "from"),
            PeriodRulesError::TierGap { second, .. }
            | PeriodRulesError::TierOverlap { second, .. } => tier(*second, "from"),
            PeriodRulesError::TierEmpty { tier: number, .. } => tier(number + 1, "from"),
            PeriodRulesError::LastTierNotOpen { tier: number, .. } => tier(*number, "from"),
            PeriodRulesError::TierRateAboveWhole { tier: number } => tier(*number, "rate"),
            PeriodRulesError::TargetOrder { first, second } => {
                let reach = |number: usize| {
                    let target = self.targets.get(number - 1);
                    target.map(|(_, target)| target.reach)
                };
                let is_higher = reach(*first) < reach(*second);
                target(*second, if is_higher { "bonus" } else { "reach" })
            }
            PeriodRulesError::TargetNotValid {
                target: number,
                field,
            } => target(*number, field),
            PeriodRulesError::GuaranteedNotValid => "guaranteed".to_owned(),
            PeriodRulesError::LeadRateAboveWhole => "lead_rate".to_owned(),
        }
    }

    /// The same error, counted as the form counts.
    fn numbered(&self, error: &PeriodRulesError) -> PeriodRulesError {
        let mut numbered = error.clone();
        match &mut numbered {
            PeriodRulesError::TierGap { first, second, .. }
            | PeriodRulesError::TierOverlap { first, second, .. } => {
                (*first, *second) = (self.tier(*first), self.tier(*second));
            }
            PeriodRulesError::LastTierNotOpen { tier, .. }
            | PeriodRulesError::TierEmpty { tier, .. }
            | PeriodRulesError::TierRateAboveWhole { tier } => *tier = self.tier(*tier),
            PeriodRulesError::TargetOrder { first, second } => {
                (*first, *second) = (self.target(*first), self.target(*second));
            }
            PeriodRulesError::TargetNotValid { target, .. } => *target = self.target(*target),
            PeriodRulesError::FirstTierNotFromZero { .. }
            | PeriodRulesError::GuaranteedNotValid
            | PeriodRulesError::LeadRateAboveWhole => {}
        }
        numbered
    }
}

/// A tier is typed by where it begins; it ends where the next one does, and what lies below the first
/// adds nothing. So no form leaves a turnover without a tier.
fn read_period(reader: &mut Reader<'_>) -> (PeriodRules, Rows) {
    let (typed, words) = (reader.typed, reader.words);
    let most = limits::PERIOD_TURNOVER_CENTIMES;
    let mut begins: Vec<(usize, Centimes, Ppm)> = Vec::new();
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
        let rate = reader.percent(&rate, &words.office_plan_tier_rate(&number));
        begins.push((index, from, rate));
    }
    if let Some(&(row, from, _)) = begins.first()
        && from > Centimes::ZERO
    {
        begins.insert(0, (row, Centimes::ZERO, Ppm(0)));
    }
    let ends = begins.iter().skip(1).map(|(_, from, _)| Some(*from));
    let tiers: Vec<(usize, Tier)> = begins
        .iter()
        .zip(ends.chain([None]))
        .map(|(&(row, from, rate), below)| (row, Tier { from, below, rate }))
        .collect();
    let mut targets: Vec<(usize, Target)> = Vec::new();
    for index in 0..ROWS_MAX {
        let (reach, bonus) = (format!("g{index}_reach"), format!("g{index}_bonus"));
        let number = (index + 1).to_string();
        if typed.get(&reach).is_empty() && typed.get(&bonus).is_empty() {
            continue;
        }
        let target = Target {
            reach: reader.amount_up_to(&reach, &words.office_plan_target_reach(&number), most),
            bonus: reader.amount_up_to(&bonus, &words.office_plan_target_bonus(&number), most),
        };
        targets.push((index, target));
    }
    let period = PeriodRules {
        tiers: tiers.iter().map(|(_, tier)| *tier).collect(),
        targets: targets.iter().map(|(_, target)| *target).collect(),
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
    };
    (period, Rows { tiers, targets })
}
