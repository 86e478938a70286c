//! The table `early_wishes`: what was heard of an order before it asked for a payment.

use kernel::OrderId;
use sqlx::PgConnection;

use super::payments::{wish_name, wish_of};
use crate::Error;
use crate::domain::payment::Wish;

/// Remembers a wish; a release outweighs everything.
pub(crate) async fn remember(
    conn: &mut PgConnection,
    order: OrderId,
    wish: Wish,
) -> Result<(), Error> {
    sqlx::query(
        "insert into early_wishes (order_id, wish) values ($1, $2)
         on conflict (order_id) do update set wish = excluded.wish
         where early_wishes.wish <> 'release'",
    )
    .bind(order)
    .bind(wish_name(wish))
    .execute(conn)
    .await?;
    Ok(())
}

/// What is wished for an order; `hold` when nothing was heard.
pub(crate) async fn find(conn: &mut PgConnection, order: OrderId) -> Result<Wish, Error> {
    let wish: Option<String> =
        sqlx::query_scalar("select wish from early_wishes where order_id = $1")
            .bind(order)
            .fetch_optional(conn)
            .await?;
    wish.map_or(Ok(Wish::Hold), |wish| wish_of(&wish))
}
