//! The one place that reads the time, so that tests can set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::OffsetDateTime;

/// The time now, UTC.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Seconds since 1970 (POSIX), as tokens carry them.
#[must_use]
pub fn unix_seconds() -> i64 {
    now().unix_timestamp()
}

/// A clock that runs with the machine's, ahead of it by what a test says.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_seconds: Arc<AtomicI64>,
}

impl Clock {
    /// The time on this clock.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        now() + time::Duration::seconds(self.ahead_seconds.load(Ordering::Relaxed))
    }

    /// Turns every copy of this clock forward.
    pub fn advance(&self, by: time::Duration) {
        self.ahead_seconds.fetch_add(by.whole_seconds(), Ordering::Relaxed);
    }
}
