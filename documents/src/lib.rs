//! The papers of a settlement: what a bank is asked to pay and what an agent is given to read.
//!
//! Each paper is made of one plain value and nothing else: no clock, no database, no network, so the same
//! value always gives the same bytes and a paper can be made again years later. Every word on it is given
//! to it, for sentences live in the locales; amounts come as whole centimes and are never computed here
//! but for the sum under a list.
//!
//! What people typed is hostile until shown otherwise. It may be Arabic, French or both, thousands of
//! letters without a space, formulas, invisible marks that turn the order of reading around. It never
//! leaves its cell.

pub mod bank_list;
mod paper;
pub mod statement;
mod writing;

/// Where a reader begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// As French is read.
    LeftToRight,
    /// As Arabic is read.
    RightToLeft,
}
