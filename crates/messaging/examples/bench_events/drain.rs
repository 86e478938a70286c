//! A backlog, drained by a relay in a process of its own: how fast, for how much CPU and memory.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use messaging::{Outgoing, append, backlog};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::parts::{Noted, Parts};

const DATABASE: &str = "bench_drain";
/// Seconds in a clock tick (`USER_HZ` is 100).
const TICK_S: f64 = 0.01;
/// Events in a transaction of the backlog.
const AT_ONCE: u32 = 1_000;

/// What draining took.
pub(crate) struct Drained {
    pub(crate) per_second: f64,
    pub(crate) cpu_s_per_100k: f64,
    pub(crate) rss_mb: f64,
    pub(crate) dead_tuples: f64,
}

/// The child's part: relays until it is killed.
pub(crate) async fn relay(parts: &Parts, database: &str) {
    let pool = parts.pool(database);
    parts.relay(pool).run(CancellationToken::new()).await.expect("a relay");
}

/// Writes `events`, then starts a relay and waits until all are acknowledged.
pub(crate) async fn measure(parts: &Parts, events: u32) -> Drained {
    let pool = parts.fresh(DATABASE).await;
    fill(&pool, events).await;
    let program = std::env::current_exe().expect("a program");
    let mut child = tokio::process::Command::new(program)
        .args(["relay", DATABASE])
        .env("DATABASE_URL", &parts.url)
        .env("KAFKA_BROKERS", &parts.brokers)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("a child");
    let pid = child.id().expect("it runs");
    let mut conn = pool.acquire().await.expect("a connection");
    while windows(&pool).await == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let begun = Instant::now();
    // The whole backlog is one window: acknowledged means all of it is.
    while acked(&pool).await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let took = begun.elapsed();
    assert_eq!(backlog(&mut conn).await.expect("a backlog").unsent, 0);
    let (ticks, rss_kb) = usage(pid);
    child.kill().await.expect("it ends");
    Drained {
        per_second: f64::from(events) / took.as_secs_f64(),
        cpu_s_per_100k: ticks * TICK_S * 100_000.0 / f64::from(events),
        rss_mb: rss_kb / 1_024.0,
        dead_tuples: dead_tuples(&pool).await,
    }
}

async fn fill(pool: &PgPool, events: u32) {
    let (epoch, mut first) = (Instant::now(), 0);
    while first < events {
        let end = events.min(first + AT_ONCE);
        let mut tx = pool.begin().await.expect("a transaction");
        let some = (first..end).map(|n| Outgoing::new(&Noted::new(u64::from(n), epoch)).version(1));
        append(&mut tx, some).await.expect("room");
        tx.commit().await.expect("a commit");
        first = end;
    }
}

async fn windows(pool: &PgPool) -> i64 {
    let last = sqlx::query_scalar("select max(id) from messaging.outbox_window");
    last.fetch_one(pool).await.expect("a window")
}

async fn acked(pool: &PgPool) -> i64 {
    let acked = sqlx::query_scalar("select acked_window from messaging.outbox_progress");
    acked.fetch_one(pool).await.expect("a progress")
}

/// Dead rows of the outbox itself, after a moment for the statistics.
async fn dead_tuples(pool: &PgPool) -> f64 {
    tokio::time::sleep(Duration::from_secs(2)).await;
    let dead: i64 = sqlx::query_scalar(
        "select coalesce(sum(n_dead_tup), 0)::bigint from pg_stat_user_tables
         where relname like 'outbox\\__' or relname = 'outbox_window'",
    )
    .fetch_one(pool)
    .await
    .expect("statistics");
    f64::from(u32::try_from(dead).expect("few"))
}

/// CPU ticks and resident kilobytes of a process (proc(5)).
fn usage(pid: u32) -> (f64, f64) {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = fields[11..13].iter().map(|field| field.parse::<f64>().expect("ticks")).sum();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("memory");
    (ticks, rss.trim().trim_end_matches(" kB").parse().expect("kilobytes"))
}
