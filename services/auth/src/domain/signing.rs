//! Which key signs now, and when the next one is published: ahead of its use, so that every service knows it by then.

use time::{Duration, OffsetDateTime};

/// How long an access token counts.
pub(crate) const ACCESS_LIFETIME: Duration = Duration::minutes(10);
/// How long before its first use a key is published.
pub(crate) const LEAD: Duration = Duration::minutes(10);
/// How long a key still verifies after its successor has begun to sign.
const AFTERGLOW: Duration = Duration::hours(1);

/// The times of a key.
///
/// ```text
///   published        signs_from            successor signs       not_after
///       |--- LEAD ------>|------- period --------->|--- AFTERGLOW --->|
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    /// The first moment at which it may sign.
    pub(crate) signs_from: OffsetDateTime,
    /// Tokens signed with it are refused from then on.
    pub(crate) not_after: OffsetDateTime,
}

impl Term {
    /// True when a token signed now would be accepted for its whole life.
    fn signs(&self, now: OffsetDateTime) -> bool {
        self.signs_from <= now && now + ACCESS_LIFETIME <= self.not_after
    }
}

/// The position of the key that signs now: the one that took over last.
pub(crate) fn signing(keys: &[Term], now: OffsetDateTime) -> Option<usize> {
    let able = keys.iter().enumerate().filter(|(_, term)| term.signs(now));
    able.max_by_key(|(_, term)| term.signs_from).map(|(position, _)| position)
}

/// The term of a key that has to be published now, if one has. The very first key is used at once,
/// and so is one that comes after a pause in which the last key ran out.
pub(crate) fn due(keys: &[Term], now: OffsetDateTime, period: Duration) -> Option<Term> {
    let from = |signs_from| Term { signs_from, not_after: signs_from + period + AFTERGLOW };
    let Some(last) = keys.iter().max_by_key(|term| term.signs_from) else {
        return Some(from(now));
    };
    let planned = last.signs_from + period;
    if now < planned - LEAD {
        return None;
    }
    let begins = planned.max(now + LEAD);
    let bridged = begins + ACCESS_LIFETIME <= last.not_after;
    Some(from(if bridged { begins } else { now }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::days(30);

    fn first() -> (Vec<Term>, OffsetDateTime) {
        let start = kernel::now();
        (vec![due(&[], start, PERIOD).unwrap()], start)
    }

    #[test]
    fn the_first_key_signs_at_once_and_a_second_is_not_due() {
        let (keys, start) = first();

        assert_eq!(signing(&keys, start), Some(0));
        assert_eq!(due(&keys, start + PERIOD - LEAD - Duration::seconds(1), PERIOD), None);
    }

    #[test]
    fn the_next_key_is_published_ahead_and_the_old_one_outlives_it_by_an_hour() {
        let (mut keys, start) = first();
        let published = start + PERIOD - LEAD;

        keys.push(due(&keys, published, PERIOD).unwrap());

        let takes_over = published + LEAD;
        assert_eq!(signing(&keys, takes_over - Duration::seconds(1)), Some(0));
        assert_eq!(signing(&keys, takes_over), Some(1));
        assert_eq!(keys[0].not_after, takes_over + AFTERGLOW);
        assert_eq!(due(&keys, takes_over, PERIOD), None);
    }

    #[test]
    fn a_late_successor_still_keeps_its_lead_while_the_old_key_can_bridge_it() {
        let (mut keys, start) = first();
        let late = start + PERIOD + Duration::minutes(30);

        keys.push(due(&keys, late, PERIOD).unwrap());

        assert_eq!(keys[1].signs_from, late + LEAD);
        assert_eq!(signing(&keys, late), Some(0));
    }

    #[test]
    fn after_a_long_pause_the_next_key_signs_at_once() {
        let (mut keys, start) = first();
        let much_later = start + PERIOD * 3;
        assert_eq!(signing(&keys, much_later), None);

        keys.push(due(&keys, much_later, PERIOD).unwrap());

        assert_eq!(signing(&keys, much_later), Some(1));
    }
}
