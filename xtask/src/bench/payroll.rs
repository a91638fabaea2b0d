//! The benchmarks of commissions: entries, closes, statements, simulations. The work is done by the
//! `taswiq-bench` program, like that of the server.

use std::ffi::OsString;

use anyhow::Result;

use super::report::{Aim, Figure};
use super::{Benchmark, Group, Options, server};
use crate::needs;

pub const GROUP: Group = Group {
    benchmarks: &[
        Benchmark {
            id: "P18",
            workload: "the close of a month of all orders by few and by many agents, over plain sums of the same rows: what was earned, what was taken back, what is not yet in",
            aims: &[
                Aim::at_most("20 agents, ÷ a plain sum", 3.0, 1.5),
                Aim::at_most("2000 agents, ÷ a plain sum", 3.0, 1.5),
            ],
        },
        Benchmark {
            id: "P19",
            workload: "an entry of the ledger by the engine, as a phone and the server make it",
            aims: &[],
        },
        Benchmark {
            id: "statement",
            workload: "the statement of one of 2,000 agents, read in the office and printed",
            aims: &[],
        },
        Benchmark {
            id: "simulate",
            workload: "taswiq simulate over a quarter of a programme of 20 agents",
            aims: &[],
        },
    ],
    measure,
};

fn measure(ids: &[&'static str], options: &Options) -> Result<Vec<Figure>> {
    let mut others = Vec::new();
    if ids.contains(&"P19") {
        others.extend([OsString::from("--valgrind"), needs::valgrind()?.into()]);
    }
    server::by_program(ids, options, "payroll-figures.json", &others)
}
