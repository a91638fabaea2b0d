//! People: agents and their phones, members of cooperatives, the office itself; how they join, and how
//! a forgotten password is mended without losing what a phone holds.

use leptos::prelude::*;
use taswiq_backend::devices::{Device, NAME_CHARACTERS, Trouble};
use taswiq_backend::figures::FigureKey;
use taswiq_backend::orders::OrderPage;
use taswiq_backend::people::{Link, Person, PersonDetails, SessionSummary};
use taswiq_backend::rollups::Measures;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::engagement::{Engagement, in_force};
use taswiq_domain::ids::{CooperativeId, PersonId};
use taswiq_domain::person::Role;

use super::desk::{Desk, Room};
use super::engagement;
use super::form::{Form, Line, Problem, Reader, Script, Typed};
use super::widgets::{self, Row, facts, figures, number, said, with_small, words};
use crate::ui;
use crate::words::{LANGUAGES, Words};

/// What is known of somebody's phones together.
#[derive(Clone, Copy, Debug, Default)]
struct Phones {
    count: usize,
    waiting_orders: u32,
    waiting_commands: u32,
    last_contact: Option<taswiq_domain::time::Timestamp>,
}

impl Phones {
    fn of(devices: &[Device], person: PersonId) -> Self {
        devices
            .iter()
            .filter(|device| device.person == person)
            .fold(Self::default(), |sum, device| Self {
                count: sum.count + 1,
                waiting_orders: sum.waiting_orders.saturating_add(device.waiting.orders),
                waiting_commands: sum.waiting_commands.saturating_add(device.waiting.commands),
                last_contact: sum.last_contact.max(Some(device.last_contact_at)),
            })
    }
}

/// The list of agents, with what they sold this month.
pub fn agents(
    desk: &Desk,
    agents: &[Person],
    devices: &[Device],
    month: &[(FigureKey, Measures)],
    typed: &str,
) -> String {
    let sentences = desk.words();
    let title = sentences.office_nav_agents();
    let head = view! {
        {desk.title(title, said(sentences.office_agents_about()))}
        {widgets::go("/office/invite?role=agent", "person-plus", sentences.office_invite_agent(), "button button-primary")}
    };
    let columns = [
        words(sentences.office_field_name()),
        words(sentences.office_agents_contact()),
        figures(sentences.office_agents_waiting()),
        figures(sentences.office_column_orders()),
        figures(sentences.office_figures_turnover()),
        figures(sentences.office_figures_earned()),
    ];
    let rows = agents
        .iter()
        .map(|agent| {
            let phones = Phones::of(devices, agent.id);
            let sold = month
                .iter()
                .find(|(key, _)| *key == FigureKey::Agent(agent.id))
                .map(|(_, measures)| *measures)
                .unwrap_or_default();
            let name = widgets::link(
                format!("/office/people/{}", agent.id),
                desk.text(&agent.name),
            );
            let tone = if phones.waiting_orders > 0 {
                "waiting"
            } else {
                ""
            };
            Row {
                tone,
                cells: vec![
                    with_small(name, phone_text(agent)),
                    contact(desk, agent, &phones),
                    number(i64::from(phones.waiting_orders)),
                    number(sold.orders),
                    ui::amount(sold.net_asked, ""),
                    ui::amount(sold.commission_earned, ""),
                ],
            }
        })
        .collect();
    let list = if agents.is_empty() {
        let action = widgets::go(
            "/office/invite?role=agent",
            "person-plus",
            sentences.office_invite_agent(),
            "button button-primary",
        );
        ui::empty_state(
            "people",
            sentences.office_agents_none(),
            sentences.office_agents_none_text(),
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
    desk.page(
        Room::Agents,
        title,
        head.into_any(),
        view! { {search(desk, "/office/agents", typed)} {list} }.into_any(),
    )
}

/// A search for a name or telephone number.
fn search(desk: &Desk, address: &'static str, typed: &str) -> AnyView {
    let words = desk.words();
    let typed = Typed::default().with("q", typed);
    let form = Form {
        desk,
        typed: &typed,
        problems: &[],
    };
    view! {
        <form class="filters no-print" method="get" action=address role="search">
            {form.line("q", words.office_people_search(), Line { kind: "search", ..Line::default() })}
            <button class="button" type="submit">{ui::icon("search")}{words.action_search()}</button>
        </form>
    }
    .into_any()
}

fn phone_text(person: &Person) -> String {
    person
        .phone
        .as_ref()
        .map(ToString::to_string)
        .or_else(|| person.login.clone())
        .unwrap_or_default()
}

fn contact(desk: &Desk, person: &Person, phones: &Phones) -> AnyView {
    let words = desk.words();
    if person.deactivated_at.is_some() {
        return ui::chip("trouble", "lock", words.office_person_inactive());
    }
    if !person.has_joined {
        return ui::chip("waiting", "hourglass", words.office_person_invited());
    }
    match phones.last_contact {
        Some(at) => said(desk.moment(at)),
        None => said(words.office_person_no_phone()),
    }
}

/// Everybody but the agents.
pub fn team(desk: &Desk, people: &[Person], catalogue: &Catalogue, typed: &str) -> String {
    let sentences = desk.words();
    let title = sentences.office_nav_team();
    let columns = [
        words(sentences.office_field_name()),
        words(sentences.office_field_role()),
        words(sentences.office_field_cooperatives()),
        words(sentences.office_column_state()),
    ];
    let rows = people
        .iter()
        .filter(|person| person.role != Role::Agent)
        .map(|person| {
            let name = widgets::link(
                format!("/office/people/{}", person.id),
                desk.text(&person.name),
            );
            Row::plain(vec![
                with_small(name, phone_text(person)),
                said(sentences.role(person.role)),
                said(cooperatives_of(desk, person, catalogue)),
                state(desk, person),
            ])
        })
        .collect();
    let head = view! {
        {desk.title(title, said(sentences.office_team_about()))}
        {widgets::go("/office/invite?role=cooperative", "person-plus", sentences.office_invite_somebody(), "button button-primary")}
    };
    let body = view! { {search(desk, "/office/team", typed)} {widgets::table(title, "", &columns, rows, None)} };
    desk.page(Room::Team, title, head.into_any(), body.into_any())
}

fn cooperatives_of(desk: &Desk, person: &Person, catalogue: &Catalogue) -> String {
    let names: Vec<String> = person
        .cooperatives
        .iter()
        .filter_map(|id| catalogue.cooperative(*id))
        .map(|one| desk.text(&one.name))
        .collect();
    names.join(", ")
}

fn state(desk: &Desk, person: &Person) -> AnyView {
    let words = desk.words();
    match (person.deactivated_at, person.has_joined) {
        (Some(_), _) => ui::chip("trouble", "lock", words.office_person_inactive()),
        (None, true) => ui::chip("done", "check", words.office_person_active()),
        (None, false) => ui::chip("waiting", "hourglass", words.office_person_invited()),
    }
}

/// What the page of somebody shows.
pub struct Sight<'a> {
    /// Who.
    pub person: &'a Person,
    /// Their devices, the last seen first.
    pub devices: &'a [Device],
    /// Their open sessions.
    pub sessions: &'a [SessionSummary],
    /// This month's figures, for an agent.
    pub month: &'a Measures,
    /// Their last orders, for an agent.
    pub orders: &'a OrderPage,
    /// The terms on which they sell, oldest first, for an agent.
    pub engagements: &'a [Engagement],
    /// Names of agents.
    pub agents: &'a [Person],
    /// Names.
    pub catalogue: &'a Catalogue,
    /// Whether whoever looks may change them.
    pub may_change: bool,
}

/// The page of one person.
pub fn person(desk: &Desk, sight: &Sight<'_>) -> String {
    let sentences = desk.words();
    let person = sight.person;
    let name = desk.text(&person.name);
    let id = person.id;
    let room = if person.role == Role::Agent {
        Room::Agents
    } else {
        Room::Team
    };
    let change = sight.may_change.then(|| {
        widgets::go(
            format!("/office/people/{id}/change"),
            "edit",
            sentences.action_change(),
            "button",
        )
    });
    let money = (person.role == Role::Agent).then(|| {
        widgets::go(
            format!("/office/people/{id}/money"),
            "bank",
            sentences.office_person_money(),
            "button",
        )
    });
    let head = view! { {desk.title(&name, said(sentences.role(person.role)))} {money} {change} };
    let phones = Phones::of(sight.devices, id);
    let login = person.login.clone().map_or_else(
        || ().into_any(),
        |login| view! { <bdi dir="ltr">{login}</bdi> }.into_any(),
    );
    let phone = person.phone.as_ref().map_or_else(
        || ().into_any(),
        |phone| view! { <bdi class="number" dir="ltr">{phone.to_string()}</bdi> }.into_any(),
    );
    let mut about = vec![
        (sentences.office_column_state(), state(desk, person)),
        (sentences.customer_phone(), phone),
        (sentences.office_field_login(), login),
    ];
    if person.role == Role::Agent {
        let terms = in_force(sight.engagements, desk.now)
            .cloned()
            .unwrap_or_default();
        about.push((sentences.office_field_grade(), said(terms.grade)));
        about.push((sentences.office_terms_team(), said(terms.team)));
    }
    if person.role == Role::Cooperative {
        about.push((
            sentences.office_field_cooperatives(),
            said(cooperatives_of(desk, person, sight.catalogue)),
        ));
    }
    about.push((
        sentences.office_person_since(),
        said(sentences.date_full(taswiq_domain::time::Calendar::date_at(
            &desk.calendar,
            person.created_at,
        ))),
    ));
    let body = view! {
        {facts(about)}
        {(person.role == Role::Agent).then(|| sold(desk, sight, &phones))}
        {(person.role == Role::Agent).then(|| engagement::list(desk, id, sight.engagements, sight.agents, sight.may_change))}
        {sight.may_change.then(|| access(desk, person))}
        {widgets::part(sentences.office_devices_title(), ().into_any(), devices(desk, sight))}
        {widgets::part(sentences.office_sessions_title(), ().into_any(), sessions(desk, sight))}
    };
    desk.page(room, &name, head.into_any(), body.into_any())
}

fn sold(desk: &Desk, sight: &Sight<'_>, phones: &Phones) -> AnyView {
    let sentences = desk.words();
    let month = sight.month;
    let id = sight.person.id;
    let tile = |label: &str, amount, address: String| {
        view! { <a class="figure-tile" href=address><span class="figure-label">{label.to_owned()}</span>{ui::amount(amount, "")}<span class="figure-why">{sentences.month_and_year(desk.today())}</span></a> }.into_any()
    };
    // From a commission it is one step to the entries that make it.
    let books = format!("/office/people/{id}/ledger");
    let tone = (phones.waiting_orders > 0).then_some("waiting");
    let all = widgets::link(
        format!("/office/orders?agent={id}"),
        sentences.office_orders_all(),
    );
    let list = if sight.orders.orders.is_empty() {
        view! { <p class="muted">{sentences.office_orders_none()}</p> }.into_any()
    } else {
        super::orders::list(desk, &sight.orders.orders)
    };
    view! {
        <div class="figures">
            {tile(sentences.office_figures_turnover(), month.net_asked, format!("/office?period=month&agent={id}"))}
            {tile(sentences.office_figures_pending(), month.commission_pending, books.clone())}
            {tile(sentences.office_figures_earned(), month.commission_earned, books.clone())}
            <div class="figure-tile" data-tone=tone>
                <span class="figure-label">{sentences.office_agents_waiting()}</span>{number(i64::from(phones.waiting_orders))}
                <span class="figure-why">{sentences.office_devices_commands(phones.waiting_commands as usize)}</span>
            </div>
        </div>
        {widgets::go(books, "coins", sentences.office_books_go(), "button button-quiet")}
        {widgets::part(sentences.office_orders_last(), all, list)}
    }
    .into_any()
}

fn access(desk: &Desk, person: &Person) -> AnyView {
    let words = desk.words();
    let id = person.id;
    let is_active = person.deactivated_at.is_none();
    let link = is_active.then(|| {
        let word = if person.has_joined {
            words.office_link_reset()
        } else {
            words.office_link_again()
        };
        widgets::act(
            format!("/office/people/{id}/link"),
            &[],
            "key",
            word,
            "button",
        )
    });
    let (value, icon, word, class) = if is_active {
        (
            "no",
            "lock",
            words.office_person_deactivate(),
            "button button-danger",
        )
    } else {
        ("yes", "unlock", words.office_person_activate(), "button")
    };
    let active = widgets::act(
        format!("/office/people/{id}/active"),
        &[("active", value)],
        icon,
        word,
        class,
    );
    let inside = view! {
        <p>{words.office_link_nothing_lost()}</p>
        <p class="muted small">{words.office_person_deactivate_text()}</p>
        <div class="button-group">{link}{active}</div>
    };
    widgets::part(
        words.office_access_title(),
        ().into_any(),
        inside.into_any(),
    )
}

fn devices(desk: &Desk, sight: &Sight<'_>) -> AnyView {
    let sentences = desk.words();
    if sight.devices.is_empty() {
        return view! { <p class="muted">{sentences.office_person_no_phone()}</p> }.into_any();
    }
    let columns = [
        words(sentences.office_history_device()),
        words(sentences.office_agents_contact()),
        figures(sentences.office_agents_waiting()),
        words(sentences.office_column_state()),
        words(sentences.office_column_act()),
    ];
    let rows = sight
        .devices
        .iter()
        .map(|device| {
            let id = device.id.to_string();
            let short = id.get(id.len() - 6..).unwrap_or_default().to_owned();
            let state = match (device.revoked_at, device.trouble, device.is_clock_wrong()) {
                (Some(_), ..) => ui::chip("trouble", "lock", sentences.office_devices_revoked()),
                (None, Some((trouble, at)), _) => with_small(
                    ui::chip("trouble", "warning", trouble_said(sentences, trouble)),
                    desk.moment(at),
                ),
                (None, None, true) => ui::chip(
                    "waiting",
                    "clock",
                    sentences
                        .office_devices_clock(&(device.clock_skew_ms.abs() / 60_000).to_string()),
                ),
                (None, None, false) => ui::chip("done", "check", sentences.office_person_active()),
            };
            let revoke = device.revoked_at.is_none().then(|| {
                let person = sight.person.id.to_string();
                widgets::act(
                    "/office/devices/revoke",
                    &[("device", &id), ("person", &person)],
                    "lock",
                    sentences.office_devices_revoke(),
                    "button button-quiet",
                )
            });
            let called = if device.name.is_empty() {
                view! { <bdi class="number">{short}</bdi> }.into_any()
            } else {
                view! { <bdi>{device.name.clone()}</bdi>" "<bdi class="number muted">{short}</bdi> }
                    .into_any()
            };
            // A device that never synced with a program of ours has told no version.
            let called = if device.build.is_empty() {
                called
            } else {
                with_small(called, sentences.office_devices_build(&device.build))
            };
            let named = view! { {called} {naming(desk, sight, device)} };
            let waiting = match &device.waiting.digest {
                // What is found later can be held against it.
                Some(digest) => with_small(
                    number(i64::from(device.waiting.orders)),
                    sentences.office_devices_digest(digest),
                ),
                None => number(i64::from(device.waiting.orders)),
            };
            Row::plain(vec![
                named.into_any(),
                said(desk.moment(device.last_contact_at)),
                waiting,
                state,
                revoke.into_any(),
            ])
        })
        .collect();
    view! { {widgets::table(sentences.office_devices_title(), "", &columns, rows, None)} <p class="muted small">{sentences.office_devices_text()}</p> }.into_any()
}

/// The form that names a device.
fn naming(desk: &Desk, sight: &Sight<'_>, device: &Device) -> AnyView {
    let sentences = desk.words();
    let (id, person) = (device.id.to_string(), sight.person.id.to_string());
    let field = ["device-name-", &id].concat();
    view! {
        <details class="more">
            <summary>{ui::icon("edit")}{sentences.office_devices_rename()}{ui::icon_flat("chevron-down")}</summary>
            <form class="field" method="post" action="/office/devices/name">
                <input type="hidden" name="device" value=id />
                <input type="hidden" name="person" value=person />
                <label for=field.clone()>{sentences.office_devices_name()}</label>
                <input class="input" id=field name="name" maxlength=NAME_CHARACTERS.to_string() value=device.name.clone() autocomplete="off" />
                <button class="button button-quiet" type="submit">{ui::icon("check")}{sentences.action_save()}</button>
            </form>
        </details>
    }
    .into_any()
}

/// What was wrong with a device's last contact.
fn trouble_said(sentences: Words, trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Unreadable => sentences.office_devices_unreadable(),
        Trouble::WrongProtocol => sentences.office_devices_wrong_protocol(),
        Trouble::TooLarge => sentences.office_devices_too_large(),
    }
}

fn sessions(desk: &Desk, sight: &Sight<'_>) -> AnyView {
    let sentences = desk.words();
    if sight.sessions.is_empty() {
        return view! { <p class="muted">{sentences.office_sessions_none()}</p> }.into_any();
    }
    let columns = [
        words(sentences.office_sessions_browser()),
        words(sentences.office_sessions_since()),
        words(sentences.office_sessions_used()),
        words(sentences.office_column_act()),
    ];
    let rows = sight
        .sessions
        .iter()
        .map(|session| {
            let person = sight.person.id.to_string();
            let label: String = session.label.chars().take(80).collect();
            let revoke = widgets::act(
                "/office/sessions/revoke",
                &[("session", &session.id), ("person", &person)],
                "lock",
                sentences.office_sessions_revoke(),
                "button button-quiet",
            );
            Row::plain(vec![
                view! { <bdi class="small" dir="ltr">{label}</bdi> }.into_any(),
                said(desk.moment(session.created_at)),
                said(desk.moment(session.last_used_at)),
                revoke,
            ])
        })
        .collect();
    widgets::table(sentences.office_sessions_title(), "", &columns, rows, None)
}

/// What a form about somebody holds when it is opened for them.
pub fn typed_of(person: &Person) -> Typed {
    let mut typed = Typed::default()
        .with("role", person.role.as_str())
        .with_text("name", &person.name)
        .with(
            "phone",
            person
                .phone
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        )
        .with("login", person.login.clone().unwrap_or_default())
        .with("language", person.language.clone());
    typed.0.extend(
        person
            .cooperatives
            .iter()
            .map(|id| ("cooperatives".to_owned(), id.to_string())),
    );
    typed
}

/// What was typed about somebody.
///
/// # Errors
/// What is wrong with it.
pub fn read(desk: &Desk, typed: &Typed) -> Result<PersonDetails, Vec<Problem>> {
    let words = desk.words();
    let mut reader = Reader::new(desk, typed);
    let role = Role::from_name(typed.get("role"));
    if role.is_none() {
        reader.wrong(
            "role",
            words.refusal_field_missing(words.office_field_role()),
        );
    }
    let role = role.unwrap_or(Role::Agent);
    let name = reader.text("name", words.office_field_name());
    let phone = reader.phone("phone");
    let login = Some(typed.get("login").to_lowercase()).filter(|login| !login.is_empty());
    if phone.is_none() && login.is_none() && typed.get("phone").is_empty() {
        reader.wrong("phone", words.office_problem_login());
    }
    let cooperatives: Vec<CooperativeId> = typed
        .all("cooperatives")
        .filter_map(|id| id.parse().ok())
        .collect();
    if role == Role::Cooperative && cooperatives.is_empty() {
        reader.wrong("cooperatives", words.office_problem_cooperative());
    }
    let details = PersonDetails {
        role,
        name,
        login,
        phone,
        language: LANGUAGES
            .iter()
            .find(|language| language.code == typed.get("language"))
            .map_or(LANGUAGES[0].code, |language| language.code)
            .to_owned(),
        cooperatives: if role == Role::Cooperative {
            cooperatives
        } else {
            Vec::new()
        },
    };
    reader.done(details)
}

/// The form about somebody: new, or known already.
pub fn form(
    desk: &Desk,
    typed: &Typed,
    problems: &[Problem],
    catalogue: &Catalogue,
    known: Option<PersonId>,
) -> String {
    let words = desk.words();
    let form = Form {
        desk,
        typed,
        problems,
    };
    let role = Role::from_name(typed.get("role")).unwrap_or(Role::Agent);
    let (title, address, act, back) = match known {
        None => (
            words.office_invite_title(),
            "/office/invite".to_owned(),
            words.office_invite_submit(),
            if role == Role::Agent {
                "/office/agents".to_owned()
            } else {
                "/office/team".to_owned()
            },
        ),
        Some(id) => (
            words.office_person_change(),
            format!("/office/people/{id}/change"),
            words.action_save(),
            format!("/office/people/{id}"),
        ),
    };
    let mut roles = vec![Role::Agent, Role::Cooperative];
    if desk.role == Role::Administrator {
        roles.extend([Role::Manager, Role::Administrator]);
    }
    let roles: Vec<(String, String)> = roles
        .into_iter()
        .map(|role| (role.as_str().to_owned(), words.role(role).to_owned()))
        .collect();
    let role_field = match known {
        // Nobody changes what somebody is: their history says who did what as what.
        Some(_) => view! { <input type="hidden" name="role" value=role.as_str() /> }.into_any(),
        None => form.select("role", words.office_field_role(), &roles),
    };
    let languages: Vec<(String, String)> = LANGUAGES
        .iter()
        .map(|language| (language.code.to_owned(), language.name.to_owned()))
        .collect();
    let shows_cooperatives = known.is_none() || role == Role::Cooperative;
    let cooperatives = shows_cooperatives.then(|| {
        let boxes: Vec<AnyView> = catalogue.cooperatives.iter().map(|one| form.check("cooperatives", &one.id.to_string(), &desk.text(&one.name))).collect();
        view! { <fieldset class="form-part" id="cooperatives"><legend>{words.office_field_cooperatives()}</legend><p class="field-hint">{words.office_invite_cooperatives_hint()}</p>{boxes}</fieldset> }
    });
    let figures = |kind| Line {
        kind,
        script: Script::Figures,
        optional: true,
        ..Line::default()
    };
    let inside = view! {
        <form class="form-page" method="post" action=address>
            {form.summary()}
            <fieldset class="form-part"><legend>{words.office_form_who()}</legend>
                {role_field}
                {form.text("name", words.office_field_name(), true)}
                <div class="field-pair">
                    {form.line("phone", words.customer_phone(), Line { inputmode: Some("tel"), hint: words.office_invite_phone_hint().to_owned(), ..figures("tel") })}
                    {form.line("login", words.office_field_login(), figures("text"))}
                </div>
                {form.select("language", words.public_language(), &languages)}
            </fieldset>
            {cooperatives}
            {form.foot(act, &back)}
        </form>
    };
    let about = if known.is_none() {
        words.office_invite_about()
    } else {
        ""
    };
    let room = if role == Role::Agent {
        Room::Agents
    } else {
        Room::Team
    };
    desk.page(
        room,
        title,
        desk.title(title, said(about)),
        inside.into_any(),
    )
}

/// A single-use link, shown once: as a picture to scan, as an address to send, in words to say.
pub fn link(desk: &Desk, person: &Person, link: &Link, address: &str) -> String {
    let words = desk.words();
    let name = desk.text(&person.name);
    let title = if person.has_joined {
        words.office_link_reset_title(&name)
    } else {
        words.office_link_title(&name)
    };
    let text = if person.has_joined {
        words.office_link_reset_text()
    } else {
        words.office_link_text()
    };
    let message = words.office_link_message(address);
    let share = format!("https://wa.me/?text={}", super::orders::encoded(&message));
    let body = view! {
        {ui::banner("waiting", "hourglass", words.office_link_once(), words.office_link_until(&desk.moment(link.expires_at)))}
        {person.has_joined.then(|| ui::banner("done", "shield", words.office_link_nothing_lost(), ""))}
        <div class="columns">
            <section class="part"><h2>{words.office_link_scan()}</h2>{ui::qr(address, &title)}</section>
            <section class="part">
                <h2>{words.office_link_send()}</h2>
                <div class="field">
                    <label for="link">{words.office_link_address()}</label>
                    <input class="input" id="link" readonly=true dir="ltr" value=address.to_owned() />
                    {copy(desk, "link")}
                </div>
                <div class="field">
                    <label for="message">{words.office_link_words()}</label>
                    <textarea id="message" rows="4" readonly=true>{ui::within_textarea(&message)}</textarea>
                    {copy(desk, "message")}
                </div>
                <div class="button-group no-print">
                    <a class="button" href=share rel="noreferrer noopener" target="_blank">{ui::icon("share")}{words.action_share()}</a>
                </div>
            </section>
        </div>
        <p>{widgets::go(format!("/office/people/{}", person.id), "arrow", words.office_link_back(), "button")}</p>
    };
    let room = if person.role == Role::Agent {
        Room::Agents
    } else {
        Room::Team
    };
    desk.page(
        room,
        &title,
        desk.title(&title, said(text)),
        body.into_any(),
    )
}

/// Copies what stands in a field. Without a script there is no button, and the field can be selected.
fn copy(desk: &Desk, field: &'static str) -> AnyView {
    let words = desk.words();
    view! {
        <div class="row no-print">
            <button class="button button-quiet" type="button" hidden=true data-copy=field data-copied=words.office_link_copied()>{ui::icon("copy")}{words.office_link_copy()}</button>
            <span class="small muted" role="status"></span>
        </div>
    }
    .into_any()
}
