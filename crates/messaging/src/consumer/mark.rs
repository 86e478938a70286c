//! How far the consumer got in each partition, kept with the effects.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::record::Record;
use crate::position::Position;

/// A partition of one of the consumer's topics.
pub(crate) type Place = (&'static str, i32);

/// Where a partition stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) position: Position,
    /// The Kafka offset of the record at `position`; -1 before the first.
    pub(crate) offset: i64,
}

/// Loads the marks of newly assigned partitions, making those that are not there.
pub(crate) async fn load(
    conn: &mut PgConnection,
    consumer: &str,
    places: &[Place],
) -> Result<HashMap<Place, Mark>, sqlx::Error> {
    let (topics, partitions): (Vec<&str>, Vec<i32>) = places.iter().copied().unzip();
    sqlx::query(
        "insert into messaging.consumer_progress (consumer, topic, partition)
         select $1, p.* from unnest($2::text[], $3::integer[]) as p
         on conflict do nothing",
    )
    .bind(consumer)
    .bind(topics)
    .bind(partitions)
    .execute(&mut *conn)
    .await?;
    lock(conn, consumer, places).await
}

/// Locks the marks until the end of the transaction and reads them: what they say is the truth,
/// whoever wrote it. Rows are locked in one order, so that two owners wait instead of deadlocking.
pub(crate) async fn lock(
    conn: &mut PgConnection,
    consumer: &str,
    places: &[Place],
) -> Result<HashMap<Place, Mark>, sqlx::Error> {
    let (topics, partitions): (Vec<&str>, Vec<i32>) = places.iter().copied().unzip();
    let rows: Vec<(String, i32, i64, i64, i64, i64)> = sqlx::query_as(
        "select p.topic, p.partition, p.incarnation, p.window_id, p.seq, p.kafka_offset
         from messaging.consumer_progress p
         where p.consumer = $1 and p.lane = 0
             and (p.topic, p.partition) in (select * from unnest($2::text[], $3::integer[]))
         order by p.topic, p.partition
         for update of p",
    )
    .bind(consumer)
    .bind(topics)
    .bind(partitions)
    .fetch_all(conn)
    .await?;
    let mut marks = HashMap::with_capacity(rows.len());
    for (topic, partition, incarnation, window, seq, offset) in rows {
        let position = Position { incarnation, window, seq };
        if let Some(place) = places.iter().find(|(t, p)| *t == topic && *p == partition) {
            marks.insert(*place, Mark { position, offset });
        }
    }
    Ok(marks)
}

/// Moves marks from where this owner left them, and so locks them, in one statement. Returns whether
/// any key of theirs may be held back; `None` if one of them is elsewhere, which means another owner:
/// the transaction must end then, for other marks may have been moved.
pub(crate) async fn advance(
    conn: &mut PgConnection,
    consumer: &str,
    from: &HashMap<Place, Mark>,
    to: &HashMap<Place, Mark>,
) -> Result<Option<bool>, sqlx::Error> {
    let mut places: (Vec<&str>, Vec<i32>) = Default::default();
    let mut numbers = [const { Vec::new() }; 7];
    for (place, new) in to {
        let Some(old) = from.get(place) else { return Ok(None) };
        places.0.push(place.0);
        places.1.push(place.1);
        let (was, is) = (old.position, new.position);
        let row = [was.incarnation, was.window, was.seq, is.incarnation, is.window, is.seq];
        for (list, number) in numbers.iter_mut().zip(row.into_iter().chain([new.offset])) {
            list.push(number);
        }
    }
    let mut query = sqlx::query_scalar(
        "update messaging.consumer_progress p
         set incarnation = ($7::bigint[])[n], window_id = ($8::bigint[])[n],
             seq = ($9::bigint[])[n], kafka_offset = ($10::bigint[])[n]
         from generate_series(1, cardinality($2::text[])) as n
         where p.consumer = $1 and p.lane = 0
             and p.topic = ($2::text[])[n] and p.partition = ($3::integer[])[n]
             and p.incarnation = ($4::bigint[])[n] and p.window_id = ($5::bigint[])[n]
             and p.seq = ($6::bigint[])[n]
         returning exists (select from messaging.parked_key k
                           where k.consumer = p.consumer and k.topic = p.topic
                               and k.partition = p.partition)",
    )
    .bind(consumer)
    .bind(places.0)
    .bind(places.1);
    for list in numbers {
        query = query.bind(list);
    }
    let parked: Vec<bool> = query.fetch_all(conn).await?;
    Ok((parked.len() == to.len()).then(|| parked.contains(&true)))
}

/// Writes the marks that moved, in the transaction that locked them.
pub(crate) async fn store(
    conn: &mut PgConnection,
    consumer: &str,
    moved: &HashMap<Place, Mark>,
) -> Result<(), sqlx::Error> {
    let mut places: (Vec<&str>, Vec<i32>) = Default::default();
    let mut numbers = [const { Vec::new() }; 4];
    for ((topic, partition), mark) in moved {
        places.0.push(topic);
        places.1.push(*partition);
        let Position { incarnation, window, seq } = mark.position;
        for (list, number) in numbers.iter_mut().zip([incarnation, window, seq, mark.offset]) {
            list.push(number);
        }
    }
    let [incarnations, windows, seqs, offsets] = numbers;
    sqlx::query(
        "update messaging.consumer_progress p
         set incarnation = n.incarnation, window_id = n.window_id, seq = n.seq,
             kafka_offset = n.kafka_offset
         from unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[],
                     $7::bigint[]) as n (topic, partition, incarnation, window_id, seq, kafka_offset)
         where p.consumer = $1 and p.lane = 0 and p.topic = n.topic and p.partition = n.partition",
    )
    .bind(consumer)
    .bind(places.0)
    .bind(places.1)
    .bind(incarnations)
    .bind(windows)
    .bind(seqs)
    .bind(offsets)
    .execute(conn)
    .await?;
    Ok(())
}

impl Record {
    /// The partition it came from.
    pub(crate) fn place(&self) -> Place {
        (self.meta.topic, self.partition)
    }
}
