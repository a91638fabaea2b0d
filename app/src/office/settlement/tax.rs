//! What is withheld for tax, by kind of engagement and from a date on.

use leptos::prelude::*;
use taswiq_domain::engagement::EngagementKind;
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::settlement::tax::{TaxRate, TaxTerms, TaxTermsError};
use taswiq_domain::time::Calendar;

use crate::office::desk::{Desk, Room};
use crate::office::form::{Form, Line, Problem, Reader, Script, Typed};
use crate::office::sheet::decimal;
use crate::office::widgets::{self, Row, figures, said, words};
use crate::ui;
use crate::words::Words;

/// The page: what holds, what held, and for administrators a form for what will hold.
pub fn page(
    desk: &Desk,
    terms: &[TaxTerms],
    may_publish: bool,
    typed: &Typed,
    problems: &[Problem],
) -> String {
    let sentences = desk.words();
    let title = sentences.office_tax_title();
    let lists: Vec<AnyView> = terms
        .iter()
        .rev()
        .map(|terms| {
            let from = if terms.valid_from.0 == 0 {
                sentences.office_tax_from_start().to_owned()
            } else {
                let from = desk.calendar.date_at(terms.valid_from);
                sentences.office_tax_from(&sentences.date_full(from))
            };
            widgets::part(&from, ().into_any(), table(desk, terms))
        })
        .collect();
    let form = may_publish.then(|| form(desk, typed, problems));
    let body = view! { {lists} {form} };
    desk.page(
        Room::Settlement,
        title,
        desk.title(title, said(sentences.office_tax_about())),
        body.into_any(),
    )
}

fn table(desk: &Desk, terms: &TaxTerms) -> AnyView {
    let sentences = desk.words();
    let columns = [
        words(sentences.office_terms_kind()),
        figures(sentences.office_tax_rate()),
        figures(sentences.office_tax_above()),
    ];
    let rows = EngagementKind::ALL
        .into_iter()
        .map(|kind| {
            let rate = terms.rate_of(kind);
            Row::plain(vec![
                said(sentences.engagement_kind(kind)),
                said(rate.rate.to_string()),
                ui::amount(rate.above_a_year, ""),
            ])
        })
        .collect();
    widgets::table(sentences.office_tax_title(), "", &columns, rows, None)
}

fn form(desk: &Desk, typed: &Typed, problems: &[Problem]) -> AnyView {
    let words = desk.words();
    let form = Form {
        desk,
        typed,
        problems,
    };
    let fields: Vec<AnyView> = EngagementKind::ALL
        .into_iter()
        .map(|kind| {
            let name = kind.as_str();
            let percent = Line {
                inputmode: Some("decimal"),
                script: Script::Figures,
                unit: "%",
                maxlength: 8,
                ..Line::default()
            };
            let above = Line {
                inputmode: Some("decimal"),
                script: Script::Figures,
                unit: "DH",
                maxlength: 16,
                ..Line::default()
            };
            view! {
                <fieldset class="field"><legend>{words.engagement_kind(kind)}</legend>
                    <div class="field-pair">
                        {form.line(&format!("rate_{name}"), words.office_tax_rate(), percent)}
                        {form.line(&format!("above_{name}"), words.office_tax_above(), above)}
                    </div>
                </fieldset>
            }
            .into_any()
        })
        .collect();
    let inside = view! {
        <form class="stack" method="post" action="/office/tax">
            {form.valid_from(false)}
            {fields}
            {form.foot(words.office_tax_publish(), "/office/settlement")}
        </form>
    };
    widgets::part(words.office_tax_new(), ().into_any(), inside.into_any())
}

/// A form that begins with what holds now.
pub fn typed_of(terms: &TaxTerms) -> Typed {
    EngagementKind::ALL
        .into_iter()
        .fold(Typed::default(), |typed, kind| {
            let (rate, name) = (terms.rate_of(kind), kind.as_str());
            typed
                .with(
                    &format!("rate_{name}"),
                    rate.rate
                        .to_string()
                        .replace(['%', '\u{a0}', '\u{202f}', ' '], ""),
                )
                .with(&format!("above_{name}"), decimal(rate.above_a_year))
        })
}

/// The terms typed.
///
/// # Errors
/// What is wrong with which field.
pub fn read(desk: &Desk, typed: &Typed) -> Result<TaxTerms, Vec<Problem>> {
    let mut reader = Reader::new(desk, typed);
    let words = desk.words();
    let valid_from = reader.valid_from(desk, false);
    let rates = EngagementKind::ALL
        .into_iter()
        .map(|kind| {
            let (rate, above) = (
                format!("rate_{}", kind.as_str()),
                format!("above_{}", kind.as_str()),
            );
            let above_a_year = match Centimes::parse(typed.get(&above)) {
                Some(amount) if (0..=limits::PERIOD_TURNOVER_CENTIMES).contains(&amount.0) => {
                    amount
                }
                _ => {
                    reader.wrong(
                        &above,
                        words.office_problem_amount(words.office_tax_above()),
                    );
                    Centimes::ZERO
                }
            };
            TaxRate {
                kind,
                rate: reader.percent(&rate, words.office_tax_rate()),
                above_a_year,
            }
        })
        .collect();
    reader.done(TaxTerms { valid_from, rates })
}

/// What is wrong with terms, at the field where it stands.
pub fn trouble(words: Words, error: &TaxTermsError) -> Problem {
    let (field, text) = match error {
        TaxTermsError::KindTwice { kind } | TaxTermsError::RateAboveWhole { kind } => (
            format!("rate_{}", kind.as_str()),
            words.office_problem_percent(words.office_tax_rate()),
        ),
        TaxTermsError::ThresholdNotValid { kind } => (
            format!("above_{}", kind.as_str()),
            words.office_problem_amount(words.office_tax_above()),
        ),
    };
    Problem::at(field, text)
}
