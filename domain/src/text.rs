//! Names and short texts that people typed, kept in every language they were given in.

use crate::limits;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One text in several languages, by language code (`fr`, `ar` …). Never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalText(pub BTreeMap<String, String>);

impl LocalText {
    /// Makes a text from French and Arabic, the two languages every name is asked in.
    pub fn new(french: &str, arabic: &str) -> Self {
        Self(BTreeMap::from([
            ("fr".to_owned(), french.to_owned()),
            ("ar".to_owned(), arabic.to_owned()),
        ]))
    }

    /// The text in `language`, else in French, else in whichever language there is.
    pub fn get(&self, language: &str) -> &str {
        self.0
            .get(language)
            .or_else(|| self.0.get("fr"))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }
}

/// Trims a typed text, takes out control characters (right-to-left marks and line breaks in a note
/// stay) and refuses one that is empty or longer than `characters_max`.
pub fn clean(field: &'static str, text: &str, characters_max: usize) -> Result<String, Refusal> {
    let cleaned: String = text
        .chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .collect();
    let cleaned = cleaned.trim();
    if cleaned.is_empty() {
        return Err(Refusal::FieldMissing {
            field: field.to_owned(),
        });
    }
    if cleaned.chars().count() > characters_max {
        return Err(Refusal::FieldTooLong {
            field: field.to_owned(),
            characters_max,
        });
    }
    Ok(cleaned.to_owned())
}

/// [`clean`] for a name.
pub fn clean_name(field: &'static str, text: &str) -> Result<String, Refusal> {
    clean(field, text, limits::NAME_CHARACTERS).map(|name| name.replace('\n', " "))
}

/// [`clean`] for a text that may be left out.
pub fn clean_note(field: &'static str, text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        Ok(String::new())
    } else {
        clean(field, text, limits::NOTE_CHARACTERS)
    }
}

/// Whether a spreadsheet would run this text rather than show it. A customer may be called
/// `=HYPERLINK(…)`; whoever writes a table to take away puts an apostrophe before such a text, or marks its
/// cell as text.
pub fn runs_in_a_spreadsheet(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// Folds a text for search: lower case, without Latin accents, Arabic vowel signs or the spellings
/// people mix up (alef with and without hamza, ta marbuta and ha, alef maqsura and ya), with Eastern
/// Arabic digits as Latin ones. Kept beside the original, never shown.
pub fn search_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => key.push('a'),
            'ç' => key.push('c'),
            'è' | 'é' | 'ê' | 'ë' => key.push('e'),
            'ì' | 'í' | 'î' | 'ï' => key.push('i'),
            'ñ' => key.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' => key.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => key.push('u'),
            'œ' => key.push_str("oe"),
            'æ' => key.push_str("ae"),
            'ÿ' | 'ý' => key.push('y'),
            'أ' | 'إ' | 'آ' | 'ٱ' => key.push('ا'),
            'ة' => key.push('ه'),
            'ى' => key.push('ي'),
            'ؤ' => key.push('و'),
            'ئ' => key.push('ي'),
            '\u{0300}'..='\u{036f}' | '\u{064b}'..='\u{065f}' | 'ـ' | '\u{200e}' | '\u{200f}' => {}
            '٠'..='٩' => key.push(char::from(b'0' + (letter as u32 - '٠' as u32) as u8)),
            '\'' | '’' | '-' | '_' => key.push(' '),
            _ => key.push(letter),
        }
    }
    key.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_forgives_accents_and_spellings() {
        assert_eq!(
            search_key("Huile d’Olive  PRÉMIÈRE"),
            "huile d olive premiere"
        );
        assert_eq!(search_key("أَرْكان"), search_key("اركان"));
        assert_eq!(search_key("٣ كيلو"), "3 كيلو");
    }

    #[test]
    fn a_text_falls_back_to_french_then_to_any() {
        let text = LocalText::new("Miel", "عسل");
        assert_eq!(text.get("ar"), "عسل");
        assert_eq!(text.get("zgh"), "Miel");
        assert_eq!(
            LocalText(BTreeMap::from([("ar".into(), "عسل".into())])).get("fr"),
            "عسل"
        );
    }

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        assert_eq!(
            clean_name("name", "  Fatima\u{0}\n ").as_deref(),
            Ok("Fatima")
        );
        assert!(matches!(
            clean_name("name", " "),
            Err(Refusal::FieldMissing { .. })
        ));
        assert!(matches!(
            clean_name("name", &"a".repeat(121)),
            Err(Refusal::FieldTooLong { .. })
        ));
    }
}
