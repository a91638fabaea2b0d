//! Promises about the oracle: what is wrong is caught, and told in few steps.

use taswiq_faults::bugs::Bug;
use taswiq_faults::schedule::Schedule;
use taswiq_faults::shrink::shrink;
use taswiq_faults::{Template, run};

/// Of each bug a seed that caught it when somebody last looked, with `taswiq-faults bugs`: where to begin
/// to look again.
#[rustfmt::skip]
const CAUGHT_BY: &[(Bug, u64)] = &[
    (Bug::DedupeSkipped, 0),
    (Bug::RepeatIsRefused, 0),
    (Bug::LastIsNotDecided, 0),
    (Bug::RetryIsAcknowledged, 2),
    (Bug::AnswersBeforeCommit, 0),
    (Bug::RefusalIsSwallowed, 1),
    (Bug::RefusalIsNotTold, 1),
    (Bug::AppliedIsRefused, 0),
    (Bug::AnswersAreShifted, 0),
    (Bug::CommandsAreForgotten, 0),
    (Bug::DecidedIsForgotten, 0),
    (Bug::FeedLosesOrders, 0),
    (Bug::FeedIsMixed, 0),
    (Bug::BalanceIsOff, 1),
    (Bug::FromNothingTellsLess, 22),
    (Bug::RestoreKeepsEpoch, 7),
    (Bug::EpochIsSkipped, 7),
    (Bug::DecidedIsTooMany, 0),
    (Bug::CursorPassesLateChange, 1),
    (Bug::LastChangeIsDropped, 0),
    (Bug::FirstChangeIsDropped, 0),
    (Bug::RemovalsAreDropped, 9),
    (Bug::SettledIsNotTold, 35),
    (Bug::OrdersAreStale, 0),
    (Bug::CustomersAreStale, 0),
    (Bug::EntryIsDropped, 1),
    (Bug::EntryIsTouched, 1),
    (Bug::CatalogueIsNotTold, 29),
    (Bug::NewDeviceStartsLate, 0),
    (Bug::AgentScopeUnchecked, 0),
    (Bug::CooperativeSeesAll, 0),
    (Bug::RevokedReads, 1),
    (Bug::RevokedIsShutOut, 1),
    (Bug::SentIsDone, 0),
    (Bug::PortalIsAnswer, 152),
    (Bug::BusyIsRefusal, 198),
    (Bug::RetryHasNewIds, 12),
    (Bug::SaveIsHalf, 0),
    (Bug::SaveIsRelaxed, 3),
    (Bug::FullIsSilent, 11),
    (Bug::AnswerClearsOutbox, 71),
    (Bug::AcknowledgedIsForgotten, 33),
    (Bug::ParkedIsForgotten, 8),
    (Bug::ActIsNotSaved, 0),
    (Bug::RemovalIsNotSaved, 9),
    (Bug::NumberIsNotSaved, 0),
    (Bug::OfferIsNotSaved, 49),
    (Bug::ChangesAreNotSaved, 0),
    (Bug::UpdateClearsOutbox, 0),
    (Bug::HandOverClearsOutbox, 27),
    (Bug::OutboxIsShared, 1),
    (Bug::RestartIsNewDevice, 3),
    (Bug::TraceIsNotKept, 0),
    (Bug::LostStoreKeepsDevice, 0),
    (Bug::LossIsNotTold, 0),
    (Bug::PagesDoNotCompare, 49),
    (Bug::LostLeaderStores, 99),
    (Bug::SealingLosesOne, 0),
    (Bug::AnyPinOpens, 0),
    (Bug::KeysAreForgotten, 3),
    (Bug::PutOutKeepsCopies, 1),
    (Bug::PutOutForgetsOutbox, 267),
    (Bug::FileIsDoneTwice, 1),
    (Bug::FileIsTakenForAnother, 1),
    (Bug::KeyReads, 3),
    (Bug::PutOutIsForgotten, 29),
    (Bug::ReceiptIsAnotherOrder, 0),
    (Bug::OtherIdsAreForgotten, 35),
    (Bug::OtherIdIsDropped, 35),
    (Bug::OtherIdsAreNotTold, 0),
    (Bug::DifferingIsTaken, 40),
    (Bug::DisputesAreNotTold, 1),
    (Bug::DisputeIsTouched, 1),
    (Bug::DisputeIsDecidedTwice, 1),
    (Bug::MonthOpensAgain, 179),
    (Bug::StatementIsNotTold, 3),
    (Bug::StatementIsTouched, 3),
];
/// Seeds tried from there on: what the product does may change, and with it what a seed meets.
const SEEDS_MAX: u64 = 150;

#[test]
fn every_planted_bug_is_caught() {
    let template = Template::new().expect("a company");
    assert!(Bug::ALL.len() >= 30);
    for bug in Bug::ALL {
        let from = CAUGHT_BY
            .iter()
            .find(|(known, _)| known == bug)
            .map_or(0, |(_, seed)| *seed);
        let caught = (from..from + SEEDS_MAX).find(|seed| {
            run(&template, &Schedule::of(*seed), Some(*bug))
                .violation
                .is_some()
        });
        assert!(caught.is_some(), "{bug:?} was not caught: {}", bug.words());
    }
}

#[test]
fn a_failing_schedule_is_told_in_few_steps() {
    let template = Template::new().expect("a company");
    let bug = Some(Bug::DedupeSkipped);
    let fails = |schedule: &Schedule| run(&template, schedule, bug).violation.is_some();
    let failing = (0..500)
        .map(Schedule::of)
        .find(fails)
        .expect("a failing schedule");
    let shortest = shrink(&failing, fails);
    assert!(fails(&shortest));
    assert!(shortest.steps.len() <= 4, "{:#?}", shortest.steps);
    // Nothing of it can be left out.
    for index in 0..shortest.steps.len() {
        let mut shorter = shortest.clone();
        shorter.steps.remove(index);
        assert!(
            !fails(&shorter),
            "{} does not matter",
            shortest.steps[index]
        );
    }
}
