//! The wire of protocol 1, frozen: what an installed phone says and hears must be understood for as
//! long as it may sleep. These files are only ever added to.

use crate::demo_catalogue::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::path::PathBuf;
use taswiq_domain::Refusal;
use taswiq_domain::catalogue::{Catalogue, Channel};
use taswiq_domain::commission::{Band, CapPer, Conditions, Pays, Rule};
use taswiq_domain::customer::{CustomerDetails, CustomerKind};
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::engagement::{Engagement, EngagementKind, Share};
use taswiq_domain::hand_over::{Contents, SealingKey};
use taswiq_domain::ids::{
    CategoryId, CommandId, CustomerId, DeviceId, OrderId, PersonId, PlanVersion,
};
use taswiq_domain::ledger::chain::Chain;
use taswiq_domain::ledger::{Account, Cause, Purpose, Transfer};
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::basket::Door;
use taswiq_domain::order::event::{LineUnits, PackedLine, Proposal, ProposedLine};
use taswiq_domain::order::{
    CancelledBy, DueChange, Fault, OrderEvent, PaymentMethod, Place, Proof, Reason, Vesting,
    VestingPart, VestsWhen,
};
use taswiq_domain::period::Period;
use taswiq_domain::person::{Profile, Role};
use taswiq_domain::reading::read;
use taswiq_domain::settlement::rules::{Target, Tier};
use taswiq_domain::settlement::supplement::{Outlook, outlook};
use taswiq_domain::settlement::tax::TaxTerms;
use taswiq_domain::settlement::{
    AdvanceGiven, CappedRule, ClosingInput, EarlierMonth, MonthRules, Movement, NotYetIn,
    NotYetInReason, PeriodRules, ReversalReason, SettledMonth, Statement, close,
};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::*;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{CivilDate, FixedOffset, Timestamp};
use uuid::Uuid;

/// Compares with the golden file; `UPDATE_GOLDEN=1` writes a file that does not exist yet, never
/// one that does.
pub fn golden<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(format!("{name}.json"));
    let written = serde_json::to_string_pretty(value).expect("writes") + "\n";
    if !path.exists() && std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &written).expect("the golden file can be written");
    }
    let frozen = std::fs::read_to_string(&path)
        .unwrap_or_else(|_| panic!("no golden file {name}; make it once with UPDATE_GOLDEN=1"));
    assert_eq!(written, frozen, "{name} is written as it always was");
    assert_eq!(
        &serde_json::from_str::<T>(&frozen).expect("reads"),
        value,
        "{name} is read as it always was"
    );
    assert_eq!(
        &read::<T>(&frozen).expect("reads"),
        value,
        "a phone reads {name} as it always did"
    );
}

fn commands() -> Vec<Command> {
    let order = OrderId(Uuid::from_u128(1));
    let cooperative = HONEY_COOP;
    let lines = || vec![LineUnits { line: 1, units: 10 }];
    let details = || CustomerDetails {
        first_name: "Fatima".to_owned(),
        family_name: "الإدريسي".to_owned(),
        phone: Some("0612345678".parse().expect("a number")),
        place: "Sefrou".to_owned(),
        address: String::new(),
        kind: CustomerKind::Household,
    };
    let shown = || Shown {
        total: Centimes(144_000),
        commission: Centimes(8_400),
    };
    let bodies = vec![
        CommandBody::RegisterCustomer(details()),
        CommandBody::CorrectCustomer(CorrectCustomer {
            customer: CustomerId(Uuid::from_u128(2)),
            details: details(),
        }),
        CommandBody::PlaceOrder(PlaceOrder {
            customer: CustomerId(Uuid::from_u128(2)),
            code: SpokenCode::from_random(99),
            receipt_digits: 4_711,
            channel: Default::default(),
            basket: basket(&[(THYME_HONEY, 12)]),
            place: Some(Place {
                latitude_e4: 338_300,
                longitude_e4: -48_300,
            }),
            shown: shown(),
            from_receipt_of: None,
        }),
        CommandBody::AmendOrder(AmendOrder {
            order,
            basket: basket(&[(THYME_HONEY, 12)]),
            shown: shown(),
            other_ids: 0,
        }),
        CommandBody::CancelOrder(CancelOrder {
            order,
            by: CancelledBy::Agent,
            reason: Reason::Mistake,
            other_ids: 0,
        }),
        CommandBody::ConfirmSubOrder(ConfirmSubOrder {
            order,
            cooperative,
            lines: lines(),
        }),
        CommandBody::RefuseSubOrder(RefuseSubOrder {
            order,
            cooperative,
            reason: Reason::OutOfStock,
        }),
        CommandBody::ProposeChange(ProposeChange {
            order,
            cooperative,
            proposal: Proposal {
                reason: Reason::PriceChanged,
                lines: vec![ProposedLine {
                    line: 1,
                    units: 10,
                    unit_price: Centimes(13_200),
                }],
            },
        }),
        CommandBody::AnswerChange(AnswerChange {
            order,
            cooperative,
            accepted: true,
        }),
        CommandBody::StartPreparing(SubOrderRef { order, cooperative }),
        CommandBody::PackSubOrder(PackSubOrder {
            order,
            cooperative,
            lines: vec![PackedLine {
                line: 1,
                units: 10,
                lot: "L-1".to_owned(),
            }],
        }),
        CommandBody::HandOver(HandOver {
            order,
            cooperative,
            to: "Fès".to_owned(),
        }),
        CommandBody::Deliver(Deliver {
            order,
            cooperative,
            lines: lines(),
            proof: Proof::ReceiptDigits { digits: 4_711 },
        }),
        CommandBody::FailDelivery(FailDelivery {
            order,
            cooperative,
            reason: Reason::Absent,
        }),
        CommandBody::ReturnGoods(ReturnGoods {
            order,
            cooperative,
            lines: lines(),
            fault: Fault::Customer,
        }),
        CommandBody::Collect(Collect {
            order,
            cooperative,
            amount: Centimes(120_000),
            method: PaymentMethod::Cash,
            other_ids: 0,
        }),
        CommandBody::DeclareEarlyPayment(Collect {
            order,
            cooperative,
            amount: Centimes(120_000),
            method: PaymentMethod::Wallet,
            other_ids: 0,
        }),
        CommandBody::Withdraw(SubOrderRef { order, cooperative }),
    ];
    bodies
        .into_iter()
        .enumerate()
        .map(|(index, body)| Command {
            id: CommandId(Uuid::from_u128(index as u128 + 1)),
            seq: index as u64 + 1,
            made_at: Timestamp(1_793_534_400_000),
            body,
        })
        .collect()
}

#[test]
fn a_trace_of_two_stores_that_nobody_heard_of_names_every_order_of_both() {
    let code = SpokenCode::from_random;
    let trace = |device, orders: std::ops::Range<u64>, others| Trace {
        device: DeviceId(Uuid::from_u128(device)),
        waiting: (orders.end - orders.start) as u32 + others,
        orders: orders.map(code).collect(),
    };
    let (earlier, later) = (trace(1, 0..2, 3), trace(2, 2..5, 1));
    assert_eq!(later.after(&earlier), trace(2, 0..5, 4));
    let nothing = trace(2, 0..0, 0);
    assert_eq!(nothing.after(&earlier), earlier);
    let many = trace(2, 10..10 + limits::TRACED_ORDERS as u64, 0).after(&earlier);
    assert_eq!(many.waiting as usize, limits::TRACED_ORDERS + 5);
    assert_eq!(many.orders.len(), limits::TRACED_ORDERS);
}

#[test]
fn a_request_with_every_kind_of_command() {
    golden(
        "request-v1",
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
            waiting: Waiting {
                commands: 18,
                orders: 1,
                oldest_made_at: Some(Timestamp(1_793_534_400_000)),
                digest: None,
            },
            lost: None,
            changes_max: None,
            commands: commands(),
        },
    );
}

#[test]
fn a_request_that_asks_for_a_small_answer() {
    golden(
        "request-small-answer-v1",
        &Request {
            protocol: PROTOCOL,
            device: DeviceId(Uuid::from_u128(7)),
            person: Some(PersonId(20)),
            key: None,
            sealing_key: None,
            epoch: "e1".to_owned(),
            build: "b1".to_owned(),
            cursor: 42,
            device_time: Timestamp(1_793_534_400_000),
            waiting: Waiting::default(),
            lost: None,
            changes_max: Some(64),
            commands: Vec::<Command>::new(),
        },
    );
}

#[test]
fn what_is_sealed_into_a_hand_over_file_and_how_the_key_to_it_is_told() {
    let mut point = [0xAB; 65];
    point[0] = 4;
    let key = SealingKey::new(&point).expect("a point");
    let asking = Request {
        protocol: PROTOCOL,
        device: DeviceId(Uuid::from_u128(7)),
        person: Some(PersonId(20)),
        key: None,
        sealing_key: Some(key.name()),
        epoch: "e1".to_owned(),
        build: "b1".to_owned(),
        cursor: 42,
        device_time: Timestamp(1_793_534_400_000),
        waiting: Waiting::default(),
        lost: None,
        changes_max: None,
        commands: Vec::new(),
    };
    golden("request-sealing-v1", &asking);
    golden(
        "response-sealing-v1",
        &Response {
            protocol: PROTOCOL,
            epoch: "e1".to_owned(),
            server_time: Timestamp(1_793_534_400_000),
            offset: FixedOffset::default(),
            decided_seq: 2,
            results: Vec::new(),
            changes: Vec::new(),
            cursor: 42,
            more: 0,
            signed_out: false,
            sealing_key: Some(key),
            revoked: false,
            heard_seq: None,
        },
    );
    golden(
        "hand-over-v1",
        &Contents {
            key: DeviceKey::from_random(&[0xAB; 32]),
            requests: vec![Request {
                sealing_key: None,
                commands: commands().into_iter().take(1).collect(),
                ..asking
            }],
        },
    );
}

#[test]
fn what_a_device_tells_of_the_store_that_was_there_before() {
    golden(
        "request-lost-v1",
        &Request::<Command> {
            protocol: PROTOCOL,
            device: DeviceId(Uuid::from_u128(8)),
            person: Some(PersonId(20)),
            key: None,
            sealing_key: None,
            epoch: String::new(),
            build: "b1".to_owned(),
            cursor: 0,
            device_time: Timestamp(1_793_534_400_000),
            waiting: Waiting::default(),
            lost: Some(Trace {
                device: DeviceId(Uuid::from_u128(7)),
                waiting: 3,
                orders: vec![SpokenCode::from_random(1), SpokenCode::from_random(2)],
            }),
            changes_max: None,
            commands: Vec::new(),
        },
    );
}

#[test]
fn what_a_device_says_of_itself_and_hears_without_a_session() {
    let waiting = [CommandId(Uuid::from_u128(1)), CommandId(Uuid::from_u128(2))];
    golden(
        "request-key-v1",
        &Request::<Command> {
            protocol: PROTOCOL,
            device: DeviceId(Uuid::from_u128(7)),
            person: Some(PersonId(20)),
            key: Some(DeviceKey::from_random(&[0xAB; 32])),
            sealing_key: None,
            epoch: String::new(),
            build: "b1".to_owned(),
            cursor: 0,
            device_time: Timestamp(1_793_534_400_000),
            waiting: Waiting {
                commands: 2,
                orders: 1,
                oldest_made_at: Some(Timestamp(1_793_534_400_000)),
                digest: digest_of(waiting),
            },
            lost: None,
            changes_max: None,
            commands: Vec::new(),
        },
    );
    golden(
        "response-signed-out-v1",
        &Response {
            protocol: PROTOCOL,
            epoch: "e1".to_owned(),
            server_time: Timestamp(1_793_534_400_000),
            offset: FixedOffset::default(),
            decided_seq: 2,
            results: Vec::new(),
            changes: Vec::new(),
            cursor: 42,
            more: 0,
            signed_out: true,
            sealing_key: None,
            revoked: false,
            heard_seq: None,
        },
    );
}

#[test]
fn a_response_with_every_kind_of_answer_and_change() {
    let order = order(&[(THYME_HONEY, 12), (RUG, 1)]);
    let transfer = Transfer {
        debit: Account::CommissionExpense,
        credit: Account::AgentPending(PersonId(20)),
        amount: Centimes(8_400),
        purpose: Purpose::CommissionPending,
        cause: Cause::Order {
            order: order.id,
            event_number: 2,
            told_by: None,
            cooperative: HONEY_COOP,
            line: 1,
        },
        base: Centimes::ZERO,
        at: Timestamp(1_793_534_400_000),
        period: Period::default(),
    };
    let answers = vec![
        Answer::Applied,
        Answer::AlreadyApplied,
        Answer::Parked {
            refusal: Refusal::UnknownCustomer,
        },
        Answer::RetryAfter { delay_ms: 1_000 },
    ];
    golden(
        "response-v1",
        &Response {
            protocol: PROTOCOL,
            epoch: "e1".to_owned(),
            server_time: Timestamp(1_793_534_400_000),
            offset: FixedOffset { minutes: 0 },
            decided_seq: 18,
            results: answers
                .into_iter()
                .enumerate()
                .map(|(index, answer)| CommandResult {
                    id: CommandId(Uuid::from_u128(index as u128 + 1)),
                    answer,
                })
                .collect(),
            changes: vec![
                Change::Profile(Profile {
                    person: PersonId(20),
                    name: LocalText::new("Salma", "سلمى"),
                    role: Role::Agent,
                    cooperatives: Vec::new(),
                    grade: "senior".to_owned(),
                    engagements: Vec::new(),
                }),
                Change::Catalogue(Box::new(catalogue())),
                Change::CustomerRemoved(CustomerId(Uuid::from_u128(2))),
                Change::Order(Box::new(OrderDocument {
                    received_at: order.placed_at,
                    order: order.clone(),
                    customer: None,
                })),
                Change::OrderRemoved(order.id),
                Change::Entry(LedgerEntry {
                    number: 1,
                    transfer,
                    link: None,
                    source: None,
                }),
                Change::ParkedSettled(ParkedSettled {
                    command: CommandId(Uuid::from_u128(3)),
                    accepted: true,
                }),
            ],
            cursor: 43,
            more: 0,
            signed_out: false,
            sealing_key: None,
            revoked: false,
            heard_seq: None,
        },
    );
}

/// What agents are paid by when all of it is used: terms with a lead and shares, a plan with every
/// condition and cap and with rules for a month, an order priced by them.
#[test]
fn a_basket_that_names_the_terms_it_was_priced_by() {
    let mut basket = basket(&[(THYME_HONEY, 12)]);
    assert_eq!(basket.terms_from, None, "as the first phones write it");
    basket.terms_from = Some(Timestamp(1_793_534_400_000));
    golden("basket-terms-v1", &basket);
}

#[test]
fn a_response_with_terms_and_a_whole_plan() {
    let share = |person, part| Share {
        person: PersonId(person),
        part: Ppm(part),
    };
    let engagement = Engagement {
        valid_from: Timestamp(1_793_534_400_000),
        kind: EngagementKind::Company,
        contract: "C-12".to_owned(),
        territory: "Sefrou".to_owned(),
        grade: "senior".to_owned(),
        team: "nord".to_owned(),
        lead: Some(PersonId(30)),
        shares: vec![share(20, 666_667), share(21, 333_333)],
    };
    let mut plan = plan();
    plan.rules[0].cap = Some(Centimes(5_000));
    plan.rules[0].cap_per = CapPer::Order;
    plan.rules.push(Rule {
        cap: Some(Centimes(100_000)),
        cap_per: CapPer::Period,
        ..rule(
            4,
            Conditions {
                agent: Some(PersonId(20)),
                product: Some(AMLOU),
                cooperative: Some(HONEY_COOP),
                category: Some(CategoryId(1)),
                team: Some("nord".to_owned()),
                grade: Some("senior".to_owned()),
                customer_kind: Some(CustomerKind::Household),
                channel: Some(Channel::Door),
                discount: Some(Band {
                    from: Ppm(0),
                    below: Some(Ppm(50_000)),
                }),
            },
            Pays::Rate { rate: Ppm(90_000) },
        )
    });
    plan.period = PeriodRules {
        tiers: vec![
            Tier {
                from: Centimes(0),
                below: Some(Centimes(1_000_000)),
                rate: Ppm(0),
            },
            Tier {
                from: Centimes(1_000_000),
                below: None,
                rate: Ppm(20_000),
            },
        ],
        targets: vec![Target {
            reach: Centimes(2_000_000),
            bonus: Centimes(50_000),
        }],
        guaranteed: Centimes(150_000),
        lead_rate: Ppm(13_000),
    };
    let catalogue = Catalogue {
        plans: vec![plan],
        ..catalogue()
    };
    let door = Door {
        engagement: &engagement,
        ..door(&catalogue, CustomerKind::Household)
    };
    let order = basket(&[(THYME_HONEY, 12), (AMLOU, 2), (SAMPLE, 1)])
        .place(identity(), &door)
        .expect("a basket");
    golden(
        "response-v1-terms",
        &Response {
            protocol: PROTOCOL,
            epoch: "e1".to_owned(),
            server_time: Timestamp(1_793_534_400_000),
            offset: FixedOffset { minutes: 0 },
            decided_seq: 18,
            results: Vec::new(),
            changes: vec![
                Change::Profile(Profile {
                    person: PersonId(20),
                    name: LocalText::new("Salma", "سلمى"),
                    role: Role::Agent,
                    cooperatives: Vec::new(),
                    grade: "senior".to_owned(),
                    engagements: vec![engagement.clone()],
                }),
                Change::Order(Box::new(OrderDocument {
                    received_at: order.placed_at,
                    order,
                    customer: None,
                })),
                Change::Catalogue(Box::new(catalogue.clone())),
            ],
            cursor: 43,
            more: 0,
            signed_out: false,
            sealing_key: None,
            revoked: false,
            heard_seq: None,
        },
    );
}

#[test]
fn an_entry_of_every_cause() {
    let agent = PersonId(20);
    let (october, november) = (Period::new(2026, 10), Period::new(2026, 11));
    let (october, november) = (october.expect("a month"), november.expect("a month"));
    let causes = [
        Cause::Order {
            order: OrderId(Uuid::from_u128(1)),
            event_number: 2,
            told_by: None,
            cooperative: HONEY_COOP,
            line: 1,
        },
        Cause::Settlement {
            agent,
            period: october,
            item: 3,
        },
        Cause::Payout {
            agent,
            period: october,
            step: 1,
        },
        Cause::Advance {
            advance: Uuid::from_u128(4),
        },
        Cause::Dispute {
            dispute: Uuid::from_u128(5),
            step: 2,
        },
        Cause::Correction { of: 6 },
    ];
    let mut chain = Chain::default();
    let entries: Vec<LedgerEntry> = causes
        .into_iter()
        .zip(1..)
        .map(|(cause, number)| {
            let transfer = Transfer {
                debit: Account::AgentPending(agent),
                credit: Account::AgentEarned(agent),
                amount: Centimes(8_400),
                purpose: Purpose::ALL[number as usize],
                cause,
                base: Centimes(120_000),
                at: Timestamp(1_793_534_400_000),
                period: november,
            };
            LedgerEntry {
                number,
                link: Some(chain.append(number, &transfer)),
                source: None,
                transfer,
            }
        })
        .collect();
    golden("entries-v1", &entries);
    assert_eq!(Chain::of(&entries), Ok(chain));
}

/// A statement with everything on it, in each state of its payment.
#[test]
fn statements() {
    let (october, november) = (
        Period::new(2026, 10).expect("a month"),
        Period::new(2026, 11).expect("a month"),
    );
    let rules = PeriodRules {
        tiers: vec![
            Tier {
                from: Centimes(0),
                below: Some(Centimes(1_000_000)),
                rate: Ppm(0),
            },
            Tier {
                from: Centimes(1_000_000),
                below: None,
                rate: Ppm(20_000),
            },
        ],
        targets: vec![Target {
            reach: Centimes(1_500_000),
            bonus: Centimes(50_000),
        }],
        ..PeriodRules::default()
    };
    let month_rules = MonthRules {
        plan: PlanVersion(3),
        rules: &rules,
    };
    let settled = SettledMonth {
        period: october,
        plan: PlanVersion(3),
        before: Outlook::default(),
        now: outlook(&rules, Centimes(1_200_000)).expect("fits"),
        capped: Vec::new(),
    };
    let movement = |purpose, amount, base, concerns, reason, capped| Movement {
        purpose,
        amount: Centimes(amount),
        base: Centimes(base),
        concerns,
        reason,
        capped,
        count: 2,
    };
    let capped = CappedRule {
        plan: PlanVersion(3),
        rule: 4,
        cap: Centimes(100_000),
    };
    let order = OrderId(Uuid::from_u128(1));
    let waits = |why| NotYetIn {
        order,
        cooperative: HONEY_COOP,
        amount: Centimes(8_400),
        why,
    };
    let closing = close(ClosingInput {
        number: 2,
        agent: PersonId(20),
        period: november,
        closed_at: Timestamp(1_796_126_400_000),
        rules: month_rules.clone(),
        earlier: &[EarlierMonth {
            rules: month_rules,
            settled: &settled,
        }],
        owed: Centimes(30_000),
        movements: &[
            movement(
                Purpose::CommissionVested,
                120_000,
                1_600_000,
                november,
                None,
                Some(capped),
            ),
            movement(
                Purpose::CommissionReversed,
                -8_400,
                -105_000,
                october,
                Some(ReversalReason::CustomerReturned),
                None,
            ),
        ],
        advances: &[AdvanceGiven {
            advance: Uuid::from_u128(9),
            at: Timestamp(1_793_534_400_000),
            amount: Centimes(20_000),
        }],
        kind: EngagementKind::AutoEntrepreneur,
        tax: &TaxTerms::default(),
        paid_this_year_before: Centimes(7_950_000),
        not_yet_in: vec![
            waits(NotYetInReason::AwaitingAnswer),
            waits(NotYetInReason::NotDelivered),
            waits(NotYetInReason::WithdrawalOpen {
                closes_at: Timestamp(1_796_000_000_000),
            }),
            waits(NotYetInReason::NotPaid),
            waits(NotYetInReason::NotDeposited),
            waits(NotYetInReason::Disputed {
                dispute: Uuid::from_u128(5),
            }),
            waits(NotYetInReason::MonthOpen),
        ],
    })
    .expect("good books");
    let statement = Statement {
        chain_head: "ab".repeat(32),
        ..closing.statement
    };
    let states = [
        PaymentState::Nothing,
        PaymentState::Payable,
        PaymentState::Prepared,
        PaymentState::Approved,
        PaymentState::Paid {
            on: CivilDate::new(2026, 12, 5).expect("a date"),
            reference: "VIR 4711".to_owned(),
        },
    ];
    let changes: Vec<Change> = states
        .into_iter()
        .map(|payment| {
            Change::Statement(Box::new(StatementDocument {
                statement: statement.clone(),
                payment,
            }))
        })
        .collect();
    golden("statements-v1", &changes);
}

#[test]
fn a_newer_servers_extra_fields_do_not_break_an_old_phone() {
    let text = std::fs::read_to_string(
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/response-v1.json"),
    )
    .expect("the golden file");
    let mut response: serde_json::Value = serde_json::from_str(&text).expect("reads");
    response["something_new"] = serde_json::json!({"a": 1});
    response["results"][0]["something_new"] = serde_json::json!(true);
    assert!(serde_json::from_value::<Response>(response).is_ok());
}

#[test]
fn an_unknown_field_in_a_command_body_is_not_swallowed() {
    let mut command = serde_json::to_value(&commands()[2]).expect("writes");
    command["body"]["commission"] = serde_json::json!(1);
    assert!(serde_json::from_value::<Command>(command).is_err());
}

#[test]
fn an_order_whose_commission_vests_in_parts() {
    let mut order = order(&[(THYME_HONEY, 12)]);
    order.sub_orders[0].vesting = Vesting(vec![
        VestingPart {
            when: VestsWhen::Delivered,
            part: Ppm(500_000),
        },
        VestingPart {
            when: VestsWhen::Deposited,
            part: Ppm(500_000),
        },
    ]);
    order.sub_orders[0].in_hand = Centimes(100);
    order.sub_orders[0].written_off_at = Some(Timestamp(1_793_534_400_000));
    order.sub_orders[0].lines[0].excused = 3;
    order.sub_orders[0].lines[0].lost_in_transport = 1;
    golden("sub-order-vesting-v1", &order.sub_orders[0]);
}

#[test]
fn an_order_of_which_less_became_due() {
    let mut order = order(&[(THYME_HONEY, 12)]);
    order.sub_orders[0].due_changes = vec![DueChange {
        at: Timestamp(1_793_534_400_000),
        by: Centimes(-12_000),
    }];
    golden("sub-order-due-changes-v1", &order.sub_orders[0]);
}

#[test]
fn a_command_for_goods_that_cannot_be_supplied() {
    golden(
        "command-fail-supply-v1",
        &Command {
            id: CommandId(Uuid::from_u128(1)),
            seq: 1,
            made_at: Timestamp(1_793_534_400_000),
            body: CommandBody::FailSupply(FailSupply {
                order: OrderId(Uuid::from_u128(1)),
                cooperative: HONEY_COOP,
                fault: Fault::Logistics,
            }),
        },
    );
}

#[test]
fn the_events_of_lost_goods_and_of_money() {
    let cooperative = HONEY_COOP;
    golden(
        "events-vesting-v1",
        &vec![
            OrderEvent::SupplyFailed {
                cooperative,
                fault: Fault::Cooperative,
            },
            OrderEvent::Deposited {
                cooperative,
                amount: Centimes(120_000),
                holder: Some(PersonId(20)),
            },
            OrderEvent::Deposited {
                cooperative,
                amount: Centimes(120_000),
                holder: None,
            },
            OrderEvent::WrittenOff { cooperative },
        ],
    );
}
