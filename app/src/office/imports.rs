//! A file on its way in: the columns it may have, what is wrong line by line, and only then the act.

use leptos::prelude::*;
use taswiq_backend::import::{Contents, Preview, Trouble, Wrong};
use taswiq_domain::catalogue::Catalogue;

use super::desk::{Desk, Room};
use super::form::{Form, Problem, Typed};
use super::sheet::Sheet;
use super::widgets::{self, Row, figures, said, words};
use crate::ui;
use crate::words::{Words, grouped};

/// Rows shown of a file that has nothing wrong.
const ROWS_SHOWN: usize = 50;
/// Troubles shown at once: whoever has more begins with these.
const WRONG_SHOWN: usize = 200;

fn title(words: Words, contents: Contents) -> &'static str {
    match contents {
        Contents::Cooperatives => words.office_import_cooperatives(),
        Contents::Products => words.office_import_products(),
        Contents::Customers => words.office_import_customers(),
    }
}

fn room(contents: Contents) -> Room {
    match contents {
        Contents::Cooperatives => Room::Cooperatives,
        Contents::Products => Room::Catalogue,
        Contents::Customers => Room::Customers,
    }
}

/// The page where a file is chosen.
pub fn page(desk: &Desk, contents: Contents, problems: &[Problem]) -> String {
    let words = desk.words();
    let title = title(words, contents);
    let typed = Typed::default();
    let form = Form {
        desk,
        typed: &typed,
        problems,
    };
    let name = contents.as_str();
    let notice = (contents == Contents::Customers)
        .then(|| ui::banner("", "shield", words.office_import_customers_law(), ""));
    let body = view! {
        {form.summary()}
        {notice}
        <form class="form-page" method="post" action=format!("/office/import/{name}/check") enctype="multipart/form-data">
            <fieldset class="form-part"><legend>{words.office_import_file()}</legend>
                <div class="field">
                    <label for="file">{words.office_import_choose()}</label>
                    <span class="field-hint" id="file-hint">{words.office_import_file_hint()}</span>
                    <input class="input" id="file" name="file" type="file" accept=".csv,text/csv,text/plain" aria-describedby="file-hint" />
                </div>
                <div class="field">
                    <label for="text">{words.office_import_paste()} " " <span class="optional">{words.office_form_optional()}</span></label>
                    <textarea id="text" name="text" rows="5" dir="ltr" spellcheck="false"></textarea>
                </div>
            </fieldset>
            <p class="muted">{words.office_import_nothing_yet()}</p>
            {form.foot(words.office_import_check(), back(contents))}
        </form>
        {columns(desk, contents)}
    };
    let template = widgets::go(
        format!("/office/import/{name}/template"),
        "download",
        words.office_import_template(),
        "button",
    );
    let head = view! { {desk.title(title, said(words.office_import_about()))} {template} };
    desk.page(room(contents), title, head.into_any(), body.into_any())
}

const fn back(contents: Contents) -> &'static str {
    match contents {
        Contents::Cooperatives => "/office/cooperatives",
        Contents::Products => "/office/products",
        Contents::Customers => "/office/customers",
    }
}

fn columns(desk: &Desk, contents: Contents) -> AnyView {
    let sentences = desk.words();
    let heads = [
        words(sentences.office_import_column()),
        words(sentences.office_import_meaning()),
    ];
    let rows = contents
        .columns()
        .iter()
        .map(|column| {
            Row::plain(vec![
                view! { <code dir="ltr">{*column}</code> }.into_any(),
                said(meaning(sentences, column)),
            ])
        })
        .collect();
    widgets::part(
        sentences.office_import_columns(),
        ().into_any(),
        widgets::table(sentences.office_import_columns(), "", &heads, rows, None),
    )
}

fn meaning(words: Words, column: &str) -> String {
    match column {
        "name_fr" => words.office_form_in_french(words.office_field_name()),
        "name_ar" => words.office_form_in_arabic(words.office_field_name()),
        "place_fr" => words.office_form_in_french(words.office_field_place()),
        "place_ar" => words.office_form_in_arabic(words.office_field_place()),
        "region_fr" => words.office_form_in_french(words.office_field_region()),
        "region_ar" => words.office_form_in_arabic(words.office_field_region()),
        "unit_fr" => words.office_form_in_french(words.office_field_unit()),
        "unit_ar" => words.office_form_in_arabic(words.office_field_unit()),
        "phone" => words.customer_phone().to_owned(),
        "regime" => words.office_import_regime_hint("doorstep_7d, regular_round, own_production"),
        "delivery_days" => words.office_field_delivery_days().to_owned(),
        "cooperative" => words.office_import_cooperative_hint().to_owned(),
        "category" => words.office_import_category_hint().to_owned(),
        "vat" => words.office_import_vat_hint().to_owned(),
        "retail" => words.office_import_price_hint(words.tier_retail()),
        "semi_wholesale" => words.office_import_price_hint(words.tier_semi_wholesale()),
        "wholesale" => words.office_import_price_hint(words.tier_wholesale()),
        "first_name" => words.customer_first_name().to_owned(),
        "family_name" => words.customer_family_name().to_owned(),
        "place" => words.customer_place().to_owned(),
        "address" => words.customer_address().to_owned(),
        "kind" => words.office_import_regime_hint("household, professional"),
        "agent" => words.office_import_agent_hint().to_owned(),
        _ => words.office_import_picture_hint().to_owned(),
    }
}

/// A file to begin with: the headings and one line that fits this catalogue.
pub fn template(contents: Contents, catalogue: &Catalogue) -> Sheet {
    let mut sheet = Sheet::new(contents.columns());
    let (french, arabic) = (Words::of("fr"), Words::of("ar"));
    let example: Vec<&str> = match contents {
        Contents::Cooperatives => vec![
            french.office_example_cooperative(),
            arabic.office_example_cooperative(),
            french.office_example_place(),
            arabic.office_example_place(),
            french.office_example_region(),
            arabic.office_example_region(),
            "0612345678",
            "doorstep_7d",
            "3",
        ],
        Contents::Customers => vec![
            french.office_example_first_name(),
            french.office_example_family_name(),
            "0612345678",
            french.office_example_place(),
            "",
            "household",
            "0661234567",
        ],
        Contents::Products => {
            let cooperative = catalogue
                .cooperatives
                .first()
                .map_or(french.office_example_cooperative(), |one| {
                    one.name.get("fr")
                });
            let category = catalogue
                .categories
                .first()
                .map_or(french.office_example_category(), |one| one.name.get("fr"));
            let named = [
                french.office_example_product(),
                arabic.office_example_product(),
                french.office_example_unit(),
                arabic.office_example_unit(),
            ];
            let rest = [
                "10", "130,00", "120,00", "109,00", "bottle", "argan", "argan",
            ];
            [cooperative, category]
                .into_iter()
                .chain(named)
                .chain(rest)
                .collect()
        }
    };
    sheet.row(&example.into_iter().map(str::to_owned).collect::<Vec<_>>());
    sheet
}

/// What a file would do. Where nothing is wrong it can be taken in from here.
pub fn preview(
    desk: &Desk,
    contents: Contents,
    preview: &Preview,
    file: &str,
    typed: &Typed,
    problems: &[Problem],
    is_first: bool,
) -> String {
    let sentences = desk.words();
    let title = title(sentences, contents);
    let form = Form {
        desk,
        typed,
        problems,
    };
    let name = contents.as_str();
    let count = preview.rows.len();
    let wrong_lines: std::collections::BTreeSet<usize> =
        preview.wrong.iter().map(|wrong| wrong.line).collect();
    let verdict = if preview.wrong.is_empty() {
        ui::banner(
            "done",
            "check",
            sentences.office_import_clean(count),
            sentences.office_import_nothing_yet(),
        )
    } else {
        ui::banner(
            "trouble",
            "warning",
            sentences.office_import_wrong(preview.wrong.len(), &grouped(count)),
            sentences.office_import_wrong_text(),
        )
    };
    let wrong = (!preview.wrong.is_empty()).then(|| {
        let columns = [
            words(sentences.office_import_line()),
            words(sentences.office_import_column()),
            words(sentences.office_import_remark()),
        ];
        let rows = preview
            .wrong
            .iter()
            .take(WRONG_SHOWN)
            .map(|wrong| remark(desk, wrong, preview))
            .collect();
        widgets::part(
            sentences.office_import_to_correct(),
            ().into_any(),
            widgets::table(
                sentences.office_import_to_correct(),
                "",
                &columns,
                rows,
                None,
            ),
        )
    });
    let has_prices = contents == Contents::Products;
    let mut columns = vec![
        words(sentences.office_import_line()),
        words(sentences.office_field_name()),
        words(sentences.office_import_belongs()),
        words(sentences.office_import_remark()),
    ];
    if has_prices {
        columns.insert(3, figures(sentences.tier_retail()));
    }
    let rows = preview
        .rows
        .iter()
        .take(ROWS_SHOWN)
        .map(|row| {
            let is_wrong = wrong_lines.contains(&row.line);
            let state = if is_wrong {
                ui::chip("trouble", "warning", sentences.office_import_fix())
            } else {
                ui::chip("done", "check", sentences.office_import_ready())
            };
            let mut cells = vec![
                view! { <span class="number">{row.line}</span> }.into_any(),
                said(row.name.clone()),
                said(row.belongs.clone()),
                state,
            ];
            if has_prices {
                let price = view! { <span class="number">{row.price.clone()}</span> };
                cells.insert(3, price.into_any());
            }
            Row {
                tone: if is_wrong { "trouble" } else { "" },
                cells,
            }
        })
        .collect();
    let shown = sentences.office_import_shown(&grouped(count.min(ROWS_SHOWN)), &grouped(count));
    let list = (count > 0).then(|| {
        widgets::part(
            sentences.office_import_rows(),
            ().into_any(),
            widgets::table(sentences.office_import_rows(), &shown, &columns, rows, None),
        )
    });
    let apply = preview.wrong.is_empty().then(|| {
        let from = (contents == Contents::Products && preview.has_prices && !is_first).then(|| form.valid_from(false));
        view! {
            <form class="form-page" method="post" action=format!("/office/import/{name}") enctype="multipart/form-data">
                {form.summary()}
                <textarea name="text" hidden=true readonly=true aria-label=sentences.office_import_file()>{ui::within_textarea(file)}</textarea>
                {from}
                {form.foot(&sentences.office_import_apply(count), back(contents))}
            </form>
        }
    });
    let again = (!preview.wrong.is_empty()).then(|| {
        widgets::go(
            format!("/office/import/{name}"),
            "upload",
            sentences.office_import_again(),
            "button button-primary",
        )
    });
    let body = view! { {verdict} {wrong} {again} {apply} {list} };
    desk.page(
        room(contents),
        title,
        desk.title(title, ().into_any()),
        body.into_any(),
    )
}

fn remark(desk: &Desk, wrong: &Wrong, preview: &Preview) -> Row {
    let words = desk.words();
    let name = preview
        .rows
        .iter()
        .find(|row| row.line == wrong.line)
        .map(|row| row.name.clone())
        .unwrap_or_default();
    let line = if wrong.line == 0 {
        words.office_import_whole().to_owned()
    } else {
        wrong.line.to_string()
    };
    Row {
        tone: "trouble",
        cells: vec![
            widgets::with_small(
                view! { <span class="number">{line}</span> }.into_any(),
                name,
            ),
            view! { <code dir="ltr">{wrong.column.clone()}</code> }.into_any(),
            said(trouble(words, &wrong.trouble)),
        ],
    }
}

/// Why something cannot be taken in, and what to do.
fn trouble(words: Words, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Missing => words.office_trouble_missing().to_owned(),
        Trouble::TooLong { characters_max } => words.office_trouble_too_long(*characters_max),
        Trouble::NotAnAmount => words.office_trouble_amount().to_owned(),
        Trouble::NotAPercentage => words.office_trouble_percentage().to_owned(),
        Trouble::NotDays { days_max } => words.office_problem_days(&days_max.to_string()),
        Trouble::NotAPhone => words.office_problem_phone().to_owned(),
        Trouble::UnknownRegime => {
            words.office_import_regime_hint("doorstep_7d, regular_round, own_production")
        }
        Trouble::UnknownCooperative => words.office_trouble_cooperative().to_owned(),
        Trouble::UnknownCategory => words.office_trouble_category().to_owned(),
        Trouble::UnknownAgent => words.office_trouble_agent().to_owned(),
        Trouble::UnknownKind => words.office_import_regime_hint("household, professional"),
        Trouble::CustomerKnown => words.office_trouble_customer_known().to_owned(),
        Trouble::PricesNotOrdered => words.office_problem_price_order().to_owned(),
        Trouble::AlreadyThere => words.office_trouble_already().to_owned(),
        Trouble::Twice { line } => words.office_trouble_twice(&line.to_string()),
        Trouble::ColumnMissing => words.office_trouble_column_missing().to_owned(),
        Trouble::ColumnUnknown => words.office_trouble_column_unknown().to_owned(),
        Trouble::TooManyCells => words.office_trouble_cells().to_owned(),
        Trouble::Empty => words.office_trouble_empty().to_owned(),
        Trouble::TooManyRows { rows_max } => words.office_trouble_rows(&grouped(*rows_max)),
        Trouble::NotText => words.office_trouble_text().to_owned(),
    }
}
