//! From `app/locales/<language>.toml` to the array of sentences a phone loads.
//!
//! The position of a sentence is the position of its dotted key in the sorted list of the keys of
//! `fr.toml`, so the compiled screens hold numbers only. `app/build.rs` keeps the same order. A table
//! that holds nothing but plural forms is one sentence.
//!
//! The server has all sentences inside. A phone's file keeps the place of those that only the office
//! says, but not their text, which is half of the whole: a sentence whose function the phone's sources
//! never name is left empty.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde_json::{Value as Json, json};
use toml::{Table, Value};

use crate::workspace;

/// The language whose keys every other must have.
const REFERENCE: &str = "fr";
const PLURAL_FORMS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];
const META: &str = "meta";

/// A language people can choose.
pub struct Language {
    pub code: String,
    /// `ltr` or `rtl`.
    pub direction: String,
    /// What the phone loads.
    pub json: String,
    /// The sentences that the build itself places: the shell, the offline page, the manifests.
    shell: BTreeMap<String, String>,
}

impl Language {
    pub fn asset_name(&self) -> String {
        format!("locale.{}.json", self.code)
    }

    /// A sentence of `public/locales/<language>.toml`.
    ///
    /// # Errors
    /// Names the file that lacks it.
    pub fn sentence(&self, key: &str) -> Result<&str> {
        self.shell
            .get(key)
            .map(String::as_str)
            .with_context(|| format!("public/locales/{}.toml lacks `{key}`", self.code))
    }

    pub fn is_reference(&self) -> bool {
        self.code == REFERENCE
    }
}

/// Every language of `app/locales`, the reference first.
///
/// # Errors
/// Names the file and the key that are wrong.
pub fn languages() -> Result<Vec<Language>> {
    let folder = workspace::root().join("app/locales");
    let mut codes: Vec<String> = super::files_below(&folder)?
        .iter()
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    codes.sort_by_key(|code| (code != REFERENCE, code.clone()));
    if codes.first().is_none_or(|code| code != REFERENCE) {
        bail!("app/locales/{REFERENCE}.toml is missing: its keys are those of every language");
    }
    let read = |place: &str, code: &str| -> Result<Table> {
        let path = workspace::root().join(place).join(format!("{code}.toml"));
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("reading {}", path.display()))?;
        text.parse()
            .with_context(|| format!("{} is not valid TOML", path.display()))
    };
    let reference = read("app/locales", REFERENCE)?;
    let names = names_in_phone_sources()?;
    codes
        .into_iter()
        .map(|code| {
            let table = read("app/locales", &code)?;
            let shell = read("public/locales", &code)?;
            language(&code, &table, &reference, &shell, &names)
                .with_context(|| format!("app/locales/{code}.toml"))
        })
        .collect()
}

/// Every identifier in the sources that are compiled for the phone.
fn names_in_phone_sources() -> Result<BTreeSet<String>> {
    let folder = workspace::root().join("app/src");
    let mut names = BTreeSet::new();
    for path in super::files_below(&folder)? {
        let place = path
            .strip_prefix(&folder)
            .context("a source outside its folder")?;
        let is_rendered = ["office", "office.rs", "public", "public.rs"]
            .iter()
            .any(|rendered| place.starts_with(rendered));
        if is_rendered || path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("reading {}", path.display()))?;
        names.extend(
            text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .filter(|word| !word.is_empty())
                .map(str::to_owned),
        );
    }
    Ok(names)
}

fn language(
    code: &str,
    table: &Table,
    reference: &Table,
    shell: &Table,
    names: &BTreeSet<String>,
) -> Result<Language> {
    let meta = |key: &str| -> Result<&str> {
        table
            .get(META)
            .and_then(|meta| meta.get(key))
            .and_then(Value::as_str)
            .with_context(|| format!("`[{META}]` lacks `{key}`"))
    };
    if meta("code")? != code {
        bail!("`{META}.code` says `{}`", meta("code")?);
    }
    let direction = meta("dir")?;
    if !matches!(direction, "ltr" | "rtl") {
        bail!("`{META}.dir` is `{direction}`, neither `ltr` nor `rtl`");
    }
    let sentences = flat(table)?;
    let wanted = flat(reference)?;
    if let Some(extra) = sentences.keys().find(|key| !wanted.contains_key(*key)) {
        bail!("`{extra}` is not a key of {REFERENCE}.toml");
    }
    let ordered = wanted
        .keys()
        .map(|key| {
            let sentence = sentences
                .get(key)
                .with_context(|| format!("lacks `{key}`"))?;
            let is_said_on_phones = names.contains(&key.replace('.', "_"));
            Ok(if is_said_on_phones {
                sentence.clone()
            } else {
                Json::from("")
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let json = json!({
        "code": code,
        "name": meta("name")?,
        "dir": direction,
        "plural": meta("plural")?,
        "sentences": ordered,
    });
    let mut shell_sentences = BTreeMap::new();
    for (key, value) in flat(shell)? {
        let Json::String(sentence) = value else {
            bail!("public/locales/{code}.toml: `{key}` is not one sentence");
        };
        shell_sentences.insert(key, sentence);
    }
    Ok(Language {
        code: code.to_owned(),
        direction: direction.to_owned(),
        json: serde_json::to_string(&json)?,
        shell: shell_sentences,
    })
}

/// Dotted key → sentence, sorted by key.
fn flat(table: &Table) -> Result<BTreeMap<String, Json>> {
    let mut sentences = BTreeMap::new();
    let mut tables: Vec<(String, &Table)> = vec![(String::new(), table)];
    while let Some((prefix, table)) = tables.pop() {
        for (key, value) in table {
            if prefix.is_empty() && key == META {
                continue;
            }
            let key = format!("{prefix}{key}");
            match value {
                Value::String(sentence) => {
                    sentences.insert(key, Json::from(sentence.as_str()));
                }
                Value::Table(forms) if is_plural(forms) => {
                    sentences.insert(key, serde_json::to_value(forms)?);
                }
                Value::Table(table) => tables.push((format!("{key}."), table)),
                _ => bail!("`{key}` is not a sentence"),
            }
        }
    }
    Ok(sentences)
}

fn is_plural(table: &Table) -> bool {
    !table.is_empty()
        && table
            .iter()
            .all(|(key, value)| PLURAL_FORMS.contains(&key.as_str()) && value.is_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRENCH: &str = r#"
        [meta]
        code = "fr"
        name = "Français"
        dir = "ltr"
        plural = "fr"
        [office]
        turnover = "Chiffre d'affaires"
        [order]
        zone = "Z"
        lines = { one = "{n} ligne", other = "{n} lignes" }
        [basket]
        "#;

    fn made(code: &str, text: &str) -> Result<Language> {
        let reference: Table = FRENCH.parse().expect("TOML");
        let table: Table = text.parse().expect("TOML");
        let names = ["order_zone", "order_lines"].map(str::to_owned);
        language(
            code,
            &table,
            &reference,
            &Table::new(),
            &BTreeSet::from(names),
        )
    }

    #[test]
    fn sentences_stand_in_the_order_of_their_keys_and_the_offices_are_left_empty() {
        let french = made("fr", FRENCH).expect("a language");
        let json: Json = serde_json::from_str(&french.json).expect("JSON");
        assert_eq!(
            json["sentences"],
            json!(["", { "one": "{n} ligne", "other": "{n} lignes" }, "Z"])
        );
        assert_eq!(json["dir"], "ltr");
    }

    #[test]
    fn a_language_that_lacks_a_key_or_has_one_too_many_is_refused() {
        let header = "[meta]\ncode = 'ar'\nname = 'x'\ndir = 'rtl'\nplural = 'ar'\n[office]\nturnover = 't'\n[order]\n";
        let lacking = made("ar", &format!("{header}zone = 'z'"));
        assert!(lacking.is_err_and(|error| format!("{error:#}").contains("order.lines")));
        let extra = made(
            "ar",
            &format!("{header}zone = 'z'\nlines = {{ other = 'l' }}\nmore = 'm'"),
        );
        assert!(extra.is_err_and(|error| format!("{error:#}").contains("order.more")));
    }
}
