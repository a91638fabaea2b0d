//! Statements are paid by two people, once, to accounts that check.

use super::settlement::{close, november, sell, statement};
use super::world::*;
use taswiq_backend::OfficeError;
use taswiq_backend::settlement::SettlementRefusal;
use taswiq_backend::settlement::payouts::PayoutStage;
use taswiq_domain::access::Actor;
use taswiq_domain::bank::RibError;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::chain::{Chain, hexadecimal};
use taswiq_domain::ledger::{Account, Purpose};
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::sync::{Change, LedgerEntry, PaymentState};
use taswiq_domain::time::Calendar;

const RIB: &str = "011 519 0000012050005349 21";
const OTHER_RIB: &str = "230810000000012345678965";

async fn balance(world: &World, account: Account) -> i64 {
    let balances = world
        .office
        .balances(&world.manager())
        .await
        .expect("balances");
    balances.get(&account).map_or(0, |balance| balance.0)
}

/// The state that an agent's phone was last told of.
async fn payment(world: &World, agent: PersonId) -> PaymentState {
    let changes = world.phone(agent).await.pull().await;
    let mut told = changes.into_iter().filter_map(|change| match change {
        Change::Statement(document) => Some(document.payment),
        _ => None,
    });
    told.next_back().expect("a statement")
}

fn refusal<T: std::fmt::Debug>(result: Result<T, OfficeError>) -> SettlementRefusal {
    match result {
        Err(OfficeError::Settlement(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

/// A closed month in which both agents are payable, and one has an account.
async fn payable(world: &World) {
    for who in [AGENT, OTHER_AGENT] {
        let mut phone = world.phone(who).await;
        sell(world, &mut phone, &[(1, 10)]).await;
    }
    close(world, november()).await;
    world
        .office
        .enter_bank_account(&world.manager(), AGENT, RIB)
        .await
        .expect("entered");
}

/// What a phone is told of months: the purposes of the entries that closes posted, and how statements stand.
async fn told_of_months(phone: &mut Phone) -> (Vec<LedgerEntry>, Vec<(Period, PaymentState)>) {
    let (mut entries, mut statements) = (Vec::new(), Vec::new());
    for change in phone.pull().await {
        match change {
            Change::Entry(entry) if entry.transfer.cause.order().is_none() => entries.push(entry),
            Change::Statement(document) => {
                statements.push((document.statement.period, document.payment));
            }
            _ => {}
        }
    }
    (entries, statements)
}

promise! {
    async fn a_close_tells_each_agent_their_own_entries_and_statement_once_and_nobody_else_anything(world) {
        let office = &world.office;
        let mut phones = Vec::new();
        for who in [AGENT, OTHER_AGENT] {
            let mut phone = world.phone(who).await;
            sell(&world, &mut phone, &[(1, 10)]).await;
            phone.pull().await;
            phones.push((who, phone));
        }
        let mut cooperative = world.phone(BEEKEEPER).await;
        cooperative.pull().await;
        close(&world, november()).await;
        for (who, phone) in &mut phones {
            let (entries, statements) = told_of_months(phone).await;
            assert_eq!(statements, [(november(), PaymentState::Payable)]);
            let purposes: Vec<Purpose> = entries.iter().map(|entry| entry.transfer.purpose).collect();
            assert_eq!(purposes, [Purpose::Settled]);
            assert_eq!(entries[0].transfer.agent(), Some(*who));
            // Once it was told it is not told again.
            assert_eq!(phone.pull().await, []);
            // One from nothing is told the whole chain, each of its entries once.
            let mut chain = Vec::new();
            for change in world.phone(*who).await.pull().await {
                if let Change::Entry(entry) = change {
                    chain.push(entry);
                }
            }
            let head = Chain::of(&chain).expect("whole").head;
            let statement = office.statement(&world.manager(), *who, november()).await.expect("a statement");
            assert_eq!(statement.document.statement.chain_head, hexadecimal(&head));
        }
        assert_eq!(cooperative.pull().await, []);
        // What becomes of a statement is told of it alone, to whom knows it and, once, to whom does not: not even
        // when so much lies between that it comes in another answer.
        for _ in 0..5 {
            let customers = (0..100).map(|_| phones[0].1.command(&register())).collect();
            phones[0].1.sync(customers).await;
        }
        phones[0].1.pull().await;
        office.enter_bank_account(&world.manager(), AGENT, RIB).await.expect("entered");
        office.prepare_payout(&world.manager(), november()).await.expect("prepared");
        let prepared = [(november(), PaymentState::Prepared)];
        assert_eq!(told_of_months(&mut phones[0].1).await, (Vec::new(), prepared.to_vec()));
        assert_eq!(told_of_months(&mut phones[1].1).await, (Vec::new(), Vec::new()));
        let (entries, statements) = told_of_months(&mut world.phone(AGENT).await).await;
        assert_eq!((entries.len(), statements), (1, prepared.to_vec()));
        // Months closed one after the other come in their order.
        close(&world, november().next()).await;
        let (_, statements) = told_of_months(&mut world.phone(OTHER_AGENT).await).await;
        let payments = [(november(), PaymentState::Payable), (november().next(), PaymentState::Nothing)];
        assert_eq!(statements, payments);
    }
}

promise! {
    async fn one_person_prepares_another_approves_and_the_bank_pays_once(world) {
        let (office, manager, administrator) = (&world.office, world.manager(), world.administrator());
        payable(&world).await;
        let to_pay = office.payable(&manager, november()).await.expect("looked at");
        assert_eq!((to_pay.agents, to_pay.amount), (1, Centimes(8_000)));
        assert_eq!((to_pay.left_out.len(), to_pay.left_out[0].agent), (1, OTHER_AGENT));
        let id = office.prepare_payout(&manager, november()).await.expect("prepared");
        assert_eq!(payment(&world, AGENT).await, PaymentState::Prepared);
        // Whoever is left out stays payable, and whoever is in it is in it once.
        assert_eq!(payment(&world, OTHER_AGENT).await, PaymentState::Payable);
        assert_eq!(refusal(office.prepare_payout(&manager, november()).await), SettlementRefusal::NobodyToPay { period: november() });
        let today = office.calendar().date_at(world.clock_now());
        assert_eq!(refusal(office.record_payment(&manager, id, today, "VIR 1").await), SettlementRefusal::PayoutMovedOn { now: PayoutStage::Prepared });
        assert_eq!(refusal(office.approve_payout(&manager, id).await), SettlementRefusal::OwnPayout);
        office.approve_payout(&administrator, id).await.expect("approved");
        assert_eq!(refusal(office.approve_payout(&administrator, id).await), SettlementRefusal::PayoutMovedOn { now: PayoutStage::Approved });
        assert_eq!(payment(&world, AGENT).await, PaymentState::Approved);
        for day in [today.plus_days(1), today.plus_days(-1)] {
            assert_eq!(refusal(office.record_payment(&manager, id, day, "VIR 1").await), SettlementRefusal::PaidOnWrongDay);
        }
        assert!(matches!(office.record_payment(&manager, id, today, "  ").await, Err(OfficeError::Invalid(_))));
        office.record_payment(&manager, id, today, "VIR 1").await.expect("recorded");
        assert_eq!(refusal(office.record_payment(&manager, id, today, "VIR 1").await), SettlementRefusal::PayoutMovedOn { now: PayoutStage::Paid });
        assert_eq!(refusal(office.cancel_payout(&manager, id).await), SettlementRefusal::PayoutMovedOn { now: PayoutStage::Paid });
        assert_eq!(payment(&world, AGENT).await, PaymentState::Paid { on: today, reference: "VIR 1".to_owned() });
        assert_eq!((balance(&world, Account::AgentPayable(AGENT)).await, balance(&world, Account::AgentPaid(AGENT)).await), (0, 8_000));
        let month = office.closed_month(&manager, november()).await.expect("known");
        assert_eq!((month.month.totals.net, month.month.totals.paid), (Centimes(16_000), Centimes(8_000)));
        // The statement itself is as it was.
        assert_eq!(statement(&world, AGENT, november()).await.net, Centimes(8_000));
        let actions = world.audit_actions().await;
        for action in ["bank_account_entered", "payout_prepared", "payout_approved", "payment_recorded"] {
            assert_eq!(actions.iter().filter(|one| *one == action).count(), 1, "{action}");
        }
        world.assert_sound().await;
    }
}

promise! {
    async fn what_is_approved_is_what_is_paid(world) {
        let (office, manager, administrator) = (&world.office, world.manager(), world.administrator());
        payable(&world).await;
        let id = office.prepare_payout(&manager, november()).await.expect("prepared");
        // Another account afterwards reaches the next payout, not this one; whoever approves sees it.
        office.enter_bank_account(&manager, AGENT, OTHER_RIB).await.expect("entered");
        let payout = office.payout(&administrator, id).await.expect("known");
        assert_eq!(payout.lines[0].rib.as_str(), RIB.replace(' ', ""));
        assert!(payout.lines[0].account_changed);
        // Given up, everybody in it is payable again.
        office.approve_payout(&administrator, id).await.expect("approved");
        office.cancel_payout(&manager, id).await.expect("given up");
        assert_eq!(payment(&world, AGENT).await, PaymentState::Payable);
        let again = office.prepare_payout(&administrator, november()).await.expect("prepared");
        let payout = office.payout(&manager, again).await.expect("known");
        assert_eq!((payout.lines[0].rib.as_str(), payout.lines[0].account_changed), (OTHER_RIB, false));
        // What is payable changes under it: it is not approved.
        let (entries, _) = (world.phone(AGENT).await.pull().await, ());
        let settled = entries.into_iter().find_map(|change| match change {
            Change::Entry(entry) if entry.transfer.purpose == taswiq_domain::ledger::Purpose::Settled => Some(entry.number),
            _ => None,
        });
        let reason = taswiq_domain::ledger::CorrectionReason::ALL[0];
        office.correct_entry(&manager, settled.expect("settled"), reason).await.expect("corrected");
        assert_eq!(refusal(office.approve_payout(&manager, again).await), SettlementRefusal::NotPayable { agent: AGENT });
        world.assert_sound().await;
    }
}

promise! {
    async fn money_that_the_bank_sends_back_is_payable_again_and_paid_again(world) {
        let (office, manager, administrator) = (&world.office, world.manager(), world.administrator());
        payable(&world).await;
        for round in 0..3 {
            let today = office.calendar().date_at(world.clock_now());
            let id = office.prepare_payout(&manager, november()).await.expect("prepared");
            office.approve_payout(&administrator, id).await.expect("approved");
            office.record_payment(&manager, id, today, "VIR").await.expect("recorded");
            assert_eq!(balance(&world, Account::AgentPaid(AGENT)).await, 8_000);
            assert!(matches!(office.record_returned(&manager, id, OTHER_AGENT).await, Err(OfficeError::NotFound)));
            if round < 2 {
                office.record_returned(&manager, id, AGENT).await.expect("came back");
                assert!(matches!(office.record_returned(&manager, id, AGENT).await, Err(OfficeError::NotFound)));
                assert_eq!((balance(&world, Account::AgentPaid(AGENT)).await, balance(&world, Account::AgentPayable(AGENT)).await), (0, 8_000));
                assert_eq!(payment(&world, AGENT).await, PaymentState::Payable);
            }
        }
        assert!(matches!(payment(&world, AGENT).await, PaymentState::Paid { .. }));
        world.assert_sound().await;
    }
}

promise! {
    async fn two_that_prepare_or_record_at_once_do_it_once(world) {
        payable(&world).await;
        let second = world.second_process().await;
        let offices = [world.office.clone(), second.clone()];
        let prepare = offices.clone().map(|office| {
            let manager = world.manager();
            tokio::spawn(async move { office.prepare_payout(&manager, november()).await.ok() })
        });
        let mut prepared = Vec::new();
        for one in prepare {
            prepared.extend(one.await.expect("no panic"));
        }
        assert_eq!(prepared.len(), 1);
        world.office.approve_payout(&world.administrator(), prepared[0]).await.expect("approved");
        let today = world.office.calendar().date_at(world.clock_now());
        let record = offices.map(|office| {
            let (manager, id) = (world.manager(), prepared[0]);
            tokio::spawn(async move { office.record_payment(&manager, id, today, "VIR 1").await.is_ok() })
        });
        let mut recorded = 0;
        for one in record {
            recorded += usize::from(one.await.expect("no panic"));
        }
        assert_eq!((recorded, balance(&world, Account::AgentPaid(AGENT)).await), (1, 8_000));
        second.close().await;
        world.assert_sound().await;
    }
}

promise! {
    async fn an_account_is_checked_and_shown_to_nobody_by_the_trail(world) {
        let (office, manager) = (&world.office, world.manager());
        let wrong = [
            (RIB.replace("21", "22"), RibError::WrongKey),
            ("011 519".to_owned(), RibError::NotTwentyFourDigits(6)),
            ("IBAN".to_owned(), RibError::NotADigit('I')),
        ];
        for (typed, error) in wrong {
            assert!(matches!(office.enter_bank_account(&manager, AGENT, &typed).await, Err(OfficeError::InvalidRib(found)) if found == error));
        }
        for person in [BEEKEEPER, MANAGER, PersonId(999)] {
            assert!(matches!(office.enter_bank_account(&manager, person, RIB).await, Err(OfficeError::NotFound)));
        }
        let agent = Actor { person: AGENT, role: taswiq_domain::person::Role::Agent, cooperatives: Vec::new() };
        assert!(matches!(office.enter_bank_account(&agent, AGENT, RIB).await, Err(OfficeError::NotAllowed)));
        assert_eq!(office.bank_account(&manager, AGENT).await.expect("looked up"), None);
        office.enter_bank_account(&manager, AGENT, RIB).await.expect("entered");
        let account = office.bank_account(&manager, AGENT).await.expect("looked up").expect("one");
        assert_eq!((account.rib.as_str(), account.entered_by), ("011519000001205000534921", MANAGER));
        let trail = office.audit(&world.administrator(), None).await.expect("the trail");
        let entry = trail.iter().find(|entry| entry.action == "bank_account_entered").expect("in it");
        assert!(!entry.detail.contains("12050005349") && entry.detail.starts_with("011"));
    }
}
