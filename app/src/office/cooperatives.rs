//! Cooperatives, and what they agreed with the programme.

use leptos::prelude::*;
use taswiq_backend::catalogue::{CooperativeDetails, CooperativeRecord};
use taswiq_backend::devices::Device;
use taswiq_backend::figures::FigureKey;
use taswiq_backend::people::Person;
use taswiq_backend::rollups::Measures;
use taswiq_domain::catalogue::{Catalogue, Convention};
use taswiq_domain::ids::CooperativeId;
use taswiq_domain::law::Regime;
use taswiq_domain::limits;
use taswiq_domain::money::Ppm;
use taswiq_domain::order::{Vesting, VestingPart, VestsWhen};
use taswiq_domain::time::{Calendar, Timestamp};

use super::desk::{Desk, Room};
use super::form::{Form, Line, Problem, Reader, Script, Typed};
use super::widgets::{self, Row, facts, figures, number, said, with_small, words};
use crate::ui;

/// The list of cooperatives, with what they sold this month and when they were last heard of.
pub fn list(
    desk: &Desk,
    records: &[CooperativeRecord],
    people: &[Person],
    devices: &[Device],
    month: &[(FigureKey, Measures)],
) -> String {
    let sentences = desk.words();
    let title = sentences.office_nav_cooperatives();
    let head = view! {
        {desk.title(title, said(sentences.office_coops_about()))}
        <div class="button-group">
            {widgets::go("/office/import/cooperatives", "upload", sentences.office_import_open(), "button")}
            {widgets::go("/office/cooperatives/new", "plus", sentences.office_coops_new(), "button button-primary")}
        </div>
    };
    let columns = [
        words(sentences.office_field_name()),
        words(sentences.office_coops_convention()),
        words(sentences.office_agents_contact()),
        figures(sentences.office_column_orders()),
        figures(sentences.office_figures_turnover()),
        figures(sentences.office_figures_confirmed()),
    ];
    let rows = records
        .iter()
        .map(|record| {
            let one = &record.cooperative;
            let sold = month
                .iter()
                .find(|(key, _)| *key == FigureKey::Cooperative(one.id))
                .map(|(_, measures)| *measures)
                .unwrap_or_default();
            let contact = last_contact(one.id, people, devices).map_or_else(
                || said(sentences.office_coops_never()),
                |at| said(desk.moment(at)),
            );
            let convention = match one.convention_at(desk.now) {
                Some(convention) => said(sentences.regime(convention.regime)),
                None => ui::chip("trouble", "warning", sentences.office_coops_no_convention()),
            };
            Row::plain(vec![
                with_small(
                    widgets::link(
                        format!("/office/cooperatives/{}", one.id),
                        desk.text(&one.name),
                    ),
                    desk.text(&one.place),
                ),
                convention,
                contact,
                number(sold.orders),
                ui::amount(sold.net_asked, ""),
                ui::amount(sold.net_confirmed, ""),
            ])
        })
        .collect();
    let body = if records.is_empty() {
        let action = widgets::go(
            "/office/cooperatives/new",
            "plus",
            sentences.office_coops_new(),
            "button button-primary",
        );
        ui::empty_state(
            "cooperative",
            sentences.office_coops_none(),
            sentences.office_coops_none_text(),
            action,
        )
    } else {
        widgets::table(
            title,
            &sentences.office_agents_caption(&sentences.month_and_year(desk.today())),
            &columns,
            rows,
            None,
        )
    };
    desk.page(Room::Cooperatives, title, head.into_any(), body)
}

fn last_contact(
    id: CooperativeId,
    people: &[Person],
    devices: &[Device],
) -> Option<taswiq_domain::time::Timestamp> {
    let members: Vec<_> = people
        .iter()
        .filter(|person| person.cooperatives.contains(&id))
        .map(|person| person.id)
        .collect();
    devices
        .iter()
        .filter(|device| members.contains(&device.person))
        .map(|device| device.last_contact_at)
        .max()
}

/// The page of one cooperative.
pub fn page(
    desk: &Desk,
    record: &CooperativeRecord,
    people: &[Person],
    devices: &[Device],
    month: &Measures,
    catalogue: &Catalogue,
) -> String {
    let sentences = desk.words();
    let one = &record.cooperative;
    let id = one.id;
    let name = desk.text(&one.name);
    let head = view! {
        {desk.title(&name, said(desk.text(&one.place)))}
        <div class="button-group">{widgets::go(format!("/office/cooperatives/{id}/change"), "edit", sentences.action_change(), "button")}</div>
    };
    let phone = record.phone.as_ref().map_or_else(
        || ().into_any(),
        |phone| view! { <bdi class="number" dir="ltr">{phone.to_string()}</bdi> }.into_any(),
    );
    let contact = last_contact(id, people, devices).map_or_else(
        || said(sentences.office_coops_never()),
        |at| said(desk.moment(at)),
    );
    let tile = |label: &str, amount| {
        view! { <a class="figure-tile" href=format!("/office?period=month&cooperative={id}")><span class="figure-label">{label.to_owned()}</span>{ui::amount(amount, "")}<span class="figure-why">{sentences.month_and_year(desk.today())}</span></a> }.into_any()
    };
    let members: Vec<&Person> = people
        .iter()
        .filter(|person| person.cooperatives.contains(&id))
        .collect();
    let member_rows = members
        .iter()
        .map(|person| {
            let seen = devices
                .iter()
                .filter(|device| device.person == person.id)
                .map(|device| device.last_contact_at)
                .max();
            let seen = seen.map_or_else(
                || sentences.office_person_no_phone().to_owned(),
                |at| desk.moment(at),
            );
            Row::plain(vec![
                widgets::link(
                    format!("/office/people/{}", person.id),
                    desk.text(&person.name),
                ),
                said(
                    person
                        .phone
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default(),
                ),
                said(seen),
            ])
        })
        .collect();
    let member_columns = [
        words(sentences.office_field_name()),
        words(sentences.customer_phone()),
        words(sentences.office_agents_contact()),
    ];
    let member_list = if members.is_empty() {
        view! { <p class="muted">{sentences.office_coops_no_members()}</p> }.into_any()
    } else {
        widgets::table(
            sentences.office_coops_members(),
            "",
            &member_columns,
            member_rows,
            None,
        )
    };
    let invite = widgets::link(
        format!("/office/invite?role=cooperative&cooperatives={id}"),
        sentences.office_invite_somebody(),
    );
    let conventions = conventions(desk, &one.conventions);
    let publish = widgets::link(
        format!("/office/cooperatives/{id}/convention"),
        sentences.office_convention_new(),
    );
    let products = catalogue
        .products
        .iter()
        .filter(|product| product.cooperative == id)
        .count();
    let body = view! {
        {facts(vec![
            (sentences.office_field_region(), said(desk.text(&record.region))),
            (sentences.customer_phone(), phone),
            (sentences.office_agents_contact(), contact),
            (sentences.office_nav_catalogue(), widgets::link(format!("/office/products?cooperative={id}"), sentences.office_products_count(products))),
        ])}
        <div class="figures">
            {tile(sentences.office_figures_turnover(), month.net_asked)}
            {tile(sentences.office_figures_confirmed(), month.net_confirmed)}
            <a class="figure-tile" href=format!("/office/orders?cooperative={id}&progress=awaiting")>
                <span class="figure-label">{sentences.office_column_orders()}</span>{number(month.orders)}<span class="figure-why">{sentences.month_and_year(desk.today())}</span>
            </a>
        </div>
        {widgets::part(sentences.office_coops_convention(), publish, conventions)}
        {widgets::part(sentences.office_coops_members(), invite, member_list)}
    };
    desk.page(Room::Cooperatives, &name, head.into_any(), body.into_any())
}

fn conventions(desk: &Desk, conventions: &[Convention]) -> AnyView {
    let sentences = desk.words();
    if conventions.is_empty() {
        return ui::banner(
            "trouble",
            "warning",
            sentences.office_coops_no_convention(),
            sentences.office_coops_no_convention_text(),
        );
    }
    let current = conventions
        .iter()
        .rev()
        .find(|convention| convention.valid_from <= desk.now)
        .map(|convention| convention.valid_from);
    let columns = [
        words(sentences.office_form_valid_from()),
        words(sentences.office_field_regime()),
        figures(sentences.office_field_delivery_days()),
        words(sentences.office_field_vesting()),
        words(sentences.office_column_state()),
    ];
    let rows = conventions
        .iter()
        .rev()
        .map(|convention| {
            Row::plain(vec![
                said(sentences.date_full(desk.calendar.date_at(convention.valid_from))),
                said(sentences.regime(convention.regime)),
                number(i64::from(convention.delivery_days)),
                said(sentences.vesting(&convention.vesting)),
                in_force(
                    desk,
                    Some(convention.valid_from) == current,
                    convention.valid_from > desk.now,
                ),
            ])
        })
        .collect();
    widgets::table(
        sentences.office_coops_convention(),
        "",
        &columns,
        rows,
        None,
    )
}

/// Whether a version holds, will hold or held.
pub fn in_force(desk: &Desk, is_current: bool, is_future: bool) -> AnyView {
    let words = desk.words();
    match (is_current, is_future) {
        (true, _) => ui::chip("done", "check", words.office_version_current()),
        (false, true) => ui::chip("news", "calendar", words.office_version_future()),
        (false, false) => ui::chip("", "history", words.office_version_past()),
    }
}

/// What a form about a cooperative holds when it is opened for it.
pub fn typed_of(record: &CooperativeRecord) -> Typed {
    Typed::default()
        .with_text("name", &record.cooperative.name)
        .with_text("place", &record.cooperative.place)
        .with_text("region", &record.region)
        .with(
            "phone",
            record
                .phone
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        )
}

/// What was typed about a cooperative.
///
/// # Errors
/// What is wrong with it.
pub fn read(desk: &Desk, typed: &Typed) -> Result<CooperativeDetails, Vec<Problem>> {
    let words = desk.words();
    let mut reader = Reader::new(desk, typed);
    let details = CooperativeDetails {
        name: reader.text("name", words.office_field_name()),
        place: reader.text("place", words.office_field_place()),
        region: typed.text("region"),
        phone: reader.phone("phone"),
    };
    reader.done(details)
}

/// What was typed about a convention.
///
/// # Errors
/// What is wrong with it.
pub fn read_convention(
    desk: &Desk,
    typed: &Typed,
    is_first: bool,
) -> Result<Convention, Vec<Problem>> {
    let words = desk.words();
    let mut reader = Reader::new(desk, typed);
    let regime = Regime::from_name(typed.get("regime"))
        .filter(|regime| Regime::OF_CONVENTIONS.contains(regime));
    if regime.is_none() {
        reader.wrong(
            "regime",
            words.refusal_field_missing(words.office_field_regime()),
        );
    }
    let delivery_days = typed
        .number::<u16>("delivery_days")
        .filter(|days| i32::from(*days) <= limits::PROMISE_DAYS);
    if delivery_days.is_none() {
        reader.wrong(
            "delivery_days",
            words.office_problem_days(&limits::PROMISE_DAYS.to_string()),
        );
    }
    let vesting = read_vesting(&mut reader);
    let valid_from = reader.valid_from(desk, is_first);
    reader.done(Convention {
        valid_from,
        regime: regime.unwrap_or(Regime::Doorstep7d),
        delivery_days: delivery_days.unwrap_or_default(),
        vesting,
    })
}

/// The name of the field with the part that waits for that.
fn vesting_field(when: VestsWhen) -> String {
    format!("vesting_{}", when.as_str())
}

/// The parts that were typed; what is usual where nothing was.
fn read_vesting(reader: &mut Reader<'_>) -> Vesting {
    let typed = reader.typed;
    let parts: Vec<(VestsWhen, &str)> = VestsWhen::ALL
        .into_iter()
        .map(|when| (when, typed.get(&vesting_field(when))))
        .filter(|(_, part)| !part.is_empty())
        .collect();
    if parts.is_empty() {
        return Vesting::default();
    }
    let mut vesting = Vec::new();
    for (when, typed) in parts {
        match Ppm::parse_percent(typed) {
            Some(Ppm(0)) => {}
            Some(part) => vesting.push(VestingPart { when, part }),
            None => {
                let label = reader.words.vests_when(when);
                reader.wrong(
                    &vesting_field(when),
                    reader.words.office_problem_percent(label),
                );
                return Vesting::default();
            }
        }
    }
    let vesting = Vesting(vesting);
    if vesting.check().is_err() {
        reader.wrong(
            &vesting_field(VestsWhen::Delivered),
            reader.words.office_problem_vesting(),
        );
    }
    vesting
}

/// What a form about a convention holds when another one is made after `last`.
pub fn typed_of_convention(last: Option<&Convention>) -> Typed {
    let usual = Convention {
        valid_from: Timestamp::default(),
        regime: Regime::default(),
        delivery_days: 3,
        vesting: Vesting::default(),
    };
    let last = last.unwrap_or(&usual);
    let typed = Typed::default()
        .with("regime", last.regime.as_str())
        .with("delivery_days", last.delivery_days.to_string());
    VestsWhen::ALL.into_iter().fold(typed, |typed, when| {
        let part = last.vesting.part(when).to_string();
        typed.with(&vesting_field(when), part.trim_end_matches(['\u{a0}', '%']))
    })
}

/// The form about a cooperative. A new one gets its first convention with it.
pub fn form(
    desk: &Desk,
    typed: &Typed,
    problems: &[Problem],
    known: Option<CooperativeId>,
) -> String {
    let words = desk.words();
    let form = Form {
        desk,
        typed,
        problems,
    };
    let (title, address, back) = match known {
        None => (
            words.office_coops_new(),
            "/office/cooperatives/new".to_owned(),
            "/office/cooperatives".to_owned(),
        ),
        Some(id) => (
            words.office_coops_change(),
            format!("/office/cooperatives/{id}/change"),
            format!("/office/cooperatives/{id}"),
        ),
    };
    let convention = known
        .is_none()
        .then(|| convention_fields(desk, &form, true));
    let inside = view! {
        <form class="form-page" method="post" action=address>
            {form.summary()}
            <fieldset class="form-part"><legend>{words.office_form_who()}</legend>
                {form.text("name", words.office_field_name(), true)}
                {form.text("place", words.office_field_place(), true)}
                {form.text("region", words.office_field_region(), false)}
                {form.line("phone", words.customer_phone(), Line { kind: "tel", inputmode: Some("tel"), script: Script::Figures, optional: true, ..Line::default() })}
            </fieldset>
            {convention}
            {form.foot(words.action_save(), &back)}
        </form>
    };
    desk.page(
        Room::Cooperatives,
        title,
        desk.title(title, ().into_any()),
        inside.into_any(),
    )
}

fn convention_fields(desk: &Desk, form: &Form<'_>, is_first: bool) -> AnyView {
    let words = desk.words();
    let parts: Vec<AnyView> = VestsWhen::ALL
        .into_iter()
        .map(|when| {
            form.line(
                &vesting_field(when),
                words.vests_when(when),
                Line {
                    inputmode: Some("decimal"),
                    script: Script::Figures,
                    unit: "%",
                    ..Line::default()
                },
            )
        })
        .collect();
    let regimes: Vec<(String, String)> = Regime::OF_CONVENTIONS
        .iter()
        .map(|regime| (regime.as_str().to_owned(), words.regime(*regime).to_owned()))
        .collect();
    view! {
        <fieldset class="form-part"><legend>{words.office_coops_convention()}</legend>
            <p class="field-hint">{words.office_convention_text()}</p>
            {form.radios("regime", words.office_field_regime(), &regimes)}
            {form.line("delivery_days", words.office_field_delivery_days(), Line { inputmode: Some("numeric"), script: Script::Figures, required: true, hint: words.office_convention_days_hint().to_owned(), ..Line::default() })}
            {form.valid_from(is_first)}
        </fieldset>
        <fieldset class="form-part"><legend>{words.office_field_vesting()}</legend>
            <p class="field-hint">{words.office_convention_vesting_text()}</p>
            {parts}
        </fieldset>
    }
    .into_any()
}

/// The form for another convention of a cooperative.
pub fn convention_form(
    desk: &Desk,
    typed: &Typed,
    problems: &[Problem],
    record: &CooperativeRecord,
) -> String {
    let words = desk.words();
    let form = Form {
        desk,
        typed,
        problems,
    };
    let id = record.cooperative.id;
    let title = words.office_convention_new();
    let inside = view! {
        <form class="form-page" method="post" action=format!("/office/cooperatives/{id}/convention")>
            {form.summary()}
            {convention_fields(desk, &form, record.cooperative.conventions.is_empty())}
            {form.foot(words.office_publish(), &format!("/office/cooperatives/{id}"))}
        </form>
    };
    desk.page(
        Room::Cooperatives,
        title,
        desk.title(title, said(desk.text(&record.cooperative.name))),
        inside.into_any(),
    )
}
