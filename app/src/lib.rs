//! The screens of Taswiq.

pub mod route;
pub mod words;
