//! `flotilla backlog`: per service the age of the oldest event not yet sent and of the oldest not yet handled.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use serde::Serialize;
use sqlx::{Connection as _, PgConnection};

use crate::services;

#[derive(Args)]
pub(crate) struct Backlogs {
    /// The services' databases, with `{service}` in the place of the name.
    #[arg(long, env = "DATABASE_URL_TEMPLATE", hide_env_values = true)]
    database_url_template: String,
    /// Kafka's bootstrap servers.
    #[arg(long, env = "KAFKA_BROKERS")]
    kafka_brokers: String,
}

/// How far one service is behind; `null`: nothing waits.
#[derive(Serialize)]
struct Lag {
    oldest_unsent_ms: Option<u128>,
    oldest_unhandled_ms: Option<u128>,
    withheld_events: i64,
    parked_keys: i64,
    due_jobs: i64,
    compared_ms_ago: Option<u128>,
    topic_differences: i64,
}

const PATIENCE: Duration = Duration::from_secs(3);

impl Backlogs {
    pub(crate) async fn run(self) -> Result<()> {
        let mut lags = BTreeMap::new();
        for service in services::with_database() {
            let url = self.database_url_template.replace("{service}", service.name);
            let lag =
                self.lag(service.name, &url).await.with_context(|| service.name.to_owned())?;
            lags.insert(service.name, lag);
        }
        println!("{}", serde_json::to_string_pretty(&lags)?);
        Ok(())
    }

    async fn lag(&self, service: &str, url: &str) -> Result<Lag> {
        let mut conn = PgConnection::connect(url).await?;
        let backlog = messaging::backlog(&mut conn).await?;
        let done: Vec<(String, i32, i64)> = sqlx::query_as(
            "select topic, partition, min(kafka_offset) from messaging.consumer_progress
             where consumer = $1 group by topic, partition",
        )
        .bind(service)
        .fetch_all(&mut conn)
        .await?;
        let brokers = self.kafka_brokers.clone();
        let unhandled = tokio::task::spawn_blocking(move || oldest(&brokers, &done)).await??;
        Ok(Lag {
            oldest_unsent_ms: backlog.oldest_unsent.map(|age| age.as_millis()),
            oldest_unhandled_ms: unhandled.map(|age| age.as_millis()),
            withheld_events: backlog.withheld,
            parked_keys: backlog.parked_keys,
            due_jobs: backlog.due_jobs,
            compared_ms_ago: backlog.compared.map(|age| age.as_millis()),
            topic_differences: backlog.differences,
        })
    }
}

/// The age of the oldest record behind the offsets that a service has done.
fn oldest(brokers: &str, done: &[(String, i32, i64)]) -> Result<Option<Duration>> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "flotilla-backlog")
        .set("enable.auto.commit", "false")
        .create()?;
    let mut waiting = TopicPartitionList::new();
    for (topic, partition, offset) in done {
        let (_, end) = consumer.fetch_watermarks(topic, *partition, PATIENCE)?;
        if offset + 1 < end {
            waiting.add_partition_offset(topic, *partition, Offset::Offset(offset + 1))?;
        }
    }
    let mut missing = waiting.count();
    if missing == 0 {
        return Ok(None);
    }
    consumer.assign(&waiting)?;
    let now = kernel::now().unix_timestamp_nanos();
    let mut oldest = Duration::ZERO;
    while missing > 0 {
        let Some(record) = consumer.poll(PATIENCE) else { break };
        let record = record?;
        let millis = record.timestamp().to_millis().unwrap_or(0);
        let age = now - i128::from(millis) * 1_000_000;
        oldest = oldest.max(Duration::from_nanos(u64::try_from(age).unwrap_or(0)));
        let mut seen = TopicPartitionList::new();
        seen.add_partition(record.topic(), record.partition());
        consumer.pause(&seen)?;
        missing -= 1;
    }
    Ok(Some(oldest))
}
