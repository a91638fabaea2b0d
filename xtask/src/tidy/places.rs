//! Where files may stand, how they may be called and what may not be in any of them.

use anyhow::Result;

use super::sources::{self, Source};

/// Folders named by kind say nothing about the business and grow without end.
const NAMES_BY_KIND: [&str; 7] = [
    "components",
    "utils",
    "helpers",
    "models",
    "common",
    "misc",
    "shared",
];

/// Larger files are generated, or pictures that belong on another shelf.
const FILE_BYTES_MAX: u64 = 1_000_000;

pub fn check_names() -> Result<Vec<String>> {
    Ok(sources::all()?
        .iter()
        .filter_map(|source| misplaced(&source.path))
        .collect())
}

pub fn check_sizes() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for source in sources::all()? {
        let length = source.length()?;
        if length > FILE_BYTES_MAX {
            complaints.push(format!("{} has {length} bytes", source.path));
        }
    }
    Ok(complaints)
}

pub fn check_machine_paths() -> Result<Vec<String>> {
    // Written in halves, so that this file keeps its own rule.
    let homes = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
    ];
    containing(|_| true, &homes)
}

pub fn check_unfinished() -> Result<Vec<String>> {
    let words = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("db", "g!("),
        concat!("#[ig", "nore"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("test.on", "ly("),
        concat!("test.sk", "ip("),
        concat!("test.fix", "me("),
        concat!("waitFor", "Timeout("),
    ];
    let is_code = |source: &Source| {
        ["rs", "js", "mjs", "ts", "css", "html", "sql"]
            .iter()
            .any(|extension| source.has_extension(extension))
    };
    containing(is_code, &words)
}

fn misplaced(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    let file = parts.pop()?;
    if file == "mod.rs" {
        return Some(format!("{path}: write `name.rs` beside `name/`"));
    }
    let by_kind = parts.iter().find(|part| NAMES_BY_KIND.contains(part))?;
    Some(format!("{path}: a folder named by kind, `{by_kind}`"))
}

fn containing(is_concerned: impl Fn(&Source) -> bool, words: &[&str]) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for source in sources::all()?.iter().filter(|source| is_concerned(source)) {
        // A picture or a font has no words.
        let Ok(text) = source.text() else { continue };
        for (index, line) in text.lines().enumerate() {
            for word in words.iter().filter(|word| stands_alone(line, word)) {
                complaints.push(format!("{}:{}: {word}", source.path, index + 1));
            }
        }
    }
    Ok(complaints)
}

/// Whether the word stands in the line and is not the end of a longer name or path.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|letter| {
            letter.is_alphanumeric() || matches!(letter, '_' | '.' | '*' | '}')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_named_by_kind_and_a_module_file_are_refused() {
        assert!(misplaced("app/src/components/button.rs").is_some());
        assert!(misplaced("app/src/field/mod.rs").is_some());
        assert!(misplaced("app/src/field/basket.rs").is_none());
    }

    #[test]
    fn an_address_of_the_site_is_not_a_path_of_a_machine() {
        let root = concat!("/ro", "ot/");
        assert!(!stands_alone(&format!("public{root}robots.txt"), root));
        assert!(stands_alone(&format!("cd {root}x"), root));
    }
}
