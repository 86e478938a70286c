//! Telling the relay and the workers of this process that something was committed.

use std::sync::LazyLock;
use std::time::Duration;

use tokio::sync::watch;

static POKED: LazyLock<watch::Sender<u64>> = LazyLock::new(|| watch::channel(0).0);

/// The longest pause between two looks at the database.
pub(crate) const SLOWEST: Duration = Duration::from_millis(250);
const FASTEST: Duration = Duration::from_millis(1);

/// Says that a transaction with events or jobs was committed: wakes the relay and the workers of
/// this process at once. Only a hint; without it they look again within milliseconds of an
/// [`append`](crate::append), and after 250 ms at the latest.
pub fn committed() {
    POKED.send_modify(|count| *count = count.wrapping_add(1));
}

/// Says that a transaction in this process is about to commit something.
pub(crate) fn soon() {
    if !crate::cause::loop_announces_commit() {
        committed();
    }
}

/// When to look next: soon after a poke, then at doubling distances.
#[derive(Debug)]
pub(crate) struct Pacer {
    poked: watch::Receiver<u64>,
    pause: Duration,
}

impl Pacer {
    pub(crate) fn new() -> Self {
        Self { poked: POKED.subscribe(), pause: FASTEST }
    }

    /// Waits for the next look; a poke meanwhile ends the wait and starts the short pauses again.
    pub(crate) async fn pause(&mut self) {
        let pause = self.pause;
        self.pause = slower(pause);
        if let Ok(Ok(())) = tokio::time::timeout(pause, self.poked.changed()).await {
            self.pause = FASTEST;
        }
    }

    /// The last look found something, so that the next one comes soon.
    pub(crate) fn found(&mut self) {
        self.pause = FASTEST;
    }
}

fn slower(pause: Duration) -> Duration {
    pause.saturating_mul(2).min(SLOWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_quarter_of_a_second() {
        let mut pause = FASTEST;
        for _ in 0..20 {
            pause = slower(pause);
        }

        assert_eq!(slower(FASTEST), Duration::from_millis(2));
        assert_eq!(pause, SLOWEST);
    }

    #[tokio::test]
    async fn a_poke_ends_the_pause() {
        let mut pacer = Pacer::new();
        pacer.pause = SLOWEST;
        let before = tokio::time::Instant::now();

        committed();
        pacer.pause().await;

        assert!(before.elapsed() < SLOWEST);
    }
}
