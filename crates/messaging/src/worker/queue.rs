//! The loop of one queue: claim, call without a transaction, settle in one.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use sqlx::{Connection, PgPool};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::claim::{self, Claimed, Postponed};
use super::{Attempt, GaveUp, Worker, backoff};
use crate::cause::Cause;
use crate::consumer::chain_of;
use crate::outage::Outage;
use crate::wake::Pacer;
use crate::{Classify, ErrorClass, Metrics, trace, wake};

/// What a lease has above the deadline of the call: time to settle.
const TO_SETTLE: Duration = Duration::from_secs(30);

/// Runs until `stop`, then until the running jobs have ended.
pub(super) async fn run<W: Worker>(
    worker: Arc<W>,
    pool: PgPool,
    metrics: Metrics,
    stop: CancellationToken,
) {
    let mut running = JoinSet::new();
    let mut outage = Outage::of(W::QUEUE);
    let mut pacer = Pacer::of_jobs();
    while !stop.is_cancelled() {
        while running.try_join_next().is_some() {}
        let free = W::CONCURRENCY.saturating_sub(running.len());
        match look::<W>(&pool, free).await {
            Ok(claimed) => {
                outage.over();
                if !claimed.is_empty() {
                    pacer.found();
                }
                for job in claimed {
                    let (worker, pool) = (Arc::clone(&worker), pool.clone());
                    running.spawn(one(worker, pool, metrics.clone(), job));
                }
            }
            Err(error) => {
                outage.failed(&error);
            }
        }
        tokio::select! {
            () = pacer.pause() => {}
            // The next job of the same aggregate may run now.
            Some(_) = running.join_next(), if !running.is_empty() => pacer.found(),
            () = stop.cancelled() => {}
        }
    }
    while running.join_next().await.is_some() {}
}

async fn look<W: Worker>(pool: &PgPool, free: usize) -> Result<Vec<Claimed>, sqlx::Error> {
    if free == 0 {
        return Ok(Vec::new());
    }
    let mut conn = pool.acquire().await?;
    let at_most = i32::try_from(free).unwrap_or(i32::MAX);
    claim::claim(&mut conn, W::QUEUE, at_most, W::DEADLINE + TO_SETTLE).await
}

/// Runs one job in its span and under its cause.
async fn one<W: Worker>(worker: Arc<W>, pool: PgPool, metrics: Metrics, claimed: Claimed) {
    let span = tracing::info_span!(
        "work",
        otel.name = format!("work {}", W::QUEUE),
        otel.kind = "consumer",
        job.id = %claimed.id,
        correlation = %claimed.correlation,
    );
    trace::adopt(&span, claimed.traceparent.as_deref());
    let cause = Cause {
        correlation: claimed.correlation,
        causation: claimed.causation,
        traceparent: claimed.traceparent.clone(),
    };
    let (queue, id) = (W::QUEUE, claimed.id);
    let work = async {
        let outcome = match attempt(&*worker, &pool, &claimed).await {
            Ok(outcome) => outcome,
            // The lease runs out and the job is tried again.
            Err(error) => {
                tracing::warn!(queue, error = &error as &dyn std::error::Error, "job not settled");
                "abandoned"
            }
        };
        metrics.job(queue, outcome);
    };
    wake::announcing(cause.scope_from(queue, id, work).instrument(span)).await;
}

/// Calls and settles; returns what came of it, for the metrics.
#[expect(clippy::cognitive_complexity, reason = "the log macros count as branches")]
async fn attempt<W: Worker>(
    worker: &W,
    pool: &PgPool,
    claimed: &Claimed,
) -> Result<&'static str, sqlx::Error> {
    let job: W::Job = match serde_json::from_value(claimed.job.clone()) {
        Ok(job) => job,
        Err(error) => {
            tracing::error!(queue = W::QUEUE, job.id = %claimed.id, %error, "unreadable job");
            return give_back(pool, claimed, &Postponed::Stuck, &error.to_string()).await;
        }
    };
    let failures = u32::try_from(claimed.attempts).unwrap_or(0);
    let attempt = Attempt {
        job_id: claimed.id,
        idempotency_key: claimed.idempotency_key,
        number: failures + 1,
        deadline: Instant::now() + W::DEADLINE,
    };
    let call = AssertUnwindSafe(worker.call(&job, &attempt)).catch_unwind();
    let called = tokio::time::timeout_at(attempt.deadline, call).await;
    let (class, message) = match called {
        Ok(Ok(Ok(outcome))) => return settle(worker, pool, claimed, &job, Ok(outcome)).await,
        Ok(Ok(Err(error))) => (error.class(), chain_of(&error)),
        Ok(Err(_panic)) => (ErrorClass::Later, "the worker panicked".to_owned()),
        Err(_elapsed) => (ErrorClass::Later, "no answer before the deadline".to_owned()),
    };
    match class {
        ErrorClass::Unavailable => {
            let outages = u32::try_from(claimed.outages).unwrap_or(0) + 1;
            tracing::warn!(queue = W::QUEUE, error = message, "the other side is down");
            let postponed = Postponed::Unavailable(backoff::pause(outages));
            give_back(pool, claimed, &postponed, &message).await
        }
        ErrorClass::Retry | ErrorClass::Later if failures + 1 < W::BUDGET => {
            tracing::warn!(
                queue = W::QUEUE,
                number = attempt.number,
                error = message,
                "try failed"
            );
            let postponed = Postponed::Failed(backoff::pause(failures + 1));
            give_back(pool, claimed, &postponed, &message).await
        }
        ErrorClass::Retry | ErrorClass::Later | ErrorClass::Permanent => {
            tracing::warn!(queue = W::QUEUE, number = attempt.number, error = message, "gave up");
            settle(worker, pool, claimed, &job, Err(GaveUp(message))).await
        }
    }
}

/// Records the outcome and removes the job in one transaction, if the claim still holds.
#[expect(clippy::cognitive_complexity, reason = "the log macros count as branches")]
async fn settle<W: Worker>(
    worker: &W,
    pool: &PgPool,
    claimed: &Claimed,
    job: &W::Job,
    outcome: Result<W::Outcome, GaveUp>,
) -> Result<&'static str, sqlx::Error> {
    let result = if outcome.is_ok() { "done" } else { "gave_up" };
    let mut conn = pool.acquire().await?;
    let mut tx = conn.begin().await?;
    // First the claim, which also locks the job against a later one.
    if !claim::complete(&mut tx, claimed).await? {
        tracing::warn!(queue = W::QUEUE, job.id = %claimed.id, "another claim took the job over");
        return Ok("lost");
    }
    let settled = AssertUnwindSafe(worker.settle(&mut tx, job, outcome)).catch_unwind().await;
    let error = match settled {
        Ok(Ok(())) => match tx.commit().await {
            Ok(()) => return Ok(result),
            Err(error) => (error.class(), chain_of(&error)),
        },
        Ok(Err(error)) => {
            tx.rollback().await?;
            (error.class(), chain_of(&error))
        }
        // Otherwise the job would come back after its lease, for ever, and use up no attempt.
        Err(_panic) => {
            tx.rollback().await?;
            (ErrorClass::Later, "settling panicked".to_owned())
        }
    };
    drop(conn);
    let (class, message) = error;
    let failures = u32::try_from(claimed.attempts).unwrap_or(0) + 1;
    let postponed = match class {
        ErrorClass::Unavailable => Postponed::Unavailable(backoff::pause(1)),
        ErrorClass::Retry | ErrorClass::Later if failures < W::BUDGET => {
            Postponed::Failed(backoff::pause(failures))
        }
        ErrorClass::Retry | ErrorClass::Later | ErrorClass::Permanent => Postponed::Stuck,
    };
    tracing::error!(queue = W::QUEUE, job.id = %claimed.id, error = message, "cannot settle");
    give_back(pool, claimed, &postponed, &message).await
}

async fn give_back(
    pool: &PgPool,
    claimed: &Claimed,
    postponed: &Postponed,
    message: &str,
) -> Result<&'static str, sqlx::Error> {
    let mut conn = pool.acquire().await?;
    claim::postpone(&mut conn, claimed, postponed, message).await?;
    Ok(match postponed {
        Postponed::Failed(_) => "failed",
        Postponed::Unavailable(_) => "unavailable",
        Postponed::Stuck => "stuck",
    })
}
