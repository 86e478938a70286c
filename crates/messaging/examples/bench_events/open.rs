//! Load at a steady rate that does not wait for anybody, and a consumer that notes when each event arrives.

use std::time::{Duration, Instant};

use messaging::{Outgoing, announcing, append};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::figures::percentile;
use crate::parts::{Noted, PARTITIONS, Parts, TOPIC};

/// How long events may still arrive after the last was written.
const LATE: Duration = Duration::from_secs(5);
/// Left out at the beginning, where connections are made and caches filled.
const WARM_UP: Duration = Duration::from_secs(2);

/// Three runs; the one with the lowest 99th percentile.
pub(crate) async fn best_of_three(
    parts: &Parts,
    load: (u32, u32),
    length: Duration,
) -> Vec<Duration> {
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(run(parts, load, length).await);
    }
    runs.into_iter().min_by_key(|run| percentile(&mut run.clone(), 99)).unwrap_or_default()
}

/// From the call of `append` until a consumer has each event: commit, seal, read, produce, fetch. Writers
/// and relay share a process, as in a service.
async fn run(parts: &Parts, (rate, each): (u32, u32), length: Duration) -> Vec<Duration> {
    let pool = parts.fresh("bench_open").await;
    let stop = CancellationToken::new();
    let relay = tokio::spawn(parts.relay(pool.clone()).run(stop.clone()));
    let epoch = Instant::now();
    let total = u64::from(rate) * (length + WARM_UP).as_secs();
    let brokers = parts.brokers.clone();
    let observer = std::thread::spawn(move || observe(&brokers, epoch, total));
    write(&pool, (rate, each), total, epoch).await;
    let latencies = tokio::task::spawn_blocking(move || observer.join().expect("an observer"))
        .await
        .expect("a thread");
    stop.cancel();
    relay.await.expect("a task").expect("a relay");
    latencies
}

/// Starts a transaction at each beat, whether the last one has ended or not.
async fn write(pool: &PgPool, (rate, each): (u32, u32), total: u64, epoch: Instant) {
    let beat = Duration::from_secs(1) * each / rate;
    let mut clock = tokio::time::interval(beat);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let mut writers = JoinSet::new();
    for first in (0..total).step_by(usize::try_from(each).expect("few")) {
        clock.tick().await;
        let pool = pool.clone();
        writers.spawn(announcing(async move {
            let events: Vec<Outgoing> = (first..first + u64::from(each))
                .map(|n| Outgoing::new(&Noted::new(n, epoch)).version(1))
                .collect();
            let mut tx = pool.begin().await.expect("a connection");
            append(&mut tx, events).await.expect("room");
            tx.commit().await.expect("a commit");
        }));
        while writers.try_join_next().is_some() {}
    }
    writers.join_all().await;
}

/// Reads the topic from its beginning until `total` events came, or none for a while.
fn observe(brokers: &str, epoch: Instant, total: u64) -> Vec<Duration> {
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
    let (mut latencies, mut seen, mut last) = (Vec::new(), 0, Instant::now());
    while seen < total && last.elapsed() < LATE {
        let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
        let message = message.expect("a record");
        (seen, last) = (seen + 1, Instant::now());
        let written = Noted::written(message.payload().unwrap_or_default());
        if written > WARM_UP {
            latencies.push(last.duration_since(epoch).saturating_sub(written));
        }
    }
    assert_eq!(seen, total, "events came");
    latencies
}
