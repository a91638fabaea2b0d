//! Figures, bounds, and how both are printed and kept.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{Benchmark, Options};

/// A bound for a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    AtMost(f64),
    AtLeast(f64),
    /// The figure is reported, nothing is asked of it.
    None,
}

impl Bound {
    pub fn holds(self, value: f64) -> bool {
        match self {
            Bound::AtMost(most) => value <= most,
            Bound::AtLeast(least) => value >= least,
            Bound::None => true,
        }
    }

    fn number(self) -> Option<f64> {
        match self {
            Bound::AtMost(bound) | Bound::AtLeast(bound) => Some(bound),
            Bound::None => None,
        }
    }

    /// `≤ 0.30 yes`.
    fn verdict(self, value: f64) -> String {
        let sign = match self {
            Bound::AtMost(_) => '≤',
            Bound::AtLeast(_) => '≥',
            Bound::None => return "-".to_owned(),
        };
        let verdict = if self.holds(value) { "yes" } else { "NO" };
        let bound = self.number().map(short).unwrap_or_default();
        format!("{sign} {bound} {verdict}")
    }
}

/// What is asked of a figure.
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    /// The figure's name.
    pub figure: &'static str,
    /// The least to ship with.
    pub ship: Bound,
    /// What we are after.
    pub after: Bound,
}

impl Aim {
    /// An aim at small figures.
    pub const fn at_most(figure: &'static str, ship: f64, after: f64) -> Self {
        Self {
            figure,
            ship: Bound::AtMost(ship),
            after: Bound::AtMost(after),
        }
    }

    /// An aim at large figures.
    pub const fn at_least(figure: &'static str, ship: f64, after: f64) -> Self {
        Self {
            figure,
            ship: Bound::AtLeast(ship),
            after: Bound::AtLeast(after),
        }
    }
}

/// What was measured, round by round.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Of which benchmark.
    pub benchmark: String,
    /// The name that an [`Aim`] may know.
    pub name: String,
    /// `ms`, `MB`, `B`, `×` …
    pub unit: String,
    /// One value a round.
    pub rounds: Vec<f64>,
    /// What others took for the same work in the same rounds.
    pub others: Vec<(String, Vec<f64>)>,
    /// What a reader has to know; may be empty.
    pub note: String,
}

impl Figure {
    /// What `rounds` are the rounds of: the median.
    pub fn value(&self) -> f64 {
        median(&self.rounds)
    }

    /// Reads the figures that a measuring program wrote:
    ///
    /// ```json
    /// [{"benchmark": "P1", "name": "1 connection", "unit": "ms", "rounds": [0.2, 0.3],
    ///   "others": {"the bare probe": [0.1, 0.1]}, "note": ""}]
    /// ```
    ///
    /// `others` and `note` may be absent.
    ///
    /// # Errors
    /// When the file is absent or is not such a list.
    pub fn read(path: &Path) -> Result<Vec<Figure>> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("reading the figures in {}", path.display()))?;
        let list: Vec<Value> = serde_json::from_str(&text)
            .with_context(|| format!("{} is no list of figures", path.display()))?;
        list.iter()
            .map(|value| {
                Self::from_json(value)
                    .with_context(|| format!("{} is no figure", value))
                    .with_context(|| format!("reading {}", path.display()))
            })
            .collect()
    }

    fn from_json(value: &Value) -> Result<Figure> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let rounds = numbers(value.get("rounds").context("it has no rounds")?)?;
        if rounds.is_empty() {
            bail!("it has no round");
        }
        let mut others = Vec::new();
        for (who, rounds) in value
            .get("others")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            others.push((who.clone(), numbers(rounds)?));
        }
        Ok(Figure {
            benchmark: text("benchmark").context("it has no benchmark")?,
            name: text("name").context("it has no name")?,
            unit: text("unit").context("it has no unit")?,
            rounds,
            others,
            note: text("note").unwrap_or_default(),
        })
    }

    fn to_json(&self, aim: Option<&Aim>) -> Value {
        let value = self.value();
        let bound = |bound: Bound| match bound.number() {
            Some(number) => json!({ "bound": number, "is_reached": bound.holds(value) }),
            None => Value::Null,
        };
        let others: serde_json::Map<String, Value> = self
            .others
            .iter()
            .map(|(who, rounds)| {
                let theirs = median(rounds);
                let other =
                    json!({ "median": theirs, "ratio": ratio(value, theirs), "rounds": rounds });
                (who.clone(), other)
            })
            .collect();
        json!({
            "name": self.name,
            "unit": self.unit,
            "median": value,
            "rounds": self.rounds,
            "ship": aim.map_or(Value::Null, |aim| bound(aim.ship)),
            "after": aim.map_or(Value::Null, |aim| bound(aim.after)),
            "others": others,
            "note": self.note,
        })
    }
}

fn numbers(value: &Value) -> Result<Vec<f64>> {
    value
        .as_array()
        .context("not a list of numbers")?
        .iter()
        .map(|number| {
            number
                .as_f64()
                .filter(|number| number.is_finite())
                .context("not a number")
        })
        .collect()
}

/// The middle value, or the mean of the two in the middle. NaN for nothing at all.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.as_slice() {
        [] => f64::NAN,
        sorted if sorted.len().is_multiple_of(2) => {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        }
        sorted => sorted[middle],
    }
}

/// How many times theirs ours is; nothing when that says nothing.
pub fn ratio(ours: f64, theirs: f64) -> Option<f64> {
    let ratio = ours / theirs;
    ratio.is_finite().then_some(ratio)
}

/// Three significant digits and no more zeros than that needs.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        large if large >= 100.0 || large == 0.0 => 0,
        middle if middle >= 10.0 => 1,
        small if small >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    if decimals == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Prints a benchmark with its figures.
pub fn print(benchmark: &Benchmark, figures: &[Figure]) {
    println!("\n{}  {}", benchmark.id, benchmark.workload);
    let rows = rows(benchmark, figures);
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        println!("    {}", cells.join("  ").trim_end());
    }
    for figure in of(benchmark, figures).filter(|figure| !figure.note.is_empty()) {
        println!("    {}: {}", figure.name, figure.note);
    }
}

const COLUMNS: usize = 5;

fn rows(benchmark: &Benchmark, figures: &[Figure]) -> Vec<[String; COLUMNS]> {
    let head = [
        "",
        "median",
        "to ship",
        "we are after",
        "others (ours ÷ theirs)",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    for figure in of(benchmark, figures) {
        let value = figure.value();
        let aim = aim(benchmark, figure);
        let others: Vec<String> = figure
            .others
            .iter()
            .map(|(who, rounds)| {
                let theirs = median(rounds);
                let ratio = ratio(value, theirs).map(short).unwrap_or_default();
                format!("{who} {} ({ratio})", short(theirs))
            })
            .collect();
        rows.push([
            figure.name.clone(),
            format!("{} {}", short(value), figure.unit),
            aim.map_or("-".to_owned(), |aim| aim.ship.verdict(value)),
            aim.map_or("-".to_owned(), |aim| aim.after.verdict(value)),
            others.join(", "),
        ]);
    }
    // A figure somebody waits for must not be missing in silence.
    for aim in benchmark.aims {
        if !of(benchmark, figures).any(|figure| figure.name == aim.figure) {
            let mut row = ["-"; COLUMNS].map(str::to_owned);
            row[0] = aim.figure.to_owned();
            row[1] = "not measured".to_owned();
            rows.push(row);
        }
    }
    rows
}

fn of<'a>(benchmark: &Benchmark, figures: &'a [Figure]) -> impl Iterator<Item = &'a Figure> {
    let id = benchmark.id;
    figures.iter().filter(move |figure| figure.benchmark == id)
}

fn aim<'a>(benchmark: &'a Benchmark, figure: &Figure) -> Option<&'a Aim> {
    benchmark.aims.iter().find(|aim| aim.figure == figure.name)
}

/// Writes `<folder>/P1.json`.
///
/// # Errors
/// When it cannot be written.
pub fn write(
    folder: &Path,
    benchmark: &Benchmark,
    figures: &[Figure],
    options: &Options,
    load: &Load,
) -> Result<()> {
    let figures: Vec<Value> = of(benchmark, figures)
        .map(|figure| figure.to_json(aim(benchmark, figure)))
        .collect();
    let report = json!({
        "benchmark": benchmark.id,
        "workload": benchmark.workload,
        "orders": options.orders,
        "is_quick": options.is_quick,
        "machine": { "cores": load.cores, "load_before": load.before, "load_after": load.after },
        "figures": figures,
    });
    let path = folder.join(format!("{}.json", benchmark.id));
    std::fs::write(&path, serde_json::to_vec_pretty(&report)?)
        .with_context(|| format!("writing {}", path.display()))
}

/// How busy the machine was, by others too: the average number of processes that wanted a processor
/// in the last minute.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    cores: usize,
    before: Option<f64>,
    after: Option<f64>,
}

impl Load {
    pub fn now() -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            before: load_average(),
            after: None,
        }
    }

    pub fn until_now(self) -> Self {
        Self {
            after: load_average(),
            ..self
        }
    }
}

impl fmt::Display for Load {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said =
            |load: Option<f64>| load.map_or("unknown".to_owned(), |load| format!("{load:.1}"));
        write!(
            out,
            "{} processors, load {} before and {} after, the benchmark's own included. On a shared machine \
             seconds vary from run to run: believe processor time first, ratios of one run next.",
            self.cores,
            said(self.before),
            said(self.after)
        )
    }
}

fn load_average() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BENCHMARK: Benchmark = Benchmark {
        id: "P1",
        workload: "",
        aims: &[
            Aim::at_most("time", 2.0, 1.0),
            Aim::at_least("speed", 5.0, 10.0),
        ],
    };

    fn figure(name: &str, rounds: &[f64]) -> Figure {
        Figure {
            benchmark: "P1".to_owned(),
            name: name.to_owned(),
            unit: "ms".to_owned(),
            rounds: rounds.to_vec(),
            others: vec![("the probe".to_owned(), vec![0.5])],
            note: String::new(),
        }
    }

    #[test]
    fn the_median_is_no_mean_and_does_not_mind_one_bad_round() {
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), 3.0);
        assert_eq!(median(&[7.0]), 7.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_ratio_to_nothing_is_no_ratio() {
        assert_eq!(ratio(3.0, 2.0), Some(1.5));
        assert_eq!(ratio(3.0, 0.0), None);
        assert_eq!(ratio(f64::NAN, 2.0), None);
    }

    #[test]
    fn a_bound_counts_the_figure_that_just_reaches_it() {
        assert!(Bound::AtMost(0.3).holds(0.3) && !Bound::AtMost(0.3).holds(0.31));
        assert!(Bound::AtLeast(5.0).holds(5.0) && !Bound::AtLeast(5.0).holds(4.9));
        assert!(!Bound::AtMost(0.3).holds(f64::NAN) && !Bound::AtLeast(0.3).holds(f64::NAN));
    }

    #[test]
    fn the_table_says_what_is_reached_and_what_is_missing() {
        let rows = rows(&BENCHMARK, &[figure("time", &[1.5, 1.5, 9.0])]);
        assert_eq!(
            rows[1],
            ["time", "1.5 ms", "≤ 2 yes", "≤ 1 NO", "the probe 0.5 (3)"]
        );
        assert_eq!(rows[2][..2], ["speed", "not measured"]);
    }

    #[test]
    fn a_number_keeps_three_digits() {
        assert_eq!(
            [0.0, 0.0861, 1.8, 12.34, 1255.4, 0.3].map(short),
            ["0", "0.086", "1.8", "12.3", "1255", "0.3"]
        );
    }

    #[test]
    fn the_file_tells_every_round_and_whether_the_bound_is_reached() {
        let told = figure("time", &[1.0, 2.0, 3.0]).to_json(Some(&BENCHMARK.aims[0]));
        assert_eq!(told["median"], 2.0);
        assert_eq!(told["rounds"], json!([1.0, 2.0, 3.0]));
        assert_eq!(told["ship"], json!({ "bound": 2.0, "is_reached": true }));
        assert_eq!(told["after"], json!({ "bound": 1.0, "is_reached": false }));
        assert_eq!(told["others"]["the probe"]["ratio"], 4.0);
    }

    #[test]
    fn what_a_measuring_program_wrote_is_read_or_refused() {
        let good = json!({ "benchmark": "P1", "name": "time", "unit": "ms", "rounds": [1, 2.5],
            "others": { "the probe": [0.5] } });
        let read = Figure::from_json(&good).expect("a figure");
        assert_eq!(read, figure("time", &[1.0, 2.5]));
        for bad in [
            json!({ "benchmark": "P1", "name": "time", "unit": "ms", "rounds": [] }),
            json!({ "benchmark": "P1", "name": "time", "unit": "ms", "rounds": [null] }),
            json!({ "name": "time", "unit": "ms", "rounds": [1] }),
        ] {
            assert!(Figure::from_json(&bad).is_err(), "{bad}");
        }
    }
}
