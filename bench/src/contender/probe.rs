//! The bare probe ([`crate::probe`]) as a contender.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Contender, Desk, Till};
use crate::document;
use crate::http::{Answer, Connection, get_request, json_request};
use crate::process::{Process, free_address};

pub const NAME: &str = "the bare probe";

/// Starts it on an empty file.
///
/// # Errors
/// When it does not start.
pub async fn start(folder: &Path, connections: usize) -> Result<Contender> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["probe", "--listen", &address.to_string(), "--database"])
        .arg(folder.join("probe.sqlite"));
    let process = Process::start(command, address, "/count", &folder.join("probe.log")).await?;
    let mut desks = Vec::new();
    for _ in 0..connections {
        desks.push(Desk {
            connection: Connection::open(address).await?,
            till: Box::new(Drawer { address }),
        });
    }
    Ok(Contender {
        name: NAME,
        process,
        desks,
        acknowledged: 0,
    })
}

/// How many orders it has stored.
///
/// # Errors
/// When it does not say.
pub async fn stored(contender: &Contender) -> Result<u64> {
    let address = contender.process.address;
    let answer = Connection::open(address)
        .await?
        .exchange(&get_request("/count", address, ""))
        .await?;
    answer.text().parse().context("a count")
}

struct Drawer {
    address: SocketAddr,
}

impl Till for Drawer {
    fn next(&mut self) -> Vec<u8> {
        let (_, order) = document::new();
        json_request("POST", "/orders", self.address, "", order.as_bytes())
    }

    fn acknowledged(&mut self, answer: &Answer) -> Result<()> {
        if answer.status != 201 {
            bail!("not taken");
        }
        Ok(())
    }
}
