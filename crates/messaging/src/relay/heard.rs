//! Whether an event that is withheld was heard all the same.
//!
//! A record may be on the topic although the broker refuses it now: it was sent before a crash, and the
//! relay that sends its window again meets a lower limit. What counts is which came first for those who
//! hear: the event, or the empty record in its place. Both are on the topic, so the question has one
//! answer for ever.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};

use crate::Error;
use crate::consumer::chain::{Step, step};
use crate::envelope::WITHHELD;
use crate::position::Position;
use crate::quiet::Quiet;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Reading begins so much earlier, in milliseconds: mostly at a place where the chain holds.
const EARLIER_MS: i64 = 60_000;
/// Where it does not, reading begins so many times as many records earlier, as often as it takes.
const FURTHER: i64 = 10;

/// Of these positions in a partition, those at which the event itself was heard. The first of them was
/// sealed at `sealed_ms`, and no record of it is older.
pub(super) async fn among(
    brokers: &str,
    (topic, partition): (&str, i32),
    sealed_ms: i64,
    wanted: HashSet<Position>,
) -> Result<HashSet<Position>, Error> {
    if wanted.is_empty() {
        return Ok(wanted);
    }
    let (brokers, topic) = (brokers.to_owned(), topic.to_owned());
    let reading = move || read(&brokers, (&topic, partition), sealed_ms - EARLIER_MS, wanted);
    let read = tokio::task::spawn_blocking(reading).await;
    read.map_err(|panic| Error::Corrupt(panic.to_string()))?
}

fn read(
    brokers: &str,
    (topic, partition): (&str, i32),
    from_ms: i64,
    wanted: HashSet<Position>,
) -> Result<HashSet<Position>, Error> {
    let kafka = client(brokers)?;
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Offset(from_ms.max(0)))?;
    let from = kafka.offsets_for_times(list, TIMEOUT)?;
    let (low, end) = kafka.fetch_watermarks(topic, partition, TIMEOUT)?;
    let begin = from.find_partition(topic, partition).map(|found| found.offset());
    let Some(Offset::Offset(begin)) = begin else { return Ok(HashSet::new()) };
    let mut earlier = 0;
    loop {
        let at = begin.saturating_sub(earlier).max(low);
        let listener = listen(brokers, (topic, partition), (at, end), wanted.clone())?;
        if listener.is_sure() || at == low {
            return Ok(listener.heard);
        }
        earlier = earlier.saturating_mul(FURTHER).max(1);
    }
}

fn client(brokers: &str) -> Result<BaseConsumer<Quiet>, Error> {
    let kafka = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        // The library wants a group, which is never joined: partitions are assigned by hand.
        .set("group.id", "flotilla-relay-withheld")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .create_with_context(Quiet)?;
    Ok(kafka)
}

/// Hears the records from one offset to another, exclusively, until nothing can change the answer.
fn listen(
    brokers: &str,
    (topic, partition): (&str, i32),
    (begin, end): (i64, i64),
    wanted: HashSet<Position>,
) -> Result<Listener, Error> {
    let kafka = client(brokers)?;
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Offset(begin))?;
    kafka.assign(&list)?;
    let mut listener = Listener::of(wanted);
    let (mut next, mut last_word) = (begin, Instant::now());
    while next < end && !listener.full.is_empty() {
        match kafka.poll(Duration::from_millis(500)) {
            Some(Ok(message)) => {
                (next, last_word) = (message.offset() + 1, Instant::now());
                if let Some((previous, position, empty)) = places(&message) {
                    listener.hear(previous, position, empty);
                }
            }
            Some(Err(error)) if last_word.elapsed() > TIMEOUT => return Err(error.into()),
            None if last_word.elapsed() > TIMEOUT => {
                return Err(Error::topic(topic, "cannot be read"));
            }
            Some(Err(_)) | None => {}
        }
    }
    Ok(listener)
}

/// A record's previous position, its own, and whether it is empty.
fn places(message: &BorrowedMessage<'_>) -> Option<(Position, Position, bool)> {
    let headers = message.headers()?;
    let header = |name| {
        let found = headers.iter().find(|header| header.key == name)?;
        std::str::from_utf8(found.value?).ok()
    };
    let (previous, position) =
        (header("previous")?.parse().ok()?, header("position")?.parse().ok()?);
    Some((previous, position, header("ce_type") == Some(WITHHELD)))
}

/// Somebody who hears a partition as every consumer does, and remembers what it was at some positions.
pub(super) struct Listener {
    /// Of the first record.
    first: Option<Position>,
    /// A record before the first one came after it: the first may have been behind a gap, and then those
    /// who were there before did not take it.
    unsure: bool,
    mark: Position,
    wanted: HashSet<Position>,
    /// Those whose empty record did not come yet. It is sent after all that was missing before it.
    full: HashSet<Position>,
    heard: HashSet<Position>,
}

impl Listener {
    pub(super) fn of(wanted: HashSet<Position>) -> Self {
        let (full, heard) = (wanted.clone(), HashSet::new());
        Self { first: None, unsure: false, mark: Position::NONE, wanted, full, heard }
    }

    /// Whether all others heard the same, wherever they began.
    fn is_sure(&self) -> bool {
        !self.unsure
    }

    pub(super) fn hear(&mut self, previous: Position, position: Position, empty: bool) {
        self.unsure |= position < *self.first.get_or_insert(position);
        if empty {
            self.full.remove(&position);
        }
        if step(self.mark, previous, position) != Step::Take {
            return;
        }
        self.mark = position;
        if self.wanted.remove(&position) && !empty {
            self.heard.insert(position);
        }
    }

    #[cfg(test)]
    pub(super) fn heard(&self) -> &HashSet<Position> {
        &self.heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seq: i64) -> Position {
        Position { incarnation: 1, window: seq, seq }
    }

    /// What was heard of event 3, which is withheld; negative: the empty record in its place.
    fn heard(log: &[i64]) -> bool {
        let mut listener = Listener::of([at(3)].into());
        for seq in log {
            let previous = if seq.abs() == 1 { Position::NONE } else { at(seq.abs() - 1) };
            listener.hear(previous, at(seq.abs()), *seq < 0);
        }
        !listener.heard().is_empty()
    }

    #[test]
    fn who_begins_behind_a_gap_is_not_sure() {
        let sure = |log: &[i64]| {
            let mut listener = Listener::of([at(3)].into());
            log.iter().for_each(|seq| listener.hear(at(seq - 1), at(*seq), false));
            listener.is_sure()
        };

        assert!(!sure(&[3, 2, 3, 4]), "2 was missing, perhaps");
        assert!(sure(&[1, 3, 2, 3, 4]) && sure(&[]));
    }

    #[test]
    fn what_comes_first_in_the_chain_was_heard() {
        assert!(!heard(&[1, 2, -3, 4]), "never there");
        assert!(heard(&[1, 2, 3, 2, -3, 4]), "there before a crash");
        assert!(!heard(&[1, 2, -3, 4, 3, 5]), "a late copy of a leader before");
        assert!(!heard(&[1, 3, 2, -3, 4]), "there, but behind a gap");
    }
}
