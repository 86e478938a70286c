//! `Sync-Lag`: what an answer does not show yet, and by how much it is behind.

use std::fmt;

use super::Write;
use super::token::now_ms;

/// A write that an answer does not show yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    write: Write,
    /// Versions that are missing; 0: all were heard of, and are not to be seen yet.
    behind: i64,
    /// Since it was written, if that is known.
    age_ms: Option<i64>,
}

impl Lag {
    /// The lag of who knows a version of what was written.
    #[must_use]
    pub fn of(write: Write, known: i64) -> Self {
        let behind = write.version.saturating_sub(known).max(0);
        let age_ms = (write.at_ms > 0).then(|| now_ms().saturating_sub(write.at_ms).max(0));
        Self { write, behind, age_ms }
    }
}

impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { write: Write { topic, subject, .. }, behind, age_ms } = self;
        write!(f, "{topic}/{subject};behind={behind}")?;
        match age_ms {
            Some(age) => write!(f, ";age={}.{:03}", age.div_euclid(1000), age.rem_euclid(1000)),
            None => Ok(()),
        }
    }
}
