//! What the tests share: a topic of their own, facts to say, a handler that records what it heard.

use std::collections::HashMap;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use messaging::{
    AppendError, Classify, Consumer, DecodeError, EnqueueError, ErrorClass, Event, EventSet,
    Handlers, Meta, Metrics, Outgoing, Reaction, Relay, RelaySettings, TopicSpec, Tx, append,
    create_topics, migrate,
};
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Headers;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use sqlx::PgPool;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const PARTITIONS: i32 = 3;

/// Names the topic of one test.
pub(crate) trait Topic: Send + Sync + 'static {
    const NAME: &'static str;
}

/// The `n`-th thing that happened to `key`. A negative `n` cannot be decoded; the least one panics.
pub(crate) struct Fact<T> {
    pub(crate) key: String,
    pub(crate) n: i64,
    /// Bytes without meaning, which cannot be compressed to less than half of this.
    ballast: usize,
    topic: PhantomData<T>,
}

pub(crate) fn fact<T: Topic>(key: &str, n: i64) -> Outgoing {
    large_fact::<T>(key, n, 0)
}

pub(crate) fn large_fact<T: Topic>(key: &str, n: i64, ballast: usize) -> Outgoing {
    let fact = Fact::<T> { key: key.to_owned(), n, ballast, topic: PhantomData };
    Outgoing::new(&fact).version(n)
}

impl<T: Topic> Event for Fact<T> {
    const TYPE: &'static str = "it.Fact";
    const TOPIC: &'static str = T::NAME;

    fn key(&self) -> &str {
        &self.key
    }

    fn subject(&self) -> &str {
        &self.key
    }

    fn encode(&self) -> Vec<u8> {
        let mut text = format!("{} {}", self.key, self.n);
        if self.ballast > 0 {
            text.push(' ');
        }
        let end = text.len() + self.ballast;
        while text.len() < end {
            text.push_str(&uuid::Uuid::new_v4().simple().to_string());
        }
        text.into_bytes()
    }
}

impl<T: Topic> EventSet for Fact<T> {
    const TOPIC: &'static str = T::NAME;

    fn decode(_: &str, payload: &[u8]) -> Result<Option<Self>, DecodeError> {
        let text = std::str::from_utf8(payload).map_err(|e| DecodeError(e.to_string()))?;
        let (key, n) = text.split_once(' ').ok_or_else(|| DecodeError("no blank".into()))?;
        let (n, ballast) = n.split_once(' ').unwrap_or((n, ""));
        let n: i64 = n.parse().map_err(|_| DecodeError("no number".into()))?;
        assert_ne!(n, i64::MIN, "decoding panics");
        if n < 0 {
            return Err(DecodeError("negative".into()));
        }
        let ballast = ballast.len();
        Ok(Some(Self { key: key.to_owned(), n, ballast, topic: PhantomData }))
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("told to fail as {0:?}")]
    Told(ErrorClass),
    #[error("database failed")]
    Database(#[from] sqlx::Error),
    #[error("not appended")]
    Append(#[from] AppendError),
    #[error("not enqueued")]
    Enqueue(#[from] EnqueueError),
}

impl Classify for Trouble {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Told(class) => *class,
            Self::Database(error) => error.class(),
            Self::Append(error) => error.class(),
            Self::Enqueue(error) => error.class(),
        }
    }
}

/// Which facts fail, how, and how often.
pub(crate) type Faults = Arc<Mutex<HashMap<(String, i64), (ErrorClass, u32)>>>;

/// Writes each fact into `heard`, unless it is told to fail.
pub(crate) struct Recorder<T> {
    pub(crate) faults: Faults,
    topic: PhantomData<T>,
}

impl<T: Topic> Reaction for Recorder<T> {
    type Event = Fact<T>;
    type Error = Trouble;

    async fn react(&self, tx: &mut Tx, fact: Fact<T>, meta: &Meta) -> Result<(), Trouble> {
        sqlx::query("insert into heard (key, n, event_id, version) values ($1, $2, $3, $4)")
            .bind(&fact.key)
            .bind(fact.n)
            .bind(meta.event_id)
            .bind(meta.version)
            .execute(&mut **tx)
            .await?;
        let mut faults = self.faults.lock().unwrap();
        match faults.get_mut(&(fact.key, fact.n)) {
            Some((class, left)) if *left > 0 => {
                *left -= 1;
                Err(Trouble::Told(*class))
            }
            _ => Ok(()),
        }
    }
}

/// A service with its database and topic, and the loops that were started for it.
pub(crate) struct Service<T> {
    pub(crate) db: PgPool,
    pub(crate) consumer: &'static str,
    pub(crate) faults: Faults,
    topic: PhantomData<T>,
}

/// A loop that runs until it is stopped or killed.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), messaging::Error>>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// Ends it wherever it is, as a crash would.
    pub(crate) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }

    pub(crate) fn start<F>(run: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = Result<(), messaging::Error>> + Send + 'static,
    {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(run(stop.clone())), stop }
    }
}

pub(crate) fn brokers() -> String {
    std::env::var("KAFKA_BROKERS").unwrap_or_else(|_| "127.0.0.1:9092".to_owned())
}

pub(crate) fn metrics() -> Metrics {
    Metrics::register(&mut prometheus_client::registry::Registry::default())
}

impl<T: Topic> Service<T> {
    /// Migrates `db` and makes the topic anew.
    pub(crate) async fn new(db: PgPool) -> Self {
        migrate(&db).await.unwrap();
        sqlx::query(
            "create table heard (id bigserial, key text, n bigint, event_id uuid, version bigint)",
        )
        .execute(&db)
        .await
        .unwrap();
        make_anew(T::NAME).await;
        let consumer = Box::leak(format!("it-{}", uuid::Uuid::new_v4()).into_boxed_str());
        Self { db, consumer, faults: Faults::default(), topic: PhantomData }
    }

    pub(crate) fn relay(&self) -> Running {
        self.relay_with(settings())
    }

    pub(crate) fn relay_with(&self, settings: RelaySettings) -> Running {
        let relay = Relay::new("it", &brokers(), self.db.clone(), settings, metrics());
        Running::start(|stop| relay.run(stop))
    }

    pub(crate) fn consumer(&self) -> Running {
        self.consumer_with(Recorder::<T> { faults: Arc::clone(&self.faults), topic: PhantomData })
    }

    pub(crate) fn consumer_with(&self, reaction: impl Reaction) -> Running {
        self.consumer_of(Handlers::new().react(reaction))
    }

    pub(crate) fn consumer_of(&self, handlers: Handlers) -> Running {
        let consumer =
            Consumer::new(self.consumer, &brokers(), self.db.clone(), metrics(), handlers);
        Running::start(|stop| consumer.run(stop))
    }

    pub(crate) fn fail(&self, key: &str, n: i64, class: ErrorClass, times: u32) {
        self.faults.lock().unwrap().insert((key.to_owned(), n), (class, times));
    }

    /// Commits facts in one transaction.
    pub(crate) async fn say(&self, facts: &[(&str, i64)]) {
        self.say_all(facts.iter().map(|(key, n)| fact::<T>(key, *n))).await;
    }

    /// Commits whatever it is in one transaction.
    pub(crate) async fn say_all(&self, facts: impl IntoIterator<Item = Outgoing>) {
        let mut tx = Tx::begin(&self.db).await.unwrap();
        append(&mut tx, facts).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What the handler did, in order, of one key.
    pub(crate) async fn heard(&self, key: &str) -> Vec<i64> {
        sqlx::query_scalar("select n from heard where key = $1 order by id")
            .bind(key)
            .fetch_all(&self.db)
            .await
            .unwrap()
    }

    pub(crate) async fn wait_for(&self, key: &str, heard: &[i64]) {
        eventually(&format!("{key} heard {heard:?}"), || async { self.heard(key).await == heard })
            .await;
    }

    pub(crate) async fn count(&self, what: &'static str) -> i64 {
        sqlx::query_scalar(what).fetch_one(&self.db).await.unwrap()
    }
}

pub(crate) fn settings() -> RelaySettings {
    RelaySettings { partitions: PARTITIONS, lease: Duration::from_secs(2), ..Default::default() }
}

pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut check: impl FnMut() -> F) {
    let until = tokio::time::Instant::now() + Duration::from_secs(40);
    while !check().await {
        assert!(tokio::time::Instant::now() < until, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn admin() -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", brokers()).create().unwrap()
}

pub(crate) async fn delete(topic: &str) {
    admin().delete_topics(&[topic], &AdminOptions::new()).await.unwrap();
}

/// Sets the largest batch that the topic takes, in bytes.
pub(crate) async fn limit(topic: &str, bytes: u32) {
    let bytes = bytes.to_string();
    let config = AlterConfig::new(ResourceSpecifier::Topic(topic)).set("max.message.bytes", &bytes);
    let done = admin().alter_configs(&[config], &AdminOptions::new()).await.unwrap();
    assert!(done.iter().all(Result::is_ok), "{done:?}");
}

/// Deletes what an earlier run left and creates the topic.
pub(crate) async fn make_anew(topic: &str) {
    delete(topic).await;
    let spec = TopicSpec { name: topic.to_owned(), partitions: PARTITIONS, retention_ms: -1 };
    eventually("the old topic is gone", || async {
        let made = create_topics(&brokers(), std::slice::from_ref(&spec)).await;
        made.is_ok_and(|made| made.created.len() == 1)
    })
    .await;
}

/// A record as the broker holds it, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) partition: i32,
    pub(crate) key: String,
    pub(crate) payload: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) timestamp: Option<i64>,
}

impl Raw {
    pub(crate) fn header(&self, name: &str) -> &str {
        &self.headers.iter().find(|(key, _)| key == name).unwrap().1
    }
}

/// Everything that is on the topic, partition by partition, in order.
pub(crate) async fn on_topic<T: Topic>() -> Vec<Raw> {
    tokio::task::spawn_blocking(|| read_all(T::NAME)).await.unwrap()
}

fn read_all(topic: &str) -> Vec<Raw> {
    let kafka: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers())
        .set("group.id", "it-reader")
        .create()
        .unwrap();
    let mut records = Vec::new();
    for partition in 0..PARTITIONS {
        let timeout = Duration::from_secs(10);
        let (_, end) = kafka.fetch_watermarks(topic, partition, timeout).unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
        kafka.assign(&list).unwrap();
        let mut next = 0;
        while next < end {
            // Nothing yet, or an event of the client's own.
            let Some(message) = kafka.poll(timeout) else { continue };
            let message = message.unwrap();
            next = message.offset() + 1;
            let headers = message.headers().unwrap().iter();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            records.push(Raw {
                partition,
                key: text(message.key().unwrap()),
                payload: text(message.payload().unwrap()),
                headers: headers.map(|h| (h.key.to_owned(), text(h.value.unwrap()))).collect(),
                timestamp: message.timestamp().to_millis(),
            });
        }
    }
    records
}
