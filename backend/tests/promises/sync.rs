//! Sync: exactly once, in order, only one's own scope, nothing skipped.

use super::world::*;
use serde_json::json;
use taswiq_backend::db::dialect;
use taswiq_backend::feed::sql::between;
use taswiq_backend::parked::Settlement;
use taswiq_domain::Refusal;
use taswiq_domain::ids::{CommandId, CustomerId, OrderId};
use taswiq_domain::ledger::Account;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::event::{LineUnits, Proposal, ProposedLine};
use taswiq_domain::order::{CancelledBy, OrderEvent, PaymentMethod, Reason, Stage};
use taswiq_domain::sync::{
    AmendOrder, Answer, AnswerChange, CancelOrder, Change, Collect, CommandBody, ConfirmSubOrder,
    ProposeChange, RefuseSubOrder,
};
use uuid::Uuid;

promise! {
    async fn an_order_lives_from_the_door_to_earned_commission(world) {
        let (mut agent, mut beekeeper, mut weaver) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await, world.phone(WEAVER).await);
        let id = agent.place(&[(1, 10), (3, 2)]).await;
        let order = world.order(id).await;
        let promised = order.commission_asked().expect("fits");
        let seen = beekeeper.pull().await;
        let (seen, label) = match seen.iter().find(|change| matches!(change, Change::Order(_))) {
            Some(Change::Order(document)) => (document.order.clone(), document.customer.clone().expect("a label")),
            other => panic!("{other:?}"),
        };
        assert_eq!((label.first_name.as_str(), label.place.as_str()), ("Amina", "Azzaba"));
        assert_eq!(seen.sub_orders.len(), 1);
        assert_eq!((seen.receipt_digits, seen.signature.as_str()), (None, ""));
        assert_eq!(seen.commission_asked(), Ok(Centimes::ZERO));
        for body in [confirm(&order, HONEY), pack(&order, HONEY), deliver(&order, HONEY)] {
            beekeeper.act_ok(&body).await;
        }
        for body in [confirm(&order, RUGS), pack(&order, RUGS), deliver(&order, RUGS)] {
            weaver.act_ok(&body).await;
        }
        agent.act_ok(&collect(&order, HONEY)).await;
        // The rugs were sold at the door: nobody may ask for money before the seven days are over.
        assert!(matches!(agent.act(&collect(&order, RUGS)).await, Answer::Parked { refusal: Refusal::PaymentBeforeWithdrawalCloses { .. } }));
        world.later_days(9);
        assert_eq!(world.office.pass_deadlines().await.expect("passes").withdrawals_closed, 1);
        agent.act_ok(&collect(&order, RUGS)).await;
        let balances = world.office.balances(&world.manager()).await.expect("balances");
        assert_eq!(balances[&Account::AgentEarned(AGENT)], promised);
        assert_eq!(balances.get(&Account::AgentPending(AGENT)).copied().unwrap_or_default(), Centimes::ZERO);
        let entries: Centimes = Centimes(agent.pull().await.iter().filter_map(|change| match change {
            Change::Entry(entry) if entry.transfer.credit == Account::AgentEarned(AGENT) => Some(entry.transfer.amount.0),
            _ => None,
        }).sum());
        assert!(entries <= promised);
        world.assert_sound().await;
    }
}

promise! {
    async fn fifty_copies_at_once_from_two_processes_post_one_order(world) {
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let second = world.second_process().await;
        let body = agent.order_body(customer, &[(1, 3)]).await;
        let command = agent.command(&body);
        let (session, request) = (agent.session().await, agent.request(vec![command]));
        let sending = (0..50).map(|copy| {
            let (office, session, request) = (if copy % 2 == 0 { world.office.clone() } else { second.clone() }, session.clone(), request.clone());
            tokio::spawn(async move { office.sync(&session, request).await })
        });
        let mut applied = 0;
        for sent in sending.collect::<Vec<_>>() {
            match sent.await.expect("no panic").expect("an answer").results[0].answer {
                Answer::Applied => applied += 1,
                Answer::AlreadyApplied => {}
                ref other => panic!("{other:?}"),
            }
        }
        assert_eq!(applied, 1);
        let found = world.office.orders(&world.manager(), &Default::default(), None, 10).await.expect("a list");
        assert_eq!(found.orders.len(), 1);
        world.assert_sound().await;
        second.close().await;
    }
}

promise! {
    async fn a_gap_waits_and_a_late_one_fills_it(world) {
        let mut agent = world.phone(AGENT).await;
        let commands: Vec<_> = (0..3).map(|_| agent.command(&register())).collect();
        let response = agent.sync(vec![commands[0].clone(), commands[2].clone()]).await;
        assert_eq!(response.results[0].answer, Answer::Applied);
        assert!(matches!(response.results[1].answer, Answer::RetryAfter { .. }));
        assert_eq!(response.decided_seq, 1);
        // Shuffled within one request they are put in order, and answered in the order sent.
        let response = agent.sync(vec![commands[2].clone(), commands[1].clone(), commands[0].clone()]).await;
        let answers: Vec<_> = response.results.into_iter().map(|result| result.answer).collect();
        assert_eq!(answers, [Answer::Applied, Answer::Applied, Answer::AlreadyApplied]);
        assert_eq!(response.decided_seq, 3);
    }
}

promise! {
    async fn a_parked_command_blocks_only_what_builds_on_it(world) {
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let (forged_id, honest_id) = (Uuid::now_v7(), Uuid::now_v7());
        let CommandBody::PlaceOrder(mut forged) = agent.order_body(customer, &[(1, 3)]).await else { panic!("an order") };
        forged.shown.total.0 -= 1;
        let honest = agent.order_body(customer, &[(2, 1)]).await;
        let cancel = |id| CommandBody::CancelOrder(CancelOrder { order: OrderId(id), by: CancelledBy::Agent, reason: Reason::Mistake, other_ids: 0 });
        let commands = vec![
            agent.command_with(forged_id, &CommandBody::PlaceOrder(forged)),
            agent.command(&cancel(forged_id)),
            agent.command_with(honest_id, &honest),
            agent.command(&cancel(honest_id)),
            agent.command(&cancel(forged_id)),
        ];
        let answers: Vec<_> = agent.sync(commands.clone()).await.results.into_iter().map(|result| result.answer).collect();
        assert!(matches!(answers[0], Answer::Parked { refusal: Refusal::TotalDiffers { .. } }));
        assert!(matches!(answers[1], Answer::Parked { refusal: Refusal::WaitsForParked }));
        assert_eq!(answers[2..4], [Answer::Applied, Answer::Applied]);
        // Accepted after a look: it takes effect with the server's own figures, and so does what waited.
        let parked = world.office.parked(&world.manager(), None).await.expect("a list");
        assert_eq!(parked.len(), 3);
        world.office.settle_parked(&world.manager(), CommandId(forged_id), Settlement::Accept).await.expect("settled");
        assert_eq!(world.order(OrderId(forged_id)).await.sub_orders[0].stage, Stage::Cancelled);
        // What was cancelled cannot be cancelled again: the second one is parked for a reason of its own.
        let parked = world.office.parked(&world.manager(), None).await.expect("a list");
        assert_eq!(parked.iter().map(|parked| parked.refusal.clone()).collect::<Vec<_>>(), [Refusal::CooperativeHasActed]);
        let settled = agent.pull().await.into_iter().filter(|change| matches!(change, Change::ParkedSettled(settled) if settled.accepted)).count();
        assert_eq!(settled, 2);
        assert_eq!(agent.sync(vec![commands[0].clone()]).await.results[0].answer, Answer::AlreadyApplied);
        assert!(world.office.settle_parked(&world.manager(), CommandId(forged_id), Settlement::Reject).await.is_err());
        world.assert_sound().await;
    }
}

promise! {
    async fn what_is_rejected_takes_what_builds_on_it_along(world) {
        let mut agent = world.phone(AGENT).await;
        let customer_id = Uuid::now_v7();
        let mut unreadable = agent.command_with(customer_id, &register());
        unreadable["body"]["shoe_size"] = json!(42);
        let order = agent.order_body(CustomerId(customer_id), &[(1, 1)]).await;
        let order = agent.command(&order);
        let answers: Vec<_> = agent.sync(vec![unreadable.clone(), order.clone()]).await.results.into_iter().map(|result| result.answer).collect();
        assert!(matches!(answers[0], Answer::Parked { refusal: Refusal::UnreadableBody { .. } }));
        assert!(matches!(answers[1], Answer::Parked { refusal: Refusal::WaitsForParked }));
        let whole = world.office.parked(&world.manager(), None).await.expect("a list").into_iter().find(|parked| parked.id.0 == customer_id).expect("kept").whole;
        assert_eq!(whole, unreadable);
        world.office.settle_parked(&world.manager(), CommandId(customer_id), Settlement::Reject).await.expect("settled");
        assert_eq!(world.office.count_parked(&world.manager()).await.expect("a count"), 0);
        assert!(matches!(agent.sync(vec![order]).await.results[0].answer, Answer::Parked { refusal: Refusal::WaitsForParked }));
    }
}

promise! {
    async fn an_unknown_kind_parks_alone_and_whole(world) {
        let mut agent = world.phone(AGENT).await;
        let mut unknown = agent.command(&register());
        unknown["kind"] = json!("teleport");
        unknown["body"] = json!({"to": ["the moon", 1.5, null]});
        let known = agent.command(&register());
        let response = agent.sync(vec![unknown.clone(), known]).await;
        assert_eq!(response.results[0].answer, Answer::Parked { refusal: Refusal::UnknownKind { kind: "teleport".to_owned() } });
        assert_eq!(response.results[1].answer, Answer::Applied);
        assert_eq!(response.decided_seq, 2);
        let parked = world.office.parked(&world.manager(), None).await.expect("a list");
        assert_eq!(parked[0].whole, unknown);
        // The same again gives the first answer.
        assert_eq!(agent.sync(vec![unknown]).await.results[0].answer, response.results[0].answer);
    }
}

promise! {
    async fn nobody_is_told_of_what_is_not_theirs(world) {
        let (mut agent, mut other, mut weaver) = (world.phone(AGENT).await, world.phone(OTHER_AGENT).await, world.phone(WEAVER).await);
        let order = agent.place(&[(1, 1)]).await;
        let concerns = |change: &Change| !matches!(change, Change::Profile(_) | Change::Catalogue(_));
        assert_eq!(other.pull().await.iter().filter(|change| concerns(change)).count(), 0);
        assert_eq!(weaver.pull().await.iter().filter(|change| concerns(change)).count(), 0);
        let own = agent.pull().await;
        assert_eq!(own.iter().filter(|change| concerns(change)).count(), 0, "already told with the answers");
        agent.cursor = 0;
        let own = agent.pull().await;
        assert_eq!(orders_in(&own)[0].id, order);
        assert_eq!(orders_in(&own)[0].signature, "");
        assert_eq!(orders_in(&own)[0].receipt_digits, Some(4_711));
        assert_eq!(own.iter().filter(|change| matches!(change, Change::Catalogue(_) | Change::Profile(_))).count(), 2);
    }
}

promise! {
    async fn forged_scopes_are_refused_and_audited(world) {
        let (mut agent, mut other, mut beekeeper) = (world.phone(AGENT).await, world.phone(OTHER_AGENT).await, world.phone(BEEKEEPER).await);
        let id = agent.place(&[(1, 2), (3, 1)]).await;
        let order = world.order(id).await;
        let cancel = CommandBody::CancelOrder(CancelOrder { order: id, by: CancelledBy::Agent, reason: Reason::Mistake, other_ids: 0 });
        let not_allowed = Answer::Parked { refusal: Refusal::NotAllowed };
        assert_eq!(other.act(&cancel).await, not_allowed);
        assert_eq!(beekeeper.act(&confirm(&order, RUGS)).await, not_allowed);
        assert_eq!(beekeeper.act(&cancel).await, not_allowed);
        assert_eq!(agent.act(&confirm(&order, HONEY)).await, not_allowed);
        assert_eq!(beekeeper.act(&register()).await, not_allowed);
        let foreign_customer = other.order_body(order.customer, &[(1, 1)]).await;
        assert_eq!(other.act(&foreign_customer).await, Answer::Parked { refusal: Refusal::UnknownCustomer });
        assert_eq!(world.audit_actions().await.iter().filter(|action| *action == "forged_scope").count(), 6);
        // A device that belongs to somebody else.
        other.device = agent.device;
        assert!(matches!(other.try_sync(Vec::new()).await, Err(taswiq_backend::OfficeError::NotAllowed)));
        assert!(world.audit_actions().await.contains(&"foreign_device".to_owned()));
        assert_eq!(world.order(id).await, order);
        world.assert_sound().await;
    }
}

promise! {
    async fn a_forged_figure_parks_the_order_and_is_audited(world) {
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        for forge in [|shown: &mut taswiq_domain::sync::Shown| shown.total.0 /= 2, |shown: &mut taswiq_domain::sync::Shown| shown.commission.0 *= 2] {
            let CommandBody::PlaceOrder(mut place) = agent.order_body(customer, &[(1, 3)]).await else { panic!("an order") };
            forge(&mut place.shown);
            let answer = agent.act(&CommandBody::PlaceOrder(place)).await;
            assert!(matches!(answer, Answer::Parked { refusal: Refusal::TotalDiffers { .. } | Refusal::CommissionDiffers { .. } }));
        }
        assert_eq!(world.audit_actions().await.iter().filter(|action| *action == "forged_figure").count(), 2);
        assert_eq!(world.office.orders(&world.manager(), &Default::default(), None, 10).await.expect("a list").orders.len(), 0);
    }
}

promise! {
    async fn a_decision_is_replaceable_until_the_agents_phone_has_it(world) {
        let (mut agent, mut beekeeper) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await);
        let id = agent.place(&[(1, 12)]).await;
        let refuse = CommandBody::RefuseSubOrder(RefuseSubOrder { order: id, cooperative: HONEY, reason: Reason::OutOfStock });
        beekeeper.act_ok(&refuse).await;
        // A slip of the thumb, corrected before anybody knew.
        beekeeper.act_ok(&CommandBody::ConfirmSubOrder(ConfirmSubOrder { order: id, cooperative: HONEY, lines: vec![LineUnits { line: 1, units: 10 }] })).await;
        let told = agent.pull().await;
        let told = orders_in(&told)[0].sub_orders[0].clone();
        assert_eq!((told.stage, told.lines[0].confirmed, told.decision_seen), (Stage::Confirmed, 10, true));
        assert!(matches!(beekeeper.act(&refuse).await, Answer::Parked { refusal: Refusal::WrongStage { stage: Stage::Confirmed } }));
        let kinds: Vec<_> = world.office.order_history(&world.manager(), id).await.expect("known").events.into_iter().map(|recorded| recorded.event.kind()).collect();
        assert_eq!(kinds, ["placed", "refused", "confirmed", "decision_seen"]);
        assert!(agent.pull().await.is_empty(), "seeing is not news for who saw");
        world.assert_sound().await;
    }
}

promise! {
    async fn a_cooperative_that_delivers_itself_takes_the_payment_and_none_too_early(world) {
        let (mut agent, mut weaver) = (world.phone(AGENT).await, world.phone(WEAVER).await);
        let id = agent.place(&[(3, 1)]).await;
        let order = world.order(id).await;
        for step in [confirm(&order, RUGS), pack(&order, RUGS), deliver(&order, RUGS)] {
            weaver.act_ok(&step).await;
        }
        let pay = |centimes| Collect { order: id, cooperative: RUGS, amount: Centimes(centimes), method: PaymentMethod::Cash, other_ids: 0 };
        let asked_too_early = weaver.act(&CommandBody::Collect(pay(99_900))).await;
        assert!(matches!(asked_too_early, Answer::Parked { refusal: Refusal::PaymentBeforeWithdrawalCloses { .. } }));
        weaver.act_ok(&CommandBody::DeclareEarlyPayment(pay(10_000))).await;
        let balances = world.office.balances(&world.manager()).await.expect("the ledger");
        assert_eq!((balances[&Account::Cash(WEAVER)], balances[&Account::Deposits]), (Centimes(-10_000), Centimes(10_000)));
        world.later_days(9);
        world.office.pass_deadlines().await.expect("passed");
        weaver.act_ok(&CommandBody::Collect(pay(89_900))).await;
        let balances = world.office.balances(&world.manager()).await.expect("the ledger");
        assert_eq!(balances[&Account::Cash(WEAVER)], Centimes(-99_900), "in the hands of who took it");
        assert!(balances[&Account::AgentEarned(AGENT)] > Centimes::ZERO, "and the agent has earned");
        world.assert_sound().await;
    }
}

promise! {
    async fn another_price_holds_once_the_customer_has_agreed_and_never_before(world) {
        let (mut agent, mut beekeeper) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await);
        let id = agent.place(&[(1, 3)]).await;
        let propose = |unit_price| CommandBody::ProposeChange(ProposeChange {
            order: id,
            cooperative: HONEY,
            proposal: Proposal { reason: Reason::PriceChanged, lines: vec![ProposedLine { line: 1, units: 2, unit_price: Centimes(unit_price) }] },
        });
        let answer = |accepted| CommandBody::AnswerChange(AnswerChange { order: id, cooperative: HONEY, accepted });
        beekeeper.act_ok(&propose(19_000)).await;
        // A slip of the thumb is mended until the agent's phone has it.
        beekeeper.act_ok(&propose(13_000)).await;
        let proposed = world.order(id).await;
        let part = proposed.sub_order(HONEY).expect("a part");
        assert_eq!((part.stage, part.due().expect("fits")), (Stage::ChangeProposed, Centimes(36_000)));
        let told = agent.pull().await;
        let told = orders_in(&told)[0].sub_order(HONEY).and_then(|part| part.proposal.clone()).expect("told");
        assert_eq!(told.lines[0].unit_price, Centimes(13_000));
        assert!(matches!(beekeeper.act(&propose(14_000)).await, Answer::Parked { refusal: Refusal::WrongStage { .. } }));
        assert!(matches!(beekeeper.act(&answer(true)).await, Answer::Parked { refusal: Refusal::NotAllowed }), "nobody agrees for the customer");
        agent.act_ok(&answer(true)).await;
        let agreed = world.order(id).await;
        let part = agreed.sub_order(HONEY).expect("a part");
        assert_eq!((part.stage, part.due().expect("fits")), (Stage::Confirmed, Centimes(26_000)));
        world.assert_sound().await;
    }
}

promise! {
    async fn a_customer_who_moves_leaves_one_phone_and_enters_another(world) {
        let (mut agent, mut other) = (world.phone(AGENT).await, world.phone(OTHER_AGENT).await);
        let customer = agent.register().await;
        agent.pull().await;
        let offline = agent.order_body(customer, &[(1, 1)]).await;
        world.office.move_customers(&world.manager(), vec![customer], OTHER_AGENT).await.expect("moved");
        assert!(other.pull().await.iter().any(|change| matches!(change, Change::Customer(moved) if moved.id == customer)));
        // Taken before the phone knew: still an order of the first agent.
        let command = agent.command(&offline);
        let response = agent.sync(vec![command]).await;
        assert_eq!(response.results[0].answer, Answer::Applied);
        assert!(response.changes.contains(&Change::CustomerRemoved(customer)));
        world.assert_sound().await;
    }
}

promise! {
    async fn a_cooperative_given_and_taken_shows_and_hides_its_orders(world) {
        let (mut agent, mut beekeeper) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await);
        let rugs = agent.place(&[(3, 1)]).await;
        let both = agent.place(&[(1, 1), (3, 1)]).await;
        beekeeper.pull().await;
        world.beekeeper_acts_for(&[HONEY, RUGS]).await;
        let told = beekeeper.pull().await;
        assert_eq!(orders_in(&told).len(), 2);
        assert!(orders_in(&told).iter().any(|order| order.id == both && order.sub_orders.len() == 2));
        world.beekeeper_acts_for(&[HONEY]).await;
        let told = beekeeper.pull().await;
        assert!(told.contains(&Change::OrderRemoved(rugs)));
        assert!(orders_in(&told).iter().any(|order| order.id == both && order.sub_orders.len() == 1));
    }
}

promise! {
    async fn whoever_acts_for_two_cooperatives_keeps_the_part_that_an_amendment_leaves(world) {
        world.beekeeper_acts_for(&[HONEY, RUGS]).await;
        let (mut agent, mut animatrice) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await);
        let customer = agent.register().await;
        let order = agent.place(&[(1, 1), (3, 1)]).await;
        animatrice.pull().await;
        // What is amended once more moves after its other part has gone.
        for (lines, parts) in [([vec![(1, 2)], vec![(1, 3)]], 1), ([vec![(1, 1), (3, 1)], vec![(3, 2)]], 1), ([vec![(3, 4)], vec![(1, 1), (3, 1)]], 2)] {
            for lines in lines {
                let CommandBody::PlaceOrder(placed) = agent.order_body(customer, &lines).await else { panic!("an order") };
                agent.act_ok(&CommandBody::AmendOrder(AmendOrder { order, basket: placed.basket, shown: placed.shown, other_ids: 0 })).await;
            }
            let told = animatrice.pull().await;
            assert!(!told.contains(&Change::OrderRemoved(order)));
            assert_eq!(orders_in(&told).last().map(|order| order.sub_orders.len()), Some(parts));
        }
    }
}

promise! {
    async fn a_long_absence_is_caught_up_in_counted_steps(world) {
        let mut agent = world.phone(AGENT).await;
        for _ in 0..13 {
            let commands: Vec<_> = (0..100).map(|_| agent.command(&register())).collect();
            agent.sync(commands).await;
        }
        agent.cursor = 0;
        let first = agent.sync(Vec::new()).await;
        assert!(first.more > 0 && first.changes.len() > 1_000, "the catalogue, and many customers");
        let second = agent.sync(Vec::new()).await;
        assert_eq!((second.changes.len() as u32, second.more), (first.more, 0));
    }
}

promise! {
    async fn nothing_expires_twice_and_an_answer_given_in_time_still_counts(world) {
        let (mut agent, mut beekeeper) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await);
        let id = agent.place(&[(1, 1)]).await;
        let order = world.order(id).await;
        let answer = beekeeper.command(&confirm(&order, HONEY));
        world.later_days(4);
        let second = world.second_process().await;
        let (one, other) = tokio::join!(world.office.pass_deadlines(), second.pass_deadlines());
        assert_eq!(one.expect("passes").expired + other.expect("passes").expired, 1);
        assert_eq!(world.office.pass_deadlines().await.expect("passes"), Default::default());
        assert_eq!(world.order(id).await.sub_orders[0].stage, Stage::Expired);
        assert_eq!(beekeeper.sync(vec![answer]).await.results[0].answer, Answer::Applied);
        let history = world.office.order_history(&world.manager(), id).await.expect("known");
        assert!(matches!(history.events[1].event, OrderEvent::Expired { .. }));
        assert_eq!(history.order.sub_orders[0].stage, Stage::Confirmed);
        world.assert_sound().await;
        second.close().await;
    }
}

promise! {
    async fn what_waits_on_phones_is_known(world) {
        let mut agent = world.phone(AGENT).await;
        agent.waiting = taswiq_domain::sync::Waiting { commands: 3, orders: 2, oldest_made_at: Some(START), digest: Some("0123456789abcdef".to_owned()) };
        agent.clock_ahead_ms = 3_600_000;
        let command = agent.command(&register());
        agent.sync(vec![command]).await;
        let known = world.office.completeness(&world.manager()).await.expect("known");
        assert_eq!((known.agents, known.agents_synced_today, known.commands_waiting, known.orders_waiting), (2, 1, 2, 2));
        let devices = world.office.devices(&world.manager(), Some(AGENT)).await.expect("known");
        assert!(devices[0].is_clock_wrong());
        world.later_days(1);
        assert_eq!(world.office.completeness(&world.manager()).await.expect("known").agents_synced_today, 0);
    }
}

promise! {
    async fn a_change_that_commits_late_is_never_skipped(world) {
        let second = world.second_process().await;
        let (mut agent, mut other) = (world.phone(AGENT).await, world.phone_on(&second, AGENT).await);
        let mut reader = world.phone(AGENT).await;
        // Two processes write as fast as they can while a third device reads along: at the end it has
        // seen everything, though it never looks back.
        let writing = async {
            for _ in 0..30 {
                let command = agent.command(&register());
                agent.sync(vec![command]).await;
            }
        };
        let also_writing = async {
            for _ in 0..30 {
                let command = other.command(&register());
                other.sync(vec![command]).await;
            }
        };
        let mut seen = std::collections::BTreeSet::new();
        let reading = async {
            for _ in 0..60 {
                seen.extend(reader.pull().await.into_iter().filter_map(|change| match change {
                    Change::Customer(customer) => Some(customer.id),
                    _ => None,
                }));
            }
        };
        tokio::join!(writing, also_writing, reading);
        seen.extend(reader.pull().await.into_iter().filter_map(|change| match change {
            Change::Customer(customer) => Some(customer.id),
            _ => None,
        }));
        assert_eq!(seen.len(), 60);
        second.close().await;
    }
}

promise! {
    async fn what_commits_while_a_page_is_read_is_never_skipped(world) {
        // Whoever acts for two cooperatives has more scopes than one statement reads.
        world.beekeeper_acts_for(&[HONEY, RUGS]).await;
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let (honey, rug) = (agent.order_body(customer, &[(1, 1)]).await, agent.order_body(customer, &[(3, 1)]).await);
        let (written, is_written) = tokio::sync::watch::channel(false);
        // Many phones read along, so that whoever writes often comes in between.
        let mut reading = Vec::new();
        for _ in 0..12 {
            let (mut phone, is_written) = (world.phone(BEEKEEPER).await, is_written.clone());
            reading.push(tokio::spawn(async move {
                let mut seen = std::collections::BTreeSet::new();
                loop {
                    let is_last = *is_written.borrow();
                    seen.extend(orders_in(&phone.pull().await).iter().map(|order| order.id));
                    if is_last {
                        return seen;
                    }
                }
            }));
        }
        let mut placed = std::collections::BTreeSet::new();
        for _ in 0..100 {
            // One transaction with an order of each.
            let commands: Vec<_> = [&honey, &rug].map(|order| agent.command(order)).into();
            for command in &commands {
                placed.insert(OrderId(command["id"].as_str().expect("an id").parse().expect("an id")));
            }
            agent.sync(commands).await;
        }
        written.send_replace(true);
        for phone in reading {
            assert_eq!(phone.await.expect("no panic"), placed);
        }
    }
}

promise! {
    async fn a_device_that_pulls_during_a_late_commit_gets_it_afterwards(world) {
        let mut agent = world.phone(AGENT).await;
        let early = agent.register().await;
        let mut reader = world.phone(AGENT).await;
        reader.pull().await;
        let cursor = reader.cursor;
        // One transaction has taken the next number and takes its time to commit.
        let mut late = Holder::take(&world.url).await;
        late.change(&format!("agent:{AGENT}"), &early.to_string()).await;
        // Another comes after it, and must not overtake it.
        let command = agent.command(&register());
        let new = CustomerId(command["id"].as_str().expect("an id").parse().expect("an id"));
        let (office, session, request) = (world.office.clone(), agent.session().await, agent.request(vec![command]));
        let overtaking = tokio::spawn(async move { office.sync(&session, request).await });
        let db = dialect::open(&world.url, 1).await.expect("opens");
        let scope = format!("agent:{AGENT}");
        for _ in 0..20 {
            let mut conn = db.read().await.expect("a connection");
            let visible = between(&mut conn, [&scope, &scope, &scope], cursor, i64::MAX, 10).await.expect("read");
            assert!(visible.is_empty(), "a later number is seen before an earlier one");
            tokio::task::yield_now().await;
        }
        late.let_go().await;
        let applied = overtaking.await.expect("no panic").expect("an answer");
        assert_eq!(applied.results[0].answer, Answer::Applied);
        db.close().await;
        let told: Vec<_> = reader.pull().await.into_iter().filter_map(|change| match change {
            Change::Customer(customer) => Some(customer.id),
            _ => None,
        }).collect();
        assert_eq!(told, [early, new]);
    }
}
