//! Writing a job, in the transaction that wants it done.

use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Worker;
use crate::cause::{self, Cause};
use crate::{Classify, ErrorClass, held, trace, wake};

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
    let rows = Rows {
        ids: vec![id],
        queues: vec![W::QUEUE],
        aggregates: vec![aggregate.to_owned()],
        jobs: vec![Json(serde_json::to_value(job)?)],
        keys: vec![Uuid::new_v5(&id, b"idempotency key")],
        due: vec![due],
        correlations: vec![cause.correlation],
        causations: vec![cause.causation],
        traceparents: vec![trace::inject().or(cause.traceparent)],
    };
    wake::jobs_soon();
    if let Some(rows) = held::hold_jobs(rows) {
        rows.write(conn).await?;
    }
    Ok(id)
}

/// Jobs as their table takes them, a column each.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    ids: Vec<Uuid>,
    queues: Vec<&'static str>,
    aggregates: Vec<String>,
    jobs: Vec<Json<serde_json::Value>>,
    keys: Vec<Uuid>,
    due: Vec<Option<OffsetDateTime>>,
    correlations: Vec<Uuid>,
    causations: Vec<Option<Uuid>>,
    traceparents: Vec<Option<String>>,
}

impl Rows {
    /// Puts `later` behind these.
    pub(crate) fn extend(&mut self, later: Self) {
        self.ids.extend(later.ids);
        self.queues.extend(later.queues);
        self.aggregates.extend(later.aggregates);
        self.jobs.extend(later.jobs);
        self.keys.extend(later.keys);
        self.due.extend(later.due);
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
            "insert into messaging.job
                 (id, queue, aggregate, job, idempotency_key, due_at, retry_at,
                  correlation, causation, traceparent)
             select j.id, j.queue, j.aggregate, j.job, j.key, coalesce(j.due, clock_timestamp()),
                 coalesce(j.due, clock_timestamp()), j.correlation, j.causation, j.traceparent
             from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::uuid[],
                         $6::timestamptz[], $7::uuid[], $8::uuid[], $9::text[])
                 as j (id, queue, aggregate, job, key, due, correlation, causation, traceparent)",
        )
        .bind(self.ids)
        .bind(self.queues)
        .bind(self.aggregates)
        .bind(self.jobs)
        .bind(self.keys)
        .bind(self.due)
        .bind(self.correlations)
        .bind(self.causations)
        .bind(self.traceparents)
        .execute(conn)
        .await?;
        Ok(())
    }
}
