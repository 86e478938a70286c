//! Creating topics from the topology; the broker never makes one by itself.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use crate::Error;

const TIMEOUT: Duration = Duration::from_secs(15);
/// A broker that has just started takes connections before it has a controller; asking again helps.
const ATTEMPTS: u32 = 4;

/// A topic as the fleet wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name, `<service>.<aggregate>.v<major>`.
    pub name: String,
    /// How many partitions; fixed for the topic's life.
    pub partitions: i32,
    /// How long records are kept, in milliseconds; -1 keeps them for ever.
    pub retention_ms: i64,
}

/// What [`create_topics`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Created {
    /// Names of topics made now.
    pub created: Vec<String>,
    /// Names of topics that were there already.
    pub existing: Vec<String>,
}

/// Creates those topics that are not there, replicated as the broker's default says. Doing it
/// again changes nothing.
///
/// # Errors
/// The broker cannot be reached or refuses, or a topic exists with another number of partitions.
pub async fn create_topics(brokers: &str, topics: &[TopicSpec]) -> Result<Created, Error> {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", brokers).create()?;
    let retention: Vec<String> = topics.iter().map(|t| t.retention_ms.to_string()).collect();
    let wanted: Vec<NewTopic<'_>> =
        topics.iter().zip(&retention).map(|(topic, ms)| new_topic(topic, ms)).collect();
    let options =
        AdminOptions::new().operation_timeout(Some(TIMEOUT)).request_timeout(Some(TIMEOUT));
    let mut attempt = 1;
    let answers = loop {
        match admin.create_topics(&wanted, &options).await {
            Err(KafkaError::AdminOp(RDKafkaErrorCode::OperationTimedOut)) if attempt < ATTEMPTS => {
                attempt += 1;
            }
            answers => break answers?,
        }
    };
    let mut done = Created::default();
    for answer in answers {
        match answer {
            Ok(name) => done.created.push(name),
            Err((name, RDKafkaErrorCode::TopicAlreadyExists)) => done.existing.push(name),
            Err((name, code)) => return Err(Error::topic(&name, code.to_string())),
        }
    }
    if done.existing.is_empty() {
        return Ok(done);
    }
    let specs = topics.to_vec();
    let names = done.existing.clone();
    tokio::task::spawn_blocking(move || check_existing(&admin, &specs, &names))
        .await
        .map_err(|error| Error::Corrupt(error.to_string()))??;
    Ok(done)
}

fn new_topic<'a>(topic: &'a TopicSpec, retention_ms: &'a str) -> NewTopic<'a> {
    // -1 asks for the broker's default.replication.factor.
    NewTopic::new(&topic.name, topic.partitions, TopicReplication::Fixed(-1))
        .set("retention.ms", retention_ms)
        .set("cleanup.policy", "delete")
}

fn check_existing(
    admin: &AdminClient<DefaultClientContext>,
    specs: &[TopicSpec],
    existing: &[String],
) -> Result<(), Error> {
    let metadata = admin.inner().fetch_metadata(None, TIMEOUT)?;
    for spec in specs.iter().filter(|spec| existing.contains(&spec.name)) {
        let found = metadata.topics().iter().find(|topic| topic.name() == spec.name);
        let found = found.map_or(0, |topic| topic.partitions().len());
        let found = i32::try_from(found).unwrap_or(i32::MAX);
        if found != spec.partitions {
            let (topic, wanted) = (spec.name.clone(), spec.partitions);
            return Err(Error::Partitions { topic, found, wanted });
        }
    }
    Ok(())
}
