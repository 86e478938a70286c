//! What comes with an event: the CloudEvents attributes, cause, trace and position in a record's headers.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::cause::Cause;

/// The type of an empty record in the place of an event that is withheld.
pub(crate) const WITHHELD: &str = "messaging.Withheld";

/// What a handler may know about the event besides its payload.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Meta {
    /// The event's id (`ce_id`), the same in every copy.
    pub event_id: Uuid,
    /// The contract's name (`ce_type`).
    pub event_type: String,
    /// The topic it came by.
    pub topic: &'static str,
    /// The ordering key.
    pub key: String,
    /// The aggregate it is about (`ce_subject`).
    pub subject: String,
    /// The version of that aggregate; 0 where the producer counts none.
    pub version: i64,
    /// When it happened (`ce_time`), UTC.
    pub occurred_at: OffsetDateTime,
    /// What it belongs to.
    pub correlation: Uuid,
    /// The event or job that caused it.
    pub causation: Option<Uuid>,
    /// The W3C trace context of the one who said it.
    pub traceparent: Option<String>,
}

impl Meta {
    /// What would come with an event said now, by nobody in particular: for tests of handlers.
    #[expect(clippy::disallowed_methods, reason = "for tests of handlers, which need some time")]
    pub fn now(topic: &'static str, event_type: &str, key: &str, subject: &str) -> Self {
        let cause = Cause::current();
        Self {
            event_id: crate::cause::next_id(),
            event_type: event_type.to_owned(),
            topic,
            key: key.to_owned(),
            subject: subject.to_owned(),
            version: 0,
            occurred_at: OffsetDateTime::now_utc(),
            correlation: cause.correlation,
            causation: None,
            traceparent: None,
        }
    }

    /// The cause that a handler of this event works under.
    pub(crate) fn as_cause(&self) -> Cause {
        Cause {
            correlation: self.correlation,
            causation: Some(self.event_id),
            traceparent: self.traceparent.clone(),
        }
    }
}
