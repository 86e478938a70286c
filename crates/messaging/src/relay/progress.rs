//! What was acknowledged: the last window, and the last position of each partition as of it.

use std::collections::HashMap;

use sqlx::{Connection, PgConnection};

use crate::position::Position;

/// Positions by topic and partition.
type Positions = HashMap<String, HashMap<i32, Position>>;

/// Moves a head; returns where it was.
fn set(heads: &mut Positions, topic: &str, partition: i32, to: Position) -> Option<Position> {
    // A name of its own only once: this is done for every event.
    if let Some(partitions) = heads.get_mut(topic) {
        return partitions.insert(partition, to);
    }
    heads.insert(topic.to_owned(), HashMap::from([(partition, to)]));
    None
}

/// Heads that moved.
#[derive(Debug, Default)]
pub(super) struct Changed(Positions);

impl Changed {
    /// Adds what moved later.
    pub(super) fn extend(&mut self, later: Self) {
        for (topic, partitions) in later.0 {
            self.0.entry(topic).or_default().extend(partitions);
        }
    }
}

/// The last position sent to each partition of each topic.
#[derive(Debug, Default)]
pub(super) struct Heads {
    last: Positions,
    changed: Changed,
}

impl Heads {
    /// Moves the head of a partition to `position`; returns where it was.
    pub(super) fn advance(&mut self, topic: &str, partition: i32, position: Position) -> Position {
        set(&mut self.changed.0, topic, partition, position);
        set(&mut self.last, topic, partition, position).unwrap_or(Position::NONE)
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
    let mut places: (Vec<&str>, Vec<i32>) = Default::default();
    let mut numbers = [const { Vec::new() }; 3];
    let heads =
        moved.0.iter().flat_map(|(topic, heads)| heads.iter().map(move |head| (topic, head)));
    for (topic, (partition, position)) in heads {
        places.0.push(topic);
        places.1.push(*partition);
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
    .bind(places.0)
    .bind(places.1)
    .bind(incarnations)
    .bind(windows)
    .bind(seqs)
    .execute(conn)
    .await?;
    moved.0.clear();
    Ok(())
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;

    #[test]
    fn each_partition_has_a_chain_of_its_own() {
        let mut heads = Heads::default();
        let position = |seq| Position { incarnation: 1, window: 1, seq };

        assert_eq!(heads.advance("a", 0, position(1)), Position::NONE);
        assert_eq!(heads.advance("a", 1, position(2)), Position::NONE);
        assert_eq!(heads.advance("b", 0, position(3)), Position::NONE);
        assert_eq!(heads.advance("a", 0, position(4)), position(1));
    }

    /// A leader that was frozen may store its progress while the next one begins.
    #[sqlx::test]
    async fn heads_are_read_as_of_the_window_that_is_read_with_them(db: PgPool) {
        const WINDOWS: i64 = 300;
        crate::migrate(&db).await.unwrap();
        let (mut ours, mut theirs) = (db.acquire().await.unwrap(), db.acquire().await.unwrap());
        let storing = tokio::spawn(async move {
            let mut heads = Heads::default();
            for window in 1..=WINDOWS {
                heads.advance("t", 0, Position { incarnation: 1, window, seq: window });
                store(&mut theirs, window, &mut heads.take_changed()).await.unwrap();
            }
        });

        let mut acked = 0;
        while acked < WINDOWS {
            let (window, heads) = load(&mut ours).await.unwrap();
            acked = window;
            let head = heads.last.get("t").map_or(0, |partitions| partitions[&0].window);
            assert_eq!(head, acked);
        }

        storing.await.unwrap();
    }
}
