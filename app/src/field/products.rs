//! What they order: by habit, by category, by search, with the commission always in view.

use super::explain;
use super::making::{Making, lines_of};
use super::wording::cooperative_name;
use crate::phone::{Phone, badge};
use crate::route::Field;
use crate::ui::{self, Choice};
use leptos::prelude::*;
use taswiq_domain::catalogue::{Catalogue, PriceTier, Product};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::ids::{CategoryId, PriceListVersion, ProductId};
use taswiq_domain::limits;
use taswiq_domain::order::basket::BasketLine;
use taswiq_domain::text;

/// So many tiles are made at first: what a thumb scrolls through, and what a cheap phone draws at
/// once.
const SHOWN_AT_FIRST: usize = 24;
/// So many products are somebody's usual ones.
const USUAL_MAX: usize = 24;
/// So many of the agent's own orders tell what sells.
const USUAL_ORDERS: usize = 200;

/// Which products are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shelf {
    Usual,
    Category(CategoryId),
    All,
}

/// Picking products.
pub fn screen(phone: Phone, making: Making) -> AnyView {
    let words = phone.words;
    phone.title(words.products_title());
    let query = RwSignal::new(String::new());
    // What a search compares takes a while to make: when the screen stands, before the first letter.
    request_idle_callback(move || drop(making.searchable(&phone.device_now().catalogue())));
    let usual = usual(phone, making);
    let shelf = RwSignal::new(if usual.is_empty() {
        Shelf::All
    } else {
        Shelf::Usual
    });
    let shown = RwSignal::new(SHOWN_AT_FIRST);
    Effect::new(move |_| {
        query.track();
        shelf.track();
        shown.set(SHOWN_AT_FIRST);
    });
    let has_usual = !usual.is_empty();
    let usual = StoredValue::new(usual);
    let tier = Memo::new(move |_| making.tier());
    let found = Memo::new(move |_| {
        let catalogue = phone.catalogue();
        let (tier, version) = (tier.get(), making.price_list.get());
        query.with(|query| match version {
            Some(version) => find(
                making,
                &catalogue,
                query,
                shelf.get(),
                &usual.get_value(),
                version,
                tier,
            ),
            None => Vec::new(),
        })
    });
    let is_search = Memo::new(move |_| query.with(|query| !query.trim().is_empty()));
    // The tiles are made anew only when others are to be seen: whoever types a quantity keeps the field.
    let list = move || list(phone, making, found, tier.get(), is_search.get(), shown);
    let back = move || {
        let name = making.customer().map_or_else(
            || words.new_order_title().to_owned(),
            |details| details.first_name,
        );
        ui::back_bar(Field::NewOrder.to_string(), name, badge::badge(phone))
    };
    let explaining = RwSignal::new(false);
    ui::frame(
        back.into_any(),
        view! {
            <h1 class="visually-hidden">{words.products_title()}</h1>
            <div class="stack">
                {ui::search_field(words.products_search(), query)}
                {move || strip(phone, shelf, is_search, has_usual)}
            </div>
            {move || tiers(phone, making)}
            {move || repeat(phone, making)}
            {list}
            {explanation(phone, making, explaining)}
        }
        .into_any(),
        foot(phone, making, explaining),
    )
}

/// The commission and the basket, under the thumb.
fn foot(phone: Phone, making: Making, explaining: RwSignal<bool>) -> AnyView {
    let words = phone.words;
    let commission = move || {
        making.priced.with(|priced| {
            priced
                .as_ref()
                .map(|priced| priced.commission)
                .unwrap_or_default()
        })
    };
    let total = move || {
        making.priced.with(|priced| {
            priced
                .as_ref()
                .map(|priced| priced.total)
                .unwrap_or_default()
        })
    };
    let lines = Memo::new(move |_| making.draft.with(|draft| draft.lines.len()));
    let trouble = move || {
        making.priced.with(|priced| match priced {
            Err(refusal) if lines.get() > 0 => Some(ui::strip(
                "trouble",
                "warning",
                words.refusal(refusal, &phone.catalogue(), &phone.offset()),
            )),
            _ => None,
        })
    };
    let basket = move || {
        if lines.get() == 0 {
            view! { <span class="button button-primary" aria-disabled="true">{ui::icon("basket")}{words.basket_title()}</span> }.into_any()
        } else {
            view! { <a class="button button-primary" href=Field::Review.to_string()>{words.basket_title()}{move || ui::amount(total(), "amount-body")}{ui::icon("arrow")}</a> }.into_any()
        }
    };
    view! {
        {trouble}
        <div class="action-bar">
            {commission_button(phone, explaining, Signal::derive(commission))}
            {basket}
        </div>
    }
    .into_any()
}

/// The commission of the basket, always in view, which opens to its explanation.
pub fn commission_button(
    phone: Phone,
    explaining: RwSignal<bool>,
    commission: Signal<taswiq_domain::money::Centimes>,
) -> AnyView {
    view! {
        <button class="action-bar-figure" type="button" aria-haspopup="dialog" on:click=move |_| explaining.set(true)>
            {phone.words.commission_title()}" "<span aria-live="polite">{move || ui::amount(commission.get(), "")}</span>
        </button>
    }
    .into_any()
}

/// Why the commission is what it is.
pub fn explanation(phone: Phone, making: Making, open: RwSignal<bool>) -> AnyView {
    let words = phone.words;
    let content = move || {
        making.priced.with(|priced| match priced {
            Ok(priced) => match priced.plan {
                Some(plan) => view! { <div class="dialog-body">{explain::of_sub_orders(phone, &phone.catalogue(), &priced.sub_orders, plan, priced.commission)}</div> }.into_any(),
                None => ().into_any(),
            },
            Err(_) => view! { <div class="dialog-body"><p>{words.commission_none_yet()}</p></div> }.into_any(),
        })
    };
    ui::sheet(
        words,
        Signal::derive(move || words.commission_mine().to_owned()),
        open,
        content,
    )
}

/// What this customer, else this agent's customers, ordered last.
fn usual(phone: Phone, making: Making) -> Vec<ProductId> {
    let device = phone.device_now();
    let customer = making.draft.with_untracked(|draft| draft.customer);
    let catalogue = device.catalogue();
    let orders = device.orders();
    let own = orders
        .iter()
        .filter(|view| Some(view.order.customer) == customer);
    let mut products: Vec<ProductId> = Vec::new();
    for view in own.chain(orders.iter().take(USUAL_ORDERS)) {
        for line in lines_of(&view.order) {
            if products.len() == USUAL_MAX {
                return products;
            }
            if !products.contains(&line.product)
                && catalogue
                    .product(line.product)
                    .is_some_and(|product| product.on_sale)
            {
                products.push(line.product);
            }
        }
    }
    products
}

fn find(
    making: Making,
    catalogue: &Catalogue,
    query: &str,
    shelf: Shelf,
    usual: &[ProductId],
    version: PriceListVersion,
    tier: PriceTier,
) -> Vec<ProductId> {
    let key = text::search_key(query);
    let wanted: Vec<&str> = key.split_whitespace().collect();
    if wanted.is_empty() && shelf == Shelf::Usual {
        return usual.to_vec();
    }
    let now = taswiq_domain::time::Timestamp(i64::MAX);
    let fitting: Vec<&Product> = if wanted.is_empty() {
        catalogue
            .products
            .iter()
            .filter(|product| product.on_sale)
            .filter(|product| shelf == Shelf::All || shelf == Shelf::Category(product.category))
            .collect()
    } else {
        making
            .searchable(catalogue)
            .iter()
            .filter(|searchable| searchable.fits(&wanted))
            .map(|searchable| &catalogue.products[searchable.index])
            .collect()
    };
    fitting
        .into_iter()
        .filter(|product| product.price(version, tier).is_some())
        // A cooperative that never had a convention sells nothing.
        .filter(|product| {
            catalogue
                .cooperative(product.cooperative)
                .is_some_and(|found| found.convention_at(now).is_some())
        })
        .map(|product| product.id)
        .collect()
}

fn strip(phone: Phone, shelf: RwSignal<Shelf>, is_search: Memo<bool>, has_usual: bool) -> AnyView {
    let words = phone.words;
    let catalogue = phone.catalogue();
    let one = move |this: Shelf, name: String| {
        let pressed = move || {
            if shelf.get() == this && !is_search.get() {
                "true"
            } else {
                "false"
            }
        };
        view! { <button type="button" aria-pressed=pressed on:click=move |_| shelf.set(this)><bdi>{name}</bdi></button> }.into_any()
    };
    let mut shelves: Vec<AnyView> = Vec::new();
    if has_usual {
        shelves.push(one(Shelf::Usual, words.products_usual().to_owned()));
    }
    shelves.push(one(Shelf::All, words.products_all().to_owned()));
    shelves.extend(catalogue.categories.iter().map(|category| {
        one(
            Shelf::Category(category.id),
            category.name.get(words.code()).to_owned(),
        )
    }));
    view! { <nav class="category-strip" aria-label=words.products_categories()>{shelves}</nav> }
        .into_any()
}

/// Shops may buy by the half-wholesale or wholesale price; a household never has to see that.
fn tiers(phone: Phone, making: Making) -> Option<AnyView> {
    let words = phone.words;
    let kind = making.customer().map(|details| details.kind)?;
    if kind == CustomerKind::Household {
        return None;
    }
    let tiers = [
        PriceTier::Retail,
        PriceTier::SemiWholesale,
        PriceTier::Wholesale,
    ];
    let choices = tiers
        .iter()
        .map(|tier| Choice {
            icon: "",
            words: words.tier(*tier),
        })
        .collect();
    let chosen = Signal::derive(move || tiers.iter().position(|tier| *tier == making.tier()));
    let choose = Callback::new(move |index: usize| {
        making.draft.update(|draft| {
            draft.tier = Some(tiers[index]);
            draft.unsign();
        });
    });
    Some(ui::segmented(
        "tier",
        words.products_tier(),
        "segmented",
        choices,
        chosen,
        choose,
    ))
}

/// What the customer ordered last time, in one tap.
fn repeat(phone: Phone, making: Making) -> Option<AnyView> {
    let words = phone.words;
    let customer = making
        .draft
        .with(|draft| draft.customer.filter(|_| draft.lines.is_empty()))?;
    let device = phone.device();
    let orders = device.orders();
    let last = orders.iter().find(|view| view.order.customer == customer)?;
    let catalogue = device.catalogue();
    let lines: Vec<BasketLine> = lines_of(&last.order)
        .into_iter()
        .filter(|line| {
            catalogue
                .product(line.product)
                .is_some_and(|product| product.on_sale)
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let text = words.repeat_text(
        lines.len(),
        &phone.day(taswiq_domain::time::Calendar::date_at(
            &phone.offset(),
            last.order.placed_at,
        )),
    );
    let take = move |_| making.draft.update(|draft| draft.lines.clone_from(&lines));
    let action = view! { <div class="button-group"><button class="button" type="button" on:click=take>{ui::icon("history")}{words.repeat_action()}</button></div> };
    Some(ui::banner_with(
        "",
        "history",
        words.repeat_title(),
        text,
        action.into_any(),
    ))
}

fn list(
    phone: Phone,
    making: Making,
    found: Memo<Vec<ProductId>>,
    tier: PriceTier,
    is_search: bool,
    shown: RwSignal<usize>,
) -> AnyView {
    let words = phone.words;
    let catalogue = phone.catalogue();
    let version = making.price_list.get();
    let (tiles, rest, count) = found.with(|found| {
        let shown = shown.get();
        let tiles: Vec<AnyView> = found
            .iter()
            .take(shown)
            .filter_map(|id| tile(phone, making, &catalogue, *id, version?, tier))
            .collect();
        (tiles, found.len().saturating_sub(shown), found.len())
    });
    if count == 0 {
        return if is_search {
            ui::empty_state(
                "search",
                words.products_none_title(),
                words.products_none_text(),
                ().into_any(),
            )
        } else {
            ui::empty_state(
                "basket",
                words.products_empty_title(),
                words.products_empty_text(),
                ().into_any(),
            )
        };
    }
    let more = (rest > 0).then(|| {
        view! { <button class="button button-wide" type="button" on:click=move |_| shown.update(|shown| *shown += 2 * SHOWN_AT_FIRST)>{words.action_show_more(rest)}</button> }
    });
    view! {
        <p class="visually-hidden" role="status">{words.products_found(count)}</p>
        <ul class="product-grid">{tiles}</ul>
        {more}
    }
    .into_any()
}

fn tile(
    phone: Phone,
    making: Making,
    catalogue: &Catalogue,
    id: ProductId,
    version: PriceListVersion,
    tier: PriceTier,
) -> Option<AnyView> {
    let words = phone.words;
    let product = catalogue.product(id)?;
    let price = product.price(version, tier)?;
    let name = product.name.get(words.code()).to_owned();
    let unit = product.unit.get(words.code()).to_owned();
    let cooperative = cooperative_name(phone, catalogue, product.cooperative);
    let units = Memo::new(move |_| making.units(id));
    let is_chosen = Memo::new(move |_| units.get() > 0);
    let label = name.clone();
    let act = move || {
        let label = label.clone();
        if is_chosen.get() {
            ui::stepper(
                words,
                label,
                units.into(),
                limits::UNITS_PER_LINE,
                Callback::new(move |units| making.set_units(id, units)),
            )
        } else {
            let add = [words.action_add(), " · ", &label].concat();
            view! { <button class="button product-act" type="button" aria-label=add on:click=move |_| making.set_units(id, 1)>{ui::icon("plus")}{words.action_add()}</button> }.into_any()
        }
    };
    let view = view! {
        <li class="product-tile" data-chosen=move || is_chosen.get().then_some("")>
            <span class="niche">{ui::drawing(&product.picture)}</span>
            <span class="product-name"><bdi>{name}</bdi>" "<small><bdi>{cooperative}</bdi></small></span>
            <span class="product-price">{ui::amount(price, "")}<small><bdi>{unit}</bdi></small></span>
            {act}
        </li>
    };
    Some(view.into_any())
}
