//! What others got wrong at the end of a month, kept so that we do not.

use crate::agent_books::*;
use crate::demo_catalogue::{
    THYME_HONEY, agent, basket, catalogue, door, identity, noon, order, plan,
};
use crate::life::{Life, collected, confirmed, delivered, packed, returned, withdrawal_closed};
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::commission::Pays;
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::engagement::EngagementKind;
use taswiq_domain::ids::{CooperativeId, OrderId, PlanVersion};
use taswiq_domain::ledger::{Account, Purpose};
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::basket::{Basket, Door};
use taswiq_domain::order::{Fault, Order, PaymentMethod};
use taswiq_domain::settlement::supplement::supplement;
use taswiq_domain::settlement::{
    CappedRule, ClosingError, Movement, NotYetIn, NotYetInReason, Nothing, PeriodRules,
    ReversalReason, Statement,
};
use uuid::Uuid;

/// 0 % below 10,000 DH, 2 % from there, 3 % from 20,000 DH.
fn tiered() -> PeriodRules {
    PeriodRules {
        tiers: vec![
            tier(0, Some(1_000_000), 0),
            tier(1_000_000, Some(2_000_000), 20_000),
            tier(2_000_000, None, 30_000),
        ],
        ..PeriodRules::default()
    }
}

fn last(books: &mut Books) -> Statement {
    books.close().statement.clone()
}

#[test]
fn trap_a_turnover_between_the_bounds_of_two_tiers_does_not_earn_nothing() {
    let rules = tiered();
    for (turnover, adds) in [
        (999_999, 0),
        (1_000_000, 0),
        (1_000_025, 1),
        (1_500_000, 10_000),
        (1_999_999, 20_000),
        (2_000_000, 20_000),
        (2_000_017, 20_001),
    ] {
        let mut books = Books::new(rules.clone());
        books.sell(month(1), 70_000, turnover);
        let statement = last(&mut books);
        assert_eq!(
            statement.sum_of(Purpose::TierSupplement),
            Centimes(adds),
            "{turnover}"
        );
    }
}

#[test]
fn trap_half_a_refund_of_a_tiered_sale_takes_back_what_its_half_had_added() {
    // 25,000 DH at 7 % and the tiers: 1,750 DH and 350 DH. Half of it back leaves 12,500 DH, which
    // add 50 DH: the correction is −300 DH, neither half of the supplement nor half at one rate.
    let mut books = Books::new(tiered());
    let sale = books.sell(month(1), 175_000, 2_500_000);
    assert_eq!(
        last(&mut books).sum_of(Purpose::TierSupplement),
        Centimes(35_000)
    );
    books.give_back(sale, month(2), 87_500, 1_250_000);
    let statement = last(&mut books);
    assert_eq!(
        statement.sum_of(Purpose::SupplementCorrection),
        Centimes(-30_000)
    );
    assert_eq!(
        statement.sum_of(Purpose::CommissionReversed),
        Centimes(-87_500)
    );
    assert_eq!(statement.total, Centimes(-117_500));
    // The other half: everything is as if nothing had been sold.
    books.give_back(sale, month(3), 87_500, 1_250_000);
    let statement = last(&mut books);
    assert_eq!(
        statement.sum_of(Purpose::SupplementCorrection),
        Centimes(-5_000)
    );
    assert_eq!(
        books
            .closings
            .iter()
            .map(|closing| closing.statement.total.0)
            .sum::<i64>(),
        0
    );
}

#[test]
fn trap_an_edit_of_tiers_rates_no_earlier_month_anew() {
    let mut books = Books::new(tiered());
    let sale = books.sell(month(1), 175_000, 2_500_000);
    last(&mut books);
    let doubled = PeriodRules {
        tiers: vec![tier(0, None, 500_000)],
        ..PeriodRules::default()
    };
    books.rules.insert(month(2), (PlanVersion(2), doubled));
    books.give_back(sale, month(2), 87_500, 1_250_000);
    let statement = last(&mut books);
    let at = |turnover| {
        supplement(&tiered().tiers, Centimes(turnover))
            .expect("fits")
            .amount
            .0
    };
    assert_eq!(
        statement.sum_of(Purpose::SupplementCorrection),
        Centimes(at(1_250_000) - at(2_500_000))
    );
    let plans: Vec<_> = statement
        .months
        .iter()
        .map(|month| (month.period, month.plan))
        .collect();
    assert_eq!(
        plans,
        [(month(1), PlanVersion(1)), (month(2), PlanVersion(2))]
    );
}

#[test]
fn trap_a_rate_edit_rates_no_old_line_anew() {
    // Sold at 7 % of 12 × 100.00 DH; the plan of the day after pays twice as much.
    let sold = order(&[(THYME_HONEY, 12)]);
    let mut doubled = plan();
    doubled.version = PlanVersion(2);
    doubled.valid_from = noon(2026, 11, 2);
    doubled.rules[0].pays = Pays::Rate { rate: Ppm(140_000) };
    let later = Catalogue {
        plans: vec![plan(), doubled],
        ..catalogue()
    };
    let basket = Basket {
        plan: PlanVersion(2),
        ..basket(&[(THYME_HONEY, 12)])
    };
    let next_day = Door {
        placed_at: noon(2026, 11, 3),
        ..door(&later, CustomerKind::Household)
    };
    let dearer = basket.place(identity(), &next_day).expect("a basket");
    let vested = |order: Order| {
        let at = |day| order.placed_at.plus_days(day);
        let due = order.sub_orders[0].due().expect("fits").0;
        Life::of(order.clone())
            .then(confirmed(12), at(1))
            .then(packed(12), at(2))
            .then(delivered(12), at(3))
            .then(withdrawal_closed(), at(9))
            .then(collected(due, PaymentMethod::Cash), at(10))
    };
    let earned = Account::AgentEarned(agent().person);
    for (order, whole) in [(sold, 8_400), (dearer, 16_800)] {
        let life = vested(order);
        assert_eq!(life.balance(earned), whole);
        // What comes back comes back at the rate at which it was sold.
        let back = life.then(returned(6, Fault::Customer), noon(2026, 11, 20));
        assert_eq!(back.balance(earned), whole / 2);
    }
}

#[test]
fn trap_a_fully_refunded_sale_is_settled_on_both_sides() {
    let mut books = Books::new(PeriodRules::default());
    books.sell(month(1), 10_000, 100_000);
    let refunded = books.sell(month(1), 7_000, 100_000);
    books.give_back(refunded, month(1), 7_000, 100_000);
    let statement = last(&mut books);
    let lines: Vec<_> = statement
        .lines
        .iter()
        .map(|line| (line.purpose, line.amount.0, line.count))
        .collect();
    assert_eq!(
        lines,
        [
            (Purpose::CommissionVested, 17_000, 2),
            (Purpose::CommissionReversed, -7_000, 1)
        ]
    );
    assert_eq!(
        (statement.net, statement.carried_forward),
        (Centimes(10_000), Centimes::ZERO)
    );
}

#[test]
fn trap_a_refund_with_a_positive_sign_is_refused() {
    let books = Books::new(PeriodRules::default());
    let movement = |purpose, amount, base| Movement {
        purpose,
        amount: Centimes(amount),
        base: Centimes(base),
        concerns: month(1),
        reason: None,
        capped: None,
        count: 1,
    };
    let refused = |purpose, amount, base| {
        assert_eq!(
            books.close_with(&[movement(purpose, amount, base)]),
            Err(ClosingError::WrongSign {
                purpose,
                amount: Centimes(amount)
            })
        );
    };
    for (purpose, amount) in [
        (Purpose::CommissionReversed, -5),
        (Purpose::CommissionVested, 5),
        (Purpose::DisputeHeld, -5),
        (Purpose::DisputeGranted, 5),
        (Purpose::DisputeReleased, 5),
        (Purpose::WrittenOff, -5),
    ] {
        assert!(books.close_with(&[movement(purpose, amount, 0)]).is_ok());
        refused(purpose, -amount, 0);
        // Turnover that goes the other way than what it earned is no refund either.
        refused(purpose, amount, -10 * amount);
    }
}

#[test]
fn trap_nothing_to_settle_says_why() {
    let nothing = |books: &mut Books| {
        let statement = last(books);
        assert_eq!(statement.net, Centimes::ZERO);
        statement.nothing
    };
    let books = || Books::new(PeriodRules::default());
    let waiting = |why| NotYetIn {
        order: OrderId(Uuid::from_u128(1)),
        cooperative: CooperativeId(1),
        amount: Centimes(100),
        why,
    };

    assert_eq!(nothing(&mut books()), Some(Nothing::NothingSold));

    let mut pending = books();
    pending.not_yet_in = vec![waiting(NotYetInReason::NotDelivered)];
    assert_eq!(nothing(&mut pending), Some(Nothing::NothingVested));

    let mut refunded = books();
    let sale = refunded.sell(month(1), 100, 1_000);
    refunded.give_back(sale, month(1), 100, 1_000);
    assert_eq!(nothing(&mut refunded), Some(Nothing::TakenBack));

    let mut held = books();
    held.sell(month(1), 100, 1_000);
    held.others = vec![(Purpose::DisputeHeld, Centimes(-100), month(1))];
    assert_eq!(nothing(&mut held), Some(Nothing::Held));

    let mut claimed = books();
    let dispute = Uuid::from_u128(7);
    claimed.not_yet_in = vec![waiting(NotYetInReason::Disputed { dispute })];
    assert_eq!(nothing(&mut claimed), Some(Nothing::Held));

    let mut advanced = books();
    advanced.sell(month(1), 100, 1_000);
    advanced.advance(150);
    assert_eq!(nothing(&mut advanced), Some(Nothing::Advanced));

    let mut taxed = books();
    taxed.kind = EngagementKind::Company;
    taxed.tax.rates[2].rate.0 = 1_000_000;
    taxed.sell(month(1), 100, 1_000);
    assert_eq!(nothing(&mut taxed), Some(Nothing::Taxed));

    let mut paid = books();
    paid.sell(month(1), 100, 1_000);
    assert_eq!(last(&mut paid).nothing, None);
}

#[test]
fn what_is_owed_is_recovered_at_three_tenths_of_what_remains_after_tax_rounded_down() {
    let mut books = Books::new(PeriodRules::default());
    books.kind = EngagementKind::Independent;
    books.owed = Centimes(1_000_000);
    books.sell(month(1), 10_005, 100_000);
    let statement = last(&mut books);
    // 10 % of 100.05 DH is 10.01 DH; of the rest, 90.04 DH, three tenths are 27.012 DH.
    assert_eq!(statement.tax.amount, Centimes(1_001));
    assert_eq!(statement.recovered, Centimes(2_701));
    assert_eq!(statement.net, Centimes(10_005 - 1_001 - 2_701));
    assert_eq!(statement.carried_forward, Centimes(1_000_000 - 2_701));
    // The last instalment takes no more than what is owed.
    books.owed = Centimes(5);
    books.sell(month(2), 10_000, 100_000);
    let statement = last(&mut books);
    assert_eq!(
        (statement.recovered, statement.carried_forward),
        (Centimes(5), Centimes::ZERO)
    );
}

#[test]
fn a_month_below_the_guaranteed_minimum_draws_the_rest_and_owes_it() {
    let rules = PeriodRules {
        guaranteed: Centimes(200_000),
        ..PeriodRules::default()
    };
    let mut books = Books::new(rules);
    books.sell(month(1), 150_000, 1_000_000);
    let statement = last(&mut books);
    assert_eq!(
        (statement.draw, statement.net, statement.carried_forward),
        (Centimes(50_000), Centimes(200_000), Centimes(50_000))
    );
    // A month above it gives back what exceeds it, three tenths of the whole at most.
    books.sell(month(2), 210_000, 1_000_000);
    let statement = last(&mut books);
    assert_eq!(
        (statement.draw, statement.recovered, statement.net),
        (Centimes::ZERO, Centimes(10_000), Centimes(200_000))
    );
    books.sell(month(3), 400_000, 1_000_000);
    let statement = last(&mut books);
    assert_eq!(
        (statement.recovered, statement.carried_forward),
        (Centimes(40_000), Centimes::ZERO)
    );
}

#[test]
fn a_month_below_zero_draws_the_guaranteed_minimum_and_owes_both() {
    let rules = PeriodRules {
        guaranteed: Centimes(200_000),
        ..PeriodRules::default()
    };
    let mut books = Books::new(rules);
    let sale = books.sell(month(1), 300_000, 1_000_000);
    last(&mut books);
    books.give_back(sale, month(2), 300_000, 1_000_000);
    let statement = last(&mut books);
    assert_eq!(
        (statement.total, statement.draw, statement.net),
        (Centimes(-300_000), Centimes(200_000), Centimes(200_000))
    );
    assert_eq!(statement.carried_forward, Centimes(500_000));
}

#[test]
fn a_rule_limits_what_a_month_earns_and_a_return_gives_its_room_back() {
    let capped = CappedRule {
        plan: PlanVersion(1),
        rule: 2,
        cap: Centimes(6_000),
    };
    let mut books = Books::new(PeriodRules::default());
    let sale = books.sell_capped(month(1), 5_000, 0, Some(capped));
    books.sell_capped(month(1), 5_000, 0, Some(capped));
    books.sell(month(1), 1_000, 0);
    let statement = last(&mut books);
    assert_eq!(statement.sum_of(Purpose::PeriodCap), Centimes(-4_000));
    assert_eq!(statement.net, Centimes(7_000));
    books.give_back(sale, month(2), 5_000, 0);
    let statement = last(&mut books);
    assert_eq!(statement.sum_of(Purpose::PeriodCap), Centimes(4_000));
    assert_eq!(statement.total, Centimes(-1_000));
}

#[test]
fn a_sale_that_arrives_after_the_close_is_paid_in_the_next_and_counts_for_its_own_month() {
    let mut books = Books::new(tiered());
    books.sell(month(1), 70_000, 1_000_000);
    last(&mut books);
    // Vested in January, received in February: 2 % of it, though February alone reaches no tier.
    books.sell(month(1), 3_500, 50_000);
    let statement = last(&mut books);
    let lines: Vec<_> = statement
        .lines
        .iter()
        .map(|line| (line.purpose, line.concerns, line.amount.0))
        .collect();
    assert_eq!(
        lines,
        [
            (Purpose::CommissionVested, month(1), 3_500),
            (Purpose::SupplementCorrection, month(1), 1_000)
        ]
    );
    assert_eq!(
        statement
            .month()
            .expect("its own month")
            .now
            .supplement
            .turnover,
        Centimes::ZERO
    );
    assert_eq!(books.closings[0].statement.period, month(1));
}

#[test]
fn a_reversal_in_a_later_year_lowers_the_meter_of_that_year_alone() {
    let mut books = Books::new(PeriodRules::default());
    books.kind = EngagementKind::AutoEntrepreneur;
    let sale = books.sell(month(1), 9_000_000, 90_000_000);
    let statement = last(&mut books);
    assert_eq!(statement.tax.amount, Centimes(300_000));
    assert_eq!(statement.paid_this_year, Centimes(9_000_000));
    let paid_in_the_first_year = statement.paid_this_year;
    // A new year: the meter begins at nothing, and what comes back is not paid in it.
    books.paid_this_year = Centimes::ZERO;
    books.sell(month(2), 8_500_000, 85_000_000);
    books.give_back(sale, month(2), 1_000_000, 10_000_000);
    let statement = last(&mut books);
    assert_eq!(statement.tax.amount, Centimes::ZERO);
    assert_eq!(statement.paid_this_year, Centimes(7_500_000));
    assert_eq!(paid_in_the_first_year, Centimes(9_000_000));
}

#[test]
fn books_that_contradict_themselves_are_not_closed() {
    let mut books = Books::new(PeriodRules::default());
    let movement = |purpose, concerns| Movement {
        purpose,
        amount: Centimes(5),
        base: Centimes(50),
        concerns,
        reason: Some(ReversalReason::Corrected),
        capped: None,
        count: 1,
    };
    for purpose in Purpose::ALL {
        let closes = books.close_with(&[movement(purpose, month(1))]);
        let is_for_a_close = matches!(
            purpose,
            Purpose::CommissionVested
                | Purpose::CommissionReversed
                | Purpose::DisputeHeld
                | Purpose::DisputeReleased
                | Purpose::DisputeGranted
                | Purpose::WrittenOff
                | Purpose::Correction
        );
        assert_eq!(
            closes == Err(ClosingError::NotForAClose { purpose }),
            !is_for_a_close,
            "{purpose:?}"
        );
    }
    assert_eq!(
        books.close_with(&[movement(Purpose::CommissionVested, month(2))]),
        Err(ClosingError::ConcernsLaterMonth { concerns: month(2) })
    );
    books.open = month(3);
    assert_eq!(
        books.close_with(&[movement(Purpose::CommissionVested, month(2))]),
        Err(ClosingError::MonthNotKnown { concerns: month(2) })
    );
    books.owed = Centimes(-1);
    assert_eq!(books.close_with(&[]), Err(ClosingError::OwedNegative));
    books.owed = Centimes::ZERO;
    books.advance(0);
    assert_eq!(books.close_with(&[]), Err(ClosingError::AdvanceNotPositive));
}
