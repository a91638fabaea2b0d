//! The rules of this repository that no compiler checks. Each is a promise with a function that lists
//! where it is broken; `cargo xtask test` runs them all and `cargo test` keeps them honest.

mod arrows;
mod places;
mod sentences;
mod sources;
mod sql;
mod styles;

use anyhow::{Result, bail};

/// One rule: what it promises, and a function that lists where the promise is broken.
pub struct Check {
    pub promise: &'static str,
    pub run: fn() -> Result<Vec<String>>,
}

pub fn checks() -> Vec<Check> {
    vec![
        Check {
            promise: "crates depend along the arrows of the design only",
            run: arrows::check,
        },
        Check {
            promise: "the wasm entry is never built together with the server",
            run: arrows::check_frontend_apart,
        },
        Check {
            promise: "modules are files, folders are named by the business",
            run: places::check_names,
        },
        Check {
            promise: "nothing large or generated is kept",
            run: places::check_sizes,
        },
        Check {
            promise: "no path of one machine is kept",
            run: places::check_machine_paths,
        },
        Check {
            promise: "nothing unfinished is kept",
            run: places::check_unfinished,
        },
        Check {
            promise: "SQL lives in sql.rs and backend/src/db",
            run: sql::check,
        },
        Check {
            promise: "sentences live in the locales",
            run: sentences::check,
        },
        Check {
            promise: "styles use logical properties only",
            run: styles::check,
        },
    ]
}

/// # Errors
/// When a promise is broken; each place is printed before.
pub fn check_and_report() -> Result<()> {
    let mut broken = 0;
    for check in checks() {
        for complaint in (check.run)()? {
            eprintln!("{}: {complaint}", check.promise);
            broken += 1;
        }
    }
    if broken > 0 {
        bail!("{broken} places to mend");
    }
    println!("tidy");
    Ok(())
}
