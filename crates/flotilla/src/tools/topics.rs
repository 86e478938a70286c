//! `flotilla topics`: makes the topics that contracts name; no broker makes one by itself.

use anyhow::Result;
use clap::Args;
use messaging::TopicSpec;

const THIRTY_DAYS_MS: i64 = 30 * 24 * 3600 * 1000;

#[derive(Args)]
pub(crate) struct Topics {
    /// Kafka's bootstrap servers.
    #[arg(long, env = "KAFKA_BROKERS")]
    kafka_brokers: String,
    /// Events of one key stay in one of so many partitions. Fixed for ever: another number would part
    /// keys from their past.
    #[arg(long, env = "TOPIC_PARTITIONS", default_value_t = 12)]
    topic_partitions: i32,
}

impl Topics {
    pub(crate) async fn run(self) -> Result<()> {
        let specs: Vec<TopicSpec> = contracts::TOPICS
            .iter()
            .map(|topic| TopicSpec {
                name: topic.name.to_owned(),
                partitions: self.topic_partitions,
                retention_ms: if topic.lasting { -1 } else { THIRTY_DAYS_MS },
            })
            .collect();
        messaging::create_topics(&self.kafka_brokers, &specs).await?;
        Ok(())
    }
}
