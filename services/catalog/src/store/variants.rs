//! Variants, removed ones included.

use kernel::{ProductId, Sku, VariantId};
use sqlx::PgConnection;

use crate::domain::product::Variant;
use crate::error::Error;

/// The product and variant that have this SKU, be the variant removed or not.
pub(crate) async fn holder(
    conn: &mut PgConnection,
    sku: &Sku,
) -> Result<Option<(ProductId, VariantId)>, Error> {
    let one = "select product_id, id from variants where sku = $1";
    Ok(sqlx::query_as(one).bind(sku).fetch_optional(conn).await?)
}

/// Which of these SKUs are in use, by any product.
pub(crate) async fn taken(conn: &mut PgConnection, skus: &[Sku]) -> Result<Vec<Sku>, Error> {
    let some = "select sku from variants where sku = any($1)";
    Ok(sqlx::query_scalar(some).bind(skus).fetch_all(conn).await?)
}

/// Offers a variant, or one again that was removed.
pub(crate) async fn offer(
    conn: &mut PgConnection,
    product: ProductId,
    variant: &Variant,
) -> Result<(), Error> {
    sqlx::query(
        "insert into variants
             (id, product_id, sku, option_values, price_minor, currency, compare_at_minor, tracked,
              opening_quantity, position)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (id) do update
         set option_values = excluded.option_values, price_minor = excluded.price_minor,
             currency = excluded.currency, compare_at_minor = excluded.compare_at_minor,
             tracked = excluded.tracked, position = excluded.position, removed_at = null",
    )
    .bind(variant.id)
    .bind(product)
    .bind(&variant.sku)
    .bind(&variant.values)
    .bind(variant.price.minor())
    .bind(variant.price.currency().code())
    .bind(variant.compare_at.map(kernel::Money::minor))
    .bind(variant.tracked)
    .bind(variant.opening_quantity)
    .bind(variant.position)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a variant from sale.
pub(crate) async fn remove(
    conn: &mut PgConnection,
    product: ProductId,
    sku: &Sku,
) -> Result<(), Error> {
    sqlx::query("update variants set removed_at = now() where product_id = $1 and sku = $2")
        .bind(product)
        .bind(sku)
        .execute(conn)
        .await?;
    Ok(())
}
