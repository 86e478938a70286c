//! Reading what the broker holds.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Headers;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use super::{CheckError, Seen};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Every record of the topics up to their present ends, partition by partition.
pub(super) fn read(brokers: &str, topics: &[String]) -> Result<Vec<Seen>, CheckError> {
    let kafka: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "flotilla-checker")
        .set("enable.auto.commit", "false")
        .create()?;
    let mut seen = Vec::new();
    for topic in topics {
        let metadata = kafka.fetch_metadata(Some(topic), TIMEOUT)?;
        for found in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
            read_partition(&kafka, topic, found.id(), &mut seen)?;
        }
    }
    Ok(seen)
}

fn read_partition(
    kafka: &BaseConsumer,
    topic: &str,
    partition: i32,
    seen: &mut Vec<Seen>,
) -> Result<(), CheckError> {
    let (mut next, end) = kafka.fetch_watermarks(topic, partition, TIMEOUT)?;
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Offset(next))?;
    kafka.assign(&list)?;
    while next < end {
        let Some(message) = kafka.poll(TIMEOUT) else { continue };
        let message = message?;
        next = message.offset() + 1;
        let headers: Vec<(String, Vec<u8>)> = message
            .headers()
            .into_iter()
            .flat_map(Headers::iter)
            .map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec()))
            .collect();
        let id = headers.iter().find(|(name, _)| name == "ce_id");
        seen.push(Seen {
            id: id.map(|(_, id)| String::from_utf8_lossy(id).into_owned()).unwrap_or_default(),
            topic: topic.to_owned(),
            partition,
            key: message.key().unwrap_or_default().to_vec(),
            payload: message.payload().unwrap_or_default().to_vec(),
            timestamp_ms: message.timestamp().to_millis(),
            headers,
        });
    }
    Ok(())
}
