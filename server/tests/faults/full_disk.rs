//! Fault 16: the disk is full, or gives errors. Who cannot be served is told so and when to come again, what
//! was acknowledged is there, reading goes on, and when the disk is well the server is, without a restart.
//!
//! Every operation of the program on the database's files (write, cut, sync) gets its turn to fail: alone, as
//! a bad sector does, or with all that follow until there is room again.

use crate::disk::{BROKEN, NO_SPACE, Orders, What};
use crate::is_long;
use crate::patient::Patient;
use crate::phone::Heard;

const ERRORS: [u64; 2] = [NO_SPACE, BROKEN];
/// Operations of moving the log that fail, from the first.
const TURNS: u64 = 4;
const TURNS_LONG: u64 = 150;

#[test]
fn fault_16_an_operation_that_fails_alone_is_no_reason_to_lose_or_restart() {
    let mut patient = Patient::new();
    for error in ERRORS {
        for turn in patient.turns() {
            let first = patient.order(error, turn, 1);
            while patient.disk.operations() < first || patient.pair.has_waiting() {
                assert_ne!(patient.sync(), Heard::Nothing);
            }
            patient.assert_reads();
        }
    }
    patient.assert_whole();
}

#[test]
fn fault_16_while_nothing_can_be_written_all_is_read_and_with_room_again_all_goes_on() {
    let mut patient = Patient::new();
    for error in ERRORS {
        patient.bears(error);
    }
    patient.assert_whole();
}

#[test]
fn fault_16_a_log_that_cannot_be_moved_to_its_file_is_moved_later() {
    let mut patient = Patient::new();
    let turns = if is_long() { TURNS_LONG } else { TURNS };
    for turn in 1..=turns {
        let first = patient.disk.order(Orders {
            error: ERRORS[turn as usize % ERRORS.len()],
            first: turn,
            count: 1,
            only_main: true,
        });
        // Once the log is long enough each commit tries to move it: the first turn takes longest.
        while patient.disk.operations() < first || patient.pair.has_waiting() {
            assert_eq!(patient.sync(), Heard::Decided);
        }
    }
    let journal = patient.disk.journal();
    let failed = journal
        .records
        .iter()
        .filter(|record| record.what == What::Failed);
    let failed: Vec<&str> = failed.map(|record| record.name.as_str()).collect();
    assert_eq!(failed, vec!["office.sqlite"; turns as usize]);
    patient.assert_whole();
}
