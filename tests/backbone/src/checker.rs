//! The checker: compares what was committed with what is on the topics and what came of it.
//!
//! It shares no code with `messaging`: it reads tables with its own SQL and topics with its own consumer,
//! so that a mistake there cannot hide itself here.

mod judge;
mod tables;
mod topic;

use std::time::Duration;

use sqlx::ConnectOptions;
use tokio::time::{Instant, sleep};

pub use self::judge::{Applied, Report, Seen};
pub use self::tables::Outstanding;
use crate::Error;
use crate::ground::Ground;
use crate::identity::{ECHOES, FACTS};

/// From one word on what is waited for to the next.
const TELL: Duration = Duration::from_secs(5);

/// Compares everything, as it is now; whatever is still on its way counts as lost.
///
/// # Errors
/// The database or the broker cannot be read.
pub async fn check(ground: &Ground) -> Result<Report, Error> {
    let brokers = ground.brokers.clone();
    let reading =
        move || Ok::<_, Error>((topic::read(&brokers, FACTS)?, topic::read(&brokers, ECHOES)?));
    let (facts, echoes) = tokio::task::spawn_blocking(reading).await??;
    let mut conn = ground.options().connect().await?;
    let ledger = tables::ledger(&mut conn).await?;
    let mut report = Report::default();
    report.topic("facts", &ledger, &facts);
    let readable = ledger.iter().filter(|fact| fact.readable).cloned().collect::<Vec<_>>();
    report.effects("effects", &readable, &tables::effects(&mut conn).await?);
    let echoed = readable.into_iter().filter(crate::identity::Identity::echoed).collect::<Vec<_>>();
    report.effects("echoes made", &echoed, &tables::echoes(&mut conn).await?);
    report.topic("echoes", &echoed, &echoes);
    report.calls(&tables::calls(&mut conn).await?);
    report.events = ledger.len();
    Ok(report)
}

/// Waits until nothing is outstanding any more, or for `patience`; `tell` hears every few seconds what is.
/// True if everything arrived.
pub async fn drained(ground: &Ground, patience: Duration, tell: impl Fn(Outstanding)) -> bool {
    let end = Instant::now() + patience;
    let mut told = Instant::now();
    while Instant::now() < end {
        let looked = Instant::now();
        if let Ok(mut conn) = ground.options().connect().await
            && let Ok(outstanding) = tables::outstanding(&mut conn).await
        {
            if outstanding == (Outstanding { effects: 0, echoes: 0, unsent: 0 }) {
                return true;
            }
            if told.elapsed() > TELL {
                tell(outstanding);
                told = Instant::now();
            }
        }
        // Looking takes long after a long trial, and must not be what everybody waits for.
        sleep(looked.elapsed().saturating_mul(4).max(Duration::from_millis(200))).await;
    }
    false
}
