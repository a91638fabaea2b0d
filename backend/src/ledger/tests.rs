//! Transfers that no order causes, on both databases.

use super::entries;
use crate::bulk::Company;
use crate::clock::SettableClock;
use crate::error::OfficeError;
use crate::people::PersonDetails;
use crate::{Office, Options, testing};
use std::sync::Arc;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::chain::Chain;
use taswiq_domain::ledger::{Account, Cause, Purpose, Transfer};
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::person::Role;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

/// 2026-11-02 09:00 UTC.
const NOW: Timestamp = Timestamp(1_793_610_000_000);
const AGENT: PersonId = PersonId(1);

async fn office(url: &str) -> Office {
    let clock = Arc::new(SettableClock::new(NOW));
    let office = Office::open(url, clock, Options::default())
        .await
        .expect("opens");
    let agent = |login: &str| {
        let details = PersonDetails {
            role: Role::Agent,
            name: LocalText::new(login, login),
            login: Some(login.to_owned()),
            phone: None,
            language: "fr".to_owned(),
            cooperatives: Vec::new(),
        };
        (details, "un mot de passe".to_owned())
    };
    let company = Company {
        people: vec![agent("one"), agent("two")],
        ..Company::default()
    };
    office.found_company(company).await.expect("founded");
    office
}

fn month(month: u32) -> Period {
    Period::new(2026, month).expect("a month")
}

fn transfer(cause: Cause, purpose: Purpose) -> Transfer {
    Transfer {
        debit: Account::AgentEarned(AGENT),
        credit: Account::AgentPayable(AGENT),
        amount: Centimes(1_000),
        purpose,
        cause,
        base: Centimes::ZERO,
        at: NOW,
        period: month(11),
    }
}

/// Each cause, and another of the same kind that is not the same.
fn causes() -> Vec<Cause> {
    let (agent, id) = (AGENT, Uuid::from_u128);
    vec![
        Cause::Settlement {
            agent,
            period: month(10),
            item: 0,
        },
        Cause::Settlement {
            agent,
            period: month(10),
            item: 1,
        },
        Cause::Settlement {
            agent,
            period: month(9),
            item: 0,
        },
        Cause::Payout {
            agent,
            period: month(10),
            step: 1,
        },
        Cause::Payout {
            agent,
            period: month(10),
            step: 2,
        },
        Cause::Advance { advance: id(1) },
        Cause::Advance { advance: id(2) },
        Cause::Dispute {
            dispute: id(3),
            step: 1,
        },
        Cause::Dispute {
            dispute: id(3),
            step: 2,
        },
        Cause::Correction { of: 1 },
        Cause::Correction { of: 2 },
    ]
}

async fn post(office: &Office, transfer: Transfer) -> Result<i64, OfficeError> {
    office
        .write(transfer, |transfer, work| {
            Box::pin(async move { work.post(transfer.clone()) })
        })
        .await
}

async fn every_cause_is_kept_once(office: &Office) {
    let mut posted = Vec::new();
    for cause in causes() {
        posted.push(transfer(cause, Purpose::Settled));
    }
    // The same cause may move money for two purposes, or out of two accounts.
    posted.push(transfer(causes()[0], Purpose::TaxWithheld));
    posted.push(Transfer {
        debit: Account::AgentPending(AGENT),
        ..transfer(causes()[0], Purpose::Settled)
    });
    let mut numbers = Vec::new();
    for transfer in &posted {
        numbers.push(post(office, transfer.clone()).await.expect("posted"));
    }
    for transfer in &posted {
        let again = Transfer {
            amount: Centimes(7),
            at: NOW.plus_ms(1),
            ..transfer.clone()
        };
        assert!(
            matches!(post(office, again).await, Err(OfficeError::Conflict { .. })),
            "{}",
            transfer.cause_key()
        );
    }
    let mut conn = office.db.read().await.expect("reads");
    let stored = entries(&mut conn, &numbers).await.expect("read");
    drop(conn);
    let read: Vec<Transfer> = stored.iter().map(|entry| entry.transfer.clone()).collect();
    assert_eq!(read, posted);
    assert_eq!(
        Chain::of(&stored).expect("whole").length,
        posted.len() as u64
    );
    // An earlier month is corrected again by a later one that closes.
    let later = Transfer {
        period: month(12),
        ..posted[0].clone()
    };
    post(office, later).await.expect("another closing");
    let differences = office.recount().await.expect("recounts");
    assert!(differences.is_empty(), "{differences:?}");
}

async fn what_no_rule_makes_is_not_posted(office: &Office) {
    let advance = Cause::Advance {
        advance: Uuid::from_u128(9),
    };
    let between_agents = Transfer {
        credit: Account::AgentPayable(PersonId(2)),
        ..transfer(advance, Purpose::Advance)
    };
    let of_another = Cause::Payout {
        agent: PersonId(2),
        period: month(10),
        step: 1,
    };
    let nothing = Transfer {
        amount: Centimes::ZERO,
        ..transfer(advance, Purpose::Advance)
    };
    for refused in [
        between_agents,
        transfer(of_another, Purpose::PaidOut),
        nothing,
    ] {
        assert!(post(office, refused.clone()).await.is_err(), "{refused:?}");
    }
    office
        .write((), |(), work| {
            Box::pin(async move { work.close_period(month(11)) })
        })
        .await
        .expect("closed");
    assert!(
        post(office, transfer(advance, Purpose::Advance))
            .await
            .is_err()
    );
    let open = Transfer {
        period: month(12),
        ..transfer(advance, Purpose::Advance)
    };
    post(office, open).await.expect("the open month takes it");
}

async fn keep(office: Office) {
    every_cause_is_kept_once(&office).await;
    what_no_rule_makes_is_not_posted(&office).await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cause_is_kept_once_and_nothing_else_on_sqlite() {
    testing::on_sqlite("causes", async |url| keep(office(url).await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cause_is_kept_once_and_nothing_else_on_postgres() {
    testing::on_postgres("causes", async |url| keep(office(url).await).await).await;
}
