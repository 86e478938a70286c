//! Saying once that something stopped working, and once that it works again.

use std::time::Duration;

use tokio::time::Instant;

/// How often a person is reminded of an outage that goes on.
const REMINDER: Duration = Duration::from_secs(60);

/// What is known of one loop's troubles.
#[derive(Debug)]
pub(crate) struct Outage {
    what: &'static str,
    begun: Option<Instant>,
    said: Option<Instant>,
    failures: u32,
}

impl Outage {
    /// No outage yet; `what` names the activity.
    pub(crate) fn of(what: &'static str) -> Self {
        Self { what, begun: None, said: None, failures: 0 }
    }

    /// Something failed: says so if it did not just now. Returns whether it did.
    pub(crate) fn failed(&mut self, error: &(dyn std::error::Error + 'static)) -> bool {
        self.begun.get_or_insert_with(Instant::now);
        self.failures = self.failures.saturating_add(1);
        let say = self.said.is_none_or(|said| said.elapsed() >= REMINDER);
        if say {
            self.said = Some(Instant::now());
            tracing::warn!(what = self.what, failures = self.failures, error, "interrupted");
        }
        say
    }

    /// It works: says so if it did not before. Returns whether it did.
    pub(crate) fn over(&mut self) -> bool {
        let Some(begun) = self.begun.take() else { return false };
        let (seconds, failures) = (begun.elapsed().as_secs(), self.failures);
        tracing::info!(what = self.what, seconds, failures, "goes on");
        (self.said, self.failures) = (None, 0);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_told_at_its_beginning_each_minute_and_at_its_end() {
        let mut outage = Outage::of("a test");
        let error = std::fmt::Error;

        let told: Vec<bool> = [outage.failed(&error), outage.failed(&error)].into();
        tokio::time::advance(REMINDER).await;
        let reminded = outage.failed(&error);

        assert_eq!((told, reminded), (vec![true, false], true));
        assert!(outage.over() && !outage.over());
        assert!(outage.failed(&error), "the next outage is told again");
    }
}
