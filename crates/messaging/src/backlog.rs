//! How far behind a service is: ages for status pages and alarms.

use std::time::Duration;

use sqlx::PgConnection;

/// What waits in one service's database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backlog {
    /// Age of the oldest committed event that no broker has acknowledged.
    pub oldest_unsent: Option<Duration>,
    /// Events that no broker has acknowledged.
    pub unsent: i64,
    /// Events that are withheld from their topics, because Kafka refuses them or their topic is missing.
    pub withheld: i64,
    /// Age of the oldest of them, by when it was withheld.
    pub oldest_withheld: Option<Duration>,
    /// Keys that are held back.
    pub parked_keys: i64,
    /// Of these, keys that wait for a person.
    pub parked_for_a_person: i64,
    /// Age of the oldest event that is held back, by when it was parked.
    pub oldest_parked: Option<Duration>,
    /// How long the job that waits longest has been due.
    pub oldest_job: Option<Duration>,
    /// Jobs that are due.
    pub due_jobs: i64,
    /// Jobs whose outcome could not be settled, waiting for a person.
    pub stuck_jobs: i64,
    /// How long ago topics and outbox were compared to the end; none before the first time.
    pub compared: Option<Duration>,
    /// Differences between topics and outbox, ever.
    pub differences: i64,
}

/// The fields of [`Backlog`] in order, ages in milliseconds.
type Row = (
    Option<i64>,
    i64,
    i64,
    Option<i64>,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    i64,
    i64,
    Option<i64>,
    i64,
);

/// Reads the backlog. Cheap: everything is found by index, in proportion to what waits.
///
/// # Errors
/// The database failed.
pub async fn backlog(conn: &mut PgConnection) -> Result<Backlog, sqlx::Error> {
    let row: Row = sqlx::query_as(
        "with acked as (
             select w.snapshot from messaging.outbox_progress p
             join messaging.outbox_window w on w.id = p.acked_window
         ), unsent as (
             select o.occurred_at from messaging.outbox o
             where o.xid >= (select pg_snapshot_xmax(snapshot) from acked)
             union all
             select o.occurred_at from messaging.outbox o
             where o.xid = any (array(select pg_snapshot_xip(snapshot) from acked))
         )
         select u.*, w.*, k.*, p.*, j.*, a.*
         from (select (extract(epoch from clock_timestamp() - min(occurred_at)) * 1000)::bigint,
                   count(*) from unsent) u,
             (select count(*),
                  (extract(epoch from clock_timestamp() - min(withheld_at)) * 1000)::bigint
              from messaging.outbox_withheld) w,
             (select count(*), count(*) filter (where state = 'person')
              from messaging.parked_key) k,
             (select (extract(epoch from clock_timestamp() - min(parked_at)) * 1000)::bigint
              from messaging.parked where state = 'waiting') p,
             (select (extract(epoch from clock_timestamp() - min(due_at)) * 1000)::bigint,
                  count(*), count(*) filter (where stuck_at is not null)
              from messaging.job where due_at <= clock_timestamp()) j,
             (select (extract(epoch from clock_timestamp() - compared_at) * 1000)::bigint,
                  differences from messaging.audit) a",
    )
    .fetch_one(conn)
    .await?;
    let age = |ms: Option<i64>| ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
    Ok(Backlog {
        oldest_unsent: age(row.0),
        unsent: row.1,
        withheld: row.2,
        oldest_withheld: age(row.3),
        parked_keys: row.4,
        parked_for_a_person: row.5,
        oldest_parked: age(row.6),
        oldest_job: age(row.7),
        due_jobs: row.8,
        stuck_jobs: row.9,
        compared: age(row.10),
        differences: row.11,
    })
}
