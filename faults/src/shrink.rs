//! What is left of a failing schedule when everything that does not matter is gone.

use crate::schedule::{Schedule, Step, Way};

/// Runs tried at most: a replay is wanted soon, not perfect.
const RUNS_MAX: u32 = 600;

/// The shortest schedule found that still fails, by leaving steps out and letting messages fare well.
pub fn shrink(schedule: &Schedule, mut fails: impl FnMut(&Schedule) -> bool) -> Schedule {
    let mut best = schedule.clone();
    let mut runs = 0;
    let mut try_one = |candidate: &Schedule| {
        runs += 1;
        runs <= RUNS_MAX && fails(candidate)
    };
    loop {
        let before = (best.steps.len(), troubles(&best));
        let mut size = best.steps.len().div_ceil(2);
        while size > 0 {
            let mut from = 0;
            while from < best.steps.len() {
                let mut candidate = best.clone();
                let end = (from + size).min(candidate.steps.len());
                candidate.steps.drain(from..end);
                if try_one(&candidate) {
                    best = candidate;
                } else {
                    from += size;
                }
            }
            size /= 2;
        }
        for index in 0..best.steps.len() {
            for candidate in simpler(&best, index) {
                if try_one(&candidate) {
                    best = candidate;
                }
            }
        }
        while best.phones.len() > 1 {
            let mut candidate = best.clone();
            candidate.phones.pop();
            let last = candidate.phones.len();
            if best.steps.iter().any(|step| step.phone() == Some(last)) || !try_one(&candidate) {
                break;
            }
            best = candidate;
        }
        if (best.steps.len(), troubles(&best)) == before {
            return best;
        }
    }
}

fn troubles(schedule: &Schedule) -> usize {
    let of = |step: &Step| match step {
        Step::Contact { ways, .. } => ways.len(),
        _ => 0,
    };
    schedule.steps.iter().map(of).sum()
}

fn simpler(schedule: &Schedule, index: usize) -> Vec<Schedule> {
    let Step::Contact { phone, ways } = &schedule.steps[index] else {
        return Vec::new();
    };
    (0..ways.len())
        .rev()
        .filter_map(|place| {
            let mut ways = ways.clone();
            if place + 1 == ways.len() {
                ways.pop();
            } else if ways[place] == Way::Good {
                return None;
            } else {
                ways[place] = Way::Good;
            }
            let mut candidate = schedule.clone();
            candidate.steps[index] = Step::Contact {
                phone: *phone,
                ways,
            };
            Some(candidate)
        })
        .collect()
}
