//! A database and a topic for each measurement, and the event that all of them write.

use std::time::{Duration, SystemTime};

use messaging::{
    DecodeError, Event, EventSet, Metrics, Relay, RelaySettings, TopicSpec, create_topics, migrate,
};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};

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
    /// The `n`-th event, written now.
    pub(crate) fn new(n: u64) -> Self {
        let mut payload = vec![0x5a; BYTES];
        payload[..8].copy_from_slice(&now().to_be_bytes());
        // Not all alike, or compression would make the records shorter than real ones.
        for (place, byte) in payload[8..].iter_mut().enumerate() {
            *byte = u8::try_from((n.wrapping_mul(31) >> (place % 23)) & 0xff).expect("a byte");
        }
        Self { key: format!("k{}", n % KEYS), payload }
    }

    /// When the event with this payload was written, in microseconds since 1970.
    pub(crate) fn written(payload: &[u8]) -> i64 {
        let bytes = payload.get(..8).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
        i64::from_be_bytes(bytes)
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

impl EventSet for Noted {
    const TOPIC: &'static str = TOPIC;

    fn decode(_: &str, payload: &[u8]) -> Result<Option<Self>, DecodeError> {
        Ok(Some(Self { key: String::new(), payload: payload.to_vec() }))
    }
}

/// Microseconds since 1970: a clock that all processes of one machine share.
#[expect(
    clippy::disallowed_methods,
    reason = "monotonic clocks of two processes share no beginning"
)]
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_micros()).expect("292,000 years")
}

impl Parts {
    pub(crate) fn new(url: &str, brokers: &str) -> Self {
        Self { url: url.to_owned(), brokers: brokers.to_owned() }
    }

    /// A setting of the server.
    pub(crate) async fn setting(&self, name: &str) -> String {
        let mut conn = PgConnection::connect(&self.url).await.expect("Postgres");
        let setting = sqlx::query_scalar("select current_setting($1)").bind(name);
        setting.fetch_one(&mut conn).await.expect(name)
    }

    /// An empty database with messaging's tables, and an empty topic.
    pub(crate) async fn fresh(&self, name: &str) -> PgPool {
        self.fresh_topic().await;
        self.fresh_database(name).await
    }

    /// An empty database with messaging's tables.
    pub(crate) async fn fresh_database(&self, name: &str) -> PgPool {
        let mut conn = PgConnection::connect(&self.url).await.expect("Postgres");
        for statement in [
            format!("drop database if exists {name} with (force)"),
            format!("create database {name}"),
        ] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut conn).await.expect(name);
        }
        let pool = self.pool(name);
        migrate(&pool).await.expect("messaging's tables");
        pool
    }

    pub(crate) fn pool(&self, name: &str) -> PgPool {
        let options = self.options(name).options([("jit", "off")]);
        PgPoolOptions::new()
            .max_connections(40)
            .test_before_acquire(false)
            .connect_lazy_with(options)
    }

    /// A database's address with user and password, for programs that are not ours.
    pub(crate) fn url_of(&self, name: &str) -> String {
        self.options(name).to_url_lossy().into()
    }

    fn options(&self, name: &str) -> PgConnectOptions {
        let options: PgConnectOptions = self.url.parse().expect("a URL");
        options.database(name)
    }

    pub(crate) async fn fresh_topic(&self) {
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

    /// The relay of that database, with the crate's settings.
    pub(crate) fn relay(&self, pool: PgPool) -> Relay {
        let mut registry = prometheus_client::registry::Registry::default();
        let settings = RelaySettings { partitions: PARTITIONS, ..RelaySettings::default() };
        Relay::new("bench", &self.brokers, pool, settings, Metrics::register(&mut registry))
    }
}
