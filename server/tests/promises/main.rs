//! What the server promises, one module for each promise's subject. Everything goes through the whole
//! router, the way a browser's request does.

mod access;
mod disputes;
mod entrance;
mod files;
mod forgery;
mod hand_over;
mod headers;
mod healing;
mod limits;
mod office;
mod openapi;
mod process;
mod scenario;
mod settlement;
mod site;
mod statements;
mod sync;
mod world;
