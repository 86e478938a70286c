//! Telling the relay and the workers of this process that something was committed.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::sync::watch;

static EVENTS: LazyLock<watch::Sender<()>> = LazyLock::new(|| watch::channel(()).0);
static JOBS: LazyLock<watch::Sender<()>> = LazyLock::new(|| watch::channel(()).0);

/// The longest pause between two looks at the database.
pub(crate) const SLOWEST: Duration = Duration::from_millis(250);
const FASTEST: Duration = Duration::from_millis(1);

tokio::task_local! {
    /// Set inside loops that say themselves when they have committed.
    static WROTE: Arc<Wrote>;
}

/// What a transaction of one of this crate's loops wrote: nobody else needs to wake.
#[derive(Debug, Default)]
struct Wrote {
    events: AtomicBool,
    jobs: AtomicBool,
}

/// Says that a transaction with events or jobs was committed: wakes the relay and the workers of
/// this process at once. Only a hint; without it they look again within milliseconds of an
/// [`append`](crate::append), and after 250 ms at the latest.
pub fn committed() {
    EVENTS.send_replace(());
    JOBS.send_replace(());
}

/// Says that a transaction of this task is about to commit events.
pub(crate) fn events_soon() {
    if WROTE.try_with(|wrote| wrote.events.store(true, Ordering::Release)).is_err() {
        EVENTS.send_replace(());
    }
}

/// Says that a transaction of this task is about to commit jobs.
pub(crate) fn jobs_soon() {
    if WROTE.try_with(|wrote| wrote.jobs.store(true, Ordering::Release)).is_err() {
        JOBS.send_replace(());
    }
}

/// Does `work`, which commits before it ends, and then wakes those for whom it wrote something.
pub(crate) async fn announcing<F: Future>(work: F) -> F::Output {
    let wrote = Arc::new(Wrote::default());
    let output = WROTE.scope(Arc::clone(&wrote), work).await;
    for (written, signal) in [(&wrote.events, &EVENTS), (&wrote.jobs, &JOBS)] {
        if written.load(Ordering::Acquire) {
            signal.send_replace(());
        }
    }
    output
}

/// When to look next: soon after a poke, then at growing distances.
#[derive(Debug)]
pub(crate) struct Pacer {
    poked: watch::Receiver<()>,
    pause: Duration,
}

impl Pacer {
    /// For who looks for events.
    pub(crate) fn of_events() -> Self {
        Self { poked: EVENTS.subscribe(), pause: FASTEST }
    }

    /// For who looks for jobs.
    pub(crate) fn of_jobs() -> Self {
        Self { poked: JOBS.subscribe(), pause: FASTEST }
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
    pause.saturating_mul(3).min(SLOWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_treble_up_to_a_quarter_of_a_second() {
        let mut pause = FASTEST;
        for _ in 0..20 {
            pause = slower(pause);
        }

        assert_eq!(slower(FASTEST), Duration::from_millis(3));
        assert_eq!(pause, SLOWEST);
    }

    #[tokio::test]
    async fn a_poke_ends_the_pause() {
        let mut pacer = Pacer::of_events();
        pacer.pause = SLOWEST;
        let before = tokio::time::Instant::now();

        committed();
        pacer.pause().await;

        assert!(before.elapsed() < SLOWEST);
    }

    #[tokio::test]
    async fn a_loop_wakes_only_those_for_whom_it_wrote_and_only_when_it_is_done() {
        let (mut events, jobs) = (EVENTS.subscribe(), JOBS.subscribe());

        let early = announcing(async {
            events_soon();
            WROTE.with(|wrote| wrote.jobs.load(Ordering::Acquire))
        })
        .await;

        assert!(!early);
        events.changed().await.unwrap();
        announcing(async { jobs_soon() }).await;
        assert!(jobs.has_changed().unwrap());
    }
}
