//! What happens to processes and parts while writers write, and what operators do about it.

mod blows;
mod by_hand;
mod lives;
mod parts;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use self::blows::Striker;
pub use self::by_hand::{Hand, operate};
pub use self::lives::{Slot, worker};
pub use self::parts::Parts;

/// Tells what happens as it happens, and counts it.
#[derive(Clone, Debug)]
pub struct Log {
    begun: Instant,
    counts: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Log {
    /// Begins now.
    #[must_use]
    pub fn begin() -> Self {
        Self { begun: Instant::now(), counts: Arc::default() }
    }

    /// Prints a line with the time.
    #[expect(clippy::print_stdout, reason = "it is a program's work and this is how it speaks")]
    pub fn say(&self, what: impl fmt::Display) {
        let elapsed = self.begun.elapsed();
        println!("{:>5}.{} s  {what}", elapsed.as_secs(), elapsed.subsec_millis() / 100);
    }

    /// Prints a fault, and counts it among those of its kind.
    pub fn fault(&self, kind: impl Into<String>, what: impl fmt::Display) {
        self.say(what);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(kind.into()).or_default() += 1;
    }

    /// How often each kind happened.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u32> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What all who deal out faults share.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Where words go.
    pub log: Log,
    /// Ends the faults.
    pub stop: CancellationToken,
    /// Kills one of the consumers where it is, so that others load its marks.
    pub end_consumer: Arc<Notify>,
}
