//! One partition beside the events that belong on it: which records are them, which are second copies,
//! and what is wrong. Pure: records are put in, findings come out.

use std::collections::VecDeque;

use uuid::Uuid;

use super::finding::{Finding, Wrong};
use crate::envelope::WITHHELD;
use crate::position::Position;

/// How many records are looked through for an event before it counts as missing.
const LOOKAHEAD: usize = 1_000;

/// What has to be the same in the outbox and on the topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) id: Uuid,
    pub(super) event_type: String,
    pub(super) key: String,
    pub(super) payload_hash: Vec<u8>,
}

/// A record as a relay sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) offset: i64,
    pub(super) position: Position,
    pub(super) previous: Position,
    pub(super) event: Event,
}

/// A partition on its way.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// The last event that belongs on it, as far as that is known.
    last: Option<Position>,
    /// Records that were read and not accounted for.
    records: VecDeque<Copy>,
    /// The offset behind the last record that was read.
    read_to: i64,
    /// Where the partition ended when this began.
    end: i64,
    /// Records at positions before the last event: each has to be what the outbox says of its position.
    pub(super) copies: Vec<Copy>,
    pub(super) findings: Vec<Finding>,
}

impl Copy {
    fn finding(&self, wrong: Wrong) -> Finding {
        let (offset, position) = (Some(self.offset), Some(self.position));
        Finding { wrong, offset, position, event_id: Some(self.event.id) }
    }

    /// What is wrong with it as a copy of `event`.
    pub(super) fn against(&self, event: Option<&Event>) -> Option<Finding> {
        let Some(event) = event else { return Some(self.finding(Wrong::Unknown)) };
        let what = if self.event.id != event.id {
            "event id"
        } else if self.event.event_type == WITHHELD {
            // An empty record keeps its place; the event itself comes again, or was given up.
            return None;
        } else if self.event.event_type != event.event_type {
            "type"
        } else if self.event.key != event.key {
            "key"
        } else if self.event.payload_hash != event.payload_hash {
            "payload"
        } else {
            return None;
        };
        Some(self.finding(Wrong::Differs(what)))
    }
}

impl Lane {
    /// A partition from `offset` to `end`, behind the event at `last`.
    pub(super) fn new(offset: i64, end: i64, last: Option<Position>) -> Self {
        Self { last, read_to: offset, end, ..Self::default() }
    }

    /// Whether there is nothing more to read.
    pub(super) const fn ended(&self) -> bool {
        self.read_to >= self.end
    }

    /// There is nothing before the end after all.
    pub(super) const fn end(&mut self) {
        self.read_to = self.end;
    }

    /// Takes the next record, or why no relay can have sent it.
    pub(super) fn push(&mut self, offset: i64, read: Result<Copy, &'static str>) {
        if offset >= self.end {
            return self.end();
        }
        self.read_to = offset + 1;
        match read {
            Ok(copy) => self.records.push_back(copy),
            Err(header) => {
                let (wrong, offset) = (Wrong::Foreign(header), Some(offset));
                self.findings.push(Finding { wrong, offset, position: None, event_id: None });
            }
        }
    }

    /// Looks for the next event that belongs here. Returns false if it takes more records to say.
    pub(super) fn meet(&mut self, position: Position, event: &Event) -> bool {
        let mut ahead = 0;
        while let Some(record) = self.records.get(ahead) {
            if record.position > position {
                ahead += 1;
            } else if record.position == position {
                break;
            } else {
                self.put_aside(ahead);
            }
        }
        if ahead == self.records.len() && !self.ended() && ahead < LOOKAHEAD {
            return false;
        }
        if ahead < self.records.len() {
            let early = self.records.drain(..ahead).map(|record| record.finding(Wrong::Early));
            self.findings.extend(early);
            if let Some(record) = self.records.pop_front() {
                self.first_copy(&record, event);
            }
        } else {
            let (position, event_id) = (Some(position), Some(event.id));
            self.findings.push(Finding { wrong: Wrong::Missing, offset: None, position, event_id });
        }
        self.last = Some(position);
        true
    }

    /// A record that was not looked for is a second copy, or an event of a topic that was missing for a
    /// while: the outbox says of neither that it belongs here now, and the latter is followed by others.
    fn put_aside(&mut self, at: usize) {
        if let Some(record) = self.records.remove(at) {
            self.last = self.last.map(|last| last.max(record.position));
            self.copies.push(record);
        }
    }

    fn first_copy(&mut self, record: &Copy, event: &Event) {
        self.findings.extend(record.against(Some(event)));
        if self.last.is_some_and(|last| last != record.previous) {
            self.findings.push(record.finding(Wrong::Unchained));
        }
    }

    /// Nothing more belongs here of what the relay says it has sent, which is up to the window `sent`.
    /// What is left up to there are copies; what is beyond waits for the next time, unless no window up
    /// to `sealed` is so high. Returns false if it takes more records to say.
    pub(super) fn rest(&mut self, sent: i64, sealed: i64) -> bool {
        while let Some(window) = self.records.front().map(|record| record.position.window) {
            if window <= sent {
                self.put_aside(0);
            } else if window <= sealed {
                return true;
            } else if let Some(record) = self.records.pop_front() {
                self.findings.push(record.finding(Wrong::Unknown));
            }
        }
        self.ended()
    }

    /// Where to go on the next time, and behind which event.
    pub(super) fn resume(&self) -> (i64, Option<Position>) {
        (self.records.front().map_or(self.read_to, |record| record.offset), self.last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seq: i64) -> Position {
        Position { incarnation: 1, window: seq, seq }
    }

    fn event(seq: i64) -> Event {
        let id = Uuid::from_u128(u128::from(seq.unsigned_abs()));
        let (event_type, key) = ("T".to_owned(), "k".to_owned());
        Event { id, event_type, key, payload_hash: seq.to_be_bytes().to_vec() }
    }

    fn copy(offset: usize, seq: i64) -> Copy {
        let (position, previous) = (at(seq), if seq == 1 { Position::NONE } else { at(seq - 1) });
        Copy { offset: i64::try_from(offset).unwrap(), position, previous, event: event(seq) }
    }

    /// What is found on a partition that holds `records`, when the events 1 to `events` belong there
    /// and one more is sealed.
    fn found(records: Vec<Copy>, events: i64) -> Vec<Finding> {
        let end = i64::try_from(records.len()).unwrap();
        let mut lane = Lane::new(0, end, Some(Position::NONE));
        let mut log = records.into_iter();
        let mut pull = |lane: &mut Lane| match log.next() {
            Some(record) => lane.push(record.offset, Ok(record)),
            None => lane.end(),
        };
        for seq in 1..=events {
            while !lane.meet(at(seq), &event(seq)) {
                pull(&mut lane);
            }
        }
        while !lane.rest(events, events + 1) {
            pull(&mut lane);
        }
        let mut findings = std::mem::take(&mut lane.findings);
        for copy in &lane.copies {
            let seq = copy.position.seq;
            let known = (1..=events).contains(&seq).then(|| event(seq));
            findings.extend(copy.against(known.as_ref().filter(|_| copy.position == at(seq))));
        }
        findings
    }

    fn log(seqs: &[i64]) -> Vec<Copy> {
        seqs.iter().enumerate().map(|(offset, seq)| copy(offset, *seq)).collect()
    }

    fn wrong(records: Vec<Copy>, events: i64) -> Vec<(Wrong, Option<i64>)> {
        let findings = found(records, events).into_iter();
        findings.map(|finding| (finding.wrong, finding.position.map(|at| at.seq))).collect()
    }

    #[test]
    fn what_is_missing_is_told_once_and_hides_nothing() {
        assert_eq!(wrong(log(&[1, 3, 4]), 4), [(Wrong::Missing, Some(2))]);
        assert_eq!(wrong(log(&[1, 2]), 3), [(Wrong::Missing, Some(3))]);
    }

    #[test]
    fn what_came_before_its_turn_is_told() {
        let found = wrong(log(&[1, 3, 2]), 3);

        assert_eq!(found, [(Wrong::Early, Some(3)), (Wrong::Missing, Some(3))]);
    }

    #[test]
    fn what_names_a_wrong_event_before_it_is_told() {
        let mut records = log(&[1, 2, 3]);
        records[2].previous = at(1);

        assert_eq!(wrong(records, 3), [(Wrong::Unchained, Some(3))]);
    }

    #[test]
    fn what_was_never_sealed_is_told_and_what_is_to_come_is_not() {
        assert_eq!(wrong(log(&[1, 2, 3]), 2), []);
        assert_eq!(wrong(log(&[1, 9, 2]), 2), [(Wrong::Early, Some(9))]);
        assert_eq!(wrong(log(&[1, 2, 9]), 2), [(Wrong::Unknown, Some(9))]);
    }

    /// Its topic was missing when the relay passed its window.
    #[test]
    fn what_comes_late_is_held_against_the_outbox_and_keeps_the_chain() {
        let mut lane = Lane::new(0, 2, Some(at(1)));
        for record in [copy(0, 2), copy(1, 3)] {
            lane.push(record.offset, Ok(record));
        }

        assert!(lane.meet(at(3), &event(3)));

        assert_eq!((lane.findings, lane.copies), (vec![], vec![copy(0, 2)]));
    }

    #[test]
    fn an_empty_record_stands_for_an_event_that_is_withheld() {
        let mut records = log(&[1, 2, 3]);
        let (event_type, key) = (WITHHELD.to_owned(), String::new());
        records[1].event = Event { event_type, key, payload_hash: vec![], ..event(2) };

        assert_eq!(wrong(records.clone(), 3), []);
        records[1].event.id = Uuid::nil();
        assert_eq!(wrong(records, 3), [(Wrong::Differs("event id"), Some(2))]);
    }

    proptest! {
        /// A relay that starts again sends all from somewhere behind on.
        #[test]
        fn a_relay_that_starts_again_is_no_difference(
            restarts in prop::collection::vec((1..20_i64, 0..20_i64), 0..8),
        ) {
            let (mut seqs, mut next) = (Vec::new(), 1);
            for (sent, back) in restarts {
                seqs.extend(next..next + sent);
                next = (next + sent - back).max(1);
            }
            let events = seqs.iter().copied().max().unwrap_or(0);

            prop_assert_eq!(found(log(&seqs), events), []);
        }

        /// Whatever is done to one record of a healthy topic is told.
        #[test]
        fn any_change_of_one_record_is_told(
            events in 1..8_i64, at_record in any::<prop::sample::Index>(), change in 0..7_u8,
        ) {
            let mut records = log(&(1..=events).collect::<Vec<_>>());
            let n = at_record.index(records.len());
            match change {
                0 => drop(records.remove(n)),
                1 => records[n].event.id = Uuid::nil(),
                2 => records[n].event.key = "other".to_owned(),
                3 => records[n].event.event_type = "Other".to_owned(),
                4 => records[n].event.payload_hash = Vec::new(),
                5 => records[n].position.window += 1_000,
                _ => records[n].previous = at(77),
            }
            for (offset, record) in records.iter_mut().enumerate() {
                record.offset = i64::try_from(offset).unwrap();
            }

            prop_assert!(!found(records, events).is_empty());
        }
    }
}
