//! What is to be done with records: decided here, by functions of what is known, and done elsewhere.

use std::collections::HashMap;
use std::time::Duration;

use super::backoff;
use super::chain::{Step, step};
use super::mark::{Mark, Place};
use super::record::Record;
use crate::ErrorClass;

/// What is to be done with each record, seen from some marks.
#[derive(Debug)]
pub(super) struct Plan {
    /// All the marks, as they will be.
    pub(super) marks: HashMap<Place, Mark>,
    /// Those of them that move.
    pub(super) moved: HashMap<Place, Mark>,
    pub(super) steps: Vec<Step>,
}

impl Plan {
    /// Decides about each record in turn and moves the marks over those that are taken.
    /// Without `chain`, whatever comes after the mark counts as the next one.
    pub(super) fn of(mut marks: HashMap<Place, Mark>, records: &[Record], chain: bool) -> Self {
        let mut moved = HashMap::new();
        let steps = records.iter().map(|record| {
            // Without a row there is no assignment: the partition belongs to somebody else.
            let Some(mark) = marks.get_mut(&record.place()) else { return Step::Gap };
            let previous = if chain { record.previous } else { mark.position };
            let step = step(mark.position, previous, record.position);
            if step == Step::Take {
                mark.position = record.position;
                mark.offset = record.offset;
                moved.insert(record.place(), *mark);
            }
            step
        });
        let steps = steps.collect();
        Self { marks, moved, steps }
    }

    /// Whether there is something to take, and nothing missing before it.
    pub(super) fn expected(&self) -> bool {
        !self.moved.is_empty() && !self.steps.contains(&Step::Gap)
    }
}

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was taken before.
    Duplicate,
    /// Events are missing before it.
    Gap,
    /// Its key is held back: it is parked behind what is parked already.
    Behind,
    /// It failed: it is parked and holds its key back.
    Block,
    /// Its handler hears it.
    Handle,
}

/// Decides what becomes of a record, by its place in the chain, whether its key is held back, and
/// whether it is to be parked for having failed. A key that is held back comes first: somebody else may
/// have parked it since the record failed.
pub(super) const fn fate(step: Step, held_back: bool, failed: bool) -> Fate {
    match (step, held_back, failed) {
        (Step::Duplicate, ..) => Fate::Duplicate,
        (Step::Gap, ..) => Fate::Gap,
        (Step::Take, true, _) => Fate::Behind,
        (Step::Take, false, true) => Fate::Block,
        (Step::Take, false, false) => Fate::Handle,
    }
}

/// What to do about a record that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Try it again at once.
    Again,
    /// Park it and go on.
    Park,
    /// Wait for the world, which uses up no tries.
    Wait,
}

/// Decides what to do about a record that failed like this for the `tries`-th time in a row.
pub(super) const fn after(class: ErrorClass, tries: u32) -> Next {
    match class {
        ErrorClass::Unavailable => Next::Wait,
        ErrorClass::Retry if tries < backoff::AT_ONCE => Next::Again,
        ErrorClass::Retry | ErrorClass::Later | ErrorClass::Permanent => Next::Park,
    }
}

/// How long a key rests whose first record failed like this for the `tries`-th time since it was parked;
/// `None` when a person is needed.
pub(super) fn rest(class: ErrorClass, tries: i32) -> Option<Duration> {
    match class {
        ErrorClass::Permanent => None,
        ErrorClass::Retry | ErrorClass::Later | ErrorClass::Unavailable => backoff::parked(tries),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_contention_is_tried_again_at_once_and_an_outage_is_waited_for() {
        assert_eq!(
            [1, 2, 3].map(|tries| after(ErrorClass::Retry, tries)),
            [Next::Again, Next::Again, Next::Park]
        );
        assert_eq!(after(ErrorClass::Later, 1), Next::Park);
        assert_eq!(after(ErrorClass::Permanent, 1), Next::Park);
        assert_eq!(after(ErrorClass::Unavailable, u32::MAX), Next::Wait);
    }

    #[test]
    fn what_cannot_get_better_waits_for_a_person_at_once() {
        assert_eq!(rest(ErrorClass::Permanent, 1), None);
        assert_eq!(rest(ErrorClass::Later, 1), Some(Duration::from_secs(1)));
        assert_eq!(rest(ErrorClass::Later, 6), None);
    }
}
