//! What the office promises, each promise kept on SQLite and on PostgreSQL.
//!
//! PostgreSQL takes part when `TASWIQ_TEST_POSTGRES_URL` names a database in which schemas may be
//! made; `cargo xtask test` always does so.

mod promises {
    pub mod world;

    mod catalogue;
    mod demo;
    mod faults;
    mod figures;
    mod files;
    mod people;
    mod schema;
    mod statements;
    mod sync;
    mod vesting;
}
