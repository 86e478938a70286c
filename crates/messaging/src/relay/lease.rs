//! Who leads: one row, with a term that the database hands out.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::types::PgInterval;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::RelaySettings;
use crate::Error;

/// How long the database may take to answer about the lease.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The right to seal and send, while it lasts. Kept alive by a task of its own, so that a slow
/// broker does not cost the lead.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) term: i64,
    lost: CancellationToken,
    keeper: JoinHandle<()>,
}

/// Takes the lease if nobody holds it. The incarnation grows when the database was restored to an
/// earlier time, which shows in its timeline.
pub(super) async fn acquire(
    pool: &PgPool,
    owner: Uuid,
    settings: &RelaySettings,
) -> Result<Option<Lease>, Error> {
    let asked = Instant::now();
    let row: Option<(i64, i32, bool)> = sqlx::query_as(
        "with here as (
             select ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint
                 as timeline, (select system_identifier from pg_control_system()) as system
         )
         update messaging.lease l
         set term = l.term + 1, owner = $1, held_until = clock_timestamp() + $2,
             incarnation = l.incarnation
                 + case when l.timeline <> here.timeline then 1 else 0 end,
             timeline = here.timeline,
             system_identifier = coalesce(l.system_identifier, here.system),
             partitions = coalesce(l.partitions, $3)
         from here
         where l.name = 'relay' and l.held_until < clock_timestamp()
         returning l.term, l.partitions, l.system_identifier = here.system",
    )
    .bind(owner)
    .bind(interval(settings.lease))
    .bind(settings.partitions)
    .fetch_optional(pool)
    .await?;
    let Some((term, partitions, same_system)) = row else { return Ok(None) };
    if !same_system {
        return Err(Error::ForeignOutbox("it was restored from a dump; see the README".into()));
    }
    if partitions != settings.partitions {
        let wanted = settings.partitions;
        return Err(Error::Partitions {
            topic: "of this outbox".into(),
            found: partitions,
            wanted,
        });
    }
    let lost = CancellationToken::new();
    let keeper = Keeper { pool: pool.clone(), term, length: settings.lease, lost: lost.clone() };
    Ok(Some(Lease { term, lost, keeper: tokio::spawn(keeper.run(asked)) }))
}

impl Lease {
    /// Ends when another relay may lead.
    pub(super) async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Lets another relay lead at once.
    pub(super) async fn resign(self, pool: &PgPool) {
        self.keeper.abort();
        let resigned = sqlx::query(
            "update messaging.lease set held_until = '-infinity' where name = 'relay' and term = $1",
        )
        .bind(self.term)
        .execute(pool);
        // A database that does not answer must not keep the relay from looking again.
        match tokio::time::timeout(PATIENCE, resigned).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                let error = &error as &dyn std::error::Error;
                tracing::info!(error, "the lease has to run out");
            }
            Err(_) => tracing::info!("no answer; the lease has to run out"),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Without its relay the lease has to run out, as after a crash.
        self.keeper.abort();
    }
}

struct Keeper {
    pool: PgPool,
    term: i64,
    length: Duration,
    lost: CancellationToken,
}

impl Keeper {
    /// Renews every third of the lease, and trusts it for three fifths, counted from before the
    /// database was asked: an answer may be late, and clocks differ in rate.
    async fn run(self, asked: Instant) {
        let trust = self.length.saturating_mul(3) / 5;
        let mut trusted_until = asked + trust;
        let mut next = asked + self.length / 3;
        loop {
            tokio::time::sleep_until(next.min(trusted_until)).await;
            let asked = Instant::now();
            match tokio::time::timeout_at(trusted_until, self.renew()).await {
                Ok(Ok(true)) => {
                    trusted_until = asked + trust;
                    next = asked + self.length / 3;
                }
                Ok(Err(_)) if Instant::now() < trusted_until => {
                    next = asked + Duration::from_millis(250);
                }
                Ok(_) | Err(_) => break,
            }
        }
        self.lost.cancel();
    }

    /// Not after it resigned, which may overtake a renewal that is under way.
    async fn renew(&self) -> Result<bool, sqlx::Error> {
        let renewed = sqlx::query(
            "update messaging.lease set held_until = clock_timestamp() + $2
             where name = 'relay' and term = $1 and held_until > '-infinity'",
        )
        .bind(self.term)
        .bind(interval(self.length))
        .execute(&self.pool)
        .await?;
        Ok(renewed.rows_affected() == 1)
    }
}

/// A duration as Postgres takes it, to the microsecond.
pub(crate) fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[sqlx::test]
    async fn a_renewal_that_comes_after_the_resignation_does_not_bring_the_lease_back(db: PgPool) {
        crate::migrate(&db).await.unwrap();
        let settings = RelaySettings::default();
        let lease = acquire(&db, Uuid::nil(), &settings).await.unwrap().unwrap();
        let (term, lost) = (lease.term, CancellationToken::new());
        let late = Keeper { pool: db.clone(), term, length: settings.lease, lost };
        assert!(late.renew().await.unwrap());

        lease.resign(&db).await;

        assert!(!late.renew().await.unwrap());
        assert!(acquire(&db, Uuid::nil(), &settings).await.unwrap().is_some());
    }
}
