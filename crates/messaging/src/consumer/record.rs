//! A record as it comes from Kafka: its envelope read from the headers.

use rdkafka::Message;
use rdkafka::message::{BorrowedMessage, Headers};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::envelope::Meta;
use crate::position::Position;

/// A record with everything that handling it needs.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) meta: Meta,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) position: Position,
    pub(crate) previous: Position,
    pub(crate) payload: Vec<u8>,
}

/// A record that no relay of ours can have sent: which header is missing or unreadable.
#[derive(Debug, thiserror::Error)]
#[error("no usable {0} header")]
pub(crate) struct Foreign(&'static str);

#[derive(Default)]
struct Found<'m> {
    id: Option<&'m str>,
    event_type: Option<&'m str>,
    time: Option<&'m str>,
    subject: Option<&'m str>,
    version: Option<&'m str>,
    correlation: Option<&'m str>,
    causation: Option<&'m str>,
    traceparent: Option<&'m str>,
    position: Option<&'m str>,
    previous: Option<&'m str>,
}

impl Record {
    /// Reads a message of `topic`.
    pub(crate) fn read(
        topic: &'static str,
        message: &BorrowedMessage<'_>,
    ) -> Result<Self, Foreign> {
        let found = Found::of(message);
        let key = message.key().unwrap_or_default();
        Ok(Self {
            partition: message.partition(),
            offset: message.offset(),
            position: parsed("position", found.position)?,
            previous: parsed("previous", found.previous)?,
            payload: message.payload().unwrap_or_default().to_vec(),
            meta: Meta {
                event_id: parsed("ce_id", found.id)?,
                event_type: found.event_type.ok_or(Foreign("ce_type"))?.to_owned(),
                topic,
                key: String::from_utf8_lossy(key).into_owned(),
                subject: found.subject.unwrap_or_default().to_owned(),
                version: parsed("version", found.version)?,
                occurred_at: found
                    .time
                    .and_then(|time| OffsetDateTime::parse(time, &Rfc3339).ok())
                    .ok_or(Foreign("ce_time"))?,
                correlation: parsed("correlation", found.correlation)?,
                causation: found.causation.and_then(|id| Uuid::parse_str(id).ok()),
                traceparent: found.traceparent.map(str::to_owned),
            },
        })
    }
}

impl<'m> Found<'m> {
    fn of(message: &'m BorrowedMessage<'_>) -> Self {
        let mut found = Self::default();
        let Some(headers) = message.headers() else { return found };
        for header in headers.iter() {
            let place = match header.key {
                "ce_id" => &mut found.id,
                "ce_type" => &mut found.event_type,
                "ce_time" => &mut found.time,
                "ce_subject" => &mut found.subject,
                "version" => &mut found.version,
                "correlation" => &mut found.correlation,
                "causation" => &mut found.causation,
                "traceparent" => &mut found.traceparent,
                "position" => &mut found.position,
                "previous" => &mut found.previous,
                _ => continue,
            };
            *place = header.value.and_then(|value| std::str::from_utf8(value).ok());
        }
        found
    }
}

fn parsed<T: std::str::FromStr>(name: &'static str, value: Option<&str>) -> Result<T, Foreign> {
    value.and_then(|value| value.parse().ok()).ok_or(Foreign(name))
}
