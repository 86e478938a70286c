//! Draws from a Zipf distribution with exponent 1: rank k comes with weight 1/k (G. K. Zipf, 1949).

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The weight of the first rank; whole numbers are exact enough for millions of ranks.
const UNIT: u64 = 1_000_000_000;

/// A popularity contest among so many.
#[derive(Debug)]
pub(crate) struct Zipf {
    /// Sums of the weights up to each rank.
    sums: Vec<u64>,
    rng: StdRng,
}

impl Zipf {
    /// Ranks from 0 to `many - 1`; the same seed draws the same ranks.
    pub(crate) fn new(many: usize, seed: u64) -> Self {
        let weights = (1..=u64::try_from(many.max(1)).unwrap_or(1)).map(|rank| UNIT / rank);
        let sums = weights.scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self { sums: sums.collect(), rng: StdRng::seed_from_u64(seed) }
    }

    /// The next rank.
    pub(crate) fn draw(&mut self) -> usize {
        let total = self.sums.last().copied().unwrap_or(1);
        let ball = self.rng.random_range(0..total);
        self.sums.partition_point(|sum| *sum <= ball)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rank_comes_twice_as_often_as_the_second() {
        let mut zipf = Zipf::new(10_000, 1);
        let mut hits = vec![0_u64; 10_000];
        for _ in 0..200_000 {
            hits[zipf.draw()] += 1;
        }

        // The sum of 1/k up to 10,000 is 9.7876: the first rank has 10.2 % of all draws.
        assert!((19_500..21_500).contains(&hits[0]), "{}", hits[0]);
        assert!((9_500..11_000).contains(&hits[1]), "{}", hits[1]);
        assert!(hits[5_000..].iter().sum::<u64>() > 10_000);
    }
}
