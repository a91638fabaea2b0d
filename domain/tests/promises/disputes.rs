//! What an agent may dispute, and what comes of it, decided alike on phone and server, and how it is said
//! on the wire.

use crate::demo_catalogue::*;
use crate::wire_golden::golden;
use taswiq_domain::Refusal;
use taswiq_domain::access::Actor;
use taswiq_domain::commission::{LineCommission, Override};
use taswiq_domain::decide::{Effect, Situation, decide};
use taswiq_domain::dispute::{
    Claim, Dispute, DisputeEvent, DisputeReason, DisputeState, Disputed, DisputedLine, LineGrants,
    Verdict,
};
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::{CommandId, DeviceId, OrderId, PersonId};
use taswiq_domain::ledger::{Account, Cause, Purpose, Transfer};
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::Order;
use taswiq_domain::period::Period;
use taswiq_domain::person::Role;
use taswiq_domain::photo::Photo;
use taswiq_domain::sync::*;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{FixedOffset, Timestamp};
use uuid::Uuid;

/// What is known when something about a dispute is decided.
struct Case {
    actor: Actor,
    order: Option<Order>,
    entry: Option<LedgerEntry>,
    disputes: Vec<Dispute>,
    made_at: Timestamp,
    received_at: Option<Timestamp>,
}

impl Case {
    fn new() -> Self {
        Self {
            actor: agent(),
            order: Some(order(&[(THYME_HONEY, 12)])),
            entry: None,
            disputes: Vec::new(),
            made_at: noon(2026, 11, 25),
            received_at: None,
        }
    }

    fn decide(&self, body: &CommandBody) -> Result<Effect, Refusal> {
        let (catalogue, engagement) = (catalogue(), Engagement::default());
        let disputes: Vec<&Dispute> = self.disputes.iter().collect();
        let situation = Situation {
            actor: &self.actor,
            engagement: &engagement,
            catalogue: &catalogue,
            calendar: &CALENDAR,
            made_at: self.made_at,
            received_at: self.received_at,
            order: self.order.as_ref(),
            customer: None,
            entry: self.entry.as_ref(),
            disputes: &disputes,
        };
        decide(CommandId(Uuid::from_u128(99)), body, &situation)
    }

    fn opened(&self, open: OpenDispute) -> Result<Dispute, Refusal> {
        match self.decide(&CommandBody::OpenDispute(open))? {
            Effect::Dispute {
                event: None, after, ..
            } => Ok(*after),
            other => panic!("{other:?}"),
        }
    }
}

fn line() -> DisputedLine {
    DisputedLine {
        order: order(&[(THYME_HONEY, 12)]).id,
        cooperative: HONEY_COOP,
        line: 1,
    }
}

fn claim() -> OpenDispute {
    OpenDispute {
        about: Disputed {
            entry: None,
            line: Some(line()),
        },
        amount: Centimes(100),
        reason: DisputeReason::Missing,
        note: String::new(),
        photo: None,
    }
}

fn entry(number: i64, agent: PersonId, cause: Cause) -> LedgerEntry {
    LedgerEntry {
        number,
        transfer: Transfer {
            debit: Account::AgentEarned(agent),
            credit: Account::CommissionExpense,
            amount: Centimes(500),
            purpose: Purpose::CommissionReversed,
            cause,
            base: Centimes::ZERO,
            at: noon(2026, 11, 24),
            period: Period::default(),
        },
        link: None,
        source: None,
    }
}

fn of_line(number: u16) -> Cause {
    Cause::Order {
        order: line().order,
        event_number: 4,
        told_by: None,
        cooperative: HONEY_COOP,
        line: number,
    }
}

#[test]
fn an_agent_disputes_an_own_line_and_only_that() {
    let case = Case::new();
    let dispute = case.opened(claim()).expect("opened");
    assert_eq!(
        (dispute.id, dispute.agent, dispute.state),
        (Uuid::from_u128(99), case.actor.person, DisputeState::Open)
    );
    for role in [Role::Cooperative, Role::Manager, Role::Administrator] {
        let case = Case {
            actor: Actor { role, ..agent() },
            ..Case::new()
        };
        assert_eq!(case.opened(claim()), Err(Refusal::NotAllowed), "{role:?}");
    }
    let another = Case {
        actor: Actor {
            person: PersonId(21),
            ..agent()
        },
        ..Case::new()
    };
    assert_eq!(another.opened(claim()), Err(Refusal::NotAllowed));
    let unknown = Case {
        order: None,
        ..Case::new()
    };
    assert_eq!(unknown.opened(claim()), Err(Refusal::UnknownOrder));
    let mut elsewhere = claim();
    elsewhere.about.line = Some(DisputedLine { line: 7, ..line() });
    assert_eq!(case.opened(elsewhere), Err(Refusal::NoSuchLine { line: 7 }));
    let nothing = OpenDispute {
        about: Disputed::default(),
        ..claim()
    };
    assert!(matches!(
        case.opened(nothing),
        Err(Refusal::FieldMissing { field }) if field == "about"
    ));
}

#[test]
fn an_agent_disputes_an_own_entry_and_only_that() {
    let own = agent().person;
    let disputed = |entry: LedgerEntry| {
        let about = Disputed::of(&entry);
        let case = Case {
            entry: Some(entry),
            ..Case::new()
        };
        case.opened(OpenDispute { about, ..claim() })
    };
    let of_an_order = disputed(entry(12, own, of_line(1))).expect("opened");
    assert_eq!(of_an_order.claim.about.line, Some(line()));
    let settlement = Cause::Settlement {
        agent: own,
        period: Period::default(),
        item: 0,
    };
    assert!(disputed(entry(13, own, settlement)).is_ok());
    assert_eq!(
        disputed(entry(14, PersonId(21), of_line(1))),
        Err(Refusal::UnknownEntry)
    );
    // An entry is about the line that caused it and no other.
    let case = Case {
        entry: Some(entry(12, own, of_line(1))),
        ..Case::new()
    };
    let crossed = OpenDispute {
        about: Disputed {
            entry: Some(12),
            line: None,
        },
        ..claim()
    };
    assert!(matches!(
        case.opened(crossed),
        Err(Refusal::FieldInvalid { field }) if field == "about"
    ));
    let missing = OpenDispute {
        about: Disputed {
            entry: Some(15),
            line: None,
        },
        ..claim()
    };
    assert_eq!(case.opened(missing), Err(Refusal::UnknownEntry));
}

#[test]
fn whoever_is_no_agent_disputes_no_entry_even_of_what_was_theirs() {
    let own = entry(12, agent().person, of_line(1));
    let about = Disputed::of(&own);
    for role in [Role::Cooperative, Role::Manager, Role::Administrator] {
        let case = Case {
            actor: Actor { role, ..agent() },
            entry: Some(own.clone()),
            ..Case::new()
        };
        let claim = OpenDispute { about, ..claim() };
        assert_eq!(case.opened(claim), Err(Refusal::NotAllowed), "{role:?}");
    }
}

#[test]
fn an_entry_of_a_whole_part_of_an_order_is_about_no_line() {
    let of_a_part = entry(12, agent().person, of_line(0));
    assert_eq!(Disputed::of(&of_a_part).line, None);
}

#[test]
fn what_a_line_brings_may_be_claimed_though_it_turned_over_less() {
    let mut order = order(&[(THYME_HONEY, 12)]);
    let line = &mut order.sub_orders[0].lines[0];
    line.commission.amount = line
        .net_asked()
        .expect("fits")
        .plus(Centimes(500))
        .expect("fits");
    let amount = line.commission.amount;
    let case = Case {
        order: Some(order),
        ..Case::new()
    };
    assert!(case.opened(OpenDispute { amount, ..claim() }).is_ok());
    let amount = amount.plus(Centimes(1)).expect("fits");
    assert!(case.opened(OpenDispute { amount, ..claim() }).is_err());
}

#[test]
fn nobody_claims_more_than_the_line_turned_over() {
    let case = Case::new();
    let turned_over = case.order.as_ref().expect("an order").sub_orders[0].lines[0]
        .net_asked()
        .expect("fits");
    let claimed = |amount| {
        case.opened(OpenDispute { amount, ..claim() })
            .map(|dispute| dispute.claim.amount)
    };
    assert_eq!(claimed(turned_over), Ok(turned_over));
    assert!(matches!(
        claimed(turned_over.plus(Centimes(1)).expect("fits")),
        Err(Refusal::FieldInvalid { field }) if field == "amount"
    ));
    for amount in [Centimes::ZERO, Centimes(-1), Centimes(i64::MIN)] {
        assert_eq!(claimed(amount), Err(Refusal::AmountNotPositive));
    }
    // What no line caused has a limit too.
    let own = agent().person;
    let advance = entry(
        13,
        own,
        Cause::Advance {
            advance: Uuid::nil(),
        },
    );
    let about = Disputed::of(&advance);
    let case = Case {
        entry: Some(advance),
        ..Case::new()
    };
    let claimed = |amount| {
        case.opened(OpenDispute {
            about,
            amount: Centimes(amount),
            ..claim()
        })
    };
    assert!(claimed(limits::DISPUTED_CENTIMES).is_ok());
    assert!(claimed(limits::DISPUTED_CENTIMES + 1).is_err());
}

#[test]
fn the_same_is_not_disputed_twice() {
    let case = Case::new();
    let open = case.opened(claim()).expect("opened");
    let own = agent().person;
    let with = |disputes: Vec<Dispute>, entry: LedgerEntry| Case {
        disputes,
        entry: Some(entry),
        ..Case::new()
    };
    let same_line = with(vec![open.clone()], entry(12, own, of_line(1)));
    assert_eq!(same_line.opened(claim()), Err(Refusal::AlreadyDisputed));
    // An entry of a line that waits would hold the same money twice.
    let of_entry = OpenDispute {
        about: Disputed::of(&entry(12, own, of_line(1))),
        ..claim()
    };
    assert_eq!(
        same_line.opened(of_entry.clone()),
        Err(Refusal::AlreadyDisputed)
    );
    let in_state = |state| Dispute {
        state,
        ..open.clone()
    };
    for state in [
        DisputeState::Accepted,
        DisputeState::Partly,
        DisputeState::Denied,
    ] {
        let case = with(vec![in_state(state)], entry(12, own, of_line(1)));
        assert_eq!(case.opened(claim()), Err(Refusal::AlreadyDisputed));
        assert!(case.opened(of_entry.clone()).is_ok(), "another entry of it");
    }
    let taken_back = with(
        vec![in_state(DisputeState::TakenBack)],
        entry(12, own, of_line(1)),
    );
    assert!(taken_back.opened(claim()).is_ok());
    let granted_before = Dispute {
        granted: Centimes(40),
        ..in_state(DisputeState::TakenBack)
    };
    let case = with(vec![granted_before], entry(12, own, of_line(1)));
    assert_eq!(case.opened(claim()), Err(Refusal::AlreadyDisputed));
}

#[test]
fn a_dispute_about_what_no_line_caused_hinders_none_about_another_such_entry() {
    let own = agent().person;
    let advance = |number| {
        let advance = Uuid::from_u128(7);
        entry(number, own, Cause::Advance { advance })
    };
    let of = |number| OpenDispute {
        about: Disputed::of(&advance(number)),
        ..claim()
    };
    let mut case = Case {
        entry: Some(advance(13)),
        ..Case::new()
    };
    let waits = case.opened(of(13)).expect("opened");
    case.disputes = vec![waits];
    assert_eq!(case.opened(of(13)), Err(Refusal::AlreadyDisputed));
    case.entry = Some(advance(14));
    assert!(case.opened(of(14)).is_ok());
}

#[test]
fn what_a_dispute_holds_or_grants_is_no_matter_of_another() {
    let own = agent().person;
    let cause = Cause::Dispute {
        dispute: Uuid::from_u128(5),
        step: 2,
    };
    let case = Case {
        entry: Some(entry(12, own, cause)),
        ..Case::new()
    };
    let about = Disputed {
        entry: Some(12),
        line: None,
    };
    assert_eq!(
        case.opened(OpenDispute { about, ..claim() }),
        Err(Refusal::AlreadyDisputed)
    );
}

#[test]
fn an_escalation_is_no_earlier_than_what_it_escalates_and_no_older_than_a_fortnight() {
    let opened = Case::new().opened(claim()).expect("opened");
    let denied = Dispute {
        state: DisputeState::Denied,
        since: noon(2026, 11, 28),
        due_at: noon(2026, 12, 28),
        ..opened
    };
    let escalated = |made_at, received_at| -> Result<Timestamp, Refusal> {
        let case = Case {
            disputes: vec![denied.clone()],
            made_at,
            received_at: Some(received_at),
            ..Case::new()
        };
        let body = CommandBody::EscalateDispute(EscalateDispute {
            dispute: denied.id,
            note: "non".to_owned(),
        });
        match case.decide(&body)? {
            Effect::Dispute { after, .. } => Ok(after.since),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        escalated(noon(2026, 11, 20), noon(2026, 12, 1)),
        Ok(denied.since)
    );
    assert_eq!(
        escalated(noon(2026, 12, 1), noon(2026, 12, 2)),
        Ok(noon(2026, 12, 1))
    );
    // Told half a year later, it is not believed to be of December.
    assert!(escalated(noon(2026, 12, 1), noon(2027, 6, 1)).is_err());
}

#[test]
fn other_reasons_need_words_and_a_photo_is_one() {
    let case = Case::new();
    let other = OpenDispute {
        reason: DisputeReason::Other,
        note: " \n".to_owned(),
        ..claim()
    };
    assert!(matches!(
        case.opened(other),
        Err(Refusal::FieldMissing { field }) if field == "note"
    ));
    let long = OpenDispute {
        note: "م".repeat(limits::NOTE_CHARACTERS + 1),
        ..claim()
    };
    assert!(matches!(
        case.opened(long),
        Err(Refusal::FieldTooLong { field, .. }) if field == "note"
    ));
    let no_photo = OpenDispute {
        photo: Some(Photo("PHN2Zz48L3N2Zz4=".to_owned())),
        ..claim()
    };
    assert_eq!(
        case.opened(no_photo),
        Err(Refusal::PhotoNotValid {
            bytes_max: limits::PHOTO_BYTES
        })
    );
}

#[test]
fn whoever_answers_has_the_time_since_it_came() {
    let late = Case {
        received_at: Some(noon(2026, 12, 10)),
        ..Case::new()
    };
    let dispute = late.opened(claim()).expect("opened");
    assert_eq!(dispute.opened_at, noon(2026, 11, 25));
    assert_eq!(
        dispute.due_at,
        noon(2026, 12, 10).plus_days(limits::DISPUTE_ANSWER_DAYS)
    );
    let from_a_fast_clock = Case {
        received_at: Some(noon(2026, 11, 24)),
        ..Case::new()
    };
    let dispute = from_a_fast_clock.opened(claim()).expect("opened");
    let days = limits::DISPUTE_ANSWER_DAYS;
    assert_eq!(dispute.due_at, noon(2026, 11, 25).plus_days(days));
}

#[test]
fn an_agent_escalates_or_gives_up_an_own_dispute_only() {
    let open = Case::new().opened(claim()).expect("opened");
    let give_up = CommandBody::WithdrawDispute(DisputeRef { dispute: open.id });
    let escalate = CommandBody::EscalateDispute(EscalateDispute {
        dispute: open.id,
        note: "Personne ne répond".to_owned(),
    });
    let unknown = Case::new();
    assert_eq!(unknown.decide(&give_up), Err(Refusal::UnknownDispute));
    let foreign = Case {
        disputes: vec![Dispute {
            agent: PersonId(21),
            ..open.clone()
        }],
        ..Case::new()
    };
    for body in [&give_up, &escalate] {
        assert_eq!(foreign.decide(body), Err(Refusal::UnknownDispute));
    }
    let mine = Case {
        disputes: vec![open.clone()],
        ..Case::new()
    };
    assert_eq!(
        mine.decide(&escalate),
        Err(Refusal::WrongDisputeState {
            state: DisputeState::Open
        }),
        "before its time"
    );
    assert!(matches!(
        mine.decide(&give_up),
        Ok(Effect::Dispute { after, .. }) if after.state == DisputeState::TakenBack
    ));
    let unanswered = Case {
        made_at: open.due_at,
        received_at: Some(open.due_at.plus_days(2)),
        ..mine
    };
    assert!(matches!(
        unanswered.decide(&escalate),
        Ok(Effect::Dispute { after, .. }) if after.state == DisputeState::Escalated
            && after.due_at == open.due_at.plus_days(2 + limits::DISPUTE_ANSWER_DAYS)
    ));
}

#[test]
fn a_line_brings_what_all_who_earn_by_it_get_and_a_line_that_is_gone_brings_nothing() {
    let order = order(&[(THYME_HONEY, 12)]);
    let commission = &order.sub_orders[0].lines[0].commission;
    let led = LineCommission {
        lead: Some(Override {
            person: PersonId(22),
            rate: Ppm(13_000),
            amount: Centimes(700),
        }),
        ..commission.clone()
    };
    let dispute = Case::new().opened(claim()).expect("opened");
    let granted = |id: u128, granted| Dispute {
        id: Uuid::from_u128(id),
        granted: Centimes(granted),
        ..dispute.clone()
    };
    let disputes = [granted(99, 5), granted(100, 30), granted(101, 400)];
    let brought = |line| {
        LineGrants::beside(dispute.id, line, &disputes)
            .expect("fits")
            .brought_max
    };
    assert_eq!(brought(Some(commission)), commission.amount);
    assert_eq!(brought(Some(&led)).0, commission.amount.0 + 700);
    assert_eq!(brought(None), Centimes::ZERO);
    let gone = LineGrants::beside(dispute.id, None, &disputes).expect("fits");
    assert_eq!(
        gone.by_others,
        Centimes(430),
        "what it got itself is its own"
    );
}

fn disputed() -> Disputed {
    Disputed {
        entry: Some(12),
        line: Some(DisputedLine {
            order: OrderId(Uuid::from_u128(1)),
            cooperative: HONEY_COOP,
            line: 1,
        }),
    }
}

#[test]
fn an_entry_that_says_where_it_comes_from() {
    let source = EntrySource {
        event: "confirmed".to_owned(),
        by: Some(LocalText::new("Itto", "إيتو")),
        device: Some(DeviceId(Uuid::from_u128(7))),
        received_at: Timestamp(1_793_534_400_500),
        of: None,
        told_by: None,
    };
    let clock = EntrySource {
        event: "withdrawal_closed".to_owned(),
        by: None,
        device: None,
        received_at: Timestamp(1_793_534_400_500),
        of: None,
        told_by: None,
    };
    let entries: Vec<LedgerEntry> = [source, clock]
        .into_iter()
        .zip(1..)
        .map(|(source, number)| LedgerEntry {
            source: Some(source),
            ..entry(number, PersonId(20), of_line(1))
        })
        .collect();
    golden("entry-sources-v1", &entries);
}

#[test]
fn an_entry_that_says_what_was_told_late() {
    let source = |event: &str, by, told_by| EntrySource {
        event: event.to_owned(),
        by: Some(by),
        device: Some(DeviceId(Uuid::from_u128(7))),
        received_at: Timestamp(1_793_534_400_500),
        of: None,
        told_by,
    };
    let payment = source("collected", LocalText::new("Zohra", "زهرة"), None);
    let returned = source(
        "returned",
        LocalText::new("Itto", "إيتو"),
        Some(Box::new(payment)),
    );
    let mut late = LedgerEntry {
        source: Some(returned),
        ..entry(1, PersonId(20), of_line(1))
    };
    if let Cause::Order { told_by, .. } = &mut late.transfer.cause {
        *told_by = Some(6);
    }
    golden("entry-told-late-v1", &late);
}

#[test]
fn an_entry_of_another_agents_order() {
    let order = order(&[(THYME_HONEY, 12)]);
    let entry = LedgerEntry {
        source: Some(EntrySource {
            event: "confirmed".to_owned(),
            by: None,
            device: None,
            received_at: Timestamp(1_793_534_400_500),
            of: Some(Box::new(AnothersLine {
                code: order.code,
                agent: order.agent,
                name: Some(LocalText::new("Itto", "إيتو")),
                plan: order.plan,
                line: order.sub_orders[0].lines[0].clone(),
            })),
            told_by: None,
        }),
        ..entry(1, PersonId(20), of_line(1))
    };
    golden("entry-of-anothers-order-v1", &entry);
}

#[test]
fn a_request_that_disputes() {
    let bodies = [
        CommandBody::OpenDispute(OpenDispute {
            about: disputed(),
            amount: Centimes(1_250),
            reason: DisputeReason::Reversal,
            note: "Le client a gardé les 12 pots".to_owned(),
            photo: Some(Photo("/9j/2Q==".to_owned())),
        }),
        CommandBody::OpenDispute(OpenDispute {
            about: Disputed {
                entry: Some(13),
                line: None,
            },
            amount: Centimes(100),
            reason: DisputeReason::Deduction,
            note: String::new(),
            photo: None,
        }),
        CommandBody::WithdrawDispute(DisputeRef {
            dispute: Uuid::from_u128(1),
        }),
        CommandBody::EscalateDispute(EscalateDispute {
            dispute: Uuid::from_u128(2),
            note: "أعترض على القرار".to_owned(),
        }),
    ];
    let commands = bodies
        .into_iter()
        .zip(1_u64..)
        .map(|(body, number)| Command {
            id: CommandId(Uuid::from_u128(u128::from(number))),
            seq: number,
            made_at: Timestamp(1_793_534_400_000),
            body,
        });
    golden(
        "request-disputes-v1",
        &Request {
            protocol: PROTOCOL,
            device: DeviceId(Uuid::from_u128(7)),
            person: None,
            key: None,
            sealing_key: None,
            epoch: "e1".to_owned(),
            build: "b1".to_owned(),
            cursor: 42,
            device_time: Timestamp(1_793_534_400_000),
            lost: None,
            waiting: Waiting {
                commands: 4,
                orders: 0,
                oldest_made_at: Some(Timestamp(1_793_534_400_000)),
                digest: None,
            },
            changes_max: None,
            commands: commands.collect(),
        },
    );
}

#[test]
fn a_response_about_disputes() {
    let at = Timestamp(1_793_534_400_000);
    let refusals = [
        Refusal::UnknownDispute,
        Refusal::UnknownEntry,
        Refusal::AlreadyDisputed,
        Refusal::WrongDisputeState {
            state: DisputeState::Accepted,
        },
        Refusal::DisputeIsFinal,
        Refusal::PhotoNotValid { bytes_max: 153_600 },
    ];
    let steps = [
        DisputeEvent::Taken,
        DisputeEvent::Decided {
            verdict: Verdict::Partly {
                amount: Centimes(250),
            },
            note: "Deux pots sont revenus".to_owned(),
        },
        DisputeEvent::Escalated {
            note: "Un seul".to_owned(),
        },
        DisputeEvent::Decided {
            verdict: Verdict::Denied,
            note: "Voir le bon".to_owned(),
        },
        DisputeEvent::TakenBack,
    ];
    let dispute = Dispute {
        id: Uuid::from_u128(1),
        agent: PersonId(20),
        claim: Claim {
            about: disputed(),
            amount: Centimes(1_250),
            reason: DisputeReason::Reversal,
            note: "Le client a gardé les 12 pots".to_owned(),
            photo: Some(Uuid::from_u128(1)),
        },
        state: DisputeState::Denied,
        granted: Centimes(250),
        decided_by: Some(PersonId(30)),
        was_escalated: true,
        opened_at: at,
        since: at,
        due_at: at.plus_days(30),
        step: 5,
    };
    golden(
        "response-disputes-v1",
        &Response {
            protocol: PROTOCOL,
            epoch: "e1".to_owned(),
            server_time: at,
            offset: FixedOffset { minutes: 0 },
            decided_seq: 6,
            results: refusals
                .into_iter()
                .zip(1_u128..)
                .map(|(refusal, number)| CommandResult {
                    id: CommandId(Uuid::from_u128(number)),
                    answer: Answer::Parked { refusal },
                })
                .collect(),
            changes: vec![Change::Dispute(Box::new(DisputeDocument {
                dispute,
                steps: steps
                    .into_iter()
                    .map(|event| DisputeStep { at, event })
                    .collect(),
            }))],
            cursor: 44,
            more: 0,
            signed_out: false,
            sealing_key: None,
            revoked: false,
            heard_seq: None,
        },
    );
}
