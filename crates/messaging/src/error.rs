//! Why a relay, consumer or worker loop could not start or go on.

/// A failure of the machinery, as opposed to a handler's.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service's own database.
    #[error("database failed")]
    Database(#[from] sqlx::Error),
    /// The broker or its client library.
    #[error("kafka failed")]
    Kafka(#[from] rdkafka::error::KafkaError),
    /// A topic is not as the fleet needs it.
    #[error("topic {topic}: {problem}")]
    Topic {
        /// Its name.
        topic: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Kafka refuses a record for good; it is withheld and the relay goes on.
    #[error("topic {topic} refuses a record: {problem}")]
    Refused {
        /// The topic.
        topic: String,
        /// What Kafka says.
        problem: String,
    },
    /// A topic, or the outbox itself, was made for another number of partitions.
    #[error("topic {topic}: has {found} partitions, not {wanted}")]
    Partitions {
        /// Its name.
        topic: String,
        /// What it has.
        found: i32,
        /// What the settings say.
        wanted: i32,
    },
    /// Two handlers of one consumer, or two workers of one process, want the same.
    #[error("{0} is handled twice")]
    HandledTwice(&'static str),
    /// Two processes are members of one group under one name. The broker kept the one that came last
    /// (the members decide) or first (the broker decides), and this is the other; or the broker still
    /// waits for an earlier process of this name, which crashed.
    #[error("the group has another member with the instance id {0}")]
    SameInstance(String),
    /// The group wants this member no more.
    #[error("the consumer group refuses this member: {0}")]
    RefusedMember(String),
    /// The database was restored from a dump, whose transaction ids mean nothing any more.
    #[error("the outbox comes from another database cluster: {0}")]
    ForeignOutbox(String),
    /// This process no longer leads; another relay does.
    #[error("the relay's term is over")]
    TermOver,
    /// A replay cannot go on; the live tables are as they were.
    #[error("replay: {0}")]
    Replay(String),
    /// Stored or received data that this crate cannot have written.
    #[error("unreadable: {0}")]
    Corrupt(String),
}

impl Error {
    pub(crate) fn topic(topic: &str, problem: impl Into<String>) -> Self {
        Self::Topic { topic: topic.to_owned(), problem: problem.into() }
    }
}
