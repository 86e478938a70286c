//! What the leader does about what is withheld. Nothing of this costs anything while nothing is.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Pipeline, Sent};
use crate::position::Position;
use crate::relay::produce::{Producer, Record};
use crate::relay::read::Event;
use crate::relay::refusal::LOOK;
use crate::relay::seal::Window;
use crate::relay::withheld::{self, Kept};
use crate::relay::withhold::{Fate, Key};
use crate::relay::{headers, heard, progress};
use crate::{Error, partition_of};

/// So many delayed events of a topic are sent before everything else has its turn again.
const SLICE: i64 = 2_000;
/// No slice has more bytes than this, but for its last event.
const SLICE_BYTES: i64 = 8 << 20;
/// How long nothing of a topic is released after it could not be read.
const PAUSE: Duration = Duration::from_secs(60);

/// What becomes of the events of one window, where they are not simply sent.
#[derive(Debug, Default)]
pub(super) struct Fates {
    withheld: HashSet<i64>,
    /// Topics of which nothing is sent.
    closed: HashSet<String>,
    /// Sequence numbers of released events that are met in it.
    pub(super) copies: Vec<i64>,
}

impl Fates {
    pub(super) fn of(&self, event: &Event<'_>) -> Fate {
        if self.closed.contains(event.topic) {
            Fate::Delay
        } else if self.withheld.contains(&event.seq) {
            Fate::Withhold
        } else {
            Fate::Send
        }
    }
}

impl Pipeline<'_> {
    /// Decides about the events of the next window, and stores those that will not be sent before
    /// anything else takes their positions.
    pub(super) async fn decide(&mut self, window: &Window) -> Result<Fates, Error> {
        if self.holds.is_empty() {
            return Ok(Fates::default());
        }
        let topics = self.holds.topics_concerned();
        let events = if topics.is_empty() {
            Vec::new()
        } else {
            withheld::keys_in_window(&mut self.conn, &self.last, window, &topics).await?
        };
        let mut withheld = HashSet::new();
        for (seq, topic, key) in events {
            if self.holds.fate(seq, &(topic, key)) == Fate::Withhold {
                withheld.insert(seq);
            }
        }
        let closed: HashSet<String> = self.holds.closed().cloned().collect();
        self.keep(window, &withheld, &closed).await?;
        self.caution.refused.retain(|seq, _| !withheld.contains(seq));
        Ok(Fates { withheld, closed, copies: self.holds.take_met() })
    }

    /// Stores what is not sent of a window.
    async fn keep(
        &mut self,
        window: &Window,
        seqs: &HashSet<i64>,
        closed: &HashSet<String>,
    ) -> Result<(), Error> {
        let windows = (&self.last, window);
        let mut tx = withheld::begin(&mut self.conn).await?;
        let mut kept = 0;
        if !closed.is_empty() {
            let topics: Vec<&str> = closed.iter().map(String::as_str).collect();
            kept = withheld::delay(&mut tx, windows, &topics, self.repeats).await?;
        }
        if !seqs.is_empty() {
            let refused = &self.caution.refused;
            withheld::keep(&mut tx, windows, seqs, refused, self.repeats).await?;
        }
        // Where there is nothing to store, nobody waits for a disk.
        if kept == 0 && seqs.is_empty() {
            return Ok(tx.rollback().await?);
        }
        withheld::commit(tx, self.term).await
    }

    /// Looks, every now and then, whether something that is withheld can go. True if there is more to do
    /// at once.
    pub(super) async fn look_after(&mut self) -> Result<bool, Error> {
        if self.producer.is_careful() && !self.caution.careful() {
            self.at_most(0).await?;
            self.producer = Producer::new(&self.relay.brokers, false)?;
        }
        if self.holds.is_empty() {
            self.caution.alarm.over();
            return Ok(false);
        }
        let now = Instant::now();
        if now < self.next_look {
            return Ok(false);
        }
        self.next_look = now + LOOK;
        if self.caution.alarm.is_due() {
            let (events, seconds) = withheld::count(&mut self.conn).await?;
            self.caution.alarm.tell(events, seconds);
        }
        let topics: Vec<String> = self.holds.closed().cloned().collect();
        for topic in topics {
            if self.may_open(&topic).await? && self.open_slowly(&topic).await? {
                // The rest of it waits only until the others had their turn.
                self.next_look = now;
                return Ok(true);
            }
        }
        self.release().await
    }

    /// Whether the topic is there, as far as one can see without sending.
    async fn may_open(&mut self, topic: &str) -> Result<bool, Error> {
        let closed = self.caution.closed.get(topic);
        if closed.is_some_and(|closed| Instant::now() < closed.next_look) {
            return Ok(false);
        }
        self.producer.is_there(topic, self.relay.settings.partitions).await
    }

    /// Sends the first delayed events of a topic, which are older than all others of it. True if there
    /// are more.
    async fn open_slowly(&mut self, topic: &str) -> Result<bool, Error> {
        self.at_most(0).await?;
        self.store().await?;
        let kept = withheld::unsent(&mut self.conn, topic, (SLICE, SLICE_BYTES)).await?;
        if kept.is_empty() {
            tracing::info!(topic, "everything of the topic is sent that had to wait");
            self.holds.open(topic);
            self.caution.closed.remove(topic);
            return Ok(false);
        }
        let mut fates = HashMap::new();
        for kept in &kept {
            let event = kept.event()?;
            let key = (event.topic.to_owned(), event.key.to_owned());
            fates.insert(event.seq, self.holds.fate_of_key(event.seq, &key));
        }
        let empty = fates.iter().filter(|(_, fate)| **fate == Fate::Withhold);
        let empty: Vec<i64> = empty.map(|(seq, _)| *seq).collect();
        if !empty.is_empty() {
            let mut tx = withheld::begin(&mut self.conn).await?;
            withheld::withhold(&mut tx, &empty, &self.caution.refused).await?;
            withheld::commit(tx, self.term).await?;
            self.caution.refused.retain(|seq, _| !empty.contains(seq));
        }
        let (begun, missing) = (Instant::now(), Arc::default());
        for event in &kept {
            self.resend(event, fates[&event.position.seq], &missing).await?;
        }
        let (heads, records) = (self.heads.take_changed(), kept.len().try_into().unwrap_or(0));
        let copies = self.holds.take_met();
        let id = self.acked;
        self.unacked.push_back(Sent { id, begun, records, missing, heads, copies });
        self.at_most(0).await?;
        let seqs: Vec<i64> = kept.iter().map(|event| event.position.seq).collect();
        let mut tx = withheld::begin(&mut self.conn).await?;
        withheld::sent(&mut tx, &seqs).await?;
        withheld::met(&mut tx, &self.copies).await?;
        progress::store_heads(&mut tx, &mut self.moved).await?;
        withheld::commit(tx, self.term).await?;
        self.copies.clear();
        Ok(true)
    }

    /// Sends a delayed event as it would have been sent at once, or the empty record in its place.
    async fn resend(
        &mut self,
        kept: &Kept,
        fate: Fate,
        missing: &Arc<super::Missing>,
    ) -> Result<(), Error> {
        let (event, position) = (kept.event()?, kept.position);
        let Event { topic, key, payload, .. } = event;
        let partition = partition_of(key.as_bytes(), self.relay.settings.partitions);
        let previous = self.heads.advance(topic, partition, position);
        let timestamp_ms = super::milliseconds(kept.sealed_at)?;
        let source = self.source.as_str();
        let record = if fate == Fate::Withhold {
            let headers = headers::empty(source, &event, position, previous)?;
            Record { topic, partition, key: "", payload: &[], timestamp_ms, headers, missing }
        } else {
            let headers = headers::of(source, &event, position, previous)?;
            Record { topic, partition, key, payload, timestamp_ms, headers, missing }
        };
        self.producer.enqueue(record).await?;
        if previous == Position::NONE { self.producer.settled(missing).await } else { Ok(()) }
    }

    /// Appends the events of the keys that may go to the outbox again. True if there were any.
    async fn release(&mut self) -> Result<bool, Error> {
        let keys: Vec<Key> = self.holds.keys().cloned().collect();
        let mut free = withheld::free_to_go(&mut self.conn, &keys).await?;
        let now = Instant::now();
        self.unreadable.retain(|_, again| now < *again);
        free.retain(|(topic, _)| {
            !self.holds.is_closed(topic) && !self.unreadable.contains_key(topic)
        });
        if free.is_empty() {
            return Ok(false);
        }
        // Then everything of these keys that is in a window is either on the topic or waits here, and
        // the empty records are on the topic too.
        self.at_most(0).await?;
        self.store().await?;
        for key in &free {
            match self.heard(key).await {
                Ok(heard) => self.release_key(key, &heard).await?,
                Err(error) => {
                    tracing::error!(
                        topic = key.0,
                        key = key.1,
                        error = &error as &dyn std::error::Error,
                        "cannot read what is on the topic; its events are not released",
                    );
                    self.unreadable.insert(key.0.clone(), Instant::now() + PAUSE);
                    // The other topics have their turn at the next look.
                    return Ok(true);
                }
            }
        }
        Ok(true)
    }

    /// The positions of withheld events of the key that were on the topic before they were withheld.
    async fn heard(&mut self, key: &Key) -> Result<HashSet<Position>, Error> {
        let kept = withheld::of_key(&mut self.conn, key).await?;
        let doubtful = kept.iter().filter(|event| event.doubtful);
        let positions: HashSet<Position> = doubtful.clone().map(|event| event.position).collect();
        let Some(sealed_at) = doubtful.map(|event| event.sealed_at).min() else {
            return Ok(positions);
        };
        let partition = partition_of(key.1.as_bytes(), self.relay.settings.partitions);
        let (place, since) = ((key.0.as_str(), partition), super::milliseconds(sealed_at)?);
        heard::among(&self.relay.brokers, place, since, positions).await
    }

    async fn release_key(&mut self, key: &Key, heard: &HashSet<Position>) -> Result<(), Error> {
        let mut copies = Vec::new();
        let mut tx = withheld::begin(&mut self.conn).await?;
        for event in withheld::of_key(&mut tx, key).await? {
            let (seq, heard) = (event.position.seq, heard.contains(&event.position));
            if heard || event.asked.as_deref() == Some("skip") {
                withheld::close(&mut tx, seq, heard).await?;
            } else {
                copies.push(withheld::append(&mut tx, seq).await?);
            }
        }
        withheld::commit(tx, self.term).await?;
        tracing::info!(topic = key.0, key = key.1, events = copies.len(), "released");
        self.holds.released(key);
        for copy in copies {
            self.holds.appended(key.clone(), copy);
        }
        Ok(())
    }
}
