//! Load at a steady rate that does not wait for anybody.

use std::time::Duration;

use messaging::{Outgoing, Tx, announcing, append};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::figures::Latencies;
use crate::parts::Noted;

/// Not measured, at the beginning: connections are made and caches filled.
pub(crate) const WARM_UP: Duration = Duration::from_secs(2);

/// How much is written.
#[derive(Clone, Copy, clap::Args)]
pub(crate) struct Load {
    /// Events a second.
    pub(crate) rate: u32,
    /// Events in a transaction.
    pub(crate) each: u32,
    /// For how long, after the warm-up.
    pub(crate) seconds: u64,
}

impl Load {
    pub(crate) fn length(self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Events of warm-up and measurement together.
    pub(crate) fn total(self) -> u64 {
        u64::from(self.rate) * (WARM_UP + self.length()).as_secs()
    }

    /// As words of a command line.
    pub(crate) fn words(self) -> Vec<String> {
        vec![self.rate.to_string(), self.each.to_string(), self.seconds.to_string()]
    }
}

/// Starts a transaction at each beat, whether the last one has ended or not. Returns how late they began.
pub(crate) async fn write(pool: &PgPool, load: Load, length: Duration) -> Latencies {
    let Load { rate, each, .. } = load;
    let beat = Duration::from_secs(1) * each / rate;
    let mut clock = tokio::time::interval(beat);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let (mut writers, mut late) = (JoinSet::new(), Vec::new());
    for first in
        (0..u64::from(rate) * length.as_secs()).step_by(usize::try_from(each).expect("few"))
    {
        let due = clock.tick().await;
        late.push(Instant::now() - due);
        let pool = pool.clone();
        writers.spawn(announcing(async move {
            let events: Vec<Outgoing> = (first..first + u64::from(each))
                .map(|n| Outgoing::new(&Noted::new(n)).version(1))
                .collect();
            let mut tx = Tx::begin(&pool).await.expect("a connection");
            append(&mut tx, events).await.expect("room");
            tx.commit().await.expect("a commit");
        }));
        while writers.try_join_next().is_some() {}
    }
    writers.join_all().await;
    Latencies::of(late)
}
