//! The screens of Taswiq.
