//! Turns the locale files into typed functions, and refuses to build when a language lacks a
//! sentence, a plural form or a placeholder: a screen must never show a hole.

#[allow(dead_code, reason = "the screens choose forms with it")]
#[path = "src/words/plural.rs"]
mod plural;
#[path = "src/words/sources.rs"]
mod sources;

use sources::{Language, REFERENCE};
use std::path::{Path, PathBuf};

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed=locales");
    println!("cargo::rerun-if-changed=src/words/plural.rs");
    println!("cargo::rerun-if-changed=src/words/sources.rs");
    let languages = read_all(Path::new("locales"))?;
    let reference = languages
        .iter()
        .find(|language| language.code == REFERENCE)
        .ok_or("locales/fr.toml is missing")?;
    let complaints: Vec<String> = languages
        .iter()
        .flat_map(|language| language.complaints(reference))
        .collect();
    if !complaints.is_empty() {
        return Err(complaints.join("\n"));
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let write = |name: &str, text: &str| {
        std::fs::write(out.join(name), text).map_err(|error| format!("{name}: {error}"))
    };
    write("words.rs", &reference.functions())?;
    let mut known = String::from("&[\n");
    let mut embedded = String::from("&[\n");
    for language in &languages {
        let (code, name, direction) = (&language.code, &language.name, &language.direction);
        write(&format!("locale.{code}.json"), &language.json())?;
        known.push_str(&format!(
            "KnownLanguage {{ code: {code:?}, name: {name:?}, direction: {direction:?} }},\n"
        ));
        embedded.push_str(&format!(
            "include_str!(concat!(env!(\"OUT_DIR\"), \"/locale.{code}.json\")),\n"
        ));
    }
    write("languages.rs", &format!("{known}]"))?;
    write("embedded.rs", &format!("{embedded}]"))
}

/// The reference first, the others by code.
fn read_all(folder: &Path) -> Result<Vec<Language>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("locales: {error}"))?;
    let mut languages = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("locales: {error}"))?.path();
        let Some(code) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let text =
                std::fs::read_to_string(&path).map_err(|error| format!("{code}: {error}"))?;
            languages.push(Language::read(code, &text)?);
        }
    }
    languages.sort_by_key(|language| (language.code != REFERENCE, language.code.clone()));
    Ok(languages)
}
