//! What a device promises to the person who holds it, against a small model of the server and any
//! bad luck on the way.

mod chain;
mod device;
mod disputes;
mod engine;
mod faults;
mod first_contact;
mod golden_stores;
mod hand_over;
mod model_server;
mod phone;
mod receipts;
mod schedules;
mod sealing;
mod undo;
mod wire;
mod world;
