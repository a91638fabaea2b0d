//! What a phone needs to install Taswiq: one manifest per language and area. The start addresses and
//! ids are permanent, an installed icon points at them for ever.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::locale::Language;
use super::site::Site;

/// The colours of `style/tokens.css`, which a manifest cannot refer to: argan and paper.
const THEME_COLOUR: &str = "#1f5b3a";
const PAPER_COLOUR: &str = "#fbf7f0";

struct Area {
    /// `manifest.<infix>fr.webmanifest`
    infix: &'static str,
    start: &'static str,
    name: &'static str,
    short_name: &'static str,
    /// Address and sentence of each shortcut, most used first.
    shortcuts: &'static [(&'static str, &'static str)],
    /// Form (`narrow` for phones, `wide` for laptops) and sentence of each picture, best first.
    screenshots: &'static [(&'static str, &'static str)],
}

const AREAS: [Area; 2] = [
    Area {
        infix: "",
        start: "/field",
        name: "name",
        short_name: "short_name",
        shortcuts: &[
            ("/field/new", "shortcut.new_order"),
            ("/field/orders", "shortcut.orders"),
            ("/field/earnings", "shortcut.earnings"),
        ],
        screenshots: &[
            ("narrow", "screenshot.today"),
            ("narrow", "screenshot.products"),
            ("narrow", "screenshot.earnings"),
        ],
    },
    Area {
        infix: "coop.",
        start: "/coop",
        name: "coop_name",
        short_name: "coop_short_name",
        shortcuts: &[
            ("/coop", "shortcut.to_confirm"),
            ("/coop/prepare", "shortcut.to_prepare"),
        ],
        screenshots: &[
            ("narrow", "screenshot.confirm"),
            ("wide", "screenshot.confirm"),
        ],
    },
];

/// File name and content of every manifest.
///
/// # Errors
/// Names the sentence that a language lacks.
pub fn manifests(languages: &[Language], site: &Site) -> Result<Vec<(String, String)>> {
    let icons = icons(site);
    let mut made = Vec::new();
    for language in languages {
        for area in &AREAS {
            let shortcuts = area
                .shortcuts
                .iter()
                .map(|(url, sentence)| {
                    Ok(json!({ "name": language.sentence(sentence)?, "url": url, "icons": shortcut_icon(site) }))
                })
                .collect::<Result<Vec<Value>>>()?;
            let manifest = json!({
                "id": area.start,
                "start_url": area.start,
                "scope": "/",
                "name": language.sentence(area.name)?,
                "short_name": language.sentence(area.short_name)?,
                "description": language.sentence("description")?,
                "lang": language.code,
                "dir": language.direction,
                "display": "standalone",
                "orientation": "portrait-primary",
                "theme_color": THEME_COLOUR,
                "background_color": PAPER_COLOUR,
                "categories": ["business", "shopping"],
                "prefer_related_applications": false,
                // A shortcut goes on in the window that is open: two of them would be two baskets.
                "launch_handler": { "client_mode": ["navigate-existing", "auto"] },
                "icons": icons,
                "screenshots": screenshots(area, language, site)?,
                "shortcuts": shortcuts,
            });
            made.push((
                format!("manifest.{}{}.webmanifest", area.infix, language.code),
                serde_json::to_string(&manifest).context("a manifest")?,
            ));
        }
    }
    Ok(made)
}

/// `icon.svg`, and `icons/<use>-<pixels>.png` where use is `icon`, `maskable` or `monochrome`; other
/// pictures there (Apple's touch icon) are for links in the page.
fn icons(site: &Site) -> Vec<Value> {
    let mut icons = Vec::new();
    for (name, url) in site.assets() {
        if name == "icon.svg" {
            icons.push(
                json!({ "src": url, "type": "image/svg+xml", "sizes": "any", "purpose": "any" }),
            );
        }
        let Some((purpose, pixels)) = name
            .strip_prefix("icons/")
            .and_then(|name| name.strip_suffix(".png"))
            .and_then(|name| name.rsplit_once('-'))
        else {
            continue;
        };
        let purpose = match purpose {
            "icon" => "any",
            "maskable" | "monochrome" => purpose,
            _ => continue,
        };
        icons.push(json!({
            "src": url,
            "type": "image/png",
            "sizes": format!("{pixels}x{pixels}"),
            "purpose": purpose,
        }));
    }
    icons
}

/// `screenshots/<area>-<language>-<form>-<name>-<width>x<height>.<extension>`, as the script
/// `end2end/screenshots.js` names them. A language is complete without pictures.
fn screenshots(area: &Area, language: &Language, site: &Site) -> Result<Vec<Value>> {
    let mut screenshots = Vec::new();
    for (form, sentence) in area.screenshots {
        let name = sentence.rsplit('.').next().unwrap_or_default();
        let prefix = format!(
            "screenshots/{}-{}-{form}-{name}-",
            area.start.trim_start_matches('/'),
            language.code
        );
        let picture = site.assets().iter().find_map(|(logical_name, url)| {
            let (sizes, extension) = logical_name.strip_prefix(&prefix)?.split_once('.')?;
            Some((sizes, extension, url))
        });
        if let Some((sizes, extension, url)) = picture {
            screenshots.push(json!({
                "src": url,
                "type": format!("image/{extension}"),
                "sizes": sizes,
                "form_factor": form,
                "label": language.sentence(sentence)?,
            }));
        }
    }
    Ok(screenshots)
}

fn shortcut_icon(site: &Site) -> Value {
    match site.url("icons/icon-192.png") {
        Some(url) => json!([{ "src": url, "type": "image/png", "sizes": "192x192" }]),
        None => json!([]),
    }
}
