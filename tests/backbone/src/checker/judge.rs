//! The judgement: histories compared, without IO.

use std::collections::{HashMap, HashSet};
use std::fmt;

use uuid::Uuid;

use crate::identity::Identity;

/// At most so many findings are described.
const EXAMPLES: usize = 20;

/// A record on a topic, whole. Records of a partition are compared in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its partition.
    pub partition: i32,
    /// Its key.
    pub key: Vec<u8>,
    /// Its value.
    pub payload: Vec<u8>,
    /// Its timestamp, in milliseconds.
    pub timestamp_ms: Option<i64>,
    /// All headers, in order; the position is among them.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Seen {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice())
    }

    /// Whether it only takes the place of an event that is withheld.
    fn is_empty_place(&self) -> bool {
        self.payload.is_empty() && self.header("ce_type") == Some(b"messaging.Withheld")
    }
}

/// What of a topic tells of events. An event that is withheld has an empty record at its position and comes
/// again at another; a record of it at the position of an empty one stood behind a gap, beyond which
/// nobody hears, or was heard, and if it came again all the same, the effects show it twice.
fn telling(seen: &[Seen]) -> Vec<&Seen> {
    let place = |record: &Seen| {
        let header = |name| record.header(name).unwrap_or_default().to_vec();
        (header("ce_id"), header("position"))
    };
    let (empty, records): (Vec<&Seen>, Vec<&Seen>) =
        seen.iter().partition(|record| record.is_empty_place());
    let emptied: HashSet<_> = empty.into_iter().map(place).collect();
    let stands = |record: &&Seen| !emptied.contains(&place(record));
    let came_again: HashSet<_> =
        records.iter().copied().filter(stands).map(|record| place(record).0).collect();
    let tells = |record: &&Seen| stands(record) || !came_again.contains(&place(record).0);
    records.into_iter().filter(tells).collect()
}

/// What came of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The event's key.
    pub key: String,
    /// Its version.
    pub version: i64,
    /// Its nonce.
    pub nonce: Uuid,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Committed, and not there.
    pub lost: usize,
    /// There, and not committed.
    pub ghosts: usize,
    /// First occurrences that come after a later version of their key, or in another partition.
    pub inversions: usize,
    /// Effects applied again, second copies that are not the same byte for byte, and jobs with more than
    /// one idempotency key.
    pub doubles: usize,
    /// Committed events.
    pub events: usize,
    /// Second copies that are the same byte for byte, which do no harm.
    pub copies: usize,
    /// The first findings, in words.
    pub examples: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        (self.lost, self.ghosts, self.inversions, self.doubles) == (0, 0, 0, 0)
    }

    /// Compares a topic with what was committed for it.
    pub fn topic(&mut self, what: &str, committed: &[Identity], seen: &[Seen]) {
        let mut missing: HashSet<&Identity> = committed.iter().collect();
        let mut first: HashMap<&[u8], &Seen> = HashMap::new();
        let mut highest: HashMap<&str, (i32, i64)> = HashMap::new();
        for record in telling(seen) {
            if let Some(earlier) = first.get(record.payload.as_slice()) {
                if *earlier == record {
                    self.copies += 1;
                } else {
                    self.doubles += 1;
                    self.note(|| format!("{what}: two forms: {earlier:?} and {record:?}"));
                }
                continue;
            }
            first.insert(&record.payload, record);
            let identity: Option<Identity> =
                std::str::from_utf8(&record.payload).ok().and_then(|text| text.parse().ok());
            let known = identity.and_then(|identity| missing.take(&identity));
            let Some(event) = known.filter(|event| event.key.as_bytes() == record.key) else {
                self.ghosts += 1;
                self.note(|| format!("{what}: never committed: {record:?}"));
                continue;
            };
            let (partition, version) =
                highest.entry(event.key.as_str()).or_insert((record.partition, 0));
            if record.partition != *partition || event.version <= *version {
                self.inversions += 1;
                self.note(|| format!("{what}: {event} comes after version {version}"));
            }
            *version = event.version.max(*version);
        }
        self.lost(what, &missing);
    }

    /// Compares effects, in the order in which they were applied, with the events that ask for them.
    pub fn effects(&mut self, what: &str, asked_for: &[Identity], applied: &[Applied]) {
        let all: HashMap<Uuid, &Identity> =
            asked_for.iter().map(|identity| (identity.nonce, identity)).collect();
        let mut missing: HashSet<&Identity> = asked_for.iter().collect();
        let mut highest: HashMap<&str, i64> = HashMap::new();
        for effect in applied {
            let event = all
                .get(&effect.nonce)
                .filter(|event| event.key == effect.key && event.version == effect.version);
            let Some(event) = event else {
                self.ghosts += 1;
                self.note(|| format!("{what}: nobody asked for {effect:?}"));
                continue;
            };
            if !missing.remove(event) {
                self.doubles += 1;
                self.note(|| format!("{what}: twice: {event}"));
                continue;
            }
            let version = highest.entry(event.key.as_str()).or_insert(0);
            if event.version <= *version {
                self.inversions += 1;
                self.note(|| format!("{what}: {event} comes after version {version}"));
            }
            *version = event.version.max(*version);
        }
        self.lost(what, &missing);
    }

    /// Looks whether all tries of a job carried one key.
    pub fn calls(&mut self, keys: &[(Uuid, i64)]) {
        for (nonce, _) in keys.iter().filter(|(_, keys)| *keys != 1) {
            self.doubles += 1;
            self.note(|| format!("calls: several idempotency keys for {nonce}"));
        }
    }

    fn lost(&mut self, what: &str, missing: &HashSet<&Identity>) {
        self.lost += missing.len();
        for event in missing {
            self.note(|| format!("{what}: lost: {event}"));
        }
    }

    fn note(&mut self, example: impl FnOnce() -> String) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, ghosts, inversions, doubles, events, .. } = self;
        write!(f, "lost={lost} ghosts={ghosts} inversions={inversions} doubles={doubles} ")?;
        write!(f, "events={events}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(version: i64) -> Identity {
        let nonce = Uuid::from_u128(u128::try_from(version).unwrap());
        Identity { key: "k".to_owned(), version, nonce, readable: true }
    }

    fn seen(version: i64) -> Seen {
        Seen {
            partition: 0,
            key: b"k".to_vec(),
            payload: event(version).to_string().into_bytes(),
            timestamp_ms: Some(1),
            headers: vec![("position".to_owned(), vec![0])],
        }
    }

    fn applied(version: i64) -> Applied {
        let Identity { key, version, nonce, .. } = event(version);
        Applied { key, version, nonce }
    }

    fn on_topic(seen: &[Seen]) -> [usize; 4] {
        let mut report = Report::default();
        report.topic("facts", &[event(1), event(2), event(3)], seen);
        [report.lost, report.ghosts, report.inversions, report.doubles]
    }

    fn among_effects(versions: &[i64]) -> [usize; 4] {
        let mut report = Report::default();
        let effects: Vec<_> = versions.iter().copied().map(applied).collect();
        report.effects("effects", &[event(1), event(2), event(3)], &effects);
        [report.lost, report.ghosts, report.inversions, report.doubles]
    }

    #[test]
    fn a_faithful_topic_with_identical_second_copies_is_clean() {
        assert_eq!(on_topic(&[seen(1), seen(2), seen(3)]), [0; 4]);
        assert_eq!(on_topic(&[seen(1), seen(2), seen(1), seen(2), seen(3)]), [0; 4]);
    }

    #[test]
    fn each_fault_of_a_topic_is_found() {
        let changed = Seen { headers: vec![("position".to_owned(), vec![1])], ..seen(1) };
        let elsewhere = Seen { partition: 1, ..seen(3) };
        let other_key = Seen { key: b"l".to_vec(), ..seen(3) };

        assert_eq!(on_topic(&[seen(1), seen(3)]), [1, 0, 0, 0]);
        assert_eq!(on_topic(&[seen(1), seen(2), seen(3), seen(4)]), [0, 1, 0, 0]);
        assert_eq!(on_topic(&[seen(1), seen(2), other_key])[1], 1);
        assert_eq!(on_topic(&[seen(1), seen(3), seen(2)]), [0, 0, 1, 0]);
        assert_eq!(on_topic(&[seen(1), seen(2), elsewhere]), [0, 0, 1, 0]);
        assert_eq!(on_topic(&[seen(1), changed, seen(2), seen(3)]), [0, 0, 0, 1]);
    }

    #[test]
    fn an_event_that_was_withheld_counts_where_it_comes_again() {
        let at = |version: i64, position: u8| {
            let headers =
                [("ce_id", version.to_string().into_bytes()), ("position", vec![position])];
            let headers = headers.map(|(name, value)| (name.to_owned(), value));
            Seen { headers: headers.to_vec(), ..seen(version) }
        };
        let empty = |version: i64, position: u8| {
            let mut record = Seen { key: Vec::new(), payload: Vec::new(), ..at(version, position) };
            record.headers.push(("ce_type".to_owned(), b"messaging.Withheld".to_vec()));
            record
        };

        assert_eq!(on_topic(&[at(1, 1), empty(2, 2), empty(3, 3), at(2, 4), at(3, 5)]), [0; 4]);
        assert_eq!(
            on_topic(&[at(1, 1), at(3, 3), empty(2, 2), empty(3, 3), at(2, 4), at(3, 5)]),
            [0; 4],
            "one of them was there behind a gap"
        );
        assert_eq!(on_topic(&[at(1, 1), at(2, 2), empty(2, 2), at(3, 3)]), [0; 4], "heard before");
        assert_eq!(on_topic(&[at(1, 1), empty(2, 2), at(3, 3)]), [1, 0, 0, 0], "never released");
        assert_eq!(
            on_topic(&[at(1, 1), empty(2, 2), at(2, 4), at(2, 5), at(3, 6)]),
            [0, 0, 0, 1],
            "released twice"
        );
        assert_eq!(on_topic(&[at(1, 1), empty(2, 2), at(3, 3), at(2, 4)]), [0, 0, 1, 0]);
    }

    #[test]
    fn each_fault_of_effects_is_found() {
        assert_eq!(among_effects(&[1, 2, 3]), [0; 4]);
        assert_eq!(among_effects(&[1, 3]), [1, 0, 0, 0]);
        assert_eq!(among_effects(&[1, 2, 3, 4]), [0, 1, 0, 0]);
        assert_eq!(among_effects(&[1, 3, 2]), [0, 0, 1, 0]);
        assert_eq!(among_effects(&[1, 2, 2, 3]), [0, 0, 0, 1]);
    }

    #[test]
    fn a_job_has_one_idempotency_key() {
        let mut report = Report::default();

        report.calls(&[(Uuid::from_u128(1), 1), (Uuid::from_u128(2), 2)]);

        assert_eq!(report.doubles, 1);
    }
}
