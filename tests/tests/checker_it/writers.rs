//! Adversarial writers: early transaction ids, think time, rollbacks, few keys.

use std::marker::PhantomData;
use std::time::Duration;

use messaging::{Event, Outgoing, TopicSpec, Tx, append, create_topics};
use rand::RngExt;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::time::Instant;

const WRITERS: usize = 24;
const KEYS: u32 = 40;

/// Names the topic of one test.
pub(crate) trait Topic: Send + Sync + 'static {
    const NAME: &'static str;
}

struct Written<T> {
    key: String,
    topic: PhantomData<T>,
}

impl<T: Topic> Event for Written<T> {
    const TYPE: &'static str = "e2e.Written";
    const TOPIC: &'static str = T::NAME;

    fn key(&self) -> &str {
        &self.key
    }

    fn subject(&self) -> &str {
        &self.key
    }

    fn encode(&self) -> Vec<u8> {
        vec![7; 300]
    }
}

pub(crate) fn brokers() -> String {
    std::env::var("KAFKA_BROKERS").unwrap_or_else(|_| "127.0.0.1:9092".to_owned())
}

/// Deletes what an earlier run left and creates the topic.
pub(crate) async fn make_anew(topic: &str) {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", brokers()).create().unwrap();
    admin.delete_topics(&[topic], &AdminOptions::new()).await.unwrap();
    let spec = TopicSpec { name: topic.to_owned(), partitions: 12, retention_ms: -1 };
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let made = create_topics(&brokers(), std::slice::from_ref(&spec)).await;
        if made.is_ok_and(|made| made.created.len() == 1) {
            return;
        }
        assert!(Instant::now() < until, "the old topic never went");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Writes for a while.
pub(crate) async fn write<T: Topic>(db: PgPool, length: Duration) {
    sqlx::raw_sql(
        "create table aggregate (key text primary key);
         insert into aggregate select 'k' || n from generate_series(0, 39) n",
    )
    .execute(&db)
    .await
    .unwrap();
    let until = Instant::now() + length;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        // Connections of their own: the test's pool is too small for so many.
        let options = db.connect_options();
        writers.spawn(async move {
            let own =
                PgPoolOptions::new().max_connections(1).connect_lazy_with(options.as_ref().clone());
            while Instant::now() < until {
                one::<T>(&own).await;
            }
        });
    }
    writers.join_all().await;
}

async fn one<T: Topic>(db: &PgPool) {
    let draw = |percent: u32| rand::rng().random_range(0..100) < percent;
    let think = || Duration::from_millis(rand::rng().random_range(0..50));
    let key = format!("k{}", rand::rng().random_range(0..KEYS));
    let mut tx = Tx::begin(db).await.unwrap();
    if draw(40) {
        sqlx::query("select pg_current_xact_id()").execute(&mut *tx).await.unwrap();
        tokio::time::sleep(think()).await;
    }
    sqlx::query("select from aggregate where key = $1 for update")
        .bind(&key)
        .execute(&mut *tx)
        .await
        .unwrap();
    let event = Written::<T> { key, topic: PhantomData };
    append(&mut tx, [Outgoing::new(&event), Outgoing::new(&event)]).await.unwrap();
    tokio::time::sleep(think()).await;
    if draw(10) { tx.rollback().await.unwrap() } else { tx.commit().await.unwrap() }
}
