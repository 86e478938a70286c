//! What the seed decides: what each writer does, how each process ends, what happens to the parts.

use std::time::Duration;

use messaging::trial::Step;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

use crate::subject::{Interruption, Manner, Role, STEPS_OF_CONSUMER, STEPS_OF_RELAY};

/// Keys that writers contend for.
pub const KEYS: u32 = 40;
/// The longest time that somebody thinks within a transaction.
const THINK: Duration = Duration::from_millis(50);
/// The longest time between two transactions of a writer.
const REST: Duration = Duration::from_millis(150);
/// A trial of at least so many seconds has everything at full length.
const LONG: u64 = 600;

/// One transaction of a writer, whatever comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What it is about.
    pub key: String,
    /// Draws its transaction id, and thinks, before it takes the aggregate's lock.
    pub early: bool,
    /// How long it thinks: after drawing early, and before it ends.
    pub thinks: [Duration; 2],
    /// How long the writer rests afterwards.
    pub rest: Duration,
    /// One for each event.
    pub nonces: Vec<Uuid>,
    /// Of an event that it writes and takes back, by a savepoint.
    pub taken_back: Option<Uuid>,
    /// Whether handlers can decode its events.
    pub readable: bool,
    /// Whether it ends with a commit.
    pub commits: bool,
}

/// A source of what comes next for one of those who act.
#[derive(Debug)]
pub struct Dice(StdRng);

impl Dice {
    /// Those of the `number`-th of a kind.
    #[must_use]
    pub fn of(seed: u64, kind: &str, number: u64) -> Self {
        let name = format!("{seed}/{kind}/{number}");
        Self(StdRng::seed_from_u64(Uuid::new_v5(&Uuid::nil(), name.as_bytes()).as_u64_pair().0))
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.random_range(0..end.max(1))
    }

    /// A time between the two.
    pub fn between(&mut self, shortest: Duration, longest: Duration) -> Duration {
        let spread = u64::try_from(longest.saturating_sub(shortest).as_millis()).unwrap_or(0);
        shortest + Duration::from_millis(self.below(spread + 1))
    }

    /// True so many times of a thousand.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// What tells an attempt to write an event from all others.
    pub fn nonce(&mut self) -> Uuid {
        Uuid::from_u128(self.0.random())
    }

    /// The same things in another order.
    #[must_use]
    pub fn shuffled<T>(&mut self, mut things: Vec<T>) -> Vec<T> {
        things.shuffle(&mut self.0);
        things
    }

    /// The next transaction of a writer.
    pub fn deed(&mut self) -> Deed {
        let key = format!("k{}", self.below(u64::from(KEYS)));
        let early = self.chance(400);
        let thinks = [(); 2].map(|()| self.between(Duration::ZERO, THINK));
        let rest = self.between(Duration::ZERO, REST);
        let nonces = (0..=self.below(2)).map(|_| self.nonce()).collect();
        let taken_back = self.chance(150).then(|| self.nonce());
        let readable = self.below(2_000) != 0;
        let commits = !self.chance(100);
        Deed { key, early, thinks, rest, nonces, taken_back, readable, commits }
    }
}

/// How long freezes and outages may be.
#[must_use]
pub fn longest_freeze(seconds: u64) -> Duration {
    Duration::from_secs(if seconds >= LONG { 60 } else { 7 })
}

/// How many writers stand idle in an open transaction.
#[must_use]
pub fn idle_writers(seconds: u64) -> usize {
    if seconds >= LONG { 1_000 } else { 100 }
}

/// How a process of that role ends, time after time: each step once in a round, some by a freeze.
pub fn lives(role: Role, mut dice: Dice) -> impl Iterator<Item = Interruption> + Send {
    std::iter::repeat_with(move || {
        let steps = if role == Role::Relay { STEPS_OF_RELAY } else { STEPS_OF_CONSUMER };
        let mut round: Vec<_> = steps.map(|step| (step, Manner::Kill)).to_vec();
        let frozen = dice.shuffled(steps.to_vec()).into_iter().take(1);
        round.extend(frozen.map(|step| (step, Manner::Freeze)));
        let round = dice.shuffled(round).into_iter().map(|(step, manner)| {
            let passage = 1 + u32::try_from(dice.below(often(step))).unwrap_or(0);
            Interruption { step, passage, manner }
        });
        round.collect::<Vec<_>>()
    })
    .flatten()
}

/// How often a process passes a step within a second or two.
fn often(step: Step) -> u64 {
    match step {
        Step::Fetched => 1_500,
        Step::Advanced => 12,
        Step::Sealing | Step::Sealed | Step::Read | Step::Produced | Step::Acked => 60,
        Step::Begun | Step::Marked | Step::Handled | Step::Committed | Step::OffsetStored => 60,
    }
}

/// What happens to the parts, and by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Blow {
    /// Postgres ends as by `pg_ctl stop -m immediate` and starts again.
    DatabaseRestarts,
    /// The broker is killed and starts again.
    BrokerDies,
    /// The broker stands still for a while.
    BrokerFreezes,
    /// The handlers refuse a few keys for a while.
    Poison,
    /// Records are written to the topic a second time, by hand.
    Duplicates,
    /// The consumer is sent back to the beginning of its topic, by hand.
    Rewind,
    /// The consumer is sent ahead, over records that it has not seen, and later back.
    Ahead,
    /// A third consumer comes and goes.
    Rebalances,
    /// The topic takes hardly anything for a while.
    Refusals,
}

impl Blow {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::DatabaseRestarts,
        Self::BrokerDies,
        Self::BrokerFreezes,
        Self::Poison,
        Self::Duplicates,
        Self::Rewind,
        Self::Ahead,
        Self::Rebalances,
        Self::Refusals,
    ];
}

/// Everything that happens to the parts, round after round.
pub fn blows(mut dice: Dice) -> impl Iterator<Item = Blow> + Send {
    std::iter::repeat_with(move || dice.shuffled(Blow::ALL.to_vec())).flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_trial() {
        let deeds = |seed| {
            let mut dice = Dice::of(seed, "writer", 3);
            [dice.deed(), dice.deed()]
        };
        let ends = |seed| {
            let lives = lives(Role::Relay, Dice::of(seed, "relay", 0)).take(9);
            lives.map(|one| one.to_string()).collect::<Vec<_>>()
        };

        assert_eq!((deeds(7), ends(7)), (deeds(7), ends(7)));
        assert!(deeds(7) != deeds(8) && ends(7) != ends(8));
    }

    #[test]
    fn each_round_interrupts_between_every_two_steps_and_deals_every_blow() {
        for (role, steps) in [(Role::Relay, STEPS_OF_RELAY), (Role::Consumer, STEPS_OF_CONSUMER)] {
            let round: Vec<_> = lives(role, Dice::of(1, "process", 0)).take(7).collect();
            let killed = round.iter().filter(|one| one.manner == Manner::Kill);

            let killed: HashSet<_> = killed.map(|one| one.step).collect();
            assert_eq!(killed, steps.into());
            assert!(round.iter().any(|one| one.manner == Manner::Freeze));
        }
        let dealt: HashSet<_> = blows(Dice::of(1, "parts", 0)).take(9).collect();
        assert_eq!(dealt, Blow::ALL.into());
    }
}
