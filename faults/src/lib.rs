//! Phones and a server through every fault, from one seed.
//!
//! What a person saved is never lost and never doubled, whatever the phone, the network or the server
//! does. Here that is tried as often as there is time for. Nothing is a model: the phones run
//! `taswiq-offline`, with its engine and its driver, and the server is `taswiq-backend` on SQLite.
//! Only what surrounds them is made up: the way between them, the clocks, the memory of the phones,
//! the power of the server, and people who act.
//!
//! - [`schedule`]: a seed becomes a list of steps. The list knows nothing of what will come of them, so
//!   steps can be left out and what remains still means the same.
//! - [`world`]: carries the steps out, and after the last one heals everything and lets the phones sync
//!   until nothing moves any more.
//! - [`oracle`]: what must hold after each step, and in the end.
//! - [`power`]: how a server is killed between any two statements, and finds itself again; the same
//!   place is where another message may come in between.
//! - [`bugs`]: mistakes on purpose, each of which the oracle has to catch. They sit at the seams (the
//!   phone's store, the way, the door of the server), never in the product.
//! - [`shrink`]: what is left of a failing schedule when everything that does not matter is gone.
//!
//! The same seed gives the same run, to the last answer: one thread decides, no clock is read, and what
//! the server draws at random (its epoch, the tokens of sessions) is in no trace.

pub mod bugs;
mod company;
mod oracle;
mod phone;
mod power;
pub mod schedule;
mod server;
pub mod shrink;
pub mod tally;
mod world;

pub use company::Template;
pub use world::{Outcome, Violation, run};
