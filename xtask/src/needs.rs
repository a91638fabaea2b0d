//! What a fresh machine may miss. Each need is looked for first, installed only when absent, and said
//! aloud, so that nobody wonders what is being fetched.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::workspace;

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The compiler's standard library for WebAssembly.
///
/// # Errors
/// When it is absent and `rustup` cannot install it.
pub fn wasm_target() -> Result<()> {
    let sysroot = command::read(Command::new("rustc").args(["--print", "sysroot"]))?;
    let library = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(WASM_TARGET)
        .join("lib");
    if library.is_dir() {
        return Ok(());
    }
    println!("installing the compiler's {WASM_TARGET} target");
    command::run(Command::new("rustup").args(["target", "add", WASM_TARGET]))
        .context("the phone's bundle needs the wasm target; install it with your Rust distribution")
}

/// The sources of the compiler's standard library, to compile it anew for the phone.
///
/// # Errors
/// When they are absent and `rustup` cannot install them.
pub fn standard_library_source() -> Result<()> {
    let sysroot = command::read(Command::new("rustc").args(["--print", "sysroot"]))?;
    let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std");
    if source.is_dir() {
        return Ok(());
    }
    println!("installing the sources of the standard library");
    command::run(Command::new("rustup").args(["component", "add", "rust-src"]))
        .context("a release needs them; install rust-src with your Rust distribution")
}

/// The formatter (`fmt`, component `rustfmt`) or the linter (`clippy`), which a minimal Rust leaves out.
///
/// # Errors
/// When it is absent and `rustup` cannot install it.
pub fn cargo_tool(subcommand: &str, component: &str) -> Result<()> {
    let known = command::read(command::cargo(&workspace::root()).args([subcommand, "--version"]));
    if known.is_ok() {
        return Ok(());
    }
    println!("installing {component}");
    command::run(Command::new("rustup").args(["component", "add", component]))
}

/// The optimiser of WebAssembly, from npm: the one that Debian packages breaks the page.
///
/// # Errors
/// When npm is absent or cannot install it.
pub fn wasm_opt() -> Result<PathBuf> {
    let folder = workspace::root().join("xtask/npm");
    npm_packages(&folder)?;
    let script = folder.join("node_modules/binaryen/bin/wasm-opt");
    if !script.is_file() {
        bail!("{} is missing after npm ci", script.display());
    }
    Ok(script)
}

/// Installs the packages that `package-lock.json` in `folder` names, unless this exact lock is
/// installed already.
///
/// # Errors
/// When npm is absent or fails.
pub fn npm_packages(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let stamp = folder.join("node_modules/.installed-lock");
    let wanted = std::fs::read(&lock).with_context(|| format!("reading {}", lock.display()))?;
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let npm = npm()?;
    println!("installing npm packages of {}", folder.display());
    command::run(
        Command::new(npm)
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .current_dir(folder),
    )?;
    std::fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
}

/// The installer of node's packages.
///
/// # Errors
/// When it is absent and cannot be installed.
pub fn npm() -> Result<PathBuf> {
    installed("npm", &["nodejs", "npm"])
}

/// A Python that can install packages.
///
/// # Errors
/// When it is absent and cannot be installed.
pub fn python() -> Result<PathBuf> {
    if let Some(python) = command::find("python3")
        && command::read(Command::new(&python).args(["-m", "pip", "--version"])).is_ok()
    {
        return Ok(python);
    }
    println!("installing python3-pip");
    apt_get(&["python3-pip"])?;
    command::find("python3").context("python3 is still absent after its installation")
}

/// A Chromium to test with.
///
/// # Errors
/// When it is absent and cannot be installed.
pub fn chromium() -> Result<PathBuf> {
    let known = || command::find("chromium").or_else(|| command::find("chromium-browser"));
    if let Some(path) = known() {
        return Ok(path);
    }
    println!("installing chromium");
    apt_get(&["chromium"])?;
    known().context("chromium is still absent after its installation")
}

/// A processor that counts its instructions.
///
/// # Errors
/// When it is absent and cannot be installed.
pub fn valgrind() -> Result<PathBuf> {
    installed("valgrind", &["valgrind"])
}

/// The folder of PostgreSQL's own programs (`initdb`, `pg_ctl`).
///
/// # Errors
/// When it is absent and cannot be installed.
pub fn postgresql() -> Result<PathBuf> {
    if let Some(folder) = postgresql_programs() {
        return Ok(folder);
    }
    println!("installing postgresql");
    apt_get(&["postgresql"])?;
    postgresql_programs().context("postgresql is still absent after its installation")
}

fn postgresql_programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|programs| programs.join("initdb").is_file() && programs.join("pg_ctl").is_file())
        .collect();
    versions.sort();
    versions
        .pop()
        .or_else(|| Some(command::find("initdb")?.parent()?.to_path_buf()))
}

/// The program of that name, installed with `packages` where it is absent.
fn installed(program: &str, packages: &[&str]) -> Result<PathBuf> {
    if let Some(path) = command::find(program) {
        return Ok(path);
    }
    println!("installing {}", packages.join(" and "));
    apt_get(packages)?;
    command::find(program)
        .with_context(|| format!("{program} is still absent after its installation"))
}

fn apt_get(packages: &[&str]) -> Result<()> {
    let Some(program) = command::find("apt-get") else {
        bail!(
            "please install {}: this machine has no apt-get",
            packages.join(", ")
        );
    };
    let install = |command: &mut Command| {
        command::run(
            command
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(["install", "--yes", "--no-install-recommends", "--quiet"])
                .args(packages),
        )
    };
    if install(&mut Command::new(&program)).is_ok() {
        return Ok(());
    }
    // A fresh image has no package lists yet.
    command::run(Command::new(&program).args(["update", "--quiet"]))?;
    install(&mut Command::new(&program))
}
