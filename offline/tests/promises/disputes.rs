//! Disputing what was earned, without a network.

use crate::phone::{Phone, Way, server};
use crate::world::*;
use taswiq_domain::dispute::{
    DisputeEvent, DisputeReason, DisputeState, Disputed, DisputedLine, Verdict,
};
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::photo::Photo;
use taswiq_domain::refusal::Refusal;
use taswiq_domain::sync::{CommandBody, DisputeRef, EscalateDispute, OpenDispute};
use taswiq_offline::{ActError, DisputeView, Whereabouts};
use uuid::Uuid;

/// Sixteen by eight pixels.
const PHOTO: &str = "/9j/4AAGAQIDBP/AAAgIAAgAEAD/2gACBQUF/9k=";

/// An agent with an order that the cooperative confirmed.
async fn agent() -> Phone {
    let phone = Phone::ready(&server(), AGENT, 1).await;
    act(&phone, 1, register("Itto")).await;
    act(&phone, 2, place(customer_id(1), &[(1, 2)])).await;
    phone.sync().await;
    {
        let mut server = phone.network.server.borrow_mut();
        let order = server.orders[&order_id(2)].order.clone();
        server.act(ANIMATRICE, 900, confirm(&order, HONEY));
    }
    phone.sync().await;
    phone
}

fn open(phone: &Phone) -> CommandBody {
    let entry = phone.device.entries()[0].clone();
    CommandBody::OpenDispute(OpenDispute {
        about: Disputed::of(&entry),
        amount: Centimes(150),
        reason: DisputeReason::Rate,
        note: "On m’avait dit plus".to_owned(),
        photo: Some(Photo(PHOTO.to_owned())),
    })
}

/// Does it on the phone, as the command of that number.
async fn act(phone: &Phone, number: u64, body: CommandBody) {
    let done = phone.device.act(body, id(number), phone.now()).await;
    done.expect("allowed");
}

/// A phone with a dispute that it has not sent, which is the command 3.
async fn disputing() -> Phone {
    let phone = agent().await;
    act(&phone, 3, open(&phone)).await;
    phone
}

/// The office takes it, and grants a part.
fn answer_partly(phone: &Phone, amount: i64) {
    let mut server = phone.network.server.borrow_mut();
    let verdict = Verdict::Partly {
        amount: Centimes(amount),
    };
    let note = "Un tiers".to_owned();
    for event in [DisputeEvent::Taken, DisputeEvent::Decided { verdict, note }] {
        server.answer_dispute(dispute_id(3), event);
    }
}

fn escalate() -> CommandBody {
    CommandBody::EscalateDispute(EscalateDispute {
        dispute: dispute_id(3),
        note: "Il manque le reste".to_owned(),
    })
}

fn withdraw() -> CommandBody {
    CommandBody::WithdrawDispute(DisputeRef {
        dispute: dispute_id(3),
    })
}

fn seen(phone: &Phone) -> DisputeView {
    phone.device.dispute(dispute_id(3)).expect("seen")
}

fn dispute_id(number: u64) -> Uuid {
    id(number).0
}

#[tokio::test]
async fn a_dispute_is_opened_without_a_network_and_sent_later_with_its_photo() {
    let phone = disputing().await;
    let view = seen(&phone);
    assert_eq!(
        (
            &view.whereabouts,
            view.waits,
            view.document.dispute.state,
            view.document.dispute.claim.about.line
        ),
        (
            &Whereabouts::OnPhone,
            true,
            DisputeState::Open,
            Some(DisputedLine {
                order: order_id(2),
                cooperative: HONEY,
                line: 1
            })
        )
    );
    assert_eq!(phone.device.earnings().expect("fits").held, Centimes::ZERO);
    // It survives the phone.
    phone.device.refresh().await.expect("read");
    assert_eq!(phone.device.disputes().len(), 1);
    phone.sync().await;
    let view = seen(&phone);
    assert_eq!(
        (&view.whereabouts, view.waits),
        (&Whereabouts::Received, false)
    );
    assert_eq!(phone.device.earnings().expect("fits").held, Centimes(150));
    assert_eq!(
        phone.device.photo_of_dispute(dispute_id(3)),
        Some(Photo(PHOTO.to_owned())),
        "kept while the server might need it again"
    );
    assert_eq!(
        phone.network.server.borrow().disputes[&dispute_id(3)]
            .dispute
            .claim
            .photo,
        Some(dispute_id(3))
    );
}

#[tokio::test]
async fn nothing_is_said_to_be_held_or_freed_before_the_server_did_it() {
    let phone = disputing().await;
    let held = |phone: &Phone| {
        let view = seen(phone);
        (view.held.0, view.to_hold.0)
    };
    assert_eq!(held(&phone), (0, 150), "on the phone");
    phone.sync().await;
    assert_eq!(held(&phone), (150, 0), "with the server");
    answer_partly(&phone, 50);
    assert_eq!(held(&phone), (150, 0), "answered, and not told");
    phone.sync().await;
    assert_eq!(held(&phone), (0, 0));
    act(&phone, 4, escalate()).await;
    assert_eq!(held(&phone), (0, 100));
    phone.sync().await;
    assert_eq!(held(&phone), (100, 0));
    act(&phone, 5, withdraw()).await;
    assert_eq!(seen(&phone).document.dispute.state, DisputeState::TakenBack);
    assert_eq!(held(&phone), (100, 0), "still");
    phone.sync().await;
    assert_eq!(held(&phone), (0, 0));
    // What is to be corrected is not on its way.
    let parked = agent().await;
    parked.network.server.borrow_mut().parks.push(id(3));
    act(&parked, 3, open(&parked)).await;
    parked.sync().await;
    assert_eq!(held(&parked), (0, 0));
}

#[tokio::test]
async fn the_answer_comes_with_the_feed_and_may_be_escalated_without_a_network() {
    let phone = disputing().await;
    phone.sync().await;
    answer_partly(&phone, 50);
    phone.sync().await;
    let view = seen(&phone);
    assert_eq!(view.document.dispute.state, DisputeState::Partly);
    assert!(matches!(
        &view.document.steps[..],
        [_, step] if matches!(&step.event, DisputeEvent::Decided { note, .. } if note == "Un tiers")
    ));
    let earnings = phone.device.earnings().expect("fits");
    assert_eq!(
        (earnings.held, earnings.earned),
        (Centimes::ZERO, Centimes(50))
    );
    act(&phone, 4, escalate()).await;
    assert_eq!(phone.device.disputes().len(), 1, "it is the same one");
    let view = seen(&phone);
    assert_eq!(
        (
            view.document.dispute.state,
            view.document.steps.len(),
            view.waits
        ),
        (DisputeState::Escalated, 3, true)
    );
    phone.sync().await;
    assert_eq!(
        phone.device.earnings().expect("fits").held,
        Centimes(100),
        "what is still claimed"
    );
}

#[tokio::test]
async fn a_dispute_stays_in_sight_though_its_order_comes_before_it() {
    let phone = disputing().await;
    {
        let mut server = phone.network.server.borrow_mut();
        server.changes_per_answer = 1;
        let order = server.orders[&order_id(2)].order.clone();
        server.act(ANIMATRICE, 901, pack(&order, HONEY));
    }
    // The answer that takes the dispute in tells of the order; the next one is lost.
    phone.next_ways([Way::Good, Way::AnswerLost]);
    phone.sync().await;
    assert_eq!(phone.device.waiting(), 0, "taken in");
    assert_eq!(phone.device.disputes().len(), 1);
    phone.let_timer_fire().await;
    assert_eq!(phone.device.disputes().len(), 1);
}

#[tokio::test]
async fn what_was_opened_may_be_taken_back_before_it_was_sent() {
    let phone = disputing().await;
    let again = phone.device.act(open(&phone), id(4), phone.now()).await;
    assert!(matches!(
        again,
        Err(ActError::Refused(Refusal::AlreadyDisputed))
    ));
    act(&phone, 5, withdraw()).await;
    act(&phone, 6, open(&phone)).await;
    phone.sync().await;
    let states: Vec<DisputeState> = phone
        .device
        .disputes()
        .iter()
        .map(|view| view.document.dispute.state)
        .collect();
    assert_eq!(states, [DisputeState::Open, DisputeState::TakenBack]);
    assert_eq!(phone.device.earnings().expect("fits").held, Centimes(150));
}

#[tokio::test]
async fn a_dispute_that_is_parked_stays_in_sight_and_says_why() {
    let phone = agent().await;
    phone.network.server.borrow_mut().parks.push(id(3));
    act(&phone, 3, open(&phone)).await;
    phone.sync().await;
    let view = seen(&phone);
    assert!(matches!(
        view.whereabouts,
        Whereabouts::ToCorrect { command, .. } if command == id(3)
    ));
}

#[tokio::test]
async fn the_largest_photo_fits_one_request() {
    let phone = agent().await;
    let CommandBody::OpenDispute(mut open) = open(&phone) else {
        unreachable!()
    };
    // As many pixels as fit: the text of three bytes is four letters.
    let pixels = "BQUF".repeat((limits::PHOTO_BYTES - 26) / 3);
    let photo = PHOTO.replace("BQUF", &pixels);
    assert!(Photo(photo.clone()).jpeg().expect("a photo").len() > limits::PHOTO_BYTES - 4);
    open.photo = Some(Photo(photo.clone()));
    act(&phone, 3, CommandBody::OpenDispute(open)).await;
    let sent = phone
        .device
        .offer(phone.now(), "b1", 100, limits::SYNC_REQUEST_BYTES)
        .await
        .expect("stored");
    assert_eq!(sent.request.commands.len(), 1);
    assert!(taswiq_offline::wire::encode(&sent.request).len() <= limits::SYNC_REQUEST_BYTES);
}
