//! Telling the relay and the workers of this process that something was committed.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::watch;
use tokio::time::Instant;

static EVENTS: LazyLock<watch::Sender<Pokes>> =
    LazyLock::new(|| watch::channel(Pokes::default()).0);
static JOBS: LazyLock<watch::Sender<Pokes>> = LazyLock::new(|| watch::channel(Pokes::default()).0);
static HANDLED: LazyLock<watch::Sender<u64>> = LazyLock::new(|| watch::channel(0).0);

/// The longest pause between two looks at the database.
pub(crate) const SLOWEST: Duration = Duration::from_millis(250);
const FASTEST: Duration = Duration::from_millis(1);
/// Looks take at most one part in so many of the time: where they cost more, they come less often and
/// find more.
const DUTY: u32 = 2;

/// How often somebody said that there is something to look for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pokes {
    /// It is there: one look is enough.
    committed: u64,
    /// It will be there when a transaction under way commits: worth a few looks.
    soon: u64,
}

fn now(signal: &watch::Sender<Pokes>) {
    signal.send_modify(|pokes| pokes.committed += 1);
}

fn soon(signal: &watch::Sender<Pokes>) {
    signal.send_modify(|pokes| pokes.soon += 1);
}

tokio::task_local! {
    /// Set inside [`announcing`], which says when there was a commit.
    static WROTE: Arc<Wrote>;
}

/// What such work wrote: nobody else needs to wake.
#[derive(Debug, Default)]
struct Wrote {
    events: AtomicBool,
    jobs: AtomicBool,
}

/// Says that a transaction of this task is about to commit events.
pub(crate) fn events_soon() {
    if WROTE.try_with(|wrote| wrote.events.store(true, Ordering::Release)).is_err() {
        soon(&EVENTS);
    }
}

/// Says that a transaction of this task is about to commit jobs.
pub(crate) fn jobs_soon() {
    if WROTE.try_with(|wrote| wrote.jobs.store(true, Ordering::Release)).is_err() {
        soon(&JOBS);
    }
}

/// Does `work`, which commits before it ends, and then wakes those in this process for whom it wrote
/// something: the relay, the workers, both or nobody. Only a hint: without it they look a few times
/// within milliseconds of an [`append`](crate::append), and every 250 ms at the latest.
pub async fn announcing<F: Future>(work: F) -> F::Output {
    let wrote = Arc::new(Wrote::default());
    let output = WROTE.scope(Arc::clone(&wrote), work).await;
    for (written, signal) in [(&wrote.events, &EVENTS), (&wrote.jobs, &JOBS)] {
        if written.load(Ordering::Acquire) {
            now(signal);
        }
    }
    output
}

/// Changes whenever the consumer of this process has committed what it handled. Only a hint: another
/// process of the service may have handled something too.
pub fn handled() -> watch::Receiver<u64> {
    HANDLED.subscribe()
}

/// Says that effects of events are committed.
pub(crate) fn effects() {
    HANDLED.send_modify(|commits| *commits += 1);
}

/// Says that another process of this service has committed events, or is about to.
pub(crate) fn events_elsewhere() {
    soon(&EVENTS);
}

/// Hears what is said of events in this process.
#[derive(Debug)]
pub(crate) struct Listener(watch::Receiver<Pokes>);

impl Listener {
    /// Hears of all from now on.
    pub(crate) fn of_events() -> Self {
        Self(EVENTS.subscribe())
    }

    /// Waits until something was said since the last time. Dropped at an await, it has forgotten nothing.
    pub(crate) async fn next(&mut self) {
        // The sender is never dropped.
        let _never_closed = self.0.changed().await;
    }
}

/// When to look next: at once when told, soon while something is about to be committed or others write
/// too, and otherwise seldom.
#[derive(Debug)]
pub(crate) struct Pacer {
    poked: watch::Receiver<Pokes>,
    heard: Pokes,
    pause: Duration,
    told: bool,
    spacing: Duration,
    /// What the last look that found something took.
    cost: Duration,
    looked: Option<Instant>,
}

impl Pacer {
    /// For who looks for events, no sooner than `spacing` after the last look.
    pub(crate) fn of_events(spacing: Duration) -> Self {
        Self::of(&EVENTS, spacing)
    }

    /// For who looks for jobs, no sooner than `spacing` after the last look.
    pub(crate) fn of_jobs(spacing: Duration) -> Self {
        Self::of(&JOBS, spacing)
    }

    fn of(signal: &watch::Sender<Pokes>, spacing: Duration) -> Self {
        let poked = signal.subscribe();
        let heard = *poked.borrow();
        Self {
            poked,
            heard,
            pause: FASTEST,
            told: false,
            spacing,
            cost: Duration::ZERO,
            looked: None,
        }
    }

    /// Waits for the next look, which a poke meanwhile or since the last look makes the present.
    /// Dropped at an await, it has forgotten nothing that was said.
    pub(crate) async fn pause(&mut self) {
        let heard = self.heard;
        let poked = self.poked.wait_for(|pokes| *pokes != heard).map(drop);
        if tokio::time::timeout(self.pause, poked).await.is_err() {
            self.pause = slower(self.pause);
        }
        if let Some(looked) = self.looked {
            let spacing = self.spacing.max(self.cost.saturating_mul(DUTY)).min(SLOWEST);
            tokio::time::sleep_until(looked + spacing).await;
        }
        // Whatever was committed until now is seen by the look that follows.
        let pokes = *self.poked.borrow();
        self.told = pokes != heard && pokes.soon == heard.soon;
        // Who is told looks once, but goes on looking for what was to come soon.
        if pokes.soon != heard.soon {
            self.pause = FASTEST;
        }
        self.heard = pokes;
        self.looked = Some(Instant::now());
    }

    /// Whether the next look was asked for by somebody who has committed.
    pub(crate) fn told(&self) -> bool {
        self.told
    }

    /// The last look found something, in this time. If nobody had told of it, somebody writes who cannot:
    /// another process. Then the next look comes soon.
    pub(crate) fn found(&mut self, cost: Duration) {
        self.cost = cost;
        if !self.told {
            self.pause = FASTEST;
        }
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

    #[tokio::test(start_paused = true)]
    async fn who_is_told_of_a_commit_looks_once_and_then_seldom() {
        let signal = watch::channel(Pokes::default()).0;
        let mut pacer = Pacer::of(&signal, Duration::ZERO);
        pacer.pause = SLOWEST;

        now(&signal);
        let told = waited(&mut pacer).await;

        assert_eq!((told, pacer.told()), (Duration::ZERO, true));
        assert_eq!(waited(&mut pacer).await, SLOWEST);
        assert!(!pacer.told());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_told_too_early_looks_again_and_again() {
        let signal = watch::channel(Pokes::default()).0;
        let mut pacer = Pacer::of(&signal, Duration::ZERO);
        pacer.pause = SLOWEST;

        soon(&signal);
        let pauses = [waited(&mut pacer).await, waited(&mut pacer).await, waited(&mut pacer).await];

        assert_eq!(pauses.map(|pause| pause.as_millis()), [0, 1, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_what_another_process_wrote_looks_again_soon() {
        let signal = watch::channel(Pokes::default()).0;
        let mut pacer = Pacer::of(&signal, Duration::ZERO);
        pacer.pause = SLOWEST;

        waited(&mut pacer).await;
        pacer.found(Duration::ZERO);

        assert_eq!(waited(&mut pacer).await, FASTEST);
    }

    #[tokio::test(start_paused = true)]
    async fn under_load_looks_keep_their_distance() {
        let signal = watch::channel(Pokes::default()).0;
        let spacing = Duration::from_millis(20);
        let mut pacer = Pacer::of(&signal, spacing);
        pacer.pause = SLOWEST;

        now(&signal);
        let first = waited(&mut pacer).await;
        now(&signal);
        let second = waited(&mut pacer).await;

        assert_eq!((first, second), (Duration::ZERO, spacing));
    }

    #[tokio::test(start_paused = true)]
    async fn a_commit_that_is_told_of_does_not_end_the_looks_for_another() {
        let signal = watch::channel(Pokes::default()).0;
        let mut pacer = Pacer::of(&signal, Duration::ZERO);
        pacer.pause = SLOWEST;

        soon(&signal);
        waited(&mut pacer).await;
        now(&signal);
        waited(&mut pacer).await;

        assert!(pacer.told());
        assert_eq!(waited(&mut pacer).await, FASTEST);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_told_before_a_look_asks_for_no_other() {
        let signal = watch::channel(Pokes::default()).0;
        let spacing = Duration::from_millis(20);
        let mut pacer = Pacer::of(&signal, spacing);
        pacer.pause = SLOWEST;

        now(&signal);
        waited(&mut pacer).await;
        now(&signal);
        let meanwhile = async {
            tokio::time::sleep(spacing / 2).await;
            now(&signal);
        };
        let (second, ()) = tokio::join!(waited(&mut pacer), meanwhile);

        assert_eq!((second, pacer.told()), (spacing, true));
        assert_eq!(waited(&mut pacer).await, SLOWEST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_is_given_up_forgets_nothing_that_was_said() {
        let signal = watch::channel(Pokes::default()).0;
        let spacing = Duration::from_millis(20);
        let mut pacer = Pacer::of(&signal, spacing);
        pacer.pause = SLOWEST;
        waited(&mut pacer).await;

        soon(&signal);
        for _ in 0..5 {
            let given_up = tokio::time::timeout(spacing / 10, pacer.pause()).await;
            assert!(given_up.is_err());
        }

        assert_eq!(waited(&mut pacer).await, spacing / 2);
        assert_eq!(waited(&mut pacer).await, spacing);
        assert!(waited(&mut pacer).await < SLOWEST);
    }

    async fn waited(pacer: &mut Pacer) -> Duration {
        let begun = Instant::now();
        pacer.pause().await;
        begun.elapsed()
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
