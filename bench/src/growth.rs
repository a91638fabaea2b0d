//! P15, P6 and the large half of P4: companies of 10,000 to 1,000,000 orders side by side.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use futures_util::future::try_join_all;
use taswiq_backend::clock::{Casablanca, Clock, SystemClock};
use taswiq_domain::time::{Calendar, CivilDate};
use tokio::time::{MissedTickBehavior, interval_at};

use crate::company::{AGENTS, Company};
use crate::contender::{Contender, Desk, taswiq};
use crate::figures::{Figures, percentile, ratios};
use crate::http::{Connection, get_request};
use crate::setting::Setting;

/// Orders that come in each second while the manager looks.
const ORDERS_A_SECOND: u32 = 200;
/// The manager looks this often: quicker than anybody reads, slow enough not to be the load.
const LOOKS_EVERY: Duration = Duration::from_millis(20);

/// # Errors
/// When a server does not answer, or has not stored what was acknowledged.
pub async fn measure(
    setting: &Setting,
    (with_pages, with_rates): (bool, bool),
    figures: &mut Figures,
) -> Result<()> {
    let mut companies = Vec::new();
    for orders in setting.sizes() {
        let company = setting.company(orders, &format!("growth-{orders}")).await?;
        let process = taswiq::serve(&setting.server, &company).await?;
        tokio::time::sleep(taswiq::SETTLING).await;
        let idle_mb = process.rss_mb()?;
        let contender = taswiq::open(process, &company, AGENTS).await?;
        companies.push((company, contender, idle_mb));
    }
    if with_pages {
        pages(setting, &mut companies, figures).await?;
    }
    if with_rates {
        rates(setting, &mut companies, figures).await?;
        if let Some((_, largest, idle_mb)) = companies.last() {
            figures.add(
                "P4",
                "idle, the largest company",
                "MB",
                &[*idle_mb],
                &[],
                "",
            );
            let name = "after P15, the largest company";
            figures.add("P4", name, "MB", &[largest.process.rss_mb()?], &[], "");
        }
    }
    for (company, contender, _) in companies {
        let acknowledged = contender.acknowledged;
        contender.process.stop()?;
        company.check(acknowledged).await?;
    }
    Ok(())
}

type Served = (Company, Contender, f64);

async fn rates(setting: &Setting, companies: &mut [Served], figures: &mut Figures) -> Result<()> {
    let mut speed: Vec<Vec<f64>> = companies.iter().map(|_| Vec::new()).collect();
    let mut cpu = speed.clone();
    for number in 0..=setting.rounds() {
        for (index, (_, contender, _)) in companies.iter_mut().enumerate() {
            let round = contender.take_orders(AGENTS, setting.round()).await?;
            // The first fills caches.
            if number > 0 {
                speed[index].push(round.orders_a_second());
                cpu[index].push(round.cpu_ms_an_order);
            }
        }
    }
    let last = companies.len() - 1;
    let smaller = |values: &[Vec<f64>]| -> Vec<(String, Vec<f64>)> {
        companies[..last]
            .iter()
            .zip(values)
            .map(|((company, ..), values)| (format!("{} orders", company.orders), values.clone()))
            .collect()
    };
    let name = "the largest ÷ the smallest";
    figures.add("P15", name, "×", &ratios(&speed[last], &speed[0]), &[], "");
    let name = "processor time, the smallest ÷ the largest";
    figures.add("P15", name, "×", &ratios(&cpu[0], &cpu[last]), &[], "");
    figures.add_beside("P15", "orders a second", "", &speed[last], &smaller(&speed));
    figures.add_beside(
        "P15",
        "processor time an order",
        "ms",
        &cpu[last],
        &smaller(&cpu),
    );
    Ok(())
}

/// The manager's page by period, as its address asks for it.
fn periods() -> [(&'static str, String); 3] {
    let today: CivilDate = Casablanca::default().date_at(SystemClock.now());
    let first = today.plus_days(-182);
    [
        ("today", "/office".to_owned()),
        ("month", "/office?period=month".to_owned()),
        (
            "half a year",
            format!("/office?period=custom&from={first}&to={today}"),
        ),
    ]
}

async fn pages(setting: &Setting, companies: &mut [Served], figures: &mut Figures) -> Result<()> {
    let last = companies.len() - 1;
    let looking = setting.round();
    for (period, path) in periods() {
        let (mut p50, mut p99): (Vec<Vec<f64>>, Vec<Vec<f64>>) =
            companies.iter().map(|_| (Vec::new(), Vec::new())).unzip();
        for _ in 0..setting.rounds() {
            for (index, (company, contender, _)) in companies.iter_mut().enumerate() {
                let manager = company.manager.as_str();
                let looks = look_while_busy(contender, manager, &path, looking).await?;
                p50[index].push(percentile(&looks, 0.5));
                p99[index].push(percentile(&looks, 0.99));
            }
        }
        let smaller = |values: &[Vec<f64>]| -> Vec<(String, Vec<f64>)> {
            companies[..last]
                .iter()
                .zip(values)
                .map(|((company, ..), values)| {
                    (format!("{} orders", company.orders), values.clone())
                })
                .collect()
        };
        for (share, values) in [("p99", &p99), ("p50", &p50)] {
            let name = format!("{period}: {share}, the largest company");
            figures.add_beside("P6", &name, "ms", &values[last], &smaller(values));
        }
        let name = format!("{period}: p50, the largest ÷ the smallest");
        figures.add("P6", &name, "×", &ratios(&p50[last], &p50[0]), &[], "");
    }
    Ok(())
}

/// How long each look at a page took, in milliseconds, while orders come in.
async fn look_while_busy(
    contender: &mut Contender,
    manager: &str,
    path: &str,
    looking: Duration,
) -> Result<Vec<f64>> {
    let address = contender.process.address;
    contender.connect(AGENTS).await?;
    let began = Instant::now();
    let ordering = try_join_all(
        contender
            .desks
            .iter_mut()
            .enumerate()
            .map(|(number, desk)| order_now_and_then(desk, number, began, looking)),
    );
    let looks = async {
        let mut connection = Connection::open(address).await?;
        let headers = format!(
            "{}accept: text/html\r\naccept-encoding: gzip, br\r\n",
            taswiq::headers(manager)
        );
        let request = get_request(path, address, &headers);
        let mut looks = Vec::new();
        let mut ticks = interval_at(tokio::time::Instant::now(), LOOKS_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while began.elapsed() < looking {
            ticks.tick().await;
            let sent = Instant::now();
            let answer = connection.exchange(&request).await?;
            looks.push(sent.elapsed().as_secs_f64() * 1000.0);
            if answer.status != 200 {
                bail!("no page: {}", answer.status);
            }
        }
        Ok::<_, anyhow::Error>(looks)
    };
    let (orders, looks) = futures_util::future::join(ordering, looks).await;
    let (orders, looks) = (orders?.into_iter().sum::<u64>(), looks?);
    contender.acknowledged += orders;
    let wanted = f64::from(ORDERS_A_SECOND) * looking.as_secs_f64();
    if (orders as f64) < wanted * 0.9 {
        eprintln!("only {orders} of {wanted} orders came in while the manager looked");
    }
    Ok(looks)
}

/// Takes this desk's share of the orders that come in each second.
async fn order_now_and_then(
    desk: &mut Desk,
    number: usize,
    began: Instant,
    ordering: Duration,
) -> Result<u64> {
    let every = Duration::from_secs(AGENTS as u64) / ORDERS_A_SECOND;
    let first = every * u32::try_from(number)? / u32::try_from(AGENTS)?;
    let mut ticks = interval_at(tokio::time::Instant::now() + first, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut orders = 0;
    loop {
        ticks.tick().await;
        if began.elapsed() >= ordering {
            return Ok(orders);
        }
        desk.take_order().await?;
        orders += 1;
    }
}
