//! Cutting the stream of commits into windows, each the difference of two snapshots.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::Error;
use crate::trial::Fence;

/// The SQLSTATE that `messaging.seal` raises for a term that is over.
const TERM_OVER: &str = "FL001";

/// A window as stored: what it shows is fixed for ever, so it can be sent again identically.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Window {
    pub(super) id: i64,
    pub(super) incarnation: i64,
    pub(super) sealed_at: OffsetDateTime,
    /// As Postgres writes a `pg_snapshot`.
    pub(super) snapshot: String,
}

/// Seals the window after `last`, as leader of `term`, if there is anything in it or `told` says so
/// (then it may turn out to be empty, which does no harm). When this returns, the window and
/// everything visible in it is flushed (and on the synchronous standbys, if there are any): the seal's
/// own commit was waited for.
pub(super) async fn seal(
    conn: &mut PgConnection,
    fence: Fence,
    term: i64,
    last: i64,
    told: bool,
) -> Result<Option<Window>, Error> {
    let sealing = match fence {
        Fence::Term => {
            "select id, incarnation, sealed_at, snapshot::text as snapshot
             from messaging.seal($1, $2, $3)"
        }
        Fence::Number => {
            "select s.id, s.incarnation, s.sealed_at, s.snapshot::text as snapshot
             from messaging.lease l, messaging.seal(greatest($1, l.term), $2, $3) s
             where l.name = 'relay'"
        }
        Fence::Nothing => {
            "select s.id, s.incarnation, s.sealed_at, s.snapshot::text as snapshot
             from messaging.lease l,
                 (select greatest($2, max(id)) as newest from messaging.outbox_window) w,
                 messaging.seal(greatest($1, l.term), w.newest, $3) s
             where l.name = 'relay'"
        }
    };
    sqlx::query_as(sealing).bind(term).bind(last).bind(told).fetch_optional(conn).await.map_err(
        |error| match error.as_database_error().and_then(|e| e.code()) {
            Some(code) if code == TERM_OVER => Error::TermOver,
            _ => Error::Database(error),
        },
    )
}

/// The windows from `first` on, which is the last acknowledged one.
pub(super) async fn sealed_from(
    conn: &mut PgConnection,
    first: i64,
) -> Result<Vec<Window>, sqlx::Error> {
    sqlx::query_as(
        "select id, incarnation, sealed_at, snapshot::text as snapshot
         from messaging.outbox_window where id >= $1 order by id",
    )
    .bind(first)
    .fetch_all(conn)
    .await
}
