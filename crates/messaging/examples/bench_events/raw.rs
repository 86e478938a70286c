//! The broker and the database without us: what there is to reach.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{
    BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer,
};
use tokio::task::JoinSet;

use crate::figures::Latencies;
use messaging::Event as _;

use crate::parts::{Noted, PARTITIONS, Parts, TOPIC};

/// Inserters at once.
const WRITERS: usize = 16;
/// Not measured, at the beginning: the producer connects.
const WARM_UP: Duration = Duration::from_secs(1);

#[derive(Clone)]
struct Acks {
    epoch: Instant,
    took: Arc<Mutex<Vec<Duration>>>,
}

impl ClientContext for Acks {}

impl ProducerContext for Acks {
    type DeliveryOpaque = Box<Duration>;

    fn delivery(&self, result: &DeliveryResult<'_>, sent: Box<Duration>) {
        assert!(result.is_ok(), "a record was refused");
        if *sent > WARM_UP {
            self.took.lock().unwrap().push(self.epoch.elapsed().saturating_sub(*sent));
        }
    }
}

fn config(parts: &Parts) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &parts.brokers)
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("queue.buffering.max.messages", "1000000")
        .set("queue.buffering.max.kbytes", "1048576");
    config
}

fn record<O: rdkafka::util::IntoOpaque>(
    n: u64,
    event: &Noted,
    opaque: O,
) -> BaseRecord<'_, str, [u8], O> {
    let partition = i32::try_from(n % u64::try_from(PARTITIONS).expect("few")).expect("few");
    BaseRecord::with_opaque_to(TOPIC, opaque).partition(partition).payload(event.payload())
}

/// As long as those of the relay, which are no constants.
fn with_headers<'r>(
    record: BaseRecord<'r, str, [u8], ()>,
    event: &'r Noted,
) -> BaseRecord<'r, str, [u8], ()> {
    const UUID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
    const POSITION: &str = "1.123.1234567";
    let mut headers = OwnedHeaders::new_with_capacity(11);
    for (key, value) in [
        ("ce_specversion", "1.0"),
        ("ce_id", UUID),
        ("ce_source", "/bench"),
        ("ce_type", "bench.Noted"),
        ("ce_time", "2026-11-21T12:00:00.123456Z"),
        ("ce_subject", event.key()),
        ("content-type", "application/protobuf"),
        ("version", "1"),
        ("correlation", UUID),
        ("position", POSITION),
        ("previous", POSITION),
    ] {
        headers = headers.insert(Header { key, value: Some(value) });
    }
    record.key(event.key()).headers(headers)
}

/// Records a second, as many at once as the client takes, in the compression that is asked for (`lz4` as
/// in the relay, or `none`), and with the relay's key and headers if that is.
pub(crate) async fn produce(parts: &Parts, events: u32, compression: &str, headers: bool) -> f64 {
    parts.fresh_topic().await;
    let mut settings = config(parts);
    settings.set("linger.ms", "5").set("compression.type", compression);
    let producer: BaseProducer = settings.create().expect("a producer");
    let events_in_hand: Vec<Noted> = (0..1_000).map(Noted::new).collect();
    tokio::task::block_in_place(|| {
        // To connect and to learn of the topic is not what is measured.
        for n in 0..u64::try_from(PARTITIONS).expect("few") {
            producer.send(record(n, &events_in_hand[0], ())).expect("room");
        }
        producer.flush(Duration::from_secs(60)).expect("acknowledgements");
        let begun = Instant::now();
        for (n, event) in (0..u64::from(events)).zip(events_in_hand.iter().cycle()) {
            let mut next = record(n, event, ());
            if headers {
                next = with_headers(next, event);
            }
            while let Err((_full, refused)) = producer.send(next) {
                producer.poll(Duration::from_millis(1));
                next = refused;
            }
        }
        producer.flush(Duration::from_secs(60)).expect("acknowledgements");
        f64::from(events) / begun.elapsed().as_secs_f64()
    })
}

/// How long each acknowledgement takes at a steady rate, from the call of `send`.
pub(crate) async fn produce_at(parts: &Parts, rate: u32, length: Duration) -> Latencies {
    parts.fresh_topic().await;
    let epoch = Instant::now();
    let acks = Acks { epoch, took: Arc::default() };
    let mut settings = config(parts);
    let producer: ThreadedProducer<Acks> =
        settings.set("linger.ms", "0").create_with_context(acks.clone()).expect("a producer");
    let mut clock = tokio::time::interval(Duration::from_secs(1) / rate);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    for n in 0..u64::from(rate) * (WARM_UP + length).as_secs() {
        clock.tick().await;
        let event = Noted::new(n);
        let sent = producer.send(record(n, &event, Box::new(epoch.elapsed())));
        assert!(sent.is_ok(), "the queue is full");
    }
    producer.flush(Duration::from_secs(10)).expect("acknowledgements");
    let took = std::mem::take(&mut *acks.took.lock().unwrap());
    Latencies::of(took)
}

/// Rows of the same size a second, one to a transaction, without anything of ours.
pub(crate) async fn insert(parts: &Parts, length: Duration) -> f64 {
    let pool = parts.fresh_database("bench_raw").await;
    sqlx::raw_sql("create table raw (id bigserial, payload bytea)")
        .execute(&pool)
        .await
        .expect("a table");
    let begun = Instant::now();
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let pool = pool.clone();
        writers.spawn(async move {
            let (mut rows, event) = (0_u32, Noted::new(1));
            while begun.elapsed() < length {
                let insert = sqlx::query("insert into raw (payload) values ($1)");
                insert.bind(event.payload()).execute(&pool).await.expect("a row");
                rows += 1;
            }
            rows
        });
    }
    let rows: u32 = writers.join_all().await.into_iter().sum();
    f64::from(rows) / begun.elapsed().as_secs_f64()
}
