//! From `style/main.css` to the one sheet a browser loads: imports joined, nesting and novelties
//! written the way older phones understand, spaces removed, every `url()` led to its hashed address.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use lightningcss::dependencies::{Dependency, DependencyOptions};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet};
use lightningcss::targets::{Browsers, Targets};

use crate::workspace;

pub struct Sheet {
    pub logical_name: String,
    pub css: String,
}

/// The oldest browsers that run the phone's WebAssembly anyway, so styles need not reach further back.
const OLDEST_CHROME: u32 = 100 << 16;
const OLDEST_FIREFOX: u32 = 100 << 16;
const OLDEST_SAFARI: u32 = (15 << 16) | (4 << 8);

/// The sheets of the site. `url` tells the address of a file of `public/`.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn sheets<'a>(url: impl Fn(&str) -> Option<&'a str>) -> Result<Vec<Sheet>> {
    let main = workspace::root().join("style/main.css");
    let css = minified(&joined(&main, &mut BTreeSet::new())?, "style/main.css", url)?;
    Ok(vec![Sheet {
        logical_name: "main.css".to_owned(),
        css,
    }])
}

/// Minifies one sheet and leads its addresses to hashed files.
///
/// # Errors
/// Names what could not be understood or found.
pub fn minified<'a>(
    css: &str,
    name: &str,
    url: impl Fn(&str) -> Option<&'a str>,
) -> Result<String> {
    let targets = Targets::from(Browsers {
        android: Some(OLDEST_CHROME),
        chrome: Some(OLDEST_CHROME),
        firefox: Some(OLDEST_FIREFOX),
        safari: Some(OLDEST_SAFARI),
        ios_saf: Some(OLDEST_SAFARI),
        ..Browsers::default()
    });
    let options = ParserOptions {
        filename: name.to_owned(),
        ..ParserOptions::default()
    };
    let mut sheet = StyleSheet::parse(css, options).map_err(|error| anyhow!("{error}"))?;
    sheet
        .minify(MinifyOptions {
            targets,
            ..MinifyOptions::default()
        })
        .map_err(|error| anyhow!("{error}"))?;
    let printed = sheet
        .to_css(PrinterOptions {
            minify: true,
            targets,
            analyze_dependencies: Some(DependencyOptions {
                remove_imports: false,
            }),
            ..PrinterOptions::default()
        })
        .map_err(|error| anyhow!("{name}: {error}"))?;
    let mut css = printed.code;
    for dependency in printed.dependencies.unwrap_or_default() {
        let Dependency::Url(found) = dependency else {
            bail!("{name}: an import was not joined; write it on a line of its own");
        };
        let address = if found.url.starts_with("data:") || found.url.starts_with('#') {
            found.url.clone()
        } else {
            let (path, fragment) = match found.url.find(['#', '?']) {
                Some(at) => found.url.split_at(at),
                None => (found.url.as_str(), ""),
            };
            let logical_name = path.strip_prefix('/').with_context(|| {
                format!("{name}: write url(\"/{path}\"), a path inside public/")
            })?;
            let address = url(logical_name)
                .with_context(|| format!("{name}: public/{logical_name} does not exist"))?;
            format!("{address}{fragment}")
        };
        css = css.replace(&found.placeholder, &address);
    }
    Ok(css)
}

/// The text of a sheet with its imports in their places. Each import stands on a line of its own:
/// `@import "name.css";` or `@import "name.css" layer(name);`.
fn joined(path: &Path, entered: &mut BTreeSet<PathBuf>) -> Result<String> {
    if !entered.insert(path.to_path_buf()) {
        bail!("{} is imported twice", path.display());
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut css = String::new();
    for line in text.lines() {
        match import_of(line.trim()) {
            None => {
                css.push_str(line);
                css.push('\n');
            }
            Some(import) => {
                let imported = joined(&folder.join(import.file), entered)
                    .with_context(|| format!("imported by {}", path.display()))?;
                match import.layer {
                    Some(layer) => css.push_str(&format!("@layer {layer} {{\n{imported}}}\n")),
                    None => css.push_str(&imported),
                }
            }
        }
    }
    Ok(css)
}

struct Import<'a> {
    file: &'a str,
    layer: Option<&'a str>,
}

fn import_of(line: &str) -> Option<Import<'_>> {
    let rest = line
        .strip_prefix("@import")?
        .trim()
        .strip_suffix(';')?
        .trim();
    let rest = rest.strip_prefix('"')?;
    let (file, rest) = rest.split_once('"')?;
    let rest = rest.trim();
    if rest.is_empty() {
        return Some(Import { file, layer: None });
    }
    let layer = rest.strip_prefix("layer(")?.strip_suffix(')')?;
    Some(Import {
        file,
        layer: Some(layer),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_hashed_files_and_a_missing_file_is_named() {
        let css = r#"@font-face { font-family: A; src: url("/fonts/a.woff2") format("woff2"); }"#;
        let known = |name: &str| (name == "fonts/a.woff2").then_some("/pkg/fonts/a.0b.woff2");
        let minified_css = minified(css, "test.css", known).expect("valid");
        assert!(
            minified_css.contains("/pkg/fonts/a.0b.woff2"),
            "{minified_css}"
        );
        let missing = minified(css, "test.css", |_| None);
        assert!(missing.is_err_and(|error| error.to_string().contains("public/fonts/a.woff2")));
    }

    #[test]
    fn nesting_is_written_for_older_phones_and_logical_properties_stay() {
        let css = ".a { margin-inline-start: 1px; .b { color: red } }";
        let css = minified(css, "test.css", |_| None).expect("valid");
        assert_eq!(css, ".a{margin-inline-start:1px}.a .b{color:red}");
    }

    #[test]
    fn an_import_may_name_its_layer() {
        let import = import_of(r#"@import "base.css" layer(base);"#).expect("an import");
        assert_eq!((import.file, import.layer), ("base.css", Some("base")));
        assert!(import_of("a { color: red }").is_none());
    }
}
