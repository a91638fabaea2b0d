//! Who may depend on whom. `domain ← offline ← app ← {frontend, server}`,
//! `domain ← backend ← {app[ssr], server}` and `domain ← documents ← server`, nothing else; what only tests need is exempt.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use toml::{Table, Value};

use crate::workspace;

struct Rule {
    folder: &'static str,
    /// Crates of this workspace it may depend on.
    may_use: &'static [&'static str],
    /// Crates from outside that would break what it promises.
    never: &'static [&'static str],
}

const RULES: [Rule; 11] = [
    // Pure: no I/O, clock, randomness or async.
    Rule {
        folder: "domain",
        may_use: &[],
        never: &[
            "tokio",
            "sqlx",
            "axum",
            "leptos",
            "web-sys",
            "js-sys",
            "getrandom",
            "rand",
            "chrono",
            "futures-util",
        ],
    },
    // Runs natively in tests and in a browser, with any screens or none.
    Rule {
        folder: "offline",
        may_use: &["domain"],
        never: &["leptos", "sqlx", "axum", "tokio"],
    },
    Rule {
        folder: "backend",
        may_use: &["domain"],
        never: &["leptos", "axum", "web-sys", "js-sys"],
    },
    Rule {
        folder: "app",
        may_use: &["domain", "offline", "backend"],
        never: &["sqlx", "axum", "tokio", "leptos_router", "leptos_meta"],
    },
    // Papers made of what it is given: the same input gives the same bytes.
    Rule {
        folder: "documents",
        may_use: &["domain"],
        never: &[
            "tokio",
            "sqlx",
            "axum",
            "leptos",
            "web-sys",
            "js-sys",
            "getrandom",
            "rand",
            "chrono",
            "jiff",
            "futures-util",
        ],
    },
    Rule {
        folder: "frontend",
        may_use: &["app"],
        never: &["sqlx", "axum", "tokio"],
    },
    Rule {
        folder: "server",
        may_use: &["domain", "backend", "app", "documents"],
        never: &["sqlx"],
    },
    Rule {
        folder: "xtask",
        may_use: &[],
        never: &[],
    },
    // For measuring only, never in what anybody is served: it makes companies with the backend, takes
    // orders as a phone does, and holds a bare server of its own to compare with.
    Rule {
        folder: "bench",
        may_use: &["domain", "offline", "backend"],
        never: &["leptos"],
    },
    // For tests only, no part of what is served: phones and a server through every fault, in one process.
    Rule {
        folder: "faults",
        may_use: &["domain", "offline", "backend"],
        never: &[],
    },
    // Preloaded under a real server by tests, so it may bring nothing along.
    Rule {
        folder: "faults/disk",
        may_use: &[],
        never: &["sqlx", "axum", "tokio", "leptos"],
    },
];

pub fn check() -> Result<Vec<String>> {
    let root = workspace::root();
    let workspace_manifest = manifest("Cargo.toml")?;
    let members = workspace_manifest["workspace"]["members"]
        .as_array()
        .context("Cargo.toml lists no members")?;
    let mut complaints = Vec::new();
    for member in members.iter().filter_map(Value::as_str) {
        let Some(rule) = RULES.iter().find(|rule| rule.folder == member) else {
            complaints.push(format!("{member} has no place among the arrows"));
            continue;
        };
        if root.join(member).join("Cargo.toml").is_file() {
            complaints.extend(broken(rule, &manifest(&format!("{member}/Cargo.toml"))?));
        }
    }
    Ok(complaints)
}

/// Features `csr` and `ssr` must never be unified in one build.
pub fn check_frontend_apart() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let workspace_manifest = manifest("Cargo.toml")?;
    let built_by_default = workspace_manifest["workspace"]["default-members"]
        .as_array()
        .context("Cargo.toml lists no default members")?;
    if built_by_default
        .iter()
        .any(|member| member.as_str() == Some("frontend"))
    {
        complaints.push("frontend stands in `default-members`".to_owned());
    }
    let app = manifest("app/Cargo.toml")?;
    let feature = |name: &str| -> BTreeSet<String> {
        app.get("features")
            .and_then(|features| features.get(name))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|part| Some(part.as_str()?.to_owned()))
            .collect()
    };
    if feature("csr").iter().any(|part| part.contains("backend")) {
        complaints.push("app's `csr` brings the backend to the phone".to_owned());
    }
    if feature("ssr").iter().any(|part| part.contains("offline")) {
        complaints.push("app's `ssr` brings the device store to the server".to_owned());
    }
    if !feature("default").is_empty() {
        complaints.push("app has default features".to_owned());
    }
    Ok(complaints)
}

fn broken(rule: &Rule, manifest: &Table) -> Vec<String> {
    dependencies(manifest)
        .into_iter()
        .filter_map(|name| match name.strip_prefix("taswiq-") {
            Some(folder) if !rule.may_use.contains(&folder) => {
                Some(format!("{} must not depend on {folder}", rule.folder))
            }
            None if rule.never.contains(&name.as_str()) => {
                Some(format!("{} must not depend on {name}", rule.folder))
            }
            _ => None,
        })
        .collect()
}

/// Names of what is compiled into the product: dependencies, also those of one target only.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let of = |table: &Table| -> Vec<String> {
        table
            .get("dependencies")
            .and_then(Value::as_table)
            .map(|found| found.keys().cloned().collect())
            .unwrap_or_default()
    };
    let mut names: BTreeSet<String> = of(manifest).into_iter().collect();
    let targets = manifest.get("target").and_then(Value::as_table);
    for target in targets
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table)
    {
        names.extend(of(target));
    }
    names
}

fn manifest(path: &str) -> Result<Table> {
    let text = std::fs::read_to_string(workspace::root().join(path))
        .with_context(|| format!("reading {path}"))?;
    text.parse()
        .with_context(|| format!("{path} is not valid TOML"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(folder: &str, manifest: &str) -> Vec<String> {
        let rule = RULES
            .iter()
            .find(|rule| rule.folder == folder)
            .expect("a rule");
        broken(rule, &manifest.parse().expect("TOML"))
    }

    #[test]
    fn a_domain_that_knows_a_database_or_another_crate_is_refused() {
        assert_eq!(complaints("domain", "[dependencies]\nserde = '1'"), [""; 0]);
        assert_eq!(
            complaints("domain", "[dependencies]\nsqlx = '0.9'").len(),
            1
        );
        assert_eq!(
            complaints("domain", "[dependencies]\ntaswiq-offline = { path = 'x' }").len(),
            1
        );
    }

    #[test]
    fn papers_know_the_rules_and_nothing_that_changes_by_itself() {
        let needing = |name: &str| complaints("documents", &format!("[dependencies]\n{name}"));
        assert_eq!(needing("taswiq-domain = { path = 'x' }"), [""; 0]);
        assert_eq!(needing("taswiq-backend = { path = 'x' }").len(), 1);
        assert_eq!(needing("jiff = '0.2'").len(), 1);
        let app = "[dependencies]\ntaswiq-documents = { path = 'x' }";
        assert_eq!(complaints("app", app).len(), 1);
        assert_eq!(complaints("server", app), [""; 0]);
    }

    #[test]
    fn the_benchmark_sees_what_it_measures_and_no_screens() {
        let needing = |crates: &[&str]| {
            let lines: Vec<String> = crates
                .iter()
                .map(|name| format!("taswiq-{name} = {{ path = 'x' }}\n"))
                .collect();
            complaints("bench", &format!("[dependencies]\n{}", lines.concat()))
        };
        assert_eq!(needing(&["domain", "offline", "backend"]), [""; 0]);
        assert_eq!(needing(&["app", "server"]).len(), 2);
        assert_eq!(
            complaints("server", "[dependencies]\ntaswiq-bench = { path = 'x' }").len(),
            1
        );
    }

    #[test]
    fn what_only_tests_need_is_exempt() {
        assert_eq!(
            complaints(
                "offline",
                "[dev-dependencies]\ntaswiq-backend = { path = 'x' }"
            ),
            [""; 0]
        );
    }

    #[test]
    fn a_dependency_of_one_target_only_counts_too() {
        let manifest = "[target.'cfg(unix)'.dependencies]\ntaswiq-app = { path = 'x' }";
        assert_eq!(complaints("backend", manifest).len(), 1);
    }
}
