//! Trying parked keys again: the record that blocks, then those behind it, then the key is free.

use std::time::Duration;

use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;

use super::erased::{Failure, chain_of};
use super::handlers::Handler;
use super::record::Record;
use super::{Shared, plan};
use crate::envelope::Meta;
use crate::outage::Outage;
use crate::position::Position;
use crate::relay::interval;
use crate::{Classify, ErrorClass, Tx, wake};

const LOOK: Duration = Duration::from_secs(1);

/// What one look found.
enum Look {
    /// No key is due.
    Nothing,
    /// One record was settled; there may be more.
    Settled,
    /// The world is down.
    Unavailable,
}

/// Runs until `stop`.
pub(super) async fn run(shared: Shared, stop: CancellationToken) {
    let mut outage = Outage::of("looking after parked keys");
    while !stop.is_cancelled() {
        match wake::announcing(look(&shared)).await {
            Ok(Look::Settled) => {
                wake::effects();
                continue;
            }
            Ok(Look::Nothing) => {
                outage.over();
            }
            Ok(Look::Unavailable) => {}
            Err(error) => {
                outage.failed(&error);
            }
        }
        let _stopped = tokio::time::timeout(LOOK, stop.cancelled()).await;
    }
}

/// A key's first record, with what is known of it.
#[derive(sqlx::FromRow)]
struct Parked {
    id: i64,
    topic: String,
    key: String,
    partition: i32,
    incarnation: i64,
    window_id: i64,
    seq: i64,
    kafka_offset: i64,
    event_id: uuid::Uuid,
    #[sqlx(rename = "type")]
    event_type: String,
    subject: String,
    version: i64,
    occurred_at: time::OffsetDateTime,
    correlation: uuid::Uuid,
    causation: Option<uuid::Uuid>,
    traceparent: Option<String>,
    payload: Vec<u8>,
}

async fn look(shared: &Shared) -> Result<Look, sqlx::Error> {
    if !any_due(&mut *shared.pool.acquire().await?, shared.name).await? {
        return Ok(Look::Nothing);
    }
    let mut tx = Tx::begin(&shared.pool).await?;
    let Some((topic, key)) = due(&mut tx, shared.name).await? else { return Ok(Look::Nothing) };
    let Some(parked) = first(&mut tx, shared.name, &topic, &key).await? else {
        free(&mut tx, shared.name, &topic, &key).await?;
        tx.commit().await?;
        tracing::info!(topic, key, "key is free again");
        return Ok(Look::Settled);
    };
    let id = parked.id;
    let failure = match shared.handlers.get(&topic) {
        Some((topic, handler)) => {
            let record = parked.into_record(topic);
            attempt(shared, &mut tx, handler, &record).await?
        }
        None => Some(Failure::permanent("the consumer does not listen to this topic".into())),
    };
    match failure {
        None => {
            resolve(&mut tx, shared.name, id, &topic, &key).await?;
            tx.commit().await?;
            Ok(Look::Settled)
        }
        Some(failure) if failure.class == ErrorClass::Unavailable => Ok(Look::Unavailable),
        Some(failure) => {
            // Still under the key's lock, so that what a person asks for meanwhile comes after.
            postpone(&mut tx, shared.name, id, &topic, &key, &failure).await?;
            tx.commit().await?;
            Ok(Look::Settled)
        }
    }
}

/// Handles the record behind a savepoint, so that a failure leaves nothing but keeps the key's lock.
/// What would fail at the commit (a deferred constraint) fails here, where it counts as a try.
async fn attempt(
    shared: &Shared,
    tx: &mut Tx,
    handler: &Handler,
    record: &Record,
) -> Result<Option<Failure>, sqlx::Error> {
    sqlx::query("savepoint attempt").execute(&mut **tx).await?;
    let mut failure = handler.handle(shared.name, tx, &[record]).await.err();
    if failure.is_none()
        && let Err(error) = sqlx::query("set constraints all immediate").execute(&mut **tx).await
    {
        failure = Some(Failure { class: error.class(), message: chain_of(&error) });
    }
    let end = match &failure {
        None => "release savepoint attempt",
        // The connection may be gone; the transaction ends with it.
        Some(failure) if failure.class == ErrorClass::Unavailable => {
            return Ok(Some(failure.clone()));
        }
        Some(_) => "rollback to savepoint attempt",
    };
    sqlx::query(end).execute(&mut **tx).await?;
    Ok(failure)
}

/// Whether it is worth a transaction to look.
async fn any_due(conn: &mut PgConnection, consumer: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select exists (
             select from messaging.parked_key
             where consumer = $1 and state = 'retrying' and retry_at <= clock_timestamp()
         )",
    )
    .bind(consumer)
    .fetch_one(conn)
    .await
}

/// Locks one key that is due. Its row is the key's lock: records that come meanwhile wait to be
/// put behind the others, and find the key free if this frees it.
async fn due(
    conn: &mut PgConnection,
    consumer: &str,
) -> Result<Option<(String, String)>, sqlx::Error> {
    sqlx::query_as(
        "select topic, key from messaging.parked_key
         where consumer = $1 and state = 'retrying' and retry_at <= clock_timestamp()
         order by retry_at
         limit 1
         for update skip locked",
    )
    .bind(consumer)
    .fetch_optional(conn)
    .await
}

async fn first(
    conn: &mut PgConnection,
    consumer: &str,
    topic: &str,
    key: &str,
) -> Result<Option<Parked>, sqlx::Error> {
    sqlx::query_as(
        "select * from messaging.parked
         where consumer = $1 and topic = $2 and key = $3 and state = 'waiting'
         order by incarnation, window_id, seq
         limit 1
         for update",
    )
    .bind(consumer)
    .bind(topic)
    .bind(key)
    .fetch_optional(conn)
    .await
}

/// Settles a record in the transaction of its effect; the next one of the key is due at once.
async fn resolve(
    conn: &mut PgConnection,
    consumer: &str,
    id: i64,
    topic: &str,
    key: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with resolved as (
             update messaging.parked
             set state = 'resolved', attempts = attempts + 1, closed_at = clock_timestamp()
             where id = $1
         )
         update messaging.parked_key
         set attempts = 0, retry_at = clock_timestamp()
         where consumer = $2 and topic = $3 and key = $4",
    )
    .bind(id)
    .bind(consumer)
    .bind(topic)
    .bind(key)
    .execute(conn)
    .await?;
    Ok(())
}

async fn free(
    conn: &mut PgConnection,
    consumer: &str,
    topic: &str,
    key: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("delete from messaging.parked_key where consumer = $1 and topic = $2 and key = $3")
        .bind(consumer)
        .bind(topic)
        .bind(key)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes a failed try; the key rests longer, or waits for a person.
async fn postpone(
    conn: &mut PgConnection,
    consumer: &str,
    id: i64,
    topic: &str,
    key: &str,
    failure: &Failure,
) -> Result<(), sqlx::Error> {
    let attempts: Option<i32> = sqlx::query_scalar(
        "update messaging.parked_key set attempts = attempts + 1
         where consumer = $1 and topic = $2 and key = $3 returning attempts",
    )
    .bind(consumer)
    .bind(topic)
    .bind(key)
    .fetch_optional(&mut *conn)
    .await?;
    let rest = plan::rest(failure.class, attempts.unwrap_or(1));
    sqlx::query(
        "with tried as (
             update messaging.parked
             set attempts = attempts + 1, error_class = $5, last_error = $6,
                 first_error = coalesce(first_error, $6)
             where id = $7
         )
         update messaging.parked_key
         set state = case when $4::interval is null then 'person' else 'retrying' end,
             retry_at = clock_timestamp() + $4::interval
         where consumer = $1 and topic = $2 and key = $3",
    )
    .bind(consumer)
    .bind(topic)
    .bind(key)
    .bind(rest.map(interval))
    .bind(failure.class.name())
    .bind(&failure.message)
    .bind(id)
    .execute(conn)
    .await?;
    Ok(())
}

impl Parked {
    fn into_record(self, topic: &'static str) -> Record {
        let (incarnation, window, seq) = (self.incarnation, self.window_id, self.seq);
        tracing::debug!(topic = self.topic, parked.id = self.id, "tried again");
        Record {
            partition: self.partition,
            offset: self.kafka_offset,
            position: Position { incarnation, window, seq },
            previous: Position::NONE,
            payload: self.payload,
            meta: Meta {
                event_id: self.event_id,
                event_type: self.event_type,
                topic,
                key: self.key,
                subject: self.subject,
                version: self.version,
                occurred_at: self.occurred_at,
                correlation: self.correlation,
                causation: self.causation,
                traceparent: self.traceparent,
            },
        }
    }
}
