//! An hour without a broker: what was written meanwhile is drained while writers go on.

use std::time::{Duration, Instant};

use messaging::{Outgoing, Tx, announcing, append};
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::child::{self, Role};
use crate::drain;
use crate::figures::{Figures, Latencies};
use crate::parts::{Noted, Parts};

const DATABASE: &str = "bench_outage";
/// Events a second, all the time.
const RATE: u32 = 1_000;
/// While a broker is away, a relay seals a window at each attempt: about every ten seconds.
const WINDOW: u32 = 10 * RATE;
/// How long the writers are watched before the broker is back.
const ALONE: Duration = Duration::from_secs(10);
/// How often it is noted which window is acknowledged.
const LOOK: Duration = Duration::from_millis(20);

/// Writes `events` in sealed windows, as a relay without a broker leaves them; then starts a relay and
/// waits until the last of those windows is acknowledged, with writers beside it.
pub(crate) async fn measure(parts: &Parts, events: u32, figures: &mut Figures) {
    let pool = parts.fresh(DATABASE).await;
    for (window, first) in (0_i64..).zip((0..events).step_by(WINDOW as usize)) {
        drain::fill(&pool, first..events.min(first + WINDOW)).await;
        let seal = sqlx::query("select id from messaging.seal(0, $1, true)").bind(window);
        seal.execute(&pool).await.expect("a window");
    }
    let windows = drain::sealed(&pool).await;
    let alone = write_until(&pool, tokio::time::sleep(ALONE)).await;

    let child = Role::Relay { database: DATABASE.to_owned() }.spawn(parts);
    let mut drained = Vec::new();
    let beside = write_until(&pool, async { drained = watch(&pool, windows).await }).await;
    let (cpu_s, rss_mb) = child::usage(child.id().expect("it runs"));

    let took = drained.last().map_or(Duration::ZERO, |(at, _)| *at);
    figures.add("outage_events", f64::from(events));
    figures.add("outage_windows", rounded(windows));
    figures.add("outage_drain_s", took.as_secs_f64());
    let [first, last] = quarters(&drained, windows);
    figures.add("outage_window_ms_first_quarter", first);
    figures.add("outage_window_ms_last_quarter", last);
    figures.add("outage_relay_cpu_s_per_100k", cpu_s * 100_000.0 / f64::from(events));
    figures.add("outage_relay_rss_mb", rss_mb);
    for (name, writers) in [("alone", alone), ("beside", beside)] {
        figures.add(&format!("outage_writer_p50_ms_{name}"), writers.percentile_ms(50));
        figures.add(&format!("outage_writer_p99_ms_{name}"), writers.percentile_ms(99));
    }
}

/// When which window was acknowledged, until `last` is; from the relay's start on.
async fn watch(pool: &PgPool, last: i64) -> Vec<(Duration, i64)> {
    let (begun, mut seen) = (Instant::now(), Vec::new());
    let mut clock = tokio::time::interval(LOOK);
    while seen.last().is_none_or(|(_, acked)| *acked < last) {
        clock.tick().await;
        seen.push((begun.elapsed(), drain::acked(pool).await));
    }
    seen
}

/// Milliseconds for a window in the first and in the last quarter of all.
fn quarters(seen: &[(Duration, i64)], windows: i64) -> [f64; 2] {
    let at = |quarter: i64| {
        let reached = seen.iter().find(|(_, acked)| *acked >= (windows * quarter / 4).max(1));
        reached.map_or((0.0, 0.0), |(at, acked)| (at.as_secs_f64() * 1_000.0, rounded(*acked)))
    };
    [(0, 1), (3, 4)].map(|(from, to)| {
        let ((from_ms, first), (to_ms, last)) = (at(from), at(to));
        (to_ms - from_ms) / (last - first).max(1.0)
    })
}

fn rounded(number: i64) -> f64 {
    f64::from(u32::try_from(number).expect("few"))
}

/// Begins a transaction with one event at each beat until `end`; how long each took.
async fn write_until(pool: &PgPool, end: impl Future<Output = ()>) -> Latencies {
    let mut clock = tokio::time::interval(Duration::from_secs(1) / RATE);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let (mut writers, mut took) = (JoinSet::new(), Vec::new());
    tokio::pin!(end);
    for n in 0_u64.. {
        tokio::select! {
            biased;
            () = &mut end => break,
            _ = clock.tick() => {}
        }
        let pool = pool.clone();
        writers.spawn(announcing(async move {
            let begun = Instant::now();
            let mut tx = Tx::begin(&pool).await.expect("a connection");
            append(&mut tx, [Outgoing::new(&Noted::new(n)).version(1)]).await.expect("room");
            tx.commit().await.expect("a commit");
            begun.elapsed()
        }));
        while let Some(one) = writers.try_join_next() {
            took.push(one.expect("a writer"));
        }
    }
    took.extend(writers.join_all().await);
    Latencies::of(took)
}
