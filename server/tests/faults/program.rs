//! The program in a process of its own.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::site;

/// How it is started, again and again.
pub struct Setting {
    pub database: String,
    site: PathBuf,
    log: PathBuf,
    options: Vec<String>,
    surroundings: Vec<(&'static str, OsString)>,
}

impl Setting {
    /// Its site and its log lie in `folder`.
    pub fn new(database: &str, folder: &Path) -> Self {
        site::write_site(folder);
        Self {
            database: database.to_owned(),
            site: folder.join("site"),
            log: folder.join("log"),
            options: Vec::new(),
            surroundings: Vec::new(),
        }
    }

    pub fn with(mut self, variables: Vec<(&'static str, OsString)>) -> Self {
        self.surroundings = variables;
        self
    }

    pub fn option(mut self, option: &str) -> Self {
        self.options.push(option.to_owned());
        self
    }

    /// What it has written to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// A server that runs. It is killed when this is dropped.
pub struct Program {
    child: Child,
    /// Whoever reads no more would stop it.
    _console: BufReader<ChildStdout>,
    pub address: SocketAddr,
}

impl Program {
    /// Starts it and waits until it listens.
    pub fn start(setting: &Setting) -> Self {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&setting.log)
            .expect("a log");
        let mut child = Command::new(env!("CARGO_BIN_EXE_taswiq"))
            .args(["serve", "--database", &setting.database])
            .arg("--site")
            .arg(&setting.site)
            .args(["--listen", "127.0.0.1:0"])
            .args(&setting.options)
            .envs(setting.surroundings.iter().cloned())
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("started");
        let mut console = BufReader::new(child.stdout.take().expect("a console"));
        let mut line = String::new();
        console.read_line(&mut line).expect("a line");
        let address = line.trim().rsplit("http://").next().unwrap_or_default();
        let address = address
            .parse()
            .unwrap_or_else(|_| panic!("it says {line:?} and in its log:\n{}", setting.log()));
        Self {
            child,
            _console: console,
            address,
        }
    }

    /// As `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }

    /// As an operator would.
    pub fn stop(mut self) {
        let told = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(told.expect("told").success());
        assert!(self.child.wait().expect("ended").success());
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("asked").is_none()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `taswiq audit` finds wrong.
pub fn audit(database: &str) -> Result<(), String> {
    let done = Command::new(env!("CARGO_BIN_EXE_taswiq"))
        .args(["audit", "--database", database])
        .output()
        .expect("run");
    if done.status.success() {
        return Ok(());
    }
    let said = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Err(said.concat())
}
