//! How long events take under a steady load, and what that costs.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedMessage, Headers as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::child::{self, Role};
use crate::figures::Latencies;
use crate::load::Load;
use crate::parts::{Noted, PARTITIONS, Parts, TOPIC, now};

const DATABASE: &str = "bench_open";
/// How long events may still arrive after the last was written.
const LATE: Duration = Duration::from_secs(5);

/// What one load took.
pub(crate) struct Open {
    /// From inside the insert, as for Debezium, until a consumer outside has it: later than any
    /// acknowledgement, but for the acknowledgement's own way back.
    pub(crate) acked: Latencies,
    /// The same from the call of `append`.
    pub(crate) seen: Latencies,
    /// Processor seconds of the relay's threads for 100,000 events.
    pub(crate) cpu_s_per_100k: f64,
    /// How late 99 % of the transactions began, in milliseconds.
    pub(crate) late_ms: f64,
}

/// Times of an event in microseconds since 1970.
struct Seen {
    /// When `append` was called.
    written: i64,
    /// When its row was inserted.
    inserted: i64,
    here: i64,
}

/// Writers and relay share a process, as in a service.
pub(crate) async fn run(parts: &Parts, load: Load) -> Open {
    drop(parts.fresh(DATABASE).await);
    let (brokers, total) = (parts.brokers.clone(), load.total());
    let observer = std::thread::spawn(move || observe(&brokers, total));
    let child = Role::Serve { database: DATABASE.to_owned(), load }.spawn(parts);
    let seen = tokio::task::spawn_blocking(move || observer.join().expect("an observer"));
    let seen = seen.await.expect("a thread");
    let served = child::end_serving(child).await;
    let events = f64::from(load.rate) * load.length().as_secs_f64();
    Open {
        acked: Latencies::after_warm_up(seen.iter().map(|it| (it.inserted, it.here)).collect()),
        seen: Latencies::after_warm_up(seen.iter().map(|it| (it.written, it.here)).collect()),
        cpu_s_per_100k: served.cpu_s * 100_000.0 / events,
        late_ms: served.late_ms,
    }
}

/// Reads the topic from its beginning until `total` events came, or none for a while.
fn observe(brokers: &str, total: u64) -> Vec<Seen> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "bench")
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", "100")
        .create()
        .expect("a consumer");
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(TOPIC, partition, Offset::Beginning).expect("an offset");
    }
    consumer.assign(&list).expect("an assignment");
    let (mut seen, mut last) = (Vec::new(), Instant::now());
    while u64::try_from(seen.len()).expect("few") < total && last.elapsed() < LATE {
        let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
        let message = message.expect("a record");
        seen.push(Seen {
            written: Noted::written(message.payload().unwrap_or_default()),
            inserted: inserted(&message),
            here: now(),
        });
        last = Instant::now();
    }
    assert_eq!(u64::try_from(seen.len()).expect("few"), total, "events came");
    seen
}

/// What the record says of when its event was.
fn inserted(message: &BorrowedMessage<'_>) -> i64 {
    let headers = message.headers().expect("headers");
    let time = headers.iter().find(|header| header.key == "ce_time").and_then(|it| it.value);
    let time = std::str::from_utf8(time.expect("a time")).expect("text");
    let time = OffsetDateTime::parse(time, &Rfc3339).expect("as RFC 3339 has it");
    i64::try_from(time.unix_timestamp_nanos() / 1_000).expect("292,000 years")
}
