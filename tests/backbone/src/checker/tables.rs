//! Reading the trial's own tables.

use std::fmt;

use sqlx::PgConnection;
use uuid::Uuid;

use super::Applied;
use crate::identity::{ECHO_EACH, Identity};

/// What was committed.
pub(super) async fn ledger(conn: &mut PgConnection) -> Result<Vec<Identity>, sqlx::Error> {
    let rows: Vec<(String, i64, Uuid, bool)> =
        sqlx::query_as("select key, version, nonce, readable from ledger").fetch_all(conn).await?;
    let identity = |(key, version, nonce, readable)| Identity { key, version, nonce, readable };
    Ok(rows.into_iter().map(identity).collect())
}

/// What the consumer did, in order.
pub(super) async fn effects(conn: &mut PgConnection) -> Result<Vec<Applied>, sqlx::Error> {
    let rows = sqlx::query_as("select key, version, nonce from effect order by seq");
    Ok(rows.fetch_all(conn).await?.into_iter().map(applied).collect())
}

/// What the worker did, in order.
pub(super) async fn echoes(conn: &mut PgConnection) -> Result<Vec<Applied>, sqlx::Error> {
    let rows = sqlx::query_as("select key, version, nonce from echo order by seq");
    Ok(rows.fetch_all(conn).await?.into_iter().map(applied).collect())
}

fn applied((key, version, nonce): (String, i64, Uuid)) -> Applied {
    Applied { key, version, nonce }
}

/// Of each fact that was called out for, with how many idempotency keys.
pub(super) async fn calls(conn: &mut PgConnection) -> Result<Vec<(Uuid, i64)>, sqlx::Error> {
    sqlx::query_as("select nonce, count(distinct idempotency_key) from called group by nonce")
        .fetch_all(conn)
        .await
}

/// What is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Outstanding {
    /// Facts without their effect.
    pub effects: i64,
    /// Facts without the echo that they ask for.
    pub echoes: i64,
    /// Rows of the outbox that are not acknowledged.
    pub unsent: i64,
}

impl fmt::Display for Outstanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { effects, echoes, unsent } = self;
        write!(f, "{effects} effects, {echoes} echoes, {unsent} unsent")
    }
}

/// What is still to come.
pub(super) async fn outstanding(conn: &mut PgConnection) -> Result<Outstanding, sqlx::Error> {
    sqlx::query_as(
        "select (select count(*) from ledger l where readable
                     and not exists (select from effect e where e.nonce = l.nonce)) as effects,
             (select count(*) from ledger l where readable and version % $1 = 0
                     and not exists (select from echo e where e.nonce = l.nonce)) as echoes,
             (select count(*) from messaging.outbox o, messaging.outbox_progress p,
                                      messaging.outbox_window w
                 where w.id = p.acked_window
                     and not pg_visible_in_snapshot(o.xid, w.snapshot)) as unsent",
    )
    .bind(ECHO_EACH)
    .fetch_one(conn)
    .await
}
