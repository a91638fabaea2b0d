//! A server under measurement: a process of its own, so that what it costs can be told from what the
//! measuring costs.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http::{Connection, get_request};

/// Linux counts processor time for programs in hundredths of a second, whatever the kernel's clock.
const TICKS_PER_SECOND: f64 = 100.0;
/// A server that has not answered by then does not work.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a starting server is asked.
const ASKED_EVERY: Duration = Duration::from_millis(1);

/// A running server. It is stopped when this is dropped.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
    /// From its start to its first 200, in milliseconds.
    pub start_ms: f64,
}

impl Process {
    /// Starts a server that will listen on `address`, and waits until `path` is answered with 200.
    /// What it says goes to `log`.
    ///
    /// # Errors
    /// When it cannot be started, ends, or does not answer.
    pub async fn start(
        mut command: Command,
        address: SocketAddr,
        path: &str,
        log: &Path,
    ) -> Result<Self> {
        let log =
            std::fs::File::create(log).with_context(|| format!("creating {}", log.display()))?;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let began = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("starting {}", command.get_program().display()))?;
        let mut process = Self {
            child,
            address,
            start_ms: 0.0,
        };
        let request = get_request(path, address, "");
        loop {
            if let Ok(mut connection) = Connection::open(address).await
                && let Ok(answer) = connection.exchange(&request).await
                && answer.status == 200
            {
                process.start_ms = began.elapsed().as_secs_f64() * 1000.0;
                return Ok(process);
            }
            if let Some(status) = process.child.try_wait()? {
                bail!("{} ended: {status}", command.get_program().display());
            }
            if began.elapsed() > START_TIMEOUT {
                bail!("{} does not answer", command.get_program().display());
            }
            tokio::time::sleep(ASKED_EVERY).await;
        }
    }

    /// Processor time taken so far by the process and all its threads, in milliseconds.
    ///
    /// # Errors
    /// When it has ended.
    pub fn cpu_ms(&self) -> Result<f64> {
        cpu_ms(self.child.id())
    }

    /// Memory it holds now, in megabytes of 10⁶ bytes.
    ///
    /// # Errors
    /// When it has ended.
    pub fn rss_mb(&self) -> Result<f64> {
        memory_mb(self.child.id(), "VmRSS:")
    }

    /// The most memory it has held so far, in megabytes of 10⁶ bytes.
    ///
    /// # Errors
    /// When it has ended.
    pub fn most_mb(&self) -> Result<f64> {
        memory_mb(self.child.id(), "VmHWM:")
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Errors
    /// When it cannot be told, or says that it failed.
    pub fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status()?;
        if !told.success() {
            bail!("process {id} could not be told to stop");
        }
        // What it says as it ends is nobody's business here: others die of the signal itself.
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end; gives its processor time in seconds and the most memory it held, in
/// megabytes.
///
/// # Errors
/// When it cannot be started or fails.
pub async fn run(command: &mut Command) -> Result<(f64, f64)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("starting {}", command.get_program().display()))?;
    let (mut cpu, mut most) = (0.0, 0.0);
    loop {
        // Once it has ended there is nothing more to read, and what was read last is near enough.
        if let Ok(ms) = cpu_ms(child.id()) {
            cpu = ms / 1000.0;
        }
        if let Ok(mb) = memory_mb(child.id(), "VmHWM:") {
            most = mb;
        }
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                bail!("{} failed ({status})", command.get_program().display());
            }
            return Ok((cpu, most));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn cpu_ms(id: u32) -> Result<f64> {
    let stat =
        std::fs::read_to_string(format!("/proc/{id}/stat")).context("the process is gone")?;
    read_cpu_ms(&stat).context("/proc/…/stat is not what it was")
}

/// `utime` and `stime`, the 14th and 15th field. The second, the program's name, may hold anything.
fn read_cpu_ms(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let ticks: Vec<f64> = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map_while(|field| field.parse().ok())
        .collect();
    let [user, system] = ticks[..] else {
        return None;
    };
    Some((user + system) * 1000.0 / TICKS_PER_SECOND)
}

fn memory_mb(id: u32, field: &str) -> Result<f64> {
    let status =
        std::fs::read_to_string(format!("/proc/{id}/status")).context("the process is gone")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .context("the process has ended")?;
    let kib: f64 = line
        .trim()
        .trim_end_matches("kB")
        .trim()
        .parse()
        .context("a number of kB")?;
    Ok(kib * 1024.0 / 1e6)
}

/// An address of this machine that nobody listens on.
///
/// # Errors
/// When there is none.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("looking for a free port")?;
    Ok(listener.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_a_name_with_spaces_and_brackets() {
        let stat = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 9";
        assert_eq!(read_cpu_ms(stat), Some(3_000.0));
        assert_eq!(read_cpu_ms("42 (a) S 1"), None);
    }

    #[test]
    fn a_process_has_taken_time_and_memory() {
        let id = std::process::id();
        assert!(cpu_ms(id).expect("itself") >= 0.0);
        assert!(memory_mb(id, "VmRSS:").expect("itself") > 0.0);
    }
}
