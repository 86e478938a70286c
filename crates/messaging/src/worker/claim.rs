//! Taking jobs, and giving them back: every SQL statement that a worker's loop runs.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::relay::interval;

/// A job that this process may run, until its lease ends.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Claimed {
    pub(super) id: Uuid,
    queue: String,
    pub(super) aggregate: String,
    pub(super) job: serde_json::Value,
    pub(super) idempotency_key: Uuid,
    pub(super) attempts: i32,
    pub(super) outages: i32,
    pub(super) token: Uuid,
    pub(super) correlation: Uuid,
    pub(super) causation: Option<Uuid>,
    pub(super) traceparent: Option<String>,
    seq: i64,
    due_at: OffsetDateTime,
    pub(super) step: i32,
    pub(super) given_up: Option<String>,
}

/// Why a job comes back.
#[derive(Debug)]
pub(super) enum Postponed {
    /// A failed try, which counts.
    Failed(Duration),
    /// The other side is down, which does not.
    Unavailable(Duration),
    /// Not before a person has looked: it can be neither done nor given up.
    Stuck,
}

/// Claims up to `at_most` jobs of `queue` for `lease`.
pub(super) async fn claim(
    conn: &mut PgConnection,
    queue: &str,
    at_most: i32,
    lease: Duration,
) -> Result<Vec<Claimed>, sqlx::Error> {
    sqlx::query_as(
        "select id, queue, aggregate, job, idempotency_key, attempts, outages, token, correlation, causation,
             traceparent, seq, due_at, step, given_up
         from messaging.claim($1, $2, $3, $4) order by seq",
    )
    .bind(queue)
    .bind(at_most)
    .bind(Uuid::new_v4())
    .bind(interval(lease))
    .fetch_all(conn)
    .await
}

/// Removes jobs that are done, and says of each whether another one of its aggregate is there, which
/// may run now. A job that another claim took over is left out: that claim's outcome counts.
pub(super) async fn complete(
    conn: &mut PgConnection,
    claimed: impl Iterator<Item = &Claimed>,
) -> Result<HashMap<Uuid, bool>, sqlx::Error> {
    let (ids, tokens): (Vec<Uuid>, Vec<Uuid>) = claimed.map(|job| (job.id, job.token)).unzip();
    let removed: Vec<(Uuid, bool)> = sqlx::query_as(
        "delete from messaging.job j using unnest($1::uuid[], $2::uuid[]) as c (id, token)
         where j.id = c.id and j.token = c.token
         returning j.id, exists (select from messaging.job e
                                 where e.queue = j.queue and e.aggregate = j.aggregate
                                     and e.id <> j.id)",
    )
    .bind(ids)
    .bind(tokens)
    .fetch_all(conn)
    .await?;
    Ok(removed.into_iter().collect())
}

/// Puts a job that [`complete`] took out back in its place, for its next step.
pub(super) async fn put_back(
    conn: &mut PgConnection,
    claimed: &Claimed,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into messaging.job (id, seq, queue, aggregate, job, idempotency_key, due_at, retry_at,
             correlation, causation, traceparent, step)
         overriding system value
         values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp(), $8, $9, $10, $11)",
    )
    .bind(claimed.id)
    .bind(claimed.seq)
    .bind(&claimed.queue)
    .bind(&claimed.aggregate)
    .bind(&claimed.job)
    .bind(claimed.idempotency_key)
    .bind(claimed.due_at)
    .bind(claimed.correlation)
    .bind(claimed.causation)
    .bind(&claimed.traceparent)
    .bind(claimed.step + 1)
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a job back, if the claim still holds.
pub(super) async fn postpone(
    conn: &mut PgConnection,
    claimed: &Claimed,
    postponed: &Postponed,
    error: &str,
) -> Result<(), sqlx::Error> {
    let (pause, failures, outages) = match postponed {
        Postponed::Failed(pause) => (Some(*pause), 1, 0),
        Postponed::Unavailable(pause) => (Some(*pause), 0, 1),
        Postponed::Stuck => (None, 1, 0),
    };
    sqlx::query(
        "update messaging.job
         set token = null, leased_until = null, last_error = $6,
             attempts = attempts + $4, outages = case when $5 = 0 then 0 else outages + $5 end,
             retry_at = clock_timestamp() + coalesce($3::interval, '0'),
             stuck_at = case when $3::interval is null then clock_timestamp() end
         where id = $1 and token = $2",
    )
    .bind(claimed.id)
    .bind(claimed.token)
    .bind(pause.map(interval))
    .bind(failures)
    .bind(outages)
    .bind(error)
    .execute(conn)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;

    #[sqlx::test]
    async fn a_claim_reads_no_more_than_it_takes_however_many_wait(db: PgPool) {
        crate::migrate(&db).await.unwrap();
        sqlx::query(
            "insert into messaging.job
                 (id, queue, aggregate, job, idempotency_key, due_at, retry_at, correlation)
             select gen_random_uuid(), 'mails', n::text, '{}', gen_random_uuid(), now(), now(),
                 gen_random_uuid()
             from generate_series(1, 2000) as n",
        )
        .execute(&db)
        .await
        .unwrap();

        let mut tx = db.begin().await.unwrap();
        let claimed = claim(&mut tx, "mails", 8, Duration::from_secs(60)).await.unwrap();
        let read: i64 = sqlx::query_scalar(
            "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables
             where schemaname = 'messaging' and relname = 'job'",
        )
        .fetch_one(&mut *tx)
        .await
        .unwrap();

        assert_eq!(claimed.len(), 8);
        assert!(read < 100, "{read} rows read");
    }
}
