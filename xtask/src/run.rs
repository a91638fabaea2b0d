//! From a clone to a page in the browser, with a company to look at.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::build::{self, Mode};
use crate::command;
use crate::workspace;

/// The demo company is the same for everybody: made from this seed.
const DEMO_SEED: &str = "1";

/// Builds everything, makes the demo company at first start and becomes the server.
///
/// # Errors
/// Names the step that failed.
pub fn run(mode: Mode, port: u16) -> Result<()> {
    let started = Instant::now();
    // Minutes of building must not end in this.
    if TcpListener::bind(("127.0.0.1", port)).is_err() {
        bail!("port {port} is in use: choose another with --port");
    }
    build::build(mode)?;
    let server = build_server(mode)?;
    let database = demo_company(&server)?;
    println!("ready after {:.0} s", started.elapsed().as_secs_f32());
    // The server takes this process's place, so that Ctrl-C and signals reach it directly. It prints
    // its address and the demo accounts itself.
    let failure = Command::new(&server)
        .current_dir(workspace::root())
        .arg("serve")
        .args(["--database", &address_of(&database)])
        .arg("--site")
        .arg(workspace::site())
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .exec();
    Err(failure).with_context(|| format!("starting {}", server.display()))
}

/// Compiles the server and returns its path.
///
/// # Errors
/// When it does not compile.
pub fn build_server(mode: Mode) -> Result<PathBuf> {
    let mut cargo = command::cargo(&workspace::root());
    cargo.args([
        "build",
        "--locked",
        "--package",
        "taswiq-server",
        "--bin",
        "taswiq",
    ]);
    let folder = match mode {
        Mode::Quick => "debug",
        Mode::Release => {
            cargo.arg("--release");
            "release"
        }
    };
    println!("compiling the server");
    command::run(&mut cargo)?;
    Ok(workspace::target().join(folder).join("taswiq"))
}

/// The developer's database; it survives from one start to the next.
fn demo_company(server: &Path) -> Result<PathBuf> {
    let folder = workspace::target().join("dev");
    let database = folder.join("taswiq.sqlite");
    if database.is_file() {
        println!("using {} (remove it to begin afresh)", database.display());
        return Ok(database);
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    println!("making the demo company in {}", database.display());
    // Made under another name: a demo that was interrupted must not pass for a whole one.
    let unfinished = folder.join("unfinished.sqlite");
    remove_database(&unfinished)?;
    command::run(Command::new(server).current_dir(workspace::root()).args([
        "demo",
        "--database",
        &address_of(&unfinished),
        "--seed",
        DEMO_SEED,
    ]))?;
    for suffix in ["-wal", "-shm", ""] {
        let (from, to) = (
            with_suffix(&unfinished, suffix),
            with_suffix(&database, suffix),
        );
        if from.is_file() {
            std::fs::rename(&from, &to).with_context(|| format!("renaming {}", from.display()))?;
        }
    }
    Ok(database)
}

fn address_of(database: &Path) -> String {
    format!("sqlite://{}", database.display())
}

fn remove_database(database: &Path) -> Result<()> {
    for suffix in ["-wal", "-shm", ""] {
        let path = with_suffix(database, suffix);
        if path.exists() {
            std::fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
