//! The edges of civil time in Morocco: which month an entry counts in and when a customer's seven days
//! are over, to the millisecond, on both sides of each change of the clock in 2026.
//!
//! The moments are written in UTC, so that nothing here is reckoned by what is tested.

use serde_json::json;
use taswiq_backend::clock::Casablanca;
use taswiq_domain::Refusal;
use taswiq_domain::ids::CooperativeId;
use taswiq_domain::law::Regime;
use taswiq_domain::order::{Order, OrderEvent, Stage, Withdrawal};
use taswiq_domain::period::Period;
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};

/// That hour of that day, in UTC.
fn utc(date: &str, hour: i64) -> Timestamp {
    let date: CivilDate = date.parse().expect("a date");
    Timestamp(i64::from(date.days_since_epoch()) * 86_400_000).plus_hours(hour)
}

#[test]
fn a_month_ends_at_its_own_midnight_on_both_sides_of_each_change_of_the_clock() {
    let calendar = Casablanca::default();
    for (month, first_moment) in [
        // Before the clocks went back for Ramadan, on 2026-02-15.
        ("2026-02", utc("2026-01-31", 23)),
        // In Ramadan.
        ("2026-03", utc("2026-03-01", 0)),
        // After they went forward, on 2026-03-22.
        ("2026-04", utc("2026-03-31", 23)),
        // Before they went back for good, on 2026-09-20.
        ("2026-09", utc("2026-08-31", 23)),
        // And since.
        ("2026-10", utc("2026-10-01", 0)),
        ("2027-03", utc("2027-03-01", 0)),
    ] {
        let month: Period = month.parse().expect("a month");
        assert_eq!(month.start(&calendar), first_moment, "{month}");
        assert_eq!(month.previous().end(&calendar), first_moment, "{month}");
        assert_eq!(Period::at(first_moment, &calendar), month);
        // 23:59:59.999 of the day before.
        assert_eq!(
            Period::at(first_moment.plus_ms(-1), &calendar),
            month.previous()
        );
    }
}

#[test]
fn a_month_with_a_change_lasts_an_hour_more_or_less() {
    let calendar = Casablanca::default();
    for (month, days, hours_more) in [
        ("2026-01", 31, 0),
        ("2026-02", 28, 1),
        ("2026-03", 31, -1),
        ("2026-09", 30, 1),
        ("2026-10", 31, 0),
    ] {
        let month: Period = month.parse().expect("a month");
        assert_eq!(
            month.end(&calendar),
            month
                .start(&calendar)
                .plus_days(days)
                .plus_hours(hours_more),
            "{month}"
        );
    }
}

#[test]
fn a_day_begins_at_its_own_midnight_on_the_days_of_a_change_and_after_them() {
    let calendar = Casablanca::default();
    for (date, first_moment) in [
        ("2026-02-15", utc("2026-02-14", 23)),
        ("2026-02-16", utc("2026-02-16", 0)),
        ("2026-03-22", utc("2026-03-22", 0)),
        ("2026-03-23", utc("2026-03-22", 23)),
        ("2026-09-20", utc("2026-09-19", 23)),
        ("2026-09-21", utc("2026-09-21", 0)),
    ] {
        let date: CivilDate = date.parse().expect("a date");
        assert_eq!(calendar.start_of(date), first_moment, "{date}");
        assert_eq!(calendar.date_at(first_moment), date);
        assert_eq!(
            calendar.date_at(first_moment.plus_ms(-1)),
            date.plus_days(-1)
        );
    }
}

/// Signings whose seven days contain a change of the clock, at the first and last moments of the day,
/// and when each is over: (the first moment of the day, its last, the first moment after the seven).
fn signings() -> [(Timestamp, Timestamp, Timestamp); 4] {
    [
        // 2026-02-10: over at the end of the 17th, in Ramadan.
        (
            utc("2026-02-09", 23),
            utc("2026-02-10", 23).plus_ms(-1),
            utc("2026-02-18", 0),
        ),
        // 2026-03-18: over at the end of the 25th, an hour earlier.
        (
            utc("2026-03-18", 0),
            utc("2026-03-19", 0).plus_ms(-1),
            utc("2026-03-25", 23),
        ),
        // 2026-09-13: over at the end of the 20th, which lasts 25 hours.
        (
            utc("2026-09-12", 23),
            utc("2026-09-13", 23).plus_ms(-1),
            utc("2026-09-21", 0),
        ),
        // 2026-11-22: the clock no longer changes.
        (
            utc("2026-11-22", 0),
            utc("2026-11-23", 0).plus_ms(-1),
            utc("2026-11-30", 0),
        ),
    ]
}

#[test]
fn the_seven_days_end_with_the_seventh_civil_day_whatever_the_clock_does_in_between() {
    let calendar = Casablanca::default();
    for (first, last, over) in signings() {
        let closes_at = |signed_at| Regime::Doorstep7d.withdrawal_closes_at(signed_at, &calendar);
        assert_eq!(closes_at(first), Some(over));
        assert_eq!(closes_at(last), Some(over));
        // A millisecond around that day, and it is another day's seven days.
        let a_day_earlier = closes_at(first.plus_ms(-1)).expect("a right to withdraw");
        let a_day_later = closes_at(last.plus_ms(1)).expect("a right to withdraw");
        assert_eq!(
            calendar.date_at(a_day_earlier),
            calendar.date_at(over).plus_days(-1)
        );
        assert_eq!(
            calendar.date_at(a_day_later),
            calendar.date_at(over).plus_days(1)
        );
    }
}

#[test]
fn a_customer_withdraws_in_the_last_millisecond_of_the_seventh_day_and_not_in_the_first_of_the_eighth()
 {
    let calendar = Casablanca::default();
    let cooperative = CooperativeId(1);
    let (withdraws, closes) = (
        OrderEvent::Withdrawn { cooperative },
        OrderEvent::WithdrawalClosed { cooperative },
    );
    for (signed_at, _, over) in signings() {
        let order = signed(signed_at, &calendar);
        let last = over.plus_ms(-1);
        let withdrawn = order.after(&withdraws, last).expect("in time");
        assert_eq!(withdrawn.sub_orders[0].stage, Stage::Withdrawn);
        assert_eq!(
            order.after(&withdraws, over),
            Err(Refusal::WithdrawalClosed)
        );
        assert_eq!(
            order.after(&closes, last),
            Err(Refusal::WithdrawalStillOpen)
        );
        let closed = order.after(&closes, over).expect("the time has come");
        assert!(closed.sub_orders[0].withdrawal.is_over());
    }
}

/// An order from the door, as an event log may hold it.
fn signed(signed_at: Timestamp, calendar: &Casablanca) -> Order {
    let closes_at = Regime::Doorstep7d
        .withdrawal_closes_at(signed_at, calendar)
        .expect("a right to withdraw");
    let id = "00000000-0000-7000-8000-000000000001";
    serde_json::from_value(json!({
        "id": id,
        "code": "ABCDEF",
        "agent": 20,
        "customer": id,
        "customer_kind": "household",
        "channel": "door",
        "tier": "retail",
        "price_list": 1,
        "plan": 1,
        "placed_at": signed_at,
        "revision": 1,
        "sub_orders": [{
            "cooperative": 1,
            "regime": "doorstep_7d",
            "promised_on": calendar.date_at(closes_at),
            "withdrawal": Withdrawal::Open { closes_at },
            "lines": [{
                "number": 1,
                "product": 1,
                "unit_price": 12_000,
                "vat": 200_000,
                "asked": 2,
                "commission": { "rule": 1, "pays": { "by": "rate", "rate": 70_000 }, "base": 20_000, "amount": 1_400 },
            }],
        }],
    }))
    .expect("an order")
}
