//! From `locales/<language>.toml` to typed sentences. Compiled into the build script, which refuses
//! a language that lacks a sentence, and into the tests, which prove that it does.

use super::plural::{Form, PluralRule};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use toml::{Table, Value};

/// The language whose keys and placeholders every other must have.
pub const REFERENCE: &str = "fr";

/// A language as its file tells it.
pub struct Language {
    pub code: String,
    pub name: String,
    pub direction: String,
    pub plural: String,
    rule: PluralRule,
    /// By dotted key.
    sentences: BTreeMap<String, Sentence>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Sentence {
    Plain(String),
    Counted(BTreeMap<Form, String>),
}

impl Language {
    /// Reads a locale file. Every complaint names the key.
    pub fn read(code: &str, text: &str) -> Result<Self, String> {
        let table: Table = text
            .parse()
            .map_err(|error| format!("{code}.toml: {error}"))?;
        let meta = |key: &str| {
            table
                .get("meta")
                .and_then(|meta| meta.get(key))
                .and_then(Value::as_str)
                .map(str::to_owned)
                .ok_or_else(|| format!("{code}.toml: [meta] lacks `{key}`"))
        };
        let (plural, direction) = (meta("plural")?, meta("dir")?);
        if meta("code")? != code {
            return Err(format!("{code}.toml: meta.code is another one"));
        }
        if !matches!(direction.as_str(), "ltr" | "rtl") {
            return Err(format!("{code}.toml: meta.dir is neither ltr nor rtl"));
        }
        let rule = PluralRule::from_name(&plural)
            .ok_or_else(|| format!("{code}.toml: nobody knows the plural rule `{plural}`"))?;
        let mut sentences = BTreeMap::new();
        flatten(code, "", &table, &mut sentences)?;
        let language = Self {
            code: code.to_owned(),
            name: meta("name")?,
            direction,
            plural,
            rule,
            sentences,
        };
        match language.missing_forms().first() {
            Some(complaint) => Err(complaint.clone()),
            None => Ok(language),
        }
    }

    fn missing_forms(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for (key, sentence) in &self.sentences {
            let Sentence::Counted(forms) = sentence else {
                continue;
            };
            for form in self.rule.forms() {
                if !forms.contains_key(form) {
                    let form = form.as_str();
                    complaints.push(format!(
                        "{}.toml: `{key}` lacks the form `{form}`",
                        self.code
                    ));
                }
            }
        }
        complaints
    }

    /// What is wrong with this language compared with the reference.
    pub fn complaints(&self, reference: &Self) -> Vec<String> {
        let code = &self.code;
        let mut complaints = Vec::new();
        for (key, wanted) in &reference.sentences {
            match (wanted, self.sentences.get(key)) {
                (_, None) => complaints.push(format!("{code}.toml lacks `{key}`")),
                (Sentence::Plain(_), Some(Sentence::Counted(_)))
                | (Sentence::Counted(_), Some(Sentence::Plain(_))) => {
                    complaints.push(format!("{code}.toml: `{key}` counts in one language only"));
                }
                (wanted, Some(found)) if wanted.placeholders() != found.placeholders() => {
                    complaints.push(format!("{code}.toml: `{key}` has other placeholders"));
                }
                _ => {}
            }
        }
        for key in self.sentences.keys() {
            if !reference.sentences.contains_key(key) {
                complaints.push(format!("{code}.toml: `{key}` is not in {REFERENCE}.toml"));
            }
        }
        complaints
    }

    /// The typed functions, one for each sentence. The number of a sentence is its place among the
    /// sorted keys: the same order in which the build lists them for the phones.
    pub fn functions(&self) -> String {
        let mut code = String::from("impl Words {\n");
        for (number, (key, sentence)) in self.sentences.iter().enumerate() {
            let name = key.replace('.', "_");
            let shown = sentence.shown().replace('\n', " ");
            let names = sentence.placeholders_in_order();
            let arguments: String = names.iter().map(|name| format!(", {name}: &str")).collect();
            let given: String = names
                .iter()
                .map(|name| format!("(\"{name}\", {name}), "))
                .collect();
            let _ = writeln!(code, "    /// {shown}");
            let _ = match sentence {
                Sentence::Plain(_) if names.is_empty() => writeln!(
                    code,
                    "    pub fn {name}(self) -> &'static str {{ self.plain({number}) }}"
                ),
                Sentence::Plain(_) => writeln!(
                    code,
                    "    pub fn {name}(self{arguments}) -> String {{ self.filled({number}, &[{given}]) }}"
                ),
                Sentence::Counted(_) => writeln!(
                    code,
                    "    pub fn {name}(self, n: usize{arguments}) -> String {{ self.counted({number}, n, &[{given}]) }}"
                ),
            };
        }
        code.push_str("}\n");
        code
    }

    /// What a phone loads: the sentences in the order of their keys.
    pub fn json(&self) -> String {
        let sentences: Vec<serde_json::Value> = self
            .sentences
            .values()
            .map(|sentence| match sentence {
                Sentence::Plain(text) => serde_json::Value::from(text.as_str()),
                Sentence::Counted(forms) => forms
                    .iter()
                    .map(|(form, text)| (form.as_str().to_owned(), text.as_str().into()))
                    .collect::<serde_json::Map<_, _>>()
                    .into(),
            })
            .collect();
        serde_json::json!({
            "code": self.code,
            "name": self.name,
            "dir": self.direction,
            "plural": self.plural,
            "sentences": sentences,
        })
        .to_string()
    }
}

impl Sentence {
    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Plain(text) => vec![text],
            Self::Counted(forms) => forms.values().map(String::as_str).collect(),
        }
    }

    fn shown(&self) -> &str {
        self.texts().last().copied().unwrap_or_default()
    }

    /// Placeholders but the number, which a form may leave out ("a cooperative").
    fn placeholders(&self) -> BTreeSet<String> {
        self.placeholders_in_order().into_iter().collect()
    }

    fn placeholders_in_order(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for text in self.texts() {
            let mut rest = text;
            while let Some((_, after)) = rest.split_once('{') {
                let Some((name, after)) = after.split_once('}') else {
                    break;
                };
                let counted = matches!(self, Self::Counted(_)) && name == "n";
                if !counted && !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
                rest = after;
            }
        }
        names
    }
}

fn flatten(
    code: &str,
    prefix: &str,
    table: &Table,
    sentences: &mut BTreeMap<String, Sentence>,
) -> Result<(), String> {
    for (key, value) in table {
        if prefix.is_empty() && key == "meta" {
            continue;
        }
        let key = format!("{prefix}{key}");
        match value {
            Value::String(text) => {
                sentences.insert(key, Sentence::Plain(text.clone()));
            }
            Value::Table(forms) if !forms.is_empty() && forms.iter().all(is_form) => {
                let forms = forms
                    .iter()
                    .filter_map(|(form, text)| {
                        Some((Form::from_name(form)?, text.as_str()?.to_owned()))
                    })
                    .collect();
                sentences.insert(key, Sentence::Counted(forms));
            }
            Value::Table(table) => flatten(code, &format!("{key}."), table, sentences)?,
            _ => return Err(format!("{code}.toml: `{key}` is not a sentence")),
        }
    }
    Ok(())
}

fn is_form((key, value): (&String, &Value)) -> bool {
    Form::from_name(key).is_some() && value.is_str()
}
