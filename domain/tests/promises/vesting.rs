//! When commission becomes the agent's, whatever a convention says of it.

use crate::demo_catalogue::*;
use crate::life::{
    Life, any_vesting, collected, confirmed, delivered, deposited, packed, returned, vesting,
    withdrawal_closed,
};
use proptest::prelude::*;
use taswiq_domain::Refusal;
use taswiq_domain::commission::standing_of;
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::Account;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::event::{RecordedEvent, cash_in_hand};
use taswiq_domain::order::{Fault, OrderEvent, PaymentMethod, Vesting, VestsWhen};

const ALL: i64 = 8_400;
const DUE: i64 = 144_000;

fn at_home(vesting: Vesting) -> Life {
    Life::of(order(&[(THYME_HONEY, 12)]))
        .with_vesting(vesting)
        .then(confirmed(12), noon(2026, 11, 2))
        .then(packed(12), noon(2026, 11, 3))
        .then(delivered(12), noon(2026, 11, 10))
        .then(withdrawal_closed(), noon(2026, 11, 10))
}

fn pending_and_earned(life: &Life) -> (i64, i64) {
    let agent = agent().person;
    (
        life.balance(Account::AgentPending(agent)),
        life.balance(Account::AgentEarned(agent)),
    )
}

#[test]
fn the_convention_in_force_at_the_door_decides_for_good() {
    let mut catalogue = catalogue();
    let half = vesting(&[
        (VestsWhen::Delivered, 500_000),
        (VestsWhen::Deposited, 500_000),
    ]);
    let conventions = &mut catalogue.cooperatives[0].conventions;
    let mut later = conventions[0].clone();
    later.valid_from = noon(2026, 11, 1);
    later.vesting = half.clone();
    conventions.push(later);
    let vesting_at = |placed_at| {
        let door = taswiq_domain::order::basket::Door {
            placed_at,
            ..door(&catalogue, CustomerKind::Household)
        };
        let order = basket(&[(THYME_HONEY, 12), (RUG, 1)])
            .place(identity(), &door)
            .expect("a good basket");
        [0, 1].map(|index: usize| order.sub_orders[index].vesting.clone())
    };
    assert_eq!(
        vesting_at(noon(2026, 11, 1).plus_ms(-1)),
        [Vesting::default(), Vesting::default()]
    );
    assert_eq!(
        vesting_at(noon(2026, 11, 1)),
        [half, Vesting::default()],
        "each cooperative's own"
    );
}

#[test]
fn without_a_word_from_the_convention_all_vests_when_delivered_and_paid() {
    let life = at_home(Vesting::default());
    assert_eq!(pending_and_earned(&life), (ALL, 0));
    let in_part = life.then(collected(DUE - 1, PaymentMethod::Cash), noon(2026, 11, 10));
    assert_eq!(pending_and_earned(&in_part), (ALL, 0));
    let paid = in_part.then(collected(1, PaymentMethod::Cash), noon(2026, 11, 11));
    assert_eq!(pending_and_earned(&paid), (0, ALL));
}

#[test]
fn half_may_vest_on_delivery_and_half_when_the_cash_is_in_the_bank() {
    let half = vesting(&[
        (VestsWhen::Delivered, 500_000),
        (VestsWhen::Deposited, 500_000),
    ]);
    let life = at_home(half);
    assert_eq!(pending_and_earned(&life), (ALL / 2, ALL / 2));
    assert_eq!(life.turnover(), 60_000);
    let paid = life.then(collected(DUE, PaymentMethod::Cash), noon(2026, 11, 10));
    assert_eq!(pending_and_earned(&paid), (ALL / 2, ALL / 2));
    let nearly = paid.then(deposited(DUE - 1), noon(2026, 11, 12));
    assert_eq!(pending_and_earned(&nearly), (ALL / 2, ALL / 2));
    let all = nearly.then(deposited(1), noon(2026, 11, 13));
    assert_eq!(pending_and_earned(&all), (0, ALL));
    assert_eq!(all.turnover(), 120_000);
}

#[test]
fn money_that_is_not_cash_is_in_the_bank_at_once() {
    for method in [
        PaymentMethod::Wallet,
        PaymentMethod::Transfer,
        PaymentMethod::Cheque,
    ] {
        let life = at_home(Vesting::all_when(VestsWhen::Deposited))
            .then(collected(DUE, method), noon(2026, 11, 10));
        assert_eq!(pending_and_earned(&life), (0, ALL), "{method:?}");
        assert_eq!(life.state.sub_orders[0].in_hand, Centimes::ZERO);
    }
}

#[test]
fn cash_taken_too_early_still_has_to_reach_the_bank() {
    let life = Life::of(order(&[(THYME_HONEY, 12)]))
        .with_vesting(Vesting::all_when(VestsWhen::Deposited))
        .then(confirmed(12), noon(2026, 11, 2))
        .then(packed(12), noon(2026, 11, 3))
        .then(delivered(12), noon(2026, 11, 4))
        .then(
            OrderEvent::DeclaredEarly {
                cooperative: HONEY_COOP,
                amount: Centimes(DUE),
                method: PaymentMethod::Cash,
            },
            noon(2026, 11, 4),
        );
    let closed = life
        .clone()
        .then(withdrawal_closed(), noon(2026, 11, 9))
        .then(deposited(DUE), noon(2026, 11, 10));
    assert_eq!(pending_and_earned(&closed), (0, ALL));
    let banked_first = life
        .then(deposited(DUE), noon(2026, 11, 5))
        .then(withdrawal_closed(), noon(2026, 11, 9));
    assert_eq!(pending_and_earned(&banked_first), (0, ALL));
}

#[test]
fn cash_goes_from_the_hands_it_was_in_to_the_bank_and_no_more_of_it_than_there_is() {
    let life =
        at_home(Vesting::default()).then(collected(DUE, PaymentMethod::Cash), noon(2026, 11, 10));
    let agent = Account::Cash(agent().person);
    assert_eq!(life.balance(agent), -DUE);
    let part = life.then(deposited(100_000), noon(2026, 11, 12));
    assert_eq!(
        (part.balance(agent), part.balance(Account::Bank)),
        (-44_000, -100_000)
    );
    let refused = |amount| part.tried(&deposited(amount), noon(2026, 11, 13)).err();
    assert_eq!(
        refused(44_001),
        Some(Refusal::DepositAboveCash {
            amount: Centimes(44_001),
            in_hand: Centimes(44_000)
        })
    );
    assert_eq!(refused(0), Some(Refusal::AmountNotPositive));
    let another = OrderEvent::Deposited {
        cooperative: HONEY_COOP,
        amount: Centimes(44_000),
        holder: Some(PersonId(31)),
    };
    let other = part.then(another, noon(2026, 11, 13));
    assert_eq!(
        (
            other.balance(agent),
            other.balance(Account::Cash(PersonId(31)))
        ),
        (-44_000, 44_000),
        "from the hands that are named"
    );
}

#[test]
fn cash_is_in_the_hands_of_whoever_took_it_until_it_is_in_the_bank() {
    let (agent, driver) = (agent().person, PersonId(31));
    let cash = |amount| collected(amount, PaymentMethod::Cash);
    let taken_from = |holder, amount| OrderEvent::Deposited {
        cooperative: HONEY_COOP,
        amount: Centimes(amount),
        holder,
    };
    let elsewhere = OrderEvent::Collected {
        cooperative: RUG_COOP,
        amount: Centimes(5_000),
        method: PaymentMethod::Cash,
    };
    let events: Vec<RecordedEvent> = [
        (Some(driver), cash(300)),
        (Some(agent), cash(200)),
        (Some(agent), collected(100, PaymentMethod::Cheque)),
        (Some(agent), elsewhere),
        (None, taken_from(Some(driver), 100)),
        (None, taken_from(None, 50)),
    ]
    .into_iter()
    .zip(1..)
    .map(|((actor, event), number)| RecordedEvent {
        number,
        event,
        actor,
        device: None,
        made_at: noon(2026, 11, 10),
        received_at: noon(2026, 11, 10),
    })
    .collect();
    let hands = |events: &[RecordedEvent]| cash_in_hand(events, HONEY_COOP, agent).expect("fits");
    assert_eq!(
        hands(&events[..4]),
        [(driver, Centimes(300)), (agent, Centimes(200))]
    );
    assert_eq!(
        hands(&events),
        [(driver, Centimes(200)), (agent, Centimes(150))]
    );
}

#[test]
fn what_comes_back_after_payment_needs_no_deposit_any_more() {
    let life = at_home(Vesting::all_when(VestsWhen::Deposited))
        .then(collected(DUE, PaymentMethod::Cash), noon(2026, 11, 10))
        .then(deposited(DUE / 2), noon(2026, 11, 11))
        .then(returned(6, Fault::Customer), noon(2026, 11, 12));
    assert_eq!(pending_and_earned(&life), (0, ALL / 2));
}

proptest! {
    #![proptest_config(crate::often::cases(1_000))]

    #[test]
    fn a_full_return_takes_back_exactly_all_in_any_number_of_steps_whatever_the_vesting(
        vesting in any_vesting(),
        steps in prop::collection::vec(1u32..5, 1..12),
        paid in 0i64..=DUE,
        banked_ppm in 0u32..=1_000_000,
        amount in 2_400i64..100_000,
    ) {
        let mut life = at_home(vesting);
        // Any figure, so that no part of it is round.
        let mut first = life.first_state();
        first.sub_orders[0].lines[0].commission.amount = Centimes(amount);
        life = Life::of(first).again(&life);
        if paid > 0 {
            life = life.then(collected(paid, PaymentMethod::Cash), noon(2026, 11, 10));
            let banked = Centimes(paid).at_rate(Ppm(banked_ppm)).expect("fits").0;
            if banked > 0 {
                life = life.then(deposited(banked), noon(2026, 11, 10));
            }
        }
        let mut left = 12;
        for units in steps.into_iter().chain([12]) {
            let units = units.min(left);
            if units == 0 {
                break;
            }
            left -= units;
            life = life.then(returned(units, Fault::Customer), noon(2026, 11, 11));
            let (pending, earned) = pending_and_earned(&life);
            let gone = Centimes(amount).share(12 - left, 12).expect("fits").0;
            prop_assert_eq!(pending + earned, amount - gone, "reversed is round(c × R / Q)");
            prop_assert!(pending >= 0 && earned >= 0);
        }
        prop_assert_eq!(pending_and_earned(&life), (0, 0));
        prop_assert_eq!(life.turnover(), 0);
    }

    #[test]
    fn in_the_end_every_vesting_earns_the_same(vesting in any_vesting(), amount in 0i64..100_000, part in 1i64..DUE) {
        let mut first = at_home(vesting.clone()).first_state();
        first.sub_orders[0].lines[0].commission.amount = Centimes(amount);
        let mut life = Life::of(first).again(&at_home(vesting));
        let mut earned_before = pending_and_earned(&life).1;
        for event in [collected(part, PaymentMethod::Cash), deposited(part), collected(DUE - part, PaymentMethod::Cash), deposited(DUE - part)] {
            life = life.then(event, noon(2026, 11, 10));
            let earned = pending_and_earned(&life).1;
            prop_assert!(earned >= earned_before, "money takes nothing away");
            earned_before = earned;
        }
        prop_assert_eq!(pending_and_earned(&life), (0, amount));
    }

    #[test]
    fn the_ledger_is_the_standing_under_any_vesting(vesting in any_vesting(), kept in 0u32..4, lost in 0u32..4, back in 0u32..4, paid in 0i64..DUE) {
        let mut life = at_home(vesting);
        for (units, fault) in [(kept, Fault::Cooperative), (lost, Fault::Logistics), (back, Fault::Customer)] {
            if units > 0 {
                life = life.then(returned(units, fault), noon(2026, 11, 11));
            }
        }
        if let Ok(with_money) = life.tried(&collected(paid, PaymentMethod::Cheque), noon(2026, 11, 12)) {
            life = with_money;
        }
        let stands = standing_of(&life.state.sub_orders[0]).expect("fits");
        prop_assert_eq!(pending_and_earned(&life), (stands.pending.0, stands.earned.0));
        prop_assert_eq!(life.balance(Account::Logistics), -stands.charged_to_transport.0);
        prop_assert_eq!(life.sold(HONEY_COOP) - life.balance(Account::CooperativeSales(HONEY_COOP)), stands.charged.0 - stands.charged_to_transport.0);
        prop_assert_eq!(life.turnover(), stands.base.0);
        prop_assert!(stands.charged_to_transport <= stands.charged);
    }
}
