//! What past months would have paid by another plan: made by the rules that paid them, compared with
//! what they did pay, and posted nowhere.

use super::settlement::{close, november, over, sell, statement};
use super::world::*;
use std::collections::BTreeMap;
use taswiq_backend::OfficeError;
use taswiq_backend::catalogue::PlanDraft;
use taswiq_backend::clock::Casablanca;
use taswiq_backend::demo;
use taswiq_backend::settlement::MonthState;
use taswiq_backend::simulation::{Asked, Candidate, Outcome, SimulationRefusal, State};
use taswiq_domain::access::Actor;
use taswiq_domain::commission::{CapPer, Conditions, Pays, PlanError, Rule};
use taswiq_domain::dispute::{DisputeReason, Disputed, DisputedLine, Verdict};
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::{OrderId, PersonId, PlanVersion};
use taswiq_domain::ledger::{Account, CorrectionReason, Purpose};
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::Fault;
use taswiq_domain::order::event::LineUnits;
use taswiq_domain::period::Period;
use taswiq_domain::person::Role;
use taswiq_domain::settlement::PeriodRules;
use taswiq_domain::settlement::rules::{Target, Tier};
use taswiq_domain::simulation::Pay;
use taswiq_domain::sync::{Answer, Change, CommandBody, OpenDispute, ReturnGoods};
use taswiq_domain::time::CivilDate;
use uuid::Uuid;

fn of_november(candidate: Candidate) -> Asked {
    Asked {
        candidate,
        first: november(),
        last: november(),
    }
}

fn flat(rate: u32) -> PlanDraft {
    PlanDraft::from(vec![Rule {
        number: 1,
        when: Conditions::default(),
        pays: Pays::Rate { rate: Ppm(rate) },
        ..Rule::default()
    }])
}

async fn simulate(world: &World, candidate: Candidate) -> Outcome {
    world
        .office
        .simulate(&world.manager(), of_november(candidate))
        .await
        .expect("simulated")
}

fn of(outcome: &Outcome, agent: PersonId) -> (Pay, Pay) {
    let found = outcome.agents.iter().find(|(known, _)| *known == agent);
    found.map_or_else(Default::default, |(_, compared)| {
        (compared.before, compared.after)
    })
}

fn sales(amount: i64) -> Pay {
    Pay {
        sales: Centimes(amount),
        ..Pay::default()
    }
}

/// What of the books must not move: balances, entries, orders with what happened to them.
async fn books(world: &World) -> (BTreeMap<Account, Centimes>, u64, usize, Vec<u32>) {
    let manager = world.manager();
    let differences = world.office.recount().await.expect("recounts");
    assert!(differences.is_empty(), "{differences:?}");
    let orders = world
        .office
        .orders(&manager, &Default::default(), None, 100)
        .await
        .expect("listed");
    let mut revisions = Vec::new();
    for order in orders.orders {
        revisions.push(world.order(order.id).await.revision);
    }
    (
        world.office.balances(&manager).await.expect("known"),
        differences.entries_checked,
        differences.orders_checked,
        revisions,
    )
}

/// The demo company has two plans, leads, shares, tiers, returns, write-offs and orders that took
/// months; its first months are closed, the later ones open.
async fn the_demo_told_again(world: World) {
    let calendar = Casablanca::default();
    let as_of = CivilDate::new(2026, 11, 22).expect("a date");
    let options = demo::Options::as_of(1, 600, as_of, &calendar);
    world.clock.set(options.ends_at);
    let office = &world.office;
    demo::fill(office, options, |_| ()).await.expect("filled");
    let administrator = world.administrator();
    let mut months: Vec<Period> = office
        .months(&administrator)
        .await
        .expect("months")
        .into_iter()
        .filter(|month| !matches!(month.state, MonthState::Running { .. }))
        .map(|month| month.period)
        .collect();
    months.sort_unstable();
    assert!(months.len() >= 5, "{months:?}");
    let asked = |candidate| Asked {
        candidate,
        first: months[0],
        last: *months.last().expect("one"),
    };
    let open = office
        .simulate(&administrator, asked(Candidate::InForce))
        .await
        .expect("simulated");
    let entries = books(&world).await;
    let total = open.total().expect("fits");
    assert_eq!(total.before, total.after);
    assert!(total.before.sales > Centimes::ZERO && total.before.month > Centimes::ZERO);
    assert_eq!((open.statements, open.unlike), (0, 0));
    assert_eq!(open.open_months as usize, months.len());
    for (agent, compared) in &open.agents {
        assert_eq!(compared.before, compared.after, "{agent}");
    }
    // Whatever the plan, the same is sold and taken back; what doubles is what it earns.
    let nothing = PlanDraft::from(vec![Rule {
        number: 1,
        pays: Pays::Nothing {
            reason: "essai".to_owned(),
        },
        ..Rule::default()
    }]);
    let for_nothing = office
        .simulate(&administrator, asked(Candidate::Draft(nothing)))
        .await
        .expect("simulated");
    let free = for_nothing.total().expect("fits");
    assert_eq!((free.before, free.after), (total.before, Pay::default()));
    assert_eq!(entries, books(&world).await, "nothing was posted");

    // Closed, each statement says what was told again, to the centime, with its advances.
    let closed = &months[..months.len() - 1];
    let mut paid: BTreeMap<PersonId, (i64, i64)> = BTreeMap::new();
    let mut statements = 0;
    for month in closed {
        office
            .close_period(&administrator, *month)
            .await
            .expect("closed");
        let month = office
            .closed_month(&administrator, *month)
            .await
            .expect("closed");
        for summary in month.statements {
            let sight = office
                .statement(&administrator, summary.agent, summary.period)
                .await
                .expect("a statement");
            let sum = paid.entry(summary.agent).or_default();
            sum.0 += sight.document.statement.total.0;
            sum.1 += sight.document.statement.draw.0;
            statements += 1;
        }
    }
    paid.retain(|_, sums| *sums != (0, 0));
    let of_closed = |candidate| Asked {
        candidate,
        first: closed[0],
        last: *closed.last().expect("one"),
    };
    let again = office
        .simulate(&administrator, of_closed(Candidate::InForce))
        .await
        .expect("simulated");
    assert_eq!((again.statements, again.unlike), (statements, 0));
    assert_eq!(again.open_months, 0);
    let told: BTreeMap<PersonId, (i64, i64)> = again
        .agents
        .iter()
        .map(|(agent, compared)| {
            assert_eq!(compared.before, compared.after, "{agent}");
            let earned = compared.before.earned().expect("fits");
            (*agent, (earned.0, compared.before.draw.0))
        })
        .collect();
    assert_eq!(told, paid);
    for ((month, before), (same, after)) in open.months.iter().zip(&again.months) {
        assert_eq!((month, before), (same, after), "a close changes no figure");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plans_in_force_told_again_give_what_every_statement_says_on_sqlite() {
    the_demo_told_again(World::empty_on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plans_in_force_told_again_give_what_every_statement_says_on_postgres() {
    if let Some(world) = World::empty_on_postgres().await {
        the_demo_told_again(world).await;
    }
}

promise! {
    async fn a_candidate_is_compared_agent_by_agent_and_nothing_is_posted(world) {
        let (mut agent, mut other) = (world.phone(AGENT).await, world.phone(OTHER_AGENT).await);
        // 1,000.00 DH without tax at 8 %, of which 300.00 come back; and half as much by the other.
        let order = sell(&world, &mut agent, &[(1, 10)]).await;
        let back = ReturnGoods { order: order.id, cooperative: HONEY, lines: vec![LineUnits { line: 1, units: 3 }], fault: Fault::Customer };
        agent.act_ok(&CommandBody::ReturnGoods(back)).await;
        sell(&world, &mut other, &[(1, 5)]).await;
        over(&world, november());
        let before = books(&world).await;
        let outcome = simulate(&world, Candidate::Draft(flat(160_001))).await;
        assert_eq!((outcome.orders, outcome.statements), (2, 0));
        // 160.00 DH, rounded once, less three tenths of it.
        assert_eq!(of(&outcome, AGENT), (sales(5_600), sales(11_200)));
        assert_eq!(of(&outcome, OTHER_AGENT), (sales(4_000), sales(8_000)));
        let total = outcome.total().expect("fits");
        assert_eq!((total.before, total.after), (sales(9_600), sales(19_200)));
        assert_eq!(outcome.months, [(november(), total)]);
        assert_eq!(before, books(&world).await);
        // A version that was published, by its number.
        let same = simulate(&world, Candidate::Version(PlanVersion(1))).await;
        assert_eq!(same.total().expect("fits").after, sales(9_600));
        let unknown = world.office.simulate(&world.manager(), of_november(Candidate::Version(PlanVersion(9)))).await;
        assert!(matches!(unknown, Err(OfficeError::NotFound)));
    }
}

promise! {
    async fn a_sale_by_terms_that_only_its_phone_still_knew_is_told_again_by_those(world) {
        let (office, manager) = (&world.office, world.manager());
        let when = Conditions { team: Some("nord".to_owned()), ..Conditions::default() };
        let of_team = Rule { number: 2, when, ..flat(100_000).rules[0].clone() };
        office.publish_plan(&manager, START.plus_hours(1), vec![flat(80_000).rules[0].clone(), of_team]).await.expect("published");
        let joins = Engagement { valid_from: START.plus_days(1), team: "nord".to_owned(), ..Engagement::default() };
        office.publish_engagement(&manager, AGENT, joins).await.expect("published");
        world.later_days(2);
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let body = place_order_by(office, AGENT, &Engagement::default(), customer, &[(1, 10)], world.clock_now()).await;
        let id = Uuid::now_v7();
        let command = agent.command_with(id, &body);
        assert_eq!(agent.sync(vec![command]).await.results[0].answer, Answer::Applied);
        let order = world.order(OrderId(id)).await;
        let mut beekeeper = world.phone(BEEKEEPER).await;
        for step in [confirm, pack] {
            beekeeper.act_ok(&step(&order, HONEY)).await;
        }
        agent.pull().await;
        for step in [deliver, collect] {
            agent.act_ok(&step(&order, HONEY)).await;
        }
        over(&world, november());
        let outcome = simulate(&world, Candidate::InForce).await;
        assert_eq!(of(&outcome, AGENT), (sales(8_000), sales(8_000)));
    }
}

promise! {
    async fn what_a_candidate_says_of_a_whole_month_and_of_leads_is_simulated_too(world) {
        let lead = Engagement { valid_from: START, lead: Some(OTHER_AGENT), ..Engagement::default() };
        world.office.publish_engagement(&world.manager(), AGENT, lead).await.expect("published");
        let mut agent = world.phone(AGENT).await;
        sell(&world, &mut agent, &[(1, 10)]).await;
        sell(&world, &mut agent, &[(1, 10)]).await;
        over(&world, november());
        let limited = Rule { cap: Some(Centimes(15_000)), cap_per: CapPer::Period, ..flat(100_000).rules[0].clone() };
        let candidate = PlanDraft {
            rules: vec![limited],
            period: PeriodRules {
                tiers: vec![
                    Tier { from: Centimes::ZERO, below: Some(Centimes(150_000)), rate: Ppm(0) },
                    Tier { from: Centimes(150_000), below: None, rate: Ppm(20_000) },
                ],
                targets: vec![Target { reach: Centimes(200_000), bonus: Centimes(5_000) }],
                guaranteed: Centimes(20_000),
                lead_rate: Ppm(10_000),
            },
        };
        let outcome = simulate(&world, Candidate::Draft(candidate)).await;
        // 200.00 by lines, of which 50.00 are above the limit; 2 % of the 500.00 above the tier's
        // bound, and the target's bonus.
        let month = Centimes(-5_000 + 1_000 + 5_000);
        assert_eq!(of(&outcome, AGENT), (sales(16_000), Pay { month, ..sales(20_000) }));
        // The lead has 1 % of 2,000.00, and no guarantee: the month had begun before the first day.
        assert_eq!(of(&outcome, OTHER_AGENT), (Pay::default(), sales(2_000)));
        // The month after everybody is there throughout, and what is missing is advanced.
        let guaranteed = PlanDraft { period: PeriodRules { guaranteed: Centimes(20_000), ..PeriodRules::default() }, ..flat(80_000) };
        close(&world, november()).await;
        over(&world, november().next());
        let december = Asked { candidate: Candidate::Draft(guaranteed), first: november().next(), last: november().next() };
        let outcome = world.office.simulate(&world.manager(), december).await.expect("simulated");
        assert_eq!(of(&outcome, OTHER_AGENT), (Pay::default(), Pay { draw: Centimes(20_000), ..Pay::default() }));
    }
}

promise! {
    async fn what_comes_back_later_corrects_its_month_and_what_people_decided_stays(world) {
        let tiers = |rate| PeriodRules {
            tiers: vec![Tier { from: Centimes::ZERO, below: None, rate: Ppm(rate) }],
            ..PeriodRules::default()
        };
        let plan = PlanDraft { period: tiers(10_000), ..flat(80_000) };
        world.office.publish_plan(&world.manager(), START.plus_days(1), plan).await.expect("published");
        let (mut agent, mut beekeeper) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await);
        // Paid for in November, and told when that was closed: it counts in December.
        let late = agent.place(&[(1, 5)]).await;
        beekeeper.act_ok(&confirm(&world.order(late).await, HONEY)).await;
        beekeeper.act_ok(&pack(&world.order(late).await, HONEY)).await;
        agent.act_ok(&deliver(&world.order(late).await, HONEY)).await;
        let paid = agent.command(&collect(&world.order(late).await, HONEY));
        close(&world, november()).await;
        agent.sync(vec![paid]).await;
        let december = november().next();
        let order = sell(&world, &mut agent, &[(1, 10)]).await;
        let wrong = sell(&world, &mut agent, &[(1, 5)]).await;
        // A part of what the agent says is missing is granted, after the goods were paid for.
        let about = Disputed { entry: None, line: Some(DisputedLine { order: order.id, cooperative: HONEY, line: 1 }) };
        let claim = OpenDispute { about, amount: Centimes(100), reason: DisputeReason::Rate, note: "Plus".to_owned(), photo: None };
        agent.act_ok(&CommandBody::OpenDispute(claim)).await;
        let waiting = world.office.disputes_waiting(&world.manager()).await.expect("listed");
        let dispute = waiting[0].dispute.id;
        world.office.take_dispute(&world.manager(), dispute).await.expect("taken");
        let partly = Verdict::Partly { amount: Centimes(40) };
        world.office.decide_dispute(&world.manager(), dispute, partly, "Une partie").await.expect("decided");
        close(&world, december).await;
        // In January: three pots of the first come back, and the office takes the other back itself.
        let back = ReturnGoods { order: order.id, cooperative: HONEY, lines: vec![LineUnits { line: 1, units: 3 }], fault: Fault::Customer };
        agent.act_ok(&CommandBody::ReturnGoods(back)).await;
        let entries = agent.pull().await;
        let vested = entries.iter().find_map(|change| match change {
            Change::Entry(entry) if entry.transfer.purpose == Purpose::CommissionVested && entry.transfer.cause.order() == Some(wrong.id) => Some(entry.number),
            _ => None,
        });
        let vested = match vested {
            Some(vested) => vested,
            None => {
                let history = world.office.order_history(&world.manager(), wrong.id).await.expect("known");
                history.entries.iter().find(|entry| entry.transfer.purpose == Purpose::CommissionVested).expect("vested").number
            }
        };
        world.office.correct_entry(&world.manager(), vested, CorrectionReason::WrongRecord).await.expect("corrected");
        let january = december.next();
        close(&world, january).await;
        let both = |candidate| Asked { candidate, first: december, last: january };
        let in_force = world.office.simulate(&world.manager(), both(Candidate::InForce)).await.expect("simulated");
        assert_eq!(in_force.unlike, 0);
        let (before, after) = of(&in_force, AGENT);
        assert_eq!(before, after);
        let told = [statement(&world, AGENT, december).await, statement(&world, AGENT, january).await];
        assert_eq!(before.earned().expect("fits"), Centimes(told[0].total.0 + told[1].total.0));
        // 7 pots and the late ones at 8 %, and what was corrected; 1 % of what is left of the month.
        assert_eq!(before, Pay { sales: Centimes(5_600 + 4_000 + 4_000), month: Centimes(700), decided: Centimes(40 - 4_000), draw: Centimes::ZERO });
        // Twice the rates: the decision is a sum that a person wrote, and stays.
        let doubled = PlanDraft { period: tiers(20_000), ..flat(160_000) };
        let outcome = world.office.simulate(&world.manager(), both(Candidate::Draft(doubled.clone()))).await.expect("simulated");
        assert_eq!(of(&outcome, AGENT).1, Pay { sales: Centimes(11_200 + 8_000 + 8_000), month: Centimes(1_400), decided: Centimes(40 - 4_000), draw: Centimes::ZERO });
        // January alone: December was settled, and is corrected by the rules it was settled by.
        let alone = Asked { candidate: Candidate::Draft(doubled), first: january, last: january };
        let outcome = world.office.simulate(&world.manager(), alone).await.expect("simulated");
        let (before, after) = of(&outcome, AGENT);
        assert_eq!((before.earned().expect("fits"), before.month), (told[1].total, Centimes(-800)));
        assert_eq!(after, Pay { sales: Centimes(-4_800), ..before });
    }
}

promise! {
    async fn only_what_is_over_is_simulated_by_a_plan_that_could_be_published(world) {
        let (office, manager) = (&world.office, world.manager());
        let refused = async |actor: &Actor, asked| match office.simulate(actor, asked).await {
            Err(OfficeError::Simulation(refusal)) => refusal,
            other => panic!("{other:?}"),
        };
        let asked = of_november(Candidate::InForce);
        assert_eq!(refused(&manager, asked.clone()).await, SimulationRefusal::NotOver { period: november() });
        over(&world, november());
        let backwards = Asked { first: november().next(), ..asked.clone() };
        let too_long = Asked { first: Period::from_months_since_1970(november().months_since_1970() - limits::SIMULATED_MONTHS), ..asked.clone() };
        for wrong in [backwards, too_long] {
            assert_eq!(refused(&manager, wrong).await, SimulationRefusal::NotAPeriod { months_max: limits::SIMULATED_MONTHS });
        }
        let bad = of_november(Candidate::Draft(PlanDraft::default()));
        for refused in [office.simulate(&manager, bad.clone()).await.map(|_| ()), office.start_simulation(&manager, bad).await.map(|_| ())] {
            assert!(matches!(refused, Err(OfficeError::InvalidPlan(PlanError::NoDefaultRule))));
        }
        let agent = Actor { person: AGENT, role: Role::Agent, cooperatives: Vec::new() };
        assert!(matches!(office.simulate(&agent, asked.clone()).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(office.start_simulation(&agent, asked.clone()).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(office.simulations(&agent).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(office.simulation(&agent, 1).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(office.stop_simulation(&agent, 1).await, Err(OfficeError::NotAllowed)));
        assert!(office.simulate(&manager, asked).await.expect("simulated").agents.is_empty());
    }
}

promise! {
    async fn a_simulation_in_the_background_says_how_far_it_is_and_one_runs_at_a_time(world) {
        let (office, manager) = (&world.office, world.manager());
        let mut agent = world.phone(AGENT).await;
        sell(&world, &mut agent, &[(1, 10)]).await;
        over(&world, november());
        assert_eq!(office.simulations(&manager).await.expect("listed"), []);
        let draft = Candidate::Draft(flat(160_000));
        let id = office.start_simulation(&manager, of_november(draft.clone())).await.expect("started");
        let (simulation, candidate, outcome) = loop {
            let found = office.simulation(&manager, id).await.expect("known");
            if found.0.state != State::Running {
                break found;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!((simulation.state, candidate), (State::Done, draft.clone()));
        assert_eq!(of(&outcome.expect("an outcome"), AGENT), (sales(8_000), sales(16_000)));
        assert_eq!((simulation.orders_all, simulation.version, simulation.first), (1, None, november()));
        assert_eq!(simulation.started_by, name("manager"));
        // Another process sees one that runs, and starts none beside it until it is silent.
        let second = world.second_process().await;
        world.statement(&format!("UPDATE simulation SET state = 'running' WHERE id = {id}")).await.expect("runs");
        let under_way = second.start_simulation(&manager, of_november(Candidate::InForce)).await;
        assert!(matches!(under_way, Err(OfficeError::Simulation(SimulationRefusal::UnderWay { id: running })) if running == id));
        assert_eq!(second.simulations(&manager).await.expect("listed")[0].state, State::Running);
        world.clock.advance_ms(10 * 60_000);
        assert_eq!(second.simulations(&manager).await.expect("listed")[0].state, State::Stopped, "nobody was heard");
        second.stop_simulation(&manager, id).await.expect("stopped");
        let (simulation, _, _) = office.simulation(&manager, id).await.expect("known");
        assert_eq!(simulation.state, State::Stopped);
        let next = second.start_simulation(&manager, of_november(Candidate::Version(PlanVersion(1)))).await.expect("started");
        assert_eq!(next, id + 1);
        let (_, candidate, _) = office.simulation(&manager, next).await.expect("known");
        assert_eq!(candidate, Candidate::Version(PlanVersion(1)));
        assert!(matches!(office.simulation(&manager, 99).await, Err(OfficeError::NotFound)));
        while office.simulation(&manager, next).await.expect("known").0.state == State::Running {
            tokio::task::yield_now().await;
        }
        // The oldest make place for new ones.
        world.statement(&format!("UPDATE simulation SET id = id + 20 WHERE id = {next}")).await.expect("runs");
        let latest = second.start_simulation(&manager, of_november(Candidate::InForce)).await.expect("started");
        let kept: Vec<i64> = second.simulations(&manager).await.expect("listed").iter().map(|one| one.id).collect();
        assert_eq!(kept, [latest, next + 20]);
        while office.simulation(&manager, latest).await.expect("known").0.state == State::Running {
            tokio::task::yield_now().await;
        }
        second.close().await;
    }
}
