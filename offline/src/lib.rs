//! What a device remembers and how it catches up with the server.
//!
//! A phone at a door has no network, so the device itself is the truth about what its person did
//! until the server has answered. Everything here follows from three promises:
//!
//! 1. **Saved before shown.** [`Device::act`] decides with the same rules as the server, commits one
//!    record in one strictly durable transaction, and only then says that it is done.
//! 2. **Only a decision of the server takes a command out of the outbox.** No network, time-out,
//!    half a body, a hotel's Wi-Fi page or an error code ever does, however often it repeats.
//! 3. **Every step may be the last.** Each change of what is stored is one transaction, so a phone that
//!    dies between any two of them continues where it was.
//!
//! # What screens use
//!
//! [`Device`] is a cheap handle; clone it freely. It is opened once, then every read is synchronous:
//!
//! ```text
//! Device::open(store, person, new_device_id).await      what this person has on this phone
//! device.is_ready()                                     profile and catalogue are there
//! device.profile() device.catalogue() device.calendar() device.corrected(now)
//! device.customers() device.customer(id) device.search_customers("…")
//! device.orders() device.order(id)                      OrderView: the order, where it is, what waits
//! device.earnings() device.earnings_of(order) device.entries() device.entries_of(order)
//! device.status()                                       the badge: waiting, progress, last contact
//! device.parked()                                       the "to correct" list
//! device.drafts() device.draft(key)                     baskets under way
//! device.on_change(callback)                            told after each change: Changed::{Saved, Refreshed, Status}
//! ```
//!
//! and every act is asynchronous and over only when it is durable:
//!
//! ```text
//! device.act(body, id, now).await                       one command
//! device.act_all(vec![(id, body), …], now, draft).await several and the end of a draft, as one
//! device.act_all_held(vec![(id, body), …], now).await   the same, kept back so that it can be undone
//! device.is_held(id)  device.let_go()                   whether it can; it may leave now
//! device.undo(id).await  device.undoable()              takes the last command back, if never sent
//! device.discard_parked(id).await
//! device.reissue(parked, body, id, now).await           the parked command, mended, under a new id
//! device.pack(now, build).await                         all that waits, to be sealed into a hand-over file
//! device.save_draft(key, json, now).await  device.discard_draft(key).await
//! ```
//!
//! # How it catches up
//!
//! [`engine`] is pure and decides; [`driver::Driver`] carries its actions out against a
//! [`driver::Transport`] and a [`driver::Host`] (clock, timers). On a phone `driver::browser::start`
//! supplies both, and sees to it that one tab leads. Tests, the benchmark and a simulator supply
//! their own. [`store`] holds the records: [`store::MemoryStore`] natively, `store::IndexedDb` on a
//! phone, both passing `store::conformance`.

#[cfg(target_arch = "wasm32")]
mod browser;
pub mod device;
pub mod driver;
pub mod engine;
pub mod hand_over;
pub mod phone;
pub mod record;
#[cfg(all(target_arch = "wasm32", feature = "conformance"))]
mod rules;
pub mod store;
pub mod wire;

pub use device::view::{DisputeView, Earnings, OrderView, Parked, Pending, Status, Whereabouts};
pub use device::{ActError, Changed, Checked, Device, Lost, OpenError, UndoError};
pub use engine::Phase;
pub use record::Draft;
