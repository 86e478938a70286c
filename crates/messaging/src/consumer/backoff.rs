//! How long to wait before the next try.

use std::time::Duration;

use rand::RngExt;

/// The longest pause while something that everybody needs is down.
const OUTAGE_PAUSE: Duration = Duration::from_secs(5);

/// Tries at once before a failure counts as lasting.
pub(super) const AT_ONCE: u32 = 3;

/// A pause of 5 to 50 ms: long enough for the other side of a deadlock to finish.
pub(super) fn at_once() -> Duration {
    Duration::from_millis(rand::rng().random_range(5..=50))
}

/// How long a parked key rests after its `tries`-th failure; `None` when a person is needed.
pub(super) fn parked(tries: i32) -> Option<Duration> {
    let seconds = match tries {
        ..=1 => 1,
        2 => 5,
        3 => 30,
        4 => 120,
        5 => 600,
        6.. => return None,
    };
    Some(Duration::from_secs(seconds))
}

/// How long to wait in the `probes`-th probe of an outage.
pub(super) fn outage(probes: u32) -> Duration {
    Duration::from_millis(100).saturating_mul(1 << probes.min(10)).min(OUTAGE_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parked_key_rests_longer_each_time_and_then_waits_for_a_person() {
        let rests: Vec<_> = (1..).map_while(parked).map(|rest| rest.as_secs()).collect();

        assert_eq!(rests, [1, 5, 30, 120, 600]);
    }

    #[test]
    fn an_outage_is_probed_at_least_every_five_seconds() {
        assert_eq!(outage(0), Duration::from_millis(100));
        assert_eq!(outage(u32::MAX), OUTAGE_PAUSE);
    }
}
