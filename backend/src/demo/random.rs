//! A small source of repeatable chance.
//!
//! The demo company must be the same from the same seed for years, so its chance may not depend on
//! a library that is free to change its numbers with a release. SplitMix64 (Steele, Lea and Flood,
//! 2014) is ten lines, passes the usual tests, and can be started at any point: each order draws
//! from a stream of its own, so one more draw in one order moves no other.

/// A stream of numbers that look random and are not.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

/// What a stream is for: streams of different use never meet.
#[derive(Clone, Copy, Debug)]
pub enum Stream {
    /// The company: people, prices, popularity.
    Company,
    /// The customers.
    Customer,
    /// The doors of a day.
    Day,
    /// Who opens a door.
    Visit,
    /// The life of an order.
    Order,
}

impl Random {
    /// The stream of that seed and use; `index` is the customer, day or order.
    pub fn new(seed: u64, stream: Stream, index: u64) -> Self {
        let mut random = Self {
            state: mixed(seed ^ mixed(stream as u64 + 1)).wrapping_add(mixed(index)),
        };
        random.next();
        random
    }

    /// 64 bits.
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.state)
    }

    /// A number from 0 to `end` − 1; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// A number from `first` to `last`, both included.
    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        first + self.below((last - first + 1).max(1) as u64) as i64
    }

    /// True in so many of a thousand cases.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of the things; nothing when there is none.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.below(things.len() as u64) as usize)
    }

    /// One of the things with weights that sum to a thousand; the last when they sum to less.
    pub fn by_weight<T: Copy, const N: usize>(&mut self, things: [(u64, T); N]) -> T {
        let mut left = self.below(1_000);
        for (weight, thing) in &things[..N - 1] {
            if left < *weight {
                return *thing;
            }
            left -= weight;
        }
        things[N - 1].1
    }

    /// An index into weights that were summed up.
    pub fn index_in(&mut self, weights: &RunningWeights) -> usize {
        let Some(&total) = weights.sums.last() else {
            return 0;
        };
        let drawn = self.below(total);
        weights.sums.partition_point(|sum| *sum <= drawn)
    }
}

/// Weights, summed up once so that drawing by them is a binary search.
#[derive(Clone, Debug)]
pub struct RunningWeights {
    sums: Vec<u64>,
}

impl FromIterator<u64> for RunningWeights {
    fn from_iter<I: IntoIterator<Item = u64>>(weights: I) -> Self {
        let sums = weights
            .into_iter()
            .scan(0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect();
        Self { sums }
    }
}

fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_every_time_and_unlike_its_neighbours() {
        let first = |seed, index| Random::new(seed, Stream::Order, index).next();
        assert_eq!(first(1, 1), first(1, 1));
        assert_ne!(first(1, 1), first(1, 2));
        assert_ne!(first(1, 1), first(2, 1));
        assert_ne!(
            first(1, 1),
            Random::new(1, Stream::Customer, 1).next(),
            "two uses share a stream"
        );
    }

    #[test]
    fn draws_stay_in_range_and_reach_both_ends() {
        let mut random = Random::new(3, Stream::Day, 0);
        let mut seen = [0u32; 6];
        for _ in 0..6_000 {
            seen[(random.between(-2, 3) + 2) as usize] += 1;
        }
        assert!(
            seen.iter().all(|count| (800..1_200).contains(count)),
            "{seen:?}"
        );
        let weights: RunningWeights = [0, 3, 0, 1].into_iter().collect();
        let mut seen = [0u32; 4];
        for _ in 0..4_000 {
            seen[random.index_in(&weights)] += 1;
        }
        assert_eq!((seen[0], seen[2]), (0, 0));
        assert!((2_800..3_200).contains(&seen[1]), "{seen:?}");
    }
}
