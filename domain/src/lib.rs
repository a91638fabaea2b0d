//! The rules of Taswiq, compiled to the phone and to the server alike.
//!
//! An agent at a door without network must see the very figure the office will later pay, so every
//! rule that makes a figure or a decision lives here and nowhere else. The crate is pure: it knows
//! no clock, no randomness, no storage, no network, no floating point and no human language. What
//! it needs of those is an argument; what it says to people is a code.
//!
//! Read [`order`] first (the life of an order) and [`decide`] (what a person's act makes of it), then [`commission`] and [`ledger`] (what it earns),
//! [`law`] (what may be asked of a customer and when), [`access`] (who may do what) and [`sync`]
//! (what phone and server say to each other).

pub mod access;
pub mod bank;
pub mod catalogue;
pub mod commission;
pub mod company;
pub mod customer;
pub mod decide;
pub mod device_key;
pub mod dispute;
pub mod engagement;
pub mod explain;
pub mod hand_over;
pub mod ids;
pub mod law;
pub mod ledger;
pub mod limits;
pub mod money;
pub mod order;
pub mod period;
pub mod person;
pub mod phone;
pub mod photo;
pub mod pin;
pub mod reading;
pub mod refusal;
pub mod scenario;
pub mod settlement;
pub mod simulation;
pub mod spoken_code;
pub mod sync;
pub mod text;
pub mod time;

pub use refusal::Refusal;
