//! Small cases of the consumer, all of them: two owners, the tries of parked keys and a partition in every
//! order of their steps, with the decisions of `plan` and `chain`. Only what Postgres and Kafka do (a
//! transaction is all or nothing, a row has one writer) is modelled.

use std::collections::{BTreeMap, HashMap, HashSet};

use time::OffsetDateTime;
use uuid::Uuid;

use super::mark::{Mark, Place};
use super::plan::{Fate, Plan, fate};
use super::record::Record;
use crate::envelope::Meta;
use crate::position::Position;

const PLACE: Place = ("t", 0);

/// One event: its number, which is also its position, and its key.
type Said = (i64, char);

/// The consumer, the database and what is still to happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    /// Committed: the mark, the parked keys with their records, the effects.
    mark: Stand,
    parked: BTreeMap<char, Vec<i64>>,
    effects: Vec<Said>,
    /// How often the handler will still fail.
    failures: u8,
    /// How often an owner may still get the partition anew.
    assignments: u8,
    owners: [Owner; 2],
}

/// A mark that can be compared and hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Stand {
    seq: i64,
    offset: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Owner {
    /// Where it believes the mark to be.
    known: Stand,
    /// The next record that it reads.
    next: usize,
    /// Its record failed and is to be parked.
    parking: bool,
}

/// A partition, and what is left out of the decisions.
struct Case<'a> {
    log: &'a [Said],
    records: &'a [Record],
    /// The event that fails, and how often.
    fails: (i64, u8),
    chain: bool,
    parking: bool,
    fence: bool,
}

fn at(seq: i64) -> Position {
    if seq == 0 { Position::NONE } else { Position { incarnation: 1, window: seq, seq } }
}

fn record(offset: usize, (seq, key): Said) -> Record {
    Record {
        partition: 0,
        offset: i64::try_from(offset).unwrap(),
        position: at(seq),
        previous: at(seq - 1),
        payload: Vec::new(),
        meta: Meta {
            event_id: Uuid::nil(),
            event_type: String::new(),
            topic: "t",
            key: key.to_string(),
            subject: String::new(),
            version: seq,
            occurred_at: OffsetDateTime::UNIX_EPOCH,
            correlation: Uuid::nil(),
            causation: None,
            traceparent: None,
        },
    }
}

impl Stand {
    fn marks(self) -> HashMap<Place, Mark> {
        HashMap::from([(PLACE, Mark { position: at(self.seq), offset: self.offset })])
    }

    fn of(plan: &Plan) -> Self {
        let mark = plan.marks[&PLACE];
        Self { seq: mark.position.seq, offset: mark.offset }
    }
}

impl Case<'_> {
    fn begin(&self) -> World {
        let known = Stand { seq: 0, offset: -1 };
        let owner = Owner { known, next: 0, parking: false };
        let (parked, effects) = (BTreeMap::new(), Vec::new());
        let failures = self.fails.1;
        World { mark: known, parked, effects, failures, assignments: 1, owners: [owner; 2] }
    }

    /// Every world that one step leads to.
    fn steps(&self, world: &World) -> Vec<World> {
        let mut after = Vec::new();
        for owner in 0..2 {
            after.extend([1, 2].iter().filter_map(|count| self.batch(world, owner, *count)));
            after.extend(Self::assigned(world, owner));
        }
        after.extend(world.parked.keys().map(|key| self.tried(world, *key)));
        // Which owner is which makes no difference.
        after.iter_mut().for_each(|world| world.owners.sort_unstable());
        after
    }

    /// An owner gets the partition anew.
    fn assigned(world: &World, owner: usize) -> Option<World> {
        let assignments = world.assignments.checked_sub(1)?;
        let mut after = World { assignments, ..world.clone() };
        let next = usize::try_from(world.mark.offset + 1).unwrap();
        after.owners[owner] = Owner { known: world.mark, next, parking: false };
        Some(after)
    }

    /// An owner tries its next records in one transaction, as `batch::run` does.
    fn batch(&self, world: &World, owner: usize, count: usize) -> Option<World> {
        let it = world.owners[owner];
        let said = self.log.get(it.next..it.next + count)?;
        // Who parks a record takes it alone.
        if it.parking && count > 1 {
            return None;
        }
        let records = &self.records[it.next..it.next + count];
        let mut plan = Plan::of(it.known.marks(), records, self.chain);
        // The statement that moves the mark finds it where this owner left it, or the mark is locked
        // and everything decided afresh.
        let unmoved = it.known == world.mark || !self.fence;
        if !(plan.expected() && unmoved) {
            plan = Plan::of(world.mark.marks(), records, self.chain);
        }
        let mut after = world.clone();
        for (&(seq, key), step) in said.iter().zip(&plan.steps) {
            let held_back = self.parking && after.parked.contains_key(&key);
            match fate(*step, held_back, it.parking) {
                Fate::Duplicate | Fate::Gap => {}
                Fate::Behind => after.parked.entry(key).or_default().push(seq),
                Fate::Block if !self.parking => {}
                Fate::Block => drop(after.parked.insert(key, vec![seq])),
                Fate::Handle if seq == self.fails.0 && after.failures > 0 => {
                    // All of it is rolled back; a sequence of one record is parked next.
                    let mut failed = world.clone();
                    failed.failures -= u8::from(count == 1);
                    failed.owners[owner].parking = count == 1;
                    return Some(failed);
                }
                Fate::Handle => after.effects.push((seq, key)),
            }
        }
        after.mark = Stand::of(&plan);
        after.owners[owner] = Owner { known: after.mark, next: it.next + count, parking: false };
        Some(after)
    }

    /// A parked key is tried, as `retry::look` does: its first record, or it is free.
    fn tried(&self, world: &World, key: char) -> World {
        let mut after = world.clone();
        let waiting = after.parked.get_mut(&key).unwrap();
        match waiting.first().copied() {
            None => drop(after.parked.remove(&key)),
            Some(seq) if seq == self.fails.0 && after.failures > 0 => after.failures -= 1,
            Some(seq) => {
                waiting.remove(0);
                after.effects.push((seq, key));
            }
        }
        after
    }

    /// Goes through every order of steps. Returns what goes wrong in one of them, or how many worlds
    /// there are.
    fn explore(&self) -> Result<usize, String> {
        let (mut seen, mut left) = (HashSet::new(), vec![self.begin()]);
        while let Some(world) = left.pop() {
            if !seen.insert(world.clone()) {
                continue;
            }
            self.check(&world)?;
            let after = self.steps(&world);
            if after.is_empty() {
                self.check_end(&world)?;
            }
            left.extend(after);
        }
        Ok(seen.len())
    }

    /// The events of the log that follow one another from the first on, as far as they are there.
    fn reachable(&self) -> Vec<Said> {
        let (mut reached, mut taken) = (0, Vec::new());
        for (seq, key) in self.log {
            if *seq == reached + 1 {
                reached = *seq;
                taken.push((*seq, *key));
            }
        }
        taken
    }

    /// At any time: of each key, effects are the first events there are of it, in order, each once.
    fn check(&self, world: &World) -> Result<(), String> {
        for key in ['a', 'b'] {
            let of = |said: &[Said]| -> Vec<i64> {
                said.iter().filter(|(_, k)| *k == key).map(|(seq, _)| *seq).collect()
            };
            let (effects, all) = (of(&world.effects), of(&self.reachable()));
            if !all.starts_with(&effects) {
                return Err(format!("{key}: {effects:?} of {all:?} in {:?}", self.log));
            }
        }
        Ok(())
    }

    /// When nothing more can happen, everything has.
    fn check_end(&self, world: &World) -> Result<(), String> {
        let mut effects = world.effects.clone();
        effects.sort_unstable();
        if effects == self.reachable() {
            Ok(())
        } else {
            Err(format!("at the end only {effects:?} of {:?}", self.log))
        }
    }
}

/// Every log of up to four events of two keys: as it should be, sent again from any event on after any
/// other, and with an event missing, which a relay that starts again brings later or never.
fn logs() -> Vec<Vec<Said>> {
    let mut logs = Vec::new();
    for count in 1..=4_usize {
        // The first key is a: names make no difference.
        for keys in (0..1_u32 << count).step_by(2) {
            let key = |n: usize| if keys >> n & 1 == 0 { 'a' } else { 'b' };
            let all: Vec<Said> =
                (0..count).map(|n| (i64::try_from(n).unwrap() + 1, key(n))).collect();
            logs.push(all.clone());
            for from in 0..count {
                for to in from..count {
                    logs.push([&all[..=to], &all[from..]].concat());
                }
                // A consumer that knows nothing of a partition begins with whatever comes first.
                if from > 0 {
                    let gap = [&all[..from], &all[from + 1..]].concat();
                    logs.push([&gap[..], &all[from..]].concat());
                    logs.push(gap);
                }
            }
        }
    }
    logs
}

/// Explores every log with every event failing never, once or twice.
fn explore(chain: bool, parking: bool, fence: bool) -> Result<usize, String> {
    let mut worlds = 0;
    for log in logs() {
        let records: Vec<Record> =
            log.iter().enumerate().map(|(n, said)| record(n, *said)).collect();
        let events: HashSet<i64> = log.iter().map(|(seq, _)| *seq).collect();
        for fails in [(0, 0)]
            .into_iter()
            .chain(events.iter().flat_map(|seq| (1..=2).map(|times| (*seq, times))))
        {
            worlds +=
                Case { log: &log, records: &records, fails, chain, parking, fence }.explore()?;
        }
    }
    Ok(worlds)
}

#[test]
fn in_every_small_case_each_event_has_its_effect_once_and_in_order() {
    let worlds = explore(true, true, true).unwrap();

    assert!(worlds > 100_000, "{worlds} worlds");
}

#[test]
fn without_the_chain_a_small_case_goes_wrong() {
    explore(false, true, true).unwrap_err();
}

#[test]
fn without_parking_a_small_case_goes_wrong() {
    explore(true, false, true).unwrap_err();
}

#[test]
fn without_the_comparison_of_marks_a_small_case_goes_wrong() {
    explore(true, true, false).unwrap_err();
}
