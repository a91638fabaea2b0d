//! Price lists: what is changed is published as a version, for the future; only the first holds at
//! once.

use leptos::prelude::*;
use taswiq_backend::catalogue::NewPrice;
use taswiq_domain::catalogue::{Catalogue, PriceTier, Product};
use taswiq_domain::ids::CooperativeId;
use taswiq_domain::time::Timestamp;

use super::catalogue::sections;
use super::cooperatives::in_force;
use super::dashboard::cooperatives;
use super::desk::{Desk, Room};
use super::form::{Form, Problem, Reader, Typed};
use super::sheet::decimal;
use super::widgets::{self, Row, figures, said, with_small, words};
use crate::ui;

/// The versions of the price list.
pub fn list(desk: &Desk, catalogue: &Catalogue) -> String {
    let sentences = desk.words();
    let title = sentences.office_prices_title();
    let head = view! { {desk.title(title, said(sentences.office_prices_about()))} {widgets::go("/office/prices/new", "plus", sentences.office_prices_new(), "button button-primary")} };
    let current = catalogue.price_list_at(desk.now);
    let columns = [
        words(sentences.office_prices_list()),
        figures(sentences.office_prices_changed()),
        words(sentences.office_column_state()),
    ];
    let rows = catalogue
        .price_lists
        .iter()
        .rev()
        .map(|list| {
            let changed = catalogue
                .products
                .iter()
                .filter(|product| {
                    product
                        .prices
                        .iter()
                        .any(|price| price.version == list.version)
                })
                .count();
            Row::plain(vec![
                with_small(
                    said(sentences.office_prices_version(&list.version.to_string())),
                    sentences.office_prices_from(&desk.moment(list.valid_from)),
                ),
                widgets::number(changed as i64),
                in_force(
                    desk,
                    current == Some(list.version),
                    list.valid_from > desk.now,
                ),
            ])
        })
        .collect();
    let without = catalogue
        .products
        .iter()
        .filter(|product| product.prices.is_empty())
        .count();
    let missing = (without > 0).then(|| {
        ui::banner_with(
            "waiting",
            "warning",
            sentences.office_prices_missing(without),
            sentences.office_prices_missing_text(),
            widgets::go(
                "/office/prices/new",
                "coins",
                sentences.office_prices_new(),
                "button",
            ),
        )
    });
    let list = if catalogue.price_lists.is_empty() {
        ui::empty_state(
            "coins",
            sentences.office_prices_none(),
            sentences.office_prices_none_text(),
            ().into_any(),
        )
    } else {
        widgets::table(title, "", &columns, rows, None)
    };
    desk.page(
        Room::Catalogue,
        title,
        head.into_any(),
        view! { {sections(desk)} {missing} {list} }.into_any(),
    )
}

/// The products whose prices a form shows: those of a cooperative, or those without a price.
pub fn chosen<'a>(catalogue: &'a Catalogue, typed: &Typed) -> Vec<&'a Product> {
    match typed.number::<CooperativeId>("cooperative") {
        Some(id) => catalogue
            .products
            .iter()
            .filter(|product| product.cooperative == id)
            .collect(),
        None => catalogue
            .products
            .iter()
            .filter(|product| product.prices.is_empty())
            .collect(),
    }
}

const TIERS: [(&str, PriceTier); 3] = [
    ("retail", PriceTier::Retail),
    ("semi_wholesale", PriceTier::SemiWholesale),
    ("wholesale", PriceTier::Wholesale),
];

/// What was typed: the prices that differ from those in force, and from when on they hold.
///
/// # Errors
/// What is wrong with it.
pub fn read(
    desk: &Desk,
    typed: &Typed,
    catalogue: &Catalogue,
) -> Result<(Timestamp, Vec<NewPrice>), Vec<Problem>> {
    let words = desk.words();
    let mut reader = Reader::new(desk, typed);
    let valid_from = reader.valid_from(desk, catalogue.price_lists.is_empty());
    let latest = catalogue.price_lists.last().map(|list| list.version);
    let mut prices = Vec::new();
    for product in chosen(catalogue, typed) {
        let field = |tier: &str| format!("p{}_{tier}", product.id);
        if TIERS
            .iter()
            .all(|(tier, _)| typed.get(&field(tier)).is_empty())
        {
            continue;
        }
        let name = desk.text(&product.name);
        let [retail, semi_wholesale, wholesale] =
            TIERS.map(|(tier, _)| reader.amount(&field(tier), &name));
        let known = TIERS.map(|(_, tier)| latest.and_then(|list| product.price(list, tier)));
        if known == [Some(retail), Some(semi_wholesale), Some(wholesale)] {
            continue;
        }
        if wholesale > semi_wholesale || semi_wholesale > retail {
            reader.wrong(&field("retail"), words.office_problem_price_order_of(&name));
        }
        prices.push(NewPrice {
            product: product.id,
            retail,
            semi_wholesale,
            wholesale,
        });
    }
    if prices.is_empty() && reader.problems.is_empty() {
        reader.wrong("form", words.office_problem_no_price());
    }
    reader.done((valid_from, prices))
}

/// The form for a new version.
pub fn form(desk: &Desk, typed: &Typed, problems: &[Problem], catalogue: &Catalogue) -> String {
    let sentences = desk.words();
    let form = Form {
        desk,
        typed,
        problems,
    };
    let title = sentences.office_prices_new();
    let products = chosen(catalogue, typed);
    let latest = catalogue.price_lists.last().map(|list| list.version);
    let mut choices = cooperatives(desk, catalogue);
    if let Some(first) = choices.first_mut() {
        sentences
            .office_products_priceless()
            .clone_into(&mut first.1);
    }
    let columns = [
        words(sentences.office_field_product()),
        figures(sentences.tier_retail()),
        figures(sentences.tier_semi_wholesale()),
        figures(sentences.tier_wholesale()),
    ];
    let rows = products
        .iter()
        .map(|product| {
            let name = desk.text(&product.name);
            let input = |tier: &str, word: &str, which: PriceTier| {
                let field = format!("p{}_{tier}", product.id);
                let known = latest.and_then(|list| product.price(list, which)).map(decimal).unwrap_or_default();
                let shown = if typed.0.iter().any(|(name, _)| *name == field) { typed.get(&field).to_owned() } else { known };
                let invalid = problems.iter().any(|problem| problem.field == field).then_some("true");
                let label = format!("{name}, {word}");
                view! { <input class="input" id=field.clone() name=field inputmode="decimal" dir="ltr" autocomplete="off" value=shown aria-label=label aria-invalid=invalid size="8" /> }.into_any()
            };
            Row::plain(vec![
                with_small(said(name.clone()), desk.text(&product.unit)),
                input("retail", sentences.tier_retail(), PriceTier::Retail),
                input("semi_wholesale", sentences.tier_semi_wholesale(), PriceTier::SemiWholesale),
                input("wholesale", sentences.tier_wholesale(), PriceTier::Wholesale),
            ])
        })
        .collect();
    let is_first = catalogue.price_lists.is_empty();
    let begin_anew = view! { <button class="button button-quiet" type="button">{sentences.office_prices_begin_anew()}</button> };
    let fields = if products.is_empty() {
        ui::empty_state(
            "coins",
            sentences.office_prices_choose(),
            sentences.office_prices_choose_text(),
            ().into_any(),
        )
    } else {
        view! {
            <form class="stack" method="post" action="/office/prices/new" data-keep=format!("prices.{}", typed.get("cooperative"))>
                {form.summary()}
                <div class="kept" hidden=true>{ui::banner_with("news", "history", sentences.office_prices_kept(), sentences.office_prices_kept_text(), begin_anew.into_any())}</div>
                <input type="hidden" name="cooperative" value=typed.get("cooperative").to_owned() />
                {widgets::table(title, sentences.office_prices_hint(), &columns, rows, None)}
                {form.valid_from(is_first)}
                {form.foot(sentences.office_publish(), "/office/prices")}
            </form>
        }
        .into_any()
    };
    let body = view! {
        <form class="filters no-print" method="get" action="/office/prices/new">
            {form.select("cooperative", sentences.role_cooperative(), &choices)}
            <button class="button" type="submit">{ui::icon("filter")}{sentences.office_filter()}</button>
        </form>
        {fields}
    };
    desk.page(
        Room::Catalogue,
        title,
        desk.title(title, said(sentences.office_prices_about())),
        body.into_any(),
    )
}
