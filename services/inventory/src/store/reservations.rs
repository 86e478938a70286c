//! `reservations` and `reservation_lines`: what an order has of which shelf.

use kernel::{OrderId, Sku};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::reservation::State;
use crate::domain::shelf::Pick;
use crate::error::Error;

/// A reservation and how often it has changed; no state and 0 when there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) order: OrderId,
    pub(crate) state: Option<State>,
    pub(crate) version: i64,
}

/// Reads and locks an order's reservation.
pub(crate) async fn lock(conn: &mut PgConnection, order: OrderId) -> Result<Known, Error> {
    let find = "select state, version from reservations where order_id = $1 for no key update";
    let row: Option<(String, i64)> = sqlx::query_as(find).bind(order).fetch_optional(conn).await?;
    let Some((state, version)) = row else {
        return Ok(Known { order, state: None, version: 0 });
    };
    let state = State::parse(&state).ok_or(Error::Corrupt("reservations.state"))?;
    Ok(Known { order, state: Some(state), version })
}

/// Saves a reservation's next state, unless somebody else saved one since `known` was read.
/// `expires_at` is for reserved ones.
pub(crate) async fn save(
    conn: &mut PgConnection,
    known: Known,
    state: State,
    expires_at: Option<OffsetDateTime>,
) -> Result<(), Error> {
    let saved = sqlx::query(
        "insert into reservations as known (order_id, state, version, expires_at)
         values ($1, $2, $3 + 1, $4)
         on conflict (order_id) do update
         set state = excluded.state, version = excluded.version,
             expires_at = excluded.expires_at, changed_at = now()
         where known.version = $3",
    )
    .bind(known.order)
    .bind(state.as_str())
    .bind(known.version)
    .bind(expires_at)
    .execute(conn)
    .await?;
    match saved.rows_affected() {
        0 => Err(Error::Contended),
        _ => Ok(()),
    }
}

/// Puts `picks` in the place of an order's lines.
pub(crate) async fn set_lines(
    conn: &mut PgConnection,
    known: Known,
    picks: &[Pick],
) -> Result<(), Error> {
    if known.version > 0 {
        let delete = "delete from reservation_lines where order_id = $1";
        sqlx::query(delete).bind(known.order).execute(&mut *conn).await?;
    }
    sqlx::query(
        "insert into reservation_lines (order_id, sku, location, quantity, counted)
         select $1, * from unnest($2::text[], $3::text[], $4::bigint[], $5::boolean[])",
    )
    .bind(known.order)
    .bind(picks.iter().map(|pick| pick.sku.as_str()).collect::<Vec<_>>())
    .bind(picks.iter().map(|pick| pick.location.as_str()).collect::<Vec<_>>())
    .bind(picks.iter().map(|pick| pick.quantity).collect::<Vec<_>>())
    .bind(picks.iter().map(|pick| pick.counted).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// An order's lines, by SKU.
pub(crate) async fn lines(conn: &mut PgConnection, order: OrderId) -> Result<Vec<Pick>, Error> {
    let rows: Vec<(Sku, String, i64, bool)> = sqlx::query_as(
        "select sku, location, quantity, counted from reservation_lines
         where order_id = $1 order by sku, location",
    )
    .bind(order)
    .fetch_all(conn)
    .await?;
    let pick = |(sku, location, quantity, counted)| Pick { sku, location, quantity, counted };
    Ok(rows.into_iter().map(pick).collect())
}
