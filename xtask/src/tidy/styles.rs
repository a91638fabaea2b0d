//! Right-to-left is a first language: a style that says left or right is wrong in one of them.

use anyhow::Result;

use super::sources;

const PHYSICAL: [&str; 17] = [
    "left",
    "right",
    "margin-left",
    "margin-right",
    "padding-left",
    "padding-right",
    "border-left",
    "border-right",
    "border-left-color",
    "border-right-color",
    "border-left-width",
    "border-right-width",
    "border-top-left-radius",
    "border-top-right-radius",
    "border-bottom-left-radius",
    "border-bottom-right-radius",
    "scroll-margin-left",
];

/// Properties whose values may name a side.
const SIDED: [&str; 3] = ["text-align", "float", "clear"];

/// Where a side is meant, and why.
const MEANT: [(&str, &str); 1] = [
    // Digits run from left to right in every language, and the commas of a column must line up.
    ("style/office.css", "text-align: right"),
];

pub fn check() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for source in sources::all()? {
        if !source.has_extension("css") {
            continue;
        }
        for (line, declaration) in physical(&source.text()?) {
            if MEANT.contains(&(source.path.as_str(), declaration.as_str())) {
                continue;
            }
            complaints.push(format!("{}:{line}: {declaration}", source.path));
        }
    }
    Ok(complaints)
}

/// Line and text of each declaration that names a side.
fn physical(css: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in css.lines().enumerate() {
        for declaration in line.split(['{', '}', ';']) {
            let Some((property, value)) = declaration.split_once(':') else {
                continue;
            };
            let (property, value) = (property.trim(), value.trim());
            let sided = SIDED.contains(&property) && matches!(value, "left" | "right");
            if PHYSICAL.contains(&property) || sided {
                found.push((index + 1, declaration.trim().to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_found_and_a_logical_name_is_not() {
        for css in [
            "a { left: 0 }",
            "a{margin-left:1px}",
            "a { text-align: right; }",
        ] {
            assert_eq!(physical(css).len(), 1, "{css}");
        }
        for css in [
            "a { margin-inline-start: 1px }",
            "a { text-align: start }",
            "@media (x) { .left { top: 0 } }",
        ] {
            assert_eq!(physical(css), [], "{css}");
        }
    }
}
