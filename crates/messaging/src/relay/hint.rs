//! Hints between the processes of one service: who commits wakes the relay that leads elsewhere.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};

use crate::outage::Outage;
use crate::wake;

const CHANNEL: &str = "messaging_outbox";
/// The shortest time between two hints of a process.
const SPACING: Duration = Duration::from_millis(5);
/// How long a hearer that lost its connection waits before it asks for another.
const PAUSE: Duration = Duration::from_secs(1);

/// Passes on what is said in this process.
pub(super) struct Hints {
    said: wake::Listener,
    outage: Outage,
}

impl Hints {
    /// Of all that is said from now on.
    pub(super) fn new() -> Self {
        let outage = Outage::of("waking the relay that leads");
        Self { said: wake::Listener::of_events(), outage }
    }

    /// Tells the leader, whichever process it is in, of each commit that this process tells of. In a
    /// statement of its own: `NOTIFY` inside the business transaction makes commits queue for one lock.
    /// Dropped at an await, it may have lost a hint.
    pub(super) async fn pass_on(&mut self, pool: &PgPool) -> ! {
        loop {
            self.said.next().await;
            let told = sqlx::query("select pg_notify($1, '')").bind(CHANNEL).execute(pool).await;
            match told {
                Ok(_) => self.outage.over(),
                // Only a hint: the leader looks by itself a little later.
                Err(error) => self.outage.failed(&error),
            };
            tokio::time::sleep(SPACING).await;
        }
    }
}

/// Calls `wakes` at each hint, and whenever one may have been missed, on a connection of its own.
pub(super) async fn hear(pool: &PgPool, wakes: impl Fn()) -> ! {
    let options = pool.connect_options().as_ref().clone();
    let own = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
    let mut outage = Outage::of("hearing of commits in other processes");
    loop {
        if let Err(error) = hear_until_failure(&own, &mut outage, &wakes).await {
            outage.failed(&error);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn hear_until_failure(
    pool: &PgPool,
    outage: &mut Outage,
    wakes: &impl Fn(),
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    outage.over();
    loop {
        wakes();
        // Nothing means that the connection was lost and made anew.
        listener.try_recv().await?;
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[sqlx::test]
    async fn a_hint_reaches_a_hearer_also_after_its_connection_was_lost(db: PgPool) {
        let (wakes, mut woken) = mpsc::unbounded_channel();
        let heard = db.clone();
        let wakes = move || wakes.send(()).expect("the test listens");
        let hearer = tokio::spawn(async move { hear(&heard, wakes).await });

        woken.recv().await.unwrap();
        notify(&db).await;
        woken.recv().await.unwrap();
        let lost = "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and query ilike 'listen%'";
        assert_eq!(sqlx::query(lost).execute(&db).await.unwrap().rows_affected(), 1);
        woken.recv().await.unwrap();
        notify(&db).await;
        woken.recv().await.unwrap();
        hearer.abort();
    }

    #[sqlx::test]
    async fn a_commit_is_passed_on(db: PgPool) {
        let mut elsewhere = PgListener::connect_with(&db).await.unwrap();
        elsewhere.listen(CHANNEL).await.unwrap();
        let mut hints = Hints::new();
        let pool = db.clone();
        let passing = tokio::spawn(async move { hints.pass_on(&pool).await });

        wake::announcing(async { wake::events_soon() }).await;

        elsewhere.recv().await.unwrap();
        passing.abort();
    }

    async fn notify(db: &PgPool) {
        sqlx::query("select pg_notify($1, '')").bind(CHANNEL).execute(db).await.unwrap();
    }
}
