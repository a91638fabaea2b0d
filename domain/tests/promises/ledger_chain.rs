//! The chain of an agent's entries: nothing in it changes unseen.

use crate::demo_catalogue::*;
use crate::ledger_balances::{any_event, live};
use proptest::prelude::*;
use taswiq_domain::ids::{CooperativeId, OrderId, PersonId};
use taswiq_domain::ledger::chain::{Chain, Link, canonical};
use taswiq_domain::ledger::{Account, Cause, Purpose, Transfer};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::event::LineUnits;
use taswiq_domain::order::{Order, OrderEvent};
use taswiq_domain::period::Period;
use taswiq_domain::sync::LedgerEntry;
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

fn month(month: u32) -> Period {
    Period::new(2026, month).expect("a month")
}

/// An agent's entries after a life of an order, of which one part is confirmed: there are always two.
fn entries(events: &[OrderEvent]) -> Vec<LedgerEntry> {
    let order: Order = order(&[(THYME_HONEY, 12), (AMLOU, 7), (RUG, 3), (SAMPLE, 5)]);
    let confirmed = OrderEvent::Confirmed {
        cooperative: HONEY_COOP,
        lines: vec![
            LineUnits { line: 1, units: 12 },
            LineUnits { line: 2, units: 7 },
        ],
    };
    let events = [&[confirmed], events].concat();
    let mut chain = Chain::default();
    live(&order, &events)
        .1
        .into_iter()
        .zip(1..)
        .filter(|(transfer, _)| transfer.agent().is_some())
        .map(|(transfer, number)| LedgerEntry {
            number,
            link: Some(chain.append(number, &transfer)),
            source: None,
            transfer,
        })
        .collect()
}

/// One field changed to another value.
fn touched(entry: &LedgerEntry, field: u8) -> LedgerEntry {
    let mut touched = entry.clone();
    let transfer = &mut touched.transfer;
    match field {
        0 => touched.number += 1_000,
        1 => transfer.amount = Centimes(transfer.amount.0 + 1),
        2 => transfer.base = Centimes(transfer.base.0 + 1),
        3 => transfer.at = transfer.at.plus_ms(1),
        4 => transfer.period = transfer.period.next(),
        5 => transfer.debit = Account::Bank,
        6 => transfer.credit = Account::AgentPaid(PersonId(99)),
        7 => {
            transfer.purpose = match transfer.purpose {
                Purpose::WrittenOff => Purpose::CommissionVested,
                _ => Purpose::WrittenOff,
            }
        }
        8 => transfer.cause = Cause::Correction { of: 1 },
        _ => touched.link = None,
    }
    touched
}

proptest! {
    #![proptest_config(crate::often::cases(500))]

    #[test]
    fn replaying_the_events_gives_the_same_chain_head(events in prop::collection::vec(any_event(), 0..40)) {
        let (once, again) = (entries(&events), entries(&events));
        prop_assert_eq!(Chain::of(&once), Chain::of(&again));
        prop_assert_eq!(once, again);
    }

    #[test]
    fn a_chain_is_kept_as_text_and_goes_on_from_there(events in prop::collection::vec(any_event(), 10..40)) {
        let entries = entries(&events);
        let (before, after) = entries.split_at(entries.len() / 2);
        let kept: Chain = Chain::of(before).expect("whole").to_string().parse().expect("read");
        let mut chain = kept;
        prop_assert!(after.iter().all(|entry| chain.accepts(entry)));
        prop_assert_eq!(Ok(chain), Chain::of(&entries));
    }

    #[test]
    fn an_entry_touched_in_any_field_is_named(events in prop::collection::vec(any_event(), 20..60), place: prop::sample::Index, field in 0u8..10) {
        let mut entries = entries(&events);
        let place = place.index(entries.len());
        entries[place] = touched(&entries[place], field);
        prop_assert_eq!(Chain::of(&entries), Err(entries[place].number));
    }

    #[test]
    fn an_entry_dropped_or_told_twice_or_too_early_breaks_the_next_link(events in prop::collection::vec(any_event(), 20..60), place: prop::sample::Index) {
        let entries = entries(&events);
        let place = place.index(entries.len() - 1);
        let mut without = entries.clone();
        without.remove(place);
        prop_assert_eq!(Chain::of(&without), Err(entries[place + 1].number));
        let mut twice = entries.clone();
        twice.insert(place, entries[place].clone());
        prop_assert_eq!(Chain::of(&twice), Err(entries[place].number));
        let mut swapped = entries.clone();
        swapped.swap(place, place + 1);
        prop_assert_eq!(Chain::of(&swapped), Err(entries[place + 1].number));
    }

    #[test]
    fn corrections_of_every_entry_leave_nothing_and_each_can_be_made_once(events in prop::collection::vec(any_event(), 20..60)) {
        let (_, mut transfers) = live(&order(&[(THYME_HONEY, 12), (RUG, 3)]), &events);
        let corrections: Vec<Transfer> = transfers
            .iter()
            .zip(1..)
            .map(|(transfer, number)| transfer.correction(number, Timestamp(1), month(12)))
            .collect();
        let mut keys: Vec<String> = corrections.iter().map(Transfer::cause_key).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), corrections.len());
        transfers.extend(corrections);
        prop_assert!(balances(&transfers).values().all(|balance| *balance == 0));
    }
}

/// The canonical form is frozen: what was hashed once must hash to the same for ever.
#[test]
fn the_canonical_form_is_written_as_it_always_was() {
    let agent = PersonId(20);
    let transfer = |cause| Transfer {
        debit: Account::CommissionExpense,
        credit: Account::AgentPending(agent),
        amount: Centimes(8_400),
        purpose: Purpose::CommissionPending,
        cause,
        base: Centimes(120_000),
        at: Timestamp(1_793_534_400_000),
        period: month(11),
    };
    let uuid = Uuid::from_u128(0xA0);
    let id = "00000000-0000-0000-0000-0000000000a0";
    let mut chain = Chain::default();
    for (cause, said, link) in [
        (
            Cause::Order {
                order: OrderId(uuid),
                event_number: 2,
                told_by: None,
                cooperative: CooperativeId(3),
                line: 4,
            },
            format!("order/{id}/2/3/4"),
            "d221e3011f863d21",
        ),
        (
            Cause::Settlement {
                agent,
                period: month(10),
                item: 1,
            },
            "settlement/20/2026-10/1".to_owned(),
            "3cf72ea05d7a744d",
        ),
        (
            Cause::Payout {
                agent,
                period: month(10),
                step: 1,
            },
            "payout/20/2026-10/1".to_owned(),
            "f4cd59d06238bde1",
        ),
        (
            Cause::Advance { advance: uuid },
            format!("advance/{id}"),
            "af3e285014eadd07",
        ),
        (
            Cause::Dispute {
                dispute: uuid,
                step: 2,
            },
            format!("dispute/{id}/2"),
            "97c6f7de0874a452",
        ),
        (
            Cause::Correction { of: 7 },
            "correction/7".to_owned(),
            "b75872534c4b0b83",
        ),
    ] {
        let transfer = transfer(cause);
        assert_eq!(
            canonical(9, &transfer),
            format!(
                "1|9|commission_expense/0|agent_pending/20|8400|commission_pending|{said}|120000|1793534400000|2026-11"
            )
        );
        assert_eq!(chain.append(9, &transfer).to_string(), link);
    }
}

#[test]
fn an_entry_that_was_told_late_names_who_told_it_on_the_wire_and_in_the_chain() {
    let agent = PersonId(20);
    let entry = |told_by| Transfer {
        debit: Account::AgentPending(agent),
        credit: Account::AgentEarned(agent),
        amount: Centimes(8_400),
        purpose: Purpose::CommissionVested,
        cause: Cause::Order {
            order: OrderId(Uuid::from_u128(0xA0)),
            event_number: 6,
            told_by,
            cooperative: CooperativeId(3),
            line: 4,
        },
        base: Centimes(120_000),
        at: Timestamp(1_793_534_400_000),
        period: month(11),
    };
    let (in_time, late) = (entry(None), entry(Some(8)));
    assert!(
        canonical(9, &late).contains("a0/6/3/4/8|"),
        "{}",
        canonical(9, &late)
    );
    assert_ne!(in_time.cause_key(), late.cause_key());
    for entry in [in_time, late] {
        let written = serde_json::to_string(&entry).expect("writes");
        let read = taswiq_domain::reading::read::<Transfer>(&written);
        assert_eq!(read.ok(), Some(entry), "{written}");
    }
}

#[test]
fn a_link_is_read_as_it_is_written_and_nothing_else_is_one() {
    let link = Link([0, 1, 2, 0xab, 0xcd, 0xef, 0x10, 0xff]);
    assert_eq!(link.to_string(), "000102abcdef10ff");
    assert_eq!("000102abcdef10ff".parse(), Ok(link));
    for text in [
        "",
        "000102abcdef10f",
        "+00102abcdef10ff",
        "000102abcdef10fg",
        "000102abcdef10ff0",
    ] {
        assert!(text.parse::<Link>().is_err(), "{text}");
    }
    let zeros = "0".repeat(64);
    for text in [
        String::new(),
        format!("1{zeros}"),
        format!("/{zeros}"),
        format!("-1/{zeros}"),
        format!("1/{}", &zeros[1..]),
        format!("1/é{}", &zeros[2..]),
        format!("1/{}g", &zeros[1..]),
    ] {
        assert!(text.parse::<Chain>().is_err(), "{text}");
    }
}
