//! What the broker refuses for good, and whether the record or its topic is to blame.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::Headers;
use tokio::time::Instant;

use super::withhold::Holds;
use crate::envelope::WITHHELD;
use crate::position::Position;

/// For so long each record is sent in a batch of its own after a batch was refused: the broker does not
/// say which record of a batch is too large, and it may be the batch itself.
const CAREFUL: Duration = Duration::from_secs(60);
/// How often a topic that was missing is looked for.
pub(super) const LOOK: Duration = Duration::from_millis(500);
/// The longest pause before a topic that is there, and refuses all the same, is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How often a person is reminded that events are withheld.
const REMINDER: Duration = Duration::from_secs(60);

/// What has to change before the broker takes the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// This record, or what the topic allows a record to be.
    Record,
    /// The topic: it is missing, or closed to us.
    Topic,
}

/// That the broker refused a record for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) topic: String,
    pub(super) blame: Blame,
    /// The record's sequence number, if it is known to be the one that was refused.
    pub(super) seq: Option<i64>,
    pub(super) reason: String,
}

impl Refusal {
    /// Of a record with these headers; `None` if trying again may help. Without `alone` it was one of a
    /// batch, of which any may be to blame.
    pub(super) fn of(
        error: &KafkaError,
        topic: &str,
        headers: Option<&impl Headers>,
        alone: bool,
    ) -> Option<Self> {
        let code = error.rdkafka_error_code()?;
        let mut blame = blame(code)?;
        let header = |name| {
            let found = headers?.iter().find(|header| header.key == name)?;
            std::str::from_utf8(found.value?).ok()
        };
        // An empty record can be smaller by nothing: it is the topic.
        if header("ce_type") == Some(WITHHELD) {
            blame = Blame::Topic;
        }
        let position = header("position").and_then(|position| position.parse::<Position>().ok());
        let seq = position.filter(|_| alone).map(|position| position.seq);
        Some(Self { topic: topic.to_owned(), blame, seq, reason: code.to_string() })
    }

    /// Of a topic that is not there.
    pub(super) fn missing(topic: &str, reason: &str) -> Self {
        let (topic, reason) = (topic.to_owned(), reason.to_owned());
        Self { topic, blame: Blame::Topic, seq: None, reason }
    }
}

/// Whom a final refusal is to be blamed on; `None` for everything else.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other errors may pass")]
pub(super) fn blame(code: Code) -> Option<Blame> {
    match code {
        Code::MessageSizeTooLarge
        | Code::MessageBatchTooLarge
        | Code::InvalidMessageSize
        | Code::InvalidTimestamp
        | Code::InvalidRecord => Some(Blame::Record),
        Code::UnknownTopic
        | Code::UnknownPartition
        | Code::UnknownTopicOrPartition
        | Code::TopicAuthorizationFailed
        | Code::InvalidTopic => Some(Blame::Topic),
        _ => None,
    }
}

/// What a leader has learned from refusals; it outlives the producers.
#[derive(Debug, Default)]
pub(super) struct Caution {
    careful_until: Option<Instant>,
    /// Records that were refused and are not stored as withheld yet, by sequence number.
    pub(super) refused: HashMap<i64, Refused>,
    /// Topics of which nothing can be sent.
    pub(super) closed: HashMap<String, Closed>,
    pub(super) alarm: Alarm,
}

/// Tells people that events are withheld: when it begins, and once a minute.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    told: Option<Instant>,
}

impl Alarm {
    pub(super) fn is_due(&self) -> bool {
        self.told.is_none_or(|told| told.elapsed() >= REMINDER)
    }

    pub(super) fn tell(&mut self, events: i64, oldest_seconds: i64) {
        self.told = Some(Instant::now());
        tracing::error!(events, oldest_seconds, "events are withheld from their topics");
    }

    /// Nothing is withheld. Returns whether something was.
    pub(super) fn over(&mut self) -> bool {
        let over = self.told.take().is_some();
        if over {
            tracing::info!("no event is withheld any more");
        }
        over
    }
}

/// A record that was refused.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) topic: String,
    pub(super) reason: String,
}

/// A topic of which nothing can be sent.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) reason: String,
    pub(super) next_look: Instant,
    pause: Duration,
}

impl Caution {
    /// Takes note of refusals.
    pub(super) fn learn(&mut self, refusals: Vec<Refusal>) {
        for Refusal { topic, blame, seq, reason } in refusals {
            match (blame, seq) {
                (Blame::Record, Some(seq)) => {
                    tracing::error!(
                        topic,
                        seq,
                        reason,
                        "an event is refused; its key is held back"
                    );
                    self.refused.insert(seq, Refused { topic, reason });
                }
                (Blame::Record, None) => self.careful_until = Some(Instant::now() + CAREFUL),
                (Blame::Topic, _) => self.close(topic, reason),
            }
        }
    }

    fn close(&mut self, topic: String, reason: String) {
        let now = Instant::now();
        let closed = self.closed.entry(topic).or_insert_with_key(|topic| {
            tracing::error!(topic, reason, "nothing of this topic can be sent; its events wait");
            Closed { reason: String::new(), next_look: now, pause: LOOK }
        });
        closed.reason = reason;
        closed.next_look = now + closed.pause;
        closed.pause = closed.pause.saturating_mul(2).min(LONGEST_PAUSE);
    }

    /// Adds what is not stored yet to what is withheld.
    pub(super) fn apply(&self, holds: &mut Holds) {
        for topic in self.closed.keys() {
            holds.close(topic);
        }
        for (seq, Refused { topic, .. }) in &self.refused {
            holds.will_withhold(topic, *seq);
        }
    }

    /// Whether each record is to have a batch of its own.
    pub(super) fn careful(&self) -> bool {
        self.careful_until.is_some_and(|until| Instant::now() < until)
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::message::{Header, OwnedHeaders};

    use super::*;

    fn headers(event_type: &str) -> OwnedHeaders {
        let header = |key, value| Header { key, value: Some(value) };
        let headers = OwnedHeaders::new().insert(header("ce_type", event_type));
        headers.insert(header("position", "1.7.42"))
    }

    fn refusal(code: Code, event_type: &str, alone: bool) -> Option<Refusal> {
        let error = KafkaError::MessageProduction(code);
        Refusal::of(&error, "t", Some(&headers(event_type)), alone)
    }

    #[test]
    fn a_record_is_blamed_only_if_it_was_alone_and_an_empty_one_never() {
        let alone = refusal(Code::MessageSizeTooLarge, "it.Fact", true).unwrap();
        let in_a_batch = refusal(Code::MessageSizeTooLarge, "it.Fact", false).unwrap();
        let empty = refusal(Code::InvalidTimestamp, WITHHELD, true).unwrap();

        assert_eq!((alone.blame, alone.seq), (Blame::Record, Some(42)));
        assert_eq!((in_a_batch.blame, in_a_batch.seq), (Blame::Record, None));
        assert_eq!(empty.blame, Blame::Topic);
    }

    #[test]
    fn outages_are_no_refusals() {
        for code in [
            Code::MessageTimedOut,
            Code::BrokerTransportFailure,
            Code::NotEnoughReplicas,
            Code::PurgeQueue,
            Code::ClusterAuthorizationFailed,
        ] {
            assert_eq!(refusal(code, "it.Fact", true), None, "{code}");
        }
        let closed = refusal(Code::TopicAuthorizationFailed, "it.Fact", false).unwrap();
        assert_eq!(closed.blame, Blame::Topic);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_batch_is_told_apart_and_a_refused_record_is_remembered() {
        let mut caution = Caution::default();

        caution.learn(refusal(Code::MessageSizeTooLarge, "it.Fact", false).into_iter().collect());
        assert!(caution.careful() && caution.refused.is_empty());
        caution.learn(refusal(Code::MessageSizeTooLarge, "it.Fact", true).into_iter().collect());
        assert!(caution.refused.contains_key(&42));
        tokio::time::advance(CAREFUL).await;

        assert!(!caution.careful());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_withheld_is_told_at_once_and_each_minute() {
        let mut alarm = Alarm::default();

        assert!(alarm.is_due());
        alarm.tell(1, 0);
        let just_told = alarm.is_due();
        tokio::time::advance(REMINDER).await;

        assert!(!just_told && alarm.is_due());
        assert!(alarm.over() && !alarm.over() && alarm.is_due());
    }
}
