//! `coupon_uses`, and the counts of uses in `coupons`, which change with them.

use kernel::OrderId;
use sqlx::PgConnection;

use crate::domain::coupon_use::State;
use crate::error::Error;

/// An order's use of a coupon; no state and version 0 when there is none.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) order: OrderId,
    pub(crate) code: Option<String>,
    pub(crate) state: Option<State>,
    pub(crate) version: i64,
}

/// Reads and locks an order's use.
pub(crate) async fn lock(conn: &mut PgConnection, order: OrderId) -> Result<Known, Error> {
    let find = "select code, state, version from coupon_uses where order_id = $1 for no key update";
    let row: Option<(Option<String>, String, i64)> =
        sqlx::query_as(find).bind(order).fetch_optional(conn).await?;
    let Some((code, state, version)) = row else {
        return Ok(Known { order, code: None, state: None, version: 0 });
    };
    let state = State::parse(&state).ok_or(Error::Corrupt("coupon_uses.state"))?;
    Ok(Known { order, code, state: Some(state), version })
}

/// Saves the next state of a use, unless somebody else saved one since `known` was read.
pub(crate) async fn save(
    conn: &mut PgConnection,
    known: &Known,
    code: Option<&str>,
    state: State,
) -> Result<(), Error> {
    let saved = sqlx::query(
        "insert into coupon_uses as known (order_id, code, state, version)
         values ($1, $2, $3, $4 + 1)
         on conflict (order_id) do update
         set state = excluded.state, version = excluded.version, changed_at = now()
         where known.version = $4",
    )
    .bind(known.order)
    .bind(code)
    .bind(state.as_str())
    .bind(known.version)
    .execute(conn)
    .await?;
    match saved.rows_affected() {
        0 => Err(Error::Contended),
        _ => Ok(()),
    }
}

/// Sets one use aside if there is one; the row's lock makes it exact. False: there was none.
pub(crate) async fn reserve(conn: &mut PgConnection, code: &str) -> Result<bool, Error> {
    let reserved = sqlx::query(
        "update coupons set reserved = reserved + 1
         where code = $1 and ended_at is null
             and (use_limit is null or used + reserved < use_limit)",
    )
    .bind(code)
    .execute(conn)
    .await?;
    Ok(reserved.rows_affected() == 1)
}

/// Spends a use that was set aside.
pub(crate) async fn redeem(conn: &mut PgConnection, code: &str) -> Result<(), Error> {
    let redeem = "update coupons set reserved = reserved - 1, used = used + 1 where code = $1";
    sqlx::query(redeem).bind(code).execute(conn).await?;
    Ok(())
}

/// Frees a use that was set aside.
pub(crate) async fn release(conn: &mut PgConnection, code: &str) -> Result<(), Error> {
    let release = "update coupons set reserved = reserved - 1 where code = $1";
    sqlx::query(release).bind(code).execute(conn).await?;
    Ok(())
}
