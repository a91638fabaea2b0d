//! When commission becomes the agent's, and what takes it away, from the phone to the ledger.

use super::world::*;
use taswiq_backend::OfficeError;
use taswiq_domain::Refusal;
use taswiq_domain::catalogue::Convention;
use taswiq_domain::ids::OrderId;
use taswiq_domain::law::Regime;
use taswiq_domain::ledger::Account;
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::event::{LineUnits, PackedLine};
use taswiq_domain::order::{
    Fault, OrderEvent, PaymentMethod, Progress, Proof, Stage, Vesting, VestingPart, VestsWhen,
};
use taswiq_domain::period::Period;
use taswiq_domain::settlement::NotYetInReason;
use taswiq_domain::sync::{
    Answer, Collect, CommandBody, Deliver, FailSupply, PackSubOrder, ReturnGoods, SubOrderRef,
};

fn half_on_delivery_half_in_the_bank() -> Vesting {
    Vesting(
        [VestsWhen::Delivered, VestsWhen::Deposited]
            .map(|when| VestingPart {
                when,
                part: Ppm(500_000),
            })
            .to_vec(),
    )
}

async fn balance(world: &World, account: Account) -> i64 {
    let balances = world
        .office
        .balances(&world.manager())
        .await
        .expect("known");
    balances.get(&account).map_or(0, |balance| balance.0)
}

/// What the agent has pending and earned.
async fn stands(world: &World) -> (i64, i64) {
    (
        balance(world, Account::AgentPending(AGENT)).await,
        balance(world, Account::AgentEarned(AGENT)).await,
    )
}

/// An order of honey, confirmed and packed.
async fn packed(world: &World, agent: &mut Phone, beekeeper: &mut Phone) -> OrderId {
    let id = agent.place(&[(1, 10)]).await;
    let order = world.order(id).await;
    beekeeper.act_ok(&confirm(&order, HONEY)).await;
    beekeeper.act_ok(&pack(&order, HONEY)).await;
    id
}

fn cash(order: OrderId, amount: i64) -> CommandBody {
    CommandBody::Collect(Collect {
        order,
        cooperative: HONEY,
        amount: Centimes(amount),
        method: PaymentMethod::Cash,
        other_ids: 0,
    })
}

promise! {
    async fn a_convention_may_let_half_vest_on_delivery_and_half_when_the_cash_is_in_the_bank(world) {
        let vesting = half_on_delivery_half_in_the_bank();
        let valid_from = START.plus_days(1);
        let convention = |vesting| Convention { valid_from, regime: Regime::OwnProduction, delivery_days: 3, vesting };
        let whole_and_more = Vesting([vesting.0.clone(), Vesting::default().0].concat());
        for wrong in [Vesting(Vec::new()), whole_and_more] {
            let refused = world.office.publish_convention(&world.manager(), HONEY, convention(wrong)).await;
            assert!(matches!(refused, Err(OfficeError::Invalid(Refusal::FieldInvalid { field })) if field == "vesting"));
        }
        world.office.publish_convention(&world.manager(), HONEY, convention(vesting.clone())).await.expect("published");
        let (mut agent, mut beekeeper) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await);
        let usual = agent.place(&[(1, 10)]).await;
        assert_eq!(world.order(usual).await.sub_orders[0].vesting, Vesting::default());
        world.later_days(2);
        let id = packed(&world, &mut agent, &mut beekeeper).await;
        let order = world.order(id).await;
        assert_eq!(order.sub_orders[0].vesting, vesting);
        let all = order.commission_asked().expect("fits").0;
        let due = order.gross_asked().expect("fits").0;
        agent.act_ok(&deliver(&order, HONEY)).await;
        assert_eq!(stands(&world).await, (all / 2, all / 2));
        // The agent took a part, and the cooperative the rest.
        agent.act_ok(&cash(id, due - 10_000)).await;
        beekeeper.act_ok(&cash(id, 10_000)).await;
        assert_eq!(stands(&world).await, (all / 2, all / 2));
        let manager = world.manager();
        // Paid, and not in the bank: the order is settled, and a statement says what its other half waits for.
        let waiting = || async {
            let month = Period::at(world.clock_now(), world.office.calendar());
            let months = world.office.month_if_closed_now(&manager, month).await.expect("looked at");
            let own = months.into_iter().find(|(_, statement)| statement.agent == AGENT).expect("one");
            let parts = own.1.not_yet_in.into_iter().filter(|part| part.order == id);
            parts.map(|part| (part.amount.0, part.why)).collect::<Vec<_>>()
        };
        assert_eq!(world.order(id).await.progress(), Ok(Progress::Settled));
        assert_eq!(waiting().await, [(all / 2, NotYetInReason::NotDeposited)]);
        // So it does of an order that was paid before statements looked for such parts.
        world.statement("UPDATE sub_order SET waits = (1 = 0) WHERE stage = 'delivered'").await.expect("as it was");
        world.statement("DELETE FROM _sqlx_migrations WHERE version = 10").await.expect("as it was");
        assert_eq!(waiting().await, []);
        world.second_process().await.close().await;
        assert_eq!(waiting().await, [(all / 2, NotYetInReason::NotDeposited)]);
        let deposit = |amount| world.office.record_deposit(&manager, id, HONEY, Centimes(amount));
        assert!(matches!(deposit(due + 1).await, Err(OfficeError::Invalid(Refusal::DepositAboveCash { .. }))));
        assert!(matches!(deposit(0).await, Err(OfficeError::Invalid(Refusal::AmountNotPositive))));
        deposit(due - 5_000).await.expect("recorded");
        assert_eq!(balance(&world, Account::Cash(AGENT)).await, 0);
        assert_eq!(balance(&world, Account::Cash(BEEKEEPER)).await, -5_000);
        assert_eq!(stands(&world).await, (all / 2, all / 2));
        deposit(5_000).await.expect("recorded");
        assert_eq!(stands(&world).await, (0, all));
        assert_eq!(balance(&world, Account::Cash(BEEKEEPER)).await, 0);
        assert_eq!(balance(&world, Account::Bank).await, -due);
        let told = agent.pull().await;
        let told = orders_in(&told).into_iter().find(|order| order.id == id).cloned();
        assert_eq!(told.map(|order| order.sub_orders[0].in_hand), Some(Centimes::ZERO));
        world.assert_sound().await;
    }
}

promise! {
    async fn what_is_never_paid_is_written_off_once_and_not_a_day_too_early(world) {
        let (mut agent, mut beekeeper) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await);
        let (unpaid, paid) = (packed(&world, &mut agent, &mut beekeeper).await, packed(&world, &mut agent, &mut beekeeper).await);
        for id in [unpaid, paid] {
            agent.act_ok(&deliver(&world.order(id).await, HONEY)).await;
        }
        agent.act_ok(&collect(&world.order(paid).await, HONEY)).await;
        let all = world.order(paid).await.commission_asked().expect("fits").0;
        assert_eq!(stands(&world).await, (all, all));
        world.later_days(limits::WRITE_OFF_DAYS - 1);
        assert_eq!(world.office.pass_deadlines().await.expect("passes").written_off, 0);
        world.later_days(1);
        let second = world.second_process().await;
        let (one, other) = tokio::join!(world.office.pass_deadlines(), second.pass_deadlines());
        assert_eq!(one.expect("passes").written_off + other.expect("passes").written_off, 1);
        assert_eq!(world.office.pass_deadlines().await.expect("passes"), Default::default());
        assert_eq!(stands(&world).await, (0, all));
        let history = world.office.order_history(&world.manager(), unpaid).await.expect("known");
        let last = history.events.last().expect("an event");
        assert!(matches!(last.event, OrderEvent::WrittenOff { .. }) && last.actor.is_none());
        world.assert_sound().await;
        second.close().await;
    }
}

promise! {
    async fn what_will_be_written_off_is_told_a_fortnight_before_and_no_longer_once_it_is_paid(world) {
        let (mut agent, mut beekeeper) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await);
        let (first, second) = (packed(&world, &mut agent, &mut beekeeper).await, packed(&world, &mut agent, &mut beekeeper).await);
        agent.act_ok(&deliver(&world.order(first).await, HONEY)).await;
        world.later_days(2);
        agent.act_ok(&deliver(&world.order(second).await, HONEY)).await;
        let manager = world.manager();
        let told = async || world.office.soon_written_off(&manager).await.expect("told");
        let count = async || world.office.count_soon_written_off(&manager).await.expect("counted");
        world.later_days(limits::WRITE_OFF_DAYS - limits::WRITE_OFF_ANNOUNCED_DAYS - 3);
        assert_eq!((told().await, count().await), (Vec::new(), 0));
        world.later_days(1);
        let parts = told().await;
        assert_eq!((parts.len(), count().await), (1, 1));
        let order = world.order(first).await;
        let due = order.gross_asked().expect("fits");
        assert_eq!((parts[0].order, parts[0].cooperative, parts[0].customer.id), (first, HONEY, order.customer));
        assert_eq!((parts[0].owed, parts[0].commission), (due, order.commission_asked().expect("fits")));
        assert_eq!(Some(parts[0].at), order.sub_orders[0].write_off_at().expect("fits"));
        world.later_days(2);
        let soonest_first: Vec<OrderId> = told().await.iter().map(|part| part.order).collect();
        assert_eq!(soonest_first, [first, second]);
        agent.act_ok(&cash(first, due.0 - 1)).await;
        assert_eq!(told().await[0].owed, Centimes(1));
        agent.act_ok(&cash(first, 1)).await;
        assert_eq!((told().await[0].order, count().await), (second, 1));
        let agent = taswiq_domain::access::Actor { person: AGENT, role: taswiq_domain::person::Role::Agent, cooperatives: Vec::new() };
        assert!(matches!(world.office.soon_written_off(&agent).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(world.office.count_soon_written_off(&agent).await, Err(OfficeError::NotAllowed)));
    }
}

promise! {
    async fn a_cooperative_that_cannot_supply_bears_the_commission_and_nobody_else_may_say_so(world) {
        let (mut agent, mut beekeeper) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await);
        let mut weaver = world.phone(WEAVER).await;
        let (ours, lost) = (packed(&world, &mut agent, &mut beekeeper).await, packed(&world, &mut agent, &mut beekeeper).await);
        let fail = |order, fault| CommandBody::FailSupply(FailSupply { order, cooperative: HONEY, fault });
        for stranger in [&mut agent, &mut weaver] {
            let answer = stranger.act(&fail(ours, Fault::Cooperative)).await;
            assert!(matches!(answer, Answer::Parked { refusal: Refusal::NotAllowed | Refusal::UnknownOrder }), "{answer:?}");
        }
        let all = world.order(ours).await.commission_asked().expect("fits").0;
        beekeeper.act_ok(&fail(ours, Fault::Cooperative)).await;
        beekeeper.act_ok(&fail(lost, Fault::Logistics)).await;
        assert_eq!(world.order(ours).await.sub_orders[0].stage, Stage::SupplyFailed);
        assert_eq!(stands(&world).await, (0, 2 * all));
        assert_eq!(balance(&world, Account::CooperativeSales(HONEY)).await, -all);
        assert_eq!(balance(&world, Account::Logistics).await, -all);
        assert_eq!(balance(&world, Account::CommissionExpense).await, 0);
        world.assert_sound().await;
    }
}

promise! {
    async fn a_customer_may_withdraw_from_what_both_the_cooperative_and_the_transport_are_charged_with(world) {
        // Nobody may ask for the money of rugs before the customer's week is over.
        let (mut agent, mut weaver) = (world.phone(AGENT).await, world.phone(WEAVER).await);
        let id = agent.place(&[(3, 3)]).await;
        let order = world.order(id).await;
        weaver.act_ok(&confirm(&order, RUGS)).await;
        let units = |units| vec![LineUnits { line: 1, units }];
        let packed = vec![PackedLine { line: 1, units: 2, lot: String::new() }];
        weaver.act_ok(&CommandBody::PackSubOrder(PackSubOrder { order: id, cooperative: RUGS, lines: packed })).await;
        let proof = Proof::ReceiptDigits { digits: 4_711 };
        weaver.act_ok(&CommandBody::Deliver(Deliver { order: id, cooperative: RUGS, lines: units(2), proof })).await;
        weaver.act_ok(&CommandBody::ReturnGoods(ReturnGoods { order: id, cooperative: RUGS, lines: units(1), fault: Fault::Logistics })).await;
        assert_ne!(balance(&world, Account::Logistics).await, 0);
        agent.act_ok(&CommandBody::Withdraw(SubOrderRef { order: id, cooperative: RUGS })).await;
        for account in [Account::Logistics, Account::CooperativeSales(RUGS), Account::CommissionExpense] {
            assert_eq!(balance(&world, account).await, 0, "{account:?}");
        }
        world.assert_sound().await;
    }
}
