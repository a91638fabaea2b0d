//! Goods that were delivered and never paid for: what is written off soon, while something can still
//! be done about it.

use leptos::prelude::*;
use taswiq_backend::deadlines::SoonWrittenOff;
use taswiq_backend::people::Person;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::limits;
use taswiq_domain::time::Calendar;

use super::desk::{Desk, Room};
use super::widgets::{self, Row, figures, said, with_small, words};
use crate::ui;

/// Days from which on a row is marked: one visit, no more.
const DAYS_URGENT: i32 = 3;

/// What is written off soon, the soonest first. `count` is how many there are in all.
pub fn page(
    desk: &Desk,
    parts: &[SoonWrittenOff],
    count: i64,
    catalogue: &Catalogue,
    people: &[Person],
) -> String {
    let sentences = desk.words();
    let title = sentences.office_unpaid_title(limits::WRITE_OFF_ANNOUNCED_DAYS as usize);
    let about = sentences.office_unpaid_about(limits::WRITE_OFF_DAYS as usize);
    let back = widgets::go(
        "/office/orders",
        "back",
        sentences.office_nav_orders(),
        "button button-quiet",
    );
    let head = view! { {desk.title(&title, said(about))} <div class="button-group">{back}</div> };
    let body = if parts.is_empty() {
        let text = sentences.office_unpaid_none_text(limits::WRITE_OFF_ANNOUNCED_DAYS as usize);
        ui::empty_state(
            "coins",
            sentences.office_unpaid_none(),
            &text,
            ().into_any(),
        )
    } else {
        let shown = i64::try_from(parts.len()).unwrap_or(i64::MAX);
        let more = usize::try_from(count.saturating_sub(shown)).unwrap_or_default();
        let more =
            (more > 0).then(|| view! { <p class="muted">{sentences.office_unpaid_more(more)}</p> });
        view! { {list(desk, &title, parts, catalogue, people)} {more} }.into_any()
    };
    desk.page(Room::Orders, &title, head.into_any(), body)
}

fn list(
    desk: &Desk,
    title: &str,
    parts: &[SoonWrittenOff],
    catalogue: &Catalogue,
    people: &[Person],
) -> AnyView {
    let sentences = desk.words();
    let columns = [
        words(sentences.office_column_order()),
        words(sentences.office_column_customer()),
        words(sentences.role_agent()),
        figures(sentences.office_unpaid_owed()),
        figures(sentences.office_unpaid_commission()),
        words(sentences.office_unpaid_when()),
    ];
    let rows = parts
        .iter()
        .map(|part| {
            let cooperative = catalogue
                .cooperative(part.cooperative)
                .map(|one| desk.text(&one.name))
                .unwrap_or_default();
            let agent = people
                .iter()
                .find(|person| person.id == part.agent)
                .map(|person| desk.text(&person.name))
                .unwrap_or_default();
            let details = &part.customer.details;
            let code = view! { <a href=format!("/office/orders/{}", part.order)><span class="code">{part.code.to_string()}</span></a> };
            let day = desk.calendar.date_at(part.at);
            let days = day.days_since_epoch() - desk.today().days_since_epoch();
            let left = match usize::try_from(days) {
                Ok(0) | Err(_) => sentences.office_unpaid_today().to_owned(),
                Ok(days) => sentences.office_unpaid_days(days),
            };
            Row {
                tone: if days <= DAYS_URGENT { "trouble" } else { "" },
                cells: vec![
                    with_small(code.into_any(), cooperative),
                    with_small(said(details.full_name()), details.place.clone()),
                    widgets::link(format!("/office/people/{}", part.agent), agent),
                    ui::amount(part.owed, ""),
                    ui::amount(part.commission, ""),
                    with_small(said(left), sentences.date_full(day)),
                ],
            }
        })
        .collect();
    widgets::table(title, "", &columns, rows, None)
}
