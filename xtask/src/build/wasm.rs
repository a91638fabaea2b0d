//! From the `frontend` crate to the two files a browser loads.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Mode;
use super::site::sha256_hex;
use crate::command;
use crate::needs;
use crate::workspace;

const PACKAGE: &str = "taswiq-frontend";
const CRATE_FILE: &str = "taswiq_frontend.wasm";
const STORE_PACKAGE: &str = "taswiq-offline";
const STORE_FILE: &str = "taswiq_offline.wasm";

/// What `wasm-opt` may assume of the browser. `--all-features` would let it use instructions that
/// Chromium refuses.
const WASM_OPT_FLAGS: [&str; 7] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// The compiled frontend and the script that loads it.
pub struct Bundle {
    pub wasm: Vec<u8>,
    glue: String,
    pub snippets: Vec<Snippet>,
}

/// A script that a Rust crate carries along.
pub struct Snippet {
    pub logical_name: String,
    pub bytes: Vec<u8>,
}

impl Bundle {
    /// The loading script with each `import` of a snippet led to its hashed address.
    ///
    /// # Errors
    /// When a snippet was not added to the site before.
    pub fn glue_with_snippets<'a>(&self, url: impl Fn(&str) -> Option<&'a str>) -> Result<String> {
        let mut glue = self.glue.clone();
        for snippet in &self.snippets {
            let name = &snippet.logical_name;
            let url = url(name).with_context(|| format!("{name} has no address"))?;
            glue = glue.replace(&format!("'./{name}'"), &format!("'{url}'"));
        }
        Ok(glue)
    }
}

/// Compiles the frontend and binds it to JavaScript.
///
/// # Errors
/// When the compiler, `wasm-bindgen` or `wasm-opt` fails.
pub fn build(mode: Mode) -> Result<Bundle> {
    needs::wasm_target()?;
    let compiled = compile(mode)?;
    let folder = bind(&compiled, mode.name(), mode)?;
    let wasm = folder.join("taswiq_bg.wasm");
    let wasm = std::fs::read(&wasm).with_context(|| format!("reading {}", wasm.display()))?;
    let glue = folder.join("taswiq.js");
    let glue =
        std::fs::read_to_string(&glue).with_context(|| format!("reading {}", glue.display()))?;
    let mut snippets = Vec::new();
    for path in super::files_below(&folder.join("snippets"))? {
        let logical_name = path
            .strip_prefix(&folder)
            .context("a snippet outside its folder")?
            .to_string_lossy()
            .replace('\\', "/");
        let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        snippets.push(Snippet {
            logical_name,
            bytes,
        });
    }
    Ok(Bundle {
        wasm,
        glue,
        snippets,
    })
}

/// The crate of the browser's store as a library of its own, with the suite that checks it. The screens
/// are left out, so it takes seconds.
///
/// # Errors
/// When the compiler or `wasm-bindgen` fails.
pub fn conformance() -> Result<PathBuf> {
    println!("compiling {STORE_PACKAGE} with its conformance suite");
    let mut cargo = command::cargo(&workspace::root());
    cargo.args(["rustc", "--locked", "--package", STORE_PACKAGE, "--lib"]);
    cargo.args(["--crate-type", "cdylib", "--features", "conformance"]);
    cargo.args(["--target", needs::WASM_TARGET]);
    compile_quickly(&mut cargo);
    command::run(&mut cargo)?;
    let compiled = workspace::target()
        .join(needs::WASM_TARGET)
        .join("debug")
        .join(STORE_FILE);
    bind(&compiled, "conformance", Mode::Quick)
}

fn compile(mode: Mode) -> Result<PathBuf> {
    println!("compiling {PACKAGE} for {}", needs::WASM_TARGET);
    let mut cargo = command::cargo(&workspace::root());
    cargo.args(["build", "--locked", "--package", PACKAGE, "--lib"]);
    cargo.args(["--target", needs::WASM_TARGET]);
    let folder = match mode {
        Mode::Quick => {
            compile_quickly(&mut cargo);
            "debug"
        }
        Mode::Release => {
            cargo.args(["--profile", "wasm-release"]);
            // The standard library as it comes is made for speed and for messages of panics that no
            // phone shows. Compiled for size, and without them, it takes a tenth off the whole
            // program. The compiler offers both to those who ask for what is not settled yet; the
            // phone's bundle is all that is built so, and nothing in our sources depends on it.
            needs::standard_library_source()?;
            cargo.env("RUSTC_BOOTSTRAP", "1");
            cargo.args(["-Zbuild-std=std", "-Zbuild-std-features=optimize_for_size"]);
            with_flags(
                &mut cargo,
                &[
                    "-Zunstable-options",
                    "-Cpanic=immediate-abort",
                    "-Zlocation-detail=none",
                    // A hash of a few lines of text is made a few times a day.
                    "--cfg=sha2_backend_soft=\"compact\"",
                ],
            );
            "wasm-release"
        }
    };
    command::run(&mut cargo)?;
    Ok(workspace::target()
        .join(needs::WASM_TARGET)
        .join(folder)
        .join(CRATE_FILE))
}

/// A profile of its own would compile every macro and build script a second time, a minute of a first
/// build. Optimising our own crates is what makes the wasm small, since the generic code of others is
/// compiled in them; optimising the rest costs 80 s more and saves nothing.
fn compile_quickly(cargo: &mut Command) {
    cargo.args(["--config", "profile.dev.opt-level=1"]);
    cargo.args(["--config", "profile.dev.package.\"*\".opt-level=0"]);
    // A browser shows names, which stay; line tables would only be parsed and thrown away.
    cargo.args(["--config", "profile.dev.debug=false"]);
    with_flags(cargo, &[]);
}

/// Leptos boxes what it would otherwise compile anew for every view: a fifth less wasm, and less work.
fn with_flags(cargo: &mut Command, more: &[&str]) {
    let flags = [&["--cfg=erase_components"], more].concat();
    cargo.env(
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
        flags.join(" "),
    );
}

/// Runs `wasm-bindgen`, and `wasm-opt` for a release, unless this very file was bound before; the
/// folder of that name holds what they made.
fn bind(compiled: &Path, name: &str, mode: Mode) -> Result<PathBuf> {
    let bytes =
        std::fs::read(compiled).with_context(|| format!("reading {}", compiled.display()))?;
    let folder = workspace::cache().join("bound").join(name);
    let stamp = folder.join(".made-from");
    let made_from = format!("{} {}", sha256_hex(&bytes), WASM_OPT_FLAGS.join(" "));
    if std::fs::read_to_string(&stamp).is_ok_and(|kept| kept == made_from) {
        return Ok(folder);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("emptying {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    println!("binding {} bytes of wasm", bytes.len());
    wasm_bindgen_cli_support::Bindgen::new()
        .input_bytes("taswiq", bytes)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_producers_section(true)
        .remove_name_section(mode == Mode::Release)
        .generate(&folder)
        .context("wasm-bindgen refused the frontend")?;
    if mode == Mode::Release {
        optimise(&folder.join("taswiq_bg.wasm"))?;
    }
    std::fs::write(&stamp, made_from).with_context(|| format!("writing {}", stamp.display()))?;
    Ok(folder)
}

fn optimise(wasm: &Path) -> Result<()> {
    let script = needs::wasm_opt()?;
    let optimised = wasm.with_extension("optimised");
    println!("optimising the wasm");
    command::run(
        Command::new("node")
            .arg(script)
            .args(WASM_OPT_FLAGS)
            .arg(wasm)
            .arg("--output")
            .arg(&optimised),
    )?;
    let before = std::fs::metadata(wasm)?.len();
    let after = std::fs::metadata(&optimised)?.len();
    if after == 0 || after > before {
        bail!("wasm-opt made {after} bytes of {before}");
    }
    std::fs::rename(&optimised, wasm).with_context(|| format!("replacing {}", wasm.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `wasm-bindgen` refuses a file made by another version of itself, with a message few understand.
    #[test]
    fn the_tool_and_the_library_are_of_one_version() {
        let lock =
            std::fs::read_to_string(workspace::root().join("Cargo.lock")).expect("Cargo.lock");
        let lock: toml::Table = lock.parse().expect("Cargo.lock is TOML");
        let packages = lock["package"].as_array().expect("packages");
        let version_of = |name: &str| {
            packages
                .iter()
                .find(|package| package["name"].as_str() == Some(name))
                .map(|package| package["version"].to_string())
        };
        assert_eq!(
            version_of("wasm-bindgen"),
            version_of("wasm-bindgen-cli-support")
        );
    }

    #[test]
    fn imports_of_snippets_lead_to_their_hashed_addresses() {
        let bundle = Bundle {
            wasm: Vec::new(),
            glue: "import { put } from './snippets/a/store.js';".to_owned(),
            snippets: vec![Snippet {
                logical_name: "snippets/a/store.js".to_owned(),
                bytes: Vec::new(),
            }],
        };
        let glue = bundle
            .glue_with_snippets(|_| Some("/pkg/snippets/a/store.0a.js"))
            .expect("the snippet has an address");
        assert_eq!(glue, "import { put } from '/pkg/snippets/a/store.0a.js';");
    }
}
