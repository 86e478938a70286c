//! What the Kafka client says of itself, where people do not have to read it.

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;

/// The context of a client without one of its own.
#[derive(Debug)]
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        log(facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        log(&error.to_string(), reason);
    }
}

impl ConsumerContext for Quiet {}

/// Notes a line of the client's own. Each connection of each client tells of each outage, several
/// times a second; what matters comes a second time, as the result of what was asked, and is told
/// once by whoever asked.
pub(crate) fn log(facility: &str, message: &str) {
    tracing::debug!(target: "librdkafka", facility, "{message}");
}
