//! The event backbone under faults: hostile writers, processes that die between any two steps, and a
//! checker that believes only databases and topics.
//!
//! Read [`identity`] (what is written), [`load`] (by whom), [`subject`] (the processes that carry it),
//! [`plan`] (what the seed decides), [`faults`] (what happens to them) and [`checker`] (what must be true
//! afterwards). [`chaos`] puts it together.

pub mod chaos;
pub mod checker;
pub mod faults;
pub mod ground;
pub mod identity;
pub mod load;
pub mod plan;
pub mod process;
pub mod subject;

/// Why the trial could not be made, or judged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A database.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The broker.
    #[error("kafka: {0}")]
    Kafka(#[from] rdkafka::error::KafkaError),
    /// What is tried.
    #[error("messaging: {0}")]
    Messaging(#[from] messaging::Error),
    /// Its tables.
    #[error("messaging's tables: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A process or a file.
    #[error("system: {0}")]
    System(#[from] std::io::Error),
    /// The supervisor's list of processes.
    #[error("the supervisor's records: {0}")]
    Records(#[from] serde_json::Error),
    /// A task of our own.
    #[error("a task panicked: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// Something that takes longer than it may.
    #[error("{0}")]
    Overdue(String),
}
