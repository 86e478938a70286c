//! How long a job waits before its next try.

use std::time::Duration;

use rand::RngExt;

const SHORTEST_MS: u64 = 200;
const LONGEST_MS: u64 = 60_000;

/// The pause after the `failures`-th failure in a row: doubling from 200 ms to a minute, of which
/// a random half is left out, so that jobs that failed together do not come back together.
pub(super) fn pause(failures: u32) -> Duration {
    let full = full_ms(failures);
    Duration::from_millis(rand::rng().random_range(full / 2..=full))
}

fn full_ms(failures: u32) -> u64 {
    SHORTEST_MS.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_a_fifth_of_a_second_to_a_minute() {
        let pauses: Vec<_> = [1, 2, 3, 9, 10, 100].map(full_ms).into();

        assert_eq!(pauses, [200, 400, 800, 51_200, 60_000, 60_000]);
        assert!((0..100).all(|_| (400..=800).contains(&pause(3).as_millis())));
    }
}
