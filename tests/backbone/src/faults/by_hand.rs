//! What people do by hand: poison and cure keys, send records again, move a consumer, look after what is
//! parked.

use std::time::Duration;

use messaging::{parking, withheld};
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::ToBytes;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::ground::Ground;
use crate::identity::{FACTS, PARTITIONS};

/// How long a part that was struck may take to answer again.
const PATIENCE: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(20);
/// Of each partition, so many of the last records are sent again.
const COPIES: i64 = 40;

/// Somebody with access to database and broker.
#[derive(Clone, Debug)]
pub struct Hand(pub Ground);

impl Hand {
    /// Waits until the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn wait_for_database(&self) -> Result<(), Error> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.connect().await {
                Err(error) if Instant::now() > until => return Err(error.into()),
                Err(_) => sleep(Duration::from_millis(100)).await,
                Ok(_) => return Ok(()),
            }
        }
    }

    /// Has handlers refuse these keys.
    ///
    /// # Errors
    /// The database failed.
    pub async fn poison(&self, keys: &[String]) -> Result<(), Error> {
        let statement = "insert into poison select unnest($1::text[]) on conflict do nothing";
        sqlx::query(statement).bind(keys).execute(&mut self.connect().await?).await?;
        Ok(())
    }

    /// Ends that.
    ///
    /// # Errors
    /// The database failed.
    pub async fn cure(&self) -> Result<(), Error> {
        sqlx::query("delete from poison").execute(&mut self.connect().await?).await?;
        Ok(())
    }

    /// Sends the consumer so many records ahead, or back to the beginning: in its own table, from where
    /// whoever gets a partition next starts.
    ///
    /// # Errors
    /// The database failed.
    pub async fn send_consumer(&self, ahead: Option<i64>) -> Result<(), Error> {
        sqlx::query(
            "update messaging.consumer_progress
             set kafka_offset = case when $1::bigint is null then -1 else kafka_offset + $1 end",
        )
        .bind(ahead)
        .execute(&mut self.connect().await?)
        .await?;
        Ok(())
    }

    /// Sends the last records of each partition again, as they are; returns how many.
    ///
    /// # Errors
    /// The broker failed.
    pub async fn duplicate(&self) -> Result<usize, Error> {
        let brokers = self.0.brokers.clone();
        insist(move || duplicate(&brokers)).await
    }

    /// Sets the largest batch that the topic of facts takes.
    ///
    /// # Errors
    /// The broker failed.
    pub async fn limit(&self, bytes: u64) -> Result<(), Error> {
        let admin: AdminClient<DefaultClientContext> = client(&self.0.brokers).create()?;
        let bytes = bytes.to_string();
        let config =
            AlterConfig::new(ResourceSpecifier::Topic(FACTS)).set("max.message.bytes", &bytes);
        // This sets everything else back to the broker's own.
        let config = config.set("retention.ms", "-1");
        let until = Instant::now() + PATIENCE;
        loop {
            let done = admin.alter_configs([&config], &AdminOptions::new()).await;
            if done.is_ok_and(|done| done.iter().all(Result::is_ok)) {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(Error::Overdue(format!("the limit of {FACTS} cannot be set")));
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Commits offsets that mean nothing in the consumer's group, which has no members yet.
    ///
    /// # Errors
    /// The broker failed.
    pub async fn misplace_group(&self) -> Result<(), Error> {
        let (brokers, group) = (self.0.brokers.clone(), self.0.name.clone());
        insist(move || misplace(&brokers, &group)).await
    }

    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        self.0.options().connect().await
    }
}

/// Does it again until it works: a broker that has just started is not ready for everything.
async fn insist<T: Send + 'static>(
    work: impl Fn() -> Result<T, Error> + Clone + Send + 'static,
) -> Result<T, Error> {
    let until = Instant::now() + PATIENCE;
    loop {
        match tokio::task::spawn_blocking(work.clone()).await? {
            Err(_) if Instant::now() < until => sleep(Duration::from_millis(200)).await,
            done => return done,
        }
    }
}

fn client(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("enable.auto.commit", "false");
    config
}

fn misplace(brokers: &str, group: &str) -> Result<(), Error> {
    let kafka: BaseConsumer = client(brokers).set("group.id", group).create()?;
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(FACTS, partition, Offset::Offset(1_000_000))?;
    }
    Ok(kafka.commit(&list, CommitMode::Sync)?)
}

fn duplicate(brokers: &str) -> Result<usize, Error> {
    let kafka: BaseConsumer = client(brokers).set("group.id", "backbone-hand").create()?;
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", brokers).set("acks", "all").create()?;
    let mut copied = 0;
    for partition in 0..PARTITIONS {
        let (first, end) = kafka.fetch_watermarks(FACTS, partition, TIMEOUT)?;
        let mut next = first.max(end - COPIES);
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(FACTS, partition, Offset::Offset(next))?;
        kafka.assign(&list)?;
        while next < end {
            let Some(message) = kafka.poll(TIMEOUT) else { break };
            let message = message?;
            next = message.offset() + 1;
            let copy = BaseRecord::to(FACTS)
                .partition(partition)
                .key(message.key().unwrap_or_default().to_bytes())
                .payload(message.payload().unwrap_or_default())
                .timestamp(message.timestamp().to_millis().unwrap_or_default());
            let headers = message.headers().map(rdkafka::message::BorrowedHeaders::detach);
            let copy = copy.headers(headers.unwrap_or_default());
            producer.send(copy).map_err(|(error, _)| error)?;
            copied += 1;
        }
        producer.flush(TIMEOUT)?;
    }
    Ok(copied)
}

/// Looks after what waits for a person, until `stop`: skips what cannot be decoded, and has the rest
/// tried again.
pub async fn operate(ground: Ground, stop: CancellationToken) {
    while !stop.is_cancelled() {
        // A database that is down is looked at again.
        let _down = look_after(&ground).await;
        tokio::select! { () = sleep(Duration::from_secs(1)) => {}, () = stop.cancelled() => {} }
    }
}

async fn look_after(ground: &Ground) -> Result<(), sqlx::Error> {
    let mut conn = ground.options().connect().await?;
    for message in parking::list(&mut conn, 1_000).await? {
        if !message.blocking {
            continue;
        }
        if message.payload.starts_with(b"!") {
            parking::skip(&mut conn, message.id, "chaos", "meant to be unreadable").await?;
        } else if message.state == "person" || message.attempts > 2 {
            parking::retry(&mut conn, message.id, "chaos", "perhaps cured").await?;
        }
    }
    for event in withheld::list(&mut conn, 1_000).await? {
        if event.state == "person" && event.refusal.is_some() {
            withheld::release(&mut conn, event.id, "chaos", "perhaps it fits now").await?;
        }
    }
    conn.close().await
}
