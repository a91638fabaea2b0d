//! What a person saved is never lost and never doubled: some schedules of it, every day.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "promises/caught.rs"]
mod caught;
#[path = "promises/kept.rs"]
mod kept;
