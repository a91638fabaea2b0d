//! Tables, bars and charts of the office: a picture first, its figures beside it.

use leptos::prelude::*;

use super::desk::Desk;
use crate::ui;
use taswiq_domain::money::Centimes;

/// A column of a table.
#[derive(Clone)]
pub struct Column {
    /// What it is called: above it, and before each value where the table is narrow.
    pub label: String,
    /// Whether it holds figures.
    pub is_figures: bool,
}

/// A column with words.
pub fn words(label: &str) -> Column {
    Column {
        label: label.to_owned(),
        is_figures: false,
    }
}

/// A column with figures.
pub fn figures(label: &str) -> Column {
    Column {
        label: label.to_owned(),
        is_figures: true,
    }
}

/// A row of a table; the first cell names it.
pub struct Row {
    /// `trouble`, `waiting`, … or empty.
    pub tone: &'static str,
    /// As many as there are columns.
    pub cells: Vec<AnyView>,
}

impl Row {
    /// A plain row.
    pub fn plain(cells: Vec<AnyView>) -> Self {
        Self { tone: "", cells }
    }
}

/// A table that becomes a list where it is narrow.
pub fn table(
    label: &str,
    caption: &str,
    columns: &[Column],
    rows: Vec<Row>,
    total: Option<Vec<AnyView>>,
) -> AnyView {
    let heads: Vec<AnyView> = columns
        .iter()
        .map(|column| {
            let class = column.is_figures.then_some("end");
            view! { <th scope="col" class=class>{column.label.clone()}</th> }.into_any()
        })
        .collect();
    let row = |cells: Vec<AnyView>| -> Vec<AnyView> {
        cells
            .into_iter()
            .zip(columns)
            .enumerate()
            .map(|(index, (cell, column))| {
                let class = column.is_figures.then_some("end");
                if index == 0 {
                    view! { <th scope="row">{cell}</th> }.into_any()
                } else {
                    view! { <td class=class data-label=column.label.clone()>{cell}</td> }.into_any()
                }
            })
            .collect()
    };
    let body: Vec<AnyView> = rows
        .into_iter()
        .map(|one| {
            let tone = (!one.tone.is_empty()).then_some(one.tone);
            view! { <tr data-tone=tone>{row(one.cells)}</tr> }.into_any()
        })
        .collect();
    let foot = total.map(|cells| view! { <tfoot><tr>{row(cells)}</tr></tfoot> });
    let caption = (!caption.is_empty()).then(|| view! { <caption>{caption.to_owned()}</caption> });
    view! {
        <div class="data-table-frame" tabindex="0" role="region" aria-label=label.to_owned()>
            <table class="data-table">{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody>{foot}</table>
        </div>
    }
    .into_any()
}

/// A number, set apart from the words around it.
pub fn number(n: i64) -> AnyView {
    let text = match usize::try_from(n) {
        Ok(n) => crate::words::grouped(n),
        Err(_) => n.to_string(),
    };
    view! { <span class="number">{text}</span> }.into_any()
}

/// A name that leads somewhere.
pub fn link(address: impl Into<String>, name: impl Into<String>) -> AnyView {
    let (address, name): (String, String) = (address.into(), name.into());
    view! { <a href=address><bdi>{name}</bdi></a> }.into_any()
}

/// A name with a line below it.
pub fn with_small(first: AnyView, small: impl Into<String>) -> AnyView {
    let small: String = small.into();
    view! { {first}<small><bdi>{small}</bdi></small> }.into_any()
}

/// Words that may be in another script.
pub fn said(text: impl Into<String>) -> AnyView {
    let text: String = text.into();
    view! { <bdi>{text}</bdi> }.into_any()
}

/// A button-like link with an icon.
pub fn go(address: impl Into<String>, icon: &str, word: &str, class: &'static str) -> AnyView {
    let (address, word): (String, String) = (address.into(), word.to_owned());
    view! { <a class=class href=address>{ui::icon(icon)}{word}</a> }.into_any()
}

/// A form of one button.
pub fn act(
    address: impl Into<String>,
    hidden: &[(&str, &str)],
    icon: &str,
    word: &str,
    class: &'static str,
) -> AnyView {
    let (address, word): (String, String) = (address.into(), word.to_owned());
    let hidden: Vec<AnyView> = hidden
        .iter()
        .map(|(name, value)| {
            view! { <input type="hidden" name=(*name).to_owned() value=(*value).to_owned() /> }
                .into_any()
        })
        .collect();
    view! { <form method="post" action=address>{hidden}<button class=class type="submit">{ui::icon(icon)}{word}</button></form> }.into_any()
}

/// A section with its title.
pub fn part(title: &str, beside: AnyView, inside: AnyView) -> AnyView {
    let title = title.to_owned();
    view! { <section class="part"><div class="part-head"><h2>{title}</h2>{beside}</div>{inside}</section> }.into_any()
}

/// Facts about one thing.
pub fn facts(pairs: Vec<(&str, AnyView)>) -> AnyView {
    let pairs: Vec<AnyView> = pairs
        .into_iter()
        .map(|(term, value)| {
            view! { <div><dt>{term.to_owned()}</dt><dd>{value}</dd></div> }.into_any()
        })
        .collect();
    view! { <dl class="facts">{pairs}</dl> }.into_any()
}

/// A bar beside its words.
pub struct Bar {
    /// Whose.
    pub name: String,
    /// Where it leads.
    pub address: String,
    /// How long, and written beside it.
    pub amount: Centimes,
}

/// Bars, the longest as wide as the place they have.
pub fn bars(bars: &[Bar]) -> AnyView {
    let most = bars
        .iter()
        .map(|bar| bar.amount.0)
        .max()
        .unwrap_or(0)
        .max(1);
    let items: Vec<AnyView> = bars
        .iter()
        .map(|bar| {
            let width = format!("{}%", (bar.amount.0.max(0) as i128 * 100 / most as i128));
            view! {
                <li>
                    <a class="bar-label" href=bar.address.clone()><bdi>{bar.name.clone()}</bdi></a>
                    {ui::amount(bar.amount, "amount-body")}
                    <svg class="bar" aria-hidden="true"><rect width=width></rect></svg>
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ul class="bar-list">{items}</ul> }.into_any()
}

/// A column of the chart.
pub struct Column2 {
    /// Below it; empty where there is no room for it.
    pub label: String,
    /// The lower part.
    pub first: Centimes,
    /// What stands on it.
    pub second: Centimes,
}

/// A chart of columns. Places are in %, heights in px, so that words keep their size at any width.
pub fn chart(desk: &Desk, description: &str, columns: &[Column2]) -> AnyView {
    const BASE: f64 = 170.0;
    const HEIGHT: f64 = 140.0;
    let most = columns
        .iter()
        .map(|column| column.first.0 + column.second.0)
        .max()
        .unwrap_or(0)
        .max(1) as f64;
    let step = 100.0 / columns.len().max(1) as f64;
    // A label every so often: some fifty pixels each on a laptop.
    let every = columns.len().div_ceil(12).max(1);
    let grid: Vec<AnyView> = [1.0, 0.5]
        .into_iter()
        .map(|part| {
            let y = BASE - HEIGHT * part;
            let value = Centimes((most * part) as i64 / 100 * 100);
            let figure = value.figures();
            let figure = figure.split(',').next().unwrap_or_default().to_owned();
            view! {
                <line class="chart-grid" x1="0" x2="100%" y1=y.to_string() y2=y.to_string()></line>
                <text class="chart-axis" x="0" y=(y - 4.0).to_string()>{figure}</text>
            }
            .into_any()
        })
        .collect();
    let drawn: Vec<AnyView> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let left = step * index as f64 + step * 0.15;
            let (x, width) = (format!("{left:.2}%"), format!("{:.2}%", step * 0.7));
            let first = HEIGHT * column.first.0.max(0) as f64 / most;
            let second = HEIGHT * column.second.0.max(0) as f64 / most;
            let label = (index % every == 0).then(|| {
                let middle = format!("{:.2}%", step * (index as f64 + 0.5));
                view! { <text text-anchor="middle" x=middle y="188">{column.label.clone()}</text> }
            });
            let upper = (second > 0.0).then(|| {
                let y = BASE - first - second;
                view! { <rect class="chart-bar-2" x=x.clone() width=width.clone() y=format!("{y:.1}") height=format!("{second:.1}")></rect> }
            });
            view! {
                <rect class="chart-bar" x=x.clone() width=width.clone() y=format!("{:.1}", BASE - first) height=format!("{first:.1}")></rect>
                {upper}
                {label}
            }
            .into_any()
        })
        .collect();
    let (title, description) = (
        desk.words().office_figures_chart().to_owned(),
        description.to_owned(),
    );
    view! {
        <svg class="chart" height="200" role="img" aria-labelledby="chart-title chart-text">
            <title id="chart-title">{title}</title>
            <desc id="chart-text">{description}</desc>
            {grid}
            {drawn}
            <line class="chart-base" x1="0" x2="100%" y1="170" y2="170"></line>
        </svg>
    }
    .into_any()
}
