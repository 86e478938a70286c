//! The independent checker: compares what services committed with what is on the topics.
//!
//! It shares no code with `messaging`: it reads outbox rows with its own SQL and topics with its
//! own consumer, so that a mistake there cannot hide itself here.

mod history;
mod outbox;
mod topics;

pub use history::{Report, Said, Seen, judge};

/// Why nothing could be said about a fleet.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A service's database.
    #[error("database failed")]
    Database(#[from] sqlx::Error),
    /// The broker.
    #[error("kafka failed")]
    Kafka(#[from] rdkafka::error::KafkaError),
    /// The reading thread.
    #[error("reading was cut short")]
    Cut(#[from] tokio::task::JoinError),
}

/// Compares the outboxes of `databases` (URLs) with every topic that they name, on `brokers`.
/// Rows past their retention are gone and their records count as ghosts, so it is for histories
/// younger than that; and whatever is still on its way counts as lost, so let things drain first.
///
/// # Errors
/// A database or the broker cannot be read.
pub async fn check(databases: &[String], brokers: &str) -> Result<Report, CheckError> {
    let mut said = Vec::new();
    for url in databases {
        said.extend(outbox::read(url).await?);
    }
    let mut names: Vec<String> = said.iter().map(|event| event.topic.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let brokers = brokers.to_owned();
    let seen = tokio::task::spawn_blocking(move || topics::read(&brokers, &names)).await??;
    Ok(judge(&said, &seen))
}
