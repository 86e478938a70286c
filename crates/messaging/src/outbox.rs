//! Writing events into the outbox, in the transaction that they are about.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::cause::{self, Cause};
use crate::event::Outgoing;
use crate::{Classify, ErrorClass, Tx, held, trace, wake};

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
    tx: &mut Tx,
    events: impl IntoIterator<Item = Outgoing>,
) -> Result<(), AppendError> {
    let events: Vec<Outgoing> = events.into_iter().collect();
    tx.note(&events);
    let rows = rows(events)?;
    if rows.is_empty() {
        return Ok(());
    }
    wake::events_soon();
    if let Some(rows) = held::hold(rows, |held| &mut held.events) {
        write(&rows, tx).await?;
    }
    Ok(())
}

/// An event, stamped.
#[derive(Debug)]
pub(crate) struct Row {
    id: Uuid,
    event: Outgoing,
    correlation: Uuid,
    causation: Option<Uuid>,
    traceparent: Option<String>,
}

fn rows(events: Vec<Outgoing>) -> Result<Vec<Row>, AppendError> {
    let Cause { correlation, causation, traceparent } = Cause::current();
    let traceparent = trace::inject().or(traceparent);
    let stamped = events.into_iter().map(|event| {
        if event.key.is_empty() {
            return Err(AppendError::NoKey(event.event_type));
        }
        // The key is in the record twice where it is the subject too.
        let bytes = event.payload.len() + event.key.len() + event.subject.len();
        if bytes > LARGEST {
            return Err(AppendError::TooLarge { event_type: event.event_type, bytes });
        }
        let (id, traceparent) = (cause::next_id(), traceparent.clone());
        Ok(Row { id, event, correlation, causation, traceparent })
    });
    stamped.collect()
}

/// Writes them, in order; none costs nothing.
pub(crate) async fn write(rows: &[Row], conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(held::AT_ONCE) {
        insert(rows, &mut *conn).await?;
    }
    Ok(())
}

async fn insert(rows: &[Row], conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into messaging.outbox
             (slot, event_id, topic, type, key, subject, version, payload,
              correlation, causation, traceparent)
         select (select slot from messaging.outbox_slot), ($1::uuid[])[n], ($2::text[])[n],
             ($3::text[])[n], ($4::text[])[n], ($5::text[])[n], ($6::bigint[])[n],
             ($7::bytea[])[n], ($8::uuid[])[n], ($9::uuid[])[n], ($10::text[])[n]
         from generate_series(1, cardinality($1::uuid[])) as n",
    )
    .bind(held::column(rows, |row| row.id))
    .bind(held::column(rows, |row| row.event.topic))
    .bind(held::column(rows, |row| row.event.event_type))
    .bind(held::column(rows, |row| row.event.key.as_str()))
    .bind(held::column(rows, |row| row.event.subject.as_str()))
    .bind(held::column(rows, |row| row.event.version))
    .bind(held::column(rows, |row| row.event.payload.as_slice()))
    .bind(held::column(rows, |row| row.correlation))
    .bind(held::column(rows, |row| row.causation))
    .bind(held::column(rows, |row| row.traceparent.as_deref()))
    .execute(conn)
    .await?;
    Ok(())
}
