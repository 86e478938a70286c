//! What was acknowledged: the last window, and the last position of each partition as of it.

use std::collections::HashMap;

use sqlx::{Connection, PgConnection};

use crate::position::Position;

/// Heads that moved, by topic and partition.
pub(super) type Changed = HashMap<(String, i32), Position>;

/// The last position sent to each partition of each topic.
#[derive(Debug, Default)]
pub(super) struct Heads {
    topics: HashMap<String, HashMap<i32, Position>>,
    changed: Changed,
}

impl Heads {
    /// Moves the head of a partition to `position`; returns where it was.
    pub(super) fn advance(&mut self, topic: &str, partition: i32, position: Position) -> Position {
        let previous = match self.topics.get_mut(topic) {
            Some(partitions) => partitions.insert(partition, position),
            None => {
                self.topics.insert(topic.to_owned(), HashMap::from([(partition, position)]));
                None
            }
        };
        self.changed.insert((topic.to_owned(), partition), position);
        previous.unwrap_or(Position::NONE)
    }

    /// The heads that moved since this was asked last.
    pub(super) fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }
}

/// Reads the last acknowledged window and the heads as of it, by one snapshot: a leader before us that
/// does not know it yet may store what it sent meanwhile.
pub(super) async fn load(conn: &mut PgConnection) -> Result<(i64, Heads), sqlx::Error> {
    let mut conn = conn.begin_with("begin isolation level repeatable read read only").await?;
    let acked = sqlx::query_scalar("select acked_window from messaging.outbox_progress")
        .fetch_one(&mut *conn)
        .await?;
    let rows: Vec<(String, i32, i64, i64, i64)> = sqlx::query_as(
        "select topic, partition, incarnation, window_id, seq from messaging.outbox_head",
    )
    .fetch_all(&mut *conn)
    .await?;
    conn.commit().await?;
    let mut heads = Heads::default();
    for (topic, partition, incarnation, window, seq) in rows {
        heads.advance(&topic, partition, Position { incarnation, window, seq });
    }
    drop(heads.take_changed());
    Ok((acked, heads))
}

/// Stores that `window` was acknowledged, with the heads that moved since the last time. May
/// lag, which costs an identical second copy after a crash, and never goes back: what a leader
/// whose term is over stores late is either the same or ignored.
pub(super) async fn store(
    conn: &mut PgConnection,
    window: i64,
    moved: &mut Changed,
) -> Result<(), sqlx::Error> {
    insert(conn, Some(window), moved).await
}

/// Stores heads that moved without a window: of a topic that waited longer than its windows.
pub(super) async fn store_heads(
    conn: &mut PgConnection,
    moved: &mut Changed,
) -> Result<(), sqlx::Error> {
    insert(conn, None, moved).await
}

async fn insert(
    conn: &mut PgConnection,
    window: Option<i64>,
    moved: &mut Changed,
) -> Result<(), sqlx::Error> {
    let mut topics = Vec::with_capacity(moved.len());
    let mut partitions = Vec::with_capacity(moved.len());
    let mut numbers = [const { Vec::new() }; 3];
    for ((topic, partition), position) in moved.iter() {
        topics.push(topic.clone());
        partitions.push(*partition);
        numbers[0].push(position.incarnation);
        numbers[1].push(position.window);
        numbers[2].push(position.seq);
    }
    let [incarnations, windows, seqs] = numbers;
    sqlx::query(
        "with advanced as (
             update messaging.outbox_progress set acked_window = $1 where acked_window < $1::bigint
             returning 1
         )
         insert into messaging.outbox_head (topic, partition, incarnation, window_id, seq)
         select h.* from unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[])
             as h
         where $1 is null or exists (select from advanced)
         on conflict (topic, partition) do update
         set incarnation = excluded.incarnation, window_id = excluded.window_id,
             seq = excluded.seq",
    )
    .bind(window)
    .bind(topics)
    .bind(partitions)
    .bind(incarnations)
    .bind(windows)
    .bind(seqs)
    .execute(conn)
    .await?;
    moved.clear();
    Ok(())
}
