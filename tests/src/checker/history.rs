//! The judgement: two histories compared, without IO.

use std::collections::HashMap;
use std::fmt;

/// At most so many findings are described.
const EXAMPLES: usize = 20;

/// A committed outbox row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The event's id.
    pub id: String,
    /// Its sequence number, which is the order of its key.
    pub seq: i64,
    /// The topic it is meant for.
    pub topic: String,
    /// The ordering key.
    pub key: Vec<u8>,
    /// The payload.
    pub payload: Vec<u8>,
}

/// A record on a topic, whole. Records of a partition are compared in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The `ce_id` header.
    pub id: String,
    /// The topic it is on.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// The record's key.
    pub key: Vec<u8>,
    /// The record's value.
    pub payload: Vec<u8>,
    /// The record's timestamp, in milliseconds.
    pub timestamp_ms: Option<i64>,
    /// All headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Committed events that are not on their topic.
    pub lost: usize,
    /// Events on a topic that nobody committed, or with another key or payload than committed.
    pub ghosts: usize,
    /// Events whose first copy comes after that of a later event of the same key, or in another
    /// partition than the key's first.
    pub inversions: usize,
    /// Second copies that are not the same byte for byte.
    pub doubles: usize,
    /// Committed events.
    pub events: usize,
    /// The first findings, in words.
    pub examples: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        (self.lost, self.ghosts, self.inversions, self.doubles) == (0, 0, 0, 0)
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

/// Compares what was said with what was seen.
pub fn judge(said: &[Said], seen: &[Seen]) -> Report {
    let mut report = Report { events: said.len(), ..Report::default() };
    let committed: HashMap<(&str, &str), &Said> =
        said.iter().map(|event| ((event.topic.as_str(), event.id.as_str()), event)).collect();
    let mut first: HashMap<(&str, &str), &Seen> = HashMap::new();
    let mut latest: HashMap<(&str, &[u8]), (i32, i64)> = HashMap::new();
    for record in seen {
        let name = (record.topic.as_str(), record.id.as_str());
        if let Some(earlier) = first.get(&name) {
            if *earlier != record {
                report.doubles += 1;
                report.note(|| format!("two forms of {}: {earlier:?} and {record:?}", record.id));
            }
            continue;
        }
        first.insert(name, record);
        let Some(event) = committed.get(&name).filter(|event| same(event, record)) else {
            report.ghosts += 1;
            report.note(|| format!("never committed: {record:?}"));
            continue;
        };
        let key = (record.topic.as_str(), record.key.as_slice());
        let (partition, highest) = latest.entry(key).or_insert((record.partition, i64::MIN));
        if record.partition != *partition || event.seq <= *highest {
            report.inversions += 1;
            report.note(|| format!("seq {} comes after {highest}: {record:?}", event.seq));
        }
        *highest = event.seq.max(*highest);
    }
    for event in said {
        if !first.contains_key(&(event.topic.as_str(), event.id.as_str())) {
            report.lost += 1;
            report.note(|| format!("lost: {event:?}"));
        }
    }
    report
}

fn same(event: &Said, record: &Seen) -> bool {
    event.key == record.key && event.payload == record.payload
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(n: i64) -> Said {
        let (key, payload) = (b"k".to_vec(), vec![1]);
        Said { id: n.to_string(), seq: n, topic: "t".into(), key, payload }
    }

    fn seen(n: i64) -> Seen {
        Seen {
            id: n.to_string(),
            topic: "t".into(),
            partition: 0,
            key: b"k".to_vec(),
            payload: vec![1],
            timestamp_ms: Some(1),
            headers: vec![("position".into(), vec![0])],
        }
    }

    fn found(seen: &[Seen]) -> String {
        judge(&[said(1), said(2), said(3)], seen).to_string()
    }

    #[test]
    fn a_faithful_history_with_identical_second_copies_is_clean() {
        let clean = "lost=0 ghosts=0 inversions=0 doubles=0 events=3";

        assert_eq!(found(&[seen(1), seen(2), seen(3)]), clean);
        assert_eq!(found(&[seen(1), seen(2), seen(1), seen(2), seen(3)]), clean);
    }

    #[test]
    fn each_kind_of_fault_is_found() {
        let changed = Seen { timestamp_ms: Some(2), ..seen(1) };
        let elsewhere = Seen { partition: 1, ..seen(3) };
        let other = Seen { payload: vec![9], ..seen(3) };

        let with = |faults: &str| format!("{faults} events=3");
        assert_eq!(found(&[seen(1), seen(3)]), with("lost=1 ghosts=0 inversions=0 doubles=0"));
        assert_eq!(
            found(&[seen(1), seen(2), seen(3), seen(4)]),
            with("lost=0 ghosts=1 inversions=0 doubles=0")
        );
        assert_eq!(
            found(&[seen(1), seen(2), other]),
            with("lost=0 ghosts=1 inversions=0 doubles=0")
        );
        assert_eq!(
            found(&[seen(1), seen(3), seen(2)]),
            with("lost=0 ghosts=0 inversions=1 doubles=0")
        );
        assert_eq!(
            found(&[seen(1), seen(2), elsewhere]),
            with("lost=0 ghosts=0 inversions=1 doubles=0")
        );
        assert_eq!(
            found(&[seen(1), changed, seen(2), seen(3)]),
            with("lost=0 ghosts=0 inversions=0 doubles=1")
        );
    }
}
