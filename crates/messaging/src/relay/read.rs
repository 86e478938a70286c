//! Reading the events of one window, in order.

mod flawed;

use futures::stream::BoxStream;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::seal::Window;
use crate::trial::Cut;

/// An event as the outbox holds it.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) seq: i64,
    pub(super) event_id: Uuid,
    pub(super) topic: String,
    #[sqlx(rename = "type")]
    pub(super) event_type: String,
    pub(super) key: String,
    pub(super) subject: String,
    pub(super) version: i64,
    pub(super) occurred_at: OffsetDateTime,
    pub(super) correlation: Uuid,
    pub(super) causation: Option<Uuid>,
    pub(super) traceparent: Option<String>,
    pub(super) payload: Vec<u8>,
}

/// What the second snapshot shows and the first did not: what began after the first one, and what was in
/// progress then. Aborted rows are not visible to the statement itself.
const SNAPSHOTS: &str = "with bounds as materialized (
         select $1::text::pg_snapshot as before, $2::text::pg_snapshot as now
     )
     select o.seq, o.event_id, o.topic, o.type, o.key, o.subject, o.version, o.occurred_at,
         o.correlation, o.causation, o.traceparent, o.payload
     from messaging.outbox o
     where ((o.xid >= (select pg_snapshot_xmax(before) from bounds)
             and o.xid < (select pg_snapshot_xmax(now) from bounds))
            or o.xid = any (array(select pg_snapshot_xip(before) from bounds)))
         and pg_visible_in_snapshot(o.xid, (select now from bounds))
     order by o.seq";

/// The events that `window` shows and `before` did not, by sequence number. One statement whose rows are
/// read as the socket brings them, so a huge window needs no memory here and none is read twice.
pub(super) fn rows<'c>(
    conn: &'c mut PgConnection,
    cut: Cut,
    before: &Window,
    window: &Window,
) -> BoxStream<'c, Result<Row, sqlx::Error>> {
    sqlx::query_as(flawed::statement(cut).unwrap_or(SNAPSHOTS))
        .bind(before.snapshot.clone())
        .bind(window.snapshot.clone())
        .fetch(conn)
}
