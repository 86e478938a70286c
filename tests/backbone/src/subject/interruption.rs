//! Where a process ends or freezes itself: at the nth passage of a step, as its parent says.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use messaging::trial::Step;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The steps of a relay, in order.
pub const STEPS_OF_RELAY: [Step; 6] =
    [Step::Sealing, Step::Sealed, Step::Read, Step::Produced, Step::Acked, Step::Advanced];
/// The steps of a consumer, in order.
pub const STEPS_OF_CONSUMER: [Step; 6] =
    [Step::Fetched, Step::Begun, Step::Marked, Step::Handled, Step::Committed, Step::OffsetStored];

/// What becomes of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Manner {
    /// Dies at once (SIGKILL).
    Kill,
    /// Stands still until told to go on (SIGSTOP).
    Freeze,
}

/// When, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// The step that was just done.
    pub step: Step,
    /// Which time it was done, from 1.
    pub passage: u32,
    /// What becomes of the process.
    pub manner: Manner,
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:{}:{:?}", self.step, self.passage, self.manner)
    }
}

/// Words that are no interruption.
#[derive(Debug, thiserror::Error)]
#[error("not step:passage:manner")]
pub struct NoInterruption;

impl FromStr for Interruption {
    type Err = NoInterruption;

    fn from_str(text: &str) -> Result<Self, NoInterruption> {
        let mut words = text.split(':');
        let mut word = || words.next().ok_or(NoInterruption);
        let (step, passage, manner) = (word()?, word()?, word()?);
        let steps = STEPS_OF_RELAY.into_iter().chain(STEPS_OF_CONSUMER);
        let manners = [Manner::Kill, Manner::Freeze].into_iter();
        Ok(Self {
            step: named(steps, step)?,
            passage: passage.parse().map_err(|_| NoInterruption)?,
            manner: named(manners, manner)?,
        })
    }
}

fn named<T: fmt::Debug>(mut all: impl Iterator<Item = T>, name: &str) -> Result<T, NoInterruption> {
    all.find(|one| format!("{one:?}") == name).ok_or(NoInterruption)
}

/// Ends this process when its parent is gone, which shows in the standard input that it holds open.
pub(super) fn die_with_parent() {
    std::thread::spawn(|| {
        let _closed = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _sent = kill(Pid::this(), Signal::SIGKILL);
    });
}

static ARMED: OnceLock<(Interruption, AtomicU32)> = OnceLock::new();

/// Sets the one interruption of this process, and returns what to call at each step.
pub(super) fn arm(interruption: Interruption) -> fn(Step) {
    let _once_only = ARMED.set((interruption, AtomicU32::new(0)));
    passed
}

fn passed(step: Step) {
    let Some((wanted, count)) = ARMED.get() else { return };
    if step != wanted.step || count.fetch_add(1, Ordering::AcqRel) + 1 != wanted.passage {
        return;
    }
    let signal = match wanted.manner {
        Manner::Kill => Signal::SIGKILL,
        Manner::Freeze => Signal::SIGSTOP,
    };
    // A process may always signal itself.
    let _sent = kill(Pid::this(), signal);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_in_words() {
        let (step, manner) = (Step::OffsetStored, Manner::Freeze);
        let one = Interruption { step, passage: 12, manner };

        assert_eq!(one.to_string(), "OffsetStored:12:Freeze");
        assert_eq!("OffsetStored:12:Freeze".parse::<Interruption>().unwrap(), one);
        assert!("Lunch:12:Freeze".parse::<Interruption>().is_err());
    }
}
