//! What an explanation promises: it comes out at the figure, or says that it does not.

use crate::demo_catalogue::*;
use proptest::prelude::*;
use taswiq_domain::engagement::{Engagement, Share};
use taswiq_domain::explain;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::{Happening, Transfer, transfers_for};
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::event::LineUnits;
use taswiq_domain::order::{Fault, Line, Order, OrderEvent, PaymentMethod, Proof};
use taswiq_domain::period::Period;

/// An order of shared terms, followed by what happens to it, with all it posts.
fn life(asked: u32, confirmed: u32, returned: u32) -> (Order, Vec<Transfer>) {
    let share = |person, part| Share {
        person: PersonId(person),
        part: Ppm(part),
    };
    let engagement = Engagement {
        shares: vec![share(20, 666_667), share(21, 333_333)],
        ..Engagement::default()
    };
    let catalogue = catalogue();
    let mut door = door(
        &catalogue,
        taswiq_domain::customer::CustomerKind::Professional,
    );
    door.engagement = &engagement;
    let mut order = basket(&[(THYME_HONEY, asked)])
        .place(identity(), &door)
        .expect("a good basket");
    let lines = |units| vec![LineUnits { line: 1, units }];
    let at = noon(2026, 12, 20);
    let mut transfers = Vec::new();
    let mut happen = |order: &mut Order, event: OrderEvent| {
        let Ok(after) = order.after(&event, at) else {
            return;
        };
        let happening = Happening {
            told: crate::life::told(&event, after.revision, at),
            actor: None,
            earlier: &[],
            month: &|_| Period::default(),
        };
        transfers.extend(transfers_for(Some(order), &after, &happening).expect("fits"));
        *order = after;
    };
    let cooperative = HONEY_COOP;
    happen(
        &mut order,
        OrderEvent::Confirmed {
            cooperative,
            lines: lines(confirmed),
        },
    );
    happen(
        &mut order,
        OrderEvent::Packed {
            cooperative,
            lines: vec![taswiq_domain::order::event::PackedLine {
                line: 1,
                units: confirmed,
                lot: "L-1".to_owned(),
            }],
        },
    );
    happen(
        &mut order,
        OrderEvent::Delivered {
            cooperative,
            lines: lines(confirmed),
            proof: Proof::ReceiptDigits { digits: 4_711 },
        },
    );
    let due = order.sub_orders[0].due().expect("fits");
    happen(
        &mut order,
        OrderEvent::Collected {
            cooperative,
            amount: due,
            method: PaymentMethod::Cash,
        },
    );
    happen(
        &mut order,
        OrderEvent::Returned {
            cooperative,
            lines: lines(returned),
            fault: Fault::Customer,
        },
    );
    (order, transfers)
}

proptest! {
    #[test]
    fn a_line_computed_again_is_the_line_and_its_entries_are_what_the_rules_say(asked in 1u32..40, confirmed in 0u32..40, returned in 0u32..40) {
        let (order, transfers) = life(asked, confirmed.min(asked), returned.min(confirmed));
        let line = &order.sub_orders[0].lines[0];
        let again = explain::line(line, Some(&plan())).expect("fits");
        prop_assert!(again.agrees);
        prop_assert_eq!(again.rule_agrees, Some(true));
        prop_assert_eq!(again.amount, line.commission.amount);
        for person in [PersonId(20), PersonId(21), PersonId(99)] {
            let books = explain::books(&order, HONEY_COOP, 1, person, &transfers).expect("fits").expect("a line");
            prop_assert!(books.agree(), "{:?}", books);
        }
    }
}

#[test]
fn a_figure_that_does_not_come_out_is_said_loudly() {
    let (order, transfers) = life(12, 12, 0);
    let mut line = order.sub_orders[0].lines[0].clone();
    let agrees = |line: &Line| explain::line(line, None).expect("fits").agrees;
    assert!(agrees(&line));
    line.commission.amount.0 += 1;
    assert!(!agrees(&line), "another amount");
    line.commission.amount.0 -= 1;
    line.commission.base.0 -= 1;
    assert!(!agrees(&line), "another base");
    line.commission.base.0 += 1;
    line.commission.shares[0].amount.0 += 1;
    assert!(!agrees(&line), "another part");
    let mut other_plan = plan();
    for rule in &mut other_plan.rules {
        rule.cap = Some(Centimes(7));
    }
    let line = &order.sub_orders[0].lines[0];
    let again = explain::line(line, Some(&other_plan)).expect("fits");
    assert_eq!(again.rule_agrees, Some(false), "another rule");
    // An entry that is missing, or one too many.
    for touched in [&transfers[1..], &[&transfers[..], &transfers[..1]].concat()] {
        let books = explain::books(&order, HONEY_COOP, 1, PersonId(20), touched)
            .expect("fits")
            .expect("a line");
        assert!(!books.agree(), "{books:?}");
    }
    assert_eq!(
        explain::books(&order, HONEY_COOP, 9, PersonId(20), &transfers),
        Ok(None)
    );
}
