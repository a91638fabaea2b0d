//! The end of a month: what a plan adds to the lines' commissions, and what becomes of all of it.
//!
//! Lines earn as they vest and are never rated again. What depends on the whole month is settled at
//! its close, by [`rules`] of the plan, as entries of their own.

pub mod rules;
