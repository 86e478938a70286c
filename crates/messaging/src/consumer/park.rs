//! Holding a key back: the record that failed, and those that come behind it.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::erased::Failure;
use super::plan;
use super::record::Record;
use crate::relay::interval;

/// A key of one topic.
pub(super) type Key<'r> = (&'r str, &'r str);

/// Which of these keys are held back. Their rows are locked, so that none of them is set free
/// before this transaction has put its records behind the others; and read after the lock was
/// had, so that a key that was just set free is not taken for a blocked one.
pub(super) async fn lock_held<'r>(
    conn: &mut PgConnection,
    consumer: &str,
    keys: &[Key<'r>],
) -> Result<HashSet<Key<'r>>, sqlx::Error> {
    let (topics, names): (Vec<&str>, Vec<&str>) = keys.iter().copied().unzip();
    let held: Vec<(String, String)> = sqlx::query_as(
        "select topic, key from messaging.parked_key
         where consumer = $1
             and (topic, key) in (select * from unnest($2::text[], $3::text[]))
         order by topic, key
         for update",
    )
    .bind(consumer)
    .bind(topics)
    .bind(names)
    .fetch_all(conn)
    .await?;
    let held: HashSet<Key<'_>> = held.iter().map(|(t, k)| (t.as_str(), k.as_str())).collect();
    Ok(keys.iter().copied().filter(|key| held.contains(key)).collect())
}

/// Puts `record` behind what is parked of its key.
pub(super) async fn behind(
    conn: &mut PgConnection,
    consumer: &str,
    record: &Record,
) -> Result<(), sqlx::Error> {
    insert(conn, consumer, record, None).await
}

/// Parks `record`, which failed, and holds its key back: until the next try, or for a person.
pub(super) async fn block(
    conn: &mut PgConnection,
    consumer: &str,
    record: &Record,
    failure: &Failure,
) -> Result<(), sqlx::Error> {
    let rest = plan::rest(failure.class, 1);
    sqlx::query(
        "insert into messaging.parked_key
             (consumer, topic, key, partition, state, attempts, retry_at)
         values ($1, $2, $3, $4, case when $5::interval is null then 'person' else 'retrying' end,
                 1, clock_timestamp() + $5::interval)",
    )
    .bind(consumer)
    .bind(record.meta.topic)
    .bind(&record.meta.key)
    .bind(record.partition)
    .bind(rest.map(interval))
    .execute(&mut *conn)
    .await?;
    insert(conn, consumer, record, Some(failure)).await
}

async fn insert(
    conn: &mut PgConnection,
    consumer: &str,
    record: &Record,
    failure: Option<&Failure>,
) -> Result<(), sqlx::Error> {
    let meta = &record.meta;
    sqlx::query(
        "insert into messaging.parked
             (consumer, topic, partition, key, incarnation, window_id, seq, kafka_offset, event_id,
              type, subject, version, occurred_at, correlation, causation, traceparent, payload,
              attempts, error_class, first_error, last_error)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                 case when $18::text is null then 0 else 1 end, $18, $19, $19)",
    )
    .bind(consumer)
    .bind(meta.topic)
    .bind(record.partition)
    .bind(&meta.key)
    .bind(record.position.incarnation)
    .bind(record.position.window)
    .bind(record.position.seq)
    .bind(record.offset)
    .bind(meta.event_id)
    .bind(&meta.event_type)
    .bind(&meta.subject)
    .bind(meta.version)
    .bind(meta.occurred_at)
    .bind(meta.correlation)
    .bind(meta.causation)
    .bind(&meta.traceparent)
    .bind(&record.payload)
    .bind(failure.map(|failure| failure.class.name()))
    .bind(failure.map(|failure| failure.message.as_str()))
    .execute(conn)
    .await?;
    Ok(())
}
