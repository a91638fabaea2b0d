//! PouchDB's server as a contender: an order is a document, put under an id of the sender's. Its store
//! does not flush each document to the disk, so it promises less.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{Contender, Desk, Till};
use crate::document;
use crate::http::{Answer, Connection, get_request, json_request};
use crate::process::{Process, free_address};

pub const NAME: &str = "PouchDB server";

/// Starts it on an empty folder.
///
/// # Errors
/// When it does not start.
pub async fn start(script: &Path, folder: &Path, connections: usize) -> Result<Contender> {
    let data = folder.join("pouchdb");
    std::fs::create_dir_all(&data)?;
    let address = free_address()?;
    let mut command = Command::new("node");
    command
        .arg(std::path::absolute(script)?)
        .args(["--no-stdout-logs", "--port", &address.port().to_string()])
        .arg("--dir")
        .arg(&data)
        // It writes its settings and its log where it stands.
        .current_dir(&data);
    let process = Process::start(command, address, "/", &folder.join("pouchdb.log")).await?;
    let made = Connection::open(address)
        .await?
        .exchange(&json_request("PUT", "/orders", address, "", b""))
        .await?;
    if made.status != 201 {
        bail!("no database was made: {}", made.text());
    }
    let mut desks = Vec::new();
    for _ in 0..connections {
        desks.push(Desk {
            connection: Connection::open(address).await?,
            till: Box::new(Shelf { address }),
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
        .exchange(&get_request("/orders", address, ""))
        .await?;
    let told: Value = serde_json::from_slice(&answer.body)?;
    told["doc_count"].as_u64().context("a count")
}

struct Shelf {
    address: SocketAddr,
}

impl Till for Shelf {
    fn next(&mut self) -> Vec<u8> {
        let (id, order) = document::new();
        let path = format!("/orders/{id}");
        json_request("PUT", &path, self.address, "", order.as_bytes())
    }

    fn acknowledged(&mut self, answer: &Answer) -> Result<()> {
        if answer.status != 201 {
            bail!("not taken");
        }
        Ok(())
    }
}
