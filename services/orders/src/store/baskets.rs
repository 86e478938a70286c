//! Baskets: one row each, changed as a whole unless somebody else changed it since.

use kernel::{AccountId, BasketId};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};

use crate::domain::basket::Basket;
use crate::domain::purchase::{Buyer, account_basket};
use crate::tokens::BasketToken;

/// A basket as it was read. Version 0: the account has none yet.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub(crate) struct Known {
    pub(crate) lines: Json<Basket>,
    pub(crate) version: i64,
    pub(crate) merged_into: Option<BasketId>,
}

/// Makes an empty basket for a guest.
pub(crate) async fn create(db: &PgPool, token: &BasketToken) -> Result<(), sqlx::Error> {
    sqlx::query("insert into baskets (id, token_hash) values ($1, $2)")
        .bind(token.basket)
        .bind(token.hash())
        .execute(db)
        .await?;
    Ok(())
}

/// A guest's basket; none when the secret is wrong.
pub(crate) async fn of_guest(
    conn: &mut PgConnection,
    token: &BasketToken,
) -> Result<Option<Known>, sqlx::Error> {
    sqlx::query_as(
        "select lines, version, merged_into from baskets where id = $1 and token_hash = $2",
    )
    .bind(token.basket)
    .bind(token.hash())
    .fetch_optional(conn)
    .await
}

/// An account's basket; empty when it has none yet.
pub(crate) async fn of_account(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<Known, sqlx::Error> {
    let found = sqlx::query_as("select lines, version, merged_into from baskets where id = $1")
        .bind(account_basket(account))
        .fetch_optional(conn)
        .await?;
    Ok(found.unwrap_or_default())
}

/// Saves a basket unless it was changed since `version`, or was merged; false then.
pub(crate) async fn save(
    conn: &mut PgConnection,
    owner: Buyer,
    basket: &Basket,
    version: i64,
) -> Result<bool, sqlx::Error> {
    let saved = match owner {
        Buyer::Guest(_) => {
            "update baskets set lines = $2, version = version + 1, touched_at = now()
             where id = $1 and version = $3 and $4::uuid is null and merged_into is null"
        }
        Buyer::Account(_) => {
            "insert into baskets as known (id, lines, account) values ($1, $2, $4)
             on conflict (id) do update
             set lines = excluded.lines, version = known.version + 1, touched_at = now()
             where known.version = $3"
        }
    };
    let saved = sqlx::query(saved)
        .bind(owner.basket())
        .bind(Json(basket))
        .bind(version)
        .bind(owner.account())
        .execute(conn)
        .await?;
    Ok(saved.rows_affected() == 1)
}

/// Ends a guest's basket whose lines have gone to an account's; false when it was changed or ended
/// since `version`.
pub(crate) async fn end(
    conn: &mut PgConnection,
    guest: BasketId,
    version: i64,
    into: BasketId,
) -> Result<bool, sqlx::Error> {
    let ended = sqlx::query(
        "update baskets set lines = '[]', version = version + 1, merged_into = $3, touched_at = now()
         where id = $1 and version = $2 and merged_into is null",
    )
    .bind(guest)
    .bind(version)
    .bind(into)
    .execute(conn)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// The basket that an order was made from, or the one that it was merged into since; locked.
pub(crate) async fn lock(
    conn: &mut PgConnection,
    basket: BasketId,
) -> Result<Option<(BasketId, Basket)>, sqlx::Error> {
    let row: Option<(BasketId, Json<Basket>)> = sqlx::query_as(
        "select id, lines from baskets
         where id = coalesce((select merged_into from baskets where id = $1), $1) for update",
    )
    .bind(basket)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(id, lines)| (id, lines.0)))
}

/// Replaces the lines of a basket that is [locked](lock).
pub(crate) async fn replace(
    conn: &mut PgConnection,
    basket: BasketId,
    lines: &Basket,
) -> Result<(), sqlx::Error> {
    sqlx::query("update baskets set lines = $2, version = version + 1 where id = $1")
        .bind(basket)
        .bind(Json(lines))
        .execute(conn)
        .await?;
    Ok(())
}
