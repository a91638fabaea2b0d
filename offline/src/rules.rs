//! The rules as a phone computes them, for the test that holds them against the server's.

use taswiq_domain::scenario;
use taswiq_domain::time::FixedOffset;
use wasm_bindgen::prelude::wasm_bindgen;

/// Plays a scenario as `taswiq simulate` does, by the offset that Morocco has kept since September 2026:
/// the same JSON, or what is wrong with it.
#[wasm_bindgen(js_name = playScenario)]
pub fn play_scenario(text: &str) -> String {
    match scenario::play(text, &FixedOffset { minutes: 0 }, scenario::Bounds::NONE) {
        Ok(outcome) => serde_json::to_string_pretty(&outcome).unwrap_or_default(),
        Err(error) => error.to_string(),
    }
}
