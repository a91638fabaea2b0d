//! Widgets that know no business. `style/living.html` shows each in every state; the markup here is
//! that page's.
//!
//! Those of the phone alone (what opens, draws or disappears) need a browser and are left out of the
//! server's build; the others serve both.

mod code;
mod controls;
mod frame;
mod messages;
mod picture;
#[cfg(feature = "csr")]
mod pin_pad;
#[cfg(feature = "csr")]
mod sheet;
#[cfg(feature = "csr")]
mod signature;
#[cfg(feature = "csr")]
mod snackbar;
pub mod strokes;

pub use code::qr;
pub use controls::{Choice, check, field, search_field, segmented, stepper, within_textarea};
pub use frame::{
    Tab, app_bar, back_bar, frame, opening_row, part, screen_title, status_bar, tab_bar,
};
pub use messages::{banner, banner_with, chip, empty_state, progress, skeleton_list, strip};
pub use picture::{
    amount, amount_text, drawing, icon, icon_flat, icon_small, ornament, seal, set_sprites,
    signed_amount, times,
};
#[cfg(feature = "csr")]
pub use pin_pad::pin_pad;
#[cfg(feature = "csr")]
pub use sheet::sheet;
#[cfg(feature = "csr")]
pub use signature::signature_pad;
#[cfg(feature = "csr")]
pub use snackbar::{Snackbar, Undo, snackbar};
