//! The office's pages: managers and administrators. Each is a route of [`crate::routes`] like any
//! other: authorised there by its action, it asks `backend` and hands what it gets to a page of
//! `taswiq_app::office`.

use crate::routes::Route;

pub fn routes() -> Vec<Route> {
    Vec::new()
}
