//! The command line, parsed by hand: a parser crate would be compiled before every first build.

use crate::bench;
use crate::build::Mode;
use crate::test::Stage;

pub const USAGE: &str = "\
Usage: cargo xtask <command>

  build [--release]               build the phone's bundle and every asset into target/site
  run   [--release] [--port N]    build all, make the demo company at first start, serve
  test  [--only STAGE[,STAGE]]    everything: tidy, format, lints, tests, both databases, browser
         [--long]                  stages: tidy, format, lint, unit, browser
                                  long: hundreds of kills instead of a few, 100,000 cases of each
                                  property of the domain, and an hour of schedules of faults that
                                  goes on where the last one ended; an hour and a quarter more
  bench [--quick] [--orders N] [NAME …]
                                  what it costs beside what others cost, all benchmarks or those
                                  named; --orders: of the largest company (1,000,000)
  tidy                            the rules of this repository that no compiler checks";

/// What the person asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    Help,
    Build {
        mode: Mode,
    },
    Run {
        mode: Mode,
        port: u16,
    },
    Test {
        only: Vec<Stage>,
        is_long: bool,
    },
    Bench {
        names: Vec<&'static str>,
        options: bench::Options,
    },
    Tidy,
}

/// The address `run` serves on when nothing else is asked.
const PORT_DEFAULT: u16 = 3000;

/// # Errors
/// A sentence that names the argument that was not understood.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Task, String> {
    let mut arguments = arguments.into_iter();
    let Some(command) = arguments.next() else {
        return Ok(Task::Help);
    };
    let mut mode = Mode::Quick;
    let mut port = PORT_DEFAULT;
    let mut only = Vec::new();
    let (mut names, mut orders, mut is_quick) = (Vec::new(), None, false);
    let mut is_long = false;
    while let Some(argument) = arguments.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let mut value = || {
            inline
                .clone()
                .or_else(|| arguments.next())
                .ok_or_else(|| format!("{name} needs a value"))
        };
        match (command.as_str(), name.as_str()) {
            ("build" | "run", "--release") => mode = Mode::Release,
            ("run", "--port") => {
                let value = value()?;
                port = value
                    .parse()
                    .map_err(|_| format!("`{value}` is not a port number"))?;
            }
            ("test", "--only") => {
                for stage in value()?.split(',') {
                    only.push(
                        Stage::named(stage)
                            .ok_or_else(|| format!("no stage is called `{stage}`"))?,
                    );
                }
            }
            ("test", "--long") => is_long = true,
            ("bench", "--quick") => is_quick = true,
            ("bench", "--orders") => {
                let value = value()?;
                let count = value
                    .parse()
                    .map_err(|_| format!("`{value}` is not a number of orders"))?;
                orders = Some(count);
            }
            (_, "--help" | "-h") => return Ok(Task::Help),
            ("bench", word) if !word.starts_with('-') => names.push(
                bench::named(word).ok_or_else(|| format!("no benchmark is called `{word}`"))?,
            ),
            _ => return Err(format!("`{command}` does not know `{name}`")),
        }
    }
    match command.as_str() {
        "build" => Ok(Task::Build { mode }),
        "run" => Ok(Task::Run { mode, port }),
        "test" => Ok(Task::Test { only, is_long }),
        "bench" => Ok(Task::Bench {
            names,
            options: bench::Options::new(orders, is_quick),
        }),
        "tidy" => Ok(Task::Tidy),
        "help" | "--help" | "-h" => Ok(Task::Help),
        other => Err(format!("no command is called `{other}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_plain_run_serves_the_quick_build_on_port_3000() {
        assert_eq!(
            parsed("run"),
            Ok(Task::Run {
                mode: Mode::Quick,
                port: 3000
            })
        );
    }

    #[test]
    fn values_follow_a_space_or_an_equals_sign() {
        let expected = Ok(Task::Run {
            mode: Mode::Release,
            port: 8080,
        });
        assert_eq!(parsed("run --port 8080 --release"), expected);
        assert_eq!(parsed("run --release --port=8080"), expected);
    }

    #[test]
    fn several_stages_may_be_named() {
        assert_eq!(
            parsed("test --only tidy,unit"),
            Ok(Task::Test {
                only: vec![Stage::Tidy, Stage::Unit],
                is_long: false
            })
        );
    }

    #[test]
    fn the_long_test_is_asked_for() {
        assert_eq!(
            parsed("test --long"),
            Ok(Task::Test {
                only: Vec::new(),
                is_long: true
            })
        );
    }

    #[test]
    fn a_small_benchmark_has_a_small_company_unless_told_otherwise() {
        let orders = |line| match parsed(line) {
            Ok(Task::Bench { options, .. }) => Some(options.orders),
            _ => None,
        };
        assert_eq!(orders("bench"), Some(1_000_000));
        assert_eq!(orders("bench --quick"), Some(30_000));
        assert_eq!(orders("bench --quick --orders 500"), Some(500));
    }

    #[test]
    fn an_unknown_word_is_refused_by_name() {
        for line in [
            "fly",
            "build --fast",
            "run --port",
            "run --port x",
            "test --only nothing",
            "run --long",
            "bench P0",
            "bench --orders many",
        ] {
            let message = parsed(line).expect_err(line);
            assert!(!message.is_empty());
        }
    }
}
