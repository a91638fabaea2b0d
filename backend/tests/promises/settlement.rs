//! Months are closed once and for good, and what a statement says is what the ledger says.

use super::world::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use taswiq_backend::OfficeError;
use taswiq_backend::catalogue::PlanDraft;
use taswiq_backend::settlement::{MonthState, SettlementRefusal};
use taswiq_domain::access::Actor;
use taswiq_domain::commission::{CapPer, Conditions, Pays, Rule};
use taswiq_domain::engagement::{Engagement, EngagementKind};
use taswiq_domain::ids::{OrderId, PersonId, ProductId};
use taswiq_domain::ledger::chain::{Chain, hexadecimal};
use taswiq_domain::ledger::{Account, CorrectionReason, Purpose};
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::event::LineUnits;
use taswiq_domain::order::{Fault, Order};
use taswiq_domain::period::Period;
use taswiq_domain::person::Role;
use taswiq_domain::settlement::live::{self, Counted, MonthNow};
use taswiq_domain::settlement::rules::{Target, Tier};
use taswiq_domain::settlement::tax::{TaxRate, TaxTerms};
use taswiq_domain::settlement::{
    MonthChange, MonthRules, NotYetInReason, Nothing, PeriodRules, ReversalReason, Statement,
};
use taswiq_domain::sync::{
    Answer, Change, CommandBody, LedgerEntry, PaymentState, ReturnGoods, StatementDocument,
};
use taswiq_domain::text::LocalText;
use uuid::Uuid;

pub fn november() -> Period {
    Period::new(2026, 11).expect("a month")
}

/// Whatever an agent earns by these orders is earned at once: 10 pots are 80.00 DH at 8 %.
pub async fn sell(world: &World, agent: &mut Phone, lines: &[(i64, u32)]) -> Order {
    let order = confirmed(world, agent, lines).await;
    let mut beekeeper = world.phone(BEEKEEPER).await;
    beekeeper.act_ok(&pack(&order, HONEY)).await;
    agent.pull().await;
    for step in [deliver, collect] {
        agent.act_ok(&step(&order, HONEY)).await;
    }
    world.order(order.id).await
}

async fn confirmed(world: &World, agent: &mut Phone, lines: &[(i64, u32)]) -> Order {
    let id = agent.place(lines).await;
    let mut beekeeper = world.phone(BEEKEEPER).await;
    let order = world.order(id).await;
    beekeeper.act_ok(&confirm(&order, HONEY)).await;
    world.order(id).await
}

fn give_back(order: &Order, units: u32, fault: Fault) -> CommandBody {
    CommandBody::ReturnGoods(ReturnGoods {
        order: order.id,
        cooperative: HONEY,
        lines: vec![LineUnits { line: 1, units }],
        fault,
    })
}

/// The first moment after a month, when it can be closed.
pub fn over(world: &World, period: Period) {
    world.clock.set(period.end(world.office.calendar()));
}

pub async fn close(world: &World, period: Period) {
    over(world, period);
    world
        .office
        .close_period(&world.manager(), period)
        .await
        .expect("closed");
}

pub async fn statement(world: &World, agent: PersonId, period: Period) -> Statement {
    let sight = world
        .office
        .statement(&world.manager(), agent, period)
        .await
        .expect("a statement");
    sight.document.statement
}

async fn balance(world: &World, account: Account) -> i64 {
    let balances = world
        .office
        .balances(&world.manager())
        .await
        .expect("balances");
    balances.get(&account).map_or(0, |balance| balance.0)
}

async fn assert_balanced(world: &World) {
    let balances = world
        .office
        .balances(&world.manager())
        .await
        .expect("balances");
    assert_eq!(balances.values().map(|balance| balance.0).sum::<i64>(), 0);
    world.assert_sound().await;
}

/// All an agent's phone is told, from the beginning.
async fn told(
    world: &World,
    agent: PersonId,
) -> (Vec<LedgerEntry>, BTreeMap<Period, StatementDocument>) {
    let (mut entries, mut statements) = (Vec::new(), BTreeMap::new());
    for change in world.phone(agent).await.pull().await {
        match change {
            Change::Entry(entry) => entries.push(entry),
            Change::Statement(document) => {
                statements.insert(document.statement.period, *document);
            }
            _ => {}
        }
    }
    (entries, statements)
}

/// What counts in a month by what the agent's phone is told.
async fn counted(world: &World, period: Period) -> Vec<Counted> {
    let (mut entries, mut orders) = (Vec::new(), BTreeMap::new());
    for change in world.phone(AGENT).await.pull().await {
        match change {
            Change::Entry(entry) => entries.push(entry),
            Change::Order(document) => {
                orders.insert(document.order.id, document.order);
            }
            _ => {}
        }
    }
    let rule_of = |entry: &LedgerEntry| {
        let order = entry.transfer.cause.order();
        live::capped_rule(entry, order.and_then(|order| orders.get(&order)))
    };
    let calendar = world.office.calendar();
    live::counted(entries.iter(), AGENT, period, calendar, &rule_of).expect("fits")
}

/// Every row of a statement is the sum of what the phone says stands behind it. Of one that is not closed
/// nothing is posted yet that its close adds.
fn assert_rows(statement: &Statement, counted: &[Counted]) {
    let mut rows: BTreeMap<(Purpose, Period), i64> = BTreeMap::new();
    let is_closed = !statement.chain_head.is_empty();
    for line in &statement.lines {
        let is_added = matches!(
            line.purpose,
            Purpose::TierSupplement
                | Purpose::SupplementCorrection
                | Purpose::TargetBonus
                | Purpose::PeriodCap
        );
        if is_closed || !is_added {
            *rows.entry((line.purpose, line.concerns)).or_default() += line.amount.0;
        }
    }
    for part in counted {
        assert!(!part.entries.is_empty());
        *rows.entry((part.purpose, part.concerns)).or_default() -= part.amount.0;
    }
    assert!(rows.values().all(|left| *left == 0), "{rows:?}");
}

/// What entries of a month brought to the earned account, those of its close aside.
fn moved(entries: &[LedgerEntry], agent: PersonId, period: Period) -> i64 {
    let earned = Account::AgentEarned(agent);
    let orders_only = |entry: &&LedgerEntry| {
        entry.transfer.cause.order().is_some() && entry.transfer.period == period
    };
    entries
        .iter()
        .filter(orders_only)
        .map(|entry| {
            let amount = entry.transfer.amount.0;
            i64::from(entry.transfer.credit == earned) * amount
                - i64::from(entry.transfer.debit == earned) * amount
        })
        .sum()
}

fn sum(statement: &Statement, purpose: Purpose) -> i64 {
    statement.sum_of(purpose).0
}

fn refusal(result: Result<impl std::fmt::Debug, OfficeError>) -> SettlementRefusal {
    match result {
        Err(OfficeError::Settlement(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

promise! {
    async fn a_statement_is_what_the_entries_of_its_month_come_to(world) {
        let (mut agent, mut other) = (world.phone(AGENT).await, world.phone(OTHER_AGENT).await);
        let order = sell(&world, &mut agent, &[(1, 10)]).await;
        sell(&world, &mut agent, &[(2, 4)]).await;
        agent.act_ok(&give_back(&order, 3, Fault::Customer)).await;
        sell(&world, &mut other, &[(1, 5)]).await;
        close(&world, november()).await;
        for who in [AGENT, OTHER_AGENT] {
            let (entries, statements) = told(&world, who).await;
            let document = &statements[&november()];
            let statement = &document.statement;
            assert_eq!(statement.total.0, moved(&entries, who, november()));
            assert!(statement.total.0 > 0 && statement.number == 1);
            assert_eq!(statement.total, statement.lines.iter().fold(Centimes::ZERO, |sum, line| Centimes(sum.0 + line.amount.0)));
            assert_eq!((statement.net, document.payment.clone()), (statement.payable, PaymentState::Payable));
            // What it says is what the accounts hold.
            assert_eq!(balance(&world, Account::AgentEarned(who)).await, 0);
            assert_eq!(balance(&world, Account::AgentPayable(who)).await, statement.net.0);
            assert_eq!(balance(&world, Account::AgentWithheld(who)).await, statement.tax.amount.0);
            // Its head is that of the agent's chain, which the phone makes from the entries.
            let chain = Chain::of(&entries).expect("whole");
            assert_eq!(statement.chain_head, hexadecimal(&chain.head));
            let sight = world.office.statement(&world.manager(), who, november()).await.expect("known");
            assert_eq!(sight.document, *document);
        }
        let own = statement(&world, AGENT, november()).await;
        let reversed = own.lines.iter().find(|line| line.reason.is_some()).expect("a reversal");
        assert_eq!((reversed.reason, reversed.concerns), (Some(ReversalReason::CustomerReturned), november()));
        assert_balanced(&world).await;
    }
}

promise! {
    async fn a_late_return_lands_in_the_next_statement_and_names_its_month(world) {
        let mut agent = world.phone(AGENT).await;
        let order = sell(&world, &mut agent, &[(1, 10)]).await;
        close(&world, november()).await;
        let first = statement(&world, AGENT, november()).await;
        // Returned in November, and told in December.
        let mut late = agent.command(&give_back(&order, 4, Fault::Agent));
        late["made_at"] = serde_json::json!(november().end(world.office.calendar()).plus_ms(-86_400_000).0);
        agent.sync(vec![late]).await;
        sell(&world, &mut agent, &[(2, 4)]).await;
        let december = november().next();
        close(&world, december).await;
        let second = statement(&world, AGENT, december).await;
        let tagged = second.lines.iter().find(|line| line.purpose == Purpose::CommissionReversed).expect("taken back");
        assert_eq!((tagged.concerns, tagged.reason), (november(), Some(ReversalReason::AgentAtFault)));
        assert_eq!(tagged.amount.0, -first.total.0 * 4 / 10);
        // A closed month stays as it was.
        assert_eq!(statement(&world, AGENT, november()).await, first);
        let (entries, statements) = told(&world, AGENT).await;
        assert_eq!(statements.len(), 2);
        assert_eq!(second.total.0, moved(&entries, AGENT, december));
        // December was closed in January, and the meter of tax follows payments.
        assert_eq!((second.number, second.tax.paid_before.0, second.paid_this_year), (2, 0, second.net));
        assert_balanced(&world).await;
    }
}

promise! {
    async fn what_comes_back_in_its_own_month_is_told_by_reason_and_none_of_it_is_overlooked(world) {
        let mut agent = world.phone(AGENT).await;
        let order = sell(&world, &mut agent, &[(1, 10)]).await;
        for (units, fault) in [(2, Fault::Customer), (1, Fault::Agent), (3, Fault::Customer)] {
            agent.act_ok(&give_back(&order, units, fault)).await;
        }
        let look = || async { world.office.month_if_closed_now(&world.manager(), november()).await };
        let expected = look().await.expect("looked");
        let (_, told) = expected.iter().find(|(_, statement)| statement.agent == AGENT).expect("a statement");
        let reversed: Vec<_> = told.lines.iter().filter(|line| line.purpose == Purpose::CommissionReversed).map(|line| (line.reason, line.concerns, line.amount.0, line.count)).collect();
        assert_eq!(reversed, [
            (Some(ReversalReason::CustomerReturned), november(), -4_000, 2),
            (Some(ReversalReason::AgentAtFault), november(), -800, 1),
        ]);
        // What is noted of it is what a database from before gets when it is opened.
        world.statement("CREATE TABLE noted AS SELECT * FROM taken_back").await.expect("copied");
        world.tamper("DELETE FROM taken_back WHERE amount_centimes = 800").await;
        assert!(matches!(look().await, Err(OfficeError::Corrupt { .. })), "one is missing");
        world.tamper("DELETE FROM taken_back").await;
        let (_, filling) = include_str!("../../migrations/sqlite/0012_taken_back.sql").split_once("INSERT INTO").expect("a statement");
        assert_eq!(world.statement(&format!("INSERT INTO{filling}")).await.expect("filled"), 3);
        let same = "DELETE FROM noted WHERE EXISTS (SELECT 1 FROM taken_back AS filled
            WHERE filled.period = noted.period AND filled.number = noted.number AND filled.chain_agent = noted.chain_agent
                AND filled.purpose = noted.purpose AND filled.amount_centimes = noted.amount_centimes
                AND filled.base_centimes = noted.base_centimes AND filled.first_at = noted.first_at
                AND filled.last_at = noted.last_at AND filled.event = noted.event)";
        assert_eq!(world.statement(same).await.expect("compared"), 3);
        assert_eq!(look().await.expect("looked"), expected);
        close(&world, november()).await;
        assert_eq!(statement(&world, AGENT, november()).await.lines, told.lines);
    }
}

promise! {
    /// The phone makes its figure from the entries it was told, the office by a close it throws away.
    async fn what_the_phone_says_the_month_adds_if_it_ended_now_is_what_the_office_says(world) {
        let tiers = vec![
            Tier { from: Centimes(0), below: Some(Centimes(50_000)), rate: Ppm(10_000) },
            Tier { from: Centimes(50_000), below: None, rate: Ppm(33_333) },
        ];
        let targets = vec![Target { reach: Centimes(150_000), bonus: Centimes(20_000) }];
        let period = PeriodRules { tiers, targets, ..PeriodRules::default() };
        let rule = Rule { number: 1, when: Conditions::default(), pays: Pays::Rate { rate: Ppm(80_000) }, cap: None, cap_per: CapPer::Line };
        let limited = Rule { number: 2, when: Conditions { product: Some(ProductId(2)), ..Conditions::default() }, cap: Some(Centimes(1_500)), cap_per: CapPer::Period, ..rule.clone() };
        let rules = vec![rule, limited];
        let december = november().next();
        let begins = december.start(world.office.calendar());
        let manager = world.manager();
        world.office.publish_plan(&manager, begins, PlanDraft { rules, period }).await.expect("published");
        let both = |month| {
            let (world, manager) = (&world, &manager);
            async move {
                let looked = world.office.month_if_closed_now(manager, month).await.expect("looked");
                let (_, own) = looked.iter().find(|(_, statement)| statement.agent == AGENT).expect("a statement");
                let by_office = own.month().expect("figures").clone();
                let counted = counted(world, month).await;
                let catalogue = world.office.catalogue().await.expect("a catalogue");
                let plan = catalogue.plan_of_month(month, world.office.calendar()).expect("a plan");
                let rules = MonthRules { plan: plan.version, rules: &plan.period };
                let change = live::change(&counted, month).expect("fits");
                let by_phone = MonthNow::of(month, &rules, &change, &MonthChange::default()).expect("fits").now;
                assert_eq!(by_phone, by_office, "{month}");
                assert_rows(own, &counted);
                by_office
            }
        };
        let mut agent = world.phone(AGENT).await;
        let of_november = sell(&world, &mut agent, &[(1, 10)]).await;
        assert_eq!(both(november()).await.now.supplement.turnover, Centimes(100_000), "a plan that adds nothing");
        close(&world, november()).await;
        agent.pull().await;
        assert_eq!(both(december).await.now.supplement.turnover, Centimes::ZERO);
        let order = sell(&world, &mut agent, &[(1, 20)]).await;
        let now = both(december).await;
        assert_eq!((now.now.supplement.turnover.0, now.now.bonus().0), (200_000, 20_000));
        // What comes back of November corrects November, whether it is told late or happens now.
        agent.act_ok(&give_back(&of_november, 3, Fault::Customer)).await;
        let mut late = agent.command(&give_back(&of_november, 4, Fault::Agent));
        late["made_at"] = serde_json::json!(begins.plus_ms(-86_400_000).0);
        agent.sync(vec![late]).await;
        assert_eq!(both(december).await, now);
        // What comes back of December is December's.
        agent.act_ok(&give_back(&order, 7, Fault::Customer)).await;
        assert_eq!(both(december).await.now.supplement.turnover, Centimes(130_000));
        // So is a mistake that is mended; one of November is November's.
        let (entries, _) = told(&world, AGENT).await;
        let vested = |month| {
            let of_month = |entry: &&LedgerEntry| entry.transfer.period == month && entry.transfer.purpose == Purpose::CommissionVested;
            entries.iter().find(of_month).expect("vested").number
        };
        for (month, stands) in [(november(), 130_000), (december, -70_000)] {
            world.office.correct_entry(&manager, vested(month), CorrectionReason::Twice).await.expect("corrected");
            assert_eq!(both(december).await.now.supplement.turnover, Centimes(stands));
        }
        sell(&world, &mut agent, &[(1, 30)]).await;
        // More than a month may earn by its rule: what is above is taken off.
        let limited = sell(&world, &mut agent, &[(2, 4)]).await;
        let now = both(december).await;
        let over = now.capped[0].over().expect("fits");
        assert!(over > Centimes::ZERO);
        assert_eq!(now.adds().expect("fits").0, now.now.amount().expect("fits").0 - over.0);
        self::over(&world, december);
        assert_eq!(both(december).await, now);
        close(&world, december).await;
        agent.pull().await;
        let closed = statement(&world, AGENT, december).await;
        assert_rows(&closed, &counted(&world, december).await);
        assert_eq!(closed.sum_of(Purpose::PeriodCap).0, -over.0);
        sell(&world, &mut agent, &[(2, 4)]).await;
        // What comes back of it gives December back what was above, and takes nothing from January.
        agent.act_ok(&give_back(&limited, 3, Fault::Customer)).await;
        let now = both(december.next()).await;
        assert!(now.now.supplement.turnover > Centimes::ZERO && now.now.next_at.is_some());
        close(&world, december.next()).await;
        agent.pull().await;
        let closed = statement(&world, AGENT, december.next()).await;
        assert_rows(&closed, &counted(&world, december.next()).await);
    }
}

promise! {
    async fn a_return_of_the_next_month_concerns_the_month_in_which_its_sale_counted(world) {
        let tiers = vec![
            Tier { from: Centimes(0), below: Some(Centimes(100_000)), rate: Ppm(0) },
            Tier { from: Centimes(100_000), below: None, rate: Ppm(50_000) },
        ];
        let targets = vec![Target { reach: Centimes(150_000), bonus: Centimes(20_000) }];
        let period = PeriodRules { tiers, targets, ..PeriodRules::default() };
        let rules = vec![Rule { number: 1, when: Conditions::default(), pays: Pays::Rate { rate: Ppm(80_000) }, cap: None, cap_per: CapPer::Line }];
        let draft = PlanDraft { rules, period };
        let december = november().next();
        let begins = december.start(world.office.calendar());
        world.office.publish_plan(&world.manager(), begins, draft).await.expect("published");
        close(&world, november()).await;
        let mut agent = world.phone(AGENT).await;
        agent.pull().await;
        // 20 × 120.00 DH with 20 % tax: 2,000.00 DH of turnover.
        let order = sell(&world, &mut agent, &[(1, 20)]).await;
        close(&world, december).await;
        let first = statement(&world, AGENT, december).await;
        assert_eq!(sum(&first, Purpose::TierSupplement), 5_000);
        assert_eq!(sum(&first, Purpose::TargetBonus), 20_000);
        assert_eq!(first.month().expect("figures").now.supplement.turnover, Centimes(200_000));
        // 10 of them come back: 1,000.00 DH less, which is below the tier and the target.
        agent.act_ok(&give_back(&order, 10, Fault::Customer)).await;
        let january = december.next();
        close(&world, january).await;
        let second = statement(&world, AGENT, january).await;
        for (purpose, amount) in [(Purpose::CommissionReversed, -8_000), (Purpose::SupplementCorrection, -5_000), (Purpose::TargetBonus, -20_000)] {
            let line = second.lines.iter().find(|line| line.purpose == purpose).expect("a line");
            assert_eq!((line.concerns, line.amount.0), (december, amount), "{purpose:?}");
        }
        // Nobody pays to work: what is missing is owed.
        assert_eq!((second.net, second.carried_forward), (Centimes::ZERO, Centimes(33_000)));
        assert_eq!(second.nothing, Some(Nothing::TakenBack));
        assert_eq!(balance(&world, Account::AgentCarried(AGENT)).await, -33_000);
        assert_balanced(&world).await;
    }
}

promise! {
    async fn turnover_counts_though_its_commission_rounds_to_nothing(world) {
        let tiers = vec![
            Tier { from: Centimes(0), below: Some(Centimes(100_000)), rate: Ppm(0) },
            Tier { from: Centimes(100_000), below: None, rate: Ppm(50_000) },
        ];
        let period = PeriodRules { tiers, ..PeriodRules::default() };
        // One centime on 1,000.00 DH: what tiers pay is all that is to be earned.
        let rules = vec![Rule { number: 1, when: Conditions::default(), pays: Pays::Rate { rate: Ppm(10) }, cap: None, cap_per: CapPer::Line }];
        let begins = november().next().start(world.office.calendar());
        world.office.publish_plan(&world.manager(), begins, PlanDraft { rules, period }).await.expect("published");
        close(&world, november()).await;
        let mut agent = world.phone(AGENT).await;
        agent.pull().await;
        let order = sell(&world, &mut agent, &[(1, 20)]).await;
        sell(&world, &mut agent, &[(1, 4)]).await;
        for units in [4, 1] {
            agent.act_ok(&give_back(&order, units, Fault::Customer)).await;
        }
        // 20 + 4 - 5 pots of 100.00 DH without tax. Only the first sale is worth a centime or two.
        let (entries, _) = told(&world, AGENT).await;
        let alone: Vec<_> = entries.iter().filter(|entry| entry.transfer.amount == Centimes::ZERO).map(|entry| (entry.transfer.purpose, entry.transfer.base.0)).collect();
        assert_eq!(alone, [(Purpose::CommissionVested, 40_000), (Purpose::CommissionReversed, 40_000)]);
        Chain::of(&entries).expect("whole");
        // Earned in December and told in January.
        let late = confirmed(&world, &mut agent, &[(1, 4)]).await;
        world.phone(BEEKEEPER).await.act_ok(&pack(&late, HONEY)).await;
        agent.waiting.commands = 2;
        agent.pull().await;
        let told_late: Vec<_> = [deliver, collect].into_iter().map(|step| agent.command(&step(&late, HONEY))).collect();
        let december = november().next();
        close(&world, december).await;
        let statement = statement(&world, AGENT, december).await;
        assert_eq!(statement.month().expect("figures").now.supplement.turnover, Centimes(190_000));
        assert_eq!(sum(&statement, Purpose::TierSupplement), 4_500);
        assert!(agent.sync(told_late).await.results.iter().all(|result| result.answer == Answer::Applied));
        let january = december.next();
        close(&world, january).await;
        let next = self::statement(&world, AGENT, january).await;
        assert_eq!(sum(&next, Purpose::SupplementCorrection), 2_000, "5 % of four pots more");
        assert_balanced(&world).await;
    }
}

promise! {
    async fn only_the_oldest_month_closes_only_when_it_is_over_and_only_once(world) {
        let (office, manager) = (&world.office, world.manager());
        let mut agent = world.phone(AGENT).await;
        sell(&world, &mut agent, &[(1, 1)]).await;
        let (oldest, december) = (november(), november().next());
        assert_eq!(refusal(office.close_period(&manager, oldest).await), SettlementRefusal::NotOver { period: oldest });
        world.clock.set(oldest.end(office.calendar()).plus_ms(-1));
        assert_eq!(refusal(office.close_period(&manager, oldest).await), SettlementRefusal::NotOver { period: oldest });
        over(&world, december);
        assert_eq!(refusal(office.close_period(&manager, december).await), SettlementRefusal::EarlierOpen { oldest });
        assert_eq!(refusal(office.close_period(&manager, oldest.previous()).await), SettlementRefusal::Closed { period: oldest.previous() });
        for who in [AGENT, BEEKEEPER] {
            let role = if who == AGENT { Role::Agent } else { Role::Cooperative };
            let actor = Actor { person: who, role, cooperatives: Vec::new() };
            assert!(matches!(office.close_period(&actor, oldest).await, Err(OfficeError::NotAllowed)));
            assert!(matches!(office.months(&actor).await, Err(OfficeError::NotAllowed)));
            assert!(matches!(office.statement(&actor, AGENT, oldest).await, Err(OfficeError::NotAllowed)));
        }
        let states = |months: Vec<taswiq_backend::settlement::Month>| months.into_iter().map(|month| (month.period, month.state)).collect::<Vec<_>>();
        let until = december.next().end(office.calendar());
        let open = [(december.next(), MonthState::Running { until }), (december, MonthState::Waiting), (oldest, MonthState::Due)];
        assert_eq!(states(office.months(&manager).await.expect("listed")), open);
        office.close_period(&manager, oldest).await.expect("closed");
        assert_eq!(refusal(office.close_period(&manager, oldest).await), SettlementRefusal::Closed { period: oldest });
        let months = office.months(&manager).await.expect("listed");
        assert_eq!((months[1].state, months[2].period), (MonthState::Due, oldest));
        assert_eq!(months[2].state, MonthState::Closed { by: MANAGER, at: world.clock_now() });
        assert_eq!(months[2].totals.statements, 2);
        assert_eq!(world.audit_actions().await.iter().filter(|action| *action == "month_closed").count(), 1);
    }
}

promise! {
    async fn two_processes_that_close_at_once_close_once(world) {
        let mut agent = world.phone(AGENT).await;
        sell(&world, &mut agent, &[(1, 10)]).await;
        over(&world, november());
        let second = world.second_process().await;
        let closings: Vec<_> = (0..6)
            .map(|n| {
                let (office, manager) = (if n % 2 == 0 { world.office.clone() } else { second.clone() }, world.manager());
                tokio::spawn(async move { office.close_period(&manager, november()).await })
            })
            .collect();
        let mut closed = 0;
        for closing in closings {
            match closing.await.expect("no panic") {
                Ok(_) => closed += 1,
                Err(OfficeError::Settlement(SettlementRefusal::Closed { .. })) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(closed, 1);
        let (entries, statements) = told(&world, AGENT).await;
        let settled = entries.iter().filter(|entry| entry.transfer.purpose == Purpose::Settled).count();
        assert_eq!((settled, statements.len()), (1, 1));
        assert_balanced(&world).await;
        second.close().await;
    }
}

promise! {
    async fn what_is_not_yet_in_is_listed_with_its_reason(world) {
        let mut agent = world.phone(AGENT).await;
        // Awaiting an answer, confirmed, delivered and not paid, and rugs that may still be given back.
        let asked = agent.place(&[(1, 1)]).await;
        let confirmed = confirmed(&world, &mut agent, &[(1, 2)]).await.id;
        let unpaid = agent.place(&[(1, 3)]).await;
        let mut beekeeper = world.phone(BEEKEEPER).await;
        for step in [confirm, pack] {
            beekeeper.act_ok(&step(&world.order(unpaid).await, HONEY)).await;
        }
        agent.pull().await;
        agent.act_ok(&deliver(&world.order(unpaid).await, HONEY)).await;
        let rug = agent.place(&[(3, 1)]).await;
        let mut weaver = world.phone(WEAVER).await;
        for step in [confirm, pack] {
            weaver.act_ok(&step(&world.order(rug).await, RUGS)).await;
        }
        agent.pull().await;
        agent.act_ok(&deliver(&world.order(rug).await, RUGS)).await;
        let closes_at = match world.order(rug).await.sub_order(RUGS).expect("a part").withdrawal {
            taswiq_domain::order::Withdrawal::Open { closes_at } => closes_at,
            other => panic!("{other:?}"),
        };
        // Taken in November, paid in December before the close.
        let later = self::confirmed(&world, &mut agent, &[(1, 4)]).await;
        beekeeper.act_ok(&pack(&later, HONEY)).await;
        agent.pull().await;
        over(&world, november());
        for step in [deliver, collect] {
            agent.act_ok(&step(&later, HONEY)).await;
        }
        // Not expected in November by anybody.
        let next = agent.place(&[(1, 9)]).await;
        let preview = world.office.month_if_closed_now(&world.manager(), november()).await.expect("looked at");
        // Nor where the orders themselves are asked.
        world.statement("UPDATE sub_order SET awaited = NULL").await.expect("as it was");
        assert_eq!(world.office.month_if_closed_now(&world.manager(), november()).await.expect("looked at"), preview);
        world.office.close_period(&world.manager(), november()).await.expect("closed");
        let statement = statement(&world, AGENT, november()).await;
        let mut reasons: BTreeMap<OrderId, (i64, NotYetInReason)> = statement.not_yet_in.iter().map(|part| (part.order, (part.amount.0, part.why))).collect();
        assert_eq!(reasons.remove(&asked), Some((800, NotYetInReason::AwaitingAnswer)));
        assert_eq!(reasons.remove(&confirmed), Some((1_600, NotYetInReason::NotDelivered)));
        assert_eq!(reasons.remove(&unpaid), Some((2_400, NotYetInReason::NotPaid)));
        assert_eq!(reasons.remove(&rug), Some((10_406, NotYetInReason::WithdrawalOpen { closes_at })));
        assert_eq!(reasons.remove(&later.id), Some((3_200, NotYetInReason::MonthOpen)));
        assert!(reasons.is_empty() && next != asked, "{reasons:?}");
        assert_eq!((statement.net, statement.nothing), (Centimes::ZERO, Some(Nothing::NothingVested)));
        // What was looked at before is what came, but for where the chain ends.
        let (_, looked_at) = preview.into_iter().find(|(_, statement)| statement.agent == AGENT).expect("in it");
        assert_eq!(Statement { chain_head: statement.chain_head.clone(), ..looked_at }, statement);
        let idle = self::statement(&world, OTHER_AGENT, november()).await;
        assert_eq!((idle.nothing, idle.number), (Some(Nothing::NothingSold), 1));
    }
}

promise! {
    async fn an_advance_is_made_good_by_its_month_and_the_rest_by_later_ones(world) {
        let (office, manager) = (&world.office, world.manager());
        let mut agent = world.phone(AGENT).await;
        sell(&world, &mut agent, &[(1, 10)]).await;
        let id = Uuid::now_v7();
        for amount in [0, -5, 10_000_001] {
            assert!(office.give_advance(&manager, id, AGENT, Centimes(amount), "").await.is_err());
        }
        assert!(matches!(office.give_advance(&manager, id, BEEKEEPER, Centimes(5), "").await, Err(OfficeError::NotFound)));
        office.give_advance(&manager, id, AGENT, Centimes(10_000), "chèque 12").await.expect("given");
        // Sent twice by an impatient finger.
        let again = office.give_advance(&manager, id, AGENT, Centimes(10_000), "chèque 12").await;
        assert!(matches!(again, Err(OfficeError::Conflict { field: "advance" })));
        assert_eq!(office.advances(&manager, AGENT).await.expect("listed").len(), 1);
        close(&world, november()).await;
        let first = statement(&world, AGENT, november()).await;
        assert_eq!((first.payable.0, first.advances_deducted.0, first.net.0, first.carried_forward.0), (8_000, 8_000, 0, 2_000));
        assert_eq!((first.nothing, first.advances.len()), (Some(Nothing::Advanced), 1));
        sell(&world, &mut agent, &[(1, 5)]).await;
        close(&world, november().next()).await;
        let second = statement(&world, AGENT, november().next()).await;
        // At most three tenths of a month go into what is owed.
        assert_eq!((second.opening.0, second.recovered.0, second.net.0, second.carried_forward.0), (-2_000, 1_200, 2_800, 800));
        assert_eq!(balance(&world, Account::AgentCarried(AGENT)).await, -800);
        assert_balanced(&world).await;
    }
}

promise! {
    async fn tax_is_withheld_by_the_kind_of_engagement_and_the_terms_of_the_day(world) {
        let (office, manager) = (&world.office, world.manager());
        let engagement = Engagement { valid_from: world.clock_now(), kind: EngagementKind::Independent, ..Engagement::default() };
        office.publish_engagement(&manager, AGENT, engagement).await.expect("published");
        let mut agent = world.phone(AGENT).await;
        agent.pull().await;
        sell(&world, &mut agent, &[(1, 10)]).await;
        close(&world, november()).await;
        assert_eq!(statement(&world, AGENT, november()).await.tax.amount, Centimes(800));
        assert_eq!(balance(&world, Account::AgentWithheld(AGENT)).await, 800);
        let kind = EngagementKind::Independent;
        let mut terms = TaxTerms { valid_from: world.clock_now().plus_days(5), rates: vec![TaxRate { kind, rate: Ppm(1_000_001), above_a_year: Centimes::ZERO }] };
        assert!(matches!(office.publish_tax_terms(&world.administrator(), terms.clone()).await, Err(OfficeError::InvalidTaxTerms(_))));
        terms.rates[0].rate = Ppm(200_000);
        assert!(matches!(office.publish_tax_terms(&manager, terms.clone()).await, Err(OfficeError::NotAllowed)));
        let past = TaxTerms { valid_from: world.clock_now(), ..terms.clone() };
        assert!(matches!(office.publish_tax_terms(&world.administrator(), past).await, Err(OfficeError::Invalid(_))));
        office.publish_tax_terms(&world.administrator(), terms).await.expect("published");
        assert_eq!(office.tax_terms(&manager).await.expect("listed").len(), 2);
        sell(&world, &mut agent, &[(1, 10)]).await;
        close(&world, november().next()).await;
        let second = statement(&world, AGENT, november().next()).await;
        assert_eq!((second.tax.amount, second.tax.paid_before.0), (Centimes(1_600), 0), "a new year begins with the close");
        assert_balanced(&world).await;
    }
}

promise! {
    async fn a_rule_that_limits_a_month_takes_back_what_is_above(world) {
        let rules = vec![
            Rule { number: 1, when: Conditions::default(), pays: Pays::Rate { rate: Ppm(80_000) }, cap: None, cap_per: CapPer::Line },
            Rule { number: 2, when: Conditions { product: Some(taswiq_domain::ids::ProductId(1)), ..Conditions::default() }, pays: Pays::Rate { rate: Ppm(80_000) }, cap: Some(Centimes(10_000)), cap_per: CapPer::Period },
        ];
        let from = world.clock_now().plus_ms(1);
        world.office.publish_plan(&world.manager(), from, rules).await.expect("published");
        world.clock.advance_ms(60_000);
        let mut agent = world.phone(AGENT).await;
        agent.pull().await;
        let first = sell(&world, &mut agent, &[(1, 10)]).await;
        sell(&world, &mut agent, &[(1, 10)]).await;
        sell(&world, &mut agent, &[(2, 4)]).await;
        close(&world, november()).await;
        let statement = statement(&world, AGENT, november()).await;
        assert_eq!(sum(&statement, Purpose::CommissionVested), 16_000 + 6_667);
        assert_eq!(sum(&statement, Purpose::PeriodCap), -6_000);
        // What comes back in December was above the limit in November: nothing is lost by it.
        agent.act_ok(&give_back(&first, 5, Fault::Customer)).await;
        close(&world, november().next()).await;
        let second = self::statement(&world, AGENT, november().next()).await;
        assert_eq!((sum(&second, Purpose::CommissionReversed), sum(&second, Purpose::PeriodCap), second.total.0), (-4_000, 4_000, 0));
        assert_balanced(&world).await;
    }
}

promise! {
    async fn a_correction_counts_where_it_belongs_and_is_given_a_reason(world) {
        let mut agent = world.phone(AGENT).await;
        sell(&world, &mut agent, &[(1, 10)]).await;
        close(&world, november()).await;
        let (entries, _) = told(&world, AGENT).await;
        let vested = entries.iter().find(|entry| entry.transfer.purpose == Purpose::CommissionVested).expect("one");
        let reason = taswiq_domain::ledger::CorrectionReason::ALL[0];
        world.office.correct_entry(&world.manager(), vested.number, reason).await.expect("corrected");
        close(&world, november().next()).await;
        let second = statement(&world, AGENT, november().next()).await;
        assert_eq!(second.lines.len(), 1);
        assert_eq!((second.lines[0].concerns, second.lines[0].reason, second.lines[0].amount.0), (november(), Some(ReversalReason::Corrected), -8_000));
        assert_eq!(second.carried_forward, Centimes(8_000));
        assert_balanced(&world).await;
    }
}

/// What a company may go through, month after month.
#[derive(Clone, Debug)]
enum Happens {
    Sale {
        agent: bool,
        product: i64,
        units: u32,
    },
    Return {
        sale: usize,
        units: u32,
        by_agent: bool,
    },
    Advance {
        agent: bool,
        amount: i64,
    },
    Close,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        5 => (any::<bool>(), 1i64..=2, 1u32..8).prop_map(|(agent, product, units)| Happens::Sale { agent, product, units }),
        3 => (any::<usize>(), 1u32..5, any::<bool>()).prop_map(|(sale, units, by_agent)| Happens::Return { sale, units, by_agent }),
        1 => (any::<bool>(), 1i64..9_000).prop_map(|(agent, amount)| Happens::Advance { agent, amount }),
        2 => Just(Happens::Close),
    ]
}

promise! {
    async fn statements_of_any_history_come_to_what_the_ledger_says(world) {
        let mut runner = TestRunner::deterministic();
        let history = prop::collection::vec(happens(), 30).new_tree(&mut runner).expect("one").current();
        let mut phones = [world.phone(AGENT).await, world.phone(OTHER_AGENT).await];
        let mut sold: Vec<(usize, Order, u32)> = Vec::new();
        let mut open = november();
        for step in history {
            match step {
                Happens::Sale { agent, product, units } => {
                    let who = usize::from(agent);
                    let order = sell(&world, &mut phones[who], &[(product, units)]).await;
                    sold.push((who, order, units));
                }
                Happens::Return { sale, units, by_agent } => {
                    let count = sold.len();
                    if let Some((who, order, left)) = sold.get_mut(sale % count.max(1)) {
                        let units = units.min(*left);
                        if units > 0 {
                            *left -= units;
                            let fault = if by_agent { Fault::Agent } else { Fault::Customer };
                            phones[*who].act_ok(&give_back(order, units, fault)).await;
                        }
                    }
                }
                Happens::Advance { agent, amount } => {
                    let who = if agent { OTHER_AGENT } else { AGENT };
                    world.office.give_advance(&world.manager(), Uuid::now_v7(), who, Centimes(amount), "").await.expect("given");
                }
                Happens::Close => {
                    close(&world, open).await;
                    open = open.next();
                }
            }
            world.clock.advance_ms(3_600_000);
        }
        close(&world, open).await;
        for who in [AGENT, OTHER_AGENT] {
            let (entries, statements) = told(&world, who).await;
            let (mut net, mut withheld) = (0, 0);
            for (period, document) in &statements {
                let statement = &document.statement;
                assert_eq!(statement.total.0, moved(&entries, who, *period), "{period}");
                net += statement.net.0;
                withheld += statement.tax.amount.0;
            }
            let last = statements.values().next_back().expect("one").statement.clone();
            assert_eq!(i64::from(last.number), statements.len() as i64);
            assert_eq!(balance(&world, Account::AgentEarned(who)).await, 0);
            assert_eq!(balance(&world, Account::AgentPayable(who)).await, net);
            assert_eq!(balance(&world, Account::AgentWithheld(who)).await, withheld);
            assert_eq!(balance(&world, Account::AgentCarried(who)).await, -last.carried_forward.0);
        }
        assert_balanced(&world).await;
    }
}

promise! {
    async fn what_brings_nothing_is_not_awaited(world) {
        let begins = world.clock_now().plus_hours(1);
        let outside = Rule { number: 1, pays: Pays::Nothing { reason: "essai".to_owned() }, ..Rule::default() };
        world.office.publish_plan(&world.manager(), begins, vec![outside]).await.expect("published");
        world.later_days(1);
        let mut agent = world.phone(AGENT).await;
        agent.pull().await;
        agent.place(&[(1, 2)]).await;
        let look = || async { world.office.month_if_closed_now(&world.manager(), november()).await.expect("a look") };
        let awaited = |statements: Vec<(LocalText, Statement)>| statements.iter().map(|(_, statement)| statement.not_yet_in.len()).sum::<usize>();
        assert_eq!(awaited(look().await), 0);
        world.statement("UPDATE sub_order SET awaited = NULL").await.expect("as it was");
        assert_eq!(awaited(look().await), 0);
    }
}

promise! {
    /// Orders from before the column existed say nothing there, and are read themselves.
    async fn what_is_not_yet_in_is_the_same_from_beside_the_parts_and_from_the_orders(world) {
        let mut agent = world.phone(AGENT).await;
        agent.place(&[(1, 2)]).await;
        let answered = confirmed(&world, &mut agent, &[(1, 3)]).await;
        let delivered = confirmed(&world, &mut agent, &[(2, 5)]).await;
        let mut beekeeper = world.phone(BEEKEEPER).await;
        beekeeper.act_ok(&pack(&delivered, HONEY)).await;
        agent.pull().await;
        agent.act_ok(&deliver(&delivered, HONEY)).await;
        sell(&world, &mut agent, &[(1, 7)]).await;
        agent.place(&[(1, 1), (3, 1)]).await;
        let manager = world.manager();
        let look = || world.office.month_if_closed_now(&manager, november());
        let from_beside = look().await.expect("a look");
        let awaited: Vec<&NotYetInReason> = from_beside
            .iter()
            .flat_map(|(_, statement)| &statement.not_yet_in)
            .map(|part| &part.why)
            .collect();
        let unanswered = &NotYetInReason::AwaitingAnswer;
        assert_eq!(awaited, [unanswered, unanswered, unanswered, &NotYetInReason::NotDelivered, &NotYetInReason::NotPaid]);
        // Of an order of two parts, one from beside it and the other from itself.
        assert_eq!(world.statement(&format!("UPDATE sub_order SET awaited = NULL WHERE awaited IS NOT NULL AND cooperative_id = {RUGS}")).await.expect("emptied"), 1);
        assert_eq!(look().await.expect("a look"), from_beside);
        assert_eq!(world.statement("UPDATE sub_order SET awaited = NULL WHERE waits AND awaited IS NOT NULL").await.expect("emptied"), 4);
        assert_eq!(look().await.expect("a look"), from_beside);
        // What moves on writes it anew, for that order alone.
        beekeeper.act_ok(&pack(&answered, HONEY)).await;
        assert_eq!(look().await.expect("a look"), from_beside);
        world.assert_sound().await;
    }
}
