//! PocketBase as a contender: an order is a record with one JSON field, made by somebody signed in.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{Contender, Desk, Till};
use crate::document;
use crate::http::{Answer, Connection, get_request, json_request};
use crate::process::{Process, free_address};

pub const NAME: &str = "PocketBase";

const LOGIN: &str = "bench@taswiq.example";
const PASSWORD: &str = "argan-amlou-7";
const RECORDS: &str = "/api/collections/orders/records";

/// The program that serves what is in `folder`.
///
/// # Errors
/// When there is no free port.
pub async fn serve(program: &Path, folder: &Path) -> Result<Process> {
    let address = free_address()?;
    let mut command = Command::new(program);
    command
        .args(["serve", "--http", &address.to_string(), "--dir"])
        .arg(folder.join("pocketbase"));
    let log = folder.join("pocketbase.log");
    Process::start(command, address, "/api/health", &log).await
}

/// Starts it on an empty folder, with a collection of orders and somebody who may add to it.
///
/// # Errors
/// When it does not start or refuses.
pub async fn start(program: &Path, folder: &Path, connections: usize) -> Result<Contender> {
    let made = Command::new(program)
        .args(["superuser", "upsert", LOGIN, PASSWORD, "--dir"])
        .arg(folder.join("pocketbase"))
        .stdout(Stdio::null())
        .status()?;
    if !made.success() {
        bail!("PocketBase has no superuser ({made})");
    }
    let process = serve(program, folder).await?;
    let address = process.address;
    let superuser = sign_in(address, "_superusers").await?;
    let orders = json!({
        "name": "orders",
        "type": "base",
        "fields": [{ "name": "order", "type": "json", "required": true }],
        "createRule": "@request.auth.id != ''",
    });
    ask(address, "/api/collections", &superuser, &orders).await?;
    let agent = json!({ "email": LOGIN, "password": PASSWORD, "passwordConfirm": PASSWORD });
    ask(
        address,
        "/api/collections/users/records",
        &superuser,
        &agent,
    )
    .await?;
    let token = sign_in(address, "users").await?;
    let mut desks = Vec::new();
    for _ in 0..connections {
        let till = Box::new(Records {
            address,
            headers: format!("authorization: {token}\r\n"),
        });
        desks.push(Desk {
            connection: Connection::open(address).await?,
            till,
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
    let superuser = sign_in(address, "_superusers").await?;
    let headers = format!("authorization: {superuser}\r\n");
    let answer = Connection::open(address)
        .await?
        .exchange(&get_request(
            &format!("{RECORDS}?perPage=1"),
            address,
            &headers,
        ))
        .await?;
    let told: Value = serde_json::from_slice(&answer.body)?;
    told["totalItems"].as_u64().context("a count")
}

async fn sign_in(address: SocketAddr, collection: &str) -> Result<String> {
    let path = format!("/api/collections/{collection}/auth-with-password");
    let told = ask(
        address,
        &path,
        "",
        &json!({ "identity": LOGIN, "password": PASSWORD }),
    )
    .await?;
    Ok(told["token"].as_str().context("a token")?.to_owned())
}

async fn ask(address: SocketAddr, path: &str, token: &str, body: &Value) -> Result<Value> {
    let headers = format!("authorization: {token}\r\n");
    let request = json_request("POST", path, address, &headers, body.to_string().as_bytes());
    let answer = Connection::open(address).await?.exchange(&request).await?;
    if answer.status != 200 {
        bail!("PocketBase refused {path}: {}", answer.text());
    }
    Ok(serde_json::from_slice(&answer.body)?)
}

struct Records {
    address: SocketAddr,
    headers: String,
}

impl Till for Records {
    fn next(&mut self) -> Vec<u8> {
        let (_, order) = document::new();
        let record = format!("{{\"order\":{order}}}");
        json_request(
            "POST",
            RECORDS,
            self.address,
            &self.headers,
            record.as_bytes(),
        )
    }

    fn acknowledged(&mut self, answer: &Answer) -> Result<()> {
        if answer.status != 200 {
            bail!("not taken");
        }
        Ok(())
    }
}
