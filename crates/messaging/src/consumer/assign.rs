//! Rebalances: librdkafka asks, the reader answers in its own time.

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;
use tokio::sync::mpsc;

use crate::{Error, quiet};

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
pub(super) struct Rebalances(mpsc::UnboundedSender<Change>);

impl ClientContext for Rebalances {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        quiet::log(facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        quiet::log(&error.to_string(), reason);
    }
}

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
        let assigned = code == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let change = if assigned { Change::Assign(places) } else { Change::Revoke(places) };
        if let Err(unheard) = self.0.send(change) {
            answer(consumer, &unheard.0);
        }
    }
}

/// Does what the group wants without further ado, when nobody is there to prepare for it any more.
/// Without an answer, closing the consumer would wait for ever.
fn answer(consumer: &impl Consumer<Rebalances>, change: &Change) {
    let mut list = TopicPartitionList::new();
    let (Change::Assign(places) | Change::Revoke(places)) = change;
    for (topic, partition) in places {
        list.add_partition(topic, *partition);
    }
    let answered = match change {
        Change::Assign(_) => consumer.incremental_assign(&list),
        Change::Revoke(_) => consumer.incremental_unassign(&list),
    };
    if let Err(error) = answered {
        tracing::debug!(error = &error as &dyn std::error::Error, "no longer in the group");
    }
}

/// The membership of the group: the client and what the group has asked of it.
pub(super) struct Membership {
    pub(super) changes: mpsc::UnboundedReceiver<Change>,
    pub(super) kafka: StreamConsumer<Rebalances>,
}

impl Membership {
    /// Joins with this configuration.
    pub(super) fn new(config: &ClientConfig) -> Result<Self, Error> {
        let (heard, changes) = mpsc::unbounded_channel();
        Ok(Self { changes, kafka: config.create_with_context(Rebalances(heard))? })
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        // From here on the call-back answers by itself; what it passed on before is answered now.
        self.changes.close();
        while let Ok(change) = self.changes.try_recv() {
            answer(&self.kafka, &change);
        }
    }
}
