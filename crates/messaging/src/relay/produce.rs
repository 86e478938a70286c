//! Handing records to librdkafka in order, and counting what the broker acknowledged of each window.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, OwnedHeaders};
use rdkafka::producer::{
    BaseProducer, BaseRecord, DeliveryResult, NoCustomPartitioner, Producer as _, ProducerContext,
    PurgeConfig,
};
use rdkafka::{ClientConfig, Message as _};
use tokio::sync::Notify;

use super::refusal::{Blame, Refusal, blame};
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
    /// Each record has a batch of its own, so that a refusal names the one that is to blame.
    careful: bool,
    /// What the broker refused for good.
    refusals: Mutex<Vec<Refusal>>,
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
            Err((error, record)) => self.0.failure(error, record, &missing),
        };
        let left = self.0.queued.fetch_sub(1, Ordering::AcqRel) - 1;
        let awaited = self.0.awaited.load(Ordering::Acquire);
        if tells || (left <= awaited && self.0.awaited.swap(NOBODY, Ordering::AcqRel) != NOBODY) {
            self.0.changed.notify_one();
        }
    }
}

impl Tally {
    /// Notes that a record failed. Returns whether that is the last word on its window, or on all.
    fn failure(&self, error: &KafkaError, record: &BorrowedMessage<'_>, missing: &Missing) -> bool {
        // The first failure decides; those after it are its consequences.
        if self.failed.get().is_none()
            && let Some(refusal) =
                Refusal::of(error, record.topic(), record.headers(), self.careful)
        {
            let known = refusal.seq.is_some() && refusal.blame == Blame::Record;
            self.refuse(refusal);
            // The other records of the window may be refused as well.
            if known {
                return missing.0.fetch_sub(1, Ordering::AcqRel) == 1;
            }
        }
        let _first_wins = self.failed.set(error.clone());
        true
    }

    fn refuse(&self, refusal: Refusal) {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).push(refusal);
    }
}

impl Producer {
    /// A producer; a careful one sends each record in a batch of its own.
    pub(super) fn new(brokers: &str, careful: bool) -> Result<Self, Error> {
        let acks = Arc::new(Tally {
            failed: OnceLock::new(),
            careful,
            refusals: Mutex::default(),
            queued: AtomicI64::new(0),
            awaited: AtomicI64::new(NOBODY),
            changed: Notify::new(),
        });
        let kafka: BaseProducer<Acks> = ClientConfig::new()
            .set("batch.num.messages", if careful { "1" } else { "10000" })
            .set("bootstrap.servers", brokers)
            .set("client.id", "flotilla-relay")
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("max.in.flight.requests.per.connection", "5")
            .set("compression.type", "lz4")
            // A window is handed over at once; nothing that could join it comes later.
            .set("linger.ms", "0")
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

    /// Whether the topic is there, with the partitions that keys are spread over.
    pub(super) async fn is_there(&self, topic: &str, wanted: i32) -> Result<bool, Error> {
        Ok(self.look_for(topic, wanted).await?.is_ok())
    }

    /// Makes sure, once, that the topic is there and has the partitions that keys are spread over.
    pub(super) async fn check(&mut self, topic: &str, wanted: i32) -> Result<(), Error> {
        if self.checked.contains(topic) {
            return Ok(());
        }
        if let Err(reason) = self.look_for(topic, wanted).await? {
            self.acks.refuse(Refusal::missing(topic, &reason.to_string()));
            return self.refused();
        }
        self.checked.insert(topic.to_owned());
        Ok(())
    }

    /// Asks for the topic; says why nothing can be sent to it.
    async fn look_for(
        &self,
        topic: &str,
        wanted: i32,
    ) -> Result<Result<(), RDKafkaErrorCode>, Error> {
        let (kafka, name) = (Arc::clone(&self.kafka), topic.to_owned());
        let found = tokio::task::spawn_blocking(move || partitions(&kafka, &name))
            .await
            .map_err(|error| Error::Corrupt(error.to_string()))??;
        match found {
            Ok(found) if found != wanted => {
                Err(Error::Partitions { topic: topic.to_owned(), found, wanted })
            }
            found => Ok(found.map(drop)),
        }
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
                Err((error, refused)) => {
                    let headers = refused.headers.as_ref();
                    let refusal = Refusal::of(&error, record.topic, headers, true);
                    self.acks.refuse(refusal.ok_or(error)?);
                    record.missing.0.fetch_sub(1, Ordering::AcqRel);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Waits until all that was handed over of a window is acknowledged.
    pub(super) async fn settled(&self, missing: &Missing) -> Result<(), Error> {
        while !missing.none() {
            self.failure()?;
            self.changed().await;
        }
        self.failure()?;
        self.refused()
    }

    /// Waits until a window may have been acknowledged to its end, or something failed.
    pub(super) async fn changed(&self) {
        self.acks.changed.notified().await;
    }

    /// The first failure, after which nothing that is enqueued may be sent.
    pub(super) fn failure(&self) -> Result<(), Error> {
        let Some(error) = self.acks.failed.get() else { return Ok(()) };
        self.refused()?;
        Err(error.clone().into())
    }

    /// An error if something was refused for good. That is known of a whole window when it is not missing
    /// any more.
    pub(super) fn refused(&self) -> Result<(), Error> {
        let refusals = self.acks.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.first().map_or(Ok(()), |refusal| {
            let (topic, problem) = (refusal.topic.clone(), refusal.reason.clone());
            Err(Error::Refused { topic, problem })
        })
    }

    /// Hands over what was refused for good.
    pub(super) fn take_refusals(&self) -> Vec<Refusal> {
        std::mem::take(&mut self.acks.refusals.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether each record has a batch of its own.
    pub(super) fn is_careful(&self) -> bool {
        self.acks.careful
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        // What is queued is given up, so that nothing of ours is sent after the lead was lost.
        self.kafka.purge(PurgeConfig::default().queue().inflight());
        self.closed.store(true, Ordering::Release);
    }
}

/// How many partitions the topic has, or why nothing can be sent to it.
fn partitions(
    kafka: &BaseProducer<Acks>,
    topic: &str,
) -> Result<Result<i32, RDKafkaErrorCode>, Error> {
    let metadata = kafka.client().fetch_metadata(Some(topic), Duration::from_secs(5))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let Some(found) = found else { return Ok(Err(RDKafkaErrorCode::UnknownTopic)) };
    match found.error().map(RDKafkaErrorCode::from) {
        None if found.partitions().is_empty() => Ok(Err(RDKafkaErrorCode::UnknownTopic)),
        None => Ok(Ok(i32::try_from(found.partitions().len()).unwrap_or(i32::MAX))),
        Some(code) if blame(code) == Some(Blame::Topic) => Ok(Err(code)),
        Some(code) => Err(Error::topic(topic, code.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "a test is told its parts by the environment")]
    async fn who_looks_for_a_missing_topic_leaves_the_refusals_of_others_alone() {
        let brokers =
            std::env::var("KAFKA_BROKERS").unwrap_or_else(|_| "127.0.0.1:9092".to_owned());
        let producer = Producer::new(&brokers, true).unwrap();
        producer.acks.refuse(Refusal::missing("it.messaging.another", "as an example"));

        assert!(!producer.is_there("it.messaging.nowhere", 1).await.unwrap());

        assert!(producer.refused().is_err());
    }
}
