//! Who bears what when goods or money do not arrive: one promise for each fault and each moment.
//!
//! The order is twelve pots of honey at 120.00 DH, tax included: 1,200.00 DH without it, of which 7 %
//! are the agent's, 84.00 DH. Its customer may withdraw until the end of 2026-11-08.

use crate::demo_catalogue::*;
use crate::life::{
    Life, collected, confirmed, delivered, deposited, packed, pots, pots_at_the_door, returned,
    vesting, withdrawal_closed,
};
use std::collections::BTreeSet;
use taswiq_domain::Refusal;
use taswiq_domain::ledger::{Account, Purpose, Transfer};
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{
    CancelledBy, Fault, OrderEvent, PaymentMethod, Progress, Reason, Stage, Vesting, VestsWhen,
};

const ALL: i64 = 8_400;
const DUE: i64 = 144_000;

fn at_home() -> Life {
    pots_at_the_door()
        .then(delivered(12), noon(2026, 11, 10))
        .then(withdrawal_closed(), noon(2026, 11, 10))
}

fn paid() -> Life {
    at_home().then(collected(DUE, PaymentMethod::Cash), noon(2026, 11, 10))
}

fn withdrawn() -> OrderEvent {
    OrderEvent::Withdrawn {
        cooperative: HONEY_COOP,
    }
}

fn supply_failed(fault: Fault) -> OrderEvent {
    OrderEvent::SupplyFailed {
        cooperative: HONEY_COOP,
        fault,
    }
}

fn written_off() -> OrderEvent {
    OrderEvent::WrittenOff {
        cooperative: HONEY_COOP,
    }
}

fn cancelled_by_the_customer() -> OrderEvent {
    OrderEvent::Cancelled {
        by: CancelledBy::Customer,
        reason: Reason::CustomerCancelled,
    }
}

/// What the agent has pending and earned, what the cooperative and the transport were charged, and
/// the turnover that counts.
fn stands(life: &Life) -> [i64; 5] {
    let agent = agent().person;
    let of = |account| life.balance(account);
    [
        of(Account::AgentPending(agent)),
        of(Account::AgentEarned(agent)),
        -of(Account::CooperativeSales(HONEY_COOP)) + life.sold(HONEY_COOP),
        -of(Account::Logistics),
        life.turnover(),
    ]
}

#[test]
fn nothing_is_in_the_ledger_before_the_cooperative_has_confirmed() {
    for life in [
        pots(),
        pots().then(cancelled_by_the_customer(), noon(2026, 11, 1)),
        pots().then(
            OrderEvent::Refused {
                cooperative: HONEY_COOP,
                reason: Reason::OutOfStock,
            },
            noon(2026, 11, 2),
        ),
    ] {
        assert_eq!(life.transfers, []);
    }
}

#[test]
fn a_customer_who_withdraws_before_delivery_leaves_no_debt() {
    let life = pots_at_the_door().then(withdrawn(), noon(2026, 11, 8));
    assert_eq!(stands(&life), [0, 0, 0, 0, 0]);
    assert!(life.never_moved(Account::AgentEarned(agent().person)));
}

#[test]
fn a_customer_who_withdraws_after_delivery_and_early_payment_leaves_no_debt() {
    let life = pots_at_the_door()
        .then(delivered(12), noon(2026, 11, 4))
        .then(
            OrderEvent::DeclaredEarly {
                cooperative: HONEY_COOP,
                amount: Centimes(DUE),
                method: PaymentMethod::Cash,
            },
            noon(2026, 11, 4),
        )
        .then(withdrawn(), noon(2026, 11, 8));
    assert_eq!(stands(&life), [0, 0, 0, 0, 0]);
    assert!(life.never_moved(Account::AgentEarned(agent().person)));
    assert_eq!(life.balance(Account::Deposits), DUE, "owed to the customer");
}

#[test]
fn a_customer_who_withdraws_from_what_two_are_to_blame_for_leaves_neither_charged() {
    let life = pots()
        .then(confirmed(12), noon(2026, 11, 2))
        .then(packed(9), noon(2026, 11, 3))
        .then(delivered(9), noon(2026, 11, 4))
        .then(returned(3, Fault::Logistics), noon(2026, 11, 5));
    assert_eq!(stands(&life), [ALL, 0, ALL * 3 / 12, ALL * 3 / 12, 0]);
    let life = life.then(withdrawn(), noon(2026, 11, 6));
    assert_eq!(stands(&life), [0, 0, 0, 0, 0]);
    let keys: BTreeSet<String> = life.transfers.iter().map(Transfer::cause_key).collect();
    assert_eq!(keys.len(), life.transfers.len());
}

#[test]
fn nothing_vests_while_the_customer_can_still_withdraw_whatever_the_convention_says() {
    for when in VestsWhen::ALL {
        let life = pots_at_the_door()
            .with_vesting(vesting(&[(when, 1_000_000)]))
            .then(delivered(12), noon(2026, 11, 4))
            .then(
                OrderEvent::DeclaredEarly {
                    cooperative: HONEY_COOP,
                    amount: Centimes(DUE),
                    method: PaymentMethod::Transfer,
                },
                noon(2026, 11, 4),
            );
        assert_eq!(stands(&life), [ALL, 0, 0, 0, 0], "{when:?}");
        let closed = life.then(withdrawal_closed(), noon(2026, 11, 9));
        assert_eq!(stands(&closed), [0, ALL, 0, 0, 120_000], "{when:?}");
    }
}

#[test]
fn a_customer_who_cancels_before_delivery_leaves_no_debt() {
    let life = pots_at_the_door().then(cancelled_by_the_customer(), noon(2026, 11, 4));
    assert_eq!(stands(&life), [0, 0, 0, 0, 0]);
    assert!(life.never_moved(Account::AgentEarned(agent().person)));
}

#[test]
fn what_a_customer_refuses_at_the_door_is_reversed() {
    let all = pots_at_the_door()
        .then(
            OrderEvent::DeliveryFailed {
                cooperative: HONEY_COOP,
                reason: Reason::CustomerRefused,
            },
            noon(2026, 11, 10),
        )
        .then(cancelled_by_the_customer(), noon(2026, 11, 10));
    assert_eq!(stands(&all), [0, 0, 0, 0, 0]);
    let some = pots_at_the_door()
        .then(delivered(9), noon(2026, 11, 10))
        .then(withdrawal_closed(), noon(2026, 11, 10))
        .then(
            collected(DUE * 9 / 12, PaymentMethod::Cash),
            noon(2026, 11, 10),
        );
    assert_eq!(stands(&some), [0, ALL * 9 / 12, 0, 0, 90_000]);
}

#[test]
fn what_a_customer_or_the_agent_is_to_blame_for_is_reversed_before_and_after_it_vested() {
    for fault in [Fault::Customer, Fault::Agent] {
        let before = at_home().then(returned(3, fault), noon(2026, 11, 11));
        assert_eq!(stands(&before), [ALL * 9 / 12, 0, 0, 0, 0], "{fault:?}");
        let after = paid().then(returned(3, fault), noon(2026, 11, 11));
        assert_eq!(stands(&after), [0, ALL * 9 / 12, 0, 0, 90_000], "{fault:?}");
        let all = after.then(returned(9, fault), noon(2026, 11, 12));
        assert_eq!(stands(&all), [0, 0, 0, 0, 0], "{fault:?}");
    }
}

#[test]
fn what_a_cooperative_confirmed_and_did_not_pack_is_kept_and_charged_to_it() {
    let short = pots()
        .then(confirmed(12), noon(2026, 11, 2))
        .then(packed(9), noon(2026, 11, 3));
    assert_eq!(stands(&short), [ALL, 0, ALL * 3 / 12, 0, 0]);
    let with_the_customer = short
        .then(delivered(9), noon(2026, 11, 10))
        .then(withdrawal_closed(), noon(2026, 11, 10));
    assert_eq!(
        stands(&with_the_customer),
        [ALL * 9 / 12, ALL * 3 / 12, ALL * 3 / 12, 0, 30_000],
        "what is kept waits for nobody's money"
    );
    let paid = with_the_customer.then(
        collected(DUE * 9 / 12, PaymentMethod::Cash),
        noon(2026, 11, 10),
    );
    assert_eq!(
        stands(&paid),
        [0, ALL, ALL * 3 / 12, 0, 120_000],
        "and counts for tiers"
    );
}

#[test]
fn a_cooperatives_fault_that_ends_an_order_before_delivery_vests_what_is_kept_at_once() {
    let prepared = pots().then(confirmed(12), noon(2026, 11, 2)).then(
        OrderEvent::PreparationStarted {
            cooperative: HONEY_COOP,
        },
        noon(2026, 11, 2),
    );
    let handed_over = pots_at_the_door().then(
        OrderEvent::HandedOver {
            cooperative: HONEY_COOP,
            to: String::new(),
        },
        noon(2026, 11, 3),
    );
    let failed = pots_at_the_door().then(
        OrderEvent::DeliveryFailed {
            cooperative: HONEY_COOP,
            reason: Reason::Absent,
        },
        noon(2026, 11, 4),
    );
    for life in [
        pots().then(confirmed(12), noon(2026, 11, 2)),
        prepared,
        pots_at_the_door(),
        handed_over,
        failed,
    ] {
        let from = life.state.sub_orders[0].stage;
        let ended = life.then(supply_failed(Fault::Cooperative), noon(2026, 11, 4));
        assert_eq!(
            stands(&ended),
            [0, ALL, ALL, 0, 120_000],
            "kept, charged, and counting, from {from:?}"
        );
        assert_eq!(ended.state.sub_orders[0].stage, Stage::SupplyFailed);
        assert_eq!(ended.state.progress(), Ok(Progress::Dead));
        assert_eq!(ended.balance(Account::CommissionExpense), 0);
    }
}

#[test]
fn only_what_was_confirmed_is_kept() {
    let life = pots()
        .then(confirmed(9), noon(2026, 11, 2))
        .then(supply_failed(Fault::Cooperative), noon(2026, 11, 4));
    assert_eq!(stands(&life), [0, ALL * 9 / 12, ALL * 9 / 12, 0, 90_000]);
}

#[test]
fn a_loss_on_the_way_is_charged_to_the_transport_and_not_to_the_cooperative() {
    let ended = pots_at_the_door().then(supply_failed(Fault::Logistics), noon(2026, 11, 4));
    assert_eq!(stands(&ended), [0, ALL, 0, ALL, 120_000]);
    let before = at_home().then(returned(3, Fault::Logistics), noon(2026, 11, 11));
    assert_eq!(
        stands(&before),
        [ALL * 9 / 12, ALL * 3 / 12, 0, ALL * 3 / 12, 30_000]
    );
    let after = paid().then(returned(12, Fault::Logistics), noon(2026, 11, 11));
    assert_eq!(stands(&after), [0, ALL, 0, ALL, 120_000]);
}

#[test]
fn goods_that_come_back_by_the_cooperatives_fault_keep_their_commission_and_still_count() {
    let before = at_home().then(returned(12, Fault::Cooperative), noon(2026, 11, 11));
    assert_eq!(
        stands(&before),
        [0, ALL, ALL, 0, 120_000],
        "though the customer never paid"
    );
    let after = paid().then(returned(12, Fault::Cooperative), noon(2026, 11, 11));
    assert_eq!(stands(&after), [0, ALL, ALL, 0, 120_000]);
}

#[test]
fn two_parties_at_fault_for_one_line_are_each_charged_their_part() {
    let life = pots()
        .then(confirmed(12), noon(2026, 11, 2))
        .then(packed(11), noon(2026, 11, 3))
        .then(delivered(11), noon(2026, 11, 10))
        .then(withdrawal_closed(), noon(2026, 11, 10))
        .then(
            collected(DUE * 11 / 12, PaymentMethod::Wallet),
            noon(2026, 11, 10),
        )
        .then(returned(2, Fault::Logistics), noon(2026, 11, 11))
        .then(returned(3, Fault::Customer), noon(2026, 11, 12));
    assert_eq!(
        stands(&life),
        [0, ALL * 9 / 12, ALL / 12, ALL * 2 / 12, 90_000]
    );
}

#[test]
fn supply_fails_only_between_confirmation_and_delivery_and_only_by_a_suppliers_fault() {
    let refused = |life: &Life, fault| {
        life.state
            .after(&supply_failed(fault), noon(2026, 11, 12))
            .expect_err("refused")
    };
    for fault in [Fault::Customer, Fault::Agent] {
        assert_eq!(
            refused(&pots_at_the_door(), fault),
            Refusal::FieldInvalid {
                field: "fault".to_owned()
            }
        );
    }
    for (life, stage) in [
        (pots(), Stage::Awaiting),
        (at_home(), Stage::Delivered),
        (
            pots_at_the_door().then(withdrawn(), noon(2026, 11, 4)),
            Stage::Withdrawn,
        ),
    ] {
        assert_eq!(
            refused(&life, Fault::Cooperative),
            Refusal::WrongStage { stage }
        );
    }
    assert_eq!(
        refused(
            &pots().then(confirmed(12), noon(2026, 11, 2)),
            Fault::Logistics
        ),
        Refusal::WrongStage {
            stage: Stage::Confirmed
        },
        "what was not packed has not been on its way"
    );
}

#[test]
fn what_is_never_paid_is_written_off_ninety_days_after_delivery() {
    let life = at_home();
    let due_at = noon(2026, 11, 10).plus_days(limits::WRITE_OFF_DAYS);
    assert_eq!(due_at, noon(2027, 2, 8));
    assert_eq!(
        life.state.after(&written_off(), due_at.plus_ms(-1)),
        Err(Refusal::WrongStage {
            stage: Stage::Delivered
        })
    );
    let gone = life.then(written_off(), due_at);
    assert_eq!(stands(&gone), [0, 0, 0, 0, 0]);
    assert_eq!(
        gone.transfers.last().map(|transfer| transfer.purpose),
        Some(Purpose::WrittenOff)
    );
    assert!(
        gone.state
            .after(&written_off(), due_at.plus_days(1))
            .is_err(),
        "once"
    );
}

#[test]
fn what_is_paid_is_not_written_off_and_what_is_paid_in_part_is() {
    let due_at = noon(2026, 11, 10).plus_days(limits::WRITE_OFF_DAYS);
    assert!(paid().state.after(&written_off(), due_at).is_err());
    let in_part = at_home()
        .then(collected(DUE - 1, PaymentMethod::Cash), noon(2026, 11, 10))
        .then(written_off(), due_at);
    assert_eq!(stands(&in_part), [0, 0, 0, 0, 0]);
}

#[test]
fn money_that_comes_after_all_earns_what_was_written_off() {
    let due_at = noon(2026, 11, 10).plus_days(limits::WRITE_OFF_DAYS);
    let late = due_at.plus_days(10);
    let life = at_home()
        .then(written_off(), due_at)
        .then(collected(DUE, PaymentMethod::Cash), late);
    assert_eq!(stands(&life), [0, ALL, 0, 0, 120_000]);
    // Its turnover moves with it, in one transfer.
    let earned = Account::AgentEarned(agent().person);
    let come = life
        .transfers
        .iter()
        .filter(|transfer| transfer.credit == earned);
    let come: Vec<_> = come
        .map(|transfer| (transfer.amount.0, transfer.base.0))
        .collect();
    assert_eq!(come, [(ALL, 120_000)]);
    let paid = at_home()
        .with_vesting(Vesting::all_when(VestsWhen::Deposited))
        .then(written_off(), due_at)
        .then(collected(DUE, PaymentMethod::Cash), late);
    assert_eq!(stands(&paid), [ALL, 0, 0, 0, 0], "waits for the bank again");
    let banked = paid.then(deposited(DUE), late);
    assert_eq!(stands(&banked), [0, ALL, 0, 0, 120_000]);
}

#[test]
fn a_write_off_takes_what_is_pending_and_nothing_that_vested() {
    let due_at = noon(2026, 11, 10).plus_days(limits::WRITE_OFF_DAYS);
    let half_on_delivery = at_home()
        .with_vesting(vesting(&[
            (VestsWhen::Delivered, 500_000),
            (VestsWhen::Paid, 500_000),
        ]))
        .then(written_off(), due_at);
    assert_eq!(stands(&half_on_delivery), [0, ALL / 2, 0, 0, 60_000]);
    let kept = at_home()
        .then(returned(3, Fault::Cooperative), noon(2026, 11, 11))
        .then(written_off(), due_at);
    assert_eq!(
        stands(&kept),
        [0, ALL * 3 / 12, ALL * 3 / 12, 0, 30_000],
        "what another is charged with is not the customer's to lose"
    );
}
