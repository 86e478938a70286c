//! The loop of one queue: claim, call without a transaction, settle in one.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Worker;
use super::call::{self, Called, Next};
use super::claim::{self, Claimed};
use super::settle::{self, Ended};
use crate::Metrics;
use crate::outage::Outage;
use crate::wake::Pacer;

/// What a lease has above the deadline of the call: time to settle.
const TO_SETTLE: Duration = Duration::from_secs(30);

/// A queue at work.
struct Queue<W: Worker> {
    worker: Arc<W>,
    pool: PgPool,
    metrics: Metrics,
    /// The shortest time between two claims, and between two settlements.
    spacing: Duration,
    calls: JoinSet<Next<W>>,
    /// Calls that have ended and are settled together.
    called: Vec<Called<W>>,
    settled_at: Instant,
    /// With the number of looks that were over when each began.
    settling: JoinSet<(u64, Vec<Ended>)>,
    looks_begun: u64,
    looks_over: u64,
    /// The last look may have come too early for something: the next one is due at once.
    missed: bool,
    /// Jobs claimed and not ended.
    in_hand: usize,
}

/// Runs until `stop`, then until the running jobs have ended.
pub(super) async fn run<W: Worker>(
    worker: Arc<W>,
    pool: PgPool,
    metrics: Metrics,
    spacing: Duration,
    stop: CancellationToken,
) {
    let mut queue = Queue {
        worker,
        pool,
        metrics,
        spacing,
        calls: JoinSet::new(),
        called: Vec::new(),
        settled_at: Instant::now(),
        settling: JoinSet::new(),
        looks_begun: 0,
        looks_over: 0,
        missed: false,
        in_hand: 0,
    };
    let mut outage = Outage::of(W::QUEUE);
    let mut pacer = Pacer::of_jobs(spacing);
    while !stop.is_cancelled() {
        let looked = Instant::now();
        match queue.look().await {
            Ok(found) => {
                outage.over();
                if found {
                    pacer.found(looked.elapsed());
                }
            }
            Err(error) => {
                outage.failed(&error);
            }
        }
        if queue.missed {
            continue;
        }
        let full = queue.in_hand >= W::CONCURRENCY;
        let pause = pacer.pause();
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                // A job may have waited for one of these, or for a place.
                frees = queue.step() => if full || frees { break },
                () = stop.cancelled() => break,
            }
        }
    }
    while queue.in_hand > 0 {
        queue.step().await;
    }
}

impl<W: Worker> Queue<W> {
    /// Claims as many jobs as there are places for, and starts them; says whether there were any. The
    /// jobs in hand go on meanwhile: a database that is slow to claim must not cost them their leases.
    async fn look(&mut self) -> Result<bool, sqlx::Error> {
        self.missed = false;
        let free = W::CONCURRENCY.saturating_sub(self.in_hand);
        if free == 0 {
            return Ok(false);
        }
        self.looks_begun += 1;
        let claiming = claim_up_to::<W>(self.pool.clone(), free);
        tokio::pin!(claiming);
        let claimed = loop {
            tokio::select! {
                claimed = &mut claiming => break claimed,
                frees = self.step() => self.missed |= frees,
            }
        };
        self.looks_over += 1;
        let claimed = claimed?;
        let found = claimed.len();
        self.start(claimed);
        self.missed |= found == free && self.in_hand < W::CONCURRENCY;
        Ok(found > 0)
    }

    fn start(&mut self, claimed: Vec<Claimed>) {
        self.in_hand += claimed.len();
        for job in claimed {
            let (worker, pool) = (Arc::clone(&self.worker), self.pool.clone());
            self.calls.spawn(call::one(worker, pool, job));
        }
    }

    /// Takes one step with the jobs in hand, and says whether others may run now that had to wait. Safe
    /// to drop at its only await.
    async fn step(&mut self) -> bool {
        let settle_at = self.settled_at + self.spacing;
        tokio::select! {
            // What has ended by now is settled together, as many as there are places at most.
            biased;
            Some(next) = self.calls.join_next(), if !self.calls.is_empty() => match next {
                Ok(Next::Settle(called)) => {
                    self.called.push(*called);
                    false
                }
                Ok(Next::Ended(ended)) => self.end(&[ended]),
                // The lease runs out and the job is tried again.
                Err(_panic) => self.end(&[Ended::from("abandoned")]),
            },
            Some(ended) = self.settling.join_next(), if !self.settling.is_empty() => match ended {
                // A look meanwhile still found these jobs in the way of one that they did not see.
                Ok((looks, ended)) => self.end(&ended) || self.looks_begun > looks,
                // How many were in it is not known; their leases run out, and they are tried again.
                Err(_panic) => {
                    self.in_hand = self.calls.len() + self.called.len();
                    true
                }
            },
            () = tokio::time::sleep_until(settle_at), if !self.called.is_empty() => {
                self.settled_at = Instant::now();
                let (worker, pool) = (Arc::clone(&self.worker), self.pool.clone());
                let (called, looks) = (std::mem::take(&mut self.called), self.looks_over);
                self.settling
                    .spawn(async move { (looks, settle::all(worker, pool, called).await) });
                false
            }
            else => std::future::pending().await,
        }
    }

    fn end(&mut self, ended: &[Ended]) -> bool {
        self.in_hand = self.in_hand.saturating_sub(ended.len());
        for one in ended {
            self.metrics.job(W::QUEUE, one.outcome);
        }
        ended.iter().any(|one| one.frees)
    }
}

async fn claim_up_to<W: Worker>(pool: PgPool, free: usize) -> Result<Vec<Claimed>, sqlx::Error> {
    let mut conn = pool.acquire().await?;
    let at_most = i32::try_from(free).unwrap_or(i32::MAX);
    claim::claim(&mut conn, W::QUEUE, at_most, W::DEADLINE + TO_SETTLE).await
}
