//! What the office promises, each promise kept on SQLite and on PostgreSQL.
//!
//! PostgreSQL takes part when `TASWIQ_TEST_POSTGRES_URL` names a database in which schemas may be
//! made; `cargo xtask test` always does so.

mod promises {
    pub mod world;

    mod arrival;
    mod backup;
    mod catalogue;
    mod civil_edges;
    mod demo;
    mod disputes;
    mod engagements;
    mod faults;
    mod figures;
    mod files;
    mod first_contact;
    mod hand_over;
    mod ledger;
    mod payouts;
    mod people;
    mod receipts;
    mod schema;
    mod settlement;
    mod simulation;
    mod statements;
    mod sync;
    mod vesting;
}
