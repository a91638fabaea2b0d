//! The page of a statement through the whole router: what a month's tiers add is computed again in front
//! of the reader, and every figure leads to the entries it rests on, on both databases.

use crate::healing::Place;
use crate::world::World;
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::sync::Arc;
use taswiq_app::words::Words;
use taswiq_backend::clock::{Clock, SettableClock, SystemClock};
use taswiq_backend::settlement::{MonthState, Rated, StatementSight};
use taswiq_backend::{Office, demo};
use taswiq_domain::access::Actor;
use taswiq_domain::commission::Pays;
use taswiq_domain::explain::exact_figures;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::Purpose;
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::person::Role;
use taswiq_domain::settlement::rules::Tier;
use taswiq_server::statements::paper;

/// So many that the best sellers of a month reach the tiers that add something.
const ORDERS: u32 = 2_500;

/// The demo company, whose months are closed one after the other.
struct Company {
    world: World,
    cookie: String,
}

impl Company {
    async fn new(database: Option<&str>) -> Self {
        let clock = Arc::new(SettableClock::new(SystemClock.now()));
        let world = World::empty_with_clock(clock, database).await;
        let office = &world.server.office;
        let options = demo::Options::until(1, ORDERS, office.now(), office.calendar());
        demo::fill(office, options, |_| ()).await.expect("filled");
        let signed_in = office.sign_in("manager-01", demo::PASSWORD, "test").await;
        let cookie = format!("taswiq={}", signed_in.expect("signed in").token.as_str());
        Self { world, cookie }
    }

    fn office(&self) -> &Office {
        &self.world.server.office
    }

    /// What a page says to the eye, in that language, and what it is made of.
    async fn page(&self, path: &str, language: &str) -> (String, String) {
        let cookie = format!("{}; lang={language}", self.cookie);
        let answer = self.world.ask("GET", path).header("cookie", &cookie);
        let answer = answer.send().await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let page = answer.text().await;
        (seen(&page), page)
    }

    /// Closes months, the oldest first, until somebody's turnover reaches into a tier that adds something.
    async fn paid_tier(&self) -> StatementSight {
        let manager = manager();
        loop {
            let months = self.office().months(&manager).await.expect("months");
            let due = months
                .iter()
                .rev()
                .find(|month| month.state == MonthState::Due);
            let period = due
                .expect("somebody reaches a tier that adds something")
                .period;
            let closed = self.office().close_period(&manager, period).await;
            closed.expect("closed");
            let closed = self.office().closed_month(&manager, period).await;
            for summary in closed.expect("closed").statements {
                let sight = self
                    .office()
                    .statement(&manager, summary.agent, period)
                    .await
                    .expect("a statement");
                let month = sight.document.statement.month().expect("figures");
                if month.now.supplement.slices.len() > 1 && month.now.supplement.amount.0 > 0 {
                    return sight;
                }
            }
        }
    }
}

fn manager() -> Actor {
    Actor {
        person: PersonId(1),
        role: Role::Manager,
        cooperatives: Vec::new(),
    }
}

/// A page with plain spaces, and without marks of direction.
fn plain(page: &str) -> String {
    page.replace("<!>", "")
        .replace(['\u{a0}', '\u{202f}'], " ")
        .replace(['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}'], "")
}

/// What of it is shown.
fn seen(page: &str) -> String {
    let page = plain(page);
    let mut words = String::new();
    let mut is_tag = false;
    for letter in page.chars() {
        match letter {
            '<' => is_tag = true,
            '>' => is_tag = false,
            letter if !is_tag => words.push(letter),
            _ => {}
        }
    }
    words
}

/// What tiers add to a turnover, by hand: each slice in millionths of a centime.
fn slices(tiers: &[Tier], turnover: i64) -> Vec<i128> {
    let of_tier = |tier: &Tier| {
        let above = tier.below.map_or(turnover, |below| below.0.min(turnover)) - tier.from.0;
        i128::from(above) * i128::from(tier.rate.0)
    };
    tiers
        .iter()
        .filter(|tier| tier.from.0 < turnover)
        .map(of_tier)
        .collect()
}

/// The address that a page leads to and that begins like this.
fn linked<'a>(page: &'a str, beginning: &str) -> Option<&'a str> {
    page.split("href=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|address| address.starts_with(beginning))
}

async fn a_paid_tier_is_computed_again_and_leads_to_its_entries(database: Option<&str>) {
    let company = Company::new(database).await;
    let sight = company.paid_tier().await;
    let statement = &sight.document.statement;
    let (period, agent) = (statement.period, statement.agent);
    let settled = statement.month().expect("figures");
    // By hand, from the entries and the plan: marginal slices, summed exactly, rounded once.
    let catalogue = company.office().catalogue().await.expect("a catalogue");
    let calendar = company.office().calendar();
    let plan = catalogue.plan_of_month(period, calendar).expect("a plan");
    let turnover = settled.now.supplement.turnover;
    let by_entries: i64 = sight.entries.iter().map(|entry| entry.base.0).sum();
    assert_eq!(
        turnover.0, by_entries,
        "the first month: nothing concerns another"
    );
    let slices = slices(&plan.period.tiers, turnover.0);
    let exact: i128 = slices.iter().sum();
    let supplement = Centimes(((exact + 500_000) / 1_000_000) as i64);
    let reached = plan.period.targets.iter().rev();
    let bonus = reached.clone().find(|target| target.reach <= turnover);
    let bonus = bonus.map_or(Centimes::ZERO, |target| target.bonus);
    let in_all = Centimes(supplement.0 + bonus.0);

    let path = format!("/office/settlement/{period}/agents/{agent}");
    let verdict = |language| match language {
        "fr" => format!(
            "Recalculé devant vous avec le plan {} : {in_all}, comme inscrit",
            plan.version
        ),
        _ => format!(
            "أُعيد الحساب أمامك بالخطة {}: {in_all}، كما هو مسجّل",
            plan.version
        ),
    };
    for language in ["fr", "ar"] {
        let (words, page) = company.page(&path, language).await;
        // To the last digit: nothing may stand behind it.
        let marked = plain(&page);
        for slice in &slices {
            let figure = exact_figures(*slice).replace('\u{202f}', " ");
            assert!(
                marked.contains(&format!(">{figure}<")),
                "{language}: {figure}"
            );
        }
        let sum = exact_figures(exact).replace('\u{202f}', " ");
        assert!(
            marked.contains(&format!(" {sum}</small>")),
            "{language}: {sum}"
        );
        let mut expected = Vec::new();
        for figure in [turnover, supplement, bonus, in_all] {
            expected.push(figure.to_string());
        }
        expected.push(verdict(language));
        expected.push(match language {
            "fr" => "Somme des tranches, arrondie une seule fois".to_owned(),
            _ => "مجموع الشرائح، مقرّب مرة واحدة".to_owned(),
        });
        for expected in expected {
            let expected = expected.replace(['\u{a0}', '\u{202f}'], " ");
            assert!(words.contains(&expected), "{language}: {expected}: {words}");
        }
        // In the list of rooms, and beside the supplement.
        assert_eq!(
            page.matches("href=\"/office/plan\"").count(),
            2,
            "the plan and its versions"
        );
    }

    // From the row of the supplement to the entry that posted it, and back to the statement.
    let (_, page) = company.page(&path, "fr").await;
    let row = |purpose: Purpose| {
        format!(
            "{path}?of={}&amp;concerns={period}#entries",
            purpose.as_str()
        )
    };
    let address = linked(&page, &row(Purpose::TierSupplement)).expect("a row that opens");
    let address = address.replace("&amp;", "&").replace("#entries", "");
    let (_, list) = company.page(&address, "fr").await;
    assert!(list.contains("id=\"entries\" open"), "{list}");
    let posted: Vec<i64> = sight
        .settling
        .iter()
        .filter(|entry| entry.purpose == Purpose::TierSupplement)
        .map(|entry| entry.number)
        .collect();
    assert_eq!(posted.len(), 1);
    assert_eq!(entries_linked(&list), posted);
    let (words, entry) = company
        .page(&format!("/office/entries/{}", posted[0]), "fr")
        .await;
    let amount = supplement.to_string().replace(['\u{a0}', '\u{202f}'], " ");
    assert!(words.contains(&amount), "{words}");
    assert!(linked(&entry, &path).is_some());

    // From the row of what vested to its entries, and from one of them to rule and version.
    let address = linked(&page, &row(Purpose::CommissionVested)).expect("a row that opens");
    let address = address.replace("&amp;", "&").replace("#entries", "");
    let (_, list) = company.page(&address, "fr").await;
    let vested: Vec<i64> = sight
        .entries
        .iter()
        .filter(|entry| entry.purpose == Purpose::CommissionVested)
        .map(|entry| entry.number)
        .collect();
    assert_eq!(entries_linked(&list), vested);
    let (words, _) = company
        .page(&format!("/office/entries/{}", vested[0]), "fr")
        .await;
    let rates = company.office().rates_of(&sight).await.expect("rates");
    assert!(rates.contains_key(&vested[0]), "a line earned it by a rate");
    on_paper_each_entry_of_a_line_has_its_rate(&company, &sight, &rates);
    assert!(
        words.contains("Règle ") && words.contains(", plan "),
        "{words}"
    );
    every_figure_of_a_month_leads_somewhere(&company, period).await;
}

/// The numbers of the entries that the table of a page leads to, in its order.
fn entries_linked(page: &str) -> Vec<i64> {
    let number = |rest: &str| {
        rest.split('"')
            .next()
            .and_then(|number| number.parse().ok())
    };
    let linked = page.split("href=\"/office/entries/").skip(1);
    linked.filter_map(number).collect()
}

fn on_paper_each_entry_of_a_line_has_its_rate(
    company: &Company,
    sight: &StatementSight,
    rates: &BTreeMap<i64, Rated>,
) {
    let offset = company
        .office()
        .calendar()
        .offset_at(company.world.server.now());
    for language in ["fr", "ar"] {
        let words = Words::of(language);
        let printed = paper::of(
            words,
            offset,
            sight,
            rates,
            "https://taswiq.example".to_owned(),
        );
        assert_eq!(printed.entries.len(), sight.entries.len());
        for (entry, on_paper) in sight.entries.iter().zip(&printed.entries) {
            let rated = rates.get(&entry.number);
            let expected = match rated.map(|rated| &rated.pays) {
                Some(Pays::Rate { rate }) => rate.to_string(),
                Some(Pays::PerUnit { amount }) => words.statement_paper_per_unit(&amount.figures()),
                _ => String::new(),
            };
            assert_eq!(on_paper.rate, expected, "{language}: {}", entry.number);
            if let Some(cap) = rated.and_then(|rated| rated.cap) {
                assert!(
                    on_paper
                        .what
                        .ends_with(&words.statement_paper_capped(&cap.to_string()))
                );
            }
            assert_eq!(
                expected.is_empty(),
                entry.line.is_none(),
                "{}",
                entry.number
            );
        }
        assert!(printed.pdf().is_ok(), "{language}");
    }
}

async fn every_figure_of_a_month_leads_somewhere(company: &Company, period: Period) {
    let (_, page) = company
        .page(&format!("/office/settlement/{period}"), "fr")
        .await;
    let tiles = page.matches("class=\"figure-tile\"").count();
    assert_eq!(
        page.matches("<a href=\"#agents\" class=\"figure-tile\"")
            .count(),
        tiles
    );
    assert_eq!(tiles, 4, "{page}");
    assert_eq!(page.matches("id=\"agents\"").count(), 1);
    let agents = format!("href=\"/office/settlement/{period}/agents/");
    assert!(page.matches(&agents).count() > 1);
}

#[tokio::test]
async fn a_paid_tier_is_computed_again_and_leads_to_its_entries_on_sqlite() {
    a_paid_tier_is_computed_again_and_leads_to_its_entries(None).await;
}

#[tokio::test]
async fn a_paid_tier_is_computed_again_and_leads_to_its_entries_on_postgres() {
    let Some(place) = Place::schema("paid_tier").await else {
        return;
    };
    a_paid_tier_is_computed_again_and_leads_to_its_entries(Some(&place.url)).await;
    place.remove().await;
}
