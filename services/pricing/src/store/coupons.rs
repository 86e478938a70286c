//! `coupons`: what staff have made.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::Error;

/// A coupon with its counts. Amounts are in minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) code: String,
    pub(crate) percent: Option<i32>,
    pub(crate) amount_minor: Option<i64>,
    pub(crate) minimum_goods_minor: Option<i64>,
    pub(crate) currency: Option<String>,
    pub(crate) valid_from: Option<OffsetDateTime>,
    pub(crate) valid_until: Option<OffsetDateTime>,
    pub(crate) use_limit: Option<i64>,
    pub(crate) used: i64,
    pub(crate) reserved: i64,
    pub(crate) ended_at: Option<OffsetDateTime>,
}

/// Adds a coupon. False: there is one of that code already.
pub(crate) async fn add(conn: &mut PgConnection, new: &Row) -> Result<bool, Error> {
    let added = sqlx::query(
        "insert into coupons (code, percent, amount_minor, minimum_goods_minor, currency,
             valid_from, valid_until, use_limit)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
    )
    .bind(&new.code)
    .bind(new.percent)
    .bind(new.amount_minor)
    .bind(new.minimum_goods_minor)
    .bind(&new.currency)
    .bind(new.valid_from)
    .bind(new.valid_until)
    .bind(new.use_limit)
    .execute(conn)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// A coupon by its code.
pub(crate) async fn find(conn: &mut PgConnection, code: &str) -> Result<Option<Row>, Error> {
    let found = sqlx::query_as(
        "select code, percent, amount_minor, minimum_goods_minor, currency, valid_from,
             valid_until, use_limit, used, reserved, ended_at
         from coupons where code = $1",
    )
    .bind(code)
    .fetch_optional(conn)
    .await?;
    Ok(found)
}

/// Coupons by code, one more than `limit` when there are more.
pub(crate) async fn list(
    conn: &mut PgConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let listed = sqlx::query_as(
        "select code, percent, amount_minor, minimum_goods_minor, currency, valid_from,
             valid_until, use_limit, used, reserved, ended_at
         from coupons where code > $1 order by code limit $2 + 1",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(listed)
}

/// Ends a coupon: no further order gets it. Ended ones stay as they are.
pub(crate) async fn end(conn: &mut PgConnection, code: &str) -> Result<(), Error> {
    let end = "update coupons set ended_at = coalesce(ended_at, now()) where code = $1";
    sqlx::query(end).bind(code).execute(conn).await?;
    Ok(())
}
