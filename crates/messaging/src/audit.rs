//! The owner of topics compares them with its outbox, continuously: what is missing, forged, changed or
//! out of place is told at once.

mod book;
mod finding;
mod lane;
mod log;
mod pass;

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::pass::Pass;
use crate::outage::Outage;
use crate::{Error, Metrics};

/// How often topics are looked at on which there should be nothing new.
const THOROUGH: Duration = Duration::from_secs(60);

/// Compares the topics of one service with its outbox, behind the relay and beside it: it asks the
/// database and the broker in its own words, and shares nothing with what it checks.
///
/// Of each event that the relay says it has sent, the record has to be on its topic, in its partition,
/// in its place, with the id, type, key and payload of the outbox, and naming the event before it. What
/// else is there has to be an equal copy. Each difference is an `error!` with topic, partition, offset,
/// position and event id, and counted; so is that the outbox forgot events before they were compared.
#[derive(Debug)]
pub struct Auditor {
    service: &'static str,
    brokers: String,
    pool: PgPool,
    metrics: Metrics,
    every: Duration,
}

impl Auditor {
    /// An auditor of the topics that the relay of this database sends to. It begins with what is sealed
    /// after its first start.
    pub fn new(service: &'static str, brokers: &str, pool: PgPool, metrics: Metrics) -> Self {
        let every = Duration::from_secs(10);
        Self { service, brokers: brokers.to_owned(), pool, metrics, every }
    }

    /// How often it looks whether anything was sent; every 10 s unless set.
    #[must_use]
    pub fn every(self, every: Duration) -> Self {
        Self { every, ..self }
    }

    /// Runs until `stop`; waits out outages of database and broker. Of several processes of a service
    /// one compares, and another when that one is gone.
    ///
    /// # Errors
    /// None so far: there is nothing that waiting could not mend.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        let owner = Uuid::new_v4();
        let mut outage = Outage::of("comparing topics with the outbox");
        let mut thorough_at = Instant::now();
        while !stop.is_cancelled() {
            let thorough = Instant::now() >= thorough_at;
            let (service, brokers) = (self.service, self.brokers.as_str());
            let (pool, metrics) = (&self.pool, &self.metrics);
            let pass = Pass { service, brokers, pool, owner, metrics };
            // Dropping a pass at any await is safe: a crash would do the same.
            let done = tokio::select! {
                done = pass.run(thorough) => done,
                () = stop.cancelled() => break,
            };
            match done {
                Ok(_) | Err(Error::TermOver) => {
                    outage.over();
                    if thorough {
                        thorough_at = Instant::now() + THOROUGH.max(self.every);
                    }
                }
                Err(error) => {
                    outage.failed(&error);
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.every) => {}
                () = stop.cancelled() => {}
            }
        }
        if let Ok(mut conn) = self.pool.acquire().await
            && let Err(error) = book::release(&mut conn, owner).await
        {
            tracing::debug!(error = &error as &dyn std::error::Error, "its lease has to run out");
        }
        Ok(())
    }
}
