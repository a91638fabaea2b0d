//! What a person reads lives in the locales, or a language could not be added by adding a file.

use anyhow::Result;

use super::sources::{self, Source};

/// Crates that speak to people. `xtask` speaks to developers; the demo company's names are data.
const SPEAKING: [&str; 7] = [
    "app/src/",
    "offline/src/",
    "domain/src/",
    "server/src/",
    "backend/src/",
    "documents/src/",
    "frontend/src/",
];

pub fn check() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for source in sources::all()? {
        if !source.has_extension("rs") || source.is_test() || !is_concerned(&source) {
            continue;
        }
        let text = source.text()?;
        for literal in sources::literals(sources::without_tests(&text)) {
            if is_sentence(&literal.text) {
                complaints.push(format!(
                    "{}:{}: \"{}\"",
                    source.path, literal.line, literal.text
                ));
            }
        }
    }
    Ok(complaints)
}

fn is_concerned(source: &Source) -> bool {
    SPEAKING
        .iter()
        .any(|folder| source.path.starts_with(folder))
        && !source.path.contains("/demo")
}

/// French or Arabic words, told by their letters. A table of single letters (to fold a name for
/// searching) is no sentence: two such letters in one word are asked for in Arabic, a word of three
/// letters around an accent in French.
fn is_sentence(literal: &str) -> bool {
    literal
        .split(|letter: char| !letter.is_alphabetic())
        .any(|word| {
            let arabic = word.chars().filter(|letter| is_arabic(*letter)).count();
            let accented = word
                .chars()
                .any(|letter| "àâçéèêëîïôùûœÀÂÇÉÈÊËÎÏÔÙÛŒ".contains(letter));
            let plain = word.chars().filter(char::is_ascii_alphabetic).count();
            arabic >= 2 || (accented && plain >= 2)
        })
}

fn is_arabic(letter: char) -> bool {
    matches!(letter, '\u{0600}'..='\u{06FF}' | '\u{0750}'..='\u{077F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_told_by_their_letters() {
        for sentence in ["Commande confirmée", "طلب جديد", "À préparer"] {
            assert!(is_sentence(sentence), "{sentence}");
        }
        for other in ["order.confirmed", "é", "No such order", "12,50 DH"] {
            assert!(!is_sentence(other), "{other}");
        }
    }
}
