//! The place of an event in what its service has said: monotone per topic and partition.

use std::fmt;
use std::str::FromStr;

/// Incarnation of the database, window of the relay, sequence number of the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Position {
    pub(crate) incarnation: i64,
    pub(crate) window: i64,
    pub(crate) seq: i64,
}

impl Position {
    /// Before the first event.
    pub(crate) const NONE: Self = Self { incarnation: 0, window: 0, seq: 0 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.incarnation, self.window, self.seq)
    }
}

/// A position header that is not three numbers.
#[derive(Debug, thiserror::Error)]
#[error("not a position")]
pub(crate) struct NotAPosition;

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let mut parts = text.split('.').map(|part| part.parse::<i64>().map_err(|_| NotAPosition));
        let mut next = || parts.next().unwrap_or(Err(NotAPosition));
        let position = Self { incarnation: next()?, window: next()?, seq: next()? };
        if parts.next().is_some() { Err(NotAPosition) } else { Ok(position) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_position_survives_its_header(incarnation: i64, window: i64, seq: i64) {
            let position = Position { incarnation, window, seq };

            proptest::prop_assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
        }

        #[test]
        fn any_other_text_is_refused(text in "[0-9.a]{0,12}") {
            if let Ok(position) = text.parse::<Position>() {
                proptest::prop_assert_eq!(text.split('.').count(), 3);
                proptest::prop_assert!(position >= Position::NONE);
            }
        }
    }

    #[test]
    fn a_new_incarnation_is_above_every_window_of_the_old_one() {
        let old = Position { incarnation: 1, window: 900, seq: 7_000 };
        let new = Position { incarnation: 2, window: 1, seq: 1 };

        assert!(new > old && old > Position::NONE);
    }
}
