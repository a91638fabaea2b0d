//! Forms that remember: what was typed is shown again beside what is wrong with it.

use leptos::prelude::*;
use taswiq_backend::OfficeError;
use taswiq_domain::Refusal;
use taswiq_domain::bank::RibError;
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::phone::PhoneNumber;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};
use uuid::Uuid;

use super::desk::Desk;
use crate::ui;
use crate::words::Words;

/// Where a list of many pages goes on, for its address.
pub fn place(at: Timestamp, id: Uuid) -> String {
    format!("{}_{id}", at.0)
}

/// What was typed into a form, by the names of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed(pub Vec<(String, String)>);

impl Typed {
    /// What stands in a field; nothing when it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.trim())
    }

    /// Every value of a field that may be given more than once.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.trim())
    }

    /// A number in a field.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).parse().ok()
    }

    /// Where a list of many pages goes on: a time and an id, as [`place`] writes them.
    pub fn place(&self, name: &str) -> Option<(Timestamp, Uuid)> {
        let (at, id) = self.get(name).split_once('_')?;
        Some((Timestamp(at.parse().ok()?), id.parse().ok()?))
    }

    /// Puts a value into a field.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// Puts a text in both languages into `name_fr` and `name_ar`.
    pub fn with_text(self, name: &str, text: &LocalText) -> Self {
        let in_language = |code: &str| text.0.get(code).cloned().unwrap_or_default();
        self.with(&format!("{name}_fr"), in_language("fr"))
            .with(&format!("{name}_ar"), in_language("ar"))
    }

    /// A text from `name_fr` and `name_ar`; languages left empty are left out.
    pub fn text(&self, name: &str) -> LocalText {
        let languages = ["fr", "ar"].map(|code| {
            (
                code.to_owned(),
                self.get(&format!("{name}_{code}")).to_owned(),
            )
        });
        LocalText(
            languages
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .collect(),
        )
    }
}

/// Something wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The id of the field.
    pub field: String,
    /// What is wrong and what to do, as a sentence.
    pub text: String,
    /// Each field that it speaks of, with what stands there, where it speaks of more than one.
    pub also: Vec<Place>,
}

impl Problem {
    /// Something wrong with one field.
    pub fn at(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            text: text.into(),
            also: Vec::new(),
        }
    }

    /// The whole of it, with what stands in each field that it speaks of.
    pub fn told(&self) -> String {
        let texts = std::iter::once(&self.text).chain(self.also.iter().map(|place| &place.text));
        texts.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// A field that a problem speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its id.
    pub field: String,
    /// What stands there, as a sentence.
    pub text: String,
}

impl Place {
    fn link(&self) -> AnyView {
        view! { <a href=format!("#{}", self.field)>{self.text.clone()}</a> }.into_any()
    }
}

/// Gathers what is wrong with a form while it is read.
pub struct Reader<'a> {
    /// What was typed.
    pub typed: &'a Typed,
    /// The sentences.
    pub words: Words,
    /// What is wrong so far.
    pub problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// Begins to read.
    pub fn new(desk: &Desk, typed: &'a Typed) -> Self {
        Self {
            typed,
            words: desk.words(),
            problems: Vec::new(),
        }
    }

    /// Writes down what is wrong with a field.
    pub fn wrong(&mut self, field: &str, text: impl Into<String>) {
        self.problems.push(Problem::at(field, text));
    }

    /// A text in both languages. French is asked for; Arabic may follow.
    pub fn text(&mut self, name: &str, label: &str) -> LocalText {
        let text = self.typed.text(name);
        if text.0.is_empty() {
            self.wrong(
                &format!("{name}_fr"),
                self.words.refusal_field_missing(label),
            );
        }
        for (code, text) in &text.0 {
            if text.chars().count() > limits::NAME_CHARACTERS {
                self.problems.push(Problem::at(
                    format!("{name}_{code}"),
                    self.words
                        .refusal_field_too_long(limits::NAME_CHARACTERS, label),
                ));
            }
        }
        text
    }

    /// One of the values that the form offers.
    pub fn choice<T: std::str::FromStr>(&mut self, name: &str, label: &str) -> Option<T> {
        let chosen = self.typed.number(name);
        if chosen.is_none() {
            self.wrong(name, self.words.refusal_field_missing(label));
        }
        chosen
    }

    /// The price of something: an amount of money above zero.
    pub fn amount(&mut self, name: &str, label: &str) -> Centimes {
        self.amount_up_to(name, label, limits::UNIT_PRICE_CENTIMES)
    }

    /// An amount of money above zero and not above a limit.
    pub fn amount_up_to(&mut self, name: &str, label: &str, centimes_max: i64) -> Centimes {
        match Centimes::parse(self.typed.get(name)) {
            Some(amount) if amount > Centimes::ZERO && amount.0 <= centimes_max => amount,
            _ => {
                self.wrong(name, self.words.office_problem_amount(label));
                Centimes::ZERO
            }
        }
    }

    /// A percentage.
    pub fn percent(&mut self, name: &str, label: &str) -> Ppm {
        Ppm::parse_percent(self.typed.get(name)).unwrap_or_else(|| {
            self.wrong(name, self.words.office_problem_percent(label));
            Ppm(0)
        })
    }

    /// A telephone number that may be left out.
    pub fn phone(&mut self, name: &str) -> Option<PhoneNumber> {
        let typed = self.typed.get(name);
        if typed.is_empty() {
            return None;
        }
        let phone = typed.parse().ok();
        if phone.is_none() {
            self.wrong(name, self.words.office_problem_phone());
        }
        phone
    }

    /// From when on something holds: the start of a day, or this very moment where nothing was
    /// published before.
    pub fn valid_from(&mut self, desk: &Desk, is_first: bool) -> Timestamp {
        let typed = self.typed.get("valid_from");
        if typed.is_empty() && is_first {
            return desk.now;
        }
        let Ok(date) = typed.parse::<CivilDate>() else {
            self.wrong("valid_from", self.words.office_problem_date());
            return desk.now;
        };
        let start = desk.calendar.start_of(date);
        if is_first && date == desk.today() {
            return desk.now;
        }
        if start <= desk.now {
            self.wrong("valid_from", self.words.office_problem_past());
        }
        start
    }

    /// What was read, or what is wrong with it.
    pub fn done<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.problems.is_empty() {
            Ok(value)
        } else {
            Err(self.problems)
        }
    }
}

/// What the office would not take, as problems of the form; nothing when it is no matter of what was
/// typed.
pub fn problems(desk: &Desk, error: &OfficeError) -> Option<Vec<Problem>> {
    let words = desk.words();
    let problem = match error {
        OfficeError::Invalid(Refusal::FieldMissing { field }) => Problem::at(
            field.clone(),
            words.refusal_field_missing(label(words, field)),
        ),
        OfficeError::Invalid(Refusal::FieldTooLong { field, .. }) if field == "form" => {
            Problem::at(field.clone(), words.office_plan_too_large().to_owned())
        }
        OfficeError::Invalid(Refusal::FieldTooLong {
            field,
            characters_max,
        }) => Problem::at(
            field.clone(),
            words.refusal_field_too_long(*characters_max, label(words, field)),
        ),
        OfficeError::Invalid(Refusal::FieldInvalid { field }) if field == "valid_from" => {
            Problem::at(field.clone(), words.office_problem_past().to_owned())
        }
        OfficeError::Invalid(Refusal::FieldInvalid { field }) if field == "price" => {
            Problem::at("form", words.office_problem_price_order().to_owned())
        }
        OfficeError::Invalid(Refusal::FieldInvalid { field }) => Problem::at(
            field.clone(),
            words.refusal_field_invalid(label(words, field)),
        ),
        OfficeError::Invalid(Refusal::DepositAboveCash { in_hand, .. }) => Problem::at(
            "form",
            words.refusal_deposit_above_cash(&in_hand.to_string()),
        ),
        OfficeError::Invalid(_) => Problem::at("form", words.office_problem_other().to_owned()),
        OfficeError::InvalidPlan(error) => Problem::at("form", super::plan::trouble(words, error)),
        OfficeError::InvalidEngagement(error) => {
            Problem::at("form", super::engagement::trouble(words, error))
        }
        OfficeError::Settlement(refusal) => Problem::at(
            super::settlement::field(refusal).to_owned(),
            super::settlement::trouble(desk, refusal),
        ),
        OfficeError::InvalidRib(error) => Problem::at(
            "rib",
            match error {
                RibError::NotADigit(letter) => {
                    words.office_account_not_a_digit(&letter.to_string())
                }
                RibError::NotTwentyFourDigits(digits) => {
                    words.office_account_digits(&digits.to_string())
                }
                RibError::WrongKey => words.office_account_wrong_key().to_owned(),
            },
        ),
        OfficeError::BeyondTerms(grants) => super::disputes::beyond(words, grants),
        OfficeError::InvalidTaxTerms(error) => super::settlement::tax::trouble(words, error),
        OfficeError::Simulation(refusal) => {
            let (field, text) = super::plan::simulations::trouble(words, refusal);
            Problem::at(field.to_owned(), text)
        }
        OfficeError::Scenario(error) => {
            Problem::at("text", super::plan::scenarios::trouble(desk, error))
        }
        OfficeError::Conflict { field } => Problem::at(
            (*field).to_owned(),
            words.office_problem_taken(label(words, field)),
        ),
        _ => return None,
    };
    Some(vec![problem])
}

/// What the fields that the office names are called.
fn label(words: Words, field: &str) -> &'static str {
    match field {
        "name" => words.office_field_name(),
        "place" => words.office_field_place(),
        "region" => words.office_field_region(),
        "phone" => words.customer_phone(),
        "login" => words.office_field_login(),
        "unit" => words.office_field_unit(),
        "vat" => words.office_field_vat(),
        "regime" => words.office_field_regime(),
        "delivery_days" => words.office_field_delivery_days(),
        "vesting" => words.office_field_vesting(),
        "cooperative" | "cooperatives" => words.role_cooperative(),
        "category" => words.office_field_category(),
        "grade" => words.office_field_grade(),
        "amount" => words.office_ledger_amount(),
        "reference" => words.office_payout_reference(),
        other => words.field_name(other),
    }
}

/// A form on a page, with what was typed and what is wrong.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// Where it lies.
    pub desk: &'a Desk,
    /// What stands in it.
    pub typed: &'a Typed,
    /// What is wrong with it.
    pub problems: &'a [Problem],
}

impl Form<'_> {
    /// What is wrong, above everything, each line leading to its field.
    pub fn summary(&self) -> AnyView {
        if self.problems.is_empty() {
            return ().into_any();
        }
        let words = self.desk.words();
        let lines: Vec<AnyView> = self
            .problems
            .iter()
            .map(|problem| {
                let also: Vec<AnyView> = problem
                    .also
                    .iter()
                    .map(|place| view! { <li>{place.link()}</li> }.into_any())
                    .collect();
                let also = (!also.is_empty()).then(|| view! { <ul>{also}</ul> });
                view! { <li><a href=format!("#{}", problem.field)>{problem.text.clone()}</a>{also}</li> }
                    .into_any()
            })
            .collect();
        view! {
            <div class="error-summary" role="alert" tabindex="-1" id="form">
                <h2>{ui::icon("warning")}{words.office_form_to_correct(self.problems.len())}</h2>
                <ul>{lines}</ul>
            </div>
        }
        .into_any()
    }

    /// Whether something is wrong with a field.
    pub fn is_wrong(&self, name: &str) -> bool {
        self.problem(name).is_some()
    }

    fn problem(&self, name: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| {
            problem.field == name || problem.also.iter().any(|place| place.field == name)
        })
    }

    /// What is wrong with a field, with the way to the others that it is wrong with.
    pub fn error(&self, name: &str) -> Option<AnyView> {
        let problem = self.problem(name)?;
        let others: Vec<AnyView> = problem
            .also
            .iter()
            .filter(|place| place.field != name)
            .map(|place| view! { " " {place.link()} }.into_any())
            .collect();
        let (id, text) = (format!("{name}-error"), problem.text.clone());
        Some(view! { <p class="field-error" id=id>{ui::icon_small("warning")}<span>{text}{others}</span></p> }.into_any())
    }

    /// A field with one line.
    pub fn line(&self, name: &str, label: &str, look: Line) -> AnyView {
        let error = self.error(name);
        let invalid = error.is_some().then_some("true");
        let error_id = format!("{name}-error");
        let hint_id = format!("{name}-hint");
        let described = match (error.is_some(), look.hint.is_empty()) {
            (true, true) => Some(error_id),
            (true, false) => Some(format!("{hint_id} {error_id}")),
            (false, false) => Some(hint_id.clone()),
            (false, true) => None,
        };
        let hint = (!look.hint.is_empty())
            .then(|| view! { <span class="field-hint" id=hint_id>{look.hint.clone()}</span> });
        let optional = look.optional.then(
            || view! { <span class="optional">{self.desk.words().office_form_optional()}</span> },
        );
        let (lang, dir) = match look.script {
            Script::Page => (None, None),
            Script::Arabic => (Some("ar"), Some("rtl")),
            Script::French => (Some("fr"), Some("ltr")),
            Script::Figures => (None, Some("ltr")),
        };
        let (id, name, label) = (name.to_owned(), name.to_owned(), label.to_owned());
        let input = view! {
            <input class="input" id=id.clone() name=name.clone() type=look.kind inputmode=look.inputmode autocomplete="off" lang=lang dir=dir list=look.list
                value=self.typed.get(&name).to_owned() required=look.required maxlength=look.maxlength.to_string()
                aria-invalid=invalid aria-describedby=described />
        };
        let input = if look.unit.is_empty() {
            input.into_any()
        } else {
            view! { <div class="field-affix">{input}<span>{look.unit}</span></div> }.into_any()
        };
        view! { <div class="field"><label for=id>{label} " " {optional}</label>{hint}{input}{error}</div> }.into_any()
    }

    /// A text in French and Arabic.
    pub fn text(&self, name: &str, label: &str, required: bool) -> AnyView {
        let words = self.desk.words();
        view! {
            <div class="field-pair">
                {self.line(&format!("{name}_fr"), &words.office_form_in_french(label), Line { required, optional: !required, script: Script::French, ..Line::default() })}
                {self.line(&format!("{name}_ar"), &words.office_form_in_arabic(label), Line { optional: true, script: Script::Arabic, ..Line::default() })}
            </div>
        }
        .into_any()
    }

    /// One of several, in a list. The first choice may stand for none.
    pub fn select(&self, name: &str, label: &str, choices: &[(String, String)]) -> AnyView {
        let error = self.error(name);
        let invalid = error.is_some().then_some("true");
        let described = error.is_some().then(|| format!("{name}-error"));
        let chosen = self.typed.get(name).to_owned();
        // What is refused because it is not offered stays chosen: else the form, sent again, would
        // choose the first that is.
        let refused = (error.is_some() && choices.iter().all(|(value, _)| *value != chosen))
            .then(|| (chosen.clone(), chosen.clone()));
        let options: Vec<AnyView> = choices
            .iter()
            .chain(&refused)
            .map(|(value, words)| {
                let selected = *value == chosen;
                view! { <option value=value.clone() selected=selected>{words.clone()}</option> }
                    .into_any()
            })
            .collect();
        let (id, name, label) = (name.to_owned(), name.to_owned(), label.to_owned());
        view! { <div class="field"><label for=id.clone()>{label}</label><select id=id name=name aria-invalid=invalid aria-describedby=described>{options}</select>{error}</div> }.into_any()
    }

    /// One of a few, all in sight.
    pub fn radios(&self, name: &str, legend: &str, choices: &[(String, String)]) -> AnyView {
        let error = self.error(name);
        let chosen = self.typed.get(name).to_owned();
        let labels: Vec<AnyView> = choices
            .iter()
            .map(|(value, words)| {
                let checked = *value == chosen;
                view! { <label><input type="radio" name=name.to_owned() value=value.clone() checked=checked /><span>{words.clone()}</span></label> }.into_any()
            })
            .collect();
        let (id, legend) = (name.to_owned(), legend.to_owned());
        view! { <fieldset class="field" id=id><legend>{legend}</legend><div class="segmented segmented-tall">{labels}</div>{error}</fieldset> }.into_any()
    }

    /// A box to tick. `value` is what it posts.
    pub fn check(&self, name: &str, value: &str, label: &str) -> AnyView {
        let checked = self.typed.all(name).any(|found| found == value);
        let (name, value, label) = (name.to_owned(), value.to_owned(), label.to_owned());
        view! { <label class="check"><input type="checkbox" name=name value=value checked=checked /><span>{label}</span></label> }.into_any()
    }

    /// The day from which something holds.
    pub fn valid_from(&self, is_first: bool) -> AnyView {
        let words = self.desk.words();
        let hint = if is_first {
            words.office_form_first_hint()
        } else {
            words.office_form_future_hint()
        };
        self.line(
            "valid_from",
            words.office_form_valid_from(),
            Line {
                kind: "date",
                required: !is_first,
                optional: is_first,
                script: Script::Figures,
                hint: hint.to_owned(),
                ..Line::default()
            },
        )
    }

    /// The end of a form: the one act, and the way out.
    pub fn foot(&self, act: &str, back: &str) -> AnyView {
        let (act, back) = (act.to_owned(), back.to_owned());
        view! {
            <div class="form-foot">
                <button class="button button-primary" type="submit">{ui::icon("check")}{act}</button>
                <a class="button button-quiet" href=back>{self.desk.words().action_cancel()}</a>
            </div>
        }
        .into_any()
    }
}

/// How a field of one line looks.
pub struct Line {
    /// The input's type.
    pub kind: &'static str,
    /// Which keys a phone offers.
    pub inputmode: Option<&'static str>,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether it says that it may be left out.
    pub optional: bool,
    /// How it is written.
    pub script: Script,
    /// What to know before filling it in.
    pub hint: String,
    /// What stands after it: `DH`, `%`.
    pub unit: &'static str,
    /// In characters.
    pub maxlength: usize,
    /// The id of a list to choose from while typing.
    pub list: Option<&'static str>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            kind: "text",
            inputmode: None,
            required: false,
            optional: false,
            script: Script::Page,
            hint: String::new(),
            unit: "",
            maxlength: limits::NAME_CHARACTERS,
            list: None,
        }
    }
}

/// How a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Like the page.
    Page,
    /// French.
    French,
    /// Arabic.
    Arabic,
    /// Digits, from left to right in every language.
    Figures,
}
