//! The headers of a record: CloudEvents' Kafka binding, cause, trace and the chain of positions.

use rdkafka::message::{Header, OwnedHeaders};
use time::format_description::well_known::Rfc3339;

use super::read::Row;
use crate::Error;
use crate::envelope::WITHHELD;
use crate::position::Position;

/// Builds the headers. They depend on what is stored and on nothing else (no term, no trace of the
/// relay's own), because a record that is sent again has to be the same byte for byte.
///
/// Source: CloudEvents 1.0.2, Kafka protocol binding, binary content mode; W3C Trace Context.
pub(super) fn of(
    source: &str,
    row: &Row,
    position: Position,
    previous: Position,
) -> Result<OwnedHeaders, Error> {
    let time = row.occurred_at.format(&Rfc3339).map_err(|e| Error::Corrupt(e.to_string()))?;
    let put = |headers: OwnedHeaders, key: &str, value: &str| {
        headers.insert(Header { key, value: Some(value) })
    };
    let mut headers = OwnedHeaders::new_with_capacity(13);
    for (key, value) in [
        ("ce_specversion", "1.0"),
        ("ce_id", &row.event_id.to_string()),
        ("ce_source", source),
        ("ce_type", &row.event_type),
        ("ce_time", &time),
        ("ce_subject", &row.subject),
        ("content-type", "application/protobuf"),
        ("version", &row.version.to_string()),
        ("correlation", &row.correlation.to_string()),
    ] {
        headers = put(headers, key, value);
    }
    if let Some(causation) = row.causation {
        headers = put(headers, "causation", &causation.to_string());
    }
    if let Some(traceparent) = &row.traceparent {
        headers = put(headers, "traceparent", traceparent);
    }
    headers = put(headers, "position", &position.to_string());
    Ok(put(headers, "previous", &previous.to_string()))
}

/// Builds the headers of the empty record that takes the position of a withheld event. What may be large
/// is left out.
pub(super) fn empty(
    source: &str,
    row: &Row,
    position: Position,
    previous: Position,
) -> Result<OwnedHeaders, Error> {
    let time = row.occurred_at.format(&Rfc3339).map_err(|e| Error::Corrupt(e.to_string()))?;
    let mut headers = OwnedHeaders::new_with_capacity(9);
    for (key, value) in [
        ("ce_specversion", "1.0"),
        ("ce_id", &row.event_id.to_string()),
        ("ce_source", source),
        ("ce_type", WITHHELD),
        ("ce_time", &time),
        ("version", &row.version.to_string()),
        ("correlation", &row.correlation.to_string()),
        ("position", &position.to_string()),
        ("previous", &previous.to_string()),
    ] {
        headers = headers.insert(Header { key, value: Some(value) });
    }
    Ok(headers)
}
