//! The moment of a replay in which the new tables become the live ones.

use std::collections::HashMap;

use sqlx::{Acquire, PgConnection};

use super::{Progress, Replay, Replaying, Tables};
use crate::consumer::mark::{self, Mark, Place};
use crate::{Classify, Error, ErrorClass};

impl Replay {
    /// The name under which the marks of replaced tables are kept.
    pub(super) fn kept(&self) -> String {
        format!("{}/replaced", self.consumer)
    }
}

impl<F: FnMut(Progress) + Send> Replaying<'_, F> {
    /// Replaces the live tables, if their writers let go of them soon. The live consumer waits
    /// meanwhile for its marks; from then on it goes on where these tables are.
    pub(super) async fn replace(&mut self, tables: &impl Tables) -> Result<bool, Error> {
        let mut conn = self.replay.pool.acquire().await?;
        let mut tx = conn.begin().await?;
        let live = match self.lock(&mut tx, tables).await {
            Ok(live) => live,
            Err(Error::Database(error)) if error.class() == ErrorClass::Retry => return Ok(false),
            Err(error) => return Err(error),
        };
        // What the live consumer has handled since we were last at the end: a second's worth.
        while self.marks.iter().any(|(place, ours)| behind(ours, live.get(place))) {
            let arrived = self.next().await?;
            self.apply(&mut tx, &arrived).await?;
        }
        tables.settle(&mut tx).await?;
        self.hand_over(&mut tx, &live).await?;
        tables.swap(&mut tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Locks first the marks and then what is parked, as the consumer does, and last the tables.
    async fn lock(
        &self,
        conn: &mut PgConnection,
        tables: &impl Tables,
    ) -> Result<HashMap<Place, Mark>, Error> {
        sqlx::raw_sql("set local lock_timeout = '2s'; set local synchronous_commit = on")
            .execute(&mut *conn)
            .await?;
        let places: Vec<Place> = self.marks.keys().copied().collect();
        let live = mark::load(conn, self.replay.consumer, &places).await?;
        sqlx::query(
            "select from messaging.parked_key where consumer = $1 and topic = any ($2)
             order by topic, key for update",
        )
        .bind(self.replay.consumer)
        .bind(self.topics())
        .execute(&mut *conn)
        .await?;
        tables.lock(conn).await?;
        Ok(live)
    }

    /// Keeps the marks of the live tables for the way back, moves them to where the new tables are, and
    /// closes what was parked: it is in the new tables.
    async fn hand_over(
        &self,
        conn: &mut PgConnection,
        live: &HashMap<Place, Mark>,
    ) -> Result<(), Error> {
        let kept = self.replay.kept();
        let forget = "delete from messaging.consumer_progress where consumer = $1";
        sqlx::query(forget).bind(&kept).execute(&mut *conn).await?;
        let keep = "insert into messaging.consumer_progress
                 (consumer, topic, partition, lane, incarnation, window_id, seq, kafka_offset)
             select $1, topic, partition, lane, incarnation, window_id, seq, kafka_offset
             from messaging.consumer_progress where consumer = $2 and topic = any ($3)";
        let keep = sqlx::query(keep).bind(&kept).bind(self.replay.consumer).bind(self.topics());
        keep.execute(&mut *conn).await?;
        let ahead = self.marks.iter().filter(|(place, ours)| live.get(*place) != Some(*ours));
        let ahead: HashMap<Place, Mark> = ahead.map(|(place, mark)| (*place, *mark)).collect();
        mark::store(conn, self.replay.consumer, &ahead).await?;
        for close in [
            "update messaging.parked set state = 'resolved', closed_at = clock_timestamp()
             where consumer = $1 and topic = any ($2) and state = 'waiting'",
            "delete from messaging.parked_key where consumer = $1 and topic = any ($2)",
        ] {
            let close = sqlx::query(close).bind(self.replay.consumer).bind(self.topics());
            close.execute(&mut *conn).await?;
        }
        Ok(())
    }

    fn topics(&self) -> Vec<&'static str> {
        self.replay.projections.topics().collect()
    }
}

fn behind(ours: &Mark, live: Option<&Mark>) -> bool {
    live.is_some_and(|live| ours.position < live.position)
}
