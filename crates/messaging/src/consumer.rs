//! From Kafka to a service's database: effects, progress and outgoing events in one transaction.

mod assign;
mod backoff;
mod batch;
mod chain;
mod erased;
mod mark;
mod park;
mod reader;
pub(crate) mod record;
mod retry;
mod strand;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

pub(crate) use self::erased::chain_of;
use self::erased::{Erased, Handle};
use crate::trial::Trial;
use crate::{Classify, Error, EventSet, Meta, Metrics};

/// What a service does about the events of one topic. A handler does no network I/O: what has to
/// call out is [enqueued](crate::enqueue) for a worker.
pub trait Handler: Send + Sync + 'static {
    /// The events it understands.
    type Event: EventSet;
    /// Why it may fail, and what that asks for.
    type Error: std::error::Error + Send + Sync + Classify + 'static;

    /// Handles one event in the consumer's transaction, which may hold other events' effects too.
    /// May run again after a roll-back, so it must keep everything it does in `conn`.
    fn handle(
        &self,
        conn: &mut PgConnection,
        event: Self::Event,
        meta: &Meta,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// The consumer of one service: all its topics, one group.
pub struct Consumer {
    shared: Shared,
    brokers: String,
    strands: usize,
    spacing: Duration,
    handled_twice: Option<&'static str>,
}

/// What the tasks of one consumer share.
#[derive(Clone)]
struct Shared {
    name: &'static str,
    pool: PgPool,
    metrics: Metrics,
    handlers: Arc<HashMap<&'static str, Arc<dyn Handle>>>,
    trial: Trial,
}

impl Consumer {
    /// A consumer whose group, and name in the progress table, is `name`.
    pub fn new(name: &'static str, brokers: &str, pool: PgPool, metrics: Metrics) -> Self {
        let (handlers, trial) = (Arc::default(), Trial::default());
        let shared = Shared { name, pool, metrics, handlers, trial };
        Self {
            shared,
            brokers: brokers.to_owned(),
            strands: 1,
            spacing: Duration::ZERO,
            handled_twice: None,
        }
    }

    /// Adds the handler of one topic. A second one for the same topic is an error at
    /// [`Consumer::run`].
    #[must_use]
    pub fn handle<H: Handler>(mut self, handler: H) -> Self {
        let topic = <H::Event as EventSet>::TOPIC;
        let mut handlers = HashMap::clone(&self.shared.handlers);
        if handlers.insert(topic, Arc::new(Erased(handler))).is_some() {
            self.handled_twice = Some(topic);
        }
        self.shared.handlers = Arc::new(handlers);
        self
    }

    /// How many transactions run side by side; one unless set, which most events share. Partition `p`
    /// of every topic belongs to strand `p` modulo this number, so that what has one key never meets
    /// itself.
    #[must_use]
    pub fn strands(self, strands: usize) -> Self {
        Self { strands: strands.max(1), ..self }
    }

    /// The shortest time between two transactions of a strand: under load, more events share one. None
    /// unless set; the first after a pause is at once.
    #[must_use]
    pub fn spacing(self, spacing: Duration) -> Self {
        Self { spacing, ..self }
    }

    /// Only for trials of this crate.
    #[doc(hidden)]
    #[must_use]
    pub fn trial(mut self, trial: Trial) -> Self {
        self.shared.trial = trial;
        self
    }

    /// The topics that have a handler.
    pub fn topics(&self) -> Vec<&'static str> {
        self.shared.handlers.keys().copied().collect()
    }

    /// Runs until `stop`; waits out outages of database and broker.
    ///
    /// # Errors
    /// Two handlers for one topic, or a client that cannot be made.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        if let Some(topic) = self.handled_twice {
            return Err(Error::HandledTwice(topic));
        }
        if self.shared.handlers.is_empty() {
            stop.cancelled().await;
            return Ok(());
        }
        let stop = stop.child_token();
        let retries = retry::run(self.shared.clone(), stop.clone());
        let lines = (self.strands, self.spacing);
        let reading = async {
            let result = reader::run(self.shared, &self.brokers, lines, stop.clone()).await;
            stop.cancel();
            result
        };
        // One task, so that whoever drops it drops both.
        let ((), result) = tokio::join!(retries, reading);
        result
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("name", &self.shared.name)
            .field("topics", &self.topics())
            .finish_non_exhaustive()
    }
}
