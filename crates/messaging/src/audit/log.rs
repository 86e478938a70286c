//! The topics' side: where partitions end, and their records one after the other.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::stream_consumer::StreamPartitionQueue;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use sha2::{Digest as _, Sha256};

use super::book::Place;
use super::lane::{Copy, Event, Lane};
use crate::Error;
use crate::quiet::Quiet;

const TIMEOUT: Duration = Duration::from_secs(10);

/// The partitions that are read.
pub(super) struct Log {
    kafka: Arc<StreamConsumer<Quiet>>,
    queues: HashMap<Place, StreamPartitionQueue<Quiet>>,
}

impl Log {
    pub(super) fn connect(service: &str, brokers: &str) -> Result<Self, Error> {
        let kafka = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("client.id", format!("{service}-audit"))
            // The library wants a group, which is never joined: partitions are assigned by hand.
            .set("group.id", format!("{service}-audit"))
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("enable.partition.eof", "true")
            // Of each partition. Otherwise a full queue is refilled a second later.
            .set("queued.max.messages.kbytes", "256")
            .set("fetch.queue.backoff.ms", "5")
            .create_with_context(Quiet)?;
        Ok(Self { kafka: Arc::new(kafka), queues: HashMap::new() })
    }

    /// Where these partitions end now.
    pub(super) async fn ends(&self, places: Vec<Place>) -> Result<HashMap<Place, i64>, Error> {
        let kafka = Arc::clone(&self.kafka);
        let ask = move || {
            let mut list = TopicPartitionList::new();
            for (topic, partition) in &places {
                list.add_partition_offset(topic, *partition, Offset::End)?;
            }
            let found = kafka.offsets_for_times(list, TIMEOUT)?;
            let mut ends = HashMap::new();
            for element in found.elements() {
                element.error()?;
                let end = element.offset().to_raw().unwrap_or(0).max(0);
                ends.insert((element.topic().to_owned(), element.partition()), end);
            }
            Ok(ends)
        };
        tokio::task::spawn_blocking(ask).await.map_err(|error| Error::Corrupt(error.to_string()))?
    }

    /// Begins to read what is left of these.
    pub(super) fn read(&mut self, lanes: &HashMap<Place, Lane>) -> Result<(), KafkaError> {
        let mut list = TopicPartitionList::new();
        let left: Vec<_> = lanes.iter().filter(|(_, lane)| !lane.ended()).collect();
        for ((topic, partition), lane) in &left {
            list.add_partition_offset(topic, *partition, Offset::Offset(lane.resume().0))?;
        }
        self.kafka.assign(&list)?;
        for (place @ (topic, partition), _) in left {
            if let Some(queue) = self.kafka.split_partition_queue(topic, *partition) {
                self.queues.insert(place.clone(), queue);
            }
        }
        Ok(())
    }

    /// Reads on in one partition, until there is another record of it or none is left.
    pub(super) async fn pull(
        &self,
        place: &Place,
        lanes: &mut HashMap<Place, Lane>,
    ) -> Result<(), Error> {
        let Some(queue) = self.queues.get(place) else {
            return Err(Error::Corrupt(format!("{} {} is not read", place.0, place.1)));
        };
        loop {
            let next = async {
                tokio::select! {
                    biased;
                    // What was fetched before the queues were split, and failures.
                    message = self.kafka.recv() => (false, message),
                    message = queue.recv() => (true, message),
                }
            };
            let message = match tokio::time::timeout(TIMEOUT, next).await {
                Ok((_, Ok(message))) => message,
                // What is left before the end are marks of transactions, which nobody gets to see.
                Ok((true, Err(KafkaError::PartitionEOF(_)))) => {
                    lanes.entry(place.clone()).and_modify(Lane::end);
                    return Ok(());
                }
                Ok((false, Err(KafkaError::PartitionEOF(_)))) => continue,
                Ok((_, Err(error))) => return Err(error.into()),
                Err(_) => return Err(Error::topic(&place.0, "is not read in time")),
            };
            let of = (message.topic().to_owned(), message.partition());
            if let Some(lane) = lanes.get_mut(&of) {
                lane.push(message.offset(), read(&message));
            }
            if of == *place {
                return Ok(());
            }
        }
    }
}

/// What a message says of itself; the header that it lacks if no relay can have sent it.
fn read(message: &BorrowedMessage<'_>) -> Result<Copy, &'static str> {
    let header = |name: &'static str| {
        let headers = message.headers()?;
        let found = headers.iter().find(|header| header.key == name)?;
        std::str::from_utf8(found.value?).ok()
    };
    let position = |name| header(name).and_then(|text| text.parse().ok()).ok_or(name);
    Ok(Copy {
        offset: message.offset(),
        position: position("position")?,
        previous: position("previous")?,
        event: Event {
            id: header("ce_id").and_then(|id| id.parse().ok()).ok_or("ce_id")?,
            event_type: header("ce_type").ok_or("ce_type")?.to_owned(),
            key: String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned(),
            payload_hash: Sha256::digest(message.payload().unwrap_or_default()).to_vec(),
        },
    })
}
