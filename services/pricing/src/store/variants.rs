//! `products` and `variants`: what catalog has told of.

use std::collections::HashMap;

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

/// A variant that nobody else changes until the transaction ends.
#[derive(Debug)]
pub(crate) struct Locked {
    pub(crate) product: ProductId,
    /// Empty for the shop itself.
    pub(crate) seller_id: String,
    /// Of its prices.
    pub(crate) version: i64,
}

/// Locks variants, in one order; leaves out those that are not known.
pub(crate) async fn lock(
    conn: &mut PgConnection,
    skus: &[&Sku],
) -> Result<HashMap<Sku, Locked>, Error> {
    let rows: Vec<(Sku, ProductId, String, i64)> = sqlx::query_as(
        "select sku, product_id, seller_id, price_version from variants
         where sku = any($1) order by sku for no key update",
    )
    .bind(skus.iter().map(|sku| sku.as_str()).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    let locked = rows
        .into_iter()
        .map(|(sku, product, seller_id, version)| (sku, Locked { product, seller_id, version }));
    Ok(locked.collect())
}
