//! Handing records to librdkafka in order, and counting what the broker acknowledged of each window.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{
    BaseProducer, BaseRecord, DeliveryResult, NoCustomPartitioner, Producer as _, ProducerContext,
    PurgeConfig,
};
use tokio::sync::Notify;

use crate::{Error, quiet};

/// How long a record may wait for its acknowledgement before everything starts afresh, in
/// milliseconds. It may outlive the lease: late copies are identical.
const MESSAGE_TIMEOUT_MS: &str = "30000";
/// How long the poller's one call takes. It handles events as they come meanwhile, and spends the last
/// millisecond of each call in a loop without a pause (rdkafka 0.39): ten calls a second, as rdkafka's own
/// thread makes, cost 5 ms.
const POLL: Duration = Duration::from_secs(1);

/// A producer for one stretch without failures. Idempotence keeps the order of what is in flight;
/// it does not span producers, which is why positions do.
pub(super) struct Producer {
    kafka: Arc<BaseProducer<Acks>>,
    closed: Arc<AtomicBool>,
    acks: Arc<Tally>,
    checked: HashSet<String>,
}

/// The records of one window that are handed over and not acknowledged yet.
#[derive(Debug, Default)]
pub(super) struct Missing(AtomicU64);

impl Missing {
    /// Whether there are none: final as soon as the whole window was handed over.
    pub(super) fn none(&self) -> bool {
        self.0.load(Ordering::Acquire) == 0
    }
}

/// A record on its way out.
pub(super) struct Record<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: i32,
    pub(super) key: &'a str,
    pub(super) payload: &'a [u8],
    pub(super) timestamp_ms: i64,
    pub(super) headers: OwnedHeaders,
    /// Of the window that it belongs to.
    pub(super) missing: &'a Arc<Missing>,
}

/// Instead of a number of records.
const NOBODY: i64 = -1;

struct Tally {
    failed: OnceLock<KafkaError>,
    /// Records that are handed over and not acknowledged.
    queued: AtomicI64,
    /// How few of them somebody waits for, because the queue was full; -1 if nobody does.
    awaited: AtomicI64,
    /// There was a failure, the last missing acknowledgement of a window, or much room.
    changed: Notify,
}

struct Acks(Arc<Tally>);

impl ClientContext for Acks {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        quiet::log(facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        quiet::log(&error.to_string(), reason);
    }
}

impl ProducerContext<NoCustomPartitioner> for Acks {
    type DeliveryOpaque = Arc<Missing>;

    fn delivery(&self, result: &DeliveryResult<'_>, missing: Arc<Missing>) {
        let tells = match result {
            Ok(_) => missing.0.fetch_sub(1, Ordering::AcqRel) == 1,
            Err((error, _)) => {
                // The first failure decides; those after it are its consequences.
                let _first_wins = self.0.failed.set(error.clone());
                true
            }
        };
        let left = self.0.queued.fetch_sub(1, Ordering::AcqRel) - 1;
        let awaited = self.0.awaited.load(Ordering::Acquire);
        if tells || (left <= awaited && self.0.awaited.swap(NOBODY, Ordering::AcqRel) != NOBODY) {
            self.0.changed.notify_one();
        }
    }
}

impl Producer {
    pub(super) fn new(brokers: &str) -> Result<Self, Error> {
        let acks = Arc::new(Tally {
            failed: OnceLock::new(),
            queued: AtomicI64::new(0),
            awaited: AtomicI64::new(NOBODY),
            changed: Notify::new(),
        });
        let kafka: BaseProducer<Acks> = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("client.id", "flotilla-relay")
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("max.in.flight.requests.per.connection", "5")
            .set("compression.type", "lz4")
            .set("linger.ms", "1")
            .set("message.timeout.ms", MESSAGE_TIMEOUT_MS)
            // Some thousand records; with their headers they take several times that.
            .set("queue.buffering.max.kbytes", "4096")
            .set("socket.nagle.disable", "true")
            .create_with_context(Acks(Arc::clone(&acks)))?;
        let (kafka, closed) = (Arc::new(kafka), Arc::new(AtomicBool::new(false)));
        let (polled, ends) = (Arc::clone(&kafka), Arc::clone(&closed));
        // The last owner of the client closes it, which may take a while: mostly this thread.
        std::thread::Builder::new()
            .name("relay acks".to_owned())
            .spawn(move || {
                while !ends.load(Ordering::Acquire) {
                    polled.poll(POLL);
                }
            })
            .map_err(|error| Error::Corrupt(format!("no thread for the relay: {error}")))?;
        Ok(Self { kafka, closed, acks, checked: HashSet::new() })
    }

    /// Makes sure, once, that the topic is there and has the partitions that keys are spread over.
    pub(super) async fn check(&mut self, topic: &str, wanted: i32) -> Result<(), Error> {
        if self.checked.contains(topic) {
            return Ok(());
        }
        let kafka = Arc::clone(&self.kafka);
        let name = topic.to_owned();
        let found = tokio::task::spawn_blocking(move || partitions(&kafka, &name))
            .await
            .map_err(|error| Error::Corrupt(error.to_string()))??;
        if found == 0 {
            return Err(Error::topic(topic, "is not there; events wait for it"));
        }
        if found != wanted {
            return Err(Error::Partitions { topic: topic.to_owned(), found, wanted });
        }
        self.checked.insert(topic.to_owned());
        Ok(())
    }

    /// Enqueues one record behind all before it, waiting for room if there is none.
    pub(super) async fn enqueue(&mut self, record: Record<'_>) -> Result<(), Error> {
        record.missing.0.fetch_add(1, Ordering::AcqRel);
        self.acks.queued.fetch_add(1, Ordering::AcqRel);
        let mut next = BaseRecord::with_opaque_to(record.topic, Arc::clone(record.missing))
            .partition(record.partition)
            .key(record.key)
            .payload(record.payload)
            .timestamp(record.timestamp_ms)
            .headers(record.headers);
        loop {
            self.failure()?;
            match self.kafka.send(next) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), refused)) => {
                    next = refused;
                    // Room for one would wake us for one.
                    let half = self.acks.queued.load(Ordering::Acquire) / 2;
                    self.acks.awaited.store(half, Ordering::Release);
                    let room = self.acks.changed.notified();
                    let _looks_anyway = tokio::time::timeout(Duration::from_millis(50), room).await;
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits until a window may have been acknowledged to its end, or something failed.
    pub(super) async fn changed(&self) {
        self.acks.changed.notified().await;
    }

    /// The first failure, after which nothing that is enqueued may be sent.
    pub(super) fn failure(&self) -> Result<(), Error> {
        self.acks.failed.get().map_or(Ok(()), |error| Err(error.clone().into()))
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        // What is queued is given up, so that nothing of ours is sent after the lead was lost.
        self.kafka.purge(PurgeConfig::default().queue().inflight());
        self.closed.store(true, Ordering::Release);
    }
}

/// How many partitions the topic has; 0 if it does not exist.
fn partitions(kafka: &BaseProducer<Acks>, topic: &str) -> Result<i32, Error> {
    let metadata = kafka.client().fetch_metadata(Some(topic), Duration::from_secs(5))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let count = found.filter(|found| found.error().is_none()).map_or(0, |t| t.partitions().len());
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}
