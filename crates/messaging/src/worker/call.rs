//! One call of one job: what it brought goes to be settled, a failure that may pass goes back.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use sqlx::PgPool;
use tokio::time::Instant;
use tracing::Instrument;

use super::claim::{self, Claimed, Postponed};
use super::settle::{Ended, give_back};
use super::{Attempt, GaveUp, Worker, backoff};
use crate::cause::Cause;
use crate::consumer::chain_of;
use crate::{Classify, ErrorClass, trace};

/// A call that has ended for good.
pub(super) struct Called<W: Worker> {
    pub(super) claimed: Claimed,
    pub(super) job: W::Job,
    pub(super) outcome: Result<W::Outcome, GaveUp>,
    pub(super) span: tracing::Span,
}

/// What comes after a call.
pub(super) enum Next<W: Worker> {
    /// Its outcome is recorded.
    Settle(Box<Called<W>>),
    /// Nothing: the job went back, or could not.
    Ended(Ended),
}

/// Calls for one job in its span and under its cause.
pub(super) async fn one<W: Worker>(worker: Arc<W>, pool: PgPool, claimed: Claimed) -> Next<W> {
    let span = tracing::info_span!(
        "work",
        otel.name = format!("work {}", W::QUEUE),
        otel.kind = "consumer",
        job.id = %claimed.id,
        aggregate = claimed.aggregate,
        correlation = %claimed.correlation,
    );
    trace::adopt(&span, claimed.traceparent.as_deref());
    let scope = claimed.cause();
    let id = claimed.id;
    let work = attempt(&*worker, &pool, claimed, span.clone());
    scope.scope_from(W::QUEUE, id, work).instrument(span).await.unwrap_or_else(|error| {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(queue = W::QUEUE, error, "job not given back");
        Next::Ended("abandoned".into())
    })
}

#[expect(clippy::cognitive_complexity, reason = "the log macros count as branches")]
async fn attempt<W: Worker>(
    worker: &W,
    pool: &PgPool,
    claimed: Claimed,
    span: tracing::Span,
) -> Result<Next<W>, sqlx::Error> {
    let back = async |postponed: Postponed, message: String| {
        give_back(pool, &claimed, &postponed, &message).await.map(Next::Ended)
    };
    let job: W::Job = match serde_json::from_value(claimed.job.clone()) {
        Ok(job) => job,
        // There is nobody to whom it could be said.
        Err(error) if claimed.given_up.is_some() => {
            tracing::error!(queue = W::QUEUE, job.id = %claimed.id, %error, "unreadable job dropped");
            claim::complete(&mut *pool.acquire().await?, std::iter::once(&claimed)).await?;
            return Ok(Next::Ended(Ended { outcome: "dropped", frees: true }));
        }
        Err(error) => {
            tracing::error!(queue = W::QUEUE, job.id = %claimed.id, %error, "unreadable job");
            return back(Postponed::Stuck, error.to_string()).await;
        }
    };
    if let Some(reason) = claimed.given_up.clone() {
        let called = Called { claimed, job, outcome: Err(GaveUp(reason)), span };
        return Ok(Next::Settle(Box::new(called)));
    }
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
        Ok(Ok(Ok(outcome))) => {
            let called = Called { claimed, job, outcome: Ok(outcome), span };
            return Ok(Next::Settle(Box::new(called)));
        }
        Ok(Ok(Err(error))) => (error.class(), chain_of(&error)),
        Ok(Err(_panic)) => (ErrorClass::Later, "the worker panicked".to_owned()),
        Err(_elapsed) => (ErrorClass::Later, "no answer before the deadline".to_owned()),
    };
    let (queue, number) = (W::QUEUE, attempt.number);
    match class {
        ErrorClass::Unavailable => {
            let outages = u32::try_from(claimed.outages).unwrap_or(0) + 1;
            tracing::warn!(queue, error = message, "the other side is down");
            back(Postponed::Unavailable(backoff::pause(outages)), message).await
        }
        ErrorClass::Retry | ErrorClass::Later if number < W::BUDGET => {
            tracing::warn!(queue, number, error = message, "try failed");
            back(Postponed::Failed(backoff::pause(number)), message).await
        }
        ErrorClass::Retry | ErrorClass::Later | ErrorClass::Permanent => {
            tracing::warn!(queue, number, error = message, "gave up");
            let called = Called { claimed, job, outcome: Err(GaveUp(message)), span };
            Ok(Next::Settle(Box::new(called)))
        }
    }
}

impl Claimed {
    /// Why the job is there.
    pub(super) fn cause(&self) -> Cause {
        Cause {
            correlation: self.correlation,
            causation: self.causation,
            traceparent: self.traceparent.clone(),
        }
    }
}
