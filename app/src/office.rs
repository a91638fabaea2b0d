//! The office: what managers and administrators read and decide.
//!
//! Rendered on the server and whole without a script: filters are forms that ask, acts are forms that
//! post and are answered by another address, so that going back never does something twice. A page
//! is a function of what the office told ([`taswiq_backend`]'s views) and of the [`Desk`] it is laid
//! on; it asks nothing itself.

pub mod audit;
pub mod books;
pub mod catalogue;
pub mod cooperatives;
pub mod customers;
pub mod dashboard;
pub mod desk;
pub mod disputes;
pub mod engagement;
pub mod entry;
pub mod form;
pub mod history;
pub mod imports;
pub mod orders;
pub mod parked;
pub mod people;
pub mod period;
pub mod plan;
pub mod prices;
pub mod settlement;
pub mod sheet;
pub mod start;
pub mod unpaid;
mod widgets;

pub use desk::{Desk, Room};
pub use form::{Problem, Typed};
