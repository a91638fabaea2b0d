//! Phones that were away tell what they did in any order among each other. Before the months it concerns
//! are closed that makes no difference to anybody's statement, nor does making the books anew from the
//! events.

use super::settlement::{november, statement};
use super::world::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use taswiq_backend::OfficeError;
use taswiq_backend::catalogue::PlanDraft;
use taswiq_backend::parked::Settlement;
use taswiq_domain::Refusal;
use taswiq_domain::catalogue::Convention;
use taswiq_domain::commission::{Conditions, Pays, Rule};
use taswiq_domain::ids::PersonId;
use taswiq_domain::law::Regime;
use taswiq_domain::ledger::Account;
use taswiq_domain::ledger::chain::Chain;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::event::LineUnits;
use taswiq_domain::order::{
    CancelledBy, Fault, Order, PaymentMethod, Reason, Stage, SubOrder, Vesting, VestingPart,
    VestsWhen,
};
use taswiq_domain::period::Period;
use taswiq_domain::settlement::rules::{PeriodRules, Tier};
use taswiq_domain::sync::{
    Answer, CancelOrder, Change, Collect, CommandBody, FailSupply, LedgerEntry, ReturnGoods,
    SubOrderRef, Waiting,
};
use taswiq_domain::time::Timestamp;

/// The days on which something was done, in November and on the first days of December.
fn on(day: i64) -> Timestamp {
    START.plus_days(day - 2)
}

/// A phone that was away, and what it has to tell.
struct Away {
    phone: Phone,
    commands: Vec<Value>,
    told: usize,
}

impl Away {
    async fn of(world: &World, person: PersonId, done: &[(i64, CommandBody)]) -> Self {
        let mut phone = world.phone(person).await;
        let commands = done
            .iter()
            .map(|(day, body)| {
                let mut command = phone.command(body);
                command["made_at"] = json!(on(*day).0);
                command
            })
            .collect();
        Self {
            phone,
            commands,
            told: 0,
        }
    }

    /// Tells the next thing it did.
    async fn tell(&mut self) {
        self.phone.waiting = Waiting {
            commands: u32::try_from(self.commands.len() - self.told).expect("few"),
            ..Waiting::default()
        };
        let command = self.commands[self.told].clone();
        self.told += 1;
        let response = self.phone.sync(vec![command.clone()]).await;
        assert_eq!(response.results[0].answer, Answer::Applied, "{command}");
    }
}

/// What the phones did is told in turns, after all of it has happened.
async fn tell_all(world: &World, phones: &mut [Away], turns: &[usize]) {
    world.clock.set(on(34));
    for turn in turns {
        phones[*turn].tell().await;
    }
    assert!(
        phones.iter().all(|away| away.told == away.commands.len()),
        "all of it was told"
    );
}

async fn close_when_over(world: &World, month: Period) {
    let end = month.end(world.office.calendar());
    world.clock.set(world.clock_now().max(end));
    let closed = world.office.close_period(&world.manager(), month).await;
    closed.expect("closed");
}

/// Closes the month, and gives what it pays the agent.
async fn closed_and_said(world: &World, month: Period) -> String {
    close_when_over(world, month).await;
    let statement = statement(world, AGENT, month).await;
    format!("{:?} {}", statement.lines, statement.payable)
}

fn collects(
    order: &Order,
    cooperative: taswiq_domain::ids::CooperativeId,
    amount: i64,
) -> CommandBody {
    CommandBody::Collect(Collect {
        order: order.id,
        cooperative,
        amount: Centimes(amount),
        method: PaymentMethod::Cash,
        other_ids: 0,
    })
}

fn declares_early(
    order: &Order,
    cooperative: taswiq_domain::ids::CooperativeId,
    amount: i64,
) -> CommandBody {
    CommandBody::DeclareEarlyPayment(Collect {
        order: order.id,
        cooperative,
        amount: Centimes(amount),
        method: PaymentMethod::Cash,
        other_ids: 0,
    })
}

fn gives_back(order: &Order, units: u32, fault: Fault) -> CommandBody {
    CommandBody::ReturnGoods(ReturnGoods {
        order: order.id,
        cooperative: HONEY,
        lines: vec![LineUnits { line: 1, units }],
        fault,
    })
}

async fn another(world: &World) -> World {
    if world.url.starts_with("sqlite") {
        World::on_sqlite().await
    } else {
        World::on_postgres().await.expect("as the first")
    }
}

/// The same acts, told in this order: each number is the next act of an agent, of the other agent, of the
/// beekeeper or of the weaver. What each agent's statements of both months say, and every balance.
async fn told_in(world: &World, turns: &[usize]) -> (Vec<String>, BTreeMap<Account, Centimes>) {
    let tiers = vec![
        Tier {
            from: Centimes(0),
            below: Some(Centimes(50_000)),
            rate: Ppm(0),
        },
        Tier {
            from: Centimes(50_000),
            below: None,
            rate: Ppm(30_000),
        },
    ];
    let rules = vec![Rule {
        number: 1,
        when: Conditions::default(),
        pays: Pays::Rate { rate: Ppm(73_300) },
        ..Rule::default()
    }];
    let period = PeriodRules {
        tiers,
        ..PeriodRules::default()
    };
    let office = &world.office;
    office
        .publish_plan(
            &world.manager(),
            START.plus_hours(1),
            PlanDraft { rules, period },
        )
        .await
        .expect("published");
    world.clock.set(on(21));
    let mut orders = Vec::new();
    for (person, lines) in [
        (AGENT, &[(1, 7), (3, 1)][..]),
        (OTHER_AGENT, &[(2, 5)]),
        (AGENT, &[(1, 9)]),
    ] {
        let id = world.phone(person).await.place(lines).await;
        orders.push(world.order(id).await);
    }
    let [both, theirs, mine] = &orders[..] else {
        panic!("three orders")
    };
    let mut phones = [
        Away::of(
            world,
            AGENT,
            &[
                (25, collects(both, HONEY, 84_000)),
                (27, collects(mine, HONEY, 50_000)),
                (29, declares_early(both, RUGS, 99_900)),
                (31, collects(mine, HONEY, 58_000)),
                (33, gives_back(both, 2, Fault::Customer)),
            ],
        )
        .await,
        Away::of(
            world,
            OTHER_AGENT,
            &[
                (26, collects(theirs, HONEY, 125_000)),
                (32, gives_back(theirs, 1, Fault::Agent)),
            ],
        )
        .await,
        Away::of(
            world,
            BEEKEEPER,
            &[
                (22, confirm(both, HONEY)),
                (22, confirm(theirs, HONEY)),
                (23, pack(both, HONEY)),
                (23, pack(theirs, HONEY)),
                (24, confirm(mine, HONEY)),
                (24, pack(mine, HONEY)),
                (28, deliver(both, HONEY)),
                (28, deliver(theirs, HONEY)),
                (30, deliver(mine, HONEY)),
            ],
        )
        .await,
        Away::of(
            world,
            WEAVER,
            &[
                (22, confirm(both, RUGS)),
                (23, pack(both, RUGS)),
                (31, deliver(both, RUGS)),
            ],
        )
        .await,
    ];
    tell_all(world, &mut phones, turns).await;
    // What was taken too early counts when the customer can no longer withdraw.
    office.pass_deadlines().await.expect("passes");
    world.assert_sound().await;
    let mut said = Vec::new();
    for month in [november(), november().next()] {
        close_when_over(world, month).await;
        for agent in [AGENT, OTHER_AGENT] {
            let statement = statement(world, agent, month).await;
            let waits: Vec<_> = statement
                .not_yet_in
                .iter()
                .map(|part| (part.amount, part.why))
                .collect();
            said.push(format!(
                "{agent} {:?} {} {} {} {:?} {:?} {waits:?}",
                statement.lines,
                statement.payable,
                statement.net,
                statement.carried_forward,
                statement.months,
                statement.nothing
            ));
        }
    }
    let balances = office.balances(&world.manager()).await.expect("balances");
    (
        said,
        balances
            .into_iter()
            .filter(|(_, balance)| *balance != Centimes::ZERO)
            .collect(),
    )
}

promise! {
    async fn the_same_events_give_the_same_statements_in_any_order_of_arrival(world) {
        // The cooperatives first; the agents first, as far as the rules accept it; in turns.
        let orders: [&[usize]; 5] = [
            &[2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 0, 0, 0, 0, 0, 1, 1],
            &[0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 0, 1],
            &[2, 0, 3, 1, 2, 0, 3, 2, 2, 0, 3, 2, 2, 2, 0, 2, 0, 2, 1],
            &[3, 3, 3, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 0, 2, 0, 2, 1, 1],
            &[1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 0, 3, 0, 3, 0, 3, 0, 0],
        ];
        let first = told_in(&world, orders[0]).await;
        // Both months have something to say for both agents.
        assert!(first.0.iter().all(|said| said.contains("purpose: Commission")), "{:#?}", first.0);
        for turns in &orders[1..] {
            let world = another(&world).await;
            assert_eq!(told_in(&world, turns).await, first, "{turns:?}");
        }
    }
}

promise! {
    async fn the_books_made_anew_from_the_events_have_the_same_chain_heads(world) {
        told_in(&world, &[2, 0, 3, 1, 2, 0, 3, 2, 2, 0, 3, 2, 2, 2, 0, 2, 0, 2, 1]).await;
        // Entry by entry: what the events of each order cause under its number, and what nothing but a close
        // made, linked anew by whoever has nothing but these.
        for agent in [AGENT, OTHER_AGENT] {
            let told = world.phone(agent).await.pull().await;
            let entries: Vec<LedgerEntry> = told.into_iter().filter_map(|change| match change { Change::Entry(entry) => Some(entry), _ => None }).collect();
            let mut anew = Chain::default();
            for entry in &entries {
                anew.append(entry.number, &entry.transfer);
            }
            assert_eq!(Chain::of(&entries), Ok(anew));
            let last = statement(&world, agent, november().next()).await;
            assert_eq!(last.chain_head, taswiq_domain::ledger::chain::hexadecimal(&anew.head));
        }
        // And the events cause exactly these entries.
        world.assert_sound().await;
    }
}

/// Half of the commission waits for the goods and half for the money. Seven pots are brought on the 28th of
/// November and paid for but for one on the 29th; that one comes back on the 2nd of December. `turns` says
/// whether the agent or the beekeeper tells next; nothing closes November.
async fn halves_told_in(
    world: &World,
    turns: &[Option<usize>],
) -> (Vec<String>, BTreeMap<Account, Centimes>) {
    let office = &world.office;
    let part = |when| VestingPart {
        when,
        part: Ppm(500_000),
    };
    let convention = Convention {
        valid_from: START.plus_hours(1),
        regime: Regime::OwnProduction,
        delivery_days: 3,
        vesting: Vesting(vec![part(VestsWhen::Delivered), part(VestsWhen::Paid)]),
    };
    office
        .publish_convention(&world.manager(), HONEY, convention)
        .await
        .expect("published");
    world.clock.set(on(21));
    let id = world.phone(AGENT).await.place(&[(1, 7)]).await;
    let order = world.order(id).await;
    let mut phones = [
        Away::of(world, AGENT, &[(29, collects(&order, HONEY, 72_000))]).await,
        Away::of(
            world,
            BEEKEEPER,
            &[
                (22, confirm(&order, HONEY)),
                (23, pack(&order, HONEY)),
                (28, deliver(&order, HONEY)),
                (32, gives_back(&order, 1, Fault::Customer)),
            ],
        )
        .await,
    ];
    world.clock.set(on(34));
    let mut said = Vec::new();
    let mut months = vec![november().next(), november()];
    for turn in turns.iter().copied().chain([None, None]) {
        match (turn, months.pop()) {
            (Some(turn), month) => {
                months.extend(month);
                phones[turn].tell().await;
            }
            (None, Some(month)) => {
                said.push(closed_and_said(world, month).await);
            }
            (None, None) => {}
        }
    }
    world.assert_sound().await;
    let balances = office.balances(&world.manager()).await.expect("balances");
    let moved = balances.into_iter();
    let moved = moved.filter(|(_, balance)| *balance != Centimes::ZERO);
    (said, moved.collect())
}

promise! {
    async fn what_came_back_before_its_payment_is_told_counts_as_it_happened(world) {
        let (agent, beekeeper) = (Some(0), Some(1));
        let in_order = [beekeeper, beekeeper, beekeeper, agent, beekeeper];
        let (said, balances) = halves_told_in(&world, &in_order).await;
        assert!(said.iter().all(|said| said.contains("CommissionVested")), "{said:#?}");
        let late = another(&world).await;
        let told_late = [beekeeper, beekeeper, beekeeper, beekeeper, agent];
        assert_eq!(halves_told_in(&late, &told_late).await, (said, balances.clone()));
        // After the close the months differ, and what it comes to does not.
        let closed = another(&world).await;
        let after_the_close = [beekeeper, beekeeper, beekeeper, beekeeper, None, agent];
        assert_eq!(halves_told_in(&closed, &after_the_close).await.1, balances);
    }
}

/// What was paid at the door before goods came back, were lost, or were not wanted any more: `turns` says
/// whether the agent's phone with the payments, the agent's other phone or the beekeeper tells next. The
/// parts of the orders, what is owed to their customers, what both months' statements say, every balance.
async fn paid_at_the_door_told_in(
    world: &World,
    turns: &[usize],
) -> (
    Vec<SubOrder>,
    Vec<Centimes>,
    Vec<String>,
    BTreeMap<Account, Centimes>,
) {
    let office = &world.office;
    world.clock.set(on(21));
    let mut orders = Vec::new();
    for lines in [&[(1, 7)][..], &[(1, 5)], &[(3, 1)], &[(1, 3)]] {
        let id = world.phone(AGENT).await.place(lines).await;
        orders.push(world.order(id).await);
    }
    let [kept, lost, early, unwanted] = &orders[..] else {
        panic!("four orders")
    };
    let cancel = CommandBody::CancelOrder(CancelOrder {
        order: unwanted.id,
        by: CancelledBy::Customer,
        reason: Reason::CustomerCancelled,
        other_ids: 0,
    });
    let withdraw = CommandBody::Withdraw(SubOrderRef {
        order: early.id,
        cooperative: RUGS,
    });
    let fail = CommandBody::FailSupply(FailSupply {
        order: lost.id,
        cooperative: HONEY,
        fault: Fault::Cooperative,
    });
    let payments = [
        (26, declares_early(early, RUGS, 99_900)),
        (27, collects(lost, HONEY, 60_000)),
        (27, collects(unwanted, HONEY, 36_000)),
        (29, collects(kept, HONEY, 84_000)),
    ];
    let served = [
        (22, confirm(kept, HONEY)),
        (22, confirm(lost, HONEY)),
        (22, confirm(unwanted, HONEY)),
        (23, pack(kept, HONEY)),
        (28, deliver(kept, HONEY)),
        (28, fail),
        (32, gives_back(kept, 2, Fault::Customer)),
    ];
    let mut phones = [
        Away::of(world, AGENT, &payments).await,
        Away::of(world, AGENT, &[(27, withdraw), (28, cancel)]).await,
        Away::of(world, BEEKEEPER, &served).await,
    ];
    tell_all(world, &mut phones, turns).await;
    office.pass_deadlines().await.expect("passes");
    let (mut parts, mut owed) = (Vec::new(), Vec::new());
    for order in &orders {
        let mut part = world.order(order.id).await.sub_orders.remove(0);
        // Which phone has seen an answer is a matter of when it was heard.
        part.decision_seen = true;
        owed.push(part.owed_to_customer().expect("fits"));
        parts.push(part);
    }
    let mut said = Vec::new();
    for month in [november(), november().next()] {
        said.push(closed_and_said(world, month).await);
    }
    world.assert_sound().await;
    let balances = office.balances(&world.manager()).await.expect("balances");
    let moved = balances.into_iter();
    let moved = moved.filter(|(_, balance)| *balance != Centimes::ZERO);
    (parts, owed, said, moved.collect())
}

promise! {
    async fn money_that_changed_hands_is_taken_in_whatever_was_told_first(world) {
        // As it happened; the payments first; the payments last; in turns.
        let orders: [&[usize]; 4] = [
            &[2, 2, 2, 2, 0, 0, 0, 1, 1, 2, 2, 0, 2],
            &[0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 1, 1],
            &[2, 2, 2, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0],
            &[1, 2, 2, 0, 2, 1, 0, 2, 2, 0, 2, 2, 0],
        ];
        let first = paid_at_the_door_told_in(&world, orders[0]).await;
        let (parts, owed, said, balances) = &first;
        let stages: Vec<Stage> = parts.iter().map(|part| part.stage).collect();
        assert_eq!(stages, [Stage::Delivered, Stage::SupplyFailed, Stage::Withdrawn, Stage::Cancelled]);
        assert_eq!(*owed, [24_000, 60_000, 99_900, 36_000].map(Centimes));
        // The agent has it all in hand, and all that is not the price of what was kept is the customers'.
        let all = Centimes(84_000 + 60_000 + 99_900 + 36_000);
        assert_eq!(balances[&Account::Cash(AGENT)], Centimes(-all.0));
        assert_eq!(balances[&Account::CustomerDue].plus(balances[&Account::Deposits]), Centimes::sum(owed.iter().copied()));
        assert!(said.iter().all(|said| said.contains("purpose: Commission")), "{said:#?}");
        for turns in &orders[1..] {
            let world = another(&world).await;
            assert_eq!(paid_at_the_door_told_in(&world, turns).await, first, "{turns:?}");
        }
    }
}

promise! {
    async fn of_two_who_took_the_same_money_the_second_to_tell_is_looked_at(world) {
        world.clock.set(on(21));
        let id = world.phone(AGENT).await.place(&[(1, 7)]).await;
        let order = world.order(id).await;
        let served = [(22, confirm(&order, HONEY)), (23, pack(&order, HONEY)), (24, deliver(&order, HONEY)), (26, collects(&order, HONEY, 84_000)), (28, gives_back(&order, 2, Fault::Customer))];
        let mut beekeeper = Away::of(&world, BEEKEEPER, &served).await;
        let mut agent = Away::of(&world, AGENT, &[(25, collects(&order, HONEY, 84_000))]).await;
        world.clock.set(on(34));
        for _ in 0..served.len() {
            beekeeper.tell().await;
        }
        let parked = agent.phone.sync(agent.commands.clone()).await.results.remove(0);
        let twice = Refusal::PaymentAboveDue { amount: Centimes(84_000), due: Centimes::ZERO };
        assert_eq!(parked.answer, Answer::Parked { refusal: twice.clone() });
        // Nobody may accept it unseen, for then the agent would owe cash that perhaps never was.
        let manager = world.manager();
        let settle = |settlement| world.office.settle_parked(&manager, parked.id, settlement);
        assert!(matches!(settle(Settlement::Accept).await, Err(OfficeError::Invalid(refusal)) if refusal == twice));
        settle(Settlement::Reject).await.expect("settled");
        let balances = world.office.balances(&manager).await.expect("balances");
        assert_eq!(balances.get(&Account::Cash(AGENT)).copied().unwrap_or_default(), Centimes::ZERO);
        assert_eq!(balances[&Account::Cash(BEEKEEPER)], Centimes(-84_000));
        assert_eq!(world.order(id).await.sub_orders[0].owed_to_customer(), Ok(Centimes(24_000)));
        world.assert_sound().await;
    }
}
