//! What operations may do with what is parked, events and jobs: list it, have one tried again, skip one.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A message that is held back: the first of its key failed, the others wait behind it. Or a job that
/// can be neither done nor given up; those of its aggregate wait in its queue.
#[derive(Clone, Debug, sqlx::FromRow)]
#[non_exhaustive]
pub struct ParkedMessage {
    /// Names it in [`retry`] and [`skip`].
    pub id: i64,
    /// The consumer that could not handle it; the queue of a job.
    pub consumer: String,
    /// Where it came from; nothing for a job.
    pub topic: String,
    /// The key that is held back; a job's aggregate.
    pub key: String,
    /// The event's id, or the job's.
    pub event_id: Uuid,
    /// The contract's name; a job's queue.
    #[sqlx(rename = "type")]
    pub event_type: String,
    /// The aggregate it is about.
    pub subject: String,
    /// What it belongs to.
    pub correlation: Uuid,
    /// Whether it is this message that blocks its key, rather than one before it.
    pub blocking: bool,
    /// `retrying` (by itself, at `retry_at`) or `person`.
    pub state: String,
    /// Tries so far.
    pub attempts: i32,
    /// When it is tried again.
    pub retry_at: Option<OffsetDateTime>,
    /// What the first try said.
    pub first_error: Option<String>,
    /// What the last try said.
    pub last_error: Option<String>,
    /// When it happened.
    pub occurred_at: OffsetDateTime,
    /// When it was parked.
    pub parked_at: OffsetDateTime,
    /// The payload, in the contract's encoding; a job's is JSON.
    pub payload: Vec<u8>,
}

/// Lists what is held back, each key's messages together and in order, oldest key first; then jobs.
///
/// # Errors
/// The database failed.
pub async fn list(conn: &mut PgConnection, limit: i64) -> Result<Vec<ParkedMessage>, sqlx::Error> {
    let mut found: Vec<ParkedMessage> = sqlx::query_as(
        "select p.id, p.consumer, p.topic, p.key, p.event_id, p.type, p.subject, p.correlation,
             p.id = first_value(p.id) over one_key as blocking,
             k.state, p.attempts, k.retry_at, p.first_error, p.last_error,
             p.occurred_at, p.parked_at, p.payload
         from messaging.parked p
         join messaging.parked_key k using (consumer, topic, key)
         where p.state = 'waiting'
         window one_key as (partition by p.consumer, p.topic, p.key
                            order by p.incarnation, p.window_id, p.seq)
         order by k.parked_at, p.consumer, p.topic, p.key, p.incarnation, p.window_id, p.seq
         limit $1",
    )
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    let room = limit.saturating_sub(i64::try_from(found.len()).unwrap_or(limit));
    found.append(&mut jobs(conn, room).await?);
    Ok(found)
}

async fn jobs(conn: &mut PgConnection, limit: i64) -> Result<Vec<ParkedMessage>, sqlx::Error> {
    sqlx::query_as(
        "select parked_id as id, queue as consumer, '' as topic, aggregate as key, id as event_id,
             queue as type, aggregate as subject, correlation, true as blocking, 'person' as state,
             attempts, null::timestamptz as retry_at, null as first_error, last_error,
             enqueued_at as occurred_at, stuck_at as parked_at,
             convert_to(job::text, 'UTF8') as payload
         from messaging.job where stuck_at is not null
         order by stuck_at limit $1",
    )
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// Has the key of message `id` tried again now, from its first message on, or job `id` with its whole
/// budget. `actor` and `reason` are kept. False if it is not held back (any more).
///
/// # Errors
/// The database failed.
pub async fn retry(
    conn: &mut PgConnection,
    id: i64,
    actor: &str,
    reason: &str,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query(
        "with asked as (
             update messaging.parked_key k
             set state = 'retrying', attempts = 0, retry_at = clock_timestamp()
             from messaging.parked p
             where p.id = $1 and p.state = 'waiting'
                 and k.consumer = p.consumer and k.topic = p.topic and k.key = p.key
             returning p.id
         ), job as (
             update messaging.job
             set stuck_at = null, attempts = 0, outages = 0, retry_at = clock_timestamp()
             where parked_id = $1 and stuck_at is not null
             returning parked_id
         )
         insert into messaging.parked_audit (parked_id, action, actor, reason)
         select id, 'retry', $2, $3 from asked union all select parked_id, 'retry', $2, $3 from job",
    )
    .bind(id)
    .bind(actor)
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(found.rows_affected() == 1)
}

/// Gives up message `id`: it will not be handled, and those behind it are tried at once. Job `id` is
/// settled as given up, by its worker. `actor` and `reason` are kept. False if it is not held back
/// (any more).
///
/// # Errors
/// The database failed.
pub async fn skip(
    conn: &mut PgConnection,
    id: i64,
    actor: &str,
    reason: &str,
) -> Result<bool, sqlx::Error> {
    // The key's row is locked first, as by the consumer, and by the same statement that makes the
    // consumer look at the key again; it sets the key free when nothing is left.
    let found = sqlx::query(
        "with freed as (
             update messaging.parked_key k
             set state = 'retrying', attempts = 0, retry_at = clock_timestamp()
             from messaging.parked p
             where p.id = $1 and p.state = 'waiting'
                 and k.consumer = p.consumer and k.topic = p.topic and k.key = p.key
             returning p.id
         ), skipped as (
             update messaging.parked p
             set state = 'skipped', closed_at = clock_timestamp()
             from freed
             where p.id = freed.id and p.state = 'waiting'
             returning p.id
         ), job as (
             update messaging.job
             set stuck_at = null, attempts = 0, outages = 0, retry_at = clock_timestamp(), given_up = $3
             where parked_id = $1 and stuck_at is not null
             returning parked_id
         )
         insert into messaging.parked_audit (parked_id, action, actor, reason)
         select id, 'skip', $2, $3 from skipped union all select parked_id, 'skip', $2, $3 from job",
    )
    .bind(id)
    .bind(actor)
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(found.rows_affected() == 1)
}
