//! Recording outcomes: several in one transaction, or each in its own where that does not go.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use sqlx::PgPool;
use tracing::Instrument;

use super::call::Called;
use super::claim::{self, Claimed, Postponed};
use super::{Settled, Worker, backoff};
use crate::consumer::chain_of;
use crate::{Classify, ErrorClass, Tx, held, wake};

/// What came of a job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    /// For the metrics.
    pub(super) outcome: &'static str,
    /// Whether a job that had to wait for this one may run now.
    pub(super) frees: bool,
}

impl From<&'static str> for Ended {
    fn from(outcome: &'static str) -> Self {
        Self { outcome, frees: false }
    }
}

/// Why a settlement was rolled back.
struct Refused {
    class: ErrorClass,
    message: String,
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self { class: error.class(), message: chain_of(&error) }
    }
}

/// Settles all of these; those that cannot be settled with others, by themselves.
pub(super) async fn all<W: Worker>(
    worker: Arc<W>,
    pool: PgPool,
    mut called: Vec<Called<W>>,
) -> Vec<Ended> {
    // In one order, so that two transactions wait for each other instead of deadlocking.
    called.sort_unstable_by_key(|called| called.claimed.id);
    if called.len() > 1 {
        match wake::announcing(together(&*worker, &pool, &called)).await {
            Ok(Some(ended)) => return ended,
            // Each waits in vain for a connection then; one after the other, for longer than a stop may.
            Err(refused) if refused.class == ErrorClass::Unavailable => {
                let each = called.iter().map(|one| alone(&*worker, &pool, one));
                return futures::future::join_all(each).await;
            }
            Ok(None) | Err(_) => {}
        }
    }
    let mut ended = Vec::with_capacity(called.len());
    for one in &called {
        ended.push(alone(&*worker, &pool, one).await);
    }
    ended
}

async fn alone<W: Worker>(worker: &W, pool: &PgPool, called: &Called<W>) -> Ended {
    let settled = together(worker, pool, std::slice::from_ref(called));
    match wake::announcing(settled).await {
        Ok(Some(ended)) => ended.first().copied().unwrap_or_else(|| "lost".into()),
        Ok(None) => {
            let id = called.claimed.id;
            tracing::warn!(queue = W::QUEUE, job.id = %id, "another claim took the job over");
            "lost".into()
        }
        Err(refused) => put_back::<W>(pool, &called.claimed, refused).await,
    }
}

/// Removes the jobs and records their outcomes in one transaction; `None` if one of them is another
/// claim's by now, and then nothing happened.
async fn together<W: Worker>(
    worker: &W,
    pool: &PgPool,
    called: &[Called<W>],
) -> Result<Option<Vec<Ended>>, Refused> {
    let mut tx = Tx::begin(pool).await?;
    // First the claims, which also locks the jobs against later ones.
    let freed = claim::complete(&mut tx, called.iter().map(|called| &called.claimed)).await?;
    if freed.len() < called.len() {
        tx.rollback().await?;
        return Ok(None);
    }
    let settled = held::until_done(&mut tx, Refused::from, async |tx| {
        let mut settled = Vec::with_capacity(called.len());
        for one in called {
            settled.push(settle(worker, tx, one).await?);
        }
        Ok::<_, Refused>(settled)
    })
    .await?;
    let mut ended = Vec::with_capacity(called.len());
    for (called, settled) in called.iter().zip(settled) {
        ended.push(match (settled, &called.outcome) {
            (Settled::Again, _) => {
                claim::put_back(&mut tx, &called.claimed).await?;
                Ended { outcome: "step", frees: true }
            }
            (Settled::Done, outcome) => Ended {
                outcome: if outcome.is_ok() { "done" } else { "gave_up" },
                frees: freed.get(&called.claimed.id).copied().unwrap_or(false),
            },
        });
    }
    tx.commit().await?;
    Ok(Some(ended))
}

/// Records one outcome in its span and under its cause.
async fn settle<W: Worker>(
    worker: &W,
    tx: &mut Tx,
    called: &Called<W>,
) -> Result<Settled, Refused> {
    let outcome = called.outcome.as_ref().map_err(Clone::clone);
    let work = worker.settle(tx, &called.job, outcome);
    // Under a name of its own, or what it says had the ids of what the call or another step said.
    let name = match called.claimed.step {
        0 => format!("{}/settled", W::QUEUE),
        step => format!("{}/settled/{step}", W::QUEUE),
    };
    let work = called.claimed.cause().scope_from(&name, called.claimed.id, work);
    match AssertUnwindSafe(work.instrument(called.span.clone())).catch_unwind().await {
        Ok(Ok(settled)) => Ok(settled),
        Ok(Err(error)) => Err(Refused { class: error.class(), message: chain_of(&error) }),
        // Otherwise the job would come back after its lease, for ever, and use up no attempt.
        Err(_panic) => {
            Err(Refused { class: ErrorClass::Later, message: "settling panicked".to_owned() })
        }
    }
}

/// Gives a job back whose outcome could not be recorded.
async fn put_back<W: Worker>(pool: &PgPool, claimed: &Claimed, refused: Refused) -> Ended {
    let failures = u32::try_from(claimed.attempts).unwrap_or(0) + 1;
    let postponed = match refused.class {
        ErrorClass::Unavailable => Postponed::Unavailable(backoff::pause(1)),
        ErrorClass::Retry | ErrorClass::Later if failures < W::BUDGET => {
            Postponed::Failed(backoff::pause(failures))
        }
        ErrorClass::Retry | ErrorClass::Later | ErrorClass::Permanent => Postponed::Stuck,
    };
    let (queue, message) = (W::QUEUE, refused.message);
    if matches!(postponed, Postponed::Stuck) {
        tracing::error!(queue, job.id = %claimed.id, error = message, "parked: cannot settle");
    } else {
        tracing::warn!(queue, job.id = %claimed.id, error = message, "cannot settle yet");
    }
    give_back(pool, claimed, &postponed, &message).await.unwrap_or_else(|error| {
        // The lease runs out and the job is tried again.
        tracing::warn!(queue, error = &error as &dyn std::error::Error, "job not given back");
        "abandoned".into()
    })
}

/// Gives a job back, to be tried again or looked at by a person.
pub(super) async fn give_back(
    pool: &PgPool,
    claimed: &Claimed,
    postponed: &Postponed,
    message: &str,
) -> Result<Ended, sqlx::Error> {
    let mut conn = pool.acquire().await?;
    claim::postpone(&mut conn, claimed, postponed, message).await?;
    let outcome = match postponed {
        Postponed::Failed(_) => "failed",
        Postponed::Unavailable(_) => "unavailable",
        Postponed::Stuck => "stuck",
    };
    Ok(outcome.into())
}
