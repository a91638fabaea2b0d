//! Makes `target/site`: everything a browser may ask for, ready to be sent as it lies there.
//!
//! ```text
//! pkg/<name>.<hash>.<ext>        never changes under its name: cache it for ever (+ `.br`, `.gz`)
//! shell.html                     the one page of `/field` and `/coop`, the same for everybody
//! offline.html                   what a page that needs the network shows without it
//! sw.js, sw.off.js               the service worker, and the one that takes it back
//! manifest.<language>.webmanifest, manifest.coop.<language>.webmanifest
//! robots.txt, favicon.ico        whatever `public/root` holds, under its own name
//! assets.json                    for the server: `{build, release, assets: {logical: url}, csp}`
//! ```
//!
//! A logical name is the path inside `public/` (`fonts/readex.woff2`), or one of `main.css`,
//! `taswiq.js`, `taswiq.wasm`, `locale.<language>.json`. Only what changed is made again: results are
//! kept by the hash of what they were made from.

mod compress;
mod locale;
mod shell;
mod site;
mod style;
mod wasm;
mod webmanifest;
mod worker;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::workspace;
use site::Site;

/// How much work a build puts into the size of what it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Seconds count: what a developer looks at.
    Quick,
    /// Bytes count: what people's phones load.
    Release,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::Quick => "quick",
            Mode::Release => "release",
        }
    }
}

/// Builds the phone's bundle and every asset into `target/site`.
///
/// # Errors
/// Names the file or the tool that stands in the way.
pub fn build(mode: Mode) -> Result<()> {
    let started = Instant::now();
    let bundle = wasm::build(mode)?;
    let mut site = Site::open(workspace::site(), mode)?;

    for snippet in &bundle.snippets {
        site.add(&snippet.logical_name, &snippet.bytes)?;
    }
    site.add("taswiq.wasm", &bundle.wasm)?;
    let glue = bundle.glue_with_snippets(|logical_name| site.url(logical_name))?;
    site.add("taswiq.js", glue.as_bytes())?;

    for file in public_files()? {
        match file.place {
            Place::Hashed => site.add(&file.logical_name, &file.bytes)?,
            Place::Root => site.add_at_root(&file.logical_name, &file.bytes)?,
        }
    }
    for sheet in style::sheets(|logical_name| site.url(logical_name))? {
        site.add(&sheet.logical_name, sheet.css.as_bytes())?;
    }
    let languages = locale::languages()?;
    for language in &languages {
        site.add(&language.asset_name(), language.json.as_bytes())?;
    }

    for (name, manifest) in webmanifest::manifests(&languages, &site)? {
        site.add_at_root(&name, manifest.as_bytes())?;
    }
    let build_id = site.build_id(&shell::templates()?);
    let pages = shell::pages(&languages, &site, &build_id)?;
    site.add_at_root("shell.html", pages.shell.as_bytes())?;
    site.add_at_root("offline.html", pages.offline.as_bytes())?;
    for (name, script) in worker::scripts(&site, &build_id)? {
        site.add_at_root(&name, script.as_bytes())?;
    }
    site.finish(&build_id, &pages.policy)?;

    site.report();
    println!(
        "{} build {build_id} in {:.1} s",
        mode.name(),
        started.elapsed().as_secs_f32()
    );
    Ok(())
}

/// Builds what checks the browser's store in a browser, and says in which folder it lies: not the
/// site's, for nobody else shall ever load it.
///
/// # Errors
/// When it does not compile.
pub fn conformance() -> Result<PathBuf> {
    wasm::conformance()
}

struct PublicFile {
    logical_name: String,
    bytes: Vec<u8>,
    place: Place,
}

enum Place {
    Hashed,
    Root,
}

/// Every file of `public/` but the templates, which other modules fill in.
fn public_files() -> Result<Vec<PublicFile>> {
    let folder = workspace::root().join("public");
    let mut files = Vec::new();
    for path in files_below(&folder)? {
        let name = path
            .strip_prefix(&folder)
            .context("a file outside its folder")?
            .to_string_lossy()
            .replace('\\', "/");
        let hidden = name.split('/').any(|part| part.starts_with('.'));
        if hidden
            || worker::is_template(&name)
            || name.starts_with("locales/")
            || name.ends_with(".md")
        {
            continue;
        }
        let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let (logical_name, place) = match name.strip_prefix("root/") {
            Some(name) => (name.to_owned(), Place::Root),
            None => (name, Place::Hashed),
        };
        files.push(PublicFile {
            logical_name,
            bytes,
            place,
        });
    }
    Ok(files)
}

/// Every file below `folder`, in the same order on every machine; none when it does not exist.
pub fn files_below(folder: &std::path::Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(error).with_context(|| format!("reading {}", folder.display()));
            }
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
