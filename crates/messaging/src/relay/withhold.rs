//! What becomes of an event while something of its key or topic is withheld: the decision, without IO.
//!
//! ```text
//!            refused             a person releases          the last copy goes out
//!   (free) ──────────▶ waiting ───────────────────▶ copies ────────────────────────▶ (free)
//!                         ▲  later ones of the key    │  others of the key in between
//!                         └───────────────────────────┘
//! ```
//!
//! It depends on nothing but what is stored and what is in the windows, taken in order, so a relay that
//! begins again at the last acknowledged window decides the same.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

/// What is done with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is sent.
    Send,
    /// It is stored as withheld, and an empty record takes its position.
    Withhold,
    /// It is stored as unsent: nothing of its topic is sent, and the topic's head stays where it is.
    Delay,
}

/// Topic and key.
pub(super) type Key = (String, String);

/// What is withheld, as of the last window that was decided about.
#[derive(Debug, Default)]
pub(super) struct Holds {
    /// Topics of which nothing is sent.
    topics: HashSet<String>,
    keys: HashMap<Key, Held>,
    /// Events that are withheld whatever else holds: those that were refused, and those that were stored
    /// as withheld before and are now met again.
    withheld: HashMap<i64, String>,
    /// Copies that were met since this was asked last.
    met: Vec<i64>,
}

/// A key that is held back.
#[derive(Debug, Default)]
struct Held {
    /// How many of its events wait to be released.
    waiting: usize,
    /// Sequence numbers of released events that were not met yet.
    copies: HashSet<i64>,
    /// A released event was withheld again: those behind it have to wait with it.
    again: bool,
}

impl Holds {
    /// Whether nothing is withheld, so that no event need be looked at.
    pub(super) fn is_empty(&self) -> bool {
        self.topics.is_empty() && self.keys.is_empty() && self.withheld.is_empty()
    }

    /// The topics of which some events are sent and others perhaps not.
    pub(super) fn topics_concerned(&self) -> Vec<&str> {
        let keys = self.keys.keys().map(|(topic, _)| topic);
        let all = keys.chain(self.withheld.values()).filter(|topic| !self.is_closed(topic));
        let all: HashSet<&str> = all.map(String::as_str).collect();
        all.into_iter().collect()
    }

    /// From now on nothing of this topic is sent.
    pub(super) fn close(&mut self, topic: &str) {
        self.topics.insert(topic.to_owned());
    }

    /// Everything of this topic was sent that had been delayed.
    pub(super) fn open(&mut self, topic: &str) {
        self.topics.remove(topic);
    }

    /// The keys that are held back.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.keys()
    }

    /// The topics of which nothing is sent.
    pub(super) fn closed(&self) -> impl Iterator<Item = &String> {
        self.topics.iter()
    }

    /// Whether nothing of this topic is sent.
    pub(super) fn is_closed(&self, topic: &str) -> bool {
        self.topics.contains(topic)
    }

    /// The event will be withheld when it is met.
    pub(super) fn will_withhold(&mut self, topic: &str, seq: i64) {
        self.withheld.insert(seq, topic.to_owned());
    }

    /// So many events of this key are withheld that were met before; `refused`: one of them was refused
    /// itself, which holds back released ones too.
    pub(super) fn waits(&mut self, key: Key, count: usize, refused: bool) {
        let held = self.keys.entry(key).or_default();
        held.waiting += count;
        held.again |= refused;
    }

    /// A released event of this key will be met under this sequence number.
    pub(super) fn appended(&mut self, key: Key, copy: i64) {
        self.keys.entry(key).or_default().copies.insert(copy);
    }

    /// All events of the key that were met are released (or given up); what comes of them is told to
    /// [`Holds::appended`].
    pub(super) fn released(&mut self, key: &Key) {
        if let Some(held) = self.keys.get_mut(key) {
            (held.waiting, held.again) = (0, false);
            self.forget_if_free(key);
        }
    }

    /// Decides about the next event of a window.
    pub(super) fn fate(&mut self, seq: i64, key: &Key) -> Fate {
        if self.topics.contains(&key.0) { Fate::Delay } else { self.fate_of_key(seq, key) }
    }

    /// Decides about an event whose topic is no reason to delay it.
    ///
    /// What a key says while its released events are on their way waits once more if it is met before the
    /// last of them: its turn is after them.
    pub(super) fn fate_of_key(&mut self, seq: i64, key: &Key) -> Fate {
        let refused = self.withheld.remove(&seq).is_some();
        if refused {
            self.keys.entry(key.clone()).or_default();
        }
        let Some(held) = self.keys.get_mut(key) else { return Fate::Send };
        let copy = held.copies.remove(&seq);
        self.met.extend(copy.then_some(seq));
        if copy && !refused && !held.again {
            self.forget_if_free(key);
            return Fate::Send;
        }
        held.again |= copy;
        held.waiting += 1;
        Fate::Withhold
    }

    /// Sequence numbers of released events that were met since this was asked last.
    pub(super) fn take_met(&mut self) -> Vec<i64> {
        std::mem::take(&mut self.met)
    }

    fn forget_if_free(&mut self, key: &Key) {
        if self.keys.get(key).is_some_and(|held| held.waiting == 0 && held.copies.is_empty()) {
            self.keys.remove(key);
        }
    }
}
