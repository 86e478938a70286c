//! Writing a job, in the transaction that wants it done.

use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Worker;
use crate::cause::{self, Cause};
use crate::{Classify, ErrorClass, Tx, held, trace, wake};

/// Why a job was refused.
#[derive(Debug, thiserror::Error)]
pub enum EnqueueError {
    /// The job cannot be written as JSON.
    #[error("the job cannot be written as JSON")]
    Encode(#[from] serde_json::Error),
    /// The database failed.
    #[error("database failed")]
    Database(#[from] sqlx::Error),
}

impl Classify for EnqueueError {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Encode(_) => ErrorClass::Permanent,
            Self::Database(error) => error.class(),
        }
    }
}

/// Writes a job that is due now; returns its id. It runs after the caller's transaction commits. In
/// handlers and settlements the jobs of a whole batch are written together, just before its commit.
///
/// # Errors
/// The job is not JSON, or the database failed.
pub async fn enqueue<W: Worker>(
    tx: &mut Tx,
    aggregate: &str,
    job: &W::Job,
) -> Result<Uuid, EnqueueError> {
    insert::<W>(tx, aggregate, job, None).await
}

/// Writes a job that is due at `due`: a durable timer. It cannot be taken back; whoever settles it
/// asks whether it still matters.
///
/// # Errors
/// The job is not JSON, or the database failed.
pub async fn enqueue_at<W: Worker>(
    tx: &mut Tx,
    aggregate: &str,
    job: &W::Job,
    due: OffsetDateTime,
) -> Result<Uuid, EnqueueError> {
    insert::<W>(tx, aggregate, job, Some(due)).await
}

async fn insert<W: Worker>(
    tx: &mut Tx,
    aggregate: &str,
    job: &W::Job,
    due: Option<OffsetDateTime>,
) -> Result<Uuid, EnqueueError> {
    let id = cause::next_id();
    let Cause { correlation, causation, traceparent } = Cause::current();
    let row = Row {
        id,
        queue: W::QUEUE,
        aggregate: aggregate.to_owned(),
        job: serde_json::to_value(job)?,
        idempotency_key: Uuid::new_v5(&id, b"idempotency key"),
        due,
        correlation,
        causation,
        traceparent: trace::inject().or(traceparent),
    };
    wake::jobs_soon();
    if let Some(rows) = held::hold(vec![row], |held| &mut held.jobs) {
        write(&rows, tx).await?;
    }
    Ok(id)
}

/// A job as it is kept.
#[derive(Debug)]
pub(crate) struct Row {
    id: Uuid,
    queue: &'static str,
    aggregate: String,
    job: serde_json::Value,
    idempotency_key: Uuid,
    /// At once if it is not said.
    due: Option<OffsetDateTime>,
    correlation: Uuid,
    causation: Option<Uuid>,
    traceparent: Option<String>,
}

/// Writes them, in order; none costs nothing.
pub(crate) async fn write(rows: &[Row], conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(held::AT_ONCE) {
        insert_rows(rows, &mut *conn).await?;
    }
    Ok(())
}

async fn insert_rows(rows: &[Row], conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into messaging.job
             (id, queue, aggregate, job, idempotency_key, due_at, retry_at,
              correlation, causation, traceparent)
         select ($1::uuid[])[n], ($2::text[])[n], ($3::text[])[n], ($4::jsonb[])[n],
             ($5::uuid[])[n], coalesce(($6::timestamptz[])[n], clock_timestamp()),
             coalesce(($6::timestamptz[])[n], clock_timestamp()), ($7::uuid[])[n],
             ($8::uuid[])[n], ($9::text[])[n]
         from generate_series(1, cardinality($1::uuid[])) as n",
    )
    .bind(held::column(rows, |row| row.id))
    .bind(held::column(rows, |row| row.queue))
    .bind(held::column(rows, |row| row.aggregate.as_str()))
    .bind(held::column(rows, |row| Json(&row.job)))
    .bind(held::column(rows, |row| row.idempotency_key))
    .bind(held::column(rows, |row| row.due))
    .bind(held::column(rows, |row| row.correlation))
    .bind(held::column(rows, |row| row.causation))
    .bind(held::column(rows, |row| row.traceparent.as_deref()))
    .execute(conn)
    .await?;
    Ok(())
}
