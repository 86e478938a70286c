//! What can be wrong between a topic and the outbox that it is made of.

use std::fmt;

use uuid::Uuid;

use crate::position::Position;

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) wrong: Wrong,
    /// Of the record; none where it is the record that is missing.
    pub(super) offset: Option<i64>,
    pub(super) position: Option<Position>,
    pub(super) event_id: Option<Uuid>,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The relay says that the broker has it.
    Missing,
    /// This of the record is not what the outbox says.
    Differs(&'static str),
    /// It stands before events that it follows.
    Early,
    /// The outbox has no event at its position.
    Unknown,
    /// It lacks this header.
    Foreign(&'static str),
    /// It names another event as the one before it than the one that is.
    Unchained,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("an acknowledged event is not on the topic"),
            Self::Differs(what) => write!(f, "the record's {what} is not the outbox's"),
            Self::Early => f.write_str("the record comes before events that it follows"),
            Self::Unknown => f.write_str("the outbox has no event at the record's position"),
            Self::Foreign(header) => write!(f, "the record has no usable {header} header"),
            Self::Unchained => f.write_str("the record names a wrong event as the one before it"),
        }
    }
}

impl Finding {
    /// Tells a person.
    pub(super) fn tell(&self, topic: &str, partition: i32) {
        let position = self.position.map(|position| position.to_string());
        let event = self.event_id.map(|id| id.to_string());
        tracing::error!(
            topic,
            partition,
            offset = self.offset,
            position,
            event.id = event,
            "topic and outbox differ: {}",
            self.wrong,
        );
    }
}
