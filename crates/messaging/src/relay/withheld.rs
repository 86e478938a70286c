//! The table of what is withheld, as the leader reads and writes it.

use std::collections::{HashMap, HashSet};

use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Postgres, Row as _, Transaction};
use time::OffsetDateTime;

use super::read::{Event, select_events};
use super::refusal::Refused;
use super::seal::Window;
use super::withhold::{Holds, Key};
use crate::Error;
use crate::position::Position;

/// The events of a window: those that the second snapshot ($2) shows and the first ($1) does not.
macro_rules! in_window {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " from messaging.outbox o
             where ((o.xid >= pg_snapshot_xmax($1::text::pg_snapshot)
                     and o.xid < pg_snapshot_xmax($2::text::pg_snapshot))
                    or o.xid = any (array(select pg_snapshot_xip($1::text::pg_snapshot))))
                 and pg_visible_in_snapshot(o.xid, $2::text::pg_snapshot) ",
            $after
        )
    };
}

/// An event that is kept here.
pub(super) struct Kept {
    row: PgRow,
    pub(super) position: Position,
    pub(super) sealed_at: OffsetDateTime,
    pub(super) doubtful: bool,
    pub(super) asked: Option<String>,
}

impl Kept {
    /// Takes apart a row of [`select_kept`].
    fn of(row: PgRow) -> Result<Self, sqlx::Error> {
        let (incarnation, window) = (row.try_get("incarnation")?, row.try_get("window_id")?);
        let position = Position { incarnation, window, seq: row.try_get("seq")? };
        let (sealed_at, doubtful) = (row.try_get("sealed_at")?, row.try_get("doubtful")?);
        Ok(Self { position, sealed_at, doubtful, asked: row.try_get("asked")?, row })
    }

    pub(super) fn event(&self) -> Result<Event<'_>, sqlx::Error> {
        Event::of(&self.row)
    }
}

/// Kept events, of whatever follows.
macro_rules! select_kept {
    ($where:literal) => {
        concat!(
            select_events!(
                ", o.incarnation, o.window_id, o.sealed_at, o.doubtful, o.asked
                 from messaging.outbox_withheld o "
            ),
            $where
        )
    };
}

/// A transaction that is durable when it is [committed](commit): what was withheld must not be forgotten
/// once an empty record has taken its place. Windows are joined by hash, however few rows are expected.
pub(super) async fn begin(
    conn: &mut PgConnection,
) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
    let mut tx = conn.begin().await?;
    sqlx::query(
        "select set_config('synchronous_commit', 'on', true),
             set_config('enable_nestloop', 'off', true)",
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx)
}

/// Commits, if `term` is not over. The lease is locked no longer than for that: to renew it takes the
/// same lock, and there may be a million rows.
pub(super) async fn commit(mut tx: Transaction<'_, Postgres>, term: i64) -> Result<(), Error> {
    let leads = sqlx::query(
        "select from messaging.lease l where l.name = 'relay' and l.term = $1 for update",
    );
    leads.bind(term).fetch_optional(&mut *tx).await?.ok_or(Error::TermOver)?;
    tx.commit().await?;
    Ok(())
}

/// Reads what is withheld, as of the acknowledged window.
pub(super) async fn load(conn: &mut PgConnection, acked: i64) -> Result<Holds, sqlx::Error> {
    let mut holds = Holds::default();
    let closed: Vec<String> =
        sqlx::query_scalar("select distinct topic from messaging.outbox_withheld where unsent")
            .fetch_all(&mut *conn)
            .await?;
    for topic in closed {
        holds.close(&topic);
    }
    let waiting: Vec<(String, String, i64, bool)> = sqlx::query_as(
        "select topic, key, count(*), bool_or(refusal is not null)
         from messaging.outbox_withheld
         where withheld and copy is null and not unsent and window_id <= $1 group by topic, key",
    )
    .bind(acked)
    .fetch_all(&mut *conn)
    .await?;
    for (topic, key, count, refused) in waiting {
        holds.waits((topic, key), usize::try_from(count).unwrap_or(usize::MAX), refused);
    }
    let again: Vec<(i64, String)> = sqlx::query_as(
        "select seq, topic from messaging.outbox_withheld
         where withheld and copy is null and (unsent or window_id > $1)",
    )
    .bind(acked)
    .fetch_all(&mut *conn)
    .await?;
    for (seq, topic) in again {
        holds.will_withhold(&topic, seq);
    }
    let copies: Vec<(String, String, i64)> = sqlx::query_as(
        "select topic, key, copy from messaging.outbox_withheld where copy is not null",
    )
    .fetch_all(&mut *conn)
    .await?;
    for (topic, key, copy) in copies {
        holds.appended((topic, key), copy);
    }
    Ok(holds)
}

/// The events of a window that have one of these topics, in order.
pub(super) async fn keys_in_window(
    conn: &mut PgConnection,
    before: &Window,
    window: &Window,
    topics: &[&str],
) -> Result<Vec<(i64, String, String)>, sqlx::Error> {
    sqlx::query_as(in_window!(
        "select o.seq, o.topic, o.key",
        "and o.topic = any($3) order by o.seq"
    ))
    .bind(&before.snapshot)
    .bind(&window.snapshot)
    .bind(topics)
    .fetch_all(conn)
    .await
}

/// Stores events of a window, which are not to be sent: how, and which of them.
macro_rules! keep {
    ($how:literal, $which:literal) => {
        concat!(
            "insert into messaging.outbox_withheld as kept
                 (first_seq, seq, incarnation, window_id, sealed_at, event_id, topic, type, key,
                  subject, version, occurred_at, correlation, causation, traceparent, payload,
                  doubtful, unsent, withheld, refusal)
             select coalesce((select c.first_seq from messaging.outbox_withheld c
                              where c.copy = o.seq), o.seq), o.*, ",
            $how,
            " from (",
            in_window!(
                "select o.seq, $3::bigint, $4::bigint, $5::timestamptz, o.event_id, o.topic, o.type,
                     o.key, o.subject, o.version, o.occurred_at, o.correlation, o.causation,
                     o.traceparent, o.payload, $6::boolean",
                ""
            ),
            ") o ",
            $which,
            " on conflict (seq) do update
             set unsent = kept.unsent or excluded.unsent,
                 withheld = kept.withheld or excluded.withheld,
                 refusal = coalesce(kept.refusal, excluded.refusal)"
        )
    };
}

/// Stores these events of a window, in whose places empty records are sent.
pub(super) async fn keep(
    conn: &mut PgConnection,
    (before, window): (&Window, &Window),
    seqs: &HashSet<i64>,
    refused: &HashMap<i64, Refused>,
    doubtful: bool,
) -> Result<(), sqlx::Error> {
    let seqs: Vec<i64> = seqs.iter().copied().collect();
    let reason = |seq| refused.get(seq).map(|refused: &Refused| refused.reason.as_str());
    let refusals: Vec<Option<&str>> = seqs.iter().map(reason).collect();
    sqlx::query(keep!(
        "false, true, f.refusal",
        "join unnest($7::bigint[], $8::text[]) as f (seq, refusal) on f.seq = o.seq"
    ))
    .bind(&before.snapshot)
    .bind(&window.snapshot)
    .bind(window.incarnation)
    .bind(window.id)
    .bind(window.sealed_at)
    .bind(doubtful)
    .bind(seqs)
    .bind(refusals)
    .execute(conn)
    .await?;
    Ok(())
}

/// Stores the events of a window whose topics are closed; returns how many there are. They never come
/// here: there may be a million.
pub(super) async fn delay(
    conn: &mut PgConnection,
    (before, window): (&Window, &Window),
    closed: &[&str],
    doubtful: bool,
) -> Result<u64, sqlx::Error> {
    let delayed = sqlx::query(keep!("true, false, null", "where o.topic = any($7)"))
        .bind(&before.snapshot)
        .bind(&window.snapshot)
        .bind(window.incarnation)
        .bind(window.id)
        .bind(window.sealed_at)
        .bind(doubtful)
        .bind(closed)
        .execute(conn)
        .await?;
    Ok(delayed.rows_affected())
}

/// The first events of the topic that were not sent, in order: so many, or as many as have so many bytes.
pub(super) async fn unsent(
    conn: &mut PgConnection,
    topic: &str,
    (limit, bytes): (i64, i64),
) -> Result<Vec<Kept>, sqlx::Error> {
    let rows = sqlx::query(select_kept!(
        "join (select f.seq, sum(f.bytes) over (order by f.incarnation, f.window_id, f.seq) as sum,
                   f.bytes
               from (select w.incarnation, w.window_id, w.seq, octet_length(w.payload) as bytes
                     from messaging.outbox_withheld w
                     where w.topic = $1 and w.unsent
                     order by w.incarnation, w.window_id, w.seq limit $2) f) f on f.seq = o.seq
         where f.sum - f.bytes < $3
         order by o.incarnation, o.window_id, o.seq"
    ));
    let rows = rows.bind(topic).bind(limit).bind(bytes).fetch_all(conn).await?;
    rows.into_iter().map(Kept::of).collect()
}

/// These events, unsent so far, are withheld: empty records will take their positions. They may have been
/// sent before, by a leader that did not come to forget them.
pub(super) async fn withhold(
    conn: &mut PgConnection,
    seqs: &[i64],
    refused: &HashMap<i64, Refused>,
) -> Result<(), sqlx::Error> {
    let reason = |seq| refused.get(seq).map(|refused: &Refused| refused.reason.as_str());
    let refusals: Vec<Option<&str>> = seqs.iter().map(reason).collect();
    sqlx::query(
        "update messaging.outbox_withheld w
         set withheld = true, doubtful = true, refusal = coalesce(w.refusal, f.refusal)
         from unnest($1::bigint[], $2::text[]) as f (seq, refusal) where w.seq = f.seq",
    )
    .bind(seqs)
    .bind(refusals)
    .execute(conn)
    .await?;
    Ok(())
}

/// These unsent events are sent now, or empty records in their place.
pub(super) async fn sent(conn: &mut PgConnection, seqs: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query("delete from messaging.outbox_withheld where seq = any($1) and not withheld")
        .bind(seqs)
        .execute(&mut *conn)
        .await?;
    sqlx::query("update messaging.outbox_withheld set unsent = false where seq = any($1)")
        .bind(seqs)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the events whose copies were met: what becomes of those is known elsewhere.
pub(super) async fn met(conn: &mut PgConnection, copies: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query("delete from messaging.outbox_withheld where copy = any($1)")
        .bind(copies)
        .execute(conn)
        .await?;
    Ok(())
}

/// Of these keys, those that nothing holds back any more: a person decided about all that was refused.
pub(super) async fn free_to_go(
    conn: &mut PgConnection,
    keys: &[Key],
) -> Result<Vec<Key>, sqlx::Error> {
    let (topics, keys): (Vec<&str>, Vec<&str>) =
        keys.iter().map(|(topic, key)| (topic.as_str(), key.as_str())).unzip();
    sqlx::query_as(
        "select k.topic, k.key from unnest($1::text[], $2::text[]) as k (topic, key)
         where not exists (select from messaging.outbox_withheld w
                           where w.topic = k.topic and w.key = k.key and w.refusal is not null
                               and w.withheld and w.asked is null)
             and not exists (select from messaging.outbox_withheld w
                             where w.topic = k.topic and w.key = k.key and w.withheld
                                 and w.copy is not null)",
    )
    .bind(topics)
    .bind(keys)
    .fetch_all(conn)
    .await
}

/// The withheld events of a key, in order, locked.
pub(super) async fn of_key(
    conn: &mut PgConnection,
    (topic, key): &Key,
) -> Result<Vec<Kept>, sqlx::Error> {
    let rows = sqlx::query(select_kept!(
        "where o.topic = $1 and o.key = $2 and o.withheld and o.copy is null
         order by o.first_seq
         for update"
    ));
    let rows = rows.bind(topic).bind(key).fetch_all(conn).await?;
    rows.into_iter().map(Kept::of).collect()
}

/// Forgets an event that was given up, or was heard after all; the latter is noted.
pub(super) async fn close(
    conn: &mut PgConnection,
    seq: i64,
    heard: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with closed as (delete from messaging.outbox_withheld where seq = $1 returning *)
         insert into messaging.outbox_withheld_audit
             (seq, event_id, topic, type, key, action, actor, reason)
         select seq, event_id, topic, type, key, 'heard', 'relay', 'it is on the topic'
         from closed where $2",
    )
    .bind(seq)
    .bind(heard)
    .execute(conn)
    .await?;
    Ok(())
}

/// Appends a withheld event to the outbox again; returns its new sequence number.
pub(super) async fn append(conn: &mut PgConnection, seq: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "with copied as (
             insert into messaging.outbox
                 (slot, event_id, topic, type, key, subject, version, occurred_at, correlation,
                  causation, traceparent, payload)
             select (select slot from messaging.outbox_slot), event_id, topic, type, key, subject,
                 version, occurred_at, correlation, causation, traceparent, payload
             from messaging.outbox_withheld where seq = $1
             returning seq
         )
         update messaging.outbox_withheld w set copy = copied.seq from copied where w.seq = $1
         returning w.copy",
    )
    .bind(seq)
    .fetch_one(conn)
    .await
}

/// How many events are withheld or unsent, and for how many seconds the first of them has been.
pub(super) async fn count(conn: &mut PgConnection) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "select count(*),
             coalesce(extract(epoch from clock_timestamp() - min(withheld_at)), 0)::bigint
         from messaging.outbox_withheld",
    )
    .fetch_one(conn)
    .await
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;

    #[sqlx::test]
    async fn only_the_holder_of_the_term_can_withhold(db: PgPool) {
        crate::migrate(&db).await.unwrap();
        let mut conn = db.acquire().await.unwrap();
        sqlx::query("update messaging.lease set term = 7").execute(&mut *conn).await.unwrap();

        let theirs = begin(&mut conn).await.unwrap();
        assert!(matches!(commit(theirs, 6).await, Err(Error::TermOver)));
        let mut ours = begin(&mut conn).await.unwrap();
        let durable: String = sqlx::query_scalar("select current_setting('synchronous_commit')")
            .fetch_one(&mut *ours)
            .await
            .unwrap();

        commit(ours, 7).await.unwrap();
        assert_eq!(durable, "on");
    }
}
