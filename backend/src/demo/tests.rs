//! The promises of the demo company, at a size that takes a moment.

use super::*;
use crate::clock::Casablanca;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use taswiq_domain::catalogue::Picture;
use taswiq_domain::commission;
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::ids::{CooperativeId, PersonId};
use taswiq_domain::law::Regime;
use taswiq_domain::ledger::{Account, Purpose};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{
    CancelledBy, Fault, Order, OrderEvent, PaymentMethod, Progress, Proof, Reason, Stage, SubOrder,
    Withdrawal,
};

const SMALL: u32 = 400;

fn demo(seed: u64, orders: u32) -> Demo {
    let calendar = Casablanca::default();
    let as_of = CivilDate::new(2026, 11, 22).expect("a date");
    Demo::new(Options::as_of(seed, orders, as_of, &calendar), &calendar).expect("a company")
}

fn told(demo: &Demo) -> Vec<History> {
    demo.histories()
        .collect::<Result<_, _>>()
        .expect("a history that the rules allow")
}

/// Three thousand orders, lived once for all tests that only look at them.
static THREE_THOUSAND: LazyLock<(Demo, Vec<History>)> = LazyLock::new(|| {
    let demo = demo(1, 3_000);
    let histories = told(&demo);
    (demo, histories)
});

fn digest(demo: &Demo) -> Vec<u8> {
    let mut hash = Sha256::new();
    let company = demo.company();
    hash.update(serde_json::to_vec(&company.catalogue).expect("serialises"));
    hash.update(format!("{:?}{:?}", company.people, company.cooperatives));
    for customer in demo.customers() {
        hash.update(format!("{customer:?}"));
    }
    for history in demo.histories() {
        let history = history.expect("a history");
        hash.update(serde_json::to_vec(history.order()).expect("serialises"));
        hash.update(serde_json::to_vec(history.events()).expect("serialises"));
        hash.update(serde_json::to_vec(history.transfers()).expect("serialises"));
    }
    hash.finalize().to_vec()
}

fn sub_orders(histories: &[History]) -> impl Iterator<Item = (&Order, &SubOrder)> {
    histories.iter().flat_map(|history| {
        history
            .order()
            .sub_orders
            .iter()
            .map(|part| (history.order(), part))
    })
}

fn events(histories: &[History]) -> impl Iterator<Item = &OrderEvent> {
    histories
        .iter()
        .flat_map(|history| history.events().iter().map(|recorded| &recorded.event))
}

#[test]
fn the_same_seed_gives_the_same_company_and_another_seed_another() {
    let first = digest(&demo(7, SMALL));
    assert_eq!(first, digest(&demo(7, SMALL)));
    assert_ne!(first, digest(&demo(8, SMALL)));
}

#[test]
fn every_state_occurs_in_three_thousand_orders() {
    for (demo, histories) in [&*THREE_THOUSAND, &{
        let other = demo(20_261_122, 3_000);
        let histories = told(&other);
        (other, histories)
    }] {
        assert_eq!(histories.len(), 3_000);
        let now = demo.options().ends_at;
        let expect = |what: &str, least: usize, count: usize| {
            assert!(count >= least, "{what}: {count} of at least {least}");
        };
        for stage in Stage::ALL {
            let count = sub_orders(histories)
                .filter(|(_, part)| part.stage == stage)
                .count();
            expect(stage.as_str(), 1, count);
        }
        for progress in Progress::ALL {
            let count = histories
                .iter()
                .filter(|history| history.order().progress() == Ok(progress))
                .count();
            expect(progress.as_str(), 20, count);
        }
        for reason in Reason::OF_COOPERATIVES {
            let refused = |event: &&OrderEvent| matches!(event, OrderEvent::Refused { reason: given, .. } if *given == reason);
            expect(
                reason.as_str(),
                1,
                events(histories).filter(refused).count(),
            );
        }
        for reason in Reason::OF_DELIVERIES {
            let now_failed = |(_, part): &(&Order, &SubOrder)| {
                part.stage == Stage::Failed && part.reason == Some(reason)
            };
            expect(
                reason.as_str(),
                1,
                sub_orders(histories).filter(now_failed).count(),
            );
        }
        for fault in [
            Fault::Customer,
            Fault::Agent,
            Fault::Cooperative,
            Fault::Logistics,
        ] {
            let returned = |event: &&OrderEvent| matches!(event, OrderEvent::Returned { fault: given, .. } if *given == fault);
            expect("returned", 1, events(histories).filter(returned).count());
        }
        for by in [CancelledBy::Agent, CancelledBy::Customer] {
            let cancelled = |event: &&OrderEvent| matches!(event, OrderEvent::Cancelled { by: given, .. } if *given == by);
            expect("cancelled", 5, events(histories).filter(cancelled).count());
        }
        for method in PaymentMethod::ALL {
            let paid = |event: &&OrderEvent| matches!(event, OrderEvent::Collected { method: given, .. } if *given == method);
            expect("paid", 5, events(histories).filter(paid).count());
        }
        let declared = |event: &&OrderEvent| matches!(event, OrderEvent::DeclaredEarly { .. });
        expect(
            "declared early",
            3,
            events(histories).filter(declared).count(),
        );
        let amended = |event: &&OrderEvent| matches!(event, OrderEvent::Amended { .. });
        expect("amended", 5, events(histories).filter(amended).count());
        for accepted in [true, false] {
            let answered = |event: &&OrderEvent| matches!(event, OrderEvent::ChangeAnswered { accepted: given, .. } if *given == accepted);
            expect("answered", 5, events(histories).filter(answered).count());
        }
        let by_signature = |event: &&OrderEvent| {
            matches!(
                event,
                OrderEvent::Delivered {
                    proof: Proof::Signature { .. },
                    ..
                }
            )
        };
        let by_digits = |event: &&OrderEvent| {
            matches!(
                event,
                OrderEvent::Delivered {
                    proof: Proof::ReceiptDigits { .. },
                    ..
                }
            )
        };
        expect(
            "proof by signature",
            100,
            events(histories).filter(by_signature).count(),
        );
        expect(
            "proof by digits",
            100,
            events(histories).filter(by_digits).count(),
        );
        let partly = |(_, part): &(&Order, &SubOrder)| part.is_partly_confirmed();
        expect(
            "partly confirmed",
            20,
            sub_orders(histories).filter(partly).count(),
        );
        let open = |(_, part): &(&Order, &SubOrder)| matches!(part.withdrawal, Withdrawal::Open { closes_at } if closes_at > now);
        expect(
            "withdrawal open",
            20,
            sub_orders(histories).filter(open).count(),
        );
        for regime in [
            Regime::Doorstep7d,
            Regime::RegularRound,
            Regime::OwnProduction,
            Regime::Professional,
        ] {
            let sold = |(_, part): &(&Order, &SubOrder)| part.regime == regime;
            expect(
                regime.as_str(),
                50,
                sub_orders(histories).filter(sold).count(),
            );
        }
        // What orders alone can bring: a month that closes brings the others.
        for purpose in [
            Purpose::CommissionPending,
            Purpose::CommissionVested,
            Purpose::CommissionReversed,
            Purpose::CommissionCharged,
            Purpose::Sale,
            Purpose::Payment,
            Purpose::Deposit,
            Purpose::DepositReleased,
        ] {
            let count = histories
                .iter()
                .flat_map(|history| history.transfers())
                .filter(|transfer| transfer.purpose == purpose)
                .count();
            expect(purpose.as_str(), 1, count);
        }
    }
}

#[test]
fn every_order_replays_from_its_events_to_its_state() {
    for history in &THREE_THOUSAND.1 {
        let replayed = Order::replay(
            history
                .events()
                .iter()
                .map(|recorded| (&recorded.event, recorded.made_at)),
        );
        assert_eq!(replayed.as_ref(), Ok(history.order()));
        assert_eq!(history.order().revision as usize, history.events().len());
        for (recorded, number) in history.events().iter().zip(1..) {
            assert_eq!(recorded.number, number);
            assert!(
                recorded.made_at <= recorded.received_at,
                "known before it happened"
            );
        }
        assert!(
            history
                .events()
                .is_sorted_by_key(|recorded| recorded.received_at),
            "events are numbered as the server takes them in"
        );
        assert_eq!(history.events()[0].received_at, history.received_at());
    }
}

#[test]
fn the_ledger_sums_to_zero_and_says_what_the_orders_say() {
    let mut balances: BTreeMap<Account, i64> = BTreeMap::new();
    let mut causes = BTreeSet::new();
    for transfer in THREE_THOUSAND
        .1
        .iter()
        .flat_map(|history| history.transfers())
    {
        assert!(
            causes.insert(transfer.cause_key()),
            "one cause, two transfers"
        );
        *balances.entry(transfer.debit).or_default() -= transfer.amount.0;
        *balances.entry(transfer.credit).or_default() += transfer.amount.0;
    }
    assert_eq!(balances.values().sum::<i64>(), 0);
    let mut standings: BTreeMap<Account, i64> = BTreeMap::new();
    for (order, part) in sub_orders(&THREE_THOUSAND.1) {
        for line in &part.lines {
            let earners = commission::standings(part, line, order.agent).expect("small figures");
            for (person, standing) in earners {
                *standings.entry(Account::AgentPending(person)).or_default() += standing.pending.0;
                *standings.entry(Account::AgentEarned(person)).or_default() += standing.earned.0;
            }
        }
    }
    for (account, sum) in standings {
        assert_eq!(
            balances.get(&account).copied().unwrap_or_default(),
            sum,
            "{account:?}"
        );
    }
}

#[test]
fn somebody_leads_somebody_shares_and_every_lead_earns() {
    let (demo, histories) = &*THREE_THOUSAND;
    let company = demo.company();
    let terms = company.people.iter().flat_map(|person| {
        let terms = person.engagements.iter();
        terms.map(|engagement| (person.id, engagement))
    });
    let mut leads = BTreeSet::new();
    let mut shared = 0;
    for (agent, engagement) in terms {
        assert_eq!(engagement.check(agent), Ok(()));
        leads.extend(engagement.lead);
        shared += usize::from(!engagement.shares.is_empty());
    }
    assert!(!leads.is_empty() && shared > 0);
    assert!(
        company
            .catalogue
            .plans
            .iter()
            .all(|plan| plan.check() == Ok(()))
    );
    let earned_by: BTreeSet<PersonId> = histories
        .iter()
        .flat_map(|history| &history.order().sub_orders)
        .flat_map(|part| &part.lines)
        .filter_map(|line| line.commission.lead)
        .map(|lead| lead.person)
        .collect();
    assert_eq!(earned_by, leads);
}

#[test]
fn the_history_ends_as_of_that_day_and_nothing_comes_from_the_future() {
    let (demo, histories) = &*THREE_THOUSAND;
    let options = demo.options();
    let days = &demo.days;
    assert!(histories.is_sorted_by_key(|history| history.events()[0].made_at));
    let first = histories.first().expect("an order").order().placed_at;
    let last = histories.last().expect("an order").order().placed_at;
    assert!(days.date_at(first) <= options.first_day().plus_days(3));
    assert_eq!(days.date_at(last), options.as_of);
    for recorded in histories.iter().flat_map(|history| history.events()) {
        assert!(recorded.received_at <= options.ends_at);
    }
    // What the server's clock would have done is done.
    for history in histories {
        for part in &history.order().sub_orders {
            if let Withdrawal::Open { closes_at } = part.withdrawal {
                assert!(closes_at > options.ends_at);
            }
            let expires_at = history
                .received_at()
                .plus_hours(taswiq_domain::limits::CONFIRM_EXPIRY_HOURS);
            assert!(part.stage != Stage::Awaiting || expires_at > options.ends_at);
        }
    }
}

#[test]
fn a_history_made_at_night_ends_at_night() {
    let calendar = Casablanca::default();
    let as_of = CivilDate::new(2026, 11, 22).expect("a date");
    for minute in [0, 1, 449, 450, 539, 541, 1_439] {
        let now = calendar.start_of(as_of).plus_ms(minute * 60_000);
        let demo = Demo::new(Options::until(1, 300, now, &calendar), &calendar).expect("a company");
        let histories = told(&demo);
        assert_eq!(histories.len(), 300);
        let last = histories
            .iter()
            .flat_map(|history| history.events())
            .map(|recorded| recorded.received_at)
            .max();
        assert!(last <= Some(now), "an event after {minute} minutes");
    }
}

#[test]
fn every_cooperative_and_agent_has_something_to_look_at() {
    let (demo, histories) = &*THREE_THOUSAND;
    for joined in &demo.company().cooperatives {
        let id = joined.cooperative.id;
        let awaiting = sub_orders(histories)
            .filter(|(_, part)| part.cooperative == id && part.stage == Stage::Awaiting)
            .count();
        assert!(awaiting >= 2, "nothing to confirm for {id}");
    }
    let mut standings: BTreeMap<PersonId, [i64; 3]> = BTreeMap::new();
    let mut stages: BTreeMap<PersonId, BTreeSet<Stage>> = BTreeMap::new();
    for (order, part) in sub_orders(histories) {
        let standing = commission::standing_of(part).expect("small figures");
        let sums = standings.entry(order.agent).or_default();
        for (sum, more) in
            sums.iter_mut()
                .zip([standing.estimate, standing.pending, standing.earned])
        {
            *sum += more.0;
        }
        stages.entry(order.agent).or_default().insert(part.stage);
    }
    for agent in &demo.company().agents {
        assert!(
            standings[agent].iter().all(|sum| *sum > 0),
            "{agent}: {:?}",
            standings[agent]
        );
        assert!(stages[agent].len() >= 5, "{agent}: {:?}", stages[agent]);
    }
}

#[test]
fn customers_are_of_both_kinds_and_both_scripts_and_no_phone_is_given_twice() {
    let demo = &THREE_THOUSAND.0;
    let mut phones = BTreeSet::new();
    let (mut shops, mut arabic, mut count) = (0, 0, 0);
    let company = demo.company();
    let of_company = company
        .people
        .iter()
        .filter(|person| person.role != Role::Cooperative)
        .filter_map(|person| person.phone.as_ref())
        .chain(company.cooperatives.iter().map(|joined| &joined.phone));
    for phone in of_company.chain(
        demo.customers()
            .filter_map(|customer| customer.customer.details.phone.as_ref()),
    ) {
        assert!(phone.as_e164().starts_with("+2126000"), "{phone}");
        assert!(phones.insert(phone.clone()), "{phone} is given twice");
    }
    for customer in demo.customers() {
        let details = &customer.customer.details;
        count += 1;
        shops += u32::from(details.kind == CustomerKind::Professional);
        arabic += u32::from(details.first_name.chars().any(|letter| letter > '\u{600}'));
        assert!(!details.first_name.is_empty() && !details.place.is_empty());
    }
    assert_eq!(count, 2_000);
    assert!((180..300).contains(&shops), "{shops} shops");
    assert!(
        (600..1_000).contains(&arabic),
        "{arabic} names in Arabic letters"
    );
}

#[test]
fn nobody_sells_to_a_customer_not_yet_registered() {
    let (demo, histories) = &*THREE_THOUSAND;
    let since: BTreeMap<_, _> = demo
        .customers()
        .map(|customer| (customer.customer.id, (customer.agent, customer.created_at)))
        .collect();
    for history in histories {
        let (agent, created_at) = since[&history.order().customer];
        assert_eq!(agent, history.order().agent);
        assert!(created_at < history.order().placed_at);
    }
}

#[test]
fn the_catalogue_can_be_sold_from() {
    let demo = &THREE_THOUSAND.0;
    let company = demo.company();
    let catalogue = &company.catalogue;
    let first = demo.days.start_of(demo.options().first_day());
    assert_eq!(catalogue.cooperatives.len(), 24);
    assert!(catalogue.products.len() >= 300);
    assert!((3..=4).contains(&catalogue.price_lists.len()));
    assert_eq!(catalogue.plans.len(), 2);
    assert!(
        catalogue.price_list_at(first.plus_ms(-1)).is_some(),
        "a list from before the history"
    );
    assert!(
        catalogue.plan_at(first.plus_ms(-1)).is_some(),
        "a plan from before the history"
    );
    for list in &catalogue.price_lists {
        assert!(list.valid_from <= demo.options().ends_at);
    }
    for plan in &catalogue.plans {
        assert_eq!(plan.check(), Ok(()));
        assert!(
            plan.rule(1)
                .is_some_and(|rule| rule.when == Default::default())
        );
    }
    let both_languages = |text: &taswiq_domain::text::LocalText| {
        ["fr", "ar"]
            .iter()
            .all(|language| text.0.get(*language).is_some_and(|name| !name.is_empty()))
    };
    for product in &catalogue.products {
        assert!(both_languages(&product.name) && both_languages(&product.unit));
        assert!(catalogue.cooperative(product.cooperative).is_some());
        assert!(catalogue.category(product.category).is_some());
        assert!(product.vat_at(first).is_some());
        for price in &product.prices {
            assert!(
                price.retail > price.semi_wholesale
                    && price.semi_wholesale > price.wholesale
                    && price.wholesale > Centimes::ZERO,
                "{:?}",
                product.name
            );
        }
    }
    for cooperative in &catalogue.cooperatives {
        assert!(both_languages(&cooperative.name) && both_languages(&cooperative.place));
        assert!(cooperative.convention_at(first).is_some());
    }
    let changed_most = catalogue
        .price_lists
        .iter()
        .skip(1)
        .map(|list| {
            let changed = |product: &&taswiq_domain::catalogue::Product| {
                product
                    .prices
                    .iter()
                    .any(|price| price.version == list.version)
            };
            catalogue.products.iter().filter(changed).count()
        })
        .max();
    assert_eq!(changed_most, Some(50));
}

#[test]
fn every_drawing_exists() {
    let sprite = include_str!("../../../public/drawings.svg");
    let tints = include_str!("../../../style/drawings.css");
    let catalogue = &THREE_THOUSAND.0.company().catalogue;
    let pictures = catalogue
        .products
        .iter()
        .map(|product| &product.picture)
        .chain(
            catalogue
                .categories
                .iter()
                .map(|category| &category.picture),
        );
    for Picture { shape, tint, motif } in pictures {
        assert!(
            sprite.contains(&format!("id=\"shape-{shape}\"")),
            "shape {shape}"
        );
        assert!(
            sprite.contains(&format!("id=\"motif-{motif}\"")),
            "motif {motif}"
        );
        assert!(
            tints.contains(&format!("\"{tint}\"")) || tints.contains(&format!("tint-{tint}")),
            "tint {tint}"
        );
    }
}

#[test]
fn the_accounts_shown_exist_and_have_something_to_do() {
    let company = THREE_THOUSAND.0.company();
    let mut logins = BTreeSet::new();
    for person in &company.people {
        assert!(
            logins.insert(person.login.as_str()),
            "{} twice",
            person.login
        );
        assert_eq!(
            company.person(person.id).map(|found| found.id),
            Some(person.id)
        );
    }
    for account in accounts() {
        let person = company
            .people
            .iter()
            .find(|person| person.login == account.login)
            .expect("an account that exists");
        assert_eq!(person.role, account.role);
    }
    let animatrice = company
        .people
        .iter()
        .find(|person| person.login == "animatrice")
        .expect("the animatrice");
    assert_eq!(animatrice.cooperatives.len(), 3);
    let roles = |role| {
        company
            .people
            .iter()
            .filter(|person| person.role == role)
            .count()
    };
    assert_eq!(
        [
            Role::Agent,
            Role::Cooperative,
            Role::Manager,
            Role::Administrator
        ]
        .map(roles),
        [20, 25, 3, 1]
    );
    let all: BTreeSet<CooperativeId> = company
        .people
        .iter()
        .flat_map(|person| person.cooperatives.iter().copied())
        .collect();
    assert_eq!(all.len(), 24);
}
