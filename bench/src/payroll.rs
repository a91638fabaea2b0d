//! P18 and the statement: what it costs to close a month, and to read and print what it made.
//!
//! A close is divided by a plain SQL sum of the same rows. Those are all that its statements are made of:
//! what was earned, what was taken back, and every part of an order that is not yet in, which stands on the
//! statement by itself. Each is added up by the best way that the database knows, which for what was earned
//! is the index that the close uses: a sum over the table would be several times as slow, the more so the
//! more months there are, and the close would look the better for it. Beside it stand the strictest
//! comparison, with the sum of what was earned alone, and the sum that reads the table.

pub mod month;
mod sql;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use taswiq_backend::clock::{Casablanca, Clock, SettableClock, SystemClock};
use taswiq_backend::people::Token;
use taswiq_domain::access::Actor;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::Purpose;
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::person::Role;

use crate::company;
use crate::contender::taswiq;
use crate::figures::{Figures, percentile, ratios};
use crate::http::{Connection, get_request};
use crate::process::Process;
use crate::setting::Setting;
use month::Size;
use sql::{Books, Earned};

/// A programme of one cooperative, and one of a whole region.
const AGENTS: [u32; 2] = [20, 2_000];
/// How often a page is read or printed in a round.
const READINGS: usize = 40;

/// # Errors
/// When a month is not closed, or not to the centime of what was added up beside it.
pub async fn measure(
    setting: &Setting,
    (with_close, with_statement): (bool, bool),
    figures: &mut Figures,
) -> Result<()> {
    let calendar = Casablanca::default();
    let period = month::period(&calendar, SystemClock.now());
    let many = AGENTS[AGENTS.len() - 1];
    for agents in AGENTS {
        if !with_close && agents != many {
            continue;
        }
        let size = Size {
            agents,
            orders: setting.orders,
        };
        let company = month::make(&setting.companies, size, period).await?;
        let rounds = if with_close { setting.rounds() } else { 1 };
        let mut closings = Vec::new();
        for round in 0..rounds {
            let database = setting.run.join(format!("month-{agents}.sqlite"));
            copy(&company, &database).with_context(|| format!("copying {}", company.display()))?;
            closings.push(close(&database, size, period).await?);
            if round + 1 == rounds && with_statement && agents == many {
                statement(setting, &database, size, period, figures).await?;
            }
            remove(&database)?;
        }
        if with_close {
            tell(size, &closings, figures);
        }
    }
    Ok(())
}

/// What a close took, and what it is compared with, in milliseconds.
struct Closed {
    close_ms: f64,
    look_ms: f64,
    /// All that the statements are made of.
    sum_ms: f64,
    earned_ms: f64,
    scan_ms: f64,
    not_yet_in: usize,
    rows: i64,
}

async fn close(database: &Path, size: Size, period: Period) -> Result<Closed> {
    let clock = Arc::new(SettableClock::new(
        period.end(&Casablanca::default()).plus_hours(1),
    ));
    let office = month::open(database, clock).await?;
    let mut books = Books::open(database).await?;
    let stored = i64::from(period.months_since_1970());
    let before = period.end(&Casablanca::default()).0;
    // The first of each reads the file into memory.
    books.earned(stored).await?;
    books.taken(stored).await?;
    books.waiting(before).await?;
    let (scan_ms, rows) = timed(books.earned_without_index(stored)).await;
    let scanned = rows?;
    let (earned_ms, rows) = timed(books.earned(stored)).await;
    let earned = rows?;
    let (taken_ms, taken) = timed(books.taken(stored)).await;
    let (taken, _) = taken?;
    let (waiting_ms, waiting) = timed(books.waiting(before)).await;
    let (waiting, _) = waiting?;
    if scanned != earned {
        bail!("the two sums differ");
    }
    let (look_ms, look) = timed(office.month_if_closed_now(&administrator(), period)).await;
    let look = look?;
    let (close_ms, totals) = timed(office.close_period(&administrator(), period)).await;
    let totals = totals?;
    let count: i64 = earned.iter().map(|earned| earned.count).sum();
    let not_yet_in = look
        .iter()
        .map(|(_, statement)| statement.not_yet_in.len())
        .sum();
    month::check(size, count, not_yet_in)?;
    if waiting < i64::try_from(not_yet_in)? || taken * 200 < i64::from(size.orders) {
        bail!("{waiting} parts wait, {not_yet_in} are not yet in, {taken} entries were taken back");
    }
    if totals.statements != size.agents {
        bail!("{} statements of {} agents", totals.statements, size.agents);
    }
    // To the centime: what the statements earned is what was added up beside them.
    for (_, statement) in &look {
        let sum = earned
            .iter()
            .find(|earned: &&Earned| earned.chain_agent == statement.agent.0)
            .map_or(0, |earned| earned.amount_centimes);
        let told = statement.sum_of(Purpose::CommissionVested);
        if told != Centimes(sum) {
            bail!("agent {} earned {} and not {sum}", statement.agent, told.0);
        }
    }
    books.close().await?;
    company::close(office, database).await?;
    Ok(Closed {
        close_ms,
        look_ms,
        sum_ms: earned_ms + taken_ms + waiting_ms,
        earned_ms,
        scan_ms,
        not_yet_in,
        rows: count,
    })
}

fn tell(size: Size, closings: &[Closed], figures: &mut Figures) {
    let of = |read: fn(&Closed) -> f64| -> Vec<f64> { closings.iter().map(read).collect() };
    let (close, sum) = (of(|closed| closed.close_ms), of(|closed| closed.sum_ms));
    let earned = of(|closed| closed.earned_ms);
    let agents = size.agents;
    let (rows, not_yet_in) = closings
        .last()
        .map_or((0, 0), |closed| (closed.rows, closed.not_yet_in));
    let note = format!(
        "{} orders, {rows} entries earned, {not_yet_in} parts of orders not yet in",
        size.orders
    );
    let name = format!("{agents} agents, ÷ a plain sum");
    figures.add("P18", &name, "×", &ratios(&close, &sum), &[], &note);
    let name = format!("{agents} agents, ÷ a sum of what was earned");
    figures.add("P18", &name, "×", &ratios(&close, &earned), &[], "");
    let others = [
        ("a plain sum", sum),
        ("a sum of what was earned", earned),
        ("the same without its index", of(|closed| closed.scan_ms)),
    ];
    let name = format!("{agents} agents, close");
    figures.add("P18", &name, "ms", &close, &others, "");
    let name = format!("{agents} agents, look without closing");
    let look = of(|closed| closed.look_ms);
    figures.add("P18", &name, "ms", &look, &others, "");
}

/// The statement of one agent of a closed month, as a page and on paper, from the server.
async fn statement(
    setting: &Setting,
    database: &Path,
    size: Size,
    period: Period,
    figures: &mut Figures,
) -> Result<()> {
    let office = month::open(database, Arc::new(SystemClock)).await?;
    // What is due by now happens now and not while somebody measures.
    office.pass_deadlines().await?;
    let token = office
        .open_session(administrator().person, "bench")
        .await?
        .token;
    let agent = month::agents(size).next().context("an agent")?;
    let entries = office
        .statement(&administrator(), agent, period)
        .await?
        .entries
        .len();
    company::close(office, database).await?;
    let process = taswiq::serve_file(&setting.server, database).await?;
    let page = format!("/office/settlement/{period}/agents/{agent}");
    let paper = format!("{page}/statement.pdf");
    let note = format!("{entries} entries");
    for (name, path, is_right) in [
        ("page", page, is_page as fn(&[u8]) -> bool),
        ("paper", paper, is_paper),
    ] {
        let (mut cpu, mut p50) = (Vec::new(), Vec::new());
        for round in 0..=setting.rounds() {
            let (cpu_ms, ms) = read(&process, &token, &path, is_right).await?;
            // The first fills caches.
            if round > 0 {
                cpu.push(cpu_ms);
                p50.push(ms);
            }
        }
        figures.add(
            "statement",
            &format!("{name}, processor time"),
            "ms",
            &cpu,
            &[],
            &note,
        );
        figures.add("statement", &format!("{name}, p50"), "ms", &p50, &[], "");
    }
    process.stop()
}

fn is_page(body: &[u8]) -> bool {
    body.starts_with(b"<!doctype html>")
}

fn is_paper(body: &[u8]) -> bool {
    body.starts_with(b"%PDF-")
}

/// Processor time of the server for one reading, and how long half of them took at most.
async fn read(
    process: &Process,
    token: &Token,
    path: &str,
    is_right: fn(&[u8]) -> bool,
) -> Result<(f64, f64)> {
    let mut connection = Connection::open(process.address).await?;
    let headers = format!("{}accept: text/html\r\n", taswiq::headers(token.as_str()));
    let request = get_request(path, process.address, &headers);
    let before = process.cpu_ms()?;
    let mut readings = Vec::with_capacity(READINGS);
    for _ in 0..READINGS {
        let (ms, answer) = timed(connection.exchange(&request)).await;
        let answer = answer?;
        if answer.status != 200 || !is_right(&answer.body) {
            bail!("{path}: not what it should be, {}", answer.status);
        }
        readings.push(ms);
    }
    let cpu_ms = (process.cpu_ms()? - before) / READINGS as f64;
    Ok((cpu_ms, percentile(&readings, 0.5)))
}

async fn timed<T>(doing: impl Future<Output = T>) -> (f64, T) {
    let began = Instant::now();
    let done = doing.await;
    (began.elapsed().as_secs_f64() * 1000.0, done)
}

fn administrator() -> Actor {
    Actor {
        person: PersonId(1),
        role: Role::Administrator,
        cooperatives: Vec::new(),
    }
}

/// Copies a company and waits until the disk has it: whoever asks the disk to keep a few pages right after
/// some gigabytes were written waits for all of them, and no office is a fresh copy.
fn copy(company: &Path, database: &Path) -> std::io::Result<()> {
    std::fs::copy(company, database)?;
    std::fs::File::open(database)?.sync_all()
}

/// A month of a million orders is a large file: it goes when it was measured.
fn remove(database: &Path) -> Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut path = database.as_os_str().to_owned();
        path.push(suffix);
        let path = PathBuf::from(path);
        if path.exists() {
            std::fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}
