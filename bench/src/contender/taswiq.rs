//! Taswiq as a contender: each connection is an agent's phone that hands over one order a sync and
//! takes in what changed.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use taswiq_backend::clock::{Clock, SystemClock};
use taswiq_domain::ids::CustomerId;
use taswiq_domain::sync::PROTOCOL;
use uuid::Uuid;

use super::{Contender, Desk, Till};
use crate::company::Company;
use crate::document::Template;
use crate::http::{Answer, Connection, json_request};
use crate::process::{Process, free_address};

pub const NAME: &str = "Taswiq";

/// After its first 200 a server may still be settling.
pub const SETTLING: Duration = Duration::from_secs(2);

/// Serves a company.
///
/// # Errors
/// When it does not start.
pub async fn serve(server: &Path, company: &Company) -> Result<Process> {
    serve_file(server, &company.database).await
}

/// Serves a database.
///
/// # Errors
/// When it does not start.
pub async fn serve_file(server: &Path, database: &Path) -> Result<Process> {
    let folder = database.parent().context("a folder")?;
    let site = folder.join("site");
    write_site(&site)?;
    let address = free_address()?;
    let mut command = Command::new(server);
    command
        .args(["serve", "--listen", &address.to_string(), "--database"])
        .arg(database)
        .arg("--site")
        .arg(&site);
    let log = database.with_extension("log");
    Process::start(command, address, "/readyz", &log).await
}

/// Opens a connection for each agent. An agent meets the server, writes down a customer, and is ready
/// to take orders.
///
/// # Errors
/// When the server refuses.
pub async fn open(process: Process, company: &Company, connections: usize) -> Result<Contender> {
    let address = process.address;
    let mut desks = Vec::new();
    for (person, token) in company.agents.iter().take(connections) {
        let customer = Uuid::now_v7();
        let orders = company.orders_of(person, CustomerId(customer))?;
        let templates: Result<Vec<Template>> = orders.iter().map(Template::of).collect();
        let mut phone = Phone {
            address,
            headers: headers(token.as_str()),
            device: Uuid::now_v7(),
            epoch: String::new(),
            cursor: 0,
            seq: 0,
            templates: templates?,
        };
        let mut connection = Connection::open(address).await?;
        phone.meet(&mut connection, customer).await?;
        desks.push(Desk {
            connection,
            till: Box::new(phone),
        });
    }
    if desks.len() < connections {
        bail!("{} agents for {connections} connections", desks.len());
    }
    Ok(Contender {
        name: NAME,
        process,
        desks,
        acknowledged: 0,
    })
}

/// What a browser says of a session: without the second line the server takes the request for
/// another site's.
pub fn headers(token: &str) -> String {
    format!("cookie: taswiq={token}\r\nsec-fetch-site: same-origin\r\n")
}

struct Phone {
    address: SocketAddr,
    headers: String,
    device: Uuid,
    epoch: String,
    cursor: i64,
    seq: u64,
    templates: Vec<Template>,
}

/// What a phone needs to know of an answer.
#[derive(Deserialize)]
struct Told {
    epoch: String,
    cursor: i64,
    more: u32,
    results: Vec<Decision>,
}

#[derive(Deserialize)]
struct Decision {
    status: String,
}

impl Phone {
    fn request(&self, commands: &str, count: u8) -> Vec<u8> {
        let now = SystemClock.now().0;
        let body = format!(
            "{{\"protocol\":{PROTOCOL},\"device\":\"{}\",\"epoch\":\"{}\",\"build\":\"bench\",\"cursor\":{},\
             \"device_time\":{now},\"waiting\":{{\"commands\":{count},\"orders\":{count}}},\"commands\":[{commands}]}}",
            self.device, self.epoch, self.cursor
        );
        json_request(
            "POST",
            "/api/v1/sync",
            self.address,
            &self.headers,
            body.as_bytes(),
        )
    }

    fn read(&mut self, answer: &Answer) -> Result<Told> {
        if answer.status != 200 {
            bail!("refused");
        }
        let told: Told = serde_json::from_slice(&answer.body)?;
        self.epoch.clone_from(&told.epoch);
        self.cursor = told.cursor;
        Ok(told)
    }

    async fn meet(&mut self, connection: &mut Connection, customer: Uuid) -> Result<()> {
        loop {
            let request = self.request("", 0);
            let answer = connection.exchange(&request).await?;
            if self.read(&answer)?.more == 0 {
                break;
            }
        }
        self.seq += 1;
        let register = json!({
            "id": customer,
            "seq": self.seq,
            "made_at": SystemClock.now(),
            "kind": "register_customer",
            "body": { "first_name": "Itto", "place": "Imouzzer Kandar", "kind": "household" },
        });
        // Twice, as after an answer that was lost: the second time it has been done already.
        for expected in ["applied", "already_applied"] {
            let request = self.request(&register.to_string(), 1);
            let answer = connection.exchange(&request).await?;
            let told = self.read(&answer)?;
            if told.results.len() != 1 || told.results[0].status != expected {
                bail!("a customer was not taken: {}", answer.text());
            }
        }
        Ok(())
    }
}

impl Till for Phone {
    fn next(&mut self) -> Vec<u8> {
        self.seq += 1;
        let template = &self.templates[self.seq as usize % self.templates.len()];
        let command = template.command(Uuid::now_v7(), self.seq, SystemClock.now());
        self.request(&command, 1)
    }

    fn acknowledged(&mut self, answer: &Answer) -> Result<()> {
        let told = self.read(answer)?;
        if told.results.len() != 1 || told.results[0].status != "applied" {
            bail!("not taken");
        }
        Ok(())
    }
}

/// The smallest site there is: no figure here is about files, and the phone's bundle takes minutes to
/// build.
fn write_site(folder: &Path) -> Result<()> {
    let index: Value = json!({
        "build": "bench",
        "release": true,
        "assets": {
            "main.css": "/pkg/main.0.css",
            "icons.svg": "/pkg/icons.0.svg",
            "drawings.svg": "/pkg/drawings.0.svg",
            "icon.svg": "/pkg/icon.0.svg",
        },
        "csp": { "script": [], "style": [] },
    });
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("assets.json"), index.to_string())?;
    std::fs::write(folder.join("shell.html"), "")?;
    Ok(())
}
