//! An order whose phone is lost is entered again from its customer's receipt. When the late original comes,
//! there is one order, whichever came first.

use super::backup::{Folder, places, restore};
use super::hand_over::{counts, file, phone};
use super::world::*;
use serde_json::Value;
use taswiq_backend::OfficeError;
use taswiq_backend::parked::{Settled, Settlement};
use taswiq_domain::Refusal;
use taswiq_domain::ids::{CommandId, CustomerId, OrderId, ProductId};
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{CancelledBy, Fault, Order, PaymentMethod, Reason, Stage, Withdrawal};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{
    AmendOrder, Answer, CancelOrder, Change, Collect, CommandBody, OpenDispute, PlaceOrder,
    ReturnGoods, SubOrderRef,
};
use taswiq_domain::time::{Calendar, CivilDate};
use uuid::Uuid;

/// An order that a phone took and has told nobody of.
struct Taken {
    phone: Phone,
    id: OrderId,
    place: PlaceOrder,
    on: CivilDate,
    commands: Vec<Value>,
}

fn placing(body: CommandBody) -> PlaceOrder {
    match body {
        CommandBody::PlaceOrder(place) => place,
        other => panic!("{other:?} places nothing"),
    }
}

async fn taken_on(mut phone: Phone, lines: &[(i64, u32)]) -> Taken {
    let customer = CustomerId(Uuid::now_v7());
    let registered = phone.command_with(customer.0, &register());
    let place = placing(phone.order_body(customer, lines).await);
    let id = Uuid::now_v7();
    let placed = phone.command_with(id, &CommandBody::PlaceOrder(place.clone()));
    let on = phone.office.calendar().date_at(phone.clock_now());
    Taken {
        phone,
        id: OrderId(id),
        place,
        on,
        commands: vec![registered, placed],
    }
}

async fn taken(world: &World, lines: &[(i64, u32)]) -> Taken {
    taken_on(world.phone(AGENT).await, lines).await
}

impl Taken {
    /// The order as it is read off the receipt: its lines in another order, and the digits wrong.
    fn receipt(&self, customer: CustomerId) -> PlaceOrder {
        let mut place = PlaceOrder {
            customer,
            receipt_digits: 1_174,
            from_receipt_of: Some(self.on),
            ..self.place.clone()
        };
        place.basket.lines.reverse();
        place
    }

    /// The lost phone speaks after all: the answers to what it had to tell.
    async fn speaks(&mut self) -> Vec<Answer> {
        let response = self.phone.sync(self.commands.clone()).await;
        response
            .results
            .into_iter()
            .map(|result| result.answer)
            .collect()
    }

    /// What names the order as the lost phone knows it.
    fn cancel(&self) -> CommandBody {
        CommandBody::CancelOrder(CancelOrder {
            order: self.id,
            by: CancelledBy::Customer,
            reason: Reason::CustomerCancelled,
            other_ids: 0,
        })
    }
}

/// Another phone of the agent, on which the order is entered again.
async fn entered(world: &World, taken: &Taken) -> (Phone, OrderId, Answer) {
    let mut phone = world.phone(AGENT).await;
    let customer = phone.register().await;
    let (id, answer) = enter(&mut phone, taken.receipt(customer)).await;
    (phone, id, answer)
}

async fn enter(phone: &mut Phone, place: PlaceOrder) -> (OrderId, Answer) {
    let id = Uuid::now_v7();
    let command = phone.command_with(id, &CommandBody::PlaceOrder(place));
    let answer = phone.sync(vec![command]).await.results.remove(0).answer;
    (OrderId(id), answer)
}

/// As [`entered`], with other goods than the receipt has.
async fn misread(world: &World, taken: &Taken, lines: &[(i64, u32)]) -> (Phone, OrderId) {
    let mut phone = world.phone(AGENT).await;
    let customer = phone.register().await;
    let read = placing(phone.order_body(customer, lines).await);
    let place = PlaceOrder {
        code: taken.place.code,
        from_receipt_of: Some(taken.on),
        ..read
    };
    let (id, answer) = enter(&mut phone, place).await;
    assert_eq!(answer, Answer::Applied);
    (phone, id)
}

async fn orders(world: &World) -> Vec<OrderId> {
    let filter = taswiq_backend::orders::OrderFilter::default();
    let found = world
        .office
        .orders(&world.manager(), &filter, None, 100)
        .await;
    found
        .expect("listed")
        .orders
        .iter()
        .map(|order| order.id)
        .collect()
}

/// How many entries of the agent's commission there are.
async fn entries(world: &World) -> usize {
    let changes = world.phone(AGENT).await.pull().await;
    changes
        .iter()
        .filter(|change| matches!(change, Change::Entry(_)))
        .count()
}

/// From the cooperative's word to the money.
async fn delivered_and_paid(world: &World, agent: &mut Phone, order: &Order) {
    let mut beekeeper = world.phone(BEEKEEPER).await;
    beekeeper.act_ok(&confirm(order, HONEY)).await;
    beekeeper.act_ok(&pack(order, HONEY)).await;
    agent.act_ok(&deliver(order, HONEY)).await;
    agent.act_ok(&collect(order, HONEY)).await;
}

fn differs(answer: &Answer) -> Option<OrderId> {
    match answer {
        Answer::Parked {
            refusal: Refusal::ReceiptDiffers { order, .. },
        } => Some(*order),
        _ => None,
    }
}

fn told_twice(answer: &Answer) -> Option<OrderId> {
    match answer {
        Answer::Parked {
            refusal: Refusal::ToldTwice { order },
        } => Some(*order),
        _ => None,
    }
}

promise! {
    async fn fault_06_the_late_original_of_an_entered_order_is_that_order(world) {
        let mut lost = taken(&world, &[(1, 2), (2, 1)]).await;
        world.later_days(3);
        let (mut agent, id, answer) = entered(&world, &lost).await;
        assert_eq!(answer, Answer::Applied);
        let order = world.order(id).await;
        assert_eq!(order.code, lost.place.code);
        assert_eq!(world.office.calendar().date_at(order.placed_at), lost.on);
        assert!(world.audit_actions().await.contains(&"order_from_receipt".to_owned()));
        // The receipt was misread, and what the phone had made stands on it: only the original tells.
        assert_eq!(order.receipt_digits, Some(1_174));
        assert_eq!(lost.speaks().await, [Answer::Applied, Answer::Applied]);
        assert_eq!(orders(&world).await, [id]);
        let order = world.order(id).await;
        assert_eq!(order.receipt_digits, Some(4_711));
        assert_eq!(order.also.iter().map(|also| also.id).collect::<Vec<_>>(), [lost.id]);
        delivered_and_paid(&world, &mut agent, &order).await;
        let before = entries(&world).await;
        for _ in 0..3 {
            assert_eq!(lost.speaks().await, [Answer::AlreadyApplied, Answer::AlreadyApplied]);
        }
        assert_eq!(orders(&world).await, [id]);
        assert_eq!(entries(&world).await, before);
        // The phone that had it is told the order that is there, and nothing under its own id.
        let changes = lost.phone.pull().await;
        let told = orders_in(&changes);
        assert!(told.iter().all(|told| told.id == id && told.known_as(lost.id).is_some()), "{told:?}");
        assert!(matches!(world.office.order_history(&world.manager(), lost.id).await, Err(OfficeError::NotFound)));
        // The handwriting of the door is kept with it.
        let history = world.office.order_history(&world.manager(), id).await.expect("known");
        assert!(history.events.iter().any(|event| event.event.makes_known() == Some(lost.id)));
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_what_is_entered_again_after_the_original_is_that_order(world) {
        let mut lost = taken(&world, &[(1, 2), (2, 1)]).await;
        assert_eq!(lost.speaks().await, [Answer::Applied, Answer::Applied]);
        world.later_days(2);
        let (mut agent, entered_id, answer) = entered(&world, &lost).await;
        assert_eq!(answer, Answer::Applied);
        assert_eq!(orders(&world).await, [lost.id]);
        let order = world.order(lost.id).await;
        assert_eq!(order.receipt_digits, Some(4_711));
        assert_eq!(order.from_receipt_of, None);
        assert!(order.known_as(entered_id).is_some());
        delivered_and_paid(&world, &mut agent, &order).await;
        // Once more, from a third phone: two that were read off one receipt are one as well.
        let (_, _, answer) = entered(&world, &lost).await;
        assert_eq!(answer, Answer::Applied);
        assert_eq!(orders(&world).await, [lost.id]);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_both_at_the_same_moment_are_one_order(world) {
        let mut lost = taken(&world, &[(1, 2), (3, 1)]).await;
        world.later_days(1);
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let receipt = lost.receipt(customer);
        let ((_, entered), spoken) = tokio::join!(enter(&mut agent, receipt), lost.speaks());
        assert_eq!(entered, Answer::Applied);
        assert_eq!(spoken, [Answer::Applied, Answer::Applied]);
        assert_eq!(orders(&world).await.len(), 1);
        // Twice in one transaction.
        let other = taken(&world, &[(1, 5)]).await.receipt(customer);
        let twice = [(); 2].map(|()| agent.command(&CommandBody::PlaceOrder(other.clone())));
        for result in agent.sync(twice.to_vec()).await.results {
            assert_eq!(result.answer, Answer::Applied);
        }
        assert_eq!(orders(&world).await.len(), 2);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_what_names_the_original_reaches_the_order_that_is_there(world) {
        let mut lost = taken(&world, &[(1, 2), (2, 1)]).await;
        world.later_days(1);
        let (mut agent, id, _) = entered(&world, &lost).await;
        lost.speaks().await;
        let order = world.order(id).await;
        delivered_and_paid(&world, &mut agent, &order).await;
        // The first line of the lost phone is the second that was entered.
        let returned = CommandBody::ReturnGoods(ReturnGoods {
            order: lost.id,
            cooperative: HONEY,
            lines: vec![taswiq_domain::order::event::LineUnits { line: 1, units: 1 }],
            fault: Fault::Customer,
        });
        lost.phone.act_ok(&returned).await;
        let order = world.order(id).await;
        let line = |product| order.sub_orders[0].lines.iter().find(|line| line.product == ProductId(product)).expect("a line");
        assert_eq!((line(1).returned, line(2).returned), (1, 0));
        let about = taswiq_domain::dispute::Disputed {
            entry: None,
            line: Some(taswiq_domain::dispute::DisputedLine { order: lost.id, cooperative: HONEY, line: 2 }),
        };
        let dispute = CommandBody::OpenDispute(OpenDispute {
            about,
            amount: taswiq_domain::money::Centimes(100),
            reason: taswiq_domain::dispute::DisputeReason::Missing,
            note: String::new(),
            photo: None,
        });
        let dispute = lost.phone.command(&dispute);
        let told = lost.phone.sync(vec![dispute]).await.changes;
        let opened: Vec<_> = told.into_iter().filter_map(|change| match change {
            Change::Dispute(document) => document.dispute.claim.about.line,
            _ => None,
        }).collect();
        assert_eq!(opened.first().map(|line| (line.order, line.line)), Some((id, line(2).number)));
        // What is too late for the order is too late under any of its ids.
        let answer = lost.phone.act(&lost.cancel()).await;
        assert!(matches!(answer, Answer::Parked { refusal: Refusal::WrongStage { .. } }), "{answer:?}");
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_a_cancel_by_who_took_the_order_for_a_second_one_waits_for_a_person(world) {
        let by_agent = CommandBody::CancelOrder(CancelOrder { order: OrderId(Uuid::nil()), by: CancelledBy::Agent, reason: Reason::Mistake, other_ids: 0 });
        for is_meant in [false, true] {
            let mut lost = taken(&world, &[(1, 2)]).await;
            let cancel = if is_meant { lost.cancel() } else { by_agent.clone().on_order(lost.id, |line| line) };
            lost.commands.push(lost.phone.command(&cancel));
            world.later_days(1);
            let (_, id, _) = entered(&world, &lost).await;
            assert_eq!(told_twice(&lost.speaks().await[2]), Some(id));
            assert!(!world.order(id).await.is_cancelled());
            let parked = world.office.parked(&world.manager(), None).await.expect("listed").remove(0);
            assert_eq!(parked.twin.map(|twin| twin.id), Some(id));
            let same = world.office.settle_parked(&world.manager(), parked.id, Settlement::Same).await;
            assert!(matches!(same, Err(OfficeError::NotFound)), "{same:?}");
            let settlement = if is_meant { Settlement::Accept } else { Settlement::Reject };
            let settled = world.office.settle_parked(&world.manager(), parked.id, settlement).await;
            assert_eq!(settled.expect("settled"), Settled::Done);
            assert_eq!(world.order(id).await.is_cancelled(), is_meant);
        }
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_a_cancel_on_the_phone_of_the_receipt_waits_too_unless_it_knew_of_the_original(world) {
        let mut lost = taken(&world, &[(1, 2)]).await;
        let (mut agent, id, _) = entered(&world, &lost).await;
        lost.speaks().await;
        let cancel = CommandBody::CancelOrder(CancelOrder { order: id, by: CancelledBy::Agent, reason: Reason::Mistake, other_ids: 0 });
        assert_eq!(told_twice(&agent.act(&cancel).await), Some(id));
        assert!(!world.order(id).await.is_cancelled());
        agent.act_ok(&cancel.knowing(1)).await;
        assert!(world.order(id).await.is_cancelled());
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_what_the_customer_signed_on_the_lost_phone_replaces_nothing_by_itself(world) {
        let mut lost = taken(&world, &[(1, 2)]).await;
        let signed = placing(lost.phone.order_body(lost.place.customer, &[(1, 5)]).await);
        let amend = CommandBody::AmendOrder(AmendOrder { order: lost.id, basket: signed.basket, shown: signed.shown, other_ids: 0 });
        lost.commands.push(lost.phone.command(&amend));
        let (_, id, _) = entered(&world, &lost).await;
        assert_eq!(told_twice(&lost.speaks().await[2]), Some(id));
        let asked = async || world.order(id).await.sub_orders[0].lines[0].asked;
        assert_eq!(asked().await, 2);
        let waits = world.office.parked(&world.manager(), None).await.expect("listed").remove(0).id;
        world.office.settle_parked(&world.manager(), waits, Settlement::Accept).await.expect("accepted");
        assert_eq!(asked().await, 5);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_the_same_money_told_by_both_phones_is_counted_once_until_a_person_says_otherwise(world) {
        let mut lost = taken(&world, &[(3, 1)]).await;
        let give = |order| CommandBody::DeclareEarlyPayment(Collect { order, cooperative: RUGS, amount: Centimes(10_000), method: PaymentMethod::Cash, other_ids: 0 });
        lost.commands.push(lost.phone.command(&give(lost.id)));
        let (mut agent, id, _) = entered(&world, &lost).await;
        agent.act_ok(&give(id)).await;
        assert_eq!(told_twice(&lost.speaks().await[2]), Some(id));
        assert_eq!(world.order(id).await.sub_orders[0].held, Centimes(10_000));
        // What nobody else told is a fact, and so is what is told by who knows.
        agent.act_ok(&give(id).knowing(1)).await;
        assert_eq!(world.order(id).await.sub_orders[0].held, Centimes(20_000));
        let mut other = taken(&world, &[(3, 1)]).await;
        other.commands.push(other.phone.command(&give(other.id)));
        let (_, id, _) = entered(&world, &other).await;
        assert_eq!(other.speaks().await[2], Answer::Applied);
        assert_eq!(world.order(id).await.sub_orders[0].held, Centimes(10_000));
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_a_customer_who_withdrew_on_the_lost_phone_has_withdrawn(world) {
        let mut lost = taken(&world, &[(3, 1)]).await;
        let withdraw = CommandBody::Withdraw(SubOrderRef { order: lost.id, cooperative: RUGS });
        lost.commands.push(lost.phone.command(&withdraw));
        world.later_days(1);
        let (_, id, _) = entered(&world, &lost).await;
        assert_eq!(lost.speaks().await[2], Answer::Applied);
        assert_eq!(world.order(id).await.sub_orders[0].stage, Stage::Withdrawn);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_a_cancel_that_waits_for_another_reason_is_shown_beside_its_order_before_it_counts(world) {
        let mut lost = taken(&world, &[(1, 2)]).await;
        let (_, id, _) = entered(&world, &lost).await;
        lost.speaks().await;
        world.office.revoke_device(&world.manager(), lost.phone.device).await.expect("put out");
        let answer = lost.phone.act(&lost.cancel()).await;
        assert_eq!(answer, Answer::Parked { refusal: Refusal::NotAllowed });
        let waits = world.office.parked(&world.manager(), None).await.expect("listed").remove(0).id;
        let settle = async || world.office.settle_parked(&world.manager(), waits, Settlement::Accept).await.expect("looked at");
        assert_eq!(settle().await, Settled::LookAgain(Refusal::ToldTwice { order: id }));
        assert!(!world.order(id).await.is_cancelled());
        assert_eq!(settle().await, Settled::Done);
        assert!(world.order(id).await.is_cancelled());
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_an_original_that_differs_waits_for_a_person_who_keeps_both(world) {
        let mut lost = taken(&world, &[(1, 3)]).await;
        let cancel = lost.cancel();
        lost.commands.push(lost.phone.command(&cancel));
        let (_, id) = misread(&world, &lost, &[(1, 2)]).await;
        let answers = lost.speaks().await;
        assert_eq!(differs(&answers[1]), Some(id), "{answers:?}");
        assert!(matches!(answers[2], Answer::Parked { refusal: Refusal::WaitsForParked }));
        assert_eq!(differs(&lost.speaks().await[1]), Some(id));
        let parked = world.office.parked(&world.manager(), None).await.expect("listed");
        let shown = parked.iter().find(|one| one.id.0 == lost.id.0).expect("waits");
        assert_eq!(shown.twin.as_ref().map(|twin| twin.id), Some(id));
        world.office.settle_parked(&world.manager(), CommandId(lost.id.0), Settlement::Accept).await.expect("settled");
        let kept = world.order(lost.id).await;
        assert_ne!(kept.code, lost.place.code);
        assert!(kept.is_cancelled());
        assert_eq!(world.order(id).await.sub_orders[0].stage, Stage::Awaiting);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_an_original_that_differs_is_the_order_where_a_person_says_so(world) {
        let mut lost = taken(&world, &[(1, 3), (2, 1)]).await;
        let cancel = lost.cancel();
        lost.commands.push(lost.phone.command(&cancel));
        let (_, id) = misread(&world, &lost, &[(1, 2)]).await;
        assert_eq!(differs(&lost.speaks().await[1]), Some(id));
        world.office.settle_parked(&world.manager(), CommandId(lost.id.0), Settlement::Same).await.expect("settled");
        assert_eq!(orders(&world).await, [id]);
        let order = world.order(id).await;
        assert!(!order.is_cancelled());
        assert_eq!(order.gross_asked().expect("fits").0, 24_000, "what was agreed is not changed");
        // What waited for it reached it, and is asked about: it may have been meant for a second order.
        let cancelled = world.office.parked(&world.manager(), None).await.expect("listed").remove(0);
        assert_eq!(cancelled.refusal, Refusal::ToldTwice { order: id });
        world.office.settle_parked(&world.manager(), cancelled.id, Settlement::Accept).await.expect("settled");
        assert!(world.order(id).await.is_cancelled());
        assert_eq!(lost.speaks().await, [const { Answer::AlreadyApplied }; 3]);
        // Only where two are compared can they be said to be one.
        let forged = PlaceOrder { code: SpokenCode::from_random(99), ..lost.place.clone() };
        let (other, answer) = enter(&mut lost.phone, PlaceOrder { shown: taswiq_domain::sync::Shown { total: taswiq_domain::money::Centimes(1), ..forged.shown.clone() }, ..forged }).await;
        assert!(matches!(answer, Answer::Parked { .. }));
        let refused = world.office.settle_parked(&world.manager(), CommandId(other.0), Settlement::Same).await;
        assert!(matches!(refused, Err(OfficeError::NotFound)), "{refused:?}");
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_another_day_another_customer_or_a_cancelled_order_is_not_taken_for_it(world) {
        let lost = taken(&world, &[(1, 2)]).await;
        world.later_days(2);
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let (id, _) = enter(&mut agent, lost.receipt(customer)).await;
        let again = PlaceOrder { from_receipt_of: Some(lost.on.plus_days(1)), ..lost.receipt(customer) };
        assert_eq!(differs(&enter(&mut agent, again).await.1), Some(id));
        let mut other = register();
        let CommandBody::RegisterCustomer(details) = &mut other else { panic!("a customer") };
        details.first_name = "Zineb".to_owned();
        let zineb = Uuid::now_v7();
        let command = agent.command_with(zineb, &other);
        agent.sync(vec![command]).await;
        assert_eq!(differs(&enter(&mut agent, lost.receipt(CustomerId(zineb))).await.1), Some(id));
        // Cancelled because the original was awaited: then the original is wanted, and a person says so.
        agent.act_ok(&CommandBody::CancelOrder(CancelOrder { order: id, by: CancelledBy::Agent, reason: Reason::Mistake, other_ids: 0 })).await;
        let mut lost = lost;
        assert_eq!(differs(&lost.speaks().await[1]), Some(id));
        world.office.settle_parked(&world.manager(), CommandId(lost.id.0), Settlement::Accept).await.expect("settled");
        assert_eq!(world.order(lost.id).await.sub_orders[0].stage, Stage::Awaiting);
        world.assert_sound().await;
    }
}

promise! {
    async fn two_codes_that_are_the_same_by_chance_are_two_orders(world) {
        let lost = taken(&world, &[(1, 2)]).await;
        let (_, id, _) = entered(&world, &lost).await;
        // Another agent's, whether or not from a receipt.
        let mut other = world.phone(OTHER_AGENT).await;
        let customer = other.register().await;
        assert_eq!(enter(&mut other, PlaceOrder { from_receipt_of: None, ..lost.receipt(customer) }).await.1, Answer::Applied);
        assert_eq!(enter(&mut other, PlaceOrder { code: SpokenCode::from_random(5), ..lost.receipt(customer) }).await.1, Answer::Applied);
        // Two of one agent, neither from a receipt.
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let taken = PlaceOrder { from_receipt_of: None, code: SpokenCode::from_random(6), ..lost.receipt(customer) };
        assert_eq!(enter(&mut agent, taken.clone()).await.1, Answer::Applied);
        assert_eq!(enter(&mut agent, taken).await.1, Answer::Applied);
        assert_eq!(orders(&world).await.len(), 5);
        assert!(world.order(id).await.also.is_empty());
        world.assert_sound().await;
    }
}

promise! {
    async fn a_receipt_says_the_day_and_not_for_ever_and_the_customers_week_runs_from_the_second_signature(world) {
        let lost = taken(&world, &[(3, 1)]).await;
        world.later_days(10);
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let (id, answer) = enter(&mut agent, lost.receipt(customer)).await;
        assert_eq!(answer, Answer::Applied);
        // The agent's word for the day ends nobody's week.
        let closes_at = world.office.calendar().start_of(lost.on.plus_days(10 + 8));
        assert_eq!(world.order(id).await.sub_orders[0].withdrawal, Withdrawal::Open { closes_at });
        // A day to come is none.
        let future = PlaceOrder { from_receipt_of: Some(lost.on.plus_days(12)), code: SpokenCode::from_random(1), ..lost.receipt(customer) };
        let answer = enter(&mut agent, future).await.1;
        assert!(matches!(&answer, Answer::Parked { refusal: Refusal::FieldInvalid { field } } if field == "from_receipt_of"), "{answer:?}");
        // For more than a fortnight nobody's word is taken, but a person may.
        world.later_days(5);
        let old = PlaceOrder { code: SpokenCode::from_random(2), ..lost.receipt(customer) };
        let (old, answer) = enter(&mut agent, old).await;
        assert_eq!(answer, Answer::Parked { refusal: Refusal::ReceiptTooOld { days: 14 } });
        world.office.settle_parked(&world.manager(), CommandId(old.0), Settlement::Accept).await.expect("settled");
        assert_eq!(world.order(old).await.from_receipt_of, Some(lost.on));
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_an_original_is_known_again_however_late(world) {
        let mut lost = taken(&world, &[(1, 2)]).await;
        world.later_days(1);
        let (_, id, _) = entered(&world, &lost).await;
        let price = taswiq_backend::catalogue::NewPrice {
            product: ProductId(1),
            retail: taswiq_domain::money::Centimes(13_000),
            semi_wholesale: taswiq_domain::money::Centimes(12_000),
            wholesale: taswiq_domain::money::Centimes(11_000),
        };
        let from = world.clock_now().plus_ms(60_000);
        world.office.publish_prices(&world.manager(), from, vec![price]).await.expect("published");
        world.later_days(40);
        assert_eq!(lost.speaks().await, [Answer::Applied, Answer::Applied]);
        assert_eq!(orders(&world).await, [id]);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_a_hand_over_file_brings_the_original_of_an_entered_order(world) {
        let lost = taken_on(phone(&world).await, &[(1, 2), (2, 1)]).await;
        let brought = file(&lost.phone, lost.commands.clone());
        world.later_days(4);
        let (_, id, _) = entered(&world, &lost).await;
        assert_eq!(world.office.hand_over(&brought).await.expect("taken"), counts(2, 0, 0, 0));
        assert_eq!(world.office.hand_over(&brought).await.expect("taken"), counts(0, 2, 0, 0));
        assert_eq!(orders(&world).await, [id]);
        assert!(world.order(id).await.known_as(lost.id).is_some());
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_a_copy_keeps_what_an_order_is_also_known_as(world) {
        let mut lost = taken(&world, &[(1, 2), (2, 1)]).await;
        let (_, id, _) = entered(&world, &lost).await;
        lost.speaks().await;
        let folder = Folder::new();
        let copy = folder.file("copy");
        world.back_up(&copy).await;
        for place in places().await {
            restore(&copy, &place).await.expect("restored");
            let restored = World::open(place).await;
            restored.clock.set(world.clock_now());
            // The phone hears of the restore, and names the order as it always did.
            lost.phone.office = restored.office.clone();
            lost.phone.sync(Vec::new()).await;
            let mut phone = restored.phone(AGENT).await;
            phone.act_ok(&lost.cancel().knowing(1)).await;
            assert!(restored.order(id).await.is_cancelled());
            restored.assert_sound().await;
        }
    }
}

promise! {
    async fn fault_18_what_came_before_the_original_is_looked_at_again_when_a_person_says_what_the_original_is(world) {
        let mut beekeeper = world.phone(BEEKEEPER).await;
        beekeeper.pull().await;
        let phone = world.phone(AGENT).await;
        let folder = Folder::new();
        let copy = folder.file("copy");
        world.back_up(&copy).await;
        // Taken, told and confirmed after the copy; then the phone is lost.
        let mut lost = taken_on(phone, &[(1, 2)]).await;
        lost.speaks().await;
        let confirmed = beekeeper.command(&confirm(&world.order(lost.id).await, HONEY));
        assert_eq!(beekeeper.sync(vec![confirmed.clone()]).await.results[0].answer, Answer::Applied);
        for settlement in [Settlement::Same, Settlement::Accept] {
        for place in places().await {
            restore(&copy, &place).await.expect("restored");
            let there = World::open(place).await;
            there.clock.set(world.clock_now().plus_days(1).plus_ms(60_000));
            let (_, id) = misread(&there, &lost, &[(1, 3)]).await;
            for phone in [&mut beekeeper, &mut lost.phone] {
                phone.office = there.office.clone();
                phone.clock = there.clock.clone();
                phone.sync(Vec::new()).await;
            }
            let early = beekeeper.sync(vec![confirmed.clone()]).await.results.remove(0).answer;
            assert_eq!(early, Answer::Parked { refusal: Refusal::UnknownOrder });
            assert_eq!(differs(&lost.speaks().await[1]), Some(id));
            there.office.settle_parked(&there.manager(), CommandId(lost.id.0), settlement).await.expect("settled");
            let order = there.order(if settlement == Settlement::Same { id } else { lost.id }).await;
            assert_eq!(order.sub_orders[0].stage, Stage::Confirmed);
            assert_eq!(there.office.count_parked(&there.manager()).await.expect("counted"), 0);
            there.assert_sound().await;
        }
        }
    }
}

promise! {
    async fn an_order_is_found_under_its_other_id_by_whoever_may_see_it(world) {
        let mut lost = taken(&world, &[(1, 2)]).await;
        let (_, id, _) = entered(&world, &lost).await;
        let known_as = async |actor| world.office.order_known_as(&actor, lost.id).await.expect("looked up");
        assert_eq!(known_as(world.manager()).await, None);
        lost.speaks().await;
        let known_as = async |actor| world.office.order_known_as(&actor, lost.id).await.expect("looked up");
        assert_eq!(known_as(world.manager()).await, Some(id));
        assert_eq!(known_as(world.phone(AGENT).await.session().await.actor()).await, Some(id));
        assert_eq!(known_as(world.phone(OTHER_AGENT).await.session().await.actor()).await, None);
        // Under its own id it needs no finding.
        assert_eq!(world.office.order_known_as(&world.manager(), id).await.expect("looked up"), None);
    }
}

promise! {
    async fn fault_06_an_original_that_waits_for_another_reason_is_shown_beside_its_order_before_it_counts(world) {
        let mut lost = taken(&world, &[(1, 2)]).await;
        // It showed a wrong sum; and the receipt was read with a slip, so that the two are not one by themselves.
        lost.commands[1]["body"]["shown"]["total"] = Value::from(1);
        let (_, id) = misread(&world, &lost, &[(1, 3)]).await;
        assert!(matches!(lost.speaks().await[1], Answer::Parked { refusal: Refusal::TotalDiffers { .. } }));
        let parked = async || world.office.parked(&world.manager(), None).await.expect("listed").remove(0);
        assert_eq!(parked().await.twin, None);
        let waits = parked().await.id;
        let settled = world.office.settle_parked(&world.manager(), waits, Settlement::Accept).await.expect("looked at");
        assert!(matches!(settled, Settled::LookAgain(Refusal::ReceiptDiffers { order, .. }) if order == id), "{settled:?}");
        assert_eq!(orders(&world).await, [id], "nothing counts that nobody has seen beside the other");
        assert_eq!(parked().await.twin.map(|twin| twin.id), Some(id));
        let settled = world.office.settle_parked(&world.manager(), waits, Settlement::Accept).await.expect("accepted");
        assert_eq!(settled, Settled::Done);
        assert_eq!(orders(&world).await.len(), 2);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_06_a_receipt_whose_order_was_cancelled_is_read_off_once_more(world) {
        let mut lost = taken(&world, &[(1, 2)]).await;
        let (mut agent, first, _) = entered(&world, &lost).await;
        let cancel = CancelOrder { order: first, by: CancelledBy::Agent, reason: Reason::Mistake, other_ids: 0 };
        agent.act_ok(&CommandBody::CancelOrder(cancel)).await;
        let (_, second, answer) = entered(&world, &lost).await;
        assert_eq!(answer, Answer::Applied);
        assert_ne!(second, first);
        // The original is the one that is wanted.
        assert_eq!(lost.speaks().await, [Answer::Applied, Answer::Applied]);
        assert_eq!(orders(&world).await.len(), 2);
        assert!(world.order(second).await.known_as(lost.id).is_some());
        assert!(world.order(first).await.also.is_empty());
        world.assert_sound().await;
    }
}

promise! {
    async fn a_receipt_that_is_read_off_without_end_waits_for_a_person(world) {
        let lost = taken(&world, &[(1, 2)]).await;
        let (mut agent, id, _) = entered(&world, &lost).await;
        let customer = agent.register().await;
        for _ in 0..limits::OTHER_IDS {
            assert_eq!(enter(&mut agent, lost.receipt(customer)).await.1, Answer::Applied);
        }
        let answer = enter(&mut agent, lost.receipt(customer)).await.1;
        assert!(matches!(answer, Answer::Parked { .. }), "{answer:?}");
        assert_eq!(world.order(id).await.also.len(), limits::OTHER_IDS);
        assert_eq!(orders(&world).await, [id]);
        world.assert_sound().await;
    }
}
