//! P9: eight in the evening. Ten thousand agents hand over thirty orders each at the same moment; one in
//! twenty loses the network after sending, and sends the same again.
//!
//! Each phone has met the server before, so that what is measured is the hand-over and not the first
//! contact. A phone that is sent away comes back when it was told, up to a quarter later, as our engine
//! does. The bare probe takes as many orders, one a request, over as many connections.

use std::io::Write;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::{join_all, try_join_all};
use serde::Deserialize;
use serde_json::json;
use taswiq_backend::clock::{Clock, SystemClock};
use taswiq_domain::ids::CustomerId;
use taswiq_domain::sync::PROTOCOL;
use uuid::Uuid;

use crate::company::Company;
use crate::contender::{probe, taswiq};
use crate::document::{self, Template};
use crate::figures::{Figures, percentile};
use crate::http::{Answer, Connection, json_request};
use crate::setting::Setting;

const AGENTS: usize = 10_000;
const AGENTS_QUICK: usize = 500;
const ORDERS_EACH: usize = 30;
/// One in so many loses the network after it has sent.
const LOST_ONE_IN: usize = 20;
/// How long after it has sent.
const LOST_AFTER: Duration = Duration::from_millis(50);
/// When a phone whose connection broke tries again, as our engine does at first.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// # Errors
/// When an order is not taken in the end, or taken twice.
pub async fn measure(setting: &Setting, figures: &mut Figures) -> Result<()> {
    let agents = if setting.is_quick {
        AGENTS_QUICK
    } else {
        AGENTS
    };
    let company = setting.company(setting.sizes()[0], "crowd").await?;
    let tokens = company.add_agents(agents).await?;
    let process = taswiq::serve(&setting.server, &company).await?;
    tokio::time::sleep(taswiq::SETTLING).await;
    let phones = phones(&company, process.address, &tokens).await?;
    let cpu_before = process.cpu_ms()?;
    let began = Instant::now();
    let evenings = try_join_all(
        phones
            .into_iter()
            .map(|phone| phone.hand_over(process.address)),
    );
    let evenings = evenings.await?;
    let seconds = began.elapsed().as_secs_f64();
    let cpu_ms = process.cpu_ms()? - cpu_before;
    let most_mb = process.most_mb()?;
    process.stop()?;
    // The customer of each is a command, too, and no order.
    let orders = agents * ORDERS_EACH;
    company.check(u64::try_from(orders)?).await?;

    let probe_s = probe(setting, agents).await?;
    let sum = |of: fn(&Evening) -> usize| evenings.iter().map(of).sum::<usize>() as f64;
    let requests: Vec<f64> = evenings
        .iter()
        .flat_map(|one| one.requests_ms.clone())
        .collect();
    let until_ms: Vec<f64> = evenings.iter().map(|one| one.until_ms).collect();
    let mut add = |name: &str, unit: &str, value: f64, others: &[(&str, Vec<f64>)]| {
        figures.add("P9", name, unit, &[value], others, "");
    };
    add(
        "until all is taken",
        "s",
        seconds,
        &[(probe::NAME, vec![probe_s])],
    );
    add("times the bare probe", "×", seconds / probe_s, &[]);
    add(
        "a request: p99",
        "s",
        percentile(&requests, 0.99) / 1_000.0,
        &[],
    );
    add(
        "a phone: p50",
        "s",
        percentile(&until_ms, 0.5) / 1_000.0,
        &[],
    );
    add("errors", "", sum(|one| one.errors), &[]);
    add(
        "sent away, a phone",
        "",
        sum(|one| one.sent_away) / agents as f64,
        &[],
    );
    add("the server's memory at most", "MB", most_mb, &[]);
    add("processor time an order", "ms", cpu_ms / orders as f64, &[]);
    Ok(())
}

/// The phones, each with all that it will send.
async fn phones(company: &Company, address: SocketAddr, tokens: &[String]) -> Result<Vec<Phone>> {
    let (person, token) = company.agents.first().context("an agent")?;
    let met = meet(address, token.as_str()).await?;
    let somebody = Uuid::now_v7();
    let orders = company.orders_of(person, CustomerId(somebody))?;
    let mut phones = Vec::with_capacity(tokens.len());
    for (number, token) in tokens.iter().enumerate() {
        let customer = Uuid::now_v7();
        let now = SystemClock.now();
        let mut commands = vec![
            json!({
                "id": customer,
                "seq": 1,
                "made_at": now,
                "kind": "register_customer",
                "body": { "first_name": "Itto", "place": "Imouzzer Kandar", "kind": "household" },
            })
            .to_string(),
        ];
        for seq in 2..ORDERS_EACH as u64 + 2 {
            let order = &orders[(number + seq as usize) % orders.len()];
            let command = Template::of(order)?.command(Uuid::now_v7(), seq, now);
            commands.push(command.replace(&somebody.to_string(), &customer.to_string()));
        }
        let body = format!(
            "{{\"protocol\":{PROTOCOL},\"device\":\"{}\",\"epoch\":\"{}\",\"build\":\"bench\",\"cursor\":{},\
             \"device_time\":{},\"waiting\":{{\"commands\":{},\"orders\":{ORDERS_EACH}}},\"commands\":[{}]}}",
            Uuid::now_v7(),
            met.epoch,
            met.cursor,
            now.0,
            commands.len(),
            commands.join(",")
        );
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(body.as_bytes())?;
        let headers = format!("{}content-encoding: gzip\r\n", taswiq::headers(token));
        let request = json_request("POST", "/api/v1/sync", address, &headers, &gzip.finish()?);
        phones.push(Phone {
            number,
            request: Rc::from(request),
        });
    }
    Ok(phones)
}

/// What a phone knows that has met the server.
#[derive(Deserialize)]
struct Met {
    epoch: String,
    cursor: i64,
}

async fn meet(address: SocketAddr, token: &str) -> Result<Met> {
    let body = format!(
        "{{\"protocol\":{PROTOCOL},\"device\":\"{}\",\"epoch\":\"\",\"build\":\"bench\",\"cursor\":{},\
         \"device_time\":{},\"waiting\":{{\"commands\":0,\"orders\":0}},\"commands\":[]}}",
        Uuid::now_v7(),
        i64::MAX,
        SystemClock.now().0,
    );
    let headers = taswiq::headers(token);
    let request = json_request("POST", "/api/v1/sync", address, &headers, body.as_bytes());
    let mut connection = Connection::open(address).await?;
    let answer = connection.exchange(&request).await?;
    serde_json::from_slice(&answer.body).with_context(|| answer.text())
}

struct Phone {
    number: usize,
    request: Rc<[u8]>,
}

/// What a phone has lived through.
#[derive(Default)]
struct Evening {
    /// Each request from its beginning to its answer.
    requests_ms: Vec<f64>,
    /// From eight o'clock until everything was taken.
    until_ms: f64,
    sent_away: usize,
    /// Anything else than an answer or being sent away, the lost networks of its own aside.
    errors: usize,
}

#[derive(Deserialize)]
struct Told {
    results: Vec<Decision>,
}

#[derive(Deserialize)]
struct Decision {
    status: String,
}

impl Phone {
    async fn hand_over(self, address: SocketAddr) -> Result<Evening> {
        let began = Instant::now();
        let mut evening = Evening::default();
        let mut loses = self.number.is_multiple_of(LOST_ONE_IN);
        loop {
            let sent = Instant::now();
            let asked = ask(address, &self.request);
            let answer = if loses {
                loses = false;
                let lost = tokio::time::timeout(LOST_AFTER, asked).await;
                match lost {
                    Ok(answer) => answer,
                    Err(_) => {
                        tokio::time::sleep(AGAIN_AFTER).await;
                        continue;
                    }
                }
            } else {
                asked.await
            };
            let Ok(answer) = answer else {
                evening.errors += 1;
                tokio::time::sleep(AGAIN_AFTER).await;
                continue;
            };
            evening
                .requests_ms
                .push(sent.elapsed().as_secs_f64() * 1_000.0);
            match answer.status {
                200 => {
                    let told: Told = serde_json::from_slice(&answer.body)?;
                    let taken = told.results.iter().all(|result| {
                        matches!(result.status.as_str(), "applied" | "already_applied")
                    });
                    if !taken || told.results.len() != ORDERS_EACH + 1 {
                        bail!("not taken: {}", answer.text());
                    }
                    evening.until_ms = began.elapsed().as_secs_f64() * 1_000.0;
                    return Ok(evening);
                }
                503 => {
                    evening.sent_away += 1;
                    let after = answer.header("retry-after").context("when to come back")?;
                    let after = Duration::from_secs(after.parse()?);
                    // Phones spread themselves by chance; here by their number.
                    let spread = after / 4 * u32::try_from(self.number % 100)? / 100;
                    tokio::time::sleep(after + spread).await;
                }
                _ => bail!("status {}: {}", answer.status, answer.text()),
            }
        }
    }
}

async fn ask(address: SocketAddr, request: &[u8]) -> Result<Answer> {
    Connection::open(address).await?.exchange(request).await
}

/// How long the bare probe takes for as many orders over as many connections, in seconds.
async fn probe(setting: &Setting, agents: usize) -> Result<f64> {
    let contender = probe::start(&setting.run, 0).await?;
    let address = contender.process.address;
    let began = Instant::now();
    let taken = join_all((0..agents).map(|_| async move {
        let mut connection = Connection::open(address).await?;
        for _ in 0..ORDERS_EACH {
            let (_, order) = document::new();
            let request = json_request("POST", "/orders", address, "", order.as_bytes());
            let answer = connection.exchange(&request).await?;
            if answer.status != 201 {
                bail!("status {}", answer.status);
            }
        }
        Ok(())
    }));
    for taken in taken.await {
        taken.context(probe::NAME)?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let stored = probe::stored(&contender).await?;
    if stored != u64::try_from(agents * ORDERS_EACH)? {
        bail!("{} has stored {stored} orders", probe::NAME);
    }
    contender.process.stop()?;
    Ok(seconds)
}
