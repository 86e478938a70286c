//! Measured numbers without floats: thousandths, and percentiles of samples.

use std::fmt;
use std::time::Duration;

/// A number in thousandths, printed with three decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Milli(pub(crate) u64);

impl Milli {
    /// `total` thousandths shared by so many; zero when nobody is there to share.
    pub(crate) fn share(total: u64, among: u64) -> Self {
        Self(total.checked_div(among).unwrap_or(0))
    }

    /// So many in that time, per second.
    pub(crate) fn per_second(count: u64, time: Duration) -> Self {
        let millionths = u128::from(count) * 1_000_000_000;
        let per_second = millionths.checked_div(time.as_micros()).unwrap_or(0);
        Self(u64::try_from(per_second).unwrap_or(u64::MAX))
    }

    /// A duration in milliseconds.
    pub(crate) fn ms(time: Duration) -> Self {
        Self(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Milli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1_000, self.0 % 1_000);
        f.pad(&text)
    }
}

/// The smallest sample that so many percent of all are not above (nearest rank).
pub(crate) fn percentile(samples: &mut [Duration], percent: usize) -> Duration {
    samples.sort_unstable();
    let rank = (samples.len() * percent).div_ceil(100).max(1);
    samples.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_decimals() {
        assert_eq!(Milli::share(12_345, 10).to_string(), "1.234");
        assert_eq!(Milli::share(1, 0).to_string(), "0.000");
        assert_eq!(Milli::per_second(30, Duration::from_secs(4)).to_string(), "7.500");
        assert_eq!(format!("{:>8}", Milli::ms(Duration::from_micros(1_500))), "   1.500");
    }

    #[test]
    fn percentiles_are_samples() {
        let mut samples: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();

        assert_eq!(percentile(&mut samples, 50), Duration::from_millis(100));
        assert_eq!(percentile(&mut samples, 99), Duration::from_millis(198));
        assert_eq!(percentile(&mut [], 99), Duration::ZERO);
    }
}
