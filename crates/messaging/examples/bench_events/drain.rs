//! A backlog, drained by a relay in a process of its own: how fast, for how much CPU and memory.

use std::ops::Range;
use std::time::{Duration, Instant};

use messaging::{Outgoing, Tx, append, backlog};
use sqlx::PgPool;

use crate::child::{self, Role};
use crate::parts::{Noted, Parts};

const DATABASE: &str = "bench_drain";
/// Events in a transaction of the backlog.
const AT_ONCE: u32 = 1_000;

/// What draining took.
pub(crate) struct Drained {
    pub(crate) per_second: f64,
    pub(crate) cpu_s_per_100k: f64,
    /// The highest of the relay's process, in MiB.
    pub(crate) rss_mb: f64,
    pub(crate) dead_tuples: f64,
}

/// Writes `events`, then starts a relay and waits until all are acknowledged. The clock runs from the
/// first sealed window, when the first record is about to be sent.
pub(crate) async fn measure(parts: &Parts, events: u32) -> Drained {
    let pool = parts.fresh(DATABASE).await;
    fill(&pool, 0..events).await;
    let mut child = Role::Relay { database: DATABASE.to_owned() }.spawn(parts);
    let mut conn = pool.acquire().await.expect("a connection");
    while sealed(&pool).await == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let begun = Instant::now();
    // To count the backlog costs something: only when all that is sealed is acknowledged.
    while acked(&pool).await < sealed(&pool).await
        || backlog(&mut conn).await.expect("a backlog").unsent > 0
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let took = begun.elapsed();
    let (cpu_s, rss_mb) = child::usage(child.id().expect("it runs"));
    child.kill().await.expect("it ends");
    Drained {
        per_second: f64::from(events) / took.as_secs_f64(),
        cpu_s_per_100k: cpu_s * 100_000.0 / f64::from(events),
        rss_mb,
        dead_tuples: dead_tuples(&pool).await,
    }
}

/// Writes the events with these numbers.
pub(crate) async fn fill(pool: &PgPool, events: Range<u32>) {
    let mut first = events.start;
    while first < events.end {
        let end = events.end.min(first + AT_ONCE);
        let mut tx = Tx::begin(pool).await.expect("a transaction");
        let some = (first..end).map(|n| Outgoing::new(&Noted::new(u64::from(n))).version(1));
        append(&mut tx, some).await.expect("room");
        tx.commit().await.expect("a commit");
        first = end;
    }
}

/// The last window.
pub(crate) async fn sealed(pool: &PgPool) -> i64 {
    let last = sqlx::query_scalar("select max(id) from messaging.outbox_window");
    last.fetch_one(pool).await.expect("a window")
}

/// The last window that the broker has.
pub(crate) async fn acked(pool: &PgPool) -> i64 {
    let acked = sqlx::query_scalar("select acked_window from messaging.outbox_progress");
    acked.fetch_one(pool).await.expect("a progress")
}

/// Dead rows of the outbox itself, after a moment for the statistics. Every update and every deletion
/// counts, also where a vacuum has been since.
async fn dead_tuples(pool: &PgPool) -> f64 {
    tokio::time::sleep(Duration::from_secs(2)).await;
    let dead: i64 = sqlx::query_scalar(
        "select coalesce(sum(greatest(n_dead_tup, n_tup_upd + n_tup_del)), 0)::bigint
         from pg_stat_user_tables
         where relname like 'outbox\\__' or relname = 'outbox_window'",
    )
    .fetch_one(pool)
    .await
    .expect("statistics");
    f64::from(u32::try_from(dead).expect("few"))
}
