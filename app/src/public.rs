//! Pages for people who are not signed in yet, and those that say why something did not work.
//!
//! Rendered on the server and usable without a script: plain links and forms. A page is a function
//! from what it shows to the whole document.

pub mod document;
pub mod entrance;
pub mod hand_over;
pub mod sorry;

pub use document::{Assets, Setting, Theme, document};
