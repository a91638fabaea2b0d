//! The rules of Taswiq.
