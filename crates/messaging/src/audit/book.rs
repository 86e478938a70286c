//! What the comparison keeps in the service's database, and what it asks of it.

use std::collections::HashMap;
use std::time::Duration;

use futures::stream::BoxStream;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::lane::{Event, Lane};
use crate::Error;
use crate::position::Position;
use crate::relay::interval;

/// A process that ends without a word is waited for so long.
const LEASE: Duration = Duration::from_secs(120);

/// A partition of a topic.
pub(super) type Place = (String, i32);

/// What is to be compared now.
#[derive(Debug)]
pub(super) struct Scope {
    /// All up to this window is compared; none before the first time.
    pub(super) compared: Option<i64>,
    /// The relay says that it sent all up to this one.
    pub(super) sent: i64,
    /// Events of windows up to this one may be forgotten.
    pub(super) forgotten: i64,
    /// All partitions of topics that were ever sent to, with the next offset and the last event.
    pub(super) places: HashMap<Place, (i64, Option<Position>)>,
}

/// An event where it belongs.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) incarnation: i64,
    pub(super) window_id: i64,
    pub(super) seq: i64,
    pub(super) topic: String,
    event_id: Uuid,
    #[sqlx(rename = "type")]
    event_type: String,
    key: String,
    payload_hash: Vec<u8>,
}

impl Row {
    pub(super) const fn position(&self) -> Position {
        Position { incarnation: self.incarnation, window: self.window_id, seq: self.seq }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn into_event(self) -> Event {
        let Self { event_id: id, event_type, key, payload_hash, .. } = self;
        Event { id, event_type, key, payload_hash }
    }
}

/// Takes or keeps the right to compare; false if another process has it.
pub(super) async fn hold(conn: &mut PgConnection, owner: Uuid) -> Result<bool, sqlx::Error> {
    let held = sqlx::query(
        "update messaging.audit set owner = $1, held_until = clock_timestamp() + $2
         where owner = $1 or held_until < clock_timestamp()",
    );
    let held = held.bind(owner).bind(interval(LEASE)).execute(conn).await?;
    Ok(held.rows_affected() == 1)
}

/// Lets another process compare at once.
pub(super) async fn release(conn: &mut PgConnection, owner: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("update messaging.audit set held_until = '-infinity' where owner = $1")
        .bind(owner)
        .execute(conn)
        .await?;
    Ok(())
}

/// What is to be compared, by one snapshot: progress and heads belong together.
pub(super) async fn scope(conn: &mut PgConnection) -> Result<Scope, sqlx::Error> {
    let mut conn = conn.begin_with("begin isolation level repeatable read read only").await?;
    let (compared, sent, forgotten) = sqlx::query_as(
        "select a.window_id, p.acked_window, greatest(a.forgotten_window,
             (select min(id) from messaging.outbox_window))
         from messaging.audit a, messaging.outbox_progress p",
    )
    .fetch_one(&mut *conn)
    .await?;
    type Found = (String, i32, Option<i64>, Option<i64>, Option<i64>, Option<i64>);
    let rows: Vec<Found> = sqlx::query_as(
        "select t.topic, n, a.kafka_offset, a.incarnation, a.window_id, a.seq
         from (select distinct topic from messaging.outbox_head) t
         cross join messaging.lease l
         cross join generate_series(0, l.partitions - 1) n
         left join messaging.audit_partition a on a.topic = t.topic and a.partition = n
         where l.name = 'relay'",
    )
    .fetch_all(&mut *conn)
    .await?;
    conn.commit().await?;
    let places = rows.into_iter().map(|(topic, partition, offset, incarnation, window, seq)| {
        let last = incarnation.zip(window).zip(seq);
        let last = last.map(|((incarnation, window), seq)| Position { incarnation, window, seq });
        // Without a row nothing was there when the others were looked at: it begins at the beginning.
        ((topic, partition), (offset.unwrap_or(0), last))
    });
    Ok(Scope { compared, sent, forgotten, places: places.collect() })
}

/// The newest window.
pub(super) async fn sealed(conn: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select max(id) from messaging.outbox_window").fetch_one(conn).await
}

/// The events of the windows after `after` and up to `to`, in order.
pub(super) fn events(
    conn: &mut PgConnection,
    after: i64,
    to: i64,
) -> BoxStream<'_, Result<Row, sqlx::Error>> {
    sqlx::query_as("select * from messaging.audit_events($1, $2)").bind(after).bind(to).fetch(conn)
}

/// Stores that all up to `window` is compared, and where each partition goes on; unless another process
/// took over.
pub(super) async fn store(
    conn: &mut PgConnection,
    owner: Uuid,
    window: i64,
    lanes: &HashMap<Place, Lane>,
    differences: i64,
) -> Result<(), Error> {
    let (mut topics, mut partitions, mut offsets) = (Vec::new(), Vec::new(), Vec::new());
    let mut numbers = [const { Vec::new() }; 3];
    for ((topic, partition), lane) in lanes {
        let (offset, last) = lane.resume();
        topics.push(topic.as_str());
        partitions.push(*partition);
        offsets.push(offset);
        numbers[0].push(last.map(|last| last.incarnation));
        numbers[1].push(last.map(|last| last.window));
        numbers[2].push(last.map(|last| last.seq));
    }
    let [incarnations, windows, seqs] = numbers;
    let stored = sqlx::query(
        "with mine as (
             update messaging.audit
             set window_id = $2, differences = differences + $3,
                 held_until = clock_timestamp() + $4
             where owner = $1
             returning 1
         ), places as (
             insert into messaging.audit_partition
                 (topic, partition, kafka_offset, incarnation, window_id, seq)
             select p.* from unnest($5::text[], $6::integer[], $7::bigint[], $8::bigint[],
                                    $9::bigint[], $10::bigint[]) as p
             where exists (select from mine)
             on conflict (topic, partition) do update
             set kafka_offset = excluded.kafka_offset, incarnation = excluded.incarnation,
                 window_id = excluded.window_id, seq = excluded.seq
             where (audit_partition.kafka_offset, audit_partition.seq)
                 is distinct from (excluded.kafka_offset, excluded.seq)
         )
         select from mine",
    )
    .bind(owner)
    .bind(window)
    .bind(differences)
    .bind(interval(LEASE))
    .bind(topics)
    .bind(partitions)
    .bind(offsets)
    .bind(incarnations)
    .bind(windows)
    .bind(seqs)
    .execute(conn)
    .await?;
    if stored.rows_affected() == 1 { Ok(()) } else { Err(Error::TermOver) }
}

/// Everything that was acknowledged up to now is compared.
pub(super) async fn done(
    conn: &mut PgConnection,
    owner: Uuid,
    age: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update messaging.audit set compared_at = clock_timestamp() - $2::interval where owner = $1",
    )
    .bind(owner)
    .bind(interval(age))
    .execute(conn)
    .await?;
    Ok(())
}
