//! When the keys that sign quotes change.

use std::ops::Range;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// A key signs for 30 days.
const SIGNS_FOR: i64 = 30 * DAY;

/// The next key is published a day before it signs, so that every service has it by then.
const AHEAD: i64 = DAY;

/// A key counts for an hour after it has signed for the last time: longer than any quote.
const COUNTS_ON: i64 = HOUR;

/// When the next key should sign, if it is time to make one. `last` is when the newest key stops
/// signing. All in Unix seconds.
pub(crate) fn next_key(now: i64, last: Option<i64>) -> Option<Range<i64>> {
    match last {
        Some(until) if until - AHEAD > now => None,
        Some(until) if until > now => Some(until..until + SIGNS_FOR),
        _ => Some(now..now + SIGNS_FOR),
    }
}

/// The moment from which nothing signed with a key counts.
pub(crate) const fn not_after(signs_until: i64) -> i64 {
    signs_until + COUNTS_ON
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_signs_at_once_for_thirty_days() {
        assert_eq!(next_key(1_000, None), Some(1_000..1_000 + 30 * DAY));
    }

    #[test]
    fn the_next_key_is_there_a_day_before_it_is_needed_and_takes_over_without_a_gap() {
        let until = 30 * DAY;

        assert_eq!(next_key(28 * DAY, Some(until)), None);
        assert_eq!(next_key(29 * DAY, Some(until)), Some(until..until + 30 * DAY));
        assert_eq!(next_key(29 * DAY, Some(until + 30 * DAY)), None);
    }

    #[test]
    fn a_service_that_slept_through_the_change_signs_with_a_new_key_at_once() {
        assert_eq!(next_key(40 * DAY, Some(30 * DAY)), Some(40 * DAY..70 * DAY));
        assert!(not_after(30 * DAY) > 30 * DAY + 3_599);
    }
}
