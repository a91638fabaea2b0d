//! What stands around every page of the office: the navigation, who is at the desk, what just
//! happened.

use leptos::prelude::*;
use taswiq_backend::clock::Casablanca;
use taswiq_domain::person::Role;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};

use crate::public::{Setting, document};
use crate::ui;
use crate::words::Words;

/// For whom a page is laid out, and when.
#[derive(Clone)]
pub struct Desk {
    /// Language, theme, files, address.
    pub setting: Setting,
    /// Who.
    pub name: LocalText,
    /// What they are.
    pub role: Role,
    /// The server's clock.
    pub now: Timestamp,
    /// The calendar by which dates are told, each by the clock of its own day.
    pub calendar: Casablanca,
    /// Commands that wait for a person.
    pub parked: usize,
    /// Disputes that wait for an answer.
    pub disputes: usize,
    /// What was just done, by the code in the address.
    pub done: Option<Done>,
}

/// What the navigation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// The figures of the day.
    Today,
    /// Orders.
    Orders,
    /// Commands that wait for a person.
    Parked,
    /// What agents dispute.
    Disputes,
    /// Agents.
    Agents,
    /// Customers.
    Customers,
    /// Cooperatives.
    Cooperatives,
    /// Categories, products, prices.
    Catalogue,
    /// The commission plan.
    Plan,
    /// Months, statements, payments.
    Settlement,
    /// Everybody with an account in the office or for a cooperative.
    Team,
    /// The steps to a server that can sell.
    Start,
    /// The audit trail.
    Audit,
}

/// What was just done: said once, on the page that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Written down.
    Saved,
    /// Will hold from the moment given.
    Published,
    /// A session or device is out.
    Revoked,
    /// A parked command took effect.
    Accepted,
    /// A parked command was rejected.
    Rejected,
    /// A file was taken in.
    Imported,
    /// A month is closed for good.
    Closed,
    /// A dispute is under review.
    Taken,
    /// A dispute was answered.
    Answered,
    /// A draft is thrown away.
    Discarded,
}

impl Done {
    const ALL: [Self; 10] = [
        Self::Saved,
        Self::Published,
        Self::Revoked,
        Self::Accepted,
        Self::Rejected,
        Self::Imported,
        Self::Closed,
        Self::Taken,
        Self::Answered,
        Self::Discarded,
    ];

    /// Its name in an address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Published => "published",
            Self::Revoked => "revoked",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Imported => "imported",
            Self::Closed => "closed",
            Self::Taken => "taken",
            Self::Answered => "answered",
            Self::Discarded => "discarded",
        }
    }

    /// What that name means.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.as_str() == name)
    }

    /// The address `path` with the news of it.
    pub fn at(self, path: &str) -> String {
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{path}{separator}done={}", self.as_str())
    }

    fn words(self, words: Words) -> &'static str {
        match self {
            Self::Saved => words.office_done_saved(),
            Self::Published => words.office_done_published(),
            Self::Revoked => words.office_done_revoked(),
            Self::Accepted => words.office_done_accepted(),
            Self::Rejected => words.office_done_rejected(),
            Self::Imported => words.office_done_imported(),
            Self::Closed => words.office_done_closed(),
            Self::Taken => words.office_done_taken(),
            Self::Answered => words.office_done_answered(),
            Self::Discarded => words.office_done_discarded(),
        }
    }
}

impl Desk {
    /// The sentences.
    pub fn words(&self) -> Words {
        self.setting.words
    }

    /// A name in the reader's language.
    pub fn text(&self, text: &LocalText) -> String {
        text.get(self.setting.words.code()).to_owned()
    }

    /// The civil date it is in Morocco.
    pub fn today(&self) -> CivilDate {
        self.calendar.date_at(self.now)
    }

    /// `22 novembre, 10:41`, with the year when it is another one.
    pub fn moment(&self, moment: Timestamp) -> String {
        let words = self.words();
        let date = self.calendar.date_at(moment);
        let offset = self.calendar.offset_at(moment);
        if date.year_month_day().0 == self.today().year_month_day().0 {
            words.moment(moment, offset)
        } else {
            words.date_moment(&words.date_full(date), &crate::words::time(moment, offset))
        }
    }

    /// A page: `head` holds the title and what stands beside it, `body` the rest.
    pub fn page(&self, room: Room, title: &str, head: AnyView, body: AnyView) -> String {
        let words = self.words();
        let news = self.done.map(|done| {
            view! { <div role="status" data-taken="">{ui::banner("done", "check", done.words(words), "")}</div> }
        });
        let script = self.setting.assets.url("office.js");
        let whole = view! {
            <a class="skip-link" href="#content">{words.office_skip()}</a>
            <div class="office-frame">
                {self.navigation(room)}
                <main class="office-main" id="content" tabindex="-1">
                    <div class="office-head">{head}</div>
                    {news}
                    {body}
                    <footer class="no-print">{self.setting.language_choice()}</footer>
                </main>
            </div>
            <script type="module" src=script></script>
        };
        document(&self.setting, title, whole)
    }

    /// The title of a page with a line about it.
    pub fn title(&self, title: &str, about: AnyView) -> AnyView {
        let title = title.to_owned();
        view! { <div class="screen-title"><h1>{title}</h1><p>{about}</p></div> }.into_any()
    }

    fn navigation(&self, current: Room) -> AnyView {
        let words = self.words();
        let places = [
            (Room::Today, "/office", "home", words.office_nav_today()),
            (
                Room::Orders,
                "/office/orders",
                "orders",
                words.office_nav_orders(),
            ),
            (
                Room::Parked,
                "/office/parked",
                "eye",
                words.office_nav_parked(),
            ),
            (
                Room::Disputes,
                "/office/disputes",
                "scales",
                words.office_nav_disputes(),
            ),
            (
                Room::Agents,
                "/office/agents",
                "people",
                words.office_nav_agents(),
            ),
            (
                Room::Customers,
                "/office/customers",
                "door",
                words.office_nav_customers(),
            ),
            (
                Room::Cooperatives,
                "/office/cooperatives",
                "cooperative",
                words.office_nav_cooperatives(),
            ),
            (
                Room::Catalogue,
                "/office/products",
                "tag",
                words.office_nav_catalogue(),
            ),
            (
                Room::Plan,
                "/office/plan",
                "percent",
                words.office_nav_plan(),
            ),
            (
                Room::Settlement,
                "/office/settlement",
                "bank",
                words.office_nav_settlement(),
            ),
            (
                Room::Team,
                "/office/team",
                "person",
                words.office_nav_team(),
            ),
            (
                Room::Start,
                "/office/start",
                "list",
                words.office_nav_start(),
            ),
        ];
        let audit = (self.role == Role::Administrator).then_some((
            Room::Audit,
            "/office/audit",
            "history",
            words.office_nav_audit(),
        ));
        let links: Vec<AnyView> = places
            .into_iter()
            .chain(audit)
            .map(|(room, address, icon, word)| {
                let here = (room == current).then_some("page");
                let (waiting, said) = match room {
                    Room::Parked => (self.parked, words.office_nav_parked_count(self.parked)),
                    Room::Disputes => (self.disputes, words.office_nav_disputes_count(self.disputes)),
                    _ => (0, String::new()),
                };
                let count = (waiting > 0).then(|| {
                    view! { <span class="count" aria-label=said>{waiting}</span> }
                });
                view! { <li><a href=address aria-current=here>{ui::icon(icon)}{word}{count}</a></li> }.into_any()
            })
            .collect();
        let mark = format!("{}#mark", self.setting.assets.url("mark.svg"));
        view! {
            <nav class="side-nav no-print" aria-label=words.office_nav_label()>
                <a class="brand" href="/office">
                    <svg viewBox="0 0 64 64" aria-hidden="true"><use href=mark></use></svg>
                    {words.app_name()}
                </a>
                <ul>{links}</ul>
                <div class="side-nav-foot">
                    <span class="small muted">{words.office_nav_who(&self.text(&self.name), words.role(self.role))}</span>
                    <form method="post" action="/sign-out">
                        <button type="submit">{ui::icon("sign-out")}{words.office_nav_sign_out()}</button>
                    </form>
                </div>
            </nav>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_by_the_clock_of_its_own_day() {
        let at = |ms| Timestamp(ms);
        let desk = Desk {
            setting: Setting {
                words: Words::of("fr"),
                theme: None,
                assets: Default::default(),
                address: "/office".to_owned(),
            },
            name: LocalText::default(),
            role: Role::Manager,
            // 28 November 2026, when Morocco keeps universal time, as it has since 20 September.
            now: at(1_795_870_800_000),
            calendar: Casablanca::default(),
            parked: 0,
            disputes: 0,
            done: None,
        };
        // August began an hour before midnight of universal time.
        assert_eq!(desk.moment(at(1_785_538_800_000)), "1 août, 00:00");
        assert_eq!(desk.moment(at(1_795_870_800_000)), "28 novembre, 13:00");
    }
}
