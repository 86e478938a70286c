//! How long events take under a steady load, and what that costs: seen by a consumer outside.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};

use crate::child::{self, Role};
use crate::figures::Latencies;
use crate::load::Load;
use crate::parts::{Noted, PARTITIONS, Parts, TOPIC, now};

const DATABASE: &str = "bench_open";
/// How long events may still arrive after the last was written.
const LATE: Duration = Duration::from_secs(5);

/// What one load took.
pub(crate) struct Open {
    pub(crate) latencies: Latencies,
    /// Processor seconds of the relay's threads for 100,000 events.
    pub(crate) cpu_s_per_100k: f64,
    /// How late 99 % of the transactions began, in milliseconds.
    pub(crate) late_ms: f64,
}

/// From the call of `append` until a consumer has each event: commit, seal, read, produce,
/// acknowledge, fetch. Writers and relay share a process, as in a service.
pub(crate) async fn run(parts: &Parts, load: Load) -> Open {
    drop(parts.fresh(DATABASE).await);
    let (brokers, total) = (parts.brokers.clone(), load.total());
    let observer = std::thread::spawn(move || observe(&brokers, total));
    let child = Role::Serve { database: DATABASE.to_owned(), load }.spawn(parts);
    let seen = tokio::task::spawn_blocking(move || observer.join().expect("an observer"));
    let latencies = Latencies::after_warm_up(seen.await.expect("a thread"));
    let (cpu_s, late_ms) = child::end_serving(child).await;
    let events = f64::from(load.rate) * load.length().as_secs_f64();
    Open { latencies, cpu_s_per_100k: cpu_s * 100_000.0 / events, late_ms }
}

/// Reads the topic from its beginning until `total` events came, or none for a while: when each was
/// written and when it was here.
fn observe(brokers: &str, total: u64) -> Vec<(i64, i64)> {
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
        seen.push((Noted::written(message.payload().unwrap_or_default()), now()));
        last = Instant::now();
    }
    assert_eq!(u64::try_from(seen.len()).expect("few"), total, "events came");
    seen
}
