//! The whole protocol on a model of outbox, tables, broker and leaders, with the real decisions.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::consumer::chain::{Step, step};
use crate::position::Position;
use crate::relay::heard::Listener;

/// An event as a row of the outbox. Large ones are refused while the limit is low.
#[derive(Clone, Debug)]
struct Line {
    seq: i64,
    id: usize,
    key: u8,
    large: bool,
}

impl Line {
    fn key(&self) -> Key {
        ("t".to_owned(), self.key.to_string())
    }
}

/// Position, previous one, and key and id of the event; empty records have none.
type Logged = (Position, Position, Option<(u8, usize)>);

/// A row of `outbox_withheld`.
#[derive(Clone, Debug)]
struct Kept {
    window: usize,
    line: Line,
    first_seq: i64,
    unsent: bool,
    withheld: bool,
    refused: bool,
    asked: bool,
    doubtful: bool,
    copy: Option<i64>,
}

#[derive(Debug)]
struct Leader {
    holds: Holds,
    head: Position,
    /// Windows handed over.
    sent: usize,
    met: Vec<i64>,
    repeats_to: usize,
    /// Something failed, which it will notice with the next acknowledgement.
    failed: bool,
}

#[derive(Debug)]
struct World {
    seqs: i64,
    ids: usize,
    /// Of each key, an event in a transaction that is still open.
    open: BTreeMap<u8, Line>,
    committed: Vec<Line>,
    windows: Vec<Vec<Line>>,
    kept: BTreeMap<i64, Kept>,
    acked: (usize, Position),
    log: Vec<Logged>,
    low: bool,
    missing: bool,
    refused: HashSet<i64>,
    closed: bool,
    leader: Leader,
}

#[derive(Clone, Debug)]
enum Deed {
    Begin { key: u8, large: bool },
    Commit(u8),
    Seal,
    Send,
    Acknowledge,
    Crash { another_leads: bool },
    Limit { low: bool },
    Topic { missing: bool },
    Release(u8),
    Look,
}

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => (0..3_u8, prop::bool::weighted(0.3)).prop_map(|(key, large)| Deed::Begin { key, large }),
        6 => (0..3_u8).prop_map(Deed::Commit),
        5 => Just(Deed::Seal),
        5 => Just(Deed::Send),
        3 => Just(Deed::Acknowledge),
        1 => any::<bool>().prop_map(|another_leads| Deed::Crash { another_leads }),
        2 => any::<bool>().prop_map(|low| Deed::Limit { low }),
        1 => any::<bool>().prop_map(|missing| Deed::Topic { missing }),
        3 => (0..3_u8).prop_map(Deed::Release),
        3 => Just(Deed::Look),
    ]
}

impl World {
    fn new() -> Self {
        let holds = Holds::default();
        let (head, sent, met) = (Position::NONE, 0, Vec::new());
        Self {
            seqs: 0,
            ids: 0,
            open: BTreeMap::new(),
            committed: Vec::new(),
            windows: Vec::new(),
            kept: BTreeMap::new(),
            acked: (0, Position::NONE),
            log: Vec::new(),
            low: false,
            missing: false,
            refused: HashSet::new(),
            closed: false,
            leader: Leader { holds, head, sent, met, repeats_to: 0, failed: false },
        }
    }

    fn next_seq(&mut self) -> i64 {
        self.seqs += 1;
        self.seqs
    }

    fn does(&mut self, deed: &Deed) {
        match *deed {
            // The aggregate's lock lets one transaction in at a time.
            Deed::Begin { key, large } if !self.open.contains_key(&key) => {
                let (seq, id) = (self.next_seq(), self.ids);
                self.ids += 1;
                self.open.insert(key, Line { seq, id, key, large });
            }
            Deed::Begin { .. } => {}
            Deed::Commit(key) => self.committed.extend(self.open.remove(&key)),
            Deed::Seal => {
                let mut window = std::mem::take(&mut self.committed);
                window.sort_unstable_by_key(|line| line.seq);
                self.windows.push(window);
            }
            Deed::Send => self.send(),
            Deed::Acknowledge => {
                self.acknowledge();
            }
            Deed::Crash { another_leads } => {
                if another_leads {
                    self.refused.clear();
                    self.closed = false;
                }
                self.begin();
            }
            Deed::Limit { low } => self.low = low,
            Deed::Topic { missing } => self.missing = missing,
            Deed::Release(key) => {
                for kept in self.kept.values_mut() {
                    kept.asked |= kept.line.key == key && kept.refused && kept.copy.is_none();
                }
            }
            Deed::Look => self.look(),
        }
    }

    /// A leader, or a leader's next producer, begins where progress was stored.
    fn begin(&mut self) {
        let mut holds = Holds::default();
        let acked = self.acked.0;
        if self.closed || self.kept.values().any(|kept| kept.unsent) {
            holds.close("t");
        }
        for (seq, kept) in &self.kept {
            if let Some(copy) = kept.copy {
                holds.appended(kept.line.key(), copy);
            } else if kept.withheld && (kept.unsent || kept.window > acked) {
                holds.will_withhold("t", *seq);
            } else if kept.withheld {
                holds.waits(kept.line.key(), 1, kept.refused);
            }
        }
        for seq in &self.refused {
            holds.will_withhold("t", *seq);
        }
        let (head, met, repeats_to) = (self.acked.1, Vec::new(), self.windows.len());
        self.leader = Leader { holds, head, sent: acked, met, repeats_to, failed: false };
    }

    /// Hands over the next window, whatever became of those before.
    fn send(&mut self) {
        let Some(lines) = self.windows.get(self.leader.sent).cloned() else { return };
        self.leader.sent += 1;
        let window = self.leader.sent;
        let doubtful = window <= self.leader.repeats_to;
        for line in lines {
            let fate = self.leader.holds.fate(line.seq, &line.key());
            if fate != Fate::Send {
                let (unsent, refused) = (fate == Fate::Delay, self.refused.remove(&line.seq));
                let mut copied = self.kept.values().filter(|kept| kept.copy == Some(line.seq));
                let first_seq = copied.next().map_or(line.seq, |kept| kept.first_seq);
                let kept = self.kept.entry(line.seq).or_insert_with(|| Kept {
                    window,
                    line: line.clone(),
                    first_seq,
                    unsent,
                    withheld: !unsent,
                    refused,
                    asked: false,
                    doubtful,
                    copy: None,
                });
                kept.unsent |= unsent;
                kept.withheld |= !unsent;
                kept.refused |= refused;
            }
            let first = self.leader.head == Position::NONE;
            self.produce(window, &line, fate);
            // The first record of a partition is acknowledged before there is a second.
            if first && self.leader.failed {
                return self.begin();
            }
        }
        let met = self.leader.holds.take_met();
        self.leader.met.extend(met);
    }

    /// The broker takes a record or refuses it.
    fn produce(&mut self, window: usize, line: &Line, fate: Fate) {
        if fate == Fate::Delay {
            return;
        }
        let window = i64::try_from(window).unwrap();
        let position = Position { incarnation: 1, window, seq: line.seq };
        let previous = std::mem::replace(&mut self.leader.head, position);
        if self.missing {
            (self.closed, self.leader.failed) = (true, true);
        } else if fate == Fate::Send && line.large && self.low {
            self.refused.insert(line.seq);
            self.leader.failed = true;
        } else {
            let event = (fate == Fate::Send).then_some((line.key, line.id));
            self.log.push((position, previous, event));
        }
    }

    /// Acknowledgements come, or a failure is noticed. True if all is well.
    fn acknowledge(&mut self) -> bool {
        if self.leader.failed {
            self.begin();
            return false;
        }
        self.acked = (self.leader.sent, self.leader.head);
        let met = std::mem::take(&mut self.leader.met);
        self.kept.retain(|_, kept| kept.copy.is_none_or(|copy| !met.contains(&copy)));
        true
    }

    fn look(&mut self) {
        while self.leader.sent < self.windows.len() {
            self.send();
        }
        if !self.acknowledge() {
            return;
        }
        if self.leader.holds.is_closed("t") {
            if !self.missing {
                self.open_slowly();
            }
        } else {
            self.release();
        }
    }

    fn open_slowly(&mut self) {
        let mut slice: Vec<Kept> = self.kept.values().filter(|kept| kept.unsent).cloned().collect();
        slice.sort_unstable_by_key(|kept| (kept.window, kept.line.seq));
        let last = slice.len() < 2;
        slice.truncate(2);
        for Kept { window, line, .. } in &slice {
            let fate = self.leader.holds.fate_of_key(line.seq, &line.key());
            if fate == Fate::Withhold {
                let refused = self.refused.remove(&line.seq);
                let kept = self.kept.get_mut(&line.seq).unwrap();
                kept.withheld = true;
                kept.refused |= refused;
            }
            let first = self.leader.head == Position::NONE;
            self.produce(*window, line, fate);
            if first && self.leader.failed {
                return self.begin();
            }
        }
        let met = self.leader.holds.take_met();
        self.leader.met.extend(met);
        if !self.acknowledge() {
            return;
        }
        for Kept { line, .. } in slice {
            let kept = self.kept.get_mut(&line.seq).unwrap();
            kept.unsent = false;
            if !kept.withheld {
                self.kept.remove(&line.seq);
            }
        }
        if last {
            self.leader.holds.open("t");
            self.closed = false;
        }
    }

    fn release(&mut self) {
        let keys: Vec<Key> = self.leader.holds.keys().cloned().collect();
        for key in keys {
            let of_key = self.kept.values().filter(|kept| kept.line.key() == key && kept.withheld);
            let mut kept: Vec<Kept> = of_key.cloned().collect();
            if kept.iter().any(|kept| kept.copy.is_some() || (kept.refused && !kept.asked)) {
                continue;
            }
            kept.sort_unstable_by_key(|kept| kept.first_seq);
            let at = |kept: &Kept| Position {
                incarnation: 1,
                window: i64::try_from(kept.window).unwrap(),
                seq: kept.line.seq,
            };
            let mut listener = Listener::of(kept.iter().filter(|k| k.doubtful).map(at).collect());
            for (position, previous, event) in &self.log {
                listener.hear(*previous, *position, event.is_none());
            }
            self.leader.holds.released(&key);
            for kept in kept {
                if listener.heard().contains(&at(&kept)) {
                    self.kept.remove(&kept.line.seq);
                    continue;
                }
                let copy = self.next_seq();
                self.kept.get_mut(&kept.line.seq).unwrap().copy = Some(copy);
                self.committed.push(Line { seq: copy, ..kept.line });
                self.leader.holds.appended(key.clone(), copy);
            }
        }
    }

    /// Everything is mended and decided.
    fn settle(&mut self) {
        (self.low, self.missing) = (false, false);
        for key in 0..3 {
            self.does(&Deed::Commit(key));
        }
        for _ in 0..60 {
            for key in 0..3 {
                self.does(&Deed::Release(key));
            }
            self.does(&Deed::Seal);
            self.look();
        }
    }

    /// What a consumer hears, and whether it hears all that is on the topic.
    fn heard(&self) -> (Vec<(u8, usize)>, bool) {
        let (mut mark, mut heard) = (Position::NONE, Vec::new());
        for (position, previous, event) in &self.log {
            if step(mark, *previous, *position) == Step::Take {
                mark = *position;
                heard.extend(*event);
            }
        }
        (heard, self.log.iter().all(|(position, ..)| *position <= mark))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_refused_and_when_each_event_is_heard_once_and_in_the_order_of_its_key(
        deeds in prop::collection::vec(deeds(), 0..120),
    ) {
        let mut world = World::new();
        for deed in &deeds {
            world.does(deed);
        }
        world.settle();

        let (heard, whole) = world.heard();
        prop_assert!(whole, "the chain is broken: {:?}", world.log);
        prop_assert!(world.kept.is_empty(), "still withheld: {:?}", world.kept);
        for key in 0..3 {
            let of_key: Vec<usize> = heard.iter().filter(|e| e.0 == key).map(|e| e.1).collect();
            prop_assert!(of_key.windows(2).all(|pair| pair[0] < pair[1]), "{key}: {of_key:?}");
        }
        prop_assert_eq!(heard.len(), world.ids);
    }
}

#[test]
fn a_key_is_free_as_soon_as_its_last_released_event_is_met() {
    let key = ("t".to_owned(), "k".to_owned());
    let mut holds = Holds::default();
    holds.will_withhold("t", 5);
    let first = [5, 8].map(|seq| holds.fate(seq, &key));
    holds.released(&key);
    for copy in [20, 21] {
        holds.appended(key.clone(), copy);
    }

    let then = [20, 21, 22].map(|seq| holds.fate(seq, &key));

    assert_eq!((first, then), ([Fate::Withhold; 2], [Fate::Send; 3]));
    assert!(holds.is_empty());
}

#[test]
fn what_a_key_says_while_it_is_released_comes_after_that() {
    let key = ("t".to_owned(), "k".to_owned());
    let mut holds = Holds::default();
    holds.appended(key.clone(), 20);

    let fates = [15, 20, 25].map(|seq| holds.fate(seq, &key));

    assert_eq!(fates, [Fate::Withhold, Fate::Send, Fate::Withhold]);
}
