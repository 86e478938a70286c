//! How the consumers of one service share its partitions.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rdkafka::ClientConfig;

/// Who decides which member of a group has which partitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupProtocol {
    /// The members do, and only what changes hands stops (cooperative-sticky).
    #[default]
    Classic,
    /// The broker does (KIP-848, Kafka 4); how long a crash is waited for is a setting of the broker's.
    Consumer,
}

/// A name of no group protocol.
#[derive(Debug, thiserror::Error)]
#[error("not one of `classic` and `consumer`")]
pub struct NoSuchProtocol;

impl FromStr for GroupProtocol {
    type Err = NoSuchProtocol;

    fn from_str(name: &str) -> Result<Self, NoSuchProtocol> {
        match name {
            "classic" => Ok(Self::Classic),
            "consumer" => Ok(Self::Consumer),
            _ => Err(NoSuchProtocol),
        }
    }
}

impl fmt::Display for GroupProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Classic => "classic",
            Self::Consumer => "consumer",
        })
    }
}

/// How a process is a member of its service's group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Who decides.
    pub protocol: GroupProtocol,
    /// A name that the process keeps when it is started again (static membership): it gets back the
    /// partitions that it had, and nobody else gets them meanwhile. No two processes at once may have
    /// the same one: the one that the broker does not want ends with
    /// [`Error::SameInstance`](crate::Error::SameInstance).
    pub instance: Option<String>,
    /// After how much silence a member's partitions are given to others, if the members decide; the
    /// broker takes no less than 6 s.
    pub session: Duration,
}

impl Default for Group {
    fn default() -> Self {
        let session = Duration::from_secs(6);
        Self { protocol: GroupProtocol::default(), instance: None, session }
    }
}

impl Group {
    /// The configuration of a member of the group `name`.
    pub(super) fn client(&self, name: &str, brokers: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", brokers)
            .set("client.id", name)
            .set("group.id", name)
            // Offsets are told for people and tools only; the database knows where to go on.
            .set("enable.auto.offset.store", "false")
            // If the log begins after the mark the chain shows it, and nothing is handled.
            .set("auto.offset.reset", "earliest")
            .set("fetch.wait.max.ms", "500")
            .set("queued.min.messages", "2000")
            // With so short a queue the library's second between fetches would be 2,000 events a second.
            .set("fetch.queue.backoff.ms", "5")
            .set("queued.max.messages.kbytes", "8192")
            .set("topic.metadata.refresh.interval.ms", "30000")
            .set("group.protocol", self.protocol.to_string());
        if self.protocol == GroupProtocol::Classic {
            config
                .set("partition.assignment.strategy", "cooperative-sticky")
                .set("session.timeout.ms", self.session.as_millis().to_string())
                .set("heartbeat.interval.ms", "2000");
        }
        if let Some(instance) = &self.instance {
            config.set("group.instance.id", instance);
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_survives_its_name() {
        for protocol in [GroupProtocol::Classic, GroupProtocol::Consumer] {
            assert_eq!(protocol.to_string().parse::<GroupProtocol>().unwrap(), protocol);
        }
        assert!("raft".parse::<GroupProtocol>().is_err());
    }
}
