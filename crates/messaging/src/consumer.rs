//! From Kafka to a service's database: effects, progress and outgoing events in one transaction.

mod assign;
mod backoff;
mod batch;
pub(crate) mod chain;
mod erased;
mod group;
mod handler;
mod handlers;
pub(crate) mod mark;
#[cfg(test)]
mod model;
mod park;
mod plan;
mod reader;
pub(crate) mod record;
mod retry;
mod strand;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use self::assign::Membership;
pub(crate) use self::erased::chain_of;
pub use self::group::{Group, GroupProtocol, NoSuchProtocol};
pub use self::handler::{Projection, Reaction};
pub use self::handlers::{Handlers, Projections, Undelivered};
use crate::trial::Trial;
use crate::{Error, Metrics};

/// The consumer of one service: all its topics, one group.
pub struct Consumer {
    shared: Shared,
    brokers: String,
    group: Group,
    strands: usize,
    spacing: Duration,
}

/// What the tasks of one consumer share.
#[derive(Clone)]
struct Shared {
    name: &'static str,
    pool: PgPool,
    metrics: Metrics,
    handlers: Arc<Handlers>,
    trial: Trial,
}

impl Consumer {
    /// A consumer of what `handlers` hear, whose group, and name in the progress table, is `name`.
    pub fn new(
        name: &'static str,
        brokers: &str,
        pool: PgPool,
        metrics: Metrics,
        handlers: Handlers,
    ) -> Self {
        let (handlers, trial) = (Arc::new(handlers), Trial::default());
        let shared = Shared { name, pool, metrics, handlers, trial };
        let (brokers, group) = (brokers.to_owned(), Group::default());
        Self { shared, brokers, group, strands: 1, spacing: Duration::ZERO }
    }

    /// How this process is a member of the group.
    #[must_use]
    pub fn group(self, group: Group) -> Self {
        Self { group, ..self }
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

    /// Runs until `stop`; waits out outages of database and broker.
    ///
    /// # Errors
    /// Two handlers for one topic, a client that cannot be made, or a group that wants this member no
    /// more.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        if let Some(topic) = self.shared.handlers.twice() {
            return Err(Error::HandledTwice(topic));
        }
        if self.shared.handlers.topics().next().is_none() {
            stop.cancelled().await;
            return Ok(());
        }
        let group = Membership::new(self.group, self.shared.name, &self.brokers)?;
        let stop = stop.child_token();
        let retries = retry::run(self.shared.clone(), stop.clone());
        let lines = (self.strands, self.spacing);
        let reading = async {
            let result = reader::run(self.shared, group, lines, stop.clone()).await;
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
            .field("handlers", &self.shared.handlers)
            .finish_non_exhaustive()
    }
}
