//! P1, P2, P3 and the small half of P4: orders over 1, 16 and 64 connections, Taswiq and the others
//! by turns in every round, so that whatever else the machine does hits all of them.

use anyhow::{Result, bail};

use crate::contender::{Contender, Round, pocketbase, pouchdb, probe, taswiq};
use crate::figures::{Figures, percentile, ratios};
use crate::setting::Setting;

const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// # Errors
/// When somebody does not take orders, or has not stored what was acknowledged.
pub async fn measure(setting: &Setting, figures: &mut Figures) -> Result<()> {
    let most = CONNECTIONS[2];
    let run = &setting.run;
    let company = setting.company(setting.sizes()[0], "orders").await?;
    let process = taswiq::serve(&setting.server, &company).await?;
    tokio::time::sleep(taswiq::SETTLING).await;
    let mut idle = vec![process.rss_mb()?];
    let mut contenders = vec![
        taswiq::open(process, &company, most).await?,
        probe::start(run, most).await?,
    ];
    if let Some(program) = &setting.pocketbase {
        contenders.push(pocketbase::start(program, run, most).await?);
    }
    if let Some(script) = &setting.pouchdb {
        contenders.push(pouchdb::start(script, run, most).await?);
    }
    for other in &contenders[1..] {
        idle.push(other.process.rss_mb()?);
    }
    // What everybody does once and never again: caches, compiled scripts, the first pages of a file.
    for contender in &mut contenders {
        contender.take_orders(most, setting.round() / 2).await?;
    }
    for connections in CONNECTIONS {
        let mut rounds: Vec<Vec<Round>> = contenders.iter().map(|_| Vec::new()).collect();
        for _ in 0..setting.rounds() {
            for (contender, rounds) in contenders.iter_mut().zip(&mut rounds) {
                rounds.push(contender.take_orders(connections, setting.round()).await?);
            }
        }
        report(connections, &contenders, &rounds, figures);
    }
    let memory = |megabytes: &[f64], name: &str, figures: &mut Figures| {
        let others: Vec<(&str, Vec<f64>)> = contenders
            .iter()
            .zip(megabytes)
            .skip(1)
            .map(|(contender, megabytes)| (contender.name, vec![*megabytes]))
            .collect();
        figures.add("P4", name, "MB", &megabytes[..1], &others, "");
    };
    memory(&idle, "idle", figures);
    let after: Result<Vec<f64>> = contenders
        .iter()
        .map(|contender| contender.process.rss_mb())
        .collect();
    memory(&after?, "after P2", figures);
    for contender in contenders {
        let stored = match contender.name {
            taswiq::NAME => {
                let acknowledged = contender.acknowledged;
                contender.process.stop()?;
                company.check(acknowledged).await?;
                continue;
            }
            probe::NAME => probe::stored(&contender).await?,
            pocketbase::NAME => pocketbase::stored(&contender).await?,
            _ => pouchdb::stored(&contender).await?,
        };
        if stored != contender.acknowledged {
            bail!(
                "{} acknowledged {} orders and has stored {stored}",
                contender.name,
                contender.acknowledged
            );
        }
    }
    Ok(())
}

/// `rounds` are those of each contender, Taswiq's first.
fn report(
    connections: usize,
    contenders: &[Contender],
    rounds: &[Vec<Round>],
    figures: &mut Figures,
) {
    let all = |value: &dyn Fn(&Round) -> f64| -> Vec<Vec<f64>> {
        rounds
            .iter()
            .map(|rounds| rounds.iter().map(value).collect())
            .collect()
    };
    let others = |values: &[Vec<f64>]| -> Vec<(&'static str, Vec<f64>)> {
        contenders
            .iter()
            .zip(values)
            .skip(1)
            .map(|(contender, values)| (contender.name, values.clone()))
            .collect()
    };
    let cpu = all(&|round| round.cpu_ms_an_order);
    let name = match connections {
        1 => "1 connection".to_owned(),
        many => format!("{many} connections"),
    };
    figures.add("P1", &name, "ms", &cpu[0], &others(&cpu), "");
    if connections == 64 {
        let speed = all(&|round| round.orders_a_second());
        for (who, theirs) in others(&speed) {
            let name = format!("times {who}");
            figures.add("P2", &name, "×", &ratios(&speed[0], &theirs), &[], "");
        }
        figures.add("P2", "orders a second", "", &speed[0], &others(&speed), "");
        let latency = all(&|round| percentile(&round.latencies_ms, 0.99));
        figures.add("P2", "p99", "ms", &latency[0], &others(&latency), "");
    }
    if connections == 1 {
        for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
            let latency = all(&|round| percentile(&round.latencies_ms, share));
            figures.add("P3", name, "ms", &latency[0], &others(&latency), "");
        }
    }
}
