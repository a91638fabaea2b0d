//! `taswiq simulate` over a quarter: what a programme waits for that asks what a plan would pay.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use taswiq_backend::bulk::History;
use taswiq_backend::clock::{Casablanca, Clock, SystemClock};
use taswiq_domain::order::OrderEvent;
use taswiq_domain::period::Period;
use taswiq_domain::time::{Calendar, Timestamp};

use crate::figures::Figures;
use crate::payroll::month::{self, Size};
use crate::process;
use crate::setting::Setting;

/// A programme of twenty agents who each sell a dozen times a day.
const AGENTS: u32 = 20;
const ORDERS: u32 = 15_000;
const ORDERS_QUICK: u32 = 1_500;
const MONTHS: usize = 3;

/// # Errors
/// When the scenario is not played as the rules play it.
pub async fn measure(setting: &Setting, figures: &mut Figures) -> Result<()> {
    let orders = if setting.is_quick {
        ORDERS_QUICK
    } else {
        ORDERS
    };
    let (scenario, entries, events) = scenario(orders)?;
    let file = setting.run.join("quarter.json");
    std::fs::write(&file, serde_json::to_vec(&scenario)?)
        .with_context(|| format!("writing {}", file.display()))?;
    check(setting, &file, entries)?;
    let (mut cpu, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..setting.rounds() {
        let mut command = Command::new(&setting.server);
        command.arg("simulate").arg(&file);
        let (cpu_s, most_mb) = process::run(&mut command).await?;
        cpu.push(cpu_s);
        memory.push(most_mb);
    }
    let note =
        format!("{orders} orders of {AGENTS} agents, {events} events, {MONTHS} months closed");
    figures.add(
        "simulate",
        "a quarter, processor time",
        "s",
        &cpu,
        &[],
        &note,
    );
    figures.add("simulate", "memory", "MB", &memory, &[], "");
    Ok(())
}

/// That what comes out has the entries that the same orders have without a scenario, and a statement
/// for each agent and month.
fn check(setting: &Setting, file: &PathBuf, entries: usize) -> Result<()> {
    let output = Command::new(&setting.server)
        .arg("simulate")
        .arg(file)
        .output()?;
    if !output.status.success() {
        bail!("not played: {}", String::from_utf8_lossy(&output.stderr));
    }
    let outcome: Value = serde_json::from_slice(&output.stdout)?;
    let list = |name: &str| -> Result<&Vec<Value>> {
        outcome[name]
            .as_array()
            .with_context(|| format!("no {name}"))
    };
    let of_orders = list("entries")?
        .iter()
        .filter(|entry| entry["order"].is_string())
        .count();
    if of_orders != entries {
        bail!("{of_orders} entries of orders and not {entries}");
    }
    let statements = list("statements")?.len();
    if statements != MONTHS * AGENTS as usize {
        bail!("{statements} statements");
    }
    Ok(())
}

/// A quarter as a document, how many entries its orders have, and how many events it tells.
fn scenario(orders: u32) -> Result<(Value, usize, usize)> {
    let calendar = Casablanca::default();
    let mut periods = vec![month::period(&calendar, SystemClock.now())];
    while periods.len() < MONTHS {
        let earliest = periods[periods.len() - 1].start(&calendar);
        periods.push(Period::at(earliest.plus_ms(-1), &calendar));
    }
    periods.reverse();
    let size = Size {
        agents: AGENTS,
        orders: orders / MONTHS as u32,
    };
    let first = periods[0];
    let catalogue = month::catalogue(size, first, &calendar);
    let mut told: Vec<(Timestamp, Value)> = Vec::new();
    let mut entries = 0;
    for (index, period) in periods.iter().enumerate() {
        for number in 0..size.orders {
            let history = month::live(&catalogue, &calendar, size, *period, number)?;
            entries += history.transfers().len();
            tell(&history, &format!("{index}-{number}"), &mut told)?;
        }
        let closed_at = period.end(&calendar);
        let closed = json!({ "at": moment(closed_at), "closed": period.to_string() });
        told.push((closed_at, closed));
    }
    // A stable sort: what an order lives at one moment stays in order.
    told.sort_by_key(|(at, _)| *at);
    let from = moment(first.start(&calendar).plus_hours(-24));
    let company = month::company(size, first, &calendar);
    let plans = company.plans.iter().map(
        |(_, draft)| json!({ "valid_from": from, "rules": draft.rules, "period": draft.period }),
    );
    let cooperatives = catalogue.cooperatives.iter().map(|cooperative| {
        let conventions = cooperative.conventions.iter();
        let conventions: Vec<Value> = conventions
            .map(|convention| {
                json!({ "valid_from": from, "regime": convention.regime, "delivery_days": convention.delivery_days })
            })
            .collect();
        json!({ "id": cooperative.id, "conventions": conventions })
    });
    let products = catalogue.products.iter().map(|product| {
        json!({
            "id": product.id,
            "cooperative": product.cooperative,
            "category": product.category,
            "price": product.prices[0].retail,
            "vat": product.vat[0].rate,
        })
    });
    let agents = company.engagements.iter().map(|(agent, engagement)| {
        json!({ "id": agent, "engagements": [{ "valid_from": from, "kind": engagement.kind }] })
    });
    let events: Vec<Value> = told.into_iter().map(|(_, event)| event).collect();
    let count = events.len();
    let scenario = json!({
        "plans": plans.collect::<Vec<_>>(),
        "cooperatives": cooperatives.collect::<Vec<_>>(),
        "products": products.collect::<Vec<_>>(),
        "agents": agents.collect::<Vec<_>>(),
        "events": events,
    });
    Ok((scenario, entries, count))
}

fn tell(history: &History, name: &str, told: &mut Vec<(Timestamp, Value)>) -> Result<()> {
    for recorded in history.events() {
        let at = recorded.made_at;
        let event = match &recorded.event {
            OrderEvent::Placed { order } => {
                let lines: Vec<Value> = order
                    .sub_orders
                    .iter()
                    .flat_map(|part| &part.lines)
                    .map(|line| json!({ "product": line.product, "units": line.asked }))
                    .collect();
                let placed = json!({ "agent": order.agent, "lines": lines });
                json!({ "at": moment(at), "order": name, "placed": placed })
            }
            // The clock closes periods by itself.
            OrderEvent::WithdrawalClosed { .. } => continue,
            event => {
                let mut event = json!(event);
                // A delivery is proven where a scenario says nothing of it.
                if let Some(fields) = event.as_object_mut() {
                    fields.remove("proof");
                }
                json!({ "at": moment(at), "order": name, "event": event, "by": recorded.actor })
            }
        };
        told.push((at, event));
    }
    Ok(())
}

/// `2026-10-03T14:20:00.000Z`
fn moment(at: Timestamp) -> String {
    let utc = taswiq_domain::time::FixedOffset { minutes: 0 };
    let (year, month, day) = utc.date_at(at).year_month_day();
    let ms = at.0.rem_euclid(86_400_000);
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    let (seconds, rest) = (ms / 1_000 % 60, ms % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{rest:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_scenarios_read_it() {
        assert_eq!(moment(Timestamp(0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            moment(Timestamp(1_791_031_264_007)),
            "2026-10-03T12:41:04.007Z"
        );
    }
}
