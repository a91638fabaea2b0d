//! The service worker gets the exact list of what a phone needs offline, each file with the hash of
//! its content, so that a page of a hotel's Wi-Fi portal or half a file is never kept as one of ours.

use anyhow::Result;

use super::shell::{filled, read};
use super::site::Site;

const WORKER: &str = "public/sw.js";
const WORKER_OFF: &str = "public/sw.off.js";

/// Whether a file of `public/` is a template of this module, not an asset.
pub fn is_template(name: &str) -> bool {
    matches!(name, "sw.js" | "sw.off.js")
}

/// The worker, and the one that takes it back.
///
/// # Errors
/// When a template cannot be read or filled in.
pub fn scripts(site: &Site, build_id: &str) -> Result<Vec<(String, String)>> {
    let files: Vec<(&String, &String)> = site
        .hashes()
        .iter()
        .filter(|(address, _)| is_needed_offline(address))
        .collect();
    let files = serde_json::to_string(&files)?;
    let build = serde_json::to_string(build_id)?;
    Ok(vec![
        (
            "sw.js".to_owned(),
            filled(&read(WORKER)?, &[("build", &build), ("files", &files)])?,
        ),
        ("sw.off.js".to_owned(), read(WORKER_OFF)?),
    ])
}

/// What belongs on a phone. The office is online, screenshots are for shops, and icons are asked for by
/// the browser when it installs, which needs the network anyway.
pub fn is_needed_offline(address: &str) -> bool {
    let Some(name) = address.strip_prefix("/pkg/") else {
        return matches!(address, "/shell.html" | "/offline.html")
            || address.ends_with(".webmanifest");
    };
    let is_left = [
        "office",
        "public",
        "screenshots/",
        "icons/",
        "icon.",
        "icon-",
    ]
    .iter()
    .any(|start| name.starts_with(start));
    !is_left && !name.ends_with(".txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_and_the_phones_assets_are_kept_and_the_rest_is_not() {
        for kept in [
            "/shell.html",
            "/offline.html",
            "/pkg/taswiq.ab.wasm",
            "/pkg/fonts/a.ab.woff2",
            "/pkg/icons.ab.svg",
        ] {
            assert!(is_needed_offline(kept), "{kept}");
        }
        for left in [
            "/robots.txt",
            "/pkg/office.ab.js",
            "/pkg/screenshots/a.ab.png",
            "/pkg/icons/icon-512.ab.png",
            "/pkg/icon-maskable.ab.svg",
            "/assets.json",
        ] {
            assert!(!is_needed_offline(left), "{left}");
        }
    }
}
