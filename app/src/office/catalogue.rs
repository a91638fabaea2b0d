//! Products and the categories in which agents look for them.

use leptos::prelude::*;
use taswiq_backend::catalogue::ProductDetails;
use taswiq_domain::catalogue::{Catalogue, Category, Picture, PriceTier, Product, VatRate};
use taswiq_domain::ids::{CategoryId, CooperativeId};
use taswiq_domain::money::Ppm;
use taswiq_domain::text::{LocalText, search_key};
use taswiq_domain::time::Calendar;

use super::dashboard::cooperatives;
use super::desk::{Desk, Room};
use super::form::{Form, Line, Problem, Reader, Script, Typed};
use super::sheet::{Sheet, decimal};
use super::widgets::{self, Row, figures, said, with_small, words};
use crate::ui;

/// The shapes of `public/drawings.svg`.
pub const SHAPES: [&str; 58] = [
    "jar",
    "honey-pot",
    "bottle",
    "dropper",
    "oil-can",
    "flask",
    "pump",
    "clip-jar",
    "tub",
    "tube",
    "sack",
    "pouch",
    "box",
    "tin",
    "carton",
    "sachet",
    "bowl",
    "dish",
    "tagine",
    "plate",
    "vase",
    "jug",
    "amphora",
    "basket",
    "tray",
    "hamper",
    "crate",
    "rug",
    "flatweave",
    "blanket",
    "shawl",
    "djellaba",
    "caftan",
    "burnous",
    "cushion",
    "pouf",
    "babouche",
    "bag",
    "satchel",
    "belt",
    "bracelet",
    "fibula",
    "necklace",
    "cheese",
    "milk-bottle",
    "soap",
    "comb",
    "bread",
    "bunch",
    "garland",
    "chest",
    "spoon",
    "lantern",
    "hat",
    "cloth",
    "notebook",
    "teapot",
    "candle",
];

/// The motifs of `public/drawings.svg`.
pub const MOTIFS: [&str; 58] = [
    "bee",
    "thyme",
    "argan",
    "almond",
    "olive",
    "orange-blossom",
    "rose",
    "cactus",
    "crocus",
    "date",
    "fig",
    "camel",
    "goat",
    "sheep",
    "cow",
    "wheat",
    "barley",
    "maize",
    "mint",
    "lavender",
    "rosemary",
    "verbena",
    "caper",
    "cherry",
    "apple",
    "plum",
    "lemon",
    "orange",
    "loquat",
    "pomegranate",
    "carob",
    "jujube",
    "eucalyptus",
    "euphorbia",
    "sesame",
    "seeds",
    "walnut",
    "peanut",
    "pepper",
    "grape",
    "palm",
    "leaf",
    "drop",
    "mountain",
    "sun",
    "wave",
    "hand",
    "zigzag",
    "diamond",
    "khatam",
    "cross-stitch",
    "stripes",
    "chevron",
    "spiral",
    "cedar",
    "arch",
    "flower",
    "truffle",
];

/// The tints of `style/drawings.css`.
pub const TINTS: [&str; 25] = [
    "argan",
    "olive",
    "honey",
    "amber",
    "saffron",
    "clay",
    "henna",
    "rose",
    "blossom",
    "fig",
    "pomegranate",
    "cherry",
    "date",
    "almond",
    "wheat",
    "milk",
    "mint",
    "thyme",
    "sea",
    "indigo",
    "majorelle",
    "lavender",
    "slate",
    "camel",
    "ink",
];

/// Products in one page.
const PRODUCTS_PER_PAGE: usize = 100;

/// Which products are looked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    typed: Typed,
}

impl Asked {
    /// Reads it from an address.
    pub const fn read(typed: Typed) -> Self {
        Self { typed }
    }

    fn found<'a>(&self, catalogue: &'a Catalogue) -> Vec<&'a Product> {
        let text = search_key(self.typed.get("q"));
        let cooperative: Option<CooperativeId> = self.typed.number("cooperative");
        let category: Option<CategoryId> = self.typed.number("category");
        let is_priceless = self.typed.get("state") == "priceless";
        catalogue
            .products
            .iter()
            .filter(|product| cooperative.is_none_or(|id| product.cooperative == id))
            .filter(|product| category.is_none_or(|id| product.category == id))
            .filter(|product| !is_priceless || product.prices.is_empty())
            .filter(|product| {
                text.is_empty()
                    || product
                        .name
                        .0
                        .values()
                        .any(|name| search_key(name).contains(&text))
            })
            .collect()
    }

    fn query(&self) -> String {
        ["q", "cooperative", "category", "state"]
            .iter()
            .map(|field| format!("{field}={}", super::orders::encoded(self.typed.get(field))))
            .collect::<Vec<_>>()
            .join("&")
    }
}

/// What leads around the catalogue.
pub fn sections(desk: &Desk) -> AnyView {
    let words = desk.words();
    view! {
        <div class="button-group no-print">
            {widgets::go("/office/products", "tag", words.office_products_title(), "button")}
            {widgets::go("/office/categories", "grid", words.office_categories_title(), "button")}
            {widgets::go("/office/prices", "coins", words.office_prices_title(), "button")}
            {widgets::go("/office/import/products", "upload", words.office_import_open(), "button")}
        </div>
    }
    .into_any()
}

/// The list of products.
pub fn list(desk: &Desk, asked: &Asked, catalogue: &Catalogue) -> String {
    let sentences = desk.words();
    let title = sentences.office_products_title();
    let found = asked.found(catalogue);
    let page: usize = asked.typed.number("page").unwrap_or(0);
    let head = view! {
        {desk.title(title, said(sentences.office_products_count(found.len())))}
        <div class="button-group">
            {widgets::go(format!("/office/products.csv?{}", asked.query()), "download", sentences.office_export(), "button")}
            {widgets::go("/office/products/new", "plus", sentences.office_products_new(), "button button-primary")}
        </div>
    };
    let form = Form {
        desk,
        typed: &asked.typed,
        problems: &[],
    };
    let mut categories = vec![(String::new(), sentences.office_filter_all().to_owned())];
    categories.extend(
        catalogue
            .categories
            .iter()
            .map(|one| (one.id.to_string(), desk.text(&one.name))),
    );
    let states = [
        (String::new(), sentences.office_filter_all().to_owned()),
        (
            "priceless".to_owned(),
            sentences.office_products_priceless().to_owned(),
        ),
    ];
    let columns = [
        words(sentences.office_field_product()),
        words(sentences.role_cooperative()),
        words(sentences.office_field_category()),
        figures(sentences.office_field_vat()),
        figures(sentences.tier_retail()),
        words(sentences.office_column_state()),
    ];
    let list_now = catalogue.price_list_at(desk.now);
    let rows = found
        .iter()
        .skip(page * PRODUCTS_PER_PAGE)
        .take(PRODUCTS_PER_PAGE)
        .map(|product| {
            let cooperative = catalogue.cooperative(product.cooperative).map(|one| desk.text(&one.name)).unwrap_or_default();
            let category = catalogue.category(product.category).map(|one| desk.text(&one.name)).unwrap_or_default();
            let vat = product.vat_at(desk.now).map(|rate| rate.to_string()).unwrap_or_default();
            let price = list_now.and_then(|list| product.price(list, PriceTier::Retail));
            let state = match (product.on_sale, price) {
                (false, _) => ui::chip("", "close", sentences.office_products_off_sale()),
                (true, None) => ui::chip("trouble", "warning", sentences.office_products_priceless()),
                (true, Some(_)) => ui::chip("done", "check", sentences.office_products_on_sale()),
            };
            let name = view! { <span class="row"><span class="niche niche-small">{ui::drawing(&product.picture)}</span><span>{widgets::link(format!("/office/products/{}", product.id), desk.text(&product.name))}</span></span> };
            Row::plain(vec![
                with_small(name.into_any(), desk.text(&product.unit)),
                said(cooperative),
                said(category),
                view! { <span class="number">{vat}</span> }.into_any(),
                price.map_or_else(|| said("–"), |price| ui::amount(price, "")),
                state,
            ])
        })
        .collect();
    let go = |page: usize, word: &str, icon: &str| {
        widgets::go(
            format!("/office/products?{}&page={page}", asked.query()),
            icon,
            word,
            "button",
        )
    };
    let before = (page > 0).then(|| go(page - 1, sentences.office_page_previous(), "back"));
    let after = (found.len() > (page + 1) * PRODUCTS_PER_PAGE)
        .then(|| go(page + 1, sentences.office_page_next(), "arrow"));
    let results = if catalogue.products.is_empty() {
        let action = widgets::go(
            "/office/products/new",
            "plus",
            sentences.office_products_new(),
            "button button-primary",
        );
        ui::empty_state(
            "tag",
            sentences.office_products_none(),
            sentences.office_products_none_text(),
            action,
        )
    } else if found.is_empty() {
        ui::empty_state(
            "search",
            sentences.office_products_none_found(),
            sentences.office_orders_none_found_text(),
            ().into_any(),
        )
    } else {
        view! { {widgets::table(title, "", &columns, rows, None)} <nav class="pages" aria-label=sentences.office_page_label()>{before}<span></span>{after}</nav> }.into_any()
    };
    let body = view! {
        {sections(desk)}
        <form class="filters no-print" method="get" action="/office/products" role="search">
            {form.line("q", sentences.office_field_product(), Line { kind: "search", ..Line::default() })}
            {form.select("cooperative", sentences.role_cooperative(), &cooperatives(desk, catalogue))}
            {form.select("category", sentences.office_field_category(), &categories)}
            {form.select("state", sentences.office_column_state(), &states)}
            <button class="button" type="submit">{ui::icon("search")}{sentences.action_search()}</button>
        </form>
        {results}
    };
    desk.page(Room::Catalogue, title, head.into_any(), body.into_any())
}

/// The products as a file with the columns that the import reads.
pub fn export(desk: &Desk, asked: &Asked, catalogue: &Catalogue) -> Sheet {
    let mut sheet = Sheet::new(&taswiq_backend::import::PRODUCT_COLUMNS);
    let list = catalogue.price_list_at(desk.now);
    let in_language = |text: &LocalText, code: &str| text.0.get(code).cloned().unwrap_or_default();
    for product in asked.found(catalogue) {
        let cooperative = catalogue
            .cooperative(product.cooperative)
            .map(|one| one.name.get("fr").to_owned())
            .unwrap_or_default();
        let category = catalogue
            .category(product.category)
            .map(|one| one.name.get("fr").to_owned())
            .unwrap_or_default();
        let price = |tier| {
            list.and_then(|list| product.price(list, tier))
                .map(decimal)
                .unwrap_or_default()
        };
        sheet.row(&[
            cooperative,
            category,
            in_language(&product.name, "fr"),
            in_language(&product.name, "ar"),
            in_language(&product.unit, "fr"),
            in_language(&product.unit, "ar"),
            product.vat_at(desk.now).map(percent).unwrap_or_default(),
            price(PriceTier::Retail),
            price(PriceTier::SemiWholesale),
            price(PriceTier::Wholesale),
            product.picture.shape.clone(),
            product.picture.tint.clone(),
            product.picture.motif.clone(),
        ]);
    }
    sheet
}

/// A rate as it is typed: `7,5`.
fn percent(rate: Ppm) -> String {
    rate.to_string()
        .trim_end_matches('%')
        .trim_end_matches('\u{a0}')
        .to_owned()
}

/// What a form about a product holds when it is opened for it.
pub fn typed_of(desk: &Desk, product: &Product) -> Typed {
    with_picture(Typed::default(), &product.picture)
        .with("cooperative", product.cooperative.to_string())
        .with("category", product.category.to_string())
        .with_text("name", &product.name)
        .with_text("unit", &product.unit)
        .with(
            "vat",
            product.vat_at(desk.now).map(percent).unwrap_or_default(),
        )
        .with("on_sale", if product.on_sale { "yes" } else { "" })
}

/// What a form about a new product holds.
pub fn typed_new(typed: Typed) -> Typed {
    let typed = if typed.get("on_sale").is_empty() {
        typed.with("on_sale", "yes")
    } else {
        typed
    };
    if typed.get("shape").is_empty() {
        with_picture(typed, &default_picture())
    } else {
        typed
    }
}

fn default_picture() -> Picture {
    Picture {
        shape: "jar".to_owned(),
        tint: "argan".to_owned(),
        motif: "leaf".to_owned(),
    }
}

fn with_picture(typed: Typed, picture: &Picture) -> Typed {
    typed
        .with("shape", picture.shape.clone())
        .with("tint", picture.tint.clone())
        .with("motif", picture.motif.clone())
}

fn read_picture(typed: &Typed) -> Picture {
    let known = |names: &[&str], name: &str, or: &str| {
        names
            .iter()
            .find(|known| **known == name)
            .copied()
            .unwrap_or(or)
            .to_owned()
    };
    Picture {
        shape: known(&SHAPES, typed.get("shape"), "jar"),
        tint: known(&TINTS, typed.get("tint"), "argan"),
        motif: known(&MOTIFS, typed.get("motif"), ""),
    }
}

/// What was typed about a product; its tax counts for a new one only.
///
/// # Errors
/// What is wrong with it.
pub fn read(
    desk: &Desk,
    typed: &Typed,
    known: Option<&Product>,
) -> Result<(ProductDetails, Ppm), Vec<Problem>> {
    let words = desk.words();
    let mut reader = Reader::new(desk, typed);
    let cooperative = match known {
        Some(product) => Some(product.cooperative),
        None => reader.choice("cooperative", words.role_cooperative()),
    };
    let category = reader.choice("category", words.office_field_category());
    let name = reader.text("name", words.office_field_name());
    let unit = reader.text("unit", words.office_field_unit());
    let vat = if known.is_some() {
        Ppm(0)
    } else {
        reader.percent("vat", words.office_field_vat())
    };
    let details = ProductDetails {
        cooperative: cooperative.unwrap_or(CooperativeId(0)),
        category: category.unwrap_or(CategoryId(0)),
        name,
        unit,
        picture: read_picture(typed),
        on_sale: typed.get("on_sale") == "yes",
    };
    reader.done((details, vat))
}

/// What was typed about another rate of tax.
///
/// # Errors
/// What is wrong with it.
pub fn read_vat(desk: &Desk, typed: &Typed) -> Result<VatRate, Vec<Problem>> {
    let mut reader = Reader::new(desk, typed);
    let rate = reader.percent("vat", desk.words().office_field_vat());
    let valid_from = reader.valid_from(desk, false);
    reader.done(VatRate { valid_from, rate })
}

/// The form about a product, with its prices and its tax where it is known already.
pub fn form(
    desk: &Desk,
    typed: &Typed,
    problems: &[Problem],
    catalogue: &Catalogue,
    known: Option<&Product>,
) -> String {
    let words = desk.words();
    let form = Form {
        desk,
        typed,
        problems,
    };
    let (title, address) = match known {
        None => (
            words.office_products_new().to_owned(),
            "/office/products/new".to_owned(),
        ),
        Some(product) => (
            desk.text(&product.name),
            format!("/office/products/{}", product.id),
        ),
    };
    let pick = |names: Vec<(String, String)>| {
        std::iter::once((String::new(), words.office_form_choose().to_owned()))
            .chain(names)
            .collect::<Vec<_>>()
    };
    let mut owners: Vec<(String, String)> = catalogue
        .cooperatives
        .iter()
        .map(|one| (one.id.to_string(), desk.text(&one.name)))
        .collect();
    owners.sort_by(|one, other| one.1.cmp(&other.1));
    let categories = catalogue
        .categories
        .iter()
        .map(|one| (one.id.to_string(), desk.text(&one.name)))
        .collect();
    let owner = match known {
        Some(product) => view! { <p>{words.role_cooperative()} " : " <bdi>{catalogue.cooperative(product.cooperative).map(|one| desk.text(&one.name))}</bdi></p> }.into_any(),
        None => form.select("cooperative", words.role_cooperative(), &pick(owners)),
    };
    let vat = known.is_none().then(|| {
        let look = Line {
            inputmode: Some("decimal"),
            required: true,
            script: Script::Figures,
            unit: "%",
            hint: words.office_products_vat_hint().to_owned(),
            ..Line::default()
        };
        form.line("vat", words.office_field_vat(), look)
    });
    let inside = view! {
        <form class="form-page" method="post" action=address>
            {form.summary()}
            <fieldset class="form-part"><legend>{words.office_products_what()}</legend>
                {owner}
                {form.select("category", words.office_field_category(), &pick(categories))}
                {form.text("name", words.office_field_name(), true)}
                {form.text("unit", words.office_field_unit(), true)}
                {vat}
                {form.check("on_sale", "yes", words.office_products_on_sale())}
            </fieldset>
            {picture_fields(desk, typed)}
            {form.foot(words.action_save(), "/office/products")}
        </form>
        {known.map(|product| terms(desk, product, catalogue))}
    };
    desk.page(
        Room::Catalogue,
        &title,
        desk.title(&title, ().into_any()),
        view! { {sections(desk)} {inside} }.into_any(),
    )
}

/// The drawing: chosen by its pictures, shown as it stands.
fn picture_fields(desk: &Desk, typed: &Typed) -> AnyView {
    let words = desk.words();
    let chosen = read_picture(typed);
    let gallery = |name: &'static str,
                   legend: &'static str,
                   names: &[&'static str],
                   change: fn(&mut Picture, &str)| {
        let choices: Vec<AnyView> = names
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let mut picture = chosen.clone();
                change(&mut picture, value);
                let checked = picture == chosen;
                let label = words.office_picture_nth(&(index + 1).to_string());
                view! { <label><input type="radio" name=name value=*value checked=checked aria-label=label /><span>{ui::drawing(&picture)}<span class="number">{index + 1}</span></span></label> }.into_any()
            })
            .collect();
        view! { <details class="more"><summary>{ui::icon("edit")}{legend}{ui::icon_flat("chevron-down")}</summary><fieldset class="field"><legend class="visually-hidden">{legend}</legend><div class="reason-choice">{choices}</div></fieldset></details> }.into_any()
    };
    view! {
        <fieldset class="form-part"><legend>{words.office_picture_title()}</legend>
            <div class="row">
                <span class="niche">{ui::drawing(&chosen)}</span>
                <button class="button" type="submit" name="preview" value="yes" formnovalidate=true>{ui::icon("eye")}{words.office_picture_preview()}</button>
            </div>
            {gallery("shape", words.office_picture_shape(), &SHAPES, |picture, name| name.clone_into(&mut picture.shape))}
            {gallery("tint", words.office_picture_tint(), &TINTS, |picture, name| name.clone_into(&mut picture.tint))}
            {gallery("motif", words.office_picture_motif(), &MOTIFS, |picture, name| name.clone_into(&mut picture.motif))}
        </fieldset>
    }
    .into_any()
}

fn terms(desk: &Desk, product: &Product, catalogue: &Catalogue) -> AnyView {
    let sentences = desk.words();
    let price_columns = [
        words(sentences.office_form_valid_from()),
        figures(sentences.tier_retail()),
        figures(sentences.tier_semi_wholesale()),
        figures(sentences.tier_wholesale()),
    ];
    let price_rows = product
        .prices
        .iter()
        .rev()
        .map(|price| {
            let from = catalogue
                .price_lists
                .iter()
                .find(|list| list.version == price.version)
                .map(|list| desk.moment(list.valid_from))
                .unwrap_or_default();
            Row::plain(vec![
                with_small(
                    said(from),
                    sentences.office_prices_version(&price.version.to_string()),
                ),
                ui::amount(price.retail, ""),
                ui::amount(price.semi_wholesale, ""),
                ui::amount(price.wholesale, ""),
            ])
        })
        .collect();
    let prices = if product.prices.is_empty() {
        view! { <p class="muted">{sentences.office_products_priceless()}</p> }.into_any()
    } else {
        widgets::table(
            sentences.office_prices_title(),
            "",
            &price_columns,
            price_rows,
            None,
        )
    };
    let vat_columns = [
        words(sentences.office_form_valid_from()),
        figures(sentences.office_field_vat()),
    ];
    let vat_rows = product
        .vat
        .iter()
        .rev()
        .map(|vat| {
            Row::plain(vec![
                said(sentences.date_full(desk.calendar.date_at(vat.valid_from))),
                view! { <span class="number">{vat.rate.to_string()}</span> }.into_any(),
            ])
        })
        .collect();
    let typed = Typed::default();
    let form = Form {
        desk,
        typed: &typed,
        problems: &[],
    };
    let change = widgets::link(
        format!("/office/prices/new?cooperative={}", product.cooperative),
        sentences.office_prices_new(),
    );
    view! {
        {widgets::part(sentences.office_prices_title(), change, prices)}
        {widgets::part(sentences.office_field_vat(), ().into_any(), widgets::table(sentences.office_field_vat(), "", &vat_columns, vat_rows, None))}
        <details class="more">
            <summary>{ui::icon("percent")}{sentences.office_vat_new()}{ui::icon_flat("chevron-down")}</summary>
            <form class="form-page" method="post" action=format!("/office/products/{}/vat", product.id)>{vat_fields(desk, &form)}<div class="form-foot"><button class="button" type="submit">{ui::icon("check")}{sentences.office_publish()}</button></div></form>
        </details>
    }
    .into_any()
}

fn vat_fields(desk: &Desk, form: &Form<'_>) -> AnyView {
    let words = desk.words();
    view! {
        {form.line("vat", words.office_field_vat(), Line { inputmode: Some("decimal"), required: true, script: Script::Figures, unit: "%", ..Line::default() })}
        {form.valid_from(false)}
    }
    .into_any()
}

/// The form for another rate of tax, shown again when something is wrong with it.
pub fn vat_form(desk: &Desk, typed: &Typed, problems: &[Problem], product: &Product) -> String {
    let words = desk.words();
    let form = Form {
        desk,
        typed,
        problems,
    };
    let address = format!("/office/products/{}", product.id);
    let inside = view! {
        <form class="form-page" method="post" action=format!("{address}/vat")>
            {form.summary()}
            <fieldset class="form-part"><legend>{words.office_field_vat()}</legend>{vat_fields(desk, &form)}</fieldset>
            {form.foot(words.office_publish(), &address)}
        </form>
    };
    desk.page(
        Room::Catalogue,
        words.office_vat_new(),
        desk.title(words.office_vat_new(), said(desk.text(&product.name))),
        inside.into_any(),
    )
}

/// The list of categories.
pub fn categories(desk: &Desk, catalogue: &Catalogue) -> String {
    let sentences = desk.words();
    let title = sentences.office_categories_title();
    let head = view! { {desk.title(title, said(sentences.office_categories_about()))} {widgets::go("/office/categories/new", "plus", sentences.office_categories_new(), "button button-primary")} };
    let columns = [
        words(sentences.office_field_name()),
        figures(sentences.office_products_title()),
    ];
    let rows = catalogue
        .categories
        .iter()
        .map(|category| {
            let count = catalogue.products.iter().filter(|product| product.category == category.id).count();
            let name = view! { <span class="row"><span class="niche niche-small">{ui::drawing(&category.picture)}</span><span>{widgets::link(format!("/office/categories/{}", category.id), desk.text(&category.name))}</span></span> };
            Row::plain(vec![name.into_any(), widgets::number(count as i64)])
        })
        .collect();
    let list = if catalogue.categories.is_empty() {
        let action = widgets::go(
            "/office/categories/new",
            "plus",
            sentences.office_categories_new(),
            "button button-primary",
        );
        ui::empty_state(
            "grid",
            sentences.office_categories_none(),
            sentences.office_categories_about(),
            action,
        )
    } else {
        widgets::table(title, "", &columns, rows, None)
    };
    desk.page(
        Room::Catalogue,
        title,
        head.into_any(),
        view! { {sections(desk)} {list} }.into_any(),
    )
}

/// What a form about a category holds when it is opened for it.
pub fn typed_of_category(category: &Category) -> Typed {
    with_picture(
        Typed::default().with_text("name", &category.name),
        &category.picture,
    )
}

/// What was typed about a category.
///
/// # Errors
/// What is wrong with it.
pub fn read_category(desk: &Desk, typed: &Typed) -> Result<(LocalText, Picture), Vec<Problem>> {
    let mut reader = Reader::new(desk, typed);
    let name = reader.text("name", desk.words().office_field_name());
    reader.done((name, read_picture(typed)))
}

/// The form about a category.
pub fn category_form(
    desk: &Desk,
    typed: &Typed,
    problems: &[Problem],
    known: Option<CategoryId>,
) -> String {
    let words = desk.words();
    let form = Form {
        desk,
        typed,
        problems,
    };
    let (title, address) = match known {
        None => (
            words.office_categories_new(),
            "/office/categories/new".to_owned(),
        ),
        Some(id) => (
            words.office_categories_change(),
            format!("/office/categories/{id}"),
        ),
    };
    let inside = view! {
        <form class="form-page" method="post" action=address>
            {form.summary()}
            <fieldset class="form-part"><legend>{words.office_field_category()}</legend>{form.text("name", words.office_field_name(), true)}</fieldset>
            {picture_fields(desk, typed)}
            {form.foot(words.action_save(), "/office/categories")}
        </form>
    };
    desk.page(
        Room::Catalogue,
        title,
        desk.title(title, ().into_any()),
        inside.into_any(),
    )
}
