//! What the screens say.
//!
//! Sentences live in `locales/<language>.toml`; the build makes a typed function of each, so a
//! sentence that does not exist does not compile. A phone holds numbers only and loads the sentences
//! of its language as one array; the server embeds all of them.

mod again;
mod codes;
mod dates;
pub mod plural;
#[cfg(test)]
#[allow(dead_code, reason = "the build script uses the rest")]
mod sources;
pub mod statement;

pub use again::{again, again_month, short_device};
pub use codes::{dispute_look, dispute_reason_icon, reason_icon, stage_look};
pub use dates::{capital, time};
use plural::{Form, PluralRule};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use taswiq_domain::reading::{Tree, read};

/// The sentences of one language. Copied freely: it points at sentences that live as long as the
/// page or the server.
#[derive(Clone, Copy)]
pub struct Words(&'static Locale);

/// A language that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownLanguage {
    /// `fr`
    pub code: &'static str,
    /// Its name in itself.
    pub name: &'static str,
    /// `ltr` or `rtl`.
    pub direction: &'static str,
}

/// Every language, French first.
pub const LANGUAGES: &[KnownLanguage] = include!(concat!(env!("OUT_DIR"), "/languages.rs"));

include!(concat!(env!("OUT_DIR"), "/words.rs"));

#[derive(Deserialize)]
struct Locale {
    code: String,
    dir: String,
    plural: String,
    sentences: Vec<Sentence>,
}

enum Sentence {
    Plain(String),
    Counted(Forms),
}

/// A text, or an object of texts by form.
impl<'de> Deserialize<'de> for Sentence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Tree::deserialize(deserializer)? {
            Tree::Text(text) => Ok(Self::Plain(text.into_owned())),
            forms => forms.read().map(Self::Counted).map_err(D::Error::custom),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Forms {
    zero: String,
    one: String,
    two: String,
    few: String,
    many: String,
    other: String,
}

impl Words {
    /// Takes in the sentences of a language as the build lists them. They are kept for the life of
    /// the page, so load each language once.
    ///
    /// # Errors
    /// When the text is not such a list.
    pub fn load(json: &str) -> Result<Self, serde_json::Error> {
        read::<Locale>(json).map(|locale| Self(Box::leak(Box::new(locale))))
    }

    /// The language's code: `fr`.
    pub fn code(self) -> &'static str {
        &self.0.code
    }

    /// `ltr` or `rtl`.
    pub fn direction(self) -> &'static str {
        &self.0.dir
    }

    /// A figure that stands alone where sentences do: isolated where they run from right to left.
    pub fn isolated(self, figure: &str) -> String {
        if self.is_right_to_left() {
            ["\u{2066}", figure, "\u{2069}"].concat()
        } else {
            figure.to_owned()
        }
    }

    fn is_right_to_left(self) -> bool {
        self.0.dir == "rtl"
    }

    fn plain(self, number: usize) -> &'static str {
        match self.0.sentences.get(number) {
            Some(Sentence::Plain(text)) => text,
            Some(Sentence::Counted(forms)) => &forms.other,
            None => "",
        }
    }

    fn filled(self, number: usize, values: &[(&str, &str)]) -> String {
        fill(self.plain(number), values, self.is_right_to_left())
    }

    fn counted(self, number: usize, n: usize, values: &[(&str, &str)]) -> String {
        let Some(Sentence::Counted(forms)) = self.0.sentences.get(number) else {
            return fill(self.plain(number), values, self.is_right_to_left());
        };
        let rule = PluralRule::from_name(&self.0.plural).unwrap_or(PluralRule::None);
        let text = match rule.form(n) {
            Form::Zero => &forms.zero,
            Form::One => &forms.one,
            Form::Two => &forms.two,
            Form::Few => &forms.few,
            Form::Many => &forms.many,
            Form::Other => &forms.other,
        };
        let n = grouped(n);
        let mut all = vec![("n", n.as_str())];
        all.extend_from_slice(values);
        fill(text, &all, self.is_right_to_left())
    }
}

/// Puts values into a sentence. A value that runs against the direction of the language is isolated,
/// so that an Arabic name does not turn a French line around, nor a price an Arabic one.
fn fill(sentence: &str, values: &[(&str, &str)], is_right_to_left: bool) -> String {
    let mut text = String::with_capacity(sentence.len() + 24);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            if has_right_to_left(value) != is_right_to_left {
                text.push('\u{2068}');
                text.push_str(value);
                text.push('\u{2069}');
            } else {
                text.push_str(value);
            }
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

fn has_right_to_left(text: &str) -> bool {
    text.chars()
        .any(|letter| matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fefc}'))
}

/// A count as it is written everywhere: `1 234`, with thin spaces that do not break.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(any(feature = "ssr", test))]
mod embedded {
    use super::{LANGUAGES, Words};
    use std::sync::LazyLock;

    static ALL: LazyLock<Vec<Words>> = LazyLock::new(|| {
        let texts: &[&str] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
        texts
            .iter()
            .filter_map(|text| Words::load(text).ok())
            .collect()
    });

    impl Words {
        /// The sentences in a language, in French where the language is not known.
        pub fn of(code: &str) -> Self {
            let index = LANGUAGES
                .iter()
                .position(|language| language.code == code)
                .unwrap_or(0);
            ALL[index]
        }
    }
}

#[cfg(test)]
mod tests;
