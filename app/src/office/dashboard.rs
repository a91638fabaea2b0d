//! The first page: what was sold, what it earns, how complete that is, and what waits.

use leptos::prelude::*;
use taswiq_backend::figures::{Breakdown, Completeness, FigureKey, Overview, Unanswered};
use taswiq_backend::people::Person;
use taswiq_backend::rollups::Measures;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::money::Centimes;

use super::desk::{Desk, Room};
use super::form::{Form, Line, Script, Typed};
use super::period::Asked;
use super::sheet::Sheet;
use super::widgets::{self, Bar, Column2, Row, figures, link, number, said};
use crate::ui;

/// Names that rows of figures carry ids of.
pub struct Names<'a> {
    /// Cooperatives and products.
    pub catalogue: &'a Catalogue,
    /// Agents.
    pub agents: &'a [Person],
}

/// Bars in each list of the first page.
const BARS_MAX: usize = 8;
/// Beyond it a comparison is left out.
const CHANGE_PERCENT_MAX: i128 = 999;

/// The first page of the office.
pub fn page(desk: &Desk, asked: &Asked, overview: &Overview, names: &Names<'_>) -> String {
    let words = desk.words();
    let now = view! { {words.date_full(desk.today())} ", " <span class="number">{crate::words::time(desk.now, desk.calendar.offset_at(desk.now))}</span> }.into_any();
    let export = widgets::go(
        format!("/office/figures.csv?by=day&{}", asked.query()),
        "download",
        words.office_export(),
        "button",
    );
    let head = view! { {desk.title(words.office_nav_today(), now)} <div class="button-group">{export}</div> }.into_any();
    let is_empty_catalogue = names.catalogue.products.is_empty();
    let body = view! {
        {is_empty_catalogue.then(|| start_banner(desk))}
        {completeness(desk, &overview.completeness)}
        {tiles(desk, asked, overview)}
        {filters(desk, asked, names)}
        {trend(desk, asked, &overview.by_period)}
        <div class="columns">
            {breakdown(desk, asked, names, "cooperative", &overview.by_cooperative)}
            {breakdown(desk, asked, names, "agent", &overview.by_agent)}
        </div>
        {breakdown(desk, asked, names, "product", &overview.by_product)}
    };
    desk.page(Room::Today, words.office_nav_today(), head, body.into_any())
}

fn start_banner(desk: &Desk) -> AnyView {
    let words = desk.words();
    let go = widgets::go(
        "/office/start",
        "list",
        words.office_start_open(),
        "button button-primary",
    );
    ui::banner_with(
        "news",
        "info",
        words.office_start_title(),
        words.office_start_text(),
        go,
    )
}

/// What is known to be missing, said before the figures.
pub fn completeness(desk: &Desk, known: &Completeness) -> AnyView {
    let words = desk.words();
    if known.agents == 0 {
        return ().into_any();
    }
    let count = |n: i64| usize::try_from(n).unwrap_or_default();
    let title = words.office_complete_synced(
        count(known.agents_synced_today),
        &widgets_count(known.agents),
    );
    let (tone, text) = if known.orders_waiting > 0 {
        (
            "waiting",
            words.office_complete_waiting(count(known.orders_waiting)),
        )
    } else if known.agents_synced_today < known.agents {
        ("waiting", words.office_complete_silent().to_owned())
    } else {
        ("done", words.office_complete_all().to_owned())
    };
    ui::banner(tone, "device", title, text)
}

fn widgets_count(n: i64) -> String {
    crate::words::grouped(usize::try_from(n).unwrap_or_default())
}

fn tiles(desk: &Desk, asked: &Asked, overview: &Overview) -> AnyView {
    let words = desk.words();
    let (total, before) = (&overview.total, &overview.before);
    let orders = words.count_orders(usize::try_from(total.orders).unwrap_or_default());
    let tile =
        |label: &str, address: String, value: Centimes, before: Option<Centimes>, why: String| {
            view! {
                <a class="figure-tile" href=address>
                    <span class="figure-label">{label.to_owned()}</span>
                    {ui::amount(value, "")}
                    {before.map(|before| change(desk, value, before))}
                    <span class="figure-why">{why}</span>
                </a>
            }
            .into_any()
        };
    // What was pending has been earned since, so a percentage between two periods would say something
    // else than it seems to: commissions are set beside each other instead.
    let query = asked.query();
    let by = |by: &str| format!("/office/figures?by={by}&{query}");
    let unanswered = &overview.unanswered;
    view! {
        <div class="figures">
            {tile(words.office_figures_turnover(), by("cooperative"), total.net_asked, Some(before.net_asked), words.office_figures_gross(&total.gross_asked.to_string(), &orders))}
            {tile(words.office_figures_confirmed(), by("cooperative"), total.net_confirmed, Some(before.net_confirmed), words.office_figures_kept(&total.net_kept.to_string()))}
            {tile(words.office_figures_estimate(), by("agent"), total.commission_estimate, None, words.office_figures_estimate_why().to_owned())}
            {tile(words.office_figures_pending(), by("agent"), total.commission_pending, None, words.office_figures_pending_why(&before.commission_pending.to_string()))}
            {tile(words.office_figures_earned(), by("agent"), total.commission_earned, None, words.office_figures_earned_why(&before.commission_earned.to_string()))}
            {waiting(desk, unanswered, &overview.completeness, overview.soon_written_off)}
        </div>
    }
    .into_any()
}

fn waiting(
    desk: &Desk,
    unanswered: &Unanswered,
    known: &Completeness,
    soon_written_off: i64,
) -> AnyView {
    let words = desk.words();
    let oldest = unanswered.oldest_since.map_or_else(
        || words.office_waiting_none().to_owned(),
        |since| {
            words.office_waiting_oldest(&(((desk.now.0 - since.0) / 3_600_000).max(0)).to_string())
        },
    );
    let late = (unanswered.late > 0).then(|| {
        let coops = words.count_cooperatives(usize::try_from(unanswered.late_cooperatives).unwrap_or_default());
        view! {
            <a class="figure-tile" data-tone="trouble" href="/office/orders?progress=awaiting">
                <span class="figure-label">{words.office_waiting_late()}</span>{number(unanswered.late)}
                <span class="figure-why">{words.office_waiting_late_why(&coops)}</span>
            </a>
        }
    });
    let unpaid = (soon_written_off > 0).then(|| {
        view! {
            <a class="figure-tile" data-tone="trouble" href="/office/orders/unpaid">
                <span class="figure-label">{words.office_waiting_unpaid()}</span>{number(soon_written_off)}
                <span class="figure-why">{words.office_waiting_unpaid_why()}</span>
            </a>
        }
    });
    let lost = (known.lost > 0).then(|| {
        view! {
            <a class="figure-tile" data-tone="trouble" href="/office/parked">
                <span class="figure-label">{words.office_waiting_lost()}</span>{number(known.lost)}
                <span class="figure-why">{words.office_waiting_lost_why()}</span>
            </a>
        }
    });
    let parked = (known.parked > 0).then(|| {
        view! {
            <a class="figure-tile" data-tone="waiting" href="/office/parked">
                <span class="figure-label">{words.office_nav_parked()}</span>{number(known.parked)}
                <span class="figure-why">{words.office_waiting_parked_why()}</span>
            </a>
        }
    });
    view! {
        <a class="figure-tile" href="/office/orders?progress=awaiting">
            <span class="figure-label">{words.office_waiting_title()}</span>{number(unanswered.sub_orders)}
            <span class="figure-why">{oldest}</span>
        </a>
        {late}
        {unpaid}
        {lost}
        {parked}
    }
    .into_any()
}

/// How a figure compares with the one before; nothing where there is nothing to compare with.
fn change(desk: &Desk, now: Centimes, before: Centimes) -> AnyView {
    let words = desk.words();
    if before.0 == 0 {
        return ().into_any();
    }
    let percent = (i128::from(now.0) - i128::from(before.0)) * 100 / i128::from(before.0.abs());
    // After next to nothing everything is many times as much: that says nothing.
    if percent.abs() > CHANGE_PERCENT_MAX {
        return ().into_any();
    }
    let (sign, tone) = match percent {
        0 => ("", None),
        percent if percent > 0 => ("+\u{202f}", Some("done")),
        _ => ("−\u{202f}", Some("trouble")),
    };
    let icon = if percent < 0 { "trend-down" } else { "trend" };
    let change = words.isolated(&format!("{sign}{}\u{a0}%", percent.abs()));
    let text = words.office_figures_change(&change);
    view! { <span class="figure-change" data-tone=tone>{ui::icon_small(icon)}{text}</span> }
        .into_any()
}

fn filters(desk: &Desk, asked: &Asked, names: &Names<'_>) -> AnyView {
    let words = desk.words();
    let is_custom = asked.period == "custom";
    let dates = |date: taswiq_domain::time::CivilDate| {
        if is_custom {
            date.to_string()
        } else {
            String::new()
        }
    };
    let typed = Typed::default()
        .with("period", asked.period)
        .with("from", dates(asked.filter.first))
        .with("to", dates(asked.filter.end.plus_days(-1)))
        .with(
            "agent",
            asked
                .filter
                .agent
                .map(|id| id.to_string())
                .unwrap_or_default(),
        )
        .with(
            "cooperative",
            asked
                .filter
                .cooperative
                .map(|id| id.to_string())
                .unwrap_or_default(),
        )
        .with(
            "product",
            asked
                .filter
                .product
                .map(|id| id.to_string())
                .unwrap_or_default(),
        );
    let form = Form {
        desk,
        typed: &typed,
        problems: &[],
    };
    let periods = [
        ("today", words.office_period_today()),
        ("week", words.office_period_week()),
        ("month", words.office_period_month()),
        ("custom", words.office_period_custom()),
    ];
    let periods: Vec<(String, String)> = periods
        .iter()
        .map(|(value, word)| ((*value).to_owned(), (*word).to_owned()))
        .collect();
    let date = || Line {
        kind: "date",
        script: Script::Figures,
        ..Line::default()
    };
    view! {
        <form class="filters no-print" method="get" action="/office">
            <input type="hidden" name="was" value=asked.period />
            {form.select("period", words.office_period_title(), &periods)}
            {form.line("from", words.office_period_from(), date())}
            {form.line("to", words.office_period_to(), date())}
            {form.select("agent", words.role_agent(), &agents(desk, names.agents))}
            {form.select("cooperative", words.role_cooperative(), &cooperatives(desk, names.catalogue))}
            {form.select("product", words.office_field_product(), &products(desk, names.catalogue))}
            <button class="button" type="submit">{ui::icon("filter")}{words.office_filter()}</button>
        </form>
        {tags(desk, asked, names)}
    }
    .into_any()
}

/// What is filtered now; each goes away by a click.
fn tags(desk: &Desk, asked: &Asked, names: &Names<'_>) -> AnyView {
    let words = desk.words();
    let mut tags: Vec<(String, String)> = Vec::new();
    if let Some(agent) = asked.filter.agent {
        tags.push((
            name_of(desk, names, &FigureKey::Agent(agent)),
            asked.but(|filter| filter.agent = None).query(),
        ));
    }
    if let Some(cooperative) = asked.filter.cooperative {
        tags.push((
            name_of(desk, names, &FigureKey::Cooperative(cooperative)),
            asked.but(|filter| filter.cooperative = None).query(),
        ));
    }
    if let Some(product) = asked.filter.product {
        tags.push((
            name_of(desk, names, &FigureKey::Product(product)),
            asked.but(|filter| filter.product = None).query(),
        ));
    }
    if tags.is_empty() {
        return ().into_any();
    }
    let tags: Vec<AnyView> = tags
        .into_iter()
        .map(|(name, query)| {
            let said = words.office_filter_remove(&name);
            view! { <a href=format!("/office?{query}") aria-label=said><bdi>{name}</bdi>{ui::icon_small("close")}</a> }.into_any()
        })
        .collect();
    view! { <div class="filter-tags">{tags}</div> }.into_any()
}

/// Agents to choose from, all first.
pub fn agents(desk: &Desk, agents: &[Person]) -> Vec<(String, String)> {
    all(
        desk,
        agents
            .iter()
            .map(|agent| (agent.id.to_string(), desk.text(&agent.name))),
    )
}

/// Cooperatives to choose from, all first.
pub fn cooperatives(desk: &Desk, catalogue: &Catalogue) -> Vec<(String, String)> {
    all(
        desk,
        catalogue
            .cooperatives
            .iter()
            .map(|one| (one.id.to_string(), desk.text(&one.name))),
    )
}

fn products(desk: &Desk, catalogue: &Catalogue) -> Vec<(String, String)> {
    all(
        desk,
        catalogue.products.iter().map(|one| {
            (
                one.id.to_string(),
                format!("{} · {}", desk.text(&one.name), desk.text(&one.unit)),
            )
        }),
    )
}

fn all(desk: &Desk, some: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut some: Vec<(String, String)> = some.collect();
    some.sort_by(|one, other| one.1.cmp(&other.1));
    let mut choices = vec![(String::new(), desk.words().office_filter_all().to_owned())];
    choices.append(&mut some);
    choices
}

fn trend(desk: &Desk, asked: &Asked, rows: &[(FigureKey, Measures)]) -> AnyView {
    let words = desk.words();
    let by_month = asked.filter.steps() == Breakdown::Month;
    let mut steps = Vec::new();
    let mut day = if by_month {
        asked.filter.first.first_of_month()
    } else {
        asked.filter.first
    };
    while day < asked.filter.end && steps.len() < 400 {
        steps.push(day);
        day = if by_month {
            day.first_of_next_month()
        } else {
            day.plus_days(1)
        };
    }
    if steps.len() < 2 || rows.is_empty() {
        return if rows.is_empty() {
            nothing(desk)
        } else {
            ().into_any()
        };
    }
    let columns: Vec<Column2> = steps
        .iter()
        .map(|day| {
            let found = rows
                .iter()
                .find(|(key, _)| *key == FigureKey::Period(*day))
                .map(|(_, measures)| *measures)
                .unwrap_or_default();
            let label = if by_month {
                words.month_and_year(*day)
            } else {
                words.date_plain(*day)
            };
            Column2 {
                label,
                first: found.net_confirmed,
                second: Centimes((found.net_asked.0 - found.net_confirmed.0).max(0)),
            }
        })
        .collect();
    let (least, most) = columns
        .iter()
        .map(|column| column.first.0 + column.second.0)
        .fold((i64::MAX, 0), |(least, most), sum| {
            (least.min(sum), most.max(sum))
        });
    let said = words.office_figures_chart_text(
        &asked.said(desk),
        &Centimes(least).to_string(),
        &Centimes(most).to_string(),
    );
    let by = if by_month { "month" } else { "day" };
    let all = widgets::link(
        format!("/office/figures?by={by}&{}", asked.query()),
        words.office_figures_table(),
    );
    view! {
        <figure class="chart-figure">
            <figcaption><h2>{words.office_figures_chart()}</h2><small>{asked.said(desk)} " · " {words.office_figures_net()}</small></figcaption>
            <ul class="chart-key"><li>{words.office_figures_confirmed()}</li><li class="second">{words.office_figures_not_confirmed()}</li></ul>
            {widgets::chart(desk, &said, &columns)}
            <p class="small">{all}</p>
        </figure>
    }
    .into_any()
}

fn nothing(desk: &Desk) -> AnyView {
    let words = desk.words();
    ui::empty_state(
        "chart",
        words.office_figures_none(),
        words.office_figures_none_text(),
        widgets::go(
            "/office?period=month",
            "calendar",
            words.office_period_month(),
            "button",
        ),
    )
}

/// What a breakdown is called.
fn heading(desk: &Desk, by: &str) -> &'static str {
    let words = desk.words();
    match by {
        "agent" => words.office_figures_by_agent(),
        "cooperative" => words.office_figures_by_cooperative(),
        "product" => words.office_figures_by_product(),
        "month" => words.office_figures_by_month(),
        _ => words.office_figures_by_day(),
    }
}

fn breakdown(
    desk: &Desk,
    asked: &Asked,
    names: &Names<'_>,
    by: &'static str,
    rows: &[(FigureKey, Measures)],
) -> AnyView {
    let words = desk.words();
    if rows.is_empty() {
        return ().into_any();
    }
    let mut sorted: Vec<&(FigureKey, Measures)> = rows.iter().collect();
    sorted.sort_by_key(|(key, measures)| (std::cmp::Reverse(measures.net_asked.0), *key));
    let bars: Vec<Bar> = sorted
        .iter()
        .take(BARS_MAX)
        .map(|(key, measures)| Bar {
            name: name_of(desk, names, key),
            address: format!("/office?{}", narrowed(asked, key).query()),
            amount: measures.net_asked,
        })
        .collect();
    let all = link(
        format!("/office/figures?by={by}&{}", asked.query()),
        words.office_figures_all(rows.len()),
    );
    widgets::part(heading(desk, by), all, widgets::bars(&bars))
}

fn narrowed(asked: &Asked, key: &FigureKey) -> Asked {
    match *key {
        FigureKey::Agent(id) => asked.but(|filter| filter.agent = Some(id)),
        FigureKey::Cooperative(id) => asked.but(|filter| filter.cooperative = Some(id)),
        FigureKey::Product(id) => asked.but(|filter| filter.product = Some(id)),
        FigureKey::Period(day) => {
            let mut other =
                asked.but(|filter| (filter.first, filter.end) = (day, day.plus_days(1)));
            other.period = "custom";
            other
        }
    }
}

/// What a row of figures is about, in words.
fn name_of(desk: &Desk, names: &Names<'_>, key: &FigureKey) -> String {
    match *key {
        FigureKey::Agent(id) => names
            .agents
            .iter()
            .find(|agent| agent.id == id)
            .map_or_else(|| id.to_string(), |agent| desk.text(&agent.name)),
        FigureKey::Cooperative(id) => names
            .catalogue
            .cooperative(id)
            .map_or_else(|| id.to_string(), |one| desk.text(&one.name)),
        FigureKey::Product(id) => names.catalogue.product(id).map_or_else(
            || id.to_string(),
            |one| format!("{} · {}", desk.text(&one.name), desk.text(&one.unit)),
        ),
        FigureKey::Period(day) => desk.words().date_full(day),
    }
}

/// One breakdown as a whole table.
pub fn table_page(
    desk: &Desk,
    asked: &Asked,
    by: &str,
    rows: &[(FigureKey, Measures)],
    names: &Names<'_>,
) -> String {
    let words = desk.words();
    let about = said(asked.said(desk));
    let export = widgets::go(
        format!("/office/figures.csv?by={by}&{}", asked.query()),
        "download",
        words.office_export(),
        "button",
    );
    let back = widgets::go(
        format!("/office?{}", asked.query()),
        "back",
        words.action_back(),
        "button button-quiet",
    );
    let head = view! { {desk.title(heading(desk, by), about)} <div class="button-group">{back}{export}</div> }.into_any();
    let columns = [
        widgets::words(heading(desk, by)),
        figures(words.office_column_orders()),
        figures(words.office_figures_turnover()),
        figures(words.office_figures_confirmed()),
        figures(words.office_figures_estimate()),
        figures(words.office_figures_pending()),
        figures(words.office_figures_earned()),
    ];
    let cells = |first: AnyView, measures: &Measures| {
        let money = |amount: Centimes| ui::amount(amount, "");
        vec![
            first,
            number(measures.orders),
            money(measures.net_asked),
            money(measures.net_confirmed),
            money(measures.commission_estimate),
            money(measures.commission_pending),
            money(measures.commission_earned),
        ]
    };
    let mut total = Measures::default();
    for (_, measures) in rows {
        let _ = total.add(measures, 1);
    }
    let mut sorted: Vec<&(FigureKey, Measures)> = rows.iter().collect();
    if !matches!(by, "day" | "month") {
        sorted.sort_by_key(|(key, measures)| (std::cmp::Reverse(measures.net_asked.0), *key));
    }
    let lines = sorted
        .into_iter()
        .map(|(key, measures)| {
            let name = if by == "month" {
                period_name(desk, key)
            } else {
                name_of(desk, names, key)
            };
            let first = if by == "month" {
                said(name)
            } else {
                link(format!("/office?{}", narrowed(asked, key).query()), name)
            };
            Row::plain(cells(first, measures))
        })
        .collect();
    // An order over two cooperatives counts once for each of them: its parts are not summed.
    let mut foot = cells(said(words.office_figures_total()), &total);
    if matches!(by, "cooperative" | "product") {
        foot[1] = ().into_any();
    }
    let body = if rows.is_empty() {
        nothing(desk)
    } else {
        widgets::table(
            heading(desk, by),
            words.office_figures_net(),
            &columns,
            lines,
            Some(foot),
        )
    };
    desk.page(Room::Today, heading(desk, by), head, body)
}

fn period_name(desk: &Desk, key: &FigureKey) -> String {
    match key {
        FigureKey::Period(day) => desk.words().month_and_year(*day),
        _ => String::new(),
    }
}

/// One breakdown as a file.
pub fn export(desk: &Desk, by: &str, rows: &[(FigureKey, Measures)], names: &Names<'_>) -> Sheet {
    let words = desk.words();
    let mut sheet = Sheet::new(&[
        heading(desk, by),
        words.office_column_orders(),
        words.office_column_units(),
        words.office_figures_gross_column(),
        words.office_figures_turnover(),
        words.office_figures_confirmed(),
        words.office_figures_kept_column(),
        words.office_figures_estimate(),
        words.office_figures_pending(),
        words.office_figures_earned(),
    ]);
    for (key, measures) in rows {
        let name = match key {
            FigureKey::Period(day) => day.to_string(),
            key => name_of(desk, names, key),
        };
        let money = [
            measures.gross_asked,
            measures.net_asked,
            measures.net_confirmed,
            measures.net_kept,
            measures.commission_estimate,
            measures.commission_pending,
            measures.commission_earned,
        ];
        let mut cells = vec![
            name,
            measures.orders.to_string(),
            measures.units_asked.to_string(),
        ];
        cells.extend(money.map(super::sheet::decimal));
        sheet.row(&cells);
    }
    sheet
}
