//! Reading what the broker holds.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use super::{CheckError, Seen};

const TIMEOUT: Duration = Duration::from_secs(10);

/// How long the broker may hold a fetch that finds nothing new; every partition pays it.
const WAIT_MS: &str = "10";

/// Every record of the topics up to their present ends; those of a partition in their order.
pub(super) fn read(brokers: &str, topics: &[String]) -> Result<Vec<Seen>, CheckError> {
    let kafka: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "flotilla-checker")
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", WAIT_MS)
        .create()?;
    let mut wanted = TopicPartitionList::new();
    // The first offset behind what is to be read, by topic and partition.
    let mut ends: HashMap<(String, i32), i64> = HashMap::new();
    for topic in topics {
        let metadata = kafka.fetch_metadata(Some(topic), TIMEOUT)?;
        for found in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
            let (first, end) = kafka.fetch_watermarks(topic, found.id(), TIMEOUT)?;
            if first < end {
                wanted.add_partition_offset(topic, found.id(), Offset::Offset(first))?;
                ends.insert((topic.clone(), found.id()), end);
            }
        }
    }
    kafka.assign(&wanted)?;
    let mut seen = Vec::new();
    while !ends.is_empty() {
        let Some(message) = kafka.poll(TIMEOUT) else { continue };
        let message = message?;
        let place = (message.topic().to_owned(), message.partition());
        // Whatever came after we began is for the next time.
        let Some(end) = ends.get(&place).copied() else { continue };
        if message.offset() + 1 >= end {
            ends.remove(&place);
        }
        if message.offset() < end {
            seen.push(record(&message));
        }
    }
    Ok(seen)
}

fn record(message: &BorrowedMessage<'_>) -> Seen {
    let headers: Vec<(String, Vec<u8>)> = message
        .headers()
        .into_iter()
        .flat_map(Headers::iter)
        .map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec()))
        .collect();
    let id = headers.iter().find(|(name, _)| name == "ce_id");
    Seen {
        id: id.map(|(_, id)| String::from_utf8_lossy(id).into_owned()).unwrap_or_default(),
        topic: message.topic().to_owned(),
        partition: message.partition(),
        key: message.key().unwrap_or_default().to_vec(),
        payload: message.payload().unwrap_or_default().to_vec(),
        timestamp_ms: message.timestamp().to_millis(),
        headers,
    }
}
