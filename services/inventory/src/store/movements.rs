//! `stock_movements`: every change of what is on hand, with its cause.

use kernel::{AccountId, OrderId, Sku};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::shelf::Pick;
use crate::error::Error;

/// A change that somebody made by hand.
#[derive(Debug)]
pub(crate) struct Correction<'a> {
    pub(crate) sku: &'a Sku,
    pub(crate) location: &'a str,
    /// Pieces; a change of 0 leaves no trace.
    pub(crate) change: i64,
    pub(crate) account: AccountId,
    pub(crate) reason: &'a str,
}

/// Notes what lay there at first; nothing when that was nothing.
pub(crate) async fn opening(conn: &mut PgConnection, sku: &Sku, pieces: i64) -> Result<(), Error> {
    sqlx::query(
        "insert into stock_movements (sku, location, change, cause, correlation)
         select $1, 'main', $2, 'opening', $3 where $2 <> 0",
    )
    .bind(sku)
    .bind(pieces)
    .bind(messaging::Cause::current().correlation)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes a correction.
pub(crate) async fn adjusted(
    conn: &mut PgConnection,
    correction: &Correction<'_>,
) -> Result<(), Error> {
    sqlx::query(
        "insert into stock_movements (sku, location, change, cause, account_id, reason, correlation)
         select $1, $2, $3, 'adjusted', $4, $5, $6 where $3 <> 0",
    )
    .bind(correction.sku)
    .bind(correction.location)
    .bind(correction.change)
    .bind(correction.account)
    .bind(correction.reason)
    .bind(messaging::Cause::current().correlation)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes what an order took off the shelves.
pub(crate) async fn dispatched(
    conn: &mut PgConnection,
    order: OrderId,
    picks: &[Pick],
) -> Result<(), Error> {
    let counted: Vec<&Pick> = picks.iter().filter(|pick| pick.counted).collect();
    sqlx::query(
        "insert into stock_movements (sku, location, change, cause, order_id, correlation)
         select sku, location, -pieces, 'dispatched', $4, $5
         from unnest($1::text[], $2::text[], $3::bigint[]) as gone (sku, location, pieces)",
    )
    .bind(counted.iter().map(|pick| pick.sku.as_str()).collect::<Vec<_>>())
    .bind(counted.iter().map(|pick| pick.location.as_str()).collect::<Vec<_>>())
    .bind(counted.iter().map(|pick| pick.quantity).collect::<Vec<_>>())
    .bind(order)
    .bind(messaging::Cause::current().correlation)
    .execute(conn)
    .await?;
    Ok(())
}

/// A movement as it was noted.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Movement {
    pub(crate) id: i64,
    pub(crate) sku: Sku,
    pub(crate) location: String,
    pub(crate) change: i64,
    pub(crate) cause: String,
    pub(crate) order_id: Option<OrderId>,
    pub(crate) account_id: Option<AccountId>,
    pub(crate) reason: Option<String>,
    pub(crate) correlation: sqlx::types::Uuid,
    pub(crate) moved_at: OffsetDateTime,
}

/// A SKU's movements before the one with id `before`, latest first, one more than `limit` when
/// there are more.
pub(crate) async fn list(
    conn: &mut PgConnection,
    sku: &Sku,
    before: i64,
    limit: i64,
) -> Result<Vec<Movement>, Error> {
    let movements = sqlx::query_as(
        "select id, sku, location, change, cause, order_id, account_id, reason, correlation, moved_at
         from stock_movements where sku = $1 and id < $2 order by id desc limit $3 + 1",
    )
    .bind(sku)
    .bind(before)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(movements)
}
