//! Writing events into the outbox, in the transaction that they are about.

use sqlx::PgConnection;

use crate::cause::{self, Cause};
use crate::event::Outgoing;
use crate::{Classify, ErrorClass, held, trace, wake};

/// The largest event, in bytes: what a broker takes by default (1 MiB) less room for headers.
const LARGEST: usize = 900_000;

/// Why events were refused. The caller's transaction must not commit.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The ordering key is empty.
    #[error("{0} has no key")]
    NoKey(&'static str),
    /// Payload, key and subject are more than 900 kB.
    #[error("{event_type} has {bytes} bytes, more than {LARGEST}")]
    TooLarge {
        /// The contract's name.
        event_type: &'static str,
        /// The size of payload, key and subject.
        bytes: usize,
    },
    /// The database failed.
    #[error("database failed")]
    Database(#[from] sqlx::Error),
}

impl Classify for AppendError {
    fn class(&self) -> ErrorClass {
        match self {
            Self::NoKey(_) | Self::TooLarge { .. } => ErrorClass::Permanent,
            Self::Database(error) => error.class(),
        }
    }
}

/// Appends events to the outbox, in order, in the caller's transaction, stamped with
/// [`Cause::current`]. Call it after the aggregate's row is locked or its version checked: events of
/// one key are in order only if their transactions are. In handlers and settlements the events of a
/// whole batch are written together, just before its commit.
///
/// # Errors
/// An event without a key or above 900 kB, or a failing database. Nothing was written then.
pub async fn append(
    conn: &mut PgConnection,
    events: impl IntoIterator<Item = Outgoing>,
) -> Result<(), AppendError> {
    let rows = Rows::of(events)?;
    if !rows.ids.is_empty() {
        wake::events_soon();
        if let Some(rows) = held::hold_events(rows) {
            rows.write(conn).await?;
        }
    }
    Ok(())
}

/// Events as the outbox takes them, a column each.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    ids: Vec<uuid::Uuid>,
    topics: Vec<&'static str>,
    types: Vec<&'static str>,
    keys: Vec<String>,
    subjects: Vec<String>,
    versions: Vec<i64>,
    payloads: Vec<Vec<u8>>,
    correlations: Vec<uuid::Uuid>,
    causations: Vec<Option<uuid::Uuid>>,
    traceparents: Vec<Option<String>>,
}

impl Rows {
    fn of(events: impl IntoIterator<Item = Outgoing>) -> Result<Self, AppendError> {
        let mut rows = Self::default();
        let cause = Cause::current();
        let traceparent = trace::inject().or(cause.traceparent);
        for event in events {
            if event.key.is_empty() {
                return Err(AppendError::NoKey(event.event_type));
            }
            // The key is in the record twice where it is the subject too.
            let bytes = event.payload.len() + event.key.len() + event.subject.len();
            if bytes > LARGEST {
                return Err(AppendError::TooLarge { event_type: event.event_type, bytes });
            }
            rows.ids.push(cause::next_id());
            rows.topics.push(event.topic);
            rows.types.push(event.event_type);
            rows.keys.push(event.key);
            rows.subjects.push(event.subject);
            rows.versions.push(event.version);
            rows.payloads.push(event.payload);
            rows.correlations.push(cause.correlation);
            rows.causations.push(cause.causation);
            rows.traceparents.push(traceparent.clone());
        }
        Ok(rows)
    }

    /// Puts `later` behind these.
    pub(crate) fn extend(&mut self, later: Self) {
        self.ids.extend(later.ids);
        self.topics.extend(later.topics);
        self.types.extend(later.types);
        self.keys.extend(later.keys);
        self.subjects.extend(later.subjects);
        self.versions.extend(later.versions);
        self.payloads.extend(later.payloads);
        self.correlations.extend(later.correlations);
        self.causations.extend(later.causations);
        self.traceparents.extend(later.traceparents);
    }

    /// Writes them, in order, in one statement; none costs nothing.
    pub(crate) async fn write(self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.ids.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "insert into messaging.outbox
                 (slot, event_id, topic, type, key, subject, version, payload,
                  correlation, causation, traceparent)
             select (select slot from messaging.outbox_slot), e.*
             from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                         $7::bytea[], $8::uuid[], $9::uuid[], $10::text[]) as e",
        )
        .bind(self.ids)
        .bind(self.topics)
        .bind(self.types)
        .bind(self.keys)
        .bind(self.subjects)
        .bind(self.versions)
        .bind(self.payloads)
        .bind(self.correlations)
        .bind(self.causations)
        .bind(self.traceparents)
        .execute(conn)
        .await?;
        Ok(())
    }
}
