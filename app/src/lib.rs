//! The screens of Taswiq.
//!
//! Two builds of one crate, never together: with `csr` the phone's areas ([`field`] for agents,
//! [`cooperative`] for cooperatives), which run in WebAssembly, work without a network and never call
//! it; with `ssr` the pages that the server renders and that need no WebAssembly. [`words`],
//! [`route`] and [`ui`] serve both.

#[cfg(feature = "csr")]
pub mod cooperative;
#[cfg(feature = "csr")]
pub mod field;
#[cfg(feature = "ssr")]
pub mod office;
#[cfg(feature = "csr")]
pub mod phone;
#[cfg(feature = "ssr")]
pub mod public;
pub mod route;
pub mod ui;
pub mod words;

#[cfg(feature = "csr")]
pub use phone::start;
