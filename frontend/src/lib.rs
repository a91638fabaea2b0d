//! The WebAssembly entry point. It stays this small so that all code worth reading lives in `app`.

use wasm_bindgen::prelude::wasm_bindgen;

/// Starts the phone's screens with the sentences of the page's language; over when the first one stands.
///
/// # Errors
/// When the sentences cannot be read.
#[wasm_bindgen]
pub async fn start(locale: String) -> Result<(), String> {
    taswiq_app::start(&locale).await
}
