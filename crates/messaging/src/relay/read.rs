//! Reading the events of one window, in order.

mod flawed;

use futures::stream::BoxStream;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use super::seal::Window;
use crate::trial::Cut;

/// An event as the outbox holds it. It borrows from what the socket brought: a backlog is read by the
/// million.
#[derive(Debug)]
pub(super) struct Event<'r> {
    pub(super) seq: i64,
    pub(super) event_id: Uuid,
    pub(super) topic: &'r str,
    pub(super) event_type: &'r str,
    pub(super) key: &'r str,
    pub(super) subject: &'r str,
    pub(super) version: i64,
    pub(super) occurred_at: OffsetDateTime,
    pub(super) correlation: Uuid,
    pub(super) causation: Option<Uuid>,
    pub(super) traceparent: Option<&'r str>,
    pub(super) payload: &'r [u8],
}

impl<'r> Event<'r> {
    /// Takes apart a row of [`rows`], whose columns it knows by their places.
    pub(super) fn of(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            seq: row.try_get(0)?,
            event_id: row.try_get(1)?,
            topic: row.try_get(2)?,
            event_type: row.try_get(3)?,
            key: row.try_get(4)?,
            subject: row.try_get(5)?,
            version: row.try_get(6)?,
            occurred_at: row.try_get(7)?,
            correlation: row.try_get(8)?,
            causation: row.try_get(9)?,
            traceparent: row.try_get(10)?,
            payload: row.try_get(11)?,
        })
    }
}

/// The columns that [`Event::of`] takes apart, of whatever follows.
macro_rules! select_events {
    ($from:literal) => {
        concat!(
            "select o.seq, o.event_id, o.topic, o.type, o.key, o.subject, o.version, o.occurred_at,
                 o.correlation, o.causation, o.traceparent, o.payload ",
            $from
        )
    };
}
pub(super) use select_events;

/// What the second snapshot shows and the first did not: what began after the first one, and what was in
/// progress then. Aborted rows are not visible to the statement itself.
const SNAPSHOTS: &str = concat!(
    "with bounds as materialized (
         select $1::text::pg_snapshot as before, $2::text::pg_snapshot as now
     ) ",
    select_events!(
        "from messaging.outbox o
         where ((o.xid >= (select pg_snapshot_xmax(before) from bounds)
                 and o.xid < (select pg_snapshot_xmax(now) from bounds))
                or o.xid = any (array(select pg_snapshot_xip(before) from bounds)))
             and pg_visible_in_snapshot(o.xid, (select now from bounds))
         order by o.seq"
    )
);

/// The events that `window` shows and `before` did not, by sequence number. One statement whose rows are
/// read as the socket brings them, so a huge window needs no memory here and none is read twice.
pub(super) fn rows<'c>(
    conn: &'c mut PgConnection,
    cut: Cut,
    before: &Window,
    window: &Window,
) -> BoxStream<'c, Result<PgRow, sqlx::Error>> {
    sqlx::query(flawed::statement(cut).unwrap_or(SNAPSHOTS))
        .bind(before.snapshot.clone())
        .bind(window.snapshot.clone())
        .fetch(conn)
}
