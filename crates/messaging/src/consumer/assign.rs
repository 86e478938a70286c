//! Rebalances: librdkafka asks, the reader answers in its own time.

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;
use tokio::sync::mpsc;

/// What the group wants changed.
#[derive(Debug)]
pub(super) enum Change {
    /// These partitions are to be ours.
    Assign(Vec<(String, i32)>),
    /// These are to be given up.
    Revoke(Vec<(String, i32)>),
}

/// Passes rebalances on. librdkafka waits for the assignment to be changed, which need not be done
/// inside the call-back: the reader first loads marks, or lets work in flight end.
pub(super) struct Rebalances(pub(super) mpsc::UnboundedSender<Change>);

impl ClientContext for Rebalances {}

impl ConsumerContext for Rebalances {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        code: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let places = list
            .elements()
            .iter()
            .map(|element| (element.topic().to_owned(), element.partition()))
            .collect();
        let revoked = code != RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let change = if revoked { Change::Revoke(places) } else { Change::Assign(places) };
        if self.0.send(change).is_err() && revoked {
            // The reader is gone and the consumer is closing: there is no work to wait for.
            if let Err(error) = consumer.incremental_unassign(list) {
                tracing::debug!(error = &error as &dyn std::error::Error, "already unassigned");
            }
        }
    }
}
