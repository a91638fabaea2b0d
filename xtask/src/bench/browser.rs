//! What a person with a cheap phone waits for: the scripts of `end2end/bench`, run in Chromium against
//! the release build, each beside a page that does next to nothing.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::report::{Aim, Bound, Figure};
use super::{Benchmark, Group, Options, folder};
use crate::build::{self, Mode};
use crate::{command, needs, run, workspace};

pub const GROUP: Group = Group {
    benchmarks: &[
        Benchmark {
            id: "P11",
            workload: "a new agent's first visit of the order form; slow 4G, processor 4 times slower",
            aims: &[
                Aim::at_most("first paint", 1_000.0, 900.0),
                Aim::at_most("usable", 2_600.0, 2_100.0),
                Aim::at_most("until usable", 220.0, 150.0),
            ],
        },
        Benchmark {
            id: "P12",
            workload: "a start without a network, the server stopped; 10,000 products and 200 queued orders, processor 4 times slower",
            aims: &[
                Aim::at_most("list of orders", 700.0, 400.0),
                Aim::at_most("list of products", 700.0, 400.0),
            ],
        },
        Benchmark {
            id: "P14",
            workload: "from the tap on \"save\" until the order is durable",
            aims: &[Aim::at_most("durable: p99", 60.0, 25.0)],
        },
        Benchmark {
            id: "lighthouse",
            workload: "Lighthouse for phones, on an agent's first visit and on the sign-in page",
            aims: &[
                score("first visit, performance"),
                score("first visit, accessibility"),
                score("first visit, best-practices"),
                score("first visit, seo"),
                score("sign-in, performance"),
                score("sign-in, accessibility"),
                score("sign-in, best-practices"),
                score("sign-in, seo"),
            ],
        },
    ],
    measure,
};

const fn score(figure: &'static str) -> Aim {
    Aim {
        figure,
        ship: Bound::AtLeast(95.0),
        after: Bound::AtLeast(100.0),
    }
}

/// The middle of so many rounds is steady on a machine that does nothing else.
const ROUNDS: &str = "7";
const ROUNDS_QUICK: &str = "1";

fn measure(ids: &[&'static str], options: &Options) -> Result<Vec<Figure>> {
    build::build(Mode::Release)?;
    let server = run::build_server(Mode::Release)?;
    let tests = workspace::root().join("end2end");
    let scripts = tests.join("bench");
    needs::npm_packages(&tests)?;
    let chromium = needs::chromium()?;
    let mut figures = Vec::new();
    for id in ids {
        let script = match *id {
            "P11" => "first_visit.js",
            "P12" => "offline_start.js",
            "P14" => "saved_order.js",
            _ => {
                needs::npm_packages(&scripts)?;
                "lighthouse.js"
            }
        };
        println!("measuring {id}");
        let rounds = if options.is_quick {
            ROUNDS_QUICK
        } else {
            ROUNDS
        };
        let measured = command::read(
            Command::new("node")
                .arg(script)
                .env("TASWIQ_SERVER", &server)
                .env("TASWIQ_SITE", workspace::site())
                .env("TASWIQ_TARGET", workspace::target())
                .env("TASWIQ_CHROMIUM", &chromium)
                .env("TASWIQ_BENCH_ROUNDS", rounds)
                // What a script has to tell a person goes to the terminal, what it measured comes here.
                .stderr(Stdio::inherit())
                .current_dir(&scripts),
        )?;
        let path = folder().join(format!("{id}-measured.json"));
        std::fs::write(&path, measured).with_context(|| format!("writing {}", path.display()))?;
        figures.extend(Figure::read(&path)?);
    }
    Ok(figures)
}
