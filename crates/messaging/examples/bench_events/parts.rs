//! A database and a topic for each measurement, and the event that all of them write.

use std::time::{Duration, Instant};

use messaging::{Event, Metrics, Relay, RelaySettings, TopicSpec, create_topics, migrate};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool};

pub(crate) const TOPIC: &str = "bench.events.v1";
pub(crate) const PARTITIONS: i32 = 12;
/// Bytes of each event's payload.
pub(crate) const BYTES: usize = 350;
const KEYS: u64 = 1_000;

/// Where Postgres and Kafka are.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) url: String,
    pub(crate) brokers: String,
}

/// An event that knows when it was written.
pub(crate) struct Noted {
    key: String,
    payload: Vec<u8>,
}

impl Noted {
    /// The `n`-th event, written so long after `epoch`.
    pub(crate) fn new(n: u64, epoch: Instant) -> Self {
        let mut payload = vec![0x5a; BYTES];
        let nanoseconds = u64::try_from(epoch.elapsed().as_nanos()).expect("584 years");
        payload[..8].copy_from_slice(&nanoseconds.to_be_bytes());
        // Not all alike, or compression would make the records shorter than real ones.
        for (place, byte) in payload[8..].iter_mut().enumerate() {
            *byte = u8::try_from((n.wrapping_mul(31) >> (place % 23)) & 0xff).expect("a byte");
        }
        Self { key: format!("k{}", n % KEYS), payload }
    }

    /// When the event with this payload was written, counted from the epoch.
    pub(crate) fn written(payload: &[u8]) -> Duration {
        let bytes = payload.get(..8).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
        Duration::from_nanos(u64::from_be_bytes(bytes))
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }
}

impl Event for Noted {
    const TYPE: &'static str = "bench.Noted";
    const TOPIC: &'static str = TOPIC;

    fn key(&self) -> &str {
        &self.key
    }

    fn subject(&self) -> &str {
        &self.key
    }

    fn encode(&self) -> Vec<u8> {
        self.payload.clone()
    }
}

impl Parts {
    pub(crate) fn new(url: &str, brokers: &str) -> Self {
        Self { url: url.to_owned(), brokers: brokers.to_owned() }
    }

    /// Settings that decide what a commit costs.
    pub(crate) async fn settings(&self) -> String {
        let mut conn = PgConnection::connect(&self.url).await.expect("Postgres");
        let row: (String, String, String) = sqlx::query_as(
            "select current_setting('server_version'), current_setting('fsync'),
                 current_setting('synchronous_commit')",
        )
        .fetch_one(&mut conn)
        .await
        .expect("settings");
        format!("postgres   {}, fsync {}, synchronous_commit {}", row.0, row.1, row.2)
    }

    /// An empty database with messaging's tables, and an empty topic.
    pub(crate) async fn fresh(&self, name: &str) -> PgPool {
        let mut conn = PgConnection::connect(&self.url).await.expect("Postgres");
        for statement in [
            format!("drop database if exists {name} with (force)"),
            format!("create database {name}"),
        ] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut conn).await.expect(name);
        }
        let pool = self.pool(name);
        migrate(&pool).await.expect("messaging's tables");
        self.fresh_topic().await;
        pool
    }

    pub(crate) fn pool(&self, name: &str) -> PgPool {
        let options: PgConnectOptions = self.url.parse().expect("a URL");
        let options = options.database(name).options([("jit", "off")]);
        PgPoolOptions::new()
            .max_connections(40)
            .test_before_acquire(false)
            .connect_lazy_with(options)
    }

    async fn fresh_topic(&self) {
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", &self.brokers).create().expect("a client");
        let _absent = admin.delete_topics(&[TOPIC], &AdminOptions::new()).await;
        let spec = TopicSpec { name: TOPIC.into(), partitions: PARTITIONS, retention_ms: -1 };
        loop {
            let made = create_topics(&self.brokers, std::slice::from_ref(&spec)).await;
            if made.is_ok_and(|made| made.created.len() == 1) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The relay of that database, as services run it.
    pub(crate) fn relay(&self, pool: PgPool) -> Relay {
        let mut registry = prometheus_client::registry::Registry::default();
        let settings = RelaySettings { partitions: PARTITIONS, ..RelaySettings::default() };
        Relay::new("bench", &self.brokers, pool, settings, Metrics::register(&mut registry))
    }
}
