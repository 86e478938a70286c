//! The headers of a record: CloudEvents' Kafka binding, cause, trace and the chain of positions.

use std::fmt::{Display, Write as _};

use rdkafka::message::{Header, OwnedHeaders};
use time::format_description::well_known::Rfc3339;

use super::read::Event;
use crate::Error;
use crate::envelope::WITHHELD;
use crate::position::Position;

/// How many there are at most.
const MOST: usize = 13;

/// Builds the headers. They depend on what is stored and on nothing else (no term, no trace of the
/// relay's own), because a record that is sent again has to be the same byte for byte.
///
/// Source: CloudEvents 1.0.2, Kafka protocol binding, binary content mode; W3C Trace Context.
pub(super) fn of(
    source: &str,
    event: &Event<'_>,
    position: Position,
    previous: Position,
) -> Result<OwnedHeaders, Error> {
    let time = event.occurred_at.format(&Rfc3339).map_err(|e| Error::Corrupt(e.to_string()))?;
    let mut headers = Headers::new()
        .put("ce_specversion", "1.0")
        .print("ce_id", event.event_id)
        .put("ce_source", source)
        .put("ce_type", event.event_type)
        .put("ce_time", &time)
        .put("ce_subject", event.subject)
        .put("content-type", "application/protobuf")
        .print("version", event.version)
        .print("correlation", event.correlation);
    if let Some(causation) = event.causation {
        headers = headers.print("causation", causation);
    }
    if let Some(traceparent) = event.traceparent {
        headers = headers.put("traceparent", traceparent);
    }
    Ok(headers.print("position", position).print("previous", previous).list)
}

/// Builds the headers of the empty record that takes the position of a withheld event. What may be large
/// is left out.
pub(super) fn empty(
    source: &str,
    event: &Event<'_>,
    position: Position,
    previous: Position,
) -> Result<OwnedHeaders, Error> {
    let time = event.occurred_at.format(&Rfc3339).map_err(|e| Error::Corrupt(e.to_string()))?;
    let headers = Headers::new()
        .put("ce_specversion", "1.0")
        .print("ce_id", event.event_id)
        .put("ce_source", source)
        .put("ce_type", WITHHELD)
        .put("ce_time", &time)
        .print("version", event.version)
        .print("correlation", event.correlation);
    Ok(headers.print("position", position).print("previous", previous).list)
}

/// Headers in the making; librdkafka copies what it is given.
struct Headers {
    list: OwnedHeaders,
    printed: String,
}

impl Headers {
    fn new() -> Self {
        // Room for the longest, a position of three long numbers.
        Self { list: OwnedHeaders::new_with_capacity(MOST), printed: String::with_capacity(64) }
    }

    fn put(mut self, key: &str, value: &str) -> Self {
        self.list = self.list.insert(Header { key, value: Some(value) });
        self
    }

    fn print(mut self, key: &str, value: impl Display) -> Self {
        self.printed.clear();
        // A string takes whatever is written.
        let _always = write!(self.printed, "{value}");
        self.list = self.list.insert(Header { key, value: Some(&self.printed) });
        self
    }
}
