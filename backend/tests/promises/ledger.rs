//! The ledger only grows, and shows it: chains, months that stay closed, corrections.

use super::world::*;
use std::collections::BTreeMap;
use taswiq_backend::OfficeError;
use taswiq_backend::ledger::audit::Fault;
use taswiq_backend::settlement::SettlementRefusal;
use taswiq_domain::access::Actor;
use taswiq_domain::ids::OrderId;
use taswiq_domain::ledger::chain::Chain;
use taswiq_domain::ledger::{Account, Cause, CorrectionReason, Purpose};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::event::RecordedEvent;
use taswiq_domain::order::{Fault as AtFault, Order, PaymentMethod};
use taswiq_domain::period::Period;
use taswiq_domain::person::Role;
use taswiq_domain::sync::{Answer, Change, Collect, CommandBody, LedgerEntry, ReturnGoods};

fn november() -> Period {
    Period::new(2026, 11).expect("a month")
}

fn entries_in(changes: Vec<Change>) -> Vec<LedgerEntry> {
    changes
        .into_iter()
        .filter_map(|change| match change {
            Change::Entry(entry) => Some(entry),
            _ => None,
        })
        .collect()
}

/// An agent's phone and the honey order it took, delivered and paid: its commission is earned.
async fn earned(world: &World, agent: &mut Phone) -> Order {
    let id = agent.place(&[(1, 10), (2, 4)]).await;
    let mut beekeeper = world.phone(BEEKEEPER).await;
    for step in [confirm, pack] {
        let order = world.order(id).await;
        beekeeper.act_ok(&step(&order, HONEY)).await;
    }
    agent.pull().await;
    for step in [deliver, collect] {
        let order = world.order(id).await;
        agent.act_ok(&step(&order, HONEY)).await;
    }
    world.order(id).await
}

fn give_back(order: &Order, units: u32) -> CommandBody {
    CommandBody::ReturnGoods(ReturnGoods {
        order: order.id,
        cooperative: HONEY,
        lines: vec![taswiq_domain::order::event::LineUnits { line: 1, units }],
        fault: AtFault::Customer,
    })
}

async fn entries_of(world: &World, order: OrderId) -> Vec<LedgerEntry> {
    let history = world.office.order_history(&world.manager(), order).await;
    history.expect("known").entries
}

promise! {
    async fn a_phone_follows_its_agents_chain_from_the_first_entry(world) {
        let (mut agent, mut other) = (world.phone(AGENT).await, world.phone(OTHER_AGENT).await);
        agent.place(&[(1, 1)]).await;
        assert_eq!(entries_in(agent.pull().await), [], "an order just placed moves nothing");
        // Two agents, two processes: every chain is its own, whoever makes it longer.
        let second = world.second_process().await;
        let mut third = world.phone_on(&second, AGENT).await;
        for phone in [&mut agent, &mut other, &mut third] {
            let order = earned(&world, phone).await;
            phone.act_ok(&give_back(&order, 3)).await;
        }
        for person in [AGENT, OTHER_AGENT] {
            let entries = entries_in(world.phone(person).await.pull().await);
            let chain = Chain::of(&entries).expect("whole");
            assert_eq!(chain.length, entries.len() as u64);
            assert!(entries.len() >= 5, "{entries:?}");
            assert!(entries.iter().all(|entry| entry.transfer.agent() == Some(person)));
        }
        world.assert_sound().await;
        second.close().await;
    }
}

promise! {
    async fn an_entry_that_is_counted_again_says_what_was_told_late_and_by_whom(world) {
        let mut agent = world.phone(AGENT).await;
        let mut beekeeper = world.phone(BEEKEEPER).await;
        let id = agent.place(&[(1, 10)]).await;
        for step in [confirm, pack] {
            let order = world.order(id).await;
            beekeeper.act_ok(&step(&order, HONEY)).await;
        }
        agent.pull().await;
        let order = world.order(id).await;
        agent.act_ok(&deliver(&order, HONEY)).await;
        // Paid for what is kept, then the rest comes back, which is told first.
        let hours = |hours: i64| START.plus_hours(hours);
        let paid = CommandBody::Collect(Collect { order: id, cooperative: HONEY, amount: Centimes(84_000), method: PaymentMethod::Cash, other_ids: 0 });
        let mut paid = beekeeper.command(&paid);
        paid["made_at"] = serde_json::json!(hours(2).0);
        world.clock.set(hours(3));
        agent.act_ok(&give_back(&order, 3)).await;
        world.clock.set(hours(4));
        assert_eq!(beekeeper.sync(vec![paid]).await.results[0].answer, Answer::Applied);

        let entries = entries_in(world.phone(AGENT).await.pull().await);
        let late: Vec<&LedgerEntry> = entries.iter().filter(|entry| entry.transfer.cause.told_by().is_some()).collect();
        assert_eq!(late.iter().map(|entry| entry.transfer.purpose).collect::<Vec<_>>(), [Purpose::CommissionVested]);
        for entry in &entries {
            let source = entry.source.as_ref().expect("told where it comes from");
            assert_eq!(source.told_by.is_some(), entry.transfer.cause.told_by().is_some());
        }
        let source = late[0].source.as_ref().expect("told where it comes from");
        let told_by = source.told_by.as_ref().expect("told what was late");
        assert_eq!((source.event.as_str(), told_by.event.as_str(), told_by.received_at), ("returned", "collected", hours(4)));
        let beekeeper = world.office.people(&world.manager(), None, "").await.expect("people").into_iter().find(|person| person.id == BEEKEEPER);
        assert_eq!(told_by.by, beekeeper.map(|person| person.name));
        // The office reads the same.
        let sight = world.office.entry(&world.manager(), late[0].number).await.expect("read");
        let number = |event: Option<&RecordedEvent>| event.map(|event| event.number);
        assert_eq!(number(sight.told_by.as_ref()), late[0].transfer.cause.told_by());
        assert_eq!(number(sight.happened.as_ref().map(|(_, event)| event)), late[0].transfer.cause.event_number());
        world.assert_sound().await;
    }
}

promise! {
    async fn turnover_counts_in_the_direction_of_what_is_earned_and_returns_to_nothing(world) {
        let mut agent = world.phone(AGENT).await;
        let order = earned(&world, &mut agent).await;
        let counted = |entries: &[LedgerEntry]| -> i64 {
            entries.iter().map(|entry| match (entry.transfer.debit, entry.transfer.credit) {
                (_, Account::AgentEarned(_)) => entry.transfer.base.0,
                (Account::AgentEarned(_), _) => -entry.transfer.base.0,
                _ => { assert_eq!(entry.transfer.base, Centimes::ZERO); 0 }
            }).sum()
        };
        // 10 × 120.00 and 4 × 250.00 DH with 20 % of tax in them.
        let entries = entries_of(&world, order.id).await;
        assert_eq!(counted(&entries), 183_333);
        assert!(entries.iter().all(|entry| entry.transfer.period == november()));
        agent.act_ok(&give_back(&order, 4)).await;
        assert_eq!(counted(&entries_of(&world, order.id).await), 183_333 - 40_000);
        agent.act_ok(&give_back(&order, 6)).await;
        assert_eq!(counted(&entries_of(&world, order.id).await), 83_333);
        world.assert_sound().await;
    }
}

promise! {
    async fn a_closed_month_takes_nothing_more_and_what_comes_late_counts_in_the_open_one(world) {
        let mut agent = world.phone(AGENT).await;
        let order = earned(&world, &mut agent).await;
        let manager = world.manager();
        // While it lasts, and by an agent, it is not closed.
        assert!(matches!(world.office.close_period(&manager, november()).await, Err(OfficeError::Settlement(SettlementRefusal::NotOver { .. }))));
        let nobody = Actor { person: AGENT, role: Role::Agent, cooperatives: Vec::new() };
        world.clock.set(november().end(world.office.calendar()).plus_ms(-1));
        assert!(matches!(world.office.close_period(&manager, november()).await, Err(OfficeError::Settlement(SettlementRefusal::NotOver { .. }))));
        world.clock.advance_ms(1);
        assert!(matches!(world.office.close_period(&nobody, november()).await, Err(OfficeError::NotAllowed)));
        world.office.close_period(&manager, november()).await.expect("closed");
        // A phone that was away gives back what was returned in November.
        let mut command = agent.command(&give_back(&order, 4));
        command["made_at"] = serde_json::json!(november().end(world.office.calendar()).plus_ms(-86_400_000).0);
        agent.sync(vec![command]).await;
        let late: Vec<_> = entries_of(&world, order.id).await.into_iter().filter(|entry| entry.transfer.period != november()).collect();
        let purposes: Vec<Purpose> = late.iter().map(|entry| entry.transfer.purpose).collect();
        assert_eq!(purposes, [Purpose::CommissionReversed, Purpose::Sale]);
        assert!(late.iter().all(|entry| entry.transfer.period == november().next() && entry.transfer.at < november().end(world.office.calendar())));
        // It is closed once, and with it all before it.
        for month in [november(), november().previous()] {
            assert!(matches!(world.office.close_period(&manager, month).await, Err(OfficeError::Settlement(SettlementRefusal::Closed { .. }))));
        }
        let second = world.second_process().await;
        assert!(matches!(second.close_period(&manager, november()).await, Err(OfficeError::Settlement(SettlementRefusal::Closed { .. }))));
        second.close().await;
        assert_eq!(world.audit_actions().await.iter().filter(|action| *action == "month_closed").count(), 1);
        world.assert_sound().await;
    }
}

promise! {
    async fn no_clock_of_a_phone_decides_in_which_month_something_counts(world) {
        let calendar = world.office.calendar();
        let mut agent = world.phone(AGENT).await;
        let order = earned(&world, &mut agent).await;
        let in_december = november().end(calendar).plus_days(4);
        let dated = |phone: &mut Phone, order: &Order, at: taswiq_domain::time::Timestamp| {
            let mut command = phone.command(&give_back(order, 1));
            command["made_at"] = serde_json::json!(at.0);
            command
        };
        let last = |entries: Vec<LedgerEntry>| entries.last().map(|entry| (entry.transfer.at, entry.transfer.period)).expect("an entry");
        // Offline since November, and told before its close: it counts in November.
        world.clock.set(in_december);
        let made_at = in_december.plus_days(-6);
        let command = dated(&mut agent, &order, made_at);
        agent.sync(vec![command]).await;
        assert_eq!(last(entries_of(&world, order.id).await), (made_at, november()));
        // It had nothing more to tell by then: what its clock now dates back it did since, give or take the
        // minutes that a request may be under way.
        world.clock.set(in_december.plus_days(1));
        let command = dated(&mut agent, &order, made_at);
        agent.sync(vec![command]).await;
        assert_eq!(last(entries_of(&world, order.id).await), (in_december.plus_ms(-600_000), november().next()));
        // Said to be from long before the office was founded: the month of a fortnight ago is the oldest that
        // it can count in, and no older month is opened by it.
        let mut other = world.phone(OTHER_AGENT).await;
        world.clock.set(world.clock_now().plus_days(-25));
        let theirs = earned(&world, &mut other).await;
        other.waiting = taswiq_domain::sync::Waiting { commands: 1, ..other.waiting.clone() };
        other.pull().await;
        world.clock.set(in_december.plus_days(2));
        let command = dated(&mut other, &theirs, taswiq_domain::time::Timestamp(0));
        other.sync(vec![command]).await;
        assert_eq!(last(entries_of(&world, theirs.id).await), (in_december.plus_days(2 - 14), november()));
        let months = world.office.months(&world.manager()).await.expect("months");
        let months: Vec<Period> = months.iter().map(|month| month.period).collect();
        assert_eq!(months, [november().next(), november()]);
        world.assert_sound().await;
    }
}

promise! {
    async fn a_mistake_is_taken_back_once_by_its_exact_opposite(world) {
        let mut agent = world.phone(AGENT).await;
        let order = earned(&world, &mut agent).await;
        let (administrator, manager) = (world.administrator(), world.manager());
        let before = world.office.balances(&administrator).await.expect("balances");
        let vested = entries_of(&world, order.id).await.into_iter().find(|entry| entry.transfer.purpose == Purpose::CommissionVested).expect("vested");
        let nobody = Actor { person: AGENT, role: Role::Agent, cooperatives: Vec::new() };
        let correct = |actor: Actor, number| { let office = world.office.clone(); async move { office.correct_entry(&actor, number, CorrectionReason::WrongRecord).await } };
        assert!(matches!(correct(nobody, vested.number).await, Err(OfficeError::NotAllowed)));
        // Whoever became a manager takes back nothing of their own.
        let own = Actor { person: AGENT, role: Role::Manager, cooperatives: Vec::new() };
        assert!(matches!(correct(own, vested.number).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(correct(manager.clone(), 1_000_000).await, Err(OfficeError::NotFound)));
        let number = correct(manager.clone(), vested.number).await.expect("corrected");
        assert!(matches!(correct(manager.clone(), vested.number).await, Err(OfficeError::Conflict { field: "entry" })));
        let mut phone = world.phone(AGENT).await;
        let entries = entries_in(phone.pull().await);
        Chain::of(&entries).expect("whole");
        let correction = entries.last().expect("the correction");
        assert_eq!(correction.number, number);
        assert_eq!(correction.transfer.cause, Cause::Correction { of: vested.number });
        assert_eq!((correction.transfer.debit, correction.transfer.credit), (vested.transfer.credit, vested.transfer.debit));
        assert_eq!((correction.transfer.amount, correction.transfer.base), (vested.transfer.amount, vested.transfer.base));
        let after = world.office.balances(&administrator).await.expect("balances");
        let moved = |account| after[&account].0 - before.get(&account).copied().unwrap_or_default().0;
        assert_eq!(moved(vested.transfer.credit), -vested.transfer.amount.0);
        let sight = world.office.entry(&manager, vested.number).await.expect("known");
        assert_eq!((sight.entry.transfer.clone(), sight.corrected_by), (vested.transfer.clone(), Some(number)));
        let (code, event) = sight.happened.expect("what it rests on");
        assert_eq!((code, Some(event.number)), (order.code, vested.transfer.cause.event_number()));
        // The correction was the mistake.
        let again = world.office.correct_entry(&manager, number, CorrectionReason::WrongCorrection).await.expect("corrected");
        assert_eq!(again, number + 1);
        assert_eq!(world.office.balances(&administrator).await.expect("balances"), before);
        assert_eq!(world.audit_actions().await.iter().filter(|action| *action == "entry_corrected").count(), 2);
        world.assert_sound().await;
    }
}

promise! {
    async fn two_who_correct_one_entry_at_once_correct_it_once(world) {
        let mut agent = world.phone(AGENT).await;
        let order = earned(&world, &mut agent).await;
        let number = entries_of(&world, order.id).await[0].number;
        let second = world.second_process().await;
        let tries: Vec<_> = (0..8).map(|n| {
            let (office, actor) = (if n % 2 == 0 { world.office.clone() } else { second.clone() }, world.manager());
            tokio::spawn(async move { office.correct_entry(&actor, number, CorrectionReason::Twice).await })
        }).collect();
        let mut done = 0;
        for attempt in tries {
            match attempt.await.expect("no panic") {
                Ok(_) => done += 1,
                Err(OfficeError::Conflict { .. } | OfficeError::Busy) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(done, 1);
        world.assert_sound().await;
        second.close().await;
    }
}

promise! {
    async fn the_database_refuses_to_change_or_remove_what_happened(world) {
        let mut agent = world.phone(AGENT).await;
        earned(&world, &mut agent).await;
        for statement in [
            "UPDATE ledger_transfer SET amount_centimes = amount_centimes + 1",
            "UPDATE ledger_transfer SET at = at WHERE number = 1",
            "DELETE FROM ledger_transfer WHERE number = 1",
            "UPDATE order_event SET body = '{}'",
            "DELETE FROM order_event",
        ] {
            let refused = world.statement(statement).await.expect_err(statement).to_string();
            assert!(refused.contains("never"), "{statement}: {refused}");
        }
        if !world.url.starts_with("sqlite") {
            for table in ["ledger_transfer", "order_event"] {
                assert!(world.statement(&format!("TRUNCATE {table} CASCADE")).await.is_err());
            }
        }
        world.assert_sound().await;
    }
}

promise! {
    async fn the_first_entry_that_was_touched_is_named(world) {
        let (mut agent, mut other) = (world.phone(AGENT).await, world.phone(OTHER_AGENT).await);
        for phone in [&mut agent, &mut other] {
            let order = earned(&world, phone).await;
            phone.act_ok(&give_back(&order, 3)).await;
        }
        let mut numbers: BTreeMap<_, Vec<i64>> = BTreeMap::new();
        for person in [AGENT, OTHER_AGENT] {
            let entries = entries_in(world.phone(person).await.pull().await);
            numbers.insert(person, entries.iter().map(|entry| entry.number).collect());
        }
        let (mine, theirs) = (&numbers[&AGENT], &numbers[&OTHER_AGENT]);
        let (second, third, last) = (mine[1], mine[2], mine[mine.len() - 1]);
        let copied = "debit_account, debit_owner, credit_account, credit_owner, amount_centimes, purpose, cause, order_id, cooperative_id, line, event_number + 50, cause_id, concerns_period, corrects, base_centimes, at, period, chain_agent, chain_number + 1000, chain_hash FROM ledger_transfer";
        let columns = "number, debit_account, debit_owner, credit_account, credit_owner, amount_centimes, purpose, cause, order_id, cooperative_id, line, event_number, cause_id, concerns_period, corrects, base_centimes, at, period, chain_agent, chain_number, chain_hash";
        for (tampering, mending, number, fault) in [
            (format!("UPDATE ledger_transfer SET amount_centimes = amount_centimes + 1 WHERE number = {second}"), format!("UPDATE ledger_transfer SET amount_centimes = amount_centimes - 1 WHERE number = {second}"), second, Fault::Changed),
            (format!("UPDATE ledger_transfer SET period = period + 1 WHERE number = {third}"), format!("UPDATE ledger_transfer SET period = period - 1 WHERE number = {third}"), third, Fault::Changed),
            (format!("UPDATE ledger_transfer SET purpose = 'gift' WHERE number = {second}"), format!("UPDATE ledger_transfer SET purpose = 'commission_pending' WHERE number = {second}"), second, Fault::Changed),
            (format!("UPDATE ledger_transfer SET chain_agent = 0 WHERE number = {second}"), format!("UPDATE ledger_transfer SET chain_agent = {AGENT} WHERE number = {second}"), second, Fault::OutsideItsChain),
            (format!("INSERT INTO ledger_transfer ({columns}) SELECT 100000, {copied} WHERE number = {second}"), "DELETE FROM ledger_transfer WHERE number = 100000".to_owned(), 100_000, Fault::OutOfPlace),
            (format!("UPDATE ledger_transfer SET number = -1 WHERE number = {second}"), format!("UPDATE ledger_transfer SET number = {second} WHERE number = -1"), -1, Fault::OutOfPlace),
            (format!("UPDATE agent_chain SET length = length + 1 WHERE agent_id = {AGENT}"), format!("UPDATE agent_chain SET length = length - 1 WHERE agent_id = {AGENT}"), last, Fault::LastOfALongerChain),
        ] {
            world.tamper(&tampering).await;
            let differences = world.office.recount().await.expect("recounts");
            let first = differences.chains.first().expect("found");
            assert_eq!((first.number, first.agent, first.fault), (number, AGENT, fault), "{tampering}");
            assert_eq!(differences.chains.len(), 1, "the other agent's chain is whole: {tampering}");
            world.tamper(&mending).await;
            world.assert_sound().await;
        }
        // What moves nobody's commission stands in no chain: each such entry is named by itself.
        let nobodys = "SELECT number FROM ledger_transfer WHERE chain_agent = 0 ORDER BY number LIMIT 2";
        world.tamper(&format!("UPDATE ledger_transfer SET cause = cause || '!' WHERE number IN ({nobodys})")).await;
        let differences = world.office.recount().await.expect("recounts");
        assert_eq!(differences.chains.iter().map(|broken| broken.fault).collect::<Vec<_>>(), [Fault::Changed; 2]);
        world.tamper(&format!("UPDATE ledger_transfer SET cause = REPLACE(cause, '!', '') WHERE number IN ({nobodys})")).await;
        // Nor is a chain whole whose head nobody knows.
        world.statement(&format!("CREATE TABLE kept AS SELECT * FROM agent_chain WHERE agent_id = {AGENT}")).await.expect("kept");
        world.tamper(&format!("DELETE FROM agent_chain WHERE agent_id = {AGENT}")).await;
        let differences = world.office.recount().await.expect("recounts");
        let found: Vec<_> = differences.chains.iter().map(|broken| (broken.number, broken.agent, broken.fault)).collect();
        assert_eq!(found, [(last, AGENT, Fault::OutsideItsChain)]);
        world.tamper("INSERT INTO agent_chain SELECT * FROM kept").await;
        world.assert_sound().await;
        // What is gone is missed by what follows it, and at the end of the chain by its head.
        world.tamper(&format!("DELETE FROM ledger_transfer WHERE number = {}", theirs[theirs.len() - 1])).await;
        world.tamper(&format!("DELETE FROM ledger_transfer WHERE number = {second}")).await;
        let differences = world.office.recount().await.expect("recounts");
        let found: Vec<_> = differences.chains.iter().map(|broken| (broken.number, broken.agent, broken.fault)).collect();
        assert_eq!(found, [
            (third, AGENT, Fault::OutOfPlace),
            (theirs[theirs.len() - 2], OTHER_AGENT, Fault::LastOfALongerChain),
        ]);
        assert_eq!(differences.ledger.len(), 2, "the events know what is gone");
        assert!(differences.balances > 0);
    }
}

promise! {
    async fn what_stands_beside_the_events_is_held_against_them(world) {
        let mut agent = world.phone(AGENT).await;
        let order = agent.place(&[(1, 2)]).await;
        earned(&world, &mut agent).await;
        for (tampering, mending) in [
            ("UPDATE sub_order SET due_centimes = due_centimes + 1 WHERE waits", "UPDATE sub_order SET due_centimes = due_centimes - 1 WHERE waits"),
            ("UPDATE sub_order SET awaited = awaited || ' ' WHERE waits", "UPDATE sub_order SET awaited = REPLACE(awaited, ' ', '')"),
            ("UPDATE sub_order SET waits = (1 = 0) WHERE awaited IS NOT NULL", "UPDATE sub_order SET waits = (1 = 1) WHERE awaited IS NOT NULL"),
        ] {
            world.tamper(tampering).await;
            assert_eq!(world.office.recount().await.expect("recounts").orders, [order], "{tampering}");
            world.tamper(mending).await;
            world.assert_sound().await;
        }
        let code = world.order(order).await.code;
        let touched = format!("UPDATE orders SET state = REPLACE(state, '\"price_list\":', '\"price_list\":1') WHERE code = '{}'", code.as_str());
        world.tamper(&touched).await;
        let differences = world.office.recount().await.expect("recounts");
        assert_eq!(differences.orders, [order]);
    }
}

promise! {
    /// Older rows say that a part waits where it may, and not for what.
    async fn a_part_that_was_said_to_wait_before_it_was_known_for_what_is_no_difference(world) {
        let mut agent = world.phone(AGENT).await;
        agent.place(&[(1, 2)]).await;
        earned(&world, &mut agent).await;
        assert!(world.statement("UPDATE sub_order SET waits = (1 = 1), awaited = NULL").await.expect("as it was") >= 2);
        world.assert_sound().await;
    }
}

promise! {
    async fn a_chain_made_anew_around_a_changed_entry_is_betrayed_by_the_events(world) {
        let mut agent = world.phone(AGENT).await;
        let order = earned(&world, &mut agent).await;
        // Whoever can compute hashes changes an amount and every link after it.
        let mut entries = entries_in(world.phone(AGENT).await.pull().await);
        let mut chain = Chain::default();
        for (place, entry) in entries.iter_mut().enumerate() {
            if place == 1 {
                entry.transfer.amount = Centimes(entry.transfer.amount.0 + 1);
                world.tamper(&format!("UPDATE ledger_transfer SET amount_centimes = {} WHERE number = {}", entry.transfer.amount.0, entry.number)).await;
            }
            chain.append(entry.number, &entry.transfer);
            let hash: String = chain.head.iter().map(|byte| format!("{byte:02x}")).collect();
            let hash = if world.url.starts_with("sqlite") { format!("x'{hash}'") } else { format!("'\\x{hash}'") };
            world.tamper(&format!("UPDATE ledger_transfer SET chain_hash = {hash} WHERE number = {}", entry.number)).await;
            world.tamper(&format!("UPDATE agent_chain SET head = {hash} WHERE agent_id = {AGENT}")).await;
        }
        let differences = world.office.recount().await.expect("recounts");
        assert_eq!(differences.chains, []);
        assert_eq!(differences.ledger, [order.id]);
    }
}

promise! {
    async fn a_database_from_before_the_chains_gets_them_when_it_is_opened(world) {
        let mut agent = world.phone(AGENT).await;
        let order = earned(&world, &mut agent).await;
        agent.act_ok(&give_back(&order, 3)).await;
        let (entries, cursor) = (entries_of(&world, order.id).await, agent.cursor);
        // As the first version left it.
        world.statement("CREATE TABLE ledger_transfer_unchained AS SELECT number, debit_account, debit_owner, credit_account, credit_owner, amount_centimes, purpose, order_id, cooperative_id, line, event_number, at FROM ledger_transfer").await.expect("copied");
        world.tamper("DELETE FROM ledger_transfer").await;
        world.tamper("DELETE FROM agent_chain").await;
        world.tamper("DELETE FROM taken_back").await;
        let opened = world.second_process().await;
        assert_eq!(entries_of(&world, order.id).await, entries, "numbers, months, turnover and links are what they would have been");
        world.assert_sound().await;
        assert!(world.statement("SELECT number FROM ledger_transfer_unchained").await.is_err(), "the old table is gone");
        // The phones hear all of it again.
        agent.cursor = cursor;
        let told = entries_in(agent.pull().await);
        assert_eq!(told.len(), Chain::of(&told).expect("whole").length as usize);
        assert!(told.len() >= 5);
        // And it goes on from there.
        let order = world.order(order.id).await;
        agent.act_ok(&give_back(&order, 1)).await;
        world.assert_sound().await;
        opened.close().await;
    }
}
