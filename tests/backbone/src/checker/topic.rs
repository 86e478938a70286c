//! Reading what the broker holds.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use super::Seen;
use crate::Error;

const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the broker may say nothing new.
const PATIENCE: Duration = Duration::from_secs(60);

/// Every record of the topic up to its present end; those of a partition in their order.
pub(super) fn read(brokers: &str, topic: &str) -> Result<Vec<Seen>, Error> {
    let kafka: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "backbone-checker")
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", "10")
        .create()?;
    let mut wanted = TopicPartitionList::new();
    // The first offset behind what is to be read, by partition.
    let mut ends: HashMap<i32, i64> = HashMap::new();
    let metadata = kafka.fetch_metadata(Some(topic), TIMEOUT)?;
    for found in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
        let (first, end) = kafka.fetch_watermarks(topic, found.id(), TIMEOUT)?;
        if first < end {
            wanted.add_partition_offset(topic, found.id(), Offset::Offset(first))?;
            ends.insert(found.id(), end);
        }
    }
    kafka.assign(&wanted)?;
    let mut seen = Vec::new();
    let mut last_word = Instant::now();
    while !ends.is_empty() {
        if last_word.elapsed() > PATIENCE {
            return Err(Error::Overdue(format!("{topic} cannot be read to its end")));
        }
        // A connection that broke off is made again.
        let Some(Ok(message)) = kafka.poll(TIMEOUT) else { continue };
        last_word = Instant::now();
        let Some(end) = ends.get(&message.partition()).copied() else { continue };
        if message.offset() + 1 >= end {
            ends.remove(&message.partition());
        }
        if message.offset() < end {
            seen.push(record(&message));
        }
    }
    Ok(seen)
}

fn record(message: &BorrowedMessage<'_>) -> Seen {
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    Seen {
        partition: message.partition(),
        key: message.key().unwrap_or_default().to_vec(),
        payload: message.payload().unwrap_or_default().to_vec(),
        timestamp_ms: message.timestamp().to_millis(),
        headers: headers
            .map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec()))
            .collect(),
    }
}
