//! A PostgreSQL of the tests' own: fresh, on a port of its own, with `fsync` on as in earnest, gone
//! afterwards.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::needs;

/// Its folder is called so and by the number of the process it belongs to.
const PREFIX: &str = "taswiq-postgres-";

pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    /// The address of the running server, which is started at the first call.
    ///
    /// # Errors
    /// When PostgreSQL can neither be found nor installed, or does not start.
    pub fn started(running: &mut Option<Postgres>) -> Result<String> {
        let postgres = match running.take() {
            Some(postgres) => postgres,
            None => Postgres::start()?,
        };
        let url = format!("postgres://taswiq@127.0.0.1:{}/postgres", postgres.port);
        *running = Some(postgres);
        Ok(url)
    }

    fn start() -> Result<Self> {
        let programs = needs::postgresql()?;
        remove_abandoned(&programs)?;
        // Not below `target`: the user `postgres` may not enter the folder of whoever runs this.
        let folder = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("creating {}", folder.display()))?;
        let postgres = Postgres {
            programs,
            folder,
            port: free_port()?,
        };
        if is_root()? {
            command::run(Command::new("chown").arg("postgres").arg(&postgres.folder))?;
        }
        let data = postgres.data();
        command::read(
            postgres
                .program("initdb")?
                .arg("--pgdata")
                .arg(&data)
                .args([
                    "--username=taswiq",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                ]),
        )?;
        // Waits until the server answers. Its own output goes to a file, or this would wait for ever
        // for the server to close it.
        command::run(
            postgres
                .program("pg_ctl")?
                .arg("--pgdata")
                .arg(&data)
                .arg("--log")
                .arg(postgres.folder.join("log"))
                .arg("--options")
                .arg(format!(
                    "-p {} -c listen_addresses=127.0.0.1 -c max_connections=200 -k {}",
                    postgres.port,
                    postgres.folder.display()
                ))
                .args(["--wait", "--silent", "start"]),
        )
        .with_context(|| {
            std::fs::read_to_string(postgres.folder.join("log")).unwrap_or_default()
        })?;
        println!("PostgreSQL runs on port {}", postgres.port);
        Ok(postgres)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// PostgreSQL refuses to run as root, so root becomes the user the package made.
    fn program(&self, name: &str) -> Result<Command> {
        let program = self.programs.join(name);
        let mut command = if is_root()? {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(Path::new("/"));
        Ok(command)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stopped = self.program("pg_ctl").and_then(|mut stop| {
            command::run(stop.arg("--pgdata").arg(self.data()).args([
                "--mode=immediate",
                "--wait",
                "--silent",
                "stop",
            ]))
        });
        // Nothing depends on it any more; a person may want to know all the same.
        if let Err(error) = stopped {
            eprintln!("{error:#}");
        }
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("removing {}: {error}", self.folder.display());
        }
    }
}

/// Ends the servers of test runs that were interrupted: PostgreSQL outlives whoever started it.
fn remove_abandoned(programs: &Path) -> Result<()> {
    for entry in std::fs::read_dir(std::env::temp_dir())?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(owner) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let is_number = owner.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && !Path::new("/proc").join(owner).exists() {
            println!("removing what an interrupted test run left in {name}");
            drop(Postgres {
                programs: programs.to_path_buf(),
                folder: entry.path(),
                port: 0,
            });
        }
    }
    Ok(())
}

fn is_root() -> Result<bool> {
    Ok(command::read(Command::new("id").arg("-u"))?.trim() == "0")
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}
