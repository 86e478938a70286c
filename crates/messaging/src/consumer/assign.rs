//! Rebalances: librdkafka asks, the reader answers in its own time.

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;
use tokio::sync::mpsc;

use super::group::Group;
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
    instance: Option<String>,
}

impl Membership {
    /// A member of the group `name`, which joins when it subscribes.
    pub(super) fn new(group: Group, name: &str, brokers: &str) -> Result<Self, Error> {
        let (heard, changes) = mpsc::unbounded_channel();
        let kafka = group.client(name, brokers).create_with_context(Rebalances(heard))?;
        Ok(Self { changes, kafka, instance: group.instance })
    }

    /// Why the client is of no use any more, if it is not: waiting would not mend that.
    pub(super) fn refused(&self) -> Option<Error> {
        let (code, reason) = self.kafka.client().fatal_error()?;
        let twin = [RDKafkaErrorCode::FencedInstanceId, RDKafkaErrorCode::UnreleasedInstanceId];
        Some(if twin.contains(&code) {
            Error::SameInstance(self.instance.clone().unwrap_or_default())
        } else {
            Error::RefusedMember(reason)
        })
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
