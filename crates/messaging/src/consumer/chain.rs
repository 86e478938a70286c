//! Which records of a partition are new, which are second copies, and where some are missing.

use crate::position::Position;

/// What to do with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is the next one.
    Take,
    /// It was taken before: a relay sent it again after a failure.
    Duplicate,
    /// Events are missing before it: nothing is handled until a record follows the mark again.
    Gap,
}

/// Decides about the record at `position`, which follows `previous`, when everything up to `mark`
/// was taken. A database restored to an earlier time begins a new incarnation, whose first record
/// follows wherever the old one had got to.
pub(crate) fn step(mark: Position, previous: Position, position: Position) -> Step {
    if position <= mark {
        Step::Duplicate
    } else if previous == mark || mark == Position::NONE || position.incarnation > mark.incarnation
    {
        Step::Take
    } else {
        Step::Gap
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seq: i64) -> Position {
        Position { incarnation: 1, window: seq / 3, seq }
    }

    /// What a consumer takes of `log`, which lists sequence numbers of a stream 1, 2, 3…
    fn taken(log: &[i64]) -> (Vec<i64>, bool) {
        let (mut mark, mut taken, mut gap) = (Position::NONE, Vec::new(), false);
        for &seq in log {
            let previous = if seq == 1 { Position::NONE } else { at(seq - 1) };
            match step(mark, previous, at(seq)) {
                Step::Take => {
                    mark = at(seq);
                    taken.push(seq);
                }
                Step::Duplicate => {}
                Step::Gap => gap = true,
            }
        }
        (taken, gap)
    }

    #[test]
    fn after_a_gap_nothing_is_taken_until_the_chain_holds_again() {
        assert_eq!(taken(&[1, 2, 4, 5]), (vec![1, 2], true));
        assert_eq!(taken(&[1, 2, 4, 5, 3, 4, 5, 6]), (vec![1, 2, 3, 4, 5, 6], true));
    }

    #[test]
    fn a_restored_database_goes_on_in_a_new_incarnation() {
        let mark = at(9);
        let restored = Position { incarnation: 2, window: 2, seq: 7 };

        assert_eq!(step(mark, at(6), restored), Step::Take);
        assert_eq!(step(restored, at(9), at(10)), Step::Duplicate);
    }

    proptest! {
        /// A relay that fails starts again somewhere behind and sends everything from there on.
        #[test]
        fn however_often_the_relay_starts_again_each_event_is_taken_once_and_in_order(
            restarts in prop::collection::vec((1..20_i64, 0..20_i64), 0..8),
        ) {
            let (mut log, mut next) = (Vec::new(), 1);
            for (sent, back) in restarts {
                log.extend(next..next + sent);
                next = (next + sent - back).max(1);
            }
            log.extend(next..60);
            // Each restart goes back over events that were sent, never beyond them.
            let end = log.iter().copied().max().unwrap_or(0);

            let (taken, gap) = taken(&log);

            prop_assert!(!gap);
            prop_assert_eq!(taken, (1..=end).collect::<Vec<_>>());
        }

        #[test]
        fn whatever_is_missing_nothing_is_taken_out_of_order(log in prop::collection::vec(1..12_i64, 0..40)) {
            let (taken, _) = taken(&log);

            prop_assert!(taken.windows(2).all(|pair| pair[1] == pair[0] + 1));
        }
    }
}
