//! Topics read from where one likes, in a thread of its own, without a group.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use tokio::sync::mpsc;

use crate::Error;
use crate::consumer::mark::Place;
use crate::consumer::record::Record;
use crate::quiet::Quiet;

/// So many records share a transaction.
const BATCH: usize = 2_000;
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a batch waits for more.
const GATHER: Duration = Duration::from_millis(10);

/// What came from a partition.
pub(super) struct Arrived {
    pub(super) place: Place,
    pub(super) offset: i64,
    /// None if no relay sent it.
    pub(super) record: Option<Record>,
}

/// Some topics.
pub(super) struct Log {
    topics: Vec<&'static str>,
    config: ClientConfig,
    /// Asks; another client reads.
    kafka: Arc<BaseConsumer<Quiet>>,
}

impl Log {
    pub(super) fn of(
        brokers: &str,
        reader: &str,
        topics: Vec<&'static str>,
    ) -> Result<Self, Error> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", brokers)
            .set("client.id", format!("{reader}-replay"))
            // The library wants a group, which is never joined: partitions are assigned by hand.
            .set("group.id", format!("{reader}-replay"))
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "error")
            .set("queued.max.messages.kbytes", "32768")
            // Otherwise a full queue is refilled a second later.
            .set("fetch.queue.backoff.ms", "5");
        let kafka = Arc::new(config.create_with_context(Quiet)?);
        Ok(Self { topics, config, kafka })
    }

    /// Where each partition begins and ends now.
    pub(super) async fn extent(&self) -> Result<HashMap<Place, (i64, i64)>, Error> {
        let (kafka, topics) = (Arc::clone(&self.kafka), self.topics.clone());
        let asked = tokio::task::spawn_blocking(move || extent(&kafka, &topics));
        asked.await.map_err(|panic| Error::Replay(panic.to_string()))?
    }

    /// Reads from these offsets on, until nobody listens.
    pub(super) fn read(
        &self,
        from: &HashMap<Place, i64>,
    ) -> Result<mpsc::Receiver<Vec<Arrived>>, Error> {
        let kafka: BaseConsumer<Quiet> = self.config.create_with_context(Quiet)?;
        let mut list = TopicPartitionList::new();
        for ((topic, partition), offset) in from {
            list.add_partition_offset(topic, *partition, Offset::Offset(*offset))?;
        }
        kafka.assign(&list)?;
        // Little is kept ahead: the library has a queue of its own.
        let (out, arrived) = mpsc::channel(2);
        let topics = self.topics.clone();
        std::thread::spawn(move || read(&kafka, &topics, &out));
        Ok(arrived)
    }
}

fn extent(
    kafka: &BaseConsumer<Quiet>,
    topics: &[&'static str],
) -> Result<HashMap<Place, (i64, i64)>, Error> {
    let mut extent = HashMap::new();
    for topic in topics {
        let metadata = kafka.fetch_metadata(Some(topic), TIMEOUT)?;
        let partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
        if partitions == 0 {
            return Err(Error::topic(topic, "is not there"));
        }
        for partition in 0..i32::try_from(partitions).unwrap_or(i32::MAX) {
            let ends = kafka.fetch_watermarks(topic, partition, TIMEOUT)?;
            extent.insert((*topic, partition), ends);
        }
    }
    Ok(extent)
}

fn read(kafka: &BaseConsumer<Quiet>, topics: &[&'static str], out: &mpsc::Sender<Vec<Arrived>>) {
    let mut batch = Vec::with_capacity(BATCH);
    while !out.is_closed() {
        let more = match kafka.poll(GATHER) {
            Some(Ok(message)) => {
                batch.extend(arrived(topics, &message));
                batch.len() < BATCH
            }
            Some(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "replay: reading failed");
                batch.is_empty()
            }
            None => batch.is_empty(),
        };
        if !more && out.blocking_send(std::mem::take(&mut batch)).is_err() {
            return;
        }
    }
}

fn arrived(topics: &[&'static str], message: &BorrowedMessage<'_>) -> Option<Arrived> {
    let topic = topics.iter().find(|topic| **topic == message.topic())?;
    let (place, offset) = ((*topic, message.partition()), message.offset());
    Some(Arrived { place, offset, record: Record::read(topic, message).ok() })
}
