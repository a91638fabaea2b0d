//! The shell: the one page of `/field` and `/coop`, the same for everybody, so it may lie in every
//! cache. It holds no personal data, paints its skeleton before anything is loaded, and says in its
//! head which language, direction and theme this phone has chosen.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::locale::Language;
use super::site::{ContentPolicy, Site};
use super::style;
use super::worker;
use crate::workspace;

pub struct Pages {
    pub shell: String,
    pub offline: String,
    pub policy: ContentPolicy,
}

const SHELL: &str = "xtask/templates/shell.html";
const SHELL_SCRIPT: &str = "xtask/templates/shell.js";
const SHELL_STYLE: &str = "xtask/templates/shell.css";
const OFFLINE: &str = "xtask/templates/offline.html";

/// The text of all templates that become part of the site, for the build's id.
///
/// # Errors
/// When one cannot be read.
pub fn templates() -> Result<String> {
    [
        SHELL,
        SHELL_SCRIPT,
        SHELL_STYLE,
        OFFLINE,
        "public/sw.js",
        "public/sw.off.js",
    ]
    .into_iter()
    .map(read)
    .collect()
}

/// Fills in the shell and the offline page.
///
/// # Errors
/// Names the template, asset or sentence that is missing.
pub fn pages(languages: &[Language], site: &Site, build_id: &str) -> Result<Pages> {
    let reference = languages
        .iter()
        .find(|language| language.is_reference())
        .context("no reference language")?;
    // The words of a first visit stand there in every language; the page's own is shown.
    let arrival_style: String = languages
        .iter()
        .map(|Language { code, .. }| {
            format!(
                ":root[data-arrives]:lang({code}) #skeleton p:lang({code}) {{ display: block }}"
            )
        })
        .collect();
    let critical = style::minified(
        &(read(SHELL_STYLE)? + &arrival_style),
        SHELL_STYLE,
        |name| site.url(name),
    )?;
    let choices: BTreeMap<&str, _> = languages
        .iter()
        .map(|language| {
            let locale = site.require(&language.asset_name())?;
            Ok((
                language.code.as_str(),
                json!({
                    "dir": language.direction,
                    "locale": locale,
                    "failed": [
                        language.sentence("failed.title")?,
                        language.sentence("failed.text")?,
                        language.sentence("failed.again")?,
                    ],
                }),
            ))
        })
        .collect::<Result<_>>()?;
    let assets: BTreeMap<&str, &str> = site
        .assets()
        .iter()
        // Fonts are the sheet's affair, and the sentences stand with their language.
        .filter(|(name, url)| {
            worker::is_needed_offline(url)
                && !name.starts_with("fonts/")
                && !name.starts_with("locale.")
        })
        .map(|(name, url)| (name.as_str(), url.as_str()))
        .collect();
    // In the head and parsed before the first paint: the language, and where everything lies.
    let data = script_safe(&serde_json::to_string(&json!({
        "build": build_id,
        "languages": choices,
        "assets": assets,
    }))?);
    let head_script = filled(
        &minified_script(&read(SHELL_SCRIPT)?),
        &[(
            "reference",
            &script_safe(&serde_json::to_string(&reference.code)?),
        )],
    )?;
    let in_each_language = |sentence: &str| {
        languages
            .iter()
            .map(|language| {
                Ok(format!(
                    "<p lang=\"{}\" dir=\"{}\">{}</p>",
                    language.code,
                    language.direction,
                    escaped(language.sentence(sentence)?)
                ))
            })
            .collect::<Result<String>>()
    };
    let shell = filled(
        &read(SHELL)?,
        &[
            ("language", &reference.code),
            ("direction", &reference.direction),
            ("title", &escaped(reference.sentence("name")?)),
            ("description", &escaped(reference.sentence("description")?)),
            ("style", &critical),
            ("data", &data),
            ("script", &head_script),
            ("arrival", &in_each_language("arrival")?),
            ("noscript", &in_each_language("needs_script")?),
            ("main_css", site.require("main.css")?),
            ("boot_js", site.require("boot.js")?),
            ("glue_js", site.require("taswiq.js")?),
            ("icon", &icon_links(site)),
        ],
    )?;
    let sections = languages
        .iter()
        .map(|language| {
            Ok(format!(
                "<section lang=\"{}\" dir=\"{}\"><h1>{}</h1><p>{}</p>\
                 <p><a class=\"main\" href=\"\">{}</a> <a href=\"/field\">{}</a></p></section>",
                language.code,
                language.direction,
                escaped(language.sentence("offline.title")?),
                escaped(language.sentence("offline.text")?),
                escaped(language.sentence("offline.again")?),
                escaped(language.sentence("offline.orders")?),
            ))
        })
        .collect::<Result<String>>()?;
    let offline = filled(
        &read(OFFLINE)?,
        &[
            ("language", &reference.code),
            ("direction", &reference.direction),
            ("title", &escaped(reference.sentence("name")?)),
            ("style", &critical),
            ("sections", &sections),
        ],
    )?;
    Ok(Pages {
        shell,
        offline,
        policy: ContentPolicy {
            scripts: vec![policy_hash(&head_script)],
            styles: vec![policy_hash(&critical)],
        },
    })
}

/// Replaces each `{{name}}`.
///
/// # Errors
/// When the template asks for a name that is not given, or does not use one that is.
pub fn filled(template: &str, values: &[(&str, &str)]) -> Result<String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    let mut used = vec![false; values.len()];
    while let Some(start) = rest.find("{{") {
        text.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        let end = after
            .find("}}")
            .context("`{{` without `}}` in a template")?;
        let name = after[..end].trim();
        let index = values
            .iter()
            .position(|(known, _)| *known == name)
            .with_context(|| format!("a template asks for `{name}`, which nobody fills in"))?;
        used[index] = true;
        text.push_str(values[index].1);
        rest = &after[end + 2..];
    }
    text.push_str(rest);
    if let Some(index) = used.iter().position(|used| !used) {
        bail!("no template uses `{}`", values[index].0);
    }
    Ok(text)
}

pub fn read(path: &str) -> Result<String> {
    let full = workspace::root().join(path);
    std::fs::read_to_string(&full).with_context(|| format!("reading {path}"))
}

fn icon_links(site: &Site) -> String {
    let mut links = String::new();
    if let Some(icon) = site.url("icons/favicon.svg") {
        links.push_str(&format!(
            "<link rel=\"icon\" type=\"image/svg+xml\" href=\"{icon}\">"
        ));
    }
    if let Some(icon) = site.url("icons/apple-touch-180.png") {
        links.push_str(&format!("<link rel=\"apple-touch-icon\" href=\"{icon}\">"));
    }
    links
}

/// A comment or an indent at the start of a line is all that may be dropped without parsing.
fn minified_script(script: &str) -> String {
    script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// JSON that cannot end the script element it stands in.
fn script_safe(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn policy_hash(inline: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(inline.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().enumerate().fold(0_u32, |bits, (index, byte)| {
            bits | (u32::from(*byte) << (16 - 8 * index))
        });
        for position in 0..4 {
            if position <= chunk.len() {
                let index = (bits >> (18 - 6 * position)) & 0x3f;
                text.push(char::from(ALPHABET[index as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn a_template_must_use_all_it_is_given_and_be_given_all_it_uses() {
        assert_eq!(filled("a {{x}} c", &[("x", "b")]).expect("filled"), "a b c");
        assert!(filled("{{x}}", &[]).is_err());
        assert!(filled("x", &[("x", "b")]).is_err());
    }

    #[test]
    fn data_cannot_close_the_element_that_holds_it() {
        assert!(!script_safe("\"</script>\"").contains("</"));
    }
}
