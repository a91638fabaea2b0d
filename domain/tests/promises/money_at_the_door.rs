//! Money that changed hands is taken in whatever is told first, and what is too much is owed back.
//!
//! The order is twelve pots of honey at 120.00 DH. Its customer may withdraw until the end of 2026-11-08.

use crate::demo_catalogue::*;
use crate::life::{
    Life, collected, delivered, pots, pots_at_the_door, returned, withdrawal_closed,
};
use taswiq_domain::Refusal;
use taswiq_domain::ledger::Account;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{
    CancelledBy, DueChange, Fault, OrderEvent, PaymentMethod, Reason, Stage, SubOrder,
};
use taswiq_domain::time::Timestamp;

const DUE: i64 = 144_000;

fn cash(amount: i64) -> OrderEvent {
    collected(amount, PaymentMethod::Cash)
}

fn declared(amount: i64) -> OrderEvent {
    OrderEvent::DeclaredEarly {
        cooperative: HONEY_COOP,
        amount: Centimes(amount),
        method: PaymentMethod::Cash,
    }
}

fn part(life: &Life) -> &SubOrder {
    &life.state.sub_orders[0]
}

fn above(amount: i64, due: i64) -> Result<(), Refusal> {
    let (amount, due) = (Centimes(amount), Centimes(due));
    Err(Refusal::PaymentAboveDue { amount, due })
}

fn tried(life: &Life, event: OrderEvent, at: Timestamp) -> Result<(), Refusal> {
    life.tried(&event, at).map(|_| ())
}

/// Told as it happened, and the payment last.
fn both_ways(
    life: &Life,
    paid: (OrderEvent, Timestamp),
    then: &[(OrderEvent, Timestamp)],
) -> [Life; 2] {
    let happens = |life: Life, (event, at): &(OrderEvent, Timestamp)| life.then(event.clone(), *at);
    let in_order = then.iter().fold(happens(life.clone(), &paid), happens);
    let paid_last = happens(then.iter().fold(life.clone(), happens), &paid);
    [in_order, paid_last]
}

#[test]
fn a_payment_is_judged_by_what_was_due_when_it_was_made() {
    let came_back = pots_at_the_door()
        .then(delivered(12), noon(2026, 11, 10))
        .then(withdrawal_closed(), noon(2026, 11, 10))
        .then(returned(3, Fault::Customer), noon(2026, 12, 2));
    let before = noon(2026, 11, 28);
    assert_eq!(tried(&came_back, cash(DUE), before), Ok(()));
    assert_eq!(
        tried(&came_back, cash(DUE + 1), before),
        above(DUE + 1, DUE)
    );
    // The customer who gave something back since pays for what stayed.
    let after = noon(2026, 12, 3);
    assert_eq!(tried(&came_back, cash(108_000), after), Ok(()));
    assert_eq!(
        tried(&came_back, cash(108_001), after),
        above(108_001, 108_000)
    );
    // At the same moment: whichever is told first.
    assert_eq!(tried(&came_back, cash(DUE), noon(2026, 12, 2)), Ok(()));
}

#[test]
fn what_was_paid_above_what_is_due_now_is_owed_to_the_customer() {
    let brought = pots_at_the_door()
        .then(delivered(12), noon(2026, 11, 10))
        .then(withdrawal_closed(), noon(2026, 11, 10));
    assert_eq!(part(&brought).owed_to_customer(), Ok(Centimes::ZERO));
    let paid = (cash(DUE), noon(2026, 11, 28));
    let came_back = [
        (returned(2, Fault::Cooperative), noon(2026, 12, 2)),
        (returned(1, Fault::Customer), noon(2026, 12, 1)),
    ];
    let [in_order, paid_last] = both_ways(&brought, paid, &came_back);
    assert_eq!(in_order.state, paid_last.state);
    for life in [in_order, paid_last] {
        assert_eq!(part(&life).owed_to_customer(), Ok(Centimes(36_000)));
        assert_eq!(life.balance(Account::CustomerDue), 36_000);
        assert_eq!(life.balance(Account::Cash(agent().person)), -DUE);
        assert_eq!(part(&life).in_hand, Centimes(DUE));
        // And no more is taken from that customer.
        assert_eq!(tried(&life, cash(1), noon(2026, 12, 3)), above(1, 0));
    }
}

#[test]
fn what_was_paid_before_nothing_would_come_is_taken_in_and_owed_to_the_customer() {
    let cooperative = HONEY_COOP;
    let fault = Fault::Cooperative;
    let reason = Reason::CustomerCancelled;
    let by = CancelledBy::Customer;
    let closed = (withdrawal_closed(), noon(2026, 11, 9));
    let cancelled = (OrderEvent::Cancelled { by, reason }, noon(2026, 11, 5));
    let failed = (
        OrderEvent::SupplyFailed { cooperative, fault },
        noon(2026, 11, 12),
    );
    let withdrawn = (OrderEvent::Withdrawn { cooperative }, noon(2026, 11, 6));
    for (then, stage) in [
        (&[cancelled.clone(), closed.clone()][..], Stage::Cancelled),
        (&[cancelled], Stage::Cancelled),
        (&[closed, failed], Stage::SupplyFailed),
        (&[withdrawn], Stage::Withdrawn),
    ] {
        let paid = (declared(DUE), noon(2026, 11, 4));
        let [in_order, paid_last] = both_ways(&pots_at_the_door(), paid, then);
        assert_eq!(in_order.state, paid_last.state, "{stage:?}");
        for life in [in_order, paid_last] {
            assert_eq!(part(&life).stage, stage);
            assert_eq!(part(&life).owed_to_customer(), Ok(Centimes(DUE)));
            let owed = [Account::CustomerDue, Account::Deposits].map(|of| life.balance(of));
            assert_eq!(owed.iter().sum::<i64>(), DUE, "{stage:?}");
            assert_eq!(life.balance(Account::Cash(agent().person)), -DUE);
        }
        // Of what nobody will bring, nobody takes the money afterwards.
        let life = then.iter().fold(pots_at_the_door(), |life, (event, at)| {
            life.then(event.clone(), *at)
        });
        assert_eq!(
            tried(&life, declared(1), noon(2026, 11, 13)),
            Err(Refusal::WrongStage { stage })
        );
    }
}

#[test]
fn money_that_was_asked_for_before_nothing_would_come_is_taken_in() {
    let late = pots_at_the_door().then(withdrawal_closed(), noon(2026, 11, 9));
    let paid = (cash(DUE), noon(2026, 11, 10));
    let lost = OrderEvent::SupplyFailed {
        cooperative: HONEY_COOP,
        fault: Fault::Logistics,
    };
    let [in_order, paid_last] = both_ways(&late, paid, &[(lost, noon(2026, 11, 12))]);
    assert_eq!(in_order.state, paid_last.state);
    assert_eq!(part(&paid_last).owed_to_customer(), Ok(Centimes(DUE)));
    assert_eq!(paid_last.balance(Account::CustomerDue), DUE);
}

#[test]
fn nobody_asks_a_customer_for_money_who_then_withdrew() {
    let withdrawn = OrderEvent::Withdrawn {
        cooperative: HONEY_COOP,
    };
    let life = pots_at_the_door().then(withdrawn, noon(2026, 11, 6));
    assert_eq!(
        tried(&life, cash(DUE), noon(2026, 11, 4)),
        Err(Refusal::WrongStage {
            stage: Stage::Withdrawn
        })
    );
}

#[test]
fn of_two_who_took_the_same_money_the_second_to_tell_is_looked_at() {
    let brought = pots_at_the_door()
        .then(delivered(12), noon(2026, 11, 10))
        .then(withdrawal_closed(), noon(2026, 11, 10));
    let (one, other) = (noon(2026, 11, 20), noon(2026, 11, 21));
    for (first, second) in [(one, other), (other, one)] {
        let told = brought.clone().then(cash(100_000), first);
        assert_eq!(tried(&told, cash(44_000), second), Ok(()));
        assert_eq!(tried(&told, cash(44_001), second), above(44_001, 44_000));
        // What came back since is no excuse.
        let came_back = told.then(returned(3, Fault::Customer), noon(2026, 12, 2));
        assert_eq!(
            tried(&came_back, cash(44_001), second),
            above(44_001, 44_000)
        );
    }
}

#[test]
fn what_became_due_afterwards_may_have_been_paid_by_a_clock_that_was_wrong() {
    let proposal = dearer_pots();
    let cooperative = HONEY_COOP;
    let proposed = OrderEvent::ChangeProposed {
        cooperative,
        proposal,
    };
    let accepted = OrderEvent::ChangeAnswered {
        cooperative,
        accepted: true,
    };
    let dearer = pots()
        .then(proposed, noon(2026, 11, 2))
        .then(accepted, noon(2026, 11, 3));
    let earlier = noon(2026, 11, 2);
    assert_eq!(tried(&dearer, declared(158_400), earlier), Ok(()));
    assert_eq!(
        tried(&dearer, declared(158_401), earlier),
        above(158_401, 158_400)
    );
}

#[test]
fn an_order_knows_when_what_is_due_changed_whatever_was_told_first() {
    let brought = pots_at_the_door().then(delivered(12), noon(2026, 11, 10));
    assert_eq!(part(&brought).due_changes, [], "all that was asked");
    let (one, other) = (noon(2026, 12, 1), noon(2026, 12, 2));
    let came_back = |units| returned(units, Fault::Customer);
    let in_order = brought
        .clone()
        .then(came_back(1), one)
        .then(came_back(2), other);
    let swapped = brought.then(came_back(2), other).then(came_back(1), one);
    assert_eq!(in_order.state, swapped.state);
    let change = |at, by| DueChange {
        at,
        by: Centimes(by),
    };
    assert_eq!(
        part(&swapped).due_changes,
        [change(one, -12_000), change(other, -24_000)]
    );
    let most_due = |at| part(&swapped).most_due_since(at);
    assert_eq!(most_due(one.plus_ms(-1)), Ok(Centimes(DUE)));
    assert_eq!(most_due(one.plus_ms(1)), Ok(Centimes(132_000)));
    assert_eq!(most_due(other.plus_ms(1)), Ok(Centimes(108_000)));
    // Two at the same moment are one.
    let again = swapped.then(came_back(1), other);
    assert_eq!(
        part(&again).due_changes,
        [change(one, -12_000), change(other, -36_000)]
    );
}

#[test]
fn an_amendment_loses_no_money_that_was_given_before_it() {
    let amended = |lines: &[_]| OrderEvent::Amended {
        order: Box::new(order(lines)),
    };
    let paid = pots().then(declared(DUE), noon(2026, 11, 1));
    let fewer = paid.clone().then(
        amended(&[(THYME_HONEY, 9)]),
        noon(2026, 11, 1).plus_hours(1),
    );
    let money = |part: &SubOrder| (part.held, part.collected, part.in_hand);
    assert_eq!(money(part(&fewer)), money(part(&paid)));
    assert_eq!(part(&fewer).owed_to_customer(), Ok(Centimes(36_000)));
    assert_eq!(fewer.balance(Account::Deposits), DUE);
    // Told after two amendments, it was given before them all the same.
    let amendments = [9, 6].map(|pots| {
        let hours = i64::from(12 - pots);
        let at = noon(2026, 11, 1).plus_hours(hours);
        (amended(&[(THYME_HONEY, pots)]), at)
    });
    let both = both_ways(&pots(), (declared(DUE), noon(2026, 11, 1)), &amendments);
    assert_eq!(both[0].state, both[1].state);
    assert_eq!(part(&both[0]).owed_to_customer(), Ok(Centimes(72_000)));
    // The rest is still paid, and no more.
    let more = paid.clone().then(
        amended(&[(THYME_HONEY, 13)]),
        noon(2026, 11, 1).plus_hours(1),
    );
    let later = noon(2026, 11, 2);
    assert_eq!(tried(&more, declared(12_000), later), Ok(()));
    assert_eq!(tried(&more, declared(12_001), later), above(12_001, 12_000));
    // Where nothing is ordered of them any more, nobody would know whose money it was.
    let gone = Refusal::NoSuchSubOrder {
        cooperative: HONEY_COOP,
    };
    assert_eq!(tried(&paid, amended(&[(RUG, 1)]), later), Err(gone));
    assert_eq!(tried(&pots(), amended(&[(RUG, 1)]), later), Ok(()));
}
