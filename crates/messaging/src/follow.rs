//! Following a topic in memory, from its beginning, without database or consumer group.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tokio_util::sync::CancellationToken;

use crate::consumer::chain::{Step, step};
use crate::consumer::record::Record;
use crate::envelope::WITHHELD;
use crate::outage::Outage;
use crate::position::Position;
use crate::quiet::Quiet;
use crate::{Error, EventSet, Meta};

const METADATA_TIMEOUT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(1);

/// Calls `on_event` for every event of the topic, from the first on, in order per key, each once;
/// returns when `stop` is cancelled. For what a process keeps in memory only, such as public keys.
/// What it cannot decode is logged and left out.
///
/// # Errors
/// The Kafka client could not be made; outages, and a topic that is not there yet, are waited for.
pub async fn follow<E: EventSet>(
    brokers: &str,
    stop: CancellationToken,
    mut on_event: impl FnMut(E, Meta) + Send + 'static,
) -> Result<(), Error> {
    let kafka: Arc<StreamConsumer<Quiet>> = Arc::new(
        ClientConfig::new()
            .set("bootstrap.servers", brokers)
            // The library wants a group, which is never joined: partitions are assigned by hand.
            .set("group.id", format!("follow-{}", E::TOPIC))
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .create_with_context(Quiet)?,
    );
    let Some(partitions) = partitions(&kafka, E::TOPIC, &stop).await else { return Ok(()) };
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(E::TOPIC, partition, Offset::Beginning)?;
    }
    kafka.assign(&list)?;
    let mut outage = Outage::of("following a topic");
    let mut seen: HashMap<i32, Position> = HashMap::new();
    loop {
        let message = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            message = kafka.recv() => message,
        };
        let record = match message.map(|message| Record::read(E::TOPIC, &message)) {
            Ok(Ok(record)) => record,
            Ok(Err(error)) => {
                tracing::error!(
                    topic = E::TOPIC,
                    error = &error as &dyn std::error::Error,
                    "ignored"
                );
                continue;
            }
            Err(error) => {
                outage.failed(&error);
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        outage.over();
        let mark = seen.entry(record.partition).or_default();
        // Behind a gap nothing is heard: the missing events come, and those behind them again.
        if step(*mark, record.previous, record.position) != Step::Take {
            continue;
        }
        *mark = record.position;
        if record.meta.event_type == WITHHELD {
            continue;
        }
        match E::decode(&record.meta.event_type, &record.payload) {
            Ok(Some(event)) => on_event(event, record.meta),
            Ok(None) => {}
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(topic = E::TOPIC, event.id = %record.meta.event_id, error, "left out");
            }
        }
    }
}

/// How many partitions the topic has, once it is there; `None` when stopped before.
async fn partitions(
    kafka: &Arc<StreamConsumer<Quiet>>,
    topic: &'static str,
    stop: &CancellationToken,
) -> Option<i32> {
    loop {
        let kafka = Arc::clone(kafka);
        let asked = tokio::task::spawn_blocking(move || {
            let metadata = kafka.fetch_metadata(Some(topic), METADATA_TIMEOUT).ok()?;
            let found = metadata.topics().iter().find(|found| found.name() == topic)?;
            i32::try_from(found.partitions().len()).ok().filter(|count| *count > 0)
        });
        if let Ok(Some(count)) = asked.await {
            return Some(count);
        }
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}
