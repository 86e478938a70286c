//! Work that calls out, and durable timers: jobs in the database, done outside any transaction.

mod backoff;
mod call;
mod claim;
mod enqueue;
mod queue;
mod settle;
mod standing;

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use self::enqueue::{EnqueueError, enqueue, enqueue_at};
pub(crate) use self::enqueue::{Row, write};
pub use self::standing::{Standing, standing};
use crate::{Classify, Error, Metrics, Tx};

/// Does the jobs of one queue. Those of one aggregate run one at a time, in the order in which
/// they were enqueued (of those due).
pub trait Worker: Send + Sync + 'static {
    /// The queue's name, unique in the service.
    const QUEUE: &'static str;
    /// How many jobs run at a time in this process.
    const CONCURRENCY: usize = 8;
    /// How long one call may take.
    const DEADLINE: Duration = Duration::from_secs(30);
    /// How many failed tries a job has before it gives up.
    const BUDGET: u32 = 12;
    /// What to do, kept as JSON.
    type Job: Serialize + DeserializeOwned + Send + Sync;
    /// What a call brought.
    type Outcome: Send + Sync;
    /// Why a call or its settlement may fail, and what that asks for.
    type Error: std::error::Error + Send + Sync + Classify + 'static;

    /// Calls out. No transaction is open. Any try may have succeeded unnoticed, so the callee
    /// must be given [`Attempt::idempotency_key`].
    fn call(
        &self,
        job: &Self::Job,
        attempt: &Attempt,
    ) -> impl Future<Output = Result<Self::Outcome, Self::Error>> + Send;

    /// Records the outcome, in the transaction that completes the job and perhaps others that ended at
    /// the same time. Runs only while this process still holds the claim that the call was made under;
    /// may run again after a roll-back, so it must keep everything it does in `tx`.
    ///
    /// A job that takes several transactions does a part of its work here, keeps in `tx` how far it
    /// is, and says [`Settled::Again`]. An error is tried again with growing pauses; when the budget
    /// is used up, or trying cannot help, the job is [parked](crate::parking) with those of its
    /// aggregate behind it.
    fn settle(
        &self,
        tx: &mut Tx,
        job: &Self::Job,
        outcome: Result<&Self::Outcome, GaveUp>,
    ) -> impl Future<Output = Result<Settled, Self::Error>> + Send;
}

/// What comes after a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The job is done, and gone.
    Done,
    /// It was one step of several: the job is called for again, before all others of its aggregate
    /// and with its whole budget.
    Again,
}

/// One try of a job.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// The job.
    pub job_id: Uuid,
    /// The same for all tries of the job.
    pub idempotency_key: Uuid,
    /// 1 for the first; tries that failed because the other side was down do not count.
    pub number: u32,
    /// When this try will be abandoned.
    pub deadline: tokio::time::Instant,
}

/// Why no further try will be made: a permanent error, as many failures as the budget allows, or a
/// person's word on a parked job.
#[derive(Clone, Debug, thiserror::Error)]
#[error("gave up: {0}")]
pub struct GaveUp(pub String);

/// The workers of one process.
pub struct Workers {
    pool: PgPool,
    metrics: Metrics,
    spacing: Duration,
    queues: Vec<(&'static str, Start)>,
}

/// Starts the loop of one queue.
type Start =
    Box<dyn FnOnce(PgPool, Metrics, Duration, CancellationToken) -> BoxFuture<'static, ()> + Send>;

impl Workers {
    /// No workers yet.
    pub fn new(pool: PgPool, metrics: Metrics) -> Self {
        Self { pool, metrics, spacing: Duration::from_millis(5), queues: Vec::new() }
    }

    /// The shortest time between two claims of a queue, and between two settlements: under load, more
    /// jobs share a transaction. 5 ms unless set; the first after a pause is at once.
    #[must_use]
    pub fn spacing(self, spacing: Duration) -> Self {
        Self { spacing, ..self }
    }

    /// Adds the worker of one queue. A second one for the same queue is an error at
    /// [`Workers::run`].
    #[must_use]
    pub fn work<W: Worker>(mut self, worker: W) -> Self {
        let start: Start = Box::new(|pool, metrics, spacing, stop| {
            queue::run(Arc::new(worker), pool, metrics, spacing, stop).boxed()
        });
        self.queues.push((W::QUEUE, start));
        self
    }

    /// Runs until `stop`, then lets running calls end within their deadlines; waits out outages
    /// of the database.
    ///
    /// # Errors
    /// Two workers for one queue.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        let mut names = HashSet::new();
        if let Some((queue, _)) = self.queues.iter().find(|(queue, _)| !names.insert(*queue)) {
            return Err(Error::HandledTwice(queue));
        }
        let mut loops = JoinSet::new();
        for (_, start) in self.queues {
            let (pool, metrics) = (self.pool.clone(), self.metrics.clone());
            loops.spawn(start(pool, metrics, self.spacing, stop.clone()));
        }
        stop.cancelled().await;
        while loops.join_next().await.is_some() {}
        Ok(())
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queues: Vec<_> = self.queues.iter().map(|(queue, _)| *queue).collect();
        f.debug_struct("Workers").field("queues", &queues).finish_non_exhaustive()
    }
}
