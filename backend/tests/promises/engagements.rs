//! The terms on which agents sell: published for the future, known to phones before they hold, asked
//! at the door.

use super::settlement::{close, november, sell};
use super::world::*;
use taswiq_backend::OfficeError;
use taswiq_backend::catalogue::PlanDraft;
use taswiq_backend::parked::Settlement;
use taswiq_backend::people::PersonDetails;
use taswiq_backend::settlement::Rated;
use taswiq_domain::Refusal;
use taswiq_domain::commission::{Condition, Conditions, Pays, PlanError, Rule};
use taswiq_domain::engagement::{Engagement, EngagementError, EngagementKind, Share};
use taswiq_domain::explain;
use taswiq_domain::ids::{CommandId, OrderId, PersonId, ProductId};
use taswiq_domain::ledger::{Account, CorrectionReason, Purpose};
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::person::{Profile, Role};
use taswiq_domain::settlement::rules::{PeriodRules, PeriodRulesError, Target, Tier};
use taswiq_domain::sync::{Answer, Change, LedgerEntry};
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

fn terms(valid_from: Timestamp) -> Engagement {
    Engagement {
        valid_from,
        ..Engagement::default()
    }
}

fn share(person: PersonId, part: u32) -> Share {
    Share {
        person,
        part: Ppm(part),
    }
}

fn details_of(login: &str) -> PersonDetails {
    PersonDetails {
        role: Role::Agent,
        name: name(login),
        login: Some(login.to_owned()),
        phone: None,
        language: "fr".to_owned(),
        cooperatives: Vec::new(),
    }
}

/// The rate for everybody, and another for a team.
fn rules_with_team(team: &str) -> Vec<Rule> {
    let rule = |number, when, rate| Rule {
        number,
        when,
        pays: Pays::Rate { rate: Ppm(rate) },
        ..Rule::default()
    };
    let when = Conditions {
        team: Some(team.to_owned()),
        ..Conditions::default()
    };
    vec![
        rule(1, Conditions::default(), 80_000),
        rule(2, when, 100_000),
    ]
}

fn profiles(changes: Vec<Change>) -> Vec<Profile> {
    let profile = |change| match change {
        Change::Profile(profile) => Some(profile),
        _ => None,
    };
    changes.into_iter().filter_map(profile).collect()
}

promise! {
    async fn terms_are_published_for_the_future_and_the_first_from_now(world) {
        let (office, manager) = (&world.office, world.manager());
        let whole = Engagement {
            kind: EngagementKind::Company,
            contract: "C-12".to_owned(),
            territory: "Sefrou".to_owned(),
            grade: "senior".to_owned(),
            team: "nord".to_owned(),
            lead: Some(OTHER_AGENT),
            ..terms(START)
        };
        office.publish_engagement(&manager, AGENT, whole.clone()).await.expect("published");
        let later = terms(START.plus_days(1));
        for past in [START, START.plus_ms(-1)] {
            let refused = office.publish_engagement(&manager, AGENT, terms(past)).await;
            assert!(matches!(refused, Err(OfficeError::InvalidEngagement(EngagementError::NotInTheFuture))));
        }
        office.publish_engagement(&manager, AGENT, later.clone()).await.expect("published");
        let before_that = office.publish_engagement(&manager, AGENT, terms(START.plus_hours(12))).await;
        assert!(matches!(before_that, Err(OfficeError::InvalidEngagement(EngagementError::NotInTheFuture))));
        assert_eq!(office.engagements(&manager, AGENT).await.expect("read"), [whole.clone(), later.clone()]);
        let all = office.engagements_of_all(&manager).await.expect("read");
        assert_eq!(all, [(AGENT, vec![whole, later])].into());
    }
}

promise! {
    async fn terms_that_break_a_rule_are_refused_with_the_person(world) {
        let (office, manager) = (&world.office, world.manager());
        let refused = async |engagement| match office.publish_engagement(&manager, AGENT, engagement).await {
            Err(OfficeError::InvalidEngagement(error)) => error,
            other => panic!("{other:?}"),
        };
        let nobody = PersonId(99);
        for person in [BEEKEEPER, nobody] {
            let error = EngagementError::NotAnAgent { person };
            assert_eq!(refused(Engagement { lead: Some(person), ..terms(START) }).await, error);
            let shares = vec![share(AGENT, 500_000), share(person, 500_000)];
            assert_eq!(refused(Engagement { shares, ..terms(START) }).await, error);
            let engaged = office.publish_engagement(&manager, person, terms(START)).await;
            assert!(matches!(engaged, Err(OfficeError::InvalidEngagement(refused)) if refused == error));
        }
        assert_eq!(refused(Engagement { lead: Some(AGENT), ..terms(START) }).await, EngagementError::LeadOfOneself);
        let shares = vec![share(AGENT, 500_000), share(OTHER_AGENT, 400_000)];
        assert_eq!(refused(Engagement { shares, ..terms(START) }).await, EngagementError::SharesNotWhole { sum: Ppm(900_000) });
        assert!(office.engagements(&manager, AGENT).await.expect("read").is_empty());
    }
}

promise! {
    async fn a_sale_is_judged_by_the_terms_at_its_door(world) {
        let (office, manager) = (&world.office, world.manager());
        office.publish_plan(&manager, START.plus_hours(1), rules_with_team("nord")).await.expect("published");
        let joins = START.plus_days(2);
        office.publish_engagement(&manager, AGENT, Engagement { team: "nord".to_owned(), ..terms(joins) }).await.expect("published");
        let mut phone = world.phone(AGENT).await;
        // The phone knows terms before they hold, so it needs no network on the day.
        let told = profiles(phone.pull().await);
        let profile = told.last().expect("told");
        assert_eq!(profile.engagement_at(joins.plus_ms(-1)), Engagement::default());
        assert_eq!(profile.engagement_at(joins).team, "nord");
        world.later_days(1);
        let before = phone.place(&[(1, 3)]).await;
        world.later_days(1);
        let after = phone.place(&[(1, 3)]).await;
        // 3 × 120.00 with 20 % tax in it: 8 % before, 10 % from the day on.
        assert_eq!(world.order(before).await.commission_asked(), Ok(Centimes(2_400)));
        assert_eq!(world.order(after).await.commission_asked(), Ok(Centimes(3_000)));
        world.assert_sound().await;
    }
}

promise! {
    async fn a_phone_away_while_terms_changed_is_paid_by_those_it_knew_for_a_fortnight(world) {
        let (office, manager) = (&world.office, world.manager());
        office.publish_plan(&manager, START.plus_hours(1), rules_with_team("nord")).await.expect("published");
        world.later_days(1);
        let mut phone = world.phone(AGENT).await;
        let customer = phone.register().await;
        // Away from here on. Its agent joins a team, gets a lead and shares with another.
        let joins = START.plus_days(2);
        let shares = vec![share(AGENT, 500_000), share(OTHER_AGENT, 500_000)];
        office.publish_engagement(&manager, AGENT, Engagement { team: "nord".to_owned(), shares, ..terms(joins) }).await.expect("published");
        world.later_days(2);
        let mut placed = Vec::new();
        for _ in 0..3 {
            let body = place_order_by(office, AGENT, &Engagement::default(), customer, &[(1, 3)], world.clock_now()).await;
            let id = Uuid::now_v7();
            placed.push((OrderId(id), phone.command_with(id, &body)));
        }
        let [in_time, late, later] = <[_; 3]>::try_from(placed).expect("three");
        // 3 × 120.00 with 20 % tax in it at 8 %, all of it the agent's: what the door showed.
        world.clock.set(joins.plus_days(14).plus_ms(-1));
        assert_eq!(phone.sync(vec![in_time.1]).await.results[0].answer, Answer::Applied);
        let order = world.order(in_time.0).await;
        assert_eq!((order.commission_asked(), order.commission_of(AGENT)), (Ok(Centimes(2_400)), Ok(Centimes(2_400))));
        world.phone(BEEKEEPER).await.act_ok(&confirm(&order, HONEY)).await;
        let balances = office.balances(&manager).await.expect("read");
        assert_eq!(balances[&Account::AgentPending(AGENT)], Centimes(2_400));
        assert!(!balances.contains_key(&Account::AgentPending(OTHER_AGENT)));
        // A fortnight after they were superseded a person decides, and may let them hold.
        world.clock.advance_ms(1);
        let too_old = Answer::Parked { refusal: Refusal::CatalogueTooOld };
        for (_, command) in [&late, &later] {
            assert_eq!(phone.sync(vec![command.clone()]).await.results[0].answer, too_old);
        }
        office.settle_parked(&manager, CommandId(late.0.0), Settlement::Accept).await.expect("accepted");
        assert_eq!(world.order(late.0).await.commission_of(AGENT), Ok(Centimes(2_400)));
        office.settle_parked(&manager, CommandId(later.0.0), Settlement::Reject).await.expect("rejected");
        // What nobody's terms are is not honoured, nor are those to come.
        let from_now = terms(world.clock_now().plus_days(1));
        office.publish_engagement(&manager, AGENT, from_now.clone()).await.expect("published");
        for unknown in [terms(joins.plus_ms(1)), from_now] {
            let body = place_order_by(office, AGENT, &unknown, customer, &[(1, 3)], world.clock_now()).await;
            assert_eq!(phone.act(&body).await, too_old);
        }
        // The terms of the day are those of whoever heard of them.
        phone.pull().await;
        let now = phone.place(&[(1, 3)]).await;
        assert_eq!(world.order(now).await.commission_of(AGENT), Ok(Centimes(1_500)));
        world.assert_sound().await;
    }
}

promise! {
    async fn what_is_shared_and_what_a_lead_earns_is_posted_to_each(world) {
        let (office, manager) = (&world.office, world.manager());
        let lead = office.add_person_with_password(details_of("lead"), PASSWORD).await.expect("an agent");
        let period = PeriodRules { lead_rate: Ppm(13_000), ..PeriodRules::default() };
        let draft = PlanDraft { rules: rules_with_team("nord"), period };
        office.publish_plan(&manager, START.plus_hours(1), draft).await.expect("published");
        let shares = vec![share(AGENT, 666_667), share(OTHER_AGENT, 333_333)];
        office.publish_engagement(&manager, AGENT, Engagement { lead: Some(lead), shares, ..terms(START) }).await.expect("published");
        world.later_days(1);
        let mut phone = world.phone(AGENT).await;
        let order = phone.place(&[(1, 3)]).await;
        let placed = world.order(order).await;
        world.phone(BEEKEEPER).await.act_ok(&confirm(&placed, HONEY)).await;
        // 8 % of 300.00 DH, two thirds and one, and 1.3 % on top.
        let balances = office.balances(&manager).await.expect("read");
        let pending = |person| balances.get(&Account::AgentPending(person)).copied().unwrap_or_default();
        assert_eq!([AGENT, OTHER_AGENT, lead].map(pending), [Centimes(1_600), Centimes(800), Centimes(390)]);
        // Each is told of what is theirs, and of nothing else.
        for (person, amount) in [(AGENT, 1_600), (OTHER_AGENT, 800), (lead, 390)] {
            let told = world.phone(person).await.pull().await;
            let entries: Vec<&LedgerEntry> = told.iter().filter_map(|change| match change {
                Change::Entry(entry) => Some(entry),
                _ => None,
            }).collect();
            let amounts: Vec<i64> = entries.iter().map(|entry| entry.transfer.amount.0).collect();
            assert_eq!(amounts, [amount], "{person}");
            // Whoever does not have the order is told the line, and can compute the part again.
            let of = entries[0].source.as_ref().expect("told where it comes from").of.as_deref();
            if person == AGENT {
                assert_eq!(of, None);
                continue;
            }
            let of = of.expect("told of the line");
            assert_eq!((of.code, of.agent), (placed.code, AGENT));
            assert!(of.name.is_some());
            assert!(explain::line(&of.line, None).expect("fits").agrees);
            assert_eq!(of.line.commission.of_person(person, of.agent), Ok(Centimes(amount)));
        }
        world.assert_sound().await;
    }
}

promise! {
    async fn a_statement_knows_by_which_rate_each_of_its_entries_was_earned(world) {
        let (office, manager) = (&world.office, world.manager());
        let lead = office.add_person_with_password(details_of("lead"), PASSWORD).await.expect("an agent");
        let period = PeriodRules { lead_rate: Ppm(13_000), ..PeriodRules::default() };
        let mut rules = rules_with_team("nord");
        rules.push(Rule { number: 9, when: Conditions { product: Some(ProductId(2)), ..Conditions::default() }, pays: Pays::PerUnit { amount: Centimes(150) }, cap: Some(Centimes(250)), ..rules[0].clone() });
        let draft = PlanDraft { rules, period };
        office.publish_plan(&manager, START.plus_hours(1), draft).await.expect("published");
        let shares = vec![share(AGENT, 666_667), share(OTHER_AGENT, 333_333)];
        office.publish_engagement(&manager, AGENT, Engagement { lead: Some(lead), shares, ..terms(START) }).await.expect("published");
        world.later_days(1);
        let mut phone = world.phone(AGENT).await;
        sell(&world, &mut phone, &[(1, 3), (2, 2)]).await;
        let earned = office.entries_of_agent(&manager, AGENT, None).await.expect("entries");
        let vested = earned.iter().find(|entry| entry.transfer.purpose == Purpose::CommissionVested).expect("vested");
        office.correct_entry(&manager, vested.number, CorrectionReason::Twice).await.expect("corrected");
        close(&world, november()).await;
        let rated = |pays, cap: Option<i64>| Rated { pays, cap: cap.map(Centimes) };
        // Two units would be 3.00, of which a line earns 2.50 at most.
        let unit = rated(Pays::PerUnit { amount: Centimes(150) }, Some(250));
        let sellers = vec![rated(Pays::Rate { rate: Ppm(80_000) }, None), unit];
        let leads = rated(Pays::Rate { rate: Ppm(13_000) }, None);
        for (person, expected) in [(AGENT, sellers.clone()), (OTHER_AGENT, sellers), (lead, vec![leads.clone(), leads])] {
            let sight = office.statement(&manager, person, november()).await.expect("a statement");
            let rates = office.rates_of(&sight).await.expect("read");
            let (mut known, mut corrections) = (Vec::new(), 0);
            for entry in &sight.entries {
                match rates.get(&entry.number) {
                    Some(rated) => known.push(rated.clone()),
                    None => {
                        assert_eq!(entry.purpose, Purpose::Correction);
                        corrections += 1;
                    }
                }
            }
            assert_eq!(known, expected, "{person}");
            assert_eq!(corrections, usize::from(person == AGENT));
        }
    }
}

promise! {
    async fn a_plan_keeps_what_looks_at_a_month_and_names_who_it_knows(world) {
        let (office, manager) = (&world.office, world.manager());
        let period = PeriodRules {
            tiers: vec![
                Tier { from: Centimes(0), below: Some(Centimes(1_000_000)), rate: Ppm(0) },
                Tier { from: Centimes(1_000_000), below: None, rate: Ppm(20_000) },
            ],
            targets: vec![Target { reach: Centimes(2_000_000), bonus: Centimes(50_000) }],
            guaranteed: Centimes(200_000),
            lead_rate: Ppm(10_000),
        };
        let draft = PlanDraft { rules: rules_with_team("nord"), period };
        let version = office.publish_plan(&manager, START.plus_days(1), draft.clone()).await.expect("published");
        let catalogue = office.catalogue().await.expect("read");
        let plan = catalogue.plan(version).expect("there");
        assert_eq!((&plan.rules, &plan.period), (&draft.rules, &draft.period));

        let mut for_nobody = draft.clone();
        for_nobody.rules[1].when.agent = Some(BEEKEEPER);
        let refused = office.publish_plan(&manager, START.plus_days(2), for_nobody).await;
        let unknown = PlanError::Unknown { number: 2, condition: Condition::Agent };
        assert!(matches!(refused, Err(OfficeError::InvalidPlan(error)) if error == unknown));
        let mut with_gap = draft;
        with_gap.period.tiers.remove(0);
        let refused = office.publish_plan(&manager, START.plus_days(2), with_gap).await;
        let gap = PeriodRulesError::FirstTierNotFromZero { from: Centimes(1_000_000) };
        assert!(matches!(refused, Err(OfficeError::InvalidPlan(PlanError::PeriodRules { error })) if error == gap));
    }
}
