//! Writing a job, in the transaction that wants it done.

use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Worker;
use crate::cause::{self, Cause};
use crate::{Classify, ErrorClass, trace, wake};

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

/// Writes a job that is due now; returns its id. It runs after the caller's transaction commits.
///
/// # Errors
/// The job is not JSON, or the database failed.
pub async fn enqueue<W: Worker>(
    conn: &mut PgConnection,
    aggregate: &str,
    job: &W::Job,
) -> Result<Uuid, EnqueueError> {
    insert::<W>(conn, aggregate, job, None).await
}

/// Writes a job that is due at `due`: a durable timer. It cannot be taken back; whoever settles it
/// asks whether it still matters.
///
/// # Errors
/// The job is not JSON, or the database failed.
pub async fn enqueue_at<W: Worker>(
    conn: &mut PgConnection,
    aggregate: &str,
    job: &W::Job,
    due: OffsetDateTime,
) -> Result<Uuid, EnqueueError> {
    insert::<W>(conn, aggregate, job, Some(due)).await
}

async fn insert<W: Worker>(
    conn: &mut PgConnection,
    aggregate: &str,
    job: &W::Job,
    due: Option<OffsetDateTime>,
) -> Result<Uuid, EnqueueError> {
    let id = cause::next_id();
    let cause = Cause::current();
    sqlx::query(
        "insert into messaging.job
             (id, queue, aggregate, job, idempotency_key, due_at, retry_at,
              correlation, causation, traceparent)
         select $1, $2, $3, $4, $5, due, due, $7, $8, $9
         from coalesce($6, clock_timestamp()) as due",
    )
    .bind(id)
    .bind(W::QUEUE)
    .bind(aggregate)
    .bind(Json(serde_json::to_value(job)?))
    .bind(Uuid::new_v5(&id, b"idempotency key"))
    .bind(due)
    .bind(cause.correlation)
    .bind(cause.causation)
    .bind(trace::inject().or(cause.traceparent))
    .execute(conn)
    .await?;
    wake::jobs_soon();
    Ok(id)
}
