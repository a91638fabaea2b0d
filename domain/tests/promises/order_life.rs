//! An order from the door to the end, and the steps it refuses.

use crate::demo_catalogue::*;
use taswiq_domain::Refusal;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::engagement::{Engagement, of_sale};
use taswiq_domain::ids::{PlanVersion, PriceListVersion, ProductId};
use taswiq_domain::law::Regime;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::event::{LineUnits, PackedLine};
use taswiq_domain::order::scarcity;
use taswiq_domain::order::{
    CancelledBy, Fault, Order, OrderEvent, PaymentMethod, Progress, Proof, Reason, Stage,
    Withdrawal,
};
use taswiq_domain::person::{Profile, Role};
use taswiq_domain::sync::CommandBody;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{CivilDate, Timestamp};

fn units(pairs: &[(u16, u32)]) -> Vec<LineUnits> {
    pairs
        .iter()
        .map(|&(line, units)| LineUnits { line, units })
        .collect()
}

fn packed(pairs: &[(u16, u32)]) -> Vec<PackedLine> {
    pairs
        .iter()
        .map(|&(line, units)| PackedLine {
            line,
            units,
            lot: "L-1".to_owned(),
        })
        .collect()
}

fn after(order: &Order, events: Vec<OrderEvent>, at: Timestamp) -> Order {
    events.iter().fold(order.clone(), |order, event| {
        order.after(event, at).expect("an allowed step")
    })
}

fn to_the_door(order: &Order, confirmed: u32) -> Order {
    let cooperative = HONEY_COOP;
    after(
        order,
        vec![
            OrderEvent::Confirmed {
                cooperative,
                lines: units(&[(1, confirmed)]),
            },
            OrderEvent::PreparationStarted { cooperative },
            OrderEvent::Packed {
                cooperative,
                lines: packed(&[(1, confirmed)]),
            },
            OrderEvent::HandedOver {
                cooperative,
                to: String::new(),
            },
        ],
        noon(2026, 11, 3),
    )
}

fn delivered(order: &Order, units_taken: u32) -> Order {
    let event = OrderEvent::Delivered {
        cooperative: HONEY_COOP,
        lines: units(&[(1, units_taken)]),
        proof: Proof::ReceiptDigits { digits: 4_711 },
    };
    order
        .after(&event, noon(2026, 11, 10))
        .expect("a delivery with proof")
}

#[test]
fn an_order_splits_by_cooperative_and_freezes_its_prices() {
    let order = order(&[(THYME_HONEY, 12), (RUG, 1), (AMLOU, 2)]);
    assert_eq!(order.sub_orders.len(), 2);
    assert_eq!(
        order.sub_orders[0]
            .lines
            .iter()
            .map(|line| line.number)
            .collect::<Vec<_>>(),
        [1, 3]
    );
    assert_eq!(
        order.gross_asked(),
        Ok(Centimes(12 * 12_000 + 150_000 + 2 * 8_550))
    );
    assert_eq!(
        (order.sub_orders[0].regime, order.sub_orders[1].regime),
        (Regime::Doorstep7d, Regime::OwnProduction)
    );
    assert!(matches!(
        order.sub_orders[0].withdrawal,
        Withdrawal::Open { .. }
    ));
    assert_eq!(order.sub_orders[1].withdrawal, Withdrawal::None);
    assert_eq!(order.progress(), Ok(Progress::Awaiting));
}

#[test]
fn a_shop_buys_without_the_doorstep_rules() {
    let order = basket(&[(THYME_HONEY, 1)])
        .place(identity(), &door(&catalogue(), CustomerKind::Professional))
        .expect("a good basket");
    assert_eq!(
        (order.sub_orders[0].regime, order.sub_orders[0].withdrawal),
        (Regime::Professional, Withdrawal::None)
    );
}

#[test]
fn a_whole_life_ends_settled() {
    let order = delivered(&to_the_door(&order(&[(THYME_HONEY, 12)]), 10), 10);
    assert!(order.sub_orders[0].is_partly_confirmed());
    assert_eq!(order.progress(), Ok(Progress::Delivered));
    let closed = order
        .after(
            &OrderEvent::WithdrawalClosed {
                cooperative: HONEY_COOP,
            },
            noon(2026, 11, 10),
        )
        .expect("the period is over");
    let paid = closed
        .after(
            &OrderEvent::Collected {
                cooperative: HONEY_COOP,
                amount: Centimes(120_000),
                method: PaymentMethod::Cash,
            },
            noon(2026, 11, 10),
        )
        .expect("due");
    assert_eq!(paid.sub_orders[0].is_paid(), Ok(true));
    assert_eq!(paid.progress(), Ok(Progress::Settled));
}

#[test]
fn nobody_takes_payment_before_the_seven_days_are_over() {
    let order = delivered(&to_the_door(&order(&[(THYME_HONEY, 1)]), 1), 1);
    let collect = OrderEvent::Collected {
        cooperative: HONEY_COOP,
        amount: Centimes(12_000),
        method: PaymentMethod::Cash,
    };
    assert!(matches!(
        order.after(&collect, noon(2026, 11, 8)),
        Err(Refusal::PaymentBeforeWithdrawalCloses { .. })
    ));
    let declared = order
        .after(
            &OrderEvent::DeclaredEarly {
                cooperative: HONEY_COOP,
                amount: Centimes(12_000),
                method: PaymentMethod::Cash,
            },
            noon(2026, 11, 8),
        )
        .expect("declared");
    assert_eq!(
        (
            declared.sub_orders[0].collected,
            declared.sub_orders[0].held
        ),
        (Centimes(0), Centimes(12_000))
    );
    assert_eq!(declared.sub_orders[0].has_vested(), Ok(false));
    let close = OrderEvent::WithdrawalClosed {
        cooperative: HONEY_COOP,
    };
    let start_of_the_ninth = noon(2026, 11, 9).plus_hours(-12);
    assert_eq!(
        declared.after(&close, start_of_the_ninth.plus_ms(-1)),
        Err(Refusal::WithdrawalStillOpen)
    );
    let closed = declared
        .after(&close, start_of_the_ninth)
        .expect("the period is over");
    assert_eq!(
        (closed.sub_orders[0].collected, closed.sub_orders[0].held),
        (Centimes(12_000), Centimes(0))
    );
    assert_eq!(closed.sub_orders[0].has_vested(), Ok(true));
}

#[test]
fn a_customer_withdraws_until_the_last_millisecond() {
    let order = to_the_door(&order(&[(THYME_HONEY, 1)]), 1);
    let withdraw = OrderEvent::Withdrawn {
        cooperative: HONEY_COOP,
    };
    let start_of_the_ninth = noon(2026, 11, 9).plus_hours(-12);
    assert_eq!(
        order.after(&withdraw, start_of_the_ninth),
        Err(Refusal::WithdrawalClosed)
    );
    assert_eq!(
        order
            .after(&withdraw, start_of_the_ninth.plus_ms(-1))
            .expect("in time")
            .sub_orders[0]
            .stage,
        Stage::Withdrawn
    );
}

#[test]
fn quantities_never_go_up() {
    let placed = order(&[(THYME_HONEY, 12)]);
    let confirm = |count| OrderEvent::Confirmed {
        cooperative: HONEY_COOP,
        lines: units(&[(1, count)]),
    };
    assert!(matches!(
        placed.after(&confirm(13), noon(2026, 11, 2)),
        Err(Refusal::QuantityAbovePrevious { units_max: 12, .. })
    ));
    assert_eq!(
        placed.after(&confirm(0), noon(2026, 11, 2)),
        Err(Refusal::OrderEmpty)
    );
    let confirmed = placed
        .after(&confirm(10), noon(2026, 11, 2))
        .expect("confirmed");
    let pack = |count| OrderEvent::Packed {
        cooperative: HONEY_COOP,
        lines: packed(&[(1, count)]),
    };
    assert!(matches!(
        confirmed.after(&pack(11), noon(2026, 11, 2)),
        Err(Refusal::QuantityAbovePrevious { units_max: 10, .. })
    ));
    let delivered = delivered(
        &confirmed
            .after(&pack(9), noon(2026, 11, 2))
            .expect("packed"),
        8,
    );
    let give_back = OrderEvent::Returned {
        cooperative: HONEY_COOP,
        lines: units(&[(1, 9)]),
        fault: Fault::Customer,
    };
    assert!(matches!(
        delivered.after(&give_back, noon(2026, 11, 11)),
        Err(Refusal::QuantityAbovePrevious { units_max: 8, .. })
    ));
}

#[test]
fn a_decision_is_replaced_until_the_agent_has_seen_it() {
    let confirmed = order(&[(THYME_HONEY, 12)])
        .after(
            &OrderEvent::Confirmed {
                cooperative: HONEY_COOP,
                lines: units(&[(1, 12)]),
            },
            noon(2026, 11, 2),
        )
        .expect("confirmed");
    let refuse = OrderEvent::Refused {
        cooperative: HONEY_COOP,
        reason: Reason::OutOfStock,
    };
    let refused = confirmed
        .after(&refuse, noon(2026, 11, 2))
        .expect("a slip of the thumb is mended");
    assert_eq!(
        (
            refused.sub_orders[0].stage,
            refused.sub_orders[0].lines[0].confirmed
        ),
        (Stage::Refused, 0)
    );
    let seen = confirmed
        .after(
            &OrderEvent::DecisionSeen {
                cooperative: HONEY_COOP,
            },
            noon(2026, 11, 2),
        )
        .expect("seen");
    assert_eq!(
        seen.after(&refuse, noon(2026, 11, 2)),
        Err(Refusal::WrongStage {
            stage: Stage::Confirmed
        })
    );
}

#[test]
fn an_agent_cancels_until_a_cooperative_acted_and_a_customer_until_delivery() {
    let cancel = |by| OrderEvent::Cancelled {
        by,
        reason: Reason::Mistake,
    };
    let placed = order(&[(THYME_HONEY, 1), (RUG, 1)]);
    assert_eq!(
        placed
            .after(&cancel(CancelledBy::Agent), noon(2026, 11, 1))
            .expect("untouched")
            .progress(),
        Ok(Progress::Dead)
    );
    let confirmed = placed
        .after(
            &OrderEvent::Confirmed {
                cooperative: HONEY_COOP,
                lines: units(&[(1, 1)]),
            },
            noon(2026, 11, 2),
        )
        .expect("confirmed");
    assert_eq!(
        confirmed.after(&cancel(CancelledBy::Agent), noon(2026, 11, 2)),
        Err(Refusal::CooperativeHasActed)
    );
    assert_eq!(
        confirmed
            .after(&cancel(CancelledBy::Customer), noon(2026, 11, 2))
            .expect("the customer may")
            .progress(),
        Ok(Progress::Dead)
    );
}

#[test]
fn a_change_needs_the_customers_word() {
    let placed = order(&[(THYME_HONEY, 12)]);
    let proposal = dearer_pots();
    let proposed = placed
        .after(
            &OrderEvent::ChangeProposed {
                cooperative: HONEY_COOP,
                proposal,
            },
            noon(2026, 11, 2),
        )
        .expect("proposed");
    assert_eq!(
        proposed.sub_orders[0].lines[0].unit_price,
        Centimes(12_000),
        "nothing changes before the answer"
    );
    let answer = |accepted| OrderEvent::ChangeAnswered {
        cooperative: HONEY_COOP,
        accepted,
    };
    assert_eq!(
        proposed
            .after(&answer(false), noon(2026, 11, 3))
            .expect("declined")
            .sub_orders[0]
            .stage,
        Stage::Declined
    );
    let accepted = proposed
        .after(&answer(true), noon(2026, 11, 3))
        .expect("accepted");
    assert_eq!(
        (
            accepted.sub_orders[0].stage,
            accepted.sub_orders[0].lines[0].unit_price
        ),
        (Stage::Confirmed, Centimes(13_200))
    );
    assert_eq!(
        accepted.sub_orders[0].lines[0].commission.amount,
        Centimes(9_240),
        "7 % of 12 × 110.00 DH"
    );
}

#[test]
fn a_delivery_counts_with_the_right_proof_only() {
    let ready = to_the_door(&order(&[(THYME_HONEY, 1)]), 1);
    let deliver = |proof| {
        ready.after(
            &OrderEvent::Delivered {
                cooperative: HONEY_COOP,
                lines: units(&[(1, 1)]),
                proof,
            },
            noon(2026, 11, 10),
        )
    };
    assert_eq!(
        deliver(Proof::ReceiptDigits { digits: 1 }),
        Err(Refusal::ProofDoesNotFit)
    );
    assert_eq!(
        deliver(Proof::Signature {
            strokes: String::new()
        }),
        Err(Refusal::ProofMissing)
    );
    assert!(
        deliver(Proof::Signature {
            strokes: "strokes".to_owned()
        })
        .is_ok()
    );
}

#[test]
fn bad_baskets_are_refused_with_their_reason() {
    let catalogue = catalogue();
    let price = |lines: &[(ProductId, u32)]| {
        basket(lines)
            .price(&door(&catalogue, CustomerKind::Household))
            .err()
    };
    assert_eq!(price(&[]), Some(Refusal::OrderEmpty));
    assert_eq!(
        price(&[(THYME_HONEY, 0)]),
        Some(Refusal::QuantityOutOfRange { units_max: 10_000 })
    );
    assert_eq!(
        price(&[(THYME_HONEY, 1_000_000_000)]),
        Some(Refusal::QuantityOutOfRange { units_max: 10_000 })
    );
    assert_eq!(
        price(&[(THYME_HONEY, 1), (THYME_HONEY, 2)]),
        Some(Refusal::ProductTwice {
            product: THYME_HONEY
        })
    );
    assert_eq!(
        price(&[(ProductId(99), 1)]),
        Some(Refusal::UnknownProduct {
            product: ProductId(99)
        })
    );
    let mut late = basket(&[(THYME_HONEY, 1)]);
    late.promises[0].on = CivilDate::new(2027, 11, 1).expect("a date");
    assert!(matches!(
        late.price(&door(&catalogue, CustomerKind::Household)),
        Err(Refusal::PromiseOutOfRange { .. })
    ));
    let unsigned = taswiq_domain::order::basket::Basket {
        signature: String::new(),
        ..basket(&[(THYME_HONEY, 1)])
    };
    let priced = unsigned
        .price(&door(&catalogue, CustomerKind::Household))
        .expect("priced while it grows");
    assert_eq!(
        unsigned.check_signed(&priced),
        Err(Refusal::SignatureMissing)
    );
}

#[test]
fn a_superseded_price_list_is_honoured_for_a_fortnight() {
    let catalogue = catalogue();
    let (list, plan) = (
        taswiq_domain::ids::PriceListVersion(1),
        taswiq_domain::ids::PlanVersion(1),
    );
    let superseded = noon(2026, 11, 15);
    assert_eq!(
        catalogue.honours(
            list,
            plan,
            noon(2026, 11, 1),
            superseded.plus_days(14).plus_ms(-1)
        ),
        Ok(())
    );
    assert_eq!(
        catalogue.honours(list, plan, noon(2026, 11, 1), superseded.plus_days(14)),
        Err(Refusal::CatalogueTooOld)
    );
    let future = taswiq_domain::ids::PriceListVersion(2);
    assert_eq!(
        catalogue.honours(future, plan, noon(2026, 11, 1), noon(2026, 11, 16)),
        Err(Refusal::CatalogueTooOld)
    );
}

#[test]
fn a_superseded_plan_is_honoured_for_a_fortnight() {
    let superseded = noon(2026, 11, 10);
    let mut next = plan();
    next.version = PlanVersion(2);
    next.valid_from = superseded;
    let catalogue = Catalogue {
        plans: vec![plan(), next],
        ..catalogue()
    };
    let judged = |version, placed_at, received_at| {
        catalogue.honours(
            PriceListVersion(1),
            PlanVersion(version),
            placed_at,
            received_at,
        )
    };
    let sold = superseded.plus_ms(-1);
    let over = superseded.plus_days(14);
    assert_eq!(judged(1, sold, over.plus_ms(-1)), Ok(()));
    assert_eq!(judged(1, sold, over), Err(Refusal::CatalogueTooOld));
    // Nobody sells by a plan that is not yet in force.
    assert_eq!(
        judged(2, sold, over.plus_ms(-1)),
        Err(Refusal::CatalogueTooOld)
    );
    assert_eq!(judged(2, superseded, over.plus_ms(-1)), Ok(()));
}

#[test]
fn terms_that_a_phone_had_not_heard_of_do_not_hold_for_a_fortnight() {
    let named = |from: Timestamp, grade: &str| Engagement {
        valid_from: from,
        grade: grade.to_owned(),
        ..Engagement::default()
    };
    let (first, second) = (noon(2026, 11, 5), noon(2026, 11, 15));
    let known = [named(first, "first"), named(second, "second")];
    let judged = |named, placed_at, received_at| {
        of_sale(&known, named, placed_at, received_at).map(|engagement| engagement.grade)
    };
    let late = second.plus_days(14);
    let too_old = Err(Refusal::CatalogueTooOld);
    // Who names none is judged by those in force at the door.
    for (placed_at, grade) in [
        (first.plus_ms(-1), ""),
        (first, "first"),
        (second.plus_ms(-1), "first"),
        (second, "second"),
    ] {
        assert_eq!(judged(None, placed_at, Some(late)), Ok(grade.to_owned()));
    }
    for (from, grade, superseded) in [(Timestamp(0), "", first), (first, "first", second)] {
        let at_last = superseded.plus_days(14);
        let grade = Ok(grade.to_owned());
        for placed_at in [superseded.plus_ms(-1), superseded.plus_days(13)] {
            assert_eq!(
                judged(Some(from), placed_at, Some(at_last.plus_ms(-1))),
                grade
            );
            assert_eq!(judged(Some(from), placed_at, Some(at_last)), too_old);
            assert_eq!(judged(Some(from), placed_at, None), grade);
        }
    }
    // Not those to come, and not those of nobody.
    assert_eq!(
        judged(Some(second), second.plus_ms(-1), Some(second)),
        too_old
    );
    assert_eq!(
        judged(Some(second), second, Some(late)),
        Ok("second".to_owned())
    );
    for received_at in [Some(late), None] {
        assert_eq!(judged(Some(Timestamp(1)), second, received_at), too_old);
    }
}

#[test]
fn a_sale_keeps_the_terms_it_named_whatever_its_phone_hears_afterwards() {
    let door = noon(2026, 11, 20);
    let mut profile = Profile {
        person: agent().person,
        name: LocalText::default(),
        role: Role::Agent,
        cooperatives: Vec::new(),
        grade: String::new(),
        engagements: Vec::new(),
    };
    let mut taken = basket(&[(THYME_HONEY, 12)]);
    taken.terms_from = profile.terms_from(door);
    assert_eq!(taken.terms_from, Some(Timestamp(0)));
    let heard = Engagement {
        valid_from: noon(2026, 11, 15),
        grade: "senior".to_owned(),
        ..Engagement::default()
    };
    profile.engagements.push(heard.clone());
    assert_eq!(
        profile.engagement_of(Some(&taken), door),
        Engagement::default()
    );
    // The next sale names them, and one that names none is judged by those in force.
    taken.terms_from = profile.terms_from(door);
    assert_eq!(taken.terms_from, Some(heard.valid_from));
    assert_eq!(profile.engagement_of(Some(&taken), door), heard);
    assert_eq!(profile.engagement_of(None, door), heard);
    // A phone that was told nothing but a grade cannot say since when.
    profile.grade = "junior".to_owned();
    profile.engagements.clear();
    assert_eq!(profile.terms_from(door), None);
    taken.terms_from = None;
    assert_eq!(profile.engagement_of(Some(&taken), door).grade, "junior");
}

#[test]
fn a_cooperative_sees_its_own_lines_and_nothing_of_the_rest() {
    let order = order(&[(THYME_HONEY, 12), (RUG, 1)]);
    let seen = order.for_cooperatives(&[RUG_COOP]).expect("it has a line");
    assert_eq!(seen.sub_orders.len(), 1);
    assert_eq!(
        (seen.receipt_digits, seen.signature.as_str(), seen.place),
        (None, "", None)
    );
    assert_eq!(seen.commission_asked(), Ok(Centimes(0)));
    assert_eq!(
        order.for_cooperatives(&[taswiq_domain::ids::CooperativeId(9)]),
        None
    );
}

#[test]
fn an_answer_for_want_of_stock_is_one_the_rules_accept() {
    let order = order(&[(THYME_HONEY, 12), (AMLOU, 2)]);
    let sub_order = order.sub_order(HONEY_COOP).expect("honey was asked");
    let part = scarcity::answer(&order, sub_order, |_| 10, Reason::OutOfStock);
    let CommandBody::ConfirmSubOrder(confirm) = part else {
        panic!("ten of twelve is a confirmation");
    };
    let event = OrderEvent::Confirmed {
        cooperative: HONEY_COOP,
        lines: confirm.lines,
    };
    let confirmed = order
        .after(&event, noon(2026, 11, 3))
        .expect("an allowed step");
    let sub_order = confirmed.sub_order(HONEY_COOP).expect("still there");
    assert_eq!(sub_order.stage, Stage::Confirmed);
    assert_eq!(sub_order.lines[0].confirmed, 10);

    let nothing = scarcity::answer(&order, sub_order, |_| 0, Reason::Season);
    assert!(matches!(
        nothing,
        CommandBody::RefuseSubOrder(refuse) if refuse.reason == Reason::Season
    ));
}

#[test]
fn each_product_is_shared_by_itself() {
    let order = order(&[(THYME_HONEY, 12), (AMLOU, 2)]);
    let parts = order.sub_orders.iter().map(|sub_order| (&order, sub_order));
    let shares = scarcity::Shares::of(parts, |product| (product == THYME_HONEY).then_some(5));
    let given = |product| {
        order
            .sub_orders
            .iter()
            .flat_map(|sub_order| &sub_order.lines)
            .find(|line| line.product == product)
            .map(|line| shares.given(order.id, line.number))
    };
    assert_eq!(given(THYME_HONEY), Some(5));
    assert_eq!(given(AMLOU), Some(2), "a stock nobody counted is enough");
    assert_eq!(shares.products().count(), 2);
}
