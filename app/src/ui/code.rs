//! Codes to scan.

use fast_qr::ECL;
use fast_qr::QRBuilder;
use leptos::prelude::*;

/// Light around a code, in dots: without it cameras do not find the code.
const QUIET: usize = 4;

/// A code to scan: dark squares on a light ground in either theme, for cameras read no other. A sixth of it may
/// be hidden by a crack or a finger.
pub fn qr(said: &str, label: &str) -> AnyView {
    let Ok(code) = QRBuilder::new(said).ecl(ECL::M).build() else {
        return ().into_any();
    };
    let side = code.size + 2 * QUIET;
    let mut path = String::new();
    for row in 0..code.size {
        for column in 0..code.size {
            if code[row][column].value() {
                path.push_str(&format!("M{} {}h1v1h-1z", column + QUIET, row + QUIET));
            }
        }
    }
    let label = label.to_owned();
    view! {
        <svg class="qr" role="img" aria-label=label viewBox=format!("0 0 {side} {side}") width="240" height="240" shape-rendering="crispEdges">
            <rect width=side.to_string() height=side.to_string() fill="#fff"></rect>
            <path d=path fill="#000"></path>
        </svg>
    }
    .into_any()
}
