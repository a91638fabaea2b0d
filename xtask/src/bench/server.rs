//! The benchmarks of the server and of the wire. The work is done by the `taswiq-bench` program, a
//! crate of its own so that this tool stays quick to compile; here is what is asked of its figures.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result};

use super::report::{Aim, Bound, Figure};
use super::{Benchmark, Group, Options, peers};
use crate::build::Mode;
use crate::command;
use crate::workspace;

pub const GROUP: Group = Group {
    benchmarks: &[
        Benchmark {
            id: "P1",
            workload: "an order of 3 lines through the public API: the server's processor time",
            aims: &[
                Aim::at_most("1 connection", 0.30, 0.15),
                Aim::at_most("16 connections", 0.30, 0.15),
                Aim::at_most("64 connections", 0.30, 0.15),
            ],
        },
        Benchmark {
            id: "P2",
            workload: "the same over 64 connections: orders a second",
            aims: &[
                Aim::at_least("times PocketBase", 5.0, 10.0),
                Aim {
                    figure: "times the bare probe",
                    ship: Bound::None,
                    after: Bound::AtLeast(0.6),
                },
            ],
        },
        Benchmark {
            id: "P3",
            workload: "the same over 1 connection: until the order is acknowledged",
            aims: &[Aim::at_most("p50", 1.2, 0.7)],
        },
        Benchmark {
            id: "P4",
            workload: "the server's memory",
            aims: &[
                Aim::at_most("idle", 30.0, 15.0),
                Aim::at_most("after P2", 100.0, 60.0),
                Aim::at_most("idle, the largest company", 30.0, 15.0),
                Aim::at_most("after P15, the largest company", 100.0, 60.0),
            ],
        },
        Benchmark {
            id: "P5",
            workload: "from the start of the program to its first 200, with the largest company",
            aims: &[Aim::at_most("start", 150.0, 50.0)],
        },
        Benchmark {
            id: "P6",
            workload: "the manager's first page while 200 orders a second come in",
            aims: &[
                Aim::at_most("today: p99, the largest company", 10.0, 2.0),
                Aim::at_most("month: p99, the largest company", 10.0, 2.0),
                Aim::at_most("half a year: p99, the largest company", 10.0, 2.0),
                Aim::at_most("today: p50, the largest ÷ the smallest", 1.3, 1.05),
                Aim::at_most("month: p50, the largest ÷ the smallest", 1.3, 1.05),
                Aim::at_most("half a year: p50, the largest ÷ the smallest", 1.3, 1.05),
            ],
        },
        Benchmark {
            id: "P7",
            workload: "a sync by our own engine over HTTP/1.1: requests, and bytes of both directions",
            aims: &[
                Aim::at_most("requests", 1.0, 1.0),
                Aim::at_most("no order, a sync", 600.0, 250.0),
                Aim::at_most("1 order, an order", 900.0, 400.0),
                Aim::at_most("5 orders, an order", 300.0, 140.0),
                Aim::at_most("30 orders, an order", 120.0, 65.0),
                Aim::at_most("100 orders, an order", 100.0, 55.0),
            ],
        },
        Benchmark {
            id: "P8",
            workload: "from a saved order to its acknowledgement over bad roads, the connection open",
            aims: &[
                Aim::at_most("300 ms round trip", 0.65, 0.33),
                Aim::at_most("1 Mb/s, 10 % lost", 0.65, 0.33),
            ],
        },
        Benchmark {
            id: "P9",
            workload: "10,000 agents hand over 30 orders each at one moment, 1 in 20 loses the network meanwhile",
            aims: &[
                Aim::at_most("until all is taken", 60.0, 60.0),
                Aim {
                    figure: "times the bare probe",
                    ship: Bound::None,
                    after: Bound::AtMost(2.0),
                },
                Aim::at_most("a request: p99", 2.0, 2.0),
                Aim::at_most("errors", 0.0, 0.0),
                Aim::at_most("the server's memory at most", 150.0, 150.0),
            ],
        },
        Benchmark {
            id: "P16",
            workload: "a day of an agent on the wire: 6 starts, 30 orders, 50 new prices, 6 hand-overs",
            aims: &[Aim::at_most("the day", 40.0, 10.0)],
        },
        Benchmark {
            id: "first-contact",
            workload: "a new phone hears of 3,000 products and 5,000 customers",
            aims: &[],
        },
        Benchmark {
            id: "P15",
            workload: "orders a second with the largest company, over those with the smallest",
            aims: &[Aim::at_least("the largest ÷ the smallest", 0.7, 0.9)],
        },
    ],
    measure,
};

/// Of these no peer takes part.
const WITHOUT_PEERS: [&str; 7] = ["P6", "P7", "P8", "P9", "P15", "P16", "first-contact"];

fn measure(ids: &[&'static str], options: &Options) -> Result<Vec<Figure>> {
    let mut others = Vec::new();
    if ids.iter().any(|id| !WITHOUT_PEERS.contains(id)) {
        others.extend([OsString::from("--pocketbase"), peers::pocketbase()?.into()]);
        others.extend([OsString::from("--pouchdb"), peers::pouchdb()?.into()]);
    }
    by_program(ids, options, "server-figures.json", &others)
}

/// Lets the measuring program measure, with the other programs it needs, and reads its figures.
pub fn by_program(
    ids: &[&'static str],
    options: &Options,
    figures: &str,
    others: &[OsString],
) -> Result<Vec<Figure>> {
    let server = crate::run::build_server(Mode::Release)?;
    println!("compiling the benchmark");
    command::run(command::cargo(&workspace::root()).args([
        "build",
        "--locked",
        "--release",
        "--package",
        "taswiq-bench",
    ]))?;
    let folder = super::folder();
    let figures = folder.join(figures);
    if figures.exists() {
        // What an earlier run measured must not pass for this one's.
        std::fs::remove_file(&figures)
            .with_context(|| format!("removing {}", figures.display()))?;
    }
    let mut bench = Command::new(workspace::target().join("release/taswiq-bench"));
    bench.arg("measure").arg("--server").arg(&server);
    bench.args(others);
    bench.args(["--orders", &options.orders.to_string()]);
    if options.is_quick {
        bench.arg("--quick");
    }
    bench.arg("--folder").arg(&folder);
    bench.arg("--figures").arg(&figures).args(ids);
    command::run(&mut bench)?;
    Figure::read(&figures)
}
