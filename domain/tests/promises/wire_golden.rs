//! The wire of protocol 1, frozen: what an installed phone says and hears must be understood for as
//! long as it may sleep. These files are only ever added to.

use crate::demo_catalogue::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::path::PathBuf;
use taswiq_domain::Refusal;
use taswiq_domain::customer::{CustomerDetails, CustomerKind};
use taswiq_domain::ids::{CommandId, CustomerId, DeviceId, OrderId, PersonId};
use taswiq_domain::ledger::{Account, Cause, Purpose, Transfer};
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::event::{LineUnits, PackedLine, Proposal, ProposedLine};
use taswiq_domain::order::{
    CancelledBy, Fault, OrderEvent, PaymentMethod, Place, Proof, Reason, Vesting, VestingPart,
    VestsWhen,
};
use taswiq_domain::period::Period;
use taswiq_domain::person::{Profile, Role};
use taswiq_domain::reading::read;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::*;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{FixedOffset, Timestamp};
use uuid::Uuid;

/// Compares with the golden file; `UPDATE_GOLDEN=1` writes a file that does not exist yet, never
/// one that does.
fn golden<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
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
        }),
        CommandBody::AmendOrder(AmendOrder {
            order,
            basket: basket(&[(THYME_HONEY, 12)]),
            shown: shown(),
        }),
        CommandBody::CancelOrder(CancelOrder {
            order,
            by: CancelledBy::Agent,
            reason: Reason::Mistake,
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
        }),
        CommandBody::DeclareEarlyPayment(Collect {
            order,
            cooperative,
            amount: Centimes(120_000),
            method: PaymentMethod::Wallet,
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
fn a_request_with_every_kind_of_command() {
    golden(
        "request-v1",
        &Request {
            protocol: PROTOCOL,
            device: DeviceId(Uuid::from_u128(7)),
            epoch: "e1".to_owned(),
            build: "b1".to_owned(),
            cursor: 42,
            device_time: Timestamp(1_793_534_400_000),
            waiting: Waiting {
                commands: 18,
                orders: 1,
                oldest_made_at: Some(Timestamp(1_793_534_400_000)),
            },
            commands: commands(),
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
                }),
                Change::ParkedSettled(ParkedSettled {
                    command: CommandId(Uuid::from_u128(3)),
                    accepted: true,
                }),
            ],
            cursor: 43,
            more: 0,
        },
    );
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
