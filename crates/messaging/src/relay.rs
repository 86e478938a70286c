//! From the outbox to Kafka: one leader per database, by sealed windows of snapshots.

mod headers;
mod heard;
mod hint;
mod lease;
mod pipeline;
mod produce;
mod progress;
mod read;
mod refusal;
mod seal;
mod withheld;
mod withhold;

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::lease::Lease;
pub(crate) use self::lease::interval;
use crate::outage::Outage;
use crate::trial::{Fence, Trial};
use crate::{Error, Metrics, wake};

/// How often a relay that does not lead looks whether it may.
const STANDBY: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What may differ between relays.
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// Partitions of every topic of this service; fixed with the first start.
    pub partitions: i32,
    /// The shortest time between two seals under load; the first after a pause is at once.
    pub spacing: Duration,
    /// How long a crashed leader's lease lasts.
    pub lease: Duration,
    /// How long one of the outbox's three children is written to before the next one's turn;
    /// sent events are kept between once and twice as long.
    pub rotation: Duration,
    /// Only for trials of this crate.
    #[doc(hidden)]
    pub trial: Trial,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            partitions: 12,
            spacing: Duration::from_millis(2),
            lease: Duration::from_secs(5),
            rotation: Duration::from_hours(24),
            trial: Trial::default(),
        }
    }
}

/// Sends what [`append`](crate::append) committed, in order, again and again until acknowledged.
#[derive(Debug)]
pub struct Relay {
    service: &'static str,
    brokers: String,
    pool: PgPool,
    settings: RelaySettings,
    metrics: Metrics,
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
    /// database and broker, and missing topics.
    ///
    /// # Errors
    /// Only what waiting cannot mend: topics with another number of partitions, a foreign outbox.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        let owner = Uuid::new_v4();
        let mut pause = STANDBY;
        let mut outage = Outage::of("asking to lead the relay");
        let mut hints = hint::Hints::new();
        while !stop.is_cancelled() {
            match self.ask_to_lead(owner).await {
                Ok(Some(lease)) => {
                    pause = STANDBY;
                    outage.over();
                    self.lead(lease, &stop).await?;
                    continue;
                }
                Ok(None) => {
                    pause = STANDBY;
                    outage.over();
                }
                Err(error) if is_final(&error) => return Err(error),
                Err(error) => {
                    outage.failed(&error);
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                never = hints.pass_on(&self.pool) => never,
                () = stop.cancelled() => {}
            }
        }
        Ok(())
    }

    /// Takes the lease if it is free. A database that does not answer counts as one that fails.
    async fn ask_to_lead(&self, owner: Uuid) -> Result<Option<Lease>, Error> {
        let asked = lease::acquire(&self.pool, owner, &self.settings);
        tokio::time::timeout(lease::PATIENCE, asked)
            .await
            .unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()).into()))
    }

    /// Leads for one term: after every failure a fresh producer starts from the last
    /// acknowledged window.
    async fn lead(&self, lease: Lease, stop: &CancellationToken) -> Result<(), Error> {
        tracing::info!(term = lease.term, "the relay leads");
        self.metrics.leading.set(1);
        let mut pause = Duration::from_millis(50);
        let mut outage = Outage::of("sending events");
        let mut caution = refusal::Caution::default();
        let hearing = hint::hear(&self.pool, wake::events_elsewhere);
        tokio::pin!(hearing);
        let fenced = self.settings.trial.guards.fence == Fence::Term;
        let result = loop {
            let sent_before = self.metrics.windows.get();
            // Dropping the pipeline at any await is safe: a crash would do the same.
            let result = tokio::select! {
                result = pipeline::run(self, lease.term, stop, &mut outage, &mut caution) => result,
                () = lease.lost(), if fenced => Err(Error::TermOver),
                () = overdue(stop) => Err(Error::TermOver),
                never = &mut hearing => never,
            };
            match result {
                Ok(()) => break Ok(()),
                Err(error) if is_final(&error) => break Err(error),
                Err(Error::TermOver) => break Ok(()),
                // It goes on without what was refused.
                Err(Error::Refused { .. }) => pause = Duration::from_millis(50),
                Err(error) => {
                    outage.failed(&error);
                    self.metrics.relay_failures.inc();
                }
            }
            if self.metrics.windows.get() > sent_before {
                pause = Duration::from_millis(50);
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => break Ok(()),
                () = lease.lost(), if fenced => break Ok(()),
            }
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        };
        self.metrics.leading.set(0);
        lease.resign(&self.pool).await;
        result
    }
}

/// Ends when a stop has waited long enough for the window in flight; the next leader sends it again.
async fn overdue(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
}

fn is_final(error: &Error) -> bool {
    matches!(error, Error::ForeignOutbox(_) | Error::Partitions { .. })
}
