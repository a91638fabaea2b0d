//! A company's own rules as a scenario: what somebody changes and plays begins with what is.

use super::{Bounds, play};
use crate::catalogue::{Catalogue, Product};
use crate::customer::CustomerKind;
use crate::engagement::{self, Engagement};
use crate::ids::PersonId;
use crate::period::Period;
use crate::settlement::tax::TaxTerms;
use crate::time::{Calendar, CivilDate, Timestamp};
use serde_json::{Value, json};

/// An agent, as a scenario tells of one.
#[derive(Clone, Debug)]
pub struct Engaged {
    /// Who.
    pub id: PersonId,
    /// Only for the eye.
    pub name: String,
    /// The terms, oldest first.
    pub engagements: Vec<Engagement>,
}

/// The last moment that has four digits of a year.
const LATEST_MS: i64 = 253_402_300_799_999;
/// Units in the order of the example.
const UNITS: i64 = 2;

/// The plans, cooperatives, products on sale and agents of a company, and one order that is placed at
/// that moment, delivered and paid, until its month is closed. Where nothing can be sold at that moment
/// nothing happens. Names are told in that language.
///
/// What comes out can be [played](play).
///
/// # Errors
/// When something cannot be written down.
pub fn written(
    catalogue: &Catalogue,
    agents: &[Engaged],
    tax: &[TaxTerms],
    at: Timestamp,
    calendar: &dyn Calendar,
    language: &str,
) -> Result<String, serde_json::Error> {
    let company = company(catalogue, agents, tax, language)?;
    if let Some(events) = example(catalogue, agents, at, calendar) {
        let text = document(&company, &events)?;
        // What a convention asks beyond the usual (its vesting, its days) may not fit the example.
        if play(&text, calendar, Bounds::SHARED).is_ok() {
            return Ok(text);
        }
    }
    document(&company, &[])
}

/// The parts of the document before what happens, each with its items.
type Parts = [(&'static str, Vec<Value>); 5];

fn company(
    catalogue: &Catalogue,
    agents: &[Engaged],
    tax: &[TaxTerms],
    language: &str,
) -> Result<Parts, serde_json::Error> {
    let mut plans = Vec::new();
    for plan in &catalogue.plans {
        let mut written = dated(serde_json::to_value(plan)?, plan.valid_from);
        without(&mut written, "version");
        plans.push(written);
    }
    let mut cooperatives = Vec::new();
    for cooperative in &catalogue.cooperatives {
        let mut conventions = Vec::new();
        for convention in &cooperative.conventions {
            conventions.push(dated(
                serde_json::to_value(convention)?,
                convention.valid_from,
            ));
        }
        cooperatives.push(json!({
            "id": cooperative.id,
            "name": cooperative.name.get(language),
            "conventions": conventions,
        }));
    }
    let named: Vec<_> = catalogue
        .plans
        .iter()
        .flat_map(|plan| &plan.rules)
        .map(|rule| (rule.when.product, rule.when.category))
        .collect();
    let products = catalogue
        .products
        .iter()
        // A rule of an old plan may be about what is no longer sold.
        .filter(|product| {
            product.on_sale
                || named.iter().any(|(id, category)| {
                    *id == Some(product.id) || *category == Some(product.category)
                })
        })
        .filter_map(|product| written_product(product, language))
        .collect();
    let mut engaged = Vec::new();
    for agent in agents {
        let mut engagements = Vec::new();
        for terms in &agent.engagements {
            engagements.push(dated(serde_json::to_value(terms)?, terms.valid_from));
        }
        engaged.push(json!({
            "id": agent.id,
            "name": agent.name,
            "engagements": engagements,
        }));
    }
    let mut terms = Vec::new();
    for tax in tax {
        terms.push(dated(serde_json::to_value(tax)?, tax.valid_from));
    }
    Ok([
        ("plans", plans),
        ("cooperatives", cooperatives),
        ("products", products),
        ("agents", engaged),
        ("tax", terms),
    ])
}

/// A product with its latest prices: a scenario has one price list.
fn written_product(product: &Product, language: &str) -> Option<Value> {
    let prices = product.prices.last()?;
    let vat = product.vat.last().map_or(0, |vat| vat.rate.0);
    Some(json!({
        "id": product.id,
        "name": product.name.get(language),
        "cooperative": product.cooperative,
        "category": product.category,
        "price": prices.retail,
        "semi_wholesale": prices.semi_wholesale,
        "wholesale": prices.wholesale,
        "vat": vat,
    }))
}

fn example(
    catalogue: &Catalogue,
    agents: &[Engaged],
    at: Timestamp,
    calendar: &dyn Calendar,
) -> Option<Vec<Value>> {
    catalogue.plan_at(at)?;
    let agent = agents
        .iter()
        .find(|agent| engagement::in_force(&agent.engagements, at).is_some())?;
    let day = calendar.date_at(at);
    let (product, price, promised_on) = catalogue.products.iter().find_map(|product| {
        let price = product.prices.last().filter(|_| product.on_sale)?.retail;
        let cooperative = product.cooperative;
        let promise = catalogue.usual_promise(cooperative, CustomerKind::Household, at, day)?;
        Some((product, price, promise))
    })?;
    let cooperative = product.cooperative;
    let units = json!([{"line": 1, "units": UNITS}]);
    let packed = json!([{"line": 1, "units": UNITS, "lot": "1"}]);
    let delivered_at = calendar.start_of(promised_on).plus_hours(10);
    let mut events = vec![
        (
            at,
            json!({"order": "1", "placed": {"agent": agent.id, "lines": [{"product": product.id, "units": UNITS}], "promised_on": promised_on}}),
        ),
        (
            at.plus_hours(1),
            json!({"order": "1", "event": {"kind": "confirmed", "cooperative": cooperative, "lines": units}}),
        ),
        (
            at.plus_hours(2),
            json!({"order": "1", "event": {"kind": "packed", "cooperative": cooperative, "lines": packed}}),
        ),
        (
            delivered_at,
            json!({"order": "1", "event": {"kind": "delivered", "cooperative": cooperative, "lines": units}}),
        ),
        (
            delivered_at.plus_hours(1),
            json!({"order": "1", "event": {"kind": "collected", "cooperative": cooperative, "amount": price.0.checked_mul(UNITS)?, "method": "cash"}}),
        ),
    ];
    let last = Period::at(delivered_at, calendar);
    let months = std::iter::successors(Some(Period::at(at, calendar)), |month| Some(month.next()))
        .take_while(|month| *month <= last);
    // Two hours into the next month: no clock that goes wrong puts it into the month before.
    events
        .extend(months.map(|month| (month.end(calendar).plus_hours(2), json!({"closed": month}))));
    events.sort_by_key(|(at, _)| *at);
    let told = events.into_iter().map(|(at, mut event)| {
        if let Value::Object(fields) = &mut event {
            fields.insert("at".to_owned(), json!(moment(at)));
        }
        event
    });
    Some(told.collect())
}

/// With its moment as people write it.
fn dated(mut value: Value, valid_from: Timestamp) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.insert("valid_from".to_owned(), json!(moment(valid_from)));
    }
    value
}

fn without(value: &mut Value, name: &str) {
    if let Value::Object(fields) = value {
        fields.remove(name);
    }
}

/// `2026-10-03T14:20:00Z`. Nothing that a company wrote down is older than 1970.
fn moment(at: Timestamp) -> String {
    let ms = at.0.clamp(0, LATEST_MS);
    let (day, in_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let date = CivilDate::from_days_since_epoch(day as i32);
    let (hours, minutes) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (seconds, milliseconds) = (in_day / 1_000 % 60, in_day % 1_000);
    if milliseconds == 0 {
        format!("{date}T{hours:02}:{minutes:02}:{seconds:02}Z")
    } else {
        format!("{date}T{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}Z")
    }
}

/// One item a line, so that a person finds what to change.
fn document(company: &Parts, events: &[Value]) -> Result<String, serde_json::Error> {
    let parts = company
        .iter()
        .map(|(name, items)| (*name, items.as_slice()))
        .chain([("events", events)])
        .filter(|(name, items)| *name != "tax" || !items.is_empty());
    let mut written = Vec::new();
    for (name, items) in parts {
        let items: Vec<String> = items
            .iter()
            .map(|item| serde_json::to_string(item).map(|item| format!("\n    {item}")))
            .collect::<Result<_, _>>()?;
        let end = if items.is_empty() { "" } else { "\n  " };
        written.push(format!("  \"{name}\": [{}{end}]", items.join(",")));
    }
    Ok(format!("{{\n{}\n}}\n", written.join(",\n")))
}
