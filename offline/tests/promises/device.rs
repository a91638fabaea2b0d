//! What the person sees, does, takes back and finds again.

use crate::model_server::ModelServer;
use crate::phone::{Phone, Way, decoded, server};
use crate::world::*;
use std::cell::RefCell;
use std::rc::Rc;
use taswiq_domain::commission::CapPer;
use taswiq_domain::engagement::EngagementKind;
use taswiq_domain::ids::{CommandId, DeviceId, PlanVersion};
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::Stage;
use taswiq_domain::period::Period;
use taswiq_domain::refusal::Refusal;
use taswiq_domain::settlement::rules::{Target, Tier};
use taswiq_domain::settlement::supplement::outlook;
use taswiq_domain::settlement::tax::TaxTerms;
use taswiq_domain::settlement::{
    ClosingInput, MonthRules, PeriodRules, SettledMonth, Statement, close,
};
use taswiq_domain::sync::{CommandBody, PaymentState, StatementDocument};
use taswiq_domain::time::{CivilDate, FixedOffset};
use taswiq_offline::driver::TransportError;
use taswiq_offline::store::{Fault, StoreError};
use taswiq_offline::{ActError, Changed, Device, OpenError, Phase, UndoError, Whereabouts};

/// An agent with one customer, all sent.
async fn agent() -> Phone {
    let phone = Phone::ready(&server(), AGENT, 1).await;
    act(&phone, 1, register("Itto")).await;
    phone.sync().await;
    phone
}

async fn act(phone: &Phone, number: u64, body: CommandBody) -> CommandId {
    phone
        .device
        .act(body, id(number), phone.now())
        .await
        .expect("allowed and stored")
}

fn whereabouts(phone: &Phone, number: u64) -> Whereabouts {
    phone
        .device
        .order(order_id(number))
        .expect("known")
        .whereabouts
}

#[tokio::test]
async fn an_order_is_seen_as_soon_as_it_is_saved_and_says_where_it_is() {
    let phone = agent().await;
    act(&phone, 2, place(customer_id(1), &[(1, 2), (3, 1)])).await;
    let view = phone.device.order(order_id(2)).expect("seen");
    assert_eq!(
        (view.whereabouts, view.pending.len(), view.received_at),
        (Whereabouts::OnPhone, 1, None)
    );
    assert_eq!(
        view.customer.expect("of an own customer").first_name,
        "Itto"
    );
    assert_eq!(view.order.gross_asked(), Ok(Centimes(30_000)));
    assert_eq!(phone.device.status().waiting, 1);
    phone.sync().await;
    let view = phone.device.order(order_id(2)).expect("seen");
    assert_eq!(
        (view.whereabouts, view.pending.len(), view.received_at),
        (Whereabouts::Received, 0, Some(NOON))
    );
    assert_eq!(
        (
            phone.device.status().waiting,
            phone.device.status().last_sync,
            phone.device.status().phase
        ),
        (0, Some(NOON), Phase::Idle)
    );
}

#[tokio::test]
async fn acts_build_on_acts_that_were_never_sent() {
    let phone = Phone::ready(&server(), AGENT, 1).await;
    act(&phone, 1, register("Itto")).await;
    act(&phone, 2, place(customer_id(1), &[(1, 2)])).await;
    act(&phone, 3, amend(order_id(2), &[(1, 5)])).await;
    assert_eq!(
        phone
            .device
            .order(order_id(2))
            .expect("seen")
            .order
            .gross_asked(),
        Ok(Centimes(45_000))
    );
    act(&phone, 4, cancel(order_id(2))).await;
    let view = phone.device.order(order_id(2)).expect("seen");
    assert_eq!(
        (view.order.sub_orders[0].stage, view.pending.len()),
        (Stage::Cancelled, 3)
    );
    phone.sync().await;
    let server = phone.network.server.borrow();
    assert_eq!(
        server
            .applied
            .iter()
            .map(|(_, seq, _)| *seq)
            .collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert_eq!(
        server.orders[&order_id(2)].order.sub_orders[0].stage,
        Stage::Cancelled
    );
}

#[tokio::test]
async fn what_a_rule_forbids_leaves_no_trace() {
    let phone = agent().await;
    let refused = phone
        .device
        .act(
            place_with_total(customer_id(1), &[(1, 2)], 1),
            id(2),
            phone.now(),
        )
        .await;
    assert!(
        matches!(
            refused,
            Err(ActError::Refused(Refusal::TotalDiffers { .. }))
        ),
        "{refused:?}"
    );
    let refused = phone
        .device
        .act(place(customer_id(77), &[(1, 2)]), id(2), phone.now())
        .await;
    assert_eq!(refused, Err(ActError::Refused(Refusal::UnknownCustomer)));
    assert_eq!(
        (phone.device.waiting(), phone.device.orders().len()),
        (0, 0)
    );
    act(&phone, 2, place(customer_id(1), &[(1, 2)])).await;
    assert_eq!(phone.device.outbox()[0].command.seq, 2);
}

#[tokio::test]
async fn nothing_can_be_done_before_the_first_contact() {
    let phone = Phone::fresh(&server(), AGENT, 1).await;
    assert!(!phone.device.is_ready());
    let early = phone.device.act(register("Itto"), id(1), phone.now()).await;
    assert_eq!(early, Err(ActError::NotReady));
}

#[tokio::test]
async fn an_impatient_thumb_orders_once() {
    let phone = agent().await;
    act(&phone, 2, place(customer_id(1), &[(1, 2)])).await;
    act(&phone, 2, place(customer_id(1), &[(1, 2)])).await;
    let other = phone
        .device
        .act(place(customer_id(1), &[(1, 3)]), id(2), phone.now())
        .await;
    assert_eq!(other, Err(ActError::Refused(Refusal::CommandIdReused)));
    phone.sync().await;
    act(&phone, 2, place(customer_id(1), &[(1, 2)])).await;
    assert_eq!(
        (phone.device.waiting(), phone.device.orders().len()),
        (0, 1)
    );
}

#[tokio::test]
async fn a_customer_an_order_and_the_end_of_its_draft_are_one() {
    let phone = Phone::ready(&server(), AGENT, 1).await;
    phone
        .device
        .save_draft("basket", "{\"lines\":2}".to_owned(), phone.now())
        .await
        .expect("stored");
    let acts = || {
        vec![
            (id(1), register("Itto")),
            (id(2), place(customer_id(1), &[(1, 2)])),
        ]
    };
    {
        phone.store.fail_at(1, Fault::Full);
        phone
            .device
            .act_all(acts(), phone.now(), Some("basket"))
            .await
            .expect_err("not stored");
        assert_eq!(
            (
                phone.device.customers().len(),
                phone.device.orders().len(),
                phone.device.drafts().len()
            ),
            (0, 0, 1)
        );
    }
    phone
        .device
        .act_all(acts(), phone.now(), Some("basket"))
        .await
        .expect("stored");
    let phone = phone.restarted().await;
    assert_eq!(
        (
            phone.device.customers().len(),
            phone.device.orders().len(),
            phone.device.drafts().len()
        ),
        (1, 1, 0)
    );
}

#[tokio::test]
async fn drafts_survive_and_the_last_save_wins() {
    let phone = Phone::ready(&server(), AGENT, 1).await;
    for (key, json, later_ms) in [("a", "1", 0), ("b", "2", 1), ("a", "3", 2)] {
        phone
            .device
            .save_draft(key, json.to_owned(), phone.now().plus_ms(later_ms))
            .await
            .expect("stored");
    }
    let phone = phone.restarted().await;
    assert_eq!(
        phone
            .device
            .drafts()
            .iter()
            .map(|draft| draft.json.as_str())
            .collect::<Vec<_>>(),
        ["3", "2"]
    );
    phone.device.discard_draft("b").await.expect("stored");
    let phone = phone.restarted().await;
    assert_eq!(
        (
            phone.device.draft("a").map(|draft| draft.json),
            phone.device.draft("b")
        ),
        (Some("3".to_owned()), None)
    );
}

#[tokio::test]
async fn customers_are_found_whatever_the_spelling() {
    let phone = Phone::ready(&server(), AGENT, 1).await;
    for (number, name) in [(1, "Itto"), (2, "فاطمة"), (3, "Élodie")] {
        act(&phone, number, register(name)).await;
    }
    for (typed, found) in [
        ("itto", 1),
        ("فاطمه", 1),
        ("elodie imouzzer", 1),
        ("ait ali", 3),
        ("0612345", 3),
        ("+2126123", 3),
        ("", 3),
        ("nobody", 0),
    ] {
        assert_eq!(
            phone.device.search_customers(typed).len(),
            found,
            "{typed:?}"
        );
    }
}

#[tokio::test]
async fn orders_stand_newest_first() {
    let phone = agent().await;
    for number in [2, 3, 4] {
        act(&phone, number, place(customer_id(1), &[(1, 1)])).await;
        phone.bench.now.set(phone.now().plus_ms(60_000));
        if number == 2 {
            phone.sync().await;
        }
    }
    let listed: Vec<_> = phone
        .device
        .orders()
        .iter()
        .map(|view| view.order.id)
        .collect();
    assert_eq!(listed, [order_id(4), order_id(3), order_id(2)]);
}

#[tokio::test]
async fn the_last_act_can_be_taken_back_until_it_was_sent() {
    let phone = agent().await;
    act(&phone, 2, place(customer_id(1), &[(1, 1)])).await;
    act(&phone, 3, place(customer_id(1), &[(1, 2)])).await;
    assert_eq!(phone.device.undo(id(2)).await, Err(UndoError::NotTheLast));
    assert_eq!(phone.device.undoable(), Some(id(3)));
    assert_eq!(phone.device.undo(id(3)).await, Ok(()));
    assert_eq!(phone.device.undo(id(2)).await, Ok(()));
    assert_eq!(
        (phone.device.orders().len(), phone.device.undoable()),
        (0, None)
    );
    // The numbers are given again, without a gap.
    act(&phone, 4, place(customer_id(1), &[(1, 3)])).await;
    phone.next_ways([Way::RequestLost]);
    phone.sync().await;
    assert_eq!(
        phone.device.undo(id(4)).await,
        Err(UndoError::AlreadySent),
        "it may have arrived"
    );
    let phone = phone.restarted().await;
    assert_eq!(phone.device.undo(id(4)).await, Err(UndoError::AlreadySent));
    phone.sync().await;
    assert_eq!(
        phone.network.server.borrow().applied.last(),
        Some(&(phone.device.id(), 2, id(4)))
    );
    assert_eq!(phone.device.undo(id(4)).await, Err(UndoError::AlreadySent));
}

#[tokio::test]
async fn what_is_parked_stays_in_sight_and_is_not_sent_again() {
    let phone = agent().await;
    phone.network.server.borrow_mut().parks.push(id(2));
    act(&phone, 2, place(customer_id(1), &[(1, 2)])).await;
    act(&phone, 3, place(customer_id(1), &[(1, 1)])).await;
    phone.sync().await;
    let refusal = Refusal::CatalogueTooOld;
    assert_eq!(
        whereabouts(&phone, 2),
        Whereabouts::ToCorrect {
            command: id(2),
            refusal: refusal.clone()
        }
    );
    assert_eq!(
        whereabouts(&phone, 3),
        Whereabouts::Received,
        "the others go on"
    );
    assert_eq!(
        phone.device.earnings_of(order_id(2)).expect("figures"),
        Default::default()
    );
    let parked = phone.device.parked();
    assert_eq!(
        (
            parked.len(),
            parked[0].command.id,
            &parked[0].refusal,
            phone.device.status().parked
        ),
        (1, id(2), &refusal, 1)
    );
    let phone = phone.restarted().await;
    let requests = phone.batches().len();
    phone.sync().await;
    assert_eq!(phone.batches()[requests..], [0]);
    assert_eq!(phone.device.parked().len(), 1);
}

#[tokio::test]
async fn a_parked_order_is_mended_under_a_new_id() {
    let phone = agent().await;
    phone.network.server.borrow_mut().parks.push(id(2));
    act(&phone, 2, place(customer_id(1), &[(1, 2)])).await;
    phone.sync().await;
    let mended = place(customer_id(1), &[(1, 1)]);
    assert_eq!(
        phone
            .device
            .reissue(id(9), mended.clone(), id(3), phone.now())
            .await,
        Err(ActError::NotParked)
    );
    phone
        .device
        .reissue(id(2), mended, id(3), phone.now())
        .await
        .expect("stored");
    let shown: Vec<_> = phone
        .device
        .orders()
        .iter()
        .map(|view| view.order.id)
        .collect();
    assert_eq!((shown, phone.device.parked().len()), (vec![order_id(3)], 0));
    phone.sync().await;
    assert_eq!(whereabouts(&phone, 3), Whereabouts::Received);
}

#[tokio::test]
async fn a_parked_command_leaves_when_it_is_dropped_or_settled() {
    let phone = agent().await;
    phone
        .network
        .server
        .borrow_mut()
        .parks
        .extend([id(2), id(3)]);
    act(&phone, 2, place(customer_id(1), &[(1, 2)])).await;
    act(&phone, 3, place(customer_id(1), &[(1, 2)])).await;
    phone.sync().await;
    phone.device.discard_parked(id(2)).await.expect("stored");
    assert_eq!(
        phone.device.discard_parked(id(2)).await,
        Err(ActError::NotParked)
    );
    assert_eq!(phone.device.parked().len(), 1);
    phone.network.server.borrow_mut().settle(id(3), false);
    phone.sync().await;
    let phone = phone.restarted().await;
    assert_eq!(
        (phone.device.parked().len(), phone.device.orders().len()),
        (0, 0)
    );
}

#[tokio::test]
async fn a_decision_that_crossed_an_act_is_said_before_the_server_answers() {
    let server = server();
    let phone = Phone::ready(&server, AGENT, 1).await;
    act(&phone, 1, register("Itto")).await;
    act(&phone, 2, place(customer_id(1), &[(1, 2)])).await;
    phone.sync().await;
    act(&phone, 3, cancel(order_id(2))).await;
    let order = server.borrow().orders[&order_id(2)].order.clone();
    server
        .borrow_mut()
        .act(ANIMATRICE, 900, confirm(&order, HONEY));
    // The server puts the command off, but tells what changed.
    server.borrow_mut().busy = true;
    phone.sync().await;
    let view = phone.device.order(order_id(2)).expect("known");
    assert_eq!(view.order.sub_orders[0].stage, Stage::Confirmed);
    assert_eq!(view.pending[0].doubt, Some(Refusal::CooperativeHasActed));
    assert_eq!(phone.device.status().phase, Phase::Busy);
    server.borrow_mut().busy = false;
    phone.let_timer_fire().await;
    let view = phone.device.order(order_id(2)).expect("known");
    assert_eq!(
        (view.pending.len(), &view.parked[0].refusal),
        (0, &Refusal::CooperativeHasActed)
    );
    assert_eq!(
        view.whereabouts,
        Whereabouts::Received,
        "the order itself is sound"
    );
}

#[tokio::test]
async fn the_figures_go_from_hope_to_ledger_to_the_centime() {
    let server = server();
    let phone = Phone::ready(&server, AGENT, 1).await;
    act(&phone, 1, register("Itto")).await;
    act(&phone, 2, place(customer_id(1), &[(1, 4)])).await;
    let hoped = Centimes(3_000); // A tenth of 4 × 90,00 DH without 20 % of tax.
    let all = phone.device.earnings().expect("figures");
    assert_eq!(
        (all.estimate, all.pending, all.unsent),
        (hoped, Centimes::ZERO, Centimes::ZERO)
    );
    phone.sync().await;
    assert_eq!(
        phone
            .device
            .earnings_of(order_id(2))
            .expect("figures")
            .estimate,
        hoped
    );
    let order = server.borrow().orders[&order_id(2)].order.clone();
    server
        .borrow_mut()
        .act(ANIMATRICE, 900, confirm(&order, HONEY));
    let order = server.borrow().orders[&order_id(2)].order.clone();
    server
        .borrow_mut()
        .act(ANIMATRICE, 901, pack(&order, HONEY));
    server
        .borrow_mut()
        .act(ANIMATRICE, 902, hand_over(order_id(2), HONEY));
    phone.sync().await;
    let all = phone.device.earnings().expect("figures");
    assert_eq!(
        (all.estimate, all.pending, all.earned, all.unsent),
        (Centimes::ZERO, hoped, Centimes::ZERO, Centimes::ZERO)
    );
    let order = phone.device.order(order_id(2)).expect("known").order;
    act(&phone, 3, deliver(&order, HONEY)).await;
    act(&phone, 4, collect(order_id(2), HONEY, 36_000)).await;
    phone.sync().await;
    let all = phone.device.earnings().expect("figures");
    assert_eq!((all.pending, all.earned), (Centimes::ZERO, hoped));
    assert_eq!(phone.device.earnings_of(order_id(2)).expect("figures"), all);
    let entries = phone.device.entries_of(order_id(2));
    assert_eq!(entries.len(), phone.device.entries().len());
    assert!(
        entries
            .windows(2)
            .all(|pair| pair[0].number > pair[1].number)
    );
}

#[tokio::test]
async fn the_phone_says_what_the_month_adds_if_it_ends_now_and_what_is_missing_to_more() {
    let server = server();
    let month = Period::at(NOON, &FixedOffset::default());
    let plain = Phone::ready(&server, AGENT, 2).await;
    assert_eq!(
        plain.device.month_now(month),
        Ok(None),
        "a plan that adds nothing to a month"
    );
    let tier = |from, below, rate| Tier {
        from: Centimes(from),
        below,
        rate: Ppm(rate),
    };
    let rules = PeriodRules {
        tiers: vec![
            tier(0, Some(Centimes(20_000)), 0),
            tier(20_000, None, 50_000),
        ],
        targets: vec![Target {
            reach: Centimes(60_000),
            bonus: Centimes(5_000),
        }],
        ..PeriodRules::default()
    };
    server.borrow_mut().catalogue.plans[0].period = rules.clone();
    // Whatever is sold earns 60,00 DH a month at most.
    for rule in &mut server.borrow_mut().catalogue.plans[0].rules {
        (rule.cap, rule.cap_per) = (Some(Centimes(6_000)), CapPer::Period);
    }
    let phone = Phone::ready(&server, AGENT, 1).await;
    let stands = || {
        let stands = phone.device.month_now(month).expect("fits").expect("rules");
        let figures = |month: &SettledMonth| {
            let turnover = month.now.supplement.turnover.0;
            let missing = month.now.missing().expect("fits").map(|missing| missing.0);
            (turnover, month.adds().expect("fits").0, missing)
        };
        (figures(&stands.now), figures(&stands.attained))
    };
    let nothing = (0, 0, Some(20_000));
    assert_eq!(stands(), (nothing, nothing));
    act(&phone, 1, register("Itto")).await;
    act(&phone, 2, place(customer_id(1), &[(1, 4)])).await;
    act(&phone, 3, place(customer_id(1), &[(1, 8)])).await;
    phone.sync().await;
    assert_eq!(stands(), (nothing, nothing), "an estimate is no attainment");
    for (number, order) in [(900, order_id(2)), (910, order_id(3))] {
        for step in [confirm, pack] {
            let order = server.borrow().orders[&order].order.clone();
            server
                .borrow_mut()
                .act(ANIMATRICE, number, step(&order, HONEY));
        }
    }
    phone.sync().await;
    // 12 × 90,00 DH without 20 % of tax: 900,00 DH, of which the first tier adds nothing. At 10 % they earn
    // 90,00 DH, 30,00 DH more than a month may.
    let all = (90_000, 3_500 + 5_000 - 3_000, None);
    assert_eq!(stands(), (nothing, all));
    server
        .borrow_mut()
        .act(ANIMATRICE, 905, hand_over(order_id(2), HONEY));
    phone.sync().await;
    let order = phone.device.order(order_id(2)).expect("known").order;
    act(&phone, 4, deliver(&order, HONEY)).await;
    act(&phone, 5, collect(order_id(2), HONEY, 36_000)).await;
    assert_eq!(stands(), (nothing, all), "the server counts, not the phone");
    phone.sync().await;
    assert_eq!(stands(), ((30_000, 500, Some(30_000)), all));
    // The next month begins with nothing.
    let next = phone.device.month_now(month.next()).expect("fits");
    assert_eq!(
        next.expect("rules").now.now,
        outlook(&rules, Centimes::ZERO).expect("fits")
    );
}

#[tokio::test]
async fn a_cooperative_acts_offline_on_its_part_of_an_order() {
    let server = server();
    let agent = Phone::ready(&server, AGENT, 1).await;
    act(&agent, 1, register("Itto")).await;
    act(&agent, 2, place(customer_id(1), &[(1, 2), (2, 3), (3, 1)])).await;
    agent.sync().await;

    let phone = Phone::ready(&server, ANIMATRICE, 2).await;
    let view = phone.device.order(order_id(2)).expect("sent to it");
    assert_eq!(view.order.sub_orders.len(), 1, "its own part only");
    assert_eq!(view.customer.expect("a label").first_name, "Itto");
    assert!(phone.device.customers().is_empty() && phone.device.entries().is_empty());
    let order = view.order;
    act(&phone, 100, refuse(order_id(2), HONEY)).await;
    // A slip of the thumb.
    phone.device.undo(id(100)).await.expect("not sent");
    act(&phone, 101, confirm(&order, HONEY)).await;
    let order = phone.device.order(order_id(2)).expect("known").order;
    act(&phone, 102, pack(&order, HONEY)).await;
    act(&phone, 103, hand_over(order_id(2), HONEY)).await;
    let view = phone.device.order(order_id(2)).expect("known");
    assert_eq!(
        (
            view.order.sub_orders[0].stage,
            view.pending.len(),
            view.whereabouts
        ),
        (Stage::HandedOver, 3, Whereabouts::Received)
    );
    assert!(
        phone
            .device
            .act(refuse(order_id(2), OIL), id(104), phone.now())
            .await
            .is_err(),
        "another's part"
    );
    phone.sync().await;
    agent.sync().await;
    let seen = agent.device.order(order_id(2)).expect("known").order;
    assert_eq!(
        seen.sub_order(HONEY).map(|part| part.stage),
        Some(Stage::HandedOver)
    );
    assert_eq!(
        seen.sub_order(OIL).map(|part| part.stage),
        Some(Stage::Awaiting)
    );
}

#[tokio::test]
async fn an_order_does_not_vanish_between_its_answer_and_its_document() {
    let phone = agent().await;
    for number in 2..8 {
        act(&phone, number, place(customer_id(1), &[(1, 1)])).await;
    }
    phone.network.server.borrow_mut().changes_per_answer = 1;
    let seen: Rc<RefCell<Vec<usize>>> = Rc::default();
    let (device, counts) = (phone.device.clone(), Rc::clone(&seen));
    phone
        .device
        .on_change(move |_| counts.borrow_mut().push(device.orders().len()));
    phone.sync().await;
    assert!(
        seen.borrow().len() > 6 && seen.borrow().iter().all(|count| *count == 6),
        "{:?}",
        seen.borrow()
    );
    assert!(
        phone
            .device
            .orders()
            .iter()
            .all(|view| view.received_at.is_some())
    );
}

#[tokio::test]
async fn what_leaves_the_scope_leaves_the_phone() {
    let phone = agent().await;
    act(&phone, 2, place(customer_id(1), &[(1, 1)])).await;
    phone.sync().await;
    phone.network.server.borrow_mut().remove_order(order_id(2));
    phone.sync().await;
    let phone = phone.restarted().await;
    assert!(phone.device.orders().is_empty());
}

#[tokio::test]
async fn the_store_of_one_person_opens_to_no_other() {
    let phone = agent().await;
    act(&phone, 2, place(customer_id(1), &[(1, 1)])).await;
    let other = Device::open(phone.sealed.clone(), ANIMATRICE, DeviceId(id(5).0))
        .await
        .err();
    assert_eq!(other, Some(OpenError::AnotherPerson(AGENT)));
    assert_eq!(phone.restarted().await.device.waiting(), 1);
}

#[tokio::test]
async fn fault_21_what_waits_leaves_by_the_devices_own_key_and_nothing_is_read() {
    for nobody in [true, false] {
        let phone = agent().await;
        let signed_in = &phone.network.signed_in;
        signed_in.set((!nobody).then_some(ANIMATRICE));
        act(&phone, 2, place(customer_id(1), &[(1, 1)])).await;
        phone.sync().await;
        let status = phone.device.status();
        assert_eq!((status.phase, status.waiting), (Phase::SignInAgain, 0));
        assert_eq!(phone.network.server.borrow().orders.len(), 1);
        // Nothing came that would show it; what was done here is not forgotten meanwhile.
        assert_eq!(phone.device.orders().len(), 1);
        assert_eq!(phone.restarted().await.device.orders().len(), 1);
    }
}

#[tokio::test]
async fn fault_21_a_device_without_a_key_that_is_known_keeps_what_waits() {
    let server = server();
    let phone = Phone::fresh(&server, AGENT, 7).await;
    phone.network.signed_in.set(None);
    phone.sync().await;
    assert_eq!(phone.device.status().phase, Phase::SignInAgain);
    assert!(
        phone
            .network
            .requests
            .borrow()
            .iter()
            .all(|request| request.key.is_some()),
        "told until it is known"
    );
    phone.network.signed_in.set(Some(AGENT));
    phone.sync().await;
    phone.sync().await;
    let last = phone.network.requests.borrow().last().cloned();
    assert_eq!(last.expect("asked").key, None, "and not a second time");
}

#[tokio::test]
async fn fault_18_a_restored_server_is_told_the_key_again() {
    let phone = agent().await;
    let told = |phone: &Phone| {
        let requests = phone.network.requests.borrow();
        requests
            .iter()
            .filter(|request| request.key.is_some())
            .count()
    };
    let before = told(&phone);
    {
        let mut server = phone.network.server.borrow_mut();
        *server = ModelServer::restored_from(&server.clone(), 2);
    }
    phone.sync().await;
    assert!(told(&phone) > before);
}

#[tokio::test]
async fn fault_23_what_another_has_left_is_handed_over_whole_and_unread() {
    let phone = agent().await;
    for number in 2..5 {
        act(&phone, number, place(customer_id(1), &[(1, 1)])).await;
    }
    phone.network.signed_in.set(Some(ANIMATRICE));
    assert!(phone.driver.hand_over().await);
    assert_eq!(phone.network.server.borrow().orders.len(), 3);
    assert_eq!(phone.device.waiting(), 0);
    // The answer is lost once: the same is said again, and nothing is doubled.
    act(&phone, 6, place(customer_id(1), &[(1, 1)])).await;
    phone.next_ways([Way::AnswerLost]);
    assert!(!phone.driver.hand_over().await);
    assert!(phone.driver.hand_over().await);
    assert_eq!(phone.network.server.borrow().orders.len(), 4);
}

#[tokio::test]
async fn fault_21_an_answer_for_another_person_is_not_stored() {
    let phone = agent().await;
    act(&phone, 2, place(customer_id(1), &[(1, 1)])).await;
    // Neither the session nor the device's key is taken.
    let out = Way::Error(TransportError::SignInAgain);
    phone.next_ways([out.clone(), out]);
    phone.sync().await;
    assert_eq!(
        (phone.device.status().phase, phone.device.status().waiting),
        (Phase::SignInAgain, 1)
    );
    // Somebody else has signed in on this phone, and the server answers to them.
    let sent = phone
        .device
        .offer(phone.now(), "build", 100, 100_000)
        .await
        .expect("stored");
    let mut answer = phone
        .network
        .server
        .borrow_mut()
        .handle(sent.request.clone());
    answer.changes = vec![taswiq_domain::sync::Change::Profile(profile(ANIMATRICE))];
    let applied = phone
        .device
        .apply(&sent, decoded(answer))
        .await
        .expect("looked at");
    assert!(applied.summary.wrong_person);
    assert_eq!(
        (
            phone.device.waiting(),
            phone.device.profile().map(|profile| profile.person)
        ),
        (1, Some(AGENT))
    );
    phone.sync().await;
    assert_eq!(
        phone.device.waiting(),
        0,
        "all goes on once the agent is back"
    );
}

#[tokio::test]
async fn the_phone_prints_and_prices_by_the_servers_clock() {
    let server = server();
    let phone = Phone::fresh(&server, AGENT, 1).await;
    let wrong = NOON.plus_days(-3_650);
    phone.bench.now.set(wrong);
    phone.sync().await;
    assert_eq!(phone.device.corrected(wrong), NOON);
    act(&phone, 1, register("Itto")).await;
    act(&phone, 2, place(customer_id(1), &[(1, 1)])).await;
    assert_eq!(
        phone
            .device
            .order(order_id(2))
            .expect("seen")
            .order
            .placed_at,
        NOON
    );
    assert_eq!(phone.device.outbox()[0].command.made_at, wrong);
    phone.sync().await;
    assert_eq!(server.borrow().orders[&order_id(2)].order.placed_at, NOON);
    assert!(phone.device.parked().is_empty());
}

#[tokio::test]
async fn documents_that_cannot_be_read_are_fetched_again() {
    use taswiq_offline::store::{Batch, LocalStore, Table};
    let phone = agent().await;
    act(&phone, 2, place(customer_id(1), &[(1, 1)])).await;
    phone.sync().await;
    act(&phone, 3, place(customer_id(1), &[(1, 2)])).await;
    let mut batch = Batch::default();
    batch.put(
        Table::Orders,
        order_id(2).to_string(),
        "{\"g\":0,\"d\":{\"from\":\"the future\"}}",
    );
    batch.put(Table::Documents, "catalogue", "{}");
    phone.sealed.commit(batch).await.expect("stored");
    let phone = phone.restarted().await;
    assert!(!phone.device.is_ready());
    phone.sync().await;
    assert!(phone.device.is_ready());
    assert_eq!(
        (phone.device.orders().len(), phone.device.waiting()),
        (2, 0)
    );
    let phone = phone.restarted().await;
    assert_eq!(phone.device.orders().len(), 2);
}

#[tokio::test]
async fn a_command_that_cannot_be_read_is_never_skipped() {
    use taswiq_offline::store::{Batch, LocalStore, Table};
    let phone = agent().await;
    act(&phone, 2, place(customer_id(1), &[(1, 1)])).await;
    let mut batch = Batch::default();
    batch.put(Table::Outbox, taswiq_offline::record::seq_key(3), "{}");
    phone.sealed.commit(batch).await.expect("stored");
    let opened = Device::open(phone.copied().await, AGENT, phone.device.id())
        .await
        .err();
    assert!(
        matches!(
            opened,
            Some(OpenError::Store(StoreError::Unreadable {
                table: "outbox",
                ..
            }))
        ),
        "{opened:?}"
    );
}

#[tokio::test]
async fn acknowledged_commands_are_kept_a_month_and_no_longer() {
    use taswiq_offline::store::{LocalStore, Table};
    let phone = agent().await;
    let kept = async || {
        phone
            .store
            .scan(Table::Acknowledged)
            .await
            .expect("read")
            .len()
    };
    for (days, expected) in [(29, 1), (2, 0)] {
        let later = phone.now().plus_days(days);
        phone.bench.now.set(later);
        phone.network.server.borrow_mut().clock = later;
        phone.sync().await;
        assert_eq!(kept().await, expected);
    }
}

#[tokio::test]
async fn screens_hear_of_every_change_and_of_its_origin() {
    let phone = agent().await;
    let heard: Rc<RefCell<Vec<Changed>>> = Rc::default();
    let listener = Rc::clone(&heard);
    phone
        .device
        .on_change(move |changed| listener.borrow_mut().push(changed));
    act(&phone, 2, place(customer_id(1), &[(1, 1)])).await;
    assert_eq!(
        heard.borrow_mut().drain(..).collect::<Vec<_>>(),
        [Changed::Saved]
    );
    let other = phone.second_tab().await;
    act(&other, 3, place(customer_id(1), &[(1, 1)])).await;
    phone.device.refresh().await.expect("read");
    phone.device.refresh().await.expect("read");
    assert_eq!(
        heard.borrow_mut().drain(..).collect::<Vec<_>>(),
        [Changed::Refreshed]
    );
    assert_eq!(phone.device.orders().len(), 2);
}

/// A statement of a month in which nothing was sold.
fn statement(period: Period, number: u32) -> Statement {
    let rules = PeriodRules::default();
    let closing = close(ClosingInput {
        number,
        agent: AGENT,
        period,
        closed_at: NOON,
        rules: MonthRules {
            plan: PlanVersion(1),
            rules: &rules,
        },
        earlier: &[],
        owed: Centimes::ZERO,
        movements: &[],
        advances: &[],
        kind: EngagementKind::default(),
        tax: &TaxTerms::default(),
        paid_this_year_before: Centimes::ZERO,
        not_yet_in: Vec::new(),
    });
    closing.expect("good books").statement
}

#[tokio::test]
async fn statements_are_read_without_a_network_and_follow_their_payment() {
    let phone = agent().await;
    let october = Period::new(2026, 10).expect("a month");
    let paid = PaymentState::Paid {
        on: CivilDate::new(2026, 12, 3).expect("a date"),
        reference: "VIR 4711".to_owned(),
    };
    let backup = phone.network.server.borrow().clone();
    for (number, payment) in [
        (1, PaymentState::Payable),
        (2, PaymentState::Nothing),
        (1, paid.clone()),
    ] {
        let period = if number == 1 { october } else { october.next() };
        phone.network.server.borrow_mut().state(StatementDocument {
            statement: statement(period, number),
            payment,
        });
        phone.sync().await;
    }
    let phone = phone.restarted().await;
    let known: Vec<(u32, PaymentState)> = phone
        .device
        .statements()
        .iter()
        .map(|document| (document.statement.number, document.payment.clone()))
        .collect();
    assert_eq!(known, [(2, PaymentState::Nothing), (1, paid)]);
    assert!(phone.device.statement(october.previous()).is_none());
    assert!(phone.device.is_ready(), "the catalogue lies beside them");
    // A server restored from before the close knows nothing of it, and neither does the phone then.
    let mut backup = ModelServer::restored_from(&backup, 2);
    backup.changes_per_answer = 1;
    phone.network.server.replace(backup);
    phone.sync().await;
    assert!(phone.device.statements().is_empty());
    let phone = phone.restarted().await;
    assert!(phone.device.statements().is_empty() && phone.device.is_ready());
}
