//! `products` and `variants`: what catalog has told of.

use kernel::{ProductId, Sku};
use sqlx::PgConnection;

use crate::error::Error;

/// A variant as catalog names it.
#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) sku: Sku,
    pub(crate) product: ProductId,
    pub(crate) variant_title: String,
    pub(crate) seller_id: String,
}

/// Keeps a product's title; a product that was not known is not for sale yet.
pub(crate) async fn set_title(
    conn: &mut PgConnection,
    product: ProductId,
    title: &str,
) -> Result<(), Error> {
    sqlx::query(
        "insert into products (product_id, title) values ($1, $2)
         on conflict (product_id) do update set title = excluded.title",
    )
    .bind(product)
    .bind(title)
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts a product up for sale, or takes it off.
pub(crate) async fn set_published(
    conn: &mut PgConnection,
    product: ProductId,
    published: bool,
) -> Result<(), Error> {
    sqlx::query(
        "insert into products (product_id, title, published) values ($1, '', $2)
         on conflict (product_id) do update set published = excluded.published",
    )
    .bind(product)
    .bind(published)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps a variant, offered from now on.
pub(crate) async fn save(conn: &mut PgConnection, variant: &Variant) -> Result<(), Error> {
    sqlx::query(
        "insert into variants (sku, product_id, variant_title, seller_id) values ($1, $2, $3, $4)
         on conflict (sku) do update set product_id = excluded.product_id,
             variant_title = excluded.variant_title, seller_id = excluded.seller_id, offered = true",
    )
    .bind(&variant.sku)
    .bind(variant.product)
    .bind(&variant.variant_title)
    .bind(&variant.seller_id)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a variant is no longer offered. Its prices stay, for the day it comes back.
pub(crate) async fn withdraw(conn: &mut PgConnection, sku: &Sku) -> Result<(), Error> {
    let withdraw = "update variants set offered = false where sku = $1";
    sqlx::query(withdraw).bind(sku).execute(conn).await?;
    Ok(())
}

/// Locks a variant; gives its product and the version of its prices.
pub(crate) async fn lock(
    conn: &mut PgConnection,
    sku: &Sku,
) -> Result<Option<(ProductId, i64)>, Error> {
    let lock = "select product_id, price_version from variants where sku = $1 for no key update";
    Ok(sqlx::query_as(lock).bind(sku).fetch_optional(conn).await?)
}
