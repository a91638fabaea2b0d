//! What was measured, as `cargo xtask bench` reads it.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

/// The figures of a run.
#[derive(Debug, Default)]
pub struct Figures(Vec<Value>);

impl Figures {
    /// Adds a figure: its rounds, and those of others who did the same work.
    pub fn add(
        &mut self,
        benchmark: &str,
        name: &str,
        unit: &str,
        rounds: &[f64],
        others: &[(&str, Vec<f64>)],
        note: &str,
    ) {
        let others: Map<String, Value> = others
            .iter()
            .map(|(who, rounds)| ((*who).to_owned(), json!(rounds)))
            .collect();
        self.0.push(json!({
            "benchmark": benchmark,
            "name": name,
            "unit": unit,
            "rounds": rounds,
            "others": others,
            "note": note,
        }));
    }

    /// Adds a figure beside others whose names are made.
    pub fn add_beside(
        &mut self,
        benchmark: &str,
        name: &str,
        unit: &str,
        rounds: &[f64],
        others: &[(String, Vec<f64>)],
    ) {
        let others: Vec<(&str, Vec<f64>)> = others
            .iter()
            .map(|(who, rounds)| (who.as_str(), rounds.clone()))
            .collect();
        self.add(benchmark, name, unit, rounds, &others, "");
    }

    /// Writes them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        std::fs::write(path, serde_json::to_vec_pretty(&self.0)?)
            .with_context(|| format!("writing {}", path.display()))
    }
}

/// The value that this share of the values does not exceed: 0.99 of 200 values is the 198th. NaN for
/// nothing at all.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (share * sorted.len() as f64).ceil() as usize;
    sorted
        .get(place.clamp(1, sorted.len().max(1)) - 1)
        .copied()
        .unwrap_or(f64::NAN)
}

/// The ratio of each round.
pub fn ratios(ours: &[f64], theirs: &[f64]) -> Vec<f64> {
    ours.iter()
        .zip(theirs)
        .map(|(ours, theirs)| ours / theirs)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 0.5), 100.0);
        assert_eq!(percentile(&values, 0.99), 198.0);
        assert_eq!(percentile(&values, 1.0), 200.0);
        assert_eq!(percentile(&values, 0.0), 1.0);
        assert_eq!(percentile(&[7.0], 0.99), 7.0);
        assert!(percentile(&[], 0.5).is_nan());
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        assert_eq!(ratios(&[2.0, 9.0], &[1.0, 3.0]), [2.0, 3.0]);
    }
}
